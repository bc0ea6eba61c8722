//! What messages that arrive mean: for the handler, for a conversation, for the meta exchange.

use std::{task::Poll, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    Driver,
    exchange::{Reaction, Verdict},
    inbox::Work,
    timers::Timer,
};
use crate::{
    contract::Mismatch,
    link::{Far, failures::Unserved},
    metrics::{Opener, Outcome, Slot},
    proto::{
        conversation::{Key, Received},
        session::Event,
    },
    route::{Asks, Message},
    trace::log,
    transport::Transport,
    wire::{Close, DataType, Dialect, Kind, Part},
};

impl<T: Transport> Driver<T> {
    /// A binary message.
    #[expect(
        clippy::inline_always,
        reason = "runs for every message, from one place"
    )]
    #[inline(always)]
    pub(super) fn message(&mut self, frame: Bytes) -> Option<Work> {
        #[cfg(feature = "__testing")]
        if self.link.limits.raw_echo {
            self.link.push_message(&frame);
            return None;
        }
        let event = self.exchange.receive(&frame);
        self.event(event, frame)
    }

    /// What a message means.
    fn event(&mut self, event: Result<Event, Close>, frame: Bytes) -> Option<Work> {
        match event {
            Ok(Event::Message {
                route,
                dialect,
                data_type,
            }) => {
                self.counted.received(&self.link, Slot::of(route), &frame);
                let message = Message::new(dialect, data_type, frame, self.link.limits.nesting);
                Some(Work::Message(route, Box::new(message)))
            }
            Ok(Event::Part(part)) => self.part(part, frame),
            Ok(Event::Ready { answer, contract }) => {
                let told = self.exchange.routes_told(answer, contract);
                self.told(told)
            }
            Ok(Event::Contract { answer }) => {
                let told = self.exchange.contract_told(&frame, answer);
                self.told(told)
            }
            Ok(Event::Replaced { answer }) => {
                let told = self.exchange.routes_replaced(answer);
                self.told(told)
            }
            Err(close) => {
                self.begin_closing(close);
                None
            }
        }
    }

    /// A short message: what there is to do about it. Pending where the input does not begin with one.
    #[expect(
        clippy::inline_always,
        reason = "runs for every message, from one place"
    )]
    #[inline(always)]
    pub(super) fn receive_small(&mut self) -> Poll<Option<Work>> {
        #[cfg(feature = "__testing")]
        if self.link.limits.raw_echo {
            return Poll::Pending;
        }
        let mut message = match self.spare.take() {
            Some(spare) => spare,
            None if self.transport.has_input() => Box::new(Message::of_hook()),
            None => return Poll::Pending,
        };
        if !self.transport.take_small(message.small()) {
            self.spare = Some(message);
            return Poll::Pending;
        }
        self.turn += 1;
        self.hear();
        if !self.inbox.allows_one_more(Instant::now) {
            self.begin_closing(Close::TOO_MANY_MESSAGES);
            return Poll::Ready(None);
        }
        match self.exchange.receive(message.small()) {
            Ok(Event::Message {
                route,
                dialect,
                data_type,
            }) => {
                let slot = Slot::of(route);
                self.counted.received(&self.link, slot, message.small());
                message.begin_small(dialect, data_type, self.link.limits.nesting);
                Poll::Ready(Some(Work::Message(route, message)))
            }
            Ok(Event::Part(
                part @ Part {
                    kind: Kind::Call,
                    data_type: Some(data_type),
                    ..
                },
            )) => {
                // Of a call's frame the conversation keeps nothing.
                let received = self.link.receive(part, &Bytes::new());
                Poll::Ready(match received {
                    Some(Ok(Received::Opened(key))) => {
                        let slot = Slot::of(part.route);
                        self.counted.received(&self.link, slot, message.small());
                        message.begin_small(Dialect::Extended, data_type, self.link.limits.nesting);
                        message.become_call(part.start, part.traceparent_len);
                        Some(Work::Call(part.route, message, key))
                    }
                    received => {
                        self.spare = Some(message);
                        received.and_then(|received| self.received(received, part, Bytes::new()))
                    }
                })
            }
            event => {
                let frame = Bytes::copy_from_slice(message.small());
                self.spare = Some(message);
                Poll::Ready(self.event(event, frame))
            }
        }
    }

    /// A message of the extension.
    #[inline(never)]
    fn part(&mut self, part: Part, frame: Bytes) -> Option<Work> {
        let received = self.link.receive(part, &frame)?;
        self.received(received, part, frame)
    }

    /// What came of a message of the extension.
    fn received(
        &mut self,
        received: Result<Received<Far>, Close>,
        part: Part,
        frame: Bytes,
    ) -> Option<Work> {
        let done = match received {
            Ok(Received::Settled) => return None,
            Ok(Received::Missed) => return Some(self.missed(part, &frame)),
            Ok(Received::Busy) => {
                if part.kind.opens_route() {
                    self.refused(part, Outcome::Busy);
                }
                return Some(Work::Send(self.link.refuse(part.id, Unserved::Busy)));
            }
            Ok(Received::Opened(key)) => return Some(self.opened(part, frame, key)),
            Ok(passes) => self.link.relay(passes, part, &frame),
            Err(close) => Err(close),
        };
        if let Err(close) = done {
            self.begin_closing(close);
        }
        None
    }

    /// Counts a call or stream that no route serves.
    fn refused(&self, part: Part, outcome: Outcome) {
        let (peer, route) = (Opener::Peer, Slot::of(part.route));
        self.link
            .meter
            .calls(peer, route, outcome, Duration::ZERO, 1);
    }

    /// The server has not sent broadcasts.
    fn missed(&self, part: Part, frame: &Bytes) -> Work {
        // It is there, as the message was taken apart.
        let count = frame.get(part.start..).and_then(<[u8]>::first_chunk);
        let count = count.map_or(0, |count| u64::from_le_bytes(*count));
        self.link.count_missed(count);
        Work::Missed(count)
    }

    /// A call, a stream or a pipe of the peer.
    fn opened(&mut self, part: Part, frame: Bytes, key: Key) -> Work {
        let asks = match part.kind {
            Kind::Stream => Asks::Items,
            _ => Asks::Reply,
        };
        let slot = Slot::of(part.route);
        if part.kind != Kind::Pipe {
            self.counted.received(&self.link, slot, &frame);
        }
        let data_type = part.data_type.unwrap_or(DataType::None);
        let nesting = self.link.limits.nesting;
        let mut message = Message::new(Dialect::Extended, data_type, frame, nesting)
            .behind(part.start)
            .traced(part.traceparent_len)
            .asking(asks);
        if part.kind == Kind::Pipe {
            return Work::Pipe(Box::new(message), key);
        }
        if part.data_type.is_none() {
            let route = (self.route_name)(part.route);
            message = message.with_items(self.link.items(key, route, slot));
        }
        Work::Call(part.route, Box::new(message), key)
    }

    /// The peer has told its routes or its contract.
    #[cold]
    fn told(&mut self, told: Reaction) -> Option<Work> {
        self.timers.stop(Timer::FallBack);
        // They wait for no room: nothing else may be sent before them.
        for message in told.send {
            self.link.push_message(&message);
        }
        if self.exchange.is_traced() {
            self.link.set_traced();
        }
        match told.verdict {
            Verdict::Agreed(peer, mismatches) => {
                self.timers.stop(Timer::Exchange);
                self.report(&mismatches);
                self.link.set_mismatches(mismatches);
                // From here on handles send.
                self.link.set_peer(peer);
                return Some(Work::Ready);
            }
            Verdict::Differs(mismatches) => self.report(&mismatches),
            Verdict::Replaced(peer) if self.link.peer().is_some() => self.link.set_peer(peer),
            // Before the contract has come, the routes are not used.
            Verdict::Replaced(_) | Verdict::Waits => {}
            Verdict::Refused(close, mismatches) => {
                if let Some(mismatches) = mismatches {
                    if let Some(first) = mismatches.first() {
                        log!(info, self.link.id, mismatch = %first, "refusing the peer's contract");
                    }
                    self.link.set_mismatches(mismatches);
                    self.link.set_refused();
                }
                self.begin_closing(close);
            }
        }
        None
    }

    /// Logs what is not agreed about.
    fn report(&self, mismatches: &[Mismatch]) {
        let connection = self.link.id;
        for mismatch in mismatches {
            if self.exchange.is_news(mismatch) {
                log!(warn, connection, "{mismatch}");
            } else {
                log!(debug, connection, "{mismatch}");
            }
        }
    }
}
