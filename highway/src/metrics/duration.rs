//! How long things took, counted in buckets.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The upper bounds of the buckets for calls, in seconds: those of OpenTelemetry's conventions for RPC.
pub(super) const CALLS: &[f64; BOUNDS] = &[
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// Those for connections: the ones of SignalR.
pub(super) const CONNECTIONS: &[f64; BOUNDS] = &[
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0,
];

pub(super) const BOUNDS: usize = 14;

/// What a sum is counted in, in nanoseconds: by single nanoseconds, ten thousand connections would have too many for 64 bits in three weeks.
const TICK: u64 = 100;

/// Those of a second.
const TICKS: u64 = 1_000_000_000 / TICK;

/// Durations as they are counted.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    /// The last is for those over all bounds.
    buckets: [AtomicU64; BOUNDS + 1],
    ticks: AtomicU64,
}

impl Histogram {
    /// Counts so many that took the same time.
    pub(super) fn add(&self, bounds: &[f64; BOUNDS], took: Duration, count: u64) {
        let seconds = took.as_secs_f64();
        let place = bounds.iter().take_while(|bound| seconds > **bound).count();
        if let Some(bucket) = self.buckets.get(place) {
            bucket.fetch_add(count, Ordering::Relaxed);
        }
        let ticks = took.as_nanos().saturating_mul(count.into()) / u128::from(TICK);
        let ticks = u64::try_from(ticks).unwrap_or(u64::MAX);
        self.ticks.fetch_add(ticks, Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self, bounds: &'static [f64; BOUNDS]) -> Durations {
        let ticks = self.ticks.load(Ordering::Relaxed);
        let nanos = u32::try_from(ticks % TICKS * TICK).unwrap_or(0);
        let buckets = self.buckets.iter();
        Durations {
            bounds,
            buckets: buckets
                .map(|bucket| bucket.load(Ordering::Relaxed))
                .collect(),
            sum: Duration::new(ticks / TICKS, nanos),
        }
    }
}

/// How long things took: a histogram.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Durations {
    /// The upper bounds of the buckets, in seconds; a duration that is equal to one counts there.
    pub bounds: &'static [f64],
    /// How many durations are in each bucket, and in the last those over all bounds: one more than there are bounds.
    pub buckets: Vec<u64>,
    /// All of them together, to 100 ns.
    pub sum: Duration,
}

impl Durations {
    /// How many there are.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_counts_in_the_first_bucket_that_it_is_not_over() {
        let histogram = Histogram::default();
        let millis = Duration::from_millis;
        for (took, count) in [(0, 1), (5, 2), (6, 1), (10_000, 1), (10_001, 1)] {
            histogram.add(CALLS, millis(took), count);
        }
        let snapshot = histogram.snapshot(CALLS);
        let mut expected = [0; BOUNDS + 1];
        expected[0] = 3;
        expected[1] = 1;
        expected[BOUNDS - 1] = 1;
        expected[BOUNDS] = 1;
        assert_eq!(snapshot.buckets, expected);
        assert_eq!(snapshot.sum, millis(5 + 5 + 6 + 10_000 + 10_001));
        assert_eq!(snapshot.count(), 6);
    }

    #[test]
    fn longest_duration_counts() {
        let histogram = Histogram::default();
        histogram.add(CALLS, Duration::MAX, u64::MAX);
        assert_eq!(histogram.snapshot(CALLS).count(), u64::MAX);
    }
}
