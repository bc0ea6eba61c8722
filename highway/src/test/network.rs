//! The network between the two sides of a connection in memory, and what may be wrong with it.
//!
//! Everything of one network is behind one lock: tests are about what happens, not about how fast.

pub(super) mod stream;

use std::{
    collections::{BTreeMap, VecDeque},
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::Duration,
};

use bytes::BytesMut;
use tokio::{sync::Notify, time::Instant};

use stream::ByteStream;

use crate::deadline::after;

/// The bytes that a way has room for, unless the network was made with others.
const BUFFER: usize = 64 * 1024;

/// One of the two ways over a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

impl Direction {
    fn reverse(self) -> Self {
        match self {
            Self::ToServer => Self::ToClient,
            Self::ToClient => Self::ToServer,
        }
    }
}

/// A network between clients and their server, in memory: perfect by default.
///
/// Each way of each connection has room for 64 KiB that are not read yet, as sockets have, and carries bytes in their order.
/// What happens is the same in every run; use it on paused time, where a delay of an hour costs nothing.
///
/// Clones are the same network. What is said to it holds for all connections over it, those to come included.
///
/// ```
/// use std::time::Duration;
/// use highway::{CloseCode, route, test::{self, Direction, Network}};
///
/// #[highway::server]
/// struct Chat;
///
/// #[route("say")]
/// async fn say(text: &str, chat: &mut Chat) -> highway::Result {
///     chat.send("said", text).await
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let server = test::server(Chat::server());
/// let network = Network::new();
/// let mut peer = server.peer().serves(["said"]).over(&network).await;
///
/// network.delay(Duration::from_secs(1));
/// network.stall(Direction::ToClient);
/// peer.send("say", "hi").await;
/// peer.expect_nothing_for(Duration::from_secs(3)).await;
/// network.heal();
/// peer.expect("said", "hi").await;
///
/// network.cut();
/// peer.expect_closed(CloseCode::ABNORMAL).await;
/// # }
/// ```
#[derive(Clone)]
pub struct Network {
    shared: Arc<Shared>,
}

struct Shared {
    buffer: usize,
    state: Mutex<State>,
    /// Told when all that was sent one way is read, or never will be.
    read_up: Notify,
}

#[derive(Default)]
struct State {
    delay: Duration,
    stalled: ByDirection<bool>,
    cut: bool,
    /// The bytes that may still arrive before the network is cut.
    left: ByDirection<Option<usize>>,
    links: BTreeMap<u64, Link>,
    next: u64,
}

/// Something for each way.
#[derive(Debug, Default)]
struct ByDirection<T> {
    to_server: T,
    to_client: T,
}

impl<T> ByDirection<T> {
    fn get(&mut self, direction: Direction) -> &mut T {
        match direction {
            Direction::ToServer => &mut self.to_server,
            Direction::ToClient => &mut self.to_client,
        }
    }
}

/// One connection.
#[derive(Default)]
struct Link {
    ways: ByDirection<Way>,
    reset: bool,
    /// Whether one of its ends is gone.
    halved: bool,
}

/// One way of a connection.
#[derive(Default)]
struct Way {
    /// What is not read yet.
    bytes: BytesMut,
    /// How many of the bytes have arrived.
    arrived: usize,
    /// How many more arrive when.
    delayed: VecDeque<(Instant, usize)>,
    /// The writer has ended it: the end arrives behind all bytes.
    ended: bool,
    /// When the end arrives, if it is on its way for longer.
    end: Option<Instant>,
    /// Nobody will read any more.
    unread: bool,
    /// The reader has seen that there is nothing more.
    read_up: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Network")
            .field("connections", &state.links.len())
            .field("delay", &state.delay)
            .field("stalled", &state.stalled)
            .field("cut", &state.cut)
            .finish_non_exhaustive()
    }
}

impl Network {
    /// A perfect network.
    pub fn new() -> Self {
        Self::with_buffer(BUFFER)
    }

