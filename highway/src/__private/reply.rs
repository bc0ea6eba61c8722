//! How generated code takes what a route returns: nothing, a reply, or a `Result` of either.
//!
//! Several of the traits fit a `Result`, which can be serialised itself. The generated code calls
//! `(&mut &mut &mut &mut Reply::new(value)).__highway_finish()`, and the number of references decides (autoref specialisation): it
//! looks at the type itself, so that aliases of `Result` work like it.

#![expect(clippy::mut_mut, reason = "that is how many it takes")]

use std::{error::Error as StdError, marker::PhantomData};

use futures_util::{Stream, StreamExt};
use serde::Serialize;

use super::check::RouteOf;
use crate::{
    error::Failure,
    handler::Refusal,
    route::{
        Answer, Asks, DeclaredRoute, Message, RouteError, StreamOf,
        answer::{self, BoxSource, Encoded},
    },
};

/// What a route returned, until it is taken out; `K` is the key of [`check`](super::check) that the route has.
#[derive(Debug)]
pub struct Reply<T, K = ()>(Option<T>, PhantomData<fn() -> K>);

impl<T> Reply<T> {
    /// Generated code's way in.
    #[inline]
    pub const fn new(value: T) -> Self {
        Self(Some(value), PhantomData)
    }

    /// The same as what a route returned.
    #[inline]
    pub fn of<K>(self) -> Reply<T, K> {
        Reply(self.0, PhantomData)
    }
}

impl<T, K> Reply<T, K> {
    /// Encodes the reply where somebody waits for it.
    #[inline]
    fn answer<U: Serialize>(
        &mut self,
        message: &Message,
        reply: impl FnOnce(T) -> Option<U>,
    ) -> Result<Answer, RouteError> {
        if message.asks() != Asks::Reply {
            self.0 = None;
            return Ok(Answer::NOTHING);
        }
        match self.0.take().and_then(reply) {
            Some(reply) => Encoded::new(message.dialect(), &reply).map(Answer::reply),
            None => Ok(Answer::NOTHING),
        }
    }

    /// Passes the items on where somebody waits for them.
    fn items<S>(
        &mut self,
        message: &Message,
        items: impl FnOnce(T) -> Option<S>,
        source: impl FnOnce(S) -> BoxSource,
    ) -> Answer {
        let items = self.0.take().and_then(items);
        match items.filter(|_| message.asks() == Asks::Items) {
            Some(items) => Answer::items(source(items)),
            None => Answer::NOTHING,
        }
    }
}

impl<T: Serialize> Reply<Result<T, Failure>> {
    #[inline]
    fn finish(mut self, message: &Message) -> Result<Answer, RouteError> {
        match self.error() {
            Some(failure) => Err(RouteError::Failed(failure)),
            None => self.answer(message, Result::ok),
        }
    }
}

impl<T, E, K> Reply<Result<T, E>, K> {
    /// The error, if it is one: without a move of what is none.
    #[inline]
    fn error(&mut self) -> Option<E> {
        match self.0 {
            Some(Err(_)) => self.0.take()?.err(),
            _ => None,
        }
    }
}

impl<S, F: Into<Failure>, K> Reply<Result<S, F>, K> {
    /// Passes the items on, if there are such.
    fn items_or_failure(
        &mut self,
        message: &Message,
        source: impl FnOnce(S) -> BoxSource,
    ) -> Result<Answer, RouteError> {
        match self.error() {
            Some(error) => Err(RouteError::Failed(error.into())),
            None => Ok(self.items(message, Result::ok, source)),
        }
    }
}

/// A `Result` that the protocol declares, whose error is part of it.
pub trait ReplyDeclared {
    /// What comes of the route.
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError>;
}

impl<T: Serialize, E, K> ReplyDeclared for &mut &mut &mut &mut Reply<Result<T, E>, K>
where
    K: RouteOf<Route: DeclaredRoute<Reply = Result<T, E>, Outcome = Result<T, E>>>,
{
    #[inline]
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError> {
        match self.0.take() {
            Some(reply) => Reply::new(failed_or::<K, _, _>(reply)).finish(message),
            None => Ok(Answer::NOTHING),
        }
    }
}

