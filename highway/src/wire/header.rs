//! The four bytes in front of every payload.

use std::fmt;

/// The number by which the receiver of a message knows a route: its place in the receiver's own route table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteId(pub(crate) u16);

impl RouteId {
    /// The route on which both sides send their route tables.
    pub const META: Self = Self(0);
    /// The highest id. A route map that has the extension's name there belongs to a peer that speaks the extension, so
    /// that it is not a route's id.
    pub const EXTENSION: Self = Self(u16::MAX);

    /// The id with a number.
    pub const fn new(id: u16) -> Self {
        Self(id)
    }

    /// The number.
    pub const fn as_u16(self) -> u16 {
        self.0
    }
}

impl From<u16> for RouteId {
    fn from(id: u16) -> Self {
        Self(id)
    }
}

impl From<RouteId> for u16 {
    fn from(id: RouteId) -> Self {
        id.0
    }
}

impl fmt::Display for RouteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The first four bytes of a message: type code, kind, route id (little-endian).
///
/// ```
/// use highway::wire::{Header, RouteId};
///
/// let header = Header { code: 0, kind: 0, route: RouteId::from(258) };
/// assert_eq!(header.to_bytes(), [0, 0, 2, 1]);
/// assert_eq!(Header::split(&[0, 0, 2, 1, b'h', b'i']), Some((header, &b"hi"[..])));
/// assert_eq!(Header::split(&[0, 0, 2]), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The payload's type in the connection's dialect, see [`Dialect`](super::Dialect).
    pub code: u8,
    /// Padding in the dialects, written as 0; between two peers with the extension the message's kind.
    pub kind: u8,
    /// The receiver's id of the route.
    pub route: RouteId,
}

impl Header {
    /// The header's length in bytes.
    pub const LEN: usize = 4;

    /// Splits a message into its header and its payload; `None` when it is shorter than a header.
    pub fn split(message: &[u8]) -> Option<(Self, &[u8])> {
        let (&[code, kind, low, high], payload) = message.split_first_chunk()?;
        let route = RouteId(u16::from_le_bytes([low, high]));
        Some((Self { code, kind, route }, payload))
    }

    /// The header as it goes over the wire.
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let [low, high] = self.route.0.to_le_bytes();
        [self.code, self.kind, low, high]
    }
}
