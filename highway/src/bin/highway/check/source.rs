//! Where the connections to the peer under check come from: they are opened to a server, or a client opens them.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Mutex, mpsc},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, pki_types::ServerName},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async, client_async,
    tungstenite::{
        client::IntoClientRequest,
        handshake::{
            client::Request,
            server::{Request as Asked, Response},
        },
        http::{HeaderName, HeaderValue, Uri, header},
    },
};

use super::verdict::Unreachable;

/// What a connection runs on.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection of the kit's.
pub(super) type Socket = WebSocketStream<Box<dyn Io>>;

/// A connection, with what the peer calls its software in HTTP.
pub(super) type Opened = (Socket, Option<String>);

/// Connections that clients have opened, and that no check has taken yet.
const WAITING: usize = 64;

/// Where connections come from.
pub(super) enum Source {
    /// They are opened to a server.
    Server(Target),
    /// Clients open them.
    Clients(Mutex<mpsc::Receiver<Opened>>),
}

/// A server, and how to connect to it.
pub(super) struct Target {
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) tls: Option<Arc<ClientConfig>>,
}

impl Source {
    /// Listens for clients; returns the address too.
    pub(super) async fn listen(address: &str) -> Result<(Self, SocketAddr), Unreachable> {
        let failed = |error: std::io::Error| {
            Unreachable::Usage(format!("can't listen on {address}: {error}"))
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(accept(listener, sender));
        Ok((Self::Clients(Mutex::new(receiver)), bound))
    }

    /// The next connection.
    pub(super) async fn next(&self, timeout: Duration) -> Result<Opened, Unreachable> {
        let (what, opened) = match self {
            Self::Server(target) => (
                "connecting",
                tokio::time::timeout(timeout, target.connect()).await,
            ),
            Self::Clients(clients) => {
                let next = async {
                    let next = clients.lock().await.recv().await;
                    next.ok_or_else(|| Unreachable::Refused("the listener has ended".to_owned()))
                };
                (
                    "waiting for a client",
                    tokio::time::timeout(timeout, next).await,
                )
            }
        };
        opened.map_err(|_| Unreachable::TimedOut(format!("{what} took longer than {timeout:?}")))?
    }
}

async fn accept(listener: TcpListener, sender: mpsc::Sender<Opened>) {
    while let Ok((stream, _)) = listener.accept().await {
        let sender = sender.clone();
        tokio::spawn(async move {
            // A delayed small message would only cost time.
            let _ = stream.set_nodelay(true);
            let stream: Box<dyn Io> = Box::new(stream);
            let mut software = None;
            #[expect(clippy::result_large_err, reason = "tungstenite's callback is so")]
            let read = |request: &Asked, response: Response| {
                software = text(request.headers().get(header::USER_AGENT));
                Ok(response)
            };
            let accepted = accept_hdr_async(stream, read).await;
            if let Ok(socket) = accepted {
                // A check that ends has no use for it.
                let _ = sender.send((socket, software)).await;
            }
        });
    }
}

impl Target {
    async fn connect(&self) -> Result<Opened, Unreachable> {
        let failed = |error: &dyn std::fmt::Display| {
            Unreachable::Refused(format!("can't connect to {}: {error}", self.url))
        };
        let request = self.request()?;
        let uri = request.uri();
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(match self.tls {
            Some(_) => 443,
            None => 80,
        });
        let stream = TcpStream::connect((host, port)).await;
        let stream = stream.map_err(|error| failed(&error))?;
        // A delayed small message would only cost time.
        let _ = stream.set_nodelay(true);
        let stream: Box<dyn Io> = match &self.tls {
            None => Box::new(stream),
            Some(config) => {
                let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(&error))?;
                let connector = TlsConnector::from(Arc::clone(config));
                let stream = connector.connect(name, stream).await;
                Box::new(stream.map_err(|error| failed(&error))?)
            }
        };
        let (socket, response) = client_async(request, stream)
            .await
            .map_err(|error| failed(&error))?;
        let software = text(response.headers().get(header::SERVER));
        Ok((socket, software))
    }

    fn request(&self) -> Result<Request, Unreachable> {
        let wrong =
            |error: &dyn std::fmt::Display| Unreachable::Usage(format!("{}: {error}", self.url));
        let uri: Uri = self.url.parse().map_err(|error| wrong(&error))?;
        let mut request = uri.into_client_request().map_err(|error| wrong(&error))?;
        for (name, value) in &self.headers {
            let wrong = |error: &dyn std::fmt::Display| {
                Unreachable::Usage(format!("the header {name}: {error}"))
            };
            let name = HeaderName::try_from(name).map_err(|error| wrong(&error))?;
            let value = HeaderValue::try_from(value).map_err(|error| wrong(&error))?;
            request.headers_mut().append(name, value);
        }
        Ok(request)
    }
}

fn text(header: Option<&HeaderValue>) -> Option<String> {
    Some(header?.to_str().ok()?.to_owned())
}
