//! Clients: what they find at the other end, and how they say so.

use std::{net::SocketAddr, path::Path, time::Duration};

use highway::{
    Close, ConnectError, Connection, Error, Value, client::ClientTls, route, server::ServerTls,
    test, wire::Dialect,
};
use highway_tests::{
    paused,
    websocket::{BINARY, CLOSE, FIN, PING, PONG, TABLE, answer, header, masked, request},
    within_deadline,
};
use tokio::{io::AsyncWriteExt, net::TcpListener};

use crate::support::{Probe, RawPeer, start};

#[highway::client(state = Probe)]
struct Client;

#[route("echo")]
async fn echoed(data: Value, client: &mut Client) {
    client.state().saw(format!("{data:?}"));
}

#[highway::server]
struct Server;

#[route("echo")]
async fn echo(data: Value, server: &mut Server) -> highway::Result {
    server.send("echo", data).await
}

fn client() -> highway::Client<Client> {
    let (probe, _) = Probe::new();
    Client::client().state(probe)
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// What `connect` says of a server that does as it is told.
async fn refused_by(
    change: impl FnOnce(&mut highway::Limits),
    server: impl AsyncFnOnce(TcpListener),
) -> String {
    let (listener, address) = listen().await;
    let url = format!("ws://{address}");
    let client = client().limits(change);
    let (error, ()) = tokio::join!(client.connect(&url), server(listener));
    let error = error.expect_err("it is refused").to_string();
    let said = error.strip_prefix(&format!("can't connect to {url}: "));
    said.unwrap_or_else(|| panic!("{error}")).to_owned()
}

/// What `connect` says of an answer to the upgrade.
#[track_caller]
fn check_answer(answer: &str, expected: &str) {
    within_deadline(async {
        let said = refused_by(
            |_| {},
            async |listener| {
                let (mut peer, _) = RawPeer::accept_request(&listener).await;
                peer.bytes(answer.as_bytes()).await;
            },
        )
        .await;
        assert!(said.contains(expected), "{said}");
    });
}

#[test]
fn refused_connection_is_an_error() {
    within_deadline(async {
        let (listener, address) = listen().await;
        drop(listener);
        let url = format!("ws://{address}");
        let error = client().connect(&url).await.unwrap_err();
        assert!(
            matches!(
                &error,
                Error::Connect {
                    source: ConnectError::Io(_),
                    ..
                }
            ),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .starts_with(&format!("can't connect to {url}: "))
        );
    });
}

#[test]
fn answers_that_are_no_upgrade_are_errors_that_tell_why() {
    check_answer("SSH-2.0-x\r\n\r\n", "does not upgrade to a WebSocket");
    check_answer(
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\n\r\nlog in first",
        "the server answered 401 Unauthorized: log in first",
    );
    check_answer(
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>a page</html>",
        "the server answered 200 OK, and no WebSocket: it may have one at another path",
    );
    check_answer(
        "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
        "the server answered 302 Found",
    );
    check_answer(
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "the answer has no upgrade to `websocket`",
    );
    check_answer(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        "another request's key",
    );
    check_answer("", "end of file");
    let endless = format!(
        "HTTP/1.1 101 Switching Protocols\r\na: {}",
        "b".repeat(20_000)
    );
    check_answer(&endless, "the answer's head has more than 16384 bytes");
}

/// That a client takes this in place of the lines that make an answer an upgrade.
#[track_caller]
fn check_accepted(headers: &[(&str, &str)], lines: &str) {
    const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    within_deadline(async {
        let (listener, address) = listen().await;
        let mut client = client();
        for &(name, value) in headers {
            client = client.header(name, value);
        }
        let url = format!("ws://{address}");
        let server = async {
            let (mut peer, head) = RawPeer::accept_request(&listener).await;
            let answer = answer(&head);
            assert!(answer.contains(UPGRADE));
            peer.bytes(answer.replace(UPGRADE, lines).as_bytes()).await;
            peer.message(TABLE).await;
            assert_eq!(peer.next_message().await.first(), Some(&5), "its table");
            peer
        };
        let (connected, _peer) = tokio::join!(client.connect(&url), server);
        connected.unwrap_or_else(|error| panic!("{lines:?}: {error}"));
    });
}

#[test]
fn lists_of_an_answer_may_be_on_one_line_or_on_many() {
    for lines in [
        "Connection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nConnection: keep-alive\r\n",
        "connection:\tUPGRADE, keep-alive\r\nUPGRADE:WebSocket\r\n",
        "Connection: ,upgrade,,\r\nConnection:\r\nUpgrade: ,\r\nUpgrade: foo, websocket\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol:\r\nSec-WebSocket-Extensions: ,\r\n",
    ] {
        check_accepted(&[], lines);
    }
    // None or one of those that were offered.
    let offered = [("Sec-WebSocket-Protocol", "a, b")];
    for chosen in ["", "Sec-WebSocket-Protocol: b\r\n"] {
        let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
        check_accepted(&offered, &format!("{upgrade}{chosen}"));
    }
}

#[test]
fn extension_that_was_not_asked_for_is_refused() {
    within_deadline(async {
        let said = refused_by(
            |_| {},
            async |listener| {
                let (mut peer, head) = RawPeer::accept_request(&listener).await;
                let answer = answer(&head).replace(
                    "\r\n\r\n",
                    "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
                );
                peer.bytes(answer.as_bytes()).await;
            },
        )
        .await;
        assert!(
            said.contains("`sec-websocket-extensions` was not asked for"),
            "{said}"
        );
    });
}

#[test]
fn server_that_says_nothing_is_given_up() {
    within_deadline(async {
        let short = |limits: &mut highway::Limits| {
            limits.upgrade_timeout = Duration::from_millis(100);
            limits.exchange_timeout = Duration::from_millis(100);
        };
        let said = refused_by(short, async |listener| {
            let (mut peer, _) = RawPeer::accept_request(&listener).await;
            assert_eq!(peer.try_next().await, None);
        })
        .await;
        assert_eq!(said, "it took too long");
        let said = refused_by(short, async |listener| {
            let peer = RawPeer::accept(&listener).await;
            assert_eq!(peer.closes().await, Some(Close::INVALID_STATE));
        })
        .await;
        assert_eq!(
            said,
            "the connection closed before it was ready (3003 Invalid state)"
        );
    });
}

/// Writes one byte after the other, as long as the client takes them.
async fn drip(peer: &mut RawPeer, bytes: &[u8]) {
    let mut pace = tokio::time::interval(Duration::from_millis(10));
    for byte in bytes.iter().cycle() {
        pace.tick().await;
        if peer.stream.write_u8(*byte).await.is_err() {
            break;
        }
    }
}

#[test]
fn server_that_never_comes_to_an_end_is_given_up_though_something_comes_all_the_time() {
    within_deadline(async {
        let short = |limits: &mut highway::Limits| {
            limits.upgrade_timeout = Duration::from_millis(200);
            limits.exchange_timeout = Duration::from_millis(200);
            limits.close_timeout = Duration::from_millis(200);
        };
        let said = refused_by(short, async |listener| {
            let (mut peer, _) = RawPeer::accept_request(&listener).await;
            peer.bytes(b"HTTP/1.1 101 Switching Protocols\r\n").await;
            drip(&mut peer, b"a: b\r\n").await;
        })
        .await;
        assert_eq!(said, "it took too long");
        let said = refused_by(
            |_| {},
            async |listener| {
                let (mut peer, _) = RawPeer::accept_request(&listener).await;
                peer.bytes(b"HTTP/1.1 404 Not Found\r\nContent-Length: 400\r\n\r\n")
                    .await;
                drip(&mut peer, b"no ").await;
            },
        )
        .await;
        // What came of the body in time is shown.
        assert!(
            said.starts_with("the server answered 404 Not Found: no no"),
            "{said}"
        );
        let said = refused_by(short, async |listener| {
            let mut peer = RawPeer::accept(&listener).await;
            peer.bytes(&[FIN | BINARY, 126, 1, 0, 5, 0, 0, 0]).await;
            drip(&mut peer, b" ").await;
        })
        .await;
        assert!(said.ends_with("(3003 Invalid state)"), "{said}");
        let said = refused_by(short, async |listener| {
            let mut peer = RawPeer::accept(&listener).await;
            let ping = [FIN | PING, 0];
            drip(&mut peer, &ping).await;
        })
        .await;
        assert!(said.ends_with("(3003 Invalid state)"), "{said}");
    });
}

#[test]
fn server_that_does_not_speak_tls_is_an_error() {
    within_deadline(async {
        let (listener, address) = listen().await;
        let url = format!("wss://localhost:{}", address.port());
        let client =
            || client().limits(|limits| limits.upgrade_timeout = Duration::from_millis(200));
        let silent = client();
        let (error, _silent) = tokio::join!(silent.connect(&url), listener.accept());
        let error = error.unwrap_err();
        assert!(
            matches!(
                &error,
                Error::Connect {
                    source: ConnectError::Timeout,
                    ..
                }
            ),
            "{error:?}"
        );
        let junk = client();
        let (error, ()) = tokio::join!(junk.connect(&url), async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await
                .unwrap();
        });
        let error = error.unwrap_err();
        assert!(
            matches!(
                &error,
                Error::Connect {
                    source: ConnectError::Tls(_),
                    ..
                }
            ),
            "{error:?}"
        );
    });
}

