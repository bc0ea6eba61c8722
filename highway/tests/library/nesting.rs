//! How deep collections may stand inside of each other, however they are read, and that the deepest needs no more stack than
//! any thread has.

use std::{collections::HashMap, fmt::Debug, thread};

use highway::{
    payload::{self, DecodeError, EncodeError, MAX_NESTING, Payload, Problem},
    value::{Dict, Value},
    wire::{DataType, Dialect},
};
use serde::{Deserialize, Serialize, de::IgnoredAny};

/// Half of what the threads of tokio and the standard library have.
const STACK: usize = 1 << 20;

/// A tree of structs, with what else a struct may have on each level.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Node {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    place: (f64, f64, f64),
    inner: Option<Box<Node>>,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
struct List(Vec<List>);

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
enum Variant {
    End,
    Of(Box<Variant>),
}

/// Held in serde's own buffer while each variant is tried.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    List(Vec<Untagged>),
}

fn nested(depth: usize, open: &str, inner: &str, close: &str) -> String {
    [&open.repeat(depth), inner, &close.repeat(depth)].concat()
}

fn lists(depth: usize) -> String {
    nested(depth, "[", "", "]")
}

fn dicts(depth: usize) -> String {
    nested(depth - 1, "{\"a\":", "{}", "}")
}

fn nodes(depth: usize) -> String {
    nested(depth, "{\"inner\":", "null", "}")
}

fn variants(depth: usize) -> String {
    nested(depth, "{\"Of\":", "\"End\"", "}")
}

/// That a text of exactly the depth is read and one that is a level deeper is not, in both dialects.
#[track_caller]
fn check<T: for<'de> Deserialize<'de>>(data_type: DataType, text: fn(usize) -> String) {
    for dialect in [Dialect::V01, Dialect::V02] {
        for nesting in [1, 2, 3, 128, MAX_NESTING] {
            let read = |depth: usize| {
                Payload::new(dialect, data_type, text(depth).as_bytes())
                    .nesting(nesting)
                    .decode::<T>()
            };
            if let Err(error) = read(nesting) {
                panic!("{nesting} deep in dialect {dialect}: {error}");
            }
            let error = read(nesting + 1).err().map(|error| *error);
            assert!(
                matches!(
                    error,
                    Some(DecodeError::Malformed {
                        problem: Problem::TooDeep,
                        ..
                    })
                ),
                "{} deep in dialect {dialect}: {error:?}",
                nesting + 1
            );
        }
    }
}

#[test]
fn each_way_of_reading_goes_exactly_as_deep_as_the_limit() {
    for data_type in [DataType::List, DataType::Tuple] {
        check::<Value>(data_type, lists);
        check::<IgnoredAny>(data_type, lists);
        check::<List>(data_type, lists);
        check::<Untagged>(data_type, lists);
        check::<Vec<Value>>(data_type, lists);
        check::<serde_json::Value>(data_type, lists);
    }
    for data_type in [DataType::Dict, DataType::IntDict] {
        check::<IgnoredAny>(data_type, dicts);
        check::<HashMap<String, Value>>(data_type, dicts);
        check::<Dict>(data_type, dicts);
        check::<serde_json::Value>(data_type, dicts);
        check::<Node>(data_type, nodes);
        check::<Variant>(data_type, variants);
    }
    check::<Value>(DataType::Dict, dicts);
    check::<Value>(DataType::IntDict, |depth| {
        nested(depth - 1, "{\"1\":", "{}", "}")
    });
}

#[test]
fn no_collection_is_read_where_none_may_be() {
    let list = Payload::new(Dialect::V02, DataType::List, b"[]").nesting(0);
    list.decode::<Value>().unwrap_err();
    let text = Payload::new(Dialect::V02, DataType::Str, b"[]").nesting(0);
    assert_eq!(text.decode::<&str>().unwrap(), "[]");
}

/// Does all that a route may do with what it got, on a thread of its own.
fn use_up<T>(data_type: DataType, text: &str)
where
    T: for<'de> Deserialize<'de> + Serialize + Clone + PartialEq + Debug,
{
    let work = || {
        let payload = Payload::new(Dialect::V01, data_type, text.as_bytes());
        let value: T = payload.nesting(MAX_NESTING).decode().expect("it is read");
        let copy = value.clone();
        assert!(copy == value);
        assert!(format!("{value:?}").len() > MAX_NESTING);
        let error = payload::encode(Dialect::V01, &value, &mut Vec::new());
        assert!(matches!(error, Err(EncodeError::TooDeep)));
        let json = serde_json::to_string(&value).expect("it is JSON");
        assert!(json.len() >= text.len());
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK);
        let thread = thread.spawn_scoped(scope, work).expect("a thread");
        thread.join().expect("it does not fail");
    });
}

