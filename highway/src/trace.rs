//! What is told to `tracing` about connections, calls and streams: the spans, and the one way to write an event about a connection.
//! The guide has the table of their names and fields.

use std::net::SocketAddr;

use tracing::{Level, Span, field::Empty};

use crate::{
    metrics::Outcome,
    wire::{Close, ConnectionId},
};

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
