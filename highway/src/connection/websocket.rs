//! The WebSocket below a connection: the [`Transport`] over a byte stream.
//!
//! A binary message in one frame, which is what highway's peers send, is taken from the input right here. All other
//! frames (control frames, fragments, texts, and whatever breaks the protocol) go to tungstenite, a frame at a time and
//! as they came, so that its rules hold. What it answers by itself (pongs, closes) and what the outbox has leave in one
//! order through one writer.

use std::{
    collections::VecDeque,
    io::{self, IoSlice, Read, Write},
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::{
    self, Message as WsMessage,
    error::CapacityError,
    protocol::{
        CloseFrame, Role, WebSocketConfig, WebSocketContext,
        frame::coding::CloseCode as WsCloseCode,
    },
};
use tokio_util::io::poll_read_buf;

use super::{
    buffers,
    frame::{self, FrameHead},
    link::Link,
    outbox::Chunk,
    transport::{Incoming, Transport},
};
use crate::{
    limits::Limits,
    wire::{Close, CloseCode},
};

/// tungstenite's own buffer, which is filled with zeros before each read: only rare frames go through it.
const CODEC_BUFFER: usize = 1024;

/// Tungstenite's own frames (pongs, closes) that may wait when the peer does not read: then the newest pong replaces the
/// waiting one.
const CONTROL_BYTES: usize = 1024;

/// Chunks in one vectored write.
const SLICES: usize = 32;

/// Room behind a large frame.
const SLACK: usize = 64;

/// Sets the options of a TCP connection. They are no more than wishes: where one can't be set, the connection works all the
/// same.
pub(crate) fn set_options(stream: &TcpStream, limits: &Limits) {
    // It only costs latency where it fails.
    let _ = stream.set_nodelay(true);
    // A peer that is not read, since its routes are busy, can't be heard; but it can be found gone, as what is written to
    // it (pings, if nothing else) is not acknowledged. By itself the system takes about a quarter of an hour for that.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        // The system takes no more milliseconds than an int has.
        const LONGEST: std::time::Duration = std::time::Duration::from_millis(i32::MAX as u64);
        let silence = limits.ping_interval.saturating_add(limits.pong_timeout);
        let timeout = silence.max(limits.write_timeout).min(LONGEST);
        let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(timeout));
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = limits;
}

/// A byte stream that a connection runs on.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Makes the coming drop a reset, so that nothing of what the peer never read stays in the kernel.
    fn reset(&mut self) {}
}

impl Stream for TcpStream {
    fn reset(&mut self) {
        // It only fails on a socket that is gone already.
        let _ = self.set_zero_linger();
    }
}

/// A WebSocket over a byte stream.
pub(crate) struct WebSocket<S> {
    context: WebSocketContext,
    server: bool,
    message_bytes: usize,
    wire: Wire<S>,
}

/// The stream and its two directions.
struct Wire<S> {
    stream: S,
    input: Input,
    writing: VecDeque<Chunk>,
    /// Bytes in `writing` that did not come from the outbox.
    control: usize,
    needs_flush: bool,
    /// All bytes written so far, by which progress is seen.
    written: u64,
    /// Somebody waits until what was written is flushed.
    flush_awaited: bool,
    /// The close frame has to get in whatever waits before it.
    closing: bool,
}

/// What was read and is not used yet.
struct Input {
    bytes: BytesMut,
    /// Whether it is the thread's buffer.
    borrowed: bool,
    /// The capacity of one of its own.
    own: usize,
    /// What tungstenite has not got yet of the frame that it reads.
    rest_of_frame: u64,
    /// Whether tungstenite has a message of which fragments are missing.
    fragmented: bool,
    /// The length of that message, as far as the heads of its fragments tell.
    fragments: u64,
    /// The most that it may be.
    message_bytes: usize,
    /// Bytes came.
    heard: bool,
}

