//! Collections between peers with the extension: what goes over the wire byte by byte, and what of CBOR is read and what not.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Debug,
};

use bytes::Bytes;
use highway::{
    payload,
    value::{Dict, Int, IntDict, Value},
    wire::{DataType, Dialect},
};
use serde::{
    Deserialize, Serialize, Serializer,
    de::{DeserializeOwned, IgnoredAny},
    ser::{SerializeMap, SerializeSeq},
};
use serde_bytes::ByteBuf;

use crate::hex;

#[track_caller]
fn encode<T: Serialize + ?Sized>(value: &T) -> (DataType, Vec<u8>) {
    let mut out = Vec::new();
    let code = payload::encode(Dialect::Extended, value, &mut out).expect("the value can be sent");
    let data_type = Dialect::Extended.data_type(code).expect("a known code");
    (data_type, out)
}

/// A value goes as this type and payload.
#[track_caller]
fn sent<T: Serialize + ?Sized>(value: &T, data_type: DataType, hex: &str) {
    let (sent_as, payload) = encode(value);
    assert_eq!((sent_as, payload), (data_type, hex::bytes(hex)));
}

/// A payload is received as this value.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "the cases are easier to read"
)]
fn received<T: DeserializeOwned + PartialEq + Debug>(data_type: DataType, hex: &str, value: T) {
    let payload = hex::bytes(hex);
    let read = payload::decode::<T>(Dialect::Extended, data_type, &payload);
    assert_eq!(read.as_ref(), Ok(&value));
    let skipped = payload::decode::<IgnoredAny>(Dialect::Extended, data_type, &payload);
    assert_eq!(skipped.map(drop), Ok(()));
}

/// A payload does not fit this type, for this reason.
#[track_caller]
fn refused<T: DeserializeOwned + Debug>(data_type: DataType, hex: &str, error: &str) {
    let read = payload::decode::<T>(Dialect::Extended, data_type, &hex::bytes(hex));
    assert_eq!(read.unwrap_err().to_string(), error);
}

/// A payload is not a valid list, for this reason, whether it is read or read over.
#[track_caller]
fn malformed(hex: &str, problem: &str) {
    let error = format!("payload is not a valid list: {problem}");
    refused::<Value>(DataType::List, hex, &error);
    refused::<IgnoredAny>(DataType::List, hex, &error);
}

/// A value goes as this and is received as the same.
#[track_caller]
fn check(value: impl Into<Value>, data_type: DataType, hex: &str) {
    let value = value.into();
    sent(&value, data_type, hex);
    received(data_type, hex, value);
}

#[track_caller]
fn arrives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let (data_type, payload) = encode(value);
    let read = payload::decode::<T>(Dialect::Extended, data_type, &payload);
    assert_eq!(read.as_ref(), Ok(value));
}

fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::List(items.into_iter().collect())
}

fn bytes(bytes: &'static [u8]) -> Value {
    Value::Bytes(Bytes::from_static(bytes))
}

fn int(digits: &str) -> Value {
    Value::Int(digits.parse().expect("digits"))
}

fn int_dict<const N: usize>(entries: [(i64, Value); N]) -> Value {
    let entries = entries.map(|(key, value)| (Int::from(key), value));
    Value::IntDict(entries.into_iter().collect())
}

fn dict<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Dict(entries.into_iter().collect())
}

