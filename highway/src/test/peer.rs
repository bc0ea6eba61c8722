//! A peer without a handler, which says what arrived.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    future::{Future, IntoFuture},
    io,
    net::SocketAddr,
    panic::Location,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use serde::de::DeserializeOwned;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message as WsMessage,
        protocol::{CloseFrame, Role, frame::coding::CloseCode as WsCloseCode},
    },
};

use super::{
    ByteStream, DEADLINE, Dial, Network,
    calls::{Called, Calls, Reply, lock, part},
    url,
};
use crate::{
    error::{ConnectError, Error},
    limits::Limits,
    link::failures::read_failure,
    payload::MAX_NESTING,
    proto::handshake::{LocalTable, TableLimits},
    proto::session::{Event, Session, SessionConfig},
    route::{Answers, DeclaredRoute, Message, RouteTo, protocol::Declaration},
    shown::Shown,
    upgrade::{self, HeadError, RequestHead},
    wire::{Close, CloseCode, DataType, Dialect, Header, Kind, Part, RouteId},
};

/// The messages that wait to be looked at; then the peer reads no more, as a program that is busy.
const WAITING: usize = 1024;

/// The longest data that is shown in full.
const SHOWN: usize = 1000;

type WebSocket = WebSocketStream<ByteStream>;

/// What a peer is.
pub(super) struct Setup {
    routes: Vec<String>,
    dialect: Dialect,
    deadline: Duration,
}

impl Setup {
    /// A peer that serves what is declared and more.
    pub(super) fn new(
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

    fn table(&self) -> Arc<LocalTable> {
        let names = self.routes.iter().map(String::as_str);
        Arc::new(LocalTable::new(names))
    }

    fn session(&self) -> SessionConfig {
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

/// A client without a handler before it connects, from [`TestServer::peer`](super::TestServer::peer): awaited, it connects and
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
    pub(super) fn new(dial: Dial, declared: &'static [Declaration]) -> Self {
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

    /// Serves these routes too: the server can send to no others. A handler with `peer = …` need not be told those.
    pub fn serves(mut self, routes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.routes.extend(routes.into_iter().map(Into::into));
        self
    }

    /// Speaks a dialect, and no other: 0.2 unless it is told otherwise. In 0.1 it waits for the server to tell its routes in
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
                    "the server told no routes in dialect 0.1; has it `dialect_01(true)`? (at {at})"
                ),
                Err(error) => panic!("the peer can't connect: {error} (at {at})"),
            }
        })
    }
}

/// A peer without a handler, in a test's hands: a client from [`TestServer::peer`](super::TestServer::peer), or a server from
/// [`ScriptedServer::accept`](super::ScriptedServer::accept).
///
/// It says what arrived where something else was expected:
///
/// ```text
/// expected a message to `said` with "hi", but got `left` with 3 (at tests/chat.rs:12:10)
/// ```
///
/// What arrives waits in its order, up to 1,024 messages; then it reads no more, as a program that is busy. Dropped, it is gone
/// without a word, as a program that is killed.
#[derive(Debug)]
pub struct Peer {
    session: Arc<Mutex<Session>>,
    routes: Vec<String>,
    dialect: Dialect,
    deadline: Duration,
    outgoing: mpsc::Sender<Outgoing>,
    incoming: mpsc::Receiver<Incoming>,
    calls: Arc<Mutex<Calls>>,
    closed: Option<Close>,
}

/// Something to send.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) frame: WsMessage,
    /// Told when it is written; dropped when it can't be.
    pub(super) written: oneshot::Sender<()>,
}

/// Something that arrived.
#[derive(Debug)]
enum Incoming {
    Message {
        route: String,
        message: Message,
    },
    Call {
        route: String,
        message: Message,
        id: u32,
        cancelled: oneshot::Receiver<()>,
    },
    /// A stream is asked for, or comes as the data of a call, of which the peer can do neither.
    Stream {
        route: String,
    },
    /// What came is not for this peer; with what it would close.
    Broken(Close),
    Closed(Close),
}

/// A route that [`Peer::next`] waits for: a name, with data of any type, or a declared route with its own data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no route with data of type `{T}`",
    note = "it is a name, or a declared route with the type that it takes"
)]
pub trait Awaited<T> {
    /// The name on the wire.
    fn name(&self) -> &str;
}

