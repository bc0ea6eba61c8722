//! What the end-to-end tests share: a server that stops, a probe that tells what handlers see, and a peer that writes any
//! bytes it likes.

use std::{fmt, net::SocketAddr, sync::Arc};

use highway::{
    Handler, Result, Server,
    route::ServerSide,
    test::{ByteStream, TestServer},
    wire::{Close, CloseCode},
};
use highway_tests::websocket::{
    BINARY, CLOSE, FIN, Frame, TABLE, answer, frame, request, take_head,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc, oneshot},
    task::JoinHandle,
};

/// A server that runs until it is told to stop, or dropped.
pub(crate) struct Running {
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result>,
}

impl Running {
    /// Shuts down, and waits until that is over.
    pub(crate) async fn stop(self) {
        // A server that ended by itself shows in its task's result.
        let _ = self.stop.send(());
        self.task
            .await
            .expect("a server does not panic")
            .expect("a server ends well");
    }

    /// Drops the server's future.
    pub(crate) async fn drop_future(self) {
        self.task.abort();
        assert!(self.task.await.expect_err("it was dropped").is_cancelled());
    }
}

/// Starts a server on a free port.
pub(crate) async fn start<H: Handler<Side = ServerSide>>(server: Server<H>) -> Running {
    start_on(server, SocketAddr::from(([127, 0, 0, 1], 0))).await
}

/// Starts a server on a port that had one before.
pub(crate) async fn start_on<H: Handler<Side = ServerSide>>(
    server: Server<H>,
    address: SocketAddr,
) -> Running {
    let server = server.bind(address).await.expect("the port is free");
    let (stop, stopped) = oneshot::channel();
    Running {
        url: server.url(),
        address: server.local_addr(),
        stop,
        task: tokio::spawn(server.with_graceful_shutdown(async {
            // Whoever drops the handle without a word has no more use for the server.
            let _ = stopped.await;
        })),
    }
}

/// Tells a test what its handlers see, and lets them wait for the test. A handler's state.
#[derive(Clone)]
pub(crate) struct Probe {
    seen: mpsc::UnboundedSender<String>,
    gate: Arc<Semaphore>,
}

impl Probe {
    pub(crate) fn new() -> (Self, Seen) {
        let (seen, receiver) = mpsc::unbounded_channel();
        let gate = Arc::new(Semaphore::new(0));
        (Self { seen, gate }, Seen(receiver))
    }

    /// Tells the test something.
    pub(crate) fn saw(&self, what: impl fmt::Display) {
        // A test that has seen enough is over.
        let _ = self.seen.send(what.to_string());
    }

    /// Waits until the test opens the gate for one more.
    pub(crate) async fn gate(&self) {
        self.gate
            .acquire()
            .await
            .expect("it is never closed")
            .forget();
    }

    /// Lets this many pass.
    pub(crate) fn open(&self, count: usize) {
        self.gate.add_permits(count);
    }

    /// Tells the test when it is dropped, such as with the future that it is part of.
    pub(crate) fn on_drop(&self, what: &str) -> OnDrop {
        OnDrop(self.clone(), what.to_owned())
    }
}

pub(crate) struct OnDrop(Probe, String);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.saw(&self.1);
    }
}

/// What a [`Probe`] tells.
pub(crate) struct Seen(mpsc::UnboundedReceiver<String>);

impl Seen {
    /// Waits for the next thing, which has to be this.
    pub(crate) async fn expect(&mut self, what: &str) {
        assert_eq!(self.next().await, what);
    }

    pub(crate) async fn next(&mut self) -> String {
        self.0.recv().await.expect("a handler still has the probe")
    }

    /// What was told and not looked at yet.
    pub(crate) fn now(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.0.try_recv().ok()).collect()
    }

    /// Everything that is told until the last probe is gone.
    pub(crate) async fn rest(mut self) -> Vec<String> {
        let mut rest = Vec::new();
        while let Some(what) = self.0.recv().await {
            rest.push(what);
        }
        rest
    }
}

/// A WebSocket peer of which nothing is checked before it is written.
pub(crate) struct RawPeer<S = TcpStream> {
    pub(crate) stream: S,
    received: Vec<u8>,
    masks: bool,
}

impl RawPeer {
    /// Connects to a server and upgrades; the server's table is the next frame.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::connect_with(address, async |peer| {
            peer.bytes(request(address, "").as_bytes()).await;
        })
        .await
    }

    /// Connects to a server, and has the request written by the test.
    pub(crate) async fn connect_with(
        address: SocketAddr,
        request: impl AsyncFnOnce(&mut Self),
    ) -> Self {
        let mut peer = Self::tcp(address).await;
        request(&mut peer).await;
        peer.upgraded().await;
        peer
    }

    /// Connects to a server, without a request.
    pub(crate) async fn tcp(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("it listens");
        Self::client(stream)
    }

    /// Connects and exchanges tables.
    pub(crate) async fn ready(address: SocketAddr) -> Self {
        Self::ready_with(address, TABLE).await
    }

    /// Connects and exchanges tables, with one's own.
    pub(crate) async fn ready_with(address: SocketAddr, table: &[u8]) -> Self {
        let mut peer = Self::connect(address).await;
        peer.exchange(table).await;
        peer
    }

    /// Connects and exchanges tables in dialect 0.2, to which the server keeps however late this side tells its own.
    pub(crate) async fn ready_02(address: SocketAddr, table: &[u8]) -> Self {
        // Names itself, as no client of dialect 0.1 does.
        let request = request(address, "User-Agent: raw\r\n");
        let mut peer = Self::connect_with(address, async |peer| {
            peer.bytes(request.as_bytes()).await;
        })
        .await;
        peer.exchange(table).await;
        peer
    }

    /// Connects and exchanges tables in dialect 0.1, with a server that has it.
    pub(crate) async fn ready_01(address: SocketAddr, table: &[u8]) -> Self {
        let mut peer = Self::connect(address).await;
        for code in [5, 1] {
            assert_eq!(peer.next_message().await.first(), Some(&code));
        }
        peer.message(table).await;
        peer
    }

    /// Takes a client and upgrades, as a server.
    pub(crate) async fn accept(listener: &TcpListener) -> Self {
        let (mut peer, head) = Self::accept_request(listener).await;
        peer.bytes(answer(&head).as_bytes()).await;
        peer
    }

    /// Takes a client and its request, which it does not answer yet.
    pub(crate) async fn accept_request(listener: &TcpListener) -> (Self, String) {
        let (stream, _) = listener.accept().await.expect("a client connects");
        let mut peer = Self {
            stream,
            received: Vec::new(),
            masks: false,
        };
        let head = peer.head().await;
        (peer, head)
    }

    /// Ends the connection by a reset.
    pub(crate) fn reset(self) {
        self.stream.set_zero_linger().expect("the socket is there");
    }
}

