//! Declared routes whose reply is a `Result`: the error belongs to the protocol and arrives with its type.

use futures_util::{Stream, stream};
use highway::{
    CallError, Connection, Error, Failure, Incoming, Outgoing, SendError, Value,
    contract::Mismatch, route, value::Dict,
};
use highway_tests::{
    protocol::{Divided, DivisionError, Overdrawn, failing},
    within_deadline,
};

use crate::support::start;

#[highway::server(serves = failing)]
struct Calculator {
    balance: u64,
}

fn quotient((a, b): (i64, i64)) -> Result<i64, DivisionError> {
    if a > 1000 {
        return Err(DivisionError::TooLarge { limit: 1000 });
    }
    a.checked_div(b).ok_or(DivisionError::ByZero)
}

#[route(failing::divide, on = Calculator)]
async fn divide(numbers: (i64, i64)) -> Result<i64, DivisionError> {
    quotient(numbers)
}

/// It fails in a way of its own too.
#[route("divide_again")]
async fn divide_again(
    numbers: (i64, i64),
    _: Connection<Calculator>,
) -> Result<Divided<i64>, Failure> {
    if numbers == (0, 0) {
        return Err(Failure::new("not today")
            .with_code("by-zero")
            .with_data("by-zero"));
    }
    Ok(quotient(numbers))
}

#[route(failing::take)]
async fn take(amount: u64, calculator: &mut Calculator) -> Result<(), Overdrawn> {
    match calculator.balance.checked_sub(amount) {
        Some(rest) => calculator.balance = rest,
        None => {
            return Err(Overdrawn {
                by: amount - calculator.balance,
            });
        }
    }
    Ok(())
}

#[route(failing::parse, on = Calculator)]
async fn parse(text: &str) -> Result<Result<u8, String>, String> {
    if text.is_empty() {
        return Err("there is no text".to_owned());
    }
    Ok(text.parse().map_err(|_| format!("`{text}` is no number")))
}

#[route(failing::agree, on = Calculator)]
async fn agree(is_right: bool) -> Result<(), ()> {
    if is_right { Ok(()) } else { Err(()) }
}

#[route(failing::quotients, on = Calculator)]
async fn quotients((of, from): (i64, i64)) -> impl Stream<Item = Result<i64, DivisionError>> {
    stream::iter((0..=from).rev().map(move |by| quotient((of, by))))
}

fn counted(results: &[Result<u8, String>]) -> (usize, usize) {
    let right = results.iter().filter(|result| result.is_ok()).count();
    (right, results.len() - right)
}

#[route(failing::count, on = Calculator)]
async fn count(results: Vec<Result<u8, String>>) -> (usize, usize) {
    counted(&results)
}

#[route(failing::count_items)]
async fn count_items(
    mut results: Incoming<Result<u8, String>>,
    _: &mut Calculator,
) -> highway::Result<(usize, usize)> {
    let mut all = Vec::new();
    while let Some(result) = results.next().await {
        all.push(result?);
    }
    Ok(counted(&all))
}

#[route(failing::halves, on = Calculator)]
async fn halves(numbers: Vec<u8>) -> Vec<Result<u8, String>> {
    let half = |number: u8| match number % 2 {
        0 => Ok(number / 2),
        _ => Err(format!("{number} is odd")),
    };
    numbers.into_iter().map(half).collect()
}

#[highway::client(peer = failing)]
struct Me;

/// Its peer is not declared.
#[highway::client]
struct Untyped;

async fn with_client(test: impl AsyncFnOnce(Connection<Me>, String)) {
    let server = start(Calculator::server().strict(true)).await;
    let me = Me::client().strict(true).connect(&server.url).await;
    let me = me.expect("the contracts agree");
    test(me.clone(), server.url.clone()).await;
    me.close().await;
    server.stop().await;
}

#[test]
fn declared_errors_have_their_type() {
    within_deadline(with_client(async |me, _| {
        assert_eq!(me.call(failing::divide, (6, 3)).await.unwrap(), Ok(2));
        assert_eq!(
            me.call(failing::divide, (6, 0)).await.unwrap(),
            Err(DivisionError::ByZero)
        );
        assert_eq!(
            me.call(failing::divide, (1001, 1)).await.unwrap(),
            Err(DivisionError::TooLarge { limit: 1000 })
        );
        assert_eq!(me.call(failing::take, 0).await.unwrap(), Ok(()));
        assert_eq!(
            me.call(failing::take, 3).await.unwrap(),
            Err(Overdrawn { by: 3 })
        );
        assert_eq!(me.call(failing::parse, "7").await.unwrap(), Ok(7));
        assert_eq!(
            me.call(failing::parse, "x").await.unwrap(),
            Err("`x` is no number".to_owned())
        );
        assert_eq!(me.call(failing::agree, true).await.unwrap(), Ok(()));
        assert_eq!(me.call(failing::agree, false).await.unwrap(), Err(()));
    }));
}

