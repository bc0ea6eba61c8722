//! Writes what the structs of private names hold.

use serde::{
    Serialize, Serializer,
    ser::{self, Impossible, SerializeStruct},
};

use super::{DATETIME, NUMBER, RAW_JSON};
use crate::{
    payload::error::EncodeError,
    value::{Value, number_of_json},
};

/// A serializer whose payload may have JSON of a `RawValue` in it. The reader of JSON stands above the files that write, so it is
/// given to them with this.
pub(in crate::payload) trait ReadJson: Serializer {
    /// Reads JSON to write what it says.
    fn read_json(text: &str) -> Result<Value, Self::Error>;
}

/// What the only field of a struct is, which is a text.
#[derive(Debug, Clone, Copy)]
enum Content {
    Number,
    Json,
    Text,
}

/// Refuses to send what only its own library's format can write.
#[cold]
pub(in crate::payload) fn refuse<T>(name: &str) -> Result<T, Box<EncodeError>> {
    Err(ser::Error::custom(format_args!(
        "a type of another library, `{name}`, can only be written by that library's own format; send what it holds, as a String or as a type of your own"
    )))
}

/// The fields of a struct, of the usual kind or of a private name.
pub(in crate::payload) enum Fields<C, S: Serializer> {
    Usual(C),
    Private(PrivateField<S>),
}

/// The only field of a struct with a private name.
pub(in crate::payload) struct PrivateField<S: Serializer> {
    content: Content,
    serializer: Option<S>,
    written: Option<S::Ok>,
}

impl<C, S: Serializer<Error = Box<EncodeError>>> Fields<C, S> {
    /// Those of a struct with a private name.
    #[cold]
    pub(in crate::payload) fn private(name: &str, serializer: S) -> Result<Self, Box<EncodeError>> {
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
    S: ReadJson<Error = Box<EncodeError>>,
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

impl<S: ReadJson<Error = Box<EncodeError>>> PrivateField<S> {
    #[cold]
    fn serialize(&mut self, text: String) -> Result<(), Box<EncodeError>> {
        let serializer = self.serializer.take().ok_or_else(no_text)?;
        let value = match self.content {
            Content::Number => number_of_json(&text).ok_or_else(|| {
                <Box<EncodeError> as ser::Error>::custom(format_args!(
                    "no float is as large as the number {text}; send it as a String"
                ))
            })?,
            Content::Json => S::read_json(&text)?,
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
