//! What becomes of what a route gives back, on its way to whoever asked for it.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::Stream;
use serde::Serialize;

use super::{Failure, RouteError};
use crate::{payload, wire::Dialect};

/// The answer of a route.
pub enum Answer {
    /// Nobody waits for one.
    Nothing,
    /// A value, encoded.
    Reply(Encoded),
    /// Items, to be encoded one by one.
    Items(BoxSource),
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Reply(_) => "Reply",
            Self::Items(_) => "Items",
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
        let mut payload = Vec::new();
        let code = payload::encode(dialect, value, &mut payload)?;
        Ok(Self { code, payload })
    }
}

/// Items on their way out.
pub trait Source: Send {
    /// Appends the payload of the next one to `out` and gives back its type code; `None` at the end.
    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        dialect: Dialect,
        out: &mut Vec<u8>,
    ) -> Poll<Option<Result<u8, RouteError>>>;
}

/// Items on their way out, whatever they are.
pub type BoxSource = Box<dyn Source>;

/// A stream of values.
pub(crate) struct Values<S>(Pin<Box<S>>);

/// A stream of values that may fail.
pub(crate) struct Results<S>(Pin<Box<S>>);

impl<S: Stream<Item: Serialize> + Send + 'static> Values<S> {
    pub(crate) fn boxed(stream: S) -> BoxSource {
        Box::new(Self(Box::pin(stream)))
    }
}

impl<S, T, E> Results<S>
where
    S: Stream<Item = Result<T, E>> + Send + 'static,
    T: Serialize,
    E: Into<Failure>,
{
    pub(crate) fn boxed(stream: S) -> BoxSource {
        Box::new(Self(Box::pin(stream)))
    }
}

impl<S: Stream<Item: Serialize> + Send> Source for Values<S> {
    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        dialect: Dialect,
        out: &mut Vec<u8>,
    ) -> Poll<Option<Result<u8, RouteError>>> {
        let next = self.0.as_mut().poll_next(cx);
        next.map(|item| Some(payload::encode(dialect, &item?, out).map_err(RouteError::from)))
    }
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
        let next = self.0.as_mut().poll_next(cx);
        next.map(|item| {
            Some(match item? {
                Ok(item) => payload::encode(dialect, &item, out).map_err(RouteError::from),
                Err(error) => Err(RouteError::Failed(error.into())),
            })
        })
    }
}