#[test]
fn every_type_goes_at_every_depth_byte_by_byte() {
    use DataType::{Dict, List, Tuple};
    check(list([]), List, "80");
    check(
        list([Value::None, false.into(), true.into()]),
        List,
        "83 f6 f4 f5",
    );
    check(vec![1, -1, 500, -500], List, "84 01 20 1901f4 3901f3");
    check(
        vec![1.5, -0.0],
        List,
        "82 fb3ff8000000000000 fb8000000000000000",
    );
    check(vec!["a", "é"], List, "82 6161 62c3a9");
    check(list([bytes(b"\x00\xff")]), List, "81 4200ff");
    check(
        Value::Tuple(vec![1.into(), "two".into()]),
        Tuple,
        "82 01 6374776f",
    );
    check(
        list([Value::Tuple(vec![1.into(), list([2.into()])])]),
        List,
        "81 d9f074 82 01 81 02",
    );
    check(dict([]), Dict, "a0");
    check(
        dict([("b", 1.into()), ("a", Value::Tuple(vec![]))]),
        Dict,
        "a2 6162 01 6161 d9f074 80",
    );
    check(
        int_dict([(7, "x".into()), (-1, Value::None)]),
        Dict,
        "a2 07 6178 20 f6",
    );
    check(list([int_dict([(0, bytes(b""))])]), List, "81 a1 00 40");
    check(
        list([int("18446744073709551615"), int("-18446744073709551616")]),
        List,
        "82 1bffffffffffffffff 3bffffffffffffffff",
    );
    check(
        list([int("18446744073709551616"), int("-18446744073709551617")]),
        List,
        "82 c249010000000000000000 c349010000000000000000",
    );
    check(
        list([int("340282366920938463463374607431768211456")]),
        List,
        "81 c2510100000000000000000000000000000000",
    );
    check(
        list([int("-340282366920938463463374607431768211457")]),
        List,
        "81 c3510100000000000000000000000000000000",
    );
    let key: IntDict = [("18446744073709551616".parse::<Int>().unwrap(), 1)]
        .into_iter()
        .collect();
    check(Value::IntDict(key), Dict, "a1 c249010000000000000000 01");
}

#[test]
fn single_values_go_as_in_0_2() {
    sent("é", DataType::Str, "c3a9");
    sent(&-5, DataType::Int, "2d35");
    sent(&1.0, DataType::Float, "312e30");
    sent(&true, DataType::Bool, "31");
    sent(&Bytes::from_static(b"\x00"), DataType::Bytes, "00");
    sent(&(), DataType::None, "");
}

#[test]
fn floats_keep_every_bit() {
    for float in [
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MIN_POSITIVE,
        5e-324,
        0.1,
    ] {
        arrives(&vec![float]);
    }
    let (data_type, payload) = encode(&[f64::NAN]);
    assert_eq!(
        (data_type, &payload),
        (DataType::Tuple, &hex::bytes("81 fb7ff8000000000000"))
    );
    let [nan]: [f64; 1] = payload::decode(Dialect::Extended, data_type, &payload).unwrap();
    assert!(nan.is_nan());
    arrives(&vec![0.1_f32, f32::MAX, f32::MIN_POSITIVE]);
    sent(&vec![1.5_f32], DataType::List, "81 fb3ff8000000000000");
}

#[test]
fn texts_of_every_length_arrive_whatever_stands_between_them() {
    for between in [
        Value::None,
        200.into(),
        bytes(b"\xc3"),
        int("99999999999999999999"),
    ] {
        let texts = (0..300).flat_map(|len| {
            let texts = ["a".repeat(len), "é".repeat(len), "☃".repeat(len % 30) + "x"];
            texts.into_iter().map(Value::from).chain([between.clone()])
        });
        arrives(&list(texts));
    }
}

