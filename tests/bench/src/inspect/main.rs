//! What the inspector costs a server.
//!
//! ```text
//! cargo run --release -p highway-bench --bin inspect
//! cargo run --release -p highway-bench --bin inspect -- --connections 1000 --rate 20000 --rounds 3
//! ```
//!
//! Two servers run, each in a process of its own and on one core, and clients on another core put the same load on them, in turns: each
//! message goes to another connection than the one before, which answers it. What is told is the processor time of the server
//! for each message, received or sent, as the median over the rounds: of the server without an inspector, of the other with no page open, and of
//! that with a page, which watches all messages and looks at 50 connections in each second. It needs two cores, and descriptors for twice
//! the connections.

use std::{
    error::Error,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use highway::{Connection, Incoming, Inspector, Value, route, value::Dict};
use highway_bench::{
    frame::{Opcode, masked},
    process,
};

/// The clients that have a message under way at a time.
const BATCH: usize = 250;

/// A message to the first route, `echo`, of 16 bytes.
const ECHO: &[u8] = b"\0\0\x01\0sixteen bytes ok";

/// The routes that a client tells.
const ROUTES: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"echo\"}";

#[derive(Debug, Parser)]
struct Arguments {
    /// The connections of each server.
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
    /// The messages in a second, received and sent.
    #[arg(long, default_value_t = 100_000)]
    rate: u32,
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Be a server, with an inspector or without.
    #[arg(long, hide = true)]
    serve: Option<bool>,
    /// The seconds of a turn.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

#[highway::server]
struct Echo;

#[route("echo")]
async fn echo(data: &str, echo: &mut Echo) -> highway::Result {
    echo.send("echo", data).await
}

/// The client that an open page is.
#[highway::client]
struct Page;

type Failed = Box<dyn Error>;

/// The cores of the servers and of the clients.
const CORES: (usize, usize) = (1, 0);

fn main() -> Result<(), Failed> {
    let arguments = Arguments::parse();
    if let Some(inspector) = arguments.serve {
        process::become_server(CORES.0)?;
        return serve(arguments.connections + 10, inspector);
    }
    process::raise_descriptor_limit()?;
    process::pin(CORES.1)?;
    let start = |inspector: bool| {
        let mut program = Command::new(std::env::current_exe()?);
        program.arg("--serve").arg(inspector.to_string());
        program
            .arg("--connections")
            .arg(arguments.connections.to_string());
        process::Server::start(program)
    };
    let (plain, inspected) = (start(false)?, start(true)?);
    let mut to_plain = connect(plain.address(), arguments.connections)?;
    let mut to_inspected = connect(inspected.address(), arguments.connections)?;
    let before = inspected.resident()?;
    let mut costs: [Vec<f64>; 3] = Default::default();
    let mut rates = Vec::new();
    for _ in 0..arguments.rounds {
        let [none, closed, open] = &mut costs;
        let mut turn = |clients: &mut [TcpStream],
                        server: &process::Server,
                        costs: &mut Vec<f64>|
         -> Result<(), Failed> {
            let (cost, rate) = load(clients, server, &arguments)?;
            costs.push(cost);
            rates.push(rate);
            Ok(())
        };
        turn(&mut to_plain, &plain, none)?;
        turn(&mut to_inspected, &inspected, closed)?;
        let page = Opened::new(inspected.address())?;
        turn(&mut to_inspected, &inspected, open)?;
        drop(page);
    }
    let [none, closed, open] = costs.map(median);
    println!(
        "{:.0} messages a second over {} connections",
        median(rates),
        arguments.connections
    );
    println!("no inspector  {none:6.0} ns of the processor for a message");
    println!(
        "no page open  {closed:6.0} ns ({:+.1} %)",
        (closed / none - 1.0) * 100.0
    );
    println!(
        "a page open   {open:6.0} ns ({:+.1} %)",
        (open / none - 1.0) * 100.0
    );
    let after = inspected.resident()?;
    println!(
        "memory of the inspected server: {} KiB before the load, {} KiB after",
        before / 1024,
        after / 1024
    );
    Ok(())
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

fn serve(limit: usize, inspector: bool) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut server = Echo::server().limits(|limits| limits.connections = limit);
        if inspector {
            server = server.inspector(Inspector::new());
        }
        let server = server.bind("127.0.0.1:0").await?;
        println!("{}{}", process::LISTENING, server.local_addr());
        Ok(server.await?)
    })
}

