//! A server's connections: who is there, under which names and in which rooms.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    Address, LagPolicy, Target,
    groups::{Group, GroupLimits, Groups, Snapshot},
};
use crate::{
    error::{Error, Result, TargetError},
    limits::ServerLimits,
    link::Link,
    metrics::{Meter, Metrics, Present},
    wire::ConnectionId,
};

/// The most bytes of a connection's name.
const NAME_BYTES: usize = 1024;

/// A server's connections.
#[derive(Debug)]
pub(crate) struct Members {
    lists: Mutex<Lists>,
    /// What happens to those who don't keep up, unless a send says otherwise.
    pub(crate) lagging: LagPolicy,
    pub(crate) write_timeout: Duration,
    rooms: GroupLimits,
}

#[derive(Debug, Default)]
struct Lists {
    everyone: Group,
    rooms: Groups,
    /// Those who share a name are a group.
    names: Groups,
}

impl Lists {
    fn leave_all(&mut self, id: ConnectionId) {
        self.rooms.leave_all(id);
        self.names.leave_all(id);
    }
}

impl Default for Members {
    fn default() -> Self {
        Self::new(&ServerLimits::default(), LagPolicy::default())
    }
}

impl Members {
    pub(crate) fn new(limits: &ServerLimits, lagging: LagPolicy) -> Self {
        Self {
            lists: Mutex::default(),
            lagging,
            write_timeout: limits.write_timeout,
            rooms: GroupLimits {
                count: limits.rooms,
                bytes: limits.rooms_bytes,
            },
        }
    }

    /// Nothing that can panic runs while the lock is held, so a poisoned one is as good as any. Under it a connection's own
    /// lock may be taken, never the other way round.
    fn lock(&self) -> MutexGuard<'_, Lists> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn insert(&self, link: Arc<Link>) {
        self.lock().everyone.insert(link);
    }

    pub(crate) fn remove(&self, id: ConnectionId) {
        let mut lists = self.lock();
        lists.everyone.remove(id);
        lists.leave_all(id);
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().everyone.len()
    }

    pub(crate) fn everyone(&self) -> Snapshot {
        self.lock().everyone.snapshot()
    }

    /// The connection with a number.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn get(&self, id: ConnectionId) -> Result<Arc<Link>> {
        let lists = self.lock();
        let link = lists.everyone.get(id).map(Arc::clone);
        link.ok_or(Error::Target(TargetError::NoSuchConnection(id)))
    }

    /// # Errors
    /// When the connection is closing, or is in as many rooms as it may be.
    pub(crate) fn join(&self, link: &Arc<Link>, room: &str) -> Result {
        let mut lists = self.lock();
        // Under the lock: what closes later leaves later, too.
        if let Some(close) = link.closing() {
            return Err(Error::Closed(close));
        }
        if lists.rooms.join(link, room, self.rooms) {
            Ok(())
        } else {
            Err(Error::Target(TargetError::TooManyRooms {
                rooms: self.rooms.count,
                bytes: self.rooms.bytes,
            }))
        }
    }

    /// Whether the connection was in the room.
    pub(crate) fn leave(&self, id: ConnectionId, room: &str) -> bool {
        self.lock().rooms.leave(id, room)
    }

    /// Leaves everything that a connection can be in.
    pub(crate) fn leave_all(&self, id: ConnectionId) {
        self.lock().leave_all(id);
    }

    /// The rooms that a connection is in.
    pub(crate) fn rooms_of(&self, id: ConnectionId) -> Vec<String> {
        self.lock().rooms.of(id)
    }

    /// The rooms that somebody is in.
    pub(crate) fn rooms(&self) -> Vec<String> {
        self.lock().rooms.names()
    }

    /// Gives a connection a name in place of the one that it had.
    ///
    /// # Errors
    /// When the connection is closing, or the name is too long.
    pub(crate) fn set_name(&self, link: &Arc<Link>, name: &str) -> Result {
        let limits = GroupLimits {
            count: 1,
            bytes: NAME_BYTES,
        };
        if name.len() > limits.bytes {
            return Err(Error::Target(TargetError::NameTooLong {
                bytes: limits.bytes,
            }));
        }
        let mut lists = self.lock();
        if let Some(close) = link.closing() {
            return Err(Error::Closed(close));
        }
        lists.names.leave_all(link.id);
        lists.names.join(link, name, limits);
        Ok(())
    }

    /// Takes its name away from a connection.
    pub(crate) fn clear_name(&self, id: ConnectionId) {
        self.lock().names.leave_all(id);
    }

    /// The name of a connection.
    pub(crate) fn name_of(&self, id: ConnectionId) -> Option<String> {
        self.lock().names.of(id).pop()
    }

    /// The names that connections have.
    pub(crate) fn names(&self) -> Vec<String> {
        self.lock().names.names()
    }

    /// What the server, or a client, has counted.
    pub(crate) fn metrics(&self, meter: &Meter) -> Metrics {
        let rooms = self.lock().rooms.len();
        // Hardly any server has had pipes.
        let pipes = meter.relays().then(|| self.pipes());
        meter.snapshot(Present { rooms, pipes })
    }

    /// The pipes that go through the server.
    pub(crate) fn pipes(&self) -> usize {
        let ends: usize = self.everyone().iter().map(|link| link.relayed()).sum();
        // Each goes through two connections.
        ends / 2
    }

    /// The connections that a target stands for, each once.
    pub(crate) fn find(&self, target: &(impl Target + ?Sized)) -> Snapshot {
        let mut parts = Vec::new();
        // The lock is taken for each, as a target may be anybody's code.
        target.addresses(&mut |address| parts.extend(self.part(address)));
        if parts.len() > 1 {
            let mut links: Vec<_> = parts.iter().flat_map(|part| part.iter().cloned()).collect();
            links.sort_unstable_by_key(|link| link.id);
            links.dedup_by_key(|link| link.id);
            return Arc::new(links);
        }
        parts.pop().unwrap_or_default()
    }

    fn part(&self, address: Address<'_>) -> Option<Snapshot> {
        let lists = self.lock();
        match address {
            Address::Id(id) => {
                let link = lists.everyone.get(id)?;
                Some(Arc::new(vec![Arc::clone(link)]))
            }
            Address::Room(room) => lists.rooms.get(room).map(Group::snapshot),
            Address::Named(name) => lists.names.get(name).map(Group::snapshot),
        }
    }
}
