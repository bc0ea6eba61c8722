//! What shows the messages of a server's connections to somebody while they pass. The engine gives each to it; what is done with
//! them, and how many are looked at, is decided behind [`Watch`].

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    metrics::{Direction, Slot},
    wire::ConnectionId,
};

/// A message that passes.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    not(feature = "inspector"),
    expect(dead_code, reason = "only the inspector looks at messages")
)]
pub(crate) struct Passing<'a> {
    pub(crate) connection: ConnectionId,
    pub(crate) direction: Direction,
    /// Where its route is counted.
    pub(crate) route: Slot,
    /// Header and payload.
    pub(crate) message: &'a [u8],
}

/// Looks at messages. It is called where they are sent and read, with a connection's lock held, and so waits for nothing.
pub(crate) trait Watch: Send + Sync {
    /// A message passes.
    fn passes(&self, passing: &Passing<'_>);
}

/// The place that a server's messages pass.
pub(crate) struct Tap {
    is_open: AtomicBool,
    watch: Arc<dyn Watch>,
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap")
            .field("is_open", &self.is_open)
            .finish_non_exhaustive()
    }
}

impl Tap {
    #[cfg(feature = "inspector")]
    pub(crate) fn new(watch: Arc<dyn Watch>) -> Self {
        Self {
            is_open: AtomicBool::new(false),
            watch,
        }
    }

    /// Has messages looked at from now on, or not.
    #[cfg(feature = "inspector")]
    pub(crate) fn set_open(&self, is_open: bool) {
        self.is_open.store(is_open, Ordering::Relaxed);
    }

    /// Whether messages are looked at.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    /// Shows a message.
    #[cold]
    pub(crate) fn show(&self, passing: &Passing<'_>) {
        self.watch.passes(passing);
    }
}
