//! highway's benchmark: how it compares with plain tokio-tungstenite and with other frameworks.
//!
//! ```text
//! cargo run --release -p highway-bench -- setup     # once, for the peers in other languages
//! cargo run --release -p highway-bench              # everything, 5 rounds
//! cargo run --release -p highway-bench -- --table --before OTHER/BUILD --chart chart.svg
//! cargo run --release -p highway-bench -- --peers raw-tuned,highway --scenarios pp16,pipe16
//! ```
//!
//! Each run starts a server afresh, in a process of its own and on a core of its own, and puts
//! load on it from one thread on another core. Peers take turns (A B C, A B C, ...); ratios are
//! taken to `raw-tuned` inside a round, and the tables show medians over the rounds. Absolute
//! figures are those of the machine and the hour. Every byte that a server sends is compared with what it has to send.
//!
//! | scenario | what happens |
//! | --- | --- |
//! | `lat1` | 1 connection, one 16 B message under way |
//! | `pp16` `pp1k` `pp64k` `pp1m` | one message under way on each of 64, 64, 16, 4 connections |
//! | `pipe16` `pipe1k` `pipe64k` | 64 messages (16 of 64 KiB) under way on each of 16 connections |
//! | `bc16` `bc16w16` `bc1kw16` | broadcast to 100 connections, 1 (16) under way; deliveries are counted |
//! | `bc16n1000` `bc16n10000` | broadcast to 1,000 and 10,000 connections, 1 under way |
//! | `storm` | connect, upgrade, the protocol's opening, one echo, close; 64 at a time |
//! | `call1` `call1n64` | 1 connection (64), one call open on each |
//! | `call100` `call100n64` | 1 connection (64), 100 calls open on each |
//! | `items16` `items1k` `items16n64` | a stream without end on 1 connection (64); items are counted |
//! | `relay64k` | 4 pipes from client to client, in pieces of 64 KiB, which are counted |
//! | `pp16tls` `pipe16tls` `pp64ktls` | as those without `tls`, through TLS 1.3; what counts is the server's CPU time |
//! | `fair` | 15 connections with a message every few ms beside one that sends without end |
//! | `instr16` | the server's instructions for an echo in bursts of 256, those of the kernel not among them; needs valgrind |
//! | `idle` | 5,000 connections, silent after one echo: the server's memory for each |
//!
//! Calls, streams and pipes are done by hand by `raw-tuned`, down to the bytes on the wire: what is measured then is what the
//! framework costs.
//!
//! It runs on Linux, needs two cores, and descriptors for 10,000 connections, here as well as in the server.

mod chart;
mod generator;
mod measure;
mod peer;
mod report;
mod scenario;
mod series;
mod tls;
mod wire;

use std::io::{Error, Result};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

use highway_bench::process;

use crate::measure::Conditions;
use crate::peer::Peer;
use crate::report::Report;
use crate::scenario::{SCENARIOS, Scenario, Service};
use crate::series::Plan;

/// Compares highway with plain tokio-tungstenite and with other frameworks.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    /// The servers to compare; all that can run here by default.
    #[arg(long, value_delimiter = ',')]
    peers: Vec<Peer>,
    /// The scenarios and servers of the short table alone: those with a goal, and those that are fastest.
    #[arg(long)]
    table: bool,
    /// The scenarios to run; all by default.
    #[arg(long, value_delimiter = ',')]
    scenarios: Vec<Scenario>,
    /// How often each peer takes its turn in each scenario.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    #[command(flatten)]
    conditions: Conditions,
    /// Cores used by others from which on a run counts as disturbed and is repeated once.
    #[arg(long, default_value_t = 0.25)]
    tolerance: f64,
    /// Seconds to wait for a quiet machine before each run.
    #[arg(long, default_value_t = 10.0)]
    patience: f64,
    /// A file for all samples, one JSON object a line.
    #[arg(long)]
    samples: Option<PathBuf>,
    /// A file for the ratios as a picture, in SVG.
    #[arg(long)]
    chart: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Installs what the Node and Python peers need under `target/`.
    Setup {
        /// The Python for highway.py, which needs 3.6.
        #[arg(long, default_value = "python3.6")]
        python: PathBuf,
    },
    /// Runs a server under test; the benchmark starts these itself.
    #[command(hide = true)]
    Serve {
        peer: Peer,
        #[arg(long)]
        core: usize,
        #[arg(long)]
        service: Service,
        /// The folder with the certificate, where TLS is spoken.
        #[arg(long)]
        tls: Option<PathBuf>,
    },
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.task {
        Some(Task::Setup { python }) => peer::set_up(&python),
        Some(Task::Serve {
            peer,
            core,
            service,
            tls,
        }) => {
            process::become_server(core)?;
            peer.serve(service, tls.as_deref())
        }
        None => compare(arguments),
    }
}

fn compare(arguments: Arguments) -> Result<()> {
    if cfg!(debug_assertions) {
        eprintln!("this is a debug build: its figures mean nothing");
    }
    let mut peers = arguments.peers;
    if peers.is_empty() {
        if arguments.table {
            peers = Peer::TABLE.to_vec();
            peers.retain(|peer| peer.is_installed());
        } else {
            peers = Peer::available();
        }
    }
    if !peers.contains(&Peer::RawTuned) {
        peers.insert(0, Peer::RawTuned);
    }
    if arguments.conditions.before.is_some() {
        for before in [Peer::Before, Peer::BeforeBytes] {
            if !peers.contains(&before) {
                peers.push(before);
            }
        }
    }
    let mut scenarios = arguments.scenarios;
    if scenarios.is_empty() {
        scenarios = SCENARIOS.to_vec();
        if arguments.table {
            scenarios.retain(Scenario::is_listed);
        }
    }
    let patience = Duration::try_from_secs_f64(arguments.patience).map_err(Error::other)?;
    let plan = Plan {
        peers,
        scenarios,
        rounds: arguments.rounds,
        conditions: arguments.conditions,
        tolerance: arguments.tolerance,
        patience,
        samples: arguments.samples,
    };
    let cells = series::run(&plan)?;
    let report = Report {
        plan: &plan,
        cells: &cells,
    };
    println!("{report}");
    if let Some(path) = arguments.chart {
        let title = "Beside tuned tungstenite (1.00), one server core: more is faster";
        chart::draw(title, &report.panels(), &path)?;
    }
    Ok(())
}
