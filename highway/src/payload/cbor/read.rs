//! Reads collections from CBOR: lengths in front or ends marked, ints and floats of any of their lengths.
//!
//! What is most of a payload is read here and not by the decoder, whose results have a place for an error's text and take
//! two to five times as long.

mod keys;
pub(in crate::payload) mod values;

use std::borrow::Cow;

use minicbor::{
    Decoder,
    data::{IanaTag, Type},
};
use serde::de::{
    self, Visitor,
    value::{BorrowedStrDeserializer, StringDeserializer},
};

use super::{TUPLE, bignum};
use crate::{
    payload::{
        error::{DecodeError, Problem, Step},
        reading::Reading,
        visit::Pass,
    },
    value::Int,
    wire::DataType,
};

type Result<T, E = Box<DecodeError>> = std::result::Result<T, E>;

/// The bytes and how far they are read.
pub(in crate::payload) struct Reader<'de> {
    decoder: Decoder<'de>,
    /// How many more levels the payload may go down.
    depth: usize,
    /// How many more parts the lengths of collections may announce: as each takes a byte, not more than there are bytes.
    announced: usize,
    data_type: DataType,
    reading: Reading<'de>,
    /// A part of the payload that is known to be UTF-8, and where it begins.
    utf8: (usize, &'de str),
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    None,
    Bool,
    Int,
    /// An int beyond 64 bits; the tag comes next.
    Bignum,
    Float,
    Str,
    Bytes,
    List,
    /// A list whose tag comes next.
    Tuple,
    Dict,
}

enum Number {
    Small(i64),
    Large(Int),
}

/// What ends a collection or a string whose length is not in front.
const BREAK: u8 = 0xff;
/// The low bits of a first byte that say that there is no length.
const NO_LENGTH: u8 = 0x1f;

const VALUE_EXPECTED: &str = "a value is expected";
const NOT_KNOWN: &str = "there is something here that is not a value";

/// What comes next.
#[inline]
fn item(decoder: &Decoder<'_>) -> Result<Item, Problem> {
    Ok(match decoder.input().get(decoder.position()) {
        Some(0x00..=0x1b | 0x20..=0x3b) => Item::Int,
        Some(0x40..=0x5b | 0x5f) => Item::Bytes,
        Some(0x60..=0x7b | 0x7f) => Item::Str,
        Some(0x80..=0x9b | 0x9f) => Item::List,
        Some(0xa0..=0xbb | 0xbf) => Item::Dict,
        Some(0xc0..=0xdb) => return tagged(decoder.clone()),
        Some(0xf4 | 0xf5) => Item::Bool,
        Some(0xf6 | 0xf7) => Item::None,
        Some(0xf9..=0xfb) => Item::Float,
        Some(&BREAK) => return Err(Problem::Syntax(VALUE_EXPECTED)),
        Some(_) => return Err(Problem::Syntax(NOT_KNOWN)),
        None => return Err(Problem::End),
    })
}

fn tagged(mut decoder: Decoder<'_>) -> Result<Item, Problem> {
    let tag = decoder.tag().map_err(|_| Problem::End)?;
    let content = decoder.datatype().map_err(|_| Problem::End)?;
    match content {
        Type::Array | Type::ArrayIndef if tag == TUPLE => Ok(Item::Tuple),
        Type::Bytes | Type::BytesIndef
            if tag == IanaTag::PosBignum || tag == IanaTag::NegBignum =>
        {
            Ok(Item::Bignum)
        }
        _ => Err(Problem::Syntax("there is no such tag for what follows it")),
    }
}

/// The step to the value whose key this is.
#[cold]
pub(super) fn step(key: &[u8]) -> Step {
    let mut reader = Reader::of(DataType::Dict, key, 0, Reading::FIRST);
    let text = match reader.item() {
        Ok(Item::Str) => reader.text().map(Cow::into_owned),
        _ => reader.int().map(|int| int.to_string()),
    };
    Step::key(&text.unwrap_or_default())
}

impl<'de> Reader<'de> {
    /// Makes sure that it is the data type that the header says.
    #[inline]
    pub(in crate::payload) fn new(
        data_type: DataType,
        bytes: &'de [u8],
        depth: usize,
        reading: Reading<'de>,
    ) -> Result<Self> {
        let reader = Self::of(data_type, bytes, depth, reading);
        match (data_type, reader.item()?) {
            (DataType::List, Item::List)
            | (DataType::Tuple, Item::List | Item::Tuple)
            | (DataType::Dict | DataType::IntDict, Item::Dict) => Ok(reader),
            _ => reader.error(Problem::Syntax("it is another type than its code says")),
        }
    }

