//! Whole numbers of any size.

use std::{cmp::Ordering, error::Error, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The name under which an [`Int`] passes through serde, so that highway's own payloads keep every digit.
pub(crate) const INT_TOKEN: &str = "$highway::Int";

/// A whole number of any size up to [`Int::MAX_DIGITS`] digits.
///
/// It carries numbers, it does not calculate: what fits an `i128` is converted for free, what does not is kept as its
/// decimal digits.
///
/// ```
/// use highway::value::Int;
///
/// let small = Int::from(7);
/// assert!(small == 7 && i64::try_from(&small) == Ok(7));
///
/// let large: Int = "100000000000000000000000000000000000000000".parse()?;
/// assert!(large > small && i128::try_from(&large).is_err());
/// # Ok::<(), highway::value::ParseIntError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Int(Repr);

/// Each number has one representation, so that the derived comparisons hold.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    /// An `i128` in two halves, as whole it would make every `Value` half as large again by its alignment.
    Fixed { high: i64, low: u64 },
    /// Digits without leading zeros, `-` in front when negative, beyond an `i128`.
    Digits(Box<str>),
}

impl Int {
    /// The most digits that a number can have; `CPython` reads no more from text either.
    pub const MAX_DIGITS: usize = 4300;

    /// The number as an `i128`, if it fits.
    #[inline]
    pub fn as_i128(&self) -> Option<i128> {
        match self.0 {
            Repr::Fixed { high, low } => Some(i128::from(high) << 64 | i128::from(low)),
            Repr::Digits(_) => None,
        }
    }

    /// The number as an `i64`, if it fits.
    #[inline]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_i128()?.try_into().ok()
    }

    /// The number as a `u64`, if it fits.
    #[inline]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_i128()?.try_into().ok()
    }

    /// The nearest double; infinite when the number is beyond all of them.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            // Rounds to the nearest, which is what is asked for.
            #[expect(clippy::cast_precision_loss)]
            Repr::Fixed { .. } => self.as_i128().unwrap_or_default() as f64,
            Repr::Digits(digits) => digits.parse().unwrap_or(f64::NAN),
        }
    }

    /// Whether the number is below zero.
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Fixed { high, .. } => *high < 0,
            Repr::Digits(digits) => digits.starts_with('-'),
        }
    }

    /// The digits of a number beyond an `i128`.
    pub(crate) fn digits(&self) -> Option<&str> {
        match &self.0 {
            Repr::Fixed { .. } => None,
            Repr::Digits(digits) => Some(digits),
        }
    }
}

impl From<i128> for Int {
    #[inline]
    // The halves are meant.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn from(number: i128) -> Self {
        Self(Repr::Fixed {
            high: (number >> 64) as i64,
            low: number as u64,
        })
    }
}

impl From<u128> for Int {
    fn from(number: u128) -> Self {
        match i128::try_from(number) {
            Ok(number) => number.into(),
            Err(_) => Self(Repr::Digits(number.to_string().into())),
        }
    }
}

impl From<isize> for Int {
    fn from(number: isize) -> Self {
        Self::from(number as i128)
    }
}

impl From<usize> for Int {
    fn from(number: usize) -> Self {
        Self::from(number as u128)
    }
}

macro_rules! small_ints {
    ($($int:ty)*) => {$(
        impl From<$int> for Int {
            #[inline]
            fn from(number: $int) -> Self {
                Self::from(i128::from(number))
            }
        }
    )*};
}

small_ints!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! ints {
    ($($int:ty)*) => {$(
        impl TryFrom<&Int> for $int {
            type Error = IntRangeError;

            fn try_from(int: &Int) -> Result<Self, IntRangeError> {
                let error = IntRangeError { target: stringify!($int) };
                match &int.0 {
                    Repr::Fixed { .. } => int.as_i128().unwrap_or_default().try_into().map_err(|_| error),
                    Repr::Digits(digits) => digits.parse().map_err(|_| error),
                }
            }
        }

        impl TryFrom<Int> for $int {
            type Error = IntRangeError;

            fn try_from(int: Int) -> Result<Self, IntRangeError> {
                Self::try_from(&int)
            }
        }

        impl PartialEq<$int> for Int {
            fn eq(&self, other: &$int) -> bool {
                <$int>::try_from(self).as_ref() == Ok(other)
            }
        }
    )*};
}

ints!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

impl Ord for Int {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Fixed { .. }, Repr::Fixed { .. }) => self.as_i128().cmp(&other.as_i128()),
            (Repr::Digits(a), Repr::Digits(b)) => match (self.is_negative(), other.is_negative()) {
                (false, false) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
                (true, true) => b.len().cmp(&a.len()).then_with(|| b.cmp(a)),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
            },
            (Repr::Digits(_), Repr::Fixed { .. }) if self.is_negative() => Ordering::Less,
            (Repr::Digits(_), Repr::Fixed { .. }) => Ordering::Greater,
            (Repr::Fixed { .. }, Repr::Digits(_)) => other.cmp(self).reverse(),
        }
    }
}

impl PartialOrd for Int {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Default for Int {
    fn default() -> Self {
        Self::from(0)
    }
}

impl fmt::Display for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Fixed { .. } => self.as_i128().unwrap_or_default().fmt(f),
            Repr::Digits(digits) => match digits.strip_prefix('-') {
                Some(digits) => f.pad_integral(false, "", digits),
                None => f.pad_integral(true, "", digits),
            },
        }
    }
}

impl fmt::Debug for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Int {
    type Err = ParseIntError;

