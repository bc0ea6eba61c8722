//! Clients behind a proxy, which writes an answer of its own and passes on what follows in pieces of its own.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use highway_tests::{
    HighwayPy, Outcome, Trial, Unavailable, trials,
    websocket::{self, BINARY, FIN, TABLE},
    within_deadline,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UnixStream},
};

use crate::ours::serve_with;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        v0_1_client_connects_through_nginx,
        v0_2_client_connects_through_nginx,
        v0_1_client_connects_through_caddy,
        v0_2_client_connects_through_caddy,
        v0_1_client_connects_through_haproxy,
        v0_2_client_connects_through_haproxy,
        haproxy_checks_the_server_with_its_defaults,
    ]
}

/// A program that passes WebSockets on, and how it is set up.
struct Kind {
    /// Its command, which is also its package in Debian.
    name: &'static str,
    /// Its arguments; `{file}` is the file with its configuration, `{folder}` a folder of its own.
    arguments: &'static [&'static str],
    /// What it prints where it is installed.
    version: &'static str,
    /// As its manual says; `{address}` is where it listens, `{upstream}` the server behind it.
    config: &'static str,
}

const NGINX: Kind = Kind {
    name: "nginx",
    arguments: &["-e", "stderr", "-p", "{folder}", "-c", "{file}"],
    version: "-v",
    config: "daemon off;
master_process off;
pid {folder}/nginx.pid;
events {}
http {
    access_log off;
    client_body_temp_path {folder}/client;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {
        listen {address};
        location / {
            proxy_pass http://{upstream};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection \"upgrade\";
        }
    }
}
",
};

const CADDY: Kind = Kind {
    name: "caddy",
    arguments: &["run", "--adapter", "caddyfile", "--config", "{file}"],
    version: "version",
    config: "{
    admin off
    storage file_system {folder}
    log {
        level ERROR
    }
}
http://{address} {
    reverse_proxy {upstream}
}
",
};

const HAPROXY: Kind = Kind {
    name: "haproxy",
    arguments: &["-db", "-f", "{file}"],
    version: "-v",
    config: "global
    stats socket {folder}/stats
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    timeout tunnel 30s
frontend clients
    bind {address}
    default_backend servers
backend servers
    option httpchk
    server highway {upstream} check inter 50ms fall 1 rise 1
",
};

/// A proxy in front of a server. It ends when this is dropped.
struct Proxy {
    process: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Proxy {
    /// Starts one, and waits until it listens.
    async fn start(kind: &Kind, server: &str) -> Result<Self, Unavailable> {
        let name = kind.name;
        let unusable = |error: std::io::Error| {
            Unavailable::new(format!("{name} (Debian's package `{name}`): {error}"))
        };
        let look = Command::new(name).arg(kind.version).output();
        look.map_err(unusable)?;
        let folder = tempfile::tempdir().map_err(unusable)?;
        let address = free_address().map_err(unusable)?;
        let config = folder.path().join("config");
        let fill = |text: &str| {
            text.replace("{folder}", &shown(folder.path()))
                .replace("{file}", &shown(&config))
                .replace("{address}", &address.to_string())
                .replace("{upstream}", server.trim_start_matches("ws://"))
        };
        fs::write(&config, fill(kind.config)).map_err(unusable)?;
        let process = Command::new(name)
            .args(kind.arguments.iter().map(|argument| fill(argument)))
            // Caddy keeps its last configuration there.
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(unusable)?;
        let mut proxy = Self {
            process,
            address,
            folder,
        };
        let mut look = tokio::time::interval(Duration::from_millis(10));
        while TcpStream::connect(address).await.is_err() {
            let ended = proxy.process.try_wait().expect("it is ours");
            assert!(ended.is_none(), "{name} has ended with {ended:?}");
            look.tick().await;
        }
        Ok(proxy)
    }

    fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// The status of the server behind HAProxy, and the code that its last check was answered with.
    async fn checked(&self) -> (String, String) {
        let socket = self.folder.path().join("stats");
        let mut socket = UnixStream::connect(socket).await.expect("it listens");
        socket.write_all(b"show stat\n").await.expect("it reads");
        let mut told = String::new();
        socket.read_to_string(&mut told).await.expect("it writes");
        let mut rows = told.trim_start_matches("# ").lines();
        let names = rows.next().expect("names of the columns").split(',');
        let row = rows.find(|row| row.starts_with("servers,highway,"));
        let row: Vec<_> = names.zip(row.expect("its server").split(',')).collect();
        let field = |name| {
            let found = row.iter().find(|(column, _)| *column == name);
            found.expect("a column").1.to_owned()
        };
        (field("status"), field("check_code"))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Connects a client again and again through a proxy; each time it has to be ready and to get its echo.
fn check_through(proxy: &Kind, version: &HighwayPy) -> Outcome {
    const TIMES: usize = 16;

    within_deadline(async {
        let (server, mut ours) = serve_with(|server| server.dialect_01(true)).await;
        let proxy = Proxy::start(proxy, &server.url).await?;
        let mut peer = version.client();
        for _ in 0..TIMES {
            let number = peer.connect(&proxy.url());
            let routes = peer.ready(number).await;
            assert!(routes.values().any(|name| name == "echo"), "{routes:?}");
            assert_eq!(ours.ready().await.dialect(), Some(version.dialect()));
            let exchange = peer.exchange(number, &["1", "'two'", "[3.5]"]).await;
            exchange.check_all_equal_but_unsendable(0);
            peer.close(number, 1000, "");
            peer.ended(number).await;
        }
        Ok(())
    })
}

fn v0_1_client_connects_through_nginx() -> Outcome {
    check_through(&NGINX, HighwayPy::v0_1()?)
}

fn v0_2_client_connects_through_nginx() -> Outcome {
    check_through(&NGINX, HighwayPy::v0_2()?)
}

fn v0_1_client_connects_through_caddy() -> Outcome {
    check_through(&CADDY, HighwayPy::v0_1()?)
}

fn v0_2_client_connects_through_caddy() -> Outcome {
    check_through(&CADDY, HighwayPy::v0_2()?)
}

fn v0_1_client_connects_through_haproxy() -> Outcome {
    check_through(&HAPROXY, HighwayPy::v0_1()?)
}

fn v0_2_client_connects_through_haproxy() -> Outcome {
    check_through(&HAPROXY, HighwayPy::v0_2()?)
}

fn haproxy_checks_the_server_with_its_defaults() -> Outcome {
    within_deadline(async {
        let (server, mut ours) = serve_with(|server| server).await;
        let proxy = Proxy::start(&HAPROXY, &server.url).await?;
        let mut look = tokio::time::interval(Duration::from_millis(10));
        while proxy.checked().await != ("UP".to_owned(), "200".to_owned()) {
            look.tick().await;
        }
        // Its close is not answered, so that the server waits while it shuts down.
        let mut client = TcpStream::connect(proxy.address).await.expect("it listens");
        let request = websocket::request(proxy.address, "");
        client
            .write_all(request.as_bytes())
            .await
            .expect("it reads");
        let table = websocket::frame(FIN | BINARY, TABLE, true);
        client.write_all(&table).await.expect("it reads");
        ours.ready().await;
        let stopping = tokio::spawn(server.stop());
        while proxy.checked().await != ("DOWN".to_owned(), "503".to_owned()) {
            look.tick().await;
        }
        drop(client);
        stopping.await.expect("the server ends");
        Ok(())
    })
}
