//! The README's programs in Python and JavaScript talk to the README's echo server.

use std::process::Stdio;

use highway_tests::{HighwayPy, Node, Outcome, PythonClient, Trial, trials, within_deadline};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        python_program_of_the_readme_talks_to_its_echo_server,
        program_of_the_client_in_python_talks_to_the_echo_server,
        node_program_of_the_readme_talks_to_its_echo_server,
    ]
}

const README: &str = include_str!("../../README.md");
const ECHO_SERVER: &str = include_str!("../../examples/echo_server.rs");

fn python_program_of_the_readme_talks_to_its_echo_server() -> Outcome {
    let v0_2 = HighwayPy::v0_2()?;
    let program = blocks("python");
    let [program, _] = program.as_slice() else {
        panic!("two Python programs are expected: {program:#?}");
    };
    let code = ECHO_SERVER
        .lines()
        .skip_while(|line| line.starts_with("//!"));
    let code = code.collect::<Vec<_>>().join("\n");
    assert!(
        blocks("rust")
            .iter()
            .any(|block| block.trim() == code.trim()),
        "the example is not the README's echo server any more"
    );

    within_deadline(async {
        let (_server, port) = echo_server().await;
        // The port that the README names may be in use here.
        assert_eq!(program.matches("1337").count(), 1);
        let program = program.replace("1337", &port);
        let mut client = v0_2.python();
        client
            .arg("-u")
            .arg("-c")
            .arg("import asyncio_of_python_36, sys; exec(sys.argv[1])");
        let mut client = Command::from(client)
            .arg(program)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the interpreter has run before");
        let printed = line_with(lines(client.stdout.take()), "<class").await;
        assert_eq!(printed, "<class 'list'> [1, 2.5, 'three']");
    });
    Ok(())
}

fn program_of_the_client_in_python_talks_to_the_echo_server() -> Outcome {
    let python = PythonClient::find()?;
    let blocks = blocks("python");
    let [_, program] = blocks.as_slice() else {
        panic!("two Python programs are expected: {blocks:#?}");
    };
    within_deadline(async {
        let (_server, port) = echo_server().await;
        assert_eq!(program.matches("1337").count(), 1);
        let program = program.replace("1337", &port);
        let mut client = python.command();
        client.args(["-c", &program]);
        let mut client = Command::from(client);
        let output = client.kill_on_drop(true).output().await;
        let output = output.expect("the interpreter has run before");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(printed.trim(), "(1, 2.5, 'three')");
    });
    Ok(())
}

fn node_program_of_the_readme_talks_to_its_echo_server() -> Outcome {
    let node = Node::find()?;
    let blocks = blocks("js");
    let [program] = blocks.as_slice() else {
        panic!("one program in JavaScript is expected: {blocks:#?}");
    };
    within_deadline(async {
        let (_server, port) = echo_server().await;
        assert_eq!(program.matches("1337").count(), 1);
        let program = program.replace("1337", &port);
        let output = node.module(&program).output().await.expect("it was found");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(printed.trim(), "Tuple(3) [ 1, 2.5, 'three' ]");
    });
    Ok(())
}

/// The README's echo server, and its port.
async fn echo_server() -> (Child, String) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_readme-echo-server"));
    let mut server = server
        .args(["--bind", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the server starts");
    // Nobody reads what it prints behind the address.
    let url = line_with(lines(server.stdout.take()), "ws://").await;
    let port = url.trim().rsplit(':').next().expect("a port").to_owned();
    (server, port)
}

/// The README's blocks of code in a language.
fn blocks(language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = README.lines();
    while lines.any(|line| line.strip_prefix("```") == Some(language)) {
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push(block.join("\n"));
    }
    blocks
}

fn lines(output: Option<ChildStdout>) -> Lines<BufReader<ChildStdout>> {
    BufReader::new(output.expect("it is piped")).lines()
}

async fn line_with(mut lines: Lines<BufReader<ChildStdout>>, text: &str) -> String {
    while let Some(line) = lines.next_line().await.expect("output in UTF-8") {
        if line.contains(text) {
            return line;
        }
    }
    panic!("the program ends without a line with {text}");
}