/// RFC 8949, appendix A, each in a list.
#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn examples_of_the_standard_are_read() {
    #[track_caller]
    fn reads(hex: &str, value: impl Into<Value>) {
        received(DataType::List, &format!("81 {hex}"), list([value.into()]));
    }
    let plain = || vec![1, 2, 3];
    for (hex, number) in [
        ("00", 0_i64),
        ("01", 1),
        ("0a", 10),
        ("17", 23),
        ("1818", 24),
        ("1819", 25),
        ("1864", 100),
        ("1903e8", 1000),
        ("1a000f4240", 1_000_000),
        ("1b000000e8d4a51000", 1_000_000_000_000),
        ("20", -1),
        ("29", -10),
        ("3863", -100),
        ("3903e7", -1000),
    ] {
        reads(hex, number);
    }
    reads("1bffffffffffffffff", u64::MAX);
    reads("c249010000000000000000", int("18446744073709551616"));
    reads("3bffffffffffffffff", int("-18446744073709551616"));
    reads("c349010000000000000000", int("-18446744073709551617"));
    for (hex, float) in [
        ("f90000", 0.0),
        ("f98000", -0.0),
        ("f93c00", 1.0),
        ("fb3ff199999999999a", 1.1),
        ("f93e00", 1.5),
        ("f97bff", 65504.0),
        ("fa47c35000", 100_000.0),
        ("fa7f7fffff", f64::from(f32::MAX)),
        ("fb7e37e43c8800759c", 1.0e300),
        ("f90001", 5.960_464_477_539_063e-8),
        ("f90400", 0.000_061_035_156_25),
        ("f9c400", -4.0),
        ("fbc010666666666666", -4.1),
        ("f97c00", f64::INFINITY),
        ("f9fc00", f64::NEG_INFINITY),
        ("fa7f800000", f64::INFINITY),
        ("faff800000", f64::NEG_INFINITY),
        ("fb7ff0000000000000", f64::INFINITY),
        ("fbfff0000000000000", f64::NEG_INFINITY),
    ] {
        reads(hex, float);
        let bits: [f64; 1] = payload::decode(
            Dialect::Extended,
            DataType::List,
            &hex::bytes(&format!("81{hex}")),
        )
        .unwrap();
        assert_eq!(bits[0].to_bits(), f64::to_bits(float), "{hex}");
    }
    for nan in ["f97e00", "fa7fc00000", "fb7ff8000000000000"] {
        let payload = hex::bytes(&format!("81 {nan}"));
        let [float]: [f64; 1] =
            payload::decode(Dialect::Extended, DataType::List, &payload).unwrap();
        assert!(float.is_nan(), "{nan}");
    }
    reads("f4", false);
    reads("f5", true);
    reads("f6", Value::None);
    reads("f7", Value::None);
    reads("40", bytes(b""));
    reads("4401020304", bytes(b"\x01\x02\x03\x04"));
    reads("60", "");
    reads("6161", "a");
    reads("6449455446", "IETF");
    reads("62225c", "\"\\");
    reads("62c3bc", "ü");
    reads("63e6b0b4", "水");
    reads("64f0908591", "\u{10151}");
    reads("80", list([]));
    reads("83010203", plain());
    reads(
        "8301820203820405",
        list([1.into(), vec![2, 3].into(), vec![4, 5].into()]),
    );
    reads(
        "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
        (1..=25).collect::<Vec<_>>(),
    );
    reads("a0", dict([]));
    reads("a201020304", int_dict([(1, 2.into()), (3, 4.into())]));
    reads(
        "a26161016162820203",
        dict([("a", 1.into()), ("b", vec![2, 3].into())]),
    );
    reads(
        "826161a161626163",
        list(["a".into(), dict([("b", "c".into())])]),
    );
    let letters = ["a", "b", "c", "d", "e"].map(|key| (key, key.to_uppercase().into()));
    reads("a56161614161626142616361436164614461656145", dict(letters));
    reads("5f42010243030405ff", bytes(b"\x01\x02\x03\x04\x05"));
    reads("7f657374726561646d696e67ff", "streaming");
    reads("9fff", list([]));
    let nested = || list([1.into(), vec![2, 3].into(), vec![4, 5].into()]);
    reads("9f018202039f0405ffff", nested());
    reads("9f01820203820405ff", nested());
    reads("83018202039f0405ff", nested());
    reads("83019f0203ff820405", nested());
    reads(
        "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff",
        (1..=25).collect::<Vec<_>>(),
    );
    reads(
        "bf61610161629f0203ffff",
        dict([("a", 1.into()), ("b", vec![2, 3].into())]),
    );
    reads(
        "826161bf61626163ff",
        list(["a".into(), dict([("b", "c".into())])]),
    );
    reads(
        "bf6346756ef563416d7421ff",
        dict([("Fun", true.into()), ("Amt", (-2).into())]),
    );
}

#[test]
fn what_highway_has_no_type_for_is_refused() {
    let tag = "there is no such tag for what follows it (byte 1)";
    malformed("81 c074323031332d30332d32315432303a30343a30305a", tag);
    malformed("81 c11a514b67b0", tag);
    malformed("81 d74401020304", tag);
    malformed("81 d9d9f7 01", tag);
    malformed("81 d9f074 a0", tag);
    malformed("81 c2 01", tag);
    malformed("81 c2 c2 4101", tag);
    let nothing = "there is something here that is not a value (byte 1)";
    for hex in [
        "81 e0", "81 f0", "81 f818", "81 f8ff", "81 1c", "81 fc", "81 5c", "81 df",
    ] {
        malformed(hex, nothing);
    }
    malformed("81 ff", "a value is expected (byte 1)");
    malformed("82 01 ff", "a value is expected (byte 2)");
    malformed("81 5f 01 ff", "a value is expected (byte 1)");
    malformed("81 5f 5f 4100 ff ff", "a value is expected (byte 1)");
    malformed("81 7f 4100 ff", "a part of a text is expected (byte 1)");
    malformed("81 61ff", "it is not valid UTF-8 (byte 1)");
    // What stands behind a text would end its last character.
    malformed("82 61c3 a9", "it is not valid UTF-8 (byte 1)");
    malformed("83 6161 61c3 a9", "it is not valid UTF-8 (byte 3)");
    // Each part of a text is text by itself.
    malformed("81 7f 61c3 61a9 ff", "it is not valid UTF-8 (byte 1)");
    malformed("81 01 02", "there is more behind its end (byte 2)");
}

