//! What can go wrong, by stage.

mod connect;
mod failure;
mod mismatch;
mod pipe;

use std::{borrow::Cow, error::Error as StdError, fmt, io, net::SocketAddr, time::Duration};

pub use connect::ConnectError;
pub use failure::Failure;
pub use mismatch::{Mismatch, Owner, RoutePart};
pub use pipe::PipeError;

use crate::{
    limits::LimitError,
    payload::{DecodeError, EncodeError},
    shown::Shown,
    wire::{Close, CloseCode, ConnectionId},
};

/// The result of highway's functions.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// What can go wrong at run time.
///
/// The text of an error ([`Display`](fmt::Display)) is whole: it says what the errors inside of it say.
/// [`source`](StdError::source) returns what stands behind those, so that a report which follows the sources says nothing
/// twice. What a peer chose (names, reasons, refusals) is escaped and clipped in the text; the fields have it as it came.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The peer has no such route. Nothing was sent, and the connection stays.
    NoSuchRoute {
        /// The name that was sent to.
        route: String,
        /// The peer's routes with the nearest names, the nearest first.
        nearest: Vec<String>,
    },
    /// The two sides declare the route with types that can't be read as each other; see [`contract`](crate::contract). Nothing was
    /// sent, and the connection stays.
    Contract(Box<Mismatch>),
    /// The data can't be sent in the peer's dialect. Nothing was sent, and the connection stays.
    Encode {
        /// The route that was sent to.
        route: String,
        /// What can't be sent.
        source: EncodeError,
    },
    /// The peer has not sent its routes yet: send in `on(ready)` or later.
    NotReady {
        /// The route that was sent to.
        route: String,
    },
    /// The peer does not speak the extension, and so knows no calls and streams. Nothing was sent.
    NoCalls {
        /// The route that was called.
        route: String,
    },
    /// As many calls and streams are open as [`Limits::calls`](crate::Limits::calls) allows. Nothing was sent.
    TooManyCalls {
        /// The route that was called.
        route: String,
        /// The most that may be open.
        limit: usize,
    },
    /// The route returned an error.
    Refused {
        /// The route.
        route: String,
        /// What it said.
        failure: Failure,
    },
    /// What was sent does not fit what the route takes.
    DataNotConverted {
        /// The route.
        route: String,
        /// What was expected, and what was received.
        message: String,
    },
    /// The reply, or an item of the stream, does not fit the type expected here.
    ReplyNotConverted {
        /// The route.
        route: String,
        /// What was expected, and what was received.
        source: DecodeError,
    },
    /// One side uses a stream where the other uses a single value, as the data or as the reply.
    WrongShape {
        /// The route.
        route: String,
        /// Which of these.
        message: String,
    },
    /// The route panicked, or its reply can't be encoded.
    RouteBroken {
        /// The route.
        route: String,
        /// What happened, as far as the peer reports it.
        message: String,
    },
    /// The peer has as many streams open as its limit allows.
    Busy {
        /// The route.
        route: String,
    },
    /// No reply came in time; the call was cancelled at the peer.
    TimedOut {
        /// The route.
        route: String,
        /// The time that it had.
        after: Duration,
    },
    /// The peer dropped what it ran for this.
    Cancelled {
        /// The route.
        route: String,
    },
    /// No pipe to another client came to be.
    Pipe {
        /// The connection that it was to lead to.
        to: ConnectionId,
        /// Why.
        source: PipeError,
    },
    /// The outbox has no room, and [`try_send`](crate::Connection::try_send) does not wait. Nothing was sent.
    OutboxFull {
        /// The route that was sent to.
        route: String,
        /// The length of what has no room, with its frame.
        bytes: usize,
    },
    /// The connection is closed or about to be; nothing was sent. From [`flush`](crate::Connection::flush): some of what
    /// was sent before may not have been written.
    Closed(Close),
    /// The connection is down, and the client makes it again; nothing was sent. A `send` waits for it instead with
    /// [`Reconnect::keep`](crate::client::Reconnect::keep), which calls, [`try_send`](crate::Connection::try_send) and `flush` do
    /// not. From [`flush`](crate::Connection::flush): as with `Closed`.
    Disconnected(Close),
    /// The connection is down, and as many messages as [`Reconnect::keep`](crate::client::Reconnect::keep) allows wait for the next
    /// one; nothing was sent.
    TooManyKept {
        /// The route that was sent to.
        route: String,
        /// The most messages that may wait.
        limit: usize,
    },
    /// A message was kept as long as it may be, and there was no connection that took it; nothing was sent.
    Expired {
        /// The route that was sent to.
        route: String,
    },
    /// The server has no connection with this id: it has ended, or there never was one.
    NoSuchConnection(ConnectionId),
    /// The connection is in as many rooms as [`ServerLimits::rooms`](crate::ServerLimits::rooms) and
    /// [`ServerLimits::rooms_bytes`](crate::ServerLimits::rooms_bytes) let it; it did not join one more.
    TooManyRooms {
        /// The most rooms of a connection.
        rooms: usize,
        /// The most bytes of their names.
        bytes: usize,
    },
    /// A [name for a connection](crate::Connection::set_name) is too long; the connection keeps the one that it had.
    NameTooLong {
        /// The most bytes of a name.
        bytes: usize,
    },
    /// What needs a tokio runtime, for its timers, sockets or tasks, was awaited or started outside of one. Nothing else was
    /// done.
    NoRuntime,
    /// A limit of the builder is so low that no connection could come to be, or stay. Nothing was bound or connected to.
    Limit(LimitError),
    /// A connection can't be closed with this code, as no close frame may have it; nothing was closed. See
    /// [`CloseCode::is_sendable`].
    CloseCode(CloseCode),
    /// A server could not listen.
    Bind {
        /// The address as it was given.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// A client could not connect.
    Connect {
        /// The URL as it was given, without a password.
        url: String,
        /// At which stage, and why.
        source: ConnectError,
    },
    /// A certificate or key can't be used.
    Tls(Box<dyn StdError + Send + Sync>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown::error(Text(self)).fmt(f)
    }
}

