//! What the tests of the server share: a server in this process or in one of its own, raw HTTP, and a raw WebSocket peer.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use highway::{
    Handler, Result, Server,
    route::ServerSide,
    server::ServerHandle,
    wire::{Close, CloseCode},
};
use highway_tests::{
    mounting,
    websocket::{BINARY, CLOSE, FIN, Frame, header, masked, request, take_head},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::served::{Counts, Tested};

/// The server under test, and what its connections do.
pub(crate) fn tested() -> (Server<Tested>, Arc<Counts>) {
    let counts = Arc::default();
    (Tested::server().state(Arc::clone(&counts)), counts)
}

/// A server in this process.
pub(crate) struct Running<H: Handler<Side = ServerSide>> {
    pub(crate) address: SocketAddr,
    pub(crate) handle: ServerHandle<H>,
    task: JoinHandle<Result>,
}

pub(crate) async fn start<H: Handler<Side = ServerSide>>(server: Server<H>) -> Running<H> {
    if mounting::is_mounted() {
        return start_mounted(server).await;
    }
    let server = server.bind("127.0.0.1:0").await.expect("a port is free");
    Running {
        address: server.local_addr(),
        handle: server.handle(),
        task: tokio::spawn(server.into_future()),
    }
}

/// The same inside axum.
pub(crate) async fn start_mounted<H: Handler<Side = ServerSide>>(server: Server<H>) -> Running<H> {
    let service = server.service().expect("its options are valid");
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port is free");
    Running {
        address: listener.local_addr().expect("it is bound"),
        handle: service.handle(),
        task: tokio::spawn(async move {
            let ended = mounting::serve(listener, service).await;
            ended.expect("axum serves until it is told to stop");
            Ok(())
        }),
    }
}

impl<H: Handler<Side = ServerSide>> Running<H> {
    /// Waits until the server has ended.
    pub(crate) async fn ended(self) {
        self.task
            .await
            .expect("a server does not panic")
            .expect("a server ends well");
    }

    pub(crate) async fn stop(self) {
        self.handle.shutdown();
        self.ended().await;
    }

    /// That others still get in, and get their echo.
    pub(crate) async fn serves(&self) {
        Peer::ready(self.address).await.echoes().await;
    }
}

/// A server in a process of its own: `served.rs`.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Served {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::spawn(Command::new(env!("CARGO_BIN_EXE_served")).args(arguments))
    }

    /// Starts it with a limit of descriptors.
    pub(crate) fn start_with_descriptors(limit: u32, arguments: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("ulimit -n {limit} && exec \"$0\" \"$@\"")])
            .arg(env!("CARGO_BIN_EXE_served"))
            .args(arguments);
        Self::spawn(&mut command)
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .args(["--bind", "127.0.0.1:0", "--log", "off"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped"))
            .read_line(&mut line)
            .expect("it says something");
        let (_, address) = line.trim().rsplit_once("://").expect("it says where");
        Self {
            address: address.parse().expect("it says an address"),
            child,
        }
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &self.child.id().to_string()])
            .status();
        assert!(sent.expect("there is kill").success());
    }

    pub(crate) async fn ended(mut self) -> ExitStatus {
        tokio::task::spawn_blocking(move || self.child.wait().expect("it ends"))
            .await
            .expect("waiting does not panic")
    }

    /// Its open descriptors.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id()))
            .expect("it runs")
            .count()
    }

    /// Its resident memory in KiB.
    pub(crate) fn memory(&self) -> u64 {
        std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .expect("it runs")
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
            .and_then(|memory| memory.parse().ok())
            .expect("its memory is told")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something holds that nothing tells of.
pub(crate) async fn eventually(mut holds: impl FnMut() -> bool) {
    let mut look = tokio::time::interval(Duration::from_millis(5));
    while !holds() {
        look.tick().await;
    }
}

/// Ends a test that takes too long.
pub(crate) async fn within<T>(seconds: u64, test: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(seconds), test)
        .await
        .expect("it is over in time")
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    fn read(bytes: &[u8]) -> Option<Self> {
        let answer = std::str::from_utf8(bytes).expect("an answer is text");
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some(Self {
            head: head.to_owned(),
            body: body.to_owned(),
        })
    }

    fn is_whole(&self) -> bool {
        let length = self.header("content-length");
        length.and_then(|length| length.parse().ok()) == Some(self.body.len())
    }

    pub(crate) fn status(&self) -> &str {
        self.head.get(9..12).expect("there is a status")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

/// Sends bytes and reads until the server ends the connection.
pub(crate) async fn exchange(address: SocketAddr, request: impl AsRef<[u8]>) -> Answer {
    let stream = TcpStream::connect(address).await.expect("it listens");
    exchange_on(stream, request).await
}

pub(crate) async fn exchange_on(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    request: impl AsRef<[u8]>,
) -> Answer {
    let request = request.as_ref();
    let has_body = !request.starts_with(b"HEAD ");
    stream.write_all(request).await.expect("it reads");
    let mut received = Vec::new();
    loop {
        // Hyper keeps the connection for another request.
        if mounting::is_mounted()
            && let Some(answer) = Answer::read(&received)
            && (!has_body || answer.is_whole())
        {
            return answer;
        }
        let read = stream.read_buf(&mut received).await;
        if read.expect("the end comes in order") == 0 {
            return Answer::read(&received).expect("a head is whole");
        }
    }
}

/// A plain GET.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    exchange(address, format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await
}

/// A WebSocket peer that writes what it is told.
pub(crate) struct Peer<S> {
    pub(crate) stream: S,
    received: Vec<u8>,
}

impl Peer<TcpStream> {
    /// Connects and exchanges route tables.
    pub(crate) async fn ready(address: SocketAddr) -> Self {
        Self::ready_with(address, "").await
    }

    pub(crate) async fn ready_with(address: SocketAddr, headers: &str) -> Self {
        Self::ready_asking(address, &request(address, headers)).await
    }

    /// Connects with a whole request, and exchanges route tables.
    pub(crate) async fn ready_asking(address: SocketAddr, request: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("it listens");
        Self::ready_with_request(stream, request).await
    }

    /// Ends the connection by a reset.
    pub(crate) fn reset(self) {
        self.stream.set_zero_linger().expect("the socket is there");
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub(crate) async fn ready_on(stream: S, address: SocketAddr, headers: &str) -> Self {
        Self::ready_with_request(stream, &request(address, headers)).await
    }

    async fn ready_with_request(stream: S, request: &str) -> Self {
        let mut peer = Self::silent(stream);
        peer.bytes(request.as_bytes()).await;
        let head = loop {
            match take_head(&mut peer.received) {
                Some(head) => break head,
                None => peer.fill().await.expect("a head is whole"),
            }
        };
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        peer.exchanged().await
    }

    /// On a stream that is upgraded, exchanges route tables.
    pub(crate) async fn upgraded(stream: S) -> Self {
        Self::silent(stream).exchanged().await
    }

    /// On a stream that is upgraded, says nothing.
    pub(crate) fn silent(stream: S) -> Self {
        Self {
            stream,
            received: Vec::new(),
        }
    }

    async fn exchanged(mut self) -> Self {
        let table = self.frame().await.expect("the table comes first").payload;
        assert!(table.starts_with(b"\x05\0\0\0{\"0\":\"meta\""), "{table:?}");
        // The served routes by name: `said` takes what they answer.
        self.message(0, 5, b"{\"0\":\"meta\",\"1\":\"said\"}").await;
        self
    }

    pub(crate) async fn bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("it is read");
    }

    /// Sends a payload of a type code to a route's id.
    pub(crate) async fn message(&mut self, route: u8, code: u8, payload: &[u8]) {
        let message = [&[code, 0, route, 0], payload].concat();
        self.bytes(&masked(FIN | BINARY, &message)).await;
    }

    /// Reads more; `None` at the end of the stream, orderly or by a reset.
    async fn fill(&mut self) -> Option<()> {
        let read = self.stream.read_buf(&mut self.received).await.ok()?;
        (read > 0).then_some(())
    }

    async fn frame(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = Frame::take(&mut self.received, false) {
                return Some(frame);
            }
            self.fill().await?;
        }
    }

    /// The payload of the next message, which has to come.
    pub(crate) async fn answer(&mut self) -> String {
        let mut frame = self.frame().await.expect("an answer comes");
        assert_eq!(frame.first, FIN | BINARY, "{frame:?}");
        String::from_utf8(frame.payload.split_off(4)).expect("an answer is text")
    }

    /// Sends a text to a route of [`ROUTES`] and reads the answer.
    pub(crate) async fn ask(&mut self, route: &str, text: &str) -> String {
        self.tell(route, text).await;
        self.answer().await
    }

    /// Sends a text to a route of [`ROUTES`].
    pub(crate) async fn tell(&mut self, route: &str, text: &str) {
        let id = (1..)
            .zip(ROUTES)
            .find_map(|(id, name)| (*name == route).then_some(id));
        self.message(id.expect("the route is one of them"), 0, text.as_bytes())
            .await;
    }

    pub(crate) async fn echoes(&mut self) {
        assert_eq!(self.ask("echo", "ok").await, "ok");
    }

    pub(crate) async fn send_close(&mut self, code: u16) {
        self.bytes(&masked(FIN | CLOSE, &code.to_be_bytes())).await;
    }

    /// Reads up to the close frame; `None` when the stream ends without one.
    pub(crate) async fn close(&mut self) -> Option<Close> {
        loop {
            let frame = self.frame().await?;
            if frame.first == FIN | CLOSE {
                let (code, reason) = frame.payload.split_first_chunk().expect("there is a code");
                let reason = String::from_utf8(reason.to_vec()).expect("a reason is text");
                return Some(Close::new(
                    CloseCode::from(u16::from_be_bytes(*code)),
                    reason,
                ));
            }
        }
    }

    /// Reads up to the close frame and answers it.
    pub(crate) async fn closed(mut self) -> Close {
        let close = self.close().await.expect("it is closed in order");
        self.send_close(close.code().as_u16()).await;
        close
    }

    /// Reads until the stream ends, in order or not.
    pub(crate) async fn end(&mut self) {
        while self.frame().await.is_some() {}
    }
}

/// The routes of the tests' servers in the order of their ids, which is the names'.
pub(crate) const ROUTES: &[&str] = &[
    "address", "count", "echo", "fail", "files", "hang", "leave", "panic",
];
