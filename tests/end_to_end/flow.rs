//! What goes on while a route runs, and what happens when the other side does not keep up.

use std::{future::Future, pin::pin, task::Poll, time::Duration};

use highway::{Bytes, Close, Connection, Error, Value, route};
use highway_tests::{
    websocket::{BINARY, FIN, PING, PONG, TABLE, masked},
    within_deadline,
};

use crate::support::{Probe, RawPeer, Running, Seen, start};

#[highway::server(state = Probe)]
struct Server;

#[route("a: echo")]
async fn echo(data: Value, server: &mut Server) -> highway::Result {
    server.send("echo", data).await
}

#[route("b: wait")]
async fn wait(server: &mut Server) -> highway::Result {
    let _dropped = server.state().on_drop("wait is over");
    server.send("echo", "waiting").await?;
    server.state().saw("waiting");
    server.state().gate().await;
    server.state().saw("waited");
    Ok(())
}

#[route("c: close")]
async fn close(server: &mut Server) -> highway::Result {
    server.close().await;
    server.state().saw("closed");
    let error = server.send("echo", 1).await.unwrap_err();
    server.state().saw(error);
    Ok(())
}

#[route("d: until closed")]
async fn until_closed(server: &mut Server) {
    server.state().saw("waiting");
    server
        .state()
        .saw(format!("ended {}", server.closed().await));
}

#[route("e: until closed, beside")]
async fn until_closed_beside(connection: Connection<Server>) {
    connection.state().saw("waiting");
    let close = connection.closed().await;
    connection.state().saw(format!("ended {close}"));
}

/// Sends a number of messages of 1,000 bytes, and tells how many found room.
#[route("f: flood")]
async fn flood(count: u32, server: &mut Server) -> highway::Result {
    let data = Bytes::from(vec![0; 1000]);
    for number in 0..count {
        let mut send = pin!(server.send("echo", &data));
        let at_once = std::future::poll_fn(|cx| Poll::Ready(send.as_mut().poll(cx))).await;
        match at_once {
            Poll::Ready(result) => result?,
            Poll::Pending => {
                server.state().saw("full");
                if let Err(error) = send.await {
                    server.state().saw(format!("{error} at {number}"));
                    return Err(error);
                }
            }
        }
    }
    server.state().saw("flooded");
    Ok(())
}

/// Gives up a send that finds no room.
#[route("g: give up")]
async fn give_up(server: &mut Server) -> highway::Result {
    let data = Bytes::from(vec![7; 1000]);
    loop {
        let mut send = pin!(server.send("echo", &data));
        let at_once = std::future::poll_fn(|cx| Poll::Ready(send.as_mut().poll(cx))).await;
        match at_once {
            Poll::Ready(result) => result?,
            Poll::Pending => break,
        }
    }
    server.state().saw("given up");
    server.send("echo", "last").await
}

#[highway::on(close)]
async fn ended(close: Close, server: &mut Server) {
    server.state().saw(format!("close {close}"));
}

const ECHO: u8 = 1;
const WAIT: u8 = 2;
const CLOSE: u8 = 3;
const UNTIL_CLOSED: u8 = 4;
const UNTIL_CLOSED_BESIDE: u8 = 5;
const FLOOD: u8 = 6;
const GIVE_UP: u8 = 7;

async fn server(limits: impl FnOnce(&mut highway::ServerLimits)) -> (Running, Probe, Seen) {
    let (probe, seen) = Probe::new();
    let server = Server::server().limits(limits).state(probe.clone());
    (start(server).await, probe, seen)
}

#[test]
fn pings_are_answered_and_sends_go_out_while_a_route_waits() {
    within_deadline(async {
        let (server, probe, mut seen) = server(|_| {}).await;
        let mut peer = RawPeer::ready(server.address).await;
        peer.message(&[8, 0, WAIT, 0]).await;
        assert_eq!(peer.next_message().await, b"\0\0\x01\0waiting");
        assert_eq!(seen.next().await, "waiting");
        for payload in [b"1", b"2"] {
            peer.frame(FIN | PING, payload).await;
            let pong = peer.next().await;
            assert_eq!((pong.first, &pong.payload[..]), (FIN | PONG, &payload[..]));
        }
        probe.open(1);
        assert_eq!(seen.next().await, "waited");
    });
}

/// Writes until the server takes no more, and gives back how much it took.
async fn write_until_full(peer: &mut RawPeer, bytes: &[u8]) -> usize {
    let mut written = 0;
    // A server that reads takes it within a few turns of the runtime; one that does not leaves the sockets' buffers full.
    while let Ok(result) =
        tokio::time::timeout(Duration::from_millis(300), peer.stream.writable()).await
    {
        result.unwrap();
        match peer
            .stream
            .try_write(bytes.get(written % bytes.len()..).unwrap())
        {
            Ok(count) => written += count,
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
        }
    }
    written
}

#[test]
fn full_queue_stops_reading_until_the_route_ends() {
    within_deadline(async {
        let (server, probe, mut seen) = server(|limits| limits.queue_messages = 3).await;
        let mut peer = RawPeer::ready(server.address).await;
        peer.message(&[8, 0, WAIT, 0]).await;
        assert_eq!(peer.next_message().await, b"\0\0\x01\0waiting");
        write_until_full_and_read_back(&mut peer, &probe, &mut seen).await;
    });
}

