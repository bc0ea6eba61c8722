//! The CBOR libraries that the documentation names, with the settings that it names (`peers/cbor`), against our codec: they read what we
//! write, and we read what they write.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use highway::{Bytes, payload, wire::Dialect};
use highway_tests::{Node, Outcome, Trial, python, trials};
use serde::Deserialize;

use crate::{
    conformance::{self, Row},
    dialogues::hex,
    vectors,
};

const CHAPTER: &str = include_str!("../../highway/src/docs/cbor.md");

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        cborg_has_the_values_with_its_settings,
        cbor_x_has_the_values_with_its_settings,
        cbor2_of_npm_has_the_values_with_its_settings,
        cbor2_of_python_has_the_values_with_its_settings,
    ]
}

/// What becomes of a row.
#[derive(Debug, Deserialize)]
struct Answer {
    /// The value as it stands in JSON, or an error.
    read: serde_json::Value,
    /// The payload, with the bytes of each class, or an error.
    written: Vec<serde_json::Value>,
}

/// The rows whose payloads are collections, as the others are no CBOR, and not too deep for JSON.
fn rows() -> Vec<Row> {
    let is_collection = |row: &Row| {
        let value = row.value.as_ref();
        (4..=6).contains(&row.code) && value.is_some_and(|of| of.get("nested").is_none())
    };
    conformance::rows().filter(is_collection).collect()
}

/// What a library does otherwise than we do.
fn different(run: &dyn Fn() -> Command) -> BTreeSet<String> {
    let rows = rows();
    let mut input = String::new();
    for row in &rows {
        let payload = hex(&conformance::bytes(&row.hex));
        let value = conformance::value(row.value.as_ref().expect("it has a value"));
        let row = serde_json::json!({ "code": row.code, "hex": payload, "value": conformance::json(&value) });
        input.extend([row.to_string(), "\n".to_owned()]);
    }
    let mut file = tempfile::tempfile().expect("a temporary file");
    std::io::Write::write_all(&mut file, input.as_bytes()).expect("it is written");
    std::io::Seek::rewind(&mut file).expect("it is read from its beginning");
    let output = run()
        .stdin(Stdio::from(file))
        .output()
        .expect("it was found before");
    let mut different = BTreeSet::new();
    if !output.status.success() {
        different.insert("does not run".to_owned());
        return different;
    }
    let output = String::from_utf8(output.stdout).expect("it prints text");
    assert_eq!(output.lines().count(), rows.len());
    for (row, answer) in rows.iter().zip(output.lines()) {
        let answer: Answer = serde_json::from_str(answer).expect("it answers as it should");
        let value = conformance::value(row.value.as_ref().expect("it has a value"));
        if answer.read != conformance::json(&value) {
            different.insert(format!("reads: {}", row.name));
        }
        for written in &answer.written {
            let written = written.as_str().map(vectors::bytes).map(Bytes::from);
            let data_type = Dialect::Extended.data_type(row.code).expect("a code");
            let read = written
                .map(|payload| payload::decode_value(Dialect::Extended, data_type, &payload));
            // By its text, by which NaN is NaN, -0.0 is not 0.0, and the order of dicts counts.
            let same =
                matches!(&read, Some(Ok(read)) if format!("{read:?}") == format!("{value:?}"));
            if !same {
                different.insert(format!("writes: {}", row.name));
            }
        }
    }
    different
}

/// Holds a library to all rows but those that are `different` with it; and each of its settings to making a difference for what it is
/// said to be for.
fn check(
    folder: &Path,
    codec: &str,
    run: fn(&Path, &Path) -> Command,
    expected: &[&str],
    settings: &[(&str, &str, &str)],
) {
    let source = fs::read_to_string(folder.join(codec)).expect("the codec is there");
    assert!(
        CHAPTER.contains(source.trim_end()),
        "the chapter does not show {codec} as it is"
    );
    let with = |source: &str, name: String| {
        let path = folder.join(name);
        fs::write(&path, source).expect("the folder can be written");
        let different = different(&|| run(folder, &path));
        fs::remove_file(&path).expect("it was written");
        different
    };
    let this = std::process::id();
    let all = with(&source, format!("{this}-all-{codec}"));
    let expected: BTreeSet<String> = expected.iter().map(|&row| row.to_owned()).collect();
    assert_eq!(all, expected, "{codec}");
    for (number, (setting, without, wrong)) in settings.iter().enumerate() {
        assert_eq!(source.matches(setting).count(), 1, "{codec}: {setting}");
        let source = source.replace(setting, without);
        let different = with(&source, format!("{this}-{number}-{codec}"));
        let more: Vec<_> = different.difference(&all).collect();
        assert!(
            different.contains(*wrong),
            "{codec} without `{setting}`: {more:#?}"
        );
    }
}

