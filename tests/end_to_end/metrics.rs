//! What servers and clients count: each row, by doing what it is for.

use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use highway::{
    CallError, Close, CloseCode, Connection, Error, Failure, Incoming,
    client::Reconnect,
    connection::{ConnectionId, LagPolicy},
    metrics::{CallMetrics, Metrics, OTHER, Outcome, RouteMetrics, Side, Traffic},
    route,
    test::{self, Direction, Network, TestServer},
    wire::Dialect,
};
use highway_tests::paused;

use crate::support::{Probe, Seen};

#[highway::server(state = Probe)]
struct Server;

#[route("echo")]
async fn echo(text: String, server: &mut Server) -> highway::Result {
    server.send("echo", text).await
}

#[route("double")]
async fn double(number: i64, _: &mut Server) -> i64 {
    2 * number
}

#[route("refuse")]
async fn refuse((): (), _: &mut Server) -> Result<i64, Failure> {
    Err(Failure::new("no"))
}

#[route("panic", on = Server)]
async fn panics() -> i64 {
    panic!("as it was asked to")
}

#[route("wait")]
async fn wait(beside: bool, server: Connection<Server>) -> i64 {
    server.state().saw("waits");
    server.state().gate().await;
    i64::from(beside)
}

#[route("block")]
async fn block((): (), server: &mut Server) {
    server.state().saw("blocks");
    server.state().gate().await;
}

#[route("ticks", on = Server)]
async fn ticks(count: u64) -> impl Stream<Item = u64> {
    stream::iter(0..count)
}

#[route("endless", on = Server)]
async fn endless() -> impl Stream<Item = u64> {
    stream::iter(0_u64..1).chain(stream::pending())
}

#[route("sum", on = Server)]
async fn sum(mut numbers: Incoming<u64>) -> highway::Result<u64> {
    let mut sum = 0;
    while let Some(number) = numbers.next().await {
        sum += number?;
    }
    Ok(sum)
}

#[route("join")]
async fn join(room: String, server: &mut Server) -> highway::Result<ConnectionId> {
    server.join(room)?;
    Ok(server.id())
}

#[route("quit")]
async fn quit(code: u16, server: Connection<Server>) -> highway::Result {
    server.close_with(CloseCode::from(code), "").await
}

#[highway::on(pipe)]
async fn may_reach(_: Connection<Server>) -> Result<(), Failure> {
    Ok(())
}

#[highway::client(state = Probe, pipe = Friend)]
struct Me;

#[route("echo")]
async fn echoed(text: String, me: &mut Me) {
    me.state().saw(text);
}

#[highway::client(state = Probe)]
struct Friend;

#[route("add", on = Friend)]
async fn add((a, b): (i64, i64)) -> i64 {
    a + b
}

fn start() -> (TestServer<Server>, Probe, Seen) {
    let (probe, seen) = Probe::new();
    let server = Server::server().state(probe.clone());
    (test::server(server), probe, seen)
}

async fn connect(server: &TestServer<Server>) -> (Connection<Me>, Probe, Seen) {
    let (probe, seen) = Probe::new();
    let me = server.connect(Me::client().state(probe.clone())).await;
    (me.expect("it is let in"), probe, seen)
}

#[track_caller]
fn of<'a>(metrics: &'a Metrics, route: &str) -> &'a RouteMetrics {
    let found = metrics.route(route);
    found.unwrap_or_else(|| panic!("there is no {route}: {metrics:#?}"))
}

fn counts(traffic: Traffic) -> (u64, u64) {
    (traffic.messages, traffic.bytes)
}

/// What calls came to, and how many did.
fn outcomes(calls: &[CallMetrics]) -> Vec<(Outcome, u64)> {
    let counts = calls.iter().map(|of| (of.outcome, of.durations.count()));
    counts.collect()
}

fn closed(metrics: &Metrics) -> Vec<(&str, u64)> {
    let closed = metrics.connections.closed.iter().copied();
    closed.filter(|(_, count)| *count > 0).collect()
}

