//! Types as JSON Schema, as AsyncAPI's documents have it: draft 7.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::key;
use crate::{
    description::{EnumType, NamedType, StructType, Type},
    generate::{names::Names, view::View},
};

/// The name of the schema that every failure has.
pub(super) const FAILURE: &str = "highway.failure";

/// The schemas of the named types, and how others refer to them.
#[derive(Debug)]
pub(super) struct Schemas<'a> {
    view: &'a View,
    /// What each type is called in the document.
    names: BTreeMap<&'a str, String>,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(view: &'a View) -> Self {
        let mut taken = Names::default();
        taken.take(&[FAILURE]);
        let names = view.types.keys().map(|name| {
            let key = taken.take(&[&key(name)]);
            (name.as_str(), key)
        });
        Self {
            names: names.collect(),
            view,
        }
    }

    /// The schemas of all named types.
    pub(super) fn named(&self) -> BTreeMap<String, Value> {
        let named = self.view.types.iter().map(|(name, ty)| {
            let mut schema = match ty {
                NamedType::Struct(of) => self.structure(of),
                NamedType::Enum(of) => self.enumeration(of),
            };
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("title".to_owned(), ty.name().into());
            }
            (self.key(name), schema)
        });
        named.collect()
    }

    fn key(&self, name: &str) -> String {
        self.names.get(name).cloned().unwrap_or_default()
    }

    /// The schema of a type. What JSON Schema does not tell apart stands in `x-highway`.
    pub(super) fn of(&self, ty: &Type) -> Value {
        match ty {
            Type::Any => json!({ "x-highway": { "type": "any" } }),
            Type::None => json!({ "type": "null" }),
            Type::Bool => json!({ "type": "boolean" }),
            Type::Str => json!({ "type": "string" }),
            Type::Float => json!({ "type": "number", "x-highway": { "type": "float" } }),
            Type::Bytes => json!({
                "type": "string",
                "contentEncoding": "base64",
                "x-highway": { "type": "bytes" },
            }),
            Type::U8 => int(ty, Some(0), Some(u8::MAX.into())),
            Type::U16 => int(ty, Some(0), Some(u16::MAX.into())),
            Type::U32 => int(ty, Some(0), Some(u32::MAX.into())),
            Type::U64 => int(ty, Some(0), Some(u64::MAX)),
            // JSON's numbers are exact up to 64 bits in most libraries.
            Type::U128 => int(ty, Some(0), None),
            Type::I8 => int(
                ty,
                Some(i8::MIN.into()),
                Some(i8::MAX.unsigned_abs().into()),
            ),
            Type::I16 => int(
                ty,
                Some(i16::MIN.into()),
                Some(i16::MAX.unsigned_abs().into()),
            ),
            Type::I32 => int(
                ty,
                Some(i32::MIN.into()),
                Some(i32::MAX.unsigned_abs().into()),
            ),
            Type::I64 => int(ty, Some(i64::MIN), Some(i64::MAX.unsigned_abs())),
            Type::Int | Type::I128 => int(ty, None, None),
            Type::List(of) => json!({ "type": "array", "items": self.of(of) }),
            Type::Tuple(items) => self.tuple(items, &[]),
            Type::Dict(key, value) => self.dict(key, value),
            Type::Optional(of) => json!({ "anyOf": [self.of(of), { "type": "null" }] }),
            // A message of it is an item.
            Type::Stream(of) => self.of(of),
            Type::Struct(of) => self.structure(of),
            Type::Named(name) => {
                json!({ "$ref": format!("#/components/schemas/{}", self.key(name)) })
            }
        }
    }

    /// What a route takes: the items of a tuple have the names of its parameters.
    pub(super) fn data(&self, ty: Option<&Type>, parameters: &[String]) -> Value {
        match ty {
            None => json!({ "type": "null" }),
            Some(Type::Tuple(items)) if items.len() == parameters.len() => {
                self.tuple(items, parameters)
            }
            Some(ty) => self.of(ty),
        }
    }

    fn tuple(&self, items: &[Type], names: &[String]) -> Value {
        let mut names = names.iter();
        let items: Vec<_> = items
            .iter()
            .map(|item| {
                let mut schema = self.of(item);
                // Beside a reference it would mean nothing.
                if let (Some(name), Some(schema)) = (names.next(), schema.as_object_mut())
                    && !schema.contains_key("$ref")
                {
                    schema.insert("title".to_owned(), name.as_str().into());
                }
                schema
            })
            .collect();
        let count = items.len();
        let mut schema = json!({
            "type": "array",
            "minItems": count,
            "maxItems": count,
            "x-highway": { "type": "tuple" },
        });
        // An empty list is no schema for `items`.
        if count > 0 {
            schema["items"] = items.into();
        }
        schema
    }

    fn dict(&self, key: &Type, value: &Type) -> Value {
        let mut schema = json!({ "type": "object", "additionalProperties": self.of(value) });
        // Keys are texts in JSON, whatever they are on the wire.
        let names = match key {
            Type::Str | Type::Any => return schema,
            Type::Named(_) => self.of(key),
            Type::Bool => json!({ "enum": ["true", "false"] }),
            _ => json!({ "pattern": "^(0|-?[1-9][0-9]*)$", "x-highway": { "type": key } }),
        };
        schema["propertyNames"] = names;
        schema
    }

    fn structure(&self, of: &StructType) -> Value {
        let fields = of
            .fields
            .iter()
            .map(|field| (field.name.clone(), self.of(&field.ty)));
        let mut schema = json!({ "type": "object", "properties": fields.collect::<Map<_, _>>() });
        let required: Vec<_> = of
            .fields
            .iter()
            // Serde does not tell whether an option that is none is left out.
            .filter(|field| field.required && !matches!(field.ty, Type::Optional(_)))
            .map(|field| field.name.as_str())
            .collect();
        if !required.is_empty() {
            schema["required"] = required.into();
        }
        schema
    }

    fn enumeration(&self, of: &EnumType) -> Value {
        let variants = of.variants.iter().map(|variant| match &variant.ty {
            None => json!({ "const": variant.name }),
            Some(ty) => json!({
                "type": "object",
                "properties": { (variant.name.as_str()): self.of(ty) },
                "required": [variant.name],
                "additionalProperties": false,
            }),
        });
        json!({ "oneOf": variants.collect::<Vec<_>>() })
    }
}

/// An int of a type, with its bounds where they are exact in JSON.
fn int(ty: &Type, least: Option<i64>, most: Option<u64>) -> Value {
    let mut schema = json!({ "type": "integer", "x-highway": { "type": ty } });
    if let Some(least) = least {
        schema["minimum"] = least.into();
    }
    if let Some(most) = most {
        schema["maximum"] = most.into();
    }
    schema
}
