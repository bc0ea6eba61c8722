//! What a connection's handles and its task share.

use std::{
    fmt,
    net::SocketAddr,
    num::ParseIntError,
    pin::Pin,
    str::FromStr,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    task::Waker,
    time::Duration,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::{
    buffers,
    frame::MAX_HEAD,
    newest::Newest,
    outbox::{COPIED, Outbox},
    outgoing::{PLAIN, put_together, put_whole},
    target::Lagging,
};
use crate::{
    conversation::{ConversationLimits, Conversations},
    error::{Error, Result},
    limits::Limits,
    route::RouteTo,
    session::Peer,
    wire::{Close, CloseCode, Dialect, RouteId},
};

/// The number of a connection, unique in the process.
///
/// It goes over the wire as an int, so that clients can name each other. They may name anyone, as the numbers are easily
/// guessed: who may reach whom is for the server's routes to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub(crate) u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ConnectionId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> std::result::Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

impl ConnectionId {
    /// The next one.
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// What came of a frame for several connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// It is in the outbox.
    Done,
    /// The outbox has no room.
    NoRoom,
    /// The connection takes no more messages.
    Closed,
}

/// Something that a connection's task runs beside everything else.
pub(super) type Spawned = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a connection's handles and its task share.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) id: ConnectionId,
    pub(crate) peer_addr: Option<SocketAddr>,
    /// Whether frames are masked: a client's are.
    pub(super) masked: bool,
    pub(super) outbox_limit: usize,
    pub(super) nesting: usize,
    pub(super) call_timeout: Duration,
    conversation_limits: ConversationLimits,
    /// The id for the next conversation of this side.
    pub(super) next_conversation: AtomicU32,
    shared: Mutex<Shared>,
    /// What the peer told in the meta exchange.
    peer: RwLock<Option<Peer>>,
    /// Told when bytes are written or flushed, which makes room in the outbox, and when no more will be.
    room: Notify,
    /// The messages to many that it did not get as it did not keep up.
    pub(crate) missed: AtomicU64,
    /// Told when the connection has ended.
    end: Notify,
    ended: OnceLock<Close>,
}

#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) outbox: Outbox,
    /// What goes into it once there is room.
    newest: Newest,
    /// The close that a handle asked for.
    pub(crate) close: Option<Close>,
    /// A handle asked to close before anything else did.
    by_hand: bool,
    /// The connection has to end at once, without a word to the peer.
    pub(crate) cut: bool,
    /// Set once no more messages are taken: with what the connection closes.
    pub(crate) closing: Option<Close>,
    /// Nothing more is written.
    written_off: bool,
    /// The calls and streams, with a peer that knows such.
    pub(super) conversations: Option<Box<Conversations>>,
    /// What the task is to run beside everything else.
    pub(super) spawned: Vec<Spawned>,
    /// The task, while it sleeps and has to be woken for what is put in.
    pub(crate) sleeper: Option<Waker>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("outbox", &self.outbox)
            .field("closing", &self.closing)
            .finish_non_exhaustive()
    }
}

impl Link {
    pub(crate) fn new(
        id: ConnectionId,
        peer_addr: Option<SocketAddr>,
        masked: bool,
        limits: &Limits,
    ) -> Self {
        Self {
            id,
            peer_addr,
            masked,
            outbox_limit: limits.outbox_bytes,
            nesting: limits.nesting,
            call_timeout: limits.call_timeout,
            conversation_limits: ConversationLimits {
                ours: limits.calls,
                theirs: limits.streams,
                window: limits.stream_window,
            },
            next_conversation: AtomicU32::new(if masked { 1 } else { 2 }),
            shared: Mutex::default(),
            peer: RwLock::default(),
            room: Notify::new(),
            missed: AtomicU64::new(0),
            end: Notify::new(),
            ended: OnceLock::new(),
        }
    }

