//! The codes that a connection closes with, and their reasons.

use std::{borrow::Cow, fmt, time::Duration};

use crate::shown::Shown;

/// What a server that shuts down begins its reason with, and ends it with; the milliseconds stand between.
const RETRY: (&str, &str) = ("shutting down; retry in ", " ms");

/// A WebSocket close code: one of the constants, or any number.
///
/// ```
/// use highway::CloseCode;
///
/// const KICKED: CloseCode = CloseCode::new(4001);
/// assert_eq!(KICKED, 4001);
/// assert_eq!(KICKED.as_u16(), 4001);
/// assert_eq!(CloseCode::from(1000), CloseCode::NORMAL);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CloseCode(pub(crate) u16);

impl CloseCode {
    /// The code with this number.
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// The number.
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// The work is done.
    pub const NORMAL: Self = Self(1000);
    /// The side that closes goes away: a server that shuts down, a page that is left.
    pub const GOING_AWAY: Self = Self(1001);
    /// The peer broke the WebSocket protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// A payload is not a value of its type, or does not fit the route's.
    pub const CONVERT_FAILED: Self = Self(1003);
    /// The close frame had no code. Never sent.
    pub const NO_CODE: Self = Self(1005);
    /// The connection ended without a close frame. Never sent.
    pub const ABNORMAL: Self = Self(1006);
    /// Text that is not UTF-8.
    pub const INVALID_UTF8: Self = Self(1007);
    /// A message larger than the limit.
    pub const TOO_LARGE: Self = Self(1009);
    /// A route failed or panicked on a message.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// The peer asks for too much, by the server's rules.
    pub const POLICY: Self = Self(1008);
    /// The server can't go on with this peer for now.
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// Under 4 bytes, an unknown type code or kind, a text frame.
    pub const MALFORMED_HEADER: Self = Self(3001);
    /// A route id that was never sent.
    pub const NO_SUCH_ROUTE: Self = Self(3002);
    /// A message before the meta exchange, or no route map in time.
    pub const INVALID_STATE: Self = Self(3003);
    /// The routes that the sides declared differ, and one of them is strict about that. The reason is the first of the
    /// [mismatches](crate::contract::Mismatch).
    pub const CONTRACT: Self = Self(3004);

    /// Whether the code may stand in a close frame: 1000 to 1003, 1007 to 1014, 3000 to 4999
    /// (RFC 6455, section 7.4, and the codes registered since).
    pub fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        Self(code)
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}

impl PartialEq<u16> for CloseCode {
    fn eq(&self, code: &u16) -> bool {
        self.0 == *code
    }
}

impl PartialEq<CloseCode> for u16 {
    fn eq(&self, code: &CloseCode) -> bool {
        *self == code.0
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a connection closes: a code and a text, as in a close frame.
///
/// The constants are the closes whose reason is always the same; those that highway.py has too have its reasons, byte for byte.
///
/// ```
/// use highway::wire::Close;
///
/// assert_eq!(Close::CONVERT_FAILED.to_string(), "1003 Convert failed");
/// assert_eq!(Close::new(4000, "bye").reason(), "bye");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Close {
    code: CloseCode,
    reason: Cow<'static, str>,
}

impl Close {
    /// The length in bytes up to which a reason goes into a close frame (RFC 6455, section 5.5, less the code).
    pub const MAX_REASON: usize = 123;

    /// The longest time that [`retry_after`](Self::retry_after) returns: 10 min.
    pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(600);

    /// The work is done.
    pub const NORMAL: Self = Self::known(CloseCode::NORMAL, "");
    /// A route map that is not valid, or over its limits.
    pub const INVALID_ROUTES: Self = Self::known(CloseCode::NORMAL, "Invalid exchange routes");
    /// The side that closes goes away.
    pub const GOING_AWAY: Self = Self::known(CloseCode::GOING_AWAY, "");
    /// The peer broke the WebSocket protocol.
    pub const PROTOCOL_ERROR: Self = Self::known(CloseCode::PROTOCOL_ERROR, "");
    /// A payload is not a value of its type, or does not fit the route's.
    pub const CONVERT_FAILED: Self = Self::known(CloseCode::CONVERT_FAILED, "Convert failed");
    /// Text that is not UTF-8.
    pub const INVALID_UTF8: Self = Self::known(CloseCode::INVALID_UTF8, "");
    /// A message larger than the limit.
    pub const TOO_LARGE: Self = Self::known(CloseCode::TOO_LARGE, "");
    /// A route failed or panicked on a message.
    pub const INTERNAL_ERROR: Self = Self::known(CloseCode::INTERNAL_ERROR, "Internal error");
    /// Under 4 bytes, an unknown type code or kind, a text frame.
    pub const MALFORMED_HEADER: Self = Self::known(CloseCode::MALFORMED_HEADER, "Malformed header");
    /// A route id that was never sent.
    pub const NO_SUCH_ROUTE: Self = Self::known(CloseCode::NO_SUCH_ROUTE, "Route does not exist");
    /// More messages in a second than the limit.
    pub const TOO_MANY_MESSAGES: Self = Self::known(CloseCode::POLICY, "Too many messages");
    /// A message before the meta exchange, or no route map in time.
    pub const INVALID_STATE: Self = Self::known(CloseCode::INVALID_STATE, "Invalid state");

