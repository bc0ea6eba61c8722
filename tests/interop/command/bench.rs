//! `highway bench`

use std::{process::Stdio, time::Duration};

use highway_tests::{Outcome, Trial, highway_command, trials, within_deadline};
use serde_json::Value;
use tokio::process::Command;

use super::{command, run, server};

pub(super) fn trials() -> Vec<Trial> {
    trials![
        a_benchmark_stays_within_its_rate_unless_told_otherwise,
        messages_and_streams_are_measured,
        a_benchmark_that_gets_nothing_done_fails,
        a_benchmark_ends_in_time_and_tells_what_it_has,
    ]
}

async fn measured(arguments: &[&str]) -> Value {
    let ran = run(arguments).await;
    ran.lines().remove(0)
}

fn number(of: &Value, key: &str) -> f64 {
    of[key].as_f64().expect("it is a number")
}

fn a_benchmark_stays_within_its_rate_unless_told_otherwise() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = server::start().await.url;
        let call = ["bench", &url, "add", "1", "2", "-d", "1"];
        let paced = measured(&[&call[..], &["--rate", "100"]].concat()).await;
        assert_eq!(paced["failed"], 0);
        let done = number(&paced, "done");
        assert!((50.0..=100.0).contains(&done), "{paced}");
        let free = measured(&[&call[..], &["--rate", "unlimited", "-c", "2"]].concat()).await;
        assert!(number(&free, "done") > 100.0, "{free}");
        let quantiles = ["p50_us", "p90_us", "p99_us", "max_us"].map(|key| number(&free, key));
        assert!(quantiles.is_sorted() && quantiles[0] > 0.0, "{free}");
        let seconds = number(&free, "seconds");
        let rate = number(&free, "done") / seconds;
        assert!(
            (number(&free, "per_second") - rate).abs() < rate * 0.01,
            "{free}"
        );
        let ran = run(&[&call[..], &["--rate", "100", "--table"]].concat()).await;
        assert!(
            ran.out.contains(" a second (") && ran.out.contains("\np50 "),
            "{ran:?}"
        );
        assert!(ran.out.contains("ms ####"), "{ran:?}");
    });
    Ok(())
}

fn messages_and_streams_are_measured() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = server::start().await.url;
        let message = [
            "bench", &url, "say", "\"x\"", "--kind", "message", "-d", "0.5",
        ];
        let sent = measured(&message).await;
        assert!(number(&sent, "done") > 100.0, "{sent}");
        let answered = measured(&[&message[..], &["--answer", "counted"]].concat()).await;
        assert!(number(&answered, "done") > 100.0, "{answered}");
        assert_eq!(answered["failed"], 0);
        let unanswered = run(&[&message[..], &["--answer", "ask"]].concat()).await;
        assert!(
            unanswered.errors.contains("none of 17 came to its end"),
            "{unanswered:?}"
        );
        assert_eq!(unanswered.code, Some(4));
        let streams = measured(&[
            "bench", &url, "count", "10", "--kind", "stream", "-d", "0.5",
        ])
        .await;
        let [items, done] = ["items", "done"].map(|key| streams[key].as_u64());
        assert_eq!(items, done.map(|done| done * 10), "{streams}");
    });
    Ok(())
}

fn a_benchmark_that_gets_nothing_done_fails() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = server::start().await.url;
        let ran = run(&["bench", &url, "fail", "\"x\"", "-d", "0.2"]).await;
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.errors.contains("the peer refused: x"), "{ran:?}");
        let ran = run(&["bench", &url, "add", "--rate", "0"]).await;
        assert_eq!(ran.code, Some(2), "{ran:?}");
    });
    Ok(())
}

fn a_benchmark_ends_in_time_and_tells_what_it_has() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let url = server::start().await.url;
        // None of these is ever answered.
        let ran = run(&["bench", &url, "slow", "-f", "3", "-d", "0.2"]).await;
        assert!(
            ran.out.contains("\"done\":0,\"failed\":0,\"unfinished\":3"),
            "{ran:?}"
        );
        assert_eq!(ran.code, Some(4), "{ran:?}");

        let mut call = command(&["bench", &url, "add", "1", "2", "-d", "1000000"]);
        let child = call.stdout(Stdio::piped()).spawn().expect("it starts");
        let id = child.id().expect("it runs").to_string();
        let handled = format!("/proc/{id}/status");
        // Ctrl-C is taken once the load runs.
        while !std::fs::read_to_string(&handled).is_ok_and(|of| catches_interrupts(&of)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let killed = Command::new("kill").args(["-INT", &id]).status().await;
        assert!(killed.expect("it starts").success());
        let ran = child.wait_with_output().await.expect("it ends");
        assert_eq!(ran.status.code(), Some(130));
        let measured: Value = serde_json::from_slice(&ran.stdout).expect("a line of JSON");
        assert_eq!(measured["failed"], 0);
    });
    Ok(())
}

/// Whether a process has a handler for SIGINT, as `/proc` tells.
fn catches_interrupts(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 0b10 != 0)
}
