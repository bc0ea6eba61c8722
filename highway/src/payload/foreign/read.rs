//! Gives visitors the structs of private names that they ask for.

use std::borrow::Cow;

use serde::de::{
    self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor,
    value::{BorrowedStrDeserializer, MapDeserializer},
};

use super::RAW_JSON;
use crate::{
    payload::{collection::write_json, error::DecodeError},
    value::Value,
};

/// Gives a text to a visitor that wants it as the only field of a struct.
pub(in crate::payload) fn visit_text_field<'de, V: Visitor<'de>>(
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
pub(in crate::payload) fn visit_json<'de, V: Visitor<'de>>(
    text: Cow<'de, str>,
    visitor: V,
) -> Result<V::Value, Box<DecodeError>> {
    visit_text_field(text, &[RAW_JSON], visitor)
}

/// Writes the next value as JSON for a visitor that wants that.
pub(in crate::payload) fn visit_as_json<'de, D, V>(
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
pub(in crate::payload) fn visit_spanned<'de, D, V>(
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
