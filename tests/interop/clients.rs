//! WebSocket clients of other languages, each with habits of its own in its request and frames.
//!
//! Every one answers the table with its own, sends `one` to `echo`, answers `again` with `two`, and closes with 1000 when that came
//! back.

use std::{ffi::OsStr, path::Path, process::Stdio, time::Duration};

use highway::{Origins, Value};
use highway_tests::{Outcome, Trial, Unavailable, python, trials, within_deadline};
use tokio::process::Command;

use crate::ours::serve_with;

const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/clients");

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        tcl_client_connects_and_stays,
        java_client_connects_and_stays,
        perl_client_connects_and_stays,
        libwebsockets_client_connects_and_stays,
        websocat_connects_and_stays,
    ]
}

/// Has a program run as a client of our server.
fn check(mut command: Command) {
    const PING_INTERVAL: Duration = Duration::from_millis(100);
    const PONG_TIMEOUT: Duration = Duration::from_secs(3);

    within_deadline(async {
        let (server, mut ours) = serve_with(|server| {
            server.origins(Origins::Same).limits(|limits| {
                limits.ping_interval = PING_INTERVAL;
                limits.pong_timeout = PONG_TIMEOUT;
            })
        })
        .await;
        let mut client = command
            .arg(&server.url)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("it was found before");
        let connection = ours.ready().await;
        assert_eq!(ours.received(&connection, "echo").await, Value::from("one"));
        // Whoever leaves pings unanswered is given up before this is over.
        tokio::time::sleep(PING_INTERVAL + PONG_TIMEOUT + PONG_TIMEOUT / 4).await;
        let sent = connection.send("echoed", "again").await;
        sent.expect("the client is there");
        assert_eq!(ours.received(&connection, "echo").await, Value::from("two"));
        assert_eq!(ours.closed(&connection).await.0, 1000);
        let status = client.wait().await.expect("it ends");
        assert!(status.success(), "{status}");
    });
}

/// Looks whether a command succeeds, which shows that what it needs is installed.
fn require(command: &mut std::process::Command, package: &str) -> Outcome {
    let why = match command.output() {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    Err(Unavailable::new(format!(
        "{command:?} (Debian's package `{package}`): {why}"
    )))
}

fn program(interpreter: impl AsRef<OsStr>, file: &str) -> Command {
    let mut command = Command::new(interpreter);
    command.arg(Path::new(CLIENTS).join(file));
    command
}

fn tcl_client_connects_and_stays() -> Outcome {
    let look = "if {[catch {package require websocket} why]} {puts stderr $why; exit 1}";
    let look = format!("echo '{look}' | tclsh");
    require(
        std::process::Command::new("sh").args(["-c", &look]),
        "tcllib",
    )?;
    check(program("tclsh", "client.tcl"));
    Ok(())
}

fn java_client_connects_and_stays() -> Outcome {
    let look = &mut std::process::Command::new("javac");
    require(look.arg("-version"), "openjdk-17-jdk-headless")?;
    check(program("java", "Client.java"));
    Ok(())
}

fn perl_client_connects_and_stays() -> Outcome {
    let look = &mut std::process::Command::new("perl");
    require(
        look.args(["-MMojo::UserAgent", "-e", "1"]),
        "libmojolicious-perl",
    )?;
    check(program("perl", "client.pl"));
    Ok(())
}

fn libwebsockets_client_connects_and_stays() -> Outcome {
    let folder = tempfile::tempdir()
        .map_err(|error| Unavailable::new(format!("no temporary folder: {error}")))?;
    let client = folder.path().join("client");
    let build = &mut std::process::Command::new("cc");
    build.arg("-o").arg(&client);
    build
        .arg(Path::new(CLIENTS).join("client.c"))
        .arg("-lwebsockets");
    require(build, "libwebsockets-dev")?;
    check(Command::new(client));
    Ok(())
}

fn websocat_connects_and_stays() -> Outcome {
    let python = python("requirements-websocat.txt")?;
    check(program(&python, "websocat.py"));
    Ok(())
}
