//! Clients that stay connected: servers that go and come back, closes that end it, messages that are kept.

use std::{collections::HashSet, net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream};
use highway::{
    Close, CloseCode, ConnectError, Connection, Error, SendError,
    client::Reconnect,
    connection::{Reason, ReconnectAttempt, Status, StatusChanges},
    route,
};
use highway_tests::{
    websocket::{CLOSE, FIN, TABLE},
    within_deadline,
};
use tokio::{net::TcpListener, sync::mpsc};

use crate::support::{Probe, RawPeer, Seen, start, start_on};

/// Longer than any test takes.
const FOR_EVER: Duration = Duration::from_secs(3600);

#[highway::client(state = Probe)]
struct Me {
    echoes: u32,
}

#[route("echo")]
async fn echoed(data: String, me: &mut Me) {
    me.echoes += 1;
    let text = format!("{data} {}", me.echoes);
    me.state().saw(text);
}

#[route("part")]
async fn part(me: Connection<Me>) -> highway::Result {
    me.close_with(4002, "parted").await
}

#[highway::on(ready)]
async fn ready(me: &mut Me) {
    me.state().saw("ready");
}

#[highway::on(reconnecting)]
async fn reconnecting(attempt: ReconnectAttempt, me: Connection<Me>) {
    me.state()
        .saw(format!("attempt {}: {}", attempt.attempt, attempt.why));
}

#[highway::on(close)]
async fn closed(close: Close, me: &mut Me) {
    me.state().saw(format!("closed {}", close.code()));
}

#[highway::server]
struct Server;

#[route("echo")]
async fn echo(data: String, server: &mut Server) -> highway::Result {
    server.send("echo", data).await
}

/// Greets in its hook, which waits for the test.
#[highway::client(state = Probe)]
struct Greeter;

#[highway::on(ready)]
async fn greet(me: &mut Greeter) -> highway::Result {
    me.state().gate().await;
    me.send("echo", "hello").await
}

/// Does in its hook what it should not.
#[highway::client(state = Probe)]
struct Faulty;

#[highway::on(reconnecting, on = Faulty)]
async fn panics() {
    panic!("on purpose");
}

#[highway::on(reconnecting)]
async fn fails(_: &ReconnectAttempt, me: Connection<Faulty>) -> Result<(), std::fmt::Error> {
    me.state().saw("failed");
    Err(std::fmt::Error)
}

#[highway::on(reconnecting)]
async fn waits(me: Connection<Faulty>) {
    let _dropped = me.state().on_drop("dropped");
    std::future::pending::<()>().await;
}

/// Gives up in its hook.
#[highway::client(state = Probe)]
struct Quitter;

#[highway::on(reconnecting)]
async fn quit(me: Connection<Quitter>) -> highway::Result {
    me.close_with(4003, "enough").await
}

/// One of a thousand.
#[highway::client(state = Crowd)]
struct OneOfMany;

#[derive(Clone)]
struct Crowd(mpsc::UnboundedSender<OfMany>);

/// What became of one of a thousand.
enum OfMany {
    Ready,
    Away(ReconnectAttempt),
    Echoed(usize),
}

impl Crowd {
    fn saw(&self, what: OfMany) {
        // A test that has seen enough is over.
        let _ = self.0.send(what);
    }
}

#[highway::on(ready)]
async fn one_is_ready(me: &mut OneOfMany) {
    me.state().saw(OfMany::Ready);
}

#[highway::on(reconnecting)]
async fn one_is_away(attempt: ReconnectAttempt, me: Connection<OneOfMany>) {
    me.state().saw(OfMany::Away(attempt));
}

#[route("echo")]
async fn one_is_echoed(number: String, me: &mut OneOfMany) {
    me.state().saw(OfMany::Echoed(number.parse().unwrap()));
}

