//! What can go wrong, by stage.

mod call;
mod connect;
mod failure;
mod mismatch;
mod pipe;
mod send;
mod target;

use std::{borrow::Cow, error::Error as StdError, fmt, io, net::SocketAddr};

pub use call::CallError;
pub use connect::ConnectError;
pub use failure::Failure;
pub use mismatch::{Mismatch, Owner, RoutePart};
pub use pipe::PipeError;
pub use send::SendError;
pub use target::TargetError;

use crate::{
    limits::LimitError,
    shown::Shown,
    wire::{Close, CloseCode, ConnectionId},
};

/// The result of highway's functions.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

// No variant is named like a type of std's prelude, such as `Send`: in programs that use this crate, the compiler's errors would
// call that by its whole path.
/// What can go wrong at run time, by stage.
///
/// | to match | use |
/// | --- | --- |
/// | what a route or a hook gave as its reason | [`failure`](Self::failure) and [`code`](Self::code) |
/// | that the connection is over or down | [`is_closed`](Self::is_closed) and [`close`](Self::close) |
/// | that it took too long | [`is_timeout`](Self::is_timeout) |
/// | anything else | the variants, and the errors in them |
///
/// ```
/// use highway::{CallError, Error, SendError};
///
/// fn what_to_do(error: &Error) -> &'static str {
///     if error.code() == Some("full") {
///         return "another room";
///     }
///     match error {
///         Error::NotSent { source: SendError::NoSuchRoute { .. }, .. } => "an older server",
///         Error::Call { source: CallError::Busy, .. } => "wait",
///         error if error.is_closed() || error.is_timeout() => "try again",
///         _ => "give up",
///     }
/// }
/// ```
///
/// The text of an error ([`Display`](fmt::Display)) is whole: it says what the errors inside of it say.
/// [`source`](StdError::source) returns what stands behind those, so that a report which follows the sources says nothing
/// twice. What a peer chose (names, reasons, refusals) is escaped and clipped in the text; the fields have it as it came.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A message was not sent, or what begins a call or a stream was not. The connection stays.
    NotSent {
        /// The route that it was for.
        route: String,
        /// Why.
        source: SendError,
    },
    /// A call or a stream ended without its reply or its next item. The connection stays.
    Call {
        /// The route that was called: the peer's, or the one of this side whose data comes as a stream.
        route: String,
        /// Why.
        source: CallError,
    },
    /// No pipe to another client came to be.
    Pipe {
        /// The connection that it was to lead to.
        to: ConnectionId,
        /// Why.
        source: PipeError,
    },
    /// A connection was not found, or did not get a room or a name by which it is reached.
    Target(TargetError),
    /// The connection is closed or about to be. A message was not sent; a call may have been. From
    /// [`flush`](crate::Connection::flush): some of what was sent before may not have been written.
    Closed(Close),
    /// The connection is down, and the client makes it again. A message was not sent; a call may have been. A `send` waits for the
    /// connection instead with [`Reconnect::keep`](crate::client::Reconnect::keep), which calls,
    /// [`try_send`](crate::Connection::try_send) and `flush` do not. From [`flush`](crate::Connection::flush): as with `Closed`.
    Disconnected(Close),
    /// What needs a tokio runtime, for its timers, sockets or tasks, was awaited or started outside of one. Nothing else was
    /// done.
    NoRuntime,
    /// A limit of the builder is so low that no connection could come to be, or stay. Nothing was bound or connected to.
    Limit(LimitError),
    /// An option of the builder is not valid. Nothing was bound.
    InvalidOption {
        /// The builder's method that sets it, such as `origins`.
        name: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A connection can't be closed with this code, as no close frame may have it; nothing was closed. See
    /// [`CloseCode::is_sendable`].
    CloseCode(CloseCode),
    /// A server could not listen.
    Bind {
        /// The address as it was given.
        address: String,
        /// What the system says, or what is wrong with the address.
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
            Error::NotSent { route, source } => {
                write!(f, "can't send to `{}`: {source}", Shown::new(route))
            }
            Error::Call { route, source } => {
                write!(f, "the call of `{}` failed: {source}", Shown::new(route))
            }
            Error::Pipe { to, source } => write!(f, "no pipe to connection {to}: {source}"),
            Error::Target(source) => source.fmt(f),
            Error::Closed(close) => write!(f, "the connection is closed ({close})"),
            Error::Disconnected(close) => write!(
                f,
                "the connection is down ({close}) and is being made again: try again when it is back"
            ),
            Error::CloseCode(code) => write!(
                f,
                "the close code {code} is never sent; codes of one's own are 4000 to 4999"
            ),
            Error::NoRuntime => f.write_str(
                "there is no tokio runtime here; await this in a function under `#[tokio::main]` or `#[tokio::test]`, in a task, \
                 or in `Runtime::block_on`",
            ),
            Error::Limit(error) => error.fmt(f),
            Error::InvalidOption { name, message } => {
                write!(f, "the option `{name}` is not valid: {}", Shown::new(message))
            }
            Error::Bind { address, source } => {
                write!(f, "can't listen on {address}: {source}")?;
                // The system's own word for an address without a port; other addresses bring their own.
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
            Self::NotSent { source, .. } => source.source(),
            Self::Call { source, .. } => source.source(),
            Self::Pipe { source, .. } => source.source(),
            Self::Target(source) => source.source(),
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
            Self::NotSent { route, .. } | Self::Call { route, .. } => Some(route),
            _ => None,
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
            Self::Call {
                source: CallError::Refused { failure },
                ..
            }
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
            Self::NotSent {
                source: SendError::TimedOut { .. } | SendError::Expired,
                ..
            } | Self::Call {
                source: CallError::TimedOut { .. },
                ..
            } | Self::Pipe {
                source: PipeError::TimedOut { .. },
                ..
            } | Self::Connect {
                source: ConnectError::Timeout,
                ..
            }
        ) || matches!(
            self,
            Self::Connect { source: ConnectError::Io(error), .. } if error.kind() == io::ErrorKind::TimedOut
        )
    }

    pub(crate) fn not_sent(route: impl Into<String>, source: SendError) -> Self {
        Self::NotSent {
            route: route.into(),
            source,
        }
    }

    pub(crate) fn call(route: impl Into<String>, source: CallError) -> Self {
        Self::Call {
            route: route.into(),
            source,
        }
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

impl From<TargetError> for Error {
    fn from(error: TargetError) -> Self {
        Self::Target(error)
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
