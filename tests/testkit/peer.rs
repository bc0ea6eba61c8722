//! Peers say what arrived.

use std::{future::Future, time::Duration};

use highway::{
    Bytes, Close, CloseCode, Raw, Value, route,
    test::{self, Network, Peer, TestServer},
    value::IntDict,
    wire::Dialect,
};
use highway_tests::{paused, within_deadline};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(unreachable_pub, reason = "a protocol's types are shared")]
pub struct Line {
    from: String,
    text: String,
}

#[highway::protocol]
mod server {
    pub async fn say(text: String);
}

#[highway::protocol]
mod client {
    use super::Line;

    pub async fn said(line: Line);
    #[route("left-us")]
    pub async fn left(number: u32);
}

#[highway::server(serves = server, peer = client)]
struct Chat;

#[route(server::say)]
async fn say(text: String, chat: &mut Chat) -> highway::Result {
    let from = "Ada".to_owned();
    chat.send(client::said, Line { from, text }).await?;
    chat.send(client::left, 3).await
}

#[highway::server]
struct Echo;

#[route("echo")]
async fn echo(data: Raw, echo: &mut Echo) -> highway::Result {
    echo.send("echo", data).await
}

#[route("twice")]
async fn twice(data: Value, echo: &mut Echo) -> highway::Result {
    echo.send("echo", &data).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    echo.send("echo", data).await
}

#[route("number")]
async fn number(_: u8, _: &mut Echo) {}

/// A server that echoes, and a peer that serves the route for it.
async fn echoing() -> (TestServer<Echo>, Peer) {
    let server = test::server(Echo::server().dialect_01(true));
    let peer = server.peer().serves(["echo"]).await;
    (server, peer)
}

#[test]
fn declared_routes_are_served_and_typed() {
    paused(async {
        let server = test::server(Chat::server());
        let mut peer = server.peer().await;
        let line = Line {
            from: "Ada".to_owned(),
            text: "hi".to_owned(),
        };
        peer.send(server::say, "hi").await;
        peer.expect(client::said, &line).await;
        peer.expect(client::left, 3).await;
        peer.send("say", "ho").await;
        let said = peer.next(client::said).await;
        assert_eq!((said.from, said.text), ("Ada".to_owned(), "ho".to_owned()));
        assert_eq!(peer.next::<u8>("left-us").await, 3);
        assert_eq!(peer.peer_routes(), ["say"]);
    });
}

#[test]
fn both_dialects_are_spoken() {
    paused(async {
        let (server, mut peer) = echoing().await;
        assert_eq!(peer.dialect(), Dialect::V02);
        peer.send("echo", (1, 2.5, "three")).await;
        peer.expect("echo", (1, 2.5, "three")).await;

        let old = server.peer().serves(["echo"]).dialect(Dialect::V01);
        let mut old = old.await;
        assert_eq!(old.dialect(), Dialect::V01);
        let dict: IntDict = [(1, "one"), (2, "two")].into_iter().collect();
        old.send("echo", Value::from(dict.clone())).await;
        old.expect("echo", Value::from(dict)).await;
    });
}

#[test]
fn pings_are_answered_before_the_routes_are_exchanged() {
    paused(async {
        let server = Echo::server().dialect_01(true).limits(|limits| {
            limits.dialect_01_after = Duration::from_secs(4);
            limits.ping_interval = Duration::from_secs(1);
            limits.pong_timeout = Duration::from_secs(1);
        });
        let server = test::server(server);
        let mut peer = server.peer().serves(["echo"]).dialect(Dialect::V01).await;
        peer.send("echo", "late").await;
        peer.expect("echo", "late").await;
    });
}

#[test]
fn only_highway_py_01_waits_for_the_routes_behind_the_answer() {
    paused(async {
        let server = test::server(Echo::server().dialect_01(true));
        let waits = async |server: &TestServer<Echo>, headers: &[(&str, &str)]| {
            let start = Instant::now();
            let mut peer = server.peer();
            for &(name, value) in headers {
                peer = peer.header(name, value);
            }
            peer.await;
            !start.elapsed().is_zero()
        };
        let v0_1 = ("Origin", "ws://in.memory");
        assert!(waits(&server, &[v0_1]).await);
        assert!(!waits(&server, &[]).await);
        assert!(!waits(&server, &[("Origin", "http://in.memory")]).await);
        assert!(
            !waits(
                &server,
                &[v0_1, ("User-Agent", "Python/3.11 websockets/15")]
            )
            .await
        );
        let only_02 = test::server(Echo::server());
        assert!(!waits(&only_02, &[v0_1]).await);
    });
}

