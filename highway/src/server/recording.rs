//! What went over a server's connections, written to a file by a thread of its own.
//!
//! The bytes of each connection are looked at as they are read and written, below everything that the server does with them. What is found there
//! goes into a queue, and the thread does the rest. A queue that is full takes nothing: the server never waits for the file.

use std::{
    collections::{HashMap, VecDeque},
    fs::File,
    io::{self, BufWriter, IoSlice, Write},
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    thread::{self, JoinHandle},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};

use super::Server;
use crate::{
    handler::Handler,
    record::{Entry, Head, Masks, Opened, Sender, Transcript, What},
    route::ServerSide,
    shown::Shown,
    transport::{
        AnyStream,
        websocket::{Event, Reader, Step, Stream},
    },
    wire::{Close, ConnectionId},
};

/// The bytes of messages that may wait for the thread.
const WAITING: usize = 16 << 20;

/// What a message that waits takes besides its bytes.
const MESSAGE: usize = 64;

/// The file of a recording, and what is left out of it: for [`Server::record`].
///
/// ```
/// use highway::server::RecordTo;
///
/// let to = RecordTo::new("chat.jsonl").mask(["sign-in", "card-*"]);
/// ```
#[derive(Debug, Clone)]
#[must_use = "a server records with `.record(…)`"]
pub struct RecordTo {
    path: PathBuf,
    masks: Masks,
}

impl RecordTo {
    /// A file, which is made, or emptied if it is there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            masks: Masks::default(),
        }
    }

    /// Leaves out the data, replies, items and failures of these routes, on either side. A `*` at the end of a name stands for any end.
    pub fn mask(mut self, routes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.masks.extend(routes);
        self
    }
}

impl From<&str> for RecordTo {
    fn from(path: &str) -> Self {
        Self::new(path)
    }
}

impl From<String> for RecordTo {
    fn from(path: String) -> Self {
        Self::new(path)
    }
}

impl From<&Path> for RecordTo {
    fn from(path: &Path) -> Self {
        Self::new(path)
    }
}

impl From<PathBuf> for RecordTo {
    fn from(path: PathBuf) -> Self {
        Self::new(path)
    }
}

impl<H: Handler<Side = ServerSide>, S> Server<H, S> {
    /// Records what goes over the connections into a file (default: does not), which [`highway::test`](crate#recording-and-replaying) can play
    /// against the handlers later. `bind` fails when the file can't be made.
    ///
    /// The server never waits for the file: while more comes than can be written, messages are left out, and the file says how many. What a
    /// message carries is in the file, unless [`RecordTo::mask`] leaves it out; headers and queries of requests are not.
    ///
    /// ```
    /// # #[highway::server]
    /// # struct Chat;
    /// # #[highway::route("say")]
    /// # async fn say(_: &mut Chat) {}
    /// use highway::server::RecordTo;
    ///
    /// let server = Chat::server().record("chat.jsonl");
    /// let server = Chat::server().record(RecordTo::new("chat.jsonl").mask(["sign-in"]));
    /// ```
    pub fn record(mut self, to: impl Into<RecordTo>) -> Self {
        self.config.recording.to = Some(to.into());
        self
    }

    /// Has the next connections get these ids, for as long as there are any.
    #[cfg(feature = "test")]
    pub(crate) fn connection_ids(mut self, ids: ConnectionIds) -> Self {
        self.config.recording.ids = ids;
        self
    }
}

/// What the builder of a server is told of recordings.
#[derive(Debug, Default)]
pub(super) struct Settings {
    to: Option<RecordTo>,
    /// The ids that the next connections get where a recording is played.
    pub(super) ids: ConnectionIds,
}

impl Settings {
    /// Begins the recording, if there is to be one.
    ///
    /// # Errors
    /// As [`Recorder::start`].
    pub(super) fn start(&mut self, handler: &str) -> Result<Option<Arc<Recorder>>, String> {
        let to = self.to.take();
        let recorder = to.map(|to| Recorder::start(to, handler)).transpose();
        let recorder = recorder.map_err(|error| error.to_string())?;
        Ok(recorder.map(Arc::new))
    }
}

