//! Writes collections as JSON text: no blanks, UTF-8 as it is, only what has to be is escaped.

use serde::{
    Serialize, Serializer,
    ser::{self, Impossible},
};

use super::find_special;
use crate::{
    payload::{
        NESTING,
        error::{EncodeError, Path, Step},
        number::{Float, write_float},
    },
    value::INT_TOKEN,
    wire::Dialect,
};

type Result<T, E = Box<EncodeError>> = std::result::Result<T, E>;

/// The text so far, and how deep the next collection stands.
pub(in crate::payload) struct Writer<'o> {
    pub(in crate::payload) out: &'o mut Vec<u8>,
    pub(in crate::payload) dialect: Dialect,
    depth: usize,
}

/// What ends a collection.
#[derive(Clone, Copy)]
pub(in crate::payload) enum Close {
    Seq,
    Map,
    SeqVariant(&'static str),
    MapVariant(&'static str),
}

impl Close {
    /// Leads an error's path from the collection's part, and from the variant that the collection is the fields of.
    #[cold]
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "the type of a serializer's error"
    )]
    fn inside(self, error: Box<EncodeError>, step: Step) -> Box<EncodeError> {
        let error = error.inside(step);
        match self {
            Self::Seq | Self::Map => error,
            Self::SeqVariant(variant) | Self::MapVariant(variant) => {
                error.inside(Step::key(variant))
            }
        }
    }
}

impl<'o> Writer<'o> {
    #[inline]
    pub(in crate::payload) fn new(dialect: Dialect, out: &'o mut Vec<u8>) -> Self {
        Self {
            out,
            dialect,
            depth: 0,
        }
    }

    /// Begins a list or a dict.
    #[inline]
    pub(in crate::payload) fn open(&mut self, close: Close) -> Result<Collection<'_, 'o>> {
        if self.depth >= NESTING {
            return Err(Box::new(EncodeError::TooDeep));
        }
        self.depth += 1;
        self.out.push(match close {
            Close::Seq | Close::SeqVariant(_) => b'[',
            Close::Map | Close::MapVariant(_) => b'{',
        });
        Ok(Collection {
            writer: self,
            close,
            len: 0,
            key: 0,
        })
    }

    /// Begins an enum's variant with several fields: a dict with the variant's name as its only key.
    pub(in crate::payload) fn open_variant(
        &mut self,
        variant: &'static str,
        close: Close,
    ) -> Result<Collection<'_, 'o>> {
        self.out.push(b'{');
        self.string(variant);
        self.out.push(b':');
        self.depth += 1;
        self.open(close)
    }

    /// Writes an enum's variant with one field.
    pub(in crate::payload) fn variant<T: Serialize + ?Sized>(
        &mut self,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        let mut map = self.open(Close::Map)?;
        ser::SerializeMap::serialize_entry(&mut map, variant, value)?;
        ser::SerializeMap::end(map)
    }

    #[inline]
    fn string(&mut self, text: &str) {
        self.out.reserve(text.len() + 2);
        self.out.push(b'"');
        self.escaped(text);
        self.out.push(b'"');
    }

    #[inline]
    fn escaped(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        while let Some(plain) = find_special(rest) {
            let (before, from) = rest.split_at(plain);
            self.out.extend_from_slice(before);
            let Some((&byte, after)) = from.split_first() else {
                break;
            };
            match ESCAPES[usize::from(byte)] {
                b'u' => {
                    let hex = |digit: u8| b"0123456789abcdef"[usize::from(digit)];
                    let code = [hex(byte >> 4), hex(byte & 15)];
                    self.out.extend_from_slice(b"\\u00");
                    self.out.extend_from_slice(&code);
                }
                escape => self.out.extend_from_slice(&[b'\\', escape]),
            }
            rest = after;
        }
        self.out.extend_from_slice(rest);
    }

    #[inline]
    fn int(&mut self, number: impl itoa::Integer) {
        self.out
            .extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    #[inline]
    fn float<F: Float>(&mut self, float: F) -> Result<()> {
        if self.dialect != Dialect::V01 && !Float::is_finite(float) {
            let path = Path::default();
            return Err(Box::new(EncodeError::NotFinite {
                float: float.into(),
                path,
            }));
        }
        write_float(float, self.out);
        Ok(())
    }

    /// Refuses a number that only 0.1 carries.
    fn large_int(&self) -> Result<()> {
        match self.dialect {
            Dialect::V01 => Ok(()),
            Dialect::V02 | Dialect::Extended => Err(Box::new(EncodeError::IntOutOfRange {
                path: Path::default(),
            })),
        }
    }
}

/// What stands behind the backslash for each byte that has to be escaped, `u` for a code; 0 for all others.
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        escapes[control] = b'u';
        control += 1;
    }
    escapes[0x08] = b'b';
    escapes[b'\t' as usize] = b't';
    escapes[b'\n' as usize] = b'n';
    escapes[0x0c] = b'f';
    escapes[b'\r' as usize] = b'r';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes
};

