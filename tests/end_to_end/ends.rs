//! How calls and streams end with what carries them: a link that is silent or cut, a server that shuts down, a source that panics.
//! Each test has some of all kinds open, of both sides.

use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use highway::{
    Bytes, CallError, CloseCode, Connection, Error, Incoming, ServerLimits, on, route,
    test::{self, Direction, Network, TestServer},
};
use highway_tests::paused;
use tokio::{sync::mpsc, time::Instant};

use crate::support::{Probe, Seen};

/// Bytes of an item's data.
const ITEM: usize = 1000;

/// Bytes of an item on the way to a client: a WebSocket header of 4, highway's, an id.
const FRAME: usize = 4 + 4 + 4 + ITEM;

#[highway::protocol]
mod server {
    use super::*;

    pub async fn wait(name: String) -> String;
    pub async fn endless(name: String) -> impl Stream<Item = Bytes>;
    pub async fn take(items: Incoming<Bytes>) -> u32;
    pub async fn breaks(after: u32) -> impl Stream<Item = u32>;
    pub async fn count(items: Incoming<u32>) -> u32;
    pub async fn nothing() -> ();
}

#[highway::protocol]
mod client {
    use super::*;

    pub async fn wait(name: String) -> String;
    pub async fn endless(name: String) -> impl Stream<Item = Bytes>;
    pub async fn take(items: Incoming<Bytes>) -> u32;
}

/// What is watched of a server.
#[derive(Clone)]
struct Watched {
    probe: Probe,
    arrived: mpsc::UnboundedSender<Connection<Server>>,
}

#[highway::server(state = Watched, serves = server, peer = client)]
struct Server;

#[on(ready)]
async fn ready(server: Connection<Server>) {
    let arrived = server.state().arrived.clone();
    arrived.send(server).expect("the test takes it");
}

async fn wait_for_ever(probe: &Probe, name: &str) -> String {
    let _dropped = probe.on_drop(&format!("{name} dropped"));
    probe.saw(name);
    std::future::pending().await
}

fn items(probe: &Probe, name: &str) -> impl Stream<Item = Bytes> + use<> {
    probe.saw(name);
    let dropped = probe.on_drop(&format!("{name} dropped"));
    stream::repeat_with(move || {
        let _ = &dropped;
        Bytes::from_static(&[7; ITEM])
    })
}

/// Takes all items, and tells of the first one and of an error.
async fn take_items(probe: &Probe, mut items: Incoming<Bytes>) -> u32 {
    let _dropped = probe.on_drop("take dropped");
    let mut taken = 0;
    loop {
        match items.next().await {
            Some(Ok(item)) => {
                assert_eq!(item, [7; ITEM][..]);
                taken += 1;
                if taken == 1 {
                    probe.saw("take");
                }
            }
            Some(Err(error)) => {
                probe.saw(format!("take got {taken}, then {error}"));
                return taken;
            }
            None => return taken,
        }
    }
}

#[route(server::wait)]
async fn wait(name: String, server: Connection<Server>) -> String {
    wait_for_ever(&server.state().probe, &name).await
}

#[route(server::endless)]
async fn endless(name: String, server: Connection<Server>) -> impl Stream<Item = Bytes> {
    items(&server.state().probe, &name)
}

#[route(server::take)]
async fn take(items: Incoming<Bytes>, server: Connection<Server>) -> u32 {
    take_items(&server.state().probe, items).await
}

#[route(server::breaks, on = Server)]
async fn breaks(after: u32) -> impl Stream<Item = u32> {
    stream::iter(0..).map(move |item| {
        assert!(item < after, "as it was asked to");
        item
    })
}

#[route(server::count, on = Server)]
async fn count(mut items: Incoming<u32>) -> highway::Result<u32> {
    let mut count = 0;
    while let Some(item) = items.next().await {
        item?;
        count += 1;
    }
    Ok(count)
}

#[route(server::nothing, on = Server)]
async fn nothing() {}

#[highway::client(state = Probe, serves = client, peer = server)]
struct Client;

#[route(client::wait)]
async fn clients_wait(name: String, me: Connection<Client>) -> String {
    wait_for_ever(me.state(), &name).await
}

#[route(client::endless)]
async fn clients_endless(name: String, me: Connection<Client>) -> impl Stream<Item = Bytes> {
    items(me.state(), &name)
}

