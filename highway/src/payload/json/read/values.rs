//! Values of any type from JSON, and what lists, dicts and variants hold.

use std::ops::Range;

use serde::{
    Deserializer,
    de::{
        self, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, Unexpected, VariantAccess,
        Visitor,
        value::{BorrowedStrDeserializer, StrDeserializer},
    },
};

use super::{
    COLON_EXPECTED, Number, Reader, Result, Text,
    keys::{KeyDeserializer, Keys},
};
use crate::{
    payload::{
        error::{DecodeError, Step},
        foreign::{
            self, RAW_JSON, Wanted,
            read::{visit_as_json, visit_json, visit_spanned, visit_text_field},
        },
        visit::{
            Ask, Nearest, Pass, visit_float, visit_int, visit_int_as_float, visit_int_or_digits,
            visit_small, visit_small_as_float,
        },
    },
    value::{INT_TOKEN, Typed, TypedContent, VALUE_TOKEN},
    wire::Dialect,
};

/// Reads the next value.
pub(in crate::payload) struct JsonDeserializer<'r, 'de> {
    reader: &'r mut Reader<'de>,
}

impl<'r, 'de> JsonDeserializer<'r, 'de> {
    #[inline]
    pub(in crate::payload) fn new(reader: &'r mut Reader<'de>) -> Self {
        Self { reader }
    }

    /// Gives a `Value`'s visitor also what serde has no word for: the type of the whole that the header says, and numbers of
    /// any size.
    #[inline]
    pub(in crate::payload) fn deserialize_value<V: Visitor<'de>>(
        self,
        visitor: V,
        typed: Option<Typed>,
    ) -> Result<V::Value> {
        match (self.reader.token(), typed) {
            (Some(b'['), Some(typed @ Typed::Tuple))
            | (Some(b'{'), Some(typed @ Typed::IntDict)) => visitor.visit_enum(TypedContent {
                typed,
                content: self,
            }),
            (Some(b'-' | b'0'..=b'9'), _) => match self.reader.number()? {
                Number::Large(int) if int.digits().is_some() => {
                    let content = StrDeserializer::new(int.digits().unwrap_or_default());
                    visitor.visit_enum(TypedContent {
                        typed: Typed::Int,
                        content,
                    })
                }
                number => number.visit(Ask::Any, self.reader.reading.pass, visitor),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    /// Gives the next value as it is written.
    fn raw_json<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.reader.dialect == Dialect::V01 {
            // Which has more than JSON has.
            return visit_as_json(self, visitor);
        }
        self.reader.token();
        let start = self.reader.at;
        self.reader.skip()?;
        let text = self.reader.text.get(start..self.reader.at);
        visit_json(text.unwrap_or_default().into(), visitor)
    }

    #[inline]
    fn seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.reader.enter()?;
        let items = Items {
            reader: &mut *self.reader,
            first: true,
            index: 0,
        };
        let value = visitor.visit_seq(items)?;
        self.reader.leave(b']')?;
        Ok(value)
    }

    #[inline]
    fn map<V: Visitor<'de>>(self, keys: Keys, visitor: V) -> Result<V::Value> {
        self.reader.enter()?;
        let entries = Entries {
            reader: &mut *self.reader,
            first: true,
            keys,
            key: 0..0,
        };
        let value = visitor.visit_map(entries)?;
        self.reader.leave(b'}')?;
        Ok(value)
    }
}

