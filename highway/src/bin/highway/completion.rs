//! Completes commands in shells, and routes where the line names a server.

use std::{env, ffi::OsStr, time::Duration};

use clap::Parser;
use clap_complete::{
    ArgValueCompleter, CompletionCandidate,
    env::{Bash, EnvCompleter, Fish, Zsh},
};
use highway::{description::Route, wire::ConnectionId};
use tokio::runtime::Builder;

use crate::{
    connect::ServerArguments,
    description::Known,
    failure::Failure,
    listener::Listener,
    output::{Output, escaped},
};

/// The variable by which the shell's function asks the program.
const VARIABLE: &str = "COMPLETE";

/// How long a shell waits for the routes.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Bash takes the colons of a URL for words of their own.
const JOINED: &str = r#"
_highway() {
    local words=() line=$COMP_LINE current=0 index word before
    for index in "${!COMP_WORDS[@]}"; do
        word=${COMP_WORDS[index]}
        before=${line%%"$word"*}
        line=${line#"$before$word"}
        if [[ $index -gt 0 && -n $word && -z $before ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
        [[ $index -eq $COMP_CWORD ]] && current=$((${#words[@]} - 1))
    done
    local COMP_WORDS=("${words[@]}") COMP_CWORD=$current
    _clap_complete_highway "$1" "${words[current]}" "${words[current - 1]}"
}
complete -o nospace -o bashdefault -F _highway highway
"#;

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
        if let Shell::Bash = self.shell {
            output.line(JOINED.trim_end())?;
        }
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
    let Some(line) = Line::read() else {
        return Vec::new();
    };
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else {
        return Vec::new();
    };
    // What goes wrong is not for the line that is being written.
    let found = runtime.block_on(async { tokio::time::timeout(TIMEOUT, names(&line, peer)).await });
    let mut candidates = found.ok().flatten().unwrap_or_default();
    // A shell shows them as they are.
    candidates.retain(|(name, _)| name.starts_with(&*begun) && !name.contains(char::is_control));
    candidates
        .into_iter()
        .map(|(name, docs)| {
            let docs = docs.map(|docs| escaped(&docs).into());
            CompletionCandidate::new(name).help(docs)
        })
        .collect()
}

/// The names of routes, each with the first line of its documentation, if there is one.
type Names = Vec<(String, Option<String>)>;

async fn names(line: &Line, peer: bool) -> Option<Names> {
    let server = &line.server;
    let unexplained = |names: Vec<String>| names.into_iter().map(|name| (name, None)).collect();
    if line.command == "pipe" {
        let connection = server.connect().await.ok()?;
        let to = ConnectionId::from(line.rest.first()?.parse::<u64>().ok()?);
        let pipe = connection.pipe::<Listener>(to).await.ok()?;
        let told = pipe.peer_routes();
        pipe.close().await;
        return (!peer).then(|| unexplained(told));
    }
    let named = |route: Route| {
        let docs = route.docs.as_deref().and_then(|docs| docs.lines().next());
        let docs = docs.map(str::to_owned);
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
            Some(unexplained(told))
        }
    }
}

/// As much as is written of a line.
struct Line {
    command: String,
    server: ServerArguments,
    rest: Vec<String>,
}

impl Line {
    /// What follows in `highway -- highway call ws://… ad`, as shells ask, as far as it can be read.
    fn read() -> Option<Self> {
        #[derive(Parser)]
        #[command(ignore_errors = true, disable_help_flag = true)]
        struct Words {
            #[command(flatten)]
            server: ServerArguments,
            rest: Vec<String>,
        }

        let mut words = env::args_os().skip_while(|word| word != "--").skip(2);
        let command = words.next()?.to_string_lossy().into_owned();
        let name = std::iter::once("highway".into());
        let read = Words::try_parse_from(name.chain(words)).ok()?;
        Some(Self {
            command,
            server: read.server,
            rest: read.rest,
        })
    }
}