#[test]
fn keys_are_all_texts_or_all_ints() {
    let mixed = "a dict has both strs and ints as keys (byte 4)";
    malformed("81 a2 00 00 6161 00", mixed);
    malformed("81 a2 60 00 c24101 00", mixed);
    malformed("81 bf 00 00 60 00 ff", mixed);
    for key in ["f5", "f6", "fb0000000000000000", "80", "4100", "d9f07480"] {
        malformed(
            &format!("81 a1 {key} 00"),
            "a key that is a str or an int is expected (byte 2)",
        );
    }
    // The last of those with the same key counts and has the first's place.
    received(
        DataType::Dict,
        "a3 6161 00 6162 01 6161 02",
        dict([("a", 2.into()), ("b", 1.into())]),
    );
    let payload = hex::bytes("a3 01 00 02 01 01 02");
    let read: Value = payload::decode(Dialect::Extended, DataType::Dict, &payload).unwrap();
    assert_eq!(format!("{read:?}"), "{1: 2, 2: 1}");
    // An int is the same as a bignum.
    received(
        DataType::Dict,
        "a2 01 00 c24101 01",
        int_dict([(1, 1.into())]),
    );
}

#[test]
fn keys_of_rust_maps_are_ints_or_text() {
    sent(&BTreeMap::from([(1_u8, 2)]), DataType::Dict, "a1 01 02");
    sent(&BTreeMap::from([(-1_i128, 2)]), DataType::Dict, "a1 20 02");
    sent(
        &BTreeMap::from([(u128::from(u64::MAX) + 1, 2)]),
        DataType::Dict,
        "a1 c249010000000000000000 02",
    );
    sent(
        &BTreeMap::from([(true, 2)]),
        DataType::Dict,
        "a1 6474727565 02",
    );
    sent(&BTreeMap::from([('a', 2)]), DataType::Dict, "a1 6161 02");
    arrives(&BTreeMap::from([(true, 2)]));
    arrives(&HashMap::from([('a', 2)]));
    arrives(&HashMap::from([(i64::MIN, "x".to_string())]));
    arrives(&BTreeMap::from([(u128::MAX, 1), (0, 2)]));
    received(
        DataType::Dict,
        "a1 6237 37 f5",
        BTreeMap::from([(77_u8, true)]),
    );
    refused::<BTreeMap<u8, bool>>(
        DataType::Dict,
        "a1 6161 f5",
        r#"expected u8, received str "a""#,
    );
    refused::<BTreeMap<u8, bool>>(
        DataType::Dict,
        "a1 190100 f5",
        "expected u8, received int 256",
    );
    refused::<HashMap<String, bool>>(DataType::Dict, "a1 01 f5", "expected str, received int 1");
    refused::<Dict>(DataType::Dict, "a1 01 f5", "expected str, received int 1");
    refused::<IntDict>(
        DataType::Dict,
        "a1 6161 f5",
        r#"expected int, received str "a""#,
    );
}

#[test]
fn maps_with_keys_of_both_kinds_are_not_sent() {
    struct Mixed;

    impl Serialize for Mixed {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry(&1, "int")?;
            map.serialize_entry("1", "str")?;
            map.end()
        }
    }

    let mut out = Vec::new();
    let error = payload::encode(Dialect::Extended, &[Mixed], &mut out).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a map's keys have to be all whole numbers or none of them at [0]"
    );
    assert!(out.is_empty());
    assert!(payload::encode(Dialect::V02, &[Mixed], &mut out).is_ok());
}

