//! One run: one peer, one scenario, a fresh server.

#![expect(
    clippy::cast_precision_loss,
    reason = "counts of a run are far below 2^52"
)]

use std::fs;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use highway_bench::process::{self, Server};
use serde::Serialize;

use crate::generator::{
    Broadcast, Bursts, Echo, Fairness, Generator, Idle, Items, Load, OPENING, Pipes, Storm,
};
use crate::peer::Peer;
use crate::scenario::{Mode, Scenario};
use crate::tls;

/// How long and where.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Conditions {
    /// Seconds that are measured in each run.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) seconds: f64,
    /// Seconds of load before that.
    #[arg(long, default_value_t = 0.3)]
    pub(crate) warm_up: f64,
    /// The core that the servers run on.
    #[arg(long, default_value_t = 0)]
    pub(crate) server_core: usize,
    /// The core that the load generator runs on.
    #[arg(long, default_value_t = 1)]
    pub(crate) generator_core: usize,
    /// Connections of the scenario `idle`; each takes a descriptor here and one in the server.
    #[arg(long)]
    pub(crate) idle_connections: Option<usize>,
    /// Another build of this benchmark, whose highway is measured beside this one's.
    #[arg(long, value_name = "BINARY")]
    pub(crate) before: Option<PathBuf>,
}

impl Conditions {
    /// The build that a peer is part of, and its name there.
    fn build(&self, peer: Peer) -> Result<(PathBuf, Peer)> {
        match (peer.before(), &self.before) {
            (None, _) => Ok((std::env::current_exe()?, peer)),
            (Some(peer), Some(before)) => Ok((before.clone(), peer)),
            (Some(_), None) => Err(Error::other("`--before` has to say where the build is")),
        }
    }

    /// Whether the build that a peer is part of knows TLS, which one for `--before` may not.
    pub(crate) fn knows_tls(&self, peer: Peer) -> bool {
        let help = self
            .build(peer)
            .and_then(|(build, _)| Command::new(build).args(["serve", "--help"]).output());
        help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains("--tls"))
    }
}

/// What a run showed.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Sample {
    /// Messages, deliveries or connections in a second.
    pub(crate) rate: f64,
    /// The middle latency in microseconds; of the quiet connections alone in `fair`.
    pub(crate) p50: f64,
    /// The latency that 1 % exceed.
    pub(crate) p99: f64,
    /// The latency that 0.1 % exceed.
    pub(crate) p999: f64,
    /// CPU seconds of the server for a million messages.
    pub(crate) cpu: f64,
    /// Bytes of the server's memory at the end.
    pub(crate) resident: f64,
    /// Bytes of it for each connection; measured with many connections only.
    pub(crate) resident_each: Option<f64>,
    /// Instructions of the server outside of the kernel for each message; counted in one scenario only.
    pub(crate) instructions: Option<f64>,
    /// Bytes from client to server for each message.
    pub(crate) bytes_up: f64,
    /// Bytes from server to client for each message or delivery.
    pub(crate) bytes_down: f64,
    /// The part of its core that the generator used.
    pub(crate) generator: f64,
    /// Cores that neither the server nor the generator used, but somebody else.
    pub(crate) others: f64,
}

/// A point in time, and what had been used up by then.
struct Mark {
    at: Instant,
    server: Duration,
    generator: Duration,
    machine: Duration,
}

impl Mark {
    fn set(server: &Server) -> Result<Self> {
        let (generator, machine) = (process::own_cpu()?, process::machine_busy()?);
        Ok(Self {
            server: server.cpu()?,
            at: Instant::now(),
            generator,
            machine,
        })
    }
}

/// Starts the peer, puts the scenario's load on it and measures.
pub(crate) fn run(
    peer: Peer,
    scenario: &Scenario,
    conditions: &Conditions,
    certificate: &Path,
) -> Result<Sample> {
    if scenario.mode == Mode::Instructions {
        return count_instructions(peer, scenario, conditions);
    }
    let (build, name) = conditions.build(peer)?;
    let mut program = Command::new(build);
    serve(&mut program, name, scenario, conditions);
    if scenario.tls {
        program.arg("--tls").arg(certificate);
    }
    let server = Server::start(program)?;
    let mut generator = generator(&server, peer, scenario)?;
    if scenario.tls {
        generator.use_tls(tls::client(certificate)?);
    }
    let connections = match scenario.mode {
        Mode::Idle => conditions.idle_connections.unwrap_or(scenario.connections),
        _ => scenario.connections,
    };
    let mut run = Run {
        server,
        generator: &mut generator,
        conditions,
        connections,
    };
    match scenario.mode {
        Mode::Echo { in_flight } | Mode::Calls { in_flight } => run.steady(&mut Echo { in_flight }),
        Mode::Broadcast { in_flight } => run.steady(&mut Broadcast::new(in_flight, connections)),
        Mode::Storm => run.storm(),
        Mode::Idle => run.idle(),
        Mode::Fairness => run.steady(&mut Fairness::default()),
        Mode::Items => run.steady(&mut Items::new(connections)),
        Mode::Pipes => run.steady(&mut Pipes::new(connections)),
        Mode::Instructions => Err(Error::other(
            "instructions are counted in runs of their own",
        )),
    }
}

fn serve(program: &mut Command, peer: Peer, scenario: &Scenario, conditions: &Conditions) {
    program
        .args(["serve", &peer.name()])
        .arg(format!("--core={}", conditions.server_core))
        .arg(format!("--service={}", scenario.service().name()));
}

fn generator(server: &Server, peer: Peer, scenario: &Scenario) -> Result<Generator> {
    Generator::new(
        server.address(),
        peer.language(),
        scenario.service(),
        scenario.size,
        scenario.burst(),
    )
}

