//! Items that come one by one.

use std::{
    fmt,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{Stream, StreamExt};

use super::{BoxItems, Reads};
use crate::error::Error;

/// Items that come one by one: what [`Connection::stream`](crate::Connection::stream) gives, and what a route takes as its data
/// when that is a stream.
///
/// It is a [`Stream`] of results, with a [`next`](Self::next) of its own. The sender is slowed down to the speed at which items
/// are taken out: no more than [`Limits::stream_window`](crate::Limits::stream_window) bytes and one item wait here. Dropping
/// it stops the sender. Behind an error comes nothing.
///
/// ```
/// use highway::{Incoming, route};
///
/// #[highway::server]
/// struct Handler;
///
/// #[route("sum")]
/// async fn sum(mut numbers: Incoming<i64>, _: &mut Handler) -> highway::Result<i64> {
///     let mut sum = 0;
///     while let Some(number) = numbers.next().await {
///         sum += number?;
///     }
///     Ok(sum)
/// }
/// ```
#[must_use = "dropping it ends the stream"]
pub struct Incoming<T> {
    items: Option<BoxItems>,
    reads: Reads<T>,
}

impl<T> fmt::Debug for Incoming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("ended", &self.items.is_none())
            .finish_non_exhaustive()
    }
}

impl<T> Incoming<T> {
    pub(crate) fn new(items: BoxItems, reads: Reads<T>) -> Self {
        Self {
            items: Some(items),
            reads,
        }
    }

    /// The next item, or an error; `None` at the end. Cancelling the wait loses no item.
    ///
    /// # Errors
    /// How the stream ended too early: see [`Error`].
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        StreamExt::next(self).await
    }
}

impl<T> Stream for Incoming<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let reads = self.reads;
        let Some(items) = &mut self.items else {
            return Poll::Ready(None);
        };
        let next = match items.poll_next(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(None) => None,
            Poll::Ready(Some(Err(error))) => {
                self.items = None;
                return Poll::Ready(Some(reads.declared_in(error)));
            }
            Poll::Ready(Some(Ok(message))) => {
                Some((reads.take)(&message).map_err(|error| items.not_converted(error)))
            }
        };
        if !matches!(next, Some(Ok(_))) {
            self.items = None;
        }
        Poll::Ready(next)
    }
}

/// What a protocol says that a route returns when it gives items: `-> impl Stream<Item = T>`.
#[derive(Debug)]
pub struct StreamOf<T>(PhantomData<fn() -> T>);

impl<T> Stream for StreamOf<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Ready(None)
    }
}
