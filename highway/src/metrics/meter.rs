//! Where everything of a server, or of a client, is counted.

use std::{
    array,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{
    CallMetrics, ConnectionMetrics, Metrics, OTHER, Outcome, PipeMetrics, RefusalReason,
    RouteMetrics, Side, Slot, StreamMetrics, Traffic,
    duration::{CALLS, CONNECTIONS, Histogram},
    slots::{Names, Slots},
};
use crate::wire::{CloseCode, ConnectionId};

/// The parts that the messages of a server are counted in, each for some of the connections, so that processors hardly ever add
/// to the same place.
const SHARDS: usize = 8;

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Received,
    Sent,
}

/// Which side has begun a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opener {
    Peer,
    ThisSide,
}

/// What there is at the moment, and is not counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Present {
    pub(crate) rooms: usize,
    /// The pipes that go through a server that relays any.
    pub(crate) pipes: Option<usize>,
}

/// What a server, or a client over all its connections, counts.
#[derive(Debug)]
pub(crate) struct Meter {
    handler: &'static str,
    side: Side,
    names: Names,
    /// By shard.
    traffic: Box<[Slots<[Count; 2]>]>,
    routes: Slots<Route>,
    opened: AtomicU64,
    closed: [AtomicU64; CLOSES.len() + 2],
    refused: [AtomicU64; RefusalReason::ALL.len()],
    lasted: Histogram,
    streams: [Comings; 2],
    pipes: Comings,
    piped_bytes: AtomicU64,
    outbox: AtomicU64,
    queue: AtomicU64,
    reconnects: AtomicU64,
    exporter: OnceLock<Exporter>,
}

/// Messages that went one way.
#[derive(Debug, Default)]
struct Count {
    messages: AtomicU64,
    bytes: AtomicU64,
}

/// What is counted of a route besides its messages.
#[derive(Debug, Default)]
struct Route {
    dropped: AtomicU64,
    /// Its calls by who has made them, once there are any.
    calls: [OnceLock<Box<Calls>>; 2],
}

/// The durations of calls by what they came to.
type Calls = [Histogram; Outcome::ALL.len()];

/// What begins and ends.
#[derive(Debug, Default)]
struct Comings {
    begun: AtomicU64,
    over: AtomicU64,
}

impl Comings {
    fn snapshot(&self) -> (u64, u64) {
        // In this order, so that nothing is over that has not begun.
        let over = self.over.load(Ordering::Acquire);
        let begun = self.begun.load(Ordering::Relaxed);
        (begun, begun.saturating_sub(over))
    }
}

/// The close codes that are counted by themselves; behind them come the application's, and all others.
const CLOSES: [u16; 18] = [
    1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3001, 3002,
    3003, 3004,
];

const CLOSE_LABELS: [&str; CLOSES.len() + 2] = [
    "1000",
    "1001",
    "1002",
    "1003",
    "1005",
    "1006",
    "1007",
    "1008",
    "1009",
    "1010",
    "1011",
    "1012",
    "1013",
    "1014",
    "3001",
    "3002",
    "3003",
    "3004",
    "application",
    OTHER,
];

fn place(code: CloseCode) -> usize {
    let known = CLOSES.iter().position(|known| *known == code.0);
    let rest = CLOSES.len() + usize::from(!(4000..5000).contains(&code.0));
    known.unwrap_or(rest)
}

/// What has ended and took its time, for who exports each duration.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    not(feature = "opentelemetry"),
    expect(dead_code, reason = "nothing is exported")
)]
pub(super) enum Ended<'a> {
    /// A call or stream.
    Call {
        opener: Opener,
        route: &'a str,
        outcome: Outcome,
        took: Duration,
    },
    /// A connection.
    Connection(Duration),
}

/// Who exports each duration.
struct Exporter(Box<dyn Fn(Ended<'_>) + Send + Sync>);

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exporter").finish_non_exhaustive()
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self::new("", Side::Client, [], [])
    }
}

