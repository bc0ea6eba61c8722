//! What waits to be written on one connection: sealed messages.
//!
//! Small ones are put side by side in one buffer; large ones wait by themselves. The connection's task takes all of it
//! at once, so that many messages leave in one write.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::transport::{Chunk, Output, buffers};

/// Frames up to this size are copied into the common buffer: copying 4 KiB costs less than another entry in a vectored
/// write.
pub(crate) const COPIED: usize = 4096;

/// The same for frames that go to many connections: those have the one copy in common, which stays in the processor's
/// cache, where as many copies do not.
const COPIED_FOR_EACH: usize = 512;

/// What waits to be written.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    chunks: VecDeque<Chunk>,
    tail: Vec<u8>,
    /// The lengths of messages that have no envelope to tell them.
    lengths: Option<VecDeque<usize>>,
    /// Everything that was put in and is not written yet, what the task has taken included.
    bytes: usize,
    /// Everything that was ever put in and is written.
    written: u64,
    /// The part of it that the stream keeps nothing of.
    flushed: u64,
    /// Up to where somebody waits for `flushed` to come.
    awaited: u64,
}

impl Outbox {
    /// Has the lengths of messages told besides, as they have no envelope to do so.
    pub(crate) fn tell_lengths(&mut self) {
        self.lengths = Some(VecDeque::new());
    }

    /// Whether a frame of this length may go in: a large one has to wait until it is alone.
    pub(crate) fn has_room(&self, len: usize, limit: usize) -> bool {
        self.bytes == 0 || self.bytes.saturating_add(len) <= limit
    }