#[test]
fn all_data_types_are_compared_as_what_they_are() {
    within_deadline(async {
        let (_server, mut peer) = echoing().await;
        for data in [
            Value::None,
            Value::from(true),
            Value::from(1),
            Value::from(1.0),
            Value::from(f64::NAN),
            Value::from("text"),
            Value::from(Bytes::from_static(b"\x00\xff")),
            Value::from(vec![1, 2]),
            Value::from((1, "two")),
        ] {
            peer.send("echo", &data).await;
            peer.expect("echo", &data).await;
        }
        // In another order.
        peer.send("echo", Value::from_iter_of([("a", 1), ("b", 2)]))
            .await;
        peer.expect("echo", Value::from_iter_of([("b", 2), ("a", 1)]))
            .await;
    });
}

/// Dicts for tests.
trait FromIterOf {
    fn from_iter_of(entries: [(&str, i32); 2]) -> Value;
}

impl FromIterOf for Value {
    fn from_iter_of(entries: [(&str, i32); 2]) -> Value {
        entries.into_iter().collect::<highway::value::Dict>().into()
    }
}

/// Runs what has to fail, and looks at what it says before the place.
#[track_caller]
fn check_fails<F: Future<Output = ()>>(test: impl FnOnce() -> F, expected: &str) {
    let test = std::panic::AssertUnwindSafe(|| paused(test()));
    let panic = std::panic::catch_unwind(test).expect_err("it fails");
    let said = panic.downcast_ref::<String>().expect("a sentence");
    let said = said.split(" (at ").next().unwrap_or_default();
    assert_eq!(said, expected);
}

#[test]
fn what_arrived_instead_is_told() {
    check_fails(
        || async {
            let server = test::server(Chat::server());
            let mut peer = server.peer().await;
            peer.send("say", "hi").await;
            peer.expect("left-us", "hi").await;
        },
        r#"expected a message to `left-us` with "hi", but got `said` with {"from": "Ada", "text": "hi"}"#,
    );
    check_fails(
        || async {
            let (_server, mut peer) = echoing().await;
            peer.send("echo", 3).await;
            peer.expect("echo", 3.0).await;
        },
        "expected a message to `echo` with 3.0, but got `echo` with 3",
    );
    check_fails(
        || async {
            let (_server, mut peer) = echoing().await;
            peer.send("echo", "three").await;
            peer.next::<u8>("echo").await;
        },
        "expected a message to `echo` with a `u8`, but got \"three\": expected u8, received str \"three\"",
    );
    check_fails(
        || async {
            let (_server, mut peer) = echoing().await;
            peer.send("number", "none").await;
            peer.expect("echo", ()).await;
        },
        "expected a message to `echo` with none, but the connection closed with 1003 Convert failed",
    );
    check_fails(
        || async {
            let (_server, mut peer) = echoing().await;
            peer.send("echo", ()).await;
            peer.expect_closed(CloseCode::NORMAL).await;
        },
        "expected the connection to close with 1000, but got `echo` with none",
    );
    check_fails(
        || async {
            let (_server, mut peer) = echoing().await;
            peer.send("echo", "x".repeat(5000)).await;
            peer.expect_nothing().await;
        },
        &format!(
            "expected nothing, but got `echo` with \"{}… (5000 bytes)",
            "x".repeat(999)
        ),
    );
}

#[test]
fn place_of_the_expectation_is_told() {
    let failing = std::panic::catch_unwind(|| {
        paused(async {
            let (_server, mut peer) = echoing().await;
            peer.expect("echo", ()).await;
        });
    });
    let line = line!() - 3;
    let said = failing.expect_err("nothing is sent");
    let said = said.downcast_ref::<String>().expect("a sentence");
    let expected = format!(
        "expected a message to `echo` with none, but nothing came within 5s (at {}:{line}:18)",
        file!()
    );
    assert_eq!(*said, expected);
}

#[test]
fn deadline_is_of_the_runtimes_clock_and_can_be_set() {
    paused(async {
        let (server, mut slow) = echoing().await;
        let begin = Instant::now();
        slow.send("twice", 1).await;
        slow.expect("echo", 1).await;
        slow.expect("echo", 1).await;
        assert_eq!(begin.elapsed().as_secs(), 2);
        drop(slow);
        let hasty = server.peer().serves(["echo"]);
        let mut hasty = hasty.deadline(Duration::from_secs(1)).await;
        let begin = Instant::now();
        let waits = tokio::spawn(async move { hasty.expect("echo", ()).await });
        waits.await.expect_err("it fails");
        assert_eq!(begin.elapsed().as_secs(), 1);
    });
}

