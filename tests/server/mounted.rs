//! A server inside others: axum, hyper, and streams that something else has upgraded.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    Router,
    extract::{Query, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use highway::{
    CloseCode, Origins, Refusal, Request, StatusCode,
    axum::Upgrade,
    on, route,
    server::{PeerAddr, Service},
};
use highway_tests::{
    mounting,
    websocket::{BINARY, FIN, masked, request},
};
use http::{Method, Version, header};
use http_body_util::{BodyExt, Empty};
use hyper::{body::Bytes, ext::Protocol, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::support::{Peer, eventually, exchange, exchange_on, start_mounted, tested, within};

/// Who a middleware of the program has found to ask.
#[derive(Clone)]
struct User(String);

#[highway::server]
struct Named {
    name: String,
}

#[on(connect)]
async fn admitted(request: &mut Request<Named>) -> Result<(), Refusal> {
    if request.uri().query() == Some("refused") {
        return Err(Refusal::new(StatusCode::PAYMENT_REQUIRED, "pay first"));
    }
    // What the client offers first.
    let first = request.subprotocols().next().map(str::to_owned);
    first.map_or(Ok(()), |name| request.choose_subprotocol(&name))
}

#[on(open)]
async fn opened(named: &mut Named) -> highway::Result {
    let user = named.extension::<User>().map(|user| user.0.clone());
    if let Some(user) = user {
        named.name = user;
    }
    Ok(())
}

#[route("name")]
async fn name(named: &mut Named) -> String {
    named.name.clone()
}

#[route("address")]
async fn address(named: &mut Named) -> Option<String> {
    Some(named.peer_addr()?.ip().to_string())
}

#[route("subprotocol")]
async fn subprotocol(named: &mut Named) -> Option<String> {
    named.subprotocol()
}

#[route("double")]
async fn double(text: String, _: &mut Named) -> String {
    text.repeat(2)
}

#[highway::client]
struct Caller;

async fn call(url: &str, route: &'static str) -> highway::Result<Option<String>> {
    let caller = Caller::connect(url).await?;
    let name = caller.call(highway::unchecked(route), ()).await;
    caller.close().await;
    name
}

/// Runs an app; what it returns ends it when it is dropped.
async fn run(app: Router) -> (SocketAddr, tokio::task::JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut task = tokio::task::JoinSet::new();
    task.spawn(async move {
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, app).await.unwrap();
    });
    (address, task)
}

#[tokio::test]
async fn routes_of_an_app_stand_beside_a_server() {
    let named = Named::server().service().unwrap();
    let app = Router::new()
        .route("/", get(|| async { "the page" }))
        .route_service("/named", named.clone())
        .layer(middleware::from_fn(
            async |mut request: axum::extract::Request, next: Next| {
                request.extensions_mut().insert(User("ann".to_owned()));
                next.run(request).await
            },
        ));
    let (address, _app) = run(app).await;
    let url = format!("ws://{address}/named");
    assert_eq!(call(&url, "name").await.unwrap().as_deref(), Some("ann"));
    let ip = call(&url, "address").await.unwrap();
    assert_eq!(ip.as_deref(), Some("127.0.0.1"));
    let page = exchange(
        address,
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert_eq!((page.status(), &page.body[..]), ("200", "the page"));
    // Not only those that begin alike.
    let error = call(&format!("ws://{address}/named/more"), "name").await;
    assert!(error.unwrap_err().to_string().contains("404"));
    within(10, eventually(|| named.handle().connections() == 0)).await;
}

#[derive(serde::Deserialize)]
struct Login {
    name: String,
}

/// What handlers of axum and the server need.
#[derive(Clone)]
struct App {
    named: Service<Named>,
    greeting: &'static str,
}

impl axum::extract::FromRef<App> for Service<Named> {
    fn from_ref(app: &App) -> Self {
        app.named.clone()
    }
}

async fn enter(
    State(app): State<App>,
    Query(login): Query<Login>,
    upgrade: Upgrade<Named>,
) -> Response {
    if login.name == "mallory" {
        return (StatusCode::FORBIDDEN, "not you").into_response();
    }
    upgrade.accept(move |named| named.name = format!("{} {}", app.greeting, login.name))
}

#[tokio::test]
async fn extractors_run_first_and_fill_the_handler() {
    let server = Named::server().limits(|limits| limits.connections = 1);
    let named = server.service().unwrap();
    let app = App {
        named: named.clone(),
        greeting: "hello",
    };
    let app = Router::new().route("/named", any(enter)).with_state(app);
    let (address, _app) = run(app).await;
    let url = |query| format!("ws://{address}/named{query}");
    let refused = |error: highway::Error| error.to_string();

    let name = call(&url("?name=ann"), "name").await.unwrap();
    assert_eq!(name.as_deref(), Some("hello ann"));
    within(10, eventually(|| named.handle().connections() == 0)).await;
    let error = refused(call(&url(""), "name").await.unwrap_err());
    assert!(error.contains("400"), "{error}");
    // What is not accepted leaves its place to others.
    for _ in 0..3 {
        let error = refused(call(&url("?name=mallory"), "name").await.unwrap_err());
        assert!(
            error.contains("403") && error.contains("not you"),
            "{error}"
        );
    }
    let caller = Caller::connect(&url("?name=bob")).await.unwrap();
    let error = refused(call(&url("?name=carol"), "name").await.unwrap_err());
    assert!(error.contains("503"), "{error}");
    caller.close().await;
}

#[tokio::test]
async fn refusals_have_their_status() {
    const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const VERSION: &str = "Sec-WebSocket-Version: 13\r\n";

    let named = Named::server().service().unwrap();
    let (address, _app) = run(Router::new().fallback_service(named.clone())).await;
    let close = "Connection: close\r\n";
    let upgrade = |headers: &str| {
        format!(
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n{headers}\r\n"
        )
    };
    for (status, request) in [
        (
            "426",
            format!("GET /chat HTTP/1.1\r\nHost: x\r\n{close}\r\n"),
        ),
        (
            "405",
            format!("PUT / HTTP/1.1\r\nHost: x\r\n{close}Content-Length: 3\r\n\r\nabc"),
        ),
        (
            "200",
            format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{close}\r\n"),
        ),
        (
            "200",
            format!("OPTIONS /chat HTTP/1.1\r\nHost: x\r\n{close}\r\n"),
        ),
        ("400", upgrade(VERSION)),
        (
            "400",
            upgrade(&format!("{VERSION}Sec-WebSocket-Key: short\r\n")),
        ),
        ("426", upgrade(KEY)),
        (
            "426",
            upgrade(&format!("{KEY}Sec-WebSocket-Version: 8\r\n")),
        ),
        ("400", upgrade(&format!("{KEY}{KEY}{VERSION}"))),
        (
            "400",
            upgrade(&format!("{KEY}{VERSION}Content-Length: 3\r\n")) + "abc",
        ),
        (
            "405",
            upgrade(&format!("{KEY}{VERSION}")).replace("GET", "POST"),
        ),
        (
            "403",
            upgrade(&format!("{KEY}{VERSION}Origin: http://evil.example\r\n")),
        ),
        (
            "402",
            upgrade(&format!("{KEY}{VERSION}")).replace("GET / ", "GET /?refused "),
        ),
        (
            "400",
            upgrade(&format!("{KEY}{VERSION}")).replace("HTTP/1.1", "HTTP/1.0"),
        ),
    ] {
        let answer = within(10, exchange(address, &request)).await;
        assert_eq!(answer.status(), status, "{request}\n{answer:?}");
        let status: u16 = status.parse().unwrap();
        assert!(status == 200 || !answer.body.is_empty(), "{answer:?}");
    }
    assert_eq!(named.handle().connections(), 0);
    // A doubled header is a list (RFC 9110, section 5.3).
    let twice = request(address, "Upgrade: websocket\r\n");
    Peer::ready_asking(address, &twice).await;
}

#[tokio::test]
async fn bytes_behind_the_head_and_the_subprotocol_arrive() {
    let server = start_mounted(tested().0).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let early = [
        request(server.address, "").as_bytes(),
        &masked(FIN | BINARY, b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"said\"}"),
        &masked(FIN | BINARY, b"\0\0\x03\0early"),
    ]
    .concat();
    stream.write_all(&early).await.unwrap();
    let mut received = Vec::new();
    within(10, async {
        while !received.ends_with(b"early") {
            stream.read_buf(&mut received).await.unwrap();
        }
    })
    .await;
    drop(stream);
    server.stop().await;

    let named = Named::server().service().unwrap();
    let (address, _app) = run(Router::new().fallback_service(named)).await;
    let url = format!("ws://{address}/");
    let caller = Caller::client()
        .subprotocol("chat")
        .subprotocol("other")
        .connect(&url)
        .await
        .unwrap();
    assert_eq!(caller.subprotocol().as_deref(), Some("chat"));
    let name: Option<String> = caller
        .call(highway::unchecked("subprotocol"), ())
        .await
        .unwrap();
    assert_eq!(name.as_deref(), Some("chat"));
    caller.close().await;
}

#[tokio::test]
async fn trusted_proxy_and_origins_count_as_elsewhere() {
    let server = Named::server()
        .trust_forwarded(["127.0.0.1"])
        .origins(Origins::list(["https://app.example"]));
    let (address, _app) = run(Router::new().fallback_service(server.service().unwrap())).await;
    let caller = Caller::client()
        .header("X-Forwarded-For", "192.0.2.7")
        .header("Origin", "https://app.example")
        .connect(&format!("ws://{address}/"))
        .await
        .unwrap();
    let ip: Option<String> = caller
        .call(highway::unchecked("address"), ())
        .await
        .unwrap();
    assert_eq!(ip.as_deref(), Some("192.0.2.7"));
    caller.close().await;
}

/// A client over HTTP/2, and its connection.
async fn http2(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
) -> hyper::client::conn::http2::SendRequest<Empty<Bytes>> {
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    sender
}

fn connect(address: SocketAddr, protocol: Option<&'static str>) -> http::Request<Empty<Bytes>> {
    let mut request = http::Request::builder()
        .method(Method::CONNECT)
        .version(Version::HTTP_2)
        .uri(format!("http://{address}/"))
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::ORIGIN, format!("http://{address}"))
        .body(Empty::new())
        .unwrap();
    if let Some(protocol) = protocol {
        request
            .extensions_mut()
            .insert(Protocol::from_static(protocol));
    } else {
        *request.uri_mut() = address.to_string().parse().unwrap();
    }
    request
}

/// Speaks on a stream that is upgraded.
async fn echoes(stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin) {
    Peer::upgraded(stream).await.echoes().await;
}

#[tokio::test]
async fn connections_share_a_socket_over_http2() {
    let (server, counts) = tested();
    let server = start_mounted(server).await;
    let socket = TcpStream::connect(server.address).await.unwrap();
    let mut sender = http2(socket).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let request = connect(server.address, Some("websocket"));
        sender.ready().await.unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status(), 200, "{response:?}");
        assert!(
            !response
                .headers()
                .contains_key(header::SEC_WEBSOCKET_ACCEPT)
        );
        streams.push(hyper::upgrade::on(response).await.unwrap());
    }
    assert_eq!(server.handle.connections(), 3);
    for stream in streams {
        echoes(TokioIo::new(stream)).await;
    }
    within(10, eventually(|| counts.closed.load(Ordering::SeqCst) == 3)).await;
    for (protocol, status) in [(Some("other"), 501), (None, 400)] {
        let request = connect(server.address, protocol);
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status(), status, "{protocol:?}");
    }
    let mut request = connect(server.address, Some("websocket"));
    request.headers_mut().remove(header::SEC_WEBSOCKET_VERSION);
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), 426);
    let mut request = connect(server.address, Some("websocket"));
    let evil = http::HeaderValue::from_static("http://evil.example");
    request.headers_mut().insert(header::ORIGIN, evil);
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), 403);
    let plain = http::Request::get(format!("http://{}/", server.address));
    let response = sender
        .send_request(plain.body(Empty::new()).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), 400);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(b"over HTTP/2"), "{body:?}");
    drop(sender);
    server.stop().await;
}

