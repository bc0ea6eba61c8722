//! What a server answers to HTTP requests: which of them ask for a WebSocket, and what all others get.

use std::{io, net::SocketAddr, sync::LazyLock, time::Duration};

use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Version, header};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Config;
use crate::{
    deadline::{after, until},
    metrics::{Metrics, PROMETHEUS_CONTENT_TYPE},
    shown::Shown,
    upgrade::{self, Fault},
};

/// The methods that there are.
const ALLOW: &str = "GET, HEAD, OPTIONS";

const PAGE: &str = "This is a highway server: programs talk to it over a WebSocket.\n";

const NOTHING: &str = "there is nothing here\n";

/// The client for browsers.
pub(super) const JAVASCRIPT: &str = include_str!("../../typescript/dist/highway.js");

/// Where a server tells of its routes.
const DESCRIPTION_PATH: &str = "/highway.json";

/// What a server can tell those who ask for no WebSocket.
pub(super) struct Told<'a> {
    /// Where the request came from, as far as it is known.
    pub(super) peer_addr: Option<SocketAddr>,
    pub(super) stopping: bool,
    pub(super) metrics: &'a dyn Fn() -> Metrics,
    /// The description of the routes, in JSON.
    pub(super) description: &'a dyn Fn() -> &'a str,
    /// The answer of the inspector, if the request is for it.
    pub(super) inspector: &'a dyn Fn() -> Option<Answer>,
}

/// An answer to a request that becomes no connection.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: String,
}

impl Answer {
    /// An answer with a line of text.
    pub(super) fn new(status: StatusCode, text: &str) -> Self {
        let fixed = HeaderValue::from_static;
        let mut headers = vec![(header::CONTENT_TYPE, fixed("text/plain; charset=utf-8"))];
        match status {
            StatusCode::UPGRADE_REQUIRED => {
                headers.push((header::UPGRADE, fixed("websocket")));
                headers.push((header::SEC_WEBSOCKET_VERSION, fixed("13")));
            }
            StatusCode::METHOD_NOT_ALLOWED => headers.push((header::ALLOW, fixed(ALLOW))),
            _ => {}
        }
        Self {
            status,
            headers,
            body: text.to_owned(),
        }
    }

    /// 503, with a time to come back within `spread`: another one for each peer, so that they don't come all at once.
    pub(super) fn unavailable(text: &str, spread: Duration) -> Self {
        let most = spread.as_secs().max(1);
        let mut answer = Self::new(StatusCode::SERVICE_UNAVAILABLE, text);
        let seconds = rand::random_range(1..=most);
        answer.headers.push((header::RETRY_AFTER, seconds.into()));
        answer
    }

    /// One of the inspector's.
    #[cfg(feature = "inspector")]
    pub(super) fn of_asset(asset: crate::inspector::Asset) -> Self {
        let mut answer = Self::new(asset.status, &asset.body).of_type(asset.content_type);
        answer.headers.extend(asset.headers);
        answer
    }

    /// The same with another type of the content.
    fn of_type(mut self, content_type: &'static str) -> Self {
        let content_type = HeaderValue::from_static(content_type);
        self.headers
            .retain(|(name, _)| *name != header::CONTENT_TYPE);
        self.headers.push((header::CONTENT_TYPE, content_type));
        self
    }

    /// Keeps caches from answering in the server's place.
    fn not_cached(mut self) -> Self {
        let no_store = HeaderValue::from_static("no-store");
        self.headers.push((header::CACHE_CONTROL, no_store));
        self
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// The text of the body.
    pub(super) fn text(&self) -> &str {
        &self.body
    }

    /// The same for something else to write.
    #[cfg(feature = "tower")]
    pub(super) fn into_response(self, version: Version) -> http::Response<super::Body> {
        let Self {
            status,
            headers,
            body,
        } = self;
        let mut response = http::Response::new(super::Body::new(body));
        *response.status_mut() = status;
        response.headers_mut().extend(headers);
        if version > Version::HTTP_11 {
            response.headers_mut().remove(header::UPGRADE);
        }
        response
    }

    fn to_bytes(&self, with_body: bool) -> Vec<u8> {
        let mut bytes = format!("HTTP/1.1 {}\r\n", self.status).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        // That of what the peer has already is not told.
        if self.status != StatusCode::NOT_MODIFIED {
            let length = format!("content-length: {}\r\n", self.body.len());
            bytes.extend_from_slice(length.as_bytes());
        }
        bytes.extend_from_slice(b"connection: close\r\n\r\n");
        if with_body {
            bytes.extend_from_slice(self.body.as_bytes());
        }
        bytes
    }

    /// Writes the answer and ends the connection so that the peer gets to read it. An answer to `HEAD` has no body.
    pub(super) async fn send(
        &self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
        method: &Method,
    ) -> io::Result<()> {
        send_last(stream, &self.to_bytes(method != Method::HEAD)).await
    }
}

/// Writes the last bytes to a peer, and ends the connection so that the peer gets to read them.
pub(super) async fn send_last(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    bytes: &[u8],
) -> io::Result<()> {
    /// What a peer may still send before it reads them.
    const DISCARDED: u64 = 256 * 1024;
    /// How long it may take.
    const PATIENCE: Duration = Duration::from_secs(2);

    let sent = async {
        stream.write_all(bytes).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(DISCARDED), &mut tokio::io::sink()).await?;
        Ok(())
    };
    until(after(PATIENCE), sent).await.unwrap_or(Ok(()))
}

