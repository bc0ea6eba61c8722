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
    /// A map with integers as keys, which dialect 0.2 has with the extension only.
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

/// The wire variants: those that the published peers speak, which do not understand each other, and what peers with the
/// extension speak with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dialect {
    /// highway.py 0.1.
    V01,
    /// highway.py 0.2 and highway.js.
    #[default]
    V02,
    /// 0.2 with the extension: collections are CBOR, in which every type keeps at every depth.
    Extended,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::V02, Self::V01, Self::Extended];

    /// The code that stands for a data type in a header; `None` when the dialect has none: 0.1 knows no tuple, 0.2 no
    /// dict with integer keys. With the extension the two kinds of dict have one code.
    #[inline]
    pub const fn code(self, data_type: DataType) -> Option<u8> {
        use DataType::{Bool, Bytes, Dict, Float, Int, IntDict, List, None as Nothing, Str, Tuple};
        Some(match self {
            Self::V01 => match data_type {
                Str => 0,
                List | Dict => 1,
                Bytes => 2,
                Int => 3,
                Float => 4,
                IntDict => 5,
                Nothing => 6,
                Bool => 7,
                Tuple => return None,
            },
            Self::V02 | Self::Extended => match data_type {
                Str => 0,
                Int => 1,
                Float => 2,
                Bool => 3,
                List => 4,
                Dict => 5,
                Tuple => 6,
                Bytes => 7,
                Nothing => 8,
                IntDict if matches!(self, Self::Extended) => 5,
                IntDict => return None,
            },
        })
    }

    /// The data type that a header's code stands for; `None` when the dialect does not have the code.
    ///
    /// Code 1 of dialect 0.1 is returned as [`DataType::List`]; whether it is one or a dict is known from its payload only. So it
    /// is with the two kinds of dict that the extension has: their code is returned as [`DataType::Dict`].
    ///
    /// ```
    /// use highway::wire::{DataType, Dialect};
    ///
    /// assert_eq!(Dialect::V02.data_type(1), Some(DataType::Int));
    /// assert_eq!(Dialect::V01.data_type(1), Some(DataType::List));
    /// assert_eq!(Dialect::V02.data_type(9), None);
    /// ```
    #[inline]
    pub fn data_type(self, code: u8) -> Option<DataType> {
        use DataType::{Bool, Bytes, Dict, Float, Int, IntDict, List, None as Nothing, Str, Tuple};
        let data_types: &[DataType] = match self {
            Self::V01 => &[Str, List, Bytes, Int, Float, IntDict, Nothing, Bool],
            Self::V02 | Self::Extended => {
                &[Str, Int, Float, Bool, List, Dict, Tuple, Bytes, Nothing]
            }
        };
        data_types.get(usize::from(code)).copied()
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V01 => "0.1",
            Self::V02 => "0.2",
            Self::Extended => "0.2 with the extension",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_data_types_are_each_others_inverse() {
        for dialect in Dialect::ALL {
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
            assert!(Dialect::Extended.code(data_type).is_some());
        }
        assert_eq!(
            Dialect::V01.code(DataType::Dict),
            Dialect::V01.code(DataType::List)
        );
        assert_eq!(
            Dialect::Extended.code(DataType::IntDict),
            Dialect::Extended.code(DataType::Dict)
        );
    }
}
