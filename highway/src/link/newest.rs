//! What is kept for a connection that does not keep up: the newest message to each of its routes.

use std::collections::VecDeque;

use bytes::Bytes;

use super::outbox::Outbox;
use crate::wire::RouteId;

/// Messages that wait for room in the outbox, one for each route at most.
#[derive(Debug, Default)]
pub(crate) struct Newest {
    /// The oldest first.
    frames: VecDeque<(RouteId, Bytes)>,
    bytes: usize,
}

impl Newest {
    /// Keeps a frame that has no room, and gives back how many others are given up for that: an older one to the same route,
    /// and the oldest that are over the limit. A frame that is over the limit by itself is kept alone.
    pub(crate) fn keep(&mut self, route: RouteId, frame: &Bytes, limit: usize) -> u64 {
        let mut given_up = self.supersede(route);
        while self.bytes.saturating_add(frame.len()) > limit && self.pop().is_some() {
            given_up += 1;
        }
        self.bytes += frame.len();
        self.frames.push_back((route, frame.clone()));
        given_up
    }

    /// Gives up what is kept for a route that something newer is sent to; gives back how many messages that is.
    pub(crate) fn supersede(&mut self, route: RouteId) -> u64 {
        let Some(index) = self.frames.iter().position(|(of, _)| *of == route) else {
            return 0;
        };
        if let Some((_, frame)) = self.frames.remove(index) {
            self.bytes -= frame.len();
        }
        1
    }

    fn pop(&mut self) -> Option<Bytes> {
        let (_, frame) = self.frames.pop_front()?;
        self.bytes -= frame.len();
        Some(frame)
    }

    /// Moves what has room into the outbox, of which `written` bytes are gone. One frame goes whenever it fits, but all
    /// together get half of the room only: the rest is for those who wait for it.
    pub(crate) fn fill(&mut self, outbox: &mut Outbox, written: usize, limit: usize) {
        let mut left = written / 2;
        let mut first = true;
        while let Some((_, frame)) = self.frames.front() {
            let len = frame.len();
            if !(first || len <= left) || !outbox.has_room(len, limit) {
                return;
            }
            outbox.push_shared(frame);
            self.pop();
            left = left.saturating_sub(len);
            first = false;
        }
    }

    /// Moves everything into the outbox, room or not: nothing more comes.
    pub(crate) fn empty_into(&mut self, outbox: &mut Outbox) {
        for (_, frame) in std::mem::take(self).frames {
            outbox.push_shared(&frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str) -> Bytes {
        Bytes::copy_from_slice(text.as_bytes())
    }

    /// Keeps messages, as route and text, and checks which remain and how many are given up.
    #[track_caller]
    fn check(limit: usize, messages: &[(u16, &str)], remaining: &[&str], given_up: u64) {
        let mut newest = Newest::default();
        let mut count = 0;
        for (route, text) in messages {
            count += newest.keep(RouteId(*route), &frame(text), limit);
        }
        let frames: Vec<_> = newest.frames.iter().map(|(_, frame)| frame).collect();
        assert_eq!(frames, remaining);
        assert_eq!(count, given_up);
        let bytes: usize = remaining.iter().map(|text| text.len()).sum();
        assert_eq!(newest.bytes, bytes);
    }

    #[test]
    fn newest_of_each_route_is_kept() {
        check(
            9,
            &[(1, "a"), (2, "b"), (1, "cc"), (1, "d")],
            &["b", "d"],
            2,
        );
    }

    #[test]
    fn oldest_are_given_up_when_there_are_too_many_bytes() {
        check(5, &[(1, "aa"), (2, "bb"), (3, "cc")], &["bb", "cc"], 1);
        check(5, &[(1, "aa"), (2, "bb"), (3, "ccccc")], &["ccccc"], 2);
        // What it replaces makes room for it.
        check(5, &[(1, "aa"), (2, "bb"), (1, "ccc")], &["bb", "ccc"], 1);
    }

    #[test]
    fn message_over_the_limit_is_kept_alone() {
        check(5, &[(1, "aa"), (2, "too large")], &["too large"], 1);
        check(5, &[(1, "too large"), (2, "bb")], &["bb"], 1);
    }

    #[test]
    fn half_of_the_room_is_left_to_others_but_one_message_always_goes() {
        let mut outbox = Outbox::default();
        outbox.push(&[0; 10]);
        let mut newest = Newest::default();
        for (route, text) in (0..).zip(["aaaa", "b", "c", "d"]) {
            newest.keep(RouteId(route), &frame(text), 100);
        }
        let mut check = |written: usize, taken: usize| {
            let before = outbox.unwritten() - written;
            outbox.wrote(written);
            newest.fill(&mut outbox, written, 10);
            assert_eq!(outbox.unwritten() - before, taken);
        };
        check(3, 0); // no room for the first
        check(1, 4); // it is larger than half of what is written
        check(4, 2);
        check(8, 1);
    }
}
