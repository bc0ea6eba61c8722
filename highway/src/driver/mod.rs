//! The one task behind a connection: it owns the transport, reads what has arrived, runs routes and hooks, and writes once when no
//! more input is there.
//!
//! [`Driver::poll`] is its loop. What there is to decide is decided by the parts, which say what is to be done and do nothing
//! to each other: [`Exchange`] whether both sides agree, [`Closing`] how the connection comes to its end, [`Liveness`] whether
//! the peer is still there, [`Inbox`] how much may wait, [`Running`] what runs concurrently. What a message becomes for the handler is
//! in `arrived.rs`, where a route or hook runs in `dispatch.rs`; what it came to is logged in `outcome.rs`.

mod arrived;
mod circle;
mod closing;
mod counted;
mod dispatch;
mod exchange;
mod inbox;
mod liveness;
mod outcome;
mod running;
mod served;
mod start;
mod timers;
mod traced;

#[cfg(test)]
mod tests;

use std::{
    io,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Instant;

use closing::{Closing, DISCARDED, Drain, Step, StepKind, too_large};
use counted::Counted;
use exchange::Exchange;
use inbox::{Inbox, Work};
use liveness::{Expired, Liveness};
use running::Running;
pub(crate) use start::{Milestones, Start, Task, Wire, start};
use timers::{Timer, Timers};

use crate::{
    link::{Link, Outlet, Rest},
    route::Message,
    shown::Shown,
    trace::log,
    transport::{self, Incoming, Transport},
    wire::{Close, CloseCode, RouteId},
};

/// Messages that one turn handles before other tasks get theirs.
const MESSAGES_A_TURN: usize = 256;

/// What a step of the task came to.
#[derive(Debug)]
enum Progress {
    /// Something is different now: there may be more to do.
    Worked,
    /// Nothing more can be done; what is waited for wakes the task.
    Waiting,
    /// The connection is over, and so is the time of what still runs.
    Over(Close),
}

/// Whether the handler has time for what comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HandlerState {
    /// It gets what comes.
    Free,
    /// A route or hook runs in order: what comes waits.
    Busy,
}

/// The task of a connection, but for its handler.
pub(crate) struct Driver<T> {
    transport: Outlet<T>,
    link: Arc<Link>,
    exchange: Exchange,
    closing: Closing,
    liveness: Liveness,
    timers: Timers,
    inbox: Inbox,
    counted: Counted,
    running: Running,
    /// The box of a message that is done with, for the next in this turn.
    spare: Option<Box<Message>>,
    /// The messages that were handled in this turn.
    turn: usize,
    /// Whether there are hooks that are to see failures.
    hears_failures: bool,
    /// The names of this side's routes.
    route_name: fn(RouteId) -> &'static str,
    /// Whether the log says already that the inbox is full.
    full_said: bool,
}

impl<T> Drop for Driver<T> {
    /// However the task ends, those who wait for the connection's end learn of it.
    fn drop(&mut self) {
        self.counted.settle(&self.link);
        self.link.finish(Close::new(
            CloseCode::ABNORMAL,
            "the connection's task was dropped",
        ));
    }
}

impl<T: Transport> Driver<T> {
    /// The task of a connection that begins now. What this side has to tell first is in its outbox.
    fn new(
        transport: T,
        exchange: Exchange,
        fall_back_after: Option<Duration>,
        link: Arc<Link>,
    ) -> Self {
        let limits = &*link.limits;
        let liveness = Liveness::new(limits);
        let mut timers = Timers::default();
        timers.set(Timer::Exchange, limits.exchange_timeout);
        if let Some(after) = fall_back_after
            && exchange.fall_back().is_some()
        {
            timers.set(Timer::FallBack, after);
        }
        if T::OWN_LIVENESS {
            timers.set(Timer::Liveness, liveness.interval());
        }
        let mut driver = Self {
            transport: Outlet::new(transport),
            exchange,
            closing: Closing::new(limits.close_timeout),
            liveness,
            timers,
            inbox: Inbox::new(limits, Instant::now()),
            counted: Counted::default(),
            running: Running::new(limits.concurrent_routes),
            spare: None,
            turn: 0,
            hears_failures: false,
            route_name: |_| "",
            full_said: false,
            link,
        };
        driver.open();
        driver
    }

    fn open(&mut self) {
        #[cfg(feature = "__testing")]
        if self.link.limits.raw_echo {
            self.timers.stop(Timer::Exchange);
            return;
        }
        if let Some(table) = self.exchange.open() {
            self.link.push_message(&table);
        }
    }

