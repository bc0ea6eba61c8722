//! What a route came to, as functions around it see it.

use std::{
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
};

use crate::route::{Answer, Failure, RouteError};

/// What a route came to, in a function [around](macro@crate::around) routes: from [`Next::run`](super::Next::run), or made of a
/// [`Failure`] to refuse the message.
///
/// Displayed it is `done`, or what went wrong.
///
/// ```
/// use highway::{Failure, Outcome};
///
/// let refused: Outcome = Failure::new("log in first").with_code("auth").into();
/// assert!(!refused.is_ok());
/// assert_eq!(refused.failure().and_then(Failure::code), Some("auth"));
/// assert_eq!(refused.to_string(), "failed: log in first (auth)");
/// ```
pub struct Outcome {
    // The lock is for nothing but to make it `Sync`: the items of a stream are not.
    result: Result<Mutex<Answer>, RouteError>,
    /// An error that is no failure of the route, as one.
    other: OnceLock<Failure>,
}

impl Outcome {
    pub(super) fn new(result: Result<Answer, RouteError>) -> Self {
        Self {
            result: result.map(Mutex::new),
            other: OnceLock::new(),
        }
    }

    pub(super) fn into_result(self) -> Result<Answer, RouteError> {
        self.result
            .map(|answer| answer.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the route came to its end: without an error, a panic, or data that it can't read. Of a route that gives a stream, whether
    /// it began.
    pub fn is_ok(&self) -> bool {
        self.result.is_ok()
    }

    /// What went wrong: the error of the route or of a function around it, the message of a panic, or that the data could not be read
    /// or the reply not be sent. `None` when the route came to its end.
    pub fn failure(&self) -> Option<&Failure> {
        match self.result.as_ref().err()? {
            RouteError::Failed(failure) | RouteError::Panicked(failure) => Some(failure),
            RouteError::Decode(error) => Some(self.other(error)),
            RouteError::Reply(error) => Some(self.other(error)),
        }
    }

    fn other(&self, error: &dyn fmt::Display) -> &Failure {
        self.other.get_or_init(|| Failure::new(error.to_string()))
    }

    /// Whether the route, or a function around it, panicked: then the handler's fields are as the panic left them.
    pub fn is_panic(&self) -> bool {
        matches!(self.result, Err(RouteError::Panicked(_)))
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self::new(Err(RouteError::Failed(failure)))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Ok(_) => f.write_str("done"),
            Err(RouteError::Failed(failure)) => write!(f, "failed: {failure}"),
            Err(RouteError::Panicked(panic)) => write!(f, "panicked: {panic}"),
            Err(RouteError::Decode(error)) => write!(f, "data not converted: {error}"),
            Err(RouteError::Reply(error)) => write!(f, "reply not sendable: {error}"),
        }
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outcome({self})")
    }
}
