//! The socket that a server listens on.

use std::{fmt, io, net::SocketAddr};

use tokio::net::{TcpListener, TcpSocket, ToSocketAddrs, lookup_host};

/// The connections that the system keeps for the server to accept, where it allows as many: enough for clients that
/// come back all at once.
const BACKLOG: u32 = 4096;

/// Listens on the first of the addresses where that is possible.
pub(super) async fn bind(address: impl ToSocketAddrs + fmt::Display) -> io::Result<TcpListener> {
    if let Some((_, address)) = address.to_string().split_once("://") {
        let address = address.split(['/', '?', '#']).next().unwrap_or_default();
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("a server listens on an address, not a URL; write {address}"),
        ));
    }
    let mut failed = None;
    for address in lookup_host(address).await? {
        match listen(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = Some(error),
        }
    }
    Err(failed.unwrap_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "the name stands for no address",
        )
    }))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // A server that is started again need not wait until the connections of the one before are forgotten. On Windows the
    // option would let others take the port away.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