    /// The state under its lock. Nothing that can panic runs while it is held, so a poisoned one is as good as any.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the peer told in the meta exchange.
    pub(crate) fn peer(&self) -> Option<Peer> {
        self.with_peer(Peer::clone)
    }

    /// Reads what the peer told. Nothing that can panic does, so a poisoned lock is as good as any.
    fn with_peer<T>(&self, read: impl FnOnce(&Peer) -> T) -> Option<T> {
        let peer = self.peer.read().unwrap_or_else(PoisonError::into_inner);
        peer.as_ref().map(read)
    }

    /// Takes note of what the peer told.
    pub(crate) fn set_peer(&self, peer: Peer) {
        if peer.dialect == Dialect::Extended {
            let mut shared = self.lock();
            if shared.conversations.is_none() && shared.closing.is_none() {
                let new = Conversations::new(!self.masked, self.conversation_limits);
                shared.conversations = Some(Box::new(new));
            }
        }
        *self.peer.write().unwrap_or_else(PoisonError::into_inner) = Some(peer);
    }

    /// The peer's dialect and its id of a route.
    pub(super) fn resolve(&self, name: &str) -> Result<(Dialect, RouteId), Box<Error>> {
        self.find(name)
            .ok_or_else(|| Box::new(self.unresolved(name)))
    }

    /// Why a name leads to no route.
    #[cold]
    fn unresolved(&self, name: &str) -> Error {
        let nearest = self.with_peer(|peer| peer.table.nearest(name));
        match (nearest, &self.lock().closing) {
            (Some(nearest), _) => Error::NoSuchRoute {
                route: name.to_owned(),
                nearest,
            },
            (None, Some(close)) => Error::Closed(close.clone()),
            (None, None) => Error::NotReady {
                route: name.to_owned(),
            },
        }
    }

    /// Puts a message into the outbox; gives it back as a frame when there is no room.
    pub(crate) fn offer<P, R: RouteTo<P, D>, D>(
        &self,
        route: &R,
        data: &D,
    ) -> Result<Option<Bytes>, Box<Error>> {
        let name = route.name();
        let (dialect, id) = self.resolve(name)?;
        let mut frame = buffers::to_put_together();
        let payload = |payload: &mut Vec<u8>| route.encode(data, dialect, payload);
        let result = match put_together(&mut frame, PLAIN, id, self.masked, payload) {
            Ok(start) => {
                tracing::debug!(
                    connection = %self.id,
                    route = name,
                    bytes = frame.len() - MAX_HEAD,
                    "sending"
                );
                self.offer_frame(&mut frame, start)
            }
            Err(source) => Err(Box::new(Error::Encode {
                route: name.to_owned(),
                source,
            })),
        };
        buffers::is_put_together(frame);
        result
    }

    /// The peer's dialect and its id of a route, where it has told one.
    pub(crate) fn find(&self, name: &str) -> Option<(Dialect, RouteId)> {
        self.with_peer(|peer| Some((peer.dialect, peer.table.id(name)?)))
            .flatten()
    }

    /// Puts a frame that goes to others as well into the outbox.
    pub(crate) fn offer_shared(&self, frame: &Bytes) -> Delivered {
        let mut shared = self.lock();
        if shared.closing.is_some() {
            return Delivered::Closed;
        }
        if !shared.outbox.has_room(frame.len(), self.outbox_limit) {
            return Delivered::NoRoom;
        }
        shared.outbox.push_shared(frame);
        shared.wake();
        Delivered::Done
    }

    /// Puts a frame that goes to others as well into the outbox, or keeps it in place of an older one to the same route until
    /// there is room.
    pub(crate) fn offer_newest(&self, id: RouteId, frame: &Bytes, route: &str) {
        let mut shared = self.lock();
        if shared.closing.is_some() {
            return;
        }
        let room = shared.outbox.has_room(frame.len(), self.outbox_limit);
        let given_up = if room {
            shared.outbox.push_shared(frame);
            shared.wake();
            shared.newest.supersede(id)
        } else {
            shared.newest.keep(id, frame, self.outbox_limit)
        };
        drop(shared);
        self.missed.fetch_add(given_up, Ordering::Relaxed);
        if !room {
            tracing::debug!(connection = %self.id, route, given_up, "the newest message waits, as the connection does not keep up");
        }
    }

