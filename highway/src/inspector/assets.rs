//! What a browser loads.

use http::{HeaderName, HeaderValue, StatusCode, header};

use super::Gate;

/// The page may load what is below it, connect to its own server, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

const HTML: &str = include_str!("page/index.html");

/// The files below the page, but for the client for browsers.
const FILES: [(&str, &str, &str); 8] = [
    ("style.css", CSS, include_str!("page/style.css")),
    ("main.js", JAVASCRIPT, include_str!("page/main.js")),
    (
        "connections.js",
        JAVASCRIPT,
        include_str!("page/connections.js"),
    ),
    ("traffic.js", JAVASCRIPT, include_str!("page/traffic.js")),
    ("routes.js", JAVASCRIPT, include_str!("page/routes.js")),
    ("form.js", JAVASCRIPT, include_str!("page/form.js")),
    ("literal.js", JAVASCRIPT, include_str!("page/literal.js")),
    ("dom.js", JAVASCRIPT, include_str!("page/dom.js")),
];

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// What a browser is answered.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: String,
}

impl Asset {
    fn new(status: StatusCode, content_type: &'static str, body: String) -> Self {
        let headers = [
            (header::CACHE_CONTROL, "no-store"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        let fixed = |(name, value)| (name, HeaderValue::from_static(value));
        Self {
            status,
            content_type,
            headers: headers.map(fixed).into(),
            body,
        }
    }

    fn text(status: StatusCode, text: &str) -> Self {
        Self::new(status, TEXT, format!("{text}\n"))
    }
}

impl Gate {
    /// The answer to a request for a file below the page's path, as [`file`](Self::file) returns it; `javascript` is the client for
    /// browsers.
    pub(crate) fn answer(
        &self,
        file: &str,
        request: &http::Request<()>,
        peer: Option<std::net::SocketAddr>,
        javascript: &str,
    ) -> Asset {
        if file.is_empty()
            && let Some(cookie) = self.cookie(request.uri().query())
        {
            // From here on the token is in no URL.
            let mut asset = Asset::text(StatusCode::SEE_OTHER, "the page is without the token");
            asset.headers.push((header::SET_COOKIE, cookie));
            let location = HeaderValue::from_str(self.folder()).ok();
            asset
                .headers
                .extend(location.map(|to| (header::LOCATION, to)));
            return asset;
        }
        if let Err(why) = self.check(request.headers(), peer) {
            return Asset::text(StatusCode::FORBIDDEN, why);
        }
        let found = FILES.iter().find(|(name, ..)| *name == file);
        match (file, found) {
            ("", _) => {
                let html = HTML.replace("{folder}", self.folder());
                Asset::new(StatusCode::OK, "text/html; charset=utf-8", html)
            }
            ("highway.js", _) => Asset::new(StatusCode::OK, JAVASCRIPT, javascript.to_owned()),
            (_, Some((_, content_type, body))) => {
                Asset::new(StatusCode::OK, content_type, (*body).to_owned())
            }
            (_, None) => Asset::text(StatusCode::NOT_FOUND, "there is nothing here"),
        }
    }
}
