//! Messages on their way out, put together as finished WebSocket frames.

use std::collections::HashMap;

use bytes::Bytes;

use super::frame::{MAX_HEAD, seal};
use crate::{
    conversation::Control,
    payload::EncodeError,
    route::RouteTo,
    wire::{Close, Dialect, FIELD, Header, Kind, NO_VALUE_CODE, RouteId},
};

/// The kind of a message that nothing answers, in its header.
pub(super) const PLAIN: u8 = 0;

/// Puts a message into an empty buffer, as a frame behind some room, and gives back where that starts.
///
/// `payload` appends what goes behind the header and gives back its type code. A client's frames are `masked`.
#[inline]
pub(super) fn put_together(
    frame: &mut Vec<u8>,
    kind: u8,
    route: RouteId,
    masked: bool,
    payload: impl FnOnce(&mut Vec<u8>) -> Result<u8, EncodeError>,
) -> Result<usize, EncodeError> {
    make_room(frame);
    let code = payload(frame)?;
    Ok(put_header(frame, Header { code, kind, route }, masked))
}

/// Leaves room for head and header in an empty buffer, to which the payload is appended then.
#[inline]
pub(super) fn make_room(frame: &mut Vec<u8>) {
    frame.resize(MAX_HEAD + Header::LEN, 0);
}

/// Puts head and header in front of a payload behind [`make_room`], and gives back where the frame starts.
#[inline]
pub(super) fn put_header(frame: &mut [u8], header: Header, masked: bool) -> usize {
    if let Some(room) = frame.get_mut(MAX_HEAD..MAX_HEAD + Header::LEN) {
        room.copy_from_slice(&header.to_bytes());
    }
    seal(frame, masked.then(rand::random))
}

/// A message of the extension without a value.
pub(super) fn control(control: Control, masked: bool) -> Bytes {
    let (kind, id, credit) = match control {
        Control::Cancel(id) => (Kind::Cancel, id, None),
        Control::End(id) => (Kind::End, id, None),
        Control::Credit(id, credit) => (Kind::Credit, id, Some(credit)),
        Control::Piped(id, credit) => (Kind::Piped, id, Some(credit)),
    };
    let mut frame = Vec::with_capacity(MAX_HEAD + Header::LEN + 2 * FIELD);
    make_room(&mut frame);
    frame.extend_from_slice(&id.to_le_bytes());
    frame.extend(credit.into_iter().flat_map(u32::to_le_bytes));
    let header = Header {
        code: NO_VALUE_CODE,
        kind: kind.code(),
        route: RouteId::META,
    };
    let start = put_header(&mut frame, header, masked);
    Bytes::from(frame).slice(start..)
}

/// The end of a pipe.
pub(super) fn hang_up(id: u32, close: &Close, masked: bool) -> Bytes {
    let mut frame = Vec::new();
    make_room(&mut frame);
    frame.extend_from_slice(&id.to_le_bytes());
    frame.extend_from_slice(&close.code().0.to_le_bytes());
    frame.extend_from_slice(close.reason().as_bytes());
    let header = Header {
        code: NO_VALUE_CODE,
        kind: Kind::HangUp.code(),
        route: RouteId::META,
    };
    let start = put_header(&mut frame, header, masked);
    Bytes::from(frame).slice(start..)
}

/// The word that messages to many were missed.
pub(super) fn missed(count: u64) -> Bytes {
    let mut frame = Vec::with_capacity(MAX_HEAD + Header::LEN + size_of::<u64>());
    make_room(&mut frame);
    frame.extend_from_slice(&count.to_le_bytes());
    let header = Header {
        code: NO_VALUE_CODE,
        kind: Kind::Missed.code(),
        route: RouteId::META,
    };
    // Only servers send to many, and theirs are not masked.
    let start = put_header(&mut frame, header, false);
    Bytes::from(frame).slice(start..)
}

/// Puts a message that is whole already, header included, into an empty buffer like [`put_together`].
pub(super) fn put_whole(frame: &mut Vec<u8>, message: &[u8], masked: bool) -> usize {
    frame.resize(MAX_HEAD, 0);
    frame.extend_from_slice(message);
    seal(frame, masked.then(rand::random))
}

/// A message to many as frames, one for each dialect and route id that somebody needs, unmasked as a server's are.
pub(super) struct Encoded<'a, R, D> {
    pub(super) name: &'a str,
    route: &'a R,
    data: &'a D,
    /// Hardly ever does anybody need another.
    first: Option<(Dialect, RouteId, Frame)>,
    others: HashMap<(Dialect, RouteId), Frame>,
}

/// A frame, or why there is none.
type Frame = Result<Bytes, EncodeError>;

impl<'a, R, D> Encoded<'a, R, D> {
    pub(super) fn new<P>(route: &'a R, data: &'a D) -> Self
    where
        R: RouteTo<P, D>,
    {
        Self {
            name: route.name(),
            route,
            data,
            first: None,
            others: HashMap::new(),
        }
    }

    /// The message for those who speak a dialect and know the route by an id.
    ///
    /// # Errors
    /// When the dialect can't carry the data.
    pub(super) fn frame<P>(&mut self, dialect: Dialect, id: RouteId) -> Result<&Bytes, &EncodeError>
    where
        R: RouteTo<P, D>,
    {
        let encode = || {
            let mut frame = Vec::new();
            let start = put_together(&mut frame, PLAIN, id, false, |payload| {
                self.route.encode(self.data, dialect, payload)
            })?;
            Ok(Bytes::from(frame).slice(start..))
        };
        let (first, first_id, frame) = self.first.get_or_insert_with(|| (dialect, id, encode()));
        if (*first, *first_id) == (dialect, id) {
            return frame.as_ref();
        }
        let other = self.others.entry((dialect, id)).or_insert_with(encode);
        other.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::frame;

    const MESSAGE: &[u8] = b"\x05\x03\x02\x01\x07\0\0\0hi";

    #[track_caller]
    fn check(masked: bool) {
        let mut frame = Vec::new();
        let start = put_together(&mut frame, 3, RouteId(258), masked, |payload| {
            payload.extend(7_u32.to_le_bytes());
            payload.extend(b"hi");
            Ok(5)
        });
        check_frame(&mut frame, start.expect("nothing is wrong with it"), masked);

        let mut whole = Vec::new();
        let start = put_whole(&mut whole, MESSAGE, masked);
        check_frame(&mut whole, start, masked);
    }

    #[track_caller]
    fn check_frame(frame: &mut [u8], start: usize, masked: bool) {
        let frame = &mut frame[start..];
        let head = frame::head(frame).expect("it is whole");
        assert!(head.is_message(masked, MESSAGE.len()));
        let message = &mut frame[head.len..];
        if let Some(mask) = head.mask {
            frame::apply_mask(message, mask);
        }
        assert_eq!(message, MESSAGE);
    }

    #[test]
    fn header_is_in_front_of_the_payload_and_the_head_in_front_of_both() {
        check(false);
        check(true);
    }

    #[test]
    fn dialect_that_cannot_carry_the_data_has_no_frame_and_others_have() {
        let data = vec![f64::NAN];
        let mut message = Encoded::new(&"echo", &data);
        for _ in 0..2 {
            let refused = message.frame(Dialect::V02, RouteId(1));
            assert!(matches!(refused, Err(EncodeError::NotFinite { .. })));
            let frame = message.frame(Dialect::V01, RouteId(1)).unwrap();
            assert_eq!(frame, &b"\x82\x09\x01\0\x01\0[NaN]"[..]);
        }
        assert_eq!(message.others.len(), 1);
    }
}
