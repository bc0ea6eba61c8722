//! What waits to be written on one connection, as finished WebSocket frames.
//!
//! Small frames are put side by side in one buffer; large ones wait by themselves. The connection's task takes all of it
//! at once, so that many messages leave in one write.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};

/// Frames up to this size are copied into the common buffer: copying 4 KiB costs less than another entry in a vectored
/// write.
const COPIED: usize = 4096;

/// The room in front of a message for the largest WebSocket frame header.
pub(crate) const FRAME_HEADER: usize = 14;

/// Bytes that wait.
#[derive(Debug)]
pub(crate) enum Chunk {
    /// Frames side by side; the number of bytes that are gone already.
    Small(Vec<u8>, usize),
    /// A large frame.
    Large(Bytes),
}

impl Chunk {
    pub(crate) fn remaining(&self) -> &[u8] {
        match self {
            Self::Small(bytes, gone) => bytes.get(*gone..).unwrap_or_default(),
            Self::Large(bytes) => bytes,
        }
    }

    pub(crate) fn advance(&mut self, written: usize) {
        match self {
            Self::Small(_, gone) => *gone += written,
            Self::Large(bytes) => bytes.advance(written),
        }
    }
}

/// What waits to be written.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    chunks: VecDeque<Chunk>,
    tail: Vec<u8>,
    /// Everything that was put in and is not written yet, what the task has taken included.
    bytes: usize,
}

impl Outbox {
    /// Whether a frame of this length may go in: a large one has to wait until it is alone.
    pub(crate) fn has_room(&self, len: usize, limit: usize) -> bool {
        self.bytes == 0 || self.bytes.saturating_add(len) <= limit
    }

    /// Whether there is nothing that the task has not taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.tail.is_empty() && self.chunks.is_empty()
    }

    /// Appends a frame by copying it.
    pub(crate) fn push(&mut self, frame: &[u8]) {
        self.bytes += frame.len();
        if frame.len() <= COPIED {
            self.tail.extend_from_slice(frame);
        } else {
            self.push_large(Bytes::copy_from_slice(frame));
        }
    }

    /// Appends a frame that may be large and is not copied then.
    pub(crate) fn push_owned(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        if frame.len() <= COPIED {
            self.tail.extend_from_slice(&frame);
        } else {
            self.push_large(frame);
        }
    }

    fn push_large(&mut self, frame: Bytes) {
        if !self.tail.is_empty() {
            self.chunks
                .push_back(Chunk::Small(std::mem::take(&mut self.tail), 0));
        }
        self.chunks.push_back(Chunk::Large(frame));
    }

    /// Moves everything into `writing`; `spare` becomes the next common buffer.
    pub(crate) fn take(&mut self, writing: &mut VecDeque<Chunk>, spare: &mut Vec<u8>) {
        writing.append(&mut self.chunks);
        if !self.tail.is_empty() {
            spare.clear();
            writing.push_back(Chunk::Small(
                std::mem::replace(&mut self.tail, std::mem::take(spare)),
                0,
            ));
        }
    }

    /// Takes note that bytes are written.
    pub(crate) fn wrote(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Throws away what waits.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Writes a WebSocket frame header for a final binary frame in front of a message.
///
/// `frame` has [`FRAME_HEADER`] bytes of room and then the message. With a `mask` the message is masked, as a client has
/// to. Gives back where the frame starts.
pub(crate) fn seal(frame: &mut [u8], mask: Option<[u8; 4]>) -> usize {
    const FIN_BINARY: u8 = 0x82;
    const MASKED: u8 = 0x80;

    let Some((room, message)) = frame.split_at_mut_checked(FRAME_HEADER) else {
        return 0;
    };
    let len = message.len();
    let mut header = [0; FRAME_HEADER];
    header[0] = FIN_BINARY;
    let mut used = match u8::try_from(len) {
        Ok(short @ 0..=125) => {
            header[1] = short;
            2
        }
        _ => match u16::try_from(len) {
            Ok(medium) => {
                header[1] = 126;
                header[2..4].copy_from_slice(&medium.to_be_bytes());
                4
            }
            Err(_) => {
                header[1] = 127;
                header[2..10].copy_from_slice(&(len as u64).to_be_bytes());
                10
            }
        },
    };
    if let Some(mask) = mask {
        header[1] |= MASKED;
        header[used..used + 4].copy_from_slice(&mask);
        used += 4;
        apply_mask(message, mask);
    }
    let start = FRAME_HEADER - used;
    room[start..].copy_from_slice(&header[..used]);
    start
}

fn apply_mask(message: &mut [u8], mask: [u8; 4]) {
    let wide = u64::from_ne_bytes([
        mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3],
    ]);
    let mut chunks = message.chunks_exact_mut(8);
    for chunk in &mut chunks {
        if let Ok(bytes) = <[u8; 8]>::try_from(&*chunk) {
            chunk.copy_from_slice(&(u64::from_ne_bytes(bytes) ^ wide).to_ne_bytes());
        }
    }
    for (byte, mask) in chunks
        .into_remainder()
        .iter_mut()
        .zip(mask.into_iter().cycle())
    {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_seal(len: usize, mask: Option<[u8; 4]>, header: &[u8]) {
        let mut frame = vec![0; FRAME_HEADER];
        frame.extend((0..len).map(|i| i.to_le_bytes()[0]));
        let start = seal(&mut frame, mask);
        assert_eq!(&frame[start..FRAME_HEADER], header);
        for (i, byte) in frame[FRAME_HEADER..].iter().enumerate() {
            assert_eq!(
                byte ^ mask.map_or(0, |mask| mask[i % 4]),
                i.to_le_bytes()[0]
            );
        }
    }

    #[test]
    fn frame_headers_are_as_short_as_they_can_be() {
        check_seal(0, None, &[0x82, 0]);
        check_seal(125, None, &[0x82, 125]);
        check_seal(126, None, &[0x82, 126, 0, 126]);
        check_seal(65_535, None, &[0x82, 126, 0xff, 0xff]);
        check_seal(65_536, None, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        check_seal(21, Some([1, 2, 3, 4]), &[0x82, 0x80 | 21, 1, 2, 3, 4]);
    }

    #[test]
    fn order_is_kept_over_small_and_large_frames() {
        let mut outbox = Outbox::default();
        let large = Bytes::from(vec![7; COPIED + 1]);
        outbox.push(b"a");
        outbox.push_owned(large.clone());
        outbox.push(b"b");
        outbox.push(b"c");
        assert_eq!(outbox.bytes, COPIED + 4);
        let mut writing = VecDeque::new();
        outbox.take(&mut writing, &mut Vec::new());
        let all: Vec<u8> = writing
            .iter()
            .flat_map(|chunk| chunk.remaining().to_vec())
            .collect();
        assert_eq!(all, [b"a", &large[..], b"bc"].concat());
        assert!(outbox.is_empty());
        outbox.wrote(COPIED + 4);
        assert_eq!(outbox.bytes, 0);
    }

    #[test]
    fn large_frame_fits_only_alone() {
        let mut outbox = Outbox::default();
        assert!(outbox.has_room(10, 5));
        outbox.push(b"a");
        assert!(outbox.has_room(4, 5));
        assert!(!outbox.has_room(5, 5));
    }
}