impl<S: Stream> WebSocket<S> {
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
            server,
            message_bytes,
            wire: Wire {
                stream,
                input: Input {
                    bytes: BytesMut::from(Bytes::from(rest)),
                    borrowed: false,
                    own: 0,
                    rest_of_frame: 0,
                    fragmented: false,
                    fragments: 0,
                    message_bytes,
                    heard: false,
                },
                writing: VecDeque::new(),
                control: 0,
                needs_flush: false,
                written: 0,
                flush_awaited: false,
                closing: false,
            },
        }
    }

    /// Puts bytes in front of everything else, such as the answer to the upgrade.
    pub(crate) fn write_first(&mut self, bytes: Vec<u8>) {
        self.wire.control += bytes.len();
        self.wire.writing.push_front(Chunk::Small(bytes, 0));
    }

    #[cold]
    fn poll_tungstenite(&mut self, cx: &mut Context<'_>) -> Poll<tungstenite::Result<Incoming>> {
        let Self { context, wire, .. } = self;
        let mut adapter = Adapter { wire, cx };
        Poll::Ready(match context.read(&mut adapter) {
            Ok(WsMessage::Binary(bytes)) => Ok(Incoming::Message(bytes)),
            Ok(WsMessage::Text(text)) => Ok(Incoming::Text(text)),
            Ok(WsMessage::Close(frame)) => Ok(Incoming::Close(from_frame(frame))),
            Ok(WsMessage::Ping(_)) => {
                // The pong would go out with the next read, which may be long after the next message. Where the peer
                // does not take it, a later one replaces it.
                let _ = context.flush(&mut adapter);
                Ok(Incoming::Control)
            }
            Ok(WsMessage::Pong(_) | WsMessage::Frame(_)) => Ok(Incoming::Control),
            Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                return Poll::Pending;
            }
            Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed) => {
                Ok(Incoming::End)
            }
            Err(error) => Err(match wire.input.oversize() {
                // The adapter gave up for that: tungstenite would look only when it has all of the fragment.
                Some(oversize) => oversize.into(),
                None => error,
            }),
        })
    }
}

impl<S: Stream> Transport for WebSocket<S> {
    const OWN_LIVENESS: bool = true;

    #[inline]
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<tungstenite::Result<Incoming>> {
        while self.wire.input.is_between_messages() {
            match frame::head(&self.wire.input.bytes) {
                Some(head) if head.is_message(self.server, self.message_bytes) => {
                    if let Some(message) = self.wire.input.message(head) {
                        return Poll::Ready(Ok(Incoming::Message(message)));
                    }
                    if ready!(self.wire.poll_fill(cx, head.frame_len()))? == 0 {
                        break;
                    }
                }
                None if !frame::is_other(&self.wire.input.bytes) => {
                    if ready!(self.wire.poll_fill(cx, 0))? == 0 {
                        break;
                    }
                }
                Some(_) | None => break,
            }
        }
        self.poll_tungstenite(cx)
    }

