//! The closing handshake, begun by either side, and what can be wrong with it.

use std::time::{Duration, Instant};

use highway_tests::websocket::{BINARY, CLOSE, FIN, PING};

use crate::{
    peer::Peer,
    process::{GROWTH_OF_ONE, check, check_within},
};

/// Sends close frames, each on a connection of its own, and checks the code of the answers.
fn check_answers(cases: Vec<(Vec<u8>, u16)>) {
    check(move |server| {
        for (payload, code) in cases {
            let mut peer = Peer::ready(server.address);
            peer.echoes();
            peer.send(FIN | CLOSE, &payload);
            let answer = peer.next_close().map(|(code, _)| code);
            assert_eq!(answer, Some(code), "{payload:02x?}");
            assert_eq!(peer.rest(), b"", "the server ends TCP first");
        }
    });
}

#[test]
fn every_code_that_may_be_sent_is_answered_with_itself() {
    let codes = [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3003, 3999,
        4000, 4999,
    ];
    check_answers(
        codes
            .map(|code: u16| ([&code.to_be_bytes()[..], b"bye"].concat(), code))
            .into(),
    );
}

#[test]
fn close_without_a_code_is_answered_without_one() {
    check_answers(vec![(Vec::new(), 1005)]);
}

#[test]
fn every_code_that_may_not_be_sent_is_a_protocol_error() {
    let codes = [
        0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
    ];
    check_answers(
        codes
            .map(|code: u16| (code.to_be_bytes().to_vec(), 1002))
            .into(),
    );
}

#[test]
fn malformed_close_frames_are_faults() {
    check_answers(vec![(vec![3], 1002), (b"\x03\xe8\xff\xfe".to_vec(), 1007)]);
}

#[test]
fn what_comes_behind_a_close_is_not_looked_at() {
    check_within(GROWTH_OF_ONE, |server| {
        let mut peer = Peer::ready(server.address);
        let echo = peer.to("echo", 0, b"late");
        let frames = [
            peer.encode(FIN | CLOSE, b"\x03\xe8"),
            peer.encode(FIN | BINARY, &echo),
            peer.encode(FIN | PING, b"late"),
            peer.encode(FIN | CLOSE, b"\x03\xe9"),
        ]
        .concat();
        peer.write(&frames);
        assert_eq!(peer.frame().payload, b"\x03\xe8");
        assert_eq!(peer.rest(), b"");
    });
}

#[test]
fn messages_before_a_close_are_answered_before_it() {
    check_within(GROWTH_OF_ONE, |server| {
        let mut peer = Peer::ready(server.address);
        let echo = peer.to("echo", 0, b"early");
        let frames = [
            peer.encode(FIN | BINARY, &echo),
            peer.encode(FIN | CLOSE, b"\x03\xe8"),
        ]
        .concat();
        peer.write(&frames);
        assert_eq!(peer.frame().payload.get(4..), Some(&b"early"[..]));
        assert_eq!(peer.frame().payload, b"\x03\xe8");
    });
}

#[test]
fn peer_that_never_answers_a_close_is_cut_off_in_time() {
    check_within(GROWTH_OF_ONE, |server| {
        let start = Instant::now();
        let mut peer = Peer::ready(server.address);
        peer.message(b"\0");
        assert_eq!(peer.next_close().map(|(code, _)| code), Some(3001));
        peer.rest();
        assert!(start.elapsed() < Duration::from_secs(8));
    });
}

#[test]
fn peer_that_sends_on_after_a_close_is_cut_off_in_time() {
    check_within(GROWTH_OF_ONE, |server| {
        let start = Instant::now();
        let mut peer = Peer::ready(server.address);
        peer.message(b"\0");
        assert_eq!(peer.next_close().map(|(code, _)| code), Some(3001));
        let ping = peer.encode(FIN | PING, b"still here");
        while peer.flood(&ping, 1) == crate::peer::Written::All {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(start.elapsed() < Duration::from_secs(8));
    });
}

#[test]
fn many_closes_at_once_are_all_answered() {
    check(|server| {
        let mut peers: Vec<_> = (0..500).map(|_| Peer::ready(server.address)).collect();
        for peer in &mut peers {
            peer.send(FIN | CLOSE, b"\x03\xe8");
        }
        for mut peer in peers {
            assert_eq!(peer.next_close().map(|(code, _)| code), Some(1000));
        }
    });
}
