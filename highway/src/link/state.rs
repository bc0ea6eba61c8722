//! What a connection's handles and its task share, under the one lock.

use std::{
    fmt,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    task::{Context, Waker},
    time::Duration,
};

use bytes::Bytes;
use http::Extensions;
use tokio::{sync::Notify, time::Instant};
use tracing::Span;

use super::{
    dropped::Dropped,
    far::Far,
    lock::{Guard, Lock},
    newest::Newest,
    outbox::{COPIED, Outbox},
    outgoing::Framing,
    peer::PeerCell,
    rates::{RateId, Rates},
    round_trip::RoundTrip,
};
use crate::{
    contract::Mismatch,
    error::{Error, SendError},
    limits::Limits,
    metrics::{Meter, Slot, Tally},
    panics::Contained,
    proto::{
        Role,
        conversation::{Control, ConversationLimits, Conversations},
        handshake::PeerRoute,
        session::Peer,
    },
    route::{Message, OnFailure},
    tap::Tap,
    trace::{self, Propagation},
    transport::Envelope,
    wire::{Close, ConnectionId, Dialect, RouteId},
};

/// What a connection's handles and its task share.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) id: ConnectionId,
    pub(crate) peer_addr: Option<SocketAddr>,
    /// How this side puts its messages together.
    pub(crate) framing: Framing,
    pub(crate) limits: Arc<Limits>,
    /// Where all of its side is counted.
    pub(crate) meter: Arc<Meter>,
    /// What shows its messages to somebody, if the server has such.
    pub(super) tap: Option<Arc<Tap>>,
    /// The messages that wait for the handler.
    pub(super) queued: AtomicU32,
    /// When it began, if it is one that is counted.
    pub(super) began: Option<Instant>,
    /// Its span, if anybody looks at it.
    span: Option<Box<Span>>,
    /// What the program has for traces that go on at the peer.
    pub(crate) propagation: Propagation,
    /// Whether both sides have such, so that calls and streams take a traceparent along.
    is_traced: AtomicBool,
    /// What follows when a route fails on a message.
    pub(crate) on_failure: OnFailure,
    /// What an `on(connect)` hook put into the request.
    extensions: Contained<Extensions>,
    /// What the server lets the reached side of a pipe know of the other.
    introduction: Option<Box<Message>>,
    /// What has come of what has a rate for each connection.
    rates: Rates,
    /// What the peer told.
    pub(super) peer: PeerCell,
    state: Lock<State>,
    /// Told when bytes are written or flushed, which makes room in the outbox, and when no more will be.
    pub(super) room: Notify,
    /// Told when the connection has ended.
    pub(super) end: Notify,
}

impl Link {
    pub(crate) fn new(
        id: ConnectionId,
        peer_addr: Option<SocketAddr>,
        role: Role,
        limits: Arc<Limits>,
        meter: Arc<Meter>,
    ) -> Self {
        let mut state = State::default();
        if Envelope::of(role) == Envelope::Bare {
            state.outbox.tell_lengths();
        }
        Self {
            id,
            peer_addr,
            framing: Framing::of(role),
            limits,
            meter,
            tap: None,
            queued: AtomicU32::new(0),
            began: None,
            span: None,
            propagation: Propagation::default(),
            is_traced: AtomicBool::new(false),
            on_failure: OnFailure::default(),
            extensions: Contained::new(Extensions::new()),
            introduction: None,
            rates: Rates::default(),
            peer: PeerCell::default(),
            state: Lock::new(state),
            room: Notify::new(),
            end: Notify::new(),
        }
    }

    /// The same as one that begins now, and is counted.
    pub(crate) fn begun(mut self, handler: &'static str) -> Self {
        self.began = Some(Instant::now());
        self.span = trace::connection(self.id, handler, self.peer_addr);
        self.meter.opened();
        self
    }

    /// The same with what shows its messages to somebody.
    pub(crate) fn with_tap(mut self, tap: Option<Arc<Tap>>) -> Self {
        self.tap = tap;
        self
    }

    /// Takes note how many messages wait for the handler.
    #[inline]
    pub(crate) fn set_queued(&self, messages: usize) {
        let messages = u32::try_from(messages).unwrap_or(u32::MAX);
        self.queued.store(messages, Ordering::Relaxed);
    }

    /// Its span, if anybody looks at it.
    pub(crate) fn span(&self) -> Option<&Span> {
        self.span.as_deref()
    }

    /// The same with what the program has for traces that go on at the peer.
    pub(crate) fn with_propagation(mut self, propagation: Propagation) -> Self {
        self.propagation = propagation;
        self
    }

