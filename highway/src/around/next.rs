//! What comes next behind a function around routes: the other functions, and then the route.

use std::fmt;

use super::{
    Form, Message, Outcome, RunAround,
    form::{AroundConcurrent, AroundIn, OutcomeFuture},
};
use crate::{
    connection::Connection,
    panics::Contained,
    route::{self, Endpoint, RouteError, RouteFuture},
};

/// What a function [around](macro@crate::around) routes runs, at most once: the next function around the route, or the route.
///
/// `T` is the [form](Form) in which the function takes the handler: `Next<'_, Chat>` beside `chat: &mut Chat`, and
/// `Next<'_, Connection<Chat>>` beside `chat: Connection<Chat>`. Dropped instead, the route does not run.
pub struct Next<'a, T: Form>(T::Rest<'a>);

impl<T: Form> fmt::Debug for Next<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Next")
    }
}

impl<H: Endpoint + Send> Next<'_, H> {
    /// Runs the route, with what is still around it, and returns what it came to. A panic of it is an [`Outcome`] too.
    pub async fn run(self, message: &mut Message, handler: &mut H) -> Outcome {
        self.0.run(message, handler).await
    }
}

impl<H: Endpoint + Send> Next<'_, Connection<H>> {
    /// Runs the route, with what is still around it, and returns what it came to. A panic of it is an [`Outcome`] too.
    pub async fn run(self, message: &mut Message) -> Outcome {
        match self.0 {
            HeldHandler::Here(rest, handler) => rest.run(message, handler).await,
            HeldHandler::Elsewhere(rest, connection) => rest.run(message, connection).await,
        }
    }
}

/// Where the handler is while a function runs that takes the connection.
pub enum HeldHandler<'a, H: Endpoint + Send> {
    /// It waits for a route that runs in order.
    Here(InOrder<H>, &'a mut H),
    /// The route runs concurrently, without it.
    Elsewhere(Concurrent<H>, Connection<H>),
}

/// What is still to run for a route that runs in order, or for an `on(pipe)` hook that does.
pub struct InOrder<H: Endpoint + Send> {
    pub(crate) arounds: &'static [RunAround<H>],
    pub(crate) last: LastInOrder<H>,
    /// The connection of a handler.
    pub(crate) connection: fn(&H) -> &Connection<H>,
}

/// What is run in order at last.
pub(crate) enum LastInOrder<H: Endpoint + Send> {
    Route(for<'a> fn(&'a mut H, &'a route::Message) -> RouteFuture<'a>),
    /// The hook, and the connection that the pipe is to reach.
    Pipe(
        for<'a> fn(&'a mut H, Connection<H>, &'a route::Message) -> RouteFuture<'a>,
        Connection<H>,
    ),
}

/// What is still to run for a route that runs concurrently, or for an `on(pipe)` hook that does.
pub struct Concurrent<H: Endpoint + Send> {
    pub(crate) arounds: &'static [AroundIn<AroundConcurrent<H>, Connection<H>>],
    pub(crate) last: LastConcurrent<H>,
}

/// What is run concurrently at last.
pub(crate) enum LastConcurrent<H: Endpoint + Send> {
    Route(fn(Connection<H>, route::Message) -> RouteFuture<'static>),
    /// The hook, and the connection that the pipe is to reach.
    Pipe(
        fn(Connection<H>, Connection<H>, route::Message) -> RouteFuture<'static>,
        Connection<H>,
    ),
}

impl<H: Endpoint + Send> InOrder<H> {
    /// Begins with the first. The message is given back at the end, so that its memory can be used again.
    pub(crate) fn begin<'a>(
        self,
        route: &'static str,
        handler: &'a mut H,
        inner: &'a mut route::Message,
    ) -> RouteFuture<'a> {
        let taken = inner.take_all();
        let mut message = match self.last {
            LastInOrder::Route(_) => Message::new(route, taken),
            LastInOrder::Pipe(..) => Message::of_pipe(route, taken),
        };
        Box::pin(async move {
            let outcome = self.run(&mut message, handler).await;
            *inner = message.into_inner();
            outcome.into_result()
        })
    }

    async fn run(self, message: &mut Message, handler: &mut H) -> Outcome {
        let Self {
            arounds,
            last,
            connection,
        } = self;
        let Some((first, arounds)) = arounds.split_first() else {
            let outcome = of_route(match last {
                LastInOrder::Route(run) => run(handler, &message.inner),
                LastInOrder::Pipe(run, to) => run(handler, to, &message.inner),
            });
            let outcome = outcome.await;
            return message.blame(outcome);
        };
        let rest = Self {
            arounds,
            last,
            connection,
        };
        of_around(match first {
            RunAround::InOrder(around) => around.run(message, handler, Next(rest)),
            RunAround::Concurrent(around) => {
                let connection = connection(handler).clone();
                around.run(message, connection, Next(HeldHandler::Here(rest, handler)))
            }
        })
        .await
    }
}

impl<H: Endpoint + Send> Concurrent<H> {
    /// Begins with the first.
    pub(crate) fn begin(
        self,
        route: &'static str,
        connection: Connection<H>,
        inner: route::Message,
    ) -> RouteFuture<'static> {
        let mut message = match self.last {
            LastConcurrent::Route(_) => Message::new(route, inner),
            LastConcurrent::Pipe(..) => Message::of_pipe(route, inner),
        };
        Box::pin(async move { self.run(&mut message, connection).await.into_result() })
    }

    async fn run(self, message: &mut Message, connection: Connection<H>) -> Outcome {
        let Self { arounds, last } = self;
        let Some((first, arounds)) = arounds.split_first() else {
            // The functions around it may look at the message once it is through.
            let inner = message.inner.share();
            let outcome = of_route(match last {
                LastConcurrent::Route(run) => run(connection, inner),
                LastConcurrent::Pipe(run, to) => run(connection, to, inner),
            });
            let outcome = outcome.await;
            return message.blame(outcome);
        };
        let rest = HeldHandler::Elsewhere(Self { arounds, last }, connection.clone());
        of_around(first.run(message, connection, Next(rest))).await
    }
}

/// What a route comes to, or its panic.
async fn of_route(future: RouteFuture<'_>) -> Outcome {
    let caught = Contained::new(future).await;
    Outcome::new(caught.unwrap_or_else(|panic| Err(panic.into())))
}

/// What a function around it comes to, or its panic.
async fn of_around(future: OutcomeFuture<'_>) -> Outcome {
    let caught = Contained::new(future).await;
    caught.unwrap_or_else(|panic| Outcome::new(Err(RouteError::from(panic))))
}
