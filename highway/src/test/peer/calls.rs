//! The calls that a peer has open: the rules are those of every connection.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;

use crate::{
    proto::{
        Role,
        conversation::{ConversationLimits, Conversations, Key, Received},
    },
    wire::{Close, Kind, MAX_CREDIT, Part},
};

/// The calls that are open.
#[derive(Debug)]
pub(super) struct Calls {
    /// No pipe goes through a peer.
    pub(super) conversations: Conversations<Infallible>,
    /// The calls of the other side that it waits for, or waited for when the connection ended, by their ids.
    awaited: HashMap<u32, Key>,
    /// How the connection ended.
    closed: Option<Close>,
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
            awaited: HashMap::new(),
            closed: None,
        }
    }

    /// Takes a message of the extension.
    ///
    /// # Errors
    /// The close that a violation of the protocol would cause.
    pub(super) fn receive(
        &mut self,
        part: Part,
        message: &Bytes,
    ) -> Result<Received<Infallible>, Close> {
        let received = self.conversations.receive(part, message)?;
        match (part.kind, &received) {
            (Kind::Call, Received::Opened(key)) => {
                self.awaited.insert(part.id, *key);
            }
            (Kind::Cancel, _) => {
                self.awaited.remove(&part.id);
            }
            _ => {}
        }
        Ok(received)
    }

    /// A call of the other side is answered.
    pub(super) fn finish(&mut self, key: Key) {
        if self.conversations.finish(key) {
            self.awaited.remove(&key.id);
        }
    }

    /// Ready when the other side has cancelled a call, or with the close when the connection ended before that.
    pub(super) fn poll_cancelled(&mut self, key: Key, cx: &Context<'_>) -> Poll<Option<Close>> {
        if self.conversations.is_wanted(key, cx) {
            return Poll::Pending;
        }
        let is_cut_off = self.awaited.get(&key.id) == Some(&key);
        Poll::Ready(self.closed.clone().filter(|_| is_cut_off))
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
