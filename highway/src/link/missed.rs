//! Counting and telling the broadcasts that were missed.

use super::{Link, state::State};
use crate::{metrics::Slot, proto::Role, wire::Kind};

/// The bytes of a sealed message that tells what was missed.
const MISSED: usize = 14;

impl Link {
    /// The number of broadcasts that the client at one end of the connection has missed.
    pub(crate) fn missed(&self) -> u64 {
        self.lock("look what was missed").dropped.count()
    }

    /// Takes note of broadcasts that this client has missed, as its server tells.
    pub(crate) fn count_missed(&self, more: u64) {
        debug_assert!(self.role() == Role::Client);
        self.lock("count what was missed").dropped.add(more);
    }

    /// Takes note of a broadcast that the peer misses.
    pub(crate) fn misses(&self, route: Slot) {
        self.meter.dropped(route, 1);
        self.dropped(&mut self.lock("count what the peer misses"), 1);
    }

    /// Takes note of a broadcast to a peer that has not told its routes yet: it misses it if it turns out to have the route.
    pub(crate) fn misses_early(&self, route: &str) {
        let mut state = self.lock("count what came too early");
        if state.stage.is_closing() {
            return;
        }
        match self.peer.get() {
            None => state.dropped.add_early(route, self.limits.peer_routes),
            // It has told them meanwhile.
            Some(peer) if peer.table.id(route).is_some() => {
                self.meter.dropped(self.meter.slot(route), 1);
                self.dropped(&mut state, 1);
            }
            Some(_) => {}
        }
    }

    /// Counts broadcasts that the peer misses. It is told with what is written next, or now when nothing waits to be written.
    pub(super) fn dropped(&self, state: &mut State, count: u64) {
        state.dropped.add(count);
        if state.outbox.unwritten() == 0 {
            self.tell_missed(state);
        }
    }

    /// Tells the peer how many broadcasts it missed, if there is something to tell and room for it.
    pub(super) fn tell_missed(&self, state: &mut State) {
        let untold = state.dropped.untold();
        if untold == 0
            || !self.role().sends(Kind::Missed)
            || state.stage.is_closing()
            || state.conversations.is_none()
            || !state.outbox.has_room(MISSED, self.limits.outbox_bytes)
        {
            return;
        }
        state.push(self.framing.missed(untold));
        state.dropped.set_told();
    }
}
