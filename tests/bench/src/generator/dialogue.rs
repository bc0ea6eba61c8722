//! What the protocols on top of WebSocket say: how a connection opens and what an echo looks like.

use std::collections::{BTreeMap, HashMap};
use std::io::{Error, ErrorKind, Result};

use super::frame::{Frame, Opcode, masked, unmasked};

/// A protocol on top of WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// None: a binary message is all data.
    Raw,
    /// highway's 0.2 dialect, the data a `str`.
    HighwayText,
    /// highway's 0.2 dialect, the data `bytes`.
    HighwayBytes,
    /// socket.io 4 (engine.io 4), over WebSocket from the start.
    SocketIo,
}

/// The routes that the generator tells a highway server, in the order of their ids.
const ROUTES: [&str; 4] = ["meta", "echo", "echo-bytes", "bc"];

const STR: u8 = 0;
const DICT: u8 = 5;
const BYTES: u8 = 7;

/// A route table is a dict to the route 0.
const TABLE_HEADER: [u8; 4] = [DICT, 0, 0, 0];

/// What to do about a frame that arrived while a connection opens.
pub(super) enum Answer {
    /// Wait for more.
    Wait,
    /// Send this, then wait for more.
    Send(Vec<u8>),
    /// Send this; messages may follow.
    Ready(Vec<u8>),
}

/// The frames of a run. All connections send the same message and get the same reply, so
/// both exist once, and a reply is checked by comparing bytes.
#[derive(Debug)]
pub(super) struct Patterns {
    /// The request, several times, so that a burst is one write.
    pub(super) requests: Vec<u8>,
    /// Bytes of one request.
    pub(super) request: usize,
    /// The reply.
    pub(super) reply: Vec<u8>,
}

/// One server's side of the protocol, as its connections learn it.
#[derive(Debug)]
pub(super) struct Dialogue {
    language: Language,
    broadcast: bool,
    size: usize,
    burst: usize,
    /// The server's first message: a highway server's route table.
    table: Vec<u8>,
    /// The generator's answer to it.
    answer: Vec<u8>,
    /// What has to come after that before a broadcast may begin, if anything.
    entered: Vec<u8>,
    pub(super) patterns: Patterns,
}

/// Beyond this a burst takes several writes, which costs nothing next to moving its bytes.
const LONGEST_WRITE: usize = 256 * 1024;

