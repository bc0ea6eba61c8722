//! The memory of the server, counted apart from that of the clients that are in the same process.

use std::mem;
use std::ops::Sub;
use std::sync::atomic::{AtomicI64, Ordering};

use tracking_allocator::{
    AllocationGroupId, AllocationGroupToken, AllocationRegistry, AllocationTracker,
};

static BYTES: AtomicI64 = AtomicI64::new(0);
static ALLOCATIONS: AtomicI64 = AtomicI64::new(0);

/// Counts what the server's threads have allocated and nobody has freed, wherever that happens.
struct Counter;

impl Counter {
    fn add(size: usize, group: &AllocationGroupId, times: i64) {
        // All groups but that of the other threads are of the server.
        if *group != AllocationGroupId::ROOT
            && let Ok(size) = i64::try_from(size)
        {
            BYTES.fetch_add(times * size, Ordering::Relaxed);
            ALLOCATIONS.fetch_add(times, Ordering::Relaxed);
        }
    }
}

impl AllocationTracker for Counter {
    fn allocated(&self, _: usize, size: usize, _: usize, group: AllocationGroupId) {
        Self::add(size, &group, 1);
    }

    fn deallocated(
        &self,
        _: usize,
        size: usize,
        _: usize,
        group: AllocationGroupId,
        _: AllocationGroupId,
    ) {
        Self::add(size, &group, -1);
    }
}

/// Begins to count.
pub(crate) fn begin() -> std::io::Result<()> {
    AllocationRegistry::set_global_tracker(Counter).map_err(std::io::Error::other)?;
    AllocationRegistry::enable_tracking();
    Ok(())
}

/// Counts what this thread allocates from now on as the server's.
pub(crate) fn count_thread() {
    if let Some(token) = AllocationGroupToken::register() {
        mem::forget(Box::leak(Box::new(token)).enter());
    }
}

/// Counts what is allocated meanwhile as nobody's.
pub(crate) fn uncounted<T>(work: impl FnOnce() -> T) -> T {
    AllocationRegistry::untracked(work)
}

/// What the server has of memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// As it asked for it: an allocator rounds up and adds its own.
    pub(crate) bytes: i64,
    /// The pieces that it is in.
    pub(crate) allocations: i64,
}

impl Memory {
    /// What there is now.
    pub(crate) fn now() -> Self {
        Self {
            bytes: BYTES.load(Ordering::Relaxed),
            allocations: ALLOCATIONS.load(Ordering::Relaxed),
        }
    }
}

impl Sub for Memory {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            bytes: self.bytes - before.bytes,
            allocations: self.allocations - before.allocations,
        }
    }
}
