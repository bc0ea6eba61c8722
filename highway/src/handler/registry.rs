//! A handler's routes and hooks, collected from everywhere in the binary.

use std::panic;

use super::{
    Handler,
    hooks::{CloseHook, ConnectHook, FailureHook, MissedHook, PipeHook, ReconnectingHook, RunHook},
};
use crate::{
    connection::Connection,
    route::{Message, RouteFuture, Shape},
    wire::RouteId,
};

/// Where in the source something stands.
pub type Location = &'static panic::Location<'static>;

/// How a route runs: its signature decides.
pub enum Run<H: Handler> {
    /// With `&mut` of the handler, or without a handler: one after the other, in the order of arrival.
    InOrder(for<'a> fn(&'a mut H, &'a Message) -> RouteFuture<'a>),
    /// With the [`Connection`] by value: concurrently.
    Concurrent(fn(Connection<H>, Message) -> RouteFuture<'static>),
}

/// One route of a handler.
pub struct RouteItem<H: Handler> {
    /// The name on the wire.
    pub name: &'static str,
    /// Where its function stands.
    pub location: Location,
    /// Whether items come and go.
    pub shape: Shape,
    /// Its function.
    pub run: Run<H>,
}

/// A route or a hook of a handler, as `inventory` collects it.
pub enum Item<H: Handler> {
    /// `#[route("name")]`
    Route(RouteItem<H>),
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

/// A handler's routes and hooks, sorted by name: `inventory` promises no order, and the ids that are told to peers
/// should be the same at every start.
pub struct Registry<H: Handler> {
    routes: Vec<&'static RouteItem<H>>,
    pub(crate) connect: Vec<ConnectHook<H>>,
    pub(crate) open: Vec<&'static RunHook<H>>,
    pub(crate) ready: Vec<&'static RunHook<H>>,
    pub(crate) close: Vec<CloseHook<H>>,
    pub(crate) failure: Vec<FailureHook<H>>,
    pub(crate) pipe: Option<&'static PipeHook<H>>,
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
    /// `on(pipe)` hook.
    pub fn new(items: impl IntoIterator<Item = &'static Item<H>>) -> Self {
        let mut registry = Self {
            routes: Vec::new(),
            connect: Vec::new(),
            open: Vec::new(),
            ready: Vec::new(),
            close: Vec::new(),
            failure: Vec::new(),
            pipe: None,
            missed: Vec::new(),
            reconnecting: Vec::new(),
        };
        let mut items: Vec<_> = items.into_iter().collect();
        items.sort_by_key(|item| {
            let location = item.location();
            (location.file(), location.line(), location.column())
        });
        for item in items {
            match item {
                Item::Route(route) => registry.routes.push(route),
                Item::Connect(_, hook) => registry.connect.push(*hook),
                Item::Open(_, hook) => registry.open.push(hook),
                Item::Ready(_, hook) => registry.ready.push(hook),
                Item::Close(_, hook) => registry.close.push(*hook),
                Item::Failure(_, hook) => registry.failure.push(*hook),
                Item::Pipe(location, hook) => {
                    // Two could give the same client two introductions.
                    assert!(
                        registry.pipe.replace(hook).is_none(),
                        "`{}` has more than one `on(pipe)` hook: one is at {location}",
                        H::NAME
                    );
                }
                Item::Missed(_, hook) => registry.missed.push(*hook),
                Item::Reconnecting(_, hook) => registry.reconnecting.push(*hook),
            }
        }
        registry.routes.sort_by_key(|route| route.name);
        for pair in registry.routes.windows(2) {
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
            u16::try_from(registry.routes.len()).is_ok(),
            "`{}` has {} routes; ids go up to 65,535",
            H::NAME,
            registry.routes.len()
        );
        registry
    }

    /// The routes, sorted by name.
    pub fn routes(&self) -> &[&'static RouteItem<H>] {
        &self.routes
    }

    /// The route with an id: 1 is the first.
    pub fn route(&self, id: RouteId) -> Option<&'static RouteItem<H>> {
        self.routes.get(usize::from(id.0).checked_sub(1)?).copied()
    }

    /// Whether there is no route and no hook.
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty()
            && self.connect.is_empty()
            && self.open.is_empty()
            && self.ready.is_empty()
            && self.close.is_empty()
            && self.failure.is_empty()
            && self.pipe.is_none()
            && self.missed.is_empty()
            && self.reconnecting.is_empty()
    }
}

impl<H: Handler> Item<H> {
    fn location(&self) -> Location {
        match self {
            Self::Route(route) => route.location,
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
