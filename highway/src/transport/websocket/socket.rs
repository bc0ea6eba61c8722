//! The WebSocket below a connection: the [`Transport`] over a byte stream.
//!
//! What arrived goes through a [`Reader`], a frame at a time and at most one read from the stream for each, so that the
//! connection's task gets to its timers and to writing whatever the peer sends. What answers by itself (pongs, closes) and what
//! the outbox has leave through one writer.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

#[cfg(any(target_os = "linux", target_os = "android"))]
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_util::io::poll_read_buf;

use super::input::Input;
use crate::{
    limits::Limits,
    proto::Role,
    transport::{
        AnyStream, Chunk, Envelope, Error, Incoming, Output, Transport,
        fair::Fair,
        websocket::{self, Event, Reader, Step},
    },
    wire::Close,
};

/// Pongs that wait, in bytes. When the peer does not read and pings on, its newest pong replaces the one before.
const PONG_BYTES: usize = 1024;

/// What tells the answer to a probe from that to a ping.
const PROBE: &[u8] = b"rtt";

/// Chunks in one vectored write.
const SLICES: usize = 32;

/// Sets the options of a TCP connection. They are no more than wishes: where one can't be set, the connection works all the
/// same.
pub(crate) fn set_options(stream: &TcpStream, limits: &Limits) {
    // It only costs latency where it fails.
    let _ = stream.set_nodelay(true);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    set_timeout(&SockRef::from(stream), limits);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = limits;
}

/// Sets them on a listener, and returns whether the connections that it accepts have them from it, as those of Linux do: see tcp(7).
pub(crate) fn set_listener_options(listener: &TcpListener, limits: &Limits) -> bool {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let socket = SockRef::from(listener);
        let _ = socket.set_tcp_nodelay(true);
        set_timeout(&socket, limits);
        true
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let _ = (listener, limits);
        false
    }
}

/// Bounds how long what is written may stay without an acknowledgement.
///
/// A peer that is not read, since its routes are busy, can't be heard; but it can be found gone, as what is written to it (pings, if
/// nothing else) is not acknowledged. By itself the system takes about a quarter of an hour for that.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn set_timeout(socket: &SockRef<'_>, limits: &Limits) {
    // The system takes no more milliseconds than an int has.
    const LONGEST: std::time::Duration = std::time::Duration::from_millis(i32::MAX as u64);
    let silence = limits.ping_interval.saturating_add(limits.pong_timeout);
    let timeout = silence.max(limits.write_timeout).min(LONGEST);
    let _ = socket.set_tcp_user_timeout(Some(timeout));
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
    stream: Fair<S>,
    input: Input,
    pongs: Pongs,
    envelope: Envelope,
    needs_flush: bool,
}

/// The pongs that wait.
#[derive(Default)]
struct Pongs {
    /// As frames. They come before all of the output but a chunk in front that is begun.
    frames: Vec<u8>,
    /// Where the last of them starts.
    last: usize,
    /// No more are sent, as a close is.
    closed: bool,
}

impl<S: Stream> WebSocket<S> {
    /// A WebSocket after its upgrade; `rest` is what was read behind the HTTP head.
    pub(crate) fn new(stream: S, role: Role, rest: Vec<u8>, message_bytes: usize) -> Self {
        Self {
            reader: Reader::new(role.is_server(), message_bytes),
            stream: Fair::new(stream),
            input: Input::new(rest),
            pongs: Pongs::default(),
            envelope: Envelope::of(role),
            needs_flush: false,
        }
    }

    /// Puts bytes in front of everything else, such as the answer to the upgrade.
    pub(crate) fn write_first(&mut self, bytes: Vec<u8>) {
        self.pongs.last = bytes.len();
        self.pongs.frames = bytes;
    }

    /// Reads what is no whole message at the beginning of the input.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, Error>> {
        let missing = match self.reader.step(&mut self.input.bytes)? {
            Step::Event(event) => return Poll::Ready(Ok(self.answer(event))),
            Step::Over => return Poll::Ready(Ok(Incoming::End)),
            Step::Missing(len) => len,
        };
        if ready!(self.poll_fill(cx, missing))? == 0 {
            return Poll::Ready(Err(Error::Lost));
        }
        Poll::Ready(Ok(match self.reader.step(&mut self.input.bytes)? {
            Step::Event(event) => self.answer(event),
            Step::Missing(_) => Incoming::Fragment,
            Step::Over => Incoming::End,
        }))
    }

    /// Answers what a frame asks for.
    fn answer(&mut self, event: Event) -> Incoming {
        match event {
            Event::Message(message) => Incoming::Message(message),
            Event::Text(text) => Incoming::Text(text),
            Event::Fragment => Incoming::Fragment,
            Event::Ping(payload) => {
                self.pongs
                    .put(&websocket::pong(&payload, self.envelope.mask()));
                Incoming::Control
            }
            Event::Pong(payload) if payload == PROBE => Incoming::Answer,
            Event::Pong(_) => Incoming::Control,
            Event::Close(close) => Incoming::Close(close),
        }
    }

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

    /// Writes chunks, as many as go into one write.
    fn poll_write_chunks(
        &mut self,
        cx: &mut Context<'_>,
        chunks: &[Chunk],
    ) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
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
}

