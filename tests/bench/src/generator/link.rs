//! One connection of the generator: what it has sent, what it still has to, what came back.

use std::collections::VecDeque;
use std::io::{Error, ErrorKind, IoSlice, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};

use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};

use super::dialogue::{Answer, Dialogue, Patterns, unexpected};
use super::frame::{Frame, Opcode, masked};

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
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Progress {
    /// The connection has become ready for messages.
    pub(super) ready: bool,
    /// Replies that are whole now.
    pub(super) replies: usize,
    /// The connection has ended, as wished.
    pub(super) closed: bool,
}

#[derive(Debug)]
pub(super) struct Link {
    pub(super) stream: TcpStream,
    phase: Phase,
    /// Bytes of the current reply that came and were right.
    matched: usize,
    /// Input that isn't part of a reply as foreseen, up to a whole frame.
    partial: Vec<u8>,
    /// Bytes of requests that are still to be written.
    owed: usize,
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
    pub(super) fn open(address: SocketAddr, path: &str, now: u64) -> Result<Self> {
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
            stream: TcpStream::from(socket),
            phase: Phase::Upgrading,
            matched: 0,
            partial: Vec::new(),
            owed: 0,
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
    pub(super) fn owe(&mut self, requests: usize, patterns: &Patterns) {
        self.owed += requests * patterns.request;
    }

    /// Begins the closing handshake.
    pub(super) fn close(&mut self) {
        self.phase = Phase::Closing;
        self.control
            .extend(masked(Opcode::CLOSE, &1000u16.to_be_bytes()));
    }

    /// Writes what the socket takes. Gives back the bytes that it took, and whether that was all.
    pub(super) fn write(&mut self, patterns: &Patterns) -> Result<(usize, bool)> {
        let mut total = 0;
        loop {
            let begun = self.owed.checked_rem(patterns.request).unwrap_or(0);
            let start = if begun == 0 {
                0
            } else {
                patterns.request - begun
            };
            let end = patterns.requests.len().min(start + self.owed);
            let requests = &patterns.requests[start..end];
            let control = if begun == 0 {
                self.control.as_slice()
            } else {
                &[]
            };
            if requests.is_empty() && control.is_empty() {
                return Ok((total, true));
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
                    self.owed -= written - of_control;
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
        while !chunk.is_empty() {
            let reply = &dialogue.patterns.reply;
            let wanted = &reply[self.matched..];
            let length = wanted.len().min(chunk.len());
            if chunk[..length] != wanted[..length] {
                self.partial.extend_from_slice(&reply[..self.matched]);
                self.partial.extend_from_slice(chunk);
                self.matched = 0;
                return self.advance(dialogue, progress);
            }
            chunk = &chunk[length..];
            self.matched += length;
            if self.matched == reply.len() {
                self.matched = 0;
                progress.replies += 1;
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
                _ if frame.bytes == dialogue.patterns.reply => progress.replies += 1,
                _ => match dialogue.keep_alive(&frame) {
                    Some(answer) => self.control.extend(answer),
                    None => return Err(unexpected(&frame)),
                },
            }
        }
        self.partial.extend_from_slice(rest);
        Ok(())
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
