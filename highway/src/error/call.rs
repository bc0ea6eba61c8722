//! Why a call or a stream ended without what it is for.

use std::{error::Error as StdError, fmt, time::Duration};

use super::{Failure, Text};
use crate::{payload::DecodeError, shown::Shown};

/// Why a call or a stream ended without its reply or its next item. The connection stays. Its text and its source are as those of
/// [`Error`](crate::Error).
#[derive(Debug)]
#[non_exhaustive]
pub enum CallError {
    /// The peer does not speak the extension, and supports messages only. Nothing was sent.
    Unsupported,
    /// As many calls, streams and pipes are open as [`Limits::calls`](crate::Limits::calls) allows. Nothing was sent.
    TooMany {
        /// The most that may be open.
        limit: usize,
    },
    /// The route returned an error, or the stream of the other side ended with one. [`Error::failure`](crate::Error::failure) returns
    /// it too.
    Refused {
        /// The error that was returned.
        failure: Failure,
    },
    /// What was sent does not fit what the route takes.
    DataNotConverted {
        /// What was expected, and what was received, in the peer's words.
        message: String,
    },
    /// The reply, or an item of the stream, does not fit the type expected here.
    ReplyNotConverted(Box<DecodeError>),
    /// One side uses a stream where the other uses a single value, as the data or as the reply.
    WrongShape {
        /// Which of these, in the peer's words.
        message: String,
    },
    /// The route panicked, or its reply can't be encoded.
    RouteBroken {
        /// What happened, as far as the peer reports it.
        message: String,
    },
    /// The peer has as many streams open as its limit allows.
    Busy,
    /// No reply came in time. The call was cancelled at the peer.
    TimedOut {
        /// The time that it had.
        after: Duration,
    },
    /// The peer dropped what it ran for this, or gave up the stream that it sent.
    Cancelled,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown::error(Text(self)).fmt(f)
    }
}

impl fmt::Display for Text<'_, CallError> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            CallError::Unsupported => {
                f.write_str("the peer supports messages only, as it does not speak the extension")
            }
            CallError::TooMany { limit } => write!(
                f,
                "{limit} calls, streams and pipes are open; end some, or raise the limit"
            ),
            CallError::Refused { failure } => write!(f, "the peer refused: {failure}"),
            CallError::DataNotConverted { message } => {
                write!(f, "the route does not take this: {}", Shown::new(message))
            }
            CallError::ReplyNotConverted(source) => {
                write!(f, "the peer sent data of another type: {source}")
            }
            CallError::WrongShape { message } => write!(f, "the route {}", Shown::new(message)),
            CallError::RouteBroken { message } => {
                write!(f, "the route broke: {}", Shown::new(message))
            }
            CallError::Busy => f.write_str("the peer takes no more streams at a time"),
            CallError::TimedOut { after } => write!(f, "no reply came within {after:?}"),
            CallError::Cancelled => f.write_str("the peer cancelled it"),
        }
    }
}

impl StdError for CallError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::ReplyNotConverted(source) => source.source(),
            _ => None,
        }
    }
}
