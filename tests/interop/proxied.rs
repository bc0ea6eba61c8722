//! Clients behind a proxy, which writes an answer of its own and passes on what follows in pieces of its own.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use highway_tests::{HighwayPy, Outcome, Trial, Unavailable, trials, within_deadline};
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::ours::serve_with;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        v0_1_client_connects_through_nginx,
        v0_2_client_connects_through_nginx
    ]
}

/// An nginx that passes WebSockets on, set up as its manual says. It ends when this is dropped.
struct Nginx {
    process: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Nginx {
    /// Starts one in front of a server, and waits until it listens.
    async fn start(upstream: &str) -> Result<Self, Unavailable> {
        let unusable = |error: std::io::Error| Unavailable::new(format!("nginx: {error}"));
        let folder = tempfile::tempdir().map_err(unusable)?;
        let address = free_address().map_err(unusable)?;
        let file = folder.path().join("nginx.conf");
        fs::write(&file, config(folder.path(), address, upstream)).map_err(unusable)?;
        let process = Command::new("nginx")
            .arg("-e")
            .arg("stderr")
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| {
                Unavailable::new(format!("nginx (Debian's package `nginx`): {error}"))
            })?;
        let mut nginx = Self {
            process,
            address,
            _folder: folder,
        };
        let mut look = tokio::time::interval(Duration::from_millis(10));
        while TcpStream::connect(address).await.is_err() {
            let ended = nginx.process.try_wait().expect("it is ours");
            assert!(ended.is_none(), "nginx has ended with {ended:?}");
            look.tick().await;
        }
        Ok(nginx)
    }

    fn url(&self) -> String {
        format!("ws://{}", self.address)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn config(folder: &Path, address: SocketAddr, upstream: &str) -> String {
    let folder = folder.display();
    format!(
        "daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/client;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen {address};
        location / {{
            proxy_pass {upstream};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection \"upgrade\";
        }}
    }}
}}
"
    )
}

/// Connects a client again and again through nginx; each time it has to be ready and to get its echo.
fn check_through_nginx(version: &HighwayPy) -> Outcome {
    const TIMES: usize = 16;

    within_deadline(async {
        let (server, mut ours) = serve_with(|server| server.dialect_01(true)).await;
        let nginx = Nginx::start(&server.url.replace("ws://", "http://")).await?;
        let mut peer = version.client();
        for _ in 0..TIMES {
            let number = peer.connect(&nginx.url());
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
    check_through_nginx(HighwayPy::v0_1()?)
}

fn v0_2_client_connects_through_nginx() -> Outcome {
    check_through_nginx(HighwayPy::v0_2()?)
}
