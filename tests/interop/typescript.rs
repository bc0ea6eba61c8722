//! The TypeScript client: its codec, and what is built of it.

use std::{fs, path::Path, process::Command};

use highway_tests::{Node, Outcome, Trial, Typescript, trials};

/// The bytes of the client, compressed as servers send it, at most.
const SIZE: usize = 13_200;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        client_in_typescript_has_the_values_of_every_implementation,
        client_in_typescript_is_built_from_its_source,
        client_in_typescript_is_small,
    ]
}

fn client_in_typescript_has_the_values_of_every_implementation() -> Outcome {
    let node = Node::find()?;
    let tools = Typescript::find()?;
    let codec = tools.bundle("testing.ts")?;
    let values = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/values.jsonl");
    let [codec, values] = [&codec, &values].map(|path| path.to_str().expect("a path is text"));
    let mut program = node.script("values.mjs", &[codec, values]).into_std();
    let output = program.output().expect("it was found before");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
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
