//! Routes: what a name has to offer to the two sides that use it.
//!
//! A handler's routes and hooks are collected in its [`Registry`]; what can be sent to is a [`RouteTo`]; what a route
//! takes and gives back goes through [`extract`] and [`reply`]. Nothing here does I/O.

pub mod check;
pub mod entry;
pub mod extract;
mod failure;
mod handler;
mod message;
mod name;
pub mod protocol;
mod registry;
pub mod reply;
pub mod run;
mod send;

pub use failure::{Failure, Refusal, RouteError};
pub use handler::{ClientSide, Handler, ServerSide, Side};
pub use message::Message;
pub use name::{Name, OneFunctionPerRoute};
pub use protocol::{DeclaredRoute, Protocol, Serves, Undeclared};
pub use registry::{
    CloseHook, ConnectHook, Entry, HookFuture, Item, Location, Registry, RouteFuture, RouteItem,
    Run, RunHook,
};
pub use send::{Data, RouteTo, Unchecked, unchecked};
