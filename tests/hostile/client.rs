//! Hostile servers: what a client says of them, and that it neither hangs nor fills up.

use std::net::{SocketAddr, TcpListener};

use highway_tests::websocket::{
    BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TABLE, TEXT, answer, head,
};

use crate::{
    peer::{Peer, Written},
    process::{GROWTH, GROWTH_OF_ONE, Process, within_deadline},
};

/// Serves one client, and checks what it says of its end (`failed as <variant>: …` or `closed: …`).
fn check_served(growth: u64, expected: &str, serve: impl FnOnce(&TcpListener) + Send + 'static) {
    let expected = expected.to_owned();
    within_deadline(move || {
        let (listener, address) = listen();
        let mut client = Process::start(&["client", &format!("ws://{address}")]);
        serve(&listener);
        let line = loop {
            let line = client.line();
            if line != "ready" {
                break line;
            }
        };
        let url = format!("ws://{address}");
        let line = line.replace(&url, "URL");
        assert!(line.contains(&expected), "{line}");
        check_memory(&client, growth);
    });
}

#[track_caller]
fn check_memory(client: &Process, growth: u64) {
    let memory = client.peak_memory();
    // A client that does nothing has some 8 MiB in a debug build.
    assert!(memory <= 16 + growth, "{memory} MiB");
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

/// Answers the request for the upgrade with something else.
fn check_answer(expected: &str, answer: impl Fn(&str) -> String + Send + 'static) {
    check_served(GROWTH_OF_ONE, expected, move |listener| {
        let (mut peer, request) = Peer::accept(listener);
        peer.write(answer(&request).as_bytes());
        peer.finish();
        peer.rest();
    });
}

/// Upgrades, and goes on without a table.
fn check_upgraded(expected: &str, serve: impl FnOnce(Peer) + Send + 'static) {
    check_served(GROWTH_OF_ONE, expected, |listener| {
        serve(upgraded(listener));
    });
}

/// Exchanges tables, and goes on.
fn check_ready(expected: &str, serve: impl FnOnce(Peer) + Send + 'static) {
    check_served(GROWTH_OF_ONE, expected, |listener| serve(ready(listener)));
}

fn upgraded(listener: &TcpListener) -> Peer {
    let (mut peer, request) = Peer::accept(listener);
    peer.write(answer(&request).as_bytes());
    peer
}

fn ready(listener: &TcpListener) -> Peer {
    let mut peer = upgraded(listener);
    peer.message(TABLE);
    let table = peer.frame();
    assert!(table.payload.starts_with(b"\x05\0\0\0{\"0\":\"meta\""));
    peer
}

/// The client sends a close frame and ends with the same.
fn check_closes(code: u16, expected: &str, fault: fn(&mut Peer)) {
    check_ready(expected, move |mut peer| {
        fault(&mut peer);
        assert_eq!(peer.closes().map(|(code, _)| code), Some(code));
    });
}

#[test]
fn server_that_refuses_the_upgrade_is_told() {
    for (status, text) in [
        (
            "404 Not Found",
            "failed as Refused: can't connect to URL: the server answered 404",
        ),
        (
            "301 Moved Permanently",
            "failed as Refused: can't connect to URL: the server answered 301",
        ),
        (
            "503 Service Unavailable",
            "failed as Refused: can't connect to URL: the server answered 503",
        ),
    ] {
        check_answer(text, move |_| {
            format!(
                "HTTP/1.1 {status}\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\nno"
            )
        });
    }
    // What the body promises and never sends is not waited for.
    check_answer(
        "failed as Refused: can't connect to URL: the server answered 500",
        |_| "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 99999999999\r\n\r\nx".to_owned(),
    );
}

#[test]
fn answer_that_is_no_upgrade_is_told() {
    check_answer(
        "failed as Upgrade: can't connect to URL: the server does not",
        |_| "\0\x01\x02 junk\r\n\r\n".to_owned(),
    );
    let upgrade = "failed as Upgrade: can't connect to URL: ";
    check_answer(upgrade, |request| {
        answer(request).replace("Accept: ", "Accept: x")
    });
    check_answer(upgrade, |request| {
        answer(request).replace("HTTP/1.1", "HTTP/1.0")
    });
    check_answer(upgrade, |request| {
        answer(request).replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: x\r\n\r\n")
    });
    check_answer(upgrade, |request| {
        answer(request).replace("Upgrade: websocket\r\n", "")
    });
    check_answer("failed as Io: ", |_| String::new());
    check_answer("failed as Io: ", |_| "HTTP/1.1 101 Switch".to_owned());
}

#[test]
fn endless_head_is_cut_off() {
    check_served(
        GROWTH_OF_ONE,
        "failed as Upgrade: can't connect to URL: ",
        |listener| {
            let (mut peer, _) = Peer::accept(listener);
            peer.write(b"HTTP/1.1 101 Switching Protocols\r\n");
            let written = peer.flood(&b"X-A: b\r\n".repeat(1024), 16 * 1024);
            assert_ne!(written, Written::All);
        },
    );
}

#[test]
fn silent_server_is_left_in_time() {
    check_served(
        GROWTH_OF_ONE,
        "failed as Timeout: can't connect to URL: it took too long",
        |listener| {
            let (peer, _) = Peer::accept(listener);
            assert_eq!(peer.rest(), b"");
        },
    );
    // One that goes silent in the middle of its answer.
    check_served(
        GROWTH_OF_ONE,
        "failed as Timeout: can't connect to URL: it took too long",
        |listener| {
            let (mut peer, request) = Peer::accept(listener);
            let answer = answer(&request);
            peer.write(answer.trim_end().as_bytes());
            assert_eq!(peer.rest(), b"");
        },
    );
}

#[test]
fn server_that_does_not_listen_or_accept_is_told() {
    within_deadline(|| {
        let (listener, address) = listen();
        drop(listener);
        let mut client = Process::start(&["client", &format!("ws://{address}")]);
        let line = client.line();
        assert!(
            line.starts_with("failed as Io: can't connect to "),
            "{line}"
        );
    });
    within_deadline(|| {
        // The system takes the connection, the program never does.
        let (_listener, address) = listen();
        let mut client = Process::start(&["client", &format!("ws://{address}")]);
        let line = client.line();
        assert!(line.starts_with("failed as Timeout: "), "{line}");
    });
}

#[test]
fn server_that_tells_no_table_is_left_in_time() {
    check_upgraded(
        "failed as Closed: can't connect to URL: \
         the connection closed before it was ready (3003 Invalid state)",
        |peer| {
            assert_eq!(peer.closes(), Some((3003, "Invalid state".to_owned())));
        },
    );
}

#[test]
fn table_that_comes_too_late_is_no_table() {
    check_upgraded("failed as Closed: ", |mut peer| {
        assert_eq!(peer.next_close().map(|(code, _)| code), Some(3003));
        peer.message(TABLE);
        // No table comes in answer, and the client does not wait for the closing handshake for ever.
        assert_eq!(peer.rest(), b"");
    });
}

#[test]
fn messages_before_the_table_are_refused() {
    for message in [&b"\x07\0\x01\0x"[..], b"\0\0\xff\xffx"] {
        check_upgraded("(3003 Invalid state)", move |mut peer| {
            peer.message(message);
            assert_eq!(peer.closes(), Some((3003, "Invalid state".to_owned())));
        });
    }
}

#[test]
fn tables_that_are_none_or_too_large_are_refused() {
    let large = format!("{{\"1\":\"{}\"}}", "x".repeat(70_000));
    let routes: Vec<_> = (1..5000).map(|id| format!("\"{id}\":\"r{id}\"")).collect();
    let many = format!("{{{}}}", routes.join(","));
    for table in ["[]", "{", "null", "{\"a\":\"b\"}", &large, &many] {
        let message = [b"\x05\0\0\0", table.as_bytes()].concat();
        check_upgraded("(1000 Invalid exchange routes)", move |mut peer| {
            peer.message(&message);
            let invalid = (1000, "Invalid exchange routes".to_owned());
            assert_eq!(peer.closes(), Some(invalid));
        });
    }
}

#[test]
fn table_that_comes_again_is_answered_again_and_ready_is_told_once() {
    within_deadline(|| {
        let (listener, address) = listen();
        let mut client = Process::start(&["client", &format!("ws://{address}")]);
        let mut peer = ready(&listener);
        for _ in 0..100 {
            peer.message(TABLE);
            assert!(
                peer.frame()
                    .payload
                    .starts_with(b"\x05\0\0\0{\"0\":\"meta\"")
            );
        }
        peer.send(FIN | CLOSE, b"\x03\xe8");
        assert_eq!(client.line(), "ready");
        assert_eq!(client.line(), "closed: 1000");
    });
}

#[test]
fn protocol_errors_of_a_server_close_with_1002() {
    // Masked, as only clients do.
    check_closes(1002, "closed: 1002", |peer| {
        peer.write(&[head(FIN | BINARY, 4, true), b"\0\0\x01\0".to_vec()].concat());
    });
    check_closes(1002, "closed: 1002", |peer| {
        peer.send(FIN | 0x40 | BINARY, b"");
    });
    check_closes(1002, "closed: 1002", |peer| peer.send(FIN | 3, b""));
    check_closes(1002, "closed: 1002", |peer| peer.send(PING, b""));
    check_closes(1002, "closed: 1002", |peer| {
        peer.send(FIN | PONG, &[0; 126]);
    });
    check_closes(1002, "closed: 1002", |peer| peer.send(FIN, b"lonely"));
    check_closes(1007, "closed: 1007", |peer| peer.send(FIN | TEXT, b"\xff"));
}

#[test]
fn faults_of_a_server_close_as_those_of_a_client_do() {
    check_closes(3001, "closed: 3001 Malformed header", |peer| {
        peer.message(b"\0");
    });
    check_closes(3001, "closed: 3001 Malformed header", |peer| {
        peer.send(FIN | TEXT, b"text");
    });
    check_closes(3002, "closed: 3002 Route does not exist", |peer| {
        peer.message(b"\0\0\xff\xff");
    });
    // Routes are numbered by name; `echo` is the first.
    check_closes(1003, "closed: 1003 Convert failed", |peer| {
        peer.message(b"\x01\0\x01\0no number");
    });
    let too_large = "closed: 1009 message of 1048577 bytes, and the client takes 1048576 at most";
    check_closes(1009, too_large, |peer| {
        peer.write(&head(FIN | BINARY, 1024 * 1024 + 1, false));
    });
    check_closes(1009, "closed: 1009", |peer| {
        peer.write(&head(FIN | BINARY, u64::MAX >> 1, false));
    });
    let too_large = "closed: 1009 message of 1228800 bytes, and the client takes 1048576 at most";
    check_closes(1009, too_large, |peer| {
        peer.send(BINARY, &vec![0; 600 * 1024]);
        peer.send(FIN | CONTINUATION, &vec![0; 600 * 1024]);
    });
}

#[test]
fn every_close_code_of_a_server_is_told() {
    let sendable = (1000_u16..=1003).chain(1007..=1014);
    for code in sendable.chain([3000, 3001, 3002, 3003, 3999, 4000, 4999]) {
        let expected = format!("closed: {code} bye");
        check_ready(&expected, move |mut peer| {
            peer.send(FIN | CLOSE, &[&code.to_be_bytes()[..], b"bye"].concat());
            assert_eq!(peer.next_close().map(|(code, _)| code), Some(code));
        });
    }
}

#[test]
fn close_codes_that_may_not_be_sent_are_protocol_errors() {
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
        check_ready("closed: 1002", move |mut peer| {
            peer.send(FIN | CLOSE, &code.to_be_bytes());
            assert_eq!(peer.closes().map(|(code, _)| code), Some(1002), "{code}");
        });
    }
    check_ready("closed: 1002", |mut peer| {
        peer.send(FIN | CLOSE, b"\x03");
        assert_eq!(peer.closes().map(|(code, _)| code), Some(1002));
    });
    check_ready("closed: 1005", |mut peer| {
        peer.send(FIN | CLOSE, b"");
        assert_eq!(peer.next_close().map(|(code, _)| code), Some(1005));
    });
}

