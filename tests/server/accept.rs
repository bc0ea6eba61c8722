//! Accepting when there is nothing left to accept with.

use tokio::net::TcpStream;

use crate::support::{Peer, Served, within};

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
