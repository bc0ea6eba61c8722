//! Calls, streams and pipes on the wire by hand: as much of the extension `highway/1` as a server without a framework, and the
//! load generator, need.

/// Type codes.
pub(crate) const STR: u8 = 0;
pub(crate) const INT: u8 = 1;
pub(crate) const DICT: u8 = 5;
pub(crate) const BYTES: u8 = 7;
pub(crate) const NO_VALUE: u8 = 8;

/// Kinds of messages.
pub(crate) const MESSAGE: u8 = 0;
pub(crate) const CALL: u8 = 1;
pub(crate) const REPLY: u8 = 2;
pub(crate) const STREAM: u8 = 5;
pub(crate) const ITEM: u8 = 6;
pub(crate) const END: u8 = 7;
pub(crate) const CREDIT: u8 = 8;
pub(crate) const PIPE: u8 = 9;
pub(crate) const PIPED: u8 = 10;
pub(crate) const PIECE: u8 = 11;
pub(crate) const LAST_PIECE: u8 = 12;
pub(crate) const HANG_UP: u8 = 13;
pub(crate) const CONTRACT: u8 = 14;

/// The credit that a reader has granted at most: highway's default.
pub(crate) const WINDOW: u32 = 256 * 1024;

/// The credit that it grants at a time, once it has read as much.
pub(crate) const GRANT: u32 = WINDOW / 2;

/// Bytes of a message before its value: the header and the id of its conversation.
pub(crate) const HEAD: usize = 8;

/// The only route of a server that has no table of them.
pub(crate) const ROUTE: u16 = 1;

/// A message of a conversation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) code: u8,
    pub(crate) kind: u8,
    pub(crate) route: u16,
    pub(crate) id: u32,
    /// What follows the id.
    pub(crate) rest: &'a [u8],
}

impl<'a> Part<'a> {
    /// Takes a message apart; `None` when it is too short for one.
    pub(crate) fn parse(message: &'a [u8]) -> Option<Self> {
        let (&[code, kind, low, high], rest) = message.split_first_chunk()?;
        let (id, rest) = number(rest)?;
        let route = u16::from_le_bytes([low, high]);
        Some(Self {
            code,
            kind,
            route,
            id,
            rest,
        })
    }

    /// The credit at the beginning of what follows the id, and what is behind it.
    pub(crate) fn credit(&self) -> Option<(u32, &'a [u8])> {
        number(self.rest)
    }
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}

/// A message of a conversation.
pub(crate) fn part(code: u8, kind: u8, route: u16, id: u32, rest: &[&[u8]]) -> Vec<u8> {
    let length: usize = rest.iter().map(|bytes| bytes.len()).sum();
    let mut message = Vec::with_capacity(HEAD + length);
    let [low, high] = route.to_le_bytes();
    message.extend_from_slice(&[code, kind, low, high]);
    message.extend_from_slice(&id.to_le_bytes());
    for bytes in rest {
        message.extend_from_slice(bytes);
    }
    message
}

/// A message that grants credit.
pub(crate) fn grant(id: u32, credit: u32) -> Vec<u8> {
    part(NO_VALUE, CREDIT, 0, id, &[&credit.to_le_bytes()])
}

/// A message to a route.
pub(crate) fn message(code: u8, route: u16, payload: &[u8]) -> Vec<u8> {
    let [low, high] = route.to_le_bytes();
    [&[code, MESSAGE, low, high], payload].concat()
}

/// Data of a length: printable, so that it is a string as well as bytes, and of more than one letter, so that bytes in the
/// wrong place are noticed.
pub(crate) fn data(size: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(size).collect()
}
