//! The command with highway.py, with other clients over pipes, and over TLS.

use highway_tests::{HighwayPy, Outcome, Trial, highway_command, trials, within_deadline};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};

use super::{Going, run, server};

pub(super) fn trials() -> Vec<Trial> {
    trials![
        highway_py_0_1_is_spoken_to,
        highway_py_0_2_is_spoken_to,
        two_commands_talk_over_a_pipe,
        certificates_are_trusted_as_the_options_say,
    ]
}

fn highway_py_0_1_is_spoken_to() -> Outcome {
    speaks_to(HighwayPy::v0_1()?)
}

fn highway_py_0_2_is_spoken_to() -> Outcome {
    speaks_to(HighwayPy::v0_2()?)
}

fn speaks_to(highway_py: &HighwayPy) -> Outcome {
    highway_command()?;
    within_deadline(async {
        let (_peer, url) = highway_py.server().await;
        let ran = run(&["routes", &url]).await;
        assert!(ran.lines().contains(&json!({ "name": "echo" })), "{ran:?}");
        // What is sent first goes as a message, and the answer is listened to.
        for (data, expected) in [
            ("1", json!({ "type": "int", "value": 1 })),
            ("\"text\"", json!({ "type": "str", "value": "text" })),
            ("2.5", json!({ "type": "float", "value": 2.5 })),
        ] {
            let arguments = ["listen", &url, "echoed", "--first", "echo", data, "-n", "1"];
            let ran = run(&arguments).await;
            let mut line = ran.lines().remove(0);
            let object = line.as_object_mut().expect("it is one");
            assert_eq!(object.remove("route"), Some(json!("echoed")));
            object.remove("kind");
            assert_eq!(line, expected);
        }
        let ran = run(&["send", &url, "echo", "1"]).await;
        assert_eq!(ran.lines(), Vec::<Value>::new());
        let ran = run(&["call", &url, "echo", "1"]).await;
        assert!(ran.error(1).contains("supports messages only"), "{ran:?}");
        let ran = run(&["send", &url, "ech", "1"]).await;
        assert!(ran.error(1).contains("did you mean"), "{ran:?}");
    });
    Ok(())
}

fn two_commands_talk_over_a_pipe() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let server = server::start().await;
        let url = &server.url;
        let arguments = [
            "listen", url, "draw", "move", "--first", "name", "\"bob\"", "--reply", "5",
        ];
        let mut bob = Going::start(&arguments);
        let id = server.named("bob").await.to_string();
        let ran = run(&["pipe", url, &id, "routes"]).await;
        let names = ran.lines();
        assert!(names.contains(&json!({ "name": "draw" })), "{names:?}");
        let ran = run(&["pipe", url, &id, "send", "draw", "(1, b'x')"]).await;
        assert_eq!(ran.lines(), Vec::<Value>::new());
        assert_eq!(bob.next().await["literal"], r#"(1, b"x")"#);
        let ran = run(&[
            "pipe", url, &id, "call", "move", "--first", "draw", "0", "7",
        ])
        .await;
        assert_eq!(ran.lines()[0]["value"], 5);
        assert_eq!(bob.next().await["value"], 0);
        assert_eq!(bob.next().await["value"], 7);
        let ran = run(&["pipe", url, "999999", "send", "draw"]).await;
        assert!(ran.error(1).contains("999999"), "{ran:?}");
    });
    Ok(())
}

fn certificates_are_trusted_as_the_options_say() -> Outcome {
    highway_command()?;
    within_deadline(async {
        let folder = tempfile::tempdir().expect("there is room");
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).expect("it is made");
        let (certificate, key) = (
            folder.path().join("cert.pem"),
            folder.path().join("key.pem"),
        );
        std::fs::write(&certificate, cert.pem()).expect("it can be written");
        std::fs::write(&key, signing_key.serialize_pem()).expect("it can be written");
        let tls = highway::server::ServerTls::from_files(&certificate, &key);
        let tls = tls.expect("it is a certificate");
        let server = server::start_with(|server| server.tls(tls)).await;
        let url = server.url.replace("127.0.0.1", "localhost");
        assert!(url.starts_with("wss://"), "{url}");
        let ca = certificate.display().to_string();
        let call = ["call", &url, "add", "1", "2"];
        let ran = run(&[&call[..], &["--tls-ca", &ca]].concat()).await;
        assert_eq!(ran.lines()[0]["value"], 3);
        let ran = run(&["routes", &url, "--tls-ca", &ca]).await;
        assert!(ran.lines().len() > 3, "{ran:?}");
        let ran = run(&call).await;
        assert!(ran.error(3).contains("certificate"), "{ran:?}");
        let ran = run(&[&call[..], &["--tls-insecure"]].concat()).await;
        assert_eq!(ran.lines()[0]["value"], 3);
        let ran = run(&[&call[..], &["--tls-ca", "/no/such/file"]].concat()).await;
        assert!(ran.error(2).contains("/no/such/file"), "{ran:?}");
    });
    Ok(())
}
