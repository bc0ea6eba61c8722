//! The server: a builder, a bound listener, and what its connections share.

mod accept;
mod request;
#[cfg(feature = "tls")]
mod tls;

use std::{
    collections::HashMap,
    fmt,
    future::{Future, pending},
    io,
    marker::PhantomData,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::net::{TcpListener, ToSocketAddrs};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use request::Request;
#[cfg(feature = "tls")]
pub use tls::ServerTls;

use crate::{
    connection::{ConnectionId, Link},
    error::{Error, Result},
    handshake::{LocalTable, TableLimits},
    limits::Limits,
    route::{Handler, ServerSide},
    session::SessionConfig,
    wire::{Close, CloseCode},
};

/// What a builder has that was not given its state yet.
#[derive(Debug)]
pub struct NoState;

/// A server that is being put together, from `Chat::server()`.
///
/// ```no_run
/// #[highway::server]
/// struct Echo;
///
/// #[highway::route("echo")]
/// async fn echo(data: highway::Value, echo: &mut Echo) -> highway::Result {
///     echo.send("echo", data).await
/// }
///
/// #[tokio::main]
/// async fn main() -> highway::Result {
///     let server = Echo::server()
///         .dialect_01(true)
///         .limits(|limits| limits.message_bytes = 64 * 1024)
///         .bind("127.0.0.1:1337")
///         .await?;
///     println!("listening on {}", server.local_addr());
///     server.run().await
/// }
/// ```
pub struct Server<H: Handler<Side = ServerSide>, S = Arc<<H as Handler>::State>> {
    state: S,
    dialect_01: bool,
    limits: Limits,
    #[cfg(feature = "tls")]
    tls: Option<ServerTls>,
    handler: PhantomData<fn() -> H>,
}

impl<H: Handler<Side = ServerSide>, S> fmt::Debug for Server<H, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("handler", &H::NAME)
            .field("dialect_01", &self.dialect_01)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl<H: Handler<Side = ServerSide>> Server<H, NoState> {
    /// Generated code's way in: `Chat::server()`.
    #[doc(hidden)]
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    pub fn new() -> Self {
        Self {
            state: NoState,
            dialect_01: false,
            limits: Limits::default(),
            #[cfg(feature = "tls")]
            tls: None,
            handler: PhantomData,
        }
    }

    /// What all connections share: [`Connection::state`](crate::Connection::state) gives it to routes. A handler with
    /// `state = …` needs it before [`bind`](Server::bind).
    pub fn state(self, state: H::State) -> Server<H> {
        Server {
            state: Arc::new(state),
            dialect_01: self.dialect_01,
            limits: self.limits,
            #[cfg(feature = "tls")]
            tls: self.tls,
            handler: PhantomData,
        }
    }
}

impl<H: Handler<Side = ServerSide>, S> Server<H, S> {
    /// Whether to speak dialect 0.1 too, for peers that run highway.py 0.1: off by default. Such a peer gets the
    /// routes [`Limits::dialect_01_after`] later than others.
    pub fn dialect_01(mut self, on: bool) -> Self {
        self.dialect_01 = on;
        self
    }

    /// Changes limits.
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    /// Serves `wss://` with a certificate.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }
}

impl<H: Handler<Side = ServerSide>> Server<H> {
    /// Listens on an address; port 0 takes a free one, which [`BoundServer::local_addr`] tells.
    ///
    /// # Errors
    /// [`Error::Bind`] when the address can't be listened on.
    pub async fn bind(self, address: impl ToSocketAddrs + fmt::Display) -> Result<BoundServer<H>> {
        let listener = TcpListener::bind(&address)
            .await
            .map_err(|source| Error::bind(&address, source))?;
        self.listen(listener)
            .map_err(|source| Error::bind(address, source))
    }

    /// Serves on a listener that is there already, such as one that systemd hands over.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn listen(self, listener: TcpListener) -> io::Result<BoundServer<H>> {
        let local_addr = listener.local_addr()?;
        let registry = H::registry();
        if registry.is_empty() {
            tracing::warn!(
                handler = H::NAME,
                "the handler has no route and no hook; are their modules part of this binary?"
            );
        }
        for route in registry.routes() {
            tracing::debug!(handler = H::NAME, route = route.name, at = %route.location, "serving");
        }
        let shared = Shared {
            state: self.state,
            local: Arc::new(LocalTable::new(
                registry.routes().iter().map(|route| route.name),
            )),
            session: SessionConfig {
                table: TableLimits {
                    routes: self.limits.peer_routes,
                    bytes: self.limits.peer_routes_bytes,
                },
                dialect_01: self.dialect_01,
            },
            limits: Arc::new(self.limits),
            #[cfg(feature = "tls")]
            tls: self.tls,
            links: Mutex::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            cut: CancellationToken::new(),
            handler: PhantomData,
        };
        Ok(BoundServer {
            listener,
            local_addr,
            shared: Arc::new(shared),
        })
    }
}

