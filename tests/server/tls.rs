//! TLS: what is spoken, renewed certificates, and peers that speak something else.

use std::{path::PathBuf, sync::Arc, time::Duration};

use highway::server::ServerTls;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, ClientConfig, ProtocolVersion, RootCertStore,
        pki_types::{CertificateDer, ServerName},
    },
};

use crate::support::{Peer, Served, exchange, exchange_on, start, tested, within};

/// A certificate's files, which can be renewed.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> (Self, CertificateDer<'static>) {
        let files = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let certificate = files.renew();
        (files, certificate)
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    fn renew(&self) -> CertificateDer<'static> {
        let names = vec!["localhost".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        std::fs::write(self.certificate(), cert.pem()).unwrap();
        std::fs::write(self.key(), signing_key.serialize_pem()).unwrap();
        cert.der().clone()
    }

    fn tls(&self) -> ServerTls {
        ServerTls::from_files(self.certificate(), self.key()).unwrap()
    }
}

fn config(
    certificate: &CertificateDer<'static>,
    versions: &[&'static rustls::SupportedProtocolVersion],
    protocols: &[&[u8]],
) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    config
}

async fn connect_with(
    address: std::net::SocketAddr,
    config: ClientConfig,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

async fn connect(
    address: std::net::SocketAddr,
    certificate: &CertificateDer<'static>,
) -> std::io::Result<TlsStream<TcpStream>> {
    connect_with(address, config(certificate, rustls::DEFAULT_VERSIONS, &[])).await
}

async fn ready(
    address: std::net::SocketAddr,
    certificate: &CertificateDer<'static>,
) -> Peer<TlsStream<TcpStream>> {
    let stream = connect(address, certificate).await.unwrap();
    Peer::ready_on(stream, address, "").await
}

#[tokio::test]
async fn current_versions_and_http_1_are_spoken() {
    let (files, certificate) = Files::new();
    let server = start(tested().0.tls(files.tls())).await;
    for (version, spoken) in [
        (&rustls::version::TLS12, ProtocolVersion::TLSv1_2),
        (&rustls::version::TLS13, ProtocolVersion::TLSv1_3),
    ] {
        let config = config(&certificate, &[version], &[b"h2", b"http/1.1"]);
        let stream = within(10, connect_with(server.address, config))
            .await
            .unwrap();
        let (_, session) = stream.get_ref();
        assert_eq!(session.protocol_version(), Some(spoken));
        assert_eq!(session.alpn_protocol(), Some(&b"http/1.1"[..]));
        let mut peer = Peer::ready_on(stream, server.address, "").await;
        within(10, peer.echoes()).await;
    }
    let only_h2 = config(&certificate, rustls::DEFAULT_VERSIONS, &[b"h2"]);
    let refused = within(10, connect_with(server.address, only_h2)).await;
    assert!(refused.is_err(), "{refused:?}");
    server.stop().await;
}

#[tokio::test]
async fn renewed_certificate_is_for_those_who_come_after() {
    let (files, old) = Files::new();
    let tls = files.tls();
    let server = start(tested().0.tls(tls.clone())).await;
    let mut before = ready(server.address, &old).await;
    let new = files.renew();
    assert!(connect(server.address, &new).await.is_err());
    tls.reload().unwrap();
    let mut after = within(10, ready(server.address, &new)).await;
    assert!(connect(server.address, &old).await.is_err());
    within(10, before.echoes()).await;
    within(10, after.echoes()).await;
    drop((before, after));
    server.stop().await;
}

#[tokio::test]
async fn certificate_that_can_not_be_used_replaces_nothing() {
    let (files, certificate) = Files::new();
    let tls = files.tls();
    let server = start(tested().0.tls(tls.clone())).await;
    let key = std::fs::read(files.key()).unwrap();
    files.renew();
    // A certificate and the key of another.
    std::fs::write(files.key(), key).unwrap();
    let error = tls.reload().unwrap_err().to_string();
    assert!(
        error.starts_with("can't set up TLS: ") && error.contains("cert.pem"),
        "{error}"
    );
    std::fs::remove_file(files.certificate()).unwrap();
    tls.reload().unwrap_err();
    let mut peer = within(10, ready(server.address, &certificate)).await;
    within(10, peer.echoes()).await;
    drop(peer);
    server.stop().await;
}

#[test]
fn files_without_what_they_are_for_are_told() {
    let (files, _) = Files::new();
    let (certificate, key) = (files.certificate(), files.key());
    let error = ServerTls::from_files(&key, &key).unwrap_err().to_string();
    let expected = format!("{}: there is no certificate in it", key.display());
    assert!(error.ends_with(&expected), "{error}");
    let swapped = ServerTls::from_files(&certificate, &certificate).unwrap_err();
    let expected = format!("{}: there is no private key in it", certificate.display());
    assert!(swapped.to_string().ends_with(&expected), "{swapped}");
    std::fs::write(&certificate, "nothing of a certificate\n").unwrap();
    let error = files_error(&files);
    assert!(error.contains("there is no certificate in it"), "{error}");
}

fn files_error(files: &Files) -> String {
    let error = ServerTls::from_files(files.certificate(), files.key());
    error.unwrap_err().to_string()
}

/// What is logged as a warning while something is done.
fn warnings(act: impl FnOnce()) -> String {
    let log = tempfile::NamedTempFile::new().unwrap();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::WARN)
        .with_writer(Arc::new(log.reopen().unwrap()))
        .finish();
    tracing::subscriber::with_default(subscriber, act);
    std::fs::read_to_string(log.path()).unwrap()
}

