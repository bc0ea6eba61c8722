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

/// The same with the extension, whose payloads say the same in fewer bytes.
const EXTENDED_FACTOR: usize = 128;

/// One part more than a vector that doubles its room has room for: the most that is unused.
const PARTS: usize = (1 << 13) + 1;

/// A payload of many parts that are alike.
fn repeated(open: &str, part: impl Fn(usize) -> String, close: &str) -> Vec<u8> {
    let parts: String = (0..PARTS).map(part).collect();
    let parts = parts.strip_suffix(',').unwrap_or(&parts);
    [open, parts, close].concat().into_bytes()
}

/// Reads a payload and gives back the most bytes allocated meanwhile for each of its bytes.
fn peak<'de, T: Deserialize<'de>>(dialect: Dialect, data_type: DataType, text: &'de [u8]) -> usize {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let read = payload::decode::<T>(dialect, data_type, text);
    black_box(&read);
    let peak = ALLOCATOR.peak_usage() - before;
    drop(read);
    peak.div_ceil(text.len())
}

#[test]
fn what_is_allocated_is_bounded_by_the_length_of_the_payload() {
    json();
    cbor();
}

fn json() {
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
            let factor = peak::<Value>(Dialect::V01, data_type, text);
            println!("{name} as {data_type}: {factor}");
            worst = worst.max(factor);
        }
        // Typed data is bounded by its own types; what highway adds is a string to unescape in.
        assert!(
            peak::<Vec<u8>>(Dialect::V01, DataType::List, text) <= 3,
            "{name}"
        );
        assert!(
            peak::<HashMap<&str, bool>>(Dialect::V01, DataType::List, text) <= 3,
            "{name}"
        );
        for data_type in DataType::ALL {
            let half = text.get(..text.len() / 2).unwrap();
            worst = worst.max(peak::<Value>(Dialect::V01, data_type, half));
        }
    }
    println!("worst: {worst}");
    assert!(worst <= FACTOR, "{worst} bytes for a byte");
}

/// Some hundred bytes in front of parts that are alike, as a list whose length is in front and one whose end is marked.
fn cbor() {
    let repeated = |part: &[u8]| {
        let length = u32::try_from(PARTS).expect("it is short").to_be_bytes();
        let parts = part.repeat(PARTS);
        [
            [&[0x9a], &length[..], &parts].concat(),
            [&[0x9f], &parts[..], &[0xff]].concat(),
        ]
    };
    let entries = |part: &dyn Fn(usize) -> Vec<u8>| {
        let parts: Vec<u8> = (0..PARTS).flat_map(part).collect();
        [&[0xbf], &parts[..], &[0xff]].concat()
    };
    let deep = [vec![0x81; 15], vec![0x80]].concat();
    let deep_unknown = [[0x9f; 16], [0xff; 16]].concat();
    let ints: Vec<u8> = [0xb8, 48]
        .into_iter()
        .chain((0..24).flat_map(|key| [key, 0, 0x20 | key, 0]))
        .collect();
    let cases: [(&str, &[u8]); 18] = [
        ("ints", b"\x00"),
        ("empty lists", b"\x80"),
        ("lists of one", b"\x81\x00"),
        ("lists of lists of one", b"\x81\x81\x00"),
        ("lists of five", b"\x85\0\0\0\0\0"),
        ("tuples of one", b"\xd9\xf0\x74\x81\x00"),
        ("empty dicts", b"\xa0"),
        ("dicts of one", b"\xa1\x60\x00"),
        ("dicts of two", b"\xa2\x60\x00\x61\x00\x00"),
        ("int dicts of one", b"\xa1\x00\x00"),
        ("int dicts of four", b"\xa4\0\0\x01\0\x02\0\x03\0"),
        ("int dicts of 48", &ints),
        ("empty texts", b"\x60"),
        ("texts of one", b"\x61a"),
        ("texts of parts", b"\x7f\x61a\xff"),
        ("bytes of one", b"\x41\x00"),
        ("deep lists", &deep),
        ("deep lists without lengths", &deep_unknown),
    ];
    let mut worst = 0;
    let mut check =
        |name: &str, payload: &[u8]| {
            let factor = peak::<Value>(Dialect::Extended, DataType::List, payload)
                .max(peak::<Value>(Dialect::Extended, DataType::Dict, payload));
            println!("with the extension, {name}: {factor}");
            let half = payload.get(..payload.len() / 2).unwrap();
            let half = peak::<Value>(Dialect::Extended, DataType::List, half);
            worst = worst.max(factor).max(half);
            assert!(
                peak::<Vec<u8>>(Dialect::Extended, DataType::List, payload) <= 3,
                "{name}"
            );
        };
    for (name, part) in cases {
        for payload in repeated(part) {
            check(name, &payload);
        }
    }
    let large = [&b"\xc2\x58\x20"[..], &[0xff; 32]].concat();
    for payload in repeated(&large) {
        check("large ints", &payload);
    }
    check(
        "one int dict",
        &entries(&|key| {
            let key = u16::try_from(key).expect("it is short").to_be_bytes();
            [&[0x19], &key[..], &[0]].concat()
        }),
    );
    check(
        "one dict",
        &entries(&|key| [&[0x64], format!("{key:04x}").as_bytes(), &[0]].concat()),
    );
    // Lists that announce more than there is, in lists that do.
    let announced = b"\x9a\x00\x00\xff\xff".repeat(100);
    check("announced items", &[announced, vec![0; 0xffff]].concat());
    println!("worst with the extension: {worst}");
    assert!(worst <= EXTENDED_FACTOR, "{worst} bytes for a byte");
}
