//! The WebSocket below a connection: the [`Transport`] over a byte stream.
//!
//! What arrived goes through a [`Reader`], a frame at a time and at most one read from the stream for each, so that the
//! connection's task gets to its timers and to writing whatever the peer sends. What answers by itself (pongs, closes) and what
//! the outbox has leave through one writer.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_util::io::poll_read_buf;

use crate::{
    limits::Limits,
    link::{Link, outbox::Chunk, outgoing::Framing},
    proto::Role,
    transport::{
        AnyStream, Error, Incoming, Transport, buffers,
        fair::Fair,
        websocket::{self, Event, Reader, Step},
    },
    wire::Close,
};

/// Pongs that wait, in bytes. When the peer does not read and pings on, its newest pong replaces the one before.
const PONG_BYTES: usize = 1024;

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

    /// The stream as one of any kind.
    fn into_any(self) -> AnyStream
    where
        Self: Sized,
    {
        AnyStream::Other(Box::new(self))
    }
}

impl Stream for TcpStream {
    fn reset(&mut self) {
        // It only fails on a socket that is gone already.
        let _ = self.set_zero_linger();
    }

    fn into_any(self) -> AnyStream {
        AnyStream::Tcp(self)
    }
}

/// A WebSocket over a byte stream.
pub(crate) struct WebSocket<S> {
    reader: Reader,
    wire: Wire<S>,
}

/// The stream and its two directions.
struct Wire<S> {
    stream: Fair<S>,
    input: Input,
    output: Output,
    needs_flush: bool,
    /// All bytes written so far, by which progress is seen.
    written: u64,
    /// A flush is waited for.
    flush_awaited: bool,
}

/// What is to be written.
struct Output {
    framing: Framing,
    /// What was taken from the outbox, with control frames in between.
    chunks: VecDeque<Chunk>,
    /// Pongs, which come before all chunks but one in front that is begun.
    pongs: Vec<u8>,
    /// Where the last of them starts.
    last_pong: usize,
    /// The chunk in front has to stay there: some of it is written, or it is the answer to the upgrade.
    begun: bool,
    /// Bytes in `chunks` that did not come from the outbox.
    control: usize,
    /// The close frame is in `chunks`, or written. Nothing comes behind it.
    closed: bool,
}

/// What was read and is not used yet.
struct Input {
    bytes: BytesMut,
    /// Whether it is the thread's buffer.
    borrowed: bool,
    /// The capacity of one of its own.
    own: usize,
    /// Bytes came.
    heard: bool,
}

impl<S: Stream> WebSocket<S> {
    /// A WebSocket after its upgrade; `rest` is what was read behind the HTTP head.
    pub(crate) fn new(stream: S, server: bool, rest: Vec<u8>, message_bytes: usize) -> Self {
        let role = if server { Role::Server } else { Role::Client };
        Self {
            reader: Reader::new(server, message_bytes),
            wire: Wire {
                stream: Fair::new(stream),
                input: Input {
                    bytes: BytesMut::from(Bytes::from(rest)),
                    borrowed: false,
                    own: 0,
                    heard: false,
                },
                output: Output {
                    framing: Framing::of(role),
                    chunks: VecDeque::new(),
                    pongs: Vec::new(),
                    last_pong: 0,
                    begun: false,
                    control: 0,
                    closed: false,
                },
                needs_flush: false,
                written: 0,
                flush_awaited: false,
            },
        }
    }

    /// Puts bytes in front of everything else, such as the answer to the upgrade.
    pub(crate) fn write_first(&mut self, bytes: Vec<u8>) {
        self.wire.output.put_first(bytes);
    }

    /// Reads what is no whole message at the beginning of the input.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, Error>> {
        let Self { reader, wire } = self;
        let missing = match reader.step(&mut wire.input.bytes)? {
            Step::Event(event) => return Poll::Ready(Ok(wire.output.answer(event))),
            Step::Over => return Poll::Ready(Ok(Incoming::End)),
            Step::Missing(len) => len,
        };
        if ready!(wire.poll_fill(cx, missing))? == 0 {
            return Poll::Ready(Err(Error::Lost));
        }
        Poll::Ready(Ok(match reader.step(&mut wire.input.bytes)? {
            Step::Event(event) => wire.output.answer(event),
            Step::Missing(_) => Incoming::Fragment,
            Step::Over => Incoming::End,
        }))
    }
}

