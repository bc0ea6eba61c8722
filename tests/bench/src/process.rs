//! Processes: the server under test as a child, cores, and what `/proc` tells of them.

use std::fs;
use std::io::{BufRead, BufReader, Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{
    Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit,
};
use rustix::thread::{CpuSet, sched_setaffinity};

/// Ties this process to one core.
pub(crate) fn pin(core: usize) -> Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores)
        .map_err(|error| Error::other(format!("core {core} can't be had: {error}")))
}

/// Raises the limit of open descriptors as far as is allowed, for thousands of connections.
pub(crate) fn raise_descriptor_limit() -> Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    Ok(setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    )?)
}

/// Makes this process end with the one that started it, and ties it to a core.
pub(crate) fn become_server(core: usize) -> Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    raise_descriptor_limit()?;
    pin(core)
}

/// A server in a process of its own, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts this binary again with these arguments, and waits for the line with the address.
    pub(crate) fn start(arguments: &[String]) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address = line
            .trim()
            .strip_prefix(LISTENING)
            .and_then(|address| address.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            let status = child.wait()?;
            let message = format!("the server didn't start ({status})");
            return Err(Error::new(ErrorKind::NotConnected, message));
        };
        Ok(Self { child, address })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its CPU time so far.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu_of(&self.child.id().to_string())
    }

    /// Bytes of its memory that are resident.
    pub(crate) fn resident(&self) -> Result<u64> {
        let statm = fs::read_to_string(format!("/proc/{}/statm", self.child.id()))?;
        let pages = statm
            .split(' ')
            .nth(1)
            .and_then(|pages| pages.parse::<u64>().ok());
        pages
            .map(|pages| pages * page_size() as u64)
            .ok_or_else(|| unreadable("statm"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a server prints before its address, as its first line.
pub(crate) const LISTENING: &str = "listening on ";

/// The CPU time of this process so far.
pub(crate) fn own_cpu() -> Result<Duration> {
    cpu_of("self")
}

fn cpu_of(process: &str) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name, in brackets, may hold anything; user and system time are 11 fields behind it.
    let fields = stat
        .rsplit_once(") ")
        .map(|(_, fields)| fields.split(' ').skip(11).take(2));
    let times: Option<Vec<u64>> =
        fields.and_then(|fields| fields.map(|field| field.parse().ok()).collect());
    match times.as_deref() {
        Some([user, system]) => Ok(ticks(user + system)),
        _ => Err(unreadable("stat")),
    }
}

/// The time that all cores together were not idle, what the hypervisor gave to others included.
pub(crate) fn machine_busy() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let fields = stat
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("cpu "));
    let times: Option<Vec<u64>> = fields.and_then(|fields| {
        fields
            .split_whitespace()
            .map(|field| field.parse().ok())
            .collect()
    });
    match times.as_deref() {
        Some([user, nice, system, _idle, _iowait, irq, softirq, steal, ..]) => {
            Ok(ticks(user + nice + system + irq + softirq + steal))
        }
        _ => Err(unreadable("stat")),
    }
}

/// Waits until others use less than `limit` cores, for as long as `patience` at most.
pub(crate) fn wait_for_quiet(limit: f64, patience: Duration) -> Result<()> {
    let begun = Instant::now();
    let sample = Duration::from_millis(200);
    loop {
        let (before, at) = (machine_busy()?, Instant::now());
        std::thread::sleep(sample);
        let busy = machine_busy()?.saturating_sub(before);
        if busy.div_duration_f64(at.elapsed()) < limit || begun.elapsed() > patience {
            return Ok(());
        }
    }
}

fn ticks(count: u64) -> Duration {
    Duration::from_secs(count) / u32::try_from(clock_ticks_per_second()).unwrap_or(100)
}

fn unreadable(name: &str) -> Error {
    Error::new(
        ErrorKind::InvalidData,
        format!("/proc has a `{name}` that can't be read"),
    )
}
