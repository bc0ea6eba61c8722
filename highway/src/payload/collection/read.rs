//! Reads lists, dicts and tuples, and what stands in them, from whichever form the dialect has for them.

use std::ops::Range;

use serde::{
    Deserializer,
    de::{
        self, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, Unexpected, VariantAccess,
        Visitor,
        value::{BorrowedStrDeserializer, StrDeserializer},
    },
};

use crate::{
    payload::{
        decode::{unwanted_int, visit_int, visit_int_as_float, visit_int_or_digits},
        error::{DecodeError, Step},
        number::{parse_float, parse_int},
    },
    value::{INT_TOKEN, Int, Typed, TypedContent, VALUE_TOKEN},
    wire::DataType,
};

type Result<T, E = Box<DecodeError>> = std::result::Result<T, E>;

/// How the parts of collections are read.
pub(in crate::payload) trait Form<'de>: Sized {
    /// Whether bytes are a type of their own. Where not, whatever bytes may have been written as is taken for them.
    const BYTES: bool;

    /// Whether collections say how many parts they have, and have as many.
    const COUNTED: bool;

    /// What is still to be read of a collection.
    type Parts;

    /// Reads the next value, of a collection its beginning only.
    fn item(&mut self) -> Result<Item<'de, Self::Parts>>;

    /// Reads over a none, if one comes next.
    fn none(&mut self) -> Result<bool>;

    /// Goes on to the next part of a collection, if there is one.
    fn more(&mut self, parts: &mut Self::Parts) -> Result<bool>;

    /// How many parts are to come.
    fn count(parts: &Self::Parts) -> Option<usize>;

    /// Leaves a collection, of which everything should have been read.
    fn leave(&mut self, parts: Self::Parts) -> Result<()>;

    /// Reads the key of a dict's part.
    fn key(&mut self, parts: &mut Self::Parts) -> Result<Key<'de>>;

    /// Reads what stands between a key and its value.
    fn colon(&mut self) -> Result<()>;

    /// The last text that could not be borrowed.
    fn copied_text(&self) -> &str;

    /// The last bytes that could not be borrowed.
    fn copied_bytes(&self) -> &[u8];

    /// How far it is read.
    fn at(&self) -> usize;

    /// The step of an error's path to the value whose key stands here.
    fn key_step(&self, key: Range<usize>) -> Step;
}

