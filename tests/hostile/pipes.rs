//! Pipes through a server: what they cost it, whatever the two ends do.

use std::{future::pending, net::SocketAddr, time::Duration};

use futures_util::future::try_join_all;
use highway::{Bytes, Connection, Incoming, Outgoing, connection::ConnectionId, route};
use highway_tests::websocket::{BINARY, FIN};
use tokio::sync::mpsc;

use crate::{
    peer::{Peer, Written},
    process::{GROWTH, GROWTH_OF_ONE, check, check_within},
};

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
            pipe.close().await;
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
            // It waits for room in the outbox of the one that is asked for.
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

const FAILURE: u8 = 3;
const CREDIT: u8 = 8;
const PIPE: u8 = 9;
const PIPED: u8 = 10;
const PIECE: u8 = 11;
const LAST_PIECE: u8 = 12;
const HANG_UP: u8 = 13;
const WINDOW: u32 = 256 * 1024;
const MAX_REASON: usize = 123;
const PIECE_BYTES: usize = 64 * 1024;

fn part(code: u8, kind: u8, id: u32, rest: &[u8]) -> Vec<u8> {
    [&[code, kind, 0, 0], &id.to_le_bytes()[..], rest].concat()
}

fn piece(id: u32, len: usize) -> Vec<u8> {
    part(7, PIECE, id, &vec![7; len])
}

fn hang_up(id: u32, reason: usize) -> Vec<u8> {
    let rest = [&1000_u16.to_le_bytes()[..], &vec![b'x'; reason]].concat();
    part(8, HANG_UP, id, &rest)
}

fn credit(id: u32, credit: u32) -> Vec<u8> {
    part(8, CREDIT, id, &credit.to_le_bytes())
}

/// A client with the extension, and its number at the server.
fn extended(address: SocketAddr) -> (Peer, u64) {
    let mut peer = Peer::extended(address);
    let mut call = peer.to("id", 8, &1_u32.to_le_bytes());
    if let Some(kind) = call.get_mut(1) {
        *kind = 1;
    }
    peer.message(&call);
    let reply = peer.frame().payload;
    let number = reply
        .get(8..)
        .and_then(|number| std::str::from_utf8(number).ok());
    let number = number.and_then(|number| number.parse().ok());
    (peer, number.expect("it is a number"))
}

/// Asks for a pipe, with the id 3, and gives back that of the other end.
fn ask(opener: &mut Peer, reached: &mut Peer, number: u64) -> u32 {
    let number = number.to_string();
    let rest = [&WINDOW.to_le_bytes(), number.as_bytes()].concat();
    opener.message(&part(1, PIPE, 3, &rest));
    let pipe = reached.frame().payload;
    assert_eq!(pipe.get(1), Some(&PIPE));
    let id = pipe.get(4..).and_then(<[u8]>::first_chunk);
    u32::from_le_bytes(*id.expect("it has one"))
}

/// The other end takes the pipe, and grants credit.
fn taken(opener: &mut Peer, reached: &mut Peer, id: u32, granted: u32) {
    reached.message(&part(8, PIPED, id, &granted.to_le_bytes()));
    assert_eq!(opener.frame().payload.get(1), Some(&PIPED));
}

/// The innocent end learns that the pipe is over, and has its connection.
fn is_told(innocent: &mut Peer) {
    loop {
        let frame = innocent.frame();
        assert_eq!(frame.first, FIN | BINARY);
        if frame.payload.get(1) == Some(&HANG_UP) {
            assert_eq!(frame.payload.get(8..10), Some(&1006_u16.to_le_bytes()[..]));
            break;
        }
    }
    innocent.echoes();
}

#[test]
fn end_of_a_pipe_that_breaks_the_rules_is_closed_and_the_other_is_told() {
    const MOST: u32 = i32::MAX as u32;

    check(|server| {
        let invalid = Some((3003, "Invalid state".to_owned()));
        let hidden = |kind| move |id| part(8, kind, id, &WINDOW.to_le_bytes());
        // After the pipe is taken, from either end.
        let faults: &[&dyn Fn(u32) -> Vec<Vec<u8>>] = &[
            &|id| vec![piece(id, 64 * 1024 + 1)],
            &|id| vec![piece(id, 64 * 1024); 5],
            &|id| vec![hidden(PIPED)(id)],
            &|id| vec![credit(id, MOST), credit(id, MOST)],
            &|id| vec![hang_up(id, MAX_REASON + 1)],
            &|id| vec![hang_up(id, 1_000_000)],
            // Those of calls and streams: a reply, a failure, a cancel, an item, an end.
            &|id| vec![part(8, 2, id, b"")],
            &|id| vec![part(5, 3, id, b"\xa0")],
            &|id| vec![part(8, 4, id, b"")],
            &|id| vec![part(8, 6, id, b"")],
            &|id| vec![part(8, 7, id, b"")],
        ];
        for fault in faults {
            for by_opener in [true, false] {
                let (mut opener, _) = extended(server.address);
                let (mut reached, number) = extended(server.address);
                let id = ask(&mut opener, &mut reached, number);
                taken(&mut opener, &mut reached, id, WINDOW);
                let (mut guilty, mut innocent, id) = if by_opener {
                    (opener, reached, 3)
                } else {
                    (reached, opener, id)
                };
                for message in fault(id) {
                    guilty.message(&message);
                }
                assert_eq!(guilty.closes(), invalid);
                is_told(&mut innocent);
            }
        }
        // Before it is taken.
        for (by_opener, fault) in [
            (true, hang_up(3, MAX_REASON + 1)),
            (false, hang_up(0, MAX_REASON + 1)),
            (false, part(5, FAILURE, 0, &vec![0xa0; PIECE_BYTES - 7])),
            (true, piece(3, 1)),
            (false, piece(0, 1)),
            (false, credit(0, 1)),
        ] {
            let (mut opener, _) = extended(server.address);
            let (mut reached, number) = extended(server.address);
            let id = ask(&mut opener, &mut reached, number);
            let (mut guilty, mut innocent, id) = if by_opener {
                (opener, reached, 3)
            } else {
                (reached, opener, id)
            };
            let mut fault = fault;
            fault.splice(4..8, id.to_le_bytes());
            guilty.message(&fault);
            assert_eq!(guilty.closes(), invalid);
            is_told(&mut innocent);
        }
    });
}

