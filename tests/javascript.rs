//! The JavaScript client of the wire (`peers/wire_client.js`), in Node and in a browser.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, OnceLock, PoisonError},
};

use highway::Connection;
use tokio::{process::Child, sync::mpsc};

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
        let mut command = open(page, "chromium-pages");
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
