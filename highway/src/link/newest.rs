//! What is kept for a connection that does not keep up: the newest message to each of its routes.

use std::collections::VecDeque;

use bytes::Bytes;

use super::outbox::Outbox;
use crate::{
    metrics::{CountedAs, Slot},
    wire::RouteId,
};

/// Messages that wait for room in the outbox, one for each route at most.
#[derive(Debug, Default)]
pub(crate) struct Newest {
    /// The oldest first.
    kept: VecDeque<Kept>,
    bytes: usize,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) id: RouteId,
    pub(crate) frame: Bytes,
    pub(crate) counted: CountedAs,
}

impl Newest {
    /// Keeps a frame that has no room; `given_up` learns which others are for that: an older one to the same route, and the
    /// oldest that are over the limit. A frame that is over the limit by itself is kept alone.
    pub(crate) fn keep(&mut self, kept: Kept, limit: usize, given_up: &mut impl FnMut(Slot)) {
        self.supersede(kept.id, given_up);
        let len = kept.frame.len();
        while self.bytes.saturating_add(len) > limit
            && let Some(older) = self.pop()
        {
            given_up(older.counted.route);
        }
        self.bytes += len;
        self.kept.push_back(kept);
    }

    /// Gives up what is kept for a route that something newer is sent to, which `given_up` learns.
    pub(crate) fn supersede(&mut self, route: RouteId, given_up: &mut impl FnMut(Slot)) {
        let Some(index) = self.kept.iter().position(|kept| kept.id == route) else {
            return;
        };
        if let Some(older) = self.kept.remove(index) {
            self.bytes -= older.frame.len();
            given_up(older.counted.route);
        }
    }

    fn pop(&mut self) -> Option<Kept> {
        let kept = self.kept.pop_front()?;
        self.bytes -= kept.frame.len();
        Some(kept)
    }

    /// Moves what has room into the outbox, of which `written` bytes are gone; `sent` learns of each. One frame goes whenever it
    /// fits, but all together get half of the room only: the rest is for those who wait for it.
    pub(crate) fn fill(
        &mut self,
        outbox: &mut Outbox,
        written: usize,
        limit: usize,
        mut sent: impl FnMut(&Kept),
    ) {
        let mut left = written / 2;
        let mut first = true;
        while let Some(kept) = self.kept.front() {
            let len = kept.frame.len();
            if !(first || len <= left) || !outbox.has_room(len, limit) {
                return;
            }
            outbox.push_shared(&kept.frame);
            sent(kept);
            self.pop();
            left = left.saturating_sub(len);
            first = false;
        }
    }

    /// Moves everything into the outbox, room or not: nothing more comes. `sent` learns of each.
    pub(crate) fn empty_into(&mut self, outbox: &mut Outbox, mut sent: impl FnMut(&Kept)) {
        for kept in std::mem::take(self).kept {
            outbox.push_shared(&kept.frame);
            sent(&kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(route: u16, text: &str) -> Kept {
        Kept {
            id: RouteId(route),
            frame: Bytes::copy_from_slice(text.as_bytes()),
            counted: CountedAs {
                route: Slot::of(RouteId(route)),
                bytes: text.len(),
            },
        }
    }

    /// Keeps messages, as route and text, and checks which remain and how many are given up.
    #[track_caller]
    fn check(limit: usize, messages: &[(u16, &str)], remaining: &[&str], given_up: u64) {
        let mut newest = Newest::default();
        let mut count = 0;
        for (route, text) in messages {
            newest.keep(kept(*route, text), limit, &mut |_| count += 1);
        }
        let frames: Vec<_> = newest.kept.iter().map(|kept| &kept.frame).collect();
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
            newest.keep(kept(route, text), 100, &mut |_| {});
        }
        let mut check = |written: usize, taken: usize| {
            let before = outbox.unwritten() - written;
            outbox.wrote(written);
            let mut sent = 0;
            newest.fill(&mut outbox, written, 10, |kept| sent += kept.counted.bytes);
            assert_eq!(outbox.unwritten() - before, taken);
            assert_eq!(sent, taken);
        };
        check(3, 0); // no room for the first
        check(1, 4); // it is larger than half of what is written
        check(4, 2);
        check(8, 1);
    }
}
