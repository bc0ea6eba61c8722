//! What is around a message where it is sent.

use super::websocket::{MAX_HEAD, seal};
use crate::proto::Role;

/// Bytes that are kept free in front of a message that is put together, for its envelope.
pub(crate) const ROOM: usize = MAX_HEAD;

/// What is around each message of a connection where it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Envelope {
    /// The frame of a WebSocket.
    WebSocket {
        /// Whether its payload is masked.
        masked: bool,
    },
    /// Nothing: the length of a message is kept beside it, in [`Output`](super::Output).
    Bare,
}

impl Envelope {
    /// The envelope of what one side of a connection sends.
    #[inline]
    pub(crate) fn of(role: Role) -> Self {
        match role {
            Role::Server | Role::Client => Self::WebSocket {
                masked: role.masks(),
            },
            Role::Opener | Role::Reached => Self::Bare,
        }
    }

    /// The mask of the next frame, if it has one.
    #[inline]
    pub(super) fn mask(self) -> Option<[u8; 4]> {
        matches!(self, Self::WebSocket { masked: true }).then(rand::random)
    }

    /// Seals a message that stands behind [`ROOM`], and returns where the result begins.
    #[inline]
    pub(crate) fn seal(self, message: &mut [u8]) -> usize {
        match self {
            Self::WebSocket { .. } => seal(message, self.mask()),
            Self::Bare => ROOM,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::websocket::{Head, apply_mask};

    #[test]
    fn only_clients_mask_and_pipes_have_nothing_around_a_message() {
        for role in Role::ALL {
            let mut message = vec![0; ROOM];
            message.extend_from_slice(b"message");
            let start = Envelope::of(role).seal(&mut message);
            let mut sealed = message.split_off(start);
            if matches!(role, Role::Opener | Role::Reached) {
                assert_eq!(sealed, b"message");
                continue;
            }
            let head = Head::parse(&sealed).expect("it is whole");
            assert_eq!(head.frame_len(), sealed.len());
            assert_eq!(head.mask.is_some(), role == Role::Client);
            let mut payload = sealed.split_off(head.len);
            if let Some(mask) = head.mask {
                apply_mask(&mut payload, mask);
            }
            assert_eq!(payload, b"message");
        }
    }
}
