//! Reads collections from JSON text.
//!
//! Strict, but for what the reference peers write: in 0.1 the bare words for infinities and NaN, and escapes of lone
//! surrogates, which Rust's text cannot hold and which become U+FFFD.
//!
//! A number that no float is as large as is refused. In 0.2 ints beyond 64 bits are floats: highway.js writes whole floats so, and
//! who has ints of that size does not send them.

mod keys;
pub(in crate::payload) mod values;

use std::borrow::Cow;

use serde::de;

use super::find_special;
use crate::{
    payload::{
        error::{DecodeError, Problem},
        reading::Reading,
        visit::Pass,
    },
    value::{Int, ParseIntError},
    wire::{DataType, Dialect},
};

type Result<T, E = Box<DecodeError>> = std::result::Result<T, E>;

/// The text and how far it is read.
pub(in crate::payload) struct Reader<'de> {
    text: &'de str,
    at: usize,
    /// How many more levels the text may go down.
    depth: usize,
    dialect: Dialect,
    data_type: DataType,
    reading: Reading<'de>,
    /// A string that had to be unescaped.
    unescaped: String,
}

/// A string of the text.
#[derive(Clone, Copy)]
enum Text<'de, 'r> {
    Borrowed(&'de str),
    Unescaped(&'r str),
}

impl<'de> From<Text<'de, '_>> for Cow<'de, str> {
    fn from(text: Text<'de, '_>) -> Self {
        match text {
            Text::Borrowed(text) => Self::Borrowed(text),
            Text::Unescaped(text) => Self::Owned(text.to_owned()),
        }
    }
}

enum Number<'de> {
    Small(i64),
    Large(Int),
    /// Its text, and the nearest float.
    Float(&'de str, f64),
    NotFinite(f64),
}

impl<'de> Reader<'de> {
    #[inline]
    pub(in crate::payload) fn new(
        dialect: Dialect,
        data_type: DataType,
        text: &'de [u8],
        depth: usize,
        reading: Reading<'de>,
    ) -> Result<Self> {
        let text = std::str::from_utf8(text)
            .map_err(|_| DecodeError::malformed(data_type, Problem::Utf8))?;
        Ok(Self {
            text,
            at: 0,
            depth,
            dialect,
            data_type,
            reading,
            unescaped: String::new(),
        })
    }

    #[cold]
    fn error<T>(&self, problem: Problem) -> Result<T> {
        let at = Some(self.at);
        Err(Box::new(DecodeError::Malformed {
            data_type: self.data_type,
            problem,
            at,
        }))
    }

    /// An error about what comes next, or that nothing does.
    #[cold]
    fn unexpected<T>(&self, expected: &'static str) -> Result<T> {
        self.error(if self.peek().is_some() {
            Problem::Syntax(expected)
        } else {
            Problem::End
        })
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// What comes next that is not a blank.
    #[inline]
    fn token(&mut self) -> Option<u8> {
        while let Some(byte) = self.peek() {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Makes sure that there is nothing but blanks any more.
    #[inline]
    pub(in crate::payload) fn end(&mut self) -> Result<()> {
        match self.token() {
            None => Ok(()),
            Some(_) => self.error(Problem::Trailing),
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<()> {
        if self.token() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            self.unexpected(expected)
        }
    }

    fn word(&mut self, word: &'static str) -> Result<()> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else {
            self.unexpected(VALUE_EXPECTED)
        }
    }

    /// Goes into a collection, whose bracket comes next.
    #[inline]
    fn enter(&mut self) -> Result<()> {
        match self.depth.checked_sub(1) {
            Some(depth) => {
                self.depth = depth;
                self.at += 1;
                Ok(())
            }
            None => self.error(Problem::TooDeep),
        }
    }

    /// Leaves a collection, of which everything should have been read.
    #[inline]
    fn leave(&mut self, bracket: u8) -> Result<()> {
        self.depth += 1;
        match self.token() {
            Some(byte) if byte == bracket => {
                self.at += 1;
                Ok(())
            }
            Some(b',') => Err(de::Error::custom("there are more items than expected")),
            _ => self.unexpected("a comma or the end of the list or dict is expected"),
        }
    }

    /// Reads a string, whose quote comes next.
    #[inline]
    fn string(&mut self) -> Result<Text<'de, '_>> {
        self.at += 1;
        let start = self.at;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let Some(len) = find_special(rest) else {
            self.at = self.text.len();
            return self.error(Problem::End);
        };
        self.at += len;
        if self.peek() == Some(b'"') {
            let text = self.text.get(start..self.at).unwrap_or_default();
            self.at += 1;
            return Ok(Text::Borrowed(text));
        }
        self.escaped_string(start)?;
        match &mut self.reading.side {
            Some(side) if self.reading.pass == Pass::Second => {
                let unescaped = std::mem::take(&mut self.unescaped);
                let kept = side.keep(unescaped.into_bytes());
                Ok(Text::Borrowed(
                    std::str::from_utf8(kept).unwrap_or_default(),
                ))
            }
            _ => Ok(Text::Unescaped(&self.unescaped)),
        }
    }

    /// Reads the rest of a string from the first special byte on.
    fn escaped_string(&mut self, mut start: usize) -> Result<()> {
        self.unescaped.clear();
        loop {
            self.unescaped
                .push_str(self.text.get(start..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(_) => {
                    return self.error(Problem::Syntax("a control character is not escaped"));
                }
                None => return self.error(Problem::End),
            }
            start = self.at;
            let rest = self.text.as_bytes().get(start..).unwrap_or_default();
            self.at += find_special(rest).unwrap_or(rest.len());
        }
    }

    fn escape(&mut self) -> Result<()> {
        self.at += 1;
        let char = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte.into(),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                let char = self.code_point()?;
                self.unescaped.push(char);
                return Ok(());
            }
            _ => return self.unexpected("there is no such escape"),
        };
        self.at += 1;
        self.unescaped.push(char);
        Ok(())
    }

    /// Reads what stands behind `\u`, and a low surrogate's escape behind a high one's.
    fn code_point(&mut self) -> Result<char> {
        let Some(high) = self.hex(self.at) else {
            return self.unexpected("four hexadecimal digits are expected");
        };
        self.at += 4;
        if (0xd800..0xdc00).contains(&high)
            && self.text.as_bytes().get(self.at..self.at + 2) == Some(b"\\u")
            && let Some(low @ 0xdc00..0xe000) = self.hex(self.at + 2)
        {
            self.at += 6;
            let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.text.as_bytes().get(at..at + 4)?;
        digits.iter().try_fold(0, |code, &digit| {
            Some(code << 4 | char::from(digit).to_digit(16)?)
        })
    }

    /// Reads a number, whose first byte comes next.
    #[inline]
    fn number(&mut self) -> Result<Number<'de>> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        if negative {
            self.at += 1;
        }
        let first_digit = self.at;
        let mut number = 0_u64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            number = number
                .wrapping_mul(10)
                .wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        let digits = self.at - first_digit;
        match self.text.as_bytes().get(first_digit) {
            Some(b'0') if digits > 1 => {
                self.at = first_digit;
                return self.error(Problem::Syntax("a number has a leading zero"));
            }
            Some(b'I' | b'N') if self.dialect == Dialect::V01 => return self.not_finite(negative),
            _ if digits == 0 => return self.unexpected(VALUE_EXPECTED),
            _ => {}
        }
        if matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return match self.fraction(number, digits)? {
                Some(float) => {
                    let text = self.text.get(start..self.at).unwrap_or_default();
                    Ok(Number::Float(text, if negative { -float } else { float }))
                }
                None => self.rounded(start),
            };
        }
        // 18 digits fit whatever they are.
        if digits <= 18 {
            let number = number.cast_signed();
            return Ok(Number::Small(if negative { -number } else { number }));
        }
        self.large(start)
    }

    #[cold]
    fn large(&mut self, start: usize) -> Result<Number<'de>> {
        match self
            .text
            .get(start..self.at)
            .unwrap_or_default()
            .parse::<Int>()
        {
            Ok(int) => match int.as_i64() {
                Some(number) => Ok(Number::Small(number)),
                None if self.dialect == Dialect::V02 && int.as_u64().is_none() => {
                    self.rounded(start)
                }
                None => Ok(Number::Large(int)),
            },
            Err(ParseIntError::TooManyDigits) => self.error(Problem::TooManyDigits),
            Err(ParseIntError::NoInt) => self.error(Problem::Number),
        }
    }

    /// The float that is the nearest to the number's text, which is read.
    fn rounded(&mut self, start: usize) -> Result<Number<'de>> {
        let text = self.text.get(start..self.at).unwrap_or_default();
        match text.parse() {
            Ok(float) if f64::is_finite(float) => Ok(Number::Float(text, float)),
            Ok(float) if self.dialect == Dialect::V02 && is_largest(text) => {
                Ok(Number::Float(text, f64::MAX.copysign(float)))
            }
            _ => {
                self.at = start;
                self.error(Problem::TooLarge)
            }
        }
    }

