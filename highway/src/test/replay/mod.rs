//! Recordings, played against handlers.

mod connection;
mod difference;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt, fs,
    path::PathBuf,
    time::Duration,
};

use serde::Serialize;
use tokio::time::{Instant, sleep, sleep_until};

use super::{DEADLINE, Network, server, url};
use crate::{
    handler::Handler,
    payload::{self, EncodeError},
    record::{Entry, RecordedMessage, Recording, What},
    route::ServerSide,
    server::{Server, recording::ConnectionIds},
    upgrade,
    wire::{Close, CloseCode, Dialect},
};

use connection::{Playing, is_compared};
pub use difference::{Difference, ReplayError};

/// How long a message may take to arrive at the handlers, and what they do at once: time passes only when nothing else is left to do.
const SETTLED: Duration = Duration::from_millis(1);

/// Plays a recording against a server's handlers: what clients sent is sent again, at the same times, and what the server sends is compared
/// with what it sent then. [The chapter](crate#recording-and-replaying) says what is compared.
///
/// On paused time, as with `#[tokio::test(start_paused = true)]`, it takes no longer than the handlers work.
///
/// ```
/// # #[highway::server]
/// # struct Chat;
/// # #[highway::route("say")]
/// # async fn say(text: String, chat: &mut Chat) -> highway::Result { chat.send("said", text).await }
/// # const RECORDING: &str = concat!(
/// #     "{\"highway\":\"recording\",\"version\":1,\"handler\":\"Chat\"}\n",
/// #     "{\"at\":0.001,\"connection\":1,\"open\":{\"path\":\"/\"}}\n",
/// #     "{\"at\":0.001,\"connection\":1,\"server\":{\"kind\":\"routes\",\"routes\":{\"0\":\"meta\",\"1\":\"say\"},\"dialect\":\"0.2\"}}\n",
/// #     "{\"at\":0.002,\"connection\":1,\"client\":{\"kind\":\"routes\",\"routes\":{\"0\":\"meta\",\"1\":\"said\"},\"dialect\":\"0.2\"}}\n",
/// #     "{\"at\":0.003,\"connection\":1,\"client\":{\"kind\":\"message\",\"route\":\"say\",\"data\":\"\\\"hi\\\"\"}}\n",
/// #     "{\"at\":0.003,\"connection\":1,\"server\":{\"kind\":\"message\",\"route\":\"said\",\"data\":\"\\\"hi\\\"\"}}\n",
/// # );
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// # let folder = tempfile::tempdir().unwrap();
/// # let file = folder.path().join("chat.jsonl");
/// # std::fs::write(&file, RECORDING).unwrap();
/// let replayed = highway::test::replay(file, Chat::server()).await.unwrap();
/// assert_eq!(replayed.compared, 1);
/// # }
/// ```
///
/// # Errors
/// With the first message that differs, and when the recording can't be read or played. [`Replay`] has what to do about the latter.
///
/// # Panics
/// As [`server`].
pub async fn replay<H: Handler<Side = ServerSide>>(
    file: impl Into<PathBuf>,
    server: Server<H>,
) -> Result<Replayed, ReplayError> {
    Replay::new(file).run(server).await
}

/// What came of a replay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replayed {
    /// The messages that clients sent.
    pub sent: usize,
    /// The server's messages that were compared, and are equal.
    pub compared: usize,
    /// The parts of pipes, which are not played.
    pub left_out: usize,
}

/// Writes a value in a dialect.
type Fill = Box<dyn Fn(Dialect, &mut Vec<u8>) -> Result<u8, EncodeError> + Send>;

/// Changes a request.
type Prepare = Box<dyn FnMut(u64, &mut http::Request<()>) + Send>;

