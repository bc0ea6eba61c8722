//! The ends of pipes that go through here, as the connection at the other end knows them.

use std::{fmt, sync::Arc, task::Context};

use bytes::Bytes;

use super::Link;
use crate::{
    proto::conversation::{Control, Conversations, Key},
    wire::{Close, CloseCode},
};

/// One end of a pipe that goes through here.
#[derive(Clone)]
pub(crate) struct Far {
    pub(super) link: Arc<Link>,
    pub(super) key: Key,
}

impl fmt::Debug for Far {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Far")
            .field("connection", &self.link.id)
            .field("key", &self.key)
            .finish()
    }
}

impl Far {
    /// Tells the end what came of its conversation, if anything did.
    pub(super) fn tell(&self, act: impl FnOnce(&mut Conversations<Self>) -> Option<Control>) {
        let mut state = self.link.lock("tell an end of a pipe");
        state.tell(self.link.framing, act);
    }

    /// Passes on the credit that was held back for the end, as there is room at the other one.
    pub(crate) fn pass_credit_on(&self) {
        self.tell(|conversations| conversations.pass_on(self.key));
    }

    /// The connection of the other end is over.
    pub(crate) fn is_lost(&self, close: &Close) {
        let reason = format!("the other end's connection is over ({close})");
        let close = Close::new(CloseCode::ABNORMAL, reason);
        self.end(|key| self.link.framing.hang_up(key.id, &close));
    }

    /// Tells the end of the pipe that leads to it, once there is room, unless the pipe is given up before: who asked for it
    /// waits as long as a call may take.
    pub(super) async fn hear(self, frame: Bytes) {
        let wanted = |conversations: &mut Conversations<Self>, cx: &Context<'_>| {
            conversations.is_wanted(self.key, cx)
        };
        let heard = |conversations: &mut Conversations<Self>| {
            conversations.heard(self.key);
            true
        };
        // Where it is given up before, the end need not hear of it.
        let _ = self.link.push_while(frame, wanted, heard).await;
    }

    /// Ends the pipe for the end with a message, if it is still there.
    pub(super) fn end(&self, frame: impl FnOnce(Key) -> Bytes) {
        let mut state = self.link.lock("end a pipe");
        let conversations = state.conversations.as_deref_mut();
        if conversations.is_some_and(|conversations| conversations.hang_up(self.key)) {
            state.push(frame(self.key));
        }
    }
}
