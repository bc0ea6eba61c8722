//! A message with its header: each payload type of each dialect, read as a value and as all kinds of types.
//!
//! The header's second byte says the dialect: its rest by three is 0 for 0.2, 1 for 0.1, 2 for 0.2 with the extension.

use std::collections::{BTreeMap, HashMap};

use highway::{
    Bytes,
    payload::{self, EncodeError, Payload},
    value::{Dict, Int, IntDict, Value},
    wire::{DataType, Dialect, Header},
};
use serde::{Deserialize, de::IgnoredAny};

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "what is read is enough")]
struct Nested<'a> {
    id: u32,
    #[serde(borrow)]
    name: &'a str,
    tags: Option<Vec<String>>,
    #[serde(default)]
    inner: Option<Box<Nested<'a>>>,
    shape: Option<Shape>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "what is read is enough")]
enum Shape {
    Point,
    Circle(f64),
    Line(i8, i16),
    Box { width: u64, height: f32 },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "what is read is enough")]
enum Untagged {
    Int(i64),
    Text(String),
    List(Vec<Untagged>),
}

/// Feeds it.
pub fn run(data: &[u8]) {
    let Some((header, payload)) = Header::split(data) else {
        assert!(data.len() < Header::LEN);
        return;
    };
    assert_eq!(header.to_bytes(), data[..Header::LEN]);
    let dialect = match header.kind % 3 {
        0 => Dialect::V02,
        1 => Dialect::V01,
        _ => Dialect::Extended,
    };
    let Some(data_type) = dialect.data_type(header.code) else {
        return;
    };
    assert_eq!(dialect.code(data_type), Some(header.code));
    value(dialect, data_type, payload);
    typed(dialect, data_type, payload);
}

/// A value that can be read can be written and is then read as the same, unless the dialect can't write it.
fn value(dialect: Dialect, data_type: DataType, payload: &[u8]) {
    let shared = Bytes::copy_from_slice(payload);
    let value = payload::decode::<Value>(dialect, data_type, payload);
    let from_shared = payload::decode_value(dialect, data_type, &shared);
    assert_eq!(format!("{value:?}"), format!("{from_shared:?}"));
    let value = match value {
        Ok(value) => value,
        Err(error) => {
            assert!(error.to_string().len() < 4096, "{error}");
            return;
        }
    };
    let mut written = Vec::new();
    match payload::encode(dialect, &value, &mut written) {
        Ok(code) => {
            let data_type = dialect
                .data_type(code)
                .expect("a code that was written is known");
            let again = payload::decode::<Value>(dialect, data_type, &written);
            assert_eq!(
                format!("{:?}", again.expect("what was written can be read")),
                format!("{value:?}")
            );
        }
        // What is read more leniently than it is written.
        Err(EncodeError::NotFinite { .. } | EncodeError::IntOutOfRange { .. }) => {
            assert_eq!(dialect, Dialect::V02);
        }
        Err(error) => panic!("{value:?} was read and can't be written: {error}"),
    }
}

/// Each type is read or refused with an error of bounded length.
fn typed(dialect: Dialect, data_type: DataType, payload: &[u8]) {
    fn check<'de, T: Deserialize<'de>>(payload: Payload<'de>) {
        if let Err(error) = payload.decode::<T>() {
            assert!(error.to_string().len() < 4096, "{error}");
        }
    }

    let payload = Payload::new(dialect, data_type, payload);
    check::<IgnoredAny>(payload);
    check::<(u8, u16, u32, u64)>(payload);
    check::<u128>(payload);
    check::<i8>(payload);
    check::<i64>(payload);
    check::<i128>(payload);
    check::<f32>(payload);
    check::<f64>(payload);
    check::<bool>(payload);
    check::<char>(payload);
    check::<&str>(payload);
    check::<String>(payload);
    check::<()>(payload);
    check::<Option<i32>>(payload);
    check::<&serde_bytes::Bytes>(payload);
    check::<serde_bytes::ByteBuf>(payload);
    check::<Vec<u8>>(payload);
    check::<Vec<f64>>(payload);
    check::<Vec<Value>>(payload);
    check::<[i32; 3]>(payload);
    check::<(Int, Option<String>, Shape)>(payload);
    check::<HashMap<String, Value>>(payload);
    check::<BTreeMap<i64, Option<IgnoredAny>>>(payload);
    check::<BTreeMap<bool, f32>>(payload);
    check::<Dict>(payload);
    check::<IntDict>(payload);
    check::<Int>(payload);
    check::<Nested<'_>>(payload);
    check::<Shape>(payload);
    check::<Untagged>(payload);
    check::<serde_json::Value>(payload);
    check::<Value>(payload.nesting(2));
}
