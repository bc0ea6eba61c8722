//! Writes the keys of dicts through serde.

use serde::{Serialize, Serializer, ser::Impossible};

use crate::{
    payload::{
        error::{EncodeError, Path},
        form::Form,
        number::Float,
    },
    value::INT_TOKEN,
};

type Result<T, E = Box<EncodeError>> = std::result::Result<T, E>;

/// Writes a dict's key: text, whole numbers, and of other numbers and bools their text. Returns whether it is a whole
/// number.
pub(in crate::payload) struct KeySerializer<'a, F> {
    pub(in crate::payload) form: &'a mut F,
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
