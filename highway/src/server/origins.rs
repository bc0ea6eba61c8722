//! Which pages of browsers may connect.

use http::{HeaderMap, HeaderValue, Uri, header};

use crate::shown::Shown;

/// Which pages may connect with a browser: see [`Server::origins`](super::Server::origins).
///
/// A browser lets any page connect to any server, with the user's cookies, and names the page's origin in the header `Origin`,
/// which the server can check. Other programs send no such header, or any value, so that this does not protect from them.
///
/// A request with an origin that is not allowed or with several is refused with status 403 and a text that names the origin, the
/// `Host` and the option, before any `on(connect)` hook runs; one without is let through, unless the server [requires](super::Server::require_origin) one. `null`, which
/// sandboxed pages and local files send, is allowed by [`Any`](Self::Any) only.
///
/// ```
/// use highway::Origins;
///
/// # #[highway::server]
/// # struct Chat;
/// let server = Chat::server().origins(Origins::list(["https://chat.example"]));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origins {
    /// Pages of the host and port that the request goes to (its header `Host`, which a proxy has to pass on): the default.
    #[default]
    Same,
    /// The pages of these origins, each as a browser sends it: `https://chat.example`, `http://localhost:8080`.
    List(Vec<String>),
    /// All pages. Then any page that a user has open can act in this user's name, if the server identifies users by cookies
    /// or addresses.
    Any,
}

impl Origins {
    /// The pages of these origins.
    pub fn list(origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::List(origins.into_iter().map(Into::into).collect())
    }

    /// Whether each origin of the list is one that a browser can send.
    pub(super) fn validate(&self) -> Result<(), String> {
        let Self::List(origins) = self else {
            return Ok(());
        };
        for origin in origins {
            if !is_origin(origin) {
                return Err(format!(
                    "`{origin}` is not an origin as browsers send it, such as `https://chat.example` or `http://localhost:8080`"
                ));
            }
        }
        Ok(())
    }

    /// Whether a request may connect.
    ///
    /// # Errors
    /// Why not, as a sentence for whoever runs the page or the server.
    pub(super) fn check(&self, headers: &HeaderMap, required: bool) -> Result<(), String> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let (origin, more) = (origins.next(), origins.next());
        if more.is_some() {
            return Err("the request has more than one header `Origin`".to_owned());
        }
        let Some(origin) = origin else {
            return if required {
                Err("the request has no header `Origin`, and the server requires one".to_owned())
            } else {
                Ok(())
            };
        };
        let host = headers.get(header::HOST);
        let text = origin.to_str().ok();
        let allowed = match self {
            Self::Any => true,
            Self::List(origins) => origins.iter().any(|allowed| text == Some(allowed)),
            Self::Same => text
                .zip(host.and_then(|host| host.to_str().ok()))
                .is_some_and(|(origin, host)| is_same(origin, host)),
        };
        if allowed {
            return Ok(());
        }
        let (host, shown) = (shown(host), shown(Some(origin)));
        let rule = match self {
            Self::List(_) => "its origin is not on the server's list",
            _ => "its origin has another host or port than the header `Host`",
        };
        let remedy = if text.is_some_and(is_origin) {
            format!(
                "the server allows it with `--origins {shown}`, or `.origins(Origins::list([\"{shown}\"]))`"
            )
        } else {
            "the server allows it only with `--origins any`, or `.origins(Origins::Any)`".to_owned()
        };
        Err(format!(
            "a page of `{shown}` may not connect to `{host}`: {rule}; {remedy}"
        ))
    }
}

fn shown(value: Option<&HeaderValue>) -> String {
    let value = value.map_or(&[][..], HeaderValue::as_bytes);
    Shown::new(String::from_utf8_lossy(value)).to_string()
}

/// The ports that a browser leaves out.
fn default_port(scheme: &str) -> Option<&'static str> {
    match scheme {
        // highway.py 0.1 sends the WebSocket's own address, which no browser does for another page.
        "http" | "ws" => Some(":80"),
        "https" | "wss" => Some(":443"),
        _ => None,
    }
}

fn is_same(origin: &str, host: &str) -> bool {
    let Some((scheme, of_origin)) = origin.split_once("://") else {
        return false;
    };
    let Some(port) = default_port(scheme) else {
        return false;
    };
    let plain = |host: &str| host.strip_suffix(port).unwrap_or(host).to_ascii_lowercase();
    !of_origin.is_empty() && plain(of_origin) == plain(host)
}

fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return false;
    };
    let authority = authority.as_str();
    text == format!("{scheme}://{authority}")
        && !text
            .bytes()
            .any(|byte| byte.is_ascii_uppercase() || byte == b'@')
        && default_port(scheme).is_none_or(|port| !authority.ends_with(port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origins: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "chat.example:8080".parse().unwrap());
        for origin in origins {
            headers.append(header::ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[track_caller]
    fn check(origins: &Origins, sent: &[&'static str], allowed: bool) {
        let checked = origins.check(&headers(sent), false);
        assert_eq!(checked.is_ok(), allowed, "{sent:?}");
    }

    #[test]
    fn same_origin_has_the_host_and_port_of_the_request() {
        let same = Origins::Same;
        check(&same, &[], true);
        check(&same, &["http://chat.example:8080"], true);
        check(&same, &["https://chat.example:8080"], true);
        check(&same, &["http://CHAT.example:8080"], true);
        check(&same, &["ws://chat.example:8080"], true);
        for foreign in [
            "http://chat.example",
            "http://chat.example:80",
            "http://chat.example:8080.evil.example",
            "http://evil.example/chat.example:8080",
            "http://chat.example:8080@evil.example",
            "http://evilchat.example:8080",
            "chrome-extension://chat.example:8080",
            "chat.example:8080",
            "://chat.example:8080",
            "null",
            "",
        ] {
            check(&same, &[foreign], false);
        }
        check(
            &same,
            &["http://chat.example:8080", "http://chat.example:8080"],
            false,
        );
    }

    #[test]
    fn default_port_may_be_left_out() {
        #[track_caller]
        fn check(origin: &str, host: &str, same: bool) {
            assert_eq!(is_same(origin, host), same, "{origin} {host}");
        }
        check("https://chat.example", "chat.example", true);
        check("https://chat.example", "chat.example:443", true);
        check("http://chat.example", "chat.example:80", true);
        check("http://chat.example", "chat.example:443", false);
        check("http://[::1]", "[::1]:80", true);
        check("http://", "", false);
    }

    #[test]
    fn list_is_exact() {
        let list = Origins::list(["https://chat.example", "http://localhost:8080"]);
        check(&list, &[], true);
        check(&list, &["https://chat.example"], true);
        check(&list, &["http://localhost:8080"], true);
        for foreign in [
            "http://chat.example",
            "https://chat.example:443",
            "https://chat.example/",
            "https://chat.example.evil.example",
            "https://www.chat.example",
            "http://chat.example:8080",
            "null",
        ] {
            check(&list, &[foreign], false);
        }
    }

    #[test]
    fn any_takes_all_but_several() {
        check(&Origins::Any, &["https://evil.example"], true);
        check(&Origins::Any, &["null"], true);
        check(
            &Origins::Any,
            &["https://a.example", "https://b.example"],
            false,
        );
    }

    #[test]
    fn required_origin_has_to_be_there() {
        let any = Origins::Any;
        assert!(any.check(&headers(&[]), true).is_err());
        assert!(any.check(&headers(&["https://a.example"]), true).is_ok());
    }

    #[test]
    fn refusal_names_origin_host_and_option() {
        #[track_caller]
        fn check(origins: &Origins, origin: &str, expected: &str) {
            let mut headers = headers(&[]);
            headers.append(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
            assert_eq!(origins.check(&headers, false).unwrap_err(), expected);
        }
        check(
            &Origins::Same,
            "http://localhost:5173",
            "a page of `http://localhost:5173` may not connect to `chat.example:8080`: its origin has another host or port than \
             the header `Host`; the server allows it with `--origins http://localhost:5173`, or \
             `.origins(Origins::list([\"http://localhost:5173\"]))`",
        );
        check(
            &Origins::list(["https://chat.example"]),
            "null",
            "a page of `null` may not connect to `chat.example:8080`: its origin is not on the server's list; the server allows it \
             only with `--origins any`, or `.origins(Origins::Any)`",
        );
        let long = format!("http://{}\u{e9}", "a".repeat(5000));
        let refusal = Origins::Same
            .check(
                &HeaderMap::from_iter([(
                    header::ORIGIN,
                    HeaderValue::from_bytes(long.as_bytes()).unwrap(),
                )]),
                false,
            )
            .unwrap_err();
        assert!(refusal.len() < 4096 && refusal.contains('…'), "{refusal}");
    }

    #[test]
    fn list_holds_origins_only() {
        #[track_caller]
        fn check(origin: &str, valid: bool) {
            assert_eq!(
                Origins::list([origin]).validate().is_ok(),
                valid,
                "{origin}"
            );
        }
        check("https://chat.example", true);
        check("http://localhost:8080", true);
        check("http://[::1]:8080", true);
        check("chrome-extension://abcdef", true);
        for wrong in [
            "null",
            "*",
            "",
            "chat.example",
            "https://chat.example/",
            "https://chat.example/path",
            "https://chat.example:443",
            "https://Chat.example",
            "https://user@chat.example",
            "https://",
        ] {
            check(wrong, false);
        }
    }
}