    fn close(&mut self, link: &Link, close: &Close) {
        let Self { context, wire, .. } = self;
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

    fn answer_close(&mut self, cx: &mut Context<'_>, link: &Link) {
        let Self { context, wire, .. } = self;
        wire.take(link);
        wire.closing = true;
        // «Connection closed» is what a server is told once the answer is written.
        let _ = context.flush(&mut Adapter { wire, cx });
    }

    fn ping(&mut self, link: &Link) {
        let Self { context, wire, .. } = self;
        // Only writes happen, which never wait.
        let cx = &mut Context::from_waker(Waker::noop());
        wire.take(link);
        // Where the socket takes nothing there is no ping either, and the peer is found dead all the same.
        let _ = context.write(&mut Adapter { wire, cx }, WsMessage::Ping(Bytes::new()));
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>, link: &Link) -> Poll<io::Result<()>> {
        loop {
            self.wire.take(link);
            if self.wire.flush_awaited {
                // Before more is written, which may never come to an end.
                ready!(self.wire.poll_flushed(cx))?;
                link.flushed();
            }
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

    fn is_flushed(&self) -> bool {
        !self.wire.needs_flush
    }

    fn has_unwritten(&self) -> bool {
        !self.wire.writing.is_empty()
    }

    fn take_heard(&mut self) -> bool {
        std::mem::take(&mut self.wire.input.heard)
    }

    fn written(&self) -> u64 {
        self.wire.written
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire.stream).poll_shutdown(cx)
    }

    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.wire.input.bytes.clear();
        self.wire.poll_fill(cx, 0)
    }

    fn reset(&mut self) {
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

impl Input {
    /// Whether tungstenite has all of what it was given, so that the next frame may be a message of ours.
    #[inline]
    fn is_between_messages(&self) -> bool {
        self.rest_of_frame == 0 && !self.fragmented
    }

    /// Takes a message out, if all of it is here.
    #[inline]
    fn message(&mut self, head: FrameHead) -> Option<Bytes> {
        let len = usize::try_from(head.payload_len).ok()?;
        if self.bytes.len() - head.len < len {
            return None;
        }
        self.bytes.advance(head.len);
        let mut message = self.bytes.split_to(len);
        if let Some(mask) = head.mask {
            frame::apply_mask(&mut message, mask);
        }
        Some(message.freeze())
    }

    /// Makes room for the next read: the thread's buffer, or one of its own for a frame that is larger, or that the connection
    /// has waited for.
    fn reserve(&mut self, frame_len: usize) {
        if frame_len > buffers::READ {
            if frame_len > self.bytes.capacity() {
                // A read that fills all the room leaves open whether there is more, and costs another to see that there is not.
                self.own(frame_len.saturating_add(SLACK));
            }
            return;
        }
        if !self.borrowed {
            if self.bytes.len() < frame_len && frame_len <= self.bytes.capacity() {
                return;
            }
            let rest = std::mem::replace(&mut self.bytes, buffers::to_read());
            self.borrowed = true;
            self.bytes.extend_from_slice(&rest);
            self.disown(rest);
        }
        let len = self.bytes.len();
        let room = self.bytes.capacity() - len;
        // Where messages are kept that were read into it, the rest of it is used up before there is another.
        let missing = buffers::READ.saturating_sub(len);
        if !self.bytes.try_reclaim(missing) && room < buffers::READ / 2 {
            self.bytes.reserve(buffers::READ);
        }
    }

    /// Moves what is here into a buffer of its own and gives the thread's back.
    fn own(&mut self, capacity: usize) {
        let capacity = capacity.max(self.bytes.len());
        let mut own = buffers::own_to_read(capacity);
        self.own = own.capacity();
        own.extend_from_slice(&self.bytes);
        let buffer = std::mem::replace(&mut self.bytes, own);
        if std::mem::take(&mut self.borrowed) {
            buffers::is_read(buffer);
        }
    }

    /// Gives up a buffer of its own that is used up; the thread keeps a large one.
    fn disown(&mut self, own: BytesMut) {
        buffers::own_is_read(own, std::mem::take(&mut self.own));
    }

    /// Before the connection waits: the thread's buffer is for others, and an idle connection has none.
    fn release(&mut self, frame_len: usize) {
        match (self.bytes.is_empty(), self.borrowed) {
            (true, true) => {
                self.borrowed = false;
                buffers::is_read(std::mem::take(&mut self.bytes));
            }
            (true, false) => {
                let own = std::mem::take(&mut self.bytes);
                self.disown(own);
            }
            (false, true) => self.own(frame_len),
            (false, false) => {}
        }
    }

    /// What is wrong with a message that is larger than it may be by the heads of its fragments.
    fn oversize(&self) -> Option<CapacityError> {
        let size = usize::try_from(self.fragments).unwrap_or(usize::MAX);
        (size > self.message_bytes).then_some(CapacityError::MessageTooLong {
            size,
            max_size: self.message_bytes,
        })
    }

    /// How much tungstenite may have of what is here: not more than the frame that it reads. `None` while it has to wait
    /// for the frame's head.
    fn for_tungstenite(&mut self) -> Option<usize> {
        if self.rest_of_frame == 0 {
            let head = frame::head(&self.bytes)?;
            self.rest_of_frame = head.payload_len.saturating_add(head.len as u64);
            if let Some(fragmented) = head.fragmented() {
                if !self.fragmented {
                    self.fragments = 0;
                }
                self.fragments = self.fragments.saturating_add(head.payload_len);
                self.fragmented = fragmented;
            }
        }
        let rest = usize::try_from(self.rest_of_frame).unwrap_or(usize::MAX);
        Some(rest.min(self.bytes.len())).filter(|&len| len > 0)
    }
}

impl<S: Stream> Wire<S> {
    /// Reads more from the stream; `frame_len` is the length of the frame that is missing a part, if that is known.
    fn poll_fill(&mut self, cx: &mut Context<'_>, frame_len: usize) -> Poll<io::Result<usize>> {
        self.input.reserve(frame_len);
        let read = poll_read_buf(Pin::new(&mut self.stream), cx, &mut self.input.bytes);
        if read.is_pending() {
            self.input.release(frame_len);
        } else {
            self.input.heard = true;
        }
        read
    }

    fn take(&mut self, link: &Link) {
        let mut shared = link.lock();
        if !shared.outbox.is_empty() {
            shared.outbox.take(&mut self.writing);
        }
        self.flush_awaited = shared.outbox.is_flush_awaited();
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
            match self.writing.pop_front() {
                Some(Chunk::Small(bytes, _)) => buffers::is_written(bytes),
                Some(Chunk::Large(frame)) => buffers::is_written_large(frame),
                None => {}
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
        let now = loop {
            if let Some(now) = self.wire.input.for_tungstenite() {
                if let Some(oversize) = self.wire.input.oversize() {
                    return Err(io::Error::other(oversize));
                }
                break now.min(target.len());
            }
            match self.wire.poll_fill(self.cx, 0) {
                Poll::Ready(Ok(0)) => {
                    // The stream ends inside of a frame's head; tungstenite says what that means.
                    break self.wire.input.bytes.len().min(target.len());
                }
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => return Err(io::ErrorKind::WouldBlock.into()),
            }
        };
        let input = self.wire.input.bytes.split_to(now);
        if let Some(target) = target.get_mut(..now) {
            target.copy_from_slice(&input);
        }
        self.wire.input.rest_of_frame = self.wire.input.rest_of_frame.saturating_sub(now as u64);
        Ok(now)
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

#[cfg(test)]
mod tests {
    use std::{pin::pin, sync::Arc};

    use tokio::io::ReadBuf;

    use super::*;
    use crate::{connection::ConnectionId, conversation::Role};

    /// Takes everything and keeps it until it may be flushed, as TLS does.
    #[derive(Default)]
    struct Keeping {
        may_flush: bool,
    }

    impl AsyncRead for Keeping {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for Keeping {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            if self.may_flush {
                Poll::Ready(Ok(()))
            } else {
                Poll::Pending
            }
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    impl Stream for Keeping {}

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[tokio::test]
    async fn gone_peers_are_found_by_the_system_too() {
        use std::time::Duration;

        use tokio::net::TcpListener;

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let mut limits = Limits::default();
        let timeout = |limits: &Limits| {
            set_options(&stream, limits);
            let socket = socket2::SockRef::from(&stream);
            (
                socket.tcp_nodelay().unwrap(),
                socket.tcp_user_timeout().unwrap(),
            )
        };
        assert_eq!(timeout(&limits), (true, Some(Duration::from_secs(40))));
        limits.write_timeout = Duration::from_secs(60);
        assert_eq!(timeout(&limits), (true, Some(Duration::from_secs(60))));
        limits.write_timeout = Duration::MAX;
        let longest = Duration::from_millis(i32::MAX as u64);
        assert_eq!(timeout(&limits), (true, Some(longest)));
    }

    #[test]
    fn what_the_stream_keeps_is_not_written_yet() {
        let cx = &mut Context::from_waker(Waker::noop());
        let link = Link::new(ConnectionId::next(), None, Role::Client, Arc::default());
        let mut transport = WebSocket::new(Keeping::default(), false, Vec::new(), 1024);
        link.push_message(b"message");
        let mut flush = pin!(link.flush());
        assert!(flush.as_mut().poll(cx).is_pending());
        for _ in 0..2 {
            assert!(transport.poll_flush(cx, &link).is_pending());
            assert!(!transport.is_flushed());
            assert!(flush.as_mut().poll(cx).is_pending());
        }
        transport.wire.stream.may_flush = true;
        assert!(transport.poll_flush(cx, &link).is_ready());
        assert!(transport.is_flushed());
        assert!(matches!(flush.as_mut().poll(cx), Poll::Ready(Ok(()))));

        // Nobody waited while this was flushed.
        link.push_message(b"another");
        assert!(transport.poll_flush(cx, &link).is_ready());
        let mut flush = pin!(link.flush());
        assert!(flush.as_mut().poll(cx).is_pending());
        assert!(transport.poll_flush(cx, &link).is_ready());
        assert!(matches!(flush.as_mut().poll(cx), Poll::Ready(Ok(()))));
    }
}