    #[inline]
    fn of(data_type: DataType, bytes: &'de [u8], depth: usize, reading: Reading<'de>) -> Self {
        Self {
            decoder: Decoder::new(bytes),
            depth,
            announced: bytes.len(),
            data_type,
            reading,
            utf8: (0, ""),
        }
    }

    #[cold]
    fn error<T>(&self, problem: Problem) -> Result<T> {
        let at = Some(self.decoder.position());
        Err(Box::new(DecodeError::Malformed {
            data_type: self.data_type,
            problem,
            at,
        }))
    }

    #[inline]
    fn item(&self) -> Result<Item> {
        item(&self.decoder).or_else(|problem| self.error(problem))
    }

    /// Reads by one of the decoder's methods, which can fail only for want of bytes.
    #[inline]
    fn read<T>(
        &mut self,
        read: impl FnOnce(&mut Decoder<'de>) -> Result<T, minicbor::decode::Error>,
    ) -> Result<T> {
        let at = self.decoder.position();
        read(&mut self.decoder).or_else(|error| {
            let problem = if error.is_end_of_input() {
                Problem::End
            } else {
                Problem::Syntax(VALUE_EXPECTED)
            };
            self.decoder.set_position(at);
            self.error(problem)
        })
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.decoder.input().get(self.decoder.position()).copied()
    }

    #[inline]
    fn take(&mut self, len: usize) -> Option<&'de [u8]> {
        let at = self.decoder.position();
        let end = at.checked_add(len)?;
        let taken = self.decoder.input().get(at..end)?;
        self.decoder.set_position(end);
        Some(taken)
    }

    #[inline]
    fn take_array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// Reads the first byte of an item and the number that belongs to it: an int, a length. `None` for want of bytes.
    #[inline]
    fn head(&mut self) -> Option<(u8, u64)> {
        let [first] = self.take_array()?;
        let number = match first & 0x1f {
            24 => self.take_array().map(u8::from_be_bytes)?.into(),
            25 => self.take_array().map(u16::from_be_bytes)?.into(),
            26 => self.take_array().map(u32::from_be_bytes)?.into(),
            27 => self.take_array().map(u64::from_be_bytes)?,
            small => small.into(),
        };
        Some((first, number))
    }

