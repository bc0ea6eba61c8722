//! What a server counts, scraped by Prometheus and asked of it.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    net::{Ipv4Addr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

use highway::{route, server::ServerHandle};
use highway_tests::{Outcome, Trial, Unavailable, trials, within_deadline};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        prometheus_scrapes_a_server_and_answers_questions,
        promtool_has_nothing_to_say_against_the_text,
    ]
}

#[highway::server]
struct Chat;

/// With a name that has to be escaped.
#[route("say \"it\"\\")]
async fn say(text: &str, chat: &mut Chat) -> highway::Result {
    chat.everyone().send("said", text).await
}

#[route("add", on = Chat)]
async fn add((a, b): (i64, i64)) -> i64 {
    a + b
}

#[highway::client]
struct Me;

#[route("said", on = Me)]
async fn said(_: String) {}

/// A server that has counted something.
async fn serve() -> (ServerHandle<Chat>, highway::Connection<Me>) {
    let server = Chat::server().metrics_path("/metrics");
    let server = server.bind("127.0.0.1:0").await.expect("a port is free");
    let handle = server.handle();
    let url = server.url();
    tokio::spawn(server.run());
    let me = Me::connect(&url).await.expect("it is let in");
    for _ in 0..3 {
        me.send("say \"it\"\\", "hi").await.expect("it is sent");
    }
    let sum: i64 = me.call("add", (1, 2)).await.expect("it is served");
    assert_eq!(sum, 3);
    me.call::<_, _, i64>("add", "text")
        .await
        .expect_err("no numbers");
    (handle, me)
}

fn unusable(name: &str, error: &std::io::Error) -> Unavailable {
    Unavailable::new(format!("{name} (Debian's package `prometheus`): {error}"))
}

/// A running Prometheus. It ends when this is dropped.
struct Prometheus {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl Prometheus {
    /// Starts one that scrapes a server.
    fn start(server: &str) -> Result<Self, Unavailable> {
        let look = Command::new("prometheus").arg("--version").output();
        look.map_err(|error| unusable("prometheus", &error))?;
        let folder = tempfile::tempdir().expect("there is a folder for temporary files");
        let file = folder.path().join("prometheus.yml");
        let config = format!(
            "global:
  scrape_interval: 100ms
scrape_configs:
  - job_name: chat
    static_configs:
      - targets: [\"{server}\"]
"
        );
        fs::write(&file, config).expect("the folder can be written to");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let port = free.local_addr().expect("it has one").port();
        drop(free);
        let log = fs::File::create(folder.path().join("log")).expect("it can be written to");
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| unusable("prometheus", &error))?;
        Ok(Self {
            process,
            port,
            folder,
        })
    }

    /// Asks it until it knows an answer.
    async fn ask(&mut self, query: &str) -> f64 {
        let mut look = tokio::time::interval(Duration::from_millis(50));
        loop {
            look.tick().await;
            if let Some(value) = self.try_ask(query).await {
                return value;
            }
            if let Ok(Some(status)) = self.process.try_wait() {
                let log = fs::read_to_string(self.folder.path().join("log"));
                panic!("prometheus ended with {status}: {log:?}");
            }
        }
    }

    async fn try_ask(&self, query: &str) -> Option<f64> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
            .await
            .ok()?;
        let mut request = "GET /api/v1/query?query=".to_owned();
        for byte in query.bytes() {
            // Writing to a text cannot fail.
            let _ = write!(request, "%{byte:02x}");
        }
        request.push_str(" HTTP/1.0\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        if !head.contains(" 200 ") {
            return None;
        }
        let body: Value = serde_json::from_str(body).expect("it answers in JSON");
        let value = body.pointer("/data/result/0/value/1")?.as_str()?;
        Some(value.parse().expect("it is a number"))
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn prometheus_scrapes_a_server_and_answers_questions() -> Outcome {
    within_deadline(async {
        let (handle, me) = serve().await;
        let mut prometheus =
            Prometheus::start(&handle.local_addr().expect("it listens").to_string())?;
        for (query, expected) in [
            (
                "highway_server_active_connections{highway_handler=\"Chat\"}",
                1.0,
            ),
            (
                r#"highway_server_messages_total{rpc_method="say \"it\"\\",direction="received"}"#,
                3.0,
            ),
            (
                "sum(highway_server_messages_total{rpc_method=\"said\",direction=\"sent\"})",
                3.0,
            ),
            (
                "rpc_server_call_duration_seconds_count{rpc_method=\"add\",error_type=\"\"}",
                1.0,
            ),
            (
                "rpc_server_call_duration_seconds_count{error_type=\"convert\"}",
                1.0,
            ),
            (
                "rpc_server_call_duration_seconds_bucket{error_type=\"\",le=~\"10|10.0\"}",
                1.0,
            ),
        ] {
            let value = prometheus.ask(query).await;
            assert!((value - expected).abs() < 1e-9, "{query}: {value}");
        }
        // A quantile needs buckets that add up; it takes two scrapes to have a rate.
        me.call::<_, _, i64>("add", (1, 2))
            .await
            .expect("it is served");
        let rate = "histogram_quantile(0.9, sum by (le) (rpc_server_call_duration_seconds_bucket))";
        assert!(prometheus.ask(rate).await > 0.0);
        assert!((prometheus.ask("up").await - 1.0).abs() < 1e-9);
        me.close().await;
        let mut look = tokio::time::interval(Duration::from_millis(50));
        while prometheus
            .ask("highway_server_connections_closed_total{close_code=\"1000\"}")
            .await
            < 1.0
        {
            look.tick().await;
        }
        Ok(())
    })
}

fn promtool_has_nothing_to_say_against_the_text() -> Outcome {
    let (server, client) = within_deadline(async {
        let (handle, me) = serve().await;
        let (server, client) = (handle.metrics(), me.metrics());
        me.close().await;
        (server, client)
    });
    let text = highway::metrics::to_prometheus([&server, &client]);
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| unusable("promtool", &error))?;
    let mut input = promtool.stdin.take().expect("it is piped");
    input.write_all(text.as_bytes()).expect("it reads");
    drop(input);
    let output = promtool.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.is_empty(), "{said}\n{text}");
    Ok(())
}