#[test]
fn server_that_never_ends_tcp_is_left_in_time() {
    check_ready("closed: 1000 bye", |mut peer| {
        peer.send(FIN | CLOSE, b"\x03\xe8bye");
        assert_eq!(peer.next_close().map(|(code, _)| code), Some(1000));
        // The client ends it.
        assert_eq!(peer.rest(), b"");
    });
}

#[test]
fn reset_at_any_point_is_the_end() {
    check_served(GROWTH_OF_ONE, "failed as Io: ", |listener| {
        Peer::accept(listener).0.reset();
    });
    check_served(GROWTH_OF_ONE, "failed as Io: ", |listener| {
        let (mut peer, _) = Peer::accept(listener);
        peer.write(b"HTTP/1.1 101 Swi");
        peer.reset();
    });
    check_upgraded("failed as Closed: ", Peer::reset);
    check_upgraded("failed as Closed: ", |mut peer| {
        peer.write(&head(FIN | BINARY, 100, false));
        peer.reset();
    });
    check_ready("closed: 1006", Peer::reset);
    check_ready("closed: 1006", |mut peer| {
        peer.write(&head(FIN | BINARY, 1000, false));
        peer.reset();
    });
    check_ready("closed: 1006", |mut peer| {
        peer.finish();
        peer.rest();
    });
}

