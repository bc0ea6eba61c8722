//! The task of a peer: it reads and writes frames, and sorts what arrives.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use tokio::{
    io::AsyncWriteExt,
    sync::{mpsc, oneshot},
};

use super::{
    calls::{Calls, lock},
    socket::{Socket, broken, close, lost, pong, sealed},
};
use crate::{
    payload::MAX_NESTING,
    proto::{
        Role,
        conversation::{Key, Received},
        session::{self, Session},
    },
    route::Message,
    transport::websocket,
    wire::{Close, Dialect, Kind, Part},
};

/// Something to send.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) frame: Frame,
    /// Told when it is written; dropped when it can't be.
    pub(super) written: oneshot::Sender<()>,
}

/// Leaves a frame to the task; whether it could be written.
pub(super) async fn send(outgoing: &mpsc::Sender<Outgoing>, frame: Frame) -> bool {
    let (written, is_written) = oneshot::channel();
    let outgoing = outgoing.send(Outgoing { frame, written });
    outgoing.await.is_ok() && is_written.await.is_ok()
}

#[derive(Debug)]
pub(super) enum Frame {
    Message(Bytes),
    Close(Close),
}

/// Something that arrived.
#[derive(Debug)]
pub(super) enum Incoming {
    Message {
        route: String,
        message: Message,
    },
    Call {
        route: String,
        message: Message,
        key: Key,
    },
    /// A stream is asked for, or comes as the data of a call; a peer supports neither.
    Stream {
        route: String,
    },
    /// A violation of the protocol, with the close that it would cause.
    Broken(Close),
    Closed(Close),
}

/// What a peer and its task share.
pub(super) struct Task {
    pub(super) session: Arc<Mutex<Session>>,
    pub(super) calls: Arc<Mutex<Calls>>,
    pub(super) routes: Vec<String>,
    pub(super) arrived: mpsc::Sender<Incoming>,
    pub(super) outgoing: mpsc::Receiver<Outgoing>,
}

/// What is to be written.
struct Output {
    role: Role,
    /// The frame that is being written, how much of it is, and who waits for that.
    frame: Vec<u8>,
    start: usize,
    written: Option<oneshot::Sender<()>>,
    /// Answers to what arrived. Nothing more is read while there are some.
    answers: VecDeque<Vec<u8>>,
    /// The answer to the newest ping.
    pong: Option<Vec<u8>>,
    /// A close frame is written or about to be: nothing follows it.
    closed: bool,
}

impl Output {
    /// Puts in what is to be written next, if there is something.
    fn next(&mut self) {
        if self.frame.is_empty() {
            let next = self.pong.take().or_else(|| self.answers.pop_front());
            self.frame = next.unwrap_or_default();
        }
    }

    fn put(&mut self, outgoing: Outgoing) {
        let frame = match outgoing.frame {
            _ if self.closed => return,
            Frame::Message(message) => sealed(&message, self.role),
            Frame::Close(reason) => {
                self.closed = true;
                close(&reason, self.role)
            }
        };
        self.frame = frame;
        self.written = Some(outgoing.written);
    }

    fn rest(&self) -> &[u8] {
        self.frame.get(self.start..).unwrap_or_default()
    }

    fn advance(&mut self, written: usize) {
        self.start += written;
        if self.start >= self.frame.len() {
            self.frame.clear();
            self.start = 0;
            if let Some(written) = self.written.take() {
                // The caller may not wait any more.
                let _ = written.send(());
            }
        }
    }

    /// Answers a close frame, unless this side has sent one.
    fn answer_close(&mut self, reason: &Close) {
        if !std::mem::replace(&mut self.closed, true) {
            self.answers.push_back(close(reason, self.role));
        }
    }

    /// Nothing can be written any more.
    fn fail(&mut self) {
        self.closed = true;
        self.frame.clear();
        self.start = 0;
        self.written = None;
        self.answers.clear();
        self.pong = None;
    }

    fn is_empty(&self) -> bool {
        self.frame.is_empty() && self.answers.is_empty() && self.pong.is_none()
    }
}

