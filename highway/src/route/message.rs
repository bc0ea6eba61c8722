//! A message as it arrived.

use bytes::Bytes;

use crate::{
    payload::{self, DecodeError},
    value::Value,
    wire::{DataType, Dialect, Header},
};

/// One message: the header's type code and the payload, still as the bytes that came.
///
/// Routes do not see it; the generated code reads a route's data from it.
#[derive(Debug, Clone)]
pub struct Message {
    dialect: Dialect,
    data_type: DataType,
    frame: Bytes,
}

impl Message {
    /// A message whose `frame` is the header and the payload.
    pub(crate) fn new(dialect: Dialect, data_type: DataType, frame: Bytes) -> Self {
        Self {
            dialect,
            data_type,
            frame,
        }
    }

    /// The payload's bytes.
    pub fn payload(&self) -> &[u8] {
        self.frame.get(Header::LEN..).unwrap_or_default()
    }

    /// The payload as a shared slice of the frame, without a copy.
    pub fn payload_bytes(&self) -> Bytes {
        self.frame.slice(Header::LEN.min(self.frame.len())..)
    }

    /// Reads the payload as a `T`, straight from the received bytes.
    ///
    /// # Errors
    /// When the payload is no value of its type, or the value does not fit a `T`.
    pub fn decode<'de, T: serde::Deserialize<'de>>(&'de self) -> Result<T, DecodeError> {
        payload::decode(self.dialect, self.data_type, self.payload())
    }

    /// Reads the payload as bytes, without a copy.
    ///
    /// # Errors
    /// When the payload is not of type bytes.
    pub fn decode_bytes(&self) -> Result<Bytes, DecodeError> {
        payload::decode_bytes(self.dialect, self.data_type, &self.payload_bytes())
    }

    /// Reads the payload as whatever it is.
    ///
    /// # Errors
    /// When the payload is no value of its type.
    pub fn decode_value(&self) -> Result<Value, DecodeError> {
        payload::decode_value(self.dialect, self.data_type, &self.payload_bytes())
    }
}
