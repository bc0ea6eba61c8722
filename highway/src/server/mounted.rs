//! A server inside another: a service for HTTP requests, whose listener, TLS and HTTP are the program's.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderValue, Response, StatusCode, Version, header, request::Parts};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::{rt::TokioIo, server::conn::auto};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::Instant,
};

use super::{
    Body, ServerHandle, Shared,
    accept::{APART, is_highway_py_01},
    admission::Over,
    connected::{Connected, run},
    entry::{Accepted, enter},
    http::Answer,
    upgraded::peer_addr,
};
use crate::{
    deadline::{after, until},
    error::{Error, Result},
    handler::{Fill, Handler},
    limits::Limits,
    metrics::RefusalReason,
    route::ServerSide,
    runtime,
    shown::Shown,
    transport::{
        AnyStream,
        websocket::{Given, Stream, set_options},
    },
    upgrade,
};

/// A server as a [`tower` service](tower_service::Service), from [`Server::service`](super::Server::service).
///
/// It is a service for `http::Request<B>` with any body, as it comes from hyper, axum and others: an HTTP/1.1 upgrade, or with the
/// feature `http2` a CONNECT with `:protocol` over HTTP/2. And it is one for `(stream, http::Request<()>)`, where something else has upgraded the stream,
/// as for [`ServerHandle::serve_upgraded`]. Clones are of the same server, which stays until the last connection is over.
pub struct Service<H: Handler<Side = ServerSide>> {
    pub(super) shared: Arc<Shared<H>>,
}

impl<H: Handler<Side = ServerSide>> Service<H> {
    pub(super) fn new(shared: Arc<Shared<H>>) -> Self {
        Self { shared }
    }

    /// The handle to the server.
    pub fn handle(&self) -> ServerHandle<H> {
        ServerHandle::new(&self.shared)
    }
}

impl<H: Handler<Side = ServerSide>> Clone for Service<H> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }
}

impl<H: Handler<Side = ServerSide>> fmt::Debug for Service<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("handler", &H::NAME)
            .finish_non_exhaustive()
    }
}

/// What a [`Service`] answers, once it is known.
type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

impl<H, B> tower_service::Service<http::Request<B>> for Service<H>
where
    H: Handler<Side = ServerSide>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Answering {
        let shared = Arc::clone(&self.shared);
        let (parts, _) = request.into_parts();
        Box::pin(async move {
            let version = parts.version;
            #[cfg(feature = "inspector")]
            if let Some(pages) = shared.pages(&parts.uri).cloned() {
                shared.note_runtime();
                return Ok(match Pending::enter(pages, parts).await {
                    Ok(pending) => pending.accept(None),
                    Err(answer) => answer.into_response(version),
                });
            }
            Ok(match Pending::enter(shared, parts).await {
                Ok(pending) => pending.accept(None),
                Err(answer) => answer.into_response(version),
            })
        })
    }
}

impl<H, S> tower_service::Service<(S, http::Request<()>)> for Service<H>
where
    H: Handler<Side = ServerSide>,
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    type Response = ();
    type Error = Error;
    type Future = std::future::Ready<Result>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (stream, request): (S, http::Request<()>)) -> Self::Future {
        let (parts, ()) = request.into_parts();
        std::future::ready(self.handle().serve_upgraded(stream, parts))
    }
}

/// A request that becomes a connection once it is answered. Dropped, it leaves nothing behind.
pub(super) struct Pending<H: Handler> {
    shared: Arc<Shared<H>>,
    pub(super) accepted: Accepted<H>,
    version: Version,
    on_upgrade: OnUpgrade,
    by: Instant,
}

