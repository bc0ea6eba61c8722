//! Declared routes: what both sides know of a route at compile time.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use super::{OneFunctionPerRoute, Raw};
use crate::{error::Failure, schema::RouteTypes};

/// A module under `#[highway::protocol]`, as a type: what `serves = server` makes [`Endpoint::Serves`](super::Endpoint::Serves).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a protocol",
    label = "no protocol",
    note = "a protocol is a module with `#[highway::protocol]` on it"
)]
pub trait Protocol: 'static {
    /// The module's name.
    const NAME: &'static str;
    /// Its routes, in the order of declaration.
    const ROUTES: &'static [Declaration];
    /// Whether a handler is held to the routes; it is, except for [`Undeclared`].
    #[doc(hidden)]
    const DECLARED: bool = true;

    /// The types of its routes, in the order of declaration, as serde sees them; found out at the first call.
    fn types() -> &'static [RouteTypes] {
        &[]
    }
}

/// What a protocol says of one of its routes.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// The name on the wire.
    pub name: &'static str,
    /// The name in the module.
    pub function: &'static str,
    /// The type of the data, as written.
    pub data: &'static str,
    /// The type of the reply, as written.
    pub reply: &'static str,
    /// What its documentation says.
    pub docs: &'static str,
    /// The names of its parameter: several, where that is a tuple which is taken apart.
    pub parameters: &'static [&'static str],
    /// The file in which it stands, as the compiler names it.
    pub file: &'static str,
    /// The line there.
    pub line: u32,
}

/// The protocol of a handler that declares none: every name goes, with any data.
#[derive(Debug)]
pub enum Undeclared {}

impl Protocol for Undeclared {
    const NAME: &'static str = "";
    const ROUTES: &'static [Declaration] = &[];
    const DECLARED: bool = false;
}

/// A route of a protocol: the unit struct that `#[highway::protocol]` makes of a function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a declared route",
    label = "no route",
    note = "declared routes are the functions of a module with `#[highway::protocol]` on it"
)]
pub trait DeclaredRoute: Copy + Send + Sync + 'static {
    /// The protocol that it belongs to.
    type Protocol: Protocol;
    /// What is sent to it.
    type Data;
    /// What a call of it returns.
    type Reply;
    /// What it returns: its reply, or an item of that.
    #[doc(hidden)]
    type Outcome;
    /// Its name as a type.
    #[doc(hidden)]
    type Name;
    /// The name on the wire.
    const NAME: &'static str;

    /// The declared error, as others get it.
    #[doc(hidden)]
    fn failure(outcome: &Self::Outcome) -> Option<Failure>;
}

/// What a protocol may hold: both sides have it, and either may be the one that sends.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is part of a protocol, and can't be both sent and read",
    label = "can't be both serialised and deserialised",
    note = "derive `serde::Serialize` and `serde::Deserialize` for its types; an error that only tells a text is left out \
            of the protocol, as every route may fail with a `highway::Failure`"
)]
pub trait Declarable {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + 'static> Declarable for T {}

#[diagnostic::do_not_recommend]
impl Declarable for Raw {}

/// A handler that serves the declared route `R`: there is a function with `#[highway::route]` for it.
#[diagnostic::on_unimplemented(
    message = "route `{R}` is served by no function of `{Self}`",
    label = "`{R}` is not served",
    note = "a handler serves each route of its `serves = …` with a function: \
            `#[highway::route(…)] async fn {R}(…, handler: &mut {Self})`"
)]
pub trait Serves<R, By = ByFunction> {}

#[diagnostic::do_not_recommend]
impl<H: OneFunctionPerRoute<R::Name>, R: DeclaredRoute> Serves<R> for H {}

/// How a handler [serves](Serves) a route: by a function.
#[doc(hidden)]
#[derive(Debug)]
pub enum ByFunction {}

/// How a handler [serves](Serves) a route: by a function that was refused, so that the route is not called unserved too.
#[doc(hidden)]
#[derive(Debug)]
pub struct ByMistake<M>(PhantomData<M>);

/// Implemented for the name of a route when a function for it was refused and does not say for which handler it is; `M` is a
/// type of the function's own.
#[doc(hidden)]
pub trait Mistaken<M> {}

#[diagnostic::do_not_recommend]
impl<H, R: DeclaredRoute<Name: Mistaken<M>>, M> Serves<R, ByMistake<M>> for H {}

/// Leads from a protocol and the name of a route to the route.
pub trait Declares<Name>: Protocol {
    /// The route.
    type Route: DeclaredRoute<Protocol = Self, Name = Name>;
}
