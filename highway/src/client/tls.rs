//! TLS on the client's side, through rustls.

use std::{fmt, path::Path, sync::Arc};

use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::{
    error::{ConnectError, Error, Result},
    tls::provider,
    transport::websocket::Stream,
};

/// Which servers a client trusts, for [`Client::tls`](super::Client::tls).
///
/// TLS 1.2 and 1.3 are spoken, with the cryptography that the program has chosen as rustls' default, else with ring's;
/// [`from_config`](Self::from_config) takes any other.
#[derive(Clone)]
pub struct ClientTls {
    connector: TlsConnector,
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").finish_non_exhaustive()
    }
}

impl Default for ClientTls {
    /// The certificates of Mozilla's root programme.
    fn default() -> Self {
        Self::from_roots(RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        })
    }
}

impl ClientTls {
    /// Trusts the certificates in a PEM file only: an authority of one's own, or a self-signed certificate.
    ///
    /// # Errors
    /// [`Error::Tls`] when the file can't be read or has no usable certificate.
    pub fn from_ca_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let named =
            |error: &dyn fmt::Display| Error::Tls(format!("{}: {error}", path.display()).into());
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| named(&error))? {
            let certificate = certificate.map_err(|error| named(&error))?;
            roots.add(certificate).map_err(|error| named(&error))?;
        }
        if roots.is_empty() {
            return Err(named(&"there is no certificate in it"));
        }
        Ok(Self::from_roots(roots))
    }

    /// Trusts what the system trusts: the certificates of its store, or those that the environment variables
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` name. They are read once, here.
    ///
    /// # Errors
    /// [`Error::Tls`] when there is no usable certificate.
    #[cfg(feature = "tls-native-roots")]
    pub fn from_native_roots() -> Result<Self> {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "the system's certificates can't be read in full");
        }
        let mut roots = RootCertStore::empty();
        let (_, refused) = roots.add_parsable_certificates(found.certs);
        if refused > 0 {
            // Old certificates that rustls has no use for are in many stores.
            tracing::debug!(refused, "certificates of the system can't be used");
        }
        if roots.is_empty() {
            return Err(Error::Tls("the system has no usable certificate".into()));
        }
        Ok(Self::from_roots(roots))
    }

    fn from_roots(roots: RootCertStore) -> Self {
        Self::from_config(
            ClientConfig::builder_with_provider(provider())
                .with_safe_default_protocol_versions()
                .expect("a provider that a program chooses speaks TLS 1.2 or 1.3, as ring does")
                .with_root_certificates(roots)
                .with_no_client_auth(),
        )
    }

    /// From a rustls configuration.
    pub fn from_config(config: impl Into<Arc<ClientConfig>>) -> Self {
        Self {
            connector: TlsConnector::from(config.into()),
        }
    }

    pub(super) async fn connect(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> std::result::Result<TlsStream<TcpStream>, ConnectError> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| ConnectError::Url(format!("{host}: {error}")))?;
        self.connector
            .connect(name, stream)
            .await
            .map_err(ConnectError::Tls)
    }
}

impl Stream for TlsStream<TcpStream> {
    fn reset(&mut self) {
        self.get_mut().0.reset();
    }
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::crypto::CryptoProvider;

    use super::*;

    #[test]
    fn provider_is_not_chosen_for_the_whole_process() {
        let _ = ClientTls::default();
        assert!(CryptoProvider::get_default().is_none());
    }
}
