//! What stands for a type in a contract.

use std::{
    collections::HashSet,
    fmt::{self, Write as _},
};

use crate::{
    shown::Shown,
    value::{Dict, Value},
};

/// The most types, fields and variants that stand in a type that is read; what goes beyond counts as any.
const MAX_TYPES: usize = 4000;

/// The characters of a type that are shown.
const SHOWN: usize = 200;

/// A type as serde sees it, in the words of the wire.
///
/// Over the wire it goes as [the wire's definition](crate#the-contract) says. [`Display`](fmt::Display) writes it for a person:
/// `(int, str)`, `[float]`, `Line {from: str, text: str}`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Schema {
    /// Anything, as nothing is known of it.
    Any(Unknown),
    /// Anything, since the program declares it so: a [`Value`]. Over the wire it is told as [`Any`](Self::Any).
    Value,
    /// None.
    None,
    /// True or false.
    Bool,
    /// An int.
    Int(IntWidth),
    /// A float.
    Float,
    /// A text.
    Str,
    /// Bytes.
    Bytes,
    /// A list, all of whose items are of one type.
    List(Box<Schema>),
    /// A tuple, with a type for each item.
    Tuple(Vec<Schema>),
    /// A dict, all of whose keys are of one type and all of whose values are.
    Dict(Box<Schema>, Box<Schema>),
    /// A value, or none.
    Optional(Box<Schema>),
    /// A dict with these keys.
    Struct(Struct),
    /// One of several variants.
    Enum(Enum),
    /// The same as the struct or enum of this name in which it stands.
    Ref(String),
    /// Values of a type that come one by one.
    Items(Box<Schema>),
}

impl Default for Schema {
    fn default() -> Self {
        Self::Any(Unknown::default())
    }
}

/// Why nothing is known of a type. It is not told over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Unknown {
    /// Nothing tells it.
    #[default]
    NotTold,
    /// An enum with `#[serde(tag = …)]`.
    InternallyTagged,
    /// The content of an enum with `#[serde(tag = …, content = …)]`.
    AdjacentlyTagged,
    /// An enum with `#[serde(untagged)]`.
    Untagged,
    /// A struct with `#[serde(flatten)]`.
    Flattened,
    /// An enum with `#[serde(other)]`.
    OtherVariants,
    /// A field with `#[serde(alias = …)]`.
    Aliased,
    /// A type with a `Deserialize` written by hand.
    ByHand,
    /// A field with `#[serde(with = …)]` or `#[serde(deserialize_with = …)]`.
    ByFunction,
    /// A type with `#[serde(from = …)]`, or another that is read by way of one.
    ByOtherType,
    /// A type that stands in itself, where its name alone does not tell it.
    Recursive,
    /// A type that is too large, or too deep.
    TooLarge,
    /// A type that asks for something else each time, or takes more than it asks for.
    Varying,
    /// A type that is asked for only after a value that can't be made up.
    Unreached,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotTold => "nothing tells its type",
            Self::InternallyTagged => "the enum is internally tagged (`#[serde(tag = …)]`)",
            Self::AdjacentlyTagged => {
                "the enum is adjacently tagged (`#[serde(tag = …, content = …)]`)"
            }
            Self::Untagged => "the enum is untagged (`#[serde(untagged)]`)",
            Self::Flattened => "the struct has flattened fields (`#[serde(flatten)]`)",
            Self::OtherVariants => "the enum takes other variants (`#[serde(other)]`)",
            Self::Aliased => "the field has several names (`#[serde(alias = …)]`)",
            Self::ByHand => "its `Deserialize` is written by hand",
            Self::ByFunction => "a function reads it (`#[serde(with = …)]`, `deserialize_with`)",
            Self::ByOtherType => {
                "it is read by way of another type (such as `#[serde(from = …)]`), and may be written as a third"
            }
            Self::Recursive => "it stands in itself, where its name does not tell it",
            Self::TooLarge => "the type is too large to be followed",
            Self::Varying => "its `Deserialize` takes more than it asks for",
            Self::Unreached => "it is read after a value that can't be made up",
        })
    }
}

/// Which ints a type has. It is not told over the wire, where an int is an int.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(missing_docs, reason = "they are Rust's types")]
#[non_exhaustive]
pub enum IntWidth {
    /// Ints of any size.
    #[default]
    Any,
    U8,
    U16,
    U32,
    U64,
    U128,
    I8,
    I16,
    I32,
    I64,
    I128,
}

/// A dict whose keys are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Struct {
    /// The type's name; empty for an enum's variant.
    pub name: String,
    /// The keys with what stands at them.
    pub fields: Vec<Field>,
}

/// A key of a [`Struct`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The key.
    pub name: String,
    /// Whether it has to be there.
    pub required: bool,
    /// What stands there.
    pub schema: Schema,
}

