//! Connections close with the codes and reasons that each side expects of the other.

use highway::{Close, CloseCode, Error, SendError, wire::Dialect};
use highway_tests::{HighwayPy, Outcome, Trial, trials, within_deadline};

use crate::{
    ours::{connect, serve, serve_with, with_dialect},
    vectors,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        what_v0_1_client_does_wrong_is_closed_as_the_design_says,
        what_v0_2_client_does_wrong_is_closed_as_the_design_says,
        what_v0_1_server_does_wrong_is_closed_as_the_design_says,
        what_v0_2_server_does_wrong_is_closed_as_the_design_says,
        values_beyond_our_limits_close_the_connection,
        messages_beyond_the_limit_are_closed_by_both_sides,
        our_server_tells_v0_1_and_v0_2_that_it_shuts_down,
        codes_of_applications_arrive_at_both_sides,
        routes_that_fail_at_the_peer_are_told_to_us,
        sending_to_a_route_that_the_peer_lacks_harms_nothing,
    ]
}

/// What a peer does wrong, and the close that it gets from us.
pub(crate) struct Mistake {
    pub(crate) message: Vec<u8>,
    pub(crate) close: Close,
}

/// The rows of the design's table that a peer can bring about with one message. `whole` and `fail` are the ids that we
/// told for these routes.
pub(crate) fn mistakes(dialect: Dialect, fail: u16, whole: u16) -> Vec<Mistake> {
    let (int, text, list) = match dialect {
        Dialect::V01 => (3, 0, 1),
        Dialect::V02 => (1, 0, 4),
        Dialect::Extended => unreachable!("no published peer speaks it"),
    };
    let message = |code: u8, route: u16, payload: &[u8]| {
        let mut message = vec![code, 0];
        message.extend(route.to_le_bytes());
        message.extend(payload);
        message
    };
    let mistake = |message, close| Mistake { message, close };
    vec![
        mistake(vec![], Close::MALFORMED_HEADER),
        mistake(vec![text, 0, 1], Close::MALFORMED_HEADER),
        mistake(message(9, 1, b""), Close::MALFORMED_HEADER),
        // An unknown type wins over an unknown route, and that over a bad payload.
        mistake(message(200, 999, b""), Close::MALFORMED_HEADER),
        mistake(message(int, 999, b"no number"), Close::NO_SUCH_ROUTE),
        mistake(message(int, 1, b"no number"), Close::CONVERT_FAILED),
        mistake(message(text, 1, b"\xff"), Close::CONVERT_FAILED),
        mistake(message(list, 1, b"[1,"), Close::CONVERT_FAILED),
        mistake(message(text, whole, b"a text"), Close::CONVERT_FAILED),
        mistake(message(text, fail, b"please"), Close::INTERNAL_ERROR),
        mistake(message(list, 0, b"[1]"), Close::INVALID_ROUTES),
        mistake(message(int, 0, b"1"), Close::INVALID_ROUTES),
    ]
}

pub(crate) fn told(close: &Close) -> (u16, String) {
    (close.code().as_u16(), close.reason().to_owned())
}

fn what_v0_1_client_does_wrong_is_closed_as_the_design_says() -> Outcome {
    their_client_does_wrong(HighwayPy::v0_1()?);
    Ok(())
}

fn what_v0_2_client_does_wrong_is_closed_as_the_design_says() -> Outcome {
    their_client_does_wrong(HighwayPy::v0_2()?);
    Ok(())
}

fn what_v0_1_server_does_wrong_is_closed_as_the_design_says() -> Outcome {
    their_server_does_wrong(HighwayPy::v0_1()?);
    Ok(())
}

fn what_v0_2_server_does_wrong_is_closed_as_the_design_says() -> Outcome {
    their_server_does_wrong(HighwayPy::v0_2()?);
    Ok(())
}

