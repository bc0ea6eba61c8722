//! Why a client could not connect.

use std::{error::Error as StdError, fmt, io, time::Duration};

use http::StatusCode;

use super::{Failure, Mismatch, Text};
use crate::{shown::Shown, wire::Close};

/// The mismatches that a text names.
const SHOWN: usize = 8;

/// Why a client could not connect. Its text and its source are as those of [`Error`](crate::Error).
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is not one that a client can connect to.
    Url(String),
    /// No TCP connection came up.
    Io(io::Error),
    /// The TLS handshake failed.
    Tls(io::Error),
    /// The server answered with another status than 101.
    Refused {
        /// The status.
        status: StatusCode,
        /// The beginning of the answer's body.
        body: String,
        /// When to come back, if an answer 429 or 503 told it in seconds (`Retry-After`):
        /// [`Close::MAX_RETRY_AFTER`] at most.
        retry_after: Option<Duration>,
    },
    /// The server's answer is no upgrade to a WebSocket.
    Upgrade(String),
    /// The routes that the sides declared differ, and the client is [strict](crate::Client::strict).
    Contract(Vec<Mismatch>),
    /// The connection closed before the meta exchange was over, or before the client's `on(ready)` hooks were through.
    Closed(Close),
    /// The function given to [`Client::prepare`](crate::Client::prepare) failed.
    Prepare {
        /// Its failure, or the message of its panic.
        failure: Failure,
    },
    /// One of the client's `on(ready)` hooks failed, such as one that signs in. The connection is closed with 1011.
    Ready {
        /// Its failure, or the message of its panic. An [`Error`](crate::Error) of a call in the hook is its
        /// [`source`](Failure::source).
        failure: Failure,
    },
    /// It took too long: to connect, or to upgrade.
    Timeout,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown::error(Text(self)).fmt(f)
    }
}

impl fmt::Display for Text<'_, ConnectError> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ConnectError::Url(why) => Shown::new(why).fmt(f),
            ConnectError::Io(source) => Shown::new(source).fmt(f),
            ConnectError::Tls(source) => {
                write!(f, "the TLS handshake failed: {}", Shown::new(source))
            }
            ConnectError::Refused { status, body, .. } => {
                write!(f, "the server answered {status}")?;
                if status.is_success() {
                    f.write_str(", and no WebSocket: it may have one at another path")?;
                }
                // A page says little to whoever reads an error.
                if body.is_empty() || body.trim_start().starts_with('<') {
                    return Ok(());
                }
                write!(f, ": {}", Shown::new(body))
            }
            ConnectError::Upgrade(why) => write!(
                f,
                "the server does not upgrade to a WebSocket: {}",
                Shown::new(why)
            ),
            ConnectError::Contract(mismatches) => {
                f.write_str("the routes are declared otherwise")?;
                for mismatch in mismatches.iter().take(SHOWN) {
                    write!(f, "; {mismatch}")?;
                }
                match mismatches.len().saturating_sub(SHOWN) {
                    0 => Ok(()),
                    more => write!(f, "; and {more} more"),
                }
            }
            ConnectError::Closed(close) => {
                write!(f, "the connection closed before it was ready ({close})")
            }
            ConnectError::Prepare { failure } => {
                write!(f, "the attempt can't be prepared: {failure}")
            }
            ConnectError::Ready { failure } => write!(f, "on(ready) failed: {failure}"),
            ConnectError::Timeout => f.write_str("it took too long"),
        }
    }
}

impl StdError for ConnectError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Io(source) | Self::Tls(source) => source.source(),
            _ => None,
        }
    }
}
