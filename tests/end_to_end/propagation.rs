//! Traces that go on at the peer: which calls and streams take a `traceparent` along, and what each side makes of it.

use std::{
    fmt::Debug,
    future::Future,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{Stream, stream};
use highway::{
    Connection, Incoming, Message, Next, Outcome, Outgoing,
    client::Reconnect,
    connection::{ConnectionId, Status},
    route,
    trace::Propagator,
    wire::{Close, Traceparent},
};
use highway_tests::within_deadline;
use tracing::{Level, Span, level_filters::LevelFilter};
use tracing_subscriber::{Registry, layer::SubscriberExt};

use crate::support::{RawPeer, start, start_on};

#[highway::server]
struct Served;

#[route("double", on = Served)]
async fn double(number: i64) -> i64 {
    2 * number
}

#[route("beside")]
async fn beside(number: i64, _: Connection<Served>) -> i64 {
    tokio::task::yield_now().await;
    number
}

#[route("guarded", on = Served)]
async fn guarded(number: i64) -> i64 {
    number
}

#[highway::around("guarded")]
async fn guard(message: &mut Message, served: &mut Served, next: Next<'_, Served>) -> Outcome {
    // Other data has no place for what came along with the first.
    message.set(&5).expect("it can be written");
    next.run(message, served).await
}

#[route("ticks", on = Served)]
async fn ticks(count: u64) -> impl Stream<Item = u64> {
    stream::iter(0..count)
}

#[route("sum")]
async fn sum(mut numbers: Incoming<u64>, _: Connection<Served>) -> highway::Result<u64> {
    let mut sum = 0;
    while let Some(number) = numbers.next().await {
        sum += number?;
    }
    Ok(sum)
}

/// Calls the client back, within the span of the call that asks for it.
#[route("ask")]
async fn ask(number: i64, served: Connection<Served>) -> highway::Result<i64> {
    served.call("half", number).await
}

#[route("ask ticks")]
async fn ask_ticks(count: u64, served: Connection<Served>) -> highway::Result<u64> {
    let mut ticks = served.stream::<_, _, u64>("tock", count).await?;
    let mut seen = 0;
    while let Some(tick) = ticks.next().await {
        tick?;
        seen += 1;
    }
    Ok(seen)
}

#[route("id")]
async fn id((): (), served: &mut Served) -> ConnectionId {
    served.id()
}

#[highway::on(pipe)]
async fn pipe(_: Connection<Served>, served: &mut Served) {
    let _ = served;
}

#[highway::client(pipe = Friend)]
struct Calls;

#[route("half", on = Calls)]
async fn half(number: i64) -> i64 {
    number / 2
}

#[route("tock", on = Calls)]
async fn tock(count: u64) -> impl Stream<Item = u64> {
    stream::iter(0..count)
}

#[highway::client]
struct Friend;

#[route("greet", on = Friend)]
async fn greet(name: String) -> String {
    format!("hello {name}")
}

/// Takes note of what goes along and of what comes along, with the spans' names.
#[derive(Debug, Clone, Default)]
struct Passing {
    injected: Arc<Mutex<Vec<(String, String)>>>,
    extracted: Arc<Mutex<Vec<(String, String)>>>,
    /// What goes along in place of one of the span.
    fixed: Option<String>,
}

fn name(span: &Span) -> String {
    let name = span.metadata().map(|of| of.name().to_owned());
    name.unwrap_or_default()
}

fn of(kept: &Mutex<Vec<(String, String)>>) -> Vec<(String, String)> {
    kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn keep(kept: &Mutex<Vec<(String, String)>>, span: &Span, traceparent: &str) {
    kept.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push((name(span), traceparent.to_owned()));
}

impl Passing {
    fn fixed(traceparent: &str) -> Self {
        Self {
            fixed: Some(traceparent.to_owned()),
            ..Self::default()
        }
    }

    fn is_unused(&self) -> bool {
        of(&self.injected).is_empty() && of(&self.extracted).is_empty()
    }
}

impl Propagator for Passing {
    fn inject(&self, span: &Span) -> Option<String> {
        let id = span.id().map_or(0xffff, |id| id.into_u64());
        let own = || format!("00-{:032x}-{id:016x}-01", 7);
        let traceparent = self.fixed.clone().unwrap_or_else(own);
        keep(&self.injected, span, &traceparent);
        Some(traceparent)
    }

    fn extract(&self, span: &Span, traceparent: &str) {
        keep(&self.extracted, span, traceparent);
    }
}

/// Runs a test on one thread, whose spans up to a level are seen.
fn seen_at(level: Level, test: impl Future<Output = ()>) {
    let seen = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::sink);
    let _seen = tracing::subscriber::set_default(seen.finish());
    on_this_thread(test);
}

fn on_this_thread(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be built")
        .block_on(async {
            tokio::time::timeout(Duration::from_secs(60), test)
                .await
                .expect("it ends in time");
        });
}

#[track_caller]
fn call<T: PartialEq + Debug>(came: &highway::Result<T>, expected: &T) {
    assert_eq!(came.as_ref().ok(), Some(expected), "{came:?}");
}

/// All that goes from a client to a server, whatever it is and however its route runs.
async fn all_from_client(me: &Connection<Calls>) {
    call(&me.call("double", 7).await, &14);
    call(&me.call("beside", 7).await, &7);
    call(&me.call("guarded", 7).await, &5);
    let mut ticks = me.stream::<_, _, u64>("ticks", 3).await.unwrap();
    while let Some(tick) = ticks.next().await {
        tick.unwrap();
    }
    let numbers = Outgoing(stream::iter([1_u64, 2, 3]));
    call(&me.call("sum", numbers).await, &6_u64);
    // Longer than what is received at once.
    let long = me.call::<_, _, i64>("double", "x".repeat(300_000)).await;
    assert!(long.is_err());
}

#[test]
fn calls_and_streams_take_a_traceparent_along_in_both_directions() {
    seen_at(Level::DEBUG, async {
        let (ours, theirs) = (Passing::default(), Passing::default());
        let server = start(Served::server().propagator(theirs.clone())).await;
        let client = Calls::client().propagator(ours.clone());
        let me = client.connect(&server.url).await.unwrap();
        all_from_client(&me).await;
        let sent = of(&ours.injected);
        assert_eq!(sent.len(), 6);
        assert!(sent.iter().all(|(span, _)| span == "call"), "{sent:?}");
        assert_eq!(of(&theirs.extracted), sent);
        let mut ids: Vec<_> = sent.iter().collect();
        ids.dedup();
        assert_eq!(ids.len(), 6, "each has the span of its own: {ids:?}");

        call(&me.call("ask", 8).await, &4);
        call(&me.call("ask ticks", 3).await, &3);
        let sent = of(&theirs.injected);
        assert_eq!(sent.len(), 2);
        assert!(sent.iter().all(|(span, _)| span == "call"), "{sent:?}");
        assert_eq!(of(&ours.extracted), sent);
        server.stop().await;
    });
}

#[test]
fn nothing_goes_along_where_one_side_has_no_propagator() {
    seen_at(Level::DEBUG, async {
        for (at_client, at_server) in [(true, false), (false, true), (false, false)] {
            let passing = Passing::default();
            let (mut server, mut client) = (Served::server(), Calls::client());
            if at_server {
                server = server.propagator(passing.clone());
            }
            if at_client {
                client = client.propagator(passing.clone());
            }
            let server = start(server).await;
            let me = client.connect(&server.url).await.unwrap();
            all_from_client(&me).await;
            call(&me.call("ask", 8).await, &4);
            call(&me.call("ask ticks", 3).await, &3);
            assert!(passing.is_unused(), "{passing:?}");
            server.stop().await;
        }
    });
}

/// Waits until there is a connection, or none.
async fn until(me: &Connection<Calls>, connected: bool) {
    let mut changes = me.status_changes();
    while matches!(me.status(), Status::Connected) != connected {
        changes.next().await.expect("it goes on");
    }
}

#[test]
fn client_asks_each_server_that_it_connects_to_again() {
    seen_at(Level::DEBUG, async {
        let ours = Passing::default();
        let soon = Duration::from_millis(10);
        let reconnect = Reconnect::default().first_delay(soon).max_delay(soon);
        let server = start(Served::server().propagator(Passing::default())).await;
        let address = server.address;
        let client = Calls::client()
            .propagator(ours.clone())
            .reconnect(reconnect);
        let me = client.connect(&server.url).await.unwrap();
        call(&me.call("double", 1).await, &2);
        assert_eq!(of(&ours.injected).len(), 1);
        server.stop().await;
        until(&me, false).await;

        for (has_propagator, injected) in [(false, 1), (true, 2)] {
            let mut server = Served::server();
            let theirs = Passing::default();
            if has_propagator {
                server = server.propagator(theirs.clone());
            }
            let server = start_on(server, address).await;
            until(&me, true).await;
            call(&me.call("double", 1).await, &2);
            assert_eq!(of(&ours.injected).len(), injected);
            assert_eq!(of(&theirs.extracted).len(), usize::from(has_propagator));
            server.stop().await;
            until(&me, false).await;
        }
    });
}

#[test]
fn calls_over_a_pipe_take_a_traceparent_along_through_a_server_without_a_propagator() {
    seen_at(Level::DEBUG, async {
        let (here, there) = (Passing::default(), Passing::default());
        let server = start(Served::server()).await;
        let client = || Calls::client();
        let one = client().propagator(here.clone()).connect(&server.url).await;
        let other = client()
            .propagator(there.clone())
            .connect(&server.url)
            .await;
        let (one, other) = (one.unwrap(), other.unwrap());
        let to = other.call::<_, _, ConnectionId>("id", ()).await.unwrap();
        let piped = one.pipe(to).await.unwrap();
        assert!(here.is_unused() && there.is_unused());
        call(&piped.call("greet", "ada").await, &"hello ada".to_owned());
        let sent = of(&here.injected);
        assert_eq!(sent.len(), 1);
        assert_eq!(of(&there.extracted), sent);
        server.stop().await;
    });
}

#[test]
fn span_that_is_entered_stands_for_one_that_is_filtered_out() {
    seen_at(Level::INFO, async {
        let (ours, theirs) = (Passing::default(), Passing::default());
        let server = start(Served::server().propagator(theirs.clone())).await;
        let client = Calls::client().propagator(ours.clone());
        let me = client.connect(&server.url).await.unwrap();
        let outer = tracing::info_span!("outer");
        let calling = outer.in_scope(|| me.call::<_, _, i64>("double", 7));
        call(&calling.await, &14);
        let [(span, _)] = &of(&ours.injected)[..] else {
            panic!("it is one call");
        };
        assert_eq!(span, "outer");
        // There is no span that could have a parent.
        assert!(theirs.is_unused());
        server.stop().await;
    });
}

/// Panics, or returns what is none.
#[derive(Clone, Copy)]
enum Bad {
    Panics,
    Malformed,
    Nothing,
}

impl Propagator for Bad {
    fn inject(&self, _: &Span) -> Option<String> {
        match self {
            Self::Panics => panic!("there is no trace"),
            Self::Malformed => Some("a trace".to_owned()),
            Self::Nothing => None,
        }
    }

    fn extract(&self, _: &Span, _: &str) {
        panic!("it is not taken up");
    }
}

#[test]
fn calls_go_on_without_where_a_propagator_fails() {
    seen_at(Level::DEBUG, async {
        for bad in [Bad::Panics, Bad::Malformed, Bad::Nothing] {
            let passing = Passing::default();
            let server = start(Served::server().propagator(passing.clone())).await;
            let client = Calls::client().propagator(bad);
            let me = client.connect(&server.url).await.unwrap();
            all_from_client(&me).await;
            assert!(passing.is_unused());
            // Here it is the client's that comes along, or would.
            call(&me.call("ask", 8).await, &4);
            assert_eq!(of(&passing.injected).len(), 1);
            server.stop().await;
        }
    });
}

/// What a peer without routes but `half` tells, and its contract.
const HALF: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"half\",\"65535\":\"highway/1\"}";
const EMPTY: &[u8] = b"\x05\x0e\0\0\xa0";
const TRACES: &[u8] = b"\x05\x0e\0\0\xa1\x6btraceparent\xf5";

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A peer that has told its contract, with the id of a route of the server and the server's contract.
async fn peer(address: SocketAddr, route: &str, contract: &[u8]) -> (RawPeer, u8, Vec<u8>) {
    let mut peer = RawPeer::connect(address).await;
    let table = peer.next_message().await;
    let table: serde_json::Value = serde_json::from_slice(&table[4..]).unwrap();
    let mut routes = table.as_object().unwrap().iter();
    let (id, _) = routes.find(|(_, name)| **name == route).unwrap();
    peer.message(HALF).await;
    peer.message(contract).await;
    let told = peer.next_message().await;
    (peer, id.parse().unwrap(), told)
}

#[test]
fn peers_that_do_not_ask_for_it_see_the_bytes_that_they_always_saw() {
    within_deadline(async {
        let server = start(Served::server().propagator(Passing::fixed(TRACEPARENT))).await;
        for (contract, called) in [
            (EMPTY, b"\x01\x01\x01\0\x02\0\0\x008".to_vec()),
            (
                b"\x05\x0e\0\0\xa1\x6btraceparent\xf4",
                b"\x01\x01\x01\0\x02\0\0\x008".to_vec(),
            ),
            (
                TRACES,
                [
                    b"\x81\x01\x01\0\x02\0\0\0\x37",
                    TRACEPARENT.as_bytes(),
                    b"8",
                ]
                .concat(),
            ),
        ] {
            let (mut peer, ask, told) = peer(server.address, "ask", contract).await;
            assert_eq!(told, TRACES);
            peer.message(&[b"\x01\x01", &[ask][..], b"\0\x01\0\0\x008"].concat())
                .await;
            assert_eq!(peer.next_message().await, called);
            peer.message(b"\x01\x02\0\0\x02\0\0\x004").await;
            assert_eq!(peer.next_message().await, b"\x01\x02\0\0\x01\0\0\x004");
        }
        server.stop().await;
        let server = start(Served::server()).await;
        let (_, _, told) = peer(server.address, "ask", TRACES).await;
        assert_eq!(told, EMPTY);
        server.stop().await;
    });
}

/// A call of a route with 1, and what stands in front of that.
fn traced(route: u8, len: u8, traceparent: &[u8]) -> Vec<u8> {
    let head = [0x81, 1, route, 0, 1, 0, 0, 0, len];
    [&head[..], traceparent, b"1"].concat()
}

#[test]
fn traceparent_that_is_malformed_is_left_out_and_one_of_another_length_ends_the_connection() {
    seen_at(Level::DEBUG, async {
        let passing = Passing::default();
        let server = start(Served::server().propagator(passing.clone())).await;
        let later = format!("{}-more", TRACEPARENT.replacen("00", "01", 1));
        let longest = [b'x'; 128];
        for (text, taken) in [
            (TRACEPARENT.as_bytes(), Some(TRACEPARENT)),
            (later.as_bytes(), Some(&later[..Traceparent::LEN])),
            (b"x", None),
            (&longest, None),
            (&TRACEPARENT.as_bytes()[1..], None),
            (b"\xff\0\xff", None),
        ] {
            let (mut peer, double, _) = peer(server.address, "double", TRACES).await;
            let len = u8::try_from(text.len()).unwrap();
            let before = of(&passing.extracted).len();
            peer.message(&traced(double, len, text)).await;
            assert_eq!(peer.next_message().await, b"\x01\x02\0\0\x01\0\0\x002");
            let extracted = of(&passing.extracted).split_off(before);
            let extracted: Vec<_> = extracted.iter().map(|(_, text)| &**text).collect();
            assert_eq!(extracted, Vec::from_iter(taken));
        }
        for (len, text) in [
            (0, &b""[..]),
            (129, &[b'x'; 129]),
            (56, TRACEPARENT.as_bytes()),
        ] {
            let (mut peer, double, _) = peer(server.address, "double", TRACES).await;
            let mut message = traced(double, len, text);
            if len == 56 {
                // Nothing is left for the value.
                message.pop();
            }
            peer.message(&message).await;
            assert_eq!(peer.closes().await, Some(Close::MALFORMED_HEADER));
        }
        // No other kind has the bit, and no length at all.
        for message in [
            &b"\x81\0\x01\x001"[..],
            b"\x81\x02\0\0\x01\0\0\0\x37",
            b"\x81\x01\x01\0\x01\0\0\0",
        ] {
            let (mut peer, _, _) = peer(server.address, "double", TRACES).await;
            peer.message(message).await;
            assert_eq!(peer.closes().await, Some(Close::MALFORMED_HEADER));
        }
        server.stop().await;
    });
}

#[test]
fn side_that_reads_none_refuses_a_traceparent() {
    within_deadline(async {
        let server = start(Served::server()).await;
        let (mut peer, double, _) = peer(server.address, "double", TRACES).await;
        peer.message(&traced(double, 55, TRACEPARENT.as_bytes()))
            .await;
        assert_eq!(peer.closes().await, Some(Close::MALFORMED_HEADER));
        server.stop().await;
    });
}

mod with_opentelemetry {
    //! Through `tracing-opentelemetry` and the SDK, as the guide has it.

    use std::collections::HashMap;

    use opentelemetry::{
        propagation::TextMapPropagator,
        trace::{SpanId, SpanKind, TracerProvider},
    };
    use opentelemetry_sdk::{
        propagation::TraceContextPropagator,
        trace::{InMemorySpanExporter, SdkTracerProvider, SpanData},
    };
    use tracing::{Instrument, Span};
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    use super::*;

    #[derive(Default)]
    struct OpenTelemetry(TraceContextPropagator);

    impl Propagator for OpenTelemetry {
        fn inject(&self, span: &Span) -> Option<String> {
            let mut fields = HashMap::new();
            self.0.inject_context(&span.context(), &mut fields);
            fields.remove("traceparent")
        }

        fn extract(&self, span: &Span, traceparent: &str) {
            let fields = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
            let _ = span.set_parent(self.0.extract(&fields));
        }
    }

    /// Each side exports to a memory of its own, as two programs would.
    #[test]
    fn spans_of_both_ends_are_of_one_trace() {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("highway"));
        let seen = Registry::default().with(LevelFilter::DEBUG).with(layer);
        let _seen = tracing::subscriber::set_default(seen);
        on_this_thread(async {
            let server = start(Served::server().propagator(OpenTelemetry::default())).await;
            let client = Calls::client().propagator(OpenTelemetry::default());
            let me = client.connect(&server.url).await.unwrap();
            let work = async {
                call(&me.call("double", 7).await, &14);
                call(&me.call("ask", 8).await, &4);
                let mut ticks = me.stream::<_, _, u64>("ticks", 3).await.unwrap();
                while let Some(tick) = ticks.next().await {
                    tick.unwrap();
                }
            };
            work.instrument(tracing::info_span!("work")).await;
            drop(me);
            server.stop().await;
        });
        let spans = exporter.get_finished_spans().expect("they are kept");
        let find = |name: &str, kind: &SpanKind| -> SpanData {
            let mut found = spans
                .iter()
                .filter(|span| span.name == name && span.span_kind == *kind);
            let span = found
                .next()
                .unwrap_or_else(|| panic!("{name} {kind:?}: {spans:?}"));
            assert!(found.next().is_none(), "{name} {kind:?}");
            span.clone()
        };
        let work = find("work", &SpanKind::Internal);
        assert_eq!(work.parent_span_id, SpanId::INVALID);
        let within = |child: &SpanData, parent: &SpanData| {
            let (child_of, id) = (child.span_context.trace_id(), child.parent_span_id);
            assert_eq!(child_of, parent.span_context.trace_id(), "{}", child.name);
            assert_eq!(id, parent.span_context.span_id(), "{}", child.name);
        };
        for route in ["double", "ask", "ticks"] {
            let ours = find(route, &SpanKind::Client);
            let theirs = find(route, &SpanKind::Server);
            within(&ours, &work);
            within(&theirs, &ours);
            assert!(theirs.parent_span_is_remote);
        }
        // And back: the server's call of the client is within the client's of the server.
        let asked = find("half", &SpanKind::Client);
        within(&asked, &find("ask", &SpanKind::Server));
        within(&find("half", &SpanKind::Server), &asked);
    }
}
