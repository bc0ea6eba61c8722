//! The typed chat of the design: its programs word for word, with the bodies filled that it leaves open.

mod app;

use highway::{route, test};
use highway_tests::paused;
use tokio::sync::mpsc;

#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    unused_imports,
    unused_variables,
    clippy::pedantic,
    reason = "it is a program for people to read, whose `main` nobody calls here"
)]
#[rustfmt::skip]
// By its path, so that it finds `protocol.rs` beside it, as the program of a user does.
#[path = "client.rs"]
mod client;
#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    unused_imports,
    clippy::duplicate_mod,
    clippy::pedantic,
    reason = "it is a program for people to read, whose `main` nobody calls here"
)]
#[rustfmt::skip]
#[path = "server.rs"]
mod server;

#[highway::client(state = mpsc::UnboundedSender<(String, String)>)]
struct Listener;

#[derive(serde::Deserialize)]
struct Line {
    from: String,
    text: String,
}

#[route("said")]
async fn said(line: Line, listener: &mut Listener) {
    // A test that has ended hears nothing.
    let _ = listener.state().send((line.from, line.text));
}

#[test]
fn typed_chat_answers_calls_and_tells_all_others_in_the_room() {
    paused(async {
        let (heard_by_ada, mut ada_hears) = mpsc::unbounded_channel();
        let (heard_by_grace, mut grace_hears) = mpsc::unbounded_channel();
        let server = test::server(server::Chat::server());
        let ada = server.connect(Listener::client().state(heard_by_ada));
        let grace = server.connect(Listener::client().state(heard_by_grace));
        let (ada, grace) = (ada.await.unwrap(), grace.await.unwrap());

        let alone: Vec<String> = ada.call("join", "attic").await.unwrap();
        assert_eq!(alone.len(), 1);
        let both: Vec<String> = grace.call("join", "attic").await.unwrap();
        assert_eq!(both.len(), 2);
        assert!(both.starts_with(&alone));

        let changed: bool = ada.call("change-name", "Ada").await.unwrap();
        assert!(changed);
        ada.send("say", "hi").await.unwrap();
        let line = grace_hears.recv().await.unwrap();
        assert_eq!(line, ("Ada".to_owned(), "hi".to_owned()));
        grace.send("say", "hello").await.unwrap();
        // What she said herself would have come before.
        let line = ada_hears.recv().await.unwrap();
        assert_eq!(line, (String::new(), "hello".to_owned()));
    });
}
