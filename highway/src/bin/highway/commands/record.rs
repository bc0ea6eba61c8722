//! `highway record`: stands between clients and their server, and writes down what goes from one to the other.

use std::{
    path::PathBuf,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use highway::server::{RecordTo, Recorder};
use http::{HeaderName, Uri, header};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, pki_types::ServerName},
};

use crate::{connect::ServerArguments, failure::Failure, output::Output};

/// The most bytes of a request or an answer up to its empty line.
const HEAD_BYTES: usize = 64 * 1024;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    /// Where to listen for clients; they connect there instead of to the server
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:1338")]
    listen: String,
    /// The file to write, which is emptied if it is there
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    out: PathBuf,
    /// Leave out what these routes carry, such as `sign-in` or `card-*`
    #[arg(long, value_name = "ROUTE", value_delimiter = ',')]
    mask: Vec<String>,
}

impl Arguments {
    pub(crate) async fn run(self, output: &Output) -> Result<(), Failure> {
        let target = Arc::new(Target::new(&self.server)?);
        let listener = TcpListener::bind(&self.listen).await.map_err(|error| {
            Failure::no_connection(format!("can't listen on {}: {error}", self.listen))
        })?;
        let address = listener.local_addr()?;
        let to = RecordTo::new(&self.out).mask(self.mask);
        let recorder =
            Recorder::start(to, "").map_err(|error| Failure::usage(error.to_string()))?;
        let recorder = Arc::new(recorder);
        output.line(&if output.is_json() {
            format!("{{\"url\":\"ws://{address}\"}}")
        } else {
            format!("recording what goes over ws://{address}, until Ctrl-C")
        })?;
        // Of those that are upgraded.
        let numbers = Arc::new(AtomicU64::new(1));
        let mut passing = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                Ok(()) = tokio::signal::ctrl_c() => break,
            };
            let (client, _) = accepted.map_err(|error| {
                Failure::no_connection(format!("can't accept connections: {error}"))
            })?;
            while passing.try_join_next().is_some() {}
            let numbers = Arc::clone(&numbers);
            let (target, recorder) = (Arc::clone(&target), Arc::clone(&recorder));
            passing.spawn(async move {
                if let Err(error) = pass(client, &numbers, &target, &recorder).await {
                    anstream::eprintln!("a connection failed: {error}");
                }
            });
        }
        // The recorder writes what it has when the last of them is gone.
        passing.shutdown().await;
        Ok(())
    }
}

/// The server.
struct Target {
    host: String,
    port: u16,
    authority: String,
    /// What stands in front of the paths that clients ask for.
    prefix: String,
    tls: Option<Arc<ClientConfig>>,
    headers: Vec<(String, String)>,
    timeout: std::time::Duration,
}

trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Io for S {}

impl Target {
    fn new(server: &ServerArguments) -> Result<Self, Failure> {
        let wrong =
            |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", server.url));
        let uri: Uri = server.url.parse().map_err(|error| wrong(&error))?;
        let host = uri.host().ok_or_else(|| wrong(&"it has no host"))?;
        let is_secure = uri.scheme_str() == Some("wss");
        let port = if is_secure { 443 } else { 80 };
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        Ok(Self {
            host: host
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned(),
            port: uri.port_u16().unwrap_or(port),
            authority: authority.rsplit('@').next().unwrap_or_default().to_owned(),
            prefix: uri.path().trim_end_matches('/').to_owned(),
            tls: if is_secure {
                Some(server.options.tls.config()?)
            } else {
                None
            },
            headers: server.options.headers(),
            timeout: server.options.timeout(),
        })
    }

    async fn connect(&self) -> Result<Box<dyn Io>, String> {
        let failed =
            |error: &dyn std::fmt::Display| format!("can't connect to {}: {error}", self.authority);
        let connecting = async {
            let stream = TcpStream::connect((&*self.host, self.port)).await;
            let stream = stream.map_err(|error| failed(&error))?;
            // A delayed small message would only cost time.
            let _ = stream.set_nodelay(true);
            let Some(config) = &self.tls else {
                return Ok(Box::new(stream) as Box<dyn Io>);
            };
            let name = ServerName::try_from(self.host.clone()).map_err(|error| failed(&error))?;
            let connector = TlsConnector::from(Arc::clone(config));
            let stream = connector.connect(name, stream).await;
            Ok(Box::new(stream.map_err(|error| failed(&error))?) as Box<dyn Io>)
        };
        timeout(self.timeout, connecting)
            .await
            .map_err(|_| failed(&"it took too long"))?
    }

