//! The ends of pipes: conversations in which each side sends pieces of messages.

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;

use super::{Link, counted::Unsent};
use crate::{
    error::Result,
    proto::conversation::{self, Key, Over},
    transport::{buffers, pipe::Pieces},
    wire::{Close, CloseCode, DataType, Dialect, FIELD, Header, Kind, RouteId},
};

/// One end of a pipe. Dropped, it ends the pipe.
pub struct PipeEnd {
    /// The connection to the server.
    carrier: Arc<Link>,
    key: Key,
    over: bool,
    /// Whether the carrier counts it.
    counted: bool,
    /// What asks the other end for it, until that has room in the outbox. Until then the other end needs no word of its end.
    unsent: Option<Unsent>,
    /// A piece that waits for room in the carrier's outbox.
    waiting: Option<Pin<Box<dyn Future<Output = Result> + Send>>>,
}

impl std::fmt::Debug for PipeEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PipeEnd")
            .field("carrier", &self.carrier.id)
            .field("key", &self.key)
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}

impl PipeEnd {
    /// The end of a pipe that the peer has asked for.
    pub(crate) fn new(carrier: &Arc<Link>, key: Key) -> Self {
        Self {
            carrier: Arc::clone(carrier),
            key,
            over: false,
            counted: false,
            unsent: None,
            waiting: None,
        }
    }

    /// The end of a pipe that this side asks for; with what of that has no room in the outbox.
    pub(crate) fn asking(carrier: &Arc<Link>, key: Key, unsent: Option<Unsent>) -> Self {
        let mut end = Self::new(carrier, key);
        end.unsent = unsent;
        end
    }

    /// Waits until what asks for it has room in the outbox, if it had none.
    pub(crate) async fn asked(&mut self) -> Result {
        if let Some(unsent) = &self.unsent {
            self.carrier.push(unsent.frame.clone()).await?;
            self.unsent = None;
        }
        Ok(())
    }

    /// It has begun, and is counted until it is dropped.
    pub(crate) fn begin(&mut self) {
        self.counted = true;
        self.carrier.meter.pipe_begins();
    }

    /// The connection to the server.
    pub(crate) fn carrier(&self) -> &Arc<Link> {
        &self.carrier
    }

    /// The number of the pipe's conversation.
    pub(crate) fn id(&self) -> u32 {
        self.key.id
    }

    /// Waits until the other end has taken the pipe.
    pub(crate) async fn taken(&mut self) -> Result<(), conversation::End> {
        poll_fn(|cx| {
            let taken = self
                .carrier
                .conversations(|conversations| conversations.poll_piped(self.key, cx));
            taken.unwrap_or(Poll::Ready(Err(conversation::End::Cancelled)))
        })
        .await
    }

    /// Takes the pipe that the other end has opened.
    pub(crate) fn take(&self) {
        let mut state = self.carrier.lock("take a pipe");
        state.tell(self.carrier.framing, |conversations| {
            conversations.take_pipe(self.key)
        });
    }
}

