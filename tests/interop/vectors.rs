//! What of the recorded messages of the published peers is a value to send there and back.

use std::collections::HashSet;

use highway::{Bytes, Value, payload, wire::Dialect};
use serde::Deserialize;

/// A line of a vector file.
#[derive(Debug, Deserialize)]
struct Record {
    name: String,
    direction: String,
    peer: String,
    python_repr: Option<String>,
    header_hex: Option<String>,
    payload_hex: Option<String>,
    js_value: Option<String>,
    opcode: Option<u8>,
}

/// What the peer wrote or was given for a value: the type code and the payload.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) code: u8,
    pub(crate) payload: Bytes,
}

fn records(dialect: Dialect) -> Vec<Record> {
    let file = match dialect {
        Dialect::V01 => include_str!("../../highway/tests/vectors/vectors-0.1.jsonl"),
        Dialect::V02 => include_str!("../../highway/tests/vectors/vectors-0.2.jsonl"),
        Dialect::Extended => unreachable!("no published peer speaks it"),
    };
    file.lines()
        .map(|line| serde_json::from_str(line).expect("a vector is a JSON object"))
        .filter(|record: &Record| ["encode", "decode"].contains(&record.direction.as_str()))
        .collect()
}

impl Record {
    fn is_python(&self) -> bool {
        self.peer.starts_with("py-")
    }

    fn written(&self) -> Option<Written> {
        if self.opcode != Some(2) {
            return None;
        }
        let header = bytes(self.header_hex.as_deref()?);
        let payload = bytes(self.payload_hex.as_deref()?);
        Some(Written {
            code: *header.first()?,
            payload: payload.into(),
        })
    }
}

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|digits| {
            let digits = str::from_utf8(digits).expect("hexadecimal digits");
            u8::from_str_radix(digits, 16).expect("hexadecimal digits")
        })
        .collect()
}

/// Records whose value Python's `repr` does not tell, with an expression for it.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("enc_bytes_all", "bytes(range(256))"),
    ("enc_list_deep_900", "nested(900)"),
    ("enc_list_deep_1023", "nested(1023)"),
    ("enc_list_deep_1024", "nested(1024)"),
    ("enc_list_deep_1025", "nested(1025)"),
    ("dec_int_4300_digits", "10**4300 - 1"),
    ("dec_list_deep_500", "nested(500)"),
    ("dec_list_deep_900", "nested(900)"),
    ("dec_list_deep_1000", "nested(1000)"),
    ("dec_list_deep_1023", "nested(1023)"),
    ("dec_list_deep_1024", "nested(1024)"),
];

/// Records whose value is of no type that goes over the wire (an object, a date, a decimal, …), or that no recent Python
/// reads (4301 digits).
const NO_VALUES: &[&str] = &[
    "enc_custom_",
    "enc_encoder_",
    "enc_intenum",
    "enc_list_deep_1030",
    "enc_list_of_date",
    "enc_list_of_decimal",
    "enc_list_of_intenum",
    "enc_list_of_namedtuple",
    "enc_ordereddict",
    "enc_unsup_custom_toplevel",
    "enc_unsup_decimal",
    "enc_unsup_intenum",
    "enc_unsup_namedtuple",
    "enc_unsup_ordereddict",
    "dec_int_4301_digits",
];

/// Values that highway.py sends and that we refuse, with the code that we close with: those nested deeper than our limit.
pub(crate) fn refused(dialect: Dialect) -> &'static [(&'static str, u16)] {
    match dialect {
        Dialect::V01 => &[("nested(500)", 1003), ("nested(900)", 1003)],
        Dialect::V02 => &[
            ("nested(500)", 1003),
            ("nested(900)", 1003),
            ("nested(1000)", 1003),
            ("nested(1023)", 1003),
            ("nested(1024)", 1003),
            ("nested(1025)", 1003),
        ],
        Dialect::Extended => unreachable!("no published peer speaks it"),
    }
}

