//! What generated code asks the compiler about a route: does the protocol have it, do the types fit?
//!
//! Each question is a constant that an inherent implementation answers when its bounds hold; otherwise the constant of
//! the same name in [`No`] is found. No question has bounds that could fail, so that a wrong handler or route is one
//! error where it is named, and not one for each question.
//!
//! The functions turn a no into an error at compile time: a panic in a constant, which the compiler reports as one error
//! with this text, at the tokens that the call has as its span.

use std::{error::Error as StdError, marker::PhantomData};

use futures_util::Stream;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    declarations::{find, nearest},
    text::Text,
};
use crate::{
    error::Failure,
    route::{
        Declarable, DeclaredRoute, Declares, Endpoint, Incoming, Protocol, Raw, Side, StreamOf,
        Undeclared, protocol::Declaration,
    },
    value::Value,
};

/// The answer to a question that nothing else answers.
pub trait No {
    /// See [`Serves::FACTS`] and [`Declared::FACTS`].
    const FACTS: Facts = Facts::of::<Undeclared>();
    /// See [`Serves::SERVER`].
    const SERVER: bool = true;
    /// See [`Serves::CLIENT`].
    const CLIENT: bool = true;
    /// See [`Declared::NAME`].
    const NAME: &'static str = "";
    /// See [`Takes::EXACTLY`] and [`Returns::EXACTLY`].
    const EXACTLY: bool = false;
    /// See [`Takes::BORROWED`].
    const BORROWED: bool = false;
    /// See [`Takes::ANYTHING`].
    const ANYTHING: bool = false;
    /// See [`Readable::READABLE`].
    const READABLE: bool = false;
    /// See [`Returns::IN_RESULT`].
    const IN_RESULT: bool = false;
    /// See [`Writable::WRITABLE`].
    const WRITABLE: bool = false;
    /// See [`Writable::IS_RESULT`].
    const IS_RESULT: bool = false;
    /// See [`Writable::WRITABLE_OK`].
    const WRITABLE_OK: bool = false;
    /// See [`Writable::FAILURE`].
    const FAILURE: bool = false;
    /// See [`Writable::ERROR`].
    const ERROR: bool = false;
    /// See [`BelongsTo::YES`].
    const YES: bool = false;
    /// See [`Inside::THERE`](super::around::Inside::THERE).
    const THERE: bool = false;
    /// See [`Inside::CONCURRENT`](super::around::Inside::CONCURRENT).
    const CONCURRENT: bool = false;
    /// See [`Guard::WITH_HANDLER`](super::around::Guard::WITH_HANDLER).
    const WITH_HANDLER: bool = false;
    /// See [`Guard::WITH_CONNECTION`](super::around::Guard::WITH_CONNECTION).
    const WITH_CONNECTION: bool = false;
    /// See [`Ends::OUTCOME`](super::around::Ends::OUTCOME).
    const OUTCOME: bool = false;
    /// See [`Comes::STREAM`], [`Gives::STREAM`] and [`Returns::STREAM`].
    const STREAM: bool = false;
    /// See [`Gives::STREAM_IN_RESULT`] and [`Returns::STREAM_IN_RESULT`].
    const STREAM_IN_RESULT: bool = false;
    /// See [`Returns::RESULTS`].
    const RESULTS: bool = false;
    /// See [`Returns::RESULTS_IN_RESULT`].
    const RESULTS_IN_RESULT: bool = false;
}

impl<T> No for T {}

/// A handler, whether or not it can be moved between threads, so that no route of one that can't be says so.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "no handler",
    note = "a handler is a struct with `#[highway::server]` or `#[highway::client]` on it"
)]
pub trait IsHandler {
    /// It is.
    const YES: () = ();
}

/// What is known of a protocol.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    pub(super) name: &'static str,
    pub(super) routes: &'static [Declaration],
    pub(super) declared: bool,
}