/// The answer to a request that asks for no WebSocket, or not in the right way.
#[derive(Debug)]
pub(super) enum Unfit {
    /// It is about something else.
    Plain(Answer),
    /// It is no good request for a WebSocket.
    Invalid(Answer),
}

/// Whether requests can be for the paths that the server answers itself.
///
/// # Errors
/// The option, and what is wrong with it.
pub(super) fn check_paths(config: &Config) -> Result<(), (&'static str, String)> {
    let Config {
        health_path,
        metrics_path,
        javascript_path,
        ..
    } = config;
    for (name, path) in [
        ("health_path", health_path),
        ("metrics_path", metrics_path),
        ("javascript", javascript_path),
    ] {
        if let Some(path) = path
            && (!path.starts_with('/') || path.contains(['?', '#']))
        {
            let shown = Shown::new(path);
            let text =
                format!("`{shown}` is not a path: it begins with `/`, and has no `?` and no `#`");
            return Err((name, text));
        }
    }
    if metrics_path.is_some() && metrics_path == health_path {
        return Err(("metrics_path", "the health check has this path".to_owned()));
    }
    if javascript_path.is_some() && [health_path, metrics_path].contains(&javascript_path) {
        let text = "the health check or the metrics have this path";
        return Err(("javascript", text.to_owned()));
    }
    Ok(())
}

/// Looks at a request: what is not a good request for a WebSocket gets its answer as the error.
pub(super) fn check(request: &Request<()>, config: &Config, told: &Told<'_>) -> Result<(), Unfit> {
    /// Headers that must not come twice: whoever stands in between may have looked at the other one.
    const SINGLE: [HeaderName; 4] = [
        header::HOST,
        header::SEC_WEBSOCKET_KEY,
        header::SEC_WEBSOCKET_VERSION,
        header::CONTENT_LENGTH,
    ];

    let headers = request.headers();
    for name in &SINGLE {
        if headers.get_all(name).iter().nth(1).is_some() {
            let text = format!("the header `{name}` is there more than once\n");
            let answer = Answer::new(StatusCode::BAD_REQUEST, &text);
            return Err(Unfit::Invalid(answer));
        }
    }
    if request.version() >= Version::HTTP_11 && !headers.contains_key(header::HOST) {
        let text = "the header `host` is missing\n";
        let answer = Answer::new(StatusCode::BAD_REQUEST, text);
        return Err(Unfit::Invalid(answer));
    }
    if !wants_websocket(request) {
        return Err(Unfit::Plain(plain(request, config, told)));
    }
    upgrade::check(request).map_err(|fault| Unfit::Invalid(explain(fault)))
}

/// Whether a request tries to be an upgrade to a WebSocket. Other upgrades, such as to HTTP/2, may be ignored.
fn wants_websocket(request: &Request<()>) -> bool {
    let headers = request.headers();
    request.version() > Version::HTTP_11 && request.method() == Method::CONNECT
        || upgrade::has_token(headers, header::UPGRADE, "websocket")
        || headers.contains_key(header::SEC_WEBSOCKET_KEY)
        || headers.contains_key(header::SEC_WEBSOCKET_VERSION)
}

