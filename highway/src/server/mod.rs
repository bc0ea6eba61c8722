//! The server: a builder, a bound listener, and what its connections share.

mod accept;
mod admission;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "tower")]
mod body;
mod bound;
mod connected;
mod ends;
mod entry;
mod forwarded;
mod http;
#[cfg(feature = "inspector")]
mod inspected;
mod listener;
#[cfg(feature = "tower")]
mod mounted;
mod origins;
pub(crate) mod recording;
mod shutdown;
#[cfg(feature = "tls")]
mod tls;
mod upgraded;
#[cfg(feature = "tls")]
mod validity;

use std::{
    fmt,
    marker::PhantomData,
    net::SocketAddr,
    sync::{Arc, Once, OnceLock},
};

use tokio::{
    net::{TcpListener, ToSocketAddrs},
    runtime::Handle,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use admission::Admission;
#[cfg(feature = "tower")]
pub use body::Body;
pub use bound::{BoundServer, RunningServer, ServerHandle, Shutdown};
use ends::Ends;
pub use forwarded::ForwardedHeader;
use forwarded::Proxies;
#[cfg(feature = "tower")]
pub use mounted::Service;
pub use origins::Origins;
pub use recording::{RecordTo, Recorder};
#[cfg(feature = "tls")]
pub use tls::ServerTls;
pub use upgraded::PeerAddr;

pub use crate::handler::{NoState, Request, StateGiven};

use crate::{
    error::{Error, Result},
    handler::{self, Handler},
    hub::{LagPolicy, Members},
    limits::{Limits, ServerLimits},
    link::Link,
    metrics::Meter,
    proto::{handshake::LocalTable, session::SessionConfig},
    route::{Endpoint, OnFailure, ServerSide},
    runtime,
    tap::Tap,
    trace::{Propagation, Propagator},
    transport::websocket::Stream,
    wire::{Close, CloseCode},
};

/// Builds a server; from `Chat::server()`.
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
///     server.await
/// }
/// ```
#[must_use = "a server listens once it is bound: `.bind(…)`"]
pub struct Server<H: Handler<Side = ServerSide>, S = Arc<<H as Endpoint>::State>> {
    state: S,
    config: Config,
    handler: PhantomData<fn() -> H>,
}

/// What a builder is told, but for the state.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of the builder, whatever the others are"
)]
struct Config {
    dialect_01: bool,
    strict: bool,
    lagging: LagPolicy,
    on_failure: OnFailure,
    propagation: Propagation,
    limits: ServerLimits,
    origins: Origins,
    require_origin: bool,
    proxies: Proxies,
    page: bool,
    /// Something else listens, and hands over what is for this server.
    mounted: bool,
    health_path: Option<String>,
    metrics_path: Option<String>,
    javascript_path: Option<String>,
    #[cfg(feature = "inspector")]
    inspector: Option<crate::inspector::Inspector>,
    recording: recording::Settings,
    /// Whether the description is served; where the program does not say so, it depends on who asks.
    describe: Option<bool>,
    #[cfg(feature = "tls")]
    tls: Option<ServerTls>,
}

impl<H: Handler<Side = ServerSide>, S> fmt::Debug for Server<H, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("handler", &H::NAME)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl<H: Handler<Side = ServerSide>> Server<H, NoState> {
    /// Generated code's way in: `Chat::server()`.
    #[doc(hidden)]
    pub fn new() -> Self {
        Self {
            state: NoState,
            config: Config {
                dialect_01: false,
                strict: false,
                lagging: LagPolicy::default(),
                on_failure: OnFailure::default(),
                propagation: Propagation::default(),
                limits: ServerLimits::default(),
                origins: Origins::default(),
                require_origin: false,
                proxies: Proxies::default(),
                page: true,
                mounted: false,
                health_path: Some("/healthz".to_owned()),
                metrics_path: None,
                javascript_path: None,
                #[cfg(feature = "inspector")]
                inspector: None,
                recording: recording::Settings::default(),
                describe: None,
                #[cfg(feature = "tls")]
                tls: None,
            },
            handler: PhantomData,
        }
    }

    /// Sets the state that all connections share, which routes get from [`Connection::state`](crate::Connection::state). A handler with
    /// `state = …` needs it before [`bind`](Server::bind).
    pub fn state(self, state: H::State) -> Server<H> {
        Server {
            state: Arc::new(state),
            config: self.config,
            handler: PhantomData,
        }
    }
}

impl<H: Handler<Side = ServerSide>, S> Server<H, S> {
    /// Enables dialect 0.1 as well, for peers that run highway.py 0.1 (default: off). Such a peer gets the
    /// routes [`ServerLimits::dialect_01_after`] later than others, and 100 ms more behind the answer to its request, so that its WebSocket does
    /// not lose them behind a proxy. Clients that send a `User-Agent` header, which 0.1 does not,
    /// get them in dialect 0.2 only.
    pub fn dialect_01(mut self, on: bool) -> Self {
        self.config.dialect_01 = on;
        self
    }

