//! The keys of dicts from CBOR.

use serde::{
    Deserializer,
    de::{self, Unexpected, Visitor},
};

use super::{Key, Reader, Result, visit_text, visit_variant};
use crate::{
    payload::{
        error::DecodeError,
        number::parse_int,
        visit::{
            Ask, Nearest, Pass, int_of_key, unwanted_int, visit_int, visit_int_as_float,
            visit_int_as_key, visit_int_or_digits,
        },
    },
    value::{INT_TOKEN, Int, VALUE_TOKEN},
};

/// Reads a dict's key: text, or what the text says where the type wants a number or a bool, or an int.
pub(super) struct KeyDeserializer<'r, 'de> {
    pub(super) reader: &'r mut Reader<'de>,
    pub(super) kind: Key,
    /// Whether it is the name of a struct's field, or of a variant.
    pub(super) fields: bool,
}

impl<'de> KeyDeserializer<'_, 'de> {
    /// Gives what the key's text reads as to `visit`; a key that it is none for is not what the visitor wants.
    fn read<V: Visitor<'de>, T>(
        self,
        visitor: V,
        read: impl FnOnce(&str) -> Option<T>,
        visit: impl FnOnce(V, T) -> Result<V::Value>,
    ) -> Result<V::Value> {
        match self.kind {
            Key::Str => {
                let text = self.reader.text()?;
                match read(&text) {
                    Some(value) => visit(visitor, value),
                    None => Err(de::Error::invalid_type(Unexpected::Str(&text), &visitor)),
                }
            }
            Key::Int => self.refuse(&visitor),
        }
    }

    /// Refuses an int, which some visitors would take for the number of a field.
    #[cold]
    fn refuse<T>(self, expected: &dyn de::Expected) -> Result<T> {
        let int = self.reader.int()?;
        Err(unwanted_int(&int, expected))
    }

    /// Reads an int or a text that is one.
    fn int(self, expected: &dyn de::Expected) -> Result<Int> {
        match self.kind {
            Key::Int => self.reader.int(),
            Key::Str => {
                let text = self.reader.text()?;
                parse_int(text.as_bytes())
                    .map_err(|_| de::Error::invalid_type(Unexpected::Str(&text), expected))
            }
        }
    }
}

macro_rules! int_keys {
    ($($method:ident => $ask:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let pass = self.reader.reading.pass;
            visit_int(&self.int(&visitor)?, Ask::$ask, pass, visitor)
        }
    )*};
}

macro_rules! float_keys {
    ($($method:ident => $float:ty)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let pass = self.reader.reading.pass;
            match self.kind {
                Key::Int => visit_int_as_float::<$float, V>(&self.reader.int()?, pass, visitor),
                Key::Str => self.read(
                    visitor,
                    <$float as Nearest>::of_text,
                    |visitor, float: $float| Nearest::visit(float, visitor),
                ),
            }
        }
    )*};
}

macro_rules! text_keys {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.kind {
                Key::Str => visit_text(self.reader.text()?, visitor),
                Key::Int => self.refuse(&visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for KeyDeserializer<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind {
            Key::Int => visit_int_as_key(&self.reader.int()?, visitor),
            Key::Str if self.fields || self.reader.reading.pass == Pass::First => {
                visit_text(self.reader.text()?, visitor)
            }
            Key::Str => {
                let text = self.reader.text()?;
                match int_of_key(&text) {
                    Some(int) => visit_int_as_key(&int, visitor),
                    None => visit_text(text, visitor),
                }
            }
        }
    }

    #[inline]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.fields {
            self.deserialize_str(visitor)
        } else {
            self.deserialize_any(visitor)
        }
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

    text_keys! { deserialize_char deserialize_str deserialize_string }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let read = |text: &str| text.parse().ok();
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
            VALUE_TOKEN => match self.kind {
                Key::Int => visit_int(&self.reader.int()?, Ask::Any, Pass::First, visitor),
                Key::Str => self.deserialize_str(visitor),
            },
            INT_TOKEN => visit_int_or_digits(&self.int(&visitor)?, visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.kind {
            Key::Str => visit_variant(self.reader.text()?, visitor),
            Key::Int => self.refuse(&visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind {
            Key::Str => self.reader.text().map(drop)?,
            Key::Int => self.reader.int().map(drop)?,
        }
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
    }
}
