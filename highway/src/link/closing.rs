//! How a connection comes to its end.

use std::time::Duration;

use super::{
    Link,
    state::{Stage, State},
};
use crate::{trace, wire::Close};

impl Link {
    /// Asks the task to close the connection; the first to ask decides how. Returns whether this was the first.
    pub(crate) fn close(&self, close: Close) -> bool {
        self.ask_to_close(close, None)
    }

    /// The same, with a time for the closing handshake that may be shorter than
    /// [`Limits::close_timeout`](crate::Limits::close_timeout).
    pub(crate) fn close_within(&self, close: Close, time: Duration) {
        self.ask_to_close(close, Some(time));
    }

    fn ask_to_close(&self, close: Close, time: Option<Duration>) -> bool {
        let mut state = self.lock("ask to close");
        match &mut state.stage {
            Stage::Open => {
                state.stage = Stage::Asked(close, time);
                state.by_hand = true;
                state.wake();
                true
            }
            Stage::Asked(_, within) => {
                *within = time.or(*within);
                false
            }
            Stage::Taken | Stage::Closing(_) | Stage::Ended { .. } => false,
        }
    }

    /// Whether a handle asked to close before anything else did.
    pub(crate) fn is_closed_by_hand(&self) -> bool {
        self.lock("look who closed it").by_hand
    }

    /// Asks the task to end the connection at once: what runs is dropped, and the peer is told nothing more.
    pub(crate) fn cut(&self) {
        let mut state = self.lock("cut it");
        state.cut = true;
        state.wake();
    }

    /// No more messages are taken from now on.
    pub(crate) fn begin_closing(&self, close: &Close) {
        let (piped, held_back) = {
            let mut state = self.lock("begin to close");
            if !state.stage.is_closing() {
                state.stage = Stage::Closing(close.clone());
                let State { outbox, newest, .. } = &mut *state;
                newest.empty_into(outbox, |kept| self.count_sent(kept.counted, &kept.frame));
            }
            let conversations = state.conversations.as_deref_mut();
            let piped = conversations.map(|conversations| conversations.close(close));
            (piped, std::mem::take(&mut state.held_back))
        };
        self.room.notify_waiters();
        drop(held_back);
        for far in piped.into_iter().flatten() {
            far.is_lost(close);
        }
    }

    /// With what the connection closes, once it takes no more messages.
    pub(crate) fn closing(&self) -> Option<Close> {
        self.lock("look whether it closes").stage.closing().cloned()
    }

    /// The connection has ended.
    pub(crate) fn finish(&self, close: Close) {
        self.begin_closing(&close);
        self.write_off();
        let spawned = {
            let mut state = self.lock("end it");
            self.settle_put(&mut state);
            state.outbox.clear();
            state.forget_sleeper();
            // The first end is the end.
            if let Stage::Closing(closing) = &state.stage {
                let closing = closing.clone();
                if let Some(span) = self.span() {
                    trace::closed(span, &close);
                }
                if let Some(began) = self.began {
                    self.meter.closed(close.code(), began.elapsed());
                }
                state.stage = Stage::Ended {
                    closing,
                    end: close,
                };
            }
            state.take_spawned()
        };
        // They hold on to this, and are somebody's code.
        drop(spawned);
        self.end.notify_waiters();
    }

    /// How the connection has ended.
    pub(crate) fn end(&self) -> Option<Close> {
        match &self.lock("look how it ended").stage {
            Stage::Ended { end, .. } => Some(end.clone()),
            _ => None,
        }
    }

    /// Waits until the connection has ended.
    pub(crate) async fn ended(&self) -> Close {
        loop {
            let end = self.end.notified();
            if let Some(close) = self.end() {
                return close;
            }
            end.await;
        }
    }
}
