//! What a peer chose, in the logs of the other side and in its errors: on one line each, with nothing that steers a terminal.

use std::{
    fmt::{self, Write as _},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use highway::{
    CallError, Close, ConnectError, Error, Failure, Refusal, Request, SendError, StatusCode, Value,
    client::Reconnect, payload, route, wire::Dialect,
};
use highway_tests::websocket::{FIN, TABLE, TEXT, request};
use tokio::net::TcpListener;
use tracing::field::{Field, Visit};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

use crate::support::{Probe, RawPeer, start};

/// What forges a line, steers a terminal in two ways, and turns a line around.
const FORGED: &str =
    "x\r\n2030-01-01T00:00:00Z ERROR all is lost \u{1b}[2J\u{9b}31m\u{202e}\u{2028}.";

/// How it is shown.
const SHOWN: &str =
    r"x\r\n2030-01-01T00:00:00Z ERROR all is lost \u{1b}[2J\u{9b}31m\u{202e}\u{2028}.";

#[track_caller]
fn check_shown(text: &str) {
    let steers = |char: char| char.is_control() || matches!(char, '\u{202e}' | '\u{2028}');
    assert!(!text.contains(steers), "{text:?}");
}

/// All that is logged, of every level, with nothing escaped that was not when it was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        // Not what other libraries say.
        if !event.metadata().target().starts_with("highway") {
            return;
        }
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line.0);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").expect("a string takes it");
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        write!(self.0, " {field}={value}").expect("a string takes it");
    }
}

