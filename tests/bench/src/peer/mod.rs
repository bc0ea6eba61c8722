//! The servers that are compared. Each runs in a process of its own, listens on a free port and
//! prints where.

mod highway;
pub(crate) mod raw;
mod socketio;
mod uwebsockets;

use std::fs;
use std::io::{Error, Result};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;
use highway_bench::process::LISTENING;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::generator::Language;
use crate::scenario::{Mode, Scenario, Service};
use crate::tls;

/// A server that can be measured. To add one: a variant here, and an arm in `language`, in `lacks`, and in `serve` or
/// [`raw::run`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// tokio-tungstenite as its examples show it.
    RawSimple,
    /// tokio-tungstenite with a small read buffer and one flush when the input is drained; what all ratios are taken to.
    RawTuned,
    /// highway, with data of type str.
    Highway,
    /// highway, with data of type bytes.
    HighwayBytes,
    /// highway inside axum, with data of type str.
    HighwayAxum,
    /// highway as another build of this benchmark has it, with data of type str.
    Before,
    /// The same with data of type bytes.
    BeforeBytes,
    /// fastwebsockets on hyper.
    Fastwebsockets,
    /// yawc on hyper.
    Yawc,
    /// sockudo-ws.
    SockudoWs,
    /// uWebSockets, which is C++.
    Uwebsockets,
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
    /// Those of the short table.
    pub(crate) const TABLE: [Self; 7] = [
        Self::RawTuned,
        Self::Highway,
        Self::HighwayBytes,
        Self::Fastwebsockets,
        Self::Yawc,
        Self::SockudoWs,
        Self::Uwebsockets,
    ];

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
            Self::Socketioxide | Self::NodeSocketIo => Language::SocketIo,
            Self::Highway | Self::HighwayAxum | Self::Before | Self::HighwayPy => {
                Language::HighwayText
            }
            Self::HighwayBytes | Self::BeforeBytes | Self::HighwayPyBytes => Language::HighwayBytes,
            Self::RawSimple
            | Self::RawTuned
            | Self::Fastwebsockets
            | Self::Yawc
            | Self::SockudoWs
            | Self::Uwebsockets
            | Self::NodeWs => Language::Raw,
        }
    }

    /// The peer of another build that this one stands for.
    pub(crate) fn before(self) -> Option<Self> {
        match self {
            Self::Before => Some(Self::Highway),
            Self::BeforeBytes => Some(Self::HighwayBytes),
            _ => None,
        }
    }

    /// Why it can't do this, if it can't.
    pub(crate) fn lacks(self, scenario: &Scenario) -> Option<&'static str> {
        let service = scenario.service();
        let is_part = !matches!(
            self,
            Self::Uwebsockets
                | Self::NodeWs
                | Self::NodeSocketIo
                | Self::HighwayPy
                | Self::HighwayPyBytes
        );
        if scenario.tls
            && (!is_part
                || matches!(
                    self,
                    Self::Socketioxide | Self::RawSimple | Self::HighwayAxum
                ))
        {
            return Some("no TLS");
        }
        if scenario.mode == Mode::Instructions && !is_part {
            return Some("not counted");
        }
        let offers = match (self, service) {
            (_, Service::Echo | Service::Broadcast)
            | (Self::RawSimple | Self::RawTuned | Self::Highway | Self::Before, _)
            // What goes through a pipe has no type, and is the same in axum.
            | (
                Self::HighwayAxum | Self::HighwayBytes | Self::BeforeBytes,
                Service::Calls | Service::Items,
            )
            | (
                Self::Fastwebsockets | Self::Yawc | Self::SockudoWs | Self::Uwebsockets,
                Service::Calls,
            ) => true,
            _ => false,
        };
        (!offers).then(|| service.lacking())
    }

    /// Becomes this server. Comes back only with an error.
    pub(crate) fn serve(self, service: Service, tls: Option<&Path>) -> Result<()> {
        if let Some(mut program) = self.program(service) {
            return Err(program.exec());
        }
        let tls = tls.map(tls::server).transpose()?;
        // Most services use the multi-thread runtime; all work is to be on its one worker.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let server = runtime.spawn(async move {
            let listener = listen().await?;
            match (self, service) {
                (Self::Highway, Service::Pipes) => highway::relay(listener).await,
                (Self::Highway | Self::HighwayBytes, _) => highway::serve(listener, tls).await,
                (Self::HighwayAxum, _) => highway::serve_in_axum(listener).await,
                (Self::Socketioxide, _) => socketio::serve(listener).await,
                _ => raw::run(self, service, listener, tls.map(TlsAcceptor::from)).await,
            }
        });
        runtime.block_on(server).map_err(Error::other)?
    }

    /// How to start a server that isn't part of this binary.
    fn program(self, service: Service) -> Option<Command> {
        let mut command = match self {
            Self::NodeWs => script("node".into(), "node/ws.cjs"),
            Self::NodeSocketIo => script("node".into(), "node/socket-io.cjs"),
            Self::HighwayPy | Self::HighwayPyBytes => {
                script(installed("python/bin/python"), "python/highway_py.py")
            }
            Self::Uwebsockets => Command::new(installed(UWEBSOCKETS)),
            _ => return None,
        };
        command.arg(service.name());
        command.env("NODE_PATH", installed("node/node_modules"));
        Some(command)
    }

    /// Whether it can run on this machine.
    pub(crate) fn is_installed(self) -> bool {
        match self {
            Self::NodeWs => installed("node/node_modules/ws").exists(),
            Self::NodeSocketIo => installed("node/node_modules/socket.io").exists(),
            Self::HighwayPy | Self::HighwayPyBytes => installed("python/bin/python").exists(),
            Self::Uwebsockets => installed(UWEBSOCKETS).exists(),
            // Where it is has to be said.
            Self::Before | Self::BeforeBytes => false,
            _ => true,
        }
    }
}

/// The program that [`set_up`] compiles.
const UWEBSOCKETS: &str = "uwebsockets/server";

fn script(program: PathBuf, path: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(sources(path));
    command
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

/// Installs what the peers in other languages need under `target/bench-peers`. What can't be had is
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
    uwebsockets::compile(&sources("uwebsockets"), &installed("uwebsockets"))
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
