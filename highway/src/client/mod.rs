//! The client: a builder, and the way to a connection.

mod addresses;
mod attempt;
mod lasting;
mod pipe;
mod reconnect;
#[cfg(feature = "tls")]
mod tls;
mod url;

#[cfg(feature = "tls")]
use std::sync::OnceLock;
use std::{fmt, future::Future, marker::PhantomData, net::SocketAddr, sync::Arc};

use http::header;
use tokio::{sync::oneshot, task::JoinHandle};

pub use attempt::Attempt;
use attempt::{Offer, Prepare};
pub use pipe::PipeFuture;
#[doc(hidden)]
pub use pipe::{check_pipes, take_pipe};
pub use reconnect::Reconnect;
#[cfg(feature = "tls")]
pub use tls::ClientTls;
#[cfg(feature = "main")]
pub(crate) use url::shown as shown_url;

use crate::{
    connection::{Abandoned, Connection, Reason, Subprotocol},
    deadline::{after, until},
    driver::{self, Milestones, Start, Wire},
    error::{ConnectError, Error, Failure, Result, shown},
    handler::{self, Handler, NoState, StateGiven},
    limits::Limits,
    metrics::Meter,
    proto::{Role, session::SessionConfig},
    route::{ClientSide, Endpoint, OnFailure},
    runtime,
    trace::{Propagation, Propagator, log},
    transport::{
        AnyStream,
        websocket::{Stream, WebSocket, set_options},
    },
    upgrade,
    wire::{Close, ConnectionId},
};

/// Makes a client's connections in place of TCP.
#[cfg(feature = "test")]
pub(crate) type Connector = Arc<dyn Fn() -> std::io::Result<AnyStream> + Send + Sync>;

/// Builds a client; from `Me::client()`.
///
/// ```no_run
/// #[highway::client]
/// struct Me;
///
/// #[highway::route("echo")]
/// async fn echo(data: highway::Value, _: &mut Me) {
///     println!("{data:?}");
/// }
///
/// #[tokio::main]
/// async fn main() -> highway::Result {
///     let me = Me::client()
///         .header("authorization", "Bearer abc")
///         .connect("ws://127.0.0.1:1337")
///         .await?;
///     me.send("echo", "text").await?;
///     me.close().await;
///     Ok(())
/// }
/// ```
#[must_use = "a client connects once it is told where: `.connect(…)`"]
pub struct Client<H: Handler<Side = ClientSide>, S = Arc<<H as Endpoint>::State>> {
    state: S,
    limits: Arc<Limits>,
    /// Where all connections of it are counted, once it connects.
    meter: Arc<Meter>,
    strict: bool,
    on_failure: OnFailure,
    propagation: Propagation,
    offer: Offer,
    prepare: Option<Prepare>,
    reconnect: Option<Reconnect>,
    #[cfg(feature = "tls")]
    /// Made at the first connection unless it is given, and kept, so that TLS sessions are resumed.
    tls: OnceLock<ClientTls>,
    /// Makes the connections in place of TCP.
    #[cfg(feature = "test")]
    connector: Option<Connector>,
    handler: PhantomData<fn() -> H>,
}

impl<H: Handler<Side = ClientSide>, S> fmt::Debug for Client<H, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("handler", &H::NAME)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl<H: Handler<Side = ClientSide>> Client<H, NoState> {
    /// Generated code's way in: `Me::client()`.
    #[doc(hidden)]
    pub fn new() -> Self {
        Self {
            state: NoState,
            limits: Arc::default(),
            meter: Arc::new(handler::meter::<H>()),
            strict: false,
            on_failure: OnFailure::default(),
            propagation: Propagation::default(),
            offer: Offer::default(),
            prepare: None,
            reconnect: None,
            #[cfg(feature = "tls")]
            tls: OnceLock::new(),
            #[cfg(feature = "test")]
            connector: None,
            handler: PhantomData,
        }
    }

    /// Sets the state that all connections share, which routes get from [`Connection::state`]. A handler with `state = …` needs it before
    /// [`connect`](Client::connect).
    pub fn state(self, state: H::State) -> Client<H> {
        Client {
            state: Arc::new(state),
            limits: self.limits,
            meter: self.meter,
            strict: self.strict,
            on_failure: self.on_failure,
            propagation: self.propagation,
            offer: self.offer,
            prepare: self.prepare,
            reconnect: self.reconnect,
            #[cfg(feature = "tls")]
            tls: self.tls,
            #[cfg(feature = "test")]
            connector: self.connector,
            handler: PhantomData,
        }
    }
}

