//! Sending to everyone, sending without waiting, and peers that fall silent or talk too much.

use std::{net::SocketAddr, time::Duration};

use highway::{CloseCode, Error, SendError, connection::LagPolicy, route, test, wire::Close};
use highway_tests::{
    paused,
    websocket::{FIN, PING, PONG},
    within_deadline,
};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::support::{Probe, RawPeer, start};

#[highway::server(state = Probe)]
struct Server;

#[route("a: shout")]
async fn shout(text: &str, server: &mut Server) -> highway::Result {
    server.everyone().send("heard", text).await
}

#[route("b: tell others")]
async fn tell_others(text: &str, server: &mut Server) -> highway::Result {
    let others = server.everyone().except(server.id());
    others.send("heard", text).await
}

/// Shouts as long as it is not heard by all at once, then once more.
#[route("c: flood")]
async fn flood(server: &mut Server) -> highway::Result {
    let data = highway::Bytes::from(vec![0; 4_000]);
    while server.try_send("heard", &data).is_ok() {}
    let error = server.try_send("heard", &data).unwrap_err();
    server.state().saw(matches!(
        error,
        Error::NotSent {
            source: SendError::OutboxFull { .. },
            ..
        }
    ));
    server.state().saw(error);
    Ok(())
}

/// Shouts until the peers' outboxes are full by far.
#[route("d: close the slow")]
async fn close_the_slow(server: &mut Server) -> highway::Result {
    let data = highway::Bytes::from(vec![0; 100_000]);
    for _ in 0..200 {
        let others = server.everyone().except(server.id());
        others
            .lagging(LagPolicy::Close)
            .send("heard", &data)
            .await?;
    }
    server.send("heard", "done").await
}

/// Sends more than the peers' outboxes hold, and waits for them.
#[route("e: wait for the slow")]
async fn wait_for_the_slow(server: &mut Server) -> highway::Result {
    let data = highway::Bytes::from(vec![0; 100_000]);
    for _ in 0..200 {
        server.others().send("heard", &data).await?;
    }
    server.state().saw(server.missed());
    server.send("heard", "done").await
}

/// Sends more than fits until somebody misses it.
#[route("f: pass the slow by")]
async fn pass_the_slow_by(server: &mut Server) -> highway::Result {
    let data = highway::Bytes::from(vec![0; 100_000]);
    while server.missed() < 3 {
        let all = server.everyone();
        all.lagging(LagPolicy::Drop).send("heard", &data).await?;
    }
    server.state().saw(server.missed());
    Ok(())
}

/// Sends to everyone what only one of the dialects can carry.
#[route("g: share no number")]
async fn share_no_number(server: &mut Server) {
    let sent = server.everyone().send("heard", vec![f64::NAN]).await;
    server.state().saw(sent.unwrap_err());
}

/// The same, to some who have to be waited for.
#[route("h: fill and share no number")]
async fn fill_and_share_no_number(server: &mut Server) {
    while server.try_send("heard", 0).is_ok() {}
    let everyone = server.everyone().lagging(LagPolicy::Wait);
    let sent = everyone.send("heard", vec![f64::NAN]).await;
    server.state().saw(sent.unwrap_err());
}

/// Closes all others, twice.
#[route("i: kick")]
async fn kick(reason: String, server: &mut Server) -> highway::Result {
    let kicked = server.others().close_with(4001, reason)?;
    let again = server.others().close_with(4002, "again")?;
    server.send("heard", (kicked, again)).await
}

#[highway::on(close)]
async fn closed(close: Close, server: &mut Server) {
    server.state().saw(format!("closed {close}"));
}

const HEARS_1: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"heard\"}";
const HEARS_7: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"7\":\"heard\"}";
const HEARS_1_IN_01: &[u8] = b"\x01\0\0\0{\"routes\":{\"0\":\"meta\",\"1\":\"heard\"}}";
const DEAF: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"other\"}";

