//! A server that listens, and the handle to it.

use std::{
    fmt,
    future::{Future, IntoFuture, pending},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};

use super::{Shared, accept};
use crate::{
    connection::Connection,
    error::Result,
    handler::Handler,
    hub::{Receivers, Target},
    metrics::Metrics,
    route::ServerSide,
    runtime,
    transport::websocket::Given,
    wire::ConnectionId,
};

/// A server that listens, and serves once it is awaited.
#[must_use = "a bound server serves once it is awaited or its `run()` is spawned"]
pub struct BoundServer<H: Handler<Side = ServerSide>> {
    pub(super) listener: TcpListener,
    pub(super) local_addr: SocketAddr,
    pub(super) shared: Arc<Shared<H>>,
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
        let scheme = if self.shared.config.tls.is_some() {
            "wss"
        } else {
            "ws"
        };
        #[cfg(not(feature = "tls"))]
        let scheme = "ws";
        format!("{scheme}://{}", self.local_addr)
    }

    /// A handle that stays when the server runs.
    pub fn handle(&self) -> ServerHandle<H> {
        ServerHandle::new(&self.shared)
    }

    /// Serves until `signal` is done or [`ServerHandle::shutdown`] is called, then shuts down: sends every peer the close code
    /// 1001 and when to [come back](crate::Close::retry_after), lets running routes come to an end, and waits until all
    /// connections have ended, for [`ServerLimits::shutdown_timeout`](crate::ServerLimits::shutdown_timeout) at most. New connections are refused with status 503 meanwhile.
    /// The connections that have not ended by then are cut off; their `on(close)` hooks get a second more.
    ///
    /// ```no_run
    /// # #[highway::server]
    /// # struct Chat;
    /// # async fn interrupted() {}
    /// # async fn example() -> highway::Result {
    /// let server = Chat::server().bind("127.0.0.1:1337").await?;
    /// server.with_graceful_shutdown(interrupted()).await
    /// # }
    /// ```
    pub fn with_graceful_shutdown(
        self,
        signal: impl Future<Output = ()> + Send + 'static,
    ) -> RunningServer {
        RunningServer(Box::pin(async move {
            runtime::entered()?;
            tracing::info!(
                handler = H::NAME,
                url = self.url(),
                routes = H::registry().routes().len(),
                "listening"
            );
            self.serve_until(signal).await;
            Ok(())
        }))
    }

    /// The server as a future that can be spawned; awaiting the server itself does the same.
    ///
    /// ```
    /// # #[highway::server]
    /// # struct Chat;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> highway::Result {
    /// let server = Chat::server().bind("127.0.0.1:0").await?;
    /// let handle = server.handle();
    /// let running = tokio::spawn(server.run());
    /// handle.shutdown();
    /// running.await.expect("it does not panic")
    /// # }
    /// ```
    pub fn run(self) -> RunningServer {
        self.into_future()
    }

    /// [`with_graceful_shutdown`](Self::with_graceful_shutdown) for a program that has said where it listens.
    pub(crate) async fn serve_until(self, stop: impl Future<Output = ()>) {
        let Self {
            listener, shared, ..
        } = self;
        shared.serve(accept::accept(&listener, &shared), stop).await;
    }
}

/// Serves until [`ServerHandle::shutdown`], as [`with_graceful_shutdown`](BoundServer::with_graceful_shutdown) does:
/// `server.await`.
impl<H: Handler<Side = ServerSide>> IntoFuture for BoundServer<H> {
    type Output = Result;
    type IntoFuture = RunningServer;

    fn into_future(self) -> RunningServer {
        self.with_graceful_shutdown(pending())
    }
}

/// A server that runs once it is awaited or spawned; logs where it listens at level info.
///
/// It ends with [`Error::NoRuntime`](crate::Error::NoRuntime) outside of a tokio runtime, and otherwise with `Ok` when the server has shut down. Dropped, it
/// ends all connections at once: their routes are dropped, and their `on(close)` hooks run.
#[must_use = "a server runs once it is awaited or spawned"]
pub struct RunningServer(Pin<Box<dyn Future<Output = Result> + Send>>);

impl Future for RunningServer {
    type Output = Result;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningServer").finish_non_exhaustive()
    }
}

