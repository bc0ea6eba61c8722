//! What is measured: how many connections do what with messages of which size.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use clap::ValueEnum;

/// What a server is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Service {
    /// To send back each message.
    Echo,
    /// To send each message to all.
    Broadcast,
    /// To answer calls with their own data.
    Calls,
    /// To send items of a stream, as many as there is credit for.
    Items,
    /// To pass on what clients send each other through pipes.
    Pipes,
}

impl Service {
    /// Its name in options.
    pub(crate) fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// What is told of a server that does not offer it.
    pub(crate) fn lacking(self) -> &'static str {
        match self {
            Self::Echo => "no echoes",
            Self::Broadcast => "no broadcast",
            Self::Calls => "no calls",
            Self::Items => "no streams",
            Self::Pipes => "no pipes",
        }
    }
}

/// What the load generator does with the connections of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Every connection keeps `in_flight` messages under way to its echo.
    Echo {
        /// Messages that a connection has sent and not yet got back.
        in_flight: usize,
    },
    /// One connection publishes to all, itself included; deliveries are counted.
    Broadcast {
        /// Published messages that have not reached everybody yet.
        in_flight: usize,
    },
    /// Connect, upgrade, the protocol's opening, one echo, close; then the next.
    Storm,
    /// Connections that did one echo and then stay silent; the server's memory is what counts.
    Idle,
    /// The first connection sends without ever waiting; the latency of the others is what counts.
    Fairness,
    /// Every connection keeps `in_flight` calls open.
    Calls {
        /// Calls of a connection that have no reply yet.
        in_flight: usize,
    },
    /// Every connection reads one stream that never ends, and grants credit as it reads.
    Items,
    /// Connections are pairs with a pipe each: one writes pieces, the other one reads them and grants credit.
    Pipes,
    /// One connection sends bursts, each after the echoes of the one before; the server's instructions are counted.
    Instructions,
}

impl Mode {
    /// Whether there is a message for each message, and so a time that it took.
    pub(crate) fn has_latency(self) -> bool {
        !matches!(self, Self::Items | Self::Pipes)
    }
}

/// One column of the tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    /// Its name in options and tables.
    pub(crate) name: &'static str,
    /// What the connections do.
    pub(crate) mode: Mode,
    /// Connections that are open at a time.
    pub(crate) connections: usize,
    /// Bytes of a message's data.
    pub(crate) size: usize,
    /// Whether they go through TLS.
    pub(crate) tls: bool,
    /// The ratio to `raw-tuned`, or to `before` where less is better, beyond which highway isn't good enough.
    pub(crate) bar: Option<f64>,
    /// The ratio that highway aims at.
    pub(crate) goal: Option<f64>,
}

const fn scenario(name: &'static str, mode: Mode, connections: usize, size: usize) -> Scenario {
    Scenario {
        name,
        mode,
        connections,
        size,
        tls: false,
        bar: None,
        goal: None,
    }
}

impl Scenario {
    const fn aims(mut self, bar: f64, goal: f64) -> Self {
        self.bar = Some(bar);
        self.goal = Some(goal);
        self
    }

    /// Beside the same done by hand.
    const fn by_hand(mut self) -> Self {
        self.bar = Some(BY_HAND);
        self
    }

    const fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Whether less is better, and `before` what a ratio is taken to.
    pub(crate) fn is_cost(&self) -> bool {
        matches!(self.mode, Mode::Idle | Mode::Instructions)
    }

    /// Whether it belongs to the short table.
    pub(crate) fn is_listed(&self) -> bool {
        self.goal.is_some() || self.tls
    }

    /// What the server has to do.
    pub(crate) fn service(&self) -> Service {
        match self.mode {
            Mode::Echo { .. } | Mode::Storm | Mode::Idle | Mode::Fairness | Mode::Instructions => {
                Service::Echo
            }
            Mode::Broadcast { .. } => Service::Broadcast,
            Mode::Calls { .. } => Service::Calls,
            Mode::Items => Service::Items,
            Mode::Pipes => Service::Pipes,
        }
    }

    /// Messages of one connection that are under way at most.
    pub(crate) fn burst(&self) -> usize {
        match self.mode {
            Mode::Echo { in_flight }
            | Mode::Broadcast { in_flight }
            | Mode::Calls { in_flight } => in_flight,
            Mode::Storm | Mode::Idle | Mode::Items => 1,
            Mode::Pipes => 4,
            Mode::Instructions => 256,
            Mode::Fairness => 1024,
        }
    }
}

