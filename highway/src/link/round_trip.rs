//! The time that a peer takes to answer, measured when somebody asks for it.

use std::time::Duration;

use tokio::time::Instant;

/// How long an answer is waited for before another is asked for.
#[cfg(feature = "inspector")]
const PATIENCE: Duration = Duration::from_secs(30);

/// What is known of it.
#[derive(Debug, Default)]
pub(super) struct RoundTrip {
    /// It is to be measured.
    asked: bool,
    /// When the peer was asked, while it has not answered.
    sent: Option<Instant>,
    /// The last that was measured.
    last: Option<Duration>,
}

impl RoundTrip {
    /// Has it measured, unless it is being so. Returns whether this is news.
    #[cfg(feature = "inspector")]
    pub(super) fn ask(&mut self, now: Instant) -> bool {
        let waits = |sent| now.saturating_duration_since(sent) < PATIENCE;
        let is_news = !self.asked && !self.sent.is_some_and(waits);
        self.asked |= is_news;
        is_news
    }

    /// Whether it is to be measured.
    pub(super) fn is_asked(&self) -> bool {
        self.asked
    }

    /// Whether it is to be measured now.
    pub(super) fn take_asked(&mut self) -> bool {
        std::mem::take(&mut self.asked)
    }

    /// The peer was asked for an answer.
    pub(super) fn sent(&mut self, now: Instant) {
        self.sent = Some(now);
    }

    /// The peer has answered.
    pub(super) fn answered(&mut self, now: Instant) {
        if let Some(sent) = self.sent.take() {
            self.last = Some(now.saturating_duration_since(sent));
        }
    }

    /// The last that was measured.
    #[cfg(feature = "inspector")]
    pub(super) fn last(&self) -> Option<Duration> {
        self.last
    }
}

#[cfg(all(test, feature = "inspector"))]
mod tests {
    use super::*;

    #[test]
    fn round_trip_is_measured_once_for_all_who_ask() {
        let mut trip = RoundTrip::default();
        let now = Instant::now();
        let later = |millis| now + Duration::from_millis(millis);
        // An answer that nothing asked for.
        trip.answered(now);
        assert_eq!(trip.last(), None);
        assert!(trip.ask(now) && !trip.ask(now));
        assert!(trip.is_asked() && trip.take_asked() && !trip.take_asked());
        trip.sent(now);
        assert!(!trip.ask(later(1)), "the answer is on its way");
        trip.answered(later(7));
        trip.answered(later(9));
        assert_eq!(trip.last(), Some(Duration::from_millis(7)));
        assert!(trip.ask(later(10)) && trip.take_asked());
        trip.sent(later(10));
        assert!(trip.ask(later(10) + PATIENCE), "the peer does not answer");
    }
}
