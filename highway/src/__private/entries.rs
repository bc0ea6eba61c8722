//! How generated code makes the entries of a handler's registry.
//!
//! It asks [`Entries`] of the handler for the constants below. For a type that is not a handler it finds those of
//! [`NoHandler`], which take anything, so that the one error is that the type is not a handler; the same for the futures of a
//! handler that can't be moved between threads.

use std::{
    marker::PhantomData,
    panic::Location,
    pin::{Pin, pin},
};

use super::reply::Reply;
use crate::{
    around::{self, AroundConcurrent, AroundInOrder, OutcomeFuture, RunAround},
    connection::{Connection, ReconnectAttempt},
    handler::{
        AroundItem, CloseHook, ConnectHook, FailureHook, FoundAround, Handler, HookFuture, Item,
        MissedHook, Pattern, PipeHook, ReconnectingHook, Refusal, RouteItem, Run, RunHook,
    },
    payload::DecodeError,
    route::{Answer, FailedRoute, Message, RouteError, RouteFuture, Shape},
    wire::Close,
};

/// Where the generated code for an `H` starts.
#[derive(Debug)]
pub struct Entries<H>(PhantomData<H>);

impl<H: Handler> Entries<H> {
    /// Makes items.
    pub const ITEMS: Items<H> = Items(PhantomData);
    /// Makes the handler's own entries of them.
    pub const REGISTER: H::Register = H::REGISTER;
}

impl<H: Handler + Send> Entries<H> {
    /// Makes futures of what routes and hooks do.
    pub const RUN: Futures = Futures;
}

/// Makes items, located where the call is.
#[derive(Debug)]
pub struct Items<H>(PhantomData<fn() -> H>);

impl<H: Handler> Items<H> {
    /// A route that runs in the order of arrival.
    #[track_caller]
    pub const fn route_in_order(
        self,
        name: &'static str,
        shape: Shape,
        run: for<'a> fn(&'a mut H, &'a Message) -> RouteFuture<'a>,
    ) -> Item<H> {
        Item::Route(RouteItem {
            name,
            location: Location::caller(),
            docs: "",
            shape,
            run: Run::InOrder(run),
        })
    }

    /// A route that runs concurrently.
    #[track_caller]
    pub const fn route_concurrent(
        self,
        name: &'static str,
        shape: Shape,
        run: fn(Connection<H>, Message) -> RouteFuture<'static>,
    ) -> Item<H> {
        Item::Route(RouteItem {
            name,
            location: Location::caller(),
            docs: "",
            shape,
            run: Run::Concurrent(run),
        })
    }

    /// A function around routes that takes the handler.
    #[track_caller]
    pub const fn around_in_order(
        self,
        name: &'static str,
        patterns: &'static [Pattern],
        order: i32,
        run: AroundInOrder<H>,
    ) -> Item<H> {
        Item::Around(AroundItem {
            name,
            location: Location::caller(),
            patterns,
            order,
            run: FoundAround::InOrder(run),
        })
    }

    /// A function around routes that takes the connection.
    #[track_caller]
    pub const fn around_concurrent(
        self,
        name: &'static str,
        patterns: &'static [Pattern],
        order: i32,
        run: AroundConcurrent<H>,
    ) -> Item<H> {
        Item::Around(AroundItem {
            name,
            location: Location::caller(),
            patterns,
            order,
            run: FoundAround::Concurrent(run),
        })
    }

    /// A static around routes.
    #[track_caller]
    pub const fn around_static(
        self,
        name: &'static str,
        patterns: &'static [Pattern],
        order: i32,
        find: fn() -> RunAround<H>,
    ) -> Item<H> {
        Item::Around(AroundItem {
            name,
            location: Location::caller(),
            patterns,
            order,
            run: FoundAround::Static(find),
        })
    }

    /// An `on(connect)` hook.
    #[track_caller]
    pub const fn connect(self, hook: ConnectHook<H>) -> Item<H> {
        Item::Connect(Location::caller(), hook)
    }

