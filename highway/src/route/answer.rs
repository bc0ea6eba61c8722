//! What becomes of what a route returns, on its way to whoever asked for it.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::stream::{Stream, StreamExt};
use serde::Serialize;

use super::{Failure, RouteError};
use crate::{panics::Contained, payload, wire::Dialect};

/// A route that runs.
pub type RouteFuture<'a> = Pin<Box<dyn Future<Output = Result<Answer, RouteError>> + Send + 'a>>;

/// The answer of a route, if it gives one: no larger than a pointer, as it is passed on for every message.
pub struct Answer(Option<Box<Given>>);

/// What a route gives to whoever asked for it.
pub(crate) enum Given {
    /// A value, encoded.
    Reply(Encoded),
    /// Items, to be encoded one by one.
    Items(BoxSource),
}

impl Answer {
    /// Nobody waits for one.
    pub const NOTHING: Self = Self(None);

    /// A value.
    pub(crate) fn reply(reply: Encoded) -> Self {
        Self(Some(Box::new(Given::Reply(reply))))
    }

    /// Items.
    pub(crate) fn items(source: BoxSource) -> Self {
        Self(Some(Box::new(Given::Items(source))))
    }

    #[inline]
    pub(crate) fn is_items(&self) -> bool {
        matches!(self.0.as_deref(), Some(Given::Items(_)))
    }

    /// The same with something else in place of the items.
    pub(crate) fn map_items(self, change: impl FnOnce(BoxSource) -> BoxSource) -> Self {
        match self.0.map(|given| *given) {
            Some(Given::Items(source)) => Self::items(change(source)),
            given => Self(given.map(Box::new)),
        }
    }

    #[inline]
    pub(crate) fn is_nothing(&self) -> bool {
        self.0.is_none()
    }

    /// What is given.
    pub(crate) fn into_given(self) -> Option<Given> {
        self.0.map(|given| *given)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.as_deref() {
            None => "Nothing",
            Some(Given::Reply(_)) => "Reply",
            Some(Given::Items(_)) => "Items",
        })
    }
}

/// A type code and a payload.
#[derive(Debug)]
pub struct Encoded {
    pub(crate) code: u8,
    pub(crate) payload: Vec<u8>,
}

impl Encoded {
    pub(crate) fn new<T: Serialize + ?Sized>(
        dialect: Dialect,
        value: &T,
    ) -> Result<Self, RouteError> {
        // Most replies are shorter, and grow in no further steps.
        let mut payload = Vec::with_capacity(64);
        let code = payload::encode(dialect, value, &mut payload)?;
        Ok(Self { code, payload })
    }
}

/// Items on their way out.
pub trait Source: Send {
    /// Appends the payload of the next one to `out` and returns its type code; `None` at the end.
    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        dialect: Dialect,
        out: &mut Vec<u8>,
    ) -> Poll<Option<Result<u8, RouteError>>>;
}

/// Items on their way out, whatever they are.
pub type BoxSource = Box<dyn Source>;

/// A stream of results.
struct Results<S>(Contained<Pin<Box<S>>>);

/// The items of a stream of results.
pub(crate) fn results<S, T, E>(stream: S) -> BoxSource
where
    S: Stream<Item = Result<T, E>> + Send + 'static,
    T: Serialize,
    E: Into<Failure>,
{
    Box::new(Results(Contained::new(Box::pin(stream))))
}

/// The items of a stream of values.
pub(crate) fn values<S: Stream<Item: Serialize> + Send + 'static>(stream: S) -> BoxSource {
    results(stream.map(Ok::<_, Failure>))
}

impl<S, T, E> Source for Results<S>
where
    S: Stream<Item = Result<T, E>> + Send,
    T: Serialize,
    E: Into<Failure>,
{
    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        dialect: Dialect,
        out: &mut Vec<u8>,
    ) -> Poll<Option<Result<u8, RouteError>>> {
        let Some(stream) = self.0.get_mut() else {
            return Poll::Ready(None);
        };
        let next = stream.as_mut().poll_next(cx);
        next.map(|item| {
            Some(match item? {
                Ok(item) => payload::encode(dialect, &item, out).map_err(RouteError::from),
                Err(error) => Err(RouteError::Failed(error.into())),
            })
        })
    }
}