impl<'de> Number<'de> {
    #[inline]
    fn visit<V: Visitor<'de>>(self, ask: Ask, pass: Pass, visitor: V) -> Result<V::Value> {
        match self {
            Self::Small(number) => visit_small(number, ask, pass, visitor),
            Self::Large(int) => visit_int(&int, ask, pass, visitor),
            Self::Float(_, float) | Self::NotFinite(float) => visitor.visit_f64(float),
        }
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
            match self.reader.token() {
                Some(b'-' | b'0'..=b'9') => {
                    let number = self.reader.number()?;
                    number.visit(Ask::$ask, self.reader.reading.pass, visitor)
                }
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

macro_rules! floats {
    ($($method:ident => $float:ty)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let pass = self.reader.reading.pass;
            match self.reader.token() {
                Some(b'-' | b'0'..=b'9') => match self.reader.number()? {
                    Number::Small(number) => {
                        visit_small_as_float::<$float, V>(number, pass, visitor)
                    }
                    Number::Large(int) => visit_int_as_float::<$float, V>(&int, pass, visitor),
                    Number::Float(text, float) => {
                        visit_float(<$float as Nearest>::of(text, float), float, visitor)
                    }
                    Number::NotFinite(float) => visitor.visit_f64(float),
                },
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for JsonDeserializer<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.reader.token() {
            Some(b'"') => match self.reader.string()? {
                Text::Borrowed(text) => visitor.visit_borrowed_str(text),
                Text::Unescaped(text) => visitor.visit_str(text),
            },
            Some(b'[') => self.seq(visitor),
            Some(b'{') => self.map(Keys::Any, visitor),
            Some(b't') => {
                self.reader.word("true")?;
                visitor.visit_bool(true)
            }
            Some(b'f') => {
                self.reader.word("false")?;
                visitor.visit_bool(false)
            }
            Some(b'n') => {
                self.reader.word("null")?;
                visitor.visit_unit()
            }
            _ => self
                .reader
                .number()?
                .visit(Ask::Any, self.reader.reading.pass, visitor),
        }
    }

    // Bytes among them: highway.py 0.2 writes bytes inside of collections as text and byte arrays as numbers.
    any! {
        deserialize_bool
        deserialize_char deserialize_str deserialize_string deserialize_identifier
        deserialize_bytes deserialize_byte_buf
        deserialize_unit deserialize_seq deserialize_map
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

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.reader.token() {
            Some(b'n') => {
                self.reader.word("null")?;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

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
        match name {
            VALUE_TOKEN => self.deserialize_value(visitor, None),
            INT_TOKEN => match self.reader.token() {
                Some(b'"') => Err(de::Error::invalid_type(Unexpected::Other("str"), &visitor)),
                Some(b'-' | b'0'..=b'9') => match self.reader.number()? {
                    Number::Large(int) => visit_int_or_digits(&int, visitor),
                    number => number.visit(Ask::Any, self.reader.reading.pass, visitor),
                },
                _ => self.deserialize_any(visitor),
            },
            RAW_JSON => self.raw_json(visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let token = self.reader.token();
        if let Some(wanted) = foreign::wanted(name) {
            return match (wanted, token) {
                (Wanted::Value, _) => visit_spanned(self, fields, visitor),
                (Wanted::Text, Some(b'"')) => {
                    visit_text_field(self.reader.string()?.into(), fields, visitor)
                }
                _ => self.deserialize_any(visitor),
            };
        }
        match token {
            Some(b'{') => self.map(Keys::Fields, visitor),
            // Its visitor would take the fields by their order.
            Some(b'[') => Err(de::Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.reader.token() {
            Some(b'"') => match self.reader.string()? {
                Text::Borrowed(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
                Text::Unescaped(text) => visitor.visit_enum(StrDeserializer::new(text)),
            },
            Some(b'{') => {
                self.reader.enter()?;
                self.reader.key_quote()?;
                let value = visitor.visit_enum(Variant {
                    reader: &mut *self.reader,
                    name: 0..0,
                })?;
                self.reader.leave(b'}')?;
                Ok(value)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.reader.skip()?;
        visitor.visit_unit()
    }
}

struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    first: bool,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if !self.reader.has_next(b']', &mut self.first)? {
            return Ok(None);
        }
        let index = self.index;
        self.index += 1;
        match seed.deserialize(JsonDeserializer {
            reader: self.reader,
        }) {
            Ok(item) => Ok(Some(item)),
            Err(error) => Err(error.inside(Step::Index(index))),
        }
    }
}

struct Entries<'r, 'de> {
    reader: &'r mut Reader<'de>,
    first: bool,
    keys: Keys,
    /// Where the key is in the text.
    key: Range<usize>,
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if !self.reader.has_next(b'}', &mut self.first)? {
            return Ok(None);
        }
        self.reader.key_quote()?;
        self.key.start = self.reader.at + 1;
        let key = seed.deserialize(KeyDeserializer {
            reader: self.reader,
            keys: self.keys,
        })?;
        self.key.end = self.reader.at.saturating_sub(1);
        Ok(Some(key))
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        self.reader.expect(b':', COLON_EXPECTED)?;
        seed.deserialize(JsonDeserializer {
            reader: self.reader,
        })
        .map_err(|error| {
            error.inside(Step::key(
                self.reader.text.get(self.key.clone()).unwrap_or_default(),
            ))
        })
    }
}

/// An enum's variant with fields: a dict with the variant's name as its only key.
struct Variant<'r, 'de> {
    reader: &'r mut Reader<'de>,
    /// Where the name is in the text.
    name: Range<usize>,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Box<DecodeError>;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(mut self, seed: T) -> Result<(T::Value, Self)> {
        self.name.start = self.reader.at + 1;
        let variant = seed.deserialize(KeyDeserializer {
            reader: &mut *self.reader,
            keys: Keys::Fields,
        })?;
        self.name.end = self.reader.at.saturating_sub(1);
        self.reader.expect(b':', COLON_EXPECTED)?;
        Ok((variant, self))
    }
}

impl<'de> Variant<'_, 'de> {
    /// Reads the fields.
    fn fields<T>(self, read: impl FnOnce(JsonDeserializer<'_, 'de>) -> Result<T>) -> Result<T> {
        read(JsonDeserializer {
            reader: &mut *self.reader,
        })
        .map_err(|error| {
            error.inside(Step::key(
                self.reader.text.get(self.name.clone()).unwrap_or_default(),
            ))
        })
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Box<DecodeError>;

    fn unit_variant(self) -> Result<()> {
        self.fields(|json| de::Deserialize::deserialize(json))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        self.fields(|json| seed.deserialize(json))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        self.fields(|json| json.deserialize_seq(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.fields(|json| json.deserialize_struct("", fields, visitor))
    }
}
