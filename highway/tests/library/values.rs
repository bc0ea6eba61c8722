//! `Value` as a person uses it: made from Rust's types, shown, compared, taken apart.

use std::collections::BTreeMap;

use bytes::Bytes;
use highway::value::{Dict, Int, IntDict, Value};

#[track_caller]
fn shows(value: impl Into<Value>, text: &str) {
    assert_eq!(format!("{:?}", value.into()), text);
}

#[test]
fn values_show_as_a_person_would_write_them() {
    shows((), "none");
    shows(None::<u8>, "none");
    shows(Some(true), "true");
    shows(-5, "-5");
    shows(u128::MAX, "340282366920938463463374607431768211455");
    shows(1.0, "1.0");
    shows(f64::NAN, "NaN");
    shows('é', "\"é\"");
    shows("say \"hi\"\n", r#""say \"hi\"\n""#);
    shows(Bytes::from_static(b"\x00text"), r#"b"\0text""#);
    shows(vec![1, 2], "[1, 2]");
    shows([1, 2], "(1, 2)");
    shows((1, 2.5, "three"), r#"(1, 2.5, "three")"#);
    shows((1,), "(1,)");
    shows(Value::Tuple(Vec::new()), "()");
    shows(
        vec![Value::from(1), Value::from(2.5), Value::from("three")],
        r#"[1, 2.5, "three"]"#,
    );
    shows(
        BTreeMap::from([("a", Value::None), ("b", vec![()].into())]),
        r#"{"a": none, "b": [none]}"#,
    );
    shows(
        [(1, "x"), (-2, "y")].into_iter().collect::<IntDict>(),
        r#"{1: "x", -2: "y"}"#,
    );
    assert_eq!(format!("{:#?}", Value::from(vec![1])), "[\n    1,\n]");
}

/// Whether a value equals something plain.
fn equal<T: ?Sized>(value: impl Into<Value>, plain: &T) -> bool
where
    Value: PartialEq<T>,
{
    &value.into() == plain
}

#[test]
fn values_compare_with_plain_types_of_their_own_type_only() {
    assert!(equal(1, &1) && equal(1, &1_u8) && equal(1, &1_u128) && !equal(1, &2));
    assert!(!equal(1, &1.0) && !equal(1, &true) && !equal(1, "1") && !equal(1.0, &1));
    assert!(equal("x", "x") && equal("x", &"x") && equal("x", &"x".to_string()));
    assert!(equal(1.5, &1.5) && !equal(f64::NAN, &Value::from(f64::NAN)));
    assert!(equal(true, &true) && !equal(true, &1) && !equal(Bytes::from_static(b"x"), "x"));
    assert!(!equal(vec![1], &Value::from((1,))) && !equal((1,), &Value::from(vec![1])));
    let value = Value::from(1);
    assert!(1 == value && 1_u64 == value && "x" != value);
}

#[test]
fn values_convert_back_or_say_what_they_are() {
    assert_eq!(u8::try_from(Value::from(255)), Ok(255));
    assert_eq!(f64::try_from(Value::from(3)), Ok(3.0));
    assert_eq!(String::try_from(Value::from("x")), Ok("x".into()));
    assert_eq!(
        Vec::try_from(Value::from((1, 2))),
        Ok(vec![Value::from(1), Value::from(2)])
    );
    let error = |error: highway::value::ValueError| error.to_string();
    assert_eq!(
        u8::try_from(Value::from(256)).map_err(error),
        Err("expected u8, received int 256".into())
    );
    assert_eq!(
        bool::try_from(Value::from("x")).map_err(error),
        Err("expected bool, received str".into())
    );
    assert_eq!(
        <()>::try_from(Value::Bool(true)).map_err(error),
        Err("expected none, received bool".into())
    );
}

#[test]
fn accessors_take_values_apart() {
    let value = Value::from(BTreeMap::from([("list", vec![1.5, 2.5])]));
    assert_eq!(value["list"][1], 2.5);
    assert_eq!(value.get_key("list").and_then(|list| list.get(2)), None);
    assert_eq!(value.get_key("other"), None);
    assert_eq!(Value::from(u64::MAX).as_u64(), Some(u64::MAX));
    assert_eq!(Value::from(u64::MAX).as_i64(), None);
    assert_eq!(Value::from(2).as_f64(), Some(2.0));
    assert_eq!(Value::from("x").as_str(), Some("x"));
    assert_eq!(Value::from("x").as_bytes(), None);
    assert!(Value::default().is_none());
}

#[test]
fn dicts_keep_their_order_and_the_last_value() {
    let mut dict: Dict = [("b", 1), ("a", 2), ("c", 3), ("b", 4)]
        .into_iter()
        .collect();
    assert_eq!(dict.keys().collect::<Vec<_>>(), ["b", "a", "c"]);
    assert_eq!(dict["b"], 4);
    assert_eq!(dict.insert("a", "new"), Some(Value::from(2)));
    assert_eq!(dict.remove("b"), Some(Value::from(4)));
    assert_eq!(
        (dict.remove("b"), dict.get("b"), dict.contains_key("c")),
        (None, None, true)
    );
    assert_eq!(format!("{dict:?}"), r#"{"a": "new", "c": 3}"#);
    for (_, value) in &mut dict {
        *value = Value::None;
    }
    assert!(dict.values().all(Value::is_none));
    assert_eq!(
        dict.iter()
            .rev()
            .map(|(key, _)| key.as_str())
            .collect::<String>(),
        "ca"
    );
    let other: Dict = [("c", ()), ("a", ())].into_iter().collect();
    assert_eq!(dict, other, "order does not count");
    dict.clear();
    assert!(dict.is_empty() && dict == Dict::new() && dict.iter().len() == 0);
    let ints: IntDict = [(Int::from(1), "x")].into_iter().collect();
    assert_eq!(ints[&Int::from(1)], "x");
}

#[test]
fn json_values_convert_both_ways() {
    let text = r#"{"a":[1,-2.5,true,null,"x"],"b":18446744073709551615}"#;
    let json: serde_json::Value = serde_json::from_str(text).unwrap();
    let value = Value::from(json.clone());
    assert_eq!(
        format!("{value:?}"),
        r#"{"a": [1, -2.5, true, none, "x"], "b": 18446744073709551615}"#
    );
    assert_eq!(serde_json::Value::try_from(value), Ok(json));
    for (value, received) in [
        (Value::from(f64::NAN), "float"),
        (Value::from(Bytes::new()), "bytes"),
        (Value::Int("9".repeat(50).parse().unwrap()), "int"),
    ] {
        let error =
            serde_json::Value::try_from(vec![value].into_iter().collect::<Value>()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("expected a value that JSON knows, received {received}")
        );
    }
}
