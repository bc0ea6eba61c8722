//! The examples, run as a user runs them, and the `main` that they have from highway.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::OnceLock,
};

use highway::{
    CloseCode,
    description::{Description, Role},
};
use highway_tests::{websocket::TABLE, within_deadline};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::support::RawPeer;

/// Builds the examples, once, where this test was built.
fn examples() -> &'static Path {
    static EXAMPLES: OnceLock<PathBuf> = OnceLock::new();

    EXAMPLES.get_or_init(|| {
        // This test is `<target>/<profile>/deps/end_to_end-…`.
        let test = std::env::current_exe().expect("a test knows where it is");
        let folder = test.ancestors().nth(2).expect("it is in `deps`");
        let target = folder.parent().expect("the profile is in the target");
        let profile = match folder.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(name) => name,
        };
        let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
        let built = std::process::Command::new(cargo)
            .args([
                "build",
                "--quiet",
                "--package",
                "highway-examples",
                "--examples",
            ])
            .args(["--profile", profile, "--target-dir"])
            .arg(target)
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .status()
            .expect("cargo runs");
        assert!(built.success(), "the examples can't be built");
        folder.join("examples")
    })
}

/// A deadline that the time to build the examples is no part of.
fn within<T>(test: impl Future<Output = T>) -> T {
    examples();
    within_deadline(test)
}

