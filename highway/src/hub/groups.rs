//! Connections in groups: all of a server's, those in a room.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{link::Link, wire::ConnectionId};

/// Connections as they were at one moment, which costs nothing to take.
pub(crate) type Snapshot = Arc<Vec<Arc<Link>>>;

/// A group of connections. Whoever sends to it shares the list; it is copied only when the group changes meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Group {
    links: Snapshot,
    places: HashMap<ConnectionId, usize>,
}

impl Group {
    pub(crate) fn len(&self) -> usize {
        self.links.len()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Arc::clone(&self.links)
    }

    pub(crate) fn get(&self, id: ConnectionId) -> Option<&Arc<Link>> {
        self.links.get(*self.places.get(&id)?)
    }

    /// Whether it was not in it before.
    pub(crate) fn insert(&mut self, link: Arc<Link>) -> bool {
        if self.places.contains_key(&link.id) {
            return false;
        }
        self.places.insert(link.id, self.links.len());
        Arc::make_mut(&mut self.links).push(link);
        true
    }

    pub(crate) fn remove(&mut self, id: ConnectionId) {
        let Some(place) = self.places.remove(&id) else {
            return;
        };
        let links = Arc::make_mut(&mut self.links);
        links.swap_remove(place);
        if let Some(moved) = links.get(place) {
            self.places.insert(moved.id, place);
        }
    }
}

/// What one connection may take in groups.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupLimits {
    /// The groups that it may be in.
    pub(crate) count: usize,
    /// The bytes of their names.
    pub(crate) bytes: usize,
}

/// Groups with names. One that is empty is none, and a connection that is in none costs nothing.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    by_name: HashMap<Arc<str>, Group>,
    memberships: HashMap<ConnectionId, Membership>,
}

/// The groups that a connection is in.
#[derive(Debug, Default)]
struct Membership {
    names: HashSet<Arc<str>>,
    bytes: usize,
}

impl Groups {
    /// Whether the connection is in it now, be it since before.
    pub(crate) fn join(&mut self, link: &Arc<Link>, name: &str, limits: GroupLimits) -> bool {
        let (count, bytes) = self
            .memberships
            .get(&link.id)
            .map_or((0, 0), |of| (of.names.len(), of.bytes));
        let group = self.by_name.get_key_value(name);
        if group.is_some_and(|(_, group)| group.get(link.id).is_some()) {
            return true;
        }
        if count >= limits.count || bytes.saturating_add(name.len()) > limits.bytes {
            return false;
        }
        let name = group.map_or_else(|| Arc::from(name), |(name, _)| Arc::clone(name));
        let of = self.memberships.entry(link.id).or_default();
        of.bytes += name.len();
        of.names.insert(Arc::clone(&name));
        self.by_name
            .entry(name)
            .or_default()
            .insert(Arc::clone(link))
    }

    /// Whether the connection was in it.
    pub(crate) fn leave(&mut self, id: ConnectionId, name: &str) -> bool {
        let Some(of) = self.memberships.get_mut(&id) else {
            return false;
        };
        if !of.names.remove(name) {
            return false;
        }
        of.bytes -= name.len();
        if of.names.is_empty() {
            self.memberships.remove(&id);
        }
        self.remove(id, name);
        true
    }

    pub(crate) fn leave_all(&mut self, id: ConnectionId) {
        let of = self.memberships.remove(&id).unwrap_or_default();
        for name in of.names {
            self.remove(id, &name);
        }
    }

