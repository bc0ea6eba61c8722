//! What one peer may cost, and what all of them may cost a server: every limit with its default.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    time::Duration,
};

use crate::{
    payload,
    wire::{Close, Header, MAX_CREDIT},
};

/// The shortest time that a limit which needs any may be: timers know none that is shorter.
const SHORTEST: Duration = Duration::from_millis(1);

/// What one peer may cost and how long it may take: the limits of every connection, of a server and of a client.
///
/// A server has more of them: see [`ServerLimits`], which contains these.
///
/// [`Duration::MAX`] means never, and a number's `MAX` means no limit; what a field makes an exception of, it says. So it does for 0.
/// Where it says that a limit is *at least* something, a lower one is refused when the server is bound or the client connects:
/// [`Error::Limit`](crate::Error::Limit).
///
/// The builder passes it to a closure:
///
/// ```
/// # #[highway::client]
/// # struct Me;
/// let client = Me::client().limits(|limits| {
///     limits.message_bytes = 64 * 1024;
///     limits.call_timeout = std::time::Duration::from_secs(5);
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest message that a peer may send, header included: 1 MiB, which is highway.py's limit. A larger one
    /// closes with 1009, before its payload is read when its length is declared. A peer's route table and
    /// [contract](crate::contract) are messages too. At least 4, the header.
    pub message_bytes: usize,
    /// How deep lists, dicts and tuples may stand inside of each other in a received payload: 128, where a list of numbers
    /// is 1 deep. A deeper one closes with 1003. Reading takes stack for each level, so that more than
    /// [`MAX_NESTING`](crate::payload::MAX_NESTING), 256, counts as that; with 0 none is read. What is sent is at most 128 deep.
    pub nesting: usize,
    /// The bytes that wait to be written before [`send`](crate::Connection::send) waits for room: 1 MiB. A single
    /// message may be larger when nothing else waits, so that with 0 one waits at a time.
    pub outbox_bytes: usize,
    /// The messages that wait while a route runs before the peer is no longer read: 1,024. 0 counts as 1.
    pub queue_messages: usize,
    /// The bytes that wait while a route runs before the peer is no longer read: 1 MiB. 0 counts as 1.
    pub queue_bytes: usize,
    /// The routes with a [`Connection`](crate::Connection) by value that run at a time on one connection: 64. What comes
    /// beyond waits in the queue. 0 counts as 1.
    pub concurrent_routes: usize,
    /// The time that a [`call`](crate::Connection::call) waits for its reply unless it says otherwise: 30 s. At least
    /// 1 ms.
    pub call_timeout: Duration,
    /// The calls, streams and pipes that this side may have open on one connection: 65,536. One more is an error,
    /// [`CallError::TooMany`](crate::CallError::TooMany). With 0 that is each of them.
    pub calls: usize,
    /// The streams and pipes that the peer may have open on one connection: 256. One more is answered with a failure, with 0
    /// each. (Its calls are bounded by the queue and by [`concurrent_routes`](Self::concurrent_routes).)
    pub streams: usize,
    /// The bytes of items that wait for a reader before the sender of a stream has to wait: 256 KiB for each. One
    /// item more may always be there, however long it is, so that 0 counts as 1; at most 2,147,483,647. The same holds for each
    /// direction of a pipe at its ends, and for what a server holds of it.
    pub stream_window: u32,
    /// The routes that a peer may have: 4,096. More close with 1000 `Invalid exchange routes`; with 0 all peers that have any.
    pub peer_routes: usize,
    /// The bytes of a peer's route table: 64 KiB, checked before it is parsed. At least 2,
    /// the length of a text without routes.
    pub peer_routes_bytes: usize,
    /// The bytes of the [contract](crate::contract) in which a peer with the extension sends the types of its routes: 64 KiB, which
    /// is more than highway sends. A longer one closes with 1009. At least 1.
    pub peer_contract_bytes: usize,
    /// The messages that a peer may send in a second, and at once: no limit. One over it closes with 1008. At least 1.
    pub messages_per_second: Option<u32>,
    /// The silence of a peer after which it is pinged: 20 s. At least 1 ms.
    pub ping_interval: Duration,
    /// The time that a pinged peer has for any answer: 20 s. Then the connection ends; a peer that disappears
    /// is noticed within both times together. At least 1 ms.
    pub pong_timeout: Duration,
    /// The bytes of an HTTP request's or answer's head: 16 KiB. At least 1.
    pub http_head_bytes: usize,
    /// The time from the TCP connection to the end of the upgrade, TLS included: 10 s. At least 1 ms.
    pub upgrade_timeout: Duration,
    /// The time from the upgrade to the peer's route table: 10 s. Then the connection closes with 3003. At least
    /// 1 ms.
    pub exchange_timeout: Duration,
    /// The time for the closing handshake, and for routes that still run when the connection is gone: 10 s. Each
    /// `on(close)` hook has as much. At least 1 ms.
    pub close_timeout: Duration,
    /// The time without any progress in writing after which a peer is taken for dead: 10 s. At least 1 ms.
    pub write_timeout: Duration,
    /// No limit, but it has to go where they go: the connection sends back each message as it came and knows no routes.
    #[cfg(feature = "__testing")]
    #[doc(hidden)]
    pub raw_echo: bool,
}

