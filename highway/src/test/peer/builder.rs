//! A client that a test plays, before it connects.

use std::{
    fmt,
    future::{Future, IntoFuture},
    io,
    net::SocketAddr,
    panic::Location,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use tokio::time::timeout;

use super::handle::Peer;
use crate::{
    error::ConnectError,
    proto::{
        handshake::{LocalTable, TableLimits},
        session::SessionConfig,
    },
    route::protocol::Declaration,
    test::{ByteStream, DEADLINE, Dial, Network, url},
    upgrade,
    wire::Dialect,
};

/// What a peer serves and speaks.
pub(in crate::test) struct Setup {
    pub(super) routes: Vec<String>,
    pub(super) dialect: Dialect,
    pub(super) deadline: Duration,
}

impl Setup {
    /// A peer that serves what is declared and more.
    pub(in crate::test) fn new(
        routes: &[String],
        declared: &[Declaration],
        dialect: Dialect,
        deadline: Duration,
    ) -> Self {
        let declared = declared.iter().map(|route| route.name.to_owned());
        let mut all: Vec<String> = declared.collect();
        for route in routes {
            if !all.contains(route) {
                all.push(route.clone());
            }
        }
        Self {
            routes: all,
            dialect,
            deadline,
        }
    }

    pub(super) fn table(&self) -> Arc<LocalTable> {
        let names = self.routes.iter().map(String::as_str);
        Arc::new(LocalTable::new(names))
    }

    pub(super) fn session(&self) -> SessionConfig {
        SessionConfig {
            table: TableLimits {
                routes: usize::MAX,
                bytes: usize::MAX,
            },
            dialect_01: self.dialect == Dialect::V01,
            extension: self.dialect == Dialect::Extended,
        }
    }
}

/// A client without a handler before it connects, from [`TestServer::peer`](crate::test::TestServer::peer): awaited, it connects and
/// becomes a [`Peer`].
///
/// ```
/// use highway::{ConnectError, Refusal, Request, StatusCode, test};
///
/// #[highway::server]
/// struct Chat;
///
/// #[highway::on(connect)]
/// async fn authenticate(request: &mut Request<Chat>) -> Result<(), Refusal> {
///     if request.headers().contains_key("authorization") {
///         return Ok(());
///     }
///     Err(Refusal::new(StatusCode::UNAUTHORIZED, "who are you?"))
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let server = test::server(Chat::server());
/// let _peer = server.peer().header("authorization", "Bearer abc").await;
///
/// let refused = server.peer().try_connect().await.unwrap_err();
/// assert!(matches!(refused, ConnectError::Refused { status: StatusCode::UNAUTHORIZED, .. }));
/// # }
/// ```
///
/// # Panics
/// Awaited, when it can't connect: [`try_connect`](Self::try_connect) says why instead.
#[must_use = "it connects when it is awaited"]
pub struct PeerBuilder {
    dial: Dial,
    declared: &'static [Declaration],
    routes: Vec<String>,
    dialect: Dialect,
    deadline: Duration,
    network: Network,
    path: String,
    headers: Vec<(String, String)>,
    address: Option<SocketAddr>,
    at: &'static Location<'static>,
}

impl fmt::Debug for PeerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerBuilder")
            .field("routes", &self.routes)
            .field("dialect", &self.dialect)
            .field("path", &self.path)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

impl PeerBuilder {
    #[track_caller]
    pub(in crate::test) fn new(dial: Dial, declared: &'static [Declaration]) -> Self {
        Self {
            dial,
            declared,
            routes: Vec::new(),
            dialect: Dialect::V02,
            deadline: DEADLINE,
            network: Network::new(),
            path: "/".to_owned(),
            headers: Vec::new(),
            address: None,
            at: Location::caller(),
        }
    }

    /// Serves these routes too: the server can send to no others. Those of a handler with `peer = …` are included.
    pub fn serves(mut self, routes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.routes.extend(routes.into_iter().map(Into::into));
        self
    }

    /// Speaks this dialect only (default: 0.2). In 0.1 it waits for the server to send its routes in
    /// that, as highway.py 0.1 does. With the extension it keeps the types of messages at every depth, and can
    /// [call](Peer::call) and [be called](Peer::expect_call).
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Connects over a network.
    pub fn over(mut self, network: &Network) -> Self {
        self.network = network.clone();
        self
    }

    /// Asks for a path, and a query if there is one, in place of `/`.
    pub fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// Adds a header to the HTTP request.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Comes from an address, in place of one of its own at 127.0.0.1.
    pub fn peer_addr(mut self, address: SocketAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// The time to connect, and later on for what is expected: 5 s, on tokio's clock.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Connects, or says why it can't.
    ///
    /// # Errors
    /// As those in [`Error::Connect`](crate::Error::Connect).
    pub async fn try_connect(self) -> Result<Peer, ConnectError> {
        let request = upgrade::client_request(&url(&self.path), &self.headers, &[])?;
        let stream = (self.dial)(&self.network, self.address).map_err(ConnectError::Io)?;
        let setup = Setup::new(&self.routes, self.declared, self.dialect, self.deadline);
        timeout(self.deadline, Peer::connect(stream, request, setup))
            .await
            .map_err(|_| ConnectError::Timeout)?
    }

    /// Makes a connection of which only the bytes are there: no request for an upgrade, nothing.
    ///
    /// # Errors
    /// While the network is cut, and once the server has shut down.
    pub fn stream(self) -> io::Result<ByteStream> {
        (self.dial)(&self.network, self.address)
    }
}

impl IntoFuture for PeerBuilder {
    type Output = Peer;
    type IntoFuture = Pin<Box<dyn Future<Output = Peer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (at, dialect) = (self.at, self.dialect);
            match self.try_connect().await {
                Ok(peer) => peer,
                Err(ConnectError::Timeout) if dialect == Dialect::V01 => panic!(
                    "the server sent no routes in dialect 0.1; has it `dialect_01(true)`? (at {at})"
                ),
                Err(error) => panic!("the peer can't connect: {error} (at {at})"),
            }
        })
    }
}
