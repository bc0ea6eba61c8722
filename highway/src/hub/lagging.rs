//! Connections that do not keep up.

/// What happens to a connection that lags: whose outbox has no room for a broadcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LagPolicy {
    /// It misses the message, and stays; [`missed`](crate::Connection::missed) counts.
    #[default]
    Drop,
    /// The `send` waits until there is room, for all of them at once and no longer than
    /// [`Limits::write_timeout`](crate::Limits::write_timeout). Who has no room then, or when the `send` is dropped, misses the
    /// message.
    Wait,
    /// The newest message to each of its routes is kept until there is room, and goes then; the older ones it misses. For what
    /// only the last of counts, such as positions and measurements. All that is kept for a connection stays within
    /// [`Limits::outbox_bytes`](crate::Limits::outbox_bytes), unless a message is larger by itself: beyond that it misses the
    /// oldest. What is sent in other ways does not wait behind what is kept, and [`flush`](crate::Connection::flush) not for it.
    Newest,
    /// It is closed with 1013 (try again later).
    Close,
}