    /// Takes note that both sides read the traceparents of calls and streams, before what the peer told.
    pub(crate) fn set_traced(&self) {
        self.is_traced.store(true, Ordering::Relaxed);
    }

    /// Whether calls and streams take a traceparent along.
    #[inline]
    pub(super) fn is_traced(&self) -> bool {
        self.is_traced.load(Ordering::Relaxed)
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
        self.introduction = introduction.map(Box::new);
        self
    }

    pub(crate) fn introduction(&self) -> Option<&Message> {
        self.introduction.as_deref()
    }

    /// Takes a token of this connection's bucket for a rate.
    ///
    /// # Errors
    /// When there is none, with the time until there is one.
    pub(crate) fn take_token(
        &self,
        rate: RateId,
        count: u32,
        per: Duration,
        now: Instant,
    ) -> Result<(), Duration> {
        self.rates.take(rate, count, per, now)
    }

    pub(crate) fn role(&self) -> Role {
        self.framing.role()
    }

    /// The state, for a purpose. No guard leaves `link`.
    #[inline]
    pub(super) fn lock(&self, purpose: &'static str) -> Guard<'_, State> {
        self.state.lock(purpose)
    }

    /// What the peer told in the meta exchange.
    pub(crate) fn peer(&self) -> Option<Arc<Peer>> {
        self.peer.get()
    }

    /// Takes note of what is not agreed about, before what the peer told.
    pub(crate) fn set_mismatches(&self, mismatches: Arc<[Mismatch]>) {
        self.lock("set what is not agreed about")
            .disagreement
            .mismatches = Some(mismatches);
    }

    /// Takes note that the connection is refused for what is not agreed about.
    pub(crate) fn set_refused(&self) {
        self.lock("set what it is refused for").disagreement.refused = true;
    }

    /// What the connection was refused for.
    pub(crate) fn refused(&self) -> Option<Arc<[Mismatch]>> {
        let state = self.lock("look at what it was refused for");
        let disagreement = &state.disagreement;
        disagreement
            .mismatches
            .clone()
            .filter(|_| disagreement.refused)
    }

    /// Takes note of what the peer told.
    pub(crate) fn set_peer(&self, mut peer: Peer) {
        let mut state = self.lock("set the peer");
        if state.disagreement.withholds() {
            let table = peer
                .table
                .without(|name| state.disagreement.withheld(name).is_some());
            peer.table = Arc::new(table);
        }
        if peer.dialect == Dialect::Extended
            && state.conversations.is_none()
            && !state.stage.is_closing()
        {
            let new = Conversations::new(self.role(), ConversationLimits::of(&self.limits));
            state.conversations = Some(Box::new(new));
        }
        state.dropped.settle_early(|name, count| {
            let has_route = peer.table.id(name).is_some();
            if has_route {
                self.meter.dropped(self.meter.slot(name), count);
            }
            has_route
        });
        self.peer.set(Arc::new(peer));
        self.tell_missed(&mut state);
    }

    /// A route of the peer, where it has told one.
    #[inline]
    pub(crate) fn find(&self, name: &str) -> Option<Found> {
        self.peer.with(|peer| self.find_in(peer, name))?
    }

    #[expect(
        clippy::inline_always,
        reason = "runs for every message, from one place"
    )]
    #[inline(always)]
    fn find_in(&self, peer: &Peer, name: &str) -> Option<Found> {
        let route = peer.table.route(name)?;
        let slot = route.slot.known();
        Some(Found {
            dialect: peer.dialect,
            id: route.id,
            slot: slot.unwrap_or_else(|| self.count_at(route, name)),
        })
    }

    /// Where a route of the peer is counted, to which nothing was sent before.
    #[cold]
    fn count_at(&self, route: &PeerRoute, name: &str) -> Slot {
        let slot = self.meter.slot(name);
        route.slot.set(slot);
        slot
    }

    /// A route of the peer.
    #[inline]
    pub(super) fn resolve(&self, name: &str) -> Result<Found, Box<Error>> {
        self.find(name)
            .ok_or_else(|| Box::new(self.unresolved(name)))
    }

    /// Why a name leads to no route.
    #[cold]
    fn unresolved(&self, name: &str) -> Error {
        let state = self.lock("say why there is no route");
        if let Some(mismatch) = state.disagreement.withheld(name) {
            return Error::not_sent(name, SendError::Contract(Box::new(mismatch.clone())));
        }
        match (self.peer.get(), state.stage.closing()) {
            (Some(peer), _) => {
                let nearest = peer.table.nearest(name);
                Error::not_sent(name, SendError::NoSuchRoute { nearest })
            }
            (None, Some(close)) => Error::Closed(close.clone()),
            (None, None) => Error::not_sent(name, SendError::NotReady),
        }
    }

    /// Lets the task run something concurrently with everything else.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let refused = self.lock("spawn").spawn(Box::pin(future));
        // It may be somebody's code.
        drop(refused);
    }

    /// What the task is asked to do besides what is in the outbox, for which it needs no waking from now on: it works, looks here
    /// in each turn, and once more before it [sleeps](Self::sleep).
    pub(crate) fn take_asked(&self) -> Option<Asked> {
        self.lock("look what is asked").take_asked()
    }

    /// Has the task woken for what is asked of it and for what is put into the outbox; unless it has to go on at once, as the outbox
    /// has something that it `writes`, or as it is asked to do something.
    pub(crate) fn sleep(&self, cx: &Context<'_>, writes: bool) -> Rest {
        let mut state = self.lock("sleep");
        if state.is_asked() {
            Rest::Asked
        } else if writes && state.outbox.has_work() {
            Rest::Writes
        } else {
            state.sleep(cx);
            Rest::Sleeps
        }
    }
}

