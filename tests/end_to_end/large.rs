//! Functions with large locals on threads with the usual stack, without optimisation: routes and hooks of all kinds take them, as what
//! is boxed first does.

#![expect(clippy::large_stack_arrays, reason = "it is what is tested")]

use std::{hint::black_box, process::Command, time::Duration};

use futures_util::{Stream, stream};
use highway::{
    Bytes, Connection, Incoming, Outgoing, Refusal, Request, Result,
    client::Reconnect,
    connection::{ConnectionId, ReconnectAttempt, Status},
    on, route,
};
use highway_tests::within_deadline;

use crate::support::{Probe, start};

/// The bytes of a local, of the 2 MiB of a thread's stack.
const LARGE: usize = 1 << 20;

/// Has a large local while it waits, in the function where it stands.
macro_rules! large {
    () => {{
        let local = [1_u8; LARGE];
        tokio::task::yield_now().await;
        black_box(&local).len() as u64
    }};
}

#[highway::server(state = Probe)]
struct Server {
    names: u64,
}

#[on(connect)]
async fn connect(_: &mut Request<Server>) -> Result<(), Refusal> {
    let _ = large!();
    Ok(())
}

#[on(open)]
async fn open(server: &mut Server) {
    server.names += large!();
}

#[on(ready)]
async fn ready(server: Connection<Server>) {
    let _ = large!();
    server.state().saw("ready");
}

#[on(close)]
async fn closed(server: &mut Server) {
    let _ = large!();
    server.state().saw("closed");
}

#[on(pipe)]
async fn pipe(_: Connection<Server>) -> String {
    let _ = large!();
    "a friend".to_owned()
}

#[route("message")]
async fn message(text: String, server: &mut Server) {
    let _ = large!();
    server.state().saw(text);
}

#[route("in order")]
async fn in_order(number: u64, server: &mut Server) -> u64 {
    large!() + number + server.names
}

#[route("concurrent")]
async fn concurrent(number: u64, server: Connection<Server>) -> Result<u64> {
    let sum = large!() + number;
    server.call("twice", sum).await
}

#[route("alone", on = Server)]
async fn alone(data: Bytes) -> u64 {
    large!() + data.len() as u64
}

#[route("items", on = Server)]
async fn items(to: u64) -> impl Stream<Item = u64> {
    let first = large!();
    stream::iter(first..first + to)
}

#[route("sum")]
async fn sum(mut numbers: Incoming<u64>, _: Connection<Server>) -> Result<u64> {
    let mut sum = large!();
    while let Some(number) = numbers.next().await {
        sum += number?;
    }
    Ok(sum)
}

#[route("id")]
async fn id(server: &mut Server) -> ConnectionId {
    server.id()
}

#[route("restart")]
async fn restart(server: Connection<Server>) -> Result {
    let _ = large!();
    server.close_with(1012, "").await
}

#[highway::client(state = Probe, pipe = Friend)]
struct Me;

#[on(ready)]
async fn ready_here(me: &mut Me) {
    let _ = large!();
    me.state().saw("ready");
}

#[on(reconnecting)]
async fn away(_: ReconnectAttempt, me: Connection<Me>) {
    let _ = large!();
    me.state().saw("away");
}

#[on(close)]
async fn closed_here(me: Connection<Me>) {
    let _ = large!();
    me.state().saw("closed");
}

#[route("twice", on = Me)]
async fn twice(number: u64) -> u64 {
    let _ = large!();
    2 * number
}

#[highway::client(state = Probe)]
struct Friend;

#[route("hello", on = Friend)]
async fn hello(name: String) -> String {
    let _ = large!();
    name
}

#[test]
fn large_locals_are_taken_on_a_usual_stack() {
    // An overflow ends the process.
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "large::in_a_process_of_its_own"])
        .env_remove("RUST_MIN_STACK")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
#[ignore = "the test above runs it"]
fn in_a_process_of_its_own() {
    within_deadline(async {
        let (probe, mut at_server) = Probe::new();
        let server = start(Server::server().state(probe)).await;
        let (probe, mut here) = Probe::new();
        let soon = Duration::from_millis(1);
        let connect = || {
            let reconnect = Reconnect::default().max_delay(soon);
            let client = Me::client().state(probe.clone()).reconnect(reconnect);
            client.connect(&server.url)
        };
        let me = connect().await.unwrap();
        at_server.expect("ready").await;
        here.expect("ready").await;
        me.send("message", "sent").await.unwrap();
        at_server.expect("sent").await;
        let large = LARGE as u64;
        let call = async |route, number| me.call::<_, _, u64>(route, number).await.unwrap();
        assert_eq!(call("in order", 1_u64).await, 2 * large + 1);
        assert_eq!(call("concurrent", 1).await, 2 * (large + 1));
        let alone: u64 = me.call("alone", Bytes::from(vec![0; 1000])).await.unwrap();
        assert_eq!(alone, large + 1000);
        let mut items: Incoming<u64> = me.stream("items", 3).await.unwrap();
        for number in large..large + 3 {
            assert_eq!(items.next().await.unwrap().unwrap(), number);
        }
        let numbers = Outgoing(stream::iter([1_u64, 2, 3]));
        assert_eq!(
            me.call::<_, _, u64>("sum", numbers).await.unwrap(),
            large + 6
        );
        me.send("restart", ()).await.unwrap();
        here.expect("closed").await;
        here.expect("away").await;
        here.expect("ready").await;
        // They are of two connections.
        let mut both = [at_server.next().await, at_server.next().await];
        both.sort();
        assert_eq!(both, ["closed", "ready"]);
        // The hook is through before the handle has the connection.
        let mut changes = me.status_changes();
        while !matches!(me.status(), Status::Connected) {
            changes.next().await.unwrap();
        }
        let other = connect().await.unwrap();
        here.expect("ready").await;
        at_server.expect("ready").await;
        let id: ConnectionId = other.call("id", ()).await.unwrap();
        let friend = me.pipe(id).await.unwrap();
        let name: String = friend.call("hello", "ada").await.unwrap();
        assert_eq!(name, "ada");
        me.close().await;
        other.close().await;
        server.stop().await;
    });
}
