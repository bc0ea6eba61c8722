//! The command on a terminal, and in shells.

use std::{path::Path, process::Stdio, time::Duration};

use highway_tests::{Outcome, Trial, Unavailable, highway_command, trials, within_deadline};
use tokio::{net::TcpStream, process::Command};

use super::server;

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

pub(super) fn trials() -> Vec<Trial> {
    trials![
        people_see_colours_and_types_on_a_terminal,
        bash_completes_the_routes_of_the_server_on_the_line,
        zsh_and_fish_complete_routes_with_their_docs,
        the_readme_shows_a_session_as_it_looks,
    ]
}

/// What a terminal shows of a program, in which lines are typed.
async fn terminal(lines: &[&str], program: &[&str]) -> String {
    let output = Command::new("python3")
        .arg("-B")
        .arg(Path::new(PEERS).join("terminal.py"))
        .args(lines)
        .arg("--")
        .args(program)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = output.await.expect("it starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn require(program: &str) -> Outcome {
    let found = std::process::Command::new(program)
        .arg("--version")
        .output();
    match found {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err(Unavailable::new(format!("{program} is not installed"))),
    }
}

fn people_see_colours_and_types_on_a_terminal() -> Outcome {
    require("python3")?;
    let highway = highway_command()?.display().to_string();
    within_deadline(async {
        let url = server::start().await.url;
        let shown = terminal(&[], &[&highway, "call", &url, "add", "3", "4"]).await;
        assert_eq!(shown, "\u{1b}[2mint\u{1b}[0m 7\r\n");
        let shown = terminal(&[], &[&highway, "routes", &url]).await;
        assert!(
            shown.contains("\u{1b}[38;5;6m") && shown.contains("(i64, i64)"),
            "{shown:?}"
        );
        let shown = terminal(&[], &[&highway, "call", &url, "same", "'\\x1b[2J'"]).await;
        assert!(!shown.contains("\u{1b}[2J"), "{shown:?}");
        // Ctrl-C ends what would go on.
        let shown = terminal(&["hello>\\x03"], &[&highway, "listen", &url, "said"]).await;
        assert!(shown.contains("\"hello\""), "{shown:?}");
    });
    Ok(())
}

fn bash_completes_the_routes_of_the_server_on_the_line() -> Outcome {
    require("python3")?;
    require("bash")?;
    let highway = highway_command()?;
    within_deadline(async {
        let url = server::start().await.url;
        let folder = highway.parent().expect("it is in one").display();
        let lines = [
            format!("$ >PATH={folder}:$PATH; source <(highway completions bash)\\r"),
            format!("$ >highway call {url} ad\\t3 4; echo do\"\"ne\\r"),
            // A word that is not begun, as bash gives it.
            format!(
                "done>COMP_LINE='highway call {url} ' COMP_CWORD=3; COMP_WORDS=(highway call {url} ''); \
                 _highway highway '' {url}; echo \"<${{COMPREPLY[0]}}>\"; echo do\"\"ne\\r"
            ),
            "done>exit\\r".to_owned(),
        ];
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let shown = terminal(&lines, &["bash", "--norc", "--noprofile", "-i"]).await;
        assert!(shown.contains(&format!("{url} add 3 4")), "{shown}");
        assert!(shown.contains(" 7\r\n"), "{shown}");
        assert!(shown.contains("<add>"), "{shown}");
    });
    Ok(())
}

fn zsh_and_fish_complete_routes_with_their_docs() -> Outcome {
    let highway = highway_command()?;
    within_deadline(async {
        let url = server::start().await.url;
        // What the shells' functions ask, and how.
        for (shell, expected) in [("zsh", "add:Adds."), ("fish", "add\tAdds.")] {
            let script = Command::new(highway)
                .args(["completions", shell])
                .output()
                .await;
            let script = String::from_utf8(script.expect("it starts").stdout).expect("text");
            assert!(script.contains(&highway.display().to_string()), "{script}");
            let asked = Command::new(highway)
                .args(["--", "highway", "call", &url, "ad"])
                .env("COMPLETE", shell)
                .env("_CLAP_COMPLETE_INDEX", "3")
                .env("_CLAP_IFS", "\n")
                .output()
                .await
                .expect("it starts");
            assert_eq!(
                String::from_utf8_lossy(&asked.stdout).trim_end(),
                expected,
                "{shell}"
            );
        }
    });
    Ok(())
}

/// The commands of a block in the README, each with what it shows.
fn session() -> Vec<(String, String)> {
    const README: &str = include_str!("../../../README.md");
    let (_, rest) = README.split_once("```console\n").expect("there is one");
    let (block, _) = rest.split_once("```").expect("it ends");
    let commands = block.split("$ ").skip(1);
    let parts = commands.filter_map(|command| command.split_once('\n'));
    parts
        .map(|(line, shown)| (line.to_owned(), shown.to_owned()))
        .collect()
}

/// A text without what only colours it.
fn plain(shown: &str) -> String {
    let mut parts = shown.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|char: char| char.is_ascii_alphabetic());
        plain += end.and_then(|end| part.get(end + 1..)).unwrap_or_default();
    }
    plain.replace("\r\n", "\n")
}

fn the_readme_shows_a_session_as_it_looks() -> Outcome {
    require("python3")?;
    let folder = highway_command()?.parent().expect("it is in one").display();
    let server = crate::mounted::example("chat_server");
    within_deadline(async {
        let port = {
            let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
            free.local_addr().expect("it has one").port()
        };
        let address = format!("127.0.0.1:{port}");
        let _server = Command::new(server)
            .args(["--bind", &address])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        while TcpStream::connect(&address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let session = session();
        assert!(session.len() > 3);
        for (line, expected) in session {
            let here = line.replace("1337", &port.to_string());
            let script = format!("PATH={folder}:$PATH {here}");
            let shown = terminal(&[], &["sh", "-c", &script]).await;
            assert_eq!(plain(&shown), expected, "{line}");
        }
    });
    Ok(())
}
