//! Faulty links between real sockets.

use std::time::Duration;

use highway::CloseCode;
use highway_tests::within_deadline;

use crate::{
    dialogue::{Client, Sides, between, say, text},
    relay::{Flow, Link, Way},
};

const MESSAGES: u32 = 200;

/// A dialogue over a link between two sockets.
fn check(way: &Way) {
    let way = way.clone();
    within_deadline(async move {
        let sides = Sides::new(|_| {});
        let bound = sides.bind().await;
        let url = between(bound.local_addr(), move || Link::symmetric(&way), false).await;
        tokio::spawn(bound.into_future());
        let client = Client::client().state(sides.client.clone());
        let connection = client.connect(&url).await.expect("it connects");
        assert_eq!(say(&connection, MESSAGES).await, MESSAGES);
        sides.client.all(MESSAGES).await;
        sides.server.all(MESSAGES).await;
        connection.close().await;
        sides.server.until(|seen| seen.closes.len() == 1).await;
        assert_eq!(sides.server.seen().closes[0].code(), CloseCode::NORMAL);
        assert_eq!(sides.client.seen().closes[0].code(), CloseCode::NORMAL);
    });
}

#[test]
fn single_bytes_make_whole_messages() {
    check(&Way {
        slice: 1,
        ..Way::default()
    });
}

#[test]
fn latency_with_jitter_keeps_every_message_in_its_order() {
    check(&Way {
        slice: 100,
        latency: Duration::from_millis(1)..Duration::from_millis(30),
        ..Way::default()
    });
}

/// The systems on both ways take what is sent, and nobody is there.
#[test]
fn full_outbox_over_a_half_open_link_is_found() {
    within_deadline(async {
        let sides = Sides::new(|limits| {
            limits.ping_interval = Duration::from_millis(400);
            limits.pong_timeout = Duration::from_millis(400);
        });
        let bound = sides.bind().await;
        let link = Link::new();
        let control = link.control();
        let mut link = Some(link);
        let url = between(
            bound.local_addr(),
            move || link.take().expect("one client connects"),
            false,
        )
        .await;
        let handle = bound.handle();
        tokio::spawn(bound.into_future());
        let client = Client::client()
            .state(sides.client.clone())
            .limits(|limits| {
                limits.ping_interval = Duration::from_millis(400);
                limits.pong_timeout = Duration::from_millis(400);
            });
        let connection = client.connect(&url).await.expect("it connects");
        control.both(Flow::Stalled);
        let large = "x".repeat(100_000);
        while connection.try_send("large", &large).is_ok() {
            tokio::task::yield_now().await;
        }
        control.both(Flow::Silent);
        // It waits for room, and gets it or the end.
        let _ = connection.send("count", (0, text(0))).await;
        assert_eq!(connection.closed().await.code(), CloseCode::ABNORMAL);
        sides.server.until(|seen| seen.closes.len() == 1).await;
        assert_eq!(sides.server.seen().closes[0].code(), CloseCode::ABNORMAL);
        assert_eq!(handle.connections(), 0);
    });
}
