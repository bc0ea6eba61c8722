//! What runs around routes, on both sides, for whatever comes, and the guards.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::{Stream, future::join_all, stream};
use highway::{
    Around, CallError, CloseCode, Connection, Failure, Handler, Incoming, Message, Next, OnFailure,
    Outcome, Raw, Value,
    around::MessageKind,
    connection::ConnectionId,
    guard::{Only, Rate, TimeLimit},
    route,
    test::{self, TestServer},
    wire::DataType,
};
use highway_tests::{paused, within_deadline};

use crate::support::{Probe, RawPeer, Seen, start};

/// All of it: in order, concurrent, streams, pipes, failures.
#[highway::server(state = Probe)]
struct Desk {
    is_admin: bool,
    seen: u32,
}

/// Around everything, and outermost: it takes the connection.
#[highway::around(order = -10)]
async fn watched(
    message: &mut Message,
    desk: Connection<Desk>,
    next: Next<'_, Connection<Desk>>,
) -> Outcome {
    let what = format!(
        "{} {} of {}",
        message.kind(),
        message.route(),
        message.len()
    );
    desk.state().saw(format!("[{what}"));
    let outcome = next.run(message).await;
    desk.state().saw(format!("{}] {outcome}", message.route()));
    outcome
}

/// The handler's fields, before and after; behind the one above, though it stands first by its name.
#[highway::around("add", "fail", "panic", "admin-*", "count", "sum", "unasked")]
async fn counted(message: &mut Message, desk: &mut Desk, next: Next<'_, Desk>) -> Outcome {
    desk.seen += 1;
    desk.state().saw(format!("({}", desk.seen));
    let outcome = next.run(message, desk).await;
    desk.state().saw(format!("{})", desk.seen));
    outcome
}

/// Refuses with a code and data.
#[highway::around("admin-*", order = 1)]
async fn admins(
    message: &mut Message,
    desk: &mut Desk,
    next: highway::Next<'_, Desk>,
) -> Result<Outcome, Failure> {
    if !desk.is_admin {
        return Err(Failure::new("log in first")
            .with_code("auth")
            .with_data((message.route(), 7)));
    }
    Ok(next.run(message, desk).await)
}

/// Its error is one of the standard library's, or a text.
#[highway::around("number")]
async fn parsed(
    message: &mut Message,
    desk: &mut Desk,
    next: Next<'_, Desk>,
) -> Result<Outcome, String> {
    let text: String = message.decode().map_err(|error| error.to_string())?;
    let number: i64 = text
        .trim()
        .parse()
        .map_err(|_| format!("{text} is no number"))?;
    message.set(&number).map_err(|error| error.to_string())?;
    assert_eq!(message.decode::<i64>().unwrap(), number);
    Ok(next.run(message, desk).await)
}

#[highway::around("panic around")]
async fn panics(_: &mut Message, _: &mut Desk, _: Next<'_, Desk>) -> Outcome {
    panic!("as asked");
}

#[highway::around("never run")]
async fn drops_next(_: &mut Message, _: &mut Desk, next: Next<'_, Desk>) -> Outcome {
    drop(next);
    Failure::new("not today").into()
}

/// What is read further inside is what was set, and what it is then.
#[highway::around("raw")]
async fn wraps(
    message: &mut Message,
    desk: &mut Desk,
    next: Next<'_, Desk>,
) -> highway::Result<Outcome, Failure> {
    let value = message.value()?;
    message.set(&(1.5, value, highway::Bytes::from_static(b"\0\xff")))?;
    assert_eq!(message.data_type(), DataType::Tuple);
    Ok(next.run(message, desk).await)
}

#[highway::around("sum", "count", order = 5)]
async fn looks_at_streams(message: &mut Message, desk: &mut Desk, next: Next<'_, Desk>) -> Outcome {
    if message.route() == "sum" {
        assert!(message.has_items() && message.is_empty());
        let error = message.decode::<Value>().unwrap_err();
        assert_eq!(error.to_string(), "expected a value, received a stream");
        assert!(message.value().is_err() && message.set(&1).is_err());
    } else {
        let to: u64 = message.decode().unwrap();
        assert_eq!(message.kind(), MessageKind::Stream);
        message.set(&(to * 2)).unwrap();
    }
    next.run(message, desk).await
}

