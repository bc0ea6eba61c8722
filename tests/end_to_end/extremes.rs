//! Every limit as large as its type and at zero, on either side of a connection: it works as before, or is refused where it is
//! set, or does what the docs say.

use std::{future::Future, time::Duration};

use futures_util::stream;
use highway::{
    CallError, CloseCode, ConnectError, Connection, Error, Handler, Incoming, Limits, Outgoing,
    Result, SendError, ServerLimits, client::Reconnect, connection::Status, on, route, test,
};
use highway_tests::{
    paused,
    websocket::{FIN, PING, TABLE},
    within_deadline,
};

use crate::support::{Probe, RawPeer, Seen, start};

#[highway::server(state = Probe)]
struct Server;

#[route("echo")]
async fn echo(text: String, server: &mut Server) -> Result {
    server.send("echoed", text).await
}

#[route("add", on = Server)]
async fn add(numbers: Vec<i64>) -> i64 {
    numbers.iter().sum()
}

#[route("count", on = Server)]
async fn count(to: u64) -> impl futures_util::Stream<Item = u64> {
    stream::iter(0..to)
}

#[route("sum", on = Server)]
async fn sum(mut numbers: Incoming<i64>) -> Result<i64> {
    let mut sum = 0;
    while let Some(number) = numbers.next().await {
        sum += number?;
    }
    Ok(sum)
}

#[route("never")]
async fn never(_: Connection<Server>) {
    std::future::pending::<()>().await;
}

#[route("later")]
async fn later(server: Connection<Server>) -> Result<u64> {
    server.call("twice", 4).await
}

#[route("join")]
async fn join(server: &mut Server) -> Result {
    server.join("room")
}

#[route("restart")]
async fn restart(server: Connection<Server>) -> Result {
    server.close_with(1012, "").await
}

#[route("check codes")]
async fn check_codes_here(server: Connection<Server>) {
    check_codes(&server).await;
}

#[on(close)]
async fn server_closed(server: &mut Server) {
    server.state().saw("the server's hook ran");
}

#[highway::client(state = Probe)]
struct Client;

#[route("echoed")]
async fn echoed(text: String, client: &mut Client) {
    client.state().saw(text);
}

#[route("twice", on = Client)]
async fn twice(number: u64) -> u64 {
    2 * number
}

#[on(close)]
async fn client_closed(client: &mut Client) {
    client.state().saw("the client's hook ran");
}

/// What comes of a limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Everything works.
    Works,
    /// Nothing is bound or connected to.
    Refused,
    /// The server answers the request with status 503.
    Full,
    /// The connection closes before the routes are exchanged.
    Closes(CloseCode),
    /// Nothing works that opens calls, streams or pipes.
    NoCalls,
    /// Nothing works for which that side calls the other.
    NoCallsBack,
    /// The other side may open no streams.
    NoStreams,
    /// Nothing works that has lists in it.
    NoLists,
    /// No room can be joined.
    NoRooms,
}
use Outcome::{Closes, Full, NoCalls, NoCallsBack, NoLists, NoRooms, NoStreams, Refused, Works};

/// A limit of a server, which has [`ServerLimits`], or of a client, which has [`Limits`]: how to set it to its largest and to zero, and
/// what comes of zero. What is largest always works.
struct Row<L> {
    name: &'static str,
    largest: fn(&mut L),
    zero: fn(&mut L),
    at_zero: Outcome,
}

macro_rules! row {
    ($name:ident: $largest:expr, $zero:expr => $at_zero:expr) => {
        Row {
            name: stringify!($name),
            largest: |limits| limits.$name = $largest,
            zero: |limits| limits.$name = $zero,
            at_zero: $at_zero,
        }
    };
}

/// The limits of connections, with what comes of zero at a server and at a client, and those of servers.
macro_rules! rows {
    (
        connection { $($name:ident: $largest:expr, $zero:expr => $server:expr, $client:expr;)* }
        server { $($its:ident: $its_largest:expr, $its_zero:expr => $at_zero:expr;)* }
    ) => {
        (
            vec![
                $(row!($name: $largest, $zero => $server),)*
                $(row!($its: $its_largest, $its_zero => $at_zero),)*
            ],
            vec![$(row!($name: $largest, $zero => $client)),*],
        )
    };
}

const ZERO: Duration = Duration::ZERO;
const NEVER: Duration = Duration::MAX;

