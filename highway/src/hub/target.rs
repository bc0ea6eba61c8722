//! What messages to several connections are addressed to.

use crate::wire::ConnectionId;

/// What [`Connection::to`](crate::Connection::to) takes: a [room](Room), also as its name alone, a connection by its id, those who
/// share a [name](Named), or several of one of them.
///
/// A connection in more than one of the rooms gets a message once. A type of your own can be a target as well:
///
/// ```
/// use highway::connection::{Address, Target};
///
/// struct Game {
///     number: u32,
/// }
///
/// impl Target for Game {
///     fn addresses(&self, each: &mut dyn FnMut(Address<'_>)) {
///         each(Address::Room(&format!("game {}", self.number)));
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a target",
    label = "no target",
    note = "a target is a room (`Room(\"…\")`, or its name alone), `Named(\"…\")`, a `ConnectionId`, or an array, a slice or a `Vec` of one of them"
)]
pub trait Target {
    /// Calls the closure with each part of the target.
    fn addresses(&self, each: &mut dyn FnMut(Address<'_>));
}

/// One part of a [`Target`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address<'a> {
    /// The connection with this number, if there is one.
    Id(ConnectionId),
    /// The connections in a room.
    Room(&'a str),
    /// The connections that share a name.
    Named(&'a str),
}

/// The connections in a room, as a target: what the room's name is as plain text, beside [`Named`].
///
/// ```no_run
/// # #[highway::server]
/// # struct Chat;
/// use highway::connection::Room;
///
/// #[highway::route("say")]
/// async fn say(text: &str, chat: &mut Chat) -> highway::Result {
///     chat.to(Room("lobby")).send("said", text).await
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room<S>(pub S);

impl<S: AsRef<str>> Target for Room<S> {
    fn addresses(&self, each: &mut dyn FnMut(Address<'_>)) {
        each(Address::Room(self.0.as_ref()));
    }
}

/// The connections that share a name, as a target: see [`Connection::set_name`](crate::Connection::set_name).
///
/// ```no_run
/// # #[highway::server]
/// # struct Chat;
/// use highway::connection::Named;
///
/// #[highway::route("whisper")]
/// async fn whisper((to, text): (String, String), chat: &mut Chat) -> highway::Result {
///     chat.to(Named(to)).send("whispered", text).await
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named<S>(pub S);

impl<S: AsRef<str>> Target for Named<S> {
    fn addresses(&self, each: &mut dyn FnMut(Address<'_>)) {
        each(Address::Named(self.0.as_ref()));
    }
}

impl Target for ConnectionId {
    fn addresses(&self, each: &mut dyn FnMut(Address<'_>)) {
        each(Address::Id(*self));
    }
}

impl Target for str {
    fn addresses(&self, each: &mut dyn FnMut(Address<'_>)) {
        each(Address::Room(self));
    }
}

impl Target for String {
    fn addresses(&self, each: &mut dyn FnMut(Address<'_>)) {
        each(Address::Room(self));
    }
}

impl<T: Target + ?Sized> Target for &T {
    fn addresses(&self, each: &mut dyn FnMut(Address<'_>)) {
        T::addresses(self, each);
    }
}

impl<T: Target> Target for [T] {
    fn addresses(&self, each: &mut dyn FnMut(Address<'_>)) {
        for target in self {
            target.addresses(each);
        }
    }
}

impl<T: Target, const N: usize> Target for [T; N] {
    fn addresses(&self, each: &mut dyn FnMut(Address<'_>)) {
        self.as_slice().addresses(each);
    }
}

impl<T: Target> Target for Vec<T> {
    fn addresses(&self, each: &mut dyn FnMut(Address<'_>)) {
        self.as_slice().addresses(each);
    }
}
