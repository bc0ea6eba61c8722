//! Calls, both ways, and each way in which one can end.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use highway::{
    CallError, CloseCode, Connection, Error, Failure, SendError, Value, route, wire::Dialect,
};
use highway_tests::within_deadline;
use tokio::{
    net::TcpListener,
    time::{Instant, timeout},
};

use crate::support::{Probe, RawPeer, Running, Seen, start};

#[highway::protocol]
mod server {
    use super::*;

    /// Adds.
    pub async fn add(numbers: (i64, i64)) -> i64;
    pub async fn any(data: Value) -> Value;
    pub async fn refuse(how: String) -> String;
    pub async fn slow(name: String) -> String;
    pub async fn beside(name: String) -> String;
    pub async fn ask_back(number: i64) -> i64;
    pub async fn flood(count: i64) -> i64;
    pub async fn break_off(code: u16);
    pub async fn nothing() -> ();
}

#[highway::protocol]
mod client {
    pub async fn double(number: i64) -> i64;
}

#[highway::server(state = Probe, serves = server, peer = client)]
struct Server {
    calls: u32,
}

#[route(server::add)]
async fn add((a, b): (i64, i64), server: &mut Server) -> i64 {
    server.calls += 1;
    a + b
}

#[route(server::any)]
async fn any(data: Value, _: &mut Server) -> Value {
    data
}

#[route(server::refuse)]
async fn refuse(how: String, _: &mut Server) -> Result<String, Failure> {
    match how.as_str() {
        "panic" => panic!("as it was asked to"),
        "io" => Err(std::io::Error::other("the disk is full").into()),
        how => Err(Failure::new("no")
            .with_code(how)
            .with_data((1, "two", vec![0.5]))),
    }
}

#[route(server::slow)]
async fn slow(name: String, server: &mut Server) -> String {
    server.state().saw(format!("slow {name}"));
    server.state().gate().await;
    name
}

#[route(server::beside)]
async fn beside(name: String, server: Connection<Server>) -> String {
    let _dropped = server.state().on_drop(&format!("dropped {name}"));
    server.state().saw(format!("beside {name}"));
    server.state().gate().await;
    name
}

#[route(server::ask_back)]
async fn ask_back(number: i64, server: &mut Server) -> highway::Result<i64> {
    let doubled = server.call(client::double, number).await?;
    server.calls += 1;
    Ok(doubled + 1)
}

#[route(server::flood)]
async fn flood(count: i64, server: Connection<Server>) -> highway::Result<i64> {
    let mut calls: FuturesUnordered<_> =
        (0..count).map(|i| server.call(client::double, i)).collect();
    let mut sum = 0;
    while let Some(reply) = calls.next().await {
        sum += reply?;
    }
    Ok(sum)
}

#[route(server::break_off)]
async fn break_off(code: u16, server: &mut Server) -> highway::Result {
    server.close_with(CloseCode::from(code), "as asked").await
}

#[route(server::nothing, on = Server)]
async fn nothing() {}

#[highway::client(serves = client, peer = server)]
struct Client;

#[route(client::double)]
async fn double(number: i64, _: &mut Client) -> i64 {
    2 * number
}

async fn connect() -> (Running, Seen, Connection<Client>) {
    let (probe, seen) = Probe::new();
    let running = start(Server::server().state(probe)).await;
    let me = Client::connect(&running.url).await.expect("it is there");
    (running, seen, me)
}

async fn connect_with_probe() -> (Running, Probe, Seen, Connection<Client>) {
    let (probe, seen) = Probe::new();
    let running = start(Server::server().state(probe.clone())).await;
    let me = Client::connect(&running.url).await.expect("it is there");
    (running, probe, seen, me)
}

#[test]
fn call_gives_the_reply_in_its_type() {
    within_deadline(async {
        let (_server, _, me) = connect().await;
        assert_eq!(me.call(server::add, (1, 2)).await.unwrap(), 3);
        me.call(server::nothing, ()).await.unwrap();
        let sum: i64 = me.call(highway::unchecked("add"), (3, 4)).await.unwrap();
        assert_eq!(sum, 7);
        assert_eq!(me.open_calls(), 0);
    });
}

