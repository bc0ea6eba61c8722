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

/// Reads a text in all ways that there are.
fn check(name: &str, text: &str) {
    fn read<'de, T: Deserialize<'de>>(name: &str, data_type: DataType, text: &'de [u8]) {
        for dialect in [Dialect::V01, Dialect::V02] {
            let start = Instant::now();
            // Whether it is a value is of no interest.
            let _ = black_box(payload::decode::<T>(dialect, data_type, text));
            let took = start.elapsed();
            assert!(took < MOST, "{name} as {data_type}: {took:?}");
        }
    }

    assert!(text.len() > LEN / 2 && text.len() <= LEN, "{name}");
    let text = text.as_bytes();
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
    check("digits", &repeated("", "9", ""));
    check("digits with underscores", &repeated("1", "_1", ""));
    check("a float of many digits", &repeated("0.", "7", "e-300"));
    check("a float with a large exponent", &repeated("1e", "9", ""));
    check("blanks", &repeated("[", " ", "]"));
    check("a list of digits", &repeated("[", "9", "]"));
    check(
        "large ints",
        &repeated("[", &("9".repeat(4000) + ","), "1]"),
    );
    check("floats", &repeated("[", "1.7976931348623157e308,", "1]"));
    check(
        "long floats",
        &repeated("[", &(format!("1.{},", "7".repeat(4000))), "1]"),
    );
    check("empty lists", &repeated("[", "[],", "1]"));
    check(
        "nested lists",
        &repeated("[", &("[".repeat(100) + &"]".repeat(100) + ","), "1]"),
    );
    check("lists that do not end", &repeated("", "[", ""));
    check("escapes", &repeated("[\"", "\\n", "\"]"));
    check("surrogates", &repeated("[\"", "\\ud800", "\"]"));
    check("a text that does not end", &repeated("[\"", "a", ""));
    check("one key", &repeated("{", "\"\":0,", "\"\":0}"));
    let keys: Vec<_> = (0..16_000).map(|key| format!("\"{key}\":[]")).collect();
    check("keys", &format!("{{{}}}", keys.join(",")));
    check(
        "the same int as key",
        &repeated("{", "\"0\":0,", "\"1\":0}"),
    );
}
