//! A million connections to one highway server, in one process and on one core.
//!
//! ```text
//! cargo run --release -p highway-bench --bin million
//! cargo run --release -p highway-bench --bin million -- --connections 100000
//! ```
//!
//! As many of the connections as the process may have descriptors for are over sockets, from a process of clients on the same
//! machine; the others are over memory, so that with `ulimit -n 1100000` all are over sockets. Each does the opening of the protocol
//! and one echo, and is silent from then on but for the server's pings, which come by default after 20 s of silence.
//!
//! What it tells: the server's memory for each connection, as an allocator counts it for the server's thread alone; what the kernel
//! has for a socket besides; the part of the server's core that a minute of pings takes, and how late the latest was; and how
//! long a broadcast takes from the call until all clients have it.
//!
//! It runs on Linux and needs two cores, and memory of about 6 KB for each connection.

#![expect(
    clippy::cast_precision_loss,
    reason = "bytes and connections are far below 2^52"
)]

mod client;
mod counting;
mod memory;
mod sockets;

use std::fmt::Display;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use highway::{route, server::ServerHandle};
use highway_bench::process;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tracking_allocator::Allocator;

use crate::client::{NEWS, Tally};
use crate::counting::Memory;
use crate::sockets::Question;

#[global_allocator]
static ALLOCATOR: Allocator<std::alloc::System> = Allocator::system();

/// Lets a million clients connect to one highway server.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    /// All connections.
    #[arg(long, default_value_t = 1_000_000)]
    connections: usize,
    /// Those of them that are over sockets: as many as the limit of descriptors allows by default.
    #[arg(long)]
    sockets: Option<usize>,
    /// Seconds of silence and pings.
    #[arg(long, default_value_t = 60)]
    silence: u64,
    /// Broadcasts to all, one after the other.
    #[arg(long, default_value_t = 5)]
    broadcasts: usize,
    /// The core that the server runs on.
    #[arg(long, default_value_t = 0)]
    server_core: usize,
    /// The core that the clients run on.
    #[arg(long, default_value_t = 1)]
    client_core: usize,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Becomes the clients over sockets; the program starts them itself.
    #[command(hide = true)]
    Clients {
        server: SocketAddr,
        #[arg(long)]
        core: usize,
    },
}

#[highway::server]
struct Hub;

#[route("echo")]
async fn echo(data: String, hub: &mut Hub) -> highway::Result {
    hub.send("echo", data).await
}

/// Descriptors that are left to everything but connections.
const DESCRIPTORS_LEFT: usize = 1000;

/// How long everything that goes on after the last connection has to end.
const SETTLE: Duration = Duration::from_secs(2);

/// Without any progress for so long, what is waited for does not come any more.
const PATIENCE: Duration = Duration::from_mins(1);

/// What was waited for does not come.
fn stuck(so_far: impl Display) -> Error {
    let message = format!("nothing more for {PATIENCE:?}: {so_far}");
    Error::new(ErrorKind::TimedOut, message)
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.task {
        Some(Task::Clients { server, core }) => sockets::run(server, core),
        None => run(&arguments),
    }
}

/// Milliseconds since the program began.
fn clock() -> u32 {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    u32::try_from(BEGIN.elapsed().as_millis()).unwrap_or(u32::MAX)
}

/// The server, and all its clients.
struct Trial {
    runtime: Runtime,
    handle: ServerHandle<Hub>,
    streams: mpsc::UnboundedSender<(memory::ServerEnd, SocketAddr)>,
    memory: memory::Clients,
    sockets: Option<sockets::Clients>,
    of_memory: usize,
    of_sockets: usize,
}

