//! The names of what is counted, and the values under each.

use super::{Durations, Metrics, Outcome, Side};

/// What a value means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It only grows.
    Counter,
    /// It is what there is at the moment, or the most that there was.
    Gauge,
    /// Durations in seconds.
    Histogram,
}

/// Values of one name.
#[derive(Debug)]
pub(super) struct Family {
    /// The name as OpenTelemetry has it; `{side}` stands for the side that counts.
    name: &'static str,
    pub(super) kind: Kind,
    /// The unit, as OpenTelemetry writes it.
    pub(super) unit: &'static str,
    pub(super) help: &'static str,
    values: fn(&Metrics, &mut Each<'_>),
    /// The side that has it, where the other has not.
    only: Option<Side>,
}

/// Takes each value of a family with its labels.
pub(super) type Each<'a> = dyn FnMut(&[Label<'_>], Value<'_>) + 'a;

pub(super) type Label<'a> = (&'static str, &'a str);

#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Number(u64),
    Durations(&'a Durations),
}

/// The label with a route's name.
pub(super) const METHOD: &str = "rpc.method";
/// The label that all values have.
pub(super) const HANDLER: &str = "highway.handler";
/// What goes with the names of OpenTelemetry's conventions.
pub(super) const SYSTEM: Label<'static> = ("rpc.system.name", "highway");
pub(super) const ERROR: &str = "error.type";

/// The durations of calls, of the side that serves and of the side that calls.
pub(super) const SERVED: &str = "rpc.server.call.duration";
pub(super) const CALLED: &str = "rpc.client.call.duration";

