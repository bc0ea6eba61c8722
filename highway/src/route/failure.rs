//! How a route says no.

use std::{error::Error as StdError, fmt, sync::Arc};

use http::StatusCode;

use crate::{
    error::Error,
    panics::{Contained, Panic},
    payload::{DecodeError, EncodeError},
    shown::Shown,
    value::Value,
};

/// What a route gives back when it fails. In answer to a call it goes back to the caller, who gets it as
/// [`Error::Refused`](crate::Error::Refused); in answer to a message it is logged, `on(failure)`
/// hooks see it, and [`OnFailure`] says what becomes of the connection.
///
/// `?` turns every error into one, so that it is the error type to choose when a route meets several.
///
/// ```
/// use highway::Failure;
///
/// fn age(text: &str) -> Result<u8, Failure> {
///     let age: u8 = text.parse()?;
///     if age > 130 {
///         return Err(Failure::new("nobody is as old as that").with_code("too-old"));
///     }
///     Ok(age)
/// }
///
/// assert_eq!(age("x").unwrap_err().message(), "invalid digit found in string");
/// assert_eq!(age("200").unwrap_err().code(), Some("too-old"));
/// ```
pub struct Failure(
    // A word, so that results which may hold it are passed on fast.
    Box<Parts>,
);

struct Parts {
    code: Option<String>,
    message: String,
    data: Option<Value>,
    source: Option<Contained<Box<dyn StdError + Send + Sync>>>,
    declared: bool,
    retry: Option<bool>,
}

impl Failure {
    /// A failure with a sentence that tells what is wrong.
    pub fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            code: None,
            message: message.into(),
            data: None,
            source: None,
            declared: false,
            retry: None,
        }))
    }

    /// Adds a word by which a program can tell this failure from others.
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Adds data for the program that gets the failure in answer to its call.
    ///
    /// ```
    /// use highway::{Failure, Value};
    ///
    /// let failure = Failure::new("no room").with_code("full").with_data((10, "lobby"));
    /// assert_eq!(failure.data(), Some(&Value::from((10, "lobby"))));
    /// ```
    pub fn with_data(mut self, data: impl Into<Value>) -> Self {
        self.0.data = Some(data.into());
        self
    }

    /// The same, whose data is the error that its route declares.
    pub(crate) fn declared(mut self) -> Self {
        self.0.declared = true;
        self
    }

    /// Whether the data is the error that the route declares.
    pub(crate) fn is_declared(&self) -> bool {
        self.0.declared
    }

    /// Says whether a client that [reconnects](crate::Client::reconnect) tries again after this failure of its own, in an `on(ready)`
    /// hook or the function given to [`Client::prepare`](crate::Client::prepare), in place of what
    /// [`Reconnect::is_temporary`](crate::client::Reconnect::is_temporary) would say of it. Nothing of it goes over the wire.
    ///
    /// ```
    /// use highway::Failure;
    ///
    /// let failure = Failure::new("the user has signed out").with_retry(false);
    /// assert_eq!(failure.retry(), Some(false));
    /// ```
    pub fn with_retry(mut self, retry: bool) -> Self {
        self.0.retry = Some(retry);
        self
    }

    /// What [`with_retry`](Self::with_retry) said.
    pub fn retry(&self) -> Option<bool> {
        self.0.retry
    }

    /// The data for the program that gets the failure.
    pub fn data(&self) -> Option<&Value> {
        self.0.data.as_ref()
    }

    /// The word by which a program can tell this failure from others.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The sentence that tells what is wrong.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The error that the failure was made from.
    pub fn source(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        let source = self.0.source.as_ref().and_then(Contained::get);
        source.map(|source| &**source)
    }

    /// A failure from a boxed error, its text being the message.
    pub fn from_boxed(error: Box<dyn StdError + Send + Sync>) -> Self {
        Self(Box::new(Parts {
            code: None,
            message: error.to_string(),
            data: None,
            source: Some(Contained::new(error)),
            declared: false,
            retry: None,
        }))
    }

    /// Whether it comes of a connection that is closed, and of nothing else.
    pub(crate) fn is_closed(&self) -> bool {
        let error = self.source().and_then(|error| error.downcast_ref());
        matches!(error, Some(Error::Closed(_)))
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::from_boxed(Box::new(error))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            Some(code) => write!(f, "{} ({})", Shown::new(self.message()), Shown::new(code)),
            None => Shown::new(self.message()).fmt(f),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a route did not come to an end: its data could not be read, or it failed.
#[derive(Debug)]
pub enum RouteError {
    /// The payload does not fit the route's data: the connection closes with 1003.
    Decode(Box<DecodeError>),
    /// The route gave back an error: [`OnFailure`] says what follows.
    Failed(Failure),
    /// The route panicked: [`OnFailure`] says what follows.
    Panicked(Failure),
    /// What the route gave back can't be sent to whoever called it.
    Reply(Box<EncodeError>),
}

impl RouteError {
    /// The same as a failure, for whoever does not tell them apart.
    pub(crate) fn into_failure(self) -> Failure {
        match self {
            Self::Failed(failure) | Self::Panicked(failure) => failure,
            Self::Decode(error) => Failure::from_boxed(error),
            Self::Reply(error) => Failure::from_boxed(error),
        }
    }
}

impl From<Box<DecodeError>> for RouteError {
    fn from(error: Box<DecodeError>) -> Self {
        Self::Decode(error)
    }
}

impl From<EncodeError> for RouteError {
    fn from(error: EncodeError) -> Self {
        Self::Reply(Box::new(error))
    }
}

impl From<Panic> for RouteError {
    fn from(panic: Panic) -> Self {
        Self::Panicked(Failure::new(panic.into_text()))
    }
}

impl From<Failure> for RouteError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What happens when a route fails or panics on a message, for [`Server::on_failure`](crate::Server::on_failure) and
/// [`Client::on_failure`](crate::Client::on_failure).
///
/// In every case the failure is logged as an error and the [`on(failure)`](macro@crate::on) hooks see it. A failure in answer to a call
/// goes to the caller instead, and the connection stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnFailure {
    /// With a peer that speaks the extension the connection stays, with any other it closes with 1011, as highway.py does: the
    /// default.
    #[default]
    ByPeer,
    /// The connection stays.
    Log,
    /// The connection closes with 1011.
    Close,
}

