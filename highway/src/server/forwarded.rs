//! The client's address behind proxies.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The header in which proxies report the client's address: see [`Server::forwarded_header`](super::Server::forwarded_header).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`: a list of addresses. The default, as most proxies write it.
    #[default]
    XForwardedFor,
    /// `Forwarded`, as RFC 7239 has it.
    Forwarded,
}

/// Which proxies are trusted, and in what.
#[derive(Debug, Clone, Default)]
pub(super) struct Proxies {
    pub(super) header: ForwardedHeader,
    /// Addresses and networks as they were given, until the server listens.
    pub(super) given: Vec<String>,
    trusted: Vec<IpNet>,
}

impl Proxies {
    /// Reads what was given.
    pub(super) fn parse(mut self) -> Result<Self, String> {
        for text in &self.given {
            let network = text
                .parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| {
                    format!(
                        "`{text}` is not an address or a network, such as `127.0.0.1` or `10.0.0.0/8`"
                    )
                })?;
            self.trusted.push(network);
        }
        Ok(self)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted
            .iter()
            .any(|network| network.contains(&address))
    }

    /// The client's address: the first one, from the server's end of the way, that is not a trusted proxy's.
    ///
    /// What stands before it in the header is what the client says, so it is worth nothing.
    pub(super) fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        let mut client = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        if self.trusted.is_empty() || !self.trusts(client.ip()) {
            return peer;
        }
        let name = match self.header {
            ForwardedHeader::XForwardedFor => X_FORWARDED_FOR,
            ForwardedHeader::Forwarded => header::FORWARDED,
        };
        let lines: Vec<_> = headers.get_all(name).iter().collect();
        for line in lines.into_iter().rev() {
            let hops = line.to_str().ok().and_then(|line| match self.header {
                ForwardedHeader::XForwardedFor => Some(line.split(',').map(str::trim).collect()),
                ForwardedHeader::Forwarded => forwarded_for(line),
            });
            for hop in hops.unwrap_or_else(|| vec![""]).into_iter().rev() {
                // Where a proxy hides the address or writes none, it stands for those behind it.
                let Some(address) = parse_hop(hop) else {
                    return client;
                };
                client = address;
                if !self.trusts(client.ip()) {
                    return client;
                }
            }
        }
        client
    }
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn parse_hop(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(SocketAddr::new(address.ip().to_canonical(), address.port()));
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    let address: IpAddr = bare.parse().ok()?;
    Some(SocketAddr::new(address.to_canonical(), 0))
}