fn soon() -> Reconnect {
    Reconnect::default()
        .first_delay(Duration::from_millis(10))
        .max_delay(Duration::from_millis(50))
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn connect(address: SocketAddr, reconnect: Reconnect) -> (Connection<Me>, Seen) {
    let (probe, seen) = Probe::new();
    let me = Me::client()
        .state(probe)
        .reconnect(reconnect)
        .connect(&format!("ws://{address}"))
        .await
        .unwrap();
    (me, seen)
}

/// Connects to a server that the test plays.
async fn connect_raw(
    listener: &TcpListener,
    reconnect: Reconnect,
) -> (Connection<Me>, Seen, RawPeer) {
    let address = listener.local_addr().unwrap();
    let ((me, seen), peer) = tokio::join!(connect(address, reconnect), accept(listener));
    (me, seen, peer)
}

async fn accept(listener: &TcpListener) -> RawPeer {
    let mut peer = RawPeer::accept(listener).await;
    peer.message(TABLE).await;
    peer.next_message().await;
    peer
}

async fn away(changes: &mut StatusChanges) -> ReconnectAttempt {
    loop {
        match changes.next().await.expect("it is not over") {
            Status::Reconnecting(next) => return next,
            Status::Connecting | Status::Connected => {}
            status => panic!("{status:?}"),
        }
    }
}

#[test]
fn handle_stays_valid_when_its_server_restarts() {
    within_deadline(async {
        let server = start(Server::server()).await;
        let address = server.address;
        let (me, mut seen) = connect(address, soon()).await;
        assert!(matches!(me.status(), Status::Connected));
        me.send("echo", "one").await.unwrap();
        assert_eq!(seen.next().await, "ready");
        assert_eq!(seen.next().await, "one 1");
        let first = me.id();
        let mut changes = me.status_changes();

        server.stop().await;
        assert_eq!(seen.next().await, "closed 1001");
        let next = away(&mut changes).await;
        assert_eq!(next.attempt, 1);
        assert!(matches!(&next.why, Reason::Closed(close) if close.retry_after().is_some()));
        assert_eq!(next.delay, next.why.close().unwrap().retry_after().unwrap());
        assert!(
            seen.next()
                .await
                .starts_with("attempt 1: the connection was closed with 1001")
        );
        let error = me.send("echo", "away").await.unwrap_err();
        assert!(matches!(error, Error::Disconnected(_)), "{error}");
        let error = me.try_send("echo", "away").unwrap_err();
        assert!(matches!(error, Error::Disconnected(_)), "{error}");

        let server = start_on(Server::server(), address).await;
        loop {
            let said = seen.next().await;
            if said == "ready" {
                break;
            }
            assert!(said.starts_with("attempt "), "{said}");
        }
        while !matches!(me.status(), Status::Connected) {
            changes.next().await.unwrap();
        }
        me.send("echo", "two").await.unwrap();
        // The handler is a new one, its state the same.
        assert_eq!(seen.next().await, "two 1");
        assert_ne!(me.id(), first);

        me.close().await;
        assert_eq!(seen.next().await, "closed 1000");
        assert_eq!(me.closed().await, Close::NORMAL);
        assert!(matches!(me.status(), Status::Closed(close) if close == Close::NORMAL));
        let error = me.send("echo", "over").await.unwrap_err();
        assert!(matches!(error, Error::Closed(_)), "{error}");
        assert_eq!(seen.now(), Vec::<String>::new());
        server.stop().await;
    });
}

#[test]
fn connections_that_are_cut_off_are_made_again() {
    within_deadline(async {
        let (listener, _) = listen().await;
        let (me, mut seen, peer) = connect_raw(&listener, soon()).await;
        peer.reset();
        let peer = accept(&listener).await;
        drop(peer);
        let mut peer = accept(&listener).await;
        for expected in [
            "ready",
            "closed 1006",
            "attempt 1: ",
            "ready",
            "closed 1006",
            "attempt 2: ",
            "ready",
        ] {
            let said = seen.next().await;
            assert!(said.starts_with(expected), "{said}, not {expected}");
        }
        me.send("echo", "x").await.unwrap();
        assert_eq!(peer.next_message().await, b"\0\0\x01\0x");
    });
}

/// What a client does when its server closes.
async fn closes_with(code: u16, reason: &str, reconnect: Reconnect) -> Status {
    let (listener, _) = listen().await;
    let (me, _seen, mut peer) = connect_raw(&listener, reconnect).await;
    let mut changes = me.status_changes();
    if code == 1005 {
        peer.frame(FIN | CLOSE, b"").await;
    } else {
        peer.close(code, reason).await;
    }
    changes.next().await.expect("it changes")
}

#[test]
fn codes_decide_whether_to_come_back() {
    within_deadline(async {
        let patient = || soon().first_delay(FOR_EVER).max_delay(FOR_EVER);
        for code in [1001, 1011, 1012, 1013, 1014] {
            let status = closes_with(code, "", patient()).await;
            assert!(
                matches!(&status, Status::Reconnecting(next) if next.attempt == 1),
                "{code}: {status:?}"
            );
        }
        for code in [
            1000, 1002, 1003, 1005, 1007, 1008, 1009, 1010, 3000, 3001, 3002, 3003, 4000, 4999,
        ] {
            let status = closes_with(code, "", patient()).await;
            assert!(
                matches!(&status, Status::Closed(close) if close.code().as_u16() == code),
                "{code}: {status:?}"
            );
        }
        let status = closes_with(3003, "Invalid state", patient()).await;
        assert!(matches!(status, Status::Reconnecting(_)), "{status:?}");
        let chosen = || {
            patient().retry_if(|why| {
                why.close()
                    .is_some_and(|close| close.code().as_u16() == 4001)
            })
        };
        let status = closes_with(4001, "", chosen()).await;
        assert!(matches!(status, Status::Reconnecting(_)), "{status:?}");
        let status = closes_with(1001, "", chosen()).await;
        assert!(matches!(status, Status::Closed(_)), "{status:?}");
    });
}

#[test]
fn server_says_when_to_come_back() {
    within_deadline(async {
        let status = closes_with(1001, "shutting down; retry in 60000 ms", soon()).await;
        let Status::Reconnecting(next) = status else {
            panic!("{status:?}");
        };
        assert_eq!(next.delay, Duration::from_secs(60));
    });
}

/// What a client does when its attempt to come back is answered with this.
async fn answered_with(answer: &str) -> ReconnectAttempt {
    let (listener, _) = listen().await;
    let reconnect = soon().wait_for_server(true);
    let (me, _seen, peer) = connect_raw(&listener, reconnect).await;
    let mut changes = me.status_changes();
    peer.reset();
    let (mut peer, _) = RawPeer::accept_request(&listener).await;
    peer.bytes(format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n").as_bytes())
        .await;
    loop {
        let next = away(&mut changes).await;
        if next.attempt > 1 {
            return next;
        }
    }
}

#[test]
fn answer_says_when_to_come_back() {
    #[track_caller]
    fn check(answer: &str, told: Option<u64>) {
        within_deadline(async {
            let next = answered_with(answer).await;
            let told = told.map(Duration::from_secs);
            assert_eq!(next.why.retry_after(), told, "{next:?}");
            // The client's own delay comes on top of it.
            let delay = next.delay.checked_sub(told.unwrap_or_default());
            let own = Duration::from_millis(50);
            assert!(delay.is_some_and(|delay| delay <= own), "{next:?}");
        });
    }
    check("503 Service Unavailable\r\nRetry-After: 7", Some(7));
    check("429 Too Many Requests\r\nretry-after:  120 ", Some(120));
    check("503 Service Unavailable\r\nRetry-After: 0", Some(0));
    // Longer is not waited for, whoever says so.
    for seconds in ["601", "18446744073709551615", "99999999999999999999999"] {
        let answer = format!("503 Service Unavailable\r\nRetry-After: {seconds}");
        check(&answer, Some(600));
    }
    for told in [
        "",
        "-1",
        "1.5",
        "x",
        "Fri, 31 Dec 1999 23:59:59 GMT",
        "\u{663}",
    ] {
        check(
            &format!("503 Service Unavailable\r\nRetry-After: {told}"),
            None,
        );
    }
    check("503 Service Unavailable", None);
    check("500 Internal Server Error\r\nRetry-After: 7", None);
}

#[test]
fn server_that_is_full_says_when_to_come_back() {
    within_deadline(async {
        let full = Server::server().limits(|limits| limits.connections = 0);
        let server = start(full).await;
        let (probe, mut seen) = Probe::new();
        let client = Me::client()
            .state(probe)
            .reconnect(soon().wait_for_server(true));
        let connecting = tokio::spawn({
            let url = server.url.clone();
            async move { client.connect(&url).await.map(drop) }
        });
        let said = seen.next().await;
        assert!(
            said.starts_with("attempt 1: the server answered 503"),
            "{said}"
        );
        connecting.abort();
        let error = Me::client()
            .state(Probe::new().0)
            .connect(&server.url)
            .await
            .unwrap_err();
        assert!(
            matches!(
                &error,
                Error::Connect {
                    source: ConnectError::Refused {
                        retry_after: Some(_),
                        ..
                    },
                    ..
                }
            ),
            "{error:?}"
        );
    });
}

#[test]
fn close_by_hand_ends_it_at_once_while_there_is_no_connection() {
    within_deadline(async {
        let (listener, _) = listen().await;
        let slow = soon().first_delay(FOR_EVER).max_delay(FOR_EVER);
        let (me, _seen, peer) = connect_raw(&listener, slow).await;
        let mut changes = me.status_changes();
        peer.reset();
        away(&mut changes).await;
        me.close_with(4001, "enough").await.unwrap();
        assert_eq!(me.closed().await.to_string(), "4001 enough");
        let last = changes.next().await;
        assert!(matches!(last, Some(Status::Closed(_))), "{last:?}");
        assert!(changes.next().await.is_none());
        // A second close finds nothing to do.
        me.close().await;
    });
}

#[test]
fn dropped_handle_ends_it_at_once_while_there_is_no_connection() {
    within_deadline(async {
        let (listener, _) = listen().await;
        let slow = soon().first_delay(FOR_EVER).max_delay(FOR_EVER);
        let (me, seen, peer) = connect_raw(&listener, slow).await;
        let mut changes = me.status_changes();
        let clone = me.clone();
        peer.reset();
        away(&mut changes).await;
        drop(me);
        assert!(matches!(clone.status(), Status::Reconnecting(_)));
        drop(clone);
        let last = changes.next().await;
        assert!(matches!(last, Some(Status::Closed(_))), "{last:?}");
        // The task is gone, with all that it held.
        let said = seen.rest().await;
        assert!(
            said.starts_with(&["ready".to_owned(), "closed 1006".to_owned()]),
            "{said:?}"
        );
    });
}

#[test]
fn connection_without_a_handle_lives_on_and_is_not_made_again() {
    within_deadline(async {
        let (listener, _) = listen().await;
        let (me, mut seen, mut peer) = connect_raw(&listener, soon()).await;
        let mut changes = me.status_changes();
        drop(me);
        peer.message(b"\0\0\x01\0x").await;
        assert_eq!(seen.next().await, "ready");
        assert_eq!(seen.next().await, "x 1");
        peer.close(1001, "").await;
        let last = changes.next().await;
        assert!(matches!(last, Some(Status::Closed(_))), "{last:?}");
        assert_eq!(seen.rest().await, ["closed 1001"]);
    });
}

#[test]
fn close_in_a_route_ends_it() {
    within_deadline(async {
        let (listener, _) = listen().await;
        let (me, _seen, mut peer) = connect_raw(&listener, soon()).await;
        peer.message(b"\x06\0\x02\0").await;
        assert_eq!(peer.closes().await.unwrap().to_string(), "4002 parted");
        assert_eq!(me.closed().await.to_string(), "4002 parted");
    });
}

#[test]
fn client_waits_for_its_server_when_asked_to() {
    within_deadline(async {
        let (listener, address) = listen().await;
        drop(listener);
        let (probe, mut seen) = Probe::new();
        let url = format!("ws://{address}");
        let connecting = tokio::spawn({
            let client = Me::client()
                .state(probe)
                .reconnect(soon().wait_for_server(true));
            let url = url.clone();
            async move { client.connect(&url).await }
        });
        assert!(seen.next().await.starts_with("attempt 1: "));
        assert!(seen.next().await.starts_with("attempt 2: "));
        let server = start_on(Server::server(), address).await;
        let me = connecting.await.unwrap().unwrap();
        me.send("echo", "x").await.unwrap();
        while seen.next().await != "ready" {}
        assert_eq!(seen.next().await, "x 1");
        server.stop().await;
        me.close().await;

        // Who does not ask is told at once, as is who asks for the impossible.
        let (listener, address) = listen().await;
        drop(listener);
        let url = format!("ws://{address}");
        let (probe, _) = Probe::new();
        let client = Me::client().state(probe.clone()).reconnect(soon());
        let error = client.connect(&url).await.unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(&format!("can't connect to {url}: "))
        );
        let client = Me::client()
            .state(probe)
            .reconnect(soon().wait_for_server(true));
        let error = client.connect("http://127.0.0.1").await.unwrap_err();
        assert!(error.to_string().contains("ws:// or wss://"), "{error}");
    });
}

#[test]
fn connect_that_is_dropped_while_it_waits_leaves_nothing_behind() {
    within_deadline(async {
        let (listener, address) = listen().await;
        drop(listener);
        let (probe, mut seen) = Probe::new();
        let url = format!("ws://{address}");
        let slow = soon()
            .first_delay(FOR_EVER)
            .max_delay(FOR_EVER)
            .wait_for_server(true);
        let connect = Me::client().state(probe).reconnect(slow).connect(&url);
        tokio::select! {
            _ = connect => panic!("there is no server"),
            said = seen.next() => assert!(said.starts_with("attempt 1: "), "{said}"),
        }
        assert_eq!(seen.rest().await, Vec::<String>::new());
    });
}

#[test]
fn attempts_end_where_they_are_limited_or_refused() {
    within_deadline(async {
        let (listener, _) = listen().await;
        let (me, mut seen, peer) = connect_raw(&listener, soon().attempts(2)).await;
        drop(listener);
        peer.reset();
        let close = me.closed().await;
        assert_eq!(close.code(), CloseCode::ABNORMAL);
        assert!(close.reason().starts_with("can't reconnect: "), "{close}");
        let said = seen.now();
        assert!(
            said.iter().any(|said| said.starts_with("attempt 2: ")),
            "{said:?}"
        );
        assert!(
            !said.iter().any(|said| said.starts_with("attempt 3: ")),
            "{said:?}"
        );

        let (listener, _) = listen().await;
        let (me, _seen, peer) = connect_raw(&listener, soon()).await;
        peer.reset();
        for answer in ["503 Service Unavailable", "401 Unauthorized"] {
            let (mut peer, _) = RawPeer::accept_request(&listener).await;
            let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
            peer.bytes(answer.as_bytes()).await;
        }
        assert_eq!(
            me.closed().await.reason(),
            "can't reconnect: the server answered 401 Unauthorized"
        );
    });
}

#[test]
fn kept_messages_go_in_order_behind_what_hooks_send() {
    within_deadline(async {
        let (listener, address) = listen().await;
        let (probe, _seen) = Probe::new();
        probe.open(1);
        let client = Greeter::client()
            .state(probe.clone())
            .reconnect(soon().keep(10, FOR_EVER));
        let url = format!("ws://{address}");
        let (me, mut peer) = tokio::join!(client.connect(&url), accept(&listener));
        let me = me.unwrap();
        assert_eq!(peer.next_message().await, b"\0\0\x01\0hello");
        let mut changes = me.status_changes();
        peer.reset();
        away(&mut changes).await;

        let sends = tokio::spawn({
            let me = me.clone();
            async move {
                tokio::join!(
                    me.send("echo", "one"),
                    me.send("echo", "two"),
                    me.send("echo", "three"),
                )
            }
        });
        let mut peer = accept(&listener).await;
        probe.open(1);
        assert_eq!(peer.next_message().await, b"\0\0\x01\0hello");
        assert_eq!(peer.next_message().await, b"\0\0\x01\0one");
        assert_eq!(peer.next_message().await, b"\0\0\x01\0two");
        assert_eq!(peer.next_message().await, b"\0\0\x01\0three");
        let (one, two, three) = sends.await.unwrap();
        one.and(two).and(three).unwrap();
        me.send("echo", "four").await.unwrap();
        assert_eq!(peer.next_message().await, b"\0\0\x01\0four");
    });
}

#[test]
fn kept_messages_are_reported_when_they_are_not_sent() {
    within_deadline(async {
        let (listener, _) = listen().await;
        let slow = || soon().first_delay(FOR_EVER).max_delay(FOR_EVER);
        let reconnect = slow().keep(1, Duration::from_millis(50));
        let (me, _seen, peer) = connect_raw(&listener, reconnect).await;
        let mut changes = me.status_changes();
        peer.reset();
        away(&mut changes).await;
        let (kept, beyond) = tokio::join!(me.send("echo", "x"), me.send("echo", "y"));
        let (kept, beyond) = (kept.unwrap_err(), beyond.unwrap_err());
        assert!(
            matches!(&kept, Error::NotSent { route, source: SendError::Expired } if route == "echo"),
            "{kept}"
        );
        assert!(
            matches!(
                beyond,
                Error::NotSent {
                    source: SendError::TooManyKept { limit: _ },
                    ..
                }
            ),
            "{beyond}"
        );
        let unknown = me.send("ecko", "x").await.unwrap_err();
        assert!(
            matches!(
                unknown,
                Error::NotSent {
                    source: SendError::NoSuchRoute { .. },
                    ..
                }
            ),
            "{unknown}"
        );

        let (me, _seen, peer) = connect_raw(&listener, slow().keep(1, FOR_EVER)).await;
        let mut changes = me.status_changes();
        peer.reset();
        away(&mut changes).await;
        let (kept, ()) = tokio::join!(me.send("echo", "x"), me.close());
        let kept = kept.unwrap_err();
        assert!(matches!(kept, Error::Closed(_)), "{kept}");
    });
}

#[test]
fn faults_of_reconnecting_hooks_are_their_own() {
    within_deadline(async {
        let (listener, address) = listen().await;
        let (probe, mut seen) = Probe::new();
        let client = Faulty::client()
            .state(probe)
            .limits(|limits| limits.close_timeout = Duration::from_millis(50))
            .reconnect(soon());
        let url = format!("ws://{address}");
        let (me, peer) = tokio::join!(client.connect(&url), accept(&listener));
        let me = me.unwrap();
        peer.reset();
        accept(&listener).await;
        assert_eq!(seen.next().await, "failed");
        assert_eq!(seen.next().await, "dropped");
        drop(me);
    });
}

#[test]
fn reconnecting_hook_can_end_it() {
    within_deadline(async {
        let (listener, address) = listen().await;
        let (probe, _seen) = Probe::new();
        let slow = soon().first_delay(FOR_EVER).max_delay(FOR_EVER);
        let client = Quitter::client().state(probe).reconnect(slow);
        let url = format!("ws://{address}");
        let (me, peer) = tokio::join!(client.connect(&url), accept(&listener));
        let me = me.unwrap();
        peer.reset();
        assert_eq!(me.closed().await.to_string(), "4003 enough");
    });
}

#[test]
fn decision_that_panics_ends_the_client() {
    within_deadline(async {
        let (listener, _) = listen().await;
        let reconnect = soon().retry_if(|_| panic!("on purpose"));
        let (me, _seen, peer) = connect_raw(&listener, reconnect).await;
        peer.reset();
        assert_eq!(me.closed().await.code(), CloseCode::ABNORMAL);
    });
}

#[test]
fn connection_without_reconnect_tells_its_end_as_status() {
    within_deadline(async {
        let (listener, address) = listen().await;
        let (probe, _seen) = Probe::new();
        let client = Me::client().state(probe);
        let url = format!("ws://{address}");
        let (me, mut peer) = tokio::join!(client.connect(&url), accept(&listener));
        let me = me.unwrap();
        assert!(matches!(me.status(), Status::Connected));
        let mut changes = me.status_changes();
        peer.close(1001, "").await;
        let last = changes.next().await;
        assert!(matches!(last, Some(Status::Closed(close)) if close == Close::GOING_AWAY));
        assert!(changes.next().await.is_none());
        assert!(matches!(me.status(), Status::Closed(_)));
    });
}

const MANY: usize = 1000;

/// Over how long a thousand clients come back.
const SPREAD: Duration = Duration::from_secs(1);

/// Waits until all are connected again, and gives back why and when each made its first attempt.
async fn all_come_back(events: &mut mpsc::UnboundedReceiver<OfMany>) -> Vec<ReconnectAttempt> {
    let mut first = Vec::new();
    let mut ready = 0;
    while ready < MANY {
        match events.recv().await.expect("the clients are there") {
            OfMany::Ready => ready += 1,
            OfMany::Away(attempt) if attempt.attempt == 1 => first.push(attempt),
            OfMany::Away(_) | OfMany::Echoed(_) => {}
        }
    }
    first
}

/// Every tenth of the time has its share of the attempts, give or take half of it: five times what chance makes of it.
#[track_caller]
fn check_spread(attempts: &[ReconnectAttempt]) {
    assert_eq!(attempts.len(), MANY);
    let mut tenths = [0; 10];
    for attempt in attempts {
        assert!(attempt.delay <= SPREAD, "{attempt:?}");
        let part = attempt.delay.as_millis() * 10 / (SPREAD.as_millis() + 1);
        tenths[usize::try_from(part).unwrap()] += 1;
    }
    let share = MANY / 10;
    assert!(
        tenths
            .iter()
            .all(|tenth| (share / 2..=share + share / 2).contains(tenth)),
        "{tenths:?}"
    );
}

/// Each of them can be talked to through its handle from before.
async fn check_all_echo(
    clients: &[Connection<OneOfMany>],
    events: &mut mpsc::UnboundedReceiver<OfMany>,
) {
    for (number, client) in clients.iter().enumerate() {
        let mut changes = client.status_changes();
        while !matches!(client.status(), Status::Connected) {
            changes.next().await.expect("it is not over");
        }
        client.send("echo", number.to_string()).await.unwrap();
    }
    let mut missing: HashSet<usize> = (0..clients.len()).collect();
    while !missing.is_empty() {
        if let OfMany::Echoed(number) = events.recv().await.expect("the clients are there") {
            assert!(missing.remove(&number), "{number}");
        }
    }
}

#[test]
fn thousand_clients_come_back_spread_over_time_from_a_crash_and_a_restart() {
    // Each has a descriptor on both sides, and for a while one more.
    #[cfg(unix)]
    {
        let wanted = 4 * MANY as u64;
        let limit = rlimit::increase_nofile_limit(wanted).unwrap();
        assert!(limit >= wanted, "the system allows {limit} descriptors");
    }
    within_deadline(async {
        let server = || Server::server().limits(|limits| limits.reconnect_spread = SPREAD);
        let running = start(server()).await;
        let (address, url) = (running.address, running.url.clone());
        let (crowd, mut events) = mpsc::unbounded_channel();
        let reconnect = Reconnect::default()
            .first_delay(SPREAD)
            .max_delay(SPREAD)
            .lasted_after(Duration::ZERO);
        let clients: Vec<_> = stream::iter(0..MANY)
            .map(|_| {
                let client = OneOfMany::client().state(Crowd(crowd.clone()));
                client.reconnect(reconnect.clone()).connect(&url)
            })
            .buffer_unordered(50)
            .map(|client| client.expect("the server is there"))
            .collect()
            .await;
        assert_eq!(all_come_back(&mut events).await.len(), 0);

        // Nobody tells them when to come back: the delays are their own.
        running.drop_future().await;
        let running = start_on(server(), address).await;
        let attempts = all_come_back(&mut events).await;
        check_spread(&attempts);
        assert!(
            attempts.iter().all(|it| it.why.retry_after().is_none()),
            "{attempts:?}"
        );
        check_all_echo(&clients, &mut events).await;

        // The server tells each of them when.
        running.stop().await;
        let running = start_on(server(), address).await;
        let attempts = all_come_back(&mut events).await;
        check_spread(&attempts);
        assert!(
            attempts
                .iter()
                .all(|it| it.why.retry_after() == Some(it.delay)),
            "{attempts:?}"
        );
        check_all_echo(&clients, &mut events).await;

        running.stop().await;
        stream::iter(&clients)
            .for_each_concurrent(None, |client| async { client.close().await })
            .await;
    });
}
