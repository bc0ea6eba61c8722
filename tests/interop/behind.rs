//! Our server behind a proxy, and our client in front of it.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use highway::{
    Bytes, Client, Close, CloseCode, ConnectError, Connection, ForwardedHeader, Refusal, Request,
    Server, StatusCode,
    client::{ClientTls, Reconnect},
    connection::{Reason, ReconnectAttempt, Status},
    server::NoState,
};
use highway_tests::{Outcome, Trial, Unavailable, trials, websocket, within_deadline};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::mpsc,
};

use crate::{
    ours::Running,
    proxy::{CADDY, Change, HAPROXY, Kind, NGINX, Proxy, setting},
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        messages_and_closes_pass_through_nginx,
        messages_and_closes_pass_through_haproxy,
        messages_and_closes_pass_through_caddy,
        nginx_tells_the_clients_address,
        haproxy_tells_the_clients_address,
        caddy_tells_the_clients_address,
        pings_outlast_the_timeout_of_nginx,
        pings_outlast_the_timeout_of_haproxy,
        caddy_has_no_timeout_to_outlast,
        clients_stay_when_nginx_reloads_and_come_back_after_its_end,
        clients_stay_when_haproxy_reloads_and_come_back_after_its_end,
        clients_come_back_when_caddy_reloads_and_after_its_end,
        clients_come_back_when_nginx_ends_old_connections,
        clients_come_back_when_haproxy_ends_old_connections,
        clients_find_the_next_server_behind_nginx,
        clients_find_the_next_server_behind_haproxy,
        clients_find_the_next_server_behind_caddy,
    ]
}

/// Longer than any test takes.
const NEVER: Duration = Duration::from_secs(3600);

/// A size that no limit of a proxy is made for.
const LARGE: usize = 1024 * 1024;

struct State {
    name: &'static str,
    happened: mpsc::UnboundedSender<AtServer>,
}

#[derive(Debug, PartialEq, Eq)]
enum AtServer {
    Asked(Option<SocketAddr>),
    Closed(Close),
}

#[highway::server(state = State)]
struct Chat;

#[highway::on(connect)]
async fn connect(request: &mut Request<Chat>) -> Result<(), Refusal> {
    let asked = AtServer::Asked(request.peer_addr());
    // A test that is over asks for nothing any more.
    let _ = request.state().happened.send(asked);
    if request.uri().path() == "/closed" {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "closed today"));
    }
    Ok(())
}

#[highway::on(close)]
async fn close(close: Close, chat: &mut Chat) {
    let _ = chat.state().happened.send(AtServer::Closed(close));
}

/// The server's name.
#[highway::route("name")]
async fn name(chat: &mut Chat) -> &'static str {
    chat.state().name
}

#[highway::route("repeat", on = Chat)]
async fn repeat(data: Bytes) -> Bytes {
    data
}

#[highway::route("say")]
async fn say(data: Bytes, chat: &mut Chat) -> highway::Result {
    chat.send("said", data).await
}

#[highway::route("leave")]
async fn leave((code, reason): (u16, String), chat: Connection<Chat>) {
    let _ = chat.close_with(code, reason).await;
}

/// A server that runs, and what happens there.
struct Site {
    server: Running,
    happened: mpsc::UnboundedReceiver<AtServer>,
}

impl Site {
    async fn start(
        name: &'static str,
        build: impl FnOnce(Server<Chat, NoState>) -> Server<Chat, NoState>,
    ) -> Self {
        let (log, happened) = mpsc::unbounded_channel();
        let server = Chat::server().limits(|limits| {
            limits.message_bytes = 2 * LARGE;
            limits.ping_interval = NEVER;
        });
        let state = State {
            name,
            happened: log,
        };
        Self {
            server: Running::start(build(server).state(state)).await,
            happened,
        }
    }

    async fn next(&mut self) -> AtServer {
        self.happened.recv().await.expect("it goes on")
    }

    async fn asked(&mut self) -> SocketAddr {
        match self.next().await {
            AtServer::Asked(Some(address)) => address,
            other => panic!("{other:?}"),
        }
    }

    /// How the connection before ended here.
    async fn closed(&mut self) -> Close {
        loop {
            if let AtServer::Closed(close) = self.next().await {
                return close;
            }
        }
    }

    /// That a connection ended here with one of these codes, once those have left that looked whether this is the server.
    async fn is_left_with(&mut self, codes: &[CloseCode]) {
        loop {
            let close = self.closed().await;
            if close.code() != CloseCode::NORMAL {
                assert!(codes.contains(&close.code()), "{close}");
                return;
            }
        }
    }
}

