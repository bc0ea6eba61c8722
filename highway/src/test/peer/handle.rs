//! A peer without a handler, which reports what arrived.

use std::{
    borrow::Cow,
    future::Future,
    panic::Location,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};

use super::{
    calls::Calls,
    data::{is_same, received, shown},
    socket::lost,
    task::{Frame, Incoming, Outgoing, send},
};
use crate::{
    error::{Error, SendError},
    proto::session::Session,
    route::{DeclaredRoute, RouteTo},
    shown::Shown,
    wire::{Close, CloseCode, Dialect, Header, Kind, RouteId},
};

/// A peer without a handler, in a test's hands: a client from [`TestServer::peer`](crate::test::TestServer::peer), or a server from
/// [`ScriptedServer::accept`](crate::test::ScriptedServer::accept).
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
    pub(super) session: Arc<Mutex<Session>>,
    pub(super) routes: Vec<String>,
    pub(super) dialect: Dialect,
    pub(super) deadline: Duration,
    pub(super) outgoing: mpsc::Sender<Outgoing>,
    pub(super) incoming: mpsc::Receiver<Incoming>,
    pub(super) calls: Arc<Mutex<Calls>>,
    pub(super) closed: Option<Close>,
}

/// A route that [`Peer::next`] waits for: a name, with data of any type, or a declared route with its own data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a route with data of type `{T}`",
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
            match self.write(Frame::Message(message)).await {
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

    /// Waits for the next message, which has to be to this route, and returns its data: `peer.next::<u32>("count")`.
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

    /// Waits for the connection's end, and that it has this code: 1006 ([`CloseCode::ABNORMAL`]) when it ended without a word.
    /// Returns the code with the reason.
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

    /// Asserts that nothing has arrived and the connection is open when all tasks of the test's runtime wait for time to pass. What
    /// a [`Network`](crate::test::Network) delays is on its way and not there yet.
    ///
    /// # Panics
    /// When something has arrived, and where time is not paused, as it is unknown how long to wait then: use
    /// [`expect_nothing_for`](Self::expect_nothing_for).
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

    /// Asserts that for this long nothing arrives and the connection stays open. On paused time it takes no real time.
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
                // One that is closed already has said how.
                self.write(Frame::Close(close)).await;
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

    /// The names of the other side's routes, sorted.
    pub fn peer_routes(&self) -> Vec<String> {
        let session = self.session();
        let peer = session.peer();
        peer.map_or_else(Vec::new, |peer| {
            let names = peer.table.names().into_iter();
            names.map(ToOwned::to_owned).collect()
        })
    }

    pub(super) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    pub(super) fn check_served(&self, route: &str) {
        assert!(
            self.routes.iter().any(|served| served == route),
            "nothing can arrive for `{route}`, as this peer does not serve it: make it with \
             `.serves([\"{route}\"])`; it serves {:?}",
            self.routes
        );
    }

    /// The other side's id of a route.
    pub(super) fn route_id(&self, route: &str) -> Result<RouteId, Error> {
        let session = self.session();
        let table = session.peer().map(|peer| &peer.table);
        let id = table.and_then(|table| table.id(route));
        id.ok_or_else(|| {
            let nearest = table.map_or_else(Vec::new, |table| table.nearest(route));
            Error::not_sent(route, SendError::NoSuchRoute { nearest })
        })
    }

    /// A message to a route of the other side.
    fn outgoing<P, R: RouteTo<P, D>, D>(&self, route: &R, data: &D) -> Result<Bytes, Error> {
        self.message(self.route_id(route.name())?, route, data)
    }

    pub(super) fn message<P, R: RouteTo<P, D>, D>(
        &self,
        id: RouteId,
        route: &R,
        data: &D,
    ) -> Result<Bytes, Error> {
        let mut payload = Vec::new();
        let code = route
            .encode(data, self.dialect, &mut payload)
            .map_err(|source| Error::not_sent(route.name(), SendError::Encode(source)))?;
        let header = Header {
            code,
            kind: Kind::Message.code(),
            route: id,
        };
        Ok([&header.to_bytes()[..], &payload].concat().into())
    }

    async fn write(&mut self, frame: Frame) -> Written {
        match timeout(self.deadline, send(&self.outgoing, frame)).await {
            Ok(true) => Written::Done,
            Ok(false) => match timeout(self.deadline, self.end()).await {
                Ok(close) => Written::Closed(close),
                Err(_) => Written::TimedOut,
            },
            Err(_) => Written::TimedOut,
        }
    }

    /// What arrives next, unless nothing does in time.
    pub(super) async fn arrived(&mut self) -> Option<Incoming> {
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
    pub(super) fn what(&self, arrived: Option<&Incoming>) -> String {
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
}

/// What came of a frame.
enum Written {
    Done,
    Closed(Close),
    TimedOut,
}

/// Whether tokio's clock stands still: all others have gone on when the system's has.
fn is_paused() -> bool {
    let (before, begin) = (Instant::now(), std::time::Instant::now());
    while begin.elapsed().is_zero() {
        std::hint::spin_loop();
    }
    Instant::now() == before
}
