//! The Python client: its codec and types, and what it does with our server.

mod fuzz;
mod hub;

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use highway::server::ServerTls;
use highway_tests::{HighwayPy, Outcome, PythonClient, Trial, trials, within_deadline};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    runtime::Runtime,
};

use fuzz::payloads_mean_the_same_in_python;
use hub::Hub;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        client_in_python_has_the_values_of_every_implementation,
        client_in_python_is_typed,
        client_in_python_keeps_values_both_ways,
        client_in_python_tells_failures_and_cancels,
        client_in_python_has_ten_thousand_calls_in_flight,
        client_in_python_reads_slowly_within_bounds,
        client_in_python_leaves_streams,
        client_in_python_serves,
        client_in_python_opens_and_accepts_pipes,
        client_in_python_tells_why_it_is_not_connected,
        client_in_python_compares_contracts,
        client_in_python_tells_its_status,
        client_in_python_connects_over_tls,
        client_in_python_comes_back_to_a_server_that_was_killed,
        client_in_python_talks_to_highway_py,
        client_of_highway_py_runs_with_another_import,
        client_in_python_is_installed_from_its_wheel,
        payloads_mean_the_same_in_python,
    ]
}

fn client_in_python_has_the_values_of_every_implementation() -> Outcome {
    let python = PythonClient::find()?;
    let values = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/values.jsonl");
    let values = values.to_str().expect("a path is text");
    succeeds(&mut python.program("values.py", &[values]));
    Ok(())
}

fn client_in_python_is_typed() -> Outcome {
    let python = PythonClient::find()?;
    let folder = PythonClient::folder();
    let mut mypy = python.command();
    // Nothing is to be written beside the sources.
    mypy.args(["-m", "mypy", "--strict", "--cache-dir", "/dev/null"]);
    succeeds(mypy.arg(folder.join("src")));
    Ok(())
}

fn client_in_python_keeps_values_both_ways() -> Outcome {
    plays("values")
}

fn client_in_python_tells_failures_and_cancels() -> Outcome {
    plays("failures")
}

fn client_in_python_has_ten_thousand_calls_in_flight() -> Outcome {
    plays("many")
}

fn client_in_python_reads_slowly_within_bounds() -> Outcome {
    plays("slow")
}

fn client_in_python_leaves_streams() -> Outcome {
    plays("leave")
}

fn client_in_python_serves() -> Outcome {
    plays("served")
}

fn client_in_python_opens_and_accepts_pipes() -> Outcome {
    plays("pipes")
}

fn client_in_python_tells_why_it_is_not_connected() -> Outcome {
    plays("errors")
}

fn client_in_python_compares_contracts() -> Outcome {
    plays("contract")
}

fn client_in_python_tells_its_status() -> Outcome {
    plays("changes")
}

fn client_in_python_connects_over_tls() -> Outcome {
    let python = PythonClient::find()?;
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
    let folder = tempfile::tempdir().expect("a folder");
    let [file, key] = ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
    std::fs::write(&file, cert.pem()).expect("it is written");
    std::fs::write(&key, signing_key.serialize_pem()).expect("it is written");
    let tls = ServerTls::from_files(&file, &key).expect("they are valid");
    within_deadline(async {
        let server = Hub::server().state(Arc::default()).tls(tls);
        let server = server.bind("127.0.0.1:0").await.expect("a port");
        let url = format!("wss://{}", server.local_addr());
        let running = tokio::spawn(async move { server.await });
        let file = file.to_str().expect("a path is text");
        let arguments = [url.as_str(), "secure", file];
        let program = tokio::process::Command::from(python.program("server.py", &arguments))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it was found before");
        ends_well(program).await;
        running.abort();
    });
    Ok(())
}

fn client_in_python_comes_back_to_a_server_that_was_killed() -> Outcome {
    let python = PythonClient::find()?;
    within_deadline(async {
        // The port stays ours between the servers: the one listener is of this test.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("it has an address");
        let first = serve_apart(&listener);
        let mut program = program(&python, &format!("ws://{address}"), "restart");
        let output = program.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(output).lines();
        expect_line(&mut lines, "kill").await;
        // Its sockets end with it, without a close.
        first.shutdown_background();
        expect_line(&mut lines, "start").await;
        let second = serve_apart(&listener);
        expect_line(&mut lines, "ok").await;
        let ended = program.wait().await.expect("it ends by itself");
        assert!(ended.success(), "{ended}");
        second.shutdown_background();
    });
    Ok(())
}

fn client_in_python_talks_to_highway_py() -> Outcome {
    let (python, published) = (PythonClient::find()?, HighwayPy::v0_2()?);
    within_deadline(async {
        let (_server, url) = published.server().await;
        ends_well(program(&python, &url, "published")).await;
    });
    Ok(())
}

