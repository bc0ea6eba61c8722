//! Why a message, or what begins a call or a stream, was not sent.

use std::{error::Error as StdError, fmt, time::Duration};

use super::{Mismatch, Text};
use crate::{payload::EncodeError, shown::Shown};

/// Why a message, or what begins a call or a stream, was not sent. The connection stays. Its text and its source are as those of
/// [`Error`](crate::Error).
#[derive(Debug)]
#[non_exhaustive]
pub enum SendError {
    /// The peer has no such route.
    NoSuchRoute {
        /// The peer's routes with the nearest names, the nearest first.
        nearest: Vec<String>,
    },
    /// The two sides declare the route with types that can't be read as each other; see [`contract`](crate::contract).
    Contract(Box<Mismatch>),
    /// The data can't be sent in the peer's dialect.
    Encode(EncodeError),
    /// The peer has not sent its routes yet: send in `on(ready)` or later.
    NotReady,
    /// The outbox has no room, and [`try_send`](crate::Connection::try_send) does not wait.
    OutboxFull {
        /// The length of what has no room, with its frame.
        bytes: usize,
    },
    /// It waited for room in the outbox, or for a connection, as long as its `timeout(…)` allows; a call has to get its reply in the
    /// same time.
    TimedOut {
        /// The time that it had.
        after: Duration,
    },
    /// The connection is down, and as many messages as [`Reconnect::keep`](crate::client::Reconnect::keep) allows wait for the next
    /// one.
    TooManyKept {
        /// The most messages that may wait.
        limit: usize,
    },
    /// The message was kept as long as [`Reconnect::keep`](crate::client::Reconnect::keep) allows, and there was no connection that
    /// took it.
    Expired,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown::error(Text(self)).fmt(f)
    }
}

impl fmt::Display for Text<'_, SendError> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            SendError::NoSuchRoute { nearest } => {
                f.write_str("the peer has no such route")?;
                match nearest.as_slice() {
                    [] => Ok(()),
                    [only] => write!(f, "; did you mean `{}`?", Shown::new(only)),
                    [first, others @ ..] => {
                        write!(f, "; did you mean one of `{}`", Shown::new(first))?;
                        for other in others {
                            write!(f, ", `{}`", Shown::new(other))?;
                        }
                        f.write_str("?")
                    }
                }
            }
            SendError::Contract(mismatch) => mismatch.difference().fmt(f),
            SendError::Encode(source) => source.fmt(f),
            SendError::NotReady => {
                f.write_str("the peer has not sent its routes yet; send in `on(ready)` or later")
            }
            SendError::OutboxFull { bytes } => write!(
                f,
                "the outbox has no room for {bytes} bytes; the peer does not keep up"
            ),
            SendError::TimedOut { after } => write!(
                f,
                "it waited {after:?} for room in the outbox or for a connection"
            ),
            SendError::TooManyKept { limit } => write!(
                f,
                "{limit} messages wait for the next connection; wait until they are sent, or keep more"
            ),
            SendError::Expired => f.write_str("no connection came back in time"),
        }
    }
}

impl StdError for SendError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Encode(source) => source.source(),
            _ => None,
        }
    }
}