/// The `for` of each element of a line of the header `Forwarded`, an empty text where an element has none.
///
/// `None` when the line is not well-formed: then it is unclear where an element that the client made up ends.
fn forwarded_for(line: &str) -> Option<Vec<&str>> {
    let mut hops = vec![""];
    let mut rest = line;
    loop {
        let (name, after) = rest.split_once('=')?;
        let value;
        (value, rest) = match after.strip_prefix('"') {
            // Nothing in an address needs an escape; a value with one is not understood.
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_at(after.find([';', ',', '"', ' ']).unwrap_or(after.len())),
        };
        if value.contains('\\') || name.contains([',', ';', '"']) {
            return None;
        }
        if name.trim().eq_ignore_ascii_case("for")
            && let Some(hop) = hops.last_mut()
        {
            *hop = value;
        }
        rest = rest.trim_start();
        if rest.is_empty() {
            return Some(hops);
        }
        if let Some(next) = rest.strip_prefix(',') {
            hops.push("");
            rest = next;
        } else {
            rest = rest.strip_prefix(';')?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: ForwardedHeader, lines: &[&'static str], client: &str) {
        let proxies = Proxies {
            header,
            given: vec!["127.0.0.1".into(), "10.0.0.0/8".into(), "fd00::/8".into()],
            trusted: Vec::new(),
        };
        let mut headers = HeaderMap::new();
        // A client can put this in front of any proxy that is told to write the other header.
        let (name, other) = match header {
            ForwardedHeader::XForwardedFor => (X_FORWARDED_FOR, header::FORWARDED),
            ForwardedHeader::Forwarded => (header::FORWARDED, X_FORWARDED_FOR),
        };
        headers.insert(other, "for=198.51.100.66".parse().unwrap());
        for line in lines {
            headers.append(name.clone(), line.parse().unwrap());
        }
        let peer = "127.0.0.1:5000".parse().unwrap();
        let found = proxies.parse().unwrap().client(peer, &headers);
        assert_eq!(found, client.parse().unwrap(), "{lines:?}");
    }

    #[test]
    fn rightmost_untrusted_address_is_the_client() {
        use ForwardedHeader::XForwardedFor as H;
        check(H, &[], "127.0.0.1:5000");
        check(H, &["192.0.2.1"], "192.0.2.1:0");
        check(H, &["6.6.6.6, 192.0.2.1"], "192.0.2.1:0");
        check(H, &["6.6.6.6,192.0.2.1 , 10.1.2.3"], "192.0.2.1:0");
        check(
            H,
            &["6.6.6.6", "192.0.2.1", "10.1.2.3, 10.1.2.4"],
            "192.0.2.1:0",
        );
        check(H, &["192.0.2.1:4711"], "192.0.2.1:4711");
        check(H, &["2001:db8::1"], "[2001:db8::1]:0");
        check(H, &["[2001:db8::1]:80, fd00::7"], "[2001:db8::1]:80");
        check(H, &["::ffff:192.0.2.1"], "192.0.2.1:0");
    }

    #[test]
    fn way_ends_where_an_address_is_hidden_or_broken() {
        use ForwardedHeader::XForwardedFor as H;
        check(H, &["192.0.2.1, unknown"], "127.0.0.1:5000");
        check(H, &["192.0.2.1, unknown, 10.0.0.9"], "10.0.0.9:0");
        check(H, &["192.0.2.1,"], "127.0.0.1:5000");
        check(H, &["10.0.0.8, 10.0.0.9"], "10.0.0.8:0");
        check(H, &["for=192.0.2.1"], "127.0.0.1:5000");
    }

    #[test]
    fn forwarded_is_read_as_the_rfc_has_it() {
        use ForwardedHeader::Forwarded as H;
        check(
            H,
            &["for=192.0.2.60;proto=http;by=203.0.113.43"],
            "192.0.2.60:0",
        );
        check(
            H,
            &["for=6.6.6.6, For=\"192.0.2.1:4711\""],
            "192.0.2.1:4711",
        );
        check(
            H,
            &["FOR=\"[2001:db8:cafe::17]:4711\"; proto=https"],
            "[2001:db8:cafe::17]:4711",
        );
        check(
            H,
            &["for=192.0.2.1, by=10.0.0.1;for=10.0.0.2;host=\"a,b;for=x\""],
            "192.0.2.1:0",
        );
        check(H, &["for=192.0.2.1", "for=10.0.0.2"], "192.0.2.1:0");
        check(H, &["for=192.0.2.1, for=_hidden"], "127.0.0.1:5000");
        check(H, &["for=192.0.2.1, proto=https"], "127.0.0.1:5000");
    }

    #[test]
    fn broken_quotes_of_a_client_move_nothing() {
        use ForwardedHeader::Forwarded as H;
        // What the proxy wrote comes last.
        check(H, &["for=\"6.6.6.6, for=192.0.2.1"], "127.0.0.1:5000");
        check(H, &["for=\"x, for=\"6.6.6.6\""], "127.0.0.1:5000");
        check(H, &["for=\"x\\\", for=\"6.6.6.6\""], "127.0.0.1:5000");
        check(H, &["for=\"6.6.6.6", "for=192.0.2.1"], "192.0.2.1:0");
        check(H, &["for, for=192.0.2.1"], "127.0.0.1:5000");
    }

    #[test]
    fn nobody_else_is_believed() {
        let proxies = Proxies {
            given: vec!["10.0.0.0/8".into()],
            ..Proxies::default()
        };
        let mut headers = HeaderMap::new();
        headers.insert(X_FORWARDED_FOR, "6.6.6.6".parse().unwrap());
        let proxies = proxies.parse().unwrap();
        let client = |peer: &str| proxies.client(peer.parse().unwrap(), &headers).to_string();
        assert_eq!(client("192.0.2.1:80"), "192.0.2.1:80");
        assert_eq!(client("10.0.0.1:80"), "6.6.6.6:0");
        assert_eq!(client("[::ffff:10.0.0.1]:80"), "6.6.6.6:0");
    }

    #[test]
    fn proxies_are_addresses_or_networks() {
        let parse = |text: &str| {
            let given = vec![text.to_owned()];
            Proxies {
                given,
                ..Proxies::default()
            }
            .parse()
            .err()
        };
        assert_eq!(parse("127.0.0.1"), None);
        assert_eq!(parse("fd00::/8"), None);
        assert_eq!(
            parse("proxy.example").unwrap(),
            "`proxy.example` is not an address or a network, such as `127.0.0.1` or `10.0.0.0/8`"
        );
    }
}
