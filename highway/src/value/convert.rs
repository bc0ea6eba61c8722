//! Values from Rust's types and back.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    error::Error,
    fmt,
    ops::Index,
};

use bytes::Bytes;

use super::{Dict, Int, IntDict, Value};

/// A [`Value`] is not of the type it was to be converted to, or does not fit it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    expected: &'static str,
    received: String,
}

impl ValueError {
    fn new(expected: &'static str, value: &Value) -> Self {
        let received = match value {
            Value::Int(int) if int.digits().is_none() => format!("int {int}"),
            _ => value.data_type().to_string(),
        };
        Self { expected, received }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, received {}", self.expected, self.received)
    }
}

impl Error for ValueError {}

macro_rules! from {
    ($($source:ty => |$value:ident| $result:expr;)*) => {$(
        impl From<$source> for Value {
            #[inline]
            fn from($value: $source) -> Self {
                $result
            }
        }
    )*};
}

from! {
    () => |_none| Self::None;
    bool => |bool| Self::Bool(bool);
    Int => |int| Self::Int(int);
    f32 => |float| Self::Float(float.into());
    f64 => |float| Self::Float(float);
    char => |char| Self::Str(char.into());
    &str => |text| Self::Str(text.into());
    &String => |text| Self::Str(text.clone());
    String => |text| Self::Str(text);
    Box<str> => |text| Self::Str(text.into());
    Cow<'_, str> => |text| Self::Str(text.into_owned());
    Bytes => |bytes| Self::Bytes(bytes);
    Dict => |dict| Self::Dict(dict);
    IntDict => |dict| Self::IntDict(dict);
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(option: Option<T>) -> Self {
        option.map_or(Self::None, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Into<Value> + Clone> From<&[T]> for Value {
    fn from(items: &[T]) -> Self {
        items.iter().cloned().collect()
    }
}

/// A tuple, as which arrays are sent.
impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(items: [T; N]) -> Self {
        Self::Tuple(items.into_iter().map(Into::into).collect())
    }
}

impl<K: Into<String>, V: Into<Value>> From<BTreeMap<K, V>> for Value {
    fn from(map: BTreeMap<K, V>) -> Self {
        Self::Dict(map.into_iter().collect())
    }
}

impl<K: Into<String>, V: Into<Value>, S> From<HashMap<K, V, S>> for Value {
    fn from(map: HashMap<K, V, S>) -> Self {
        Self::Dict(map.into_iter().collect())
    }
}

/// A list.
impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        tuples!(@each [] $($name)*);
    };
    (@each [$($done:ident)*]) => {};
    (@each [$($done:ident)*] $next:ident $($rest:ident)*) => {
        impl<$($done: Into<Value>,)* $next: Into<Value>> From<($($done,)* $next,)> for Value {
            // The type parameters' names stand for the values as well.
            #[expect(non_snake_case)]
            fn from(($($done,)* $next,): ($($done,)* $next,)) -> Self {
                Self::Tuple(vec![$($done.into(),)* $next.into()])
            }
        }
        tuples!(@each [$($done)* $next] $($rest)*);
    };
}

tuples!(A B C D E F G H I J K L);

macro_rules! ints {
    ($($int:ty)*) => {$(
        impl From<$int> for Value {
            #[inline]
            fn from(number: $int) -> Self {
                Self::Int(number.into())
            }
        }

        impl TryFrom<Value> for $int {
            type Error = ValueError;

            fn try_from(value: Value) -> Result<Self, ValueError> {
                let number = value.as_int().and_then(|int| int.try_into().ok());
                number.ok_or_else(|| ValueError::new(stringify!($int), &value))
            }
        }

        impl PartialEq<$int> for Value {
            fn eq(&self, other: &$int) -> bool {
                self.as_int().is_some_and(|int| int == other)
            }
        }

        impl PartialEq<Value> for $int {
            fn eq(&self, other: &Value) -> bool {
                other == self
            }
        }
    )*};
}

ints!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

macro_rules! try_from {
    ($($target:ty, $name:literal, $pattern:pat => $result:expr;)*) => {$(
        impl TryFrom<Value> for $target {
            type Error = ValueError;

            fn try_from(value: Value) -> Result<Self, ValueError> {
                match value {
                    $pattern => Ok($result),
                    _ => Err(ValueError::new($name, &value)),
                }
            }
        }
    )*};
}

try_from! {
    (), "none", Value::None => ();
    bool, "bool", Value::Bool(bool) => bool;
    Int, "int", Value::Int(int) => int;
    String, "str", Value::Str(text) => text;
    Bytes, "bytes", Value::Bytes(bytes) => bytes;
    Vec<Value>, "list", Value::List(items) | Value::Tuple(items) => items;
    Dict, "dict", Value::Dict(dict) => dict;
    IntDict, "dict with integer keys", Value::IntDict(dict) => dict;
}

