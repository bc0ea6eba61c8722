//! What declared routes return where that is a `Result`: its error belongs to the protocol.
//!
//! On the wire such an error is a [`Failure`] with the error as its data. What a protocol's module declares has concrete types,
//! so that its generated code can ask [`Outcome`] what a type is.

use std::{fmt, marker::PhantomData};

use serde::{
    Serialize, Serializer,
    de::DeserializeOwned,
    ser::{self, Impossible},
};

use crate::{
    error::Failure,
    payload::{self, Payload},
    route::Reads,
    value::Value,
    wire::Dialect,
};

/// What a declared route returns, or an item of it. The traits below answer, the first that does.
pub struct Outcome<T>(PhantomData<fn() -> T>);

impl<T> fmt::Debug for Outcome<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outcome")
    }
}

impl<T> Clone for Outcome<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Outcome<T> {}

impl<T> Outcome<T> {
    /// Generated code's way in.
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A `Result`, as it is read.
pub trait ReadsResult<T> {
    /// How it is read.
    fn __highway_reads(self) -> Reads<T>;
}

impl<T, E> ReadsResult<Result<T, E>> for &&Outcome<Result<T, E>>
where
    T: DeserializeOwned + 'static,
    E: DeserializeOwned,
{
    fn __highway_reads(self) -> Reads<Result<T, E>> {
        Reads {
            take: |message| message.take().map(Ok),
            failed: Some(|failure| convert(failure.data().unwrap_or(&Value::None)).map(Err)),
        }
    }
}

/// Anything else that is read.
pub trait ReadsValue<T> {
    /// How it is read.
    fn __highway_reads(self) -> Reads<T>;
}

impl<T: DeserializeOwned + 'static> ReadsValue<T> for &Outcome<T> {
    fn __highway_reads(self) -> Reads<T> {
        Reads::VALUE
    }
}

/// What can't be read, which the compiler has refused.
pub trait ReadsRefused<T> {
    /// Never runs.
    fn __highway_reads(self) -> Reads<T>;
}

impl<T> ReadsRefused<T> for Outcome<T> {
    fn __highway_reads(self) -> Reads<T> {
        unreachable!("the compiler refuses a protocol whose types can't be deserialised")
    }
}

/// A `Result` whose error has a text.
pub trait FailsWithText<T> {
    /// The error, if it is one, as others get it.
    fn __highway_failure(self, outcome: &T) -> Option<Failure>;
}

impl<T, E: Serialize + fmt::Display> FailsWithText<Result<T, E>> for &&Outcome<Result<T, E>> {
    fn __highway_failure(self, outcome: &Result<T, E>) -> Option<Failure> {
        let error = outcome.as_ref().err()?;
        Some(failure(error, Some(error.to_string())))
    }
}

/// A `Result` whose error has none.
pub trait Fails<T> {
    /// The error, if it is one, as others get it.
    fn __highway_failure(self, outcome: &T) -> Option<Failure>;
}

impl<T, E: Serialize> Fails<Result<T, E>> for &Outcome<Result<T, E>> {
    fn __highway_failure(self, outcome: &Result<T, E>) -> Option<Failure> {
        Some(failure(outcome.as_ref().err()?, None))
    }
}

/// What is not a `Result`.
pub trait NeverFails<T> {
    /// None.
    fn __highway_failure(self, outcome: &T) -> Option<Failure>;
}

impl<T> NeverFails<T> for Outcome<T> {
    fn __highway_failure(self, _: &T) -> Option<Failure> {
        None
    }
}

/// A declared error as others get it: as data, with the name of its variant as the code.
fn failure<E: Serialize>(error: &E, text: Option<String>) -> Failure {
    let code = variant(error);
    let Some(data) = convert(error) else {
        return Failure::new(text.unwrap_or_else(|| "the error can't be sent".to_owned()));
    };
    let text = text.unwrap_or_else(|| match (&data, code) {
        (Value::Str(text), _) => text.clone(),
        (data, _) => format!("{data:?}"),
    });
    let mut failure = Failure::new(text).with_data(data).declared();
    if let Some(code) = code {
        failure = failure.with_code(code);
    }
    failure
}

