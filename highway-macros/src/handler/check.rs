//! What can be wrong with a handler's struct that the compiler would not say at the right place.

use syn::{ItemStruct, Meta, Path, Token, punctuated::Punctuated};

use super::parse::Side;
use crate::diagnostics::Errors;

/// Derives that need every field, of which the connection is one.
const IMPOSSIBLE: &[&str] = &[
    "Default",
    "Deserialize",
    "Serialize",
    "PartialEq",
    "Eq",
    "Hash",
    "PartialOrd",
    "Ord",
    "Copy",
];

/// Refuses derives that the connection in the struct can't have.
pub(crate) fn item(side: Side, item: &ItemStruct, errors: &mut Errors) {
    for attribute in &item.attrs {
        let Meta::List(list) = &attribute.meta else {
            continue;
        };
        if !list.path.is_ident("derive") {
            continue;
        }
        let Ok(derives) = list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)
        else {
            continue;
        };
        for derive in &derives {
            if let Some(last) = derive.segments.last()
                && IMPOSSIBLE.iter().any(|impossible| last.ident == impossible)
            {
                let advice = if last.ident == "Default" {
                    "; each field starts with its own default or what `#[default(…)]` says anyway"
                } else {
                    ""
                };
                errors.at(
                    derive,
                    format!(
                        "a handler can't derive `{}`, as `#[highway::{}]` puts the connection into it{advice}",
                        last.ident,
                        side.name()
                    ),
                );
            }
        }
    }
}