impl<H: Handler> Pending<H> {
    /// Checks a request, and asks the hooks about it.
    ///
    /// # Errors
    /// The answer to a request that becomes no connection.
    pub(super) async fn enter(shared: Arc<Shared<H>>, mut parts: Parts) -> Result<Self, Answer> {
        let by = after(shared.limits.upgrade_timeout);
        if runtime::entered().is_err() {
            tracing::error!("the service runs outside of a tokio runtime");
            return Err(Answer::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the server needs tokio\n",
            ));
        }
        shared.note_runtime();
        let on_upgrade = parts.extensions.remove::<OnUpgrade>();
        let over = over_http2(&mut parts);
        let version = parts.version;
        let peer_addr = peer_addr(&shared, &parts);
        let head = http::Request::from_parts(parts, ());
        let admit = |address| shared.admission.admit(address, over);
        let entered = match enter(&shared, head, peer_addr, admit) {
            Ok(entering) => until(by, pin!(entering.ask(&shared))).await,
            Err(answer) => Ok(Err(answer)),
        };
        let entered = entered.unwrap_or_else(|_| {
            shared.meter.refused(RefusalReason::Timeout);
            let text = "the `on(connect)` hooks took too long\n";
            Err(Answer::unavailable(text, shared.config.limits.spread()))
        });
        let accepted = entered.inspect_err(|answer| {
            let peer_addr = peer_addr.map(tracing::field::display);
            tracing::debug!(peer_addr, status = %answer.status(), "no upgrade");
        })?;
        let Some(on_upgrade) = on_upgrade else {
            tracing::error!(
                "the request can't be upgraded: hyper has to serve the connection with upgrades \
                 (`serve_connection_with_upgrades`), and nothing before the service may take the upgrade"
            );
            let text = "the server in front of this service gives no upgrade\n";
            return Err(Answer::new(StatusCode::INTERNAL_SERVER_ERROR, text));
        };
        Ok(Self {
            shared,
            accepted,
            version,
            on_upgrade,
            by,
        })
    }

    /// Answers the request. The connection begins when the answer is sent.
    pub(super) fn accept(mut self, fill: Option<Fill<H>>) -> Response<Body> {
        self.accepted.fill = fill;
        let mut response = Response::new(Body::default());
        let request = &self.accepted.request;
        let headers = response.headers_mut();
        // What was offered is a header already.
        let chosen = request.subprotocol().and_then(|name| name.parse().ok());
        if let Some(subprotocol) = chosen {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
        }
        if self.version <= Version::HTTP_11 {
            headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            if let Ok(accept) = upgrade::accept_key(request.headers()).try_into() {
                headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
            }
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        }
        tokio::spawn(run(begin(self)));
        response
    }
}

/// Whether a request comes over HTTP/2, where connections share a socket. What it asks for is made what HTTP/1.1 has for that.
fn over_http2(parts: &mut Parts) -> Over {
    if parts.version <= Version::HTTP_11 {
        return Over::Socket;
    }
    #[cfg(feature = "http2")]
    if let Some(protocol) = parts.extensions.remove::<hyper::ext::Protocol>() {
        parts
            .extensions
            .insert(if protocol.as_str() == "websocket" {
                upgrade::ConnectProtocol::WebSocket
            } else {
                upgrade::ConnectProtocol::Other
            });
    }
    #[cfg(not(feature = "http2"))]
    if parts.method == http::Method::CONNECT {
        parts.extensions.insert(upgrade::ConnectProtocol::Other);
    }
    let authority = parts.uri.authority().map(http::uri::Authority::as_str);
    let host = authority.and_then(|authority| authority.parse().ok());
    if let Some(host) = host
        && !parts.headers.contains_key(header::HOST)
    {
        parts.headers.insert(header::HOST, host);
    }
    Over::Stream
}

/// A connection from the answer to its request on; `None` when the answer does not get through.
async fn begin<H: Handler>(pending: Pending<H>) -> Option<Connected<H>> {
    let Pending {
        shared,
        accepted,
        on_upgrade,
        by,
        ..
    } = pending;
    let upgraded = tokio::select! {
        biased;
        () = shared.cut.cancelled() => return None,
        upgraded = until(by, on_upgrade) => upgraded,
    };
    let upgraded = match upgraded {
        Ok(Ok(upgraded)) => upgraded,
        Ok(Err(error)) => {
            tracing::debug!(error = %Shown::new(error), "no upgrade");
            return None;
        }
        Err(_) => {
            shared.meter.refused(RefusalReason::Timeout);
            tracing::debug!("no upgrade in time");
            return None;
        }
    };
    if shared.config.dialect_01 && is_highway_py_01(accepted.request.headers()) {
        tokio::time::sleep(APART).await;
    }
    let (stream, rest) = stream(upgraded, &shared.limits);
    Some(Connected::new(shared, accepted, stream, rest, Vec::new()))
}

/// The stream below an upgraded connection, and what was read of it. A plain TCP stream is taken out of what hyper has around it.
fn stream(upgraded: Upgraded, limits: &Limits) -> (AnyStream, Vec<u8>) {
    let tcp = |stream: TokioIo<TcpStream>, rest: bytes::Bytes| {
        let stream = stream.into_inner();
        set_options(&stream, limits);
        (stream.into_any(), rest.into())
    };
    let upgraded = match auto::upgrade::downcast(upgraded) {
        Ok(parts) => return tcp(parts.io, parts.read_buf),
        Err(upgraded) => upgraded,
    };
    match upgraded.downcast() {
        Ok(parts) => tcp(parts.io, parts.read_buf),
        Err(upgraded) => (Given(TokioIo::new(upgraded)).into_any(), Vec::new()),
    }
}
