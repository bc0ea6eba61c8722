//! Reads collections from JSON text.
//!
//! Strict, but for what the reference peers write: in 0.1 the bare words for infinities and NaN, and escapes of lone
//! surrogates, which Rust's text cannot hold and which become U+FFFD.
//!
//! A number that no float is as large as is refused. In 0.2 ints beyond 64 bits are floats: highway.js writes whole floats so, and
//! who has ints of that size does not send them.

use std::borrow::Cow;

use serde::{
    Deserializer,
    de::{
        self, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, Unexpected, VariantAccess,
        Visitor,
        value::{BorrowedStrDeserializer, StrDeserializer},
    },
};

use super::find_special;
use crate::{
    payload::{
        decode::Reading,
        error::{DecodeError, Problem, Step},
        foreign::{self, RAW_JSON, Wanted},
        number::parse_int,
        visit::{
            Ask, Nearest, Pass, int_of_key, visit_float, visit_int, visit_int_as_float,
            visit_int_as_key, visit_int_or_digits, visit_small, visit_small_as_float,
        },
    },
    value::{INT_TOKEN, Int, ParseIntError, Typed, TypedContent, VALUE_TOKEN},
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

/// Reads the next value.
pub(in crate::payload) struct JsonDeserializer<'r, 'de> {
    reader: &'r mut Reader<'de>,
}

impl<'r, 'de> JsonDeserializer<'r, 'de> {
    #[inline]
    pub(in crate::payload) fn new(reader: &'r mut Reader<'de>) -> Self {
        Self { reader }
    }

    /// Gives a `Value`'s visitor also what serde has no word for: the type of the whole that the header says, and numbers of
    /// any size.
    #[inline]
    pub(in crate::payload) fn deserialize_value<V: Visitor<'de>>(
        self,
        visitor: V,
        typed: Option<Typed>,
    ) -> Result<V::Value> {
        match (self.reader.token(), typed) {
            (Some(b'['), Some(typed @ Typed::Tuple))
            | (Some(b'{'), Some(typed @ Typed::IntDict)) => visitor.visit_enum(TypedContent {
                typed,
                content: self,
            }),
            (Some(b'-' | b'0'..=b'9'), _) => match self.reader.number()? {
                Number::Large(int) if int.digits().is_some() => {
                    let content = StrDeserializer::new(int.digits().unwrap_or_default());
                    visitor.visit_enum(TypedContent {
                        typed: Typed::Int,
                        content,
                    })
                }
                number => number.visit(Ask::Any, self.reader.reading.pass, visitor),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    /// Gives the next value as it is written.
    fn raw_json<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.reader.dialect == Dialect::V01 {
            // Which has more than JSON has.
            return foreign::visit_as_json(self, visitor);
        }
        self.reader.token();
        let start = self.reader.at;
        self.reader.skip()?;
        let text = self.reader.text.get(start..self.reader.at);
        foreign::visit_json(text.unwrap_or_default().into(), visitor)
    }

    #[inline]
    fn seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.reader.enter()?;
        let items = Items {
            reader: &mut *self.reader,
            first: true,
            index: 0,
        };
        let value = visitor.visit_seq(items)?;
        self.reader.leave(b']')?;
        Ok(value)
    }

    #[inline]
    fn map<V: Visitor<'de>>(self, keys: Keys, visitor: V) -> Result<V::Value> {
        self.reader.enter()?;
        let entries = Entries {
            reader: &mut *self.reader,
            first: true,
            keys,
            key: 0..0,
        };
        let value = visitor.visit_map(entries)?;
        self.reader.leave(b'}')?;
        Ok(value)
    }
}

impl<'de> Number<'de> {
    #[inline]
    fn visit<V: Visitor<'de>>(self, ask: Ask, pass: Pass, visitor: V) -> Result<V::Value> {
        match self {
            Self::Small(number) => visit_small(number, ask, pass, visitor),
            Self::Large(int) => visit_int(&int, ask, pass, visitor),
            Self::Float(_, float) | Self::NotFinite(float) => visitor.visit_f64(float),
        }
    }
}

/// What the keys of a dict are to whom reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// The names of a struct's fields.
    Fields,
    /// Any.
    Any,
}

macro_rules! any {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.deserialize_any(visitor)
        }
    )*};
}