#[derive(Debug)]
enum AtClient {
    Said(Bytes),
    /// Why it has to connect again.
    Lost(Close),
    /// What an attempt was answered with.
    Refused(StatusCode),
}

#[highway::client(state = mpsc::UnboundedSender<AtClient>)]
struct Me;

#[highway::on(reconnecting)]
async fn away(attempt: ReconnectAttempt, me: Connection<Me>) {
    let happened = match &attempt.why {
        Reason::Closed(close) => AtClient::Lost(close.clone()),
        Reason::Failed(error) => match **error {
            ConnectError::Refused { status, .. } => AtClient::Refused(status),
            // There is no proxy, or it is about to end.
            _ => return,
        },
        other => panic!("{other}"),
    };
    let _ = me.state().send(happened);
}

#[highway::route("said")]
async fn said(data: Bytes, me: &mut Me) {
    let _ = me.state().send(AtClient::Said(data));
}

/// A client, and what happens there.
struct Visitor {
    me: Connection<Me>,
    happened: mpsc::UnboundedReceiver<AtClient>,
}

impl Visitor {
    async fn connect(
        url: &str,
        change: impl FnOnce(Client<Me>) -> Client<Me>,
    ) -> highway::Result<Self> {
        let (log, happened) = mpsc::unbounded_channel();
        let client = Me::client().state(log).limits(|limits| {
            limits.message_bytes = 2 * LARGE;
            limits.ping_interval = NEVER;
        });
        Ok(Self {
            me: change(client).connect(url).await?,
            happened,
        })
    }

    /// Connects through a proxy, however often that fails, as a client that comes back.
    async fn come(proxy: &Proxy) -> Self {
        let reconnect = Reconnect::default()
            .first_delay(Duration::ZERO)
            .max_delay(Duration::from_millis(20))
            .lasted_after(Duration::ZERO);
        let mut again = tokio::time::interval(Duration::from_millis(10));
        loop {
            let client = |client: Client<Me>| client.reconnect(reconnect.clone());
            if let Ok(visitor) = Self::connect(&proxy.url(), client).await {
                return visitor;
            }
            again.tick().await;
        }
    }

    /// Comes through a proxy again and again, until it gets to a server.
    async fn come_to(server: &str, proxy: &Proxy) {
        let mut again = tokio::time::interval(Duration::from_millis(10));
        loop {
            let visitor = Self::come(proxy).await;
            let name: highway::Result<String> = visitor.me.call("name", ()).await;
            visitor.me.close().await;
            if matches!(name, Ok(name) if name == server) {
                return;
            }
            again.tick().await;
        }
    }

    async fn next(&mut self) -> AtClient {
        self.happened.recv().await.expect("it goes on")
    }

    /// Waits until it is connected again.
    async fn back(&self) {
        let mut changes = self.me.status_changes();
        while !matches!(self.me.status(), Status::Connected) {
            changes.next().await.expect("it goes on");
        }
    }

    /// The close after which it had to connect again.
    async fn lost(&mut self) -> Close {
        let gave_up = self.me.clone();
        tokio::select! {
            biased;
            next = self.next() => match next {
                AtClient::Lost(close) => close,
                other => panic!("{other:?}"),
            },
            close = gave_up.closed() => panic!("it gives up after {close}"),
        }
    }

    /// What an attempt to connect again was answered with.
    async fn refused(&mut self) -> StatusCode {
        match self.next().await {
            AtClient::Refused(status) => status,
            other => panic!("{other:?}"),
        }
    }

    /// That it reaches its server, and has not been lost meanwhile.
    async fn is_at(&mut self, server: &str) {
        let name: String = self.me.call("name", ()).await.expect("it is connected");
        assert_eq!(name, server);
        while let Ok(happened) = self.happened.try_recv() {
            assert!(matches!(happened, AtClient::Refused(_)), "{happened:?}");
        }
    }
}

fn large() -> Bytes {
    (0..=250).cycle().take(LARGE).collect()
}

/// Sends a request through a proxy, and reads until the answer has a text in it.
async fn exchange(mut stream: TcpStream, request: &str, until: &str) -> String {
    let sent = stream.write_all(request.as_bytes()).await;
    sent.expect("it reads");
    let mut answer = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&answer);
        if text.contains(until) {
            return text.into_owned();
        }
        let read = stream.read_buf(&mut answer).await.expect("it answers");
        let text = String::from_utf8_lossy(&answer);
        assert!(read > 0, "there is no {until:?} in {text}");
    }
}

