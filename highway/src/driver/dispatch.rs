//! Where routes and hooks are run, and what follows from what they come to.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;

use super::{
    Driver, Handler, Milestones,
    circle::Watch,
    inbox::Work,
    outcome::{Asked, Job, observe},
    running::{Caught, answer},
    served::{Event, Piped, Routed, Served, Task},
};
use crate::{
    deadline::{after, until},
    panics::discard,
    proto::conversation::Key,
    route::{Answer, FailedRoute, Message, OnFailure, RouteError, RouteFuture},
    transport::Transport,
    wire::{Close, Header, RouteId},
};

/// What came of running something.
enum Ran {
    /// It ran in order, and came to this.
    Came(Result<Answer, RouteError>),
    /// It runs concurrently.
    Begun,
    /// The connection ended, and the time to come to an end after it is up.
    Over,
}

impl<T: Transport> Driver<T> {
    /// Runs the connection with its handler, from its upgrade to its end.
    pub(super) async fn run(
        mut self,
        mut served: Box<dyn Served>,
        milestones: Option<Milestones>,
    ) -> Close {
        let close = match served.begin() {
            Ok(()) => self.serve(&mut *served, milestones).await,
            Err(panic) => {
                self.settle(&Job::hook("Default"), Err(panic.into()));
                // Without a handler nothing is left to run.
                loop {
                    if let Work::Ended(close) = self.next().await {
                        break close;
                    }
                }
            }
        };
        // Before those who wait for the end learn of it.
        served.end();
        self.link.finish(close.clone());
        // With the last of a client's handles goes its state.
        discard(served);
        close
    }

    async fn serve(
        &mut self,
        served: &mut dyn Served,
        mut milestones: Option<Milestones>,
    ) -> Close {
        self.hears_failures = served.hears_failures();
        self.route_name = served.route_names();
        self.hooks(served, Event::Open).await;
        let close = loop {
            match self.next().await {
                Work::Message(id, mut message, key) => {
                    self.message_for(served, id, &mut message, key).await;
                }
                Work::Pipe(mut message, key) => self.pipe(served, &mut message, key).await,
                Work::Send(frame) => self.put(frame).await,
                Work::Failed(failed) => self.failed(served, &failed).await,
                Work::Missed(count) => {
                    self.hooks(served, Event::Missed(count)).await;
                }
                Work::Ready => self.ready(served, milestones.take()).await,
                Work::Ended(close) => break close,
            }
        };
        served.leave();
        self.closed(served, &close).await;
        close
    }

    /// Waits for something to do for the handler.
    async fn next(&mut self) -> Work {
        poll_fn(|cx| self.poll(cx, Handler::Free)).await
    }

    /// Runs a route, or a hook: the one place where that is done.
    #[inline]
    async fn dispatch(&mut self, job: &Job, task: Task<'_>) -> Ran {
        match task {
            Task::InOrder(future) => match self.drive(job.name, future).await {
                Some(result) => Ran::Came(result),
                None => Ran::Over,
            },
            Task::Concurrent(future) => {
                if !matches!(job.asked, Asked::Hook) {
                    self.slot().await;
                }
                self.running.push(job.clone(), future, &self.link);
                Ran::Begun
            }
        }
    }

    /// A message, a call or a stream for a route.
    async fn message_for(
        &mut self,
        served: &mut dyn Served,
        id: RouteId,
        message: &mut Message,
        key: Option<Key>,
    ) {
        let bytes = Header::LEN + message.payload().len();
        let (name, task) = match served.route(id, message, key.is_some()) {
            Routed::Runs(name, task) => (name, task),
            Routed::Unserved(unserved) => {
                if let Some(key) = key {
                    self.link.finish_conversation(key);
                    self.put(self.link.refuse(key.id, unserved)).await;
                }
                return;
            }
            Routed::Unknown => return,
        };
        let asked = key.map_or(Asked::Message, Asked::Call);
        let job = Job { name, bytes, asked };
        if let Ran::Came(result) = self.dispatch(&job, task).await {
            self.follow(served, job, result).await;
        }
    }

    /// Leads a pipe that the peer asks for to another connection, or takes one that was led here.
    async fn pipe(&mut self, served: &mut dyn Served, message: &mut Message, key: Key) {
        let bytes = Header::LEN + message.payload().len();
        let (far, task) = match served.pipe(&self.link, message, key) {
            Piped::Taken => return,
            Piped::Asks(far, task) => (far, task),
            Piped::Unserved(told) => {
                let frame = told.frame(key.id, self.link.framing);
                self.link.finish_conversation(key);
                return self.put(frame).await;
            }
        };
        let job = Job {
            name: "on(pipe)",
            bytes,
            asked: Asked::Pipe(key, far),
        };
        if let Ran::Came(result) = self.dispatch(&job, task).await {
            self.follow(served, job, result).await;
        }
    }

