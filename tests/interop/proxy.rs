//! Proxies as Debian has them, with the configurations of the chapter on them.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use highway_tests::Unavailable;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UnixStream},
};

/// The chapter of the docs that has the configurations.
const CHAPTER: &str = include_str!("../../highway/src/docs/proxies.md");

/// How long a proxy may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(5);

/// A text in a configuration, and what a test has in its place.
pub(crate) type Change<'a> = (&'a str, &'a str);

/// A program that passes WebSockets on, and how it is set up.
pub(crate) struct Kind {
    /// Its command, which is also its package in Debian.
    pub(crate) name: &'static str,
    /// Its arguments; `{file}` is the file with its configuration, `{folder}` a folder of its own.
    arguments: &'static [&'static str],
    /// What it prints where it is installed.
    version: &'static str,
    /// The language of the chapter's block with its configuration.
    language: &'static str,
    /// What stands around that block: where a program of a test, which is no service, has its files.
    around: (&'static str, &'static str),
    /// What is exchanged in the block: the name, the addresses and the files of a real one.
    own: &'static [Change<'static>],
    reload: Reload,
    /// The certificate that its clients have to trust.
    certificate: &'static str,
}

/// How a proxy is told to read its configuration again.
enum Reload {
    Signal(&'static str),
    /// A signal that is slept over when it comes just as the program has started, and what is said once it is heard.
    SignalUntil(&'static str, &'static str),
    Command(&'static [&'static str]),
}

pub(crate) const NGINX: Kind = Kind {
    name: "nginx",
    arguments: &["-e", "stderr", "-p", "{folder}", "-c", "{file}"],
    version: "-v",
    language: "nginx",
    around: (
        "daemon off;
pid {folder}/nginx.pid;
events {}
http {
    access_log off;
    client_body_temp_path {folder}/client;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
",
        "}\n",
    ),
    own: &[
        ("listen 80;", "listen {address};"),
        ("listen 443 ssl;", "listen {secure} ssl;"),
        ("/etc/ssl/chat.example.pem", "{folder}/certificate.pem"),
        ("/etc/ssl/chat.example.key", "{folder}/key.pem"),
        ("127.0.0.1:1337", "{upstream}"),
    ],
    reload: Reload::Signal("HUP"),
    certificate: "certificate.pem",
};

pub(crate) const HAPROXY: Kind = Kind {
    name: "haproxy",
    arguments: &["-W", "-f", "{file}"],
    version: "-v",
    language: "haproxy",
    around: ("global\n    stats socket {folder}/stats\n", ""),
    own: &[
        ("bind :80", "bind {address}"),
        ("bind :443", "bind {secure}"),
        ("/etc/ssl/chat.example.both.pem", "{folder}/both.pem"),
        ("127.0.0.1:1337", "{upstream}"),
    ],
    reload: Reload::SignalUntil("USR2", "Reloading HAProxy"),
    certificate: "certificate.pem",
};

pub(crate) const CADDY: Kind = Kind {
    name: "caddy",
    arguments: &["run", "--adapter", "caddyfile", "--config", "{file}"],
    version: "version",
    language: "caddyfile",
    around: (
        "{
    admin unix/{folder}/admin
    storage file_system {folder}
    skip_install_trust
    auto_https disable_redirects
    log {
        level ERROR
    }
}
",
        "",
    ),
    own: &[
        (
            "chat.example {",
            "http://{address}, https://{secure} {\n    bind {ip}",
        ),
        ("127.0.0.1:1337", "{upstream}"),
    ],
    reload: Reload::Command(&[
        "reload",
        "--adapter",
        "caddyfile",
        "--config",
        "{file}",
        "--address",
        "unix/{folder}/admin",
    ]),
    certificate: "pki/authorities/local/root.crt",
};

/// The block of the chapter in a language.
fn block(language: &str) -> &'static str {
    let begin = format!("```{language}\n");
    let (_, rest) = CHAPTER.split_once(&begin).expect("the chapter has it");
    rest.split_once("```").expect("it ends").0
}

/// A setting that the chapter names.
pub(crate) fn setting(text: &str) -> &str {
    let quoted = format!("`{text}`");
    assert!(CHAPTER.contains(&quoted), "the chapter has no {quoted}");
    text
}

/// Where a proxy is: its files, and its addresses.
struct Place {
    folder: TempDir,
    address: SocketAddr,
    secure: SocketAddr,
}

impl Place {
    fn new() -> std::io::Result<Self> {
        let place = Self {
            folder: tempfile::tempdir()?,
            address: free_address()?,
            secure: free_address()?,
        };
        let names = vec![place.secure.ip().to_string()];
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(names).expect("a certificate can be made");
        let (certificate, key) = (cert.pem(), signing_key.serialize_pem());
        fs::write(place.file("both.pem"), certificate.clone() + &key)?;
        fs::write(place.file("certificate.pem"), certificate)?;
        fs::write(place.file("key.pem"), key)?;
        Ok(place)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{folder}", &shown(self.folder.path()))
            .replace("{file}", &shown(&self.file("config")))
            .replace("{address}", &self.address.to_string())
            .replace("{secure}", &self.secure.to_string())
            .replace("{ip}", &self.address.ip().to_string())
    }

