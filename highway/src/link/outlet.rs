//! The way of messages from the outbox to the transport.

use std::{
    io,
    task::{Context, Poll, ready},
};

use super::{Link, state::State};
use crate::{
    error::{Error, Result},
    proto::Role,
    trace::log,
    transport::{self, Incoming, Output, Transport},
    wire::Close,
};

/// The transport of a connection, with what was taken from the outbox for it.
pub(crate) struct Outlet<T> {
    transport: T,
    output: Output,
    /// All bytes written so far, by which progress is seen.
    written: u64,
}

impl<T: Transport> Outlet<T> {
    pub(crate) fn new(transport: T) -> Self {
        Self {
            transport,
            output: Output::default(),
            written: 0,
        }
    }

    /// See [`Transport::poll_read`].
    #[inline]
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Incoming, transport::Error>> {
        self.transport.poll_read(cx)
    }

    /// See [`Transport::has_input`].
    #[inline]
    pub(crate) fn has_input(&self) -> bool {
        self.transport.has_input()
    }

    /// See [`Transport::take_small`].
    #[inline]
    pub(crate) fn take_small(&mut self, message: &mut Vec<u8>) -> bool {
        self.transport.take_small(message)
    }

    /// Puts a close behind everything that waits, or the answer to the peer's. Nothing is sent behind it.
    pub(crate) fn close(&mut self, link: &Link, close: &Close) {
        link.take_output(&mut self.output);
        self.transport.close(&mut self.output, close);
    }

    /// Asks the peer for a sign of life, behind everything that waits.
    pub(crate) fn ping(&mut self, link: &Link) {
        link.take_output(&mut self.output);
        self.transport.ping(&mut self.output);
    }

    /// Asks the peer for an answer whose time is measured, behind everything that waits.
    pub(crate) fn probe(&mut self, link: &Link) {
        link.take_output(&mut self.output);
        self.transport.probe(&mut self.output);
        link.is_probed();
    }

    /// Writes what the outbox has. Ready once all of it is written, or the transport is broken.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>, link: &Link) -> Poll<io::Result<()>> {
        loop {
            if link.take_output(&mut self.output) {
                // Before more is written, which may never come to an end.
                ready!(self.transport.poll_flush(cx))?;
                link.flushed();
            }
            let written = ready!(self.transport.poll_write(cx, &mut self.output))?;
            if written == 0 {
                return self.transport.poll_flush(cx);
            }
            self.written += written as u64;
            let from_outbox = self.output.advance(written);
            if from_outbox > 0 {
                link.wrote(from_outbox);
            }
        }
    }

    /// Whether everything that was written has been passed on.
    pub(crate) fn is_flushed(&self) -> bool {
        self.transport.is_flushed()
    }

    /// Whether some of what was taken from the outbox, or a close, has not been written.
    pub(crate) fn has_unwritten(&self) -> bool {
        self.transport.has_unwritten(&self.output)
    }

    /// See [`Transport::take_heard`].
    pub(crate) fn take_heard(&mut self) -> bool {
        self.transport.take_heard()
    }

    /// All bytes written so far.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// See [`Transport::poll_shutdown`].
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport.poll_shutdown(cx)
    }

    /// See [`Transport::poll_discard`].
    pub(crate) fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.transport.poll_discard(cx)
    }

    /// See [`Transport::reset`].
    pub(crate) fn reset(&mut self) {
        self.transport.reset();
    }
}

impl Link {
    /// Moves what the outbox has to the output. Behind the last frame it is of no use. Returns whether a flush is waited for.
    fn take_output(&self, output: &mut Output) -> bool {
        let mut state = self.lock("take what is to be written");
        self.settle_put(&mut state);
        let outbox = &mut state.outbox;
        if !outbox.is_empty() {
            if output.is_closed() {
                outbox.clear();
            } else {
                outbox.take(output);
            }
        }
        outbox.is_flush_awaited()
    }

