//! Values that panic as they are dropped, wherever a connection has them: its hooks run, and it leaves nothing.

use std::{fmt, panic::panic_any};

use futures_util::{Stream, StreamExt, stream};
use highway::{
    Connection, Incoming, Limits, Refusal, Request, ServerLimits, on, route, server::ServerHandle,
};
use highway_tests::within_deadline;

use crate::support::{Probe, Seen};

/// Panics when it is dropped.
#[derive(Debug)]
struct Loud;

impl Drop for Loud {
    fn drop(&mut self) {
        panic!("dropped, as asked");
    }
}

impl fmt::Display for Loud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("loud")
    }
}

impl std::error::Error for Loud {}

/// A panic with this panics again as it is dropped, with the same.
struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        panic_any(Self);
    }
}

fn loud_items() -> impl Stream<Item = u32> + Send + 'static {
    let loud = Loud;
    stream::iter([1])
        .chain(stream::pending())
        .inspect(move |_| {
            let _ = &loud;
        })
}

#[highway::protocol]
mod server {
    pub async fn in_order() -> u32;
    pub async fn beside() -> u32;
    pub async fn at_its_end() -> ();
    pub async fn error() -> ();
    pub async fn payload() -> ();
    pub async fn endless() -> impl Stream<Item = u32>;
    pub async fn take(numbers: Incoming<u32>) -> ();
    pub async fn nothing() -> ();
}

#[highway::server(serves = server, state = Probe)]
struct Server {
    // Dropped with the handler.
    loud: Option<Loud>,
}

#[highway::client(peer = server, state = Probe)]
struct Client {
    loud: Option<Loud>,
}

#[on(connect)]
async fn connects(request: &mut Request<Server>) -> Result<(), Refusal> {
    request.extensions_mut().insert(std::sync::Arc::new(Loud));
    Ok(())
}

#[on(open)]
async fn opened(server: &mut Server) -> highway::Result {
    server.loud = Some(Loud);
    server.join("room")
}

#[on(open)]
async fn opened_beside(_: Connection<Server>) {
    let _loud = Loud;
    std::future::pending::<()>().await;
}

#[on(close)]
async fn closed(server: &mut Server) {
    server.state().saw("closed");
    let _loud = Loud;
}

#[on(close)]
async fn closed_too(server: Connection<Server>) {
    server.state().saw("closed too");
}

#[on(open)]
async fn client_opened(client: &mut Client) {
    client.loud = Some(Loud);
}

#[on(close)]
async fn client_closed(client: &mut Client) {
    client.state().saw("closed");
    let _loud = Loud;
}

#[on(close)]
async fn client_closed_too(client: Connection<Client>) {
    client.state().saw("closed too");
}

#[route(server::in_order)]
async fn in_order(server: &mut Server) -> u32 {
    let _loud = Loud;
    server.state().saw("runs");
    std::future::pending().await
}

#[route(server::beside)]
async fn beside(server: Connection<Server>) -> u32 {
    let _loud = Loud;
    server.state().saw("runs");
    std::future::pending().await
}

#[route(server::at_its_end)]
async fn at_its_end(server: &mut Server) {
    let _loud = Loud;
    server.state().saw("runs");
}

#[route(server::error)]
async fn error(server: &mut Server) -> Result<(), Loud> {
    server.state().saw("runs");
    Err(Loud)
}

#[route(server::payload)]
async fn payload(server: Connection<Server>) {
    server.state().saw("runs");
    panic_any(Payload);
}

#[route(server::endless)]
async fn endless(server: Connection<Server>) -> impl Stream<Item = u32> {
    server.state().saw("runs");
    loud_items()
}

#[route(server::take)]
async fn take(mut items: Incoming<u32>, server: Connection<Server>) -> highway::Result {
    items.next().await.expect("there is one")?;
    server.state().saw("runs");
    std::future::pending().await
}

#[route(server::nothing, on = Server)]
async fn nothing() {}

/// A connection with both its ends.
struct Sides {
    handle: ServerHandle<Server>,
    serving: tokio::task::JoinHandle<highway::Result>,
    at_server: Seen,
    client: Connection<Client>,
    at_client: Seen,
}

/// Routes that still run have no long time to end.
fn impatient(limits: &mut Limits) {
    limits.close_timeout = std::time::Duration::from_millis(200);
}

/// Such a server, with room for one connection.
fn impatient_server(limits: &mut ServerLimits) {
    impatient(limits);
    limits.connections = 1;
}

async fn connect() -> Sides {
    let (probe, at_server) = Probe::new();
    let server = Server::server().state(probe).limits(impatient_server);
    let server = server.bind("127.0.0.1:0").await.unwrap();
    let (url, handle) = (server.url(), server.handle());
    let serving = tokio::spawn(server.into_future());
    let (probe, at_client) = Probe::new();
    let client = Client::client().state(probe).limits(impatient);
    let client = client.connect(&url).await.unwrap();
    Sides {
        handle,
        serving,
        at_server,
        client,
        at_client,
    }
}

