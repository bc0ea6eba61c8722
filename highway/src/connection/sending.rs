//! A message on its way into the outbox.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use crate::error::Result;

/// What [`Connection::send`](crate::Connection::send) gives back: to be awaited, as the outbox may be full.
///
/// It is a type of its own rather than that of an `async fn`, which would carry the bounds of route and data along, so
/// that the compiler reported a route that isn't declared at every place that the future goes through.
#[must_use = "the outbox may be full: `.await` it"]
pub struct Sending<'a>(pub(super) Progress<'a>);

pub(super) enum Progress<'a> {
    /// The outbox had room, or sending failed; the result until it is taken.
    Done(Option<Result>),
    /// The outbox is full.
    Waiting(Pin<Box<dyn Future<Output = Result> + Send + 'a>>),
}

impl Future for Sending<'_> {
    type Output = Result;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result> {
        match &mut self.0 {
            Progress::Done(result) => result.take().map_or(Poll::Pending, Poll::Ready),
            Progress::Waiting(push) => push.as_mut().poll(cx),
        }
    }
}

impl fmt::Debug for Sending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let progress = match &self.0 {
            Progress::Done(_) => "done",
            Progress::Waiting(_) => "waiting for room",
        };
        f.debug_tuple("Sending").field(&progress).finish()
    }
}
