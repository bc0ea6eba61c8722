//! Connects to the server that the command line names.

use std::{future::Future, path::PathBuf, time::Duration};

use highway::{Connection, Value, client::Client};
use http::Uri;
use tokio::sync::mpsc;

use crate::{
    description::Known,
    failure::Failure,
    listener::{self, Listener, Received, serve},
    tls::TlsArguments,
};

/// Which server, and how to connect to it.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ServerArguments {
    /// The server, such as `ws://localhost:1337` or `wss://example.org/chat`; without a scheme it is `ws://`
    #[arg(value_name = "URL", value_parser = url, value_hint = clap::ValueHint::Url)]
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) options: ConnectArguments,
}

/// How to connect.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ConnectArguments {
    /// A header of the request, such as 'authorization: Bearer …'; can be given several times
    #[arg(help_heading = "Connection", long, short = 'H', value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) header: Vec<(String, String)>,
    /// The page that the request says it comes from, as browsers do
    #[arg(help_heading = "Connection", long, value_name = "ORIGIN")]
    origin: Option<String>,
    /// A subprotocol to offer; can be given several times
    #[arg(help_heading = "Connection", long, value_name = "NAME")]
    subprotocol: Vec<String>,
    #[command(flatten)]
    pub(crate) tls: TlsArguments,
    /// The seconds that connecting may take, and the answer; of `stream` and `listen`, each wait for the next item, which has no
    /// limit otherwise
    #[arg(help_heading = "Connection", long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// A description of the server's routes, as `highway describe` prints it, in place of the one that the server has
    #[arg(help_heading = "Connection", long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) description: Option<PathBuf>,
}

/// How long to wait where the command line does not say.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long the description may take where it only helps.
const PREPARE: Duration = Duration::from_secs(2);

impl ConnectArguments {
    /// How long connecting and an answer may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(TIMEOUT)
    }

    /// The headers of the request, with those of the other options.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let named = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers = self.header.clone();
        headers.extend(self.origin.iter().map(|origin| named("origin", origin)));
        if !self.subprotocol.is_empty() {
            let offered = self.subprotocol.join(", ");
            headers.push(named("sec-websocket-protocol", &offered));
        }
        headers
    }

    /// How long the next of many things may take, where the command line says so.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.timeout
    }
}

impl ServerArguments {
    /// Connects as a client that serves what the server expects of clients.
    pub(crate) async fn connect(&self) -> Result<Connection<Listener>, Failure> {
        serve(Vec::new(), self.expected_routes().await?);
        let (connection, _) = self.connect_listening(Value::None).await?;
        Ok(connection)
    }

    /// The routes that the server's description expects of clients: a server may send to them at once, and fail where they are not.
    pub(crate) async fn expected_routes(&self) -> Result<Vec<String>, Failure> {
        let time = PREPARE.min(self.options.timeout());
        match within(time, "asking for the description", self.description()).await {
            Ok(Ok(Known::Description(description))) => {
                let routes = description.peer.unwrap_or_default();
                Ok(routes.into_iter().map(|route| route.name).collect())
            }
            Ok(Err(failure @ Failure::Usage(_))) => Err(failure),
            // Connecting says better what is wrong, if anything is.
            _ => Ok(Vec::new()),
        }
    }

    /// Connects; what comes to the routes that are listened to is received, and calls are answered with a value.
    pub(crate) async fn connect_listening(
        &self,
        reply: Value,
    ) -> Result<(Connection<Listener>, mpsc::Receiver<Received>), Failure> {
        let (state, received) = listener::state(reply);
        let options = &self.options;
        let timeout = options.timeout();
        let mut client = Client::<Listener, _>::new()
            .state(state)
            .limits(|limits| limits.call_timeout = timeout);
        for (name, value) in &options.header {
            client = client.header(name, value);
        }
        if let Some(origin) = &options.origin {
            client = client.header("origin", origin);
        }
        for name in &options.subprotocol {
            client = client.subprotocol(name);
        }
        if self.url.starts_with("wss:") {
            client = client.tls(options.tls.client()?);
        }
        let connected = within(timeout, "connecting", client.connect(&self.url)).await?;
        Ok((connected?, received))
    }
}

/// Waits for something no longer than a time.
pub(crate) async fn within<T>(
    time: Duration,
    what: &str,
    future: impl Future<Output = T>,
) -> Result<T, Failure> {
    let waited = tokio::time::timeout(time, future).await;
    waited.map_err(|_| Failure::timed_out(format!("{what} took longer than {time:?}")))
}

/// Waits for something, for a time if one is given.
pub(crate) async fn within_if<T>(
    time: Option<Duration>,
    what: &str,
    future: impl Future<Output = T>,
) -> Result<T, Failure> {
    match time {
        Some(time) => within(time, what, future).await,
        None => Ok(future.await),
    }
}

/// Reads a URL, with the scheme that it stands for.
pub(crate) fn url(text: &str) -> Result<String, String> {
    let url = match text.split_once("://") {
        Some(("http", rest)) => format!("ws://{rest}"),
        Some(("https", rest)) => format!("wss://{rest}"),
        Some(("ws" | "wss", _)) => text.to_owned(),
        Some(_) => return Err("it begins with ws:// or wss://".to_owned()),
        None => format!("ws://{text}"),
    };
    let uri: Uri = url.parse().map_err(|error| format!("{error}"))?;
    let authority = uri.authority().ok_or("it has no host")?;
    let host = authority.host();
    if host.is_empty() {
        return Err("it has no host".to_owned());
    }
    if !authority.as_str().ends_with(host) && authority.port_u16().is_none() {
        return Err("its port is not a number up to 65535".to_owned());
    }
    Ok(url)
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or("a header is written `name: value`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Reads seconds, such as `2` or `0.5`.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is no number of seconds")?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if !time.is_zero() => Ok(time),
        Ok(_) => Err("it has to be longer than 0".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