/// Looks at the message again when a concurrent route is through with it.
#[highway::around("beside")]
async fn reads_again(
    message: &mut Message,
    desk: Connection<Desk>,
    next: Next<'_, Connection<Desk>>,
) -> Outcome {
    let _dropped = desk.state().on_drop("the function around it was dropped");
    let before: String = message.decode().unwrap();
    let outcome = next.run(message).await;
    assert_eq!(message.decode::<String>().unwrap(), before);
    outcome
}

#[highway::around(on(pipe), order = 3)]
async fn pipes(message: &mut Message, desk: &mut Desk, next: Next<'_, Desk>) -> Outcome {
    let to: ConnectionId = message.decode().unwrap();
    assert!(message.set(&ConnectionId::from(7)).is_err());
    if !desk.is_admin {
        return Failure::new(format!("no pipe to {to}"))
            .with_code("auth")
            .into();
    }
    next.run(message, desk).await
}

#[route("log in")]
async fn log_in(desk: &mut Desk) -> ConnectionId {
    desk.is_admin = true;
    desk.id()
}

#[route("add")]
async fn add((a, b): (i64, i64), desk: &mut Desk) -> i64 {
    desk.seen += 10;
    a + b
}

#[route("admin-count")]
async fn admin_count(desk: &mut Desk) -> u32 {
    desk.seen
}

#[route("number")]
async fn number(number: i64, _: &mut Desk) -> i64 {
    number + 1
}

#[route("raw")]
async fn raw(raw: Raw, desk: &mut Desk) -> highway::Result {
    desk.send("raw", raw).await
}

#[route("fail")]
async fn fail(_: &mut Desk) -> Result<(), Failure> {
    Err(Failure::new("as asked").with_code("asked"))
}

#[route("panic")]
async fn panic(_: &mut Desk) {
    panic!("as asked");
}

#[route("panic around")]
async fn panic_around(_: &mut Desk) {}

#[route("never run")]
async fn never_run(_: &mut Desk) {
    unreachable!("what comes next was dropped");
}

#[route("unasked")]
async fn unasked(text: &str, desk: &mut Desk) {
    desk.state().saw(text);
}

#[route("count")]
async fn count(to: u64, _: &mut Desk) -> impl Stream<Item = u64> + use<> {
    stream::iter(0..to)
}

#[route("sum")]
async fn sum(mut numbers: Incoming<u64>, _: &mut Desk) -> highway::Result<u64> {
    let mut sum = 0;
    while let Some(number) = numbers.next().await {
        sum += number?;
    }
    Ok(sum)
}

#[route("beside")]
async fn beside(text: String, desk: Connection<Desk>) -> String {
    let _dropped = desk.state().on_drop("the route was dropped");
    if text == "wait" {
        desk.state().saw("waits");
        desk.state().gate().await;
    }
    text
}

#[highway::on(failure)]
async fn heard(failed: highway::FailedRoute, desk: &mut Desk) {
    let (route, failure) = (failed.route().to_owned(), failed.failure());
    desk.state().saw(format!("`{route}` failed: {failure}"));
}

#[highway::on(pipe)]
async fn may_reach(to: Connection<Desk>, from: &mut Desk) -> ConnectionId {
    drop(to);
    from.id()
}

/// Has something around its routes too.
#[highway::client(state = Probe, pipe = Friend)]
struct Visitor {
    asked: u32,
}

#[highway::around]
async fn asked(message: &mut Message, visitor: &mut Visitor, next: Next<'_, Visitor>) -> Outcome {
    visitor.asked += 1;
    let outcome = next.run(message, visitor).await;
    let said = format!("{} {}: {outcome}", message.route(), visitor.asked);
    visitor.state().saw(said);
    outcome
}