#[test]
fn longest_end_and_the_longest_refusal_of_a_pipe_go_through() {
    check(|server| {
        for by_opener in [true, false] {
            let (mut opener, _) = extended(server.address);
            let (mut reached, number) = extended(server.address);
            let id = ask(&mut opener, &mut reached, number);
            taken(&mut opener, &mut reached, id, WINDOW);
            let (ends, hears, ends_as, hears_as) = if by_opener {
                (&mut opener, &mut reached, 3, id)
            } else {
                (&mut reached, &mut opener, id, 3)
            };
            ends.message(&hang_up(ends_as, MAX_REASON));
            assert_eq!(hears.frame().payload, hang_up(hears_as, MAX_REASON));
            opener.echoes();
            reached.echoes();
        }
        let (mut opener, _) = extended(server.address);
        let (mut reached, number) = extended(server.address);
        let id = ask(&mut opener, &mut reached, number);
        let refusal = |id| part(5, FAILURE, id, &vec![0xa0; PIECE_BYTES - 8]);
        reached.message(&refusal(id));
        assert_eq!(opener.frame().payload, refusal(3));
        reached.echoes();
    });
}

#[test]
fn messages_for_pipes_that_are_over_are_ignored() {
    check(|server| {
        let (mut opener, _) = extended(server.address);
        let (mut reached, number) = extended(server.address);
        let id = ask(&mut opener, &mut reached, number);
        taken(&mut opener, &mut reached, id, WINDOW);
        opener.message(&part(8, HANG_UP, 3, b"\xe8\x03"));
        assert_eq!(reached.frame().payload, part(8, HANG_UP, id, b"\xe8\x03"));
        for (peer, id) in [(&mut opener, 3), (&mut reached, id)] {
            for late in [
                piece(id, 10),
                part(7, LAST_PIECE, id, b""),
                credit(id, 10),
                part(8, HANG_UP, id, b"\xe8\x03"),
            ] {
                peer.message(&late);
            }
            peer.echoes();
        }
    });
}

#[test]
fn reader_that_grants_more_than_it_reads_costs_no_more_than_its_outbox_and_window() {
    check_within(GROWTH_OF_ONE, |server| {
        let (mut opener, _) = extended(server.address);
        let (mut reached, number) = extended(server.address);
        let id = ask(&mut opener, &mut reached, number);
        taken(&mut opener, &mut reached, id, WINDOW);
        // Without reading any of it: 2,000,000,000 bytes.
        let grants = reached.encode(FIN | BINARY, &credit(id, 20_000));
        assert_eq!(reached.pour(&grants.repeat(100), 1000), Written::All);
        let mut left = i64::from(WINDOW);
        let mut sent = 0;
        loop {
            while left > 0 {
                let piece = piece(3, 60_000);
                left -= i64::try_from(piece.len()).expect("it is small");
                sent += piece.len();
                opener.message(&piece);
            }
            let Some(frame) = opener.frame_soon() else {
                break;
            };
            if frame.payload.get(1) != Some(&CREDIT) {
                // The time for writing is over, and with it the other one.
                assert_eq!(frame.payload.get(1), Some(&HANG_UP));
                break;
            }
            let more = frame.payload.get(8..).and_then(<[u8]>::first_chunk);
            left += i64::from(u32::from_le_bytes(*more.expect("it says how much")));
        }
        println!("{sent} bytes until no more credit came");
        opener.echoes();
    });
}

#[test]
fn flood_of_requests_for_pipes_is_refused() {
    check_within(GROWTH, |server| {
        let (mut opener, _) = extended(server.address);
        let (mut reached, number) = extended(server.address);
        let number = number.to_string();
        let rest = [&WINDOW.to_le_bytes(), number.as_bytes()].concat();
        for id in 0..2000 {
            opener.message(&part(1, PIPE, 3 + 2 * id, &rest));
        }
        // As many as may be are asked for, and the rest fails; then all end at once.
        let mut failures = 0;
        while failures < 2000 - 256 {
            let failure = opener.frame().payload;
            assert_eq!(failure.get(1), Some(&3));
            failures += 1;
        }
        opener.echoes();
        for _ in 0..256 {
            assert_eq!(reached.frame().payload.get(1), Some(&PIPE));
        }
        drop(opener);
        for _ in 0..256 {
            assert_eq!(reached.frame().payload.get(1), Some(&HANG_UP));
        }
        reached.echoes();
    });
}
