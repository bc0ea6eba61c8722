//! How a payload that is written as it came gets through serde, which has no word for it: as a variant of an enum.

use crate::wire::{DataType, Dialect};

/// The name of the enum.
pub(crate) const RAW_TOKEN: &str = "$highway::Raw";

/// The variant's number: a dialect and one of its data types.
pub(crate) fn raw_variant(dialect: Dialect, data_type: DataType) -> u32 {
    let number = match dialect {
        Dialect::V01 => 1,
        Dialect::V02 => 2,
        Dialect::Extended => 3,
    };
    // What came in a dialect has a code there.
    let code = dialect.code(data_type).unwrap_or(u8::MAX);
    number << 8 | u32::from(code)
}

/// What [`raw_variant`] made a number of.
pub(super) fn of_raw_variant(variant: u32) -> Option<(Dialect, DataType)> {
    let dialect = match variant >> 8 {
        1 => Dialect::V01,
        2 => Dialect::V02,
        3 => Dialect::Extended,
        _ => return None,
    };
    let data_type = dialect.data_type(u8::try_from(variant & 0xff).ok()?)?;
    Some((dialect, data_type))
}