    /// Writes a proxy's configuration: the one of the chapter, in which only what is told is changed.
    fn configure(&self, kind: &Kind, server: &str, changes: &[Change<'_>]) -> std::io::Result<()> {
        let (before, after) = kind.around;
        let mut config = format!("{before}{}{after}", block(kind.language));
        for (text, other) in kind.own.iter().chain(changes) {
            assert!(
                config.contains(text),
                "{text:?} is in no configuration of {}",
                kind.name
            );
            config = config.replace(text, other);
        }
        let upstream = server.trim_start_matches("ws://");
        fs::write(
            self.file("config"),
            self.fill(&config).replace("{upstream}", upstream),
        )
    }
}

/// A proxy in front of a server. It ends when this is dropped.
pub(crate) struct Proxy {
    kind: &'static Kind,
    place: Place,
    process: Option<Child>,
}

impl Proxy {
    /// Starts one, and waits until it listens.
    pub(crate) async fn start(
        kind: &'static Kind,
        server: &str,
        changes: &[Change<'_>],
    ) -> Result<Self, Unavailable> {
        let name = kind.name;
        let unusable = |error: std::io::Error| {
            Unavailable::new(format!("{name} (Debian's package `{name}`): {error}"))
        };
        let look = Command::new(name).arg(kind.version).output();
        look.map_err(unusable)?;
        let place = Place::new().map_err(unusable)?;
        place.configure(kind, server, changes).map_err(unusable)?;
        let mut proxy = Self {
            kind,
            place,
            process: None,
        };
        proxy.start_again().await;
        Ok(proxy)
    }

    /// Starts the program, and waits until it listens.
    pub(crate) async fn start_again(&mut self) {
        let name = self.kind.name;
        let said = fs::File::create(self.place.file("said"));
        let process = Command::new(name)
            .args(self.kind.arguments.iter().map(|text| self.place.fill(text)))
            // Caddy keeps its last configuration there.
            .env("HOME", self.place.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said.expect("a file can be made"))
            .spawn();
        self.process = Some(process.expect("it starts"));
        let mut look = tokio::time::interval(Duration::from_millis(10));
        for address in [self.place.address, self.place.secure] {
            while TcpStream::connect(address).await.is_err() {
                let process = self.process.as_mut().expect("it is started");
                if let Some(ended) = process.try_wait().expect("it is ours") {
                    panic!("{name} has ended with {ended}:\n{}", self.said());
                }
                look.tick().await;
            }
        }
    }

    /// Has it stand in front of another server, from when it has read its configuration again.
    pub(crate) async fn reload(&self, server: &str, changes: &[Change<'_>]) {
        self.place
            .configure(self.kind, server, changes)
            .expect("a file can be written");
        match self.kind.reload {
            Reload::Signal(signal) => self.signal(signal),
            Reload::SignalUntil(signal, heard) => {
                let mut again = tokio::time::interval(Duration::from_millis(200));
                while !self.said().contains(heard) {
                    self.signal(signal);
                    again.tick().await;
                }
            }
            Reload::Command(arguments) => {
                let told = Command::new(self.kind.name)
                    .args(arguments.iter().map(|text| self.place.fill(text)))
                    .env("HOME", self.place.folder.path())
                    .output()
                    .expect("it starts");
                assert!(told.status.success(), "{told:?}");
            }
        }
    }

    /// What it has written to its standard error since it started.
    fn said(&self) -> String {
        fs::read_to_string(self.place.file("said")).expect("there is a file")
    }

    fn signal(&self, signal: &str) {
        let process = self.process.as_ref().expect("it runs");
        let sent = Command::new("kill")
            .args(["-s", signal, &process.id().to_string()])
            .status();
        assert!(sent.expect("there is `kill`").success());
    }

    /// Asks it to end, as a service manager does, and waits for that.
    pub(crate) fn stop(&mut self) {
        self.signal("TERM");
        let mut process = self.process.take().expect("it runs");
        let by = Instant::now() + PATIENCE;
        while process.try_wait().expect("it is ours").is_none() {
            if Instant::now() > by {
                process.kill().expect("it is ours");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.place.address
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.place.address)
    }

    /// The URL with TLS.
    pub(crate) fn secure_url(&self) -> String {
        format!("wss://{}", self.place.secure)
    }

    /// The file with the certificate that its clients have to trust.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.place.file(self.kind.certificate)
    }

    /// The status of the server behind HAProxy, and the code that its last check was answered with.
    pub(crate) async fn checked(&self) -> (String, String) {
        // It is there a moment after the other addresses.
        let mut look = tokio::time::interval(Duration::from_millis(10));
        let mut socket = loop {
            look.tick().await;
            if let Ok(socket) = UnixStream::connect(self.place.file("stats")).await {
                break socket;
            }
        };
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
        // Asked rather than killed, so that it ends its workers.
        if self.process.is_some() {
            self.stop();
        }
    }
}

/// An address that is free until a proxy listens there, and again once that has ended. On Linux it is one of this process' own, of which
/// no outgoing connection takes a port.
fn free_address() -> std::io::Result<SocketAddr> {
    static PORT: AtomicU16 = AtomicU16::new(10_000);

    if cfg!(target_os = "linux") {
        let [_, high, middle, low] = process::id().to_be_bytes();
        let ip = IpAddr::from([127, high | 0x40, middle, low]);
        return Ok(SocketAddr::new(ip, PORT.fetch_add(1, Ordering::Relaxed)));
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