    /// Does what follows from what a route, or a hook for a pipe, came to that ran in order.
    #[inline]
    async fn follow(
        &mut self,
        served: &mut dyn Served,
        job: Job,
        result: Result<Answer, RouteError>,
    ) {
        if job.asked.key().is_none() {
            if let Some(failed) = self.settle(&job, result) {
                self.failed(served, &failed).await;
            }
        } else {
            observe(self.link.id, &job, self.closing.is_open(), &result);
            if let Some(frame) = answer(&self.link, job.asked, result) {
                self.put(frame).await;
            }
        }
    }

    /// Takes note of what came of a route on a message, or of a hook, and closes where that is what follows. Returns a failure that
    /// hooks are to see.
    #[inline]
    pub(super) fn settle(
        &mut self,
        job: &Job,
        result: Result<Answer, RouteError>,
    ) -> Option<FailedRoute> {
        let close = observe(self.link.id, job, self.closing.is_open(), &result)?;
        if matches!(job.asked, Asked::Hook) {
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
        let event = Event::Failure(failed);
        let job = Job::hook(event.name());
        let mut number = 0;
        while let Some(task) = served.hook(event, number) {
            match self.dispatch(&job, task).await {
                Ran::Came(result) => {
                    observe(self.link.id, &job, self.closing.is_open(), &result);
                }
                Ran::Begun => {}
                Ran::Over => return,
            }
            number += 1;
        }
    }

    /// Runs the hooks for something, whose failures close the connection like a route's. Of those for [`Event::Ready`] up to the
    /// first that fails, which is returned; `None` when the connection ended before they were through.
    async fn hooks(
        &mut self,
        served: &mut dyn Served,
        event: Event<'_>,
    ) -> Option<Result<(), RouteError>> {
        let job = Job::hook(event.name());
        let mut number = 0;
        let stops = matches!(event, Event::Ready);
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
                Ran::Begun | Ran::Over => {}
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
        let came = self.hooks(served, Event::Ready).await;
        if let Some((greeted, came)) = greeted.zip(came)
            && (came.is_err() || self.closing.is_open())
        {
            let _ = greeted.send(came.map_err(RouteError::into_failure));
        }
    }

    /// Runs the hooks for the end, while nothing else of the connection does.
    async fn closed(&mut self, served: &mut dyn Served, close: &Close) {
        let event = Event::Close(close);
        let job = Job::hook(event.name());
        let mut number = 0;
        while let Some(Task::InOrder(hook)) = served.hook(event, number) {
            let hook = until(after(self.limits.close_timeout), Caught::new(hook));
            if let Ok(result) = hook.await {
                observe(self.link.id, &job, false, &result);
            } else {
                tracing::error!(connection = %self.link.id, "on(close) took too long");
            }
            number += 1;
        }
    }

    /// Runs something of the handler's in order, while the connection goes on. `None` when the connection ended and the time to
    /// come to an end after it was up.
    #[inline]
    async fn drive(
        &mut self,
        name: &str,
        future: RouteFuture<'_>,
    ) -> Option<Result<Answer, RouteError>> {
        let mut future = Caught::new(future);
        let mut watch = Watch::default();
        poll_fn(|cx| match Pin::new(&mut future).poll(cx) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending => self.poll_meanwhile(cx, name, &mut watch).map(|()| None),
        })
        .await
    }

    /// Goes on with everything else while the handler is busy. Ready when the connection and the handler's time are over.
    #[inline(never)]
    fn poll_meanwhile(&mut self, cx: &mut Context<'_>, name: &str, watch: &mut Watch) -> Poll<()> {
        let over = self.poll(cx, Handler::Busy).map(drop);
        if over.is_pending()
            && let Some(call) = self.inbox.waiting_call()
            && watch.is_due(cx, || self.awaits_reply())
        {
            tracing::warn!(
                connection = %self.link.id,
                "`{name}` waits for a reply of the peer, while the peer's call of `{}` waits for `{name}` to end; if the one is \
                 for the other, both wait until a call times out: let the route or hook take its `Connection` by value, \
                 or make the call from a task of its own",
                (self.route_name)(call),
            );
        }
        over
    }

    /// Whether the peer has still to answer a call.
    fn awaits_reply(&self) -> bool {
        self.link.awaits_reply()
    }

    /// Waits until one more route may run concurrently.
    async fn slot(&mut self) {
        poll_fn(|cx| {
            // Those that run get on, and may end, in the loop: looking before it only would miss that.
            if self.running.has_slot()
                || self.poll(cx, Handler::Busy).is_ready()
                || self.running.has_slot()
            {
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
    }

    /// Puts a frame into the outbox, and waits for room there.
    async fn put(&mut self, frame: Bytes) {
        if let Some(frame) = self.link.offer_owned(frame) {
            let link = Arc::clone(&self.link);
            let push = Box::pin(async move {
                // Where the connection is gone nobody waits for it.
                let _ = link.push(frame).await;
                Ok(Answer::Nothing)
            });
            self.drive("an answer", push).await;
        }
    }
}
