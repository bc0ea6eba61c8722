//! Finds out what a server serves: from its description, or else from the names that it tells.

use std::{sync::Arc, time::Duration};

use highway::description::Description;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};

use crate::{
    connect::{ServerArguments, within},
    failure::Failure,
};

/// The most bytes of a description.
const LARGEST: usize = 64 * 1024 * 1024;

/// What could be found out about a server.
pub(crate) enum Known {
    /// Its description.
    Description(Box<Description>),
    /// That it gives none, and why.
    Nothing(String),
}

impl ServerArguments {
    /// The description: of the file that the command line names, or else of the server.
    pub(crate) async fn description(&self) -> Result<Known, Failure> {
        if let Some(path) = &self.options.description {
            let read = tokio::fs::read_to_string(path).await;
            let failed = |error: &dyn std::fmt::Display| {
                Failure::usage(format!("{}: {error}", path.display()))
            };
            let text = read.map_err(|error| failed(&error))?;
            let description = Description::from_json(&text).map_err(|error| failed(&error))?;
            return Ok(Known::Description(Box::new(description)));
        }
        let timeout = self.options.timeout();
        within(timeout, "asking for the description", self.ask(timeout)).await?
    }

    /// The same where nothing can be done without it.
    pub(crate) async fn needed_description(&self) -> Result<Description, Failure> {
        match self.description().await? {
            Known::Description(description) => Ok(*description),
            Known::Nothing(why) => Err(Failure::refused(format!(
                "{why}: start the server with `--serve-description` or its builder's `.describe(true)`, or name a file of `--describe` with --description"
            ))),
        }
    }

    async fn ask(&self, timeout: Duration) -> Result<Known, Failure> {
        let uri: Uri = self
            .url
            .parse()
            .map_err(|error| Failure::usage(format!("{}: {error}", self.url)))?;
        // A mounted server has it below its own path, any other at the root.
        let mounted = format!("{}/highway.json", uri.path().trim_end_matches('/'));
        let mut answered = Box::pin(self.get(&uri, &mounted, timeout)).await?;
        if answered.0 != StatusCode::OK && mounted != "/highway.json" {
            answered = Box::pin(self.get(&uri, "/highway.json", timeout)).await?;
        }
        let (status, body) = answered;
        if status != StatusCode::OK {
            return Ok(Known::Nothing(format!(
                "the server gives no description ({status})"
            )));
        }
        let text = String::from_utf8_lossy(&body);
        Ok(match Description::from_json(&text) {
            Ok(description) => Known::Description(Box::new(description)),
            Err(error) => Known::Nothing(format!("the server gives {error}")),
        })
    }

    async fn get(
        &self,
        uri: &Uri,
        path: &str,
        timeout: Duration,
    ) -> Result<(StatusCode, Vec<u8>), Failure> {
        let secure = uri.scheme_str() == Some("wss");
        let failed = |error: &dyn std::fmt::Display| {
            Failure::no_connection(format!("can't connect to {}: {error}", self.url))
        };
        let authority = uri
            .authority()
            .ok_or_else(|| failed(&"the URL has no host"))?;
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']');
        let port = authority
            .port_u16()
            .unwrap_or(if secure { 443 } else { 80 });
        let stream = TcpStream::connect((host, port))
            .await
            .map_err(|error| failed(&error))?;
        let mut request = Request::get(path).header(
            header::HOST,
            authority.as_str().rsplit('@').next().unwrap_or_default(),
        );
        for (name, value) in &self.options.header {
            request = request.header(name, value);
        }
        let request = request
            .body(Empty::<hyper::body::Bytes>::new())
            .map_err(|error| Failure::usage(error.to_string()))?;
        if !secure {
            return exchange(stream, request, timeout)
                .await
                .map_err(|error| failed(&error));
        }
        let connector = TlsConnector::from(Arc::clone(&self.options.tls.config()?));
        let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(&error))?;
        let stream = connector
            .connect(name, stream)
            .await
            .map_err(|error| failed(&error))?;
        exchange(stream, request, timeout)
            .await
            .map_err(|error| failed(&error))
    }
}

/// Sends a request, and reads the answer.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Empty<hyper::body::Bytes>>,
    timeout: Duration,
) -> Result<(StatusCode, Vec<u8>), Box<dyn std::error::Error + Send + Sync>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the sender, and what goes wrong comes with the answer.
    tokio::spawn(tokio::time::timeout(timeout, connection));
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), LARGEST).collect().await?;
    Ok((status, body.to_bytes().into()))
}
