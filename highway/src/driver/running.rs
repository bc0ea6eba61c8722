//! What of the program runs for a connection: routes and hooks, and the items of streams.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::outcome::{Cause, Job, observe, outcome};
use crate::{
    link::{Link, Spawned},
    metrics::Outcome,
    panics::Contained,
    proto::conversation::Key,
    route::{Answer, RouteError, RouteFuture},
    trace::log,
};

/// A route or hook that runs. A panic of it is a failure: nothing else catches those of routes and hooks.
pub(super) struct Caught<'a>(Contained<RouteFuture<'a>>);

impl<'a> Caught<'a> {
    #[inline]
    pub(super) fn new(future: RouteFuture<'a>) -> Self {
        Self(Contained::new(future))
    }
}

impl Future for Caught<'_> {
    type Output = Result<Answer, RouteError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|caught| match caught {
            Ok(result) => result,
            Err(panic) => Err(panic.into()),
        })
    }
}

/// What runs concurrently.
pub(super) struct Running {
    routes: FuturesUnordered<Concurrent>,
    /// What handles and routes have left to be run: the items of streams.
    spawned: FuturesUnordered<Spawned>,
    max_routes: usize,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("routes", &self.routes.len())
            .field("spawned", &self.spawned.len())
            .finish_non_exhaustive()
    }
}

impl Running {
    /// Nothing; so many routes may run at a time.
    pub(super) fn new(max_routes: usize) -> Self {
        Self {
            routes: FuturesUnordered::new(),
            spawned: FuturesUnordered::new(),
            max_routes: max_routes.max(1),
        }
    }

    /// Whether one more route may run.
    pub(super) fn has_slot(&self) -> bool {
        self.routes.len() < self.max_routes
    }

    /// Whether no routes and hooks run.
    pub(super) fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }

    /// Begins to run a route or hook.
    pub(super) fn push(&mut self, job: Job, future: RouteFuture<'static>, link: &Arc<Link>) {
        let future = Caught::new(future);
        self.routes.push(match job.cause.key() {
            None => Concurrent::Alone(Some(job), future),
            Some(key) => {
                Concurrent::Conversation(Box::pin(converse(Arc::clone(link), key, job, future)))
            }
        });
    }

    /// Runs what is left to be run, beside everything else.
    pub(super) fn spawn(&mut self, spawned: impl IntoIterator<Item = Spawned>) {
        self.spawned.extend(spawned);
    }

    /// Goes on with everything. Returns a route or hook that is done and waits for what follows from it.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<(Job, Result<Answer, RouteError>)> {
        // Nothing to run is the rule, and asking a collection that is empty costs an entry of the waker.
        while !self.routes.is_empty() {
            match self.routes.poll_next_unpin(cx) {
                Poll::Ready(Some(Some(done))) => return Poll::Ready(done),
                Poll::Ready(Some(None)) => {}
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        while !self.spawned.is_empty()
            && let Poll::Ready(Some(())) = self.spawned.poll_next_unpin(cx)
        {}
        Poll::Pending
    }

    /// Drops the routes and hooks that run.
    pub(super) fn clear(&mut self) {
        self.routes.clear();
    }

    /// Drops the items of streams: nothing more is sent.
    pub(super) fn drop_spawned(&mut self) {
        self.spawned.clear();
    }
}

/// A route or hook that runs concurrently.
enum Concurrent {
    /// On a message, or a hook.
    Alone(Option<Job>, Caught<'static>),
    /// For a peer that waits for what it comes to, which it gets.
    Conversation(Pin<Box<dyn Future<Output = ()> + Send>>),
}

impl Future for Concurrent {
    /// What is done, where something follows from that.
    type Output = Option<(Job, Result<Answer, RouteError>)>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Alone(job, future) => {
                let result = ready!(Pin::new(future).poll(cx));
                Poll::Ready(job.take().map(|job| (job, result)))
            }
            Self::Conversation(future) => future.as_mut().poll(cx).map(|()| None),
        }
    }
}

