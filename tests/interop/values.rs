//! Every value of the vectors goes there and back, whoever sends it, and is the same in value and type.

use highway::{
    Connection, Handler, Value,
    route::Undeclared,
    value::Dict,
    wire::{DataType, Dialect},
};
use highway_tests::{Exchange, HighwayPy, Outcome, Peer, Trial, trials, within_deadline};

use crate::{
    ours::{AlteringServer, Running, Side, connect, serve, with_dialect},
    vectors,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        v0_1_client_and_our_server_give_back_every_value,
        v0_2_client_and_our_server_give_back_every_value,
        our_client_and_v0_1_server_give_back_every_value,
        our_client_and_v0_2_server_give_back_every_value,
        text_that_is_no_unicode_comes_back_with_replacement_characters,
        largest_float_of_v0_2_comes_back_as_a_float,
        values_that_our_server_alters_are_told,
    ]
}

fn v0_1_client_and_our_server_give_back_every_value() -> Outcome {
    their_client_and_our_server(HighwayPy::v0_1()?);
    Ok(())
}

fn v0_2_client_and_our_server_give_back_every_value() -> Outcome {
    their_client_and_our_server(HighwayPy::v0_2()?);
    Ok(())
}

fn our_client_and_v0_1_server_give_back_every_value() -> Outcome {
    our_client_and_their_server(HighwayPy::v0_1()?);
    Ok(())
}

fn our_client_and_v0_2_server_give_back_every_value() -> Outcome {
    our_client_and_their_server(HighwayPy::v0_2()?);
    Ok(())
}

fn their_client_and_our_server(version: &HighwayPy) {
    within_deadline(async {
        let (server, mut ours) = serve(version.dialect()).await;
        let mut peer = version.client();
        peer.connect(&server.url);
        let connection = ours.ready().await;
        peer.ready(0).await;
        exchange_both_ways(version.dialect(), &mut peer, &mut ours, &connection).await;
    });
}

fn our_client_and_their_server(version: &HighwayPy) {
    within_deadline(async {
        let (mut peer, url) = version.server().await;
        let (connection, mut ours) = connect(&url).await;
        peer.ready(0).await;
        exchange_both_ways(version.dialect(), &mut peer, &mut ours, &connection).await;
    });
}

async fn exchange_both_ways<H: Handler<Peer = Undeclared>>(
    dialect: Dialect,
    peer: &mut Peer,
    ours: &mut Side<H>,
    connection: &Connection<H>,
) {
    assert_eq!(connection.dialect(), Some(dialect));

    // What they cannot send or read themselves is in the vectors too: sets, lone surrogates, in 0.1 tuples, …
    let (sendable, unsendable) = match dialect {
        Dialect::V01 => (157, 10),
        Dialect::V02 => (147, 9),
        Dialect::Extended => unreachable!("no published peer speaks it"),
    };
    let values = vectors::python_values(dialect);
    let exchange = peer.exchange(0, &values).await;
    exchange.check_all_equal_but_unsendable(unsendable);
    assert_eq!(exchange.echoed.len(), sendable);
    check_types(dialect, &exchange, ours, connection).await;

    let mut count = 0;
    for (name, value) in vectors::our_values(dialect) {
        // What we read of a dialect we can send in it.
        let sent = connection.send("echo", &value).await;
        sent.unwrap_or_else(|error| panic!("{name}: {error}"));
        let received = ours.received(connection, "echoed").await;
        let expected = as_returned(&value);
        assert!(
            is_same(dialect, &expected, &received),
            "{name}: sent {value:?}, received {received:?}"
        );
        count += 1;
    }
    let sent = match dialect {
        Dialect::V01 => 256,
        Dialect::V02 => 241,
        Dialect::Extended => unreachable!("no published peer speaks it"),
    };
    assert_eq!(count, sent);
}

/// Checks that what arrived here is of the types that were sent there.
async fn check_types<H: Handler>(
    dialect: Dialect,
    exchange: &Exchange,
    ours: &mut Side<H>,
    connection: &Connection<H>,
) {
    for echoed in &exchange.echoed {
        let received = ours.received(connection, "echo").await.data_type();
        let expected = match echoed.sent_type.as_str() {
            "NoneType" => DataType::None,
            "str" => DataType::Str,
            "int" => DataType::Int,
            "float" => DataType::Float,
            "bool" => DataType::Bool,
            "bytes" => DataType::Bytes,
            "list" => DataType::List,
            "tuple" => DataType::Tuple,
            // Where its keys are integers, 0.1 is asked to send it as such.
            "dict" if dialect == Dialect::V01 && received == DataType::IntDict => received,
            "dict" => DataType::Dict,
            other => panic!("{other} goes over no wire"),
        };
        assert_eq!(received, expected, "{}", echoed.sent);
    }
}