/// A route of the peer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) dialect: Dialect,
    pub(crate) id: RouteId,
    /// Where it is counted.
    pub(crate) slot: Slot,
}

/// Something that a connection's task runs concurrently with everything else.
pub(crate) type Spawned = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How far a connection is from its end.
#[derive(Debug, Default)]
pub(super) enum Stage {
    /// Messages are taken.
    #[default]
    Open,
    /// A handle asked to close, within a time that may be shorter than the limit; messages are taken until the task gets to it.
    Asked(Close, Option<Duration>),
    /// The task closes what a handle asked it to close; messages are taken until it has begun.
    Taken,
    /// No more messages are taken.
    Closing(Close),
    /// It has ended.
    Ended {
        /// With what it closed.
        closing: Close,
        /// How it came to its end: otherwise where the peer is lost meanwhile.
        end: Close,
    },
}

impl Stage {
    /// With what the connection closes, once it takes no more messages.
    #[inline]
    pub(super) fn closing(&self) -> Option<&Close> {
        match self {
            Self::Open | Self::Asked(..) | Self::Taken => None,
            Self::Closing(close) | Self::Ended { closing: close, .. } => Some(close),
        }
    }

    #[inline]
    pub(super) fn is_closing(&self) -> bool {
        self.closing().is_some()
    }
}

/// What the task is asked to do.
#[derive(Default)]
pub(crate) struct Asked {
    /// End the connection at once, without a word to the peer.
    pub(crate) cut: bool,
    /// Close it, within a time that may be shorter than the limit.
    pub(crate) close: Option<(Close, Option<Duration>)>,
    /// Measure the round trip.
    pub(crate) probe: bool,
    /// Run these.
    pub(crate) spawned: Vec<Spawned>,
}

/// What a task that has nothing more to do comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// It is woken.
    Sleeps,
    /// It is asked to do something.
    Asked,
    /// The outbox has something to write or to flush.
    Writes,
}

/// What both sides do not agree about.
#[derive(Debug, Default)]
pub(super) struct Disagreement {
    /// What is not agreed about.
    pub(super) mismatches: Option<Arc<[Mismatch]>>,
    /// The connection is refused for that.
    pub(super) refused: bool,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) outbox: Outbox,
    /// What was put into it and is not added to the side's counts.
    pub(super) put_in: Tally,
    /// What goes into it once there is room.
    pub(super) newest: Newest,
    /// The broadcasts that one side missed.
    pub(super) dropped: Dropped,
    pub(super) disagreement: Disagreement,
    pub(super) stage: Stage,
    /// A handle asked to close before anything else did.
    pub(super) by_hand: bool,
    /// The connection has to end at once.
    pub(super) cut: bool,
    /// Nothing more is written.
    pub(super) written_off: bool,
    /// The calls, streams and pipes, with a peer that knows such.
    pub(super) conversations: Option<Box<Conversations<Far>>>,
    /// Credit for pipes to this connection that is held back until there is room.
    pub(super) held_back: Vec<Far>,
    spawned: Vec<Spawned>,
    /// The round trip, once somebody has asked for it.
    pub(super) round_trip: Option<Box<RoundTrip>>,
    /// The task, while it sleeps and has to be woken for what is put in.
    sleeper: Option<Waker>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("outbox", &self.outbox)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

