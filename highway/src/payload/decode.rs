//! From a payload to a `Deserialize` type, straight from the received bytes.

use std::fmt;

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{self, Unexpected, Visitor, value::StrDeserializer},
};

use super::{
    NESTING,
    cbor::read::{self as cbor, values::CborDeserializer},
    error::{DecodeError, Problem},
    foreign::{
        self, RAW_JSON, Wanted,
        read::{visit_as_json, visit_spanned, visit_text_field},
    },
    json::read::{self as json, values::JsonDeserializer},
    number::{parse_float, parse_int},
    reading::Reading,
    side::SideBuffer,
    visit::{Ask, Nearest, Pass, visit_float, visit_int, visit_int_as_float, visit_int_or_digits},
};
use crate::{
    value::{INT_TOKEN, Int, Typed, TypedContent, VALUE_TOKEN, Value},
    wire::{DataType, Dialect},
};

type Result<T, E = Box<DecodeError>> = std::result::Result<T, E>;

/// Reads a payload of a data type, as [`Dialect::data_type`] gives it for the header's code, into any type that it fits.
///
/// Text, bytes, and strings in collections are borrowed from the payload where the type asks for it, but for strings with
/// escapes (`"\u00fc"`, as which Python writes `"ü"` in a list) and strings in parts: those that a type borrows, as `&str`, are
/// refused here. `Cow<str>` (in a struct with `#[serde(borrow)]`) and `String` take every text. Routes can borrow every text, as their
/// message has room for what is unescaped.
///
/// A float type is given the nearest float, and refuses what is beyond its largest. A payload that a type refuses is read a second
/// time, with ints by `visit_i64` where they came by `visit_u64`, as a visitor may take only one of them; so a `Deserialize` may run
/// twice before it fails.
///
/// ```
/// use highway::{payload, wire::{DataType, Dialect}};
///
/// let (number, text): (u8, &str) =
///     payload::decode(Dialect::V02, DataType::Tuple, br#"[1,"two"]"#)?;
/// assert_eq!((number, text), (1, "two"));
///
/// let error = payload::decode::<u8>(Dialect::V02, DataType::Int, b"256").unwrap_err();
/// assert_eq!(error.to_string(), "expected u8, received int 256");
/// # Ok::<(), Box<payload::DecodeError>>(())
/// ```
#[inline]
pub fn decode<'de, T: Deserialize<'de>>(
    dialect: Dialect,
    data_type: DataType,
    payload: &'de [u8],
) -> Result<T, Box<DecodeError>> {
    Payload::new(dialect, data_type, payload).decode()
}

/// Reads a payload into a [`Value`]; bytes share the message's memory.
pub fn decode_value(
    dialect: Dialect,
    data_type: DataType,
    payload: &Bytes,
) -> Result<Value, Box<DecodeError>> {
    match data_type {
        DataType::Bytes => Ok(Value::Bytes(payload.clone())),
        _ => decode(dialect, data_type, payload),
    }
}

/// Reads a payload of bytes, which share the message's memory.
pub fn decode_bytes(
    dialect: Dialect,
    data_type: DataType,
    payload: &Bytes,
) -> Result<Bytes, Box<DecodeError>> {
    match data_type {
        DataType::Bytes => Ok(payload.clone()),
        _ => decode(dialect, data_type, payload),
    }
}

/// Up to this length in bytes, text is checked where it is copied to, which begins at a word's boundary: the standard library then checks
/// words instead of bytes. Longer text is checked in blocks, wherever it begins.
const SHORT: usize = 64;

/// A payload as it was received, with what is needed to read it. It is a serde `Deserializer`.
#[derive(Clone, Copy)]
pub struct Payload<'de> {
    dialect: Dialect,
    data_type: DataType,
    bytes: &'de [u8],
    nesting: usize,
    reading: Reading<'de>,
}

/// Reads a collection to its end in the form that the dialect has for it.
macro_rules! collection {
    ($payload:ident, |$whole:ident| $read:expr) => {{
        let Payload {
            dialect,
            data_type,
            bytes,
            nesting,
            reading,
        } = $payload;
        match dialect {
            Dialect::V01 | Dialect::V02 => {
                let mut reader = json::Reader::new(dialect, data_type, bytes, nesting, reading)?;
                let $whole = JsonDeserializer::new(&mut reader);
                let value = $read?;
                reader.end()?;
                Ok(value)
            }
            Dialect::Extended => {
                let mut reader = cbor::Reader::new(data_type, bytes, nesting, reading)?;
                let $whole = CborDeserializer::new(&mut reader);
                let value = $read?;
                reader.end()?;
                Ok(value)
            }
        }
    }};
}

