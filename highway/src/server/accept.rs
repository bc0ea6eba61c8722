//! From a TCP connection to a highway connection.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    time::Instant,
};
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WebSocketError};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{
    Shared,
    admission::{Full, Over, Seat, Upgrading},
    http::{Answer, check},
};
use crate::{
    deadline::{after, until},
    driver::{self, Start, Task, Wire},
    handler::{Handler, Refusal, Request},
    link::Link,
    panics::Contained,
    proto::Role,
    shown::Shown,
    transport::websocket::{Stream, WebSocket, set_options},
    upgrade::{self, Head, HeadError, RequestHead},
    wire::ConnectionId,
};

/// The pause after a failed `accept`: without descriptors it fails again at once, until some connection ends.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts for ever.
pub(super) async fn accept<H: Handler>(listener: &TcpListener, shared: &Arc<Shared<H>>) {
    let mut failing = false;
    loop {
        match listener.accept().await {
            Ok((stream, peer_addr)) => {
                failing = false;
                let upgrading = shared.admission.begin(Over::Socket).await;
                tokio::spawn(serve(Arc::clone(shared), stream, peer_addr, upgrading));
            }
            Err(error) if is_of_the_peer(&error) => {
                tracing::debug!(%error, "a connection ended before it was accepted");
            }
            Err(error) => {
                // Once is enough to know; it fails many times a second.
                if !failing {
                    tracing::warn!(%error, "connections can't be accepted");
                }
                failing = true;
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether it concerns one connection only, so that the next may be accepted at once.
fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// One TCP connection, from its first byte to its last.
async fn serve<H: Handler>(
    shared: Arc<Shared<H>>,
    stream: TcpStream,
    peer_addr: SocketAddr,
    upgrading: Upgrading,
) {
    set_options(&stream, &shared.limits);
    let by = after(shared.limits.upgrade_timeout);
    #[cfg(feature = "tls")]
    if let Some(tls) = &shared.config.tls {
        // On the heap for its time only: a connection keeps the memory of its task.
        let accepted = Box::pin(accept_tls(tls, stream));
        let accepted = tokio::select! {
            biased;
            () = shared.cut.cancelled() => return,
            () = upgrading.dropped() => return too_many(peer_addr),
            accepted = until(by, accepted) => accepted,
        };
        match accepted {
            Ok(Ok(Some(stream))) => {
                // On the heap, so that the tasks of connections without TLS are not as large.
                Box::pin(connect(shared, stream, peer_addr, upgrading, by)).await;
            }
            Ok(Ok(None)) => tracing::debug!(%peer_addr, "plain HTTP where TLS is spoken"),
            Ok(Err(error)) => {
                let error = Shown::new(error);
                tracing::debug!(%peer_addr, %error, "the TLS handshake failed");
            }
            Err(_) => tracing::debug!(%peer_addr, "no TLS handshake in time"),
        }
        return;
    }
    connect(shared, stream, peer_addr, upgrading, by).await;
}

fn too_many(peer_addr: SocketAddr) {
    tracing::debug!(%peer_addr, "dropped before its request came, as there are too many of its kind");
}

/// The TLS handshake. `None` for a peer that speaks plain HTTP, which is told so.
#[cfg(feature = "tls")]
async fn accept_tls(
    tls: &super::ServerTls,
    mut stream: TcpStream,
) -> io::Result<Option<tokio_rustls::server::TlsStream<TcpStream>>> {
    let mut first = [0];
    let read = stream.peek(&mut first).await?;
    if read == 1 && first.iter().all(u8::is_ascii_alphabetic) {
        let text = "this port speaks TLS: use wss:// or https://\n";
        Answer::new(StatusCode::BAD_REQUEST, text)
            .send(&mut stream, &Method::GET)
            .await?;
        return Ok(None);
    }
    tls.accept(stream).await.map(Some)
}

/// As [`serve`], for a connection over a stream that the program has.
pub(super) async fn serve_stream<H: Handler>(
    shared: Arc<Shared<H>>,
    stream: impl Stream,
    peer_addr: SocketAddr,
) {
    let upgrading = shared.admission.begin(Over::Stream).await;
    let by = after(shared.limits.upgrade_timeout);
    connect(shared, stream, peer_addr, upgrading, by).await;
}

/// One connection, from its HTTP request to its end.
async fn connect<H: Handler, S: Stream>(
    shared: Arc<Shared<H>>,
    stream: S,
    peer_addr: SocketAddr,
    upgrading: Upgrading,
    by: Instant,
) {
    // On the heap for its time only: a connection keeps the memory of its task.
    let connected = Box::pin(begin(&shared, stream, peer_addr, upgrading, by)).await;
    let Some(Connected {
        mut running,
        link,
        peer_addr,
        registered,
        seat,
        token,
    }) = connected
    else {
        return;
    };
    let id = link.id;
    let close = tokio::select! {
        biased;
        () = shared.cut.cancelled() => {
            tracing::debug!(connection = %id, %peer_addr, "cut off");
            link.cut();
            running.await
        }
        close = &mut running => close,
    };
    tracing::debug!(connection = %id, %peer_addr, %close, "closed");
    drop((registered, seat, token));
}

/// A connection that is upgraded.
struct Connected<'a, H: Handler> {
    running: Task,
    link: Arc<Link>,
    /// The client's address.
    peer_addr: SocketAddr,
    registered: Registered<'a, H>,
    seat: Seat,
    /// Counts the connection for the shutdown.
    token: TaskTrackerToken,
}

/// A connection up to its upgrade; `None` when it comes to none.
async fn begin<H: Handler, S: Stream>(
    shared: &Shared<H>,
    mut stream: S,
    peer_addr: SocketAddr,
    upgrading: Upgrading,
    by: Instant,
) -> Option<Connected<'_, H>> {
    let upgraded = upgrade(shared, &mut stream, peer_addr, &upgrading);
    let upgraded = tokio::select! {
        biased;
        () = shared.cut.cancelled() => return None,
        () = upgrading.dropped() => {
            too_many(peer_addr);
            return None;
        }
        upgraded = until(by, upgraded) => upgraded,
    };
    let Upgraded {
        peer_addr,
        request,
        rest,
        answer,
        seat,
        token,
    } = match upgraded {
        Ok(Ok(upgraded)) => upgraded?,
        Ok(Err(error)) => {
            let error = Shown::new(error);
            tracing::debug!(%peer_addr, %error, "no upgrade");
            return None;
        }
        Err(_) => {
            tracing::debug!(%peer_addr, "no upgrade in time");
            return None;
        }
    };
    drop(upgrading);
    let mut config = shared.session;
    // highway.py 0.2 and browsers name themselves, highway.py 0.1 does not: a slow one of the former would take the table
    // of dialect 0.1 for a fault.
    config.dialect_01 &= !request.headers().contains_key(header::USER_AGENT);
    let message_bytes = shared.limits.message_bytes;
    let mut socket = WebSocket::new(stream.into_any(), Role::Server, rest, message_bytes);
    if !answer.is_empty() {
        socket.write_first(answer);
    }
    let (connection, running) = driver::start::<H>(
        Start {
            role: Role::Server,
            peer_addr: Some(peer_addr),
            limits: Arc::clone(&shared.limits),
            local: Arc::clone(&shared.local),
            session: config,
            strict: shared.config.strict,
            on_failure: shared.config.on_failure,
            extensions: request.into_extensions(),
            introduction: None,
            fall_back_after: Some(shared.config.limits.dialect_01_after),
            members: Arc::clone(&shared.peers),
            state: Arc::clone(&shared.state),
            milestones: None,
        },
        Wire::WebSocket(socket),
    );
    // The connection itself is the handler's, and goes with it.
    let link = connection.present();
    let registered = Registered::new(shared, &link);
    tracing::debug!(connection = %link.id, %peer_addr, "connected");
    Some(Connected {
        running,
        link,
        peer_addr,
        registered,
        seat,
        token,
    })
}

/// A connection in the server's list, however its task ends.
struct Registered<'a, H: Handler> {
    shared: &'a Shared<H>,
    id: ConnectionId,
}

impl<'a, H: Handler> Registered<'a, H> {
    fn new(shared: &'a Shared<H>, link: &Arc<Link>) -> Self {
        shared.peers.insert(Arc::clone(link));
        if shared.stop.is_cancelled() {
            // The shutdown has gone through the list already.
            shared.close_for_shutdown(link);
        }
        Self {
            shared,
            id: link.id,
        }
    }
}

impl<H: Handler> Drop for Registered<'_, H> {
    fn drop(&mut self) {
        self.shared.peers.remove(self.id);
    }
}

