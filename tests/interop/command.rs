//! The command `highway`, run as a program, against servers in Rust and highway.py.

mod bench;
mod peers;
mod record;
mod server;
mod shell;

use std::{
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use highway_tests::{Outcome, Trial, highway_command, trials, within_deadline};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = trials![
        a_call_is_answered_with_its_type_within_50_ms,
        literals_keep_their_types,
        files_and_standard_input_are_data,
        items_go_as_a_stream,
        streams_are_printed_and_end_at_the_server_when_the_limit_is_reached,
        a_message_is_sent_and_listened_to,
        calls_of_the_server_are_answered,
        exit_codes_tell_what_went_wrong,
        routes_are_listed_with_their_types,
        a_description_is_printed_as_the_program_prints_it,
        clients_are_generated_as_the_program_generates_them,
    ];
    trials.extend(bench::trials());
    trials.extend(peers::trials());
    trials.extend(record::trials());
    trials.extend(shell::trials());
    trials
}

/// The command with arguments.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(highway_command().expect("it was built before"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// What the command prints and how it ends.
async fn run(arguments: &[&str]) -> Ran {
    let output = command(arguments).output().await;
    Ran::of(&output.expect("the command starts"))
}

#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    errors: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code(),
            out: text(&output.stdout),
            errors: text(&output.stderr),
        }
    }

    /// The lines of JSON that a command printed which went well.
    #[track_caller]
    fn lines(&self) -> Vec<Value> {
        assert_eq!((self.code, self.errors.as_str()), (Some(0), ""), "{self:?}");
        let lines = self.out.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect()
    }

    /// The error of a command that ended with a code.
    #[track_caller]
    fn error(&self, code: i32) -> &str {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{self:?}");
        self.errors.trim_end()
    }
}

/// A command that goes on, whose lines are read as they come.
struct Going {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Going {
    fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let out = child.stdout.take().expect("it is piped");
        Self {
            child,
            lines: BufReader::new(out).lines(),
        }
    }

    async fn next(&mut self) -> Value {
        let line = self.lines.next_line().await.expect("it can be read");
        serde_json::from_str(&line.expect("there is a line")).expect("a line of JSON")
    }

    async fn end(mut self) -> Option<i32> {
        self.child.wait().await.expect("it ends").code()
    }
}

fn a_call_is_answered_with_its_type_within_50_ms() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = server::start().await.url;
        let mut fastest = Duration::MAX;
        for _ in 0..10 {
            let begin = Instant::now();
            let ran = run(&["call", &url, "add", "3", "4"]).await;
            fastest = fastest.min(begin.elapsed());
            assert_eq!(ran.lines(), [json!({ "type": "int", "value": 7 })]);
        }
        assert!(fastest < Duration::from_millis(50), "{fastest:?}");
        let ran = run(&["call", &url, "add", "(3, 4)", "--table"]).await;
        assert_eq!(ran.out, "int 7\n", "{ran:?}");
    });
    Ok(())
}

