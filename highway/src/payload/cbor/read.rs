//! Reads collections from CBOR: lengths in front or ends marked, ints and floats of any of their lengths.
//!
//! What is most of a payload is read here and not by the decoder, whose results have a place for an error's text and take
//! two to five times as long.

use std::borrow::Cow;

use minicbor::{
    Decoder,
    data::{IanaTag, Type},
};
use serde::{
    Deserializer,
    de::{
        self, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, Unexpected, VariantAccess,
        Visitor,
        value::{BorrowedStrDeserializer, StrDeserializer, StringDeserializer},
    },
};

use super::{TUPLE, bignum};
use crate::{
    payload::{
        decode::Reading,
        error::{DecodeError, Problem, Step},
        foreign::{self, RAW_JSON, Wanted},
        number::parse_int,
        visit::{
            Ask, Nearest, Pass, int_of_key, unwanted_int, visit_float, visit_int,
            visit_int_as_float, visit_int_as_key, visit_int_or_digits, visit_small,
            visit_small_as_float,
        },
    },
    value::{INT_TOKEN, Int, Typed, TypedContent, VALUE_TOKEN},
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

/// Reads the next value.
pub(in crate::payload) struct CborDeserializer<'r, 'de> {
    reader: &'r mut Reader<'de>,
}

impl Number {
    #[inline]
    fn visit<'de, V: Visitor<'de>>(self, ask: Ask, pass: Pass, visitor: V) -> Result<V::Value> {
        match self {
            Self::Small(number) => visit_small(number, ask, pass, visitor),
            Self::Large(int) => visit_int(&int, ask, pass, visitor),
        }
    }

    #[inline]
    fn visit_as_float<'de, F: Nearest, V: Visitor<'de>>(
        self,
        pass: Pass,
        visitor: V,
    ) -> Result<V::Value> {
        match self {
            Self::Small(number) => visit_small_as_float::<F, V>(number, pass, visitor),
            Self::Large(int) => visit_int_as_float::<F, V>(&int, pass, visitor),
        }
    }
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

impl<'r, 'de> CborDeserializer<'r, 'de> {
    #[inline]
    pub(in crate::payload) fn new(reader: &'r mut Reader<'de>) -> Self {
        Self { reader }
    }

    /// Gives a `Value`'s visitor also what serde has no word for.
    #[inline]
    pub(in crate::payload) fn deserialize_value<V: Visitor<'de>>(
        self,
        visitor: V,
        typed: Option<Typed>,
    ) -> Result<V::Value> {
        let typed = match self.reader.item()? {
            Item::Tuple => Typed::Tuple,
            Item::List if typed == Some(Typed::Tuple) => Typed::Tuple,
            Item::Dict if self.reader.has_int_keys() => Typed::IntDict,
            Item::Bignum => {
                let int = self.reader.int()?;
                return match int.digits() {
                    Some(digits) => visitor.visit_enum(TypedContent {
                        typed: Typed::Int,
                        content: StrDeserializer::new(digits),
                    }),
                    None => visit_int(&int, Ask::Any, self.reader.reading.pass, visitor),
                };
            }
            _ => return self.deserialize_any(visitor),
        };
        visitor.visit_enum(TypedContent {
            typed,
            content: self,
        })
    }

    #[inline]
    fn seq<V: Visitor<'de>>(self, item: Item, visitor: V) -> Result<V::Value> {
        let mut items = Items {
            left: self.reader.enter(item)?,
            reader: self.reader,
            index: 0,
        };
        let value = visitor.visit_seq(&mut items).map_err(|error| match item {
            Item::Tuple => error.of_tuple(),
            _ => error,
        })?;
        items.reader.leave(items.left)?;
        Ok(value)
    }

    #[inline]
    fn map<V: Visitor<'de>>(self, fields: bool, visitor: V) -> Result<V::Value> {
        let mut entries = Entries {
            left: self.reader.enter(Item::Dict)?,
            reader: self.reader,
            fields,
            keys: None,
            key: 0..0,
        };
        let value = visitor.visit_map(&mut entries)?;
        entries.reader.leave(entries.left)?;
        Ok(value)
    }
}