/// What a connection begins with.
struct Upgraded<H: Handler> {
    /// The client's address.
    peer_addr: SocketAddr,
    request: Request<H>,
    /// What was read behind the request.
    rest: Vec<u8>,
    /// The answer, or nothing where it is written already.
    answer: Vec<u8>,
    seat: Seat,
    /// Counts the connection for the shutdown.
    token: TaskTrackerToken,
}

/// Reads the request and asks whoever may refuse it. `None` when it was answered otherwise than by an upgrade.
async fn upgrade<H: Handler>(
    shared: &Shared<H>,
    stream: &mut impl Stream,
    peer_addr: SocketAddr,
    upgrading: &Upgrading,
) -> io::Result<Option<Upgraded<H>>> {
    let limit = shared.limits.http_head_bytes;
    let head = upgrade::read_head::<RequestHead>(stream, limit).await;
    upgrading.heard();
    let (head, rest) = match head {
        Ok(Head { head, rest }) => (head.0, rest),
        Err(error) => {
            no_request(error, limit)?.send(stream, &Method::GET).await?;
            return Ok(None);
        }
    };
    let method = head.method().clone();
    let peer_addr = shared.config.proxies.client(peer_addr, head.headers());
    match accept_request(shared, upgrading, head, rest, peer_addr).await {
        Ok(mut upgraded) => {
            if shared.config.dialect_01 && is_highway_py_01(upgraded.request.headers()) {
                answer_apart(stream, std::mem::take(&mut upgraded.answer)).await?;
            }
            Ok(Some(upgraded))
        }
        Err(answer) => {
            tracing::debug!(%peer_addr, status = %answer.status(), "no upgrade");
            answer.send(stream, &method).await?;
            Ok(None)
        }
    }
}