#[tokio::test]
async fn hyper_alone_serves_both_versions() {
    let service = tested().0.service().unwrap();
    let handle = service.handle();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut serving = tokio::task::JoinSet::new();
    serving.spawn(async move {
        loop {
            let (stream, peer) = listener.accept().await.unwrap();
            let service = service.clone();
            let service = service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
                request.extensions_mut().insert(PeerAddr(peer));
                tower_service::Service::call(&mut service.clone(), request)
            });
            tokio::spawn(async move {
                let mut builder =
                    hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                builder.http2().enable_connect_protocol();
                // Its end says nothing that the test does not see.
                let _ = builder
                    .serve_connection_with_upgrades(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    let mut peer = Peer::ready(address).await;
    peer.echoes().await;
    let seen = peer.ask("address", "").await;
    assert_eq!(seen, peer.stream.local_addr().unwrap().to_string());
    let mut sender = http2(TcpStream::connect(address).await.unwrap()).await;
    sender.ready().await.unwrap();
    let response = sender
        .send_request(connect(address, Some("websocket")))
        .await
        .unwrap();
    echoes(TokioIo::new(hyper::upgrade::on(response).await.unwrap())).await;
    let done = handle.shutdown();
    assert_eq!(
        within(10, peer.closed()).await.code(),
        CloseCode::GOING_AWAY
    );
    within(10, done).await;
    // As always, whoever comes then is told so.
    let answer = within(
        10,
        exchange(address, request(address, "Connection: close\r\n")),
    )
    .await;
    assert_eq!(answer.status(), "503");
}

#[tokio::test]
async fn salvo_serves_it_as_a_tower_service() {
    use salvo::{
        Listener, Router, Server, conn::TcpListener, http::ReqBody, prelude::TowerServiceCompat,
    };

    let named = Named::server().service().unwrap();
    let handle = named.handle();
    let goal = TowerServiceCompat::<ReqBody, highway::server::Body, Infallible, _>::compat(named);
    let acceptor = TcpListener::new("127.0.0.1:0").bind().await;
    let address = acceptor.inner().local_addr().unwrap();
    tokio::spawn(Server::new(acceptor).serve(Router::with_path("chat").goal(goal)));
    let caller = Caller::connect(&format!("ws://{address}/chat"))
        .await
        .unwrap();
    let twice: String = caller
        .call(highway::unchecked("double"), "a")
        .await
        .unwrap();
    assert_eq!(twice, "aa");
    within(10, handle.shutdown()).await;
    assert_eq!(caller.closed().await.code(), CloseCode::GOING_AWAY);
}

#[tokio::test]
async fn hyper_without_upgrades_is_told_of() {
    let service = tested().0.service().unwrap();
    let (client, server) = tokio::io::duplex(4096);
    tokio::spawn(async move {
        let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let (mut parts, body) = request.into_parts();
            parts.extensions.clear();
            let request = http::Request::from_parts(parts, body);
            tower_service::Service::call(&mut service.clone(), request)
        });
        let _: Result<(), hyper::Error> = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(server), service)
            .await;
    });
    let address = SocketAddr::from(([127, 0, 0, 1], 80));
    let request = request(address, "Connection: close\r\n");
    let answer = within(10, exchange_on(client, request)).await;
    assert_eq!(answer.status(), "500");
    assert!(answer.body.contains("gives no upgrade"), "{answer:?}");
}

#[tokio::test]
async fn tls_of_the_program_is_below() {
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let chain = folder.path().join("chain");
    std::fs::write(&chain, certificate.cert.pem()).unwrap();
    let config = tokio_rustls::rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.cert.der().clone()],
            certificate.signing_key.serialize_der().try_into().unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let named = Named::server().service().unwrap();
    let handle = named.handle();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = acceptor.accept(stream).await.unwrap();
        let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            tower_service::Service::call(&mut named.clone(), request)
        });
        let served = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        served.await.unwrap();
    });
    let tls = highway::client::ClientTls::from_ca_file(&chain).unwrap();
    let client = Caller::client().tls(tls);
    let caller = client
        .connect(&format!("wss://localhost:{port}/"))
        .await
        .unwrap();
    let long = "x".repeat(300_000);
    let twice: String = caller
        .call(highway::unchecked("double"), &long)
        .await
        .unwrap();
    assert_eq!(twice.len(), 600_000);
    let ip: Option<String> = caller
        .call(highway::unchecked("address"), ())
        .await
        .unwrap();
    assert_eq!(ip, None);
    within(10, handle.shutdown()).await;
    assert_eq!(caller.closed().await.code(), CloseCode::GOING_AWAY);
}

