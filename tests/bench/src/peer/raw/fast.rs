//! The careful way on fastwebsockets, which writes frame by frame: a buffer below it makes one write of them.

use std::cell::Cell;
use std::convert::Infallible;
use std::io::Result;
use std::net::SocketAddr;
use std::pin::pin;

use bytes::Bytes;
use fastwebsockets::{
    Frame, OpCode, Payload, WebSocketRead, WebSocketWrite,
    upgrade::{UpgradeFut, upgrade},
};
use futures_util::{FutureExt, future};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{BufWriter, ReadHalf, WriteHalf, split};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::TlsAcceptor;

use super::careful::{BATCH, LARGEST};
use super::{AnyError, Bytestream, Outcome, Peers, calls, lock, serve};
use crate::scenario::Service;

/// What is written at once at most, but for large messages.
const WRITE_BUFFER: usize = 16 * 1024;

type Reader = WebSocketRead<ReadHalf<TokioIo<Upgraded>>>;
type Writer = WebSocketWrite<BufWriter<WriteHalf<TokioIo<Upgraded>>>>;

/// The library's own upgrade, with hyper.
async fn accept(stream: impl Bytestream) -> std::result::Result<(Reader, Writer), AnyError> {
    let (sender, upgraded) = oneshot::channel::<UpgradeFut>();
    let sender = Cell::new(Some(sender));
    let service = service_fn(move |mut request| {
        let response = upgrade(&mut request).map(|(response, upgrade)| {
            if let Some(sender) = sender.take() {
                let _ = sender.send(upgrade);
            }
            response
        });
        future::ready(response)
    });
    http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await?;
    let mut socket = upgraded.await?.await?;
    socket.set_max_message_size(LARGEST);
    // The halves could not both write what is due to a close frame or a ping.
    socket.set_auto_close(false);
    socket.set_auto_pong(false);
    Ok(socket.split(|stream| {
        let (reader, writer) = split(stream);
        (reader, BufWriter::with_capacity(WRITE_BUFFER, writer))
    }))
}

/// For what the reader would have to write on its own account: nothing.
fn unsent(_: Frame<'_>) -> future::Ready<std::result::Result<(), Infallible>> {
    future::ready(Ok(()))
}

/// Does what a message is due that is not binary. `false` when the connection is over.
async fn control(frame: Frame<'_>, writer: &mut Writer) -> std::result::Result<bool, AnyError> {
    match frame.opcode {
        OpCode::Close => {
            writer.write_frame(Frame::close_raw(frame.payload)).await?;
            writer.flush().await?;
            return Ok(false);
        }
        OpCode::Ping => writer.write_frame(Frame::pong(frame.payload)).await?,
        _ => {}
    }
    Ok(true)
}

pub(super) async fn run(
    service: Service,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
) -> Result<()> {
    match (service, tls) {
        (Service::Broadcast, _) => broadcast(listener).await,
        (Service::Calls, _) => serve(listener, async |stream, _| answer(stream, true).await).await,
        (_, None) => serve(listener, async |stream, _| answer(stream, false).await).await,
        (_, Some(tls)) => {
            serve(listener, move |stream, _| {
                let tls = tls.clone();
                async move { answer(tls.accept(stream).await?, false).await }
            })
            .await
        }
    }
}

/// Sends messages back, or answers calls; replies are flushed when there is no more input.
async fn answer(stream: impl Bytestream, calls: bool) -> Outcome {
    let (mut reader, mut writer) = accept(stream).await?;
    let mut unsent = unsent;
    loop {
        let frame = {
            // A read that is given up loses what it has parsed, so it goes on after the flush.
            let mut reading = pin!(reader.read_frame(&mut unsent));
            if let Some(frame) = reading.as_mut().now_or_never() {
                frame?
            } else {
                writer.flush().await?;
                reading.await?
            }
        };
        match frame.opcode {
            OpCode::Binary if !calls => {
                writer.write_frame(Frame::binary(frame.payload)).await?;
            }
            OpCode::Binary => {
                if let Some(reply) = calls::reply(&frame.payload).await {
                    let reply = Payload::Owned(reply);
                    writer.write_frame(Frame::binary(reply)).await?;
                }
            }
            _ => {
                if !control(frame, &mut writer).await? {
                    return Ok(());
                }
            }
        }
    }
}

/// One task a connection, which takes from its channel all there is before it flushes.
async fn broadcast(listener: TcpListener) -> Result<()> {
    let peers: Peers<SocketAddr, mpsc::UnboundedSender<Bytes>> = Peers::default();
    serve(listener, move |stream, address| {
        let peers = peers.clone();
        async move {
            let (mut reader, mut writer) = accept(stream).await?;
            let (sender, mut receiver) = mpsc::unbounded_channel();
            lock(&peers).insert(address, sender);
            let outcome = deliver(&mut reader, &mut writer, &mut receiver, &peers).await;
            lock(&peers).remove(&address);
            outcome
        }
    })
    .await
}

async fn deliver(
    reader: &mut Reader,
    writer: &mut Writer,
    receiver: &mut mpsc::UnboundedReceiver<Bytes>,
    peers: &Peers<SocketAddr, mpsc::UnboundedSender<Bytes>>,
) -> Outcome {
    let mut batch = Vec::with_capacity(BATCH);
    let mut unsent = unsent;
    loop {
        let frame = {
            let mut reading = pin!(reader.read_frame(&mut unsent));
            loop {
                tokio::select! {
                    frame = &mut reading => break frame?,
                    _ = receiver.recv_many(&mut batch, BATCH) => {
                        for data in batch.drain(..) {
                            let data = Payload::Borrowed(&data);
                            writer.write_frame(Frame::binary(data)).await?;
                        }
                        writer.flush().await?;
                    }
                }
            }
        };
        if frame.opcode == OpCode::Binary {
            let data = match frame.payload {
                Payload::Bytes(data) => data.freeze(),
                data => Bytes::copy_from_slice(&data),
            };
            for peer in lock(peers).values() {
                // It fails for a peer that is about to be removed.
                let _ = peer.send(data.clone());
            }
        } else if !control(frame, writer).await? {
            return Ok(());
        }
    }
}
