//! How a server's handler turns a client away before the upgrade.

use http::StatusCode;

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
