//! Messages that are none, and values that are none of their type.

use crate::{
    peer::{Closed, Peer},
    process::{GROWTH, check, check_within},
};

const MIB: usize = 1024 * 1024;

fn close(code: u16, reason: &str) -> Closed {
    (code, reason.to_owned())
}

/// Messages to a server, each on a connection of its own, and the close that follows.
fn check_closes(expected: Closed, messages: impl FnOnce(&Peer) -> Vec<Vec<u8>> + Send + 'static) {
    check(move |server| {
        for message in messages(&Peer::told(server.address)) {
            let mut peer = Peer::ready(server.address);
            peer.echoes();
            peer.message(&message);
            let start = message.get(..message.len().min(24));
            assert_eq!(peer.closes().as_ref(), Some(&expected), "{start:02x?}");
        }
    });
}

#[test]
fn truncated_headers_and_unknown_types_are_malformed() {
    check_closes(close(3001, "Malformed header"), |peer| {
        let mut messages: Vec<_> = [&b""[..], b"\0", b"\0\0", b"\0\0\x01"]
            .map(<[u8]>::to_vec)
            .into();
        messages.extend([9, 10, 127, 255].map(|code| peer.to("echo", code, b"")));
        // The type comes before the route.
        messages.push(b"\x09\0\xff\xff".to_vec());
        messages
    });
}

#[test]
fn unknown_routes_do_not_exist() {
    check_closes(close(3002, "Route does not exist"), |_| {
        // The route comes before the value.
        [b"\0\0\x20\0", b"\0\0\xff\xff", b"\x01\0\0\x01"]
            .map(|message| message.to_vec())
            .into()
    });
}

#[test]
fn values_that_do_not_convert_close_with_1003() {
    let payloads: &[(u8, &[u8])] = &[
        (0, b"\xff"),
        (0, b"\xed\xa0\x80"),
        (0, b"ok\xc3"),
        (1, b""),
        (1, b"one"),
        (1, b"1.5"),
        (1, b"--1"),
        (1, b"\xff"),
        (2, b""),
        (2, b"1,5"),
        (2, b"0x10"),
        (3, b"yes"),
        (3, b""),
        (4, b""),
        (4, b"["),
        (4, b"[1,]"),
        (4, b"[1] 2"),
        (4, b"[nul]"),
        (4, b"[\"\\ud8"),
        (4, b"[\"\xff\"]"),
        (5, b"{"),
        (5, b"{1:2}"),
        (5, b"{\"a\"}"),
        (5, b"{\"a\":1,}"),
        (6, b"(1,2)"),
        (6, b"[01]"),
        (6, b"['a']"),
    ];
    check_closes(close(1003, "Convert failed"), |peer| {
        payloads
            .iter()
            .map(|(code, payload)| peer.to("echo", *code, payload))
            .collect()
    });
}

#[test]
fn values_that_do_not_fit_a_route_close_with_1003() {
    check_closes(close(1003, "Convert failed"), |peer| {
        [
            (0, &b"1"[..]),
            (1, b"256"),
            (1, b"-1"),
            (2, b"1.5"),
            (4, b"[1]"),
            (8, b""),
        ]
        .map(|(code, payload)| peer.to("number", code, payload))
        .into()
    });
}

#[test]
fn deeply_nested_values_close_with_1003() {
    check_closes(close(1003, "Convert failed"), |peer| {
        let mut messages = Vec::new();
        for depth in [129, 10_000, 500_000] {
            for (code, open) in [(4, "["), (5, "{\"\":"), (6, "[["), (5, "{\"a\":[")] {
                let text = open.repeat(depth.min((MIB - 8) / open.len()));
                messages.push(peer.to("echo", code, text.as_bytes()));
                messages.push(peer.to("number", code, text.as_bytes()));
            }
        }
        let whole = ["[".repeat(10_000), "]".repeat(10_000)].concat();
        messages.push(peer.to("echo", 4, whole.as_bytes()));
        messages
    });
}

#[test]
fn megabytes_of_digits_close_with_1003() {
    check_closes(close(1003, "Convert failed"), |peer| {
        let digits = vec![b'9'; MIB - 8];
        let underscores = b"1_".repeat(MIB / 2 - 8);
        let listed = [b"[", &*digits, b"]"].concat();
        vec![
            peer.to("echo", 1, &digits),
            peer.to("echo", 1, &underscores),
            peer.to("echo", 1, b"1e999999999999999999999"),
            peer.to("echo", 4, &listed),
            peer.to("number", 1, &digits),
        ]
    });
}

#[test]
fn values_of_a_megabyte_in_tiny_parts_are_echoed_within_bounds() {
    check_within(GROWTH, |server| {
        let parts = |part: &str| format!("[{}{part}]", format!("{part},").repeat(MIB / 8 - 8));
        for part in ["[]", "{}", "0", "\"\""] {
            let list = parts(part);
            let mut peer = Peer::ready(server.address);
            let message = peer.to("echo", 4, list.as_bytes());
            peer.message(&message);
            assert_eq!(peer.frame().payload.get(4..), Some(list.as_bytes()));
        }
    });
}

#[test]
fn megabyte_of_empty_lists_is_read_within_bounds() {
    check_within(GROWTH, |server| {
        let list = format!("[{}[]]", "[],".repeat((MIB - 8) / 3));
        let mut peer = Peer::ready(server.address);
        let message = peer.to("echo", 4, list.as_bytes());
        peer.message(&message);
        assert_eq!(peer.frame().payload.get(4..), Some(list.as_bytes()));
    });
}

#[test]
fn routes_that_fail_or_panic_take_only_their_connection() {
    check_closes(close(1011, "Internal error"), |peer| {
        let mut messages = Vec::new();
        for _ in 0..50 {
            for route in ["fail", "panic", "panic beside"] {
                messages.push(peer.to(route, 8, b""));
            }
        }
        messages
    });
}

#[test]
fn route_that_never_ends_ends_with_its_connection() {
    check(|server| {
        for route in ["never end", "never end beside"] {
            for _ in 0..20 {
                let mut peer = Peer::ready(server.address);
                let message = peer.to(route, 8, b"");
                peer.message(&message);
                // Pings are answered meanwhile.
                peer.send(0x89, b"");
                assert_eq!(peer.frame().first, 0x8a);
            }
        }
    });
}