impl Facts {
    const fn of<P: Protocol>() -> Self {
        Self {
            name: P::NAME,
            routes: P::ROUTES,
            declared: P::DECLARED,
        }
    }
}

/// Which protocol does the handler `H` serve?
#[derive(Debug)]
pub struct Serves<H>(PhantomData<H>);

impl<H: Endpoint> Serves<H> {
    /// This one.
    pub const FACTS: Facts = Facts::of::<H::Serves>();
    /// Whether it is a server's handler.
    pub const SERVER: bool = <H::Side as Side>::IS_SERVER;
    /// Whether it is a client's handler.
    pub const CLIENT: bool = !Self::SERVER;
}

/// A function for the route `R`, by its path.
#[derive(Debug)]
pub struct Declared<R>(PhantomData<R>);

impl<R: DeclaredRoute> Declared<R> {
    /// The route's protocol.
    pub const FACTS: Facts = Facts::of::<R::Protocol>();
    /// The route's name.
    pub const NAME: &'static str = R::NAME;
}

/// A function of the handler `H` for the route of its protocol with the name `N`.
#[derive(Debug)]
pub struct Named<H, N>(PhantomData<(H, N)>);

/// Does the handler `H` serve the protocol of the route `R`?
#[derive(Debug)]
pub struct BelongsTo<H, R>(PhantomData<(H, R)>);

impl<H: Endpoint, R: DeclaredRoute<Protocol = H::Serves>> BelongsTo<H, R> {
    /// It does.
    pub const YES: bool = true;
}

/// The route of a key, which is [`Named`] or [`Declared`].
pub trait RouteOf {
    /// The route.
    type Route: DeclaredRoute;
}

impl<H: Endpoint<Serves: Declares<N>>, N> RouteOf for Named<H, N> {
    type Route = <H::Serves as Declares<N>>::Route;
}

impl<R: DeclaredRoute> RouteOf for Declared<R> {
    type Route = R;
}

/// Asks whether a protocol may hold a `T`.
pub const fn declarable<T: Declarable>() {}

/// Does a function that takes a `T` fit the route `K`, which is [`Named`] or [`Declared`]?
#[derive(Debug)]
pub struct Takes<K, T>(PhantomData<(K, T)>);

impl<H: Endpoint<Serves: Declares<N, Route: DeclaredRoute<Data = T>>>, N, T> Takes<Named<H, N>, T> {
    /// It takes what was declared.
    pub const EXACTLY: bool = true;
}

impl<R: DeclaredRoute<Data = T>, T> Takes<Declared<R>, T> {
    /// It takes what was declared.
    pub const EXACTLY: bool = true;
}

impl<H: Endpoint<Serves: Declares<N, Route: DeclaredRoute<Data = D>>>, N, D, T: BorrowedFrom<D>>
    Takes<Named<H, N>, T>
{
    /// It takes a borrowed form of what was declared.
    pub const BORROWED: bool = true;
}

impl<R: DeclaredRoute, T: BorrowedFrom<R::Data>> Takes<Declared<R>, T> {
    /// It takes a borrowed form of what was declared.
    pub const BORROWED: bool = true;
}

impl<K> Takes<K, Value> {
    /// It takes anything.
    pub const ANYTHING: bool = true;
}

impl<K> Takes<K, Raw> {
    /// It takes anything.
    pub const ANYTHING: bool = true;
}

/// The borrowed forms in which a route's function may take its data.
pub trait BorrowedFrom<T> {}

impl BorrowedFrom<String> for &str {}
impl BorrowedFrom<bytes::Bytes> for &[u8] {}
impl BorrowedFrom<serde_bytes::ByteBuf> for &[u8] {}

/// Can a `T` be read from a message?
#[derive(Debug)]
pub struct Readable<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Readable<T> {
    /// It can be deserialised.
    pub const READABLE: bool = true;
}

