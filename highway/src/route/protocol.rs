//! Declared routes: what both sides know of a route at compile time.

/// A module under `#[highway::protocol]`, as a type: `chat::server::Protocol`.
pub trait Protocol: 'static {
    /// The module's name.
    const NAME: &'static str;
    /// Its routes, in the order of declaration.
    const ROUTES: &'static [Declaration];
}

/// What a protocol says of one of its routes.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// The name on the wire.
    pub name: &'static str,
    /// The name in the module.
    pub function: &'static str,
    /// The type of the data, as written.
    pub data: &'static str,
    /// The type of the reply, as written.
    pub reply: &'static str,
}

/// The protocol of a handler that declares none: every name goes, with any data.
#[derive(Debug)]
pub enum Undeclared {}

impl Protocol for Undeclared {
    const NAME: &'static str = "";
    const ROUTES: &'static [Declaration] = &[];
}

/// A route of a protocol: the unit struct that `#[highway::protocol]` makes of a function.
pub trait DeclaredRoute: Copy + Send + Sync + 'static {
    /// The protocol that it belongs to.
    type Protocol: Protocol;
    /// What is sent to it.
    type Data;
    /// What a call of it gives back.
    type Reply;
    /// The name on the wire.
    const NAME: &'static str;
}
