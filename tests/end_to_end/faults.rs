//! What peers do wrong, and how their connections close for it while others go on.

use std::time::Duration;

use highway::{Close, CloseCode, Connection, Failure, Value, route};
use highway_tests::{
    websocket::{BINARY, CLOSE, FIN, PING, PONG, TABLE, TEXT, frame, masked, request},
    within_deadline,
};

use crate::support::{RawPeer, Running, start};

#[highway::server]
struct Server;

#[route("a: echo")]
async fn echo(data: Value, server: &mut Server) -> highway::Result {
    server.send("echo", data).await
}

#[route("b: number")]
async fn number(_: u8, _: &mut Server) {}

#[route("c: fail")]
async fn fail(_: &mut Server) -> Result<(), Failure> {
    Err(Failure::new("as asked"))
}

#[route("d: panic")]
async fn panic(_: &mut Server) {
    panic!("as asked")
}

#[route("e: fail beside")]
async fn fail_beside(_: Connection<Server>) -> Result<(), Failure> {
    Err(Failure::new("as asked"))
}

#[route("f: panic beside")]
async fn panic_beside(_: Connection<Server>) {
    panic!("as asked")
}

#[route("g: number beside")]
async fn number_beside(_: u8, _: Connection<Server>) {}

const ECHO: u8 = 1;
const NUMBER: u8 = 2;
const FAIL: u8 = 3;
const PANIC: u8 = 4;
const FAIL_BESIDE: u8 = 5;
const PANIC_BESIDE: u8 = 6;
const NUMBER_BESIDE: u8 = 7;
const NO_ROUTE: u8 = 8;

const MESSAGE_BYTES: usize = 1000;

async fn server() -> Running {
    start(Server::server().limits(|limits| {
        limits.message_bytes = MESSAGE_BYTES;
        limits.exchange_timeout = Duration::from_secs(30);
        limits.peer_routes = 3;
        limits.peer_routes_bytes = 100;
    }))
    .await
}

/// What closes a connection whose tables are exchanged, while another one goes on.
async fn check(expected: Close, fault: impl AsyncFnOnce(&mut RawPeer)) {
    let server = server().await;
    let mut other = RawPeer::ready(server.address).await;
    let mut peer = RawPeer::ready(server.address).await;
    // What is right before the fault works, and is answered before the close.
    peer.echoes(ECHO).await;
    fault(&mut peer).await;
    assert_eq!(peer.closes().await, Some(expected));
    other.echoes(ECHO).await;
}

fn check_message(expected: Close, message: &[u8]) {
    within_deadline(check(expected, async |peer| peer.message(message).await));
}

fn check_frame(expected: Close, first: u8, payload: &[u8]) {
    within_deadline(check(expected, async |peer| {
        peer.frame(first, payload).await;
    }));
}

fn check_bytes(expected: Close, bytes: &[u8]) {
    within_deadline(check(expected, async |peer| peer.bytes(bytes).await));
}

/// What closes a connection as the first message.
fn check_first(expected: Close, message: &[u8]) {
    within_deadline(async {
        let server = server().await;
        let mut other = RawPeer::ready(server.address).await;
        let mut peer = RawPeer::connect(server.address).await;
        peer.message(message).await;
        assert_eq!(peer.closes().await, Some(expected));
        other.echoes(ECHO).await;
    });
}

#[test]
fn messages_under_four_bytes_close_with_malformed_header() {
    for message in [&b""[..], b"\0", b"\0\0", b"\0\0\x01"] {
        check_message(Close::MALFORMED_HEADER, message);
        check_first(Close::MALFORMED_HEADER, message);
    }
}

#[test]
fn unknown_type_code_closes_with_malformed_header() {
    check_message(Close::MALFORMED_HEADER, &[9, 0, ECHO, 0]);
    check_message(Close::MALFORMED_HEADER, &[255, 0, ECHO, 0]);
    check_first(Close::MALFORMED_HEADER, &[9, 0, ECHO, 0]);
    check_first(Close::MALFORMED_HEADER, &[9, 0, 0, 0]);
}

