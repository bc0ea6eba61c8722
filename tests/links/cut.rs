//! Links that are cut at each byte of a dialogue, in either direction.

use std::time::Duration;

use highway_tests::{paused, within_deadline};

use crate::{
    dialogue::{Client, Sides, between, say},
    relay::{Cut, Link},
};

const MESSAGES: u32 = 6;

/// Lets both sides talk over the link until it is cut or they are done, and gives back the bytes there and back.
async fn talk(sides: &Sides, link: Link) -> (usize, usize) {
    let control = link.control();
    let Some(connection) = sides.try_connect(link).await else {
        sides.both_ended().await;
        return *control.arrived.borrow();
    };
    let said = say(&connection, MESSAGES).await;
    // All echoes, or the end.
    sides
        .client
        .until(|seen| seen.numbers.len() == MESSAGES as usize || !seen.closes.is_empty())
        .await;
    connection.close().await;
    sides.both_ended().await;
    let (server, client) = (sides.server.seen(), sides.client.seen());
    sides.server.check_order();
    sides.client.check_order();
    // Nothing was handled that was not said, and nothing echoed that was not handled.
    assert!(server.numbers.len() <= said as usize);
    assert!(client.numbers.len() <= server.numbers.len());
    let orderly = client.closes[0].code().as_u16() == 1000;
    assert!(!orderly || server.numbers.len() == MESSAGES as usize);
    *control.arrived.borrow()
}

fn sides() -> Sides {
    Sides::new(|limits| {
        limits.ping_interval = Duration::from_secs(2);
        limits.pong_timeout = Duration::from_secs(2);
    })
}

/// The link with its cut after a number of bytes, there or back.
fn cut_link(there: bool, after: usize, cut: Cut) -> Link {
    let mut link = Link::new();
    let way = if there {
        &mut link.there
    } else {
        &mut link.back
    };
    way.cut_after = Some(after);
    link.cut = cut;
    link
}

fn check(cut: Cut) {
    paused(async move {
        let (there, back) = talk(&sides(), Link::new()).await;
        assert!(there > 500 && back > 500, "{there}, {back}");
        for (is_there, len) in [(true, there), (false, back)] {
            for after in 0..=len {
                let sides = sides();
                talk(&sides, cut_link(is_there, after, cut)).await;
                assert_eq!(sides.memory.handle().connections(), 0);
            }
        }
    });
}

#[test]
fn each_byte_may_be_the_last_before_the_end() {
    check(Cut::End);
}

#[test]
fn each_byte_may_be_the_last_before_silence() {
    check(Cut::Silence);
}

#[test]
fn each_byte_may_be_the_last_before_a_reset() {
    within_deadline(async {
        for there in [true, false] {
            let mut after = 0;
            // Until a dialogue is through before it is cut.
            loop {
                let sides = sides();
                let bound = sides.bind().await;
                let url = between(
                    bound.local_addr(),
                    move || cut_link(there, after, Cut::End),
                    true,
                )
                .await;
                let (server, client) = (sides.server.clone(), sides.client.clone());
                let handle = bound.handle();
                let running = tokio::spawn(bound.into_future());
                let connecting = Client::client().state(client.clone()).connect(&url).await;
                if let Ok(connection) = connecting {
                    say(&connection, MESSAGES).await;
                    client
                        .until(|seen| {
                            seen.numbers.len() == MESSAGES as usize || !seen.closes.is_empty()
                        })
                        .await;
                    connection.close().await;
                }
                handle.shutdown();
                running.await.expect("no panic").expect("it ends well");
                let (seen, there_seen) = (client.seen(), server.seen());
                assert_eq!(seen.closes.len(), seen.opened, "{after}: {seen:?}");
                assert_eq!(
                    there_seen.closes.len(),
                    there_seen.opened,
                    "{after}: {there_seen:?}"
                );
                client.check_order();
                server.check_order();
                assert!(seen.numbers.len() <= there_seen.numbers.len());
                if seen
                    .closes
                    .first()
                    .is_some_and(|close| close.code().as_u16() == 1000)
                {
                    break;
                }
                after += 1;
            }
            assert!(after > 500, "{after}");
        }
    });
}
