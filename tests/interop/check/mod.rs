//! `highway check`, the conformance kit: our server and the clients in all languages keep all rules, and a peer that breaks one is found
//! out.

mod faults;
mod faulty;
mod strangers;

use std::process::Stdio;

use highway::trace::Propagator;
use highway_tests::{
    HighwayPy, Node, Outcome, PythonClient, Trial, Unavailable, highway_command, trials,
    within_deadline,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Child,
};
use tracing::Span;

use self::faults::Fault;
use crate::program;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        our_server_keeps_all_rules,
        our_server_without_traces_refuses_them,
        our_client_keeps_all_rules,
        client_in_typescript_keeps_all_rules,
        client_in_python_keeps_all_rules,
        faults_of_highway_py_are_known,
        faults_of_values_are_found_at_their_rules,
        faults_of_messages_are_found_at_their_rules,
        faults_of_contracts_are_found_at_their_rules,
        faults_of_one_rule_are_found,
        faults_of_clients_are_found_at_their_rules,
        peer_that_never_answers_breaks_rules_of_websocket,
        peer_that_never_ends_is_left,
        server_with_tls_is_checked,
        routes_that_are_lacking_are_named,
        server_of_http_is_told_in_the_words_of_the_library,
        no_peer_is_no_connection,
        wrong_usage_is_told,
    ]
}

/// What the kit prints of each rule, and how it ends.
struct Checked {
    verdicts: Vec<Value>,
    code: Option<i32>,
    errors: String,
}

impl Checked {
    /// The rules with a verdict.
    fn with(&self, verdict: &str) -> Vec<&str> {
        let found = self
            .verdicts
            .iter()
            .filter(|line| line["verdict"] == verdict);
        found.filter_map(|line| line["rule"].as_str()).collect()
    }

    /// What is said of each rule with a verdict.
    fn lines(&self, verdict: &str) -> String {
        let found = self
            .verdicts
            .iter()
            .filter(|line| line["verdict"] == verdict);
        found.map(Value::to_string).collect::<Vec<_>>().join("\n")
    }

    #[track_caller]
    fn keeps_all(&self, not_tried: impl Fn(&str, &str) -> bool) {
        assert_eq!(self.lines("broken"), "");
        let not = self.verdicts.iter().filter(|line| {
            line["verdict"] == "not tried"
                && !not_tried(
                    line["rule"].as_str().unwrap_or_default(),
                    line["reason"].as_str().unwrap_or_default(),
                )
        });
        let not: Vec<_> = not.map(Value::to_string).collect();
        assert_eq!(not.join("\n"), "");
        assert_eq!(self.code, Some(0), "{}", self.errors);
        assert!(self.with("kept").len() > 90, "{}", self.lines("kept"));
    }
}