fn literals_keep_their_types() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = server::start().await.url;
        for (data, printed) in [
            ("1", r#"{"type":"int","value":1}"#),
            ("-1", r#"{"type":"int","value":-1}"#),
            (
                "123456789012345678901234567890",
                r#"{"type":"int","value":123456789012345678901234567890}"#,
            ),
            ("1.0", r#"{"type":"float","value":1.0}"#),
            ("NaN", r#"{"type":"float","value":null,"literal":"NaN"}"#),
            ("\"é\"", r#"{"type":"str","value":"é"}"#),
            ("b\"\\xff\"", r#"{"type":"bytes","value":"/w=="}"#),
            ("true", r#"{"type":"bool","value":true}"#),
            ("none", r#"{"type":"none","value":null}"#),
            (
                "[1, 2.0]",
                r#"{"type":"list","value":[1,2.0],"literal":"[1, 2.0]"}"#,
            ),
            (
                "(b'a', (1,))",
                r#"{"type":"tuple","value":["YQ==",[1]],"literal":"(b\"a\", (1,))"}"#,
            ),
            (
                "{'a': {1: none}}",
                r#"{"type":"dict","value":{"a":{"1":null}},"literal":"{\"a\": {1: none}}"}"#,
            ),
        ] {
            let ran = run(&["call", &url, "same", data]).await;
            assert_eq!(ran.out.trim_end(), printed, "{data}: {ran:?}");
            assert_eq!(ran.code, Some(0));
        }
        let ran = run(&["call", &url, "same", "--text", "1 & 2"]).await;
        assert_eq!(ran.lines(), [json!({ "type": "str", "value": "1 & 2" })]);
        let ran = run(&["call", &url, "same"]).await;
        assert_eq!(ran.lines()[0]["type"], "none");
    });
    Ok(())
}

fn files_and_standard_input_are_data() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = server::start().await.url;
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("data");
        let at = format!("@{}", path.display());
        let write = |content: &str| std::fs::write(&path, content).expect("it can be written");
        write("[1, (2,)]");
        let printed = |ran: Ran| ran.lines().remove(0);
        let bytes = printed(run(&["call", &url, "same", &at]).await);
        assert_eq!(bytes["type"], "bytes");
        let text = printed(run(&["call", &url, "same", &at, "--as", "text"]).await);
        assert_eq!(text, json!({ "type": "str", "value": "[1, (2,)]" }));
        let literal = printed(run(&["call", &url, "same", &at, "--as", "literal"]).await);
        assert_eq!(literal["literal"], "[1, (2,)]");
        write(r#"{"a": 1}"#);
        let ran = run(&["call", &url, "same", &at, "--as", "json"]).await;
        assert_eq!(printed(ran)["literal"], r#"{"a": 1}"#);
        write("{");
        let ran = run(&["call", &url, "same", &at, "--as", "json"]).await;
        assert!(ran.error(2).contains("EOF while parsing"), "{ran:?}");

        let mut child = command(&["call", &url, "same", "7", "@-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut input = child.stdin.take().expect("it is piped");
        input.write_all(b"in").await.expect("it is read");
        drop(input);
        let ran = Ran::of(&child.wait_with_output().await.expect("it ends"));
        assert_eq!(ran.lines()[0]["literal"], r#"(7, b"in")"#);
    });
    Ok(())
}

fn items_go_as_a_stream() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = server::start().await.url;
        let ran = run(&["call", &url, "sum", "--items", "1", "2", "3"]).await;
        assert_eq!(ran.lines()[0]["value"], 6);
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("data");
        let at = format!("@{}", path.display());
        std::fs::write(&path, vec![7; 1_000_000]).expect("it can be written");
        let ran = run(&["call", &url, "length", "--items", &at]).await;
        let expected = [1_000_000_u64.div_ceil(60 * 1024), 1_000_000];
        assert_eq!(ran.lines()[0]["value"], json!(expected));
        std::fs::write(&path, "1\r\n2\nx\n").expect("it can be written");
        let ran = run(&["call", &url, "sum", "--items", &at, "--as", "literal"]).await;
        assert!(ran.error(2).contains("line 3: column 1: `x`"), "{ran:?}");
        let ran = run(&["send", &url, "say", "--items", "1"]).await;
        assert!(ran.error(2).contains("highway call --items"), "{ran:?}");
    });
    Ok(())
}

fn streams_are_printed_and_end_at_the_server_when_the_limit_is_reached() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let mut server = server::start().await;
        let ran = run(&["stream", &server.url, "count", "3"]).await;
        let values: Vec<_> = ran
            .lines()
            .iter()
            .map(|line| line["value"].clone())
            .collect();
        assert_eq!(values, [0, 1, 2]);
        let ran = run(&["stream", &server.url, "count", "1_000_000_000", "-n", "2"]).await;
        assert_eq!(ran.lines().len(), 2);
        assert!(server.ended().await < 1_000_000_000);

        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("out");
        let to = path.display().to_string();
        let ran = run(&["stream", &server.url, "words", "-o", &to]).await;
        assert_eq!(ran.lines(), Vec::<Value>::new());
        assert_eq!(std::fs::read(&path).expect("it is there"), b"one\xfftwo");
        let ran = run(&["stream", &server.url, "count", "3", "-o", &to]).await;
        assert!(ran.error(1).contains("an item is int"), "{ran:?}");
        // A stream that stalls.
        let ran = run(&["stream", &server.url, "never", "--timeout", "0.2"]).await;
        assert_eq!(ran.error(4), "error: the next item took longer than 200ms");
    });
    Ok(())
}

fn a_message_is_sent_and_listened_to() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let server = server::start().await;
        // Without names, it serves what the server's description has.
        let mut all = Going::start(&[
            "listen",
            &server.url,
            "--first",
            "name",
            "\"all\"",
            "-n",
            "2",
        ]);
        let hello = json!({ "route": "said", "kind": "message", "type": "str", "value": "hello" });
        assert_eq!(all.next().await, hello);
        let mut one = Going::start(&["listen", &server.url, "counted", "-n", "1"]);
        // The server greets everyone on `said`, which this one has, and does not listen to.
        server.connected(2).await;
        let ran = run(&["send", &server.url, "say", "\"hi\""]).await;
        assert_eq!(ran.lines(), Vec::<Value>::new());
        assert_eq!(all.next().await["value"], "hi");
        assert_eq!(one.next().await["route"], "counted");
        assert_eq!((all.end().await, one.end().await), (Some(0), Some(0)));
        let ran = run(&["listen", &server.url, "said", "-n", "1", "--table"]).await;
        assert_eq!(ran.out, "said str \"hello\"\n");
    });
    Ok(())
}