/// The ids that the next connections get.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConnectionIds(Arc<Mutex<VecDeque<ConnectionId>>>);

impl ConnectionIds {
    /// One more connection gets an id that is given.
    #[cfg(feature = "test")]
    pub(crate) fn push(&self, id: ConnectionId) {
        self.lock().push_back(id);
    }

    pub(super) fn next(&self) -> Option<ConnectionId> {
        self.lock().pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<ConnectionId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that the thread is to write.
enum Seen {
    Open(String),
    Message(Sender, Bytes),
    Close(Sender, Close),
    /// The client sends nothing more.
    Gone,
    Over,
}

/// Something that was seen when, and on which connection.
type Occurred = (Duration, ConnectionId, Seen);

/// What waits for the thread.
#[derive(Default)]
struct Waiting {
    seen: VecDeque<Occurred>,
    /// Of the messages among them.
    bytes: usize,
    /// The messages that had no room.
    dropped: u64,
    /// Nothing more is taken.
    ended: bool,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    came: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, at: Duration, id: ConnectionId, seen: Seen) {
        let mut waiting = self.lock();
        if waiting.ended {
            return;
        }
        // Connections that begin and end are as many as the server allows, and the thread has to know of each.
        if let Seen::Message(_, message) = &seen {
            let bytes = waiting.bytes + message.len() + MESSAGE;
            if bytes > WAITING {
                waiting.dropped += 1;
                return;
            }
            waiting.bytes = bytes;
        }
        waiting.seen.push_back((at, id, seen));
        drop(waiting);
        self.came.notify_one();
    }

    /// What has come since the last time, once something has; `None` when nothing more comes.
    fn take(&self) -> Option<(VecDeque<Occurred>, u64)> {
        let mut waiting = self.lock();
        loop {
            if !waiting.seen.is_empty() || waiting.dropped > 0 {
                waiting.bytes = 0;
                return Some((
                    std::mem::take(&mut waiting.seen),
                    std::mem::take(&mut waiting.dropped),
                ));
            }
            if waiting.ended {
                return None;
            }
            waiting = self
                .came
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn end(&self) {
        self.lock().ended = true;
        self.came.notify_one();
    }
}

/// A recording that is made. Once it is dropped, all of it is written.
///
/// A server makes it with [`Server::record`]. By itself it is for programs between clients and servers, such as `highway record`.
pub struct Recorder {
    queue: Arc<Queue>,
    began: Instant,
    writer: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl Recorder {
    /// Begins a recording; the name of the handler may be empty.
    ///
    /// # Errors
    /// When the file or the thread can't be made.
    pub fn start(to: impl Into<RecordTo>, handler: &str) -> io::Result<Self> {
        let RecordTo { path, masks } = to.into();
        let failed = |error: &io::Error| {
            io::Error::new(
                error.kind(),
                format!("can't write {}: {error}", path.display()),
            )
        };
        let mut file = File::create(&path).map_err(|error| failed(&error))?;
        let head = Head::new(handler).line();
        file.write_all(head.as_bytes())
            .map_err(|error| failed(&error))?;
        let queue = Arc::new(Queue::default());
        let shared = Arc::clone(&queue);
        let name = path.display().to_string();
        let writer = thread::Builder::new()
            .name("highway-record".to_owned())
            .spawn(move || {
                if let Err(error) = write(&shared, BufWriter::new(file), &masks) {
                    tracing::error!(file = name, error = %Shown::new(&error), "the recording ends: it can't be written");
                    shared.end();
                }
            })
            .map_err(|error| failed(&error))?;
        Ok(Self {
            queue,
            began: Instant::now(),
            writer: Some(writer),
        })
    }

    /// A client's stream after the upgrade, which records what is read from it and written to it. `rest` is what was read from it behind the request,
    /// and `path` what that asked for, without a query.
    pub fn watch(
        self: &Arc<Self>,
        stream: TcpStream,
        connection: u64,
        path: &str,
        rest: &[u8],
    ) -> impl AsyncRead + AsyncWrite + Unpin + Send + use<> {
        let id = ConnectionId::from(connection);
        self.watch_any(AnyStream::Tcp(stream), id, path, (rest, 0), usize::MAX)
    }

    /// A connection's stream that is looked at. `rest` was read from it already, and `answer` bytes are written before its first frame.
    pub(super) fn watch_any(
        self: &Arc<Self>,
        stream: AnyStream,
        id: ConnectionId,
        path: &str,
        (rest, answer): (&[u8], usize),
        message_bytes: usize,
    ) -> AnyStream {
        let half = |sender, limit, skipped| Half {
            sender,
            reader: Some(Reader::new(sender == Sender::Client, limit)),
            input: BytesMut::new(),
            skipped,
        };
        let mut watched = Watched {
            stream,
            seen: Connection {
                recorder: Arc::clone(self),
                id,
            },
            client: half(Sender::Client, message_bytes, 0),
            server: half(Sender::Server, usize::MAX, answer),
            gone: false,
        };
        watched.seen.push(Seen::Open(path.to_owned()));
        watched.client.take(rest, &watched.seen);
        AnyStream::Other(Box::new(watched))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.queue.end();
        if let Some(writer) = self.writer.take() {
            // It is quick: what waits is bounded.
            let _ = writer.join();
        }
    }
}

/// Writes what comes until nothing more does.
fn write(queue: &Queue, mut file: BufWriter<File>, masks: &Masks) -> io::Result<()> {
    let mut transcripts: HashMap<ConnectionId, Transcript> = HashMap::new();
    let mut last = Duration::ZERO;
    while let Some((seen, dropped)) = queue.take() {
        for (at, id, seen) in seen {
            last = at;
            let transcript = transcripts.entry(id).or_default();
            let what = match seen {
                Seen::Open(path) => What::Open(Opened::new(&path)),
                Seen::Message(sender, message) => {
                    sent(sender, transcript.message(sender, &message, masks))
                }
                Seen::Close(sender, close) => sent(sender, Transcript::close(&close)),
                Seen::Gone => What::Client(Transcript::gone()),
                Seen::Over => {
                    transcripts.remove(&id);
                    What::Over(true)
                }
            };
            let entry = Entry::new(at, Some(id.into()), what);
            file.write_all(entry.line().as_bytes())?;
        }
        if dropped > 0 {
            let entry = Entry::new(last, None, What::Dropped(dropped));
            file.write_all(entry.line().as_bytes())?;
        }
        file.flush()?;
    }
    Ok(())
}

fn sent(sender: Sender, message: crate::record::RecordedMessage) -> What {
    match sender {
        Sender::Client => What::Client(message),
        Sender::Server => What::Server(message),
    }
}

/// A connection that is recorded, until it is over.
struct Connection {
    recorder: Arc<Recorder>,
    id: ConnectionId,
}

impl Connection {
    fn push(&self, seen: Seen) {
        let at = self.recorder.began.elapsed();
        self.recorder.queue.push(at, self.id, seen);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.push(Seen::Over);
    }
}

/// A stream that is looked at.
struct Watched {
    stream: AnyStream,
    client: Half,
    server: Half,
    /// Whether the end of what the client sends was seen.
    gone: bool,
    seen: Connection,
}

/// What one side sends.
struct Half {
    sender: Sender,
    /// `None` once it breaks the protocol.
    reader: Option<Reader>,
    input: BytesMut,
    /// The bytes in front of the first frame.
    skipped: usize,
}

impl Half {
    fn take(&mut self, bytes: &[u8], seen: &Connection) {
        let skipped = self.skipped.min(bytes.len());
        self.skipped -= skipped;
        let Some(reader) = &mut self.reader else {
            return;
        };
        self.input
            .extend_from_slice(bytes.get(skipped..).unwrap_or_default());
        loop {
            match reader.step(&mut self.input) {
                Ok(Step::Event(Event::Message(message))) => {
                    seen.push(Seen::Message(self.sender, message));
                }
                Ok(Step::Event(Event::Close(close))) => {
                    seen.push(Seen::Close(self.sender, close));
                }
                Ok(Step::Event(_)) => {}
                Ok(Step::Missing(_)) => return,
                Ok(Step::Over) | Err(_) => {
                    self.reader = None;
                    self.input = BytesMut::new();
                    return;
                }
            }
        }
    }
}

impl Stream for Watched {
    fn reset(&mut self) {
        self.stream.reset();
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let room = buffer.remaining();
        let result = ready!(Pin::new(&mut this.stream).poll_read(cx, buffer));
        let read = buffer.filled().get(before..).unwrap_or_default();
        if (result.is_err() || read.is_empty() && room > 0) && !this.gone {
            this.gone = true;
            this.seen.push(Seen::Gone);
        }
        this.client.take(read, &this.seen);
        Poll::Ready(result)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let written = ready!(Pin::new(&mut this.stream).poll_write_vectored(cx, slices))?;
        let mut left = written;
        for slice in slices {
            let taken = left.min(slice.len());
            this.server
                .take(slice.get(..taken).unwrap_or_default(), &this.seen);
            left -= taken;
        }
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Recording;

    /// What a thread that is slower than the server writes.
    #[test]
    fn what_has_no_room_is_counted() {
        let queue = Queue::default();
        let message = Bytes::from(vec![0; WAITING / 4]);
        let id = ConnectionId::from(7);
        let push = |seen| queue.push(Duration::from_millis(5), id, seen);
        push(Seen::Open("/".to_owned()));
        for _ in 0..6 {
            push(Seen::Message(Sender::Client, message.clone()));
        }
        // Where a connection ends is never left out.
        push(Seen::Over);
        queue.end();
        push(Seen::Open("/late".to_owned()));
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let writer = BufWriter::new(file.reopen().expect("it is there"));
        write(&queue, writer, &Masks::default()).expect("it is written");
        let text = std::fs::read_to_string(file.path()).expect("it is read");
        let text = format!("{}{text}", Head::new("Chat").line());
        let entries = Recording::parse(&text).expect("a recording").entries;
        let what: Vec<_> = entries.into_iter().map(|entry| entry.what).collect();
        assert!(matches!(what[0], What::Open(_)), "{what:?}");
        assert!(
            what[1..4]
                .iter()
                .all(|what| matches!(what, What::Client(_)))
        );
        assert!(
            matches!(what[4..], [What::Over(true), What::Dropped(3)]),
            "{:?}",
            &what[4..]
        );
    }

    /// Whatever pieces they come in, frames are messages.
    #[test]
    fn frames_are_found_in_pieces() {
        let queue = Arc::new(Queue::default());
        let recorder = Arc::new(Recorder {
            queue: Arc::clone(&queue),
            began: Instant::now(),
            writer: None,
        });
        let seen = Connection {
            recorder,
            id: ConnectionId::from(1),
        };
        let mut half = Half {
            sender: Sender::Server,
            reader: Some(Reader::new(false, usize::MAX)),
            input: BytesMut::new(),
            skipped: 4,
        };
        let bytes = b"HTTP\x82\x05hello\x89\0\x02\x01a\x80\x01b\x88\x02\x03\xe8\x82\x01x";
        for byte in bytes {
            half.take(&[*byte], &seen);
        }
        let (found, dropped) = queue.take().expect("something came");
        assert_eq!(dropped, 0);
        let mut found = found.into_iter().map(|(_, _, seen)| seen);
        let mut message = || match found.next() {
            Some(Seen::Message(Sender::Server, message)) => message,
            _ => panic!("no message"),
        };
        assert_eq!(message(), "hello");
        assert_eq!(message(), "ab");
        assert!(matches!(found.next(), Some(Seen::Close(Sender::Server, _))));
        // Nothing counts behind a close.
        assert!(found.next().is_none());
    }
}
