//! Protocols and handlers of another crate: served and called by path, by name, re-exported and under other names.

use futures_util::{Stream, stream};
use highway::{Connection, Failure, connection::ConnectionId, route};
use highway_tests::{
    protocol::{
        Line, Silent, client,
        renamed::{chat, rename, speak},
        server,
    },
    within_deadline,
};

use crate::support::{Probe, start};

/// It has two protocols of another crate, and a hook that may exist once.
#[highway::server(serves = chat, peer = client)]
struct Chat {
    name: String,
    lines: Vec<Line>,
}

#[route(speak)]
async fn say(text: String, chat: &mut Chat) -> highway::Result {
    let line = Line {
        from: chat.name.clone(),
        text,
    };
    chat.lines.push(line.clone());
    chat.send(client::said, &line).await
}

#[route(rename)]
async fn change_name(name: String, chat: &mut Chat) -> bool {
    chat.name = name;
    true
}

#[route("lines")]
async fn lines(chat: &mut Chat) -> Vec<Line> {
    chat.lines.clone()
}

#[route(server::count_all)]
async fn count_all(chat: &mut Chat) -> u64 {
    chat.lines.len() as u64
}

#[route("the-number-of-lines-of-everybody-in-this-room")]
async fn count_here(chat: &mut Chat) -> u64 {
    chat.lines.len() as u64
}

#[highway::on(pipe)]
async fn may_reach(to: Connection<Chat>, from: &mut Chat) -> Result<ConnectionId, Failure> {
    drop(to);
    Ok(from.id())
}

/// One of the routes stands in a module of its own.
mod replaying {
    use super::*;

    #[route(highway_tests::protocol::server::replay)]
    async fn replay(chat: &mut Chat) -> impl Stream<Item = Line> + use<> {
        stream::iter(chat.lines.clone())
    }
}

#[highway::client(serves = client, peer = server, state = Probe)]
struct Me;

#[route(client::said)]
async fn said(line: Line, me: &mut Me) {
    me.state().saw(format!("{}: {}", line.from, line.text));
}

async fn connect(url: &str) -> (Connection<Me>, crate::support::Seen) {
    let (probe, seen) = Probe::new();
    let me = Me::client().state(probe).strict(true).connect(url).await;
    (me.expect("the contracts agree"), seen)
}

#[test]
fn protocol_of_another_crate_is_served() {
    within_deadline(async {
        let server = start(Chat::server().strict(true)).await;
        let (me, mut seen) = connect(&server.url).await;
        assert!(me.call(server::change_name, "Ada").await.unwrap());
        me.send(chat::say, "hi").await.unwrap();
        seen.expect("Ada: hi").await;
        let line = Line {
            from: "Ada".to_owned(),
            text: "hi".to_owned(),
        };
        assert_eq!(
            me.call(server::lines, ()).await.unwrap(),
            std::slice::from_ref(&line)
        );
        let mut replay = me.stream(chat::replay, ()).await.unwrap();
        assert_eq!(replay.next().await.unwrap().unwrap(), line);
        assert!(replay.next().await.is_none());
        assert_eq!(me.call(server::count_all, ()).await.unwrap(), 1);
        assert_eq!(me.call(server::count_here, ()).await.unwrap(), 1);
        me.close().await;
        server.stop().await;
    });
}

#[test]
fn handler_of_another_crate_has_the_routes_that_stand_there() {
    within_deadline(async {
        let server = start(Silent::server().strict(true)).await;
        let (me, _) = connect(&server.url).await;
        assert!(me.call(server::change_name, "Ada").await.unwrap());
        assert!(!me.call(server::change_name, "Ada").await.unwrap());
        assert!(me.call(server::lines, ()).await.unwrap().is_empty());
        me.close().await;
        server.stop().await;
    });
}
