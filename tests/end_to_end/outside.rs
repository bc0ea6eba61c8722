//! Whatever may be awaited, awaited outside of a tokio runtime: it works without one, or says that it needs one.

use std::{
    future::Future,
    iter,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use highway::{
    Connection, Error, Incoming, Result,
    client::Reconnect,
    connection::{ConnectionId, LagPolicy, Status},
    on, route,
};
use tokio::runtime::Runtime;

use crate::support::{Probe, RawPeer};

#[highway::server(state = Probe)]
struct Server;

#[route("never")]
async fn never(_: Connection<Server>) {
    std::future::pending::<()>().await;
}

#[route("count", on = Server)]
async fn count(to: u64) -> impl futures_util::Stream<Item = u64> {
    futures_util::stream::iter(0..to)
}

#[route("echo")]
async fn echo(text: &str, server: &mut Server) -> Result {
    server.send("echo", text).await
}

#[route("restart")]
async fn restart(server: Connection<Server>) -> Result {
    server.close_with(1012, "").await
}

#[highway::client(state = Probe, pipe = Friend)]
struct Me;

#[highway::client(state = Probe)]
struct Friend;

#[route("echo")]
async fn echoed(text: String, me: &mut Me) {
    me.state().saw(text);
}

#[route("never")]
async fn never_here(_: Connection<Me>) {
    std::future::pending::<()>().await;
}

#[on(close)]
async fn closed(me: &mut Me) {
    me.state().saw("closed");
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread, which no runtime knows.
fn outside<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return done;
        }
        thread::park_timeout(Duration::from_secs(20));
    }
}

#[track_caller]
fn needs_runtime<T>(result: Result<T>) {
    match result {
        Err(Error::NoRuntime) => {}
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("it worked"),
    }
}

#[test]
fn what_needs_a_runtime_says_so_and_the_rest_works_without() {
    let runtime = Runtime::new().unwrap();
    let (probe, _at_server) = Probe::new();
    let server = || Server::server().state(probe.clone());
    needs_runtime(outside(server().bind("127.0.0.1:0")));
    let (probe, mut seen) = Probe::new();
    let client = || Me::client().state(probe.clone());
    needs_runtime(outside(client().connect("ws://127.0.0.1:1")));
    let bound = runtime.block_on(server().bind("127.0.0.1:0")).unwrap();
    needs_runtime(outside(bound.into_future()));

    let bound = runtime.block_on(server().bind("127.0.0.1:0")).unwrap();
    let (url, address, handle) = (bound.url(), bound.local_addr(), bound.handle());
    let running = runtime.spawn(bound.into_future());
    needs_runtime(outside(
        client().reconnect(Reconnect::default()).connect(&url),
    ));
    let me = runtime.block_on(client().connect(&url)).unwrap();

    outside(me.send("echo", "sent")).unwrap();
    outside(me.flush()).unwrap();
    outside(seen.expect("sent"));
    needs_runtime(outside(me.call::<_, _, ()>("never", ())));
    let slow = me.call::<_, _, ()>("never", ()).timeout(Duration::MAX);
    needs_runtime(outside(slow));
    let mut items: Incoming<u64> = outside(me.stream("count", 3)).unwrap();
    let mut sum = 0;
    while let Some(item) = outside(items.next()) {
        sum += item.unwrap();
    }
    assert_eq!(sum, 3);
    let id: ConnectionId = "1234567".parse().unwrap();
    needs_runtime(outside(me.pipe(id)).map(drop));
    outside(async {
        let mut replies = handle.everyone().call::<_, _, ()>("never", ());
        let (_, reply) = replies.next().await.unwrap();
        needs_runtime(reply);
    });
    outside(handle.everyone().send("echo", "to many")).unwrap();
    outside(seen.expect("to many"));
    outside(me.close());
    outside(seen.expect("closed"));

    // A peer that reads nothing, so that there is no room.
    let lags = runtime.block_on(RawPeer::ready(address));
    let large = "x".repeat(900_000);
    // The server may not know its routes yet.
    let begun = Instant::now();
    let waited = iter::repeat_with(|| {
        let many = handle.everyone().lagging(LagPolicy::Wait);
        outside(many.send("echo", &large)).err()
    });
    let waited = waited
        .take_while(|_| begun.elapsed() < Duration::from_secs(20))
        .find_map(|error| error);
    needs_runtime(waited.map_or(Ok(()), Err));
    drop(lags);

    let reconnect = Reconnect::default()
        .keep(1, Duration::MAX)
        .first_delay(Duration::MAX)
        .max_delay(Duration::MAX);
    let me = runtime
        .block_on(client().reconnect(reconnect).connect(&url))
        .unwrap();
    let mut changes = me.status_changes();
    outside(me.send("restart", ())).unwrap();
    while !matches!(me.status(), Status::Reconnecting(_)) {
        outside(changes.next());
    }
    needs_runtime(outside(me.send("echo", "kept")));
    outside(me.close());
    outside(me.closed());
    handle.shutdown();
    runtime.block_on(running).unwrap().unwrap();
}
