//! What a connection's handles and its task share: a [`Link`], of which others see verbs only.
//!
//! All of it that changes is in one `State` behind one lock. The modules beside it have the verbs by topic: messages that are
//! offered, what is written, how it ends, calls and streams, pipes.

mod answers;
pub(crate) mod calls;
mod closing;
pub(crate) mod failures;
mod lock;
mod missed;
mod newest;
mod offer;
mod outbox;
pub(crate) mod outgoing;
mod outlet;
mod pipe;
mod relay;
pub(crate) mod sending;
mod state;

use std::{net::SocketAddr, sync::Arc, task::Context};

use http::Extensions;
use tokio::sync::Notify;

pub(crate) use offer::Delivered;
pub(crate) use outlet::Outlet;
pub use pipe::PipeEnd;
pub(crate) use state::{Rest, Spawned};

use lock::{Guard, Lock};
use outgoing::Framing;
use state::{Asked, State};

use crate::{
    contract::Mismatch,
    error::Error,
    limits::Limits,
    panics::Contained,
    proto::{
        Role,
        conversation::{ConversationLimits, Conversations},
        session::Peer,
    },
    route::{Message, OnFailure},
    transport::Envelope,
    wire::{ConnectionId, Dialect, RouteId},
};

/// What a connection's handles and its task share.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) id: ConnectionId,
    pub(crate) peer_addr: Option<SocketAddr>,
    /// How this side puts its messages together.
    pub(crate) framing: Framing,
    pub(crate) limits: Arc<Limits>,
    /// What follows when a route fails on a message.
    pub(crate) on_failure: OnFailure,
    /// What an `on(connect)` hook put into the request.
    extensions: Contained<Extensions>,
    /// What the server lets the reached side of a pipe know of the other.
    introduction: Option<Box<Message>>,
    state: Lock<State>,
    /// Told when bytes are written or flushed, which makes room in the outbox, and when no more will be.
    room: Notify,
    /// Told when the connection has ended.
    end: Notify,
}

impl Link {
    pub(crate) fn new(
        id: ConnectionId,
        peer_addr: Option<SocketAddr>,
        role: Role,
        limits: Arc<Limits>,
    ) -> Self {
        let mut state = State::default();
        if Envelope::of(role) == Envelope::Bare {
            state.outbox.tell_lengths();
        }
        Self {
            id,
            peer_addr,
            framing: Framing::of(role),
            limits,
            on_failure: OnFailure::default(),
            extensions: Contained::new(Extensions::new()),
            introduction: None,
            state: Lock::new(state),
            room: Notify::new(),
            end: Notify::new(),
        }
    }

    /// The same with what an `on(connect)` hook put into the request.
    pub(crate) fn with_extensions(mut self, extensions: Extensions) -> Self {
        self.extensions = Contained::new(extensions);
        self
    }

    /// The same with what follows when a route fails on a message.
    pub(crate) fn with_on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// What an `on(connect)` hook put into the request.
    pub(crate) fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.extensions.get()?.get()
    }

    /// The same with what the server says of the other side of a pipe.
    pub(crate) fn with_introduction(mut self, introduction: Option<Message>) -> Self {
        self.introduction = introduction.map(Box::new);
        self
    }

    pub(crate) fn introduction(&self) -> Option<&Message> {
        self.introduction.as_deref()
    }

    pub(crate) fn role(&self) -> Role {
        self.framing.role()
    }

    /// The state, for a purpose. No guard leaves this module.
    #[inline]
    fn lock(&self, purpose: &'static str) -> Guard<'_, State> {
        self.state.lock(purpose)
    }

    /// What the peer told in the meta exchange.
    pub(crate) fn peer(&self) -> Option<Arc<Peer>> {
        self.lock("look at the peer").known.peer.clone()
    }

    /// Takes note of what is not agreed about, before what the peer told.
    pub(crate) fn set_mismatches(&self, mismatches: Arc<[Mismatch]>) {
        self.lock("set what is not agreed about").known.mismatches = Some(mismatches);
    }

    /// Takes note that the connection is refused for what is not agreed about.
    pub(crate) fn set_refused(&self) {
        self.lock("set what it is refused for").known.refused = true;
    }

    /// What the connection was refused for.
    pub(crate) fn refused(&self) -> Option<Arc<[Mismatch]>> {
        let state = self.lock("look at what it was refused for");
        let known = &state.known;
        known.mismatches.clone().filter(|_| known.refused)
    }

    /// Takes note of what the peer told.
    pub(crate) fn set_peer(&self, mut peer: Peer) {
        let mut state = self.lock("set the peer");
        if state.known.withholds() {
            let table = peer
                .table
                .without(|name| state.known.withheld(name).is_some());
            peer.table = Arc::new(table);
        }
        if peer.dialect == Dialect::Extended
            && state.conversations.is_none()
            && !state.stage.is_closing()
        {
            let new = Conversations::new(self.role(), ConversationLimits::of(&self.limits));
            state.conversations = Some(Box::new(new));
        }
        let State { known, dropped, .. } = &mut *state;
        let peer = known.peer.insert(Arc::new(peer));
        dropped.settle_early(|name| peer.table.id(name).is_some());
        self.tell_missed(&mut state);
    }

    /// The peer's dialect and its id of a route, where it has told one.
    #[inline]
    pub(crate) fn find(&self, name: &str) -> Option<(Dialect, RouteId)> {
        let state = self.lock("find a route");
        let peer = state.known.peer.as_ref()?;
        Some((peer.dialect, peer.table.id(name)?))
    }

    /// The peer's dialect and its id of a route.
    fn resolve(&self, name: &str) -> Result<(Dialect, RouteId), Box<Error>> {
        self.find(name)
            .ok_or_else(|| Box::new(self.unresolved(name)))
    }

    /// Why a name leads to no route.
    #[cold]
    fn unresolved(&self, name: &str) -> Error {
        let state = self.lock("say why there is no route");
        if let Some(mismatch) = state.known.withheld(name) {
            return Error::Contract(Box::new(mismatch.clone()));
        }
        let route = name.to_owned();
        match (&state.known.peer, state.stage.closing()) {
            (Some(peer), _) => Error::NoSuchRoute {
                nearest: peer.table.nearest(name),
                route,
            },
            (None, Some(close)) => Error::Closed(close.clone()),
            (None, None) => Error::NotReady { route },
        }
    }

    /// Lets the task run something concurrently with everything else.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let refused = self.lock("spawn").spawn(Box::pin(future));
        // It may be somebody's code.
        drop(refused);
    }

    /// What the task is asked to do besides what is in the outbox, for which it needs no waking from now on: it works, looks here
    /// in each turn, and once more before it [sleeps](Self::sleep).
    pub(crate) fn take_asked(&self) -> Option<Asked> {
        self.lock("look what is asked").take_asked()
    }

    /// Has the task woken for what is asked of it and for what is put into the outbox; unless it has to go on at once, as the outbox
    /// has something that it `writes`, or as it is asked to do something.
    pub(crate) fn sleep(&self, cx: &Context<'_>, writes: bool) -> Rest {
        let mut state = self.lock("sleep");
        if state.is_asked() {
            Rest::Asked
        } else if writes && state.outbox.has_work() {
            Rest::Writes
        } else {
            state.sleep(cx);
            Rest::Sleeps
        }
    }
}