fn rows() -> (Vec<Row<ServerLimits>>, Vec<Row<Limits>>) {
    let told_no_routes = Closes(CloseCode::NORMAL);
    rows! {
        connection {
            message_bytes: usize::MAX, 0 => Refused, Refused;
            nesting: usize::MAX, 0 => NoLists, Works;
            outbox_bytes: usize::MAX, 0 => Works, Works;
            queue_messages: usize::MAX, 0 => Works, Works;
            queue_bytes: usize::MAX, 0 => Works, Works;
            concurrent_routes: usize::MAX, 0 => Works, Works;
            call_timeout: NEVER, ZERO => Refused, Refused;
            calls: usize::MAX, 0 => NoCallsBack, NoCalls;
            streams: usize::MAX, 0 => NoStreams, Works;
            stream_window: u32::MAX, 0 => Works, Works;
            peer_routes: usize::MAX, 0 => told_no_routes, told_no_routes;
            peer_routes_bytes: usize::MAX, 0 => Refused, Refused;
            peer_contract_bytes: usize::MAX, 0 => Refused, Refused;
            messages_per_second: Some(u32::MAX), Some(0) => Refused, Refused;
            ping_interval: NEVER, ZERO => Refused, Refused;
            pong_timeout: NEVER, ZERO => Refused, Refused;
            http_head_bytes: usize::MAX, 0 => Refused, Refused;
            upgrade_timeout: NEVER, ZERO => Refused, Refused;
            exchange_timeout: NEVER, ZERO => Refused, Refused;
            close_timeout: NEVER, ZERO => Refused, Refused;
            write_timeout: NEVER, ZERO => Refused, Refused;
        }
        server {
            connections: usize::MAX, 0 => Full;
            connections_per_address: Some(usize::MAX), Some(0) => Full;
            pending_upgrades: usize::MAX, 0 => Works;
            rooms: usize::MAX, 0 => NoRooms;
            rooms_bytes: usize::MAX, 0 => NoRooms;
            dialect_01_after: NEVER, ZERO => Works;
            shutdown_timeout: NEVER, ZERO => Works;
            reconnect_spread: NEVER, ZERO => Works;
        }
    }
}

/// The names of the fields, as `Debug` writes them: those of each connection come first.
fn fields(limits: &impl std::fmt::Debug) -> Vec<String> {
    let shown = format!("{limits:?}");
    let names = shown.split_terminator(": ").map(|before| {
        let start = before.rfind([' ', '{']).map_or(0, |at| at + 1);
        before[start..].to_owned()
    });
    let mut names: Vec<_> = names.collect();
    names.pop();
    // Not limits, but what contains those of a connection and a switch for tests.
    names.retain(|name| name != "connection" && name != "raw_echo");
    names
}

#[test]
fn every_limit_has_a_row() {
    let (servers, clients) = rows();
    let names: Vec<_> = servers.iter().map(|row| row.name).collect();
    assert_eq!(names, fields(&ServerLimits::default()));
    let names: Vec<_> = clients.iter().map(|row| row.name).collect();
    assert_eq!(names, fields(&Limits::default()));
}

/// The side whose limits are changed.
#[derive(Clone, Copy, Debug)]
enum Side {
    Server(fn(&mut ServerLimits)),
    Client(fn(&mut Limits)),
}

/// How a call failed.
fn failed_call<T>(called: &Result<T>) -> Option<&CallError> {
    match called {
        Err(Error::Call { source, .. }) => Some(source),
        _ => None,
    }
}