/// One way in which a server lets a client down.
const FAULTS: [fn(&TcpListener); 6] = [
    |listener| Peer::accept(listener).0.reset(),
    |listener| {
        let (mut peer, _) = Peer::accept(listener);
        peer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    },
    |listener| {
        let (mut peer, _) = Peer::accept(listener);
        peer.write(b"junk\r\n\r\n");
    },
    |listener| upgraded(listener).reset(),
    |listener| {
        let mut peer = ready(listener);
        peer.send(FIN | CLOSE, b"\x03\xe9");
        assert_eq!(peer.next_close().map(|(code, _)| code), Some(1001));
    },
    |listener| ready(listener).reset(),
];

#[test]
fn client_that_reconnects_outlives_a_server_that_always_fails() {
    within_deadline(|| {
        let (listener, address) = listen();
        let url = format!("ws://{address}");
        let mut client = Process::start(&["client", "--reconnect", &url]);
        let mut descriptors = 0;
        for round in 0..200 {
            for fault in FAULTS {
                fault(&listener);
            }
            // It has had two connections by then.
            for expected in ["ready", "closed: 1001", "ready", "closed: 1006"] {
                let line = client.line();
                assert!(line.starts_with(expected), "{line}");
            }
            if round == 0 {
                descriptors = client.descriptors();
            }
        }
        let mut peer = ready(&listener);
        assert_eq!(client.line(), "ready");
        peer.message(b"\x07\0\x01\0still here");
        assert_eq!(peer.frame().payload, b"\x07\0\x01\0still here");
        // The present connection and one on its way.
        assert!(client.descriptors() <= descriptors + 2);
        check_memory(&client, GROWTH_OF_ONE);
    });
}

#[test]
fn ping_flood_of_a_server_that_never_reads_costs_nothing() {
    check_ready("closed: 1006", |mut peer| {
        let pings = peer.encode(FIN | PING, &[b'p'; 125]).repeat(512);
        peer.flood(&pings, 512);
        peer.reset();
    });
}

#[test]
fn echo_flood_of_a_server_that_never_reads_is_held_back() {
    check_served(GROWTH, "closed: 1006", |listener| {
        let mut peer = ready(listener);
        let message = [b"\x07\0\x01\0", &[7; 1024][..]].concat();
        let messages = peer.encode(FIN | BINARY, &message).repeat(64);
        assert_ne!(peer.flood(&messages, 1024), Written::All, "64 MiB");
        while peer.flood(&messages, 1) != Written::Ended {}
    });
}