impl Limits {
    /// The credit that is granted at first: without any no item would ever come.
    pub(crate) fn granted_window(&self) -> u32 {
        self.stream_window.clamp(1, MAX_CREDIT)
    }

    /// Looks for a limit with which no connection could come to be, or stay.
    ///
    /// # Errors
    /// For the first of these.
    pub(crate) fn check(&self) -> Result<(), LimitError> {
        // Without `..`, so that it is decided for each what 0 means.
        let Self {
            message_bytes,
            nesting: _,
            outbox_bytes: _,
            queue_messages: _,
            queue_bytes: _,
            concurrent_routes: _,
            call_timeout,
            calls: _,
            streams: _,
            stream_window: _,
            peer_routes: _,
            peer_routes_bytes,
            peer_contract_bytes,
            messages_per_second,
            ping_interval,
            pong_timeout,
            http_head_bytes,
            upgrade_timeout,
            exchange_timeout,
            close_timeout,
            write_timeout,
            #[cfg(feature = "__testing")]
                raw_echo: _,
        } = self;
        let times = [
            ("call_timeout", call_timeout),
            ("ping_interval", ping_interval),
            ("pong_timeout", pong_timeout),
            ("upgrade_timeout", upgrade_timeout),
            ("exchange_timeout", exchange_timeout),
            ("close_timeout", close_timeout),
            ("write_timeout", write_timeout),
        ];
        for (name, time) in times {
            if *time < SHORTEST {
                return Err(LimitError::new(name, time, "1ms"));
            }
        }
        let numbers = [
            ("message_bytes", *message_bytes, Header::LEN),
            ("peer_routes_bytes", *peer_routes_bytes, "{}".len()),
            ("peer_contract_bytes", *peer_contract_bytes, 1),
            ("http_head_bytes", *http_head_bytes, 1),
        ];
        for (name, number, least) in numbers {
            if number < least {
                return Err(LimitError::new(name, number, least));
            }
        }
        if *messages_per_second == Some(0) {
            return Err(LimitError::new(
                "messages_per_second",
                messages_per_second,
                1,
            ));
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 1024 * 1024,
            nesting: payload::NESTING,
            outbox_bytes: 1024 * 1024,
            queue_messages: 1024,
            queue_bytes: 1024 * 1024,
            concurrent_routes: 64,
            call_timeout: Duration::from_secs(30),
            calls: 65_536,
            streams: 256,
            stream_window: 256 * 1024,
            peer_routes: 4096,
            peer_routes_bytes: 64 * 1024,
            peer_contract_bytes: 64 * 1024,
            messages_per_second: None,
            ping_interval: Duration::from_secs(20),
            pong_timeout: Duration::from_secs(20),
            http_head_bytes: 16 * 1024,
            upgrade_timeout: Duration::from_secs(10),
            exchange_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(10),
            #[cfg(feature = "__testing")]
            raw_echo: false,
        }
    }
}

