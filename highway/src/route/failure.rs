//! Routes that fail, and what follows.

use std::sync::Arc;

use crate::{
    error::Failure,
    panics::Panic,
    payload::{DecodeError, EncodeError},
};

/// Why a route did not come to an end: its data could not be read, or it failed.
#[derive(Debug)]
pub enum RouteError {
    /// The payload does not fit the route's data: the connection closes with 1003.
    Decode(Box<DecodeError>),
    /// The route returned an error: [`OnFailure`] says what follows.
    Failed(Failure),
    /// The route panicked: [`OnFailure`] says what follows.
    Panicked(Failure),
    /// What the route returned can't be sent to whoever called it.
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
    /// With a peer that speaks the extension the connection stays; with any other it closes with 1011, as highway.py does (the
    /// default).
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
///         return chat.close_with(4000, "too many failures").await;
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

    /// The failure of the route, or the message of its panic.
    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    /// Whether it panicked: then the handler's fields are as the panic left them.
    pub fn is_panic(&self) -> bool {
        self.panicked
    }
}