impl Task {
    /// Runs until the connection has ended, or the peer is dropped.
    pub(super) async fn run(mut self, socket: Socket) {
        let Socket {
            stream,
            mut frames,
            role,
        } = socket;
        let (mut reads, mut writes) = tokio::io::split(stream);
        let mut output = Output {
            role,
            frame: Vec::new(),
            start: 0,
            written: None,
            answers: VecDeque::new(),
            pong: None,
            closed: false,
        };
        // What there was no room for yet.
        let mut waiting: Option<Incoming> = None;
        let mut closed: Option<Close> = None;
        loop {
            output.next();
            if closed.is_some() && role.is_server() && output.is_empty() {
                // The server ends the connection once both close frames are there (RFC 6455, section 7.1.1).
                break;
            }
            tokio::select! {
                biased;
                () = self.arrived.closed() => return,
                written = writes.write(output.rest()), if !output.frame.is_empty() => match written {
                    Ok(written @ 1..) => output.advance(written),
                    Ok(_) | Err(_) => output.fail(),
                },
                Some(outgoing) = self.outgoing.recv(), if output.frame.is_empty() => output.put(outgoing),
                room = self.arrived.reserve(), if waiting.is_some() => match (room, waiting.take()) {
                    (Ok(room), Some(incoming)) => room.send(incoming),
                    _ => return,
                },
                event = frames.next(&mut reads), if waiting.is_none() && output.answers.is_empty() => match event {
                    Ok(websocket::Event::Message(message)) => {
                        waiting = self.take(message, &mut output);
                    }
                    Ok(websocket::Event::Text(_)) => {
                        waiting = Some(Incoming::Broken(Close::MALFORMED_HEADER));
                    }
                    Ok(websocket::Event::Ping(payload)) if !output.closed => {
                        output.pong = Some(pong(&payload, role));
                    }
                    Ok(websocket::Event::Close(reason)) => {
                        output.answer_close(&reason);
                        closed = Some(reason);
                    }
                    Ok(_) => {}
                    Err(error) => {
                        closed.get_or_insert_with(|| broken(&error));
                        break;
                    }
                },
            }
        }
        self.end(closed.unwrap_or_else(lost)).await;
    }

    async fn end(self, close: Close) {
        lock(&self.calls).close(&close);
        // The peer may be gone.
        let _ = self.arrived.send(Incoming::Closed(close)).await;
    }

    /// Takes a message. What it asks for is answered.
    fn take(&self, message: Bytes, output: &mut Output) -> Option<Incoming> {
        let event = {
            let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
            session.receive(&message)
        };
        match event {
            Ok(session::Event::Message {
                route,
                dialect,
                data_type,
            }) => {
                let route = self.route(route.0)?;
                let message = Message::new(dialect, data_type, message, MAX_NESTING);
                Some(Incoming::Message { route, message })
            }
            Ok(session::Event::Ready { answer, .. } | session::Event::Replaced { answer }) => {
                if !output.closed {
                    output.answers.push_back(sealed(&answer?, output.role));
                }
                None
            }
            Ok(session::Event::Part(part)) => self.take_part(part, message),
            Ok(session::Event::Contract { .. }) => None,
            Err(close) => Some(Incoming::Broken(close)),
        }
    }

    fn take_part(&self, part: Part, message: Bytes) -> Option<Incoming> {
        let key = match lock(&self.calls).receive(part, &message) {
            Ok(Received::Opened(key)) => key,
            Ok(_) => return None,
            Err(close) => return Some(Incoming::Broken(close)),
        };
        if part.kind == Kind::Pipe {
            return None;
        }
        let route = self.route(part.route.0)?;
        let (Kind::Call, Some(data_type)) = (part.kind, part.data_type) else {
            return Some(Incoming::Stream { route });
        };
        let message = Message::new(Dialect::Extended, data_type, message, MAX_NESTING);
        let message = message.behind(part.start);
        Some(Incoming::Call {
            route,
            message,
            key,
        })
    }

    /// The name of a route of this side.
    fn route(&self, id: u16) -> Option<String> {
        let place = usize::from(id).checked_sub(1)?;
        self.routes.get(place).cloned()
    }
}
