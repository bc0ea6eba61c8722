//! Frames to send: messages in one frame, and control frames.

use super::{
    CLOSE, MAX_CONTROL, PING, PONG, apply_mask,
    head::{FINAL, FINAL_BINARY, MASKED, MAX_HEAD},
};
use crate::wire::Close;

/// Writes the head of a final binary frame in front of a message.
///
/// `frame` has [`MAX_HEAD`] bytes of room and then the message. With a `mask` the message is masked, as a client has to.
/// Returns where the frame starts.
#[inline]
pub(crate) fn seal(frame: &mut [u8], mask: Option<[u8; 4]>) -> usize {
    let Some((room, message)) = frame.split_first_chunk_mut::<MAX_HEAD>() else {
        return 0;
    };
    let len = message.len();
    if mask.is_none()
        && len < 126
        && let Ok(short) = u8::try_from(len)
        && let Some(head) = room.last_chunk_mut()
    {
        // What most messages of a server are.
        *head = [FINAL_BINARY, short];
        return MAX_HEAD - head.len();
    }
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

/// A ping.
pub(crate) fn ping(payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    control(PING, payload, mask)
}

/// The answer to a ping with this payload.
pub(crate) fn pong(payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    control(PONG, payload, mask)
}

/// A close frame; without code and reason where the code can't be sent.
pub(crate) fn close(close: &Close, mask: Option<[u8; 4]>) -> Vec<u8> {
    let mut payload = Vec::new();
    if close.code().is_sendable() {
        payload.extend(close.code().0.to_be_bytes());
        payload.extend_from_slice(close.reason().as_bytes());
    }
    control(CLOSE, &payload, mask)
}

/// Of a payload that is too long nothing but its beginning is sent; none is, as a reason has [`Close::MAX_REASON`] bytes at most
/// and a pong has what a ping had.
fn control(opcode: u8, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let payload = payload.get(..MAX_CONTROL).unwrap_or(payload);
    let mut frame = vec![0; MAX_HEAD];
    frame.extend_from_slice(payload);
    let start = seal(&mut frame, mask);
    frame.drain(..start);
    if let Some(first) = frame.first_mut() {
        *first = FINAL | opcode;
    }
    frame
}

#[cfg(test)]
mod tests {
    use super::{super::head::Head, *};
    use crate::wire::CloseCode;

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
        let head = Head::parse(&frame[start..]).expect("the head is there");
        assert_eq!((head.len, head.payload_len), (MAX_HEAD - start, len as u64));
        assert_eq!(head.mask, mask);
        assert!(head.is_message(mask.is_some(), len));
        assert!(!head.is_message(mask.is_none(), len));
        for end in 0..head.len {
            assert_eq!(Head::parse(&frame[start..start + end]), None);
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
    fn control_frames_are_final_and_masked_as_asked() {
        assert_eq!(ping(b"", None), [0x89, 0]);
        assert_eq!(ping(b"", Some([1, 2, 3, 4])), [0x89, 0x80, 1, 2, 3, 4]);
        assert_eq!(pong(b"abc", None), *b"\x8a\x03abc");
        assert_eq!(
            pong(&[0, 0, 0, 0, 0], Some([1, 2, 3, 4])),
            [0x8a, 0x85, 1, 2, 3, 4, 1, 2, 3, 4, 1]
        );
    }

    #[test]
    fn close_frames_have_a_code_that_may_be_sent_or_nothing() {
        let frame =
            |code, reason: &str| close(&Close::new(CloseCode(code), reason.to_owned()), None);
        assert_eq!(frame(1000, ""), *b"\x88\x02\x03\xe8");
        assert_eq!(frame(1014, "bye"), *b"\x88\x05\x03\xf6bye");
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000] {
            assert_eq!(frame(code, "bye"), [0x88, 0]);
        }
        // 122 bytes and a character of two are one byte too many.
        let long = frame(4999, &format!("{}é", "a".repeat(122)));
        assert_eq!(long.len(), 2 + 2 + 122);
        assert_eq!(frame(4999, &"a".repeat(200)).len(), 2 + MAX_CONTROL);
    }
}