fn calls_of_the_server_are_answered() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let server = server::start().await;
        let mut asked = Going::start(&["listen", &server.url, "ask", "--reply", "(1, 2.0)"]);
        server.connected(1).await;
        let ran = run(&["call", &server.url, "ask-others", "\"why\""]).await;
        assert_eq!(ran.lines()[0]["literal"], "(1, 2.0)");
        let expected = json!({ "route": "ask", "kind": "call", "type": "str", "value": "why" });
        assert_eq!(asked.next().await, expected);
    });
    Ok(())
}

fn exit_codes_tell_what_went_wrong() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = server::start().await.url;
        let ran = run(&["call", &url, "fail", "\"no\""]).await;
        let expected = "error: the call of `fail` failed: the peer refused: no (always)";
        assert_eq!(ran.error(1), expected);
        let ran = run(&["call", &url, "ad", "1", "2"]).await;
        let expected = "error: can't send to `ad`: the peer has no such route; did you mean `add`?";
        assert_eq!(ran.error(1), expected);
        let ran = run(&["call", &url, "add", "\"a\""]).await;
        assert!(
            ran.error(1)
                .contains("the route does not take this: expected a tuple"),
            "{ran:?}"
        );
        let ran = run(&["call", &url, "add", "lobby"]).await;
        assert!(
            ran.error(2).contains("a text is written \"lobby\""),
            "{ran:?}"
        );
        let ran = run(&["call", &url, "add", "--no-such-option"]).await;
        assert_eq!(ran.code, Some(2));
        let ran = run(&["call", &url, "slow", "--timeout", "0.2"]).await;
        assert!(ran.error(4).contains("`slow`"), "{ran:?}");
        let ran = run(&["listen", &url, "said", "-n", "2", "--timeout", "0.3"]).await;
        assert_eq!(ran.code, Some(4), "{ran:?}");
        let ran = run(&["listen", &url, "said", "--first", "leave", "none"]).await;
        assert_eq!(ran.code, Some(3), "{ran:?}");

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let silent = listener.local_addr().expect("it has one").to_string();
        let ran = run(&["call", &silent, "add", "--timeout", "0.2"]).await;
        assert_eq!(ran.code, Some(4), "{ran:?}");
        drop(listener);
        let ran = run(&["call", &silent, "add"]).await;
        assert!(ran.error(3).contains("refused"), "{ran:?}");
        for wrong in ["localhost:99999", "ws://", "ws://x:y"] {
            let ran = run(&["call", wrong, "add"]).await;
            assert_eq!(ran.code, Some(2), "{ran:?}");
        }
        let ran = run(&["call", &url, "same", "--as", "text", "1"]).await;
        assert!(ran.error(2).contains("--as is for @FILE"), "{ran:?}");
        let ran = run(&["pipe", &url, "bob", "routes"]).await;
        assert!(ran.error(2).contains("id is a number"), "{ran:?}");
        let ran = run(&["call", "ftp://x", "add"]).await;
        assert!(ran.error(2).contains("ws://"), "{ran:?}");
    });
    Ok(())
}

