//! What messages that arrive mean: for the handler, for a conversation, for the meta exchange.

use bytes::Bytes;

use super::{
    Driver,
    exchange::{Reaction, Verdict},
    inbox::Work,
    timers::Timer,
};
use crate::{
    contract::Mismatch,
    link::failures::Unserved,
    proto::{
        conversation::{Key, Received},
        session::Event,
    },
    route::{Asks, Message},
    transport::Transport,
    wire::{DataType, Dialect, Kind, Part},
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
        match self.exchange.receive(&frame) {
            Ok(Event::Message {
                route,
                dialect,
                data_type,
            }) => {
                let message = Message::new(dialect, data_type, frame, self.link.limits.nesting);
                Some(Work::Message(route, message, None))
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

    /// A message of the extension.
    #[inline(never)]
    fn part(&mut self, part: Part, frame: Bytes) -> Option<Work> {
        let received = self.link.receive(part, &frame)?;
        let done = match received {
            Ok(Received::Settled) => return None,
            Ok(Received::Missed) => return Some(self.missed(part, &frame)),
            Ok(Received::Busy) => {
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

    /// The server has not sent broadcasts.
    fn missed(&self, part: Part, frame: &Bytes) -> Work {
        // It is there, as the message was taken apart.
        let count = frame.get(part.start..).and_then(<[u8]>::first_chunk);
        let count = count.map_or(0, |count| u64::from_le_bytes(*count));
        self.link.count_missed(count);
        Work::Missed(count)
    }

    /// A call, a stream or a pipe of the peer.
    fn opened(&self, part: Part, frame: Bytes, key: Key) -> Work {
        let asks = match part.kind {
            Kind::Stream => Asks::Items,
            _ => Asks::Reply,
        };
        let data_type = part.data_type.unwrap_or(DataType::None);
        let nesting = self.link.limits.nesting;
        let mut message = Message::new(Dialect::Extended, data_type, frame, nesting)
            .behind(part.start)
            .asking(asks);
        if part.kind == Kind::Pipe {
            return Work::Pipe(message, key);
        }
        if part.data_type.is_none() {
            message = message.with_items(self.link.items(key));
        }
        Work::Message(part.route, message, Some(key))
    }

    /// The peer has told its routes or its contract.
    #[cold]
    fn told(&mut self, told: Reaction) -> Option<Work> {
        self.timers.stop(Timer::FallBack);
        // They wait for no room: nothing else may be sent before them.
        for message in told.send {
            self.link.push_message(&message);
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
                        tracing::info!(connection = %self.link.id, mismatch = %first, "refusing the peer's contract");
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
                tracing::warn!(%connection, "{mismatch}");
            } else {
                tracing::debug!(%connection, "{mismatch}");
            }
        }
    }
}