fn client_of_highway_py_runs_with_another_import() -> Outcome {
    let python = PythonClient::find()?;
    let readme = include_str!("../../../README.md");
    let (_, program) = readme
        .split_once("from highway import Client, Handler\n")
        .expect("the README has the program");
    let (program, _) = program.split_once("```").expect("it has an end");
    let program = format!("from highway_ws import Client, Handler\n{program}");
    within_deadline(async {
        let (server, port) = echo_server().await;
        assert_eq!(program.matches("1337").count(), 1);
        let program = program.replace("1337", &port);
        let mut python = python.command();
        python.args(["-c", &program]);
        let mut client = tokio::process::Command::from(python)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it was found before");
        let output = client.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(output).lines();
        // A tuple stays one here.
        expect_line(&mut lines, "<class 'tuple'> (1, 2.5, 'three')").await;
        drop(server);
    });
    Ok(())
}

async fn echo_server() -> (tokio::process::Child, String) {
    let mut server = tokio::process::Command::new(env!("CARGO_BIN_EXE_readme-echo-server"))
        .args(["--bind", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the server starts");
    let output = server.stdout.take().expect("it is piped");
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await.expect("it prints text") {
        if let Some((_, port)) = line.trim().rsplit_once(':')
            && line.contains("ws://")
        {
            return (server, port.to_owned());
        }
    }
    panic!("the server ends without its address")
}

fn client_in_python_is_installed_from_its_wheel() -> Outcome {
    let python = PythonClient::find()?;
    let folder = tempfile::tempdir().expect("a folder");
    let [wheels, fresh] = ["wheels", "fresh"].map(|name| folder.path().join(name));
    let mut build = python.command();
    build.args(["-m", "build", "--wheel", "--no-isolation", "--outdir"]);
    succeeds(build.arg(&wheels));
    let wheel = std::fs::read_dir(&wheels)
        .expect("it was built")
        .next()
        .expect("a wheel")
        .expect("a wheel")
        .path();
    succeeds(python.command().args(["-m", "venv"]).arg(&fresh));
    let interpreter = fresh.join("bin/python");
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    succeeds(Command::new(&interpreter).args(pip).arg(&wheel));
    let mut program = Command::new(&interpreter);
    let code = "import highway_ws, os; print(highway_ws.__file__, os.listdir(os.path.dirname(highway_ws.__file__)))";
    let said = succeeds(program.args(["-c", code]).current_dir(folder.path()));
    assert!(said.contains("fresh"), "{said}");
    assert!(said.contains("py.typed"), "{said}");
    Ok(())
}

/// A server in a runtime of its own, with which it disappears.
fn serve_apart(listener: &std::net::TcpListener) -> Runtime {
    let runtime = Runtime::new().expect("a runtime");
    let listener = listener.try_clone().expect("a listener");
    listener.set_nonblocking(true).expect("a listener");
    runtime.spawn(async move {
        let listener = TcpListener::from_std(listener).expect("a listener");
        let server = Hub::server().state(Arc::default());
        let server = server.listen(listener).expect("its options are valid");
        server.await
    });
    runtime
}

/// Lets the program do a part of what it can do with a server.
fn plays(part: &str) -> Outcome {
    let python = PythonClient::find()?;
    within_deadline(async {
        let server = Hub::server()
            .limits(|limits| limits.concurrent_routes = 20_000)
            .state(Arc::default());
        let server = server.bind("127.0.0.1:0").await.expect("a port");
        let address = server.local_addr();
        let running = tokio::spawn(async move { server.await });
        ends_well(program(&python, &format!("ws://{address}"), part)).await;
        running.abort();
    });
    Ok(())
}

/// Waits until a program says that all is well.
async fn ends_well(mut program: tokio::process::Child) {
    let output = program.stdout.take().expect("it is piped");
    expect_line(&mut BufReader::new(output).lines(), "ok").await;
    let ended = program.wait().await.expect("it ends by itself");
    assert!(ended.success(), "{ended}");
}

fn program(python: &PythonClient, url: &str, part: &str) -> tokio::process::Child {
    tokio::process::Command::from(python.program("server.py", &[url, part]))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it was found before")
}

async fn expect_line(
    lines: &mut tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
    expected: &str,
) {
    let line = lines.next_line().await.expect("it prints text");
    assert_eq!(line.as_deref(), Some(expected));
}

/// What a program prints that ends well.
#[track_caller]
fn succeeds(program: &mut Command) -> String {
    let output = program.output().expect("it was found before");
    let said = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{log}");
    said.into_owned()
}