#[test]
fn lengths_that_are_unknown_or_wrong_are_made_right() {
    struct Says(Option<usize>, usize);

    impl Serialize for Says {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut seq = serializer.serialize_seq(self.0)?;
            for _ in 0..self.1 {
                seq.serialize_element(&0)?;
            }
            seq.end()
        }
    }

    sent(&Says(None, 0), DataType::List, "9f ff");
    sent(&[Says(None, 2)], DataType::Tuple, "81 9f 00 00 ff");
    sent(&[Says(Some(2), 2)], DataType::Tuple, "81 82 00 00");
    sent(&[Says(Some(2), 1)], DataType::Tuple, "81 81 00");
    sent(&[Says(Some(1000), 3)], DataType::Tuple, "81 83 00 00 00");
    sent(
        &Says(Some(0), 25),
        DataType::List,
        &("98 19".to_owned() + &"00".repeat(25)),
    );
}

#[test]
fn declared_lengths_need_the_bytes_for_them() {
    for hex in [
        "9bffffffffffffffff",
        "9b7fffffffffffffff",
        "9a7fffffff 00",
        "82 00",
        "81",
        "9f",
        "9f 00",
        "81 bbffffffffffffffff",
        "81 bb8000000000000000",
        "81 a1 00",
        "81 5bffffffffffffffff",
        "81 7b7fffffffffffffff 61",
        "81 62 61",
        "81 5f 4100",
        "81 7f 6161",
        "81 19 01",
        "81 fb 00",
        "81 f9 00",
        "81 d9f0",
        "81 d9f074",
        "81 c2",
        "81 c2 42 01",
        "",
    ] {
        let payload = hex::bytes(hex);
        let read = payload::decode::<Value>(Dialect::Extended, DataType::List, &payload);
        let error = read.unwrap_err().to_string();
        let ends = error.starts_with("payload is not a valid list: it ends too early");
        assert!(ends, "{hex}: {error}");
        let skipped = payload::decode::<IgnoredAny>(Dialect::Extended, DataType::List, &payload);
        assert_eq!(skipped.unwrap_err().to_string(), error, "{hex}");
    }
}

#[test]
fn payload_is_of_the_type_that_its_code_says() {
    use DataType::{Dict, List, Tuple};
    let other = |data_type| {
        format!(
            "payload is not a valid {data_type}: it is another type than its code says (byte 0)"
        )
    };
    received(Tuple, "d9f074 81 01", Value::Tuple(vec![1.into()]));
    received(Tuple, "81 01", (1,));
    received(List, "81 01", (1,));
    received(Tuple, "81 01", vec![1]);
    refused::<Value>(List, "d9f074 81 01", &other(List));
    for hex in ["a0", "00", "f6", "60", "40", "f5", "c24101"] {
        refused::<Value>(List, hex, &other(List));
        refused::<Value>(Tuple, hex, &other(Tuple));
    }
    refused::<Value>(Dict, "80", &other(Dict));
    refused::<Option<Value>>(Dict, "f6", &other(Dict));
    received(Dict, "bf ff", dict([]));
    received(Dict, "a0", IntDict::default());
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    name: String,
    raw: ByteBuf,
    shared: Bytes,
    place: (f64, f32),
    corners: [i16; 3],
    huge: u128,
    low: i128,
    letter: char,
    maybe: Option<Box<Everything>>,
    by_id: BTreeMap<u64, Vec<Shape>>,
    value: Value,
    int: Int,
    unit: (),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Shape {
    Nothing,
    Named(String),
    Sized(u8, u8),
    Full { name: String },
}

#[test]
fn types_of_serde_arrive_as_they_were_sent() {
    let new = |maybe| Everything {
        name: "é\"\n".into(),
        raw: ByteBuf::from(vec![0, 255]),
        shared: Bytes::from_static(b"\xff\x00"),
        place: (0.1, -0.1),
        corners: [1, -2, 3],
        huge: u128::MAX,
        low: i128::MIN,
        letter: '☃',
        maybe,
        by_id: BTreeMap::from([(
            u64::MAX,
            vec![
                Shape::Nothing,
                Shape::Named("x".into()),
                Shape::Sized(1, 2),
                Shape::Full { name: "x".into() },
            ],
        )]),
        value: list([
            int_dict([(1, Value::Tuple(vec![bytes(b"x")]))]),
            int(&"9".repeat(4300)),
        ]),
        int: ("-".to_owned() + &"9".repeat(4300)).parse().unwrap(),
        unit: (),
    };
    arrives(&new(Some(Box::new(new(None)))));
    arrives(&Shape::Sized(1, 2));
    arrives(&Shape::Full { name: "x".into() });
    sent(
        &Shape::Sized(1, 2),
        DataType::Dict,
        "a1 6573697a6564 d9f074 82 01 02",
    );
}

#[test]
fn texts_and_bytes_are_read_straight_from_the_payload() {
    #[derive(Debug, Deserialize)]
    struct Borrowed<'a> {
        #[serde(borrow)]
        texts: Vec<&'a str>,
        bytes: &'a [u8],
        by_name: HashMap<&'a str, &'a serde_bytes::Bytes>,
    }

    let (_, payload) = encode(&dict([
        ("texts", list(["a\"\n".into()])),
        ("bytes", bytes(b"\x00\xff")),
        ("by_name", dict([("key", bytes(b"x"))])),
    ]));
    let read: Borrowed<'_> = payload::decode(Dialect::Extended, DataType::Dict, &payload).unwrap();
    let inside = |part: &[u8]| payload.as_ptr_range().contains(&part.as_ptr());
    assert!(inside(read.texts[0].as_bytes()) && inside(read.bytes));
    assert_eq!((read.texts, read.bytes), (vec!["a\"\n"], &b"\x00\xff"[..]));
    assert!(
        read.by_name
            .iter()
            .all(|(key, value)| inside(key.as_bytes()) && inside(value))
    );
    // In parts they have no one place in it.
    let parts = hex::bytes("81 7f 6161 6162 ff");
    let text: Result<[&str; 1], _> = payload::decode(Dialect::Extended, DataType::List, &parts);
    assert_eq!(
        text.unwrap_err().to_string(),
        r#"expected str that stands in the payload as it is (`Cow<str>` and `String` take any), received str "ab" at [0]"#
    );
}