    /// Whether there is nothing that the task has not taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.tail.is_empty() && self.chunks.is_empty()
    }

    /// Whether the task has something to write or to flush.
    pub(crate) fn has_work(&self) -> bool {
        // What was thrown away is never written, however long a flush waits for it.
        !self.is_empty() || (self.is_flush_awaited() && self.written > self.flushed)
    }

    /// Everything that was ever put in, as a place to wait for.
    pub(crate) fn end(&self) -> u64 {
        self.written + self.bytes as u64
    }

    /// Whether everything up to a place is written and flushed.
    pub(crate) fn is_flushed(&self, place: u64) -> bool {
        self.flushed >= place
    }

    /// Takes note that somebody waits until everything up to a place is flushed.
    pub(crate) fn await_flush(&mut self, place: u64) {
        self.awaited = self.awaited.max(place);
    }

    /// Whether somebody waits for what is not flushed.
    pub(crate) fn is_flush_awaited(&self) -> bool {
        self.awaited > self.flushed
    }

    /// Takes note that the stream keeps nothing of what was written; tells whether that is news.
    pub(crate) fn flushed(&mut self) -> bool {
        std::mem::replace(&mut self.flushed, self.written) != self.written
    }

    /// The bytes that are not written.
    pub(crate) fn unwritten(&self) -> usize {
        self.bytes
    }

    /// Appends a frame by copying it.
    #[inline]
    pub(crate) fn push(&mut self, frame: &[u8]) {
        self.count(frame.len());
        if frame.len() <= COPIED {
            self.copy(frame);
        } else {
            self.push_large(Bytes::copy_from_slice(frame));
        }
    }

    /// Appends a frame that may be large and is not copied then.
    pub(crate) fn push_owned(&mut self, frame: Bytes) {
        self.count(frame.len());
        if frame.len() <= COPIED {
            self.copy(&frame);
        } else {
            self.push_large(frame);
        }
    }

    /// Appends a frame that others have as well: a large one is not copied.
    pub(crate) fn push_shared(&mut self, frame: &Bytes) {
        self.count(frame.len());
        if frame.len() <= COPIED_FOR_EACH {
            self.copy(frame);
        } else {
            self.push_large(frame.clone());
        }
    }

    #[inline]
    fn count(&mut self, len: usize) {
        self.bytes += len;
        if let Some(lengths) = &mut self.lengths {
            lengths.push_back(len);
        }
    }

    #[inline]
    fn copy(&mut self, frame: &[u8]) {
        if self.tail.capacity() - self.tail.len() < frame.len() {
            self.make_room(frame.len());
        }
        self.tail.extend_from_slice(frame);
    }

    /// Begins the common buffer, or another when it is large already.
    #[cold]
    fn make_room(&mut self, len: usize) {
        if self.tail.len() + len > buffers::WRITE {
            self.end_tail();
        }
        if self.tail.capacity() == 0 {
            self.tail = buffers::to_write();
        }
    }

    fn push_large(&mut self, frame: Bytes) {
        self.end_tail();
        self.chunks.push_back(Chunk::Large(frame));
    }

    fn end_tail(&mut self) {
        if !self.tail.is_empty() {
            let tail = std::mem::take(&mut self.tail);
            self.chunks.push_back(Chunk::Small(tail, 0));
        }
    }

    /// Moves everything to `output`.
    pub(crate) fn take(&mut self, output: &mut Output) {
        output.append(&mut self.chunks, self.lengths.as_mut());
        if !self.tail.is_empty() {
            output.push_small(std::mem::take(&mut self.tail));
        }
    }

    /// Takes note that bytes are written.
    pub(crate) fn wrote(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
        self.written += bytes as u64;
    }

    /// Throws away what waits; it counts as not written for ever.
    pub(crate) fn clear(&mut self) {
        self.chunks = VecDeque::new();
        self.tail = Vec::new();
        if self.lengths.is_some() {
            self.tell_lengths();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_over_small_and_large_frames() {
        let mut outbox = Outbox::default();
        let large = Bytes::from(vec![7; COPIED + 1]);
        outbox.push(b"a");
        outbox.push_owned(large.clone());
        outbox.push(b"b");
        outbox.push(b"c");
        assert_eq!(outbox.bytes, COPIED + 4);
        let mut output = Output::default();
        outbox.take(&mut output);
        let all: Vec<u8> = output
            .chunks()
            .iter()
            .flat_map(|chunk| chunk.remaining().to_vec())
            .collect();
        assert_eq!(all, [b"a", &large[..], b"bc"].concat());
        assert!(outbox.is_empty());
        outbox.wrote(COPIED + 4);
        assert_eq!(outbox.bytes, 0);
    }

    #[test]
    fn place_is_reached_once_everything_up_to_it_is_written_and_flushed() {
        let mut outbox = Outbox::default();
        assert!(outbox.is_flushed(outbox.end()));
        outbox.push(b"abc");
        let place = outbox.end();
        outbox.await_flush(place);
        outbox.push(b"d");
        outbox.wrote(2);
        assert!(outbox.flushed());
        assert!(!outbox.is_flushed(place) && outbox.is_flush_awaited());
        outbox.wrote(1);
        assert!(!outbox.is_flushed(place) && outbox.is_flush_awaited());
        assert!(outbox.flushed());
        assert!(outbox.is_flushed(place) && !outbox.is_flush_awaited());
        assert!(!outbox.flushed());
        outbox.clear();
        assert_eq!(outbox.unwritten(), 1);
        assert!(!outbox.is_flushed(outbox.end()));
    }

    #[test]
    fn flush_is_work_once_something_is_written_for_it() {
        let mut outbox = Outbox::default();
        outbox.push(b"abc");
        outbox.await_flush(outbox.end());
        assert!(outbox.has_work());
        // The task has it, and may throw it away.
        outbox.take(&mut Output::default());
        assert!(outbox.is_flush_awaited() && !outbox.has_work());
        outbox.wrote(1);
        assert!(outbox.has_work());
        outbox.flushed();
        assert!(outbox.is_flush_awaited() && !outbox.has_work());
    }

    #[test]
    fn large_frame_fits_only_alone() {
        let mut outbox = Outbox::default();
        assert!(outbox.has_room(10, 5));
        outbox.push(b"a");
        assert!(outbox.has_room(4, 5));
        assert!(!outbox.has_room(5, 5));
    }
}
