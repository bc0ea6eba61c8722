//! Values of any type from CBOR, and what lists, dicts and variants hold.

use std::{borrow::Cow, ops::Range};

use serde::{
    Deserializer,
    de::{
        self, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, Unexpected, VariantAccess,
        Visitor, value::StrDeserializer,
    },
};

use super::{Item, Key, Number, Reader, Result, keys::KeyDeserializer, visit_text, visit_variant};
use crate::{
    payload::{
        error::{DecodeError, Step},
        foreign::{
            self, RAW_JSON, Wanted,
            read::{visit_as_json, visit_spanned, visit_text_field},
        },
        visit::{
            Ask, Nearest, Pass, visit_float, visit_int, visit_int_as_float, visit_int_or_digits,
            visit_small, visit_small_as_float,
        },
    },
    value::{INT_TOKEN, Typed, TypedContent, VALUE_TOKEN},
    wire::DataType,
};

/// Reads the next value.
pub(in crate::payload) struct CborDeserializer<'r, 'de> {
    reader: &'r mut Reader<'de>,
}

impl Number {
    #[inline]
    fn visit<'de, V: Visitor<'de>>(self, ask: Ask, pass: Pass, visitor: V) -> Result<V::Value> {
        match self {
            Self::Small(number) => visit_small(number, ask, pass, visitor),
            Self::Large(int) => visit_int(&int, ask, pass, visitor),
        }
    }

    #[inline]
    fn visit_as_float<'de, F: Nearest, V: Visitor<'de>>(
        self,
        pass: Pass,
        visitor: V,
    ) -> Result<V::Value> {
        match self {
            Self::Small(number) => visit_small_as_float::<F, V>(number, pass, visitor),
            Self::Large(int) => visit_int_as_float::<F, V>(&int, pass, visitor),
        }
    }
}

impl<'r, 'de> CborDeserializer<'r, 'de> {
    #[inline]
    pub(in crate::payload) fn new(reader: &'r mut Reader<'de>) -> Self {
        Self { reader }
    }

    /// Gives a `Value`'s visitor also what serde has no word for.
    #[inline]
    pub(in crate::payload) fn deserialize_value<V: Visitor<'de>>(
        self,
        visitor: V,
        typed: Option<Typed>,
    ) -> Result<V::Value> {
        let typed = match self.reader.item()? {
            Item::Tuple => Typed::Tuple,
            Item::List if typed == Some(Typed::Tuple) => Typed::Tuple,
            Item::Dict if self.reader.has_int_keys() => Typed::IntDict,
            Item::Bignum => {
                let int = self.reader.int()?;
                return match int.digits() {
                    Some(digits) => visitor.visit_enum(TypedContent {
                        typed: Typed::Int,
                        content: StrDeserializer::new(digits),
                    }),
                    None => visit_int(&int, Ask::Any, self.reader.reading.pass, visitor),
                };
            }
            _ => return self.deserialize_any(visitor),
        };
        visitor.visit_enum(TypedContent {
            typed,
            content: self,
        })
    }

    #[inline]
    fn seq<V: Visitor<'de>>(self, item: Item, visitor: V) -> Result<V::Value> {
        let mut items = Items {
            left: self.reader.enter(item)?,
            reader: self.reader,
            index: 0,
        };
        let value = visitor.visit_seq(&mut items).map_err(|error| match item {
            Item::Tuple => error.of_tuple(),
            _ => error,
        })?;
        items.reader.leave(items.left)?;
        Ok(value)
    }

    #[inline]
    fn map<V: Visitor<'de>>(self, fields: bool, visitor: V) -> Result<V::Value> {
        let mut entries = Entries {
            left: self.reader.enter(Item::Dict)?,
            reader: self.reader,
            fields,
            keys: None,
            key: 0..0,
        };
        let value = visitor.visit_map(&mut entries)?;
        entries.reader.leave(entries.left)?;
        Ok(value)
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

/// Visitors of texts take bytes that happen to be UTF-8.
macro_rules! texts {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.reader.item()? {
                Item::Str => visit_text(self.reader.text()?, visitor),
                Item::Bytes => {
                    let bytes = self.reader.bytes()?;
                    Err(de::Error::invalid_type(Unexpected::Bytes(&bytes), &visitor))
                }
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

/// Visitors of bytes take texts and lists of numbers too.
macro_rules! bytes {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let unexpected = match self.reader.item()? {
                Item::Str => {
                    let text = self.reader.text()?;
                    return Err(de::Error::invalid_type(Unexpected::Str(&text), &visitor));
                }
                Item::List => Unexpected::Seq,
                Item::Tuple => Unexpected::Other(DataType::Tuple.name()),
                _ => return self.deserialize_any(visitor),
            };
            Err(de::Error::invalid_type(unexpected, &visitor))
        }
    )*};
}

