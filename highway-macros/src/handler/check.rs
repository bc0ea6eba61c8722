//! What can be wrong with a handler's struct that the compiler would not say at the right place.

use quote::quote;
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

/// Refuses derives that the connection in the struct can't have, and takes them off.
pub(crate) fn item(side: Side, item: &mut ItemStruct, errors: &mut Errors) {
    for attribute in &mut item.attrs {
        let Meta::List(list) = &mut attribute.meta else {
            continue;
        };
        if !list.path.is_ident("derive") {
            continue;
        }
        let Ok(derives) = list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)
        else {
            continue;
        };
        let (possible, impossible): (Vec<_>, Vec<_>) = derives.into_iter().partition(is_possible);
        for derive in impossible {
            let name = derive
                .segments
                .last()
                .map(|last| last.ident.to_string())
                .unwrap_or_default();
            let advice = match name.as_str() {
                "Default" => {
                    "; each field starts with its own default, or with what `#[default(…)]` says, anyway"
                }
                _ => "",
            };
            errors.at(
                derive,
                format!(
                    "a handler can't derive `{name}`, as `#[highway::{}]` puts the connection into it{advice}",
                    side.name()
                ),
            );
        }
        // What is derived all the same would be refused again, and less clearly.
        list.tokens = quote!(#(#possible),*);
    }
}

fn is_possible(derive: &Path) -> bool {
    derive
        .segments
        .last()
        .is_none_or(|last| IMPOSSIBLE.iter().all(|impossible| last.ident != impossible))
}
