//! The Python client: its codec, and what it says to servers.

use std::{path::Path, process::Command};

use highway_tests::{Outcome, PythonClient, Trial, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        client_in_python_has_the_values_of_every_implementation,
        client_in_python_is_typed,
    ]
}

fn client_in_python_has_the_values_of_every_implementation() -> Outcome {
    let python = PythonClient::find()?;
    let values = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/values.jsonl");
    let values = values.to_str().expect("a path is text");
    succeeds(&mut python.program("values.py", &[values]));
    Ok(())
}

fn client_in_python_is_typed() -> Outcome {
    let python = PythonClient::find()?;
    let folder = PythonClient::folder();
    let mut mypy = python.command();
    // Nothing is to be written beside the sources.
    mypy.args(["-m", "mypy", "--strict", "--cache-dir", "/dev/null"]);
    succeeds(mypy.arg(folder.join("src")));
    Ok(())
}

/// What a program prints that ends well.
#[track_caller]
fn succeeds(program: &mut Command) -> String {
    let output = program.output().expect("it was found before");
    let said = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{log}");
    said.into_owned()
}