#[route(client::take)]
async fn clients_take(items: Incoming<Bytes>, me: Connection<Client>) -> u32 {
    take_items(me.state(), items).await
}

/// Both sides of a connection over a network.
struct Sides {
    server: TestServer<Server>,
    theirs: Connection<Server>,
    at_server: Seen,
    mine: Connection<Client>,
    at_client: Seen,
}

async fn connect(network: &Network) -> Sides {
    let ((probe, at_server), (of_client, at_client)) = (Probe::new(), Probe::new());
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let server = test::server(Server::server().state(Watched { probe, arrived }));
    let me = Client::client().state(of_client);
    let mine = server.connect(me).over(network).await.expect("it listens");
    let theirs = arrivals.recv().await.expect("the client is ready");
    Sides {
        server,
        theirs,
        at_server,
        mine,
        at_client,
    }
}

/// Reads up to the stream's end, which has to be an error.
async fn last<T: Send + 'static>(mut items: Incoming<T>) -> (u32, Error) {
    let mut read = 0;
    loop {
        match items.next().await {
            Some(Ok(_)) => read += 1,
            Some(Err(error)) => {
                assert!(items.next().await.is_none(), "an error is the last");
                return (read, error);
            }
            None => panic!("the stream ended after {read} items, as if that were all"),
        }
    }
}

/// Waits until all of these have been told, in whatever order.
async fn tells(seen: &mut Seen, expected: &[&str]) {
    let mut told = Vec::new();
    for _ in expected {
        told.push(seen.next().await);
    }
    told.sort();
    assert_eq!(told, expected);
}

/// Opens a call, a stream, and a call whose data is a stream, on each side; lets the connection come to an end, and checks that
/// all of them do, on both sides, with this code. Gives back the time that it took.
async fn check(
    network: Network,
    codes: [CloseCode; 2],
    lose: impl AsyncFnOnce(&Network, &TestServer<Server>),
) -> Duration {
    let mut sides = connect(&network).await;
    let (mine, theirs) = (&sides.mine, &sides.theirs);
    let (source, mut of_mine) = Probe::new();
    let (their_source, mut of_theirs) = Probe::new();

    let my_call = mine.call(server::wait, "call");
    let my_stream = mine.stream(server::endless, "stream").await.unwrap();
    let my_items = mine.call(server::take, items(&source, "items"));
    let their_call = theirs.call(client::wait, "call");
    let their_stream = theirs.stream(client::endless, "stream").await.unwrap();
    let their_items = theirs.call(client::take, items(&their_source, "items"));
    of_mine.expect("items").await;
    of_theirs.expect("items").await;
    tells(&mut sides.at_server, &["call", "stream", "take"]).await;
    tells(&mut sides.at_client, &["call", "stream", "take"]).await;
    assert_eq!((mine.open_calls(), theirs.open_calls()), (6, 6));

    let begun = Instant::now();
    lose(&network, &sides.server).await;
    let ends = tokio::join!(
        my_call,
        last(my_stream),
        my_items,
        their_call,
        last(their_stream),
        their_items
    );
    let took = begun.elapsed();
    for (name, error, code) in [
        ("my call", ends.0.unwrap_err(), codes[0]),
        ("my stream", ends.1.1, codes[0]),
        ("my items", ends.2.unwrap_err(), codes[0]),
        ("their call", ends.3.unwrap_err(), codes[1]),
        ("their stream", ends.4.1, codes[1]),
        ("their items", ends.5.unwrap_err(), codes[1]),
    ] {
        assert!(
            matches!(&error, Error::Closed(close) if close.code() == code),
            "{name}: {error:?} instead of {code}"
        );
    }
    of_mine.expect("items dropped").await;
    of_theirs.expect("items dropped").await;
    for seen in [&mut sides.at_server, &mut sides.at_client] {
        let mut left = vec!["call dropped", "stream dropped", "take dropped"];
        while !left.is_empty() {
            let told = seen.next().await;
            left.retain(|what| *what != told);
        }
    }
    mine.closed().await;
    theirs.closed().await;
    assert_eq!((mine.open_calls(), theirs.open_calls()), (0, 0));
    assert_eq!(sides.server.handle().connections(), 0);
    took
}

