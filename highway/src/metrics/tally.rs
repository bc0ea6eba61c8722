//! Messages of one route, before they are added to what is counted.

use super::Slot;

/// As what a message is counted: its route, and its length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CountedAs {
    pub(crate) route: Slot,
    pub(crate) bytes: usize,
}

/// Messages of one route that came or went one after the other, which their connection counts by itself: many of them are added to
/// what all connections share at once.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    slot: Slot,
    messages: u64,
    bytes: u64,
}

impl Tally {
    /// Counts a message; `add` takes those of another route before it.
    #[inline]
    pub(crate) fn count(&mut self, slot: Slot, bytes: usize, add: impl FnOnce(Slot, u64, u64)) {
        if self.slot != slot {
            self.change(slot, add);
        }
        self.messages += 1;
        self.bytes += bytes as u64;
    }

    #[cold]
    fn change(&mut self, slot: Slot, add: impl FnOnce(Slot, u64, u64)) {
        self.settle(add);
        self.slot = slot;
    }

    /// Gives what was counted to `add`.
    #[inline]
    pub(crate) fn settle(&mut self, add: impl FnOnce(Slot, u64, u64)) {
        if self.messages > 0 {
            add(self.slot, self.messages, self.bytes);
            self.messages = 0;
            self.bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::RouteId;

    #[test]
    fn what_is_counted_is_given_when_another_route_follows_and_once() {
        let mut tally = Tally::default();
        let mut given = Vec::new();
        for (route, bytes) in [(1, 5), (1, 6), (2, 7)] {
            tally.count(Slot::of(RouteId(route)), bytes, |slot, messages, bytes| {
                given.push((slot, messages, bytes));
            });
        }
        for _ in 0..2 {
            tally.settle(|slot, messages, bytes| given.push((slot, messages, bytes)));
        }
        let of = |id| Slot::of(RouteId(id));
        assert_eq!(given, [(of(1), 2, 11), (of(2), 1, 7)]);
    }
}
