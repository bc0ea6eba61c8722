//! Completes commands in shells, and routes where the line names a server.

use std::{env, ffi::OsStr, time::Duration};

use clap::Parser;
use clap_complete::{
    ArgValueCompleter, CompletionCandidate,
    env::{Bash, EnvCompleter, Fish, Zsh},
};
use highway::description::Route;
use tokio::runtime::Builder;

use crate::{connect::ServerArguments, description::Known, failure::Failure, output::Output};

/// The variable by which the shell's function asks the program.
const VARIABLE: &str = "COMPLETE";

/// How long a shell waits for the routes.
const TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The shell; put `source <(highway completions bash)` into ~/.bashrc, the same with zsh into ~/.zshrc, or
    /// `highway completions fish | source` into fish's configuration
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Arguments {
    pub(crate) fn run(self, output: &Output) -> Result<(), Failure> {
        let shell: &dyn EnvCompleter = match self.shell {
            Shell::Bash => &Bash,
            Shell::Zsh => &Zsh,
            Shell::Fish => &Fish,
        };
        let program = env::current_exe()?;
        let program = program.to_string_lossy();
        let mut script = Vec::new();
        shell.write_registration(VARIABLE, "highway", "highway", &program, &mut script)?;
        output.line(String::from_utf8_lossy(&script).trim_end())?;
        Ok(())
    }
}

/// Completes the names of the server's routes.
pub(crate) fn routes() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| candidates(current, false))
}

/// Completes the names of the routes that the server expects of its clients.
pub(crate) fn peer_routes() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| candidates(current, true))
}

/// The routes of the server that the line names, which begin so.
fn candidates(current: &OsStr, peer: bool) -> Vec<CompletionCandidate> {
    let begun = current.to_string_lossy();
    let Some(server) = server_on_line() else {
        return Vec::new();
    };
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else {
        return Vec::new();
    };
    // What goes wrong is not for the line that is being written.
    let found =
        runtime.block_on(async { tokio::time::timeout(TIMEOUT, names(&server, peer)).await });
    let mut candidates = found.ok().flatten().unwrap_or_default();
    candidates.retain(|(name, _)| name.starts_with(&*begun));
    candidates
        .into_iter()
        .map(|(name, docs)| CompletionCandidate::new(name).help(docs.map(Into::into)))
        .collect()
}

async fn names(server: &ServerArguments, peer: bool) -> Option<Vec<(String, Option<String>)>> {
    let named = |route: Route| {
        let docs = route
            .docs
            .and_then(|docs| docs.lines().next().map(str::to_owned));
        (route.name, docs)
    };
    match server.description().await {
        Ok(Known::Description(description)) => {
            let routes = if peer {
                description.peer?
            } else {
                description.serves
            };
            Some(routes.into_iter().map(named).collect())
        }
        _ if peer => None,
        _ => {
            let connection = server.connect().await.ok()?;
            let told = connection.peer_routes();
            connection.close().await;
            Some(told.into_iter().map(|name| (name, None)).collect())
        }
    }
}

/// The server that the line names, behind the name of the command: as far as it is written, it parses.
fn server_on_line() -> Option<ServerArguments> {
    #[derive(Parser)]
    #[command(ignore_errors = true, disable_help_flag = true)]
    struct Line {
        #[command(flatten)]
        server: ServerArguments,
        #[arg(allow_hyphen_values = true)]
        _rest: Vec<String>,
    }

    // `highway -- highway call ws://… ad`
    let words = env::args_os().skip_while(|word| word != "--").skip(2);
    Line::try_parse_from(words).ok().map(|line| line.server)
}