/// One of several variants: a unit variant is a text, its name; every other is a dict with its name as the only key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Enum {
    /// The type's name.
    pub name: String,
    /// Its variants.
    pub variants: Vec<Variant>,
}

/// A variant of an [`Enum`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// What stands at the name; `None` for a unit variant.
    pub content: Option<Schema>,
}

impl Schema {
    /// The names of the types that have no others in them.
    const SIMPLE: [(&'static str, Self); 7] = [
        ("any", Self::Any(Unknown::NotTold)),
        ("none", Self::None),
        ("bool", Self::Bool),
        ("int", Self::Int(IntWidth::Any)),
        ("float", Self::Float),
        ("str", Self::Str),
        ("bytes", Self::Bytes),
    ];

    fn write(&self, out: &mut Clipped) -> fmt::Result {
        match self {
            Self::Any(_) | Self::Value => out.write_str("any"),
            Self::None => out.write_str("none"),
            Self::Bool => out.write_str("bool"),
            Self::Int(_) => out.write_str("int"),
            Self::Float => out.write_str("float"),
            Self::Str => out.write_str("str"),
            Self::Bytes => out.write_str("bytes"),
            Self::List(item) => {
                out.write_char('[')?;
                item.write(out)?;
                out.write_char(']')
            }
            Self::Tuple(items) => {
                out.write_char('(')?;
                write_list(items, out, Self::write)?;
                if items.len() == 1 {
                    out.write_char(',')?;
                }
                out.write_char(')')
            }
            Self::Dict(key, value) => {
                out.write_char('{')?;
                key.write(out)?;
                out.write_str(": ")?;
                value.write(out)?;
                out.write_char('}')
            }
            Self::Optional(some) => {
                some.write(out)?;
                out.write_str(" or none")
            }
            Self::Struct(of) => {
                out.write_str(&of.name)?;
                if !of.name.is_empty() {
                    out.write_char(' ')?;
                }
                out.write_char('{')?;
                write_list(&of.fields, out, |field, out| {
                    out.write_str(&field.name)?;
                    out.write_str(if field.required { ": " } else { "?: " })?;
                    field.schema.write(out)
                })?;
                out.write_char('}')
            }
            Self::Enum(of) => {
                out.write_str(&of.name)?;
                out.write_str(" <")?;
                for (place, variant) in of.variants.iter().enumerate() {
                    if place > 0 {
                        out.write_str(" | ")?;
                    }
                    out.write_str(&variant.name)?;
                    if let Some(content) = &variant.content {
                        out.write_str(": ")?;
                        content.write(out)?;
                    }
                }
                out.write_char('>')
            }
            Self::Ref(name) => out.write_str(name),
            Self::Items(item) => {
                out.write_str("stream of ")?;
                item.write(out)
            }
        }
    }
}

fn write_list<T>(
    items: &[T],
    out: &mut Clipped,
    write: impl Fn(&T, &mut Clipped) -> fmt::Result,
) -> fmt::Result {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.write_str(", ")?;
        }
        write(item, out)?;
    }
    Ok(())
}

/// A text that ends, with an error, where it gets too long.
struct Clipped {
    text: String,
    left: usize,
}

impl fmt::Write for Clipped {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(char);
        }
        Ok(())
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Clipped {
            text: String::new(),
            left: SHOWN,
        };
        let whole = self.write(&mut out).is_ok();
        f.write_str(&shown(&out.text))?;
        if whole { Ok(()) } else { f.write_char('…') }
    }
}

/// The beginning of what may come from a peer, as it may go into logs.
pub(crate) fn shown(text: &str) -> String {
    let end = text.char_indices().nth(SHOWN).map(|(end, _)| end);
    let text = end.and_then(|end| text.get(..end)).unwrap_or(text);
    Shown::new(text).to_string()
}

impl Schema {
    /// Whether nothing can be told of it.
    pub(crate) fn is_any(&self) -> bool {
        matches!(self, Self::Any(_) | Self::Value)
    }

    /// What is told of the type.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::List(item) => one("list", item.to_value()),
            Self::Tuple(items) => one("tuple", items.iter().map(Self::to_value).collect()),
            Self::Dict(key, value) => one("dict", vec![key.to_value(), value.to_value()].into()),
            Self::Optional(some) => one("option", some.to_value()),
            Self::Struct(of) => one("struct", of.to_value().into()),
            Self::Enum(of) => one("enum", of.to_value().into()),
            Self::Ref(name) => one("ref", name.as_str().into()),
            Self::Items(item) => one("stream", item.to_value()),
            Self::Int(_) => "int".into(),
            simple => {
                let known = Self::SIMPLE.iter().find(|(_, of)| of == simple);
                known.map_or("any", |(name, _)| name).into()
            }
        }
    }
}

