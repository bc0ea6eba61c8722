//! Routes: what can be sent to and called, with which types.
//!
//! What can be sent to is a [`RouteTo`], and what can be called a [`CallTo`]; an [`Endpoint`] says which protocols a side serves and
//! expects. The macros implement most of the traits here: to know them is of use when reading an error. Nothing here does I/O.

#[doc(hidden)]
pub mod answer;
mod call;
mod endpoint;
mod failure;
mod incoming;
mod items;
mod message;
mod name;
pub mod protocol;
mod raw;
mod reads;
mod send;
mod shape;

#[doc(hidden)]
pub use answer::{Answer, RouteFuture};
pub use call::{Answers, CallTo, DataStream, ManyItems, OneMessage, OneValue, Outgoing, Streams};
pub use endpoint::{ClientSide, Endpoint, ServerSide, Side};
#[doc(hidden)]
pub use failure::RouteError;
pub use failure::{FailedRoute, OnFailure};
pub use incoming::{Incoming, StreamOf};
pub(crate) use items::{BoxItems, Items};
#[doc(hidden)]
pub use message::Message;
pub(crate) use message::{Asks, Take};
#[doc(hidden)]
pub use name::{
    AroundWithHandlerNeedsRoutesWithHandler, Name, NameParts, OneFunctionPerRoute, Whatever,
};
#[doc(hidden)]
pub use protocol::{ByFunction, Mistaken};
pub use protocol::{Declarable, DeclaredRoute, Declares, Protocol, Serves, Undeclared};
pub use raw::Raw;
#[doc(hidden)]
pub use reads::Reads;
pub use send::{Data, RouteTo, Unchecked, unchecked};
#[doc(hidden)]
pub use shape::Shape;

#[doc(inline)]
pub use crate::error::Failure;
