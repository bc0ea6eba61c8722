//! Servers on a WebSocket library and nothing else: tokio-tungstenite the simple way, and this and others the careful one.

pub(crate) mod calls;
mod careful;
mod fast;
pub(crate) mod items;
pub(crate) mod pipes;

use std::collections::HashMap;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_channel::mpsc as futures_mpsc;
use futures_util::{SinkExt, StreamExt, TryStreamExt, future};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

use self::careful::{Sockudo, Tungstenite, Yawc};
use super::Peer;
use crate::scenario::Service;

/// What any of the libraries may fail with.
type AnyError = Box<dyn std::error::Error + Send + Sync>;

type Outcome = std::result::Result<(), AnyError>;

/// A connection's bytes.
pub(super) trait Bytestream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Bytestream for S {}

/// Runs one of these servers. Only echoes are served through TLS.
pub(crate) async fn run(
    peer: Peer,
    service: Service,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
) -> Result<()> {
    match (peer, service) {
        (Peer::RawSimple, Service::Echo) => simple_echo(listener).await,
        (Peer::RawSimple, Service::Broadcast) => simple_broadcast(listener).await,
        (Peer::RawSimple, Service::Calls) => calls::simple(listener).await,
        (Peer::RawSimple, Service::Items) => items::simple(listener).await,
        (Peer::RawSimple, Service::Pipes) => pipes::simple(listener).await,
        (Peer::RawTuned, Service::Items) => items::tuned(listener).await,
        (Peer::RawTuned, Service::Pipes) => pipes::tuned(listener).await,
        (Peer::Fastwebsockets, _) => fast::run(service, listener, tls).await,
        (Peer::Yawc, _) => careful::run::<Yawc>(service, listener, tls).await,
        (Peer::SockudoWs, _) => careful::run::<Sockudo>(service, listener, tls).await,
        (Peer::RawTuned, _) => careful::run::<Tungstenite>(service, listener, tls).await,
        _ => Err(Error::new(
            ErrorKind::Unsupported,
            format!("`{}` is no server on a library alone", peer.name()),
        )),
    }
}

async fn serve<F>(
    listener: TcpListener,
    connection: impl Fn(TcpStream, SocketAddr) -> F,
) -> Result<()>
where
    F: Future<Output = Outcome> + Send + 'static,
{
    loop {
        let (stream, address) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(connection(stream, address));
    }
}

/// Everything as it comes, one message after the other.
async fn simple_echo(listener: TcpListener) -> Result<()> {
    serve(listener, async |stream, _| {
        let mut socket = accept_async(stream).await?;
        while let Some(message) = socket.next().await {
            let message = message?;
            if message.is_binary() {
                socket.send(message).await?;
            }
        }
        Ok(())
    })
    .await
}

type Peers<K, T> = Arc<Mutex<HashMap<K, T>>>;

/// The way of the project's chat example: a channel for each peer, forwarded to its socket.
async fn simple_broadcast(listener: TcpListener) -> Result<()> {
    let peers: Peers<SocketAddr, futures_mpsc::UnboundedSender<Message>> = Peers::default();
    serve(listener, move |stream, address| {
        let peers = peers.clone();
        async move {
            let socket = accept_async(stream).await?;
            let (sender, receiver) = futures_mpsc::unbounded();
            lock(&peers).insert(address, sender);
            let (outgoing, incoming) = socket.split();
            let publish = incoming.try_for_each(|message| {
                if message.is_binary() {
                    for peer in lock(&peers).values() {
                        // It fails for a peer that is about to be removed.
                        let _ = peer.unbounded_send(message.clone());
                    }
                }
                future::ok(())
            });
            let deliver = receiver.map(Ok).forward(outgoing);
            future::select(publish, deliver).await;
            lock(&peers).remove(&address);
            Ok(())
        }
    })
    .await
}

fn lock<T>(peers: &Mutex<T>) -> MutexGuard<'_, T> {
    peers.lock().unwrap_or_else(PoisonError::into_inner)
}
