//! Pipes: connections from client to client over the server, and each way in which one can begin and end.

use std::time::Duration;

use futures_util::{FutureExt, Stream, future::join_all, stream};
use highway::{
    Bytes, CallError, Client, Close, CloseCode, Connection, Error, Failure, Incoming, Limits,
    OnFailure, Outgoing, PipeError, ServerLimits, Value,
    client::Reconnect,
    connection::{ConnectionId, Status},
    route,
    server::ServerHandle,
    test::{self, Direction, Network, TestServer},
    wire::Dialect,
};
use highway_tests::{paused, within_deadline};

use crate::support::{Probe, Seen, start};

/// A time in which nothing that a test waits for comes.
const PAUSE: Duration = Duration::from_millis(250);

/// Who may not be reached says so by its name.
#[highway::server(state = Probe)]
struct Hub {
    name: String,
}

#[route("name")]
async fn name(name: String, hub: &mut Hub) -> highway::Result<ConnectionId> {
    hub.set_name(&name)?;
    hub.name = name;
    Ok(hub.id())
}

#[highway::on(pipe)]
async fn may_reach(to: Connection<Hub>, from: &mut Hub) -> Result<String, Failure> {
    let wanted = to.name().unwrap_or_default();
    match wanted.as_str() {
        "hermit" => Err(Failure::new("wants to be alone")
            .with_code("alone")
            .with_data("come tomorrow")),
        "panic" => panic!("the hook is broken"),
        "never" => {
            let _dropped = from.state().on_drop("the hook was dropped");
            from.state().saw("the hook waits");
            from.state().gate().await;
            Ok(from.name.clone())
        }
        _ => Ok(from.name.clone()),
    }
}

#[highway::client(state = Probe, pipe = Friend)]
struct Me;

/// What clients are to each other.
#[highway::client(state = Probe)]
struct Friend;

#[highway::on(ready)]
async fn ready(friend: &mut Friend) {
    match friend.introduction::<Option<String>>() {
        Ok(Some(name)) => friend.state().saw(format_args!("{name} is here")),
        introduction => assert!(matches!(introduction, Ok(None)), "{introduction:?}"),
    }
}

#[highway::on(close)]
async fn over(close: Close, friend: &mut Friend) {
    friend.state().saw(format_args!("over with {close}"));
}

#[route("echo")]
async fn echo(data: Value, friend: &mut Friend) -> highway::Result {
    friend.send("echoed", data).await
}

#[route("echoed")]
async fn echoed(data: Value, friend: &mut Friend) {
    friend.state().saw(format_args!("{data:?}"));
}

#[route("add")]
async fn add((a, b): (i64, i64), _: &mut Friend) -> i64 {
    a + b
}

#[route("count", on = Friend)]
async fn count(to: u64) -> impl Stream<Item = u64> {
    stream::iter(0..to)
}

#[route("sum")]
async fn sum(mut numbers: Incoming<u64>, _: &mut Friend) -> highway::Result<u64> {
    let mut sum = 0;
    while let Some(number) = numbers.next().await {
        sum += number?;
    }
    Ok(sum)
}

#[route("stall")]
async fn stall(friend: &mut Friend) {
    friend.state().saw("stalls");
    friend.state().gate().await;
}

#[route("bytes")]
async fn bytes(bytes: Bytes, friend: &mut Friend) {
    let _ = (bytes, friend);
}

#[route("endless")]
async fn endless(friend: &mut Friend) -> impl Stream<Item = Bytes> + use<> {
    let dropped = friend.state().on_drop("endless was dropped");
    stream::repeat_with(move || {
        let _ = &dropped;
        Bytes::from_static(&[7; 1000])
    })
}

#[route("wait")]
async fn wait(friend: Connection<Friend>) {
    let _dropped = friend.state().on_drop("wait was dropped");
    friend.state().saw("waits");
    friend.state().gate().await;
}