impl Dialogue {
    pub(super) fn new(language: Language, broadcast: bool, size: usize, burst: usize) -> Self {
        let patterns = Patterns {
            requests: Vec::new(),
            request: 0,
            reply: Vec::new(),
        };
        let (table, answer, entered) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            language,
            broadcast,
            size,
            burst,
            table,
            answer,
            entered,
            patterns,
        }
    }

    /// The path and query of the upgrade request.
    pub(super) fn path(&self) -> &'static str {
        match self.language {
            Language::SocketIo => "/socket.io/?EIO=4&transport=websocket",
            _ => "/",
        }
    }

    /// The upgrade is through.
    pub(super) fn upgraded(&mut self) -> Answer {
        if self.language == Language::Raw {
            if self.patterns.request == 0 {
                let data = self.data();
                self.learn(Opcode::BINARY, &data, &data);
            }
            Answer::Ready(Vec::new())
        } else {
            Answer::Wait
        }
    }

    /// A frame has come before the connection was ready.
    pub(super) fn hear(&mut self, frame: &Frame<'_>) -> Result<Answer> {
        match self.language {
            Language::Raw => Err(unexpected(frame)),
            Language::HighwayText | Language::HighwayBytes => self.hear_table(frame),
            Language::SocketIo => self.hear_socket_io(frame),
        }
    }

    /// What a protocol wants as answer to a message that is no reply: socket.io has its own ping.
    pub(super) fn keep_alive(&self, frame: &Frame<'_>) -> Option<Vec<u8>> {
        (self.language == Language::SocketIo && frame.payload == b"2")
            .then(|| masked(Opcode::TEXT, b"3"))
    }

    fn hear_table(&mut self, frame: &Frame<'_>) -> Result<Answer> {
        if !self.entered.is_empty() && self.entered == frame.payload {
            return Ok(Answer::Ready(Vec::new()));
        }
        if !self.table.is_empty() && self.table == frame.payload {
            return Ok(self.told());
        }
        let json = frame
            .payload
            .strip_prefix(&TABLE_HEADER)
            .ok_or_else(|| unexpected(frame))?;
        let table: HashMap<String, String> = serde_json::from_slice(json)?;
        let id_of = |name: &str| -> Result<u16> {
            let id = table
                .iter()
                .find(|(_, route)| *route == name)
                .and_then(|(id, _)| id.parse().ok());
            id.ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidData,
                    format!("the server has no route `{name}`"),
                )
            })
        };
        let (code, route) = match self.language {
            _ if self.broadcast => (STR, "bc"),
            Language::HighwayBytes => (BYTES, "echo-bytes"),
            _ => (STR, "echo"),
        };
        let message = |code: u8, id: u16, payload: &[u8]| {
            let [low, high] = id.to_le_bytes();
            [&[code, 0, low, high], payload].concat()
        };
        let own: BTreeMap<u16, &str> = (0..).zip(ROUTES).collect();
        let own_id = |route: &str| {
            (0..)
                .zip(ROUTES)
                .find(|(_, name)| *name == route)
                .map_or(0, |(id, _)| id)
        };
        let answer = message(DICT, id_of("meta")?, &serde_json::to_vec(&own)?);
        let data = self.data();
        let (request, reply) = (
            message(code, id_of(route)?, &data),
            message(code, own_id(route), &data),
        );
        self.answer = masked(Opcode::BINARY, &answer);
        self.table = frame.payload.to_vec();
        self.learn(Opcode::BINARY, &request, &reply);
        if self.broadcast {
            // The server is the last to hear: only an echo shows that it has, and will deliver.
            self.answer
                .extend(masked(Opcode::BINARY, &message(STR, id_of("echo")?, b"")));
            self.entered = message(STR, own_id("echo"), b"");
        }
        Ok(self.told())
    }

    fn told(&self) -> Answer {
        let answer = self.answer.clone();
        if self.entered.is_empty() {
            Answer::Ready(answer)
        } else {
            Answer::Send(answer)
        }
    }

    fn hear_socket_io(&mut self, frame: &Frame<'_>) -> Result<Answer> {
        match frame.payload {
            [b'0', b'{', ..] => Ok(Answer::Send(masked(Opcode::TEXT, b"40"))),
            [b'4', b'0', b'{', ..] => {
                if self.patterns.request == 0 {
                    let event = if self.broadcast { "bc" } else { "echo" };
                    let data = String::from_utf8_lossy(&self.data()).into_owned();
                    let message = format!("42{}", serde_json::to_string(&(event, data))?);
                    self.learn(Opcode::TEXT, message.as_bytes(), message.as_bytes());
                }
                Ok(Answer::Ready(Vec::new()))
            }
            // Its first ping may come as early as this.
            _ => self
                .keep_alive(frame)
                .map(Answer::Send)
                .ok_or_else(|| unexpected(frame)),
        }
    }

    /// Printable, so that it is a string as well as bytes, and of more than one letter, so that
    /// bytes in the wrong place are noticed.
    fn data(&self) -> Vec<u8> {
        (b'a'..=b'z').cycle().take(self.size).collect()
    }

    fn learn(&mut self, opcode: Opcode, request: &[u8], reply: &[u8]) {
        let request = masked(opcode, request);
        let copies = (LONGEST_WRITE / request.len()).clamp(1, self.burst);
        self.patterns = Patterns {
            request: request.len(),
            requests: request.repeat(copies),
            reply: unmasked(opcode, reply),
        };
    }
}

/// An error that shows the beginning of a frame that shouldn't be there.
pub(super) fn unexpected(frame: &Frame<'_>) -> Error {
    let shown = &frame.payload[..frame.payload.len().min(60)];
    let message = match (frame.opcode, frame.payload) {
        (Opcode::CLOSE, [high, low, reason @ ..]) => format!(
            "the server closed the connection with {} `{}`",
            u16::from_be_bytes([*high, *low]),
            String::from_utf8_lossy(reason)
        ),
        (Opcode::CLOSE, _) => "the server closed the connection without a code".to_owned(),
        (opcode, _) => format!(
            "unexpected {opcode:?} of {} bytes: {}",
            frame.payload.len(),
            shown.escape_ascii()
        ),
    };
    Error::new(ErrorKind::InvalidData, message)
}
