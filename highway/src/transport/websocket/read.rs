//! Frames that arrive: what of them is a message, and what breaks the protocol.

use bytes::{Buf, Bytes, BytesMut};

use super::{
    BINARY, CLOSE, CONTINUATION, MAX_CONTROL, PING, PONG, TEXT, apply_mask, copy_masked, head::Head,
};
use crate::{
    transport::Error,
    wire::{Close, CloseCode},
};

/// Takes frames from the bytes that one side sends.
///
/// What is wrong with a frame is found by its head, before its payload is there. A binary message in one frame is a slice of the
/// input; other messages are put together as their bytes come. Memory is bounded by the longest message and independent of the
/// number of fragments.
#[derive(Debug)]
pub(crate) struct Reader {
    from_client: bool,
    message_bytes: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The next frame begins a message, or is a control frame.
    Between,
    /// Some of a message is here.
    Joining(Box<Joining>),
    /// A close frame has come, or a fault. Nothing is read behind it.
    Over,
}

/// A message that is put together.
#[derive(Debug)]
struct Joining {
    is_text: bool,
    payload: BytesMut,
    /// The bytes of a text that are known to be whole characters.
    valid: usize,
    /// The length of the message as far as the heads of its frames tell.
    declared: u64,
    /// The frame that is read; `None` between two fragments.
    frame: Option<Rest>,
}

/// What is missing of a frame's payload.
#[derive(Debug)]
struct Rest {
    len: u64,
    /// The mask of the next byte, first.
    mask: Option<[u8; 4]>,
    is_final: bool,
}

/// What a frame brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A binary message.
    Message(Bytes),
    /// A text message, which is valid UTF-8.
    Text(Bytes),
    /// A fragment of a message that is not whole yet.
    Fragment,
    /// A ping, with what its pong has to have.
    Ping(Bytes),
    /// A pong, with what its ping had.
    Pong(Bytes),
    /// A close frame. One with a code that may not be sent counts as 1002.
    Close(Close),
}

/// The longest message that is copied instead of sharing the memory that it was read into, in bytes: an echo of 1 KiB takes 7 % less time
/// so, as the count of those who share has no atomic steps.
const SMALL: usize = 1536;

/// How far the input leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// One frame is taken from the input.
    Event(Event),
    /// More input is needed: until it has this length, if that is known (else 0).
    Missing(usize),
    /// Nothing more is read.
    Over,
}

impl Reader {
    /// A reader of what a client sends, or else a server, with the length that messages may have.
    pub(crate) fn new(from_client: bool, message_bytes: usize) -> Self {
        Self {
            from_client,
            message_bytes,
            state: State::Between,
        }
    }

    /// Takes a binary message in one frame, if the input begins with one that is all there. It is what nearly every frame is.
    #[inline]
    pub(crate) fn message(&mut self, input: &mut BytesMut) -> Option<Bytes> {
        if !matches!(self.state, State::Between) {
            return None;
        }
        let head = Head::parse(input)?;
        if !head.is_message(self.from_client, self.message_bytes) {
            return None;
        }
        take_payload(input, head)
    }

    /// Takes a binary message in one frame like [`message`](Self::message) by copying it, if it has no more than [`SMALL`] bytes.
    /// Returns whether it did.
    #[inline]
    pub(crate) fn small_message(&mut self, input: &mut BytesMut, message: &mut Vec<u8>) -> bool {
        if !matches!(self.state, State::Between) {
            return false;
        }
        let Some(head) = Head::parse(input) else {
            return false;
        };
        if head.payload_len > SMALL as u64 || !head.is_message(self.from_client, self.message_bytes)
        {
            return false;
        }
        let Some(payload) = input.get(head.len..head.frame_len()) else {
            return false;
        };
        // A mask of zeros leaves it as it is.
        copy_masked(payload, head.mask.unwrap_or_default(), message);
        input.advance(head.frame_len());
        true
    }

    /// Takes one frame of any kind, or what is there of it.
    ///
    /// # Errors
    /// When the frame breaks the protocol or is over the limit; then nothing more is read.
    pub(crate) fn step(&mut self, input: &mut BytesMut) -> Result<Step, Error> {
        let step = self.read(input);
        if matches!(step, Err(_) | Ok(Step::Event(Event::Close(_)))) {
            self.state = State::Over;
        }
        step
    }

