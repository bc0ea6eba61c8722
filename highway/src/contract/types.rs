//! The types of declared routes, as generated code asks for them: by the type, whatever it implements.

use std::{
    fmt,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
};

use serde::{Serialize, de::DeserializeOwned};

use super::{schema::Schema, trace::trace};

/// A declared route with its types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteTypes {
    /// The name on the wire.
    pub name: &'static str,
    /// What it takes.
    pub data: Types,
    /// What it gives back.
    pub reply: Types,
    /// The error that it declares.
    pub failure: Types,
}

/// A type, seen from both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Types {
    /// What is expected.
    pub read: Schema,
    /// What is sent.
    pub sent: Schema,
}

impl Types {
    /// No data, or no reply: none is sent, and what comes is not looked at.
    pub const NOTHING: Self = Self {
        read: Schema::Any,
        sent: Schema::None,
    };

    /// A tuple of items of these types.
    #[must_use]
    pub fn tuple(items: impl IntoIterator<Item = Self>) -> Self {
        let (read, sent) = items.into_iter().map(|item| (item.read, item.sent)).unzip();
        Self {
            read: Schema::Tuple(read),
            sent: Schema::Tuple(sent),
        }
    }

    /// Values of it that come one by one.
    #[must_use]
    pub fn stream(self) -> Self {
        Self {
            read: Schema::Items(Box::new(self.read)),
            sent: Schema::Items(Box::new(self.sent)),
        }
    }
}

impl RouteTypes {
    /// What generated code found out.
    pub fn new(name: &'static str, data: Types, reply: ReplyTypes) -> Self {
        let ReplyTypes { reply, failure } = reply;
        Self {
            name,
            data,
            reply,
            failure,
        }
    }
}

/// What a route gives back, and the error that it declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyTypes {
    /// What it gives back.
    pub reply: Types,
    /// The error; of one that is not declared nothing is known.
    pub failure: Types,
}

impl ReplyTypes {
    /// Those of a route that declares no reply.
    pub const NOTHING: Self = Self {
        reply: Types::NOTHING,
        failure: UNKNOWN,
    };

    /// Values that come one by one.
    #[must_use]
    pub fn stream(self) -> Self {
        Self {
            reply: self.reply.stream(),
            failure: self.failure,
        }
    }
}

/// The types of a `T`. The traits below answer for what it implements, the first that does.
pub struct TypesOf<T>(PhantomData<fn() -> T>);

impl<T> fmt::Debug for TypesOf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypesOf")
    }
}

impl<T> Clone for TypesOf<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for TypesOf<T> {}

impl<T> TypesOf<T> {
    /// Generated code's way in.
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// What can be read and sent.
pub trait TypesReadAndSent {
    /// The types.
    fn __highway_types(self) -> Types;
}

impl<T: Serialize + DeserializeOwned> TypesReadAndSent for &TypesOf<T> {
    fn __highway_types(self) -> Types {
        caught(|| {
            let (read, sent) = trace::<T>();
            Types { read, sent }
        })
    }
}

/// Everything else.
pub trait TypesUnknown {
    /// The types.
    fn __highway_types(self) -> Types;
}

impl<T> TypesUnknown for TypesOf<T> {
    fn __highway_types(self) -> Types {
        UNKNOWN
    }
}

/// A `Result`, of what a route gives back: its value is a reply, and its error a failure.
pub trait TypesOfResult {
    /// The types.
    fn __highway_reply_types(self) -> ReplyTypes;
}

impl<T, E> TypesOfResult for &&TypesOf<Result<T, E>>
where
    T: Serialize + DeserializeOwned,
    E: Serialize + DeserializeOwned,
{
    fn __highway_reply_types(self) -> ReplyTypes {
        ReplyTypes {
            reply: (&TypesOf::<T>::new()).__highway_types(),
            failure: (&TypesOf::<E>::new()).__highway_types(),
        }
    }
}

/// What is no `Result`.
pub trait TypesOfValue {
    /// The types.
    fn __highway_reply_types(self) -> ReplyTypes;
}

impl<T: Serialize + DeserializeOwned> TypesOfValue for &TypesOf<T> {
    fn __highway_reply_types(self) -> ReplyTypes {
        ReplyTypes {
            reply: self.__highway_types(),
            failure: UNKNOWN,
        }
    }
}

/// Everything else.
pub trait ReplyTypesUnknown {
    /// The types.
    fn __highway_reply_types(self) -> ReplyTypes;
}

impl<T> ReplyTypesUnknown for TypesOf<T> {
    fn __highway_reply_types(self) -> ReplyTypes {
        ReplyTypes {
            reply: UNKNOWN,
            failure: UNKNOWN,
        }
    }
}

const UNKNOWN: Types = Types {
    read: Schema::Any,
    sent: Schema::Any,
};

/// What is traced is somebody's code, which may not be ready for the values that it is given.
fn caught(types: impl FnOnce() -> Types) -> Types {
    catch_unwind(AssertUnwindSafe(types)).unwrap_or(UNKNOWN)
}