/// Runs a route for a call or stream, or a hook for a pipe, and answers; drops it when the peer no longer waits.
async fn converse(link: Arc<Link>, key: Key, job: Job, mut future: Caught<'static>) {
    let result = poll_fn(|cx| {
        if !link.is_wanted(key, cx) {
            return Poll::Ready(None);
        }
        Pin::new(&mut future).poll(cx).map(Some)
    })
    .await;
    drop(future);
    let Some(result) = result else {
        if let Cause::Call(call) = &job.cause {
            link.count_served(call, Outcome::Cancelled);
        }
        let Job { name, bytes, .. } = job;
        log!(
            debug,
            link.id,
            route = name,
            bytes,
            outcome = "cancelled",
            "called"
        );
        return;
    };
    if let (Cause::Call(call), Some(outcome)) = (&job.cause, outcome(&result)) {
        link.count_served(call, outcome);
    }
    observe(link.id, &job, false, &result);
    if let Some(frame) = answer(&link, &job.cause, result) {
        // Where the connection is gone nobody waits for it.
        let _ = link.push(frame).await;
    }
}

/// Answers a peer that waits for what a route or hook came to. Returns the answer when there is no room for it.
pub(super) fn answer(
    link: &Arc<Link>,
    cause: &Cause,
    result: Result<Answer, RouteError>,
) -> Option<Bytes> {
    match cause {
        Cause::Message | Cause::Hook => None,
        Cause::Call(call) => link.answer(call, result),
        Cause::Pipe(key, far) => link.lead(*key, far, result),
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, task::Waker};

    use super::*;
    use crate::{link::counted::ServedCall, metrics::Slot, proto::Role, wire::ConnectionId};

    fn link() -> Arc<Link> {
        let id = ConnectionId::next();
        let link = Link::new(id, None, Role::Server, Arc::default(), Arc::default());
        Arc::new(link)
    }

    fn message(name: &'static str) -> Job {
        Job {
            name,
            bytes: 4,
            cause: Cause::Message,
        }
    }

    #[test]
    fn panic_of_a_route_is_what_it_comes_to() {
        let (mut running, link) = (Running::new(2), link());
        let cx = &mut Context::from_waker(Waker::noop());
        running.push(message("panics"), Box::pin(async { panic!("oh") }), &link);
        let Poll::Ready((job, Err(RouteError::Panicked(panic)))) = running.poll(cx) else {
            panic!("it is over");
        };
        assert_eq!((job.name, panic.message()), ("panics", "oh"));
        assert!(running.is_empty() && running.poll(cx).is_pending());
    }

    #[test]
    fn as_many_routes_run_as_may() {
        let (mut running, link) = (Running::new(2), link());
        for _ in 0..2 {
            assert!(running.has_slot());
            running.push(message("waits"), Box::pin(pending()), &link);
        }
        assert!(!running.has_slot());
        running.clear();
        assert!(running.has_slot() && running.is_empty());
    }

    #[test]
    fn one_route_may_run_where_none_may() {
        assert!(Running::new(0).has_slot());
    }

    #[test]
    fn conversation_that_is_over_drops_its_route() {
        let (mut running, link) = (Running::new(2), link());
        let cx = &mut Context::from_waker(Waker::noop());
        let kept = Arc::new(());
        let held = Arc::clone(&kept);
        let future = Box::pin(async move {
            let result = pending().await;
            drop(held);
            result
        });
        let cause = Cause::Call(ServedCall {
            key: Key::of_test(1),
            route: Slot::OTHER,
            began: tokio::time::Instant::now(),
        });
        running.push(
            Job {
                cause,
                ..message("call")
            },
            future,
            &link,
        );
        // There are no conversations on this connection.
        assert!(running.poll(cx).is_pending());
        assert!(running.is_empty());
        assert_eq!(Arc::strong_count(&kept), 1);
    }
}
