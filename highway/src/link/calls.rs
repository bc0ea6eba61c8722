//! Calls and streams: what handles have of those that they began.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use tracing::Span;

use super::{
    Found, Link,
    answers::pump,
    counted::{Unsent, outcome_of},
    far::Far,
    handle::{Called, Handle, Own},
};
use crate::{
    deadline::Patience,
    error::{CallError, Error, Result, SendError},
    metrics::{CountedAs, Outcome, Slot},
    payload::EncodeError,
    proto::conversation::{Conversations, Key, Received, Refused},
    route::{Answers, BoxItems, CallTo, Incoming, Items, Reads, Streams, answer::Encoded},
    runtime,
    trace::{self, log},
    transport::{ROOM, buffers},
    wire::{Close, Dialect, Kind, Part, RouteId, STREAM_CODE, TRACED},
};

/// What [`Connection::call`](crate::Connection::call) returns: the reply, once it is awaited.
///
/// The call is on its way as soon as it is made. Dropping this before the reply is there cancels the call: the peer is told,
/// and drops a route that takes its connection by value.
#[must_use = "dropping it cancels the call: `.await` it"]
pub struct CallFuture<T> {
    begun: Begun,
    patience: Patience,
    reads: Reads<T>,
}

impl<T> CallFuture<T> {
    fn new(begun: Begun, timeout: Duration, reads: Reads<T>) -> Self {
        Self {
            begun,
            patience: Patience::new(timeout),
            reads,
        }
    }

    /// A call that could not be made.
    pub(crate) fn failed(error: Error, reads: Reads<T>) -> Self {
        Self::new(Begun::Failed(Some(Box::new(error))), Duration::MAX, reads)
    }
}

/// What [`Connection::stream`](crate::Connection::stream) returns: the items' [`Incoming`], once it is awaited.
#[must_use = "dropping it ends the stream: `.await` it"]
pub struct StreamFuture<T> {
    begun: Begun,
    patience: Patience,
    reads: Reads<T>,
}

enum Begun {
    /// The error until it is taken.
    Failed(Option<Box<Error>>),
    /// The message is in the outbox.
    Sent(Handle),
    /// It waits for room there.
    Waiting(Handle, Pin<Box<dyn Future<Output = Result> + Send>>),
    Done,
}

impl Begun {
    /// What could not be begun, as an error of somebody who knows more.
    fn or(self, error: impl FnOnce(Error) -> Error) -> Self {
        match self {
            Self::Failed(Some(failed)) => Self::Failed(Some(Box::new(error(*failed)))),
            begun => begun,
        }
    }

    /// Ends it when its time is up; with the error.
    fn poll_over(&mut self, patience: &mut Patience, cx: &mut Context<'_>) -> Poll<Error> {
        if !patience.has_begun()
            && let Err(error) = runtime::entered()
        {
            *self = Self::Done;
            return Poll::Ready(error);
        }
        let after = ready!(patience.poll_over(cx));
        if let Self::Sent(handle) | Self::Waiting(handle, _) = self {
            handle.set_outcome(Outcome::TimedOut);
        }
        match std::mem::replace(self, Self::Done) {
            Self::Sent(handle) => {
                Poll::Ready(Error::call(handle.name(), CallError::TimedOut { after }))
            }
            Self::Waiting(handle, _) => Poll::Ready(Error::not_sent(
                handle.name(),
                SendError::TimedOut { after },
            )),
            // The error was taken, or the reply.
            Self::Failed(_) | Self::Done => Poll::Pending,
        }
    }

    /// The conversation, once its first message is in the outbox.
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<Result<&mut Handle>> {
        if let Self::Waiting(_, push) = self {
            let pushed = ready!(push.as_mut().poll(cx));
            let Self::Waiting(mut handle, _) = std::mem::replace(self, Self::Done) else {
                return Poll::Pending;
            };
            if let Err(error) = pushed {
                handle.set_outcome(outcome_of(&error));
                return Poll::Ready(Err(error));
            }
            handle.unheard = false;
            *self = Self::Sent(handle);
        }
        match self {
            Self::Sent(handle) => Poll::Ready(Ok(handle)),
            Self::Failed(error) => error
                .take()
                .map_or(Poll::Pending, |error| Poll::Ready(Err(*error))),
            Self::Waiting(..) | Self::Done => Poll::Pending,
        }
    }
}

impl<T> CallFuture<T> {
    /// The error, if it could not be made, as one of somebody who knows more.
    pub(crate) fn or(mut self, error: impl FnOnce(Error) -> Error) -> Self {
        self.begun = self.begun.or(error);
        self
    }