/// Texts that are no Unicode, which only highway.py sends, in JSON; and what our text makes of them.
pub(crate) const NO_UNICODE: &[(&str, &str)] = &[
    (r"['\ud800']", "['\u{fffd}']"),
    (r"['\ud83c']", "['\u{fffd}']"),
    (r"['\udf89']", "['\u{fffd}']"),
    (r"['\udf89\ud83c']", "['\u{fffd}\u{fffd}']"),
    (r"['\ud83cx']", "['\u{fffd}x']"),
];

/// The largest float, which highway.py 0.2 writes rounded up beyond all floats, and what it is when it has been here.
pub(crate) const LARGEST_FLOAT: (&str, &str) =
    ("[1.7976931348623157e+308]", "[1.7976931348623151e+308]");

/// Every value that highway.py was asked to send or delivered, once, as a Python expression, but for those that are
/// [`refused`] or [no Unicode](NO_UNICODE), and in 0.2 for the [largest float](LARGEST_FLOAT).
pub(crate) fn python_values(dialect: Dialect) -> Vec<String> {
    let refused = refused(dialect).iter().map(|&(expression, _)| expression);
    let no_unicode = NO_UNICODE.iter().map(|&(expression, _)| expression);
    let altered = (dialect == Dialect::V02).then_some(LARGEST_FLOAT.0);
    let others = refused.chain(no_unicode).chain(altered);
    let mut seen: HashSet<_> = others.map(ToOwned::to_owned).collect();
    records(dialect)
        .into_iter()
        .filter(Record::is_python)
        .filter(|record| !NO_VALUES.iter().any(|name| record.name.starts_with(name)))
        .filter_map(|record| {
            let expression = EXPRESSIONS.iter().find(|(name, _)| *name == record.name);
            let repr = record.python_repr?;
            Some(match expression {
                // None is what 0.1 delivers where it cannot read a payload.
                Some((_, expression)) if repr != "None" => (*expression).to_owned(),
                _ => repr,
            })
        })
        .filter(|expression| seen.insert(expression.clone()))
        .collect()
}

/// Every message that highway.py wrote or was given and that we read, as our value.
pub(crate) fn our_values(dialect: Dialect) -> Vec<(String, Value)> {
    records(dialect)
        .into_iter()
        .filter(Record::is_python)
        .filter_map(|record| {
            let Written { code, payload } = record.written()?;
            let data_type = dialect.data_type(code)?;
            let value = payload::decode_value(dialect, data_type, &payload).ok()?;
            Some((record.name, value))
        })
        .collect()
}

/// Values that Node does not show as an expression, and those for objects that go as something else.
const SCRIPTS: &[(&str, &str)] = &[
    ("js_enc_list_sparse", "[1, , 3]"),
    ("js_enc_list_int8", "[new Int8Array([1, -1])]"),
    ("js_enc_list_date", "[new Date(0)]"),
    (
        "js_enc_dict_tojson",
        "{ a: { toJSON: () => ({ custom: true }) } }",
    ),
    ("js_enc_class_instance", "new (class Point { x = 1 })()"),
    (
        "js_enc_object_null_proto",
        "Object.assign(Object.create(null), { a: 1 })",
    ),
    ("js_enc_int8array_empty", "new Int8Array(0)"),
    ("js_enc_int8array", "new Int8Array([0, -1, -128, 127])"),
    (
        "js_enc_int8array_offset",
        "new Int8Array([0, 1, 2, 3]).subarray(1)",
    ),
    ("js_enc_boxed_number", "new Number(5)"),
    ("js_enc_boxed_string", "new String('x')"),
    ("js_enc_boxed_bool", "new Boolean(false)"),
];

/// Every value that highway.js sent, as an expression, with what it wrote for it.
pub(crate) fn javascript_values() -> Vec<(String, Written)> {
    records(Dialect::V02)
        .into_iter()
        .filter(|record| record.direction == "encode" && record.peer == "js-0.2.0")
        .filter(|record| !record.name.starts_with("js_meta"))
        .filter_map(|record| {
            let written = record.written()?;
            let script = SCRIPTS.iter().find(|(name, _)| *name == record.name);
            let expression = match script {
                Some((_, script)) => (*script).to_owned(),
                None => record.js_value?,
            };
            Some((expression, written))
        })
        .collect()
}
