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
        f.pad(self.name())
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

impl Dialect {
    /// The code that stands for a data type in a header; `None` when the dialect has none: 0.1 knows no tuple, 0.2 no
    /// dict with integer keys.
    #[inline]
    pub const fn code(self, data_type: DataType) -> Option<u8> {
        Some(match (self, data_type) {
            (_, DataType::Str) => 0,
            // In 0.1 one code stands for both.
            (Self::V01, DataType::List | DataType::Dict) => 1,
            (Self::V01, DataType::Bytes) => 2,
            (Self::V01, DataType::Int) => 3,
            (Self::V01, DataType::Float) => 4,
            (Self::V01, DataType::IntDict) => 5,
            (Self::V01, DataType::None) => 6,
            (Self::V01, DataType::Bool) => 7,
            (Self::V02, DataType::Int) => 1,
            (Self::V02, DataType::Float) => 2,
            (Self::V02, DataType::Bool) => 3,
            (Self::V02, DataType::List) => 4,
            (Self::V02, DataType::Dict) => 5,
            (Self::V02, DataType::Tuple) => 6,
            (Self::V02, DataType::Bytes) => 7,
            (Self::V02, DataType::None) => 8,
            (Self::V01, DataType::Tuple) | (Self::V02, DataType::IntDict) => return None,
        })
    }

    /// The data type that a header's code stands for; `None` when the dialect does not have the code.
    ///
    /// Code 1 of dialect 0.1 is told as [`DataType::List`]; whether it is one or a dict is known from its payload only.
    ///
    /// ```
    /// use highway::wire::{DataType, Dialect};
    ///
    /// assert_eq!(Dialect::V02.data_type(1), Some(DataType::Int));
    /// assert_eq!(Dialect::V01.data_type(1), Some(DataType::List));
    /// assert_eq!(Dialect::V02.data_type(9), None);
    /// ```
    #[inline]
    pub const fn data_type(self, code: u8) -> Option<DataType> {
        Some(match (self, code) {
            (_, 0) => DataType::Str,
            (Self::V01, 1) | (Self::V02, 4) => DataType::List,
            (Self::V01, 2) | (Self::V02, 7) => DataType::Bytes,
            (Self::V01, 3) | (Self::V02, 1) => DataType::Int,
            (Self::V01, 4) | (Self::V02, 2) => DataType::Float,
            (Self::V01, 5) => DataType::IntDict,
            (Self::V01, 6) | (Self::V02, 8) => DataType::None,
            (Self::V01, 7) | (Self::V02, 3) => DataType::Bool,
            (Self::V02, 5) => DataType::Dict,
            (Self::V02, 6) => DataType::Tuple,
            _ => return None,
        })
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V01 => "0.1",
            Self::V02 => "0.2",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_data_types_are_each_others_inverse() {
        for dialect in [Dialect::V01, Dialect::V02] {
            for code in 0..=u8::MAX {
                if let Some(data_type) = dialect.data_type(code) {
                    assert_eq!(
                        dialect.code(data_type),
                        Some(code),
                        "{dialect}: {data_type}"
                    );
                }
            }
            let known = (0..=u8::MAX).filter(|&code| dialect.data_type(code).is_some());
            assert_eq!(known.count(), if dialect == Dialect::V01 { 8 } else { 9 });
        }
    }

    #[test]
    fn each_dialect_lacks_what_the_other_has_of_its_own() {
        for data_type in DataType::ALL {
            assert_eq!(
                Dialect::V01.code(data_type).is_none(),
                data_type == DataType::Tuple
            );
            assert_eq!(
                Dialect::V02.code(data_type).is_none(),
                data_type == DataType::IntDict
            );
        }
        assert_eq!(
            Dialect::V01.code(DataType::Dict),
            Dialect::V01.code(DataType::List)
        );
    }
}
