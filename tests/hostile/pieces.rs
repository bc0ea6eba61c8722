//! Whatever the pieces, fragments and control frames in which messages come: they are whole, and whatever else comes ends the
//! connection and nothing but it. Over streams in memory, below the routes.

use std::sync::OnceLock;

use highway::{
    Bytes,
    test::{self, ByteStream, Network, TestServer},
};
use highway_tests::websocket::{
    BINARY, CLOSE, CONTINUATION, FIN, Frame, PING, TEXT, masked, request, take_head,
};
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::Runtime,
};

#[highway::server]
struct Echo;

/// Room in the stream: some frames fit, others don't.
const STREAM: usize = 10_000;

fn server() -> &'static (Runtime, TestServer<Echo>) {
    static SERVER: OnceLock<(Runtime, TestServer<Echo>)> = OnceLock::new();
    SERVER.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime can be built");
        let server = Echo::server().limits(|limits| limits.raw_echo = true);
        let server = runtime.block_on(async { test::server(server) });
        (runtime, server)
    })
}

/// One message and how it is cut: after how many bytes its fragments end, each with a ping behind it.
#[derive(Debug, Clone)]
struct Cut {
    text: bool,
    payload: Vec<u8>,
    cuts: Vec<usize>,
}

fn cut() -> impl Strategy<Value = Cut> {
    let len = prop_oneof![
        4 => 0..300_usize,
        2 => 100..5_000_usize,
        1 => prop::sample::select(vec![125, 126, 4096, 65_535, 65_536, 200_000]),
    ];
    let cuts = prop_oneof![
        2 => Just(Vec::new()),
        1 => prop::collection::vec(0..1000_usize, 1..6),
    ];
    (any::<bool>(), len, cuts).prop_map(|(text, len, cuts)| Cut {
        text,
        payload: b"hold the line, caller"
            .iter()
            .copied()
            .cycle()
            .take(len)
            .collect(),
        cuts,
    })
}

impl Cut {
    fn opcode(&self) -> u8 {
        if self.text { TEXT } else { BINARY }
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut rest = self.payload.as_slice();
        let mut opcode = self.opcode();
        for cut in &self.cuts {
            let (fragment, behind) = rest.split_at((*cut).min(rest.len()));
            bytes.extend(masked(opcode, fragment));
            bytes.extend(masked(FIN | PING, b""));
            opcode = CONTINUATION;
            rest = behind;
        }
        bytes.extend(masked(FIN | opcode, rest));
        bytes
    }
}

/// Writes the bytes in pieces of the sizes in turn and gives back all that comes.
async fn converse(stream: ByteStream, bytes: &[u8], sizes: &[usize]) -> Vec<u8> {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let write = async {
        let mut rest = bytes;
        for size in sizes.iter().cycle() {
            let (piece, behind) = rest.split_at((*size).min(rest.len()));
            // The server may have had enough.
            if rest.is_empty() || writer.write_all(piece).await.is_err() {
                break;
            }
            rest = behind;
            tokio::task::yield_now().await;
        }
        let _ = writer.shutdown().await;
    };
    let mut received = Vec::new();
    let read = reader.read_to_end(&mut received);
    let ((), read) = tokio::join!(write, read);
    // How it ended is seen in what came.
    let _ = read;
    received
}

fn run(bytes: &[u8], sizes: &[usize]) -> Vec<u8> {
    let (runtime, server) = server();
    runtime.block_on(async {
        let stream = server.peer().over(&Network::with_buffer(STREAM)).stream();
        let stream = stream.expect("the server is there");
        let received = converse(stream, bytes, sizes);
        tokio::time::timeout(std::time::Duration::from_secs(60), received)
            .await
            .expect("the connection ends")
    })
}

/// The messages that came behind the HTTP head, with their opcodes; pongs are passed over.
fn messages(mut received: Vec<u8>) -> Vec<(u8, Bytes)> {
    take_head(&mut received).expect("an answer comes first");
    let mut messages = Vec::new();
    while let Some(Frame { first, payload }) = Frame::take(&mut received, false) {
        if first & 0x0f < CLOSE {
            messages.push((first, payload.into()));
        }
    }
    assert_eq!(received, b"", "all frames are whole");
    messages
}

/// A whole conversation of one message.
fn greeting() -> Vec<u8> {
    let mut bytes = request(([127, 0, 0, 1], 1).into(), "").into_bytes();
    bytes.extend(masked(FIN | TEXT, b"hello"));
    bytes.extend(masked(FIN | CLOSE, &1000_u16.to_be_bytes()));
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn messages_are_whole_in_whatever_pieces_they_come(
        cuts in prop::collection::vec(cut(), 1..8),
        sizes in prop::collection::vec(prop_oneof![1..8_usize, 1..20_000_usize], 1..5),
    ) {
        let mut bytes = request(([127, 0, 0, 1], 1).into(), "").into_bytes();
        for cut in &cuts {
            bytes.extend(cut.encode());
        }
        bytes.extend(masked(FIN | CLOSE, &1000_u16.to_be_bytes()));
        let received = messages(run(&bytes, &sizes));
        prop_assert_eq!(received.len(), cuts.len());
        for ((first, payload), cut) in received.iter().zip(&cuts) {
            prop_assert_eq!(*first, FIN | cut.opcode());
            prop_assert_eq!(&**payload, &*cut.payload);
        }
    }

    #[test]
    fn whatever_bytes_come_end_their_connection_and_nothing_else(
        upgrade: bool,
        frames in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..200)), 0..6),
        junk in prop::collection::vec(any::<u8>(), 0..300),
        sizes in prop::collection::vec(1..600_usize, 1..4),
    ) {
        let mut bytes = if upgrade { request(([127, 0, 0, 1], 1).into(), "").into_bytes() } else { Vec::new() };
        for (first, payload) in &frames {
            bytes.extend(masked(*first, payload));
        }
        bytes.extend(junk);
        // Where the end of the stream comes at once, what was to be written is not.
        let received = run(&bytes, &sizes);
        prop_assert!(upgrade || !received.starts_with(b"HTTP/1.1 101 "));
        prop_assert_eq!(messages(run(&greeting(), &[4096])), [(FIN | TEXT, Bytes::from("hello"))]);
    }
}
