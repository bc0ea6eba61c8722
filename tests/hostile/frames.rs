//! What breaks the WebSocket protocol, and what only looks as if it did.

use highway_tests::websocket::{
    BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT, frame, head, masked,
};

use crate::{
    peer::{Peer, Written},
    process::{GROWTH, GROWTH_OF_ONE, check, check_with, check_within},
};

const MAX_MESSAGE: usize = 1024 * 1024;

/// The faults, each on a connection of its own, close with a code.
fn check_closes(code: u16, reason: &'static str, faults: Vec<Vec<u8>>) {
    check_each(faults, move |closed| {
        assert_eq!(closed, (code, reason.to_owned()));
    });
}

/// The messages, each on a connection of its own, are larger than the limit.
fn check_too_large(messages: Vec<Vec<u8>>) {
    check_each(messages, |(code, reason)| {
        assert_eq!(code, 1009, "{reason}");
        let size = reason
            .strip_prefix("message of ")
            .and_then(|rest| rest.strip_suffix(", and the server takes 1048576 at most"))
            .map(|size| {
                size.trim_end_matches(" bytes or more")
                    .trim_end_matches(" bytes")
            })
            .and_then(|size| size.parse::<u64>().ok());
        assert!(
            size.is_some_and(|size| size > MAX_MESSAGE as u64),
            "{reason}"
        );
    });
}

fn check_each(faults: Vec<Vec<u8>>, check_closed: impl Fn((u16, String)) + Send + 'static) {
    check(move |server| {
        for fault in faults {
            let mut peer = Peer::ready(server.address);
            peer.echoes();
            peer.write(&fault);
            println!("{:02x?}", fault.get(..fault.len().min(16)));
            check_closed(peer.closes().expect("a close frame comes"));
        }
    });
}

#[test]
fn unmasked_frame_closes_with_1002() {
    let unmasked = [head(FIN | BINARY, 4, false), b"\0\0\x01\0".to_vec()].concat();
    check_closes(1002, "", vec![unmasked, head(FIN | PING, 0, false)]);
}

/// As a proxy that goes away may write it: an answer would reach the client.
#[test]
fn unmasked_close_frame_ends_the_connection_without_an_answer() {
    check(|server| {
        let mut peer = Peer::ready(server.address);
        peer.echoes();
        peer.write(&frame(FIN | CLOSE, &1001_u16.to_be_bytes(), false));
        assert_eq!(peer.closes(), None);
    });
}

#[test]
fn reserved_bits_close_with_1002() {
    let bits = [0x40, 0x20, 0x10, 0x70];
    check_closes(
        1002,
        "",
        bits.iter()
            .flat_map(|bit| {
                [BINARY, TEXT, CONTINUATION, PING, CLOSE]
                    .map(|opcode| masked(FIN | bit | opcode, b""))
            })
            .collect(),
    );
}

#[test]
fn reserved_opcodes_close_with_1002() {
    let opcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
    check_closes(
        1002,
        "",
        opcodes
            .iter()
            .flat_map(|opcode| [masked(FIN | opcode, b"x"), masked(*opcode, b"")])
            .collect(),
    );
}

#[test]
fn control_frames_in_fragments_or_too_long_close_with_1002() {
    check_closes(
        1002,
        "",
        [PING, PONG, CLOSE]
            .iter()
            .flat_map(|opcode| [masked(*opcode, b""), masked(FIN | opcode, &[b'x'; 126])])
            .collect(),
    );
}

#[test]
fn messages_inside_of_messages_close_with_1002() {
    let inside = |second| [masked(BINARY, b"\0\0"), masked(second, b"x")].concat();
    check_closes(
        1002,
        "",
        vec![
            inside(FIN | BINARY),
            inside(TEXT),
            masked(FIN | CONTINUATION, b"x"),
            masked(CONTINUATION, b"x"),
        ],
    );
}