fn check_that_messages_and_closes_pass(kind: &'static Kind) -> Outcome {
    within_deadline(async {
        let mut site = Site::start("a", |server| server).await;
        let proxy = Proxy::start(kind, &site.server.url, &[]).await?;
        // Caddy makes its certificate when it has begun to listen.
        let mut again = tokio::time::interval(Duration::from_millis(10));
        let tls = loop {
            if let Ok(tls) = ClientTls::from_ca_file(proxy.certificate())
                && let Ok(visitor) =
                    Visitor::connect(&proxy.secure_url(), |client| client.tls(tls.clone())).await
            {
                visitor.me.close().await;
                site.closed().await;
                break tls;
            }
            again.tick().await;
        };
        let connect = async |url: &str| {
            // As for a page that came through the same proxy.
            let origin = url.replacen("ws", "http", 1);
            let visitor = Visitor::connect(url, |client| {
                client.tls(tls.clone()).header("origin", origin)
            });
            visitor.await.expect("it is there")
        };

        let long = "ä".repeat(61) + "!";
        let closes = [
            (1000, ""),
            (4001, "kicked"),
            (3999, &*long),
            (1001, "shutting down; retry in 0 ms"),
        ];
        for url in [proxy.url(), proxy.secure_url()] {
            for (code, reason) in closes {
                let told = Close::new(code, reason.to_owned());

                let mut visitor = connect(&url).await;
                let back: Bytes = visitor
                    .me
                    .call("repeat", large())
                    .await
                    .expect("it is there");
                assert!(back == large());
                visitor.me.send("say", large()).await.expect("it is there");
                assert!(matches!(visitor.next().await, AtClient::Said(data) if data == large()));
                let sent = visitor.me.close_with(code, reason.to_owned()).await;
                sent.expect("the code is one that can be sent");
                assert_eq!(site.closed().await, told);

                let visitor = connect(&url).await;
                let leave = visitor.me.send("leave", (code, reason)).await;
                leave.expect("it is there");
                assert_eq!(visitor.me.closed().await, told);
                assert_eq!(site.closed().await, told);
            }
        }

        let open = async || {
            TcpStream::connect(proxy.address())
                .await
                .expect("it listens")
        };
        let host = proxy.address();
        let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let healthy = exchange(open().await, &request, "\r\n\r\nok").await;
        assert!(healthy.starts_with("HTTP/1.1 200 "), "{healthy}");
        let upgrade = |path: &str, origin: &str| {
            let headers = format!("Origin: {origin}\r\n");
            let request = websocket::request(host, &headers);
            request.replacen("GET /", &format!("GET {path}"), 1)
        };
        let own = format!("http://{host}");
        // Its page came through the same proxy, and what the hook says is passed on.
        let request = upgrade("/closed", &own);
        let refused = exchange(open().await, &request, "closed today").await;
        assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
        let request = upgrade("/", "https://other.example");
        let refused = exchange(open().await, &request, "a page of `https://other.example`").await;
        assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
        Ok(())
    })
}

fn messages_and_closes_pass_through_nginx() -> Outcome {
    check_that_messages_and_closes_pass(&NGINX)
}

fn messages_and_closes_pass_through_haproxy() -> Outcome {
    check_that_messages_and_closes_pass(&HAPROXY)
}

fn messages_and_closes_pass_through_caddy() -> Outcome {
    check_that_messages_and_closes_pass(&CADDY)
}

