//! How long things took, and what to show of it.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use crate::{
    failure::Failure,
    output::{DIM, NAME, quoted},
};

/// The times of some.
pub(super) struct Times {
    /// In microseconds, to three digits.
    histogram: Histogram<u64>,
    /// When the last one ended.
    last: Option<Instant>,
    failed: u64,
    /// The first error.
    error: Option<String>,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            // Three digits are allowed.
            histogram: Histogram::new(3).expect("three digits"),
            last: None,
            failed: 0,
            error: None,
        }
    }
}

impl Times {
    /// Takes note of one that began then, and ends now.
    pub(super) fn record(&mut self, begin: Instant) {
        let now = Instant::now();
        let time = now.saturating_duration_since(begin);
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        // It grows as it has to, up to what 64 bits hold.
        let _ = self.histogram.record(micros.max(1));
        self.last = Some(now);
    }

    pub(super) fn fail(&mut self, error: &highway::Error) {
        self.failed += 1;
        self.error.get_or_insert_with(|| error.to_string());
    }

    pub(super) fn add(&mut self, other: &Self) {
        // Histograms of the same digits fit each other.
        let _ = self.histogram.add(&other.histogram);
        self.last = self.last.max(other.last);
        self.failed += other.failed;
        if self.error.is_none() {
            self.error.clone_from(&other.error);
        }
    }
}

/// What a benchmark came to.
pub(super) struct Summary {
    times: Times,
    /// Up to the end of the last one.
    took: Duration,
    /// What was begun and had not ended when it was over.
    unfinished: u64,
    items: Option<u64>,
    is_interrupted: bool,
}

/// The bars of the histogram are this wide at most.
const BAR: u64 = 40;

/// The lines of the histogram.
const BUCKETS: u32 = 12;

impl Summary {
    /// What came of `count`, the first of which began at `begin`.
    pub(super) fn new(
        times: Times,
        begin: Instant,
        count: u64,
        items: Option<u64>,
        is_interrupted: bool,
    ) -> Self {
        let ended = times.histogram.len().saturating_add(times.failed);
        let last = times.last.unwrap_or_else(Instant::now);
        Self {
            took: last.saturating_duration_since(begin),
            unfinished: count.saturating_sub(ended),
            times,
            items,
            is_interrupted,
        }
    }

    pub(super) fn per_second(&self) -> f64 {
        per_second(self.times.histogram.len(), self.took)
    }

    fn quantile(&self, quantile: f64) -> u64 {
        self.times.histogram.value_at_quantile(quantile)
    }

    /// As an object of JSON: times in microseconds.
    pub(super) fn json(&self) -> String {
        let mut json = format!(
            r#"{{"done":{},"failed":{},"unfinished":{},"seconds":{:.3},"per_second":{:.1},"p50_us":{},"p90_us":{},"p99_us":{},"max_us":{}"#,
            self.times.histogram.len(),
            self.times.failed,
            self.unfinished,
            self.took.as_secs_f64(),
            self.per_second(),
            self.quantile(0.5),
            self.quantile(0.9),
            self.quantile(0.99),
            self.times.histogram.max(),
        );
        if let Some(items) = self.items {
            let rate = per_second(items, self.took);
            let _ = write!(json, r#","items":{items},"items_per_second":{rate:.1}"#);
        }
        if let Some(error) = &self.times.error {
            let _ = write!(json, r#","error":{}"#, quoted(error));
        }
        json.push('}');
        json
    }

    /// For people: the rate, quantiles and a histogram.
    pub(super) fn shown(&self) -> String {
        let mut text = format!(
            "{NAME}{:.0}{NAME:#} a second ({} in {:.1} s)",
            self.per_second(),
            self.times.histogram.len(),
            self.took.as_secs_f64(),
        );
        if let Some(items) = self.items {
            let _ = write!(text, ", {:.0} items a second", per_second(items, self.took));
        }
        if self.times.failed > 0 {
            let _ = write!(text, ", {} failed", self.times.failed);
        }
        if self.unfinished > 0 {
            let _ = write!(text, ", {} unfinished", self.unfinished);
        }
        let _ = write!(
            text,
            "\np50 {}  p90 {}  p99 {}  max {}",
            millis(self.quantile(0.5)),
            millis(self.quantile(0.9)),
            millis(self.quantile(0.99)),
            millis(self.times.histogram.max()),
        );
        for (until, count) in self.buckets() {
            let total = self.times.histogram.len().max(1);
            let width = usize::try_from(count.saturating_mul(BAR).div_ceil(total)).unwrap_or(0);
            let bar = "#".repeat(width);
            let _ = write!(text, "\n{DIM}{:>10}{DIM:#} {bar} {count}", millis(until));
        }
        text
    }

    /// Times up to which some took, and how many: in steps of the same factor.
    fn buckets(&self) -> Vec<(u64, u64)> {
        let histogram = &self.times.histogram;
        if histogram.is_empty() {
            return Vec::new();
        }
        // Without the few that are far off, whose step would leave the others in one line.
        let low = float(histogram.value_at_quantile(0.001).max(1));
        let high = float(histogram.value_at_quantile(0.999).max(1));
        let step = (high / low).powf(1.0 / f64::from(BUCKETS)).max(1.1);
        let mut buckets: Vec<(u64, u64)> = Vec::new();
        let mut until = low;
        for recorded in histogram.iter_recorded() {
            let (value, count) = (recorded.value_iterated_to(), recorded.count_at_value());
            while buckets.last().is_none_or(|&(end, _)| value > end) {
                if buckets.len() > BUCKETS as usize {
                    buckets.push((histogram.max().max(value), 0));
                    break;
                }
                until *= step;
                buckets.push((whole(until), 0));
            }
            if let Some((_, counted)) = buckets.last_mut() {
                *counted += count;
            }
        }
        buckets
    }

    /// The failure of a benchmark in which nothing was done, or which the user ended.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        if self.is_interrupted {
            return Err(Failure::Interrupted);
        }
        if !self.times.histogram.is_empty() {
            return Ok(());
        }
        match &self.times.error {
            Some(error) => Err(Failure::refused(error.clone())),
            None if self.unfinished > 0 => Err(Failure::timed_out(format!(
                "none of {} came to its end",
                self.unfinished
            ))),
            None => Ok(()),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "to three digits it is exact")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is the end of a line, above 0"
)]
fn whole(micros: f64) -> u64 {
    micros.ceil() as u64
}

fn per_second(count: u64, took: Duration) -> f64 {
    float(count) / took.as_secs_f64().max(f64::MIN_POSITIVE)
}

fn millis(micros: u64) -> String {
    format!("{:.3} ms", float(micros) / 1000.0)
}
