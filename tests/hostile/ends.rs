//! Connections that end in every way but the right one.

use highway_tests::websocket::{BINARY, CLOSE, FIN, head, request};

use crate::{
    peer::Peer,
    process::{GROWTH_OF_ONE, check, check_within},
};

const TIMES: usize = 50;

#[test]
fn resets_at_any_point_leave_nothing() {
    check_within(GROWTH_OF_ONE, |server| {
        for _ in 0..TIMES {
            Peer::tcp(server.address).reset();

            let mut in_request = Peer::tcp(server.address);
            in_request.write(b"GET / HTTP/1.1\r\n");
            in_request.reset();

            let mut unread = Peer::tcp(server.address);
            unread.write(request(server.address, "").as_bytes());
            unread.reset();

            Peer::upgraded(server.address).reset();
            Peer::told(server.address).reset();
            Peer::ready(server.address).reset();

            let mut in_message = Peer::ready(server.address);
            in_message.write(&head(FIN | BINARY, 100_000, true));
            in_message.write(&vec![0; 50_000]);
            in_message.reset();

            let mut in_fragments = Peer::ready(server.address);
            in_fragments.send(BINARY, b"\0\0");
            in_fragments.reset();

            let mut in_echo = Peer::ready(server.address);
            let echo = in_echo.to("echo", 7, &vec![0; 200_000]);
            in_echo.message(&echo);
            in_echo.reset();

            let mut in_flood = Peer::ready(server.address);
            let flood = in_flood.to("flood", 1, b"100");
            in_flood.message(&flood);
            in_flood.frame();
            in_flood.reset();

            let mut in_close = Peer::ready(server.address);
            in_close.send(FIN | CLOSE, b"\x03\xe8");
            in_close.reset();
        }
    });
}

#[test]
fn ends_of_the_stream_without_a_close_leave_nothing() {
    check_within(GROWTH_OF_ONE, |server| {
        for _ in 0..TIMES {
            let mut nothing = Peer::tcp(server.address);
            nothing.finish();
            assert!(!nothing.rest().starts_with(b"HTTP/1.1 101"));

            let mut upgraded = Peer::upgraded(server.address);
            upgraded.finish();
            upgraded.rest();

            let mut in_message = Peer::ready(server.address);
            in_message.write(&head(FIN | BINARY, 100, true));
            in_message.finish();
            in_message.rest();

            // Who sends nothing more may still read.
            let mut behind_echo = Peer::ready(server.address);
            let echo = behind_echo.to("echo", 0, b"x");
            behind_echo.message(&echo);
            behind_echo.finish();
            assert_eq!(behind_echo.frame().payload.get(4..), Some(&b"x"[..]));
            assert_eq!(behind_echo.rest(), b"");
        }
    });
}

#[test]
fn thousands_of_connections_that_end_in_all_ways_leave_nothing() {
    check_within(GROWTH_OF_ONE, |server| {
        for round in 0..5000 {
            let mut peer = Peer::ready(server.address);
            match round % 3 {
                0 => {
                    peer.send(FIN | CLOSE, b"\x03\xe8");
                    assert_eq!(peer.next_close().map(|(code, _)| code), Some(1000));
                }
                1 => peer.reset(),
                _ => drop(peer),
            }
        }
    });
}

#[test]
fn connections_that_are_closed_while_routes_run_leave_nothing() {
    check(|server| {
        for route in ["never end", "never end beside"] {
            for round in 0..TIMES {
                let mut peer = Peer::ready(server.address);
                let message = peer.to(route, 8, b"");
                peer.message(&message);
                match round % 3 {
                    0 => peer.send(FIN | CLOSE, b"\x03\xe8"),
                    1 => peer.reset(),
                    _ => peer.message(b""),
                }
            }
        }
    });
}
