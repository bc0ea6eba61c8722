//! The memory that a thread keeps for the connections that run on it: the system is slow to give and take as much, and a
//! connection that is idle has none of it.
//!
//! A thread keeps [`READS`] buffers that are read into, one for a large frame of up to [`LARGE`] bytes, up to [`WRITES`]
//! bytes in buffers that are written from, and up to twice [`MESSAGE`] bytes in buffers in which messages are put together.

use std::{cell::Cell, thread::LocalKey};

use bytes::{Buf, Bytes, BytesMut};

/// One read from the socket at most, unless a larger message is on its way. Messages are slices of the buffer that they were
/// read into, so it is also what one that is kept may pin.
pub(crate) const READ: usize = 128 * 1024;

/// The buffers of [`READ`] bytes that a thread keeps.
const READS: usize = 4;

/// The largest buffer for a large frame that a thread keeps: those of the default limit, and as much again.
pub(crate) const LARGE: usize = 2 * 1024 * 1024;

/// Frames that are put side by side before the next buffer is begun, in bytes.
pub(crate) const WRITE: usize = 32 * 1024;

/// What a thread keeps of the buffers that its connections have written, in bytes, and the smallest and the largest of them. The
/// smallest bounds their number.
const WRITES: usize = 1024 * 1024;
const SMALLEST_WRITE: usize = 1024;
const LARGEST_WRITE: usize = 2 * WRITE;

/// The most capacity that a thread keeps for putting messages together: as large messages as others take by default, and as much
/// again.
const MESSAGE: usize = 2 * 1024 * 1024;

thread_local! {
    /// What the thread's connections read into; messages that are gone leave their room to the next. One that yields with input
    /// left keeps its buffer meanwhile, so there are some.
    static TO_READ: Cell<Vec<BytesMut>> = const { Cell::new(Vec::new()) };

    /// The last buffer for a large frame.
    static LARGE_TO_READ: Cell<BytesMut> = Cell::new(BytesMut::new());

    /// Whichever connection has something to write takes a buffer from here.
    static TO_WRITE: Cell<Pool> = const { Cell::new(Pool { buffers: Vec::new(), bytes: 0 }) };

    /// Messages are put together here before they go to the outbox, so that no user code (`Serialize`) runs under its lock.
    static TO_PUT_TOGETHER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };

    /// The memory of large messages that are written, for when there is no buffer there.
    static WRITTEN_LARGE: Cell<Pool> = const { Cell::new(Pool { buffers: Vec::new(), bytes: 0 }) };
}

#[derive(Default)]
struct Pool {
    buffers: Vec<Vec<u8>>,
    /// Their capacities together.
    bytes: usize,
}

/// An empty buffer to read into, which may have no memory yet.
#[inline]
pub(crate) fn to_read() -> BytesMut {
    let mut buffers = TO_READ.take();
    let buffer = buffers.pop().unwrap_or_default();
    TO_READ.set(buffers);
    buffer
}

/// Takes back a buffer of [`to_read`] whose input is used up.
#[inline]
pub(crate) fn is_read(mut buffer: BytesMut) {
    buffer.clear();
    let mut buffers = TO_READ.take();
    if buffers.len() < READS {
        buffers.push(buffer);
    }
    TO_READ.set(buffers);
}

/// An empty buffer of a connection's own, for a frame that is large, or that the connection waits for the rest of.
pub(crate) fn own_to_read(capacity: usize) -> BytesMut {
    let mut buffer = BytesMut::new();
    if capacity > READ {
        buffer = LARGE_TO_READ.take();
        buffer.clear();
    }
    if !buffer.try_reclaim(capacity) {
        buffer = BytesMut::with_capacity(capacity);
    }
    buffer
}

/// Takes back a buffer of [`own_to_read`] whose input is used up; `capacity` is what it was made with, which it does not tell
/// any more.
pub(crate) fn own_is_read(buffer: BytesMut, capacity: usize) {
    if (READ..=LARGE).contains(&capacity) {
        LARGE_TO_READ.set(buffer);
    }
}

/// An empty buffer to write from.
pub(crate) fn to_write() -> Vec<u8> {
    pop(&TO_WRITE).unwrap_or_else(|| Vec::with_capacity(SMALLEST_WRITE))
}