#[route("ask back")]
async fn ask_back(friend: &mut Friend) -> highway::Result<i64> {
    friend.call("add", (10, 20)).await
}

#[route("leave")]
async fn leave(friend: &mut Friend) -> highway::Result {
    friend.close_with(4000, "bye").await
}

#[route("leave beside")]
async fn leave_beside(friend: Connection<Friend>) -> highway::Result {
    friend.close_with(4000, "bye").await
}

#[route("panic", on = Friend)]
async fn panic() {
    panic!("as asked");
}

#[route("break")]
async fn break_it(friend: &mut Friend) -> Result<(), Failure> {
    let _ = friend;
    Err(Failure::new("it broke"))
}

struct Someone {
    connection: Connection<Me>,
    id: ConnectionId,
    probe: Probe,
    seen: Seen,
}

fn client(probe: &Probe) -> Client<Me> {
    Me::client().state(probe.clone())
}

/// Names a connection at the hub.
async fn named(connection: Connection<Me>, name: &str, probe: Probe, seen: Seen) -> Someone {
    let id = connection.call("name", name).await.expect("it is served");
    Someone {
        connection,
        id,
        probe,
        seen,
    }
}

/// A hub in memory, on paused time.
struct Town {
    server: TestServer<Hub>,
    hub: Probe,
    hub_seen: Seen,
}

impl Town {
    fn new(limits: impl FnOnce(&mut ServerLimits)) -> Self {
        let (hub, hub_seen) = Probe::new();
        let server = Hub::server().state(hub.clone()).limits(limits);
        Self {
            server: test::server(server),
            hub,
            hub_seen,
        }
    }

    async fn someone(&self, name: &str, network: &Network) -> Someone {
        let (probe, seen) = Probe::new();
        let connection = self.server.connect(client(&probe)).over(network).await;
        named(connection.expect("it is there"), name, probe, seen).await
    }

    /// Nothing is left of any pipe, once the hub has heard of its end.
    async fn all_over(&self, who: &[&Someone]) {
        for someone in who {
            let again: ConnectionId = someone.connection.call("name", "later").await.unwrap();
            assert_eq!(again, someone.id);
            assert_eq!(someone.connection.open_calls(), 0);
        }
        none_left(&self.server.handle());
    }
}

fn none_left(hub: &ServerHandle<Hub>) {
    assert_eq!((hub.pipes(), hub.open_calls()), (0, 0));
}

/// Waits on paused time for what tells nobody that it came.
async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Two who are piped to each other, each over a network of its own.
struct Pair {
    town: Town,
    ada: Someone,
    adas: Network,
    bob: Someone,
    bobs: Network,
    pipe: Connection<Friend>,
}

async fn pair() -> Pair {
    let town = Town::new(|_| {});
    let [adas, bobs] = [Network::new(), Network::new()];
    let mut ada = town.someone("ada", &adas).await;
    let mut bob = town.someone("bob", &bobs).await;
    let pipe = ada.connection.pipe(bob.id).await.expect("bob is there");
    bob.seen.expect("ada is here").await;
    assert_eq!(town.server.handle().pipes(), 1);
    assert_eq!(ada.seen.now(), [""; 0]);
    Pair {
        town,
        ada,
        adas,
        bob,
        bobs,
        pipe,
    }
}

#[test]
fn descriptions_say_who_has_pipes() {
    assert!(Hub::describe().pipes);
    assert!(!Private::describe().pipes);
    assert!(!Loner::describe().pipes);
    assert!(Me::describe().pipes);
    assert!(Hub::describe().to_json().contains("\"pipes\": true"));
}