    /// Does what is to be done about a connection that does not keep up.
    pub(crate) fn lags(&self, lagging: Lagging, route: &str) {
        tracing::debug!(connection = %self.id, route, ?lagging, "the connection does not keep up");
        match lagging {
            Lagging::Close => self.close(Close::new(CloseCode::TRY_AGAIN_LATER, "too slow")),
            Lagging::Drop | Lagging::Wait | Lagging::Newest => {
                self.missed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Puts the frame that starts at `start` into the outbox, or gives it back.
    pub(super) fn offer_frame(
        &self,
        frame: &mut Vec<u8>,
        start: usize,
    ) -> Result<Option<Bytes>, Box<Error>> {
        let len = frame.len() - start;
        let mut shared = self.lock();
        if let Some(close) = &shared.closing {
            return Err(Box::new(Error::Closed(close.clone())));
        }
        let room = shared.outbox.has_room(len, self.outbox_limit);
        if room && len <= COPIED {
            shared.outbox.push(frame.get(start..).unwrap_or_default());
            shared.wake();
            return Ok(None);
        }
        let mut owned = Bytes::from(std::mem::take(frame));
        bytes::Buf::advance(&mut owned, start);
        if room {
            shared.outbox.push_owned(owned);
            shared.wake();
            return Ok(None);
        }
        Ok(Some(owned))
    }

    /// Puts a message of the meta exchange into the outbox, room or not.
    pub(crate) fn push_message(&self, message: &[u8]) {
        let mut frame = Vec::new();
        let start = put_whole(&mut frame, message, self.masked);
        self.push_frame(frame.get(start..).unwrap_or_default());
    }

    /// Puts a text message into the outbox, room or not.
    #[cfg(feature = "__testing")]
    pub(crate) fn push_text(&self, text: &str) {
        const FINAL_TEXT: u8 = 0x81;

        let mut frame = Vec::new();
        let start = put_whole(&mut frame, text.as_bytes(), self.masked);
        let frame = frame.get_mut(start..).unwrap_or_default();
        if let Some(first) = frame.first_mut() {
            *first = FINAL_TEXT;
        }
        self.push_frame(frame);
    }

    fn push_frame(&self, frame: &[u8]) {
        let mut shared = self.lock();
        shared.outbox.push(frame);
        shared.wake();
    }

    /// Waits until a frame has room in the outbox, and puts it there.
    pub(crate) async fn push(&self, frame: Bytes) -> Result {
        loop {
            let room = self.room.notified();
            {
                let mut shared = self.lock();
                if let Some(close) = &shared.closing {
                    return Err(Error::Closed(close.clone()));
                }
                if shared.outbox.has_room(frame.len(), self.outbox_limit) {
                    shared.outbox.push_owned(frame);
                    shared.wake();
                    return Ok(());
                }
            }
            room.await;
        }
    }

    /// Takes note that bytes are written, and lets those know who wait for room.
    pub(crate) fn wrote(&self, bytes: usize) {
        {
            let mut shared = self.lock();
            let Shared { outbox, newest, .. } = &mut *shared;
            outbox.wrote(bytes);
            newest.fill(outbox, bytes, self.outbox_limit);
        }
        self.room.notify_waiters();
    }

    /// Waits until everything that was put in before is written and flushed.
    pub(crate) async fn flush(&self) -> Result {
        let place = {
            let mut shared = self.lock();
            let place = shared.outbox.end();
            if !shared.outbox.is_flushed(place) && !shared.written_off {
                shared.outbox.await_flush(place);
                shared.wake();
            }
            place
        };
        loop {
            let written = self.room.notified();
            {
                let shared = self.lock();
                if shared.outbox.is_flushed(place) {
                    return Ok(());
                }
                if let Some(close) = shared.closing.as_ref().filter(|_| shared.written_off) {
                    return Err(Error::Closed(close.clone()));
                }
            }
            written.await;
        }
    }

    /// Takes note that the stream keeps nothing of what was written, and lets those know who wait for that.
    pub(crate) fn flushed(&self) {
        // A route that waits is woken by this, which runs in its own task: telling it nothing new would go on for ever.
        if self.lock().outbox.flushed() {
            self.room.notify_waiters();
        }
    }

    /// Nothing more is written, and the connection is closing: what waits is lost.
    pub(crate) fn write_off(&self) {
        let unwritten = {
            let mut shared = self.lock();
            if std::mem::replace(&mut shared.written_off, true) {
                return;
            }
            shared.outbox.unwritten()
        };
        self.room.notify_waiters();
        if unwritten > 0 {
            tracing::info!(
                connection = %self.id,
                bytes = unwritten,
                "the connection ended before everything was written; the rest is lost"
            );
        }
    }

    /// Asks the task to close the connection; the first to ask decides how.
    pub(crate) fn close(&self, close: Close) {
        let mut shared = self.lock();
        if shared.closing.is_none() {
            shared.by_hand = true;
            shared.close.get_or_insert(close);
            shared.wake();
        }
    }

    /// Whether a handle asked to close before anything else did.
    pub(crate) fn is_closed_by_hand(&self) -> bool {
        self.lock().by_hand
    }

    /// Asks the task to end the connection at once: what runs is dropped, and the peer is told nothing more.
    pub(crate) fn cut(&self) {
        let mut shared = self.lock();
        shared.cut = true;
        shared.wake();
    }

    /// No more messages are taken from now on.
    pub(crate) fn begin_closing(&self, close: &Close) {
        {
            let mut shared = self.lock();
            if shared.closing.is_none() {
                shared.closing = Some(close.clone());
                let Shared { outbox, newest, .. } = &mut *shared;
                newest.empty_into(outbox);
            }
            if let Some(conversations) = &mut shared.conversations {
                conversations.close(close);
            }
        }
        self.room.notify_waiters();
    }

    /// With what the connection closes, once it takes no more messages.
    pub(crate) fn closing(&self) -> Option<Close> {
        self.lock().closing.clone()
    }

    /// The connection has ended.
    pub(crate) fn finish(&self, close: Close) {
        self.begin_closing(&close);
        self.write_off();
        let spawned = {
            let mut shared = self.lock();
            shared.outbox.clear();
            shared.sleeper = None;
            std::mem::take(&mut shared.spawned)
        };
        // They hold on to this, and are somebody's code.
        drop(spawned);
        // The first end is the end.
        let _ = self.ended.set(close);
        self.end.notify_waiters();
    }

    /// How the connection has ended.
    pub(crate) fn end(&self) -> Option<Close> {
        self.ended.get().cloned()
    }

    /// Waits until the connection has ended.
    pub(crate) async fn ended(&self) -> Close {
        loop {
            let end = self.end.notified();
            if let Some(close) = self.ended.get() {
                return close.clone();
            }
            end.await;
        }
    }
}

impl Shared {
    /// Whether the task has something to do besides what is in the outbox; `open` when it has not begun to close.
    pub(crate) fn is_asked(&self, open: bool) -> bool {
        self.cut || (open && self.close.is_some()) || !self.spawned.is_empty()
    }

    /// Wakes the task if it sleeps: while it works it looks here before it sleeps again.
    pub(super) fn wake(&mut self) {
        if let Some(sleeper) = self.sleeper.take() {
            sleeper.wake();
        }
    }
}