#[test]
fn all_ends_when_a_link_falls_silent_for_good() {
    use Direction::{ToClient, ToServer};

    let limits = ServerLimits::default();
    let most = limits.ping_interval + limits.pong_timeout + limits.ping_interval / 2;
    for silent in [&[ToServer][..], &[ToClient], &[ToServer, ToClient]] {
        paused(async {
            let network = Network::new();
            let took = check(network, [CloseCode::ABNORMAL; 2], async |network, _| {
                for direction in silent {
                    network.stall(*direction);
                }
            });
            let took = took.await;
            assert!(took <= most, "{silent:?}: {took:?}");
        });
    }
}

#[test]
fn all_ends_when_the_connection_is_reset() {
    paused(async {
        let network = Network::new();
        let took = check(network, [CloseCode::ABNORMAL; 2], async |network, _| {
            network.reset();
        });
        assert_eq!(took.await, Duration::ZERO);
    });
}

#[test]
fn all_ends_when_the_server_shuts_down() {
    paused(async {
        let network = Network::new();
        let took = check(network, [CloseCode::GOING_AWAY; 2], async |_, server| {
            server.shutdown().await;
        });
        assert!(took.await <= ServerLimits::default().shutdown_timeout);
    });
}

#[test]
fn stream_that_is_cut_in_the_middle_of_an_item_has_the_whole_ones() {
    paused(async {
        let network = Network::new();
        let mut sides = connect(&network).await;
        network.cut_after(3 * FRAME + ITEM / 2, Direction::ToClient);
        let stream = sides.mine.stream(server::endless, "stream").await.unwrap();
        let (read, error) = last(stream).await;
        check_lost(&error);
        assert_eq!(read, 3, "as many are whole");
        sides.at_server.expect("stream").await;
        sides.at_server.expect("stream dropped").await;
        check_over(&sides).await;
    });
}

#[test]
fn data_that_is_cut_in_the_middle_of_an_item_ends_as_an_error() {
    paused(async {
        let network = Network::new();
        let mut sides = connect(&network).await;
        let (source, mut of_source) = Probe::new();
        let call = sides.mine.call(server::take, items(&source, "items"));
        sides.at_server.expect("take").await;
        // It ends in another place of its frame than it begins.
        network.cut_after(ITEM / 2, Direction::ToServer);
        let error = call.await.unwrap_err();
        check_lost(&error);
        of_source.expect("items").await;
        of_source.expect("items dropped").await;
        while sides.at_server.next().await != "take dropped" {}
        check_over(&sides).await;
    });
}

#[track_caller]
fn check_lost(error: &Error) {
    assert!(
        matches!(error, Error::Closed(close) if close.code() == CloseCode::ABNORMAL),
        "{error:?}"
    );
}

async fn check_over(sides: &Sides) {
    sides.mine.closed().await;
    sides.theirs.closed().await;
    let open = (sides.mine.open_calls(), sides.theirs.open_calls());
    assert_eq!(open, (0, 0));
}

#[test]
fn stream_whose_source_panics_has_the_items_before_and_breaks() {
    paused(async {
        let sides = connect(&Network::new()).await;
        let mut items = sides.mine.stream(server::breaks, 3).await.unwrap();
        for expected in 0..3 {
            assert_eq!(items.next().await.unwrap().unwrap(), expected);
        }
        let end = items.next().await;
        assert!(
            matches!(&end, Some(Err(Error::Call { route, source: CallError::RouteBroken { .. } })) if route == "breaks"),
            "{end:?}"
        );
        assert!(items.next().await.is_none());
        sides.mine.call(server::nothing, ()).await.unwrap();
        assert_eq!((sides.mine.open_calls(), sides.theirs.open_calls()), (0, 0));
    });
}

#[test]
fn data_whose_source_panics_ends_as_an_error_in_the_route() {
    paused(async {
        let sides = connect(&Network::new()).await;
        let source = stream::iter(0..).map(|item: u32| {
            assert!(item < 3, "as it was asked to");
            item
        });
        let counted = sides.mine.call(server::count, source).await;
        assert!(
            matches!(&counted, Err(Error::Call { source: CallError::Refused { failure }, .. }) if failure.message().contains("broke")),
            "{counted:?}"
        );
        sides.mine.call(server::nothing, ()).await.unwrap();
        assert_eq!((sides.mine.open_calls(), sides.theirs.open_calls()), (0, 0));
    });
}