impl Log {
    fn lines(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits for a line with these words in it, and with what a peer chose as it may be shown.
    async fn expect(&self, level: &str, words: &str, shown: &str) {
        let found = async {
            let mut look = tokio::time::interval(Duration::from_millis(5));
            loop {
                let lines = self.lines();
                for line in &lines {
                    check_shown(line);
                }
                let is_it = |line: &&String| line.starts_with(level) && line.contains(words);
                if let Some(line) = lines.iter().find(is_it) {
                    break assert!(line.contains(shown), "{line}");
                }
                look.tick().await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(30), found).await;
        assert!(found.is_ok(), "no `{words}` in {:#?}", self.lines());
    }
}

/// Runs a test whose tasks log to it, in its thread.
fn logged(test: impl AsyncFnOnce(Log)) {
    let log = Log::default();
    let _logging = tracing_subscriber::registry()
        .with(log.clone())
        .set_default();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be built")
        .block_on(async {
            let ended = tokio::time::timeout(Duration::from_secs(60), test(log.clone())).await;
            assert!(ended.is_ok(), "the test has not ended: {:#?}", log.lines());
        });
    for line in log.lines() {
        check_shown(&line);
    }
}

#[derive(Debug, serde::Deserialize)]
enum Color {
    Red,
}

#[highway::server(state = Probe)]
struct Server;

#[highway::on(connect)]
async fn asked(request: &mut Request<Server>) -> Result<(), Refusal> {
    request.state().saw(format!("{request:?}"));
    Ok(())
}

#[route("color")]
async fn color(color: Color, server: &mut Server) {
    server.state().saw(format!("{color:?}"));
}

#[route("fail")]
async fn fail(text: String, _: &mut Server) -> Result<String, Failure> {
    Err(Failure::new(text.clone())
        .with_code(text.clone())
        .with_data(text))
}

#[route("panic")]
async fn panic(text: String, _: &mut Server) {
    panic!("{text}");
}

mod declared {
    #[highway::protocol]
    pub mod server {
        pub async fn say(text: String);
    }
}

#[highway::server(serves = declared::server)]
struct Declared;

#[route(declared::server::say, on = Declared)]
async fn say(_: String) {}

#[highway::client]
struct Client;

/// Sends a text to one of the server's routes, as a peer that knows messages only.
async fn send(peer: &mut RawPeer, route: u8, text: &str) {
    let message = [&[0, 0, route, 0], text.as_bytes()].concat();
    peer.message(&message).await;
}

#[test]
fn data_that_does_not_fit() {
    logged(async |log| {
        let server = start(Server::server().state(Probe::new().0)).await;
        let mut peer = RawPeer::ready(server.address).await;
        send(&mut peer, 1, FORGED).await;
        log.expect("WARN", "not converted", SHOWN).await;
    });
}

#[test]
fn failures_and_panics() {
    logged(async |log| {
        let server = start(Server::server().state(Probe::new().0)).await;
        let mut peer = RawPeer::ready(server.address).await;
        send(&mut peer, 2, FORGED).await;
        log.expect("ERROR", "failed", SHOWN).await;
        let mut peer = RawPeer::ready(server.address).await;
        send(&mut peer, 3, FORGED).await;
        log.expect("ERROR", "panicked", SHOWN).await;

        let client = Client::client().connect(&server.url).await.unwrap();
        let error = client
            .call::<_, _, String>("fail", FORGED)
            .await
            .unwrap_err();
        log.expect("INFO", "called", SHOWN).await;
        check_shown(&error.to_string());
        check_shown(&format!("{error:?}"));
        assert!(error.to_string().contains(SHOWN), "{error}");
        // The program gets it as it was sent.
        let Error::Call {
            source: CallError::Refused { failure },
            ..
        } = error
        else {
            panic!("{error:?}");
        };
        assert_eq!((failure.message(), failure.code()), (FORGED, Some(FORGED)));
        let error = client.call::<_, _, ()>("color", FORGED).await.unwrap_err();
        check_shown(&error.to_string());
        assert!(error.to_string().contains(SHOWN), "{error}");
    });
}

#[test]
fn reasons_of_clients() {
    logged(async |log| {
        let server = start(Server::server().state(Probe::new().0)).await;
        let mut peer = RawPeer::ready(server.address).await;
        peer.close(4000, FORGED).await;
        log.expect("DEBUG", "closed", SHOWN).await;
    });
}

#[test]
fn reasons_that_are_cut() {
    logged(async |log| {
        let server = start(Server::server().state(Probe::new().0)).await;
        let client = Client::client().connect(&server.url).await.unwrap();
        let reason = format!("{FORGED}{}", "x".repeat(Close::MAX_REASON));
        client.close_with(4000, reason).await.unwrap();
        log.expect("WARN", "close reason was cut", SHOWN).await;
    });
}

#[test]
fn text_where_bytes_belong() {
    logged(async |log| {
        let server = start(Server::server().state(Probe::new().0)).await;
        let mut peer = RawPeer::ready(server.address).await;
        peer.frame(FIN | TEXT, FORGED.as_bytes()).await;
        let close = peer.next_close().await;
        assert_eq!(close, Some(Close::MALFORMED_HEADER));
        log.expect("WARN", "messages are binary: send bytes", "")
            .await;
    });
}

#[test]
fn names_in_contracts() {
    fn dict(key: &str, value: impl Into<Value>) -> Value {
        [(key, value.into())]
            .into_iter()
            .collect::<highway::value::Dict>()
            .into()
    }

    logged(async |log| {
        let server = start(Declared::server()).await;
        let table = b"\x05\0\0\0{\"0\":\"meta\",\"65535\":\"highway/1\"}";
        let mut peer = RawPeer::ready_with(server.address, table).await;
        let fields = dict(FORGED, "int");
        let of = [("name", FORGED.into()), ("fields", fields)];
        let of: highway::value::Dict = of.into_iter().collect();
        let mut contract = vec![5, 14, 0, 0];
        let types = dict("say", dict("data", dict("struct", of)));
        let types = dict("peer", types);
        payload::encode(Dialect::Extended, &types, &mut contract).expect("it can be sent");
        peer.message(&contract).await;
        log.expect("WARN", "route `say`", SHOWN).await;
    });
}

#[test]
fn heads_of_requests() {
    logged(async |log| {
        let (probe, mut seen) = Probe::new();
        let server = start(Server::server().state(probe)).await;
        // What steers can be in a head as one character above 127 only.
        let mut peer = RawPeer::tcp(server.address).await;
        let foreign = request(
            server.address,
            "Origin: http://\u{9b}31m\u{85}\u{202e}.example\r\n",
        );
        peer.bytes(foreign.as_bytes()).await;
        peer.head().await;
        log.expect("INFO", "origin", "http://").await;
        let mut peer = RawPeer::tcp(server.address).await;
        peer.bytes(b"GET \x1b[2J HTTP/1.1\r\n\r\n").await;
        peer.head().await;
        log.expect("DEBUG", "no HTTP request", "").await;
        let path = "GET /\u{9b}31m\u{85}\u{202e} ";
        let request = request(server.address, "").replace("GET / ", path);
        let mut peer = RawPeer::tcp(server.address).await;
        peer.bytes(request.as_bytes()).await;
        assert!(peer.head().await.starts_with("HTTP/1.1 101 "));
        let asked = seen.next().await;
        check_shown(&asked);
        assert!(asked.contains(r"/\u{9b}31m\u{85}\u{202e}"), "{asked}");
        drop(peer);
    });
}

/// Accepts a client's request and answers it.
async fn refuse(listener: &TcpListener, body: &str) {
    let (mut peer, _) = RawPeer::accept_request(listener).await;
    let length = body.len();
    let answer = format!("HTTP/1.1 403 Forbidden\r\nContent-Length: {length}\r\n\r\n{body}");
    peer.bytes(answer.as_bytes()).await;
}

#[test]
fn refusals_and_reasons_of_servers() {
    logged(async |log| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let (error, ()) = tokio::join!(Client::client().connect(&url), refuse(&listener, FORGED));
        let error = error.expect_err("it is refused");
        check_shown(&error.to_string());
        check_shown(&format!("{error:?}"));
        assert!(error.to_string().contains(SHOWN), "{error}");
        let Error::Connect {
            source: ConnectError::Refused { body, status, .. },
            ..
        } = error
        else {
            panic!("{error:?}");
        };
        assert_eq!((body.as_str(), status), (FORGED, StatusCode::FORBIDDEN));

        let soon = Reconnect::default().first_delay(Duration::from_millis(1));
        let client = Client::client().reconnect(soon);
        let served = async {
            let mut peer = RawPeer::accept(&listener).await;
            peer.message(TABLE).await;
            peer.next_message().await;
            peer
        };
        let (connected, mut peer) = tokio::join!(client.connect(&url), served);
        let connected = connected.expect("it is accepted");
        let error = connected
            .send(FORGED, ())
            .await
            .expect_err("there is no such route");
        check_shown(&error.to_string());
        peer.close(1012, FORGED).await;
        log.expect("INFO", "reconnecting", SHOWN).await;
        refuse(&listener, FORGED).await;
        log.expect("WARN", "can't reconnect", SHOWN).await;
    });
}

#[test]
fn route_names_of_servers() {
    logged(async |_| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let name = format!("{FORGED}{}", "y".repeat(10_000));
        let served = async {
            let mut peer = RawPeer::accept(&listener).await;
            let table = serde_json::json!({"0": "meta", "1": FORGED, "2": name}).to_string();
            peer.message(&[b"\x05\0\0\0", table.as_bytes()].concat())
                .await;
            peer.next_message().await;
            peer
        };
        let (connected, _peer) = tokio::join!(Client::client().connect(&url), served);
        let connected = connected.expect("it is accepted");
        for near in [FORGED.replace('x', "z"), name.replace('x', "z")] {
            let error = connected.send(near.as_str(), ()).await.unwrap_err();
            assert!(
                matches!(
                    error,
                    Error::NotSent {
                        source: SendError::NoSuchRoute { .. },
                        ..
                    }
                ),
                "{error}"
            );
            check_shown(&error.to_string());
            assert!(error.to_string().len() < 10_000, "{error}");
            assert!(error.to_string().contains("did you mean"), "{error}");
        }
    });
}

/// A client without a table that says what its connection ended with.
#[test]
fn tables_that_cant_be_read() {
    logged(async |log| {
        let server = start(Server::server().state(Probe::new().0)).await;
        for table in [
            serde_json::json!({FORGED: "meta"}),
            serde_json::json!({"0": {FORGED: 1}}),
            serde_json::json!(FORGED),
        ] {
            let mut peer = RawPeer::connect(server.address).await;
            peer.next().await;
            let table = table.to_string();
            peer.message(&[b"\x05\0\0\0", table.as_bytes()].concat())
                .await;
            assert!(peer.next_close().await.is_some());
        }
        log.expect("DEBUG", "refusing the peer's route table", "")
            .await;
    });
}