#[test]
fn messages_calls_and_streams_go_through_a_pipe() {
    within_deadline(async {
        let (hub, _) = Probe::new();
        let server = start(Hub::server().state(hub)).await;
        let [(ada, mut adas), (bob, mut bobs)] = [Probe::new(), Probe::new()];
        let [mine, his] = [&ada, &bob].map(|probe| client(probe).connect(&server.url));
        let (mine, his) = (mine.await.unwrap(), his.await.unwrap());
        let _: ConnectionId = mine.call("name", "ada").await.unwrap();
        let id = his.call("name", "bob").await.unwrap();

        let pipe = mine.pipe(id).await.expect("bob is there");
        bobs.expect("ada is here").await;
        assert_eq!(pipe.dialect(), Some(Dialect::Extended));
        assert!(pipe.has_route("echo") && !pipe.has_route("name"));

        pipe.send("echo", (1, "two")).await.unwrap();
        let expected = format!("{:?}", Value::from((1, "two")));
        adas.expect(&expected).await;

        let sum: i64 = pipe.call("add", (3, 4)).await.unwrap();
        assert_eq!(sum, 7);

        let mut numbers: Incoming<u64> = pipe.stream("count", 1000).await.unwrap();
        for expected in 0..1000 {
            assert_eq!(numbers.next().await.unwrap().unwrap(), expected);
        }
        assert!(numbers.next().await.is_none());

        let up_to = Outgoing(stream::iter(1..=1000_u64));
        let sum: u64 = pipe.call("sum", up_to).await.unwrap();
        assert_eq!(sum, 500_500);

        // Larger than a piece, and than the window; and as large as a message may be.
        for len in [65_528, 65_529, 300_000, 1024 * 1024 - 4] {
            let large = Bytes::from(vec![7; len]);
            pipe.send("echo", &large).await.unwrap();
            adas.expect(&format!("{:?}", Value::Bytes(large))).await;
        }

        pipe.flush().await.unwrap();
        pipe.close_with(4321, "enough").await.unwrap();
        adas.expect("over with 4321 enough").await;
        bobs.expect("over with 4321 enough").await;
        server.stop().await;
    });
}

#[test]
fn side_that_was_reached_calls_back_and_ends_the_pipe() {
    paused(async {
        let Pair {
            town,
            mut ada,
            mut bob,
            pipe,
            ..
        } = pair().await;
        let sum: i64 = pipe.call("ask back", ()).await.unwrap();
        assert_eq!(sum, 30);
        pipe.send("leave", ()).await.unwrap();
        ada.seen.expect("over with 4000 bye").await;
        bob.seen.expect("over with 4000 bye").await;
        assert_eq!(pipe.closed().await, Close::new(4000, "bye"));
        town.all_over(&[&ada, &bob]).await;
    });
}

#[track_caller]
fn check_refused(result: Result<Connection<Friend>, Error>, code: &str, message: &str) {
    match result {
        Err(Error::Pipe {
            source: PipeError::Refused { failure },
            ..
        }) => {
            assert_eq!(
                (failure.code(), failure.message()),
                (Some(code), message),
                "{failure}"
            );
        }
        other => panic!("it is {other:?}"),
    }
}

#[test]
fn server_says_who_may_be_reached_and_why_not() {
    paused(async {
        let town = Town::new(|limits| limits.message_bytes = 1000);
        let network = Network::new();
        let ada = town.someone("ada", &network).await;
        let hermit = town.someone("hermit", &network).await;
        let refused = ada.connection.pipe(hermit.id).await;
        match &refused {
            Err(Error::Pipe {
                to,
                source: PipeError::Refused { failure },
            }) => {
                assert_eq!(*to, hermit.id);
                assert_eq!(failure.data(), Some(&Value::from("come tomorrow")));
            }
            other => panic!("it is {other:?}"),
        }
        check_refused(refused, "alone", "wants to be alone");

        let broken = town.someone("panic", &network).await;
        let refused = ada.connection.pipe(broken.id).await;
        check_refused(refused, "internal", "the route panicked");

        let gone = broken.id;
        broken.connection.close().await;
        let refused = ada.connection.pipe(gone).await;
        check_refused(refused, "pipe", &format!("there is no connection {gone}"));
        town.all_over(&[&ada, &hermit]).await;
    });
}

#[highway::server]
struct Private;