impl<T: DeserializeOwned + 'static> Readable<Incoming<T>> {
    /// Its items can be deserialised.
    pub const READABLE: bool = true;
}

impl Readable<Raw> {
    /// It is taken as it is.
    pub const READABLE: bool = true;
}

/// Does a function that returns a `T` fit the route `K`, which is [`Named`] or [`Declared`]?
#[derive(Debug)]
pub struct Returns<K, T>(PhantomData<(K, T)>);

impl<H: Endpoint<Serves: Declares<N, Route: DeclaredRoute<Reply = T>>>, N, T>
    Returns<Named<H, N>, T>
{
    /// It returns what was declared.
    pub const EXACTLY: bool = true;
}

impl<R: DeclaredRoute<Reply = T>, T> Returns<Declared<R>, T> {
    /// It returns what was declared.
    pub const EXACTLY: bool = true;
}

impl<H: Endpoint<Serves: Declares<N, Route: DeclaredRoute<Reply = T>>>, N, T, E>
    Returns<Named<H, N>, Result<T, E>>
{
    /// It returns a `Result` of what was declared.
    pub const IN_RESULT: bool = true;
}

impl<R: DeclaredRoute<Reply = T>, T, E> Returns<Declared<R>, Result<T, E>> {
    /// It returns a `Result` of what was declared.
    pub const IN_RESULT: bool = true;
}

impl<H, N, S: Stream> Returns<Named<H, N>, S>
where
    H: Endpoint<Serves: Declares<N, Route: DeclaredRoute<Reply = StreamOf<S::Item>>>>,
{
    /// It returns a stream of what was declared.
    pub const STREAM: bool = true;
}

impl<R: DeclaredRoute<Reply = StreamOf<S::Item>>, S: Stream> Returns<Declared<R>, S> {
    /// It returns a stream of what was declared.
    pub const STREAM: bool = true;
}

impl<H, N, S: Stream, E> Returns<Named<H, N>, Result<S, E>>
where
    H: Endpoint<Serves: Declares<N, Route: DeclaredRoute<Reply = StreamOf<S::Item>>>>,
{
    /// It returns a `Result` of such a stream.
    pub const STREAM_IN_RESULT: bool = true;
}

impl<R: DeclaredRoute<Reply = StreamOf<S::Item>>, S: Stream, E> Returns<Declared<R>, Result<S, E>> {
    /// It returns a `Result` of such a stream.
    pub const STREAM_IN_RESULT: bool = true;
}

impl<H, N, S: Stream<Item = Result<T, E>>, T, E> Returns<Named<H, N>, S>
where
    H: Endpoint<Serves: Declares<N, Route: DeclaredRoute<Reply = StreamOf<T>>>>,
{
    /// It returns a stream of results of what was declared.
    pub const RESULTS: bool = true;
}

impl<R: DeclaredRoute<Reply = StreamOf<T>>, S: Stream<Item = Result<T, E>>, T, E>
    Returns<Declared<R>, S>
{
    /// It returns a stream of results of what was declared.
    pub const RESULTS: bool = true;
}

impl<H, N, S: Stream<Item = Result<T, E>>, T, E, F> Returns<Named<H, N>, Result<S, F>>
where
    H: Endpoint<Serves: Declares<N, Route: DeclaredRoute<Reply = StreamOf<T>>>>,
{
    /// It returns a `Result` of such a stream.
    pub const RESULTS_IN_RESULT: bool = true;
}

impl<R: DeclaredRoute<Reply = StreamOf<T>>, S: Stream<Item = Result<T, E>>, T, E, F>
    Returns<Declared<R>, Result<S, F>>
{
    /// It returns a `Result` of such a stream.
    pub const RESULTS_IN_RESULT: bool = true;
}

/// Does data of type `T` come as items?
#[derive(Debug)]
pub struct Comes<T>(PhantomData<T>);

