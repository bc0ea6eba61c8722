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

    /// Values of it that come one by one.
    #[must_use]
    pub fn stream(self) -> Self {
        Self {
            read: Schema::Items(Box::new(self.read)),
            sent: Schema::Items(Box::new(self.sent)),
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

impl<T: Serialize + DeserializeOwned> TypesReadAndSent for &&TypesOf<T> {
    fn __highway_types(self) -> Types {
        caught(|| {
            let (read, sent) = trace::<T>();
            Types { read, sent }
        })
    }
}

/// What can only be read.
pub trait TypesRead {
    /// The types.
    fn __highway_types(self) -> Types;
}

impl<T: DeserializeOwned> TypesRead for &TypesOf<T> {
    fn __highway_types(self) -> Types {
        caught(|| Types {
            read: trace::<T>().0,
            sent: Schema::Any,
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

const UNKNOWN: Types = Types {
    read: Schema::Any,
    sent: Schema::Any,
};

/// What is traced is somebody's code, which may not be ready for the values that it is given.
fn caught(types: impl FnOnce() -> Types) -> Types {
    catch_unwind(AssertUnwindSafe(types)).unwrap_or(UNKNOWN)
}
