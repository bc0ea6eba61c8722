//! One connection of the generator: what it has sent, what it still has to, what came back.

use std::collections::VecDeque;
use std::io::{Error, ErrorKind, IoSlice, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use highway_bench::frame::{Frame, Opcode, masked};
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};
use tokio_rustls::rustls::ClientConfig;

use super::dialogue::{Answer, Dialogue, Event, Patterns, unexpected};
use super::stream::Stream;

/// Key and answer of RFC 6455, section 1.3: what a server makes of the key is known beforehand.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Upgrading,
    Greeting,
    Open,
    Closing,
}

/// What a read brought.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The connection has become ready for messages.
    pub(super) ready: bool,
    /// Replies that are whole now.
    pub(super) replies: usize,
    /// What was told besides.
    pub(super) events: Vec<Event>,
    /// The connection has ended, as wished.
    pub(super) closed: bool,
}

#[derive(Debug)]
pub(super) struct Link {
    pub(super) stream: Stream,
    phase: Phase,
    /// Which patterns its messages have.
    role: usize,
    /// The server's number of it, where there are pipes.
    pub(super) number: Option<u32>,
    /// Bytes of the replies that came and were right.
    matched: usize,
    /// Input that isn't part of a reply as foreseen, up to a whole frame.
    partial: Vec<u8>,
    /// Bytes of requests that are still to be written.
    owed: usize,
    /// Bytes of the requests that are written.
    written: usize,
    /// Frames that are no requests: they go out between two of those.
    control: Vec<u8>,
    /// Whether the poll tells when there is room to write.
    pub(super) watches_room: bool,
    /// When the connection was begun, in nanoseconds of the generator's clock.
    pub(super) born: u64,
    /// When each message that isn't answered yet was sent.
    pub(super) departures: VecDeque<u64>,
}

