//! How generated code takes what functions around routes return, finds how statics go around routes, and asks whether the routes are there.

#![expect(clippy::mut_mut, reason = "that is how many it takes")]

use std::{error::Error as StdError, fmt, marker::PhantomData};

use super::{
    check::{self, Facts},
    text::Text,
};
use crate::{
    around::{Around, AroundIn, Outcome, RunAround},
    connection::Connection,
    error::Failure,
    route::{AroundWithHandlerNeedsRoutesWithHandler, Endpoint, OneFunctionPerRoute},
};

/// What a function around routes returned, until it is taken out. As of a [`Reply`](super::Reply), the number of references decides how.
#[derive(Debug)]
pub struct Ended<T>(Option<T>);

impl<T> Ended<T> {
    /// Generated code's way in.
    pub const fn new(value: T) -> Self {
        Self(Some(value))
    }
}

fn missing() -> Outcome {
    Failure::new("nothing came of it").into()
}

/// An outcome.
pub trait EndedOutcome {
    /// The outcome.
    fn __highway_outcome(self) -> Outcome;
}

impl EndedOutcome for &mut &mut &mut Ended<Outcome> {
    fn __highway_outcome(self) -> Outcome {
        self.0.take().unwrap_or_else(missing)
    }
}

/// A `Result` of one, whose error is or becomes a [`Failure`].
pub trait EndedOrFailure {
    /// The outcome.
    fn __highway_outcome(self) -> Outcome;
}

impl<E: Into<Failure>> EndedOrFailure for &mut &mut Ended<Result<Outcome, E>> {
    fn __highway_outcome(self) -> Outcome {
        match self.0.take() {
            Some(Ok(outcome)) => outcome,
            Some(Err(error)) => Outcome::from(error.into()),
            None => missing(),
        }
    }
}

/// A `Result` of one, whose error can be boxed.
pub trait EndedOrError {
    /// The outcome.
    fn __highway_outcome(self) -> Outcome;
}

impl<E: Into<Box<dyn StdError + Send + Sync>>> EndedOrError for &mut Ended<Result<Outcome, E>> {
    fn __highway_outcome(self) -> Outcome {
        match self.0.take() {
            Some(Ok(outcome)) => outcome,
            Some(Err(error)) => Failure::from_boxed(error.into()).into(),
            None => missing(),
        }
    }
}

/// Everything else: [`outcome`] has refused it, and this keeps it at that one error.
pub trait EndedRefused {
    /// Never runs.
    fn __highway_outcome(&self) -> Outcome;
}

impl<T> EndedRefused for Ended<T> {
    fn __highway_outcome(&self) -> Outcome {
        unreachable!("the compiler refuses a function that returns something else")
    }
}

/// How a static of type `A` goes around the routes of `H`.
pub struct Guard<A, H>(PhantomData<fn() -> (A, H)>);

impl<A, H> fmt::Debug for Guard<A, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}

impl<A, H> Clone for Guard<A, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, H> Copy for Guard<A, H> {}

impl<A, H> Guard<A, H> {
    /// Generated code's way in.
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<A: Around<H>, H: Endpoint + Send> Guard<A, H> {
    /// It goes around routes that run in order.
    pub const WITH_HANDLER: bool = true;
}

impl<A: Around<Connection<H>>, H: Endpoint + Send> Guard<A, H> {
    /// It goes around any route.
    pub const WITH_CONNECTION: bool = true;
}

/// With the connection, which fits around all routes.
pub trait GuardConcurrent<A: 'static, H: Endpoint + Send> {
    /// How it runs.
    fn __highway_around(self, around: &'static A) -> RunAround<H>;
}

impl<A: Around<Connection<H>> + 'static, H: Endpoint + Send> GuardConcurrent<A, H>
    for &&Guard<A, H>
{
    fn __highway_around(self, around: &'static A) -> RunAround<H> {
        RunAround::Concurrent(AroundIn::Static(around))
    }
}

/// With the handler.
pub trait GuardInOrder<A: 'static, H: Endpoint + Send> {
    /// How it runs.
    fn __highway_around(self, around: &'static A) -> RunAround<H>;
}

impl<A: Around<H> + 'static, H: Endpoint + Send> GuardInOrder<A, H> for &Guard<A, H> {
    fn __highway_around(self, around: &'static A) -> RunAround<H> {
        RunAround::InOrder(AroundIn::Static(around))
    }
}

