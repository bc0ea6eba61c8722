//! The WebSocket below a connection: tungstenite reads and keeps the protocol's rules, on a stream that never blocks;
//! what it answers by itself (pongs, closes) and what the outbox has leave in one order through one writer.

use std::{
    cell::Cell,
    collections::VecDeque,
    io::{self, IoSlice, Read, Write},
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::{
    self, Message as WsMessage, Utf8Bytes,
    protocol::{
        CloseFrame, Role, WebSocketConfig, WebSocketContext,
        frame::coding::CloseCode as WsCloseCode,
    },
};

use super::{link::Link, outbox::Chunk};
use crate::wire::{Close, CloseCode};

/// tungstenite's own buffer: it is filled with zeros before each read and kept by each connection, so it is small, and
/// larger reads go through a buffer of the thread.
const CODEC_BUFFER: usize = 4 * 1024;

/// One read from the socket at most.
const READ_AHEAD: usize = 64 * 1024;

/// Tungstenite's own frames (pongs, closes) that may wait when the peer does not read: then the newest pong replaces the
/// waiting one.
const CONTROL_BYTES: usize = 1024;

/// The most capacity that an idle connection keeps for writing.
const SPARE_KEPT: usize = 4 * 1024;

/// Chunks in one vectored write.
const SLICES: usize = 16;

thread_local! {
    static READ_BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A byte stream that a connection runs on.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Makes the coming drop a reset, so that nothing of what the peer never read stays in the kernel.
    fn reset(&mut self) {}
}

impl Stream for tokio::net::TcpStream {
    fn reset(&mut self) {
        // It only fails on a socket that is gone already.
        let _ = self.set_zero_linger();
    }
}

#[cfg(feature = "__testing")]
impl Stream for tokio::io::DuplexStream {}

/// What arrived.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A binary message.
    Message(Bytes),
    /// A text message, which highway has no use for.
    Text(Utf8Bytes),
    /// A ping or a pong.
    Control,
    /// The peer's close frame; the answer goes out with the next read.
    Close(Close),
    /// The connection is over, after a closing handshake or without one.
    End,
}

/// A WebSocket over a byte stream.
pub(crate) struct Transport<S> {
    context: WebSocketContext,
    wire: Wire<S>,
}

/// The stream and its two buffers.
struct Wire<S> {
    stream: S,
    /// Read from the stream and not yet by tungstenite, from the offset on.
    ahead: Vec<u8>,
    ahead_at: usize,
    writing: VecDeque<Chunk>,
    /// Bytes in `writing` that did not come from the outbox.
    control: usize,
    spare: Vec<u8>,
    needs_flush: bool,
    /// All bytes written so far, by which progress is seen.
    written: u64,
    /// The close frame has to get in whatever waits before it.
    closing: bool,
}

impl<S: Stream> Transport<S> {
    /// A WebSocket after its upgrade; `rest` is what was read behind the HTTP head.
    pub(crate) fn new(stream: S, server: bool, rest: Vec<u8>, message_bytes: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(CODEC_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(CONTROL_BYTES)
            .max_message_size(Some(message_bytes))
            .max_frame_size(Some(message_bytes));
        let role = if server { Role::Server } else { Role::Client };
        Self {
            context: WebSocketContext::new(role, Some(config)),
            wire: Wire {
                stream,
                ahead: rest,
                ahead_at: 0,
                writing: VecDeque::new(),
                control: 0,
                spare: Vec::new(),
                needs_flush: false,
                written: 0,
                closing: false,
            },
        }
    }

    /// Reads until there is something to tell. Pending means that no more input is there.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<tungstenite::Result<Incoming>> {
        let Self { context, wire } = self;
        let result = context.read(&mut Adapter { wire, cx });
        Poll::Ready(match result {
            Ok(WsMessage::Binary(bytes)) => Ok(Incoming::Message(bytes)),
            Ok(WsMessage::Text(text)) => Ok(Incoming::Text(text)),
            Ok(WsMessage::Close(frame)) => Ok(Incoming::Close(from_frame(frame))),
            Ok(WsMessage::Ping(_) | WsMessage::Pong(_) | WsMessage::Frame(_)) => {
                Ok(Incoming::Control)
            }
            Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                return Poll::Pending;
            }
            Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed) => {
                Ok(Incoming::End)
            }
            Err(error) => Err(error),
        })
    }

    /// Puts a close frame behind everything that waits.
    pub(crate) fn close(&mut self, link: &Link, close: &Close) {
        let Self { context, wire } = self;
        // Only writes happen, which never wait.
        let cx = &mut Context::from_waker(Waker::noop());
        wire.take(link);
        wire.closing = true;
        let frame = close.code().is_sendable().then(|| CloseFrame {
            code: WsCloseCode::from(close.code().0),
            reason: close.reason().into(),
        });
        // The adapter takes everything, so that all that this can say is that the connection is closed already.
        let _ = context.close(&mut Adapter { wire, cx }, frame);
    }

    /// Sends tungstenite's answer to the peer's close frame behind everything that waits.
    pub(crate) fn answer_close(&mut self, cx: &mut Context<'_>, link: &Link) {
        let Self { context, wire } = self;
        wire.take(link);
        wire.closing = true;
        // «Connection closed» is what a server is told once the answer is written.
        let _ = context.flush(&mut Adapter { wire, cx });
    }

    /// Puts bytes in front of everything else, such as the answer to the upgrade.
    pub(crate) fn write_first(&mut self, bytes: Vec<u8>) {
        self.wire.control += bytes.len();
        self.wire.writing.push_front(Chunk::Small(bytes, 0));
    }

    /// Writes what the outbox has. Ready once all of it is written, or the stream is broken.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>, link: &Link) -> Poll<io::Result<()>> {
        loop {
            self.wire.take(link);
            if self.wire.writing.is_empty() {
                return self.wire.poll_flushed(cx);
            }
            let written = ready!(self.wire.poll_write(cx))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.wire.advance(written, link);
        }
    }

    /// All bytes written so far.
    pub(crate) fn written(&self) -> u64 {
        self.wire.written
    }

    /// Tells the peer that nothing more will be written.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire.stream).poll_shutdown(cx)
    }

    /// Reads and throws away, until the peer ends the connection. Gives back the bytes of one read, 0 at the end.
    pub(crate) fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.wire.ahead = Vec::new();
        self.wire.ahead_at = 0;
        with_read_buffer(|buffer| self.wire.poll_stream_read(cx, buffer))
    }

    /// See [`Stream::reset`].
    pub(crate) fn reset(&mut self) {
        self.wire.stream.reset();
    }
}

