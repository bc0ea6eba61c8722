//! Values whose type is known at run time only: [`Value`], with an integer of any size and a dict
//! that keeps its order. Relies on [`wire`](crate::wire) for the names of the data types; how values become bytes is in
//! [`payload`](crate::payload).

mod convert;
mod dict;
mod int;
mod literal;
mod serde;

use std::fmt;

use bytes::Bytes;

pub use self::{
    convert::ValueError,
    dict::{Dict, IntDict, IntoIter, Iter, IterMut},
    int::{Int, IntRangeError, ParseIntError},
    literal::ParseValueError,
};
pub(crate) use self::{
    convert::number_of_json,
    dict::INT_DICT_TOKEN,
    int::INT_TOKEN,
    serde::{Typed, TypedContent, VALUE_TOKEN},
};
use crate::wire::DataType;

/// A value of any of the types that go over the wire.
///
/// It is made from the usual Rust types with `From`, taken apart with `match`, the `as_…` methods or `TryFrom`, and
/// compared with them directly. Like every type it can be sent and received; received, it takes whatever came.
///
/// Two values are equal when they are of the same type and equal in it: the int 1, the float 1.0 and true differ, and so do
/// a list and a tuple of the same items; NaN equals nothing.
///
/// ```
/// use highway::value::Value;
///
/// let value = Value::from((1, 2.5, "three"));
/// assert_eq!(format!("{value:?}"), r#"(1, 2.5, "three")"#);
/// assert!(value[0] == 1 && value[2] == "three");
/// assert_eq!(value[1].as_f64(), Some(2.5));
/// assert_eq!(value[1].as_i64(), None);
/// ```
#[derive(Clone, Default, PartialEq)]
pub enum Value {
    /// Nothing.
    #[default]
    None,
    /// True or false.
    Bool(bool),
    /// A whole number of any size.
    Int(Int),
    /// A double.
    Float(f64),
    /// Text.
    Str(String),
    /// Bytes as they are.
    Bytes(Bytes),
    /// A sequence.
    List(Vec<Value>),
    /// A sequence of fixed length.
    Tuple(Vec<Value>),
    /// A map with text as keys, in order.
    Dict(Dict),
    /// A map with integers as keys, which dialect 0.2 has with the extension only.
    IntDict(IntDict),
}

impl Value {
    /// The type as which the value goes over the wire.
    pub fn data_type(&self) -> DataType {
        match self {
            Self::None => DataType::None,
            Self::Bool(_) => DataType::Bool,
            Self::Int(_) => DataType::Int,
            Self::Float(_) => DataType::Float,
            Self::Str(_) => DataType::Str,
            Self::Bytes(_) => DataType::Bytes,
            Self::List(_) => DataType::List,
            Self::Tuple(_) => DataType::Tuple,
            Self::Dict(_) => DataType::Dict,
            Self::IntDict(_) => DataType::IntDict,
        }
    }

    /// Whether it is [`None`](Value::None).
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The bool, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn as_int(&self) -> Option<&Int> {
        match self {
            Self::Int(int) => Some(int),
            _ => None,
        }
    }

    /// The whole number, if it is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_int()?.as_i64()
    }

    /// The whole number, if it is one that fits.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_int()?.as_u64()
    }

    /// The float, or the nearest one to a whole number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float(float) => Some(*float),
            Self::Int(int) => Some(int.to_f64()),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes, if it is bytes.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The items of a list or a tuple.
    pub fn as_slice(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) | Self::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// The dict, if it is one with text as keys.
    pub fn as_dict(&self) -> Option<&Dict> {
        match self {
            Self::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    /// The item at a place of a list or tuple.
    pub fn get(&self, index: usize) -> Option<&Value> {
        self.as_slice()?.get(index)
    }

    /// The value under a key of a dict with text as keys.
    pub fn get_key(&self, key: &str) -> Option<&Value> {
        self.as_dict()?.get(key)
    }
}

/// Readable, as a person would write the value down: `[1, 2.5, "three"]`, `(1, 2)`, `{"a": none}`, `b"\x00"`.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Bool(bool) => bool.fmt(f),
            Self::Int(int) => int.fmt(f),
            Self::Float(float) => float.fmt(f),
            Self::Str(text) => text.fmt(f),
            Self::Bytes(bytes) => bytes.fmt(f),
            Self::List(items) => items.fmt(f),
            Self::Tuple(items) if items.is_empty() => f.write_str("()"),
            Self::Tuple(items) => {
                let mut tuple = f.debug_tuple("");
                for item in items {
                    tuple.field(item);
                }
                tuple.finish()
            }
            Self::Dict(dict) => dict.fmt(f),
            Self::IntDict(dict) => dict.fmt(f),
        }
    }
}
