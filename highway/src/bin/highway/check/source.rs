//! Where the connections to the peer under check come from: they are opened to a server, or a client opens them.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use data_encoding::BASE64;
use highway::ConnectError;
use percent_encoding::percent_decode_str;
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
        self,
        client::IntoClientRequest,
        handshake::{
            client::Request,
            server::{Request as Asked, Response},
        },
        http::{HeaderName, HeaderValue, Uri, header},
    },
};

use crate::{connect::within, failure::Failure};

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
    pub(super) async fn listen(address: &str) -> Result<(Self, SocketAddr), Failure> {
        let failed =
            |error: io::Error| Failure::usage(format!("can't listen on {address}: {error}"));
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(accept(listener, sender));
        Ok((Self::Clients(Mutex::new(receiver)), bound))
    }

    /// The next connection.
    pub(super) async fn next(&self, timeout: Duration) -> Result<Opened, Failure> {
        match self {
            Self::Server(target) => {
                let opened = within(timeout, "connecting", target.connect()).await?;
                opened.map_err(|source| {
                    let url = target.shown();
                    highway::Error::Connect { url, source }.into()
                })
            }
            Self::Clients(clients) => {
                let next = async { clients.lock().await.recv().await };
                let opened = within(timeout, "waiting for a client", next).await?;
                opened.ok_or_else(|| Failure::no_connection("the listener has ended"))
            }
        }
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
    /// The URL as it may be shown: without a password.
    pub(super) fn shown(&self) -> String {
        let uri = self.url.parse::<Uri>();
        let user_info = uri.as_ref().ok().and_then(user_info);
        match user_info.and_then(|user_info| user_info.split_once(':')) {
            Some((user, password)) => {
                let secret = format!("{user}:{password}@");
                self.url.replacen(&secret, &format!("{user}:***@"), 1)
            }
            None => self.url.clone(),
        }
    }

    async fn connect(&self) -> Result<Opened, ConnectError> {
        let request = self.request()?;
        let uri = request.uri();
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(match self.tls {
            Some(_) => 443,
            None => 80,
        });
        let stream = TcpStream::connect((host, port)).await;
        let stream = stream.map_err(ConnectError::Io)?;
        // A delayed small message would only cost time.
        let _ = stream.set_nodelay(true);
        let stream: Box<dyn Io> = match &self.tls {
            None => Box::new(stream),
            Some(config) => {
                let name = ServerName::try_from(host.to_owned()).map_err(|error| wrong(&error))?;
                let connector = TlsConnector::from(Arc::clone(config));
                let stream = connector.connect(name, stream).await;
                Box::new(stream.map_err(ConnectError::Tls)?)
            }
        };
        let (socket, response) = client_async(request, stream).await.map_err(no_upgrade)?;
        let software = text(response.headers().get(header::SERVER));
        Ok((socket, software))
    }

    fn request(&self) -> Result<Request, ConnectError> {
        let uri: Uri = self.url.parse().map_err(|error| wrong(&error))?;
        let user = user_info(&uri).map(basic);
        let mut request = uri.into_client_request().map_err(|error| wrong(&error))?;
        let user = user
            .iter()
            .map(|value| (header::AUTHORIZATION.as_str(), value.as_str()));
        let others = self.headers.iter();
        let others = others.map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in user.chain(others) {
            let name = HeaderName::try_from(name).map_err(|error| wrong(&error))?;
            let value = HeaderValue::try_from(value).map_err(|error| wrong(&error))?;
            request.headers_mut().append(name, value);
        }
        Ok(request)
    }
}

/// What can't be connected to.
fn wrong(error: &dyn std::fmt::Display) -> ConnectError {
    ConnectError::Url(error.to_string())
}

/// Why a server is no WebSocket server, as the library's client says it.
fn no_upgrade(error: tungstenite::Error) -> ConnectError {
    match error {
        tungstenite::Error::Io(error) => ConnectError::Io(error),
        tungstenite::Error::Http(answer) => {
            let body = answer.body().as_deref().unwrap_or_default();
            ConnectError::Refused {
                status: answer.status(),
                body: String::from_utf8_lossy(body).into_owned(),
                retry_after: None,
            }
        }
        error => ConnectError::Upgrade(error.to_string()),
    }
}

/// The name and the password of a URL, if it has them.
fn user_info(uri: &Uri) -> Option<&str> {
    let (user_info, _) = uri.authority()?.as_str().rsplit_once('@')?;
    Some(user_info)
}

/// A name and a password as HTTP's Basic authentication has them.
fn basic(user_info: &str) -> String {
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let mut plain: Vec<u8> = percent_decode_str(user).collect();
    plain.push(b':');
    plain.extend(percent_decode_str(password));
    format!("Basic {}", BASE64.encode(&plain))
}

fn text(header: Option<&HeaderValue>) -> Option<String> {
    Some(header?.to_str().ok()?.to_owned())
}
