//! Routes: what a name has to offer to the two sides that use it.
//!
//! A handler's routes and hooks are collected when the program is linked; what can be sent to is a [`RouteTo`]. The macros
//! implement most of the traits here: to know them is of use when reading an error, or for code that is generic over
//! handlers. Nothing here does I/O.

#[doc(hidden)]
pub mod answer;
mod call;
#[doc(hidden)]
pub mod check;
#[doc(hidden)]
pub mod entry;
#[doc(hidden)]
pub mod extract;
mod failure;
mod handler;
mod incoming;
mod message;
mod name;
#[doc(hidden)]
pub mod outcome;
pub mod protocol;
mod raw;
mod registry;
#[doc(hidden)]
pub mod reply;
mod send;

pub use crate::error::Failure;
#[doc(hidden)]
pub use answer::Answer;
pub use call::{Answers, CallTo, DataStream, ManyItems, OneMessage, OneValue, Outgoing, Streams};
#[doc(hidden)]
pub use call::{Writes, WritesRefused};
#[doc(hidden)]
pub use failure::RouteError;
pub use failure::{FailedRoute, OnFailure, Refusal};
#[doc(hidden)]
pub use handler::TakePipe;
pub use handler::{ClientSide, Handler, Pipes, ServerSide, Side};
pub(crate) use incoming::{BoxItems, Items};
pub use incoming::{Incoming, StreamOf};
#[doc(hidden)]
pub use message::Message;
pub(crate) use message::{Asks, Take};
#[doc(hidden)]
pub use name::{Name, NameParts, OneFunctionPerRoute, Whatever};
#[doc(hidden)]
pub use outcome::Reads;
#[doc(hidden)]
pub use protocol::{ByFunction, Mistaken};
pub use protocol::{Declarable, DeclaredRoute, Declares, Protocol, Serves, Undeclared};
pub use raw::Raw;
#[doc(hidden)]
pub use registry::{
    CloseHook, ConnectHook, Entry, FailureHook, HookFuture, Item, Location, MissedHook, PipeHook,
    ReconnectingHook, Registry, RouteFuture, RouteItem, Run, RunHook, Shape,
};
pub use send::{Data, RouteTo, Unchecked, unchecked};