/// Whether the client is of highway.py 0.1: it names no program, and as its page it names the address that it connects to.
fn is_highway_py_01(headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    let is_websocket =
        |origin: &[u8]| origin.starts_with(b"ws://") || origin.starts_with(b"wss://");
    origin.is_some_and(is_websocket) && !headers.contains_key(header::USER_AGENT)
}

/// Writes the answer, and waits until it has most likely been read.
///
/// The client of highway.py 0.1 hangs when it reads a part of the first message together with the answer. A proxy writes an answer of
/// its own, so that its length can't keep that from happening.
async fn answer_apart(stream: &mut impl Stream, answer: Vec<u8>) -> io::Result<()> {
    /// How much later the first message follows.
    const PAUSE: Duration = Duration::from_millis(100);

    stream.write_all(&answer).await?;
    stream.flush().await?;
    tokio::time::sleep(PAUSE).await;
    Ok(())
}

/// The answer to what is not a request.
fn no_request(error: HeadError, limit: usize) -> io::Result<Answer> {
    let too_large = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    match error {
        HeadError::Io(error) => Err(error),
        HeadError::TooLarge => {
            let text = format!("the request's head has more than {limit} bytes\n");
            Ok(Answer::new(too_large, &text))
        }
        HeadError::Malformed(WebSocketError::Capacity(CapacityError::TooManyHeaders)) => {
            Ok(Answer::new(too_large, "the request has too many headers\n"))
        }
        HeadError::Malformed(error) => {
            tracing::debug!(error = %Shown::new(error), "no HTTP request");
            let text = "this is a WebSocket server; the request is not HTTP/1.1\n";
            Ok(Answer::new(StatusCode::BAD_REQUEST, text))
        }
    }
}

async fn accept_request<H: Handler>(
    shared: &Shared<H>,
    upgrading: &Upgrading,
    head: http::Request<()>,
    rest: Vec<u8>,
    peer_addr: SocketAddr,
) -> Result<Upgraded<H>, Answer> {
    let config = &shared.config;
    check(&head, config, shared.stop.is_cancelled())?;
    let unavailable = |text| Answer::unavailable(text, config.limits.spread());
    let origin = config.origins.check(head.headers(), config.require_origin);
    origin.map_err(|why| {
        tracing::info!(%peer_addr, "refused with 403: {why}");
        Answer::new(StatusCode::FORBIDDEN, &format!("{why}\n"))
    })?;
    let seat = upgrading.admit(peer_addr.ip()).map_err(|full| {
        tracing::debug!(%peer_addr, ?full, "refused");
        unavailable(match full {
            Full::Server => "there are as many connections as there may be\n",
            Full::Address => "there are as many connections from this address as there may be\n",
        })
    })?;
    let mut request = Request::new(head, Some(peer_addr), Arc::clone(&shared.state));
    ask(&mut request).await.map_err(|refusal| {
        tracing::info!(%peer_addr, status = %refusal.status(), "on(connect) refused the connection");
        Answer::new(refusal.status(), refusal.message())
    })?;
    let answer = upgrade::accept(request.headers(), request.subprotocol(), config.dialect_01);
    let token = shared.connections.token();
    // In this order, a shutdown either is seen here or waits for the connection.
    if shared.stop.is_cancelled() {
        return Err(unavailable("the server shuts down\n"));
    }
    Ok(Upgraded {
        peer_addr,
        request,
        rest,
        answer,
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