#[route("nothing", on = Private)]
async fn nothing() {}

#[highway::client]
struct Loner;

#[highway::client(pipe = Mirror)]
struct Mirror;

#[route("mirror me")]
async fn mirror_me(id: ConnectionId, mirror: &mut Mirror) -> bool {
    matches!(
        mirror.pipe(id).await,
        Err(Error::Pipe {
            source: PipeError::Unsupported,
            ..
        })
    )
}

#[highway::server]
struct Open;

#[highway::on(pipe, on = Open)]
async fn everybody() {}

#[route("id")]
async fn id(open: &mut Open) -> ConnectionId {
    open.id()
}

#[test]
fn pipes_are_where_both_clients_and_the_server_have_them() {
    paused(async {
        // Without a hook, nobody.
        let server = test::server(Private::server());
        let mirror = server.connect(Mirror::client()).await.unwrap();
        let to = mirror.id();
        match mirror.pipe(to).await {
            Err(Error::Pipe {
                source: PipeError::Refused { failure },
                ..
            }) => {
                assert_eq!(failure.code(), Some("pipe"));
                assert_eq!(
                    failure.message(),
                    "the server has no `on(pipe)` hook, so it allows no pipes"
                );
            }
            other => panic!("it is {other:?}"),
        }

        // A client that takes none.
        let server = test::server(Open::server());
        let mirror = server.connect(Mirror::client()).await.unwrap();
        let loner = server.connect(Loner::client()).await.unwrap();
        let loner: ConnectionId = loner.call("id", ()).await.unwrap();
        match mirror.pipe(loner).await {
            Err(Error::Pipe {
                source: PipeError::Refused { failure },
                ..
            }) => {
                assert_eq!(failure.code(), Some("pipe"));
                assert_eq!(failure.message(), "the client takes no pipes");
            }
            other => panic!("it is {other:?}"),
        }

        // A peer without the extension.
        let peer = server.peer().dialect(Dialect::V02).serves(["number"]).await;
        let plain = server.handle().everyone().members();
        let plain = *plain.iter().max().expect("it is the last that came");
        match mirror.pipe(plain).await {
            Err(Error::Pipe {
                source: PipeError::Refused { failure },
                ..
            }) => {
                assert_eq!(failure.code(), Some("pipe"));
                assert!(failure.message().contains("extension"), "{failure}");
            }
            other => panic!("it is {other:?}"),
        }
        drop(peer);

        // To oneself; and a pipe leads no further.
        let own: ConnectionId = mirror.call("id", ()).await.unwrap();
        let self_pipe = mirror.pipe(own).await.expect("everybody may");
        assert!(self_pipe.introduction::<()>().is_ok());
        let refused: bool = self_pipe.call("mirror me", own).await.unwrap();
        assert!(refused);
        self_pipe.close().await;

        let scripted = test::ScriptedServer::new().dialect(Dialect::V02);
        let (me, _peer) = tokio::join!(scripted.connect(Mirror::client()), scripted.accept());
        let me = me.expect("it is there");
        assert!(matches!(
            me.pipe(me.id()).await,
            Err(Error::Pipe {
                source: PipeError::Unsupported,
                ..
            })
        ));
    });
}

