//! What a connection's handles and its task share.

pub(crate) mod answers;
pub(crate) mod calls;
pub(crate) mod failures;
mod missed;
mod newest;
pub(crate) mod outbox;
pub(crate) mod outgoing;
mod relay;
pub(crate) mod sending;

use std::{
    fmt,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    task::Waker,
    time::Duration,
};

use bytes::Bytes;
use http::Extensions;
use tokio::sync::Notify;

use missed::Dropped;
use newest::Newest;
use outbox::{COPIED, Outbox};
use outgoing::Framing;
use relay::Far;

use crate::{
    contract::Mismatch,
    error::{Error, Result},
    limits::Limits,
    panics::Contained,
    proto::{
        Role,
        conversation::{ConversationLimits, Conversations},
        session::Peer,
    },
    route::{Message, OnFailure, RouteTo},
    transport::{buffers, websocket::MAX_HEAD},
    wire::{Close, ConnectionId, Dialect, Kind, RouteId},
};

/// The bytes of a frame that tells what was missed.
const MISSED: usize = 14;

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
pub(crate) type Spawned = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a connection's handles and its task share.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) id: ConnectionId,
    pub(crate) peer_addr: Option<SocketAddr>,
    /// How this side puts its messages into frames.
    pub(crate) framing: Framing,
    pub(crate) limits: Arc<Limits>,
    /// What follows when a route fails on a message.
    pub(crate) on_failure: OnFailure,
    /// What an `on(connect)` hook put into the request.
    extensions: Contained<Extensions>,
    /// What the server lets the reached side of a pipe know of the other.
    introduction: Option<Message>,
    /// The id for the next conversation of this side.
    pub(crate) next_conversation: AtomicU32,
    shared: Mutex<Shared>,
    /// What the peer told in the meta exchange, without the routes that are not agreed about.
    peer: RwLock<Option<Peer>>,
    /// What is not agreed about.
    mismatches: OnceLock<Arc<[Mismatch]>>,
    /// Set once the connection is refused for that.
    refused: OnceLock<()>,
    /// Told when bytes are written or flushed, which makes room in the outbox, and when no more will be.
    room: Notify,
    /// The broadcasts that this client has missed, as far as its server has told.
    told_missed: AtomicU64,
    /// Told when the connection has ended.
    end: Notify,
    ended: OnceLock<Close>,
}

