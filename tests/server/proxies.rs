//! The client's address behind proxies.

use highway::ForwardedHeader;
use highway_tests::websocket::request;

use crate::support::{Peer, exchange, start, tested, within};

#[tokio::test]
async fn trusted_proxy_tells_the_address() {
    let server = start(tested().0.trust_forwarded(["127.0.0.0/8", "10.0.0.0/8"])).await;
    let address = async |headers: &str| {
        let mut peer = Peer::ready_with(server.address, headers).await;
        within(10, peer.ask("address", "")).await
    };
    assert_eq!(
        address("X-Forwarded-For: 192.0.2.7\r\n").await,
        "192.0.2.7:0"
    );
    let made_up = "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 192.0.2.7, 10.0.0.1\r\n";
    assert_eq!(address(made_up).await, "192.0.2.7:0");
    let other = "Forwarded: for=198.51.100.1\r\nX-Forwarded-For: 192.0.2.7\r\n";
    assert_eq!(address(other).await, "192.0.2.7:0");
    assert!(address("").await.starts_with("127.0.0.1:"));
    assert!(
        address("X-Forwarded-For: junk\r\n")
            .await
            .starts_with("127.0.0.1:")
    );
    server.stop().await;
}

#[tokio::test]
async fn other_header_is_read_when_told() {
    let server = tested().0.trust_forwarded(["127.0.0.1"]);
    let server = start(server.forwarded_header(ForwardedHeader::Forwarded)).await;
    let headers = "X-Forwarded-For: 198.51.100.1\r\nForwarded: for=\"[2001:db8::7]:4711\"\r\n";
    let mut peer = Peer::ready_with(server.address, headers).await;
    assert_eq!(
        within(10, peer.ask("address", "")).await,
        "[2001:db8::7]:4711"
    );
    drop(peer);
    server.stop().await;
}

#[tokio::test]
async fn nobody_is_believed_by_default() {
    let server = start(tested().0).await;
    let headers = "X-Forwarded-For: 192.0.2.7\r\nForwarded: for=192.0.2.7\r\n";
    let mut peer = Peer::ready_with(server.address, headers).await;
    let address = within(10, peer.ask("address", "")).await;
    assert_eq!(address, peer.stream.local_addr().unwrap().to_string());
    drop(peer);
    server.stop().await;
}

#[tokio::test]
async fn limit_counts_the_clients_behind_a_proxy() {
    let server = tested().0.trust_forwarded(["127.0.0.1"]);
    let server = start(server.limits(|limits| limits.connections_per_address = Some(1))).await;
    let first = "X-Forwarded-For: 2001:db8::1\r\n";
    let mut peer = Peer::ready_with(server.address, first).await;
    let same = request(server.address, "X-Forwarded-For: 2001:db8::2\r\n");
    let answer = within(10, exchange(server.address, same)).await;
    assert_eq!(answer.status(), "503");
    let other = "X-Forwarded-For: 2001:db8:0:1::1\r\n";
    Peer::ready_with(server.address, other).await.echoes().await;
    peer.echoes().await;
    drop(peer);
    server.stop().await;
}

#[tokio::test]
async fn proxy_that_is_no_address_is_told_by_bind() {
    let server = tested().0.trust_forwarded(["proxy.example"]);
    let error = server.bind("127.0.0.1:0").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the option `trust_forwarded` is not valid: `proxy.example` is not an address or a network, such as \
         `127.0.0.1` or `10.0.0.0/8`"
    );
}