impl<H: Handler<Side = ClientSide>, S> Client<H, S> {
    /// Changes limits.
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(Arc::make_mut(&mut self.limits));
        self
    }

    /// Refuses servers whose declared routes differ, in name or in types that can't be read, from what the
    /// handler has declared of its [`peer`](macro@crate::client) and `serves` (default: off, which logs a warning, with an
    /// error where such a route is used). Of servers without the extension only the names are known.
    pub fn strict(mut self, on: bool) -> Self {
        self.strict = on;
        self
    }

    /// Chooses what happens when a route fails or panics on a message. By default the connection stays open, unless the server does not speak the
    /// extension. It holds for pipes as well.
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// Joins the traces of both sides: calls and streams take a `traceparent` along, in both directions, with a server that has a
    /// [`Propagator`] too. It holds for pipes as well. To know whether the server has one, [`connect`](Client::connect) waits for the server's answer to
    /// this side's routes. The chapter on [traces](crate#traces-and-logs) has one.
    pub fn propagator(mut self, propagator: impl Propagator) -> Self {
        self.propagation = Propagation::new(propagator);
        self
    }

    /// Adds a header to the HTTP request, such as `authorization` or `origin`, in place of one of the same name.
    ///
    /// A name or value that is not valid in a header is an error of [`connect`](Client::connect).
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.offer.headers.push((name.into(), value.into()));
        self
    }

    /// Offers a subprotocol to the server, which chooses one of those offered or none: see [`Connection::subprotocol`].
    ///
    /// A name that is not valid is an error of [`connect`](Client::connect), and so is a server that chooses another.
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        self.offer.subprotocols.push(name.into());
        self
    }

    /// Completes each attempt to connect with what has to be fresh, such as a token: adds headers and subprotocols to the
    /// [`Attempt`], which knows why the one before failed.
    ///
    /// ```no_run
    /// use highway::client::{Attempt, Reconnect};
    ///
    /// # async fn fetch_token(renew: bool) -> Result<String, std::io::Error> { todo!() }
    /// # #[highway::client]
    /// # struct Me;
    /// # async fn example() -> highway::Result {
    /// let me = Me::client()
    ///     .prepare(|attempt: Attempt| async move {
    ///         let token = fetch_token(attempt.why().is_some()).await?;
    ///         Ok(attempt.header("authorization", format!("Bearer {token}")))
    ///     })
    ///     .reconnect(Reconnect::default())
    ///     .connect("wss://chat.example")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Its failure is a failed attempt, [`ConnectError::Prepare`]. A client that [reconnects](Self::reconnect) tries again later,
    /// unless the failure says that it is the last: `Failure::new("signed out").with_retry(false)`. After an answer 401 such a client
    /// calls it once more, and ends with a second 401 in a row. It has no time limit; `connect` waits for it.
    pub fn prepare<F>(mut self, prepare: impl Fn(Attempt) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Attempt, Failure>> + Send + 'static,
    {
        self.prepare = Some(Prepare::new(prepare));
        self
    }

    /// Reconnects: when the connection is lost, the client connects again, as long as the handle that
    /// [`connect`](Client::connect) returned, or a clone of it, exists. The handle stays valid meanwhile; each connection has a
    /// handler struct of its own, and its `on(open)`, `on(ready)` and `on(close)` hooks. Off by default.
    pub fn reconnect(mut self, reconnect: Reconnect) -> Self {
        self.reconnect = Some(reconnect);
        self
    }

    /// Chooses how `wss://` servers are verified (default: by the certificates of Mozilla's root programme).
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.tls = OnceLock::from(tls);
        self
    }
}

/// Implemented by no handler: a client with a state that connects without it gets one error, which says so.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the state of `{Self}` is missing",
    label = "give the state first: `{Self}::client().state(…).connect(…)`",
    note = "`{Self}` has `state = …`, which all its connections share"
)]
pub trait ConnectsWithoutState<Url> {
    /// Never runs.
    fn never<T>() -> T;
}

impl<H: Handler<Side = ClientSide>> Client<H, NoState> {
    /// Wants the [state](Self::state) first.
    #[doc(hidden)]
    pub fn connect(self, _: &str) -> std::future::Ready<Result<Connection<H>>>
    where
        H: StateGiven,
    {
        H::never()
    }
}

