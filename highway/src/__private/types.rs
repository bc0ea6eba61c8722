//! The types of declared routes, as generated code asks for them: by the type, whatever it implements.

use std::{fmt, marker::PhantomData};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    panics::catch,
    schema::{ReplyTypes, Types, trace},
};

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
        // What is no data of serde's and yet declared is `Raw`.
        Types::ANYTHING
    }
}

/// A `Result`, of what a route returns: its value is a reply, and its error a failure.
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

/// What is not a `Result`.
pub trait TypesOfValue {
    /// The types.
    fn __highway_reply_types(self) -> ReplyTypes;
}

impl<T: Serialize + DeserializeOwned> TypesOfValue for &TypesOf<T> {
    fn __highway_reply_types(self) -> ReplyTypes {
        ReplyTypes {
            reply: self.__highway_types(),
            failure: Types::UNKNOWN,
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
            reply: Types::ANYTHING,
            failure: Types::UNKNOWN,
        }
    }
}

/// What is traced is somebody's code, which may not be ready for the values that it is given.
fn caught(types: impl FnOnce() -> Types) -> Types {
    catch(types).unwrap_or(Types::UNKNOWN)
}
