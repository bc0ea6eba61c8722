//! What generated code names, and nothing else does.

pub use inventory;

pub use crate::{
    program,
    route::{
        ConnectHook, HookFuture, Item, Location, Message, Registry, RouteError, RouteFuture,
        RouteItem, Run, RunHook, extract, protocol, reply,
    },
};