impl Family {
    const fn new(
        name: &'static str,
        kind: Kind,
        unit: &'static str,
        help: &'static str,
        values: fn(&Metrics, &mut Each<'_>),
    ) -> Self {
        Self {
            name,
            kind,
            unit,
            help,
            values,
            only: None,
        }
    }

    const fn only(mut self, side: Side) -> Self {
        self.only = Some(side);
        self
    }

    /// The name as OpenTelemetry has it.
    pub(super) fn name(&self, side: Side) -> String {
        self.name.replace("{side}", side.as_str())
    }

    /// The name as Prometheus has it, with the unit.
    pub(super) fn prometheus_name(&self, side: Side) -> String {
        let mut name = self.name(side).replace('.', "_");
        match self.unit {
            "s" => name.push_str("_seconds"),
            "By" => name.push_str("_bytes"),
            _ => {}
        }
        if self.kind == Kind::Counter {
            name.push_str("_total");
        }
        name
    }

    /// Gives all values of a side to `each`.
    pub(super) fn values(&self, metrics: &Metrics, each: &mut Each<'_>) {
        if self.only.is_none_or(|side| side == metrics.side) {
            (self.values)(metrics, each);
        }
    }
}

fn number(each: &mut Each<'_>, value: u64) {
    each(&[], Value::Number(value));
}

/// Everything that is counted.
pub(super) static FAMILIES: &[Family] = &[
    Family::new(
        "highway.{side}.active_connections",
        Kind::Gauge,
        "{connection}",
        "Connections that have begun and not ended.",
        |of, each| number(each, of.connections.active),
    ),
    Family::new(
        "highway.{side}.connections",
        Kind::Counter,
        "{connection}",
        "Connections that have begun.",
        |of, each| number(each, of.connections.opened),
    ),
    Family::new(
        "highway.{side}.connections.closed",
        Kind::Counter,
        "{connection}",
        "Connections that have ended, by close code.",
        |of, each| {
            for (code, count) in &of.connections.closed {
                each(&[("close_code", *code)], Value::Number(*count));
            }
        },
    ),
    Family::new(
        "highway.{side}.connections.refused",
        Kind::Counter,
        "{connection}",
        "Connections that were refused before they began.",
        |of, each| {
            for (reason, count) in &of.connections.refused {
                each(&[("reason", reason.as_str())], Value::Number(*count));
            }
        },
    )
    .only(Side::Server),
    Family::new(
        "highway.{side}.connection.duration",
        Kind::Histogram,
        "s",
        "How long connections that have ended lasted.",
        |of, each| each(&[], Value::Durations(&of.connections.durations)),
    ),
    Family::new(
        "highway.{side}.reconnects",
        Kind::Counter,
        "{attempt}",
        "Attempts to connect again.",
        |of, each| number(each, of.reconnects),
    )
    .only(Side::Client),
    Family::new(
        "highway.{side}.messages",
        Kind::Counter,
        "{message}",
        "Messages of routes.",
        |of, each| traffic(of, each, |traffic| traffic.messages),
    ),
    Family::new(
        "highway.{side}.message.size",
        Kind::Counter,
        "By",
        "Bytes of the messages of routes.",
        |of, each| traffic(of, each, |traffic| traffic.bytes),
    ),
    Family::new(
        "highway.{side}.dropped",
        Kind::Counter,
        "{message}",
        "Broadcasts that connections missed.",
        |of, each| {
            for route in &of.routes {
                each(&[(METHOD, &route.name)], Value::Number(route.dropped));
            }
        },
    )
    .only(Side::Server),
    Family::new(
        SERVED,
        Kind::Histogram,
        "s",
        "How long calls and streams of the peer took to be served.",
        |of, each| calls(of, each, |route| &route.served),
    ),
    Family::new(
        CALLED,
        Kind::Histogram,
        "s",
        "How long calls and streams of the peer's routes took.",
        |of, each| calls(of, each, |route| &route.called),
    ),
    Family::new(
        "highway.{side}.active_streams",
        Kind::Gauge,
        "{stream}",
        "Streams that are open.",
        |of, each| streams(each, of.streams.active_served, of.streams.active_called),
    ),
    Family::new(
        "highway.{side}.streams",
        Kind::Counter,
        "{stream}",
        "Streams that have begun.",
        |of, each| streams(each, of.streams.served, of.streams.called),
    ),
    Family::new(
        "highway.{side}.active_pipes",
        Kind::Gauge,
        "{pipe}",
        "Pipes that are open.",
        |of, each| number(each, of.pipes.active),
    ),
    Family::new(
        "highway.{side}.pipes",
        Kind::Counter,
        "{pipe}",
        "Pipes that have begun.",
        |of, each| number(each, of.pipes.opened),
    ),
    Family::new(
        "highway.{side}.pipe.size",
        Kind::Counter,
        "By",
        "Bytes that were passed on through pipes.",
        |of, each| number(each, of.pipes.bytes),
    )
    .only(Side::Server),
    Family::new(
        "highway.{side}.outbox.max",
        Kind::Gauge,
        "By",
        "The most bytes that ever waited to be written to one connection.",
        |of, each| number(each, of.outbox_max_bytes),
    ),
    Family::new(
        "highway.{side}.queue.max",
        Kind::Gauge,
        "{message}",
        "The most messages that ever waited for the handler of one connection.",
        |of, each| number(each, of.queue_max_messages),
    ),
    Family::new(
        "highway.{side}.rooms",
        Kind::Gauge,
        "{room}",
        "Rooms that a connection is in.",
        |of, each| number(each, of.rooms as u64),
    )
    .only(Side::Server),
];

fn traffic(of: &Metrics, each: &mut Each<'_>, part: fn(&super::Traffic) -> u64) {
    for route in &of.routes {
        for (direction, traffic) in [("received", &route.received), ("sent", &route.sent)] {
            let labels = [(METHOD, &*route.name), ("direction", direction)];
            each(&labels, Value::Number(part(traffic)));
        }
    }
}

fn calls(
    of: &Metrics,
    each: &mut Each<'_>,
    part: fn(&super::RouteMetrics) -> &[super::CallMetrics],
) {
    for route in &of.routes {
        for calls in part(route) {
            let labels = call_labels(&route.name, calls.outcome);
            each(&labels, Value::Durations(&calls.durations));
        }
    }
}

/// The labels of a call, as OpenTelemetry's conventions name them.
pub(super) fn call_labels(route: &str, outcome: Outcome) -> Vec<Label<'_>> {
    let error = outcome.error_type().map(|error| (ERROR, error));
    [(METHOD, route), SYSTEM].into_iter().chain(error).collect()
}

fn streams(each: &mut Each<'_>, served: u64, called: u64) {
    each(&[("role", "served")], Value::Number(served));
    each(&[("role", "called")], Value::Number(called));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guide_has_a_row_for_each_name() {
        const GUIDE: &str = include_str!("../docs/seeing.md");

        let rows = GUIDE.lines().filter(|line| line.starts_with("| `"));
        let rows: Vec<_> = rows.filter(|line| line.contains('_')).collect();
        for family in FAMILIES {
            let kind = match family.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram => "histogram",
            };
            let names = [
                family.name(Side::Server),
                family.prometheus_name(Side::Server),
            ];
            let [name, prometheus] = names.map(|name| {
                name.replace("highway.server", "highway.side")
                    .replace("highway_server", "highway_side")
            });
            let begins = format!("| `{name}` | `{prometheus}` | {kind} | {} | ", family.unit);
            let row = rows.iter().find(|row| row.starts_with(&begins));
            assert!(row.is_some(), "there is no row that begins with {begins}");
        }
    }
}
