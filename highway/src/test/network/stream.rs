//! One end of a connection in memory.

use std::{
    fmt,
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Buf;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep},
};

use super::{Direction, Network, State, Watch, Way, wake};
use crate::transport::websocket::Stream;

/// One end of a connection in memory, below the WebSocket: bytes for those who write frames themselves, from
/// [`PeerBuilder::stream`](crate::test::PeerBuilder::stream) or
/// [`ScriptedServer::accept_stream`](crate::test::ScriptedServer::accept_stream).
pub struct ByteStream {
    pub(super) network: Network,
    pub(super) link: u64,
    pub(super) writes: Direction,
    pub(super) resets: bool,
    /// Until what is under way arrives.
    pub(super) sleep: Option<Pin<Box<Sleep>>>,
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream")
            .field("writes", &self.writes)
            .finish_non_exhaustive()
    }
}

/// What a look at a way tells its reader.
enum Look {
    Read,
    Wait(Option<Instant>),
}

impl ByteStream {
    /// Watches whether the other side reads what is written here.
    pub(in crate::test) fn watch(&self) -> Watch {
        Watch {
            network: self.network.clone(),
            link: self.link,
            direction: self.writes,
        }
    }

    fn look(&self, cx: &Context<'_>, buf: &mut ReadBuf<'_>) -> io::Result<Look> {
        let direction = self.writes.reverse();
        let mut state = self.network.lock();
        let State {
            links,
            stalled,
            left,
            ..
        } = &mut *state;
        let Some(link) = links.get_mut(&self.link).filter(|link| !link.reset) else {
            return Err(io::ErrorKind::ConnectionReset.into());
        };
        let way = link.ways.get(direction);
        let mut next = None;
        if !*stalled.get(direction) {
            way.arrive();
            let left = left.get(direction);
            let count = way.arrived.min(buf.remaining());
            let count = left.map_or(count, |left| count.min(left));
            if count > 0 {
                buf.put_slice(way.bytes.get(..count).unwrap_or_default());
                way.bytes.advance(count);
                way.arrived -= count;
                way.read_up = false;
                wake(&mut way.writer);
                if let Some(left) = left {
                    *left -= count;
                    if *left == 0 {
                        state.cut();
                    }
                }
                return Ok(Look::Read);
            }
            if way.arrived > 0 || way.bytes.is_empty() && way.ended && way.end.is_none_or(is_past) {
                // No room to read into, or the end.
                return Ok(Look::Read);
            }
            next = way.next();
        }
        way.reader = Some(cx.waker().clone());
        if way.bytes.is_empty() && !std::mem::replace(&mut way.read_up, true) {
            self.network.shared.read_up.notify_waiters();
        }
        Ok(Look::Wait(next))
    }

    fn write<'a>(
        &self,
        cx: &Context<'_>,
        pieces: impl Iterator<Item = &'a [u8]>,
    ) -> Poll<io::Result<usize>> {
        let mut state = self.network.lock();
        let delay = state.delay;
        let link = state.links.get_mut(&self.link);
        let Some(link) = link.filter(|link| !link.reset) else {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        };
        let way = link.ways.get(self.writes);
        if way.unread || way.ended {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let mut pieces = pieces.filter(|piece| !piece.is_empty()).peekable();
        if pieces.peek().is_none() {
            return Poll::Ready(Ok(0));
        }
        let written = way.write(pieces, self.network.shared.buffer, delay);
        if written == 0 {
            way.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(written))
    }
}

fn is_past(at: Instant) -> bool {
    at <= Instant::now()
}

impl AsyncRead for ByteStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let next = match self.look(cx, buf) {
                Ok(Look::Read) => return Poll::Ready(Ok(())),
                Ok(Look::Wait(Some(at))) => at,
                Ok(Look::Wait(None)) => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(error)),
            };
            let sleep = self
                .sleep
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(next)));
            if sleep.deadline() != next {
                sleep.as_mut().reset(next);
            }
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.sleep = None;
        }
    }
}

impl AsyncWrite for ByteStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, std::iter::once(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, slices.iter().map(|slice| &**slice))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.network.lock();
        let delay = state.delay;
        if let Some(link) = state.links.get_mut(&self.link) {
            link.ways.get(self.writes).end(delay);
        }
        Poll::Ready(Ok(()))
    }
}

impl Stream for ByteStream {
    fn reset(&mut self) {
        self.resets = true;
    }
}

impl Drop for ByteStream {
    fn drop(&mut self) {
        let mut state = self.network.lock();
        let delay = state.delay;
        if let Some(link) = state.links.get_mut(&self.link) {
            if self.resets {
                link.reset();
            }
            link.ways.get(self.writes).end(delay);
            let way = link.ways.get(self.writes.reverse());
            *way = Way {
                unread: true,
                writer: way.writer.take(),
                ..Way::default()
            };
            wake(&mut way.writer);
            if std::mem::replace(&mut link.halved, true) {
                state.links.remove(&self.link);
            }
        }
        drop(state);
        self.network.shared.read_up.notify_waiters();
    }
}
