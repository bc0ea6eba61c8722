//! What a connection counts of its messages, calls and streams.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::{Link, state::State};
use crate::{
    error::{CallError, Error, Result},
    metrics::{CountedAs, Direction, Opener, Outcome, Slot},
    proto::conversation::Key,
    route::RouteError,
    tap::Passing,
};

/// A sealed message for which there is no room.
#[derive(Debug)]
pub(crate) struct Unsent {
    pub(crate) frame: Bytes,
    /// As what; a request for a pipe is for no route.
    pub(super) counted: Option<CountedAs>,
}

/// A call or stream of the peer that a route serves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServedCall {
    pub(crate) key: Key,
    pub(crate) route: Slot,
    /// When the route began.
    pub(crate) began: Instant,
}

impl Link {
    /// Counts a message that is put into the outbox.
    #[inline]
    pub(super) fn count_put(&self, state: &mut State, counted: CountedAs) {
        let CountedAs { route, bytes } = counted;
        state.put_in.count(route, bytes, |route, messages, bytes| {
            self.count(Direction::Sent, route, messages, bytes);
        });
    }

    /// Adds what was put into the outbox to what all connections share.
    #[inline]
    pub(super) fn settle_put(&self, state: &mut State) {
        state.put_in.settle(|route, messages, bytes| {
            self.count(Direction::Sent, route, messages, bytes);
        });
        self.meter.outbox(state.outbox.unwritten());
    }

    /// Counts a message that was sent otherwise than by [`count_put`](Self::count_put).
    pub(crate) fn count_sent(&self, counted: CountedAs, frame: &[u8]) {
        self.show_sent(counted, frame);
        self.count(Direction::Sent, counted.route, 1, counted.bytes as u64);
    }

    /// Counts a message that came.
    pub(super) fn count_received(&self, route: Slot, message: &[u8]) {
        self.show(Direction::Received, route, message);
        self.count(Direction::Received, route, 1, message.len() as u64);
    }

    /// Shows the message that starts at `start` to whoever looks, if the outbox has room for it.
    #[inline]
    pub(super) fn show_put(&self, state: &State, counted: CountedAs, frame: &[u8], start: usize) {
        if self.is_shown() {
            let frame = frame.get(start..).unwrap_or_default();
            if state.outbox.has_room(frame.len(), self.limits.outbox_bytes) {
                self.show_sent(counted, frame);
            }
        }
    }

    /// Shows a message that is sent as this frame to whoever looks.
    #[inline]
    pub(crate) fn show_sent(&self, counted: CountedAs, frame: &[u8]) {
        if self.is_shown() {
            // Only a server's messages are shown, which have no mask.
            let head = frame.len().saturating_sub(counted.bytes);
            let message = frame.get(head..).unwrap_or_default();
            self.show(Direction::Sent, counted.route, message);
        }
    }

    /// Whether anybody looks at the messages.
    #[inline]
    pub(crate) fn is_shown(&self) -> bool {
        self.tap.as_ref().is_some_and(|tap| tap.is_open())
    }

    /// Shows a message to whoever looks.
    #[inline]
    pub(crate) fn show(&self, direction: Direction, route: Slot, message: &[u8]) {
        if let Some(tap) = &self.tap
            && tap.is_open()
        {
            tap.show(&Passing {
                connection: self.id,
                direction,
                route,
                message,
            });
        }
    }

    /// Counts messages.
    pub(crate) fn count(&self, direction: Direction, route: Slot, messages: u64, bytes: u64) {
        self.meter
            .messages(direction, self.id, route, messages, bytes);
    }

    /// Counts a call of the peer that comes to its end now.
    pub(crate) fn count_served(&self, call: &ServedCall, outcome: Outcome) {
        let took = call.began.elapsed();
        self.meter.calls(Opener::Peer, call.route, outcome, took, 1);
    }

    /// Waits until a message has room in the outbox, and puts it there.
    pub(crate) async fn push_unsent(&self, unsent: Unsent) -> Result {
        self.push(unsent.frame.clone()).await?;
        if let Some(counted) = unsent.counted {
            self.count_sent(counted, &unsent.frame);
        }
        Ok(())
    }
}

/// A stream of the peer that is served; dropped before it has come to its end, it was cancelled.
pub(super) struct ServedStream {
    link: Arc<Link>,
    call: ServedCall,
    outcome: Outcome,
}

impl ServedStream {
    pub(super) fn new(link: &Arc<Link>, call: ServedCall) -> Self {
        link.meter.stream_begins(Opener::Peer);
        Self {
            link: Arc::clone(link),
            call,
            outcome: Outcome::Cancelled,
        }
    }

    /// It has come to its end.
    pub(super) fn set_outcome(&mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for ServedStream {
    fn drop(&mut self) {
        self.link.count_served(&self.call, self.outcome);
        self.link.meter.stream_ends(Opener::Peer);
    }
}

/// What a call that this side made came to.
pub(super) fn outcome_of(error: &Error) -> Outcome {
    match error {
        Error::Call { source, .. } => match source {
            CallError::Refused { .. } => Outcome::Refused,
            CallError::DataNotConverted { .. } | CallError::ReplyNotConverted(_) => {
                Outcome::Convert
            }
            CallError::WrongShape { .. } => Outcome::Shape,
            CallError::RouteBroken { .. } | CallError::Unsupported => Outcome::Internal,
            CallError::Busy | CallError::TooMany { .. } => Outcome::Busy,
            CallError::TimedOut { .. } => Outcome::TimedOut,
            CallError::Cancelled => Outcome::Cancelled,
        },
        Error::NotSent { .. } => Outcome::TimedOut,
        Error::Closed(_) | Error::Disconnected(_) => Outcome::Closed,
        _ => Outcome::Internal,
    }
}

/// What a route that fails makes of a call.
pub(crate) fn outcome_of_route(error: &RouteError) -> Outcome {
    match error {
        RouteError::Decode(_) => Outcome::Convert,
        RouteError::Failed(_) => Outcome::Refused,
        RouteError::Reply(_) | RouteError::Panicked(_) => Outcome::Internal,
    }
}