fn from_frame(frame: Option<CloseFrame>) -> Close {
    match frame {
        Some(frame) => Close::new(
            CloseCode(frame.code.into()),
            frame.reason.as_str().to_owned(),
        ),
        None => Close::new(CloseCode::NO_CODE, ""),
    }
}

fn with_read_buffer<T>(read: impl FnOnce(&mut [u8]) -> T) -> T {
    let mut buffer = READ_BUFFER.take();
    buffer.resize(READ_AHEAD, 0);
    let result = read(&mut buffer);
    READ_BUFFER.set(buffer);
    result
}

impl<S: Stream> Wire<S> {
    fn poll_stream_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Reads for tungstenite: what is there already, or a large piece of which the rest is kept.
    fn poll_read(&mut self, cx: &mut Context<'_>, target: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.ahead.is_empty() {
            if target.len() >= READ_AHEAD {
                return self.poll_stream_read(cx, target);
            }
            return with_read_buffer(|buffer| {
                let read = ready!(self.poll_stream_read(cx, buffer))?;
                let now = read.min(target.len());
                let (Some(target), Some(source), Some(rest)) = (
                    target.get_mut(..now),
                    buffer.get(..now),
                    buffer.get(now..read),
                ) else {
                    return Poll::Ready(Ok(0));
                };
                target.copy_from_slice(source);
                self.ahead.extend_from_slice(rest);
                Poll::Ready(Ok(now))
            });
        }
        let rest = self.ahead.get(self.ahead_at..).unwrap_or_default();
        let now = rest.len().min(target.len());
        if let (Some(target), Some(source)) = (target.get_mut(..now), rest.get(..now)) {
            target.copy_from_slice(source);
        }
        self.ahead_at += now;
        if self.ahead_at >= self.ahead.len() {
            self.ahead = Vec::new();
            self.ahead_at = 0;
        }
        Poll::Ready(Ok(now))
    }

    fn take(&mut self, link: &Link) {
        let mut shared = link.lock();
        if !shared.outbox.is_empty() {
            shared.outbox.take(&mut self.writing, &mut self.spare);
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.needs_flush = true;
        let stream = Pin::new(&mut self.stream);
        if let [only] = self.writing.make_contiguous() {
            return stream.poll_write(cx, only.remaining());
        }
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut used = 0;
        for (slice, chunk) in slices.iter_mut().zip(&self.writing) {
            *slice = IoSlice::new(chunk.remaining());
            used += 1;
        }
        stream.poll_write_vectored(cx, slices.get(..used).unwrap_or_default())
    }

    fn advance(&mut self, mut written: usize, link: &Link) {
        self.written += written as u64;
        let control = written.min(self.control);
        self.control -= control;
        // Control frames are few and short: counting them first keeps the outbox's count an upper bound.
        if written > control {
            link.wrote(written - control);
        }
        while let Some(chunk) = self.writing.front_mut() {
            let len = chunk.remaining().len();
            if written < len {
                chunk.advance(written);
                return;
            }
            written -= len;
            if let Some(Chunk::Small(mut bytes, _)) = self.writing.pop_front() {
                bytes.clear();
                if bytes.capacity() <= SPARE_KEPT && self.spare.capacity() == 0 {
                    self.spare = bytes;
                }
            }
        }
    }

    /// TLS keeps what it encrypted until it is flushed.
    fn poll_flushed(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.needs_flush {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.needs_flush = false;
        }
        Poll::Ready(Ok(()))
    }
}

/// The stream as tungstenite sees it, for the time of one call.
struct Adapter<'a, 'cx, S> {
    wire: &'a mut Wire<S>,
    cx: &'a mut Context<'cx>,
}

impl<S: Stream> Read for Adapter<'_, '_, S> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        match self.wire.poll_read(self.cx, target) {
            Poll::Ready(result) => result,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl<S> Write for Adapter<'_, '_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.wire.control > CONTROL_BYTES && !self.wire.closing {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.wire.control += bytes.len();
        self.wire.writing.push_back(Chunk::Small(bytes.to_vec(), 0));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