/// The second of two messages that make sure that the server knows the peer's table.
async fn known<S>(peer: &mut RawPeer<S>, route: u8)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    peer.message(b"\0\0\x01\0here").await;
    assert_eq!(
        peer.next_message().await,
        [&[0, 0, route, 0], &b"here"[..]].concat()
    );
}

#[test]
fn everyone_gets_a_message_under_their_own_route_id() {
    within_deadline(async {
        let (probe, _seen) = Probe::new();
        let server = start(Server::server().state(probe)).await;
        let mut first = RawPeer::ready_with(server.address, HEARS_1).await;
        known(&mut first, 1).await;
        let mut second = RawPeer::ready_with(server.address, HEARS_7).await;
        known(&mut second, 7).await;
        assert_eq!(first.next_message().await, b"\0\0\x01\0here");
        let mut deaf = RawPeer::ready_with(server.address, DEAF).await;
        deaf.message(b"\0\0\x01\0from deaf").await;
        assert_eq!(first.next_message().await, b"\0\0\x01\0from deaf");
        assert_eq!(second.next_message().await, b"\0\0\x07\0from deaf");

        first.message(b"\0\0\x02\0from first").await;
        assert_eq!(second.next_message().await, b"\0\0\x07\0from first");
        second.message(b"\0\0\x01\0from second").await;
        // What was not for `first` has not come to it.
        assert_eq!(first.next_message().await, b"\0\0\x01\0from second");
    });
}

#[test]
fn handle_reaches_everyone_from_outside() {
    within_deadline(async {
        let (probe, _seen) = Probe::new();
        let server = Server::server()
            .state(probe)
            .bind("127.0.0.1:0")
            .await
            .unwrap();
        let handle = server.handle();
        let running = tokio::spawn(server.into_future());
        let mut peer = RawPeer::ready_with(handle.local_addr().unwrap(), HEARS_1).await;
        known(&mut peer, 1).await;
        assert_eq!(handle.connections(), 1);
        handle.everyone().send("heard", 5).await.unwrap();
        assert_eq!(peer.next_message().await, b"\x01\0\x01\x005");
        running.abort();
    });
}

#[test]
fn handle_finds_connections_and_closes_them() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = Server::server()
            .state(probe)
            .bind("127.0.0.1:0")
            .await
            .unwrap();
        let handle = server.handle();
        let running = tokio::spawn(server.into_future());
        let mut first = RawPeer::ready_with(handle.local_addr().unwrap(), HEARS_1).await;
        known(&mut first, 1).await;
        let mut second = RawPeer::ready_with(handle.local_addr().unwrap(), HEARS_1).await;
        known(&mut second, 1).await;
        first.next_message().await;

        let ids = handle.everyone().members();
        let found: Vec<_> = handle.everyone().connections().collect();
        assert_eq!(found.len(), 2);
        let of_first = handle.connection(ids[0]).unwrap();
        of_first.send("heard", "by id").await.unwrap();
        assert_eq!(first.next_message().await, b"\0\0\x01\0by id");
        handle.state().saw("the state");
        assert_eq!(seen.next().await, "the state");

        handle.to(ids[0]).send("heard", "goodbye").await.unwrap();
        let kicked = handle.to(ids[0]).close_with(4001, "kicked");
        assert_eq!(kicked.unwrap(), 1);
        assert_eq!(first.next_message().await, b"\0\0\x01\0goodbye");
        let close = Close::new(4001, "kicked");
        assert_eq!(first.closes().await, Some(close.clone()));
        assert_eq!(of_first.closed().await, close);
        assert_eq!(seen.next().await, "closed 4001 kicked");
        assert!(handle.connection(of_first.id()).is_none());
        assert_eq!(handle.to(ids[0]).close_with(4001, "").unwrap(), 0);

        for code in [0, 1005, 1006, 2999, 5000] {
            let refused = handle.everyone().close_with(CloseCode::from(code), "");
            assert!(matches!(refused, Err(Error::CloseCode(of)) if of == code));
        }
        known(&mut second, 1).await;
        running.abort();
    });
}

