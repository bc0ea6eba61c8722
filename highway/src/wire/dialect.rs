//! The wire variants and what they call the data types.

use std::fmt;

/// The types that arrive as what they were sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataType {
    /// Text, in UTF-8.
    Str,
    /// A whole number of any size.
    Int,
    /// A double.
    Float,
    /// True or false.
    Bool,
    /// A sequence.
    List,
    /// A map with text as keys, in the order of insertion.
    Dict,
    /// A sequence of fixed length. Dialect 0.1 has none.
    Tuple,
    /// Bytes as they are.
    Bytes,
    /// Nothing.
    None,
    /// A map with integers as keys, which only dialect 0.1 has.
    IntDict,
}

impl DataType {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Str,
        Self::Int,
        Self::Float,
        Self::Bool,
        Self::List,
        Self::Dict,
        Self::Tuple,
        Self::Bytes,
        Self::None,
        Self::IntDict,
    ];

    /// The name that errors and documentation use: Python's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Str => "str",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::List => "list",
            Self::Dict => "dict",
            Self::Tuple => "tuple",
            Self::Bytes => "bytes",
            Self::None => "none",
            Self::IntDict => "dict with integer keys",
        }
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The wire variants that the published peers speak; they do not understand each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dialect {
    /// highway.py 0.1.
    V01,
    /// highway.py 0.2 and highway.js.
    #[default]
    V02,
}