#[test]
fn every_type_keeps_at_every_depth() {
    within_deadline(async {
        let (_server, _, me) = connect().await;
        let nested = Value::from(vec![
            Value::from((1, "a")),
            Value::from(highway::Bytes::from_static(b"\x00\xff")),
            Value::from(f64::INFINITY),
            Value::None,
            Value::from(u128::MAX),
        ]);
        for value in [
            nested.clone(),
            Value::from((nested, true)),
            5.into(),
            "x".into(),
        ] {
            let back = me.call(server::any, value.clone()).await.unwrap();
            assert_eq!(back, value);
        }
    });
}

#[test]
fn refusal_comes_with_code_message_and_data_and_the_connection_stays() {
    within_deadline(async {
        let (_server, _, me) = connect().await;
        let refused = me.call(server::refuse, "full").await;
        let Err(Error::Call {
            route,
            source: CallError::Refused { failure },
        }) = refused
        else {
            panic!("{refused:?}");
        };
        assert_eq!((route.as_str(), failure.message()), ("refuse", "no"));
        assert_eq!(failure.code(), Some("full"));
        assert_eq!(failure.data(), Some(&Value::from((1, "two", vec![0.5]))));
        let refused = me.call(server::refuse, "io").await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the call of `refuse` failed: the peer refused: the disk is full"
        );
        let broken = me.call(server::refuse, "panic").await;
        assert!(
            matches!(&broken, Err(Error::Call { source: CallError::RouteBroken { message }, .. }) if !message.contains("asked")),
            "{broken:?}"
        );
        assert_eq!(me.call(server::add, (1, 1)).await.unwrap(), 2);
    });
}

#[test]
fn data_that_does_not_fit_says_what_was_expected() {
    within_deadline(async {
        let (_server, _, me) = connect().await;
        let refused = me
            .call::<_, _, i64>(highway::unchecked("add"), (1, "two"))
            .await;
        let Err(Error::Call {
            route,
            source: CallError::DataNotConverted { message },
        }) = refused
        else {
            panic!("{refused:?}");
        };
        assert_eq!(route, "add");
        assert!(message.contains("expected i64, received str"), "{message}");
        let wrong = me
            .call::<_, _, String>(highway::unchecked("add"), (1, 2))
            .await;
        let Err(Error::Call {
            source: CallError::ReplyNotConverted(source),
            ..
        }) = wrong
        else {
            panic!("{wrong:?}");
        };
        assert!(source.to_string().contains("received int 3"), "{source}");
    });
}

#[test]
fn route_that_is_not_there_is_an_error_at_once() {
    within_deadline(async {
        let (_server, _, me) = connect().await;
        let missing = me
            .call::<_, _, Value>(highway::unchecked("adds"), (1, 2))
            .await;
        assert!(
            matches!(&missing, Err(Error::NotSent { source: SendError::NoSuchRoute { nearest }, .. }) if nearest == &["add"]),
            "{missing:?}"
        );
    });
}

#[test]
fn peer_without_the_extension_knows_no_calls() {
    within_deadline(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let (me, mut peer) = tokio::join!(Client::connect(&url), async {
            let mut peer = RawPeer::accept(&listener).await;
            let table = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"add\",\"2\":\"double\"}";
            peer.message(table).await;
            let answer = peer.next_message().await;
            assert!(
                answer.ends_with(b"\"65535\":\"highway/1\"}"),
                "it announces itself"
            );
            peer
        });
        let me = me.unwrap();
        let called = me.call(server::add, (1, 2)).await;
        assert!(
            matches!(&called, Err(Error::Call { route, source: CallError::Unsupported }) if route == "add"),
            "{called:?}"
        );
        let opened = me
            .stream::<_, _, i64>(highway::unchecked("add"), (1, 2))
            .await;
        assert!(
            matches!(
                opened,
                Err(Error::Call {
                    source: CallError::Unsupported,
                    ..
                })
            ),
            "{opened:?}"
        );
        // A kind means nothing in what it sends, and nothing but messages is sent to it.
        peer.message(b"\x01\x01\x01\x0021").await;
        me.send(server::add, (3, 4)).await.unwrap();
        assert_eq!(peer.next_message().await, b"\x06\0\x01\0[3,4]");
    });
}

