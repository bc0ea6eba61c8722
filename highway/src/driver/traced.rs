//! Routes that run for calls and streams, within spans of their own.

use std::task::{Context, Poll};

use tracing::{Instrument, Span};

use super::{outcome::outcome, served::RouteTask};
use crate::{
    link::{Link, counted::outcome_of_route},
    metrics::Outcome,
    proto::conversation::Key,
    route::{
        RouteError, RouteFuture,
        answer::{BoxSource, Source},
    },
    trace::{self, End},
    wire::{Dialect, Traceparent},
};

/// Has a route for a call or stream run within a span, which goes on with the caller's where its traceparent came along.
#[cold]
pub(super) fn in_span<'a>(
    link: &Link,
    key: Key,
    route: &str,
    traceparent: Option<Traceparent>,
    future: RouteFuture<'a>,
) -> RouteFuture<'a> {
    let span = trace::call(End::Server, link.id, key.id, route);
    if let Some(traceparent) = &traceparent {
        link.propagation.extract(&span, traceparent);
    }
    let mut call = Call(Some(span.clone()));
    let future = async move {
        let result = future.await;
        if let Some(outcome) = outcome(&result) {
            call.came_to(outcome);
        }
        // A stream lasts as long as its items do.
        result.map(|answer| answer.map_items(|source| Box::new(InSpan { source, call })))
    };
    Box::pin(future.instrument(span))
}

/// The same for a task.
pub(super) fn task_in_span<'a>(
    link: &Link,
    key: Option<Key>,
    route: &str,
    traceparent: Option<Traceparent>,
    task: RouteTask<'a>,
) -> RouteTask<'a> {
    match (key, task) {
        (Some(key), RouteTask::InOrder(future)) if trace::sees_calls() => {
            RouteTask::InOrder(in_span(link, key, route, traceparent, future))
        }
        (Some(key), RouteTask::Concurrent(future)) if trace::sees_calls() => {
            RouteTask::Concurrent(in_span(link, key, route, traceparent, future))
        }
        (_, task) => task,
    }
}

/// The span of a call or stream that has not come to its end; dropped before it has, it was cancelled.
struct Call(Option<Span>);

impl Call {
    fn came_to(&mut self, outcome: Outcome) {
        if let Some(span) = self.0.take() {
            trace::came_to(&span, outcome);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.came_to(Outcome::Cancelled);
    }
}

/// The items of a stream, which are made within its span.
struct InSpan {
    source: BoxSource,
    call: Call,
}

impl Source for InSpan {
    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        dialect: Dialect,
        out: &mut Vec<u8>,
    ) -> Poll<Option<Result<u8, RouteError>>> {
        let Self { source, call } = self;
        let entered = call.0.as_ref().map(Span::enter);
        let next = source.poll_next(cx, dialect, out);
        drop(entered);
        match &next {
            Poll::Ready(None) => call.came_to(Outcome::Done),
            Poll::Ready(Some(Err(error))) => call.came_to(outcome_of_route(error)),
            _ => {}
        }
        next
    }
}