fn their_client_does_wrong(version: &HighwayPy) {
    within_deadline(async {
        let (server, mut ours) = serve(version.dialect()).await;
        let mut peer = version.client();
        // Bystanders are not to notice any of it.
        let bystander = peer.connect(&server.url);
        ours.ready().await;
        let routes = peer.ready(bystander).await;
        let id = |name: &str| id_of(&routes, name);
        for mistake in mistakes(version.dialect(), id("fail"), id("whole")) {
            let number = peer.connect(&server.url);
            let connection = ours.ready().await;
            peer.ready(number).await;
            peer.send_raw(number, &mistake.message);
            let expected = told(&mistake.close);
            assert_eq!(peer.closed(number).await, expected, "{:?}", mistake.message);
            assert_eq!(ours.closed(&connection).await, expected);
            assert_eq!(peer.ended(number).await, None);
        }
        let exchange = peer.exchange(bystander, &["'still here'"]).await;
        exchange.check_all_equal_but_unsendable(0);
    });
}

fn their_server_does_wrong(version: &HighwayPy) {
    within_deadline(async {
        let (mut peer, url) = version.server().await;
        let (bystander, _other) = connect(&url).await;
        let routes = peer.ready(0).await;
        let id = |name: &str| id_of(&routes, name);
        for (number, mistake) in (1..).zip(mistakes(version.dialect(), id("fail"), id("whole"))) {
            let (connection, mut ours) = connect(&url).await;
            peer.ready(number).await;
            peer.send_raw(number, &mistake.message);
            let expected = told(&mistake.close);
            assert_eq!(
                ours.closed(&connection).await,
                expected,
                "{:?}",
                mistake.message
            );
            assert_eq!(peer.closed(number).await, expected);
        }
        bystander
            .send("echo", "still here")
            .await
            .expect("the connection stays");
    });
}

pub(crate) fn id_of(routes: &std::collections::BTreeMap<String, String>, name: &str) -> u16 {
    let id = routes
        .iter()
        .find_map(|(id, route)| (route == name).then_some(id));
    id.and_then(|id| id.parse().ok())
        .expect("we told this route")
}

fn values_beyond_our_limits_close_the_connection() -> Outcome {
    for version in [HighwayPy::v0_1()?, HighwayPy::v0_2()?] {
        within_deadline(async {
            let (server, mut ours) = serve(version.dialect()).await;
            let mut peer = version.client();
            for (value, code) in vectors::refused(version.dialect()) {
                let number = peer.connect(&server.url);
                ours.ready().await;
                peer.ready(number).await;
                peer.send(number, "echo", value);
                assert_eq!(peer.closed(number).await.0, *code, "{value}");
            }
        });
    }
    Ok(())
}

fn messages_beyond_the_limit_are_closed_by_both_sides() -> Outcome {
    let v0_2 = HighwayPy::v0_2()?;
    for version in [HighwayPy::v0_1()?, v0_2] {
        within_deadline(async {
            let (server, mut ours) = serve_with(|server| {
                with_dialect(version.dialect(), server)
                    .limits(|limits| limits.message_bytes = 64 * 1024)
            })
            .await;
            let mut peer = version.client();
            peer.connect(&server.url);
            let connection = ours.ready().await;
            peer.ready(0).await;
            // With the header it is just what is allowed.
            let exchange = peer.exchange(0, &["'x' * (64 * 1024 - 4)"]).await;
            exchange.check_all_equal_but_unsendable(0);
            peer.send(0, "echo", "'x' * (64 * 1024 - 3)");
            assert_eq!(peer.closed(0).await.0, 1009);
            assert_eq!(ours.closed(&connection).await.0, 1009);
        });
    }
    within_deadline(async {
        let (mut peer, url) = v0_2.server().await;
        let (connection, mut ours) = connect(&url).await;
        peer.ready(0).await;
        let largest = "x".repeat(1024 * 1024 - 4);
        connection.send("echo", &largest).await.expect("it is sent");
        peer.received(0, "echo").await;
        assert_eq!(ours.received(&connection, "echoed").await, *largest);
        connection
            .send("echo", format!("{largest}x"))
            .await
            .expect("it is sent");
        // It is the peer's limit, which says nothing.
        assert_eq!(ours.closed(&connection).await, (1009, String::new()));
    });
    Ok(())
}

