//! The tokio runtime that timers, sockets and tasks need. Without one tokio panics, so what a program may await anywhere looks first.

use tokio::runtime::Handle;

use crate::error::{Error, Result};

/// Looks for a runtime.
///
/// # Errors
/// [`Error::NoRuntime`] outside of one.
pub(crate) fn entered() -> Result {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::NoRuntime),
    }
}
