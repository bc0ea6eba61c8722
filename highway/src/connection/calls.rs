//! Calls and streams: what handles have of those that they began, and what goes back for those that the peer began.

use std::{
    any::Any,
    borrow::Cow,
    fmt,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::time::Sleep;

use super::{
    buffers,
    link::{Link, Shared},
    outbox::COPIED,
    outgoing::{control, make_room, put_header, put_together},
};
use crate::{
    conversation::{Arrived, Control, Conversations, End, Key, Refused},
    error::{Error, Result},
    payload::{self, DecodeError, EncodeError},
    route::{
        Answer, BoxItems, CallTo, Failure, Incoming, Items, Message, RouteError, Take,
        answer::{BoxSource, Encoded},
    },
    value::Value,
    wire::{DataType, Dialect, Header, Kind, RouteId, STREAM_CODE},
};

/// What [`Connection::call`](crate::Connection::call) gives back: the reply, once it is awaited.
///
/// The call is on its way as soon as it is made. Dropping this before the reply is there cancels the call: the peer is told,
/// and drops a route that takes its connection by value.
#[must_use = "dropping it cancels the call: `.await` it"]
pub struct Calling<T> {
    begun: Begun,
    timeout: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    take: Take<T>,
}

impl<T: DeserializeOwned + 'static> Calling<T> {
    /// A call that could not be made.
    pub(super) fn failed(error: Error) -> Self {
        Self {
            begun: Begun::Failed(Some(Box::new(error))),
            timeout: Duration::MAX,
            sleep: None,
            take: Message::take,
        }
    }

    pub(super) fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }
}

/// What [`Connection::stream`](crate::Connection::stream) gives back: the items' [`Incoming`], once it is awaited.
#[must_use = "dropping it ends the stream: `.await` it"]
pub struct Opening<T> {
    begun: Begun,
    take: Take<T>,
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
    /// The conversation, once its first message is in the outbox.
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<Result<&mut Handle>> {
        if let Self::Waiting(_, push) = self {
            let pushed = std::task::ready!(push.as_mut().poll(cx));
            let Self::Waiting(mut handle, _) = std::mem::replace(self, Self::Done) else {
                return Poll::Pending;
            };
            if let Err(error) = pushed {
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

impl<T> Calling<T> {
    /// The longest time that the reply may take, in place of [`Limits::call_timeout`](crate::Limits::call_timeout). It begins
    /// when this is first awaited.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl<T> Future for Calling<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        let this = &mut *self;
        if let Poll::Ready(sent) = this.begun.poll_sent(cx) {
            let handle = match sent {
                Ok(handle) => handle,
                Err(error) => return Poll::Ready(Err(error)),
            };
            if let Poll::Ready(reply) = handle.poll_reply(cx) {
                let reply = reply.and_then(|message| {
                    let reply = (this.take)(&message);
                    reply.map_err(|error| handle.not_converted(error))
                });
                this.begun = Begun::Done;
                return Poll::Ready(reply);
            }
        }
        let timeout = this.timeout;
        let sleep = this
            .sleep
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        if sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        let route = match &this.begun {
            Begun::Sent(handle) | Begun::Waiting(handle, _) => handle.name(),
            Begun::Failed(_) | Begun::Done => String::new(),
        };
        this.begun = Begun::Done;
        Poll::Ready(Err(Error::TimedOut {
            route,
            after: timeout,
        }))
    }
}

impl<T> Future for Opening<T> {
    type Output = Result<Incoming<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let sent = std::task::ready!(self.begun.poll_sent(cx)).map(|_| ());
        match (sent, std::mem::replace(&mut self.begun, Begun::Done)) {
            (Ok(()), Begun::Sent(handle)) => {
                Poll::Ready(Ok(Incoming::new(Box::new(handle), self.take)))
            }
            (Err(error), _) => Poll::Ready(Err(error)),
            (Ok(()), _) => Poll::Pending,
        }
    }
}

impl<T> fmt::Debug for Calling<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calling")
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Opening<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").finish_non_exhaustive()
    }
}

/// One end of a conversation: dropping it ends what comes from the peer.
struct Handle {
    link: Arc<Link>,
    key: Key,
    /// The peer's route, or `None` where it is the peer who began.
    route: Option<RouteId>,
    /// Credit is still to be granted.
    ungranted: bool,
    /// The peer has not heard of it, and needs no word of its end.
    unheard: bool,
}

impl Handle {
    fn name(&self) -> String {
        let peer = self.link.peer();
        let name = self
            .route
            .and_then(|route| peer.as_ref()?.table.name(route).map(ToOwned::to_owned));
        name.unwrap_or_else(|| "the data".to_owned())
    }

