//! What is measured: how many connections do what with messages of which size.

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
    /// The ratio to `raw-simple` below which highway isn't good enough.
    pub(crate) bar: Option<f64>,
    /// The ratio to `raw-simple` that highway aims at.
    pub(crate) goal: Option<f64>,
    /// The ratio to `raw-tuned`, the same done by hand, below which highway isn't good enough.
    pub(crate) by_hand: Option<f64>,
}

const fn scenario(name: &'static str, mode: Mode, connections: usize, size: usize) -> Scenario {
    Scenario {
        name,
        mode,
        connections,
        size,
        bar: None,
        goal: None,
        by_hand: None,
    }
}

impl Scenario {
    const fn aims(mut self, bar: f64, goal: f64) -> Self {
        self.bar = Some(bar);
        self.goal = Some(goal);
        self
    }

    const fn by_hand(mut self, bar: f64) -> Self {
        self.by_hand = Some(bar);
        self
    }

    /// What the server has to do.
    pub(crate) fn service(&self) -> Service {
        match self.mode {
            Mode::Echo { .. } | Mode::Storm | Mode::Idle | Mode::Fairness => Service::Echo,
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
            Mode::Fairness => 1024,
        }
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
    scenario("lat1", echo(1), 1, 16).aims(0.95, 1.00),
    scenario("pp16", echo(1), 64, 16).aims(1.25, 1.45),
    scenario("pp1k", echo(1), 64, KIB).aims(1.10, 1.20),
    scenario("pp64k", echo(1), 16, 64 * KIB).aims(0.95, 1.20),
    scenario("pp1m", echo(1), 4, MIB).aims(0.90, 1.05),
    scenario("pipe16", echo(64), 16, 16).aims(18.0, 30.0),
    scenario("pipe1k", echo(64), 16, KIB).aims(9.0, 14.0),
    scenario("bc16", broadcast(1), 100, 16).aims(1.20, 1.45),
    scenario("bc16w16", broadcast(16), 100, 16).aims(1.30, 1.55),
    scenario("bc1kw16", broadcast(16), 100, KIB).aims(1.40, 1.75),
    scenario("bc16n1000", broadcast(1), 1000, 16)
        .aims(1.80, 2.30)
        .by_hand(BY_HAND),
    scenario("bc16n10000", broadcast(1), 10_000, 16).by_hand(BY_HAND),
    scenario("call1", calls(1), 1, 16).by_hand(BY_HAND),
    scenario("call1n64", calls(1), 64, 16).by_hand(BY_HAND),
    scenario("call100", calls(100), 1, 16).by_hand(BY_HAND),
    scenario("call100n64", calls(100), 64, 16).by_hand(BY_HAND),
    scenario("items16", Mode::Items, 1, 16).by_hand(BY_HAND),
    scenario("items1k", Mode::Items, 1, KIB).by_hand(BY_HAND),
    scenario("items16n64", Mode::Items, 64, 16).by_hand(BY_HAND),
    scenario("relay64k", Mode::Pipes, 8, 64 * KIB).by_hand(BY_HAND),
    scenario("storm", Mode::Storm, 64, 16).aims(0.90, 1.05),
    scenario("idle", Mode::Idle, 8000, 16),
    scenario("fair", Mode::Fairness, 16, 16),
];
