//! What carries a connection's messages over bytes: the WebSocket protocol, without input, output, or a clock.

pub(crate) mod websocket;

use std::io;

use bytes::Bytes;

use crate::wire::Close;

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