impl RawPeer<ByteStream> {
    /// Connects to a server in memory, where nothing that is written at once is late on a paused clock, and exchanges tables.
    pub(crate) async fn in_memory<H: Handler<Side = ServerSide>>(
        server: &TestServer<H>,
        table: &[u8],
    ) -> Self {
        let stream = server.peer().stream().expect("it is not shut down");
        let mut peer = Self::client(stream);
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        peer.bytes(request(address, "").as_bytes()).await;
        peer.upgraded().await;
        peer.exchange(table).await;
        peer
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> RawPeer<S> {
    fn client(stream: S) -> Self {
        Self {
            stream,
            received: Vec::new(),
            masks: true,
        }
    }

    /// Reads the answer to the request for the upgrade.
    async fn upgraded(&mut self) {
        let head = self.head().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    }

    /// Reads the server's table, and tells one's own.
    async fn exchange(&mut self, table: &[u8]) {
        let told = self.next().await.payload;
        assert!(told.starts_with(b"\x05\0\0\0{\"0\":\"meta\""), "{told:?}");
        self.message(table).await;
    }

    /// Reads an HTTP head, blank line included.
    pub(crate) async fn head(&mut self) -> String {
        loop {
            if let Some(head) = take_head(&mut self.received) {
                return head;
            }
            self.fill().await.expect("the head is whole");
        }
    }

    pub(crate) async fn bytes(&mut self, bytes: &[u8]) {
        self.stream
            .write_all(bytes)
            .await
            .expect("the other side takes it");
    }

    pub(crate) async fn frame(&mut self, first: u8, payload: &[u8]) {
        let frame = frame(first, payload, self.masks);
        self.bytes(&frame).await;
    }

    /// A binary message in one frame, header included.
    pub(crate) async fn message(&mut self, message: &[u8]) {
        self.frame(FIN | BINARY, message).await;
    }

    pub(crate) async fn close(&mut self, code: u16, reason: &str) {
        let payload = [&code.to_be_bytes(), reason.as_bytes()].concat();
        self.frame(FIN | CLOSE, &payload).await;
    }

    /// Reads more; `None` at the end of the stream, orderly or by a reset.
    async fn fill(&mut self) -> Option<()> {
        self.received.reserve(64 * 1024);
        let read = self.stream.read_buf(&mut self.received).await.ok()?;
        (read > 0).then_some(())
    }

    /// The next frame; `None` at the end of the stream, orderly or by a reset.
    pub(crate) async fn try_next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = Frame::take(&mut self.received, !self.masks) {
                return Some(frame);
            }
            self.fill().await?;
        }
    }

    /// The next frame, which has to come.
    pub(crate) async fn next(&mut self) -> Frame {
        self.try_next().await.expect("a frame comes before the end")
    }

    /// The next message, which has to be binary and in one frame.
    pub(crate) async fn next_message(&mut self) -> Vec<u8> {
        let frame = self.next().await;
        assert_eq!(frame.first, FIN | BINARY, "{frame:?}");
        frame.payload
    }

    /// Reads up to the close frame, whatever comes before it.
    pub(crate) async fn next_close(&mut self) -> Option<Close> {
        loop {
            let frame = self.try_next().await?;
            if frame.first == FIN | CLOSE {
                return Some(match frame.payload.split_first_chunk::<2>() {
                    Some((code, reason)) => Close::new(
                        CloseCode::from(u16::from_be_bytes(*code)),
                        String::from_utf8(reason.to_vec()).expect("a reason is text"),
                    ),
                    None => Close::new(CloseCode::NO_CODE, ""),
                });
            }
        }
    }

    /// Reads up to the close frame, answers it, and reads the end of the stream.
    pub(crate) async fn closes(mut self) -> Option<Close> {
        let close = self.next_close().await?;
        let frame = frame(
            FIN | CLOSE,
            &close.code().as_u16().to_be_bytes(),
            self.masks,
        );
        // The other side may be gone already.
        let _ = self.stream.write_all(&frame).await;
        assert_eq!(self.try_next().await, None, "nothing comes behind a close");
        Some(close)
    }

    /// Sends a message to the server's echo route and reads it back.
    pub(crate) async fn echoes(&mut self, route: u8) {
        let message = [0, 0, route, 0, b'o', b'k'];
        self.message(&message).await;
        let back = self.next_message().await;
        assert_eq!(back.get(4..), Some(&b"ok"[..]));
    }
}
