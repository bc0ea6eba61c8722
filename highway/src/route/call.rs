//! What can be called, with what, and for what.

use futures_util::Stream;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Reads, Unchecked, Undeclared,
    answer::{self, BoxSource},
};
use crate::{
    payload::{self, EncodeError},
    wire::{Dialect, STREAM_CODE},
};

/// A route of the peer's protocol `P` that can be called with a `D`: its data, or a stream of items where it takes
/// [`Incoming`](crate::Incoming) ones.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a route of the peer's protocol",
    label = "not in the protocol of the handler's `peer = …`",
    note = "declared routes can be called once the attribute of the handler names their protocol, such as \
            `#[highway::client(peer = server)]`, and then only those; `highway::unchecked(\"name\")` calls a name that \
            the compiler doesn't know"
)]
pub trait CallTo<P, D> {
    /// The name on the wire.
    fn name(&self) -> &str;

    /// Appends the payload to `out` and returns its type code.
    ///
    /// # Errors
    /// When the dialect can't carry the data.
    fn encode(&self, data: &D, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError>;

    /// The data, if it goes as items.
    fn items(data: D) -> Option<BoxSource> {
        drop(data);
        None
    }
}

/// A route that returns a `T` when it is called.
#[diagnostic::on_unimplemented(
    message = "a call of route `{Self}` gives no `{T}`",
    label = "gives no `{T}`",
    note = "the protocol declares the reply of the route"
)]
pub trait Answers<T> {
    /// How the reply is read.
    #[doc(hidden)]
    fn reads() -> Reads<T>;
}

/// A route that returns a stream of `T`.
#[diagnostic::on_unimplemented(
    message = "route `{Self}` gives no stream of `{T}`",
    label = "gives no stream of `{T}`",
    note = "the protocol declares the reply of the route"
)]
pub trait Streams<T> {
    /// How an item is read.
    #[doc(hidden)]
    fn reads() -> Reads<T>;
}

/// Data of a declared route `R` that takes items of type `T`: a stream of them.
#[diagnostic::on_unimplemented(
    message = "route `{R}` takes a stream of `{T}`, not `{Self}`",
    label = "expected a stream of `{T}`, found `{Self}`"
)]
pub trait DataStream<T, R> {
    /// The items on their way.
    #[doc(hidden)]
    fn source(self) -> BoxSource
    where
        T: Serialize;
}

#[diagnostic::do_not_recommend]
impl<S: Stream<Item = T> + Send + 'static, T, R> DataStream<T, R> for S {
    fn source(self) -> BoxSource
    where
        T: Serialize,
    {
        answer::values(self)
    }
}

/// What a declared route `R` would have to return to be called for a `T`. Nothing implements it: it says why a route that
/// gives a stream can't be called.
#[diagnostic::on_unimplemented(
    message = "route `{R}` gives a stream, not one value",
    label = "open it with `stream(…)`"
)]
pub trait OneValue<R, T> {
    /// As [`Answers::reads`]; it never runs.
    #[doc(hidden)]
    fn reads() -> Reads<T>;
}

/// What a declared route `R` would have to return to be opened as a stream of `T`. Nothing implements it: it says why a
/// route that gives one value can't be.
#[diagnostic::on_unimplemented(
    message = "route `{R}` gives one value, `{Self}`, not a stream",
    label = "call it with `call(…)`"
)]
pub trait ManyItems<R, T> {
    /// As [`Streams::reads`]; it never runs.
    #[doc(hidden)]
    fn reads() -> Reads<T>;
}

