//! A whole server connection over a stream in memory: upgrade, frames, tables, routes, closing.
//!
//! The first byte says in pieces of which size the rest arrives; its highest bit, that a request for the upgrade is put in
//! front. What is then not masked is masked by libFuzzer's own luck: a mask of zeros leaves the seeds readable.

use std::{cell::RefCell, time::Duration};

use super::{Server, converse, runtime};
use highway::test::{self, TestServer};
use tokio::runtime::Runtime;

const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: in.memory\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

thread_local! {
    static SERVER: RefCell<(Runtime, TestServer<Server>)> = RefCell::new({
        let runtime = runtime();
        let server = runtime.block_on(async {
            test::server(Server::server()
                .dialect_01(true)
                .limits(|limits| {
                    limits.message_bytes = 4096;
                    limits.outbox_bytes = 4096;
                    limits.queue_messages = 4;
                    limits.concurrent_routes = 2;
                    limits.exchange_timeout = Duration::from_secs(2);
                }))
        });
        (runtime, server)
    });
}

/// Feeds it.
pub fn run(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    let mut bytes = if first & 0x80 == 0 {
        Vec::new()
    } else {
        REQUEST.to_vec()
    };
    bytes.extend_from_slice(rest);
    SERVER.with_borrow(|(runtime, server)| {
        runtime.block_on(async {
            let stream = server.peer().stream().expect("the server is there");
            let piece = usize::from(first & 0x7f) * 8 + 1;
            converse(stream, &bytes, piece).await;
        });
    });
}
