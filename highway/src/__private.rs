//! What generated code names, and nothing else does.

pub use inventory;

pub use std::{
    boxed::Box,
    clone::Clone,
    default::Default,
    marker::Send,
    ops::{Deref, DerefMut},
    option::Option::{None, Some},
    primitive::{str, u8},
    process::ExitCode,
    result::Result::{self, Err, Ok},
    sync::LazyLock,
    vec::Vec,
};

pub use crate::{
    client::Client,
    connection::{Connection, Reconnecting},
    error::Error,
    payload::EncodeError,
    program,
    route::{
        ClientSide, Data, DeclaredRoute, Entry, Failure, Handler, Item, Name, OneFunctionPerRoute,
        Protocol, Registry, RouteError, RouteFuture, RouteTo, Run, RunHook, ServerSide, Serves,
        Undeclared, check,
        entry::Entries,
        extract::Extract,
        protocol::{Declaration, Declares},
        reply::{self, Reply},
        run,
    },
    server::{NoState, Request, Server},
    wire::Dialect,
};

/// The traits whose methods and constants generated code uses.
pub mod traits {
    pub use crate::route::{
        check::No as _,
        entry::NoHandler as _,
        extract::{ExtractDeserialize as _, ExtractRefused as _},
        reply::{ReplyAlways as _, ReplyOrError as _, ReplyOrFailure as _},
    };
}
