//! The HTTP request and answer in front of a WebSocket, on both sides. tungstenite reads, checks and writes them; what is
//! here bounds them and keeps what was read behind them.

use std::{io, time::Duration};

use http::{HeaderName, HeaderValue, StatusCode, Version, header};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::tungstenite::{
    self,
    client::IntoClientRequest,
    handshake::{client, derive_accept_key, machine::TryParse, server},
};

use crate::{error::ConnectError, wire::Close};

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
    // What stands behind the last one is no line yet.
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

/// The 101 answer to a request; `pad` fills it up to a multiple of 128 bytes.
///
/// The client of highway.py 0.1 reads the answer in pieces of 128 bytes, and hangs when a part of the first message is in
/// the last of them.
pub(crate) fn accept(request: &server::Request, pad: bool) -> tungstenite::Result<Vec<u8>> {
    const PIECE: usize = 128;
    const FILLER: &str = "x-filler";

    let mut response = server::create_response(request)?;
    let mut bytes = Vec::new();
    server::write_response(&mut bytes, &response)?;
    if pad {
        let line = FILLER.len() + ": \r\n".len();
        let missing = (bytes.len() + line).next_multiple_of(PIECE) - (bytes.len() + line);
        // An empty value would be as good, but not to every reader.
        let missing = if missing == 0 { PIECE } else { missing };
        let filler = HeaderValue::try_from("-".repeat(missing)).map_err(http::Error::from)?;
        response.headers_mut().insert(FILLER, filler);
        bytes.clear();
        server::write_response(&mut bytes, &response)?;
    }
    Ok(bytes)
}

/// Asks a server for the upgrade; gives back what was read behind its answer.
pub(crate) async fn request(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: client::Request,
    limit: usize,
) -> Result<Vec<u8>, ConnectError> {
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
    let has = |name: header::HeaderName, token: &str| {
        response.headers().get_all(name).iter().any(|value| {
            let tokens = value.to_str().unwrap_or_default().split(',');
            tokens
                .into_iter()
                .any(|found| found.trim().eq_ignore_ascii_case(token))
        })
    };
    if response.version() < Version::HTTP_11 {
        return Err(ConnectError::Upgrade(
            "the answer is not HTTP/1.1".to_owned(),
        ));
    }
    if !has(header::UPGRADE, "websocket") || !has(header::CONNECTION, "upgrade") {
        return Err(ConnectError::Upgrade(
            "the answer has no upgrade to `websocket`".to_owned(),
        ));
    }
    let accepted = response.headers().get(header::SEC_WEBSOCKET_ACCEPT);
    if accepted.is_none_or(|value| value.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes())
    {
        return Err(ConnectError::Upgrade(
            "the answer is for another request's key".to_owned(),
        ));
    }
    for refused in [
        header::SEC_WEBSOCKET_EXTENSIONS,
        header::SEC_WEBSOCKET_PROTOCOL,
    ] {
        if response.headers().contains_key(&refused) {
            return Err(ConnectError::Upgrade(format!(
                "`{refused}` was not asked for"
            )));
        }
    }
    Ok(rest)
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
    headers: &http::HeaderMap,
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
        let _ = tokio::time::timeout(PATIENCE, body.read_to_end(&mut rest)).await;
    }
    rest.truncate(SHOWN);
    String::from_utf8_lossy(&rest).trim().to_owned()
}

/// The request for a URL, with headers in place of those of the same names.
pub(crate) fn client_request(
    url: &str,
    headers: &[(String, String)],
) -> Result<client::Request, ConnectError> {
    let mut request = url
        .into_client_request()
        .map_err(|error| ConnectError::Url(error.to_string()))?;
    for (name, value) in headers {
        let bad = || ConnectError::Url(format!("`{name}` and its value can't be an HTTP header"));
        let value = HeaderValue::try_from(value).map_err(|_| bad())?;
        let name = HeaderName::try_from(name).map_err(|_| bad())?;
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}