#[test]
fn server_that_ends_before_its_table_is_an_error_with_its_code() {
    within_deadline(async {
        let said = refused_by(
            |_| {},
            async |listener| {
                let mut peer = RawPeer::accept(&listener).await;
                peer.close(4003, "full").await;
                peer.closes().await;
            },
        )
        .await;
        assert!(said.ends_with("(4003 full)"), "{said}");
        let said = refused_by(
            |_| {},
            async |listener| {
                RawPeer::accept(&listener).await;
            },
        )
        .await;
        assert!(said.ends_with("(1006 the connection was lost)"), "{said}");
    });
}

#[test]
fn tables_that_are_none_and_masked_frames_are_refused() {
    within_deadline(async {
        let said = refused_by(
            |_| {},
            async |listener| {
                let mut peer = RawPeer::accept(&listener).await;
                peer.message(b"\x05\0\0\0[]").await;
                assert_eq!(peer.closes().await, Some(Close::INVALID_ROUTES));
            },
        )
        .await;
        assert!(said.ends_with("(1000 Invalid exchange routes)"), "{said}");
        refused_by(
            |_| {},
            async |listener| {
                let mut peer = RawPeer::accept(&listener).await;
                peer.bytes(&masked(FIN | BINARY, TABLE)).await;
                assert_eq!(peer.closes().await, Some(Close::PROTOCOL_ERROR));
            },
        )
        .await;
    });
}

