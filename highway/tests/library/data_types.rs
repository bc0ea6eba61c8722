//! The table of data types, row by row: what is sent, as which type and payload it goes, and what it is received as.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Debug,
};

use bytes::Bytes;
use highway::{
    payload,
    value::{Dict, Int, IntDict, Value},
    wire::{DataType, Dialect},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned, de::IgnoredAny};
use serde_bytes::ByteBuf;

const BOTH: [Dialect; 2] = [Dialect::V01, Dialect::V02];

#[track_caller]
fn encode<T: Serialize + ?Sized>(dialect: Dialect, value: &T) -> (DataType, Vec<u8>) {
    let mut out = Vec::new();
    let code = payload::encode(dialect, value, &mut out).expect("the value can be sent");
    (dialect.data_type(code).expect("a known code"), out)
}

/// A value goes as this type and payload in both dialects (0.1 tells tuples and dicts as lists).
#[track_caller]
fn sent<T: Serialize + ?Sized>(value: &T, data_type: DataType, text: impl AsRef<[u8]>) {
    assert_eq!(
        encode(Dialect::V02, value),
        (data_type, text.as_ref().to_vec())
    );
    let data_type = match data_type {
        DataType::Tuple | DataType::Dict => DataType::List,
        other => other,
    };
    assert_eq!(
        encode(Dialect::V01, value),
        (data_type, text.as_ref().to_vec())
    );
}

/// A payload is received as this value in both dialects.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "the cases are easier to read"
)]
fn received<'de, T: Deserialize<'de> + PartialEq + Debug>(
    data_type: DataType,
    text: &'de (impl AsRef<[u8]> + ?Sized),
    value: T,
) {
    for dialect in BOTH {
        assert_eq!(
            payload::decode(dialect, data_type, text.as_ref()).as_ref(),
            Ok(&value)
        );
    }
}

/// A payload does not fit this type, for this reason.
#[track_caller]
fn refused<'de, T: Deserialize<'de> + Debug>(
    data_type: DataType,
    text: &'de (impl AsRef<[u8]> + ?Sized),
    error: &str,
) {
    for dialect in BOTH {
        let received = payload::decode::<T>(dialect, data_type, text.as_ref());
        assert_eq!(received.unwrap_err().to_string(), error);
    }
}

