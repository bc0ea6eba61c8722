//! What goes over the wire, as plain functions on bytes: the header of a message, the type codes of the dialects, the
//! codes a connection closes with, the number of a connection. No I/O, no values, no state.

mod close;
mod connection;
mod dialect;
mod failure;
mod header;
mod kind;
mod traceparent;

pub use close::{Close, CloseCode};
pub use connection::ConnectionId;
pub use dialect::{DataType, Dialect};
pub(crate) use failure::FailureWord;
pub use header::{Header, RouteId};
pub(crate) use kind::traceparent_before;
pub use kind::{FIELD, Kind, MAX_CREDIT, NO_VALUE_CODE, PIECE, Part, STREAM_CODE, TRACED};
pub use traceparent::Traceparent;