/// Looks at the address that the server sees of a client at 127.0.0.2, which makes up others.
async fn check_address(
    kind: &'static Kind,
    header: ForwardedHeader,
    changes: &[Change<'_>],
) -> Result<(), Unavailable> {
    const CLIENT: &str = "127.0.0.2:0";

    // The proxy connects from 127.0.0.1.
    let mut site = Site::start("a", |server| {
        server
            .trust_forwarded(["127.0.0.1"])
            .forwarded_header(header)
    })
    .await;
    let proxy = Proxy::start(kind, &site.server.url, changes).await?;
    for made_up in [
        "",
        "X-Forwarded-For: 198.51.100.1\r\n",
        "Forwarded: for=198.51.100.1\r\n",
        "X-Forwarded-For: 198.51.100.1, 127.0.0.1\r\nForwarded: for=198.51.100.1, for=127.0.0.1\r\n",
    ] {
        let socket = TcpSocket::new_v4().expect("there are sockets");
        let client = CLIENT.parse().expect("it is an address");
        socket.bind(client).expect("all of 127/8 is this machine");
        let stream = socket.connect(proxy.address()).await.expect("it listens");
        let request = websocket::request(proxy.address(), made_up);
        let answer = exchange(stream, &request, "\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        // Without a port, as it is from the header.
        assert_eq!(site.asked().await.to_string(), CLIENT, "{made_up}");
        site.closed().await;
    }
    Ok(())
}

fn nginx_tells_the_clients_address() -> Outcome {
    let change = (
        "proxy_set_header X-Forwarded-For $remote_addr;",
        setting("proxy_set_header Forwarded for=$remote_addr;"),
    );
    check_addresses(&NGINX, change)
}

fn haproxy_tells_the_clients_address() -> Outcome {
    let change = (
        "option forwardfor",
        setting("http-request set-header Forwarded for=%[src]"),
    );
    check_addresses(&HAPROXY, change)
}

fn caddy_tells_the_clients_address() -> Outcome {
    let change = ("reverse_proxy {upstream}", "reverse_proxy {upstream} {\n");
    let line = setting("header_up Forwarded for={remote_host}");
    let block = format!("{}{line}\n}}", change.1);
    check_addresses(&CADDY, (change.0, &block))
}

fn check_addresses(kind: &'static Kind, forwarded: Change<'_>) -> Outcome {
    within_deadline(async {
        check_address(kind, ForwardedHeader::XForwardedFor, &[]).await?;
        check_address(kind, ForwardedHeader::Forwarded, &[forwarded]).await
    })
}

/// A client whose server pings is there when another, where nothing is sent, has been cut off twice.
fn check_that_pings_outlast(kind: &'static Kind, timeout: Change<'_>) -> Outcome {
    const TIMEOUT: Duration = Duration::from_secs(2);

    within_deadline(async {
        assert_eq!(timeout.1.matches("2s").count(), 1);
        let pinging = Site::start("pinging", |server| {
            server.limits(|limits| limits.ping_interval = TIMEOUT / 8)
        })
        .await;
        let mut silent = Site::start("silent", |server| server).await;
        let to_pinging = Proxy::start(kind, &pinging.server.url, &[timeout]).await?;
        let to_silent = Proxy::start(kind, &silent.server.url, &[timeout]).await?;
        let mut pinged = Visitor::come(&to_pinging).await;
        let mut unpinged = Visitor::come(&to_silent).await;
        pinged.is_at("pinging").await;
        for _ in 0..2 {
            let since = Instant::now();
            unpinged.is_at("silent").await;
            assert_eq!(unpinged.lost().await.code(), CloseCode::ABNORMAL);
            assert!(since.elapsed() >= TIMEOUT / 2, "{:?}", since.elapsed());
            assert_eq!(silent.closed().await.code(), CloseCode::ABNORMAL);
            unpinged.back().await;
        }
        pinged.is_at("pinging").await;
        Ok(())
    })
}

fn pings_outlast_the_timeout_of_nginx() -> Outcome {
    check_that_pings_outlast(&NGINX, ("proxy_read_timeout 60s", "proxy_read_timeout 2s"))
}

fn pings_outlast_the_timeout_of_haproxy() -> Outcome {
    check_that_pings_outlast(&HAPROXY, ("timeout tunnel 60s", "timeout tunnel 2s"))
}

/// The time after which Caddy ends an HTTP connection that is not used is none for a WebSocket.
fn caddy_has_no_timeout_to_outlast() -> Outcome {
    within_deadline(async {
        let site = Site::start("a", |server| server).await;
        let timeouts = "skip_install_trust\n    servers {\n        timeouts {\n            idle 1s\n        }\n    }";
        let changes = [("skip_install_trust", timeouts)];
        let proxy = Proxy::start(&CADDY, &site.server.url, &changes).await?;
        let mut visitor = Visitor::come(&proxy).await;
        visitor.is_at("a").await;
        for _ in 0..3 {
            let mut unused = TcpStream::connect(proxy.address())
                .await
                .expect("it listens");
            let request = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", proxy.address());
            let sent = unused.write_all(request.as_bytes()).await;
            sent.expect("it reads");
            let mut answer = Vec::new();
            unused.read_to_end(&mut answer).await.expect("it ends it");
            assert!(answer.starts_with(b"HTTP/1.1 200 "));
        }
        visitor.is_at("a").await;
        Ok(())
    })
}

/// The codes that connections end with at their clients and at their server.
#[derive(Clone, Copy)]
struct Ends {
    client: &'static [CloseCode],
    server: &'static [CloseCode],
}

/// Without a close frame.
const CUT: Ends = Ends {
    client: &[CloseCode::ABNORMAL],
    server: &[CloseCode::ABNORMAL],
};

/// With a close frame of the proxy's own for the client. The server's has no mask and counts as none, but the client's answer may be faster.
/// A connection that is made just then is cut.
const CLOSED_BY_CADDY: Ends = Ends {
    client: &[CloseCode::GOING_AWAY, CloseCode::ABNORMAL],
    server: &[CloseCode::GOING_AWAY, CloseCode::ABNORMAL],
};

/// Puts another server behind a proxy, which so has to read its configuration again; then ends the proxy and starts it again.
fn check_reload(
    kind: &'static Kind,
    changes: &[Change<'_>],
    reload: Option<Ends>,
    stop: Ends,
) -> Outcome {
    within_deadline(async {
        let mut before = Site::start("before", |server| server).await;
        let mut after = Site::start("after", |server| server).await;
        let mut proxy = Proxy::start(kind, &before.server.url, changes).await?;
        let mut visitor = Visitor::come(&proxy).await;
        visitor.is_at("before").await;
        proxy.reload(&after.server.url, changes).await;
        Visitor::come_to("after", &proxy).await;
        if let Some(reload) = reload {
            let lost = visitor.lost().await;
            assert!(reload.client.contains(&lost.code()), "{lost}");
            before.is_left_with(reload.server).await;
            visitor.back().await;
        }
        // A client may be back before the proxy is through with its reload.
        let name = loop {
            let name: highway::Result<String> = visitor.me.call("name", ()).await;
            match name {
                Ok(name) => break name,
                Err(error) => assert!(reload.is_some(), "{error}"),
            }
            visitor.back().await;
        };
        while reload.is_some() && visitor.happened.try_recv().is_ok() {}
        let site = match (&*name, reload) {
            ("before", _) => &mut before,
            ("after", Some(_)) => &mut after,
            (other, _) => panic!("it is at {other}"),
        };
        proxy.stop();
        let lost = visitor.lost().await;
        assert!(stop.client.contains(&lost.code()), "{lost}");
        site.is_left_with(stop.server).await;
        proxy.start_again().await;
        visitor.back().await;
        visitor.is_at("after").await;
        Ok(())
    })
}

fn clients_stay_when_nginx_reloads_and_come_back_after_its_end() -> Outcome {
    check_reload(&NGINX, &[], None, CUT)
}

fn clients_stay_when_haproxy_reloads_and_come_back_after_its_end() -> Outcome {
    check_reload(&HAPROXY, &[], None, CUT)
}

fn clients_come_back_when_caddy_reloads_and_after_its_end() -> Outcome {
    check_reload(&CADDY, &[], Some(CLOSED_BY_CADDY), CLOSED_BY_CADDY)
}

fn clients_come_back_when_nginx_ends_old_connections() -> Outcome {
    let limit = setting("worker_shutdown_timeout 10m;").replace("10m", "1s");
    let limit = format!("{limit}\nevents {{}}");
    check_reload(&NGINX, &[("events {}", &limit)], Some(CUT), CUT)
}

fn clients_come_back_when_haproxy_ends_old_connections() -> Outcome {
    let limit = setting("hard-stop-after 10m").replace("10m", "1s");
    let limit = format!("global\n    {limit}");
    check_reload(&HAPROXY, &[("global", &limit)], Some(CUT), CUT)
}

/// Ends the server behind a proxy, and starts another one.
fn check_that_clients_find_the_next_server(kind: &'static Kind, status: StatusCode) -> Outcome {
    within_deadline(async {
        let before = Site::start("before", |server| {
            server.limits(|limits| limits.reconnect_spread = Duration::ZERO)
        })
        .await;
        let after = Site::start("after", |server| server).await;
        let proxy = Proxy::start(kind, &before.server.url, &[]).await?;
        let mut visitor = Visitor::come(&proxy).await;
        visitor.is_at("before").await;
        before.server.stop().await;
        let lost = visitor.lost().await;
        assert_eq!(lost, Close::shutting_down(Duration::ZERO));
        // The server itself may have answered before, or ended without.
        while visitor.refused().await != status {}
        proxy.reload(&after.server.url, &[]).await;
        visitor.back().await;
        visitor.is_at("after").await;
        Ok(())
    })
}

fn clients_find_the_next_server_behind_nginx() -> Outcome {
    check_that_clients_find_the_next_server(&NGINX, StatusCode::BAD_GATEWAY)
}

fn clients_find_the_next_server_behind_haproxy() -> Outcome {
    check_that_clients_find_the_next_server(&HAPROXY, StatusCode::SERVICE_UNAVAILABLE)
}

fn clients_find_the_next_server_behind_caddy() -> Outcome {
    check_that_clients_find_the_next_server(&CADDY, StatusCode::BAD_GATEWAY)
}
