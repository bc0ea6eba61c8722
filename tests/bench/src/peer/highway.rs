//! highway, written the way that its users write it.

use std::io::{Error, Result};

use highway::{Bytes, route};
use tokio::net::TcpListener;

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

pub(super) async fn serve(listener: TcpListener) -> Result<()> {
    let server = Peer::server()
        // A header goes with 1 MiB of data.
        .limits(|limits| limits.message_bytes = 8 << 20)
        .listen(listener)?;
    server.run().await.map_err(Error::other)
}
