//! The README's program for highway.py talks to the README's echo server.

use std::process::{ExitCode, Stdio};

use highway::{Value, route};
use highway_tests::{HighwayPy, Outcome, run, trials, within_deadline};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

#[highway::server]
struct Handler;

#[route("echo")]
async fn echo(data: Value, handler: &mut Handler) -> highway::Result {
    handler.send("echo", data).await
}

fn main() -> ExitCode {
    run(trials![python_program_of_the_readme_gets_its_echo])
}

fn python_program_of_the_readme_gets_its_echo() -> Outcome {
    let highway_py = HighwayPy::v0_2()?;
    let readme = include_str!("../README.md");
    let mut blocks = readme.split("\n```python\n").skip(1);
    let block = blocks.next().expect("there is one");
    assert!(blocks.next().is_none(), "only the first is run");
    let (program, _) = block.split_once("\n```\n").expect("it has an end");

    within_deadline(async {
        let server = Handler::server().bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr();
        tokio::spawn(server.run());
        // As pasted, but for the port, and for the shim where Python is newer than 3.6.
        assert_eq!(program.matches("1337").count(), 1);
        let program = program.replace("1337", &address.port().to_string());
        let mut python = Command::from(highway_py.python());
        let mut python = python
            .args(["-u", "-c"])
            .arg(format!("import asyncio_of_python_36\n{program}"))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdout = python.stdout.take().unwrap();
        let line = BufReader::new(stdout).lines().next_line().await.unwrap();
        // highway.py delivers a tuple as a list.
        assert_eq!(line.unwrap(), "<class 'list'> [1, 2.5, 'three']");
    });
    Ok(())
}
