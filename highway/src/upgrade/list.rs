//! Header fields that are lists (RFC 9110, section 5.6.1).

use http::{HeaderMap, HeaderName};

/// The elements of a header field that is a list, in their order: whether they share a line or have lines of their own is the
/// same, and empty elements count for nothing. What is not a text is left out.
pub(crate) fn elements(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|line| line.as_bytes().split(|&byte| byte == b','))
        .filter_map(|element| str::from_utf8(element).ok())
        .map(|element| element.trim_matches([' ', '\t']))
        .filter(|element| !element.is_empty())
}

/// Whether a word is among the elements of a list, in any case.
pub(crate) fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    elements(headers, name).any(|element| element.eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header};

    use super::*;

    #[track_caller]
    fn check(lines: &[&'static [u8]], expected: &[&str]) {
        let mut headers = HeaderMap::new();
        for line in lines {
            let line = HeaderValue::from_bytes(line).expect("it can be a header");
            headers.append(header::CONNECTION, line);
        }
        let found: Vec<_> = elements(&headers, header::CONNECTION).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_and_commas_are_the_same() {
        check(&[], &[]);
        check(&[b""], &[]);
        check(&[b" , ,,\t"], &[]);
        check(&[b"Upgrade"], &["Upgrade"]);
        check(&[b"keep-alive, Upgrade"], &["keep-alive", "Upgrade"]);
        check(&[b"keep-alive", b"Upgrade"], &["keep-alive", "Upgrade"]);
        check(&[b",a ,\tb,", b"", b"c\t"], &["a", "b", "c"]);
        check(&[b"\xff, b", b"c\xff"], &["b"]);
        check(&[b"keep-alive Upgrade"], &["keep-alive Upgrade"]);
    }

    #[test]
    fn tokens_are_found_whole_and_in_any_case() {
        let mut headers = HeaderMap::new();
        let line = HeaderValue::from_static("x-upgrade, UPGRADE-not");
        headers.append(header::CONNECTION, line);
        assert!(!has_token(&headers, header::CONNECTION, "upgrade"));
        headers.append(header::CONNECTION, HeaderValue::from_static("uPgRaDe"));
        assert!(has_token(&headers, header::CONNECTION, "Upgrade"));
    }
}
