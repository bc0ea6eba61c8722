//! Whether what one side sends can be read by the other.
//!
//! The rules are those of highway's decoders: they find fault only where nothing of the one type can be read as the other. A list
//! without items and an option that is none don't count, as they say nothing about the type of the items; of an enum's variants
//! one that can be read is enough.

use crate::schema::{Enum, Schema, Struct};

/// Where two types differ: the way from the whole types to there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Difference(Vec<String>);

impl Difference {
    fn inside(mut self, step: impl Into<String>) -> Self {
        self.0.push(step.into());
        self
    }

    /// `.line.text`, `[1]`; empty for the whole types.
    pub(super) fn path(&self) -> String {
        self.0.iter().rev().map(String::as_str).collect()
    }
}

type Result = std::result::Result<(), Difference>;

/// Whether a value that is sent as `sent` can be read by whoever expects `read`.
pub(super) fn readable(sent: &Schema, read: &Schema) -> Result {
    use Schema::{
        Any, Bool, Bytes, Dict, Enum, Float, Int, Items, List, None, Optional, Ref, Str, Struct,
        Tuple, Value,
    };

    match (sent, read) {
        (Any(_) | Value | Ref(_), _)
        | (_, Any(_) | Value | Ref(_))
        | (None, None | Optional(_))
        | (Bool, Bool)
        | (Int(_), Int(_) | Float)
        | (Float, Float)
        | (Str, Str)
        | (Bytes, Bytes)
        // A unit variant can be a dict as well, with none.
        | (Dict(..) | Struct(_), Enum(_)) => Ok(()),
        (Items(sent), Items(read)) | (Optional(sent), Optional(read)) => readable(sent, read),
        (Items(_), _) | (_, Items(_)) => differ(),
        (Optional(sent), read) => match read {
            // What can be none is read as it.
            None => Ok(()),
            read => readable(sent, read),
        },
        (sent, Optional(read)) => readable(sent, read),
        (List(sent), List(read)) => readable(sent, read).map_err(|why| why.inside("[]")),
        (List(sent), Tuple(read)) => each(read.iter().map(|read| (&**sent, read))),
        (Tuple(sent), List(read)) => each(sent.iter().map(|sent| (sent, &**read))),
        (Tuple(sent), Tuple(read)) if sent.len() == read.len() => each(sent.iter().zip(read)),
        (Dict(_, sent), Dict(_, read)) => readable(sent, read).map_err(|why| why.inside("[]")),
        (Dict(_, sent), Struct(read)) => {
            let required = read.fields.iter().filter(|field| field.required);
            fields(required.map(|field| (&*field.name, &**sent, &field.schema)))
        }
        (Struct(sent), Dict(_, read)) => {
            let required = sent.fields.iter().filter(|field| field.required);
            fields(required.map(|field| (&*field.name, &field.schema, &**read)))
        }
        (Struct(sent), Struct(read)) => structs(sent, read),
        (Enum(sent), Enum(read)) => enums(sent, read),
        (Str, Enum(of)) | (Enum(of), Str) if has_units(of) => Ok(()),
        (Enum(of), Dict(..) | Struct(_)) if has_contents(of) => Ok(()),
        _ => differ(),
    }
}

fn differ() -> Result {
    Err(Difference::default())
}

fn each<'a>(pairs: impl Iterator<Item = (&'a Schema, &'a Schema)>) -> Result {
    for (at, (sent, read)) in pairs.enumerate() {
        readable(sent, read).map_err(|why| why.inside(format!("[{at}]")))?;
    }
    Ok(())
}

fn fields<'a>(fields: impl Iterator<Item = (&'a str, &'a Schema, &'a Schema)>) -> Result {
    for (name, sent, read) in fields {
        readable(sent, read).map_err(|why| why.inside(format!(".{name}")))?;
    }
    Ok(())
}

fn structs(sent: &Struct, read: &Struct) -> Result {
    for field in &read.fields {
        let found = sent.fields.iter().find(|of| of.name == field.name);
        match found {
            Some(found) => readable(&found.schema, &field.schema),
            None if field.required => differ(),
            None => Ok(()),
        }
        .map_err(|why| why.inside(format!(".{}", field.name)))?;
    }
    Ok(())
}

fn enums(sent: &Enum, read: &Enum) -> Result {
    // One that has no values is never sent.
    if sent.variants.is_empty() {
        return Ok(());
    }
    let mut first = None;
    for variant in &sent.variants {
        let found = read.variants.iter().find(|of| of.name == variant.name);
        let Some(found) = found else { continue };
        match (&variant.content, &found.content) {
            (None, None) => return Ok(()),
            (Some(sent), Some(read)) => match readable(sent, read) {
                Ok(()) => return Ok(()),
                Err(why) => {
                    let step = format!(".{}", variant.name);
                    first.get_or_insert_with(|| why.inside(step));
                }
            },
            // A unit variant that is told as another one.
            (Some(sent), None) if readable(sent, &Schema::None).is_ok() => return Ok(()),
            // A text is a unit variant only.
            (None, Some(_)) | (Some(_), None) => {}
        }
    }
    Err(first.unwrap_or_default())
}

fn has_units(of: &Enum) -> bool {
    of.variants.iter().any(|variant| variant.content.is_none())
}

fn has_contents(of: &Enum) -> bool {
    of.variants.iter().any(|variant| variant.content.is_some())
}
