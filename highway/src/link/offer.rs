//! Messages on their way into the outbox.

use bytes::Bytes;

use super::{Found, Link, counted::Unsent, newest::Kept};
use crate::{
    error::{Error, Result, SendError},
    metrics::CountedAs,
    route::RouteTo,
    trace::log,
    transport::{ROOM, buffers},
    wire::{Kind, RouteId},
};

/// What became of a message that goes to others as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shared {
    /// It is in the outbox.
    Put,
    /// There is no room for it.
    NoRoom,
    /// The connection takes no more.
    Closing,
}

impl Link {
    /// Puts a message into the outbox; returns it when there is no room.
    pub(crate) fn offer<P, R: RouteTo<P, D>, D>(
        &self,
        route: &R,
        data: &D,
    ) -> Result<Option<Unsent>, Box<Error>> {
        let name = route.name();
        let Found { dialect, id, slot } = self.resolve(name)?;
        let mut frame = buffers::to_put_together();
        let payload = |payload: &mut Vec<u8>| route.encode(data, dialect, payload);
        let framing = self.framing;
        let result = match framing.put_together(&mut frame, Kind::Message, id, payload) {
            Ok(start) => {
                let bytes = frame.len() - ROOM;
                log!(trace, self.id, route = name, bytes, "sending");
                self.offer_frame(&mut frame, start, CountedAs { route: slot, bytes })
            }
            Err(source) => Err(Box::new(Error::not_sent(name, SendError::Encode(source)))),
        };
        buffers::is_put_together(frame);
        result
    }

    /// Puts the message that starts at `start` into the outbox, or returns it.
    #[inline]
    fn offer_frame(
        &self,
        frame: &mut Vec<u8>,
        start: usize,
        counted: CountedAs,
    ) -> Result<Option<Unsent>, Box<Error>> {
        let mut state = self.lock("send a message");
        if let Some(close) = state.stage.closing() {
            return Err(Box::new(Error::Closed(close.clone())));
        }
        self.show_put(&state, counted, frame, start);
        match state.put(frame, start, self.limits.outbox_bytes) {
            None => {
                self.count_put(&mut state, counted);
                Ok(None)
            }
            Some(frame) => Ok(Some(Unsent {
                frame,
                counted: Some(counted),
            })),
        }
    }

    /// Puts a sealed message into the outbox, or returns it when there is no room. Where the connection takes no more it is
    /// dropped.
    pub(crate) fn offer_owned(&self, frame: Bytes) -> Option<Bytes> {
        let mut state = self.lock("send a sealed message");
        if state.stage.is_closing() {
            return None;
        }
        if !state.outbox.has_room(frame.len(), self.limits.outbox_bytes) {
            return Some(frame);
        }
        state.push(frame);
        None
    }

    /// Puts a sealed message that goes to others as well into the outbox, which the sender counts. Where the connection takes no more
    /// it is dropped.
    pub(crate) fn offer_shared(&self, frame: &Bytes) -> Shared {
        let mut state = self.lock("send a broadcast");
        if state.stage.is_closing() {
            return Shared::Closing;
        }
        if !state.outbox.has_room(frame.len(), self.limits.outbox_bytes) {
            return Shared::NoRoom;
        }
        state.outbox.push_shared(frame);
        state.wake();
        Shared::Put
    }

    /// Puts a sealed message that goes to others as well into the outbox, which the sender counts, or keeps it in place of an older
    /// one to the same route until there is room.
    pub(crate) fn offer_newest(
        &self,
        id: RouteId,
        frame: &Bytes,
        counted: CountedAs,
        route: &str,
    ) -> Shared {
        let mut state = self.lock("send the newest broadcast");
        if state.stage.is_closing() {
            return Shared::Closing;
        }
        let limit = self.limits.outbox_bytes;
        let room = state.outbox.has_room(frame.len(), limit);
        let mut given_up = 0;
        let mut count = |route| {
            self.meter.dropped(route, 1);
            given_up += 1;
        };
        if room {
            state.outbox.push_shared(frame);
            state.wake();
            state.newest.supersede(id, &mut count);
        } else {
            let kept = Kept {
                id,
                frame: frame.clone(),
                counted,
            };
            state.newest.keep(kept, limit, &mut count);
        }
        self.dropped(&mut state, given_up);
        drop(state);
        if room {
            return Shared::Put;
        }
        log!(
            debug,
            self.id,
            route,
            given_up,
            "the newest message waits, as the connection does not keep up"
        );
        Shared::NoRoom
    }

    /// Puts a message of the meta exchange into the outbox, room or not.
    pub(crate) fn push_message(&self, message: &[u8]) {
        let mut frame = Vec::new();
        let start = self.framing.put_whole(&mut frame, message);
        self.push_whole(frame, start);
    }

    /// Puts a text message into the outbox, room or not.
    #[cfg(feature = "__testing")]
    pub(crate) fn push_text(&self, text: &[u8]) {
        const FINAL_TEXT: u8 = 0x81;

        let mut frame = Vec::new();
        let start = self.framing.put_whole(&mut frame, text);
        if let Some(first) = frame.get_mut(start) {
            *first = FINAL_TEXT;
        }
        self.push_whole(frame, start);
    }

    fn push_whole(&self, mut frame: Vec<u8>, start: usize) {
        let mut state = self.lock("send what needs no room");
        // Where there always is room, nothing comes back.
        let _ = state.put(&mut frame, start, usize::MAX);
    }

    /// Waits until a sealed message has room in the outbox, and puts it there.
    pub(crate) async fn push(&self, frame: Bytes) -> Result {
        loop {
            let room = self.room.notified();
            {
                let mut state = self.lock("send once there is room");
                if let Some(close) = state.stage.closing() {
                    return Err(Error::Closed(close.clone()));
                }
                if state.outbox.has_room(frame.len(), self.limits.outbox_bytes) {
                    state.push(frame);
                    return Ok(());
                }
            }
            room.await;
        }
    }
}