#[test]
fn certificate_out_of_its_time_is_warned_of() {
    let (files, _) = Files::new();
    let mut tls = None;
    assert_eq!(warnings(|| tls = Some(files.tls())), "");
    let tls = tls.unwrap();
    let check = |valid: [i32; 2], expected: &str| {
        let mut parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(valid[0], 2, 28);
        parameters.not_after = rcgen::date_time_ymd(valid[1], 3, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        std::fs::write(files.certificate(), certificate.pem()).unwrap();
        std::fs::write(files.key(), key.serialize_pem()).unwrap();
        let warned = [
            warnings(|| drop(files.tls())),
            warnings(|| tls.reload().unwrap()),
        ];
        for warned in warned {
            if expected.is_empty() {
                assert_eq!(warned, "");
            } else {
                assert!(warned.contains(expected), "{warned}");
                assert!(warned.contains("cert.pem"), "{warned}");
            }
        }
    };
    check([2000, 2024], "it expired on 2024-03-01");
    check([2200, 2300], "it is not valid before 2200-02-28");
    check([2000, 2300], "");
}

#[tokio::test]
async fn configuration_can_be_replaced_but_not_read_again() {
    let (first, _) = Files::new();
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![cert.der().clone()],
            signing_key.serialize_der().try_into().unwrap(),
        )
        .unwrap();
    let tls = first.tls();
    tls.replace(config.clone());
    let server = start(tested().0.tls(tls)).await;
    let mut peer = within(10, ready(server.address, cert.der())).await;
    within(10, peer.echoes()).await;
    let error = ServerTls::from_config(config).reload().unwrap_err();
    assert!(error.to_string().contains("`replace`"), "{error}");
    drop(peer);
    server.stop().await;
}

#[tokio::test]
async fn plain_http_is_told_of_tls() {
    let (files, certificate) = Files::new();
    let server = start(tested().0.tls(files.tls())).await;
    let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let answer = within(10, exchange(server.address, request)).await;
    assert_eq!(answer.status(), "400");
    assert!(answer.body.contains("wss://"), "{answer:?}");
    // The same over TLS.
    let stream = connect(server.address, &certificate).await.unwrap();
    let answer = within(10, exchange_on(stream, request)).await;
    assert_eq!(answer.status(), "200");
    let mut peer = ready(server.address, &certificate).await;
    within(10, peer.echoes()).await;
    drop(peer);
    server.stop().await;
}

#[tokio::test]
async fn tls_on_a_plain_port_fails_at_once() {
    let (_, certificate) = Files::new();
    let server = start(tested().0).await;
    let refused = within(5, connect(server.address, &certificate)).await;
    assert!(refused.is_err(), "{refused:?}");
    server.serves().await;
    server.stop().await;
}

#[tokio::test]
async fn junk_and_slow_handshakes_are_gone_in_time() {
    let (files, certificate) = Files::new();
    let server = tested().0.tls(files.tls());
    let server = server.limits(|limits| limits.upgrade_timeout = Duration::from_secs(1));
    let server = start(server).await;
    for first in [
        &b""[..],
        b"\x16\x03\x01\x02\x00",
        b"\x16\x03\x01\x00\x01\x7f",
        b"\0\0\0",
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(first).await.unwrap();
        let mut answer = Vec::new();
        // An alert may come; the end does.
        let _ = within(5, stream.read_to_end(&mut answer)).await;
    }
    // TLS in time, and then no request.
    let mut stream = connect(server.address, &certificate).await.unwrap();
    let mut answer = Vec::new();
    let _ = within(5, stream.read_to_end(&mut answer)).await;
    assert!(answer.is_empty());
    let mut peer = ready(server.address, &certificate).await;
    within(10, peer.echoes()).await;
    drop(peer);
    server.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn program_reads_its_certificate_again_when_told() {
    let (files, old) = Files::new();
    let (certificate, key) = (files.certificate(), files.key());
    let served = Served::start(&[
        "--tls-cert",
        certificate.to_str().unwrap(),
        "--tls-key",
        key.to_str().unwrap(),
    ]);
    let mut before = ready(served.address, &old).await;
    let new = files.renew();
    served.signal("HUP");
    let mut after = within(10, async {
        loop {
            if let Ok(stream) = connect(served.address, &new).await {
                break Peer::ready_on(stream, served.address, "").await;
            }
        }
    })
    .await;
    within(10, before.echoes()).await;
    within(10, after.echoes()).await;
    served.signal("TERM");
    within(10, before.closed()).await;
    within(10, after.closed()).await;
    assert!(within(10, served.ended()).await.success());
}