#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) outbox: Outbox,
    /// What goes into it once there is room.
    newest: Newest,
    /// The broadcasts that the peer misses, which this server has to tell it.
    dropped: Dropped,
    /// The close that a handle asked for.
    pub(crate) close: Option<Close>,
    /// The time that the closing handshake has at most then.
    pub(crate) close_within: Option<Duration>,
    /// A handle asked to close before anything else did.
    by_hand: bool,
    /// The connection has to end at once, without a word to the peer.
    pub(crate) cut: bool,
    /// Set once no more messages are taken: with what the connection closes.
    pub(crate) closing: Option<Close>,
    /// Nothing more is written.
    written_off: bool,
    /// The calls and streams, with a peer that knows such.
    pub(crate) conversations: Option<Box<Conversations<Far>>>,
    /// Credit for pipes to this connection that is held back until there is room.
    pub(crate) held_back: Vec<Far>,
    /// What the task is to run beside everything else.
    pub(crate) spawned: Vec<Spawned>,
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
        role: Role,
        limits: Arc<Limits>,
    ) -> Self {
        Self {
            id,
            peer_addr,
            framing: Framing::of(role),
            limits,
            on_failure: OnFailure::default(),
            extensions: Contained::new(Extensions::new()),
            introduction: None,
            next_conversation: AtomicU32::new(if role.is_server() { 2 } else { 1 }),
            shared: Mutex::default(),
            peer: RwLock::default(),
            mismatches: OnceLock::new(),
            refused: OnceLock::new(),
            room: Notify::new(),
            told_missed: AtomicU64::new(0),
            end: Notify::new(),
            ended: OnceLock::new(),
        }
    }

    /// The same with what an `on(connect)` hook put into the request.
    pub(crate) fn with_extensions(mut self, extensions: Extensions) -> Self {
        self.extensions = Contained::new(extensions);
        self
    }

    /// The same with what follows when a route fails on a message.
    pub(crate) fn with_on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// What an `on(connect)` hook put into the request.
    pub(crate) fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.extensions.get()?.get()
    }

    /// The same with what the server says of the other side of a pipe.
    pub(crate) fn with_introduction(mut self, introduction: Option<Message>) -> Self {
        self.introduction = introduction;
        self
    }

    pub(crate) fn introduction(&self) -> Option<&Message> {
        self.introduction.as_ref()
    }

    pub(crate) fn role(&self) -> Role {
        self.framing.role()
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

    /// Takes note of what is not agreed about, before what the peer told.
    pub(crate) fn set_mismatches(&self, mismatches: Arc<[Mismatch]>) {
        // There is one contract to a connection.
        let _ = self.mismatches.set(mismatches);
    }

    /// Takes note that the connection is refused for what is not agreed about.
    pub(crate) fn set_refused(&self) {
        let _ = self.refused.set(());
    }

    /// What the connection was refused for.
    pub(crate) fn refused(&self) -> Option<&[Mismatch]> {
        self.refused.get()?;
        self.mismatches.get().map(|mismatches| &**mismatches)
    }

    /// Why a route of the peer's can't be sent to, if both sides think otherwise of its types.
    fn withheld(&self, name: &str) -> Option<&Mismatch> {
        let mut mismatches = self.mismatches.get()?.iter();
        mismatches.find(|of| of.withholds() && of.route() == name)
    }

    /// Takes note of what the peer told.
    pub(crate) fn set_peer(&self, mut peer: Peer) {
        let mismatches = self.mismatches.get();
        if mismatches.is_some_and(|all| all.iter().any(Mismatch::withholds)) {
            let table = peer.table.without(|name| self.withheld(name).is_some());
            peer.table = Arc::new(table);
        }
        if peer.dialect == Dialect::Extended {
            let mut shared = self.lock();
            if shared.conversations.is_none() && shared.closing.is_none() {
                let new = Conversations::new(self.role(), ConversationLimits::of(&self.limits));
                shared.conversations = Some(Box::new(new));
            }
        }
        *self.peer.write().unwrap_or_else(PoisonError::into_inner) = Some(peer);
        let mut shared = self.lock();
        shared
            .dropped
            .settle_early(|name| self.find(name).is_some());
        self.tell_missed(&mut shared);
    }

    /// The number of broadcasts that the client at one end of the connection has missed.
    pub(crate) fn missed(&self) -> u64 {
        match self.role() {
            Role::Client => self.told_missed.load(Ordering::Relaxed),
            _ => self.lock().dropped.count(),
        }
    }

    /// Takes note of broadcasts that this client has missed, as its server tells.
    pub(crate) fn set_told_missed(&self, more: u64) {
        let add = |count: u64| Some(count.saturating_add(more));
        // It always is set to something.
        let _ = self
            .told_missed
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Takes note of a broadcast to a peer that has not told its routes yet: it misses it if it turns out to have the route.
    pub(crate) fn misses_early(&self, route: &str) {
        if self.with_peer(|_| ()).is_some() {
            return;
        }
        let mut shared = self.lock();
        if shared.closing.is_some() {
            return;
        }
        // It may have told them meanwhile.
        match self.with_peer(|peer| peer.table.id(route).is_some()) {
            None => shared.dropped.add_early(route, self.limits.peer_routes),
            Some(true) => self.dropped(&mut shared, 1),
            Some(false) => {}
        }
    }

    /// Counts broadcasts that the peer misses. It is told with what is written next, or now when nothing waits to be written.
    fn dropped(&self, shared: &mut Shared, count: u64) {
        shared.dropped.add(count);
        if shared.outbox.unwritten() == 0 {
            self.tell_missed(shared);
        }
    }

    /// Tells the peer how many broadcasts it missed, if there is something to tell and room for it.
    fn tell_missed(&self, shared: &mut Shared) {
        let untold = shared.dropped.untold();
        if untold == 0
            || shared.closing.is_some()
            || shared.conversations.is_none()
            || !shared.outbox.has_room(MISSED, self.limits.outbox_bytes)
        {
            return;
        }
        if let Some(frame) = self.framing.missed(untold) {
            shared.outbox.push_owned(frame);
            shared.dropped.set_told();
            shared.wake();
        }
    }

    /// The peer's dialect and its id of a route.
    pub(crate) fn resolve(&self, name: &str) -> Result<(Dialect, RouteId), Box<Error>> {
        self.find(name)
            .ok_or_else(|| Box::new(self.unresolved(name)))
    }

    /// Why a name leads to no route.
    #[cold]
    fn unresolved(&self, name: &str) -> Error {
        if let Some(mismatch) = self.withheld(name) {
            return Error::Contract(Box::new(mismatch.clone()));
        }
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
        let framing = self.framing;
        let result = match framing.put_together(&mut frame, Kind::Message, id, payload) {
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
    #[inline]
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
        if !shared
            .outbox
            .has_room(frame.len(), self.limits.outbox_bytes)
        {
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
        let room = shared
            .outbox
            .has_room(frame.len(), self.limits.outbox_bytes);
        let given_up = if room {
            shared.outbox.push_shared(frame);
            shared.wake();
            shared.newest.supersede(id)
        } else {
            shared.newest.keep(id, frame, self.limits.outbox_bytes)
        };
        self.dropped(&mut shared, given_up);
        drop(shared);
        if !room {
            tracing::debug!(connection = %self.id, route, given_up, "the newest message waits, as the connection does not keep up");
        }
    }

    /// Takes note of a broadcast that the peer misses.
    pub(crate) fn misses(&self) {
        self.dropped(&mut self.lock(), 1);
    }

    /// Puts the frame that starts at `start` into the outbox, or gives it back.
    #[inline]
    pub(crate) fn offer_frame(
        &self,
        frame: &mut Vec<u8>,
        start: usize,
    ) -> Result<Option<Bytes>, Box<Error>> {
        let mut shared = self.lock();
        if let Some(close) = &shared.closing {
            return Err(Box::new(Error::Closed(close.clone())));
        }
        Ok(shared.put(frame, start, self.limits.outbox_bytes))
    }

    /// Puts a message of the meta exchange into the outbox, room or not.
    pub(crate) fn push_message(&self, message: &[u8]) {
        let mut frame = Vec::new();
        let start = self.framing.put_whole(&mut frame, message);
        self.push_frame(frame.get(start..).unwrap_or_default());
    }

    /// Puts a text message into the outbox, room or not.
    #[cfg(feature = "__testing")]
    pub(crate) fn push_text(&self, text: &[u8]) {
        const FINAL_TEXT: u8 = 0x81;

        let mut frame = Vec::new();
        let start = self.framing.put_whole(&mut frame, text);
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
                if shared
                    .outbox
                    .has_room(frame.len(), self.limits.outbox_bytes)
                {
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
        let held_back = {
            let mut shared = self.lock();
            shared.outbox.wrote(bytes);
            self.tell_missed(&mut shared);
            let Shared {
                outbox,
                newest,
                held_back,
                ..
            } = &mut *shared;
            newest.fill(outbox, bytes, self.limits.outbox_bytes);
            if held_back.is_empty() || !outbox.has_room(1, self.limits.outbox_bytes) {
                Vec::new()
            } else {
                std::mem::take(held_back)
            }
        };
        self.room.notify_waiters();
        for far in held_back {
            far.pass_credit_on();
        }
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
        if unwritten > 0 && matches!(self.role(), Role::Opener | Role::Reached) {
            // Who ends a pipe takes nothing more of it, where a socket would have taken it to throw it away.
            tracing::debug!(
                connection = %self.id,
                bytes = unwritten,
                "the pipe ended before everything was written; the rest is lost"
            );
        } else if unwritten > 0 {
            tracing::info!(
                connection = %self.id,
                bytes = unwritten,
                "the connection ended before everything was written; the rest is lost"
            );
        }
    }

    /// Asks the task to close the connection; the first to ask decides how. Tells whether this was the first.
    pub(crate) fn close(&self, close: Close) -> bool {
        let mut shared = self.lock();
        if shared.closing.is_some() || shared.close.is_some() {
            return false;
        }
        shared.by_hand = true;
        shared.close = Some(close);
        shared.wake();
        true
    }

    /// The same, with a time for the closing handshake that may be shorter than [`Limits::close_timeout`].
    pub(crate) fn close_within(&self, close: Close, time: Duration) {
        self.lock().close_within = Some(time);
        self.close(close);
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
        let (piped, held_back) = {
            let mut shared = self.lock();
            if shared.closing.is_none() {
                shared.closing = Some(close.clone());
                let Shared { outbox, newest, .. } = &mut *shared;
                newest.empty_into(outbox);
            }
            let conversations = shared.conversations.as_deref_mut();
            let piped = conversations.map(|conversations| conversations.close(close));
            (piped, std::mem::take(&mut shared.held_back))
        };
        self.room.notify_waiters();
        drop(held_back);
        for far in piped.into_iter().flatten() {
            far.is_lost(close);
        }
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
    /// Puts the frame that starts at `start` into the outbox, or gives it back when there is no room.
    #[inline]
    pub(crate) fn put(&mut self, frame: &mut Vec<u8>, start: usize, limit: usize) -> Option<Bytes> {
        let len = frame.len() - start;
        let room = self.outbox.has_room(len, limit);
        if room && len <= COPIED {
            self.outbox.push(frame.get(start..).unwrap_or_default());
            self.wake();
            return None;
        }
        let mut owned = Bytes::from(std::mem::take(frame));
        bytes::Buf::advance(&mut owned, start);
        if room {
            self.outbox.push_owned(owned);
            self.wake();
            return None;
        }
        Some(owned)
    }

    /// Whether the task has something to do besides what is in the outbox; `open` when it has not begun to close.
    pub(crate) fn is_asked(&self, open: bool) -> bool {
        self.cut || (open && self.close.is_some()) || !self.spawned.is_empty()
    }

    /// Wakes the task if it sleeps: while it works it looks here before it sleeps again.
    pub(crate) fn wake(&mut self) {
        if let Some(sleeper) = self.sleeper.take() {
            sleeper.wake();
        }
    }
}
