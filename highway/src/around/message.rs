//! A message as functions around routes see it.

use std::fmt;

use serde::{Deserialize, Serialize, ser};

use super::Outcome;
use crate::{
    error::Failure,
    payload::{DecodeError, EncodeError},
    route::{self, Asks, RouteError},
    value::Value,
    wire::DataType,
};

/// What a message is to its route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageKind {
    /// A message, whose sender waits for nothing.
    Message,
    /// A call, whose caller waits for the reply.
    Call,
    /// A call that is answered with a stream of items.
    Stream,
    /// A pipe that a client asks for, which an `on(pipe)` hook is to allow.
    Pipe,
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Message => "message",
            Self::Call => "call",
            Self::Stream => "stream",
            Self::Pipe => "pipe",
        })
    }
}

/// A message on its way to its route, in a function [around](macro@crate::around) routes.
///
/// ```
/// use highway::{Failure, Message, Next, Outcome, route};
///
/// #[highway::server]
/// struct Chat;
///
/// /// Cuts off the blanks, before the route reads the text.
/// #[highway::around("say")]
/// async fn trimmed(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>) -> Result<Outcome, Failure> {
///     let text: String = message.decode()?;
///     message.set(text.trim())?;
///     Ok(next.run(message, chat).await)
/// }
///
/// #[route("say")]
/// async fn say(text: String, chat: &mut Chat) -> highway::Result {
///     chat.others().send("said", text).await
/// }
/// ```
pub struct Message {
    route: &'static str,
    kind: MessageKind,
    pub(super) inner: route::Message,
    /// A function around the route has set the data.
    is_changed: bool,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("route", &self.route)
            .field("kind", &self.kind)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl Message {
    /// A message for a route.
    pub(super) fn new(route: &'static str, inner: route::Message) -> Self {
        let kind = match inner.asks() {
            Asks::Nothing => MessageKind::Message,
            Asks::Reply => MessageKind::Call,
            Asks::Items => MessageKind::Stream,
        };
        Self {
            route,
            kind,
            inner,
            is_changed: false,
        }
    }

    /// What asks an `on(pipe)` hook for a pipe.
    pub(super) fn of_pipe(route: &'static str, inner: route::Message) -> Self {
        Self {
            kind: MessageKind::Pipe,
            ..Self::new(route, inner)
        }
    }

    /// The name of the route; `on(pipe)` for a pipe.
    pub fn route(&self) -> &'static str {
        self.route
    }

    /// What it is to the route.
    pub fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The length of the data in bytes, as it came or was [set](Self::set): 0 for a stream of items, of which none has come yet.
    pub fn len(&self) -> usize {
        self.inner.payload().len()
    }

    /// Whether the data takes no bytes: `none`, an empty text, empty bytes, or a stream of items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of the data. A dict that came in dialect 0.1 counts as [`DataType::List`], as the two have one code there.
    pub fn data_type(&self) -> DataType {
        self.inner.data_type()
    }

    /// Whether the data is a stream of items, which the route takes as [`Incoming`](crate::Incoming).
    pub fn has_items(&self) -> bool {
        self.inner.has_items()
    }

    /// Reads the data, as a route that takes a `T` would. Of a pipe it is the [`ConnectionId`](crate::connection::ConnectionId) of
    /// the client that is to be reached.
    ///
    /// # Errors
    /// When the data does not fit a `T`, and when it is a stream of items.
    pub fn decode<'de, T: Deserialize<'de>>(&'de self) -> Result<T, DecodeError> {
        self.has_value()?;
        self.inner.decode().map_err(|error| *error)
    }

    /// Reads the data as whatever it is.
    ///
    /// # Errors
    /// When the data is not valid, and when it is a stream of items.
    pub fn value(&self) -> Result<Value, DecodeError> {
        self.has_value()?;
        self.inner.decode_value().map_err(|error| *error)
    }

    fn has_value(&self) -> Result<(), DecodeError> {
        if self.has_items() {
            return Err(*DecodeError::mismatch(&"a value", "a stream".to_owned()));
        }
        Ok(())
    }

    /// Replaces the data: functions further inside and the route read this. It can be anything that highway's data types carry,
    /// whatever the peer's dialect, and is to be of the type that the route takes.
    ///
    /// # Errors
    /// When the data can't be serialised; when what came is a stream of items; and of a pipe, which leads where it was asked to. The
    /// message stays as it was then.
    pub fn set<T: Serialize + ?Sized>(&mut self, data: &T) -> Result<(), EncodeError> {
        let refused = |why| *<Box<EncodeError> as ser::Error>::custom(why);
        if self.has_items() {
            return Err(refused(
                "the data is a stream, which nothing can be set for",
            ));
        }
        if self.kind == MessageKind::Pipe {
            return Err(refused(
                "a pipe leads where it was asked to: allow or refuse it",
            ));
        }
        self.inner.set(data)?;
        self.is_changed = true;
        Ok(())
    }

    /// What came of the route, which is this side's own fault where it can't read data that this side has set.
    pub(super) fn blame(&self, outcome: Outcome) -> Outcome {
        match outcome.into_result() {
            Err(RouteError::Decode(error)) if self.is_changed => Failure::new(format!(
                "a function around `{}` has set data that the route does not take: {error}",
                self.route
            ))
            .into(),
            result => Outcome::new(result),
        }
    }

    /// What it was made of.
    pub(super) fn into_inner(self) -> route::Message {
        self.inner
    }
}
