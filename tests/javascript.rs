//! The JavaScript client of the wire (`peers/wire_client.js`), in Node and in a browser.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use highway::Connection;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Child,
    sync::mpsc,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

use crate::{
    Peer, Unavailable,
    installed::{PEERS, execute, installed, read, target_directory, unusable},
};

/// Node, ready to run the client.
#[derive(Debug)]
pub struct Node {
    /// Where npm's packages are, for a Node without a WebSocket of its own.
    modules: Option<PathBuf>,
}

impl Node {
    /// Finds Node; the first use on a machine may install a WebSocket from npm.
    pub fn find() -> Result<&'static Self, Unavailable> {
        static FOUND: OnceLock<Result<Node, Unavailable>> = OnceLock::new();
        FOUND
            .get_or_init(|| {
                let script = "console.log(process.version, typeof WebSocket)";
                let version = execute(Command::new("node").args(["-e", script]))?;
                let has_own = version.trim_end().ends_with("function");
                let modules = if has_own {
                    None
                } else {
                    Some(modules(&version)?)
                };
                Ok(Node { modules })
            })
            .as_ref()
            .map_err(Unavailable::clone)
    }

    /// Starts the client, which connects wherever [`Peer::connect`] tells it to.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn client(&self) -> Peer {
        let mut command = Command::new("node");
        command.arg("node_client.js").current_dir(PEERS);
        if let Some(modules) = &self.modules {
            command.env("NODE_PATH", modules);
        }
        Peer::start(command)
    }
}

fn modules(node: &str) -> Result<PathBuf, Unavailable> {
    let package = Path::new(PEERS).join("package.json");
    let folder = installed("node-ws/modules", (node, read(&package)?), |folder| {
        fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
        fs::copy(&package, folder.join("package.json"))
            .map_err(|error| unusable(folder, &error))?;
        execute(
            Command::new("npm")
                .args([
                    "install",
                    "--silent",
                    "--no-audit",
                    "--no-fund",
                    "--no-package-lock",
                ])
                .current_dir(folder),
        )
    })?;
    Ok(folder.join("node_modules"))
}

/// Chromium, which loads a page with the client, without a window.
#[derive(Debug)]
pub struct Browser(());

/// What the page is told over its control connection, and where its events go.
struct Control {
    commands: Mutex<Option<mpsc::UnboundedReceiver<String>>>,
    events: mpsc::UnboundedSender<String>,
}

#[highway::server(state = Control)]
struct Page;

#[highway::on(ready)]
async fn command(page: Connection<Page>) -> highway::Result {
    let commands = &page.state().commands;
    let commands = commands
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some(mut commands) = commands {
        while let Some(command) = commands.recv().await {
            page.send("obey", command).await?;
        }
    }
    Ok(())
}

#[highway::route("event")]
async fn event(event: String, page: &mut Page) {
    // A test that is over asks for nothing any more.
    let _ = page.state().events.send(event);
}

impl Browser {
    /// Finds the browser: `chromium`, or what `CHROMIUM` in the environment names.
    pub fn find() -> Result<Self, Unavailable> {
        execute(chromium().arg("--version")).map(|_| Self(()))
    }

    /// Starts the browser with the client, which connects wherever [`Peer::connect`] tells it to. One at a time: they share
    /// a profile.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, and without a free port.
    pub fn client(&self) -> Peer {
        let (commands, to_do) = mpsc::unbounded_channel();
        let (happened, events) = mpsc::unbounded_channel();
        let control = Control {
            commands: Mutex::new(Some(to_do)),
            events: happened,
        };
        let listener = TcpListener::bind("127.0.0.1:0").and_then(|listener| {
            listener.set_nonblocking(true)?;
            tokio::net::TcpListener::from_std(listener)
        });
        let server = Page::server()
            .origins(highway::Origins::Any)
            .state(control)
            .listen(listener.expect("a free port"))
            .expect("a valid server");
        let page = format!("file://{PEERS}/page.html#{}", server.url());
        tokio::spawn(server.into_future());
        Peer::start_apart(open(&page, "chromium-profile"), commands, events)
    }

    /// Starts the browser with a page of the test's, until what is returned is dropped. One at a time: they share a profile.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, and when it does not start.
    pub fn open(&self, page: &str) -> Child {
        self.start(page, "chromium-pages")
    }

    #[expect(clippy::unused_self, reason = "without one, there is no browser")]
    fn start(&self, page: &str, profile: &str) -> Child {
        let mut command = open(page, profile);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut command = tokio::process::Command::from(command);
        command
            .kill_on_drop(true)
            .spawn()
            .expect("it was found before")
    }
}