impl<S: Stream> Transport for WebSocket<S> {
    const OWN_LIVENESS: bool = true;

    #[inline]
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, Error>> {
        match self.reader.message(&mut self.wire.input.bytes) {
            Some(message) => Poll::Ready(Ok(Incoming::Message(message))),
            None => self.poll_step(cx),
        }
    }

    fn close(&mut self, link: &Link, close: &Close) {
        self.wire.take(link);
        let output = &mut self.wire.output;
        output.put(websocket::close(close, output.framing.mask()));
        output.closed = true;
    }

    fn ping(&mut self, link: &Link) {
        self.wire.take(link);
        let output = &mut self.wire.output;
        output.put(websocket::ping(output.framing.mask()));
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>, link: &Link) -> Poll<io::Result<()>> {
        loop {
            self.wire.take(link);
            if self.wire.flush_awaited {
                // Before more is written, which may never come to an end.
                ready!(self.wire.poll_flushed(cx))?;
                link.flushed();
            }
            self.wire.output.begin_pongs();
            if self.wire.output.chunks.is_empty() {
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
        !self.wire.output.chunks.is_empty()
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
        self.wire.stream.inner().reset();
    }
}

impl Input {
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
}

impl Output {
    /// Answers what a frame asks for.
    fn answer(&mut self, event: Event) -> Incoming {
        match event {
            Event::Message(message) => Incoming::Message(message),
            Event::Text(text) => Incoming::Text(text),
            Event::Fragment => Incoming::Fragment,
            Event::Ping(payload) => {
                if !self.closed {
                    self.put_pong(&websocket::pong(&payload, self.framing.mask()));
                }
                Incoming::Control
            }
            Event::Pong => Incoming::Control,
            Event::Close(close) => Incoming::Close(close),
        }
    }

    /// Puts a control frame behind all that is here, unless that ends with a close.
    fn put(&mut self, frame: Vec<u8>) {
        if !self.closed {
            self.control += frame.len();
            self.chunks.push_back(Chunk::Small(frame, 0));
        }
    }

    fn put_pong(&mut self, pong: &[u8]) {
        if self.pongs.len() + pong.len() > PONG_BYTES {
            self.pongs.truncate(self.last_pong);
        }
        self.last_pong = self.pongs.len();
        self.pongs.extend_from_slice(pong);
    }

    /// Puts bytes in front, where they stay.
    fn put_first(&mut self, bytes: Vec<u8>) {
        self.control += bytes.len();
        self.chunks.push_front(Chunk::Small(bytes, 0));
        self.begun = true;
    }

    /// Puts the pongs that wait in front, unless something has to stay there.
    fn begin_pongs(&mut self) {
        if !self.begun && !self.pongs.is_empty() {
            let pongs = std::mem::take(&mut self.pongs);
            self.last_pong = 0;
            self.put_first(pongs);
        }
    }

    /// Takes note that bytes are written. Returns how many of them came from the outbox: control frames are few and short, and
    /// counting them first keeps the outbox's count an upper bound.
    fn advance(&mut self, written: usize) -> usize {
        let control = written.min(self.control);
        self.control -= control;
        let mut rest = written;
        while let Some(chunk) = self.chunks.front_mut() {
            let len = chunk.remaining().len();
            if rest < len {
                chunk.advance(rest);
                self.begun |= rest > 0;
                break;
            }
            rest -= len;
            self.begun = false;
            match self.chunks.pop_front() {
                Some(Chunk::Small(bytes, _)) => buffers::is_written(bytes),
                Some(Chunk::Large(frame)) => buffers::is_written_large(frame),
                None => {}
            }
        }
        written - control
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

    /// Takes what the outbox has. Behind a close frame it is of no use.
    fn take(&mut self, link: &Link) {
        let mut shared = link.lock();
        if !shared.outbox.is_empty() {
            if self.output.closed {
                shared.outbox.clear();
            } else {
                shared.outbox.take(&mut self.output.chunks);
            }
        }
        self.flush_awaited = shared.outbox.is_flush_awaited();
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.needs_flush = true;
        let stream = Pin::new(&mut self.stream);
        let chunks = self.output.chunks.make_contiguous();
        let chunks = match chunks {
            // The pongs come behind it.
            [first, ..] if !self.output.pongs.is_empty() => std::slice::from_ref(first),
            all => all,
        };
        if let [only] = chunks {
            return stream.poll_write(cx, only.remaining());
        }
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut used = 0;
        for (slice, chunk) in slices.iter_mut().zip(chunks) {
            *slice = IoSlice::new(chunk.remaining());
            used += 1;
        }
        stream.poll_write_vectored(cx, slices.get(..used).unwrap_or_default())
    }

    fn advance(&mut self, written: usize, link: &Link) {
        self.written += written as u64;
        let from_outbox = self.output.advance(written);
        if from_outbox > 0 {
            link.wrote(from_outbox);
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

#[cfg(test)]
mod tests {
    use std::{pin::pin, sync::Arc, task::Waker};

    use tokio::io::ReadBuf;

    use super::*;
    use crate::wire::ConnectionId;

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
        transport.wire.stream.inner().may_flush = true;
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

    /// Reads the same piece again and again, and takes so many bytes and no more.
    #[derive(Default)]
    struct Scripted {
        piece: Vec<u8>,
        reads: usize,
        room: usize,
        taken: Vec<u8>,
    }

    impl AsyncRead for Scripted {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            target: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            self.reads += 1;
            target.put_slice(&self.piece);
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Scripted {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let len = bytes.len().min(self.room);
            if len == 0 {
                return Poll::Pending;
            }
            self.room -= len;
            self.taken.extend_from_slice(&bytes[..len]);
            Poll::Ready(Ok(len))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    impl Stream for Scripted {}

    /// A client, so that what it reads is not masked; what it writes is unmasked by [`Scripted::frames`].
    fn scripted(piece: &[u8]) -> (WebSocket<Scripted>, Link) {
        let stream = Scripted {
            piece: piece.to_vec(),
            ..Scripted::default()
        };
        let link = Link::new(ConnectionId::next(), None, Role::Client, Arc::default());
        (WebSocket::new(stream, false, Vec::new(), 1024), link)
    }

    impl Scripted {
        /// The frames that were written, each with its first byte.
        fn frames(&self) -> Vec<(u8, Vec<u8>)> {
            let mut frames = Vec::new();
            let mut rest = self.taken.clone();
            while let Some(head) = websocket::Head::parse(&rest) {
                let behind = rest.split_off(head.frame_len());
                let mut payload = rest.split_off(head.len);
                websocket::apply_mask(&mut payload, head.mask.expect("clients mask"));
                frames.push((rest[0], payload));
                rest = behind;
            }
            frames
        }
    }

    #[track_caller]
    fn read(transport: &mut WebSocket<Scripted>) -> Incoming {
        let cx = &mut Context::from_waker(Waker::noop());
        let reads = transport.wire.stream.inner().reads;
        let mut poll = transport.poll_read(cx);
        if poll.is_pending() {
            // It paused for others.
            poll = transport.poll_read(cx);
        }
        let Poll::Ready(Ok(incoming)) = poll else {
            panic!("the stream always has something");
        };
        assert!(transport.wire.stream.inner().reads <= reads + 1);
        incoming
    }

    #[test]
    fn each_read_comes_back_after_a_frame_or_less() {
        // Empty fragments, pongs, pings, and parts of a frame.
        for (begin, piece) in [
            (&b"\x02\x00"[..], &b"\x00\x00\x00\x00"[..]),
            (b"", b"\x8a\x00"),
            (b"", b"\x89\x00"),
            (b"\x82\x7e\x04\x00", b"x"),
            (b"\x02\x7e\x04\x00", b"x"),
        ] {
            let (mut transport, _) = scripted(piece);
            transport.wire.input.bytes.extend_from_slice(begin);
            for _ in 0..1000 {
                let incoming = read(&mut transport);
                assert!(matches!(incoming, Incoming::Fragment | Incoming::Control));
            }
        }
    }

    #[test]
    fn pings_are_answered_in_order_and_without_end_only_the_last() {
        let cx = &mut Context::from_waker(Waker::noop());
        let (mut transport, link) = scripted(b"");
        link.push_message(b"first");
        link.push_message(b"second");
        transport.wire.stream.inner().room = 3;
        assert!(transport.poll_flush(cx, &link).is_pending());
        for payload in 0..1000_u16 {
            let [high, low] = payload.to_be_bytes();
            transport.wire.stream.inner().piece = vec![0x89, 2, high, low];
            assert!(matches!(read(&mut transport), Incoming::Control));
            assert!(transport.poll_flush(cx, &link).is_pending());
            assert!(transport.wire.output.chunks.len() <= 2);
            assert!(transport.wire.output.pongs.len() <= PONG_BYTES);
        }
        transport.wire.stream.inner().room = usize::MAX;
        assert!(transport.poll_flush(cx, &link).is_ready());
        let frames = transport.wire.stream.inner().frames();
        let expected = [(0x82, b"first".to_vec()), (0x82, b"second".to_vec())];
        assert_eq!(frames[..2], expected);
        let pongs = &frames[2..];
        // A masked one has 8 bytes.
        assert_eq!(pongs.len(), PONG_BYTES / 8);
        for (payload, pong) in (0..127_u16).chain([999]).zip(pongs) {
            assert_eq!(*pong, (0x8a, payload.to_be_bytes().to_vec()));
        }
        assert_eq!(transport.wire.output.control, 0);
    }

    #[test]
    fn pong_does_not_wait_for_what_is_not_begun() {
        let cx = &mut Context::from_waker(Waker::noop());
        let (mut transport, link) = scripted(b"\x89\x01a");
        let large = vec![1; 100_000];
        link.push_message(&large);
        assert!(transport.poll_flush(cx, &link).is_pending());
        assert!(matches!(read(&mut transport), Incoming::Control));
        transport.wire.stream.inner().room = 3;
        assert!(transport.poll_flush(cx, &link).is_pending());
        link.push_message(b"later");
        transport.wire.stream.inner().piece = b"\x89\x01b".to_vec();
        assert!(matches!(read(&mut transport), Incoming::Control));
        transport.wire.stream.inner().room = usize::MAX;
        assert!(transport.poll_flush(cx, &link).is_ready());
        let expected = [
            (0x8a, b"a".to_vec()),
            (0x8a, b"b".to_vec()),
            (0x82, large),
            (0x82, b"later".to_vec()),
        ];
        assert_eq!(transport.wire.stream.inner().frames(), expected);
    }

    #[test]
    fn nothing_is_written_behind_a_close() {
        let cx = &mut Context::from_waker(Waker::noop());
        let (mut transport, link) = scripted(b"\x89\x01a");
        link.push_message(b"before");
        assert!(matches!(read(&mut transport), Incoming::Control));
        transport.close(&link, &Close::GOING_AWAY);
        link.push_message(b"behind");
        assert!(matches!(read(&mut transport), Incoming::Control));
        transport.ping(&link);
        transport.close(&link, &Close::NORMAL);
        transport.wire.stream.inner().room = usize::MAX;
        assert!(transport.poll_flush(cx, &link).is_ready());
        let expected = [
            (0x8a, b"a".to_vec()),
            (0x82, b"before".to_vec()),
            (0x88, b"\x03\xe9".to_vec()),
        ];
        assert_eq!(transport.wire.stream.inner().frames(), expected);
        assert!(link.lock().outbox.is_empty());
    }

    #[test]
    fn answer_to_the_upgrade_is_in_front_of_everything() {
        let cx = &mut Context::from_waker(Waker::noop());
        let (mut transport, link) = scripted(b"\x89\x00");
        transport.write_first(b"HTTP/1.1 101\r\n\r\n".to_vec());
        link.push_message(b"message");
        assert!(matches!(read(&mut transport), Incoming::Control));
        transport.wire.stream.inner().room = usize::MAX;
        assert!(transport.poll_flush(cx, &link).is_ready());
        assert!(
            transport
                .wire
                .stream
                .inner()
                .taken
                .starts_with(b"HTTP/1.1 101\r\n\r\n\x8a")
        );
    }
}