#[test]
fn urls_that_are_none_are_errors_before_anything_is_sent() {
    within_deadline(async {
        for (url, expected) in [
            ("", "the URL has to begin with ws:// or wss://"),
            (
                "127.0.0.1:1337",
                "the URL has to begin with ws:// or wss://",
            ),
            (
                "http://127.0.0.1:1",
                "the URL has to begin with ws:// or wss://",
            ),
            ("ws://", "the URL is not valid"),
            (
                "ws://127.0.0.1:99999",
                "the URL's port is not a number up to 65535",
            ),
        ] {
            let error = client().connect(url).await.unwrap_err();
            assert!(
                matches!(
                    &error,
                    Error::Connect {
                        source: ConnectError::Url(_),
                        ..
                    }
                ),
                "{url}: {error:?}"
            );
            assert!(error.to_string().contains(expected), "{error}");
        }
        let error = client().header("bad name", "x").connect("ws://127.0.0.1:1");
        let error = error.await.unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("`bad name` and its value can't be an HTTP header"),
            "{error}"
        );
    });
}

/// A raw server with one client of it, before the tables.
async fn raw_pair() -> (
    RawPeer,
    String,
    tokio::task::JoinHandle<highway::Result<Connection<Client>>>,
    crate::support::Seen,
) {
    let (listener, address) = listen().await;
    let (probe, seen) = Probe::new();
    let client = Client::client()
        .state(probe)
        .header("authorization", "Bearer abc")
        .header("origin", "https://example.org");
    let url = format!("ws://{address}/path?query=1");
    let client = tokio::spawn(async move { client.connect(&url).await });
    let (mut peer, head) = RawPeer::accept_request(&listener).await;
    peer.bytes(answer(&head).as_bytes()).await;
    (peer, head, client, seen)
}