/// Starts the kit.
fn kit(arguments: &[&str]) -> Result<Child, Unavailable> {
    let mut kit = tokio::process::Command::new(highway_command()?);
    kit.args(["check", "--json"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    Ok(kit.spawn().expect("it was built"))
}

async fn ended(kit: Child) -> Checked {
    let output = kit.wait_with_output().await.expect("it ends by itself");
    let lines = String::from_utf8(output.stdout).expect("it prints text");
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"));
    let verdicts = lines.filter(|line: &Value| line.get("rule").is_some());
    Checked {
        verdicts: verdicts.collect(),
        code: output.status.code(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Checks the clients that a program starts, which is given the URL.
async fn checked<T>(
    arguments: &[&str],
    client: impl FnOnce(String) -> T,
) -> Result<(Checked, T), Unavailable> {
    let mut kit = kit(&[&["--listen", "127.0.0.1:0"], arguments].concat())?;
    let errors = kit.stderr.take().expect("it is piped");
    let mut errors = BufReader::new(errors).lines();
    let first = errors
        .next_line()
        .await
        .expect("it is text")
        .expect("it says where it listens");
    let (_, url) = first.split_once("ws://").expect("it names the URL");
    let client = client(format!("ws://{url}"));
    Ok((ended(kit).await, client))
}

/// Reads trace contexts.
struct Reads;

impl Propagator for Reads {
    fn inject(&self, _: &Span) -> Option<String> {
        Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned())
    }

    fn extract(&self, _: &Span, _: &str) {}
}

/// As often as the longest check of all rules may connect.
const TIMES: usize = 1_000;

/// What is not tried with a client in another language.
fn of_others(_: &str, reason: &str) -> bool {
    reason == "they are for servers" || reason == "its contract does not announce `traceparent`"
}

/// Starts our server, which reads trace contexts; returns its URL.
async fn our_server() -> String {
    let server = program::server::Program::server().propagator(Reads);
    let server = server.bind("127.0.0.1:0").await.expect("a free port");
    let url = server.url();
    tokio::spawn(server.into_future());
    url
}

/// Starts our server without trace contexts; returns its URL.
async fn our_server_without_traces() -> String {
    let server = program::server::Program::server();
    let server = server.bind("127.0.0.1:0").await.expect("a free port");
    let url = server.url();
    tokio::spawn(server.into_future());
    url
}

/// Connects our client to a URL again and again.
fn our_client(url: String) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        for _ in 0..TIMES {
            let client = program::client::Program::client().propagator(Reads);
            if let Ok(me) = client.connect(&url).await {
                me.closed().await;
            }
        }
    })
}

fn our_server_keeps_all_rules() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = our_server().await;
        let checked = ended(kit(&[&url])?).await;
        checked.keeps_all(|rule, reason| {
            reason == "they are for clients" || rule == "trace.unannounced"
        });
        Ok(())
    })
}

fn our_server_without_traces_refuses_them() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = our_server_without_traces().await;
        let checked = ended(kit(&[&url, "--rule", "trace."])?).await;
        assert_eq!(
            checked.with("kept"),
            ["trace.unannounced", "trace.not-sent"]
        );
        assert_eq!(checked.with("not tried"), ["trace.read", "trace.malformed"]);
        assert_eq!(checked.code, Some(0), "{}", checked.errors);
        Ok(())
    })
}

fn our_client_keeps_all_rules() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let (checked, client) = checked(&[], our_client).await?;
        client.abort();
        checked.keeps_all(|rule, reason| {
            reason == "they are for servers" || rule == "trace.unannounced"
        });
        Ok(())
    })
}

fn client_in_typescript_keeps_all_rules() -> Outcome {
    let node = Node::find()?;
    highway_command()?;
    within_deadline(async {
        let times = TIMES.to_string();
        let (checked, _client) = checked(&[], |url| {
            let mut program = node.script("dialogues.mjs", &[&url, &times]);
            program.spawn().expect("it was found before")
        })
        .await?;
        checked.keeps_all(of_others);
        Ok(())
    })
}

fn client_in_python_keeps_all_rules() -> Outcome {
    let python = PythonClient::find()?;
    highway_command()?;
    within_deadline(async {
        let times = TIMES.to_string();
        let (checked, _client) = checked(&[], |url| {
            let program = python.program("dialogues.py", &[&url, &times]);
            let mut program = tokio::process::Command::from(program);
            program
                .kill_on_drop(true)
                .spawn()
                .expect("it was found before")
        })
        .await?;
        checked.keeps_all(of_others);
        Ok(())
    })
}

fn faults_of_highway_py_are_known() -> Outcome {
    let highway_py = HighwayPy::v0_2()?;
    highway_command()?;
    within_deadline(async {
        let (_peer, url) = highway_py.server().await;
        let checked = ended(kit(&[&url, "--timeout", "5"])?).await;
        assert_eq!(checked.lines("broken"), "");
        assert_eq!(
            checked.with("known"),
            [
                "close.3001-on-text",
                "meta.of-the-connection",
                "close.1000-on-invalid-map",
                "close.3003-on-early-message",
                "value.read-int",
                "value.refuse-str",
                "value.refuse-int",
                "value.refuse-float",
                "value.refuse-bool",
                "value.float",
                "value.refuse-long-int",
                "json.floats",
                "json.large-int",
                "json.surrogate",
                "json.refuse",
                "close.3001-on-unknown-type-code",
                "close.1003-on-invalid-data",
            ]
        );
        assert_eq!(checked.code, Some(0), "{}", checked.errors);
        Ok(())
    })
}

