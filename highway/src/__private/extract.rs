//! How generated code reads a route's data: by the type, without a wrapper that users would see.
//!
//! The inherent functions win over the traits', so that [`Bytes`] and [`Value`] are read without a copy though both can
//! be deserialised as well. [`Raw`] can't.

use std::marker::PhantomData;

use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    payload::DecodeError,
    route::{Incoming, Message, Raw, Reads},
    value::Value,
};

/// Reads a `T` from a message.
#[derive(Debug)]
pub struct Extract<T>(PhantomData<fn() -> T>);

impl<T> Extract<T> {
    /// Generated code's way in.
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl Extract<Bytes> {
    /// The payload itself.
    pub fn __highway_extract(self, message: &Message) -> Result<Bytes, Box<DecodeError>> {
        message.decode_bytes()
    }
}

impl Extract<Value> {
    /// The payload as whatever it is.
    pub fn __highway_extract(self, message: &Message) -> Result<Value, Box<DecodeError>> {
        message.decode_value()
    }
}

impl Extract<Raw> {
    /// The message itself, once its payload was found to be what its type says.
    pub fn __highway_extract(self, message: &Message) -> Result<Raw, Box<DecodeError>> {
        Raw::new(message)
    }
}

impl<T: DeserializeOwned + 'static> Extract<Incoming<T>> {
    /// The data as items.
    pub fn __highway_extract(self, message: &Message) -> Result<Incoming<T>, Box<DecodeError>> {
        let items = message.take_items().ok_or_else(|| {
            DecodeError::mismatch(&"a stream", message.data_type().name().to_owned())
        })?;
        Ok(Incoming::new(items, Reads::VALUE))
    }
}

/// Everything that can be deserialised.
pub trait ExtractDeserialize<'de> {
    /// What is read.
    type Target;

    /// The payload as serde reads it.
    fn __highway_extract(self, message: &'de Message) -> Result<Self::Target, Box<DecodeError>>;
}

impl<'de, T: Deserialize<'de>> ExtractDeserialize<'de> for Extract<T> {
    type Target = T;

    fn __highway_extract(self, message: &'de Message) -> Result<T, Box<DecodeError>> {
        message.decode()
    }
}

/// Everything else: [`check::data`](super::check::data) has refused it, and this keeps it at that one error.
pub trait ExtractRefused {
    /// What would be read.
    type Target;

    /// Never runs.
    fn __highway_extract(self, message: &Message) -> Result<Self::Target, Box<DecodeError>>;
}

impl<T> ExtractRefused for &Extract<T> {
    type Target = T;

    fn __highway_extract(self, _: &Message) -> Result<T, Box<DecodeError>> {
        unreachable!("the compiler refuses a route whose data can't be deserialised")
    }
}