    fn message(&self, arrived: Arrived) -> Message {
        let data_type = arrived.part.data_type.unwrap_or(DataType::None);
        Message::new(
            Dialect::Extended,
            data_type,
            arrived.frame,
            self.link.nesting,
        )
        .behind(arrived.part.start)
    }

    fn poll_reply(&self, cx: &Context<'_>) -> Poll<Result<Message>> {
        let reply = self
            .link
            .conversations(|conversations| conversations.poll_reply(self.key, cx));
        match reply {
            None => Poll::Ready(Err(self.error(End::Cancelled))),
            Some(Poll::Pending) => Poll::Pending,
            Some(Poll::Ready(Ok(arrived))) => Poll::Ready(Ok(self.message(arrived))),
            Some(Poll::Ready(Err(end))) => Poll::Ready(Err(self.error(end))),
        }
    }

    /// Why nothing more came.
    fn error(&self, end: End) -> Error {
        let route = self.name();
        match end {
            End::Finished | End::Cancelled => Error::Cancelled { route },
            End::Closed(close) => Error::Closed(close),
            End::Failed(frame) => {
                let message =
                    Message::new(Dialect::Extended, DataType::Dict, frame, self.link.nesting)
                        .behind(Header::LEN + size_of::<u32>());
                match message.decode::<Told>() {
                    Ok(told) => told.error(route),
                    Err(error) => Error::RouteBroken {
                        route,
                        message: format!("the peer's failure can't be read: {error}"),
                    },
                }
            }
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let unheard = self.unheard;
        let mut shared = self.link.lock();
        let Some(conversations) = &mut shared.conversations else {
            return;
        };
        if let Some(told) = conversations.drop_reader(self.key)
            && !unheard
        {
            shared.tell(told, self.link.masked);
        }
    }
}

impl Items for Handle {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message>>> {
        let next = {
            let mut shared = self.link.lock();
            let Some(conversations) = &mut shared.conversations else {
                return Poll::Ready(None);
            };
            let granted = std::mem::take(&mut self.ungranted)
                .then(|| conversations.grant(self.key))
                .flatten();
            let (next, told) = conversations.poll_item(self.key, cx);
            for told in granted.into_iter().chain(told) {
                shared.tell(told, self.link.masked);
            }
            next
        };
        next.map(|next| match next {
            Ok(arrived) => Some(Ok(self.message(arrived))),
            Err(End::Finished) => None,
            Err(end) => Some(Err(self.error(end))),
        })
    }

    fn not_converted(&self, error: Box<DecodeError>) -> Error {
        Error::ReplyNotConverted {
            route: self.name(),
            source: *error,
        }
    }
}

/// A failure as it goes over the wire.
#[derive(Serialize, Deserialize)]
struct Told<'a> {
    error: Cow<'a, str>,
    message: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
}

/// Why a call or a stream of the peer can't be served, besides what the route itself says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unserved {
    /// As many streams are open as may be.
    Busy,
    /// The route gives a stream, and was called.
    GivesItems,
    /// The route gives a value, and was asked for a stream.
    GivesValue,
    /// The route takes a stream, and was given a value.
    TakesItems,
    /// The route takes a value, and was given a stream.
    TakesValue,
}

impl<'a> Told<'a> {
    fn new(error: &'a str, message: impl Into<Cow<'a, str>>) -> Self {
        Self {
            error: error.into(),
            message: message.into(),
            code: None,
            data: None,
        }
    }

    fn of_unserved(unserved: Unserved) -> Self {
        let (error, message) = match unserved {
            Unserved::Busy => ("busy", "too many streams are open"),
            Unserved::GivesItems => ("shape", "gives a stream: open it with `stream`"),
            Unserved::GivesValue => ("shape", "gives a value and no stream: call it with `call`"),
            Unserved::TakesItems => ("shape", "takes a stream as its data, not a value"),
            Unserved::TakesValue => ("shape", "takes a value as its data, not a stream"),
        };
        Self::new(error, message)
    }

    fn of_error(error: &'a RouteError) -> Self {
        match error {
            RouteError::Decode(error) => Self::new("convert", error.to_string()),
            RouteError::Failed(failure) => Self {
                error: "refused".into(),
                message: failure.message().into(),
                code: failure.code().map(Into::into),
                data: failure.data().cloned(),
            },
            // What it said is for this side's log.
            RouteError::Panicked(_) => Self::new("internal", "the route panicked"),
            RouteError::Reply(error) => {
                Self::new("internal", format!("what it gives can't be sent: {error}"))
            }
        }
    }

