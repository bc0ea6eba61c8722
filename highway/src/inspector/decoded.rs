//! A message as a person reads it.

use std::fmt::{self, Write};

use crate::{
    payload::Payload,
    value::Value,
    wire::{Dialect, Header, Kind, Part},
};

/// The most bytes of a value's text.
const TEXT: usize = 4 * 1024;

/// A message as a person reads it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// What it is: `message`, `call`, `reply`, …
    pub(super) kind: &'static str,
    /// The number of the call or stream that it belongs to.
    pub(super) conversation: Option<u32>,
    /// Its data.
    pub(super) data: Shortened,
}

/// A text that may be the beginning of a longer one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shortened {
    pub(super) text: String,
    pub(super) is_cut: bool,
}

impl Shortened {
    fn note(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            is_cut: false,
        }
    }

    /// The text of a value.
    pub(super) fn of(value: &Value) -> Self {
        let mut out = Cut(String::new());
        let is_cut = write!(out, "{value:?}").is_err();
        Self {
            text: out.0,
            is_cut,
        }
    }
}

/// Takes so much of a text, and then says that it is full.
struct Cut(String);

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = TEXT.saturating_sub(self.0.len());
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        let end = (0..=room).rev().find(|end| text.is_char_boundary(*end));
        self.0
            .push_str(text.get(..end.unwrap_or(0)).unwrap_or_default());
        Err(fmt::Error)
    }
}

/// Reads a message, header and payload, of a connection that speaks a dialect.
pub(super) fn decode(message: &[u8], dialect: Dialect, nesting: usize) -> Decoded {
    let unreadable = |kind, conversation| Decoded {
        kind,
        conversation,
        data: Shortened::note("(can't be read)"),
    };
    let Some((header, payload)) = Header::split(message) else {
        return unreadable("message", None);
    };
    let kind = match Kind::from_code(header.kind) {
        Some(kind) if dialect == Dialect::Extended => kind,
        _ => Kind::Message,
    };
    let word = kind.name();
    let (data_type, payload, conversation) = if kind == Kind::Message {
        (dialect.data_type(header.code), payload, None)
    } else {
        let Ok(part) = Part::parse(header, payload) else {
            return unreadable(word, None);
        };
        let payload = message.get(part.start..).unwrap_or_default();
        (part.data_type, payload, Some(part.id))
    };
    let Some(data_type) = data_type else {
        return Decoded {
            kind: word,
            conversation,
            data: Shortened::note("(items follow)"),
        };
    };
    let value = Payload::new(dialect, data_type, payload).nesting(nesting);
    match value.decode::<Value>() {
        Ok(value) => Decoded {
            kind: word,
            conversation,
            data: Shortened::of(&value),
        },
        Err(_) => unreadable(word, conversation),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(dialect: Dialect, message: &[u8], kind: &str, conversation: Option<u32>, text: &str) {
        let decoded = decode(message, dialect, 128);
        assert_eq!(decoded.kind, kind);
        assert_eq!(decoded.conversation, conversation);
        assert_eq!(decoded.data, Shortened::note(text));
    }

    #[test]
    fn messages_of_each_dialect_are_read() {
        check(Dialect::V02, b"\0\0\x01\0hi", "message", None, r#""hi""#);
        check(
            Dialect::V02,
            b"\x05\0\x01\0[1,\"a\"]",
            "message",
            None,
            r#"[1, "a"]"#,
        );
        check(
            Dialect::Extended,
            b"\0\0\x01\0hi",
            "message",
            None,
            r#""hi""#,
        );
        // What are kinds for a peer with the extension is padding for another.
        check(Dialect::V02, b"\0\x02\x01\0hi", "message", None, r#""hi""#);
    }

    #[test]
    fn parts_of_conversations_are_read_behind_their_fields() {
        let call = b"\0\x01\x02\0\x07\0\0\0hi";
        check(Dialect::Extended, call, "call", Some(7), r#""hi""#);
        let reply = b"\0\x02\0\0\x07\0\0\0ho";
        check(Dialect::Extended, reply, "reply", Some(7), r#""ho""#);
        let items = b"\x09\x01\x02\0\x07\0\0\0";
        check(Dialect::Extended, items, "call", Some(7), "(items follow)");
    }

    #[test]
    fn what_is_long_is_cut_between_characters() {
        let text = "ä".repeat(TEXT);
        let value = Shortened::of(&Value::from(text.as_str()));
        assert!(value.is_cut);
        assert!(value.text.len() <= TEXT && value.text.len() > TEXT - 4);
        let whole = Shortened::of(&Value::from("ä"));
        assert_eq!(whole, Shortened::note("\"ä\""));
    }

    proptest! {
        #[test]
        fn no_message_is_too_strange(message: Vec<u8>, kind in 0..20_u8) {
            let mut message = message;
            for dialect in Dialect::ALL {
                decode(&message, dialect, 128);
            }
            if let Some(byte) = message.get_mut(1) {
                *byte = kind;
                decode(&message, Dialect::Extended, 128);
            }
        }
    }
}
