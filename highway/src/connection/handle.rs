//! The handle of a connection.

use std::{
    borrow::Cow,
    fmt,
    net::SocketAddr,
    ops::Deref,
    sync::{Arc, Weak},
};

use super::{
    lasting::{Held, Lasting},
    status::{Reason, Status, StatusChanges},
};
use crate::{
    error::{Error, Result, SendError},
    hub::Members,
    link::{
        Link,
        calls::{CallFuture, StreamFuture},
        sending::{Kept, SendFuture},
    },
    metrics::Metrics,
    route::{Answers, CallTo, Endpoint, RouteTo, Streams},
    wire::{Close, CloseCode, ConnectionId, Dialect},
};

/// The cheap, cloneable, typed handle to one peer.
///
/// A handler dereferences to its own; [`Client::connect`](crate::Client::connect) returns one.
/// The connection lives on when the last handle is dropped; [`close`](Self::close) ends it.
///
/// The handle of a client that [reconnects](crate::Client::reconnect) stays valid while connections come and go: it
/// stands for the present connection, or between two connections for the last one. The handle inside of a handler, and those that
/// routes and hooks get, belong to one connection and end with it.
pub struct Connection<E: Endpoint> {
    shared: Arc<Shared<E>>,
}

struct Shared<E: Endpoint> {
    to: To,
    /// The server's connections; a client's has none.
    members: Arc<Members>,
    state: Arc<E::State>,
}

/// Where a handle leads to.
enum To {
    /// One connection.
    Link(Arc<Link>),
    /// A client's present connection.
    Lasting(Held),
}

/// The connection that a handle leads to at the moment.
pub(super) enum Present<'a> {
    Only(&'a Arc<Link>),
    Now(Arc<Link>),
}

impl Deref for Present<'_> {
    type Target = Arc<Link>;

    fn deref(&self) -> &Arc<Link> {
        match self {
            Self::Only(link) => link,
            Self::Now(link) => link,
        }
    }
}

/// The subprotocol of a connection, among its extensions.
#[derive(Debug, Clone)]
pub(crate) struct Subprotocol(pub(crate) String);

/// Closes a connection that nobody gets, as who wanted it was dropped before it was there.
pub(crate) struct Abandoned(Option<Arc<Link>>);

impl Abandoned {
    pub(crate) fn new(link: &Arc<Link>) -> Self {
        Self(Some(Arc::clone(link)))
    }

    pub(crate) fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        if let Some(link) = &self.0 {
            link.close(Close::GOING_AWAY);
        }
    }
}

/// A handle that does not count as one.
pub(crate) struct WeakConnection<E: Endpoint>(Weak<Shared<E>>);

impl<E: Endpoint> WeakConnection<E> {
    /// The handle, if there is still one.
    pub(crate) fn upgrade(&self) -> Option<Connection<E>> {
        self.0.upgrade().map(|shared| Connection { shared })
    }
}

impl<E: Endpoint> Clone for Connection<E> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<E: Endpoint> fmt::Debug for Connection<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("handler", &E::NAME)
            .field("id", &self.id())
            .field("peer_addr", &self.peer_addr())
            .finish_non_exhaustive()
    }
}

impl<E: Endpoint> Connection<E> {
    pub(crate) fn new(link: Arc<Link>, members: Arc<Members>, state: Arc<E::State>) -> Self {
        Self {
            shared: Arc::new(Shared {
                to: To::Link(link),
                members,
                state,
            }),
        }
    }

    /// The handle of a client that reconnects.
    pub(crate) fn lasting(lasting: Arc<Lasting>, state: Arc<E::State>) -> Self {
        Self {
            shared: Arc::new(Shared {
                to: To::Lasting(Held(lasting)),
                members: Arc::default(),
                state,
            }),
        }
    }

    /// Another connection of the server.
    pub(crate) fn reach(&self, id: ConnectionId) -> Option<Self> {
        let Shared { members, state, .. } = &*self.shared;
        let link = members.get(id).ok()?;
        Some(Self::new(link, Arc::clone(members), Arc::clone(state)))
    }