/// A value arrives as it was sent, in both dialects.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "the cases are easier to read"
)]
fn arrives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    for dialect in BOTH {
        let (data_type, payload) = encode(dialect, &value);
        assert_eq!(
            payload::decode(dialect, data_type, &payload).as_ref(),
            Ok(&value)
        );
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    from: String,
    text: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Borrowed<'a> {
    name: &'a str,
    id: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Point(i32, f64);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Meters(f64);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Marker;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Shape {
    Nothing,
    Named(String),
    Sized(u8, u8),
    Full { name: String },
}

#[test]
fn str_is_text_chars_and_unit_variants() {
    sent("héllo ☃", DataType::Str, "héllo ☃");
    sent(&String::from("text"), DataType::Str, "text");
    sent(&'☃', DataType::Str, "☃");
    sent(&Shape::Nothing, DataType::Str, "nothing");
    received(DataType::Str, "héllo", "héllo");
    received(DataType::Str, "héllo", String::from("héllo"));
    received(DataType::Str, "☃", '☃');
    received(DataType::Str, "nothing", Shape::Nothing);
    received(DataType::Str, "\u{feff}x", Value::from("\u{feff}x"));
    received(DataType::Str, "x", Some(String::from("x")));
    refused::<String>(
        DataType::Str,
        b"\xff",
        "payload is not a valid str: it is not valid UTF-8",
    );
    refused::<u8>(DataType::Str, "7", r#"expected u8, received str "7""#);
    refused::<Vec<u8>>(DataType::Str, "x", r#"expected list, received str "x""#);
    refused::<ByteBuf>(DataType::Str, "x", r#"expected bytes, received str "x""#);
    refused::<Bytes>(DataType::Str, "x", r#"expected bytes, received str "x""#);
    refused::<()>(DataType::Str, "", r#"expected none, received str """#);
    refused::<Int>(DataType::Str, "5", r#"expected int, received str "5""#);
    refused::<char>(
        DataType::Str,
        "ab",
        r#"expected a character, received str "ab""#,
    );
    refused::<Shape>(
        DataType::Str,
        "round",
        "unknown variant `round`, expected one of `nothing`, `named`, `sized`, `full`",
    );
    let long = "x".repeat(1 << 20);
    let start = "x".repeat(40);
    refused::<bool>(
        DataType::Str,
        &long,
        &format!(r#"expected bool, received str "{start}…""#),
    );
}

#[test]
fn int_is_every_whole_number() {
    sent(&-5_i8, DataType::Int, "-5");
    sent(&u64::MAX, DataType::Int, "18446744073709551615");
    sent(&i128::MIN, DataType::Int, i128::MIN.to_string());
    sent(&u128::MAX, DataType::Int, u128::MAX.to_string());
    let large: Int = "9".repeat(4300).parse().unwrap();
    sent(&large, DataType::Int, "9".repeat(4300));
    sent(&Value::Int(large.clone()), DataType::Int, "9".repeat(4300));
    received(DataType::Int, "200", 200_u8);
    received(DataType::Int, "-1", -1_i128);
    received(DataType::Int, "-1", -1_isize);
    received(DataType::Int, u128::MAX.to_string().as_str(), u128::MAX);
    received(DataType::Int, "3", 3.0_f64);
    received(DataType::Int, "3", 3.0_f32);
    received(
        DataType::Int,
        "100000000000000000000000000000000000000000",
        1e41_f64,
    );
    received(DataType::Int, "9".repeat(4300).as_str(), large.clone());
    received(DataType::Int, "9".repeat(4300).as_str(), Value::Int(large));
    received(DataType::Int, "1e+21", Value::from(10_i128.pow(21)));
    received(DataType::Int, "7", Some(7));
    refused::<u8>(DataType::Int, "256", "expected u8, received int 256");
    refused::<u32>(DataType::Int, "-1", "expected u32, received int -1");
    refused::<i128>(
        DataType::Int,
        "9".repeat(50).as_str(),
        "expected i128, received int of 50 digits",
    );
    refused::<f64>(
        DataType::Int,
        "9".repeat(400).as_str(),
        "expected f64, received int of 400 digits",
    );
    refused::<bool>(DataType::Int, "1", "expected bool, received int 1");
    let text = i128::MAX.to_string();
    refused::<u8>(
        DataType::Int,
        &text,
        &format!("expected u8, received int {text}"),
    );
    refused::<String>(DataType::Int, "1", "expected str, received int 1");
    refused::<i32>(
        DataType::Int,
        "1.0",
        "payload is not a valid int: it is not such a number",
    );
    refused::<Value>(
        DataType::Int,
        "9".repeat(4301).as_str(),
        "payload is not a valid int: a number has more than 4300 digits",
    );
}

#[test]
fn float_stays_a_float() {
    sent(&1.0_f64, DataType::Float, "1.0");
    sent(&0.1_f32, DataType::Float, "0.1");
    sent(&f64::INFINITY, DataType::Float, "Infinity");
    sent(&f64::NEG_INFINITY, DataType::Float, "-Infinity");
    sent(&f64::NAN, DataType::Float, "NaN");
    sent(&Meters(2.0), DataType::Float, "2.0");
    received(DataType::Float, "1", 1.0_f64);
    received(DataType::Float, "-inf", f64::NEG_INFINITY);
    received(DataType::Float, "0.1", 0.1_f32);
    received(DataType::Float, "2.5", Meters(2.5));
    received(DataType::Float, "1.0", Value::Float(1.0));
    refused::<i32>(DataType::Float, "1.0", "expected i32, received float 1.0");
    refused::<Int>(DataType::Float, "1.0", "expected int, received float 1.0");
    refused::<f64>(
        DataType::Float,
        "one",
        "payload is not a valid float: it is not such a number",
    );
    let too_large = "payload is not a valid float: no float is as large as a number in it";
    refused::<f64>(DataType::Float, "1e400", too_large);
    refused::<f32>(DataType::Float, "-1e400", too_large);
    arrives(f32::MAX);
    arrives(f64::MIN_POSITIVE);
    arrives(-0.0_f64);
}

#[test]
fn bool_is_one_or_zero() {
    sent(&true, DataType::Bool, "1");
    sent(&false, DataType::Bool, "0");
    received(DataType::Bool, "1", true);
    received(DataType::Bool, "-2", true);
    received(DataType::Bool, "0", Value::Bool(false));
    refused::<u8>(DataType::Bool, "1", "expected u8, received bool true");
    refused::<bool>(
        DataType::Bool,
        "True",
        "payload is not a valid bool: it is not such a number",
    );
}

#[test]
fn list_is_every_sequence() {
    sent(&vec![1, 2], DataType::List, "[1,2]");
    sent(&["a", "b"][..], DataType::List, r#"["a","b"]"#);
    sent(
        &HashSet::from([1.0_f64.to_bits()]),
        DataType::List,
        "[4607182418800017408]",
    );
    sent(&vec![Some(true), None], DataType::List, "[true,null]");
    sent(&Vec::<u8>::new(), DataType::List, "[]");
    received(DataType::List, "[1,2]", vec![1, 2]);
    received(DataType::List, "[1,2]", (1, 2.0));
    received(DataType::List, "[1,2]", [1, 2]);
    received(DataType::List, r#"["a"]"#, vec!["a"]);
    received(DataType::List, "[1,2.5]", Point(1, 2.5));
    received(
        DataType::List,
        "[1,[2.0],null]",
        Value::List(vec![1.into(), Value::List(vec![2.0.into()]), Value::None]),
    );
    refused::<Vec<u8>>(
        DataType::List,
        "[1,300]",
        "expected u8, received int 300 at [1]",
    );
    refused::<(u8, u8)>(
        DataType::List,
        "[1]",
        "expected a tuple of size 2, received 1 item",
    );
    refused::<(u8, u8)>(
        DataType::List,
        "[1,2,3]",
        "there are more items than expected",
    );
    refused::<Line>(
        DataType::List,
        r#"["a","b"]"#,
        "expected struct Line, received list",
    );
    refused::<HashMap<String, u8>>(DataType::List, "[]", "expected dict, received list");
    refused::<Dict>(DataType::List, "[]", "expected dict, received list");
    refused::<String>(DataType::List, "[]", "expected str, received list");
    refused::<ByteBuf>(DataType::List, "[1]", "expected bytes, received list");
    refused::<()>(DataType::List, "[]", "expected none, received list");
    refused::<Value>(
        DataType::List,
        "[1",
        "payload is not a valid list: it ends too early (byte 2)",
    );
    refused::<Value>(
        DataType::List,
        "[1]x",
        "payload is not a valid list: there is more behind its end (byte 3)",
    );
}

#[test]
fn collection_is_what_its_json_says_whatever_its_type_code() {
    use DataType::{List, Tuple};
    let one = Value::from(1);
    for data_type in [List, DataType::Dict, DataType::IntDict] {
        received(data_type, "[1]", Value::List(vec![one.clone()]));
        received(data_type, "[1]", vec![1]);
        refused::<HashMap<String, u8>>(data_type, "[]", "expected dict, received list");
    }
    received(Tuple, "[1]", Value::Tuple(vec![one.clone()]));
    let dict: Dict = [("a", one.clone())].into_iter().collect();
    for data_type in [List, DataType::Dict, Tuple] {
        received(data_type, r#"{"a":1}"#, Value::Dict(dict.clone()));
        received(data_type, r#"{"a":1}"#, HashMap::from([("a", 1)]));
    }
    for data_type in [List, DataType::Dict, Tuple, DataType::IntDict] {
        received(data_type, "1", one.clone());
        received(data_type, r#""x""#, Value::from("x"));
        received(data_type, "null", Value::None);
        refused::<Vec<u8>>(data_type, "{}", "expected list, received dict");
    }
}

#[test]
fn dict_is_maps_and_structs() {
    let line = Line {
        from: "Ada".into(),
        text: "\"hi\"\n".into(),
    };
    sent(&line, DataType::Dict, r#"{"from":"Ada","text":"\"hi\"\n"}"#);
    sent(
        &BTreeMap::from([("a", 1), ("b", 2)]),
        DataType::Dict,
        r#"{"a":1,"b":2}"#,
    );
    sent(
        &BTreeMap::from([(-1_i64, true)]),
        DataType::Dict,
        r#"{"-1":true}"#,
    );
    sent(
        &BTreeMap::from([(true, 1)]),
        DataType::Dict,
        r#"{"true":1}"#,
    );
    sent(
        &BTreeMap::from([(Shape::Nothing, 1)]),
        DataType::Dict,
        r#"{"nothing":1}"#,
    );
    let dict: Dict = [("z", 1), ("a", 2)].into_iter().collect();
    sent(&dict, DataType::Dict, r#"{"z":1,"a":2}"#);
    received(
        DataType::Dict,
        r#"{"text":"b","from":"a","more":[{}]}"#,
        Line {
            from: "a".into(),
            text: "b".into(),
        },
    );
    received(
        DataType::Dict,
        r#"{"name":"Ada","id":7}"#,
        Borrowed { name: "Ada", id: 7 },
    );
    received(DataType::Dict, r#"{"a":1}"#, HashMap::from([("a", 1)]));
    received(
        DataType::Dict,
        r#"{"-1":true}"#,
        BTreeMap::from([(-1_i8, true)]),
    );
    received(DataType::Dict, r#"{"z":1,"a":2}"#, dict.clone());
    received(DataType::Dict, r#"{"z":0,"a":2,"z":1}"#, Value::Dict(dict));
    refused::<Line>(DataType::Dict, r#"{"from":"a"}"#, "missing field `text`");
    refused::<Line>(
        DataType::Dict,
        r#"{"from":"a","text":1}"#,
        "expected str, received int 1 at text",
    );
    refused::<HashMap<i32, u8>>(
        DataType::Dict,
        r#"{"a":1}"#,
        r#"expected i32, received str "a""#,
    );
    refused::<Vec<u8>>(DataType::Dict, "{}", "expected list, received dict");
    refused::<Borrowed>(
        DataType::Dict,
        r#"{"name":"\n","id":7}"#,
        "expected str that stands in the payload as it is (`Cow<str>` and `String` take any), received str \"\\n\" at name",
    );
    arrives(BTreeMap::from([(1_u8, "x".to_string())]));
}

#[test]
fn enum_variants_with_fields_are_dicts() {
    sent(
        &Shape::Named("x".into()),
        DataType::Dict,
        r#"{"named":"x"}"#,
    );
    sent(&Shape::Sized(1, 2), DataType::Dict, r#"{"sized":[1,2]}"#);
    sent(
        &Shape::Full { name: "x".into() },
        DataType::Dict,
        r#"{"full":{"name":"x"}}"#,
    );
    arrives(vec![
        Shape::Nothing,
        Shape::Named("x".into()),
        Shape::Sized(1, 2),
        Shape::Full { name: "x".into() },
    ]);
    arrives(Shape::Sized(3, 4));
    refused::<Shape>(
        DataType::Dict,
        r#"{"sized":[1,"x"]}"#,
        r#"expected u8, received str "x" at sized[1]"#,
    );
    refused::<Shape>(DataType::Int, "1", "expected enum Shape, received int");
}

#[test]
fn tuple_is_tuples_arrays_and_tuple_structs() {
    sent(&(1, 2.5, "three"), DataType::Tuple, r#"[1,2.5,"three"]"#);
    sent(&[1.0, 2.0], DataType::Tuple, "[1.0,2.0]");
    sent(&Point(1, 2.0), DataType::Tuple, "[1,2.0]");
    received(DataType::Tuple, "[1,2]", (1, 2));
    received(DataType::Tuple, "[1,2]", vec![1, 2]);
    received(DataType::Tuple, "[1,2]", Point(1, 2.0));
    received(
        DataType::Tuple,
        "[1,[2]]",
        Value::Tuple(vec![1.into(), Value::List(vec![2.into()])]),
    );
    received(
        DataType::Tuple,
        r#"{"a":1}"#,
        Value::Dict([("a", 1)].into_iter().collect()),
    );
    refused::<u8>(DataType::Tuple, "[1]", "expected u8, received tuple");
    let value = Value::from((1, "a", (2.0, true)));
    let (data_type, text) = encode(Dialect::V02, &value);
    let back: Value = payload::decode(Dialect::V02, data_type, &text).unwrap();
    assert_eq!(format!("{back:?}"), r#"(1, "a", [2.0, true])"#);
}

#[test]
fn bytes_are_bytes() {
    let bytes = Bytes::from_static(b"\x00\xff");
    sent(&bytes, DataType::Bytes, b"\x00\xff");
    sent(
        serde_bytes::Bytes::new(b"\x00\xff"),
        DataType::Bytes,
        b"\x00\xff",
    );
    received(DataType::Bytes, b"\x00\xff", &b"\x00\xff"[..]);
    received(DataType::Bytes, b"\x00\xff", bytes.clone());
    received(DataType::Bytes, b"\x00\xff", ByteBuf::from(*b"\x00\xff"));
    received(DataType::Bytes, b"\x00\xff", Value::Bytes(bytes));
    refused::<String>(
        DataType::Bytes,
        b"text",
        "expected str, received bytes (4 of them)",
    );
    refused::<Vec<u8>>(
        DataType::Bytes,
        b"text",
        "expected list, received bytes (4 of them)",
    );
}

#[test]
fn bytes_share_the_memory_of_the_message() {
    let message = Bytes::from(vec![7; 100]);
    let payload = message.slice(4..);
    let bytes = payload::decode_bytes(Dialect::V02, DataType::Bytes, &payload).unwrap();
    assert_eq!(bytes.as_ptr(), payload.as_ptr());
    let value = payload::decode_value(Dialect::V02, DataType::Bytes, &payload).unwrap();
    assert_eq!(value.as_bytes().unwrap().as_ptr(), payload.as_ptr());
    let error = payload::decode_bytes(Dialect::V02, DataType::None, &payload).unwrap_err();
    assert_eq!(error.to_string(), "expected bytes, received none");
}

#[test]
fn none_is_nothing() {
    sent(&(), DataType::None, "");
    sent(&None::<u8>, DataType::None, "");
    sent(&Marker, DataType::None, "");
    sent(&Some(5), DataType::Int, "5");
    received(DataType::None, "ignored", ());
    received(DataType::None, b"\xff", None::<String>);
    received(DataType::None, "", Marker);
    received(DataType::None, "", Value::None);
    received(DataType::List, " null ", None::<Vec<u8>>);
    refused::<u8>(DataType::None, "", "expected u8, received none");
    refused::<Vec<u8>>(DataType::None, "", "expected list, received none");
}

#[test]
fn dict_with_integer_keys_is_for_0_1_only() {
    let dict: IntDict = [(1, "a"), (-2, "b")].into_iter().collect();
    let text = br#"{"1":"a","-2":"b"}"#.to_vec();
    for value in [Value::IntDict(dict.clone()), dict.clone().into()] {
        assert_eq!(
            encode(Dialect::V01, &value),
            (DataType::IntDict, text.clone())
        );
        assert_eq!(encode(Dialect::V02, &value), (DataType::Dict, text.clone()));
    }
    received(DataType::IntDict, &text, dict.clone());
    received(DataType::IntDict, &text, Value::IntDict(dict.clone()));
    received(
        DataType::IntDict,
        &text,
        BTreeMap::from([(1_i8, "a"), (-2, "b")]),
    );
    received(
        DataType::IntDict,
        &text,
        HashMap::from([("1", "a"), ("-2", "b")]),
    );
    refused::<Value>(
        DataType::IntDict,
        r#"{"x":1}"#,
        r#"expected int, received str "x""#,
    );
    // Inside of a collection JSON has no integers as keys.
    let nested = Value::List(vec![Value::IntDict(dict)]);
    assert_eq!(
        encode(Dialect::V01, &nested),
        (DataType::List, [b"[", &text[..], b"]"].concat())
    );
}

/// What one dialect cannot carry inside of a collection, and what neither can.
#[test]
fn what_a_dialect_cannot_carry_is_refused_and_leaves_nothing_behind() {
    #[track_caller]
    fn check<T: Serialize>(value: T, in_01: Result<&str, &str>, in_02: Result<&str, &str>) {
        for (dialect, expected) in [(Dialect::V01, in_01), (Dialect::V02, in_02)] {
            let mut out = b"before".to_vec();
            let result = payload::encode(dialect, &value, &mut out);
            let text = std::str::from_utf8(&out)
                .unwrap()
                .strip_prefix("before")
                .unwrap();
            match expected {
                Ok(expected) => assert_eq!((result.is_ok(), text), (true, expected)),
                Err(error) => assert_eq!(
                    (result.unwrap_err().to_string().as_str(), text),
                    (error, "")
                ),
            }
        }
    }
    let nan = "dialect 0.2 cannot carry the float NaN inside of a list, dict or tuple at [1]";
    check((1, f64::NAN), Ok("[1,NaN]"), Err(nan));
    let large = "inside of a list, dict or tuple dialect 0.2 carries whole numbers from -2^63 to 2^64-1 only at a[0]";
    let int: Int = "1".repeat(40).parse().unwrap();
    check(
        BTreeMap::from([("a", [int])]),
        Ok(&format!(r#"{{"a":[{}]}}"#, "1".repeat(40))),
        Err(large),
    );
    check(
        [u64::MAX],
        Ok("[18446744073709551615]"),
        Ok("[18446744073709551615]"),
    );
    check(
        [i128::from(i64::MIN)],
        Ok("[-9223372036854775808]"),
        Ok("[-9223372036854775808]"),
    );
    let bytes = r#"bytes cannot go inside of a list, dict or tuple at ["odd key"].inner"#;
    let value = BTreeMap::from([("odd key", BTreeMap::from([("inner", Bytes::new())]))]);
    check(value, Err(bytes), Err(bytes));
    let key = "a map's keys have to be strings, numbers or bools at [0]";
    check([BTreeMap::from([((1, 2), 3)])], Err(key), Err(key));
    let deep = (0..200).fold(Value::None, |inner, _| Value::List(vec![inner]));
    let too_deep = "collections are nested more than 128 deep";
    check(deep, Err(too_deep), Err(too_deep));
}

#[test]
fn depth_of_what_is_read_is_limited() {
    let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    for dialect in BOTH {
        let read =
            |depth| payload::decode::<Value>(dialect, DataType::List, nested(depth).as_bytes());
        assert!(read(128).is_ok());
        let error = read(129).unwrap_err().to_string();
        assert_eq!(
            error,
            "payload is not a valid list: collections are nested too deep (byte 128)"
        );
        let skip =
            payload::decode::<IgnoredAny>(dialect, DataType::List, nested(100_000).as_bytes());
        assert_eq!(skip.unwrap_err().to_string(), error);
    }
}

#[test]
fn values_of_all_kinds_of_targets_can_be_left_unread() {
    for (data_type, text) in [
        (DataType::Str, "x"),
        (
            DataType::Int,
            "99999999999999999999999999999999999999999999999999",
        ),
        (DataType::Float, "1.5"),
        (DataType::Dict, r#"{"a":[1,{"b":"\n"},null,true,false]}"#),
    ] {
        assert!(payload::decode::<IgnoredAny>(Dialect::V02, data_type, text.as_bytes()).is_ok());
    }
    let read = payload::decode::<IgnoredAny>(Dialect::V02, DataType::Dict, br#"{"a":[1,}"#);
    assert_eq!(
        read.unwrap_err().to_string(),
        "payload is not a valid dict: a value is expected (byte 8)"
    );
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Circle { radius: f64 },
    Point,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Text(String),
    Many(Vec<Untagged>),
    Tagged(Tagged),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Open {
    id: u8,
    #[serde(default)]
    note: Option<String>,
    #[serde(flatten)]
    rest: Dict,
}

#[test]
fn what_serde_derives_can_do_works() {
    arrives(Tagged::Circle { radius: 1.0 });
    arrives(Tagged::Point);
    arrives(Untagged::Number(5));
    arrives(Untagged::Text("x".into()));
    let many = vec![Untagged::Text("x".into()), Untagged::Tagged(Tagged::Point)];
    arrives(Untagged::Many(many));
    let rest = [("other", Value::from(1.5)), ("list", vec![1, 2].into())]
        .into_iter()
        .collect();
    arrives(Open {
        id: 7,
        note: None,
        rest,
    });
    let address: std::net::IpAddr = [127, 0, 0, 1].into();
    sent(&address, DataType::Str, "127.0.0.1");
    arrives(address);
}
