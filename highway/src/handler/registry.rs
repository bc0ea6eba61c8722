//! A handler's routes and hooks, collected from everywhere in the binary.

use std::panic;

use super::{
    Handler,
    arounds::{AroundItem, Arounds, ConcurrentAround, Inside},
    hooks::{
        CloseHook, ConnectHook, FailureHook, MissedHook, PipeConcurrent, PipeHook, PipeInOrder,
        ReconnectingHook, RunHook,
    },
};
use crate::{
    around::RunAround,
    connection::Connection,
    route::{Message, RouteFuture, Shape},
    wire::RouteId,
};

/// Where in the source something stands.
pub type Location = &'static panic::Location<'static>;

/// A route that runs with `&mut` of the handler, or without a handler: one after the other, in the order of arrival.
pub(crate) type RunInOrder<H> = for<'a> fn(&'a mut H, &'a Message) -> RouteFuture<'a>;

/// A route that runs with the [`Connection`] by value: concurrently.
pub(crate) type RunConcurrent<H> = fn(Connection<H>, Message) -> RouteFuture<'static>;

/// How a route runs: its signature decides.
pub enum Run<H: Handler> {
    /// One after the other.
    InOrder(RunInOrder<H>),
    /// Concurrently.
    Concurrent(RunConcurrent<H>),
}

/// One route of a handler.
pub struct RouteItem<H: Handler> {
    /// The name on the wire.
    pub name: &'static str,
    /// Where its function stands.
    pub location: Location,
    /// What the documentation of its function says, where no protocol declares it.
    pub docs: &'static str,
    /// Whether items come and go.
    pub shape: Shape,
    /// Its function.
    pub run: Run<H>,
}

/// A route or a hook of a handler, as `inventory` collects it.
pub enum Item<H: Handler> {
    /// `#[route("name")]`
    Route(RouteItem<H>),
    /// `#[highway::around]`
    Around(AroundItem<H>),
    /// `#[highway::on(connect)]`
    Connect(Location, ConnectHook<H>),
    /// `#[highway::on(open)]`
    Open(Location, RunHook<H>),
    /// `#[highway::on(ready)]`
    Ready(Location, RunHook<H>),
    /// `#[highway::on(close)]`
    Close(Location, CloseHook<H>),
    /// `#[highway::on(failure)]`
    Failure(Location, FailureHook<H>),
    /// `#[highway::on(pipe)]`
    Pipe(Location, PipeHook<H>),
    /// `#[highway::on(missed)]`
    Missed(Location, MissedHook<H>),
    /// `#[highway::on(reconnecting)]`
    Reconnecting(Location, ReconnectingHook<H>),
}

/// What `inventory` collects for a handler: an [`Item`], in a type of the handler's own.
pub trait Entry<H>: inventory::Collect {
    /// The route or hook.
    fn item(&self) -> &Item<H>
    where
        H: Handler;
}

/// A route with what is around it.
pub struct Route<H: Handler> {
    /// The name on the wire.
    pub name: &'static str,
    /// Where its function stands.
    pub location: Location,
    pub(crate) docs: &'static str,
    pub(crate) shape: Shape,
    /// The functions around it, the outermost first.
    pub(crate) around: Box<[&'static str]>,
    pub(crate) runs: Runs<H>,
}

/// How a route runs.
pub(crate) enum Runs<H: Handler> {
    /// In order, with nothing around it.
    InOrder(RunInOrder<H>),
    /// Concurrently, with nothing around it.
    Concurrent(RunConcurrent<H>),
    /// In order, inside of these.
    InOrderInside(Box<[RunAround<H>]>, RunInOrder<H>),
    /// Concurrently, inside of these.
    ConcurrentInside(Box<[ConcurrentAround<H>]>, RunConcurrent<H>),
}

/// An `on(pipe)` hook with what is around it, if anything is.
pub(crate) enum RunsPipe<H: Handler> {
    InOrder(Box<[RunAround<H>]>, PipeInOrder<H>),
    Concurrent(Box<[ConcurrentAround<H>]>, PipeConcurrent<H>),
}

/// A handler's routes and hooks, sorted by name: `inventory` promises no order, and the ids that are told to peers
/// should be the same at every start.
pub struct Registry<H: Handler> {
    routes: Vec<Route<H>>,
    pub(crate) connect: Vec<ConnectHook<H>>,
    pub(crate) open: Vec<&'static RunHook<H>>,
    pub(crate) ready: Vec<&'static RunHook<H>>,
    pub(crate) close: Vec<CloseHook<H>>,
    pub(crate) failure: Vec<FailureHook<H>>,
    pub(crate) pipe: Option<RunsPipe<H>>,
    has_arounds: bool,
    pub(crate) missed: Vec<MissedHook<H>>,
    pub(crate) reconnecting: Vec<ReconnectingHook<H>>,
}

impl<H: Handler> Registry<H> {
    /// Everything in the binary.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn collect() -> Self {
        Self::new(inventory::iter::<H::Entry>.into_iter().map(Entry::item))
    }