macro_rules! any {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.deserialize_any(visitor)
        }
    )*};
}

/// Visitors of texts take bytes that happen to be UTF-8.
macro_rules! texts {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.reader.item()? {
                Item::Str => visit_text(self.reader.text()?, visitor),
                Item::Bytes => {
                    let bytes = self.reader.bytes()?;
                    Err(de::Error::invalid_type(Unexpected::Bytes(&bytes), &visitor))
                }
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

/// Visitors of bytes take texts and lists of numbers too.
macro_rules! bytes {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let unexpected = match self.reader.item()? {
                Item::Str => {
                    let text = self.reader.text()?;
                    return Err(de::Error::invalid_type(Unexpected::Str(&text), &visitor));
                }
                Item::List => Unexpected::Seq,
                Item::Tuple => Unexpected::Other(DataType::Tuple.name()),
                _ => return self.deserialize_any(visitor),
            };
            Err(de::Error::invalid_type(unexpected, &visitor))
        }
    )*};
}

macro_rules! ints {
    ($($method:ident => $ask:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let pass = self.reader.reading.pass;
            match self.reader.item()? {
                Item::Int => self.reader.number()?.visit(Ask::$ask, pass, visitor),
                Item::Bignum => visit_int(&self.reader.int()?, Ask::$ask, pass, visitor),
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
            match self.reader.item()? {
                Item::Float => {
                    let float = self.reader.float()?;
                    visit_float(<$float as Nearest>::nearest(float), float, visitor)
                }
                Item::Int => self.reader.number()?.visit_as_float::<$float, V>(pass, visitor),
                Item::Bignum => {
                    visit_int_as_float::<$float, V>(&self.reader.int()?, pass, visitor)
                }
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for CborDeserializer<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.reader.item()? {
            Item::Int => {
                let pass = self.reader.reading.pass;
                self.reader.number()?.visit(Ask::Any, pass, visitor)
            }
            Item::Str => visit_text(self.reader.text()?, visitor),
            Item::Dict => self.map(false, visitor),
            item @ (Item::List | Item::Tuple) => self.seq(item, visitor),
            Item::Float => visitor.visit_f64(self.reader.float()?),
            Item::Bool => visitor.visit_bool(self.reader.bool()),
            Item::None => {
                self.reader.none();
                visitor.visit_unit()
            }
            Item::Bytes => match self.reader.bytes()? {
                Cow::Borrowed(bytes) => visitor.visit_borrowed_bytes(bytes),
                Cow::Owned(bytes) => visitor.visit_byte_buf(bytes),
            },
            Item::Bignum => {
                let pass = self.reader.reading.pass;
                visit_int(&self.reader.int()?, Ask::Any, pass, visitor)
            }
        }
    }

    any! { deserialize_bool deserialize_unit deserialize_seq deserialize_map }

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

    texts! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    bytes! { deserialize_bytes deserialize_byte_buf }

    floats! {
        deserialize_f32 => f32
        deserialize_f64 => f64
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.reader.item()? {
            Item::None => {
                self.reader.none();
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
            INT_TOKEN => match self.reader.item()? {
                // Its visitor takes digits.
                Item::Str => Err(de::Error::invalid_type(Unexpected::Other("str"), &visitor)),
                Item::Bignum => visit_int_or_digits(&self.reader.int()?, visitor),
                _ => self.deserialize_any(visitor),
            },
            RAW_JSON => foreign::visit_as_json(self, visitor),
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
        let item = self.reader.item()?;
        if let Some(wanted) = foreign::wanted(name) {
            return match (wanted, item) {
                (Wanted::Value, _) => foreign::visit_spanned(self, fields, visitor),
                (Wanted::Text, Item::Str) => {
                    foreign::visit_text(self.reader.text()?, fields, visitor)
                }
                _ => self.deserialize_any(visitor),
            };
        }
        // Its visitor would take the fields by their order.
        let unexpected = match item {
            Item::Dict => return self.map(true, visitor),
            Item::List => Unexpected::Seq,
            Item::Tuple => Unexpected::Other(DataType::Tuple.name()),
            _ => return self.deserialize_any(visitor),
        };
        Err(de::Error::invalid_type(unexpected, &visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.reader.item()? {
            Item::Str => visit_variant(self.reader.text()?, visitor),
            Item::Dict => {
                let mut left = self.reader.enter(Item::Dict)?;
                if !self.reader.has_next(&mut left)? {
                    return Err(de::Error::invalid_type(
                        Unexpected::Other("empty dict"),
                        &visitor,
                    ));
                }
                let value = visitor.visit_enum(Variant {
                    reader: &mut *self.reader,
                    name: 0..0,
                })?;
                self.reader.leave(left)?;
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
    left: Option<usize>,
    index: usize,
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if !self.reader.has_next(&mut self.left)? {
            return Ok(None);
        }
        let index = self.index;
        self.index += 1;
        match seed.deserialize(CborDeserializer {
            reader: self.reader,
        }) {
            Ok(item) => Ok(Some(item)),
            Err(error) => Err(error.inside(Step::Index(index))),
        }
    }

    /// No more in all collections together than there are bytes; see [`Reader::enter`].
    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.left
    }
}

struct Entries<'r, 'de> {
    reader: &'r mut Reader<'de>,
    left: Option<usize>,
    /// Whether the keys are the names of a struct's fields.
    fields: bool,
    keys: Option<Key>,
    /// Where the key stands.
    key: std::ops::Range<usize>,
}

impl<'de> MapAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if !self.reader.has_next(&mut self.left)? {
            return Ok(None);
        }
        let kind = self.reader.key(&mut self.keys)?;
        self.key.start = self.reader.decoder.position();
        let key = seed.deserialize(KeyDeserializer {
            reader: self.reader,
            kind,
            fields: self.fields,
        })?;
        self.key.end = self.reader.decoder.position();
        Ok(Some(key))
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        seed.deserialize(CborDeserializer {
            reader: self.reader,
        })
        .map_err(|error| error.inside(self.reader.step(self.key.clone())))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.left
    }
}

impl Reader<'_> {
    #[cold]
    fn step(&self, key: std::ops::Range<usize>) -> Step {
        step(self.decoder.input().get(key).unwrap_or_default())
    }
}

/// An enum's variant with fields: a dict with the variant's name as its only key.
struct Variant<'r, 'de> {
    reader: &'r mut Reader<'de>,
    /// Where the name stands.
    name: std::ops::Range<usize>,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Box<DecodeError>;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(mut self, seed: T) -> Result<(T::Value, Self)> {
        let kind = self.reader.key(&mut None)?;
        self.name.start = self.reader.decoder.position();
        let variant = seed.deserialize(KeyDeserializer {
            reader: &mut *self.reader,
            kind,
            fields: true,
        })?;
        self.name.end = self.reader.decoder.position();
        Ok((variant, self))
    }
}

impl<'de> Variant<'_, 'de> {
    /// Reads the fields.
    fn fields<T>(self, read: impl FnOnce(CborDeserializer<'_, 'de>) -> Result<T>) -> Result<T> {
        read(CborDeserializer {
            reader: &mut *self.reader,
        })
        .map_err(|error| error.inside(self.reader.step(self.name)))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Box<DecodeError>;

    fn unit_variant(self) -> Result<()> {
        self.fields(|fields| de::Deserialize::deserialize(fields))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        self.fields(|fields| seed.deserialize(fields))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        self.fields(|fields| fields.deserialize_seq(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.fields(|fields| fields.deserialize_struct("", names, visitor))
    }
}

/// Reads a dict's key: text, or what the text says where the type wants a number or a bool, or an int.
struct KeyDeserializer<'r, 'de> {
    reader: &'r mut Reader<'de>,
    kind: Key,
    /// Whether it is the name of a struct's field, or of a variant.
    fields: bool,
}

impl<'de> KeyDeserializer<'_, 'de> {
    /// Gives what the key's text reads as to `visit`; a key that it is none for is not what the visitor wants.
    fn read<V: Visitor<'de>, T>(
        self,
        visitor: V,
        read: impl FnOnce(&str) -> Option<T>,
        visit: impl FnOnce(V, T) -> Result<V::Value>,
    ) -> Result<V::Value> {
        match self.kind {
            Key::Str => {
                let text = self.reader.text()?;
                match read(&text) {
                    Some(value) => visit(visitor, value),
                    None => Err(de::Error::invalid_type(Unexpected::Str(&text), &visitor)),
                }
            }
            Key::Int => self.refuse(&visitor),
        }
    }

    /// Refuses an int, which some visitors would take for the number of a field.
    #[cold]
    fn refuse<T>(self, expected: &dyn de::Expected) -> Result<T> {
        let int = self.reader.int()?;
        Err(unwanted_int(&int, expected))
    }

    /// Reads an int or a text that is one.
    fn int(self, expected: &dyn de::Expected) -> Result<Int> {
        match self.kind {
            Key::Int => self.reader.int(),
            Key::Str => {
                let text = self.reader.text()?;
                parse_int(text.as_bytes())
                    .map_err(|_| de::Error::invalid_type(Unexpected::Str(&text), expected))
            }
        }
    }
}

macro_rules! int_keys {
    ($($method:ident => $ask:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let pass = self.reader.reading.pass;
            visit_int(&self.int(&visitor)?, Ask::$ask, pass, visitor)
        }
    )*};
}

macro_rules! float_keys {
    ($($method:ident => $float:ty)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            let pass = self.reader.reading.pass;
            match self.kind {
                Key::Int => visit_int_as_float::<$float, V>(&self.reader.int()?, pass, visitor),
                Key::Str => self.read(
                    visitor,
                    <$float as Nearest>::of_text,
                    |visitor, float: $float| Nearest::visit(float, visitor),
                ),
            }
        }
    )*};
}

macro_rules! text_keys {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.kind {
                Key::Str => visit_text(self.reader.text()?, visitor),
                Key::Int => self.refuse(&visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for KeyDeserializer<'_, 'de> {
    type Error = Box<DecodeError>;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind {
            Key::Int => visit_int_as_key(&self.reader.int()?, visitor),
            Key::Str if self.fields || self.reader.reading.pass == Pass::First => {
                visit_text(self.reader.text()?, visitor)
            }
            Key::Str => {
                let text = self.reader.text()?;
                match int_of_key(&text) {
                    Some(int) => visit_int_as_key(&int, visitor),
                    None => visit_text(text, visitor),
                }
            }
        }
    }

    #[inline]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.fields {
            self.deserialize_str(visitor)
        } else {
            self.deserialize_any(visitor)
        }
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

    text_keys! { deserialize_char deserialize_str deserialize_string }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let read = |text: &str| text.parse().ok();
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
            VALUE_TOKEN => match self.kind {
                Key::Int => visit_int(&self.reader.int()?, Ask::Any, Pass::First, visitor),
                Key::Str => self.deserialize_str(visitor),
            },
            INT_TOKEN => visit_int_or_digits(&self.int(&visitor)?, visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.kind {
            Key::Str => visit_variant(self.reader.text()?, visitor),
            Key::Int => self.refuse(&visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind {
            Key::Str => self.reader.text().map(drop)?,
            Key::Int => self.reader.int().map(drop)?,
        }
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
    }
}