#[test]
fn what_cannot_arrive_or_be_sent_is_told_at_once() {
    check_fails(
        || async {
            let (_server, mut peer) = echoing().await;
            peer.expect("said", ()).await;
        },
        "nothing can arrive for `said`, as this peer does not serve it: make it with \
         `.serves([\"said\"])`; it serves [\"echo\"]",
    );
    check_fails(
        || async {
            let (_server, mut peer) = echoing().await;
            peer.send("ehco", ()).await;
        },
        "can't send to `ehco`: the peer has no such route; did you mean `echo`?",
    );
    check_fails(
        || async {
            let (_server, mut peer) = echoing().await;
            peer.close().await;
            peer.send("echo", ()).await;
        },
        "`echo` can't be sent to: the connection is closed (1000)",
    );
    check_fails(
        || async {
            let server = test::server(Echo::server());
            server.peer().dialect(Dialect::V01).await;
        },
        "the server sent no routes in dialect 0.1; has it `dialect_01(true)`?",
    );
}

#[test]
fn peer_with_the_extension_keeps_every_type_at_every_depth() {
    paused(async {
        let server = test::server(Echo::server());
        let mut peer = server
            .peer()
            .serves(["echo"])
            .dialect(Dialect::Extended)
            .await;
        let nested = Value::from(vec![
            Value::from((1, 2)),
            Bytes::from_static(b"\xff").into(),
        ]);
        peer.send("echo", &nested).await;
        peer.expect("echo", &nested).await;
    });
}

#[test]
fn nothing_is_nothing_only_until_something_comes() {
    paused(async {
        let (_server, mut peer) = echoing().await;
        let begin = Instant::now();
        peer.expect_nothing().await;
        peer.send("twice", 1).await;
        peer.expect("echo", 1).await;
        peer.expect_nothing().await;
        peer.expect_nothing_for(Duration::from_secs(1)).await;
        peer.expect("echo", 1).await;
        peer.expect_nothing().await;
        assert!(begin.elapsed() < Duration::from_secs(3));
    });
}

#[test]
#[should_panic(expected = "time is not paused")]
fn nothing_is_not_expected_where_time_runs() {
    within_deadline(async {
        let (_server, mut peer) = echoing().await;
        peer.expect_nothing().await;
    });
}

#[test]
fn end_is_told_with_its_code_and_reason_each_time_it_is_asked_for() {
    paused(async {
        let (_server, mut peer) = echoing().await;
        peer.send("number", 256).await;
        for _ in 0..2 {
            let close = peer.expect_closed(CloseCode::CONVERT_FAILED).await;
            assert_eq!(close, Close::CONVERT_FAILED);
        }
    });
}

#[test]
fn messages_before_the_end_are_there_after_it() {
    paused(async {
        let (server, mut peer) = echoing().await;
        for number in 0..500 {
            peer.send("echo", number).await;
        }
        peer.send("number", "none").await;
        server.shutdown().await;
        for number in 0..500 {
            peer.expect("echo", number).await;
        }
        peer.expect_closed(CloseCode::CONVERT_FAILED).await;
    });
}

#[test]
fn peer_that_is_not_looked_at_stops_reading() {
    paused(async {
        let (server, mut peer) = echoing().await;
        let everyone = server.handle();
        let text = "x".repeat(10_000);
        let mut sent = 0;
        while sent < 3000 {
            let everyone = everyone.everyone();
            everyone.send("echo", &text).await.expect("it is there");
            sent += 1;
            tokio::task::yield_now().await;
        }
        peer.expect("echo", &text).await;
        let mut received = 1;
        while tokio::time::timeout(Duration::from_secs(1), peer.next::<String>("echo"))
            .await
            .is_ok()
        {
            received += 1;
        }
        // What waited with the peer, in the network and in the outbox; the rest was dropped, as for all who do not keep up.
        assert!((1024..1300).contains(&received), "{received}");
    });
}

#[test]
fn small_buffers_carry_large_messages() {
    within_deadline(async {
        let server = test::server(Echo::server());
        for buffer in [1, 7, 1000] {
            let network = Network::with_buffer(buffer);
            let mut peer = server.peer().serves(["echo"]).over(&network).await;
            let text = "x".repeat(20_000);
            peer.send("echo", &text).await;
            peer.expect("echo", &text).await;
        }
    });
}