impl<T> Awaited<T> for &str {
    fn name(&self) -> &str {
        self
    }
}

impl<R: DeclaredRoute> Awaited<R::Data> for R {
    fn name(&self) -> &str {
        R::NAME
    }
}

impl Peer {
    /// Sends a message to a route, by its name with any data, or to a declared route with its own data; done when the network
    /// has taken it.
    ///
    /// # Panics
    /// When the other side has no such route, the dialect can't carry the data, the connection is closed, or the network does not
    /// take it in time.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "it takes what `send` takes")]
    pub fn send<P, R: RouteTo<P, D>, D>(
        &mut self,
        route: R,
        data: D,
    ) -> impl Future<Output = ()> + Send {
        let at = Location::caller();
        let name = route.name().to_owned();
        let message = match self.outgoing(&route, &data) {
            Ok(message) => message,
            Err(error) => panic!("{error}"),
        };
        async move {
            match self.write(WsMessage::Binary(message)).await {
                Written::Done => {}
                Written::Closed(close) => {
                    panic!(
                        "`{name}` can't be sent to: the connection is closed ({close}) (at {at})"
                    )
                }
                Written::TimedOut => panic!(
                    "a message to `{name}` was not taken within {:?} (at {at})",
                    self.deadline
                ),
            }
        }
    }

    /// Waits for the next message, and that it is to this route and with this data. A list is not a tuple and 1 is not 1.0, as
    /// ever; the keys of a dict may come in any order.
    ///
    /// # Panics
    /// When something else arrives, the connection closes, or nothing arrives in time.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "it takes what `send` takes")]
    pub fn expect<P, R: RouteTo<P, D>, D>(
        &mut self,
        route: R,
        data: D,
    ) -> impl Future<Output = ()> + Send {
        let at = Location::caller();
        self.check_served(route.name());
        let name = route.name().to_owned();
        let expected = match self.message(RouteId::META, &route, &data) {
            Ok(message) => received(self.dialect, message),
            Err(error) => panic!("{error}"),
        };
        async move {
            let arrived = self.arrived().await;
            match &arrived {
                Some(Incoming::Message { route, message })
                    if *route == name && is_same(message, &expected) => {}
                _ => panic!(
                    "expected a message to `{name}` with {}, but {} (at {at})",
                    shown(&expected),
                    self.what(arrived.as_ref())
                ),
            }
        }
    }

