//! Streams, both ways, and each way in which one can end.

use futures_util::{Stream, StreamExt, stream};
use highway::{Bytes, CallError, Connection, Error, Failure, Incoming, Outgoing, route};
use highway_tests::within_deadline;

use crate::support::{Probe, Running, Seen, start};

#[highway::protocol]
mod server {
    use super::*;

    /// The numbers below one.
    pub async fn count(to: u64) -> impl Stream<Item = u64>;
    pub async fn fail_after(count: u64) -> impl Stream<Item = u64>;
    pub async fn endless() -> impl Stream<Item = Bytes>;
    pub async fn watched() -> impl Stream<Item = Bytes>;
    pub async fn guarded(wanted: bool) -> impl Stream<Item = u64>;
    pub async fn sum(numbers: Incoming<i64>) -> i64;
    pub async fn first(numbers: impl Stream<Item = i64>) -> i64;
    pub async fn double(numbers: Incoming<i64>) -> impl Stream<Item = i64>;
    pub async fn plain(number: i64) -> i64;
}

#[highway::server(state = Probe, serves = server)]
struct Server;

#[route(server::count, on = Server)]
async fn count(to: u64) -> impl Stream<Item = u64> {
    stream::iter(0..to)
}

#[route(server::fail_after, on = Server)]
async fn fail_after(count: u64) -> impl Stream<Item = Result<u64, Failure>> {
    let end = Failure::new("that was all").with_code("over");
    stream::iter(0..count)
        .map(Ok)
        .chain(stream::once(async { Err(end) }))
}

#[route(server::endless)]
async fn endless(server: &mut Server) -> impl Stream<Item = Bytes> + use<> {
    let dropped = server.state().on_drop("endless was dropped");
    stream::repeat_with(move || {
        let _ = &dropped;
        Bytes::from_static(&[7; 1000])
    })
}

#[route(server::watched)]
async fn watched(server: &mut Server) -> impl Stream<Item = Bytes> + use<> {
    let probe = server.state().clone();
    let dropped = probe.on_drop("watched was dropped");
    stream::repeat_with(move || {
        let _ = &dropped;
        probe.saw("made");
        Bytes::from_static(&[7; 1000])
    })
}

#[route(server::guarded)]
async fn guarded(
    wanted: bool,
    server: Connection<Server>,
) -> Result<impl Stream<Item = u64>, Failure> {
    server.state().saw("guarded");
    if wanted {
        Ok(stream::iter([1, 2]))
    } else {
        Err(Failure::new("not for you"))
    }
}

#[route(server::sum)]
async fn sum(mut numbers: Incoming<i64>, _: &mut Server) -> highway::Result<i64> {
    let mut sum = 0;
    while let Some(number) = numbers.next().await {
        sum += number?;
    }
    Ok(sum)
}

#[route(server::first)]
async fn first(mut numbers: Incoming<i64>, server: Connection<Server>) -> highway::Result<i64> {
    let first = numbers.next().await.unwrap_or(Ok(-1))?;
    drop(numbers);
    server.state().gate().await;
    Ok(first)
}

#[route(server::double, on = Server)]
async fn double(numbers: Incoming<i64>) -> impl Stream<Item = highway::Result<i64>> {
    numbers.map(|number| Ok(2 * number?))
}

#[route(server::plain, on = Server)]
async fn plain(number: i64) -> i64 {
    number
}

#[highway::client(peer = server)]
struct Client;

async fn connect() -> (Running, Probe, Seen, Connection<Client>) {
    let (probe, seen) = Probe::new();
    let running = start(Server::server().state(probe.clone())).await;
    let me = Client::connect(&running.url).await.expect("it is there");
    (running, probe, seen, me)
}

/// Waits until nothing is open on either side.
async fn all_over(me: &Connection<Client>) {
    assert_eq!(me.call(server::plain, 5).await.unwrap(), 5);
    assert_eq!(me.open_calls(), 0);
}

#[test]
fn items_come_in_order_and_end() {
    within_deadline(async {
        let (_server, _, _, me) = connect().await;
        let mut items = me.stream(server::count, 1000).await.unwrap();
        for expected in 0..1000 {
            assert_eq!(items.next().await.unwrap().unwrap(), expected);
        }
        assert!(items.next().await.is_none());
        assert!(items.next().await.is_none());
        let none: Vec<_> = me.stream(server::count, 0).await.unwrap().collect().await;
        assert!(none.is_empty());
        all_over(&me).await;
    });
}