/// What a value is once it was at highway.py: it makes a list of a tuple, and cannot tell an empty dict with integers as
/// keys from one with text.
fn as_returned(value: &Value) -> Value {
    match value {
        Value::Tuple(items) => Value::List(items.clone()),
        Value::IntDict(dict) if dict.is_empty() => Value::Dict(Dict::default()),
        other => other.clone(),
    }
}

/// Whether both are of the same type and equal in it, where NaN equals NaN and 0.0 is not -0.0.
///
/// highway.py 0.2 rounds floats in collections (ujson reads about 15 digits and writes 10 decimals), which it alone is to
/// blame for; so they count as equal when they differ by no more than that.
fn is_same(dialect: Dialect, left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Float(left), Value::Float(right)) => same_bits(*left, *right),
        _ => is_same_inside(dialect, left, right),
    }
}

fn same_bits(left: f64, right: f64) -> bool {
    left.to_bits() == right.to_bits() || (left.is_nan() && right.is_nan())
}

fn is_same_inside(dialect: Dialect, left: &Value, right: &Value) -> bool {
    let all = |left: &[Value], right: &[Value]| {
        left.len() == right.len()
            && left
                .iter()
                .zip(right)
                .all(|(left, right)| is_same_inside(dialect, left, right))
    };
    match (left, right) {
        (Value::Float(left), Value::Float(right)) => {
            same_bits(*left, *right)
                || (dialect == Dialect::V02
                    && (left - right).abs() <= (left.abs() * 1e-14).max(0.6e-10))
        }
        (Value::List(left), Value::List(right)) => all(left, right),
        (Value::Dict(left), Value::Dict(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|((key, left), (other, right))| {
                    key == other && is_same_inside(dialect, left, right)
                })
        }
        (Value::IntDict(left), Value::IntDict(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|((key, left), (other, right))| {
                    key == other && is_same_inside(dialect, left, right)
                })
        }
        _ => left == right,
    }
}

fn text_that_is_no_unicode_comes_back_with_replacement_characters() -> Outcome {
    let v0_1 = HighwayPy::v0_1()?;
    within_deadline(async {
        let (server, _ours) = serve(v0_1.dialect()).await;
        let mut peer = v0_1.client();
        peer.connect(&server.url);
        peer.ready(0).await;
        let (sent, expected): (Vec<_>, Vec<_>) = vectors::NO_UNICODE.iter().copied().unzip();
        let exchange = peer.exchange(0, &sent).await;
        let received: Vec<_> = exchange
            .echoed
            .iter()
            .map(|echoed| echoed.received.as_str())
            .collect();
        assert_eq!(received, expected);
    });
    Ok(())
}

/// What its JSON library writes for it is beyond all floats, and what it reads of the largest is a little less.
fn largest_float_of_v0_2_comes_back_as_a_float() -> Outcome {
    let v0_2 = HighwayPy::v0_2()?;
    within_deadline(async {
        let (server, _ours) = serve(v0_2.dialect()).await;
        let mut peer = v0_2.client();
        peer.connect(&server.url);
        peer.ready(0).await;
        let (sent, expected) = vectors::LARGEST_FLOAT;
        let exchange = peer.exchange(0, &[sent]).await;
        assert_eq!(exchange.echoed.len(), 1);
        assert_eq!(exchange.echoed[0].received, expected);
    });
    Ok(())
}

/// The other tests of values could not fail otherwise.
fn values_that_our_server_alters_are_told() -> Outcome {
    for version in [HighwayPy::v0_1()?, HighwayPy::v0_2()?] {
        within_deadline(async {
            let server = with_dialect(version.dialect(), AlteringServer::server());
            let server = Running::start(server).await;
            let mut peer = version.client();
            peer.connect(&server.url);
            peer.ready(0).await;
            let exchange = peer
                .exchange(0, &["1", "'1'", "None", "[1, 2]", "2.5", "[1, 1]"])
                .await;
            let equal: Vec<_> = exchange.echoed.iter().map(|echoed| echoed.equal).collect();
            assert_eq!(equal, [false, false, false, false, true, true]);
        });
    }
    Ok(())
}