    pub(crate) fn set_timeout(&mut self, timeout: Duration) {
        self.patience.set(timeout);
    }

    /// The longest time that the reply may take, in place of [`Limits::call_timeout`](crate::Limits::call_timeout). It begins
    /// when this is first awaited. [`Duration::MAX`] is no limit; with [`Duration::ZERO`] only a reply that is there already counts.
    /// When it is up the error is [`CallError::TimedOut`], or [`SendError::TimedOut`] where the outbox had no room for the call.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.set_timeout(timeout);
        self
    }
}

impl<T> Future for CallFuture<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let this = &mut *self;
        if let Poll::Ready(sent) = this.begun.poll_sent(cx) {
            let handle = match sent {
                Ok(handle) => handle,
                Err(error) => return Poll::Ready(Err(error)),
            };
            if let Poll::Ready(reply) = handle.poll_reply(cx) {
                let reply = match reply {
                    Ok(message) => {
                        (this.reads.take)(&message).map_err(|error| handle.not_converted(error))
                    }
                    Err(error) => this.reads.declared_in(error),
                };
                handle.set_outcome(reply.as_ref().err().map_or(Outcome::Done, outcome_of));
                this.begun = Begun::Done;
                return Poll::Ready(reply);
            }
        }
        Poll::Ready(Err(ready!(this.begun.poll_over(&mut this.patience, cx))))
    }
}

impl<T> StreamFuture<T> {
    /// As with a call.
    pub(crate) fn or(mut self, error: impl FnOnce(Error) -> Error) -> Self {
        self.begun = self.begun.or(error);
        self
    }

    /// The longest time that the outbox may have no room for the request; without a limit otherwise. It begins when this is first
    /// awaited, and when it is up the error is [`SendError::TimedOut`]. The items have no time of their own.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.patience.set(timeout);
        self
    }
}

impl<T> Future for StreamFuture<T> {
    type Output = Result<Incoming<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Poll::Ready(sent) = this.begun.poll_sent(cx).map_ok(|_| ()) else {
            if this.patience.is_endless() {
                return Poll::Pending;
            }
            return Poll::Ready(Err(ready!(this.begun.poll_over(&mut this.patience, cx))));
        };
        match (sent, std::mem::replace(&mut self.begun, Begun::Done)) {
            (Ok(()), Begun::Sent(handle)) => {
                Poll::Ready(Ok(Incoming::new(Box::new(handle), self.reads)))
            }
            (Err(error), _) => Poll::Ready(Err(error)),
            (Ok(()), _) => Poll::Pending,
        }
    }
}

impl<T> fmt::Debug for CallFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFuture")
            .field("timeout", &self.patience.time())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for StreamFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamFuture").finish_non_exhaustive()
    }
}

impl Link {
    /// Does something with the conversations, if there are such.
    pub(super) fn conversations<T>(
        &self,
        act: impl FnOnce(&mut Conversations<Far>) -> T,
    ) -> Option<T> {
        let mut state = self.lock("look at the conversations");
        state.conversations.as_deref_mut().map(act)
    }

    /// Takes a message of a conversation. `None` when the connection has no conversations.
    ///
    /// # Errors
    /// The connection has to be closed as the error says.
    pub(crate) fn receive(
        &self,
        part: Part,
        frame: &Bytes,
    ) -> Option<Result<Received<Far>, Close>> {
        self.conversations(|conversations| conversations.receive(part, frame))
    }

    /// Whether the peer has still to answer a call.
    pub(crate) fn awaits_reply(&self) -> bool {
        self.conversations(|conversations| conversations.awaits_reply())
            .unwrap_or(false)
    }

    /// Whether somebody still waits for what a conversation of the peer comes to; wakes the task when that changes.
    pub(crate) fn is_wanted(&self, key: Key, cx: &Context<'_>) -> bool {
        self.conversations(|conversations| conversations.is_wanted(key, cx))
            .unwrap_or(false)
    }

    /// How many calls, streams and pipes are open, those that go through here not counted.
    pub(crate) fn open_calls(&self) -> usize {
        self.conversations(|conversations| conversations.len() - conversations.relayed())
            .unwrap_or(0)
    }

    /// Begins a call.
    pub(crate) fn call<P, R: CallTo<P, D> + Answers<T>, D, T>(
        self: &Arc<Self>,
        route: &R,
        data: D,
    ) -> CallFuture<T> {
        let begun = self.begin(Kind::Call, route, data);
        CallFuture::new(begun, self.limits.call_timeout, R::reads())
    }

