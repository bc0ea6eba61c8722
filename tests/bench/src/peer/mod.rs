//! The servers that are compared. Each runs in a process of its own, listens on a free port and
//! prints where.

mod highway;
pub(crate) mod raw;
mod socketio;

use std::fs;
use std::io::{Error, Result};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;
use tokio::net::TcpListener;

use crate::generator::Language;
use crate::process::LISTENING;
use crate::scenario::Service;

/// A server that can be measured. To add one: a variant here and an arm in `language` and `serve`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// tokio-tungstenite as its examples show it; what all ratios are taken to.
    RawSimple,
    /// tokio-tungstenite with a small read buffer and one flush when the input is drained.
    RawTuned,
    /// highway, with data of type str.
    Highway,
    /// highway, with data of type bytes.
    HighwayBytes,
    /// socket.io in Rust, on axum.
    Socketioxide,
    /// `ws` on Node.
    NodeWs,
    /// socket.io 4 on Node.
    NodeSocketIo,
    /// highway.py 0.2.2, with data of type str.
    HighwayPy,
    /// The same with data of type bytes.
    HighwayPyBytes,
}

impl Peer {
    /// All of them that can run on this machine.
    pub(crate) fn available() -> Vec<Self> {
        Self::value_variants()
            .iter()
            .copied()
            .filter(|peer| peer.is_installed())
            .collect()
    }

    /// Its name in options and tables.
    pub(crate) fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// What it speaks.
    pub(crate) fn language(self) -> Language {
        match self {
            Self::RawSimple | Self::RawTuned | Self::NodeWs => Language::Raw,
            Self::Socketioxide | Self::NodeSocketIo => Language::SocketIo,
            Self::Highway | Self::HighwayPy => Language::HighwayText,
            Self::HighwayBytes | Self::HighwayPyBytes => Language::HighwayBytes,
        }
    }

    /// Whether it can do this.
    pub(crate) fn offers(self, service: Service) -> bool {
        match self {
            Self::RawSimple | Self::RawTuned | Self::Highway => true,
            // What goes through a pipe has no type.
            Self::HighwayBytes => service != Service::Pipes,
            _ => matches!(service, Service::Echo | Service::Broadcast),
        }
    }

    /// Becomes this server. Comes back only with an error.
    pub(crate) fn serve(self, service: Service) -> Result<()> {
        if let Some(mut program) = self.program(service) {
            return Err(program.exec());
        }
        // Most services use the multi-thread runtime; all work is to be on its one worker.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let server = runtime.spawn(async move {
            let listener = listen().await?;
            match (self, service) {
                (Self::RawSimple, Service::Echo) => raw::simple_echo(listener).await,
                (Self::RawSimple, Service::Broadcast) => raw::simple_broadcast(listener).await,
                (Self::RawSimple, Service::Calls) => raw::calls::simple(listener).await,
                (Self::RawSimple, Service::Items) => raw::items::simple(listener).await,
                (Self::RawSimple, Service::Pipes) => raw::pipes::simple(listener).await,
                (Self::RawTuned, Service::Echo) => raw::tuned_echo(listener).await,
                (Self::RawTuned, Service::Broadcast) => raw::tuned_broadcast(listener).await,
                (Self::RawTuned, Service::Calls) => raw::calls::tuned(listener).await,
                (Self::RawTuned, Service::Items) => raw::items::tuned(listener).await,
                (Self::RawTuned, Service::Pipes) => raw::pipes::tuned(listener).await,
                (Self::Highway, Service::Pipes) => highway::relay(listener).await,
                (Self::Highway | Self::HighwayBytes, _) => highway::serve(listener).await,
                _ => socketio::serve(listener).await,
            }
        });
        runtime.block_on(server).map_err(Error::other)?
    }

    /// How to start a server that isn't part of this binary.
    fn program(self, service: Service) -> Option<Command> {
        let (program, script) = match self {
            Self::NodeWs => ("node".into(), "node/ws.cjs"),
            Self::NodeSocketIo => ("node".into(), "node/socket-io.cjs"),
            Self::HighwayPy | Self::HighwayPyBytes => {
                (installed("python/bin/python"), "python/highway_py.py")
            }
            _ => return None,
        };
        let mut command = Command::new(program);
        command.arg(sources(script)).arg(service.name());
        command.env("NODE_PATH", installed("node/node_modules"));
        Some(command)
    }

    fn is_installed(self) -> bool {
        match self {
            Self::NodeWs => installed("node/node_modules/ws").exists(),
            Self::NodeSocketIo => installed("node/node_modules/socket.io").exists(),
            Self::HighwayPy | Self::HighwayPyBytes => installed("python/bin/python").exists(),
            _ => true,
        }
    }
}

async fn listen() -> Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    announce(listener.local_addr()?);
    Ok(listener)
}

/// Tells the benchmark where a server listens.
fn announce(address: SocketAddr) {
    println!("{LISTENING}{address}");
}

fn sources(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("peers")
        .join(path)
}

fn installed(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../target/bench-peers")
        .join(path)
}

/// Installs what the Node and Python peers need under `target/bench-peers`. What can't be had is
/// told and left out.
pub(crate) fn set_up(python: &Path) -> Result<()> {
    let node = installed("node");
    fs::create_dir_all(&node)?;
    fs::copy(sources("node/package.json"), node.join("package.json"))?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--prefix"])
        .arg(&node);
    run(npm);

    let environment = installed("python");
    let mut venv = Command::new(python);
    venv.args(["-m", "venv"]).arg(&environment);
    if run(venv) {
        let mut pip = Command::new(environment.join("bin/pip"));
        pip.args(["install", "--quiet", "-r"])
            .arg(sources("python/requirements.txt"));
        run(pip);
    }
    Ok(())
}

fn run(mut command: Command) -> bool {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => return true,
        Ok(status) => eprintln!("`{program}` failed: {status}"),
        Err(error) => eprintln!("`{program}` can't be run: {error}"),
    }
    false
}
