//! Clients are told how many messages to many they did not get.

use std::time::Duration;

use highway::{
    Connection,
    connection::Lagging,
    on, route,
    test::{self, Direction, Network, TestServer},
    wire::Dialect,
};
use highway_tests::paused;

use crate::support::Probe;

#[highway::server]
struct Server;

#[on(ready)]
async fn ready(server: &mut Server) -> highway::Result {
    server.send("seen", 0).await
}

#[highway::client(state = Probe)]
struct Me;

#[route("seen")]
async fn seen(number: u32, me: &mut Me) {
    me.state().saw(number);
}

#[on(missed)]
async fn missed(count: u64, me: &mut Me) {
    me.state().saw(format_args!("missed {count}"));
}

#[on(missed)]
async fn another(me: Connection<Me>) {
    me.state()
        .saw(format_args!("missed {} in all", me.missed()));
}

/// A server with an outbox for one message, and a network that takes nothing while it is stalled.
fn narrow() -> (TestServer<Server>, Network) {
    let server = Server::server().lagging(Lagging::Drop).limits(|limits| {
        limits.outbox_bytes = 0;
        limits.write_timeout = Duration::from_secs(3600);
    });
    (test::server(server), Network::with_buffer(1))
}

/// Sends four messages, of which the first has room.
async fn send_four(server: &TestServer<Server>) {
    for number in 1..=4 {
        let sent = server.handle().everyone().send("seen", number).await;
        sent.expect("nobody is waited for");
        tokio::task::yield_now().await;
    }
}

#[test]
fn client_is_told_how_many_it_missed_as_soon_as_there_is_room() {
    paused(async {
        let (server, network) = narrow();
        let (probe, mut seen) = Probe::new();
        let client = Me::client().state(probe);
        let me = server.connect(client).over(&network).await.unwrap();
        seen.expect("0").await;
        for round in 1..=2_u64 {
            network.stall(Direction::ToClient);
            send_four(&server).await;
            network.resume();
            // The first had room; of those that had none it is told at once, before whatever comes later.
            seen.expect("1").await;
            seen.expect("missed 3").await;
            seen.expect(&format!("missed {} in all", 3 * round)).await;
            assert_eq!(me.missed(), 3 * round);
        }
        server.handle().everyone().send("seen", 5).await.unwrap();
        seen.expect("5").await;
    });
}

#[test]
fn peer_without_the_extension_is_told_nothing() {
    paused(async {
        let (server, network) = narrow();
        let peer = server.peer().dialect(Dialect::V02).serves(["seen"]);
        let mut peer = peer.over(&network).await;
        peer.expect("seen", 0).await;
        network.stall(Direction::ToClient);
        send_four(&server).await;
        network.resume();
        peer.expect("seen", 1).await;
        peer.expect_nothing_for(Duration::from_secs(60)).await;
    });
}