impl<H: Handler<Side = ClientSide>> Client<H> {
    /// Connects to a `ws://` or (with the feature `tls`) `wss://` URL, and returns once both sides have exchanged their
    /// routes and the handler's `on(ready)` hooks are through (those that take the `Connection` by value have begun). Dropped before,
    /// it leaves no connection behind.
    ///
    /// A name and a password in the URL, `ws://ada:secret@example.org`, go to the server as HTTP's Basic authentication, unless there is
    /// a [header](Client::header) `authorization`. Errors and logs show the URL without the password.
    ///
    /// # Errors
    /// [`Error::Connect`], whose [`ConnectError`] says at which stage it failed: the URL, TCP, TLS, the upgrade, the
    /// exchange of the routes, the contract, an `on(ready)` hook. Whatever the server does, it is returned within
    /// [`upgrade_timeout`](Limits::upgrade_timeout), [`exchange_timeout`](Limits::exchange_timeout) and
    /// [`close_timeout`](Limits::close_timeout) together and the time of your own hooks, unless the client
    /// [waits for its server](Reconnect::wait_for_server). [`Error::Limit`] when a limit is not valid, [`Error::NoRuntime`]
    /// outside of a tokio runtime.
    pub async fn connect(self, url: &str) -> Result<Connection<H>> {
        let (connection, _) = self.start(url).await?;
        Ok(connection)
    }

    /// Connects, and returns the task as well.
    pub(crate) async fn start(mut self, url: &str) -> Result<(Connection<H>, JoinHandle<Close>)> {
        runtime::entered()?;
        self.limits.check()?;
        // What is wrong with the routes is told before there is a connection.
        H::check();
        if let Some(reconnect) = self.reconnect.take() {
            return lasting::start(self, reconnect, url).await;
        }
        let opened = async {
            let mut opened = self.open(url, 0, None).await?;
            let abandoned = Abandoned::new(&opened.connection.present());
            opened.greeted().await?;
            abandoned.disarm();
            Ok(opened)
        };
        let opened: Result<Opened<H>, NotOpened> = opened.await;
        let opened = opened.map_err(|error| Error::connect(url::shown(url), error.source))?;
        Ok((opened.connection, opened.task))
    }

    /// Has the connections made by something else than TCP.
    #[cfg(feature = "test")]
    pub(crate) fn connector(mut self, connector: Connector) -> Self {
        self.connector = Some(connector);
        self
    }

    /// Makes one connection, whose `on(ready)` hooks may still run.
    async fn open(
        &self,
        url: &str,
        number: u32,
        why: Option<&Reason>,
    ) -> Result<Opened<H>, NotOpened> {
        let offer = match &self.prepare {
            Some(prepare) => {
                let attempt = Attempt::new(number, why.cloned(), &self.offer);
                &prepare.complete(attempt).await?.into_offer()
            }
            None => &self.offer,
        };
        let mut request = upgrade::client_request(url, &offer.headers, &offer.subprotocols)?;
        if let Some(basic) = url::basic(request.uri())? {
            request
                .headers_mut()
                .entry(header::AUTHORIZATION)
                .or_insert(basic);
        }
        let uri = request.uri();
        let secure = match uri.scheme_str() {
            Some("ws") => false,
            Some("wss") if cfg!(feature = "tls") => true,
            Some("wss") => {
                return Err(
                    ConnectError::Url("wss:// needs highway's feature `tls`".to_owned()).into(),
                );
            }
            _ => return Err(ConnectError::Url(upgrade::SCHEMES.to_owned()).into()),
        };
        let host = uri
            .host()
            .ok_or_else(|| ConnectError::Url("the URL has no host".to_owned()))?;
        let port = match uri.port_u16() {
            Some(port) => port,
            None if uri
                .authority()
                .is_some_and(|all| !all.as_str().ends_with(host)) =>
            {
                return Err(ConnectError::Url(
                    "the URL's port is not a number up to 65535".to_owned(),
                )
                .into());
            }
            None if secure => 443,
            None => 80,
        };
        // An IPv6 address stands in brackets in a URL only.
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let by = after(self.limits.upgrade_timeout);
        let connected = async {
            #[cfg(feature = "test")]
            if let Some(connector) = &self.connector {
                let stream = connector().map_err(ConnectError::Io)?;
                return self.upgrade(stream, None, request).await;
            }
            let stream = addresses::connect(&host, port, by).await?;
            set_options(&stream, &self.limits);
            let peer_addr = stream.peer_addr().ok();
            #[cfg(feature = "tls")]
            let stream = if secure {
                let tls = self.tls.get_or_init(ClientTls::default);
                tls.connect(&host, stream).await?.into_any()
            } else {
                stream.into_any()
            };
            #[cfg(not(feature = "tls"))]
            let stream = stream.into_any();
            self.upgrade(stream, peer_addr, request).await
        };
        let opening = until(by, connected)
            .await
            .map_err(|_| ConnectError::Timeout)??;
        exchanged(opening).await
    }