impl State {
    /// Puts the message that starts at `start` into the outbox, or returns it when there is no room.
    #[inline]
    pub(super) fn put(&mut self, frame: &mut Vec<u8>, start: usize, limit: usize) -> Option<Bytes> {
        let len = frame.len() - start;
        let room = self.outbox.has_room(len, limit);
        if room && len <= COPIED {
            self.outbox.push(frame.get(start..).unwrap_or_default());
            self.wake();
            return None;
        }
        // A buffer that is much larger stays for other messages: what waits is counted by its length.
        let owned = if frame.capacity() / 2 > len {
            Bytes::copy_from_slice(frame.get(start..).unwrap_or_default())
        } else {
            let mut owned = Bytes::from(std::mem::take(frame));
            bytes::Buf::advance(&mut owned, start);
            owned
        };
        if room {
            self.push(owned);
            return None;
        }
        Some(owned)
    }

    /// Puts a sealed message into the outbox, room or not.
    pub(super) fn push(&mut self, frame: Bytes) {
        self.outbox.push_owned(frame);
        self.wake();
    }

    /// Does something with the conversations, if there are such, and sends what it comes to.
    pub(super) fn tell(
        &mut self,
        framing: Framing,
        act: impl FnOnce(&mut Conversations<Far>) -> Option<Control>,
    ) {
        if let Some(told) = self.conversations.as_deref_mut().and_then(act) {
            self.push(framing.control(told));
        }
    }

    /// Lets the task run something concurrently with everything else; returns it when the connection closes.
    pub(super) fn spawn(&mut self, future: Spawned) -> Option<Spawned> {
        if self.stage.is_closing() {
            return Some(future);
        }
        self.spawned.push(future);
        self.wake();
        None
    }

    pub(super) fn take_spawned(&mut self) -> Vec<Spawned> {
        std::mem::take(&mut self.spawned)
    }

    /// Whether the task has something to do besides what is in the outbox.
    pub(super) fn is_asked(&self) -> bool {
        self.cut
            || matches!(self.stage, Stage::Asked(..))
            || !self.spawned.is_empty()
            || self.round_trip.as_ref().is_some_and(|of| of.is_asked())
    }

    /// What the task is asked to do besides what is in the outbox.
    pub(super) fn take_asked(&mut self) -> Option<Asked> {
        self.sleeper = None;
        if !self.is_asked() {
            return None;
        }
        let close = match std::mem::replace(&mut self.stage, Stage::Taken) {
            Stage::Asked(close, within) => Some((close, within)),
            stage => {
                self.stage = stage;
                None
            }
        };
        Some(Asked {
            cut: std::mem::take(&mut self.cut),
            close,
            probe: self.round_trip.as_mut().is_some_and(|of| of.take_asked()),
            spawned: self.take_spawned(),
        })
    }

    /// Has the task woken for what is put in.
    pub(super) fn sleep(&mut self, cx: &Context<'_>) {
        self.sleeper = Some(cx.waker().clone());
    }

    /// Wakes the task if it sleeps: while it works it looks here before it sleeps again.
    #[inline]
    pub(super) fn wake(&mut self) {
        if let Some(sleeper) = self.sleeper.take() {
            sleeper.wake();
        }
    }

    /// Nobody is to be woken any more.
    pub(super) fn forget_sleeper(&mut self) {
        self.sleeper = None;
    }
}

impl Disagreement {
    /// Whether routes of the peer can't be sent to, as both sides think otherwise of their types.
    pub(super) fn withholds(&self) -> bool {
        let mut mismatches = self.mismatches.iter().flat_map(|all| all.iter());
        mismatches.any(Mismatch::withholds)
    }

    /// Why a route of the peer can't be sent to, if both sides think otherwise of its types.
    pub(super) fn withheld(&self, name: &str) -> Option<&Mismatch> {
        let mut mismatches = self.mismatches.iter().flat_map(|all| all.iter());
        mismatches.find(|of| of.withholds() && of.route() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts a message of so many bytes into the outbox, from a buffer of the capacity; whether the buffer stays for others.
    fn stays(message: usize, capacity: usize, room: usize) -> bool {
        let mut state = State::default();
        let mut buffer = Vec::with_capacity(capacity);
        buffer.resize(message, 7);
        state.outbox.push(b"before");
        let unsent = state.put(&mut buffer, 1, room);
        let put = state.outbox.end() - 6;
        let len = message as u64 - 1;
        assert_eq!(put + unsent.map_or(0, |unsent| unsent.len() as u64), len);
        buffer.capacity() == capacity
    }

    #[test]
    fn buffer_that_is_much_larger_than_its_message_does_not_wait_with_it() {
        const LARGE: usize = 2 * 1024 * 1024;

        for room in [usize::MAX, 0] {
            assert!(stays(5000, LARGE, room));
            assert!(stays(LARGE / 3, LARGE, room));
            assert!(!stays(LARGE, LARGE, room), "a large message is not copied");
            assert!(!stays(LARGE * 2 / 3, LARGE, room));
        }
    }
}
