//! When the hooks run, and with what.

use std::sync::atomic::{AtomicU32, Ordering};

use highway::{Close, CloseCode, Connection, Failure, Refusal, Request, StatusCode, Value, route};
use highway_tests::{
    websocket::{self, FIN, PING, PONG, TABLE},
    within_deadline,
};

use crate::support::{Probe, RawPeer, Running, Seen, start};

#[highway::server(state = Probe)]
struct Server {
    opened: u32,
}

#[derive(Clone)]
struct User(String);

#[highway::on(connect)]
async fn authenticate(request: &mut Request<Server>) -> Result<(), Refusal> {
    request.state().saw("connect");
    let user = request
        .headers()
        .get("x-user")
        .map_or("nobody", |user| user.to_str().unwrap_or("?"))
        .to_owned();
    match user.as_str() {
        "intruder" => return Err(Refusal::new(StatusCode::UNAUTHORIZED, "log in first")),
        "panic" => panic!("as asked"),
        _ => request.extensions_mut().insert(User(user)),
    };
    Ok(())
}

#[highway::on(open)]
async fn opened(server: &mut Server) {
    server.opened += 1;
    let ready = server.dialect().is_some();
    server.state().saw(format!("open, exchanged: {ready}"));
}

#[highway::on(ready)]
async fn first_ready(server: &mut Server) -> highway::Result {
    let user = server.extension::<User>().map(|user| user.0.clone());
    server
        .state()
        .saw(format!("ready 1 for {user:?} after {} open", server.opened));
    server.send("echo", "hello").await
}

#[highway::on(ready)]
async fn second_ready(server: &mut Server) {
    server.state().saw("ready 2");
}

#[highway::on(ready)]
async fn third_ready(connection: Connection<Server>) {
    connection.state().saw("ready 3");
}

#[highway::on(close)]
async fn closed(close: Close, server: &mut Server) {
    server.state().saw(format!("close {close}"));
}

#[route("echo")]
async fn echo(data: Value, server: &mut Server) -> highway::Result {
    server.state().saw(format!("echo {data:?}"));
    server.send("echo", data).await
}

#[route("close")]
async fn close(code: u16, server: &mut Server) -> highway::Result {
    server.close_with(CloseCode::from(code), "by a route").await
}

#[route("fail")]
async fn fail(_: &mut Server) -> Result<(), Failure> {
    Err(Failure::new("as asked"))
}

#[route("wait")]
async fn wait(server: &mut Server) {
    server.state().saw("waiting");
    server.state().gate().await;
}

const CLOSE: u8 = 1;
const ECHO: u8 = 2;
const FAIL: u8 = 3;
const WAIT: u8 = 4;

async fn server() -> (Running, Probe, Seen) {
    let (probe, seen) = Probe::new();
    let server = Server::server()
        .limits(|limits| {
            limits.close_timeout = std::time::Duration::from_secs(1);
            limits.reconnect_spread = std::time::Duration::ZERO;
        })
        .state(probe.clone());
    (start(server).await, probe, seen)
}

#[test]
fn hooks_run_in_the_order_of_a_connection_s_life() {
    within_deadline(async {
        let (server, probe, mut seen) = server().await;
        let mut peer = RawPeer::connect(server.address).await;
        assert!(peer.next_message().await.starts_with(b"\x05\0\0\0{"));
        assert_eq!(seen.next().await, "connect");
        assert_eq!(seen.next().await, "open, exchanged: false");
        peer.message(TABLE).await;
        assert_eq!(peer.next_message().await, b"\0\0\x01\0hello");
        assert_eq!(
            seen.next().await,
            r#"ready 1 for Some("nobody") after 1 open"#
        );
        assert_eq!(seen.next().await, "ready 2");
        assert_eq!(seen.next().await, "ready 3");

        // A table that comes again gives the routes new ids, and is no reason to get ready again.
        peer.message(b"\x05\0\0\0{\"0\":\"meta\",\"7\":\"echo\"}")
            .await;
        peer.message(&[8, 0, ECHO, 0]).await;
        assert_eq!(peer.next_message().await, [8, 0, 7, 0]);
        assert_eq!(seen.next().await, "echo none");

        peer.close(4001, "enough").await;
        assert_eq!(peer.closes().await, Some(Close::new(4001, "enough")));
        server.stop().await;
        drop(probe);
        assert_eq!(seen.rest().await, ["close 4001 enough"]);
    });
}

