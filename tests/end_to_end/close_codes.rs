//! Every close code, received and sent, on both sides.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use highway::{Close, CloseCode, route};
use highway_tests::{websocket::TABLE, within_deadline};
use tokio::net::TcpListener;

use crate::support::{Probe, RawPeer, Seen, start};

/// Connections at a time.
const AT_A_TIME: usize = 32;

#[highway::server(state = Probe)]
struct Server;

#[route("close")]
async fn close(code: u16, server: &mut Server) -> highway::Result {
    server.close_with(CloseCode::from(code), reason(code)).await
}

#[highway::on(close)]
async fn closed(close: Close, server: &mut Server) {
    server.state().saw(close);
}

#[highway::client]
struct Client;

fn codes() -> impl Iterator<Item = u16> {
    1000..5000
}

/// As RFC 6455 and IANA's registry have it.
fn is_valid(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..)
}

fn reason(code: u16) -> String {
    format!("bye from {code}")
}

/// What is made of a close that came.
fn expected(code: u16) -> Close {
    if is_valid(code) {
        Close::new(code, reason(code))
    } else {
        let reason = format!("invalid close code {code}");
        Close::new(CloseCode::PROTOCOL_ERROR, reason)
    }
}

async fn for_each(codes: impl Iterator<Item = u16>, check: impl AsyncFn(u16)) {
    let check = &check;
    stream::iter(codes)
        .for_each_concurrent(AT_A_TIME, async |code| check(code).await)
        .await;
}

/// How often each close was seen, of so many.
async fn count(mut seen: Seen, total: usize) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for _ in 0..total {
        *counts.entry(seen.next().await).or_default() += 1;
    }
    counts
}

fn once(closes: impl Iterator<Item = Close>) -> BTreeMap<String, usize> {
    closes.map(|close| (close.to_string(), 1)).collect()
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is bound");
    (listener, format!("ws://{address}"))
}

/// A client, and its server without a handler.
async fn connect() -> (highway::Connection<Client>, RawPeer) {
    let (listener, url) = listen().await;
    let accept = async {
        let mut peer = RawPeer::accept(&listener).await;
        peer.message(TABLE).await;
        peer.next_message().await;
        peer
    };
    let (client, peer) = tokio::join!(Client::client().connect(&url), accept);
    (client.expect("the server takes it"), peer)
}

#[test]
fn server_reads_every_code_and_answers_with_it_or_with_1002() {
    within_deadline(async {
        let (probe, seen) = Probe::new();
        let server = start(Server::server().state(probe)).await;
        for_each(codes(), async |code| {
            let mut peer = RawPeer::ready(server.address).await;
            peer.close(code, &reason(code)).await;
            assert_eq!(peer.next_close().await, Some(expected(code)));
            assert_eq!(peer.try_next().await, None);
        })
        .await;
        let seen = count(seen, codes().count()).await;
        assert_eq!(seen, once(codes().map(expected)));
    });
}

#[test]
fn client_reads_every_code_and_answers_with_it_or_with_1002() {
    within_deadline(for_each(codes(), async |code| {
        let (client, mut peer) = connect().await;
        peer.close(code, &reason(code)).await;
        assert_eq!(peer.next_close().await, Some(expected(code)));
        drop(peer);
        assert_eq!(client.closed().await, expected(code));
    }));
}

#[test]
fn every_valid_code_is_sent_as_it_is() {
    within_deadline(async {
        let (probe, seen) = Probe::new();
        let server = start(Server::server().state(probe)).await;
        let valid = || codes().filter(|&code| is_valid(code));
        for_each(valid(), async |code| {
            let mut peer = RawPeer::ready(server.address).await;
            let message = format!("\x01\0\x01\0{code}");
            peer.message(message.as_bytes()).await;
            assert_eq!(peer.closes().await, Some(expected(code)));

            let (client, peer) = connect().await;
            let (closed, seen) = tokio::join!(
                client.close_with(CloseCode::from(code), reason(code)),
                peer.closes()
            );
            closed.expect("the code is valid");
            assert_eq!(seen, Some(expected(code)));
        })
        .await;
        let seen = count(seen, valid().count()).await;
        assert_eq!(seen, once(valid().map(expected)));
    });
}
