//! What `#[highway::server]` and `#[highway::client]` make of a struct.

use std::ops::DerefMut;

use super::{Entry, Message, Protocol, Registry};
use crate::{
    connection::{Connection, PipeEnd},
    contract::Contract,
};

/// The side of a connection that a handler is for: [`ServerSide`] or [`ClientSide`].
pub trait Side: sealed::Sealed + 'static {
    /// Whether it is the server's side.
    const IS_SERVER: bool;
}

/// The side that listens.
#[derive(Debug)]
pub enum ServerSide {}

/// The side that connects.
#[derive(Debug)]
pub enum ClientSide {}

impl Side for ServerSide {
    const IS_SERVER: bool = true;
}

impl Side for ClientSide {
    const IS_SERVER: bool = false;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::ServerSide {}
    impl Sealed for super::ClientSide {}
}

/// The struct behind one connection, implemented by `#[highway::server]` and `#[highway::client]` only.
///
/// Its fields are the connection's own state; it dereferences to its [`Connection`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handler",
    label = "no handler",
    note = "a handler is a struct with `#[highway::server]` or `#[highway::client]` on it"
)]
pub trait Handler: DerefMut<Target = Connection<Self>> + Sized + Send + 'static {
    /// The side of the connection that it is for.
    type Side: Side;
    /// What all its connections share; `()` unless the attribute has `state = …`.
    type State: Send + Sync + 'static;
    /// The protocol whose routes it serves; [`Undeclared`](super::Undeclared) unless the attribute has `serves = …`.
    type Serves: Protocol;
    /// The protocol whose routes its peer serves; [`Undeclared`](super::Undeclared) unless the attribute has `peer = …`.
    type Peer: Protocol;
    /// What its routes and hooks are collected as: a type of its own, so that two handlers never mix.
    #[doc(hidden)]
    type Entry: Entry<Self>;
    /// What makes such an entry of an item, in a constant, where no trait's function can be called: its own does.
    #[doc(hidden)]
    type Register;
    /// The only value that is needed.
    #[doc(hidden)]
    const REGISTER: Self::Register;

    /// The struct's name.
    const NAME: &'static str;

    /// The state behind a new connection.
    #[doc(hidden)]
    fn new(connection: Connection<Self>) -> Self;

    /// Its routes and hooks.
    #[doc(hidden)]
    fn registry() -> &'static Registry<Self>;

    /// What it tells of its declared routes.
    #[doc(hidden)]
    fn contract() -> &'static Contract;

    /// What takes the pipes to it, if it takes any.
    #[doc(hidden)]
    const TAKE_PIPE: Option<TakePipe<Self>> = None;
}

/// Takes a pipe to a client, which the server has let the rest know of the other.
#[doc(hidden)]
pub type TakePipe<H> = fn(&Connection<H>, PipeEnd, Message);

/// A client that opens and takes pipes to other clients: `#[highway::client(pipe = Friend)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` opens and takes no pipes",
    label = "has no handler for pipes",
    note = "say `#[highway::client(pipe = …)]`, with the handler of the connection to the other client"
)]
pub trait Pipes: Handler<Side = ClientSide> {
    /// The handler of the connections over pipes.
    type Handler: Handler<Side = ClientSide, State = Self::State>;
}