#[test]
fn extensions_of_the_request_are_the_connection_s() {
    #[highway::client]
    struct Client;

    #[route("echo", on = Client)]
    async fn echo() {}

    within_deadline(async {
        let (server, _probe, mut seen) = server().await;
        let client = Client::client().header("x-user", "Ada");
        let client = client.connect(&server.url).await.unwrap();
        assert_eq!(seen.next().await, "connect");
        assert_eq!(seen.next().await, "open, exchanged: false");
        assert_eq!(seen.next().await, r#"ready 1 for Some("Ada") after 1 open"#);

        for (user, error) in [
            (
                "intruder",
                "the server answered 401 Unauthorized: log in first",
            ),
            (
                "panic",
                "the server answered 500 Internal Server Error: Internal Server Error",
            ),
        ] {
            let refused = Client::client().header("x-user", user);
            let refused = refused.connect(&server.url).await.unwrap_err();
            assert_eq!(
                refused.to_string(),
                format!("can't connect to {}: {error}", server.url)
            );
        }
        client.close().await;
    });
}

/// How `act` ends a connection, as seen by `on(close)`, which runs once.
async fn check_end(expected: &str, act: impl AsyncFnOnce(RawPeer, &Probe, &mut Seen)) {
    let (server, probe, mut seen) = server().await;
    let mut peer = RawPeer::ready(server.address).await;
    assert_eq!(peer.next_message().await, b"\0\0\x01\0hello");
    act(peer, &probe, &mut seen).await;
    loop {
        let what = seen.next().await;
        if what.starts_with("close") {
            assert_eq!(what, expected);
            break;
        }
    }
    server.stop().await;
    drop(probe);
    assert_eq!(seen.rest().await, [""; 0]);
}

#[test]
fn on_close_runs_once_with_the_peer_s_code() {
    within_deadline(check_end("close 1000", async |mut peer, _, _| {
        peer.close(1000, "").await;
        assert_eq!(peer.closes().await, Some(Close::NORMAL));
    }));
}

#[test]
fn on_close_runs_once_for_a_close_without_a_code() {
    within_deadline(check_end("close 1005", async |mut peer, _, _| {
        peer.frame(FIN | websocket::CLOSE, b"").await;
        assert_eq!(
            peer.closes().await,
            Some(Close::new(CloseCode::NO_CODE, ""))
        );
    }));
}

#[test]
fn on_close_runs_once_with_the_own_code() {
    within_deadline(check_end(
        "close 4000 by a route",
        async |mut peer, _, _| {
            peer.message(&[1, 0, CLOSE, 0, b'4', b'0', b'0', b'0'])
                .await;
            assert_eq!(peer.closes().await, Some(Close::new(4000, "by a route")));
        },
    ));
}

#[test]
fn on_close_runs_once_for_a_peer_that_never_answers_the_close() {
    within_deadline(check_end(
        "close 4000 by a route",
        async |mut peer, _, seen| {
            peer.message(&[1, 0, CLOSE, 0, b'4', b'0', b'0', b'0'])
                .await;
            loop {
                let what = seen.next().await;
                if what == "ready 3" {
                    break;
                }
            }
            // It ends by the time limit, and by a reset.
            assert!(peer.next_close().await.is_some());
            assert_eq!(peer.try_next().await, None);
        },
    ));
}

#[test]
fn on_close_runs_once_for_a_lost_connection() {
    within_deadline(check_end(
        "close 1006 the connection was lost",
        async |peer, _, _| peer.reset(),
    ));
    within_deadline(check_end(
        "close 1006 the connection was lost",
        async |peer, _, _| drop(peer),
    ));
}

#[test]
fn on_close_runs_once_for_a_failed_route() {
    within_deadline(check_end(
        "close 1011 Internal error",
        async |mut peer, _, _| {
            peer.message(&[8, 0, FAIL, 0]).await;
            assert_eq!(peer.closes().await, Some(Close::INTERNAL_ERROR));
        },
    ));
}

#[test]
fn on_close_waits_for_the_route_that_runs() {
    within_deadline(check_end(
        "close 1006 the connection was lost",
        async |mut peer, probe, seen| {
            peer.message(&[8, 0, WAIT, 0]).await;
            while seen.next().await != "waiting" {}
            peer.reset();
            probe.open(1);
        },
    ));
}

#[test]
fn on_close_comes_though_a_route_never_ends() {
    within_deadline(check_end("close 1000", async |mut peer, _, seen| {
        peer.message(&[8, 0, WAIT, 0]).await;
        while seen.next().await != "waiting" {}
        peer.close(1000, "").await;
        assert_eq!(peer.closes().await, Some(Close::NORMAL));
    }));
}

#[test]
fn on_close_runs_once_at_shutdown() {
    within_deadline(async {
        let (server, probe, mut seen) = server().await;
        let mut peer = RawPeer::ready(server.address).await;
        while seen.next().await != "ready 3" {}
        let (close, ()) = tokio::join!(peer.next_close(), async {
            let stopped = tokio::spawn(server.stop());
            // The peer does not answer.
            stopped.await.unwrap();
        });
        assert_eq!(close.unwrap().code(), CloseCode::GOING_AWAY);
        drop(probe);
        let rest = seen.rest().await;
        assert_eq!(rest, ["close 1001 shutting down; retry in 0 ms"]);
    });
}

#[test]
fn on_close_runs_once_for_an_exchange_that_is_never_completed() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = Server::server()
            .limits(|limits| limits.exchange_timeout = std::time::Duration::from_millis(100))
            .state(probe.clone());
        let server = start(server).await;
        let peer = RawPeer::connect(server.address).await;
        assert_eq!(peer.closes().await, Some(Close::INVALID_STATE));
        assert_eq!(seen.next().await, "connect");
        assert_eq!(seen.next().await, "open, exchanged: false");
        server.stop().await;
        drop(probe);
        assert_eq!(seen.rest().await, ["close 3003 Invalid state"]);
    });
}