fn routes_are_listed_with_their_types() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = server::start().await.url;
        let ran = run(&["routes", &url, "--table"]).await;
        assert_eq!((ran.code, ran.errors.as_str()), (Some(0), ""));
        let row = |name: &str| {
            let row = ran.out.lines().find(|line| line.trim().starts_with(name));
            let row = row.expect("it is listed");
            row.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect::<Vec<_>>()
        };
        assert_eq!(row("add "), ["add", "(i64, i64)", "i64", "Adds."]);
        assert_eq!(row("count "), ["count", "u64", "stream of u64"]);
        assert_eq!(row("sum "), ["sum", "stream of i64", "i64"]);
        let ran = run(&["routes", &url]).await;
        let lines = ran.lines();
        let add = lines
            .iter()
            .find(|line| line["name"] == "add")
            .expect("it is listed");
        assert_eq!(add["data"], json!({ "tuple": ["i64", "i64"] }));
        let ran = run(&["routes", &url, "--peer"]).await;
        let lines = ran.lines();
        let names: Vec<_> = lines.iter().map(|line| line["name"].as_str()).collect();
        assert_eq!(names, [Some("ask"), Some("counted"), Some("said")]);

        // One that gives no description tells its names.
        let url = server::start_with(|server| server.describe(false))
            .await
            .url;
        let ran = run(&["routes", &url]).await;
        assert!(ran.lines().contains(&json!({ "name": "add" })), "{ran:?}");
        let ran = run(&["describe", &url]).await;
        assert!(ran.error(1).contains("--serve-description"), "{ran:?}");
    });
    Ok(())
}

fn a_description_is_printed_as_the_program_prints_it() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = server::start().await.url;
        let ran = run(&["describe", &url]).await;
        assert_eq!(ran.out, server::description());
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("description.json");
        std::fs::write(&path, &ran.out).expect("it can be written");
        let path = path.display().to_string();
        let ran = run(&["describe", "nowhere:1", "--description", &path]).await;
        assert_eq!(ran.out, server::description());
        std::fs::write(&path, "{}").expect("it can be written");
        let ran = run(&["routes", "nowhere:1", "--description", &path]).await;
        assert!(ran.error(2).contains("no description"), "{ran:?}");
    });
    Ok(())
}

fn clients_are_generated_as_the_program_generates_them() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = server::start().await.url;
        let description = server::description();
        for language in ["typescript", "python", "asyncapi"] {
            let ran = run(&["generate", language, &url]).await;
            let expected = server::generated(language);
            assert_eq!((ran.code, ran.out), (Some(0), expected), "{language}");
        }
        let folder = tempfile::tempdir().expect("there is room");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (from, to) = (path("description.json"), path("chat.ts"));
        std::fs::write(&from, description).expect("it can be written");
        let arguments = [
            "generate",
            "typescript",
            "nowhere:1",
            "--description",
            &from,
        ];
        let options = ["--output", &to, "--import", "./highway.js"];
        let ran = run(&[&arguments[..], &options].concat()).await;
        assert_eq!(ran.out, "", "{ran:?}");
        let generated = std::fs::read_to_string(&to).expect("it is there");
        assert!(generated.contains("\"./highway.js\""));
        let ran = run(&["generate", "python", &url, "--import", "x"]).await;
        assert!(
            ran.error(1).contains("--import is for typescript"),
            "{ran:?}"
        );
        let ran = run(&["generate", "cobol", &url]).await;
        assert_eq!(ran.code, Some(2), "{ran:?}");
    });
    Ok(())
}
