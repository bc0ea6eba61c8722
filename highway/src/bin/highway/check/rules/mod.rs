//! The checks, one for each rule that the chapter on the wire names.

mod calls;
mod contract;
mod ids;
mod meta;
mod pipes;
mod refused;
mod streams;
mod traces;
mod values;
mod websocket;

use std::pin::Pin;

use super::{
    kit::{Kit, Side},
    verdict::Tried,
};

/// A check of a rule.
pub(super) struct Check {
    /// The name of the rule.
    pub(super) rule: &'static str,
    /// The side that the rule is for, if it is for one.
    pub(super) side: Option<Side>,
    /// Whether the peer has to speak the extension.
    pub(super) extension: bool,
    /// The routes that the peer has to serve.
    pub(super) routes: &'static [&'static str],
    pub(super) run: Run,
}

impl Check {
    /// Whether a peer on this side can be checked for it.
    pub(super) fn is_for(&self, side: Side) -> bool {
        self.side.is_none_or(|of| of == side)
    }
}

/// What a check does.
pub(super) enum Run {
    Steps(for<'a> fn(&'a Kit) -> Pin<Box<dyn Future<Output = Tried> + Send + 'a>>),
    /// The peer closes after each of some messages.
    Refusal(&'static refused::Refusal),
    /// `echo` returns payloads, or refuses them.
    Values(&'static values::Values),
}

impl Run {
    pub(super) async fn run(&self, kit: &Kit) -> Tried {
        match self {
            Self::Steps(run) => run(kit).await,
            Self::Refusal(refusal) => refusal.run(kit).await,
            Self::Values(values) => values.run(kit).await,
        }
    }
}

/// Checks: the rule, the side that it is for (`any`, `server`, `client`), whether both peers speak the extension or messages only
/// (`extended`, `plain`), the routes that the peer has to serve, and what is done.
macro_rules! checks {
    ($($rule:literal $side:ident $form:ident [$($route:literal),*] $run:expr;)*) => {
        &[$($crate::check::rules::Check {
            rule: $rule,
            side: $crate::check::rules::checks!(@side $side),
            extension: $crate::check::rules::checks!(@form $form),
            routes: &[$($route),*],
            run: $crate::check::rules::Run::Steps(|kit| Box::pin($run(kit))),
        }),*]
    };
    (@side any) => { None };
    (@side server) => { Some($crate::check::kit::Side::Server) };
    (@side client) => { Some($crate::check::kit::Side::Client) };
    (@form extended) => { true };
    (@form plain) => { false };
}
use checks;

/// All checks, in the order in which they are made.
pub(super) fn all() -> impl Iterator<Item = &'static Check> {
    [
        websocket::CHECKS,
        meta::CHECKS,
        values::PAYLOADS,
        values::CHECKS,
        ids::CHECKS,
        calls::CHECKS,
        streams::CHECKS,
        traces::CHECKS,
        pipes::CHECKS,
        contract::CHECKS,
        refused::CHECKS,
    ]
    .into_iter()
    .flatten()
}
