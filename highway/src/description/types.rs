//! Types, as a description writes them.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::schema::IntWidth;

/// A type, as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Type {
    /// Anything.
    Any,
    /// None.
    None,
    /// True or false.
    Bool,
    /// An int of any size.
    Int,
    /// An int of Rust's type.
    U8,
    /// An int of Rust's type.
    U16,
    /// An int of Rust's type.
    U32,
    /// An int of Rust's type.
    U64,
    /// An int of Rust's type.
    U128,
    /// An int of Rust's type.
    I8,
    /// An int of Rust's type.
    I16,
    /// An int of Rust's type.
    I32,
    /// An int of Rust's type.
    I64,
    /// An int of Rust's type.
    I128,
    /// A float.
    Float,
    /// A text.
    Str,
    /// Bytes.
    Bytes,
    /// A list of items of one type.
    List(Box<Type>),
    /// A tuple, with a type for each item.
    Tuple(Vec<Type>),
    /// A dict: the type of its keys, and that of its values.
    Dict(Box<Type>, Box<Type>),
    /// A value, or none.
    #[serde(rename = "option")]
    Optional(Box<Type>),
    /// Items that come one by one; only as a whole type.
    Stream(Box<Type>),
    /// The content of an enum's variant with named fields.
    Struct(StructType),
    /// One of [`Description::types`](super::Description::types).
    #[serde(rename = "type")]
    Named(String),
}

/// A struct or an enum.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum NamedType {
    /// A dict with known keys.
    Struct(StructType),
    /// One of several variants.
    Enum(EnumType),
}

/// A dict whose keys are known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StructType {
    /// Its name in the program, which others may have too; empty for the content of a variant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its keys.
    pub fields: Vec<FieldType>,
}

/// A key of a struct.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldType {
    /// The key.
    pub name: String,
    /// What stands there.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Whether it has to be there.
    pub required: bool,
}

/// One of several variants: one without content is its name, a str; another is a dict with its name as the only key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EnumType {
    /// Its name in the program, which others may have too.
    pub name: String,
    /// The variants.
    pub variants: Vec<VariantType>,
}

/// A variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VariantType {
    /// Its name.
    pub name: String,
    /// What stands at the name; `None` for one without content.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub ty: Option<Type>,
}

impl From<IntWidth> for Type {
    fn from(width: IntWidth) -> Self {
        match width {
            IntWidth::Any => Self::Int,
            IntWidth::U8 => Self::U8,
            IntWidth::U16 => Self::U16,
            IntWidth::U32 => Self::U32,
            IntWidth::U64 => Self::U64,
            IntWidth::U128 => Self::U128,
            IntWidth::I8 => Self::I8,
            IntWidth::I16 => Self::I16,
            IntWidth::I32 => Self::I32,
            IntWidth::I64 => Self::I64,
            IntWidth::I128 => Self::I128,
        }
    }
}

/// As people read it: `(i32, float)`, `[str]`, `{str: int}`, `Line or none`, `stream of u64`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "any",
            Self::None => "none",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::U128 => "u128",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::I128 => "i128",
            Self::Float => "float",
            Self::Str => "str",
            Self::Bytes => "bytes",
            Self::Named(name) => name,
            Self::List(of) => return write!(f, "[{of}]"),
            Self::Dict(key, value) => return write!(f, "{{{key}: {value}}}"),
            Self::Optional(of) => return write!(f, "{of} or none"),
            Self::Stream(of) => return write!(f, "stream of {of}"),
            Self::Struct(of) => {
                f.write_str("{")?;
                for (index, field) in of.fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{:?}: {}", field.name, field.ty)?;
                }
                return f.write_str("}");
            }
            Self::Tuple(items) => {
                f.write_str("(")?;
                for (index, item) in items.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{item}")?;
                }
                return f.write_str(if items.len() == 1 { ",)" } else { ")" });
            }
        })
    }
}

impl Type {
    /// Gives the named types in it the names that they get in the end.
    pub(crate) fn rename(&mut self, names: &BTreeMap<String, String>) {
        match self {
            Self::List(of) | Self::Optional(of) | Self::Stream(of) => of.rename(names),
            Self::Tuple(items) => items.iter_mut().for_each(|item| item.rename(names)),
            Self::Dict(key, value) => {
                key.rename(names);
                value.rename(names);
            }
            Self::Struct(of) => of.rename(names),
            Self::Named(name) => {
                if let Some(new) = names.get(name) {
                    name.clone_from(new);
                }
            }
            _ => {}
        }
    }
}

impl StructType {
    fn rename(&mut self, names: &BTreeMap<String, String>) {
        self.fields
            .iter_mut()
            .for_each(|field| field.ty.rename(names));
    }
}

impl NamedType {
    /// The name in the program.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Struct(of) => &of.name,
            Self::Enum(of) => &of.name,
        }
    }

    /// The names of its fields or variants.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        let (fields, variants): (&[FieldType], &[VariantType]) = match self {
            Self::Struct(of) => (&of.fields, &[]),
            Self::Enum(of) => (&[], &of.variants),
        };
        let fields = fields.iter().map(|field| field.name.as_str());
        fields.chain(variants.iter().map(|variant| variant.name.as_str()))
    }

    pub(crate) fn rename(&mut self, names: &BTreeMap<String, String>) {
        match self {
            Self::Struct(of) => of.rename(names),
            Self::Enum(of) => {
                let types = of.variants.iter_mut().filter_map(|of| of.ty.as_mut());
                types.for_each(|ty| ty.rename(names));
            }
        }
    }
}