#[test]
fn messages_and_bytes_are_counted_by_route_and_direction_on_both_sides() {
    paused(async {
        let (server, ..) = start();
        let (me, _, mut seen) = connect(&server).await;
        for text in ["a", "bcd"] {
            me.send("echo", text).await.unwrap();
            seen.expect(text).await;
        }
        assert_eq!(me.call::<_, _, i64>("double", 7).await.unwrap(), 14);
        // A header of four bytes and the text; a call has an id of four bytes more.
        let (there, here) = (server.handle().metrics(), me.metrics());
        assert_eq!((there.handler, there.side), ("Server", Side::Server));
        assert_eq!((here.handler, here.side), ("Me", Side::Client));
        for metrics in [&there, &here] {
            let echo = of(metrics, "echo");
            assert_eq!(counts(echo.received), (2, 12), "{metrics:#?}");
            assert_eq!(counts(echo.sent), (2, 12), "{metrics:#?}");
        }
        let double = of(&there, "double");
        assert_eq!(
            (counts(double.received), counts(double.sent)),
            ((1, 9), (1, 10))
        );
        let double = of(&here, "double");
        assert_eq!(
            (counts(double.received), counts(double.sent)),
            ((1, 10), (1, 9))
        );
    });
}

#[test]
fn broadcast_counts_for_each_receiver() {
    paused(async {
        let (server, ..) = start();
        let mut clients = Vec::new();
        for _ in 0..3 {
            clients.push(connect(&server).await);
        }
        // One that has no such route.
        let mut other = server.peer().serves(["another"]).await;
        let everyone = server.handle();
        everyone.everyone().send("echo", "hi").await.unwrap();
        for (_, _, seen) in &mut clients {
            seen.expect("hi").await;
        }
        let metrics = server.handle().metrics();
        assert_eq!(counts(of(&metrics, "echo").sent), (3, 18));
        assert_eq!(metrics.connections.active, 4);
        everyone.everyone().send("another", 1).await.unwrap();
        other.expect("another", 1).await;
        let metrics = server.handle().metrics();
        assert_eq!(of(&metrics, "another").sent.messages, 1);
    });
}

#[test]
fn routes_that_are_too_many_are_counted_together() {
    paused(async {
        let (server, ..) = start();
        let names: Vec<String> = (0..400).map(|number| format!("r{number}")).collect();
        let mut peer = server.peer().serves(&names).await;
        let everyone = server.handle();
        for name in &names {
            everyone.everyone().send(name, 1).await.unwrap();
            peer.expect(name, 1).await;
        }
        let metrics = server.handle().metrics();
        let sent: u64 = metrics.routes.iter().map(|of| of.sent.messages).sum();
        assert_eq!(sent, 400);
        assert_eq!(of(&metrics, OTHER).sent.messages, 400 - 128);
        assert!(metrics.routes.len() < 150, "{}", metrics.routes.len());
    });
}