    /// Opens a stream.
    pub(crate) fn stream<P, R: CallTo<P, D> + Streams<T>, D, T>(
        self: &Arc<Self>,
        route: &R,
        data: D,
    ) -> StreamFuture<T> {
        StreamFuture {
            begun: self.begin(Kind::Stream, route, data),
            patience: Patience::new(Duration::MAX),
            reads: R::reads(),
        }
    }

    fn begin<P, R: CallTo<P, D>, D>(self: &Arc<Self>, kind: Kind, route: &R, data: D) -> Begun {
        let begun = self.try_begin(kind, route.name(), |dialect, payload| {
            route.encode(&data, dialect, payload)
        });
        if let Begun::Sent(handle) | Begun::Waiting(handle, _) = &begun
            && let Some(source) = R::items(data)
        {
            let items = pump(Arc::clone(self), handle.key, handle.slot, source, None);
            self.spawn(items);
        }
        begun
    }

    /// Calls with data that is encoded already.
    pub(crate) fn call_encoded<T>(
        self: &Arc<Self>,
        route: &str,
        data: &Encoded,
        reads: Reads<T>,
    ) -> CallFuture<T> {
        let begun = self.try_begin(Kind::Call, route, |_, payload| {
            payload.extend_from_slice(&data.payload);
            Ok(data.code)
        });
        CallFuture::new(begun, self.limits.call_timeout, reads)
    }

    fn try_begin(
        self: &Arc<Self>,
        kind: Kind,
        name: &str,
        encode: impl FnOnce(Dialect, &mut Vec<u8>) -> Result<u8, EncodeError>,
    ) -> Begun {
        // Where a traceparent goes along, it is that of the call's span.
        let mut span = None;
        let begun = self.resolve(name).and_then(|found| {
            let Found { dialect, id, slot } = found;
            if dialect != Dialect::Extended {
                return Err(Box::new(Error::call(name, CallError::Unsupported)));
            }
            let begun = self.begin_with(kind, id, Some(slot), |key, payload| {
                let is_traced = self.is_traced()
                    && self.put_traceparent(span.insert(self.call_span(key, name)), payload);
                let code = encode(dialect, payload)?;
                Ok(if is_traced { code | TRACED } else { code })
            });
            let begun = begun.map_err(|unbegun| match unbegun {
                Unbegun::TooMany(limit) => Error::call(name, CallError::TooMany { limit }),
                Unbegun::Encode(source) => Error::not_sent(name, SendError::Encode(source)),
                Unbegun::Closed(close) => Error::Closed(close),
            })?;
            Ok((found, begun))
        });
        match begun {
            Ok((found, (key, unsent))) => {
                log!(debug, self.id, route = name, id = key.id, "calling");
                let span = span.unwrap_or_else(|| self.call_span(key, name));
                let handle = Handle {
                    link: Arc::clone(self),
                    key,
                    route: Called::Peer(found.id),
                    slot: found.slot,
                    own: Some(Own::begin(self, kind, span)),
                    ungranted: false,
                    unheard: unsent.is_some(),
                };
                match unsent {
                    None => Begun::Sent(handle),
                    Some(unsent) => {
                        let link = Arc::clone(self);
                        let push = async move { link.push_unsent(unsent).await };
                        Begun::Waiting(handle, Box::pin(push))
                    }
                }
            }
            Err(error) => Begun::Failed(Some(error)),
        }
    }

    /// The span of a call or stream of this side.
    fn call_span(&self, key: Key, route: &str) -> Span {
        trace::call(trace::End::Caller, self.id, key.id, route)
    }

    /// Puts the traceparent of a call or stream behind its fields. Returns whether there is one.
    #[cold]
    fn put_traceparent(&self, span: &Span, payload: &mut Vec<u8>) -> bool {
        let traceparent = self.propagation.inject(span);
        if let Some(traceparent) = &traceparent {
            traceparent.put(payload);
        }
        traceparent.is_some()
    }

