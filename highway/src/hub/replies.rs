//! The replies of many.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{
    Stream,
    stream::{FuturesUnordered, StreamExt},
};

use crate::{error::Result, link::calls::CallFuture, wire::ConnectionId};

/// What [`Receivers::call`](super::Receivers::call) returns: the replies as they arrive, each with the id of its connection.
///
/// It is a [`Stream`], with a [`next`](Self::next) of its own. Each connection occurs once; one that could not be called or did
/// not reply in time, with the error. Dropping it cancels what is still to come.
#[must_use = "dropping it cancels the calls: take the replies with `next`"]
pub struct Replies<T>(FuturesUnordered<Asked<T>>);

struct Asked<T> {
    id: ConnectionId,
    calling: CallFuture<T>,
}

impl<T> Future for Asked<T> {
    type Output = (ConnectionId, Result<T>);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let id = self.id;
        Pin::new(&mut self.calling)
            .poll(cx)
            .map(|reply| (id, reply))
    }
}

impl<T> Replies<T> {
    pub(super) fn new(calls: impl Iterator<Item = (ConnectionId, CallFuture<T>)>) -> Self {
        Self(calls.map(|(id, calling)| Asked { id, calling }).collect())
    }

    /// The longest time that a reply may take, in place of [`Limits::call_timeout`](crate::Limits::call_timeout). It begins when
    /// the first reply is waited for.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        for asked in &mut self.0 {
            asked.calling.set_timeout(timeout);
        }
        self
    }

    /// The next reply, and whose it is; `None` once everybody was there. Dropped before it is done, no reply is lost.
    pub async fn next(&mut self) -> Option<(ConnectionId, Result<T>)> {
        self.0.next().await
    }
}

impl<T> Stream for Replies<T> {
    type Item = (ConnectionId, Result<T>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

impl<T> fmt::Debug for Replies<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replies")
            .field("waiting", &self.0.len())
            .finish()
    }
}