impl<T> Comes<Incoming<T>> {
    /// It does.
    pub const STREAM: bool = true;
}

/// Does a function that returns a `T` give items, and can they be written?
#[derive(Debug)]
pub struct Gives<T>(PhantomData<T>);

impl<S: Stream> Gives<S> {
    /// It gives a stream.
    pub const STREAM: bool = true;
}

impl<S: Stream, E> Gives<Result<S, E>> {
    /// It gives a `Result` of a stream.
    pub const STREAM_IN_RESULT: bool = true;
}

impl<S: Stream<Item: Serialize>> Gives<S> {
    /// Its items can be serialised.
    pub const WRITABLE: bool = true;
}

impl<S: Stream<Item: Serialize>, E> Gives<Result<S, E>> {
    /// Its items can be serialised.
    pub const WRITABLE_OK: bool = true;
}

impl<S: Stream<Item = Result<T, E>>, T: Serialize, E: Into<Failure>> Gives<S> {
    /// Its items are results of what can be serialised.
    pub const RESULTS: bool = true;
}

impl<S: Stream<Item = Result<T, E>>, T: Serialize, E: Into<Failure>, F> Gives<Result<S, F>> {
    /// Its items are results of what can be serialised.
    pub const RESULTS_IN_RESULT: bool = true;
}

/// Can a `T` be given back?
#[derive(Debug)]
pub struct Writable<T>(PhantomData<T>);

impl<T: Serialize> Writable<T> {
    /// It can be serialised.
    pub const WRITABLE: bool = true;
}

impl<T, E> Writable<Result<T, E>> {
    /// It is a `Result`.
    pub const IS_RESULT: bool = true;
}

impl<T: Serialize, E> Writable<Result<T, E>> {
    /// It is a `Result` of what can be serialised.
    pub const WRITABLE_OK: bool = true;
}

impl<T, E: Into<Failure>> Writable<Result<T, E>> {
    /// It is a `Result` whose error is or becomes a failure.
    pub const FAILURE: bool = true;
}

impl<T, E: Into<Box<dyn StdError + Send + Sync>>> Writable<Result<T, E>> {
    /// It is a `Result` whose error can be boxed.
    pub const ERROR: bool = true;
}

/// Refuses a name that the protocol which is served does not have.
#[track_caller]
pub const fn name(serves: Facts, name: &str) {
    if !serves.declared || find(serves.routes, name).is_some() {
        return;
    }
    let mut text = Text::new("protocol `");
    text.push(serves.name).push("` has no route `").push(name);
    if let Some(nearest) = nearest(serves.routes, name) {
        text.push("`; did you mean `").push(nearest).push("`?");
    } else {
        text.push("`");
        routes(&mut text, serves);
    }
    text.panic();
}

/// Appends the routes that there are.
pub(super) const fn routes(text: &mut Text, serves: Facts) {
    let mut at = 0;
    while at < serves.routes.len() {
        text.push(match at {
            0 => "; its routes are `",
            _ if at + 1 == serves.routes.len() => " and `",
            _ => ", `",
        });
        text.push(serves.routes[at].name).push("`");
        at += 1;
    }
}

/// Refuses a declared route of another protocol than the one which is served.
#[track_caller]
pub const fn protocol(serves: Facts, handler: &str, protocol: Facts, route: &str, belongs: bool) {
    if belongs || !serves.declared || !protocol.declared {
        return;
    }
    let mut text = Text::new("route `");
    text.push(route).push("` belongs to protocol `");
    text.push(protocol.name).push("`, but `").push(handler);
    text.push("` serves `").push(serves.name).push("`");
    text.panic();
}

