//! TLS: one certificate for all servers of a run, which the load generator trusts.

use std::fs;
use std::io::{Error, Result};
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

/// The name that the certificate is for.
pub(crate) const NAME: &str = "localhost";

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// A folder with a certificate and its key, for as long as it is kept.
pub(crate) fn make_certificate() -> Result<TempDir> {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).map_err(Error::other)?;
    let folder = TempDir::new()?;
    fs::write(folder.path().join(CERTIFICATE), made.cert.pem())?;
    fs::write(folder.path().join(KEY), made.signing_key.serialize_pem())?;
    Ok(folder)
}

/// What a server needs to speak TLS with the certificate of a folder.
pub(crate) fn server(folder: &Path) -> Result<Arc<ServerConfig>> {
    let key = PrivateKeyDer::from_pem_file(folder.join(KEY)).map_err(Error::other)?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate(folder)?], key);
    config.map(Arc::new).map_err(Error::other)
}

/// What a client needs to trust it.
pub(crate) fn client(folder: &Path) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate(folder)?).map_err(Error::other)?;
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn certificate(folder: &Path) -> Result<CertificateDer<'static>> {
    CertificateDer::from_pem_file(folder.join(CERTIFICATE)).map_err(Error::other)
}
