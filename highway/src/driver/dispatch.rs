//! Where routes and hooks are run, and what follows from what they come to.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;

use super::{
    Driver, HandlerState, Milestones,
    circle::Watch,
    inbox::Work,
    outcome::{Cause, Job, observe, observe_done, outcome},
    running::{Caught, answer},
    served::{HookEvent, ON_PIPE, Piped, RouteTask, Routed, Served},
    traced::{in_span, task_in_span},
};
use crate::{
    deadline::{after, until},
    link::{counted::ServedCall, failures::Unserved},
    metrics::{Outcome, Slot},
    proto::conversation::Key,
    route::{Answer, FailedRoute, OnFailure, RouteError, RouteFuture},
    trace::{self, log},
    transport::Transport,
    wire::{Close, Header, RouteId},
};

/// What came of running something.
enum Ran {
    /// It ran in order, and came to this.
    Came(Result<Answer, RouteError>),
    /// It runs concurrently.
    Ongoing,
    /// The connection ended, and the time to come to an end after it is up.
    Over,
}

/// What follows.
enum Then {
    /// This is to be sent, once there is room.
    Send(Bytes),
    /// Hooks are to see this.
    Failed(FailedRoute),
}

impl<T: Transport> Driver<T> {
    /// Runs the connection with its handler, from its upgrade to its end.
    pub(super) async fn run(
        &mut self,
        served: &mut dyn Served,
        milestones: Option<Milestones>,
    ) -> Close {
        if let Err(panic) = served.begin() {
            // Without a handler there are no routes and hooks to be run: what is left is to close.
            self.settle(&Job::hook("Default"), Err(panic.into()));
        }
        let close = self.serve(served, milestones).await;
        // Before those who wait for the end learn of it.
        served.end();
        self.link.finish(close.clone());
        close
    }

    async fn serve(
        &mut self,
        served: &mut dyn Served,
        mut milestones: Option<Milestones>,
    ) -> Close {
        self.hears_failures = served.hears_failures();
        self.route_name = served.route_names();
        self.hooks(served, HookEvent::Open).await;
        let close = loop {
            let (id, mut message, key) = match poll_fn(|cx| self.poll(cx, HandlerState::Free)).await
            {
                Work::Message(id, message) => (id, message, None),
                Work::Call(id, message, key) => (id, message, Some(key)),
                Work::Ended(close) => break close,
                other => {
                    // In memory of its own: a connection that only has messages needs none for it.
                    let then = Box::pin(self.other(served, other, &mut milestones)).await;
                    self.then(served, then).await;
                    continue;
                }
            };
            let bytes = Header::LEN + message.payload().len();
            let Some(mut future) = served.in_order(id, &message, key.is_some()) else {
                // The message may go into the task.
                let traceparent = message.traceparent();
                let then = match served.others(id, &mut message, key.is_some()) {
                    Routed::Runs(name, task) => {
                        let task = task_in_span(&self.link, key, name, traceparent, task);
                        let cause = self.cause(id, key);
                        let job = Job { name, bytes, cause };
                        let ran = self.dispatch(&job, task).await;
                        self.follow(&job, ran)
                    }
                    Routed::Unserved(unserved) => self.refuse(id, key, unserved),
                    Routed::Unknown => None,
                };
                message.clear();
                self.spare = Some(message);
                self.then(served, then).await;
                continue;
            };
            if let Some(key) = key
                && trace::sees_calls()
            {
                let (name, traceparent) = ((self.route_name)(id), message.traceparent());
                future = in_span(&self.link, key, name, traceparent, future);
            }
            let cause = self.cause(id, key);
            let then = {
                let mut future = Caught::new(future);
                // Hardly any waits for something: it is polled once before anything is made ready for that.
                let mut first = Poll::Pending;
                let is_done = poll_fn(|cx| {
                    let polled = Pin::new(&mut future).poll(cx);
                    if let Poll::Ready(Ok(answer)) = &polled
                        && answer.is_nothing()
                        && key.is_none()
                    {
                        return Poll::Ready(true);
                    }
                    first = polled;
                    Poll::Ready(false)
                })
                .await;
                if is_done {
                    observe_done(self.link.id, || (self.route_name)(id), bytes);
                    drop(future);
                    message.clear();
                    self.spare = Some(message);
                    continue;
                }
                let name = (self.route_name)(id);
                let job = Job { name, bytes, cause };
                let ran = match first {
                    Poll::Ready(result) => Ran::Came(result),
                    Poll::Pending => self.go_on(&job, future).await,
                };
                self.follow(&job, ran)
            };
            message.clear();
            self.spare = Some(message);
            self.then(served, then).await;
        };
        served.leave();
        self.closed(served, &close).await;
        close
    }

