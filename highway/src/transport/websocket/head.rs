//! The head of a frame: its opcode and bits, the length of its payload, and its mask (RFC 6455, section 5.2).

use super::BINARY;

pub(super) const FINAL: u8 = 0x80;
pub(super) const MASKED: u8 = 0x80;
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0f;
const CONTROL: u8 = 0x08;
const LENGTH: u8 = 0x7f;

/// A final binary frame without reserved bits.
pub(super) const FINAL_BINARY: u8 = FINAL | BINARY;

/// The longest head.
pub(crate) const MAX_HEAD: usize = 14;

/// The head of a frame that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    first: u8,
    /// The head's own length.
    pub(crate) len: usize,
    pub(crate) payload_len: u64,
    pub(crate) mask: Option<[u8; 4]>,
}

impl Head {
    /// Reads the head at the beginning of the input; `None` while it is not all there.
    #[inline]
    pub(crate) fn parse(input: &[u8]) -> Option<Self> {
        let (&[first, second], rest) = input.split_first_chunk()?;
        let (payload_len, rest, used) = match second & LENGTH {
            126 => {
                let (len, rest) = rest.split_first_chunk()?;
                (u16::from_be_bytes(*len).into(), rest, 4)
            }
            127 => {
                let (len, rest) = rest.split_first_chunk()?;
                (u64::from_be_bytes(*len), rest, 10)
            }
            short => (short.into(), rest, 2),
        };
        if second & MASKED == 0 {
            return Some(Self {
                first,
                len: used,
                payload_len,
                mask: None,
            });
        }
        let mask = *rest.first_chunk()?;
        Some(Self {
            first,
            len: used + mask.len(),
            payload_len,
            mask: Some(mask),
        })
    }

    /// Whether the frame is a whole binary message that may be taken as it is: masked if and only if a client sent it, and
    /// not over the limit.
    #[inline]
    pub(crate) fn is_message(&self, from_client: bool, limit: usize) -> bool {
        self.first == FINAL_BINARY
            && self.mask.is_some() == from_client
            && self.payload_len <= limit as u64
    }

    /// The length of the whole frame.
    #[inline]
    pub(crate) fn frame_len(&self) -> usize {
        usize::try_from(self.payload_len)
            .unwrap_or(usize::MAX)
            .saturating_add(self.len)
    }

    pub(super) fn opcode(&self) -> u8 {
        self.first & OPCODE
    }

    pub(super) fn is_final(&self) -> bool {
        self.first & FINAL != 0
    }

    pub(super) fn is_control(&self) -> bool {
        self.first & CONTROL != 0
    }

    pub(super) fn has_reserved_bits(&self) -> bool {
        self.first & RESERVED != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_binary_messages_within_the_limit_are_messages() {
        let is_message =
            |input: &[u8]| Head::parse(input).is_some_and(|head| head.is_message(false, 10));
        assert!(is_message(&[0x82, 10]));
        assert!(!is_message(&[0x82, 11]));
        assert!(!is_message(&[0x02, 1]));
        assert!(!is_message(&[0x81, 1]));
        assert!(!is_message(&[0xc2, 1]));
        assert!(!is_message(&[0x89, 1]));
        assert!(!is_message(&[
            0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
        ]));
    }
}
