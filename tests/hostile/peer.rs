//! A peer that writes whatever bytes a test likes.

use std::{
    collections::HashMap,
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use socket2::SockRef;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;
/// Added to an opcode in a frame that ends its message.
pub(crate) const FIN: u8 = 0x80;

const MASKED: u8 = 0x80;
const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// The table that a peer tells unless its test has another.
pub(crate) const TABLE: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"echo\"}";

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

/// A frame as it came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The bits and the opcode.
    pub(crate) first: u8,
    pub(crate) payload: Vec<u8>,
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
        peer.write(&request(address));
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

    /// Writes the bytes again and again, and reads nothing.
    pub(crate) fn flood(&mut self, bytes: &[u8], times: usize) -> Written {
        self.stream
            .set_write_timeout(Some(STUCK))
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

    /// A frame as this side has to write it.
    pub(crate) fn encode(&self, first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = head(first, payload.len() as u64, self.is_client);
        let start = frame.len();
        frame.extend_from_slice(payload);
        if self.is_client {
            let masked = frame.iter_mut().skip(start);
            masked
                .zip(MASK.into_iter().cycle())
                .for_each(|(byte, mask)| *byte ^= mask);
        }
        frame
    }

    /// Reads an HTTP head, blank line included.
    pub(crate) fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.extend(self.take(1).expect("the head is whole"));
        }
        String::from_utf8(head).expect("a head is text")
    }

    /// `None` at the end of the stream, orderly or by a reset.
    fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut buffer = [0; 16 * 1024];
        while self.received.len() < count {
            match self.stream.read(&mut buffer) {
                Ok(read @ 1..) => self.received.extend_from_slice(buffer.get(..read)?),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    panic!("nothing came within {PATIENCE:?}")
                }
                Ok(_) | Err(_) => return None,
            }
        }
        let rest = self.received.split_off(count);
        Some(std::mem::replace(&mut self.received, rest))
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
        let &[first, second] = self.take(2)?.as_slice() else {
            return None;
        };
        assert_eq!(
            second & MASKED == 0,
            self.is_client,
            "clients mask, servers do not"
        );
        let len = match second & !MASKED {
            126 => u16::from_be_bytes(self.take(2)?.try_into().ok()?).into(),
            127 => u64::from_be_bytes(self.take(8)?.try_into().ok()?),
            short => short.into(),
        };
        let mask = if self.is_client {
            [0; 4]
        } else {
            self.take(4)?.try_into().ok()?
        };
        let mut payload = self.take(usize::try_from(len).ok()?)?;
        payload
            .iter_mut()
            .zip(mask.into_iter().cycle())
            .for_each(|(byte, mask)| *byte ^= mask);
        Some(Frame { first, payload })
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
        let mut rest = Vec::new();
        while let Some(byte) = self.take(1) {
            rest.extend(byte);
            rest.append(&mut self.received);
        }
        rest
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

/// A frame's head for a payload of this length, which need not follow.
pub(crate) fn head(first: u8, len: u64, masked: bool) -> Vec<u8> {
    let mut head = vec![first];
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(short @ ..126), _) => head.push(short),
        (_, Ok(medium)) => {
            head.push(126);
            head.extend(medium.to_be_bytes());
        }
        _ => {
            head.push(127);
            head.extend(len.to_be_bytes());
        }
    }
    if masked {
        if let Some(second) = head.get_mut(1) {
            *second |= MASKED;
        }
        head.extend(MASK);
    }
    head
}

/// A request for the upgrade.
pub(crate) fn request(address: SocketAddr) -> Vec<u8> {
    format!(
        "GET / HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    .into_bytes()
}

/// The answer to a request for the upgrade.
pub(crate) fn answer(request: &str) -> String {
    let key = request
        .lines()
        .find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("sec-websocket-key")
                .then_some(value)
        })
        .expect("a client sends a key");
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        derive_accept_key(key.as_bytes())
    )
}