#[test]
fn request_has_the_path_and_the_headers() {
    within_deadline(async {
        let (peer, head, _client, _) = raw_pair().await;
        assert!(head.starts_with("GET /path?query=1 HTTP/1.1\r\n"), "{head}");
        let address = peer.stream.local_addr().unwrap().to_string();
        assert_eq!(header(&head, "host"), Some(address.as_str()));
        assert_eq!(header(&head, "authorization"), Some("Bearer abc"));
        assert_eq!(header(&head, "origin"), Some("https://example.org"));
        assert_eq!(header(&head, "sec-websocket-version"), Some("13"));
        assert_eq!(header(&head, "sec-websocket-extensions"), None);
    });
}

#[test]
fn dialect_is_the_server_s() {
    within_deadline(async {
        let (mut peer, _, client, _) = raw_pair().await;
        peer.message(b"\x05\0\0\0{\"3\":\"meta\",\"9\":\"numbers\"}")
            .await;
        // The answer goes to the id that the server's table has for `meta`.
        assert_eq!(
            peer.next_message().await,
            b"\x05\0\x03\0{\"0\":\"meta\",\"1\":\"echo\",\"65535\":\"highway/1\"}"
        );
        let client = client.await.unwrap().unwrap();
        assert_eq!(client.dialect(), Some(Dialect::V02));
        client.send("numbers", 5).await.unwrap();
        assert_eq!(peer.next_message().await, b"\x01\0\x09\x005");
    });
    within_deadline(async {
        let (mut peer, _, client, mut seen) = raw_pair().await;
        peer.message(b"\x01\0\0\0{\"routes\":{\"0\":\"meta\",\"9\":\"numbers\"}}")
            .await;
        assert_eq!(
            peer.next_message().await,
            b"\x01\0\0\0{\"routes\":{\"0\":\"meta\",\"1\":\"echo\"}}"
        );
        let client = client.await.unwrap().unwrap();
        assert_eq!(client.dialect(), Some(Dialect::V01));
        client.send("numbers", 5).await.unwrap();
        assert_eq!(peer.next_message().await, b"\x03\0\x09\x005");
        peer.message(b"\x07\0\x01\x001").await;
        assert_eq!(seen.next().await, "true");
    });
}

#[test]
fn table_that_comes_again_is_answered_and_counts() {
    within_deadline(async {
        let (mut peer, _, client, _) = raw_pair().await;
        peer.message(TABLE).await;
        let answer = peer.next_message().await;
        let client = client.await.unwrap().unwrap();
        peer.message(b"\x05\0\0\0{\"0\":\"meta\",\"4\":\"other\"}")
            .await;
        assert_eq!(peer.next_message().await, answer);
        assert_eq!(client.peer_routes(), ["other"]);
        client.send("other", ()).await.unwrap();
        assert_eq!(peer.next_message().await, [8, 0, 4, 0]);
    });
}

#[test]
fn client_ends_though_the_server_never_ends_tcp() {
    within_deadline(async {
        let (listener, address) = listen().await;
        let client = client().limits(|limits| limits.close_timeout = Duration::from_millis(100));
        let url = format!("ws://{address}");
        let (client, mut peer) = tokio::join!(client.connect(&url), async {
            let mut peer = RawPeer::accept(&listener).await;
            peer.message(TABLE).await;
            peer.next().await;
            peer
        });
        let client = client.unwrap();
        client.close_with(4000, "done").await.unwrap();
        assert_eq!(client.closed().await, Close::new(4000, "done"));
        assert_eq!(peer.next_close().await, Some(Close::new(4000, "done")));
        assert_eq!(peer.try_next().await, None);
    });
}

