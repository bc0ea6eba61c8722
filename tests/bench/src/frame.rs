//! WebSocket frames as a client writes and reads them: as many as the load generators need, no more.

use std::io::{Error, ErrorKind, Result};

/// The mask of all frames. Not zero, so that a server can't get round the work of removing it.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame's opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opcode(u8);

impl Opcode {
    /// A message of text.
    pub const TEXT: Self = Self(1);
    /// A message of bytes.
    pub const BINARY: Self = Self(2);
    /// The end of the connection.
    pub const CLOSE: Self = Self(8);
    /// A question for a sign of life.
    pub const PING: Self = Self(9);
    /// The answer to it.
    pub const PONG: Self = Self(10);
}

/// A frame that was received.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// What kind of frame it is.
    pub opcode: Opcode,
    /// What it carries.
    pub payload: &'a [u8],
    /// All its bytes.
    pub bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The first frame of `input`, `None` while it isn't whole.
    pub fn parse(input: &'a [u8]) -> Result<Option<Self>> {
        let Some((&[first, second], rest)) = input.split_first_chunk() else {
            return Ok(None);
        };
        if first & 0xf0 != 0x80 || second & 0x80 != 0 {
            return Err(Error::new(
                ErrorKind::InvalidData,
                format!("a frame that is fragmented, masked or extended: {first:02x} {second:02x}"),
            ));
        }
        let (length, rest) = match second {
            126 => match rest.split_first_chunk::<2>() {
                Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest),
                None => return Ok(None),
            },
            127 => match rest.split_first_chunk::<8>() {
                Some((length, rest)) => (u64::from_be_bytes(*length), rest),
                None => return Ok(None),
            },
            short => (u64::from(short), rest),
        };
        let length = usize::try_from(length)
            .map_err(|_| Error::new(ErrorKind::InvalidData, "a frame beyond the address space"))?;
        Ok(rest.get(..length).map(|payload| Self {
            opcode: Opcode(first & 0x0f),
            payload,
            bytes: &input[..input.len() - rest.len() + length],
        }))
    }
}

/// A frame as a client sends it.
pub fn masked(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut frame = head(opcode, payload.len(), 0x80);
    frame.extend_from_slice(&MASK);
    frame.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    frame
}

/// A frame as a server sends it.
pub fn unmasked(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut frame = head(opcode, payload.len(), 0);
    frame.extend_from_slice(payload);
    frame
}

fn head(opcode: Opcode, length: usize, mask_bit: u8) -> Vec<u8> {
    let mut head = Vec::with_capacity(length + 14);
    head.push(0x80 | opcode.0);
    if let Ok(short @ 0..=125) = u8::try_from(length) {
        head.push(mask_bit + short);
    } else if let Ok(medium) = u16::try_from(length) {
        head.push(mask_bit + 126);
        head.extend_from_slice(&medium.to_be_bytes());
    } else {
        head.push(mask_bit + 127);
        head.extend_from_slice(&(length as u64).to_be_bytes());
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(length: usize, head: &[u8]) {
        let payload = vec![b'x'; length];
        let frame = unmasked(Opcode::BINARY, &payload);
        assert_eq!(&frame[..head.len()], head);
        let mut input = frame.clone();
        input.push(0x88);
        let parsed = Frame::parse(&input)
            .expect("it is well formed")
            .expect("it is whole");
        assert_eq!(parsed.opcode, Opcode::BINARY);
        assert_eq!(parsed.payload, payload);
        assert_eq!(parsed.bytes, frame);
        for cut in [0, 1, head.len() - 1, frame.len() - 1] {
            assert!(
                Frame::parse(&frame[..cut])
                    .expect("it is well formed so far")
                    .is_none()
            );
        }
    }

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        check(1, &[0x82, 1]);
        check(125, &[0x82, 125]);
        check(126, &[0x82, 126, 0, 126]);
        check(65_535, &[0x82, 126, 0xff, 0xff]);
        check(65_536, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn a_masked_frame_is_what_the_standard_shows() {
        // RFC 6455, section 5.7: a single-frame masked text message, "Hello".
        assert_eq!(
            masked(Opcode::TEXT, b"Hello"),
            [
                0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58
            ]
        );
    }

    #[test]
    fn a_fragment_is_refused() {
        assert!(Frame::parse(&[0x02, 1, b'x']).is_err());
    }
}
