//! A server that a test plays, for clients that are tested.

use std::{
    collections::VecDeque,
    fmt,
    future::Future,
    io,
    panic::Location,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

use super::{
    ByteStream, DEADLINE, Network,
    peer::{Peer, Setup},
    url,
};
use crate::{
    client::Client,
    connection::Connection,
    error::Result,
    handler::Handler,
    route::{ClientSide, Protocol, protocol::Declaration},
    transport::websocket::Stream,
    wire::Dialect,
};

/// The connections that may wait to be accepted; more are refused.
const BACKLOG: usize = 64;

/// A server without a handler, for tests of clients: each connection that it accepts is a [`Peer`], for which the test says what
/// it sends and what has to arrive.
///
/// ```
/// use highway::{route, test::ScriptedServer};
///
/// #[highway::client]
/// struct Me;
///
/// #[highway::on(ready)]
/// async fn start(me: &mut Me) -> highway::Result {
///     me.send("join", "lobby").await
/// }
///
/// #[route("ping")]
/// async fn ping(number: u32, me: &mut Me) -> highway::Result {
///     me.send("pong", number + 1).await
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> highway::Result {
/// let server = ScriptedServer::new().serves(["join", "pong"]);
/// let (me, mut peer) = tokio::join!(server.connect(Me::client()), server.accept());
/// let me = me?;
///
/// peer.expect("join", "lobby").await;
/// peer.send("ping", 1).await;
/// peer.expect("pong", 2).await;
/// peer.close().await;
/// me.closed().await;
/// # Ok(())
/// # }
/// ```
///
/// A client that reconnects comes back to it: each [`accept`](Self::accept) gives the next connection.
pub struct ScriptedServer {
    routes: Vec<String>,
    dialect: Dialect,
    deadline: Duration,
    network: Network,
    arrivals: Arc<Arrivals>,
}

/// The connections that were made and not accepted yet.
#[derive(Default)]
struct Arrivals {
    waiting: Mutex<VecDeque<Arrival>>,
    came: Notify,
}

/// A connection, and the routes that its client's handler says of its peer.
type Arrival = (ByteStream, &'static [Declaration]);

impl Default for ScriptedServer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ScriptedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedServer")
            .field("routes", &self.routes)
            .field("dialect", &self.dialect)
            .field("network", &self.network)
            .finish_non_exhaustive()
    }
}

impl ScriptedServer {
    /// A server that speaks dialect 0.2 over a perfect network, and serves the routes of the `peer = …` of each client's handler.
    pub fn new() -> Self {
        Self {
            routes: Vec::new(),
            dialect: Dialect::V02,
            deadline: DEADLINE,
            network: Network::new(),
            arrivals: Arc::default(),
        }
    }

    /// Serves these routes too: a client can send to no others.
    pub fn serves(mut self, routes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.routes.extend(routes.into_iter().map(Into::into));
        self
    }

    /// Speaks this dialect only (default: 0.2).
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Lies behind a network.
    pub fn over(mut self, network: &Network) -> Self {
        self.network = network.clone();
        self
    }

    /// The time that clients have to connect and its peers for what is expected: 5 s, on tokio's clock.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Connects a client; the test has to [accept](Self::accept) it at the same time.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn connect<C: Handler<Side = ClientSide>>(
        &self,
        client: Client<C>,
    ) -> Result<Connection<C>> {
        let network = self.network.clone();
        let arrivals = Arc::clone(&self.arrivals);
        let client = client.connector(Arc::new(move || {
            let (client, server) = network.connect()?;
            arrivals.add((server, C::Peer::ROUTES))?;
            Ok(client.into_any())
        }));
        client.connect(&url("/")).await
    }

    /// Accepts the next connection, and comes back once both sides have exchanged their routes. Those that do not come that far are
    /// skipped.
    ///
    /// # Panics
    /// When none comes in time.
    #[track_caller]
    pub fn accept(&self) -> impl Future<Output = Peer> + Send {
        let at = Location::caller();
        async move {
            let mut failed = None;
            let accepted = timeout(self.deadline, async {
                loop {
                    let (stream, declared) = self.arrivals.next().await;
                    let setup = Setup::new(&self.routes, declared, self.dialect, self.deadline);
                    match Peer::accept(stream, setup).await {
                        Ok(peer) => break peer,
                        Err(error) => failed = Some(error),
                    }
                }
            });
            if let Ok(peer) = accepted.await {
                return peer;
            }
            let why = failed.map_or_else(String::new, |error| format!("; the last: {error}"));
            panic!(
                "no client connected within {:?}{why} (at {at})",
                self.deadline
            )
        }
    }

    /// Accepts the next connection as bytes: neither upgraded nor anything else.
    pub async fn accept_stream(&self) -> ByteStream {
        self.arrivals.next().await.0
    }
}

impl Arrivals {
    fn add(&self, arrival: Arrival) -> io::Result<()> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= BACKLOG {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        waiting.push_back(arrival);
        self.came.notify_one();
        Ok(())
    }

    async fn next(&self) -> Arrival {
        loop {
            let came = self.came.notified();
            let next = {
                let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.pop_front()
            };
            if let Some(arrival) = next {
                return arrival;
            }
            came.await;
        }
    }
}
