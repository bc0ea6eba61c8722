//! How a route says no, and what it says.

use std::{error::Error as StdError, fmt};

use super::Error;
use crate::{panics::Contained, shown::Shown, value::Value};

/// The failure of a route. After a call it is sent to the caller, which gets it as
/// [`CallError::Refused`](crate::CallError::Refused); in answer to a message it is logged, `on(failure)`
/// hooks see it, and [`OnFailure`](crate::OnFailure) says what becomes of the connection.
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
    refusal: bool,
    retry: Option<bool>,
}

impl Failure {
    /// A failure with a sentence that says what is wrong.
    pub fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            code: None,
            message: message.into(),
            data: None,
            source: None,
            declared: false,
            refusal: false,
            retry: None,
        }))
    }

    /// Adds a code by which a program can distinguish this failure.
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

    /// The same as what a guard refuses, which a peer may cause as often as it likes and is no fault of the program.
    pub(crate) fn refusing(mut self) -> Self {
        self.0.refusal = true;
        self
    }

    /// Whether a guard has refused.
    pub(crate) fn is_refusal(&self) -> bool {
        self.0.refusal
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

    /// The code by which a program can distinguish this failure.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The sentence that says what is wrong.
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
            refusal: false,
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
