//! What goes over the connections between clients and a server that records nothing itself.

use std::{fs, path::Path, process::Stdio, time::Duration};

use highway::{
    record::{Recording, What},
    test::replay,
};
use highway_tests::{Outcome, Trial, highway_command, paused, trials, within_deadline};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use super::{Going, run, server};

pub(super) fn trials() -> Vec<Trial> {
    trials![
        programs_record_their_sessions,
        a_recording_is_whole_after_ctrl_c,
        sessions_of_a_server_are_recorded_and_replayed,
        what_can_not_be_recorded_is_refused
    ]
}

fn sessions_of_a_server_are_recorded_and_replayed() -> Outcome {
    highway_command()?;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("desk.jsonl");
    let path = file.to_str().expect("a path is text");
    let text = within_deadline(async {
        let server = server::start().await;
        let options = ["--listen", "127.0.0.1:0", "--out", path, "--mask", "fail"];
        let mut recording = Going::start(&[&["record", &server.url][..], &options].concat());
        let line = recording.next().await;
        let url = line["url"].as_str().expect("it says where it listens");
        assert_eq!(
            run(&["call", url, "add", "3", "4"]).await.lines()[0]["value"],
            7
        );
        let items = run(&["stream", url, "count", "3"]).await.lines();
        assert_eq!(items.len(), 3);
        let ran = run(&["call", url, "fail", "\"a secret\""]).await;
        assert_eq!(ran.code, Some(1));
        // What is no upgrade goes to the server and back too: the command asks for the description first.
        let described = run(&["describe", url]).await;
        assert!(
            described.out.contains("\"highway\": \"description\""),
            "{described:?}"
        );
        recorded(&file, 3).await
    });
    assert!(!text.contains("a secret"), "{text}");
    let mut recording = Recording::parse(&text).expect("a recording");
    assert!(!recording.is_cut_off);
    recording
        .entries
        .retain(|entry| entry.connection == Some(1));
    let said: Vec<_> = recording
        .entries
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Client(message) | What::Server(message) => {
                Some((&*message.kind, message.data.as_deref().unwrap_or_default()))
            }
            _ => None,
        })
        .filter(|(kind, _)| matches!(*kind, "call" | "reply"))
        .collect();
    assert_eq!(said, [("call", "(3, 4)"), ("reply", "7")]);

    // Without the connection whose data is masked.
    let unmasked: Vec<_> = text
        .lines()
        .filter(|line| !line.contains("\"connection\":3,"))
        .collect();
    fs::write(&file, unmasked.join("\n") + "\n").expect("it is written");
    let replayed = paused(async { replay(&file, server::server()).await });
    let replayed = replayed.expect("it is as it was");
    assert!(replayed.compared >= 7, "{replayed:?}");
    Ok(())
}

/// The text of a file, once so many connections are over in it.
async fn recorded(file: &Path, over: usize) -> String {
    loop {
        let text = fs::read_to_string(file).expect("it is there");
        if text.matches("\"over\":true").count() == over {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn what_can_not_be_recorded_is_refused() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let nowhere = ["--out", "/nowhere/at/all.jsonl", "--listen", "127.0.0.1:0"];
        let ran = run(&[&["record", "localhost:1"][..], &nowhere].concat()).await;
        assert!(
            ran.error(2).contains("can't write /nowhere/at/all.jsonl: "),
            "{ran:?}"
        );
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("none.jsonl");
        let path = file.to_str().expect("a path is text");
        let options = ["--listen", "127.0.0.1:0", "--out", path];
        // Nobody listens there.
        let mut recording = Going::start(&[&["record", "127.0.0.1:1"][..], &options].concat());
        let line = recording.next().await;
        let url = line["url"].as_str().expect("it says where it listens");
        let ran = run(&["call", url, "add", "3", "4"]).await;
        assert!(ran.error(3).contains("502"), "{ran:?}");
    });
    Ok(())
}

fn programs_record_their_sessions() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("echo.jsonl");
        for (mask, data) in [
            (&["--record-mask", "none,ec*"][..], None),
            (&[], Some("\"hi\"")),
        ] {
            let mut server = Command::new(env!("CARGO_BIN_EXE_readme-echo-server"));
            let mut server = server
                .args(["--bind", "127.0.0.1:0", "--record"])
                .arg(&file)
                .args(mask)
                .stdout(Stdio::piped())
                .kill_on_drop(true)
                .spawn()
                .expect("the server starts");
            let mut lines = BufReader::new(server.stdout.take().expect("it is piped")).lines();
            let line = lines.next_line().await.expect("it prints").expect("a line");
            let url = line.split_whitespace().last().expect("its URL");
            let ran = run(&["send", url, "echo", "\"hi\""]).await;
            assert_eq!(ran.code, Some(0), "{ran:?}");
            let text = recorded(&file, 1).await;
            let entries = Recording::parse(&text).expect("a recording").entries;
            let messages = entries.iter().filter_map(|entry| match &entry.what {
                What::Client(message) if message.kind == "message" => Some(message),
                _ => None,
            });
            let messages: Vec<_> = messages.collect();
            let [message] = messages.as_slice() else {
                panic!("one message is expected: {text}");
            };
            assert_eq!(message.route.as_deref(), Some("echo"));
            assert_eq!(
                (message.data.as_deref(), message.masked),
                (data, data.is_none())
            );
        }
    });
    Ok(())
}

fn a_recording_is_whole_after_ctrl_c() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let server = server::start().await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("desk.jsonl");
        let path = file.to_str().expect("a path is text");
        let options = ["--listen", "127.0.0.1:0", "--out", path];
        let mut recording = Going::start(&[&["record", &server.url][..], &options].concat());
        let line = recording.next().await;
        let url = line["url"].as_str().expect("it says where it listens");
        // One connection is open still.
        let mut listening = Going::start(&["listen", url, "said"]);
        assert_eq!(listening.next().await["value"], "hello");
        let ran = run(&["call", url, "add", "3", "4"]).await;
        assert_eq!(ran.lines()[0]["value"], 7);
        let id = recording.child.id().expect("it runs").to_string();
        let killed = Command::new("kill").args(["-INT", &id]).status().await;
        assert!(killed.expect("it starts").success());
        assert_eq!(recording.end().await, Some(0));
        let text = fs::read_to_string(&file).expect("it is there");
        let recording = Recording::parse(&text).expect("a recording");
        assert!(!recording.is_cut_off);
        let replies = recording.entries.iter().filter(|entry| match &entry.what {
            What::Server(message) => message.data.as_deref() == Some("7"),
            _ => false,
        });
        assert_eq!(replies.count(), 1, "{text}");
    });
    Ok(())
}
