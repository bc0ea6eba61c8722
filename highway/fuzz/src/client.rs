//! A whole client connection over a stream in memory, with bytes for a server.
//!
//! The first byte says in pieces of which size the rest arrives; its highest bit, that a right answer to the upgrade is put
//! in front.

use std::{cell::RefCell, sync::Arc, time::Duration};

use super::{Client, converse, runtime};
use highway::test::{ByteStream, ScriptedServer};
use tokio::{io::AsyncReadExt, runtime::Runtime};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

thread_local! {
    static RUNTIME: RefCell<Runtime> = RefCell::new(runtime());
}

/// Feeds it.
pub fn run(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    RUNTIME.with_borrow(|runtime| {
        runtime.block_on(async {
            let server = Arc::new(ScriptedServer::new());
            let client = Client::client().limits(|limits| {
                limits.message_bytes = 4096;
                limits.outbox_bytes = 4096;
                limits.queue_messages = 4;
                limits.concurrent_routes = 2;
            });
            let client = tokio::spawn({
                let server = Arc::clone(&server);
                async move {
                    if let Ok(connection) = server.connect(client).await {
                        connection.closed().await;
                    }
                }
            });
            let mut ours = server.accept_stream().await;
            let request = read_request(&mut ours).await;
            let mut bytes = if first & 0x80 == 0 {
                Vec::new()
            } else {
                answer(&request)
            };
            bytes.extend_from_slice(rest);
            let piece = usize::from(first & 0x7f) * 8 + 1;
            converse(ours, &bytes, piece).await;
            tokio::time::timeout(Duration::from_secs(60), client)
                .await
                .expect("every connection ends by its limits")
                .expect("a client does not panic");
        });
    });
}

async fn read_request(stream: &mut ByteStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let byte = stream.read_u8().await.expect("a client asks");
        request.push(byte);
    }
    String::from_utf8(request).expect("a request is text")
}

fn answer(request: &str) -> Vec<u8> {
    let key = request
        .lines()
        .find_map(|line| {
            line.split_once(": ")
                .filter(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"))
        })
        .map(|(_, key)| key)
        .expect("a client sends a key");
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
        derive_accept_key(key.as_bytes())
    )
    .into_bytes()
}
