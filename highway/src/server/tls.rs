//! TLS on the server's side, through rustls.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{
            CertificateDer, PrivateKeyDer, UnixTime,
            pem::{self, PemObject},
        },
    },
    server::TlsStream,
};

use super::validity::invalid;
use crate::{
    error::{Error, Result},
    tls::provider,
    transport::websocket::Stream,
};

/// A certificate and its key, for [`Server::tls`](super::Server::tls).
///
/// TLS 1.2 and 1.3 are spoken, with the cryptography that the program has chosen as rustls' default, else with ring's. A renewed certificate is taken up without a restart: clones share the certificate, so keep
/// one and [`reload`](Self::reload) it. Connections that are there stay as they are.
///
/// ```no_run
/// use highway::server::ServerTls;
///
/// #[highway::server]
/// struct Chat;
///
/// #[tokio::main]
/// async fn main() -> highway::Result {
///     let tls = ServerTls::from_files("/etc/chat/cert.pem", "/etc/chat/key.pem")?;
///     let renewed = tls.clone();
///     tokio::spawn(async move {
///         let mut day = tokio::time::interval(std::time::Duration::from_secs(86_400));
///         loop {
///             day.tick().await;
///             if let Err(error) = renewed.reload() {
///                 eprintln!("the old certificate stays: {error}");
///             }
///         }
///     });
///     Chat::server().tls(tls).bind("0.0.0.0:443").await?.await
/// }
/// ```
#[derive(Clone)]
pub struct ServerTls {
    shared: Arc<Shared>,
}

struct Shared {
    config: RwLock<Arc<ServerConfig>>,
    /// Where the certificate and its key came from.
    files: Option<(PathBuf, PathBuf)>,
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls")
            .field("files", &self.shared.files)
            .finish_non_exhaustive()
    }
}

impl ServerTls {
    /// From PEM files: the certificate with its chain, and the private key. A certificate that has expired or is not valid yet
    /// is used, with a warning in the log.
    ///
    /// # Errors
    /// [`Error::Tls`] when a file can't be read or lacks what it is for, or the key is not the certificate's.
    pub fn from_files(certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self> {
        let (certificate, key) = (certificate.as_ref(), key.as_ref());
        let config = read(certificate, key)?;
        let files = Some((certificate.to_owned(), key.to_owned()));
        Ok(Self::new(config.into(), files))
    }

    /// From a rustls configuration. With protocols in it for ALPN, `http/1.1` has to be one of them.
    pub fn from_config(config: impl Into<Arc<ServerConfig>>) -> Self {
        Self::new(config.into(), None)
    }

    fn new(config: Arc<ServerConfig>, files: Option<(PathBuf, PathBuf)>) -> Self {
        let config = RwLock::new(config);
        Self {
            shared: Arc::new(Shared { config, files }),
        }
    }

    /// Reads the files again, for the connections to come.
    ///
    /// # Errors
    /// [`Error::Tls`] as for [`from_files`](Self::from_files), or when there are no files; what was there before stays.
    pub fn reload(&self) -> Result {
        let Some((certificate, key)) = &self.shared.files else {
            let why = "there are no files to read again; use `replace` with a configuration";
            return Err(Error::Tls(why.into()));
        };
        self.replace(read(certificate, key)?);
        Ok(())
    }

    /// Takes another rustls configuration for the connections to come.
    pub fn replace(&self, config: impl Into<Arc<ServerConfig>>) {
        let mut current = self
            .shared
            .config
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *current = config.into();
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let config = {
            let current = self.shared.config.read();
            Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
        };
        TlsAcceptor::from(config).accept(stream).await
    }
}

fn read(certificate: &Path, key: &Path) -> Result<ServerConfig> {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
        .map_err(|error| named(certificate, &error))?;
    if chain.is_empty() {
        return Err(named(certificate, &"there is no certificate in it"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| match error {
        pem::Error::NoItemsFound => named(key, &"there is no private key in it"),
        error => named(key, &error),
    })?;
    let why = invalid(&chain, UnixTime::now());
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(chain, private)
        })
        .map_err(|error| named(certificate, &error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    if let Some(why) = why {
        let file = certificate.display();
        tracing::warn!(%file, %why, "no client will accept the certificate; renew it");
    }
    Ok(config)
}

fn named(path: &Path, error: &dyn fmt::Display) -> Error {
    Error::Tls(format!("{}: {error}", path.display()).into())
}

impl Stream for TlsStream<TcpStream> {
    fn reset(&mut self) {
        self.get_mut().0.reset();
    }
}