/// A list or a dict that is being written.
pub(in crate::payload) struct Collection<'a, 'o> {
    writer: &'a mut Writer<'o>,
    close: Close,
    len: usize,
    /// Where the last key begins, for the paths of errors.
    key: usize,
}

impl Collection<'_, '_> {
    #[inline]
    fn comma(&mut self) {
        if self.len > 0 {
            self.writer.out.push(b',');
        }
        self.len += 1;
    }

    #[inline]
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.comma();
        value
            .serialize(JsonSerializer {
                writer: self.writer,
            })
            .map_err(|error| self.close.inside(error, Step::Index(self.len - 1)))
    }

    #[inline]
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.comma();
        self.key = self.writer.out.len() + 1;
        key.serialize(KeySerializer {
            writer: self.writer,
        })
    }

    #[inline]
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let key_end = self.writer.out.len().saturating_sub(1);
        self.writer.out.push(b':');
        value
            .serialize(JsonSerializer {
                writer: self.writer,
            })
            .map_err(|error| {
                let key = self.writer.out.get(self.key..key_end).unwrap_or_default();
                error.inside(Step::key(&String::from_utf8_lossy(key)))
            })
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        self.comma();
        self.writer.string(key);
        self.writer.out.push(b':');
        value
            .serialize(JsonSerializer {
                writer: self.writer,
            })
            .map_err(|error| self.close.inside(error, Step::key(key)))
    }

    #[inline]
    fn finish(self) {
        let (close, levels): (&[u8], _) = match self.close {
            Close::Seq => (b"]", 1),
            Close::Map => (b"}", 1),
            Close::SeqVariant(_) => (b"]}", 2),
            Close::MapVariant(_) => (b"}}", 2),
        };
        self.writer.out.extend_from_slice(close);
        self.writer.depth -= levels;
    }
}

macro_rules! collection {
    ($($trait:ident { $($method:ident($($key:ident: $key_type:ty)?) => $own:ident,)* })*) => {$(
        impl ser::$trait for Collection<'_, '_> {
            type Ok = ();
            type Error = Box<EncodeError>;

            $(
                #[inline]
                fn $method<T: Serialize + ?Sized>(
                    &mut self,
                    $($key: $key_type,)?
                    value: &T,
                ) -> Result<()> {
                    self.$own($($key,)? value)
                }
            )*

            #[inline]
            fn end(self) -> Result<()> {
                self.finish();
                Ok(())
            }
        }
    )*};
}

