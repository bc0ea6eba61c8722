//! Payloads: any `Serialize` type to the bytes behind a message's header, and those bytes to any `Deserialize` type.
//!
//! Text, numbers, bools, bytes and none stand in a payload by themselves; lists, dicts and tuples are JSON, and between peers
//! with the extension CBOR. What is inside of a collection is therefore what JSON knows, or everything:
//!
//! | | dialect 0.1 | dialect 0.2 | with the extension |
//! | --- | --- | --- | --- |
//! | tuple | goes as a list | kept; inside of a collection a list | kept |
//! | dict with integer keys | kept; inside of a collection a dict with text as keys | a dict with text as keys | kept; an empty one is a dict |
//! | bytes inside of a collection | refused | refused | kept |
//! | int inside of a collection | any size | -2^63 to 2^64-1, others refused, and read as floats | any size |
//! | infinities and NaN inside of a collection | kept | refused | kept |
//! | map with Rust integers as keys | a dict | a dict | a dict with integer keys |
//!
//! Everything else arrives as it was sent: floats exactly and as floats, integers of up to 4,300 digits, dicts in order. The
//! keys of maps are text; numbers and bools as keys become their text and are read back from it. A map whose keys are Rust
//! integers is a dict as well, but with the extension: the integer-keyed dict of 0.1 is sent only as [`IntDict`](crate::value::IntDict).
//!
//! What is received as a list, dict or tuple is what its JSON says, whatever the type code: highway.py and highway.js don't hold the
//! one against the other, and send values for which the code is only the nearest (what an encoder of 0.1 makes of types of its
//! own, what a `toJSON` gives). A tuple is a list with the code of one.
//!
//! With the extension the type code counts: a payload that is of another type is refused.
//!
//! What a dialect's reader takes, its writer can write: a number that no float is as large as is refused, in 0.2 also infinities and
//! NaN in collections. An escape of half a pair of surrogates is read as U+FFFD.
//!
//! The JSON is read and written by highway itself and not by `serde_json`, which neither knows `NaN` and `Infinity` as 0.1
//! writes them, nor keeps integers of any size unless a feature changes it for the whole build of whoever uses highway.
//!
//! Nothing read takes recursion deeper than [`NESTING`], time that is more than linear in its length, or, as a
//! [`Value`](crate::value::Value), more memory than 64 times its length at any moment; 128 times of CBOR, which says the same in
//! half as many bytes.

mod cbor;
mod collection;
mod decode;
mod encode;
mod error;
mod foreign;
mod form;
mod json;
mod keys;
mod number;
mod raw;
mod reading;
mod side;
mod visit;

pub use decode::{Payload, decode, decode_bytes, decode_value};
pub use encode::encode;
pub use error::{DecodeError, EncodeError, Path, Problem, Step};
pub(crate) use number::decimal_digit;
pub(crate) use raw::{RAW_TOKEN, raw_variant};
pub(crate) use side::SideBuffer;

/// How deep lists, dicts and tuples may stand inside of each other, sent and (unless said otherwise with
/// [`Payload::nesting`] or [`Limits::nesting`](crate::Limits::nesting)) received: a list of numbers is 1 deep.
pub const NESTING: usize = 128;

/// The most that [`Limits::nesting`](crate::Limits::nesting) can be.
///
/// A [`Value`](crate::value::Value) of this depth, and types of a few small fields, are read, compared, printed and dropped
/// within half of a thread's usual stack of 2 MiB, in builds without optimisation too.
pub const MAX_NESTING: usize = 256;