impl<'de> Payload<'de> {
    /// A payload of a data type in a dialect.
    #[inline]
    pub fn new(dialect: Dialect, data_type: DataType, bytes: &'de [u8]) -> Self {
        Self {
            dialect,
            data_type,
            bytes,
            nesting: NESTING,
            reading: Reading::FIRST,
        }
    }

    /// Lets lists, dicts and tuples stand inside of each other this deep; [`NESTING`] unless said otherwise. Every level
    /// takes some stack, how much depends on the types read; up to [`MAX_NESTING`](super::MAX_NESTING) any thread has it.
    #[inline]
    pub fn nesting(self, nesting: usize) -> Self {
        Self { nesting, ..self }
    }

    /// Lets every string be borrowed: those that don't stand in the payload as they are are kept in a buffer.
    #[inline]
    pub(crate) fn borrowing(mut self, side: &'de SideBuffer) -> Self {
        self.reading.side = Some(side.side());
        self
    }

    /// The type that the header says.
    pub fn data_type(&self) -> DataType {
        self.data_type
    }

    /// Reads the payload, see [`decode`].
    #[inline]
    pub fn decode<T: Deserialize<'de>>(self) -> Result<T, Box<DecodeError>> {
        T::deserialize(self).or_else(|error| self.decode_again(error))
    }

    /// Reads a payload that was refused with the forms of values that were not given before. The error is that of the first time, if
    /// it was not for want of a string to borrow.
    #[cold]
    fn decode_again<T: Deserialize<'de>>(
        mut self,
        error: Box<DecodeError>,
    ) -> Result<T, Box<DecodeError>> {
        let error = match self.data_type {
            DataType::Tuple => error.of_tuple(),
            _ => error,
        };
        if matches!(*error, DecodeError::Malformed { .. }) {
            return Err(error);
        }
        self.reading.pass = Pass::Second;
        T::deserialize(self).map_err(|again| {
            if error.is_of_borrowing() {
                again
            } else {
                error
            }
        })
    }

    #[cold]
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "the type of a deserializer's error"
    )]
    fn malformed(&self, problem: Problem) -> Box<DecodeError> {
        DecodeError::malformed(self.data_type, problem)
    }

    #[inline]
    fn str(&self) -> Result<&'de str> {
        simdutf8::basic::from_utf8(self.bytes).map_err(|_| self.malformed(Problem::Utf8))
    }

    #[inline]
    fn int(&self) -> Result<Int> {
        parse_int(self.bytes).map_err(|problem| self.malformed(problem))
    }

    #[inline]
    fn float<F: Nearest>(&self) -> Result<F> {
        parse_float(self.bytes).map_err(|problem| self.malformed(problem))
    }

    fn bool(&self) -> Result<bool> {
        Ok(self.int()? != 0)
    }

    /// Refuses what a visitor would take though its type is another.
    #[cold]
    fn refuse<T>(&self, expected: &dyn de::Expected) -> Result<T> {
        let received = match self.data_type {
            DataType::Str => {
                return Err(de::Error::invalid_type(
                    Unexpected::Str(self.str()?),
                    expected,
                ));
            }
            DataType::Bytes => {
                return Err(de::Error::invalid_type(
                    Unexpected::Bytes(self.bytes),
                    expected,
                ));
            }
            other => other.name(),
        };
        Err(de::Error::invalid_type(
            Unexpected::Other(received),
            expected,
        ))
    }

    fn is_collection(&self) -> bool {
        use DataType::{Dict, IntDict, List, Tuple};
        matches!(self.data_type, List | Dict | Tuple | IntDict)
    }

    /// Whether a collection's JSON is none, which the published peers may send.
    fn is_null(&self) -> bool {
        self.is_collection()
            && self.dialect != Dialect::Extended
            && self.bytes.trim_ascii() == b"null"
    }

    /// Gives a [`Value`]'s visitor also what serde has no word for.
    fn deserialize_value<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.data_type {
            DataType::Int => {
                let int = self.int()?;
                match int.digits() {
                    Some(digits) => {
                        let content = StrDeserializer::new(digits);
                        visitor.visit_enum(TypedContent {
                            typed: Typed::Int,
                            content,
                        })
                    }
                    None => visit_int(&int, Ask::Any, self.reading.pass, visitor),
                }
            }
            DataType::Tuple => {
                collection!(self, |whole| whole
                    .deserialize_value(visitor, Some(Typed::Tuple)))
            }
            DataType::IntDict => {
                collection!(self, |whole| whole
                    .deserialize_value(visitor, Some(Typed::IntDict)))
            }
            DataType::List | DataType::Dict => {
                collection!(self, |whole| whole.deserialize_value(visitor, None))
            }
            _ => self.deserialize_any(visitor),
        }
    }
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.data_type, self.bytes.len())
    }
}

macro_rules! any {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.deserialize_any(visitor)
        }
    )*};
}