/// A `Result` of one that the protocol declares.
pub trait ReplyDeclaredOrFailure {
    /// What comes of the route.
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError>;
}

impl<T: Serialize, E, F: Into<Failure>, K> ReplyDeclaredOrFailure
    for &mut &mut &mut &mut Reply<Result<Result<T, E>, F>, K>
where
    K: RouteOf<Route: DeclaredRoute<Reply = Result<T, E>, Outcome = Result<T, E>>>,
{
    #[inline]
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError> {
        let reply = match self.0.take() {
            Some(Ok(reply)) => failed_or::<K, _, _>(reply),
            Some(Err(error)) => Err(error.into()),
            None => return Ok(Answer::NOTHING),
        };
        Reply::new(reply).finish(message)
    }
}

/// The same with an error that can be boxed.
pub trait ReplyDeclaredOrError {
    /// What comes of the route.
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError>;
}

impl<T: Serialize, E, F: Into<Box<dyn StdError + Send + Sync>>, K> ReplyDeclaredOrError
    for &mut &mut &mut Reply<Result<Result<T, E>, F>, K>
where
    K: RouteOf<Route: DeclaredRoute<Reply = Result<T, E>, Outcome = Result<T, E>>>,
{
    #[inline]
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError> {
        let reply = match self.0.take() {
            Some(Ok(reply)) => failed_or::<K, _, _>(reply),
            Some(Err(error)) => Err(Failure::from_boxed(error.into())),
            None => return Ok(Answer::NOTHING),
        };
        Reply::new(reply).finish(message)
    }
}

/// A stream of `Result`s that the protocol declares.
pub trait ReplyDeclaredItems {
    /// What comes of the route.
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError>;
}

impl<S, T, E, K> ReplyDeclaredItems for &mut &mut &mut &mut Reply<S, K>
where
    S: Stream<Item = Result<T, E>> + Send + 'static,
    T: Serialize + 'static,
    E: 'static,
    K: RouteOf<Route: DeclaredRoute<Reply = StreamOf<Result<T, E>>, Outcome = Result<T, E>>>
        + 'static,
{
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError> {
        Ok(self.items(message, Some, |items| {
            answer::results(items.map(failed_or::<K, _, _>))
        }))
    }
}

/// A `Result` of such a stream.
pub trait ReplyDeclaredItemsOrFailure {
    /// What comes of the route.
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError>;
}

impl<S, T, E, F, K> ReplyDeclaredItemsOrFailure for &mut &mut &mut &mut Reply<Result<S, F>, K>
where
    S: Stream<Item = Result<T, E>> + Send + 'static,
    T: Serialize + 'static,
    E: 'static,
    F: Into<Failure>,
    K: RouteOf<Route: DeclaredRoute<Reply = StreamOf<Result<T, E>>, Outcome = Result<T, E>>>
        + 'static,
{
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError> {
        self.items_or_failure(message, |items| {
            answer::results(items.map(failed_or::<K, _, _>))
        })
    }
}

/// The value, or the declared error as others get it.
fn failed_or<K, T, E>(outcome: Result<T, E>) -> Result<T, Failure>
where
    K: RouteOf<Route: DeclaredRoute<Outcome = Result<T, E>>>,
{
    match outcome {
        Ok(value) => Ok(value),
        // A protocol whose error can't be sent is refused by the compiler.
        outcome => Err(K::Route::failure(&outcome).unwrap_or_else(|| Failure::new("failed"))),
    }
}

/// A `Result` whose error is or becomes a [`Failure`].
pub trait ReplyOrFailure {
    /// What comes of the route.
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError>;
}

impl<T: Serialize, E: Into<Failure>, K> ReplyOrFailure for &mut &mut &mut Reply<Result<T, E>, K> {
    #[inline]
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError> {
        match self.error() {
            Some(error) => Err(RouteError::Failed(error.into())),
            None => self.answer(message, Result::ok),
        }
    }
}

