//! The TypeScript client: its codec, and what is built of it.

use std::{env, fs, io::Write, path::Path, process::Command};

use highway::{Bytes, payload, wire::Dialect};
use highway_tests::{Node, Outcome, Trial, Typescript, trials};

use crate::{conformance, dialogues, random::Random};

/// The bytes of the client, compressed as servers send it, at most.
const SIZE: usize = 12_200;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        client_in_typescript_has_the_values_of_every_implementation,
        client_in_typescript_decodes_as_ours_does,
        client_in_typescript_is_built_from_its_source,
        client_in_typescript_is_small,
    ]
}

fn client_in_typescript_has_the_values_of_every_implementation() -> Outcome {
    check_values(&Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/values.jsonl"))
}

/// Lets the client's codec read and write the values of a file.
fn check_values(values: &Path) -> Outcome {
    let node = Node::find()?;
    let tools = Typescript::find()?;
    let codec = tools.bundle("testing.ts")?;
    let [codec, values] = [&codec, values].map(|path| path.to_str().expect("a path is text"));
    let mut program = node.script("values.mjs", &[codec, values]).into_std();
    let output = program.output().expect("it was found before");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// So many payloads are read by both.
const PAYLOADS: u64 = 20_000;

fn client_in_typescript_decodes_as_ours_does() -> Outcome {
    // Others in each run; this one's again by the variable.
    let seed = env::var("FUZZ_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| {
        std::time::UNIX_EPOCH
            .elapsed()
            .map_or(1, |time| time.as_secs())
    });
    println!("FUZZ_SEED={seed}");
    let mut random = Random::new(seed);
    let mut rows = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut refused = 0;
    for number in 0..PAYLOADS {
        let value = random.value(4);
        let mut payload = Vec::new();
        let Ok(mut code) = payload::encode(Dialect::Extended, &value, &mut payload) else {
            continue;
        };
        let is_mutated = number % 3 > 0;
        if is_mutated {
            random.mutate(&mut payload);
            if random.below(20) == 0 {
                code = random.below(9);
            }
        }
        let data_type = Dialect::Extended.data_type(code).expect("a code of a type");
        let read =
            payload::decode_value(Dialect::Extended, data_type, &Bytes::from(payload.clone()));
        let hex = dialogues::hex(&payload);
        let mut row = serde_json::json!({ "name": format!("{number} {code} {hex}"), "code": code, "hex": hex });
        if let Ok(read) = read {
            row["value"] = conformance::json(&read);
            // Both write a float as the shortest text, in their own ways.
            row["written"] = (!is_mutated && code != 2).into();
        } else {
            row["refused"] = true.into();
            refused += 1;
        }
        writeln!(rows, "{row}").expect("it is written");
    }
    assert!(refused > PAYLOADS / 10, "{refused}");
    check_values(rows.path())
}

fn client_in_typescript_is_built_from_its_source() -> Outcome {
    let built = Typescript::find()?.build()?;
    let committed = Typescript::dist();
    let names = |folder: &Path| -> Vec<_> {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| {
            let entry = entry.expect("an entry");
            entry.file_name().into_string().expect("a name is text")
        });
        let mut names: Vec<_> = entries.collect();
        names.sort();
        names
    };
    assert_eq!(names(&built), names(&committed));
    for name in names(&built) {
        let [built, committed] =
            [&built, &committed].map(|folder| fs::read(folder.join(&name)).expect("a file"));
        assert!(
            built == committed,
            "dist/{name} is not what `npm run build` makes in highway/typescript"
        );
    }
    Ok(())
}

fn client_in_typescript_is_small() -> Outcome {
    Node::find()?;
    let script = "process.stdout.write(String(require('zlib').gzipSync(require('fs').readFileSync(process.argv[1]), { level: 9 }).length))";
    let output = Command::new("node")
        .args(["-e", script])
        .arg(Typescript::dist().join("highway.js"))
        .output()
        .expect("it was found before");
    let size: usize = String::from_utf8_lossy(&output.stdout)
        .parse()
        .expect("a number");
    assert!((1..=SIZE).contains(&size), "{size} bytes");
    Ok(())
}
