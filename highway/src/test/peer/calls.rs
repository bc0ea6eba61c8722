//! The calls that a peer has open: the rules are those of every connection.

use std::{
    convert::Infallible,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    proto::{
        Role,
        conversation::{ConversationLimits, Conversations},
    },
    wire::{Close, MAX_CREDIT},
};

/// The calls that are open.
#[derive(Debug)]
pub(super) struct Calls {
    /// No pipe goes through a peer.
    pub(super) conversations: Conversations<Infallible>,
    /// How the connection ended.
    pub(super) closed: Option<Close>,
}

impl Calls {
    pub(super) fn new(role: Role) -> Self {
        let limits = ConversationLimits {
            ours: usize::MAX,
            theirs: usize::MAX,
            window: MAX_CREDIT,
        };
        Self {
            conversations: Conversations::new(role, limits),
            closed: None,
        }
    }

    /// The connection has ended.
    pub(super) fn close(&mut self, close: &Close) {
        self.closed = Some(close.clone());
        // There are no pipes to end.
        let _ = self.conversations.close(close);
    }
}

pub(super) fn lock(calls: &Mutex<Calls>) -> MutexGuard<'_, Calls> {
    calls.lock().unwrap_or_else(PoisonError::into_inner)
}
