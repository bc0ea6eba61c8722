//! What a connection waits for besides its peer, in one table.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Instant;

use crate::deadline::{self, after};

/// What there is to do when a time has passed. Of those that are due the first in this order comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// The peer has taken nothing for too long.
    Write,
    /// The present step of closing has had its time.
    Close,
    /// The peer has not told its routes.
    Exchange,
    /// The peer has been silent for so long that it may speak another dialect.
    FallBack,
    /// The time to look whether the peer is still there.
    Liveness,
}

impl Timer {
    const ALL: [Self; 5] = [
        Self::Write,
        Self::Close,
        Self::Exchange,
        Self::FallBack,
        Self::Liveness,
    ];
}

/// The times that are set.
#[derive(Debug, Default)]
pub(super) struct Timers {
    at: [Option<Instant>; Timer::ALL.len()],
    clock: deadline::Timer,
}

impl Timers {
    fn slot(&mut self, timer: Timer) -> &mut Option<Instant> {
        let [write, close, exchange, fall_back, liveness] = &mut self.at;
        match timer {
            Timer::Write => write,
            Timer::Close => close,
            Timer::Exchange => exchange,
            Timer::FallBack => fall_back,
            Timer::Liveness => liveness,
        }
    }

    /// Sets a timer to the moment when `time` has passed, whatever it was set to.
    pub(super) fn set(&mut self, timer: Timer, time: Duration) {
        *self.slot(timer) = Some(after(time));
    }

    /// Clears a timer. Returns whether it was set.
    pub(super) fn stop(&mut self, timer: Timer) -> bool {
        self.slot(timer).take().is_some()
    }

    pub(super) fn is_set(&mut self, timer: Timer) -> bool {
        self.slot(timer).is_some()
    }

    /// The timer that is due, of several the first in the order of [`Timer`]. It stays set.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Timer> {
        let next = self.at.into_iter().flatten().min();
        let due = match self.clock.poll(cx, next) {
            Poll::Ready(()) => next.and_then(|next| self.due(next.max(Instant::now()))),
            Poll::Pending => None,
        };
        due.map_or(Poll::Pending, Poll::Ready)
    }

    fn due(&self, now: Instant) -> Option<Timer> {
        let mut timers = Timer::ALL.into_iter().zip(self.at);
        let due = timers.find(|(_, at)| at.is_some_and(|at| at <= now))?;
        Some(due.0)
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, task::Waker};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn timers_are_due_in_their_order_and_until_they_are_stopped() {
        let mut timers = Timers::default();
        let cx = &mut Context::from_waker(Waker::noop());
        assert_eq!(timers.poll(cx), Poll::Pending);
        for (n, timer) in (1..).zip(Timer::ALL) {
            timers.set(timer, Duration::from_secs(n));
        }
        assert_eq!(poll_fn(|cx| timers.poll(cx)).await, Timer::Write);
        assert!(timers.stop(Timer::Write) && !timers.stop(Timer::Write));
        timers.stop(Timer::Close);
        assert_eq!(poll_fn(|cx| timers.poll(cx)).await, Timer::Exchange);
        assert_eq!(timers.poll(cx), Poll::Ready(Timer::Exchange));
        timers.set(Timer::Close, Duration::ZERO);
        assert_eq!(timers.poll(cx), Poll::Ready(Timer::Close));
    }

    #[test]
    fn every_timer_has_a_place_of_its_own() {
        let mut timers = Timers::default();
        for timer in Timer::ALL {
            timers.set(timer, Duration::ZERO);
            assert_eq!(timers.due(Instant::now()), Some(timer));
            assert!(timers.is_set(timer));
            timers.stop(timer);
        }
        assert_eq!(timers.due(Instant::now()), None);
    }
}
