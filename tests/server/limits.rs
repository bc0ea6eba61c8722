//! How many get in, and what the others are told.

use std::time::{Duration, Instant};

use highway_tests::websocket::request;
use tokio::{io::AsyncReadExt, io::AsyncWriteExt, net::TcpStream};

use crate::support::{Peer, Served, eventually, exchange, get, start, tested, within};

#[tokio::test]
async fn connection_over_the_limit_is_told_to_come_back() {
    let (server, counts) = tested();
    let server = start(server.limits(|limits| {
        limits.connections = 3;
        limits.reconnect_spread = Duration::from_secs(7);
    }))
    .await;
    let mut peers = Vec::new();
    for _ in 0..3 {
        peers.push(Peer::ready(server.address).await);
    }
    for peer in &mut peers {
        peer.echoes().await;
    }
    assert_eq!(server.handle.connections(), 3);
    for _ in 0..20 {
        let answer = within(5, exchange(server.address, request(server.address, ""))).await;
        assert_eq!(answer.status(), "503");
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=7).contains(&seconds), "{answer:?}");
    }
    assert_eq!(counts.asked.load(std::sync::atomic::Ordering::SeqCst), 3);
    // It is full, not ill.
    assert_eq!(get(server.address, "/healthz").await.status(), "200");
    for peer in &mut peers {
        peer.echoes().await;
    }
    let mut peer = peers.pop().unwrap();
    peer.send_close(1000).await;
    peer.end().await;
    within(10, eventually(|| server.handle.connections() == 2)).await;
    server.serves().await;
    drop((peers, peer));
    server.stop().await;
}

#[tokio::test]
async fn one_address_may_have_a_limit() {
    let server = tested()
        .0
        .limits(|limits| limits.connections_per_address = Some(2));
    let server = start(server).await;
    let mut first = Peer::ready(server.address).await;
    let second = Peer::ready(server.address).await;
    let answer = within(5, exchange(server.address, request(server.address, ""))).await;
    assert_eq!(answer.status(), "503");
    assert!(answer.header("retry-after").is_some());
    first.echoes().await;
    second.reset();
    within(10, eventually(|| server.handle.connections() == 1)).await;
    server.serves().await;
    drop(first);
    server.stop().await;
}

#[tokio::test]
async fn refused_and_failed_upgrades_keep_no_place() {
    let server = start(tested().0.limits(|limits| limits.connections = 1)).await;
    for _ in 0..5 {
        let foreign = request(server.address, "Origin: http://evil.example\r\n");
        assert_eq!(exchange(server.address, foreign).await.status(), "403");
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let request = request(server.address, "");
        stream.write_all(&request.as_bytes()[..50]).await.unwrap();
    }
    within(10, server.serves()).await;
    server.stop().await;
}

#[tokio::test]
async fn silent_peers_make_room_for_those_who_talk() {
    let server = start(tested().0.limits(|limits| limits.pending_upgrades = 4)).await;
    let mut silent = Vec::new();
    for _ in 0..12 {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    // The time for an upgrade is 10 s.
    within(8, server.serves()).await;
    let mut first = silent.remove(0);
    assert_eq!(within(5, first.read(&mut [0])).await.unwrap(), 0);
    server.stop().await;
}

/// 300 peers that say nothing, or a byte now and then.
#[tokio::test]
async fn slow_peers_are_gone_in_time_and_harm_nobody() {
    const TIME: Duration = Duration::from_secs(2);

    let server = start(tested().0.limits(|limits| limits.upgrade_timeout = TIME)).await;
    let address = server.address;
    let start = Instant::now();
    let mut peers = tokio::task::JoinSet::new();
    for number in 0..300 {
        peers.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = request(address, "");
            let mut bytes = request.bytes().take(number % 3 * 60);
            let mut tick = tokio::time::interval(Duration::from_millis(20));
            let mut answer = Vec::new();
            loop {
                tokio::select! {
                    // In order or by a reset, as bytes may be under way.
                    read = stream.read_buf(&mut answer) => match read {
                        Ok(1..) => {}
                        Ok(0) | Err(_) => return answer,
                    },
                    _ = tick.tick() => if let Some(byte) = bytes.next() {
                        let _ = stream.write_all(&[byte]).await;
                    },
                }
            }
        });
    }
    let begun = Instant::now();
    server.serves().await;
    let echo = begun.elapsed();
    assert!(echo < TIME / 2, "{echo:?}");
    while let Some(answer) = within(20, peers.join_next()).await {
        assert_eq!(answer.unwrap(), b"");
    }
    let all = start.elapsed();
    assert!(all >= TIME && all < TIME * 3, "{all:?}");
    assert_eq!(server.handle.connections(), 0);
    server.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn descriptors_bound_the_connections() {
    let served = Served::start_with_descriptors(100, &[]);
    let mut peers = Vec::new();
    for _ in 0..100 - 64 {
        peers.push(within(10, Peer::ready(served.address)).await);
    }
    let answer = within(10, exchange(served.address, request(served.address, ""))).await;
    assert_eq!(answer.status(), "503");
    assert_eq!(get(served.address, "/healthz").await.status(), "200");
    // Silent ones get none of the last descriptors either.
    let mut silent = Vec::new();
    for _ in 0..64 {
        silent.push(TcpStream::connect(served.address).await.unwrap());
    }
    assert_eq!(
        within(10, get(served.address, "/healthz")).await.status(),
        "200"
    );
    assert!(served.descriptors() < 90, "{}", served.descriptors());
    for peer in &mut peers {
        peer.echoes().await;
    }
}
