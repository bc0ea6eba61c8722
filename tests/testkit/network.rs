//! Networks do what they are told, to peers, clients and clients that reconnect.

use std::time::Duration;

use highway::{
    CloseCode, ConnectError, Connection, Error, Limits,
    client::Reconnect,
    connection::Status,
    on, route,
    test::{self, Direction, Network, Peer, TestServer},
};
use highway_tests::paused;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc,
    time::Instant,
};

#[highway::server]
struct Echo;

#[route("echo")]
async fn echo(data: String, echo: &mut Echo) -> highway::Result {
    echo.send("echo", data).await
}

#[highway::client(state = mpsc::UnboundedSender<String>)]
struct Me;

#[on(ready)]
async fn ready(me: &mut Me) -> highway::Result {
    me.send("echo", "here I am").await
}

#[route("echo")]
async fn echoed(text: String, me: &mut Me) {
    me.state().send(text).expect("the test listens");
}

fn me() -> (highway::Client<Me>, mpsc::UnboundedReceiver<String>) {
    let (sender, hears) = mpsc::unbounded_channel();
    (Me::client().state(sender), hears)
}

const SECOND: Duration = Duration::from_secs(1);

async fn over(network: &Network) -> (TestServer<Echo>, Peer) {
    let server = test::server(Echo::server());
    let peer = server.peer().serves(["echo"]).over(network);
    let peer = peer.deadline(Duration::from_secs(60)).await;
    (server, peer)
}

#[test]
fn delay_is_that_of_each_way_and_keeps_the_order() {
    paused(async {
        let network = Network::new();
        let (_server, mut peer) = over(&network).await;
        network.delay(3 * SECOND);
        let begin = Instant::now();
        peer.send("echo", "slow").await;
        tokio::time::sleep(SECOND).await;
        network.delay(Duration::ZERO);
        peer.send("echo", "quick").await;
        peer.expect_nothing().await;
        peer.expect("echo", "slow").await;
        assert_eq!(begin.elapsed().as_secs(), 3);
        peer.expect("echo", "quick").await;
        network.delay(2 * SECOND);
        peer.send("echo", "there and back").await;
        peer.expect("echo", "there and back").await;
        assert_eq!(begin.elapsed().as_secs(), 3 + 4);
        peer.close().await;
    });
}

#[test]
fn times_without_an_end_never_come() {
    paused(async {
        let network = Network::new();
        let (server, mut peer) = over(&network).await;
        network.delay(Duration::MAX);
        peer.send("echo", "lost").await;
        // Then the server misses the answer to a ping.
        peer.expect_nothing_for(30 * SECOND).await;
        network.reset();
        network.heal();
        let patient = server.peer().serves(["echo"]).over(&network);
        let mut patient = patient.deadline(Duration::MAX).await;
        patient.send("echo", "there").await;
        patient.expect("echo", "there").await;
        patient.close().await;
    });
}

#[test]
fn stall_holds_up_one_direction_until_it_is_resumed() {
    paused(async {
        for direction in [Direction::ToServer, Direction::ToClient] {
            let network = Network::new();
            let (server, mut peer) = over(&network).await;
            network.stall(direction);
            peer.send("echo", "text").await;
            let everyone = server.handle();
            everyone.everyone().send("echo", "all").await.unwrap();
            if direction == Direction::ToServer {
                peer.expect("echo", "all").await;
            }
            peer.expect_nothing_for(10 * SECOND).await;
            network.resume();
            if direction == Direction::ToClient {
                peer.next::<String>("echo").await;
            }
            peer.next::<String>("echo").await;
            peer.expect_nothing().await;
        }
    });
}

#[test]
fn stall_fills_the_room_and_then_the_outbox() {
    paused(async {
        let network = Network::new();
        let server = test::server(Echo::server());
        let (me, mut hears) = me();
        let me = me.limits(|limits| {
            limits.outbox_bytes = 10_000;
            // The server is silent for as long.
            limits.ping_interval = 60 * SECOND;
            limits.write_timeout = 60 * SECOND;
        });
        let me = server.connect(me).over(&network).await.unwrap();
        assert_eq!(hears.recv().await.unwrap(), "here I am");
        network.stall(Direction::ToServer);
        let text = "x".repeat(1000);
        let mut sent = 0;
        while let Ok(result) = tokio::time::timeout(SECOND, me.send("echo", &text)).await {
            result.unwrap();
            sent += 1;
        }
        // 64 KiB under way and 10,000 bytes that wait.
        assert!((70..80).contains(&sent), "{sent}");
        network.resume();
        for _ in 0..sent {
            assert_eq!(hears.recv().await.unwrap(), text);
        }
    });
}

#[test]
fn both_sides_find_out_that_nothing_comes_through_any_more() {
    paused(async {
        let network = Network::new();
        let (server, mut peer) = over(&network).await;
        network.stall(Direction::ToServer);
        let begin = Instant::now();
        let limits = Limits::default();
        peer.expect_closed(CloseCode::ABNORMAL).await;
        let most = limits.ping_interval + limits.pong_timeout;
        assert!(begin.elapsed() <= most + limits.ping_interval / 2);
        assert_eq!(server.handle().connections(), 0);
    });
}