/// The text of an error, with what peers said as they said it.
struct Text<'a, T>(&'a T);

impl fmt::Display for Text<'_, Error> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Error::NoSuchRoute { route, nearest } => {
                write!(f, "the peer has no route `{}`", Shown::new(route))?;
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
            Error::Contract(mismatch) => mismatch.fmt(f),
            Error::Encode { route, source } => {
                write!(f, "route `{route}` can't be sent this: {source}")
            }
            Error::NotReady { route } => write!(
                f,
                "the peer has not sent its routes yet, so `{route}` can't be sent to; send in `on(ready)` or later"
            ),
            Error::NoCalls { route } => write!(
                f,
                "route `{route}` can't be called: the peer knows messages only, not the extension"
            ),
            Error::TooManyCalls { route, limit } => write!(
                f,
                "route `{route}` can't be called while {limit} calls and streams are open; await some, or raise the limit"
            ),
            Error::Refused { route, failure } => write!(f, "route `{route}` refused: {failure}"),
            Error::DataNotConverted { route, message } => {
                write!(f, "route `{route}` does not take this: {}", Shown::new(message))
            }
            Error::ReplyNotConverted { route, source } => {
                write!(f, "route `{route}` returned data of another type: {source}")
            }
            Error::WrongShape { route, message } => write!(f, "route `{route}` {}", Shown::new(message)),
            Error::RouteBroken { route, message } => write!(f, "route `{route}` broke: {}", Shown::new(message)),
            Error::Busy { route } => write!(
                f,
                "route `{route}` can't be asked for a stream: the peer takes no more of them at a time"
            ),
            Error::TimedOut { route, after } => {
                write!(f, "route `{route}` did not reply within {after:?}")
            }
            Error::Cancelled { route } => write!(f, "the peer dropped what it ran for `{route}`"),
            Error::Pipe { to, source } => write!(f, "no pipe to connection {to}: {source}"),
            Error::OutboxFull { route, bytes } => write!(
                f,
                "the outbox has no room for {bytes} bytes to `{route}`; the peer does not keep up"
            ),
            Error::Closed(close) => write!(f, "the connection is closed ({close})"),
            Error::Disconnected(close) => write!(
                f,
                "the connection is down ({close}) and is being made again: try again when it is back"
            ),
            Error::TooManyKept { route, limit } => write!(
                f,
                "the message to `{route}` is not kept for the next connection, as {limit} wait for it; wait until they are sent, or keep more"
            ),
            Error::Expired { route } => write!(
                f,
                "no connection came back in time for the message to `{route}`"
            ),
            Error::NoSuchConnection(id) => write!(f, "the server has no connection {id}"),
            Error::TooManyRooms { rooms, bytes } => write!(
                f,
                "a connection may be in {rooms} rooms with names of {bytes} bytes at most; raise the limits or leave rooms"
            ),
            Error::NameTooLong { bytes } => {
                write!(f, "a connection's name may have {bytes} bytes at most")
            }
            Error::CloseCode(code) => write!(
                f,
                "the close code {code} is never sent; codes of one's own are 4000 to 4999"
            ),
            Error::NoRuntime => f.write_str(
                "there is no tokio runtime here; await this in a function under `#[tokio::main]` or `#[tokio::test]`, in a task, \
                 or in `Runtime::block_on`",
            ),
            Error::Limit(error) => error.fmt(f),
            Error::Bind { address, source } => {
                write!(f, "can't listen on {address}: {source}")?;
                // The system's own word for an address without a port; what is wrong with a builder brings its own.
                if source.kind() == io::ErrorKind::InvalidInput && source.get_ref().is_none() {
                    f.write_str(" (it takes a host and a port, as in 127.0.0.1:1337)")?;
                }
                Ok(())
            }
            Error::Connect { url, source } => write!(f, "can't connect to {url}: {source}"),
            Error::Tls(source) => write!(f, "can't set up TLS: {}", Shown::new(source)),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Encode { source, .. } => source.source(),
            Self::ReplyNotConverted { source, .. } => source.source(),
            Self::Bind { source, .. } => source.source(),
            Self::Connect { source, .. } => source.source(),
            Self::Tls(source) => source.source(),
            _ => None,
        }
    }
}

