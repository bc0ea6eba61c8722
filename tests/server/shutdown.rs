//! How a server ends.

use std::{
    collections::HashSet,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use highway::CloseCode;
use highway_tests::websocket::request;
use tokio::net::TcpStream;

use crate::support::{Peer, Served, eventually, exchange, start, tested, within};

#[tokio::test]
async fn each_client_is_told_another_time_to_come_back() {
    const SPREAD: Duration = Duration::from_secs(3);

    let server = start(tested().0.limits(|limits| limits.reconnect_spread = SPREAD)).await;
    let mut peers = Vec::new();
    for _ in 0..40 {
        peers.push(Peer::ready(server.address).await);
    }
    server.handle.clone().shutdown();
    let mut times = HashSet::new();
    for peer in peers {
        let close = within(10, peer.closed()).await;
        assert_eq!(close.code(), CloseCode::GOING_AWAY);
        let after = close.retry_after().expect("it tells when");
        assert!(after <= SPREAD, "{close}");
        times.insert(after);
    }
    assert!(times.len() > 20, "{times:?}");
    within(10, server.ended()).await;
}

#[tokio::test]
async fn server_that_runs_can_be_asked_and_stopped_by_its_handle() {
    let server = tested().0.bind("127.0.0.1:0").await.unwrap();
    let handle = server.handle();
    let address = server.local_addr();
    assert_eq!(handle.local_addr(), Some(address));
    assert_eq!(handle.connections(), 0);
    let running = tokio::spawn(server.into_future());
    let mut peer = Peer::ready(address).await;
    peer.echoes().await;
    assert_eq!(handle.connections(), 1);
    handle.shutdown();
    within(10, peer.closed()).await;
    within(10, running).await.unwrap().unwrap();
    assert_eq!(handle.connections(), 0);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn shutdown_before_the_server_runs_counts() {
    let server = tested().0.bind("127.0.0.1:0").await.unwrap();
    server.handle().shutdown();
    within(5, server.into_future()).await.unwrap();
}

#[tokio::test]
async fn running_route_may_come_to_its_end() {
    let (server, counts) = tested();
    let server = start(server).await;
    let mut peer = Peer::ready(server.address).await;
    peer.tell("hang", "").await;
    within(
        10,
        eventually(|| counts.hanging.load(Ordering::SeqCst) == 1),
    )
    .await;
    server.handle.shutdown();
    within(10, peer.closed()).await;
    assert_eq!(counts.done.load(Ordering::SeqCst), 0);
    counts.gate.add_permits(1);
    within(5, server.ended()).await;
    assert_eq!(counts.done.load(Ordering::SeqCst), 1);
    assert_eq!(counts.closed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn shutdown_ends_in_time_whatever_hangs() {
    const TIME: Duration = Duration::from_millis(500);

    let (server, counts) = tested();
    let server = start(server.limits(|limits| limits.shutdown_timeout = TIME)).await;
    let mut stuck = Peer::ready(server.address).await;
    stuck.tell("hang", "").await;
    let mut deaf = Peer::ready(server.address).await;
    deaf.echoes().await;
    let silent = TcpStream::connect(server.address).await.unwrap();
    within(
        10,
        eventually(|| counts.hanging.load(Ordering::SeqCst) == 1),
    )
    .await;
    server.handle.shutdown();
    let begun = Instant::now();
    within(10, server.ended()).await;
    let took = begun.elapsed();
    assert!(took >= TIME && took < TIME * 6, "{took:?}");
    assert_eq!(deaf.close().await.unwrap().code(), CloseCode::GOING_AWAY);
    drop(silent);
}

#[tokio::test]
async fn silent_peers_hold_up_no_shutdown() {
    let server = start(tested().0).await;
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    server.serves().await;
    // Less than the times for an upgrade and for a shutdown.
    within(5, server.stop()).await;
}

#[tokio::test]
async fn whoever_comes_during_a_shutdown_is_refused() {
    let server = start(tested().0).await;
    let mut deaf = Peer::ready(server.address).await;
    deaf.echoes().await;
    server.handle.shutdown();
    deaf.close().await.expect("it is told");
    let answer = within(5, exchange(server.address, request(server.address, ""))).await;
    assert_eq!(answer.status(), "503");
    assert!(answer.header("retry-after").is_some());
    // As load balancers ask: HAProxy by its defaults, and others for the health path.
    for request in [
        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "OPTIONS /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        "OPTIONS / HTTP/1.0\r\n\r\n",
    ] {
        let answer = within(5, exchange(server.address, request)).await;
        assert_eq!(answer.status(), "503", "{request}");
        assert!(answer.header("retry-after").is_some(), "{request}");
    }
    deaf.send_close(1001).await;
    within(5, server.ended()).await;
}

#[cfg(unix)]
#[tokio::test]
async fn program_with_a_thousand_connections_ends_well_when_told() {
    let served = Served::start(&["--connections", "2000"]);
    let mut peers = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let address = served.address;
        peers.spawn(async move {
            let mut peer = Peer::ready(address).await;
            peer.echoes().await;
            peer
        });
    }
    let peers = within(60, peers.join_all()).await;
    let mut closed = tokio::task::JoinSet::new();
    for peer in peers {
        closed.spawn(peer.closed());
    }
    served.signal("TERM");
    let begun = Instant::now();
    let status = within(20, served.ended()).await;
    assert!(status.success(), "{status}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    for close in within(20, closed.join_all()).await {
        assert_eq!(close.code(), CloseCode::GOING_AWAY);
        assert!(close.retry_after().is_some());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn program_ends_in_time_when_clients_do_not_answer() {
    let served = Served::start(&["--shutdown-timeout", "1"]);
    let mut peers = Vec::new();
    for _ in 0..20 {
        let mut peer = Peer::ready(served.address).await;
        peer.tell("hang", "").await;
        peers.push(peer);
    }
    let silent = TcpStream::connect(served.address).await.unwrap();
    served.signal("TERM");
    let begun = Instant::now();
    let status = within(20, served.ended()).await;
    let took = begun.elapsed();
    assert!(status.success(), "{status}");
    // Nine tenths of its second are for clients to answer.
    assert!(
        took >= Duration::from_millis(900) && took < Duration::from_secs(5),
        "{took:?}"
    );
    drop(silent);
}
