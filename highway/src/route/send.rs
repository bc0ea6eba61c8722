//! What messages can be sent to, and with what.

use bytes::Bytes;
use serde::Serialize;

use super::Undeclared;
use crate::{
    payload::{self, EncodeError},
    wire::Dialect,
};

/// A route of the peer's protocol `P` that takes a `D`: a name, or a declared route with its own data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a route of the peer's protocol",
    label = "not in the protocol of the handler's `peer = …`",
    note = "declared routes can be sent to once the attribute of the handler names their protocol, such as \
            `#[highway::server(peer = client)]`, and then only those; `highway::unchecked(\"name\")` sends to a name that \
            the compiler doesn't know"
)]
pub trait RouteTo<P, D> {
    /// The name on the wire.
    fn name(&self) -> &str;

    /// Appends the payload to `out` and returns its type code.
    ///
    /// # Errors
    /// When the dialect can't carry the data.
    fn encode(&self, data: &D, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError>;
}

/// Data that a route gets by its name.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be sent: it is not serialisable",
    label = "the data can't be serialised",
    note = "each type of your own in it derives `serde::Serialize`",
    note = "a stream is the data of a call: `call(\"sum\", highway::Outgoing(numbers))`"
)]
pub trait Sendable {
    /// As [`RouteTo::encode`].
    ///
    /// # Errors
    /// When the dialect can't carry the data.
    fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError>;
}

#[diagnostic::do_not_recommend]
impl<D: Serialize> Sendable for D {
    fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError> {
        payload::encode(dialect, self, out)
    }
}

impl<D: Sendable> RouteTo<Undeclared, D> for &str {
    fn name(&self) -> &str {
        self
    }

    fn encode(&self, data: &D, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError> {
        data.encode(dialect, out)
    }
}

impl<D: Sendable> RouteTo<Undeclared, D> for &String {
    fn name(&self) -> &str {
        self
    }

    fn encode(&self, data: &D, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError> {
        data.encode(dialect, out)
    }
}

/// A route by its name, whatever the peer's protocol says; made by [`unchecked`].
#[derive(Debug, Clone, Copy)]
pub struct Unchecked<'a>(&'a str);

/// A route by its name, where the handler's `peer = …` would refuse plain text.
///
/// The name is looked up in what the peer told in the meta exchange, like that of an undeclared route.
///
/// ```
/// # #[highway::protocol]
/// # mod server { pub async fn say(text: String); }
/// # #[highway::client(peer = server)]
/// # struct Me;
/// # async fn example(me: &Me) -> highway::Result {
/// me.send(highway::unchecked("debug"), "on").await
/// # }
/// ```
pub fn unchecked(name: &str) -> Unchecked<'_> {
    Unchecked(name)
}

impl AsRef<str> for Unchecked<'_> {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl<P, D: Sendable> RouteTo<P, D> for Unchecked<'_> {
    fn name(&self) -> &str {
        self.0
    }

    fn encode(&self, data: &D, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError> {
        data.encode(dialect, out)
    }
}

/// Data that can be sent to a declared route `R` that takes a `T`: a `T`, a reference to one, or its borrowed form.
#[diagnostic::on_unimplemented(
    message = "route `{R}` takes `{T}`, not `{Self}`",
    label = "expected `{T}`, found `{Self}`"
)]
pub trait Data<T: ?Sized, R> {
    /// Appends the payload to `out` and returns its type code.
    ///
    /// # Errors
    /// When the dialect can't carry the data.
    fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError>
    where
        T: Serialize;
}

impl<T, R> Data<T, R> for T {
    fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError>
    where
        T: Serialize,
    {
        payload::encode(dialect, self, out)
    }
}

impl<T: ?Sized, R> Data<T, R> for &T {
    fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError>
    where
        T: Serialize,
    {
        payload::encode(dialect, *self, out)
    }
}

impl<R> Data<String, R> for &str {
    fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError> {
        payload::encode(dialect, *self, out)
    }
}

impl<T: Serialize, R> Data<Vec<T>, R> for &[T] {
    fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError> {
        payload::encode(dialect, *self, out)
    }
}

impl<T: Serialize, const N: usize, R> Data<Vec<T>, R> for [T; N] {
    fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError> {
        payload::encode(dialect, self.as_slice(), out)
    }
}

impl<T: Serialize, const N: usize, R> Data<Vec<T>, R> for &[T; N] {
    fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError> {
        payload::encode(dialect, self.as_slice(), out)
    }
}

impl<R> Data<Bytes, R> for &'static [u8] {
    fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError> {
        payload::encode(dialect, serde_bytes::Bytes::new(self), out)
    }
}