#[test]
fn text_frame_closes_with_malformed_header() {
    check_frame(Close::MALFORMED_HEADER, FIN | TEXT, b"hello");
    check_frame(Close::MALFORMED_HEADER, FIN | TEXT, b"");
}

#[test]
fn text_that_is_no_utf_8_closes_with_1007() {
    check_frame(Close::INVALID_UTF8, FIN | TEXT, b"\xff\xfe");
}

#[test]
fn route_that_was_never_told_closes_with_3002() {
    check_message(Close::NO_SUCH_ROUTE, &[8, 0, NO_ROUTE, 0]);
    check_message(Close::NO_SUCH_ROUTE, &[8, 0, ECHO, 1]);
    check_message(Close::NO_SUCH_ROUTE, &[8, 0, 255, 255]);
}

#[test]
fn payload_that_does_not_convert_closes_with_1003() {
    // No value of its type.
    check_message(Close::CONVERT_FAILED, &[0, 0, ECHO, 0, 0xff]);
    check_message(Close::CONVERT_FAILED, &[1, 0, ECHO, 0, b'x']);
    check_message(Close::CONVERT_FAILED, &[4, 0, ECHO, 0, b'[']);
    // No value of the route's type.
    check_message(Close::CONVERT_FAILED, &[0, 0, NUMBER, 0, b'1']);
    check_message(Close::CONVERT_FAILED, &[1, 0, NUMBER, 0, b'2', b'5', b'6']);
    check_message(Close::CONVERT_FAILED, &[0, 0, NUMBER_BESIDE, 0, b'1']);
    check_message(Close::CONVERT_FAILED, &[5, 0, NUMBER, 0, b'[', b'1', b']']);
}

#[test]
fn collection_under_the_type_code_of_another_is_taken_for_what_it_is() {
    within_deadline(async {
        let server = server().await;
        let mut peer = RawPeer::ready(server.address).await;
        // As highway.py and highway.js echo them.
        for (sent, echo) in [
            (b"\x05\0\x01\0[1]", b"\x04\0\x01\0[1]"),
            (b"\x04\0\x01\0{\"a\":1}", b"\x05\0\x01\0{\"a\":1}"),
            (b"\x06\0\x01\0{\"a\":1}", b"\x05\0\x01\0{\"a\":1}"),
            (b"\x05\0\x01\x007", b"\x01\0\x01\x007"),
        ] as [(&[u8], &[u8]); 4]
        {
            peer.message(sent).await;
            assert_eq!(peer.next_message().await, echo);
        }
    });
}

#[test]
fn header_is_checked_before_the_route_and_the_route_before_the_value() {
    check_message(Close::MALFORMED_HEADER, &[9, 0, NO_ROUTE, 0]);
    check_message(Close::NO_SUCH_ROUTE, &[1, 0, NO_ROUTE, 0, b'x']);
}

#[test]
fn failed_and_panicked_routes_close_with_1011() {
    for route in [FAIL, PANIC, FAIL_BESIDE, PANIC_BESIDE] {
        check_message(Close::INTERNAL_ERROR, &[8, 0, route, 0]);
    }
}

#[test]
fn padding_byte_is_ignored() {
    within_deadline(async {
        let server = server().await;
        let mut peer = RawPeer::ready(server.address).await;
        peer.message(&[0, 0xff, ECHO, 0, b'x']).await;
        assert_eq!(peer.next_message().await, [0, 0, ECHO, 0, b'x']);
    });
}

#[test]
fn message_before_the_exchange_closes_with_3003() {
    check_first(Close::INVALID_STATE, &[0, 0, ECHO, 0, b'x']);
    check_first(Close::INVALID_STATE, &[0, 0, NO_ROUTE, 0, b'x']);
}

#[test]
fn no_table_in_time_closes_with_3003() {
    within_deadline(async {
        let server = start(
            Server::server().limits(|limits| limits.exchange_timeout = Duration::from_millis(50)),
        )
        .await;
        let mut peer = RawPeer::connect(server.address).await;
        // Pings are no table.
        peer.frame(FIN | PING, b"").await;
        assert_eq!(peer.closes().await, Some(Close::INVALID_STATE));
    });
}