    /// Waits for the next message, which has to be to this route, and gives back its data: `peer.next::<u32>("count")`.
    ///
    /// # Panics
    /// When something else arrives, the data does not fit, the connection closes, or nothing arrives in time.
    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it takes what `expect` takes"
    )]
    pub fn next<T: DeserializeOwned>(
        &mut self,
        route: impl Awaited<T>,
    ) -> impl Future<Output = T> + Send {
        let at = Location::caller();
        self.check_served(route.name());
        let name = route.name().to_owned();
        async move {
            let arrived = self.arrived().await;
            match &arrived {
                Some(Incoming::Message { route, message }) if *route == name => {
                    match message.decode() {
                        Ok(data) => data,
                        Err(error) => panic!(
                            "expected a message to `{name}` with a `{}`, but got {}: {error} (at {at})",
                            std::any::type_name::<T>(),
                            shown(message)
                        ),
                    }
                }
                _ => panic!(
                    "expected a message to `{name}`, but {} (at {at})",
                    self.what(arrived.as_ref())
                ),
            }
        }
    }

    /// Calls a route, by its name with any data, or a declared route with its own data, and waits for the reply: an error where a
    /// client's or server's [`call`](crate::Connection::call) has one, of which [`TimedOut`](Error::TimedOut) says that none came
    /// in time. It is sent when this is first awaited; dropped after that it is cancelled.
    ///
    /// What arrives meanwhile waits, a call from the other side included: `tokio::join!` of both is how to answer one.
    ///
    /// ```
    /// use highway::{Failure, route, test, wire::Dialect};
    ///
    /// #[highway::server]
    /// struct Math;
    ///
    /// #[route("divide", on = Math)]
    /// async fn divide((a, b): (i64, i64)) -> Result<i64, Failure> {
    ///     a.checked_div(b).ok_or_else(|| Failure::new("by nothing"))
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> highway::Result {
    /// let server = test::server(Math::server());
    /// let mut peer = server.peer().dialect(Dialect::Extended).await;
    /// let quotient: i64 = peer.call("divide", (12, 4)).await?;
    /// assert_eq!(quotient, 3);
    /// let refused = peer.call::<_, _, _, i64>("divide", (12, 0)).await;
    /// assert!(matches!(refused, Err(highway::Error::Refused { .. })));
    /// # Ok(())
    /// # }
    /// ```
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it takes what a connection's `call` takes"
    )]
    pub fn call<P, R, D, T>(
        &mut self,
        route: R,
        data: D,
    ) -> impl Future<Output = Result<T, Error>> + Send + use<P, R, D, T>
    where
        R: RouteTo<P, D> + Answers<T>,
    {
        let name = route.name().to_owned();
        let reads = R::reads();
        let message = self.outgoing_call(&route, &data);
        let (calls, outgoing) = (Arc::clone(&self.calls), self.outgoing.clone());
        let deadline = self.deadline;
        async move {
            let (id, frame) = message?;
            let reply = Reply::wanted(&calls, &outgoing, id, &name)?;
            let message = match timeout(deadline, reply.after(frame)).await {
                Ok(Ok(message)) => message,
                Ok(Err(error)) => return reads.declared_in(error),
                Err(_) => {
                    return Err(Error::TimedOut {
                        route: name,
                        after: deadline,
                    });
                }
            };
            (reads.take)(&message).map_err(|source| Error::ReplyNotConverted {
                route: name,
                source: *source,
            })
        }
    }

    /// Waits for what arrives next, and that it is a call of this route with this data; then it can be replied to. As with
    /// [`expect`](Self::expect), the peer has to serve the route, and it has to speak the extension.
    ///
    /// ```
    /// use highway::{Connection, route, test, wire::Dialect};
    ///
    /// #[highway::server]
    /// struct Chat;
    ///
    /// #[route("vote")]
    /// async fn vote(question: String, chat: Connection<Chat>) -> highway::Result<bool> {
    ///     chat.call("agree", question).await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let server = test::server(Chat::server());
    /// let mut peer = server.peer().dialect(Dialect::Extended).serves(["agree"]).await;
    /// let voted = peer.call::<_, _, _, bool>("vote", "tea?");
    /// let (voted, ()) = tokio::join!(voted, async {
    ///     peer.expect_call("agree", "tea?").await.reply(true).await;
    /// });
    /// assert!(voted.unwrap());
    /// # }
    /// ```
    ///
    /// # Panics
    /// When something else arrives, the connection closes, or nothing arrives in time.
    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it takes what `expect` takes"
    )]
    pub fn expect_call<P, R: RouteTo<P, D>, D>(
        &mut self,
        route: R,
        data: D,
    ) -> impl Future<Output = Called> + Send {
        let at = Location::caller();
        self.check_called(route.name());
        let name = route.name().to_owned();
        let expected = match self.message(RouteId::META, &route, &data) {
            Ok(message) => received(self.dialect, message),
            Err(error) => panic!("{error}"),
        };
        async move {
            match self.arrived().await {
                Some(Incoming::Call {
                    route,
                    message,
                    id,
                    cancelled,
                }) if route == name && is_same(&message, &expected) => {
                    self.called(route, id, cancelled)
                }
                arrived => panic!(
                    "expected a call of `{name}` with {}, but {} (at {at})",
                    shown(&expected),
                    self.what(arrived.as_ref())
                ),
            }
        }
    }

    /// Waits for what arrives next, which has to be a call of this route, and gives back its data, and with what to reply:
    /// `peer.next_call::<u32>("double")`.
    ///
    /// # Panics
    /// When something else arrives, the data does not fit, the connection closes, or nothing arrives in time.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "it takes what `next` takes")]
    pub fn next_call<T: DeserializeOwned>(
        &mut self,
        route: impl Awaited<T>,
    ) -> impl Future<Output = (T, Called)> + Send {
        let at = Location::caller();
        self.check_called(route.name());
        let name = route.name().to_owned();
        async move {
            match self.arrived().await {
                Some(Incoming::Call {
                    route,
                    message,
                    id,
                    cancelled,
                }) if route == name => match message.decode() {
                    Ok(data) => (data, self.called(route, id, cancelled)),
                    Err(error) => panic!(
                        "expected a call of `{name}` with a `{}`, but got {}: {error} (at {at})",
                        std::any::type_name::<T>(),
                        shown(&message)
                    ),
                },
                arrived => panic!(
                    "expected a call of `{name}`, but {} (at {at})",
                    self.what(arrived.as_ref())
                ),
            }
        }
    }

    /// Waits for the connection's end, and that it has this code: 1006 ([`CloseCode::ABNORMAL`]) when it ended without a word.
    /// Gives back the code with the reason.
    ///
    /// # Panics
    /// When a message arrives, it ends with another code, or nothing happens in time.
    #[track_caller]
    pub fn expect_closed(&mut self, code: CloseCode) -> impl Future<Output = Close> + Send {
        let at = Location::caller();
        async move {
            let arrived = self.arrived().await;
            match arrived {
                Some(Incoming::Closed(close)) if close.code() == code => close,
                _ => panic!(
                    "expected the connection to close with {code}, but {} (at {at})",
                    self.what(arrived.as_ref())
                ),
            }
        }
    }

    /// Makes sure that nothing has arrived and the connection stands when all of the test's runtime waits for time to pass. What
    /// a [`Network`] delays is on its way and not there yet.
    ///
    /// # Panics
    /// When something has arrived, and where time is not paused: nobody knows how long to wait then;
    /// [`expect_nothing_for`](Self::expect_nothing_for) is told.
    #[track_caller]
    pub fn expect_nothing(&mut self) -> impl Future<Output = ()> + Send {
        assert!(
            is_paused(),
            "time is not paused, so that there may always be more to come: \
             use `#[tokio::test(start_paused = true)]` or `expect_nothing_for`"
        );
        // A paused clock goes on when nobody has anything to do.
        self.expect_nothing_for(Duration::from_millis(1))
    }

    /// Makes sure that for this long nothing arrives and the connection stands. On paused time it takes none.
    ///
    /// # Panics
    /// When something arrives.
    #[track_caller]
    pub fn expect_nothing_for(&mut self, time: Duration) -> impl Future<Output = ()> + Send {
        let at = Location::caller();
        async move {
            // What has arrived counts even where there is no time.
            if let Ok(arrived) = timeout(time, self.arrive()).await {
                panic!(
                    "expected nothing, but {} (at {at})",
                    self.what(Some(&arrived))
                );
            }
        }
    }

    /// Closes the connection with 1000 and waits for its end, however that is. What arrives meanwhile is thrown away.
    ///
    /// # Panics
    /// When it does not end in time.
    #[track_caller]
    pub fn close(&mut self) -> impl Future<Output = Close> + Send {
        self.close_with(CloseCode::NORMAL, "")
    }

    /// Closes the connection with a code and a reason, like [`close`](Self::close). [`CloseCode::NO_CODE`] is a close without either.
    ///
    /// # Panics
    /// When it does not end in time, and for another code that may not be sent ([`CloseCode::is_sendable`]).
    #[track_caller]
    pub fn close_with(
        &mut self,
        code: impl Into<CloseCode>,
        reason: impl Into<Cow<'static, str>>,
    ) -> impl Future<Output = Close> + Send {
        let at = Location::caller();
        let code = code.into();
        assert!(
            code.is_sendable() || code == CloseCode::NO_CODE,
            "{}",
            Error::CloseCode(code)
        );
        let close = Close::new(code, reason);
        async move {
            let deadline = self.deadline;
            let ended = timeout(deadline, async {
                let frame = code.is_sendable().then(|| CloseFrame {
                    code: WsCloseCode::from(close.code().0),
                    reason: close.reason().into(),
                });
                // One that is closed already has told how.
                self.write(WsMessage::Close(frame)).await;
                self.end().await
            });
            let Ok(close) = ended.await else {
                panic!("the connection did not end within {deadline:?} (at {at})")
            };
            close
        }
    }

    /// The dialect that both sides speak.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The names of the routes that the other side told, sorted.
    pub fn peer_routes(&self) -> Vec<String> {
        let session = self.session();
        let peer = session.peer();
        peer.map_or_else(Vec::new, |peer| {
            let names = peer.table.names().into_iter();
            names.map(ToOwned::to_owned).collect()
        })
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn check_served(&self, route: &str) {
        assert!(
            self.routes.iter().any(|served| served == route),
            "nothing can arrive for `{route}`, as this peer does not serve it: make it with \
             `.serves([\"{route}\"])`; it serves {:?}",
            self.routes
        );
    }

    #[track_caller]
    fn check_called(&self, route: &str) {
        self.check_served(route);
        assert!(
            self.dialect == Dialect::Extended,
            "nothing can call this peer, as it speaks dialect {}: make it with \
             `.dialect(Dialect::Extended)`",
            self.dialect
        );
    }

    fn called(&self, route: String, id: u32, cancelled: oneshot::Receiver<()>) -> Called {
        Called {
            route,
            id,
            cancelled,
            calls: Arc::clone(&self.calls),
            outgoing: self.outgoing.clone(),
            deadline: self.deadline,
        }
    }

    /// The other side's id of a route.
    fn route_id(&self, route: &str) -> Result<RouteId, Error> {
        let session = self.session();
        let table = session.peer().map(|peer| &peer.table);
        let id = table.and_then(|table| table.id(route));
        id.ok_or_else(|| Error::NoSuchRoute {
            route: route.to_owned(),
            nearest: table.map_or_else(Vec::new, |table| table.nearest(route)),
        })
    }

    /// A message to a route of the other side.
    fn outgoing<P, R: RouteTo<P, D>, D>(&self, route: &R, data: &D) -> Result<Bytes, Error> {
        self.message(self.route_id(route.name())?, route, data)
    }

    /// A call of a route of the other side, and its id.
    fn outgoing_call<P, R: RouteTo<P, D>, D>(
        &self,
        route: &R,
        data: &D,
    ) -> Result<(u32, Bytes), Error> {
        if self.dialect != Dialect::Extended {
            let route = route.name().to_owned();
            return Err(Error::NoCalls { route });
        }
        let to = self.route_id(route.name())?;
        let mut calls = lock(&self.calls);
        let id = calls.next;
        let frame = part(Kind::Call, to, id, |payload| {
            route.encode(data, self.dialect, payload)
        });
        let frame = frame.map_err(|source| Error::Encode {
            route: route.name().to_owned(),
            source,
        })?;
        calls.next = id.wrapping_add(2);
        Ok((id, frame))
    }

    fn message<P, R: RouteTo<P, D>, D>(
        &self,
        id: RouteId,
        route: &R,
        data: &D,
    ) -> Result<Bytes, Error> {
        let mut payload = Vec::new();
        let code = route
            .encode(data, self.dialect, &mut payload)
            .map_err(|source| Error::Encode {
                route: route.name().to_owned(),
                source,
            })?;
        let header = Header {
            code,
            kind: Kind::Message.code(),
            route: id,
        };
        Ok([&header.to_bytes()[..], &payload].concat().into())
    }

    async fn write(&mut self, frame: WsMessage) -> Written {
        let (written, is_written) = oneshot::channel();
        let sent = async {
            let outgoing = Outgoing { frame, written };
            self.outgoing.send(outgoing).await.is_ok() && is_written.await.is_ok()
        };
        match timeout(self.deadline, sent).await {
            Ok(true) => Written::Done,
            Ok(false) => match timeout(self.deadline, self.end()).await {
                Ok(close) => Written::Closed(close),
                Err(_) => Written::TimedOut,
            },
            Err(_) => Written::TimedOut,
        }
    }

    /// What arrives next, unless nothing does in time.
    async fn arrived(&mut self) -> Option<Incoming> {
        timeout(self.deadline, self.arrive()).await.ok()
    }

    async fn arrive(&mut self) -> Incoming {
        if let Some(close) = &self.closed {
            return Incoming::Closed(close.clone());
        }
        let incoming = self.incoming.recv().await;
        let incoming = incoming.unwrap_or_else(|| Incoming::Closed(lost()));
        if let Incoming::Closed(close) = &incoming {
            self.closed = Some(close.clone());
        }
        incoming
    }

    /// The connection's end, whatever comes before it.
    async fn end(&mut self) -> Close {
        loop {
            if let Incoming::Closed(close) = self.arrive().await {
                return close;
            }
        }
    }

    /// What happened, for a sentence.
    fn what(&self, arrived: Option<&Incoming>) -> String {
        match arrived {
            Some(Incoming::Message { route, message }) => {
                format!("got `{}` with {}", Shown::new(route), shown(message))
            }
            Some(Incoming::Call { route, message, .. }) => {
                format!(
                    "got a call of `{}` with {}",
                    Shown::new(route),
                    shown(message)
                )
            }
            Some(Incoming::Stream { route }) => {
                format!(
                    "got a stream for `{}`, of which a peer in a test has none",
                    Shown::new(route)
                )
            }
            Some(Incoming::Broken(close)) => {
                format!("got what breaks the protocol ({close})")
            }
            Some(Incoming::Closed(close)) => format!("the connection closed with {close}"),
            None => format!("nothing came within {:?}", self.deadline),
        }
    }

    /// Connects as a client, up to where the server knows its routes.
    async fn connect(
        mut stream: ByteStream,
        request: http::Request<()>,
        setup: Setup,
    ) -> Result<Self, ConnectError> {
        let watch = stream.watch();
        let limit = Limits::default().http_head_bytes;
        let answered = upgrade::request(&mut stream, request, limit).await?;
        let socket =
            WebSocket::from_partially_read(stream, answered.rest, Role::Client, None).await;
        let session = Session::client(setup.table(), setup.session());
        let peer = Self::exchange(socket, session, FIRST_OF_CLIENT, setup).await?;
        watch.read_up().await;
        Ok(peer)
    }

    /// Accepts a client, up to where it has told its routes.
    pub(super) async fn accept(mut stream: ByteStream, setup: Setup) -> Result<Self, ConnectError> {
        let limit = Limits::default().http_head_bytes;
        let head = upgrade::read_head::<RequestHead>(&mut stream, limit).await;
        let head = head.map_err(|error| match error {
            HeadError::Io(error) => ConnectError::Io(error),
            HeadError::TooLarge => ConnectError::Upgrade("the request is too large".to_owned()),
            HeadError::Malformed(error) => ConnectError::Upgrade(error.to_string()),
        })?;
        upgrade::check(&head.head.0).map_err(|fault| ConnectError::Upgrade(fault.to_string()))?;
        let answer = upgrade::accept(head.head.0.headers(), None, false);
        tokio::io::AsyncWriteExt::write_all(&mut stream, &answer)
            .await
            .map_err(ConnectError::Io)?;
        let mut socket =
            WebSocket::from_partially_read(stream, head.rest, Role::Server, None).await;
        let session = Session::server(setup.table(), setup.session());
        let table = match setup.dialect {
            Dialect::V01 => session.fall_back(),
            Dialect::V02 | Dialect::Extended => session.open(),
        };
        if let Some(table) = table {
            let sent = socket.send(WsMessage::Binary(table.into())).await;
            sent.map_err(|error| ConnectError::Closed(broken(&error)))?;
        }
        Self::exchange(socket, session, FIRST_OF_SERVER, setup).await
    }

    /// Exchanges the routes, and leaves the rest to a task.
    async fn exchange(
        mut socket: WebSocket,
        mut session: Session,
        first: u32,
        setup: Setup,
    ) -> Result<Self, ConnectError> {
        loop {
            let message = match socket.next().await {
                Some(Ok(WsMessage::Binary(message))) => message,
                Some(Ok(WsMessage::Close(frame))) => {
                    return Err(ConnectError::Closed(from_frame(frame)));
                }
                Some(Ok(_)) => continue,
                Some(Err(error)) => return Err(ConnectError::Closed(broken(&error))),
                None => return Err(ConnectError::Closed(lost())),
            };
            if setup.dialect == Dialect::V01 && !is_table_01(&message) {
                continue;
            }
            match session.receive(&message) {
                Ok(Event::Ready { answer, contract }) => {
                    for message in answer.into_iter().chain(contract) {
                        let sent = socket.send(WsMessage::Binary(message.into())).await;
                        sent.map_err(|error| ConnectError::Closed(broken(&error)))?;
                    }
                    if !session.is_extended() {
                        break;
                    }
                }
                Ok(Event::Contract { answer }) => {
                    if let Some(answer) = answer {
                        let sent = socket.send(WsMessage::Binary(answer.into())).await;
                        sent.map_err(|error| ConnectError::Closed(broken(&error)))?;
                    }
                    break;
                }
                Ok(_) => {}
                Err(close) => return Err(ConnectError::Closed(close)),
            }
        }
        let dialect = session.peer().map(|peer| peer.dialect);
        if dialect != Some(setup.dialect) {
            return Err(ConnectError::Io(io::Error::new(
                io::ErrorKind::Unsupported,
                format!(
                    "the two sides do not come to speak dialect {}",
                    setup.dialect
                ),
            )));
        }
        let session = Arc::new(Mutex::new(session));
        let (outgoing, to_send) = mpsc::channel(1);
        let (arrived, incoming) = mpsc::channel(WAITING);
        let (sink, stream) = socket.split();
        let calls = Arc::new(Mutex::new(Calls {
            next: first,
            made: HashMap::new(),
            asked: HashMap::new(),
            closed: None,
        }));
        let task = Receiving {
            session: Arc::clone(&session),
            calls: Arc::clone(&calls),
            routes: setup.routes.clone(),
            answers: outgoing.clone(),
            arrived,
        };
        tokio::spawn(async move {
            let mut reading = std::pin::pin!(task.read(stream));
            tokio::select! {
                () = &mut reading => {}
                () = write(sink, to_send) => reading.await,
            }
        });
        Ok(Self {
            session,
            routes: setup.routes,
            dialect: setup.dialect,
            deadline: setup.deadline,
            outgoing,
            incoming,
            calls,
            closed: None,
        })
    }
}

