//! From a `Serialize` type to a type code and a payload, in one pass.

use serde::{Serialize, Serializer, ser};

use super::{
    MAX_NESTING,
    cbor::write::Cbor,
    collection::{Collection, PartSerializer, Writer},
    decode::Payload,
    error::EncodeError,
    foreign::{
        is_private,
        write::{Fields, ReadJson, refuse},
    },
    form::{Form, Kind},
    json::write::Json,
    number::write_float,
    raw::{RAW_TOKEN, of_raw_variant},
};
use crate::{
    value::{INT_DICT_TOKEN, INT_TOKEN, Value},
    wire::{DataType, Dialect},
};

/// Appends a value's payload to `out` and returns the type code for the header.
///
/// The data type is that of what is serialised; see the [module](super) for what each dialect can carry. On an error `out` is
/// left as it was.
///
/// ```
/// use highway::{payload, wire::Dialect};
///
/// let mut out = Vec::new();
/// assert_eq!(payload::encode(Dialect::V02, &(1, "two", 3.0), &mut out)?, 6);
/// assert_eq!(out, br#"[1,"two",3.0]"#);
/// # Ok::<(), payload::EncodeError>(())
/// ```
#[inline]
pub fn encode<T: Serialize + ?Sized>(
    dialect: Dialect,
    value: &T,
    out: &mut Vec<u8>,
) -> Result<u8, EncodeError> {
    let start = out.len();
    let result = match dialect {
        Dialect::V01 | Dialect::V02 => serialize(Json::new(dialect, out), value),
        Dialect::Extended => serialize(Cbor::new(out), value),
    };
    match result {
        Ok(data_type) => Ok(code(dialect, data_type)),
        Err(error) => {
            out.truncate(start);
            Err(*error)
        }
    }
}

#[inline]
fn serialize<T: Serialize + ?Sized>(
    form: impl Form,
    value: &T,
) -> Result<DataType, Box<EncodeError>> {
    value.serialize(PayloadSerializer {
        writer: &mut Writer::new(form),
    })
}

/// The code of a data type, or of the one that stands in for it where the dialect has none.
#[inline]
fn code(dialect: Dialect, data_type: DataType) -> u8 {
    let stand_in = match data_type {
        DataType::IntDict => DataType::Dict,
        _ => DataType::List,
    };
    let code = dialect.code(data_type).or(dialect.code(stand_in));
    code.expect("every dialect has lists and dicts")
}

/// Writes a whole payload.
struct PayloadSerializer<'a, F> {
    writer: &'a mut Writer<F>,
}

/// A collection that is a whole payload, and its type.
struct Whole<'a, F: Form> {
    data_type: DataType,
    collection: Collection<'a, F>,
}

impl<'a, F: Form> PayloadSerializer<'a, F> {
    #[inline]
    fn text(self, data_type: DataType, text: &[u8]) -> DataType {
        self.writer.form.out().extend_from_slice(text);
        data_type
    }

    #[inline]
    fn int(self, number: impl itoa::Integer) -> DataType {
        self.text(DataType::Int, itoa::Buffer::new().format(number).as_bytes())
    }

    /// Writes a payload that came in some dialect.
    fn raw(
        self,
        dialect: Dialect,
        data_type: DataType,
        payload: &(impl Serialize + ?Sized),
    ) -> Result<DataType, Box<EncodeError>> {
        let start = self.writer.form.out().len();
        payload.serialize(PayloadSerializer {
            writer: &mut *self.writer,
        })?;
        if dialect == self.writer.form.dialect() {
            return Ok(data_type);
        }
        let payload = self.writer.form.out().split_off(start);
        let payload = Payload::new(dialect, data_type, &payload).nesting(MAX_NESTING);
        let value: Value = payload
            .decode()
            .map_err(<Box<EncodeError> as ser::Error>::custom)?;
        value.serialize(self)
    }

    #[inline]
    fn list(
        self,
        data_type: DataType,
        len: Option<usize>,
    ) -> Result<Whole<'a, F>, Box<EncodeError>> {
        Ok(Whole {
            data_type,
            // The header says whether it is a tuple.
            collection: self.writer.open(Kind::List, len)?,
        })
    }

    #[inline]
    fn dict(self, len: Option<usize>) -> Result<Whole<'a, F>, Box<EncodeError>> {
        Ok(Whole {
            data_type: DataType::Dict,
            collection: self.writer.open(Kind::Dict, len)?,
        })
    }

    fn variant(
        self,
        variant: &'static str,
        kind: Kind,
        len: usize,
    ) -> Result<Whole<'a, F>, Box<EncodeError>> {
        Ok(Whole {
            data_type: DataType::Dict,
            collection: self.writer.open_variant(variant, kind, len)?,
        })
    }
}

impl<'a, F: Form> Serializer for PayloadSerializer<'a, F> {
    type Ok = DataType;
    type Error = Box<EncodeError>;
    type SerializeSeq = Whole<'a, F>;
    type SerializeTuple = Whole<'a, F>;
    type SerializeTupleStruct = Whole<'a, F>;
    type SerializeTupleVariant = Whole<'a, F>;
    type SerializeMap = Whole<'a, F>;
    type SerializeStruct = Fields<Whole<'a, F>, Self>;
    type SerializeStructVariant = Whole<'a, F>;

    #[inline]
    fn serialize_bool(self, bool: bool) -> Result<DataType, Self::Error> {
        Ok(self.text(DataType::Bool, if bool { b"1" } else { b"0" }))
    }

    #[inline]
    fn serialize_i8(self, number: i8) -> Result<DataType, Self::Error> {
        Ok(self.int(number))
    }

