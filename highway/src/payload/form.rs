//! What a form of collections, JSON or CBOR, does for writing them.

use std::ops::Range;

use crate::{
    payload::{
        error::{EncodeError, Step},
        number::Float,
    },
    wire::Dialect,
};

type Result<T, E = Box<EncodeError>> = std::result::Result<T, E>;

/// The three kinds of collections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::payload) enum Kind {
    List,
    Tuple,
    Dict,
}

/// How the parts of collections are written.
pub(in crate::payload) trait Form {
    /// Whether whole numbers are keys as they are; where not, their text is.
    const INT_KEYS: bool;

    /// What the end of a collection has to know of its beginning.
    type Begun;

    fn dialect(&self) -> Dialect;

    /// What is written so far.
    fn out(&mut self) -> &mut Vec<u8>;

    /// Begins a collection. What says its length may be wrong.
    fn begin(&mut self, kind: Kind, len: Option<usize>) -> Self::Begun;

    /// Ends a collection, which has this many parts.
    fn end(&mut self, kind: Kind, begun: Self::Begun, len: usize);

    /// Stands before each item and each key.
    fn part(&mut self, place: usize);

    /// Stands between a key and its value.
    fn colon(&mut self);

    /// Writes a key that is a whole number, which `write` writes.
    fn int_key(&mut self, write: impl FnOnce(&mut Self));

    /// The step of an error's path to the value whose key stands here in what is written.
    fn key_step(&mut self, key: Range<usize>) -> Step;

    fn none(&mut self);

    fn bool(&mut self, bool: bool);

    fn signed(&mut self, number: i64);

    fn unsigned(&mut self, number: u64);

    /// Writes a number beyond 64 bits.
    fn signed_128(&mut self, number: i128) -> Result<()>;

    /// Writes a number beyond 64 bits.
    fn unsigned_128(&mut self, number: u128) -> Result<()>;

    /// Makes an int of the digits that were written as a text from `start` on.
    fn int_of_digits(&mut self, start: usize) -> Result<()>;

    fn float<F: Float>(&mut self, float: F) -> Result<()>;

    fn str(&mut self, text: &str);

    fn bytes(&mut self, bytes: &[u8]) -> Result<()>;
}
