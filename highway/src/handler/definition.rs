//! What `#[highway::server]` and `#[highway::client]` make of a struct.

use std::ops::DerefMut;

use super::{Entry, Registry};
use crate::{
    connection::Connection,
    contract::Contract,
    description::{Description, ServedRoute},
    limits::Limits,
    link::PipeEnd,
    metrics::{self, Meter},
    proto::handshake::LocalTable,
    route::{ClientSide, Endpoint, Message, Protocol, Side},
    trace::Propagation,
};

/// The struct behind one connection, implemented by `#[highway::server]` and `#[highway::client]` only.
///
/// Its fields are the connection's own state; it dereferences to its [`Connection`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "no handler",
    note = "a handler is a struct with `#[highway::server]` or `#[highway::client]` on it"
)]
pub trait Handler: Endpoint + DerefMut<Target = Connection<Self>> + Send {
    /// What its routes and hooks are collected as: a type of its own, so that two handlers never mix.
    #[doc(hidden)]
    type Entry: Entry<Self>;
    /// What makes such an entry of an item, in a constant, where no trait's function can be called: its own does.
    #[doc(hidden)]
    type Register;
    /// The only value that is needed.
    #[doc(hidden)]
    const REGISTER: Self::Register;

    /// The state behind a new connection.
    #[doc(hidden)]
    fn new(connection: Connection<Self>) -> Self;

    /// Its routes and hooks.
    #[doc(hidden)]
    fn registry() -> &'static Registry<Self>;

    /// Makes the registry, and that of the handler of its pipes.
    #[doc(hidden)]
    fn check() {
        Self::registry();
    }

    /// What it tells of its declared routes.
    #[doc(hidden)]
    fn contract() -> &'static Contract;

    /// What takes the pipes to it, if it takes any.
    #[doc(hidden)]
    const TAKE_PIPE: Option<TakePipe<Self>> = None;
}

/// Sets fields of a handler that was just made, before its `on(open)` hooks.
pub(crate) type Fill<H> = Box<dyn FnOnce(&mut H) + Send>;

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

/// The description of a handler whose connections have these limits.
pub(crate) fn describe_with<H: Handler>(limits: &Limits) -> Description {
    let served = H::registry().routes().iter().map(|route| ServedRoute {
        name: route.name,
        docs: route.docs,
        file: route.location.file(),
        line: route.location.line(),
        around: route.around.to_vec(),
    });
    let mut description = Description::of::<H>(&served.collect::<Vec<_>>(), limits);
    description.pipes = H::registry().pipe.is_some() || H::TAKE_PIPE.is_some();
    description
}

/// The description of a handler.
pub fn describe<H: Handler>() -> Description {
    describe_with::<H>(&Limits::default())
}

/// The contract of a handler.
pub fn contract<H: Handler>() -> Contract {
    let routes = H::registry().routes().iter();
    Contract::new::<H::Serves, H::Peer>(routes.map(|route| route.name))
}

/// Where a handler's side is counted.
pub(crate) fn meter<H: Handler>() -> Meter {
    let side = if H::Side::IS_SERVER {
        metrics::Side::Server
    } else {
        metrics::Side::Client
    };
    let served = H::registry().routes().iter().map(|route| route.name);
    let peer = H::Peer::types().iter().map(|route| route.name);
    Meter::new(H::NAME, side, served, peer)
}

/// The table in which a handler's routes are told.
pub(crate) fn local_table<H: Handler>(propagation: &Propagation) -> LocalTable {
    let routes = H::registry().routes().iter();
    let (table, contract) = (
        LocalTable::new(routes.map(|route| route.name)),
        H::contract(),
    );
    if propagation.is_given() {
        table
            .with_contract(contract.payload_with_traceparent())
            .reading_traceparents()
    } else {
        table.with_contract(contract.payload())
    }
}
