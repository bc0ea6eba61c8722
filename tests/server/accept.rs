//! Accepting: when there is nothing left to accept with, and what the program has accepted itself.

use highway::CloseCode;
use highway_tests::websocket::request;
use tokio::net::TcpStream;

use crate::support::{Peer, Served, exchange_on, start, tested, within};

#[cfg(target_os = "linux")]
#[tokio::test]
async fn accepting_goes_on_when_there_are_descriptors_again() {
    let served = Served::start_with_descriptors(200, &[]);
    let mut hungry = Peer::ready(served.address).await;
    let mut other = Peer::ready(served.address).await;
    let files: usize = within(10, hungry.ask("files", "")).await.parse().unwrap();
    assert!(files > 100, "{files}");
    // The system takes them in; the server can't.
    let mut waiting = Vec::new();
    for _ in 0..5 {
        waiting.push(TcpStream::connect(served.address).await.unwrap());
    }
    // All those who are in notice nothing.
    for _ in 0..100 {
        within(10, other.echoes()).await;
    }
    assert!(served.descriptors() >= 200, "none are left");
    hungry.send_close(1000).await;
    hungry.end().await;
    for stream in waiting {
        let mut peer = within(10, Peer::ready_on(stream, served.address, "")).await;
        within(10, peer.echoes()).await;
    }
}

#[tokio::test]
async fn stream_of_the_program_is_served_as_a_socket_is() {
    let server = start(tested().0.limits(|limits| limits.connections = 2)).await;
    let peer_addr = ([192, 0, 2, 7], 4711).into();
    let serve = || {
        let (client, stream) = tokio::io::duplex(1024);
        server.handle.serve_stream(stream, peer_addr)?;
        Ok::<_, highway::Error>(client)
    };
    let mut first = within(10, Peer::ready_on(serve().unwrap(), server.address, "")).await;
    let mut second = within(10, Peer::ready(server.address)).await;
    within(10, first.echoes()).await;
    within(10, second.echoes()).await;
    let everyone = server.handle.everyone();
    let addresses: Vec<_> = everyone.connections().map(|one| one.peer_addr()).collect();
    drop(everyone);
    assert!(addresses.contains(&Some(peer_addr)), "{addresses:?}");
    // It has one of the places that there are.
    let request = request(server.address, "");
    let answer = within(10, exchange_on(serve().unwrap(), &request)).await;
    assert_eq!(answer.status(), "503");
    server.handle.shutdown();
    let close = within(10, first.closed()).await;
    assert_eq!(close.code(), CloseCode::GOING_AWAY);
    within(10, second.closed()).await;
    let handle = server.handle.clone();
    within(10, server.ended()).await;
    let (_client, stream) = tokio::io::duplex(1024);
    let refused = handle.serve_stream(stream, peer_addr).unwrap_err();
    assert!(refused.is_closed(), "{refused}");
}
