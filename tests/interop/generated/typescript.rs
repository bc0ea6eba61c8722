//! TypeScript: what `tsc` says of the generated file and of programs with it, and one of them at work.

use std::{fs, path::PathBuf};

use expect_test::expect_file;
use highway::generate::{Int64, TypeScript};
use highway_tests::{Node, Outcome, Trial, Typescript, trials, within_deadline};

use super::chat::{Chat, Me};

pub(super) fn trials() -> Vec<Trial> {
    trials![
        typescript_is_generated_as_it_was,
        programs_with_generated_typescript_are_checked,
        program_with_generated_typescript_talks_to_the_server,
        program_with_numbers_for_ints_of_64_bits_talks_to_the_server,
    ]
}

#[expect(clippy::unnecessary_wraps, reason = "a trial may be unable to run")]
fn typescript_is_generated_as_it_was() -> Outcome {
    let file = TypeScript::new().generate(&Chat::describe()).unwrap();
    expect_file!["chat.ts"].assert_eq(&file);
    let of_client = TypeScript::new().generate(&Me::describe()).unwrap();
    // It is about the same routes, with the types as the client in Rust has them.
    let part = |file: &str, from: &str, to: &str| {
        let (_, rest) = file.split_once(from).unwrap();
        rest.split_once(to).unwrap().0.to_owned()
    };
    let routes = |file: &str| part(file, "export interface Server {", "/** A connection");
    assert_eq!(routes(&of_client), routes(&file));
    let card = part(&of_client, "export interface Card {", "}");
    let input = part(&of_client, "export interface CardInput {", "}");
    assert!(
        card.contains("tags?: ") && input.contains("tags: "),
        "{of_client}"
    );
    Ok(())
}

/// The programs, and what the compiler says of each line that has an error.
fn programs_with_generated_typescript_are_checked() -> Outcome {
    let tools = Typescript::find()?;
    let source = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/interop/generated"));
    let mut files = vec![
        (
            "chat.ts".to_owned(),
            TypeScript::new().generate(&Chat::describe()).unwrap(),
        ),
        (
            "numbers.ts".to_owned(),
            TypeScript::new()
                .int64(Int64::Number)
                .import("highway-ws/highway.js")
                .generate(&Chat::describe())
                .unwrap(),
        ),
        (
            "me.ts".to_owned(),
            TypeScript::new().generate(&Me::describe()).unwrap(),
        ),
    ];
    for name in ["program.ts", "wrong.ts", "with_numbers.ts"] {
        files.push((
            name.to_owned(),
            fs::read_to_string(source.join(name)).unwrap(),
        ));
    }
    // With the names that are hardest to have.
    let odd = include_str!("../../../highway/tests/library/generated/odd.ts");
    files.push(("odd.ts".to_owned(), odd.to_owned()));
    let mut expected = Vec::new();
    for (name, text) in &files {
        for (line, number) in text.lines().zip(1_usize..) {
            if let Some((_, code)) = line.split_once("// error ") {
                expected.push(format!("{name}:{number} {code}"));
            }
        }
    }
    expected.sort();
    assert!(expected.len() > 10, "{expected:?}");
    let found = tools.check("programs", &files)?;
    let mut places: Vec<_> = found.iter().map(|error| error.place.clone()).collect();
    places.sort();
    assert_eq!(places, expected, "{found:#?}");
    Ok(())
}

fn program_with_generated_typescript_talks_to_the_server() -> Outcome {
    let chat = TypeScript::new().generate(&Chat::describe()).unwrap();
    let files = [
        ("chat.ts", &*chat),
        ("program.ts", include_str!("program.ts")),
    ];
    run_program("running", files)
}

fn program_with_numbers_for_ints_of_64_bits_talks_to_the_server() -> Outcome {
    let numbers = TypeScript::new().int64(Int64::Number);
    let numbers = numbers.generate(&Chat::describe()).unwrap();
    let program = include_str!("numbers_program.ts");
    let files = [("numbers.ts", &*numbers), ("numbers_program.ts", program)];
    run_program("running_numbers", files)
}

/// Compiles a project's files, and runs the last with a server.
fn run_program(project: &str, files: [(&str, &str); 2]) -> Outcome {
    let node = Node::find()?;
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let program = Typescript::find()?.compile(project, &files)?;
    within_deadline(async {
        let server = Chat::server().bind("127.0.0.1:0").await.unwrap();
        let url = server.url();
        tokio::spawn(server.into_future());
        let output = node.program(&program, &[&url]).output().await.unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(String::from_utf8_lossy(&output.stdout), "done\n");
    });
    Ok(())
}
