//! A server under load for minutes or hours, some of it abuse: whether its memory stays where it is, every echo comes back, and
//! comes back soon.
//!
//! ```sh
//! cargo run --release -p highway-tests --bin soak -- 60    # an hour; --help tells the rest
//! ```
//!
//! Each minute it prints what the server has allocated, its memory (RSS), the echoes so far, those that were lost, and the 99th
//! percentile of the time that they took. It ends with 1 when an echo was lost, when the echoes were slower than they may be, or
//! when what the server has allocated grew after the first sixth of the time: by a line through the least that it had in each
//! thirtieth, by more than 1 MiB an hour, and in short runs by more than 256 KiB. RSS is told and does not count: it has what the allocator
//! keeps of freed memory, and not what the system has taken back of pages that are seldom used.
//!
//! By default 200 connections send 100 echoes a second in all, which takes some hundredths of a core.

mod abuse;
mod load;
mod measure;

use std::{process::ExitCode, sync::Arc, time::Duration};

use clap::Parser;
use highway::{Value, route};
use tokio::{io::AsyncReadExt, task::JoinSet, time::Instant};

use measure::{Memory, Totals};
use peak_alloc::PeakAlloc;

/// Counts what is allocated.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Loads a server with echoes and abuse, and says whether it stood it.
#[derive(Debug, Clone, Parser)]
struct Options {
    /// How long it takes.
    #[arg(default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// The connections, the abusive ones included.
    #[arg(long, default_value_t = 200)]
    connections: usize,
    /// How many of a hundred connections are abusive.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(0..=100))]
    abusive: u64,
    /// The echoes of all connections in a second.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    echoes: u32,
    /// The time in milliseconds that 99 of 100 echoes may take at most.
    #[arg(long, default_value_t = 10)]
    p99: u64,
    /// Is the server, in a process of its own, so that its memory can be measured.
    #[arg(long, hide = true)]
    serve: bool,
}

#[highway::server]
struct Server;

#[route("echo")]
async fn echo(data: Value, server: &mut Server) -> highway::Result {
    server.send("echo", data).await
}

#[route("panic")]
async fn panic(_: &mut Server) {
    // What the panic's hook would print is of no interest.
    std::panic::resume_unwind(Box::new("as asked"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = Options::parse();
    if options.serve {
        serve().await;
        return ExitCode::SUCCESS;
    }
    soak(&options).await
}

/// Serves on a free port, which it prints, until its standard input ends. Each second it prints what is allocated, in bytes.
async fn serve() {
    let server = Server::server().bind("127.0.0.1:0").await;
    let server = server.expect("a port is free");
    println!("{}", server.local_addr());
    let ended = async {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        let (mut input, mut byte) = (tokio::io::stdin(), [0]);
        let tell = async {
            loop {
                second.tick().await;
                println!("{}", ALLOCATOR.current_usage());
            }
        };
        tokio::select! {
            () = tell => {}
            // Whatever it says, it is the end.
            _ = input.read(&mut byte) => {}
        }
    };
    server
        .with_graceful_shutdown(ended)
        .await
        .expect("a server ends well");
}

async fn soak(options: &Options) -> ExitCode {
    let server = measure::Process::start();
    let totals = Arc::new(Totals::default());
    let time = Duration::from_secs(options.minutes * 60);
    let abusive = options.connections * usize::try_from(options.abusive).unwrap_or(100) / 100;
    let honest = options.connections - abusive;
    let mut tasks = JoinSet::new();
    for number in 0..honest {
        let each =
            Duration::from_secs(1) * u32::try_from(honest).unwrap_or(u32::MAX) / options.echoes;
        tasks.spawn(load::echo(
            server.address,
            number,
            each,
            Arc::clone(&totals),
        ));
    }
    for number in 0..abusive {
        tasks.spawn(abuse::abuse(server.address, number, Arc::clone(&totals)));
    }
    println!(
        "{honest} connections send {} echoes a second, {abusive} are abusive",
        options.echoes
    );

    let start = Instant::now();
    let (mut allocated, mut memory) = (Memory::default(), Memory::default());
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let mut minute = 0;
    while start.elapsed() < time {
        tokio::select! {
            _ = second.tick() => {}
            Some(ended) = tasks.join_next() => {
                // Only by a panic.
                ended.expect("a load does not fail");
            }
        }
        allocated.sample(start.elapsed(), server.allocated());
        memory.sample(start.elapsed(), server.memory());
        let minutes = start.elapsed().as_secs() / 60;
        if minutes > minute {
            minute = minutes;
            println!(
                "{minute:>4} min: {:.2} MiB allocated, {:.1} MiB of memory, {totals}",
                allocated.last(),
                memory.last()
            );
        }
    }
    tasks.shutdown().await;

    let hours = time.as_secs_f64() / 3600.0;
    let growth = allocated.growth_after(time / 6);
    let resident = memory.growth_after(time / 6);
    let allowed = f64::max(hours * 5.0 / 6.0, 0.25);
    let cpu = server.cpu_seconds() / time.as_secs_f64() * 100.0;
    println!(
        "after the first sixth what the server has allocated grew by {growth:.2} MiB, {allowed:.2} allowed, and its memory by \
         {resident:.2} MiB; it took {cpu:.1} % of a core; {} abuses",
        totals.abuses()
    );
    let mut faults = Vec::new();
    if growth > allowed {
        faults.push("what it has allocated grew");
    }
    if totals.lost() > 0 || totals.echoes() == 0 {
        faults.push("echoes were lost");
    }
    if totals.p99() > Duration::from_millis(options.p99) {
        faults.push("echoes were slow");
    }
    if faults.is_empty() {
        println!("passed");
        ExitCode::SUCCESS
    } else {
        println!("failed: {}", faults.join(", "));
        ExitCode::FAILURE
    }
}