/// A shutdown, from [`ServerHandle::shutdown`] or [`ServerHandle::ended`]: awaited, it is done when all connections have ended.
pub struct Shutdown(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Future for Shutdown {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shutdown").finish_non_exhaustive()
    }
}

/// A cheap, cloneable handle to a running server, from [`BoundServer::handle`].
///
/// ```no_run
/// #[highway::server]
/// struct Chat;
///
/// #[tokio::main]
/// async fn main() -> highway::Result {
///     let server = Chat::server().bind("127.0.0.1:0").await?;
///     let handle = server.handle();
///     let running = tokio::spawn(server.run());
///     println!("{} connections", handle.connections());
///     handle.shutdown();
///     running.await.expect("a server does not panic")
/// }
/// ```
pub struct ServerHandle<H: Handler<Side = ServerSide>> {
    shared: Arc<Shared<H>>,
}

impl<H: Handler<Side = ServerSide>> Clone for ServerHandle<H> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<H: Handler<Side = ServerSide>> fmt::Debug for ServerHandle<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerHandle")
            .field("handler", &H::NAME)
            .field("local_addr", &self.local_addr())
            .field("connections", &self.connections())
            .finish()
    }
}

impl<H: Handler<Side = ServerSide>> ServerHandle<H> {
    pub(crate) fn new(shared: &Arc<Shared<H>>) -> Self {
        Self {
            shared: Arc::clone(shared),
        }
    }