/// The ids of a client's calls are odd, those of a server's even.
const FIRST_OF_CLIENT: u32 = 1;
const FIRST_OF_SERVER: u32 = 2;

/// What came of a frame.
enum Written {
    Done,
    Closed(Close),
    TimedOut,
}

/// Writes what there is to send, until nobody can send any more or the connection is over.
async fn write(
    mut sink: impl futures_util::Sink<WsMessage, Error = tungstenite::Error> + Unpin,
    mut outgoing: mpsc::Receiver<Outgoing>,
) {
    while let Some(Outgoing { frame, written }) = outgoing.recv().await {
        if sink.send(frame).await.is_err() {
            return;
        }
        // Who does not wait any more has no use for it.
        let _ = written.send(());
    }
}

/// The reading half of a peer.
struct Receiving {
    session: Arc<Mutex<Session>>,
    calls: Arc<Mutex<Calls>>,
    routes: Vec<String>,
    answers: mpsc::Sender<Outgoing>,
    arrived: mpsc::Sender<Incoming>,
}

impl Receiving {
    /// Reads until the connection is over, or nobody looks any more.
    async fn read(
        self,
        mut stream: impl futures_util::Stream<Item = tungstenite::Result<WsMessage>> + Unpin,
    ) {
        let mut closed = None;
        loop {
            let read = tokio::select! {
                biased;
                () = self.arrived.closed() => return,
                read = stream.next() => read,
            };
            let incoming = match read {
                Some(Ok(WsMessage::Binary(message))) => self.take(message).await,
                Some(Ok(WsMessage::Text(_))) => Some(Incoming::Broken(Close::MALFORMED_HEADER)),
                // The end of the stream comes behind it.
                Some(Ok(WsMessage::Close(frame))) => {
                    closed = Some(from_frame(frame));
                    None
                }
                Some(Ok(_)) => None,
                Some(Err(error)) => {
                    let close = closed.unwrap_or_else(|| broken(&error));
                    break self.tell(Incoming::Closed(close)).await;
                }
                None => {
                    let close = closed.unwrap_or_else(lost);
                    break self.tell(Incoming::Closed(close)).await;
                }
            };
            if let Some(incoming) = incoming {
                self.tell(incoming).await;
            }
        }
    }