fn run(arguments: &Arguments) -> Result<()> {
    if cfg!(debug_assertions) {
        eprintln!("this is a debug build: its figures mean nothing");
    }
    let descriptors = process::raise_descriptor_limit()?;
    let possible = descriptors.saturating_sub(DESCRIPTORS_LEFT);
    let all = arguments.connections;
    let of_sockets = arguments.sockets.unwrap_or(possible).min(possible).min(all);
    let of_memory = all - of_sockets;
    counting::begin()?;
    let mut trial = Trial::start(arguments, of_memory, of_sockets)?;

    println!("{all} connections: {of_memory} over memory, {of_sockets} over sockets\n");
    let begin = Memory::now();
    let opening = Instant::now();
    trial.memory.open(of_memory, &trial.streams)?;
    let took = opening.elapsed();
    trial.pass(SETTLE)?;
    let after_memory = Memory::now();
    tell_memory("memory", after_memory - begin, of_memory, took);

    let kernel = process::kernel_memory()?;
    let opening = Instant::now();
    trial.open_sockets(arguments)?;
    let took = opening.elapsed();
    trial.pass(SETTLE)?;
    tell_memory("sockets", Memory::now() - after_memory, of_sockets, took);
    if of_sockets > 0 {
        // Both ends are here.
        let each = (process::kernel_memory()? as f64 - kernel as f64) / (2 * of_sockets) as f64;
        println!("  the kernel has {each:.0} bytes for each end of a socket");
    }
    println!(
        "  the process has {:.2} GB resident, what lies between both ends and the clients over memory included\n",
        process::own_resident()? as f64 / 1e9
    );
    trial.watch(Duration::from_secs(arguments.silence))?;
    trial.broadcast(arguments.broadcasts)?;
    trial.check()?;
    // Who is cut off first would complain.
    drop(trial.sockets.take());
    trial.runtime.shutdown_background();
    Ok(())
}

fn tell_memory(over: &str, memory: Memory, connections: usize, took: Duration) {
    if connections == 0 {
        return;
    }
    let each = connections as f64;
    println!(
        "over {over}: {connections} connections after an echo each, opened in {:.1} s ({:.0} a second)\n  \
         the server has {:.0} bytes in {:.1} allocations for each",
        took.as_secs_f64(),
        each / took.as_secs_f64(),
        memory.bytes as f64 / each,
        memory.allocations as f64 / each,
    );
}

/// The server's only worker.
static WORKER: AtomicU32 = AtomicU32::new(0);

fn worker_cpu() -> Result<Duration> {
    process::cpu_of_thread(WORKER.load(Ordering::Relaxed))
}

impl Trial {
    fn start(arguments: &Arguments, of_memory: usize, of_sockets: usize) -> Result<Self> {
        let (core, all) = (arguments.server_core, arguments.connections);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .on_thread_start(move || {
                counting::count_thread();
                if let Err(error) = process::pin(core) {
                    eprintln!("{error}");
                }
                let thread = rustix::thread::gettid().as_raw_nonzero().get();
                let (new, none) = (thread.unsigned_abs(), 0);
                // The worker is the first.
                let _ = WORKER.compare_exchange(none, new, Ordering::Relaxed, Ordering::Relaxed);
            })
            .build()?;
        let (sender, started) = oneshot::channel();
        let (streams, mut taken) = mpsc::unbounded_channel();
        runtime.spawn(async move {
            let server = Hub::server().limits(|limits| limits.connections = all);
            let server = match server.bind("127.0.0.1:0").await {
                Ok(server) => server,
                Err(error) => return sender.send(Err(error)).is_ok(),
            };
            let handle = server.handle();
            tokio::spawn(server.into_future());
            let is_awaited = sender.send(Ok(handle.clone())).is_ok();
            while let Some((stream, address)) = taken.recv().await {
                if let Err(error) = handle.serve_stream(stream, address) {
                    eprintln!("{error}");
                }
            }
            is_awaited
        });
        let handle = runtime.block_on(started).map_err(Error::other)?;
        let handle = handle.map_err(Error::other)?;
        process::pin(arguments.client_core)?;
        Ok(Self {
            runtime,
            handle,
            streams,
            memory: memory::Clients::new(of_memory),
            sockets: None,
            of_memory,
            of_sockets,
        })
    }