    /// What a route runs for that runs now.
    #[inline]
    fn cause(&mut self, id: RouteId, key: Option<Key>) -> Cause {
        match key {
            None => Cause::Message,
            Some(key) => Cause::Call(ServedCall {
                key,
                route: Slot::of(id),
                began: self.counted.now(),
            }),
        }
    }

    /// Does what is not for a route.
    async fn other(
        &mut self,
        served: &mut dyn Served,
        work: Work,
        milestones: &mut Option<Milestones>,
    ) -> Option<Then> {
        match work {
            Work::Pipe(mut message, key) => {
                let bytes = Header::LEN + message.payload().len();
                match served.pipe(&self.link, &mut message, key) {
                    Piped::Asks(far, task) => {
                        let (name, cause) = (ON_PIPE, Cause::Pipe(key, far));
                        let job = Job { name, bytes, cause };
                        let ran = self.dispatch(&job, task).await;
                        return self.follow(&job, ran);
                    }
                    Piped::Unserved(told) => {
                        self.link.finish_conversation(key);
                        return Some(Then::Send(told.frame(key.id, self.link.framing)));
                    }
                    Piped::Taken => {}
                }
            }
            Work::Send(frame) => return Some(Then::Send(frame)),
            Work::Failed(failed) => return Some(Then::Failed(failed)),
            Work::Missed(count) => {
                self.hooks(served, HookEvent::Missed(count)).await;
            }
            Work::Ready => self.ready(served, milestones.take()).await,
            Work::Message(..) | Work::Call(..) | Work::Ended(_) => {}
        }
        None
    }

    /// Does what follows.
    #[inline]
    async fn then(&mut self, served: &mut dyn Served, then: Option<Then>) {
        match then {
            None => {}
            Some(Then::Send(frame)) => self.put(frame).await,
            Some(Then::Failed(failed)) => self.failed(served, &failed).await,
        }
    }

