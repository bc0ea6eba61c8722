//! What was read from a socket and is not used yet.

use bytes::{Bytes, BytesMut};

use crate::transport::buffers;

/// Room behind a large frame.
const SLACK: usize = 64;

/// What was read and is not used yet.
pub(super) struct Input {
    pub(super) bytes: BytesMut,
    /// Whether it is the thread's buffer.
    borrowed: bool,
    /// The capacity of one of its own.
    own: usize,
    /// Bytes came.
    pub(super) heard: bool,
}

impl Input {
    /// What was read already, before the connection began.
    pub(super) fn new(rest: Vec<u8>) -> Self {
        Self {
            bytes: BytesMut::from(Bytes::from(rest)),
            borrowed: false,
            own: 0,
            heard: false,
        }
    }

    /// Makes room for the next read: the thread's buffer, or one of its own for a frame that is larger, or that the connection
    /// has waited for.
    pub(super) fn reserve(&mut self, frame_len: usize) {
        if frame_len > buffers::READ {
            // A read that fills all the room leaves open whether there is more, and costs another to see that there is not.
            let wanted = frame_len.saturating_add(SLACK);
            let capacity = self.bytes.capacity();
            // A head by itself claims any length: beyond what a thread keeps, the room grows as the bytes come.
            if capacity < wanted.min(buffers::LARGE) {
                self.own(wanted.min(buffers::LARGE));
            } else if self.bytes.len() == capacity {
                self.own(wanted.min(capacity.saturating_mul(2)));
            }
            return;
        }
        if !self.borrowed {
            if self.bytes.len() < frame_len && frame_len <= self.bytes.capacity() {
                return;
            }
            let rest = std::mem::replace(&mut self.bytes, buffers::to_read());
            self.borrowed = true;
            self.bytes.extend_from_slice(&rest);
            self.disown(rest);
        }
        let len = self.bytes.len();
        let room = self.bytes.capacity() - len;
        // Where messages are kept that were read into it, the rest of it is used up before there is another.
        let missing = buffers::READ.saturating_sub(len);
        if !self.bytes.try_reclaim(missing) && room < buffers::READ / 2 {
            self.bytes.reserve(buffers::READ);
        }
    }

    /// Moves what is here into a buffer of its own and gives the thread's back.
    fn own(&mut self, capacity: usize) {
        let capacity = capacity.max(self.bytes.len());
        let mut own = buffers::own_to_read(capacity);
        self.own = own.capacity();
        own.extend_from_slice(&self.bytes);
        let buffer = std::mem::replace(&mut self.bytes, own);
        if std::mem::take(&mut self.borrowed) {
            buffers::is_read(buffer);
        }
    }

    /// Gives up a buffer of its own that is used up; the thread keeps a large one.
    fn disown(&mut self, own: BytesMut) {
        buffers::own_is_read(own, std::mem::take(&mut self.own));
    }

    /// Before the connection waits: the thread's buffer is for others, and an idle connection has none.
    pub(super) fn release(&mut self, frame_len: usize) {
        match (self.bytes.is_empty(), self.borrowed) {
            (true, true) => {
                self.borrowed = false;
                buffers::is_read(std::mem::take(&mut self.bytes));
            }
            (true, false) => {
                let own = std::mem::take(&mut self.bytes);
                self.disown(own);
            }
            (false, true) => self.own(frame_len),
            (false, false) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fills all the room that there is.
    fn fill(input: &mut Input, up_to: usize) {
        let room = input.bytes.capacity().min(up_to) - input.bytes.len();
        input.bytes.extend_from_slice(&vec![7; room]);
    }

    #[test]
    fn head_of_a_frame_claims_no_more_room_than_a_thread_keeps() {
        for len in [buffers::LARGE + 1, 1 << 62, usize::MAX] {
            let mut input = Input::new(Vec::new());
            input.reserve(len);
            let capacity = input.bytes.capacity();
            assert!(capacity <= buffers::LARGE, "{capacity} for {len}");
            // The same while it waits.
            input.bytes.extend_from_slice(b"head");
            input.release(len);
            input.reserve(len);
            let capacity = input.bytes.capacity();
            assert!(capacity <= buffers::LARGE, "{capacity} for {len}");
        }
    }

    #[test]
    fn room_for_a_large_frame_grows_with_what_has_come() {
        const LEN: usize = 3 * buffers::LARGE + 1;

        let mut input = Input::new(Vec::new());
        let mut steps = 0;
        while input.bytes.len() < LEN {
            input.reserve(LEN);
            let (len, capacity) = (input.bytes.len(), input.bytes.capacity());
            assert!(capacity > len, "there is room for a read");
            assert!(
                capacity <= buffers::LARGE.max(2 * len),
                "{capacity} for {len}"
            );
            fill(&mut input, LEN);
            steps += 1;
        }
        assert_eq!(steps, 3);
        assert!(input.bytes.capacity() <= LEN + SLACK);
    }

    #[test]
    fn frame_that_a_thread_keeps_room_for_gets_it_at_once() {
        const LEN: usize = buffers::LARGE / 2;

        let mut input = Input::new(Vec::new());
        input.reserve(LEN);
        fill(&mut input, LEN);
        assert_eq!(input.bytes.len(), LEN);
        assert!(
            input.bytes.capacity() > LEN,
            "a read sees that there is no more"
        );
    }
}