fn in_node(folder: &Path, codec: &Path) -> Command {
    let mut command = Command::new("node");
    command.arg(folder.join("run.mjs")).arg(codec);
    command
}

fn folder() -> Result<PathBuf, highway_tests::Unavailable> {
    Node::find()?.cbor_libraries()
}

/// What all libraries of JavaScript read otherwise: whole floats as ints, and two forms of one int as two keys, which we never write.
const IN_JAVASCRIPT: [&str; 3] = [
    "reads: ints and floats",
    "reads: times in seconds, as floats",
    "reads: an int key and the bignum of it",
];

/// What some can't read and we never write.
const PARTS: [&str; 3] = [
    "reads: text in parts",
    "reads: bytes in parts",
    "reads: text of no parts",
];

fn cborg_has_the_values_with_its_settings() -> Outcome {
    check(
        &folder()?,
        "cborg.mjs",
        in_node,
        &[IN_JAVASCRIPT, PARTS].concat(),
        &[
            ("  useMaps: true,\n", "", "reads: dict with int keys"),
            ("  coerceUndefinedToNull: true,\n", "", "reads: undefined"),
            (
                "2: bigIntDecoder, 3: bigNegIntDecoder, ",
                "",
                "reads: ints beyond 64 bits",
            ),
            (
                "[TUPLE]: (content) => Tuple.from(content())",
                "",
                "reads: tuple within a list",
            ),
            (
                "  mapSorter: null,\n",
                "",
                "writes: event with a time as text",
            ),
            (
                "    bigint: bigIntEncoder,\n",
                "",
                "writes: ints beyond 64 bits",
            ),
            (
                "value instanceof Tuple ?",
                "false ?",
                "writes: tuple within a list",
            ),
            (
                "value instanceof Float ?",
                "false ?",
                "writes: ints and floats",
            ),
        ],
    );
    Ok(())
}

fn cbor_x_has_the_values_with_its_settings() -> Outcome {
    check(
        &folder()?,
        "cbor-x.mjs",
        in_node,
        &[&IN_JAVASCRIPT[..], &PARTS, &["reads: undefined"]].concat(),
        &[
            ("alwaysUseFloat: true, ", "", "writes: ints and floats"),
            ("mapsAsObjects: false, ", "", "reads: dict with int keys"),
            ("tagUint8Array: false, ", "", "writes: bytes of each length"),
            (", useRecords: false", "", "writes: duration"),
            ("addExtension({", "Object({", "reads: tuple within a list"),
            ("addExtension({", "Object({", "writes: tuple within a list"),
        ],
    );
    Ok(())
}

fn cbor2_of_npm_has_the_values_with_its_settings() -> Outcome {
    check(
        &folder()?,
        "cbor2.mjs",
        in_node,
        &[&IN_JAVASCRIPT[..], &["reads: undefined"]].concat(),
        &[
            (
                "{ preferMap: true }",
                "{}",
                "reads: dict with keys like ints",
            ),
            (
                "Tag.registerDecoder(TUPLE, (tag) => Tuple.from(tag.contents));\n",
                "",
                "reads: tuple within a list",
            ),
            (
                "registerEncoder(Tuple, (value) => [TUPLE, [...value]]);\n",
                "",
                "writes: tuple within a list",
            ),
            (
                "  writeFloat(Number(value), writer, options);\n",
                "  return Number(value);\n",
                "writes: ints and floats",
            ),
            (
                "registerEncoder(Buffer, (value) => [NaN, new Uint8Array(value)]);\n",
                "",
                "writes: bytes of each length",
            ),
        ],
    );
    Ok(())
}

fn cbor2_of_python_has_the_values_with_its_settings() -> Outcome {
    let folder = folder()?;
    python("requirements-client.txt")?;
    let run = |folder: &Path, codec: &Path| {
        let interpreter = python("requirements-client.txt").expect("it was found before");
        let mut command = Command::new(interpreter);
        command.arg("-B").arg(folder.join("run.py")).arg(codec);
        command
    };
    check(
        &folder,
        "codec.py",
        run,
        &["reads: undefined"],
        &[
            (
                "semantic_decoders={TUPLE: lambda items, immutable: tuple(items)}",
                "tag_hook=lambda tag, immutable: tag.value",
                "reads: nested",
            ),
            (
                "            tuple: lambda encoder, items: encoder.encode(cbor2.CBORTag(TUPLE, list(items))),\n",
                "",
                "writes: tuple within a list",
            ),
            (
                "            memoryview: lambda encoder, view: encoder.encode(view.tobytes()),\n",
                "",
                "writes: bytes of each length",
            ),
        ],
    );
    Ok(())
}