    fn remove(&mut self, id: ConnectionId, name: &str) {
        if let Some(group) = self.by_name.get_mut(name) {
            group.remove(id);
            if group.len() == 0 {
                self.by_name.remove(name);
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Group> {
        self.by_name.get(name)
    }

    /// The names of all groups, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        sorted(self.by_name.keys())
    }

    /// The names of the groups that a connection is in, sorted.
    pub(crate) fn of(&self, id: ConnectionId) -> Vec<String> {
        self.memberships
            .get(&id)
            .map_or_else(Vec::new, |of| sorted(of.names.iter()))
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a Arc<str>>) -> Vec<String> {
    let mut names: Vec<_> = names.map(ToString::to_string).collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::proto::Role;

    const LIMITS: GroupLimits = GroupLimits { count: 3, bytes: 7 };

    #[derive(Debug, Clone)]
    enum Step {
        Join(u64, String),
        Leave(u64, String),
        LeaveAll(u64),
        /// Somebody sends for a while.
        Hold(String),
    }

    fn step() -> impl Strategy<Value = Step> {
        let id = 0..6u64;
        let name = "[ab]{0,3}";
        prop_oneof![
            4 => (id.clone(), name).prop_map(|(id, name)| Step::Join(id, name)),
            2 => (id.clone(), name).prop_map(|(id, name)| Step::Leave(id, name)),
            1 => id.prop_map(Step::LeaveAll),
            1 => name.prop_map(Step::Hold),
        ]
    }

    fn ids(links: &[Arc<Link>]) -> BTreeSet<u64> {
        let ids: BTreeSet<_> = links.iter().map(|link| link.id.0).collect();
        assert_eq!(ids.len(), links.len(), "nobody is in it twice");
        ids
    }

    fn link(id: u64) -> Arc<Link> {
        Arc::new(Link::new(
            ConnectionId(id),
            None,
            Role::Server,
            Arc::default(),
            Arc::default(),
        ))
    }

    #[test]
    fn list_is_copied_only_when_somebody_comes_or_goes_while_it_is_sent_to() {
        let mut group = Group::default();
        let first = Arc::as_ptr(&group.snapshot());
        for id in 0..10_000 {
            group.insert(link(id));
            assert_eq!(group.snapshot().len(), group.len());
        }
        assert_eq!(Arc::as_ptr(&group.snapshot()), first);
        let sending = group.snapshot();
        group.remove(ConnectionId(3));
        assert_eq!((sending.len(), group.len()), (10_000, 9_999));
        let copy = Arc::as_ptr(&group.snapshot());
        for id in (0..10_000).filter(|id| *id != 3) {
            group.remove(ConnectionId(id));
        }
        assert_eq!(Arc::as_ptr(&group.snapshot()), copy);
        assert!(group.links.is_empty() && group.places.is_empty());
    }

    proptest! {
        #[test]
        fn groups_are_what_a_naive_model_is(steps in prop::collection::vec(step(), 0..200)) {
            let mut groups = Groups::default();
            let mut model: BTreeSet<(String, u64)> = BTreeSet::new();
            let mut held: Vec<(Snapshot, BTreeSet<u64>)> = Vec::new();
            let of = |model: &BTreeSet<(String, u64)>, id: u64| -> Vec<String> {
                model.iter().filter(|(_, of)| *of == id).map(|(name, _)| name.clone()).collect()
            };
            let within = |model: &BTreeSet<(String, u64)>, name: &str| -> BTreeSet<u64> {
                model.iter().filter(|(of, _)| of == name).map(|(_, id)| *id).collect()
            };
            for step in steps {
                match step {
                    Step::Join(id, name) => {
                        let now = of(&model, id);
                        let bytes: usize = now.iter().map(String::len).sum();
                        let joins = now.contains(&name)
                            || now.len() < LIMITS.count && bytes + name.len() <= LIMITS.bytes;
                        prop_assert_eq!(groups.join(&link(id), &name, LIMITS), joins);
                        if joins {
                            model.insert((name, id));
                        }
                    }
                    Step::Leave(id, name) => {
                        prop_assert_eq!(
                            groups.leave(ConnectionId(id), &name),
                            model.remove(&(name, id))
                        );
                    }
                    Step::LeaveAll(id) => {
                        groups.leave_all(ConnectionId(id));
                        model.retain(|(_, of)| *of != id);
                    }
                    Step::Hold(name) => {
                        let snapshot = groups.get(&name).map(Group::snapshot).unwrap_or_default();
                        held.push((snapshot, within(&model, &name)));
                    }
                }
                let names: BTreeSet<_> = model.iter().map(|(name, _)| name.clone()).collect();
                prop_assert_eq!(groups.names(), Vec::from_iter(names));
                for name in groups.names() {
                    let group = groups.get(&name).unwrap();
                    let expected = within(&model, &name);
                    prop_assert_eq!(&ids(&group.snapshot()), &expected);
                    for id in 0..6 {
                        let found = group.get(ConnectionId(id)).map(|link| link.id.0);
                        prop_assert_eq!(found, expected.contains(&id).then_some(id));
                    }
                }
                for id in 0..6 {
                    prop_assert_eq!(groups.of(ConnectionId(id)), of(&model, id));
                }
                for (snapshot, then) in &held {
                    prop_assert_eq!(&ids(snapshot), then);
                }
            }
            for id in 0..6 {
                groups.leave_all(ConnectionId(id));
            }
            prop_assert!(groups.by_name.is_empty() && groups.memberships.is_empty());
        }
    }
}
