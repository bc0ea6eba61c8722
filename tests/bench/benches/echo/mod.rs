//! A server that echoes texts of 16 bytes over a pipe in memory: what reading, dispatching and answering a message costs with
//! no kernel in between.

use highway::{
    route,
    test::{self, ByteStream, Network, TestServer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::{Builder, Runtime},
};

/// Messages that go to the server at once, so that the pipe's own cost is spread over them.
pub(crate) const BATCH: usize = 256;

const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const TABLE: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"echo\"}";
const MESSAGE: &[u8] = b"\0\0\x01\0sixteen bytes ok";

#[highway::server]
struct Peer;

#[route("echo")]
async fn echo(data: String, peer: &mut Peer) -> highway::Result {
    peer.send("echo", data).await
}

/// A connection to the server, and what it needs to run.
pub(crate) struct Echo {
    runtime: Runtime,
    stream: ByteStream,
    batch: Vec<u8>,
    replies: Vec<u8>,
    _server: TestServer<Peer>,
}

/// A frame as a client sends it. Its mask of zeros leaves the message as it is, and the server applies it all the same.
fn frame(message: &[u8]) -> Vec<u8> {
    let len = u8::try_from(message.len()).expect("a short message");
    [&[0x82, 0x80 | len, 0, 0, 0, 0], message].concat()
}

impl Echo {
    /// A connection on which the routes have been exchanged.
    pub(crate) fn ready() -> Self {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let (server, stream) = runtime.block_on(async {
            let server = test::server(Peer::server());
            let stream = server.peer().over(&Network::with_buffer(1 << 20)).stream();
            let mut stream = stream.expect("the server is there");
            let hello = [REQUEST, &frame(TABLE)].concat();
            stream.write_all(&hello).await.expect("an open pipe");
            // The answer, which ends with the server's table.
            let mut answer = Vec::new();
            while !answer.ends_with(b"\"highway/1\"}") {
                let read = stream.read_buf(&mut answer).await;
                assert_ne!(read.expect("an open pipe"), 0, "the server refuses");
            }
            (server, stream)
        });
        Self {
            runtime,
            stream,
            batch: frame(MESSAGE).repeat(BATCH),
            // The server's frames have no mask.
            replies: vec![0; (2 + MESSAGE.len()) * BATCH],
            _server: server,
        }
    }

    /// Sends [`BATCH`] messages and takes their echoes.
    pub(crate) fn batch(&mut self) {
        let Self {
            stream,
            batch,
            replies,
            ..
        } = self;
        self.runtime.block_on(async {
            stream.write_all(batch).await.expect("an open pipe");
            stream.read_exact(replies).await.expect("an open pipe");
        });
        assert!(self.replies.ends_with(MESSAGE));
    }
}
