//! What the peer does in conversations: what may come, and what it means.

use std::collections::hash_map::Entry;

use bytes::Bytes;

use super::{Arrived, Conversations, End, Inbound, Key, Received, cost, wake};
use crate::wire::{Close, CloseCode, Kind, MAX_CREDIT, PIECE, Part};

/// The bytes of a close code in the end of a pipe.
pub(super) const CODE: usize = 2;

impl<R: Clone> Conversations<R> {
    /// Takes a message of the extension.
    ///
    /// # Errors
    /// The connection has to be closed as the error says.
    pub(crate) fn receive(&mut self, part: Part, frame: &Bytes) -> Result<Received<R>, Close> {
        if !self.role.peer().sends(part.kind) {
            return Err(Close::INVALID_STATE);
        }
        let ours = self.is_ours(part.id);
        match part.kind {
            Kind::Call | Kind::Stream | Kind::Pipe => return self.opened(part),
            Kind::Missed => return Ok(Received::Missed),
            Kind::Message | Kind::Contract => return Ok(Received::Settled),
            Kind::Reply | Kind::Piped if !ours => return Err(Close::INVALID_STATE),
            Kind::Piece | Kind::LastPiece if frame.len() > part.start + PIECE => {
                return Err(Close::INVALID_STATE);
            }
            Kind::HangUp if frame.len() > part.start + CODE + Close::MAX_REASON => {
                return Err(Close::INVALID_STATE);
            }
            _ => {}
        }
        let Entry::Occupied(mut entry) = self.open.entry(part.id) else {
            return Ok(Received::Settled);
        };
        let conversation = entry.get_mut();
        if conversation.over {
            return Ok(Received::Settled);
        }
        if conversation.pipe {
            return self.receive_of_pipe(part, frame);
        }
        let arrived = || Arrived {
            part,
            frame: frame.clone(),
        };
        match part.kind {
            Kind::Reply => match &mut conversation.inbound {
                Inbound::Reply(reply @ None) => {
                    *reply = Some(Box::new(Ok(arrived())));
                    conversation.end(End::Finished);
                }
                _ => return Err(Close::INVALID_STATE),
            },
            Kind::Failure if ours => conversation.end(End::Failed(frame.clone())),
            Kind::Failure | Kind::End => {
                let end = match part.kind {
                    Kind::End => End::Finished,
                    _ => End::Failed(frame.clone()),
                };
                match &mut conversation.inbound {
                    Inbound::Items(_) if ours => conversation.end(end),
                    Inbound::Items(items) => {
                        items.end.get_or_insert(end);
                        wake(&mut conversation.reader);
                    }
                    Inbound::Unwanted => {}
                    _ => return Err(Close::INVALID_STATE),
                }
            }
            Kind::Cancel if ours => {
                conversation.outbound = None;
                wake(&mut conversation.producer);
            }
            Kind::Cancel => {
                self.remove(part.id);
            }
            Kind::Item => match &mut conversation.inbound {
                Inbound::Items(items) if items.end.is_none() && items.credit > 0 => {
                    items.credit -= cost(frame.len());
                    items.queue.push_back(arrived());
                    wake(&mut conversation.reader);
                }
                Inbound::Unwanted => {}
                _ => return Err(Close::INVALID_STATE),
            },
            Kind::Credit => conversation.granted(part.credit)?,
            _ => return Err(Close::INVALID_STATE),
        }
        Ok(Received::Settled)
    }

    /// Takes a message of a pipe.
    fn receive_of_pipe(&mut self, part: Part, frame: &Bytes) -> Result<Received<R>, Close> {
        let window = self.limits.window;
        let ours = self.is_ours(part.id);
        let Some(conversation) = self.open.get_mut(&part.id) else {
            return Ok(Received::Settled);
        };
        if let Inbound::Relay(relay) = &mut conversation.inbound {
            let key = Key {
                id: part.id,
                serial: conversation.serial,
            };
            let received = relay.receive(key, ours, part, frame.len())?;
            if matches!(received, Received::Ends(_)) {
                self.remove(part.id);
            }
            return Ok(received);
        }
        match (part.kind, &mut conversation.inbound) {
            (Kind::Piped, Inbound::Asked(None)) if part.credit <= MAX_CREDIT => {
                conversation.inbound = Inbound::items(window);
                conversation.outbound = Some(part.credit.into());
                conversation.wake();
            }
            (Kind::Failure, Inbound::Asked(None)) => conversation.end(End::Failed(frame.clone())),
            (Kind::Piece | Kind::LastPiece, Inbound::Items(items)) if items.credit > 0 => {
                items.credit -= cost(frame.len());
                items.queue.push_back(Arrived {
                    part,
                    frame: frame.clone(),
                });
                wake(&mut conversation.reader);
            }
            (Kind::Credit, _) => conversation.granted(part.credit)?,
            (Kind::HangUp, Inbound::Nothing) => {
                self.remove(part.id);
            }
            (Kind::HangUp, _) => conversation.end(End::HungUp(hung_up(part, frame))),
            _ => return Err(Close::INVALID_STATE),
        }
        Ok(Received::Settled)
    }

    fn opened(&mut self, part: Part) -> Result<Received<R>, Close> {
        if self.is_ours(part.id) || self.open.contains_key(&part.id) || part.credit > MAX_CREDIT {
            return Err(Close::INVALID_STATE);
        }
        let items = part.data_type.is_none();
        let counts = part.kind != Kind::Call || items;
        if counts && self.theirs >= self.limits.theirs {
            return Ok(Received::Busy);
        }
        let inbound = if items {
            // Credit is granted once somebody reads.
            Inbound::items(0)
        } else {
            Inbound::Nothing
        };
        let outbound = (part.kind != Kind::Call).then_some(part.credit.into());
        let key = self.insert(part.id, part.kind, inbound, outbound);
        Ok(Received::Opened(key))
    }
}

/// How a pipe was ended.
pub(super) fn hung_up(part: Part, frame: &Bytes) -> Close {
    let rest = frame.get(part.start..).unwrap_or_default();
    let Some((code, reason)) = rest.split_first_chunk() else {
        return Close::new(CloseCode::NO_CODE, "");
    };
    let reason = String::from_utf8_lossy(reason).into_owned();
    Close::new(CloseCode(u16::from_le_bytes(*code)), reason)
}