#[test]
fn pipe_that_is_given_up_before_the_server_has_decided_is_none() {
    paused(async {
        let mut town = Town::new(|_| {});
        let network = Network::new();
        let ada = town.someone("ada", &network).await;
        let mut never = town.someone("never", &network).await;
        {
            // It is on its way before it is awaited.
            let _asks = ada.connection.pipe(never.id);
            town.hub_seen.expect("the hook waits").await;
        }
        let hub = town.server.handle();
        until(|| hub.open_calls() == 0).await;
        town.hub.open(1);
        town.hub_seen.expect("the hook was dropped").await;
        town.all_over(&[&ada, &never]).await;
        assert_eq!(never.seen.now(), [""; 0]);

        // Nor does it wait for ever.
        let _: ConnectionId = never.connection.call("name", "never").await.unwrap();
        let late = ada.connection.pipe(never.id).await;
        assert!(
            matches!(&late, Err(Error::Pipe { source: PipeError::TimedOut { after }, .. }) if after.as_secs() == 30),
            "{late:?}"
        );
        town.hub.open(1);
        let briefly = ada
            .connection
            .pipe(never.id)
            .timeout(Duration::from_secs(5));
        let late = briefly.await.unwrap_err();
        assert!(late.is_timeout(), "{late}");
        assert_eq!(
            late.to_string(),
            format!(
                "no pipe to connection {}: it did not come to be within 5s",
                never.id
            )
        );
        town.hub.open(1);
        town.all_over(&[&ada, &never]).await;
    });
}