/// Fills the sockets while a route waits, lets the route end, and reads the echo of everything.
async fn write_until_full_and_read_back(peer: &mut RawPeer, probe: &Probe, seen: &mut Seen) {
    let message = [&[7, 0, ECHO, 0][..], &[1; 1000]].concat();
    let frame = masked(FIN | BINARY, &message);
    let written = write_until_full(peer, &frame).await;
    // Far more than the queue takes, far less than a server takes that reads on and on.
    assert!((20_000..64 * 1024 * 1024).contains(&written), "{written}");
    assert_eq!(seen.now(), ["waiting"]);
    probe.open(1);
    let count = written.div_ceil(frame.len());
    let mut rest = frame.get(written % frame.len()..).unwrap_or_default();
    if written % frame.len() == 0 {
        rest = &[];
    }
    for _ in 0..count {
        // The rest of the last frame goes when the server reads again, which it may do only while its echoes are read.
        if !rest.is_empty()
            && let Ok(count) = peer.stream.try_write(rest)
        {
            rest = rest.get(count..).unwrap_or_default();
        }
        assert_eq!(peer.next_message().await, message);
    }
    assert_eq!(seen.next().await, "waited");
}

#[test]
fn full_queue_of_large_messages_stops_reading_too() {
    within_deadline(async {
        let (server, probe, mut seen) = server(|limits| {
            limits.queue_bytes = 2000;
            limits.message_bytes = 1004;
        })
        .await;
        let mut peer = RawPeer::ready(server.address).await;
        peer.message(&[8, 0, WAIT, 0]).await;
        assert_eq!(peer.next_message().await, b"\0\0\x01\0waiting");
        write_until_full_and_read_back(&mut peer, &probe, &mut seen).await;
    });
}

#[test]
fn connection_closes_while_a_route_runs() {
    within_deadline(async {
        let (server, probe, mut seen) = server(|_| {}).await;
        let mut peer = RawPeer::ready(server.address).await;
        peer.message(&[8, 0, WAIT, 0]).await;
        assert_eq!(seen.next().await, "waiting");
        // A fault behind it closes at once, and the route still comes to its end.
        peer.message(&[9, 0, ECHO, 0]).await;
        assert_eq!(peer.closes().await, Some(Close::MALFORMED_HEADER));
        probe.open(1);
        assert_eq!(seen.next().await, "waited");
        assert_eq!(seen.next().await, "wait is over");
        assert_eq!(seen.next().await, "close 3001 Malformed header");
    });
}

#[test]
fn route_that_never_ends_is_dropped_some_time_after_the_connection() {
    within_deadline(async {
        let (server, _probe, mut seen) =
            server(|limits| limits.close_timeout = Duration::from_millis(50)).await;
        let mut peer = RawPeer::ready(server.address).await;
        peer.message(&[8, 0, WAIT, 0]).await;
        assert_eq!(seen.next().await, "waiting");
        peer.reset();
        assert_eq!(seen.next().await, "wait is over");
        assert_eq!(seen.next().await, "close 1006 the connection was lost");
    });
}

#[test]
fn route_may_close_its_own_connection() {
    within_deadline(async {
        let (server, _probe, mut seen) = server(|_| {}).await;
        let mut peer = RawPeer::ready(server.address).await;
        peer.message(&[8, 0, CLOSE, 0]).await;
        peer.message(&[0, 0, ECHO, 0]).await;
        assert_eq!(peer.closes().await, Some(Close::NORMAL));
        assert_eq!(seen.next().await, "closed");
        assert_eq!(seen.next().await, "the connection is closed (1000)");
        assert_eq!(seen.next().await, "close 1000");
    });
}

#[test]
fn route_may_wait_for_the_end_of_its_own_connection() {
    within_deadline(async {
        for route in [UNTIL_CLOSED, UNTIL_CLOSED_BESIDE] {
            let (server, _probe, mut seen) = server(|_| {}).await;
            let mut peer = RawPeer::ready(server.address).await;
            peer.message(&[8, 0, route, 0]).await;
            assert_eq!(seen.next().await, "waiting");
            peer.close(4000, "done").await;
            assert!(peer.closes().await.is_some());
            assert_eq!(seen.next().await, "ended 4000 done");
            assert_eq!(seen.next().await, "close 4000 done");
        }
    });
}

#[test]
fn send_waits_for_a_peer_that_does_not_read_and_goes_on_when_it_does() {
    within_deadline(async {
        let (server, _probe, mut seen) = server(|limits| limits.outbox_bytes = 10_000).await;
        let mut peer = RawPeer::ready(server.address).await;
        // 20 MB are more than the sockets' buffers take.
        peer.message(&[1, 0, FLOOD, 0, b'2', b'0', b'0', b'0', b'0'])
            .await;
        assert_eq!(seen.next().await, "full");
        for _ in 0..20_000 {
            assert_eq!(peer.next_message().await.len(), 1004);
        }
        while seen.next().await == "full" {}
        peer.echoes(ECHO).await;
    });
}