/// What a declared route `R` would have to take to be sent a `D`. Nothing implements it: it says why a route that takes a
/// stream can't be sent to.
#[diagnostic::on_unimplemented(
    message = "route `{R}` takes a stream, which no message carries",
    label = "call it with `call(…)`"
)]
pub trait OneMessage<R, D> {
    /// As [`RouteTo::encode`](super::RouteTo::encode).
    ///
    /// # Errors
    /// None: it never runs.
    fn encode(data: &D, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError>;
}

/// A stream that is the data of a call, for a route that is not declared.
///
/// ```no_run
/// # #[highway::client]
/// # struct Me;
/// # async fn example(me: &highway::Connection<Me>) -> highway::Result {
/// use highway::Outgoing;
///
/// let numbers = futures_util::stream::iter(1..=100);
/// let sum: i64 = me.call("sum", Outgoing(numbers)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Outgoing<S>(pub S);

/// Data that a route is called with by its name.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a route in quotes can't be called with `{Self}`: it is neither serialisable nor an `Outgoing` stream",
    label = "the data can't be serialised",
    note = "each type of your own in it derives `serde::Serialize`",
    note = "a stream goes as `call(\"sum\", highway::Outgoing(numbers))`"
)]
pub trait Callable: Sized {
    /// As [`CallTo::encode`].
    ///
    /// # Errors
    /// When the dialect can't carry the data.
    fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError>;

    /// As [`CallTo::items`].
    fn items(self) -> Option<BoxSource> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<D: Serialize> Callable for D {
    fn encode(&self, dialect: Dialect, out: &mut Vec<u8>) -> Result<u8, EncodeError> {
        payload::encode(dialect, self, out)
    }
}

impl<S: Stream<Item: Serialize> + Send + 'static> Callable for Outgoing<S> {
    fn encode(&self, _: Dialect, _: &mut Vec<u8>) -> Result<u8, EncodeError> {
        Ok(STREAM_CODE)
    }

    fn items(self) -> Option<BoxSource> {
        Some(answer::values(self.0))
    }
}

/// A route that is called by its name, whose protocol does not say what it returns.
#[doc(hidden)]
#[derive(Debug)]
pub enum ByName {}

/// What a call by name may give: anything that can be read, and that the program says.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the type of the reply is missing, or can't be deserialised",
    label = "a name does not say the type of the reply",
    note = "say it where it is called, as in `let sum: i64 = me.call(\"add\", (1, 2)).await?`; a type of your own derives \
            `serde::Deserialize`",
    note = "here it would be read as `{T}`"
)]
pub trait Gives<T> {
    /// As [`Answers::reads`].
    fn reads() -> Reads<T>;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + 'static> Gives<T> for ByName {
    fn reads() -> Reads<T> {
        Reads::VALUE
    }
}

/// What a stream by name may give: items that can be read, and that the program says.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the type of the items that the route gives is missing, or can't be deserialised",
    label = "a name does not say what the route gives",
    note = "say it where the stream is opened, as in `let mut lines: highway::Incoming<String> = me.stream(\"lines\", ()).await?`; a \
            type of your own derives `serde::Deserialize`",
    note = "here they would be read as `{T}`"
)]
pub trait GivesItems<T> {
    /// As [`Streams::reads`].
    fn reads() -> Reads<T>;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + 'static> GivesItems<T> for ByName {
    fn reads() -> Reads<T> {
        Reads::VALUE
    }
}

macro_rules! by_name {
    ($([$($generics:tt)*] $name:ty, $protocol:ty;)*) => {$(
        impl<T> Answers<T> for $name
        where
            ByName: Gives<T>,
        {
            fn reads() -> Reads<T> {
                <ByName as Gives<T>>::reads()
            }
        }

        impl<T> Streams<T> for $name
        where
            ByName: GivesItems<T>,
        {
            fn reads() -> Reads<T> {
                <ByName as GivesItems<T>>::reads()
            }
        }

        impl<$($generics)* D: Callable> CallTo<$protocol, D> for $name {
            fn name(&self) -> &str {
                self.as_ref()
            }

            fn encode(
                &self,
                data: &D,
                dialect: Dialect,
                out: &mut Vec<u8>,
            ) -> Result<u8, EncodeError> {
                data.encode(dialect, out)
            }

            fn items(data: D) -> Option<BoxSource> {
                data.items()
            }
        }
    )*};
}

by_name! {
    [] &str, Undeclared;
    [] &String, Undeclared;
    [P,] Unchecked<'_>, P;
}
