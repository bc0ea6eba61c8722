//! How numbers are given to visitors, which say only by refusing that they don't take them in a form.
//!
//! A message is read with the usual forms first. Where that fails it is read once more with the others; see [`Pass`].

use serde::de::{self, Unexpected, Visitor};

use super::{error::DecodeError, number::parse_float};
use crate::value::Int;

type Result<T, E = Box<DecodeError>> = std::result::Result<T, E>;

/// What visitors are given that may be written for one form of several.
///
/// | | first | second |
/// | --- | --- | --- |
/// | an int, where an unsigned one or anything is asked for | `visit_u64` unless it is negative | `visit_i64` |
/// | an int, where a signed one is asked for | `visit_i64` | `visit_u64` unless it is negative |
/// | an int, where one of 128 bits is asked for | `visit_i128`, `visit_u128` | `visit_i64`, `visit_u64` |
/// | an int, where a float is asked for | `visit_f64` | as an int |
/// | a key in JSON that is an int, where a field of unknown name or anything is asked for | `visit_str` | as an int |
/// | a text or bytes that don't stand in the message as they are | `visit_str` | `visit_borrowed_str` |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    First,
    Second,
}

/// The int that a visitor asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Any,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
}

/// Gives a visitor an int that an `i64` holds.
#[inline]
pub(super) fn visit_small<'de, V: Visitor<'de>>(
    number: i64,
    ask: Ask,
    pass: Pass,
    visitor: V,
) -> Result<V::Value> {
    macro_rules! asked {
        ($($ask:ident => $int:ty, $visit:ident;)*) => {
            match ask {
                $(Ask::$ask => {
                    if let Ok(number) = <$int>::try_from(number) {
                        return visitor.$visit(number);
                    }
                })*
                Ask::I128 => return visitor.visit_i128(number.into()),
                Ask::Any | Ask::I64 => {}
            }
        };
    }
    if pass == Pass::First {
        asked! {
            I8 => i8, visit_i8;
            I16 => i16, visit_i16;
            I32 => i32, visit_i32;
            U8 => u8, visit_u8;
            U16 => u16, visit_u16;
            U32 => u32, visit_u32;
            U64 => u64, visit_u64;
            U128 => u128, visit_u128;
        }
    }
    let signed = match ask {
        Ask::I8 | Ask::I16 | Ask::I32 | Ask::I64 => pass == Pass::First,
        Ask::I128 => true,
        Ask::U128 => false,
        Ask::Any | Ask::U8 | Ask::U16 | Ask::U32 | Ask::U64 => pass == Pass::Second,
    };
    match u64::try_from(number) {
        Ok(number) if !signed => visitor.visit_u64(number),
        _ => visitor.visit_i64(number),
    }
}

/// Gives a visitor an int.
#[inline]
pub(super) fn visit_int<'de, V: Visitor<'de>>(
    int: &Int,
    ask: Ask,
    pass: Pass,
    visitor: V,
) -> Result<V::Value> {
    match int.as_i64() {
        Some(number) => visit_small(number, ask, pass, visitor),
        None => visit_large(int, ask, pass, visitor),
    }
}

#[cold]
fn visit_large<'de, V: Visitor<'de>>(
    int: &Int,
    ask: Ask,
    pass: Pass,
    visitor: V,
) -> Result<V::Value> {
    let wide = pass == Pass::First && matches!(ask, Ask::I128 | Ask::U128);
    if let Some(number) = int.as_u64()
        && !wide
    {
        visitor.visit_u64(number)
    } else if ask == Ask::U128
        && let Ok(number) = u128::try_from(int)
    {
        visitor.visit_u128(number)
    } else if let Some(number) = int.as_i128() {
        visitor.visit_i128(number)
    } else if let Ok(number) = u128::try_from(int) {
        visitor.visit_u128(number)
    } else {
        Err(unwanted_int(int, &visitor))
    }
}

/// Gives an [`Int`]'s visitor a number of any size.
pub(super) fn visit_int_or_digits<'de, V: Visitor<'de>>(int: &Int, visitor: V) -> Result<V::Value> {
    match int.digits() {
        Some(digits) => visitor.visit_str(digits),
        None => visit_int(int, Ask::Any, Pass::First, visitor),
    }
}

/// A type of floats, to which the nearest to a number is given. What is beyond all of them is refused.
pub(super) trait Nearest: Copy + std::str::FromStr + Into<f64> {
    /// The nearest to a double.
    fn nearest(float: f64) -> Self;

