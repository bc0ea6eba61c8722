//! The hooks of a handler.

use std::pin::Pin;

use super::{Refusal, Request};
use crate::{
    connection::{Connection, ReconnectAttempt},
    error::Failure,
    route::{Endpoint, FailedRoute, Message, RouteFuture},
    wire::Close,
};

/// A hook that runs.
pub type HookFuture<'a, T = Result<(), Failure>> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How an `on(open)` or `on(ready)` hook runs.
pub enum RunHook<H: Endpoint> {
    /// With `&mut` of the handler, or without a handler: before any route.
    InOrder(for<'a> fn(&'a mut H) -> HookFuture<'a>),
    /// With the [`Connection`] by value: concurrently with the routes.
    Concurrent(fn(Connection<H>) -> HookFuture<'static>),
}

/// An `on(pipe)` hook with `&mut` of the handler of the client that opens the pipe, or without a handler: one after the other with the
/// routes.
pub(super) type PipeInOrder<H> =
    for<'a> fn(&'a mut H, Connection<H>, &'a Message) -> RouteFuture<'a>;

/// An `on(pipe)` hook with its [`Connection`] by value: concurrently with the routes.
pub(super) type PipeConcurrent<H> =
    fn(Connection<H>, Connection<H>, Message) -> RouteFuture<'static>;

/// How an `on(pipe)` hook runs.
pub enum PipeHook<H: Endpoint> {
    /// One after the other with the routes.
    InOrder(PipeInOrder<H>),
    /// Concurrently with the routes.
    Concurrent(PipeConcurrent<H>),
}

/// An `on(connect)` hook.
pub type ConnectHook<H> = for<'a> fn(&'a mut Request<H>) -> HookFuture<'a, Result<(), Refusal>>;

/// An `on(close)` hook.
pub type CloseHook<H> = for<'a> fn(&'a mut H, &'a Close) -> HookFuture<'a>;

/// An `on(failure)` hook.
pub type FailureHook<H> = for<'a> fn(&'a mut H, &'a FailedRoute) -> HookFuture<'a>;

/// An `on(missed)` hook.
pub type MissedHook<H> = for<'a> fn(&'a mut H, u64) -> HookFuture<'a>;

/// An `on(reconnecting)` hook.
pub type ReconnectingHook<H> = fn(ReconnectAttempt, Connection<H>) -> HookFuture<'static>;
