//! Payloads.
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{value::Value, wire::Dialect};

/// Stub.
#[derive(Debug)]
pub struct DecodeError;
/// Stub.
#[derive(Debug)]
pub struct EncodeError;

/// Stub.
pub fn encode<T: Serialize + ?Sized>(
    _: Dialect,
    _: &T,
    _: &mut Vec<u8>,
) -> Result<u8, EncodeError> {
    Err(EncodeError)
}
/// Stub.
pub fn decode<'de, T: Deserialize<'de>>(_: Dialect, _: u8, _: &'de [u8]) -> Result<T, DecodeError> {
    Err(DecodeError)
}
/// Stub.
pub fn decode_bytes(_: Dialect, _: u8, _: &Bytes) -> Result<Bytes, DecodeError> {
    Err(DecodeError)
}
/// Stub.
pub fn decode_value(_: Dialect, _: u8, _: &Bytes) -> Result<Value, DecodeError> {
    Err(DecodeError)
}
