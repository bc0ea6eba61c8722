//! Servers without ports are as in production.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use highway::{
    Close, CloseCode, ConnectError, Connection, Error, Origins, Refusal, Request, StatusCode, on,
    route,
    test::{self, Network},
};
use highway_tests::{paused, within_deadline};
use tokio::{sync::mpsc, time::Instant};

#[derive(Clone, Default)]
struct Said(Arc<AtomicU32>);

#[highway::server(state = Said)]
struct Chat {
    lines: u32,
}

#[on(connect)]
async fn authenticate(request: &mut Request<Chat>) -> Result<(), Refusal> {
    if request.headers().contains_key("x-banned") {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "go away"));
    }
    let query = request.uri().query().unwrap_or_default().to_owned();
    request.extensions_mut().insert(query);
    Ok(())
}

#[on(ready)]
async fn ready(chat: &mut Chat) -> highway::Result {
    chat.join("lobby")
}

#[route("say")]
async fn say(text: &str, chat: &mut Chat) -> highway::Result {
    chat.lines += 1;
    chat.state().0.fetch_add(1, Ordering::Relaxed);
    chat.to("lobby").send("said", (chat.lines, text)).await
}

#[route("query")]
async fn query(chat: &mut Chat) -> highway::Result {
    let query = chat.extension::<String>().cloned();
    chat.send("said", (0, query)).await
}

#[route("address")]
async fn address(chat: &mut Chat) -> highway::Result {
    let address = chat.peer_addr().map(|address| address.to_string());
    chat.send("said", (0, address)).await
}

#[route("slow")]
async fn slow(seconds: u64, chat: Connection<Chat>) -> highway::Result {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    chat.send("said", (0, "at last")).await
}

/// Tells the test what a client heard.
#[derive(Clone)]
struct Heard(mpsc::UnboundedSender<String>);

#[highway::client(state = Heard)]
struct Me {
    count: u32,
}

#[route("said")]
async fn said((line, text): (u32, String), me: &mut Me) {
    me.count += 1;
    let heard = format!("{}: {line} {text}", me.count);
    me.state().0.send(heard).expect("the test listens");
}

#[on(close)]
async fn closed(close: &Close, me: &mut Me) {
    let told = me.state().0.send(close.to_string());
    told.expect("the test listens");
}

fn me() -> (highway::Client<Me>, mpsc::UnboundedReceiver<String>) {
    let (sender, hears) = mpsc::unbounded_channel();
    (Me::client().state(Heard(sender)), hears)
}

#[test]
fn clients_and_peers_meet_in_rooms_as_in_production() {
    within_deadline(async {
        let state = Said::default();
        let server = test::server(Chat::server().state(state.clone()));
        let (me, mut hears) = me();
        let me = server.connect(me).await.unwrap();
        let mut peer = server.peer().serves(["said"]).await;

        me.send("say", "hi").await.unwrap();
        peer.expect("said", (1, "hi")).await;
        peer.send("say", "ho").await;
        peer.expect("said", (1, "ho")).await;
        assert_eq!(hears.recv().await.unwrap(), "1: 1 hi");
        assert_eq!(hears.recv().await.unwrap(), "2: 1 ho");
        assert_eq!(state.0.load(Ordering::Relaxed), 2);

        me.close().await;
        assert_eq!(hears.recv().await.unwrap(), "1000");
        assert_eq!(peer.close().await, Close::NORMAL);
    });
}

#[test]
fn server_knows_whoever_has_connected() {
    for _ in 0..50 {
        within_deadline(async {
            let server = test::server(Chat::server().state(Said::default()));
            let (me, mut hears) = me();
            let _me = server.connect(me).await.unwrap();
            let mut peer = server.peer().serves(["said"]).await;
            let handle = server.handle();
            assert_eq!(handle.connections(), 2);
            handle.everyone().send("said", (7, "all")).await.unwrap();
            peer.expect("said", (7, "all")).await;
            assert_eq!(hears.recv().await.unwrap(), "1: 7 all");
            handle.to("lobby").send("said", (8, "room")).await.unwrap();
            peer.expect("said", (8, "room")).await;
        });
    }
}