/// The float, or the nearest one to a whole number.
impl TryFrom<Value> for f64 {
    type Error = ValueError;

    fn try_from(value: Value) -> Result<Self, ValueError> {
        value
            .as_f64()
            .ok_or_else(|| ValueError::new("float", &value))
    }
}

macro_rules! equal {
    ($($other:ty, $accessor:ident, |$plain:ident| $compared:expr;)*) => {$(
        impl PartialEq<$other> for Value {
            fn eq(&self, $plain: &$other) -> bool {
                self.$accessor().is_some_and(|own| own == $compared)
            }
        }

        impl PartialEq<Value> for $other {
            fn eq(&self, other: &Value) -> bool {
                other == self
            }
        }
    )*};
}

equal! {
    bool, as_bool, |plain| *plain;
    str, as_str, |plain| plain;
    &str, as_str, |plain| *plain;
    String, as_str, |plain| plain.as_str();
    Bytes, as_bytes, |plain| plain;
    Dict, as_dict, |plain| plain;
}

/// Equal to floats only: the int 1 is not the float 1.0.
impl PartialEq<f64> for Value {
    fn eq(&self, plain: &f64) -> bool {
        matches!(self, Self::Float(own) if own == plain)
    }
}

impl PartialEq<Value> for f64 {
    fn eq(&self, other: &Value) -> bool {
        other == self
    }
}

/// The item of a list or tuple. Panics where there is none; [`get`](Value::get) does not.
impl Index<usize> for Value {
    type Output = Value;

    fn index(&self, index: usize) -> &Value {
        self.get(index)
            .expect("no list or tuple with an item at this place")
    }
}

/// The value under a key of a dict. Panics where there is none; [`get_key`](Value::get_key) does not.
impl Index<&str> for Value {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        self.get_key(key).expect("no dict with this key")
    }
}

/// The int or the float that a number in JSON is; `None` for what no float is as large as.
pub(crate) fn number_of_json(text: &str) -> Option<Value> {
    match text.parse::<Int>() {
        // Zero with a sign is a float.
        Ok(int) if !(int == 0 && text.starts_with('-')) => Some(Value::Int(int)),
        _ => {
            let float: f64 = text.parse().ok()?;
            float.is_finite().then_some(Value::Float(float))
        }
    }
}

/// A number that no float is as large as, which only `serde_json`'s `arbitrary_precision` keeps, becomes infinite.
impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::None,
            serde_json::Value::Bool(bool) => Self::Bool(bool),
            serde_json::Value::Number(number) => {
                // By the text: a user's build may have serde_json keep numbers of any size.
                let text = number.to_string();
                number_of_json(&text)
                    .unwrap_or_else(|| Self::Float(text.parse().unwrap_or(f64::NAN)))
            }
            serde_json::Value::String(text) => Self::Str(text),
            serde_json::Value::Array(items) => items.into_iter().collect(),
            serde_json::Value::Object(map) => Self::Dict(map.into_iter().collect()),
        }
    }
}

/// Tuples become arrays, dicts with integer keys objects. Bytes, floats that are not finite, and numbers beyond
/// `serde_json`'s are refused.
impl TryFrom<Value> for serde_json::Value {
    type Error = ValueError;

    fn try_from(value: Value) -> Result<Self, ValueError> {
        const EXPECTED: &str = "a value that JSON knows";
        Ok(match value {
            Value::None => Self::Null,
            Value::Bool(bool) => bool.into(),
            Value::Int(int) => {
                let number = int.as_i128().and_then(serde_json::Number::from_i128);
                number
                    .ok_or_else(|| ValueError::new(EXPECTED, &int.into()))?
                    .into()
            }
            Value::Float(float) => serde_json::Number::from_f64(float)
                .ok_or_else(|| ValueError::new(EXPECTED, &value))?
                .into(),
            Value::Str(text) => text.into(),
            Value::Bytes(_) => return Err(ValueError::new(EXPECTED, &value)),
            Value::List(items) | Value::Tuple(items) => Self::Array(
                items
                    .into_iter()
                    .map(Self::try_from)
                    .collect::<Result<_, _>>()?,
            ),
            Value::Dict(dict) => Self::Object(
                dict.into_iter()
                    .map(|(key, value)| Ok((key, value.try_into()?)))
                    .collect::<Result<_, _>>()?,
            ),
            Value::IntDict(dict) => Self::Object(
                dict.into_iter()
                    .map(|(key, value)| Ok((key.to_string(), value.try_into()?)))
                    .collect::<Result<_, _>>()?,
            ),
        })
    }
}