#[route("raw")]
async fn raw_back(data: Value, visitor: &mut Visitor) {
    visitor.state().saw(format_args!("{data:?}"));
}

#[highway::client(state = Probe)]
struct Friend;

#[highway::around("greet")]
async fn greeted(
    message: &mut Message,
    friend: Connection<Friend>,
    next: Next<'_, Connection<Friend>>,
) -> Outcome {
    friend.state().saw("is greeted");
    next.run(message).await
}

#[route("greet")]
async fn greet(name: String, _: &mut Friend) -> String {
    format!("hello {name}")
}

struct Both {
    visitor: Connection<Visitor>,
    desk: Probe,
    desk_seen: Seen,
    seen: Seen,
    url: String,
    server: crate::support::Running,
}

async fn visitor(url: &str) -> (Connection<Visitor>, Seen) {
    let (probe, seen) = Probe::new();
    let connection = Visitor::client().state(probe).connect(url).await;
    (connection.expect("it listens"), seen)
}

async fn both() -> Both {
    let (desk, desk_seen) = Probe::new();
    let server = start(Desk::server().state(desk.clone())).await;
    let url = server.url.clone();
    let (visitor, seen) = visitor(&url).await;
    Both {
        visitor,
        desk,
        desk_seen,
        seen,
        url,
        server,
    }
}

async fn expect_all(seen: &mut Seen, all: &[&str]) {
    for what in all {
        seen.expect(what).await;
    }
}

#[test]
fn calls_run_inside_of_what_is_around_them_in_its_order() {
    within_deadline(async {
        let mut both = both().await;
        let sum: i64 = both.visitor.call("add", (1, 2)).await.unwrap();
        assert_eq!(sum, 3);
        // A tuple of two ints in CBOR, and then the field that the route has changed.
        let expected = ["[call add of 3", "(1", "11)", "add] done"];
        expect_all(&mut both.desk_seen, &expected).await;
        both.server.stop().await;
    });
}

#[test]
fn messages_run_inside_of_it_too() {
    within_deadline(async {
        let mut both = both().await;
        for text in ["short", &"long".repeat(1000)] {
            both.visitor.send("unasked", text).await.unwrap();
            both.desk_seen
                .expect(&format!("[message unasked of {}", text.len()))
                .await;
            let before = both.desk_seen.next().await;
            both.desk_seen.expect(text).await;
            both.desk_seen.expect(&format!("{})", &before[1..])).await;
            both.desk_seen.expect("unasked] done").await;
        }
        both.server.stop().await;
    });
}

#[test]
fn refusal_goes_to_the_caller_with_code_and_data() {
    within_deadline(async {
        let mut both = both().await;
        let refused = both.visitor.call::<_, _, u32>("admin-count", ()).await;
        let error = refused.unwrap_err();
        let failure = error.failure().expect("the function refuses it");
        assert_eq!(failure.message(), "log in first");
        assert_eq!(failure.code(), Some("auth"));
        assert_eq!(failure.data(), Some(&Value::from(("admin-count", 7))));
        let expected = [
            "[call admin-count of 0",
            "(1",
            "1)",
            "admin-count] failed: log in first (auth)",
        ];
        expect_all(&mut both.desk_seen, &expected).await;
        let _: ConnectionId = both.visitor.call("log in", ()).await.unwrap();
        let count: u32 = both.visitor.call("admin-count", ()).await.unwrap();
        assert_eq!(count, 2);
        both.server.stop().await;
    });
}

#[test]
fn refusal_of_a_message_is_a_failure_of_its_route() {
    within_deadline(async {
        let mut both = both().await;
        both.visitor.send("admin-count", ()).await.unwrap();
        let expected = [
            "[message admin-count of 0",
            "(1",
            "1)",
            "admin-count] failed: log in first (auth)",
            "`admin-count` failed: log in first (auth)",
        ];
        expect_all(&mut both.desk_seen, &expected).await;
        // The connection stays, as this peer speaks the extension.
        let sum: i64 = both.visitor.call("add", (1, 2)).await.unwrap();
        assert_eq!(sum, 3);
        both.server.stop().await;
    });
}

