//! Random and mutated payloads: the Python client and ours read the same value, or both refuse.

use std::{io::Write, process::Stdio, thread};

use highway::{Bytes, Value, payload, wire::Dialect};
use highway_tests::{Outcome, PythonClient};

use crate::vectors;

const PAYLOADS: usize = 20_000;

/// xorshift: the same payloads on each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).expect("31 bits") % bound.max(1)
    }

    fn byte(&mut self) -> u8 {
        // Heads of items and what stands at borders, more often than others.
        const HEADS: &[u8] = &[
            0x00, 0x17, 0x18, 0x1b, 0x1c, 0x20, 0x38, 0x3b, 0x40, 0x41, 0x5f, 0x60, 0x61, 0x7f,
            0x80, 0x81, 0x82, 0x9f, 0xa0, 0xa1, 0xbf, 0xc2, 0xc3, 0xc4, 0xd9, 0xf0, 0x74, 0xe0,
            0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xff,
        ];
        if self.below(3) == 0 {
            self.next().to_le_bytes()[3]
        } else {
            HEADS[self.below(HEADS.len())]
        }
    }
}

fn mutated(random: &mut Random, seeds: &[(u8, Vec<u8>)]) -> (u8, Vec<u8>) {
    let (mut code, mut bytes) = seeds[random.below(seeds.len())].clone();
    if bytes.len() > 200 {
        bytes.truncate(200);
    }
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        match random.below(6) {
            0 => bytes.insert(at, random.byte()),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => bytes.truncate(at),
            3 => {
                let other = &seeds[random.below(seeds.len())].1;
                let part = &other[..other.len().min(60)];
                bytes.splice(at..at, part.iter().copied());
            }
            4 => code = u8::try_from(random.below(9)).expect("it is below 9"),
            _ if at < bytes.len() => bytes[at] = random.byte(),
            _ => bytes = (0..random.below(12)).map(|_| random.byte()).collect(),
        }
    }
    (code, bytes)
}

pub(super) fn payloads_mean_the_same_in_python() -> Outcome {
    let python = PythonClient::find()?;
    let seeds: Vec<(u8, Vec<u8>)> = include_str!("../../conformance/values.jsonl")
        .lines()
        .filter_map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).expect("a line is a row");
            let code = row["code"]
                .as_u64()
                .and_then(|code| u8::try_from(code).ok());
            // Large payloads are written in another way, and are too much for seeds.
            let bytes = vectors::bytes(row["hex"].as_str()?);
            Some((code.expect("a code"), bytes))
        })
        .collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let payloads: Vec<_> = (0..PAYLOADS)
        .map(|_| mutated(&mut random, &seeds))
        .collect();

    let mut program = python
        .program("fuzz.py", &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it was found before");
    let mut input = program.stdin.take().expect("it is piped");
    let told = payloads.iter().fold(String::new(), |told, (code, bytes)| {
        told + &format!(
            "{code} {}
",
            hex(bytes)
        )
    });
    let writing = thread::spawn(move || input.write_all(told.as_bytes()));
    let output = program.wait_with_output().expect("it ends by itself");
    writing.join().expect("no panic").expect("it reads all");
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).expect("text");
    let said: Vec<&str> = said.lines().collect();
    assert_eq!(said.len(), payloads.len());

    let (mut wrong, mut read) = (Vec::new(), 0);
    for ((code, bytes), theirs) in payloads.iter().zip(said) {
        let ours = ours(*code, bytes);
        read += usize::from(ours != "refused");
        if ours != theirs {
            wrong.push(format!(
                "{code} {}: ours {ours}, theirs {theirs}",
                hex(bytes)
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {PAYLOADS}:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
    assert!(
        read > PAYLOADS / 10 && read < PAYLOADS * 9 / 10,
        "{read} were read"
    );
    Ok(())
}

/// What we read, written again, or that we refuse it.
fn ours(code: u8, bytes: &[u8]) -> String {
    let data_type = Dialect::Extended.data_type(code).expect("a code of a type");
    let payload = Bytes::copy_from_slice(bytes);
    match payload::decode_value(Dialect::Extended, data_type, &payload) {
        Err(_) => "refused".to_owned(),
        // Which bits a NaN has is up to the machine.
        Ok(value) if has_nan(&value) => "NaN".to_owned(),
        // Its shortest text has several forms.
        Ok(Value::Float(float)) => format!("{:016x}", float.to_bits()),
        Ok(value) => {
            let mut written = Vec::new();
            payload::encode(Dialect::Extended, &value, &mut written).expect("it was read");
            hex(&written)
        }
    }
}

fn has_nan(value: &Value) -> bool {
    match value {
        Value::Float(float) => float.is_nan(),
        Value::List(items) | Value::Tuple(items) => items.iter().any(has_nan),
        Value::Dict(entries) => entries.iter().any(|(_, value)| has_nan(value)),
        Value::IntDict(entries) => entries.iter().any(|(_, value)| has_nan(value)),
        _ => false,
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