#[test]
fn errors_say_where_and_what() {
    #[derive(Debug, Deserialize)]
    struct Point {
        #[expect(dead_code, reason = "it is not read that far")]
        x: u8,
    }

    refused::<Vec<Point>>(
        DataType::List,
        "81 a1 6178 190100",
        "expected u8, received int 256 at [0].x",
    );
    refused::<Vec<Point>>(
        DataType::List,
        "81 81 01",
        "expected struct Point, received list at [0]",
    );
    refused::<Vec<Point>>(
        DataType::List,
        "81 d9f074 81 01",
        "expected struct Point, received tuple at [0]",
    );
    refused::<Vec<Point>>(
        DataType::List,
        "81 a1 00 01",
        "expected field identifier, received int 0 at [0]",
    );
    refused::<Vec<u8>>(
        DataType::List,
        "81 d9f074 80",
        "expected u8, received tuple at [0]",
    );
    refused::<u8>(DataType::Tuple, "80", "expected u8, received tuple");
    refused::<Vec<ByteBuf>>(
        DataType::List,
        "81 80",
        "expected bytes, received list at [0]",
    );
    refused::<Vec<ByteBuf>>(
        DataType::List,
        "81 6161",
        r#"expected bytes, received str "a" at [0]"#,
    );
    refused::<Vec<Vec<u8>>>(
        DataType::List,
        "81 4161",
        "expected list, received bytes (1 of them) at [0]",
    );
    refused::<Vec<String>>(
        DataType::List,
        "81 4161",
        "expected str, received bytes (1 of them) at [0]",
    );
    refused::<Vec<Int>>(
        DataType::List,
        "81 6135",
        "expected int, received str at [0]",
    );
    refused::<BTreeMap<i64, u8>>(
        DataType::Dict,
        "a1 20 f6",
        "expected u8, received none at -1",
    );
    refused::<(u8, u8)>(
        DataType::Tuple,
        "83 01 02 03",
        "there are more items than expected",
    );
    refused::<(u8, u8)>(
        DataType::Tuple,
        "9f 01 02 03 ff",
        "there are more items than expected",
    );
    refused::<(u8, u8)>(
        DataType::Tuple,
        "81 01",
        "expected a tuple of size 2, received 1 item",
    );
    refused::<Vec<Shape>>(
        DataType::List,
        "81 a0",
        "expected enum Shape, received empty dict at [0]",
    );
    refused::<Vec<Shape>>(
        DataType::List,
        "81 a1 6573697a6564 82 01 f6",
        "expected u8, received none at [0].sized[1]",
    );
    refused::<Vec<u64>>(
        DataType::List,
        &format!("81 c2 59 0100 {}", "ff".repeat(256)),
        "expected u64, received int of 617 digits at [0]",
    );
}

