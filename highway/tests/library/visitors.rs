//! Types whose `Deserialize` is written by hand for one of the ways in which a value can be given: all of them are read.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::{self, Debug},
    marker::PhantomData,
};

use highway::{
    payload,
    value::{Int, Value},
    wire::{DataType, Dialect},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, de::DeserializeOwned};

#[track_caller]
fn arrives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    for dialect in Dialect::ALL {
        let mut bytes = Vec::new();
        let code = payload::encode(dialect, value, &mut bytes).expect("it can be sent");
        let data_type = dialect.data_type(code).expect("it has a type");
        let back = payload::decode::<T>(dialect, data_type, &bytes);
        assert_eq!(back.as_ref(), Ok(value), "{dialect}");
    }
}

/// By itself, and in collections.
#[track_caller]
fn arrives_inside<T>(value: &T)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug + Clone,
{
    arrives(value);
    arrives(&vec![value.clone()]);
    arrives(&HashMap::from([("key".to_owned(), Some(value.clone()))]));
}

/// In all places where a value can stand.
#[track_caller]
fn arrives_everywhere<T>(value: &T)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug + Clone,
{
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Choice<T> {
        One(T),
        Two(String, T),
        Named { of: T },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Held<T> {
        id: u8,
        of: Option<T>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged<T> {
        A { of: T },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged<T> {
        A(T),
    }

    let value = || value.clone();
    arrives(&value());
    arrives(&vec![value(), value()]);
    arrives(&("x".to_owned(), value()));
    arrives(&HashMap::from([("key".to_owned(), value())]));
    arrives(&Some(value()));
    arrives(&Choice::One(value()));
    arrives(&Choice::Two("x".to_owned(), value()));
    arrives(&Choice::Named { of: value() });
    arrives(&Held {
        id: 1,
        of: Some(value()),
    });
    arrives(&Tagged::A { of: value() });
    arrives(&vec![Untagged::A(value())]);
}

macro_rules! id {
    ($name:ident($int:ty) by $ask:ident with $($visit:ident($given:ty))*) => {
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        struct $name($int);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Number;

                impl de::Visitor<'_> for Number {
                    type Value = $int;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a number")
                    }

                    $(fn $visit<E: de::Error>(self, number: $given) -> Result<$int, E> {
                        number
                            .try_into()
                            .map_err(|_| E::custom("it is another number"))
                    })*
                }

                deserializer.$ask(Number).map(Self)
            }
        }
    };
}

id!(U64(u64) by deserialize_u64 with visit_u64(u64));
id!(U32(u32) by deserialize_u32 with visit_u32(u32));
id!(U8(u8) by deserialize_u8 with visit_u64(u64));
id!(U64ByI64(u64) by deserialize_u64 with visit_i64(i64));
id!(AnyU64(u64) by deserialize_any with visit_u64(u64));
id!(AnyI64(i64) by deserialize_any with visit_i64(i64));
id!(AnyBoth(i64) by deserialize_any with visit_u64(u64) visit_i64(i64));
id!(I64(i64) by deserialize_i64 with visit_i64(i64));
id!(I16(i16) by deserialize_i16 with visit_i16(i16));
id!(I64ByU64(i64) by deserialize_i64 with visit_u64(u64));
id!(I128(i128) by deserialize_i128 with visit_i128(i128));
id!(I128ByI64(i128) by deserialize_i128 with visit_i64(i64));
id!(U128(u128) by deserialize_u128 with visit_u128(u128));
id!(U128ByU64(u128) by deserialize_u128 with visit_u64(u64));

#[test]
fn positive_ints_are_given_as_what_the_visitor_takes() {
    for number in [0, 8, 300, 1 << 40, i64::MAX.unsigned_abs()] {
        arrives_everywhere(&U64(number));
        arrives_everywhere(&U64ByI64(number));
        arrives_everywhere(&AnyU64(number));
        arrives_inside(&U128(number.into()));
        arrives_inside(&U128ByU64(number.into()));
        arrives_inside(&I128(number.into()));
        arrives_inside(&I128ByI64(number.into()));
        let number = i64::try_from(number).expect("it fits");
        arrives_everywhere(&AnyI64(number));
        arrives_everywhere(&AnyBoth(number));
        arrives_everywhere(&I64(number));
        arrives_everywhere(&I64ByU64(number));
    }
    arrives_everywhere(&U64(u64::MAX));
    arrives_everywhere(&AnyU64(u64::MAX));
    arrives_inside(&U32(7));
    arrives_everywhere(&U8(255));
    arrives_inside(&I16(7));
}

#[test]
fn negative_ints_are_signed() {
    for number in [-1, i64::MIN] {
        arrives_everywhere(&AnyI64(number));
        arrives_everywhere(&AnyBoth(number));
        arrives_everywhere(&I64(number));
        arrives_inside(&I128(number.into()));
        arrives_inside(&I128ByI64(number.into()));
    }
    arrives_inside(&I16(-300));
    for dialect in Dialect::ALL {
        let error = payload::decode::<U64>(dialect, DataType::Int, b"-1").unwrap_err();
        assert_eq!(error.to_string(), "expected a number, received int -1");
    }
}

