//! How generated code takes what a route gives back: nothing, a reply, or a `Result` of either.
//!
//! Several of the traits fit a `Result`, which can be serialised itself. The generated code calls
//! `(&mut &mut &mut Reply::new(value)).finish()`, and the number of references decides (autoref specialisation): it
//! looks at the type itself, so that aliases of `Result` work like it.

#![expect(clippy::mut_mut, reason = "that is how many it takes")]

use std::error::Error as StdError;

use serde::Serialize;

use super::{Failure, Refusal};

/// What a route gave back, until it is taken out.
#[derive(Debug)]
pub struct Reply<T>(Option<T>);

impl<T> Reply<T> {
    /// Generated code's way in.
    #[inline]
    pub const fn new(value: T) -> Self {
        Self(Some(value))
    }
}

impl<T, E> Reply<Result<T, E>> {
    /// The error, if it is one: without a move of what is none.
    #[inline]
    fn error(&mut self) -> Option<E> {
        match self.0 {
            Some(Err(_)) => self.0.take()?.err(),
            _ => None,
        }
    }
}

/// A `Result` whose error is or becomes a [`Failure`].
pub trait ReplyOrFailure {
    /// What comes of the route.
    fn finish(self) -> Result<(), Failure>;
}

impl<T: Serialize, E: Into<Failure>> ReplyOrFailure for &mut &mut &mut Reply<Result<T, E>> {
    #[inline]
    fn finish(self) -> Result<(), Failure> {
        self.error().map_or(Ok(()), |error| Err(error.into()))
    }
}

/// A `Result` whose error can be boxed: texts, boxed errors and the likes of `anyhow::Error`.
pub trait ReplyOrError {
    /// What comes of the route.
    fn finish(self) -> Result<(), Failure>;
}

impl<T: Serialize, E: Into<Box<dyn StdError + Send + Sync>>> ReplyOrError
    for &mut &mut Reply<Result<T, E>>
{
    #[inline]
    fn finish(self) -> Result<(), Failure> {
        let error = self.error();
        error.map_or(Ok(()), |error| Err(Failure::from_boxed(error.into())))
    }
}

/// A reply, or nothing.
pub trait ReplyAlways {
    /// What comes of the route.
    fn finish(self) -> Result<(), Failure>;
}

impl<T: Serialize> ReplyAlways for &mut Reply<T> {
    fn finish(self) -> Result<(), Failure> {
        self.0 = None;
        Ok(())
    }
}

/// Everything else: [`check::reply`](super::check::reply) has refused it, and this keeps it at that one error.
pub trait ReplyRefused {
    /// Never runs.
    fn finish(&self) -> Result<(), Failure>;
}

impl<T> ReplyRefused for Reply<T> {
    fn finish(&self) -> Result<(), Failure> {
        unreachable!("the compiler refuses a route whose reply can't be serialised")
    }
}

/// Takes a reply whose type has no name.
pub fn serialize<T: Serialize>(reply: Reply<T>) -> Result<(), Failure> {
    drop(reply);
    Ok(())
}

/// What an `on(connect)` hook gives back: nothing, or a `Result` whose error becomes a [`Refusal`].
#[diagnostic::on_unimplemented(
    message = "an `on(connect)` hook can't give back `{Self}`",
    label = "expected nothing, or `Result<(), highway::Refusal>`",
    note = "besides `highway::Refusal`, the error can be whatever becomes one, such as `highway::StatusCode`"
)]
pub trait ConnectReply {
    /// Whether the connection is refused.
    fn finish(self) -> Result<(), Refusal>;
}

impl ConnectReply for () {
    fn finish(self) -> Result<(), Refusal> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<Refusal>> ConnectReply for Result<(), E> {
    fn finish(self) -> Result<(), Refusal> {
        self.map_err(Into::into)
    }
}

/// Takes what an `on(connect)` hook gave back.
pub fn connect(reply: impl ConnectReply) -> Result<(), Refusal> {
    reply.finish()
}