/// A value, or the beginning of a collection.
pub(in crate::payload) enum Item<'de, P> {
    None,
    Bool(bool),
    Number(Number<'de>),
    Text(Run<'de, str>),
    Bytes(Run<'de, [u8]>),
    List(P),
    Tuple(P),
    Dict(P),
    IntDict(P),
}

/// Text or bytes.
#[derive(Debug, Clone, Copy)]
pub(in crate::payload) enum Run<'de, T: ?Sized> {
    /// As they stand in the payload.
    Borrowed(&'de T),
    /// Put together from what stands there, to be asked for before anything else is read.
    Copied,
}

pub(in crate::payload) enum Number<'de> {
    Small(i64),
    Large(Int),
    Float(f64),
    /// A float's text, and the float where it was read on the way.
    Decimal(&'de str, Option<f64>),
}

/// A dict's key.
pub(in crate::payload) enum Key<'de> {
    Text(Run<'de, str>),
    Int(Int),
}

impl<'de> Run<'de, str> {
    #[inline]
    pub(in crate::payload) fn of<'a, F: Form<'de>>(self, form: &'a F) -> &'a str
    where
        'de: 'a,
    {
        match self {
            Self::Borrowed(text) => text,
            Self::Copied => form.copied_text(),
        }
    }

    #[inline]
    fn visit<F: Form<'de>, V: Visitor<'de>>(self, form: &F, visitor: V) -> Result<V::Value> {
        match self {
            Self::Borrowed(text) => visitor.visit_borrowed_str(text),
            Self::Copied => visitor.visit_str(form.copied_text()),
        }
    }

    fn visit_variant<F: Form<'de>, V: Visitor<'de>>(
        self,
        form: &F,
        visitor: V,
    ) -> Result<V::Value> {
        match self {
            Self::Borrowed(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
            Self::Copied => visitor.visit_enum(StrDeserializer::new(form.copied_text())),
        }
    }
}

impl<'de> Number<'de> {
    #[inline]
    fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self {
            Self::Small(number) => visitor.visit_i64(number),
            Self::Large(int) => visit_int(&int, visitor),
            Self::Float(float) => visitor.visit_f64(float),
            Self::Decimal(text, float) => {
                visitor.visit_f64(float.unwrap_or_else(|| text.parse().unwrap_or(f64::NAN)))
            }
        }
    }
}

impl<'de, P> Item<'de, P> {
    /// Gives it to a visitor; of a collection the rest is read.
    #[inline]
    fn visit<F: Form<'de, Parts = P>, V: Visitor<'de>>(
        self,
        form: &mut F,
        visitor: V,
    ) -> Result<V::Value> {
        match self {
            Self::None => visitor.visit_unit(),
            Self::Bool(bool) => visitor.visit_bool(bool),
            Self::Number(number) => number.visit(visitor),
            Self::Text(text) => text.visit(form, visitor),
            Self::Bytes(Run::Borrowed(bytes)) => visitor.visit_borrowed_bytes(bytes),
            Self::Bytes(Run::Copied) => visitor.visit_bytes(form.copied_bytes()),
            Self::List(parts) => list(form, parts, visitor),
            Self::Tuple(parts) => list(form, parts, visitor).map_err(DecodeError::of_tuple),
            Self::Dict(parts) | Self::IntDict(parts) => dict(form, parts, visitor),
        }
    }

    /// Gives it to a visitor that would take bytes for something else.
    #[inline]
    fn visit_but_bytes<F: Form<'de, Parts = P>, V: Visitor<'de>>(
        self,
        form: &mut F,
        visitor: V,
    ) -> Result<V::Value> {
        match self {
            Self::Bytes(bytes) => {
                let bytes = match bytes {
                    Run::Borrowed(bytes) => bytes,
                    Run::Copied => form.copied_bytes(),
                };
                Err(de::Error::invalid_type(Unexpected::Bytes(bytes), &visitor))
            }
            item => item.visit(form, visitor),
        }
    }

    /// Refuses what a visitor would take though its type is another.
    #[cold]
    fn refuse<F: Form<'de, Parts = P>, V: Visitor<'de>>(
        self,
        form: &mut F,
        visitor: &V,
    ) -> Box<DecodeError> {
        let received = match &self {
            Self::Text(text) => Unexpected::Str(text.of(form)),
            Self::List(_) => Unexpected::Seq,
            Self::Tuple(_) => Unexpected::Other(DataType::Tuple.name()),
            Self::Number(Number::Small(number)) => Unexpected::Signed(*number),
            Self::Number(Number::Large(int)) => return unwanted_int(int, visitor),
            Self::Number(Number::Float(_) | Number::Decimal(..)) => {
                Unexpected::Other(DataType::Float.name())
            }
            Self::None => Unexpected::Unit,
            Self::Bool(bool) => Unexpected::Bool(*bool),
            Self::Bytes(Run::Borrowed(bytes)) => Unexpected::Bytes(bytes),
            Self::Bytes(Run::Copied) => Unexpected::Bytes(form.copied_bytes()),
            Self::Dict(_) | Self::IntDict(_) => Unexpected::Map,
        };
        de::Error::invalid_type(received, visitor)
    }
}

#[inline]
fn list<'de, F: Form<'de>, V: Visitor<'de>>(
    form: &mut F,
    parts: F::Parts,
    visitor: V,
) -> Result<V::Value> {
    let mut items = Items {
        form,
        parts,
        index: 0,
    };
    let value = visitor.visit_seq(&mut items)?;
    items.form.leave(items.parts)?;
    Ok(value)
}

#[inline]
fn dict<'de, F: Form<'de>, V: Visitor<'de>>(
    form: &mut F,
    parts: F::Parts,
    visitor: V,
) -> Result<V::Value> {
    let mut entries = Entries {
        form,
        parts,
        key: 0..0,
    };
    let value = visitor.visit_map(&mut entries)?;
    entries.form.leave(entries.parts)?;
    Ok(value)
}

/// Reads over a value.
pub(in crate::payload) fn skip<'de, F: Form<'de>>(form: &mut F) -> Result<()> {
    match form.item()? {
        Item::List(mut parts) | Item::Tuple(mut parts) => {
            while form.more(&mut parts)? {
                skip(form)?;
            }
            form.leave(parts)
        }
        Item::Dict(mut parts) | Item::IntDict(mut parts) => {
            while form.more(&mut parts)? {
                form.key(&mut parts)?;
                form.colon()?;
                skip(form)?;
            }
            form.leave(parts)
        }
        _ => Ok(()),
    }
}

/// Reads the next value.
pub(in crate::payload) struct PartDeserializer<'r, F> {
    form: &'r mut F,
}

impl<'r, F> PartDeserializer<'r, F> {
    #[inline]
    pub(in crate::payload) fn new(form: &'r mut F) -> Self {
        Self { form }
    }

