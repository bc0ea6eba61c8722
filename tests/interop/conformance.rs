//! The payloads that implementations in all languages are held to (`conformance/values.jsonl`), against ours.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    time::{Duration, UNIX_EPOCH},
};

use highway::{
    Bytes, Value, payload,
    value::{Dict, Int, IntDict},
    wire::Dialect,
};
use highway_tests::{Outcome, Trial, trials};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{dialogues::hex, vectors};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        our_payloads_are_those_of_every_implementation,
        dates_of_programs_are_values_of_the_table,
    ]
}

/// A line of the file; its README says what the fields mean.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) code: u8,
    pub(crate) hex: serde_json::Value,
    pub(crate) value: Option<serde_json::Value>,
    #[serde(default)]
    written: bool,
    #[serde(default)]
    refused: bool,
}

/// The value that stands in JSON as the README says.
pub(crate) fn value(json: &serde_json::Value) -> Value {
    let object = match json {
        serde_json::Value::Bool(value) => return (*value).into(),
        other => other.as_object().expect("an object with the type"),
    };
    let (data_type, of) = object.iter().next().expect("one key, the type");
    let text = || of.as_str().expect("a text");
    let items = || of.as_array().expect("a list");
    match data_type.as_str() {
        "none" => Value::None,
        "int" => text().parse::<Int>().expect("a decimal").into(),
        "float" => {
            let bits = u64::from_str_radix(text(), 16).expect("the bits of a float");
            f64::from_bits(bits).into()
        }
        "str" => text().into(),
        "bytes" => Value::Bytes(bytes(of).into()),
        "list" => Value::List(items().iter().map(value).collect()),
        "tuple" => Value::Tuple(items().iter().map(value).collect()),
        "nested" => {
            let depth = of.as_u64().expect("how deep");
            (1..depth).fold(Value::List(Vec::new()), |within, _| {
                Value::List(vec![within])
            })
        }
        "dict" => dict(items()),
        other => panic!("no type is called {other}"),
    }
}

/// Bytes in hex, or in parts of which each is repeated as often as it says.
pub(crate) fn bytes(json: &serde_json::Value) -> Vec<u8> {
    let text = |json: &serde_json::Value| vectors::bytes(json.as_str().expect("bytes in hex"));
    let Some(parts) = json.as_array() else {
        return text(json);
    };
    let parts = parts.iter().map(|part| match part.as_array() {
        Some(repeated) => {
            let times = repeated[1].as_u64().and_then(|times| times.try_into().ok());
            text(&repeated[0]).repeat(times.expect("a number"))
        }
        None => text(part),
    });
    parts.collect::<Vec<_>>().concat()
}

/// A value as it stands in JSON.
pub(crate) fn json(value: &Value) -> serde_json::Value {
    use serde_json::json;

    let dict = |entries: Vec<[serde_json::Value; 2]>| json!({ "dict": entries });
    match value {
        Value::None => json!({ "none": null }),
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!({ "int": value.to_string() }),
        Value::Float(value) => json!({ "float": format!("{:016x}", value.to_bits()) }),
        Value::Str(value) => json!({ "str": value.as_str() }),
        Value::Bytes(value) => json!({ "bytes": hex(value) }),
        Value::List(items) => json!({ "list": items.iter().map(self::json).collect::<Vec<_>>() }),
        Value::Tuple(items) => json!({ "tuple": items.iter().map(self::json).collect::<Vec<_>>() }),
        Value::Dict(entries) => dict(
            entries
                .iter()
                .map(|(key, value)| [json!({ "str": key }), self::json(value)])
                .collect(),
        ),
        Value::IntDict(entries) => dict(
            entries
                .iter()
                .map(|(key, value)| [json!({ "int": key.to_string() }), self::json(value)])
                .collect(),
        ),
    }
}

fn dict(entries: &[serde_json::Value]) -> Value {
    let (mut by_text, mut by_int) = (Dict::new(), IntDict::default());
    for entry in entries {
        match (value(&entry[0]), value(&entry[1])) {
            (Value::Str(key), value) => drop(by_text.insert(key, value)),
            (Value::Int(key), value) => drop(by_int.insert(key, value)),
            (other, _) => panic!("{other:?} is no key"),
        }
    }
    if by_int.is_empty() {
        by_text.into()
    } else {
        by_int.into()
    }
}

pub(crate) fn rows() -> impl Iterator<Item = Row> {
    let lines = include_str!("../conformance/values.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).expect("a line is a row"))
}

/// All values that can be sent, with their names.
pub(crate) fn values() -> Vec<(String, Value)> {
    let values = rows().filter_map(|row| Some((row.name, value(row.value.as_ref()?))));
    values.collect()
}

#[expect(clippy::unnecessary_wraps, reason = "a trial may be unable to run")]
fn our_payloads_are_those_of_every_implementation() -> Outcome {
    let mut refused = 0;
    for row in rows() {
        let name = &row.name;
        let data_type = Dialect::Extended.data_type(row.code);
        let data_type = data_type.expect("a code of a type");
        let payload = Bytes::from(bytes(&row.hex));
        let read = payload::decode_value(Dialect::Extended, data_type, &payload);
        if row.refused {
            assert!(row.value.is_none() && !row.written, "{name}");
            assert!(read.is_err(), "{name}: {read:?}");
            refused += 1;
            continue;
        }
        let expected = value(row.value.as_ref().expect("a value"));
        let read = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        // By its text, by which NaN is NaN, -0.0 is not 0.0, and the order of dicts counts.
        assert_eq!(format!("{read:?}"), format!("{expected:?}"), "{name}");
        let mut written = Vec::new();
        let code = payload::encode(Dialect::Extended, &expected, &mut written);
        assert_eq!(code.expect("it can be written"), row.code, "{name}");
        if row.written {
            assert_eq!(written, payload, "{name}");
        }
    }
    assert!(refused > 40, "{refused}");
    Ok(())
}

/// The types in which programs have times, on the wire.
#[expect(clippy::unnecessary_wraps, reason = "a trial may be unable to run")]
fn dates_of_programs_are_values_of_the_table() -> Outcome {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Day(i32, u8, u8);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Happening {
        name: String,
        at: String,
    }

    fn check<T: Debug + PartialEq + Serialize + DeserializeOwned>(name: &str, value: &T) {
        let row = rows().find(|row| row.name == name).expect(name);
        let payload = bytes(&row.hex);
        let mut written = Vec::new();
        let code = payload::encode(Dialect::Extended, value, &mut written);
        assert_eq!(
            (code.expect(name), &written),
            (row.code, &payload),
            "{name}"
        );
        let data_type = Dialect::Extended.data_type(row.code).expect(name);
        let read: T = payload::decode(Dialect::Extended, data_type, &payload).expect(name);
        assert_eq!(read, *value, "{name}");
    }

    let time = UNIX_EPOCH + Duration::new(1_795_861_953, 123_456_789);
    check("time as SystemTime has it", &time);
    let later = UNIX_EPOCH + Duration::from_secs(1 << 32);
    check("time after 2106", &later);
    check("duration", &Duration::from_millis(90_500));
    check("day as a tuple", &Day(2026, 11, 28));
    let happening = Happening {
        name: "launch".to_owned(),
        at: "2026-11-28T10:32:33.123456789+01:00".to_owned(),
    };
    check("event with a time as text", &happening);
    let days: BTreeMap<i32, Vec<(u8, u8)>> =
        [(-1, Vec::new()), (20785, vec![(8, 30), (17, 0)])].into();
    check("days with the minutes of each", &days);
    Ok(())
}
