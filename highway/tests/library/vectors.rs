//! Every message that the published peers were seen to write or were given to read, against highway's payloads.
//!
//! Values are compared by their `Debug` text, by which NaN is NaN, -0.0 is not 0.0, and the order of dicts counts.

use std::{collections::BTreeMap, fmt::Write, thread};

use highway::{
    payload::{self, DecodeError, EncodeError, Payload, Problem},
    value::{Dict, Int, Value},
    wire::{DataType, Dialect, Header},
};

use crate::hex;

/// One line of a file, as far as it is looked at.
struct Record {
    name: String,
    dialect: Dialect,
    direction: String,
    peer: String,
    /// The value that was sent or delivered, as Python writes it.
    repr: Option<String>,
    /// The message's type code and payload; none where the peer refused to send.
    message: Option<(u8, Vec<u8>)>,
    /// Whether the peer could not read the payload.
    failed: bool,
}

fn records(dialect: Dialect) -> Vec<Record> {
    let lines = match dialect {
        Dialect::V01 => include_str!("../vectors/vectors-0.1.jsonl"),
        Dialect::V02 => include_str!("../vectors/vectors-0.2.jsonl"),
        Dialect::Extended => unreachable!("no published peer speaks it"),
    };
    let record = |line| {
        let json: serde_json::Value = serde_json::from_str(line).expect("a line is an object");
        let text = |key: &str| json[key].as_str().map(str::to_owned);
        assert_eq!(text("dialect"), Some(dialect.to_string()));
        // The others are about connections, not about values.
        let is_value = matches!(json["direction"].as_str(), Some("encode" | "decode"));
        let message = text("payload_hex")
            .filter(|_| is_value)
            .and_then(|payload| {
                let header = hex::bytes(&text("header_hex")?);
                let (header, _) = Header::split(&header).expect("a header");
                assert_eq!(json["type_code"], header.code);
                Some((header.code, hex::bytes(&payload)))
            });
        let outcome = &json["outcome"];
        let repr = text("python_repr");
        let unread = repr.is_none() || outcome["conversion_error_logged"].is_string();
        Record {
            name: text("name").expect("a name"),
            dialect,
            direction: text("direction").expect("a direction"),
            peer: text("peer").expect("a peer"),
            failed: unread || repr.as_deref() == Some("None") && outcome["exception"].is_string(),
            repr,
            message,
        }
    };
    lines.lines().map(record).collect()
}

fn selected(dialect: Dialect, direction: &str, peer: &str, count: usize) -> Vec<Record> {
    let mut records = records(dialect);
    records.retain(|record| record.direction == direction && record.peer.starts_with(peer));
    assert_eq!(records.len(), count, "no record goes missing");
    records
}

/// What is expected of highway for one message.
#[derive(Debug, Clone)]
enum Expected {
    Value(Value),
    Refused,
}

