//! The published versions of highway.py talk to themselves, which shows that the peers of the interop
//! tests do and tell what they should.

use std::{process::ExitCode, time::Duration};

use highway_tests::{Event, HighwayPy, Outcome, Peer, run, trials, within_deadline};

fn main() -> ExitCode {
    run(trials![
        peers_tell_values_apart_by_type_and_order,
        v0_1_echoes_every_type_both_ways,
        v0_1_tells_routes_values_and_close_codes,
        v0_2_echoes_every_type_both_ways,
        v0_2_tells_routes_values_and_close_codes,
        v0_1_and_v0_2_do_not_understand_each_other,
    ])
}

/// One value of each type that both dialects know, with the odd ones of each.
const VALUES: &[&str] = &[
    "''",
    "'héllo ☃ 🎉'",
    "0",
    "-10**40",
    "1.0",
    "-0.0",
    "nan",
    "-inf",
    "True",
    "False",
    "None",
    "bytes(range(256))",
    "[]",
    "[1, 2.5, 'three', None, True, [{}]]",
    "{'z': 1, 'a': [2]}",
];

/// Every other test of values stands on this comparison.
fn peers_tell_values_apart_by_type_and_order() -> Outcome {
    let output = HighwayPy::v0_1()?
        .python()
        .args(["-m", "doctest", "conversation.py"])
        .output()
        .expect("the interpreter has run before");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn v0_1_echoes_every_type_both_ways() -> Outcome {
    echoes_every_type_both_ways(HighwayPy::v0_1()?);
    Ok(())
}

fn v0_2_echoes_every_type_both_ways() -> Outcome {
    echoes_every_type_both_ways(HighwayPy::v0_2()?);
    Ok(())
}

fn echoes_every_type_both_ways(version: &HighwayPy) {
    within_deadline(async {
        let (mut server, url) = version.server().await;
        let mut client = version.client();
        let connection = connect_reliably(&mut client, &url).await;
        server.ready(connection).await;
        for peer in [&mut client, &mut server] {
            let exchange = peer.exchange(connection, VALUES).await;
            assert_eq!(exchange.echoed.len(), VALUES.len());
            exchange.check_all_equal_but_unsendable(0);
        }
    });
}

/// Connects a new client until one is ready, and gives back its connection's number on both sides.
///
/// A client of highway.py 0.1 misses the table of its own server now and then: it reads what comes
/// right behind the HTTP answer from two threads at once. It then waits for ever or ends.
async fn connect_reliably(client: &mut Peer, url: &str) -> u32 {
    loop {
        let number = client.connect(url);
        let limit = Duration::from_secs(2);
        let is_ready = client.expect_within(limit, "a connection", |event| match *event {
            Event::Ready { connection, .. } if connection == number => Some(true),
            Event::Ended { connection, .. } if connection == number => Some(false),
            _ => None,
        });
        if is_ready.await == Some(true) {
            return number;
        }
    }
}

fn v0_2_tells_routes_values_and_close_codes() -> Outcome {
    let v0_2 = HighwayPy::v0_2()?;
    within_deadline(async {
        let (mut server, url) = v0_2.server().await;
        let mut client = v0_2.client();

        client.connect(&url);
        let routes = client.ready(0).await;
        assert_eq!(
            routes.values().collect::<Vec<_>>(),
            ["meta", "echo", "echoed", "fail"]
        );
        server.ready(0).await;
        // A tuple arrives as a list, and integers as keys arrive as texts: in this dialect that is equal.
        let exchange = client
            .exchange(0, &["(1, 2)", "{1: 2}", "{1}", "[1 / 3]"])
            .await;
        exchange.check_all_equal_but_unsendable(1);
        let arrived: Vec<_> = exchange
            .echoed
            .iter()
            .map(|echoed| echoed.received.as_str())
            .collect();
        assert_eq!(arrived, ["[1, 2]", "{'1': 2}", "[0.33333333330000003]"]);
        client.send(0, "fail", "b'please'");
        for (type_name, arrived) in ["list", "dict", "list"].iter().zip(arrived) {
            assert_eq!(
                server.received(0, "echo").await,
                ((*type_name).into(), arrived.into())
            );
        }
        assert_eq!(
            server.received(0, "fail").await,
            ("bytes".into(), "b'please'".into())
        );
        assert_eq!(client.closed(0).await, (1011, "Internal error".into()));
        assert_eq!(client.ended(0).await, None);

        client.connect(&url);
        client.ready(1).await;
        client.send_raw(1, &[0, 0]);
        assert_eq!(client.closed(1).await, (3001, "Malformed header".into()));

        client.connect(&url);
        server.ready(2).await;
        server.close(2, 4000, "enough");
        assert_eq!(client.closed(2).await, (4000, "enough".into()));
    });
    Ok(())
}

fn v0_1_tells_routes_values_and_close_codes() -> Outcome {
    let v0_1 = HighwayPy::v0_1()?;
    within_deadline(async {
        let (mut server, url) = v0_1.server().await;
        let mut client = v0_1.client();

        let first = connect_reliably(&mut client, &url).await;
        let routes = server.ready(first).await;
        assert_eq!(
            routes.values().collect::<Vec<_>>(),
            ["meta", "echo", "echoed", "fail"]
        );
        // There are no tuples and no sets, but dicts with integers as keys, which go as indexed dicts.
        let exchange = client
            .exchange(first, &["(1, 2)", "{1: 2}", "{1}", "[1 / 3]"])
            .await;
        exchange.check_all_equal_but_unsendable(2);
        assert_eq!(
            server.received(first, "echo").await,
            ("dict".into(), "{1: 2}".into())
        );
        client.send_raw(first, &[0, 0]);
        assert_eq!(
            client.closed(first).await,
            (1000, "Malformed header".into())
        );
        assert_eq!(client.ended(first).await, None);

        let second = connect_reliably(&mut client, &url).await;
        client.close(second, 4000, "enough");
        assert_eq!(server.closed(second).await, (4000, "enough".into()));
    });
    Ok(())
}

fn v0_1_and_v0_2_do_not_understand_each_other() -> Outcome {
    let (v0_1, v0_2) = (HighwayPy::v0_1()?, HighwayPy::v0_2()?);
    within_deadline(async {
        let (_server, url) = v0_1.server().await;
        let mut client = v0_2.client();
        client.connect(&url);
        assert!(
            client.ended(0).await.is_some(),
            "a 0.2 client cannot read a 0.1 table"
        );

        let (mut server, url) = v0_2.server().await;
        let mut client = v0_1.client();
        client.connect(&url);
        client.open(0).await;
        // The client ignores the table, so it knows no route but the meta route, where the server takes no integer.
        client.send_raw(0, &[1, 0, 0, 0, b'1']);
        assert_eq!(
            server.closed(0).await,
            (1000, "Invalid exchange routes".into())
        );
    });
    Ok(())
}