    /// Refuses clients whose declared routes differ, in name or in types that can't be read, from what the handler
    /// [`serves`](macro@crate::server) and has declared of its `peer` (default: off). They are closed with
    /// [`CloseCode::CONTRACT`](crate::CloseCode::CONTRACT). Of clients without the extension only the names are known.
    pub fn strict(mut self, on: bool) -> Self {
        self.config.strict = on;
        self
    }

    /// Changes limits: those of each connection, which are [`Limits`], and those of the server.
    pub fn limits(mut self, change: impl FnOnce(&mut ServerLimits)) -> Self {
        change(&mut self.config.limits);
        self
    }

    /// Chooses what happens to connections that lag behind broadcasts, unless the send
    /// [says otherwise](crate::connection::Receivers::lagging): they miss messages by default.
    pub fn lagging(mut self, lagging: LagPolicy) -> Self {
        self.config.lagging = lagging;
        self
    }

    /// Chooses what happens when a route fails or panics on a message. By default the connection stays open, unless the client does not speak the
    /// extension.
    ///
    /// ```
    /// # #[highway::server]
    /// # struct Chat;
    /// let server = Chat::server().on_failure(highway::OnFailure::Close);
    /// ```
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.config.on_failure = on_failure;
        self
    }

    /// Joins the traces of clients: calls and streams take a `traceparent` along, in both directions, with clients that have a
    /// [`Propagator`] too. The chapter on [traces](crate#traces-and-logs) has one.
    pub fn propagator(mut self, propagator: impl Propagator) -> Self {
        self.config.propagation = Propagation::new(propagator);
        self
    }

    /// Chooses the pages that may connect with a browser (default: those of the same origin).
    ///
    /// A list with an entry that is not an origin is an error of [`bind`](Server::bind).
    pub fn origins(mut self, origins: Origins) -> Self {
        self.config.origins = origins;
        self
    }

    /// Refuses, with status 403, requests without an origin, which come from other programs than browsers (default:
    /// off).
    pub fn require_origin(mut self, on: bool) -> Self {
        self.config.require_origin = on;
        self
    }

    /// Trusts these proxies, given as addresses or networks, to report the client's address in the header
    /// `X-Forwarded-For` (default: none).
    ///
    /// The client is the last address in the header that is not a trusted proxy. It is the address that
    /// [`Request::peer_addr`] and [`Connection::peer_addr`](crate::Connection::peer_addr) return, that logs show, and that
    /// [`ServerLimits::connections_per_address`] counts. An entry that is neither an address nor a network is an error of
    /// [`bind`](Server::bind).
    ///
    /// ```
    /// # #[highway::server]
    /// # struct Chat;
    /// let server = Chat::server()
    ///     .trust_forwarded(["127.0.0.1", "10.0.0.0/8"])
    ///     .limits(|limits| limits.connections_per_address = Some(100));
    /// ```
    pub fn trust_forwarded(mut self, proxies: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.config.proxies.given = proxies.into_iter().map(Into::into).collect();
        self
    }

    /// Names the header that [trusted proxies](Self::trust_forwarded) write. The other header may come from the client, and is not
    /// read.
    pub fn forwarded_header(mut self, header: ForwardedHeader) -> Self {
        self.config.proxies.header = header;
        self
    }

    /// Answers a `GET /` without an upgrade, such as from a person with a browser, with a line that describes the server (the
    /// default) or status 426.
    pub fn page(mut self, on: bool) -> Self {
        self.config.page = on;
        self
    }

    /// Sets the path of the health check for load balancers (default: `/healthz`); `None` disables it.
    ///
    /// The answer is 200 `ok`, also when there is no room for more connections, and 503 during a shutdown.
    ///
    /// ```
    /// # #[highway::server]
    /// # struct Chat;
    /// let server = Chat::server().health_path("/health/ready");
    /// ```
    pub fn health_path<'a>(mut self, path: impl Into<Option<&'a str>>) -> Self {
        self.config.health_path = path.into().map(ToOwned::to_owned);
        self
    }

    /// Serves what the server [counts](ServerHandle::metrics) at a path, in Prometheus' text format (default: `None`, nowhere).
    ///
    /// Whoever reaches the server can read it there, so that a proxy in front of it should not pass the path on. A server that is
    /// mounted elsewhere, or that has a port of its own for this, answers with
    /// [`Metrics::to_prometheus`](crate::metrics::Metrics::to_prometheus).
    ///
    /// ```
    /// # #[highway::server]
    /// # struct Chat;
    /// let server = Chat::server().metrics_path("/metrics");
    /// ```
    pub fn metrics_path<'a>(mut self, path: impl Into<Option<&'a str>>) -> Self {
        self.config.metrics_path = path.into().map(ToOwned::to_owned);
        self
    }

    /// Serves the [client for browsers](crate#browsers-and-node) at a path (default: `None`, nowhere), so that a page needs no build step:
    /// `import { connect } from "/highway.js"`.
    ///
    /// It is a module, works under a strict Content-Security-Policy, may be imported by pages of any origin, and is asked for again when it has changed.
    ///
    /// ```
    /// # #[highway::server]
    /// # struct Chat;
    /// let server = Chat::server().javascript("/highway.js");
    /// ```
    pub fn javascript<'a>(mut self, path: impl Into<Option<&'a str>>) -> Self {
        self.config.javascript_path = path.into().map(ToOwned::to_owned);
        self
    }

    /// Serves the [description](crate::description) of the routes, as JSON, at `/highway.json` (default: in debug builds, to clients on the
    /// same machine that no proxy reports).
    ///
    /// Whoever reaches the server can read it there: the names and types of all routes, what their documentation says, and where in the
    /// source they are.
    ///
    /// ```
    /// # #[highway::server]
    /// # struct Chat;
    /// let server = Chat::server().describe(true);
    /// ```
    pub fn describe(mut self, serve: bool) -> Self {
        self.config.describe = Some(serve);
        self
    }

    /// Serves `wss://` with a certificate.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.config.tls = Some(tls);
        self
    }
}