#[test]
fn other_failures_of_the_same_route_stay_apart() {
    within_deadline(with_client(async |me, _| {
        assert_eq!(me.call(failing::divide_again, (6, 3)).await.unwrap(), Ok(2));
        assert_eq!(
            me.call(failing::divide_again, (6, 0)).await.unwrap(),
            Err(DivisionError::ByZero)
        );
        // Its data reads like a declared error, and is none.
        match me.call(failing::divide_again, (0, 0)).await {
            Err(Error::Call {
                source: CallError::Refused { failure },
                ..
            }) => assert_eq!(failure.message(), "not today"),
            other => panic!("{other:?}"),
        }
        match me.call(failing::parse, "").await {
            Err(Error::Call {
                source: CallError::Refused { failure },
                ..
            }) => {
                assert_eq!(failure.message(), "there is no text");
            }
            other => panic!("{other:?}"),
        }
    }));
}

fn dict(key: &str, value: impl Into<Value>) -> Value {
    let mut dict = Dict::new();
    dict.insert(key, value);
    dict.into()
}

#[test]
fn those_who_declare_nothing_get_failures() {
    within_deadline(with_client(async |_, url| {
        let untyped = Untyped::connect(&url).await.unwrap();
        let two: i64 = untyped.call("divide", (6, 3)).await.unwrap();
        assert_eq!(two, 2);
        for (route, data, message, code, expected) in [
            (
                "divide",
                Value::from((1, 0)),
                "by-zero",
                Some("by-zero"),
                Value::from("by-zero"),
            ),
            (
                "divide",
                Value::from((1001, 0)),
                r#"{"too-large": {"limit": 1000}}"#,
                Some("too-large"),
                dict("too-large", dict("limit", 1000)),
            ),
            (
                "take",
                Value::from(3),
                "overdrawn by 3",
                None,
                dict("by", 3),
            ),
            (
                "parse",
                Value::from("x"),
                "`x` is no number",
                None,
                Value::from("`x` is no number"),
            ),
        ] {
            match untyped.call::<_, _, Value>(route, data).await {
                Err(Error::Call {
                    source: CallError::Refused { failure },
                    ..
                }) => {
                    assert_eq!(failure.message(), message);
                    assert_eq!(failure.code(), code);
                    assert_eq!(failure.data(), Some(&expected));
                }
                other => panic!("{other:?}"),
            }
        }
        untyped.close().await;
    }));
}

#[test]
fn stream_of_results_ends_with_its_error() {
    within_deadline(with_client(async |me, _| {
        let mut quotients = me.stream(failing::quotients, (6, 2)).await.unwrap();
        assert_eq!(quotients.next().await.unwrap().unwrap(), Ok(3));
        assert_eq!(quotients.next().await.unwrap().unwrap(), Ok(6));
        assert_eq!(
            quotients.next().await.unwrap().unwrap(),
            Err(DivisionError::ByZero)
        );
        assert!(quotients.next().await.is_none());
    }));
}

#[test]
fn results_inside_of_data_are_values() {
    within_deadline(with_client(async |me, url| {
        let results = vec![Ok(1), Err("no".to_owned()), Ok(2)];
        assert_eq!(me.call(failing::count, &results).await.unwrap(), (2, 1));
        let items = stream::iter(results.clone());
        assert_eq!(me.call(failing::count_items, items).await.unwrap(), (2, 1));
        assert_eq!(
            me.call(failing::halves, vec![4, 5]).await.unwrap(),
            [Ok(2), Err("5 is odd".to_owned())]
        );
        let untyped = Untyped::connect(&url).await.unwrap();
        let items = Outgoing(stream::iter(results));
        let count: (usize, usize) = untyped.call("count_items", items).await.unwrap();
        assert_eq!(count, (2, 1));
        untyped.close().await;
    }));
}

/// The same route as it was declared before.
mod older {
    #[highway::protocol]
    pub mod failing {
        pub async fn divide(numbers: (i64, i64)) -> Result<i64, u8>;
        pub async fn take(amount: u64);
        pub async fn parse(text: String) -> u8;
    }

    #[highway::client(peer = failing)]
    pub(crate) struct Me;
}

#[test]
fn contracts_tell_the_errors() {
    within_deadline(async {
        let server = start(Calculator::server()).await;
        let me = older::Me::connect(&server.url).await.unwrap();
        match me.call(older::failing::divide, (6, 3)).await {
            Err(Error::NotSent {
                source: SendError::Contract(mismatch),
                ..
            }) => {
                assert!(matches!(*mismatch, Mismatch::Types { .. }));
                let text = mismatch.to_string();
                assert!(
                    text.starts_with("route `divide`: the peer fails with "),
                    "{text}"
                );
            }
            other => panic!("{other:?}"),
        }
        // Who declares no error gets a failure.
        assert_eq!(me.call(older::failing::parse, "7").await.unwrap(), 7);
        me.call(older::failing::take, 0).await.unwrap();
        match me.call(older::failing::take, 3).await {
            Err(Error::Call {
                source: CallError::Refused { failure },
                ..
            }) => assert_eq!(failure.message(), "overdrawn by 3"),
            other => panic!("{other:?}"),
        }
        me.close().await;
        server.stop().await;
    });
}