    /// Gives a `Value`'s visitor also what serde has no word for.
    #[inline]
    pub(in crate::payload) fn deserialize_value<'de, V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value>
    where
        F: Form<'de>,
    {
        let (typed, parts) = match self.form.item()? {
            Item::Number(Number::Large(int)) if int.digits().is_some() => {
                return visitor.visit_enum(TypedContent {
                    typed: Typed::Int,
                    content: StrDeserializer::new(int.digits().unwrap_or_default()),
                });
            }
            Item::List(parts) if F::COUNTED => (Typed::List, parts),
            Item::Dict(parts) if F::COUNTED => (Typed::Dict, parts),
            Item::Tuple(parts) => (Typed::Tuple, parts),
            Item::IntDict(parts) => (Typed::IntDict, parts),
            item => return item.visit(self.form, visitor),
        };
        let content = Begun {
            form: self.form,
            typed,
            parts,
        };
        visitor.visit_enum(TypedContent { typed, content })
    }
}

/// Reads a collection whose beginning is read.
struct Begun<'r, F, P> {
    form: &'r mut F,
    typed: Typed,
    parts: P,
}

impl<'de, F: Form<'de>> Deserializer<'de> for Begun<'_, F, F::Parts> {
    type Error = Box<DecodeError>;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.typed {
            Typed::Dict | Typed::IntDict => dict(self.form, self.parts, visitor),
            _ => list(self.form, self.parts, visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
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

macro_rules! texts {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.form.item()?.visit_but_bytes(self.form, visitor)
        }
    )*};
}

macro_rules! bytes {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.form.item()? {
                item if !F::BYTES || matches!(item, Item::Bytes(_)) => item.visit(self.form, visitor),
                // Visitors of bytes take text and lists of numbers too.
                item => Err(item.refuse(self.form, &visitor)),
            }
        }
    )*};
}

impl<'de, F: Form<'de>> Deserializer<'de> for PartDeserializer<'_, F> {
    type Error = Box<DecodeError>;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.form.item()?.visit(self.form, visitor)
    }

    any! {
        deserialize_bool
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_unit deserialize_seq deserialize_map
    }

    texts! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    bytes! { deserialize_bytes deserialize_byte_buf }

    #[inline]
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.form.item()? {
            // Not by way of a double, which would round twice.
            Item::Number(Number::Decimal(text, _)) => {
                visitor.visit_f32(text.parse().unwrap_or(f32::NAN))
            }
            Item::Number(Number::Large(int)) => visit_int_as_float(&int, visitor),
            item => item.visit(self.form, visitor),
        }
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.form.item()? {
            Item::Number(Number::Large(int)) => visit_int_as_float(&int, visitor),
            item => item.visit(self.form, visitor),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.form.none()? {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
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
            VALUE_TOKEN => self.deserialize_value(visitor),
            INT_TOKEN => match self.form.item()? {
                Item::Text(_) => Err(de::Error::invalid_type(Unexpected::Other("str"), &visitor)),
                Item::Number(Number::Large(int)) => visit_int_or_digits(&int, visitor),
                item => item.visit(self.form, visitor),
            },
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
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.form.item()? {
            // Its visitor would take the fields by their order.
            item @ (Item::List(_) | Item::Tuple(_)) => Err(item.refuse(self.form, &visitor)),
            item => item.visit(self.form, visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.form.item()? {
            Item::Text(text) => text.visit_variant(self.form, visitor),
            Item::Dict(mut parts) => {
                if !self.form.more(&mut parts)? {
                    return Err(de::Error::invalid_length(0, &"a dict of one"));
                }
                let value = visitor.visit_enum(Variant {
                    form: &mut *self.form,
                    parts: &mut parts,
                    name: 0..0,
                })?;
                self.form.leave(parts)?;
                Ok(value)
            }
            item => item.visit(self.form, visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        skip(self.form)?;
        visitor.visit_unit()
    }
}

struct Items<'r, F, P> {
    form: &'r mut F,
    parts: P,
    index: usize,
}

impl<'de, F: Form<'de>> SeqAccess<'de> for Items<'_, F, F::Parts> {
    type Error = Box<DecodeError>;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if !self.form.more(&mut self.parts)? {
            return Ok(None);
        }
        let index = self.index;
        self.index += 1;
        match seed.deserialize(PartDeserializer::new(self.form)) {
            Ok(item) => Ok(Some(item)),
            Err(error) => Err(error.inside(Step::Index(index))),
        }
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        F::count(&self.parts)
    }
}

struct Entries<'r, F, P> {
    form: &'r mut F,
    parts: P,
    /// Where the key is.
    key: Range<usize>,
}

impl<'de, F: Form<'de>> MapAccess<'de> for Entries<'_, F, F::Parts> {
    type Error = Box<DecodeError>;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if !self.form.more(&mut self.parts)? {
            return Ok(None);
        }
        self.key.start = self.form.at();
        let key = seed.deserialize(KeyDeserializer {
            form: self.form,
            parts: &mut self.parts,
        })?;
        self.key.end = self.form.at();
        Ok(Some(key))
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        self.form.colon()?;
        seed.deserialize(PartDeserializer::new(self.form))
            .map_err(|error| error.inside(self.form.key_step(self.key.clone())))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        F::count(&self.parts)
    }
}

