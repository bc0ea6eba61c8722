//! TLS on the server's side, through rustls.

use std::{fmt, io, path::Path, sync::Arc};

use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
    server::TlsStream,
};

use crate::{
    connection::Stream,
    error::{Error, Result},
};

/// A certificate and its key, for [`Server::tls`](super::Server::tls).
#[derive(Clone)]
pub struct ServerTls {
    acceptor: TlsAcceptor,
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").finish_non_exhaustive()
    }
}

impl ServerTls {
    /// From PEM files: the certificate with its chain, and the private key.
    ///
    /// # Errors
    /// [`Error::Tls`] when a file can't be read, or the key is not the certificate's.
    pub fn from_files(certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self> {
        let certificate = certificate.as_ref();
        let key = key.as_ref();
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
            .map_err(|error| named(certificate, &error))?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| named(key, &error))?;
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| Error::Tls(error.into()))?;
        Ok(Self::from_config(config))
    }

    /// From a rustls configuration.
    pub fn from_config(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self {
            acceptor: TlsAcceptor::from(config.into()),
        }
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }
}

fn named(path: &Path, error: &dyn fmt::Display) -> Error {
    Error::Tls(format!("{}: {error}", path.display()).into())
}

impl Stream for TlsStream<TcpStream> {
    fn reset(&mut self) {
        self.get_mut().0.reset();
    }
}