    fn read(&mut self, input: &mut BytesMut) -> Result<Step, Error> {
        match &self.state {
            State::Over => return Ok(Step::Over),
            State::Joining(joining) if joining.frame.is_some() => return self.join(input),
            State::Between | State::Joining(_) => {}
        }
        let Some(head) = Head::parse(input) else {
            return Ok(Step::Missing(0));
        };
        let declared = self.check(head)?;
        if head.is_control() {
            return Ok(match take_payload(input, head) {
                Some(payload) => Step::Event(read_control(head, payload)?),
                None => Step::Missing(head.frame_len()),
            });
        }
        if head.is_message(self.from_client, self.message_bytes) {
            return Ok(match take_payload(input, head) {
                Some(message) => Step::Event(Event::Message(message)),
                None => Step::Missing(head.frame_len()),
            });
        }
        input.advance(head.len);
        let frame = Rest {
            len: head.payload_len,
            mask: head.mask,
            is_final: head.is_final(),
        };
        match &mut self.state {
            State::Joining(joining) => {
                joining.declared = declared;
                joining.frame = Some(frame);
            }
            state => {
                *state = State::Joining(Box::new(Joining {
                    is_text: head.opcode() == TEXT,
                    payload: BytesMut::new(),
                    valid: 0,
                    declared,
                    frame: Some(frame),
                }));
            }
        }
        self.join(input)
    }

    /// Checks a head by itself and against what came before it. Returns the length of its message, as far as that is known.
    fn check(&self, head: Head) -> Result<u64, Error> {
        let opcode = head.opcode();
        if !matches!(opcode, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG) {
            return Err(Error::Protocol("a reserved opcode"));
        }
        if head.payload_len > u64::MAX >> 1 {
            return Err(Error::Protocol("a length of 2^63 or more"));
        }
        if !head.is_control() {
            self.check_size(head.payload_len, head)?;
        }
        if head.mask.is_some() != self.from_client {
            return Err(match (self.from_client, opcode) {
                (true, CLOSE) => Error::UnmaskedClose,
                (true, _) => Error::Protocol("an unmasked frame of a client"),
                (false, _) => Error::Protocol("a masked frame of a server"),
            });
        }
        if head.has_reserved_bits() {
            return Err(Error::Protocol("reserved bits"));
        }
        if head.is_control() {
            if !head.is_final() {
                return Err(Error::Protocol("a control frame in fragments"));
            }
            if head.payload_len > MAX_CONTROL as u64 {
                return Err(Error::Protocol("a control frame of more than 125 bytes"));
            }
            return Ok(0);
        }
        let before = match (&self.state, opcode) {
            (State::Joining(joining), CONTINUATION) => joining.declared,
            (State::Joining(_), _) => {
                return Err(Error::Protocol("a message inside of another"));
            }
            (_, CONTINUATION) => return Err(Error::Protocol("a continuation of nothing")),
            _ => 0,
        };
        let declared = before.saturating_add(head.payload_len);
        self.check_size(declared, head)?;
        Ok(declared)
    }

    fn check_size(&self, size: u64, head: Head) -> Result<(), Error> {
        if size > self.message_bytes as u64 {
            return Err(Error::TooLarge {
                size,
                more: !head.is_final(),
                limit: self.message_bytes,
            });
        }
        Ok(())
    }

    /// Goes on with the message that is put together.
    fn join(&mut self, input: &mut BytesMut) -> Result<Step, Error> {
        let State::Joining(joining) = &mut self.state else {
            return Ok(Step::Missing(0));
        };
        let Some(is_final) = joining.take(input)? else {
            return Ok(Step::Missing(0));
        };
        if !is_final {
            return Ok(Step::Event(Event::Fragment));
        }
        let message = joining.finish()?;
        self.state = State::Between;
        Ok(Step::Event(message))
    }
}

impl Joining {
    /// Takes what is there of the present frame. Once that is all of it, returns whether it is the last one.
    fn take(&mut self, input: &mut BytesMut) -> Result<Option<bool>, Error> {
        let Some(frame) = &mut self.frame else {
            return Ok(None);
        };
        let len = usize::try_from(frame.len)
            .unwrap_or(usize::MAX)
            .min(input.len());
        let before = self.payload.len();
        self.payload
            .extend_from_slice(input.get(..len).unwrap_or_default());
        input.advance(len);
        if let Some(mask) = &mut frame.mask {
            let added = self.payload.get_mut(before..).unwrap_or_default();
            apply_mask(added, *mask);
            mask.rotate_left(len % 4);
        }
        frame.len -= len as u64;
        let whole = (frame.len == 0).then_some(frame.is_final);
        if whole.is_some() {
            self.frame = None;
        }
        if self.is_text {
            self.check_text()?;
        }
        Ok(whole)
    }