    fn error(self, route: String) -> Error {
        let message = self.message.into_owned();
        match &*self.error {
            "refused" => {
                let mut failure = Failure::new(message);
                if let Some(code) = self.code {
                    failure = failure.with_code(code);
                }
                if let Some(data) = self.data {
                    failure = failure.with_data(data);
                }
                Error::Refused { route, failure }
            }
            "convert" => Error::DataNotConverted { route, message },
            "shape" => Error::WrongShape { route, message },
            "busy" => Error::Busy { route },
            "cancelled" => Error::Cancelled { route },
            _ => Error::RouteBroken { route, message },
        }
    }

    /// The message with it.
    fn frame(&self, id: u32, masked: bool) -> Bytes {
        let mut frame = Vec::new();
        let encode = |frame: &mut Vec<u8>, told: &Self| {
            put_together(
                frame,
                Kind::Failure.code(),
                RouteId::META,
                masked,
                |payload| {
                    payload.extend_from_slice(&id.to_le_bytes());
                    payload::encode(Dialect::Extended, told, payload)
                },
            )
        };
        let start = encode(&mut frame, self).or_else(|error| {
            // Only the failure's data can't be sent: it is nested too deep.
            frame.clear();
            let message = format!("the failure's data can't be sent: {error}");
            encode(&mut frame, &Self::new("internal", message))
        });
        Bytes::from(frame).slice(start.unwrap_or_default()..)
    }
}

impl Shared {
    /// Puts something for the peer into the outbox, room or not: it is small, and follows upon what the peer did.
    fn tell(&mut self, told: Control, masked: bool) {
        self.outbox.push_owned(control(told, masked));
        self.wake();
    }
}

impl Link {
    /// Does something with the conversations, if there are such.
    pub(super) fn conversations<T>(&self, act: impl FnOnce(&mut Conversations) -> T) -> Option<T> {
        self.lock().conversations.as_deref_mut().map(act)
    }

    /// How many conversations are open.
    pub(super) fn open_conversations(&self) -> usize {
        self.conversations(|conversations| conversations.len())
            .unwrap_or(0)
    }

