//! What was counted, as plain numbers.

use super::Durations;

/// The name under which routes are counted that are too many to be counted by themselves: those that nothing declares, and that this
/// side sends to, beyond the first 128.
pub const OTHER: &str = "_OTHER";

/// Which side counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// A server, all its connections together.
    Server,
    /// A client, all its connections together, one after the other.
    Client,
}

impl Side {
    /// The word in the names of metrics.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

/// What a server has counted since it was bound, or a client since it was made: from
/// [`ServerHandle::metrics`](crate::server::ServerHandle::metrics) and [`Connection::metrics`](crate::Connection::metrics).
///
/// Displayed, it is [Prometheus' text](Self::to_prometheus). A message counts once its connection's turn is over, which is before its
/// answer is written.
///
/// ```
/// # #[highway::server]
/// # struct Chat;
/// # fn example(server: &highway::server::ServerHandle<Chat>) {
/// let metrics = server.metrics();
/// println!("{} of {} connections", metrics.connections.active, metrics.connections.opened);
/// for route in &metrics.routes {
///     println!("{}: {} messages received", route.name, route.received.messages);
/// }
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Metrics {
    /// The handler's name, such as `Chat`.
    pub handler: &'static str,
    /// Which side counted.
    pub side: Side,
    /// Its connections.
    pub connections: ConnectionMetrics,
    /// The routes of this side, those that its peer is declared to serve, and others that it has sent to; sorted by name.
    pub routes: Vec<RouteMetrics>,
    /// Its streams.
    pub streams: StreamMetrics,
    /// Its pipes: those that go through a server, or that a client has opened and taken.
    pub pipes: PipeMetrics,
    /// The most bytes that ever waited to be written to one connection.
    pub outbox_max_bytes: u64,
    /// The most messages that ever waited for one connection's handler.
    pub queue_max_messages: u64,
    /// The rooms that a connection of the server is in at the moment; 0 on a client.
    pub rooms: usize,
    /// The attempts of a client to connect again; 0 on a server.
    pub reconnects: u64,
}

impl Metrics {
    /// What was counted of a route.
    pub fn route(&self, name: &str) -> Option<&RouteMetrics> {
        self.routes.iter().find(|route| route.name == name)
    }
}

/// The connections of a server or client.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ConnectionMetrics {
    /// Those that have begun and not ended.
    pub active: u64,
    /// All that have begun.
    pub opened: u64,
    /// All that have ended, by their close code: those of the WebSocket protocol and of highway as numbers, `application` for 4000 to
    /// 4999, and [`_OTHER`](OTHER).
    pub closed: Vec<(&'static str, u64)>,
    /// Those that a server refused before they began.
    pub refused: Vec<(RefusalReason, u64)>,
    /// How long those that have ended lasted.
    pub durations: Durations,
}

/// Why a server has refused a connection before it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalReason {
    /// There were as many connections as there may be.
    Connections,
    /// There were as many from its address as there may be.
    Address,
    /// Its origin is not allowed.
    Origin,
    /// An `on(connect)` hook refused it, or panicked.
    Hook,
    /// The server shuts down.
    Shutdown,
    /// Its request is no HTTP, or not a right upgrade.
    Invalid,
    /// The TLS handshake failed.
    Tls,
    /// Its TLS handshake or request was not there in time, or had to make room for others.
    Timeout,
}

impl RefusalReason {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Connections,
        Self::Address,
        Self::Origin,
        Self::Hook,
        Self::Shutdown,
        Self::Invalid,
        Self::Tls,
        Self::Timeout,
    ];

    /// The word for it in the label `reason`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Address => "address",
            Self::Origin => "origin",
            Self::Hook => "hook",
            Self::Shutdown => "shutdown",
            Self::Invalid => "invalid",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
        }
    }
}

/// One route: of this side, of its peer, or of both under the same name.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RouteMetrics {
    /// Its name, or [`_OTHER`](OTHER).
    pub name: String,
    /// What came: messages, calls and requests for streams to this side's route, and from the peer's route replies and items.
    pub received: Traffic,
    /// What was sent: messages, calls and requests for streams to the peer's route, and from this side's route replies and items.
    pub sent: Traffic,
    /// The broadcasts to it that connections missed.
    pub dropped: u64,
    /// The calls and streams of the peer that this side's route has served, by what they came to.
    pub served: Vec<CallMetrics>,
    /// The calls and streams of the peer's route that this side has made.
    pub called: Vec<CallMetrics>,
}

impl RouteMetrics {
    /// Whether there is nothing to be told of it.
    pub(super) fn is_idle(&self) -> bool {
        self.received.messages == 0
            && self.sent.messages == 0
            && self.dropped == 0
            && self.served.is_empty()
            && self.called.is_empty()
    }
}

/// Messages that went one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Traffic {
    /// How many; one to several receivers counts for each.
    pub messages: u64,
    /// Their bytes: highway's header of 4 bytes and the payload, without the heads of WebSocket frames.
    pub bytes: u64,
}

/// Calls and streams of one route that came to the same.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CallMetrics {
    /// What they came to.
    pub outcome: Outcome,
    /// How many they are, and how long they took: on the side that serves from the route's begin until its reply is put to be
    /// written, on the side that calls until the reply is taken; a stream until its last item.
    pub durations: Durations,
}

/// What a call or stream came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The reply, or all items.
    Done,
    /// The route's own error.
    Refused,
    /// Data that the route or the caller could not take.
    Convert,
    /// A call of a route that gives a stream, or the other way round.
    Shape,
    /// The route panicked, or its reply could not be encoded.
    Internal,
    /// Too many were open.
    Busy,
    /// The caller gave it up, or the route was dropped.
    Cancelled,
    /// The reply did not come in time.
    TimedOut,
    /// The connection ended before.
    Closed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Done,
        Self::Refused,
        Self::Convert,
        Self::Shape,
        Self::Internal,
        Self::Busy,
        Self::Cancelled,
        Self::TimedOut,
        Self::Closed,
    ];

    /// The word for it in the label `error.type`; `None` where nothing went wrong.
    pub const fn error_type(self) -> Option<&'static str> {
        match self {
            Self::Done => None,
            Self::Refused => Some("refused"),
            Self::Convert => Some("convert"),
            Self::Shape => Some("shape"),
            Self::Internal => Some("internal"),
            Self::Busy => Some("busy"),
            Self::Cancelled => Some("cancelled"),
            Self::TimedOut => Some("timeout"),
            Self::Closed => Some("closed"),
        }
    }
}

/// Streams: served are those of the peer from this side's routes, called those of this side from the peer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamMetrics {
    /// Those that were served, all that have begun.
    pub served: u64,
    /// Those that are served at the moment.
    pub active_served: u64,
    /// Those that this side has opened.
    pub called: u64,
    /// Those that this side has open at the moment.
    pub active_called: u64,
}

/// Pipes. What goes over one is counted by its own connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PipeMetrics {
    /// All that have begun.
    pub opened: u64,
    /// Those that are there at the moment.
    pub active: u64,
    /// The bytes that a server has passed on; 0 on a client.
    pub bytes: u64,
}
