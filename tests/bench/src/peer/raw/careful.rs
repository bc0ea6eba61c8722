//! The careful way, on any library whose WebSocket is a stream and a sink: replies are flushed when there is no more input, and what
//! goes to many is taken from a channel in batches.

use std::cell::Cell;
use std::io::Result;
use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt, future};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sockudo_ws::{Role, handshake::server_handshake};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::{self, protocol::WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, accept_async_with_config};

use super::{AnyError, Bytestream, Outcome, Peers, calls, lock, serve};
use crate::scenario::Service;

/// The largest message, with room for a header beside 1 MiB of data.
pub(super) const LARGEST: usize = 8 << 20;

/// Messages that are taken from a channel at once.
pub(super) const BATCH: usize = 64;

/// A message of a library.
pub(super) trait Message: Clone + Send + 'static {
    fn binary(data: Bytes) -> Self;

    /// What it carries, if it is binary.
    fn data(&self) -> Option<&Bytes>;
}

/// A library's WebSocket. Its stream may end in place of an error.
pub(super) trait Socket<M>:
    Stream<Item = std::result::Result<M, AnyError>> + Sink<M, Error = AnyError> + Send + Unpin
{
}

impl<M, S> Socket<M> for S where
    S: Stream<Item = std::result::Result<M, AnyError>> + Sink<M, Error = AnyError> + Send + Unpin
{
}

/// A library's WebSocket, with its errors as any.
fn any<M, S, E>(socket: S) -> impl Socket<M>
where
    S: Stream<Item = std::result::Result<M, E>> + Sink<M, Error = E> + Send + Unpin,
    E: Into<AnyError>,
{
    socket
        .sink_err_into::<AnyError>()
        .map(|message| message.map_err(Into::into))
}

/// Writes all messages of a batch, and flushes them.
pub(super) async fn write_all<M, S: Sink<M> + Unpin>(
    socket: &mut S,
    batch: &mut Vec<M>,
) -> std::result::Result<(), S::Error> {
    for message in batch.drain(..) {
        socket.feed(message).await?;
    }
    socket.flush().await
}

/// A library for WebSockets.
pub(super) trait Library: 'static {
    type Message: Message;

    /// The library's own upgrade, and its WebSocket as it is tuned best.
    fn accept<S: Bytestream>(
        stream: S,
    ) -> impl Future<Output = std::result::Result<impl Socket<Self::Message>, AnyError>> + Send;
}

/// tokio-tungstenite.
pub(super) struct Tungstenite;

/// Small, so that little has to be zeroed before each read.
const READ_BUFFER: usize = 8 * 1024;

pub(super) async fn accept_tungstenite<S: Bytestream>(
    stream: S,
) -> std::result::Result<WebSocketStream<S>, tungstenite::Error> {
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    accept_async_with_config(stream, Some(config)).await
}

impl Library for Tungstenite {
    type Message = tungstenite::Message;

    async fn accept<S: Bytestream>(
        stream: S,
    ) -> std::result::Result<impl Socket<Self::Message>, AnyError> {
        Ok(any(accept_tungstenite(stream).await?))
    }
}

impl Message for tungstenite::Message {
    fn binary(data: Bytes) -> Self {
        Self::Binary(data)
    }

    fn data(&self) -> Option<&Bytes> {
        match self {
            Self::Binary(data) => Some(data),
            _ => None,
        }
    }
}

/// yawc, as its own benchmark tunes it.
pub(super) struct Yawc;

impl Library for Yawc {
    type Message = yawc::Frame;

    async fn accept<S: Bytestream>(
        stream: S,
    ) -> std::result::Result<impl Socket<Self::Message>, AnyError> {
        let (sender, upgraded) = oneshot::channel();
        let sender = Cell::new(Some(sender));
        let upgrade = service_fn(move |request| {
            let options = yawc::Options::default()
                .with_limits(LARGEST, 2 * LARGEST)
                .with_read_buffer_capacity(128 * 1024)
                .with_backpressure_boundary(64 * 1024);
            let upgrade = yawc::WebSocket::upgrade_with_options(request, options);
            let response = upgrade.map(|(response, upgrade)| {
                if let Some(sender) = sender.take() {
                    let _ = sender.send(upgrade);
                }
                response
            });
            future::ready(response)
        });
        http1::Builder::new()
            .serve_connection(TokioIo::new(stream), upgrade)
            .with_upgrades()
            .await?;
        let socket = upgraded.await?.await?;
        Ok(socket.sink_err_into::<AnyError>().map(Ok))
    }
}

