//! Pipes through a server: what they cost it, whatever the two ends do.

use std::{future::pending, net::SocketAddr, time::Duration};

use futures_util::future::try_join_all;
use highway::{Bytes, Connection, Incoming, Outgoing, connection::ConnectionId, route};
use tokio::sync::mpsc;

use crate::process::check_within;

const KIB: u64 = 1024;
const GIB: u64 = 1024 * 1024 * KIB;

/// What one direction of a pipe may hold in the server, in MiB: its window, a piece, and what the buffers of two connections
/// have; the rest is what the allocator keeps.
const GROWTH_OF_A_PIPE: u64 = 12;

#[highway::client(pipe = Far)]
struct Near;

#[highway::client]
struct Far;

/// Counts what comes.
#[route("take")]
async fn take(mut blocks: Incoming<Bytes>, _: Connection<Far>) -> highway::Result<u64> {
    let mut bytes = 0;
    while let Some(block) = blocks.next().await {
        bytes += block?.len() as u64;
    }
    Ok(bytes)
}

#[route("message", on = Far)]
async fn message(_: Bytes) {}

/// Reads nothing any more.
#[route("stall", on = Far)]
async fn stall() {
    pending::<()>().await;
}

async fn near(address: SocketAddr) -> (Connection<Near>, ConnectionId) {
    let near = Near::connect(&format!("ws://{address}")).await;
    let near = near.expect("the server is there");
    let id = near.call("id", ()).await.expect("it is served");
    (near, id)
}

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be built");
    runtime.block_on(test)
}

#[test]
fn gibibyte_goes_through_a_pipe_in_a_bounded_part_of_the_servers_memory() {
    check_within(GROWTH_OF_A_PIPE, |server| {
        let address = server.address;
        run(async move {
            let ((ada, _), (_bob, bob)) = tokio::join!(near(address), near(address));
            let pipe = ada.pipe(bob).await.expect("everybody may");
            let block = Bytes::from(vec![7; 60 * 1024]);
            let count = GIB / block.len() as u64 + 1;
            let total = count * block.len() as u64;
            let blocks = futures_util::stream::iter((0..count).map(move |_| block.clone()));
            let taken: u64 = pipe
                .call("take", Outgoing(blocks))
                .timeout(Duration::from_secs(100))
                .await
                .expect("all of it arrives");
            assert_eq!(taken, total);
            pipe.close().await.expect("it closes");
        });
    });
}

#[test]
fn stalled_readers_of_a_hundred_pipes_slow_their_own_writers_only() {
    const PIPES: usize = 100;

    // The windows of all of them, and what one at full speed takes.
    check_within(GROWTH_OF_A_PIPE + PIPES as u64 * 256 / KIB, |server| {
        let address = server.address;
        run(async move {
            let ((ada, _), (bob, to)) = tokio::join!(near(address), near(address));
            let (full, mut is_full) = mpsc::channel(PIPES);
            let stalled = (0..PIPES).map(|_| async {
                let pipe = ada.pipe(to).await?;
                pipe.send("stall", ()).await?;
                let full = full.clone();
                tokio::spawn(async move {
                    let block = Bytes::from(vec![7; 60 * 1024]);
                    // It waits from when the reader's queue, the window and the outbox are full.
                    for _ in 0..10 {
                        let sent = pipe.send("message", &block).await;
                        sent.expect("there is room");
                    }
                    let _ = full.send(()).await;
                    loop {
                        if pipe.send("message", &block).await.is_err() {
                            return;
                        }
                    }
                });
                Ok::<_, highway::Error>(())
            });
            try_join_all(stalled).await.expect("all begin");
            for _ in 0..PIPES {
                is_full.recv().await.expect("all write");
            }
            let pipe = ada.pipe(to).await.expect("one more goes");
            let block = Bytes::from(vec![7; 60 * 1024]);
            let count = GIB / 8 / block.len() as u64;
            let total = count * block.len() as u64;
            let blocks = futures_util::stream::iter((0..count).map(move |_| block.clone()));
            let taken: u64 = pipe
                .call("take", Outgoing(blocks))
                .timeout(Duration::from_secs(100))
                .await
                .expect("all of it arrives");
            assert_eq!(taken, total);
            assert!(bob.call::<_, _, ConnectionId>("id", ()).await.is_ok());
        });
    });
}