    /// Runs a route, or a hook: the one place where that is done, but for the hooks for the end, when nothing else goes on.
    #[inline]
    fn dispatch<'a>(&'a mut self, job: &'a Job, task: RouteTask<'a>) -> Dispatch<'a, T> {
        Dispatch {
            driver: self,
            job,
            task: match task {
                RouteTask::InOrder(future) => {
                    Ongoing::InOrder(Caught::new(future), Watch::default())
                }
                RouteTask::Concurrent(future) => Ongoing::Concurrent(Some(future)),
            },
            is_polled: false,
        }
    }

    /// Goes on with a route that was polled, and waits for something.
    fn go_on<'a>(&'a mut self, job: &'a Job, future: Caught<'a>) -> Dispatch<'a, T> {
        Dispatch {
            driver: self,
            job,
            task: Ongoing::InOrder(future, Watch::default()),
            is_polled: true,
        }
    }

    /// What follows from what a route, or a hook for a pipe, came to.
    #[inline]
    fn follow(&mut self, job: &Job, ran: Ran) -> Option<Then> {
        match ran {
            Ran::Came(Ok(answer)) if answer.is_nothing() && matches!(job.cause, Cause::Message) => {
                observe_done(self.link.id, || job.name, job.bytes);
                None
            }
            Ran::Came(result) => self.follow_result(job, result),
            Ran::Ongoing | Ran::Over => None,
        }
    }

    #[inline(never)]
    fn follow_result(&mut self, job: &Job, result: Result<Answer, RouteError>) -> Option<Then> {
        if job.cause.key().is_none() {
            return self.settle(job, result).map(Then::Failed);
        }
        if let (Cause::Call(call), Some(outcome)) = (&job.cause, outcome(&result)) {
            self.counted.served(&self.link, call, outcome);
        }
        observe(self.link.id, job, self.closing.is_open(), &result);
        answer(&self.link, &job.cause, result).map(Then::Send)
    }

    /// Refuses a call or stream that is not one for its route.
    #[cold]
    fn refuse(&mut self, id: RouteId, key: Option<Key>, unserved: Unserved) -> Option<Then> {
        let key = key?;
        let call = ServedCall {
            key,
            route: Slot::of(id),
            began: self.counted.now(),
        };
        self.counted.served(&self.link, &call, Outcome::Shape);
        self.link.finish_conversation(key);
        Some(Then::Send(self.link.refuse(key.id, unserved)))
    }

    /// Takes note of what came of a route on a message, or of a hook, and closes where that is what follows. Returns a failure that
    /// hooks are to see.
    pub(super) fn settle(
        &mut self,
        job: &Job,
        result: Result<Answer, RouteError>,
    ) -> Option<FailedRoute> {
        let close = observe(self.link.id, job, self.closing.is_open(), &result)?;
        if matches!(job.cause, Cause::Hook) {
            self.begin_closing(close);
            return None;
        }
        let failed = FailedRoute::new(job.name, result.err()?);
        if failed.is_none() || self.closes_on_failure() {
            self.begin_closing(close);
        }
        failed.filter(|_| self.hears_failures)
    }

    fn closes_on_failure(&self) -> bool {
        match self.link.on_failure {
            OnFailure::Log => false,
            OnFailure::Close => true,
            OnFailure::ByPeer => !self.exchange.is_extended(),
        }
    }

    /// Runs the hooks that see failures. Their own are logged only.
    async fn failed(&mut self, served: &mut dyn Served, failed: &FailedRoute) {
        let event = HookEvent::Failure(failed);
        let job = Job::hook(event.name());
        let mut number = 0;
        while let Some(task) = served.hook(event, number) {
            match self.dispatch(&job, task).await {
                Ran::Came(result) => {
                    observe(self.link.id, &job, self.closing.is_open(), &result);
                }
                Ran::Ongoing => {}
                Ran::Over => return,
            }
            number += 1;
        }
    }

    /// Runs the hooks for something, whose failures close the connection like a route's. Of those for [`HookEvent::Ready`] up to the
    /// first that fails, which is returned; `None` when the connection ended before they were through.
    async fn hooks(
        &mut self,
        served: &mut dyn Served,
        event: HookEvent<'_>,
    ) -> Option<Result<(), RouteError>> {
        let job = Job::hook(event.name());
        let mut number = 0;
        let stops = matches!(event, HookEvent::Ready);
        while let Some(task) = served.hook(event, number) {
            match self.dispatch(&job, task).await {
                Ran::Came(result) => {
                    let is_open = self.closing.is_open();
                    if let Some(close) = observe(self.link.id, &job, is_open, &result) {
                        self.begin_closing(close);
                    }
                    if stops && let Err(error) = result {
                        return Some(Err(error));
                    }
                }
                Ran::Over if stops => return None,
                Ran::Ongoing | Ran::Over => {}
            }
            number += 1;
        }
        Some(Ok(()))
    }

    /// Both sides know each other: runs the hooks for that, and tells whoever opened the connection.
    async fn ready(&mut self, served: &mut dyn Served, milestones: Option<Milestones>) {
        let greeted = milestones.map(|milestones| {
            // Where nobody waits any more the connection is there all the same.
            let _ = milestones.ready.send(());
            milestones.greeted
        });
        let came = self.hooks(served, HookEvent::Ready).await;
        if let Some((greeted, came)) = greeted.zip(came)
            && (came.is_err() || self.closing.is_open())
        {
            let _ = greeted.send(came.map_err(RouteError::into_failure));
        }
    }

    /// Runs the hooks for the end, while nothing else of the connection does.
    async fn closed(&mut self, served: &mut dyn Served, close: &Close) {
        let event = HookEvent::Close(close);
        let job = Job::hook(event.name());
        let mut number = 0;
        while let Some(RouteTask::InOrder(hook)) = served.hook(event, number) {
            let hook = until(after(self.link.limits.close_timeout), Caught::new(hook));
            if let Ok(result) = hook.await {
                observe(self.link.id, &job, false, &result);
            } else {
                log!(error, self.link.id, "on(close) took too long");
            }
            number += 1;
        }
    }

    /// Goes on with everything else while the handler is busy. Ready when the connection and the handler's time are over.
    #[cold]
    fn poll_meanwhile(&mut self, cx: &mut Context<'_>, name: &str, watch: &mut Watch) -> Poll<()> {
        let over = self.poll_busy(cx);
        if over.is_pending()
            && self.inbox.has_call()
            && watch.is_due(cx, || self.awaits_reply())
            && let Some(call) = self.inbox.first_call()
        {
            log!(
                warn,
                self.link.id,
                "`{name}` waits for a reply of the peer, while the peer's call of `{}` waits for `{name}` to end; if the one is \
                 for the other, both wait until a call times out: let the route or hook take its `Connection` by value, \
                 or make the call from a task of its own",
                (self.route_name)(call),
            );
        }
        over
    }

    /// The loop of the task while the handler is busy.
    #[inline(never)]
    fn poll_busy(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll(cx, HandlerState::Busy).map(drop)
    }

    /// Whether the peer has still to answer a call.
    fn awaits_reply(&self) -> bool {
        self.link.awaits_reply()
    }

    /// Waits until one more route may run concurrently.
    fn poll_slot(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Those that run get on, and may end, in the loop: looking before it only would miss that.
        if self.running.has_slot() || self.poll_busy(cx).is_ready() || self.running.has_slot() {
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// Puts a frame into the outbox, and waits for room there.
    async fn put(&mut self, frame: Bytes) {
        if let Some(frame) = self.link.offer_owned(frame) {
            let link = Arc::clone(&self.link);
            let push = Box::pin(async move {
                // Where the connection is gone nobody waits for it.
                let _ = link.push(frame).await;
                Ok(Answer::NOTHING)
            });
            let job = Job::hook("an answer");
            self.dispatch(&job, RouteTask::InOrder(push)).await;
        }
    }
}

/// A route or hook that is run: the future of [`Driver::dispatch`], written out as it is polled for every message.
struct Dispatch<'a, T> {
    driver: &'a mut Driver<T>,
    job: &'a Job,
    task: Ongoing<'a>,
    /// It was polled just now.
    is_polled: bool,
}

/// How it runs.
enum Ongoing<'a> {
    /// In order, while the connection goes on.
    InOrder(Caught<'a>, Watch),
    /// Concurrently, once there is a slot.
    Concurrent(Option<RouteFuture<'static>>),
}

impl<T: Transport> Future for Dispatch<'_, T> {
    type Output = Ran;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ran> {
        let Self {
            driver,
            job,
            task,
            is_polled,
        } = self.get_mut();
        match task {
            Ongoing::InOrder(future, watch) => {
                if !std::mem::take(is_polled)
                    && let Poll::Ready(result) = Pin::new(future).poll(cx)
                {
                    return Poll::Ready(Ran::Came(result));
                }
                let over = driver.poll_meanwhile(cx, job.name, watch);
                over.map(|()| Ran::Over)
            }
            Ongoing::Concurrent(future) => {
                if !matches!(job.cause, Cause::Hook) {
                    ready!(driver.poll_slot(cx));
                }
                if let Some(future) = future.take() {
                    driver.running.push(job.clone(), future, &driver.link);
                }
                Poll::Ready(Ran::Ongoing)
            }
        }
    }
}
