//! Metrics through OpenTelemetry's SDK, read from its memory.

use highway::{Connection, Failure, metrics::Metrics, route, test};
use highway_tests::within_deadline;
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::metrics::{
    InMemoryMetricExporter, PeriodicReader, SdkMeterProvider,
    data::{AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics},
};

#[highway::server]
struct Measured;

#[route("double", on = Measured)]
async fn double(number: i64) -> Result<i64, Failure> {
    if number < 0 {
        return Err(Failure::new("too little"));
    }
    Ok(2 * number)
}

#[route("say")]
async fn say(text: String, server: &mut Measured) -> highway::Result {
    server.everyone().send("said", text).await
}

#[highway::client]
struct Measures;

#[route("said", on = Measures)]
async fn said(_: String) {}

/// The SDK with what it keeps.
struct Exported {
    provider: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
}

impl Exported {
    fn start() -> Self {
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        global::set_meter_provider(provider.clone());
        Self { provider, exporter }
    }

    /// What is exported now.
    fn collect(&self) -> ResourceMetrics {
        self.exporter.reset();
        self.provider.force_flush().expect("it is exported");
        let mut all = self.exporter.get_finished_metrics().expect("it is kept");
        all.pop().expect("something is exported")
    }
}

/// Whether they are these.
fn are(attributes: &mut dyn Iterator<Item = &KeyValue>, wanted: &[(&str, &str)]) -> bool {
    let all: Vec<_> = attributes.collect();
    all.len() == wanted.len()
        && wanted.iter().all(|(name, value)| {
            let mut same = all.iter().filter(|of| of.key.as_str() == *name);
            same.any(|of| of.value.as_str() == *value)
        })
}

/// The value of a counter or gauge, or the count of a histogram, with its unit.
fn value(all: &ResourceMetrics, name: &str, attributes: &[(&str, &str)]) -> Option<(u64, String)> {
    let metrics = all.scope_metrics().flat_map(ScopeMetrics::metrics);
    let metric = metrics.into_iter().find(|metric| metric.name() == name)?;
    let value = match metric.data() {
        AggregatedMetrics::U64(MetricData::Sum(sum)) => {
            let mut points = sum.data_points();
            points
                .find(|of| are(&mut of.attributes(), attributes))?
                .value()
        }
        AggregatedMetrics::U64(MetricData::Gauge(gauge)) => {
            let mut points = gauge.data_points();
            points
                .find(|of| are(&mut of.attributes(), attributes))?
                .value()
        }
        AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
            let mut points = histogram.data_points();
            let point = points.find(|of| are(&mut of.attributes(), attributes))?;
            assert_eq!(point.bounds().count(), 14);
            assert_eq!(point.bucket_counts().sum::<u64>(), point.count());
            point.count()
        }
        other => panic!("{name} is {other:?}"),
    };
    Some((value, metric.unit().to_owned()))
}

#[track_caller]
fn check(
    all: &ResourceMetrics,
    name: &str,
    attributes: &[(&str, &str)],
    expected: u64,
    unit: &str,
) {
    let found = value(all, name, attributes);
    assert_eq!(
        found,
        Some((expected, unit.to_owned())),
        "{name} {attributes:?}"
    );
}

#[test]
fn sdk_exports_what_servers_and_clients_count() {
    within_deadline(async {
        let exported = Exported::start();
        let server = test::server(Measured::server());
        let me: Connection<Measures> = server.connect(Measures::client()).await.unwrap();
        for _ in 0..2 {
            server.handle().export_to_opentelemetry();
            me.export_to_opentelemetry();
        }
        me.send("say", "hi").await.unwrap();
        for number in [1, 2, -1] {
            let _ = me.call::<_, _, i64>("double", number).await;
        }
        let all = exported.collect();
        let server_ = ("highway.handler", "Measured");
        let client = ("highway.handler", "Measures");
        let say = ("rpc.method", "say");
        check(
            &all,
            "highway.server.active_connections",
            &[server_],
            1,
            "{connection}",
        );
        check(
            &all,
            "highway.server.connections",
            &[server_],
            1,
            "{connection}",
        );
        let received = [server_, say, ("direction", "received")];
        check(&all, "highway.server.messages", &received, 1, "{message}");
        check(&all, "highway.server.message.size", &received, 6, "By");
        let sent = [client, say, ("direction", "sent")];
        check(&all, "highway.client.messages", &sent, 1, "{message}");
        let double = ("rpc.method", "double");
        for (name, handler) in [
            ("rpc.server.call.duration", server_),
            ("rpc.client.call.duration", client),
        ] {
            let system = ("rpc.system.name", "highway");
            check(&all, name, &[handler, double, system], 2, "s");
            let refused = [handler, double, system, ("error.type", "refused")];
            check(&all, name, &refused, 1, "s");
        }
        // It says the same.
        let metrics: Metrics = server.handle().metrics();
        assert_eq!(metrics.route("say").unwrap().received.bytes, 6);

        me.close().await;
        while server.handle().metrics().connections.active > 0 {
            tokio::task::yield_now().await;
        }
        let all = exported.collect();
        let closed = [server_, ("close_code", "1000")];
        check(
            &all,
            "highway.server.connections.closed",
            &closed,
            1,
            "{connection}",
        );
        check(
            &all,
            "highway.server.connection.duration",
            &[server_],
            1,
            "s",
        );
        check(
            &all,
            "highway.client.connection.duration",
            &[client],
            1,
            "s",
        );

        // What is gone is asked nothing.
        drop((server, me));
        let gone = || {
            let all = exported.collect();
            value(&all, "highway.server.active_connections", &[server_]).is_none()
        };
        while !gone() {
            tokio::task::yield_now().await;
        }
        exported.provider.shutdown().expect("it ends");
    });
}