macro_rules! ints {
    ($($method:ident => $ask:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.data_type {
                DataType::Int => visit_int(&self.int()?, Ask::$ask, self.reading.pass, visitor),
                _ if self.is_collection() => collection!(self, |whole| whole.$method(visitor)),
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

macro_rules! floats {
    ($($method:ident => $float:ty)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.data_type {
                DataType::Float => {
                    let float = self.float::<$float>()?;
                    let exact = if float.is_finite() { 0.0 } else { self.float()? };
                    visit_float(float, exact, visitor)
                }
                DataType::Int => {
                    visit_int_as_float::<$float, V>(&self.int()?, self.reading.pass, visitor)
                }
                _ if self.is_collection() => collection!(self, |whole| whole.$method(visitor)),
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

macro_rules! collections {
    ($($method:ident($($name:ident: $type:ty)?))*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($name: $type,)? visitor: V) -> Result<V::Value> {
            if self.is_collection() {
                collection!(self, |whole| whole.$method($($name,)? visitor))
            } else {
                self.deserialize_any(visitor)
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Payload<'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.data_type {
            DataType::Str => visitor.visit_borrowed_str(self.str()?),
            DataType::Int => visit_int(&self.int()?, Ask::Any, self.reading.pass, visitor),
            DataType::Float => visitor.visit_f64(self.float()?),
            DataType::Bool => visitor.visit_bool(self.bool()?),
            DataType::Bytes => visitor.visit_borrowed_bytes(self.bytes),
            // What stands in the payload is ignored, as by the reference.
            DataType::None => visitor.visit_unit(),
            DataType::List | DataType::Dict | DataType::Tuple | DataType::IntDict => {
                collection!(self, |whole| whole.deserialize_any(visitor))
            }
        }
    }

    ints! {
        deserialize_i8 => I8
        deserialize_i16 => I16
        deserialize_i32 => I32
        deserialize_i64 => I64
        deserialize_i128 => I128
        deserialize_u8 => U8
        deserialize_u16 => U16
        deserialize_u32 => U32
        deserialize_u64 => U64
        deserialize_u128 => U128
    }

    floats! {
        deserialize_f32 => f32
        deserialize_f64 => f64
    }

    any! { deserialize_bool }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.data_type {
            DataType::Str => visitor.visit_borrowed_str(self.str()?),
            // A `String`'s visitor takes bytes that happen to be UTF-8.
            DataType::Bytes => self.refuse(&visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.data_type == DataType::Str && self.bytes.len() <= SHORT {
            return match String::from_utf8(self.bytes.to_vec()) {
                Ok(text) => visitor.visit_string(text),
                Err(_) => Err(self.malformed(Problem::Utf8)),
            };
        }
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.data_type {
            DataType::Bytes => visitor.visit_borrowed_bytes(self.bytes),
            // Visitors of bytes take text and lists of numbers too.
            _ => self.refuse(&visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.data_type {
            DataType::None => visitor.visit_none(),
            _ if self.is_null() => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    any! { deserialize_unit }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        match (name, self.data_type) {
            (VALUE_TOKEN, _) => self.deserialize_value(visitor),
            (INT_TOKEN, DataType::Int) => visit_int_or_digits(&self.int()?, visitor),
            (INT_TOKEN, DataType::Str) => self.refuse(&visitor),
            (INT_TOKEN, _) if self.is_collection() => {
                collection!(self, |whole| whole
                    .deserialize_newtype_struct(name, visitor))
            }
            (INT_TOKEN, _) => self.deserialize_any(visitor),
            (RAW_JSON, _) if self.is_collection() => {
                collection!(self, |whole| whole
                    .deserialize_newtype_struct(name, visitor))
            }
            (RAW_JSON, _) => visit_as_json(self, visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    collections! {
        deserialize_seq()
        deserialize_tuple(len: usize)
        deserialize_map()
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_tuple(len, visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        if self.is_collection() {
            collection!(self, |whole| whole
                .deserialize_struct(name, fields, visitor))
        } else {
            match (foreign::wanted(name), self.data_type) {
                (Some(Wanted::Text), DataType::Str) => {
                    visit_text_field(self.str()?.into(), fields, visitor)
                }
                (Some(Wanted::Value), _) => visit_spanned(self, fields, visitor),
                _ => self.deserialize_any(visitor),
            }
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.data_type {
            DataType::Str => {
                visitor.visit_enum(de::value::BorrowedStrDeserializer::new(self.str()?))
            }
            _ if self.is_collection() => collection!(self, |whole| whole
                .deserialize_enum(name, variants, visitor)),
            _ => self.refuse(&visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.is_collection() {
            collection!(self, |whole| whole.deserialize_ignored_any(visitor))
        } else if self.data_type == DataType::Int {
            self.int()?;
            visitor.visit_unit()
        } else {
            self.deserialize_any(visitor)
        }
    }
}