impl Pieces for PipeEnd {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Bytes, bool), Option<Close>>> {
        let next = {
            let mut state = self.carrier.lock("take a piece");
            let Some(conversations) = &mut state.conversations else {
                self.over = true;
                return Poll::Ready(Err(None));
            };
            let (next, told) = conversations.poll_item(self.key, cx);
            if let Some(told) = told {
                state.push(self.carrier.framing.control(told));
            }
            next
        };
        Poll::Ready(match ready!(next) {
            Ok(arrived) => {
                let last = arrived.part.kind == Kind::LastPiece;
                Ok((arrived.frame.slice(arrived.part.start..), last))
            }
            Err(end) => {
                self.over = true;
                // It is to be forgotten here; the other end knows.
                self.carrier
                    .conversations(|conversations| conversations.hang_up(self.key));
                Err(match end {
                    conversation::End::HungUp(close) | conversation::End::Closed(close) => {
                        Some(close)
                    }
                    _ => None,
                })
            }
        })
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, piece: &[u8], last: bool) -> Poll<bool> {
        let credit = self
            .carrier
            .conversations(|conversations| conversations.poll_credit(self.key, cx));
        if let Err(Over) = ready!(credit.unwrap_or(Poll::Ready(Err(Over)))) {
            return Poll::Ready(false);
        }
        let kind = if last { Kind::LastPiece } else { Kind::Piece };
        let mut frame = buffers::to_put_together();
        let framing = self.carrier.framing;
        let Ok(start) = framing.put_together(&mut frame, kind, RouteId::META, |payload| {
            kind.put_fields(payload, self.key.id, 0);
            payload.extend_from_slice(piece);
            Ok::<_, Infallible>(Dialect::V02.code(DataType::Bytes).unwrap_or_default())
        });
        let message = Header::LEN + FIELD + piece.len();
        let offered = self
            .carrier
            .offer_item(self.key, &mut frame, start, message, None);
        buffers::is_put_together(frame);
        Poll::Ready(match offered {
            Ok(None) => true,
            Ok(Some(frame)) => {
                let carrier = Arc::clone(&self.carrier);
                self.waiting = Some(Box::pin(async move { carrier.push(frame).await }));
                true
            }
            Err(Over) => false,
        })
    }

    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(waiting) = &mut self.waiting {
            // Where the carrier is gone, what is read tells.
            let _ = ready!(waiting.as_mut().poll(cx));
            self.waiting = None;
        }
        Poll::Ready(())
    }

    fn is_sent(&self) -> bool {
        self.waiting.is_none()
    }

    fn hang_up(&mut self, close: &Close) {
        self.over = true;
        let mut state = self.carrier.lock("hang up");
        let Some(conversations) = &mut state.conversations else {
            return;
        };
        if self.unsent.is_some() {
            conversations.forget(self.key);
        } else if conversations.hang_up(self.key) {
            state.push(self.carrier.framing.hang_up(self.key.id, close));
        }
    }

    fn is_over(&self) -> bool {
        self.over
    }
}

impl Drop for PipeEnd {
    fn drop(&mut self) {
        if self.counted {
            self.carrier.meter.pipe_ends();
        }
        if !self.over {
            self.hang_up(&Close::new(CloseCode::GOING_AWAY, ""));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, task::Waker};

    use super::*;
    use crate::{
        link::testing::{extended, fill, sent, write_all},
        proto::Role,
    };

    /// A client with a full outbox that has begun to ask for a pipe.
    fn asking() -> (Arc<Link>, PipeEnd) {
        let carrier = extended(Role::Client);
        fill(&carrier);
        let begun = carrier.begin_with(Kind::Pipe, RouteId::META, None, |_, payload| {
            payload.push(b'2');
            Ok::<_, Infallible>(1)
        });
        let (key, unsent) = begun.expect("there is a place for it");
        assert!(unsent.is_some(), "there is no room");
        let end = PipeEnd::asking(&carrier, key, unsent);
        (carrier, end)
    }

    #[test]
    fn pipe_that_is_given_up_before_it_is_asked_for_is_not_heard_of() {
        for begins_to_wait in [false, true] {
            let (carrier, mut end) = asking();
            let full = sent(&carrier);
            assert_eq!(carrier.open_calls(), 1);
            if begins_to_wait {
                let cx = &mut Context::from_waker(Waker::noop());
                assert!(pin!(end.asked()).poll(cx).is_pending());
            }
            drop(end);
            assert_eq!(carrier.open_calls(), 0);
            assert_eq!(sent(&carrier), full);
        }
    }

    #[test]
    fn pipe_that_is_given_up_once_it_is_asked_for_is_hung_up() {
        let (carrier, mut end) = asking();
        write_all(&carrier);
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(pin!(end.asked()).poll(cx).is_ready());
        let asked = sent(&carrier);
        drop(end);
        assert_eq!(carrier.open_calls(), 0);
        assert!(sent(&carrier) > asked);
    }
}