    #[inline]
    fn serialize_i16(self, number: i16) -> Result<DataType, Self::Error> {
        Ok(self.int(number))
    }

    #[inline]
    fn serialize_i32(self, number: i32) -> Result<DataType, Self::Error> {
        Ok(self.int(number))
    }

    #[inline]
    fn serialize_i64(self, number: i64) -> Result<DataType, Self::Error> {
        Ok(self.int(number))
    }

    fn serialize_i128(self, number: i128) -> Result<DataType, Self::Error> {
        Ok(self.int(number))
    }

    #[inline]
    fn serialize_u8(self, number: u8) -> Result<DataType, Self::Error> {
        Ok(self.int(number))
    }

    #[inline]
    fn serialize_u16(self, number: u16) -> Result<DataType, Self::Error> {
        Ok(self.int(number))
    }

    #[inline]
    fn serialize_u32(self, number: u32) -> Result<DataType, Self::Error> {
        Ok(self.int(number))
    }

    #[inline]
    fn serialize_u64(self, number: u64) -> Result<DataType, Self::Error> {
        Ok(self.int(number))
    }

    fn serialize_u128(self, number: u128) -> Result<DataType, Self::Error> {
        Ok(self.int(number))
    }

    #[inline]
    fn serialize_f32(self, float: f32) -> Result<DataType, Self::Error> {
        write_float(float, self.writer.form.out());
        Ok(DataType::Float)
    }

    #[inline]
    fn serialize_f64(self, float: f64) -> Result<DataType, Self::Error> {
        write_float(float, self.writer.form.out());
        Ok(DataType::Float)
    }

    fn serialize_char(self, char: char) -> Result<DataType, Self::Error> {
        Ok(self.text(DataType::Str, char.encode_utf8(&mut [0; 4]).as_bytes()))
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<DataType, Self::Error> {
        Ok(self.text(DataType::Str, text.as_bytes()))
    }

    #[inline]
    fn serialize_bytes(self, bytes: &[u8]) -> Result<DataType, Self::Error> {
        Ok(self.text(DataType::Bytes, bytes))
    }

    fn serialize_none(self) -> Result<DataType, Self::Error> {
        Ok(DataType::None)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<DataType, Self::Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<DataType, Self::Error> {
        Ok(DataType::None)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<DataType, Self::Error> {
        Ok(DataType::None)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<DataType, Self::Error> {
        self.serialize_str(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<DataType, Self::Error> {
        let data_type = value.serialize(self)?;
        Ok(match name {
            // Was serialised as its digits.
            INT_TOKEN => DataType::Int,
            INT_DICT_TOKEN => DataType::IntDict,
            _ => data_type,
        })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<DataType, Self::Error> {
        if name == RAW_TOKEN
            && let Some((dialect, data_type)) = of_raw_variant(index)
        {
            return self.raw(dialect, data_type, value);
        }
        self.writer.variant(variant, value)?;
        Ok(DataType::Dict)
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Whole<'a, F>, Self::Error> {
        self.list(DataType::List, len)
    }

    #[inline]
    fn serialize_tuple(self, len: usize) -> Result<Whole<'a, F>, Self::Error> {
        self.list(DataType::Tuple, Some(len))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        len: usize,
    ) -> Result<Whole<'a, F>, Self::Error> {
        self.list(DataType::Tuple, Some(len))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Whole<'a, F>, Self::Error> {
        if is_private(name) {
            return refuse(name);
        }
        self.variant(variant, Kind::Tuple, len)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Whole<'a, F>, Self::Error> {
        self.dict(len)
    }

    #[inline]
    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStruct, Self::Error> {
        if is_private(name) {
            return Fields::private(name, self);
        }
        Ok(Fields::Usual(self.dict(Some(len))?))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Whole<'a, F>, Self::Error> {
        self.variant(variant, Kind::Dict, len)
    }
}

/// Reads JSON that somebody wrote elsewhere, which may be all that the most liberal dialect has.
fn read_json(text: &str) -> Result<Value, Box<EncodeError>> {
    Payload::new(Dialect::V01, DataType::List, text.as_bytes())
        .decode()
        .map_err(<Box<EncodeError> as ser::Error>::custom)
}

impl<F: Form> ReadJson for PayloadSerializer<'_, F> {
    fn read_json(text: &str) -> Result<Value, Box<EncodeError>> {
        read_json(text)
    }
}

impl<F: Form> ReadJson for PartSerializer<'_, F> {
    fn read_json(text: &str) -> Result<Value, Box<EncodeError>> {
        read_json(text)
    }
}

/// Passes a collection's parts on and adds its type at the end.
macro_rules! whole {
    ($($trait:ident { $($method:ident($($key:ident: $key_type:ty)?),)* })*) => {$(
        impl<F: Form> serde::ser::$trait for Whole<'_, F> {
            type Ok = DataType;
            type Error = Box<EncodeError>;

            $(
                #[inline]
                fn $method<T: Serialize + ?Sized>(
                    &mut self,
                    $($key: $key_type,)?
                    value: &T,
                ) -> Result<(), Self::Error> {
                    serde::ser::$trait::$method(&mut self.collection, $($key,)? value)
                }
            )*

            #[inline]
            fn end(self) -> Result<DataType, Self::Error> {
                serde::ser::$trait::end(self.collection)?;
                Ok(self.data_type)
            }
        }
    )*};
}

whole! {
    SerializeSeq { serialize_element(), }
    SerializeTuple { serialize_element(), }
    SerializeTupleStruct { serialize_field(), }
    SerializeTupleVariant { serialize_field(), }
    SerializeMap { serialize_key(), serialize_value(), }
    SerializeStruct { serialize_field(key: &'static str), }
    SerializeStructVariant { serialize_field(key: &'static str), }
}