#[tokio::test(start_paused = true)]
async fn no_reply_in_time_is_an_error_that_says_so() {
    let (probe, mut seen) = Probe::new();
    let running = highway::test::server(Server::server().state(probe.clone()));
    let me = running.connect(Client::client()).await.unwrap();
    let begun = Instant::now();
    let late = me
        .call(server::beside, "a")
        .timeout(Duration::from_secs(3))
        .await;
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
    assert!(
        matches!(&late, Err(Error::Call { route, source: CallError::TimedOut { after } }) if route == "beside" && after.as_secs() == 3),
        "{late:?}"
    );
    seen.expect("beside a").await;
    seen.expect("dropped a").await;
    assert_eq!(me.open_calls(), 0);
    let begun = Instant::now();
    let late = me.call(server::slow, "b").await;
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
    assert_eq!(begun.elapsed(), Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn call_is_late_where_it_is_awaited_whoever_has_polled_it_before() {
    let (probe, _seen) = Probe::new();
    let running = highway::test::server(Server::server().state(probe));
    let me = running.connect(Client::client()).await.unwrap();
    let begun = Instant::now();
    let mut call = me.call(server::beside, "a").timeout(Duration::from_secs(3));
    assert!((&mut call).now_or_never().is_none());
    let elsewhere = tokio::spawn(timeout(Duration::from_secs(60), call));
    let late = elsewhere.await.expect("it does not panic");
    let late = late.expect("it wakes the task that awaits it");
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
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
}

#[test]
fn dropped_call_drops_the_route_that_runs_beside_the_others() {
    within_deadline(async {
        let (_server, _probe, mut seen, me) = connect_with_probe().await;
        let mut call = me.call(server::beside, "a");
        tokio::select! {
            () = seen.expect("beside a") => {}
            reply = &mut call => panic!("{reply:?}"),
        }
        drop(call);
        seen.expect("dropped a").await;
        assert_eq!(me.open_calls(), 0);
        assert_eq!(me.call(server::add, (1, 1)).await.unwrap(), 2);
    });
}

#[tokio::test(start_paused = true)]
async fn call_that_was_cancelled_while_it_waited_never_runs() {
    let (probe, mut seen) = Probe::new();
    let running = highway::test::server(Server::server().state(probe.clone()));
    let me = running.connect(Client::client()).await.unwrap();
    let first = me.call(server::slow, "a");
    let second = me.call(server::slow, "b");
    seen.expect("slow a").await;
    drop(second);
    let third = me.call(server::slow, "c");
    // Time goes on once everybody has nothing to do: the server has heard of all of it.
    tokio::time::sleep(Duration::from_millis(1)).await;
    probe.open(2);
    assert_eq!(first.await.unwrap(), "a");
    seen.expect("slow c").await;
    assert_eq!(third.await.unwrap(), "c");
}

#[test]
fn route_calls_its_caller_back_and_waits() {
    within_deadline(async {
        let (_server, _, me) = connect().await;
        assert_eq!(me.call(server::ask_back, 20).await.unwrap(), 41);
    });
}

#[test]
fn calls_end_with_their_connection() {
    within_deadline(async {
        let (_server, _, me) = connect().await;
        let waiting = me.call(server::beside, "a");
        let closed = me.call(server::break_off, 4001).await;
        assert!(
            matches!(&closed, Err(Error::Closed(close)) if close.code() == 4001),
            "{closed:?}"
        );
        let waiting = waiting.await;
        assert!(matches!(waiting, Err(Error::Closed(_))), "{waiting:?}");
        let late = me.call(server::add, (1, 2)).await;
        assert!(matches!(late, Err(Error::Closed(_))), "{late:?}");
        assert_eq!(me.open_calls(), 0);
    });
}

#[test]
fn calls_end_when_the_server_shuts_down() {
    within_deadline(async {
        let (server, _probe, mut seen, me) = connect_with_probe().await;
        let waiting = me.call(server::beside, "a");
        seen.expect("beside a").await;
        let (ended, ()) = tokio::join!(waiting, async {
            timeout(Duration::from_secs(20), server.stop())
                .await
                .unwrap();
        });
        assert!(matches!(ended, Err(Error::Closed(_))), "{ended:?}");
    });
}

#[test]
fn calls_are_bounded() {
    within_deadline(async {
        let (probe, _seen) = Probe::new();
        let running = start(Server::server().state(probe)).await;
        let me = Client::client()
            .limits(|limits| limits.calls = 2)
            .connect(&running.url)
            .await
            .unwrap();
        let _waiting = [me.call(server::slow, "a"), me.call(server::slow, "b")];
        let refused = me.call(server::slow, "c").await;
        assert!(
            matches!(
                refused,
                Err(Error::Call {
                    source: CallError::TooMany { limit: 2 },
                    ..
                })
            ),
            "{refused:?}"
        );
    });
}

#[test]
fn ten_thousand_calls_are_in_flight_both_ways_at_once() {
    const CALLS: i64 = 10_000;

    within_deadline(async {
        let (_server, _, me) = connect().await;
        let theirs = me.call(server::flood, CALLS);
        let calls: Vec<_> = (0..CALLS).map(|i| me.call(server::add, (i, 1))).collect();
        assert!(me.open_calls() > usize::try_from(CALLS).unwrap());
        let mut calls: FuturesUnordered<_> = calls.into_iter().collect();
        let mine = async {
            let mut sum = 0;
            while let Some(reply) = calls.next().await {
                sum += reply.unwrap();
            }
            sum
        };
        let (mine, theirs) = tokio::join!(mine, theirs);
        assert_eq!(mine, (1..=CALLS).sum::<i64>());
        assert_eq!(theirs.unwrap(), (0..CALLS).map(|i| 2 * i).sum::<i64>());
        assert_eq!(me.open_calls(), 0);
    });
}

#[highway::server(state = Probe)]
struct Votes;

#[route("ask")]
async fn ask(question: String, votes: Connection<Votes>) -> Vec<(bool, String)> {
    let mut replies = votes
        .everyone()
        .call("vote", &question)
        .timeout(Duration::from_millis(200));
    let mut all = Vec::new();
    while let Some((id, reply)) = replies.next().await {
        let is_own = id == votes.id();
        all.push((
            is_own,
            match reply {
                Ok(vote) => vote,
                Err(error) => error.to_string(),
            },
        ));
    }
    all.sort();
    all
}

/// Whoever gets an answer knows that the server has read its routes.
#[route("hello")]
async fn hello(votes: &mut Votes) {
    if votes.dialect() == Some(Dialect::V02) {
        votes.send("vote", "hello").await.unwrap();
    }
}

#[highway::client]
struct Voter {
    votes: u32,
}

#[route("vote")]
async fn vote(question: &str, voter: &mut Voter) -> String {
    voter.votes += 1;
    format!("{question} yes")
}

#[highway::client]
struct Silent;

#[route("vote")]
async fn never(_: Connection<Silent>) -> String {
    std::future::pending().await
}

#[highway::client]
struct Stranger;

#[test]
fn many_are_asked_and_each_is_among_the_replies() {
    within_deadline(async {
        let (probe, _seen) = Probe::new();
        let running = start(Votes::server().state(probe)).await;
        let voter = Voter::connect(&running.url).await.unwrap();
        let silent = Silent::connect(&running.url).await.unwrap();
        silent.call::<_, _, ()>("hello", ()).await.unwrap();
        let stranger = Stranger::connect(&running.url).await.unwrap();
        stranger.call::<_, _, ()>("hello", ()).await.unwrap();
        let mut plain = RawPeer::ready_with(
            running.address,
            b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"vote\"}",
        )
        .await;
        plain.message(b"\x08\0\x02\0").await;
        assert_eq!(plain.next_message().await, b"\0\0\x01\0hello");
        let replies: Vec<(bool, String)> = voter.call("ask", "tea?").await.unwrap();
        assert_eq!(
            replies,
            [
                (false, "can't send to `vote`: the peer has no such route".into()),
                (false, "the call of `vote` failed: no reply came within 200ms".into()),
                (
                    false,
                    "the call of `vote` failed: the peer supports messages only, as it does not speak the extension"
                        .into()
                ),
                (true, "tea? yes".to_owned()),
            ]
        );
    });
}