/// A peer that knows no more than the dialect.
const TABLE: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"raw\"}";

#[test]
fn refused_message_closes_as_a_failing_route_does() {
    within_deadline(async {
        let (desk, mut seen) = Probe::new();
        let server = start(Desk::server().state(desk).on_failure(OnFailure::Close)).await;
        let mut peer = RawPeer::ready_02(server.address, TABLE).await;
        // The routes are sorted by name: add, admin-count, …
        peer.message(b"\x08\0\x02\0").await;
        let close = peer.closes().await;
        assert_eq!(
            close.map(|close| close.code()),
            Some(CloseCode::INTERNAL_ERROR)
        );
        seen.expect("[message admin-count of 0").await;
        server.stop().await;
    });
}

#[test]
fn data_that_was_set_is_what_the_route_reads() {
    within_deadline(async {
        let mut both = both().await;
        let number: i64 = both.visitor.call("number", " 41 ").await.unwrap();
        assert_eq!(number, 42);
        let refused = both.visitor.call::<_, _, i64>("number", "x").await;
        let error = refused.unwrap_err();
        assert_eq!(error.failure().unwrap().message(), "x is no number");

        both.visitor.send("raw", ("a", 1)).await.unwrap();
        let inner = Value::from((
            1.5,
            Value::from(("a", 1)),
            highway::Bytes::from_static(b"\0\xff"),
        ));
        both.seen.expect(&format!("{inner:?}")).await;
        // The client has one around it as well.
        both.seen.expect("raw 1: done").await;
        both.server.stop().await;
    });
}

#[test]
fn data_that_the_dialect_could_not_carry_can_be_set() {
    within_deadline(async {
        let (desk, mut seen) = Probe::new();
        let server = start(Desk::server().state(desk)).await;
        let mut peer = RawPeer::ready_02(server.address, TABLE).await;
        // Bytes in a collection: the route reads them, and can't send them on to this peer.
        peer.message(b"\0\0\x0b\0x").await;
        seen.expect("[message raw of 1").await;
        let ended = seen.next().await;
        let why = "bytes cannot go inside of a list, dict or tuple";
        assert!(
            ended.starts_with("raw] failed: ") && ended.contains(why),
            "{ended}"
        );
        let close = peer.closes().await;
        assert_eq!(
            close.map(|close| close.code()),
            Some(CloseCode::INTERNAL_ERROR)
        );
        server.stop().await;
    });
}

#[test]
fn data_that_can_not_be_read_is_not_converted_inside_of_it() {
    within_deadline(async {
        let mut both = both().await;
        let refused = both.visitor.call::<_, _, i64>("add", "text").await;
        let error = refused.unwrap_err();
        assert!(
            matches!(
                error,
                highway::Error::Call {
                    source: CallError::DataNotConverted { .. },
                    ..
                }
            ),
            "{error:?}"
        );
        expect_all(&mut both.desk_seen, &["[call add of 4", "(1", "1)"]).await;
        let ended = both.desk_seen.next().await;
        assert!(ended.starts_with("add] data not converted: "), "{ended}");

        // The peer's fault is that of the peer, whatever is around the route.
        both.visitor.send("add", "text").await.unwrap();
        assert_eq!(
            both.visitor.closed().await.code(),
            CloseCode::CONVERT_FAILED
        );
        both.server.stop().await;
    });
}