/// What the connections do, in words.
impl Display for Scenario {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let connections = match self.connections {
            1 => "1 connection".to_owned(),
            count => format!("{count} connections"),
        };
        let size = match self.size {
            size if size >= MIB => format!("{} MiB", size / MIB),
            size if size >= KIB => format!("{} KiB", size / KIB),
            size => format!("{size} B"),
        };
        match self.mode {
            Mode::Echo { in_flight } => {
                write!(to, "echo of {size}, {in_flight} in flight, {connections}")?;
            }
            Mode::Broadcast { in_flight } => {
                write!(to, "{size} to {connections}, {in_flight} in flight")?;
            }
            Mode::Calls { in_flight } => write!(to, "{in_flight} calls in flight, {connections}")?,
            Mode::Storm => write!(to, "connect, one echo, close")?,
            Mode::Idle => write!(to, "bytes of RSS for each of {connections}")?,
            Mode::Fairness => write!(to, "15 quiet connections beside a busy one")?,
            Mode::Items => write!(to, "a stream of items of {size}, {connections}")?,
            Mode::Pipes => write!(to, "pipes, pieces of {size}, {connections}")?,
            Mode::Instructions => {
                write!(to, "instructions for an echo of {size}, without the kernel")?;
            }
        }
        to.write_str(if self.tls { ", TLS, by CPU" } else { "" })
    }
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = || {
            SCENARIOS
                .iter()
                .map(|scenario| scenario.name)
                .collect::<Vec<_>>()
                .join(", ")
        };
        SCENARIOS
            .iter()
            .find(|scenario| scenario.name == name)
            .copied()
            .ok_or_else(|| format!("no scenario has this name; there are {}", known()))
    }
}

const fn echo(in_flight: usize) -> Mode {
    Mode::Echo { in_flight }
}

const fn broadcast(in_flight: usize) -> Mode {
    Mode::Broadcast { in_flight }
}

const fn calls(in_flight: usize) -> Mode {
    Mode::Calls { in_flight }
}

/// Within 15 % of what can be written by hand.
const BY_HAND: f64 = 0.85;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Everything that can be measured, in the order of the tables.
pub(crate) const SCENARIOS: &[Scenario] = &[
    scenario("lat1", echo(1), 1, 16),
    scenario("pipe16", echo(64), 16, 16).aims(1.50, 2.30),
    scenario("pipe1k", echo(64), 16, KIB).aims(1.20, 1.35),
    scenario("pipe64k", echo(16), 16, 64 * KIB).aims(1.60, 1.75),
    scenario("pp16", echo(1), 64, 16).aims(1.06, 1.12),
    scenario("pp1k", echo(1), 64, KIB),
    scenario("pp64k", echo(1), 16, 64 * KIB).aims(1.40, 1.55),
    scenario("pp1m", echo(1), 4, MIB).aims(1.15, 1.30),
    scenario("bc16", broadcast(1), 100, 16).aims(1.15, 1.25),
    scenario("bc16w16", broadcast(16), 100, 16),
    scenario("bc1kw16", broadcast(16), 100, KIB).aims(1.35, 1.55),
    scenario("bc16n1000", broadcast(1), 1000, 16).aims(1.45, 1.65),
    scenario("bc16n10000", broadcast(1), 10_000, 16).by_hand(),
    scenario("storm", Mode::Storm, 64, 16).aims(0.85, 0.95),
    scenario("call1", calls(1), 1, 16).by_hand(),
    scenario("call1n64", calls(1), 64, 16).by_hand(),
    scenario("call100", calls(100), 1, 16).by_hand(),
    scenario("call100n64", calls(100), 64, 16).aims(0.95, 1.05),
    scenario("items16", Mode::Items, 1, 16).by_hand(),
    scenario("items1k", Mode::Items, 1, KIB).by_hand(),
    scenario("items16n64", Mode::Items, 64, 16).by_hand(),
    scenario("relay64k", Mode::Pipes, 8, 64 * KIB).by_hand(),
    scenario("pp16tls", echo(1), 64, 16).tls(),
    scenario("pipe16tls", echo(64), 16, 16).tls(),
    scenario("pp64ktls", echo(1), 16, 64 * KIB).tls(),
    scenario("fair", Mode::Fairness, 16, 16),
    scenario("instr16", Mode::Instructions, 1, 16).aims(0.55, 0.40),
    scenario("idle", Mode::Idle, 5000, 16).aims(0.55, 0.35),
];