/// Lets the kit check a server with faults, so many at a time, and expects each to be found where it is, and nothing else.
fn found(faults: &[Fault], at_a_time: usize) -> Outcome {
    highway_command()?;
    for faults in faults.chunks(at_a_time) {
        within_deadline(async {
            let url = faulty::in_front_of(our_server().await, faults.to_vec()).await;
            let checked = ended(kit(&[&url, "--timeout", "2"])?).await;
            let mut expected: Vec<_> = faults.iter().map(|fault| fault.rule).collect();
            let mut found = checked.with("broken");
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, expected, "{}", checked.lines("broken"));
            assert_eq!(checked.code, Some(1), "{}", checked.errors);
            Ok(())
        })?;
    }
    Ok(())
}

fn faults_of_values_are_found_at_their_rules() -> Outcome {
    found(&faults::VALUES, 12)
}

fn faults_of_messages_are_found_at_their_rules() -> Outcome {
    found(faults::MESSAGES, 12)
}

fn faults_of_contracts_are_found_at_their_rules() -> Outcome {
    found(faults::ALONE, 1)
}

/// Expects that the kit finds a rule broken, of which it checked no other.
#[track_caller]
fn is_broken(checked: &Checked, rule: &str) {
    assert_eq!(checked.with("broken"), [rule], "{}", checked.errors);
    assert_eq!(checked.verdicts.len(), 1, "{}", checked.lines("kept"));
    assert_eq!(checked.code, Some(1), "{}", checked.errors);
}

fn faults_of_one_rule_are_found() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let servers = [
            (our_server().await, faults::OF_ONE_RULE),
            (our_server_without_traces().await, faults::WITHOUT_TRACES),
        ];
        for (url, faults) in servers {
            for fault in faults {
                let url = faulty::in_front_of(url.clone(), vec![*fault]).await;
                let checked = ended(kit(&[&url, "--rule", fault.rule, "--timeout", "3"])?).await;
                is_broken(&checked, fault.rule);
            }
        }
        Ok(())
    })
}

fn faults_of_clients_are_found_at_their_rules() -> Outcome {
    highway_command()?;
    within_deadline(async {
        for fault in faults::OF_CLIENTS {
            let arguments = ["--rule", fault.rule, "--timeout", "5"];
            let (checked, client) = checked(&arguments, |url| {
                tokio::spawn(async move {
                    let url = faulty::behind_clients(url, vec![*fault]).await;
                    let _ = our_client(url).await;
                })
            })
            .await?;
            client.abort();
            is_broken(&checked, fault.rule);
        }
        Ok(())
    })
}

fn peer_that_never_answers_breaks_rules_of_websocket() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = strangers::deaf().await;
        let rules = [
            "websocket.fragments",
            "websocket.ping",
            "close.answer",
            "close.1002-on-garbage",
            "close.1002-on-mask",
            "close.3001-on-text",
        ];
        let chosen = rules.iter().flat_map(|rule| ["--rule", *rule]);
        let arguments: Vec<_> = [&*url, "--timeout", "2"]
            .into_iter()
            .chain(chosen)
            .collect();
        let checked = ended(kit(&arguments)?).await;
        assert_eq!(checked.with("broken"), rules, "{}", checked.errors);
        Ok(())
    })
}

fn peer_that_never_ends_is_left() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = strangers::endless().await;
        let rule = "close.3001-on-unknown-type-code";
        let checked = ended(kit(&[&url, "--rule", rule, "--timeout", "1"])?).await;
        let line = checked.lines("not tried");
        assert!(line.contains("goes on sending"), "{line}");
        assert_eq!(checked.code, Some(0), "{}", checked.errors);
        Ok(())
    })
}