fn one(word: &str, value: Value) -> Value {
    [(word, value)].into_iter().collect::<Dict>().into()
}

impl Struct {
    fn to_value(&self) -> Dict {
        let mut dict = Dict::new();
        if !self.name.is_empty() {
            dict.insert("name", self.name.as_str());
        }
        let fields = self.fields.iter();
        let fields = fields.map(|field| (field.name.as_str(), field.schema.to_value()));
        dict.insert("fields", fields.collect::<Dict>());
        let optional = self.fields.iter().filter(|field| !field.required);
        let optional: Vec<&str> = optional.map(|field| field.name.as_str()).collect();
        if !optional.is_empty() {
            dict.insert("optional", optional);
        }
        dict
    }
}

impl Enum {
    fn to_value(&self) -> Dict {
        let variants = self.variants.iter().map(|variant| {
            let content = variant.content.as_ref();
            (variant.name.as_str(), content.map(Schema::to_value))
        });
        let variants = variants.collect::<Dict>();
        [
            ("name", Value::from(self.name.as_str())),
            ("variants", variants.into()),
        ]
        .into_iter()
        .collect()
    }
}

impl Schema {
    /// Reads a type that a peer told. What is not known is any, so that later versions may know more.
    pub(crate) fn from_value(value: &Value) -> Self {
        Reader { left: MAX_TYPES }.schema(value)
    }
}

struct Reader {
    /// The types that there may still be.
    left: usize,
}

impl Reader {
    /// It goes as deep as the value, which is bounded by how it was read.
    fn schema(&mut self, value: &Value) -> Schema {
        let Some(left) = self.left.checked_sub(1) else {
            return Schema::default();
        };
        self.left = left;
        match value {
            Value::Str(name) => {
                let known = Schema::SIMPLE.iter().find(|(known, _)| known == name);
                known.map_or_else(Schema::default, |(_, schema)| schema.clone())
            }
            Value::Dict(dict) => match dict.iter().next() {
                Some((word, value)) if dict.len() == 1 => {
                    self.compound(word, value).unwrap_or_default()
                }
                _ => Schema::default(),
            },
            _ => Schema::default(),
        }
    }

    fn boxed(&mut self, value: &Value) -> Box<Schema> {
        Box::new(self.schema(value))
    }

    fn compound(&mut self, word: &str, value: &Value) -> Option<Schema> {
        Some(match (word, value) {
            ("list", item) => Schema::List(self.boxed(item)),
            ("option", some) => Schema::Optional(self.boxed(some)),
            ("stream", item) => Schema::Items(self.boxed(item)),
            // One of more would not be told.
            ("tuple", Value::List(items)) if items.len() <= self.left => {
                Schema::Tuple(items.iter().map(|item| self.schema(item)).collect())
            }
            ("dict", Value::List(parts)) => {
                let [key, value] = parts.as_slice() else {
                    return None;
                };
                Schema::Dict(self.boxed(key), self.boxed(value))
            }
            ("struct", Value::Dict(of)) => {
                let optional: HashSet<&str> = match of.get("optional") {
                    Some(Value::List(names)) => names.iter().filter_map(Value::as_str).collect(),
                    _ => HashSet::new(),
                };
                let fields = self.parts(of.get("fields")?)?;
                let fields = fields.into_iter().map(|(name, schema)| Field {
                    required: !optional.contains(name.as_str()),
                    schema: schema.unwrap_or_default(),
                    name,
                });
                Schema::Struct(Struct {
                    name: name(of),
                    fields: fields.collect(),
                })
            }
            ("enum", Value::Dict(of)) => {
                let variants = self.parts(of.get("variants")?)?;
                let variants = variants
                    .into_iter()
                    .map(|(name, content)| Variant { name, content });
                Schema::Enum(Enum {
                    name: name(of),
                    variants: variants.collect(),
                })
            }
            ("ref", Value::Str(name)) => Schema::Ref(name.clone()),
            _ => return None,
        })
    }

    /// Fields or variants; `None` where there are more than may be, as all of them have to be known.
    fn parts(&mut self, parts: &Value) -> Option<Vec<(String, Option<Schema>)>> {
        let Value::Dict(parts) = parts else {
            return None;
        };
        self.left = self.left.checked_sub(parts.len())?;
        let read = parts.iter().map(|(name, value)| {
            let content = (*value != Value::None).then(|| self.schema(value));
            (name.clone(), content)
        });
        Some(read.collect())
    }
}

fn name(of: &Dict) -> String {
    let name = of.get("name").and_then(Value::as_str);
    name.unwrap_or_default().to_owned()
}
