//! Links that carry nothing any more and tell nobody: both sides find out in time.

use std::time::Duration;

use highway::CloseCode;
use highway_tests::paused;
use tokio::time::Instant;

use crate::{
    dialogue::{Sides, say, text},
    relay::{Flow, Link},
};

/// Enough for more than the streams, the link and both outboxes hold.
const MANY: u32 = 10_000;

const PING_INTERVAL: Duration = Duration::from_secs(2);
const PONG_TIMEOUT: Duration = Duration::from_secs(3);
const WRITE_TIMEOUT: Duration = Duration::from_secs(4);

fn sides() -> Sides {
    Sides::new(|limits| {
        limits.ping_interval = PING_INTERVAL;
        limits.pong_timeout = PONG_TIMEOUT;
        limits.write_timeout = WRITE_TIMEOUT;
        limits.outbox_bytes = 10_000;
        limits.queue_messages = 8;
    })
}

/// That both sides end within the time, and not as if the other had wanted it.
async fn both_are_lost(sides: &Sides, since: Instant, within: Duration) {
    sides.both_ended().await;
    let took = since.elapsed();
    assert!(took <= within, "{took:?}");
    for log in [&sides.server, &sides.client] {
        let seen = log.seen();
        assert_eq!(seen.opened, 1);
        assert_eq!(seen.closes[0].code(), CloseCode::ABNORMAL, "{seen:?}");
        log.check_order();
    }
    assert_eq!(sides.memory.handle().connections(), 0);
}

/// The link does not carry what is said from some moment on, there, back, or in both directions.
fn check(there: Flow, back: Flow, messages: u32, within: Duration) {
    paused(async move {
        let sides = sides();
        let link = Link::new();
        let control = link.control();
        let connection = sides.connect(link).await;
        assert_eq!(say(&connection, 5).await, 5);
        sides.client.all(5).await;
        control.there.send_replace(there);
        control.back.send_replace(back);
        let since = Instant::now();
        let send = async {
            for number in 5..5 + messages {
                if connection
                    .send("count", (number, text(number)))
                    .await
                    .is_err()
                {
                    return;
                }
            }
            assert_eq!(messages, 0, "not all of it can have found room");
        };
        let ((), ()) = tokio::join!(send, both_are_lost(&sides, since, within));
        assert_eq!(connection.closed().await.code(), CloseCode::ABNORMAL);
    });
}

/// One side finds out by itself; the other by it where the link lets that through, else by itself.
const IDLE: Duration = Duration::from_secs(5 + 1);

#[test]
fn idle_connection_over_a_dead_link_is_found() {
    for flow in [Flow::Stalled, Flow::Silent] {
        check(flow, flow, 0, IDLE);
    }
}

#[test]
fn idle_connection_over_half_a_link_is_found() {
    for flow in [Flow::Stalled, Flow::Silent] {
        check(flow, Flow::Open, 0, 2 * IDLE);
        check(Flow::Open, flow, 0, 2 * IDLE);
    }
}

#[test]
fn busy_connection_over_a_stalled_link_is_found() {
    let within = IDLE.saturating_add(WRITE_TIMEOUT);
    check(Flow::Stalled, Flow::Stalled, MANY, within);
    check(Flow::Stalled, Flow::Open, MANY, 2 * within);
    check(Flow::Open, Flow::Stalled, MANY, 2 * within);
}

#[test]
fn full_outbox_over_a_half_open_link_is_found() {
    paused(async {
        let sides = sides();
        let link = Link::new();
        let control = link.control();
        let connection = sides.connect(link).await;
        // As full as it gets.
        control.both(Flow::Stalled);
        let mut number = 0;
        while connection.try_send("count", (number, text(number))).is_ok() {
            number += 1;
            tokio::task::yield_now().await;
        }
        let since = Instant::now();
        let waits = connection.send("count", (number, text(number)));
        // From here on it takes everything and nothing arrives.
        control.both(Flow::Silent);
        waits.await.expect("the outbox gets empty");
        both_are_lost(&sides, since, IDLE).await;
        let error = connection.send("count", (number, "")).await;
        error.expect_err("the connection has ended");
    });
}

/// The client finds out. The server does not while its route runs and it reads nothing: it can't hear, and what it writes is
/// taken.
#[test]
fn full_queue_over_a_half_open_link_is_found_by_the_client() {
    paused(async {
        let sides = sides();
        let link = Link::new();
        let control = link.control();
        let connection = sides.connect(link).await;
        connection.send("hang", ()).await.expect("there is room");
        while connection.try_send("count", (0, "")).is_ok() {
            tokio::task::yield_now().await;
        }
        control.both(Flow::Silent);
        let since = Instant::now();
        connection.closed().await;
        assert!(since.elapsed() <= IDLE, "{:?}", since.elapsed());
    });
}
