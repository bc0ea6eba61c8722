//! The [`Transport`] over a pipe: messages without an envelope, in pieces, as the other end takes them.

use std::{
    io,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};

use super::{Error, Incoming, Output, Transport};
use crate::wire::{Close, CloseCode, PIECE};

/// One end of a pipe, over which pieces of messages come and go. Dropped, it ends the pipe.
pub(crate) trait Pieces: Send + 'static {
    /// The next piece, and whether it is the last of its message; or with what the pipe was ended, if with anything.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Bytes, bool), Option<Close>>>;

    /// Sends a piece, which may be the last of its message, once the other end takes it. False when it takes nothing more.
    fn poll_send(&mut self, cx: &mut Context<'_>, piece: &[u8], last: bool) -> Poll<bool>;

    /// Waits until the piece that was sent last is on its way.
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<()>;

    /// Whether the piece that was sent last is on its way.
    fn is_sent(&self) -> bool;

    /// Ends the pipe, and tells the other end why.
    fn hang_up(&mut self, close: &Close);

    /// Whether either end has ended it.
    fn is_over(&self) -> bool;
}

/// Messages over one end of a pipe.
pub(crate) struct Pipe<E> {
    end: E,
    message_bytes: usize,
    /// The message of which pieces are missing.
    received: BytesMut,
    /// The other end takes nothing more.
    unwanted: bool,
    /// How the pipe ends once everything is written.
    close: Option<Close>,
}

impl<E: Pieces> Pipe<E> {
    pub(crate) fn new(end: E, message_bytes: usize) -> Self {
        Self {
            end,
            message_bytes,
            received: BytesMut::new(),
            unwanted: false,
            close: None,
        }
    }

    /// Whether nobody takes what is written.
    fn is_unwanted(&self) -> bool {
        self.unwanted || self.end.is_over()
    }
}

impl<E: Pieces> Transport for Pipe<E> {
    // The connection below shows it.
    const OWN_LIVENESS: bool = false;

    fn has_input(&self) -> bool {
        false
    }

