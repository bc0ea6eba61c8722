//! A stream: a server that measures itself for those who ask, as often as they ask for and as long as they want it.
//!
//! ```sh
//! cargo run --example dashboard_server
//! cargo run --example dashboard_client    # in another terminal
//! ```

mod protocol;

use std::time::{Duration, Instant};

use futures_util::{Stream, stream};
use highway::{Connection, route};
use protocol::{Measurement, server};
use tokio::time::MissedTickBehavior;

#[highway::server(main, state = Started, serves = server)]
struct Dashboard;

struct Started(Instant);

impl Default for Started {
    fn default() -> Self {
        Self(Instant::now())
    }
}

#[route(server::measure)]
async fn measure(
    interval: u64,
    dashboard: Connection<Dashboard>,
) -> impl Stream<Item = Measurement> {
    let interval = Duration::from_millis(interval.clamp(10, 3_600_000));
    let mut ticks = tokio::time::interval(interval);
    // Whoever reads slowly gets what is measured now, and not what was missed all at once.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    stream::unfold((ticks, dashboard), async |(mut ticks, dashboard)| {
        ticks.tick().await;
        let measurement = Measurement {
            uptime: dashboard.state().0.elapsed().as_secs_f64(),
            connections: dashboard.everyone().count(),
            load: load().await,
        };
        Some((measurement, (ticks, dashboard)))
    })
}

/// Linux only.
async fn load() -> Option<f64> {
    let loads = tokio::fs::read_to_string("/proc/loadavg").await.ok()?;
    loads.split(' ').next()?.parse().ok()
}