impl Link {
    /// Begins to connect, which on the loopback is as good as done when the call returns.
    pub(super) fn open(
        address: SocketAddr,
        tls: Option<&Arc<ClientConfig>>,
        path: &str,
        role: usize,
        now: u64,
    ) -> Result<Self> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
        sockopt::set_tcp_nodelay(&socket, true)?;
        match net::connect(&socket, &address) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(error.into()),
        }
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
        );
        Ok(Self {
            stream: Stream::new(TcpStream::from(socket), tls)?,
            phase: Phase::Upgrading,
            role,
            number: None,
            matched: 0,
            partial: Vec::new(),
            owed: 0,
            written: 0,
            control: request.into_bytes(),
            watches_room: false,
            born: now,
            departures: VecDeque::new(),
        })
    }

    /// Whether requests are still waiting for room in the socket.
    pub(super) fn owes(&self) -> bool {
        self.owed > 0
    }

    /// Adds requests to what is to be written.
    pub(super) fn owe(&mut self, requests: usize, patterns: &[Patterns]) {
        self.owed += requests * patterns[self.role].request;
    }

    /// Adds frames that are no requests to what is to be written.
    pub(super) fn say(&mut self, frames: &[u8]) {
        self.control.extend_from_slice(frames);
    }

    /// Begins the closing handshake.
    pub(super) fn close(&mut self) {
        self.phase = Phase::Closing;
        self.control
            .extend(masked(Opcode::CLOSE, &1000u16.to_be_bytes()));
    }

    /// Writes what the socket takes. Gives back the bytes that it took, and whether that was all.
    pub(super) fn write(&mut self, patterns: &[Patterns]) -> Result<(usize, bool)> {
        let patterns = &patterns[self.role];
        let mut total = 0;
        loop {
            let start = self.written;
            let end = patterns.requests.len().min(start + self.owed);
            let requests = &patterns.requests[start..end];
            let control = if start.checked_rem(patterns.request).unwrap_or(0) == 0 {
                self.control.as_slice()
            } else {
                &[]
            };
            if requests.is_empty() && control.is_empty() {
                return Ok((total, self.stream.flush_encrypted()?));
            }
            let written = if control.is_empty() {
                self.stream.write(requests)
            } else {
                self.stream
                    .write_vectored(&[IoSlice::new(control), IoSlice::new(requests)])
            };
            match written {
                Ok(written) => {
                    total += written;
                    let of_control = written.min(control.len());
                    self.control.drain(..of_control);
                    let of_requests = written - of_control;
                    self.owed -= of_requests;
                    if of_requests > 0 {
                        self.written = (self.written + of_requests) % patterns.period;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok((total, false)),
                // A server may drop the connection as soon as it has seen the close frame.
                Err(_) if self.phase == Phase::Closing => {
                    self.control.clear();
                    return Ok((total, true));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads once: the poll says it again when there was more. Gives back the bytes read.
    pub(super) fn read(
        &mut self,
        dialogue: &mut Dialogue,
        scratch: &mut [u8],
    ) -> Result<(usize, Progress)> {
        let mut progress = Progress::default();
        let length = match self.stream.read(scratch) {
            Ok(0) => Err(Error::new(
                ErrorKind::UnexpectedEof,
                "the server ended the connection",
            )),
            other => other,
        };
        match length {
            Ok(length) => {
                let chunk = &scratch[..length];
                if self.phase == Phase::Open && self.partial.is_empty() {
                    self.match_replies(chunk, dialogue, &mut progress)?;
                } else {
                    self.partial.extend_from_slice(chunk);
                    self.advance(dialogue, &mut progress)?;
                }
                Ok((length, progress))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok((0, progress)),
            Err(_) if self.phase == Phase::Closing => {
                progress.closed = true;
                Ok((0, progress))
            }
            Err(error) => Err(error),
        }
    }

    /// The way that nearly all input goes: it is compared with the reply as it has to be, over
    /// and over, and never stored.
    fn match_replies(
        &mut self,
        mut chunk: &[u8],
        dialogue: &mut Dialogue,
        progress: &mut Progress,
    ) -> Result<()> {
        let (replies, reply) = dialogue.patterns[self.role].replies();
        let mut begun = self.matched.checked_rem(reply).unwrap_or(0);
        while !chunk.is_empty() {
            let wanted = &replies[self.matched..];
            let length = (reply - begun).min(chunk.len());
            if wanted.is_empty() || chunk[..length] != wanted[..length] {
                let whole = self.matched - begun;
                self.partial
                    .extend_from_slice(&replies[whole..self.matched]);
                self.partial.extend_from_slice(chunk);
                self.matched = whole;
                return self.advance(dialogue, progress);
            }
            chunk = &chunk[length..];
            self.matched += length;
            begun += length;
            if begun == reply {
                begun = 0;
                progress.replies += 1;
                if self.matched == replies.len() {
                    self.matched = 0;
                }
            }
        }
        Ok(())
    }

    /// Goes through the stored input frame by frame.
    fn advance(&mut self, dialogue: &mut Dialogue, progress: &mut Progress) -> Result<()> {
        let input = std::mem::take(&mut self.partial);
        let mut rest = input.as_slice();
        if self.phase == Phase::Upgrading {
            let Some(end) = rest.windows(4).position(|window| window == b"\r\n\r\n") else {
                self.partial = input;
                return Ok(());
            };
            let (response, frames) = rest.split_at(end + 4);
            check_upgrade(response)?;
            rest = frames;
            self.phase = Phase::Greeting;
            self.take(dialogue.upgraded(), progress);
        }
        while let Some(frame) = Frame::parse(rest)? {
            rest = &rest[frame.bytes.len()..];
            match frame.opcode {
                Opcode::PING => self.control.extend(masked(Opcode::PONG, frame.payload)),
                Opcode::PONG => {}
                Opcode::CLOSE if self.phase == Phase::Closing => progress.closed = true,
                Opcode::CLOSE => return Err(unexpected(&frame)),
                _ if self.phase == Phase::Greeting => {
                    let answer = dialogue.hear(&frame)?;
                    self.take(answer, progress);
                }
                _ if self.is_reply(&frame, dialogue) => progress.replies += 1,
                _ => match (dialogue.event(&frame), dialogue.keep_alive(&frame)) {
                    (Some(event), _) => progress.events.push(event),
                    (None, Some(answer)) => self.control.extend(answer),
                    (None, None) => return Err(unexpected(&frame)),
                },
            }
        }
        self.partial.extend_from_slice(rest);
        Ok(())
    }

    /// Whether a frame is the reply that has to come next; then the one behind it has to.
    fn is_reply(&mut self, frame: &Frame<'_>, dialogue: &Dialogue) -> bool {
        let (replies, reply) = dialogue.patterns[self.role].replies();
        let is_next = replies
            .get(self.matched..)
            .is_some_and(|wanted| wanted.get(..reply) == Some(frame.bytes));
        if is_next {
            self.matched = (self.matched + reply) % replies.len();
        }
        is_next
    }

    fn take(&mut self, answer: Answer, progress: &mut Progress) {
        match answer {
            Answer::Wait => {}
            Answer::Send(bytes) => self.control.extend(bytes),
            Answer::Ready(bytes) => {
                self.control.extend(bytes);
                self.phase = Phase::Open;
                progress.ready = true;
            }
            Answer::Named(number) => {
                self.number = Some(number);
                self.phase = Phase::Open;
                progress.ready = true;
            }
        }
    }
}

fn check_upgrade(response: &[u8]) -> Result<()> {
    let response = String::from_utf8_lossy(response);
    if response.starts_with("HTTP/1.1 101 ") && response.contains(ACCEPT) {
        return Ok(());
    }
    let status = response.lines().next().unwrap_or_default();
    Err(Error::new(
        ErrorKind::InvalidData,
        format!("the upgrade was refused: {status}"),
    ))
}