/// A route that failed on a message, in an [`on(failure)`](macro@crate::on) hook.
///
/// ```
/// use highway::FailedRoute;
///
/// #[highway::server]
/// struct Chat {
///     failures: u32,
/// }
///
/// #[highway::on(failure)]
/// async fn failed(failed: &FailedRoute, chat: &mut Chat) -> highway::Result {
///     chat.failures += 1;
///     eprintln!("`{}` failed: {}", failed.route(), failed.failure());
///     if chat.failures > 10 {
///         return chat.close_with(highway::CloseCode(4000), "too many failures").await;
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct FailedRoute {
    route: &'static str,
    failure: Arc<Failure>,
    panicked: bool,
}

impl FailedRoute {
    /// `None` for what is the peer's fault.
    pub(crate) fn new(route: &'static str, error: RouteError) -> Option<Self> {
        let panicked = matches!(error, RouteError::Panicked(_));
        let is_own = !matches!(error, RouteError::Decode(_));
        is_own.then(|| Self {
            route,
            failure: Arc::new(error.into_failure()),
            panicked,
        })
    }

    /// The route's name.
    pub fn route(&self) -> &str {
        self.route
    }

    /// What the route gave back, or what it panicked with.
    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    /// Whether it panicked: then the handler's fields are as the panic left them.
    pub fn is_panic(&self) -> bool {
        self.panicked
    }
}

/// How an `on(connect)` hook refuses a connection: with an HTTP status and a text, before the upgrade.
///
/// ```
/// use highway::{Refusal, StatusCode};
///
/// let refusal = Refusal::new(StatusCode::UNAUTHORIZED, "log in first");
/// assert_eq!(refusal.status(), 401);
/// ```
#[derive(Debug, Clone)]
pub struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    /// A refusal with a status and the text that becomes the body of the HTTP answer.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body of the HTTP answer.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<StatusCode> for Refusal {
    fn from(status: StatusCode) -> Self {
        Self::new(status, status.canonical_reason().unwrap_or_default())
    }
}
