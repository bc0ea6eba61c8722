//! The HTTP request and answer in front of a WebSocket, on both sides. What is read is bounded, and what was read
//! behind it is kept.

use std::{fmt, io, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::tungstenite::{
    self,
    client::IntoClientRequest,
    handshake::{client, derive_accept_key, machine::TryParse, server},
};

use crate::{
    deadline::{after, until},
    error::ConnectError,
    wire::Close,
};

pub(crate) use list::{elements, has_token};

mod list;

/// A head and what was read behind it.
#[derive(Debug)]
pub(crate) struct Head<T> {
    pub(crate) head: T,
    pub(crate) rest: Vec<u8>,
}

/// Why there is no head.
#[derive(Debug)]
pub(crate) enum HeadError {
    /// The stream broke or ended.
    Io(io::Error),
    /// It is longer than the limit.
    TooLarge,
    /// It is no HTTP.
    Malformed(tungstenite::Error),
}

impl From<io::Error> for HeadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads a request's or an answer's head.
pub(crate) async fn read_head<T: TryParse>(
    stream: &mut (impl AsyncRead + Unpin),
    limit: usize,
) -> Result<Head<T>, HeadError> {
    const PIECE: usize = 1024;

    let mut bytes = Vec::with_capacity(PIECE);
    loop {
        if bytes.len() >= limit {
            return Err(HeadError::TooLarge);
        }
        bytes.reserve(PIECE.min(limit - bytes.len()));
        let before = bytes.len();
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(HeadError::Io(io::ErrorKind::UnexpectedEof.into()));
        }
        // Junk shows in the first piece. Behind it, looking for the blank line that ends a head keeps many short pieces
        // from being parsed again and again.
        if before > 0 && !has_blank_line(bytes.get(before.saturating_sub(2)..).unwrap_or_default())
        {
            continue;
        }
        if let Some((len, head)) = T::try_parse(&bytes).map_err(HeadError::Malformed)? {
            return Ok(Head {
                head,
                rest: bytes.split_off(len.min(bytes.len())),
            });
        }
    }
}

fn has_blank_line(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    // What stands before the first line's end is the end of a line that may have begun earlier.
    lines.next();
    // What stands behind the last one is not a line yet.
    lines.next_back();
    lines.any(|line| line.is_empty() || line == b"\r")
}

/// A request's head, of any method and version: tungstenite's own reads nothing but `GET` and HTTP/1.1.
#[derive(Debug)]
pub(crate) struct RequestHead(pub(crate) server::Request);

impl TryParse for RequestHead {
    fn try_parse(bytes: &[u8]) -> tungstenite::Result<Option<(usize, Self)>> {
        /// As tungstenite has it for its own.
        const MAX_HEADERS: usize = 124;

        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        let httparse::Status::Complete(len) = parsed.parse(bytes)? else {
            return Ok(None);
        };
        let mut request = http::Request::builder()
            .method(parsed.method.unwrap_or_default())
            .uri(parsed.path.unwrap_or_default())
            .version(if parsed.version == Some(1) {
                Version::HTTP_11
            } else {
                Version::HTTP_10
            });
        for header in parsed.headers.iter() {
            request = request.header(header.name, header.value);
        }
        Ok(Some((len, Self(request.body(())?))))
    }
}

/// Why a request for the upgrade is not right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Method,
    HttpVersion,
    /// The words of `Connection` or `Upgrade` are missing.
    NoUpgrade,
    WebSocketVersion,
    NoKey,
    BadKey,
    /// Content follows, which would be taken for frames.
    Content,
    /// Over HTTP/2 something else than CONNECT.
    NoConnect,
    /// CONNECT without `:protocol`, which asks for a tunnel.
    NoProtocol,
    /// CONNECT with another protocol, or in a build without HTTP/2.
    Protocol,
}

/// The `:protocol` of a CONNECT request (RFC 8441), as an extension of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "http2"), allow(dead_code))]
pub(crate) enum ConnectProtocol {
    WebSocket,
    Other,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Method => "a WebSocket is asked for with GET",
            Self::HttpVersion => {
                "a WebSocket needs HTTP/1.1; a proxy in between has to speak it too"
            }
            Self::NoUpgrade => {
                "a WebSocket needs `Connection: Upgrade` and `Upgrade: websocket`, and one of them did not arrive; \
                 a proxy in between has to pass them on"
            }
            Self::WebSocketVersion => {
                "the WebSocket's version (`Sec-WebSocket-Version`) has to be 13"
            }
            Self::NoKey => "the header `sec-websocket-key` is missing",
            Self::BadKey => "the header `sec-websocket-key` has to be 16 bytes in Base64",
            Self::Content => {
                "a request for a WebSocket has no content: leave `content-length` and `transfer-encoding` out"
            }
            Self::NoConnect => "over HTTP/2 a WebSocket is asked for with CONNECT and `:protocol`",
            Self::NoProtocol => "this is no proxy: CONNECT needs `:protocol`, and `websocket` in it",
            Self::Protocol => "the only `:protocol` that CONNECT may ask for is `websocket`",
        })
    }
}