/// Takes back a buffer that is written.
pub(crate) fn is_written(buffer: Vec<u8>) {
    if (SMALLEST_WRITE..=LARGEST_WRITE).contains(&buffer.capacity()) {
        push(&TO_WRITE, buffer, WRITES);
    }
}

/// An empty buffer to put a message together in.
#[inline]
pub(crate) fn to_put_together() -> Vec<u8> {
    let mut buffer = TO_PUT_TOGETHER.take();
    if buffer.capacity() == 0 {
        buffer = pop(&WRITTEN_LARGE).unwrap_or_default();
    }
    buffer.clear();
    buffer
}

/// Takes a buffer from a pool.
fn pop(pool: &'static LocalKey<Cell<Pool>>) -> Option<Vec<u8>> {
    let mut taken = pool.take();
    let buffer = taken.buffers.pop();
    taken.bytes -= buffer.as_ref().map_or(0, Vec::capacity);
    pool.set(taken);
    buffer
}

/// Puts a buffer into a pool that has as many bytes at most.
fn push(pool: &'static LocalKey<Cell<Pool>>, mut buffer: Vec<u8>, most: usize) {
    let capacity = buffer.capacity();
    let mut taken = pool.take();
    if capacity <= most.saturating_sub(taken.bytes) {
        buffer.clear();
        taken.bytes += capacity;
        taken.buffers.push(buffer);
    }
    pool.set(taken);
}

/// Takes back a buffer of [`to_put_together`] whose message is copied into the outbox.
#[inline]
pub(crate) fn is_put_together(buffer: Vec<u8>) {
    if buffer.capacity() <= MESSAGE {
        TO_PUT_TOGETHER.set(buffer);
    }
}

/// Takes back the memory of a large message that is written, for others to be put together in, where nobody else has it.
pub(crate) fn is_written_large(mut frame: Bytes) {
    // `clear` would give the memory up.
    frame.advance(frame.len());
    if frame.is_unique() {
        push(&WRITTEN_LARGE, Vec::from(frame), MESSAGE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_that_are_too_small_or_too_large_to_be_worth_it_are_not_kept() {
        for capacity in [2, SMALLEST_WRITE - 1, LARGEST_WRITE + 1] {
            is_written(Vec::with_capacity(capacity));
            assert_eq!(to_write().capacity(), SMALLEST_WRITE);
        }
        for capacity in [SMALLEST_WRITE, LARGEST_WRITE] {
            is_written(Vec::with_capacity(capacity));
            assert_eq!(to_write().capacity(), capacity);
        }
    }

    #[test]
    fn buffers_that_are_kept_are_bounded_in_number_and_bytes() {
        for _ in 0..2 * WRITES / SMALLEST_WRITE {
            is_written(Vec::with_capacity(SMALLEST_WRITE));
        }
        let pool = TO_WRITE.take();
        assert_eq!(pool.bytes, WRITES);
        assert_eq!(pool.buffers.len(), WRITES / SMALLEST_WRITE);
    }

    #[test]
    fn memory_of_large_messages_is_for_the_next_unless_somebody_has_it() {
        let frame = Bytes::from(vec![1; 100_000]);
        let copy = frame.clone();
        is_written_large(frame);
        assert_eq!(to_put_together().capacity(), 0);
        is_written_large(copy);
        is_written_large(Bytes::from(vec![1; 50_000]));
        for capacity in [50_000, 100_000, 0] {
            let buffer = to_put_together();
            assert_eq!((buffer.len(), buffer.capacity()), (0, capacity));
        }
        is_put_together(Vec::with_capacity(1000));
        is_written_large(Bytes::from(vec![1; 50_000]));
        assert_eq!(to_put_together().capacity(), 1000);
    }

    #[test]
    fn memory_of_large_messages_that_is_kept_is_bounded() {
        for _ in 0..5 {
            is_written_large(Bytes::from(vec![1; MESSAGE / 2]));
        }
        is_written_large(Bytes::from(vec![1; MESSAGE + 1]));
        let capacities = std::array::from_fn(|_| to_put_together().capacity());
        assert_eq!(capacities, [MESSAGE / 2, MESSAGE / 2, 0]);
    }
}
