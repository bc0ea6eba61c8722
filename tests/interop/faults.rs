//! What the reference peers do wrong does not show: section 8 of the protocol's description.

use std::time::{Duration, Instant};

use highway::CloseCode;
use highway_tests::{HighwayPy, Outcome, Trial, trials, within_deadline};

use crate::ours::{Event, connect, serve, serve_with};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        v0_1_client_never_hangs_at_the_table_behind_the_answer,
        one_server_talks_to_v0_1_and_v0_2,
        every_message_before_a_close_is_handled,
        table_of_one_client_does_not_reach_another,
        table_told_again_by_a_client_replaces_the_first,
        table_told_again_by_a_server_is_answered,
        server_that_leaves_tcp_open_does_not_hold_our_client,
        client_that_waits_for_the_end_of_tcp_ends_at_once,
    ]
}

/// Far below the 10 s after which the peers, and we, give up waiting.
const AT_ONCE: Duration = Duration::from_secs(5);

fn v0_1_client_never_hangs_at_the_table_behind_the_answer() -> Outcome {
    let v0_1 = HighwayPy::v0_1()?;
    within_deadline(async {
        // As users have it, without shorter limits.
        let (server, mut ours) = serve_with(|server| server.dialect_01(true)).await;
        let mut peer = v0_1.client();
        for _ in 0..6 {
            let mut numbers = Vec::new();
            for _ in 0..10 {
                numbers.push(peer.connect(&server.url));
            }
            for number in numbers {
                let routes = peer.ready(number).await;
                assert_eq!(routes.len(), 5);
                ours.ready().await;
                peer.close(number, 1000, "");
                peer.ended(number).await;
            }
        }
    });
    Ok(())
}

/// A server that speaks both finds out whom it talks to, for each connection.
fn one_server_talks_to_v0_1_and_v0_2() -> Outcome {
    let versions = [HighwayPy::v0_1()?, HighwayPy::v0_2()?];
    within_deadline(async {
        let (server, mut ours) = serve_with(|server| {
            // A busy machine may take its time with the answer of 0.2.
            server
                .dialect_01(true)
                .limits(|limits| limits.dialect_01_after = AT_ONCE)
        })
        .await;
        let mut peers = Vec::new();
        for version in versions.into_iter().rev() {
            let mut peer = version.client();
            peer.connect(&server.url);
            peer.ready(0).await;
            assert_eq!(ours.ready().await.dialect(), Some(version.dialect()));
            peers.push(peer);
        }
        for peer in &mut peers {
            let exchange = peer.exchange(0, &["True", "{'a': [1.5, None]}"]).await;
            exchange.check_all_equal_but_unsendable(0);
        }
    });
    Ok(())
}

fn every_message_before_a_close_is_handled() -> Outcome {
    for version in [HighwayPy::v0_1()?, HighwayPy::v0_2()?] {
        within_deadline(async {
            let (server, mut ours) = serve(version.dialect()).await;
            let mut peer = version.client();
            peer.connect(&server.url);
            let connection = ours.ready().await;
            peer.ready(0).await;
            for message in 0..10 {
                peer.send(0, "whole", &message.to_string());
            }
            peer.close(0, 4000, "enough");
            for message in 0..10 {
                assert_eq!(ours.received(&connection, "whole").await, message);
            }
            assert_eq!(ours.closed(&connection).await.0, 4000);
        });
    }
    // The other way round only 0.1 handles them all.
    let v0_1 = HighwayPy::v0_1()?;
    within_deadline(async {
        let (mut peer, url) = v0_1.server().await;
        let (connection, _ours) = connect(&url).await;
        peer.ready(0).await;
        for message in 0..10 {
            connection
                .send("echoed", message)
                .await
                .expect("it is sent");
        }
        connection.close().await;
        for message in 0..10 {
            let expected = ("int".to_owned(), message.to_string());
            assert_eq!(peer.received(0, "echoed").await, expected);
        }
    });
    Ok(())
}

/// The table of a peer with `echo` and `echoed` the other way round.
const SWAPPED_01: &[u8] = br#"{"routes":{"0":"meta","1":"echoed","2":"echo","3":"fail"}}"#;
const SWAPPED_02: &[u8] = br#"{"0":"meta","1":"echoed","2":"echo","3":"fail"}"#;

fn table_message(code: u8, table: &[u8]) -> Vec<u8> {
    [&[code, 0, 0, 0], table].concat()
}