    async fn tell(&self, incoming: Incoming) {
        if let Incoming::Closed(close) = &incoming {
            let mut calls = lock(&self.calls);
            calls.closed = Some(close.clone());
            calls.asked.clear();
            for (_, (_, reply)) in calls.made.drain() {
                // Nobody waits for it any more.
                let _ = reply.send(Err(Error::Closed(close.clone())));
            }
        }
        // Nobody looks any more.
        let _ = self.arrived.send(incoming).await;
    }

    async fn take(&self, frame: Bytes) -> Option<Incoming> {
        let event = {
            let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
            session.receive(&frame)
        };
        match event {
            Ok(Event::Message {
                route,
                dialect,
                data_type,
            }) => {
                let name = usize::from(route.0).checked_sub(1);
                let route = name.and_then(|place| self.routes.get(place))?.clone();
                let message = Message::new(dialect, data_type, frame, MAX_NESTING);
                Some(Incoming::Message { route, message })
            }
            Ok(Event::Ready { answer, .. } | Event::Replaced { answer }) => {
                let frame = WsMessage::Binary(answer?.into());
                let (written, _) = oneshot::channel();
                // Where it can't be sent the connection is over.
                let _ = self.answers.send(Outgoing { frame, written }).await;
                None
            }
            Ok(Event::Part(part)) => self.part(part, frame),
            Ok(Event::Contract { .. }) => None,
            Err(close) => Some(Incoming::Broken(close)),
        }
    }

