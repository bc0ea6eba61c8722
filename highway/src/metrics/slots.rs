//! Where a route is counted.

use std::{
    collections::HashMap,
    iter,
    sync::{
        OnceLock, PoisonError, RwLock,
        atomic::{AtomicU32, Ordering},
    },
};

use super::OTHER;
use crate::wire::RouteId;

/// The routes that are counted by themselves though nothing declares them, as this side has sent to them.
const LEARNED: usize = SEGMENT * SEGMENTS;

/// So many have their counters made together.
const SEGMENT: usize = 16;
const SEGMENTS: usize = 8;

/// The most bytes of the name of one.
const LONGEST: usize = 128;

/// Where a route is counted: a route of this side at its id; behind those the routes that the peer is declared to serve, and then
/// others that this side sends to. 0 is for what is too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Slot(u32);

impl Slot {
    pub(crate) const OTHER: Self = Self(0);

    /// A route of this side.
    #[inline]
    pub(crate) fn of(id: RouteId) -> Self {
        Self(id.0.into())
    }

    fn index(self) -> usize {
        self.0 as usize
    }
}

/// The slot of a peer's route, once something was sent there.
#[derive(Debug, Default)]
pub(crate) struct SlotCell(AtomicU32);

impl SlotCell {
    /// The slot, once it is set.
    #[inline]
    pub(crate) fn known(&self) -> Option<Slot> {
        self.0.load(Ordering::Relaxed).checked_sub(1).map(Slot)
    }

    /// Sets it; two that do so at a time have found the same.
    pub(crate) fn set(&self, slot: Slot) {
        self.0.store(slot.0.saturating_add(1), Ordering::Relaxed);
    }
}

/// Where something is counted is nothing that the peer told.
impl PartialEq for SlotCell {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for SlotCell {}

impl Clone for SlotCell {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// The names of the routes that are counted.
#[derive(Debug)]
pub(super) struct Names {
    /// By slot.
    declared: Vec<&'static str>,
    by_name: HashMap<&'static str, Slot>,
    learned: RwLock<Vec<Box<str>>>,
}

impl Names {
    /// The names of this side's routes in the order of their ids, and of those that the peer is declared to serve.
    pub(super) fn new(
        served: impl IntoIterator<Item = &'static str>,
        peer: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let mut declared = vec![OTHER];
        let mut by_name = HashMap::new();
        for name in served.into_iter().chain(peer) {
            by_name.entry(name).or_insert_with(|| {
                declared.push(name);
                Slot(u32::try_from(declared.len() - 1).unwrap_or(0))
            });
        }
        Self {
            declared,
            by_name,
            learned: RwLock::default(),
        }
    }

    /// The declared routes, and one for all that are too many.
    pub(super) fn declared(&self) -> usize {
        self.declared.len()
    }

    /// The slot of a route that this side sends to.
    pub(super) fn slot(&self, name: &str) -> Slot {
        if let Some(slot) = self.by_name.get(name) {
            return *slot;
        }
        let nth = |nth: usize| u32::try_from(self.declared.len() + nth).map_or(Slot::OTHER, Slot);
        let find = |learned: &[Box<str>]| learned.iter().position(|known| **known == *name);
        let known = find(&self.learned.read().unwrap_or_else(PoisonError::into_inner));
        if let Some(known) = known {
            return nth(known);
        }
        let mut learned = self.learned.write().unwrap_or_else(PoisonError::into_inner);
        match find(&learned) {
            Some(known) => nth(known),
            None if learned.len() < LEARNED && name.len() <= LONGEST => {
                learned.push(name.into());
                nth(learned.len() - 1)
            }
            None => Slot::OTHER,
        }
    }

    /// Lets `look` see the name in a slot.
    pub(super) fn with(&self, slot: Slot, look: impl FnOnce(&str)) {
        if let Some(declared) = self.declared.get(slot.index()) {
            return look(declared);
        }
        let learned = self.learned.read().unwrap_or_else(PoisonError::into_inner);
        let name = learned.get(slot.index() - self.declared.len());
        look(name.map_or(OTHER, |name| name));
    }

    /// All of them with their slots, the declared ones first.
    pub(super) fn all(&self) -> Vec<(Slot, String)> {
        let learned = self.learned.read().unwrap_or_else(PoisonError::into_inner);
        let declared = self.declared.iter().map(|name| (*name).to_owned());
        let names = declared.chain(learned.iter().map(ToString::to_string));
        (0..).map(Slot).zip(names).collect()
    }
}

/// Something for each route.
#[derive(Debug)]
pub(super) struct Slots<T> {
    declared: Box<[T]>,
    learned: [OnceLock<Box<[T]>>; SEGMENTS],
}

impl<T: Default> Slots<T> {
    pub(super) fn new(declared: usize) -> Self {
        Self {
            declared: some(declared),
            learned: Default::default(),
        }
    }

    /// That of a route.
    #[inline]
    pub(super) fn get(&self, slot: Slot) -> Option<&T> {
        let index = slot.index();
        if let Some(declared) = self.declared.get(index) {
            return Some(declared);
        }
        let learned = index - self.declared.len();
        let segment = self.learned.get(learned / SEGMENT)?;
        segment.get_or_init(|| some(SEGMENT)).get(learned % SEGMENT)
    }
}

fn some<T: Default>(count: usize) -> Box<[T]> {
    iter::repeat_with(T::default).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_of_this_side_are_at_their_ids_and_those_of_the_peer_behind_them() {
        let names = Names::new(["a", "b"], ["b", "c"]);
        let slots = ["a", "b", "c", "d", "e", "d"].map(|name| names.slot(name).0);
        assert_eq!(slots, [1, 2, 3, 4, 5, 4]);
        assert_eq!(Slot::of(RouteId(2)), names.slot("b"));
        let all: Vec<_> = names.all().into_iter().map(|(_, name)| name).collect();
        assert_eq!(all, [OTHER, "a", "b", "c", "d", "e"]);
    }

    #[test]
    fn names_that_are_too_many_or_too_long_are_counted_together() {
        let names = Names::new(["a"], []);
        assert_eq!(names.slot(&"x".repeat(LONGEST + 1)), Slot::OTHER);
        let slots: Slots<AtomicU32> = Slots::new(names.declared());
        for number in 0..LEARNED * 2 {
            let slot = names.slot(&number.to_string());
            assert_eq!(slot == Slot::OTHER, number >= LEARNED);
            let count = slots.get(slot).expect("each is counted");
            count.fetch_add(1, Ordering::Relaxed);
        }
        let counts = names.all().into_iter().map(|(slot, _)| {
            let count = slots.get(slot).expect("each is counted");
            count.load(Ordering::Relaxed) as usize
        });
        let counts: Vec<_> = counts.collect();
        assert_eq!(counts.len(), LEARNED + 2);
        assert_eq!(counts.first(), Some(&LEARNED));
        assert!(counts.iter().skip(2).all(|count| *count == 1));
        assert!(slots.get(Slot(u32::MAX)).is_none());
    }

    #[test]
    fn cell_keeps_its_slot() {
        for slot in [Slot(7), Slot::OTHER] {
            let cell = SlotCell::default();
            assert_eq!(cell.known(), None);
            cell.set(slot);
            assert_eq!(cell.known(), Some(slot));
        }
    }
}
