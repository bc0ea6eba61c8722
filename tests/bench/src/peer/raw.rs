//! Servers on tokio-tungstenite and nothing else: the simple way, and a careful one.

pub(crate) mod calls;
pub(crate) mod items;
pub(crate) mod pipes;

use std::collections::HashMap;
use std::io::Result;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_channel::mpsc as futures_mpsc;
use futures_util::{FutureExt, SinkExt, StreamExt, TryStreamExt, future};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_async, accept_async_with_config};

type Outcome = std::result::Result<(), Error>;

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
pub(super) async fn simple_echo(listener: TcpListener) -> Result<()> {
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
pub(super) async fn simple_broadcast(listener: TcpListener) -> Result<()> {
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

/// Small, so that little has to be zeroed before each read.
const READ_BUFFER: usize = 8 * 1024;

async fn accept_tuned(stream: TcpStream) -> std::result::Result<WebSocketStream<TcpStream>, Error> {
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    accept_async_with_config(stream, Some(config)).await
}

/// Replies are flushed when there is no more input.
pub(super) async fn tuned_echo(listener: TcpListener) -> Result<()> {
    serve(listener, async |stream, _| {
        let mut socket = accept_tuned(stream).await?;
        while let Some(message) = socket.next().await {
            let mut next = Some(message);
            while let Some(message) = next {
                let message = message?;
                if message.is_binary() {
                    socket.feed(message).await?;
                }
                next = socket.next().now_or_never().flatten();
            }
            socket.flush().await?;
        }
        Ok(())
    })
    .await
}

/// One task a connection, which takes from its channel all there is before it flushes.
pub(super) async fn tuned_broadcast(listener: TcpListener) -> Result<()> {
    const BATCH: usize = 64;
    let peers: Peers<SocketAddr, mpsc::UnboundedSender<Message>> = Peers::default();
    serve(listener, move |stream, address| {
        let peers = peers.clone();
        async move {
            let mut socket = accept_tuned(stream).await?;
            let (sender, mut receiver) = mpsc::unbounded_channel();
            lock(&peers).insert(address, sender);
            let mut batch = Vec::with_capacity(BATCH);
            let outcome: Outcome = async {
                loop {
                    tokio::select! {
                        message = socket.next() => match message {
                            Some(message) => {
                                let message = message?;
                                if message.is_binary() {
                                    for peer in lock(&peers).values() {
                                        let _ = peer.send(message.clone());
                                    }
                                }
                            }
                            None => return Ok(()),
                        },
                        _ = receiver.recv_many(&mut batch, BATCH) => {
                            for message in batch.drain(..) {
                                socket.feed(message).await?;
                            }
                            socket.flush().await?;
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

fn lock<T>(peers: &Mutex<T>) -> MutexGuard<'_, T> {
    peers.lock().unwrap_or_else(PoisonError::into_inner)
}
