//! The keys of dicts from JSON.

use serde::{
    Deserializer,
    de::{
        self, Unexpected, Visitor,
        value::{BorrowedStrDeserializer, StrDeserializer},
    },
};

use super::{Reader, Result, Text};
use crate::{
    payload::{
        error::DecodeError,
        number::parse_int,
        visit::{Ask, Nearest, Pass, int_of_key, visit_int, visit_int_as_key, visit_int_or_digits},
    },
    value::{INT_TOKEN, VALUE_TOKEN},
};

/// What the keys of a dict are for the type that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// The names of a struct's fields.
    Fields,
    /// Any.
    Any,
}

/// Reads a dict's key, whose quote comes next: text, or what the text says where the type wants a number or a bool.
pub(super) struct KeyDeserializer<'r, 'de> {
    pub(super) reader: &'r mut Reader<'de>,
    pub(super) keys: Keys,
}

impl<'de> KeyDeserializer<'_, 'de> {
    /// Gives what the key's text reads as to `visit`; a key that it is none for is not what the visitor wants.
    fn read<V: Visitor<'de>, T>(
        self,
        visitor: V,
        read: impl FnOnce(&str) -> Option<T>,
        visit: impl FnOnce(V, T) -> Result<V::Value>,
    ) -> Result<V::Value> {
        let (Text::Borrowed(text) | Text::Unescaped(text)) = self.reader.string()?;
        match read(text) {
            Some(value) => visit(visitor, value),
            None => Err(de::Error::invalid_type(Unexpected::Str(text), &visitor)),
        }
    }
}

macro_rules! int_keys {
    ($($method:ident => $ask:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let pass = self.reader.reading.pass;
            self.read(
                visitor,
                |text| parse_int(text.as_bytes()).ok(),
                |visitor, int| visit_int(&int, Ask::$ask, pass, visitor),
            )
        }
    )*};
}

macro_rules! float_keys {
    ($($method:ident => $float:ty)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.read(
                visitor,
                <$float as Nearest>::of_text,
                |visitor, float: $float| Nearest::visit(float, visitor),
            )
        }
    )*};
}

impl<'de> Deserializer<'de> for KeyDeserializer<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.keys == Keys::Fields || self.reader.reading.pass == Pass::First {
            return self.deserialize_str(visitor);
        }
        let text = self.reader.string()?;
        let (Text::Borrowed(key) | Text::Unescaped(key)) = text;
        match (int_of_key(key), text) {
            (Some(int), _) => visit_int_as_key(&int, visitor),
            (None, Text::Borrowed(text)) => visitor.visit_borrowed_str(text),
            (None, Text::Unescaped(text)) => visitor.visit_str(text),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.reader.string()? {
            Text::Borrowed(text) => visitor.visit_borrowed_str(text),
            Text::Unescaped(text) => visitor.visit_str(text),
        }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    int_keys! {
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

    float_keys! {
        deserialize_f32 => f32
        deserialize_f64 => f64
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let read = |text: &str| match text {
            // highway.py 0.2 writes Python's names.
            "true" | "True" => Some(true),
            "false" | "False" => Some(false),
            _ => None,
        };
        self.read(visitor, read, V::visit_bool)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        match name {
            VALUE_TOKEN => self.deserialize_str(visitor),
            INT_TOKEN => self.read(
                visitor,
                |text| parse_int(text.as_bytes()).ok(),
                |visitor, int| visit_int_or_digits(&int, visitor),
            ),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.reader.string()? {
            Text::Borrowed(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
            Text::Unescaped(text) => visitor.visit_enum(StrDeserializer::new(text)),
        }
    }

    serde::forward_to_deserialize_any! {
        char bytes byte_buf unit unit_struct seq tuple tuple_struct map struct ignored_any
    }
}