/// Where highway does otherwise than the peer, and why.
struct Differences(BTreeMap<&'static str, Expected>);

impl Differences {
    /// Takes `(names, value as Python writes it or none for refused)`; the reasons stand beside the entries.
    #[track_caller]
    fn new(entries: &[(&'static str, Option<&str>)]) -> Self {
        let expected = |text: Option<&str>| match text {
            Some(text) => Expected::Value(python(text)),
            None => Expected::Refused,
        };
        let map: BTreeMap<_, _> = entries
            .iter()
            .map(|(name, text)| (*name, expected(*text)))
            .collect();
        assert_eq!(map.len(), entries.len(), "a name stands twice");
        Self(map)
    }

    fn take(&mut self, name: &str) -> Option<Expected> {
        self.0.remove(name)
    }

    #[track_caller]
    fn all_used(self) {
        assert!(self.0.is_empty(), "no such records: {:?}", self.0.keys());
    }
}

/// Reads a record's message, and then what highway makes of the value again: that has to be the same.
fn read(
    dialect: Dialect,
    code: u8,
    payload: &[u8],
    nesting: usize,
) -> Result<Value, Box<DecodeError>> {
    let data_type = dialect.data_type(code).expect("a known code");
    let value: Value = Payload::new(dialect, data_type, payload)
        .nesting(nesting)
        .decode()?;
    let mut again = Vec::new();
    match payload::encode(dialect, &value, &mut again) {
        Ok(code) => {
            let data_type = dialect.data_type(code).expect("a known code");
            let back: Value = payload::decode(dialect, data_type, &again).expect("own payload");
            assert_eq!(format!("{back:?}"), format!("{value:?}"));
        }
        // More levels than highway sends.
        Err(EncodeError::TooDeep) => assert!(nesting > payload::NESTING),
        Err(error) => panic!("{value:?}: {error}"),
    }
    Ok(value)
}

/// Collects what is not as expected, so that one run shows all of it.
#[derive(Default)]
struct Report(String);

impl Report {
    fn check(
        &mut self,
        name: &str,
        expected: &Expected,
        received: &Result<Value, Box<DecodeError>>,
    ) {
        let ok = match (expected, received) {
            (Expected::Value(expected), Ok(received)) => {
                format!("{expected:?}") == format!("{received:?}")
            }
            (Expected::Refused, Err(_)) => true,
            _ => false,
        };
        if !ok {
            let _ = writeln!(
                self.0,
                "{name}: expected {expected:?}, received {received:?}"
            );
        }
    }

    #[track_caller]
    fn finish(self) {
        assert!(self.0.is_empty(), "\n{}", self.0);
    }
}

/// Checks all records of a direction; deep ones need more stack than a test's thread has.
fn check_records(records: Vec<Record>, mut differences: Differences) {
    let check = move || {
        let mut report = Report::default();
        for record in records {
            let Some((code, payload)) = &record.message else {
                assert_eq!(record.direction, "encode", "{} has no message", record.name);
                continue;
            };
            let difference = differences.take(&record.name);
            if let Some(depth) = depth(&record.name).filter(|depth| *depth > payload::NESTING) {
                // Refused by default; read where the limit is raised, as far as the peer read it.
                let error = read(record.dialect, *code, payload, payload::NESTING);
                assert!(matches!(
                    error.map_err(|error| *error),
                    Err(DecodeError::Malformed {
                        problem: Problem::TooDeep,
                        ..
                    })
                ));
                let expected = nested(depth);
                report.check(
                    &record.name,
                    &Expected::Value(expected),
                    &read(record.dialect, *code, payload, depth),
                );
                continue;
            }
            let expected = difference.unwrap_or_else(|| {
                if record.failed {
                    Expected::Refused
                } else {
                    Expected::Value(expected_value(&record, *code))
                }
            });
            let received = read(record.dialect, *code, payload, payload::NESTING);
            report.check(&record.name, &expected, &received);
        }
        report.finish();
        differences.all_used();
    };
    let thread = thread::Builder::new().stack_size(256 << 20).spawn(check);
    if let Err(panic) = thread.expect("a thread").join() {
        std::panic::resume_unwind(panic);
    }
}

/// The levels of a record that is a list in a list and so on.
fn depth(name: &str) -> Option<usize> {
    name.split_once("_deep_")?.1.parse().ok()
}

fn nested(depth: usize) -> Value {
    (0..depth)
        .fold(None, |inner: Option<Value>, _| {
            Some(Value::List(inner.into_iter().collect()))
        })
        .expect("a list")
}

/// The value of a record, in the types as which it goes over the wire.
fn expected_value(record: &Record, code: u8) -> Value {
    let repr = record.repr.as_deref().expect("a value");
    let value = match record.name.as_str() {
        // The records have the beginning and the length of long ones only.
        "enc_bytes_all" => Value::Bytes((0..=255).collect()),
        "dec_int_4300_digits" => python(&"9".repeat(4300)),
        name => depth(name).map_or_else(|| python(repr), nested),
    };
    let data_type = record.dialect.data_type(code).expect("a known code");
    match value {
        // highway.py makes a list of a tuple that it receives.
        Value::List(items) if data_type == DataType::Tuple => Value::Tuple(inner(items)),
        Value::Tuple(items) if data_type == DataType::Tuple => Value::Tuple(inner(items)),
        Value::IntDict(dict) if data_type == DataType::IntDict => Value::IntDict(
            dict.into_iter()
                .map(|(key, value)| (key, as_inner(value)))
                .collect(),
        ),
        Value::Dict(dict) if dict.is_empty() && data_type == DataType::IntDict => {
            Value::IntDict(Dict::default())
        }
        value => as_inner(value),
    }
}

fn inner(items: Vec<Value>) -> Vec<Value> {
    items.into_iter().map(as_inner).collect()
}

/// What JSON makes of a value: no tuples, and text as keys.
fn as_inner(value: Value) -> Value {
    match value {
        Value::List(items) | Value::Tuple(items) => Value::List(inner(items)),
        Value::Dict(dict) => Value::Dict(
            dict.into_iter()
                .map(|(key, value)| (key, as_inner(value)))
                .collect(),
        ),
        Value::IntDict(dict) => Value::Dict(
            dict.into_iter()
                .map(|(key, value)| (key.to_string(), as_inner(value)))
                .collect(),
        ),
        other => other,
    }
}

/// Reads what Python's `repr` writes.
fn python(repr: &str) -> Value {
    let mut parser = Python { rest: repr };
    let value = parser.value();
    assert_eq!(parser.rest, "", "all of {repr:?} is read");
    value
}

struct Python<'a> {
    rest: &'a str,
}

impl Python<'_> {
    fn skip(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn value(&mut self) -> Value {
        if self.skip("None") {
            Value::None
        } else if self.skip("True") {
            true.into()
        } else if self.skip("False") {
            false.into()
        } else if self.skip("b") {
            let chars = self.quoted();
            Value::Bytes(
                chars
                    .into_iter()
                    .map(|char| u8::try_from(char).expect("a byte"))
                    .collect(),
            )
        } else if self.rest.starts_with(['\'', '"']) {
            let chars = self
                .quoted()
                .into_iter()
                .map(|code| char::from_u32(code).expect("a char"));
            Value::Str(chars.collect())
        } else if self.skip("[") {
            Value::List(self.items("]", Self::value))
        } else if self.skip("(") {
            Value::Tuple(self.items(")", Self::value))
        } else if self.skip("{") {
            let repr = self.rest;
            let entries = self.items("}", |parser| {
                let key = parser.value();
                assert!(
                    parser.skip(": "),
                    "{repr}: a colon before {:?}",
                    parser.rest
                );
                (key, parser.value())
            });
            if !entries.is_empty() && entries.iter().all(|(key, _)| key.as_int().is_some()) {
                let int = |key| Int::try_from(key).expect("an int");
                Value::IntDict(
                    entries
                        .into_iter()
                        .map(|(key, value)| (int(key), value))
                        .collect(),
                )
            } else {
                let text = |key: Value| key.as_str().map_or(format!("{key:?}"), str::to_owned);
                Value::Dict(
                    entries
                        .into_iter()
                        .map(|(key, value)| (text(key), value))
                        .collect(),
                )
            }
        } else {
            let end = self
                .rest
                .find([',', ']', ')', '}', ':'])
                .unwrap_or(self.rest.len());
            let (number, rest) = self.rest.split_at(end);
            self.rest = rest;
            match number.parse::<Int>() {
                Ok(int) => int.into(),
                Err(_) => Value::Float(number.parse().unwrap_or_else(|_| panic!("{number:?}"))),
            }
        }
    }

    fn items<T>(&mut self, end: &str, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut items = Vec::new();
        while !self.skip(end) {
            items.push(item(self));
            self.skip(",");
            self.skip(" ");
        }
        items
    }

    fn quoted(&mut self) -> Vec<u32> {
        let quote = self.rest.chars().next().expect("a quote");
        let mut chars = self.rest.char_indices().skip(1);
        let mut text = Vec::new();
        loop {
            let (at, char) = chars.next().expect("the closing quote");
            if char == quote {
                self.rest = &self.rest[at + 1..];
                return text;
            }
            if char != '\\' {
                text.push(char.into());
                continue;
            }
            let (_, escape) = chars.next().expect("an escape");
            let digits = match escape {
                'x' => 2,
                'u' => 4,
                'U' => 8,
                'n' => {
                    text.push('\n'.into());
                    continue;
                }
                'r' => {
                    text.push('\r'.into());
                    continue;
                }
                't' => {
                    text.push('\t'.into());
                    continue;
                }
                other => {
                    text.push(other.into());
                    continue;
                }
            };
            let digits: String = chars
                .by_ref()
                .take(digits)
                .map(|(_, digit)| digit)
                .collect();
            text.push(u32::from_str_radix(&digits, 16).expect("hexadecimal digits"));
        }
    }
}

/// What highway reads better, or does not read, in both dialects.
const READ_BY_BOTH: [(&str, Option<&str>); 6] = [
    // More digits than a recent CPython reads.
    ("dec_int_4301_digits", None),
    // As highway.js writes large integers.
    ("dec_int_1e3", Some("1000")),
    ("dec_int_1e+21", Some("1000000000000000000000")),
    // No float is as large, and no peer writes it.
    ("dec_float_1e400", None),
    ("dec_float_neg1e400", None),
    ("dec_list_1e400", None),
];

#[test]
fn what_highway_py_0_1_was_given_is_read() {
    let records = selected(Dialect::V01, "decode", "py-0.1", 195);
    let mut differences = vec![
        // Text is UTF-8; the peer takes it for Latin-1 otherwise.
        ("dec_str_bad_ff", None),
        ("dec_str_bad_cont", None),
        ("dec_str_bad_truncated", None),
        ("dec_str_bad_surrogate", None),
        ("dec_str_bad_overlong", None),
        ("dec_str_bad_above_10ffff", None),
        ("dec_str_bad_ff_backslash_n", None),
        // Rust's text has no lone surrogates.
        ("dec_list_lone_high", Some(r"['\ufffd']")),
        ("dec_list_lone_low", Some(r"['\ufffd']")),
        ("dec_list_swapped_pair", Some(r"['\ufffd\ufffd']")),
        ("dec_list_high_then_char", Some(r"['\ufffdx']")),
        // What is no dict is not made one.
        ("dec_indexed_list", Some("[1, 2]")),
        ("dec_indexed_list_payload_numbers", Some("[0]")),
        ("dec_indexed_number", Some("5")),
    ];
    differences.extend(READ_BY_BOTH);
    check_records(records, Differences::new(&differences));
}

#[test]
fn what_highway_py_0_2_was_given_is_read() {
    let records = selected(Dialect::V02, "decode", "py-0.2.2", 187);
    let mut differences = vec![
        // Floats are read exactly.
        ("dec_list_third", Some("[0.3333333333333333]")),
        ("dec_list_1e308", Some("[1.7976931348623157e+308]")),
        ("dec_list_5e-324", Some("[5e-324]")),
        // Integers beyond 64 bits are the floats that highway.js writes so.
        ("dec_list_2p64", Some("[1.8446744073709552e+19]")),
        ("dec_list_i64min_minus1", Some("[-9.223372036854776e+18]")),
        ("dec_list_10p40", Some("[1e+40]")),
        // No JSON, and written by no peer.
        ("dec_list_leading_zero", None),
        ("dec_list_5dot", None),
        ("dec_list_raw_control", None),
        ("dec_dict_trailing_comma", None),
        // Rust's text has no lone surrogates, and it shows where one was.
        ("dec_list_lone_high", Some(r"['\ufffd']")),
        ("dec_list_lone_low", Some(r"['\ufffd']")),
        ("dec_list_swapped_pair", Some(r"['\ufffd\ufffd']")),
        ("dec_list_high_then_char", Some(r"['\ufffdx']")),
    ];
    differences.extend(READ_BY_BOTH);
    check_records(records, Differences::new(&differences));
}

/// highway.js was given nothing that highway.py was not; those records have the values.
#[test]
fn what_highway_js_was_given_is_read() {
    let read_by_python: Vec<_> = records(Dialect::V02)
        .into_iter()
        .filter(|record| record.direction == "decode" && record.peer.starts_with("py"))
        .map(|record| record.message)
        .collect();
    for record in selected(Dialect::V02, "decode", "js-0.2.0", 179) {
        assert!(record.message.is_some() && read_by_python.contains(&record.message));
    }
}

/// Checks messages that a peer wrote, and what highway does with the values that the peer refused to send: each has to be
/// in `refused`.
fn check_written(
    records: Vec<Record>,
    differences: &[(&'static str, Option<&str>)],
    refused: &[(&str, Ours)],
) {
    let not_sent: Vec<_> = records
        .iter()
        .filter(|record| record.message.is_none())
        .collect();
    let names: Vec<_> = not_sent.iter().map(|record| record.name.as_str()).collect();
    let listed: Vec<_> = refused.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, listed, "what the peer refused");
    for (record, (name, ours)) in not_sent.iter().zip(refused) {
        let value = || python(record.repr.as_deref().expect("a value"));
        let encode = |value| {
            let mut out = Vec::new();
            payload::encode(record.dialect, &value, &mut out).map(|code| (code, out))
        };
        match ours {
            Ours::NoValue => {}
            Ours::Sent(code, text) => {
                assert_eq!(
                    encode(value()),
                    Ok((*code, text.as_bytes().to_vec())),
                    "{name}"
                );
            }
            Ours::Refused(message) => {
                assert_eq!(encode(value()).unwrap_err().to_string(), *message, "{name}");
            }
        }
    }
    check_records(records, Differences::new(differences));
}

/// What highway does with a value that the peer refused to send.
enum Ours {
    /// It has no such value.
    NoValue,
    Sent(u8, &'static str),
    Refused(&'static str),
}

#[test]
fn what_highway_py_0_1_wrote_is_read() {
    use Ours::{NoValue, Refused, Sent};
    let records = selected(Dialect::V01, "encode", "py-0.1", 159);
    let differences = [
        // Rust's text has no lone surrogates.
        ("enc_list_lone_surrogate", Some(r"['\ufffd']")),
        // Keys that are no text become it by names of their own.
        ("enc_dict_none_key", Some("{'null': 1}")),
        ("enc_dict_bool_key", Some("{'true': 1}")),
        ("enc_dict_false_and_0_keys", Some("{'false': 'b'}")),
        // The peer's encoder made other values of these.
        ("enc_encoder_custom_toplevel", Some("{'custom': True}")),
        (
            "enc_encoder_custom_in_dict",
            Some("{'custom': {'custom': True}}"),
        ),
        ("enc_encoder_custom_in_list", Some("[{'custom': True}, 1]")),
        ("enc_list_of_namedtuple", Some("[[1, 2]]")),
        ("enc_encoder_tuple", Some("[1, 2]")),
        ("enc_encoder_set", Some("[1, 2]")),
        // An indexed dict by name only: the peer checks nothing.
        ("enc_indexed_str_keys", None),
        ("enc_indexed_mixed", Some("{1: 'a', 2: 'b'}")),
        ("enc_indexed_none_key", None),
        ("enc_indexed_bool_key", None),
        ("enc_indexed_float_key", None),
        ("enc_indexed_list", Some("[1, 2]")),
        ("enc_indexed_str", None),
        ("enc_indexed_none", None),
        ("enc_indexed_bytes", Some("{}")),
    ];
    let nested_bytes = "bytes cannot go inside of a list, dict or tuple at [0]";
    let refused = [
        ("enc_list_of_bytes", Refused(nested_bytes)),
        ("enc_list_of_bytes_bad", Refused(nested_bytes)),
        ("enc_list_of_set", NoValue),
        ("enc_tuple_empty", Sent(1, "[]")),
        ("enc_tuple_ints", Sent(1, "[1,2,3]")),
        ("enc_tuple_nested", Sent(1, r#"[1,["a",null],[2.5]]"#)),
        ("enc_bytearray", NoValue),
        ("enc_set", NoValue),
        ("enc_int_subclass", Sent(3, "5")),
        ("enc_str_subclass", Sent(0, "x")),
        ("enc_ordereddict", NoValue),
        ("enc_intenum", NoValue),
        ("enc_custom_toplevel_no_encoder", NoValue),
        ("enc_custom_in_dict_no_encoder", NoValue),
        ("enc_lone_surrogate", NoValue),
        ("enc_dict_tuple_key", NoValue),
        ("enc_encoder_bytes", Sent(2, "abc")),
        ("enc_encoder_object_unknown_to_encoder", NoValue),
    ];
    check_written(records, &differences, &refused);
}

#[test]
fn what_highway_py_0_2_wrote_is_read() {
    use Ours::{NoValue, Refused, Sent};
    let records = selected(Dialect::V02, "encode", "py-0.2.2", 151);
    let differences = [
        // Floats inside of collections were rounded by the peer.
        (
            "enc_list_floats",
            Some("[0.0, 0.0, 1.0, 1.1, 0.3, 0.3333333333, 3.1415926536]"),
        ),
        ("enc_list_float_1e17", Some("[1.234567890123457e+17]")),
        ("enc_list_float_max", Some("[1.7976931348623157e+308]")),
        ("enc_list_float_carry", Some("[0.1]")),
        ("enc_list_float_1e-11", Some("[0.0]")),
        ("enc_list_float_5e-11", Some("[1e-10]")),
        ("enc_list_float_above_1e16", Some("[1e16]")),
        // Keys that are no text become it by names of their own.
        ("enc_dict_none_key", Some("{'None': 1}")),
        ("enc_dict_bool_key", Some("{'True': 1}")),
        ("enc_dict_tuple_key", Some("{'(1, 2)': 1}")),
        ("enc_dict_bytes_key", Some("{'a': 1}")),
        // The peer's JSON library makes other values of these.
        ("enc_list_of_bytes", Some("['abc']")),
        ("enc_list_of_set", Some("[[1]]")),
        (
            "enc_custom_json_in_dict",
            Some("{'custom': {'custom': True}}"),
        ),
        ("enc_custom_json_in_list", Some("[{'custom': True}, 1]")),
        ("enc_custom_json_raw", Some("[[1, 2]]")),
        ("enc_custom_json_invalid", None),
        ("enc_custom_todict", Some("[{'a': 1}]")),
        ("enc_custom_plain_object", Some("[{'x': 1}]")),
        ("enc_list_of_decimal", Some("[1.5]")),
        ("enc_list_of_datetime", Some("[1483228800]")),
        ("enc_list_of_date", Some("[1483228800]")),
        ("enc_list_of_complex", Some("[{'imag': 1.0, 'real': 0.0}]")),
        ("enc_list_of_intenum", Some("[1]")),
        ("enc_list_of_int_subclass", Some("[5]")),
        ("enc_list_of_namedtuple", Some("[[1, 2]]")),
        ("enc_list_of_bytearray", Some("[[120]]")),
    ];
    let too_large = "inside of a list, dict or tuple dialect 0.2 carries whole numbers from -2^63 to 2^64-1 only at [0]";
    let refused = [
        (
            "enc_list_float_inf",
            Refused(
                "dialect 0.2 cannot carry the float inf inside of a list, dict or tuple at [0]",
            ),
        ),
        (
            "enc_list_float_nan",
            Refused(
                "dialect 0.2 cannot carry the float NaN inside of a list, dict or tuple at [0]",
            ),
        ),
        ("enc_list_2p64", Refused(too_large)),
        ("enc_list_10p40", Refused(too_large)),
        (
            "enc_list_of_bytes_bad",
            Refused("bytes cannot go inside of a list, dict or tuple at [0]"),
        ),
        ("enc_list_lone_surrogate", NoValue),
        ("enc_unsup_bytearray", NoValue),
        ("enc_unsup_set", NoValue),
        ("enc_unsup_complex", NoValue),
        ("enc_unsup_int_subclass", Sent(1, "5")),
        ("enc_unsup_str_subclass", Sent(0, "x")),
        ("enc_unsup_ordereddict", NoValue),
        ("enc_unsup_namedtuple", NoValue),
        ("enc_unsup_intenum", NoValue),
        ("enc_unsup_decimal", NoValue),
        ("enc_unsup_custom_toplevel", NoValue),
        ("enc_unsup_lone_surrogate", NoValue),
        ("enc_list_deep_1030", NoValue),
    ];
    check_written(records, &differences, &refused);
}

#[test]
fn what_highway_js_wrote_is_read() {
    use Ours::NoValue;
    let records = selected(Dialect::V02, "encode", "js-0.2.0", 72);
    let with_zeros = |digits: &str, zeros| [digits, &"0".repeat(zeros)].concat();
    // The records have no Python value. JavaScript's numbers have no types: whole ones are ints.
    let values = [
        (
            "js_meta_client_reply",
            Some("{'0': 'meta', '1': 'echo', '2': 'cmd', '3': 'boom'}"),
        ),
        ("js_enc_str_empty", Some("''")),
        ("js_enc_str_ascii", Some("'text'")),
        ("js_enc_str_unicode", Some("'héllo ☃ 日本語 🎉'")),
        ("js_enc_str_lone_surrogate", Some(r"'a\ufffdb'")),
        ("js_enc_str_bom", Some(r"'\ufeffx'")),
        ("js_enc_num_0", Some("0")),
        ("js_enc_num_neg0", Some("0")),
        ("js_enc_num_1", Some("1")),
        ("js_enc_num_1.0", Some("1")),
        ("js_enc_num_neg1", Some("-1")),
        ("js_enc_num_1.1", Some("1.1")),
        ("js_enc_num_1e15", Some("1000000000000000")),
        ("js_enc_num_1e16", Some("10000000000000000")),
        ("js_enc_num_2p53", Some("9007199254740992")),
        ("js_enc_num_1e20", Some("100000000000000000000")),
        ("js_enc_num_1e21", Some("1000000000000000000000")),
        ("js_enc_num_1e22", Some("10000000000000000000000")),
        ("js_enc_num_1e100", Some(&with_zeros("1", 100))),
        (
            "js_enc_num_max",
            Some(&with_zeros("17976931348623157", 292)),
        ),
        ("js_enc_num_1e-6", Some("1e-06")),
        ("js_enc_num_1e-7", Some("1e-07")),
        ("js_enc_num_1.5e-7", Some("1.5e-07")),
        ("js_enc_num_0.1+0.2", Some("0.30000000000000004")),
        ("js_enc_num_min", Some("5e-324")),
        ("js_enc_num_1.5e300", Some(&with_zeros("15", 299))),
        ("js_enc_num_Infinity", Some("inf")),
        ("js_enc_num_negInfinity", Some("-inf")),
        ("js_enc_num_NaN", Some("nan")),
        ("js_enc_bool_true", Some("True")),
        ("js_enc_bool_false", Some("False")),
        ("js_enc_null", Some("None")),
        ("js_enc_list_empty", Some("[]")),
        ("js_enc_list_mixed", Some("['a', 1, 1.5, True, None]")),
        ("js_enc_list_1.0", Some("[1, 0, 1e+21, 1e-07]")),
        ("js_enc_list_nan_inf", Some("[None, None, None]")),
        ("js_enc_list_undefined", Some("[None]")),
        ("js_enc_list_sparse", Some("[1, None, 3]")),
        ("js_enc_list_nested", Some("[[1, [2]], {'a': 1}]")),
        (
            "js_enc_list_unicode",
            Some(r"['hé ☃ 🎉 / \u2028 \x7f \x01']"),
        ),
        ("js_enc_list_lone_surrogate", Some(r"['\ufffd']")),
        ("js_enc_list_int8", Some("[{'0': 1, '1': -1}]")),
        ("js_enc_list_date", Some("['1970-01-01T00:00:00.000Z']")),
        ("js_enc_dict_empty", Some("{}")),
        ("js_enc_dict_simple", Some("{'key': 'value'}")),
        ("js_enc_dict_int_keys", Some("{'1': 'a', '2': 'b', 'z': 0}")),
        ("js_enc_dict_undefined", Some("{'b': 1}")),
        ("js_enc_dict_tojson", Some("{'a': {'custom': True}}")),
        ("js_enc_class_instance", Some("{'x': 1}")),
        ("js_enc_object_null_proto", Some("{'a': 1}")),
        ("js_enc_int8array_empty", Some("b''")),
        ("js_enc_int8array", Some(r"b'\x00\xff\x80\x7f'")),
        ("js_enc_int8array_offset", Some(r"b'\x01\x02\x03'")),
        ("js_enc_boxed_number", Some("5")),
        ("js_enc_boxed_string", Some("'x'")),
        ("js_enc_boxed_bool", Some("False")),
    ];
    let refused = [
        ("js_enc_undefined", NoValue),
        ("js_enc_list_bigint", NoValue),
        ("js_enc_uint8array", NoValue),
        ("js_enc_uint8clamped", NoValue),
        ("js_enc_int16array", NoValue),
        ("js_enc_arraybuffer", NoValue),
        ("js_enc_buffer", NoValue),
        ("js_enc_bigint", NoValue),
        ("js_enc_date", NoValue),
        ("js_enc_map", NoValue),
        ("js_enc_set", NoValue),
        ("js_enc_function", NoValue),
        ("js_enc_symbol", NoValue),
        ("js_enc_error", NoValue),
        ("js_enc_regexp", NoValue),
        ("js_enc_promise", NoValue),
    ];
    assert_eq!(values.len() + refused.len(), 72);
    check_written(records, &values, &refused);
}
