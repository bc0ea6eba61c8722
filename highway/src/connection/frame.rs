//! WebSocket framing as far as highway does it itself: the heads of frames, masks, and what a message is sent in
//! (RFC 6455, section 5.2).

/// A final binary frame without reserved bits.
const FINAL_BINARY: u8 = 0x82;
const FINAL: u8 = 0x80;
const CONTROL: u8 = 0x08;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7f;

/// The room in front of a message for the longest head.
pub(super) const MAX_HEAD: usize = 14;

/// The head of a frame that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHead {
    first: u8,
    /// The head's own length.
    pub(super) len: usize,
    pub(super) payload_len: u64,
    pub(super) mask: Option<[u8; 4]>,
}

impl FrameHead {
    /// Whether the frame is a whole binary message that may be taken as it is: masked if and only if a client sent it, and
    /// not over the limit.
    #[inline]
    pub(super) fn is_message(&self, from_client: bool, limit: usize) -> bool {
        self.first == FINAL_BINARY
            && self.mask.is_some() == from_client
            && self.payload_len <= limit as u64
    }

    /// The length of the whole frame.
    pub(super) fn frame_len(&self) -> usize {
        usize::try_from(self.payload_len)
            .unwrap_or(usize::MAX)
            .saturating_add(self.len)
    }

    /// Whether more fragments of the message follow; `None` for a control frame, which may come between them.
    pub(super) fn fragmented(&self) -> Option<bool> {
        (self.first & CONTROL == 0).then_some(self.first & FINAL == 0)
    }
}

/// Whether the input begins with a frame that is no whole binary message, as far as its first byte tells.
#[inline]
pub(super) fn is_other(input: &[u8]) -> bool {
    input.first().is_some_and(|&first| first != FINAL_BINARY)
}

/// The head at the beginning of the input; `None` while it is not all there.
#[inline]
pub(super) fn head(input: &[u8]) -> Option<FrameHead> {
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
        return Some(FrameHead {
            first,
            len: used,
            payload_len,
            mask: None,
        });
    }
    let mask = *rest.first_chunk()?;
    Some(FrameHead {
        first,
        len: used + mask.len(),
        payload_len,
        mask: Some(mask),
    })
}

/// Writes the head of a final binary frame in front of a message.
///
/// `frame` has [`MAX_HEAD`] bytes of room and then the message. With a `mask` the message is masked, as a client has to.
/// Gives back where the frame starts.
#[inline]
pub(super) fn seal(frame: &mut [u8], mask: Option<[u8; 4]>) -> usize {
    let Some((room, message)) = frame.split_first_chunk_mut::<MAX_HEAD>() else {
        return 0;
    };
    let len = message.len();
    let mut head = [0; MAX_HEAD];
    head[0] = FINAL_BINARY;
    let mut used = match u16::try_from(len) {
        Ok(short @ 0..=125) => {
            head[1] = short.to_le_bytes()[0];
            2
        }
        Ok(medium) => {
            head[1] = 126;
            head[2..4].copy_from_slice(&medium.to_be_bytes());
            4
        }
        Err(_) => {
            head[1] = 127;
            head[2..10].copy_from_slice(&(len as u64).to_be_bytes());
            10
        }
    };
    if let Some(mask) = mask {
        head[1] |= MASKED;
        head[used..used + 4].copy_from_slice(&mask);
        used += 4;
        apply_mask(message, mask);
    }
    let start = MAX_HEAD - used;
    room[start..].copy_from_slice(&head[..used]);
    start
}

/// Masks or unmasks a payload.
#[inline]
pub(super) fn apply_mask(payload: &mut [u8], mask: [u8; 4]) {
    let wide = u64::from(u32::from_ne_bytes(mask)) * 0x1_0000_0001;
    let (chunks, rest) = payload.as_chunks_mut();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_seal(len: usize, mask: Option<[u8; 4]>, expected: &[u8]) {
        let mut frame = vec![0; MAX_HEAD];
        frame.extend((0..len).map(|i| i.to_le_bytes()[0]));
        let start = seal(&mut frame, mask);
        assert_eq!(&frame[start..MAX_HEAD], expected);
        for (i, byte) in frame[MAX_HEAD..].iter().enumerate() {
            assert_eq!(
                byte ^ mask.map_or(0, |mask| mask[i % 4]),
                i.to_le_bytes()[0]
            );
        }
        let head = head(&frame[start..]).expect("the head is there");
        assert_eq!((head.len, head.payload_len), (MAX_HEAD - start, len as u64));
        assert_eq!(head.mask, mask);
        assert!(head.is_message(mask.is_some(), len));
        assert!(!head.is_message(mask.is_none(), len));
        for end in 0..head.len {
            assert_eq!(super::head(&frame[start..start + end]), None);
        }
    }

    #[test]
    fn heads_are_as_short_as_they_can_be_and_read_back() {
        check_seal(0, None, &[0x82, 0]);
        check_seal(125, None, &[0x82, 125]);
        check_seal(126, None, &[0x82, 126, 0, 126]);
        check_seal(65_535, None, &[0x82, 126, 0xff, 0xff]);
        check_seal(65_536, None, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        check_seal(21, Some([1, 2, 3, 4]), &[0x82, 0x80 | 0x15, 1, 2, 3, 4]);
        check_seal(
            300,
            Some([1, 2, 3, 4]),
            &[0x82, 0x80 | 0x7e, 1, 44, 1, 2, 3, 4],
        );
    }

    #[test]
    fn only_whole_binary_messages_within_the_limit_are_messages() {
        let is_message = |input: &[u8]| head(input).is_some_and(|head| head.is_message(false, 10));
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

    #[test]
    fn fragments_are_told_from_control_frames() {
        let fragmented = |first| head(&[first, 0]).unwrap().fragmented();
        assert_eq!(fragmented(0x02), Some(true));
        assert_eq!(fragmented(0x00), Some(true));
        assert_eq!(fragmented(0x80), Some(false));
        assert_eq!(fragmented(0x89), None);
    }
}