    fn open_sockets(&mut self, arguments: &Arguments) -> Result<()> {
        if self.of_sockets == 0 {
            return Ok(());
        }
        let address = self.handle.local_addr().ok_or(ErrorKind::NotConnected)?;
        let mut sockets = sockets::Clients::start(address, arguments.client_core)?;
        sockets.ask(Question::Open(self.of_sockets))?;
        // Meanwhile the others get pings.
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| sockets.answer());
            while !waiting.is_finished() {
                self.memory.turn(Duration::from_millis(10))?;
            }
            let ended = |_| Error::other("a thread has panicked");
            waiting.join().map_err(ended)?
        })?;
        self.sockets = Some(sockets);
        Ok(())
    }

    /// Lets the clients do what they have to for so long.
    fn pass(&mut self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.memory.turn(Duration::from_millis(10))?;
        }
        Ok(())
    }

    /// What the clients over sockets have seen.
    fn tally_of_sockets(&mut self) -> Result<Tally> {
        match &mut self.sockets {
            Some(sockets) => {
                sockets.ask(Question::Open(self.of_sockets))?;
                sockets.answer()
            }
            None => Ok(Tally::default()),
        }
    }

    fn watch(&mut self, time: Duration) -> Result<()> {
        let pings = self.memory.tally.pings + self.tally_of_sockets()?.pings;
        let (cpu, begin) = (worker_cpu()?, Instant::now());
        self.pass(time)?;
        let (elapsed, cpu) = (begin.elapsed(), worker_cpu()?.saturating_sub(cpu));
        let sockets = self.tally_of_sockets()?;
        let pings = self.memory.tally.pings + sockets.pings - pings;
        let longest = self.memory.tally.longest.max(sockets.longest);
        println!(
            "{:.0} s of silence: {:.0} pings a second; the server's core was busy for {:.1} % of the time\n  \
             the longest time between two pings of a connection was {:.2} s",
            elapsed.as_secs_f64(),
            pings as f64 / elapsed.as_secs_f64(),
            100.0 * cpu.div_duration_f64(elapsed),
            longest.as_secs_f64(),
        );
        self.check()
    }

    /// That no connection has been lost.
    fn check(&self) -> Result<()> {
        let (all, there) = (self.of_memory + self.of_sockets, self.handle.connections());
        if all == there {
            return Ok(());
        }
        Err(Error::other(format!(
            "{there} of {all} connections are left"
        )))
    }

    /// Waits until a broadcast is sent, and the clients over memory have got as many of them as this, all together.
    fn deliver(&mut self, sent: JoinHandle<highway::Result>, deliveries: usize) -> Result<()> {
        let mut sent = Some(sent);
        let mut last = (self.memory.tally.deliveries, Instant::now());
        loop {
            if let Some(sent) = sent.take_if(|sent| sent.is_finished()) {
                let sent = self.runtime.block_on(sent).map_err(Error::other)?;
                sent.map_err(Error::other)?;
            }
            let came = self.memory.tally.deliveries;
            if sent.is_none() && came >= deliveries {
                return Ok(());
            }
            // Pings come all the time.
            if came > last.0 {
                last = (came, Instant::now());
            } else if last.1.elapsed() > PATIENCE {
                return Err(stuck(format_args!(
                    "{came} of {deliveries} broadcasts arrived"
                )));
            }
            self.memory.turn(Duration::from_millis(10))?;
        }
    }

    fn broadcast(&mut self, times: usize) -> Result<()> {
        let mut took = Vec::new();
        for time in 1..=times {
            let (cpu, begin) = (worker_cpu()?, Instant::now());
            if let Some(sockets) = &mut self.sockets {
                sockets.ask(Question::Deliveries(time * self.of_sockets))?;
            }
            let handle = self.handle.clone();
            let sent = self
                .runtime
                .spawn(async move { handle.everyone().send("news", NEWS).await });
            self.deliver(sent, time * self.of_memory)?;
            if let Some(sockets) = &mut self.sockets {
                sockets.answer()?;
            }
            let elapsed = begin.elapsed();
            println!(
                "broadcast {time}: all have it after {:.2} s, of which the server's core was busy for {:.2} s",
                elapsed.as_secs_f64(),
                worker_cpu()?.saturating_sub(cpu).as_secs_f64(),
            );
            took.push(elapsed);
            self.pass(Duration::from_millis(500))?;
        }
        took.sort();
        if let Some(median) = took.get(took.len() / 2) {
            println!("  the median is {:.2} s", median.as_secs_f64());
        }
        Ok(())
    }
}