#[test]
fn ints_beyond_64_bits_are_of_128() {
    for dialect in [Dialect::V01, Dialect::Extended] {
        for number in [u128::from(u64::MAX) + 1, u128::MAX] {
            let mut bytes = Vec::new();
            let code = payload::encode(dialect, &[U128(number)], &mut bytes).expect("it is sent");
            let data_type = dialect.data_type(code).expect("it has a type");
            let back = payload::decode::<[U128; 1]>(dialect, data_type, &bytes);
            assert_eq!(back, Ok([U128(number)]), "{dialect}");
        }
    }
    for dialect in Dialect::ALL {
        let back = payload::decode(dialect, DataType::Int, b"18446744073709551616");
        assert_eq!(back, Ok(I128(1 << 64)));
    }
}

#[test]
fn keys_are_given_as_what_the_visitor_takes() {
    arrives(&BTreeMap::from([(U64(7), 1)]));
    arrives(&BTreeMap::from([(U64ByI64(7), 1)]));
    arrives(&BTreeMap::from([(U32(7), 1)]));
    arrives(&BTreeMap::from([(I64(-7), 1), (I64(7), 2)]));
    arrives(&BTreeMap::from([(I64ByU64(7), 1)]));
    arrives(&BTreeMap::from([(U128(7), 1)]));
    arrives(&vec![BTreeMap::from([(AnyI64(7), 1)])]);
    arrives(&vec![BTreeMap::from([(AnyU64(u64::MAX), 1)])]);
}

/// Takes floats only, though an int may be as good.
#[derive(Debug, Clone, PartialEq)]
struct Ratio<F>(F);

impl<F: Serialize> Serialize for Ratio<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

struct RatioVisitor<F>(PhantomData<F>);

macro_rules! ratio {
    ($float:ty, $ask:ident, $visit:ident) => {
        impl de::Visitor<'_> for RatioVisitor<$float> {
            type Value = $float;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a ratio")
            }

            fn $visit<E>(self, float: $float) -> Result<$float, E> {
                Ok(float)
            }
        }

        impl<'de> Deserialize<'de> for Ratio<$float> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer
                    .$ask(RatioVisitor::<$float>(PhantomData))
                    .map(Self)
            }
        }
    };
}

ratio!(f64, deserialize_f64, visit_f64);
ratio!(f32, deserialize_f32, visit_f32);

#[test]
fn floats_are_given_as_floats() {
    for float in [0.0, 2.5, -1e9] {
        arrives_everywhere(&Ratio::<f64>(float.into()));
        arrives_inside(&Ratio::<f32>(float));
    }
    for (dialect, list) in [
        (Dialect::V01, &b"[1,-2]"[..]),
        (Dialect::V02, b"[1,-2]"),
        (Dialect::Extended, b"\x82\x01\x21"),
    ] {
        let floats = payload::decode(dialect, DataType::List, list);
        assert_eq!(floats, Ok([Ratio(1.0_f64), Ratio(-2.0)]));
        let floats = payload::decode(dialect, DataType::List, list);
        assert_eq!(floats, Ok([Ratio(1.0_f32), Ratio(-2.0)]));
        assert_eq!(
            payload::decode(dialect, DataType::Int, b"7"),
            Ok(Ratio(7.0_f32))
        );
    }
}

