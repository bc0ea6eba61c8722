//! Pipes that go through a server: what comes from one end's connection goes into the outbox of the other's.
//!
//! The two connections' locks are never held together, and what is for the other end goes there within the task of the one
//! that sent it.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;

use super::{Link, failures::WireFailure, far::Far, state::State};
use crate::{
    proto::conversation::{Key, Received, Refused},
    route::{
        Answer, RouteError,
        answer::{Encoded, Given},
    },
    trace::log,
    transport::buffers,
    wire::{Close, FailureWord, Kind, Part, RouteId},
};

impl State {
    /// Puts a message of a pipe's other end into the outbox, room or not: this end has granted credit for it.
    fn pass(&mut self, frame: &mut Vec<u8>, start: usize) {
        // Where there always is room, nothing comes back.
        let _ = self.put(frame, start, usize::MAX);
    }
}

impl Link {
    /// Does what a message of a pipe that goes through here asks for.
    ///
    /// # Errors
    /// The connection that it came from has to be closed as the error says.
    pub(crate) fn relay(
        self: &Arc<Self>,
        received: Received<Far>,
        part: Part,
        message: &Bytes,
    ) -> Result<(), Close> {
        match received {
            Received::Passes { to, key, held } => {
                to.link.pass(to.key, message);
                if held {
                    let sender = Far {
                        link: Arc::clone(self),
                        key,
                    };
                    to.link.hold_or_pass_on(sender);
                }
            }
            Received::Grants(to, more) => {
                let held = to
                    .link
                    .conversations(|conversations| conversations.hold(to.key, more));
                held.unwrap_or(Ok(()))?;
                self.hold_or_pass_on(to);
            }
            Received::Taken(to, credit) => {
                to.tell(|conversations| conversations.taken(to.key, credit));
            }
            Received::Ends(to) => {
                log!(debug, self.id, id = part.id, kind = ?part.kind, "a pipe ends");
                to.end(|key| {
                    let mut frame = Vec::new();
                    let start = to.link.framing.readdress(&mut frame, message, key.id);
                    Bytes::from(frame).slice(start..)
                });
            }
            Received::Settled | Received::Missed | Received::Opened(_) | Received::Busy => {}
        }
        Ok(())
    }

    /// Passes on a part of a message in a pipe to here.
    fn pass(&self, key: Key, message: &Bytes) {
        let mut frame = buffers::to_put_together();
        let start = self.framing.readdress(&mut frame, message, key.id);
        let mut state = self.lock("pass on what goes through a pipe");
        if !state.stage.is_closing() {
            self.meter.piped(message.len());
            state.pass(&mut frame, start);
        }
        drop(state);
        buffers::is_put_together(frame);
    }

    /// Lets a sender to here have more credit, at once or when there is room.
    fn hold_or_pass_on(&self, sender: Far) {
        let waits = sender
            .link
            .conversations(|conversations| conversations.wants_credit(sender.key));
        if waits != Some(true) {
            return;
        }
        {
            let mut state = self.lock("hold credit back");
            if state.stage.is_closing() {
                return;
            }
            if !state.outbox.has_room(1, self.limits.outbox_bytes) {
                return state.held_back.push(sender);
            }
        }
        sender.pass_credit_on();
    }

    /// Opens the pipe that the peer asks for to another connection, as the server's program has decided. Gives back the failure
    /// that is to be sent if it came to nothing.
    pub(crate) fn lead(
        self: &Arc<Self>,
        key: Key,
        to: &Arc<Self>,
        result: Result<Answer, RouteError>,
    ) -> Option<Bytes> {
        let failure = match result.map(Answer::into_given) {
            Ok(Some(Given::Reply(introduction))) => match self.try_lead(key, to, &introduction) {
                Ok(()) => return None,
                Err(why) => WireFailure::new(FailureWord::Pipe, why).frame(key.id, self.framing),
            },
            Ok(None | Some(Given::Items(_))) => {
                WireFailure::new(FailureWord::Internal, "the server gave no answer")
                    .frame(key.id, self.framing)
            }
            Err(error) => WireFailure::of_error(&error).frame(key.id, self.framing),
        };
        self.finish_conversation(key).then_some(failure)
    }

