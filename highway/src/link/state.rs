//! What a connection's handles and its task share, under the one lock.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use bytes::Bytes;

use super::{
    missed::Dropped,
    newest::Newest,
    outbox::{COPIED, Outbox},
    relay::Far,
};
use crate::{
    contract::Mismatch,
    proto::conversation::{Control, Conversations},
    proto::session::Peer,
    wire::Close,
};

/// Something that a connection's task runs concurrently with everything else.
pub(crate) type Spawned = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How far a connection is from its end.
#[derive(Debug, Default)]
pub(super) enum Stage {
    /// Messages are taken.
    #[default]
    Open,
    /// A handle asked to close, within a time that may be shorter than the limit; messages are taken until the task gets to it.
    Asked(Close, Option<Duration>),
    /// No more messages are taken.
    Closing(Close),
    /// It has ended as the second says.
    Ended(Close, Close),
}

impl Stage {
    /// With what the connection closes, once it takes no more messages.
    #[inline]
    pub(super) fn closing(&self) -> Option<&Close> {
        match self {
            Self::Open | Self::Asked(..) => None,
            Self::Closing(close) | Self::Ended(close, _) => Some(close),
        }
    }

    #[inline]
    pub(super) fn is_closing(&self) -> bool {
        self.closing().is_some()
    }
}

/// What the task is asked to do.
#[derive(Default)]
pub(crate) struct Asked {
    /// End the connection at once, without a word to the peer.
    pub(crate) cut: bool,
    /// Close it, within a time that may be shorter than the limit.
    pub(crate) close: Option<(Close, Option<Duration>)>,
    /// Run these.
    pub(crate) spawned: Vec<Spawned>,
}

/// What a task that has nothing more to do comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// It is woken.
    Sleeps,
    /// It is asked to do something.
    Asked,
    /// The outbox has something to write or to flush.
    Writes,
}

/// What both sides know of each other.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What the peer told in the meta exchange, without the routes that are not agreed about; replaced as a whole.
    pub(super) peer: Option<Arc<Peer>>,
    /// What is not agreed about.
    pub(super) mismatches: Option<Arc<[Mismatch]>>,
    /// The connection is refused for that.
    pub(super) refused: bool,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) outbox: Outbox,
    /// What goes into it once there is room.
    pub(super) newest: Newest,
    /// The broadcasts that one side missed.
    pub(super) dropped: Dropped,
    pub(super) known: Known,
    pub(super) stage: Stage,
    /// A handle asked to close before anything else did.
    pub(super) by_hand: bool,
    /// The connection has to end at once.
    pub(super) cut: bool,
    /// Nothing more is written.
    pub(super) written_off: bool,
    /// The calls, streams and pipes, with a peer that knows such.
    pub(super) conversations: Option<Box<Conversations<Far>>>,
    /// Credit for pipes to this connection that is held back until there is room.
    pub(super) held_back: Vec<Far>,
    spawned: Vec<Spawned>,
    /// The task, while it sleeps and has to be woken for what is put in.
    sleeper: Option<Waker>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("outbox", &self.outbox)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

impl State {
    /// Puts the message that starts at `start` into the outbox, or returns it when there is no room.
    #[inline]
    pub(super) fn put(&mut self, frame: &mut Vec<u8>, start: usize, limit: usize) -> Option<Bytes> {
        let len = frame.len() - start;
        let room = self.outbox.has_room(len, limit);
        if room && len <= COPIED {
            self.outbox.push(frame.get(start..).unwrap_or_default());
            self.wake();
            return None;
        }
        let mut owned = Bytes::from(std::mem::take(frame));
        bytes::Buf::advance(&mut owned, start);
        if room {
            self.push(owned);
            return None;
        }
        Some(owned)
    }

    /// Puts a sealed message into the outbox, room or not.
    pub(super) fn push(&mut self, frame: Bytes) {
        self.outbox.push_owned(frame);
        self.wake();
    }

    /// Does something with the conversations, if there are such, and sends what it comes to.
    pub(super) fn tell(
        &mut self,
        framing: super::outgoing::Framing,
        act: impl FnOnce(&mut Conversations<Far>) -> Option<Control>,
    ) {
        if let Some(told) = self.conversations.as_deref_mut().and_then(act) {
            self.push(framing.control(told));
        }
    }

    /// Lets the task run something concurrently with everything else; returns it when the connection closes.
    pub(super) fn spawn(&mut self, future: Spawned) -> Option<Spawned> {
        if self.stage.is_closing() {
            return Some(future);
        }
        self.spawned.push(future);
        self.wake();
        None
    }

    pub(super) fn take_spawned(&mut self) -> Vec<Spawned> {
        std::mem::take(&mut self.spawned)
    }

    /// Whether the task has something to do besides what is in the outbox.
    pub(super) fn is_asked(&self) -> bool {
        self.cut || matches!(self.stage, Stage::Asked(..)) || !self.spawned.is_empty()
    }

    /// What the task is asked to do besides what is in the outbox.
    pub(super) fn take_asked(&mut self) -> Option<Asked> {
        self.sleeper = None;
        if !self.is_asked() {
            return None;
        }
        let close = match std::mem::take(&mut self.stage) {
            // Until the task has begun to close, messages are taken.
            Stage::Asked(close, within) => Some((close, within)),
            stage => {
                self.stage = stage;
                None
            }
        };
        Some(Asked {
            cut: std::mem::take(&mut self.cut),
            close,
            spawned: self.take_spawned(),
        })
    }

    /// Has the task woken for what is put in.
    pub(super) fn sleep(&mut self, cx: &Context<'_>) {
        self.sleeper = Some(cx.waker().clone());
    }

    /// Wakes the task if it sleeps: while it works it looks here before it sleeps again.
    #[inline]
    pub(super) fn wake(&mut self) {
        if let Some(sleeper) = self.sleeper.take() {
            sleeper.wake();
        }
    }

    /// Nobody is to be woken any more.
    pub(super) fn forget_sleeper(&mut self) {
        self.sleeper = None;
    }
}

impl Known {
    /// Whether routes of the peer can't be sent to, as both sides think otherwise of their types.
    pub(super) fn withholds(&self) -> bool {
        let mut mismatches = self.mismatches.iter().flat_map(|all| all.iter());
        mismatches.any(Mismatch::withholds)
    }

    /// Why a route of the peer can't be sent to, if both sides think otherwise of its types.
    pub(super) fn withheld(&self, name: &str) -> Option<&Mismatch> {
        let mut mismatches = self.mismatches.iter().flat_map(|all| all.iter());
        mismatches.find(|of| of.withholds() && of.route() == name)
    }
}
