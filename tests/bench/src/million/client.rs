//! A client as small as can be: it answers pings, does one echo and counts broadcasts.

use std::io::{Error, ErrorKind, Result};
use std::time::Duration;

use highway_bench::frame::{Frame, Opcode, masked};

/// What a broadcast carries.
pub(crate) const NEWS: &str = "sixteen bytes ok";

/// A table of routes goes to the route 0 and is a dict.
const TABLE: [u8; 4] = [5, 0, 0, 0];

/// The routes that a client tells.
const ROUTES: &[u8] = br#"{"0":"meta","1":"echo","2":"news"}"#;

/// The route of echoes, here and at the server, whose only one it is.
const ECHO: [u8; 4] = [0, 0, 1, 0];

/// The route of broadcasts.
const NEWS_ROUTE: [u8; 4] = [0, 0, 2, 0];

/// The first bytes of every client.
pub(crate) const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Upgrading,
    Greeting,
    Echoing,
    Ready,
}

/// One connection's state.
#[derive(Debug)]
pub(crate) struct Client {
    phase: Phase,
    /// Milliseconds of the clock when a ping came last.
    pinged: Option<u32>,
    /// The beginning of a frame, or of the answer to the request.
    partial: Vec<u8>,
}

/// What all clients have seen.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    /// Clients that did their echo.
    pub(crate) ready: usize,
    /// Broadcasts that came.
    pub(crate) deliveries: usize,
    /// Pings that came.
    pub(crate) pings: usize,
    /// The longest time between two pings of a connection.
    pub(crate) longest: Duration,
}

impl Client {
    /// A client that has sent its [`REQUEST`].
    pub(crate) fn new() -> Self {
        Self {
            phase: Phase::Upgrading,
            pinged: None,
            partial: Vec::new(),
        }
    }

    /// Takes what has come, and puts into `out` what it says to it.
    pub(crate) fn take(
        &mut self,
        input: &[u8],
        now: u32,
        tally: &mut Tally,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        if self.partial.is_empty() {
            let used = self.advance(input, now, tally, out)?;
            self.partial.extend_from_slice(&input[used..]);
        } else {
            let mut input = [&std::mem::take(&mut self.partial), input].concat();
            let used = self.advance(&input, now, tally, out)?;
            input.drain(..used);
            input.shrink_to_fit();
            self.partial = input;
        }
        Ok(())
    }

    /// Goes through what is whole, and gives back its length.
    fn advance(
        &mut self,
        input: &[u8],
        now: u32,
        tally: &mut Tally,
        out: &mut Vec<u8>,
    ) -> Result<usize> {
        let mut used = 0;
        if self.phase == Phase::Upgrading {
            let Some(end) = input.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
                return Ok(0);
            };
            if !input.starts_with(b"HTTP/1.1 101 ") {
                return Err(unexpected(input));
            }
            used = end + 4;
            self.phase = Phase::Greeting;
        }
        while let Some(frame) = Frame::parse(&input[used..])? {
            used += frame.bytes.len();
            match frame.opcode {
                Opcode::PING => {
                    out.extend(masked(Opcode::PONG, frame.payload));
                    tally.pings += 1;
                    if let Some(before) = self.pinged.replace(now) {
                        let pause = Duration::from_millis(u64::from(now.saturating_sub(before)));
                        tally.longest = tally.longest.max(pause);
                    }
                }
                Opcode::BINARY => self.hear(frame.payload, tally, out)?,
                _ => return Err(unexpected(frame.payload)),
            }
        }
        Ok(used)
    }

    fn hear(&mut self, message: &[u8], tally: &mut Tally, out: &mut Vec<u8>) -> Result<()> {
        match (self.phase, message.split_first_chunk()) {
            (Phase::Greeting, Some((&TABLE, _))) => {
                out.extend(masked(Opcode::BINARY, &[&TABLE, ROUTES].concat()));
                let echo = [&ECHO, NEWS.as_bytes()].concat();
                out.extend(masked(Opcode::BINARY, &echo));
                self.phase = Phase::Echoing;
            }
            (Phase::Echoing, Some((&ECHO, data))) if data == NEWS.as_bytes() => {
                self.phase = Phase::Ready;
                tally.ready += 1;
            }
            (Phase::Ready, Some((&NEWS_ROUTE, data))) if data == NEWS.as_bytes() => {
                tally.deliveries += 1;
            }
            _ => return Err(unexpected(message)),
        }
        Ok(())
    }
}

fn unexpected(bytes: &[u8]) -> Error {
    let shown = &bytes[..bytes.len().min(80)];
    let message = format!(
        "a client got what it did not expect: {}",
        shown.escape_ascii()
    );
    Error::new(ErrorKind::InvalidData, message)
}
