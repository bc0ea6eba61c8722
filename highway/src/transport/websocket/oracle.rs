//! tungstenite's reader beside highway's: of the same bytes, in any pieces, both have to say the same, and what both answer by
//! themselves has to be the same.
//!
//! They differ on purpose in this:
//!
//! - Close code 1014, which was registered after tungstenite's list was made, is read as it is; there it counts as 1002.
//! - The reason that goes with 1002 for another code that may not be sent names the code.
//! - A length of 2^63 or more breaks the protocol, as the RFC says; there it is too large.
//! - A control frame of more than 125 bytes breaks the protocol, however long it is; there it is too large if it is over the
//!   limit.
//! - A fault is found as soon as the head of its frame is there, or the bytes of a text; there once the frame is whole.

use std::io::{self, Read, Write};

use bytes::BytesMut;
use tokio_tungstenite::tungstenite::{
    self, Message, WebSocket,
    error::ProtocolError,
    protocol::{CloseFrame, Role, WebSocketConfig},
};

use super::{Event, Head, Reader, Step, apply_mask, close, pong};
use crate::{
    transport::Error,
    wire::{Close, CloseCode},
};

/// The reason that tungstenite gives with 1002 in place of a code.
const VIOLATION: &str = "Protocol violation";

/// The limits that [`compare`] takes. tungstenite's are for control frames as well.
const LIMITS: [usize; 4] = [125, 126, 1000, 65_600];

/// What one side says of the other's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Message(Vec<u8>),
    Text(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Close),
    Fault(Fault),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    TooLarge,
    InvalidUtf8,
    Protocol,
    Lost,
}

/// Feeds both with bytes that begin with a selector: its lowest bit says who sends them (1 a client), the next two the
/// [limit](LIMITS), the others the length of the pieces (0 for all in one).
///
/// # Panics
/// When they differ.
pub(crate) fn compare(data: &[u8]) {
    let Some((&selector, bytes)) = data.split_first() else {
        return;
    };
    let limit = LIMITS[usize::from(selector >> 1 & 3)];
    let pieces: Vec<&[u8]> = match usize::from(selector >> 3) {
        0 => vec![bytes],
        len => bytes.chunks(len).collect(),
    };
    compare_pieces(selector & 1 == 1, limit, &pieces);
}

/// # Panics
/// When they differ.
fn compare_pieces(from_client: bool, limit: usize, pieces: &[&[u8]]) {
    let (here, rest) = read_here(from_client, limit, pieces);
    let mut bytes = pieces.to_vec();
    let zeros = vec![0; limit + super::MAX_HEAD];
    if !matches!(here.last(), Some(Seen::Fault(Fault::Lost))) {
        // The rest of the frame that is at fault.
        bytes.push(&zeros);
    }
    let (there, answers) = read_there(from_client, limit, &bytes);
    let agree = here.len() == there.len()
        && std::iter::zip(&here, &there).all(|(here, there)| is_same(here, there, &rest));
    assert!(agree, "here {here:?}\nthere {there:?}");

    let expected: Vec<_> = here.iter().filter_map(answer).collect();
    let agree = expected.len() == answers.len()
        && std::iter::zip(&expected, &answers)
            .all(|(here, there)| here == there || *there == violation());
    assert!(agree, "here {expected:?}\nthere {answers:?}");
}

/// What highway says, and the input that it has not taken.
fn read_here(from_client: bool, limit: usize, pieces: &[&[u8]]) -> (Vec<Seen>, BytesMut) {
    let mut reader = Reader::new(from_client, limit);
    let mut input = BytesMut::new();
    let mut seen = Vec::new();
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            let (mut short, mut behind) = (Vec::new(), input.clone());
            let is_short = reader.small_message(&mut behind, &mut short);
            let step = match reader.message(&mut input) {
                Some(message) => {
                    if is_short {
                        assert_eq!((&short, &behind), (&message.to_vec(), &input));
                    }
                    Ok(Step::Event(Event::Message(message)))
                }
                None if is_short => panic!("a short message that is none"),
                None => reader.step(&mut input),
            };
            let step = match step {
                Ok(Step::Event(Event::Fragment)) => continue,
                Ok(Step::Event(event)) => see(event),
                Ok(Step::Missing(len)) => {
                    assert!(len == 0 || len > input.len());
                    break;
                }
                Ok(Step::Over) => panic!("it is over before it has said so"),
                Err(error) => Seen::Fault(fault(&error)),
            };
            let over = matches!(step, Seen::Close(_) | Seen::Fault(_));
            seen.push(step);
            if over {
                assert!(reader.message(&mut input.clone()).is_none());
                assert!(!reader.small_message(&mut input.clone(), &mut Vec::new()));
                assert!(matches!(reader.step(&mut input.clone()), Ok(Step::Over)));
                return (seen, input);
            }
        }
    }
    seen.push(Seen::Fault(Fault::Lost));
    (seen, input)
}