#[test]
fn ints_of_more_than_4300_digits_are_refused() {
    let (_, payload) = encode(&[int(&"9".repeat(4300))]);
    assert_eq!(payload.len(), 1 + 1 + 3 + 1786);
    let mut larger = payload.clone();
    larger[5] = 0xff;
    let read = payload::decode::<Value>(Dialect::Extended, DataType::List, &larger);
    assert_eq!(
        read.unwrap_err().to_string(),
        "payload is not a valid list: a number has more than 4300 digits (byte 1)"
    );
}

/// What serde reads twice: it keeps a copy, in which there are no types of highway's own.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(i64),
    Keyed(BTreeMap<i64, u8>),
    Any(Value),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Any { value: Value },
    Keyed { value: BTreeMap<i64, u8> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Open {
    id: u8,
    #[serde(flatten)]
    rest: Dict,
}

/// A value in each place of which serde keeps a copy while it reads it; or why it can't be read there.
#[track_caller]
fn kept(value: &Value) -> [Result<Value, String>; 3] {
    fn back<T: Serialize + DeserializeOwned>(value: &T) -> Result<T, String> {
        let (data_type, payload) = encode(value);
        let read = payload::decode(Dialect::Extended, data_type, &payload);
        read.map_err(|error| error.to_string())
    }
    let open = Open {
        id: 1,
        rest: [("key", value.clone())].into_iter().collect(),
    };
    let tagged = Tagged::Any {
        value: value.clone(),
    };
    [
        back(&vec![Either::Any(value.clone())]).map(|mut read| match read.remove(0) {
            Either::Any(value) => value,
            other => panic!("{other:?}"),
        }),
        back(&tagged).map(|read| match read {
            Tagged::Any { value } => value,
            other @ Tagged::Keyed { .. } => panic!("{other:?}"),
        }),
        back(&open).map(|mut read| read.rest.remove("key").expect("it has the key")),
    ]
}

#[test]
fn int_keys_keep_where_serde_reads_twice() {
    let keyed = int_dict([(7, "x".into()), (-1, Value::None)]);
    for value in [
        keyed.clone(),
        Value::from(vec![keyed.clone(), 5.into()]),
        Value::from([("inner", keyed)].into_iter().collect::<Dict>()),
        int_dict([(i64::MIN, true.into())]),
        Value::from(Bytes::from_static(b"\xff")),
        Value::from(f64::INFINITY),
    ] {
        assert_eq!(
            kept(&value),
            [(); 3].map(|()| Ok(value.clone())),
            "{value:?}"
        );
    }
    let keyed = BTreeMap::from([(7, 1), (-1, 2)]);
    let (data_type, payload) = encode(&Either::Keyed(keyed.clone()));
    let read = payload::decode(Dialect::Extended, data_type, &payload);
    assert_eq!(read, Ok(Either::Keyed(keyed.clone())));
    let tagged = Tagged::Keyed { value: keyed };
    let (data_type, payload) = encode(&tagged);
    let read = payload::decode(Dialect::Extended, data_type, &payload);
    assert_eq!(read, Ok(tagged));
}

#[test]
fn what_serde_has_no_word_for_is_no_value_or_a_list_where_it_reads_twice() {
    let tuple = Value::from((1, "a"));
    let list = Value::from(vec![Value::from(1), "a".into()]);
    assert_eq!(kept(&tuple), [(); 3].map(|()| Ok(list.clone())));
    let [untagged, tagged, open] = kept(&int("99999999999999999999999999999999999999999999"));
    let error = "expected any value, received int of 44 digits at ";
    assert_eq!(untagged.unwrap_err(), format!("{error}[0]"));
    assert_eq!(tagged.unwrap_err(), format!("{error}value"));
    assert_eq!(open.unwrap_err(), format!("{error}key"));
}

#[test]
fn flattened_int_keys_are_refused_beside_texts() {
    #[derive(Serialize)]
    struct Flat {
        id: u8,
        #[serde(flatten)]
        rest: BTreeMap<i64, u8>,
    }

    let flat = Flat {
        id: 1,
        rest: [(7, 1)].into(),
    };
    let error = payload::encode(Dialect::Extended, &flat, &mut Vec::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a map's keys have to be all whole numbers or none of them"
    );
}
