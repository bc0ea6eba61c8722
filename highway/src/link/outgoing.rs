//! Messages on their way out, put together and sealed.

use std::collections::HashMap;

use bytes::Bytes;

use crate::{
    payload::EncodeError,
    proto::{Role, conversation::Control},
    route::RouteTo,
    transport::{Envelope, ROOM},
    wire::{Close, Dialect, FIELD, Header, Kind, NO_VALUE_CODE, RouteId},
};

/// How one side of a connection puts its messages together. Everything that it sends goes through one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Framing {
    role: Role,
}

impl Framing {
    pub(crate) const fn of(role: Role) -> Self {
        Self { role }
    }

    pub(crate) const fn role(self) -> Role {
        self.role
    }

    /// Seals a message behind its room, and returns where the result starts.
    #[inline]
    fn seal(self, frame: &mut [u8]) -> usize {
        Envelope::of(self.role).seal(frame)
    }

    /// Puts a message into an empty buffer, sealed behind some room, and gives back where that starts.
    ///
    /// `payload` appends what goes behind the header and gives back its type code.
    #[inline]
    pub(crate) fn put_together<E>(
        self,
        frame: &mut Vec<u8>,
        kind: Kind,
        route: RouteId,
        payload: impl FnOnce(&mut Vec<u8>) -> Result<u8, E>,
    ) -> Result<usize, E> {
        make_room(frame);
        let code = payload(frame)?;
        Ok(self.put_header(frame, kind, code, route))
    }

    /// Puts a header in front of a payload behind [`make_room`], seals it, and returns where the result starts.
    #[inline]
    pub(crate) fn put_header(
        self,
        frame: &mut [u8],
        kind: Kind,
        code: u8,
        route: RouteId,
    ) -> usize {
        debug_assert!(self.role.sends(kind), "{:?} sends no {kind:?}", self.role);
        let kind = kind.code();
        if let Some(room) = frame.get_mut(ROOM..ROOM + Header::LEN) {
            room.copy_from_slice(&Header { code, kind, route }.to_bytes());
        }
        self.seal(frame)
    }

    /// Puts a message that is whole already, header included, into an empty buffer like [`put_together`](Self::put_together).
    pub(crate) fn put_whole(self, frame: &mut Vec<u8>, message: &[u8]) -> usize {
        frame.resize(ROOM, 0);
        frame.extend_from_slice(message);
        self.seal(frame)
    }

    /// Puts a message about a conversation together like [`put_whole`](Self::put_whole), with another id.
    pub(crate) fn readdress(self, frame: &mut Vec<u8>, message: &[u8], id: u32) -> usize {
        let (header, rest) = message.split_at(Header::LEN.min(message.len()));
        frame.resize(ROOM, 0);
        frame.extend_from_slice(header);
        frame.extend_from_slice(&id.to_le_bytes());
        frame.extend_from_slice(rest.get(FIELD..).unwrap_or_default());
        self.seal(frame)
    }

    /// Puts a message together that has the id of a conversation in front of what else it says, and no value.
    fn without_value(self, kind: Kind, fields: &[&[u8]]) -> Bytes {
        let len = fields.iter().map(|field| field.len()).sum::<usize>();
        let mut frame = Vec::with_capacity(ROOM + Header::LEN + len);
        make_room(&mut frame);
        for field in fields {
            frame.extend_from_slice(field);
        }
        let start = self.put_header(&mut frame, kind, NO_VALUE_CODE, RouteId::META);
        Bytes::from(frame).slice(start..)
    }

    /// A message about a conversation that has no value.
    pub(crate) fn control(self, control: Control) -> Bytes {
        let (kind, id, credit) = match control {
            Control::Cancel(id) => (Kind::Cancel, id, None),
            Control::End(id) => (Kind::End, id, None),
            Control::Credit(id, credit) => (Kind::Credit, id, Some(credit)),
            Control::Piped(id, credit) => (Kind::Piped, id, Some(credit)),
        };
        let id = id.to_le_bytes();
        match credit {
            Some(credit) => self.without_value(kind, &[&id, &credit.to_le_bytes()]),
            None => self.without_value(kind, &[&id]),
        }
    }

