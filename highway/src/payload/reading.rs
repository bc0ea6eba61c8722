//! How a payload is read.

use super::{side::Side, visit::Pass};

/// How a payload is read.
#[derive(Clone, Copy)]
pub(in crate::payload) struct Reading<'de> {
    pub(in crate::payload) pass: Pass,
    /// Where strings are kept that are borrowed and don't stand in the payload as they are.
    pub(in crate::payload) side: Option<Side<'de>>,
}

impl Reading<'_> {
    pub(in crate::payload) const FIRST: Self = Self {
        pass: Pass::First,
        side: None,
    };
}
