//! What a payload can make the decoder allocate, measured with a counting allocator. The only test in its binary: others
//! would be counted with it.

use std::{collections::HashMap, hint::black_box};

use highway::{
    payload,
    value::Value,
    wire::{DataType, Dialect},
};
use peak_alloc::PeakAlloc;
use serde::Deserialize;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The most that a [`Value`] takes at any time while it is read, for each byte of the payload.
const FACTOR: usize = 64;

/// One part more than a vector that doubles its room has room for: the most that is unused.
const PARTS: usize = (1 << 13) + 1;

/// A payload of many parts that are alike.
fn repeated(open: &str, part: impl Fn(usize) -> String, close: &str) -> Vec<u8> {
    let parts: String = (0..PARTS).map(part).collect();
    let parts = parts.strip_suffix(',').unwrap_or(&parts);
    [open, parts, close].concat().into_bytes()
}

/// Reads a payload and gives back the most bytes allocated meanwhile for each of its bytes.
fn peak<'de, T: Deserialize<'de>>(data_type: DataType, text: &'de [u8]) -> usize {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let read = payload::decode::<T>(Dialect::V01, data_type, text);
    black_box(&read);
    let peak = ALLOCATOR.peak_usage() - before;
    drop(read);
    peak.div_ceil(text.len())
}

#[test]
fn what_is_allocated_is_bounded_by_the_length_of_the_payload() {
    let list = |part: &str| repeated("[", |_| part.into(), "]");
    let dict = |part: &'static str| repeated("{", |number| format!("\"{number}\":{part},"), "}");
    let deep = "[".repeat(16) + &"]".repeat(16) + ",";
    let cases = [
        ("ints", list("0,")),
        ("empty lists", list("[],")),
        ("lists of one", list("[0],")),
        ("lists of lists of one", list("[[0]],")),
        ("empty dicts", list("{},")),
        ("dicts of one", list("{\"\":0},")),
        ("dicts of two", list("{\"\":0,\"a\":0},")),
        ("dicts of four", list("{\"\":0,\"a\":0,\"b\":0,\"c\":0},")),
        ("lists of two", list("[0,0],")),
        ("lists of five", list("[0,0,0,0,0],")),
        ("empty texts", list("\"\",")),
        ("texts of one", list("\"a\",")),
        ("texts with escapes", list("\"\\n\",")),
        (
            "large ints",
            list("99999999999999999999999999999999999999999,"),
        ),
        ("floats", list("1e5,")),
        ("one dict", dict("0")),
        ("one dict of dicts", dict("{\"\":0}")),
        ("one long text", repeated("[\"", |_| "aa".into(), "\"]")),
        (
            "one long text of escapes",
            repeated("[\"", |_| "\\n".into(), "a\"]"),
        ),
        ("deep lists", list(&deep)),
    ];
    let mut worst = 0;
    for (name, text) in &cases {
        for data_type in [DataType::List, DataType::Dict, DataType::IntDict] {
            let factor = peak::<Value>(data_type, text);
            println!("{name} as {data_type}: {factor}");
            worst = worst.max(factor);
        }
        // Typed data is bounded by its own types; what highway adds is a string to unescape in.
        assert!(peak::<Vec<u8>>(DataType::List, text) <= 3, "{name}");
        assert!(
            peak::<HashMap<&str, bool>>(DataType::List, text) <= 3,
            "{name}"
        );
        for data_type in DataType::ALL {
            let half = text.get(..text.len() / 2).unwrap();
            worst = worst.max(peak::<Value>(data_type, half));
        }
    }
    println!("worst: {worst}");
    assert!(worst <= FACTOR, "{worst} bytes for a byte");
}