#[test]
fn pipe_that_is_given_up_at_any_moment_leaves_nothing_behind() {
    paused(async {
        let town = Town::new(|_| {});
        let network = Network::new();
        let ada = town.someone("ada", &network).await;
        let bob = town.someone("bob", &network).await;
        let mut opened = 0;
        for polls in 0..60 {
            let mut pipe = std::pin::pin!(ada.connection.pipe(bob.id));
            for _ in 0..polls {
                if let Some(pipe) = (&mut pipe).now_or_never() {
                    pipe.expect("bob is there").close().await;
                    opened += 1;
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        assert!((1..60).contains(&opened), "{opened} of 60 came to be");
        let hub = town.server.handle();
        until(|| {
            let clients = ada.connection.open_calls() + bob.connection.open_calls();
            hub.pipes() + hub.open_calls() + clients == 0
        })
        .await;
    });
}

/// Opens a call and a stream each way in a pipe, ends it, and looks how all of it ends.
async fn check_ends(end: impl AsyncFnOnce(&Pair), opener: Close, reached: Close) {
    let mut pair = pair().await;
    let pipe = pair.pipe.clone();
    let mut numbers: Incoming<Bytes> = pipe.stream("endless", ()).await.unwrap();
    assert!(numbers.next().await.unwrap().is_ok());
    let mut call = std::pin::pin!(pipe.call::<_, _, ()>("wait", ()));
    assert!((&mut call).now_or_never().is_none());
    pair.bob.seen.expect("waits").await;

    end(&pair).await;

    assert_eq!(pipe.closed().await, opener);
    let error = call.await.expect_err("it has ended");
    assert!(matches!(error, Error::Closed(_)), "{error}");
    loop {
        match numbers.next().await.expect("it has no end of its own") {
            Ok(_) => {}
            Err(error) => {
                assert!(matches!(error, Error::Closed(_)), "{error}");
                break;
            }
        }
    }
    assert_eq!(pipe.open_calls(), 0);
    pair.ada.seen.expect(&format!("over with {opener}")).await;
    // The routes of the other end are dropped before its hook runs.
    let mut others = [(); 3].map(|()| String::new());
    for other in &mut others {
        *other = pair.bob.seen.next().await;
    }
    others.sort();
    let over = format!("over with {reached}");
    assert_eq!(others, ["endless was dropped", &over, "wait was dropped"]);
    let hub = pair.town.server.handle();
    // The hub may hear of the end later than the other side.
    until(|| hub.pipes() == 0).await;
    none_left(&hub);
}

fn lost(close: &str) -> Close {
    let reason = format!("the other end's connection is over ({close})");
    Close::new(CloseCode::ABNORMAL, reason)
}

#[test]
fn pipe_ends_for_both_when_either_closes_it() {
    paused(async {
        let bye = || Close::new(4000, "bye");
        check_ends(
            async |pair| pair.pipe.close_with(4000, "bye").await.unwrap(),
            bye(),
            bye(),
        )
        .await;
        check_ends(
            async |pair| pair.pipe.send("leave beside", ()).await.unwrap(),
            bye(),
            bye(),
        )
        .await;
    });
}

#[test]
fn pipe_ends_for_both_when_the_connection_of_either_does() {
    paused(async {
        check_ends(
            async |pair| pair.ada.connection.close().await,
            Close::NORMAL,
            lost("1000"),
        )
        .await;
        check_ends(
            async |pair| pair.bob.connection.close().await,
            lost("1000"),
            Close::NORMAL,
        )
        .await;
    });
}

#[test]
fn pipe_ends_for_both_when_the_link_of_either_is_cut_or_silent() {
    let was_lost = || Close::new(CloseCode::ABNORMAL, "the connection was lost");
    // The hub finds out first, and resets the link.
    let silent = || Close::new(CloseCode::ABNORMAL, "the peer did not answer a ping");
    paused(async move {
        let by = |close: Close| lost(&close.to_string());
        check_ends(async |pair| pair.adas.reset(), was_lost(), by(was_lost())).await;
        check_ends(async |pair| pair.bobs.reset(), by(was_lost()), was_lost()).await;
        let stall = |network: &Network| {
            network.stall(Direction::ToServer);
            network.stall(Direction::ToClient);
        };
        check_ends(async |pair| stall(&pair.adas), was_lost(), by(silent())).await;
        check_ends(async |pair| stall(&pair.bobs), by(silent()), was_lost()).await;
    });
}

#[test]
fn pipe_ends_for_both_when_the_server_shuts_down() {
    paused(async {
        let Pair {
            town,
            mut ada,
            mut bob,
            pipe,
            ..
        } = pair().await;
        town.server.shutdown().await;
        // By its own connection, or by that of the other end, whichever the server closed first.
        let close = pipe.closed().await;
        assert!(close.reason().contains("shutting down"), "{close}");
        for someone in [&mut ada, &mut bob] {
            let over = someone.seen.next().await;
            assert!(over.contains("1001 shutting down"), "{over}");
        }
        none_left(&town.server.handle());
    });
}

#[test]
fn failure_within_a_pipe_ends_it_where_that_is_wanted() {
    paused(async {
        let town = Town::new(|_| {});
        let network = Network::new();
        let ada = town.someone("ada", &network).await;
        let (probe, seen) = Probe::new();
        let strict = client(&probe).on_failure(OnFailure::Close);
        let strict = town.server.connect(strict).over(&network).await;
        let bob = named(strict.expect("it is there"), "bob", probe, seen).await;
        for route in ["break", "panic"] {
            let pipe = ada.connection.pipe(bob.id).await.unwrap();
            pipe.send(route, ()).await.unwrap();
            assert_eq!(pipe.closed().await, Close::INTERNAL_ERROR);
        }
    });
}

#[test]
fn fault_within_a_pipe_ends_the_pipe_and_nothing_else() {
    paused(async {
        // Data that does not fit, a message that is too large.
        for (route, data, end) in [
            ("add", Value::from("no numbers"), Close::CONVERT_FAILED),
            (
                "echo",
                Value::Bytes(vec![7; 2_000_000].into()),
                Close::new(
                    CloseCode::TOO_LARGE,
                    "message of 1114112 bytes or more, and the receiver takes 1048576 at most",
                ),
            ),
        ] {
            let Pair {
                town,
                mut ada,
                mut bob,
                pipe,
                ..
            } = pair().await;
            pipe.send(route, data).await.unwrap();
            assert_eq!(pipe.closed().await, end);
            ada.seen.expect(&format!("over with {end}")).await;
            bob.seen.expect(&format!("over with {end}")).await;
            town.all_over(&[&ada, &bob]).await;
        }

        // What fails or panics does so by itself, on a message and on a call.
        let pair = pair().await;
        let pipe = &pair.pipe;
        pipe.send("break", ()).await.unwrap();
        pipe.send("panic", ()).await.unwrap();
        let broken: Result<(), Error> = pipe.call("break", ()).await;
        assert!(
            matches!(
                broken,
                Err(Error::Call {
                    source: CallError::Refused { .. },
                    ..
                })
            ),
            "{broken:?}"
        );
        let broken: Result<(), Error> = pipe.call("panic", ()).await;
        assert!(
            matches!(
                broken,
                Err(Error::Call {
                    source: CallError::RouteBroken { .. },
                    ..
                })
            ),
            "{broken:?}"
        );
        let late = pipe.call::<_, _, ()>("stall", ());
        let late = late.timeout(Duration::from_secs(1)).await;
        assert!(
            matches!(
                late,
                Err(Error::Call {
                    source: CallError::TimedOut { .. },
                    ..
                })
            ),
            "{late:?}"
        );
        pair.bob.probe.open(1);
        assert_eq!(pipe.call::<_, _, i64>("add", (1, 2)).await.unwrap(), 3);
    });
}

#[test]
fn stalled_reader_of_a_pipe_stops_its_writer_and_nobody_else() {
    paused(async {
        let Pair {
            town,
            ada,
            mut bob,
            pipe,
            ..
        } = pair().await;
        let another = ada.connection.pipe(bob.id).await.unwrap();
        bob.seen.expect("ada is here").await;

        pipe.send("stall", ()).await.unwrap();
        bob.seen.expect("stalls").await;
        let message = Bytes::from(vec![7; 50_000]);
        let mut sent = 0;
        while pipe.try_send("bytes", &message).is_ok() {
            sent += message.len();
            // As long as anything moves.
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let limits = Limits::default();
        let waits = limits.outbox_bytes + limits.queue_bytes + limits.stream_window as usize;
        assert!(sent > waits - 200_000 && sent < waits + 200_000, "{sent}");

        // For longer than a socket may take nothing.
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(another.call::<_, _, i64>("add", (1, 2)).await.unwrap(), 3);
        assert_eq!(
            ada.connection
                .call::<_, _, ConnectionId>("name", "ada")
                .await
                .unwrap(),
            ada.id
        );
        bob.probe.open(1);
        pipe.send("bytes", &message).await.unwrap();
        assert_eq!(pipe.call::<_, _, i64>("add", (1, 2)).await.unwrap(), 3);
        pipe.close().await;
        another.close().await;
        town.all_over(&[&ada, &bob]).await;
    });
}

#[test]
fn pipe_whose_flush_was_given_up_closes_when_the_other_end_is_gone() {
    within_deadline(async {
        let (hub, _) = Probe::new();
        let server = start(Hub::server().state(hub)).await;
        let [(ada, _), (bob, mut bobs)] = [Probe::new(), Probe::new()];
        let [mine, his] = [&ada, &bob].map(|probe| {
            let client = client(probe).limits(|limits| limits.queue_messages = 1);
            client.connect(&server.url)
        });
        let (mine, his) = (mine.await.unwrap(), his.await.unwrap());
        let _: ConnectionId = mine.call("name", "ada").await.unwrap();
        let id = his.call("name", "bob").await.unwrap();
        let pipe = mine.pipe(id).await.expect("bob is there");
        bobs.expect("ada is here").await;
        pipe.send("stall", ()).await.unwrap();
        bobs.expect("stalls").await;

        // Until nothing more moves: the flush has to wait, and the close behind it.
        let message = Bytes::from(vec![7; 50_000]);
        let mut sent = Ok(());
        while sent.is_ok() {
            sent = pipe.send("bytes", &message).timeout(PAUSE).await;
        }
        let flushed = tokio::time::timeout(PAUSE, pipe.flush()).await;
        assert!(flushed.is_err(), "the other end reads");
        let closing = {
            let pipe = pipe.clone();
            tokio::spawn(async move { pipe.close().await })
        };
        his.close().await;
        closing.await.expect("it does not panic");
        server.stop().await;
    });
}

/// Fills the outbox of a connection that is not read, so that there is no room for a request for a pipe.
async fn fill(connection: &Connection<Me>) {
    // Shorter than such a request in the end.
    for name in ["x".repeat(100), String::new()] {
        while connection.try_send("name", &name).is_ok() {
            tokio::task::yield_now().await;
        }
    }
}

#[test]
fn pipe_that_is_given_up_while_there_is_no_room_to_ask_for_it_is_not_asked_for() {
    paused(async {
        let town = Town::new(|_| {});
        let [adas, bobs] = [Network::with_buffer(1000), Network::new()];
        let mut bob = town.someone("bob", &bobs).await;
        let (probe, seen) = Probe::new();
        let small = client(&probe).limits(|limits| limits.outbox_bytes = 1000);
        let ada = town.server.connect(small).over(&adas).await.unwrap();
        let ada = named(ada, "ada", probe, seen).await;

        adas.stall(Direction::ToServer);
        fill(&ada.connection).await;
        for polls in 0..3 {
            let mut pipe = std::pin::pin!(ada.connection.pipe(bob.id));
            assert_eq!(ada.connection.open_calls(), 1);
            for _ in 0..polls {
                assert!((&mut pipe).now_or_never().is_none());
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(ada.connection.open_calls(), 0);
        adas.resume();
        ada.connection.flush().await.unwrap();
        town.all_over(&[&ada, &bob]).await;
        assert_eq!(bob.seen.now(), [""; 0]);

        // One that waits for room comes to be.
        adas.stall(Direction::ToServer);
        fill(&ada.connection).await;
        let mut pipe = std::pin::pin!(ada.connection.pipe(bob.id));
        assert!((&mut pipe).now_or_never().is_none());
        adas.resume();
        let pipe = pipe.await.expect("bob is there");
        assert_eq!(pipe.call::<_, _, i64>("add", (1, 2)).await.unwrap(), 3);
        pipe.close().await;
        town.all_over(&[&ada, &bob]).await;
    });
}

#[test]
fn pipes_of_a_client_are_bounded() {
    paused(async {
        let town = Town::new(|limits| limits.streams = 2);
        let network = Network::new();
        let ada = town.someone("ada", &network).await;
        let bob = town.someone("bob", &network).await;
        let pipes = join_all((0..2).map(|_| ada.connection.pipe(bob.id))).await;
        assert!(pipes.iter().all(Result::is_ok));
        let refused = ada.connection.pipe(bob.id).await;
        check_refused(refused, "busy", "too many streams and pipes are open");
        for pipe in pipes {
            pipe.unwrap().close().await;
        }
        let again = ada.connection.pipe(bob.id).await.unwrap();
        again.close().await;
        town.all_over(&[&ada, &bob]).await;
    });
}

#[test]
fn client_that_reconnects_opens_pipes_over_its_present_connection() {
    paused(async {
        let town = Town::new(|_| {});
        let [network, other] = [Network::new(), Network::new()];
        let bob = town.someone("bob", &other).await;
        let (probe, mut seen) = Probe::new();
        let client = client(&probe).reconnect(Reconnect::default());
        let me = town.server.connect(client).over(&network).await.unwrap();
        let pipe = me.pipe(bob.id).await.unwrap();
        network.cut();
        assert_eq!(pipe.closed().await.code(), CloseCode::ABNORMAL);
        seen.expect("over with 1006 the connection was lost").await;
        until(|| matches!(me.status(), Status::Reconnecting(_))).await;
        let away = me.pipe(bob.id).await;
        assert!(matches!(away, Err(Error::Disconnected(_))), "{away:?}");
        let away: Result<ConnectionId, Error> = me.call("name", "ada").await;
        assert!(matches!(away, Err(Error::Disconnected(_))), "{away:?}");
        network.heal();
        let mut changes = me.status_changes();
        while !matches!(me.status(), Status::Connected) {
            changes.next().await;
        }
        let pipe = me.pipe(bob.id).await.expect("there is a connection again");
        assert_eq!(pipe.call::<_, _, i64>("add", (1, 2)).await.unwrap(), 3);
    });
}