#[tokio::test]
async fn upgraded_streams_are_served() {
    let (server, counts) = tested();
    let mut service = server
        .limits(|limits| limits.connections = 1)
        .service()
        .unwrap();
    let handle = service.handle();
    let parts = || {
        let request = http::Request::get("/chat").body(()).unwrap();
        request.into_parts().0
    };
    let (client, stream) = tokio::io::duplex(64 * 1024);
    handle.serve_upgraded(stream, parts()).unwrap();
    let mut peer = Peer::upgraded(client).await;
    peer.echoes().await;
    // There is no answer left to refuse with.
    let (client, stream) = tokio::io::duplex(64 * 1024);
    handle.serve_upgraded(stream, parts()).unwrap();
    let close = within(10, Peer::silent(client).close()).await.unwrap();
    assert_eq!(close.code(), CloseCode::TRY_AGAIN_LATER);
    drop(peer);
    within(10, eventually(|| handle.connections() == 0)).await;
    within(10, eventually(|| counts.closed.load(Ordering::SeqCst) == 1)).await;

    let (client, stream) = tokio::io::duplex(64 * 1024);
    let request = http::Request::from_parts(parts(), ());
    tower_service::Service::call(&mut service, (stream, request))
        .await
        .unwrap();
    let mut peer = Peer::upgraded(client).await;
    peer.echoes().await;
    let (client, stream) = tokio::io::duplex(64 * 1024);
    let mut foreign = parts();
    let evil = http::HeaderValue::from_static("http://evil.example");
    foreign.headers.insert(header::ORIGIN, evil);
    handle.serve_upgraded(stream, foreign).unwrap();
    let close = within(10, Peer::silent(client).close()).await.unwrap();
    assert_eq!(close.code(), CloseCode::POLICY);
    assert!(close.reason().contains("may not connect"), "{close}");
    let done = handle.shutdown();
    assert_eq!(
        within(10, peer.closed()).await.code(),
        CloseCode::GOING_AWAY
    );
    within(10, done).await;
    let (_client, stream) = tokio::io::duplex(64);
    let error = handle.serve_upgraded(stream, parts()).unwrap_err();
    assert!(error.is_closed(), "{error}");
}

