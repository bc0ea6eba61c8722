//! Which servers are trusted, and who this side says that it is.

use std::{path::PathBuf, sync::Arc};

use highway::client::ClientTls;
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};

use crate::failure::Failure;

/// Options for `wss://`.
#[derive(Debug, Clone, clap::Args)]
#[expect(clippy::struct_field_names, reason = "they are the options' names")]
pub(crate) struct TlsArguments {
    /// A file of certificates (PEM) to trust instead of the system's
    #[arg(help_heading = "Connection", long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    tls_ca: Option<PathBuf>,
    /// A certificate (PEM) to show to the server
    #[arg(help_heading = "Connection", long, value_name = "FILE", requires = "tls_key", value_hint = clap::ValueHint::FilePath)]
    tls_cert: Option<PathBuf>,
    /// The private key (PEM) of that certificate
    #[arg(help_heading = "Connection", long, value_name = "FILE", requires = "tls_cert", value_hint = clap::ValueHint::FilePath)]
    tls_key: Option<PathBuf>,
    /// Trust any certificate: for tests, since anyone in between can read and change what is sent
    #[arg(help_heading = "Connection", long, conflicts_with = "tls_ca")]
    tls_insecure: bool,
}

impl TlsArguments {
    /// What the library's client takes.
    pub(crate) fn client(&self) -> Result<ClientTls, Failure> {
        Ok(ClientTls::from_config(self.config()?))
    }

    /// What rustls takes.
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, Failure> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::usage(error.to_string()))?;
        let builder = if self.tls_insecure {
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Anyone(provider)))
        } else {
            builder.with_root_certificates(self.roots()?)
        };
        let config = match (&self.tls_cert, &self.tls_key) {
            (Some(certificates), Some(key)) => {
                let chain = read_certificates(certificates)?;
                let named = |error: &dyn std::fmt::Display| {
                    Failure::usage(format!("{}: {error}", key.display()))
                };
                let key = PrivateKeyDer::from_pem_file(key).map_err(|error| named(&error))?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| named(&error))?
            }
            _ => builder.with_no_client_auth(),
        };
        Ok(Arc::new(config))
    }

    fn roots(&self) -> Result<RootCertStore, Failure> {
        let mut roots = RootCertStore::empty();
        if let Some(path) = &self.tls_ca {
            let failed = |error| Failure::usage(format!("{}: {error}", path.display()));
            for certificate in read_certificates(path)? {
                roots.add(certificate).map_err(failed)?;
            }
            return Ok(roots);
        }
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        // A container often has none.
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        Ok(roots)
    }
}

fn read_certificates(path: &PathBuf) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", path.display()));
    let read = CertificateDer::pem_file_iter(path).map_err(|error| failed(&error))?;
    let certificates: Vec<_> = read
        .collect::<Result<_, _>>()
        .map_err(|error| failed(&error))?;
    if certificates.is_empty() {
        return Err(failed(&"there is no certificate in it"));
    }
    Ok(certificates)
}

/// Trusts any certificate, as long as the peer has its key.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, tokio_rustls::rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, tokio_rustls::rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, tokio_rustls::rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