/// Neither: [`fits`] has refused it, and this keeps it at that one error.
pub trait GuardRefused<A> {
    /// Never runs.
    fn __highway_around<R>(self, around: &A) -> R;
}

impl<A, H> GuardRefused<A> for Guard<A, H> {
    fn __highway_around<R>(self, _: &A) -> R {
        unreachable!("the compiler refuses a static that is not `Around` the handler's routes")
    }
}

/// Refuses a static that can't be around routes.
#[track_caller]
pub const fn fits(found: &str, handler: &str, fits: bool) {
    if !fits {
        let mut text = Text::new("`");
        text.push(found)
            .push("` implements neither `highway::Around<")
            .push(handler)
            .push(">` nor `highway::Around<Connection<")
            .push(handler)
            .push(">>`, so that it can't be around the routes of `")
            .push(handler)
            .push("`");
        text.panic();
    }
}

/// The route of the handler `H` with the name `N`, which something is around.
#[derive(Debug)]
pub struct Inside<H, N>(PhantomData<(H, N)>);

impl<H: OneFunctionPerRoute<N>, N> Inside<H, N> {
    /// There is a function for it.
    pub const THERE: bool = true;
}

impl<H: AroundWithHandlerNeedsRoutesWithHandler<N>, N> Inside<H, N> {
    /// It takes the connection.
    pub const CONCURRENT: bool = true;
}

/// What a function around routes returns.
#[derive(Debug)]
pub struct Ends<T>(PhantomData<T>);

impl Ends<Outcome> {
    /// It is one.
    pub const OUTCOME: bool = true;
}

impl<E> Ends<Result<Outcome, E>> {
    /// It is a `Result` of one.
    pub const OUTCOME: bool = true;
}

/// Refuses what is no outcome, and an error that is none.
#[track_caller]
pub const fn outcome(found: &str, outcome: bool, error: bool) {
    if !outcome {
        let mut text = Text::new(
            "a function around routes returns `highway::Outcome`, or a `Result` of it, not ",
        );
        text.push_type(found).panic();
    }
    if !error {
        Text::new(
            "the error of a function around routes has to implement `std::error::Error` or `Into<highway::Failure>`",
        )
        .panic();
    }
}

/// Refuses a name that no route has; where a protocol is served, [`check::name`] does. Of a path that leads to no route that is said.
#[track_caller]
pub const fn there(handler: &str, serves: Facts, name: &str, there: bool) {
    if name.is_empty() {
        return;
    }
    check::name(serves, name);
    if there || serves.declared {
        return;
    }
    let mut text = Text::new("`");
    text.push(handler).push("` has no route `");
    text.push(name)
        .push("` that this could be around: no function of it has `#[highway::route(\"")
        .push(name)
        .push("\")]`");
    text.panic();
}

/// Refuses to be around an `on(pipe)` hook where there is none.
#[track_caller]
pub const fn pipe(handler: &str, server: bool, there: bool) {
    check::pipe(handler, server);
    if !there {
        let mut text = Text::new("`");
        text.push(handler)
            .push("` has no `on(pipe)` hook that this could be around");
        text.panic();
    }
}

/// Refuses the beginning of a name that no route of the protocol has; without a protocol, the start does.
#[track_caller]
pub const fn prefix(serves: Facts, prefix: &str) {
    if !serves.declared {
        return;
    }
    let mut at = 0;
    while at < serves.routes.len() {
        if starts_with(serves.routes[at].name.as_bytes(), prefix.as_bytes()) {
            return;
        }
        at += 1;
    }
    let mut text = Text::new("protocol `");
    text.push(serves.name)
        .push("` has no route whose name begins with `")
        .push(prefix)
        .push("`");
    check::routes(&mut text, serves);
    text.panic();
}

const fn starts_with(name: &[u8], prefix: &[u8]) -> bool {
    if name.len() < prefix.len() {
        return false;
    }
    let mut at = 0;
    while at < prefix.len() {
        if name[at] != prefix[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Refuses to take the handler around a route that takes the connection.
#[track_caller]
pub const fn in_order(handler: &str, route: &str, concurrent: bool) {
    if concurrent {
        let mut text = Text::new(route);
        text.push(" takes `Connection<").push(handler);
        text.push(">` and runs concurrently, when the handler is not free: take `Connection<");
        text.push(handler).push(">` here too");
        text.panic();
    }
}
