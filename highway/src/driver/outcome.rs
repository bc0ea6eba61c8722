//! What routes and hooks come to: logged once, here, with what follows for the connection.

use std::sync::Arc;

use crate::{
    link::{
        Link,
        counted::{ServedCall, outcome_of_route},
    },
    metrics::Outcome,
    proto::conversation::Key,
    route::{Answer, RouteError},
    shown::Shown,
    trace::log,
    wire::{Close, ConnectionId},
};

/// What a route or hook runs for.
#[derive(Debug, Clone)]
pub(super) enum Cause {
    /// A message, whose sender waits for nothing.
    Message,
    /// Something that happened to the connection.
    Hook,
    /// A call or stream of the peer.
    Call(ServedCall),
    /// A pipe that the peer opens to the other connection.
    Pipe(Key, Arc<Link>),
}

impl Cause {
    /// The conversation of the peer, which waits for an answer.
    pub(super) fn key(&self) -> Option<Key> {
        match self {
            Self::Message | Self::Hook => None,
            Self::Call(call) => Some(call.key),
            Self::Pipe(key, _) => Some(*key),
        }
    }
}

/// A route or hook that runs.
#[derive(Debug, Clone)]
pub(super) struct Job {
    /// The route's name, or the hook as it is written.
    pub(super) name: &'static str,
    /// The message's length.
    pub(super) bytes: usize,
    pub(super) cause: Cause,
}

impl Job {
    pub(super) fn hook(name: &'static str) -> Self {
        Self {
            name,
            bytes: 0,
            cause: Cause::Hook,
        }
    }
}

/// What a call comes to, if it has come to its end: a stream has not.
pub(super) fn outcome(result: &Result<Answer, RouteError>) -> Option<Outcome> {
    match result {
        Ok(answer) if answer.is_items() => None,
        Ok(answer) if answer.is_nothing() => Some(Outcome::Cancelled),
        Ok(_) => Some(Outcome::Done),
        Err(error) => Some(outcome_of_route(error)),
    }
}

/// Logs that a route on a message, or a hook, is through.
#[inline]
pub(super) fn observe_done(
    connection: ConnectionId,
    name: impl FnOnce() -> &'static str,
    bytes: usize,
) {
    log!(
        trace,
        connection,
        route = name(),
        bytes,
        outcome = "done",
        "received"
    );
}

/// Logs what a route or hook came to. Returns how a connection closes for it that does so.
pub(super) fn observe(
    connection: ConnectionId,
    job: &Job,
    is_open: bool,
    result: &Result<Answer, RouteError>,
) -> Option<Close> {
    let Job { name, bytes, cause } = job;
    match result {
        Ok(_) => {
            match cause.key() {
                Some(key) => log!(
                    debug,
                    connection,
                    call = key.id,
                    route = name,
                    bytes,
                    outcome = "done",
                    "called"
                ),
                None => observe_done(connection, || job.name, *bytes),
            }
            None
        }
        Err(error) => match cause.key() {
            Some(key) => {
                observe_failed_call(connection, key, job, error);
                None
            }
            None => observe_failure(connection, job, is_open, error),
        },
    }
}

/// The caller learns what went wrong, and the connection stays.
#[cold]
fn observe_failed_call(connection: ConnectionId, key: Key, job: &Job, error: &RouteError) {
    let (Job { name, bytes, .. }, call) = (job, key.id);
    match error {
        RouteError::Panicked(panic) => {
            let panic = tracing::field::display(Shown::new(panic.message()));
            log!(
                error,
                connection,
                call,
                route = name,
                bytes,
                outcome = "panicked",
                panic,
                "called"
            );
        }
        RouteError::Failed(failure) if failure.is_refusal() => {
            log!(debug, connection, call, route = name, bytes, outcome = "refused", %failure, "called");
        }
        RouteError::Failed(failure) => {
            log!(info, connection, call, route = name, bytes, outcome = "failed", %failure, "called");
        }
        RouteError::Decode(error) => {
            log!(info, connection, call, route = name, bytes, outcome = "not converted", %error, "called");
        }
        RouteError::Reply(error) => {
            log!(info, connection, call, route = name, bytes, outcome = "reply not sendable", %error, "called");
        }
    }
}

#[cold]
fn observe_failure(
    connection: ConnectionId,
    job: &Job,
    is_open: bool,
    error: &RouteError,
) -> Option<Close> {
    let Job { name, bytes, .. } = job;
    match error {
        RouteError::Decode(error) => {
            log!(warn, connection, route = name, bytes, outcome = "not converted", %error, "received");
            Some(Close::CONVERT_FAILED)
        }
        RouteError::Failed(failure) if !is_open && failure.is_closed() => {
            log!(
                debug,
                connection,
                route = name,
                bytes,
                outcome = "closed meanwhile",
                "received"
            );
            None
        }
        RouteError::Failed(failure) if failure.is_refusal() => {
            log!(debug, connection, route = name, bytes, outcome = "refused", %failure, "received");
            Some(Close::INTERNAL_ERROR)
        }
        RouteError::Failed(failure) => {
            log!(error, connection, route = name, bytes, outcome = "failed", %failure, "received");
            Some(Close::INTERNAL_ERROR)
        }
        RouteError::Reply(error) => {
            log!(error, connection, route = name, bytes, outcome = "reply not sendable", %error, "received");
            Some(Close::INTERNAL_ERROR)
        }
        RouteError::Panicked(panic) => {
            let panic = tracing::field::display(Shown::new(panic.message()));
            log!(
                error,
                connection,
                route = name,
                bytes,
                outcome = "panicked",
                panic,
                "received"
            );
            Some(Close::INTERNAL_ERROR)
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::{metrics::Slot, route::Failure};

    fn close_for(cause: Cause, is_open: bool, error: RouteError) -> Option<Close> {
        let job = Job {
            name: "route",
            bytes: 4,
            cause,
        };
        observe(ConnectionId::next(), &job, is_open, &Err(error))
    }

    #[test]
    fn failure_closes_for_a_message_and_is_an_answer_for_a_call() {
        let errors = || {
            [
                RouteError::Failed(Failure::new("no")),
                RouteError::Panicked(Failure::new("oh")),
            ]
        };
        for (on_message, on_call) in errors().into_iter().zip(errors()) {
            let close = close_for(Cause::Message, true, on_message);
            assert_eq!(close, Some(Close::INTERNAL_ERROR));
            let call = ServedCall {
                key: Key::of_test(1),
                route: Slot::OTHER,
                began: Instant::now(),
            };
            let close = close_for(Cause::Call(call), true, on_call);
            assert_eq!(close, None);
        }
    }

    #[test]
    fn route_that_finds_its_connection_closing_has_not_failed() {
        let closed = || Failure::from(crate::error::Error::Closed(Close::NORMAL));
        for (is_open, close) in [(true, Some(Close::INTERNAL_ERROR)), (false, None)] {
            let error = RouteError::Failed(closed());
            assert_eq!(close_for(Cause::Message, is_open, error), close);
        }
    }
}