#[highway::client]
struct Lasting;

#[tokio::test]
async fn clients_come_back_to_an_app_that_is_started_again() {
    const CLIENTS: usize = 1000;

    let server = |address: SocketAddr| async move {
        let named = Named::server().limits(|limits| {
            limits.reconnect_spread = Duration::from_secs(1);
        });
        let named = named.service().unwrap();
        let handle = named.handle();
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        (
            address,
            handle,
            tokio::spawn(mounting::serve(listener, named)),
        )
    };
    let (address, first, app) = server(([127, 0, 0, 1], 0).into()).await;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let client = Lasting::client().reconnect(highway::client::Reconnect::default());
        clients.push(client.connect(&format!("ws://{address}/")).await.unwrap());
    }
    within(20, first.shutdown()).await;
    within(20, app).await.unwrap().unwrap();
    let (_, second, app) = server(address).await;
    within(30, eventually(|| second.connections() == CLIENTS)).await;
    for client in &clients {
        let twice: String = client
            .call(highway::unchecked("double"), "a")
            .await
            .unwrap();
        assert_eq!(twice, "aa");
    }
    drop(clients);
    within(20, second.shutdown()).await;
    within(20, app).await.unwrap().unwrap();
}

#[tokio::test]
async fn slow_hooks_end_in_time() {
    #[highway::server]
    struct Slow;

    #[on(connect)]
    async fn never(_: &mut Request<Slow>) -> Result<(), Refusal> {
        std::future::pending().await
    }

    let server = Slow::server().limits(|limits| {
        limits.upgrade_timeout = Duration::from_millis(100);
    });
    let server = start_mounted(server).await;
    let request = request(server.address, "Connection: close\r\n");
    let answer = within(10, exchange(server.address, request)).await;
    assert_eq!(answer.status(), "503");
    assert!(answer.body.contains("took too long"), "{answer:?}");
    assert_eq!(server.handle.connections(), 0);
    let metrics = server.handle.metrics().to_prometheus();
    assert!(metrics.contains("reason=\"timeout\"} 1\n"), "{metrics}");
    server.stop().await;
}

#[tokio::test]
async fn shutdown_without_connections_is_over_at_once() {
    let service = tested().0.service().unwrap();
    let handle = service.handle();
    assert_eq!(handle.local_addr(), None);
    // Also outside of a runtime.
    std::thread::spawn(move || drop(handle.shutdown()))
        .join()
        .unwrap();
    within(5, service.handle().ended()).await;
}

#[tokio::test]
async fn invalid_options_make_no_service() {
    let error = Named::server()
        .origins(Origins::list(["nonsense"]))
        .service();
    assert!(error.unwrap_err().to_string().contains("nonsense"));
}

/// Not those where hyper decides: how long a request may take to arrive.
#[test]
fn tests_of_a_server_of_its_own_pass_inside_axum() {
    if !mounting::is_mounted() {
        mounting::run_mounted(
            &[
                "limits::",
                "origins::",
                "proxies::",
                "shutdown::",
                "accept::",
                "inspector::",
            ],
            &["silent_peers_make_room", "slow_peers_are_gone"],
        );
    }
}
