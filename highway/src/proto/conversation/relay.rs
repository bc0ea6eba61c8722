//! Pipes that go through a server: what either end may send, and how much of it.
//!
//! An end sends no more than the other has granted, and the server passes credit on in such portions that an end never has
//! more than the server's window: what waits for the other end's connection here is bounded by it. Credit beyond it is held
//! back, and all of it is as long as that connection does not keep up.

use super::{Control, Conversation, Conversations, Inbound, Key, Received, Refused, cost};
use crate::wire::{Close, Kind, MAX_CREDIT, PIECE, Part};

/// One end of a pipe that goes through here.
#[derive(Debug)]
pub(super) struct Relay<R> {
    /// The other end.
    to: R,
    /// Whether the end that was reached has taken it.
    taken: bool,
    /// What this end may send.
    credit: i64,
    /// What it might besides, as far as the other end goes.
    held: i64,
    /// Whether that waits until there is room at the other end.
    waits: bool,
    /// The end that is to be reached has not heard of the pipe yet.
    unheard: bool,
}

impl<R: Clone> Relay<R> {
    fn new(to: R) -> Self {
        Self {
            to,
            taken: false,
            credit: 0,
            held: 0,
            waits: false,
            unheard: false,
        }
    }

    pub(super) fn to(&self) -> &R {
        &self.to
    }

    /// Whether it is not taken yet.
    #[cfg(test)]
    pub(super) fn waits(&self) -> bool {
        !self.taken
    }

    /// Whether its end may send.
    #[cfg(test)]
    pub(super) fn flows(&self) -> bool {
        self.taken && self.credit > 0
    }

    /// Passes on as much of the credit as is possible and worth a message.
    fn pass(&mut self, window: u32) -> Option<u32> {
        let window = i64::from(window);
        let more = self.held.min(window - self.credit);
        if more <= 0 || (more < window / 4 && self.credit > 0) {
            return None;
        }
        self.held -= more;
        self.credit += more;
        u32::try_from(more).ok()
    }

    /// Takes a message from the end, which was `reached` by the other one if it did not open the pipe.
    pub(super) fn receive(
        &mut self,
        key: Key,
        reached: bool,
        part: Part,
        message: usize,
    ) -> Result<Received<R>, Close> {
        let to = self.to.clone();
        match part.kind {
            Kind::Piped if reached && !self.taken && part.credit <= MAX_CREDIT => {
                self.taken = true;
                Ok(Received::Taken(to, part.credit))
            }
            // It goes to the other end whether there is room or not.
            Kind::Failure if reached && !self.taken && message <= PIECE => Ok(Received::Ends(to)),
            Kind::Piece | Kind::LastPiece if self.taken && self.credit > 0 => {
                self.credit -= cost(message);
                let held = self.held > 0;
                Ok(Received::Passes { to, key, held })
            }
            Kind::HangUp => Ok(Received::Ends(to)),
            Kind::Credit if self.taken => Ok(Received::Grants(to, part.credit)),
            _ => Err(Close::INVALID_STATE),
        }
    }
}

impl<R> Conversation<R> {
    /// Whether the peer was told of it, or began it.
    pub(super) fn is_heard(&self) -> bool {
        !matches!(&self.inbound, Inbound::Relay(relay) if relay.unheard)
    }

    fn relay(&mut self) -> Option<&mut Relay<R>> {
        match &mut self.inbound {
            Inbound::Relay(relay) => Some(relay),
            _ => None,
        }
    }
}

impl<R: Clone> Conversations<R> {
    fn get_relay(&mut self, key: Key) -> Option<&mut Relay<R>> {
        self.get(key)?.relay()
    }

    /// The credit that the opener of a pipe has granted, as long as the pipe leads nowhere yet.
    pub(crate) fn granted(&mut self, key: Key) -> Option<u32> {
        let conversation = self.get(key)?;
        u32::try_from(conversation.outbound?).ok()
    }

    /// Opens a pipe to the peer, for an opener that has granted credit; with what is to be passed on of it at first.
    pub(crate) fn begin_relay(&mut self, opener: R, granted: u32) -> Result<(Key, u32), Refused> {
        let id = self.next_id()?;
        let credit = granted.min(self.limits.window);
        let relay = Relay {
            credit: credit.into(),
            held: (granted - credit).into(),
            unheard: true,
            ..Relay::new(opener)
        };
        let key = self.insert(id, Kind::Pipe, Inbound::Relay(Box::new(relay)), None);
        Ok((key, credit))
    }

    /// The peer is told of a pipe that was opened to it; false when the pipe was given up meanwhile.
    pub(crate) fn heard(&mut self, key: Key) -> bool {
        let Some(relay) = self.get_relay(key) else {
            return false;
        };
        relay.unheard = false;
        true
    }

    /// Lets a pipe of the peer lead to somebody; whether it is still there.
    pub(crate) fn lead(&mut self, key: Key, to: R) -> bool {
        let Some(conversation) = self.get(key) else {
            return false;
        };
        conversation.outbound = None;
        conversation.inbound = Inbound::Relay(Box::new(Relay::new(to)));
        true
    }

    /// The pipe of the peer is taken at the other end, with credit for it; what it is to be told.
    pub(crate) fn taken(&mut self, key: Key, granted: u32) -> Option<Control> {
        let window = self.limits.window;
        let relay = self.get_relay(key)?;
        relay.taken = true;
        relay.held = granted.into();
        let credit = relay.pass(window).unwrap_or(0);
        Some(Control::Piped(key.id, credit))
    }

    /// The other end of a pipe takes more.
    ///
    /// # Errors
    /// When it has granted more than may be.
    pub(crate) fn hold(&mut self, key: Key, more: u32) -> Result<(), Close> {
        let Some(relay) = self.get_relay(key) else {
            return Ok(());
        };
        relay.held += i64::from(more);
        if relay.held + relay.credit > i64::from(MAX_CREDIT) {
            return Err(Close::INVALID_STATE);
        }
        Ok(())
    }

    /// Whether the peer could have more credit, if there is room for it at the other end; it counts as waiting for that then.
    pub(crate) fn wants_credit(&mut self, key: Key) -> bool {
        let Some(relay) = self.get_relay(key) else {
            return false;
        };
        if relay.held <= 0 || relay.waits {
            return false;
        }
        relay.waits = true;
        true
    }

    /// Passes held credit on, as there is room; the peer is to be told.
    pub(crate) fn pass_on(&mut self, key: Key) -> Option<Control> {
        let window = self.limits.window;
        let relay = self.get_relay(key)?;
        relay.waits = false;
        Some(Control::Credit(key.id, relay.pass(window)?))
    }

    /// How many ends of pipes that go through here there are.
    pub(crate) fn relayed(&self) -> usize {
        let inbound = self.open.values().map(|conversation| &conversation.inbound);
        inbound
            .filter(|inbound| matches!(inbound, Inbound::Relay(_)))
            .count()
    }
}

#[cfg(test)]
mod tests;
