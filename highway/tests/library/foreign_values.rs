//! What other libraries' types hand to their own formats under private names, as the calls that these make.
//!
//! `serde_json` itself is not asked to make those of a number here: its feature `arbitrary_precision` would be on in every test.

use std::fmt::{self, Debug};

use highway::{
    payload,
    value::Value,
    wire::{DataType, Dialect},
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeOwned, IgnoredAny},
    ser::{SerializeStruct, SerializeTupleVariant},
};

/// A struct of one field, which is a text.
#[derive(Debug, Clone)]
struct Private(&'static str, &'static str, String);

impl Serialize for Private {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct(self.0, 1)?;
        fields.serialize_field(self.1, &self.2)?;
        fields.end()
    }
}

const NUMBER: &str = "$serde_json::private::Number";
const RAW: &str = "$serde_json::private::RawValue";

fn number(text: &str) -> Private {
    Private(NUMBER, NUMBER, text.to_owned())
}

fn raw(text: &str) -> Private {
    Private(RAW, RAW, text.to_owned())
}

fn sent<T: Serialize>(dialect: Dialect, value: &T) -> Result<Value, String> {
    let mut bytes = Vec::new();
    let code = payload::encode(dialect, value, &mut bytes).map_err(|error| error.to_string())?;
    let data_type = dialect.data_type(code).expect("it has a type");
    Ok(payload::decode(dialect, data_type, &bytes).expect("it can be read"))
}

/// By itself, and in each kind of collection.
#[track_caller]
fn arrives_as(sent_value: &(impl Serialize + Clone), value: impl Into<Value>) {
    #[derive(Serialize)]
    struct Held<T> {
        of: T,
    }

    #[derive(Serialize)]
    enum Choice<T> {
        One(T),
    }

    #[derive(Serialize)]
    #[serde(tag = "kind")]
    enum Tagged<T> {
        Two { of: T },
    }

    let value = value.into();
    for dialect in Dialect::ALL {
        assert_eq!(sent(dialect, sent_value), Ok(value.clone()), "{dialect}");
        let list = sent(dialect, &vec![sent_value]);
        assert_eq!(list, Ok(Value::List(vec![value.clone()])), "{dialect}");
        let inner = |dict: Result<Value, String>, key| {
            dict.map(|dict| dict.get_key(key).cloned().expect("it has the key"))
        };
        let held = sent(dialect, &vec![Held { of: sent_value }]).map(|list| list[0].clone());
        assert_eq!(inner(held, "of"), Ok(value.clone()), "{dialect}");
        assert_eq!(
            inner(sent(dialect, &Held { of: sent_value }), "of"),
            Ok(value.clone())
        );
        assert_eq!(
            inner(sent(dialect, &Choice::One(sent_value)), "One"),
            Ok(value.clone())
        );
        assert_eq!(
            inner(sent(dialect, &Tagged::Two { of: sent_value }), "of"),
            Ok(value.clone())
        );
    }
}

#[test]
fn numbers_of_serde_json_are_numbers() {
    arrives_as(&number("7"), 7);
    arrives_as(&number("-7"), -7);
    arrives_as(&number("0"), 0);
    arrives_as(&number("18446744073709551615"), u64::MAX);
    arrives_as(&number("2.5"), 2.5);
    arrives_as(&number("1e3"), 1e3);
    arrives_as(&number("1E-7"), 1e-7);
    arrives_as(&number("1.0000000000000000000000000000001"), 1.0);
    let Ok(Value::Float(zero)) = sent(Dialect::V02, &number("-0")) else {
        panic!("zero with a sign is a float");
    };
    assert!(zero == 0.0 && zero.is_sign_negative());
    let large = "100000000000000000000000000000000000000000";
    for dialect in Dialect::ALL {
        let int = Value::Int(large.parse().expect("it is an int"));
        assert_eq!(sent(dialect, &number(large)), Ok(int.clone()));
        let list = sent(dialect, &[number(large)]);
        match dialect {
            Dialect::V02 => assert_eq!(
                list.unwrap_err(),
                "inside of a list, dict or tuple dialect 0.2 carries whole numbers from -2^63 to 2^64-1 only at [0]"
            ),
            _ => assert_eq!(list.expect("it is sent")[0], int),
        }
        assert_eq!(
            sent(dialect, &[number("1e400")]).unwrap_err(),
            "no float is as large as the number 1e400; send it as a String at [0]"
        );
    }
}

