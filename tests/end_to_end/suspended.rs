//! A runtime that does not run while its deadlines pass: what came meanwhile counts.
//!
//! A thread that sleeps is to its runtime what a suspended process is.

use std::{future::Future, net::SocketAddr, thread, time::Duration};

use highway::{Bytes, CallError, ConnectError, Connection, Error, Limits, on, route};
use highway_tests::{
    websocket::{BINARY, FIN, PING, PONG, TABLE, answer, request},
    within_deadline,
};
use tokio::{
    io::AsyncReadExt,
    net::TcpListener,
    sync::{mpsc, oneshot},
};

use crate::support::{Probe, RawPeer, start};

/// What is allowed for everything that the tests wait for.
const LIMIT: Duration = Duration::from_secs(2);

/// For how long the runtime does not run.
const AWAY: Duration = Duration::from_secs(3);

/// A time that passes while nothing that the tests wait for is due, on a busy machine neither.
const PAUSE: Duration = Duration::from_millis(250);

fn impatient(limits: &mut Limits) {
    limits.upgrade_timeout = LIMIT;
    limits.exchange_timeout = LIMIT;
    limits.close_timeout = LIMIT;
    limits.write_timeout = LIMIT;
    limits.call_timeout = LIMIT;
    limits.ping_interval = LIMIT;
    limits.pong_timeout = LIMIT;
}

/// Runs something in a runtime of its own, with one thread, which the test may keep from running.
fn elsewhere<T: Send + 'static>(
    run: impl AsyncFnOnce() -> T + Send + 'static,
) -> thread::JoinHandle<T> {
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be built");
        runtime.block_on(run())
    })
}

/// Keeps the present runtime from running.
fn be_away() {
    thread::sleep(AWAY);
}

async fn joined<T: Send + 'static>(thread: thread::JoinHandle<T>) -> T {
    let joined = tokio::task::spawn_blocking(move || thread.join()).await;
    joined.expect("it is no task").expect("it does not panic")
}

#[highway::server(state = Probe)]
struct Server;

/// Answers once the test says so.
#[route("later")]
async fn later(number: u32, server: Connection<Server>) -> u32 {
    server.state().saw("asked");
    server.state().gate().await;
    number
}

#[route("at once")]
async fn at_once(number: u32, _: &mut Server) -> u32 {
    number
}

#[route("flood")]
async fn flood(count: u32, server: &mut Server) -> highway::Result {
    for _ in 0..count {
        server.send("heard", Bytes::from(vec![7; 50_000])).await?;
    }
    Ok(())
}

#[highway::client]
struct Me;

#[route("nothing")]
async fn nothing(_: &mut Me) {}

/// What a peer tells that hears floods.
const HEARS: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"heard\"}";

#[test]
fn reply_that_came_meanwhile_is_no_timeout() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = start(Server::server().state(probe.clone())).await;
        let url = server.url.clone();
        let calling = elsewhere(async move || {
            let client = Me::client().limits(impatient);
            let me = client.connect(&url).await.unwrap();
            let calls = (0..20).map(|number| {
                let me = me.clone();
                tokio::spawn(async move { me.call::<_, _, u32>("later", number).await })
            });
            let calls: Vec<_> = calls.collect();
            // All of them are on their way when this is answered.
            tokio::task::yield_now().await;
            let _: u32 = me.call("at once", 0).await.unwrap();
            be_away();
            for (number, call) in (0..).zip(calls) {
                assert_eq!(call.await.unwrap().unwrap(), number);
            }
        });
        for _ in 0..20 {
            seen.expect("asked").await;
        }
        probe.open(20);
        joined(calling).await;
    });
}

#[test]
fn call_without_a_reply_still_ends_after_its_runtime_was_away() {
    within_deadline(async {
        let (probe, _seen) = Probe::new();
        let server = start(Server::server().state(probe)).await;
        let url = server.url.clone();
        joined(elsewhere(async move || {
            let me = Me::connect(&url).await.unwrap();
            let call = me.call::<_, _, u32>("later", 1).timeout(LIMIT);
            let call = tokio::spawn(call);
            tokio::task::yield_now().await;
            be_away();
            assert!(matches!(
                call.await.unwrap(),
                Err(Error::Call {
                    source: CallError::TimedOut { .. },
                    ..
                })
            ));
        }))
        .await;
    });
}

#[test]
fn peer_that_answered_meanwhile_is_not_gone() {
    within_deadline(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let (pinged, is_pinged) = oneshot::channel();
        let connected = elsewhere(async move || {
            let client = Me::client().limits(impatient);
            let me = client.connect(&url).await.unwrap();
            let closed = tokio::spawn(async move { me.closed().await });
            is_pinged.await.unwrap();
            be_away();
            closed.await.unwrap()
        });
        let mut peer = RawPeer::accept(&listener).await;
        peer.message(TABLE).await;
        peer.next_message().await;
        let ping = peer.next().await;
        assert_eq!(ping.first, FIN | PING);
        pinged.send(()).unwrap();
        // It is away by then, or answers at once.
        tokio::time::sleep(PAUSE).await;
        peer.frame(FIN | PONG, &ping.payload).await;
        // It goes on with the next.
        assert_eq!(peer.next().await.first, FIN | PING);
        peer.close(1000, "").await;
        assert_eq!(joined(connected).await.code().as_u16(), 1000);
    });
}

