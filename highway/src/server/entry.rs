//! What a request has to pass before its connection begins, whichever way it came.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use http::StatusCode;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{
    Shared,
    admission::{Full, Seat},
    http::{Answer, check},
};
use crate::{
    handler::{Fill, Handler, Refusal, Request},
    panics::Contained,
};

/// A request that becomes a connection once it is answered.
pub(super) struct Accepted<H: Handler> {
    pub(super) request: Request<H>,
    /// What sets fields of the new handler.
    pub(super) fill: Option<Fill<H>>,
    pub(super) seat: Seat,
    /// Counts the connection for the shutdown.
    pub(super) token: TaskTrackerToken,
}

/// Checks a request, takes a seat for its connection and asks the `on(connect)` hooks.
///
/// # Errors
/// The answer to a request that becomes no connection.
pub(super) async fn enter<H: Handler>(
    shared: &Shared<H>,
    head: http::Request<()>,
    peer_addr: Option<SocketAddr>,
    admit: impl FnOnce(Option<IpAddr>) -> Result<Seat, Full>,
) -> Result<Accepted<H>, Answer> {
    check(&head, &shared.config, shared.stop.is_cancelled())?;
    pass(shared, head, peer_addr, admit).await
}

/// As [`enter`], for a request that something else has upgraded.
pub(super) async fn pass<H: Handler>(
    shared: &Shared<H>,
    head: http::Request<()>,
    peer_addr: Option<SocketAddr>,
    admit: impl FnOnce(Option<IpAddr>) -> Result<Seat, Full>,
) -> Result<Accepted<H>, Answer> {
    let config = &shared.config;
    let peer = peer_addr.map(tracing::field::display);
    let unavailable = |text| Answer::unavailable(text, config.limits.spread());
    let origin = config.origins.check(head.headers(), config.require_origin);
    origin.map_err(|why| {
        tracing::info!(peer_addr = peer, "refused with 403: {why}");
        Answer::new(StatusCode::FORBIDDEN, &format!("{why}\n"))
    })?;
    let seat = admit(peer_addr.map(|address| address.ip())).map_err(|full| {
        tracing::debug!(peer_addr = peer, ?full, "refused");
        unavailable(match full {
            Full::Server => "there are as many connections as there may be\n",
            Full::Address => "there are as many connections from this address as there may be\n",
        })
    })?;
    let mut request = Request::new(head, peer_addr, Arc::clone(&shared.state));
    ask(&mut request).await.map_err(|refusal| {
        let status = refusal.status();
        tracing::info!(peer_addr = peer, %status, "on(connect) refused the connection");
        Answer::new(status, refusal.message())
    })?;
    let token = shared.connections.token();
    // In this order, a shutdown either is seen here or waits for the connection.
    if shared.stop.is_cancelled() {
        return Err(unavailable("the server shuts down\n"));
    }
    Ok(Accepted {
        request,
        fill: None,
        seat,
        token,
    })
}

/// Asks the `on(connect)` hooks, one after the other.
async fn ask<H: Handler>(request: &mut Request<H>) -> Result<(), Refusal> {
    for hook in &H::registry().connect {
        let asked = Contained::new(hook(request)).await;
        asked.unwrap_or_else(|panic| {
            tracing::error!(%panic, "on(connect) panicked");
            Err(StatusCode::INTERNAL_SERVER_ERROR.into())
        })?;
    }
    Ok(())
}