impl<S: Stream> Transport for WebSocket<S> {
    const OWN_LIVENESS: bool = true;

    #[inline]
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, Error>> {
        match self.reader.message(&mut self.input.bytes) {
            Some(message) => Poll::Ready(Ok(Incoming::Message(message))),
            None => self.poll_step(cx),
        }
    }

    #[inline]
    fn has_input(&self) -> bool {
        !self.input.bytes.is_empty()
    }

    #[inline]
    fn take_small(&mut self, message: &mut Vec<u8>) -> bool {
        self.reader.small_message(&mut self.input.bytes, message)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, output: &mut Output) -> Poll<io::Result<usize>> {
        self.pongs.begin(output);
        let chunks = match output.chunks() {
            [] => return Poll::Ready(Ok(0)),
            // The pongs come behind it.
            [first, ..] if !self.pongs.frames.is_empty() => std::slice::from_ref(first),
            all => all,
        };
        self.needs_flush = true;
        match ready!(self.poll_write_chunks(cx, chunks))? {
            0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            written => Poll::Ready(Ok(written)),
        }
    }

    /// TLS keeps what it encrypted until it is flushed.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.needs_flush {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.needs_flush = false;
        }
        Poll::Ready(Ok(()))
    }

    fn close(&mut self, output: &mut Output, close: &Close) {
        output.put_last(websocket::close(close, self.envelope.mask()));
        self.pongs.closed = true;
    }

    fn ping(&mut self, output: &mut Output) {
        output.put(websocket::ping(b"", self.envelope.mask()));
    }

    fn probe(&mut self, output: &mut Output) {
        output.put(websocket::ping(PROBE, self.envelope.mask()));
    }

    fn is_flushed(&self) -> bool {
        !self.needs_flush
    }

    fn has_unwritten(&self, output: &Output) -> bool {
        !output.is_empty()
    }

    fn take_heard(&mut self) -> bool {
        std::mem::take(&mut self.input.heard)
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.input.bytes.clear();
        self.poll_fill(cx, 0)
    }

    fn reset(&mut self) {
        self.stream.inner().reset();
    }
}

impl Pongs {
    fn put(&mut self, pong: &[u8]) {
        if self.closed {
            return;
        }
        if self.frames.len() + pong.len() > PONG_BYTES {
            self.frames.truncate(self.last);
        }
        self.last = self.frames.len();
        self.frames.extend_from_slice(pong);
    }