    /// Reads what stands behind a number's whole part, which is `mantissa` and has `digits` digits. Returns the float
    /// without its sign where that is exact without more ado.
    #[inline]
    fn fraction(&mut self, mut mantissa: u64, mut digits: usize) -> Result<Option<f64>> {
        let mut exponent = 0_i32;
        if self.peek() == Some(b'.') {
            self.at += 1;
            let start = self.at;
            while let Some(digit @ b'0'..=b'9') = self.peek() {
                mantissa = mantissa
                    .wrapping_mul(10)
                    .wrapping_add(u64::from(digit - b'0'));
                self.at += 1;
            }
            let read = self.at - start;
            if read == 0 {
                return self.unexpected(DIGIT_EXPECTED);
            }
            digits += read;
            exponent = i32::try_from(read).map_or(i32::MIN, |read| -read);
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            let sign = if self.peek() == Some(b'-') { -1 } else { 1 };
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            let start = self.at;
            let mut power = 0_i32;
            while let Some(digit @ b'0'..=b'9') = self.peek() {
                power = power
                    .saturating_mul(10)
                    .saturating_add(i32::from(digit - b'0'));
                self.at += 1;
            }
            if self.at == start {
                return self.unexpected(DIGIT_EXPECTED);
            }
            exponent = exponent.saturating_add(sign * power);
        }
        // Up to 19 digits the mantissa is right.
        Ok(if digits <= 19 {
            exact_float(mantissa, exponent)
        } else {
            None
        })
    }