/// A `Result` whose error can be boxed: texts, boxed errors and the likes of `anyhow::Error`.
pub trait ReplyOrError {
    /// What comes of the route.
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError>;
}

impl<T: Serialize, E: Into<Box<dyn StdError + Send + Sync>>, K> ReplyOrError
    for &mut &mut Reply<Result<T, E>, K>
{
    #[inline]
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError> {
        match self.error() {
            Some(error) => Err(RouteError::Failed(Failure::from_boxed(error.into()))),
            None => self.answer(message, Result::ok),
        }
    }
}

/// A reply, or nothing.
pub trait ReplyAlways {
    /// What comes of the route.
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError>;
}

impl<T: Serialize, K> ReplyAlways for &mut Reply<T, K> {
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError> {
        self.answer(message, Some)
    }
}

/// A stream of results.
pub trait ReplyResults {
    /// What comes of the route.
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError>;
}

impl<S, T, E, K> ReplyResults for &mut &mut &mut Reply<S, K>
where
    S: Stream<Item = Result<T, E>> + Send + 'static,
    T: Serialize,
    E: Into<Failure>,
{
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError> {
        Ok(self.items(message, Some, answer::results))
    }
}

/// A stream of values.
pub trait ReplyValues {
    /// What comes of the route.
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError>;
}

impl<S: Stream<Item: Serialize> + Send + 'static, K> ReplyValues for &mut &mut Reply<S, K> {
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError> {
        Ok(self.items(message, Some, answer::values))
    }
}

/// A `Result` of a stream of results.
pub trait ReplyResultsOrFailure {
    /// What comes of the route.
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError>;
}

impl<S, T, E, F, K> ReplyResultsOrFailure for &mut &mut &mut Reply<Result<S, F>, K>
where
    S: Stream<Item = Result<T, E>> + Send + 'static,
    T: Serialize,
    E: Into<Failure>,
    F: Into<Failure>,
{
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError> {
        self.items_or_failure(message, answer::results)
    }
}

/// A `Result` of a stream of values.
pub trait ReplyValuesOrFailure {
    /// What comes of the route.
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError>;
}

impl<S, F, K> ReplyValuesOrFailure for &mut &mut Reply<Result<S, F>, K>
where
    S: Stream<Item: Serialize> + Send + 'static,
    F: Into<Failure>,
{
    fn __highway_finish(self, message: &Message) -> Result<Answer, RouteError> {
        self.items_or_failure(message, answer::values)
    }
}

/// Everything else: [`check::reply`](super::check::reply) has refused it, and this keeps it at that one error.
pub trait ReplyRefused {
    /// Never runs.
    fn __highway_finish(&self, message: &Message) -> Result<Answer, RouteError>;
}

impl<T, K> ReplyRefused for Reply<T, K> {
    fn __highway_finish(&self, _: &Message) -> Result<Answer, RouteError> {
        unreachable!("the compiler refuses a route whose reply can't be serialised")
    }
}

/// Takes a reply whose type has no name.
pub fn serialize<T: Serialize>(
    mut reply: Reply<T>,
    message: &Message,
) -> Result<Answer, RouteError> {
    reply.answer(message, Some)
}

/// What came of a hook, which nobody waits for.
pub fn hook(result: Result<Answer, RouteError>) -> Result<(), Failure> {
    result.map(drop).map_err(RouteError::into_failure)
}

/// What an `on(connect)` hook returns: nothing, or a `Result` whose error becomes a [`Refusal`].
#[diagnostic::on_unimplemented(
    message = "an `on(connect)` hook can't return `{Self}`",
    label = "expected nothing, or `Result<(), highway::Refusal>`",
    note = "besides `highway::Refusal`, the error can be a type that converts into one, such as `highway::StatusCode`"
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

/// Takes what an `on(connect)` hook returned.
pub fn connect(reply: impl ConnectReply) -> Result<(), Refusal> {
    reply.finish()
}
