//! From a TCP connection to a highway connection.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use http::StatusCode;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

use super::{Request, Shared};
use crate::{
    connection::{Connection, ConnectionId, Io, Link, Stream, run},
    route::{Handler, Refusal},
    session::Session,
    upgrade::{self, Head, HeadError},
};

/// The pause after a failed `accept`: without descriptors it fails again at once, until some connection ends.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts for ever.
pub(super) async fn accept<H: Handler>(listener: &TcpListener, shared: &Arc<Shared<H>>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer_addr)) => {
                let task = serve(Arc::clone(shared), stream, peer_addr);
                shared.tasks.spawn(task);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// One TCP connection, from its first byte to its last.
async fn serve<H: Handler>(shared: Arc<Shared<H>>, stream: TcpStream, peer_addr: SocketAddr) {
    // It only costs latency where it fails.
    let _ = stream.set_nodelay(true);
    #[cfg(feature = "tls")]
    if let Some(tls) = &shared.tls {
        let by = tokio::time::Instant::now() + shared.limits.upgrade_timeout;
        match tokio::time::timeout_at(by, tls.accept(stream)).await {
            Ok(Ok(stream)) => upgrade(shared, stream, peer_addr).await,
            Ok(Err(error)) => tracing::debug!(%peer_addr, %error, "the TLS handshake failed"),
            Err(_) => tracing::debug!(%peer_addr, "no TLS handshake in time"),
        }
        return;
    }
    upgrade(shared, stream, peer_addr).await;
}

/// As [`accept`], for one connection over no socket.
#[cfg(feature = "__testing")]
pub(super) fn serve_in_memory<H: Handler>(
    shared: &Arc<Shared<H>>,
    stream: tokio::io::DuplexStream,
) {
    let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let task = upgrade(Arc::clone(shared), stream, nowhere);
    shared.tasks.spawn(task);
}

async fn upgrade<H: Handler, S: Stream>(
    shared: Arc<Shared<H>>,
    mut stream: S,
    peer_addr: SocketAddr,
) {
    let upgraded = tokio::select! {
        biased;
        () = shared.stop.cancelled() => return,
        upgraded = tokio::time::timeout(
            shared.limits.upgrade_timeout,
            receive(&shared, &mut stream, peer_addr),
        ) => upgraded,
    };
    let (request, rest) = match upgraded {
        Ok(Ok(Some(upgraded))) => upgraded,
        Ok(Ok(None)) => return,
        Ok(Err(error)) => return tracing::debug!(%peer_addr, %error, "no upgrade"),
        Err(_) => return tracing::debug!(%peer_addr, "no upgrade in time"),
    };
    let answer = match upgrade::accept(request.head(), shared.session.dialect_01) {
        Ok(answer) => answer,
        Err(error) => return tracing::debug!(%peer_addr, %error, "no upgrade"),
    };
    let id = ConnectionId::next();
    let link = Arc::new(Link::new(
        id,
        Some(peer_addr),
        false,
        shared.limits.outbox_bytes,
    ));
    let session = Session::server(Arc::clone(&shared.local), shared.session);
    let mut io = Io::new(
        stream,
        rest,
        session,
        Arc::clone(&link),
        Arc::clone(&shared.limits),
        true,
    );
    io.open(answer);
    let connection = Connection::new(
        Arc::clone(&link),
        Arc::clone(&shared.state),
        request.into_extensions(),
    );
    let registered = Registered::new(&shared, link);
    tracing::debug!(connection = %id, %peer_addr, "connected");
    tokio::select! {
        biased;
        () = shared.cut.cancelled() => {
            tracing::debug!(connection = %id, %peer_addr, "cut off");
        }
        close = run::<H, S>(io, connection, None) => {
            tracing::debug!(connection = %id, %peer_addr, %close, "closed");
        }
    }
    drop(registered);
}

/// A connection in the server's list, however its task ends.
struct Registered<'a, H: Handler> {
    shared: &'a Shared<H>,
    id: ConnectionId,
}

impl<'a, H: Handler> Registered<'a, H> {
    fn new(shared: &'a Shared<H>, link: Arc<Link>) -> Self {
        let id = link.id;
        shared.links().insert(id, link);
        if shared.stop.is_cancelled() {
            // The shutdown has gone through the list already.
            shared.close_for_shutdown(id);
        }
        Self { shared, id }
    }
}

impl<H: Handler> Drop for Registered<'_, H> {
    fn drop(&mut self) {
        self.shared.links().remove(&self.id);
    }
}

/// Reads the request and asks the hooks. `None` when it was refused.
async fn receive<H: Handler>(
    shared: &Shared<H>,
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    peer_addr: SocketAddr,
) -> io::Result<Option<(Request<H>, Vec<u8>)>> {
    let limit = shared.limits.http_head_bytes;
    let Head { head, rest } = match upgrade::read_head(stream, limit).await {
        Ok(head) => head,
        Err(HeadError::Io(error)) => return Err(error),
        Err(HeadError::TooLarge) => {
            let message = format!("the request's head has more than {limit} bytes\n");
            upgrade::refuse(
                stream,
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                &message,
            )
            .await?;
            return Ok(None);
        }
        Err(HeadError::Malformed(error)) => {
            tracing::debug!(%peer_addr, %error, "no HTTP");
            upgrade::refuse(stream, StatusCode::BAD_REQUEST, "this is no HTTP request\n").await?;
            return Ok(None);
        }
    };
    if let Err(error) = upgrade::accept(&head, false) {
        let (status, message) = upgrade::explain(&error);
        tracing::debug!(%peer_addr, %error, "no upgrade");
        upgrade::refuse(stream, status, &message).await?;
        return Ok(None);
    }
    let mut request = Request::new(head, Some(peer_addr), Arc::clone(&shared.state));
    if let Err(refusal) = ask(&mut request).await {
        tracing::info!(%peer_addr, status = %refusal.status(), "on(connect) refused the connection");
        upgrade::refuse(stream, refusal.status(), refusal.message()).await?;
        return Ok(None);
    }
    Ok(Some((request, rest)))
}

/// Asks the `on(connect)` hooks, one after the other.
async fn ask<H: Handler>(request: &mut Request<H>) -> Result<(), Refusal> {
    use futures_util::FutureExt;

    for hook in &H::registry().connect {
        let asked = std::panic::AssertUnwindSafe(hook(request))
            .catch_unwind()
            .await;
        asked.unwrap_or_else(|_| {
            tracing::error!("on(connect) panicked");
            Err(StatusCode::INTERNAL_SERVER_ERROR.into())
        })?;
    }
    Ok(())
}