fn connect(address: SocketAddr, count: usize) -> Result<Vec<TcpStream>, Failed> {
    (0..count).map(|_| client(address)).collect()
}

fn client(address: SocketAddr) -> Result<TcpStream, Failed> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    // The server's table.
    read_frame(&mut stream)?;
    stream.write_all(&masked(Opcode::BINARY, ROUTES))?;
    Ok(stream)
}

/// Reads a frame, whatever it is.
fn read_frame(stream: &mut TcpStream) -> Result<u8, Failed> {
    let mut head = [0; 2];
    stream.read_exact(&mut head)?;
    let mut len = usize::from(head[1]);
    if len == 126 {
        let mut long = [0; 2];
        stream.read_exact(&mut long)?;
        len = usize::from(u16::from_be_bytes(long));
    }
    let mut payload = [0; 1024];
    stream.read_exact(payload.get_mut(..len).ok_or("a frame is short")?)?;
    Ok(head[0] & 0xf)
}

/// Has all clients send and wait for their echo, again and again, at the rate. Returns the processor time of the server for each
/// message, in nanoseconds, and the messages of a second.
fn load(
    clients: &mut [TcpStream],
    server: &process::Server,
    arguments: &Arguments,
) -> Result<(f64, f64), Failed> {
    let frame = masked(Opcode::BINARY, ECHO);
    let begun = Instant::now();
    let before = server.cpu()?;
    let mut messages = 0_u32;
    'turn: loop {
        for batch in clients.chunks_mut(BATCH) {
            for client in &mut *batch {
                client.write_all(&frame)?;
            }
            for client in &mut *batch {
                // Pings, of which the inspector sends some, are not answered: it measures nothing then, and asks no more for a while.
                while read_frame(client)? != 2 {}
                messages += 2;
            }
            let took = begun.elapsed();
            if took > Duration::from_secs(arguments.seconds) {
                break 'turn;
            }
            let due = Duration::from_secs_f64(f64::from(messages) / f64::from(arguments.rate));
            thread::sleep(due.saturating_sub(took));
        }
    }
    let busy = server.cpu()?.saturating_sub(before);
    let rate = f64::from(messages) / begun.elapsed().as_secs_f64();
    Ok((busy.as_secs_f64() * 1e9 / f64::from(messages), rate))
}

/// A page that is open until this is dropped.
struct Opened(tokio::runtime::Runtime, Connection<Page>);

impl Opened {
    fn new(server: SocketAddr) -> Result<Self, Failed> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let url = format!("ws://{server}/inspect/ws");
        let page = runtime.block_on(Page::connect(&url))?;
        let mut watch: Incoming<Value> =
            runtime.block_on(async { page.stream("watch", Dict::<String>::default()).await })?;
        runtime.spawn(async move { while watch.next().await.is_some() {} });
        let looking = page.clone();
        runtime.spawn(async move {
            let mut second = tokio::time::interval(Duration::from_secs(1));
            loop {
                second.tick().await;
                let wanted: Dict = Dict::from_iter([("count", Value::from(50))]);
                let listed = looking.call::<_, _, Value>("connections", wanted).await;
                let told = looking.call::<_, _, Value>("overview", ()).await;
                if listed.and(told).is_err() {
                    return;
                }
            }
        });
        Ok(Self(runtime, page))
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.block_on(self.1.close());
    }
}
