//! `Value` through serde: any format can write one and any self-describing format can read one. Where serde's data model
//! has no word for a type, highway's own payloads recognise the names below and keep it.

use std::{fmt, hash::Hash};

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, EnumAccess, MapAccess, SeqAccess, VariantAccess, value::BorrowedStrDeserializer},
    ser::SerializeTuple,
};

use super::{Dict, Int, IntDict, Value};

/// The name by which a deserializer knows that a [`Value`] is asked for.
pub(crate) const VALUE_TOKEN: &str = "$highway::Value";

/// What serde's data model cannot tell a [`Value`]'s visitor; told as the variant of an enum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typed {
    /// An int beyond 128 bits; the content is its digits.
    Int,
    /// A tuple; the content is a sequence.
    Tuple,
    /// A dict with integers as keys; the content is a map.
    IntDict,
}

impl Typed {
    const ALL: [Self; 3] = [Self::Int, Self::Tuple, Self::IntDict];

    const fn name(self) -> &'static str {
        match self {
            Self::Int => "$highway::Typed::Int",
            Self::Tuple => "$highway::Typed::Tuple",
            Self::IntDict => "$highway::Typed::IntDict",
        }
    }
}

/// Gives a [`Value`]'s visitor what `content` deserialises to, as the type that `typed` says.
pub(crate) struct TypedContent<D> {
    pub(crate) typed: Typed,
    pub(crate) content: D,
}

impl<'de, D: Deserializer<'de>> EnumAccess<'de> for TypedContent<D> {
    type Error = D::Error;
    type Variant = Content<D>;

    fn variant_seed<V: de::DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Content<D>), D::Error> {
        let name = seed.deserialize(BorrowedStrDeserializer::new(self.typed.name()))?;
        Ok((name, Content(self.content)))
    }
}

pub(crate) struct Content<D>(D);

impl<'de, D: Deserializer<'de>> VariantAccess<'de> for Content<D> {
    type Error = D::Error;

    fn unit_variant(self) -> Result<(), D::Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: de::DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, D::Error> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: de::Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: de::Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_unit(),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::Int(int) => int.serialize(serializer),
            Self::Float(float) => serializer.serialize_f64(*float),
            Self::Str(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Self::List(items) => items.serialize(serializer),
            Self::Tuple(items) => {
                let mut tuple = serializer.serialize_tuple(items.len())?;
                for item in items {
                    tuple.serialize_element(item)?;
                }
                tuple.end()
            }
            Self::Dict(dict) => dict.serialize(serializer),
            Self::IntDict(dict) => dict.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(VALUE_TOKEN, ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> de::Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    /// What formats do that do not know the name.
    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(bool.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_i128<E>(self, number: i128) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u128<E>(self, number: u128) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, float: f64) -> Result<Value, E> {
        Ok(float.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(Bytes::copy_from_slice(bytes)))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Value, E> {
        Ok(Value::Bytes(bytes.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Value, A::Error> {
        items(seq).map(Value::List)
    }

    /// The first key says of which type all are: what serde has a copy of, as for an untagged enum, tells no more of it.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        match map.next_key()? {
            Some(Key::Str(key)) => dict(key, map).map(Value::Dict),
            Some(Key::Int(key)) => dict(key, map).map(Value::IntDict),
            None => Ok(Value::Dict(Dict::default())),
        }
    }

    /// What highway's payloads do; see [`Typed`].
    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Value, A::Error> {
        let (name, content) = data.variant::<&str>()?;
        match Typed::ALL.into_iter().find(|typed| typed.name() == name) {
            Some(Typed::Int) => content.newtype_variant().map(Value::Int),
            Some(Typed::Tuple) => content.tuple_variant(0, TupleVisitor).map(Value::Tuple),
            Some(Typed::IntDict) => content.newtype_variant::<IntDict>().map(Value::IntDict),
            None => Err(de::Error::invalid_type(de::Unexpected::Enum, &self)),
        }
    }
}

/// A key of either type.
enum Key {
    Str(String),
    Int(Int),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(VALUE_TOKEN, KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> de::Visitor<'de> for KeyVisitor {
    type Value = Key;

    /// What formats do that do not know the name.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("str or int")
    }

    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        Ok(Key::Str(key.to_owned()))
    }

    fn visit_string<E>(self, key: String) -> Result<Key, E> {
        Ok(Key::Str(key))
    }

    fn visit_i64<E>(self, key: i64) -> Result<Key, E> {
        Ok(Key::Int(key.into()))
    }

    fn visit_u64<E>(self, key: u64) -> Result<Key, E> {
        Ok(Key::Int(key.into()))
    }

    fn visit_i128<E>(self, key: i128) -> Result<Key, E> {
        Ok(Key::Int(key.into()))
    }

    fn visit_u128<E>(self, key: u128) -> Result<Key, E> {
        Ok(Key::Int(key.into()))
    }
}

/// A dict whose first key is read already.
fn dict<'de, K, A>(key: K, mut map: A) -> Result<Dict<K>, A::Error>
where
    K: Deserialize<'de> + Hash + Eq,
    A: MapAccess<'de>,
{
    let mut dict = Dict::default();
    dict.put(key, map.next_value()?);
    while let Some((key, value)) = map.next_entry()? {
        dict.put(key, value);
    }
    Ok(dict)
}

struct TupleVisitor;

impl<'de> de::Visitor<'de> for TupleVisitor {
    type Value = Vec<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tuple")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Vec<Value>, A::Error> {
        items(seq)
    }
}

fn items<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Vec<Value>, A::Error> {
    let mut items = Vec::new();
    while let Some(item) = seq.next_element()? {
        // Room for one at first, not for four: lists of one in lists of one are the most memory for a byte received.
        if items.is_empty() {
            items.reserve_exact(1);
        }
        items.push(item);
    }
    Ok(items)
}