/// What the connections of a server share.
pub(crate) struct Shared<H: Handler> {
    state: Arc<H::State>,
    local: Arc<LocalTable>,
    session: SessionConfig,
    limits: Arc<Limits>,
    #[cfg(feature = "tls")]
    tls: Option<ServerTls>,
    links: Mutex<HashMap<ConnectionId, Arc<Link>>>,
    tasks: TaskTracker,
    /// Cancelled when the server shuts down.
    stop: CancellationToken,
    /// Cancelled when the time for that is up, or the server is dropped: what still runs is dropped too.
    cut: CancellationToken,
    handler: PhantomData<fn() -> H>,
}

impl<H: Handler> Shared<H> {
    fn links(&self) -> std::sync::MutexGuard<'_, HashMap<ConnectionId, Arc<Link>>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close_for_shutdown(&self, id: ConnectionId) {
        if let Some(link) = self.links().get(&id) {
            link.close(Close::new(CloseCode::GOING_AWAY, "server shutting down"));
        }
    }
}

/// A server that listens.
pub struct BoundServer<H: Handler<Side = ServerSide>> {
    listener: TcpListener,
    local_addr: SocketAddr,
    shared: Arc<Shared<H>>,
}

impl<H: Handler<Side = ServerSide>> fmt::Debug for BoundServer<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundServer")
            .field("handler", &H::NAME)
            .field("local_addr", &self.local_addr)
            .finish_non_exhaustive()
    }
}

impl<H: Handler<Side = ServerSide>> BoundServer<H> {
    /// The address that it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The URL that a client on this machine connects to.
    pub fn url(&self) -> String {
        #[cfg(feature = "tls")]
        let scheme = if self.shared.tls.is_some() {
            "wss"
        } else {
            "ws"
        };
        #[cfg(not(feature = "tls"))]
        let scheme = "ws";
        format!("{scheme}://{}", self.local_addr)
    }

    /// A connection that runs over no socket; this is the client's end.
    #[cfg(feature = "__testing")]
    #[doc(hidden)]
    pub fn in_memory(&self, buffer: usize) -> tokio::io::DuplexStream {
        let (theirs, ours) = tokio::io::duplex(buffer);
        accept::serve_in_memory(&self.shared, ours);
        theirs
    }

    /// Serves until the future is dropped, which ends all connections at once.
    ///
    /// # Errors
    /// None at present; a `Result` so that it can end a `main`.
    pub async fn run(self) -> Result {
        self.run_until(pending()).await
    }

    /// Serves until `stop` is done, then tells every peer (close code 1001) and waits for their connections to end, for
    /// [`Limits::shutdown_timeout`] at most.
    ///
    /// # Errors
    /// None at present; a `Result` so that it can end a `main`.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result {
        let Self {
            listener, shared, ..
        } = self;
        let _cut = shared.cut.clone().drop_guard();
        tokio::select! {
            () = accept::accept(&listener, &shared) => {}
            () = stop => {}
        }
        drop(listener);
        tracing::info!(
            handler = H::NAME,
            connections = shared.tasks.len(),
            "shutting down"
        );
        shared.stop.cancel();
        let ids: Vec<_> = shared.links().keys().copied().collect();
        for id in ids {
            shared.close_for_shutdown(id);
        }
        shared.tasks.close();
        if tokio::time::timeout(shared.limits.shutdown_timeout, shared.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(connections = shared.tasks.len(), "connections are cut off");
        }
        Ok(())
    }
}
