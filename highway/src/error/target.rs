//! Why a connection can't be reached, or not be put where it can be reached.

use std::{error::Error as StdError, fmt};

use crate::wire::ConnectionId;

/// Why a connection was not found, or did not get a room or a name by which it is reached. Its text is as that of
/// [`Error`](crate::Error).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetError {
    /// The server has no connection with this id: it has ended, or there never was one.
    NoSuchConnection(ConnectionId),
    /// The connection is in as many rooms as [`ServerLimits::rooms`](crate::ServerLimits::rooms) and
    /// [`ServerLimits::rooms_bytes`](crate::ServerLimits::rooms_bytes) let it; it did not join one more.
    TooManyRooms {
        /// The most rooms of a connection.
        rooms: usize,
        /// The most bytes of their names.
        bytes: usize,
    },
    /// A [name for a connection](crate::Connection::set_name) is too long; the connection keeps the one that it had.
    NameTooLong {
        /// The most bytes of a name.
        bytes: usize,
    },
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchConnection(id) => write!(f, "the server has no connection {id}"),
            Self::TooManyRooms { rooms, bytes } => write!(
                f,
                "a connection may be in {rooms} rooms with names of {bytes} bytes at most; raise the limits or leave rooms"
            ),
            Self::NameTooLong { bytes } => {
                write!(f, "a connection's name may have {bytes} bytes at most")
            }
        }
    }
}

impl StdError for TargetError {}
