//! What goes back for calls and streams: replies, failures, items.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;

use super::{
    Link,
    counted::{ServedCall, ServedStream, outcome_of_route},
    failures::{Unserved, WireFailure},
    far::Far,
    outgoing::make_room,
};
use crate::{
    metrics::{CountedAs, Outcome, Slot},
    panics::catch,
    proto::conversation::{Control, Conversations, Key, Over},
    route::{
        Answer, RouteError,
        answer::{BoxSource, Encoded, Given},
    },
    trace::log,
    transport::{ROOM, buffers},
    wire::{Dialect, FailureWord, Kind, RouteId},
};

impl Link {
    /// Puts what answers a call or a stream of the peer into the outbox; gives it back when there is no room. Nothing goes when
    /// nobody waits any more; items follow by and by.
    pub(crate) fn answer(
        self: &Arc<Self>,
        call: &ServedCall,
        result: Result<Answer, RouteError>,
    ) -> Option<Bytes> {
        let key = call.key;
        let mut frame = buffers::to_put_together();
        let start = match result.map(Answer::into_given) {
            Ok(Some(Given::Items(source))) => {
                buffers::is_put_together(frame);
                let stream = ServedStream::new(self, *call);
                let items = pump(Arc::clone(self), key, call.route, source, Some(stream));
                self.spawn(items);
                return None;
            }
            Ok(Some(Given::Reply(Encoded { code, payload }))) => {
                make_room(&mut frame);
                Kind::Reply.put_fields(&mut frame, key.id, 0);
                frame.extend_from_slice(&payload);
                self.framing
                    .put_header(&mut frame, Kind::Reply, code, RouteId::META)
            }
            Ok(None) => {
                let told = WireFailure::new(FailureWord::Cancelled, "the route gave no answer");
                told.put_together(&mut frame, key.id, self.framing)
            }
            Err(error) => {
                WireFailure::of_error(&error).put_together(&mut frame, key.id, self.framing)
            }
        };
        let unsent = {
            let mut state = self.lock("answer");
            let wanted = match &mut state.conversations {
                Some(conversations) => conversations.finish(key),
                None => false,
            };
            if wanted && !state.stage.is_closing() {
                let counted = CountedAs {
                    route: call.route,
                    bytes: frame.len() - ROOM,
                };
                self.show_sent(counted, frame.get(start..).unwrap_or_default());
                self.count_put(&mut state, counted);
                state.put(&mut frame, start, self.limits.outbox_bytes)
            } else {
                None
            }
        };
        buffers::is_put_together(frame);
        unsent
    }

    /// The frame that says that a conversation of the peer can't be served.
    pub(crate) fn refuse(&self, id: u32, unserved: Unserved) -> Bytes {
        WireFailure::of_unserved(unserved).frame(id, self.framing)
    }

    /// Whether a conversation of the peer was still open; it is over now.
    pub(crate) fn finish_conversation(&self, key: Key) -> bool {
        self.conversations(|conversations| conversations.finish(key))
            .unwrap_or(false)
    }

    /// Whether a conversation of the peer is still open.
    pub(crate) fn is_conversation_open(&self, key: Key) -> bool {
        self.conversations(|conversations| conversations.is_open(key))
            .unwrap_or(false)
    }

    /// Puts an item or a piece into the outbox, whose credit it takes; gives it back when there is no room.
    ///
    /// # Errors
    /// When no more are wanted.
    pub(crate) fn offer_item(
        &self,
        key: Key,
        frame: &mut Vec<u8>,
        start: usize,
        message: usize,
        route: Option<Slot>,
    ) -> Result<Option<Bytes>, Over> {
        let mut state = self.lock("send an item");
        let spent = match &mut state.conversations {
            Some(conversations) => conversations.spend(key, message),
            None => false,
        };
        if !spent {
            return Err(Over);
        }
        if let Some(route) = route {
            let bytes = message;
            let counted = CountedAs { route, bytes };
            self.show_sent(counted, frame.get(start..).unwrap_or_default());
            self.count_put(&mut state, counted);
        }
        Ok(state.put(frame, start, self.limits.outbox_bytes))
    }
}

