//! How long a payload can keep the decoder busy: no longer than its length allows, whatever stands in it.

use std::{
    collections::{BTreeMap, HashMap},
    hint::black_box,
    time::{Duration, Instant},
};

use highway::{
    payload,
    value::{Dict, Value},
    wire::{DataType, Dialect},
};
use serde::{Deserialize, de::IgnoredAny};

const LEN: usize = 256 * 1024;

/// What a payload may take. It takes far less; with the square of the length it would be minutes, and this has to hold on a slow
/// and busy machine without optimisation.
const MOST: Duration = Duration::from_secs(5);

/// Dicts and tuples are read as lists are.
const TYPES: [DataType; 5] = [
    DataType::Str,
    DataType::Int,
    DataType::Float,
    DataType::List,
    DataType::IntDict,
];

/// Reads a payload in all ways that there are.
fn check(name: &str, text: impl AsRef<[u8]>) {
    fn read<'de, T: Deserialize<'de>>(name: &str, data_type: DataType, text: &'de [u8]) {
        for dialect in Dialect::ALL {
            let start = Instant::now();
            // Whether it is a value is of no interest.
            let _ = black_box(payload::decode::<T>(dialect, data_type, text));
            let took = start.elapsed();
            assert!(took < MOST, "{name} as {data_type}: {took:?}");
        }
    }

    let text = text.as_ref();
    assert!(text.len() > LEN / 2 && text.len() <= LEN, "{name}");
    for data_type in TYPES {
        read::<Value>(name, data_type, text);
        read::<IgnoredAny>(name, data_type, text);
    }
    read::<Vec<f64>>(name, DataType::List, text);
    read::<Vec<String>>(name, DataType::List, text);
    read::<Dict>(name, DataType::Dict, text);
    read::<HashMap<String, Option<IgnoredAny>>>(name, DataType::Dict, text);
    read::<BTreeMap<i64, Value>>(name, DataType::IntDict, text);
    read::<f64>(name, DataType::Float, text);
    read::<u64>(name, DataType::Int, text);
}

fn repeated(open: &str, part: &str, close: &str) -> String {
    let count = (LEN - open.len() - close.len()) / part.len();
    [open, &part.repeat(count), close].concat()
}

#[test]
fn no_payload_takes_more_time_than_its_length_allows() {
    check("digits", repeated("", "9", ""));
    check("digits with underscores", repeated("1", "_1", ""));
    check("a float of many digits", repeated("0.", "7", "e-300"));
    check("a float with a large exponent", repeated("1e", "9", ""));
    check("blanks", repeated("[", " ", "]"));
    check("a list of digits", repeated("[", "9", "]"));
    check("large ints", repeated("[", &("9".repeat(4000) + ","), "1]"));
    check("floats", repeated("[", "1.7976931348623157e308,", "1]"));
    check(
        "long floats",
        repeated("[", &(format!("1.{},", "7".repeat(4000))), "1]"),
    );
    check("empty lists", repeated("[", "[],", "1]"));
    check(
        "nested lists",
        repeated("[", &("[".repeat(100) + &"]".repeat(100) + ","), "1]"),
    );
    check("lists that do not end", repeated("", "[", ""));
    check("escapes", repeated("[\"", "\\n", "\"]"));
    check("surrogates", repeated("[\"", "\\ud800", "\"]"));
    check("a text that does not end", repeated("[\"", "a", ""));
    check("one key", repeated("{", "\"\":0,", "\"\":0}"));
    let keys: Vec<_> = (0..16_000).map(|key| format!("\"{key}\":[]")).collect();
    check("keys", format!("{{{}}}", keys.join(",")));
    check("the same int as key", repeated("{", "\"0\":0,", "\"1\":0}"));
}

#[test]
fn no_payload_with_the_extension_takes_more_time_than_its_length_allows() {
    let repeated = |open: &[u8], part: &[u8], close: &[u8]| {
        let count = (LEN - open.len() - close.len()) / part.len();
        [open, &part.repeat(count), close].concat()
    };
    let list = |part: &[u8]| repeated(b"\x9f", part, b"\xff");
    // As long as ints of 4,300 digits are.
    let large = [&b"\xc3\x59\x06\xf9"[..], &[0xff; 1785]].concat();
    check("large ints", list(&large));
    check(
        "too large an int",
        repeated(b"\x81\xc2\x5a\x00\x03\xff\xf8", b"\xff", b""),
    );
    check(
        "zeros",
        repeated(b"\x81\xc2\x5a\x00\x03\xff\xf8", b"\x00", b""),
    );
    check("empty lists", list(b"\x80"));
    check("empty lists without lengths", list(b"\x9f\xff"));
    check("nested lists", list(&[[0x9f; 100], [0xff; 100]].concat()));
    check("lists that do not end", repeated(b"", b"\x9f", b""));
    check("lists of one that do not end", repeated(b"", b"\x81", b""));
    check("tags", repeated(b"\x81", b"\xd9\xf0\x74", b""));
    check(
        "empty parts of a text",
        repeated(b"\x81\x7f", b"\x60", b"\xff"),
    );
    check("parts of a text", repeated(b"\x81\x7f", b"\x61a", b"\xff"));
    check("parts of bytes", repeated(b"\x81\x5f", b"\x41a", b"\xff"));
    check(
        "a text that does not end",
        repeated(b"\x81\x7f", b"\x61a", b""),
    );
    check("one key", repeated(b"\xbf", b"\x60\x00", b"\xff"));
    check(
        "the same int as key",
        repeated(b"\xbf", b"\x00\x00", b"\xff"),
    );
    let keys: Vec<u8> = (0..60_000_u16)
        .flat_map(|key| [&[0x19], &key.to_be_bytes()[..], &[0]].concat())
        .collect();
    check("int keys", [&[0xbf], &keys[..], &[0xff]].concat());
    let mut deep_dicts = b"\xa1\x00".repeat(100);
    deep_dicts.push(0);
    check("nested dicts with int keys", list(&deep_dicts));
}
