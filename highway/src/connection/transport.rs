//! What a connection runs on: a WebSocket, or a pipe over another connection.

use std::{
    io,
    task::{Context, Poll},
};

use super::link::Link;
use crate::{
    transport::{Error, Incoming},
    wire::Close,
};

/// What carries a connection's messages. What it sends is in the outbox of the connection's [`Link`], as WebSocket frames.
pub(crate) trait Transport: Send + 'static {
    /// Whether it shows here that the peer is gone: by silence after a ping, or when it takes nothing for a while.
    const OWN_LIVENESS: bool;

    /// Reads one frame or less, so that the task gets to everything else whatever the peer sends. Pending means that no more
    /// input is there.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, Error>>;

    /// Puts a close behind everything that waits, or the answer to the peer's. Nothing is sent behind it.
    fn close(&mut self, link: &Link, close: &Close);

    /// Asks the peer for a sign of life.
    fn ping(&mut self, link: &Link);

    /// Writes what the outbox has. Ready once all of it is written, or the transport is broken.
    fn poll_flush(&mut self, cx: &mut Context<'_>, link: &Link) -> Poll<io::Result<()>>;

    /// Whether everything that was written has been passed on.
    fn is_flushed(&self) -> bool;

    /// Whether some of what was taken from the outbox, or a close, has not been written.
    fn has_unwritten(&self) -> bool;

    /// Whether anything came since this was last asked, half a message included.
    fn take_heard(&mut self) -> bool;

    /// All bytes written so far.
    fn written(&self) -> u64;

    /// Tells the peer that nothing more will be written.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Reads and throws away, until the peer ends the connection. Gives back the bytes of one read, 0 at the end.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>>;

    /// Ends it at once.
    fn reset(&mut self);
}