    /// An `on(open)` hook that runs before any route.
    #[track_caller]
    pub const fn open_in_order(self, hook: for<'a> fn(&'a mut H) -> HookFuture<'a>) -> Item<H> {
        Item::Open(Location::caller(), RunHook::InOrder(hook))
    }

    /// An `on(open)` hook that runs concurrently with the routes.
    #[track_caller]
    pub const fn open_concurrent(self, hook: fn(Connection<H>) -> HookFuture<'static>) -> Item<H> {
        Item::Open(Location::caller(), RunHook::Concurrent(hook))
    }

    /// An `on(ready)` hook that runs before any route.
    #[track_caller]
    pub const fn ready_in_order(self, hook: for<'a> fn(&'a mut H) -> HookFuture<'a>) -> Item<H> {
        Item::Ready(Location::caller(), RunHook::InOrder(hook))
    }

    /// An `on(ready)` hook that runs concurrently with the routes.
    #[track_caller]
    pub const fn ready_concurrent(self, hook: fn(Connection<H>) -> HookFuture<'static>) -> Item<H> {
        Item::Ready(Location::caller(), RunHook::Concurrent(hook))
    }

    /// An `on(close)` hook.
    #[track_caller]
    pub const fn close(self, hook: CloseHook<H>) -> Item<H> {
        Item::Close(Location::caller(), hook)
    }

    /// An `on(failure)` hook.
    #[track_caller]
    pub const fn failure(self, hook: FailureHook<H>) -> Item<H> {
        Item::Failure(Location::caller(), hook)
    }

    /// An `on(pipe)` hook that runs in order with the routes of who opens the pipe.
    #[track_caller]
    pub const fn pipe_in_order(
        self,
        hook: for<'a> fn(&'a mut H, Connection<H>, &'a Message) -> RouteFuture<'a>,
    ) -> Item<H> {
        Item::Pipe(Location::caller(), PipeHook::InOrder(hook))
    }

    /// An `on(pipe)` hook that runs concurrently with the routes.
    #[track_caller]
    pub const fn pipe_concurrent(
        self,
        hook: fn(Connection<H>, Connection<H>, Message) -> RouteFuture<'static>,
    ) -> Item<H> {
        Item::Pipe(Location::caller(), PipeHook::Concurrent(hook))
    }

    /// An `on(missed)` hook.
    #[track_caller]
    pub const fn missed(self, hook: MissedHook<H>) -> Item<H> {
        Item::Missed(Location::caller(), hook)
    }

    /// An `on(reconnecting)` hook.
    #[track_caller]
    pub const fn reconnecting(self, hook: ReconnectingHook<H>) -> Item<H> {
        Item::Reconnecting(Location::caller(), hook)
    }
}

/// Makes the future of a route or hook.
#[derive(Debug)]
pub struct Futures;

impl Futures {
    /// A route that runs in order: reads the data, calls the function and takes its reply, all of it inside of the future.
    ///
    /// A function with closures rather than a block in the generated code, because the compiler then looks into one future
    /// for each route and not into two: most of the time that it takes for a route goes there.
    pub fn in_order<'a, D, F: Future + Send + 'a>(
        self,
        extract: impl FnOnce() -> Result<D, Box<DecodeError>> + Send + 'a,
        call: impl FnOnce(D) -> F + Send + 'a,
        finish: impl FnOnce(Reply<F::Output>) -> Result<Answer, RouteError> + Send + 'a,
    ) -> RouteFuture<'a> {
        Box::pin(async move {
            // In its place at once: a function with large locals has a future that is large too, and each move of it takes
            // as much of the stack.
            let future = pin!(call(extract()?));
            finish(Reply::new(future.await))
        })
    }

    /// A hook, or a route that runs concurrently.
    ///
    /// It takes what makes the future: one that is passed by value takes its room on the stack once more.
    pub fn concurrent<'a, T, F: Future<Output = T> + Send + 'a>(
        self,
        future: impl FnOnce() -> F,
    ) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> {
        Box::pin(future())
    }
}

/// What is found for a type that is not a handler, and for one that can't be moved between threads.
pub trait NoHandler {
    /// See [`Entries::ITEMS`].
    const ITEMS: Nothing = Nothing;
    /// See [`Entries::REGISTER`].
    const REGISTER: Nothing = Nothing;
    /// See [`Entries::RUN`].
    const RUN: Nothing = Nothing;
}

impl<T> NoHandler for T {}

/// What stands for the items and entries of no handler: never made, as the compiler has refused it.
#[derive(Debug)]
pub struct Nothing;

inventory::collect!(Nothing);

