//! The codes that a connection closes with.

use std::fmt;

/// A WebSocket close code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The work is done.
    pub const NORMAL: Self = Self(1000);
    /// The side that closes goes away: a server that shuts down, a page that is left.
    pub const GOING_AWAY: Self = Self(1001);
    /// The peer broke the WebSocket protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// A payload is no value of its type, or does not fit the route's.
    pub const CONVERT_FAILED: Self = Self(1003);
    /// The close frame had no code. Never sent.
    pub const NO_CODE: Self = Self(1005);
    /// The connection ended without a close frame. Never sent.
    pub const ABNORMAL: Self = Self(1006);
    /// Text that is no UTF-8.
    pub const INVALID_UTF8: Self = Self(1007);
    /// A message larger than the limit.
    pub const TOO_LARGE: Self = Self(1009);
    /// A route failed or panicked on a message.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// Under 4 bytes, an unknown type code or kind, a text frame.
    pub const MALFORMED_HEADER: Self = Self(3001);
    /// A route id that was never told.
    pub const NO_SUCH_ROUTE: Self = Self(3002);
    /// A message before the meta exchange, or no route map in time.
    pub const INVALID_STATE: Self = Self(3003);

    /// Whether the code may stand in a close frame: 1000 to 1003, 1007 to 1014, 3000 to 4999
    /// (RFC 6455, section 7.4, and the codes registered since).
    pub fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How a connection ended: the code and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// The code.
    pub code: CloseCode,
    /// The reason, for people.
    pub reason: String,
}
