//! Writes lists, dicts and tuples through serde, and what stands in them, in whichever form the dialect has for them: JSON or
//! CBOR. What a form has to do for it is the trait [`Form`].

use std::ops::Range;

use serde::{
    Serialize, Serializer,
    ser::{self, Impossible},
};

use crate::{
    payload::{
        NESTING,
        error::{EncodeError, Path, Step},
        foreign::{self, Fields},
        json::write::Json,
        number::Float,
        raw::RAW_TOKEN,
    },
    value::{INT_TOKEN, Value},
    wire::Dialect,
};

type Result<T, E = Box<EncodeError>> = std::result::Result<T, E>;

/// The three kinds of collections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::payload) enum Kind {
    List,
    Tuple,
    Dict,
}

/// How the parts of collections are written.
pub(in crate::payload) trait Form {
    /// Whether whole numbers are keys as they are; where not, their text is.
    const INT_KEYS: bool;

    /// What the end of a collection has to know of its beginning.
    type Begun;

    fn dialect(&self) -> Dialect;

    /// What is written so far.
    fn out(&mut self) -> &mut Vec<u8>;

    /// Begins a collection. What says its length may be wrong.
    fn begin(&mut self, kind: Kind, len: Option<usize>) -> Self::Begun;

    /// Ends a collection, which has this many parts.
    fn end(&mut self, kind: Kind, begun: Self::Begun, len: usize);

    /// Stands before each item and each key.
    fn part(&mut self, place: usize);

    /// Stands between a key and its value.
    fn colon(&mut self);

    /// Writes a key that is a whole number, which `write` writes.
    fn int_key(&mut self, write: impl FnOnce(&mut Self));

    /// The step of an error's path to the value whose key stands here in what is written.
    fn key_step(&mut self, key: Range<usize>) -> Step;

    fn none(&mut self);

    fn bool(&mut self, bool: bool);

    fn signed(&mut self, number: i64);

    fn unsigned(&mut self, number: u64);

    /// Writes a number beyond 64 bits.
    fn signed_128(&mut self, number: i128) -> Result<()>;

    /// Writes a number beyond 64 bits.
    fn unsigned_128(&mut self, number: u128) -> Result<()>;

    /// Makes an int of the digits that were written as a text from `start` on.
    fn int_of_digits(&mut self, start: usize) -> Result<()>;

    fn float<F: Float>(&mut self, float: F) -> Result<()>;

    fn str(&mut self, text: &str);

    fn bytes(&mut self, bytes: &[u8]) -> Result<()>;
}

/// A form, and how deep the next collection stands.
pub(in crate::payload) struct Writer<F> {
    pub(in crate::payload) form: F,
    depth: usize,
}

impl<F: Form> Writer<F> {
    #[inline]
    pub(in crate::payload) fn new(form: F) -> Self {
        Self { form, depth: 0 }
    }

    /// Begins a collection.
    #[inline]
    pub(in crate::payload) fn open(
        &mut self,
        kind: Kind,
        len: Option<usize>,
    ) -> Result<Collection<'_, F>> {
        if self.depth >= NESTING {
            return Err(Box::new(EncodeError::TooDeep));
        }
        self.depth += 1;
        let begun = self.form.begin(kind, len);
        Ok(Collection {
            writer: self,
            kind,
            begun,
            len: 0,
            key: 0,
            int_keys: None,
            variant: None,
        })
    }

    /// Begins an enum's variant with several fields: a dict with the variant's name as its only key.
    pub(in crate::payload) fn open_variant(
        &mut self,
        variant: &'static str,
        kind: Kind,
        len: usize,
    ) -> Result<Collection<'_, F>> {
        let begun = self.form.begin(Kind::Dict, Some(1));
        self.form.part(0);
        self.form.str(variant);
        self.form.colon();
        self.depth += 1;
        let mut fields = self.open(kind, Some(len))?;
        fields.variant = Some((variant, begun));
        Ok(fields)
    }

    /// Writes an enum's variant with one field.
    pub(in crate::payload) fn variant<T: Serialize + ?Sized>(
        &mut self,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        let mut dict = self.open(Kind::Dict, Some(1))?;
        dict.field(variant, value)?;
        dict.finish();
        Ok(())
    }
}

/// A collection that is being written.
pub(in crate::payload) struct Collection<'a, F: Form> {
    writer: &'a mut Writer<F>,
    kind: Kind,
    begun: F::Begun,
    len: usize,
    /// Where the last key begins, for the paths of errors.
    key: usize,
    /// Whether the keys are whole numbers, once there is one.
    int_keys: Option<bool>,
    /// The variant whose fields these are, and the dict that it is written as.
    variant: Option<(&'static str, F::Begun)>,
}