fn see(event: Event) -> Seen {
    match event {
        Event::Message(message) => Seen::Message(message.into()),
        Event::Text(text) => Seen::Text(text.into()),
        Event::Ping(payload) => Seen::Ping(payload.into()),
        Event::Pong(_) | Event::Fragment => Seen::Pong,
        Event::Close(close) => Seen::Close(close),
    }
}

fn fault(error: &Error) -> Fault {
    match error {
        Error::TooLarge { size, limit, .. } => {
            assert!(*size > *limit as u64);
            Fault::TooLarge
        }
        Error::InvalidUtf8 => Fault::InvalidUtf8,
        Error::Protocol(_) | Error::UnmaskedClose => Fault::Protocol,
        Error::Lost | Error::Io(_) => panic!("the reader knows no stream"),
    }
}

/// The frame that goes out by itself.
fn answer(seen: &Seen) -> Option<Vec<u8>> {
    match seen {
        Seen::Ping(payload) => Some(pong(payload, None)),
        Seen::Close(reason) => Some(close(reason, None)),
        _ => None,
    }
}

fn violation() -> Vec<u8> {
    close(&Close::new(CloseCode::PROTOCOL_ERROR, VIOLATION), None)
}

fn is_same(here: &Seen, there: &Seen, rest: &[u8]) -> bool {
    match (here, there) {
        (Seen::Close(here), Seen::Close(there)) if here != there => {
            let otherwise_there =
                here.code() == CloseCode(1014) || here.reason().starts_with("invalid close code ");
            otherwise_there && *there == Close::new(CloseCode::PROTOCOL_ERROR, VIOLATION)
        }
        (Seen::Fault(Fault::Protocol), Seen::Fault(Fault::TooLarge)) => Head::parse(rest)
            .is_some_and(|head| head.is_control() || head.payload_len > u64::MAX >> 1),
        (here, there) => here == there,
    }
}