    /// The nearest to a whole number.
    fn nearest_to_int(int: &Int) -> Self;

    /// The nearest to a text, to which a double is the nearest double.
    fn of(text: &str, float: f64) -> Self;

    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value>;

    /// The nearest to a text, `None` for what is none or is beyond all.
    fn of_text(text: &str) -> Option<Self> {
        let float: f64 = parse_float(text.as_bytes()).ok()?;
        let nearest = Self::of(text, float);
        (float.is_infinite() || !nearest.into().is_infinite()).then_some(nearest)
    }
}

impl Nearest for f64 {
    #[inline]
    fn nearest(float: f64) -> Self {
        float
    }

    fn nearest_to_int(int: &Int) -> Self {
        int.to_f64()
    }

    #[inline]
    fn of(_: &str, float: f64) -> Self {
        float
    }

    #[inline]
    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_f64(self)
    }
}

impl Nearest for f32 {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "it is the nearest")]
    fn nearest(float: f64) -> Self {
        float as f32
    }

    fn nearest_to_int(int: &Int) -> Self {
        // Not by way of a double, which would round twice.
        int.to_string().parse().unwrap_or(f32::NAN)
    }

    fn of(text: &str, float: f64) -> Self {
        // Not by way of a double, which would round twice.
        parse_float(text.as_bytes()).unwrap_or_else(|_| Self::nearest(float))
    }

    #[inline]
    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_f32(self)
    }
}

/// Gives a visitor that wants a float the nearest to a text, which is one of a `float`.
#[inline]
pub(super) fn visit_float<'de, F: Nearest, V: Visitor<'de>>(
    nearest: F,
    float: f64,
    visitor: V,
) -> Result<V::Value> {
    if nearest.into().is_infinite() && float.is_finite() {
        return Err(de::Error::invalid_value(Unexpected::Float(float), &visitor));
    }
    nearest.visit(visitor)
}

/// Gives a visitor that wants a float a whole number.
pub(super) fn visit_int_as_float<'de, F: Nearest, V: Visitor<'de>>(
    int: &Int,
    pass: Pass,
    visitor: V,
) -> Result<V::Value> {
    if pass == Pass::Second {
        return visit_int(int, Ask::Any, Pass::First, visitor);
    }
    let float = F::nearest_to_int(int);
    if float.into().is_infinite() {
        return Err(unwanted_int(int, &visitor));
    }
    float.visit(visitor)
}

/// Gives a visitor that wants a float a whole number that an `i64` holds.
#[inline]
#[expect(clippy::cast_precision_loss, reason = "it is the nearest")]
pub(super) fn visit_small_as_float<'de, F: Nearest, V: Visitor<'de>>(
    number: i64,
    pass: Pass,
    visitor: V,
) -> Result<V::Value> {
    // Up to there a double is exact, and what is rounded from it is rounded once.
    const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;
    if pass == Pass::First && number.unsigned_abs() <= EXACT {
        return F::nearest(number as f64).visit(visitor);
    }
    visit_int_as_float::<F, V>(&number.into(), pass, visitor)
}

#[cold]
#[expect(
    clippy::unnecessary_box_returns,
    reason = "the type of a deserializer's error"
)]
pub(super) fn unwanted_int(int: &Int, expected: &dyn de::Expected) -> Box<DecodeError> {
    let digits = int
        .digits()
        .map_or(0, |digits| digits.trim_start_matches('-').len());
    let received = match int.as_i128() {
        Some(number) => format!("int {number}"),
        None => format!("int of {digits} digits"),
    };
    DecodeError::mismatch(expected, received)
}

/// A dict's key that is an int, given to who asks for a text or anything, as it has to be one of those by whose names a flattened
/// dict's entries are kept. A negative or small one never by `visit_u64`, by which it would be the number of a field.
pub(super) fn visit_int_as_key<'de, V: Visitor<'de>>(int: &Int, visitor: V) -> Result<V::Value> {
    match int.as_i64() {
        Some(number) => visitor.visit_i64(number),
        None => visit_int(int, Ask::Any, Pass::First, visitor),
    }
}

/// The int that a key's text is just as it would be written.
pub(super) fn int_of_key(text: &str) -> Option<Int> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = match digits.as_bytes() {
        [b'0'] => digits.len() == text.len(),
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    canonical.then(|| text.parse().ok()).flatten()
}