/// A value as another type, by way of what goes over the wire.
fn convert<T: Serialize, U: DeserializeOwned>(value: &T) -> Option<U> {
    let mut bytes = Vec::new();
    let code = payload::encode(Dialect::Extended, value, &mut bytes).ok()?;
    let data_type = Dialect::Extended.data_type(code)?;
    Payload::new(Dialect::Extended, data_type, &bytes)
        .decode()
        .ok()
}

/// The name of an enum's variant, as serde writes it.
fn variant<T: Serialize>(value: &T) -> Option<&'static str> {
    value.serialize(Variant).err()?.0
}

/// A serializer that is told the name of a variant, and wants no more.
struct Variant;

/// The name, in the place of an error.
#[derive(Debug)]
struct Found(Option<&'static str>);

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.unwrap_or_default())
    }
}

impl std::error::Error for Found {}

impl ser::Error for Found {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(None)
    }
}

macro_rules! no_variant {
    ($($method:ident($($ty:ty),*);)*) => {$(
        fn $method(self, $(_: $ty),*) -> Result<Self::Ok, Found> {
            Err(Found(None))
        }
    )*};
}

impl Serializer for Variant {
    type Ok = std::convert::Infallible;
    type Error = Found;
    type SerializeSeq = Impossible<Self::Ok, Found>;
    type SerializeTuple = Impossible<Self::Ok, Found>;
    type SerializeTupleStruct = Impossible<Self::Ok, Found>;
    type SerializeTupleVariant = Impossible<Self::Ok, Found>;
    type SerializeMap = Impossible<Self::Ok, Found>;
    type SerializeStruct = Impossible<Self::Ok, Found>;
    type SerializeStructVariant = Impossible<Self::Ok, Found>;

    no_variant! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Self::Ok, Found> {
        Err(Found(Some(variant)))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, Found> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Self::Ok, Found> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Result<Self::Ok, Found> {
        Err(Found(Some(variant)))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Found> {
        Err(Found(None))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Found> {
        Err(Found(None))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Found> {
        Err(Found(None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Found> {
        Err(Found(Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Found> {
        Err(Found(None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Found> {
        Err(Found(None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Found> {
        Err(Found(Some(variant)))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Wrong {
        ByZero,
        TooLarge { limit: u8 },
        Of(String),
        Pair(u8, u8),
    }

    #[track_caller]
    fn check<E: Serialize + DeserializeOwned + PartialEq + fmt::Debug>(
        error: &E,
        code: Option<&str>,
        message: &str,
    ) {
        let failure = failure(error, None);
        assert!(failure.is_declared());
        assert_eq!((failure.code(), failure.message()), (code, message));
        let read: Option<E> = convert(failure.data().unwrap_or(&Value::None));
        assert_eq!(read.as_ref(), Some(error));
    }

    #[test]
    fn errors_are_told_as_failures_and_read() {
        check(&Wrong::ByZero, Some("by-zero"), "by-zero");
        check(
            &Wrong::TooLarge { limit: 5 },
            Some("too-large"),
            r#"{"too-large": {"limit": 5}}"#,
        );
        check(&Wrong::Of("x".to_owned()), Some("of"), r#"{"of": "x"}"#);
        check(&Wrong::Pair(1, 2), Some("pair"), r#"{"pair": (1, 2)}"#);
        check(&"no such number".to_owned(), None, "no such number");
        check(&7_u8, None, "7");
        check(&(), None, "none");
        check(&Some(Wrong::ByZero), Some("by-zero"), "by-zero");
    }

    #[test]
    fn text_of_an_error_is_the_message() {
        let failed: Result<(), String> = Err("why".to_owned());
        let failure = (&&Outcome::<Result<(), String>>::new()).__highway_failure(&failed);
        assert_eq!(failure.expect("it is an error").message(), "why");
        let went: Result<(), String> = Ok(());
        assert!(
            (&&Outcome::<Result<(), String>>::new())
                .__highway_failure(&went)
                .is_none()
        );
    }
}