/// What tungstenite says, and the frames that it answers with, unmasked.
fn read_there(from_client: bool, limit: usize, pieces: &[&[u8]]) -> (Vec<Seen>, Vec<Vec<u8>>) {
    let role = if from_client {
        Role::Server
    } else {
        Role::Client
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(1024)
        .write_buffer_size(0)
        .max_message_size(Some(limit))
        .max_frame_size(Some(limit));
    let stream = Stream {
        pieces: pieces.iter().map(|piece| piece.to_vec()).collect(),
        written: Vec::new(),
    };
    let mut socket = WebSocket::from_raw_socket(stream, role, Some(config));
    let mut seen = Vec::new();
    loop {
        let next = match socket.read() {
            Ok(Message::Binary(message)) => Seen::Message(message.into()),
            Ok(Message::Text(text)) => Seen::Text(text.as_bytes().to_vec()),
            Ok(Message::Ping(payload)) => Seen::Ping(payload.into()),
            Ok(Message::Pong(_)) => Seen::Pong,
            Ok(Message::Close(frame)) => Seen::Close(from_frame(frame)),
            Ok(Message::Frame(_)) => panic!("it is never read"),
            Err(tungstenite::Error::Capacity(_)) => Seen::Fault(Fault::TooLarge),
            Err(tungstenite::Error::Utf8(_)) => Seen::Fault(Fault::InvalidUtf8),
            Err(tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
                Seen::Fault(Fault::Lost)
            }
            Err(tungstenite::Error::Protocol(_)) => Seen::Fault(Fault::Protocol),
            Err(error) => panic!("{error}"),
        };
        let over = matches!(next, Seen::Close(_) | Seen::Fault(_));
        seen.push(next);
        if over {
            break;
        }
    }
    // A server is told that the connection is closed once its answer is written.
    let _ = socket.flush();
    let mut answers = Vec::new();
    let mut written = socket.get_mut().written.as_mut_slice();
    while let Some(head) = Head::parse(written) {
        let (frame, rest) = written.split_at_mut(head.frame_len());
        let (_, payload) = frame.split_at_mut(head.len);
        if let Some(mask) = head.mask {
            apply_mask(payload, mask);
        }
        let len = u8::try_from(payload.len()).expect("a control frame is short");
        answers.push([&frame[..1], &[len], &frame[head.len..]].concat());
        written = rest;
    }
    (seen, answers)
}

fn from_frame(frame: Option<CloseFrame>) -> Close {
    match frame {
        Some(frame) => Close::new(CloseCode(frame.code.into()), frame.reason.to_string()),
        None => Close::new(CloseCode::NO_CODE, ""),
    }
}

/// Gives what it was made with, a piece at a time, and then ends.
struct Stream {
    pieces: std::collections::VecDeque<Vec<u8>>,
    written: Vec<u8>,
}

impl Read for Stream {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        while let Some(piece) = self.pieces.front_mut() {
            if piece.is_empty() {
                self.pieces.pop_front();
                continue;
            }
            let len = piece.len().min(target.len());
            target[..len].copy_from_slice(&piece[..len]);
            piece.drain(..len);
            return Ok(len);
        }
        Ok(0)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A frame as somebody may send it.
    #[derive(Debug, Clone)]
    struct Frame {
        first: u8,
        payload: Vec<u8>,
        /// Which of the three ways to write a length is the shortest that is taken.
        length: u8,
        mask: [u8; 4],
    }

    impl Frame {
        fn write(&self, masked: bool, bytes: &mut Vec<u8>) {
            let len = self.payload.len();
            bytes.push(self.first);
            let bit = if masked { 0x80 } else { 0 };
            match (u8::try_from(len), u16::try_from(len)) {
                (Ok(short @ ..126), _) if self.length == 0 => bytes.push(bit | short),
                (_, Ok(medium)) if self.length <= 1 => {
                    bytes.push(bit | 0x7e);
                    bytes.extend(medium.to_be_bytes());
                }
                _ => {
                    bytes.push(bit | 0x7f);
                    bytes.extend((len as u64).to_be_bytes());
                }
            }
            let start = if masked {
                bytes.extend(self.mask);
                bytes.len()
            } else {
                bytes.len()
            };
            bytes.extend_from_slice(&self.payload);
            if masked {
                apply_mask(&mut bytes[start..], self.mask);
            }
        }
    }

    fn frame(
        first: impl Strategy<Value = u8>,
        payload: impl Strategy<Value = Vec<u8>>,
    ) -> impl Strategy<Value = Frame> {
        let length = prop_oneof![8 => Just(0_u8), 1 => Just(1), 1 => Just(2)];
        (first, payload, length, any::<[u8; 4]>()).prop_map(|(first, payload, length, mask)| {
            Frame {
                first,
                payload,
                length,
                mask,
            }
        })
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            8 => prop::collection::vec(any::<u8>(), 0..20),
            2 => prop::collection::vec(any::<u8>(), 120..130),
            1 => prop::collection::vec(any::<u8>(), 990..1010),
            1 => prop::collection::vec(Just(7), 65_530..65_610),
        ]
    }

    fn control() -> impl Strategy<Value = Frame> {
        prop_oneof![
            4 => frame(
                prop_oneof![Just(0x89_u8), Just(0x8a)],
                prop::collection::vec(any::<u8>(), 0..=125)
            ),
            1 => frame(Just(0x89), prop::collection::vec(any::<u8>(), 120..130)),
        ]
    }

    fn close_frame() -> impl Strategy<Value = Frame> {
        let code = prop_oneof![0_u16..20, 995..1020_u16, 2990..3010_u16, 4990..5010_u16];
        let payload = prop_oneof![
            4 => (code, "\\PC{0,20}").prop_map(|(code, reason)| {
                [&code.to_be_bytes()[..], reason.as_bytes()].concat()
            }),
            1 => prop::collection::vec(any::<u8>(), 0..6),
            1 => (1000..1020_u16, prop::collection::vec(any::<u8>(), 0..6))
                .prop_map(|(code, reason)| [&code.to_be_bytes()[..], &reason].concat()),
        ];
        frame(Just(0x88), payload)
    }

    /// A message in one frame or several, with control frames in between.
    fn message() -> impl Strategy<Value = Vec<Frame>> {
        let text = prop_oneof![
            4 => "\\PC{0,30}".prop_map(String::into_bytes),
            1 => prop::collection::vec(0xc0_u8.., 0..4),
        ];
        let payload = prop_oneof![
            bytes().prop_map(|payload| (2_u8, payload)),
            text.prop_map(|payload| (1_u8, payload)),
        ];
        let cuts = prop::collection::vec(any::<prop::sample::Index>(), 0..5);
        let between = prop::collection::vec(control(), 0..3);
        (payload, cuts, between, any::<[u8; 4]>()).prop_map(
            |((opcode, payload), cuts, between, mask)| {
                let mut cuts: Vec<_> = cuts
                    .iter()
                    .map(|cut| cut.index(payload.len() + 1))
                    .collect();
                cuts.sort_unstable();
                cuts.push(payload.len());
                let mut between = between.into_iter();
                let mut frames = Vec::new();
                let mut start = 0;
                for (place, &end) in cuts.iter().enumerate() {
                    let first = if place == 0 { opcode } else { 0 };
                    let last = place == cuts.len() - 1;
                    frames.push(Frame {
                        first: first | if last { 0x80 } else { 0 },
                        payload: payload[start..end].to_vec(),
                        length: 0,
                        mask,
                    });
                    frames.extend(between.next());
                    start = end;
                }
                frames
            },
        )
    }

    /// Mostly messages, sometimes what is none.
    fn dialogue() -> impl Strategy<Value = Vec<Frame>> {
        let part = prop_oneof![
            8 => message(),
            2 => control().prop_map(|frame| vec![frame]),
            1 => frame(any::<u8>(), bytes()).prop_map(|frame| vec![frame]),
            1 => close_frame().prop_map(|frame| vec![frame]),
        ];
        prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
    }

    /// What may become of bytes on their way.
    #[derive(Debug, Clone)]
    enum Change {
        Flip(prop::sample::Index, u8),
        Cut(prop::sample::Index),
        Drop(prop::sample::Index),
    }

    fn change() -> impl Strategy<Value = Change> {
        prop_oneof![
            (any::<prop::sample::Index>(), 1..=u8::MAX)
                .prop_map(|(at, bits)| Change::Flip(at, bits)),
            any::<prop::sample::Index>().prop_map(Change::Cut),
            any::<prop::sample::Index>().prop_map(Change::Drop),
        ]
    }

    fn cut(bytes: &[u8], mut lens: impl Iterator<Item = usize>) -> Vec<&[u8]> {
        let mut pieces = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let len = lens.next().unwrap_or(rest.len()).clamp(1, rest.len());
            let (piece, behind) = rest.split_at(len);
            pieces.push(piece);
            rest = behind;
        }
        pieces
    }

    fn piece_lens() -> impl Strategy<Value = Vec<usize>> {
        prop_oneof![
            Just(Vec::new()),
            prop::collection::vec(1..30_usize, 1..10),
            Just(vec![1]),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn frames_are_read_as_tungstenite_reads_them(
            from_client in any::<bool>(),
            limit in prop::sample::select(&LIMITS[..]),
            frames in dialogue(),
            changes in prop_oneof![
                2 => Just(Vec::new()),
                1 => prop::collection::vec(change(), 1..3),
            ],
            lens in piece_lens(),
        ) {
            let mut bytes = Vec::new();
            for frame in &frames {
                frame.write(from_client, &mut bytes);
            }
            for change in changes {
                if bytes.is_empty() {
                    break;
                }
                let len = bytes.len();
                match change {
                    Change::Flip(at, bits) => bytes[at.index(len)] ^= bits,
                    Change::Cut(at) => bytes.truncate(at.index(len)),
                    Change::Drop(at) => {
                        bytes.remove(at.index(len));
                    }
                }
            }
            let lens = lens.iter().copied().cycle();
            compare_pieces(from_client, limit, &cut(&bytes, lens));
        }

        #[test]
        fn anything_is_read_as_tungstenite_reads_it(
            data in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            compare(&data);
        }
    }
}
