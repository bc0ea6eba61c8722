//! How generated code takes what a route gives back: nothing, a reply, or a `Result` of either.
//!
//! Several of these fit a `Result`, which can be serialised itself; the number of references in front of [`Reply`]
//! decides (autoref specialisation), so that aliases of `Result` work like it.

use std::error::Error as StdError;

use serde::Serialize;

use super::{Failure, RouteError};

/// What a route gave back.
#[derive(Debug)]
pub struct Reply<T>(pub Option<T>);

/// A `Result` whose error is or becomes a [`Failure`].
pub trait ReplyOrFailure {
    /// What comes of the route.
    fn finish(self) -> Result<(), RouteError>;
}

impl<T: Serialize, E: Into<Failure>> ReplyOrFailure for &mut &mut Reply<Result<T, E>> {
    fn finish(self) -> Result<(), RouteError> {
        match self.0.take() {
            Some(Err(error)) => Err(RouteError::Failed(error.into())),
            _ => Ok(()),
        }
    }
}

/// A `Result` whose error can be boxed: texts, boxed errors and the likes of `anyhow::Error`.
pub trait ReplyOrError {
    /// What comes of the route.
    fn finish(self) -> Result<(), RouteError>;
}

impl<T: Serialize, E: Into<Box<dyn StdError + Send + Sync>>> ReplyOrError
    for &mut Reply<Result<T, E>>
{
    fn finish(self) -> Result<(), RouteError> {
        match self.0.take() {
            Some(Err(error)) => Err(RouteError::Failed(Failure::from_boxed(error.into()))),
            _ => Ok(()),
        }
    }
}