macro_rules! ints {
    ($($method:ident => $ask:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.reader.token() {
                Some(b'-' | b'0'..=b'9') => {
                    let number = self.reader.number()?;
                    number.visit(Ask::$ask, self.reader.reading.pass, visitor)
                }
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

macro_rules! floats {
    ($($method:ident => $float:ty)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let pass = self.reader.reading.pass;
            match self.reader.token() {
                Some(b'-' | b'0'..=b'9') => match self.reader.number()? {
                    Number::Small(number) => {
                        visit_small_as_float::<$float, V>(number, pass, visitor)
                    }
                    Number::Large(int) => visit_int_as_float::<$float, V>(&int, pass, visitor),
                    Number::Float(text, float) => {
                        visit_float(<$float as Nearest>::of(text, float), float, visitor)
                    }
                    Number::NotFinite(float) => visitor.visit_f64(float),
                },
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for JsonDeserializer<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.reader.token() {
            Some(b'"') => match self.reader.string()? {
                Text::Borrowed(text) => visitor.visit_borrowed_str(text),
                Text::Unescaped(text) => visitor.visit_str(text),
            },
            Some(b'[') => self.seq(visitor),
            Some(b'{') => self.map(Keys::Any, visitor),
            Some(b't') => {
                self.reader.word("true")?;
                visitor.visit_bool(true)
            }
            Some(b'f') => {
                self.reader.word("false")?;
                visitor.visit_bool(false)
            }
            Some(b'n') => {
                self.reader.word("null")?;
                visitor.visit_unit()
            }
            _ => self
                .reader
                .number()?
                .visit(Ask::Any, self.reader.reading.pass, visitor),
        }
    }

    // Bytes among them: highway.py 0.2 writes bytes inside of collections as text and byte arrays as numbers.
    any! {
        deserialize_bool
        deserialize_char deserialize_str deserialize_string deserialize_identifier
        deserialize_bytes deserialize_byte_buf
        deserialize_unit deserialize_seq deserialize_map
    }

    ints! {
        deserialize_i8 => I8
        deserialize_i16 => I16
        deserialize_i32 => I32
        deserialize_i64 => I64
        deserialize_i128 => I128
        deserialize_u8 => U8
        deserialize_u16 => U16
        deserialize_u32 => U32
        deserialize_u64 => U64
        deserialize_u128 => U128
    }

    floats! {
        deserialize_f32 => f32
        deserialize_f64 => f64
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.reader.token() {
            Some(b'n') => {
                self.reader.word("null")?;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        match name {
            VALUE_TOKEN => self.deserialize_value(visitor, None),
            INT_TOKEN => match self.reader.token() {
                Some(b'"') => Err(de::Error::invalid_type(Unexpected::Other("str"), &visitor)),
                Some(b'-' | b'0'..=b'9') => match self.reader.number()? {
                    Number::Large(int) => visit_int_or_digits(&int, visitor),
                    number => number.visit(Ask::Any, self.reader.reading.pass, visitor),
                },
                _ => self.deserialize_any(visitor),
            },
            RAW_JSON => self.raw_json(visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let token = self.reader.token();
        if let Some(wanted) = foreign::wanted(name) {
            return match (wanted, token) {
                (Wanted::Value, _) => foreign::visit_spanned(self, fields, visitor),
                (Wanted::Text, Some(b'"')) => {
                    foreign::visit_text(self.reader.string()?.into(), fields, visitor)
                }
                _ => self.deserialize_any(visitor),
            };
        }
        match token {
            Some(b'{') => self.map(Keys::Fields, visitor),
            // Its visitor would take the fields by their order.
            Some(b'[') => Err(de::Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.reader.token() {
            Some(b'"') => match self.reader.string()? {
                Text::Borrowed(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
                Text::Unescaped(text) => visitor.visit_enum(StrDeserializer::new(text)),
            },
            Some(b'{') => {
                self.reader.enter()?;
                self.reader.key_quote()?;
                let value = visitor.visit_enum(Variant {
                    reader: &mut *self.reader,
                    name: 0..0,
                })?;
                self.reader.leave(b'}')?;
                Ok(value)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.reader.skip()?;
        visitor.visit_unit()
    }
}

struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    first: bool,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if !self.reader.has_next(b']', &mut self.first)? {
            return Ok(None);
        }
        let index = self.index;
        self.index += 1;
        match seed.deserialize(JsonDeserializer {
            reader: self.reader,
        }) {
            Ok(item) => Ok(Some(item)),
            Err(error) => Err(error.inside(Step::Index(index))),
        }
    }
}

struct Entries<'r, 'de> {
    reader: &'r mut Reader<'de>,
    first: bool,
    keys: Keys,
    /// Where the key is in the text.
    key: std::ops::Range<usize>,
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if !self.reader.has_next(b'}', &mut self.first)? {
            return Ok(None);
        }
        self.reader.key_quote()?;
        self.key.start = self.reader.at + 1;
        let key = seed.deserialize(KeyDeserializer {
            reader: self.reader,
            keys: self.keys,
        })?;
        self.key.end = self.reader.at.saturating_sub(1);
        Ok(Some(key))
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        self.reader.expect(b':', COLON_EXPECTED)?;
        seed.deserialize(JsonDeserializer {
            reader: self.reader,
        })
        .map_err(|error| {
            error.inside(Step::key(
                self.reader.text.get(self.key.clone()).unwrap_or_default(),
            ))
        })
    }
}

/// An enum's variant with fields: a dict with the variant's name as its only key.
struct Variant<'r, 'de> {
    reader: &'r mut Reader<'de>,
    /// Where the name is in the text.
    name: std::ops::Range<usize>,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Box<DecodeError>;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(mut self, seed: T) -> Result<(T::Value, Self)> {
        self.name.start = self.reader.at + 1;
        let variant = seed.deserialize(KeyDeserializer {
            reader: &mut *self.reader,
            keys: Keys::Fields,
        })?;
        self.name.end = self.reader.at.saturating_sub(1);
        self.reader.expect(b':', COLON_EXPECTED)?;
        Ok((variant, self))
    }
}

impl<'de> Variant<'_, 'de> {
    /// Reads the fields.
    fn fields<T>(self, read: impl FnOnce(JsonDeserializer<'_, 'de>) -> Result<T>) -> Result<T> {
        read(JsonDeserializer {
            reader: &mut *self.reader,
        })
        .map_err(|error| {
            error.inside(Step::key(
                self.reader.text.get(self.name.clone()).unwrap_or_default(),
            ))
        })
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Box<DecodeError>;

    fn unit_variant(self) -> Result<()> {
        self.fields(|json| de::Deserialize::deserialize(json))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        self.fields(|json| seed.deserialize(json))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        self.fields(|json| json.deserialize_seq(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.fields(|json| json.deserialize_struct("", fields, visitor))
    }
}

/// Reads a dict's key, whose quote comes next: text, or what the text says where the type wants a number or a bool.
struct KeyDeserializer<'r, 'de> {
    reader: &'r mut Reader<'de>,
    keys: Keys,
}

impl<'de> KeyDeserializer<'_, 'de> {
    /// Gives what the key's text reads as to `visit`; a key that it is none for is not what the visitor wants.
    fn read<V: Visitor<'de>, T>(
        self,
        visitor: V,
        read: impl FnOnce(&str) -> Option<T>,
        visit: impl FnOnce(V, T) -> Result<V::Value>,
    ) -> Result<V::Value> {
        let (Text::Borrowed(text) | Text::Unescaped(text)) = self.reader.string()?;
        match read(text) {
            Some(value) => visit(visitor, value),
            None => Err(de::Error::invalid_type(Unexpected::Str(text), &visitor)),
        }
    }
}

macro_rules! int_keys {
    ($($method:ident => $ask:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let pass = self.reader.reading.pass;
            self.read(
                visitor,
                |text| parse_int(text.as_bytes()).ok(),
                |visitor, int| visit_int(&int, Ask::$ask, pass, visitor),
            )
        }
    )*};
}

macro_rules! float_keys {
    ($($method:ident => $float:ty)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.read(
                visitor,
                <$float as Nearest>::of_text,
                |visitor, float: $float| Nearest::visit(float, visitor),
            )
        }
    )*};
}

impl<'de> Deserializer<'de> for KeyDeserializer<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.keys == Keys::Fields || self.reader.reading.pass == Pass::First {
            return self.deserialize_str(visitor);
        }
        let text = self.reader.string()?;
        let (Text::Borrowed(key) | Text::Unescaped(key)) = text;
        match (int_of_key(key), text) {
            (Some(int), _) => visit_int_as_key(&int, visitor),
            (None, Text::Borrowed(text)) => visitor.visit_borrowed_str(text),
            (None, Text::Unescaped(text)) => visitor.visit_str(text),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.reader.string()? {
            Text::Borrowed(text) => visitor.visit_borrowed_str(text),
            Text::Unescaped(text) => visitor.visit_str(text),
        }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    int_keys! {
        deserialize_i8 => I8
        deserialize_i16 => I16
        deserialize_i32 => I32
        deserialize_i64 => I64
        deserialize_i128 => I128
        deserialize_u8 => U8
        deserialize_u16 => U16
        deserialize_u32 => U32
        deserialize_u64 => U64
        deserialize_u128 => U128
    }

    float_keys! {
        deserialize_f32 => f32
        deserialize_f64 => f64
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let read = |text: &str| match text {
            // highway.py 0.2 writes Python's names.
            "true" | "True" => Some(true),
            "false" | "False" => Some(false),
            _ => None,
        };
        self.read(visitor, read, V::visit_bool)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        match name {
            VALUE_TOKEN => self.deserialize_str(visitor),
            INT_TOKEN => self.read(
                visitor,
                |text| parse_int(text.as_bytes()).ok(),
                |visitor, int| visit_int_or_digits(&int, visitor),
            ),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.reader.string()? {
            Text::Borrowed(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
            Text::Unescaped(text) => visitor.visit_enum(StrDeserializer::new(text)),
        }
    }

    serde::forward_to_deserialize_any! {
        char bytes byte_buf unit unit_struct seq tuple tuple_struct map struct ignored_any
    }
}
