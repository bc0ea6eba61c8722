//! A handler, whichever it is: what the task knows of it, so that the task is compiled once and not for each handler.

use std::sync::Arc;

use crate::{
    around::{Concurrent, InOrder, LastConcurrent, LastInOrder},
    connection::Connection,
    handler::{Fill, Handler, HookFuture, Registry, RunHook, Runs, RunsPipe},
    link::{
        Link, PipeEnd,
        failures::{Unserved, WireFailure},
    },
    panics::{Contained, Panic, catch},
    proto::conversation::Key,
    route::{Answer, Asks, FailedRoute, Message, RouteError, RouteFuture, Shape, Side},
    wire::{Close, ConnectionId, FailureWord, RouteId},
};

/// A route or hook that is to be run.
pub(super) enum RouteTask<'a> {
    /// One after the other with all that run so.
    InOrder(RouteFuture<'a>),
    /// Beside the others.
    Concurrent(RouteFuture<'static>),
}

/// What there is to do for a message that is not for a route which runs in order and has nothing around it.
pub(super) enum Routed<'a> {
    /// A route of this name runs.
    Runs(&'static str, RouteTask<'a>),
    /// A call or stream that is not one for the route.
    Unserved(Unserved),
    /// There is no such route.
    Unknown,
}

/// The hook for a pipe as it is written.
pub(super) const ON_PIPE: &str = "on(pipe)";

/// What there is to do for a pipe.
pub(super) enum Piped<'a> {
    /// It leads to here, and is taken.
    Taken,
    /// The hook says whether it goes to this connection.
    Asks(Arc<Link>, RouteTask<'a>),
    /// It can't go anywhere.
    Unserved(WireFailure<'static>),
}

/// Something that hooks are for.
#[derive(Clone, Copy)]
pub(super) enum HookEvent<'a> {
    Open,
    Ready,
    Missed(u64),
    Failure(&'a FailedRoute),
    Close(&'a Close),
}

impl HookEvent<'_> {
    /// The hooks as they are written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Open => "on(open)",
            Self::Ready => "on(ready)",
            Self::Missed(_) => "on(missed)",
            Self::Failure(_) => "on(failure)",
            Self::Close(_) => "on(close)",
        }
    }
}

/// A handler, whichever it is.
pub(crate) trait Served: Send {
    /// Makes the handler.
    ///
    /// # Errors
    /// When it panics.
    fn begin(&mut self) -> Result<(), Panic>;

    /// Begins to run a route that runs in order and has nothing around it; `None` where [`others`](Self::others) says what there is to do.
    fn in_order<'a>(
        &'a mut self,
        id: RouteId,
        message: &'a Message,
        is_call: bool,
    ) -> Option<RouteFuture<'a>>;

    /// Begins to run any other route.
    fn others<'a>(&'a mut self, id: RouteId, message: &'a mut Message, is_call: bool)
    -> Routed<'a>;

    /// What knows the names of the routes.
    fn route_names(&self) -> fn(RouteId) -> &'static str;

    /// Whether there are hooks that are to see failures.
    fn hears_failures(&self) -> bool;

    /// Begins to run one of the hooks for something; `None` behind the last.
    fn hook<'a>(&'a mut self, event: HookEvent<'a>, number: usize) -> Option<RouteTask<'a>>;

    /// Takes a pipe, or begins to run the hook for it.
    fn pipe<'a>(&'a mut self, link: &Arc<Link>, message: &'a mut Message, key: Key) -> Piped<'a>;

    /// Takes the connection out of all that it is in.
    fn leave(&self);

    /// Drops the handler, and takes the connection out of the server's list.
    fn end(&mut self);
}

/// A handler of one type.
pub(super) struct Typed<H: Handler> {
    registry: &'static Registry<H>,
    connection: Connection<H>,
    handler: Option<Contained<H>>,
    /// What sets fields of the handler, until it is made.
    fill: Option<Fill<H>>,
}

impl<H: Handler> Typed<H> {
    pub(super) fn new(connection: Connection<H>, fill: Option<Fill<H>>) -> Self {
        Self {
            registry: H::registry(),
            connection,
            handler: None,
            fill,
        }
    }
}

impl<H: Handler> Served for Typed<H> {
    fn begin(&mut self) -> Result<(), Panic> {
        let connection = self.connection.clone();
        let fill = self.fill.take();
        let made = catch(|| {
            let mut handler = H::new(connection);
            if let Some(fill) = fill {
                fill(&mut handler);
            }
            handler
        });
        self.handler = Some(Contained::new(made?));
        Ok(())
    }

