//! Servers that a test plays, for clients.

use std::time::Duration;

use highway::{
    CloseCode, ConnectError, Error,
    client::Reconnect,
    on, route,
    test::{Network, ScriptedServer},
    wire::Dialect,
};
use highway_tests::{paused, within_deadline};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[highway::protocol]
mod server {
    pub async fn join(room: String);
    pub async fn pong(number: u32);
}

#[highway::client(peer = server)]
struct Me {
    #[default(100)]
    next: u32,
}

#[on(ready)]
async fn ready(me: &mut Me) -> highway::Result {
    me.send(server::join, "lobby").await
}

#[route("ping")]
async fn ping(number: u32, me: &mut Me) -> highway::Result {
    me.next += 1;
    me.send(server::pong, number + me.next).await
}

#[test]
fn client_is_tested_against_a_script() {
    within_deadline(async {
        let server = ScriptedServer::new();
        let (me, mut peer) = tokio::join!(server.connect(Me::client()), server.accept());
        let me = me.unwrap();
        peer.expect(server::join, "lobby").await;
        peer.send("ping", 1).await;
        peer.expect("pong", 102).await;
        peer.send("ping", 1).await;
        assert_eq!(peer.next(server::pong).await, 103);
        assert_eq!(peer.peer_routes(), ["ping"]);
        peer.close_with(4001, "enough").await;
        assert_eq!(me.closed().await.to_string(), "4001 enough");
    });
}

#[test]
fn any_code_that_may_be_sent_closes_at_both_sides() {
    within_deadline(async {
        for code in [1000, 1003, 1012, 1014, 3000, 4999].map(CloseCode::from) {
            let server = ScriptedServer::new();
            let (me, mut peer) = tokio::join!(server.connect(Me::client()), server.accept());
            peer.expect("join", "lobby").await;
            assert_eq!(peer.close_with(code, "enough").await.code(), code);
            assert_eq!(me.unwrap().closed().await.code(), code);

            let (me, mut peer) = tokio::join!(server.connect(Me::client()), server.accept());
            peer.expect("join", "lobby").await;
            me.unwrap().close_with(code, "bye").await.unwrap();
            assert_eq!(peer.expect_closed(code).await.reason(), "bye");
        }
    });
}

#[test]
fn client_finds_the_dialect_of_a_script() {
    paused(async {
        let server = ScriptedServer::new().dialect(Dialect::V01);
        let (me, mut peer) = tokio::join!(server.connect(Me::client()), server.accept());
        assert_eq!(me.unwrap().dialect(), Some(Dialect::V01));
        peer.expect(server::join, "lobby").await;
    });
}

#[test]
fn client_comes_back_to_its_script() {
    paused(async {
        let network = Network::new();
        let server = ScriptedServer::new().over(&network);
        let me = Me::client().reconnect(Reconnect::default());
        let (me, mut first) = tokio::join!(server.connect(me), server.accept());
        let me = me.unwrap();
        first.expect("join", "lobby").await;
        network.reset();
        first.expect_closed(CloseCode::ABNORMAL).await;
        let mut second = server.accept().await;
        second.expect("join", "lobby").await;
        me.send(server::pong, 7).await.unwrap();
        second.expect("pong", 7).await;
        second.close().await;
        assert_eq!(me.closed().await.code(), CloseCode::NORMAL);
    });
}

#[test]
fn connections_that_were_given_up_are_passed_over() {
    paused(async {
        let server = ScriptedServer::new();
        let me = || Me::client().limits(|limits| limits.upgrade_timeout = Duration::from_secs(1));
        let error = server.connect(me()).await.unwrap_err();
        assert!(matches!(
            error,
            Error::Connect {
                source: ConnectError::Timeout,
                ..
            }
        ));
        let (me, mut peer) = tokio::join!(server.connect(me()), server.accept());
        peer.expect("join", "lobby").await;
        me.unwrap();
    });
}

#[test]
#[should_panic(expected = "no client connected within 5s (at ")]
fn client_that_does_not_come_is_told() {
    paused(async {
        ScriptedServer::new().accept().await;
    });
}

#[test]
fn bytes_are_for_those_who_write_frames_themselves() {
    paused(async {
        let server = ScriptedServer::new();
        let refuse = async {
            let mut stream = server.accept_stream().await;
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.expect("a client asks"));
            }
            let answer = b"HTTP/1.1 418 I'm a teapot\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).await.expect("it reads");
        };
        let (refused, ()) = tokio::join!(server.connect(Me::client()), refuse);
        let error = refused.unwrap_err().to_string();
        assert_eq!(
            error,
            "can't connect to ws://in.memory/: the server answered 418 I'm a teapot"
        );
    });
}
