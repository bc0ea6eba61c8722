//! Writes lists, dicts and tuples through serde, and what stands in them, in whichever form the dialect has for them: JSON or
//! CBOR. What a form has to do for it is the trait [`Form`].

use serde::{Serialize, Serializer, ser};

use crate::{
    payload::{
        NESTING,
        error::{EncodeError, Path, Step},
        foreign::{
            is_private,
            write::{Fields, refuse},
        },
        form::{Form, Kind},
        json::write::Json,
        keys::KeySerializer,
        raw::RAW_TOKEN,
    },
    value::{INT_TOKEN, Value},
    wire::Dialect,
};

type Result<T, E = Box<EncodeError>> = std::result::Result<T, E>;

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
        if is_private(name) {
            return refuse(name);
        }
        self.writer.open_variant(variant, Kind::Tuple, len)
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Collection<'a, F>> {
        self.writer.open(Kind::Dict, len)
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct> {
        if is_private(name) {
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
