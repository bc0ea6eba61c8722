//! Prometheus' text format.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use super::{
    Metrics,
    family::{FAMILIES, HANDLER, Kind, Label, Value},
};

/// The content type of what [`to_prometheus`] writes.
pub const PROMETHEUS_CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Writes what several servers and clients of a program have counted in Prometheus' text format, 0.0.4: each name once, and the label
/// `highway_handler` tells them apart.
///
/// ```
/// # #[highway::server]
/// # struct Chat;
/// # #[highway::server]
/// # struct Admin;
/// # fn example(chat: &highway::server::ServerHandle<Chat>, admin: &highway::server::ServerHandle<Admin>) {
/// let body = highway::metrics::to_prometheus([&chat.metrics(), &admin.metrics()]);
/// # }
/// ```
pub fn to_prometheus<'a>(all: impl IntoIterator<Item = &'a Metrics>) -> String {
    let all: Vec<_> = all.into_iter().collect();
    let mut text = String::new();
    for family in FAMILIES {
        let mut by_name: BTreeMap<String, Vec<&Metrics>> = BTreeMap::new();
        for metrics in &all {
            let name = family.prometheus_name(metrics.side);
            by_name.entry(name).or_default().push(metrics);
        }
        for (name, all) in by_name {
            let mut values = String::new();
            for metrics in all {
                family.values(metrics, &mut |labels, value| {
                    let labels = labels_of(metrics.handler, labels);
                    write_value(&mut values, &name, &labels, value);
                });
            }
            if !values.is_empty() {
                let kind = match family.kind {
                    Kind::Counter => "counter",
                    Kind::Gauge => "gauge",
                    Kind::Histogram => "histogram",
                };
                let help = family.help;
                line(&mut text, format_args!("# HELP {name} {help}"));
                line(&mut text, format_args!("# TYPE {name} {kind}"));
                text.push_str(&values);
            }
        }
    }
    text
}

impl Metrics {
    /// Writes all of it in Prometheus' text format, 0.0.4, to be served with the [content type](PROMETHEUS_CONTENT_TYPE) of that.
    /// [`to_prometheus`] does so for several servers and clients.
    pub fn to_prometheus(&self) -> String {
        to_prometheus([self])
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_prometheus())
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let _ = writeln!(text, "{line}");
}

/// The labels as they are written, without braces.
fn labels_of(handler: &str, labels: &[Label<'_>]) -> String {
    let mut text = String::new();
    for (name, value) in [(HANDLER, handler)].iter().chain(labels) {
        if !text.is_empty() {
            text.push(',');
        }
        text.extend(
            name.chars()
                .map(|char| if char == '.' { '_' } else { char }),
        );
        text.push_str("=\"");
        for char in value.chars() {
            match char {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                char => text.push(char),
            }
        }
        text.push('"');
    }
    text
}

fn write_value(text: &mut String, name: &str, labels: &str, value: Value<'_>) {
    match value {
        Value::Number(number) => line(text, format_args!("{name}{{{labels}}} {number}")),
        Value::Durations(durations) => {
            let mut sum: u64 = 0;
            let bounds = durations.bounds.iter().map(ToString::to_string);
            let bounds = bounds.chain(["+Inf".to_owned()]);
            for (bound, count) in bounds.zip(&durations.buckets) {
                sum = sum.saturating_add(*count);
                line(
                    text,
                    format_args!("{name}_bucket{{{labels},le=\"{bound}\"}} {sum}"),
                );
            }
            let seconds = durations.sum.as_secs_f64();
            line(text, format_args!("{name}_sum{{{labels}}} {seconds}"));
            line(text, format_args!("{name}_count{{{labels}}} {sum}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        metrics::{Direction, Meter, Opener, Outcome, Present, Side, Slot},
        wire::{CloseCode, ConnectionId, RouteId},
    };

    fn meter() -> Meter {
        let meter = Meter::new("Chat", Side::Server, ["a\"b\\c\nd"], []);
        let route = Slot::of(RouteId(1));
        meter.messages(Direction::Received, ConnectionId(1), route, 2, 30);
        meter.opened();
        meter.closed(CloseCode::NORMAL, Duration::from_millis(1500));
        let took = Duration::from_millis(30);
        meter.calls(Opener::Peer, route, Outcome::Refused, took, 3);
        meter
    }

    #[track_caller]
    fn check(text: &str, lines: &[&str]) {
        for line in lines {
            assert!(text.lines().any(|of| of == *line), "{line}\n{text}");
        }
    }

    #[test]
    fn values_are_under_their_names_with_their_labels_escaped() {
        let text = meter()
            .snapshot(Present {
                rooms: 4,
                pipes: None,
            })
            .to_string();
        let route = r#"highway_handler="Chat",rpc_method="a\"b\\c\nd""#;
        let call = format!(r#"{route},rpc_system_name="highway",error_type="refused""#);
        check(
            &text,
            &[
                "# TYPE highway_server_active_connections gauge",
                "highway_server_active_connections{highway_handler=\"Chat\"} 0",
                "# TYPE highway_server_connections_total counter",
                "highway_server_connections_total{highway_handler=\"Chat\"} 1",
                "highway_server_connections_closed_total{highway_handler=\"Chat\",close_code=\"1000\"} 1",
                "# TYPE highway_server_connection_duration_seconds histogram",
                "highway_server_connection_duration_seconds_bucket{highway_handler=\"Chat\",le=\"1\"} 0",
                "highway_server_connection_duration_seconds_bucket{highway_handler=\"Chat\",le=\"2\"} 1",
                "highway_server_connection_duration_seconds_bucket{highway_handler=\"Chat\",le=\"+Inf\"} 1",
                "highway_server_connection_duration_seconds_sum{highway_handler=\"Chat\"} 1.5",
                "highway_server_connection_duration_seconds_count{highway_handler=\"Chat\"} 1",
                &format!("highway_server_messages_total{{{route},direction=\"received\"}} 2"),
                &format!(
                    "highway_server_message_size_bytes_total{{{route},direction=\"received\"}} 30"
                ),
                &format!("rpc_server_call_duration_seconds_bucket{{{call},le=\"0.025\"}} 0"),
                &format!("rpc_server_call_duration_seconds_bucket{{{call},le=\"0.05\"}} 3"),
                &format!("rpc_server_call_duration_seconds_sum{{{call}}} 0.09"),
                "highway_server_rooms{highway_handler=\"Chat\"} 4",
            ],
        );
        assert!(!text.contains("reconnects"), "that is a client's");
        assert!(!text.contains("rpc_client"), "it has called nothing");
    }

    #[test]
    fn several_are_written_together_with_each_name_once() {
        let (one, two) = (
            meter().snapshot(Present::default()),
            meter().snapshot(Present::default()),
        );
        let client = Meter::new("Me", Side::Client, [], []);
        client.reconnects();
        let text = to_prometheus([&one, &client.snapshot(Present::default()), &two]);
        let types: Vec<_> = text.lines().filter(|of| of.starts_with("# TYPE")).collect();
        let mut unique = types.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), types.len());
        check(
            &text,
            &["highway_client_reconnects_total{highway_handler=\"Me\"} 1"],
        );
    }
}