macro_rules! ints {
    ($($method:ident => $ask:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let pass = self.reader.reading.pass;
            match self.reader.item()? {
                Item::Int => self.reader.number()?.visit(Ask::$ask, pass, visitor),
                Item::Bignum => visit_int(&self.reader.int()?, Ask::$ask, pass, visitor),
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
            match self.reader.item()? {
                Item::Float => {
                    let float = self.reader.float()?;
                    visit_float(<$float as Nearest>::nearest(float), float, visitor)
                }
                Item::Int => self.reader.number()?.visit_as_float::<$float, V>(pass, visitor),
                Item::Bignum => {
                    visit_int_as_float::<$float, V>(&self.reader.int()?, pass, visitor)
                }
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for CborDeserializer<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.reader.item()? {
            Item::Int => {
                let pass = self.reader.reading.pass;
                self.reader.number()?.visit(Ask::Any, pass, visitor)
            }
            Item::Str => visit_text(self.reader.text()?, visitor),
            Item::Dict => self.map(false, visitor),
            item @ (Item::List | Item::Tuple) => self.seq(item, visitor),
            Item::Float => visitor.visit_f64(self.reader.float()?),
            Item::Bool => visitor.visit_bool(self.reader.bool()),
            Item::None => {
                self.reader.none();
                visitor.visit_unit()
            }
            Item::Bytes => match self.reader.bytes()? {
                Cow::Borrowed(bytes) => visitor.visit_borrowed_bytes(bytes),
                Cow::Owned(bytes) => visitor.visit_byte_buf(bytes),
            },
            Item::Bignum => {
                let pass = self.reader.reading.pass;
                visit_int(&self.reader.int()?, Ask::Any, pass, visitor)
            }
        }
    }

    any! { deserialize_bool deserialize_unit deserialize_seq deserialize_map }

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

    texts! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    bytes! { deserialize_bytes deserialize_byte_buf }

    floats! {
        deserialize_f32 => f32
        deserialize_f64 => f64
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.reader.item()? {
            Item::None => {
                self.reader.none();
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
            INT_TOKEN => match self.reader.item()? {
                // Its visitor takes digits.
                Item::Str => Err(de::Error::invalid_type(Unexpected::Other("str"), &visitor)),
                Item::Bignum => visit_int_or_digits(&self.reader.int()?, visitor),
                _ => self.deserialize_any(visitor),
            },
            RAW_JSON => visit_as_json(self, visitor),
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
        let item = self.reader.item()?;
        if let Some(wanted) = foreign::wanted(name) {
            return match (wanted, item) {
                (Wanted::Value, _) => visit_spanned(self, fields, visitor),
                (Wanted::Text, Item::Str) => visit_text_field(self.reader.text()?, fields, visitor),
                _ => self.deserialize_any(visitor),
            };
        }
        // Its visitor would take the fields by their order.
        let unexpected = match item {
            Item::Dict => return self.map(true, visitor),
            Item::List => Unexpected::Seq,
            Item::Tuple => Unexpected::Other(DataType::Tuple.name()),
            _ => return self.deserialize_any(visitor),
        };
        Err(de::Error::invalid_type(unexpected, &visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.reader.item()? {
            Item::Str => visit_variant(self.reader.text()?, visitor),
            Item::Dict => {
                let mut left = self.reader.enter(Item::Dict)?;
                if !self.reader.has_next(&mut left)? {
                    return Err(de::Error::invalid_type(
                        Unexpected::Other("empty dict"),
                        &visitor,
                    ));
                }
                let value = visitor.visit_enum(Variant {
                    reader: &mut *self.reader,
                    name: 0..0,
                })?;
                self.reader.leave(left)?;
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
    left: Option<usize>,
    index: usize,
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if !self.reader.has_next(&mut self.left)? {
            return Ok(None);
        }
        let index = self.index;
        self.index += 1;
        match seed.deserialize(CborDeserializer {
            reader: self.reader,
        }) {
            Ok(item) => Ok(Some(item)),
            Err(error) => Err(error.inside(Step::Index(index))),
        }
    }

    /// No more in all collections together than there are bytes; see [`Reader::enter`].
    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.left
    }
}

struct Entries<'r, 'de> {
    reader: &'r mut Reader<'de>,
    left: Option<usize>,
    /// Whether the keys are the names of a struct's fields.
    fields: bool,
    keys: Option<Key>,
    /// Where the key stands.
    key: Range<usize>,
}

impl<'de> MapAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if !self.reader.has_next(&mut self.left)? {
            return Ok(None);
        }
        let kind = self.reader.key(&mut self.keys)?;
        self.key.start = self.reader.decoder.position();
        let key = seed.deserialize(KeyDeserializer {
            reader: self.reader,
            kind,
            fields: self.fields,
        })?;
        self.key.end = self.reader.decoder.position();
        Ok(Some(key))
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        seed.deserialize(CborDeserializer {
            reader: self.reader,
        })
        .map_err(|error| error.inside(self.reader.step(self.key.clone())))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.left
    }
}

/// An enum's variant with fields: a dict with the variant's name as its only key.
struct Variant<'r, 'de> {
    reader: &'r mut Reader<'de>,
    /// Where the name stands.
    name: Range<usize>,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Box<DecodeError>;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(mut self, seed: T) -> Result<(T::Value, Self)> {
        let kind = self.reader.key(&mut None)?;
        self.name.start = self.reader.decoder.position();
        let variant = seed.deserialize(KeyDeserializer {
            reader: &mut *self.reader,
            kind,
            fields: true,
        })?;
        self.name.end = self.reader.decoder.position();
        Ok((variant, self))
    }
}

impl<'de> Variant<'_, 'de> {
    /// Reads the fields.
    fn fields<T>(self, read: impl FnOnce(CborDeserializer<'_, 'de>) -> Result<T>) -> Result<T> {
        read(CborDeserializer {
            reader: &mut *self.reader,
        })
        .map_err(|error| error.inside(self.reader.step(self.name)))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Box<DecodeError>;

    fn unit_variant(self) -> Result<()> {
        self.fields(|fields| de::Deserialize::deserialize(fields))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        self.fields(|fields| seed.deserialize(fields))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        self.fields(|fields| fields.deserialize_seq(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.fields(|fields| fields.deserialize_struct("", names, visitor))
    }
}