    /// Checks what came of a text since it was last checked.
    fn check_text(&mut self) -> Result<(), Error> {
        let unchecked = self.payload.get(self.valid..).unwrap_or_default();
        match std::str::from_utf8(unchecked) {
            Ok(text) => self.valid += text.len(),
            // The last character may be cut.
            Err(error) if error.error_len().is_none() => self.valid += error.valid_up_to(),
            Err(_) => return Err(Error::InvalidUtf8),
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Event, Error> {
        let payload = std::mem::take(&mut self.payload).freeze();
        if !self.is_text {
            return Ok(Event::Message(payload));
        }
        if self.valid < payload.len() {
            return Err(Error::InvalidUtf8);
        }
        Ok(Event::Text(payload))
    }
}

/// Takes a frame's payload, unmasked, if all of it is there.
#[expect(
    clippy::inline_always,
    reason = "runs for every message, and what it gives is taken apart at once"
)]
#[inline(always)]
fn take_payload(input: &mut BytesMut, head: Head) -> Option<Bytes> {
    let len = usize::try_from(head.payload_len).ok()?;
    if input.len() - head.len < len {
        return None;
    }
    input.advance(head.len);
    let mut payload = input.split_to(len);
    if let Some(mask) = head.mask {
        apply_mask(&mut payload, mask);
    }
    Some(payload.freeze())
}

fn read_control(head: Head, payload: Bytes) -> Result<Event, Error> {
    Ok(match head.opcode() {
        PING => Event::Ping(payload),
        PONG => Event::Pong(payload),
        _ => Event::Close(read_close(&payload)?),
    })
}