    async fn upgrade(
        &self,
        mut stream: AnyStream,
        peer_addr: Option<SocketAddr>,
        request: http::Request<()>,
    ) -> Result<Opening<H>, ConnectError> {
        let upgraded = upgrade::request(&mut stream, request, self.limits.http_head_bytes).await?;
        let limits = Arc::clone(&self.limits);
        let local = Arc::new(handler::local_table::<H>(&self.propagation));
        let mut extensions = http::Extensions::new();
        if let Some(name) = upgraded.subprotocol {
            extensions.insert(Subprotocol(name));
        }
        let socket = WebSocket::new(stream, Role::Client, upgraded.rest, limits.message_bytes);
        let (ready, is_ready) = oneshot::channel();
        let (greeted, is_greeted) = oneshot::channel();
        let (connection, task) = driver::start(
            Start {
                id: ConnectionId::next(),
                role: Role::Client,
                peer_addr,
                session: SessionConfig::new(&limits, true),
                limits,
                meter: Arc::clone(&self.meter),
                tap: None,
                local,
                strict: self.strict,
                on_failure: self.on_failure,
                propagation: self.propagation.clone(),
                extensions,
                introduction: None,
                fall_back_after: None,
                members: Arc::default(),
                state: Arc::clone(&self.state),
                fill: None,
                milestones: Some(Milestones { ready, greeted }),
            },
            Wire::WebSocket(socket),
        );
        let abandoned = Abandoned::new(&connection.present());
        log!(
            debug,
            connection.id(),
            peer_addr = shown(peer_addr),
            "connected"
        );
        let task = tokio::spawn(task);
        let opened = Opened {
            connection,
            task,
            greeted: is_greeted,
        };
        Ok((opened, abandoned, is_ready))
    }
}

/// A connection that is made.
struct Opened<H: Handler> {
    connection: Connection<H>,
    task: JoinHandle<Close>,
    /// Told when the `on(ready)` hooks that run before any route are through, or one of them failed.
    greeted: oneshot::Receiver<Result<(), Failure>>,
}

impl<H: Handler> Opened<H> {
    /// Waits until the `on(ready)` hooks are through.
    async fn greeted(&mut self) -> Result<(), NotOpened> {
        let greeted = (&mut self.greeted).await;
        let by_hand = self.connection.is_closed_by_hand();
        let source = match greeted {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(failure)) if !failure.is_closed() => ConnectError::Ready { failure },
            // It closed meanwhile, which a hook may have wanted.
            _ if by_hand => return Ok(()),
            _ => ConnectError::Closed(self.connection.closed().await),
        };
        // What a hook has asked for is done before anybody learns of it.
        self.connection.closed().await;
        Err(NotOpened { source, by_hand })
    }
}

/// Why a connection could not be made.
struct NotOpened {
    source: ConnectError,
    /// A hook closed the connection before the meta exchange was over.
    by_hand: bool,
}

impl From<ConnectError> for NotOpened {
    fn from(source: ConnectError) -> Self {
        Self {
            source,
            by_hand: false,
        }
    }
}

/// A connection that waits for the end of the meta exchange.
type Opening<H> = (Opened<H>, Abandoned, oneshot::Receiver<()>);

/// Waits for the end of the meta exchange.
async fn exchanged<H: Handler>(opening: Opening<H>) -> Result<Opened<H>, NotOpened> {
    let (opened, abandoned, ready) = opening;
    if ready.await.is_err() {
        let close = opened.connection.closed().await;
        let link = opened.connection.present();
        return Err(NotOpened {
            source: match link.refused() {
                Some(mismatches) => ConnectError::Contract(mismatches.to_vec()),
                None => ConnectError::Closed(close),
            },
            by_hand: opened.connection.is_closed_by_hand(),
        });
    }
    abandoned.disarm();
    Ok(opened)
}