#[highway::client]
struct Late;

/// The connection begins, and then nothing runs.
#[on(open)]
async fn late(_: &mut Late) {
    be_away();
}

#[test]
fn table_that_came_meanwhile_is_in_time() {
    within_deadline(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let connected = elsewhere(async move || {
            let me = Late::client().limits(impatient).connect(&url).await?;
            me.close().await;
            Ok::<_, highway::Error>(())
        });
        let mut peer = RawPeer::accept(&listener).await;
        tokio::time::sleep(PAUSE).await;
        peer.message(TABLE).await;
        peer.next_message().await;
        assert_eq!(peer.closes().await.unwrap().code().as_u16(), 1000);
        joined(connected).await.unwrap();
    });
}

#[test]
fn table_that_did_not_come_meanwhile_is_still_too_late() {
    within_deadline(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let connected = elsewhere(async move || {
            let connected = Late::client().limits(impatient).connect(&url).await;
            connected.map(drop)
        });
        let peer = RawPeer::accept(&listener).await;
        assert_eq!(peer.closes().await.unwrap().code().as_u16(), 3003);
        let error = joined(connected).await.unwrap_err();
        assert!(matches!(
            error,
            Error::Connect {
                source: ConnectError::Closed(_),
                ..
            }
        ));
    });
}

#[test]
fn answer_to_the_upgrade_that_came_meanwhile_is_in_time() {
    within_deadline(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let (asked, is_asked) = oneshot::channel::<()>();
        let connected = elsewhere(async move || {
            let client = Me::client().limits(impatient);
            let connecting = tokio::spawn(async move { client.connect(&url).await });
            is_asked.await.unwrap();
            be_away();
            connecting.await.unwrap().map(drop)
        });
        let (mut peer, head) = RawPeer::accept_request(&listener).await;
        asked.send(()).unwrap();
        tokio::time::sleep(PAUSE).await;
        peer.bytes(answer(&head).as_bytes()).await;
        peer.message(TABLE).await;
        peer.next_message().await;
        joined(connected).await.unwrap();
    });
}

/// A server in a runtime that can be kept from running: it is for each that is sent.
fn server_elsewhere() -> (
    impl Future<Output = SocketAddr>,
    mpsc::UnboundedSender<oneshot::Sender<()>>,
) {
    let (address, told) = oneshot::channel();
    let (away, mut is_away) = mpsc::unbounded_channel::<oneshot::Sender<()>>();
    elsewhere(async move || {
        let (probe, _seen) = Probe::new();
        let server = Server::server()
            .state(probe)
            .limits(|limits| impatient(limits));
        // The tests' peers answer no pings.
        let server = server.limits(|limits| limits.ping_interval = Duration::MAX);
        let server = server.bind("127.0.0.1:0").await.unwrap();
        address.send(server.local_addr()).unwrap();
        let serving = tokio::spawn(server.into_future());
        while let Some(begins) = is_away.recv().await {
            begins.send(()).unwrap();
            be_away();
        }
        serving.abort();
    });
    (async { told.await.unwrap() }, away)
}

async fn send_away(away: &mpsc::UnboundedSender<oneshot::Sender<()>>) {
    let (begins, begun) = oneshot::channel();
    away.send(begins).unwrap();
    begun.await.unwrap();
}

#[test]
fn request_that_came_meanwhile_is_in_time() {
    within_deadline(async {
        let (address, away) = server_elsewhere();
        let address = address.await;
        let mut peer = RawPeer::tcp(address).await;
        let request = request(address, "");
        let (first, rest) = request.split_at(20);
        peer.bytes(first.as_bytes()).await;
        // It has come once the server answers another.
        RawPeer::connect(address).await;
        send_away(&away).await;
        peer.bytes(rest.as_bytes()).await;
        let head = peer.head().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    });
}

#[test]
fn close_that_was_answered_meanwhile_ends_in_order() {
    within_deadline(async {
        let (address, away) = server_elsewhere();
        let mut peer = RawPeer::ready(address.await).await;
        peer.message(b"\0\0\xff\xff").await;
        let close = peer.next_close().await.unwrap();
        assert_eq!(close.code().as_u16(), 3002);
        send_away(&away).await;
        peer.close(3002, "").await;
        // The end and no reset, which would be an error.
        assert_eq!(peer.stream.read(&mut [0]).await.unwrap(), 0);
    });
}

/// The next message, whatever pings come before it.
async fn next_heard(peer: &mut RawPeer) {
    while peer.next().await.first != FIN | BINARY {}
}

#[test]
fn peer_that_read_on_meanwhile_is_not_dead() {
    const COUNT: u32 = 500;

    within_deadline(async {
        let (address, away) = server_elsewhere();
        let mut peer = RawPeer::ready_with(address.await, HEARS).await;
        // More than the buffers of the sockets hold: the server has to wait for this peer.
        let count = COUNT.to_string();
        let flood = [b"\x01\0\x02\0", count.as_bytes()].concat();
        peer.message(&flood).await;
        tokio::time::sleep(PAUSE).await;
        send_away(&away).await;
        // All that is there is read before the server runs again.
        let mut read = 0;
        while tokio::time::timeout(PAUSE, next_heard(&mut peer))
            .await
            .is_ok()
        {
            read += 1;
        }
        while read < COUNT {
            next_heard(&mut peer).await;
            read += 1;
        }
    });
}