#[test]
fn deepest_that_may_be_read_leaves_half_of_a_stack() {
    use_up::<Value>(DataType::List, &lists(MAX_NESTING));
    use_up::<Value>(DataType::Tuple, &lists(MAX_NESTING));
    use_up::<Value>(DataType::Dict, &dicts(MAX_NESTING));
    use_up::<List>(DataType::List, &lists(MAX_NESTING));
    use_up::<Untagged>(DataType::List, &lists(MAX_NESTING));
    use_up::<Node>(DataType::Dict, &nodes(MAX_NESTING));
    use_up::<Variant>(DataType::Dict, &variants(MAX_NESTING));
    use_up::<serde_json::Value>(DataType::Dict, &dicts(MAX_NESTING));
}

/// What the texts above are as CBOR, which is deep in the same way.
#[test]
fn payloads_with_the_extension_go_exactly_as_deep() {
    #[track_caller]
    fn check<T: for<'de> Deserialize<'de>>(
        data_type: DataType,
        open: &[u8],
        inner: &[u8],
        close: &[u8],
    ) {
        for nesting in [1, 2, 3, 128, MAX_NESTING] {
            let read = |depth: usize| {
                let payload = [&open.repeat(depth), inner, &close.repeat(depth)].concat();
                Payload::new(Dialect::Extended, data_type, &payload)
                    .nesting(nesting)
                    .decode::<T>()
                    .map(drop)
            };
            assert_eq!(read(nesting), Ok(()), "{nesting} deep");
            let error = read(nesting + 1).err().map(|error| *error);
            assert!(
                matches!(
                    error,
                    Some(DecodeError::Malformed {
                        problem: Problem::TooDeep,
                        ..
                    })
                ),
                "{} deep: {error:?}",
                nesting + 1
            );
        }
    }

    for (open, close) in [(&b"\x81"[..], &b""[..]), (b"\x9f", b"\xff")] {
        check::<Value>(DataType::List, open, b"\x00", close);
        check::<Value>(DataType::Tuple, open, b"\x00", close);
        check::<IgnoredAny>(DataType::List, open, b"\x00", close);
        check::<Untagged>(DataType::List, open, b"\x00", close);
        check::<Vec<Value>>(DataType::List, open, b"\x00", close);
    }
    check::<Value>(DataType::Tuple, b"\xd9\xf0\x74\x81", b"\x00", b"");
    check::<IgnoredAny>(DataType::Tuple, b"\xd9\xf0\x74\x81", b"\x00", b"");
    for (open, close) in [
        (&b"\xa1\x61a"[..], &b""[..]),
        (b"\xa1\x01", b""),
        (b"\xbf\x01", b"\xff"),
    ] {
        check::<Value>(DataType::Dict, open, b"\x00", close);
        check::<IgnoredAny>(DataType::Dict, open, b"\x00", close);
    }
    check::<Variant>(DataType::Dict, b"\xa1\x62Of", b"\x63End", b"");
    check::<Node>(DataType::Dict, b"\xa1\x65inner", b"\xf6", b"");
}

#[test]
fn deepest_with_the_extension_leaves_half_of_a_stack() {
    fn use_up<T>(data_type: DataType, open: &[u8])
    where
        T: for<'de> Deserialize<'de> + Serialize + Clone + PartialEq + Debug,
    {
        let work = || {
            let payload = [&open.repeat(MAX_NESTING), &b"\x00"[..]].concat();
            let payload = Payload::new(Dialect::Extended, data_type, &payload);
            let value: T = payload.nesting(MAX_NESTING).decode().expect("it is read");
            let copy = value.clone();
            assert!(copy == value);
            assert!(format!("{value:?}").len() > MAX_NESTING);
            let error = payload::encode(Dialect::Extended, &value, &mut Vec::new());
            assert!(matches!(error, Err(EncodeError::TooDeep)));
        };
        thread::scope(|scope| {
            let thread = thread::Builder::new().stack_size(STACK);
            let thread = thread.spawn_scoped(scope, work).expect("a thread");
            thread.join().expect("it does not fail");
        });
    }

    use_up::<Value>(DataType::List, b"\x81");
    use_up::<Value>(DataType::Tuple, b"\xd9\xf0\x74\x81");
    use_up::<Value>(DataType::Dict, b"\xa1\x61a");
    use_up::<Value>(DataType::Dict, b"\xa1\x01");
    use_up::<Untagged>(DataType::List, b"\x81");
}
