//! What carries a connection's messages: a WebSocket over a byte stream, or a pipe over another connection.
//!
//! Nothing here knows what a message means, or whose it is.

mod any_stream;
pub(crate) mod buffers;
mod envelope;
mod fair;
mod output;
pub(crate) mod pipe;
pub(crate) mod websocket;

use std::{
    io,
    task::{Context, Poll},
};

pub(crate) use any_stream::AnyStream;
use bytes::Bytes;

pub(crate) use envelope::{Envelope, ROOM};
pub(crate) use output::{Chunk, Output};

use crate::wire::Close;

/// What carries a connection's messages.
pub(crate) trait Transport: Send + 'static {
    /// Whether it shows here that the peer is gone: by silence after a ping, or when it takes nothing for a while.
    const OWN_LIVENESS: bool;

    /// Reads one frame or less, so that the task gets to everything else whatever the peer sends. Pending means that no more
    /// input is there.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, Error>>;

    /// Whether something was read that is not used yet.
    fn has_input(&self) -> bool;

    /// Takes a short binary message by copying it in place of what `message` holds, if one is there. Returns whether it did.
    fn take_small(&mut self, message: &mut Vec<u8>) -> bool;

    /// Writes some of the output, in front of which it may put frames of its own. Returns the number of bytes by which the
    /// output [advances](Output::advance), 0 when there is nothing to write.
    fn poll_write(&mut self, cx: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<usize>>;

    /// Passes on what it keeps of what was written.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Puts a close behind everything that waits, or the answer to the peer's. Nothing is sent behind it.
    fn close(&mut self, output: &mut Output, close: &Close);

    /// Asks the peer for a sign of life.
    fn ping(&mut self, output: &mut Output);

    /// Asks it for [`Incoming::Answer`], where that can be had.
    fn probe(&mut self, output: &mut Output);

    /// Whether everything that was written has been passed on.
    fn is_flushed(&self) -> bool;

    /// Whether some of the output, or a close, has not been written.
    fn has_unwritten(&self, output: &Output) -> bool;

    /// Whether anything came since this was last asked, half a message included.
    fn take_heard(&mut self) -> bool;

    /// Tells the peer that nothing more will be written.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Reads and throws away, until the peer ends the connection. Returns the bytes of one read, 0 at the end.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>>;

    /// Ends it at once.
    fn reset(&mut self);
}

/// What arrived.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A binary message.
    Message(Bytes),
    /// A text message (valid UTF-8), which highway has no use for.
    #[cfg_attr(
        not(feature = "__testing"),
        expect(dead_code, reason = "only the raw echo reads it")
    )]
    Text(Bytes),
    /// Part of a message, of which more is to come.
    Fragment,
    /// A ping or a pong.
    Control,
    /// The answer to a [probe](Transport::probe).
    Answer,
    /// The peer's close frame. Nothing is read behind it.
    Close(Close),
    /// The connection is over, and a close frame has come or was not to be expected.
    End,
}

/// Why nothing more can be read.
#[derive(Debug)]
pub(crate) enum Error {
    /// A message is over the limit.
    TooLarge {
        /// Its length in bytes, as far as it is known.
        size: u64,
        /// Whether more of it was to come.
        more: bool,
        /// The most that it may be.
        limit: usize,
    },
    /// A text or a close frame's reason is not UTF-8.
    InvalidUtf8,
    /// The peer broke the protocol.
    Protocol(&'static str),
    /// A client's close frame has no mask. A proxy that goes away may write one to both sides of what it passes on; an answer would reach
    /// the client as this side's close, in place of the proxy's.
    UnmaskedClose,
    /// The stream ended without a close frame.
    Lost,
    /// The stream broke.
    Io(io::Error),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge { size, more, limit } => {
                let more = if *more { " or more" } else { "" };
                write!(
                    f,
                    "a message of {size} bytes{more} is over the limit of {limit}"
                )
            }
            Self::InvalidUtf8 => f.write_str("a text is not UTF-8"),
            Self::Protocol(what) => write!(f, "the peer broke the protocol: {what}"),
            Self::UnmaskedClose => {
                f.write_str("the peer broke the protocol: a close frame without a mask")
            }
            Self::Lost => f.write_str("the stream ended without a close frame"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
