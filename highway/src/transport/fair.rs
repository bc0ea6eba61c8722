//! A byte stream that takes turns with everything else by itself.

use std::{
    future::{Future, poll_fn},
    io::{self, IoSlice},
    pin::{Pin, pin},
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    task::unconstrained,
};

/// The reads, and the writes, that may come one behind the other without a pause.
const TURN: u8 = 128;

/// A byte stream that is read and written whatever of tokio's budget is left to the task.
///
/// The budget is the task's, so that a route in it, or a peer that never stops sending, can spend all of it, time and again: a
/// connection would not get to write, or would take a socket for full that is not. So each direction has a turn of its own,
/// and lets other tasks run when it is over.
pub(crate) struct Fair<S> {
    stream: S,
    reads: u8,
    writes: u8,
}

impl<S> Fair<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            reads: 0,
            writes: 0,
        }
    }

    pub(crate) fn inner(&mut self) -> &mut S {
        &mut self.stream
    }
}

/// Counts what is done one behind the other, and pauses once in a while.
fn poll_in_turn<T>(
    done: &mut u8,
    cx: &mut Context<'_>,
    poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
) -> Poll<T> {
    if *done >= TURN {
        *done = 0;
        cx.waker().wake_by_ref();
        return Poll::Pending;
    }
    let poll = pin!(unconstrained(poll_fn(poll))).poll(cx);
    *done = if poll.is_ready() { *done + 1 } else { 0 };
    poll
}

impl<S: AsyncRead + Unpin> AsyncRead for Fair<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, reads, .. } = self.get_mut();
        poll_in_turn(reads, cx, |cx| Pin::new(&mut *stream).poll_read(cx, buffer))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Fair<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, writes, .. } = self.get_mut();
        poll_in_turn(writes, cx, |cx| {
            Pin::new(&mut *stream).poll_write(cx, bytes)
        })
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, writes, .. } = self.get_mut();
        poll_in_turn(writes, cx, |cx| {
            Pin::new(&mut *stream).poll_write_vectored(cx, slices)
        })
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = &mut self.get_mut().stream;
        pin!(unconstrained(poll_fn(
            |cx| Pin::new(&mut *stream).poll_flush(cx)
        )))
        .poll(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = &mut self.get_mut().stream;
        pin!(unconstrained(poll_fn(
            |cx| Pin::new(&mut *stream).poll_shutdown(cx)
        )))
        .poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
        task::coop,
    };

    use super::*;

    async fn pair() -> (Fair<TcpStream>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let one = TcpStream::connect(listener.local_addr().unwrap()).await;
        let (another, _) = listener.accept().await.unwrap();
        (Fair::new(one.unwrap()), another)
    }

    /// Spends what the task has for this turn.
    async fn spend() {
        while coop::has_budget_remaining() {
            coop::consume_budget().await;
        }
    }

    #[tokio::test]
    async fn socket_is_there_though_the_task_has_spent_its_budget() {
        let (mut fair, mut peer) = pair().await;
        peer.write_all(b"x").await.unwrap();
        let mut read = [0];
        fair.read_exact(&mut read).await.unwrap();
        spend().await;
        assert!(!coop::has_budget_remaining());
        assert!(fair.write(b"y").now_or_never().is_some());
        assert!(!coop::has_budget_remaining());
        peer.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"y");
    }

    #[tokio::test]
    async fn each_direction_pauses_after_its_turn() {
        let (mut fair, mut peer) = pair().await;
        for _ in 0..TURN {
            assert!(fair.write(b"x").now_or_never().is_some());
        }
        assert!(fair.write(b"x").now_or_never().is_none());
        assert!(fair.write(b"x").now_or_never().is_some());
        peer.write_all(&[7; TURN as usize + 1]).await.unwrap();
        let mut byte = [0];
        // It has come once the first of it can be read.
        assert_eq!(fair.read(&mut byte).await.unwrap(), 1);
        let count = (1..TURN).take_while(|_| fair.read(&mut byte).now_or_never().is_some());
        assert_eq!(count.count(), usize::from(TURN) - 1);
        assert!(fair.read(&mut byte).now_or_never().is_none());
        assert!(fair.read(&mut byte).now_or_never().is_some());
    }
}
