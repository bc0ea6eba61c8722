//! The WebSocket of a peer: highway's frames over a stream in memory.

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

use crate::{
    proto::Role,
    test::ByteStream,
    transport::{
        Error,
        websocket::{self, Event, MAX_HEAD, Reader, Step},
    },
    wire::{Close, CloseCode},
};

/// The longest message that a peer takes; a longer one ends its connection. It is far above the default of `message_bytes`, so that a
/// peer takes what a server or client with the usual limits refuses.
const MESSAGE_BYTES: usize = 64 << 20;

/// A WebSocket that is read and written in turn.
pub(in crate::test) struct Socket {
    pub(in crate::test) stream: ByteStream,
    pub(in crate::test) frames: Frames,
    pub(in crate::test) role: Role,
}

/// What arrives, in frames.
pub(in crate::test) struct Frames {
    reader: Reader,
    input: BytesMut,
}

impl Socket {
    /// A WebSocket after its upgrade; `rest` is what was read behind the HTTP head.
    pub(in crate::test) fn new(stream: ByteStream, rest: Vec<u8>, role: Role) -> Self {
        let frames = Frames {
            reader: Reader::new(role.is_server(), MESSAGE_BYTES),
            input: BytesMut::from(Bytes::from(rest)),
        };
        Self {
            stream,
            frames,
            role,
        }
    }

    /// Reads the next event.
    ///
    /// # Errors
    /// When the connection is lost, or the other side breaks the protocol.
    pub(in crate::test) async fn next(&mut self) -> Result<Event, Error> {
        self.frames.next(&mut self.stream).await
    }

    /// Writes a message.
    ///
    /// # Errors
    /// When the connection is lost.
    pub(in crate::test) async fn send(&mut self, message: Vec<u8>) -> io::Result<()> {
        let frame = sealed(&message, self.role);
        self.stream.write_all(&frame).await
    }

    /// Answers a ping.
    ///
    /// # Errors
    /// When the connection is lost.
    pub(in crate::test) async fn pong(&mut self, payload: &[u8]) -> io::Result<()> {
        let frame = pong(payload, self.role);
        self.stream.write_all(&frame).await
    }
}

impl Frames {
    /// Reads the next event. Dropped before it is done, it loses nothing.
    ///
    /// # Errors
    /// When the connection is lost, or the other side breaks the protocol.
    pub(in crate::test) async fn next(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
    ) -> Result<Event, Error> {
        loop {
            match self.reader.step(&mut self.input)? {
                Step::Event(event) => return Ok(event),
                // Nothing counts behind a close frame but the end.
                Step::Over => self.input.clear(),
                Step::Missing(_) => {}
            }
            if stream.read_buf(&mut self.input).await? == 0 {
                return Err(Error::Lost);
            }
        }
    }
}

fn mask(role: Role) -> Option<[u8; 4]> {
    role.masks().then(rand::random)
}

/// A message in a frame.
pub(in crate::test) fn sealed(message: &[u8], role: Role) -> Vec<u8> {
    let mut frame = vec![0; MAX_HEAD];
    frame.extend_from_slice(message);
    let start = websocket::seal(&mut frame, mask(role));
    frame.drain(..start);
    frame
}

/// The answer to a ping.
pub(in crate::test) fn pong(payload: &[u8], role: Role) -> Vec<u8> {
    websocket::pong(payload, mask(role))
}

/// A close frame.
pub(in crate::test) fn close(close: &Close, role: Role) -> Vec<u8> {
    websocket::close(close, mask(role))
}

/// How a connection ended that was not closed.
pub(in crate::test) fn lost() -> Close {
    Close::new(CloseCode::ABNORMAL, "the connection was lost")
}

/// How a connection ended on which nothing more can be read.
pub(in crate::test) fn broken(error: &Error) -> Close {
    match error {
        Error::Lost | Error::Io(_) => lost(),
        error => Close::new(CloseCode::ABNORMAL, error.to_string()),
    }
}