    /// What comes on a pipe is not masked, and shares memory as it is.
    fn take_small(&mut self, _: &mut Vec<u8>) -> bool {
        false
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, Error>> {
        loop {
            if self.end.is_over() {
                return Poll::Ready(Ok(Incoming::End));
            }
            let (piece, last) = match ready!(self.end.poll_piece(cx)) {
                Ok(piece) => piece,
                Err(close) => {
                    return Poll::Ready(Ok(close.map_or(Incoming::End, Incoming::Close)));
                }
            };
            let size = self.received.len() + piece.len();
            if size > self.message_bytes {
                self.received = BytesMut::new();
                return Poll::Ready(Err(Error::TooLarge {
                    size: size as u64,
                    more: !last,
                    limit: self.message_bytes,
                }));
            }
            if last && self.received.is_empty() {
                return Poll::Ready(Ok(Incoming::Message(piece)));
            }
            self.received.extend_from_slice(&piece);
            if last {
                let message = std::mem::take(&mut self.received);
                return Poll::Ready(Ok(Incoming::Message(message.freeze())));
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<usize>> {
        ready!(self.end.poll_sent(cx));
        if !self.is_unwanted()
            && let Some(message) = output.message()
        {
            let piece = message.get(..PIECE).unwrap_or(message);
            let last = piece.len() == message.len();
            if ready!(self.end.poll_send(cx, piece, last)) {
                return Poll::Ready(Ok(piece.len()));
            }
            self.unwanted = true;
        }
        if self.is_unwanted() {
            output.clear();
        } else if let Some(close) = self.close.take() {
            self.end.hang_up(&close);
        }
        Poll::Ready(Ok(0))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.end.poll_sent(cx).map(Ok)
    }

    fn close(&mut self, _: &mut Output, close: &Close) {
        self.close.get_or_insert_with(|| close.clone());
    }

    fn ping(&mut self, _: &mut Output) {}

    fn probe(&mut self, _: &mut Output) {}

    fn is_flushed(&self) -> bool {
        self.end.is_sent()
    }

    fn has_unwritten(&self, output: &Output) -> bool {
        !self.is_unwanted() && (!output.is_empty() || self.close.is_some())
    }

    fn take_heard(&mut self) -> bool {
        false
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_discard(&mut self, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(0))
    }

    fn reset(&mut self) {
        if !self.end.is_over() {
            let close = Close::new(CloseCode::ABNORMAL, "the other end did not read in time");
            self.end.hang_up(self.close.as_ref().unwrap_or(&close));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, task::Waker};

    use super::*;
    use crate::transport::Chunk;

    /// Takes as many pieces as it has room for, and hands out what it is given.
    #[derive(Default)]
    struct Scripted {
        incoming: VecDeque<(&'static [u8], bool)>,
        sent: Vec<(Vec<u8>, bool)>,
        room: usize,
        ended: Option<Close>,
    }

    impl Pieces for Scripted {
        fn poll_piece(
            &mut self,
            _: &mut Context<'_>,
        ) -> Poll<Result<(Bytes, bool), Option<Close>>> {
            match self.incoming.pop_front() {
                Some((piece, last)) => Poll::Ready(Ok((Bytes::from_static(piece), last))),
                None => Poll::Pending,
            }
        }

        fn poll_send(&mut self, _: &mut Context<'_>, piece: &[u8], last: bool) -> Poll<bool> {
            if self.room == 0 {
                return Poll::Pending;
            }
            self.room -= 1;
            self.sent.push((piece.to_vec(), last));
            Poll::Ready(true)
        }

        fn poll_sent(&mut self, _: &mut Context<'_>) -> Poll<()> {
            Poll::Ready(())
        }

        fn is_sent(&self) -> bool {
            true
        }

        fn hang_up(&mut self, close: &Close) {
            self.ended = Some(close.clone());
        }

        fn is_over(&self) -> bool {
            self.ended.is_some()
        }
    }

    fn output(messages: &[&[u8]]) -> Output {
        let mut lengths = messages.iter().map(|message| message.len()).collect();
        let mut chunks = VecDeque::from([Chunk::Small(messages.concat(), 0)]);
        let mut output = Output::default();
        output.append(&mut chunks, Some(&mut lengths));
        output
    }

    #[test]
    fn messages_go_in_pieces_and_the_close_behind_them() {
        let cx = &mut Context::from_waker(Waker::noop());
        let mut pipe = Pipe::new(Scripted::default(), 1024);
        let long = vec![7; PIECE + 1];
        let mut output = output(&[b"first", &long, b"last"]);
        pipe.close(&mut output, &Close::NORMAL);
        assert!(pipe.poll_write(cx, &mut output).is_pending());
        pipe.end.room = usize::MAX;
        while let Poll::Ready(Ok(written @ 1..)) = pipe.poll_write(cx, &mut output) {
            assert!(pipe.has_unwritten(&output));
            output.advance(written);
        }
        let sent = [
            (b"first".to_vec(), true),
            (vec![7; PIECE], false),
            (vec![7], true),
            (b"last".to_vec(), true),
        ];
        assert_eq!(pipe.end.sent, sent);
        assert_eq!(pipe.end.ended, Some(Close::NORMAL));
        assert!(!pipe.has_unwritten(&output));
    }

    #[test]
    fn pieces_make_messages_up_to_the_limit() {
        let cx = &mut Context::from_waker(Waker::noop());
        let mut pipe = Pipe::new(Scripted::default(), 4);
        pipe.end.incoming = [
            (&b"a"[..], true),
            (b"b", false),
            (b"c", false),
            (b"d", true),
            (b"too", false),
            (b"long", true),
        ]
        .into();
        let mut messages = Vec::new();
        while let Poll::Ready(Ok(Incoming::Message(message))) = pipe.poll_read(cx) {
            messages.push(message);
        }
        assert_eq!(messages, [&b"a"[..], b"bcd"]);
        assert!(pipe.end.incoming.is_empty(), "the rest was over the limit");
    }
}
