//! A connection's bytes, plain or through TLS.

use std::io::{Error, ErrorKind, IoSlice, Read, Result, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ClientConnection};

use crate::tls;

/// What is decrypted before it is handed out: several records.
const ENOUGH: usize = 64 * 1024;

/// What is encrypted before it is written, at most.
const AHEAD: usize = 256 * 1024;

/// A socket that doesn't block.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(TcpStream, Box<ClientConnection>),
}

impl Stream {
    pub(super) fn new(socket: TcpStream, tls: Option<&Arc<ClientConfig>>) -> Result<Self> {
        let Some(config) = tls else {
            return Ok(Self::Plain(socket));
        };
        let name = ServerName::try_from(tls::NAME).map_err(Error::other)?;
        let mut session = ClientConnection::new(Arc::clone(config), name).map_err(Error::other)?;
        session.set_buffer_limit(Some(AHEAD));
        Ok(Self::Tls(socket, Box::new(session)))
    }

    /// Writes what is encrypted already. Says whether that was all.
    pub(super) fn flush_encrypted(&mut self) -> Result<bool> {
        let Self::Tls(socket, session) = self else {
            return Ok(true);
        };
        while session.wants_write() {
            match session.write_tls(socket) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Plain(socket) | Self::Tls(socket, _) => socket.as_fd(),
        }
    }
}

impl Read for Stream {
    /// Leaves nothing decrypted behind where `into` has room for [`ENOUGH`] and a record.
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let (socket, session) = match self {
            Self::Plain(socket) => return socket.read(into),
            Self::Tls(socket, session) => (socket, session),
        };
        let mut total = 0;
        while total < ENOUGH {
            match session.read_tls(socket) {
                Ok(0) if total == 0 => return Ok(0),
                Ok(0) => break,
                Ok(_) => {
                    session.process_new_packets().map_err(Error::other)?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock && total > 0 => break,
                Err(error) => return Err(error),
            }
            match session.reader().read(&mut into[total..]) {
                Ok(0) => break,
                Ok(length) => total += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(total)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> Result<usize> {
        let written = match self {
            Self::Plain(socket) => return socket.write_vectored(slices),
            Self::Tls(_, session) => session.writer().write_vectored(slices)?,
        };
        self.flush_encrypted()?;
        if written == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(written)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
