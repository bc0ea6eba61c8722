//! WebSocket and its upgrade for tests that write bytes of their own: nothing is checked before it is written.

use std::net::SocketAddr;

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// A frame that goes on with a message.
pub const CONTINUATION: u8 = 0;
/// A frame that begins a text message.
pub const TEXT: u8 = 1;
/// A frame that begins a binary message.
pub const BINARY: u8 = 2;
/// A close frame.
pub const CLOSE: u8 = 8;
/// A ping.
pub const PING: u8 = 9;
/// A pong.
pub const PONG: u8 = 10;
/// Added to an opcode in a frame that ends its message.
pub const FIN: u8 = 0x80;

const MASKED: u8 = 0x80;
const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// The message with the route table that a peer tells unless its test has another.
pub const TABLE: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"echo\"}";

/// A frame as it came.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    /// The bits and the opcode.
    pub first: u8,
    /// The payload, unmasked.
    pub payload: Vec<u8>,
}

impl Frame {
    /// Takes the frame that `received` begins with out of it; `None` while it is not whole.
    ///
    /// # Panics
    ///
    /// When it is masked and should not be, or the other way round.
    pub fn take(received: &mut Vec<u8>, masked: bool) -> Option<Self> {
        let (&[first, second], rest) = received.split_first_chunk()?;
        assert_eq!(second & MASKED != 0, masked, "clients mask, servers do not");
        let (len, rest) = match second & !MASKED {
            126 => {
                let (len, rest) = rest.split_first_chunk()?;
                (u16::from_be_bytes(*len).into(), rest)
            }
            127 => {
                let (len, rest) = rest.split_first_chunk()?;
                (u64::from_be_bytes(*len), rest)
            }
            short => (short.into(), rest),
        };
        let (mask, rest) = if masked {
            let (mask, rest) = rest.split_first_chunk()?;
            (*mask, rest)
        } else {
            ([0; 4], rest)
        };
        let (payload, rest) = rest.split_at_checked(usize::try_from(len).ok()?)?;
        let payload = apply_mask(payload, mask);
        let used = received.len() - rest.len();
        received.drain(..used);
        Some(Self { first, payload })
    }
}

/// A frame's head for a payload of this length, which need not follow.
pub fn head(first: u8, len: u64, masked: bool) -> Vec<u8> {
    let bit = if masked { MASKED } else { 0 };
    let mut head = vec![first];
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(short @ ..126), _) => head.push(bit + short),
        (_, Ok(medium)) => {
            head.push(bit + 126);
            head.extend(medium.to_be_bytes());
        }
        _ => {
            head.push(bit + 127);
            head.extend(len.to_be_bytes());
        }
    }
    if masked {
        head.extend(MASK);
    }
    head
}

/// A frame.
pub fn frame(first: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    let mut frame = head(first, payload.len() as u64, masked);
    if masked {
        frame.extend(apply_mask(payload, MASK));
    } else {
        frame.extend_from_slice(payload);
    }
    frame
}

/// A frame as a client has to write it.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    frame(first, payload, true)
}

fn apply_mask(payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let masks = mask.into_iter().cycle();
    payload
        .iter()
        .zip(masks)
        .map(|(byte, mask)| byte ^ mask)
        .collect()
}

/// A request for the upgrade, with more headers, each with its line's end.
pub fn request(address: SocketAddr, headers: &str) -> String {
    format!(
        "GET / HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
    )
}

/// The answer to a request for the upgrade.
///
/// # Panics
///
/// When the request has no key.
pub fn answer(request: &str) -> String {
    let key = header(request, "sec-websocket-key").expect("a client sends a key");
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        derive_accept_key(key.as_bytes())
    )
}

/// A header's value in an HTTP head.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// Takes an HTTP head, blank line included, out of `received`; `None` while it is not whole.
///
/// # Panics
///
/// When it is no text.
pub fn take_head(received: &mut Vec<u8>) -> Option<String> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = received.drain(..end).collect();
    Some(String::from_utf8(head).expect("a head is text"))
}