#[test]
fn connect_that_is_dropped_leaves_no_connection() {
    within_deadline(async {
        let (listener, address) = listen().await;
        let url = format!("ws://{address}");
        let mut connect = Box::pin(client().connect(&url));
        let mut peer = tokio::select! {
            _ = &mut connect => panic!("there is no table yet"),
            peer = RawPeer::accept(&listener) => peer,
        };
        // It answers a ping once it has seen the answer to its request.
        peer.frame(FIN | PING, b"").await;
        let pong = tokio::select! {
            _ = &mut connect => panic!("there is no table yet"),
            pong = peer.next() => pong,
        };
        assert_eq!(pong.first, FIN | PONG);
        drop(connect);
        assert_eq!(peer.closes().await, Some(Close::GOING_AWAY));
    });
}

#[test]
fn localhost_and_ipv6_are_connected_to() {
    within_deadline(async {
        let server = start(Server::server()).await;
        let port = server.address.port();
        let url = format!("ws://localhost:{port}");
        client().connect(&url).await.unwrap().close().await;
        // Not every machine has IPv6.
        if let Ok(listener) = TcpListener::bind("[::1]:0").await {
            let server = Server::server().listen(listener).unwrap();
            let url = server.url();
            assert!(url.starts_with("ws://[::1]:"), "{url}");
            tokio::spawn(server.into_future());
            client().connect(&url).await.unwrap().close().await;
        }
    });
}

/// Writes a certificate for `localhost` and its key.
fn certificate(folder: &Path, name: &str) -> (std::path::PathBuf, std::path::PathBuf) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = folder.join(format!("{name}.pem"));
    let key = folder.join(format!("{name}.key"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (certificate, key)
}

#[test]
fn wss_goes_end_to_end_and_only_to_trusted_servers() {
    within_deadline(async {
        let folder = tempfile::tempdir().unwrap();
        let (certificate_file, key) = certificate(folder.path(), "server");
        let (other, other_key) = certificate(folder.path(), "other");
        let tls = ServerTls::from_files(&certificate_file, &key).unwrap();
        let server = Server::server()
            .tls(tls)
            .limits(|limits| limits.upgrade_timeout = Duration::from_millis(500));
        let server = start(server).await;
        let url = format!("wss://localhost:{}", server.address.port());
        assert!(server.url.starts_with("wss://"));

        let (probe, mut seen) = Probe::new();
        let trusted = Client::client()
            .state(probe)
            .tls(ClientTls::from_ca_file(&certificate_file).unwrap())
            .connect(&url)
            .await
            .unwrap();
        let text = "over TLS ".repeat(50_000);
        trusted.send("echo", &text).await.unwrap();
        trusted.flush().await.unwrap();
        assert!(seen.next().await == format!("{text:?}"));

        for tls in [
            ClientTls::from_ca_file(&other).unwrap(),
            ClientTls::default(),
        ] {
            let error = client().tls(tls).connect(&url).await.unwrap_err();
            assert!(
                error.to_string().contains("the TLS handshake failed"),
                "{error}"
            );
        }
        // A client without TLS, and one that says nothing.
        assert!(
            client()
                .connect(&format!("ws://localhost:{}", server.address.port()))
                .await
                .is_err()
        );
        assert_eq!(RawPeer::tcp(server.address).await.try_next().await, None);
        trusted.close().await;

        let error = ServerTls::from_files(&certificate_file, &other_key).unwrap_err();
        assert!(
            error.to_string().starts_with("can't set up TLS: "),
            "{error}"
        );
        let error = ServerTls::from_files(folder.path().join("none"), &key).unwrap_err();
        assert!(error.to_string().contains("none: "), "{error}");
        let error = ClientTls::from_ca_file(&key).unwrap_err();
        assert!(
            error.to_string().contains("there is no certificate in it"),
            "{error}"
        );
    });
}

/// The environment is the process's, so this test runs itself again in one that has it.
#[test]
fn system_certificates_are_trusted_when_asked_for() {
    const CHILD: &str = "HIGHWAY_TEST_NATIVE_ROOTS";

    if let Ok(url) = std::env::var(CHILD) {
        within_deadline(async {
            let tls = ClientTls::from_native_roots().unwrap();
            let (probe, mut seen) = Probe::new();
            let me = Client::client().state(probe).tls(tls);
            let me = me.connect(&url).await.unwrap();
            me.send("echo", "trusted").await.unwrap();
            assert_eq!(seen.next().await, "\"trusted\"");
            me.close().await;
        });
        return;
    }
    within_deadline(async {
        let folder = tempfile::tempdir().unwrap();
        let (certificate_file, key) = certificate(folder.path(), "server");
        let (other, _) = certificate(folder.path(), "other");
        let tls = ServerTls::from_files(&certificate_file, &key).unwrap();
        let server = start(Server::server().tls(tls)).await;
        let url = format!("wss://localhost:{}", server.address.port());
        for (file, trusted) in [(&certificate_file, true), (&other, false)] {
            let output = tokio::process::Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "client::system_certificates_are_trusted_when_asked_for",
                ])
                .env(CHILD, &url)
                .env("SSL_CERT_FILE", file)
                .env_remove("SSL_CERT_DIR")
                .kill_on_drop(true)
                .output()
                .await
                .unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            assert_eq!(output.status.success(), trusted, "{text}");
            let ran = if trusted {
                "1 passed"
            } else {
                "InvalidCertificate"
            };
            let all = format!("{text}{}", String::from_utf8_lossy(&output.stderr));
            assert!(all.contains(ran), "{all}");
        }
    });
}

