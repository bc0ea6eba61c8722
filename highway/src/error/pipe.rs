//! Why no pipe to another client came to be.

use std::{error::Error as StdError, fmt, time::Duration};

use super::Failure;

/// Why no pipe to another client came to be. Its text and its source are as those of [`Error`](crate::Error).
#[derive(Debug)]
#[non_exhaustive]
pub enum PipeError {
    /// The peer leads no pipes: it is not a server, or does not speak the extension. Nothing was sent.
    Unsupported,
    /// As many calls, streams and pipes are open as [`Limits::calls`](crate::Limits::calls) allows. Nothing was sent.
    TooMany {
        /// The most that may be open.
        limit: usize,
    },
    /// The server refused it, or the other client did.
    Refused {
        /// Why: what the server's `on(pipe)` hook returned, or a failure with one of the codes `pipe` (no connection may be reached so,
        /// or there is no such connection), `busy` (the client has as many pipes open as it takes), `internal` (the hook panicked).
        failure: Failure,
    },
    /// One of this side's `on(ready)` hooks failed. The connection is closed with 1011.
    Ready {
        /// What it returned, or what it panicked with.
        failure: Failure,
    },
    /// It took too long. The server was told that the pipe is not wanted any more.
    TimedOut {
        /// The time that it had.
        after: Duration,
    },
    /// The server gave it up.
    Cancelled,
}

impl fmt::Display for PipeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => {
                f.write_str("the peer is not a server, or does not speak the extension")
            }
            Self::TooMany { limit } => write!(
                f,
                "{limit} calls, streams and pipes are open; end some, or raise the limit"
            ),
            Self::Refused { failure } => failure.fmt(f),
            Self::Ready { failure } => write!(f, "on(ready) failed: {failure}"),
            Self::TimedOut { after } => write!(f, "it did not come to be within {after:?}"),
            Self::Cancelled => f.write_str("the server gave it up"),
        }
    }
}

impl StdError for PipeError {}
