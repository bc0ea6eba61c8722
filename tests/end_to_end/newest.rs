//! Those who do not keep up get the newest message to each of their routes.

use std::time::Duration;

use highway::{
    CloseCode, Connection, Error,
    connection::LagPolicy,
    test::{self, Direction, Network, Peer, TestServer},
    wire::Close,
};
use highway_tests::paused;
use tokio::sync::mpsc;

#[highway::server(state = mpsc::UnboundedSender<Connection<Server>>)]
struct Server;

#[highway::on(ready)]
async fn ready(server: Connection<Server>) {
    // The test waits for it.
    let _ = server.state().send(server.clone());
}

const OUTBOX: usize = 10_000;

/// A message of this length is a tenth of what an outbox holds.
const LEN: usize = OUTBOX / 10 - 8;

/// Messages begin with their number.
fn numbered(number: usize) -> String {
    format!("{number:0LEN$}")
}

struct Stalled {
    server: TestServer<Server>,
    network: Network,
    peer: Peer,
    connection: Connection<Server>,
}

impl Stalled {
    /// A server with a peer to which nothing comes through.
    async fn start() -> Self {
        let (state, mut connections) = mpsc::unbounded_channel();
        let server = Server::server().state(state).lagging(LagPolicy::Newest);
        let server = server.limits(|limits| {
            limits.outbox_bytes = OUTBOX;
            limits.write_timeout = Duration::from_secs(60);
        });
        let server = test::server(server);
        let network = Network::new();
        let peer = server
            .peer()
            .serves(["position", "score", "1", "2", "3"])
            .over(&network)
            .await;
        let connection = connections.recv().await.unwrap();
        network.stall(Direction::ToClient);
        Self {
            server,
            network,
            peer,
            connection,
        }
    }

    async fn send(&self, route: &str, data: &str) {
        let server = self.server.handle();
        server.everyone().send(route, data).await.unwrap();
        // The connection's task writes meanwhile, as far as the network takes it.
        tokio::task::yield_now().await;
    }

    /// Sends so many that only the last of those that wait is kept; gives back how many come through before it.
    async fn fill(&self, count: usize) -> usize {
        for number in 0..count {
            self.send("position", &numbered(number)).await;
        }
        let through = count - self.missed() - 1;
        // 64 KiB under way, and a full outbox.
        assert!((70..80).contains(&through), "{through}");
        through
    }

    /// The network goes on, and brings so many.
    async fn drain(&mut self, count: usize) {
        self.network.resume();
        for number in 0..count {
            self.peer.expect("position", numbered(number)).await;
        }
    }

    fn missed(&self) -> usize {
        self.connection.missed().try_into().unwrap()
    }
}

#[test]
fn newest_message_comes_through_once_there_is_room_and_those_it_replaced_are_missed() {
    paused(async {
        let mut stalled = Stalled::start().await;
        let count = stalled.fill(1000).await;
        stalled.drain(count).await;
        stalled.peer.expect("position", numbered(999)).await;
        stalled.peer.expect_nothing().await;
        let missed = stalled.missed();

        stalled.send("position", "next").await;
        stalled.peer.expect("position", "next").await;
        assert_eq!(stalled.missed(), missed);
    });
}

#[test]
fn each_route_has_its_newest() {
    paused(async {
        let mut stalled = Stalled::start().await;
        let count = stalled.fill(100).await;
        for number in 0..100 {
            stalled.send("score", &numbered(number)).await;
        }
        assert_eq!(stalled.missed(), 99 - count + 99);
        stalled.drain(count).await;
        stalled.peer.expect("position", numbered(99)).await;
        stalled.peer.expect("score", numbered(99)).await;
        stalled.peer.expect_nothing().await;
    });
}

#[test]
fn no_more_is_kept_than_an_outbox_holds() {
    paused(async {
        let mut stalled = Stalled::start().await;
        let count = stalled.fill(100).await;
        // Two of these are what an outbox holds.
        let large = "x".repeat(OUTBOX / 2 - 8);
        for route in ["1", "2", "3"] {
            stalled.send(route, &large).await;
        }
        assert_eq!(stalled.missed(), 100 - count + 1);
        stalled.drain(count).await;
        stalled.peer.expect("2", &large).await;
        stalled.peer.expect("3", &large).await;
        stalled.peer.expect_nothing().await;
    });
}

#[test]
fn what_is_kept_still_goes_before_a_close() {
    paused(async {
        let mut stalled = Stalled::start().await;
        let count = stalled.fill(100).await;
        let connection = stalled.connection.clone();
        tokio::join!(connection.close(), async {
            tokio::task::yield_now().await;
            stalled.drain(count).await;
            stalled.peer.expect("position", numbered(99)).await;
            let close = stalled.peer.expect_closed(CloseCode::NORMAL).await;
            assert_eq!(close, Close::NORMAL);
        });
    });
}

#[test]
fn what_waits_for_room_waits_no_longer_than_it_may() {
    paused(async {
        let stalled = Stalled::start().await;
        let connection = &stalled.connection;
        while connection.try_send("score", numbered(0)).is_ok() {
            tokio::task::yield_now().await;
        }
        let second = Duration::from_secs(1);
        let sent = connection.send("score", numbered(1)).timeout(second).await;
        let late: Error = sent.unwrap_err();
        assert!(late.is_timeout() && !late.is_closed(), "{late}");
        assert_eq!(late.route(), Some("score"), "{late}");
    });
}