#[test]
fn client_that_names_itself_is_not_told_the_routes_in_dialect_01() {
    within_deadline(async {
        let server = Server::server().dialect_01(true).limits(|limits| {
            limits.dialect_01_after = Duration::from_millis(1);
            limits.exchange_timeout = Duration::from_millis(100);
        });
        let server = start(server).await;
        let request = request(server.address, "");
        let request = request.replace("\r\n\r\n", "\r\nUser-Agent: Python/3.6\r\n\r\n");
        let mut peer = RawPeer::connect_with(server.address, async |peer| {
            peer.bytes(request.as_bytes()).await;
        })
        .await;
        assert_eq!(
            peer.next_message().await,
            b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"echo\",\"65535\":\"highway/1\"}"
        );
        let next = peer.next().await;
        assert_eq!(next.first, FIN | CLOSE, "{next:?}");
        assert_eq!(next.payload, b"\x0b\xbbInvalid state");
    });
}

#[test]
fn client_that_answers_in_dialect_02_is_not_told_the_routes_again() {
    paused(async {
        let server = test::server(Server::server().dialect_01(true));
        let mut peer = RawPeer::in_memory(&server, TABLE).await;
        peer.echoes(1).await;
        let later = tokio::time::timeout(Duration::from_secs(5), peer.next());
        assert!(later.await.is_err(), "nothing more comes");
    });
}

#[test]
fn server_falls_back_to_dialect_01_for_a_client_that_ignores_its_table() {
    within_deadline(async {
        let server = Server::server()
            .dialect_01(true)
            .limits(|limits| limits.dialect_01_after = Duration::from_millis(50));
        let server = start(server).await;
        let mut peer = RawPeer::tcp(server.address).await;
        peer.bytes(request(server.address, "").as_bytes()).await;
        let head = peer.head().await;
        assert_eq!(head.len() % 128, 0, "{head}");
        assert_eq!(
            peer.next_message().await,
            b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"echo\",\"65535\":\"highway/1\"}"
        );
        assert_eq!(
            peer.next_message().await,
            b"\x01\0\0\0{\"routes\":{\"0\":\"meta\",\"1\":\"echo\"}}"
        );
        peer.message(b"\x01\0\0\0{\"routes\":{\"0\":\"meta\",\"1\":\"echo\"}}")
            .await;
        // An integer is 3 in this dialect.
        peer.message(b"\x03\0\x01\x007").await;
        assert_eq!(peer.next_message().await, b"\x03\0\x01\x007");

        // One that waits until it has seen the second table, and then answers the first.
        let mut peer = RawPeer::connect(server.address).await;
        peer.next().await;
        peer.next().await;
        peer.message(TABLE).await;
        peer.echoes(1).await;
    });
}
