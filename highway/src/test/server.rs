//! A server that listens on no port.

use std::{
    fmt,
    future::{Future, IntoFuture, pending},
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{ByteStream, Dial, Network, PeerBuilder, network::Watch, url};
use crate::{
    client::Client,
    connection::Connection,
    error::Result,
    handler::Handler,
    route::{ClientSide, Protocol, ServerSide},
    server::{Server, ServerHandle},
    transport::websocket::Stream,
};

/// The first of the ports that systems give to clients.
const FIRST_PORT: u16 = 49_152;

/// Starts a server that listens on no port: its state, limits, hooks and routes are as in production, but for TLS, which it
/// does without.
///
/// ```
/// use highway::{route, test};
///
/// #[highway::server]
/// struct Echo;
///
/// #[route("echo")]
/// async fn echo(data: highway::Value, echo: &mut Echo) -> highway::Result {
///     echo.send("echo", data).await
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let server = test::server(Echo::server());
/// let mut peer = server.peer().serves(["echo"]).await;
/// peer.send("echo", (1, 2.5, "three")).await;
/// peer.expect("echo", (1, 2.5, "three")).await;
/// # }
/// ```
///
/// # Panics
/// When an option of the builder is not valid, and outside of a tokio runtime.
#[track_caller]
pub fn server<H: Handler<Side = ServerSide>>(builder: Server<H>) -> TestServer<H> {
    let shared = match builder.share(None) {
        Ok(shared) => shared,
        Err(error) => panic!("the server can't be started: {error}"),
    };
    let handle = ServerHandle::new(&shared);
    let over = CancellationToken::new();
    let task = tokio::spawn({
        let shared = Arc::clone(&shared);
        let over = over.clone().drop_guard();
        async move {
            let _over = over;
            shared.serve(pending(), pending()).await;
        }
    });
    let port = AtomicU16::new(0);
    let dial = Arc::new(move |network: &Network, address: Option<SocketAddr>| {
        let (client, server) = network.connect()?;
        let address = address.unwrap_or_else(|| {
            let port = FIRST_PORT.saturating_add(port.fetch_add(1, Ordering::Relaxed) % 16_384);
            SocketAddr::from((Ipv4Addr::LOCALHOST, port))
        });
        shared
            .take_in(server, address)
            .map_err(|_| std::io::ErrorKind::ConnectionRefused)?;
        Ok(client)
    });
    TestServer {
        handle,
        dial,
        over,
        task,
    }
}

/// A server that listens on no port, from [`server`]. Dropped, it ends all its connections at once, as a server's future does.
pub struct TestServer<H: Handler<Side = ServerSide>> {
    handle: ServerHandle<H>,
    dial: Dial,
    /// Cancelled when the shutdown is over.
    over: CancellationToken,
    task: JoinHandle<()>,
}

impl<H: Handler<Side = ServerSide>> fmt::Debug for TestServer<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestServer")
            .field("handler", &H::NAME)
            .finish_non_exhaustive()
    }
}

impl<H: Handler<Side = ServerSide>> Drop for TestServer<H> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<H: Handler<Side = ServerSide>> TestServer<H> {
    /// Makes a connection of which only the bytes are there.
    pub(super) fn dial(&self, network: &Network) -> std::io::Result<ByteStream> {
        (self.dial)(network, None)
    }

    /// A client without a handler: the test says what it sends and what has to arrive.
    ///
    /// Awaited, it connects. It serves the routes of the handler's `peer = …`, and those that
    /// [`serves`](PeerBuilder::serves) adds.
    #[track_caller]
    pub fn peer(&self) -> PeerBuilder {
        PeerBuilder::new(Arc::clone(&self.dial), H::Peer::ROUTES)
    }

    /// Connects a client: what [`Client::connect`] gives for this server, and once the server knows the client's routes.
    ///
    /// ```
    /// # #[highway::server]
    /// # struct Chat;
    /// # #[highway::client]
    /// # struct Me;
    /// # #[highway::route("say")]
    /// # async fn say(_: &mut Chat) {}
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> highway::Result {
    /// let server = highway::test::server(Chat::server());
    /// let me = server.connect(Me::client()).await?;
    /// me.send("say", "hi").await?;
    /// me.close().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub fn connect<C: Handler<Side = ClientSide>>(&self, client: Client<C>) -> Connect<C> {
        Connect {
            client,
            dial: Arc::clone(&self.dial),
            network: Network::new(),
            path: "/".to_owned(),
        }
    }

    /// The handle that programs have to a server that runs: `server.handle().everyone()`.
    pub fn handle(&self) -> ServerHandle<H> {
        self.handle.clone()
    }

    /// Shuts down as [`BoundServer::with_graceful_shutdown`](crate::server::BoundServer::with_graceful_shutdown) describes, and returns when that is
    /// over. From then on connections are refused.
    pub async fn shutdown(&self) {
        self.handle.shutdown();
        self.over.cancelled().await;
    }
}

/// A client that connects to a [`TestServer`], from [`TestServer::connect`]: awaited, it does.
#[must_use = "it connects when it is awaited"]
pub struct Connect<C: Handler<Side = ClientSide>> {
    client: Client<C>,
    dial: Dial,
    network: Network,
    path: String,
}

impl<C: Handler<Side = ClientSide>> fmt::Debug for Connect<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("client", &self.client)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl<C: Handler<Side = ClientSide>> Connect<C> {
    /// Connects over a network. Each connection of a client that reconnects goes over it.
    pub fn over(mut self, network: &Network) -> Self {
        self.network = network.clone();
        self
    }

    /// Asks for a path, and a query if there is one, in place of `/`.
    pub fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }
}

impl<C: Handler<Side = ClientSide>> IntoFuture for Connect<C> {
    type Output = Result<Connection<C>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self {
                client,
                dial,
                network,
                path,
            } = self;
            let last: Arc<Mutex<Option<Watch>>> = Arc::default();
            let noted = Arc::clone(&last);
            let client = client.connector(Arc::new(move || {
                let stream = dial(&network, None)?;
                *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream.watch());
                Ok(stream.into_any())
            }));
            let connection = client.connect(&url(&path)).await?;
            // Whether it still stands is for its user to see.
            let _ = connection.flush().await;
            let last = last.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(watch) = last {
                watch.read_up().await;
            }
            Ok(connection)
        })
    }
}
