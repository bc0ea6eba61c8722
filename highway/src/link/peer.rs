//! What the peer told, at which every message that is sent looks: outside of the state's lock.

use std::sync::{
    Arc, OnceLock, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use crate::proto::session::Peer;

/// What the peer told in the meta exchange, without the routes that are not agreed about; replaced as a whole.
///
/// It is set under the state's lock. A peer hardly ever tells its routes again, so that reading the first takes no lock.
#[derive(Debug, Default)]
pub(super) struct PeerCell {
    first: OnceLock<Arc<Peer>>,
    replaced: AtomicBool,
    /// What replaced the first. Nothing else is locked under it.
    latest: RwLock<Option<Arc<Peer>>>,
}

impl PeerCell {
    /// Takes note of what the peer told.
    pub(super) fn set(&self, peer: Arc<Peer>) {
        if let Err(peer) = self.first.set(peer) {
            *self.latest.write().unwrap_or_else(PoisonError::into_inner) = Some(peer);
            self.replaced.store(true, Ordering::Release);
        }
    }

    /// What the peer told last.
    pub(super) fn get(&self) -> Option<Arc<Peer>> {
        self.with(Arc::clone)
    }

    /// Looks at what the peer told last, if it has told anything.
    #[inline]
    pub(super) fn with<T>(&self, look: impl Fn(&Arc<Peer>) -> T) -> Option<T> {
        if self.replaced.load(Ordering::Acquire) {
            self.with_latest(&look)
        } else {
            self.first.get().map(look)
        }
    }

    #[cold]
    fn with_latest<T>(&self, look: &dyn Fn(&Arc<Peer>) -> T) -> Option<T> {
        let latest = self.latest.read().unwrap_or_else(PoisonError::into_inner);
        latest.as_ref().map(look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Dialect;

    #[test]
    fn what_the_peer_told_last_counts() {
        let cell = PeerCell::default();
        assert!(cell.get().is_none());
        for dialect in [Dialect::V01, Dialect::V02, Dialect::Extended] {
            let table = Arc::default();
            cell.set(Arc::new(Peer { dialect, table }));
            assert_eq!(cell.with(|peer| peer.dialect), Some(dialect));
        }
    }
}