/// What a float type is given is the nearest float, and what is beyond all of them is refused.
#[test]
fn floats_are_the_nearest_or_refused() {
    #[track_caller]
    fn check(number: &str, double: Option<f64>, single: Option<f32>) {
        let int = number.parse::<Int>();
        let data_type = if int.is_ok() {
            DataType::Int
        } else {
            DataType::Float
        };
        for dialect in Dialect::ALL {
            let read = payload::decode::<f64>(dialect, data_type, number.as_bytes());
            assert_eq!(read.ok(), double, "{dialect}");
            let read = payload::decode::<f32>(dialect, data_type, number.as_bytes());
            assert_eq!(read.ok(), single, "{dialect}");
        }
        let list = format!("[{number}]");
        for dialect in [Dialect::V01, Dialect::V02] {
            let read = payload::decode::<[f64; 1]>(dialect, DataType::List, list.as_bytes());
            assert_eq!(read.ok(), double.map(|float| [float]), "{dialect}");
            let read = payload::decode::<[f32; 1]>(dialect, DataType::List, list.as_bytes());
            assert_eq!(read.ok(), single.map(|float| [float]), "{dialect}");
        }
        let value = match int {
            Ok(int) => Value::Int(int),
            Err(_) => Value::Float(number.parse().expect("it is a number")),
        };
        if value == Value::Float(f64::INFINITY) {
            return;
        }
        let mut list = Vec::new();
        payload::encode(Dialect::Extended, &vec![value], &mut list).expect("it is sent");
        let read = payload::decode::<[f64; 1]>(Dialect::Extended, DataType::List, &list);
        assert_eq!(read.ok(), double.map(|float| [float]));
        let read = payload::decode::<[f32; 1]>(Dialect::Extended, DataType::List, &list);
        assert_eq!(read.ok(), single.map(|float| [float]));
    }

    check("16777217", Some(16_777_217.0), Some(16_777_216.0));
    check(
        "9007199254740993",
        Some(9_007_199_254_740_992.0),
        Some(9_007_199_254_740_992.0),
    );
    // By way of a double it would be the one above.
    check(
        "9007200328482817",
        Some(9_007_200_328_482_816.0),
        Some(9_007_200_328_482_816.0),
    );
    check(
        "18446744073709551615",
        Some(18_446_744_073_709_551_616.0),
        Some(18_446_744_073_709_551_616.0),
    );
    // As a browser writes 1e20.
    check("100000000000000000000", Some(1e20), Some(1e20));
    check("0.1", Some(0.1), Some(0.1));
    check("3.5e38", Some(3.5e38), None);
    check("-1e300", Some(-1e300), None);
    check(&format!("1{}", "0".repeat(38)), Some(1e38), Some(1e38));
    check(&format!("1{}", "0".repeat(39)), Some(1e39), None);
    check(&format!("-1{}", "0".repeat(308)), Some(-1e308), None);
    check(&format!("1{}", "0".repeat(400)), None, None);
    check("1e400", None, None);
    check("1e-400", Some(0.0), Some(0.0));
    let error = payload::decode::<[f32; 1]>(Dialect::V02, DataType::List, b"[1e300]");
    assert_eq!(
        error.unwrap_err().to_string(),
        "expected f32, received float 1e300 at [0]"
    );
    for dialect in Dialect::ALL {
        let infinite = payload::decode::<f32>(dialect, DataType::Float, b"-Infinity");
        assert_eq!(infinite, Ok(f32::NEG_INFINITY));
    }
}

/// Maps with numbers as keys that stand among a struct's fields, or beside an enum's tag.
#[test]
fn flattened_dicts_with_int_keys_are_read_or_refused_when_sent() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Open<K: Ord> {
        name: String,
        #[serde(flatten)]
        rest: BTreeMap<K, u8>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Only<K: Ord> {
        #[serde(flatten)]
        rest: BTreeMap<K, Option<String>>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Scores(BTreeMap<i64, u8>),
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Scores(BTreeMap<u8, u8>),
        Names(BTreeMap<String, String>),
    }

    #[track_caller]
    fn read_or_refused<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
        for dialect in Dialect::ALL {
            let mut bytes = Vec::new();
            match payload::encode(dialect, value, &mut bytes) {
                Ok(code) => {
                    let data_type = dialect.data_type(code).expect("it has a type");
                    let back = payload::decode::<T>(dialect, data_type, &bytes);
                    assert_eq!(back.as_ref(), Ok(value), "{dialect}");
                }
                Err(error) => {
                    assert_eq!(dialect, Dialect::Extended);
                    assert_eq!(
                        error.to_string(),
                        "a map's keys have to be all whole numbers or none of them"
                    );
                }
            }
        }
    }

    let name = || "x".to_owned();
    read_or_refused(&Open {
        name: name(),
        rest: BTreeMap::from([(1_u8, 2), (7, 3)]),
    });
    read_or_refused(&Open {
        name: name(),
        rest: BTreeMap::from([(-1_i64, 2), (i64::MAX, 3)]),
    });
    read_or_refused(&Open {
        name: name(),
        rest: BTreeMap::from([(u64::MAX, 3)]),
    });
    read_or_refused(&Tagged::Scores([(-5, 1), (5, 2)].into()));
    read_or_refused(&vec![
        Untagged::Scores([(5, 2)].into()),
        Untagged::Names([("a".into(), "b".into())].into()),
    ]);
    // All of one kind, so that all dialects have it.
    arrives(&Only {
        rest: BTreeMap::from([(1_u8, None), (7, Some(name()))]),
    });
    arrives(&Only {
        rest: BTreeMap::from([(-1_i64, None), (0, Some(name()))]),
    });
    // Texts that look like numbers stay texts where texts are wanted.
    arrives(&Open {
        name: name(),
        rest: BTreeMap::from([("1".to_owned(), 2), ("x".to_owned(), 3)]),
    });
    arrives(&Only {
        rest: BTreeMap::from([("1".to_owned(), None)]),
    });
    arrives(&vec![(
        "a".to_owned(),
        Value::from([("1", 5)].into_iter().collect::<highway::value::Dict>()),
    )]);
}

/// The second reading does not take numbers for the places of fields.
#[test]
fn fields_have_names() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Point {
        x: u8,
        y: u8,
    }

    for dialect in [Dialect::V01, Dialect::V02] {
        let read = payload::decode::<Point>(dialect, DataType::List, br#"{"0":1,"1":2}"#);
        assert_eq!(read.unwrap_err().to_string(), "missing field `x`");
    }
    let read = payload::decode::<Point>(Dialect::Extended, DataType::Dict, b"\xa2\x00\x01\x01\x02");
    assert!(read.is_err());
}
