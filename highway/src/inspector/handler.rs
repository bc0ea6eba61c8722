//! The server of the page: what it can ask, and what it can do.

use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{
    Inspected,
    model::{About, Detail, Listed, Overview, Seen, Wanted},
    sample::{Filter, Opened, TURN},
};
use crate::{
    connection::Connection,
    error::{Error, Failure},
    handler::{Refusal, Request},
    route::{Incoming, Outgoing, Undeclared},
    value::Value,
};
use http::StatusCode;

/// The connection of an open page.
#[highway_macros::server(state = Inspected)]
pub(crate) struct Page;

#[highway_macros::on(connect)]
async fn admit(request: &mut Request<Page>) -> Result<(), Refusal> {
    let gate = &request.state().gate;
    let checked = gate.check(request.headers(), request.peer_addr());
    checked.map_err(|why| Refusal::new(StatusCode::FORBIDDEN, why))
}

/// What the page has to know first.
#[highway_macros::route("about")]
async fn about(page: Connection<Page>) -> About {
    page.state().about()
}

/// The server as a whole.
#[highway_macros::route("overview")]
async fn overview(page: Connection<Page>) -> Overview {
    page.state().overview()
}

/// Some of the server's connections.
#[highway_macros::route("connections")]
async fn connections(wanted: Wanted, page: Connection<Page>) -> Listed {
    page.state().list(&wanted).await
}

/// One connection.
#[highway_macros::route("connection")]
async fn connection(id: u64, page: Connection<Page>) -> Result<Detail, Failure> {
    let inspected = page.state();
    Ok(inspected.detail(&*inspected.link(id)?))
}

/// The messages that pass, as far as the page can see them.
#[highway_macros::route("watch")]
async fn watch(
    filter: Filter,
    page: Connection<Page>,
) -> Result<impl Stream<Item = Seen>, Failure> {
    let inspected = page.state();
    let opened = inspected.sampler.open(&inspected.tap, filter);
    let opened = opened.ok_or_else(|| Failure::new("too many pages are open"))?;
    let mut turns = interval(TURN);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Ok(stream::unfold((page, opened, turns), next_turn))
}

/// What was seen in the next turn in which something passed.
async fn next_turn(
    (page, opened, mut turns): (Connection<Page>, Opened, Interval),
) -> Option<(Seen, (Connection<Page>, Opened, Interval))> {
    loop {
        turns.tick().await;
        let turn = opened.take();
        if turn.left_out > 0 || !turn.samples.is_empty() {
            let seen = page.state().seen(turn);
            return Some((seen, (page, opened, turns)));
        }
    }
}

/// A route of a connection's peer.
#[derive(Debug, Deserialize)]
struct Target {
    connection: u64,
    route: String,
    /// Whether the data is a list of items that go one by one.
    #[serde(default)]
    items: bool,
}

impl Target {
    /// The items, where the data is such.
    ///
    /// # Errors
    /// When it is no list.
    fn items(&self, data: &mut Value) -> Result<Option<Vec<Value>>, Failure> {
        match (self.items, data) {
            (false, _) => Ok(None),
            (true, Value::List(items)) => Ok(Some(std::mem::take(items))),
            (true, _) => Err(Failure::new("items are a list")),
        }
    }
}

/// Sends a message to a connection.
#[highway_macros::route("send")]
async fn send((target, data): (Target, Value), page: Connection<Page>) -> Result<(), Failure> {
    let link = page.state().link(target.connection)?;
    let offered = link.offer::<Undeclared, _, _>(&&*target.route, &data);
    if let Some(unsent) = offered.map_err(|error| *error)? {
        link.push_unsent(unsent).await?;
    }
    Ok(())
}

/// Calls a connection's route.
#[highway_macros::route("call")]
async fn call(
    (target, mut data): (Target, Value),
    page: Connection<Page>,
) -> Result<Value, Failure> {
    let link = page.state().link(target.connection)?;
    let route = &&*target.route;
    let called = match target.items(&mut data)? {
        Some(items) => link.call::<Undeclared, _, _, Value>(route, Outgoing(stream::iter(items))),
        None => link.call::<Undeclared, _, _, Value>(route, data),
    };
    called.await.map_err(failure)
}

/// Opens a stream of a connection's route.
#[highway_macros::route("stream")]
async fn open_stream(
    (target, mut data): (Target, Value),
    page: Connection<Page>,
) -> Result<impl Stream<Item = Result<Value, Failure>>, Failure> {
    let link = page.state().link(target.connection)?;
    let route = &&*target.route;
    let opened = match target.items(&mut data)? {
        Some(items) => link.stream::<Undeclared, _, _, Value>(route, Outgoing(stream::iter(items))),
        None => link.stream::<Undeclared, _, _, Value>(route, data),
    };
    let items: Incoming<Value> = opened.await.map_err(failure)?;
    Ok(items.map(|item| item.map_err(failure)))
}

/// What a route failed with, for the page.
fn failure(error: Error) -> Failure {
    let Some(failed) = error.failure() else {
        return error.into();
    };
    let mut failure = Failure::new(failed.message());
    if let Some(code) = failed.code() {
        failure = failure.with_code(code);
    }
    if let Some(data) = failed.data() {
        failure = failure.with_data(data.clone());
    }
    failure
}