/// Checks a request for the upgrade (RFC 6455, section 4.2.1), or over HTTP/2 for a stream in its place (RFC 8441, section 5).
pub(crate) fn check(request: &server::Request) -> Result<(), Fault> {
    let headers = request.headers();
    if request.version() > Version::HTTP_11 {
        return check_connect(request);
    }
    if request.method() != Method::GET {
        return Err(Fault::Method);
    }
    if request.version() < Version::HTTP_11 {
        return Err(Fault::HttpVersion);
    }
    if !is_upgrade(headers) {
        return Err(Fault::NoUpgrade);
    }
    check_version(headers)?;
    let key = headers.get(header::SEC_WEBSOCKET_KEY).ok_or(Fault::NoKey)?;
    if !is_key(key.as_bytes()) {
        return Err(Fault::BadKey);
    }
    let length = headers.get(header::CONTENT_LENGTH);
    let is_empty = |length: &HeaderValue| {
        let digits = length.as_bytes();
        !digits.is_empty() && digits.iter().all(|&digit| digit == b'0')
    };
    if headers.contains_key(header::TRANSFER_ENCODING) || !length.is_none_or(is_empty) {
        return Err(Fault::Content);
    }
    Ok(())
}

fn check_connect(request: &server::Request) -> Result<(), Fault> {
    if request.method() != Method::CONNECT {
        return Err(Fault::NoConnect);
    }
    match request.extensions().get() {
        None => Err(Fault::NoProtocol),
        Some(ConnectProtocol::Other) => Err(Fault::Protocol),
        Some(ConnectProtocol::WebSocket) => check_version(request.headers()),
    }
}

fn check_version(headers: &HeaderMap) -> Result<(), Fault> {
    match headers.get(header::SEC_WEBSOCKET_VERSION) {
        Some(version) if version == "13" => Ok(()),
        _ => Err(Fault::WebSocketVersion),
    }
}

/// Whether both lists that make an upgrade to a WebSocket say so, in a request or in its answer.
fn is_upgrade(headers: &HeaderMap) -> bool {
    has_token(headers, header::UPGRADE, "websocket")
        && has_token(headers, header::CONNECTION, "upgrade")
}

/// Whether it is 16 bytes in Base64.
fn is_key(key: &[u8]) -> bool {
    key.len() == 24
        && key.strip_suffix(b"==").is_some_and(|digits| {
            let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
            digits.iter().all(is_digit)
        })
}

/// What an answer has for the key of a request.
pub(crate) fn accept_key(request: &HeaderMap) -> String {
    let key = request.get(header::SEC_WEBSOCKET_KEY);
    derive_accept_key(key.map_or(&[], HeaderValue::as_bytes))
}

/// A digest of bytes, as a text: SHA-1, as the answer to a request has it of the key.
pub(crate) fn digest(bytes: &[u8]) -> String {
    derive_accept_key(bytes)
}

/// The 101 answer to a [checked](check) request; `pad` fills it up to a multiple of 128 bytes.
///
/// The client of highway.py 0.1 reads the answer in pieces of 128 bytes, and hangs when a part of the first message is in
/// the last of them.
pub(crate) fn accept(request: &HeaderMap, subprotocol: Option<&str>, pad: bool) -> Vec<u8> {
    const PIECE: usize = 128;
    const FILLER: &str = "X-Filler: ";
    const END: &str = "\r\n";

    let key = accept_key(request);
    let mut answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {key}\r\n"
    );
    if let Some(subprotocol) = subprotocol {
        answer.push_str("Sec-WebSocket-Protocol: ");
        answer.push_str(subprotocol);
        answer.push_str(END);
    }
    if pad {
        // An empty value would be as good, but not to every reader.
        let least = answer.len() + FILLER.len() + 1 + 2 * END.len();
        let filler = 1 + least.next_multiple_of(PIECE) - least;
        answer.push_str(FILLER);
        answer.extend(std::iter::repeat_n('-', filler));
        answer.push_str(END);
    }
    answer.push_str(END);
    answer.into_bytes()
}

/// A server's answer to a request for the upgrade.
#[derive(Debug)]
pub(crate) struct Answered {
    /// What was read behind it.
    pub(crate) rest: Vec<u8>,
    /// The subprotocol that the server chose.
    pub(crate) subprotocol: Option<String>,
}