/// Refuses data of another type than the protocol has for the route, and data that can't be deserialised.
///
/// `found` is the type as written, empty when the function takes no data.
#[track_caller]
pub const fn data(protocol: Facts, route: &str, found: &str, fits: bool, readable: bool) {
    if protocol.declared && !fits {
        // A route that isn't there is refused by its name.
        let Some(declaration) = find(protocol.routes, route) else {
            return;
        };
        let mut text = Text::new("route `");
        text.push(route).push("` of protocol `").push(protocol.name);
        text.push("` takes ").push_type(declaration.data);
        text.push(", not ").push_type(found);
        text.panic();
    }
    // A declared type that can't be is refused where it is declared.
    if !readable && !protocol.declared {
        let mut text = Text::new("the data of route `");
        text.push(route).push("`, ").push_type(found);
        text.push(", can't be deserialised: derive `serde::Deserialize` for its types");
        text.panic();
    }
}

/// Refuses a hook on the other side than the one that it is for.
#[track_caller]
const fn side(handler: &str, fits: bool, start: &str, other: &str) {
    if !fits {
        let mut text = Text::new(start);
        text.push(handler).push("` is a ").push(other);
        text.push("'s handler");
        text.panic();
    }
}

/// Refuses an `on(connect)` hook on the side that connects.
#[track_caller]
pub const fn connect(handler: &str, server: bool) {
    let start = "`on(connect)` is for servers, which can refuse a request; `";
    side(handler, server, start, "client");
}

/// Refuses an `on(missed)` hook on the side that sends to many.
#[track_caller]
pub const fn missed(handler: &str, client: bool) {
    let start = "`on(missed)` is for clients, which learn how many broadcasts they missed; `";
    side(handler, client, start, "server");
}

/// What stands for the name of a route where a handler has an `on(pipe)` hook, so that a second one is a conflict.
#[derive(Debug)]
pub enum OnPipe {}

/// Refuses an `on(pipe)` hook on the side that connects.
#[track_caller]
pub const fn pipe(handler: &str, server: bool) {
    let start = "`on(pipe)` is for servers, which say who may reach whom; `";
    side(handler, server, start, "client");
}

/// Refuses an `on(reconnecting)` hook on the side that listens.
#[track_caller]
pub const fn reconnecting(handler: &str, client: bool) {
    let start = "`on(reconnecting)` is for clients, which connect again; `";
    side(handler, client, start, "server");
}

/// Refuses a reply of another type than the protocol has for the route, one that can't be serialised, and an error
/// that is none.
///
/// `found` is the type as written, empty when the function gives nothing back; `error` is whether an error, if it can
/// give one back, is one.
#[track_caller]
pub const fn reply(
    protocol: Facts,
    route: &str,
    found: &str,
    fits: bool,
    writable: bool,
    error: bool,
) {
    if protocol.declared && !fits {
        let Some(declaration) = find(protocol.routes, route) else {
            return;
        };
        let mut text = Text::new("route `");
        text.push(route).push("` of protocol `").push(protocol.name);
        text.push("` returns ").push_type(declaration.reply);
        text.push(", not ").push_type(found);
        text.panic();
    }
    if !error {
        let mut text = Text::new("the error of route `");
        text.push(route);
        text.push("` has to implement `std::error::Error` or `Into<highway::Failure>`");
        text.panic();
    }
    // A declared type that can't be is refused where it is declared.
    if !writable && !protocol.declared {
        let mut text = Text::new("the reply of route `");
        text.push(route).push("`, ").push_type(found);
        text.push(", can't be serialised: derive `serde::Serialize` for its types");
        text.panic();
    }
}

/// Refuses what an `on(pipe)` hook returns when it can't be serialised, and an error that is none.
#[track_caller]
pub const fn introduction(found: &str, writable: bool, error: bool) {
    if !error {
        Text::new("the error of an `on(pipe)` hook has to implement `std::error::Error` or `Into<highway::Failure>`")
            .panic();
    }
    if !writable {
        let mut text = Text::new("what the client that is reached learns, ");
        text.push_type(found);
        text.push(", can't be serialised: derive `serde::Serialize` for its types");
        text.panic();
    }
}
