//! What is told to [`tracing`](https://docs.rs/tracing) about connections, calls and streams, and how a trace goes on at the peer: [`Propagator`].
//!
//! The chapter on [traces](crate#traces-and-logs) has the table of the spans and their fields.

use std::{fmt, net::SocketAddr, sync::Arc};

use tracing::{Level, Span, field::Empty};

use crate::{
    metrics::Outcome,
    panics::catch,
    wire::{Close, ConnectionId, Traceparent},
};

/// Carries a trace to the peer and takes up the peer's: given to [`Server::propagator`](crate::Server::propagator) and
/// [`Client::propagator`](crate::Client::propagator).
///
/// Where both sides have one, each call and stream takes a `traceparent` of W3C's Trace Context along, in either direction, so that the span
/// of the side that serves can be a child of the caller's. The chapter on [traces](crate#traces-and-logs) has one for
/// `tracing-opentelemetry`.
///
/// It runs for every call, on the task that makes or serves it. Where it panics, the call goes on without.
pub trait Propagator: Send + Sync + 'static {
    /// Returns the `traceparent` to send with a call or stream, such as `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`; with
    /// `None`, and with a text that is malformed, none is sent.
    ///
    /// The span is that of the call, `highway::call`, or the one that is entered where that is filtered out.
    fn inject(&self, span: &Span) -> Option<String>;

    /// Takes up the `traceparent` that came with a call or stream, before the route begins.
    ///
    /// The span is that of the call, `highway::call`, which has not been entered. Where it is filtered out this does not run, and neither
    /// where the peer has sent a malformed one.
    fn extract(&self, span: &Span, traceparent: &str);
}

/// What the program has for traces that go on at the peer, if anything.
#[derive(Clone, Default)]
pub(crate) struct Propagation(Option<Arc<dyn Propagator>>);

impl Propagation {
    pub(crate) fn new(propagator: impl Propagator) -> Self {
        Self(Some(Arc::new(propagator)))
    }

    /// Whether there is something.
    pub(crate) fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// What goes along with a call that has a span.
    pub(crate) fn inject(&self, call: &Span) -> Option<Traceparent> {
        let propagator = self.0.as_deref()?;
        let injected = catch(|| {
            if call.is_disabled() {
                propagator.inject(&Span::current())
            } else {
                propagator.inject(call)
            }
        });
        let text = injected.unwrap_or_else(|panic| {
            tracing::error!(%panic, "the propagator panicked; the call goes without a traceparent");
            None
        })?;
        let traceparent = Traceparent::parse(text.as_bytes());
        if traceparent.is_none() {
            tracing::debug!("the propagator's traceparent is malformed, and is not sent");
        }
        traceparent
    }

    /// Takes up what came along with a call.
    pub(crate) fn extract(&self, call: &Span, traceparent: &Traceparent) {
        if let Some(propagator) = self.0.as_deref()
            && let Err(panic) = catch(|| propagator.extract(call, traceparent.as_str()))
        {
            tracing::error!(%panic, "the propagator panicked; the call's span has no other parent");
        }
    }
}

impl fmt::Debug for Propagation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_given() { "given" } else { "none" })
    }
}

/// Writes an event about a connection: `log!(debug, id, field = value, "text")`. The connection is a field of its own, as its span may
/// be filtered out, and handles write from anywhere.
macro_rules! log {
    ($level:ident, $connection:expr, $($rest:tt)*) => {
        tracing::$level!(connection = %$connection, $($rest)*)
    };
}

pub(crate) use log;

/// The span of a connection, within which its task runs.
pub(crate) fn connection(
    id: ConnectionId,
    handler: &'static str,
    peer_addr: Option<SocketAddr>,
) -> Option<Box<Span>> {
    let peer_addr = peer_addr.map(tracing::field::display);
    let span = tracing::debug_span!(
        target: "highway::connection",
        "connection",
        connection = %id,
        handler,
        peer_addr,
        name = Empty,
        close = Empty,
    );
    (!span.is_disabled()).then(|| Box::new(span))
}

/// Takes note of the name that a connection has.
pub(crate) fn named(connection: &Span, name: &str) {
    connection.record("name", name);
}

/// Takes note of how a connection has ended.
pub(crate) fn closed(connection: &Span, close: &Close) {
    connection.record("close", tracing::field::display(close));
}

/// Whether anybody looks at the spans of calls and streams.
#[inline]
pub(crate) fn sees_calls() -> bool {
    tracing::enabled!(target: "highway::call", Level::DEBUG)
}

/// Which end of a call or stream a span is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    Caller,
    Server,
}

/// The span of one end of a call or stream with an id on a connection.
pub(crate) fn call(end: End, connection: ConnectionId, id: u32, route: &str) -> Span {
    let kind = match end {
        End::Caller => "client",
        End::Server => "server",
    };
    tracing::debug_span!(
        target: "highway::call",
        "call",
        otel.name = route,
        otel.kind = kind,
        otel.status_code = Empty,
        rpc.system.name = "highway",
        rpc.method = route,
        connection = %connection,
        call = id,
        "error.type" = Empty,
    )
}

/// Takes note of what a call or stream came to.
pub(crate) fn came_to(call: &Span, outcome: Outcome) {
    if let Some(error) = outcome.error_type() {
        call.record("error.type", error);
        call.record("otel.status_code", "ERROR");
    }
}