/// Uses everything that a connection has, and looks for what is to fail.
async fn use_all(what: &str, client: &Connection<Client>, seen: &mut Seen, outcome: Outcome) {
    client.send("echo", "message").await.unwrap();
    seen.expect("message").await;
    let later: Result<u64> = client.call("later", ()).await;
    let as_expected = match outcome {
        NoCalls => matches!(failed_call(&later), Some(CallError::TooMany { limit: 0 })),
        NoCallsBack => matches!(failed_call(&later), Some(CallError::Refused { .. })),
        _ => matches!(later, Ok(8)),
    };
    assert!(as_expected, "{what}: {later:?}");
    let added: Result<i64> = client.call("add", vec![1, 2, 3]).await;
    let as_expected = match outcome {
        NoCalls => matches!(failed_call(&added), Some(CallError::TooMany { .. })),
        NoLists => matches!(
            failed_call(&added),
            Some(CallError::DataNotConverted { .. })
        ),
        _ => matches!(added, Ok(6)),
    };
    assert!(as_expected, "{what}: {added:?}");
    let joined: Result = client.call("join", ()).await;
    let as_expected = match outcome {
        NoCalls => matches!(failed_call(&joined), Some(CallError::TooMany { .. })),
        NoRooms => matches!(failed_call(&joined), Some(CallError::Refused { .. })),
        _ => joined.is_ok(),
    };
    assert!(as_expected, "{what}: {joined:?}");
    let summed: Result<i64> = client.call("sum", Outgoing(stream::iter(1..=100))).await;
    let as_expected = match outcome {
        NoCalls => matches!(failed_call(&summed), Some(CallError::TooMany { .. })),
        NoStreams => matches!(failed_call(&summed), Some(CallError::Busy)),
        _ => matches!(summed, Ok(5050)),
    };
    assert!(as_expected, "{what}: {summed:?}");
    let counted: Result<u64> = async {
        let mut items = client.stream::<_, _, u64>("count", 100).await?;
        let mut count = 0;
        while let Some(item) = items.next().await {
            item?;
            count += 1;
        }
        Ok(count)
    }
    .await;
    let as_expected = match outcome {
        NoCalls => matches!(failed_call(&counted), Some(CallError::TooMany { .. })),
        NoStreams => matches!(failed_call(&counted), Some(CallError::Busy)),
        _ => matches!(counted, Ok(100)),
    };
    assert!(as_expected, "{what}: {counted:?}");
}

/// One side has a limit: what comes of it.
async fn check(what: &str, side: Side, outcome: Outcome, name: &str) {
    // For whoever looks for what has failed.
    println!("{what}");
    let is_refusal = |error: &Error| match error {
        Error::Limit(error) => error.name() == name,
        _ => false,
    };
    let (probe, mut at_server) = Probe::new();
    let mut server = Server::server().state(probe);
    if let Side::Server(change) = side {
        server = server.limits(change);
    }
    let server = match (server.bind("127.0.0.1:0").await, outcome) {
        (Err(error), Refused) => return assert!(is_refusal(&error), "{what}: {error}"),
        (server, _) => server.unwrap_or_else(|error| panic!("{what}: {error}")),
    };
    let (url, handle) = (server.url(), server.handle());
    let running = tokio::spawn(server.into_future());
    let (probe, mut at_client) = Probe::new();
    let mut client = Client::client().state(probe);
    if let Side::Client(change) = side {
        client = client.limits(change);
    }
    match (client.connect(&url).await, outcome) {
        (Err(error), Refused) => assert!(is_refusal(&error), "{what}: {error}"),
        (Err(Error::Connect { source, .. }), Full) => {
            let is_full = matches!(source, ConnectError::Refused { status, .. } if status == 503);
            assert!(is_full, "{what}: {source}");
        }
        (Err(Error::Connect { source, .. }), Closes(code)) => {
            let closed = matches!(&source, ConnectError::Closed(close) if close.code() == code);
            assert!(closed, "{what}: {source}");
            at_server.expect("the server's hook ran").await;
            at_client.expect("the client's hook ran").await;
        }
        (Ok(connection), Closes(code)) => {
            // The server has told its routes before it saw the client's.
            assert_eq!(connection.closed().await.code(), code, "{what}");
            at_server.expect("the server's hook ran").await;
            at_client.expect("the client's hook ran").await;
        }
        (Ok(connection), _) => {
            use_all(what, &connection, &mut at_client, outcome).await;
            connection.close().await;
            let close = connection.closed().await;
            assert_eq!(close.code(), CloseCode::NORMAL, "{what}");
            at_server.expect("the server's hook ran").await;
            at_client.expect("the client's hook ran").await;
        }
        (Err(error), _) => panic!("{what}: {error}"),
    }
    handle.shutdown();
    running.await.unwrap().unwrap();
    assert_eq!(at_server.now(), Vec::<String>::new(), "{what}");
}

/// Fails a test of which no end comes.
async fn within<T>(what: &str, test: impl Future<Output = T>) -> T {
    let test = tokio::time::timeout(Duration::from_secs(20), test);
    test.await
        .unwrap_or_else(|_| panic!("{what}: no end in time"))
}

async fn check_all<L>(rows: Vec<Row<L>>, side: fn(fn(&mut L)) -> Side) {
    for row in rows {
        let Row { name, at_zero, .. } = row;
        let (largest, zero) = (side(row.largest), side(row.zero));
        let what = format!("`{name}` at its largest, {largest:?}");
        within(&what, Box::pin(check(&what, largest, Works, name))).await;
        let what = format!("`{name}` at zero, {zero:?}");
        within(&what, Box::pin(check(&what, zero, at_zero, name))).await;
    }
}