    /// The end of a pipe.
    pub(crate) fn hang_up(self, id: u32, close: &Close) -> Bytes {
        let code = close.code().0.to_le_bytes();
        let fields = [&id.to_le_bytes(), &code[..], close.reason().as_bytes()];
        self.without_value(Kind::HangUp, &fields)
    }

    /// The word that the peer missed so many broadcasts.
    pub(super) fn missed(self, count: u64) -> Bytes {
        self.without_value(Kind::Missed, &[&count.to_le_bytes()])
    }
}

/// Leaves room for envelope and header in an empty buffer, to which the payload is appended then.
#[inline]
pub(crate) fn make_room(frame: &mut Vec<u8>) {
    frame.resize(ROOM + Header::LEN, 0);
}

/// A broadcast as frames, one for each form that a receiver needs.
pub(crate) struct Broadcast<'a, R, D> {
    pub(crate) name: &'a str,
    route: &'a R,
    data: &'a D,
    /// Hardly ever does a receiver need another.
    first: Option<(Form, Frame)>,
    others: HashMap<Form, Frame>,
}

/// What the frame of a broadcast depends on besides the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Form {
    pub(crate) framing: Framing,
    pub(crate) dialect: Dialect,
    pub(crate) route: RouteId,
}

/// A frame and the length of the message in it, or why there is none.
type Frame = Result<(Bytes, usize), EncodeError>;

impl<'a, R, D> Broadcast<'a, R, D> {
    pub(crate) fn new<P>(route: &'a R, data: &'a D) -> Self
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

