//! From a TCP connection to a highway connection.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    time::Instant,
};
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WebSocketError};

use super::{
    Shared,
    admission::{Full, Over, Seat, Upgrading},
    connected::{Connected, run},
    entry::{Accepted, enter},
    http::Answer,
};
use crate::{
    deadline::{after, until},
    handler::Handler,
    metrics::RefusalReason,
    shown::Shown,
    transport::websocket::{Stream, set_listener_options, set_options},
    upgrade::{self, Head, HeadError, RequestHead},
};

/// The pause after a failed `accept`: without descriptors it fails again at once, until some connection ends.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How much later than the answer to its request a client of highway.py 0.1 gets the first message.
pub(super) const APART: Duration = Duration::from_millis(100);

/// Accepts for ever.
pub(super) async fn accept<H: Handler>(listener: &TcpListener, shared: &Arc<Shared<H>>) {
    let has_options = set_listener_options(listener, &shared.limits);
    let mut failing = false;
    loop {
        match listener.accept().await {
            Ok((stream, peer_addr)) => {
                failing = false;
                if !has_options {
                    set_options(&stream, &shared.limits);
                }
                let upgrading = shared.admission.begin(Over::Socket).await;
                tokio::spawn(run(begin(Arc::clone(shared), stream, peer_addr, upgrading)));
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

/// A TCP connection up to its upgrade; `None` when it comes to none.
async fn begin<H: Handler>(
    shared: Arc<Shared<H>>,
    stream: TcpStream,
    peer_addr: SocketAddr,
    upgrading: Upgrading,
) -> Option<Connected<H>> {
    let by = after(shared.limits.upgrade_timeout);
    #[cfg(feature = "tls")]
    if shared.config.tls.is_some() {
        // Connections without TLS don't pay for what it needs.
        return Box::pin(begin_tls(shared, stream, peer_addr, upgrading, by)).await;
    }
    connect(shared, stream, peer_addr, upgrading, by).await
}

/// As [`begin`], behind the TLS handshake.
#[cfg(feature = "tls")]
async fn begin_tls<H: Handler>(
    shared: Arc<Shared<H>>,
    stream: TcpStream,
    peer_addr: SocketAddr,
    upgrading: Upgrading,
    by: Instant,
) -> Option<Connected<H>> {
    let tls = shared.config.tls.as_ref()?;
    let accepted = tokio::select! {
        biased;
        () = shared.cut.cancelled() => return None,
        () = upgrading.dropped() => {
            too_many(&shared, peer_addr);
            return None;
        }
        accepted = until(by, accept_tls(tls, stream)) => accepted,
    };
    match accepted {
        Ok(Ok(Some(stream))) => connect(shared, stream, peer_addr, upgrading, by).await,
        Ok(Ok(None)) => {
            shared.meter.refused(RefusalReason::Tls);
            tracing::debug!(%peer_addr, "plain HTTP where TLS is spoken");
            None
        }
        Ok(Err(error)) => {
            let error = Shown::new(error);
            shared.meter.refused(RefusalReason::Tls);
            tracing::debug!(%peer_addr, %error, "the TLS handshake failed");
            None
        }
        Err(_) => {
            shared.meter.refused(RefusalReason::Timeout);
            tracing::debug!(%peer_addr, "no TLS handshake in time");
            None
        }
    }
}

fn too_many<H: Handler>(shared: &Shared<H>, peer_addr: SocketAddr) {
    shared.meter.refused(RefusalReason::Timeout);
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

/// As [`begin`], over a stream that the program has.
pub(super) async fn begin_stream<H: Handler>(
    shared: Arc<Shared<H>>,
    stream: impl Stream,
    peer_addr: SocketAddr,
) -> Option<Connected<H>> {
    let upgrading = shared.admission.begin(Over::Stream).await;
    let by = after(shared.limits.upgrade_timeout);
    connect(shared, stream, peer_addr, upgrading, by).await
}

/// A connection from its HTTP request up to its upgrade; `None` when it comes to none.
async fn connect<H: Handler, S: Stream>(
    shared: Arc<Shared<H>>,
    mut stream: S,
    peer_addr: SocketAddr,
    upgrading: Upgrading,
    by: Instant,
) -> Option<Connected<H>> {
    let upgraded = {
        // Pinned here, as `until` would have it twice.
        let mut upgraded = pin!(upgrade(&shared, &mut stream, peer_addr, &upgrading));
        tokio::select! {
            biased;
            () = shared.cut.cancelled() => return None,
            () = upgrading.dropped() => {
                too_many(&shared, peer_addr);
                return None;
            }
            upgraded = until(by, upgraded.as_mut()) => upgraded,
        }
    };
    let Upgraded {
        accepted,
        rest,
        answer,
    } = match upgraded {
        Ok(Ok(Some(Request::Upgraded(upgraded)))) => upgraded,
        #[cfg(feature = "inspector")]
        Ok(Ok(Some(Request::Inspector(pages, upgraded)))) => {
            let Upgraded {
                accepted,
                rest,
                answer,
            } = upgraded;
            let connected = Connected::new(pages, accepted, stream.into_any(), rest, answer);
            tokio::spawn(connected.run());
            return None;
        }
        Ok(Ok(None)) => return None,
        Ok(Err(error)) => {
            let error = Shown::new(error);
            tracing::debug!(%peer_addr, %error, "no upgrade");
            return None;
        }
        Err(_) => {
            shared.meter.refused(RefusalReason::Timeout);
            tracing::debug!(%peer_addr, "no upgrade in time");
            return None;
        }
    };
    drop(upgrading);
    Some(Connected::new(
        shared,
        accepted,
        stream.into_any(),
        rest,
        answer,
    ))
}

/// What a request has come to.
enum Request<H: Handler> {
    /// A connection.
    Upgraded(Upgraded<H>),
    /// A connection of a page of the inspector.
    #[cfg(feature = "inspector")]
    Inspector(
        Arc<Shared<crate::inspector::Page>>,
        Upgraded<crate::inspector::Page>,
    ),
}

/// What a connection begins with.
struct Upgraded<H: Handler> {
    accepted: Accepted<H>,
    /// What was read behind the request.
    rest: Vec<u8>,
    /// The answer, or nothing where it is written already.
    answer: Vec<u8>,
}

/// Reads the request and asks whoever may refuse it. `None` when it was answered otherwise than by an upgrade.
async fn upgrade<H: Handler>(
    shared: &Shared<H>,
    stream: &mut impl Stream,
    peer_addr: SocketAddr,
    upgrading: &Upgrading,
) -> io::Result<Option<Request<H>>> {
    let limit = shared.limits.http_head_bytes;
    let head = upgrade::read_head::<RequestHead>(stream, limit).await;
    upgrading.heard();
    let (head, rest) = match head {
        Ok(Head { head, rest }) => (head.0, rest),
        Err(error) => {
            let answer = no_request(error, limit)?;
            shared.meter.refused(RefusalReason::Invalid);
            answer.send(stream, &Method::GET).await?;
            return Ok(None);
        }
    };
    #[cfg(feature = "inspector")]
    if let Some(pages) = shared.pages(head.uri()) {
        // Pages have seats of their own.
        let admit = |address| pages.admission.admit(address, Over::Stream);
        let upgraded = Box::pin(answer(pages, stream, peer_addr, (head, rest), admit)).await?;
        return Ok(upgraded.map(|upgraded| Request::Inspector(Arc::clone(pages), upgraded)));
    }
    let admit = |address| upgrading.admit(address);
    let upgraded = answer(shared, stream, peer_addr, (head, rest), admit).await?;
    Ok(upgraded.map(Request::Upgraded))
}

/// Answers a request, behind whose head something may have been read already.
async fn answer<H: Handler>(
    shared: &Shared<H>,
    stream: &mut impl Stream,
    peer_addr: SocketAddr,
    (head, rest): (http::Request<()>, Vec<u8>),
    admit: impl FnOnce(Option<IpAddr>) -> Result<Seat, Full>,
) -> io::Result<Option<Upgraded<H>>> {
    let method = head.method().clone();
    let peer_addr = shared.config.proxies.client(peer_addr, head.headers());
    let asked = match enter(shared, head, Some(peer_addr), admit) {
        Ok(entering) => entering.ask(shared).await,
        Err(answer) => Err(answer),
    };
    match asked {
        Ok(accepted) => {
            let Accepted { request, .. } = &accepted;
            let dialect_01 = shared.config.dialect_01;
            let mut answer = upgrade::accept(request.headers(), request.subprotocol(), dialect_01);
            if dialect_01 && is_highway_py_01(request.headers()) {
                answer_apart(stream, std::mem::take(&mut answer)).await?;
            }
            Ok(Some(Upgraded {
                accepted,
                rest,
                answer,
            }))
        }
        Err(answer) => {
            tracing::debug!(%peer_addr, status = %answer.status(), "no upgrade");
            answer.send(stream, &method).await?;
            Ok(None)
        }
    }
}

/// Whether the client is of highway.py 0.1: it names no program, and as its page it names the address that it connects to.
pub(super) fn is_highway_py_01(headers: &HeaderMap) -> bool {
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
    stream.write_all(&answer).await?;
    stream.flush().await?;
    tokio::time::sleep(APART).await;
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
