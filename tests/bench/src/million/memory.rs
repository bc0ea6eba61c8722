//! Connections in memory: the server's ends are streams, the clients' are served by one thread.

use std::io::{self, IoSlice, Result};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;

use crate::client::{Client, REQUEST, Tally};
use crate::counting::uncounted;
use crate::{PATIENCE, clock, stuck};

/// Connections that are being opened at a time.
const OPENING: usize = 256;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What lies between the two ends of a connection. Buffers are there only while there is something in them.
#[derive(Default)]
struct Between {
    to_server: Vec<u8>,
    to_client: Vec<u8>,
    reader: Option<Waker>,
}

/// A connection, as both ends have it.
struct Wire {
    number: u32,
    between: Mutex<Between>,
    written: Arc<Written>,
}

/// The connections that the server has written to.
#[derive(Default)]
struct Written {
    numbers: Mutex<Vec<u32>>,
    /// Told when there are some again.
    some: Condvar,
}

/// The server's end.
pub(crate) struct ServerEnd(Arc<Wire>);

impl AsyncRead for ServerEnd {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let mut between = lock(&self.0.between);
        if between.to_server.is_empty() {
            let same = |waker: &Waker| waker.will_wake(cx.waker());
            if !between.reader.as_ref().is_some_and(same) {
                between.reader = Some(cx.waker().clone());
            }
            return Poll::Pending;
        }
        let length = between.to_server.len().min(buf.remaining());
        buf.put_slice(&between.to_server[..length]);
        if length == between.to_server.len() {
            between.to_server = Vec::new();
        } else {
            between.to_server.drain(..length);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ServerEnd {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let length = slices.iter().map(|slice| slice.len()).sum();
        if length == 0 {
            return Poll::Ready(Ok(0));
        }
        let mut between = lock(&self.0.between);
        let is_first = between.to_client.is_empty();
        uncounted(|| {
            for slice in slices {
                between.to_client.extend_from_slice(slice);
            }
        });
        drop(between);
        if is_first {
            let mut numbers = lock(&self.0.written.numbers);
            uncounted(|| numbers.push(self.0.number));
            if numbers.len() == 1 {
                self.0.written.some.notify_one();
            }
        }
        Poll::Ready(Ok(length))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// All clients.
pub(crate) struct Clients {
    wires: Vec<(Arc<Wire>, Client)>,
    written: Arc<Written>,
    numbers: Vec<u32>,
    out: Vec<u8>,
    pub(crate) tally: Tally,
}

impl Clients {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            wires: Vec::with_capacity(count),
            written: Arc::default(),
            numbers: Vec::new(),
            out: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Opens so many connections, and waits until all of them have done their echo.
    pub(crate) fn open(
        &mut self,
        count: usize,
        server: &mpsc::UnboundedSender<(ServerEnd, SocketAddr)>,
    ) -> Result<()> {
        let mut last = (0, Instant::now());
        while self.tally.ready < count {
            while self.wires.len() < count && self.wires.len() - self.tally.ready < OPENING {
                let number = u32::try_from(self.wires.len()).map_err(io::Error::other)?;
                let wire = Arc::new(Wire {
                    number,
                    between: Mutex::new(Between {
                        to_server: REQUEST.to_vec(),
                        ..Between::default()
                    }),
                    written: Arc::clone(&self.written),
                });
                let address = SocketAddr::from(([127, 1, 0, 1], 1));
                let ended = |_| io::Error::other("the server has ended");
                server
                    .send((ServerEnd(Arc::clone(&wire)), address))
                    .map_err(ended)?;
                self.wires.push((wire, Client::new()));
            }
            self.turn(Duration::from_millis(100))?;
            let ready = self.tally.ready;
            if ready > last.0 {
                last = (ready, Instant::now());
            } else if last.1.elapsed() > PATIENCE {
                return Err(stuck(format_args!("{ready} of {count} connections opened")));
            }
        }
        Ok(())
    }

    /// Takes what has come, and waits for as long as this if nothing has.
    pub(crate) fn turn(&mut self, wait: Duration) -> Result<()> {
        let numbers = lock(&self.written.numbers);
        let waited = self
            .written
            .some
            .wait_timeout_while(numbers, wait, |numbers| numbers.is_empty());
        let (mut numbers, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut *numbers, &mut self.numbers);
        drop(numbers);
        let now = clock();
        for number in self.numbers.drain(..) {
            let Some((wire, client)) = self.wires.get_mut(number as usize) else {
                continue;
            };
            let input = std::mem::take(&mut lock(&wire.between).to_client);
            client.take(&input, now, &mut self.tally, &mut self.out)?;
            if !self.out.is_empty() {
                let mut between = lock(&wire.between);
                between.to_server.extend_from_slice(&self.out);
                let reader = between.reader.take();
                drop(between);
                if let Some(reader) = reader {
                    reader.wake();
                }
                self.out.clear();
            }
        }
        Ok(())
    }
}