impl Message for yawc::Frame {
    fn binary(data: Bytes) -> Self {
        Self::binary(data)
    }

    fn data(&self) -> Option<&Bytes> {
        (self.opcode() == yawc::OpCode::Binary).then(|| self.payload())
    }
}

/// sockudo-ws.
pub(super) struct Sockudo;

impl Library for Sockudo {
    type Message = sockudo_ws::Message;

    async fn accept<S: Bytestream>(
        mut stream: S,
    ) -> std::result::Result<impl Socket<Self::Message>, AnyError> {
        let read = server_handshake(&mut stream).await?.leftover;
        let config = sockudo_ws::Config::default();
        let socket =
            sockudo_ws::WebSocketStream::from_raw_with_leftover(stream, Role::Server, config, read);
        Ok(any(socket))
    }
}

impl Message for sockudo_ws::Message {
    fn binary(data: Bytes) -> Self {
        Self::Binary(data)
    }

    fn data(&self) -> Option<&Bytes> {
        match self {
            Self::Binary(data) => Some(data),
            _ => None,
        }
    }
}

/// Serves with a library.
pub(super) async fn run<L: Library>(
    service: Service,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
) -> Result<()> {
    match (service, tls) {
        (Service::Broadcast, _) => broadcast::<L>(listener).await,
        (Service::Calls, _) => {
            serve(listener, async |stream, _| {
                answer::<L, _>(L::accept(stream).await?, calls::answer).await
            })
            .await
        }
        (_, None) => serve(listener, async |stream, _| echo::<L, _>(stream).await).await,
        (_, Some(tls)) => {
            serve(listener, move |stream, _| {
                let tls = tls.clone();
                async move { echo::<L, _>(tls.accept(stream).await?).await }
            })
            .await
        }
    }
}

async fn echo<L: Library, S: Bytestream>(stream: S) -> Outcome {
    let socket = L::accept(stream).await?;
    let echo = |message: L::Message| future::ready(message.data().is_some().then_some(message));
    answer::<L, _>(socket, echo).await
}

/// Answers messages; replies are flushed when there is no more input.
async fn answer<L: Library, F: Future<Output = Option<L::Message>> + Send>(
    mut socket: impl Socket<L::Message>,
    reply: impl Fn(L::Message) -> F + Send,
) -> Outcome {
    while let Some(message) = socket.next().await {
        let mut next = Some(message);
        while let Some(message) = next {
            if let Some(reply) = reply(message?).await {
                socket.feed(reply).await?;
            }
            next = socket.next().now_or_never().flatten();
        }
        socket.flush().await?;
    }
    Ok(())
}

/// One task a connection, which takes from its channel all there is before it flushes.
async fn broadcast<L: Library>(listener: TcpListener) -> Result<()> {
    let peers: Peers<SocketAddr, mpsc::UnboundedSender<L::Message>> = Peers::default();
    serve(listener, move |stream, address| {
        let peers = peers.clone();
        async move {
            let mut socket = L::accept(stream).await?;
            let (sender, mut receiver) = mpsc::unbounded_channel();
            lock(&peers).insert(address, sender);
            let mut batch = Vec::with_capacity(BATCH);
            let outcome: Outcome = async {
                loop {
                    tokio::select! {
                        message = socket.next() => match message {
                            Some(message) => {
                                let message = message?;
                                if message.data().is_some() {
                                    for peer in lock(&peers).values() {
                                        let _ = peer.send(message.clone());
                                    }
                                }
                            }
                            None => return Ok(()),
                        },
                        _ = receiver.recv_many(&mut batch, BATCH) => {
                            write_all(&mut socket, &mut batch).await?;
                        }
                    }
                }
            }
            .await;
            lock(&peers).remove(&address);
            outcome
        }
    })
    .await
}