collection! {
    SerializeSeq { serialize_element() => item, }
    SerializeTuple { serialize_element() => item, }
    SerializeTupleStruct { serialize_field() => item, }
    SerializeTupleVariant { serialize_field() => item, }
    SerializeMap { serialize_key() => key, serialize_value() => value, }
    SerializeStruct { serialize_field(key: &'static str) => field, }
    SerializeStructVariant { serialize_field(key: &'static str) => field, }
}

/// Writes a value inside of a collection.
pub(in crate::payload) struct JsonSerializer<'a, 'o> {
    writer: &'a mut Writer<'o>,
}

macro_rules! ints {
    ($($method:ident($int:ty))*) => {$(
        #[inline]
        fn $method(self, number: $int) -> Result<()> {
            self.writer.int(number);
            Ok(())
        }
    )*};
}

impl<'a, 'o> Serializer for JsonSerializer<'a, 'o> {
    type Ok = ();
    type Error = Box<EncodeError>;
    type SerializeSeq = Collection<'a, 'o>;
    type SerializeTuple = Collection<'a, 'o>;
    type SerializeTupleStruct = Collection<'a, 'o>;
    type SerializeTupleVariant = Collection<'a, 'o>;
    type SerializeMap = Collection<'a, 'o>;
    type SerializeStruct = Collection<'a, 'o>;
    type SerializeStructVariant = Collection<'a, 'o>;

    ints! {
        serialize_i8(i8)
        serialize_i16(i16)
        serialize_i32(i32)
        serialize_i64(i64)
        serialize_u8(u8)
        serialize_u16(u16)
        serialize_u32(u32)
        serialize_u64(u64)
    }

    fn serialize_i128(self, number: i128) -> Result<()> {
        if i64::try_from(number).is_err() && u64::try_from(number).is_err() {
            self.writer.large_int()?;
        }
        self.writer.int(number);
        Ok(())
    }

    fn serialize_u128(self, number: u128) -> Result<()> {
        if u64::try_from(number).is_err() {
            self.writer.large_int()?;
        }
        self.writer.int(number);
        Ok(())
    }

    #[inline]
    fn serialize_bool(self, bool: bool) -> Result<()> {
        self.writer
            .out
            .extend_from_slice(if bool { b"true" } else { b"false" });
        Ok(())
    }

    #[inline]
    fn serialize_f32(self, float: f32) -> Result<()> {
        self.writer.float(float)
    }

    #[inline]
    fn serialize_f64(self, float: f64) -> Result<()> {
        self.writer.float(float)
    }

    fn serialize_char(self, char: char) -> Result<()> {
        self.writer.string(char.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<()> {
        self.writer.string(text);
        Ok(())
    }

    fn serialize_bytes(self, _bytes: &[u8]) -> Result<()> {
        Err(Box::new(EncodeError::NestedBytes {
            path: Path::default(),
        }))
    }

    #[inline]
    fn serialize_none(self) -> Result<()> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit(self) -> Result<()> {
        self.writer.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<()> {
        self.serialize_str(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<()> {
        if name == INT_TOKEN {
            self.writer.large_int()?;
            let Self { writer } = self;
            let start = writer.out.len();
            // Its digits in quotes, which a number has none of.
            value.serialize(JsonSerializer { writer })?;
            writer.out.remove(start);
            writer.out.pop();
            return Ok(());
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        self.writer.variant(variant, value)
    }

    #[inline]
    fn serialize_seq(self, _len: Option<usize>) -> Result<Collection<'a, 'o>> {
        self.writer.open(Close::Seq)
    }

    #[inline]
    fn serialize_tuple(self, _len: usize) -> Result<Collection<'a, 'o>> {
        self.writer.open(Close::Seq)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Collection<'a, 'o>> {
        self.writer.open(Close::Seq)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Collection<'a, 'o>> {
        self.writer
            .open_variant(variant, Close::SeqVariant(variant))
    }

    #[inline]
    fn serialize_map(self, _len: Option<usize>) -> Result<Collection<'a, 'o>> {
        self.writer.open(Close::Map)
    }

    #[inline]
    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Collection<'a, 'o>> {
        self.writer.open(Close::Map)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Collection<'a, 'o>> {
        self.writer
            .open_variant(variant, Close::MapVariant(variant))
    }
}

/// Writes a dict's key: text, and of numbers and bools their text.
struct KeySerializer<'a, 'o> {
    writer: &'a mut Writer<'o>,
}

impl KeySerializer<'_, '_> {
    fn quoted(self, text: &[u8]) {
        self.writer.out.push(b'"');
        self.writer.out.extend_from_slice(text);
        self.writer.out.push(b'"');
    }

    fn float<F: Float>(self, float: F) -> Result<()> {
        if !Float::is_finite(float) {
            return not_text();
        }
        self.writer.out.push(b'"');
        write_float(float, self.writer.out);
        self.writer.out.push(b'"');
        Ok(())
    }
}

#[cold]
fn not_text<T>() -> Result<T> {
    Err(Box::new(EncodeError::KeyNotText {
        path: Path::default(),
    }))
}

macro_rules! int_keys {
    ($($method:ident($int:ty))*) => {$(
        fn $method(self, number: $int) -> Result<()> {
            self.quoted(itoa::Buffer::new().format(number).as_bytes());
            Ok(())
        }
    )*};
}

macro_rules! no_keys {
    ($($method:ident($($argument:ty),*) -> $result:ty;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$result> {
            not_text()
        }
    )*};
}

impl Serializer for KeySerializer<'_, '_> {
    type Ok = ();
    type Error = Box<EncodeError>;
    type SerializeSeq = Impossible<(), Self::Error>;
    type SerializeTuple = Impossible<(), Self::Error>;
    type SerializeTupleStruct = Impossible<(), Self::Error>;
    type SerializeTupleVariant = Impossible<(), Self::Error>;
    type SerializeMap = Impossible<(), Self::Error>;
    type SerializeStruct = Impossible<(), Self::Error>;
    type SerializeStructVariant = Impossible<(), Self::Error>;

    int_keys! {
        serialize_i8(i8)
        serialize_i16(i16)
        serialize_i32(i32)
        serialize_i64(i64)
        serialize_i128(i128)
        serialize_u8(u8)
        serialize_u16(u16)
        serialize_u32(u32)
        serialize_u64(u64)
        serialize_u128(u128)
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<()> {
        self.writer.string(text);
        Ok(())
    }

    fn serialize_char(self, char: char) -> Result<()> {
        self.serialize_str(char.encode_utf8(&mut [0; 4]))
    }

    fn serialize_bool(self, bool: bool) -> Result<()> {
        self.quoted(if bool { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_f32(self, float: f32) -> Result<()> {
        self.float(float)
    }

    fn serialize_f64(self, float: f64) -> Result<()> {
        self.float(float)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<()> {
        self.serialize_str(variant)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<()> {
        not_text()
    }

    no_keys! {
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
