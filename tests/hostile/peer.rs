//! A peer that writes whatever bytes a test likes.

use std::{
    collections::HashMap,
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use highway_tests::websocket::{
    BINARY, CLOSE, FIN, Frame, PING, PONG, TABLE, frame, request, take_head,
};
use socket2::SockRef;

/// How long what a test waits for may take, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(20);

/// After how long without any progress a peer takes it that the other side does not read.
const STUCK: Duration = Duration::from_millis(500);

/// A close frame's code and reason; 1005 for one without a code.
pub(crate) type Closed = (u16, String);

/// One end of a WebSocket, or of what should become one.
pub(crate) struct Peer {
    stream: TcpStream,
    received: Vec<u8>,
    is_client: bool,
    routes: HashMap<String, u16>,
}

/// How writing came to an end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written {
    All,
    /// The other side no longer reads.
    Stuck,
    /// The other side has ended the connection.
    Ended,
}

impl Peer {
    fn new(stream: TcpStream, is_client: bool) -> Self {
        stream
            .set_read_timeout(Some(PATIENCE))
            .and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
            .and_then(|()| stream.set_nodelay(true))
            .expect("the socket is there");
        Self {
            stream,
            received: Vec::new(),
            is_client,
            routes: HashMap::new(),
        }
    }

    /// A TCP connection to a server.
    pub(crate) fn tcp(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("it listens");
        Self::new(stream, true)
    }

    /// A client after the upgrade; the server's table is the next frame.
    pub(crate) fn upgraded(address: SocketAddr) -> Self {
        let mut peer = Self::tcp(address);
        peer.write(request(address, "").as_bytes());
        let head = peer.head();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        peer
    }

    /// A client that knows the server's routes and has told none of its own.
    pub(crate) fn told(address: SocketAddr) -> Self {
        let mut peer = Self::upgraded(address);
        let table = peer.frame().payload;
        let table: HashMap<String, String> = table
            .get(4..)
            .and_then(|table| serde_json::from_slice(table).ok())
            .expect("a server tells its routes first");
        let id = |id: &str| id.parse().expect("ids are numbers");
        peer.routes = table
            .iter()
            .map(|(key, name)| (name.clone(), id(key)))
            .collect();
        peer
    }

    /// A client after the meta exchange.
    pub(crate) fn ready(address: SocketAddr) -> Self {
        let mut peer = Self::told(address);
        peer.message(TABLE);
        peer
    }

    /// A client after the meta exchange, which speaks the extension.
    pub(crate) fn extended(address: SocketAddr) -> Self {
        let mut peer = Self::told(address);
        peer.message(b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"echo\",\"65535\":\"highway/1\"}");
        peer.message(b"\x05\x0e\0\0\xa0");
        // The server's contract.
        assert_eq!(peer.frame().payload.get(1), Some(&14));
        peer
    }

    /// Takes a client, as a server; its request is read already and not answered.
    pub(crate) fn accept(listener: &TcpListener) -> (Self, String) {
        let (stream, _) = listener.accept().expect("a client connects");
        let mut peer = Self::new(stream, false);
        let head = peer.head();
        (peer, head)
    }

    /// The header and the payload of a message to one of the server's routes.
    pub(crate) fn to(&self, route: &str, code: u8, payload: &[u8]) -> Vec<u8> {
        let id = self
            .routes
            .get(route)
            .expect("the server has it")
            .to_le_bytes();
        [&[code, 0], &id[..], payload].concat()
    }

    /// Sends a text to the echo route and reads it back.
    pub(crate) fn echoes(&mut self) {
        let message = self.to("echo", 0, b"still here");
        self.message(&message);
        let frame = self.frame();
        assert_eq!(frame.first, FIN | BINARY);
        assert_eq!(frame.payload.get(4..), Some(&b"still here"[..]));
    }

    /// Sends a text to the echo route and reads it back behind any number of pongs.
    pub(crate) fn echoes_behind_pongs(&mut self) {
        let message = self.to("echo", 0, b"still here");
        self.message(&message);
        loop {
            let frame = self.frame();
            if frame.first == FIN | BINARY {
                assert_eq!(frame.payload.get(4..), Some(&b"still here"[..]));
                return;
            }
            assert_eq!(frame.first, FIN | PONG);
        }
    }

