//! Numbers as text: strict as highway writes them, as lenient as Python in what is read.
//!
//! Python drops surrounding whitespace, takes the decimal digits of all scripts, and single underscores between digits.
//! highway.js writes whole doubles of 1e21 and more as `1e+21` under the code of integers.

use std::borrow::Cow;

use super::error::Problem;
use crate::value::{Int, ParseIntError};

/// Reads a whole number.
#[inline]
pub(super) fn parse_int(text: &[u8]) -> Result<Int, Problem> {
    match parse_short(text) {
        Some(number) => Ok(number.into()),
        None => parse_any_int(text),
    }
}

/// Up to 18 digits, which no `i64` is too small for.
#[inline]
fn parse_short(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut number = 0;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + i64::from(digit);
    }
    Some(if negative { -number } else { number })
}

#[cold]
fn parse_any_int(text: &[u8]) -> Result<Int, Problem> {
    let text = plain(text)?;
    match text.parse() {
        Ok(int) => Ok(int),
        Err(ParseIntError::TooManyDigits) => Err(Problem::TooManyDigits),
        Err(_) => match whole_decimal(&text)?.parse() {
            Ok(int) => Ok(int),
            Err(ParseIntError::TooManyDigits) => Err(Problem::TooManyDigits),
            Err(_) => Err(Problem::Number),
        },
    }
}

/// The digits of a whole number that is written with an exponent: `1.5e+21`.
fn whole_decimal(text: &str) -> Result<String, Problem> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).ok_or(Problem::Number)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let ends_in_digit = whole.ends_with(|char: char| char.is_ascii_digit());
    if !ends_in_digit || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::Number);
    }
    let exponent: usize = exponent.parse().map_err(|_| Problem::Number)?;
    let zeros = exponent
        .checked_sub(fraction.len())
        .ok_or(Problem::Number)?;
    if zeros > Int::MAX_DIGITS {
        return Err(Problem::TooManyDigits);
    }
    Ok([whole, fraction, &"0".repeat(zeros)].concat())
}

/// Reads a float. `F` is `f32` or `f64`; each is the nearest to the text, infinite where the text is beyond all of them. Refuses
/// what no double is as large as.
#[inline]
pub(super) fn parse_float<F: std::str::FromStr + Copy + Into<f64>>(
    text: &[u8],
) -> Result<F, Problem> {
    // Rust reads what Python does: infinities and NaN in any case, a point without digits on one side of it.
    let read: Option<F> = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok());
    let float: F = match read {
        Some(float) => float,
        None => plain(text)?.parse().map_err(|_| Problem::Number)?,
    };
    if float.into().is_infinite() && is_too_large(text) {
        return Err(Problem::TooLarge);
    }
    Ok(float)
}

/// Whether a text that reads as infinite is the digits of a number, and not the word.
#[cold]
fn is_too_large(text: &[u8]) -> bool {
    let double = plain(text).ok().and_then(|text| text.parse().ok());
    let is_infinite = double.is_none_or(f64::is_infinite);
    is_infinite && plain(text).is_ok_and(|text| text.bytes().any(|byte| byte.is_ascii_digit()))
}

/// Brings what Python takes in numbers into plain ASCII: whitespace around, digits of other scripts, underscores.
#[cold]
fn plain(text: &[u8]) -> Result<Cow<'_, str>, Problem> {
    let text = std::str::from_utf8(text).map_err(|_| Problem::Utf8)?;
    let text = text.trim_matches(is_python_whitespace);
    if text.bytes().all(|byte| byte.is_ascii() && byte != b'_') {
        return Ok(text.into());
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut behind_digit = false;
    while let Some(char) = chars.next() {
        if char == '_' {
            let before_digit = chars
                .peek()
                .is_some_and(|next| decimal_digit(*next).is_some());
            if !(behind_digit && before_digit) {
                return Err(Problem::Number);
            }
            behind_digit = false;
            continue;
        }
        let digit = decimal_digit(char);
        behind_digit = digit.is_some();
        match digit {
            Some(digit) => plain.push(digit),
            None if char.is_ascii() => plain.push(char),
            None => return Err(Problem::Number),
        }
    }
    Ok(plain.into())
}

