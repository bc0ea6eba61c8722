//! What routes and connections have to know of a handler: types.

use super::Protocol;

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

/// The types of one side of a connection, which `#[highway::server]` and `#[highway::client]` make of a struct: what a
/// [`Connection`](crate::Connection) is generic over. Each is a [`Handler`](crate::Handler) as well.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "no handler",
    note = "a handler is a struct with `#[highway::server]` or `#[highway::client]` on it"
)]
pub trait Endpoint: Sized + 'static {
    /// The side of the connection that it is for.
    type Side: Side;
    /// What all its connections share; `()` unless the attribute has `state = …`.
    type State: Send + Sync + 'static;
    /// The protocol whose routes it serves; [`Undeclared`](super::Undeclared) unless the attribute has `serves = …`.
    type Serves: Protocol;
    /// The protocol whose routes its peer serves; [`Undeclared`](super::Undeclared) unless the attribute has `peer = …`.
    type Peer: Protocol;

    /// The struct's name.
    const NAME: &'static str;
}