    pub(crate) fn downgrade(&self) -> WeakConnection<E> {
        WeakConnection(Arc::downgrade(&self.shared))
    }

    /// The server's connections, and what they share.
    pub(crate) fn members(&self) -> (&Arc<Members>, &Arc<E::State>) {
        (&self.shared.members, &self.shared.state)
    }

    /// Takes the connection out of everything that it can be in.
    pub(crate) fn leave_all(&self) {
        self.shared.members.leave_all(self.id());
    }

    /// Takes the connection out of the server's list.
    pub(crate) fn leave_server(&self) {
        self.shared.members.remove(self.id());
    }

    pub(super) fn link(&self) -> Present<'_> {
        match &self.shared.to {
            To::Link(link) => Present::Only(link),
            To::Lasting(held) => Present::Now(held.0.link()),
        }
    }

    /// An error of the present connection as one of the handle's.
    pub(crate) fn or_gone(&self, error: Error) -> Error {
        match &self.shared.to {
            To::Link(_) => error,
            To::Lasting(held) => held.0.or_gone(error),
        }
    }

    pub(crate) fn is_closed_by_hand(&self) -> bool {
        self.link().is_closed_by_hand()
    }

    /// The present connection, for whoever replaces it.
    pub(crate) fn present(&self) -> Arc<Link> {
        Arc::clone(&self.link())
    }

    /// Sends a message to a route of the peer; waits while the outbox is full.
    ///
    /// The route is a name, looked up in the peer's routes, or a declared route, checked by the compiler. Messages
    /// arrive in the order in which they were sent. When there is room, the message is on its way as soon as this is called,
    /// before it is awaited; when it has to wait for room and is dropped, the message is not sent.
    ///
    /// ```no_run
    /// # #[highway::client]
    /// # struct Me;
    /// # async fn example(me: &highway::Connection<Me>) -> highway::Result {
    /// me.send("echo", "text").await?;
    /// me.send("point", (1, 2.5)).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`NotSent`](crate::Error::NotSent), whose [`SendError`](crate::SendError) says why the message was not sent, and
    /// [`Closed`](crate::Error::Closed); for a client that reconnects also [`Disconnected`](crate::Error::Disconnected).
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a future would borrow what it is given"
    )]
    pub fn send<R: RouteTo<E::Peer, D>, D>(&self, route: R, data: D) -> SendFuture<'_> {
        match &self.shared.to {
            To::Link(link) => match link.offer(&route, &data) {
                Ok(None) => SendFuture::sent(),
                Ok(Some(unsent)) => SendFuture::waiting(route.name(), link.push_unsent(unsent)),
                Err(error) => SendFuture::failed(error),
            },
            To::Lasting(held) => match held.0.send_at_once(&route, &data) {
                Some(Ok(())) => SendFuture::sent(),
                Some(Err(error)) => SendFuture::failed(Box::new(error)),
                None => {
                    let kept = Kept::new(&route, &data);
                    SendFuture::waiting(route.name(), held.0.send::<E::Peer, _, _>(kept, ()))
                }
            },
        }
    }

    /// Sends a message like [`send`](Self::send), but fails instead of waiting when the outbox has no room.
    ///
    /// # Errors
    /// As [`send`](Self::send), and [`SendError::OutboxFull`](crate::SendError::OutboxFull).
    #[expect(clippy::needless_pass_by_value, reason = "it takes what `send` takes")]
    pub fn try_send<R: RouteTo<E::Peer, D>, D>(&self, route: R, data: D) -> Result {
        let offered = match &self.shared.to {
            To::Link(link) => link.offer(&route, &data).map_err(|error| *error)?,
            To::Lasting(held) => held.0.offer(&route, &data)?,
        };
        match offered {
            None => Ok(()),
            Some(unsent) => {
                let bytes = unsent.frame.len();
                Err(Error::not_sent(
                    route.name(),
                    SendError::OutboxFull { bytes },
                ))
            }
        }
    }

    /// Calls a route of the peer, and returns its reply.
    ///
    /// The route is a name or a declared route, as with [`send`](Self::send); the data goes as there, or is a stream where the
    /// route takes [`Incoming`](crate::Incoming) items. The call is on its way as soon as this is called. It has
    /// [`Limits::call_timeout`](crate::Limits::call_timeout), unless [`timeout`](CallFuture::timeout) says otherwise; dropped, it is
    /// cancelled. A route may call its own caller back and wait for the reply.
    ///
    /// ```no_run
    /// # #[highway::client]
    /// # struct Me;
    /// # async fn example(me: &highway::Connection<Me>) -> highway::Result {
    /// let sum: i64 = me.call("add", (1, 2)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`send`](Self::send), and the errors that [the guide](crate#calls-and-streams) lists. Calls are not kept while a client has no connection:
    /// they fail with [`Disconnected`](crate::Error::Disconnected).
    #[expect(clippy::needless_pass_by_value, reason = "it takes what `send` takes")]
    pub fn call<R, D, T>(&self, route: R, data: D) -> CallFuture<T>
    where
        R: CallTo<E::Peer, D> + Answers<T>,
    {
        let calling = self.link().call(&route, data);
        calling.or(|error| self.or_gone(error))
    }

    /// Opens a stream of a route of the peer: the route sends items, one by one, and no faster than they are read.
    ///
    /// Awaited, it returns the [`Incoming`](crate::Incoming) items. That the route does not give a stream is an error in place of the first item.
    ///
    /// ```no_run
    /// # #[highway::client]
    /// # struct Me;
    /// # async fn example(me: &highway::Connection<Me>) -> highway::Result {
    /// let mut ticks = me.stream("ticks", 5).await?;
    /// while let Some(tick) = ticks.next().await {
    ///     let tick: u64 = tick?;
    ///     println!("{tick}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`call`](Self::call), without the errors of the reply; those come with the items.
    #[expect(clippy::needless_pass_by_value, reason = "it takes what `send` takes")]
    pub fn stream<R, D, T>(&self, route: R, data: D) -> StreamFuture<T>
    where
        R: CallTo<E::Peer, D> + Streams<T>,
    {
        let opening = self.link().stream(&route, data);
        opening.or(|error| self.or_gone(error))
    }

    /// The calls and streams that are open on the connection, of both sides, and on a client's the pipes.
    pub fn open_calls(&self) -> usize {
        self.link().open_calls()
    }

    /// What this side has counted: a client since it was made, over all its connections, those that it had before it reconnected
    /// included; on a connection of a server, what [the server](crate::server::ServerHandle::metrics) has. A
    /// pipe counts by itself.
    ///
    /// ```no_run
    /// # #[highway::client]
    /// # struct Me;
    /// # fn example(me: &highway::Connection<Me>) {
    /// let metrics = me.metrics();
    /// println!("{} attempts to reconnect", metrics.reconnects);
    /// if let Some(route) = metrics.route("say") {
    ///     println!("{} messages sent to it", route.sent.messages);
    /// }
    /// # }
    /// ```
    pub fn metrics(&self) -> Metrics {
        self.shared.members.metrics(&self.link().meter)
    }

    /// Exports a client's [metrics](Self::metrics) through OpenTelemetry from now on, by the meter provider that is set globally
    /// (`opentelemetry::global::set_meter_provider`, of the crate's version 0.33), which has to be set before. A second call has no
    /// effect. Nothing is exported any more once the client is gone.
    #[cfg(feature = "opentelemetry")]
    pub fn export_to_opentelemetry(&self)
    where
        E: Endpoint<Side = crate::route::ClientSide>,
    {
        let meter = Arc::clone(&self.link().meter);
        let members = Arc::clone(&self.shared.members);
        let weak = Arc::downgrade(&meter);
        crate::metrics::export(&meter, move || Some(members.metrics(&*weak.upgrade()?)));
    }

    /// The number of broadcasts that this connection's client missed: as it did not keep up (see [`LagPolicy`](super::LagPolicy)), or had not told
    /// its routes yet. A client knows the number that the server reported (its [`on(missed)`](macro@crate::on) hooks run then), which
    /// requires the extension.
    pub fn missed(&self) -> u64 {
        self.link().missed()
    }

    /// Waits until everything that was sent before on this connection is written to its socket.
    ///
    /// A `send` that is done has put its message into the outbox, from where the connection writes it as fast as the peer
    /// reads; what is there when a connection is lost is lost with it. Written to the socket is not received: the system
    /// still has to deliver it, and only a reply shows that the peer has received it. [`close`](Self::close) needs no flush
    /// before it.
    ///
    /// Of a client that reconnects it is the present connection; messages that are
    /// [kept](crate::client::Reconnect::keep) are not sent yet, and their `send` waits.
    ///
    /// Dropped before it is done, it changes nothing.
    ///
    /// ```no_run
    /// # #[highway::client]
    /// # struct Me;
    /// # async fn example(me: &highway::Connection<Me>) -> highway::Result {
    /// for reading in 0..1000 {
    ///     me.send("reading", reading).await?;
    /// }
    /// me.flush().await // now none of them waits in this process
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Closed`](crate::Error::Closed) when the connection ended before all of it was written, and for a client that
    /// reconnects [`Disconnected`](crate::Error::Disconnected) while there is no connection or when it is lost meanwhile:
    /// it is unknown which messages the peer has received.
    pub async fn flush(&self) -> Result {
        match &self.shared.to {
            To::Link(link) => link.flush().await,
            To::Lasting(held) => held.0.flush().await,
        }
    }

    /// Closes the connection with 1000 behind everything that was sent before; awaited, waits until it has ended. A client
    /// that reconnects gives up, at once while there is no connection.
    ///
    /// In a route, the connection ends before the route does: what the route sends afterwards is an error.
    ///
    /// How it ended, [`closed`](Self::closed) returns: it may have been closed otherwise before.
    pub fn close(&self) -> impl Future<Output = ()> + Send + use<'_, E> {
        self.close_now(Close::NORMAL);
        async {
            self.closed().await;
        }
    }

    /// Closes the connection with a code and a reason, like [`close`](Self::close).
    ///
    /// Codes from 4000 to 4999 are free for applications; one that may not be sent
    /// ([`CloseCode::is_sendable`]) is refused. Of a reason over 123 bytes the whole characters that fit are sent
    /// ([`Close::MAX_REASON`]).
    ///
    /// # Errors
    /// [`Error::CloseCode`] for a code that may not be sent, such as 1005, 1006 and 2999; the connection
    /// stays.
    pub fn close_with<C: Into<CloseCode>, R: Into<Cow<'static, str>>>(
        &self,
        code: C,
        reason: R,
    ) -> impl Future<Output = Result> + Send + use<'_, C, R, E> {
        let asked = Close::to_send(code, reason).map(|close| self.close_now(close));
        async {
            asked?;
            self.closed().await;
            Ok(())
        }
    }

    fn close_now(&self, close: Close) {
        match &self.shared.to {
            To::Link(link) => {
                link.close(close);
            }
            To::Lasting(held) => held.0.close(close),
        }
    }

    /// Waits until the connection has ended, and returns the close; for a client that reconnects, until it gives up or was
    /// closed by this side. It has ended when its `on(close)` hooks are through, so that these can't wait for it; but while
    /// a route still runs, which may wait for the end itself, this returns before they run.
    pub async fn closed(&self) -> Close {
        match &self.shared.to {
            To::Link(link) => link.ended().await,
            To::Lasting(held) => held.0.closed().await,
        }
    }

    /// Why the connection is over, once it is: the [`Close`], or for a client that [reconnects](crate::Client::reconnect) the failure of
    /// its last attempt, such as an answer 401.
    ///
    /// ```no_run
    /// use highway::{ConnectError, connection::Reason};
    /// # #[highway::client]
    /// # struct Me;
    /// # async fn example(me: &highway::Connection<Me>) {
    /// me.closed().await;
    /// if let Some(Reason::Failed(error)) = me.reason()
    ///     && let ConnectError::Refused { status, .. } = &*error
    /// {
    ///     println!("the server answered {status}");
    /// }
    /// # }
    /// ```
    pub fn reason(&self) -> Option<Reason> {
        match &self.shared.to {
            To::Link(link) => link.end().map(Reason::Closed),
            To::Lasting(held) => held.0.reason(),
        }
    }

    /// The status of the connection.
    pub fn status(&self) -> Status {
        match &self.shared.to {
            To::Link(link) => link.end().map_or(Status::Connected, Status::Closed),
            To::Lasting(held) => held.0.status(),
        }
    }

    /// Returns the changes of the status from now on.
    ///
    /// ```no_run
    /// use highway::connection::Status;
    /// # #[highway::client]
    /// # struct Me;
    /// # async fn example(me: &highway::Connection<Me>) {
    /// let mut changes = me.status_changes();
    /// while let Some(status) = changes.next().await {
    ///     match status {
    ///         Status::Reconnecting(next) => println!("away, back in {:?} at best", next.delay),
    ///         status => println!("{status:?}"),
    ///     }
    /// }
    /// # }
    /// ```
    pub fn status_changes(&self) -> StatusChanges {
        match &self.shared.to {
            To::Link(link) => StatusChanges::of_link(Arc::clone(link)),
            To::Lasting(held) => held.0.changes(),
        }
    }

    /// The connection's number, unique in the process. A client that reconnects has another for each connection.
    pub fn id(&self) -> ConnectionId {
        self.link().id
    }

    /// The peer's address, as [`Request::peer_addr`](crate::Request::peer_addr) has it on a server; `None` where the
    /// connection runs over no socket.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.link().peer_addr
    }

    /// The state that all connections of this server or client share.
    pub fn state(&self) -> &E::State {
        &self.shared.state
    }

    /// A value that an `on(connect)` hook put into the request's extensions.
    ///
    /// It borrows the connection, and so a handler as a whole: clone it before it goes into a field of the handler.
    ///
    /// ```
    /// # #[derive(Clone)]
    /// # struct User(String);
    /// #[highway::server]
    /// struct Chat {
    ///     user: Option<User>,
    /// }
    ///
    /// #[highway::on(open)]
    /// async fn open(chat: &mut Chat) {
    ///     chat.user = chat.extension::<User>().cloned();
    /// }
    /// ```
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        match &self.shared.to {
            To::Link(link) => link.extension(),
            // Only a server's connections begin with a request.
            To::Lasting(_) => None,
        }
    }

    /// The subprotocol that the server chose from those that the client offered, if any: see
    /// [`Client::subprotocol`](crate::Client::subprotocol) and
    /// [`Request::choose_subprotocol`](crate::Request::choose_subprotocol).
    pub fn subprotocol(&self) -> Option<String> {
        let link = self.link();
        let chosen = link.extension::<Subprotocol>();
        chosen.map(|chosen| chosen.0.clone())
    }

    /// The names of the peer's routes, sorted; empty before the meta exchange.
    pub fn peer_routes(&self) -> Vec<String> {
        self.link().peer().map_or_else(Vec::new, |peer| {
            peer.table
                .names()
                .into_iter()
                .map(ToOwned::to_owned)
                .collect()
        })
    }

    /// Whether the peer has a route.
    pub fn has_route(&self, name: &str) -> bool {
        self.link()
            .peer()
            .is_some_and(|peer| peer.table.id(name).is_some())
    }

    /// The dialect that both sides speak; `None` before the meta exchange.
    pub fn dialect(&self) -> Option<Dialect> {
        self.link().peer().map(|peer| peer.dialect)
    }
}