    fn part(&self, part: Part, frame: Bytes) -> Option<Incoming> {
        let mut calls = lock(&self.calls);
        match part.kind {
            Kind::Call | Kind::Stream => {
                let name = usize::from(part.route.0).checked_sub(1);
                let route = name.and_then(|place| self.routes.get(place))?.clone();
                let (Kind::Call, Some(data_type)) = (part.kind, part.data_type) else {
                    return Some(Incoming::Stream { route });
                };
                let (cancel, cancelled) = oneshot::channel();
                calls.asked.insert(part.id, cancel);
                let message = Message::new(Dialect::Extended, data_type, frame, MAX_NESTING);
                let message = message.behind(part.start);
                return Some(Incoming::Call {
                    route,
                    message,
                    id: part.id,
                    cancelled,
                });
            }
            Kind::Reply => {
                let (_, reply) = calls.made.remove(&part.id)?;
                let message = Message::new(
                    Dialect::Extended,
                    part.data_type.unwrap_or(DataType::None),
                    frame,
                    MAX_NESTING,
                );
                // Nobody waits for it any more.
                let _ = reply.send(Ok(message.behind(part.start)));
            }
            Kind::Failure => {
                let (route, reply) = calls.made.remove(&part.id)?;
                let _ = reply.send(Err(read_failure(route, frame, MAX_NESTING)));
            }
            Kind::Cancel => {
                // Who was called may have dropped it.
                let _ = calls.asked.remove(&part.id)?.send(());
            }
            // Of streams, which it has none of.
            _ => {}
        }
        None
    }
}

