//! What a server counts of those whom it does not let in, and the path where it tells all that it counts.

use std::time::Duration;

use highway::{
    StatusCode,
    metrics::{PROMETHEUS_CONTENT_TYPE, RefusalReason},
};
use highway_tests::websocket::request;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::{Peer, Running, Served, eventually, exchange, get, start, tested, within};

/// Refuses all that name no user.
#[highway::server]
struct Picky;

#[highway::on(connect)]
async fn who(request: &highway::Request<Picky>) -> Result<(), highway::Refusal> {
    if request.headers().contains_key("user") {
        Ok(())
    } else {
        Err(StatusCode::UNAUTHORIZED.into())
    }
}

/// Waits until so many were refused for a reason.
async fn refused(server: &Running<Picky>, reason: RefusalReason, count: u64) {
    let counted = || {
        let refused = server.handle.metrics().connections.refused;
        refused.contains(&(reason, count))
    };
    within(10, eventually(counted)).await;
}

#[tokio::test]
async fn refused_connections_are_counted_by_reason() {
    let server = Picky::server().limits(|limits| {
        limits.connections = 2;
        limits.connections_per_address = Some(1);
        limits.upgrade_timeout = Duration::from_millis(200);
    });
    let server = server.trust_forwarded(["127.0.0.1"]);
    let server = start(server).await;
    let address = server.address;
    let from = |client: u8| format!("User: ada\r\nX-Forwarded-For: 192.0.2.{client}\r\n");
    let ask = async |headers: &str| {
        let answer = exchange(address, request(address, headers)).await;
        answer.status().to_owned()
    };
    let peers = [1, 2].map(&from);
    assert_eq!(ask("").await, "401");
    refused(&server, RefusalReason::Hook, 1).await;
    assert_eq!(ask("Origin: https://else.example\r\n").await, "403");
    refused(&server, RefusalReason::Origin, 1).await;
    let first = Peer::ready_with(address, &peers[0]).await;
    assert_eq!(ask(&peers[0]).await, "503");
    refused(&server, RefusalReason::Address, 1).await;
    let second = Peer::ready_with(address, &peers[1]).await;
    for count in 1..=2 {
        assert_eq!(ask(&from(3)).await, "503");
        refused(&server, RefusalReason::Connections, count).await;
    }
    let wrong = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    assert_eq!(exchange(address, wrong).await.status(), "426");
    refused(&server, RefusalReason::Invalid, 1).await;
    assert_eq!(exchange(address, "hello\r\n\r\n").await.status(), "400");
    refused(&server, RefusalReason::Invalid, 2).await;
    let silent = TcpStream::connect(address).await.expect("it listens");
    refused(&server, RefusalReason::Timeout, 1).await;
    drop(silent);
    // These want no connection.
    assert_eq!(get(address, "/healthz").await.status(), "200");
    assert_eq!(get(address, "/metrics").await.status(), "404");
    let connections = server.handle.metrics().connections;
    let all: u64 = connections.refused.iter().map(|(_, count)| count).sum();
    assert_eq!(all, 8);
    assert_eq!((connections.opened, connections.active), (2, 2));
    drop((first, second));
    server.stop().await;
}

#[tokio::test]
async fn metrics_are_served_where_the_server_is_told_to() {
    let server = start(tested().0.metrics_path("/metrics")).await;
    server.serves().await;
    let answer = get(server.address, "/metrics").await;
    assert_eq!(answer.status(), "200");
    assert_eq!(answer.header("content-type"), Some(PROMETHEUS_CONTENT_TYPE));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let line = r#"highway_server_connections_total{highway_handler="Tested"} 1"#;
    assert!(answer.body.lines().any(|of| of == line), "{answer:?}");
    let line = r#"highway_server_messages_total{highway_handler="Tested",rpc_method="echo",direction="received"} 1"#;
    assert!(answer.body.lines().any(|of| of == line), "{answer:?}");

    let head = exchange(server.address, "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!((head.status(), &*head.body), ("200", ""));
    let options = exchange(
        server.address,
        "OPTIONS /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
    )
    .await;
    assert_eq!(options.header("allow"), Some("GET, HEAD, OPTIONS"));
    let post = "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(exchange(server.address, post).await.status(), "405");
    assert_eq!(get(server.address, "/metrics/").await.status(), "404");
    server.stop().await;
}

#[tokio::test]
async fn metrics_are_told_while_a_server_shuts_down() {
    let (server, counts) = tested();
    let server = start(server.metrics_path("/metrics")).await;
    let mut peer = Peer::ready(server.address).await;
    peer.tell("hang", "").await;
    within(
        10,
        eventually(|| counts.hanging.load(std::sync::atomic::Ordering::SeqCst) == 1),
    )
    .await;
    server.handle.shutdown();
    let mut stream = TcpStream::connect(server.address)
        .await
        .expect("it listens");
    let asked = request(server.address, "");
    stream.write_all(asked.as_bytes()).await.expect("it reads");
    let shuts_down = || {
        let refused = server.handle.metrics().connections.refused;
        refused.contains(&(RefusalReason::Shutdown, 1))
    };
    within(10, eventually(shuts_down)).await;
    assert_eq!(get(server.address, "/metrics").await.status(), "200");
    counts.gate.add_permits(1);
    drop(peer);
    within(30, server.ended()).await;
}

#[tokio::test]
async fn program_serves_its_metrics_when_it_is_told_where() {
    let served = Served::start(&["--metrics-path", "/-/metrics"]);
    let answer = within(10, get(served.address, "/-/metrics")).await;
    assert!(
        answer.body.contains("highway_server_active_connections"),
        "{answer:?}"
    );
    let served = Served::start(&[]);
    let answer = within(10, get(served.address, "/metrics")).await;
    assert_eq!(answer.status(), "404");
}
