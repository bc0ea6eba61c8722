//! What the protocols on top of WebSocket say: how a connection opens and what an echo looks like.

use std::collections::{BTreeMap, HashMap};
use std::io::{Error, ErrorKind, Result};

use highway_bench::frame::{Frame, Opcode, masked, unmasked};

use crate::scenario::Service;
use crate::wire::{self, BYTES, DICT, INT, Part, STR, message, part};

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

/// Those that it tells for calls, streams and pipes, the last of which announces that it speaks of such.
const CONVERSING: [(u16, &str); 3] = [(0, "meta"), (NUMBER, "number"), (65_535, "highway/1")];

/// The route to which a server tells a connection's number, where there are pipes.
const NUMBER: u16 = 1;

/// Ids of calls, one after the other, until the first comes again: more than are ever open.
const CALLS: usize = 1024;

/// The id of the only stream or pipe that a connection opens.
const ID: u32 = 1;

/// A route table is a dict to the route 0.
const TABLE_HEADER: [u8; 4] = [DICT, 0, 0, 0];

/// An empty contract, which each side tells behind its table.
const CONTRACT: [u8; 5] = [DICT, wire::CONTRACT, 0, 0, 0xa0];

/// What to do about a frame that arrived while a connection opens.
pub(super) enum Answer {
    /// Wait for more.
    Wait,
    /// Send this, then wait for more.
    Send(Vec<u8>),
    /// Send this; messages may follow.
    Ready(Vec<u8>),
    /// Messages may follow; the server's number of the connection is this.
    Named(u32),
}

/// What a server tells of a pipe.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    /// Somebody asks for one, under this id and with this credit.
    Asked(u32),
    /// So much may be written into it, or so much more.
    Granted(u32),
}

/// The frames of a run. All connections of a role send the same messages and get the same replies, so
/// both exist once, and a reply is checked by comparing bytes.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    /// The requests in their order, and again from the first on, so that a burst is one write wherever it begins.
    pub(super) requests: Vec<u8>,
    /// Bytes of one request.
    pub(super) request: usize,
    /// Bytes after which the requests are the first again.
    pub(super) period: usize,
    /// The replies in their order.
    replies: Vec<u8>,
    /// Bytes of one reply.
    reply: usize,
}

impl Patterns {
    /// All requests have to be of a length, and so have all replies.
    fn new(opcode: Opcode, requests: &[Vec<u8>], replies: &[Vec<u8>], burst: usize) -> Self {
        let frames: Vec<_> = requests
            .iter()
            .map(|request| masked(opcode, request))
            .collect();
        let request = frames.first().map_or(0, Vec::len);
        let copies = (LONGEST_WRITE / request).clamp(1, burst);
        let replies: Vec<_> = replies
            .iter()
            .map(|reply| unmasked(opcode, reply))
            .collect();
        Self {
            requests: frames
                .iter()
                .cycle()
                .take(frames.len() - 1 + copies)
                .flatten()
                .copied()
                .collect(),
            request,
            period: frames.len() * request,
            reply: replies.first().map_or(0, Vec::len),
            replies: replies.concat(),
        }
    }

    /// The replies in their order, and the bytes of one.
    pub(super) fn replies(&self) -> (&[u8], usize) {
        (&self.replies, self.reply)
    }
}

/// One server's side of the protocol, as its connections learn it.
#[derive(Debug)]
pub(super) struct Dialogue {
    language: Language,
    service: Service,
    pub(super) size: usize,
    burst: usize,
    /// The server's first message: a highway server's route table.
    table: Vec<u8>,
    /// The generator's answer to it.
    answer: Vec<u8>,
    /// What has to come after that before a broadcast may begin, if anything.
    entered: Vec<u8>,
    /// What opens the stream of a connection.
    pub(super) opening: Vec<u8>,
    /// One for each role that connections have: all have the first one, but those that read from pipes.
    pub(super) patterns: [Patterns; 2],
}

/// Beyond this a burst takes several writes, which costs nothing next to moving its bytes.
const LONGEST_WRITE: usize = 256 * 1024;

impl Dialogue {
    pub(super) fn new(language: Language, service: Service, size: usize, burst: usize) -> Self {
        Self {
            language,
            service,
            size,
            burst,
            table: Vec::new(),
            answer: Vec::new(),
            entered: Vec::new(),
            opening: Vec::new(),
            patterns: Default::default(),
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
            if self.patterns[0].request == 0 {
                match self.service {
                    Service::Echo | Service::Broadcast => {
                        let data = [wire::data(self.size)];
                        self.learn(Opcode::BINARY, &data, &data);
                    }
                    Service::Calls | Service::Items | Service::Pipes => self.converse(wire::ROUTE),
                }
            }
            if self.service == Service::Pipes {
                return Answer::Wait;
            }
            Answer::Ready(Vec::new())
        } else {
            Answer::Wait
        }
    }

