//! One end of a call or stream: what comes in it, until it is dropped.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use tokio::time::Instant;
use tracing::Span;

use super::{Link, counted::outcome_of, failures::WireFailure};
use crate::{
    error::{CallError, Error, Result},
    metrics::{Opener, Outcome, Slot},
    payload::DecodeError,
    proto::conversation::{Arrived, End, Key},
    route::{Items, Message},
    trace,
    wire::{DataType, Dialect, Kind, RouteId},
};

/// The route that a conversation is about.
#[derive(Clone, Copy)]
pub(super) enum Called {
    /// One of the peer.
    Peer(RouteId),
    /// One of this side, where it is the peer that began.
    Own(&'static str),
}

/// One end of a conversation: dropping it ends what comes from the peer.
pub(super) struct Handle {
    pub(super) link: Arc<Link>,
    pub(super) key: Key,
    pub(super) route: Called,
    /// Where it is counted.
    pub(super) slot: Slot,
    /// When it began, and what it came to, where it is a call or stream of this side.
    pub(super) own: Option<Own>,
    /// Credit is still to be granted.
    pub(super) ungranted: bool,
    /// The peer has not heard of it, and needs no word of its end.
    pub(super) unheard: bool,
}

/// What is counted of a call or stream of this side once its handle goes.
pub(super) struct Own {
    began: Instant,
    is_stream: bool,
    outcome: Outcome,
    span: Span,
}

impl Own {
    /// That of a call or stream that begins now, within a span of its own.
    pub(super) fn begin(link: &Link, kind: Kind, span: Span) -> Self {
        let is_stream = kind == Kind::Stream;
        if is_stream {
            link.meter.stream_begins(Opener::ThisSide);
        }
        Self {
            began: Instant::now(),
            is_stream,
            outcome: Outcome::Cancelled,
            span,
        }
    }
}

impl Handle {
    pub(super) fn set_outcome(&mut self, outcome: Outcome) {
        if let Some(own) = &mut self.own {
            own.outcome = outcome;
        }
    }

    pub(super) fn name(&self) -> String {
        match self.route {
            Called::Peer(route) => {
                let peer = self.link.peer();
                let name = peer.as_ref().and_then(|peer| peer.table.name(route));
                name.unwrap_or_default().to_owned()
            }
            Called::Own(name) => name.to_owned(),
        }
    }

    fn message(&self, arrived: Arrived) -> Message {
        self.link.count_received(self.slot, &arrived.frame);
        let data_type = arrived.part.data_type.unwrap_or(DataType::None);
        Message::new(
            Dialect::Extended,
            data_type,
            arrived.frame,
            self.link.limits.nesting,
        )
        .behind(arrived.part.start)
    }

    pub(super) fn poll_reply(&self, cx: &Context<'_>) -> Poll<Result<Message>> {
        let reply = self
            .link
            .conversations(|conversations| conversations.poll_reply(self.key, cx));
        match reply {
            None => Poll::Ready(Err(self.error(End::Cancelled))),
            Some(Poll::Pending) => Poll::Pending,
            Some(Poll::Ready(Ok(arrived))) => Poll::Ready(Ok(self.message(arrived))),
            Some(Poll::Ready(Err(end))) => Poll::Ready(Err(self.error(end))),
        }
    }

    /// Why nothing more came.
    fn error(&self, end: End) -> Error {
        let route = self.name();
        match end {
            End::Finished | End::Cancelled => Error::call(route, CallError::Cancelled),
            End::Closed(close) | End::HungUp(close) => Error::Closed(close),
            End::Failed(frame) => {
                self.link.count_received(self.slot, &frame);
                WireFailure::error_in(frame, self.link.limits.nesting, route)
            }
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Some(own) = &self.own {
            trace::came_to(&own.span, own.outcome);
            let (meter, took) = (&self.link.meter, own.began.elapsed());
            meter.calls(Opener::ThisSide, self.slot, own.outcome, took, 1);
            if own.is_stream {
                meter.stream_ends(Opener::ThisSide);
            }
        }
        let unheard = self.unheard;
        let mut state = self.link.lock("give up what comes");
        state.tell(self.link.framing, |conversations| {
            let told = conversations.drop_reader(self.key);
            told.filter(|_| !unheard)
        });
    }
}

impl Items for Handle {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message>>> {
        let next = {
            let mut state = self.link.lock("take an item");
            let Some(conversations) = &mut state.conversations else {
                return Poll::Ready(None);
            };
            let granted = std::mem::take(&mut self.ungranted)
                .then(|| conversations.grant(self.key))
                .flatten();
            let (next, told) = conversations.poll_item(self.key, cx);
            for told in granted.into_iter().chain(told) {
                state.push(self.link.framing.control(told));
            }
            next
        };
        next.map(|next| match next {
            Ok(arrived) => Some(Ok(self.message(arrived))),
            Err(End::Finished) => {
                self.set_outcome(Outcome::Done);
                None
            }
            Err(end) => {
                let error = self.error(end);
                self.set_outcome(outcome_of(&error));
                Some(Err(error))
            }
        })
    }

    fn not_converted(&self, error: Box<DecodeError>) -> Error {
        Error::call(self.name(), CallError::ReplyNotConverted(error))
    }
}
