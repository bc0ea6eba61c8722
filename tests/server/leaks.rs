//! What is left of connections that ended.

use highway_tests::websocket::request;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::{Peer, Served, eventually, start, tested, within};

/// The ways in which a connection can end; a peer's, its routes', the network's.
async fn end(address: std::net::SocketAddr, way: usize) {
    // Ways that never become a connection.
    match way {
        7 => {
            TcpStream::connect(address).await.unwrap();
            return;
        }
        8 => {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let half = request(address, "");
            stream.write_all(&half.as_bytes()[..60]).await.unwrap();
            return stream.set_zero_linger().unwrap();
        }
        9 => {
            crate::support::get(address, "/healthz").await;
            return;
        }
        _ => {}
    }
    let mut peer = Peer::ready(address).await;
    peer.echoes().await;
    match way {
        0 => {
            peer.send_close(1000).await;
            peer.end().await;
        }
        1 => peer.reset(),
        2 => drop(peer),
        3 => {
            // In the middle of a message.
            peer.bytes(&[0x82, 0xfe, 1, 0, 0, 0, 0, 0, 0, 0, 3, 0, b'x'])
                .await;
            peer.reset();
        }
        4 => {
            peer.message(1, 99, b"").await;
            assert_eq!(peer.closed().await.code().as_u16(), 3001);
        }
        5 => {
            peer.tell("fail", "").await;
            assert_eq!(peer.closed().await.code().as_u16(), 1011);
        }
        6 => {
            peer.tell("leave", "").await;
            assert_eq!(peer.closed().await.code().as_u16(), 4000);
        }
        _ => unreachable!("there are ten ways"),
    }
}

/// The ways of [`end`] that are connections.
const CONNECTIONS: usize = 7;
const WAYS: usize = 10;

async fn end_many(address: std::net::SocketAddr, ways: std::ops::Range<usize>, each: usize) {
    let mut ends = tokio::task::JoinSet::new();
    for _ in 0..each {
        for way in ways.clone() {
            if ends.len() >= 64 {
                ends.join_next().await.expect("there are some").unwrap();
            }
            ends.spawn(end(address, way));
        }
    }
    ends.join_all().await;
}

/// Reads both counts of `served.rs` until all but this connection have closed.
async fn all_closed(peer: &mut Peer<TcpStream>, opened: usize) {
    let counts = format!("{} {}", opened + 1, opened);
    while peer.ask("count", "").await != counts {}
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_leave_nothing_behind() {
    /// In KiB.
    const GROWTH: u64 = 5 * 1024;

    let served = Served::start(&[]);
    let mut peer = Peer::ready(served.address).await;
    within(60, end_many(served.address, 0..WAYS, 100)).await;
    within(20, all_closed(&mut peer, CONNECTIONS * 100)).await;
    let (descriptors, memory) = (served.descriptors(), served.memory());
    within(240, end_many(served.address, 0..WAYS, 1000)).await;
    within(20, all_closed(&mut peer, CONNECTIONS * 1100)).await;
    within(20, eventually(|| served.descriptors() == descriptors)).await;
    let growth = served.memory().saturating_sub(memory);
    eprintln!("{memory} KiB before, {growth} KiB more after, {descriptors} descriptors");
    assert!(growth < GROWTH, "{growth} KiB");
    peer.echoes().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_connects_leave_nothing_behind() {
    /// In KiB.
    const GROWTH: u64 = 5 * 1024;

    let served = Served::start(&[]);
    let mut peer = Peer::ready(served.address).await;
    within(60, end_many(served.address, 0..3, 100)).await;
    within(20, all_closed(&mut peer, 300)).await;
    let (descriptors, memory) = (served.descriptors(), served.memory());
    within(240, end_many(served.address, 0..3, 1667)).await;
    within(20, all_closed(&mut peer, 3 * 1767)).await;
    within(20, eventually(|| served.descriptors() == descriptors)).await;
    let growth = served.memory().saturating_sub(memory);
    eprintln!("{memory} KiB before, {growth} KiB more after, {descriptors} descriptors");
    assert!(growth < GROWTH, "{growth} KiB");
    peer.echoes().await;
}

#[tokio::test]
async fn no_task_is_left_of_a_connection() {
    let (server, counts) = tested();
    let server = start(server).await;
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let before = tasks();
    within(60, end_many(server.address, 0..WAYS, 50)).await;
    within(20, eventually(|| tasks() == before)).await;
    assert_eq!(server.handle.connections(), 0);
    let count =
        |count: &std::sync::atomic::AtomicUsize| count.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(count(&counts.opened), CONNECTIONS * 50);
    assert_eq!(count(&counts.closed), CONNECTIONS * 50);
    server.stop().await;
}