impl Meter {
    /// Counts for a handler with these routes, in the order of their ids, and with those that its peer is declared to serve.
    pub(crate) fn new(
        handler: &'static str,
        side: Side,
        served: impl IntoIterator<Item = &'static str>,
        peer: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let names = Names::new(served, peer);
        let declared = names.declared();
        let shards = match side {
            Side::Server => SHARDS,
            Side::Client => 1,
        };
        Self {
            handler,
            side,
            names,
            traffic: (0..shards).map(|_| Slots::new(declared)).collect(),
            routes: Slots::new(declared),
            opened: AtomicU64::default(),
            closed: Default::default(),
            refused: Default::default(),
            lasted: Histogram::default(),
            streams: Default::default(),
            pipes: Comings::default(),
            piped_bytes: AtomicU64::default(),
            outbox: AtomicU64::default(),
            queue: AtomicU64::default(),
            reconnects: AtomicU64::default(),
            exporter: OnceLock::new(),
        }
    }

    #[cfg(feature = "opentelemetry")]
    pub(super) fn handler(&self) -> &'static str {
        self.handler
    }

    #[cfg(feature = "opentelemetry")]
    pub(super) fn side(&self) -> Side {
        self.side
    }

    /// The place of a route that this side sends to.
    pub(crate) fn slot(&self, route: &str) -> Slot {
        self.names.slot(route)
    }

    /// The name of a route that is counted.
    #[cfg(feature = "inspector")]
    pub(crate) fn name(&self, route: Slot) -> String {
        let mut name = String::new();
        self.names.with(route, |found| found.clone_into(&mut name));
        name
    }

    /// Whether a route with this name is counted there.
    #[cfg(feature = "inspector")]
    pub(crate) fn is_at(&self, route: Slot, name: &str) -> bool {
        let mut is_at = false;
        self.names.with(route, |found| is_at = found == name);
        is_at
    }

    /// Counts messages about a route that went over a connection, headers included.
    pub(crate) fn messages(
        &self,
        direction: Direction,
        connection: ConnectionId,
        route: Slot,
        messages: u64,
        bytes: u64,
    ) {
        let shard = connection.0 % self.traffic.len() as u64;
        let shard = self.traffic.get(usize::try_from(shard).unwrap_or(0));
        let counts = shard.and_then(|shard| shard.get(route));
        if let Some(count) = counts.and_then(|counts| counts.get(direction as usize)) {
            count.messages.fetch_add(messages, Ordering::Relaxed);
            count.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// Counts broadcasts that a connection misses.
    pub(crate) fn dropped(&self, route: Slot, messages: u64) {
        if let Some(route) = self.routes.get(route) {
            route.dropped.fetch_add(messages, Ordering::Relaxed);
        }
    }

    /// Counts calls or streams that took the same time.
    pub(crate) fn calls(
        &self,
        opener: Opener,
        slot: Slot,
        outcome: Outcome,
        took: Duration,
        count: u64,
    ) {
        let route = self.routes.get(slot);
        let calls = route.and_then(|route| route.calls.get(opener as usize));
        let calls = calls.map(|calls| calls.get_or_init(Box::default));
        if let Some(histogram) = calls.and_then(|calls| calls.get(outcome as usize)) {
            histogram.add(CALLS, took, count);
        }
        if let Some(exporter) = self.exporter.get() {
            self.export(exporter, opener, slot, outcome, took, count);
        }
    }

    #[cold]
    fn export(
        &self,
        Exporter(export): &Exporter,
        opener: Opener,
        slot: Slot,
        outcome: Outcome,
        took: Duration,
        count: u64,
    ) {
        self.names.with(slot, |route| {
            for _ in 0..count {
                export(Ended::Call {
                    opener,
                    route,
                    outcome,
                    took,
                });
            }
        });
    }

    /// Has each duration told from now on; whether nobody has them told already.
    #[cfg(any(feature = "opentelemetry", test))]
    pub(super) fn export_durations(
        &self,
        export: impl Fn(Ended<'_>) + Send + Sync + 'static,
    ) -> bool {
        self.exporter.set(Exporter(Box::new(export))).is_ok()
    }

    /// Counts a stream that begins.
    pub(crate) fn stream_begins(&self, opener: Opener) {
        if let Some(streams) = self.streams.get(opener as usize) {
            streams.begun.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a stream that is over.
    pub(crate) fn stream_ends(&self, opener: Opener) {
        if let Some(streams) = self.streams.get(opener as usize) {
            streams.over.fetch_add(1, Ordering::Release);
        }
    }

    /// Counts a pipe that begins.
    pub(crate) fn pipe_begins(&self) {
        self.pipes.begun.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a pipe that is over.
    pub(crate) fn pipe_ends(&self) {
        self.pipes.over.fetch_add(1, Ordering::Release);
    }

    /// Counts what goes through a pipe.
    pub(crate) fn piped(&self, bytes: usize) {
        self.piped_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts a connection that begins.
    pub(crate) fn opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection that has ended.
    pub(crate) fn closed(&self, code: CloseCode, lasted: Duration) {
        self.lasted.add(CONNECTIONS, lasted, 1);
        if let Some(Exporter(export)) = self.exporter.get() {
            export(Ended::Connection(lasted));
        }
        if let Some(count) = self.closed.get(place(code)) {
            count.fetch_add(1, Ordering::Release);
        }
    }

    /// Counts a connection that is refused before it begins.
    pub(crate) fn refused(&self, reason: RefusalReason) {
        if let Some(count) = self.refused.get(reason as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts an attempt to connect again.
    pub(crate) fn reconnects(&self) {
        self.reconnects.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes note of the bytes in an outbox.
    #[inline]
    pub(crate) fn outbox(&self, bytes: usize) {
        raise(&self.outbox, bytes as u64);
    }

    /// Takes note of the messages that wait for a handler.
    #[inline]
    pub(crate) fn queue(&self, messages: usize) {
        raise(&self.queue, messages as u64);
    }

    /// Whether pipes have gone through a server, which knows those that do.
    pub(crate) fn relays(&self) -> bool {
        self.side == Side::Server && self.pipes.begun.load(Ordering::Relaxed) > 0
    }

    /// What was counted up to now, with what there is at the moment.
    pub(crate) fn snapshot(&self, present: Present) -> Metrics {
        let closed: [u64; CLOSES.len() + 2] =
            array::from_fn(|place| load(self.closed.get(place), Ordering::Acquire));
        let opened = self.opened.load(Ordering::Relaxed);
        let labelled = CLOSE_LABELS.into_iter().zip(closed);
        let refused = RefusalReason::ALL.map(|reason| {
            (
                reason,
                load(self.refused.get(reason as usize), Ordering::Relaxed),
            )
        });
        let mut routes: Vec<_> = self
            .names
            .all()
            .into_iter()
            .map(|(slot, name)| self.route(slot, name))
            .filter(|route| route.name != OTHER || !route.is_idle())
            .collect();
        routes.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let streams = |opener: Opener| {
            let of = self.streams.get(opener as usize);
            of.map_or((0, 0), Comings::snapshot)
        };
        let (received, sent) = (streams(Opener::Peer), streams(Opener::ThisSide));
        let (opened_pipes, active_pipes) = self.pipes.snapshot();
        Metrics {
            handler: self.handler,
            side: self.side,
            connections: ConnectionMetrics {
                active: opened.saturating_sub(closed.iter().sum()),
                opened,
                closed: labelled.collect(),
                refused: refused.into(),
                durations: self.lasted.snapshot(CONNECTIONS),
            },
            routes,
            streams: StreamMetrics {
                served: received.0,
                active_served: received.1,
                called: sent.0,
                active_called: sent.1,
            },
            pipes: PipeMetrics {
                opened: opened_pipes,
                active: present.pipes.map_or(active_pipes, |pipes| pipes as u64),
                bytes: self.piped_bytes.load(Ordering::Relaxed),
            },
            outbox_max_bytes: self.outbox.load(Ordering::Relaxed),
            queue_max_messages: self.queue.load(Ordering::Relaxed),
            rooms: present.rooms,
            reconnects: self.reconnects.load(Ordering::Relaxed),
        }
    }

    fn route(&self, slot: Slot, name: String) -> RouteMetrics {
        let traffic = |direction: Direction| {
            let counts = self.traffic.iter().filter_map(|shard| shard.get(slot));
            let counts = counts.filter_map(|counts| counts.get(direction as usize));
            counts.fold(Traffic::default(), |sum, count| Traffic {
                messages: sum.messages + count.messages.load(Ordering::Relaxed),
                bytes: sum.bytes + count.bytes.load(Ordering::Relaxed),
            })
        };
        let route = self.routes.get(slot);
        let calls = |opener: Opener| {
            let calls = route.and_then(|route| route.calls.get(opener as usize)?.get());
            let by_outcome = calls.map(|calls| Outcome::ALL.into_iter().zip(&**calls));
            by_outcome
                .into_iter()
                .flatten()
                .map(|(outcome, histogram)| CallMetrics {
                    outcome,
                    durations: histogram.snapshot(CALLS),
                })
                .filter(|calls| calls.durations.count() > 0)
                .collect()
        };
        RouteMetrics {
            name,
            received: traffic(Direction::Received),
            sent: traffic(Direction::Sent),
            dropped: route.map_or(0, |route| route.dropped.load(Ordering::Relaxed)),
            served: calls(Opener::Peer),
            called: calls(Opener::ThisSide),
        }
    }
}

#[inline]
fn raise(most: &AtomicU64, to: u64) {
    // It hardly ever rises.
    if to > most.load(Ordering::Relaxed) {
        most.fetch_max(to, Ordering::Relaxed);
    }
}

fn load(count: Option<&AtomicU64>, order: Ordering) -> u64 {
    count.map_or(0, |count| count.load(order))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::RouteId;

    fn meter() -> Meter {
        Meter::new("Chat", Side::Server, ["say"], ["said"])
    }

    #[test]
    fn messages_of_all_shards_are_one_sum() {
        let meter = meter();
        for id in 0..20 {
            let say = Slot::of(RouteId(1));
            meter.messages(Direction::Received, ConnectionId(id), say, 2, 10);
            meter.messages(Direction::Sent, ConnectionId(id), meter.slot("said"), 1, 3);
        }
        let metrics = meter.snapshot(Present::default());
        let names: Vec<_> = metrics.routes.iter().map(|of| &*of.name).collect();
        assert_eq!(names, ["said", "say"]);
        let received = metrics.route("say").expect("it is there").received;
        assert_eq!((received.messages, received.bytes), (40, 200));
        let sent = metrics.route("said").expect("it is there").sent;
        assert_eq!((sent.messages, sent.bytes), (20, 60));
        meter.messages(Direction::Sent, ConnectionId(1), Slot::OTHER, 1, 1);
        let metrics = meter.snapshot(Present::default());
        assert_eq!(metrics.route(OTHER).expect("now").sent.messages, 1);
    }

    #[test]
    fn every_close_code_has_one_of_a_few_labels() {
        let meter = meter();
        for code in 0..=u16::MAX {
            meter.opened();
            meter.closed(CloseCode(code), Duration::ZERO);
        }
        let connections = meter.snapshot(Present::default()).connections;
        assert_eq!(connections.active, 0);
        assert_eq!(connections.durations.count(), 65_536);
        for (label, count) in &connections.closed {
            let expected = match *label {
                "application" => 1000,
                OTHER => 65_536 - 1000 - CLOSES.len() as u64,
                _ => 1,
            };
            assert_eq!(*count, expected, "{label}");
        }
        for (code, label) in CLOSES.iter().zip(CLOSE_LABELS) {
            assert_eq!(code.to_string(), label);
        }
    }

    #[test]
    fn each_duration_is_told_to_who_exports_them() {
        use std::sync::{Arc, Mutex};

        let meter = meter();
        let told = Arc::new(Mutex::new(Vec::new()));
        let tells = Arc::clone(&told);
        let export = move |ended: Ended<'_>| {
            let mut told = tells.lock().expect("nothing panics");
            match ended {
                Ended::Call { route, outcome, .. } => told.push((route.to_owned(), Some(outcome))),
                Ended::Connection(_) => told.push((String::new(), None)),
            }
        };
        assert!(meter.export_durations(export));
        assert!(!meter.export_durations(|_| {}));
        let say = Slot::of(RouteId(1));
        meter.calls(Opener::Peer, say, Outcome::Refused, Duration::ZERO, 2);
        meter.closed(CloseCode::NORMAL, Duration::ZERO);
        let call = ("say".to_owned(), Some(Outcome::Refused));
        let expected = [call.clone(), call, (String::new(), None)];
        assert_eq!(*told.lock().expect("nothing panics"), expected);
        let metrics = meter.snapshot(Present::default());
        let served = &metrics.route("say").expect("it is there").served;
        assert_eq!(served.len(), 1);
        assert_eq!(served[0].durations.count(), 2);
    }
}
