//! Who may see the inspector: browsers on the same machine, or whoever has the token.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderValue, header, uri::Authority};

/// The cookie in which a browser keeps the token.
const COOKIE: &str = "highway-inspector";

/// Headers of proxies: behind one, all clients seem to be on its machine.
const OF_PROXIES: [&str; 6] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
];

/// Lets in some and no others.
#[derive(Clone)]
pub(crate) struct Gate {
    path: String,
    token: Option<String>,
    /// Whether browsers keep the token for TLS only.
    secure: bool,
}

impl Gate {
    pub(super) fn new(path: String, token: Option<String>, secure: bool) -> Self {
        Self {
            path,
            token,
            secure,
        }
    }

    /// The name of a file below the page's path, empty for the page itself; `None` for what is not the inspector's.
    pub(crate) fn file<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(&*self.path)?;
        match rest.strip_prefix('/') {
            None if rest.is_empty() => Some(""),
            Some(file) if !file.is_empty() => Some(file),
            _ => None,
        }
    }

    /// The last part of the page's path, against which a browser resolves what the page names.
    pub(super) fn folder(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Whether a request may see the inspector; `peer` is where it came from, as far as that is known.
    ///
    /// # Errors
    /// Why not, as a sentence for a person.
    pub(crate) fn check(
        &self,
        headers: &HeaderMap,
        peer: Option<SocketAddr>,
    ) -> Result<(), &'static str> {
        let Some(token) = &self.token else {
            return check_local(headers, peer.map(|peer| peer.ip()));
        };
        let is_given = given(headers).any(|given| is_same(given.as_bytes(), token.as_bytes()));
        if is_given {
            Ok(())
        } else {
            Err("the inspector needs its token: open its page with ?token=… behind the path")
        }
    }

    /// The cookie for a browser that comes with the right token in its query.
    pub(super) fn cookie(&self, query: Option<&str>) -> Option<HeaderValue> {
        let token = self.token.as_deref()?;
        let mut fields = query?.split('&');
        let given = fields.find_map(|field| field.strip_prefix("token="))?;
        if !is_same(given.as_bytes(), token.as_bytes()) {
            return None;
        }
        let secure = if self.secure { "; Secure" } else { "" };
        // Without a path the cookie is for the folder of the page, also where something in front of the server has put it elsewhere.
        format!("{COOKIE}={token}; HttpOnly; SameSite=Strict{secure}")
            .parse()
            .ok()
    }
}

/// The tokens that a request comes with.
fn given(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let bearer = headers.get(header::AUTHORIZATION);
    let bearer = bearer.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let cookies = headers.get_all(header::COOKIE).iter();
    let cookies = cookies.filter_map(|value| value.to_str().ok());
    let cookies = cookies.flat_map(|cookies| cookies.split(';'));
    let cookies = cookies.filter_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    });
    bearer.into_iter().chain(cookies)
}

/// Whether two are the same, in a time that says nothing of where they differ.
fn is_same(given: &[u8], secret: &[u8]) -> bool {
    let differs = given
        .iter()
        .zip(secret)
        .fold(0, |differs, (given, secret)| {
            std::hint::black_box(differs | (given ^ secret))
        });
    given.len() == secret.len() && differs == 0
}

/// Whether a request comes from a browser on the same machine, for a name of this machine: a page of another name may have been made to
/// lead here.
fn check_local(headers: &HeaderMap, peer: Option<IpAddr>) -> Result<(), &'static str> {
    let is_local = peer.is_some_and(|peer| peer.to_canonical().is_loopback());
    if !is_local {
        return Err(
            "the inspector is for browsers on the server's machine; give it a token for others: `--inspect-token`, or \
             `Inspector::token`",
        );
    }
    if OF_PROXIES.iter().any(|name| headers.contains_key(*name)) {
        return Err(
            "the inspector can't tell who is behind a proxy; give it a token: `--inspect-token`, or `Inspector::token`",
        );
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    if host.is_some_and(is_of_this_machine) {
        Ok(())
    } else {
        Err(
            "the inspector is at a name of this machine, such as `localhost` or `127.0.0.1`; for other names give it a token: \
             `--inspect-token`, or `Inspector::token`",
        )
    }
}

