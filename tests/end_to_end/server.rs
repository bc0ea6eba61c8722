//! Servers as a whole: how they start, refuse and stop.

use std::time::Duration;

use highway::{
    Close, CloseCode, Connection, Error, ServerLimits, Value, route,
    test::{self, Direction, Network},
};
use highway_tests::{
    paused,
    websocket::{CLOSE, FIN, TABLE, request},
    within_deadline,
};

use crate::support::{Probe, RawPeer, Running, Seen, start};

#[highway::server(state = Probe)]
struct Server;

#[highway::on(ready)]
async fn ready(server: &mut Server) {
    server.state().saw("ready");
}

#[route("echo")]
async fn echo(data: Value, server: &mut Server) -> highway::Result {
    server.send("echo", data).await
}

#[route("wait for ever")]
async fn wait(server: &mut Server) {
    let _dropped = server.state().on_drop("dropped");
    server.state().saw("waiting");
    std::future::pending::<()>().await;
}

#[highway::on(close)]
async fn closed(close: Close, server: &mut Server) {
    server.state().saw(format!("close {close}"));
}

#[highway::client]
struct Client;

#[route("echo", on = Client)]
async fn echoed() {}

async fn server(limits: impl FnOnce(&mut ServerLimits)) -> (Running, Seen) {
    let (probe, seen) = Probe::new();
    (
        start(
            Server::server()
                .limits(|limits| limits.reconnect_spread = Duration::ZERO)
                .limits(limits)
                .state(probe),
        )
        .await,
        seen,
    )
}

fn shutdown() -> Close {
    Close::shutting_down(Duration::ZERO)
}

#[test]
fn shutdown_closes_every_connection_with_1001() {
    within_deadline(async {
        let (server, mut seen) = server(|_| {}).await;
        let mut peers = Vec::new();
        for _ in 0..20 {
            peers.push(RawPeer::ready(server.address).await);
            assert_eq!(seen.next().await, "ready");
        }
        // One that has not told its table, one that has not asked for the upgrade.
        peers.push(RawPeer::connect(server.address).await);
        let mut silent = RawPeer::tcp(server.address).await;
        let client = Client::connect(&server.url).await.unwrap();
        assert_eq!(seen.next().await, "ready");

        let address = server.address;
        let stopped = tokio::spawn(server.stop());
        for peer in peers {
            assert_eq!(peer.closes().await, Some(shutdown()));
        }
        assert_eq!(client.closed().await, shutdown());
        assert_eq!(silent.try_next().await, None);
        stopped.await.unwrap();
        assert_eq!(seen.rest().await, vec![format!("close {}", shutdown()); 22]);
        assert!(tokio::net::TcpStream::connect(address).await.is_err());
    });
}

#[test]
fn shutdown_ends_within_its_limit_with_peers_and_routes_that_do_not() {
    within_deadline(async {
        let (server, mut seen) = server(|limits| {
            limits.shutdown_timeout = Duration::from_millis(300);
        })
        .await;
        let mut deaf = RawPeer::ready(server.address).await;
        let mut busy = RawPeer::ready(server.address).await;
        busy.message(&[8, 0, 2, 0]).await;
        while seen.next().await != "waiting" {}
        let begin = std::time::Instant::now();
        server.stop().await;
        assert!(
            begin.elapsed() < Duration::from_secs(9),
            "{:?}",
            begin.elapsed()
        );
        // Both were told, and nothing is left of them.
        assert_eq!(deaf.next_close().await, Some(shutdown()));
        assert_eq!(deaf.try_next().await, None);
        assert_eq!(busy.next_close().await, Some(shutdown()));
        let mut rest = seen.rest().await;
        rest.sort_unstable();
        let close = format!("close {}", shutdown());
        assert_eq!(rest, [&close, &close, "dropped"]);
    });
}

#[test]
fn dropping_the_server_ends_its_connections() {
    within_deadline(async {
        let (server, mut seen) = server(|_| {}).await;
        let mut peer = RawPeer::ready(server.address).await;
        let mut silent = RawPeer::tcp(server.address).await;
        let client = Client::connect(&server.url).await.unwrap();
        peer.message(&[8, 0, 2, 0]).await;
        while seen.next().await != "waiting" {}
        server.drop_future().await;
        assert_eq!(peer.try_next().await, None);
        assert_eq!(silent.try_next().await, None);
        assert_eq!(client.closed().await.code(), CloseCode::ABNORMAL);
        // Their handlers are told all the same.
        let rest = seen.rest().await;
        assert!(rest.contains(&"dropped".to_owned()), "{rest:?}");
        assert_eq!(
            rest.iter()
                .filter(|what| what.starts_with("close "))
                .count(),
            2
        );
    });
}

