//! The one task behind a connection: it owns the socket, reads what has arrived, runs the routes, and writes once when no
//! more input is there.

mod circle;
mod inbox;
mod liveness;
mod timers;

use std::{
    fmt,
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;

use circle::Watch;
use inbox::{Inbox, Rate, Work};
use liveness::{Expired, Liveness};
use timers::{Timer, Timers};

use crate::{
    connection::{Connection, PipeEnd},
    contract::{Contract, Mismatch},
    deadline::{after, until},
    limits::Limits,
    link::{
        Link, Spawned,
        failures::{Told, Unserved},
    },
    panics::{Contained, Panic, catch, discard},
    proto::{
        Role,
        conversation::{Key, Received},
        session::{Event, Session},
    },
    route::{
        Answer, Asks, FailedRoute, Failure, Handler, HookFuture, Message, OnFailure, PipeHook,
        RouteError, RouteFuture, Run, RunHook, Shape, Side,
    },
    shown::Shown,
    transport::{self, Incoming, Transport},
    wire::{Close, CloseCode, ConnectionId, DataType, Dialect, Header, Kind, Part, RouteId},
};

/// Messages that one turn handles before other tasks get theirs.
const MESSAGES_A_TURN: usize = 256;

/// The bytes that are read and thrown away after a close that the peer may not have seen.
const DISCARDED: usize = 16 * 1024 * 1024;

/// The time for the same, and for a peer that broke the protocol to end the connection.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(2);

/// Where a connection stands.
enum Phase {
    /// Messages come and go.
    Open,
    /// This side has closed and waits for the peer's answer.
    Closing(Close),
    /// The last close frame is on its way; what the peer still sends is thrown away until it ends the connection, so that
    /// it gets to see the frame (a reset would discard it). Messages that came before the peer's close are still handled.
    Draining {
        close: Close,
        shut: bool,
        left: usize,
    },
    /// The socket is done with.
    Ended(Close),
}

/// The socket's part of the task.
pub(crate) struct Io<T> {
    transport: T,
    session: Session,
    /// What is held against what the peer tells, if anything is.
    contract: Option<Held>,
    link: Arc<Link>,
    limits: Arc<Limits>,
    phase: Phase,
    inbox: Inbox,
    concurrent: FuturesUnordered<ConcurrentRoute>,
    /// What handles and routes have left to be run: the items of streams.
    spawned: FuturesUnordered<Spawned>,
    /// Whether there are hooks that are to see failures.
    hears_failures: bool,
    /// The names of this side's routes.
    route_name: fn(RouteId) -> &'static str,
    turn: usize,
    full_said: bool,
    timers: Timers,
    liveness: Liveness,
    rate: Option<Rate>,
}

/// A side's contract, and whether a peer that differs is refused.
struct Held {
    contract: &'static Contract,
    strict: bool,
}

impl<T> Drop for Io<T> {
    /// However the task ends, those who wait for the connection's end learn of it.
    fn drop(&mut self) {
        self.link.finish(Close::new(
            CloseCode::ABNORMAL,
            "the connection's task was dropped",
        ));
    }
}

impl<T: Transport> Io<T> {
    pub(crate) fn new(transport: T, session: Session, link: Arc<Link>) -> Self {
        let limits = Arc::clone(&link.limits);
        let mut timers = Timers::default();
        timers.set(Timer::Exchange, limits.exchange_timeout);
        if session.fall_back().is_some() {
            timers.set(Timer::FallBack, limits.dialect_01_after);
        }
        let liveness = Liveness::new(&limits);
        if T::OWN_LIVENESS {
            timers.set(Timer::Liveness, liveness.interval());
        }
        Self {
            transport,
            session,
            contract: None,
            link,
            phase: Phase::Open,
            inbox: Inbox::new(&limits),
            concurrent: FuturesUnordered::new(),
            spawned: FuturesUnordered::new(),
            hears_failures: false,
            route_name: |_| "",
            turn: 0,
            full_said: false,
            timers,
            liveness,
            rate: limits
                .messages_per_second
                .map(|limit| Rate::new(limit, Instant::now())),
            limits,
        }
    }

    /// Has what the peer tells of its routes compared with this side's contract. A strict side refuses a peer that differs.
    pub(crate) fn hold(&mut self, contract: &'static Contract, strict: bool) {
        self.contract = Some(Held { contract, strict });
    }

    /// Sends the first message, if this side has it.
    pub(crate) fn open(&mut self) {
        #[cfg(feature = "__testing")]
        if self.limits.raw_echo {
            self.timers.stop(Timer::Exchange);
            return;
        }
        if let Some(table) = self.session.open() {
            self.tell(&table);
        }
    }

    /// Sends a message of the meta exchange, which waits for no room: nothing else may be sent before it.
    fn tell(&mut self, message: &[u8]) {
        self.link.push_message(message);
    }

    /// The task works: it needs no waking for what is put into the outbox, and looks for itself whether it was asked to
    /// close or cut off, once in each turn and before it goes to sleep again. Says whether it was.
    fn look_up(&mut self) -> bool {
        let open = matches!(self.phase, Phase::Open);
        let (close, within, cut) = {
            let mut shared = self.link.lock();
            shared.sleeper = None;
            if !shared.is_asked(open) {
                return false;
            }
            self.spawned.extend(shared.spawned.drain(..));
            let cut = std::mem::take(&mut shared.cut);
            (shared.close.take(), shared.close_within, cut)
        };
        if cut {
            self.cut_off();
        } else if let Some(close) = close {
            self.start_closing(close);
            if let Some(within) = within {
                self.timers
                    .set(Timer::Close, self.limits.close_timeout.min(within));
            }
        }
        true
    }

    /// What to do next.
    #[expect(
        clippy::inline_always,
        reason = "runs for every message, from one place"
    )]
    #[inline(always)]
    fn poll_work(&mut self, cx: &mut Context<'_>) -> Poll<Work> {
        if self.turn == 0 {
            self.look_up();
        }
        loop {
            if self.turn >= MESSAGES_A_TURN {
                return self.next_turn(cx);
            }
            if let Some(work) = self.inbox.pop() {
                self.turn += 1;
                if let Some(key) = work.conversation()
                    && !self.link.is_conversation_open(key)
                {
                    // It was cancelled while it waited.
                    continue;
                }
                return Poll::Ready(work);
            }
            match &self.phase {
                Phase::Open => match self.poll_receive(cx) {
                    Poll::Ready(Some(work)) => return Poll::Ready(work),
                    Poll::Ready(None) => continue,
                    Poll::Pending => {}
                },
                Phase::Ended(close) => {
                    if self.concurrent.is_empty() {
                        return Poll::Ready(Work::Ended(close.clone()));
                    }
                    // Those that still run may wait for the end.
                    self.link.finish(close.clone());
                }
                Phase::Closing(_) | Phase::Draining { .. } => {}
            }
            if self.poll_io(cx).is_pending() {
                self.turn = 0;
                return Poll::Pending;
            }
        }
    }

    /// Lets other tasks have their turn though there is more to do here.
    fn next_turn<U>(&mut self, cx: &mut Context<'_>) -> Poll<U> {
        self.turn = 0;
        // Whether it changed anything shows in the next turn.
        let _ = self.poll_io(cx);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Goes on with everything but the handler's part, while a route runs. Ready once the connection is over and the
    /// route's time is up.
    fn poll_background(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.turn >= MESSAGES_A_TURN {
                return self.next_turn(cx);
            }
            if matches!(self.phase, Phase::Open) {
                let full = self.inbox.is_full();
                self.liveness.set_unread(full);
                if full && !self.full_said {
                    self.full_said = true;
                    tracing::info!(
                        connection = %self.link.id,
                        "the queue is full while a route runs; the peer is not read until it ends"
                    );
                }
                if !full && let Poll::Ready(work) = self.poll_receive(cx) {
                    if let Some(work) = work {
                        self.inbox.push(work);
                    }
                    continue;
                }
            }
            if let Phase::Ended(close) = &self.phase {
                let close = close.clone();
                self.link.finish(close);
                while let Poll::Ready(Some(done)) = self.concurrent.poll_next_unpin(cx) {
                    self.finished(done);
                }
                if self.timers.poll(cx).is_ready() {
                    return Poll::Ready(());
                }
                if self.sleep(cx).is_pending() {
                    return Poll::Pending;
                }
                self.look_up();
                continue;
            }
            if self.poll_io(cx).is_pending() {
                self.turn = 0;
                return Poll::Pending;
            }
        }
    }

    /// Reads one message, and says what there is to do about it. Pending when no more input is there.
    #[expect(
        clippy::inline_always,
        reason = "runs for every message, from one place"
    )]
    #[inline(always)]
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Option<Work>> {
        let Poll::Ready(incoming) = self.transport.poll_read(cx) else {
            // Part of a message is a sign of life too; a slow peer's pong is behind all of it.
            if self.liveness.is_pinged() && self.transport.take_heard() {
                self.is_alive();
            }
            return Poll::Pending;
        };
        self.turn += 1;
        self.is_alive();
        if let Some(rate) = &mut self.rate
            && matches!(incoming, Ok(Incoming::Message(_)))
            && !rate.allows_one_more(Instant::now())
        {
            self.start_closing(Close::TOO_MANY_MESSAGES);
            return Poll::Ready(None);
        }
        match incoming {
            #[cfg(feature = "__testing")]
            Ok(Incoming::Message(message)) if self.limits.raw_echo => {
                self.link.push_message(&message);
            }
            #[cfg(feature = "__testing")]
            Ok(Incoming::Text(text)) if self.limits.raw_echo => {
                self.link.push_text(&text);
            }
            Ok(Incoming::Message(frame)) => match self.session.receive(&frame) {
                Ok(Event::Message {
                    route,
                    dialect,
                    data_type,
                }) => {
                    let message = Message::new(dialect, data_type, frame, self.limits.nesting);
                    return Poll::Ready(Some(Work::Message(route, message, None)));
                }
                Ok(Event::Part(part)) => return Poll::Ready(self.received(part, frame)),
                Ok(Event::Ready { answer, contract }) => {
                    return Poll::Ready(self.exchanged(answer, contract));
                }
                Ok(Event::Contract { answer }) => return Poll::Ready(self.told(&frame, answer)),
                Ok(Event::Replaced { answer }) => self.replaced(answer),
                Err(close) => self.start_closing(close),
            },
            Ok(Incoming::Text(_)) => {
                tracing::warn!(
                    connection = %self.link.id,
                    "a text message came, and highway's messages are binary: send bytes, the header first (in a browser an \
                     ArrayBuffer or a Blob)"
                );
                self.start_closing(Close::MALFORMED_HEADER);
            }
            Ok(Incoming::Control | Incoming::Fragment) => {}
            Ok(Incoming::Close(close)) => {
                self.link.begin_closing(&close);
                // At once, though messages wait: a route that waits for the connection's end would wait for itself.
                self.transport.close(&self.link, &close);
                // Behind its close frame a peer sends nothing.
                self.drain(close, 0);
            }
            Ok(Incoming::End) => self.end(Close::new(CloseCode::ABNORMAL, "")),
            Err(error) => self.broken(&error),
        }
        Poll::Ready(None)
    }

    /// Writes what waits, reads and throws away what the peer still sends, and ends the connection.
    #[cold]
    fn drain(&mut self, close: Close, left: usize) {
        self.timers.start(Timer::Close, self.limits.close_timeout);
        self.stop_being_open();
        self.phase = Phase::Draining {
            close,
            shut: false,
            left,
        };
    }

    /// A message of the extension.
    fn received(&mut self, part: Part, frame: Bytes) -> Option<Work> {
        let received = self
            .link
            .conversations(|conversations| conversations.receive(part, &frame))?;
        let done = match received {
            Ok(Received::Settled) => return None,
            Ok(Received::Missed) => return Some(self.missed(part, &frame)),
            Ok(Received::Busy) => {
                return Some(Work::Send(self.link.refuse(part.id, Unserved::Busy)));
            }
            Ok(Received::Opened(key)) => return Some(self.opened(part, frame, key)),
            Ok(passes) => self.link.relay(passes, part, &frame),
            Err(close) => Err(close),
        };
        if let Err(close) = done {
            self.start_closing(close);
        }
        None
    }

    /// The server has not sent broadcasts.
    fn missed(&self, part: Part, frame: &Bytes) -> Work {
        // It is there, as the message was taken apart.
        let count = frame.get(part.start..).and_then(<[u8]>::first_chunk);
        let count = count.map_or(0, |count| u64::from_le_bytes(*count));
        self.link.set_told_missed(count);
        Work::Missed(count)
    }

    /// A call, a stream or a pipe of the peer.
    fn opened(&self, part: Part, frame: Bytes, key: Key) -> Work {
        let asks = match part.kind {
            Kind::Stream => Asks::Items,
            _ => Asks::Reply,
        };
        let data_type = part.data_type.unwrap_or(DataType::None);
        let nesting = self.limits.nesting;
        let mut message = Message::new(Dialect::Extended, data_type, frame, nesting)
            .behind(part.start)
            .asking(asks);
        if part.kind == Kind::Pipe {
            return Work::Pipe(message, key);
        }
        if part.data_type.is_none() {
            message = message.with_items(self.link.items(key));
        }
        Work::Message(part.route, message, Some(key))
    }

    /// The peer has told its routes.
    #[cold]
    fn exchanged(&mut self, answer: Option<Vec<u8>>, contract: Option<Vec<u8>>) -> Option<Work> {
        for message in answer.into_iter().chain(contract) {
            self.tell(&message);
        }
        self.timers.stop(Timer::FallBack);
        if self.awaits_contract() {
            return None;
        }
        self.agree(Arc::default(), None)
    }

    /// Whether nothing is done before the peer has told its contract: a server's comes in answer to it, and a client needs it
    /// where it declares what the server has.
    fn awaits_contract(&self) -> bool {
        let is_server = self.link.role().is_server();
        let needs = self
            .contract
            .as_ref()
            .is_some_and(|held| held.strict || held.contract.expects_peer());
        self.session.is_extended() && (is_server || needs)
    }

    /// The peer has told its contract.
    #[cold]
    fn told(&mut self, message: &[u8], answer: Option<Vec<u8>>) -> Option<Work> {
        let payload = message.get(Header::LEN..).unwrap_or_default();
        if payload.len() > self.limits.peer_contract_bytes {
            let limit = self.limits.peer_contract_bytes;
            let close = self.too_large(format_args!("contract of {} bytes", payload.len()), limit);
            self.start_closing(close);
            return None;
        }
        let compared = match &self.contract {
            Some(held) => held.contract.compare(payload),
            None => Ok(Arc::default()),
        };
        let mismatches = match compared {
            Ok(mismatches) => mismatches,
            Err(error) => {
                tracing::debug!(connection = %self.link.id, %error, "refusing the peer's contract");
                self.start_closing(Close::CONVERT_FAILED);
                return None;
            }
        };
        if !self.awaits_contract() {
            self.report(&mismatches);
            return None;
        }
        self.agree(mismatches, answer)
    }

    /// Goes on with a peer whose routes, and types if it tells them, are known, unless they are refused.
    fn agree(&mut self, mut mismatches: Arc<[Mismatch]>, answer: Option<Vec<u8>>) -> Option<Work> {
        self.timers.stop(Timer::Exchange);
        let peer = self.session.peer()?.clone();
        if let Some(held) = &self.contract {
            let missing = held.contract.missing(|name| peer.table.id(name).is_some());
            if !missing.is_empty() {
                let is_missing =
                    |of: &Mismatch| missing.iter().any(|one| one.route() == of.route());
                let others = mismatches.iter().filter(|of| !is_missing(of)).cloned();
                mismatches = missing.iter().cloned().chain(others).collect();
            }
            let strict = held.strict;
            self.link.set_mismatches(Arc::clone(&mismatches));
            if let Some(first) = mismatches.first()
                && strict
            {
                tracing::info!(connection = %self.link.id, mismatch = %first, "refusing the peer's contract");
                self.link.set_refused();
                let close = Close::new(CloseCode::CONTRACT, first.for_peer().to_string());
                self.start_closing(close);
                return None;
            }
            self.report(&mismatches);
        }
        if let Some(answer) = answer {
            self.tell(&answer);
        }
        // From here on handles send.
        self.link.set_peer(peer);
        Some(Work::Ready)
    }

    /// Logs what is not agreed about.
    fn report(&self, mismatches: &[Mismatch]) {
        let Some(held) = &self.contract else { return };
        let connection = self.link.id;
        for mismatch in mismatches {
            if held.contract.is_news(mismatch) {
                tracing::warn!(%connection, "{mismatch}");
            } else {
                tracing::debug!(%connection, "{mismatch}");
            }
        }
    }

    /// The peer has told other routes.
    #[cold]
    fn replaced(&mut self, answer: Option<Vec<u8>>) {
        if let Some(answer) = answer {
            self.tell(&answer);
        }
        // Before the contract has come, the routes are not used.
        if self.link.peer().is_some()
            && let Some(peer) = self.session.peer()
        {
            self.link.set_peer(peer.clone());
        }
    }

    /// A fault in the WebSocket protocol or of the socket.
    #[cold]
    fn broken(&mut self, error: &transport::Error) {
        tracing::debug!(connection = %self.link.id, error = %Shown::new(error), "the connection broke");
        let close = match error {
            transport::Error::TooLarge { size, more, limit } => {
                let more = if *more { " or more" } else { "" };
                self.too_large(format_args!("message of {size} bytes{more}"), *limit)
            }
            transport::Error::InvalidUtf8 => Close::INVALID_UTF8,
            transport::Error::Protocol(_) => Close::PROTOCOL_ERROR,
            transport::Error::Lost => {
                // Who says nothing more may still read: what waits is written first.
                let close = Close::new(CloseCode::ABNORMAL, "the connection was lost");
                self.link.begin_closing(&close);
                return self.drain(close, 0);
            }
            transport::Error::Io(_) => {
                return self.end(Close::new(CloseCode::ABNORMAL, "the connection was lost"));
            }
        };
        self.start_closing(close.clone());
        // Where the next frame would begin is not known.
        self.drain(close, DISCARDED);
        self.timers.set(Timer::Close, DISCARD_TIMEOUT);
    }

    /// The close for something that is larger than this side takes. Both sides learn how large it was, and whose limit it was.
    fn too_large(&self, what: fmt::Arguments<'_>, limit: usize) -> Close {
        let whose = match self.link.role() {
            Role::Server => "the server",
            Role::Client => "the client",
            Role::Opener | Role::Reached => "the receiver",
        };
        let reason = format!("{what}, and {whose} takes {limit} at most");
        tracing::info!(connection = %self.link.id, reason, "closing with 1009");
        Close::new(CloseCode::TOO_LARGE, reason)
    }

    /// Sends a close frame behind everything that waits, and handles no more messages.
    #[cold]
    fn start_closing(&mut self, close: Close) {
        tracing::debug!(connection = %self.link.id, code = %close.code(), reason = %Shown::new(close.reason()), "closing");
        self.link.begin_closing(&close);
        self.inbox.drop_messages();
        self.stop_being_open();
        self.timers.set(Timer::Close, self.limits.close_timeout);
        self.transport.close(&self.link, &close);
        self.phase = Phase::Closing(close);
    }

    /// Stops what only an open connection waits for.
    fn stop_being_open(&mut self) {
        self.timers.stop(Timer::Exchange);
        self.timers.stop(Timer::FallBack);
        self.timers.stop(Timer::Liveness);
    }

    #[cold]
    fn end(&mut self, close: Close) {
        self.link.begin_closing(&close);
        if self.transport.is_flushed() {
            self.link.flushed();
        }
        self.link.write_off();
        self.stop_being_open();
        self.timers.stop(Timer::Write);
        self.timers.set(Timer::Close, self.limits.close_timeout);
        self.spawned.clear();
        self.phase = Phase::Ended(close);
    }

    /// Ends the connection at once: what runs and what waits is dropped, `on(close)` still comes.
    fn cut_off(&mut self) {
        let close = match &self.phase {
            Phase::Open => Close::new(CloseCode::ABNORMAL, "the server is gone"),
            Phase::Closing(close) | Phase::Draining { close, .. } | Phase::Ended(close) => {
                close.clone()
            }
        };
        self.inbox.clear();
        self.concurrent.clear();
        self.end(close);
        self.timers.set(Timer::Close, Duration::ZERO);
    }

    /// Concurrent routes, writing, deadlines, closing. Ready when the phase changed, so that the caller looks again.
    fn poll_io(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Poll::Ready(Some(done)) = self.concurrent.poll_next_unpin(cx) {
            if self.finished(done) {
                return Poll::Ready(());
            }
            if matches!(self.phase, Phase::Ended(_)) && self.concurrent.is_empty() {
                return Poll::Ready(());
            }
        }
        // Nothing to run is the rule, and asking a collection that is empty costs an entry of the waker.
        while !self.spawned.is_empty()
            && let Poll::Ready(Some(())) = self.spawned.poll_next_unpin(cx)
        {}
        // What is read comes last: a peer that never stops sending may not keep anything else from its turn.
        if self.look_up() || self.poll_written(cx).is_ready() || self.poll_deadlines(cx).is_ready()
        {
            return Poll::Ready(());
        }
        self.poll_closing(cx)
    }

    /// Goes on with the closing handshake.
    fn poll_closing(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Phase::Closing(close) = &self.phase else {
            return Poll::Pending;
        };
        let left = match ready!(self.transport.poll_read(cx)) {
            Ok(Incoming::Close(_) | Incoming::End) => Some(0),
            Ok(_) => None,
            Err(_) => Some(DISCARDED),
        };
        self.turn += 1;
        if let Some(left) = left {
            let close = close.clone();
            self.drain(close, left);
        }
        Poll::Ready(())
    }

    /// Writes what there is; ready when the connection is over.
    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if matches!(self.phase, Phase::Ended(_)) {
            return self.sleep(cx);
        }
        loop {
            let before = self.transport.written();
            match self.transport.poll_flush(cx, &self.link) {
                Poll::Ready(Ok(())) => {
                    if self.timers.stop(Timer::Write) {
                        self.is_alive();
                    }
                }
                Poll::Ready(Err(error)) => return self.lost(&error),
                Poll::Pending => {
                    let progress = self.transport.written() != before;
                    if progress && self.timers.is_set(Timer::Write) {
                        // A full socket takes more only when the peer reads; its pong to a ping behind all that waits
                        // would come too late.
                        self.is_alive();
                    }
                    if T::OWN_LIVENESS && (progress || !self.timers.is_set(Timer::Write)) {
                        self.timers.set(Timer::Write, self.limits.write_timeout);
                    }
                    return self.sleep(cx);
                }
            }
            if let Phase::Draining { close, shut, left } = &mut self.phase {
                *shut = *shut || self.transport.poll_shutdown(cx).is_ready();
                // A peer that has closed as well may still be sent an end of the stream: the server ends TCP first.
                let rest = match (*shut, *left) {
                    (false, _) => Poll::Pending,
                    (true, 0) => Poll::Ready(Ok(0)),
                    (true, _) => self.transport.poll_discard(cx),
                };
                match rest {
                    Poll::Ready(Ok(read @ 1..)) if read < *left => {
                        *left -= read;
                        continue;
                    }
                    Poll::Ready(_) => {
                        let close = close.clone();
                        self.end(close);
                        return Poll::Ready(());
                    }
                    Poll::Pending => {}
                }
            }
            let mut shared = self.link.lock();
            if shared.is_asked(matches!(self.phase, Phase::Open)) {
                return Poll::Ready(());
            }
            if shared.outbox.is_empty() && !shared.outbox.is_flush_awaited() {
                shared.sleeper = Some(cx.waker().clone());
                return Poll::Pending;
            }
        }
    }

    /// The task sleeps though bytes wait, or nothing more is written: the socket wakes it, or a handle that closes.
    fn sleep(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.link.lock();
        if shared.is_asked(matches!(self.phase, Phase::Open)) {
            return Poll::Ready(());
        }
        shared.sleeper = Some(cx.waker().clone());
        Poll::Pending
    }

    fn lost(&mut self, error: &io::Error) -> Poll<()> {
        tracing::debug!(connection = %self.link.id, error = %Shown::new(error), "the connection was lost");
        let close = match &self.phase {
            Phase::Closing(close) | Phase::Draining { close, .. } => close.clone(),
            Phase::Open | Phase::Ended(_) => {
                Close::new(CloseCode::ABNORMAL, "the connection was lost")
            }
        };
        self.end(close);
        Poll::Ready(())
    }

    fn poll_deadlines(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match ready!(self.timers.poll(cx)) {
            Timer::Write => {
                self.transport.reset();
                self.end(Close::new(
                    CloseCode::ABNORMAL,
                    "the peer did not read in time",
                ));
            }
            Timer::Close => self.close_overdue(),
            Timer::Exchange => self.start_closing(Close::INVALID_STATE),
            Timer::FallBack => {
                self.timers.stop(Timer::FallBack);
                if let Some(table) = self.session.fall_back() {
                    self.tell(&table);
                }
            }
            Timer::Liveness => self.look(),
        }
        Poll::Ready(())
    }

    /// Takes note of a sign of life.
    #[inline]
    fn is_alive(&mut self) {
        if let Some(time) = self.liveness.hear()
            && matches!(self.phase, Phase::Open)
        {
            self.timers.set(Timer::Liveness, time);
        }
    }

    /// Looks whether the peer is still there, pings one that was silent for a while, and ends the connection to one that stays so.
    fn look(&mut self) {
        let heard = self.transport.take_heard();
        match self.liveness.look(heard) {
            Expired::Look(time) => self.timers.set(Timer::Liveness, time),
            Expired::Ping(time) => {
                self.transport.ping(&self.link);
                self.timers.set(Timer::Liveness, time);
            }
            Expired::Gone => {
                tracing::debug!(connection = %self.link.id, "the peer is gone without a word");
                self.transport.reset();
                self.end(Close::new(
                    CloseCode::ABNORMAL,
                    "the peer did not answer a ping",
                ));
            }
        }
    }

    fn close_overdue(&mut self) {
        match &self.phase {
            Phase::Open => {
                self.timers.stop(Timer::Close);
            }
            // It stays set: nothing has any time left.
            Phase::Ended(_) => self.concurrent.clear(),
            Phase::Closing(close) | Phase::Draining { close, .. } => {
                let close = if self.transport.has_unwritten() {
                    Close::new(CloseCode::ABNORMAL, "the peer did not read in time")
                } else {
                    close.clone()
                };
                self.inbox.clear();
                self.concurrent.clear();
                self.transport.reset();
                self.end(close);
            }
        }
    }

    /// What came of a route or hook that ran beside the others. Says whether there is something new to do.
    fn finished(&mut self, done: Done) -> bool {
        let was_open = matches!(self.phase, Phase::Open);
        if done.is_hook {
            self.settle(done.route, done.bytes, &done.result);
        } else if let Some(failed) = self.settle_route(done.route, done.bytes, done.result) {
            self.inbox.push(Work::Failed(failed));
            return true;
        }
        was_open && !matches!(self.phase, Phase::Open)
    }

    /// Takes note of what came of a route on a message, and closes where that is what follows. Gives back a failure that hooks are
    /// to see.
    #[inline]
    fn settle_route(
        &mut self,
        route: &'static str,
        bytes: usize,
        result: Result<(), RouteError>,
    ) -> Option<FailedRoute> {
        let close = self.outcome(route, bytes, &result)?;
        let failed = FailedRoute::new(route, result.err()?);
        if matches!(self.phase, Phase::Open) && (failed.is_none() || self.closes_on_failure()) {
            self.start_closing(close);
        }
        failed.filter(|_| self.hears_failures)
    }

    fn closes_on_failure(&self) -> bool {
        match self.link.on_failure {
            OnFailure::Log => false,
            OnFailure::Close => true,
            OnFailure::ByPeer => !self.session.is_extended(),
        }
    }

    /// Runs the hooks that see failures. Their own are logged only.
    async fn failed<H: Handler>(&mut self, handler: &mut H, failed: &FailedRoute) {
        for hook in &H::registry().failure {
            let hook = self.drive("on(failure)", hook(handler, failed));
            let Some(result) = hook.await else {
                return;
            };
            self.outcome("on(failure)", 0, &result);
        }
    }

    /// Logs what came of a route, and says how the connection has to close for it.
    fn outcome(&self, route: &str, bytes: usize, result: &Result<(), RouteError>) -> Option<Close> {
        let connection = self.link.id;
        match result {
            Ok(()) => {
                tracing::debug!(%connection, route, bytes, outcome = "done", "received");
                None
            }
            Err(RouteError::Decode(error)) => {
                tracing::warn!(%connection, route, bytes, outcome = "not converted", %error, "received");
                Some(Close::CONVERT_FAILED)
            }
            Err(RouteError::Failed(failure))
                if !matches!(self.phase, Phase::Open) && failure.is_closed() =>
            {
                tracing::debug!(%connection, route, bytes, outcome = "closed meanwhile", "received");
                None
            }
            Err(RouteError::Failed(failure)) => {
                tracing::error!(%connection, route, bytes, outcome = "failed", %failure, "received");
                Some(Close::INTERNAL_ERROR)
            }
            Err(RouteError::Reply(error)) => {
                tracing::error!(%connection, route, bytes, outcome = "reply not sendable", %error, "received");
                Some(Close::INTERNAL_ERROR)
            }
            Err(RouteError::Panicked(panic)) => {
                let panic = tracing::field::display(Shown::new(panic.message()));
                tracing::error!(%connection, route, bytes, outcome = "panicked", panic, "received");
                Some(Close::INTERNAL_ERROR)
            }
        }
    }

    /// Runs something of the handler's while the connection goes on. `None` when the connection ended and the time to
    /// come to an end after it was up.
    async fn drive<U, E: Into<RouteError>>(
        &mut self,
        name: &str,
        future: impl Future<Output = Result<U, E>> + Unpin,
    ) -> Option<Result<U, RouteError>> {
        let mut future = Contained::new(future);
        let mut watch = Watch::default();
        poll_fn(|cx| match Pin::new(&mut future).poll(cx) {
            Poll::Ready(result) => Poll::Ready(Some(came_to(result))),
            Poll::Pending => {
                let over = self.poll_background(cx).map(|()| None);
                if over.is_pending()
                    && let Some(call) = self.inbox.waiting_call()
                    && watch.is_due(cx, || self.awaits_reply())
                {
                    tracing::warn!(
                        connection = %self.link.id,
                        "`{name}` waits for a reply of the peer, while the peer's call of `{}` waits for `{name}` to end; if the one is \
                         for the other, both wait until a call times out: let the route or hook take its `Connection` by value, \
                         or make the call from a task of its own",
                        (self.route_name)(call),
                    );
                }
                over
            }
        })
        .await
    }

    /// Whether the peer has still to answer a call.
    fn awaits_reply(&self) -> bool {
        let awaits = self
            .link
            .conversations(|conversations| conversations.awaits_reply());
        awaits.unwrap_or(false)
    }

    /// Runs a hook; its failure closes the connection like a route's. Gives back what came of it, or `None` when the connection
    /// ended before that.
    async fn hook(
        &mut self,
        name: &'static str,
        hook: HookFuture<'_>,
    ) -> Option<Result<(), RouteError>> {
        let result = self.drive(name, hook).await?;
        self.settle(name, 0, &result);
        Some(result)
    }

    /// Runs the `on(ready)` hooks up to the first that fails, and says which of them did, or that the connection ended before.
    async fn get_ready<H: Handler>(
        &mut self,
        connection: &Connection<H>,
        handler: &mut H,
    ) -> Option<Result<(), RouteError>> {
        for hook in &H::registry().ready {
            match hook {
                RunHook::InOrder(hook) => match self.hook("on(ready)", hook(handler)).await {
                    Some(Ok(())) => {}
                    ended => return ended,
                },
                RunHook::Concurrent(hook) => self.beside("on(ready)", hook(connection.clone())),
            }
        }
        Some(Ok(()))
    }

    /// Takes note of what came of a route, and closes where that is what follows.
    #[inline]
    fn settle(&mut self, route: &str, bytes: usize, result: &Result<(), RouteError>) {
        if let Some(close) = self.outcome(route, bytes, result)
            && matches!(self.phase, Phase::Open)
        {
            self.start_closing(close);
        }
    }

    /// Waits until one more route may run beside the others.
    async fn slot(&mut self) {
        let limit = self.limits.concurrent_routes.max(1);
        poll_fn(|cx| {
            // Those that run get on, and may end, in the background's part: looking before it only would miss that.
            if self.concurrent.len() < limit
                || self.poll_background(cx).is_ready()
                || self.concurrent.len() < limit
            {
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
    }
}

/// Tells whoever has opened a connection how far it is.
pub(crate) struct Progress {
    /// The meta exchange is over.
    pub(crate) ready: tokio::sync::oneshot::Sender<()>,
    /// The `on(ready)` hooks that run before any route are through, or one of them failed. Not told when the connection closed
    /// meanwhile.
    pub(crate) greeted: tokio::sync::oneshot::Sender<Result<(), Failure>>,
}

/// Runs a connection from its upgrade to its end.
pub(crate) async fn run<H: Handler, T: Transport>(
    mut io: Io<T>,
    connection: Connection<H>,
    progress: Option<Progress>,
) -> Close {
    let handler = catch(|| H::new(connection.clone()));
    let mut handler = handler.map(Contained::new);
    let close = match handler.as_mut().map(Contained::get_mut) {
        Ok(Some(handler)) => serve_peer(&mut io, &connection, handler, progress).await,
        Ok(None) => Close::INTERNAL_ERROR,
        Err(panic) => {
            io.settle("Default", 0, &Err(panic.clone().into()));
            // Without a handler nothing is left to run.
            loop {
                if let Work::Ended(close) = poll_fn(|cx| io.poll_work(cx)).await {
                    break close;
                }
            }
        }
    };
    // Before those who wait for the end learn of it.
    drop(handler);
    connection.leave_server();
    io.link.finish(close.clone());
    // With the last of a client's handles goes its state.
    discard(connection);
    close
}

/// Runs the handler of a connection until that is over, with its hooks.
async fn serve_peer<H: Handler, T: Transport>(
    io: &mut Io<T>,
    connection: &Connection<H>,
    handler: &mut H,
    mut progress: Option<Progress>,
) -> Close {
    let registry = H::registry();
    io.hears_failures = !registry.failure.is_empty();
    io.route_name = |id| H::registry().route(id).map_or("", |route| route.name);
    for hook in &registry.open {
        match hook {
            RunHook::InOrder(hook) => {
                io.hook("on(open)", hook(handler)).await;
            }
            RunHook::Concurrent(hook) => io.beside("on(open)", hook(connection.clone())),
        }
    }
    let close = loop {
        match poll_fn(|cx| io.poll_work(cx)).await {
            Work::Ready => {
                let greeted = progress.take().map(|progress| {
                    // Nobody waits any more: the connection is there all the same.
                    let _ = progress.ready.send(());
                    progress.greeted
                });
                let came = io.get_ready(connection, handler).await;
                if let Some((greeted, came)) = greeted.zip(came)
                    && (came.is_err() || matches!(io.phase, Phase::Open))
                {
                    let _ = greeted.send(came.map_err(RouteError::into_failure));
                }
            }
            Work::Send(frame) => io.put(frame).await,
            Work::Message(id, message, key) => {
                let Some(route) = registry.route(id) else {
                    continue;
                };
                if let Some(key) = key
                    && !io.serves(key, route.shape, &message).await
                {
                    continue;
                }
                let bytes = Header::LEN + message.payload().len();
                match route.run {
                    Run::InOrder(run) => {
                        let Some(result) = io.drive(route.name, run(handler, &message)).await
                        else {
                            continue;
                        };
                        match key {
                            None => {
                                let result = result.map(drop);
                                if let Some(failed) = io.settle_route(route.name, bytes, result) {
                                    io.failed(handler, &failed).await;
                                }
                            }
                            Some(key) => io.answer(key, route.name, bytes, result).await,
                        }
                    }
                    Run::Concurrent(run) => {
                        io.slot().await;
                        let mut future = run(connection.clone(), message);
                        if let Some(key) = key {
                            let link = Arc::clone(&io.link);
                            let answer = move |link: &Arc<Link>, result| link.answer(key, result);
                            future = Box::pin(serve(link, key, route.name, bytes, future, answer));
                        }
                        io.concurrent.push(ConcurrentRoute {
                            route: route.name,
                            is_hook: false,
                            bytes,
                            future: Contained::new(future),
                        });
                    }
                }
            }
            Work::Failed(failed) => io.failed(handler, &failed).await,
            Work::Missed(count) => {
                for hook in &registry.missed {
                    io.hook("on(missed)", hook(handler, count)).await;
                }
            }
            Work::Pipe(message, key) => io.pipe(connection, handler, message, key).await,
            Work::Ended(close) => break close,
        }
    };
    connection.leave_all();
    io.closed(handler, &close).await;
    close
}

/// Why a route can't serve a call or stream, as far as its shape tells.
fn unserved(shape: Shape, message: &Message) -> Option<Unserved> {
    match (shape, message.asks(), message.has_items()) {
        (Shape { takes_items, .. }, _, has_items) if takes_items != has_items => {
            Some(if takes_items {
                Unserved::TakesItems
            } else {
                Unserved::TakesValue
            })
        }
        (
            Shape {
                gives_items: true, ..
            },
            Asks::Reply,
            _,
        ) => Some(Unserved::GivesItems),
        (
            Shape {
                gives_items: false, ..
            },
            Asks::Items,
            _,
        ) => Some(Unserved::GivesValue),
        _ => None,
    }
}

/// Runs a route for a call or stream, or a hook for a pipe, beside the others, and answers; drops it when nobody waits any more.
async fn serve(
    link: Arc<Link>,
    key: Key,
    route: &'static str,
    bytes: usize,
    future: RouteFuture<'static>,
    answer: impl FnOnce(&Arc<Link>, Result<Answer, RouteError>) -> Option<Bytes>,
) -> Result<Answer, RouteError> {
    let mut future = Contained::new(future);
    let result = poll_fn(|cx| {
        let wanted = link.conversations(|conversations| conversations.is_wanted(key, cx));
        if wanted != Some(true) {
            return Poll::Ready(None);
        }
        Pin::new(&mut future)
            .poll(cx)
            .map(|result| Some(came_to(result)))
    })
    .await;
    drop(future);
    if let Some(result) = result {
        log_answer(&link, route, bytes, &result);
        if let Some(frame) = answer(&link, result) {
            // Where the connection is gone nobody waits for it.
            let _ = link.push(frame).await;
        }
    } else {
        tracing::debug!(connection = %link.id, route, bytes, outcome = "cancelled", "called");
    }
    Ok(Answer::Nothing)
}

/// Logs what came of a call or stream: the caller gets to know what went wrong, and the connection stays.
fn log_answer(link: &Link, route: &str, bytes: usize, result: &Result<Answer, RouteError>) {
    let connection = link.id;
    match result {
        Ok(answer) => {
            tracing::debug!(%connection, route, bytes, outcome = ?answer, "called");
        }
        Err(RouteError::Panicked(panic)) => {
            let panic = tracing::field::display(Shown::new(panic.message()));
            tracing::error!(%connection, route, bytes, outcome = "panicked", panic, "called");
        }
        Err(error) => {
            tracing::info!(%connection, route, bytes, outcome = "failed", ?error, "called");
        }
    }
}

impl<T: Transport> Io<T> {
    /// Leads a pipe that the peer asks for to another connection, or takes one that was led here.
    async fn pipe<H: Handler>(
        &mut self,
        connection: &Connection<H>,
        handler: &mut H,
        message: Message,
        key: Key,
    ) {
        if let Some(take) = H::TAKE_PIPE {
            return take(connection, PipeEnd::new(&self.link, key), message);
        }
        let bytes = Header::LEN + message.payload().len();
        let to = H::registry().pipe.ok_or(Told::new(
            "pipe",
            if H::Side::IS_SERVER {
                "nobody may be reached here"
            } else {
                "the client takes no pipes"
            },
        ));
        let to = to.and_then(|hook| match message.decode::<ConnectionId>() {
            Ok(id) => match connection.reach(id) {
                Some(to) => Ok((hook, to)),
                None => Err(Told::new("pipe", format!("there is no connection {id}"))),
            },
            Err(error) => Err(Told::new("convert", error.to_string())),
        });
        let (hook, to) = match to {
            Ok(to) => to,
            Err(told) => {
                let frame = told.frame(key.id, self.link.framing);
                self.link.finish_conversation(key);
                return self.put(frame).await;
            }
        };
        let far = to.present();
        match hook {
            PipeHook::InOrder(hook) => {
                let Some(result) = self.drive("on(pipe)", hook(handler, to, &message)).await else {
                    return;
                };
                log_answer(&self.link, "on(pipe)", bytes, &result);
                if let Some(failure) = self.link.lead(key, &far, result) {
                    self.put(failure).await;
                }
            }
            PipeHook::Concurrent(hook) => {
                self.slot().await;
                let future = hook(connection.clone(), to, message);
                let link = Arc::clone(&self.link);
                let lead = move |link: &Arc<Link>, result| link.lead(key, &far, result);
                let future = Box::pin(serve(link, key, "on(pipe)", bytes, future, lead));
                self.concurrent.push(ConcurrentRoute {
                    route: "on(pipe)",
                    is_hook: true,
                    bytes,
                    future: Contained::new(future),
                });
            }
        }
    }

    /// Runs the hooks for the end.
    async fn closed<H: Handler>(&mut self, handler: &mut H, close: &Close) {
        for hook in &H::registry().close {
            let hook = Contained::new(hook(handler, close));
            if let Ok(result) = until(after(self.limits.close_timeout), hook).await {
                self.outcome("on(close)", 0, &came_to(result));
            } else {
                tracing::error!(connection = %self.link.id, "on(close) took too long");
            }
        }
    }

    /// Whether a call or stream is to be served: not if it is none for the route.
    async fn serves(&mut self, key: Key, shape: Shape, message: &Message) -> bool {
        let Some(unserved) = unserved(shape, message) else {
            return true;
        };
        self.link.finish_conversation(key);
        self.put(self.link.refuse(key.id, unserved)).await;
        false
    }

    /// Answers a call or stream with what came of its route.
    async fn answer(
        &mut self,
        key: Key,
        route: &str,
        bytes: usize,
        result: Result<Answer, RouteError>,
    ) {
        log_answer(&self.link, route, bytes, &result);
        if let Some(frame) = self.link.answer(key, result) {
            self.put(frame).await;
        }
    }

    /// Puts a frame into the outbox, and waits for room there.
    async fn put(&mut self, frame: Bytes) {
        if let Some(frame) = self.link.offer_owned(frame) {
            let link = Arc::clone(&self.link);
            let push = async move {
                // Where the connection is gone nobody waits for it.
                let _ = link.push(frame).await;
                Ok::<_, RouteError>(())
            };
            self.drive("an answer", pin!(push)).await;
        }
    }
}

impl<T> Io<T> {
    /// Runs a hook beside the routes.
    fn beside(&mut self, name: &'static str, hook: HookFuture<'static>) {
        let future = Box::pin(async move {
            hook.await.map_err(RouteError::Failed)?;
            Ok(Answer::Nothing)
        });
        self.concurrent.push(ConcurrentRoute {
            route: name,
            is_hook: true,
            bytes: 0,
            future: Contained::new(future),
        });
    }
}

/// What something of the handler's came to; its panic is a failure.
#[inline]
fn came_to<T, E: Into<RouteError>>(result: Result<Result<T, E>, Panic>) -> Result<T, RouteError> {
    match result {
        Ok(result) => result.map_err(Into::into),
        Err(panic) => Err(panic.into()),
    }
}

/// A route that runs beside the others.
struct ConcurrentRoute {
    route: &'static str,
    is_hook: bool,
    bytes: usize,
    future: Contained<RouteFuture<'static>>,
}

/// What came of one.
struct Done {
    route: &'static str,
    is_hook: bool,
    bytes: usize,
    result: Result<(), RouteError>,
}

impl Future for ConcurrentRoute {
    type Output = Done;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Done> {
        Pin::new(&mut self.future).poll(cx).map(|result| Done {
            route: self.route,
            is_hook: self.is_hook,
            bytes: self.bytes,
            result: came_to(result).map(drop),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::atomic::{AtomicBool, Ordering},
        task::{Wake, Waker},
    };

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use super::*;
    use crate::{
        proto::{handshake::LocalTable, session::SessionConfig},
        transport::websocket::{Stream, WebSocket},
    };

    /// Never has anything to read, takes everything, and may not let itself be shut down.
    struct Silent {
        shuts_down: bool,
    }

    impl AsyncRead for Silent {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for Silent {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            if self.shuts_down {
                Poll::Ready(Ok(()))
            } else {
                Poll::Pending
            }
        }
    }

    impl Stream for Silent {}

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// A connection in some phase with a route that runs, which a cut has to wake: while the task waits for something to do, and
    /// while another of the routes runs.
    #[track_caller]
    fn check_cut(shuts_down: bool, phase: fn() -> Phase) {
        for another_runs in [false, true] {
            let link = Arc::new(Link::new(
                ConnectionId::next(),
                None,
                Role::Server,
                Arc::default(),
            ));
            let mut io = Io::new(
                WebSocket::new(Silent { shuts_down }, true, Vec::new(), 1024),
                Session::server(
                    Arc::new(LocalTable::new(["route"])),
                    SessionConfig::default(),
                ),
                Arc::clone(&link),
            );
            io.phase = phase();
            io.concurrent.push(ConcurrentRoute {
                route: "route",
                is_hook: false,
                bytes: 0,
                future: Contained::new(Box::pin(pending())),
            });
            let woken = Arc::new(Woken::default());
            let waker = Waker::from(Arc::clone(&woken));
            let cx = &mut Context::from_waker(&waker);
            let mut poll = |io: &mut Io<WebSocket<Silent>>| {
                if another_runs {
                    io.poll_background(cx).is_ready()
                } else {
                    io.poll_work(cx).is_ready()
                }
            };
            assert!(!poll(&mut io));
            woken.0.store(false, Ordering::Relaxed);
            link.cut();
            assert!(woken.0.load(Ordering::Relaxed));
            poll(&mut io);
            assert!(matches!(io.phase, Phase::Ended(_)));
            assert!(io.concurrent.is_empty());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn cut_wakes_the_task_whatever_it_waits_for() {
        check_cut(true, || Phase::Open);
        check_cut(true, || Phase::Closing(Close::NORMAL));
        for shuts_down in [false, true] {
            check_cut(shuts_down, || Phase::Draining {
                close: Close::NORMAL,
                shut: false,
                left: DISCARDED,
            });
        }
        check_cut(true, || Phase::Ended(Close::NORMAL));
    }
}