impl<F: Form> Collection<'_, F> {
    #[inline]
    fn part(&mut self) {
        self.writer.form.part(self.len);
        self.len += 1;
    }

    /// Leads an error's path from a part, and from the variant that the collection is the fields of.
    #[cold]
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "the type of a serializer's error"
    )]
    fn inside(&self, error: Box<EncodeError>, step: Step) -> Box<EncodeError> {
        let error = error.inside(step);
        match &self.variant {
            Some((variant, _)) => error.inside(Step::key(variant)),
            None => error,
        }
    }

    #[inline]
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.part();
        value
            .serialize(PartSerializer {
                writer: self.writer,
            })
            .map_err(|error| self.inside(error, Step::Index(self.len - 1)))
    }

    #[inline]
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.part();
        self.key = self.writer.form.out().len();
        let is_int = key.serialize(KeySerializer {
            form: &mut self.writer.form,
        })?;
        if self
            .int_keys
            .replace(is_int)
            .is_some_and(|was| was != is_int)
            && F::INT_KEYS
        {
            return Err(Box::new(EncodeError::MixedKeys {
                path: Path::default(),
            }));
        }
        Ok(())
    }

    #[inline]
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let key = self.key..self.writer.form.out().len();
        self.writer.form.colon();
        value
            .serialize(PartSerializer {
                writer: self.writer,
            })
            .map_err(|error| error.inside(self.writer.form.key_step(key)))
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        self.part();
        self.writer.form.str(key);
        self.writer.form.colon();
        value
            .serialize(PartSerializer {
                writer: self.writer,
            })
            .map_err(|error| self.inside(error, Step::key(key)))
    }

    #[inline]
    fn finish(self) {
        let Self { writer, .. } = self;
        writer.form.end(self.kind, self.begun, self.len);
        writer.depth -= 1;
        if let Some((_, begun)) = self.variant {
            writer.form.end(Kind::Dict, begun, 1);
            writer.depth -= 1;
        }
    }
}

