//! The options of a generated main.

use std::process::{Command, Output};

use highway::CloseCode;
use highway_tests::websocket::request;

use crate::support::{Peer, Served, exchange, get, within};

#[tokio::test]
async fn options_of_the_program_reach_the_server() {
    let served = Served::start(&[
        "--origins",
        "https://a.example,https://b.example",
        "--connections-per-address",
        "1",
        "--trust-forwarded",
        "127.0.0.1,10.0.0.0/8",
        "--forwarded-header",
        "forwarded",
        "--health-path",
        "/up",
    ]);
    let address = served.address;
    assert_eq!(within(10, get(address, "/up")).await.status(), "200");
    assert_eq!(within(10, get(address, "/healthz")).await.status(), "404");
    let upgraded = "Origin: https://b.example\r\nForwarded: for=192.0.2.1\r\n";
    let mut peer = Peer::ready_with(address, upgraded).await;
    assert_eq!(within(10, peer.ask("address", "")).await, "192.0.2.1:0");
    for (headers, status) in [
        ("Forwarded: for=192.0.2.1\r\n", "503"),
        ("Origin: https://c.example\r\n", "403"),
    ] {
        let answer = within(10, exchange(address, request(address, headers))).await;
        assert_eq!(answer.status(), status, "{headers}");
    }
    Peer::ready_with(address, "Forwarded: for=192.0.2.2\r\n")
        .await
        .echoes()
        .await;
}

#[tokio::test]
async fn any_origin_and_few_connections_can_be_told_to_the_program() {
    let served = Served::start(&["--origins", "any", "--connections", "1"]);
    let address = served.address;
    let mut peer = Peer::ready_with(address, "Origin: https://c.example\r\n").await;
    within(10, peer.echoes()).await;
    let answer = within(10, exchange(address, request(address, ""))).await;
    assert_eq!(answer.status(), "503");
}

/// The most that each of the counts may be.
const MOST: &str = "18446744073709551615";

#[tokio::test]
async fn time_for_a_shutdown_may_be_none_or_without_an_end() {
    // The connection is cut off, though its route hangs and its client does not answer.
    let served = Served::start(&["--shutdown-timeout", "0"]);
    let mut peer = Peer::ready(served.address).await;
    peer.tell("hang", "").await;
    served.signal("TERM");
    assert!(within(10, served.ended()).await.success());
    drop(peer);

    let served = Served::start(&["--shutdown-timeout", MOST]);
    let mut peer = Peer::ready(served.address).await;
    within(10, peer.echoes()).await;
    served.signal("TERM");
    let close = within(10, peer.closed()).await;
    assert_eq!(close.code(), CloseCode::GOING_AWAY);
    assert!(within(10, served.ended()).await.success());
}

#[tokio::test]
async fn counts_may_be_none_or_all_that_there_are() {
    for option in ["--connections", "--connections-per-address"] {
        let served = Served::start(&[option, "0"]);
        let answer = exchange(served.address, request(served.address, ""));
        assert_eq!(within(10, answer).await.status(), "503", "{option}");
        let health = within(10, get(served.address, "/healthz")).await;
        assert_eq!(health.status(), "200", "{option}");

        let served = Served::start(&[option, MOST]);
        let mut peer = Peer::ready(served.address).await;
        within(10, peer.echoes()).await;
    }
}

/// What the program says to options that it can't start with.
fn refused(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let program = env!("CARGO_BIN_EXE_served");
    let output = Command::new(program)
        .args(["--bind", "127.0.0.1:0"])
        .args(arguments)
        .envs(variables.iter().copied())
        .output();
    let Output {
        status,
        stdout,
        stderr,
    } = output.expect("it starts and ends");
    let stderr = String::from_utf8(stderr).expect("it is text");
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert!(stdout.is_empty());
    stderr
}

#[test]
fn nonsense_is_refused_with_the_option_and_the_value() {
    const OPTIONS: [(&str, &str); 3] = [
        ("--shutdown-timeout", "HIGHWAY_SHUTDOWN_TIMEOUT"),
        ("--connections", "HIGHWAY_CONNECTIONS"),
        (
            "--connections-per-address",
            "HIGHWAY_CONNECTIONS_PER_ADDRESS",
        ),
    ];
    for (option, variable) in OPTIONS {
        for value in ["-1", "1.5", "", "10s", "never", "18446744073709551616"] {
            let expected = format!("error: invalid value '{value}' for '{option} <");
            for said in [
                refused(&[option, value], &[]),
                refused(&[], &[(variable, value)]),
            ] {
                assert!(said.starts_with(&expected), "{said}");
            }
        }
    }
}
