//! highway, written the way that its users write it.

use std::collections::HashMap;
use std::io::{Error, Result};
use std::sync::{Mutex, MutexGuard, PoisonError};

use highway::connection::ConnectionId;
use highway::{Bytes, Connection, route};
use tokio::net::TcpListener;

type Everyone = Mutex<HashMap<ConnectionId, Connection<Peer>>>;

#[highway::server(state = Everyone)]
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
async fn publish(data: String, peer: &mut Peer) {
    let everyone: Vec<_> = lock(peer.state()).values().cloned().collect();
    for connection in everyone {
        // It fails for a connection that is about to be removed.
        let _ = connection.send("bc", &data).await;
    }
}

#[highway::on(ready)]
async fn enter(peer: &mut Peer) {
    lock(peer.state()).insert(peer.id(), Connection::clone(peer));
}

#[highway::on(close)]
async fn leave(peer: &mut Peer) {
    lock(peer.state()).remove(&peer.id());
}

fn lock<T>(everyone: &Mutex<T>) -> MutexGuard<'_, T> {
    everyone.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) async fn serve(listener: TcpListener) -> Result<()> {
    let server = Peer::server()
        .state(Everyone::default())
        // A header goes with 1 MiB of data.
        .limits(|limits| limits.message_bytes = 8 << 20)
        .listen(listener)?;
    server.run().await.map_err(Error::other)
}
