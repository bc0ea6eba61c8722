//! What a server, and a client over all its connections, counts: always, and for an add or two for each message.
//!
//! [`ServerHandle::metrics`](crate::server::ServerHandle::metrics) and [`Connection::metrics`](crate::Connection::metrics) return
//! [`Metrics`]: plain numbers since the server was bound or the client was made. The
//! chapter [on seeing a program at work](crate#seeing-a-program-at-work) has the table of all of them, with the names under which
//! [`to_prometheus`] writes them.

// A `Meter` is where all of it is counted, one for each server and client. Nothing here knows a clock: durations are given to it.

mod duration;
mod family;
mod meter;
#[cfg(feature = "opentelemetry")]
mod opentelemetry;
mod prometheus;
mod slots;
mod snapshot;
mod tally;

pub use duration::Durations;
pub(crate) use meter::{Direction, Meter, Opener, Present};
#[cfg(feature = "opentelemetry")]
pub(crate) use opentelemetry::export;
pub use prometheus::{PROMETHEUS_CONTENT_TYPE, to_prometheus};
pub(crate) use slots::{Slot, SlotCell};
pub use snapshot::{
    CallMetrics, ConnectionMetrics, Metrics, OTHER, Outcome, PipeMetrics, RefusalReason,
    RouteMetrics, Side, StreamMetrics, Traffic,
};
pub(crate) use tally::{CountedAs, Tally};
