//! The side of a connection: the one place that says who of the two is what.

use crate::wire::Kind;

/// What the two sides are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// A server, which pipes of its clients go through.
    Server,
    /// A client of one.
    Client,
    /// The side of a pipe that was reached, and is the server in it. A pipe goes through no other.
    Reached,
    /// The side of a pipe that opened it.
    Opener,
}

impl Role {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 4] = [Self::Server, Self::Client, Self::Reached, Self::Opener];

    /// Whether it tells its routes first and has the even ids.
    pub(crate) fn is_server(self) -> bool {
        matches!(self, Self::Server | Self::Reached)
    }

    /// Whether it masks its WebSocket frames (RFC 6455, section 5.1); a pipe has none.
    pub(crate) fn masks(self) -> bool {
        self == Self::Client
    }

    /// The side at the other end.
    pub(crate) fn peer(self) -> Self {
        match self {
            Self::Server => Self::Client,
            Self::Client => Self::Server,
            Self::Reached => Self::Opener,
            Self::Opener => Self::Reached,
        }
    }

    /// Whether this side may send messages of a kind.
    pub(crate) fn sends(self, kind: Kind) -> bool {
        match kind {
            // Only a server has many to send to.
            Kind::Missed => self == Self::Server,
            Kind::Pipe => matches!(self, Self::Server | Self::Client),
            _ => true,
        }
    }
}