    /// Begins a call.
    pub(super) fn call<P, R: CallTo<P, D>, D, T: DeserializeOwned + 'static>(
        self: &Arc<Self>,
        route: &R,
        data: D,
    ) -> Calling<T> {
        Calling {
            begun: self.begin(Kind::Call, route, data),
            timeout: self.call_timeout,
            sleep: None,
            take: Message::take,
        }
    }

    /// Opens a stream.
    pub(super) fn stream<P, R: CallTo<P, D>, D, T: DeserializeOwned + 'static>(
        self: &Arc<Self>,
        route: &R,
        data: D,
    ) -> Opening<T> {
        Opening {
            begun: self.begin(Kind::Stream, route, data),
            take: Message::take,
        }
    }

    fn begin<P, R: CallTo<P, D>, D>(self: &Arc<Self>, kind: Kind, route: &R, data: D) -> Begun {
        let begun = self.try_begin(kind, route.name(), |dialect, payload| {
            route.encode(&data, dialect, payload)
        });
        if let Begun::Sent(handle) | Begun::Waiting(handle, _) = &begun
            && let Some(source) = R::items(data)
        {
            self.spawn(pump(Arc::clone(self), handle.key, source, true));
        }
        begun
    }

    /// Calls with data that is encoded already.
    pub(super) fn call_encoded<T: DeserializeOwned + 'static>(
        self: &Arc<Self>,
        route: &str,
        data: &Encoded,
    ) -> Calling<T> {
        let begun = self.try_begin(Kind::Call, route, |_, payload| {
            payload.extend_from_slice(&data.payload);
            Ok(data.code)
        });
        Calling {
            begun,
            timeout: self.call_timeout,
            sleep: None,
            take: Message::take,
        }
    }

    fn try_begin(
        self: &Arc<Self>,
        kind: Kind,
        name: &str,
        encode: impl Fn(Dialect, &mut Vec<u8>) -> Result<u8, EncodeError>,
    ) -> Begun {
        let mut frame = buffers::to_put_together();
        let begun = self.begin_in(&mut frame, kind, name, encode);
        buffers::is_put_together(frame);
        match begun {
            Ok((handle, None)) => Begun::Sent(handle),
            Ok((handle, Some(frame))) => {
                let link = Arc::clone(self);
                Begun::Waiting(handle, Box::pin(async move { link.push(frame).await }))
            }
            Err(error) => Begun::Failed(Some(error)),
        }
    }

    /// Begins a conversation with a message that is put together in `frame`; gives it back where there is no room for it.
    fn begin_in(
        self: &Arc<Self>,
        frame: &mut Vec<u8>,
        kind: Kind,
        name: &str,
        encode: impl Fn(Dialect, &mut Vec<u8>) -> Result<u8, EncodeError>,
    ) -> Result<(Handle, Option<Bytes>), Box<Error>> {
        let (dialect, route) = self.resolve(name)?;
        if dialect != Dialect::Extended {
            return Err(Box::new(Error::NoCalls {
                route: name.to_owned(),
            }));
        }
        let window = self.window();
        let (key, start) = loop {
            let id = self.next_conversation.fetch_add(2, Ordering::Relaxed);
            // Behind the highest of a server.
            if id == 0 {
                continue;
            }
            let mut items = false;
            frame.clear();
            let start = put_together(frame, kind.code(), route, self.masked, |payload| {
                payload.extend_from_slice(&id.to_le_bytes());
                if kind == Kind::Stream {
                    payload.extend_from_slice(&window.to_le_bytes());
                }
                let code = encode(dialect, payload)?;
                items = code == STREAM_CODE;
                Ok(code)
            });
            let start = start.map_err(|source| {
                Box::new(Error::Encode {
                    route: name.to_owned(),
                    source,
                })
            })?;
            let begun = self.conversations(|conversations| conversations.begin(kind, id, items));
            match begun.unwrap_or(Err(Refused::TooMany(0))) {
                Ok(key) => break (key, start),
                Err(Refused::InUse) => {}
                Err(Refused::TooMany(limit)) => {
                    return Err(Box::new(Error::TooManyCalls {
                        route: name.to_owned(),
                        limit,
                    }));
                }
                Err(Refused::Closed(close)) => return Err(Box::new(Error::Closed(close))),
            }
        };
        tracing::debug!(connection = %self.id, route = name, id = key.id, "calling");
        let mut handle = Handle {
            link: Arc::clone(self),
            key,
            route: Some(route),
            ungranted: false,
            unheard: true,
        };
        let frame = self.offer_frame(frame, start)?;
        handle.unheard = frame.is_some();
        Ok((handle, frame))
    }

    /// The credit that is granted at first.
    fn window(&self) -> u32 {
        self.conversations(|conversations| conversations.window())
            .unwrap_or(0)
    }

    /// Lets the task run something beside everything else.
    pub(super) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let mut shared = self.lock();
        if shared.closing.is_none() {
            shared.spawned.push(Box::pin(future));
            shared.wake();
        }
    }

    /// The items of a call or stream of the peer.
    pub(super) fn items(self: &Arc<Self>, key: Key) -> BoxItems {
        Box::new(Handle {
            link: Arc::clone(self),
            key,
            route: None,
            ungranted: true,
            unheard: false,
        })
    }

    /// The frame that answers a call or a stream of the peer; `None` when nobody waits any more, or when items follow.
    pub(super) fn answer(
        self: &Arc<Self>,
        key: Key,
        result: Result<Answer, RouteError>,
    ) -> Option<Bytes> {
        let encoded = match result {
            Ok(Answer::Items(source)) => {
                self.spawn(pump(Arc::clone(self), key, source, false));
                return None;
            }
            Ok(Answer::Reply(encoded)) => Ok(encoded),
            Ok(Answer::Nothing) => {
                Err(Told::new("cancelled", "the route gave no answer").frame(key.id, self.masked))
            }
            Err(error) => Err(Told::of_error(&error).frame(key.id, self.masked)),
        };
        if !self.finish_conversation(key) {
            return None;
        }
        Some(match encoded {
            Ok(Encoded { code, payload }) => {
                let mut frame = Vec::with_capacity(payload.len() + 32);
                make_room(&mut frame);
                frame.extend_from_slice(&key.id.to_le_bytes());
                frame.extend_from_slice(&payload);
                let header = Header {
                    code,
                    kind: Kind::Reply.code(),
                    route: RouteId::META,
                };
                let start = put_header(&mut frame, header, self.masked);
                Bytes::from(frame).slice(start..)
            }
            Err(failure) => failure,
        })
    }

    /// The frame that says that a conversation of the peer can't be served.
    pub(super) fn refuse(&self, id: u32, unserved: Unserved) -> Bytes {
        Told::of_unserved(unserved).frame(id, self.masked)
    }

    /// Whether a conversation of the peer was still open; it is over now.
    pub(super) fn finish_conversation(&self, key: Key) -> bool {
        self.conversations(|conversations| conversations.finish(key))
            .unwrap_or(false)
    }

    /// Whether a conversation of the peer is still open.
    pub(super) fn is_conversation_open(&self, key: Key) -> bool {
        self.conversations(|conversations| conversations.is_open(key))
            .unwrap_or(false)
    }

    /// Puts a frame into the outbox, or gives it back when there is no room. Where the connection takes no more it is dropped.
    pub(super) fn offer_owned(&self, frame: Bytes) -> Option<Bytes> {
        let mut shared = self.lock();
        if shared.closing.is_some() {
            return None;
        }
        if !shared.outbox.has_room(frame.len(), self.outbox_limit) {
            return Some(frame);
        }
        shared.outbox.push_owned(frame);
        shared.wake();
        None
    }

    /// Puts an item into the outbox, whose credit it takes; gives it back when there is no room.
    ///
    /// # Errors
    /// When no more items are wanted.
    fn offer_item(
        &self,
        key: Key,
        frame: &mut Vec<u8>,
        start: usize,
        message: usize,
    ) -> Result<Option<Bytes>, ()> {
        let mut shared = self.lock();
        let spent = match &mut shared.conversations {
            Some(conversations) => conversations.spend(key, message),
            None => false,
        };
        if !spent {
            return Err(());
        }
        let len = frame.len() - start;
        let room = shared.outbox.has_room(len, self.outbox_limit);
        if room && len <= COPIED {
            shared.outbox.push(frame.get(start..).unwrap_or_default());
            shared.wake();
            return Ok(None);
        }
        let owned = Bytes::from(std::mem::take(frame)).slice(start..);
        if room {
            shared.outbox.push_owned(owned);
            shared.wake();
            return Ok(None);
        }
        Ok(Some(owned))
    }
}