fn our_server_tells_v0_1_and_v0_2_that_it_shuts_down() -> Outcome {
    for version in [HighwayPy::v0_1()?, HighwayPy::v0_2()?] {
        within_deadline(async {
            let (server, mut ours) = serve(version.dialect()).await;
            let mut peer = version.client();
            peer.connect(&server.url);
            let connection = ours.ready().await;
            peer.ready(0).await;
            server.stop().await;
            assert_eq!(peer.closed(0).await.0, 1001);
            assert_eq!(ours.closed(&connection).await.0, 1001);
            assert_eq!(peer.ended(0).await, None);
        });
    }
    Ok(())
}

fn codes_of_applications_arrive_at_both_sides() -> Outcome {
    for version in [HighwayPy::v0_1()?, HighwayPy::v0_2()?] {
        within_deadline(async {
            let (server, mut ours) = serve(version.dialect()).await;
            let mut peer = version.client();
            for (code, reason) in [(4000, "enough"), (1000, "")] {
                let expected = (code, reason.to_owned());

                let number = peer.connect(&server.url);
                let connection = ours.ready().await;
                peer.ready(number).await;
                peer.close(number, code, reason);
                assert_eq!(ours.closed(&connection).await, expected);
                assert_eq!(peer.ended(number).await, None);

                let number = peer.connect(&server.url);
                let connection = ours.ready().await;
                peer.ready(number).await;
                connection
                    .close_with(CloseCode::from(code), reason)
                    .await
                    .expect("it closes");
                assert_eq!(peer.closed(number).await, expected);
                assert_eq!(peer.ended(number).await, None);
            }
        });
        within_deadline(async {
            let (mut peer, url) = version.server().await;
            let expected = (4000, "enough".to_owned());

            let (connection, mut ours) = connect(&url).await;
            peer.ready(0).await;
            peer.close(0, 4000, "enough");
            assert_eq!(ours.closed(&connection).await, expected);

            let (connection, _ours) = connect(&url).await;
            peer.ready(1).await;
            connection
                .close_with(4000, "enough")
                .await
                .expect("it closes");
            assert_eq!(peer.closed(1).await, expected);
        });
    }
    Ok(())
}

fn routes_that_fail_at_the_peer_are_told_to_us() -> Outcome {
    // 0.1 drops the TCP connection, without a close frame.
    let versions = [
        (HighwayPy::v0_1()?, CloseCode::ABNORMAL.as_u16()),
        (HighwayPy::v0_2()?, CloseCode::INTERNAL_ERROR.as_u16()),
    ];
    for (version, code) in versions {
        within_deadline(async {
            let (mut peer, url) = version.server().await;
            let (connection, mut ours) = connect(&url).await;
            peer.ready(0).await;
            connection.send("fail", "please").await.expect("it is sent");
            assert_eq!(ours.closed(&connection).await.0, code);
        });
        within_deadline(async {
            let (server, mut ours) = serve(version.dialect()).await;
            let mut peer = version.client();
            peer.connect(&server.url);
            let connection = ours.ready().await;
            connection.send("fail", "please").await.expect("it is sent");
            assert_eq!(ours.closed(&connection).await.0, code);
        });
    }
    Ok(())
}

fn sending_to_a_route_that_the_peer_lacks_harms_nothing() -> Outcome {
    for version in [HighwayPy::v0_1()?, HighwayPy::v0_2()?] {
        within_deadline(async {
            let (mut peer, url) = version.server().await;
            let (connection, mut ours) = connect(&url).await;
            peer.ready(0).await;
            match connection.send("ecko", 1).await {
                Err(Error::NotSent {
                    source: SendError::NoSuchRoute { nearest },
                    ..
                }) => {
                    assert_eq!(nearest.first().map(String::as_str), Some("echo"));
                }
                other => panic!("{other:?}"),
            }
            connection
                .send("echo", 1)
                .await
                .expect("the connection stays");
            assert_eq!(ours.received(&connection, "echoed").await, 1);
        });
    }
    Ok(())
}
