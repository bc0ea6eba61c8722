//! Connections over sockets: their clients are a process of its own, so that each side has its own descriptors.

use std::io::{self, BufRead, BufReader, Error, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use highway_bench::process;
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};
use rustix::process::{Signal, set_parent_process_death_signal};
use rustix::time::Timespec;

use crate::client::{Client, REQUEST, Tally};
use crate::{PATIENCE, clock, stuck};

/// Connections that are being opened at a time.
const OPENING: usize = 64;

/// Connections from one address: so few of the ports that a free one is found at once.
const OF_AN_ADDRESS: usize = 4000;

/// The clients, seen from the server's process.
pub(crate) struct Clients {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Clients {
    /// Starts them on a core.
    pub(crate) fn start(server: SocketAddr, core: usize) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("clients")
            .arg(server.to_string())
            .arg(format!("--core={core}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let answers = child.stdout.take().ok_or_else(ended)?;
        Ok(Self {
            child,
            answers: BufReader::new(answers),
        })
    }

    /// Asks for something whose [`answer`](Self::answer) is to come.
    pub(crate) fn ask(&mut self, question: Question) -> Result<()> {
        let mut input = self.child.stdin.as_ref().ok_or_else(ended)?;
        let (word, number) = match question {
            Question::Open(count) => ("open", count),
            Question::Deliveries(count) => ("deliveries", count),
        };
        writeln!(input, "{word} {number}")
    }

    /// Waits until what was asked for is so.
    pub(crate) fn answer(&mut self) -> Result<Tally> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let numbers: Vec<usize> = line
            .split_whitespace()
            .filter_map(|number| number.parse().ok())
            .collect();
        let [ready, deliveries, pings, longest] = numbers[..] else {
            return Err(ended());
        };
        Ok(Tally {
            ready,
            deliveries,
            pings,
            longest: Duration::from_millis(longest as u64),
        })
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ended() -> Error {
    Error::other("the clients' process has ended")
}

/// What the clients are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Question {
    /// To be as many as this, each after its echo.
    Open(usize),
    /// To have got as many broadcasts as this, all together.
    Deliveries(usize),
}

impl Question {
    fn read(line: &str) -> Option<Self> {
        let (word, number) = line.split_once(' ')?;
        let number = number.parse().ok()?;
        match word {
            "open" => Some(Self::Open(number)),
            "deliveries" => Some(Self::Deliveries(number)),
            _ => None,
        }
    }

    fn holds(self, tally: &Tally) -> bool {
        match self {
            Self::Open(count) => tally.ready >= count,
            Self::Deliveries(count) => tally.deliveries >= count,
        }
    }
}

/// Becomes the clients.
pub(crate) fn run(server: SocketAddr, core: usize) -> Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    process::raise_descriptor_limit()?;
    process::pin(core)?;
    let questions = questions();
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    let mut events = Vec::with_capacity(1024);
    let mut scratch = vec![0; 64 * 1024];
    let mut out = Vec::new();
    let mut clients: Vec<(TcpStream, Client)> = Vec::new();
    let mut tally = Tally::default();
    let (mut wanted, mut asked) = (0, None);
    let mut last = (0, Instant::now());
    let wait = Timespec::try_from(Duration::from_millis(5)).map_err(Error::other)?;
    loop {
        match questions.try_recv() {
            Ok(question) => {
                asked = Some(question);
                last.1 = Instant::now();
            }
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return Ok(()),
        }
        if let Some(Question::Open(count)) = asked {
            wanted = count;
        }
        while clients.len() < wanted && clients.len() - tally.ready < OPENING {
            let stream = open(server, clients.len())?;
            let data = EventData::new_u64(clients.len() as u64);
            epoll::add(&epoll, &stream, data, EventFlags::IN)?;
            clients.push((stream, Client::new()));
        }
        events.clear();
        match epoll::wait(&epoll, spare_capacity(&mut events), Some(&wait)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let now = clock();
        for event in &events {
            let at = usize::try_from(event.data.u64()).map_err(Error::other)?;
            let (stream, client) = &mut clients[at];
            match stream.read(&mut scratch) {
                Ok(0) => return Err(Error::other("the server ended a connection")),
                Ok(length) => client.take(&scratch[..length], now, &mut tally, &mut out)?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            if !out.is_empty() {
                // What a client says is short, and fits the socket.
                stream.write_all(&out)?;
                out.clear();
            }
        }
        let progress = tally.ready + tally.deliveries;
        if progress > last.0 {
            last = (progress, Instant::now());
        }
        if asked.is_some_and(|question| !question.holds(&tally)) && last.1.elapsed() > PATIENCE {
            let Tally {
                ready, deliveries, ..
            } = tally;
            return Err(stuck(format_args!(
                "{ready} connections and {deliveries} broadcasts over sockets"
            )));
        }
        if asked.is_some_and(|question| question.holds(&tally)) {
            asked = None;
            let longest = tally.longest.as_millis();
            let Tally {
                ready,
                deliveries,
                pings,
                ..
            } = tally;
            println!("{ready} {deliveries} {pings} {longest}");
        }
    }
}

/// What is read from the standard input, until it ends.
fn questions() -> Receiver<Question> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if let Some(question) = Question::read(&line) {
                let _ = sender.send(question);
            }
        }
    });
    receiver
}

/// Connects from an address of its own for each [`OF_AN_ADDRESS`], and sends the request.
fn open(server: SocketAddr, number: usize) -> Result<TcpStream> {
    let address = u16::try_from(1 + number / OF_AN_ADDRESS).map_err(Error::other)?;
    let [high, low] = address.to_be_bytes();
    let source = SocketAddr::from(([127, 1, high, low], 0));
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
    bind(&socket, &source)?;
    connect(&socket, &server)?;
    let mut stream = TcpStream::from(socket);
    stream.write_all(REQUEST)?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}