#[test]
fn calls_are_counted_by_what_they_came_to_on_both_sides() {
    paused(async {
        let (host, probe, mut seen) = start();
        let (me, ..) = connect(&host).await;
        let call = async |route: &str| me.call::<_, _, i64>(route, ()).await;
        call("refuse").await.unwrap_err();
        call("panic").await.unwrap_err();
        call("ticks").await.unwrap_err();
        me.call::<_, _, i64>("double", "no number")
            .await
            .unwrap_err();
        me.call::<_, _, String>("double", 1).await.unwrap_err();
        for _ in 0..2 {
            me.call::<_, _, i64>("double", 1).await.unwrap();
        }
        for (route, served, called) in [
            ("refuse", vec![(Outcome::Refused, 1)], Outcome::Refused),
            ("panic", vec![(Outcome::Internal, 1)], Outcome::Internal),
            ("ticks", vec![(Outcome::Shape, 1)], Outcome::Shape),
        ] {
            let there = host.handle().metrics();
            assert_eq!(outcomes(&of(&there, route).served), served, "{route}");
            let here = me.metrics();
            assert_eq!(outcomes(&of(&here, route).called), [(called, 1)], "{route}");
            assert!(of(&here, route).served.is_empty());
        }
        let there = host.handle().metrics();
        let double = [(Outcome::Done, 3), (Outcome::Convert, 1)];
        assert_eq!(outcomes(&of(&there, "double").served), double);
        let double = [(Outcome::Done, 2), (Outcome::Convert, 2)];
        assert_eq!(outcomes(&of(&me.metrics(), "double").called), double);

        // Three seconds, on both sides.
        let waiting = tokio::spawn(me.call::<_, _, i64>("wait", true));
        seen.expect("waits").await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        probe.open(1);
        waiting.await.unwrap().unwrap();
        for calls in [
            &of(&host.handle().metrics(), "wait").served,
            &of(&me.metrics(), "wait").called,
        ] {
            let [call] = &**calls else {
                panic!("{calls:?}");
            };
            let took = call.durations.sum.as_secs_f64();
            assert!((3.0..3.1).contains(&took), "{took}");
            let over: Vec<_> = call
                .durations
                .bounds
                .iter()
                .zip(&call.durations.buckets)
                .collect();
            assert!(over.contains(&(&5.0, &1)), "{over:?}");
        }

        // In time neither here nor there.
        let late = me
            .call::<_, _, i64>("wait", true)
            .timeout(Duration::from_secs(1))
            .await;
        assert!(matches!(
            late,
            Err(Error::Call {
                source: CallError::TimedOut { .. },
                ..
            })
        ));
        let given_up = me.call::<_, _, i64>("wait", true);
        drop(given_up);
        me.call::<_, _, i64>("double", 1).await.unwrap();
        let called = outcomes(&of(&me.metrics(), "wait").called);
        let expected = [
            (Outcome::Done, 1),
            (Outcome::Cancelled, 1),
            (Outcome::TimedOut, 1),
        ];
        assert_eq!(called, expected);
        let lost = me.call::<_, _, i64>("wait", true);
        me.close_with(4001, "").await.unwrap();
        assert!(matches!(lost.await, Err(Error::Closed(_))));
        assert!(outcomes(&of(&me.metrics(), "wait").called).contains(&(Outcome::Closed, 1)));
        let served = outcomes(&of(&host.handle().metrics(), "wait").served);
        assert_eq!(served.first(), Some(&(Outcome::Done, 1)), "{served:?}");
        assert_eq!(
            served.get(1).map(|(outcome, _)| *outcome),
            Some(Outcome::Cancelled)
        );
    });
}

#[test]
fn streams_are_counted_until_their_last_item() {
    paused(async {
        let (server, ..) = start();
        let (me, ..) = connect(&server).await;
        let mut ticks = me.stream::<_, _, u64>("ticks", 3).await.unwrap();
        assert_eq!(
            (
                me.metrics().streams.called,
                me.metrics().streams.active_called
            ),
            (1, 1)
        );
        while let Some(tick) = ticks.next().await {
            tick.unwrap();
        }
        drop(ticks);
        let mut endless = me.stream::<_, _, u64>("endless", ()).await.unwrap();
        endless.next().await.unwrap().unwrap();
        let there = server.handle().metrics().streams;
        assert_eq!((there.served, there.active_served), (2, 1));
        drop(endless);
        let items = stream::iter([1_u64, 2]);
        let sum: u64 = me.call("sum", highway::Outgoing(items)).await.unwrap();
        assert_eq!(sum, 3);

        let (there, here) = (server.handle().metrics(), me.metrics());
        assert_eq!((there.streams.served, there.streams.active_served), (2, 0));
        assert_eq!((here.streams.called, here.streams.active_called), (2, 0));
        assert_eq!(here.streams.served, 0);
        for (route, outcome) in [("ticks", Outcome::Done), ("endless", Outcome::Cancelled)] {
            assert_eq!(outcomes(&of(&there, route).served), [(outcome, 1)]);
            assert_eq!(outcomes(&of(&here, route).called), [(outcome, 1)]);
        }
        // The request, and the items.
        assert_eq!(of(&there, "ticks").received.messages, 1);
        assert_eq!(counts(of(&there, "ticks").sent), (3, 27));
        assert_eq!(counts(of(&here, "ticks").received), (3, 27));
        assert_eq!(counts(of(&there, "sum").received), (3, 8 + 2 * 9));
        assert_eq!(counts(of(&here, "sum").sent), (3, 8 + 2 * 9));
    });
}

