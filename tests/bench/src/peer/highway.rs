//! highway, written the way that its users write it.

use std::io::{Error, Result};
use std::sync::Arc;

use futures_util::{Stream, stream};
use highway::{Bytes, Connection, Server, route, server::ServerTls};
use tokio::net::TcpListener;
use tokio_rustls::rustls::ServerConfig;

use super::raw::items;
use crate::wire;

#[highway::server]
struct Peer;

#[route("echo")]
async fn echo(data: String, peer: &mut Peer) -> highway::Result {
    peer.send("echo", data).await
}

#[route("echo-bytes")]
async fn echo_bytes(data: Bytes, peer: &mut Peer) -> highway::Result {
    peer.send("echo-bytes", data).await
}

#[route("bc")]
async fn publish(data: &str, peer: &mut Peer) -> highway::Result {
    peer.everyone().send("bc", data).await
}

#[route("call", on = Peer)]
async fn call(data: String) -> String {
    data
}

#[route("call-bytes", on = Peer)]
async fn call_bytes(data: Bytes) -> Bytes {
    data
}

#[route("items", on = Peer)]
async fn items_of(size: usize) -> impl Stream<Item = String> {
    items::items(size)
}

#[route("items-bytes", on = Peer)]
async fn items_of_bytes(size: usize) -> impl Stream<Item = Bytes> {
    stream::repeat(Bytes::from(wire::data(size)))
}

/// Lets clients reach each other.
#[highway::server]
struct Relay;

/// A client tells others its number.
#[highway::on(ready)]
async fn enter(relay: &mut Relay) -> highway::Result {
    relay.send("number", relay.id()).await
}

#[highway::on(pipe)]
async fn anybody_reaches_anybody(_: Connection<Relay>) {}

pub(super) async fn relay(listener: TcpListener) -> Result<()> {
    let server = Relay::server().listen(listener).map_err(Error::other)?;
    server.await.map_err(Error::other)
}

fn builder() -> Server<Peer> {
    // A header goes with 1 MiB of data.
    Peer::server().limits(|limits| limits.message_bytes = 8 << 20)
}

pub(super) async fn serve(listener: TcpListener, tls: Option<Arc<ServerConfig>>) -> Result<()> {
    let mut server = builder();
    if let Some(tls) = tls {
        server = server.tls(ServerTls::from_config(tls));
    }
    let server = server.listen(listener).map_err(Error::other)?;
    server.await.map_err(Error::other)
}

pub(super) async fn serve_in_axum(listener: TcpListener) -> Result<()> {
    let service = builder().service().map_err(Error::other)?;
    let app = axum::Router::new().route_service("/", service);
    axum::serve(listener, app).await
}