impl<H: Handler<Side = ServerSide>> Server<H, NoState> {
    /// Wants the [state](Self::state) first.
    #[doc(hidden)]
    pub fn bind(
        self,
        _: impl ToSocketAddrs + fmt::Display,
    ) -> std::future::Ready<Result<BoundServer<H>>>
    where
        H: StateGiven,
    {
        H::never()
    }

    /// Wants the [state](Self::state) first.
    #[doc(hidden)]
    pub fn listen(self, _: TcpListener) -> Result<BoundServer<H>>
    where
        H: StateGiven,
    {
        H::never()
    }
}

impl<H: Handler<Side = ServerSide>> Server<H> {
    /// Listens on an address; port 0 takes a free one, which [`BoundServer::local_addr`] returns.
    ///
    /// # Errors
    /// [`Error::Bind`] when the address can't be listened on; [`Error::InvalidOption`] when an option of the builder is not valid, and
    /// [`Error::Limit`] when a limit is not.
    pub async fn bind(self, address: impl ToSocketAddrs + fmt::Display) -> Result<BoundServer<H>> {
        runtime::entered()?;
        self.config.limits.check()?;
        let refused = |source| Error::bind(&address, source);
        let listener = listener::bind(&address).await.map_err(refused)?;
        let local_addr = listener.local_addr().map_err(refused)?;
        let shared = self.share(Some(local_addr))?;
        Ok(BoundServer {
            listener,
            local_addr,
            shared,
        })
    }

    /// Serves on an existing listener, such as one from systemd.
    ///
    /// # Errors
    /// As [`bind`](Self::bind) has.
    pub fn listen(self, listener: TcpListener) -> Result<BoundServer<H>> {
        let local_addr = listener
            .local_addr()
            .map_err(|source| Error::bind("a listener", source))?;
        let shared = self.share(Some(local_addr))?;
        Ok(BoundServer {
            listener,
            local_addr,
            shared,
        })
    }