/// Whether a message is a table of routes in dialect 0.1.
fn is_table_01(message: &[u8]) -> bool {
    Header::split(message).is_some_and(|(header, _)| {
        header.route == RouteId::META && Some(header.code) == Dialect::V01.code(DataType::Dict)
    })
}

/// A message as it would have been received.
fn received(dialect: Dialect, frame: Bytes) -> Message {
    let data_type = Header::split(&frame).and_then(|(header, _)| dialect.data_type(header.code));
    Message::new(
        dialect,
        data_type.unwrap_or(DataType::None),
        frame,
        MAX_NESTING,
    )
}

/// Whether two messages have the same data. NaN is the same as itself here.
fn is_same(one: &Message, other: &Message) -> bool {
    one.data_type() == other.data_type()
        && (one.payload() == other.payload()
            || matches!(
                (one.decode_value(), other.decode_value()),
                (Ok(one), Ok(other)) if one == other
            ))
}

/// A message's data as it is told.
fn shown(message: &Message) -> String {
    let text = match message.decode_value() {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("what can't be read ({error})"),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!(
            "{}… ({} bytes)",
            text.get(..end).unwrap_or_default(),
            message.payload().len()
        ),
        None => text,
    }
}

pub(super) fn lost() -> Close {
    Close::new(CloseCode::ABNORMAL, "the connection was lost")
}

fn broken(error: &tungstenite::Error) -> Close {
    match error {
        tungstenite::Error::Io(_)
        | tungstenite::Error::ConnectionClosed
        | tungstenite::Error::AlreadyClosed
        | tungstenite::Error::Protocol(
            tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
        ) => lost(),
        error => Close::new(CloseCode::ABNORMAL, error.to_string()),
    }
}

fn from_frame(frame: Option<CloseFrame>) -> Close {
    match frame {
        Some(frame) => Close::new(
            CloseCode(frame.code.into()),
            frame.reason.as_str().to_owned(),
        ),
        None => Close::new(CloseCode::NO_CODE, ""),
    }
}

/// Whether tokio's clock stands still: all others have gone on when the system's has.
fn is_paused() -> bool {
    let (before, begin) = (Instant::now(), std::time::Instant::now());
    while begin.elapsed().is_zero() {
        std::hint::spin_loop();
    }
    Instant::now() == before
}