    /// Reads decimal digits with an optional sign, leading zeros allowed.
    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let negative = text.starts_with('-');
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text).as_bytes();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(ParseIntError::NoInt);
        }
        if digits.len() > Self::MAX_DIGITS {
            return Err(ParseIntError::TooManyDigits);
        }
        if let Ok(number) = text.parse::<i128>() {
            return Ok(number.into());
        }
        // Not zero, or it would have fitted an `i128`.
        let digits = text.trim_start_matches(['-', '+']).trim_start_matches('0');
        let sign = if negative { "-" } else { "" };
        Ok(Self(Repr::Digits([sign, digits].concat().into())))
    }
}

/// The [`Int`] does not fit the type it was to be converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntRangeError {
    target: &'static str,
}

impl fmt::Display for IntRangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "number does not fit {}", self.target)
    }
}

impl Error for IntRangeError {}

/// The text is not an [`Int`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseIntError {
    /// Something else than decimal digits behind an optional sign.
    NoInt,
    /// More than [`Int::MAX_DIGITS`] digits.
    TooManyDigits,
}

impl fmt::Display for ParseIntError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInt => f.write_str("text is not a whole number"),
            Self::TooManyDigits => write!(f, "number has more than {} digits", Int::MAX_DIGITS),
        }
    }
}

impl Error for ParseIntError {}

/// In highway's payloads a number of any size; in other formats an integer, or its digits as text where it is beyond 128
/// bits.
impl Serialize for Int {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(digits) = self.digits() {
            match u128::try_from(self) {
                Ok(number) => serializer.serialize_u128(number),
                Err(_) => serializer.serialize_newtype_struct(INT_TOKEN, digits),
            }
        } else if let Some(number) = self.as_i64() {
            serializer.serialize_i64(number)
        } else if let Some(number) = self.as_u64() {
            serializer.serialize_u64(number)
        } else {
            serializer.serialize_i128(self.as_i128().unwrap_or_default())
        }
    }
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(INT_TOKEN, IntVisitor)
    }
}

struct IntVisitor;

impl<'de> de::Visitor<'de> for IntVisitor {
    type Value = Int;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("int")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Int, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Int, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Int, E> {
        Ok(number.into())
    }

    fn visit_i128<E>(self, number: i128) -> Result<Int, E> {
        Ok(number.into())
    }

    fn visit_u128<E>(self, number: u128) -> Result<Int, E> {
        Ok(number.into())
    }

    fn visit_str<E: de::Error>(self, digits: &str) -> Result<Int, E> {
        digits
            .parse()
            .map_err(|_| E::invalid_value(de::Unexpected::Str(digits), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn int(text: &str) -> Int {
        text.parse().expect("a number")
    }

    #[test]
    fn text_is_read_into_one_canonical_form() {
        for (text, canonical) in [
            ("0", "0"),
            ("-0", "0"),
            ("+5", "5"),
            ("0012", "12"),
            (
                "-170141183460469231731687303715884105728",
                "-170141183460469231731687303715884105728",
            ),
            (
                "-00170141183460469231731687303715884105729",
                "-170141183460469231731687303715884105729",
            ),
            (
                "+340282366920938463463374607431768211456",
                "340282366920938463463374607431768211456",
            ),
        ] {
            assert_eq!(int(text).to_string(), canonical);
            assert_eq!(int(text), int(canonical));
        }
        assert_eq!(
            int("340282366920938463463374607431768211455"),
            Int::from(u128::MAX)
        );
        assert_eq!(
            int("-170141183460469231731687303715884105728"),
            Int::from(i128::MIN)
        );
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", "+", "--1", "-+1", "1 ", "1_0", "1.0", "0x1", "٣"] {
            assert_eq!(text.parse::<Int>(), Err(ParseIntError::NoInt), "{text:?}");
        }
        assert!("9".repeat(4300).parse::<Int>().is_ok());
        assert_eq!(
            "9".repeat(4301).parse::<Int>(),
            Err(ParseIntError::TooManyDigits)
        );
    }

    #[test]
    fn order_is_that_of_the_numbers() {
        let sorted = [
            "-10000000000000000000000000000000000000001",
            "-10000000000000000000000000000000000000000",
            "-999999999999999999999999999999999999999",
            "-170141183460469231731687303715884105728",
            "-18446744073709551616",
            "-1",
            "0",
            "1",
            "9223372036854775808",
            "340282366920938463463374607431768211455",
            "999999999999999999999999999999999999999",
            "10000000000000000000000000000000000000000",
        ]
        .map(int);
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                assert_eq!(a.cmp(b), i.cmp(&j), "{a} {b}");
            }
        }
    }

    #[test]
    fn conversions_keep_the_number_or_refuse_it() {
        assert_eq!(u8::try_from(Int::from(255)), Ok(255));
        assert_eq!(
            u8::try_from(Int::from(256)).unwrap_err().to_string(),
            "number does not fit u8"
        );
        assert_eq!(u64::try_from(Int::from(u64::MAX)), Ok(u64::MAX));
        assert!(u64::try_from(Int::from(-1)).is_err());
        assert_eq!(u128::try_from(Int::from(u128::MAX)), Ok(u128::MAX));
        let (largest, negative) = (Int::from(u64::MAX), Int::from(-1));
        assert!(largest == u64::MAX && negative != u64::MAX && negative == -1_i8);
        assert!((Int::from(1_i128 << 100).to_f64() - 2_f64.powi(100)).abs() < f64::EPSILON);
        assert!(int(&"9".repeat(400)).to_f64().is_infinite());
    }

    #[test]
    fn formatting_options_apply_to_every_size() {
        assert_eq!(format!("{:>5}", Int::from(-42)), "  -42");
        let large = "1".repeat(40);
        assert_eq!(format!("{:+}", int(&large)), format!("+{large}"));
        assert_eq!(
            format!("{:?}", int(&format!("-{large}"))),
            format!("-{large}")
        );
    }
}