#[test]
fn failures_and_panics_are_outcomes() {
    within_deadline(async {
        let mut both = both().await;
        let refused = both.visitor.call::<_, _, ()>("fail", ()).await;
        assert_eq!(refused.unwrap_err().code(), Some("asked"));
        let expected = [
            "[call fail of 0",
            "(1",
            "1)",
            "fail] failed: as asked (asked)",
        ];
        expect_all(&mut both.desk_seen, &expected).await;

        let broken = both.visitor.call::<_, _, ()>("panic", ()).await;
        assert!(matches!(
            broken,
            Err(highway::Error::Call {
                source: CallError::RouteBroken { .. },
                ..
            })
        ));
        let expected = ["[call panic of 0", "(2", "2)", "panic] panicked: as asked"];
        expect_all(&mut both.desk_seen, &expected).await;

        both.visitor.send("panic around", ()).await.unwrap();
        let expected = [
            "[message panic around of 0",
            "panic around] panicked: as asked",
            "`panic around` failed: as asked",
        ];
        expect_all(&mut both.desk_seen, &expected).await;

        let refused = both.visitor.call::<_, _, ()>("never run", ()).await;
        assert_eq!(
            refused.unwrap_err().failure().unwrap().message(),
            "not today"
        );
        both.server.stop().await;
    });
}

#[test]
fn streams_of_both_directions_run_inside_of_it() {
    within_deadline(async {
        let mut both = both().await;
        let mut numbers: Incoming<u64> = both.visitor.stream("count", 500).await.unwrap();
        // It wraps the call, and is through before the items are.
        expect_all(
            &mut both.desk_seen,
            &["[stream count of 3", "(1", "1)", "count] done"],
        )
        .await;
        for expected in 0..1000 {
            assert_eq!(numbers.next().await.unwrap().unwrap(), expected);
        }
        assert!(numbers.next().await.is_none());

        let numbers = highway::Outgoing(stream::iter(1..=1000_u64));
        let sum: u64 = both.visitor.call("sum", numbers).await.unwrap();
        assert_eq!(sum, 500_500);
        expect_all(
            &mut both.desk_seen,
            &["[call sum of 0", "(2", "2)", "sum] done"],
        )
        .await;
        both.server.stop().await;
    });
}

#[test]
fn concurrent_routes_run_inside_of_it_beside_each_other() {
    within_deadline(async {
        let mut both = both().await;
        let waits = both.visitor.call::<_, _, String>("beside", "wait");
        let passes = async {
            both.desk_seen.expect("[call beside of 4").await;
            both.desk_seen.expect("waits").await;
            let long = "long".repeat(1000);
            for text in ["now", &long] {
                let back: String = both.visitor.call("beside", text).await.unwrap();
                assert_eq!(back, text);
                let len = text.len();
                both.desk_seen
                    .expect(&format!("[call beside of {len}"))
                    .await;
                both.desk_seen.expect("the route was dropped").await;
                both.desk_seen
                    .expect("the function around it was dropped")
                    .await;
                both.desk_seen.expect("beside] done").await;
            }
            both.desk.open(1);
        };
        let (waited, ()) = futures_util::join!(waits, passes);
        assert_eq!(waited.unwrap(), "wait");
        both.server.stop().await;
    });
}

#[test]
fn cancelled_call_drops_what_is_around_it() {
    within_deadline(async {
        let mut both = both().await;
        {
            let call = both.visitor.call::<_, _, String>("beside", "wait");
            let waits = async {
                both.desk_seen.expect("[call beside of 4").await;
                both.desk_seen.expect("waits").await;
            };
            futures_util::pin_mut!(call, waits);
            let ended = futures_util::future::select(call, waits).await;
            assert!(matches!(ended, futures_util::future::Either::Right(_)));
        }
        both.desk_seen.expect("the route was dropped").await;
        both.desk_seen
            .expect("the function around it was dropped")
            .await;
        // What is outermost did not see an outcome, and the connection goes on.
        let sum: i64 = both.visitor.call("add", (1, 2)).await.unwrap();
        assert_eq!(sum, 3);
        both.desk_seen.expect("[call add of 3").await;
        both.server.stop().await;
    });
}