    /// Puts the pongs in front of the output, unless something has to stay there.
    fn begin(&mut self, output: &mut Output) {
        if !self.frames.is_empty() && !output.is_begun() {
            let frames = std::mem::take(&mut self.frames);
            self.last = 0;
            output.put_first(frames);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::io::ReadBuf;

    use super::*;
    use crate::transport::ROOM;

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[tokio::test]
    async fn gone_peers_are_found_by_the_system_too() {
        use std::time::Duration;

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let mut limits = Limits::default();
        let timeout = |limits: &Limits| {
            set_options(&stream, limits);
            let socket = SockRef::from(&stream);
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

    #[tokio::test]
    async fn connections_have_the_options_of_their_listener() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inherited = set_listener_options(&listener, &Limits::default());
        let address = listener.local_addr().unwrap();
        let _peer = TcpStream::connect(address).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        assert_eq!(accepted.nodelay().unwrap(), inherited);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        assert_eq!(
            SockRef::from(&accepted).tcp_user_timeout().unwrap(),
            Some(std::time::Duration::from_secs(40))
        );
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
    struct Client {
        transport: WebSocket<Scripted>,
        output: Output,
    }

    fn scripted(piece: &[u8]) -> Client {
        let stream = Scripted {
            piece: piece.to_vec(),
            ..Scripted::default()
        };
        Client {
            transport: WebSocket::new(stream, Role::Client, Vec::new(), 1024),
            output: Output::default(),
        }
    }

    impl Client {
        fn stream(&mut self) -> &mut Scripted {
            self.transport.stream.inner()
        }

        /// Has messages written, side by side.
        fn send(&mut self, messages: &[&[u8]]) {
            let mut all = Vec::new();
            for message in messages {
                let mut frame = vec![0; ROOM];
                frame.extend_from_slice(message);
                let start = Envelope::of(Role::Client).seal(&mut frame);
                all.extend_from_slice(&frame[start..]);
            }
            let mut chunks = [Chunk::Small(all, 0)].into();
            self.output.append(&mut chunks, None);
        }

        /// Writes everything that the stream takes.
        fn flush(&mut self) -> Poll<()> {
            let cx = &mut Context::from_waker(Waker::noop());
            loop {
                let written = ready!(self.transport.poll_write(cx, &mut self.output));
                match written.expect("the stream takes it") {
                    0 => return Poll::Ready(()),
                    written => self.output.advance(written),
                };
            }
        }

        fn close(&mut self, close: &Close) {
            self.transport.close(&mut self.output, close);
        }
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
    fn read(client: &mut Client) -> Incoming {
        let cx = &mut Context::from_waker(Waker::noop());
        let reads = client.stream().reads;
        let mut poll = client.transport.poll_read(cx);
        if poll.is_pending() {
            // It paused for others.
            poll = client.transport.poll_read(cx);
        }
        let Poll::Ready(Ok(incoming)) = poll else {
            panic!("the stream always has something");
        };
        assert!(client.stream().reads <= reads + 1);
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
            let mut client = scripted(piece);
            client.transport.input.bytes.extend_from_slice(begin);
            for _ in 0..1000 {
                let incoming = read(&mut client);
                assert!(matches!(incoming, Incoming::Fragment | Incoming::Control));
            }
        }
    }

    #[test]
    fn pings_are_answered_in_order_and_without_end_only_the_last() {
        let mut client = scripted(b"");
        client.send(&[b"first", b"second"]);
        client.stream().room = 3;
        assert!(client.flush().is_pending());
        for payload in 0..1000_u16 {
            let [high, low] = payload.to_be_bytes();
            client.stream().piece = vec![0x89, 2, high, low];
            assert!(matches!(read(&mut client), Incoming::Control));
            assert!(client.flush().is_pending());
            assert!(client.output.chunks().len() <= 2);
            assert!(client.transport.pongs.frames.len() <= PONG_BYTES);
        }
        client.stream().room = usize::MAX;
        assert!(client.flush().is_ready());
        let frames = client.stream().frames();
        let expected = [(0x82, b"first".to_vec()), (0x82, b"second".to_vec())];
        assert_eq!(frames[..2], expected);
        let pongs = &frames[2..];
        // A masked one has 8 bytes.
        assert_eq!(pongs.len(), PONG_BYTES / 8);
        for (payload, pong) in (0..127_u16).chain([999]).zip(pongs) {
            assert_eq!(*pong, (0x8a, payload.to_be_bytes().to_vec()));
        }
        assert!(!client.transport.has_unwritten(&client.output));
    }

    #[test]
    fn pong_does_not_wait_for_what_is_not_begun() {
        let mut client = scripted(b"\x89\x01a");
        let large = vec![1; 100_000];
        client.send(&[&large]);
        assert!(client.flush().is_pending());
        assert!(matches!(read(&mut client), Incoming::Control));
        client.stream().room = 3;
        assert!(client.flush().is_pending());
        client.send(&[b"later"]);
        client.stream().piece = b"\x89\x01b".to_vec();
        assert!(matches!(read(&mut client), Incoming::Control));
        client.stream().room = usize::MAX;
        assert!(client.flush().is_ready());
        let expected = [
            (0x8a, b"a".to_vec()),
            (0x8a, b"b".to_vec()),
            (0x82, large),
            (0x82, b"later".to_vec()),
        ];
        assert_eq!(client.stream().frames(), expected);
    }

    #[test]
    fn nothing_is_written_behind_a_close() {
        let mut client = scripted(b"\x89\x01a");
        client.send(&[b"before"]);
        assert!(matches!(read(&mut client), Incoming::Control));
        client.close(&Close::GOING_AWAY);
        assert!(matches!(read(&mut client), Incoming::Control));
        client.transport.ping(&mut client.output);
        client.close(&Close::NORMAL);
        client.stream().room = usize::MAX;
        assert!(client.flush().is_ready());
        let expected = [
            (0x8a, b"a".to_vec()),
            (0x82, b"before".to_vec()),
            (0x88, b"\x03\xe9".to_vec()),
        ];
        assert_eq!(client.stream().frames(), expected);
    }

    #[test]
    fn answer_to_the_upgrade_is_in_front_of_everything() {
        let mut client = scripted(b"\x89\x00");
        client
            .transport
            .write_first(b"HTTP/1.1 101\r\n\r\n".to_vec());
        client.send(&[b"message"]);
        assert!(matches!(read(&mut client), Incoming::Control));
        client.stream().room = usize::MAX;
        assert!(client.flush().is_ready());
        assert!(
            client
                .stream()
                .taken
                .starts_with(b"HTTP/1.1 101\r\n\r\n\x8a")
        );
    }
}