#[test]
fn addresses_that_cannot_be_bound_are_errors_that_name_them() {
    within_deadline(async {
        let (server, _seen) = server(|_| {}).await;
        let (probe, _) = Probe::new();
        let taken = server.address.to_string();
        let error = Server::server().state(probe.clone()).bind(&taken).await;
        let error = error.unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(&format!("can't listen on {taken}: ")),
            "{error}"
        );
        assert!(matches!(error, Error::Bind { address, .. } if address == taken));
        for (address, expected) in [
            ("nonsense", "can't listen on nonsense: "),
            (
                "wss://localhost:1337",
                "can't listen on wss://localhost:1337: \
                 a server listens on an address, not a URL; write localhost:1337",
            ),
        ] {
            let server = Server::server().state(probe.clone());
            let error = server.bind(address).await.unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    });
}

#[test]
fn any_path_and_any_spelling_of_the_upgrade_is_accepted() {
    within_deadline(async {
        let (server, _seen) = server(|_| {}).await;
        let request = request(server.address, "");
        for (from, to) in [
            ("GET / ", "GET /any/path?query=1 "),
            ("Upgrade: websocket", "Upgrade: WebSocket"),
            ("Connection: Upgrade", "connection: keep-alive, upgrade"),
            (
                "\r\n\r\n",
                "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
            ),
            ("\r\n\r\n", "\r\nSec-WebSocket-Protocol: chat\r\n\r\n"),
        ] {
            let request = request.replacen(from, to, 1);
            let mut peer = RawPeer::connect_with(server.address, async |peer| {
                peer.bytes(request.as_bytes()).await;
            })
            .await;
            peer.next().await;
            peer.message(TABLE).await;
            peer.echoes(1).await;
        }
    });
}

#[test]
fn slow_upgrade_is_cut_off() {
    within_deadline(async {
        let (server, _seen) =
            server(|limits| limits.upgrade_timeout = Duration::from_millis(100)).await;
        let request = request(server.address, "");
        for sent in ["", "G", request.get(..request.len() - 2).unwrap()] {
            let mut peer = RawPeer::tcp(server.address).await;
            peer.bytes(sent.as_bytes()).await;
            assert_eq!(peer.try_next().await, None);
        }
        RawPeer::ready(server.address).await.echoes(1).await;
    });
}

#[test]
fn many_connections_come_and_go() {
    within_deadline(async {
        let (server, mut seen) = server(|_| {}).await;
        for round in 0..100 {
            let mut peer = RawPeer::ready(server.address).await;
            assert_eq!(seen.next().await, "ready");
            match round % 3 {
                0 => {
                    peer.frame(FIN | CLOSE, b"").await;
                    assert!(peer.closes().await.is_some());
                }
                1 => peer.reset(),
                _ => drop(peer),
            }
            assert!(seen.next().await.starts_with("close "));
        }
        server.stop().await;
    });
}

#[test]
fn connections_have_ids_addresses_and_one_state() {
    #[highway::server(state = Probe)]
    struct Tells;

    #[route("tell")]
    async fn tell(connection: Connection<Tells>) {
        let address = connection.peer_addr().unwrap();
        connection
            .state()
            .saw(format!("{} {address}", connection.id()));
    }

    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = start(Tells::server().state(probe)).await;
        let mut ids = Vec::new();
        for _ in 0..2 {
            let mut peer = RawPeer::ready(server.address).await;
            peer.message(&[8, 0, 1, 0]).await;
            let told = seen.next().await;
            let (id, address) = told.split_once(' ').unwrap();
            assert_eq!(address, peer.stream.local_addr().unwrap().to_string());
            ids.push(id.to_owned());
        }
        assert_ne!(ids.first(), ids.last());
    });
}

#[highway::server]
struct Quiet;

#[test]
fn client_that_never_answers_is_left_before_a_shutdown_cuts_it_off() {
    paused(async {
        // Both have their defaults, which are the same.
        let server = test::server(Quiet::server());
        let network = Network::new();
        let peer = server.peer().over(&network).await;
        network.stall(Direction::ToServer);
        let begun = tokio::time::Instant::now();
        server.shutdown().await;
        let took = begun.elapsed();
        let limits = ServerLimits::default();
        assert!(took >= limits.shutdown_timeout * 8 / 10, "{took:?}");
        assert!(took < limits.shutdown_timeout, "{took:?}");
        drop(peer);
    });
}