/// Asks a server for the upgrade.
pub(crate) async fn request(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: client::Request,
    limit: usize,
) -> Result<Answered, ConnectError> {
    let offered: Vec<String> = elements(request.headers(), header::SEC_WEBSOCKET_PROTOCOL)
        .map(str::to_owned)
        .collect();
    let (bytes, key) = client::generate_request(request)
        .map_err(|error| ConnectError::Upgrade(error.to_string()))?;
    stream.write_all(&bytes).await.map_err(ConnectError::Io)?;
    let Head {
        head: response,
        rest,
    } = read_head::<client::Response>(stream, limit)
        .await
        .map_err(|error| match error {
            HeadError::Io(error) => ConnectError::Io(error),
            HeadError::TooLarge => {
                ConnectError::Upgrade(format!("the answer's head has more than {limit} bytes"))
            }
            HeadError::Malformed(error) => ConnectError::Upgrade(error.to_string()),
        })?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let body = read_body(stream, rest, response.headers()).await;
        return Err(ConnectError::Refused {
            status: response.status(),
            body,
            retry_after: retry_after(&response),
        });
    }
    if response.version() < Version::HTTP_11 {
        return Err(ConnectError::Upgrade(
            "the answer is not HTTP/1.1".to_owned(),
        ));
    }
    if !is_upgrade(response.headers()) {
        return Err(ConnectError::Upgrade(
            "the answer has no upgrade to `websocket`".to_owned(),
        ));
    }
    let mut accepted = response
        .headers()
        .get_all(header::SEC_WEBSOCKET_ACCEPT)
        .iter();
    let expected = derive_accept_key(key.as_bytes());
    if accepted.next().is_none_or(|value| value != &expected) || accepted.next().is_some() {
        return Err(ConnectError::Upgrade(
            "the answer is for another request's key".to_owned(),
        ));
    }
    let name = header::SEC_WEBSOCKET_EXTENSIONS;
    if elements(response.headers(), name.clone()).next().is_some() {
        return Err(ConnectError::Upgrade(format!("`{name}` was not asked for")));
    }
    let name = header::SEC_WEBSOCKET_PROTOCOL;
    let mut chosen = elements(response.headers(), name.clone());
    let was_offered = |chosen: &str| offered.iter().any(|offered| offered == chosen);
    let subprotocol = chosen.next();
    if !subprotocol.is_none_or(was_offered) || chosen.next().is_some() {
        return Err(ConnectError::Upgrade(format!("`{name}` was not asked for")));
    }
    Ok(Answered {
        rest,
        subprotocol: subprotocol.map(str::to_owned),
    })
}

/// When a server that is overloaded, or finds its client too busy, told it to come back. A date, which servers seldom send,
/// would depend on both clocks.
fn retry_after(response: &client::Response) -> Option<Duration> {
    if !matches!(
        response.status(),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
    ) {
        return None;
    }
    let told = response.headers().get(header::RETRY_AFTER)?.as_bytes();
    if told.is_empty() || !told.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // More digits than a number has are more than the limit as well.
    let seconds = std::str::from_utf8(told).ok()?.parse().unwrap_or(u64::MAX);
    Some(Duration::from_secs(seconds).min(Close::MAX_RETRY_AFTER))
}

/// The beginning of the body of a refusal, for the error.
async fn read_body(
    stream: &mut (impl AsyncRead + Unpin),
    mut rest: Vec<u8>,
    headers: &HeaderMap,
) -> String {
    const SHOWN: usize = 512;
    const PATIENCE: Duration = Duration::from_secs(1);

    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .unwrap_or(SHOWN)
        .min(SHOWN);
    if let Some(missing @ 1..) = length.checked_sub(rest.len()) {
        let mut body = stream.take(missing as u64);
        // What came until then is shown; that there is no more is nothing to report.
        let _ = until(after(PATIENCE), body.read_to_end(&mut rest)).await;
    }
    rest.truncate(SHOWN);
    String::from_utf8_lossy(&rest).trim().to_owned()
}

/// Whether a byte may stand in a token (RFC 9110, section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// What is said of a URL with another scheme, or without one.
pub(crate) const SCHEMES: &str = "the URL has to begin with ws:// or wss://";

/// The request for a URL, with headers in place of those of the same names, and subprotocols.
pub(crate) fn client_request(
    url: &str,
    headers: &[(String, String)],
    subprotocols: &[String],
) -> Result<client::Request, ConnectError> {
    if !url.contains("://") {
        return Err(ConnectError::Url(SCHEMES.to_owned()));
    }
    let mut request = url
        .into_client_request()
        .map_err(|error| ConnectError::Url(format!("the URL is not valid: {error}")))?;
    for (name, value) in headers {
        let bad = || ConnectError::Url(format!("`{name}` and its value can't be an HTTP header"));
        let value = HeaderValue::try_from(value).map_err(|_| bad())?;
        let name = HeaderName::try_from(name).map_err(|_| bad())?;
        request.headers_mut().insert(name, value);
    }
    for subprotocol in subprotocols {
        let bad = || ConnectError::Url(format!("`{subprotocol}` can't be a subprotocol"));
        if subprotocol.is_empty() || !subprotocol.bytes().all(is_token) {
            return Err(bad());
        }
        let value = HeaderValue::try_from(subprotocol).map_err(|_| bad())?;
        let headers = request.headers_mut();
        headers.append(header::SEC_WEBSOCKET_PROTOCOL, value);
    }
    Ok(request)
}