#[test]
fn raw_json_is_what_it_says() {
    arrives_as(&raw("null"), Value::None);
    arrives_as(&raw(" \"\\u00fc\" "), "ü");
    arrives_as(&raw("[1, 2.0, {\"a\": [true]}]"), {
        let dict = [("a", Value::from(vec![true]))].into_iter().collect();
        vec![1.into(), 2.0.into(), Value::Dict(dict)]
    });
    let error = sent(Dialect::V02, &vec![raw("[1")]).unwrap_err();
    assert!(error.contains("it ends too early"), "{error}");
}

#[test]
fn other_private_structs_are_refused() {
    struct Tag;

    impl Serialize for Tag {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut tag = serializer.serialize_tuple_variant("@@TAG@@", 0, "@@TAGGED@@", 2)?;
            tag.serialize_field(&1)?;
            tag.serialize_field("x")?;
            tag.end()
        }
    }

    let other = Private(
        "$other::private::Thing",
        "$other::private::Thing",
        "x".to_owned(),
    );
    for dialect in Dialect::ALL {
        for error in [sent(dialect, &other), sent(dialect, &Some(&other))] {
            assert_eq!(
                error.unwrap_err(),
                "a type of another library, `$other::private::Thing`, can only be written by that library's own format; send what it holds, as a String or as a type of your own"
            );
        }
        assert!(sent(dialect, &[&other]).unwrap_err().ends_with(" at [0]"));
        assert!(sent(dialect, &Tag).is_err());
        assert!(sent(dialect, &vec![Tag]).is_err());
    }
    // A struct of the user's may be of any name.
    arrives_as(&Private("Private", "private", "x".to_owned()), {
        Value::Dict([("private", "x")].into_iter().collect())
    });
}

#[test]
fn datetimes_of_toml_are_texts() {
    let date = || {
        "1979-05-27T07:32:00Z"
            .parse::<toml::value::Datetime>()
            .expect("it is one")
    };
    arrives_as(&date(), "1979-05-27T07:32:00Z");
    both_ways(&date());
    both_ways(&vec![date()]);
    both_ways(&(1, Some(date())));
    // As others may have it.
    let dict = br#"[{"$__toml_private_datetime":"1979-05-27"}]"#;
    let read = payload::decode::<[toml::value::Datetime; 1]>(Dialect::V02, DataType::List, dict);
    assert_eq!(read.expect("it is one")[0].to_string(), "1979-05-27");
    let read = payload::decode::<toml::value::Datetime>(Dialect::V02, DataType::Str, b"x");
    assert!(read.is_err());
    let value: toml::Value = toml::from_str("a = 1979-05-27\nb = [1, 2.5]").expect("it is TOML");
    let expected = [
        ("a", Value::from("1979-05-27")),
        ("b", vec![Value::from(1), 2.5.into()].into()),
    ];
    arrives_as(&value, Value::Dict(expected.into_iter().collect()));
}

#[test]
fn spanned_values_are_their_values() {
    type Spanned<T> = toml::Spanned<T>;
    let of = |text: &str| Spanned::new(3..7, text.to_owned());
    arrives_as(&of("x"), "x");
    for dialect in Dialect::ALL {
        let mut bytes = Vec::new();
        let code = payload::encode(dialect, &(of("x"), 1), &mut bytes).expect("it is sent");
        let data_type = dialect.data_type(code).expect("it has a type");
        let (text, number): (Spanned<String>, Spanned<u8>) =
            payload::decode(dialect, data_type, &bytes).expect("it is read");
        assert_eq!((text.get_ref().as_str(), *number.get_ref()), ("x", 1));
        let number: Spanned<u8> =
            payload::decode(dialect, DataType::Int, b"7").expect("it is read");
        assert_eq!((number.span(), number.into_inner()), (0..0, 7));
    }
}

