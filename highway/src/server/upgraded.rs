//! Connections over streams that something else has upgraded.

use std::{net::SocketAddr, sync::Arc};

use http::{StatusCode, request::Parts};

use super::{
    Shared,
    admission::Over,
    connected::{self, Connected},
    entry::pass,
    http::{Answer, send_last},
};
use crate::{
    deadline::{after, until},
    error::Result,
    handler::Handler,
    metrics::RefusalReason,
    transport::websocket::{self, Stream},
    wire::{Close, CloseCode},
};

/// The address of the client, or of the proxy in front of the server, as an extension of a request that the program's own server has
/// accepted.
///
/// It is what `Connection::peer_addr` returns, unless a [trusted proxy](crate::Server::trust_forwarded) reports another, and what
/// [`ServerLimits::connections_per_address`](crate::ServerLimits::connections_per_address) counts: clients whose address is not known count as one
/// address.
///
/// ```
/// # use std::net::SocketAddr;
/// # fn accepted(request: &mut http::Request<()>, address: SocketAddr) {
/// request.extensions_mut().insert(highway::server::PeerAddr(address));
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddr(pub SocketAddr);

/// The client's address, as far as it is known.
pub(super) fn peer_addr<H: Handler>(shared: &Shared<H>, request: &Parts) -> Option<SocketAddr> {
    let extensions = &request.extensions;
    let address = extensions.get::<PeerAddr>().map(|address| address.0);
    #[cfg(feature = "axum")]
    let address = address.or_else(|| {
        let info = extensions.get::<::axum::extract::ConnectInfo<SocketAddr>>();
        info.map(|info| info.0)
    });
    Some(shared.config.proxies.client(address?, &request.headers))
}

impl<H: Handler> Shared<H> {
    /// Takes in a connection over a stream that something else has upgraded.
    ///
    /// # Errors
    /// Once the server has shut down.
    pub(super) fn take_upgraded(self: &Arc<Self>, stream: impl Stream, request: Parts) -> Result {
        self.is_running()?;
        self.note_runtime();
        #[cfg(feature = "inspector")]
        if let Some(pages) = self.pages(&request.uri) {
            let begins = begin(Arc::clone(pages), stream, request);
            tokio::spawn(connected::run(begins));
            return Ok(());
        }
        let begins = begin(Arc::clone(self), stream, request);
        tokio::spawn(connected::run(begins));
        Ok(())
    }
}

/// A connection from its upgrade on; `None` when it is refused.
pub(super) async fn begin<H: Handler>(
    shared: Arc<Shared<H>>,
    mut stream: impl Stream,
    request: Parts,
) -> Option<Connected<H>> {
    let peer_addr = peer_addr(&shared, &request);
    let head = http::Request::from_parts(request, ());
    let admit = |address| shared.admission.admit(address, Over::Stream);
    let by = after(shared.limits.upgrade_timeout);
    let entered = match pass(&shared, head, peer_addr, admit) {
        Ok(entering) => tokio::select! {
            biased;
            () = shared.cut.cancelled() => return None,
            entered = until(by, entering.ask(&shared)) => entered,
        },
        Err(answer) => Ok(Err(answer)),
    };
    let refused = match entered {
        Ok(Ok(accepted)) => {
            let (rest, answer) = (Vec::new(), Vec::new());
            let stream = stream.into_any();
            return Some(Connected::new(shared, accepted, stream, rest, answer));
        }
        Ok(Err(answer)) => refusal(&shared, &answer),
        Err(_) => {
            shared.meter.refused(RefusalReason::Timeout);
            let text = "the `on(connect)` hooks took too long";
            Close::new(CloseCode::TRY_AGAIN_LATER, text)
        }
    };
    tracing::debug!(peer_addr = peer_addr.map(tracing::field::display), close = %refused, "refused");
    // A peer that is gone needs no close.
    let _ = send_last(&mut stream, &websocket::close(&refused, None)).await;
    None
}

/// An answer as a close, where there can be no answer any more.
fn refusal<H: Handler>(shared: &Shared<H>, answer: &Answer) -> Close {
    let text = answer.text().trim_end().to_owned();
    match answer.status() {
        _ if shared.stop.is_cancelled() => {
            let spread = shared.config.limits.spread();
            Close::shutting_down(spread.mul_f64(rand::random()))
        }
        StatusCode::SERVICE_UNAVAILABLE => Close::new(CloseCode::TRY_AGAIN_LATER, text),
        _ => Close::new(CloseCode::POLICY, text),
    }
}