    fn in_order<'a>(
        &'a mut self,
        id: RouteId,
        message: &'a Message,
        is_call: bool,
    ) -> Option<RouteFuture<'a>> {
        let route = self.registry.route(id)?;
        let Runs::InOrder(run) = route.runs else {
            return None;
        };
        if is_call && unserved(route.shape, message).is_some() {
            return None;
        }
        Some(run(self.handler.as_mut()?.get_mut()?, message))
    }

    fn others<'a>(
        &'a mut self,
        id: RouteId,
        message: &'a mut Message,
        is_call: bool,
    ) -> Routed<'a> {
        let Some(route) = self.registry.route(id) else {
            return Routed::Unknown;
        };
        if is_call && let Some(unserved) = unserved(route.shape, message) {
            return Routed::Unserved(unserved);
        }
        let task = match &route.runs {
            Runs::InOrder(_) => return Routed::Unknown,
            Runs::Concurrent(run) => {
                RouteTask::Concurrent(run(self.connection.clone(), message.take_all()))
            }
            Runs::InOrderInside(arounds, run) => {
                let Some(handler) = self.handler.as_mut().and_then(Contained::get_mut) else {
                    return Routed::Unknown;
                };
                let in_order = InOrder {
                    arounds,
                    last: LastInOrder::Route(*run),
                    connection: H::deref,
                };
                RouteTask::InOrder(in_order.begin(route.name, handler, message))
            }
            Runs::ConcurrentInside(arounds, run) => {
                let last = LastConcurrent::Route(*run);
                let (connection, message) = (self.connection.clone(), message.take_all());
                let concurrent = Concurrent { arounds, last };
                RouteTask::Concurrent(concurrent.begin(route.name, connection, message))
            }
        };
        Routed::Runs(route.name, task)
    }

    fn route_names(&self) -> fn(RouteId) -> &'static str {
        |id| H::registry().route(id).map_or("", |route| route.name)
    }

    fn hears_failures(&self) -> bool {
        !self.registry.failure.is_empty()
    }

    fn hook<'a>(&'a mut self, event: HookEvent<'a>, number: usize) -> Option<RouteTask<'a>> {
        let Self {
            registry,
            connection,
            handler,
            fill: _,
        } = self;
        let handler = handler.as_mut()?.get_mut()?;
        let hook = match event {
            HookEvent::Open | HookEvent::Ready => {
                let hooks = match event {
                    HookEvent::Open => &registry.open,
                    _ => &registry.ready,
                };
                match hooks.get(number)? {
                    RunHook::InOrder(hook) => hook(handler),
                    RunHook::Concurrent(hook) => {
                        return Some(RouteTask::Concurrent(without_answer(hook(
                            connection.clone(),
                        ))));
                    }
                }
            }
            HookEvent::Missed(count) => registry.missed.get(number)?(handler, count),
            HookEvent::Failure(failed) => registry.failure.get(number)?(handler, failed),
            HookEvent::Close(close) => registry.close.get(number)?(handler, close),
        };
        Some(RouteTask::InOrder(without_answer(hook)))
    }

    fn pipe<'a>(&'a mut self, link: &Arc<Link>, message: &'a mut Message, key: Key) -> Piped<'a> {
        if let Some(take_pipe) = H::TAKE_PIPE {
            take_pipe(
                &self.connection,
                PipeEnd::new(link, key),
                message.take_all(),
            );
            return Piped::Taken;
        }
        let Some(hook) = &self.registry.pipe else {
            let why = if H::Side::IS_SERVER {
                "the server has no `on(pipe)` hook, so it allows no pipes"
            } else {
                "the client takes no pipes"
            };
            return Piped::Unserved(WireFailure::new(FailureWord::Pipe, why));
        };
        let to = match message.decode::<ConnectionId>() {
            Ok(id) => {
                let Some(to) = self.connection.reach(id) else {
                    let why = format!("there is no connection {id}");
                    return Piped::Unserved(WireFailure::new(FailureWord::Pipe, why));
                };
                to
            }
            Err(error) => {
                return Piped::Unserved(WireFailure::new(FailureWord::Convert, error.to_string()));
            }
        };
        let far = to.present();
        let task = match hook {
            RunsPipe::InOrder(arounds, hook) => {
                let Some(handler) = self.handler.as_mut().and_then(Contained::get_mut) else {
                    return Piped::Taken;
                };
                RouteTask::InOrder(if arounds.is_empty() {
                    hook(handler, to, message)
                } else {
                    let in_order = InOrder {
                        arounds,
                        last: LastInOrder::Pipe(*hook, to),
                        connection: H::deref,
                    };
                    in_order.begin(ON_PIPE, handler, message)
                })
            }
            RunsPipe::Concurrent(arounds, hook) => {
                let (connection, message) = (self.connection.clone(), message.take_all());
                RouteTask::Concurrent(if arounds.is_empty() {
                    hook(connection, to, message)
                } else {
                    let last = LastConcurrent::Pipe(*hook, to);
                    Concurrent { arounds, last }.begin(ON_PIPE, connection, message)
                })
            }
        };
        Piped::Asks(far, task)
    }

    fn leave(&self) {
        self.connection.leave_all();
    }

    fn end(&mut self) {
        self.handler = None;
        self.connection.leave_server();
    }
}

/// A hook as a route that gives no answer.
fn without_answer(hook: HookFuture<'_>) -> RouteFuture<'_> {
    Box::pin(async move {
        hook.await.map_err(RouteError::Failed)?;
        Ok(Answer::NOTHING)
    })
}

/// Why a route can't serve a call or stream, as far as its shape tells.
fn unserved(shape: Shape, message: &Message) -> Option<Unserved> {
    let Shape {
        takes_items,
        gives_items,
    } = shape;
    match (message.asks(), message.has_items()) {
        (_, false) if takes_items => Some(Unserved::TakesItems),
        (_, true) if !takes_items => Some(Unserved::TakesValue),
        (Asks::Reply, _) if gives_items => Some(Unserved::GivesItems),
        (Asks::Items, _) if !gives_items => Some(Unserved::GivesValue),
        _ => None,
    }
}
