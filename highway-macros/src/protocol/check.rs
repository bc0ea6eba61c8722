//! What can be wrong with a protocol as a whole.

use std::collections::HashSet;

use quote::ToTokens;
use syn::Visibility;

use super::model::Protocol;
use crate::{diagnostics::Errors, name};

/// Refuses names that no route can have, names that are there twice, and routes of differing visibility.
pub(crate) fn protocol(protocol: &Protocol, errors: &mut Errors) {
    let mut names = HashSet::new();
    for route in &protocol.routes {
        if let Some(mistake) = name::mistake(&route.name) {
            errors.at(&route.name, mistake);
        }
        if !names.insert(route.name.value()) {
            errors.at(
                &route.name,
                format!(
                    "route `{}` is declared twice in protocol `{}`",
                    route.name.value(),
                    protocol.module.item.ident
                ),
            );
        }
        if let Visibility::Inherited = route.visibility {
            errors.at(
                &route.function,
                format!(
                    "route `{0}` is used from outside of its module: `pub async fn {0}`",
                    route.function
                ),
            );
        }
    }
    let mut visibilities = protocol.routes.iter().map(|route| &route.visibility);
    if let Some(first) = visibilities.next()
        && let Some(other) = visibilities.find(|other| {
            !matches!(other, Visibility::Inherited)
                && other.to_token_stream().to_string() != first.to_token_stream().to_string()
        })
        && !matches!(first, Visibility::Inherited)
    {
        errors.at(
            other,
            format!(
                "all routes of a protocol have the same visibility: `{}`",
                crate::text::of(first)
            ),
        );
    }
}