    const fn known(code: CloseCode, reason: &'static str) -> Self {
        Self {
            code,
            reason: Cow::Borrowed(reason),
        }
    }

    /// A close of one's own. Of a reason over [`MAX_REASON`](Self::MAX_REASON) bytes the whole characters that fit are
    /// kept.
    pub fn new(code: impl Into<CloseCode>, reason: impl Into<Cow<'static, str>>) -> Self {
        let code = code.into();
        let mut reason = reason.into();
        if reason.len() > Self::MAX_REASON {
            let end = (0..=Self::MAX_REASON)
                .rev()
                .find(|&end| reason.is_char_boundary(end));
            reason.to_mut().truncate(end.unwrap_or(0));
        }
        Self { code, reason }
    }

    /// The close of a server that shuts down: 1001, with a reason that has the time to reconnect.
    ///
    /// The reason reads `shutting down; retry in 1234 ms`, with [`MAX_RETRY_AFTER`](Self::MAX_RETRY_AFTER) at most.
    /// [`retry_after`](Self::retry_after) reads it again.
    ///
    /// ```
    /// use std::time::Duration;
    /// use highway::wire::Close;
    ///
    /// let close = Close::shutting_down(Duration::from_millis(1234));
    /// assert_eq!(close.to_string(), "1001 shutting down; retry in 1234 ms");
    /// assert_eq!(close.retry_after(), Some(Duration::from_millis(1234)));
    /// ```
    pub fn shutting_down(retry_after: Duration) -> Self {
        let (before, after) = RETRY;
        let told = retry_after.min(Self::MAX_RETRY_AFTER).as_millis();
        let reason = format!("{before}{told}{after}");
        Self::new(CloseCode::GOING_AWAY, reason)
    }

    /// The time after which to reconnect, if a server that shuts down gave one: [`MAX_RETRY_AFTER`](Self::MAX_RETRY_AFTER) at most,
    /// whatever it sent.
    pub fn retry_after(&self) -> Option<Duration> {
        if self.code != CloseCode::GOING_AWAY {
            return None;
        }
        let (before, after) = RETRY;
        let digits = self.reason.strip_prefix(before)?.strip_suffix(after)?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // More digits than a number has are more than the limit as well.
        let told = Duration::from_millis(digits.parse().unwrap_or(u64::MAX));
        Some(told.min(Self::MAX_RETRY_AFTER))
    }

    /// The code.
    pub fn code(&self) -> CloseCode {
        self.code
    }

    /// The text, possibly empty.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Close {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)?;
        if !self.reason.is_empty() {
            write!(f, " {}", Shown::new(&self.reason))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_reason_is_clipped_at_a_character() {
        let text = format!("{}é", "a".repeat(122));
        assert_eq!(text.len(), 124);
        let close = Close::new(CloseCode::NORMAL, text);
        assert_eq!(close.reason(), "a".repeat(122));
        let fits = "b".repeat(Close::MAX_REASON);
        assert_eq!(Close::new(CloseCode::NORMAL, fits.clone()).reason(), fits);
    }

    #[test]
    fn time_to_come_back_is_read_from_exactly_what_is_written() {
        #[track_caller]
        fn check(code: CloseCode, reason: &'static str, told: Option<u64>) {
            let told = told.map(Duration::from_millis);
            assert_eq!(Close::new(code, reason).retry_after(), told, "{reason}");
        }
        let code = CloseCode::GOING_AWAY;
        check(code, "shutting down; retry in 0 ms", Some(0));
        check(code, "shutting down; retry in 4999 ms", Some(4999));
        check(code, "shutting down; retry in 999999999 ms", Some(600_000));
        check(
            code,
            "shutting down; retry in 99999999999999999999 ms",
            Some(600_000),
        );
        check(code, "shutting down; retry in -1 ms", None);
        check(code, "shutting down; retry in +1 ms", None);
        check(code, "shutting down; retry in  ms", None);
        check(code, "shutting down; retry in 1 s", None);
        check(code, "", None);
        check(CloseCode::NORMAL, "shutting down; retry in 5 ms", None);
    }

    #[test]
    fn only_codes_for_the_wire_are_sendable() {
        let sendable = |code| CloseCode(code).is_sendable();
        assert!(
            [1000, 1003, 1007, 1011, 3000, 4999]
                .into_iter()
                .all(sendable)
        );
        assert!(
            ![0, 999, 1004, 1005, 1006, 1015, 2999, 5000]
                .into_iter()
                .any(sendable)
        );
    }
}