/// A command that neither the environment nor a forgotten process spoils.
fn example(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(examples().join(name));
    for variable in [
        "BIND",
        "URL",
        "LOG",
        "DIALECT_01",
        "TLS_CERT",
        "TLS_KEY",
        "TLS_CA",
        "TLS_NATIVE_ROOTS",
        "RECONNECT",
    ] {
        command.env_remove(format!("HIGHWAY_{variable}"));
    }
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// A server that has told where it listens.
struct Server {
    process: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    url: String,
}

impl Server {
    async fn start(mut command: Command) -> Self {
        let mut process = command.spawn().expect("the example runs");
        let stdout = process.stdout.take().expect("it is piped");
        let mut stdout = BufReader::new(stdout).lines();
        let first = stdout.next_line().await.expect("it is text");
        let first = first.expect("it tells where it listens");
        let (_, url) = first.rsplit_once(" on ").expect(&first);
        Self {
            process,
            url: url.to_owned(),
            stdout,
        }
    }

    fn address(&self) -> std::net::SocketAddr {
        let (scheme, address) = self.url.split_once("://").expect("it is a URL");
        assert!(matches!(scheme, "ws" | "http"), "{scheme}");
        address.parse().expect("it is an address")
    }

    async fn signal(&self, signal: &str) {
        let id = self.process.id().expect("it runs").to_string();
        let sent = Command::new("kill")
            .args(["-s", signal, &id])
            .status()
            .await;
        assert!(sent.expect("there is `kill`").success());
    }

    /// Its exit code and what it wrote to stderr.
    async fn end(mut self) -> (Option<i32>, String) {
        let mut stderr = String::new();
        let mut pipe = self.process.stderr.take().expect("it is piped");
        let (status, read) = tokio::join!(self.process.wait(), pipe.read_to_string(&mut stderr));
        read.expect("it is text");
        (status.expect("it ends").code(), stderr)
    }
}

async fn run(name: &str, arguments: &[&str]) -> Output {
    example(name, arguments).output().await.expect("it runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("it is text")
}

/// Runs an example to its end and compares what it prints, line by line.
async fn check_output(name: &str, arguments: &[&str], expected: &[&str]) {
    let output = run(name, arguments).await;
    assert_eq!(
        text(&output.stdout).lines().collect::<Vec<_>>(),
        expected,
        "{}",
        text(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn echo_client_prints_what_comes_back() {
    within(async {
        let mut server = Server::start(example("echo_server", &["--bind", "127.0.0.1:0"])).await;
        let routes = server.stdout.next_line().await.unwrap().unwrap();
        assert!(routes.starts_with("     1  echo "), "{routes}");
        assert!(routes.contains("echo_server.rs:"), "{routes}");
        check_output(
            "echo_client",
            &["--url", &server.url],
            &[r#""text""#, "1.0", r#"(1, 2.5, "three")"#],
        )
        .await;
    });
}

#[test]
fn types_come_back() {
    within(check_output(
        "types",
        &[],
        &[
            r#"str    "text, in any script: 文字""#,
            "int    42",
            "int    340282366920938463463374607431768211455",
            "float  1.0",
            "float  inf",
            "bool   true",
            "list   [1, 2, 3]",
            r#"dict   {"one": 1, "two": 2}"#,
            r#"dict   {"x": 1, "y": 2.5}"#,
            r#"tuple  (1, 2.5, "three")"#,
            r#"bytes  b"\0\xff""#,
            "none   none",
        ],
    ));
}

#[test]
fn typed_client_and_server_talk() {
    within(async {
        let server = Server::start(example("typed_server", &["--bind", "127.0.0.1:0"])).await;
        check_output(
            "typed_client",
            &[&server.url],
            &["somebody: hello", "Ada: now you know my name"],
        )
        .await;
    });
}

/// Somebody at the terminal of a chat.
struct Person {
    process: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
}

impl Person {
    /// Comes into the lobby, and sees these lines in whatever order.
    async fn comes(server: &Server, sees: &[&str]) -> Self {
        let mut command = example("chat_client", &[&server.url]);
        let mut process = command.stdin(Stdio::piped()).spawn().expect("it runs");
        let stdout = process.stdout.take().expect("it is piped");
        let mut person = Self {
            stdin: process.stdin.take().expect("it is piped"),
            stdout: BufReader::new(stdout).lines(),
            process,
        };
        person.sees(sees).await;
        person
    }

    async fn types(&mut self, lines: &str) {
        let lines = format!("{lines}\n");
        let typed = self.stdin.write_all(lines.as_bytes()).await;
        typed.expect("it reads what is typed");
    }

    async fn reads(&mut self) -> String {
        let line = self.stdout.next_line().await.expect("it is text");
        line.expect("it still prints")
    }

    /// The next lines, in whatever order: what a call gives back may pass messages.
    async fn sees(&mut self, expected: &[&str]) {
        let mut seen = Vec::new();
        for _ in expected {
            seen.push(self.reads().await);
        }
        let mut expected = expected.to_vec();
        seen.sort_unstable();
        expected.sort_unstable();
        assert_eq!(seen, expected);
    }

    async fn quits(mut self) {
        self.types("/quit").await;
        let output = self.process.wait_with_output().await.expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
}

#[test]
fn people_chat_and_newcomers_are_told_what_was_said() {
    within(async {
        let server = Server::start(example("chat_server", &["--bind", "127.0.0.1:0"])).await;
        let mut ada = Person::comes(&server, &["* lobby: guest1"]).await;
        ada.types("/name Ada").await;
        ada.sees(&["* you are Ada"]).await;

        let mut grace = Person::comes(&server, &["* lobby: Ada, guest2"]).await;
        ada.sees(&["* guest2 is here"]).await;
        grace.types("/name Ada").await;
        grace.sees(&["* somebody else is Ada"]).await;
        grace.types("/name Grace").await;
        grace.sees(&["* you are Grace"]).await;
        ada.sees(&["* guest2 is now Grace"]).await;

        ada.types("hello").await;
        grace.sees(&["Ada: hello"]).await;
        grace.types("hello \u{1b}[2Jyourself").await;
        ada.sees(&["Grace: hello  [2Jyourself"]).await;

        let mut third = Person::comes(
            &server,
            &[
                "Ada: hello",
                "Grace: hello  [2Jyourself",
                "* lobby: Ada, Grace, guest3",
            ],
        )
        .await;
        ada.sees(&["* guest3 is here"]).await;
        third.types("/who").await;
        third.sees(&["* Ada, Grace, guest3"]).await;

        grace.sees(&["* guest3 is here"]).await;
        grace.quits().await;
        ada.sees(&["* Grace has left"]).await;
        third.sees(&["* Grace has left"]).await;
        // The name is free again.
        ada.types("/name Grace").await;
        ada.sees(&["* you are Grace"]).await;
        third.sees(&["* Ada is now Grace"]).await;
    });
}

#[test]
fn chat_keeps_the_last_100_lines_of_a_room_until_it_is_empty() {
    within(async {
        let server = Server::start(example("chat_server", &["--bind", "127.0.0.1:0"])).await;
        let mut ada = Person::comes(&server, &["* lobby: guest1"]).await;
        let mut grace = Person::comes(&server, &["* lobby: guest1, guest2"]).await;
        ada.sees(&["* guest2 is here"]).await;

        ada.types("/join attic").await;
        ada.sees(&["* attic: guest1"]).await;
        grace.sees(&["* guest1 has left"]).await;
        let lines: Vec<_> = (1..=101).map(|line| line.to_string()).collect();
        ada.types(&lines.join("\n")).await;
        // What was typed before is said by now.
        ada.types("/who").await;
        ada.sees(&["* guest1"]).await;
        let told: Vec<_> = lines[1..]
            .iter()
            .map(|line| format!("guest1: {line}"))
            .collect();
        let mut told: Vec<_> = told.iter().map(String::as_str).collect();
        told.push("* attic: guest1, guest2");
        grace.types("/join attic").await;
        grace.sees(&told).await;
        ada.sees(&["* guest2 is here"]).await;

        for person in [&mut ada, &mut grace] {
            person.types("/join lobby").await;
            while !person.reads().await.starts_with("* lobby: ") {}
        }
        ada.sees(&["* guest2 is here"]).await;
        ada.types("/join attic\n/who").await;
        ada.sees(&["* attic: guest1"]).await;
        ada.sees(&["* guest1"]).await;
    });
}

#[test]
fn chat_refuses_what_is_too_long_and_goes_on() {
    within(async {
        let server = Server::start(example("chat_server", &["--bind", "127.0.0.1:0"])).await;
        let mut ada = Person::comes(&server, &["* lobby: guest1"]).await;
        let long = "x".repeat(1001);
        ada.types(&format!("{long}\n/name \n/join {long}\n/who"))
            .await;
        ada.sees(&["* guest1"]).await;
        drop(ada.stdin);
        let output = ada.process.wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(0));
        let refused: Vec<_> = text(&output.stderr).lines().collect();
        let limits = [
            "a text has 1 to 1000 characters",
            "a name has 1 to 32 characters",
            "the name of a room has 1 to 32 characters",
        ];
        assert_eq!(refused.len(), limits.len(), "{refused:?}");
        for (line, limit) in refused.iter().zip(limits) {
            assert!(line.contains(limit), "{line}");
        }
    });
}

#[test]
fn chat_in_the_terminal_ends_with_its_server() {
    within(async {
        let mut server = Server::start(example("chat_server", &["--bind", "127.0.0.1:0"])).await;
        let ada = Person::comes(&server, &["* lobby: guest1"]).await;
        server.process.start_kill().unwrap();
        // Its stdin is still open: nobody presses a key.
        let Person {
            stdin, mut process, ..
        } = ada;
        assert_eq!(process.wait().await.unwrap().code(), Some(1));
        drop(stdin);
    });
}

#[test]
fn dashboard_measures_until_its_client_has_seen_enough() {
    within(async {
        let server = Server::start(example("dashboard_server", &["--bind", "127.0.0.1:0"])).await;
        let output = run("dashboard_client", &[&server.url, "10"]).await;
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let lines: Vec<_> = text(&output.stdout).lines().collect();
        assert_eq!(lines.len(), 5, "{lines:?}");
        let mut last = 0.0;
        for line in lines {
            let (uptime, rest) = line.split_once(" s, connections: ").expect(line);
            let uptime: f64 = uptime.strip_prefix("up ").unwrap().parse().unwrap();
            assert!(uptime >= last, "{line}");
            last = uptime;
            let (connections, load) = rest.split_once(", load: ").expect(line);
            assert_eq!(connections, "1", "{line}");
            if cfg!(target_os = "linux") {
                assert!(load.parse::<f64>().is_ok(), "{line}");
            }
        }
        // Five measurements are four intervals.
        assert!(last >= 0.04, "{last}");
    });
}

#[test]
fn file_goes_from_client_to_client() {
    const MIB: usize = 1024 * 1024;

    within(async {
        let server = Server::start(example("files_server", &["--bind", "127.0.0.1:0"])).await;
        let folder = tempfile::tempdir().expect("there is room");
        let target = folder.path().join("target");
        std::fs::create_dir(&target).expect("there is room");
        let source = folder.path().join("large.bin");
        let content: Vec<u8> = (0..=5 * MIB).map(|at| at.to_le_bytes()[1]).collect();
        std::fs::write(&source, &content).expect("there is room");
        let [target, source] = [&target, &source].map(|path| path.to_str().expect("it is text"));

        let receive = ["receive", "--name", "bob", "--files", "1", "--into", target];
        let receive = [&["--url", &server.url][..], &receive].concat();
        let mut receiver = example("files_client", &receive);
        let mut receiver = receiver.spawn().expect("it was built");
        let output = receiver.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(output).lines();
        let mut next = async || {
            lines
                .next_line()
                .await
                .expect("it is text")
                .expect("it says")
        };
        assert_eq!(next().await, "waiting for files as bob");

        let send = async |to| {
            let arguments = ["--url", &server.url, "send", "--to", to, source];
            run("files_client", &arguments).await
        };
        let nobody = send("eve").await;
        assert_eq!(nobody.status.code(), Some(1));
        assert!(text(&nobody.stderr).contains("nobody here is eve"));

        let done = send("bob").await;
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        let hash = text(&done.stdout)
            .split_whitespace()
            .last()
            .expect("it says");
        assert_eq!(hash.len(), 64, "{hash}");
        let line = next().await;
        assert!(line.ends_with(hash), "{line}");
        assert!(receiver.wait().await.expect("it ends").success());
        let arrived = std::fs::read(format!("{target}/large.bin")).expect("it is there");
        assert!(arrived == content);
    });
}

#[test]
fn state_is_shared_and_intruders_are_refused() {
    within(async {
        let output = run("state", &[]).await;
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let lines: Vec<_> = text(&output.stdout).lines().collect();
        let client: Vec<_> = lines
            .iter()
            .filter_map(|line| line.strip_prefix("client: "))
            .collect();
        let (refused, rest) = client.split_first().unwrap();
        assert!(refused.ends_with("the server answered 401 Unauthorized: say who you are"));
        assert_eq!(rest, ["hello Ada", "1 of 1", "hello Grace", "41 of 42"]);
        assert!(lines.iter().any(|line| {
            line.starts_with("server: connection ") && line.ends_with(" ended with 1000")
        }));
    });
}

#[cfg(unix)]
#[test]
fn first_signal_closes_the_connections_and_ends_well() {
    within(async {
        for signal in ["TERM", "INT"] {
            let server = Server::start(example("echo_server", &["--bind", "127.0.0.1:0"])).await;
            let peer = RawPeer::ready(server.address()).await;
            server.signal(signal).await;
            let close = peer.closes().await.unwrap();
            assert_eq!(close.code(), CloseCode::GOING_AWAY);
            assert!(close.retry_after().is_some(), "{close}");
            let (code, stderr) = server.end().await;
            assert_eq!(code, Some(0), "{stderr}");
            assert!(stderr.contains("stopping"), "{stderr}");
        }
    });
}

#[cfg(unix)]
#[test]
fn second_signal_ends_at_once() {
    within(async {
        let server = Server::start(example("echo_server", &["--bind", "127.0.0.1:0"])).await;
        let mut deaf = RawPeer::ready(server.address()).await;
        server.signal("TERM").await;
        assert_eq!(deaf.next_close().await.unwrap().code().as_u16(), 1001);
        server.signal("INT").await;
        let (code, stderr) = server.end().await;
        assert_eq!(code, Some(1), "{stderr}");
        assert!(stderr.contains("asked to stop twice"), "{stderr}");
    });
}

#[cfg(unix)]
#[test]
fn client_that_is_told_to_stop_closes_its_connection() {
    within(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let client = example("echo_client", &["--url", &url]).spawn().unwrap();
        let mut peer = RawPeer::accept(&listener).await;
        peer.message(TABLE).await;
        peer.next().await;
        assert_eq!(peer.next_message().await, b"\0\0\x01\0text");
        let id = client.id().unwrap().to_string();
        let sent = Command::new("kill")
            .args(["-s", "TERM", &id])
            .status()
            .await;
        assert!(sent.unwrap().success());
        assert_eq!(peer.closes().await.unwrap().code().as_u16(), 1001);
        let output = client.wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    });
}

#[test]
fn client_ends_with_1_when_it_is_closed_for_an_error() {
    within(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        for (code, exit) in [(1011, 1), (1000, 0), (1001, 0)] {
            let client = example("echo_client", &["--url", &url]).spawn().unwrap();
            let mut peer = RawPeer::accept(&listener).await;
            peer.message(TABLE).await;
            peer.close(code, "why").await;
            let output = client.wait_with_output().await.unwrap();
            assert_eq!(output.status.code(), Some(exit), "{code}");
            let told =
                text(&output.stderr).contains("error: the connection was closed with 1011 why");
            assert_eq!(told, exit == 1, "{}", text(&output.stderr));
        }
    });
}

#[cfg(unix)]
#[test]
fn client_that_reconnects_waits_for_its_server_and_comes_back_until_it_is_told_to_stop() {
    within(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let url = format!("ws://{address}");
        let mut client = example("echo_client", &["--url", &url, "--reconnect"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(client.stderr.take().unwrap()).lines();
        while !stderr
            .next_line()
            .await
            .unwrap()
            .unwrap()
            .contains("attempt=1")
        {}
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        for _ in 0..2 {
            let mut peer = RawPeer::accept(&listener).await;
            peer.message(TABLE).await;
            peer.next().await;
            assert_eq!(peer.next_message().await, b"\0\0\x01\0text");
            peer.close(1012, "").await;
        }
        drop(listener);
        while !stderr
            .next_line()
            .await
            .unwrap()
            .unwrap()
            .contains("attempt=3")
        {}
        let id = client.id().unwrap().to_string();
        let sent = Command::new("kill")
            .args(["-s", "TERM", &id])
            .status()
            .await;
        assert!(sent.unwrap().success());
        assert_eq!(client.wait().await.unwrap().code(), Some(0));
    });
}

#[test]
fn help_tells_the_options_their_variables_and_defaults() {
    within(async {
        for (name, options, defaults) in [
            (
                "echo_server",
                &["--bind", "--dialect-01", "--log"][..],
                &["127.0.0.1:1337", "10000", "/healthz", "10", "info"][..],
            ),
            (
                "echo_client",
                &["--url", "--log", "--reconnect"],
                &["ws://127.0.0.1:1337", "info"],
            ),
        ] {
            let output = run(name, &["--help"]).await;
            assert_eq!(output.status.code(), Some(0));
            let help = text(&output.stdout);
            for option in options {
                let variable = format!(
                    "HIGHWAY_{}",
                    option
                        .trim_start_matches('-')
                        .replace('-', "_")
                        .to_uppercase()
                );
                assert!(help.contains(option) && help.contains(&variable), "{help}");
            }
            for default in defaults {
                assert!(help.contains(&format!("[default: {default}]")), "{help}");
            }
        }
        let output = run("echo_server", &["--nonsense"]).await;
        assert_eq!(output.status.code(), Some(2));
    });
}

#[test]
fn programs_describe_themselves() {
    within(async {
        for (name, role, routes) in [
            ("echo_server", Role::Server, &["echo"][..]),
            ("echo_client", Role::Client, &["echo"]),
        ] {
            // It would listen, or connect, where it can't.
            let output = run(name, &["--describe", "--log", "error"]).await;
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            let description = Description::from_json(text(&output.stdout)).unwrap();
            assert_eq!((&*description.name, description.role), ("Handler", role));
            let names: Vec<_> = description.serves.iter().map(|of| &*of.name).collect();
            assert_eq!(names, routes);
            assert!(!description.serves[0].declared && description.peer.is_none());
        }
    });
}

#[test]
fn programs_write_documents_of_both_sides() {
    within(async {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("chat.json");
        let path = file.to_str().unwrap();
        for (name, role, operation) in [
            ("chat_server", "server", "server.say"),
            ("echo_client", "client", "client.echo"),
        ] {
            for side in ["server", "client"] {
                let arguments = ["--describe", "asyncapi", "--side", side];
                let output = run(name, &arguments).await;
                assert_eq!(output.status.code(), Some(0), "{output:?}");
                let printed = text(&output.stdout);
                let document: serde_json::Value = serde_json::from_str(printed).unwrap();
                assert_eq!(document["asyncapi"], "3.1.0");
                let action = if side == role { "receive" } else { "send" };
                assert_eq!(document["operations"][operation]["action"], action);
                assert!(document.get("servers").is_none());

                let arguments = ["--generate", "asyncapi", "--side", side, "--output", path];
                let output = run(name, &arguments).await;
                assert_eq!(output.status.code(), Some(0), "{output:?}");
                assert_eq!(std::fs::read_to_string(&file).unwrap(), printed);
            }
            let own = run(name, &["--describe", "asyncapi"]).await;
            let said = run(name, &["--describe", "asyncapi", "--side", role]).await;
            assert!(own.status.success() && own.stdout == said.stdout);
        }
        let arguments = [
            "--describe",
            "asyncapi",
            "--api-version",
            "2.0.1",
            "--server-url",
            "wss://chat.example/rooms",
        ];
        let output = run("chat_server", &arguments).await;
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["info"]["version"], "2.0.1");
        assert_eq!(document["servers"]["server"]["host"], "chat.example");
        assert_eq!(document["channels"]["connection"]["address"], "/rooms");

        let arguments = ["--describe", "asyncapi", "--server-url", "chat.example"];
        let refused = run("chat_server", &arguments).await;
        assert_eq!(refused.status.code(), Some(1));
        assert!(text(&refused.stderr).contains("`chat.example` is no URL of a server"));
        let refused = run("echo_server", &["--describe", "asyncapi", "--known-types"]).await;
        assert_eq!(refused.status.code(), Some(1));
        for wrong in [
            &["--side", "server"][..],
            &["--describe", "--generate", "asyncapi"],
        ] {
            let refused = run("chat_server", wrong).await;
            assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        }
    });
}

#[test]
fn programs_generate_clients_of_themselves() {
    within(async {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("chat.ts");
        let path = file.to_str().unwrap();
        for (arguments, has) in [
            (
                &["--generate", "typescript"][..],
                &["export function connect("][..],
            ),
            (
                &[
                    "--generate",
                    "typescript",
                    "--import",
                    "/highway.js",
                    "--int64",
                    "number",
                ],
                &["from \"/highway.js\";"],
            ),
            (
                &["--generate", "python"],
                &["async def connect(", "connect_typed("],
            ),
        ] {
            for (name, declared) in [("chat_server", true), ("echo_client", false)] {
                let output = run(name, arguments).await;
                assert_eq!(output.status.code(), Some(0), "{output:?}");
                let printed = text(&output.stdout);
                for has in has {
                    assert!(printed.contains(has), "{printed}");
                }
                let to_file = run(name, &[arguments, &["--output", path]].concat()).await;
                assert_eq!(to_file.status.code(), Some(0), "{to_file:?}");
                assert!(to_file.stdout.is_empty());
                assert_eq!(std::fs::read_to_string(&file).unwrap(), printed);
                let written = || std::fs::metadata(&file).unwrap().modified().unwrap();
                let before = written();
                run(name, &[arguments, &["--output", path]].concat()).await;
                assert_eq!(written(), before);

                let strict = run(name, &[arguments, &["--known-types"]].concat()).await;
                assert_eq!(strict.status.success(), declared, "{strict:?}");
                if !declared {
                    assert_eq!(strict.status.code(), Some(1));
                    assert!(strict.stdout.is_empty());
                    let error = text(&strict.stderr);
                    assert!(
                        error.contains("route `echo`, which no protocol declares"),
                        "{error}"
                    );
                }
            }
        }
        let nowhere = folder.path().join("none/chat.ts");
        let nowhere = nowhere.to_str().unwrap();
        let failed = run(
            "echo_server",
            &["--generate", "typescript", "--output", nowhere],
        )
        .await;
        assert_eq!(failed.status.code(), Some(1));
        assert!(text(&failed.stderr).contains("can't write "), "{failed:?}");
        for option in [["--import", "x"], ["--int64", "number"]] {
            let python = [&["--generate", "python"], &option[..]].concat();
            let other = run("echo_server", &python).await;
            assert_eq!(other.status.code(), Some(1));
            let error = format!("{} is for typescript: leave it out", option[0]);
            assert!(text(&other.stderr).contains(&error), "{other:?}");
        }
        let alone = run("echo_server", &["--output", path]).await;
        assert_eq!(alone.status.code(), Some(2));
    });
}

#[test]
fn options_may_come_from_the_environment() {
    within(async {
        let mut command = example("echo_server", &[]);
        command
            .env("HIGHWAY_BIND", "127.0.0.1:0")
            .env("HIGHWAY_DIALECT_01", "true")
            .env("HIGHWAY_LOG", "highway=trace");
        let mut server = Server::start(command).await;
        let mut client = example("echo_client", &[]);
        client
            .env("HIGHWAY_URL", &server.url)
            .env("HIGHWAY_LOG", "trace");
        let output = client.output().await.unwrap();
        assert_eq!(output.status.code(), Some(0));

        // What is logged of a message: connection, direction, route, size, outcome.
        let log = text(&output.stderr);
        check_logged(log, &["sending", r#"route="echo""#, "bytes=8"]);
        check_logged(
            log,
            &[
                "received",
                r#"route="echo""#,
                "bytes=8",
                r#"outcome="done""#,
            ],
        );
        let mut peer = RawPeer::connect(server.address()).await;
        peer.next().await;
        // The table of dialect 0.1 comes behind the other.
        assert!(
            peer.next_message()
                .await
                .starts_with(b"\x01\0\0\0{\"routes\":")
        );
        server.process.start_kill().unwrap();
        let (_, log) = server.end().await;
        check_logged(&log, &["serving", r#"route="echo""#, "echo_server.rs:"]);
        check_logged(
            &log,
            &[
                "received",
                r#"route="echo""#,
                "bytes=8",
                r#"outcome="done""#,
            ],
        );
    });
}

#[track_caller]
fn check_logged(log: &str, parts: &[&str]) {
    assert!(
        log.lines()
            .any(|line| parts.iter().all(|part| line.contains(part))),
        "{parts:?} is not in {log}"
    );
}

#[test]
fn what_cannot_start_ends_with_1_and_a_sentence() {
    within(async {
        for (name, arguments, expected) in [
            (
                "echo_server",
                ["--bind", "nonsense"],
                "error: can't listen on nonsense: ",
            ),
            (
                "echo_server",
                ["--bind", "ws://127.0.0.1:1337/chat"],
                "a server listens on an address, not a URL; write 127.0.0.1:1337\n",
            ),
            ("echo_server", ["--log", "a=b=c"], "error: "),
            // A port that nothing listens on, as it is reserved.
            (
                "echo_client",
                ["--url", "ws://127.0.0.1:1"],
                "error: can't connect to ws://127.0.0.1:1: ",
            ),
            (
                "echo_client",
                ["--url", "http://127.0.0.1:1"],
                "ws:// or wss://",
            ),
        ] {
            let output = run(name, &arguments).await;
            let stderr = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{stderr}");
            assert!(stderr.contains(expected), "{stderr}");
            assert!(output.stdout.is_empty());
        }
    });
}

/// Logs in to the app, and returns the cookie.
async fn log_in(address: std::net::SocketAddr, name: &str) -> String {
    let body = format!("name={name}");
    let request = format!(
        "POST /login HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
        body.len()
    );
    let answer = exchange(address, &request).await;
    let cookie = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.and_then(|cookie| cookie.split(';').next());
    cookie.expect(&answer).to_owned()
}

/// Sends an HTTP request and reads the answer to its end.
async fn exchange(address: std::net::SocketAddr, request: &str) -> String {
    let stream = tokio::net::TcpStream::connect(address).await;
    let mut stream = stream.expect("it listens");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("it reads");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .await
        .expect("it ends in order");
    answer
}

/// What the app's chat tells a client.
#[highway::client(state = tokio::sync::mpsc::UnboundedSender<(String, String)>)]
struct Member;

#[highway::route("said")]
async fn said(line: (String, String), member: &mut Member) {
    // The test may be over.
    let _ = member.state().send(line);
}

#[highway::route("arrived", on = Member)]
async fn arrived(_: String) {}

#[highway::route("left", on = Member)]
async fn left(_: String) {}

#[cfg(unix)]
#[test]
fn app_with_a_thousand_connections_ends_well_when_told() {
    within(async {
        let app = Server::start(example("axum", &["--bind", "127.0.0.1:0"])).await;
        let address = app.address();
        let url = format!("ws://{address}/chat");
        let (lines, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let connect = |cookie: String| {
            let member = Member::client()
                .state(lines.clone())
                .header("Cookie", cookie);
            let url = url.clone();
            async move { member.connect(&url).await }
        };
        let refused = connect("session=0".to_owned()).await.unwrap_err();
        assert!(refused.to_string().contains("log in first"), "{refused}");

        let cookie = log_in(address, "ann").await;
        let ann = connect(cookie.clone()).await.expect("ann is logged in");
        ann.send(highway::unchecked("say"), "hello")
            .await
            .expect("ann is there");
        let line = heard.recv().await.expect("everyone hears it");
        assert_eq!(line, ("ann".to_owned(), "hello".to_owned()));
        let people =
            format!("GET /people HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        let answer = exchange(address, &people).await;
        assert!(answer.ends_with(r#"["ann"]"#), "{answer}");

        let metrics = exchange(address, &people.replace("people", "metrics")).await;
        let active = "\nhighway_server_active_connections{highway_handler=\"Chat\"} 1\n";
        assert!(metrics.contains(active), "{metrics}");

        let mut members = tokio::task::JoinSet::new();
        for _ in 1..1000 {
            members.spawn(connect(cookie.clone()));
        }
        let mut members = members.join_all().await;
        members.push(Ok(ann));
        app.signal("TERM").await;
        let (code, stderr) = app.end().await;
        assert_eq!((code, &stderr[..]), (Some(0), ""));
        for member in members {
            let close = member.expect("there is room").closed().await;
            assert_eq!(close.code(), CloseCode::GOING_AWAY, "{close}");
            assert!(close.retry_after().is_some(), "{close}");
        }
    });
}
