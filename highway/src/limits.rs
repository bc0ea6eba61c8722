//! What one peer may cost: every limit with its default.

use std::time::Duration;

/// What one peer may cost and how long it may take.
///
/// A server's and a client's builder hand it to a closure:
///
/// ```
/// # #[highway::server]
/// # struct Chat;
/// let server = Chat::server().limits(|limits| {
///     limits.message_bytes = 64 * 1024;
///     limits.outbox_bytes = 256 * 1024;
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest message that a peer may send, header included: 1 MiB, which is highway.py's limit. A larger one
    /// closes with 1009, before its payload is read when its length is declared.
    pub message_bytes: usize,
    /// The bytes that wait to be written before [`send`](crate::Connection::send) waits for room: 1 MiB. A single
    /// message may be larger when nothing else waits.
    pub outbox_bytes: usize,
    /// The messages that wait while a route runs before the peer is no longer read: 1,024.
    pub queue_messages: usize,
    /// The bytes that wait while a route runs before the peer is no longer read: 1 MiB.
    pub queue_bytes: usize,
    /// The routes with a [`Connection`](crate::Connection) by value that run at a time on one connection: 64. What comes
    /// beyond waits in the queue.
    pub concurrent_routes: usize,
    /// The routes that a peer may tell: 4,096. More close with 1000 `Invalid exchange routes`.
    pub peer_routes: usize,
    /// The bytes of the text in which a peer tells its routes: 64 KiB, checked before it is parsed.
    pub peer_routes_bytes: usize,
    /// The bytes of an HTTP request's or answer's head: 16 KiB.
    pub http_head_bytes: usize,
    /// The time from the TCP connection to the end of the upgrade, TLS included: 10 s.
    pub upgrade_timeout: Duration,
    /// The time from the upgrade to the peer's route table: 10 s. Then the connection closes with 3003.
    pub exchange_timeout: Duration,
    /// The silence after which a server that speaks dialect 0.1 too tells its table in that dialect: 0.5 s.
    pub dialect_01_after: Duration,
    /// The time for the closing handshake, and for routes that still run when the connection is gone: 10 s.
    pub close_timeout: Duration,
    /// The time without any progress in writing after which a peer is taken for dead: 10 s.
    pub write_timeout: Duration,
    /// The time that a server that shuts down gives its connections: 10 s.
    pub shutdown_timeout: Duration,
    /// No limit, but it has to go where they go: the connection sends back each message as it came and knows no routes.
    #[cfg(feature = "__testing")]
    #[doc(hidden)]
    pub raw_echo: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 1024 * 1024,
            outbox_bytes: 1024 * 1024,
            queue_messages: 1024,
            queue_bytes: 1024 * 1024,
            concurrent_routes: 64,
            peer_routes: 4096,
            peer_routes_bytes: 64 * 1024,
            http_head_bytes: 16 * 1024,
            upgrade_timeout: Duration::from_secs(10),
            exchange_timeout: Duration::from_secs(10),
            dialect_01_after: Duration::from_millis(500),
            close_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(10),
            shutdown_timeout: Duration::from_secs(10),
            #[cfg(feature = "__testing")]
            raw_echo: false,
        }
    }
}
