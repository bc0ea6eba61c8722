//! How generated code writes the data of a declared route.

use std::{fmt, marker::PhantomData};

use serde::Serialize;

use crate::{
    payload::EncodeError,
    route::{Data, DataStream, answer::BoxSource},
    wire::Dialect,
};

/// How generated code writes the data of a declared route `R` that takes a `T`, or items of it.
///
/// The inherent functions are there where a `T` can be serialised. Where not, the protocol is refused, and [`WritesRefused`]
/// keeps it at that one error.
pub struct Writes<T, R>(PhantomData<fn() -> (T, R)>);

impl<T, R> fmt::Debug for Writes<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writes")
    }
}

impl<T, R> Writes<T, R> {
    /// Generated code's way in.
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    #[inline]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Serialize, R> Writes<T, R> {
    /// As [`Data::encode`].
    #[inline]
    pub fn __highway_encode<D: Data<T, R>>(
        self,
        data: &D,
        dialect: Dialect,
        out: &mut Vec<u8>,
    ) -> Result<u8, EncodeError> {
        data.encode(dialect, out)
    }

    /// As [`DataStream::source`].
    pub fn __highway_source<S: DataStream<T, R>>(self, items: S) -> BoxSource {
        items.source()
    }
}

/// What is found for a `T` that can't be serialised.
pub trait WritesRefused<T, R>: Sized {
    /// Never runs.
    fn __highway_encode<D: Data<T, R>>(
        self,
        _: &D,
        _: Dialect,
        _: &mut Vec<u8>,
    ) -> Result<u8, EncodeError> {
        unreachable!("the compiler refuses a protocol whose types can't be serialised")
    }

    /// Never runs.
    fn __highway_source<S: DataStream<T, R>>(self, _: S) -> BoxSource {
        unreachable!("the compiler refuses a protocol whose types can't be serialised")
    }
}

impl<T, R> WritesRefused<T, R> for Writes<T, R> {}