#[test]
fn hooks_see_headers_paths_and_addresses() {
    paused(async {
        let server = test::server(Chat::server().state(Said::default()));
        let refused = server.peer().header("x-banned", "1").try_connect().await;
        let refused = refused.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the server answered 403 Forbidden: go away"
        );
        let (me, _hears) = me();
        let refused = server.connect(me.header("x-banned", "1")).await;
        assert!(matches!(
            refused.unwrap_err(),
            Error::Connect {
                source: ConnectError::Refused {
                    status: StatusCode::FORBIDDEN,
                    ..
                },
                ..
            }
        ));

        let from = "192.0.2.7:5000".parse().unwrap();
        let peer = server.peer().serves(["said"]).path("/?room=red");
        let mut peer = peer.peer_addr(from).await;
        peer.send("query", ()).await;
        peer.expect("said", (0, "room=red")).await;
        peer.send("address", ()).await;
        peer.expect("said", (0, "192.0.2.7:5000")).await;
        let mut other = server.peer().serves(["said"]).await;
        other.send("address", ()).await;
        let (_, address): (u32, String) = other.next("said").await;
        assert!(address.starts_with("127.0.0.1:"), "{address}");
    });
}

#[test]
fn path_of_a_client_reaches_the_server() {
    paused(async {
        let server = test::server(Chat::server().state(Said::default()));
        let (me, mut hears) = me();
        let me = server.connect(me).path("/chat?room=blue").await.unwrap();
        me.send("query", ()).await.unwrap();
        assert_eq!(hears.recv().await.unwrap(), "1: 0 room=blue");
    });
}

#[test]
fn limits_hold_as_in_production() {
    paused(async {
        let builder = Chat::server().state(Said::default()).limits(|limits| {
            limits.connections_per_address = Some(1);
            limits.messages_per_second = Some(2);
        });
        let server = test::server(builder);
        let from = |port| ([192, 0, 2, 7], port).into();
        let mut peer = server.peer().peer_addr(from(1)).await;
        let refused = server.peer().peer_addr(from(2)).try_connect().await;
        assert!(matches!(
            refused.unwrap_err(),
            ConnectError::Refused {
                status: StatusCode::SERVICE_UNAVAILABLE,
                ..
            }
        ));
        // Behind the table.
        for _ in 0..2 {
            peer.send("say", "hi").await;
        }
        let close = peer.expect_closed(CloseCode::POLICY).await;
        assert_eq!(close, Close::TOO_MANY_MESSAGES);
        server.peer().peer_addr(from(3)).await;
    });
}

#[test]
fn foreign_origins_are_refused() {
    paused(async {
        let server = test::server(Chat::server().state(Said::default()));
        let page = |origin| server.peer().header("origin", origin).try_connect();
        assert!(page("http://in.memory").await.is_ok());
        page("http://evil.example").await.unwrap_err();
    });
}

#[test]
#[should_panic(expected = "the server can't be started")]
fn invalid_options_are_told() {
    paused(async {
        let origins = Origins::list(["no origin"]);
        test::server(Chat::server().state(Said::default()).origins(origins));
    });
}

#[test]
fn shutdown_tells_peers_lets_routes_end_and_refuses_whoever_comes() {
    paused(async {
        let server = test::server(Chat::server().state(Said::default()));
        let mut peer = server.peer().serves(["said"]).await;
        peer.send("slow", 3).await;
        let begin = Instant::now();
        let shutdown = async {
            server.shutdown().await;
            begin.elapsed()
        };
        let (took, close) = tokio::join!(shutdown, peer.expect_closed(CloseCode::GOING_AWAY));
        assert!(close.retry_after().is_some(), "{close}");
        assert!(took >= Duration::from_secs(3), "{took:?}");
        assert!(took < Duration::from_secs(4), "{took:?}");
        let refused = server.peer().try_connect().await.unwrap_err();
        assert!(matches!(refused, ConnectError::Io(_)), "{refused}");
        assert_eq!(server.handle().connections(), 0);
    });
}

#[test]
fn dropped_server_ends_its_connections() {
    paused(async {
        let server = test::server(Chat::server().state(Said::default()));
        let (me, mut hears) = me();
        let me = server.connect(me).await.unwrap();
        let mut peer = server.peer().await;
        drop(server);
        peer.expect_closed(CloseCode::ABNORMAL).await;
        assert_eq!(me.closed().await.code(), CloseCode::ABNORMAL);
        assert!(hears.recv().await.unwrap().starts_with("1006"));
    });
}

#[test]
fn peers_that_leave_are_forgotten() {
    paused(async {
        let server = test::server(Chat::server().state(Said::default()));
        let network = Network::new();
        for _ in 0..3 {
            let mut closed = server.peer().over(&network).await;
            let dropped = server.peer().over(&network).await;
            let mut other = server.peer().over(&network).await;
            assert_eq!(server.handle().connections(), 3);
            drop(dropped);
            closed.close().await;
            other.close_with(4000, "bye").await;
            assert_eq!(server.handle().connections(), 0);
            assert_eq!(server.handle().rooms(), [""; 0]);
            assert!(format!("{network:?}").contains("connections: 0"));
        }
    });
}