    /// Takes note that bytes are written, and lets those know who wait for room.
    pub(super) fn wrote(&self, bytes: usize) {
        let held_back = {
            let mut state = self.lock("take note of what is written");
            state.outbox.wrote(bytes);
            self.tell_missed(&mut state);
            let State {
                outbox,
                newest,
                held_back,
                ..
            } = &mut *state;
            newest.fill(outbox, bytes, self.limits.outbox_bytes, |kept| {
                self.count_sent(kept.counted, &kept.frame);
            });
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
            let mut state = self.lock("ask for a flush");
            let place = state.outbox.end();
            if !state.outbox.is_flushed(place) && !state.written_off {
                state.outbox.await_flush(place);
                state.wake();
            }
            place
        };
        loop {
            let written = self.room.notified();
            {
                let state = self.lock("look whether it is flushed");
                if state.outbox.is_flushed(place) {
                    return Ok(());
                }
                if let Some(close) = state.stage.closing().filter(|_| state.written_off) {
                    return Err(Error::Closed(close.clone()));
                }
            }
            written.await;
        }
    }

    /// Takes note that the stream keeps nothing of what was written, and lets those know who wait for that.
    pub(crate) fn flushed(&self) {
        // A route that waits is woken by this, which runs in its own task: telling it nothing new would go on for ever.
        let is_news = self.lock("take note of a flush").outbox.flushed();
        if is_news {
            self.room.notify_waiters();
        }
    }

    /// Nothing more is written, and the connection is closing: what waits is lost.
    pub(crate) fn write_off(&self) {
        let unwritten = {
            let mut state = self.lock("write off what waits");
            if std::mem::replace(&mut state.written_off, true) {
                return;
            }
            state.outbox.unwritten()
        };
        self.room.notify_waiters();
        if unwritten > 0 && matches!(self.role(), Role::Opener | Role::Reached) {
            // Who ends a pipe takes nothing more of it, where a socket would have taken it to throw it away.
            log!(
                debug,
                self.id,
                bytes = unwritten,
                "the pipe ended before everything was written; the rest is lost"
            );
        } else if unwritten > 0 {
            log!(
                info,
                self.id,
                bytes = unwritten,
                "the connection ended before everything was written; the rest is lost"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, sync::Arc, task::Waker};

    use bytes::Bytes;

    use super::*;
    use crate::{
        link::Rest,
        transport::pipe::{Pieces, Pipe},
        wire::ConnectionId,
    };

    /// Takes everything and keeps it until it may be flushed, as TLS does.
    #[derive(Default)]
    struct Keeping {
        /// A frame of its own, which goes behind what has begun to be written.
        own: Option<Vec<u8>>,
        may_flush: bool,
        keeps: bool,
        taken: usize,
        closed: bool,
    }

    impl Transport for Keeping {
        const OWN_LIVENESS: bool = true;

        fn poll_read(&mut self, _: &mut Context<'_>) -> Poll<Result<Incoming, transport::Error>> {
            Poll::Pending
        }

        fn has_input(&self) -> bool {
            false
        }

        fn take_small(&mut self, _: &mut Vec<u8>) -> bool {
            false
        }

        fn poll_write(
            &mut self,
            _: &mut Context<'_>,
            output: &mut Output,
        ) -> Poll<io::Result<usize>> {
            if output.is_empty()
                && let Some(own) = self.own.take()
            {
                output.put(own);
            }
            let written = output.chunks().iter().map(|chunk| chunk.remaining().len());
            let written = written.sum();
            self.taken += written;
            self.keeps |= written > 0;
            Poll::Ready(Ok(written))
        }

        fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            if self.keeps && !self.may_flush {
                return Poll::Pending;
            }
            self.keeps = false;
            Poll::Ready(Ok(()))
        }

        fn close(&mut self, output: &mut Output, _: &Close) {
            output.put_last(b"close".to_vec());
        }

        fn ping(&mut self, output: &mut Output) {
            output.put(b"ping".to_vec());
        }

        fn probe(&mut self, _: &mut Output) {}

        fn is_flushed(&self) -> bool {
            !self.keeps
        }

        fn has_unwritten(&self, output: &Output) -> bool {
            !output.is_empty()
        }

        fn take_heard(&mut self) -> bool {
            false
        }

        fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.closed = true;
            Poll::Ready(Ok(()))
        }

        fn poll_discard(&mut self, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(0))
        }