/// Whether a `Host` is this machine whatever a name server says.
fn is_of_this_machine(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        let all = all.iter().map(|(name, value)| {
            let value = value.parse().expect("a header's value");
            (http::HeaderName::from_static(name), value)
        });
        all.collect()
    }

    #[track_caller]
    fn check(token: Option<&str>, peer: Option<&str>, all: &[(&'static str, &str)], is_in: bool) {
        let gate = Gate::new("/inspect".to_owned(), token.map(ToOwned::to_owned), false);
        let peer = peer.map(|peer| SocketAddr::new(peer.parse().expect("an address"), 5));
        let checked = gate.check(&headers(all), peer);
        assert_eq!(checked.is_ok(), is_in, "{peer:?} {all:?}: {checked:?}");
    }

    #[test]
    fn without_a_token_only_browsers_on_this_machine_get_in() {
        for host in [
            "localhost",
            "LOCALHOST:1337",
            "127.0.0.1:1",
            "127.9.8.7",
            "[::1]:1337",
        ] {
            check(None, Some("127.0.0.1"), &[("host", host)], true);
        }
        for peer in ["::1", "::ffff:127.0.0.1", "127.3.3.3"] {
            check(None, Some(peer), &[("host", "localhost")], true);
        }
        for peer in [Some("10.0.0.1"), Some("2001:db8::1"), None] {
            check(None, peer, &[("host", "localhost")], false);
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil.example@evil.example",
            "10.0.0.1",
            "0.0.0.0",
            "",
        ] {
            check(None, Some("127.0.0.1"), &[("host", host)], false);
        }
        check(None, Some("127.0.0.1"), &[], false);
    }

    #[test]
    fn clients_of_a_proxy_on_this_machine_are_not_on_it() {
        for name in OF_PROXIES {
            let all = [("host", "localhost"), (name, "10.0.0.1")];
            check(None, Some("127.0.0.1"), &all, false);
        }
    }

    #[test]
    fn token_lets_in_from_everywhere_and_nothing_else_does() {
        let bearer = format!("Bearer {TOKEN}");
        let cookie = format!("a=b; {COOKIE}={TOKEN}");
        for peer in [Some("10.0.0.1"), Some("127.0.0.1"), None] {
            check(Some(TOKEN), peer, &[("authorization", &bearer)], true);
            check(Some(TOKEN), peer, &[("cookie", &cookie)], true);
            check(Some(TOKEN), peer, &[("host", "localhost")], false);
        }
        for wrong in [
            "",
            "0123456789abcdeF",
            "0123456789abcde",
            "0123456789abcdef0",
        ] {
            let bearer = format!("Bearer {wrong}");
            check(Some(TOKEN), None, &[("authorization", &bearer)], false);
            let cookie = format!("{COOKIE}={wrong}");
            check(Some(TOKEN), None, &[("cookie", &cookie)], false);
        }
        let other = format!("other={TOKEN}");
        check(Some(TOKEN), None, &[("cookie", &other)], false);
    }

    #[test]
    fn browser_with_the_token_in_its_query_gets_a_cookie() {
        let gate = |secure| Gate::new("/inspect".to_owned(), Some(TOKEN.to_owned()), secure);
        let query = format!("a=b&token={TOKEN}");
        let cookie = gate(true).cookie(Some(&query)).expect("it is the token");
        let expected = format!("{COOKIE}={TOKEN}; HttpOnly; SameSite=Strict; Secure");
        assert_eq!(cookie, expected);
        for wrong in [
            None,
            Some("token=x"),
            Some("token="),
            Some("x=0123456789abcdef"),
        ] {
            assert_eq!(gate(false).cookie(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_is_below_the_path_is_the_inspectors() {
        let gate = Gate::new("/a/inspect".to_owned(), None, false);
        assert_eq!(gate.folder(), "inspect");
        assert_eq!(gate.file("/a/inspect"), Some(""));
        assert_eq!(gate.file("/a/inspect/ws"), Some("ws"));
        for other in ["/a/inspector", "/inspect", "/a/inspect/", "/", "/a"] {
            assert_eq!(gate.file(other), None, "{other}");
        }
    }
}
