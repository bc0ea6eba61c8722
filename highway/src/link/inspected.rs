//! What the inspector shows of a connection.

#[cfg(feature = "inspector")]
use std::{sync::atomic::Ordering, time::Duration};

use tokio::time::Instant;

use super::Link;

#[cfg(feature = "inspector")]
impl Link {
    /// The messages that wait for the handler.
    pub(crate) fn queued(&self) -> u32 {
        self.queued.load(Ordering::Relaxed)
    }

    /// The bytes that wait to be written.
    pub(crate) fn unwritten(&self) -> usize {
        self.lock("look how much waits").outbox.unwritten()
    }

    /// How long it is there.
    pub(crate) fn age(&self) -> Duration {
        self.began.map_or(Duration::ZERO, |began| began.elapsed())
    }

    /// Has the round trip measured.
    pub(crate) fn ask_round_trip(&self) {
        let mut state = self.lock("ask for the round trip");
        if !state.stage.is_closing() && state.round_trip.get_or_insert_default().ask(Instant::now())
        {
            state.wake();
        }
    }

    /// The round trip that was measured last.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        let state = self.lock("look at the round trip");
        state.round_trip.as_ref()?.last()
    }
}

impl Link {
    /// The peer was asked for an answer.
    pub(crate) fn is_probed(&self) {
        if let Some(of) = &mut self.lock("begin to measure").round_trip {
            of.sent(Instant::now());
        }
    }

    /// The peer has answered.
    pub(crate) fn is_answered(&self) {
        if let Some(of) = &mut self.lock("take note of the round trip").round_trip {
            of.answered(Instant::now());
        }
    }
}