#[track_caller]
fn both_ways<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    for dialect in Dialect::ALL {
        let mut bytes = Vec::new();
        let code = payload::encode(dialect, value, &mut bytes).expect("it is sent");
        let data_type = dialect.data_type(code).expect("it has a type");
        assert_eq!(
            payload::decode::<T>(dialect, data_type, &bytes).as_ref(),
            Ok(value)
        );
    }
}

/// Asks for JSON as it is written, as `serde_json::value::RawValue` does.
#[derive(Debug, PartialEq)]
struct Raw(String);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RawVisitor;

        impl<'de> de::Visitor<'de> for RawVisitor {
            type Value = Raw;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any valid JSON value")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                assert_eq!(map.next_key::<String>()?.as_deref(), Some(RAW));
                map.next_value().map(Raw)
            }
        }

        deserializer.deserialize_newtype_struct(RAW, RawVisitor)
    }
}

#[test]
fn raw_json_is_read_from_every_value_that_json_has() {
    let read = payload::decode(Dialect::V02, DataType::List, br#"[ 1, {"a":"\u00fc"} ]"#);
    assert_eq!(
        read,
        Ok((Raw("1".to_owned()), Raw(r#"{"a":"\u00fc"}"#.to_owned())))
    );
    let value = Value::from((1, vec![2.5], "ü", Value::None));
    for dialect in Dialect::ALL {
        let mut bytes = Vec::new();
        let code = payload::encode(dialect, &value, &mut bytes).expect("it is sent");
        let data_type = dialect.data_type(code).expect("it has a type");
        let read = payload::decode::<Raw>(dialect, data_type, &bytes);
        assert_eq!(read, Ok(Raw(r#"[1,[2.5],"ü",null]"#.to_owned())));
        let read = payload::decode::<(Raw, Raw, IgnoredAny, Raw)>(dialect, data_type, &bytes);
        assert_eq!(read.expect("it is read").1, Raw("[2.5]".to_owned()));
        let text = payload::decode(dialect, DataType::Str, "ü".as_bytes());
        assert_eq!(text, Ok(Raw("\"ü\"".to_owned())));
        assert_eq!(
            payload::decode(dialect, DataType::Int, b"7"),
            Ok(Raw("7".to_owned()))
        );
        assert!(payload::decode::<Raw>(dialect, DataType::Bytes, b"7").is_err());
        assert!(payload::decode::<Raw>(dialect, DataType::Float, b"NaN").is_err());
    }
    assert!(payload::decode::<[Raw; 1]>(Dialect::V01, DataType::List, b"[NaN]").is_err());
}

/// Borrows JSON as it is written, as `&serde_json::value::RawValue` does.
#[derive(Debug, PartialEq)]
struct BorrowedRaw<'a>(&'a str);

impl<'de: 'a, 'a> Deserialize<'de> for BorrowedRaw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RawVisitor;

        impl<'de> de::Visitor<'de> for RawVisitor {
            type Value = BorrowedRaw<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any valid JSON value")
            }

            fn visit_map<A: de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<BorrowedRaw<'de>, A::Error> {
                map.next_key::<IgnoredAny>()?;
                map.next_value().map(BorrowedRaw)
            }
        }

        deserializer.deserialize_newtype_struct(RAW, RawVisitor)
    }
}

#[test]
fn raw_json_is_borrowed_from_json() {
    let read = payload::decode(Dialect::V02, DataType::List, br#"[[1, "\n"],"b"]"#);
    assert_eq!(
        read,
        Ok((BorrowedRaw(r#"[1, "\n"]"#), BorrowedRaw(r#""b""#)))
    );
}
