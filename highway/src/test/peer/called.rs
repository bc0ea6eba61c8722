//! Calls that a peer in a test makes and answers.

use std::{
    future::{Future, poll_fn},
    panic::Location,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    calls::{Calls, lock},
    data::{is_same, received, shown},
    handle::{Awaited, Peer},
    task::{Frame, Incoming, Outgoing, send},
};
use crate::{
    error::{CallError, Error, Failure, SendError},
    link::failures::{read_failure, write_failure},
    payload::{self, EncodeError, MAX_NESTING},
    proto::conversation::{End, Key, Refused},
    route::{Answers, Message, RouteTo},
    wire::{Close, DataType, Dialect, Header, Kind, NO_VALUE_CODE, RouteId},
};

impl Peer {
    /// Calls a route, by its name with any data, or a declared route with its own data, and waits for the reply: an error where a
    /// client's or server's [`call`](crate::Connection::call) has one, of which [`TimedOut`](CallError::TimedOut) says that none came
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
    /// assert!(refused.is_err_and(|error| error.failure().is_some()));
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
        let deadline = self.deadline;
        async move {
            let (reply, message) = message?;
            let message = match timeout(deadline, reply.to(message)).await {
                Ok(Ok(message)) => message,
                Ok(Err(error)) => return reads.declared_in(error),
                Err(_) => {
                    return Err(Error::call(name, CallError::TimedOut { after: deadline }));
                }
            };
            (reads.take)(&message)
                .map_err(|source| Error::call(name, CallError::ReplyNotConverted(source)))
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
                    key,
                }) if route == name && is_same(&message, &expected) => self.called(route, key),
                arrived => panic!(
                    "expected a call of `{name}` with {}, but {} (at {at})",
                    shown(&expected),
                    self.what(arrived.as_ref())
                ),
            }
        }
    }

    /// Waits for what arrives next, which has to be a call of this route, and returns its data, and the call to reply to:
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
                    key,
                }) if route == name => match message.decode() {
                    Ok(data) => (data, self.called(route, key)),
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

    fn called(&self, route: String, key: Key) -> Called {
        Called {
            route,
            key,
            calls: Arc::clone(&self.calls),
            outgoing: self.outgoing.clone(),
            deadline: self.deadline,
        }
    }

    /// A call of a route of the other side, and what waits for the reply.
    fn outgoing_call<P, R: RouteTo<P, D>, D>(
        &self,
        route: &R,
        data: &D,
    ) -> Result<(Reply, Bytes), Error> {
        if self.dialect != Dialect::Extended {
            return Err(Error::call(route.name(), CallError::Unsupported));
        }
        let to = self.route_id(route.name())?;
        let key = match lock(&self.calls).conversations.begin(Kind::Call) {
            Ok(key) => key,
            Err(Refused::Closed(close)) => return Err(Error::Closed(close)),
            Err(Refused::TooMany(limit)) => {
                return Err(Error::call(route.name(), CallError::TooMany { limit }));
            }
        };
        let reply = Reply {
            route: route.name().to_owned(),
            key,
            calls: Arc::clone(&self.calls),
            outgoing: self.outgoing.clone(),
            sent: false,
        };
        let message = part(Kind::Call, to, key.id, |payload| {
            route.encode(data, self.dialect, payload)
        });
        let message =
            message.map_err(|source| Error::not_sent(route.name(), SendError::Encode(source)))?;
        Ok((reply, message))
    }
}

/// A call that a peer received, from [`Peer::expect_call`](super::Peer::expect_call) or [`Peer::next_call`](super::Peer::next_call). Dropped, it is never replied to.
#[derive(Debug)]
#[must_use = "the caller waits for the reply"]
pub struct Called {
    route: String,
    key: Key,
    calls: Arc<Mutex<Calls>>,
    outgoing: mpsc::Sender<Outgoing>,
    deadline: Duration,
}

impl Called {
    /// Replies; done when the network has taken it. Whatever data: it need not be what the caller wants.
    ///
    /// # Panics
    /// When the extension can't carry the data, the connection is closed, or the network does not take it in time.
    #[track_caller]
    pub fn reply(self, data: impl Serialize) -> impl Future<Output = ()> + Send {
        let frame = part(Kind::Reply, RouteId::META, self.key.id, |payload| {
            payload::encode(Dialect::Extended, &data, payload)
        });
        self.answer(frame)
    }