fn read_close(payload: &[u8]) -> Result<Close, Error> {
    let (code, reason) = match payload.split_first_chunk() {
        Some((code, reason)) => (CloseCode(u16::from_be_bytes(*code)), reason),
        None if payload.is_empty() => return Ok(Close::new(CloseCode::NO_CODE, "")),
        None => return Err(Error::Protocol("a close frame of one byte")),
    };
    let reason = std::str::from_utf8(reason).map_err(|_| Error::InvalidUtf8)?;
    Ok(if code.is_sendable() {
        Close::new(code, reason.to_owned())
    } else {
        Close::new(
            CloseCode::PROTOCOL_ERROR,
            format!("invalid close code {code}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 10;

    /// What comes of a server's bytes, and what is wrong with them, if anything is.
    fn read(limit: usize, input: &[u8]) -> (Vec<Event>, Option<String>) {
        let mut reader = Reader::new(false, limit);
        let mut input = BytesMut::from(input);
        let mut events = Vec::new();
        loop {
            match reader.step(&mut input) {
                Ok(Step::Event(event)) => events.push(event),
                Ok(Step::Missing(_) | Step::Over) => return (events, None),
                Err(error) => return (events, Some(error.to_string())),
            }
        }
    }

    #[track_caller]
    fn check(input: &[u8], expected: &[Event]) {
        assert_eq!(read(LIMIT, input), (expected.to_vec(), None));
    }

    #[track_caller]
    fn check_fault(input: &[u8], expected: &str) {
        let (_, fault) = read(LIMIT, input);
        assert_eq!(fault.as_deref(), Some(expected));
    }

    fn message(message: &'static [u8]) -> Event {
        Event::Message(Bytes::from_static(message))
    }

    fn closed(code: u16, reason: &'static str) -> Event {
        Event::Close(Close::new(CloseCode(code), reason))
    }

    #[test]
    fn messages_are_whole_in_one_frame_and_in_fragments_with_control_frames_between() {
        check(b"\x82\x02ab\x82\x00", &[message(b"ab"), message(b"")]);
        check(
            b"\x02\x01a\x89\x01p\x00\x00\x8a\x00\x80\x01b",
            &[
                Event::Fragment,
                Event::Ping(Bytes::from_static(b"p")),
                Event::Fragment,
                Event::Pong(Bytes::new()),
                message(b"ab"),
            ],
        );
        let text = Event::Text(Bytes::from_static("é".as_bytes()));
        check(b"\x81\x02\xc3\xa9", std::slice::from_ref(&text));
        check(b"\x01\x01\xc3\x80\x01\xa9", &[Event::Fragment, text]);
    }

    #[test]
    fn short_messages_are_copied_and_others_stay_where_they_are() {
        const LEN: usize = SMALL;

        let head =
            |len: usize| [&b"\x82\xfe"[..], &u16::try_from(len).unwrap().to_be_bytes()].concat();
        let mask = *b"\x01\x80\x7f\x00";
        for len in [0, 1, 7, 8, 9, 23, 125, 126, LEN, LEN + 1] {
            let payload: Vec<u8> = (0..len).map(|place| place.to_le_bytes()[0]).collect();
            let mut masked = payload.clone();
            apply_mask(&mut masked, mask);
            let frame = [&head(len)[..], &mask, &masked].concat();
            let (mut reader, mut message) = (Reader::new(true, LEN * 2), b"before".to_vec());
            let mut part = BytesMut::from(&frame[..frame.len() - 1]);
            assert!(len == 0 || !reader.small_message(&mut part, &mut message));
            assert_eq!(part.len(), frame.len() - 1);
            let mut input = BytesMut::from(&[&frame[..], b"behind"].concat()[..]);
            let is_short = reader.small_message(&mut input, &mut message);
            assert_eq!(is_short, len <= LEN, "{len}");
            let (expected, taken) = if is_short {
                (payload, frame.len())
            } else {
                (b"before".to_vec(), 0)
            };
            assert_eq!(message, expected);
            assert_eq!(input.len(), frame.len() - taken + b"behind".len());
        }
        // Neither texts, nor fragments and what is behind them, nor control frames, nor more than the limit.
        for frame in [
            &b"\x81\x02ab"[..],
            b"\x02\x02ab",
            b"\x89\x02ab",
            b"\x82\x0bmore than 10",
        ] {
            let (mut reader, mut input) = (Reader::new(false, LIMIT), BytesMut::from(frame));
            assert!(!reader.small_message(&mut input, &mut Vec::new()));
            assert_eq!(input, frame);
        }
        let (mut reader, mut input) =
            (Reader::new(false, LIMIT), BytesMut::from(&b"\x02\x01a"[..]));
        assert!(matches!(
            reader.step(&mut input),
            Ok(Step::Event(Event::Fragment))
        ));
        assert!(!reader.small_message(&mut BytesMut::from(&b"\x82\x01b"[..]), &mut Vec::new()));
    }

    #[test]
    fn lengths_need_not_be_as_short_as_they_can_be() {
        check(b"\x82\x7e\0\x01a", &[message(b"a")]);
        check(b"\x82\x7f\0\0\0\0\0\0\0\x01a", &[message(b"a")]);
        check(
            b"\x8a\x7f\0\0\0\0\0\0\0\x01a",
            &[Event::Pong(Bytes::from_static(b"a"))],
        );
        check_fault(
            b"\x82\x7f\x80\0\0\0\0\0\0\x01a",
            "the peer broke the protocol: a length of 2^63 or more",
        );
    }

    #[test]
    fn limit_is_for_messages_and_is_looked_at_before_their_bytes_come() {
        let exactly = [&b"\x82\x0a"[..], &[b'x'; LIMIT]].concat();
        assert_eq!(read(LIMIT, &exactly).1, None);
        let too_large = "a message of 11 bytes is over the limit of 10";
        check_fault(b"\x82\x0b", too_large);
        check_fault(b"\x81\x0b", too_large);
        check_fault(b"\x02\x05abcde\x80\x06", too_large);
        let more = "a message of 11 bytes or more is over the limit of 10";
        check_fault(b"\x02\x0b", more);
        check_fault(b"\x02\x05abcde\x00\x05abcde\x89\x00\x00\x01", more);
        check_fault(
            b"\x02\x05abcde\x80\x7f\x7f\xff\xff\xff\xff\xff\xff\xff",
            "a message of 9223372036854775807 bytes is over the limit of 10",
        );
        // The second message starts at zero.
        let five = b"\x02\x03abc\x80\x02de".repeat(3);
        assert_eq!(read(LIMIT, &five).1, None);
        // Control frames have a limit of their own.
        let ping = [&b"\x89\x7d"[..], &[b'x'; 125]].concat();
        assert_eq!(read(0, &ping).0.len(), 1);
        check_fault(
            b"\x89\x7f\x00\xff\xff\xff\xff\xff\xff\xff",
            "the peer broke the protocol: a control frame of more than 125 bytes",
        );
    }

    #[test]
    fn text_that_is_none_is_found_in_the_middle_of_its_frame() {
        check_fault(b"\x81\x0aab\xff", "a text is not UTF-8");
        check_fault(b"\x01\x02ab\x00\x08\xed\xa0", "a text is not UTF-8");
        // The character is cut, and goes on otherwise.
        check_fault(b"\x01\x01\xc3\x00\x00\x80\x02ab", "a text is not UTF-8");
        check_fault(b"\x01\x01\xc3\x80\x00", "a text is not UTF-8");
        check_fault(b"\x81\x01\xc3", "a text is not UTF-8");
    }

    #[test]
    fn faults_are_found_by_the_head() {
        for (input, what) in [
            (&b"\x83\x7e\xff\xff"[..], "a reserved opcode"),
            (b"\x8b\x00", "a reserved opcode"),
            (b"\xc2\x05", "reserved bits"),
            (b"\x99\x05", "reserved bits"),
            (b"\x82\x85\0\0\0\0", "a masked frame of a server"),
            (b"\x09\x05", "a control frame in fragments"),
            (b"\x80\x05", "a continuation of nothing"),
            (b"\x02\x00\x82\x05", "a message inside of another"),
            (b"\x88\x01x", "a close frame of one byte"),
        ] {
            check_fault(input, &format!("the peer broke the protocol: {what}"));
        }
        let mut reader = Reader::new(true, LIMIT);
        let error = reader.step(&mut BytesMut::from(&b"\x82\x05"[..]));
        let error = error.expect_err("a client has to mask");
        assert_eq!(
            error.to_string(),
            "the peer broke the protocol: an unmasked frame of a client"
        );
        let mut reader = Reader::new(true, LIMIT);
        let error = reader.step(&mut BytesMut::from(&b"\x88\x02"[..]));
        assert!(matches!(error, Err(Error::UnmaskedClose)), "{error:?}");
    }

    #[test]
    fn close_codes_are_those_that_may_be_sent_and_end_what_is_read() {
        let behind = b"\x82\x02ab";
        check(&[b"\x88\x00", &behind[..]].concat(), &[closed(1005, "")]);
        for code in 0..=u16::MAX {
            let [high, low] = code.to_be_bytes();
            let (events, fault) = read(LIMIT, &[0x88, 5, high, low, b'b', b'y', b'e', 0x82, 0]);
            assert_eq!(fault, None);
            let [Event::Close(close)] = &*events else {
                panic!("{events:?}");
            };
            // RFC 6455, section 7.4, and IANA's registry, as websockets and ws have it.
            let expected = if matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                format!("{code} bye")
            } else {
                format!("1002 invalid close code {code}")
            };
            assert_eq!(close.to_string(), expected);
        }
        check_fault(b"\x88\x04\x03\xe8\xff\xfe", "a text is not UTF-8");
    }

    #[test]
    fn nothing_is_read_behind_a_fault() {
        let mut reader = Reader::new(false, LIMIT);
        let mut input = BytesMut::from(&b"\xc2\x00"[..]);
        assert!(reader.step(&mut input).is_err());
        let mut input = BytesMut::from(&b"\x82\x00"[..]);
        assert_eq!(reader.message(&mut input), None);
        assert_eq!(reader.step(&mut input).ok(), Some(Step::Over));
    }

    #[test]
    fn fragments_cost_their_bytes_and_their_number_costs_nothing() {
        let mut reader = Reader::new(false, 1000);
        let mut input = BytesMut::from(&b"\x02\x00"[..]);
        assert!(reader.step(&mut input).is_ok());
        for _ in 0..100_000 {
            input.extend_from_slice(b"\x00\x00");
            let step = reader.step(&mut input).expect("it is no fault");
            assert_eq!(step, Step::Event(Event::Fragment));
        }
        for _ in 0..1000 {
            input.extend_from_slice(b"\x00\x01x");
            assert!(reader.step(&mut input).is_ok());
        }
        let State::Joining(joining) = &reader.state else {
            panic!("the message is not whole");
        };
        assert!(joining.payload.capacity() <= 2 * 1000);
        assert_eq!(joining.payload, vec![b'x'; 1000]);
    }

    #[test]
    fn messages_in_one_frame_are_slices_of_the_input() {
        let mut input = BytesMut::from(&b"\x82\x82\x01\x02\x01\x02ab\x82\x80\0\0\0\0"[..]);
        let start = input.as_ptr();
        let mut reader = Reader::new(true, LIMIT);
        let message = reader.message(&mut input).expect("it is whole");
        assert_eq!(message, [b'a' ^ 1, b'b' ^ 2][..]);
        assert_eq!(message.as_ptr(), start.wrapping_add(6));
        assert_eq!(reader.message(&mut input), Some(Bytes::new()));
    }
}