#[test]
fn messages_before_the_peer_s_close_are_all_handled() {
    within_deadline(async {
        let (server, probe, mut seen) = server().await;
        let mut peer = RawPeer::ready(server.address).await;
        assert_eq!(peer.next_message().await, b"\0\0\x01\0hello");
        peer.message(&[8, 0, WAIT, 0]).await;
        while seen.next().await != "waiting" {}
        for digit in b'0'..=b'9' {
            peer.message(&[1, 0, ECHO, 0, digit]).await;
        }
        peer.frame(FIN | PING, b"x").await;
        peer.close(1000, "").await;
        probe.open(1);
        for digit in 0..10 {
            assert_eq!(seen.next().await, format!("echo {digit}"));
        }
        assert_eq!(seen.next().await, "close 1000");
        server.stop().await;
    });
}

/// Hooks that fail or panic as the table of the raw peer says.
mod failing {
    use super::*;

    pub(super) static DEFAULTS: AtomicU32 = AtomicU32::new(0);

    fn default_or_panic() -> u32 {
        assert!(
            DEFAULTS.fetch_add(1, Ordering::Relaxed) != 0,
            "as the first always does"
        );
        1
    }

    #[highway::server]
    pub(super) struct BadDefault {
        #[default(default_or_panic())]
        _number: u32,
    }

    #[route("echo")]
    async fn echo(data: Value, handler: &mut BadDefault) -> highway::Result {
        handler.send("echo", data).await
    }

    #[highway::server(state = Probe)]
    pub(super) struct Fails;

    #[highway::on(open)]
    async fn open(handler: &mut Fails) -> Result<(), Failure> {
        handler.state().saw("open");
        // The other hooks' tests are let through.
        handler.state().gate().await;
        Ok(())
    }

    #[highway::on(ready)]
    async fn ready(handler: &mut Fails) -> Result<(), Failure> {
        if handler.has_route("fail ready") {
            return Err(Failure::new("as asked"));
        }
        assert!(!handler.has_route("panic ready"), "as asked");
        handler.state().saw("ready");
        Ok(())
    }

    #[highway::on(close)]
    async fn close(close: Close, handler: &mut Fails) -> Result<(), Failure> {
        handler.state().saw(format!("close {close}"));
        if handler.has_route("fail close") {
            return Err(Failure::new("as asked"));
        }
        assert!(!handler.has_route("panic close"), "as asked");
        Ok(())
    }