/// Bursts of the shorter and of the longer run: what the longer one takes more is that of the messages between.
const BURSTS: [usize; 2] = [10, 60];

/// Counts a server's instructions with callgrind, which sees those of the program alone, not the kernel's.
fn count_instructions(peer: Peer, scenario: &Scenario, conditions: &Conditions) -> Result<Sample> {
    let mut counts = [0; 2];
    let mut sample = None;
    for (count, bursts) in counts.iter_mut().zip(BURSTS) {
        let folder = tempfile::tempdir()?;
        let output = folder.path().join("callgrind");
        let (build, name) = conditions.build(peer)?;
        let mut program = Command::new("valgrind");
        program
            .args(["--quiet", "--tool=callgrind"])
            .arg(format!("--callgrind-out-file={}", output.display()))
            .arg(build);
        serve(&mut program, name, scenario, conditions);
        let server = Server::start(program)?;
        let mut run = Run {
            generator: &mut generator(&server, peer, scenario)?,
            server,
            conditions,
            connections: scenario.connections,
        };
        let begin = Mark::set(&run.server)?;
        let load = &mut Bursts::new(scenario.burst(), bursts);
        run.open(load, run.connections)?;
        load.start(run.generator)?;
        let all = (bursts * scenario.burst()) as u64;
        run.generator
            .run(load, |generator| generator.tally.messages >= all)?;
        sample = Some(run.sample(&begin)?);
        run.server.end()?;
        *count = instructions(&fs::read_to_string(output)?)?;
    }
    let [shorter, longer] = counts;
    let messages = (BURSTS[1] - BURSTS[0]) * scenario.burst();
    let mut sample = sample.ok_or_else(|| Error::other("nothing was counted"))?;
    sample.instructions = Some(longer.saturating_sub(shorter) as f64 / messages as f64);
    Ok(sample)
}

/// All instructions that a file of callgrind tells of.
fn instructions(file: &str) -> Result<u64> {
    file.lines()
        .find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok())
        .ok_or_else(|| Error::other("callgrind left no total"))
}

struct Run<'a> {
    server: Server,
    generator: &'a mut Generator,
    conditions: &'a Conditions,
    connections: usize,
}

impl Run<'_> {
    /// All connections are opened, then the load begins.
    fn steady(&mut self, load: &mut impl Load) -> Result<Sample> {
        self.open(load, self.connections)?;
        load.start(self.generator)?;
        self.measure(load)
    }

    fn storm(&mut self) -> Result<Sample> {
        for _ in 0..self.connections {
            self.generator.open()?;
        }
        self.measure(&mut Storm)
    }

    fn idle(&mut self) -> Result<Sample> {
        let load = &mut Idle;
        let begin = Mark::set(&self.server)?;
        // What a server needs once and for all isn't a connection's.
        self.open_and_echo(load, 1)?;
        let before = self.server.resident()?;
        self.open_and_echo(load, self.connections)?;
        let mut sample = self.sample(&begin)?;
        let others = (self.connections - 1) as f64;
        sample.resident_each = Some((sample.resident - before as f64) / others);
        Ok(sample)
    }

    fn open_and_echo(&mut self, load: &mut Idle, connections: usize) -> Result<()> {
        self.open(load, connections)?;
        let all = connections as u64;
        self.generator
            .run(load, |generator| generator.tally.messages >= all)
    }

    /// Opens connections, a few at a time, until there are so many.
    fn open(&mut self, load: &mut impl Load, connections: usize) -> Result<()> {
        let mut outcome = Ok(());
        self.generator.run(load, |generator| {
            while outcome.is_ok()
                && generator.links() < connections
                && generator.links() - generator.ready() < OPENING
            {
                outcome = generator.open();
            }
            outcome.is_err() || generator.ready() == connections
        })?;
        outcome
    }

    fn measure(&mut self, load: &mut impl Load) -> Result<Sample> {
        self.run_for(load, self.conditions.warm_up)?;
        self.generator.reset();
        let begin = Mark::set(&self.server)?;
        self.run_for(load, self.conditions.seconds)?;
        load.finish(self.generator);
        self.sample(&begin)
    }

    fn run_for(&mut self, load: &mut impl Load, seconds: f64) -> Result<()> {
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        self.generator.run(load, |_| Instant::now() >= end)
    }

    /// What happened since `begin`, which is when the tally was started.
    fn sample(&self, begin: &Mark) -> Result<Sample> {
        let end = Mark::set(&self.server)?;
        let elapsed = end.at - begin.at;
        let tally = &self.generator.tally;
        if tally.messages == 0 {
            return Err(std::io::Error::other("not a single message came through"));
        }
        let messages = tally.messages as f64;
        let microseconds = |quantile| tally.latency.value_at_quantile(quantile) as f64 / 1e3;
        let server = end.server.saturating_sub(begin.server);
        let generator = end.generator.saturating_sub(begin.generator);
        let machine = end.machine.saturating_sub(begin.machine);
        let others = machine.saturating_sub(server + generator);
        Ok(Sample {
            rate: messages / elapsed.as_secs_f64(),
            p50: microseconds(0.5),
            p99: microseconds(0.99),
            p999: microseconds(0.999),
            cpu: server.as_secs_f64() / messages * 1e6,
            resident: self.server.resident()? as f64,
            resident_each: None,
            instructions: None,
            bytes_up: tally.sent as f64 / messages,
            bytes_down: tally.received as f64 / messages,
            generator: generator.div_duration_f64(elapsed),
            others: others.div_duration_f64(elapsed),
        })
    }
}