    /// Reads a string's length and its bytes. `None` for want of bytes.
    #[inline]
    fn string(&mut self) -> Option<&'de [u8]> {
        let (_, len) = self.head()?;
        self.take(usize::try_from(len).ok()?)
    }

    /// An error about what begins at a place.
    #[cold]
    fn error_at<T>(&mut self, at: usize, problem: Problem) -> Result<T> {
        self.decoder.set_position(at);
        self.error(problem)
    }

    /// Makes sure that there is nothing any more.
    #[inline]
    pub(in crate::payload) fn end(&mut self) -> Result<()> {
        if self.decoder.position() < self.decoder.input().len() {
            return self.error(Problem::Trailing);
        }
        Ok(())
    }

    /// Goes into a list, tuple or dict and returns how many items or entries it has; `None` when its end is marked.
    #[inline]
    fn enter(&mut self, item: Item) -> Result<Option<usize>> {
        let Some(depth) = self.depth.checked_sub(1) else {
            return self.error(Problem::TooDeep);
        };
        if item == Item::Tuple {
            self.read(Decoder::tag)?;
        }
        self.depth = depth;
        let at = self.decoder.position();
        let Some((first, len)) = self.head() else {
            return self.error_at(at, Problem::End);
        };
        if first & 0x1f == NO_LENGTH {
            return Ok(None);
        }
        let parts = if item == Item::Dict { 2 } else { 1 };
        let announced = usize::try_from(len).ok().and_then(|len| {
            let rest = self.announced.checked_sub(len.checked_mul(parts)?)?;
            Some((len, rest))
        });
        match announced {
            Some((len, rest)) => {
                self.announced = rest;
                Ok(Some(len))
            }
            None => self.error(Problem::End),
        }
    }

    #[inline]
    fn is_break(&self) -> Result<bool> {
        match self.peek() {
            Some(byte) => Ok(byte == BREAK),
            None => self.error(Problem::End),
        }
    }

    /// Goes on to the next item or entry, if there is one.
    #[inline]
    fn has_next(&self, left: &mut Option<usize>) -> Result<bool> {
        match left {
            Some(0) => Ok(false),
            Some(left) => {
                *left -= 1;
                Ok(true)
            }
            None => Ok(!self.is_break()?),
        }
    }

    /// Leaves a collection, of which everything should have been read.
    #[inline]
    fn leave(&mut self, left: Option<usize>) -> Result<()> {
        self.depth += 1;
        match left {
            Some(0) => Ok(()),
            None if self.is_break()? => {
                self.decoder.set_position(self.decoder.position() + 1);
                Ok(())
            }
            _ => Err(de::Error::custom("there are more items than expected")),
        }
    }

    /// Reads a text, which comes next.
    #[inline]
    fn text(&mut self) -> Result<Cow<'de, str>> {
        let at = self.decoder.position();
        if self.peek() == Some(0x7f) {
            return self.text_of_parts();
        }
        let Some(bytes) = self.string() else {
            return self.error_at(at, Problem::End);
        };
        match self.utf8(bytes) {
            Some(text) => Ok(Cow::Borrowed(text)),
            None => self.error_at(at, Problem::Utf8),
        }
    }

    /// The text of bytes that were just read.
    ///
    /// Short texts often stand close together, with nothing but their lengths between, which are ASCII: one long text is checked
    /// in less time than its parts.
    #[inline]
    fn utf8(&mut self, bytes: &'de [u8]) -> Option<&'de str> {
        let end = self.decoder.position();
        let start = end.checked_sub(bytes.len())?;
        let (from, known) = self.utf8;
        let place = start.wrapping_sub(from);
        if let Some(text) = known.get(place..place.wrapping_add(bytes.len())) {
            return Some(text);
        }
        self.check_utf8(start, bytes)
    }

    fn check_utf8(&mut self, start: usize, bytes: &'de [u8]) -> Option<&'de str> {
        const SHORT: usize = 64;
        const AHEAD: usize = 1024;
        if bytes.len() > SHORT {
            return simdutf8::basic::from_utf8(bytes).ok();
        }
        let rest = self.decoder.input().get(start..)?;
        let rest = rest.get(..AHEAD).unwrap_or(rest);
        let text = match std::str::from_utf8(rest) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(rest.get(..error.valid_up_to())?).ok()?,
        };
        self.utf8 = (start, text);
        // None also where the last character goes on behind the text.
        text.get(..bytes.len())
    }

    #[cold]
    fn text_of_parts(&mut self) -> Result<Cow<'de, str>> {
        let at = self.decoder.position();
        let text = self.decoder.str_iter().and_then(Iterator::collect);
        let text: String = text.or_else(|error| {
            let problem = if error.is_end_of_input() {
                Problem::End
            } else if error.is_type_mismatch() {
                Problem::Syntax("a part of a text is expected")
            } else {
                Problem::Utf8
            };
            self.error_at(at, problem)
        })?;
        Ok(match &mut self.reading.side {
            Some(side) if self.reading.pass == Pass::Second => {
                let kept = side.keep(text.into_bytes());
                Cow::Borrowed(std::str::from_utf8(kept).unwrap_or_default())
            }
            _ => Cow::Owned(text),
        })
    }

    /// Reads bytes, which come next.
    #[inline]
    fn bytes(&mut self) -> Result<Cow<'de, [u8]>> {
        let at = self.decoder.position();
        if self.peek() == Some(0x5f) {
            return self.bytes_of_parts();
        }
        match self.string() {
            Some(bytes) => Ok(Cow::Borrowed(bytes)),
            None => self.error_at(at, Problem::End),
        }
    }

    #[cold]
    fn bytes_of_parts(&mut self) -> Result<Cow<'de, [u8]>> {
        let bytes = self.read(|decoder| {
            let mut bytes = Vec::new();
            for part in decoder.bytes_iter()? {
                bytes.extend_from_slice(part?);
            }
            Ok(bytes)
        })?;
        Ok(match &mut self.reading.side {
            Some(side) if self.reading.pass == Pass::Second => Cow::Borrowed(side.keep(bytes)),
            _ => Cow::Owned(bytes),
        })
    }

    /// Reads a number of up to 64 bits, which comes next.
    #[inline]
    fn number(&mut self) -> Result<Number> {
        let at = self.decoder.position();
        let Some((first, number)) = self.head() else {
            return self.error_at(at, Problem::End);
        };
        let negative = first >> 5 == 1;
        Ok(if let Ok(number) = i64::try_from(number) {
            Number::Small(if negative { !number } else { number })
        } else {
            let number = i128::from(number);
            Number::Large(Int::from(if negative { !number } else { number }))
        })
    }

    /// Reads an int, which comes next.
    fn int(&mut self) -> Result<Int> {
        if self.item()? != Item::Bignum {
            return Ok(match self.number()? {
                Number::Small(number) => number.into(),
                Number::Large(int) => int,
            });
        }
        let at = self.decoder.position();
        let negative = self.read(Decoder::tag)? == IanaTag::NegBignum;
        let bytes = self.bytes()?;
        bignum::from_bytes(negative, &bytes).or_else(|problem| self.error_at(at, problem))
    }

    /// Reads a float, which comes next.
    #[inline]
    fn float(&mut self) -> Result<f64> {
        let at = self.decoder.position();
        let float = match self.take_array() {
            Some([0xf9]) => self.take_array().map(u16::from_be_bytes).map(half),
            Some([0xfa]) => self.take_array().map(f32::from_be_bytes).map(f64::from),
            _ => self.take_array().map(f64::from_be_bytes),
        };
        match float {
            Some(float) => Ok(float),
            None => self.error_at(at, Problem::End),
        }
    }

    /// Reads true or false, which comes next.
    #[inline]
    fn bool(&mut self) -> bool {
        self.take_array() == Some([0xf5])
    }

    /// Reads none, which comes next: `null` or `undefined`.
    #[inline]
    fn none(&mut self) {
        let byte = self.take(1);
        debug_assert!(byte.is_some());
    }

    /// Reads over a value.
    fn skip(&mut self) -> Result<()> {
        match self.item()? {
            Item::None => {
                self.none();
                Ok(())
            }
            Item::Bool => {
                self.bool();
                Ok(())
            }
            Item::Int => self.number().map(drop),
            Item::Bignum => self.int().map(drop),
            Item::Float => self.float().map(drop),
            Item::Str => self.text().map(drop),
            Item::Bytes => self.bytes().map(drop),
            item @ (Item::List | Item::Tuple) => {
                let mut left = self.enter(item)?;
                while self.has_next(&mut left)? {
                    self.skip()?;
                }
                self.leave(left)
            }
            Item::Dict => {
                let mut left = self.enter(Item::Dict)?;
                let mut keys = None;
                while self.has_next(&mut left)? {
                    match self.key(&mut keys)? {
                        Key::Str => self.text().map(drop)?,
                        Key::Int => self.int().map(drop)?,
                    }
                    self.skip()?;
                }
                self.leave(left)
            }
        }
    }

    /// Of which kind the key is that comes next; all of a dict's have to be of one.
    #[inline]
    fn key(&self, keys: &mut Option<Key>) -> Result<Key> {
        let key = match self.item()? {
            Item::Str => Key::Str,
            Item::Int | Item::Bignum => Key::Int,
            _ => return self.error(Problem::Syntax("a key that is a str or an int is expected")),
        };
        if keys.get_or_insert(key) == &key {
            Ok(key)
        } else {
            self.error(Problem::Syntax("a dict has both strs and ints as keys"))
        }
    }

    /// The step to the value whose key stands there.
    #[cold]
    fn step(&self, key: std::ops::Range<usize>) -> Step {
        step(self.decoder.input().get(key).unwrap_or_default())
    }

    /// Whether the first key of the dict that comes next is an int.
    fn has_int_keys(&self) -> bool {
        let mut ahead = self.decoder.clone();
        !matches!(ahead.map(), Ok(Some(0)) | Err(_))
            && matches!(item(&ahead), Ok(Item::Int | Item::Bignum))
    }
}

/// The kinds of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Str,
    Int,
}

/// The value of a float of 16 bits: 1 for the sign, 5 for the exponent, 10 for the fraction.
fn half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let float = match bits >> 10 & 0x1f {
        0 => fraction * 2_f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        exponent => (fraction + 1024.0) * 2_f64.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 0 { float } else { -float }
}

#[inline]
fn visit_text<'de, V: Visitor<'de>>(text: Cow<'de, str>, visitor: V) -> Result<V::Value> {
    match text {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_string(text),
    }
}

fn visit_variant<'de, V: Visitor<'de>>(text: Cow<'de, str>, visitor: V) -> Result<V::Value> {
    match text {
        Cow::Borrowed(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
        Cow::Owned(text) => visitor.visit_enum(StringDeserializer::new(text)),
    }
}