    /// Sorts items.
    ///
    /// # Panics
    /// When two routes have the same name, which the compiler refuses, when there are more than 65,535, or more than one
    /// `on(pipe)` hook; when something is around routes that are not there, or takes the handler and is around a route that runs
    /// concurrently.
    pub fn new(items: impl IntoIterator<Item = &'static Item<H>>) -> Self {
        let mut registry = Self {
            routes: Vec::new(),
            connect: Vec::new(),
            open: Vec::new(),
            ready: Vec::new(),
            close: Vec::new(),
            failure: Vec::new(),
            pipe: None,
            has_arounds: false,
            missed: Vec::new(),
            reconnecting: Vec::new(),
        };
        let mut items: Vec<_> = items.into_iter().collect();
        items.sort_by_key(|item| {
            let location = item.location();
            (location.file(), location.line(), location.column())
        });
        let (mut routes, mut pipe, mut arounds) = (Vec::new(), None, Vec::new());
        for item in items {
            match item {
                Item::Route(route) => routes.push(route),
                Item::Around(around) => arounds.push(around),
                Item::Connect(_, hook) => registry.connect.push(*hook),
                Item::Open(_, hook) => registry.open.push(hook),
                Item::Ready(_, hook) => registry.ready.push(hook),
                Item::Close(_, hook) => registry.close.push(*hook),
                Item::Failure(_, hook) => registry.failure.push(*hook),
                Item::Pipe(location, hook) => {
                    // Two could give the same client two introductions.
                    assert!(
                        pipe.replace((*location, hook)).is_none(),
                        "`{}` has more than one `on(pipe)` hook: one is at {location}",
                        H::NAME
                    );
                }
                Item::Missed(_, hook) => registry.missed.push(*hook),
                Item::Reconnecting(_, hook) => registry.reconnecting.push(*hook),
            }
        }
        routes.sort_by_key(|route| route.name);
        for pair in routes.windows(2) {
            if let [first, second] = pair {
                assert!(
                    first.name != second.name,
                    "route `{}` of `{}` is there twice: at {} and at {}",
                    first.name,
                    H::NAME,
                    first.location,
                    second.location
                );
            }
        }
        assert!(
            u16::try_from(routes.len()).is_ok(),
            "`{}` has {} routes; ids go up to 65,535",
            H::NAME,
            routes.len()
        );
        registry.has_arounds = !arounds.is_empty();
        let arounds = Arounds::new(arounds);
        let names: Vec<_> = routes.iter().map(|route| route.name).collect();
        arounds.check(&names, pipe.is_some());
        let resolved = routes.iter().map(|route| Route::new(route, &arounds));
        registry.routes = resolved.collect();
        registry.pipe = pipe.map(|(location, hook)| RunsPipe::new(hook, location, &arounds));
        registry
    }

    /// The routes, sorted by name.
    pub fn routes(&self) -> &[Route<H>] {
        &self.routes
    }

    /// The route with an id: 1 is the first.
    pub(crate) fn route(&self, id: RouteId) -> Option<&Route<H>> {
        self.routes.get(usize::from(id.0).checked_sub(1)?)
    }

    /// Whether there is no route and no hook, and nothing around them.
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty()
            && self.connect.is_empty()
            && self.open.is_empty()
            && self.ready.is_empty()
            && self.close.is_empty()
            && self.failure.is_empty()
            && self.pipe.is_none()
            && !self.has_arounds
            && self.missed.is_empty()
            && self.reconnecting.is_empty()
    }
}

impl<H: Handler> Route<H> {
    fn new(route: &RouteItem<H>, arounds: &Arounds<H>) -> Self {
        let RouteItem {
            name,
            location,
            docs,
            shape,
            ref run,
        } = *route;
        let inside = Inside::Route(name);
        let runs = match *run {
            Run::InOrder(run) => match arounds.in_order(inside) {
                none if none.is_empty() => Runs::InOrder(run),
                arounds => Runs::InOrderInside(arounds, run),
            },
            Run::Concurrent(run) => match arounds.concurrent(inside, location) {
                none if none.is_empty() => Runs::Concurrent(run),
                arounds => Runs::ConcurrentInside(arounds, run),
            },
        };
        Self {
            name,
            location,
            docs,
            shape,
            around: arounds.names(inside),
            runs,
        }
    }
}

impl<H: Handler> RunsPipe<H> {
    fn new(hook: &PipeHook<H>, location: Location, arounds: &Arounds<H>) -> Self {
        match *hook {
            PipeHook::InOrder(run) => Self::InOrder(arounds.in_order(Inside::Pipe), run),
            PipeHook::Concurrent(run) => {
                Self::Concurrent(arounds.concurrent(Inside::Pipe, location), run)
            }
        }
    }
}

impl<H: Handler> Item<H> {
    /// The same route with what its documentation says.
    #[must_use]
    pub const fn documented(mut self, docs: &'static str) -> Self {
        if let Self::Route(route) = &mut self {
            route.docs = docs;
        }
        self
    }

    fn location(&self) -> Location {
        match self {
            Self::Route(route) => route.location,
            Self::Around(around) => around.location,
            Self::Connect(location, _)
            | Self::Open(location, _)
            | Self::Ready(location, _)
            | Self::Close(location, _)
            | Self::Failure(location, _)
            | Self::Pipe(location, _)
            | Self::Missed(location, _)
            | Self::Reconnecting(location, _) => location,
        }
    }
}