    /// Writes all of it, which the other side has to take.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stream
            .write_all(bytes)
            .expect("the other side takes it");
    }

    /// Writes the bytes again and again, and reads nothing, until the other side does not read for a moment: when it holds this
    /// peer back, or the machine is busy.
    pub(crate) fn flood(&mut self, bytes: &[u8], times: usize) -> Written {
        self.write_for(STUCK, bytes, times)
    }

    /// Writes the bytes again and again, and reads nothing. The other side has to read on, or to end the connection.
    pub(crate) fn pour(&mut self, bytes: &[u8], times: usize) -> Written {
        let written = self.write_for(PATIENCE, bytes, times);
        assert_ne!(written, Written::Stuck, "nothing was read for {PATIENCE:?}");
        written
    }

    fn write_for(&mut self, patience: Duration, bytes: &[u8], times: usize) -> Written {
        self.stream
            .set_write_timeout(Some(patience))
            .expect("the socket is there");
        for _ in 0..times {
            match self.stream.write_all(bytes) {
                Ok(()) => {}
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return Written::Stuck;
                }
                Err(_) => return Written::Ended,
            }
        }
        Written::All
    }

    pub(crate) fn send(&mut self, first: u8, payload: &[u8]) {
        let frame = self.encode(first, payload);
        self.write(&frame);
    }

    /// A binary message in one frame, header included.
    pub(crate) fn message(&mut self, message: &[u8]) {
        self.send(FIN | BINARY, message);
    }

    /// What another thread writes through meanwhile.
    pub(crate) fn writer(&self) -> TcpStream {
        let writer = self.stream.try_clone().expect("the socket is there");
        writer.set_write_timeout(None).expect("the socket is there");
        writer
    }

    /// Ends the connection, whatever another thread still writes.
    pub(crate) fn end(&self) {
        // The other side may be gone already.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// A frame as this side has to write it.
    pub(crate) fn encode(&self, first: u8, payload: &[u8]) -> Vec<u8> {
        frame(first, payload, self.is_client)
    }

    /// Reads an HTTP head, blank line included.
    pub(crate) fn head(&mut self) -> String {
        loop {
            if let Some(head) = take_head(&mut self.received) {
                return head;
            }
            self.fill().expect("the head is whole");
        }
    }

    /// Reads more; `None` at the end of the stream, orderly or by a reset.
    fn fill(&mut self) -> Option<()> {
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(read @ 1..) => {
                self.received.extend_from_slice(buffer.get(..read)?);
                Some(())
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("nothing came within {PATIENCE:?}")
            }
            Ok(_) | Err(_) => None,
        }
    }

    /// The next frame that is no ping; `None` at the end of the stream.
    pub(crate) fn next_frame(&mut self) -> Option<Frame> {
        loop {
            let frame = self.any_frame()?;
            if frame.first != FIN | PING {
                return Some(frame);
            }
        }
    }

    fn any_frame(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = Frame::take(&mut self.received, !self.is_client) {
                return Some(frame);
            }
            self.fill()?;
        }
    }

    /// The next frame; `None` when none comes for a while.
    pub(crate) fn frame_soon(&mut self) -> Option<Frame> {
        if let Some(frame) = Frame::take(&mut self.received, !self.is_client) {
            return Some(frame);
        }
        let wait = |stream: &TcpStream, time| stream.set_read_timeout(Some(time));
        wait(&self.stream, STUCK).expect("the socket is there");
        let came = self.stream.peek(&mut [0]);
        wait(&self.stream, PATIENCE).expect("the socket is there");
        came.ok()?;
        self.next_frame()
    }

    /// The next frame, which has to come.
    pub(crate) fn frame(&mut self) -> Frame {
        self.next_frame().expect("a frame comes before the end")
    }

    /// Reads up to the close frame, whatever comes before it; `None` when the stream ends without one.
    pub(crate) fn next_close(&mut self) -> Option<Closed> {
        loop {
            let frame = self.next_frame()?;
            if frame.first == FIN | CLOSE {
                return Some(match frame.payload.split_first_chunk::<2>() {
                    Some((code, reason)) => (
                        u16::from_be_bytes(*code),
                        String::from_utf8(reason.to_vec()).expect("a reason is text"),
                    ),
                    None => (1005, String::new()),
                });
            }
        }
    }

    /// Reads up to the close frame, answers it, and reads the end of the stream.
    pub(crate) fn closes(mut self) -> Option<Closed> {
        let close = self.next_close()?;
        let answer = self.encode(FIN | CLOSE, &close.0.to_be_bytes());
        // The other side may be gone already.
        let _ = self.stream.write_all(&answer);
        assert_eq!(self.next_frame(), None, "nothing comes behind a close");
        Some(close)
    }

    /// Reads to the end of the stream, and gives back what came.
    pub(crate) fn rest(mut self) -> Vec<u8> {
        while self.fill().is_some() {}
        self.received
    }

    /// Ends what this side writes.
    pub(crate) fn finish(&mut self) {
        // The other side may be gone already.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Ends the connection by a reset.
    pub(crate) fn reset(self) {
        SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .expect("the socket is there");
    }
}