    /// A network that has room for this many bytes in each way of each connection, 1 at least: few let writers wait for readers,
    /// and cut what is sent into as small pieces.
    pub fn with_buffer(bytes: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                buffer: bytes.max(1),
                state: Mutex::default(),
                read_up: Notify::new(),
            }),
        }
    }

    /// Lets what is sent from now on take this long one way. It stays behind what was sent before. With [`Duration::MAX`] it never
    /// arrives.
    pub fn delay(&self, delay: Duration) {
        self.lock().delay = delay;
    }

    /// Stops one direction without a sign: nothing arrives any more, the end of a connection included. What there is room for is
    /// still taken.
    pub fn stall(&self, direction: Direction) {
        *self.lock().stalled.get(direction) = true;
    }

    /// Lets both directions carry on with what they held up.
    pub fn resume(&self) {
        let mut state = self.lock();
        state.stalled = ByDirection::default();
        state.wake();
    }

    /// Ends all connections at once, as a reset does: what is under way is lost, and both sides notice. The next connection comes
    /// through.
    pub fn reset(&self) {
        self.lock().reset();
        self.shared.read_up.notify_waiters();
    }

    /// Ends all connections as [`reset`](Self::reset) does, and lets none through until it [heals](Self::heal).
    pub fn cut(&self) {
        self.lock().cut();
        self.shared.read_up.notify_waiters();
    }

    /// Lets so many bytes more arrive in a direction, in the middle of a frame or wherever that is, and then
    /// [cuts](Self::cut).
    pub fn cut_after(&self, bytes: usize, direction: Direction) {
        if bytes == 0 {
            return self.cut();
        }
        *self.lock().left.get(direction) = Some(bytes);
    }

    /// Makes it perfect again: connections come through, nothing is delayed or held up. Those that were cut stay so, and what is
    /// delayed arrives when it was to.
    pub fn heal(&self) {
        let mut state = self.lock();
        state.delay = Duration::ZERO;
        state.cut = false;
        state.left = ByDirection::default();
        state.stalled = ByDirection::default();
        state.wake();
    }

    /// A connection: the client's end and the server's.
    ///
    /// # Errors
    /// While the network is cut.
    pub(super) fn connect(&self) -> io::Result<(ByteStream, ByteStream)> {
        let mut state = self.lock();
        if state.cut {
            return Err(io::ErrorKind::NetworkUnreachable.into());
        }
        let link = state.next;
        state.next += 1;
        state.links.insert(link, Link::default());
        let end = |writes| ByteStream {
            network: self.clone(),
            link,
            writes,
            resets: false,
            sleep: None,
        };
        Ok((end(Direction::ToServer), end(Direction::ToClient)))
    }

    /// Nothing that can panic runs while it is held, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        let state = &self.shared.state;
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn reset(&mut self) {
        for link in self.links.values_mut() {
            link.reset();
        }
    }

    fn cut(&mut self) {
        self.cut = true;
        self.left = ByDirection::default();
        self.reset();
    }

    /// Lets everybody look again.
    fn wake(&mut self) {
        for link in self.links.values_mut() {
            link.wake();
        }
    }
}

impl Link {
    fn reset(&mut self) {
        self.reset = true;
        self.wake();
    }

    fn wake(&mut self) {
        for way in [&mut self.ways.to_server, &mut self.ways.to_client] {
            wake(&mut way.reader);
            wake(&mut way.writer);
        }
    }
}

impl Way {
    /// Takes what there is room for.
    fn write<'a>(
        &mut self,
        pieces: impl Iterator<Item = &'a [u8]>,
        buffer: usize,
        delay: Duration,
    ) -> usize {
        let before = self.bytes.len();
        for piece in pieces {
            let room = buffer.saturating_sub(self.bytes.len()).min(piece.len());
            self.bytes
                .extend_from_slice(piece.get(..room).unwrap_or_default());
        }
        let written = self.bytes.len() - before;
        if written == 0 {
            // Two ends without room would wake each other without end.
            return 0;
        }
        match self.arrival(delay) {
            None => self.arrived += written,
            Some(at) => match self.delayed.back_mut() {
                Some((last, count)) if *last == at => *count += written,
                _ => self.delayed.push_back((at, written)),
            },
        }
        wake(&mut self.reader);
        written
    }

    /// When what is written now arrives; `None` for at once. Nothing overtakes what was written before.
    fn arrival(&self, delay: Duration) -> Option<Instant> {
        let last = self.delayed.back().map(|&(at, _)| at);
        if delay.is_zero() {
            return last;
        }
        Some(last.map_or(after(delay), |last| last.max(after(delay))))
    }

    fn end(&mut self, delay: Duration) {
        if !std::mem::replace(&mut self.ended, true) {
            // Without a delay there is no look at the clock, which is not always there when a stream is dropped.
            self.end = self.arrival(delay);
            wake(&mut self.reader);
        }
    }

    /// Counts what has arrived meanwhile.
    fn arrive(&mut self) {
        while let Some(&(at, count)) = self.delayed.front()
            && at <= Instant::now()
        {
            self.arrived += count;
            self.delayed.pop_front();
        }
    }

    /// When there is something new to read; `None` when only the writer knows.
    fn next(&self) -> Option<Instant> {
        self.delayed.front().map(|&(at, _)| at).or(self.end)
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

/// Watches one way of a connection.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    network: Network,
    link: u64,
    direction: Direction,
}

impl Watch {
    /// Waits until the other side has read everything and looks for more, which it does when it is through with what it has
    /// read; or until the connection is over.
    pub(super) async fn read_up(&self) {
        loop {
            let read_up = self.network.shared.read_up.notified();
            {
                let mut state = self.network.lock();
                let link = state.links.get_mut(&self.link);
                let Some(link) = link.filter(|link| !link.reset) else {
                    return;
                };
                let way = link.ways.get(self.direction);
                if way.unread || way.bytes.is_empty() && way.read_up {
                    return;
                }
            }
            read_up.await;
        }
    }
}