fn is_python_whitespace(char: char) -> bool {
    // The four separators are whitespace to Python, not to Unicode.
    char.is_whitespace() || matches!(char, '\x1c'..='\x1f')
}

/// The zeros of the scripts that have decimal digits (Unicode 14, general category Nd); nine follow each.
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
    0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50,
    0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// The ASCII digit for a decimal digit of any script.
pub(crate) fn decimal_digit(char: char) -> Option<char> {
    let code = u32::from(char);
    let place = ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?;
    let digit = code - ZEROS.get(place)?;
    char::from_digit(digit, 10)
}

/// Writes a finite float: the shortest text that reads back the same, always with a point or an exponent, so that it stays
/// a float. Those that are not finite get the names that Python and JavaScript both read.
#[inline]
pub(super) fn write_float<F: Float>(float: F, out: &mut Vec<u8>) {
    if float.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(float).as_bytes());
    } else {
        out.extend_from_slice(float.name().as_bytes());
    }
}

/// `f32` and `f64`.
pub(super) trait Float: zmij::Float + Copy + Into<f64> {
    fn is_finite(self) -> bool {
        self.into().is_finite()
    }

    /// The name of a float that is not finite.
    fn name(self) -> &'static str {
        let float: f64 = self.into();
        if float.is_nan() {
            "NaN"
        } else if float > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
    }
}

impl Float for f32 {}
impl Float for f64 {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_int(text: &str, expected: &str) {
        assert_eq!(
            parse_int(text.as_bytes()).map(|int| int.to_string()),
            Ok(expected.into())
        );
    }

    #[test]
    fn whole_numbers_are_read_as_python_does() {
        for (text, expected) in [
            ("7", "7"),
            ("-0", "0"),
            ("+5", "5"),
            ("\u{a0}\x1c0012\n", "12"),
            ("1_0_0", "100"),
            ("１٢𝟛", "123"),
            ("-999999999999999999", "-999999999999999999"),
            ("9999999999999999999", "9999999999999999999"),
        ] {
            check_int(text, expected);
        }
    }

    #[test]
    fn whole_decimals_with_exponent_are_whole_numbers() {
        check_int("1e+21", "1000000000000000000000");
        check_int("-1.5E3", "-1500");
        check_int(
            "1.7976931348623157e+308",
            &format!("17976931348623157{}", "0".repeat(292)),
        );
        for text in [
            "1.5e0",
            "1e-1",
            "1e",
            "e5",
            ".e5",
            "1e5000",
            "1e+99999999999999999999999",
            "1.-5e9",
        ] {
            assert!(parse_int(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn what_python_refuses_is_refused() {
        for text in [
            "", " ", "_1", "1_", "1__0", "1.0", "0x10", "--5", "- 5", "1 2", "5\0", "²", "Ⅷ", "一",
        ] {
            assert!(parse_int(text.as_bytes()).is_err(), "{text:?}");
        }
        for text in [
            "", ".", "1e", "1,5", "nan(1)", "infinit", "1d5", "0x1p3", "_1.5", "1_.5",
        ] {
            assert_eq!(
                parse_float::<f64>(text.as_bytes()),
                Err(Problem::Number),
                "{text:?}"
            );
        }
        assert_eq!(parse_int(b"\xff"), Err(Problem::Utf8));
        assert_eq!(
            parse_int("9".repeat(4301).as_bytes()),
            Err(Problem::TooManyDigits)
        );
    }

    #[test]
    fn floats_keep_a_point_or_an_exponent() {
        for (float, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e15, "1000000000000000.0"),
            (5e-324, "5e-324"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
        ] {
            let mut out = Vec::new();
            write_float(float, &mut out);
            assert_eq!(String::from_utf8(out).as_deref(), Ok(expected));
        }
        let mut out = Vec::new();
        write_float(1e16, &mut out);
        assert!(out.contains(&b'e'), "{out:?}");
    }
}