    /// Fails, as a route that returns an error.
    ///
    /// # Panics
    /// As [`reply`](Self::reply).
    #[track_caller]
    pub fn fail(self, failure: impl Into<Failure>) -> impl Future<Output = ()> + Send {
        let failure = failure.into();
        let frame = part(Kind::Failure, RouteId::META, self.key.id, |payload| {
            write_failure(failure, payload)
        });
        self.answer(frame)
    }

    /// Waits until the caller cancels the call: it was dropped, or has timed out.
    ///
    /// # Panics
    /// When that does not happen in time, or the connection ends first.
    #[track_caller]
    pub fn expect_cancelled(self) -> impl Future<Output = ()> + Send {
        let at = Location::caller();
        async move {
            let instead = match timeout(self.deadline, self.cancelled()).await {
                Ok(None) => return,
                Ok(Some(close)) => format!("the connection closed with {close}"),
                Err(_) => format!("it was not within {:?}", self.deadline),
            };
            panic!(
                "expected that the call of `{}` is cancelled, but {instead} (at {at})",
                self.route
            )
        }
    }

    #[track_caller]
    fn answer(self, message: Result<Bytes, EncodeError>) -> impl Future<Output = ()> + Send {
        let at = Location::caller();
        let message = match message {
            Ok(message) => message,
            Err(error) => panic!("the call of `{}` can't be answered so: {error}", self.route),
        };
        async move {
            lock(&self.calls).finish(self.key);
            let sent = send(&self.outgoing, Frame::Message(message));
            let why = match timeout(self.deadline, sent).await {
                Ok(true) => return,
                Ok(false) => "the connection is closed".to_owned(),
                Err(_) => format!("it was not taken within {:?}", self.deadline),
            };
            panic!(
                "the call of `{}` can't be answered: {why} (at {at})",
                self.route
            )
        }
    }

    /// Resolves when the caller has cancelled the call, or to the close when the connection ended before that.
    async fn cancelled(&self) -> Option<Close> {
        poll_fn(|cx| lock(&self.calls).poll_cancelled(self.key, cx)).await
    }
}

/// A reply that is awaited. When this is dropped before it is there, the call is cancelled.
struct Reply {
    route: String,
    key: Key,
    calls: Arc<Mutex<Calls>>,
    outgoing: mpsc::Sender<Outgoing>,
    sent: bool,
}

impl Reply {
    /// Waits for the reply to this message.
    async fn to(mut self, message: Bytes) -> Result<Message, Error> {
        let (written, _) = oneshot::channel();
        let frame = Frame::Message(message);
        // Where it can't be sent, the connection is over, which the reply says.
        self.sent = self
            .outgoing
            .send(Outgoing { frame, written })
            .await
            .is_ok();
        let reply = poll_fn(|cx| lock(&self.calls).conversations.poll_reply(self.key, cx));
        let route = || self.route.clone();
        match reply.await {
            Ok(arrived) => {
                let data_type = arrived.part.data_type.unwrap_or(DataType::None);
                let message =
                    Message::new(Dialect::Extended, data_type, arrived.frame, MAX_NESTING);
                Ok(message.behind(arrived.part.start))
            }
            Err(End::Failed(frame)) => Err(read_failure(route(), frame, MAX_NESTING)),
            Err(End::Closed(close) | End::HungUp(close)) => Err(Error::Closed(close)),
            Err(End::Finished | End::Cancelled) => Err(Error::call(route(), CallError::Cancelled)),
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        let cancels = lock(&self.calls).conversations.drop_reader(self.key);
        if cancels.is_none() || !self.sent {
            return;
        }
        let cancel = part(Kind::Cancel, RouteId::META, self.key.id, |_| {
            Ok(NO_VALUE_CODE)
        });
        let Ok(cancel) = cancel else {
            return;
        };
        let (written, _) = oneshot::channel();
        let frame = Frame::Message(cancel);
        if let Err(mpsc::error::TrySendError::Full(cancel)) =
            self.outgoing.try_send(Outgoing { frame, written })
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let outgoing = self.outgoing.clone();
            runtime.spawn(async move { outgoing.send(cancel).await.is_ok() });
        }
    }
}

/// A message of a conversation; `value` appends what goes behind the id and returns its type code.
fn part(
    kind: Kind,
    route: RouteId,
    id: u32,
    value: impl FnOnce(&mut Vec<u8>) -> Result<u8, EncodeError>,
) -> Result<Bytes, EncodeError> {
    let mut payload = Vec::new();
    let code = value(&mut payload)?;
    let header = Header {
        code,
        kind: kind.code(),
        route,
    };
    let id = id.to_le_bytes();
    Ok([&header.to_bytes()[..], &id, &payload].concat().into())
}
