//! What is counted, through OpenTelemetry's global meter.

use std::time::Duration;

use opentelemetry::{
    KeyValue, global,
    metrics::{AsyncInstrument, Histogram},
};

use super::{
    Meter, Metrics, Opener, Outcome,
    duration::{BOUNDS, CALLS, CONNECTIONS},
    family::{CALLED, FAMILIES, Family, HANDLER, Kind, Label, SERVED, Value, call_labels},
    meter::Ended,
};

/// Has everything that a meter counts exported by the meter provider that is set globally. Numbers are asked for when they are
/// exported, until `metrics` has none; durations are told as they come. A second time it does nothing.
pub(crate) fn export(
    meter: &Meter,
    metrics: impl Fn() -> Option<Metrics> + Clone + Send + Sync + 'static,
) {
    let durations = ExportedDurations::new(meter);
    if !meter.export_durations(move |ended| durations.record(ended)) {
        return;
    }
    for family in FAMILIES {
        let (name, unit, help) = (family.name(meter.side()), family.unit, family.help);
        let exported = global::meter("highway");
        let metrics = metrics.clone();
        let observe = move |observer: &dyn AsyncInstrument<u64>| {
            if let Some(metrics) = metrics() {
                observe(family, &metrics, observer);
            }
        };
        match family.kind {
            Kind::Counter => {
                let counter = exported.u64_observable_counter(name);
                let counter = counter.with_unit(unit).with_description(help);
                counter.with_callback(observe).build();
            }
            Kind::Gauge => {
                let gauge = exported.u64_observable_gauge(name);
                let gauge = gauge.with_unit(unit).with_description(help);
                gauge.with_callback(observe).build();
            }
            // They are recorded one by one, as there are none that can be asked for.
            Kind::Histogram => {}
        }
    }
}

fn observe(family: &Family, metrics: &Metrics, observer: &dyn AsyncInstrument<u64>) {
    family.values(metrics, &mut |labels, value| {
        if let Value::Number(number) = value {
            observer.observe(number, &attributes(metrics.handler, labels));
        }
    });
}

fn attributes(handler: &str, labels: &[Label<'_>]) -> Vec<KeyValue> {
    let all = [(HANDLER, handler)]
        .into_iter()
        .chain(labels.iter().copied());
    all.map(|(name, value)| KeyValue::new(name, value.to_owned()))
        .collect()
}

/// The histograms.
struct ExportedDurations {
    handler: &'static str,
    served: Histogram<f64>,
    called: Histogram<f64>,
    connections: Histogram<f64>,
}

impl ExportedDurations {
    fn new(meter: &Meter) -> Self {
        let exported = global::meter("highway");
        let histogram = |name: String, bounds: &[f64; BOUNDS]| {
            let family = FAMILIES.iter().find(|of| of.name(meter.side()) == name);
            let help = family.map_or("", |family| family.help);
            let histogram = exported.f64_histogram(name);
            let histogram = histogram.with_unit("s").with_description(help);
            histogram.with_boundaries(bounds.to_vec()).build()
        };
        let connection = format!("highway.{}.connection.duration", meter.side().as_str());
        Self {
            handler: meter.handler(),
            served: histogram(SERVED.to_owned(), CALLS),
            called: histogram(CALLED.to_owned(), CALLS),
            connections: histogram(connection, CONNECTIONS),
        }
    }

    fn record(&self, ended: Ended<'_>) {
        match ended {
            Ended::Call {
                opener,
                route,
                outcome,
                took,
            } => self.record_call(opener, route, outcome, took),
            Ended::Connection(lasted) => {
                let attributes = attributes(self.handler, &[]);
                self.connections.record(lasted.as_secs_f64(), &attributes);
            }
        }
    }

    fn record_call(&self, opener: Opener, route: &str, outcome: Outcome, took: Duration) {
        let histogram = match opener {
            Opener::Peer => &self.served,
            Opener::ThisSide => &self.called,
        };
        let attributes = attributes(self.handler, &call_labels(route, outcome));
        histogram.record(took.as_secs_f64(), &attributes);
    }
}
