//! A program on the other side of a test; `peers/conversation.py` says how they talk.

use std::{
    collections::BTreeMap,
    fmt,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
    sync::mpsc,
};

/// How long a peer may take until what is expected of it happens: longer than any of its own time limits (10 s).
const PATIENCE: Duration = Duration::from_secs(20);

/// What has happened at the peer. Its connections are numbered from 0, in the order in which they came up (server) or
/// were asked for (client).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "conversation.py describes every event and its fields"
)]
pub enum Event {
    Listening {
        port: u16,
    },
    Open {
        connection: u32,
    },
    Ready {
        connection: u32,
        routes: BTreeMap<String, String>,
    },
    Received {
        connection: u32,
        route: String,
        r#type: String,
        repr: String,
        code: Option<u8>,
        message: Option<String>,
    },
    Echoed(Echoed),
    Unsendable {
        connection: u32,
        index: usize,
        sent: String,
        error: String,
    },
    Exchanged {
        connection: u32,
        count: usize,
    },
    Closed {
        connection: u32,
        code: u16,
        reason: String,
    },
    Ended {
        connection: u32,
        error: Option<String>,
        code: Option<u16>,
        reason: Option<String>,
    },
    Failed {
        connection: Option<u32>,
        command: String,
        error: String,
    },
}

/// A value that has come back in an exchange; values are texts as Python's `repr` writes them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(
    missing_docs,
    reason = "conversation.py describes every event and its fields"
)]
pub struct Echoed {
    pub connection: u32,
    pub index: usize,
    pub sent: String,
    pub sent_type: String,
    pub equal: bool,
    pub expected: String,
    pub expected_type: String,
    pub received: String,
    pub received_type: String,
    pub code: Option<u8>,
    pub written_code: Option<u8>,
    pub written: Option<String>,
}

/// What has become of the values of an exchange.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exchange {
    /// Those that came back, in order.
    pub echoed: Vec<Echoed>,
    /// Those that the peer itself cannot send or read: the expression and why.
    pub unsendable: Vec<(String, String)>,
}

impl Exchange {
    /// Checks that every value came back equal in value and type, but for `count` that the peer cannot send.
    ///
    /// # Panics
    ///
    /// When that is not so, with each value at fault.
    #[track_caller]
    pub fn check_all_equal_but_unsendable(&self, count: usize) {
        let changed: Vec<_> = self.echoed.iter().filter(|echoed| !echoed.equal).collect();
        assert!(changed.is_empty(), "changed on the way: {changed:#?}");
        assert_eq!(
            self.unsendable.len(),
            count,
            "unsendable: {:#?}",
            self.unsendable
        );
    }
}

/// A running peer. It ends when this is dropped.
pub struct Peer {
    // Killed on drop.
    process: Child,
    commands: mpsc::UnboundedSender<String>,
    events: mpsc::UnboundedReceiver<String>,
    /// How many connections a client was asked for.
    connected: u32,
    /// Events that nobody has asked for yet.
    unclaimed: Vec<Event>,
    /// Standard error, for the message of a failing test.
    log: Arc<Mutex<String>>,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("process", &self.process)
            .field("unclaimed", &self.unclaimed)
            .finish_non_exhaustive()
    }
}

fn spawn(mut command: std::process::Command) -> Child {
    command.stderr(Stdio::piped());
    let program = format!("{command:?}");
    Command::from(command)
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("{program} does not start: {error}"))
}