macro_rules! collection {
    ($($trait:ident { $($method:ident($($key:ident: $key_type:ty)?) => $own:ident,)* })*) => {$(
        impl<F: Form> ser::$trait for Collection<'_, F> {
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
pub(in crate::payload) struct PartSerializer<'a, F> {
    writer: &'a mut Writer<F>,
}

/// A value as JSON, which it may have no way to be.
pub(in crate::payload) fn write_json(value: &Value) -> Result<String> {
    let mut out = Vec::new();
    value.serialize(PartSerializer {
        writer: &mut Writer::new(Json::new(Dialect::V02, &mut out)),
    })?;
    String::from_utf8(out).map_err(ser::Error::custom)
}

macro_rules! ints {
    ($($method:ident($int:ty) => $own:ident)*) => {$(
        #[inline]
        fn $method(self, number: $int) -> Result<()> {
            self.writer.form.$own(number.into());
            Ok(())
        }
    )*};
}

impl<'a, F: Form> Serializer for PartSerializer<'a, F> {
    type Ok = ();
    type Error = Box<EncodeError>;
    type SerializeSeq = Collection<'a, F>;
    type SerializeTuple = Collection<'a, F>;
    type SerializeTupleStruct = Collection<'a, F>;
    type SerializeTupleVariant = Collection<'a, F>;
    type SerializeMap = Collection<'a, F>;
    type SerializeStruct = Fields<Collection<'a, F>, Self>;
    type SerializeStructVariant = Collection<'a, F>;

    ints! {
        serialize_i8(i8) => signed
        serialize_i16(i16) => signed
        serialize_i32(i32) => signed
        serialize_i64(i64) => signed
        serialize_u8(u8) => unsigned
        serialize_u16(u16) => unsigned
        serialize_u32(u32) => unsigned
        serialize_u64(u64) => unsigned
    }

    fn serialize_i128(self, number: i128) -> Result<()> {
        if let Ok(number) = i64::try_from(number) {
            self.writer.form.signed(number);
            Ok(())
        } else if let Ok(number) = u128::try_from(number) {
            self.serialize_u128(number)
        } else {
            self.writer.form.signed_128(number)
        }
    }

    fn serialize_u128(self, number: u128) -> Result<()> {
        if let Ok(number) = u64::try_from(number) {
            self.writer.form.unsigned(number);
            Ok(())
        } else {
            self.writer.form.unsigned_128(number)
        }
    }

    #[inline]
    fn serialize_bool(self, bool: bool) -> Result<()> {
        self.writer.form.bool(bool);
        Ok(())
    }

    #[inline]
    fn serialize_f32(self, float: f32) -> Result<()> {
        self.writer.form.float(float)
    }

    #[inline]
    fn serialize_f64(self, float: f64) -> Result<()> {
        self.writer.form.float(float)
    }

    fn serialize_char(self, char: char) -> Result<()> {
        self.serialize_str(char.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<()> {
        self.writer.form.str(text);
        Ok(())
    }

    #[inline]
    fn serialize_bytes(self, bytes: &[u8]) -> Result<()> {
        self.writer.form.bytes(bytes)
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
        self.writer.form.none();
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
            let start = self.writer.form.out().len();
            value.serialize(PartSerializer {
                writer: &mut *self.writer,
            })?;
            return self.writer.form.int_of_digits(start);
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        if name == RAW_TOKEN {
            return Err(ser::Error::custom(
                "data as it came can only be sent by itself",
            ));
        }
        self.writer.variant(variant, value)
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Collection<'a, F>> {
        self.writer.open(Kind::List, len)
    }

    #[inline]
    fn serialize_tuple(self, len: usize) -> Result<Collection<'a, F>> {
        self.writer.open(Kind::Tuple, Some(len))
    }

    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<Collection<'a, F>> {
        self.writer.open(Kind::Tuple, Some(len))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Collection<'a, F>> {
        if foreign::is_private(name) {
            return foreign::refuse(name);
        }
        self.writer.open_variant(variant, Kind::Tuple, len)
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Collection<'a, F>> {
        self.writer.open(Kind::Dict, len)
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct> {
        if foreign::is_private(name) {
            return Fields::private(name, self);
        }
        Ok(Fields::Usual(self.writer.open(Kind::Dict, Some(len))?))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Collection<'a, F>> {
        self.writer.open_variant(variant, Kind::Dict, len)
    }
}

/// Writes a dict's key: text, whole numbers, and of other numbers and bools their text. Returns whether it is a whole
/// number.
struct KeySerializer<'a, F> {
    form: &'a mut F,
}

impl<F: Form> KeySerializer<'_, F> {
    fn float<N: Float>(self, float: N) -> Result<bool> {
        if !Float::is_finite(float) {
            return not_text();
        }
        self.serialize_str(zmij::Buffer::new().format_finite(float))
    }
}

#[cold]
fn not_text<T>() -> Result<T> {
    Err(Box::new(EncodeError::KeyNotText {
        path: Path::default(),
    }))
}

macro_rules! int_keys {
    ($($method:ident($int:ty) => $own:ident)*) => {$(
        fn $method(self, number: $int) -> Result<bool> {
            self.form.int_key(|form| form.$own(number.into()));
            Ok(true)
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

impl<F: Form> Serializer for KeySerializer<'_, F> {
    type Ok = bool;
    type Error = Box<EncodeError>;
    type SerializeSeq = Impossible<bool, Self::Error>;
    type SerializeTuple = Impossible<bool, Self::Error>;
    type SerializeTupleStruct = Impossible<bool, Self::Error>;
    type SerializeTupleVariant = Impossible<bool, Self::Error>;
    type SerializeMap = Impossible<bool, Self::Error>;
    type SerializeStruct = Impossible<bool, Self::Error>;
    type SerializeStructVariant = Impossible<bool, Self::Error>;

    int_keys! {
        serialize_i8(i8) => signed
        serialize_i16(i16) => signed
        serialize_i32(i32) => signed
        serialize_i64(i64) => signed
        serialize_u8(u8) => unsigned
        serialize_u16(u16) => unsigned
        serialize_u32(u32) => unsigned
        serialize_u64(u64) => unsigned
    }

    fn serialize_i128(self, number: i128) -> Result<bool> {
        self.serialize_newtype_struct(INT_TOKEN, &number.to_string())
    }

    fn serialize_u128(self, number: u128) -> Result<bool> {
        self.serialize_newtype_struct(INT_TOKEN, &number.to_string())
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<bool> {
        self.form.str(text);
        Ok(false)
    }

    fn serialize_char(self, char: char) -> Result<bool> {
        self.serialize_str(char.encode_utf8(&mut [0; 4]))
    }

    fn serialize_bool(self, bool: bool) -> Result<bool> {
        self.serialize_str(if bool { "true" } else { "false" })
    }

    fn serialize_f32(self, float: f32) -> Result<bool> {
        self.float(float)
    }

    fn serialize_f64(self, float: f64) -> Result<bool> {
        self.float(float)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<bool> {
        self.serialize_str(variant)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<bool> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<bool> {
        if name == INT_TOKEN && F::INT_KEYS {
            let start = self.form.out().len();
            value.serialize(KeySerializer {
                form: &mut *self.form,
            })?;
            self.form.int_of_digits(start)?;
            return Ok(true);
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<bool> {
        not_text()
    }

    no_keys! {
        serialize_bytes(&[u8]) -> bool;
        serialize_none() -> bool;
        serialize_unit() -> bool;
        serialize_unit_struct(&'static str) -> bool;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
