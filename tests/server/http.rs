//! What requests get that are no upgrade.

use std::sync::atomic::Ordering;

use highway_tests::websocket::request;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    served::Tested,
    support::{Answer, Peer, Running, exchange, exchange_on, get, start, tested, within},
};

/// That a request is answered with a status and headers, and that nobody else notices.
#[track_caller]
fn expect(answer: &Answer, status: &str, headers: &[(&str, &str)]) {
    assert_eq!(answer.status(), status, "{answer:?}");
    for (name, value) in headers {
        assert_eq!(answer.header(name), Some(*value), "{answer:?}");
    }
    assert_eq!(answer.header("connection"), Some("close"), "{answer:?}");
    let length = answer.header("content-length").expect("there is a length");
    assert_eq!(length, answer.body.len().to_string(), "{answer:?}");
}

async fn check(server: &Running<Tested>, request: &str, status: &str, headers: &[(&str, &str)]) {
    let answer = within(10, exchange(server.address, request)).await;
    expect(&answer, status, headers);
    server.serves().await;
}

#[tokio::test]
async fn requests_for_no_websocket_are_answered() {
    let server = start(tested().0).await;
    let page = get(server.address, "/").await;
    expect(
        &page,
        "200",
        &[("content-type", "text/plain; charset=utf-8")],
    );
    assert!(page.body.contains("highway"), "{page:?}");
    let health = get(server.address, "/healthz").await;
    expect(&health, "200", &[("cache-control", "no-store")]);
    assert_eq!(health.body, "ok");

    let check = async |request: &str, status, headers: &[_]| {
        check(&server, request, status, headers).await;
    };
    let allow = [("allow", "GET, HEAD, OPTIONS")];
    check("GET /?query HTTP/1.1\r\nHost: x\r\n\r\n", "200", &[]).await;
    check(
        "GET http://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "200",
        &[],
    )
    .await;
    check("GET /other HTTP/1.1\r\nHost: x\r\n\r\n", "404", &[]).await;
    check("GET /healthz/ HTTP/1.1\r\nHost: x\r\n\r\n", "404", &[]).await;
    check(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
        "405",
        &allow,
    )
    .await;
    check("DELETE /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "405", &allow).await;
    check("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "200", &allow).await;
    check(
        "OPTIONS /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "200",
        &allow,
    )
    .await;
    check("OPTIONS /other HTTP/1.1\r\nHost: x\r\n\r\n", "404", &[]).await;
    // As HAProxy asks unless it is told otherwise.
    check("OPTIONS / HTTP/1.0\r\n\r\n", "200", &allow).await;
    // As load balancers ask that speak HTTP/1.0.
    check("GET /healthz HTTP/1.0\r\n\r\n", "200", &[]).await;
    // As curl asks with --http2.
    let h2c = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    check(
        &format!("GET / HTTP/1.1\r\nHost: x\r\n{h2c}\r\n"),
        "200",
        &[],
    )
    .await;
    server.stop().await;
}

#[tokio::test]
async fn head_is_answered_like_get_without_the_body() {
    let server = start(tested().0).await;
    for path in ["/", "/healthz", "/other"] {
        let get = get(server.address, path).await;
        let request = format!("HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        let head = within(10, exchange(server.address, request)).await;
        assert_eq!(head.head, get.head);
        assert_eq!(head.body, "");
        assert!(!get.body.is_empty());
    }
    server.stop().await;
}

#[tokio::test]
async fn page_and_health_are_options() {
    let server = start(tested().0.page(false).health_path("/up")).await;
    check(
        &server,
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "426",
        &[("upgrade", "websocket")],
    )
    .await;
    check(&server, "GET /up HTTP/1.1\r\nHost: x\r\n\r\n", "200", &[]).await;
    check(
        &server,
        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "404",
        &[],
    )
    .await;
    server.stop().await;
    let server = start(tested().0.health_path(None)).await;
    check(
        &server,
        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        "404",
        &[],
    )
    .await;
    server.stop().await;
}

#[tokio::test]
async fn wrong_upgrades_are_told_what_is_wrong() {
    const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const VERSION: &str = "Sec-WebSocket-Version: 13\r\n";
    const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    const HOST: &str = "Host: x\r\n";

    let server = start(tested().0).await;
    let check = async |line: &str, headers: &[&str], status, expected: &[_]| {
        let request = format!("{line}\r\n{}\r\n", headers.concat());
        check(&server, &request, status, expected).await;
    };
    let get = "GET / HTTP/1.1";
    let required = [("upgrade", "websocket"), ("sec-websocket-version", "13")];
    check(
        "POST / HTTP/1.1",
        &[HOST, UPGRADE, KEY, VERSION],
        "405",
        &[("allow", "GET, HEAD, OPTIONS")],
    )
    .await;
    check("GET / HTTP/1.0", &[HOST, UPGRADE, KEY, VERSION], "400", &[]).await;
    check(
        get,
        &[HOST, UPGRADE, KEY, "Sec-WebSocket-Version: 8\r\n"],
        "426",
        &required,
    )
    .await;
    check(get, &[HOST, UPGRADE, KEY], "426", &required).await;
    // As a proxy passes it on that knows nothing of WebSockets.
    check(
        get,
        &[HOST, "Connection: close\r\n", KEY, VERSION],
        "426",
        &required,
    )
    .await;
    check(
        get,
        &[HOST, "Upgrade: websocket\r\n", KEY, VERSION],
        "426",
        &required,
    )
    .await;
    check(get, &[HOST, UPGRADE, VERSION], "400", &[]).await;
    check(
        get,
        &[HOST, UPGRADE, VERSION, "Sec-WebSocket-Key: short\r\n"],
        "400",
        &[],
    )
    .await;
    check(
        get,
        &[
            HOST,
            UPGRADE,
            VERSION,
            "Sec-WebSocket-Key: ************************\r\n",
        ],
        "400",
        &[],
    )
    .await;
    // What comes twice or not at all.
    check(get, &[UPGRADE, KEY, VERSION], "400", &[]).await;
    check(get, &[HOST, HOST, UPGRADE, KEY, VERSION], "400", &[]).await;
    check(get, &[HOST, UPGRADE, KEY, KEY, VERSION], "400", &[]).await;
    check(get, &[HOST, UPGRADE, KEY, VERSION, VERSION], "400", &[]).await;
    // What would be read as frames.
    for content in [
        "Content-Length: 4\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Content-Length: -0\r\n",
    ] {
        check(get, &[HOST, UPGRADE, KEY, VERSION, content], "400", &[]).await;
    }
    server.stop().await;
}

/// A request for the upgrade in whose place `UPGRADE` the lines stand.
fn listed(server: &Running<Tested>, lines: &str) -> String {
    const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    let request = request(server.address, "");
    assert!(request.contains(UPGRADE));
    request.replace(UPGRADE, lines)
}

#[tokio::test]
async fn lists_may_be_on_one_line_or_on_many() {
    let server = start(tested().0).await;
    for lines in [
        "Connection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nConnection: keep-alive\r\n",
        // As Tcl's library has it.
        "Connection: close\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: \r\n",
        "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n",
        "connection:UPGRADE ,\tkeep-alive\r\nUPGRADE:WebSocket\r\n",
        "Connection: ,, ,upgrade,\r\nConnection:\r\nUpgrade: ,websocket\r\n",
        "Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: Upgrade, HTTP2-Settings\r\n",
        "Upgrade: h2c, websocket\r\nConnection: Upgrade\r\n",
        "Upgrade: websocket\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nConnection: Upgrade\r\n",
        "Upgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\n\
         Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nSec-WebSocket-Extensions:\r\n",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n",
    ] {
        let request = listed(&server, lines);
        let mut peer = within(10, Peer::ready_asking(server.address, &request)).await;
        within(10, peer.echoes()).await;
    }
    for lines in [
        "Connection: keep-alive\r\nConnection: close\r\nUpgrade: websocket\r\n",
        "Connection: not-Upgrade\r\nUpgrade: websocket\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket2\r\n",
        "Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: TLS/1.0\r\n",
        "Connection: Upgrade\r\nUpgrade:\r\n",
        "Connection:\r\nUpgrade: websocket\r\n",
    ] {
        let request = listed(&server, lines);
        check(&server, &request, "426", &[("upgrade", "websocket")]).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn hooks_are_asked_about_good_upgrades_only() {
    let (server, counts) = tested();
    let server = start(server).await;
    for request in [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        request(server.address, "Sec-WebSocket-Version: 13\r\n"),
        request(server.address, "Origin: https://evil.example\r\n"),
    ] {
        within(10, exchange(server.address, request)).await;
    }
    assert_eq!(counts.asked.load(Ordering::SeqCst), 0);
    server.serves().await;
    assert_eq!(counts.asked.load(Ordering::SeqCst), 1);
    server.stop().await;
}

#[tokio::test]
async fn junk_is_refused_at_once() {
    let server = start(tested().0).await;
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03random bytes of a TLS hello";
    for junk in [
        &hello[..],
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\0\0\0\0",
        b"{\"type\":\"hello\"}",
        b"GET /\x07 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        // Well within the time that it could have for its upgrade.
        let answer = within(5, exchange(server.address, junk)).await;
        expect(&answer, "400", &[]);
        server.serves().await;
    }
    server.stop().await;
}

#[tokio::test]
async fn head_is_limited_in_bytes_and_headers() {
    let server = start(tested().0.limits(|limits| limits.http_head_bytes = 4096)).await;
    let big = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nBig: {}\r\n\r\n",
        "x".repeat(5000)
    );
    check(&server, &big, "431", &[]).await;
    let endless = format!("GET / HTTP/1.1\r\nHost: x\r\nBig: {}", "x".repeat(5000));
    check(&server, &endless, "431", &[]).await;
    let many = format!(
        "GET / HTTP/1.1\r\nHost: x\r\n{}\r\n",
        "a: b\r\n".repeat(200)
    );
    check(&server, &many, "431", &[]).await;
    let fits = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nBig: {}\r\n\r\n",
        "x".repeat(3500)
    );
    check(&server, &fits, "200", &[]).await;
    server.stop().await;
}

#[tokio::test]
async fn request_may_come_byte_by_byte() {
    let server = start(tested().0).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let request = "\r\nGET /healthz HTTP/1.1\nHost: x\r\n\r";
    for byte in request.bytes() {
        stream.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let answer = within(10, exchange_on(stream, "\n")).await;
    expect(&answer, "200", &[]);
    server.stop().await;
}