    #[route("echo")]
    async fn echo_too(data: Value, handler: &mut Fails) -> highway::Result {
        handler.send("echo", data).await
    }

    #[highway::server]
    pub(super) struct FailsToOpen;

    #[highway::on(open, on = FailsToOpen)]
    async fn fail_to_open() -> Result<(), Failure> {
        Err(Failure::new("as always"))
    }

    #[highway::server]
    pub(super) struct PanicsInOpen;

    #[highway::on(open)]
    async fn panic_in_open(_: Connection<PanicsInOpen>) {
        panic!("as always")
    }
}

#[test]
fn panic_in_a_default_closes_that_connection_only() {
    within_deadline(async {
        let server = start(failing::BadDefault::server()).await;
        let peer = RawPeer::connect(server.address).await;
        assert_eq!(peer.closes().await, Some(Close::INTERNAL_ERROR));
        RawPeer::ready(server.address).await.echoes(1).await;
        server.stop().await;
    });
}

#[test]
fn failure_or_panic_in_open_closes_the_connection() {
    within_deadline(async {
        let server = start(failing::FailsToOpen::server()).await;
        let peer = RawPeer::connect(server.address).await;
        assert_eq!(peer.closes().await, Some(Close::INTERNAL_ERROR));
        let server = start(failing::PanicsInOpen::server()).await;
        let peer = RawPeer::connect(server.address).await;
        assert_eq!(peer.closes().await, Some(Close::INTERNAL_ERROR));
    });
}

#[test]
fn failure_or_panic_in_ready_or_close_affects_one_connection() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        probe.open(10);
        let server = start(failing::Fails::server().state(probe)).await;
        let mut other = RawPeer::ready(server.address).await;
        assert_eq!(seen.next().await, "open");
        assert_eq!(seen.next().await, "ready");
        for name in ["fail ready", "panic ready"] {
            let table = format!("\x05\0\0\0{{\"0\":\"meta\",\"1\":\"{name}\"}}");
            let peer = RawPeer::ready_with(server.address, table.as_bytes()).await;
            assert_eq!(peer.closes().await, Some(Close::INTERNAL_ERROR), "{name}");
            assert_eq!(seen.next().await, "open");
            assert_eq!(seen.next().await, "close 1011 Internal error");
        }
        for name in ["fail close", "panic close"] {
            let table = format!("\x05\0\0\0{{\"0\":\"meta\",\"1\":\"{name}\"}}");
            let mut peer = RawPeer::ready_with(server.address, table.as_bytes()).await;
            assert_eq!(seen.next().await, "open");
            assert_eq!(seen.next().await, "ready");
            peer.close(1000, "").await;
            assert_eq!(peer.closes().await, Some(Close::NORMAL), "{name}");
            assert_eq!(seen.next().await, "close 1000");
        }
        other.echoes(1).await;
    });
}

#[test]
fn messages_wait_until_open_and_ready_are_done() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = start(failing::Fails::server().state(probe.clone())).await;
        let mut peer = RawPeer::ready(server.address).await;
        peer.message(b"\0\0\x01\0first").await;
        assert_eq!(seen.next().await, "open");
        // The hook waits, and pings are answered meanwhile.
        peer.frame(FIN | PING, b"?").await;
        assert_eq!(peer.next().await.first, FIN | PONG);
        assert_eq!(seen.now(), [""; 0]);
        probe.open(1);
        assert_eq!(seen.next().await, "ready");
        assert_eq!(peer.next_message().await, b"\0\0\x01\0first");
    });
}

#[test]
fn messages_that_still_wait_when_the_time_for_closing_is_up_are_dropped() {
    within_deadline(async {
        let (server, _probe, mut seen) = server().await;
        let mut peer = RawPeer::connect(server.address).await;
        peer.next_message().await;
        peer.message(TABLE).await;
        peer.next_message().await;
        peer.message(&[8, 0, WAIT, 0]).await;
        while seen.next().await != "waiting" {}
        for _ in 0..5 {
            peer.message(&[0, 0, ECHO, 0, b'x']).await;
        }
        peer.close(1000, "").await;
        // The route has until then to end; nothing begins behind it.
        seen.expect("close 1000").await;
        server.stop().await;
        assert_eq!(seen.now(), [""; 0]);
    });
}