fn server_with_tls_is_checked() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let folder = tempfile::tempdir().expect("there is room");
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).expect("it is made");
        let file = |name, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("it can be written");
            path
        };
        let certificate = file("cert.pem", cert.pem());
        let key = file("key.pem", signing_key.serialize_pem());
        let tls = highway::server::ServerTls::from_files(&certificate, &key);
        let server = program::server::Program::server().tls(tls.expect("it is a certificate"));
        let server = server.bind("127.0.0.1:0").await.expect("a free port");
        let url = server.url().replace("127.0.0.1", "localhost");
        tokio::spawn(server.into_future());
        assert!(url.starts_with("wss://"), "{url}");
        let ca = certificate.display().to_string();
        let rules = ["--rule", "call.", "--rule", "close."];
        let checked = ended(kit(&[&[&*url, "--tls-ca", &ca], &rules[..]].concat())?).await;
        assert_eq!(checked.lines("broken"), "");
        let kept = checked.with("kept");
        // One writes to the connection below WebSocket.
        assert!(kept.contains(&"close.1002-on-garbage"), "{kept:?}");
        assert!(kept.len() > 30, "{kept:?}");
        assert_eq!(checked.code, Some(0), "{}", checked.errors);
        let checked = ended(kit(&[&url])?).await;
        assert_eq!(checked.code, Some(3), "{}", checked.errors);
        assert!(checked.errors.contains("certificate"), "{}", checked.errors);
        Ok(())
    })
}

fn routes_that_are_lacking_are_named() -> Outcome {
    within_deadline(async {
        let url = strangers::deaf().await;
        let mut command = tokio::process::Command::new(highway_command()?);
        let arguments = [
            "check",
            "--table",
            &url,
            "--timeout",
            "2",
            "--rule",
            "upload.",
        ];
        let output = command.args(arguments).output().await;
        let output = output.expect("the command starts").stdout;
        let text = String::from_utf8(output).expect("it prints text");
        assert!(text.contains("`refuse`, `count`, `sum`, `hold`"), "{text}");
        assert!(!text.contains("`echo`"), "{text}");
        assert!(
            text.contains("\"Checking other implementations\""),
            "{text}"
        );
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(80), "{text}");
        Ok(())
    })
}

fn server_of_http_is_told_in_the_words_of_the_library() -> Outcome {
    within_deadline(async {
        let address = strangers::http().await;
        for (user, shown) in [("", ""), ("ada:secret@", "ada:***@")] {
            let url = format!("ws://{user}{address}");
            let mut errors = Vec::new();
            for arguments in [&["check", &url][..], &["call", &url, "add"]] {
                let mut command = tokio::process::Command::new(highway_command()?);
                let output = command.args(arguments).output().await;
                let output = output.expect("the command starts");
                assert_eq!(output.status.code(), Some(3));
                errors.push(String::from_utf8(output.stderr).expect("it prints text"));
            }
            assert_eq!(errors[0], errors[1]);
            let expected = format!("can't connect to ws://{shown}{address}: ");
            assert!(errors[0].contains(&expected), "{errors:?}");
        }
        Ok(())
    })
}

fn no_peer_is_no_connection() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        drop(listener);
        let checked = ended(kit(&[&format!("ws://{address}")])?).await;
        assert_eq!(checked.code, Some(3), "{}", checked.errors);
        let checked = ended(kit(&["--listen", "127.0.0.1:0", "--timeout", "0.1"])?).await;
        assert_eq!(checked.code, Some(4), "{}", checked.errors);
        Ok(())
    })
}

fn wrong_usage_is_told() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let checked = ended(kit(&["ws://127.0.0.1:1", "--rule", "cal.reply"])?).await;
        assert_eq!(checked.code, Some(2), "{}", checked.errors);
        assert!(checked.errors.contains("`cal.reply`"), "{}", checked.errors);
        let checked = ended(kit(&[])?).await;
        assert_eq!(checked.code, Some(2), "{}", checked.errors);
        let checked = ended(kit(&["--list", "--rule", "call."])?).await;
        assert_eq!(checked.code, Some(0), "{}", checked.errors);
        assert!(
            checked
                .verdicts
                .iter()
                .any(|line| line["rule"] == "call.reply-once")
        );
        Ok(())
    })
}