    /// Serves one more client, over a stream of bytes that is connected to it: a Unix socket, TLS of the program's own, or memory.
    ///
    /// The client's HTTP request comes first, as over TCP, and everything holds that holds for other connections, but for two things:
    /// the server's own TLS is not spoken, and the process's limit of descriptors does not count. The address is
    /// what [`Connection::peer_addr`] returns and what [`ServerLimits::connections_per_address`](crate::ServerLimits::connections_per_address)
    /// counts: clients that have none of their own share one. The connection runs in a task of its own.
    ///
    /// ```no_run
    /// # #[cfg(unix)]
    /// # mod unix {
    /// # #[highway::server]
    /// # struct Chat;
    /// # async fn listen(server: highway::server::ServerHandle<Chat>) -> Result<(), Box<dyn std::error::Error>> {
    /// let listener = tokio::net::UnixListener::bind("/run/chat.sock")?;
    /// loop {
    ///     let (stream, _) = listener.accept().await?;
    ///     server.serve_stream(stream, ([127, 0, 0, 1], 0).into())?;
    /// }
    /// # }
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Closed`](crate::Error::Closed) once the server has shut down, [`NoRuntime`](crate::Error::NoRuntime) outside of a tokio
    /// runtime.
    pub fn serve_stream(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        peer_addr: SocketAddr,
    ) -> Result {
        runtime::entered()?;
        self.shared.take_in(Given(stream), peer_addr)
    }

    /// Shuts down as [`BoundServer::with_graceful_shutdown`] describes. The shutdown begins at once; what this returns is done when it is
    /// over, and may be dropped.
    pub fn shutdown(&self) -> Shutdown {
        self.shared.shut_down();
        self.ended()
    }

    /// Done when the server has shut down, whoever told it to: for a server around this one, which is to end with it.
    pub fn ended(&self) -> Shutdown {
        let over = self.shared.over.clone();
        Shutdown(Box::pin(over.cancelled_owned()))
    }

    /// Serves a connection over a stream of bytes that something else has upgraded to a WebSocket: a web framework, or a server for
    /// another version of HTTP. `request` is what the client asked with.
    ///
    /// Origins, limits and `on(connect)` hooks apply as elsewhere. As the request is answered already, a client that they refuse is
    /// closed with the code 1008, or 1013 where there is no room, and the refusal's text. The subprotocol is what the answer had: a
    /// hook can't choose another. The client's address is a [`PeerAddr`](super::PeerAddr) in the request's extensions.
    ///
    /// # Errors
    /// [`Closed`](crate::Error::Closed) once the server has shut down, [`NoRuntime`](crate::Error::NoRuntime) outside of a tokio
    /// runtime.
    pub fn serve_upgraded(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        request: http::request::Parts,
    ) -> Result {
        runtime::entered()?;
        self.shared.take_upgraded(Given(stream), request)
    }

    /// All connections, as a target from outside of any of them.
    ///
    /// ```no_run
    /// # #[highway::server]
    /// # struct Clock;
    /// # async fn tick(server: highway::server::ServerHandle<Clock>) -> highway::Result {
    /// server.everyone().send("tick", ()).await
    /// # }
    /// ```
    pub fn everyone(&self) -> Receivers<'_, H> {
        let Shared { peers, state, .. } = &*self.shared;
        Receivers::new(peers, state, peers.everyone())
    }

    /// The connections of a target, as for [`Connection::to`](crate::Connection::to).
    ///
    /// ```no_run
    /// # #[highway::server]
    /// # struct Chat;
    /// # async fn announce(server: highway::server::ServerHandle<Chat>) -> highway::Result {
    /// for room in server.rooms() {
    ///     let count = server.to(&room).count();
    ///     server.to(&room).send("count", count).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn to(&self, target: impl Target) -> Receivers<'_, H> {
        let Shared { peers, state, .. } = &*self.shared;
        Receivers::new(peers, state, peers.find(&target))
    }

    /// Returns the handle to a connection, while one with this id is open. [`Receivers::connections`] returns those of a target:
    /// `server.everyone().connections()` goes through all of them.
    pub fn connection(&self, id: ConnectionId) -> Option<Connection<H>> {
        let Shared { peers, state, .. } = &*self.shared;
        let link = peers.get(id).ok()?;
        Some(Connection::new(link, Arc::clone(peers), Arc::clone(state)))
    }

    /// The state that all connections share, as from [`Connection::state`].
    pub fn state(&self) -> &H::State {
        &self.shared.state
    }

    /// Adds a connection to a room, as if it [joined](crate::Connection::join) it.
    ///
    /// # Errors
    /// [`NoSuchConnection`](crate::TargetError::NoSuchConnection), and those of [`Connection::join`](crate::Connection::join).
    pub fn join(&self, id: ConnectionId, room: impl AsRef<str>) -> Result {
        let peers = &self.shared.peers;
        peers.join(&peers.get(id)?, room.as_ref())
    }

    /// Removes a connection from a room, and returns whether it was in it.
    pub fn leave(&self, id: ConnectionId, room: impl AsRef<str>) -> bool {
        self.shared.peers.leave(id, room.as_ref())
    }

    /// The rooms that have a connection, sorted.
    pub fn rooms(&self) -> Vec<String> {
        self.shared.peers.rooms()
    }

    /// The names that connections [have](crate::Connection::set_name), each once, sorted.
    pub fn names(&self) -> Vec<String> {
        self.shared.peers.names()
    }

    /// What the server has counted since it was bound: connections, messages, calls, and more.
    ///
    /// ```
    /// # #[highway::server]
    /// # struct Chat;
    /// # fn example(server: &highway::server::ServerHandle<Chat>) {
    /// let metrics = server.metrics();
    /// println!("{} connections", metrics.connections.active);
    /// println!("{}", metrics.to_prometheus());
    /// # }
    /// ```
    pub fn metrics(&self) -> Metrics {
        self.shared.peers.metrics(&self.shared.meter)
    }

    /// Exports the [metrics](Self::metrics) through OpenTelemetry from now on, by the meter provider that is set globally
    /// (`opentelemetry::global::set_meter_provider`, of the crate's version 0.33), which has to be set before. A second call has no
    /// effect. Nothing is exported any more once the server is gone.
    #[cfg(feature = "opentelemetry")]
    pub fn export_to_opentelemetry(&self) {
        let shared = Arc::downgrade(&self.shared);
        let metrics = move || {
            let shared = shared.upgrade()?;
            Some(shared.peers.metrics(&shared.meter))
        };
        crate::metrics::export(&self.shared.meter, metrics);
    }

    /// The calls and streams that are open on all connections, of both sides.
    pub fn open_calls(&self) -> usize {
        let links = self.shared.peers.everyone();
        links.iter().map(|link| link.open_calls()).sum()
    }

    /// The pipes that go through the server.
    pub fn pipes(&self) -> usize {
        self.shared.peers.pipes()
    }

    /// The number of connections, including those that are ending. Each has one task.
    pub fn connections(&self) -> usize {
        self.shared.peers.len()
    }

    /// The address that the server listens on; `None` for one without a listener of its own.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.shared.local_addr
    }
}
