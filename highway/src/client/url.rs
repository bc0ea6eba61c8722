//! A name and a password in a server's URL.

use std::borrow::Cow;

use data_encoding::BASE64;
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;

use crate::error::ConnectError;

/// The name and the password of a URL such as `ws://ada:secret@example.org`, as HTTP's Basic authentication has them.
pub(super) fn basic(uri: &Uri) -> Result<Option<HeaderValue>, ConnectError> {
    let authority = uri.authority().map_or("", http::uri::Authority::as_str);
    let Some((user_info, _)) = authority.rsplit_once('@') else {
        return Ok(None);
    };
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let mut plain: Vec<u8> = percent_decode_str(user).collect();
    if plain.contains(&b':') {
        let why = "a name in a URL can't have a colon, which ends it in the header `authorization`";
        return Err(ConnectError::Url(why.to_owned()));
    }
    plain.push(b':');
    plain.extend(percent_decode_str(password));
    let mut value = HeaderValue::try_from(format!("Basic {}", BASE64.encode(&plain)))
        .map_err(|error| ConnectError::Url(error.to_string()))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// A URL as errors and logs show it: without the password.
pub(crate) fn shown(url: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Cow::Borrowed(url);
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user_info, _)) = authority.rsplit_once('@') else {
        return Cow::Borrowed(url);
    };
    let Some((user, _)) = user_info.split_once(':') else {
        return Cow::Borrowed(url);
    };
    let behind = rest.get(user_info.len()..).unwrap_or_default();
    Cow::Owned(format!("{scheme}://{user}:***{behind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, plain: Option<&[u8]>) {
        let header = basic(&url.parse().unwrap()).unwrap();
        let plain = plain.map(|plain| format!("Basic {}", BASE64.encode(plain)));
        assert_eq!(
            header.as_ref().map(HeaderValue::as_bytes),
            plain.as_ref().map(String::as_bytes),
            "{url}"
        );
    }

    #[test]
    fn name_and_password_become_basic() {
        check("ws://example.org/@a:b", None);
        check("ws://ada:secret@example.org", Some(b"ada:secret"));
        check("ws://ada@example.org:80/x", Some(b"ada:"));
        check("ws://:secret@[::1]:80", Some(b":secret"));
        check("ws://a%40b:p%3Aq%2F@example.org", Some(b"a@b:p:q/"));
        check("ws://a:b:c@example.org", Some(b"a:b:c"));
        check("ws://%C3%A9:%FF@example.org", Some(b"\xc3\xa9:\xff"));
        assert!(basic(&"ws://a%3Ab:c@example.org".parse().unwrap()).is_err());
    }

    #[test]
    fn password_is_not_shown() {
        #[track_caller]
        fn check(url: &str, expected: &str) {
            assert_eq!(shown(url), expected);
        }
        check(
            "ws://ada:secret@example.org/?a=b@c:d",
            "ws://ada:***@example.org/?a=b@c:d",
        );
        check("ws://a:b@c:d@example.org", "ws://a:***@example.org");
        check("ws://ada@example.org", "ws://ada@example.org");
        check("ws://example.org/a:b@c", "ws://example.org/a:b@c");
        check("ws://example.org:80", "ws://example.org:80");
        check("example.org", "example.org");
        check("ws://:@", "ws://:***@");
    }
}
