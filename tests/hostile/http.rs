//! What is no upgrade, or never becomes one.

use std::time::{Duration, Instant};

use highway_tests::websocket::request;

use crate::{
    peer::{Peer, Written},
    process::{GROWTH_OF_ONE, check, check_within},
};

/// The server's patience with an upgrade, and what a busy machine adds.
const IN_TIME: Duration = Duration::from_secs(8);

/// What is answered with one of the statuses (0 for none), and never with 101; the connection ends.
fn check_refused(bytes: &[u8], statuses: &'static [u16]) {
    let bytes = bytes.to_vec();
    check_within(GROWTH_OF_ONE, move |server| {
        let mut peer = Peer::tcp(server.address);
        peer.write(&bytes);
        let answer = String::from_utf8(peer.rest()).expect("an answer is text");
        let status = answer
            .split(' ')
            .nth(1)
            .map_or(0, |status| status.parse().expect("a number"));
        assert!(statuses.contains(&status), "{answer}");
    });
}

#[test]
fn junk_instead_of_http_is_refused() {
    check_refused(b"\0\x01\x02\x03\r\n\r\n", &[400, 0]);
    check_refused(&[0xff; 64], &[400, 0]);
    check_refused(b"hello\r\n\r\n", &[400]);
    check_refused(b"GET / HTTP/1.1\r\nno colon\r\n\r\n", &[400]);
    check_refused(b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", &[400, 505]);
}

#[test]
fn tls_hello_on_a_plain_port_ends() {
    let hello = [
        &b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"[..],
        &[0x0a; 512],
    ]
    .concat();
    check_refused(&hello, &[400, 0]);
}

#[test]
fn head_bombs_are_refused() {
    check_refused(
        &[b"GET / HTTP/1.1\r\nX: ", &vec![b'x'; 20_000][..]].concat(),
        &[431],
    );
    let headers = "X-A: b\r\n".repeat(2_000);
    check_refused(
        format!("GET / HTTP/1.1\r\n{headers}\r\n").as_bytes(),
        &[400, 431],
    );
    check_refused(
        &[b"GET /", &vec![b'x'; 20_000][..], b" HTTP/1.1\r\n\r\n"].concat(),
        &[414, 431],
    );
}

#[test]
fn endless_head_is_cut_off() {
    check_within(GROWTH_OF_ONE, |server| {
        let mut peer = Peer::tcp(server.address);
        peer.write(b"GET / HTTP/1.1\r\n");
        assert_ne!(
            peer.flood(&b"X-A: b\r\n".repeat(1024), 16 * 1024),
            Written::All
        );
    });
}

#[test]
fn request_without_what_an_upgrade_needs_is_refused() {
    let whole = request(([127, 0, 0, 1], 1).into(), "");
    for (line, statuses) in [
        ("Upgrade: websocket\r\n", &[200, 400, 426][..]),
        ("Connection: Upgrade\r\n", &[200, 400, 426]),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", &[400]),
        ("Sec-WebSocket-Version: 13\r\n", &[400, 426]),
    ] {
        assert!(whole.contains(line));
        check_refused(whole.replace(line, "").as_bytes(), statuses);
    }
    for (from, to, statuses) in [
        ("Version: 13", "Version: 12", &[400, 426][..]),
        ("dGhlIHNhbXBsZSBub25jZQ==", "short", &[400]),
        ("GET /", "POST /", &[405]),
        ("HTTP/1.1", "HTTP/1.0", &[400, 426, 505]),
    ] {
        check_refused(whole.replace(from, to).as_bytes(), statuses);
    }
}

#[test]
fn doubled_headers_and_a_missing_host_are_refused() {
    let whole = request(([127, 0, 0, 1], 1).into(), "");
    for line in [
        "Host: 127.0.0.1:1\r\n",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "Sec-WebSocket-Version: 13\r\n",
    ] {
        assert!(whole.contains(line));
        check_refused(whole.replace(line, &line.repeat(2)).as_bytes(), &[400]);
    }
    check_refused(
        whole.replace("Host: 127.0.0.1:1\r\n", "").as_bytes(),
        &[400],
    );
}

#[test]
fn content_of_an_upgrade_is_refused() {
    let whole = request(([127, 0, 0, 1], 1).into(), "");
    for content in [
        "Content-Length: 5\r\n\r\nhello",
        "Content-Length: 00005\r\n\r\nhello",
        "Content-Length: \r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello",
        "Content-Length: 0, 5\r\n\r\nhello",
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: identity\r\n\r\n",
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let request = whole.strip_suffix("\r\n").expect("a blank line ends it");
        check_refused([request, content].concat().as_bytes(), &[400]);
    }
}

#[test]
fn foreign_origins_are_forbidden() {
    let whole = request(([127, 0, 0, 1], 1).into(), "");
    for origin in [
        "null",
        "http://evil.example",
        "http://127.0.0.1:1.evil.example",
        "http://127.0.0.1:2",
        "http://127.0.0.1",
        "http://127.0.0.1:1@evil.example",
        "http://127.0.0.1:1\r\nOrigin: http://evil.example",
        "http://127.0.0.1:1\r\nOrigin: http://127.0.0.1:1",
        "",
    ] {
        let origin = format!("Host: 127.0.0.1:1\r\nOrigin: {origin}\r\n");
        let request = whole.replace("Host: 127.0.0.1:1\r\n", &origin);
        check_refused(request.as_bytes(), &[403]);
    }
}

#[test]
fn half_a_request_is_cut_off_in_time() {
    check_within(GROWTH_OF_ONE, |server| {
        let start = Instant::now();
        let mut silent = Peer::tcp(server.address);
        silent.write(b"");
        let mut half = Peer::tcp(server.address);
        half.write(b"GET / HTTP/1.1\r\nHost: a\r\n");
        assert!(!half.rest().starts_with(b"HTTP/1.1 101"));
        assert!(!silent.rest().starts_with(b"HTTP/1.1 101"));
        assert!(start.elapsed() < IN_TIME);
    });
}

#[test]
fn request_in_single_bytes_is_cut_off_in_time() {
    check_within(GROWTH_OF_ONE, |server| {
        let start = Instant::now();
        let mut peer = Peer::tcp(server.address);
        peer.write(b"GET / HTTP/1.1\r\nX: ");
        // The peer writes on for as long as it is let.
        while peer.flood(b"x", 1) == Written::All {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(start.elapsed() < IN_TIME);
    });
}

#[test]
fn many_silent_connections_are_all_cut_off_in_time_and_hinder_nobody() {
    check(|server| {
        let start = Instant::now();
        let silent: Vec<_> = (0..300)
            .map(|number| {
                let mut peer = Peer::tcp(server.address);
                if number % 2 == 0 {
                    peer.write(b"GET /");
                }
                peer
            })
            .collect();
        Peer::ready(server.address).echoes();
        for peer in silent {
            peer.rest();
        }
        assert!(start.elapsed() < IN_TIME);
    });
}

#[test]
fn bytes_behind_the_request_are_frames() {
    check_within(GROWTH_OF_ONE, |server| {
        let mut peer = Peer::tcp(server.address);
        let ping = peer.encode(0x89, b"early");
        peer.write(&[request(server.address, "").as_bytes(), &ping].concat());
        assert!(peer.head().starts_with("HTTP/1.1 101 "));
        let frames = [peer.frame(), peer.frame()];
        assert!(
            frames
                .iter()
                .any(|frame| (frame.first, &*frame.payload) == (0x8a, b"early"))
        );
    });
}
