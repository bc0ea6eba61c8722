//! Processes: the server under test as a child, cores, and what `/proc` tells of them.

use std::fs;
use std::io::{BufRead, BufReader, Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, getrlimit, kill_process, set_parent_process_death_signal,
    setrlimit,
};
use rustix::thread::{CpuSet, sched_setaffinity};

/// Ties this process to one core.
pub fn pin(core: usize) -> Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores)
        .map_err(|error| Error::other(format!("core {core} can't be had: {error}")))
}

/// Raises the limit of open descriptors as far as is allowed, for thousands of connections. Says how far that is.
pub fn raise_descriptor_limit() -> Result<usize> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    )?;
    Ok(maximum.map_or(usize::MAX, |maximum| {
        usize::try_from(maximum).unwrap_or(usize::MAX)
    }))
}

/// Makes this process end with the one that started it, and ties it to a core.
pub fn become_server(core: usize) -> Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    raise_descriptor_limit()?;
    pin(core)
}

/// A server in a process of its own, which ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts a program, and waits for the line with the address.
    pub fn start(mut program: Command) -> Result<Self> {
        let mut child = program
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| {
                let program = program.get_program().display();
                Error::new(error.kind(), format!("`{program}` can't be run: {error}"))
            })?;
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

    /// Asks it to end, and waits until it has.
    pub fn end(mut self) -> Result<()> {
        let process = Pid::from_child(&self.child);
        kill_process(process, Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its CPU time so far.
    pub fn cpu(&self) -> Result<Duration> {
        cpu_of(&self.child.id().to_string())
    }

    /// Bytes of its memory that are resident.
    pub fn resident(&self) -> Result<u64> {
        resident_of(&self.child.id().to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a server prints before its address, as its first line.
pub const LISTENING: &str = "listening on ";

/// The CPU time of this process so far.
pub fn own_cpu() -> Result<Duration> {
    cpu_of("self")
}

fn resident_of(process: &str) -> Result<u64> {
    let statm = fs::read_to_string(format!("/proc/{process}/statm"))?;
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages
        .map(|pages| pages * page_size() as u64)
        .ok_or_else(|| unreadable("statm"))
}

/// That of all threads of a process, which the scheduler counts to the nanosecond.
fn cpu_of(process: &str) -> Result<Duration> {
    fs::read_dir(format!("/proc/{process}/task"))?
        .map(|task| match time_of(&task?.path()) {
            // It has ended meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Duration::ZERO),
            time => time,
        })
        .sum()
}

fn time_of(task: &Path) -> Result<Duration> {
    let stat = fs::read_to_string(task.join("schedstat"))?;
    let nanoseconds = stat.split(' ').next().and_then(|time| time.parse().ok());
    nanoseconds
        .map(Duration::from_nanos)
        .ok_or_else(|| unreadable("schedstat"))
}

/// The time that a thread of this process has run so far.
pub fn cpu_of_thread(thread: u32) -> Result<Duration> {
    time_of(Path::new(&format!("/proc/self/task/{thread}")))
}

/// Bytes of this process's memory that are resident.
pub fn own_resident() -> Result<u64> {
    resident_of("self")
}

/// Bytes that the kernel has in its own structures: those of a fixed size, and what waits in sockets of TCP.
pub fn kernel_memory() -> Result<u64> {
    let number = |file: &str, text: &str, label: &str| {
        let behind = text.split_once(label).map(|(_, behind)| behind);
        let number = behind.and_then(|behind| behind.split_whitespace().next());
        number
            .and_then(|number| number.parse::<u64>().ok())
            .ok_or_else(|| unreadable(file))
    };
    let memory = fs::read_to_string("/proc/meminfo")?;
    let sockets = fs::read_to_string("/proc/net/sockstat")?;
    let tcp = sockets.split_once("TCP:").map_or("", |(_, tcp)| tcp);
    let slab = number("meminfo", &memory, "\nSlab:")? * 1024;
    Ok(slab + number("net/sockstat", tcp, " mem ")? * page_size() as u64)
}

/// The time that all cores together were not idle, what the hypervisor gave to others included.
pub fn machine_busy() -> Result<Duration> {
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
pub fn wait_for_quiet(limit: f64, patience: Duration) -> Result<()> {
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
