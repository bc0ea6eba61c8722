//! What a connection of a server reaches: others, rooms, names.

use std::sync::Arc;

use super::handle::Connection;
use crate::{
    error::Result,
    hub::{Receivers, Target},
    route::{Endpoint, ServerSide},
    trace,
};

/// Targets and rooms, of a server's connections.
///
/// A room exists as long as a connection is in it, and consists of its name. A connection leaves its rooms when it
/// ends, before its `on(close)` hooks run.
///
/// ```no_run
/// use highway::route;
///
/// #[highway::server]
/// struct Chat {
///     room: String,
/// }
///
/// #[route("enter")]
/// async fn enter(room: String, chat: &mut Chat) -> highway::Result {
///     chat.leave(&chat.room);
///     chat.join(&room)?;
///     chat.room = room;
///     chat.send("members", chat.to(&chat.room).members()).await
/// }
///
/// #[route("say")]
/// async fn say(text: &str, chat: &mut Chat) -> highway::Result {
///     chat.to(&chat.room).except(chat.id()).send("said", text).await
/// }
///
/// #[route("whisper")]
/// async fn whisper((to, text): (highway::connection::ConnectionId, String), chat: &mut Chat) -> highway::Result {
///     chat.to(to).send("whispered", text).await
/// }
/// ```
impl<E: Endpoint<Side = ServerSide>> Connection<E> {
    /// The connections of a target: a room, an id, a [name](crate::connection::Named), or several of them.
    pub fn to(&self, target: impl Target) -> Receivers<'_, E> {
        let (members, state) = self.members();
        Receivers::new(members, state, members.find(&target))
    }

    /// All connections of the server, this one included.
    ///
    /// ```no_run
    /// # #[highway::server]
    /// # struct Chat;
    /// #[highway::route("say")]
    /// async fn say(text: &str, chat: &mut Chat) -> highway::Result {
    ///     chat.everyone().send("said", text).await
    /// }
    /// ```
    pub fn everyone(&self) -> Receivers<'_, E> {
        let (members, state) = self.members();
        Receivers::new(members, state, members.everyone())
    }

    /// All connections of the server but this one.
    pub fn others(&self) -> Receivers<'_, E> {
        self.everyone().except(self.id())
    }

    /// Joins a room. Joining a room twice has no effect.
    ///
    /// # Errors
    /// [`Closed`](crate::Error::Closed) once the connection is closing, and [`TooManyRooms`](crate::TargetError::TooManyRooms).
    pub fn join(&self, room: impl AsRef<str>) -> Result {
        self.members().0.join(&self.link(), room.as_ref())
    }

    /// Leaves a room, and returns whether the connection was in it.
    pub fn leave(&self, room: impl AsRef<str>) -> bool {
        self.members().0.leave(self.id(), room.as_ref())
    }

    /// The rooms that the connection is in, sorted.
    pub fn rooms(&self) -> Vec<String> {
        self.members().0.rooms_of(self.id())
    }

    /// Gives the connection a name to be reached by, such as its user's, in place of the one that it had. Several connections
    /// may share one: `chat.to(Named("ada"))` reaches them all.
    ///
    /// The name stays on the server and is not sent to the peer. Like the rooms it is removed before the
    /// `on(close)` hooks run.
    ///
    /// # Errors
    /// [`Closed`](crate::Error::Closed) once the connection is closing, and [`NameTooLong`](crate::TargetError::NameTooLong) over
    /// 1,024 bytes.
    pub fn set_name(&self, name: impl AsRef<str>) -> Result {
        let (link, name) = (self.link(), name.as_ref());
        self.members().0.set_name(&link, name)?;
        if let Some(span) = link.span() {
            trace::named(span, name);
        }
        Ok(())
    }

    /// Removes the connection's name.
    pub fn clear_name(&self) {
        self.members().0.clear_name(self.id());
    }

    /// The name that was set by [`set_name`](Self::set_name).
    pub fn name(&self) -> Option<String> {
        self.members().0.name_of(self.id())
    }
}

impl<E: Endpoint> Receivers<'_, E> {
    /// Returns a handle to each of them, in no particular order.
    ///
    /// ```no_run
    /// # #[highway::server]
    /// # struct Chat;
    /// # fn example(server: &highway::server::ServerHandle<Chat>) {
    /// for connection in server.to("lobby").connections() {
    ///     println!("{} from {:?}", connection.id(), connection.peer_addr());
    /// }
    /// # }
    /// ```
    pub fn connections(&self) -> impl Iterator<Item = Connection<E>> {
        let (members, state) = self.shared();
        self.links()
            .map(|link| Connection::new(Arc::clone(link), Arc::clone(members), Arc::clone(state)))
    }
}