fn table_of_one_client_does_not_reach_another() -> Outcome {
    let versions = [
        (HighwayPy::v0_1()?, table_message(1, SWAPPED_01)),
        (HighwayPy::v0_2()?, table_message(5, SWAPPED_02)),
    ];
    for (version, swapped) in versions {
        within_deadline(async {
            let (server, mut ours) = serve(version.dialect()).await;
            let mut peer = version.client();
            let first = peer.connect(&server.url);
            let to_first = ours.ready().await;
            peer.ready(first).await;
            let second = peer.connect(&server.url);
            let to_second = ours.ready().await;
            peer.ready(second).await;
            peer.send_raw(second, &swapped);
            // What comes back shows that the table before it was read.
            peer.send(second, "whole", "1");
            ours.received(&to_second, "whole").await;

            for (number, connection, route) in
                [(first, &to_first, "echoed"), (second, &to_second, "echo")]
            {
                connection.send("echoed", "text").await.expect("it is sent");
                let expected = ("str".to_owned(), "'text'".to_owned());
                assert_eq!(peer.received(number, route).await, expected);
            }
        });
    }
    Ok(())
}

fn table_told_again_by_a_client_replaces_the_first() -> Outcome {
    let versions = [
        (HighwayPy::v0_1()?, table_message(1, SWAPPED_01)),
        (HighwayPy::v0_2()?, table_message(5, SWAPPED_02)),
    ];
    for (version, swapped) in versions {
        within_deadline(async {
            let (server, mut ours) = serve(version.dialect()).await;
            let mut peer = version.client();
            peer.connect(&server.url);
            let connection = ours.ready().await;
            peer.ready(0).await;
            for _ in 0..3 {
                peer.send_raw(0, &swapped);
            }
            // Its routes are numbered as before, so this arrives at its `echo`, and what that sends here at our `echoed`.
            peer.send(0, "whole", "1");
            ours.received(&connection, "whole").await;
            connection.send("echoed", "text").await.expect("it is sent");
            assert_eq!(peer.received(0, "echo").await.1, "'text'");
            assert_eq!(ours.received(&connection, "echoed").await, "text");
            // A server that answered a table would make the client answer without end.
            assert!(!ours.has_happened(|event| matches!(event, Event::Ready(_))));
        });
    }
    Ok(())
}

fn table_told_again_by_a_server_is_answered() -> Outcome {
    let versions = [
        (HighwayPy::v0_1()?, table_message(1, SWAPPED_01)),
        (HighwayPy::v0_2()?, table_message(5, SWAPPED_02)),
    ];
    for (version, swapped) in versions {
        within_deadline(async {
            let (mut peer, url) = version.server().await;
            let (connection, mut ours) = connect(&url).await;
            ours.ready().await;
            let table = peer.ready(0).await;
            peer.send_raw(0, &swapped);
            assert_eq!(peer.ready(0).await, table);
            connection.send("echoed", "text").await.expect("it is sent");
            assert_eq!(peer.received(0, "echo").await.1, "'text'");
            assert_eq!(ours.received(&connection, "echoed").await, "text");
            assert!(!ours.has_happened(|event| matches!(event, Event::Ready(_))));
        });
    }
    Ok(())
}

fn server_that_leaves_tcp_open_does_not_hold_our_client() -> Outcome {
    let v0_1 = HighwayPy::v0_1()?;
    within_deadline(async {
        let (mut peer, url) = v0_1.server().await;
        let (connection, _ours) = connect(&url).await;
        peer.ready(0).await;
        let begun = Instant::now();
        peer.close(0, 4000, "enough");
        assert_eq!(connection.closed().await.code(), CloseCode::from(4000));
        assert!(begun.elapsed() < AT_ONCE);
    });
    Ok(())
}

fn client_that_waits_for_the_end_of_tcp_ends_at_once() -> Outcome {
    let v0_2 = HighwayPy::v0_2()?;
    within_deadline(async {
        let (server, mut ours) = serve(v0_2.dialect()).await;
        let mut peer = v0_2.client();
        for we_begin in [true, false] {
            let number = peer.connect(&server.url);
            let connection = ours.ready().await;
            peer.ready(number).await;
            let begun = Instant::now();
            if we_begin {
                connection.close().await;
            } else {
                peer.close(number, 1000, "");
            }
            peer.ended(number).await;
            assert!(begun.elapsed() < AT_ONCE);
        }
    });
    Ok(())
}