#[test]
fn every_limit_of_a_server_may_be_largest_and_zero() {
    within_deadline(check_all(rows().0, Side::Server));
}

#[test]
fn every_limit_of_a_client_may_be_largest_and_zero() {
    within_deadline(check_all(rows().1, Side::Client));
}

#[test]
fn everything_may_be_largest_at_once() {
    let server = Side::Server(|limits| rows().0.iter().for_each(|row| (row.largest)(limits)));
    let client = Side::Client(|limits| rows().1.iter().for_each(|row| (row.largest)(limits)));
    within_deadline(async {
        for side in [server, client] {
            let what = format!("everything, {side:?}");
            within(&what, Box::pin(check(&what, side, Works, ""))).await;
        }
    });
}

/// A peer that is silent, and is read for an hour.
async fn pings(change: fn(&mut Limits)) -> usize {
    let (probe, _seen) = Probe::new();
    let server = test::server(
        Server::server()
            .state(probe)
            .limits(|limits| change(limits)),
    );
    let mut peer = RawPeer::in_memory(&server, TABLE).await;
    let mut pings = 0;
    let read = async {
        loop {
            let frame = peer.next().await;
            assert_eq!(frame.first, FIN | PING, "{frame:?}");
            pings += 1;
        }
    };
    let while_silent = tokio::time::timeout(Duration::from_secs(3600), read);
    assert!(while_silent.await.is_err(), "the peer stays");
    pings
}

#[test]
fn peer_is_pinged_no_oftener_than_the_limits_say() {
    paused(async {
        let never = |limits: &mut Limits| limits.ping_interval = NEVER;
        assert_eq!(pings(never).await, 0);
        let often_and_patient = |limits: &mut Limits| {
            limits.ping_interval = Duration::from_millis(1);
            limits.pong_timeout = NEVER;
        };
        assert_eq!(pings(often_and_patient).await, 1);
    });
}

/// What a client that reconnects does when its connection ends.
#[derive(Clone, Copy)]
enum Return {
    Comes,
    Ends,
    /// It does not come back soon; meanwhile a message is kept, or not.
    Away(fn(&Error) -> bool),
}

struct Setting {
    /// The field of [`Reconnect`] that it is.
    name: &'static str,
    largest: (fn(Reconnect) -> Reconnect, Return),
    zero: (fn(Reconnect) -> Reconnect, Return),
}

fn settings() -> [Setting; 6] {
    const SOON: Duration = Duration::from_millis(1);
    const LONG: Duration = Duration::from_secs(10_000_000);
    let too_many = Return::Away(|error| {
        matches!(
            error,
            Error::NotSent {
                source: SendError::TooManyKept { limit: 0 },
                ..
            }
        )
    });
    let expired = Return::Away(|error| {
        matches!(
            error,
            Error::NotSent {
                source: SendError::Expired,
                ..
            }
        )
    });
    [
        Setting {
            name: "first_delay",
            largest: (|to| to.first_delay(NEVER).max_delay(SOON), Return::Comes),
            zero: (|to| to.first_delay(ZERO), Return::Comes),
        },
        Setting {
            name: "max_delay",
            largest: (|to| to.first_delay(SOON).max_delay(NEVER), Return::Comes),
            zero: (|to| to.max_delay(ZERO), Return::Comes),
        },
        Setting {
            name: "lasted",
            largest: (|to| to.lasted_after(NEVER).max_delay(SOON), Return::Comes),
            zero: (|to| to.lasted_after(ZERO).max_delay(SOON), Return::Comes),
        },
        Setting {
            name: "attempts",
            largest: (|to| to.attempts(u32::MAX).max_delay(SOON), Return::Comes),
            zero: (|to| to.attempts(0), Return::Ends),
        },
        Setting {
            name: "keep",
            largest: (
                |to| to.keep(usize::MAX, NEVER).max_delay(SOON),
                Return::Comes,
            ),
            zero: (
                |to| to.keep(0, NEVER).first_delay(LONG).max_delay(LONG),
                too_many,
            ),
        },
        Setting {
            name: "keep",
            largest: (
                |to| {
                    to.keep(usize::MAX, NEVER)
                        .wait_for_server(true)
                        .max_delay(SOON)
                },
                Return::Comes,
            ),
            zero: (
                |to| to.keep(1, ZERO).first_delay(LONG).max_delay(LONG),
                expired,
            ),
        },
    ]
}