#[test]
fn cut_ends_connections_and_lets_none_through_until_it_heals() {
    paused(async {
        let network = Network::new();
        let (server, mut peer) = over(&network).await;
        let mut elsewhere = server.peer().serves(["echo"]).await;
        network.cut();
        peer.expect_closed(CloseCode::ABNORMAL).await;
        peer.expect_closed(CloseCode::ABNORMAL).await;
        let refused = server.peer().over(&network).try_connect().await;
        assert!(matches!(refused.unwrap_err(), ConnectError::Io(_)));
        elsewhere.send("echo", "text").await;
        elsewhere.expect("echo", "text").await;
        assert_eq!(server.handle().connections(), 1);
        network.heal();
        let mut again = server.peer().serves(["echo"]).over(&network).await;
        again.send("echo", "text").await;
        again.expect("echo", "text").await;
    });
}

#[test]
fn bytes_until_the_cut_arrive_and_no_more() {
    paused(async {
        for direction in [Direction::ToServer, Direction::ToClient] {
            let network = Network::new();
            let (_server, mut peer) = over(&network).await;
            // A frame has 2 or, masked, 6 bytes of head, and a message 4.
            let frame = match direction {
                Direction::ToServer => 2 + 4 + 4 + 5,
                Direction::ToClient => 2 + 4 + 5,
            };
            network.cut_after(2 * frame + frame / 2, direction);
            for text in ["first", "other", "third"] {
                peer.send("echo", text).await;
            }
            if direction == Direction::ToClient {
                peer.expect("echo", "first").await;
                peer.expect("echo", "other").await;
                peer.expect_closed(CloseCode::ABNORMAL).await;
            } else {
                // The reset may overtake the echoes.
                let closed = tokio::time::timeout(SECOND, peer.close());
                assert_eq!(closed.await.unwrap().code(), CloseCode::ABNORMAL);
            }
        }
    });
}

#[test]
fn cut_after_counts_bytes_exactly() {
    paused(async {
        let server = test::server(Echo::server());
        for bytes in [0, 1, 7] {
            let network = Network::with_buffer(3);
            let stream = server.peer().over(&network).stream();
            let mut stream = stream.expect("it is not cut yet");
            network.cut_after(bytes, Direction::ToClient);
            let mut received = Vec::new();
            // The cut may come before all of it is written.
            let _ = stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await;
            stream.read_to_end(&mut received).await.unwrap_err();
            assert_eq!(received.len(), bytes);
        }
    });
}

async fn until(me: &Connection<Me>, wanted: fn(&Status) -> bool) {
    let mut changes = me.status_changes();
    while !wanted(&me.status()) {
        changes.next().await;
    }
}

fn is_away(status: &Status) -> bool {
    matches!(status, Status::Reconnecting(_))
}

#[test]
fn client_reconnects_over_the_network_when_it_heals() {
    paused(async {
        let network = Network::new();
        let server = test::server(Echo::server());
        let (me, mut hears) = me();
        let reconnect = Reconnect::default().keep(10, 3600 * SECOND);
        let me = server.connect(me.reconnect(reconnect)).over(&network);
        let me = me.await.unwrap();
        assert_eq!(hears.recv().await.unwrap(), "here I am");

        network.reset();
        assert_eq!(hears.recv().await.unwrap(), "here I am");

        network.cut();
        until(&me, is_away).await;
        let (waits, ()) = tokio::join!(me.send("echo", "kept"), async {
            tokio::time::sleep(600 * SECOND).await;
            assert!(hears.try_recv().is_err());
            network.heal();
        });
        waits.unwrap();
        assert_eq!(hears.recv().await.unwrap(), "here I am");
        assert_eq!(hears.recv().await.unwrap(), "kept");
        assert_eq!(server.handle().connections(), 1);
        me.close().await;
    });
}

#[test]
fn client_survives_cuts_in_the_middle_of_frames() {
    paused(async {
        let network = Network::new();
        let server = test::server(Echo::server());
        let (me, mut hears) = me();
        let reconnect = Reconnect::default();
        let me = server.connect(me.reconnect(reconnect)).over(&network);
        let me = me.await.unwrap();
        assert_eq!(hears.recv().await.unwrap(), "here I am");
        for bytes in 1..20 {
            for direction in [Direction::ToServer, Direction::ToClient] {
                network.cut_after(bytes, direction);
                me.send("echo", "x".repeat(20)).await.unwrap();
                until(&me, is_away).await;
                network.heal();
                assert_eq!(hears.recv().await.unwrap(), "here I am");
            }
        }
    });
}

#[test]
fn client_of_a_server_that_shut_down_is_refused() {
    paused(async {
        let server = test::server(Echo::server());
        let (me, _hears) = me();
        let me = server.connect(me).await.unwrap();
        server.shutdown().await;
        assert_eq!(me.closed().await.code(), CloseCode::GOING_AWAY);
        let (again, _hears) = self::me();
        let error = server.connect(again).await.unwrap_err();
        assert!(matches!(
            error,
            Error::Connect {
                source: ConnectError::Io(_),
                ..
            }
        ));
    });
}
