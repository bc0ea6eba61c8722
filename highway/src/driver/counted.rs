//! What came in this turn and is not added yet to what all connections of the side share.

use tokio::time::Instant;

use crate::{
    link::{Link, counted::ServedCall},
    metrics::{Direction, Opener, Outcome, Slot, Tally},
};

/// The messages that came in a turn, and the calls that were served without waiting.
#[derive(Debug, Default)]
pub(super) struct Counted {
    received: Tally,
    /// When the first call of the turn began: the others did so hardly later, and a clock takes its time.
    began: Option<Instant>,
    served: Option<Served>,
}

/// Calls that came to the same, one after the other.
#[derive(Debug)]
struct Served {
    route: Slot,
    outcome: Outcome,
    count: u64,
}

impl Counted {
    /// Counts a message that came.
    #[inline]
    pub(super) fn received(&mut self, link: &Link, route: Slot, message: &[u8]) {
        link.show(Direction::Received, route, message);
        self.received
            .count(route, message.len(), |route, messages, bytes| {
                link.count(Direction::Received, route, messages, bytes);
            });
    }

    /// When a call begins that begins now.
    pub(super) fn now(&mut self) -> Instant {
        *self.began.get_or_insert_with(Instant::now)
    }

    /// Counts a call that was served: one of this turn with the others, whose replies are written together.
    pub(super) fn served(&mut self, link: &Link, call: &ServedCall, outcome: Outcome) {
        if self.began != Some(call.began) {
            link.count_served(call, outcome);
            return;
        }
        match &mut self.served {
            Some(served) if served.route == call.route && served.outcome == outcome => {
                served.count += 1;
            }
            _ => {
                self.settle_served(link);
                self.served = Some(Served {
                    route: call.route,
                    outcome,
                    count: 1,
                });
            }
        }
    }

    fn settle_served(&mut self, link: &Link) {
        if let (Some(served), Some(began)) = (self.served.take(), self.began) {
            let Served {
                route,
                outcome,
                count,
            } = served;
            let took = began.elapsed();
            link.meter.calls(Opener::Peer, route, outcome, took, count);
        }
    }

    /// Adds all of it, before what was made of it is written.
    #[inline]
    pub(super) fn settle(&mut self, link: &Link) {
        self.received.settle(|route, messages, bytes| {
            link.count(Direction::Received, route, messages, bytes);
        });
        if self.began.is_some() {
            self.settle_served(link);
            self.began = None;
        }
    }
}