    /// A frame has come before the connection was ready.
    pub(super) fn hear(&mut self, frame: &Frame<'_>) -> Result<Answer> {
        if self.service == Service::Pipes
            && let [INT, wire::MESSAGE, low, high, number @ ..] = frame.payload
            && u16::from_le_bytes([*low, *high]) == NUMBER
        {
            let number = str::from_utf8(number)
                .ok()
                .and_then(|text| text.parse().ok());
            return number.map(Answer::Named).ok_or_else(|| unexpected(frame));
        }
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

    /// What a message that is no reply tells of a pipe.
    pub(super) fn event(&mut self, frame: &Frame<'_>) -> Option<Event> {
        if self.service != Service::Pipes {
            return None;
        }
        let part = Part::parse(frame.payload)?;
        let (credit, _) = part.credit()?;
        match part.kind {
            wire::PIPE => {
                // All servers count from the same number on.
                let piece = part_of_pipe(part.id, self.size);
                let credit = wire::grant(part.id, wire::GRANT);
                self.patterns[1] = Patterns::new(Opcode::BINARY, &[credit], &[piece], 1);
                Some(Event::Asked(part.id))
            }
            wire::PIPED | wire::CREDIT if part.id == ID => Some(Event::Granted(credit)),
            _ => None,
        }
    }

    /// Asks for a pipe to the connection with this number.
    pub(super) fn ask_for_pipe(number: u32) -> Vec<u8> {
        let (credit, number) = (wire::WINDOW.to_le_bytes(), number.to_string());
        let pipe = part(INT, wire::PIPE, 0, ID, &[&credit, number.as_bytes()]);
        masked(Opcode::BINARY, &pipe)
    }

    /// Takes a pipe.
    pub(super) fn take_pipe(id: u32) -> Vec<u8> {
        let credit = wire::WINDOW.to_le_bytes();
        let piped = part(wire::NO_VALUE, wire::PIPED, 0, id, &[&credit]);
        masked(Opcode::BINARY, &piped)
    }

    /// Learns the messages of calls, of a stream or of a pipe, where the server has this id for its route.
    fn converse(&mut self, route: u16) {
        let data = wire::data(self.size);
        let code = match self.language {
            Language::HighwayBytes => BYTES,
            _ => STR,
        };
        match self.service {
            Service::Calls => {
                let ids = || (1..).step_by(2).take(CALLS);
                let calls: Vec<_> = ids()
                    .map(|id| part(code, wire::CALL, route, id, &[&data]))
                    .collect();
                let replies: Vec<_> = ids()
                    .map(|id| part(code, wire::REPLY, 0, id, &[&data]))
                    .collect();
                self.learn(Opcode::BINARY, &calls, &replies);
            }
            Service::Items => {
                let (credit, size) = (wire::WINDOW.to_le_bytes(), self.size.to_string());
                let stream = [&credit, size.as_bytes()];
                let stream = part(INT, wire::STREAM, route, ID, &stream);
                self.opening = masked(Opcode::BINARY, &stream);
                let item = part(code, wire::ITEM, 0, ID, &[&data]);
                self.learn(Opcode::BINARY, &[wire::grant(ID, wire::GRANT)], &[item]);
            }
            // Which id the other end's pipe has is told when it is asked for.
            Service::Pipes => {
                self.learn(Opcode::BINARY, &[part_of_pipe(ID, self.size)], &[]);
            }
            Service::Echo | Service::Broadcast => {}
        }
    }

    fn hear_table(&mut self, frame: &Frame<'_>) -> Result<Answer> {
        if !self.entered.is_empty() && self.entered == frame.payload {
            // Of a server with pipes the connection's number is still to come.
            return Ok(match self.service {
                Service::Pipes => Answer::Wait,
                _ => Answer::Ready(Vec::new()),
            });
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
        let is_bytes = self.language == Language::HighwayBytes;
        let (code, route) = match self.service {
            Service::Broadcast => (STR, "bc"),
            Service::Echo if is_bytes => (BYTES, "echo-bytes"),
            Service::Echo => (STR, "echo"),
            Service::Calls => (0, if is_bytes { "call-bytes" } else { "call" }),
            Service::Items => (0, if is_bytes { "items-bytes" } else { "items" }),
            Service::Pipes => (0, "meta"),
        };
        if matches!(
            self.service,
            Service::Calls | Service::Items | Service::Pipes
        ) {
            let own = serde_json::to_vec(&BTreeMap::from(CONVERSING))?;
            let answer = message(DICT, id_of("meta")?, &own);
            self.answer = masked(Opcode::BINARY, &answer);
            self.answer.extend(masked(Opcode::BINARY, &CONTRACT));
            self.entered = CONTRACT.to_vec();
            self.table = frame.payload.to_vec();
            self.converse(id_of(route)?);
            return Ok(self.told());
        }
        let own: BTreeMap<u16, &str> = (0..).zip(ROUTES).collect();
        let own_id = |route: &str| {
            (0..)
                .zip(ROUTES)
                .find(|(_, name)| *name == route)
                .map_or(0, |(id, _)| id)
        };
        let answer = message(DICT, id_of("meta")?, &serde_json::to_vec(&own)?);
        let data = wire::data(self.size);
        let (request, reply) = (
            message(code, id_of(route)?, &data),
            message(code, own_id(route), &data),
        );
        self.answer = masked(Opcode::BINARY, &answer);
        self.table = frame.payload.to_vec();
        self.learn(Opcode::BINARY, &[request], &[reply]);
        if self.service == Service::Broadcast {
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
                if self.patterns[0].request == 0 {
                    let event = match self.service {
                        Service::Broadcast => "bc",
                        _ => "echo",
                    };
                    let data = String::from_utf8_lossy(&wire::data(self.size)).into_owned();
                    let message = format!("42{}", serde_json::to_string(&(event, data))?);
                    let message = [message.into_bytes()];
                    self.learn(Opcode::TEXT, &message, &message);
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

    fn learn(&mut self, opcode: Opcode, requests: &[Vec<u8>], replies: &[Vec<u8>]) {
        self.patterns[0] = Patterns::new(opcode, requests, replies, self.burst);
    }
}

/// What goes through a pipe: whole messages of one piece.
fn part_of_pipe(id: u32, size: usize) -> Vec<u8> {
    part(BYTES, wire::LAST_PIECE, 0, id, &[&wire::data(size)])
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