#[test]
fn every_setting_of_reconnecting_may_be_largest_and_zero() {
    within_deadline(async {
        let (probe, _seen) = Probe::new();
        let server = start(Server::server().state(probe)).await;
        for setting in settings() {
            for (change, comes) in [setting.largest, setting.zero] {
                let what = setting.name;
                within(
                    what,
                    Box::pin(check_return(what, &server.url, change, comes)),
                )
                .await;
            }
        }
        server.stop().await;
    });
}

async fn check_return(what: &str, url: &str, change: fn(Reconnect) -> Reconnect, comes: Return) {
    let (probe, mut seen) = Probe::new();
    let client = Client::client()
        .state(probe)
        .reconnect(change(Reconnect::default()))
        .connect(url)
        .await
        .unwrap();
    let mut changes = client.status_changes();
    client.send("restart", ()).await.unwrap();
    seen.expect("the client's hook ran").await;
    match comes {
        Return::Comes => {
            while !matches!(changes.next().await, Some(Status::Connected)) {}
            while client.send("echo", "again").await.is_err() {}
            seen.expect("again").await;
            client.close().await;
            seen.expect("the client's hook ran").await;
        }
        Return::Ends => {
            assert_eq!(client.closed().await.code().as_u16(), 1012, "{what}");
        }
        Return::Away(is_expected) => {
            while !matches!(client.status(), Status::Reconnecting(_)) {
                changes.next().await;
            }
            let sent = client.send("echo", "lost").await;
            assert!(sent.as_ref().is_err_and(is_expected), "{what}: {sent:?}");
            client.close().await;
        }
    }
}

#[test]
fn every_setting_of_reconnecting_is_among_them() {
    let shown = format!("{:?}", Reconnect::default());
    for field in shown
        .split([' ', ','])
        .filter_map(|word| word.strip_suffix(':'))
    {
        let is_time_or_number = field != "waits_for_server";
        let has_row = settings().iter().any(|setting| setting.name == field);
        assert_eq!(is_time_or_number, has_row, "{field} of {shown}");
    }
}

#[test]
fn timeout_of_a_call_may_be_largest_and_zero() {
    within_deadline(async {
        let (probe, _seen) = Probe::new();
        let server = start(Server::server().state(probe)).await;
        let (probe, _seen) = Probe::new();
        let client = Client::client()
            .state(probe)
            .connect(&server.url)
            .await
            .unwrap();
        let added: i64 = client.call("add", vec![1, 2]).timeout(NEVER).await.unwrap();
        assert_eq!(added, 3);
        let added: Result = client.call("never", ()).timeout(ZERO).await;
        assert!(
            matches!(
                failed_call(&added),
                Some(CallError::TimedOut { after: ZERO })
            ),
            "{added:?}"
        );
        client.close().await;
        server.stop().await;
    });
}

/// A code that may not be sent is refused, and the connection stays; one that may closes both sides with it.
async fn check_codes<H: Handler>(connection: &Connection<H>) {
    for code in (0..=u16::MAX).map(CloseCode::from) {
        if !code.is_sendable() {
            let closed = connection.close_with(code, "").await;
            assert!(matches!(closed, Err(Error::CloseCode(refused)) if refused == code));
        }
    }
    assert!(matches!(connection.status(), Status::Connected));
    // Of a reason that is too long the whole characters that fit are sent.
    connection.close_with(4999, "ä".repeat(100)).await.unwrap();
    let close = connection.closed().await;
    assert_eq!(
        (close.code().as_u16(), close.reason()),
        (4999, &*"ä".repeat(61))
    );
}

#[test]
fn every_close_code_is_sent_or_refused() {
    within_deadline(async {
        let (probe, mut at_server) = Probe::new();
        let server = start(Server::server().state(probe)).await;
        let (probe, mut seen) = Probe::new();
        let client = || Client::client().state(probe.clone());
        let plain = client().connect(&server.url).await.unwrap();
        plain.send("echo", "there").await.unwrap();
        seen.expect("there").await;
        check_codes(&plain).await;
        at_server.expect("the server's hook ran").await;
        seen.expect("the client's hook ran").await;
        let reconnects = client().reconnect(Reconnect::default());
        let reconnects = reconnects.connect(&server.url).await.unwrap();
        check_codes(&reconnects).await;
        seen.expect("the client's hook ran").await;
        let closing = client().connect(&server.url).await.unwrap();
        closing.send("check codes", ()).await.unwrap();
        let close = closing.closed().await;
        assert_eq!(
            (close.code().as_u16(), close.reason()),
            (4999, &*"ä".repeat(61))
        );
        server.stop().await;
    });
}