impl Peer {
    /// Starts a peer program that is talked to over its standard input and output, within a tokio runtime.
    pub(crate) fn start(mut command: std::process::Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = spawn(command);
        let (Some(mut stdin), Some(stdout)) = (process.stdin.take(), process.stdout.take()) else {
            unreachable!("both are piped");
        };
        let (commands, mut to_do) = mpsc::unbounded_channel::<String>();
        tokio::spawn(async move {
            while let Some(command) = to_do.recv().await {
                if stdin
                    .write_all(format!("{command}\n").as_bytes())
                    .await
                    .is_err()
                {
                    break;
                }
            }
        });
        let (happened, events) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if happened.send(line).is_err() {
                    break;
                }
            }
        });
        Self::over(process, commands, events)
    }

    /// Starts a program that gets its commands and tells its events in another way.
    pub(crate) fn start_apart(
        mut command: std::process::Command,
        commands: mpsc::UnboundedSender<String>,
        events: mpsc::UnboundedReceiver<String>,
    ) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        Self::over(spawn(command), commands, events)
    }

    fn over(
        mut process: Child,
        commands: mpsc::UnboundedSender<String>,
        events: mpsc::UnboundedReceiver<String>,
    ) -> Self {
        let log = Arc::<Mutex<String>>::default();
        if let Some(errors) = process.stderr.take() {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let mut errors = BufReader::new(errors).lines();
                while let Ok(Some(line)) = errors.next_line().await {
                    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
                    log.push_str(&line);
                    log.push('\n');
                }
            });
        }
        Self {
            process,
            commands,
            events,
            connected: 0,
            unclaimed: Vec::new(),
            log,
        }
    }

    /// Takes the first event that `pick` gives something for, of those that nobody has taken yet
    /// and those that come; the others stay.
    ///
    /// # Panics
    ///
    /// When none comes within 20 s, the peer reports a command that failed, or it ends.
    pub async fn expect<T>(&mut self, what: &str, pick: impl Fn(&Event) -> Option<T>) -> T {
        match self.expect_within(PATIENCE, what, pick).await {
            Some(picked) => picked,
            None => self.give_up(what, &format!("nothing of it after {PATIENCE:?}")),
        }
    }

    /// As [`Peer::expect`], with another time limit and None when it has passed.
    pub async fn expect_within<T>(
        &mut self,
        limit: Duration,
        what: &str,
        pick: impl Fn(&Event) -> Option<T>,
    ) -> Option<T> {
        if let Some((index, picked)) = self
            .unclaimed
            .iter()
            .enumerate()
            .find_map(|(index, event)| Some((index, pick(event)?)))
        {
            self.unclaimed.remove(index);
            return Some(picked);
        }
        let next = async {
            loop {
                let event = self.next_event(what).await;
                if let Some(picked) = pick(&event) {
                    return picked;
                }
                if matches!(event, Event::Failed { .. }) {
                    self.give_up(what, &format!("the peer reports {event:?}"));
                }
                self.unclaimed.push(event);
            }
        };
        tokio::time::timeout(limit, next).await.ok()
    }

    async fn next_event(&mut self, what: &str) -> Event {
        match self.events.recv().await {
            Some(line) => serde_json::from_str(&line)
                .unwrap_or_else(|error| self.give_up(what, &format!("{error} in {line}"))),
            None => self.give_up(what, "the peer has ended"),
        }
    }

    fn give_up(&self, what: &str, why: &str) -> ! {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        panic!(
            "waiting for {what}: {why}\nother events: {:#?}\nthe peer's log:\n{log}",
            self.unclaimed
        );
    }

    fn command(&mut self, command: &Value) {
        if self.commands.send(command.to_string()).is_err() {
            self.give_up(&format!("the peer to take {command}"), "it has ended");
        }
    }

    pub(crate) async fn listening(&mut self) -> u16 {
        self.expect("the port", |event| match *event {
            Event::Listening { port } => Some(port),
            _ => None,
        })
        .await
    }

    /// Lets a client connect, without waiting for it; gives back the number of the connection.
    pub fn connect(&mut self, url: &str) -> u32 {
        self.connects(&json!({"do": "connect", "url": url}))
    }

    /// The same, for a JavaScript peer, which offers subprotocols.
    pub fn connect_with(&mut self, url: &str, subprotocols: &[&str]) -> u32 {
        self.connects(&json!({"do": "connect", "url": url, "subprotocols": subprotocols}))
    }

    fn connects(&mut self, command: &serde_json::Value) -> u32 {
        self.command(command);
        let number = self.connected;
        self.connected += 1;
        number
    }

    /// Waits until a connection is open, which comes before the meta exchange.
    pub async fn open(&mut self, connection: u32) {
        self.expect(
            &format!("connection {connection} to open"),
            |event| match *event {
                Event::Open { connection: open } if open == connection => Some(()),
                _ => None,
            },
        )
        .await;
    }

    /// Waits until the meta exchange of a connection is through; gives back the other side's route table, names by id.
    pub async fn ready(&mut self, connection: u32) -> BTreeMap<String, String> {
        self.expect(
            &format!("connection {connection} to be ready"),
            |event| match event {
                Event::Ready {
                    connection: ready,
                    routes,
                } if *ready == connection => Some(routes.clone()),
                _ => None,
            },
        )
        .await
    }

    /// Waits for the next value on a route; gives back its type's name and its `repr`.
    pub async fn received(&mut self, connection: u32, route: &str) -> (String, String) {
        self.expect(
            &format!("a value on {route:?} of connection {connection}"),
            |event| match event {
                Event::Received {
                    connection: on,
                    route: name,
                    r#type,
                    repr,
                    ..
                } if *on == connection && name == route => Some((r#type.clone(), repr.clone())),
                _ => None,
            },
        )
        .await
    }

    /// Waits until highway.py calls `on_close` (`closed` in 0.1); gives back the code and the reason.
    pub async fn closed(&mut self, connection: u32) -> (u16, String) {
        self.expect(
            &format!("connection {connection} to be closed"),
            |event| match event {
                Event::Closed {
                    connection: closed,
                    code,
                    reason,
                } if *closed == connection => Some((*code, reason.clone())),
                _ => None,
            },
        )
        .await
    }

    /// Waits until a client's connection has ended; gives back what was raised, if anything.
    pub async fn ended(&mut self, connection: u32) -> Option<String> {
        self.expect(
            &format!("connection {connection} to end"),
            |event| match event {
                Event::Ended {
                    connection: ended,
                    error,
                    ..
                } if *ended == connection => Some(error.clone()),
                _ => None,
            },
        )
        .await
    }

    /// Sends the value of a Python expression to a route of the other side.
    pub fn send(&mut self, connection: u32, route: &str, value: &str) {
        self.command(
            &json!({"do": "send", "connection": connection, "route": route, "value": value}),
        );
    }

    /// Sends a message as it is, header and all.
    pub fn send_raw(&mut self, connection: u32, message: &[u8]) {
        use std::fmt::Write as _;
        let hex = message.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        self.command(&json!({"do": "raw", "connection": connection, "hex": hex}));
    }

    /// Sends a WebSocket text message; the JavaScript peers can.
    pub fn send_text(&mut self, connection: u32, text: &str) {
        self.command(&json!({"do": "text", "connection": connection, "text": text}));
    }

    /// Closes a connection.
    pub fn close(&mut self, connection: u32, code: u16, reason: &str) {
        self.command(
            &json!({"do": "close", "connection": connection, "code": code, "reason": reason}),
        );
    }

    /// Sends the values of Python expressions to the route `echo` of the other side, one after the other, and waits until
    /// each has come back on `echoed`.
    pub async fn exchange<S: AsRef<str>>(&mut self, connection: u32, values: &[S]) -> Exchange {
        let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        self.command(&json!({"do": "exchange", "connection": connection, "values": values}));
        let mut exchange = Exchange::default();
        loop {
            let what = match exchange.echoed.last() {
                None => "the first value of the exchange".to_owned(),
                Some(last) => format!("the value behind {}", last.sent),
            };
            let event = self
                .expect(&what, |event| match event {
                    Event::Echoed(Echoed { connection: on, .. })
                    | Event::Unsendable { connection: on, .. }
                    | Event::Exchanged { connection: on, .. }
                    | Event::Closed { connection: on, .. }
                    | Event::Ended { connection: on, .. }
                        if *on == connection =>
                    {
                        Some(event.clone())
                    }
                    _ => None,
                })
                .await;
            match event {
                Event::Echoed(echoed) => exchange.echoed.push(echoed),
                Event::Unsendable { sent, error, .. } => exchange.unsendable.push((sent, error)),
                Event::Exchanged { .. } => return exchange,
                event => self.give_up(&what, &format!("the connection is gone, {event:?}")),
            }
        }
    }
}
