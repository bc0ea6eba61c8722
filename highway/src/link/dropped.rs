//! Broadcasts that a connection of a server misses: how many, and what of it its client still has to be told.

use std::collections::BTreeMap;

/// What a server has dropped for one of its connections, or a client was told that its server has.
#[derive(Debug, Default)]
pub(super) struct Dropped {
    count: u64,
    /// The part of it that the client was told of.
    told: u64,
    /// Broadcasts by route from before the client has told its routes.
    early: BTreeMap<Box<str>, u64>,
}

impl Dropped {
    /// Counts broadcasts to a route that the client has.
    pub(super) fn add(&mut self, count: u64) {
        self.count = self.count.saturating_add(count);
    }

    /// Counts a broadcast of which is still open whether the client has its route. A client may have `routes` at most, so that
    /// no more of them are kept.
    pub(super) fn add_early(&mut self, route: &str, routes: usize) {
        let early = &mut self.early;
        if let Some(count) = early.get_mut(route) {
            *count = count.saturating_add(1);
        } else if early.len() < routes {
            early.insert(route.into(), 1);
        }
    }

    /// Counts what came too early for the routes that the client turned out to have, as `has_route` says, which learns of the
    /// count.
    pub(super) fn settle_early(&mut self, has_route: impl Fn(&str, u64) -> bool) {
        for (route, count) in std::mem::take(&mut self.early) {
            if has_route(&route, count) {
                self.add(count);
            }
        }
    }

    /// Everything that was dropped.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// What the client was not told of.
    pub(super) fn untold(&self) -> u64 {
        self.count - self.told
    }

    /// Takes note that the client is told of everything.
    pub(super) fn set_told(&mut self) {
        self.told = self.count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_not_told_again() {
        let mut dropped = Dropped::default();
        dropped.add(2);
        assert_eq!((dropped.count(), dropped.untold()), (2, 2));
        dropped.set_told();
        dropped.add(1);
        assert_eq!((dropped.count(), dropped.untold()), (3, 1));
    }

    #[test]
    fn early_broadcasts_count_for_the_routes_that_the_client_has() {
        let mut dropped = Dropped::default();
        for route in ["a", "b", "a", "c"] {
            dropped.add_early(route, 2);
        }
        assert_eq!(dropped.count(), 0);
        dropped.settle_early(|route, _| route != "b");
        assert_eq!(dropped.count(), 2, "there was no room for «c»");
        dropped.settle_early(|_, _| true);
        assert_eq!(dropped.count(), 2);
    }
}