#[test]
fn pipes_are_counted_where_they_go_through_and_at_their_ends() {
    paused(async {
        let (server, ..) = start();
        let (ada, ..) = connect(&server).await;
        let (bob, ..) = connect(&server).await;
        let id: ConnectionId = bob.call("join", "x").await.unwrap();
        let pipe = ada.pipe(id).await.unwrap();
        assert_eq!(pipe.call::<_, _, i64>("add", (1, 2)).await.unwrap(), 3);
        for metrics in [server.handle().metrics(), ada.metrics(), bob.metrics()] {
            assert_eq!((metrics.pipes.opened, metrics.pipes.active), (1, 1));
        }
        assert!(server.handle().metrics().pipes.bytes > 20);
        let own = pipe.metrics();
        assert_eq!((own.handler, own.connections.active), ("Friend", 1));
        assert_eq!(outcomes(&of(&own, "add").called), [(Outcome::Done, 1)]);
        pipe.close().await;
        while bob.metrics().pipes.active > 0 {
            tokio::task::yield_now().await;
        }
        drop(pipe);
        while ada.metrics().pipes.active > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(server.handle().metrics().pipes.active, 0);
        assert_eq!(server.handle().metrics().pipes.opened, 1);
    });
}

#[test]
fn broadcasts_that_are_missed_are_counted_by_their_routes() {
    for lagging in [LagPolicy::Drop, LagPolicy::Newest] {
        paused(async move {
            let (probe, _) = Probe::new();
            let server = Server::server().state(probe).lagging(lagging);
            let server = test::server(server.limits(|limits| {
                limits.outbox_bytes = 0;
                limits.write_timeout = Duration::from_secs(3600);
            }));
            let network = Network::with_buffer(1);
            let (probe, mut seen) = Probe::new();
            let client = Me::client().state(probe);
            let _me = server.connect(client).over(&network).await.unwrap();
            network.stall(Direction::ToClient);
            for number in 1..=4 {
                let handle = server.handle();
                handle
                    .everyone()
                    .send("echo", format!("{number}"))
                    .await
                    .unwrap();
                tokio::task::yield_now().await;
            }
            network.resume();
            seen.expect("1").await;
            if lagging == LagPolicy::Newest {
                seen.expect("4").await;
            }
            let metrics = server.handle().metrics();
            let echo = of(&metrics, "echo");
            assert_eq!(echo.dropped + echo.sent.messages, 4);
            let dropped = if lagging == LagPolicy::Newest { 2 } else { 3 };
            assert_eq!(echo.dropped, dropped);
            // The frame of one: its head of two bytes, the header, the text.
            assert!(metrics.outbox_max_bytes > 2 + 4, "{metrics:#?}");
        });
    }
}

#[test]
fn message_that_finds_no_room_is_not_counted_as_sent() {
    paused(async {
        let (server, probe, mut seen) = start();
        let network = Network::with_buffer(1);
        let (mine, _) = Probe::new();
        let client = Me::client().state(mine);
        let client = client.limits(|limits| limits.outbox_bytes = 0);
        let me = server.connect(client).over(&network).await.unwrap();
        network.stall(Direction::ToServer);
        me.send("echo", "1").await.unwrap();
        tokio::task::yield_now().await;
        me.try_send("echo", "2").unwrap_err();
        let waits = me.send("echo", "3").timeout(Duration::from_secs(1));
        assert!(waits.await.unwrap_err().is_timeout());
        assert_eq!(of(&me.metrics(), "echo").sent.messages, 1);
        network.resume();
        me.send("block", ()).await.unwrap();
        seen.expect("blocks").await;
        probe.open(1);
        assert_eq!(of(&me.metrics(), "block").sent.messages, 1);
    });
}