#[test]
fn peer_that_never_reads_is_ended_by_the_write_timeout() {
    within_deadline(async {
        let (server, _probe, mut seen) = server(|limits| {
            limits.outbox_bytes = 10_000;
            limits.write_timeout = Duration::from_millis(200);
        })
        .await;
        let mut other = RawPeer::ready(server.address).await;
        let mut peer = RawPeer::ready(server.address).await;
        peer.message(&[1, 0, FLOOD, 0, b'9', b'0', b'0', b'0', b'0'])
            .await;
        loop {
            let what = seen.next().await;
            if what != "full" {
                assert!(
                    what.starts_with(
                        "the connection is closed (1006 the peer did not read in time) at "
                    ),
                    "{what}"
                );
                break;
            }
        }
        assert_eq!(
            seen.next().await,
            "close 1006 the peer did not read in time"
        );
        other.echoes(ECHO).await;
    });
}

#[test]
fn send_that_is_given_up_leaves_whole_messages() {
    within_deadline(async {
        let (server, _probe, mut seen) = server(|limits| limits.outbox_bytes = 10_000).await;
        let mut peer = RawPeer::ready(server.address).await;
        peer.message(&[8, 0, GIVE_UP, 0]).await;
        assert_eq!(seen.next().await, "given up");
        loop {
            let message = peer.next_message().await;
            if message == b"\0\0\x01\0last" {
                break;
            }
            assert_eq!(message, [&[7, 0, 1, 0][..], &[7; 1000]].concat());
        }
    });
}

#[test]
fn pings_that_are_never_read_do_not_pile_up() {
    within_deadline(async {
        let (server, _probe, _seen) = server(|_| {}).await;
        let mut peer = RawPeer::ready(server.address).await;
        let pings = masked(FIN | PING, &[1; 125]).repeat(1000);
        // The answers stop when the sockets are full; the pings are still read.
        for _ in 0..300 {
            peer.bytes(&pings).await;
        }
        peer.message(b"\0\0\x01\0ok").await;
        let mut answers = 0_u32;
        loop {
            let frame = peer.next().await;
            if frame.first == FIN | BINARY {
                break;
            }
            assert_eq!((frame.first, frame.payload.len()), (FIN | PONG, 125));
            answers += 1;
        }
        assert!((1..300_000).contains(&answers), "{answers} pongs");
    });
}

#[highway::client]
struct Client;

#[route("echo", on = Client)]
async fn echoed() {}

#[test]
fn sends_of_several_tasks_arrive_whole_and_each_in_its_order() {
    #[highway::server(state = Probe)]
    struct Counter;

    #[route("count")]
    async fn count((task, number): (u32, u32), counter: &mut Counter) {
        counter.state().saw(format!("{task} {number}"));
    }

    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = start(Counter::server().state(probe)).await;
        let client = Client::client()
            .limits(|limits| limits.outbox_bytes = 500)
            .connect(&server.url)
            .await
            .unwrap();
        for task in 0..4_u32 {
            let client = client.clone();
            tokio::spawn(async move {
                for number in 0..1000_u32 {
                    client.send("count", (task, number)).await.unwrap();
                }
            });
        }
        let mut next = [0_u32; 4];
        for _ in 0..4000 {
            let what = seen.next().await;
            let (task, number) = what.split_once(' ').unwrap();
            let next = next.get_mut(task.parse::<usize>().unwrap()).unwrap();
            assert_eq!(number, next.to_string());
            *next += 1;
        }
    });
}

#[test]
fn what_was_sent_before_a_close_arrives() {
    #[highway::server(state = Probe)]
    struct Counter;

    #[route("count")]
    async fn count(_: u32, counter: &mut Counter) {
        counter.state().saw("one");
    }

    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = start(Counter::server().state(probe)).await;
        let client = Client::connect(&server.url).await.unwrap();
        for number in 0..5000_u32 {
            client.send("count", number).await.unwrap();
        }
        client.close().await;
        for _ in 0..5000 {
            assert_eq!(seen.next().await, "one");
        }
    });
}

#[test]
fn sends_that_wait_end_with_the_connection() {
    within_deadline(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let client = tokio::spawn(async move {
            Client::client()
                .limits(|limits| limits.outbox_bytes = 1000)
                .connect(&url)
                .await
                .unwrap()
        });
        let mut peer = RawPeer::accept(&listener).await;
        peer.message(TABLE).await;
        peer.next().await;
        let client = client.await.unwrap();
        let sending = tokio::spawn({
            let client = client.clone();
            async move {
                let data = Bytes::from(vec![0; 100_000]);
                loop {
                    if let Err(error) = client.send("echo", &data).await {
                        break error;
                    }
                }
            }
        });
        assert_eq!(peer.next_message().await.len(), 100_004);
        peer.reset();
        let error = sending.await.unwrap();
        assert!(matches!(error, Error::Closed(_)), "{error}");
        assert_eq!(
            client.closed().await.to_string(),
            "1006 the connection was lost"
        );
    });
}
