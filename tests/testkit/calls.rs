//! Peers call, and are called.

use std::time::Duration;

use highway::{
    CallError, CloseCode, Connection, Error, Failure, SendError, Value, route,
    test::{self, Peer, ScriptedServer, TestServer},
    wire::Dialect,
};
use highway_tests::paused;
use tokio::time::Instant;

#[highway::protocol]
mod server {
    use super::*;

    pub async fn add(numbers: (i64, i64)) -> i64;
    pub async fn any(data: Value) -> Value;
    pub async fn refuse(code: String) -> ();
    pub async fn ask_back(number: i64) -> i64;
    pub async fn forget(number: i64) -> ();
    pub async fn say(text: String);
}

#[highway::protocol]
mod client {
    pub async fn double(number: i64) -> i64;
    pub async fn wait() -> ();
    pub async fn said(text: String);
}

#[highway::server(serves = server, peer = client)]
struct Server;

#[route(server::add, on = Server)]
async fn add((a, b): (i64, i64)) -> i64 {
    a + b
}

#[route(server::any, on = Server)]
async fn any(data: Value) -> Value {
    data
}

#[route(server::refuse, on = Server)]
async fn refuse(code: String) -> Result<(), Failure> {
    Err(Failure::new("no").with_code(code).with_data((1, "two")))
}

#[route(server::ask_back)]
async fn ask_back(number: i64, server: &mut Server) -> highway::Result<i64> {
    server.send(client::said, "one moment").await?;
    Ok(server.call(client::double, number).await? + 1)
}

/// Asks, and does not want to know.
#[route(server::forget)]
async fn forget(number: i64, server: Connection<Server>) {
    let call = server.call(client::double, number);
    tokio::select! {
        reply = call => panic!("{reply:?}"),
        () = tokio::time::sleep(Duration::from_secs(1)) => {}
    }
}

#[route(server::say)]
async fn say(text: String, server: &mut Server) -> highway::Result {
    server.send(client::said, text).await
}

#[highway::client(peer = server, serves = client)]
struct Client;

#[route(client::double, on = Client)]
async fn double(number: i64) -> i64 {
    2 * number
}

#[route(client::wait)]
async fn wait(_: Connection<Client>) {
    std::future::pending::<()>().await;
}

#[route(client::said, on = Client)]
async fn said(_: String) {}

async fn connect() -> (TestServer<Server>, Peer) {
    let server = test::server(Server::server());
    let peer = server.peer().dialect(Dialect::Extended).await;
    (server, peer)
}

#[test]
fn call_gives_the_reply_in_its_type() {
    paused(async {
        let (_server, mut peer) = connect().await;
        let sum: i64 = peer.call("add", (1, 2)).await.unwrap();
        assert_eq!(sum, 3);
        assert_eq!(peer.call(server::add, (3, 4)).await.unwrap(), 7);
        let nested = Value::from(vec![Value::from((1, "a")), Value::None]);
        assert_eq!(
            peer.call(server::any, nested.clone()).await.unwrap(),
            nested
        );
    });
}

#[test]
fn call_that_fails_is_the_error_that_a_connection_has() {
    paused(async {
        let (server, mut peer) = connect().await;
        let refused = peer.call(server::refuse, "full".to_owned()).await;
        let Err(Error::Call {
            route,
            source: CallError::Refused { failure },
        }) = refused
        else {
            panic!("{refused:?}");
        };
        assert_eq!((route.as_str(), failure.message()), ("refuse", "no"));
        assert_eq!(failure.code(), Some("full"));
        assert_eq!(failure.data(), Some(&Value::from((1, "two"))));
        let wrong = peer.call::<_, _, _, i64>("add", "one").await;
        assert!(
            matches!(
                wrong,
                Err(Error::Call {
                    source: CallError::DataNotConverted { .. },
                    ..
                })
            ),
            "{wrong:?}"
        );
        let wrong = peer.call::<_, _, _, String>("add", (1, 2)).await;
        assert!(
            matches!(
                wrong,
                Err(Error::Call {
                    source: CallError::ReplyNotConverted(_),
                    ..
                })
            ),
            "{wrong:?}"
        );
        let missing = peer.call::<_, _, _, i64>("adds", (1, 2)).await;
        assert!(
            matches!(
                missing,
                Err(Error::NotSent {
                    source: SendError::NoSuchRoute { .. },
                    ..
                })
            ),
            "{missing:?}"
        );
        let mut plain = server.peer().await;
        let called = plain.call::<_, _, _, i64>("add", (1, 2)).await;
        assert!(
            matches!(
                called,
                Err(Error::Call {
                    source: CallError::Unsupported,
                    ..
                })
            ),
            "{called:?}"
        );
    });
}

#[test]
fn peer_is_called_and_replies_while_its_own_call_waits() {
    paused(async {
        let (_server, mut peer) = connect().await;
        let call = peer.call(server::ask_back, 20);
        let (asked, ()) = tokio::join!(call, async {
            peer.expect(client::said, "one moment").await;
            peer.expect_call(client::double, 20).await.reply(40).await;
        });
        assert_eq!(asked.unwrap(), 41);
        let call = peer.call(server::ask_back, 20);
        let (asked, ()) = tokio::join!(call, async {
            peer.expect(client::said, "one moment").await;
            let (number, called) = peer.next_call::<i64>("double").await;
            assert_eq!(number, 20);
            called
                .fail(Failure::new("no numbers today").with_code("holiday"))
                .await;
        });
        let asked = asked.unwrap_err().to_string();
        assert!(asked.contains("no numbers today"), "{asked}");
        peer.expect_nothing().await;
    });
}

