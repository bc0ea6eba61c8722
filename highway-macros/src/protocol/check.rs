//! What can be wrong with a protocol as a whole.

use std::collections::HashSet;

use quote::ToTokens;
use syn::Visibility;

use super::model::Protocol;
use crate::{diagnostics::Errors, name};

/// The types that are no items, so that an item of the same name hides them.
const PRIMITIVE: &[&str] = &[
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16",
    "u32", "u64", "u128", "usize",
];

/// Refuses names that no route can have, names that are there twice, of which the first stays, and routes of differing
/// visibility.
pub(crate) fn protocol(protocol: &mut Protocol, errors: &mut Errors) {
    let module = &protocol.module.item.ident;
    let mut names = HashSet::new();
    protocol.routes.retain(|route| {
        if let Some(mistake) = name::mistake(&route.name) {
            errors.at(&route.name, mistake);
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
        if PRIMITIVE.iter().any(|primitive| route.function == primitive) {
            errors.at(
                &route.function,
                format!(
                    "`{0}` is a type, which a route of this name would hide: `#[route(\"{0}\")] pub async fn {0}_route`",
                    route.function
                ),
            );
        }
        let name = route.name.value();
        let is_new = names.insert(name.clone());
        if !is_new {
            errors.at(
                &route.name,
                format!("route `{name}` is declared twice in protocol `{module}`"),
            );
        }
        is_new
    });
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
