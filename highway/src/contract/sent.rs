//! What a type's `Serialize` writes: what its `Deserialize` asks for, as far as samples show that it is the same.

use serde::Serialize;

use super::schema::{Enum, Field, Schema, Struct, Variant};
use crate::{payload, value::Value, wire::Dialect};

/// The type of what is sent where `read` is the type of what is read and these are samples of it. What no sample shows, or what
/// one shows to be written otherwise, counts as any.
pub(super) fn sent<T: Serialize>(read: &Schema, samples: &[T]) -> Schema {
    let values: Option<Vec<Value>> = samples.iter().map(value).collect();
    let values = values.unwrap_or_default();
    let values: Vec<&Value> = values.iter().collect();
    shown(read, &values)
}

/// A sample as it is written.
fn value<T: Serialize>(sample: &T) -> Option<Value> {
    let dialect = Dialect::Extended;
    let mut payload = Vec::new();
    let code = payload::encode(dialect, sample, &mut payload).ok()?;
    payload::decode_value(dialect, dialect.data_type(code)?, &payload.into()).ok()
}

/// A type as far as values show it.
fn shown(schema: &Schema, values: &[&Value]) -> Schema {
    try_shown(schema, values).unwrap_or_default()
}

fn try_shown(schema: &Schema, values: &[&Value]) -> Option<Schema> {
    if let Schema::Ref(_) = schema {
        return Some(schema.clone());
    }
    if values.is_empty() {
        return None;
    }
    let all = |is: fn(&Value) -> bool| {
        let all = values.iter().all(|value| is(value));
        all.then(|| schema.clone())
    };
    match schema {
        Schema::Any | Schema::Items(_) | Schema::Ref(_) => None,
        Schema::None => all(|value| matches!(value, Value::None)),
        Schema::Bool => all(|value| matches!(value, Value::Bool(_))),
        Schema::Int => all(|value| matches!(value, Value::Int(_))),
        Schema::Float => all(|value| matches!(value, Value::Float(_))),
        Schema::Str => all(|value| matches!(value, Value::Str(_))),
        Schema::Bytes => all(|value| matches!(value, Value::Bytes(_))),
        Schema::List(item) => {
            let items: Option<Vec<&[Value]>> =
                values.iter().map(|value| value.as_slice()).collect();
            let items: Vec<&Value> = items?.into_iter().flatten().collect();
            Some(Schema::List(Box::new(shown(item, &items))))
        }
        Schema::Tuple(items) => {
            let tuples: Option<Vec<&[Value]>> = values
                .iter()
                .map(|value| value.as_slice().filter(|of| of.len() == items.len()))
                .collect();
            let tuples = tuples?;
            let items = items.iter().enumerate().map(|(at, item)| {
                let values: Vec<&Value> = tuples.iter().filter_map(|tuple| tuple.get(at)).collect();
                shown(item, &values)
            });
            Some(Schema::Tuple(items.collect()))
        }
        Schema::Dict(key, value) => {
            let mut contents = Vec::new();
            for value in values {
                match value {
                    Value::Dict(dict) => contents.extend(dict.values()),
                    Value::IntDict(dict) => contents.extend(dict.values()),
                    _ => return None,
                }
            }
            Some(Schema::Dict(key.clone(), Box::new(shown(value, &contents))))
        }
        Schema::Optional(some) => {
            let values = values.iter().copied().filter(|value| !value.is_none());
            let values: Vec<&Value> = values.collect();
            Some(Schema::Optional(Box::new(shown(some, &values))))
        }
        Schema::Struct(of) => fields(of, values).map(Schema::Struct),
        Schema::Enum(of) => variants(of, values).map(Schema::Enum),
    }
}

fn fields(of: &Struct, values: &[&Value]) -> Option<Struct> {
    let dicts: Option<Vec<_>> = values.iter().map(|value| value.as_dict()).collect();
    let dicts = dicts?;
    let known = |key: &String| of.fields.iter().any(|field| field.name == *key);
    // What is not read may be what somebody else reads.
    if !dicts.iter().all(|dict| dict.keys().all(known)) {
        return None;
    }
    let fields = of.fields.iter().map(|field| {
        let values: Vec<&Value> = dicts
            .iter()
            .filter_map(|dict| dict.get(&field.name))
            .collect();
        Field {
            name: field.name.clone(),
            required: values.len() == dicts.len(),
            schema: shown(&field.schema, &values),
        }
    });
    Some(Struct {
        name: of.name.clone(),
        fields: fields.collect(),
    })
}

fn variants(of: &Enum, values: &[&Value]) -> Option<Enum> {
    let named = |value: &&Value| match value {
        Value::Str(name) => of
            .variants
            .iter()
            .any(|variant| variant.name == *name && variant.content.is_none()),
        Value::Dict(dict) => {
            dict.len() == 1
                && dict.keys().all(|name| {
                    let mut variants = of.variants.iter();
                    variants.any(|variant| variant.name == *name && variant.content.is_some())
                })
        }
        _ => false,
    };
    if !values.iter().all(named) {
        return None;
    }
    let variants = of.variants.iter().map(|variant| {
        let contents: Vec<&Value> = values
            .iter()
            .filter_map(|value| value.as_dict()?.get(&variant.name))
            .collect();
        let content = variant.content.as_ref();
        Variant {
            name: variant.name.clone(),
            content: content.map(|content| shown(content, &contents)),
        }
    });
    Some(Enum {
        name: of.name.clone(),
        variants: variants.collect(),
    })
}
