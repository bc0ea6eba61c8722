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

use std::borrow::Cow;

use serde::{
    Serialize, Serializer,
    de::{
        self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor,
        value::{BorrowedStrDeserializer, MapDeserializer},
    },
    ser::{self, Impossible, SerializeStruct},
};

use super::{
    Payload,
    collection::write_json,
    error::{DecodeError, EncodeError},
};
use crate::{
    value::{Value, number_of_json},
    wire::{DataType, Dialect},
};

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

/// What the only field of a struct is, which is a text.
#[derive(Debug, Clone, Copy)]
enum Content {
    Number,
    Json,
    Text,
}

/// Whether a struct's or an enum's name is a private one of a library's.
#[inline]
pub(super) fn is_private(name: &str) -> bool {
    match name.as_bytes().first() {
        Some(b'$') => name.contains("private"),
        Some(b'@') => name == CBOR_TAG,
        _ => false,
    }
}

/// Refuses to send what only its own library's format can write.
#[cold]
pub(super) fn refuse<T>(name: &str) -> Result<T, Box<EncodeError>> {
    Err(ser::Error::custom(format_args!(
        "a type of another library, `{name}`, can only be written by that library's own format; send what it holds, as a String or as a type of your own"
    )))
}

/// The fields of a struct, of the usual kind or of a private name.
pub(super) enum Fields<C, S: Serializer> {
    Usual(C),
    Private(PrivateField<S>),
}

/// The only field of a struct with a private name.
pub(super) struct PrivateField<S: Serializer> {
    content: Content,
    serializer: Option<S>,
    written: Option<S::Ok>,
}

impl<C, S: Serializer<Error = Box<EncodeError>>> Fields<C, S> {
    /// Those of a struct with a private name.
    #[cold]
    pub(super) fn private(name: &str, serializer: S) -> Result<Self, Box<EncodeError>> {
        let content = match name {
            NUMBER => Content::Number,
            RAW_JSON => Content::Json,
            DATETIME => Content::Text,
            _ => return refuse(name),
        };
        Ok(Self::Private(PrivateField {
            content,
            serializer: Some(serializer),
            written: None,
        }))
    }
}

impl<C, S> SerializeStruct for Fields<C, S>
where
    C: SerializeStruct<Ok = S::Ok, Error = Box<EncodeError>>,
    S: Serializer<Error = Box<EncodeError>>,
{
    type Ok = S::Ok;
    type Error = Box<EncodeError>;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Box<EncodeError>> {
        match self {
            Self::Usual(fields) => fields.serialize_field(key, value),
            Self::Private(field) => field.serialize(value.serialize(Text)?),
        }
    }

    #[inline]
    fn end(self) -> Result<S::Ok, Box<EncodeError>> {
        match self {
            Self::Usual(fields) => fields.end(),
            Self::Private(field) => field.written.ok_or_else(no_text),
        }
    }
}

impl<S: Serializer<Error = Box<EncodeError>>> PrivateField<S> {
    #[cold]
    fn serialize(&mut self, text: String) -> Result<(), Box<EncodeError>> {
        let serializer = self.serializer.take().ok_or_else(no_text)?;
        let value = match self.content {
            Content::Number => number_of_json(&text).ok_or_else(|| {
                <Box<EncodeError> as ser::Error>::custom(format_args!(
                    "no float is as large as the number {text}; send it as a String"
                ))
            })?,
            Content::Json => Payload::new(Dialect::V01, DataType::List, text.as_bytes())
                .decode()
                .map_err(<Box<EncodeError> as ser::Error>::custom)?,
            Content::Text => Value::Str(text),
        };
        self.written = Some(value.serialize(serializer)?);
        Ok(())
    }
}

#[cold]
#[expect(
    clippy::unnecessary_box_returns,
    reason = "the type of a serializer's error"
)]
fn no_text() -> Box<EncodeError> {
    ser::Error::custom("a private struct of another library has one field, which is a text")
}

/// Takes a text only.
struct Text;

macro_rules! no_text {
    ($($method:ident($($argument:ty),*) -> $result:ty;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$result, Box<EncodeError>> {
            Err(no_text())
        }
    )*};
}