/// Polls what is somebody's code.
fn poll_source(
    source: &mut BoxSource,
    cx: &mut Context<'_>,
    out: &mut Vec<u8>,
) -> Poll<Option<Result<u8, RouteError>>> {
    let poll = AssertUnwindSafe(|| source.poll_next(cx, Dialect::Extended, out));
    catch_unwind(poll).unwrap_or_else(|panic| Poll::Ready(Some(Err(panicked(&*panic)))))
}

/// What a panic says.
#[cold]
pub(super) fn panicked(panic: &(dyn Any + Send)) -> RouteError {
    let text = if let Some(text) = panic.downcast_ref::<&str>() {
        text
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text
    } else {
        "no text"
    };
    RouteError::Panicked(Failure::new(text))
}

/// Sends the items of a stream as the peer has credit for them and the outbox room; `ours` are those of a call or stream that
/// this side began.
async fn pump(link: Arc<Link>, key: Key, mut source: BoxSource, ours: bool) {
    let mut frame = Vec::new();
    let end = loop {
        let credit = poll_fn(|cx| {
            let credit = link.conversations(|conversations| conversations.poll_credit(key, cx));
            credit.unwrap_or(Poll::Ready(Err(crate::conversation::Over)))
        });
        if credit.await.is_err() {
            return;
        }
        frame.clear();
        make_room(&mut frame);
        frame.extend_from_slice(&key.id.to_le_bytes());
        let next = poll_fn(|cx| {
            let wanted = link.conversations(|conversations| conversations.wants_items(key, cx));
            if wanted != Some(true) {
                return Poll::Ready(Err(()));
            }
            poll_source(&mut source, cx, &mut frame).map(Ok)
        });
        let code = match next.await {
            Err(()) => return,
            Ok(Some(Ok(code))) => code,
            Ok(Some(Err(error))) => break Some(error),
            Ok(None) => break None,
        };
        let header = Header {
            code,
            kind: Kind::Item.code(),
            route: RouteId::META,
        };
        let message = frame.len() - super::frame::MAX_HEAD;
        let start = put_header(&mut frame, header, link.masked);
        match link.offer_item(key, &mut frame, start, message) {
            Err(()) => return,
            Ok(None) => {}
            Ok(Some(frame)) => {
                if link.push(frame).await.is_err() {
                    return;
                }
            }
        }
    };
    drop(source);
    let told = link.conversations(|conversations| {
        if ours {
            conversations.end_items(key)
        } else {
            conversations.finish(key)
        }
    });
    if told != Some(true) {
        return;
    }
    let frame = match &end {
        None => control(Control::End(key.id), link.masked),
        Some(error) => {
            tracing::debug!(connection = %link.id, id = key.id, ?error, "a stream failed");
            Told::of_error(error).frame(key.id, link.masked)
        }
    };
    // Where the connection is gone nobody waits for it.
    let _ = link.push(frame).await;
}