impl Nothing {
    /// See [`Item::documented`].
    #[must_use]
    pub const fn documented(self, _: &str) -> Self {
        self
    }

    /// See [`Items::route_in_order`].
    pub const fn route_in_order<H>(
        self,
        _: &str,
        _: Shape,
        _: for<'a> fn(&'a mut H, &'a Message) -> RouteFuture<'a>,
    ) -> Self {
        self
    }

    /// See [`Items::route_concurrent`].
    pub const fn route_concurrent<C>(
        self,
        _: &str,
        _: Shape,
        _: fn(C, Message) -> RouteFuture<'static>,
    ) -> Self {
        self
    }

    /// See [`Items::around_in_order`].
    pub const fn around_in_order<H, N>(
        self,
        _: &str,
        _: &[Pattern],
        _: i32,
        _: for<'a> fn(&'a mut around::Message, &'a mut H, N) -> OutcomeFuture<'a>,
    ) -> Self {
        self
    }

    /// See [`Items::around_concurrent`].
    pub const fn around_concurrent<C, N>(
        self,
        _: &str,
        _: &[Pattern],
        _: i32,
        _: for<'a> fn(&'a mut around::Message, C, N) -> OutcomeFuture<'a>,
    ) -> Self {
        self
    }

    /// See [`Items::around_static`].
    pub const fn around_static(self, _: &str, _: &[Pattern], _: i32, _: fn()) -> Self {
        self
    }

    /// See [`Items::connect`].
    pub const fn connect<R>(
        self,
        _: for<'a> fn(&'a mut R) -> HookFuture<'a, Result<(), Refusal>>,
    ) -> Self {
        self
    }

    /// See [`Items::open_in_order`].
    pub const fn open_in_order<H>(self, _: for<'a> fn(&'a mut H) -> HookFuture<'a>) -> Self {
        self
    }

    /// See [`Items::open_concurrent`].
    pub const fn open_concurrent<C>(self, _: fn(C) -> HookFuture<'static>) -> Self {
        self
    }

    /// See [`Items::ready_in_order`].
    pub const fn ready_in_order<H>(self, _: for<'a> fn(&'a mut H) -> HookFuture<'a>) -> Self {
        self
    }

    /// See [`Items::ready_concurrent`].
    pub const fn ready_concurrent<C>(self, _: fn(C) -> HookFuture<'static>) -> Self {
        self
    }

    /// See [`Items::close`].
    pub const fn close<H>(self, _: for<'a> fn(&'a mut H, &'a Close) -> HookFuture<'a>) -> Self {
        self
    }

    /// See [`Items::failure`].
    pub const fn failure<H>(
        self,
        _: for<'a> fn(&'a mut H, &'a FailedRoute) -> HookFuture<'a>,
    ) -> Self {
        self
    }

    /// See [`Items::pipe_in_order`].
    pub const fn pipe_in_order<H, C>(
        self,
        _: for<'a> fn(&'a mut H, C, &'a Message) -> RouteFuture<'a>,
    ) -> Self {
        self
    }

    /// See [`Items::pipe_concurrent`].
    pub const fn pipe_concurrent<C, T>(self, _: fn(C, T, Message) -> RouteFuture<'static>) -> Self {
        self
    }

    /// See [`Items::missed`].
    pub const fn missed<H>(self, _: for<'a> fn(&'a mut H, u64) -> HookFuture<'a>) -> Self {
        self
    }

    /// See [`Items::reconnecting`].
    pub const fn reconnecting<C>(self, _: fn(ReconnectAttempt, C) -> HookFuture<'static>) -> Self {
        self
    }

    /// See [`Futures::in_order`].
    pub fn in_order<'a, D, F: Future>(
        self,
        _: impl FnOnce() -> Result<D, Box<DecodeError>>,
        _: impl FnOnce(D) -> F,
        _: impl FnOnce(Reply<F::Output>) -> Result<Answer, RouteError>,
    ) -> RouteFuture<'a> {
        unreachable!("the compiler refuses the handler")
    }

    /// See [`Futures::concurrent`].
    pub fn concurrent<'a, T, F: Future<Output = T>>(
        self,
        _: impl FnOnce() -> F,
    ) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> {
        unreachable!("the compiler refuses the handler")
    }

    /// What a handler's own type does with an item.
    pub const fn entry(self, item: Self) -> Self {
        item
    }
}
