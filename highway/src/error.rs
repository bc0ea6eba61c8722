//! Errors.

/// What highway's functions give back.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// Stub.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {}

impl std::fmt::Display for Error {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Error {}
