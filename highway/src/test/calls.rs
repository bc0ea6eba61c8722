//! Calls that a peer in a test makes and is asked.

use std::{
    collections::HashMap,
    future::Future,
    panic::Location,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use serde::Serialize;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_tungstenite::tungstenite::Message as WsMessage;

use super::peer::{Outgoing, lost};
use crate::{
    error::Error,
    link::failures::write_failure,
    payload::{self, EncodeError},
    route::{Failure, Message},
    wire::{Close, Dialect, Header, Kind, NO_VALUE_CODE, RouteId},
};

/// The calls that are open.
#[derive(Debug)]
pub(super) struct Calls {
    /// The id of the next one that is made here.
    pub(super) next: u32,
    /// Those that were made here, with the names of their routes.
    pub(super) made: HashMap<u32, (String, oneshot::Sender<Result<Message, Error>>)>,
    /// Those that were made there; told when they are cancelled.
    pub(super) asked: HashMap<u32, oneshot::Sender<()>>,
    /// How the connection ended.
    pub(super) closed: Option<Close>,
}

/// A call that a peer was asked, from [`Peer::expect_call`](super::Peer::expect_call) or [`Peer::next_call`](super::Peer::next_call). Dropped, it is never replied to.
#[derive(Debug)]
#[must_use = "who called waits for the reply"]
pub struct Called {
    pub(super) route: String,
    pub(super) id: u32,
    pub(super) cancelled: oneshot::Receiver<()>,
    pub(super) calls: Arc<Mutex<Calls>>,
    pub(super) outgoing: mpsc::Sender<Outgoing>,
    pub(super) deadline: Duration,
}

impl Called {
    /// Replies; done when the network has taken it. Whatever data: it need not be what the caller wants.
    ///
    /// # Panics
    /// When the extension can't carry the data, the connection is closed, or the network does not take it in time.
    #[track_caller]
    pub fn reply(self, data: impl Serialize) -> impl Future<Output = ()> + Send {
        let frame = part(Kind::Reply, RouteId::META, self.id, |payload| {
            payload::encode(Dialect::Extended, &data, payload)
        });
        self.answer(frame)
    }

    /// Fails, as a route that gives back an error.
    ///
    /// # Panics
    /// As [`reply`](Self::reply).
    #[track_caller]
    pub fn fail(self, failure: impl Into<Failure>) -> impl Future<Output = ()> + Send {
        let failure = failure.into();
        let frame = part(Kind::Failure, RouteId::META, self.id, |payload| {
            write_failure(failure, payload)
        });
        self.answer(frame)
    }

    /// Waits until who called does not want the reply any more: the call was dropped, or has timed out.
    ///
    /// # Panics
    /// When that does not happen in time, or the connection ends first.
    #[track_caller]
    pub fn expect_cancelled(self) -> impl Future<Output = ()> + Send {
        let at = Location::caller();
        async move {
            let instead = match timeout(self.deadline, self.cancelled).await {
                Ok(Ok(())) => return,
                Ok(Err(_)) => "the connection is closed".to_owned(),
                Err(_) => format!("it was not within {:?}", self.deadline),
            };
            panic!(
                "expected that the call of `{}` is cancelled, but {instead} (at {at})",
                self.route
            )
        }
    }

    #[track_caller]
    fn answer(self, frame: Result<Bytes, EncodeError>) -> impl Future<Output = ()> + Send {
        let at = Location::caller();
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => panic!("the call of `{}` can't be answered so: {error}", self.route),
        };
        async move {
            lock(&self.calls).asked.remove(&self.id);
            let (written, is_written) = oneshot::channel();
            let frame = WsMessage::Binary(frame);
            let sent = async {
                let outgoing = Outgoing { frame, written };
                self.outgoing.send(outgoing).await.is_ok() && is_written.await.is_ok()
            };
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
}

/// A reply that is waited for; dropped before it is there, the call is cancelled.
pub(super) struct Reply {
    id: u32,
    calls: Arc<Mutex<Calls>>,
    outgoing: mpsc::Sender<Outgoing>,
    answer: oneshot::Receiver<Result<Message, Error>>,
    sent: bool,
}

impl Reply {
    pub(super) fn wanted(
        calls: &Arc<Mutex<Calls>>,
        outgoing: &mpsc::Sender<Outgoing>,
        id: u32,
        route: &str,
    ) -> Result<Self, Error> {
        let (sender, answer) = oneshot::channel();
        let mut open = lock(calls);
        if let Some(close) = &open.closed {
            return Err(Error::Closed(close.clone()));
        }
        open.made.insert(id, (route.to_owned(), sender));
        Ok(Self {
            id,
            calls: Arc::clone(calls),
            outgoing: outgoing.clone(),
            answer,
            sent: false,
        })
    }

    /// The reply to what is sent so.
    pub(super) async fn after(mut self, frame: Bytes) -> Result<Message, Error> {
        let (written, _) = oneshot::channel();
        let frame = WsMessage::Binary(frame);
        // Where it can't be sent, the connection is over, which the reply tells.
        self.sent = self
            .outgoing
            .send(Outgoing { frame, written })
            .await
            .is_ok();
        let answer = (&mut self.answer).await;
        answer.unwrap_or_else(|_| Err(Error::Closed(lost())))
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if lock(&self.calls).made.remove(&self.id).is_none() || !self.sent {
            return;
        }
        let cancel = part(Kind::Cancel, RouteId::META, self.id, |_| Ok(NO_VALUE_CODE));
        let Ok(cancel) = cancel else {
            return;
        };
        let (written, _) = oneshot::channel();
        let frame = WsMessage::Binary(cancel);
        if let Err(mpsc::error::TrySendError::Full(cancel)) =
            self.outgoing.try_send(Outgoing { frame, written })
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let outgoing = self.outgoing.clone();
            runtime.spawn(async move { outgoing.send(cancel).await.is_ok() });
        }
    }
}

/// A message of a conversation; `value` appends what goes behind the id and gives back its type code.
pub(super) fn part(
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

pub(super) fn lock(calls: &Mutex<Calls>) -> MutexGuard<'_, Calls> {
    calls.lock().unwrap_or_else(PoisonError::into_inner)
}