/// An enum's variant with fields: a dict with the variant's name as its only key.
struct Variant<'r, F, P> {
    form: &'r mut F,
    parts: &'r mut P,
    /// Where the name is.
    name: Range<usize>,
}

impl<'de, F: Form<'de>> EnumAccess<'de> for Variant<'_, F, F::Parts> {
    type Error = Box<DecodeError>;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(mut self, seed: T) -> Result<(T::Value, Self)> {
        self.name.start = self.form.at();
        let variant = seed.deserialize(KeyDeserializer {
            form: &mut *self.form,
            parts: &mut *self.parts,
        })?;
        self.name.end = self.form.at();
        self.form.colon()?;
        Ok((variant, self))
    }
}

impl<'de, F: Form<'de>> Variant<'_, F, F::Parts> {
    /// Reads the fields.
    fn fields<T>(self, read: impl FnOnce(PartDeserializer<'_, F>) -> Result<T>) -> Result<T> {
        read(PartDeserializer::new(&mut *self.form))
            .map_err(|error| error.inside(self.form.key_step(self.name)))
    }
}

impl<'de, F: Form<'de>> VariantAccess<'de> for Variant<'_, F, F::Parts> {
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

/// Reads a dict's key: text, a whole number, or what the text says where the type wants a number or a bool.
struct KeyDeserializer<'r, F, P> {
    form: &'r mut F,
    parts: &'r mut P,
}

impl<'de, F: Form<'de>> KeyDeserializer<'_, F, F::Parts> {
    /// Gives what the key's text reads as to `visit`; a key that it is none for is not what the visitor wants.
    fn read<V: Visitor<'de>, T>(
        self,
        visitor: V,
        of_text: impl FnOnce(&str) -> Option<T>,
        visit: impl FnOnce(V, T) -> Result<V::Value>,
        visit_int: impl FnOnce(V, &Int) -> Result<V::Value>,
    ) -> Result<V::Value> {
        match self.form.key(self.parts)? {
            Key::Text(text) => {
                let text = text.of(self.form);
                match of_text(text) {
                    Some(value) => visit(visitor, value),
                    None => Err(de::Error::invalid_type(Unexpected::Str(text), &visitor)),
                }
            }
            Key::Int(int) => visit_int(visitor, &int),
        }
    }

    /// Gives a visitor a text only. Many take numbers too: for the place of a field or a variant.
    #[inline]
    fn text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.form.key(self.parts)? {
            Key::Text(text) => text.visit(self.form, visitor),
            Key::Int(int) => Err(unwanted_int(&int, &visitor)),
        }
    }
}

macro_rules! int_keys {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.read(
                visitor,
                |text| parse_int(text.as_bytes()).ok(),
                |visitor, int| visit_int(&int, visitor),
                |visitor, int| visit_int(int, visitor),
            )
        }
    )*};
}

macro_rules! float_keys {
    ($($method:ident => $visit:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.read(
                visitor,
                |text| parse_float(text.as_bytes()).ok(),
                V::$visit,
                |visitor, int| visit_int_as_float(int, visitor),
            )
        }
    )*};
}

macro_rules! text_keys {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.text(visitor)
        }
    )*};
}

impl<'de, F: Form<'de>> Deserializer<'de> for KeyDeserializer<'_, F, F::Parts> {
    type Error = Box<DecodeError>;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.form.key(self.parts)? {
            Key::Text(text) => text.visit(self.form, visitor),
            Key::Int(int) => visit_int(&int, visitor),
        }
    }

    int_keys! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    float_keys! {
        deserialize_f32 => visit_f32
        deserialize_f64 => visit_f64
    }

    text_keys! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let of_text = |text: &str| match text {
            // highway.py 0.2 writes Python's names.
            "true" | "True" => Some(true),
            "false" | "False" => Some(false),
            _ => None,
        };
        self.read(visitor, of_text, V::visit_bool, |visitor, int| {
            Err(unwanted_int(int, &visitor))
        })
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
            VALUE_TOKEN => self.deserialize_any(visitor),
            INT_TOKEN => self.read(
                visitor,
                |text| parse_int(text.as_bytes()).ok(),
                |visitor, int| visit_int_or_digits(&int, visitor),
                |visitor, int| visit_int_or_digits(int, visitor),
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
        match self.form.key(self.parts)? {
            Key::Text(text) => text.visit_variant(self.form, visitor),
            Key::Int(int) => Err(unwanted_int(&int, &visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.form.key(self.parts)?;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
    }
}