/// A page in a browser, which a test has act as a person would.
#[derive(Debug)]
pub struct OpenPage {
    /// Its end is the browser's.
    _browser: Child,
    tools: WebSocketStream<MaybeTlsStream<TcpStream>>,
    asked: u64,
}

impl Browser {
    /// Starts the browser with a page of the test's, to be asked what there is on it. A certificate of the page is not looked at. One at a
    /// time: they share a profile.
    ///
    /// # Panics
    ///
    /// When it does not start, or has no page.
    pub async fn visit(&self, page: &str) -> OpenPage {
        let profile = "chromium-visits";
        let browser = self.start(page, profile);
        let folder = target_directory().expect("a target directory");
        let port = folder.join(profile).join("DevToolsActivePort");
        // The browser writes it when it listens, and tells nobody.
        let mut look = tokio::time::interval(Duration::from_millis(20));
        let port = loop {
            look.tick().await;
            let told = fs::read_to_string(&port).unwrap_or_default();
            if let Some((port, _)) = told.split_once('\n') {
                break port.to_owned();
            }
        };
        let tools = loop {
            look.tick().await;
            if let Some(url) = page_of(&port).await {
                break url;
            }
        };
        let (tools, _) = tokio_tungstenite::connect_async(tools)
            .await
            .expect("the browser listens");
        OpenPage {
            _browser: browser,
            tools,
            asked: 0,
        }
    }
}

/// The address of the tools for the first page of a browser, once there is one.
async fn page_of(port: &str) -> Option<String> {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).await.ok()?;
    let request =
        format!("GET /json/list HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    // It keeps the connection.
    let body = loop {
        if let Some(body) = body(&answer) {
            break body;
        }
        if stream.read_buf(&mut answer).await.ok()? == 0 {
            return None;
        }
    };
    let pages: Vec<serde_json::Value> = serde_json::from_slice(body).ok()?;
    let page = pages.iter().find(|page| page["type"] == "page")?;
    page["webSocketDebuggerUrl"].as_str().map(str::to_owned)
}

/// The body of an HTTP answer, once it is whole.
fn body(answer: &[u8]) -> Option<&[u8]> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let (head, body) = answer.split_at(end + 4);
    let head = std::str::from_utf8(head).ok()?;
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    let (_, length) = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    body.get(..length.trim().parse().ok()?)
}

impl OpenPage {
    /// What an expression in JavaScript gives.
    ///
    /// # Panics
    ///
    /// When it throws, or the browser is gone.
    pub async fn evaluate(&mut self, expression: &str) -> serde_json::Value {
        self.asked += 1;
        let ask = serde_json::json!({
            "id": self.asked,
            "method": "Runtime.evaluate",
            "params": { "expression": expression, "awaitPromise": true, "returnByValue": true },
        });
        let ask = Message::text(ask.to_string());
        self.tools.send(ask).await.expect("the browser is there");
        loop {
            let told = self.tools.next().await.expect("the browser is there");
            let told = told.expect("the browser is there").into_text();
            let told: serde_json::Value =
                serde_json::from_str(&told.expect("it is text")).expect("it is JSON");
            if told["id"] == self.asked {
                assert!(told["result"]["exceptionDetails"].is_null(), "{told}");
                return told["result"]["result"]["value"].clone();
            }
        }
    }

    /// Waits until an expression is true. While a page is left for another, it is not.
    pub async fn wait_for(&mut self, expression: &str) {
        let guarded =
            format!("(() => {{ try {{ return !!({expression}) }} catch {{ return false }} }})()");
        let mut look = tokio::time::interval(Duration::from_millis(20));
        loop {
            look.tick().await;
            if self.evaluate(&guarded).await == true {
                return;
            }
        }
    }
}

/// The browser with a page, and with a profile in a folder of this name.
fn open(page: &str, profile: &str) -> Command {
    let profile = target_directory()
        .expect("a target directory")
        .join(profile);
    // The one of the last run, whose browser was killed.
    let _ = fs::remove_dir_all(&profile);
    let mut command = chromium();
    command
        // Its sandbox does not work as root or in a container; the page is our own.
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .args([
            "--no-first-run",
            "--disable-extensions",
            // Of the tests' own pages.
            "--ignore-certificate-errors",
            "--enable-logging=stderr",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg("--remote-debugging-port=0")
        .arg(page);
    command
}

fn chromium() -> Command {
    Command::new(env::var("CHROMIUM").unwrap_or_else(|_| "chromium".into()))
}
