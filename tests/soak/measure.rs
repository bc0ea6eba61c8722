//! The server's process, and what is counted.

use std::{
    env, fmt, fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

/// The server.
pub(crate) struct Process {
    child: Child,
    // Its end is what makes the process end.
    _input: ChildStdin,
    pub(crate) address: SocketAddr,
    /// The bytes that it has allocated, as it said last.
    allocated: Arc<AtomicU64>,
}

impl Process {
    pub(crate) fn start() -> Self {
        let program = env::current_exe().expect("a program knows where it is");
        let mut child = Command::new(program)
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both are piped");
        };
        let mut lines = BufReader::new(output).lines();
        let mut line = move || -> Option<String> { lines.next()?.ok() };
        let address = line().and_then(|line| line.parse().ok());
        let address = address.expect("it prints its address");
        let allocated = Arc::<AtomicU64>::default();
        let told = Arc::clone(&allocated);
        thread::spawn(move || {
            while let Some(bytes) = line().and_then(|line| line.parse().ok()) {
                told.store(bytes, Relaxed);
            }
        });
        Self {
            child,
            _input: input,
            address,
            allocated,
        }
    }

    /// The bytes that it has allocated and not freed.
    pub(crate) fn allocated(&self) -> u64 {
        self.allocated.load(Relaxed)
    }

    /// Its resident memory in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("it runs, on Linux");
        let kib = status.lines().find_map(|line| {
            let value = line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?;
            value.parse::<u64>().ok()
        });
        kib.expect("the system tells its memory") * 1024
    }

    /// The seconds that it has computed, at the 100 ticks a second that Linux counts by.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.expect("it runs, on Linux");
        // Behind the name, which may hold anything, the 12th and 13th.
        let (_, fields) = stat.rsplit_once(')').expect("the name is in brackets");
        let ticks = fields.split_whitespace().skip(11).take(2);
        ticks
            .filter_map(|ticks| ticks.parse::<f64>().ok())
            .sum::<f64>()
            / 100.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const MIB: f64 = 1024.0 * 1024.0;

/// Samples of the memory, in seconds and MiB.
#[derive(Default)]
pub(crate) struct Memory(Vec<(f64, f64)>);

impl Memory {
    #[expect(clippy::cast_precision_loss, reason = "no memory is that large")]
    pub(crate) fn sample(&mut self, at: Duration, bytes: u64) {
        // A sample for each second, whatever else wakes the loop.
        if self.0.len() <= usize::try_from(at.as_secs()).unwrap_or(usize::MAX) {
            self.0.push((at.as_secs_f64(), bytes as f64 / MIB));
        }
    }

    pub(crate) fn last(&self) -> f64 {
        self.0.last().map_or(0.0, |(_, mib)| *mib)
    }

    /// By how many MiB the line that fits best rises from some moment on.
    ///
    /// It is fitted to the least of each thirtieth of the time: what an abuse takes for a moment comes and goes, what leaks
    /// stays.
    pub(crate) fn growth_after(&self, moment: Duration) -> f64 {
        let from = moment.as_secs_f64();
        let samples: Vec<_> = self.0.iter().filter(|(at, _)| *at >= from).collect();
        let lows: Vec<_> = samples
            .chunks(samples.len().div_ceil(30).max(1))
            .filter_map(|part| {
                part.iter()
                    .min_by(|(_, one), (_, other)| one.total_cmp(other))
            })
            .collect();
        let (Some((first, _)), Some((last, _))) = (lows.first(), lows.last()) else {
            return 0.0;
        };
        let mean = |part: fn(&(f64, f64)) -> f64| {
            let sum: f64 = lows.iter().map(|sample| part(sample)).sum();
            #[expect(clippy::cast_precision_loss, reason = "they are thirty")]
            let count = lows.len() as f64;
            sum / count
        };
        let (mid, level) = (mean(|(at, _)| *at), mean(|(_, mib)| *mib));
        let spread: f64 = lows.iter().map(|(at, _)| (at - mid).powi(2)).sum();
        let rise: f64 = lows
            .iter()
            .map(|(at, mib)| (at - mid) * (mib - level))
            .sum();
        rise / spread * (last - first)
    }
}

/// The echoes by how long they took, at 8 steps for each doubling, from a microsecond on.
const STEPS: usize = 8 * 24;

/// What is counted.
#[derive(Debug)]
pub(crate) struct Totals {
    lost: AtomicU64,
    abuses: AtomicU64,
    times: [AtomicU64; STEPS],
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            lost: AtomicU64::new(0),
            abuses: AtomicU64::new(0),
            times: [const { AtomicU64::new(0) }; STEPS],
        }
    }
}

impl Totals {
    pub(crate) fn add(&self, took: Duration) {
        let micros = took.as_secs_f64() * 1e6;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it saturates"
        )]
        let step = (micros.log2() * 8.0) as usize;
        self.times[step.min(STEPS - 1)].fetch_add(1, Relaxed);
    }

    pub(crate) fn lose(&self) {
        self.lost.fetch_add(1, Relaxed);
    }

    pub(crate) fn abused(&self) {
        self.abuses.fetch_add(1, Relaxed);
    }

    pub(crate) fn echoes(&self) -> u64 {
        self.times.iter().map(|count| count.load(Relaxed)).sum()
    }

    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    pub(crate) fn abuses(&self) -> u64 {
        self.abuses.load(Relaxed)
    }

    /// The time that 99 of 100 echoes took at most.
    pub(crate) fn p99(&self) -> Duration {
        let mut left = self.echoes().div_ceil(100);
        let mut step = STEPS;
        while left > 0 && step > 0 {
            step -= 1;
            left = left.saturating_sub(self.times[step].load(Relaxed));
        }
        #[expect(clippy::cast_precision_loss, reason = "there are few steps")]
        let micros = ((step + 1) as f64 / 8.0).exp2();
        Duration::from_secs_f64(micros / 1e6)
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} echoes, {} lost, 99 % within {:.2?}",
            self.echoes(),
            self.lost(),
            self.p99()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples of an hour, each as the function says for its second, in bytes.
    fn growth(bytes: impl Fn(u64) -> u64) -> f64 {
        let mut memory = Memory::default();
        for second in 0..3600 {
            memory.sample(Duration::from_secs(second), bytes(second));
        }
        memory.growth_after(Duration::from_secs(600))
    }

    #[test]
    fn growth_is_what_stays() {
        const MIB: u64 = 1024 * 1024;

        assert!(growth(|_| 16 * MIB).abs() < 0.001);
        // Before the moment it may grow.
        assert!(growth(|second| second.min(600) * MIB).abs() < 0.001);
        // Now and then much more.
        assert!(growth(|second| 16 * MIB + u64::from(second % 50 == 1) * 9 * MIB).abs() < 0.001);
        // A byte for each of 3,600 seconds, 600 of which don't count.
        let leak = growth(|second| 16 * MIB + second * MIB / 3000);
        assert!((0.9..1.1).contains(&leak), "{leak}");
    }

    #[test]
    fn percentile_is_the_time_that_all_but_one_of_a_hundred_keep() {
        let totals = Totals::default();
        (0..990).for_each(|_| totals.add(Duration::from_millis(1)));
        let close_to = |millis: f64| {
            let p99 = totals.p99().as_secs_f64() * 1000.0;
            assert!((millis..millis * 1.1).contains(&p99), "{p99}");
        };
        close_to(1.0);
        (0..20).for_each(|_| totals.add(Duration::from_millis(50)));
        close_to(50.0);
    }
}
