//! Tests of handlers without ports: servers and clients in memory, peers that say what arrived, and a network that fails when
//! it is told to. With the feature `test`, which belongs into `[dev-dependencies]`.
//!
//! | | |
//! | --- | --- |
//! | [`server`] | a server as in production, which listens on no port |
//! | [`TestServer::connect`] | a client with a handler of its own: a typed [`Connection`](crate::Connection) |
//! | [`TestServer::peer`] | a client without one: the test decides what it sends and expects what arrives: a [`Peer`] |
//! | [`ScriptedServer`] | the same the other way round: the [`Peer`] is the server, the client is what is tested |
//! | [`replay`] | a recorded session, played against the handlers |
//! | [`Network`] | the network between them: it delays, stalls, is cut and heals |
//!
//! Everything runs in the test's own runtime, and on its clock. On a paused one, as with
//! `#[tokio::test(start_paused = true)]` (tokio's feature `test-util`), time passes only when everybody waits: a test of what
//! takes minutes, or of what must not happen, is over at once.
//!
//! The guide has [a chapter](crate#tests-without-ports) on it.

mod network;
mod peer;
mod replay;
mod script;
mod server;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

pub use network::{Direction, Network, stream::ByteStream};
pub use peer::{Awaited, Called, Peer, PeerBuilder};
pub use replay::{Difference, Replay, ReplayError, Replayed, replay};
pub use script::ScriptedServer;
pub use server::{Connect, TestServer, server};

/// The time for what is expected, on tokio's clock, unless a peer is given another.
const DEADLINE: Duration = Duration::from_secs(5);

/// Makes a connection over a network; with the client's address, if it is to have a certain one.
type Dial = Arc<dyn Fn(&Network, Option<SocketAddr>) -> io::Result<ByteStream> + Send + Sync>;

/// The URL of a path, which begins with a slash.
fn url(path: &str) -> String {
    format!("ws://in.memory{path}")
}