#[test]
fn table_that_is_none_closes_with_invalid_exchange_routes() {
    for table in [
        "[]",
        "null",
        "{",
        "",
        r#"{"x":"meta"}"#,
        r#"{"0":1}"#,
        r#"{"routes":{"0":"meta"}}"#,
    ] {
        let message = [b"\x05\0\0\0", table.as_bytes()].concat();
        check_first(Close::INVALID_ROUTES, &message);
        check_message(Close::INVALID_ROUTES, &message);
    }
    // A text and a number are no map, whatever stands in them.
    check_first(Close::INVALID_ROUTES, b"\0\0\0\0{\"0\":\"meta\"}");
    check_first(
        Close::INVALID_ROUTES,
        b"\x01\0\0\0{\"routes\":{\"0\":\"meta\"}}",
    );
}

#[test]
fn table_over_its_limits_closes_with_invalid_exchange_routes() {
    check_first(
        Close::INVALID_ROUTES,
        b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"a\",\"2\":\"b\",\"3\":\"c\",\"4\":\"d\"}",
    );
    let table = |blanks: usize| {
        let blanks = " ".repeat(blanks);
        format!("\x05\0\0\0{{\"0\":\"meta\",\"1\":\"echo\"{blanks}}}").into_bytes()
    };
    let fits = 100 - (table(0).len() - 4);
    check_first(Close::INVALID_ROUTES, &table(fits + 1));
    within_deadline(async {
        let server = server().await;
        let mut peer = RawPeer::ready_with(server.address, &table(fits)).await;
        peer.echoes(ECHO).await;
    });
}

fn too_large(size: u64) -> Close {
    let reason = format!("message of {size} bytes, and the server takes {MESSAGE_BYTES} at most");
    Close::new(CloseCode::TOO_LARGE, reason)
}

#[test]
fn message_of_the_limit_passes_and_one_byte_more_closes_with_1009() {
    let largest = [&[0, 0, ECHO, 0], [b'x'; MESSAGE_BYTES - 4].as_slice()].concat();
    within_deadline(async {
        let server = server().await;
        let mut peer = RawPeer::ready(server.address).await;
        peer.message(&largest).await;
        assert_eq!(peer.next_message().await, largest);
        let (head, tail) = largest.split_at(500);
        peer.frame(BINARY, head).await;
        peer.frame(FIN, tail).await;
        assert_eq!(peer.next_message().await, largest);
    });
    let larger = [&largest[..], b"x"].concat();
    let size = larger.len() as u64;
    check_message(too_large(size), &larger);
    within_deadline(check(too_large(size), async |peer| {
        let (head, tail) = larger.split_at(500);
        peer.frame(BINARY, head).await;
        peer.frame(FIN, tail).await;
    }));
}

#[test]
fn too_large_a_message_is_refused_before_its_payload() {
    for len in [MESSAGE_BYTES as u64 + 1, 1 << 40, u64::MAX >> 1] {
        let mut header = vec![FIN | BINARY, 0x80 | 0x7f];
        header.extend(len.to_be_bytes());
        header.extend([0; 4]);
        check_bytes(too_large(len), &header);
    }
}

#[test]
fn close_frame_reaches_a_peer_that_is_still_sending() {
    within_deadline(async {
        for fault in [
            masked(FIN | BINARY, &[0; MESSAGE_BYTES + 1]),
            masked(FIN | BINARY, &[9, 0, ECHO, 0]),
            masked(0x40 | FIN | BINARY, &[0, 0, ECHO, 0]),
        ] {
            let server = server().await;
            let mut peer = RawPeer::ready(server.address).await;
            // More than the sockets' buffers take, so that the server gets it while it closes.
            let more = masked(FIN | BINARY, &[0; 900]).repeat(8000);
            peer.bytes(&fault).await;
            peer.bytes(&more).await;
            let close = peer.next_close().await.expect("no reset comes first");
            assert!(
                [1002, 1009, 3001].contains(&close.code().as_u16()),
                "{close}"
            );
        }
    });
}

