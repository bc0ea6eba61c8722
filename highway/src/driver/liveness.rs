//! Whether the peer is still there, without a clock: when to look, when to ping, and when it is gone.
//!
//! Looking twice in each interval, and not at each message, costs no look at the clock for a message: a peer that was silent in
//! both halves is pinged.

use std::time::Duration;

use crate::limits::Limits;

/// What is known of the peer since the last look.
#[derive(Debug)]
pub(super) struct Liveness {
    /// The time from one look to the next.
    interval: Duration,
    /// The time that a pinged peer has.
    timeout: Duration,
    /// Whether anything came since the last look.
    heard: bool,
    /// Whether the peer is not read, so that it can't be heard.
    unread: bool,
    /// Whether a ping is unanswered.
    pinged: bool,
}

/// What there is to do when the time of a look has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expired {
    /// Look again when this time has passed.
    Look(Duration),
    /// Ping the peer, and look again when this time has passed.
    Ping(Duration),
    /// The peer is gone.
    Gone,
}

impl Liveness {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            interval: limits.ping_interval / 2,
            timeout: limits.pong_timeout,
            heard: true,
            unread: false,
            pinged: false,
        }
    }

    /// The time until the first look.
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// Takes note of a sign of life. Returns the time until the next look, if that changes with it.
    #[inline]
    pub(super) fn hear(&mut self) -> Option<Duration> {
        self.heard = true;
        std::mem::take(&mut self.pinged).then_some(self.interval)
    }

    /// Whether a ping is unanswered.
    pub(super) fn is_pinged(&self) -> bool {
        self.pinged
    }

    /// Takes note whether the peer is read.
    pub(super) fn set_unread(&mut self, unread: bool) {
        self.unread = unread;
    }

    /// Looks; `heard` is whether the transport has anything of the peer's, such as a part of a message.
    pub(super) fn look(&mut self, heard: bool) -> Expired {
        let heard = heard | std::mem::take(&mut self.heard);
        if std::mem::take(&mut self.unread) {
            // Its answer would wait like everything else of it; but where it is gone, writing shows it.
            self.pinged = false;
            Expired::Ping(self.interval)
        } else if heard {
            Expired::Look(self.interval)
        } else if !self.pinged {
            self.pinged = true;
            Expired::Ping(self.timeout)
        } else {
            Expired::Gone
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(10);
    const TIMEOUT: Duration = Duration::from_secs(5);

    fn liveness() -> Liveness {
        Liveness::new(&Limits {
            ping_interval: INTERVAL * 2,
            pong_timeout: TIMEOUT,
            ..Limits::default()
        })
    }

    #[test]
    fn silent_peer_is_pinged_and_then_gone() {
        let mut liveness = liveness();
        // It was there when it connected.
        assert_eq!(liveness.look(false), Expired::Look(INTERVAL));
        assert_eq!(liveness.look(true), Expired::Look(INTERVAL));
        assert_eq!(liveness.look(false), Expired::Ping(TIMEOUT));
        assert!(liveness.is_pinged());
        assert_eq!(liveness.look(false), Expired::Gone);
    }

    #[test]
    fn anything_that_comes_answers_a_ping() {
        let mut liveness = liveness();
        liveness.look(false);
        liveness.look(false);
        assert_eq!(liveness.hear(), Some(INTERVAL));
        assert_eq!(liveness.hear(), None);
        assert_eq!(liveness.look(false), Expired::Look(INTERVAL));
        assert_eq!(liveness.look(false), Expired::Ping(TIMEOUT));
    }

    #[test]
    fn peer_that_is_not_read_is_pinged_but_never_gone_for_its_silence() {
        let mut liveness = liveness();
        liveness.look(false);
        for _ in 0..3 {
            liveness.set_unread(true);
            assert_eq!(liveness.look(false), Expired::Ping(INTERVAL));
            assert!(!liveness.is_pinged());
        }
        liveness.set_unread(false);
        assert_eq!(liveness.look(false), Expired::Ping(TIMEOUT));
        assert_eq!(liveness.look(false), Expired::Gone);
    }
}
