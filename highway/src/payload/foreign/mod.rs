//! Types of other libraries that hand what serde has no word for to their own formats, as structs by whose names only these know
//! them. Taken as structs they would reach peers as dicts with private keys.
//!
//! | type | sent as | read from |
//! | --- | --- | --- |
//! | a `serde_json` number with `arbitrary_precision` | the int or float that it is | ints and floats, by its own visitor |
//! | `serde_json`'s `RawValue` | what its JSON says | anything that JSON has |
//! | a datetime of `toml` | str | str |
//! | `Spanned` of `serde_spanned` and `toml` | its value | its value, of a span without length |
//!
//! Others are refused when they are sent. A newtype struct is what is in it, whatever its name.

pub(super) mod read;
pub(super) mod write;

/// The struct as which `serde_json` serialises a number, and its only field.
const NUMBER: &str = "$serde_json::private::Number";
/// The struct as which `serde_json` serialises raw JSON, its only field, and the newtype struct that is asked for to read it.
pub(super) const RAW_JSON: &str = "$serde_json::private::RawValue";
/// The struct that is a datetime of `toml`; its only field is the text.
const DATETIME: &str = "$__toml_private_Datetime";
/// The struct that a value with its place in a text is read as: start, end, value.
const SPANNED: &str = "$__serde_spanned_private_Spanned";
/// The enum as which `ciborium` serialises a tag.
const CBOR_TAG: &str = "@@TAG@@";

/// Whether a struct's or an enum's name is a private one of a library's.
#[inline]
pub(super) fn is_private(name: &str) -> bool {
    match name.as_bytes().first() {
        Some(b'$') => name.contains("private"),
        Some(b'@') => name == CBOR_TAG,
        _ => false,
    }
}

/// What a struct of a private name is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A text.
    Text,
    /// The value that it holds.
    Value,
}

/// What is wanted in place of a dict by who asks for a struct of this name.
#[inline]
pub(super) fn wanted(name: &str) -> Option<Wanted> {
    if !is_private(name) {
        return None;
    }
    match name {
        DATETIME => Some(Wanted::Text),
        SPANNED => Some(Wanted::Value),
        _ => None,
    }
}
