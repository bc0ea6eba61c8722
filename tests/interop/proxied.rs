//! Clients behind a proxy, which writes an answer of its own and passes on what follows in pieces of its own.

use std::time::Duration;

use highway_tests::{
    HighwayPy, Outcome, Trial, trials,
    websocket::{self, BINARY, FIN, TABLE},
    within_deadline,
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    ours::serve_with,
    proxy::{CADDY, HAPROXY, Kind, NGINX, Proxy},
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        v0_1_client_connects_through_nginx,
        v0_2_client_connects_through_nginx,
        v0_1_client_connects_through_caddy,
        v0_2_client_connects_through_caddy,
        v0_1_client_connects_through_haproxy,
        v0_2_client_connects_through_haproxy,
        haproxy_checks_the_server_with_its_defaults,
    ]
}

/// Connects a client again and again through a proxy; each time it has to be ready and to get its echo.
fn check_through(proxy: &'static Kind, version: &HighwayPy) -> Outcome {
    const TIMES: usize = 16;

    within_deadline(async {
        let (server, mut ours) = serve_with(|server| server.dialect_01(true)).await;
        let proxy = Proxy::start(proxy, &server.url, &[]).await?;
        let mut peer = version.client();
        for _ in 0..TIMES {
            let number = peer.connect(&proxy.url());
            let routes = peer.ready(number).await;
            assert!(routes.values().any(|name| name == "echo"), "{routes:?}");
            assert_eq!(ours.ready().await.dialect(), Some(version.dialect()));
            let exchange = peer.exchange(number, &["1", "'two'", "[3.5]"]).await;
            exchange.check_all_equal_but_unsendable(0);
            peer.close(number, 1000, "");
            peer.ended(number).await;
        }
        Ok(())
    })
}

fn v0_1_client_connects_through_nginx() -> Outcome {
    check_through(&NGINX, HighwayPy::v0_1()?)
}

fn v0_2_client_connects_through_nginx() -> Outcome {
    check_through(&NGINX, HighwayPy::v0_2()?)
}

fn v0_1_client_connects_through_caddy() -> Outcome {
    check_through(&CADDY, HighwayPy::v0_1()?)
}

fn v0_2_client_connects_through_caddy() -> Outcome {
    check_through(&CADDY, HighwayPy::v0_2()?)
}

fn v0_1_client_connects_through_haproxy() -> Outcome {
    check_through(&HAPROXY, HighwayPy::v0_1()?)
}

fn v0_2_client_connects_through_haproxy() -> Outcome {
    check_through(&HAPROXY, HighwayPy::v0_2()?)
}

fn haproxy_checks_the_server_with_its_defaults() -> Outcome {
    within_deadline(async {
        let (server, mut ours) = serve_with(|server| server).await;
        let proxy = Proxy::start(&HAPROXY, &server.url, &[("check", "check inter 50ms")]).await?;
        let mut look = tokio::time::interval(Duration::from_millis(10));
        while proxy.checked().await != ("UP".to_owned(), "200".to_owned()) {
            look.tick().await;
        }
        // Its close is not answered, so that the server waits while it shuts down.
        let mut client = TcpStream::connect(proxy.address())
            .await
            .expect("it listens");
        let request = websocket::request(proxy.address(), "");
        client
            .write_all(request.as_bytes())
            .await
            .expect("it reads");
        let table = websocket::frame(FIN | BINARY, TABLE, true);
        client.write_all(&table).await.expect("it reads");
        ours.ready().await;
        let stopping = tokio::spawn(server.stop());
        while proxy.checked().await != ("DOWN".to_owned(), "503".to_owned()) {
            look.tick().await;
        }
        drop(client);
        stopping.await.expect("the server ends");
        Ok(())
    })
}