#[test]
fn pipes_are_allowed_inside_of_it() {
    within_deadline(async {
        let mut both = both().await;
        let (other, mut others_seen) = visitor(&both.url).await;
        let id: ConnectionId = other.call("log in", ()).await.unwrap();
        expect_all(&mut both.desk_seen, &["[call log in of 0", "log in] done"]).await;

        let refused = both.visitor.pipe(id).await.unwrap_err();
        assert_eq!(refused.code(), Some("auth"));
        let asked = both.desk_seen.next().await;
        assert!(asked.starts_with("[pipe on(pipe) of "), "{asked}");
        let refused = format!("on(pipe)] failed: no pipe to {id} (auth)");
        both.desk_seen.expect(&refused).await;

        let _: ConnectionId = both.visitor.call("log in", ()).await.unwrap();
        let pipe = both.visitor.pipe(id).await.expect("it is an admin now");
        let greeting: String = pipe.call("greet", "ada").await.unwrap();
        assert_eq!(greeting, "hello ada");
        others_seen.expect("is greeted").await;
        pipe.close().await;
        both.server.stop().await;
    });
}

#[highway::protocol]
mod declared {
    use super::Incoming;

    pub async fn say(text: String);
    #[route("change-name")]
    pub async fn change_name(name: String) -> String;
    pub async fn count_all(words: Incoming<String>) -> u64;
}

/// Serves a protocol, with what is around its routes by path, by name and by the beginning of a name.
#[highway::server(serves = declared, state = Probe)]
struct Typed {
    name: String,
}

#[highway::around(declared::say, "change-*", declared::count_all)]
async fn named(message: &mut Message, typed: &mut Typed, next: Next<'_, Typed>) -> Outcome {
    typed.state().saw(message.route());
    next.run(message, typed).await
}

#[highway::around("change-name")]
async fn shouted(
    message: &mut Message,
    typed: Connection<Typed>,
    next: Next<'_, Connection<Typed>>,
) -> Result<Outcome, Failure> {
    let name: &str = message.decode()?;
    let name = name.to_uppercase();
    message.set(&name)?;
    typed.state().saw("shouted");
    Ok(next.run(message).await)
}

#[route(declared::say)]
async fn say(text: &str, typed: &mut Typed) {
    typed.state().saw(text);
}

#[route("change-name")]
async fn change_name(name: String, typed: &mut Typed) -> String {
    std::mem::replace(&mut typed.name, name)
}

#[route(declared::count_all)]
async fn count_all(mut words: Incoming<String>, _: &mut Typed) -> highway::Result<u64> {
    let mut count = 0;
    while let Some(word) = words.next().await {
        word?;
        count += 1;
    }
    Ok(count)
}

#[highway::client(peer = declared)]
struct Caller;

#[test]
fn declared_routes_have_something_around_them() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = start(Typed::server().state(probe)).await;
        let caller = Caller::connect(&server.url).await.unwrap();
        caller.send(declared::say, "hi").await.unwrap();
        expect_all(&mut seen, &["say", "hi"]).await;
        caller.call(declared::change_name, "ada").await.unwrap();
        let name = caller.call(declared::change_name, "bob").await.unwrap();
        assert_eq!(name, "ADA");
        let words = stream::iter(["a", "b"].map(str::to_owned));
        assert_eq!(caller.call(declared::count_all, words).await.unwrap(), 2);
        // Of the same order, the first in the source is outermost.
        let expected = [
            "change-name",
            "shouted",
            "change-name",
            "shouted",
            "count_all",
        ];
        expect_all(&mut seen, &expected).await;
        server.stop().await;
    });
}

/// Counts what passes, around the routes of any handler, as a crate of middleware would have it.
struct Counted(AtomicU32);

impl<H: Handler> Around<Connection<H>> for Counted {
    async fn around(
        &self,
        message: &mut Message,
        _: Connection<H>,
        next: Next<'_, Connection<H>>,
    ) -> Outcome {
        let outcome = next.run(message).await;
        self.0.fetch_add(1, Ordering::Relaxed);
        outcome
    }
}

#[highway::around(on = Guarded, order = i32::MIN)]
#[highway::around("greet", on = Plain)]
static ALL: Counted = Counted(AtomicU32::new(0));

/// A handler for the guards.
#[highway::server]
struct Guarded {
    is_admin: bool,
}

