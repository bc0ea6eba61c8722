//! The two forms in which a function around routes takes the handler.

use std::{future::Future, pin::Pin};

use super::{
    Around, Message, Next, Outcome,
    next::{HeldHandler, InOrder},
};
use crate::{connection::Connection, route::Endpoint};

/// The form in which a function [around](macro@crate::around) routes, or a type that is [`Around`](super::Around) them, takes the
/// handler:
///
/// - a handler such as `Chat`, for `&mut Chat`: around routes that run in order, which take `&mut Chat` themselves or no handler;
/// - `Connection<Chat>`, for that by value: around any route.
///
/// Nothing else implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "no handler",
    note = "a handler is a struct with `#[highway::server]` or `#[highway::client]` on it"
)]
pub trait Form: sealed::Form + 'static {
    /// What is taken.
    type Argument<'a>: Send;

    /// What [`Next`] has.
    #[doc(hidden)]
    type Rest<'a>: Send;
}

mod sealed {
    pub trait Form {}
}

impl<H: Endpoint + Send> sealed::Form for H {}
impl<H: Endpoint> sealed::Form for Connection<H> {}

impl<H: Endpoint + Send> Form for H {
    type Argument<'a> = &'a mut H;
    type Rest<'a> = InOrder<H>;
}

impl<H: Endpoint + Send> Form for Connection<H> {
    type Argument<'a> = Self;
    type Rest<'a> = HeldHandler<'a, H>;
}

/// Something around routes that runs.
pub type OutcomeFuture<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// A function around routes with `&mut` of the handler.
pub type AroundInOrder<H> =
    for<'a> fn(&'a mut Message, &'a mut H, Next<'a, H>) -> OutcomeFuture<'a>;

/// A function around routes with the [`Connection`] by value.
pub type AroundConcurrent<H> =
    for<'a> fn(&'a mut Message, Connection<H>, Next<'a, Connection<H>>) -> OutcomeFuture<'a>;

/// Something around routes, which takes the handler in a form.
pub enum AroundIn<F, T: Form> {
    /// A function.
    Function(F),
    /// A static.
    Static(&'static dyn AnyAround<T>),
}

/// A type that is around routes, whichever it is.
pub trait AnyAround<T: Form>: Sync {
    /// Begins to run.
    fn run<'a>(
        &'a self,
        message: &'a mut Message,
        handler: T::Argument<'a>,
        next: Next<'a, T>,
    ) -> OutcomeFuture<'a>;
}

impl<T: Form, A: Around<T>> AnyAround<T> for A {
    fn run<'a>(
        &'a self,
        message: &'a mut Message,
        handler: T::Argument<'a>,
        next: Next<'a, T>,
    ) -> OutcomeFuture<'a> {
        // Whatever of it panics does so as it runs.
        Box::pin(async move { self.around(message, handler, next).await })
    }
}

impl<H: Endpoint + Send> AroundIn<AroundInOrder<H>, H> {
    /// Begins to run.
    pub(super) fn run<'a>(
        &self,
        message: &'a mut Message,
        handler: &'a mut H,
        next: Next<'a, H>,
    ) -> OutcomeFuture<'a> {
        match self {
            Self::Function(function) => function(message, handler, next),
            Self::Static(around) => around.run(message, handler, next),
        }
    }
}

impl<H: Endpoint + Send> AroundIn<AroundConcurrent<H>, Connection<H>> {
    /// Begins to run.
    pub(super) fn run<'a>(
        &self,
        message: &'a mut Message,
        connection: Connection<H>,
        next: Next<'a, Connection<H>>,
    ) -> OutcomeFuture<'a> {
        match self {
            Self::Function(function) => function(message, connection, next),
            Self::Static(around) => around.run(message, connection, next),
        }
    }
}

/// How something around routes runs.
pub enum RunAround<H: Endpoint + Send> {
    /// With `&mut` of the handler: around routes that run in order.
    InOrder(AroundIn<AroundInOrder<H>, H>),
    /// With the [`Connection`] by value: around any route.
    Concurrent(AroundIn<AroundConcurrent<H>, Connection<H>>),
}
