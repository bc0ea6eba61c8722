//! What a check comes to.

use crate::failure::Failure;

/// What became of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The peer keeps it.
    Kept,
    /// The peer breaks it.
    Broken(Fault),
    /// The peer breaks it, as its implementation is known to.
    Known(Fault, &'static str),
    /// It was not tried, for this reason.
    NotTried(String),
}

/// How a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// What had to come, and after what.
    pub(super) expected: String,
    /// What came.
    pub(super) seen: String,
}

/// Why a check stops before its end.
#[derive(Debug)]
pub(super) enum Stop {
    Broken(Fault),
    NotTried(String),
    /// There is no connection for it.
    Unreachable(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Unreachable(failure)
    }
}

/// What a step of a check comes to.
pub(super) type Tried<T = ()> = Result<T, Stop>;

/// The rule is broken.
pub(super) fn broken<T>(expected: impl Into<String>, seen: impl Into<String>) -> Tried<T> {
    Err(Stop::Broken(Fault {
        expected: expected.into(),
        seen: seen.into(),
    }))
}

/// The rule can't be tried.
pub(super) fn not_tried<T>(reason: impl Into<String>) -> Tried<T> {
    Err(Stop::NotTried(reason.into()))
}