    /// The message in the form that a receiver needs, as a frame, and its length without the envelope.
    ///
    /// # Errors
    /// When the dialect can't carry the data.
    pub(crate) fn frame<P>(&mut self, form: Form) -> Result<&(Bytes, usize), &EncodeError>
    where
        R: RouteTo<P, D>,
    {
        let encode = || {
            let mut frame = Vec::new();
            let Form {
                framing,
                dialect,
                route,
            } = form;
            let start = framing.put_together(&mut frame, Kind::Message, route, |payload| {
                self.route.encode(self.data, dialect, payload)
            })?;
            let len = frame.len() - ROOM;
            Ok((Bytes::from(frame).slice(start..), len))
        };
        let (first, frame) = self.first.get_or_insert_with(|| (form, encode()));
        if *first == form {
            return frame.as_ref();
        }
        let other = self.others.entry(form).or_insert_with(encode);
        other.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::{
        link::failures::{Unserved, WireFailure},
        transport::websocket::{Head, apply_mask},
    };

    const MESSAGE: &[u8] = b"\x05\x03\x02\x01\x07\0\0\0hi";

    /// Checks the one message that starts at `start`: it is in a frame which is masked if and only if a client sends it, or as it
    /// is on a pipe; it is whole, and of the kind.
    #[track_caller]
    fn check(role: Role, kind: Kind, frame: &[u8], start: usize) -> Vec<u8> {
        let mut message = frame.get(start..).expect("it starts inside").to_vec();
        if matches!(role, Role::Server | Role::Client) {
            let head = Head::parse(&message).expect("it is whole");
            assert_eq!(
                head.mask.is_some(),
                role == Role::Client,
                "{role:?} {kind:?}"
            );
            assert_eq!(head.frame_len(), message.len(), "{role:?} {kind:?}");
            message.drain(..head.len);
            if let Some(mask) = head.mask {
                apply_mask(&mut message, mask);
            }
        }
        let (header, _) = Header::split(&message).expect("it has a header");
        assert_eq!(header.kind, kind.code());
        message
    }

    /// A kind's frames in every way in which they are put together.
    fn frames(framing: Framing, kind: Kind) -> Vec<(Vec<u8>, usize)> {
        let mut all = Vec::new();
        let mut with = |put: &dyn Fn(&mut Vec<u8>) -> usize| {
            let mut frame = Vec::new();
            let start = put(&mut frame);
            all.push((frame, start));
        };
        with(&|frame| {
            let payload = |payload: &mut Vec<u8>| {
                payload.extend(7_u32.to_le_bytes());
                Ok::<_, Infallible>(5)
            };
            let Ok(start) = framing.put_together(frame, kind, RouteId(258), payload);
            start
        });
        with(&|frame| {
            make_room(frame);
            framing.put_header(frame, kind, 5, RouteId::META)
        });
        with(&|frame| framing.put_whole(frame, &[5, kind.code(), 0, 0]));
        with(&|frame| framing.readdress(frame, &[5, kind.code(), 0, 0, 1, 0, 0, 0, 9], 7));
        let owned = match kind {
            Kind::Message => {
                let mut message = Broadcast::new(&"echo", &7);
                let frame = message.frame(Form {
                    framing,
                    dialect: Dialect::V02,
                    route: RouteId(1),
                });
                Some(frame.expect("nothing is wrong with it").0.clone())
            }
            Kind::Failure => Some(WireFailure::of_unserved(Unserved::Busy).frame(7, framing)),
            Kind::Cancel => Some(framing.control(Control::Cancel(7))),
            Kind::End => Some(framing.control(Control::End(7))),
            Kind::Credit => Some(framing.control(Control::Credit(7, 8))),
            Kind::Piped => Some(framing.control(Control::Piped(7, 8))),
            Kind::HangUp => Some(framing.hang_up(7, &Close::NORMAL)),
            Kind::Missed => Some(framing.missed(7)),
            // They have a value, and are put together like any other.
            Kind::Call
            | Kind::Reply
            | Kind::Stream
            | Kind::Item
            | Kind::Pipe
            | Kind::Piece
            | Kind::LastPiece
            | Kind::Contract => None,
        };
        all.extend(owned.map(|frame| (frame.to_vec(), 0)));
        all
    }

    #[test]
    fn every_message_is_sealed_as_its_side_seals_it() {
        for role in Role::ALL {
            let framing = Framing::of(role);
            for kind in Kind::ALL.into_iter().filter(|kind| role.sends(*kind)) {
                for (frame, start) in frames(framing, kind) {
                    check(role, kind, &frame, start);
                }
            }
        }
    }

    #[test]
    fn header_is_in_front_of_the_payload_and_the_head_in_front_of_both() {
        for role in Role::ALL {
            let framing = Framing::of(role);
            let mut frame = Vec::new();
            let payload = |payload: &mut Vec<u8>| {
                payload.extend(7_u32.to_le_bytes());
                payload.extend(b"hi");
                Ok::<_, Infallible>(5)
            };
            let Ok(start) = framing.put_together(&mut frame, Kind::Failure, RouteId(258), payload);
            assert_eq!(check(role, Kind::Failure, &frame, start), MESSAGE);
            let mut whole = Vec::new();
            let start = framing.put_whole(&mut whole, MESSAGE);
            assert_eq!(check(role, Kind::Failure, &whole, start), MESSAGE);
        }
    }

    #[test]
    fn dialect_that_cannot_carry_the_data_has_no_frame_and_others_have() {
        let data = vec![f64::NAN];
        let mut message = Broadcast::new(&"echo", &data);
        let form = |dialect| Form {
            framing: Framing::of(Role::Server),
            dialect,
            route: RouteId(1),
        };
        for _ in 0..2 {
            let refused = message.frame(form(Dialect::V02));
            assert!(matches!(refused, Err(EncodeError::NotFinite { .. })));
            let frame = message.frame(form(Dialect::V01)).unwrap();
            assert_eq!(
                *frame,
                (Bytes::from_static(b"\x82\x09\x01\0\x01\0[NaN]"), 9)
            );
        }
        assert_eq!(message.others.len(), 1);
    }
}