impl Serializer for Text {
    type Ok = String;
    type Error = Box<EncodeError>;
    type SerializeSeq = Impossible<String, Box<EncodeError>>;
    type SerializeTuple = Impossible<String, Box<EncodeError>>;
    type SerializeTupleStruct = Impossible<String, Box<EncodeError>>;
    type SerializeTupleVariant = Impossible<String, Box<EncodeError>>;
    type SerializeMap = Impossible<String, Box<EncodeError>>;
    type SerializeStruct = Impossible<String, Box<EncodeError>>;
    type SerializeStructVariant = Impossible<String, Box<EncodeError>>;

    fn serialize_str(self, text: &str) -> Result<String, Box<EncodeError>> {
        Ok(text.to_owned())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<String, Box<EncodeError>> {
        Err(no_text())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<String, Box<EncodeError>> {
        Err(no_text())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<String, Box<EncodeError>> {
        Err(no_text())
    }

    no_text! {
        serialize_bool(bool) -> String;
        serialize_i8(i8) -> String;
        serialize_i16(i16) -> String;
        serialize_i32(i32) -> String;
        serialize_i64(i64) -> String;
        serialize_u8(u8) -> String;
        serialize_u16(u16) -> String;
        serialize_u32(u32) -> String;
        serialize_u64(u64) -> String;
        serialize_f32(f32) -> String;
        serialize_f64(f64) -> String;
        serialize_char(char) -> String;
        serialize_bytes(&[u8]) -> String;
        serialize_none() -> String;
        serialize_unit() -> String;
        serialize_unit_struct(&'static str) -> String;
        serialize_unit_variant(&'static str, u32, &'static str) -> String;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
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

/// Gives a text to a visitor that wants it as the only field of a struct.
pub(super) fn visit_text<'de, V: Visitor<'de>>(
    text: Cow<'de, str>,
    fields: &'static [&'static str],
    visitor: V,
) -> Result<V::Value, Box<DecodeError>> {
    let field = fields.first().copied().unwrap_or_default();
    match text {
        Cow::Borrowed(text) => {
            let entry = (field, BorrowedStrDeserializer::new(text));
            visitor.visit_map(MapDeserializer::new(std::iter::once(entry)))
        }
        Cow::Owned(text) => {
            let entry = (field, text);
            visitor.visit_map(MapDeserializer::new(std::iter::once(entry)))
        }
    }
}

/// Gives JSON to a visitor that wants it as it is written.
pub(super) fn visit_json<'de, V: Visitor<'de>>(
    text: Cow<'de, str>,
    visitor: V,
) -> Result<V::Value, Box<DecodeError>> {
    visit_text(text, &[RAW_JSON], visitor)
}

/// Writes the next value as JSON for a visitor that wants that.
pub(super) fn visit_as_json<'de, D, V>(
    deserializer: D,
    visitor: V,
) -> Result<V::Value, Box<DecodeError>>
where
    D: Deserializer<'de, Error = Box<DecodeError>>,
    V: Visitor<'de>,
{
    let value = <Value as de::Deserialize>::deserialize(deserializer)?;
    let text = write_json(&value).map_err(|error| -> Box<DecodeError> {
        de::Error::custom(format_args!(
            "JSON is expected, and that has no such value: {error}"
        ))
    })?;
    visit_json(Cow::Owned(text), visitor)
}

/// Gives a value to a visitor that wants to know its place as well, which it has none of.
pub(super) fn visit_spanned<'de, D, V>(
    deserializer: D,
    fields: &'static [&'static str],
    visitor: V,
) -> Result<V::Value, Box<DecodeError>>
where
    D: Deserializer<'de, Error = Box<DecodeError>>,
    V: Visitor<'de>,
{
    visitor.visit_map(Spanned {
        fields: fields.iter(),
        value: Some(deserializer),
    })
}

struct Spanned<D> {
    fields: std::slice::Iter<'static, &'static str>,
    value: Option<D>,
}

impl<'de, D: Deserializer<'de, Error = Box<DecodeError>>> MapAccess<'de> for Spanned<D> {
    type Error = Box<DecodeError>;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Self::Error> {
        let field = self.fields.next();
        field
            .map(|field| seed.deserialize(BorrowedStrDeserializer::new(field)))
            .transpose()
    }

    /// The value is the last field.
    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, Self::Error> {
        if !self.fields.as_slice().is_empty() {
            return seed.deserialize(0_u64.into_deserializer());
        }
        match self.value.take() {
            Some(value) => seed.deserialize(value),
            None => Err(de::Error::custom(
                "a struct has more fields than were asked for",
            )),
        }
    }
}