#[test]
fn called_peer_is_told_that_nobody_wants_its_reply() {
    paused(async {
        let (_server, mut peer) = connect().await;
        let call = peer.call(server::forget, 5);
        let (forgotten, ()) = tokio::join!(call, async {
            peer.expect_call("double", 5).await.expect_cancelled().await;
        });
        forgotten.unwrap();
    });
}

/// A client, and the server that a test plays for it.
async fn scripted() -> (Connection<Client>, Peer) {
    let server = ScriptedServer::new().dialect(Dialect::Extended);
    let (me, peer) = tokio::join!(server.connect(Client::client()), server.accept());
    (me.expect("it is accepted"), peer)
}

#[test]
fn scripted_server_calls_and_is_called() {
    paused(async {
        let (me, mut peer) = scripted().await;
        assert_eq!(peer.call(client::double, 21).await.unwrap(), 42);
        let (sum, ()) = tokio::join!(me.call(server::add, (1, 2)), async {
            peer.expect_call("add", (1, 2)).await.reply(3).await;
        });
        assert_eq!(sum.unwrap(), 3);
        let (refused, ()) = tokio::join!(me.call(server::refuse, "full"), async {
            let (code, called) = peer.next_call::<String>("refuse").await;
            called.fail(Failure::new("no").with_code(code)).await;
        });
        assert!(
            matches!(&refused, Err(Error::Call { source: CallError::Refused { failure }, .. }) if failure.code() == Some("full")),
            "{refused:?}"
        );
        // What it replies need not be what is wanted.
        let (wrong, ()) = tokio::join!(me.call(server::add, (1, 2)), async {
            peer.expect_call("add", (1, 2)).await.reply("three").await;
        });
        assert!(
            matches!(
                wrong,
                Err(Error::Call {
                    source: CallError::ReplyNotConverted(_),
                    ..
                })
            ),
            "{wrong:?}"
        );
        assert_eq!(me.open_calls(), 0);
    });
}

#[test]
fn call_without_a_reply_ends_in_time_or_with_its_connection() {
    paused(async {
        let (me, mut peer) = scripted().await;
        let begun = Instant::now();
        let late = peer.call(client::wait, ()).await;
        assert!(
            matches!(&late, Err(Error::Call { route, source: CallError::TimedOut { after } }) if route == "wait" && after.as_secs() == 5),
            "{late:?}"
        );
        assert_eq!(begun.elapsed(), Duration::from_secs(5));
        let call = peer.call(client::wait, ());
        let (lost, ()) = tokio::join!(call, async {
            me.close_with(4001, "enough").await.unwrap();
        });
        assert!(
            matches!(&lost, Err(Error::Closed(close)) if close.code() == 4001),
            "{lost:?}"
        );
        let late = peer.call(client::double, 1).await;
        assert!(matches!(late, Err(Error::Closed(_))), "{late:?}");
    });
}

#[test]
fn dropped_call_is_cancelled() {
    paused(async {
        let (me, mut peer) = scripted().await;
        let call = tokio::time::timeout(Duration::from_secs(1), peer.call(client::wait, ())).await;
        assert!(call.is_err(), "{call:?}");
        assert_eq!(peer.call(client::double, 1).await.unwrap(), 2);
        assert_eq!(me.open_calls(), 0);
    });
}

#[test]
fn cancelled_call_stays_so_when_its_connection_ends() {
    paused(async {
        let (me, mut peer) = scripted().await;
        let called = tokio::select! {
            sum = me.call(server::add, (1, 2)) => panic!("{sum:?}"),
            called = peer.expect_call("add", (1, 2)) => called,
        };
        me.close().await;
        peer.expect_closed(CloseCode::NORMAL).await;
        called.expect_cancelled().await;
    });
}

#[test]
fn what_arrived_instead_of_a_call_is_told() {
    check_fails(
        async |peer, _| {
            drop(peer.expect_call("double", 1).await);
        },
        "expected a call of `double` with 1, but got a call of `double` with 2",
    );
    check_fails(
        async |peer, _| {
            drop(peer.next_call::<String>("double").await);
        },
        "expected a call of `double` with a `alloc::string::String`, but got 2: expected str, received int 2",
    );
    check_fails(
        async |peer, _| peer.expect("double", 2).await,
        "expected a message to `double` with 2, but got a call of `double` with 2",
    );
    check_fails(
        async |peer, _| {
            let called = peer.expect_call("double", 2).await;
            called.expect_cancelled().await;
        },
        "expected that the call of `double` is cancelled, but it was not within 5s",
    );
    check_fails(
        async |peer, _| {
            let called = peer.expect_call("double", 2).await;
            peer.close().await;
            called.expect_cancelled().await;
        },
        "expected that the call of `double` is cancelled, but the connection closed with 1000",
    );
    check_fails(
        async |peer, server| {
            let called = peer.expect_call("double", 2).await;
            server.shutdown().await;
            peer.expect_closed(CloseCode::GOING_AWAY).await;
            called.reply(4).await;
        },
        "the call of `double` can't be answered: the connection is closed",
    );
}

/// Runs what has to fail, for a peer that is called with 2, and looks at what it says before the place.
#[track_caller]
fn check_fails(test: impl AsyncFnOnce(&mut Peer, &TestServer<Server>), expected: &str) {
    let test = std::panic::AssertUnwindSafe(|| {
        paused(async {
            let (server, mut peer) = connect().await;
            let handle = server.handle();
            let asking = async {
                let mut replies = handle.everyone().call(client::double, 2);
                while let Some((_, reply)) = replies.next().await {
                    assert!(reply.is_err(), "{reply:?}");
                }
            };
            tokio::join!(asking, test(&mut peer, &server));
        });
    });
    let panic = std::panic::catch_unwind(test).expect_err("it fails");
    let said = panic.downcast_ref::<String>().expect("a sentence");
    assert_eq!(said.split(" (at ").next(), Some(expected));
}
