//! Handlers: the struct behind a connection, its routes and its hooks.
//!
//! The attributes `#[highway::server]` and `#[highway::client]` implement the traits here; to know them is of use when reading an
//! error, or for code that is generic over handlers.

mod arounds;
mod definition;
mod hooks;
mod refusal;
mod registry;
mod request;
mod state;

#[doc(hidden)]
pub use arounds::{AroundItem, FoundAround, Pattern};
pub(crate) use definition::{Fill, describe_with, local_table, meter};
pub use definition::{Handler, Pipes};
#[doc(hidden)]
pub use definition::{TakePipe, contract, describe};
#[doc(hidden)]
pub use hooks::{
    CloseHook, ConnectHook, FailureHook, HookFuture, MissedHook, PipeHook, ReconnectingHook,
    RunHook,
};
pub use refusal::Refusal;
#[doc(hidden)]
pub use registry::{Entry, Item, Location, Registry, Route, RouteItem, Run};
pub(crate) use registry::{Runs, RunsPipe};
pub use request::Request;
pub use state::{NoState, StateGiven};

#[doc(hidden)]
pub use crate::link::PipeEnd;