#[test]
fn framing_faults_close_with_1002() {
    // Reserved bits, unknown opcodes.
    check_frame(Close::PROTOCOL_ERROR, 0x40 | FIN | BINARY, b"");
    check_frame(Close::PROTOCOL_ERROR, FIN | 3, b"");
    check_frame(Close::PROTOCOL_ERROR, FIN | 0xb, b"");
    // Control frames in fragments, or too large.
    check_frame(Close::PROTOCOL_ERROR, PING, b"");
    check_frame(Close::PROTOCOL_ERROR, FIN | PING, &[0; 126]);
    // A continuation of nothing; a message inside another.
    check_frame(Close::PROTOCOL_ERROR, FIN, b"");
    within_deadline(check(Close::PROTOCOL_ERROR, async |peer| {
        peer.frame(BINARY, &[0, 0, ECHO, 0]).await;
        peer.frame(FIN | BINARY, &[0, 0, ECHO, 0]).await;
    }));
    // A close frame of one byte.
    check_frame(Close::PROTOCOL_ERROR, FIN | CLOSE, b"\x03");
}

#[test]
fn frame_without_a_mask_closes_with_1002() {
    check_bytes(
        Close::PROTOCOL_ERROR,
        &frame(FIN | BINARY, &[0, 0, ECHO, 0], false),
    );
}

#[test]
fn close_reason_that_is_no_utf_8_closes_with_1007() {
    check_frame(Close::INVALID_UTF8, FIN | CLOSE, b"\x03\xe8\xff");
}

#[test]
fn close_codes_that_may_not_be_sent_close_with_1002() {
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535] {
        within_deadline(async {
            let server = server().await;
            let mut peer = RawPeer::ready(server.address).await;
            peer.close(code, "x").await;
            let close = peer.next_close().await.expect("it is answered");
            assert_eq!(close.code(), CloseCode::PROTOCOL_ERROR, "{code}");
            assert_eq!(peer.try_next().await, None);
        });
    }
}

#[test]
fn close_codes_that_may_be_sent_come_back() {
    for code in [1000_u16, 1001, 1003, 1007, 1011, 3000, 3999, 4000, 4999] {
        within_deadline(async {
            let server = server().await;
            let mut peer = RawPeer::ready(server.address).await;
            peer.close(code, "bye").await;
            let close = peer.next_close().await;
            assert_eq!(close, Some(Close::new(code, "bye")));
            // The server ends TCP, though the peer does not.
            assert_eq!(peer.try_next().await, None);
        });
    }
}

#[test]
fn fragments_make_one_message_with_control_frames_between() {
    within_deadline(async {
        let server = server().await;
        let mut peer = RawPeer::ready(server.address).await;
        // The header is split too.
        peer.frame(BINARY, &[0]).await;
        peer.frame(FIN | PING, b"a").await;
        peer.frame(0, &[0, ECHO]).await;
        peer.frame(0, b"").await;
        peer.frame(FIN | PONG, b"unasked").await;
        peer.frame(0, &[0, b'h']).await;
        peer.frame(FIN, b"i").await;
        let pong = peer.next().await;
        assert_eq!((pong.first, &pong.payload[..]), (FIN | PONG, &b"a"[..]));
        assert_eq!(peer.next_message().await, b"\0\0\x01\0hi");
    });
}

#[test]
fn bytes_may_come_one_by_one() {
    within_deadline(async {
        let server = server().await;
        let mut peer = RawPeer::connect(server.address).await;
        peer.next().await;
        for message in [TABLE, b"\0\0\x01\0slow"] {
            for byte in masked(FIN | BINARY, message) {
                peer.bytes(&[byte]).await;
            }
        }
        assert_eq!(peer.next_message().await, b"\0\0\x01\0slow");
    });
}

#[test]
fn table_behind_the_request_is_not_lost() {
    within_deadline(async {
        let server = server().await;
        let mut peer = RawPeer::connect_with(server.address, async |peer| {
            let mut bytes = request(server.address, "").into_bytes();
            bytes.extend(masked(FIN | BINARY, TABLE));
            bytes.extend(masked(FIN | BINARY, b"\0\0\x01\0early"));
            peer.bytes(&bytes).await;
        })
        .await;
        peer.next().await;
        assert_eq!(peer.next_message().await, b"\0\0\x01\0early");
    });
}
