//! How replies and items are read.

use std::fmt;

use serde::de::DeserializeOwned;

use super::{Message, Take};
use crate::error::{CallError, Error, Failure};

/// How what a route returns is read.
pub struct Reads<T> {
    pub(crate) take: Take<T>,
    pub(crate) failed: Option<fn(&Failure) -> Option<T>>,
}

impl<T> Clone for Reads<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Reads<T> {}

impl<T> fmt::Debug for Reads<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reads")
    }
}

impl<T: DeserializeOwned + 'static> Reads<T> {
    /// As a value.
    pub(crate) const VALUE: Self = Self {
        take: Message::take,
        failed: None,
    };
}

impl<T> Reads<T> {
    /// What an error says as a `T`, where it is the one that the route declares.
    pub(crate) fn declared_in(&self, error: Error) -> Result<T, Error> {
        let declared = match &error {
            Error::Call {
                source: CallError::Refused { failure },
                ..
            } if failure.is_declared() => self.failed.and_then(|failed| failed(failure)),
            _ => None,
        };
        declared.ok_or(error)
    }
}