#[test]
fn error_ends_a_stream_as_an_error() {
    within_deadline(async {
        let (_server, _, mut seen, me) = connect().await;
        let mut items = me.stream(server::fail_after, 2).await.unwrap();
        assert_eq!(items.next().await.unwrap().unwrap(), 0);
        assert_eq!(items.next().await.unwrap().unwrap(), 1);
        let end = items.next().await;
        let Some(Err(Error::Call {
            route,
            source: CallError::Refused { failure },
        })) = end
        else {
            panic!("{end:?}");
        };
        assert_eq!(
            (route.as_str(), failure.code()),
            ("fail_after", Some("over"))
        );
        assert!(items.next().await.is_none());
        let mut items = me.stream(server::guarded, false).await.unwrap();
        let refused = items.next().await;
        assert!(
            matches!(
                refused,
                Some(Err(Error::Call {
                    source: CallError::Refused { .. },
                    ..
                }))
            ),
            "{refused:?}"
        );
        seen.expect("guarded").await;
        let items: Vec<_> = me
            .stream(server::guarded, true)
            .await
            .unwrap()
            .collect()
            .await;
        assert_eq!(items.len(), 2);
        all_over(&me).await;
    });
}

#[test]
fn dropped_reader_ends_the_stream_at_its_source() {
    within_deadline(async {
        let (_server, _, mut seen, me) = connect().await;
        let mut items = me.stream(server::endless, ()).await.unwrap();
        assert_eq!(items.next().await.unwrap().unwrap(), vec![7; 1000]);
        drop(items);
        seen.expect("endless was dropped").await;
        all_over(&me).await;
    });
}

#[test]
fn stalled_reader_stops_the_writer_and_holds_up_nothing_else() {
    const ITEM: usize = 1000 + 8;
    const WINDOW: usize = 64 * 1024;

    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let running = start(Server::server().state(probe.clone())).await;
        let me = Client::client()
            .limits(|limits| limits.stream_window = u32::try_from(WINDOW).unwrap())
            .connect(&running.url)
            .await
            .unwrap();
        let mut items = me.stream(server::watched, ()).await.unwrap();
        assert!(items.next().await.unwrap().is_ok());
        // It never comes to its end by itself; others are not held up by it.
        for i in 0..100 {
            assert_eq!(me.call(server::plain, i).await.unwrap(), i);
        }
        // As many as there was credit for, the last of them beyond it.
        assert_eq!(seen.now(), vec!["made"; WINDOW / ITEM + 1]);
        drop(items);
        seen.expect("watched was dropped").await;
        all_over(&me).await;
    });
}

#[test]
fn route_takes_a_stream_and_replies() {
    within_deadline(async {
        let (_server, _, _, me) = connect().await;
        let sum = me
            .call(server::sum, stream::iter(1..=10_000))
            .await
            .unwrap();
        assert_eq!(sum, 50_005_000);
        let numbers = Outgoing(stream::iter([1, 2]));
        let sum: i64 = me.call(highway::unchecked("sum"), numbers).await.unwrap();
        assert_eq!(sum, 3);
        let empty = stream::iter(Vec::<i64>::new());
        assert_eq!(me.call(server::sum, empty).await.unwrap(), 0);
        all_over(&me).await;
    });
}

#[test]
fn route_that_drops_its_items_ends_their_source() {
    within_deadline(async {
        let (_server, probe, _, me) = connect().await;
        let (mine, mut dropped) = Probe::new();
        let on_drop = mine.on_drop("source was dropped");
        let numbers = stream::repeat_with(move || {
            let _ = &on_drop;
            8
        });
        let call = me.call(server::first, numbers);
        let ((), first) = tokio::join!(
            async {
                dropped.expect("source was dropped").await;
                probe.open(1);
            },
            call
        );
        assert_eq!(first.unwrap(), 8);
        all_over(&me).await;
    });
}

#[test]
fn items_go_both_ways_in_one_stream() {
    within_deadline(async {
        let (_server, _, _, me) = connect().await;
        let doubled = me
            .stream(server::double, stream::iter(0..5000))
            .await
            .unwrap();
        let doubled: Vec<i64> = doubled.map(|item| item.unwrap()).collect().await;
        assert_eq!(doubled, (0..5000).map(|i| 2 * i).collect::<Vec<_>>());
        all_over(&me).await;
    });
}

