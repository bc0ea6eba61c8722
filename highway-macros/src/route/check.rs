//! What can be wrong with a route that the compiler would not say, or not at the right place.

use syn::Type;

use super::{model::Route, parse::Target};
use crate::{
    diagnostics::Errors,
    function::{find_stream, is_captureless},
    name,
};

/// Refuses names that no route can have and data that outlives its message.
pub(crate) fn route(route: &Route<'_>, errors: &mut Errors) {
    if let Target::Name(literal) = route.target
        && let Some(mistake) = name::mistake(literal)
    {
        errors.at(literal, mistake);
    }
    if let Some(stream) = route.reply.and_then(find_stream)
        && !is_captureless(stream)
        && let Some(borrowed) = route.borrows()
    {
        errors.at(
            stream,
            format!(
                "the items of route `{}` are sent after the function has ended, so the stream can't borrow {borrowed}: add `+ use<>`",
                route.function
            ),
        );
    }
    if let Some(Type::Reference(reference)) = route.data
        && let Some(lifetime) = &reference.lifetime
        && lifetime.ident == "static"
    {
        errors.at(
            lifetime,
            "the data lives as long as its message: leave `'static` out",
        );
    }
}
