//! Routes that fail on a message: what becomes of their connection, and who hears of it.

use highway::{Close, Connection, FailedRoute, Failure, OnFailure, route};
use highway_tests::within_deadline;

use crate::support::{Probe, RawPeer, Seen, start};

#[highway::server(state = Probe)]
struct Server {
    messages: u32,
}

#[route("a: fail")]
async fn fail(server: &mut Server) -> Result<(), Failure> {
    server.messages += 1;
    Err(Failure::new("as asked").with_code("asked"))
}

#[route("b: panic")]
async fn panic(server: &mut Server) {
    server.messages += 1;
    panic!("as asked");
}

#[route("c: fail beside")]
async fn fail_beside(server: Connection<Server>) -> Result<(), Failure> {
    server.state().gate().await;
    Err("as asked".into_failure())
}

#[route("d: panic beside")]
async fn panic_beside(server: Connection<Server>) {
    server.state().gate().await;
    panic!("as asked");
}

#[route("e: count")]
async fn count(server: &mut Server) -> u32 {
    server.messages
}

#[highway::on(failure)]
async fn hear(failed: FailedRoute, server: &mut Server) {
    let how = if failed.is_panic() {
        "panicked"
    } else {
        "failed"
    };
    let (route, failure, messages) = (failed.route(), failed.failure(), server.messages);
    let said = format!("`{route}` {how}: {failure}, message {messages}");
    server.state().saw(said);
}

/// What fails or panics here is heard of only.
#[highway::on(failure)]
async fn fail_too(server: &mut Server) -> Result<(), Failure> {
    assert!(server.messages.is_multiple_of(2), "on purpose");
    Err(Failure::new("on purpose"))
}

#[highway::on(close)]
async fn closed(close: Close, server: &mut Server) {
    server.state().saw(format!("closed {close}"));
}

#[highway::client(state = Probe)]
struct Client;

#[route("fail")]
async fn fail_here(_: &mut Client) -> Result<(), Failure> {
    Err(Failure::new("as asked"))
}

#[highway::on(failure)]
async fn hear_here(failed: &FailedRoute, client: Connection<Client>) -> highway::Result {
    let said = format!("`{}` {}", failed.route(), failed.failure());
    client.state().saw(said);
    client.close_with(4000, "no more of this").await
}

trait IntoFailure {
    fn into_failure(self) -> Failure;
}

impl IntoFailure for &str {
    fn into_failure(self) -> Failure {
        Failure::new(self)
    }
}

const FAILURES: [&str; 4] = [
    "`a: fail` failed: as asked (asked), message 1",
    "`b: panic` panicked: as asked, message 2",
    "`c: fail beside` failed: as asked, message 2",
    "`d: panic beside` panicked: as asked, message 2",
];

async fn server(on_failure: OnFailure) -> (crate::support::Running, Probe, Seen) {
    let (probe, seen) = Probe::new();
    let server = Server::server().state(probe.clone()).on_failure(on_failure);
    (start(server).await, probe, seen)
}

#[test]
fn connection_to_a_peer_with_the_extension_stays() {
    within_deadline(async {
        for on_failure in [OnFailure::ByPeer, OnFailure::Log] {
            let (server, probe, mut seen) = server(on_failure).await;
            probe.open(2);
            let me = Client::client().state(Probe::new().0);
            let me = me.connect(&server.url).await.unwrap();
            for (route, heard) in ["a: fail", "b: panic", "c: fail beside", "d: panic beside"]
                .into_iter()
                .zip(FAILURES)
            {
                me.send(route, ()).await.unwrap();
                seen.expect(heard).await;
            }
            let count: u32 = me.call("e: count", ()).await.unwrap();
            assert_eq!(count, 2);
            me.close().await;
            seen.expect("closed 1000").await;
        }
    });
}

#[test]
fn connection_closes_where_that_is_wanted_and_the_hooks_hear_of_it_first() {
    within_deadline(async {
        for (number, heard) in (1..).zip(FAILURES) {
            let (server, probe, mut seen) = server(OnFailure::Close).await;
            probe.open(1);
            let me = Client::client().state(Probe::new().0);
            let me = me.connect(&server.url).await.unwrap();
            let routes = ["a: fail", "b: panic", "c: fail beside", "d: panic beside"];
            me.send(routes[number - 1], ()).await.unwrap();
            // Each is the first message of its connection.
            let heard = heard.split(", message").next().unwrap();
            let said = seen.next().await;
            assert!(said.starts_with(heard), "{said}");
            assert_eq!(me.closed().await, Close::INTERNAL_ERROR);
            seen.expect("closed 1011 Internal error").await;
        }
    });
}

#[test]
fn connection_to_any_other_peer_closes_unless_it_is_to_stay() {
    within_deadline(async {
        let (closing, _probe, mut seen) = server(OnFailure::ByPeer).await;
        let mut peer = RawPeer::ready(closing.address).await;
        peer.message(&[8, 0, 1, 0]).await;
        assert_eq!(peer.closes().await, Some(Close::INTERNAL_ERROR));
        seen.expect(FAILURES[0]).await;
        seen.expect("closed 1011 Internal error").await;

        let (staying, _probe, mut seen) = server(OnFailure::Log).await;
        let mut peer = RawPeer::ready(staying.address).await;
        peer.message(&[8, 0, 1, 0]).await;
        seen.expect(FAILURES[0]).await;
        peer.message(&[8, 0, 2, 0]).await;
        seen.expect(FAILURES[1]).await;
        // What is the peer's fault closes all the same.
        peer.message(&[8, 0, 9, 0]).await;
        assert_eq!(peer.closes().await, Some(Close::NO_SUCH_ROUTE));
        seen.expect("closed 3002 Route does not exist").await;
    });
}

#[test]
fn failure_of_a_route_that_ran_beside_is_heard_of_though_the_connection_closes_for_another() {
    within_deadline(async {
        let (server, probe, mut seen) = server(OnFailure::Close).await;
        let mut peer = RawPeer::ready(server.address).await;
        peer.message(&[8, 0, 3, 0]).await;
        peer.message(&[8, 0, 4, 0]).await;
        probe.open(2);
        let close = peer.closes().await;
        assert_eq!(close, Some(Close::INTERNAL_ERROR));
        let mut said = [seen.next().await, seen.next().await];
        said.sort();
        assert!(said[0].starts_with("`c: fail beside` failed"), "{said:?}");
        assert!(
            said[1].starts_with("`d: panic beside` panicked"),
            "{said:?}"
        );
        seen.expect("closed 1011 Internal error").await;
    });
}

#[test]
fn hook_of_a_client_hears_of_failures_and_may_close() {
    #[highway::server]
    struct Sends;

    #[highway::on(ready)]
    async fn send(sends: &mut Sends) -> highway::Result {
        sends.send("fail", ()).await
    }

    within_deadline(async {
        let server = start(Sends::server()).await;
        let (probe, mut seen) = Probe::new();
        let me = Client::client().state(probe).connect(&server.url).await;
        seen.expect("`fail` as asked").await;
        let close = me.unwrap().closed().await;
        assert_eq!(close, Close::new(4000, "no more of this"));
    });
}