/// The limits of a server: those of each connection, and those of all connections together.
///
/// The fields of [`connection`](Self::connection) can be set without naming it, as `ServerLimits` dereferences to [`Limits`], and a function
/// that changes a `&mut Limits` takes a `&mut ServerLimits` as well. A client has [`Limits`] only.
///
/// ```
/// # #[highway::server]
/// # struct Chat;
/// let server = Chat::server().limits(|limits| {
///     limits.connections = 50_000;
///     limits.message_bytes = 64 * 1024; // `limits.connection.message_bytes`
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerLimits {
    /// The limits of each connection.
    pub connection: Limits,
    /// All connections: 10,000, and never more than the process's limit of descriptors less 64. What comes
    /// beyond is refused with status 503 before its `on(connect)` hooks run, with 0 each.
    pub connections: usize,
    /// The connections of one address, an IPv6 network of 64 bits counting as one: no limit by default, as
    /// many clients may share an address, and behind a proxy all of them do unless
    /// [`trust_forwarded`](crate::Server::trust_forwarded) says where theirs are. What comes beyond is refused with
    /// status 503, with 0 each.
    pub connections_per_address: Option<usize>,
    /// The connections that are not upgraded yet: 1,024. When one more comes, the oldest of those that have
    /// not sent their request for a second is dropped for it. 0 counts as 1.
    pub pending_upgrades: usize,
    /// The rooms that one connection may be in: 1,024. With 0 joining one is an error.
    pub rooms: usize,
    /// The bytes of the names of the rooms that one connection may be in: 64 KiB. With 0 only the room without a name can
    /// be joined.
    pub rooms_bytes: usize,
    /// The silence after which a server with [`dialect_01`](crate::Server::dialect_01) sends its routes in that dialect: 0.5 s.
    /// With 0 it does so at once.
    pub dialect_01_after: Duration,
    /// The time that a shutdown gives the connections: 10 s. Of it nine tenths are for the closing handshakes, if
    /// [`close_timeout`](Limits::close_timeout) is not less; then the connection to a client that does not answer ends. With 0 they are
    /// cut off at once.
    pub shutdown_timeout: Duration,
    /// The time over which a shutdown spreads the return of the clients: 5 s. Each gets a different time
    /// within it, so that they don't all reconnect at once, which they do with 0. At most
    /// [`Close::MAX_RETRY_AFTER`](crate::Close::MAX_RETRY_AFTER), 10 min: more counts as that.
    pub reconnect_spread: Duration,
}

impl ServerLimits {
    /// The time over which clients come back: no client waits longer, whatever the server reports.
    pub(crate) fn spread(&self) -> Duration {
        self.reconnect_spread.min(Close::MAX_RETRY_AFTER)
    }

    /// Looks for a limit with which no connection could come to be, or stay.
    ///
    /// # Errors
    /// For the first of these.
    pub(crate) fn check(&self) -> Result<(), LimitError> {
        // Without `..`, so that it is decided for each what 0 means.
        let Self {
            connection,
            connections: _,
            connections_per_address: _,
            pending_upgrades: _,
            rooms: _,
            rooms_bytes: _,
            dialect_01_after: _,
            shutdown_timeout: _,
            reconnect_spread: _,
        } = self;
        connection.check()
    }
}

/// The limits of each connection.
impl Deref for ServerLimits {
    type Target = Limits;

    fn deref(&self) -> &Limits {
        &self.connection
    }
}

impl DerefMut for ServerLimits {
    fn deref_mut(&mut self) -> &mut Limits {
        &mut self.connection
    }
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connection: Limits::default(),
            connections: 10_000,
            connections_per_address: None,
            pending_upgrades: 1024,
            rooms: 1024,
            rooms_bytes: 64 * 1024,
            dialect_01_after: Duration::from_millis(500),
            shutdown_timeout: Duration::from_secs(10),
            reconnect_spread: Duration::from_secs(5),
        }
    }
}

/// A limit with which no connection could come to be, or stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitError {
    name: &'static str,
    value: String,
    least: String,
}

impl LimitError {
    fn new(name: &'static str, value: impl fmt::Debug, least: impl fmt::Display) -> Self {
        Self {
            name,
            value: format!("{value:?}"),
            least: least.to_string(),
        }
    }

    /// The field of [`Limits`] or [`ServerLimits`].
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value, least } = self;
        write!(
            f,
            "the limit `{name}` is {value}; set it to {least} or more"
        )
    }
}

impl std::error::Error for LimitError {}