/// A recording that is to be played, with what it leaves out: see [`replay`].
///
/// ```no_run
/// # #[highway::server]
/// # struct Chat;
/// # #[highway::route("sign-in")]
/// # async fn sign_in(_: (String, String), _: &mut Chat) {}
/// # async fn test() -> Result<(), highway::test::ReplayError> {
/// highway::test::Replay::new("tests/chat.jsonl")
///     .fill("sign-in", ("ada", "the password of the test"))
///     .prepare(|_connection, request| {
///         request.headers_mut().insert("cookie", "session=1".parse().unwrap());
///     })
///     .run(Chat::server())
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "it is played when it is run"]
pub struct Replay {
    file: PathBuf,
    fills: BTreeMap<String, Fill>,
    prepare: Option<Prepare>,
    deadline: Duration,
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("file", &self.file)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl Replay {
    /// The recording in a file.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            fills: BTreeMap::new(),
            prepare: None,
            deadline: DEADLINE,
        }
    }

    /// Has clients send this where the recording leaves out what they sent to a route.
    pub fn fill(
        mut self,
        route: impl Into<String>,
        value: impl Serialize + Send + 'static,
    ) -> Self {
        let fill = move |dialect, out: &mut Vec<u8>| payload::encode(dialect, &value, out);
        self.fills.insert(route.into(), Box::new(fill));
        self
    }

    /// Changes the requests of connections, which have the recorded path and no more, before they are made: what signs in is not recorded.
    /// The function gets the number of the connection in the recording.
    pub fn prepare(
        mut self,
        prepare: impl FnMut(u64, &mut http::Request<()>) + Send + 'static,
    ) -> Self {
        self.prepare = Some(Box::new(prepare));
        self
    }

    /// The time that the server has for each of its messages, from its recorded time on: 5 s, on tokio's clock.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Plays it.
    ///
    /// # Errors
    /// As [`replay`].
    ///
    /// # Panics
    /// As [`server`].
    pub async fn run<H: Handler<Side = ServerSide>>(
        mut self,
        builder: Server<H>,
    ) -> Result<Replayed, ReplayError> {
        let text = fs::read_to_string(&self.file).map_err(|error| ReplayError::Unreadable {
            file: self.file.clone(),
            error,
        })?;
        let recording = Recording::parse(&text).map_err(|error| ReplayError::Recording {
            file: self.file.clone(),
            error,
        })?;
        let ids = ConnectionIds::default();
        let server = server(builder.connection_ids(ids.clone()));
        let mut run = Run {
            began: Instant::now(),
            deadline: self.deadline,
            connections: HashMap::new(),
            expected: VecDeque::new(),
            last: None,
            replayed: Replayed::default(),
        };
        for (entry, line) in recording.entries.iter().zip(Recording::FIRST_LINE..) {
            let at = run.began.checked_add(entry.at);
            sleep_until(at.unwrap_or(run.began)).await;
            let Some(id) = entry.connection else {
                if let What::Dropped(count) = entry.what {
                    return Err(ReplayError::Incomplete { line, count });
                }
                continue;
            };
            if let What::Open(opened) = &entry.what {
                run.settle(id).await;
                let failed = |error| ReplayError::Connect { line, error };
                let mut request =
                    upgrade::client_request(&url(&opened.path), &[], &[]).map_err(failed)?;
                if let Some(prepare) = &mut self.prepare {
                    prepare(id, &mut request);
                }
                ids.push(id.into());
                let stream = server.dial(&Network::new());
                let playing = Playing::connect(stream, request).await.map_err(failed)?;
                run.connections.insert(id, playing);
                continue;
            }
            run.step(entry, line, id, &self.fills).await?;
        }
        run.drain().await?;
        if !recording.is_cut_off {
            sleep(SETTLED).await;
            run.find_more()?;
        }
        Ok(run.replayed)
    }
}

/// A message of the server that has to come.
struct Expected {
    line: usize,
    at: Duration,
    connection: u64,
    message: RecordedMessage,
}

struct Run {
    began: Instant,
    deadline: Duration,
    connections: HashMap<u64, Playing>,
    /// In the order of the recording.
    expected: VecDeque<Expected>,
    /// The connection on which something was done last.
    last: Option<u64>,
    replayed: Replayed,
}

impl Run {
    /// Plays what happened on a connection.
    async fn step(
        &mut self,
        entry: &Entry,
        line: usize,
        id: u64,
        fills: &BTreeMap<String, Fill>,
    ) -> Result<(), ReplayError> {
        match &entry.what {
            What::Client(message) => {
                self.drain().await?;
                self.settle(id).await;
                if let Some(playing) = self.connections.get_mut(&id) {
                    if playing.send(message, line, fills, self.deadline).await? {
                        self.replayed.sent += 1;
                    } else {
                        self.replayed.left_out += 1;
                    }
                }
            }
            What::Server(message) if is_shutdown(message) => {
                // The server that is tested goes on.
                self.drain().await?;
                self.connections.remove(&id);
            }
            // A recording may begin in the middle of a connection.
            What::Server(message) if is_compared(message) && self.connections.contains_key(&id) => {
                self.expected.push_back(Expected {
                    line,
                    at: entry.at,
                    connection: id,
                    message: message.clone(),
                });
            }
            What::Over(_) => {
                self.drain().await?;
                self.settle(id).await;
                self.connections.remove(&id);
            }
            _ => {}
        }
        Ok(())
    }

    /// Waits until what was done on another connection is through, so that the server sees both in this order.
    async fn settle(&mut self, connection: u64) {
        if self
            .last
            .replace(connection)
            .is_some_and(|last| last != connection)
        {
            sleep(SETTLED).await;
        }
    }

    /// Waits for what has to have come by now.
    async fn drain(&mut self) -> Result<(), ReplayError> {
        while let Some(expected) = self.expected.pop_front() {
            let Some(playing) = self.connections.get_mut(&expected.connection) else {
                continue;
            };
            let got = playing.next(&expected.message, self.deadline).await;
            let equal = got
                .as_ref()
                .is_some_and(|got| playing.is_equal(&expected.message, got));
            if !equal {
                return Err(ReplayError::Differs(Box::new(Difference {
                    line: Some(expected.line),
                    at: expected.at,
                    connection: expected.connection,
                    recorded: Some(expected.message),
                    replayed: got,
                })));
            }
            if !matches!(&*expected.message.kind, "routes" | "contract") {
                self.replayed.compared += 1;
            }
        }
        Ok(())
    }

    /// Finds what the recording has not.
    fn find_more(&mut self) -> Result<(), ReplayError> {
        let mut ids: Vec<_> = self.connections.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            let more = self.connections.get_mut(&id).and_then(Playing::more);
            if let Some(message) = more {
                return Err(ReplayError::Differs(Box::new(Difference {
                    line: None,
                    at: self.began.elapsed(),
                    connection: id,
                    recorded: None,
                    replayed: Some(message),
                })));
            }
        }
        Ok(())
    }
}

/// Whether a message is the close of a server that shuts down.
fn is_shutdown(message: &RecordedMessage) -> bool {
    let (Some(code), Some(reason)) = (message.code, &message.reason) else {
        return false;
    };
    let close = Close::new(CloseCode::new(code), reason.clone());
    close.retry_after().is_some()
}
