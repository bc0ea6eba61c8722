//! Pipes: connections from client to client over the server, and each way in which one can begin and end.

use futures_util::{Stream, StreamExt, stream};
use highway::{
    Bytes, Close, CloseCode, Connection, Error, Failure, Incoming, Outgoing, Value,
    connection::{ConnectionId, Status},
    route,
    server::ServerHandle,
};
use highway_tests::within_deadline;

use crate::support::{Probe, Running, Seen, start};

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

async fn someone(url: &str, name: &str) -> Someone {
    let (probe, seen) = Probe::new();
    let connection = Me::client().state(probe.clone()).connect(url).await;
    let connection = connection.expect("the server is there");
    let id = connection.call("name", name).await.expect("it is served");
    Someone {
        connection,
        id,
        probe,
        seen,
    }
}

struct Piped {
    server: Running,
    hub: Probe,
    hub_seen: Seen,
    ada: Someone,
    bob: Someone,
}

async fn connected() -> Piped {
    let (hub, hub_seen) = Probe::new();
    let server = start(Hub::server().state(hub.clone())).await;
    let ada = someone(&server.url, "ada").await;
    let bob = someone(&server.url, "bob").await;
    Piped {
        server,
        hub,
        hub_seen,
        ada,
        bob,
    }
}

impl Piped {
    async fn pipe(&mut self) -> Connection<Friend> {
        let pipe = self.ada.connection.pipe(self.bob.id).await;
        self.bob.seen.expect("ada is here").await;
        pipe.expect("bob can be reached")
    }
}

#[test]
fn messages_calls_and_streams_go_through_a_pipe() {
    within_deadline(async {
        let mut all = connected().await;
        let bob = all.pipe().await;
        assert!(bob.has_route("echo") && !bob.has_route("name"));

        bob.send("echo", (1, "two")).await.unwrap();
        all.ada
            .seen
            .expect(&format!("{:?}", Value::from((1, "two"))))
            .await;

        let sum: i64 = bob.call("add", (3, 4)).await.unwrap();
        assert_eq!(sum, 7);

        let mut numbers: Incoming<u64> = bob.stream("count", 1000).await.unwrap();
        for expected in 0..1000_u64 {
            assert_eq!(numbers.next().await.unwrap().unwrap(), expected);
        }
        assert!(numbers.next().await.is_none());

        let sum: u64 = bob
            .call("sum", Outgoing(stream::iter(1..=1000_u64)))
            .await
            .unwrap();
        assert_eq!(sum, 500_500);

        // Larger than a piece, and than the window.
        let large = Bytes::from(vec![7; 1_000_000]);
        bob.send("echo", &large).await.unwrap();
        all.ada
            .seen
            .expect(&format!("{:?}", Value::Bytes(large)))
            .await;

        bob.close().await.unwrap();
        all.ada.seen.expect("over with 1000").await;
        all.bob.seen.expect("over with 1000").await;
    });
}