#[test]
fn most_messages_that_waited_for_a_handler_are_counted() {
    paused(async {
        let (server, probe, mut seen) = start();
        let (me, _, mut mine) = connect(&server).await;
        me.send("block", ()).await.unwrap();
        seen.expect("blocks").await;
        for text in ["a", "b", "c"] {
            me.send("echo", text).await.unwrap();
        }
        while server.handle().metrics().queue_max_messages < 3 {
            tokio::task::yield_now().await;
        }
        probe.open(1);
        for text in ["a", "b", "c"] {
            mine.expect(text).await;
        }
        assert_eq!(server.handle().metrics().queue_max_messages, 3);
    });
}

#[test]
fn rooms_and_connections_are_counted_as_they_come_and_go() {
    paused(async {
        let (server, ..) = start();
        let (ada, ..) = connect(&server).await;
        let (bob, ..) = connect(&server).await;
        for (connection, room) in [(&ada, "x"), (&bob, "x"), (&bob, "y")] {
            connection
                .call::<_, _, ConnectionId>("join", room)
                .await
                .unwrap();
        }
        let metrics = server.handle().metrics();
        assert_eq!(metrics.rooms, 2);
        assert_eq!(
            (metrics.connections.opened, metrics.connections.active),
            (2, 2)
        );
        tokio::time::sleep(Duration::from_secs(45)).await;
        ada.close().await;
        // Nobody but the application knows what it means.
        bob.send("quit", 4711).await.unwrap();
        assert_eq!(bob.closed().await.code(), 4711);
        let mut quits = server.peer().dialect(Dialect::V02).await;
        quits.close_with(3002, "").await;
        while server.handle().metrics().connections.active > 0 {
            tokio::task::yield_now().await;
        }
        let metrics = server.handle().metrics();
        let expected = [("1000", 1), ("3002", 1), ("application", 1)];
        assert_eq!(closed(&metrics), expected);
        assert_eq!((metrics.rooms, metrics.connections.opened), (0, 3));
        let durations = &metrics.connections.durations;
        assert_eq!(durations.count(), 3);
        assert!(
            (90..100).contains(&durations.sum.as_secs()),
            "{durations:?}"
        );
        assert_eq!(closed(&ada.metrics()), [("1000", 1)]);
        assert_eq!(closed(&bob.metrics()), [("application", 1)]);
    });
}

#[test]
fn client_counts_over_all_its_connections() {
    paused(async {
        let (server, ..) = start();
        let network = Network::new();
        let (probe, mut seen) = Probe::new();
        let client = Me::client().state(probe).reconnect(Reconnect::default());
        let me = server.connect(client).over(&network).await.unwrap();
        me.send("echo", "1").await.unwrap();
        seen.expect("1").await;
        let mut changes = me.status_changes();
        network.reset();
        while !matches!(
            changes.next().await,
            Some(highway::connection::Status::Connected)
        ) {}
        me.send("echo", "2").await.unwrap();
        seen.expect("2").await;
        let metrics = me.metrics();
        assert_eq!(metrics.reconnects, 1);
        assert_eq!(
            (metrics.connections.opened, metrics.connections.active),
            (2, 1)
        );
        assert_eq!(closed(&metrics), [("1006", 1)]);
        assert_eq!(of(&metrics, "echo").sent.messages, 2);
        assert_eq!(of(&metrics, "echo").received.messages, 2);
        assert_eq!(server.handle().metrics().reconnects, 0);
        let close: Close = {
            me.close().await;
            me.closed().await
        };
        assert_eq!(close, Close::NORMAL);
        assert_eq!(closed(&me.metrics()), [("1000", 1), ("1006", 1)]);
    });
}
