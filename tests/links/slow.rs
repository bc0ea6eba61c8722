//! Links that are slow, in each way that a link can be: nothing is lost, and nobody is taken for dead.

use std::time::Duration;

use highway_tests::paused;
use tokio::time::Instant;

use crate::{
    dialogue::{Sides, say},
    relay::{Flow, Link, Way},
};

const MESSAGES: u32 = 300;

/// Lets both sides talk over a link with the default limits, and gives back how long it took.
async fn talk(link: Link) -> Duration {
    let sides = Sides::new(|_| {});
    let start = Instant::now();
    let connection = sides.connect(link).await;
    assert_eq!(say(&connection, MESSAGES).await, MESSAGES);
    sides.server.all(MESSAGES).await;
    sides.client.all(MESSAGES).await;
    let took = start.elapsed();
    connection.close().await;
    sides.both_ended().await;
    for log in [&sides.server, &sides.client] {
        assert_eq!(
            log.seen().closes[0].code().as_u16(),
            1000,
            "{:?}",
            log.seen().closes
        );
        assert_eq!(log.seen().numbers.len(), MESSAGES as usize);
    }
    took
}

#[test]
fn latency_with_jitter_keeps_every_message_in_its_order() {
    paused(async {
        let took = talk(Link::symmetric(&Way {
            latency: Duration::from_millis(50)..Duration::from_millis(800),
            ..Way::default()
        }))
        .await;
        // The upgrade, the tables and the echoes go forth and back.
        assert!(took > Duration::from_millis(300), "{took:?}");
    });
}

#[test]
fn single_bytes_make_whole_messages() {
    paused(async {
        let way = Way {
            slice: 1,
            ..Way::default()
        };
        talk(Link::symmetric(&way)).await;
    });
}

#[test]
fn kilobytes_a_second_are_enough() {
    paused(async {
        let took = talk(Link::symmetric(&Way {
            slice: 100,
            bytes_per_second: Some(1000),
            ..Way::default()
        }))
        .await;
        // Longer than every limit together.
        assert!(took > Duration::from_secs(60), "{took:?}");
    });
}

#[test]
fn one_slow_direction_is_enough() {
    for there_is_slow in [true, false] {
        paused(async {
            let slow = Way {
                slice: 7,
                bytes_per_second: Some(1000),
                latency: Duration::from_millis(100)..Duration::from_secs(1),
                ..Way::default()
            };
            let mut link = Link::new();
            if there_is_slow {
                link.there = slow;
            } else {
                link.back = slow;
            }
            assert!(talk(link).await > Duration::from_secs(60));
        });
    }
}

/// Whoever sends a message that takes longer than all limits is alive all the while.
#[test]
fn large_message_may_take_its_time() {
    paused(async {
        const LEN: u32 = 100_000;

        let sides = Sides::new(|_| {});
        let connection = sides
            .connect(Link::symmetric(&Way {
                slice: 100,
                bytes_per_second: Some(1000),
                ..Way::default()
            }))
            .await;
        let start = Instant::now();
        let text = "x".repeat(LEN as usize);
        connection.send("large", text).await.expect("there is room");
        sides
            .client
            .until(|seen| seen.numbers.len() == 2 || !seen.closes.is_empty())
            .await;
        let seen = sides.client.seen();
        assert_eq!(
            seen.numbers,
            [0, LEN],
            "{seen:?} after {:?}",
            start.elapsed()
        );
        assert!(start.elapsed() > Duration::from_secs(150));
    });
}

/// How a link stalls: there, back, or both.
const STALLS: [(bool, bool); 3] = [(true, false), (false, true), (true, true)];

fn set(link: &crate::relay::Control, (there, back): (bool, bool), flow: Flow) {
    if there {
        link.there.send_replace(flow);
    }
    if back {
        link.back.send_replace(flow);
    }
}

#[test]
fn short_stalls_end_nothing() {
    for stall in STALLS {
        for messages in [0, MESSAGES] {
            paused(async {
                let sides = Sides::new(|limits| {
                    limits.ping_interval = Duration::from_secs(2);
                    limits.pong_timeout = Duration::from_secs(2);
                    limits.write_timeout = Duration::from_secs(2);
                });
                let link = Link::new();
                let control = link.control();
                let connection = sides.connect(link).await;
                for _ in 0..20 {
                    set(&control, stall, Flow::Stalled);
                    tokio::time::sleep(Duration::from_millis(1900)).await;
                    set(&control, stall, Flow::Open);
                    tokio::time::sleep(Duration::from_millis(400)).await;
                }
                let stalls = async {
                    set(&control, stall, Flow::Stalled);
                    tokio::time::sleep(Duration::from_millis(1900)).await;
                    set(&control, stall, Flow::Open);
                };
                let (said, ()) = tokio::join!(say(&connection, messages), stalls);
                assert_eq!(said, messages);
                sides.server.all(messages).await;
                sides.client.all(messages).await;
                for log in [&sides.server, &sides.client] {
                    assert!(log.seen().closes.is_empty(), "{:?}", log.seen());
                }
            });
        }
    }
}

#[test]
fn end_that_comes_late_is_still_an_orderly_close() {
    // Sooner than the limit, and never.
    for end_after in [Some(Duration::from_secs(5)), None] {
        paused(async move {
            let sides = Sides::new(|_| {});
            let connection = sides
                .connect(Link::symmetric(&Way {
                    end_after,
                    ..Way::default()
                }))
                .await;
            assert_eq!(say(&connection, 10).await, 10);
            let start = Instant::now();
            connection.close().await;
            sides.both_ended().await;
            assert!(
                start.elapsed() <= Duration::from_secs(21),
                "{:?}",
                start.elapsed()
            );
            assert_eq!(sides.server.seen().numbers.len(), 10);
            for log in [&sides.server, &sides.client] {
                log.check_order();
                assert_eq!(log.seen().closes[0].code().as_u16(), 1000);
            }
        });
    }
}
