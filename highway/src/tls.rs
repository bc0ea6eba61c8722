//! What TLS needs on both sides.

use std::sync::Arc;

use tokio_rustls::rustls::crypto::{CryptoProvider, ring};

/// The process's provider of cryptography if it has chosen one, else ring.
///
/// rustls would choose by itself too, but panic in a program with several providers in it that has chosen none; and its
/// choice would become the whole process's.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(ring::default_provider()))
}