    /// Makes a [`tower`](https://docs.rs/tower-service) service of the server, for a router or server of the program that has the
    /// listener: axum, hyper, and what else takes one.
    ///
    /// The service answers requests for a WebSocket and serves their connections, each in a task of its own. Origins, limits, hooks
    /// and forwarded addresses work as in a server that listens; TLS and the time that a request may take to arrive are those of the program's server. All
    /// other requests get status 426, but for the [health path](Self::health_path). [`Service::handle`] is the handle to the server.
    ///
    /// ```
    /// # #[highway::server]
    /// # struct Chat;
    /// # async fn index() {}
    /// # fn app() -> highway::Result<axum::Router> {
    /// let chat = Chat::server().service()?;
    /// let app = axum::Router::new()
    ///     .route("/", axum::routing::get(index))
    ///     .route_service("/chat", chat);
    /// # Ok(app)
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidOption`] when an option of the builder is not valid.
    #[cfg(feature = "tower")]
    pub fn service(mut self) -> Result<Service<H>> {
        self.config.mounted = true;
        Ok(Service::new(self.share(None)?))
    }

    /// What the connections share, if the options are valid.
    pub(crate) fn share(self, local_addr: Option<SocketAddr>) -> Result<Arc<Shared<H>>> {
        self.share_until(local_addr, Ends::new())
    }

    /// As [`share`](Self::share), for a server that ends with another.
    fn share_until(self, local_addr: Option<SocketAddr>, ends: Ends) -> Result<Arc<Shared<H>>> {
        let mut config = self.config;
        config.limits.check()?;
        let invalid = |name| move |message| Error::InvalidOption { name, message };
        let origins = config.origins.validate();
        origins.map_err(invalid("origins"))?;
        let paths = http::check_paths(&config);
        paths.map_err(|(name, message)| Error::InvalidOption { name, message })?;
        let proxies = config.proxies.parse();
        config.proxies = proxies.map_err(invalid("trust_forwarded"))?;
        let recorder = config.recording.start(H::NAME);
        let recorder = recorder.map_err(invalid("record"))?;
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
        let limits = Arc::new(config.limits.connection.clone());
        let meter = Arc::new(handler::meter::<H>());
        let peers = Arc::new(Members::new(&config.limits, config.lagging));
        #[cfg(feature = "inspector")]
        let (beside, tap) =
            inspected::Beside::begin::<H>(&config, &peers, &meter, &limits, &ends)?.unzip();
        #[cfg(not(feature = "inspector"))]
        let tap = None;
        Ok(Arc::new(Shared {
            state: self.state,
            local: Arc::new(handler::local_table::<H>(&config.propagation)),
            session: SessionConfig::new(&config.limits, config.dialect_01),
            admission: Admission::new(&config.limits),
            peers,
            limits,
            meter,
            tap,
            #[cfg(feature = "inspector")]
            beside,
            config,
            recorder,
            local_addr,
            connections: ends.connections,
            stop: ends.stop,
            over: ends.over,
            cut: ends.cut,
            runtime: OnceLock::new(),
            wound_down: Once::new(),
            without_addresses: Once::new(),
            description: OnceLock::new(),
            handler: PhantomData,
        }))
    }
}

/// What the connections of a server share.
pub(crate) struct Shared<H: Handler> {
    state: Arc<H::State>,
    local: Arc<LocalTable>,
    session: SessionConfig,
    config: Config,
    /// What everything that goes over its connections is shown to, if it is recorded.
    recorder: Option<Arc<Recorder>>,
    /// What each connection has.
    limits: Arc<Limits>,
    /// Where everything of the server is counted.
    meter: Arc<Meter>,
    /// What shows the messages to somebody, if there is such.
    tap: Option<Arc<Tap>>,
    #[cfg(feature = "inspector")]
    beside: Option<inspected::Beside>,
    admission: Arc<Admission>,
    local_addr: Option<SocketAddr>,
    peers: Arc<Members>,
    /// One for each connection, from the moment it can't be refused any more.
    connections: TaskTracker,
    /// Cancelled when the server shuts down or is dropped.
    stop: CancellationToken,
    /// Cancelled when the time for that is up, or the server is dropped: what still runs is dropped too.
    cut: CancellationToken,
    /// Cancelled when the shutdown is over, or the server is dropped.
    over: CancellationToken,
    /// Where the connections of a mounted server run, once there is one.
    runtime: OnceLock<Handle>,
    /// Done once a mounted server's connections are being ended.
    wound_down: Once,
    /// Done once the log says that the limit for one address is reached by clients without one.
    without_addresses: Once,
    /// The description of the routes in JSON, once somebody has asked for it.
    description: OnceLock<String>,
    handler: PhantomData<fn() -> H>,
}

impl<H: Handler> Shared<H> {
    /// The description of the routes in JSON, which stays the same.
    fn description(&self) -> &str {
        let description = &self.description;
        description.get_or_init(|| handler::describe_with::<H>(&self.limits).to_json())
    }

    /// Each client is told a time of its own to come back.
    fn close_for_shutdown(&self, link: &Link) {
        let after = self.config.limits.spread().mul_f64(rand::random());
        // What is left then is for those whose routes still run, or that came last.
        let all = self.config.limits.shutdown_timeout;
        link.close_within(Close::shutting_down(after), all.saturating_sub(all / 10));
    }

    /// Fails once the server has shut down.
    fn is_running(&self) -> Result {
        if self.cut.is_cancelled() || self.over.is_cancelled() {
            let close = Close::new(CloseCode::GOING_AWAY, "the server has shut down");
            return Err(Error::Closed(close));
        }
        Ok(())
    }

    /// Takes in a connection over a stream that is there already.
    ///
    /// # Errors
    /// Once the server has shut down.
    pub(crate) fn take_in(self: &Arc<Self>, stream: impl Stream, peer_addr: SocketAddr) -> Result {
        self.is_running()?;
        self.note_runtime();
        let begins = accept::begin_stream(Arc::clone(self), stream, peer_addr);
        tokio::spawn(connected::run(begins));
        Ok(())
    }

    /// Remembers where connections run.
    fn note_runtime(&self) {
        self.runtime.get_or_init(Handle::current);
    }
}
