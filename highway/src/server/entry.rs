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
    http::{Answer, Told, Unfit, check},
};
use crate::{
    handler::{Fill, Handler, Refusal, Request},
    metrics::RefusalReason,
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

/// A request that has a seat; its hooks are to be asked.
pub(super) struct Entering<H: Handler> {
    request: Request<H>,
    seat: Seat,
}

/// Checks a request, and takes a seat for its connection.
///
/// # Errors
/// The answer to a request that becomes no connection.
pub(super) fn enter<H: Handler>(
    shared: &Shared<H>,
    head: http::Request<()>,
    peer_addr: Option<SocketAddr>,
    admit: impl FnOnce(Option<IpAddr>) -> Result<Seat, Full>,
) -> Result<Entering<H>, Answer> {
    let told = Told {
        peer_addr,
        stopping: shared.stop.is_cancelled(),
        metrics: &|| shared.peers.metrics(&shared.meter),
        description: &|| shared.description(),
        #[cfg(feature = "inspector")]
        inspector: &|| shared.beside.as_ref()?.answer(&head, peer_addr),
        #[cfg(not(feature = "inspector"))]
        inspector: &|| None,
    };
    let checked = check(&head, &shared.config, &told);
    checked.map_err(|unfit| match unfit {
        Unfit::Plain(answer) => answer,
        Unfit::Invalid(answer) => refused(shared, RefusalReason::Invalid, answer),
    })?;
    pass(shared, head, peer_addr, admit)
}

/// As [`enter`], for a request that something else has upgraded.
pub(super) fn pass<H: Handler>(
    shared: &Shared<H>,
    head: http::Request<()>,
    peer_addr: Option<SocketAddr>,
    admit: impl FnOnce(Option<IpAddr>) -> Result<Seat, Full>,
) -> Result<Entering<H>, Answer> {
    let config = &shared.config;
    let peer = peer_addr.map(tracing::field::display);
    let origin = config.origins.check(head.headers(), config.require_origin);
    origin.map_err(|why| {
        tracing::info!(peer_addr = peer, "refused with 403: {why}");
        let answer = Answer::new(StatusCode::FORBIDDEN, &format!("{why}\n"));
        refused(shared, RefusalReason::Origin, answer)
    })?;
    let seat = admit(peer_addr.map(|address| address.ip())).map_err(|full| {
        if full == Full::Address && peer_addr.is_none() {
            shared.without_addresses.call_once(|| {
                tracing::warn!(
                    "clients whose address is not known count as one, and have reached the limit for one address: put a \
                     `PeerAddr` into the request's extensions, or with axum use \
                     `into_make_service_with_connect_info::<SocketAddr>()`"
                );
            });
        }
        tracing::debug!(peer_addr = peer, ?full, "refused");
        let (reason, text) = match full {
            Full::Server => (
                RefusalReason::Connections,
                "there are as many connections as there may be\n",
            ),
            Full::Address => (
                RefusalReason::Address,
                "there are as many connections from this address as there may be\n",
            ),
        };
        refused(shared, reason, unavailable(shared, text))
    })?;
    let request = Request::new(head, peer_addr, Arc::clone(&shared.state));
    Ok(Entering { request, seat })
}

impl<H: Handler> Entering<H> {
    /// Asks the `on(connect)` hooks. An `async fn` would have the request twice, as long as they are asked.
    ///
    /// # Errors
    /// The answer to a request that becomes no connection.
    pub(super) fn ask(
        self,
        shared: &Shared<H>,
    ) -> impl Future<Output = Result<Accepted<H>, Answer>> + Send {
        let Self { mut request, seat } = self;
        async move {
            ask(&mut request).await.map_err(|refusal| {
                let peer = request.peer_addr().map(tracing::field::display);
                let status = refusal.status();
                tracing::info!(peer_addr = peer, %status, "on(connect) refused the connection");
                let answer = Answer::new(status, refusal.message());
                refused(shared, RefusalReason::Hook, answer)
            })?;
            let token = shared.connections.token();
            // In this order, a shutdown either is seen here or waits for the connection.
            if shared.stop.is_cancelled() {
                let answer = unavailable(shared, "the server shuts down\n");
                return Err(refused(shared, RefusalReason::Shutdown, answer));
            }
            Ok(Accepted {
                request,
                fill: None,
                seat,
                token,
            })
        }
    }
}

fn unavailable<H: Handler>(shared: &Shared<H>, text: &str) -> Answer {
    Answer::unavailable(text, shared.config.limits.spread())
}

/// Counts a request that is refused.
fn refused<H: Handler>(shared: &Shared<H>, reason: RefusalReason, answer: Answer) -> Answer {
    shared.meter.refused(reason);
    answer
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