impl Link {
    /// Puts a sealed message of items into the outbox once there is room, if `then` says so.
    ///
    /// # Errors
    /// When no more are wanted, as soon as that is so.
    async fn push_item(
        &self,
        key: Key,
        frame: Bytes,
        then: impl FnOnce(&mut Conversations<Far>) -> bool,
    ) -> Result<(), Over> {
        let wanted = |conversations: &mut Conversations<Far>, cx: &Context<'_>| {
            conversations.wants_items(key, cx)
        };
        self.push_while(frame, wanted, then).await
    }

    /// Puts a sealed message into the outbox once there is room, if `then` says so.
    ///
    /// # Errors
    /// When it is not `wanted` any more, as soon as that is so.
    pub(super) async fn push_while(
        &self,
        frame: Bytes,
        wanted: impl Fn(&mut Conversations<Far>, &Context<'_>) -> bool,
        then: impl FnOnce(&mut Conversations<Far>) -> bool,
    ) -> Result<(), Over> {
        let mut room = pin!(self.room.notified());
        let (mut frame, mut then) = (Some(frame), Some(then));
        poll_fn(|cx| {
            loop {
                {
                    let mut state = self.lock("send for a conversation once there is room");
                    let len = frame.as_ref().map_or(0, Bytes::len);
                    let has_room = state.outbox.has_room(len, self.limits.outbox_bytes);
                    let Some(conversations) = &mut state.conversations else {
                        return Poll::Ready(Err(Over));
                    };
                    if !wanted(conversations, cx) {
                        return Poll::Ready(Err(Over));
                    }
                    if has_room {
                        let sends = then.take().is_some_and(|then| then(conversations));
                        if let Some(frame) = frame.take().filter(|_| sends) {
                            state.push(frame);
                        }
                        return Poll::Ready(Ok(()));
                    }
                }
                ready!(room.as_mut().poll(cx));
                room.set(self.room.notified());
            }
        })
        .await
    }
}

/// Polls what is somebody's code.
fn poll_source(
    source: &mut BoxSource,
    cx: &mut Context<'_>,
    out: &mut Vec<u8>,
) -> Poll<Option<Result<u8, RouteError>>> {
    let poll = catch(|| source.poll_next(cx, Dialect::Extended, out));
    poll.unwrap_or_else(|panic| Poll::Ready(Some(Err(panic.into()))))
}