    /// The loop of the task: what there is for the handler, where that is free. With a busy one it is ready once the connection and
    /// the time of what runs in order are over.
    #[expect(
        clippy::inline_always,
        reason = "runs for every message, from one place"
    )]
    #[inline(always)]
    fn poll(&mut self, cx: &mut Context<'_>, handler: HandlerState) -> Poll<Work> {
        if self.turn == 0 {
            self.look_up();
        }
        loop {
            if self.turn >= MESSAGES_A_TURN {
                // Other tasks have their turn, though there is more to do here. Whether this changes anything shows in the next.
                self.turn = 0;
                self.advance(cx, handler);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let is_free = handler == HandlerState::Free;
            if is_free && let Some(work) = self.next_work() {
                return Poll::Ready(work);
            }
            if self.closing.is_open() && (is_free || self.has_room()) {
                match self.poll_receive(cx) {
                    Poll::Ready(Some(work)) if is_free => return Poll::Ready(work),
                    Poll::Ready(Some(work)) => {
                        self.inbox.push(work);
                        self.link.meter.queue(self.inbox.len());
                        self.link.set_queued(self.inbox.len());
                        continue;
                    }
                    Poll::Ready(None) => continue,
                    Poll::Pending => {}
                }
            }
            match self.advance(cx, handler) {
                Progress::Worked => {}
                Progress::Waiting => {
                    self.turn = 0;
                    self.spare = None;
                    return Poll::Pending;
                }
                Progress::Over(close) => return Poll::Ready(Work::Ended(close)),
            }
        }
    }

    /// The first of what waits, without what was cancelled meanwhile.
    #[inline]
    fn next_work(&mut self) -> Option<Work> {
        loop {
            let work = self.inbox.pop()?;
            self.link.set_queued(self.inbox.len());
            self.turn += 1;
            match work.conversation() {
                Some(key) if !self.link.is_conversation_open(key) => {}
                _ => return Some(work),
            }
        }
    }

    /// Whether the peer is to be read while something runs in order.
    fn has_room(&mut self) -> bool {
        let full = self.inbox.is_full();
        self.liveness.set_unread(full);
        if full && !self.full_said {
            self.full_said = true;
            log!(
                info,
                self.link.id,
                "the queue is full while a route runs; the peer is not read until it ends"
            );
        }
        !full
    }

    /// Reads one message, and returns what there is to do about it. Pending when no more input is there.
    #[expect(
        clippy::inline_always,
        reason = "runs for every message, from one place"
    )]
    #[inline(always)]
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Option<Work>> {
        if let Poll::Ready(work) = self.receive_small() {
            return Poll::Ready(work);
        }
        let Poll::Ready(incoming) = self.transport.poll_read(cx) else {
            // Part of a message is a sign of life too; a slow peer's pong is behind all of it.
            if self.liveness.is_pinged() && self.transport.take_heard() {
                self.hear();
            }
            return Poll::Pending;
        };
        self.turn += 1;
        self.hear();
        match incoming {
            Ok(Incoming::Message(message)) if self.inbox.allows_one_more(Instant::now) => {
                Poll::Ready(self.message(message))
            }
            Ok(Incoming::Message(_)) => {
                self.begin_closing(Close::TOO_MANY_MESSAGES);
                Poll::Ready(None)
            }
            incoming => {
                self.other_than_message(incoming);
                Poll::Ready(None)
            }
        }
    }

    /// Whatever else arrived.
    fn other_than_message(&mut self, incoming: Result<Incoming, transport::Error>) {
        match incoming {
            #[cfg(feature = "__testing")]
            Ok(Incoming::Text(text)) if self.link.limits.raw_echo => self.link.push_text(&text),
            Ok(Incoming::Text(_)) => {
                log!(
                    warn,
                    self.link.id,
                    "a text message came, and highway's messages are binary: send bytes, the header first (in a browser an \
                     ArrayBuffer or a Blob)"
                );
                self.begin_closing(Close::MALFORMED_HEADER);
            }
            Ok(Incoming::Answer) => self.link.is_answered(),
            Ok(Incoming::Message(_) | Incoming::Control | Incoming::Fragment) => {}
            Ok(Incoming::Close(close)) => {
                let step = self.closing.peer_closed(close);
                self.take(step);
            }
            Ok(Incoming::End) => {
                let step = self.closing.fail("", false);
                self.take(step);
            }
            Err(error) => self.broken(&error),
        }
    }

    /// A fault in the protocol or of the socket.
    #[cold]
    fn broken(&mut self, error: &transport::Error) {
        log!(debug, self.link.id, error = %Shown::new(error), "the connection broke");
        let close = match error {
            transport::Error::TooLarge { size, more, limit } => {
                let more = if *more { " or more" } else { "" };
                let what = format_args!("message of {size} bytes{more}");
                too_large(self.link.role(), what, *limit)
            }
            transport::Error::InvalidUtf8 => Close::INVALID_UTF8,
            transport::Error::Protocol(_) => Close::PROTOCOL_ERROR,
            transport::Error::Lost | transport::Error::UnmaskedClose => {
                let step = self.closing.peer_lost();
                return self.take(step);
            }
            transport::Error::Io(_) => {
                let step = self.closing.end();
                return self.take(step);
            }
        };
        if let Some(step) = self.closing.begin_blindly(close) {
            self.take(step);
        }
    }

    /// One step of everything but reading messages: what runs concurrently, writing, timers, closing.
    fn advance(&mut self, cx: &mut Context<'_>, handler: HandlerState) -> Progress {
        self.counted.settle(&self.link);
        if let Some(close) = self.closing.ended() {
            if handler == HandlerState::Free && self.running.is_empty() {
                return Progress::Over(close.clone());
            }
            // Those that still run may wait for the end.
            self.link.finish(close.clone());
        }
        while let Poll::Ready((job, result)) = self.running.poll(cx) {
            let was_open = self.closing.is_open();
            if let Some(failed) = self.settle(&job, result) {
                self.inbox.push(Work::Failed(failed));
                return Progress::Worked;
            }
            if was_open && !self.closing.is_open() {
                return Progress::Worked;
            }
        }
        if self.closing.ended().is_some()
            && self.running.is_empty()
            && handler == HandlerState::Free
        {
            return Progress::Worked;
        }
        if self.look_up() {
            return Progress::Worked;
        }
        match self.write(cx) {
            Progress::Waiting => {}
            progress => return progress,
        }
        // What is read comes last: a peer that never stops sending may not keep anything else from its turn.
        match self.timers.poll(cx) {
            Poll::Ready(timer) => self.expired(timer),
            Poll::Pending => self.read_answer(cx),
        }
    }

    /// The task works: it needs no waking for what is put into the outbox, and looks for itself whether it was asked to
    /// close or cut off, once in each turn and before it goes to sleep again. Returns whether it was.
    fn look_up(&mut self) -> bool {
        let Some(asked) = self.link.take_asked() else {
            return false;
        };
        self.running.spawn(asked.spawned);
        if asked.probe && self.closing.is_open() {
            self.transport.probe(&self.link);
        }
        let step = match asked.close {
            _ if asked.cut => Some(self.closing.cut()),
            Some((close, within)) => self.closing.begin(close, within),
            None => None,
        };
        if let Some(step) = step {
            self.take(step);
        }
        true
    }

    /// Writes what there is, and goes on with the end of the stream.
    fn write(&mut self, cx: &mut Context<'_>) -> Progress {
        if self.closing.ended().is_some() {
            return self.sleep(cx);
        }
        loop {
            let before = self.transport.written();
            match self.transport.poll_flush(cx, &self.link) {
                Poll::Ready(Ok(())) => {
                    if self.timers.stop(Timer::Write) {
                        self.hear();
                    }
                }
                Poll::Ready(Err(error)) => return self.lost(&error),
                Poll::Pending => {
                    let progress = self.transport.written() != before;
                    if progress && self.timers.is_set(Timer::Write) {
                        // A full socket takes more only when the peer reads; its pong to a ping behind all that waits
                        // would come too late.
                        self.hear();
                    }
                    if T::OWN_LIVENESS && (progress || !self.timers.is_set(Timer::Write)) {
                        self.timers
                            .set(Timer::Write, self.link.limits.write_timeout);
                    }
                    return self.sleep(cx);
                }
            }
            if let Some(step) = self.drain(cx) {
                self.take(step);
                return Progress::Worked;
            }
            match self.link.sleep(cx, true) {
                Rest::Asked => return Progress::Worked,
                Rest::Sleeps => return Progress::Waiting,
                Rest::Writes => {}
            }
        }
    }

    /// Ends the stream behind the last that was written, and throws away what the peer still sends.
    fn drain(&mut self, cx: &mut Context<'_>) -> Option<Step> {
        loop {
            match self.closing.flushed() {
                Drain::Nothing => return None,
                Drain::ShutDown => match self.transport.poll_shutdown(cx) {
                    Poll::Ready(_) => self.closing.shut_down(),
                    Poll::Pending => return None,
                },
                Drain::Discard => match self.transport.poll_discard(cx) {
                    Poll::Ready(read) => self.closing.discarded(read.unwrap_or(0)),
                    Poll::Pending => return None,
                },
                Drain::Over(step) => return Some(step),
            }
        }
    }

    /// The task sleeps though bytes wait, or nothing more is written: the socket wakes it, or a handle that closes.
    fn sleep(&mut self, cx: &mut Context<'_>) -> Progress {
        match self.link.sleep(cx, false) {
            Rest::Sleeps => Progress::Waiting,
            Rest::Asked | Rest::Writes => Progress::Worked,
        }
    }

    #[cold]
    fn lost(&mut self, error: &io::Error) -> Progress {
        log!(debug, self.link.id, error = %Shown::new(error), "the connection was lost");
        let step = self.closing.end();
        self.take(step);
        Progress::Worked
    }

    /// Does what a timer stands for.
    fn expired(&mut self, timer: Timer) -> Progress {
        match timer {
            Timer::Write => {
                let step = self.closing.fail("the peer did not read in time", true);
                self.take(step);
            }
            Timer::Close => {
                if let Some(step) = self.closing.overdue(self.transport.has_unwritten()) {
                    self.take(step);
                } else if let Some(close) = self.closing.ended() {
                    // The timer stays as it is: nothing has any time left, and nothing more begins.
                    self.running.clear();
                    self.inbox.drop_messages();
                    return Progress::Over(close.clone());
                } else {
                    self.timers.stop(Timer::Close);
                }
            }
            Timer::Exchange => self.begin_closing(Close::INVALID_STATE),
            Timer::FallBack => {
                self.timers.stop(Timer::FallBack);
                if let Some(table) = self.exchange.fall_back() {
                    self.link.push_message(&table);
                }
            }
            Timer::Liveness => self.look(),
        }
        Progress::Worked
    }

    /// Takes note of a sign of life.
    #[inline]
    fn hear(&mut self) {
        if let Some(time) = self.liveness.hear()
            && self.closing.is_open()
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
                log!(debug, self.link.id, "the peer is gone without a word");
                let step = self.closing.fail("the peer did not answer a ping", true);
                self.take(step);
            }
        }
    }

    /// Reads the peer's answer to this side's close frame, and throws away what comes before it.
    fn read_answer(&mut self, cx: &mut Context<'_>) -> Progress {
        if !self.closing.awaits_answer() {
            return Progress::Waiting;
        }
        match self.transport.poll_read(cx) {
            Poll::Ready(Ok(Incoming::Close(_) | Incoming::End)) => self.closing.answered(0),
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(_)) => self.closing.answered(DISCARDED),
            Poll::Pending => return Progress::Waiting,
        }
        self.turn += 1;
        Progress::Worked
    }

    /// This side closes, unless the connection closes already.
    fn begin_closing(&mut self, close: Close) {
        if let Some(step) = self.closing.begin(close, None) {
            self.take(step);
        }
    }

    /// Does what a step of the closing asks for.
    #[cold]
    fn take(&mut self, step: Step) {
        let Step { kind, close, time } = step;
        self.link.begin_closing(&close);
        for timer in [Timer::Exchange, Timer::FallBack, Timer::Liveness] {
            self.timers.stop(timer);
        }
        self.timers.set(Timer::Close, time);
        match kind {
            StepKind::Close => {
                let (connection, code) = (self.link.id, close.code());
                let reason = Shown::new(close.reason());
                if code == CloseCode::TOO_LARGE {
                    log!(info, connection, %reason, "closing with 1009");
                } else {
                    log!(debug, connection, %code, %reason, "closing");
                }
                self.inbox.drop_messages();
                self.transport.close(&self.link, &close);
            }
            StepKind::Answer => self.transport.close(&self.link, &close),
            StepKind::Write => {}
            StepKind::End { reset, drop } => {
                if drop {
                    self.inbox.clear();
                    self.running.clear();
                }
                if reset {
                    self.transport.reset();
                }
                if self.transport.is_flushed() {
                    self.link.flushed();
                }
                self.link.write_off();
                self.timers.stop(Timer::Write);
                self.running.drop_spawned();
            }
        }
    }
}
