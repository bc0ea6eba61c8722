//! What generated code names, and nothing else does.

pub(crate) mod types;

pub use futures_util::Stream;
pub use inventory;

pub use types::TypesOf;

pub use std::{
    boxed::Box,
    clone::Clone,
    default::Default,
    future::Ready,
    marker::{PhantomData, Send},
    ops::{Deref, DerefMut},
    option::Option::{self, None, Some},
    pin::pin,
    primitive::{str, u8},
    process::ExitCode,
    result::Result::{self, Err, Ok},
    sync::LazyLock,
    vec::Vec,
};

pub use crate::{
    client::{Client, ConnectsWithoutState},
    connection::{Connection, Reconnecting, take_pipe},
    contract::{Contract, ReplyTypes, RouteTypes, Types},
    error::Error,
    payload::EncodeError,
    program,
    route::{
        Answers, CallTo, ClientSide, Data, DataStream, DeclaredRoute, Entry, Failure, Handler,
        Incoming, Item, ManyItems, Message, Mistaken, Name, NameParts, OneFunctionPerRoute,
        OneMessage, OneValue, Pipes, Protocol, Reads, Registry, RouteError, RouteFuture, RouteTo,
        Run, RunHook, ServerSide, Serves, Shape, StreamOf, Streams, TakePipe, Undeclared, Whatever,
        Writes,
        answer::BoxSource,
        check,
        entry::Entries,
        extract::Extract,
        outcome::Outcome,
        protocol::{Declaration, Declares, declarable},
        reply::{self, Reply},
    },
    server::{NoState, Request, Server},
    wire::{Dialect, STREAM_CODE},
};

/// The names that a protocol may use without an import; one of the protocol's own comes first.
pub mod names {
    pub use crate::route::Incoming;
    pub use futures_util::Stream;
}

/// The traits whose methods and constants generated code uses.
pub mod traits {
    pub use super::types::{
        ReplyTypesUnknown as _, TypesOfResult as _, TypesOfValue as _, TypesReadAndSent as _,
        TypesUnknown as _,
    };
    pub use crate::route::{
        WritesRefused as _,
        check::No as _,
        entry::NoHandler as _,
        extract::{ExtractDeserialize as _, ExtractRefused as _},
        outcome::{
            Fails as _, FailsWithText as _, NeverFails as _, ReadsRefused as _, ReadsResult as _,
            ReadsValue as _,
        },
        reply::{
            ReplyAlways as _, ReplyDeclared as _, ReplyDeclaredItems as _,
            ReplyDeclaredItemsOrFailure as _, ReplyDeclaredOrError as _,
            ReplyDeclaredOrFailure as _, ReplyOrError as _, ReplyOrFailure as _, ReplyResults as _,
            ReplyResultsOrFailure as _, ReplyValues as _, ReplyValuesOrFailure as _,
        },
    };
}