/// What is on its way when the connection ends.
const ON_ITS_WAY: [&str; 10] = [
    "nothing",
    "in_order",
    "beside",
    "at_its_end",
    "error",
    "payload",
    "endless",
    "take",
    "call",
    "dropped call",
];

async fn begin(what: &str, sides: &mut Sides) {
    let client = sides.client.clone();
    let began = match what {
        "nothing" => return client.call(server::nothing, ()).await.unwrap(),
        "in_order" => client.send(server::in_order, ()).await,
        "beside" => client.send(server::beside, ()).await,
        "at_its_end" => client.send(server::at_its_end, ()).await,
        "error" => client.send(server::error, ()).await,
        "payload" => client.send(server::payload, ()).await,
        "endless" => {
            let mut items = client.stream(server::endless, ()).await.unwrap();
            assert_eq!(items.next().await.unwrap().unwrap(), 1);
            tokio::spawn(async move { while let Some(Ok(_)) = items.next().await {} });
            Ok(())
        }
        "take" => {
            let call = client.call(server::take, loud_items());
            tokio::spawn(call);
            Ok(())
        }
        "call" => {
            tokio::spawn(async move { client.call(server::beside, ()).await });
            Ok(())
        }
        _ => {
            let call = client.call(server::beside, ());
            sides.at_server.expect("runs").await;
            drop(call);
            // It comes behind the word of its end.
            client.call(server::nothing, ()).await.unwrap();
            return;
        }
    };
    began.unwrap();
    sides.at_server.expect("runs").await;
}

/// How it ends.
const ENDS: [&str; 3] = ["client closes", "server closes", "server is dropped"];

#[test]
fn hooks_run_and_nothing_is_left_whatever_panics_as_it_is_dropped() {
    within_deadline(async {
        for what in ON_ITS_WAY {
            for end in ENDS {
                let mut sides = connect().await;
                begin(what, &mut sides).await;
                match end {
                    "client closes" => sides.client.close().await,
                    "server closes" => drop(sides.handle.shutdown()),
                    _ => sides.serving.abort(),
                }
                for seen in [&mut sides.at_server, &mut sides.at_client] {
                    for expected in ["closed", "closed too"] {
                        let said = seen.next().await;
                        assert_eq!(said, expected, "{what}, {end}");
                    }
                }
                sides.client.closed().await;
                while sides.handle.connections() > 0 {
                    tokio::task::yield_now().await;
                }
                assert!(sides.handle.rooms().is_empty(), "{what}, {end}");
                assert!(sides.at_server.now().is_empty() && sides.at_client.now().is_empty());
            }
        }
    });
}

#[test]
fn seat_of_a_connection_is_free_again_whatever_panics_as_it_is_dropped() {
    within_deadline(async {
        let mut sides = connect().await;
        let url = format!("ws://{}", sides.handle.local_addr().expect("it listens"));
        for what in ["in_order", "beside", "error", "payload"] {
            begin(what, &mut sides).await;
            sides.client.close().await;
            for expected in ["closed", "closed too"] {
                sides.at_server.expect(expected).await;
            }
            while sides.handle.connections() > 0 {
                tokio::task::yield_now().await;
            }
            let (probe, at_client) = Probe::new();
            sides.at_client = at_client;
            // The seat is given back right behind.
            sides.client = loop {
                let client = Client::client().state(probe.clone()).limits(impatient);
                match client.connect(&url).await {
                    Ok(client) => break client,
                    Err(_) => tokio::task::yield_now().await,
                }
            };
        }
    });
}

#[test]
fn clients_routes_may_panic_as_they_are_dropped_too() {
    within_deadline(async {
        for beside in [false, true] {
            let (probe, mut at_server) = Probe::new();
            let server = Asking::server().state(probe).limits(impatient_server);
            let server = server.bind("127.0.0.1:0").await.unwrap();
            let (url, handle) = (server.url(), server.handle());
            tokio::spawn(server.into_future());
            let (probe, mut at_client) = Probe::new();
            let client = Asked::client().state(probe).limits(impatient);
            let me = client.connect(&url).await.unwrap();
            at_server.expect("ready").await;
            let route = if beside { "beside" } else { "in order" };
            handle.everyone().send(route, ()).await.unwrap();
            at_client.expect("runs").await;
            me.close().await;
            at_client.expect("closed").await;
            assert!(at_client.now().is_empty());
        }
    });
}

#[highway::server(state = Probe)]
struct Asking;

#[on(ready)]
async fn asking_ready(server: &mut Asking) {
    server.state().saw("ready");
}

#[highway::client(state = Probe)]
struct Asked;

#[route("in order")]
async fn asked_in_order(me: &mut Asked) {
    let _loud = Loud;
    me.state().saw("runs");
    std::future::pending::<()>().await;
}

#[route("beside")]
async fn asked_beside(me: Connection<Asked>) {
    let _loud = Loud;
    me.state().saw("runs");
    std::future::pending::<()>().await;
}

#[on(close)]
async fn asked_closed(me: &mut Asked) {
    me.state().saw("closed");
}