impl Error {
    /// The route that was sent to, called or asked for a stream, where the error is about one.
    pub fn route(&self) -> Option<&str> {
        match self {
            Self::NoSuchRoute { route, .. }
            | Self::Encode { route, .. }
            | Self::NotReady { route }
            | Self::NoCalls { route }
            | Self::TooManyCalls { route, .. }
            | Self::Refused { route, .. }
            | Self::DataNotConverted { route, .. }
            | Self::ReplyNotConverted { route, .. }
            | Self::WrongShape { route, .. }
            | Self::RouteBroken { route, .. }
            | Self::Busy { route }
            | Self::TimedOut { route, .. }
            | Self::Cancelled { route }
            | Self::OutboxFull { route, .. }
            | Self::TooManyKept { route, .. }
            | Self::Expired { route } => Some(route),
            Self::Contract(mismatch) => Some(mismatch.route()),
            Self::Pipe { .. }
            | Self::Closed(_)
            | Self::Disconnected(_)
            | Self::NoSuchConnection(_)
            | Self::TooManyRooms { .. }
            | Self::NameTooLong { .. }
            | Self::NoRuntime
            | Self::Limit(_)
            | Self::CloseCode(_)
            | Self::Bind { .. }
            | Self::Connect { .. }
            | Self::Tls(_) => None,
        }
    }

    /// The failure that the peer, or a hook of this side, gave as the reason.
    ///
    /// ```
    /// use highway::Error;
    ///
    /// fn is_full(error: &Error) -> bool {
    ///     error.failure().is_some_and(|failure| failure.code() == Some("full"))
    /// }
    /// ```
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Refused { failure, .. }
            | Self::Pipe {
                source: PipeError::Refused { failure } | PipeError::Ready { failure },
                ..
            }
            | Self::Connect {
                source: ConnectError::Prepare { failure } | ConnectError::Ready { failure },
                ..
            } => Some(failure),
            _ => None,
        }
    }

    /// The word by which a program can tell the [failure](Self::failure) from others.
    pub fn code(&self) -> Option<&str> {
        self.failure().and_then(Failure::code)
    }

    /// How the connection ended, where that is the error.
    pub fn close(&self) -> Option<&Close> {
        match self {
            Self::Closed(close)
            | Self::Disconnected(close)
            | Self::Connect {
                source: ConnectError::Closed(close),
                ..
            } => Some(close),
            _ => None,
        }
    }

    /// Whether the connection is over, or down until a client has made it again.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_) | Self::Disconnected(_))
    }

    /// Whether it took longer than it may: a call, a message that waited, a pipe, an attempt to connect.
    pub fn is_timeout(&self) -> bool {
        matches!(
            self,
            Self::TimedOut { .. }
                | Self::Expired { .. }
                | Self::Pipe {
                    source: PipeError::TimedOut { .. },
                    ..
                }
                | Self::Connect {
                    source: ConnectError::Timeout,
                    ..
                }
        ) || matches!(
            self,
            Self::Connect { source: ConnectError::Io(error), .. } if error.kind() == io::ErrorKind::TimedOut
        )
    }

    pub(crate) fn bind(address: impl fmt::Display, source: io::Error) -> Self {
        Self::Bind {
            address: address.to_string(),
            source,
        }
    }

    pub(crate) fn connect(url: impl Into<String>, source: ConnectError) -> Self {
        Self::Connect {
            url: url.into(),
            source,
        }
    }
}

impl From<LimitError> for Error {
    fn from(error: LimitError) -> Self {
        Self::Limit(error)
    }
}

impl Close {
    /// A close that a program asks for.
    ///
    /// # Errors
    /// [`Error::CloseCode`] for a code that may not be sent.
    pub(crate) fn to_send(
        code: impl Into<CloseCode>,
        reason: impl Into<Cow<'static, str>>,
    ) -> Result<Self> {
        let code = code.into();
        if !code.is_sendable() {
            return Err(Error::CloseCode(code));
        }
        let reason = reason.into();
        let whole = reason.len();
        let close = Self::new(code, reason);
        if close.reason().len() < whole {
            tracing::warn!(
                bytes = whole,
                sent = %Shown::new(close.reason()),
                "a close reason was cut: a close frame has room for {} bytes",
                Self::MAX_REASON
            );
        }
        Ok(close)
    }
}

/// An address of a peer, for logs: `None` where the connection has none.
pub(crate) fn shown(address: Option<SocketAddr>) -> String {
    address.map_or_else(|| "in memory".to_owned(), |address| address.to_string())
}

#[cfg(test)]
mod tests;
