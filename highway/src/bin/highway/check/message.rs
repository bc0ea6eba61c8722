//! Messages as the chapter on the wire writes them: in hexadecimal digits, to send and to compare with, and in words.

use std::fmt::Write as _;

use highway::{
    Bytes, Value, payload,
    wire::{Dialect, Header, Kind, Part},
};

/// The digits of bytes.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What digits stand for, of which `..` is any byte: all of it, or the begin where the text ends with `*`.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    bytes: Vec<Option<u8>>,
    open: bool,
}

impl Pattern {
    /// Reads digits, with blanks anywhere.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (text, open) = match text.trim_end().strip_suffix('*') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
        let pairs = digits.chunks(2).map(|pair| {
            if pair == b".." {
                return Some(None);
            }
            let pair = std::str::from_utf8(pair).ok();
            let pair = pair.filter(|pair| pair.len() == 2)?;
            u8::from_str_radix(pair, 16).ok().map(Some)
        });
        let bytes = pairs.collect::<Option<_>>()?;
        Some(Self { bytes, open })
    }

    /// The bytes, where each is known.
    pub(super) fn bytes(self) -> Option<Vec<u8>> {
        self.bytes.into_iter().collect()
    }

    /// Whether these are such bytes.
    pub(super) fn fits(&self, message: &[u8]) -> bool {
        let is_long_enough = if self.open {
            message.len() >= self.bytes.len()
        } else {
            message.len() == self.bytes.len()
        };
        let mut pairs = self.bytes.iter().zip(message);
        is_long_enough && pairs.all(|(wanted, found)| wanted.is_none_or(|wanted| wanted == *found))
    }
}

/// A message of the extension, if it is well-formed.
fn part(message: &[u8]) -> Option<Part> {
    let (header, payload) = Header::split(message)?;
    Part::parse(header, payload).ok()
}

/// The credit that a message grants; 0 if it grants none.
pub(super) fn credit(message: &[u8]) -> u32 {
    part(message).map_or(0, |part| part.credit)
}

/// The id of the conversation that a message of the extension belongs to.
pub(super) fn conversation(message: &[u8]) -> Option<(Kind, u32)> {
    let part = part(message)?;
    (!matches!(part.kind, Kind::Contract | Kind::Missed)).then_some((part.kind, part.id))
}

/// The value of a message between peers with the extension, or in JSON without.
pub(super) fn value(message: &[u8], extended: bool) -> Option<Value> {
    let (header, _) = Header::split(message)?;
    let start = if header.kind == Kind::Message.code() {
        Header::LEN
    } else {
        part(message)?.start
    };
    decoded(header.code, message.get(start..)?, extended)
}

/// The value of a payload of this type code.
pub(super) fn decoded(code: u8, payload: &[u8], extended: bool) -> Option<Value> {
    let dialect = if extended {
        Dialect::Extended
    } else {
        Dialect::V02
    };
    let payload = Bytes::copy_from_slice(payload);
    payload::decode_value(dialect, dialect.data_type(code)?, &payload).ok()
}

/// A message in words: its kind, the conversation or the route, its value, and its bytes.
pub(super) fn describe(message: &[u8], extended: bool) -> String {
    let bytes = shortened(&hex(message));
    let Some((header, _)) = Header::split(message) else {
        return format!("a message of {} bytes ({bytes})", message.len());
    };
    if header.kind == 0 || !extended {
        if header.route.as_u16() == 0 {
            return format!("a map ({bytes})");
        }
        let value = shown(message, extended);
        return format!("a message to the route {}{value} ({bytes})", header.route);
    }
    let Some(kind) = Kind::from_code(header.kind) else {
        return format!("a message of kind {} ({bytes})", header.kind);
    };
    let name = kind.name();
    match conversation(message) {
        Some((_, id)) => {
            let value = shown(message, true);
            format!("{name} {id}{value} ({bytes})")
        }
        None if matches!(kind, Kind::Contract | Kind::Missed) => format!("{name} ({bytes})"),
        None => format!("a malformed {name} ({bytes})"),
    }
}

fn shown(message: &[u8], extended: bool) -> String {
    match value(message, extended) {
        Some(Value::None) | None => String::new(),
        Some(value) => format!(" with {}", shortened(&format!("{value:?}"))),
    }
}

/// Long texts by their begin.
fn shortened(text: &str) -> String {
    const MOST: usize = 100;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!(
            "{}… of {} characters",
            &text.get(..end).unwrap_or_default(),
            text.chars().count()
        ),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_what_they_say() {
        let fits = |pattern: &str, message: &[u8]| {
            Pattern::parse(pattern)
                .expect("it is a pattern")
                .fits(message)
        };
        assert!(fits("01 02 .. 04", &[1, 2, 9, 4]));
        assert!(!fits("01 02 .. 04", &[1, 2, 9, 5]));
        assert!(!fits("01 02", &[1, 2, 3]));
        assert!(fits("01 02 *", &[1, 2, 3]));
        assert!(!fits("01 02 *", &[1]));
        for none in ["0", "0g", "1 *2", "..."] {
            assert!(Pattern::parse(none).is_none(), "{none}");
        }
    }

    #[test]
    fn messages_are_described() {
        let call = b"\x00\x01\x02\0\x03\0\0\0lobby";
        assert_eq!(
            describe(call, true),
            "call 3 with \"lobby\" (00010200030000006c6f626279)"
        );
        assert_eq!(describe(&[1, 0], true), "a message of 2 bytes (0100)");
        assert_eq!(
            describe(&[8, 8, 0, 0], true),
            "a malformed credit (08080000)"
        );
        assert_eq!(
            describe(b"\x01\0\x01\x0042", true),
            "a message to the route 1 with 42 (010001003432)"
        );
    }
}