#[highway::around("post", "post beside", on = Guarded)]
static POSTS: Rate = Rate::per_connection(3, Duration::from_secs(3));

#[highway::around("shared", on = Guarded)]
static SHARED: LazyLock<Rate> = LazyLock::new(|| Rate::overall(2, Duration::from_secs(10)));

#[highway::around("admin-*", on = Guarded)]
static ADMINS: Only<Guarded> = Only::when(|guarded: &Guarded| guarded.is_admin)
    .with_message("for admins only")
    .with_code("admin");

#[highway::around("nobody", on = Guarded)]
static NOBODY: Only<Connection<Guarded>> =
    Only::when(|guarded: &Connection<Guarded>| guarded.peer_routes().is_empty());

#[highway::around("slow", "slow beside", on = Guarded)]
static IN_TIME: TimeLimit = TimeLimit::new(Duration::from_secs(5));

#[route("become admin")]
async fn become_admin(guarded: &mut Guarded) {
    guarded.is_admin = true;
}

#[route("post")]
async fn post(text: String, _: &mut Guarded) -> String {
    text
}

#[route("post beside")]
async fn post_beside(text: String, _: Connection<Guarded>) -> String {
    text
}

#[route("shared", on = Guarded)]
async fn shared() -> u32 {
    7
}

#[route("admin-stop", on = Guarded)]
async fn admin_stop() -> u32 {
    7
}

#[route("nobody")]
async fn nobody(_: Connection<Guarded>) -> u32 {
    7
}

#[route("slow")]
async fn slow(seconds: u64, guarded: &mut Guarded) -> u64 {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    guarded.is_admin = true;
    seconds
}

#[route("slow beside")]
async fn slow_beside(seconds: u64, _: Connection<Guarded>) -> u64 {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    seconds
}

#[highway::client]
struct Plain;

#[route("greet", on = Plain)]
async fn greet_plain() {}

#[route("greet back")]
async fn greet_back(guarded: &mut Guarded) -> highway::Result {
    guarded.call("greet", ()).await
}

async fn plain(server: &TestServer<Guarded>) -> Connection<Plain> {
    server.connect(Plain::client()).await.expect("it is there")
}

fn refusal<T: std::fmt::Debug>(result: Result<T, highway::Error>) -> (String, Option<Duration>) {
    let error = result.expect_err("it is refused");
    let failure = error.failure().expect("the guard refuses it");
    let code = failure.code().unwrap_or_default().to_owned();
    (code, Rate::retry_after(failure))
}

#[test]
fn one_static_goes_around_the_routes_of_several_handlers() {
    paused(async {
        let server = test::server(Guarded::server());
        let ada = plain(&server).await;
        let before = ALL.0.load(Ordering::Relaxed);
        ada.call::<_, _, ()>("greet back", ()).await.unwrap();
        // Other tests run beside this one.
        assert!(ALL.0.load(Ordering::Relaxed) >= before + 2);
    });
}

#[test]
fn rate_of_a_connection_lets_as_many_pass_as_may() {
    paused(async {
        let server = test::server(Guarded::server());
        let [ada, bob] = [plain(&server).await, plain(&server).await];
        for route in ["post", "post beside", "post"] {
            let text: String = ada.call(route, "x").await.unwrap();
            assert_eq!(text, "x");
        }
        let (code, wait) = refusal(ada.call::<_, _, String>("post beside", "x").await);
        assert_eq!(code, "rate");
        let wait = wait.expect("it says when");
        assert!(
            wait <= Duration::from_secs(1) && !wait.is_zero(),
            "{wait:?}"
        );
        // That of another connection is another.
        let _: String = bob.call("post", "x").await.unwrap();
        tokio::time::sleep(wait).await;
        let _: String = ada.call("post", "x").await.unwrap();
        let (code, _) = refusal(ada.call::<_, _, String>("post", "x").await);
        assert_eq!(code, "rate");
        // As many as at first, and no more, however long nothing came.
        tokio::time::sleep(Duration::from_secs(100)).await;
        let all = join_all((0..5).map(|_| ada.call::<_, _, String>("post", "x"))).await;
        assert_eq!(all.iter().filter(|result| result.is_ok()).count(), 3);
    });
}

