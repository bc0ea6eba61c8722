//! What is on the page, as values: the server as a whole, its connections, the messages that were seen.

use std::{cmp::Reverse, sync::Arc, time::UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{
    Inspected,
    decoded::{Shortened, decode},
    sample::{LONGEST, Sample, Turn},
};
use crate::{
    link::Link,
    wire::{ConnectionId, Dialect},
};

/// The most connections on a page.
const ROWS: usize = 200;

/// The rooms that a row names.
const ROOMS: usize = 8;

/// The rooms and routes that are named of one connection.
const NAMES: usize = 500;

/// The connections that are looked at before other tasks get their turn.
pub(super) const CHUNK: usize = 256;

/// What the page has to know first.
#[derive(Debug, Serialize)]
pub(super) struct About {
    /// The description of the server's routes, in JSON.
    description: String,
    /// Where the page connects to the server.
    server_path: String,
    version: &'static str,
}

/// The server as a whole.
#[derive(Debug, Serialize)]
pub(super) struct Overview {
    connections: u64,
    opened: u64,
    refused: u64,
    rooms: u64,
    pipes: u64,
    routes: Vec<Counts>,
}

/// What was counted of a route.
#[derive(Debug, Serialize)]
struct Counts {
    name: String,
    received: u64,
    sent: u64,
    dropped: u64,
}

/// Which connections are on the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    /// A part of the id, address, name or a room, in lower case; empty for all.
    search: String,
    sort: Order,
    /// The connections before the first.
    offset: usize,
    count: usize,
}

/// The order of connections.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    #[default]
    Oldest,
    Newest,
    /// Those with most bytes waiting first.
    Waiting,
}

/// Some of the connections.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    /// All that the server has.
    all: u64,
    /// Those that are searched for.
    found: u64,
    rows: Vec<Row>,
}

/// A connection among others.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    id: u64,
    address: Option<String>,
    name: Option<String>,
    /// Some of its rooms.
    rooms: Vec<String>,
    room_count: u64,
    /// `connecting`, `open` or `closing`.
    status: &'static str,
    /// The messages that wait for the handler, and the bytes that wait to be written.
    queued: u32,
    unwritten: u64,
    /// The calls and streams that are open.
    calls: u64,
    /// In microseconds.
    round_trip: Option<u64>,
    /// In milliseconds.
    age: u64,
}

/// A connection by itself.
#[derive(Debug, Serialize)]
pub(super) struct Detail {
    row: Row,
    rooms: Vec<String>,
    /// The routes of the peer.
    serves: Vec<String>,
    /// `extended`, `0.2` or `0.1`; `None` while the peer has told no routes.
    dialect: Option<&'static str>,
}

/// What a page has seen in a turn.
#[derive(Debug, Serialize)]
pub(super) struct Seen {
    messages: Vec<SeenMessage>,
    /// The messages that were left out, as there were too many.
    left_out: u64,
}

/// A message.
#[derive(Debug, Serialize)]
struct SeenMessage {
    /// In milliseconds since 1970.
    at: u64,
    connection: u64,
    way: &'static str,
    kind: &'static str,
    conversation: Option<u32>,
    route: String,
    bytes: u64,
    data: String,
    /// Whether the data goes on.
    is_cut: bool,
}

fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Inspected {
    pub(super) fn about(&self) -> About {
        About {
            description: (self.describe)(&self.limits),
            server_path: self.server_path.clone(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    pub(super) fn overview(&self) -> Overview {
        let metrics = self.members.metrics(&self.meter);
        let refused = metrics.connections.refused.iter();
        let routes = metrics.routes.into_iter().map(|route| Counts {
            name: route.name,
            received: route.received.messages,
            sent: route.sent.messages,
            dropped: route.dropped,
        });
        Overview {
            connections: metrics.connections.active,
            opened: metrics.connections.opened,
            refused: refused.map(|(_, count)| count).sum(),
            rooms: metrics.rooms as u64,
            pipes: metrics.pipes.active,
            routes: routes.collect(),
        }
    }

    /// The connections that are wanted. With many, other tasks get their turn between.
    pub(super) async fn list(&self, wanted: &Wanted) -> Listed {
        let everyone = self.members.everyone();
        let mut found: Vec<&Arc<Link>> = Vec::new();
        for links in everyone.chunks(CHUNK) {
            found.extend(
                links
                    .iter()
                    .filter(|link| self.is_found(link, &wanted.search)),
            );
            tokio::task::yield_now().await;
        }
        match wanted.sort {
            Order::Oldest => found.sort_unstable_by_key(|link| link.id),
            Order::Newest => found.sort_unstable_by_key(|link| Reverse(link.id)),
            Order::Waiting => {
                found.sort_by_cached_key(|link| {
                    (Reverse((link.unwritten(), link.queued())), link.id)
                });
            }
        }
        let count = wanted.count.min(ROWS);
        let rows = found.iter().skip(wanted.offset).take(count);
        Listed {
            all: everyone.len() as u64,
            found: found.len() as u64,
            rows: rows.map(|link| self.row(link)).collect(),
        }
    }

    /// Whether a connection has what is searched for.
    fn is_found(&self, link: &Link, search: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(search);
        search.is_empty()
            || link.id.0.to_string() == search
            || link
                .peer_addr
                .is_some_and(|address| has(&address.to_string()))
            || self.members.name_of(link.id).is_some_and(|name| has(&name))
            || self.members.rooms_of(link.id).iter().any(|room| has(room))
    }

    /// A connection as a row, whose round trip is measured for the next time.
    fn row(&self, link: &Link) -> Row {
        link.ask_round_trip();
        let mut rooms = self.members.rooms_of(link.id);
        let room_count = rooms.len() as u64;
        rooms.truncate(ROOMS);
        let status = match (link.closing(), link.peer()) {
            (Some(_), _) => "closing",
            (None, Some(_)) => "open",
            (None, None) => "connecting",
        };
        Row {
            id: link.id.0,
            address: link.peer_addr.map(|address| address.to_string()),
            name: self.members.name_of(link.id),
            rooms,
            room_count,
            status,
            queued: link.queued(),
            unwritten: link.unwritten() as u64,
            calls: link.open_calls() as u64,
            round_trip: link.round_trip().map(micros),
            age: millis(link.age()),
        }
    }

    /// What is known of a connection.
    pub(super) fn detail(&self, link: &Link) -> Detail {
        let mut rooms = self.members.rooms_of(link.id);
        rooms.truncate(NAMES);
        let peer = link.peer();
        let dialect = peer.as_ref().map(|peer| match peer.dialect {
            Dialect::Extended => "extended",
            Dialect::V02 => "0.2",
            Dialect::V01 => "0.1",
        });
        let serves = peer.as_ref().map(|peer| {
            let names = peer.table.names().into_iter().take(NAMES);
            names.map(ToOwned::to_owned).collect()
        });
        Detail {
            row: self.row(link),
            rooms,
            serves: serves.unwrap_or_default(),
            dialect,
        }
    }

    /// What a page has seen, as a person reads it.
    pub(super) fn seen(&self, turn: Turn) -> Seen {
        let messages = turn.samples.into_iter().map(|sample| self.message(&sample));
        Seen {
            messages: messages.collect(),
            left_out: turn.left_out,
        }
    }

    fn message(&self, sample: &Sample) -> SeenMessage {
        let (kind, conversation, data) = match &sample.message {
            Some(message) => {
                let dialect = self.dialect(sample.connection);
                let decoded = decode(message, dialect, self.limits.nesting);
                (decoded.kind, decoded.conversation, decoded.data)
            }
            None => ("message", None, too_long()),
        };
        let at = sample.at.duration_since(UNIX_EPOCH);
        SeenMessage {
            at: at.map_or(0, millis),
            connection: sample.connection.0,
            way: sample.way.word(),
            kind,
            conversation,
            route: self.meter.name(sample.route),
            bytes: sample.bytes as u64,
            data: data.text,
            is_cut: data.is_cut,
        }
    }

    /// What a connection speaks; one that is gone spoke what most do.
    fn dialect(&self, id: ConnectionId) -> Dialect {
        let link = self.members.get(id).ok();
        let peer = link.and_then(|link| link.peer());
        peer.map_or(Dialect::Extended, |peer| peer.dialect)
    }
}

fn too_long() -> Shortened {
    Shortened {
        text: format!("(more than {} KiB)", LONGEST / 1024),
        is_cut: false,
    }
}