#[test]
fn route_closes_others_and_knows_how_many() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = start(Server::server().state(probe)).await;
        let mut others = Vec::new();
        for _ in 0..3 {
            others.push(RawPeer::ready_with(server.address, HEARS_1).await);
        }
        let mut peer = RawPeer::ready_with(server.address, HEARS_1).await;
        known(&mut peer, 1).await;
        for other in &mut others {
            assert_eq!(other.next_message().await, b"\0\0\x01\0here");
        }
        peer.message(b"\0\0\x09\0out").await;
        for other in others {
            let close = Close::new(4001, "out");
            assert_eq!(other.closes().await, Some(close));
            assert_eq!(seen.next().await, "closed 4001 out");
        }
        assert_eq!(peer.next_message().await, b"\x06\0\x01\0[3,0]");
        known(&mut peer, 1).await;
    });
}

#[test]
fn try_send_says_when_there_is_no_room() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = start(Server::server().state(probe)).await;
        let mut peer = RawPeer::ready_with(server.address, HEARS_1).await;
        peer.message(b"\x08\0\x03\0").await;
        assert_eq!(seen.next().await, "true");
        assert_eq!(
            seen.next().await,
            "can't send to `heard`: the outbox has no room for 4008 bytes; the peer does not keep up"
        );
        // The connection is none the worse for it.
        assert_eq!(peer.next_message().await.len(), 4_004);
    });
}

#[test]
fn those_who_do_not_keep_up_are_closed_where_that_is_wanted() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = start(Server::server().state(probe).limits(|limits| {
            limits.close_timeout = Duration::from_millis(100);
        }))
        .await;
        let slow = RawPeer::ready_with(server.address, HEARS_1).await;
        let mut flooder = RawPeer::ready_with(server.address, HEARS_1).await;
        flooder.message(b"\x08\0\x04\0").await;
        assert_eq!(flooder.next_message().await, b"\0\0\x01\0done");
        assert_eq!(seen.next().await, "closed 1013 too slow");
        drop(slow);
    });
}

#[test]
fn those_who_do_not_keep_up_are_waited_for_where_that_is_wanted() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = start(Server::server().state(probe).lagging(LagPolicy::Wait)).await;
        let mut slow = RawPeer::ready_with(server.address, HEARS_1).await;
        known(&mut slow, 1).await;
        let mut flooder = RawPeer::ready_with(server.address, HEARS_1).await;
        flooder.message(b"\x08\0\x05\0").await;
        for _ in 0..200 {
            assert_eq!(slow.next_message().await.len(), 100_004);
        }
        assert_eq!(seen.next().await, "0");
        assert_eq!(flooder.next_message().await, b"\0\0\x01\0done");
    });
}

#[test]
fn peer_that_reads_nothing_is_waited_for_no_longer_than_the_time_for_writing() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = Server::server().state(probe).lagging(LagPolicy::Wait);
        let server = start(server.limits(|limits| {
            limits.outbox_bytes = 200_000;
            limits.write_timeout = Duration::from_millis(200);
        }))
        .await;
        let slow = RawPeer::ready_with(server.address, HEARS_1).await;
        let mut flooder = RawPeer::ready_with(server.address, HEARS_1).await;
        flooder.message(b"\x08\0\x05\0").await;
        assert_eq!(flooder.next_message().await, b"\0\0\x01\0done");
        let seen = [seen.next().await, seen.next().await];
        assert!(seen.contains(&"0".to_owned()), "{seen:?}");
        let close = "closed 1006 the peer did not read in time".to_owned();
        assert!(seen.contains(&close), "{seen:?}");
        drop(slow);
    });
}

#[test]
fn messages_that_are_missed_are_counted() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = start(Server::server().state(probe)).await;
        let mut peer = RawPeer::ready_with(server.address, HEARS_1).await;
        peer.message(b"\x08\0\x06\0").await;
        assert_eq!(seen.next().await, "3");
    });
}