    /// A client's request, as it goes to the server.
    fn request(&self, head: &[u8]) -> Result<Request, String> {
        let mut headers = [httparse::EMPTY_HEADER; 128];
        let mut request = httparse::Request::new(&mut headers);
        request.parse(head).map_err(|error| error.to_string())?;
        let (method, path) = (request.method.unwrap_or("GET"), request.path.unwrap_or("/"));
        let mut text = format!("{method} {}{path} HTTP/1.1\r\n", self.prefix).into_bytes();
        let mut line = |name: &str, value: &[u8]| {
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(b": ");
            text.extend_from_slice(value);
            text.extend_from_slice(b"\r\n");
        };
        let is = |name: &str, known: HeaderName| name.eq_ignore_ascii_case(known.as_str());
        let find = |known: HeaderName| {
            let mut headers = request.headers.iter();
            headers
                .find(|of| is(of.name, known.clone()))
                .map(|of| of.value)
        };
        let asked = find(header::HOST).unwrap_or_default();
        let is_upgrade = find(header::UPGRADE).is_some();
        line("Host", self.authority.as_bytes());
        for of in &*request.headers {
            let is_replaced = self
                .headers
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case(of.name));
            // What the two sides compress can't be read.
            if is_replaced
                || is(of.name, header::HOST)
                || is(of.name, header::SEC_WEBSOCKET_EXTENSIONS)
                || !is_upgrade && is(of.name, header::CONNECTION)
            {
                continue;
            }
            // A page of the recorder's own address is one of the server's.
            let own =
                is(of.name, header::ORIGIN) && of.value.strip_prefix(b"http://") == Some(asked);
            if own {
                let scheme = if self.tls.is_some() { "https" } else { "http" };
                line(of.name, format!("{scheme}://{}", self.authority).as_bytes());
            } else {
                line(of.name, of.value);
            }
        }
        for (name, value) in &self.headers {
            line(name, value.as_bytes());
        }
        if !is_upgrade {
            line("Connection", b"close");
        }
        text.extend_from_slice(b"\r\n");
        let path = path.split('?').next().unwrap_or_default();
        Ok(Request {
            text,
            path: format!("{}{path}", self.prefix),
            is_upgrade,
        })
    }
}

struct Request {
    text: Vec<u8>,
    path: String,
    is_upgrade: bool,
}

/// Reads up to the empty line behind a head, and returns it with what was read behind it.
async fn read_head(stream: Pin<&mut (dyn Io + '_)>) -> Result<(Vec<u8>, Vec<u8>), String> {
    let stream = stream.get_mut();
    let mut read = Vec::new();
    loop {
        if let Some(at) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let rest = read.split_off(at + 4);
            return Ok((read, rest));
        }
        if read.len() > HEAD_BYTES {
            return Err("a head of HTTP is too long".to_owned());
        }
        match stream.read_buf(&mut read).await {
            Ok(0) => return Err("it ended before a head of HTTP did".to_owned()),
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// Passes a connection on to the server.
async fn pass(
    mut client: TcpStream,
    numbers: &AtomicU64,
    target: &Target,
    recorder: &Arc<Recorder>,
) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let _ = client.set_nodelay(true);
    let heads = async {
        let (head, rest) = read_head(Pin::new(&mut client)).await?;
        let request = target.request(&head)?;
        let mut server = match target.connect().await {
            Ok(server) => server,
            Err(error) => {
                let answer =
                    b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                client.write_all(answer).await.map_err(failed)?;
                return Err(error);
            }
        };
        server.write_all(&request.text).await.map_err(failed)?;
        server.write_all(&rest).await.map_err(failed)?;
        server.flush().await.map_err(failed)?;
        let (answer, first) = read_head(Pin::new(&mut *server)).await?;
        client.write_all(&answer).await.map_err(failed)?;
        let is_upgraded = request.is_upgrade && answer.starts_with(b"HTTP/1.1 101");
        Ok((request, server, rest, first, is_upgraded))
    };
    let heads = timeout(target.timeout, heads).await;
    let (request, mut server, rest, first, is_upgraded) =
        heads.map_err(|_| "its upgrade took too long".to_owned())??;
    if is_upgraded {
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        let mut client = recorder.watch(client, number, &request.path, &rest);
        client.write_all(&first).await.map_err(failed)?;
        // How it ends is in the recording.
        let _ = copy_bidirectional(&mut client, &mut server).await;
    } else {
        client.write_all(&first).await.map_err(failed)?;
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
    Ok(())
}