#[test]
fn text_closes_with_3001_and_bad_text_with_1007() {
    check_closes(
        3001,
        "Malformed header",
        vec![
            masked(FIN | TEXT, b"text"),
            masked(FIN | TEXT, b""),
            [masked(TEXT, b"te"), masked(FIN | CONTINUATION, b"xt")].concat(),
        ],
    );
    check_closes(
        1007,
        "",
        vec![
            masked(FIN | TEXT, b"\xff"),
            masked(FIN | TEXT, b"\xed\xa0\x80"),
            [masked(TEXT, b"\xe2"), masked(FIN | CONTINUATION, b"x")].concat(),
            // The rest of the frame never comes.
            masked(FIN | TEXT, &[b'x', 0xff, b'x'].repeat(100))[..20].to_vec(),
        ],
    );
}

#[test]
fn declared_length_over_the_limit_closes_before_the_payload_comes() {
    check_too_large(
        [
            MAX_MESSAGE as u64 + 1,
            1 << 24,
            u64::from(u32::MAX),
            1 << 32,
            1 << 62,
            u64::MAX >> 1,
        ]
        .iter()
        .map(|len| head(FIN | BINARY, *len, true))
        .collect(),
    );
}

#[test]
fn length_with_the_highest_bit_closes_with_1002() {
    check(|server| {
        for len in [1 << 63, u64::MAX] {
            let mut peer = Peer::ready(server.address);
            peer.write(&head(FIN | BINARY, len, true));
            assert_eq!(peer.closes().map(|(code, _)| code), Some(1002));
        }
    });
}

#[test]
fn fragments_that_add_up_to_more_than_the_limit_close_with_1009() {
    let half = masked(BINARY, &vec![b' '; MAX_MESSAGE / 2]);
    let other = masked(CONTINUATION, &vec![b' '; MAX_MESSAGE / 2]);
    let longer = masked(CONTINUATION, &vec![b' '; MAX_MESSAGE / 2 + 1]);
    check_too_large(vec![
        [&*half, &*other, &*masked(CONTINUATION, b" ")].concat(),
        [half, longer].concat(),
    ]);
}

#[test]
fn fragment_that_is_declared_too_long_closes_before_its_payload_comes() {
    let half = masked(BINARY, &vec![b' '; MAX_MESSAGE / 2]);
    let ping = masked(FIN | PING, b"between");
    let declared = |first, len| head(first, (MAX_MESSAGE - MAX_MESSAGE / 2 + len) as u64, true);
    check_too_large(vec![
        [&*half, &*declared(FIN | CONTINUATION, 1)].concat(),
        [&*half, &*ping, &*declared(CONTINUATION, 1)].concat(),
        [
            &*half,
            &*masked(CONTINUATION, b"x"),
            &*declared(CONTINUATION, 0),
        ]
        .concat(),
    ]);
}

#[test]
fn message_of_exactly_the_limit_passes_in_one_frame_and_in_fragments() {
    check_within(GROWTH, |server| {
        let mut peer = Peer::ready(server.address);
        let text = vec![b'x'; MAX_MESSAGE - 4];
        let message = peer.to("echo", 0, &text);
        peer.message(&message);
        assert_eq!(peer.frame().payload.get(4..), Some(&*text));
        let fragments = message.chunks(10_000);
        let last = fragments.len() - 1;
        for (place, fragment) in fragments.enumerate() {
            let opcode = if place == 0 { BINARY } else { CONTINUATION };
            peer.send(opcode | if place == last { FIN } else { 0 }, fragment);
        }
        assert_eq!(peer.frame().payload.get(4..), Some(&*text));
    });
}

#[test]
fn close_frame_reaches_a_peer_that_is_still_sending() {
    check_within(GROWTH_OF_ONE, |server| {
        for fault in [head(FIN | BINARY, 8 << 20, true), masked(FIN | 0x40, b"")] {
            let mut peer = Peer::ready(server.address);
            peer.write(&fault);
            // More than the system buffers by itself; the close frame is there long before its end.
            peer.pour(&vec![b'x'; 64 * 1024], 128);
            let close = peer.next_close().map(|(code, _)| code);
            assert!(matches!(close, Some(1009 | 1002)), "{close:?}");
        }
    });
}

