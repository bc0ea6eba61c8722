//! Python: what `mypy` says of the generated file and of programs with it, and one of them at work.

use std::{fs, path::Path};

use expect_test::expect_file;
use highway::generate::Python;
use highway_tests::{Outcome, PythonClient, Trial, trials, within_deadline};

use super::chat::{Chat, Me};

pub(super) fn trials() -> Vec<Trial> {
    trials![
        python_is_generated_as_it_was,
        programs_with_generated_python_are_checked,
        program_with_generated_python_talks_to_the_server,
    ]
}

#[expect(clippy::unnecessary_wraps, reason = "a trial may be unable to run")]
fn python_is_generated_as_it_was() -> Outcome {
    let file = Python::new().generate(&Chat::describe()).unwrap();
    expect_file!["chat.py"].assert_eq(&file);
    let of_client = Python::new().generate(&Me::describe()).unwrap();
    // It is about the same routes, with the types as the client in Rust has them.
    let part = |file: &str| {
        let (_, rest) = file
            .split_once("class MeCalls")
            .unwrap_or_else(|| file.split_once("class ChatCalls").unwrap());
        rest.split_once("class ").unwrap().0.replace("MeC", "ChatC")
    };
    assert_eq!(part(&of_client), part(&file));
    Ok(())
}

/// A folder with the generated files, and with what imports them.
fn project(programs: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let generate = |description| Python::new().generate(&description).unwrap();
    write("chat.py", &generate(Chat::describe()));
    write("me.py", &generate(Me::describe()));
    // With the names that are hardest to have.
    write(
        "odd.py",
        include_str!("../../../highway/tests/library/generated/odd.py"),
    );
    let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/interop/generated"));
    for program in programs {
        write(program, &fs::read_to_string(source.join(program)).unwrap());
    }
    folder
}

/// The programs, and what the checker says of each line that has an error.
fn programs_with_generated_python_are_checked() -> Outcome {
    let python = PythonClient::find()?;
    let folder = project(&["program.py", "wrong.py"]);
    let names = ["chat.py", "me.py", "odd.py", "program.py", "wrong.py"];
    let mut expected = Vec::new();
    for name in names {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        for (line, number) in text.lines().zip(1_usize..) {
            if let Some((_, code)) = line.split_once("  # error ") {
                expected.push(format!("{name}:{number} {code}"));
            }
        }
    }
    assert!(expected.len() > 10, "{expected:?}");
    for version in ["3.10", "3.14"] {
        let mut mypy = python.command();
        mypy.args([
            "-m",
            "mypy",
            "--strict",
            "--no-error-summary",
            "--hide-error-context",
        ])
        .args(["--python-version", version, "--cache-dir", "/dev/null"])
        .args(names)
        .env("MYPYPATH", PythonClient::folder().join("src"))
        .current_dir(folder.path());
        let output = mypy.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let mut found: Vec<_> = said
            .lines()
            .filter_map(|line| {
                let (place, message) = line.split_once(": error: ")?;
                let (_, code) = message.rsplit_once("  [")?;
                Some(format!("{place} {}", code.strip_suffix(']')?))
            })
            .collect();
        found.dedup();
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(found, expected, "Python {version}: {said}{log}");
    }
    Ok(())
}

fn program_with_generated_python_talks_to_the_server() -> Outcome {
    let python = PythonClient::find()?;
    let folder = project(&["program.py"]);
    within_deadline(async {
        let server = Chat::server().bind("127.0.0.1:0").await.unwrap();
        let url = server.url();
        tokio::spawn(server.into_future());
        let mut program = python.command();
        // As all code in the files runs, odd names too.
        program
            .args([
                "-c",
                "import sys, me, odd, program; program.run(sys.argv[1])",
                &url,
            ])
            .current_dir(folder.path());
        let mut program = tokio::process::Command::from(program);
        let output = program.kill_on_drop(true).output().await.unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{log}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "done\n", "{log}");
    });
    Ok(())
}
