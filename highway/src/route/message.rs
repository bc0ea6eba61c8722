//! A message as it arrived.

use bytes::Bytes;

use crate::{
    payload::{self, DecodeError, Payload},
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
    /// In 16 bits, as it has room beside the others.
    nesting: u16,
    frame: Bytes,
}

impl Message {
    /// A message whose `frame` is the header and the payload, in which collections may be nested as deep as the limit says.
    #[inline]
    pub(crate) fn new(dialect: Dialect, data_type: DataType, frame: Bytes, nesting: usize) -> Self {
        let nesting = nesting.min(payload::MAX_NESTING);
        Self {
            dialect,
            data_type,
            nesting: u16::try_from(nesting).unwrap_or(u16::MAX),
            frame,
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) fn data_type(&self) -> DataType {
        self.data_type
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
    pub fn decode<'de, T: serde::Deserialize<'de>>(&'de self) -> Result<T, Box<DecodeError>> {
        Payload::new(self.dialect, self.data_type, self.payload())
            .nesting(self.nesting.into())
            .decode()
    }

    /// Reads the payload as bytes, without a copy.
    ///
    /// # Errors
    /// When the payload is not of type bytes.
    pub fn decode_bytes(&self) -> Result<Bytes, Box<DecodeError>> {
        payload::decode_bytes(self.dialect, self.data_type, &self.payload_bytes())
    }

    /// Reads the payload as whatever it is.
    ///
    /// # Errors
    /// When the payload is no value of its type.
    pub fn decode_value(&self) -> Result<Value, Box<DecodeError>> {
        match self.data_type {
            DataType::Bytes => Ok(Value::Bytes(self.payload_bytes())),
            _ => self.decode(),
        }
    }
}
