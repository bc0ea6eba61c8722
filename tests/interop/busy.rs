//! Clients in Python that don't answer pings while their program does something else.

use std::{path::PathBuf, process::Stdio, sync::OnceLock, time::Duration};

use highway::{Close, Connection, Result, ServerLimits, on, route};
use highway_tests::{Outcome, Trial, Unavailable, python, trials, within_deadline};
use tokio::{process::Command, sync::mpsc};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        busy_clients_are_dropped_after_the_time_for_a_pong,
        busy_clients_stay_when_they_are_given_time,
        busy_clients_that_send_something_stay,
    ]
}

/// What the clients read before they close.
const MESSAGES: usize = 40;

#[highway::server(state = mpsc::UnboundedSender<Close>)]
struct Server;

#[route("noted", on = Server)]
async fn noted(_: &str) {}

#[on(ready)]
async fn ready(server: Connection<Server>) -> Result {
    for number in 0..MESSAGES {
        server.send("news", number).await?;
    }
    Ok(())
}

#[on(close)]
async fn closed(close: Close, server: &mut Server) {
    // The test waits for it.
    let _ = server.state().send(close);
}

/// The Python that has the libraries.
fn interpreter() -> Result<PathBuf, Unavailable> {
    static MADE: OnceLock<Result<PathBuf, Unavailable>> = OnceLock::new();
    MADE.get_or_init(|| python("requirements-busy.txt")).clone()
}

/// A client of a library is busy for a time: what it prints, and how the server sees the end.
async fn busy(
    library: &str,
    arguments: &[&str],
    change: impl FnOnce(&mut ServerLimits),
) -> (String, Close) {
    let interpreter = interpreter().expect("it was made before");
    let (sender, mut closes) = mpsc::unbounded_channel();
    let server = Server::server().state(sender).limits(change);
    let server = server.bind("127.0.0.1:0").await.expect("a port is free");
    let url = server.url();
    let running = tokio::spawn(server.into_future());
    let mut command = Command::new(interpreter);
    command
        .args(["-B", "busy.py", library, &url])
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/peers"))
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    let output = command.output().await.expect("it starts");
    assert!(output.status.success(), "{output:?}");
    let close = closes.recv().await.expect("the server sees the end");
    running.abort();
    (
        String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        close,
    )
}

fn impatient(limits: &mut ServerLimits) {
    limits.ping_interval = Duration::from_secs(1);
    limits.pong_timeout = Duration::from_secs(2);
}

fn with_each(check: impl AsyncFn(&'static str)) -> Outcome {
    interpreter()?;
    for library in ["aiohttp", "websockets"] {
        within_deadline(check(library));
    }
    Ok(())
}

fn busy_clients_are_dropped_after_the_time_for_a_pong() -> Outcome {
    with_each(async |library| {
        let (printed, close) = busy(library, &["8"], impatient).await;
        assert_eq!(close.to_string(), "1006 the peer did not answer a ping");
        // What has arrived before may be read behind a reset.
        assert!(
            ["dropped", "read 40"].contains(&&*printed),
            "{library}: {printed}"
        );
    })
}

fn busy_clients_stay_when_they_are_given_time() -> Outcome {
    with_each(async |library| {
        let (printed, close) = busy(library, &["5"], |limits| {
            impatient(limits);
            limits.pong_timeout = Duration::from_secs(600);
        })
        .await;
        assert_eq!(printed, "read 40", "{library}");
        assert_eq!(close.code().as_u16(), 1000, "{library}: {close}");
    })
}

fn busy_clients_that_send_something_stay() -> Outcome {
    with_each(async |library| {
        let (printed, close) = busy(library, &["5", "sends"], impatient).await;
        assert_eq!(printed, "read 40", "{library}");
        assert_eq!(close.code().as_u16(), 1000, "{library}: {close}");
    })
}