/// Sends the items of a stream as the peer has credit for them and the outbox room: of one that this side serves, or those of a call
/// or stream that this side began.
pub(crate) async fn pump(
    link: Arc<Link>,
    key: Key,
    route: Slot,
    mut source: BoxSource,
    mut served: Option<ServedStream>,
) {
    let mut frame = Vec::new();
    let end = loop {
        let credit = poll_fn(|cx| {
            let credit = link.conversations(|conversations| conversations.poll_credit(key, cx));
            credit.unwrap_or(Poll::Ready(Err(Over)))
        });
        if credit.await.is_err() {
            return;
        }
        frame.clear();
        make_room(&mut frame);
        Kind::Item.put_fields(&mut frame, key.id, 0);
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
        let message = frame.len() - ROOM;
        let framing = link.framing;
        let start = framing.put_header(&mut frame, Kind::Item, code, RouteId::META);
        match link.offer_item(key, &mut frame, start, message, Some(route)) {
            Err(Over) => return,
            Ok(None) => {}
            Ok(Some(frame)) => {
                if link.push_item(key, frame, |_| true).await.is_err() {
                    return;
                }
            }
        }
    };
    drop(source);
    let frame = match &end {
        None => link.framing.control(Control::End(key.id)),
        Some(error) => {
            log!(debug, link.id, id = key.id, ?error, "a stream failed");
            WireFailure::of_error(error).frame(key.id, link.framing)
        }
    };
    let ours = served.is_none();
    // The conversation keeps its place until there is room: it is by places that what waits is bounded. Where it is over before,
    // no end is needed.
    let ends = |conversations: &mut Conversations<Far>| {
        if ours {
            conversations.end_items(key)
        } else {
            conversations.finish(key)
        }
    };
    let ended = link.push_item(key, frame, ends).await;
    if let Some(served) = &mut served
        && ended.is_ok()
    {
        served.set_outcome(end.as_ref().map_or(Outcome::Done, outcome_of_route));
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use futures_util::stream;

    use super::*;
    use crate::{
        link::{
            Spawned,
            testing::{extended, fill, receive, sent, write_all},
        },
        proto::{Role, conversation::Received},
        route::answer,
    };

    /// The client's stream with the id 1, which grants 1,000 bytes; and the end of it.
    const STREAM: &[u8] = b"\x01\x05\x01\0\x01\0\0\0\xe8\x03\0\x000";
    const CANCEL: &[u8] = b"\x08\x04\0\0\x01\0\0\0";

    fn poll(pumping: &mut Spawned) -> Poll<()> {
        let cx = &mut Context::from_waker(Waker::noop());
        pumping.as_mut().poll(cx)
    }

    /// A server with a full outbox that has so many items for a stream of the client; with what sends them.
    fn pumping(items: u32) -> (Arc<Link>, Spawned) {
        let link = extended(Role::Server);
        let (_, _, received) = receive(&link, STREAM);
        let Received::Opened(key) = received else {
            panic!("{received:?}");
        };
        fill(&link);
        let items = answer::values(stream::iter(0..items));
        let call = ServedCall {
            key,
            route: Slot::OTHER,
            began: tokio::time::Instant::now(),
        };
        assert_eq!(link.answer(&call, Ok(Answer::items(items))), None);
        let asked = link.take_asked().expect("items are to be sent");
        let [pumping] = <[_; 1]>::try_from(asked.spawned).ok().expect("it is one");
        (link, pumping)
    }

    #[test]
    fn item_that_waits_for_room_is_dropped_when_it_is_not_wanted_any_more() {
        let (link, mut pumping) = pumping(3);
        assert!(poll(&mut pumping).is_pending());
        let full = sent(&link);
        receive(&link, CANCEL);
        assert!(poll(&mut pumping).is_ready(), "it holds an item");
        assert_eq!(sent(&link), full);
        assert_eq!(link.open_calls(), 0);
    }

    #[test]
    fn item_that_waits_for_room_is_dropped_with_its_connection() {
        use crate::wire::Close;

        let (link, mut pumping) = pumping(3);
        assert!(poll(&mut pumping).is_pending());
        link.begin_closing(&Close::NORMAL);
        assert!(poll(&mut pumping).is_ready());
    }

    #[test]
    fn stream_keeps_its_place_until_there_is_room_for_its_end() {
        let (link, mut pumping) = pumping(0);
        let full = sent(&link);
        assert!(poll(&mut pumping).is_pending());
        assert_eq!(link.open_calls(), 1, "another may take its place");
        write_all(&link);
        assert!(poll(&mut pumping).is_ready());
        assert!(sent(&link) > full);
        assert_eq!(link.open_calls(), 0);
    }

    #[test]
    fn end_that_waits_for_room_is_dropped_when_the_stream_is_over() {
        let (link, mut pumping) = pumping(0);
        let full = sent(&link);
        assert!(poll(&mut pumping).is_pending());
        receive(&link, CANCEL);
        assert_eq!(link.open_calls(), 0);
        assert!(poll(&mut pumping).is_ready(), "it holds an end");
        assert_eq!(sent(&link), full);
    }
}