/// One of dialect 0.2 between two of dialect 0.1.
async fn of_both_dialects(address: SocketAddr) -> (RawPeer, RawPeer, RawPeer) {
    let mut first = RawPeer::ready_01(address, HEARS_1_IN_01).await;
    known(&mut first, 1).await;
    let mut other = RawPeer::ready_02(address, HEARS_7).await;
    known(&mut other, 7).await;
    let mut last = RawPeer::ready_01(address, HEARS_1_IN_01).await;
    known(&mut last, 1).await;
    for _ in 0..2 {
        first.next_message().await;
    }
    other.next_message().await;
    (first, other, last)
}

const ONLY_IN_01: &str = "can't send to `heard`: dialect 0.2 cannot carry the float NaN inside of a list, dict or tuple at [0]";

#[test]
fn message_that_one_dialect_cannot_carry_reaches_all_of_the_other() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = Server::server().state(probe).dialect_01(true);
        let server = start(server.limits(|limits| {
            limits.dialect_01_after = Duration::from_millis(50);
        }))
        .await;
        let (mut first, mut other, mut last) = of_both_dialects(server.address).await;
        other.message(b"\x08\0\x07\0").await;
        assert_eq!(seen.next().await, ONLY_IN_01);
        assert_eq!(first.next_message().await, b"\x01\0\x01\0[NaN]");
        assert_eq!(last.next_message().await, b"\x01\0\x01\0[NaN]");
        // Nothing of it came to the one, who is none the worse for it.
        known(&mut other, 7).await;
    });
}

#[test]
fn message_that_one_dialect_cannot_carry_is_waited_for_with_the_other() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = Server::server().state(probe).dialect_01(true);
        let server = start(server.limits(|limits| {
            limits.dialect_01_after = Duration::from_millis(50);
            limits.outbox_bytes = 10_000;
        }))
        .await;
        let (mut first, mut other, mut last) = of_both_dialects(server.address).await;
        first.message(b"\x06\0\x08\0").await;
        while first.next_message().await != b"\x01\0\x01\0[NaN]" {}
        assert_eq!(seen.next().await, ONLY_IN_01);
        assert_eq!(last.next_message().await, b"\x01\0\x01\0[NaN]");
        known(&mut other, 7).await;
    });
}

#[test]
fn silent_peer_is_pinged_and_stays_when_it_answers() {
    paused(async {
        let (probe, mut seen) = Probe::new();
        let server = test::server(Server::server().state(probe));
        let mut peer = RawPeer::in_memory(&server, HEARS_1).await;
        for _ in 0..3 {
            let ping = peer.next().await;
            assert_eq!(ping.first, FIN | PING);
            peer.frame(FIN | PONG, &ping.payload).await;
        }
        known(&mut peer, 1).await;
        assert_eq!(seen.now(), Vec::<String>::new());
    });
}

#[test]
fn peer_that_is_gone_without_a_word_is_noticed() {
    paused(async {
        let (probe, mut seen) = Probe::new();
        let server = test::server(Server::server().state(probe));
        let peer = RawPeer::in_memory(&server, HEARS_1).await;
        assert_eq!(
            seen.next().await,
            "closed 1006 the peer did not answer a ping"
        );
        drop(peer);
    });
}

#[test]
fn too_many_messages_in_a_second_close_the_connection() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = start(Server::server().state(probe).limits(|limits| {
            limits.messages_per_second = Some(5);
        }))
        .await;
        let mut peer = RawPeer::ready_with(server.address, HEARS_1).await;
        for _ in 0..20 {
            peer.message(b"\0\0\x01\0x").await;
        }
        let close = peer.closes().await;
        assert_eq!(close, Some(Close::TOO_MANY_MESSAGES));
        assert_eq!(seen.next().await, "closed 1008 Too many messages");
    });
}
