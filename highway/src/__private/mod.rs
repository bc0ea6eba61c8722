//! What generated code names, and nothing else does.

#[cfg(feature = "net")]
pub mod around;
pub mod check;
mod declarations;
#[cfg(feature = "net")]
pub mod entries;
#[cfg(feature = "net")]
pub mod extract;
pub mod outcome;
#[cfg(feature = "net")]
pub mod reply;
mod text;
pub mod types;
pub mod writes;

pub use std::{
    boxed::Box,
    clone::Clone,
    default::Default,
    future::Ready,
    marker::{PhantomData, Send},
    ops::{Deref, DerefMut},
    option::Option::{self, None, Some},
    pin::pin,
    primitive::{char, str, u8, u64},
    process::ExitCode,
    result::Result::{self, Err, Ok},
    sync::LazyLock,
    vec::Vec,
};

pub use futures_util::Stream;

pub use check::declarable;
pub use outcome::Outcome;
pub use types::TypesOf;
pub use writes::Writes;

pub use crate::{
    contract::Contract,
    description::Description,
    error::{Error, Failure},
    payload::EncodeError,
    route::{
        Answers, AroundWithHandlerNeedsRoutesWithHandler, CallTo, ClientSide, Data, DataStream,
        DeclaredRoute, Endpoint, Incoming, ManyItems, Message, Mistaken, Name, NameParts,
        OneFunctionPerRoute, OneMessage, OneValue, Protocol, Reads, RouteError, RouteFuture,
        RouteTo, ServerSide, Serves, Shape, StreamOf, Streams, Undeclared, Whatever,
        answer::BoxSource,
        protocol::{Declaration, Declares},
    },
    schema::{ReplyTypes, RouteTypes, Types},
    wire::{Dialect, STREAM_CODE},
};

#[cfg(feature = "net")]
mod net {
    pub use inventory;

    pub use super::{
        around::{Ended, Guard},
        entries::Entries,
        extract::Extract,
        reply::Reply,
    };
    pub use crate::{
        client::{Client, ConnectsWithoutState, check_pipes, take_pipe},
        connection::{Connection, ReconnectAttempt},
        handler::{
            Entry, Handler, Item, NoState, Pattern, Pipes, Registry, Request, Run, RunHook,
            TakePipe, contract, describe,
        },
        program,
        server::Server,
    };
}

#[cfg(feature = "net")]
pub use net::*;

/// The names that a protocol may use without an import; one of the protocol's own comes first.
pub mod names {
    pub use crate::route::Incoming;
    pub use futures_util::Stream;
}

/// The traits whose methods and constants generated code uses.
pub mod traits {
    #[cfg(feature = "net")]
    pub use super::{
        around::{
            EndedOrError as _, EndedOrFailure as _, EndedOutcome as _, EndedRefused as _,
            GuardConcurrent as _, GuardInOrder as _, GuardRefused as _,
        },
        entries::NoHandler as _,
        extract::{ExtractDeserialize as _, ExtractRefused as _},
        reply::{
            ReplyAlways as _, ReplyDeclared as _, ReplyDeclaredItems as _,
            ReplyDeclaredItemsOrFailure as _, ReplyDeclaredOrError as _,
            ReplyDeclaredOrFailure as _, ReplyOrError as _, ReplyOrFailure as _, ReplyResults as _,
            ReplyResultsOrFailure as _, ReplyValues as _, ReplyValuesOrFailure as _,
        },
    };
    pub use super::{
        check::No as _,
        outcome::{
            Fails as _, FailsWithText as _, NeverFails as _, ReadsRefused as _, ReadsResult as _,
            ReadsValue as _,
        },
        types::{
            ReplyTypesUnknown as _, TypesOfResult as _, TypesOfValue as _, TypesReadAndSent as _,
            TypesUnknown as _,
        },
        writes::WritesRefused as _,
    };
}
