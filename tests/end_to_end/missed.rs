//! Clients are told how many broadcasts they missed, and go on.

use std::time::Duration;

use highway::{
    Bytes, CloseCode, Connection,
    client::Reconnect,
    connection::{LagPolicy, Status},
    on, route,
    server::ServerHandle,
    test::{self, Direction, Network, TestServer},
    wire::Dialect,
};
use highway_tests::{paused, within_deadline};
use tokio::{sync::mpsc, time::timeout};

use crate::support::{Probe, RawPeer, Seen};

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
    let server = Server::server().lagging(LagPolicy::Drop).limits(|limits| {
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

/// A server over real sockets, which hands its connections to the test.
#[highway::server(state = mpsc::UnboundedSender<Connection<Broadcaster>>)]
struct Broadcaster;

#[route("double")]
async fn double(number: u64, _: &mut Broadcaster) -> u64 {
    2 * number
}

#[on(open)]
async fn opened(server: Connection<Broadcaster>) {
    // A test that has seen enough is over.
    let _ = server.state().send(server.clone());
}

/// A client that does not read on while a message waits for the gate.
#[highway::client(state = Probe)]
struct Slow;

#[route("tick")]
async fn tick(_: Bytes, slow: &mut Slow) {
    slow.state().gate().await;
}

#[on(missed)]
async fn told(count: u64, slow: &mut Slow) {
    slow.state().saw(count);
}

struct Stalled {
    server: ServerHandle<Broadcaster>,
    url: String,
    connections: mpsc::UnboundedReceiver<Connection<Broadcaster>>,
    probe: Probe,
    seen: Seen,
}

impl Stalled {
    async fn start() -> Self {
        let (state, connections) = mpsc::unbounded_channel();
        let server = Broadcaster::server().state(state);
        let server = server.limits(|limits| {
            limits.outbox_bytes = 100_000;
            // A client that is not given up goes on reading, however late.
            limits.write_timeout = Duration::from_secs(3600);
            limits.close_timeout = Duration::from_secs(3600);
        });
        let server = server.bind("127.0.0.1:0").await.unwrap();
        let (url, handle) = (server.url(), server.handle());
        tokio::spawn(server.into_future());
        let (probe, seen) = Probe::new();
        Self {
            server: handle,
            url,
            connections,
            probe,
            seen,
        }
    }

    /// A client that reads nothing any more, and the server's connection to it.
    async fn connect(&mut self, reconnects: bool) -> (Connection<Slow>, Connection<Broadcaster>) {
        let client = Slow::client().state(self.probe.clone());
        let mut client = client.limits(|limits| limits.queue_messages = 1);
        if reconnects {
            client = client.reconnect(Reconnect::default());
        }
        let me = client.connect(&self.url).await.unwrap();
        let connection = self.connections.recv().await.unwrap();
        // Its table may come after the client believes to be connected.
        while connection.dialect().is_none() {
            tokio::task::yield_now().await;
        }
        (me, connection)
    }

    /// Broadcasts until the client has missed some, or is given up.
    async fn broadcast(&self, lagging: LagPolicy, connection: &Connection<Broadcaster>) {
        let data = Bytes::from(vec![0; 50_000]);
        // Once the connection is closing, it enters no room.
        while connection.missed() == 0 && connection.join("open").is_ok() {
            let everyone = self.server.everyone().lagging(lagging);
            let sent = everyone.send("tick", data.clone());
            // With `Wait` it would wait until the connection is given up.
            if let Ok(sent) = timeout(Duration::from_millis(100), sent).await {
                sent.unwrap();
            }
            tokio::task::yield_now().await;
        }
    }
}

async fn check_goes_on(me: &Connection<Slow>) {
    for number in 0..3 {
        let twice: u64 = me.call("double", number).await.unwrap();
        assert_eq!(twice, 2 * number);
    }
    assert!(matches!(me.status(), Status::Connected));
}

#[test]
fn client_that_missed_broadcasts_is_told_and_goes_on() {
    within_deadline(async {
        for lagging in [LagPolicy::Drop, LagPolicy::Wait, LagPolicy::Newest] {
            for reconnects in [false, true] {
                let mut stalled = Stalled::start().await;
                let (me, connection) = stalled.connect(reconnects).await;
                stalled.broadcast(lagging, &connection).await;
                stalled.probe.open(1_000_000);
                let mut told = 0;
                while told < connection.missed() {
                    told += stalled.seen.next().await.parse::<u64>().unwrap();
                }
                assert_eq!((me.missed(), connection.missed()), (told, told));
                check_goes_on(&me).await;
                me.close().await;
            }
        }
    });
}

#[test]
fn client_that_is_closed_for_lagging_comes_back_if_it_reconnects() {
    within_deadline(async {
        for reconnects in [false, true] {
            let mut stalled = Stalled::start().await;
            let (me, connection) = stalled.connect(reconnects).await;
            stalled.broadcast(LagPolicy::Close, &connection).await;
            stalled.probe.open(1_000_000);
            if reconnects {
                stalled.connections.recv().await.unwrap();
                let mut changes = me.status_changes();
                while !matches!(me.status(), Status::Connected) {
                    changes.next().await;
                }
                check_goes_on(&me).await;
            } else {
                let close = me.closed().await;
                assert_eq!(close.code(), CloseCode::TRY_AGAIN_LATER, "{close}");
            }
        }
    });
}

#[test]
fn broadcast_before_the_routes_are_known_counts_as_missed_where_the_route_is() {
    const HEARS_TICK: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"tick\"}";

    within_deadline(async {
        let mut stalled = Stalled::start().await;
        let address = stalled.server.local_addr();
        let mut peer = RawPeer::connect(address.unwrap()).await;
        let connection = stalled.connections.recv().await.unwrap();
        for lagging in [
            LagPolicy::Drop,
            LagPolicy::Wait,
            LagPolicy::Newest,
            LagPolicy::Close,
        ] {
            for route in ["tick", "other"] {
                let everyone = stalled.server.everyone().lagging(lagging);
                everyone.send(route, ()).await.unwrap();
            }
        }
        assert_eq!(connection.missed(), 0);
        peer.next_message().await;
        peer.message(HEARS_TICK).await;
        while connection.dialect().is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(connection.missed(), 4);
        // It is there, and was told nothing, as it does not speak the extension.
        stalled.server.everyone().send("tick", ()).await.unwrap();
        assert_eq!(peer.next_message().await, b"\x08\0\x01\0");
    });
}

#[highway::server(state = Probe)]
struct Early;

#[on(ready)]
async fn early(server: &mut Early) {
    server.state().saw(server.missed());
}

#[test]
fn client_with_the_extension_is_told_of_broadcasts_before_its_routes_were_known() {
    paused(async {
        let (probe, mut at_server) = Probe::new();
        let server = test::server(Early::server().state(probe));
        let network = Network::with_buffer(1);
        network.stall(Direction::ToServer);
        let (probe, mut seen) = Probe::new();
        let client = Me::client().state(probe);
        let connecting = server.connect(client).over(&network);
        let connecting = tokio::spawn(async move { connecting.await });
        // The request does not come through before.
        network.resume();
        while server.handle().connections() == 0 {
            tokio::task::yield_now().await;
        }
        network.stall(Direction::ToServer);
        for _ in 0..2 {
            server.handle().everyone().send("seen", 1).await.unwrap();
        }
        network.resume();
        let me = connecting.await.unwrap().unwrap();
        at_server.expect("2").await;
        seen.expect("missed 2").await;
        seen.expect("missed 2 in all").await;
        assert_eq!(me.missed(), 2);
    });
}