#[test]
fn one_message_of_endless_fragments_stays_within_the_limit() {
    check_within(GROWTH_OF_ONE, |server| {
        let mut peer = Peer::ready(server.address);
        peer.write(&masked(BINARY, b"\0\0\x01\0"));
        let single = masked(CONTINUATION, b"x").repeat(1024);
        // Two messages' worth at most.
        peer.pour(&single, 2 * 1024);
        assert_eq!(peer.next_close().map(|(code, _)| code), Some(1009));
    });
}

#[test]
fn endless_empty_fragments_cost_nothing() {
    check_within(GROWTH_OF_ONE, |server| {
        let mut peer = Peer::ready(server.address);
        let message = peer.to("echo", 0, b"whole");
        peer.send(BINARY, &message);
        assert_eq!(
            peer.pour(&masked(CONTINUATION, b"").repeat(1024), 512),
            Written::All
        );
        peer.send(FIN | CONTINUATION, b"");
        assert_eq!(peer.frame().payload.get(4..), Some(&b"whole"[..]));
    });
}

#[test]
fn control_frames_between_fragments_are_answered_and_the_message_is_whole() {
    check_within(GROWTH_OF_ONE, |server| {
        let mut peer = Peer::ready(server.address);
        let message = peer.to("echo", 0, b"whole");
        // The header is split over the fragments as well.
        for (place, byte) in message.iter().enumerate() {
            peer.send(if place == 0 { BINARY } else { CONTINUATION }, &[*byte]);
            peer.send(FIN | PING, &[*byte; 125]);
            peer.send(FIN | PONG, b"unasked");
            let pong = peer.frame();
            assert_eq!((pong.first, pong.payload), (FIN | PONG, vec![*byte; 125]));
        }
        peer.send(FIN | CONTINUATION, b"");
        assert_eq!(peer.frame().payload.get(4..), Some(&b"whole"[..]));
    });
}

#[test]
fn frames_in_single_bytes_are_whole() {
    check_within(GROWTH_OF_ONE, |server| {
        let mut peer = Peer::ready(server.address);
        let message = peer.to("echo", 0, &[b'x'; 200]);
        for byte in peer.encode(FIN | BINARY, &message) {
            peer.write(&[byte]);
        }
        assert_eq!(peer.frame().payload.get(4..), Some(&[b'x'; 200][..]));
    });
}

#[test]
fn declared_length_without_a_payload_costs_next_to_nothing() {
    check(|server| {
        let peers: Vec<_> = (0..500)
            .map(|_| {
                let mut peer = Peer::ready(server.address);
                peer.write(&head(FIN | BINARY, MAX_MESSAGE as u64, true));
                peer
            })
            .collect();
        Peer::ready(server.address).echoes();
        drop(peers);
    });
}

#[test]
fn heads_claim_no_memory_where_messages_have_no_limit() {
    const UNLIMITED: &[&str] = &["--message-bytes", "18446744073709551615"];
    const LARGEST: u64 = (1 << 63) - 1;

    check_with(UNLIMITED, GROWTH, |server| {
        let mut claims = Vec::new();
        for len in [1 << 31, 1 << 40, 1 << 62, LARGEST] {
            for opcode in [BINARY, FIN | BINARY, FIN | TEXT] {
                let mut peer = Peer::ready(server.address);
                peer.echoes();
                peer.write(&head(opcode, len, true));
                peer.write(b"some of it");
                claims.push(peer);
            }
        }
        // What does come grows into the room that it needs.
        let mut peer = Peer::ready(server.address);
        for len in [3 * MAX_MESSAGE, 7 * MAX_MESSAGE + 1] {
            let data = vec![b'd'; len];
            let message = peer.to("echo", 7, &data);
            peer.message(&message);
            assert_eq!(peer.frame().payload.get(4..), Some(&data[..]));
        }
    });
}