#[test]
fn item_that_does_not_convert_is_an_error() {
    within_deadline(async {
        let (_server, _, _, me) = connect().await;
        let numbers = Outgoing(stream::iter(["one"]));
        let wrong = me
            .call::<_, _, i64>(highway::unchecked("sum"), numbers)
            .await;
        assert!(
            matches!(&wrong, Err(Error::Call { source: CallError::Refused { failure }, .. }) if failure.message().starts_with("the call of `sum` failed: ") && failure.message().contains("received str")),
            "{wrong:?}"
        );
        let mut items = me
            .stream::<_, _, String>(highway::unchecked("count"), 5)
            .await
            .unwrap();
        let wrong = items.next().await;
        assert!(
            matches!(
                wrong,
                Some(Err(Error::Call {
                    source: CallError::ReplyNotConverted(_),
                    ..
                }))
            ),
            "{wrong:?}"
        );
        assert!(items.next().await.is_none());
        drop(items);
        all_over(&me).await;
    });
}

#[test]
fn wrong_shape_is_an_error_before_the_route_runs() {
    within_deadline(async {
        let (_server, _, mut seen, me) = connect().await;
        let called = me
            .call::<_, _, u64>(highway::unchecked("guarded"), true)
            .await;
        assert!(
            matches!(
                called,
                Err(Error::Call {
                    source: CallError::WrongShape { .. },
                    ..
                })
            ),
            "{called:?}"
        );
        let mut opened = me
            .stream::<_, _, i64>(highway::unchecked("plain"), 1)
            .await
            .unwrap();
        let opened = opened.next().await;
        assert!(
            matches!(
                opened,
                Some(Err(Error::Call {
                    source: CallError::WrongShape { .. },
                    ..
                }))
            ),
            "{opened:?}"
        );
        let value = me.call::<_, _, i64>(highway::unchecked("sum"), 5).await;
        assert!(
            matches!(
                value,
                Err(Error::Call {
                    source: CallError::WrongShape { .. },
                    ..
                })
            ),
            "{value:?}"
        );
        let items = Outgoing(stream::iter([1]));
        let items = me
            .call::<_, _, i64>(highway::unchecked("plain"), items)
            .await;
        assert!(
            matches!(
                items,
                Err(Error::Call {
                    source: CallError::WrongShape { .. },
                    ..
                })
            ),
            "{items:?}"
        );
        all_over(&me).await;
        assert_eq!(seen.now(), [""; 0]);
    });
}

#[test]
fn streams_end_with_their_connection() {
    within_deadline(async {
        let (server, _, mut seen, me) = connect().await;
        let mut items = me.stream(server::endless, ()).await.unwrap();
        assert!(items.next().await.unwrap().is_ok());
        server.stop().await;
        seen.expect("endless was dropped").await;
        let end = loop {
            match items.next().await {
                Some(Ok(_)) => {}
                end => break end,
            }
        };
        assert!(matches!(end, Some(Err(Error::Closed(_)))), "{end:?}");
        drop(items);
        assert_eq!(me.open_calls(), 0);
    });
}

#[test]
fn streams_of_a_peer_are_bounded() {
    within_deadline(async {
        let (probe, _seen) = Probe::new();
        let server = Server::server().state(probe);
        let running = start(server.limits(|limits| limits.streams = 2)).await;
        let me = Client::connect(&running.url).await.unwrap();
        let mut open = Vec::new();
        for _ in 0..2 {
            let mut items = me.stream(server::endless, ()).await.unwrap();
            assert!(items.next().await.unwrap().is_ok());
            open.push(items);
        }
        let mut third = me.stream(server::endless, ()).await.unwrap();
        let busy = third.next().await;
        assert!(
            matches!(
                busy,
                Some(Err(Error::Call {
                    source: CallError::Busy,
                    ..
                }))
            ),
            "{busy:?}"
        );
        drop(open);
        // Until the server has heard of it.
        while matches!(
            me.stream(server::count, 1).await.unwrap().next().await,
            Some(Err(Error::Call {
                source: CallError::Busy,
                ..
            }))
        ) {}
    });
}

#[test]
fn million_items_pass_a_reader_that_stalls() {
    const ITEMS: u64 = 1_000_000;

    within_deadline(async {
        let (_server, _, _, me) = connect().await;
        let mut items = me.stream(server::count, ITEMS).await.unwrap();
        let mut expected = 0;
        while let Some(item) = items.next().await {
            assert_eq!(item.unwrap(), expected);
            expected += 1;
            if expected % 250_000 == 0 {
                // It stalls: others pass meanwhile.
                for i in 0..100 {
                    assert_eq!(me.call(server::plain, i).await.unwrap(), i);
                }
            }
        }
        assert_eq!(expected, ITEMS);
        all_over(&me).await;
    });
}
