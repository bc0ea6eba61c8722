//! A process that hostile peers are let loose on, and what it costs.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::peer::Peer;

/// What a test takes at most.
const DEADLINE: Duration = Duration::from_secs(120);

/// What a fresh connection takes at most until its echo is back: many times what it needs on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(3);

/// How long a server with nothing to do may have descriptors of connections that are over. While it has, it may be reading what
/// they brought, a million frames and more.
const SETTLED: Duration = Duration::from_secs(20);

/// The processor's time in which a server has something to do, and more than a few pings.
const BUSY: Duration = Duration::from_millis(50);

/// What an attack may make a process grow by.
pub(crate) const GROWTH: u64 = 64;

/// What a single connection may make it grow by: a message, an outbox and a queue of 1 MiB each, and what the allocator
/// keeps of them.
pub(crate) const GROWTH_OF_ONE: u64 = 12;

/// A server or a client as a process.
pub(crate) struct Process {
    child: Child,
    // Its end is what makes the process end.
    _input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_hostile_target"))
            .args(arguments)
            // To print one, the symbols are loaded, which takes more memory than any attack.
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Panics of routes, as asked.
            .stderr(Stdio::null())
            .spawn()
            .expect("the program was built with the tests");
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both are piped");
        };
        Self {
            child,
            _input: input,
            output: BufReader::new(output),
        }
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.output
            .read_line(&mut line)
            .expect("its output is text");
        assert!(!line.is_empty(), "the process has ended");
        line.trim_end().to_owned()
    }

    /// Sends it a signal, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.args(["-s", name, &self.child.id().to_string()]);
        assert!(kill.status().expect("every system has it").success());
    }

    /// The most memory that it ever had, in MiB; 0 where the system does not tell.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(self.proc("status")).unwrap_or_default();
        let kib = status.lines().find_map(|line| {
            let value = line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?;
            value.parse::<u64>().ok()
        });
        kib.unwrap_or(0) / 1024
    }

    /// How many descriptors it has open; 0 where the system does not tell.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(self.proc("fd")).map_or(0, Iterator::count)
    }

    /// The processor's time that it has taken; none where the system does not tell.
    fn worked(&self) -> Duration {
        // Of the user and of the system, behind the name, which may have spaces, and the state.
        const TIMES: std::ops::Range<usize> = 11..13;
        const TICK: Duration = Duration::from_millis(10);

        let stat = fs::read_to_string(self.proc("stat")).unwrap_or_default();
        let fields = stat.rsplit(") ").next().unwrap_or_default();
        let times = fields.split(' ').take(TIMES.end).skip(TIMES.start);
        let ticks = times.filter_map(|time| time.parse::<u32>().ok()).sum();
        TICK * ticks
    }

    fn proc(&self, file: &str) -> String {
        format!("/proc/{}/{file}", self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server as a process.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut process = Process::start(&[&["server"], arguments].concat());
        let address = process.line().parse().expect("it prints its address");
        Self { process, address }
    }

    /// Waits until the server has let go of what an attack has opened.
    pub(crate) fn settle(&self, descriptors: usize) {
        let (mut busy, mut worked) = (Instant::now(), self.process.worked());
        while self.process.descriptors() > descriptors {
            let now = self.process.worked();
            if now >= worked + BUSY {
                (busy, worked) = (Instant::now(), now);
            }
            assert!(
                busy.elapsed() < SETTLED,
                "{} descriptors are left of {descriptors}",
                self.process.descriptors()
            );
            // The system tells nobody when a descriptor of another process is closed.
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Runs a test that has to end.
pub(crate) fn within_deadline(test: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    let test = thread::spawn(move || {
        test();
        // The receiver waits unless it has given up.
        let _ = done.send(());
    });
    match is_done.recv_timeout(DEADLINE) {
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => {
            if let Err(panic) = test.join() {
                std::panic::resume_unwind(panic);
            }
        }
        Err(mpsc::RecvTimeoutError::Timeout) => {
            panic!("the test has not ended after {DEADLINE:?}")
        }
    }
}

/// Lets an attack loose on a server. Then a fresh connection and one from before have to work at once, the server must not
/// have grown by more MiB than said, and nothing of the attack may be left.
pub(crate) fn check_within(growth: u64, attack: impl FnOnce(&Server) + Send + 'static) {
    check_with(&[], growth, attack);
}

/// As [`check_within`], with the growth that any attack may cause.
pub(crate) fn check(attack: impl FnOnce(&Server) + Send + 'static) {
    check_with(&[], GROWTH, attack);
}

/// As [`check_within`], for a server with arguments.
pub(crate) fn check_with(
    arguments: &'static [&'static str],
    growth: u64,
    attack: impl FnOnce(&Server) + Send + 'static,
) {
    within_deadline(move || {
        let server = Server::start(arguments);
        let mut witness = Peer::ready(server.address);
        witness.echoes();
        let memory = server.process.peak_memory();
        let descriptors = server.process.descriptors();
        attack(&server);
        let start = Instant::now();
        let mut fresh = Peer::ready(server.address);
        fresh.echoes();
        let took = start.elapsed();
        assert!(took < AT_ONCE, "a fresh connection's echo took {took:?}");
        drop(fresh);
        witness.echoes();
        server.settle(descriptors);
        let peak = server.process.peak_memory();
        println!("the server went from {memory} MiB to {peak} MiB");
        let grown = peak - memory;
        assert!(grown <= growth, "{grown} MiB grown, {growth} allowed");
    });
}
