//! Failures of calls, streams and pipes, as they go over the wire.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::outgoing::Framing;
use crate::{
    error::{CallError, Error},
    payload,
    route::{Failure, Message, RouteError},
    value::Value,
    wire::{DataType, Dialect, FIELD, FailureWord, Header, Kind, RouteId},
};

/// A failure as it goes over the wire.
#[derive(Serialize, Deserialize)]
pub(crate) struct WireFailure<'a> {
    error: Cow<'a, str>,
    message: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    /// Whether the data is the error that the route declares.
    #[serde(default, skip_serializing_if = "is_false")]
    declared: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// What a failure that came says of a route.
#[cfg(feature = "test")]
pub(crate) fn read_failure(route: String, frame: Bytes, nesting: usize) -> Error {
    WireFailure::error_in(frame, nesting, route)
}

/// The payload of the failure of a route that gives back an error.
#[cfg(feature = "test")]
pub(crate) fn write_failure(
    failure: Failure,
    payload: &mut Vec<u8>,
) -> Result<u8, payload::EncodeError> {
    let error = RouteError::Failed(failure);
    payload::encode(Dialect::Extended, &WireFailure::of_error(&error), payload)
}

/// Why a call, a stream or a pipe of the peer can't be served, besides what the route itself says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unserved {
    /// As many streams and pipes are open as may be.
    Busy,
    /// The route gives a stream, and was called.
    GivesItems,
    /// The route gives a value, and was asked for a stream.
    GivesValue,
    /// The route takes a stream, and was given a value.
    TakesItems,
    /// The route takes a value, and was given a stream.
    TakesValue,
}

impl<'a> WireFailure<'a> {
    pub(crate) fn new(word: FailureWord, message: impl Into<Cow<'a, str>>) -> Self {
        Self {
            error: word.as_str().into(),
            message: message.into(),
            code: None,
            data: None,
            declared: false,
        }
    }

    pub(crate) fn of_unserved(unserved: Unserved) -> Self {
        use FailureWord::{Busy, Shape};

        let (word, message) = match unserved {
            Unserved::Busy => (Busy, "too many streams and pipes are open"),
            Unserved::GivesItems => (Shape, "gives a stream: open it with `stream`"),
            Unserved::GivesValue => (Shape, "gives a value and no stream: call it with `call`"),
            Unserved::TakesItems => (Shape, "takes a stream as its data, not a value"),
            Unserved::TakesValue => (Shape, "takes a value as its data, not a stream"),
        };
        Self::new(word, message)
    }

    pub(crate) fn of_error(error: &'a RouteError) -> Self {
        match error {
            RouteError::Decode(error) => Self::new(FailureWord::Convert, error.to_string()),
            RouteError::Failed(failure) => Self {
                error: FailureWord::Refused.as_str().into(),
                message: failure.message().into(),
                code: failure.code().map(Into::into),
                data: failure.data().cloned(),
                declared: failure.is_declared(),
            },
            // What it said is for this side's log.
            RouteError::Panicked(_) => Self::new(FailureWord::Internal, "the route panicked"),
            RouteError::Reply(error) => Self::new(
                FailureWord::Internal,
                format!("what it gives can't be sent: {error}"),
            ),
        }
    }

    /// What a failure that came says, as a `T`.
    fn read<T>(
        frame: Bytes,
        nesting: usize,
        say: impl FnOnce(Result<WireFailure<'_>, String>) -> T,
    ) -> T {
        let message = Message::new(Dialect::Extended, DataType::Dict, frame, nesting)
            .behind(Header::LEN + FIELD);
        say(message
            .decode()
            .map_err(|error| format!("the peer's failure can't be read: {error}")))
    }

    /// What a failure that came says of a route.
    pub(crate) fn error_in(frame: Bytes, nesting: usize, route: String) -> Error {
        Self::read(frame, nesting, |told| match told {
            Ok(told) => Error::call(route, told.error()),
            Err(message) => Error::call(route, CallError::RouteBroken { message }),
        })
    }

    /// What a failure that came says of a pipe.
    pub(crate) fn failure_in(frame: Bytes, nesting: usize) -> Failure {
        Self::read(frame, nesting, |told| match told {
            Ok(mut told) => {
                if told.word() != FailureWord::Refused {
                    told.code = Some(told.error.clone());
                }
                told.failure()
            }
            Err(message) => Failure::new(message),
        })
    }

    /// What the word of the failure means.
    fn word(&self) -> FailureWord {
        FailureWord::read(&self.error)
    }

    fn failure(self) -> Failure {
        let mut failure = Failure::new(self.message);
        if let Some(code) = self.code {
            failure = failure.with_code(code);
        }
        if let Some(data) = self.data {
            failure = failure.with_data(data);
        }
        if self.declared {
            failure = failure.declared();
        }
        failure
    }

    fn error(self) -> CallError {
        let word = self.word();
        if word == FailureWord::Refused {
            let failure = self.failure();
            return CallError::Refused { failure };
        }
        let message = self.message.into_owned();
        match word {
            FailureWord::Convert => CallError::DataNotConverted { message },
            FailureWord::Shape => CallError::WrongShape { message },
            FailureWord::Busy => CallError::Busy,
            FailureWord::Cancelled => CallError::Cancelled,
            FailureWord::Refused | FailureWord::Pipe | FailureWord::Internal => {
                CallError::RouteBroken { message }
            }
        }
    }

    /// Puts the message with it together in an empty buffer, and gives back where the frame starts.
    pub(crate) fn put_together(&self, frame: &mut Vec<u8>, id: u32, framing: Framing) -> usize {
        let encode = |frame: &mut Vec<u8>, told: &Self| {
            framing.put_together(frame, Kind::Failure, RouteId::META, |payload| {
                payload.extend_from_slice(&id.to_le_bytes());
                payload::encode(Dialect::Extended, told, payload)
            })
        };
        let start = encode(frame, self).or_else(|error| {
            // Only the failure's data can't be sent: it is nested too deep.
            frame.clear();
            let message = format!("the failure's data can't be sent: {error}");
            encode(frame, &Self::new(FailureWord::Internal, message))
        });
        start.unwrap_or_default()
    }

    /// The message with it.
    pub(crate) fn frame(&self, id: u32, framing: Framing) -> Bytes {
        let mut frame = Vec::new();
        let start = self.put_together(&mut frame, id, framing);
        Bytes::from(frame).slice(start..)
    }
}