    /// Begins a conversation, whose data `encode` writes; gives back what there is no room for.
    pub(crate) fn begin_with<E>(
        &self,
        kind: Kind,
        route: RouteId,
        slot: Option<Slot>,
        encode: impl FnOnce(Key, &mut Vec<u8>) -> Result<u8, E>,
    ) -> Result<(Key, Option<Unsent>), Unbegun<E>> {
        let (key, window) = {
            let mut state = self.lock("begin a conversation");
            let begun = match &mut state.conversations {
                Some(conversations) => conversations.begin(kind),
                None => Err(Refused::TooMany(0)),
            };
            match begun {
                Ok(key) => (key, self.limits.granted_window()),
                Err(Refused::TooMany(limit)) => return Err(Unbegun::TooMany(limit)),
                Err(Refused::Closed(close)) => return Err(Unbegun::Closed(close)),
            }
        };
        // What the user's code does may not leave it open.
        let unheard = Unheard(self, Some(key));
        let mut frame = buffers::to_put_together();
        let mut items = false;
        let start = self
            .framing
            .put_together(&mut frame, kind, route, |payload| {
                kind.put_fields(payload, key.id, window);
                let code = encode(key, payload)?;
                items = code & !TRACED == STREAM_CODE;
                Ok(code)
            });
        let put = match start {
            Ok(start) => {
                let mut state = self.lock("send what begins a conversation");
                if let Some(close) = state.stage.closing() {
                    Err(Unbegun::Closed(close.clone()))
                } else {
                    if items && let Some(conversations) = &mut state.conversations {
                        conversations.sends_items(key);
                    }
                    let bytes = frame.len() - ROOM;
                    let counted = slot.map(|route| CountedAs { route, bytes });
                    if let Some(counted) = counted {
                        self.show_put(&state, counted, &frame, start);
                    }
                    let unsent = state.put(&mut frame, start, self.limits.outbox_bytes);
                    if let (None, Some(counted)) = (&unsent, counted) {
                        self.count_put(&mut state, counted);
                    }
                    Ok(unsent.map(|frame| Unsent { frame, counted }))
                }
            }
            Err(source) => Err(Unbegun::Encode(source)),
        };
        buffers::is_put_together(frame);
        let unsent = put?;
        unheard.disarm();
        Ok((key, unsent))
    }

    /// The items of a call or stream of the peer, which are the data of this route.
    pub(crate) fn items(self: &Arc<Self>, key: Key, route: &'static str, slot: Slot) -> BoxItems {
        Box::new(Handle {
            link: Arc::clone(self),
            key,
            route: Called::Own(route),
            slot,
            own: None,
            ungranted: true,
            unheard: false,
        })
    }
}

/// Why a conversation was not begun.
#[derive(Debug)]
pub(crate) enum Unbegun<E> {
    /// As many are open as may be.
    TooMany(usize),
    /// The connection is closed or about to be.
    Closed(Close),
    /// Its data can't be encoded.
    Encode(E),
}

/// A conversation of this side of which the peer has not heard; dropped, it is none.
struct Unheard<'a>(&'a Link, Option<Key>);

impl Unheard<'_> {
    fn disarm(mut self) {
        self.1 = None;
    }
}

impl Drop for Unheard<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.1 {
            self.0
                .conversations(|conversations| conversations.forget(key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        link::testing::{extended, fill, write_all},
        proto::{
            Role,
            handshake::{PeerTable, TableLimits},
            session::Peer,
        },
    };

    /// A call of `add` that may take a second, of a client with a full outbox.
    fn waiting() -> (Arc<Link>, CallFuture<i64>) {
        let link = extended(Role::Client);
        let table = PeerTable::parse(
            Dialect::Extended,
            br#"{"0":"meta","1":"add"}"#,
            TableLimits::default(),
        );
        link.set_peer(Peer {
            dialect: Dialect::Extended,
            table: Arc::new(table.expect("it is a table")),
        });
        fill(&link);
        let data = Encoded {
            code: 1,
            payload: b"5".to_vec(),
        };
        let calling = link.call_encoded("add", &data, Reads::VALUE);
        (link, calling.timeout(Duration::from_secs(1)))
    }

    #[tokio::test(start_paused = true)]
    async fn call_that_times_out_says_whether_it_was_sent() {
        for is_sent in [false, true] {
            let (link, mut calling) = waiting();
            if is_sent {
                let cx = &mut Context::from_waker(std::task::Waker::noop());
                assert!(Pin::new(&mut calling).poll(cx).is_pending());
                write_all(&link);
            }
            let late = (&mut calling).await;
            let as_expected = match &late {
                Err(Error::Call { route, source }) => {
                    is_sent && route == "add" && matches!(source, CallError::TimedOut { .. })
                }
                Err(Error::NotSent { route, source }) => {
                    !is_sent && route == "add" && matches!(source, SendError::TimedOut { .. })
                }
                _ => false,
            };
            assert!(as_expected, "{is_sent}: {late:?}");
            assert_eq!(link.open_calls(), 0);
            let again = tokio::time::timeout(Duration::from_secs(60), calling).await;
            assert!(again.is_err(), "{again:?}");
        }
    }
}
