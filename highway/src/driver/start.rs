//! How a connection begins: the one place where its parts are put together, whichever side it has and whatever it runs on.

use std::{future::Future, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use http::Extensions;
use tokio::sync::oneshot;
use tracing::Instrument;

use super::{
    Driver,
    exchange::Exchange,
    served::{Served, Typed},
};
use crate::{
    connection::Connection,
    contract::Contract,
    error::Failure,
    handler::{Fill, Handler},
    hub::Members,
    limits::Limits,
    link::{Link, PipeEnd},
    metrics::Meter,
    panics::discard,
    proto::{
        Role,
        handshake::LocalTable,
        session::{Session, SessionConfig},
    },
    route::{Message, OnFailure},
    tap::Tap,
    trace::Propagation,
    transport::{AnyStream, Transport, pipe::Pipe, websocket::WebSocket},
    wire::{Close, ConnectionId},
};

/// What a connection begins with.
pub(crate) struct Start<H: Handler> {
    pub(crate) id: ConnectionId,
    pub(crate) role: Role,
    pub(crate) peer_addr: Option<SocketAddr>,
    pub(crate) limits: Arc<Limits>,
    /// Where all of its side is counted.
    pub(crate) meter: Arc<Meter>,
    /// What shows its messages to somebody, if the server has such.
    pub(crate) tap: Option<Arc<Tap>>,
    /// This side's routes.
    pub(crate) local: Arc<LocalTable>,
    pub(crate) session: SessionConfig,
    /// Whether a peer whose contract differs is refused.
    pub(crate) strict: bool,
    /// What follows when a route fails on a message.
    pub(crate) on_failure: OnFailure,
    /// What the program has for traces that go on at the peer.
    pub(crate) propagation: Propagation,
    /// What is known of the connection's request.
    pub(crate) extensions: Extensions,
    /// What the server says of the other side of a pipe.
    pub(crate) introduction: Option<Message>,
    /// The silence of a peer after which it is sent the routes in dialect 0.1 too, where the session speaks it.
    pub(crate) fall_back_after: Option<Duration>,
    /// The server's connections.
    pub(crate) members: Arc<Members>,
    pub(crate) state: Arc<H::State>,
    /// What sets fields of the new handler.
    pub(crate) fill: Option<Fill<H>>,
    pub(crate) milestones: Option<Milestones>,
}

/// What a connection runs on.
pub(crate) enum Wire {
    WebSocket(WebSocket<AnyStream>),
    Pipe(Pipe<PipeEnd>),
}

/// Tells whoever has opened a connection how far it is.
pub(crate) struct Milestones {
    /// The meta exchange is over.
    pub(crate) ready: oneshot::Sender<()>,
    /// The `on(ready)` hooks that run before any route are through, or one of them failed. Not told when the connection closed
    /// meanwhile.
    pub(crate) greeted: oneshot::Sender<Result<(), Failure>>,
}

/// The task of a connection, which is to be run.
pub(crate) type Task = Pin<Box<dyn Future<Output = Close> + Send>>;

/// Puts a connection together.
pub(crate) fn start<H: Handler>(start: Start<H>, wire: Wire) -> (Connection<H>, Task) {
    let Start {
        id,
        role,
        peer_addr,
        limits,
        meter,
        tap,
        local,
        session,
        strict,
        on_failure,
        propagation,
        extensions,
        introduction,
        fall_back_after,
        members,
        state,
        fill,
        milestones,
    } = start;
    let link = Link::new(id, peer_addr, role, limits, meter)
        .begun(H::NAME)
        .with_tap(tap)
        .with_extensions(extensions)
        .with_on_failure(on_failure)
        .with_propagation(propagation)
        .with_introduction(introduction);
    let link = Arc::new(link);
    let connection = Connection::new(Arc::clone(&link), members, state);
    let session = Session::new(role, local, session);
    let served = Box::new(Typed::new(connection.clone(), fill));
    let task = task(
        wire,
        session,
        (H::contract(), strict),
        fall_back_after,
        link,
        served,
        milestones,
    );
    (connection, task)
}

/// The task, which does not depend on the handler and so is compiled once.
fn task(
    wire: Wire,
    session: Session,
    (contract, strict): (&'static Contract, bool),
    fall_back_after: Option<Duration>,
    link: Arc<Link>,
    served: Box<dyn Served>,
    milestones: Option<Milestones>,
) -> Task {
    let exchange = Exchange::new(session, contract, strict, link.limits.peer_contract_bytes);
    match wire {
        Wire::WebSocket(socket) => boxed(
            Driver::new(socket, exchange, fall_back_after, link),
            served,
            milestones,
        ),
        Wire::Pipe(pipe) => boxed(
            Driver::new(pipe, exchange, fall_back_after, link),
            served,
            milestones,
        ),
    }
}

fn boxed<T: Transport>(
    mut driver: Driver<T>,
    mut served: Box<dyn Served>,
    milestones: Option<Milestones>,
) -> Task {
    let span = driver.link.span().cloned();
    // An `async fn` that took them would have each of them twice, as long as the connection is there.
    let running = async move {
        let close = driver.run(&mut *served, milestones).await;
        // With the last of a client's handles goes its state.
        discard(served);
        close
    };
    match span {
        Some(span) => Box::pin(running.instrument(span)),
        None => Box::pin(running),
    }
}