    #[cold]
    fn not_finite(&mut self, negative: bool) -> Result<Number<'de>> {
        if self.peek() == Some(b'N') && !negative {
            self.word("NaN")?;
            return Ok(Number::NotFinite(f64::NAN));
        }
        self.word("Infinity")?;
        Ok(Number::NotFinite(if negative {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        }))
    }

    /// Reads over a value.
    fn skip(&mut self) -> Result<()> {
        match self.token() {
            Some(b'"') => self.string().map(drop),
            Some(b'[') => {
                self.enter()?;
                let mut first = true;
                while self.has_next(b']', &mut first)? {
                    self.skip()?;
                }
                self.leave(b']')
            }
            Some(b'{') => {
                self.enter()?;
                let mut first = true;
                while self.has_next(b'}', &mut first)? {
                    self.key_quote()?;
                    self.string()?;
                    self.expect(b':', COLON_EXPECTED)?;
                    self.skip()?;
                }
                self.leave(b'}')
            }
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => self.number().map(drop),
        }
    }

    /// Goes on to the next part of a collection, if there is one.
    #[inline]
    fn has_next(&mut self, bracket: u8, first: &mut bool) -> Result<bool> {
        match self.token() {
            Some(byte) if byte == bracket => Ok(false),
            Some(_) if *first => {
                *first = false;
                Ok(true)
            }
            Some(b',') => {
                self.at += 1;
                if self.token() == Some(bracket) {
                    return self.error(Problem::Syntax("a comma is the last before the end"));
                }
                Ok(true)
            }
            _ => self.unexpected("a comma or the end of the list or dict is expected"),
        }
    }

    #[inline]
    fn key_quote(&mut self) -> Result<()> {
        if self.token() == Some(b'"') {
            Ok(())
        } else {
            self.unexpected("a key in quotes is expected")
        }
    }
}

const VALUE_EXPECTED: &str = "a value is expected";
const COLON_EXPECTED: &str = "a colon is expected";
const DIGIT_EXPECTED: &str = "a digit is expected";

/// Whether a number beyond all floats is the largest one as highway.py 0.2 writes it, whose digits are rounded up.
#[cold]
fn is_largest(text: &str) -> bool {
    const LARGEST: f64 = 1.797_693_134_862_32e298;
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let smaller = exponent.parse::<i32>().ok().and_then(|exponent| {
        format!("{digits}e{}", exponent.saturating_sub(10))
            .parse::<f64>()
            .ok()
    });
    smaller.is_some_and(|float| float.abs() <= LARGEST)
}

/// `mantissa * 10^exponent`, if that takes one operation on doubles which are both exact, so that it is rounded once.
#[inline]
fn exact_float(mantissa: u64, exponent: i32) -> Option<f64> {
    const POWERS: [f64; 23] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];
    if mantissa > 1 << f64::MANTISSA_DIGITS {
        return None;
    }
    let power = POWERS.get(usize::try_from(exponent.unsigned_abs()).ok()?)?;
    #[expect(clippy::cast_precision_loss, reason = "it is small enough to be exact")]
    let float = mantissa as f64;
    Some(if exponent < 0 {
        float / power
    } else {
        float * power
    })
}