/// The answer to a request that is about no WebSocket.
fn plain(request: &Request<()>, config: &Config, told: &Told<'_>) -> Answer {
    let path = request.uri().path();
    let stopping = told.stopping;
    match *request.method() {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return options(path, config, stopping),
        _ => {
            let text = if config.mounted {
                "there is nothing here but a WebSocket\n"
            } else {
                "there is nothing here but GET, HEAD and OPTIONS\n"
            };
            return Answer::new(StatusCode::METHOD_NOT_ALLOWED, text);
        }
    }
    if config.health_path.as_deref() == Some(path) {
        return if stopping {
            Answer::unavailable("shutting down", config.limits.spread())
        } else {
            Answer::new(StatusCode::OK, "ok")
        }
        .not_cached();
    }
    if config.metrics_path.as_deref() == Some(path) {
        let text = (told.metrics)().to_prometheus();
        let answer = Answer::new(StatusCode::OK, &text);
        return answer.of_type(PROMETHEUS_CONTENT_TYPE).not_cached();
    }
    if config.javascript_path.as_deref() == Some(path) {
        return javascript(request);
    }
    if let Some(answer) = (told.inspector)() {
        return answer;
    }
    if path == DESCRIPTION_PATH && is_described(request, config, told) {
        let answer = Answer::new(StatusCode::OK, (told.description)());
        return answer.of_type("application/json").not_cached();
    }
    if config.mounted && request.version() > Version::HTTP_11 {
        return explain(Fault::NoConnect);
    }
    if path != "/" && !config.mounted {
        return Answer::new(StatusCode::NOT_FOUND, NOTHING);
    }
    if config.page && !config.mounted {
        Answer::new(StatusCode::OK, PAGE)
    } else {
        let text = "there is nothing here but a WebSocket\n";
        Answer::new(StatusCode::UPGRADE_REQUIRED, text)
    }
}

/// The client for browsers, unless whoever asks has it already.
fn javascript(request: &Request<()>) -> Answer {
    /// Its digest, as an entity tag.
    static TAG: LazyLock<String> =
        LazyLock::new(|| format!("\"{}\"", upgrade::digest(JAVASCRIPT.as_bytes())));

    let known = request.headers().get(header::IF_NONE_MATCH);
    let is_known = known.is_some_and(|known| {
        let mut tags = known.as_bytes().split(|&byte| byte == b',');
        tags.any(|tag| {
            let tag = tag.trim_ascii();
            tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == TAG.as_bytes()
        })
    });
    let mut answer = if is_known {
        Answer::new(StatusCode::NOT_MODIFIED, "")
    } else {
        Answer::new(StatusCode::OK, JAVASCRIPT)
    }
    .of_type("text/javascript; charset=utf-8");
    let fixed = HeaderValue::from_static;
    let tag = HeaderValue::from_str(&TAG).ok();
    answer.headers.extend(tag.map(|tag| (header::ETAG, tag)));
    answer.headers.extend([
        (header::CACHE_CONTROL, fixed("no-cache")),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, fixed("*")),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
    ]);
    answer
}

/// Whether whoever asks is told of the routes.
fn is_described(request: &Request<()>, config: &Config, told: &Told<'_>) -> bool {
    config.describe.unwrap_or_else(|| {
        let is_local = told.peer_addr.is_some_and(|peer| peer.ip().is_loopback());
        // A proxy on the same machine asks for others.
        let proxied = ["forwarded", "x-forwarded-for"]
            .iter()
            .any(|&name| request.headers().contains_key(name));
        cfg!(debug_assertions) && is_local && !proxied
    })
}

/// The answer to `OPTIONS`: `HAProxy` asks so whether a server is well, unless it is told otherwise, and asks for `/`.
fn options(path: &str, config: &Config, stopping: bool) -> Answer {
    let own = [
        &config.health_path,
        &config.metrics_path,
        &config.javascript_path,
    ];
    let is_own = own.iter().any(|own| own.as_deref() == Some(path));
    let mut answer = if !is_own && !config.mounted && !matches!(path, "/" | "*") {
        return Answer::new(StatusCode::NOT_FOUND, NOTHING);
    } else if stopping {
        Answer::unavailable("", config.limits.spread())
    } else {
        Answer::new(StatusCode::OK, "")
    };
    let allow = HeaderValue::from_static(ALLOW);
    answer.headers.push((header::ALLOW, allow));
    answer.not_cached()
}

/// The answer to an upgrade that is not right.
fn explain(fault: Fault) -> Answer {
    let status = match fault {
        Fault::Method => StatusCode::METHOD_NOT_ALLOWED,
        Fault::NoUpgrade | Fault::WebSocketVersion => StatusCode::UPGRADE_REQUIRED,
        Fault::HttpVersion
        | Fault::NoKey
        | Fault::BadKey
        | Fault::Content
        | Fault::NoConnect
        | Fault::NoProtocol => StatusCode::BAD_REQUEST,
        Fault::Protocol => StatusCode::NOT_IMPLEMENTED,
    };
    Answer::new(status, &format!("{fault}\n"))
}