#[test]
fn overall_rate_counts_all_connections_together() {
    paused(async {
        let server = test::server(Guarded::server());
        let [ada, bob] = [plain(&server).await, plain(&server).await];
        let _: u32 = ada.call("shared", ()).await.unwrap();
        let _: u32 = bob.call("shared", ()).await.unwrap();
        for someone in [&ada, &bob] {
            let (code, wait) = refusal(someone.call::<_, _, u32>("shared", ()).await);
            assert_eq!(code, "rate");
            assert!(wait.is_some_and(|wait| wait <= Duration::from_secs(5)));
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        let _: u32 = bob.call("shared", ()).await.unwrap();
        let (code, _) = refusal(ada.call::<_, _, u32>("shared", ()).await);
        assert_eq!(code, "rate");
    });
}

#[test]
fn routes_are_for_those_only_of_whom_it_holds() {
    paused(async {
        let server = test::server(Guarded::server());
        let ada = plain(&server).await;
        let error = ada.call::<_, _, u32>("admin-stop", ()).await.unwrap_err();
        let failure = error.failure().unwrap();
        assert_eq!(
            (failure.message(), failure.code()),
            ("for admins only", Some("admin"))
        );
        let () = ada.call("become admin", ()).await.unwrap();
        let _: u32 = ada.call("admin-stop", ()).await.unwrap();
        let (code, _) = refusal(ada.call::<_, _, u32>("nobody", ()).await);
        assert_eq!(code, "forbidden");
        let nobody = server.connect(Nobody::client()).await.unwrap();
        let _: u32 = nobody.call("nobody", ()).await.unwrap();
    });
}

/// Has no routes.
#[highway::client]
struct Nobody;

#[test]
fn routes_that_take_too_long_are_dropped() {
    paused(async {
        let server = test::server(Guarded::server());
        let ada = plain(&server).await;
        for route in ["slow", "slow beside"] {
            let seconds: u64 = ada.call(route, 4_u64).await.unwrap();
            assert_eq!(seconds, 4);
        }
        let bob = plain(&server).await;
        for route in ["slow", "slow beside"] {
            let call = bob.call::<_, _, u64>(route, 1_000_000_u64);
            let error = call.timeout(Duration::MAX).await.unwrap_err();
            let failure = error.failure().expect("the guard refuses it");
            let told = (failure.message(), failure.code());
            assert_eq!(told, ("took longer than 5s", Some("timeout")));
        }
        // The handler is free again, and what was dropped did not get to it.
        let (code, _) = refusal(bob.call::<_, _, u32>("admin-stop", ()).await);
        assert_eq!(code, "admin");
    });
}

#[highway::server]
struct Mistaken;

#[route("typed", on = Mistaken)]
async fn typed(number: i64) -> i64 {
    number
}

#[highway::around("typed")]
async fn mistaken(
    message: &mut Message,
    server: &mut Mistaken,
    next: Next<'_, Mistaken>,
) -> Outcome {
    message.set("no number").unwrap();
    next.run(message, server).await
}

#[highway::client]
struct Innocent;

#[test]
fn data_that_was_set_and_does_not_fit_is_no_fault_of_the_peer() {
    highway_tests::paused(async {
        let server = highway::test::server(Mistaken::server());
        let client = server.connect(Innocent::client()).await.unwrap();
        client.send("typed", 1).await.unwrap();
        let error = client.call::<_, _, i64>("typed", 1).await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("a function around `typed` has set data"),
            "{text}"
        );
        assert!(matches!(
            client.status(),
            highway::connection::Status::Connected
        ));
        // Both ends count the failure as a message.
        let (here, there) = (client.metrics(), server.handle().metrics());
        let received = here.route("typed").unwrap().received.messages;
        assert_eq!(
            (received, there.route("typed").unwrap().sent.messages),
            (1, 1)
        );
    });
}