        fn reset(&mut self) {}
    }

    fn link() -> Link {
        let id = ConnectionId::next();
        Link::new(id, None, Role::Server, Arc::default(), Arc::default())
    }

    #[test]
    fn what_the_transport_has_of_its_own_is_written_behind_what_has_begun() {
        let cx = &mut Context::from_waker(Waker::noop());
        let (link, mut outlet) = (link(), Outlet::new(Keeping::default()));
        link.push_message(b"message");
        outlet.transport.may_flush = true;
        outlet.transport.own = Some(b"pong".to_vec());
        assert!(outlet.poll_flush(cx, &link).is_ready());
        assert_eq!(outlet.transport.own, None);
        assert!(outlet.transport.taken > b"messagepong".len());
    }

    #[test]
    fn what_the_transport_keeps_is_not_written_yet() {
        let cx = &mut Context::from_waker(Waker::noop());
        let (link, mut outlet) = (link(), Outlet::new(Keeping::default()));
        link.push_message(b"message");
        let mut flush = pin!(link.flush());
        assert!(flush.as_mut().poll(cx).is_pending());
        for _ in 0..2 {
            assert!(outlet.poll_flush(cx, &link).is_pending());
            assert!(!outlet.is_flushed());
            assert!(flush.as_mut().poll(cx).is_pending());
        }
        outlet.transport.may_flush = true;
        assert!(outlet.poll_flush(cx, &link).is_ready());
        assert!(outlet.is_flushed());
        assert!(matches!(flush.as_mut().poll(cx), Poll::Ready(Ok(()))));

        // Nobody waited while this was flushed.
        link.push_message(b"another");
        assert!(outlet.poll_flush(cx, &link).is_ready());
        let mut flush = pin!(link.flush());
        assert!(flush.as_mut().poll(cx).is_pending());
        assert!(outlet.poll_flush(cx, &link).is_ready());
        assert!(matches!(flush.as_mut().poll(cx), Poll::Ready(Ok(()))));
    }

    #[test]
    fn nothing_is_taken_behind_a_close() {
        let cx = &mut Context::from_waker(Waker::noop());
        let (link, mut outlet) = (link(), Outlet::new(Keeping::default()));
        outlet.transport.may_flush = true;
        link.push_message(b"before");
        outlet.close(&link, &Close::NORMAL);
        link.push_message(b"behind");
        assert!(outlet.poll_flush(cx, &link).is_ready());
        // A frame's head, the message, and the close.
        assert_eq!(outlet.written(), 2 + 6 + 5);
        assert_eq!(outlet.written(), outlet.transport.taken as u64);
        assert_eq!(link.sleep(cx, true), Rest::Sleeps);
    }

    /// An end of a pipe that is over.
    struct Gone;

    impl Pieces for Gone {
        fn poll_piece(
            &mut self,
            _: &mut Context<'_>,
        ) -> Poll<Result<(Bytes, bool), Option<Close>>> {
            Poll::Ready(Err(None))
        }

        fn poll_send(&mut self, _: &mut Context<'_>, _: &[u8], _: bool) -> Poll<bool> {
            Poll::Ready(false)
        }

        fn poll_sent(&mut self, _: &mut Context<'_>) -> Poll<()> {
            Poll::Ready(())
        }

        fn is_sent(&self) -> bool {
            true
        }

        fn hang_up(&mut self, _: &Close) {}

        fn is_over(&self) -> bool {
            true
        }
    }

    #[test]
    fn flush_of_what_is_thrown_away_keeps_no_task_awake() {
        let cx = &mut Context::from_waker(Waker::noop());
        let id = ConnectionId::next();
        let link = Link::new(id, None, Role::Opener, Arc::default(), Arc::default());
        let mut outlet = Outlet::new(Pipe::new(Gone, 1024));
        link.push_message(b"message");
        let mut flush = pin!(link.flush());
        assert!(flush.as_mut().poll(cx).is_pending());
        assert!(outlet.poll_flush(cx, &link).is_ready());
        assert_eq!(link.sleep(cx, true), Rest::Sleeps);
        assert!(flush.as_mut().poll(cx).is_pending());
        link.begin_closing(&Close::NORMAL);
        link.write_off();
        let Poll::Ready(Err(Error::Closed(close))) = flush.as_mut().poll(cx) else {
            panic!("nothing more is written");
        };
        assert_eq!(close, Close::NORMAL);
    }

    #[test]
    #[should_panic(
        expected = "a connection's lock is taken to ask to close while one is held to cut it"
    )]
    #[cfg(debug_assertions)]
    fn two_connections_are_not_locked_together() {
        let (one, other) = (link(), link());
        let _held = one.lock("cut it");
        other.close(Close::NORMAL);
    }
}