    fn try_lead(
        self: &Arc<Self>,
        key: Key,
        to: &Arc<Self>,
        introduction: &Encoded,
    ) -> Result<(), &'static str> {
        let gone = "the connection is not there any more";
        let granted = self.conversations(|conversations| conversations.granted(key));
        let Some(granted) = granted.flatten() else {
            return Err("it was given up");
        };
        let opener = Far {
            link: Arc::clone(self),
            key,
        };
        let begun = to.conversations(|conversations| conversations.begin_relay(opener, granted));
        let (far, credit) = match begun {
            Some(Ok(begun)) => begun,
            Some(Err(Refused::TooMany(_))) => return Err("it has too many pipes and calls open"),
            Some(Err(Refused::Closed(_))) => return Err(gone),
            None => return Err("it knows no pipes, as it does not speak the extension"),
        };
        let reached = Far {
            link: Arc::clone(to),
            key: far,
        };
        // Before the other end can answer.
        self.conversations(|conversations| conversations.lead(key, reached));
        let mut frame = buffers::to_put_together();
        let put_together = |payload: &mut Vec<u8>| {
            Kind::Pipe.put_fields(payload, far.id, credit);
            payload.extend_from_slice(&introduction.payload);
            Ok::<_, Infallible>(introduction.code)
        };
        let framing = to.framing;
        let Ok(start) = framing.put_together(&mut frame, Kind::Pipe, RouteId::META, put_together);
        let unsent = {
            let mut state = to.lock("lead a pipe");
            if state.stage.is_closing() {
                return Err(gone);
            }
            let unsent = state.put(&mut frame, start, to.limits.outbox_bytes);
            if unsent.is_none()
                && let Some(conversations) = &mut state.conversations
            {
                conversations.heard(far);
            }
            unsent
        };
        buffers::is_put_together(frame);
        self.meter.pipe_begins();
        log!(debug, self.id, id = key.id, to = %to.id, waits = unsent.is_some(), "a pipe begins");
        if let Some(frame) = unsent {
            let to = Far {
                link: Arc::clone(to),
                key: far,
            };
            self.spawn(to.hear(frame));
        }
        Ok(())
    }

    /// How many ends of pipes that go through here the connection has.
    pub(crate) fn relayed(&self) -> usize {
        self.conversations(|conversations| conversations.relayed())
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::Pin,
        task::{Context, Poll, Waker},
    };

    use super::*;
    use crate::{
        link::testing::{extended, fill, receive, sent, write_all},
        proto::Role,
    };

    fn link() -> Arc<Link> {
        extended(Role::Server)
    }

    /// A pipe to a client whose outbox is full, and what waits for room there.
    fn opened(from: &Arc<Link>, to: &Arc<Link>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        fill(to);
        let full = sent(to);
        // Asked for with a value of 7 and some credit.
        let (_, _, received) = receive(from, b"\x01\x09\0\0\x01\0\0\0\0\x01\0\0\x37");
        let Received::Opened(key) = received else {
            panic!("{received:?}");
        };
        let introduction = Encoded {
            code: 1,
            payload: b"7".to_vec(),
        };
        assert_eq!(from.lead(key, to, Ok(Answer::reply(introduction))), None);
        assert_eq!(sent(to), full);
        let mut spawned = from.take_asked().expect("something waits").spawned;
        let mut waits = spawned.pop().expect("something waits");
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(waits.as_mut().poll(cx).is_pending());
        waits
    }

    #[test]
    fn pipe_waits_for_room_at_the_end_that_it_leads_to() {
        let (from, to) = (link(), link());
        let mut waits = opened(&from, &to);
        let full = sent(&to);
        write_all(&to);
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(matches!(waits.as_mut().poll(cx), Poll::Ready(())));
        assert!(sent(&to) > full);
    }

    #[test]
    fn pipe_that_is_given_up_before_there_is_room_is_not_heard_of() {
        let (from, to) = (link(), link());
        let mut waits = opened(&from, &to);
        let full = sent(&to);
        // Hangs up with 1000.
        let (part, message, received) = receive(&from, b"\x08\x0d\0\0\x01\0\0\0\xe8\x03");
        from.relay(received, part, &message).expect("it may");
        write_all(&to);
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(matches!(waits.as_mut().poll(cx), Poll::Ready(())));
        assert_eq!(sent(&to), full);
        assert_eq!((from.relayed(), to.relayed()), (0, 0));
    }
}
