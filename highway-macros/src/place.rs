//! Where the items of a function's expansion stand: beside it, which may be in an `impl`.
//!
//! An attribute is not told whether its function is a method, and a route or hook can't be one. There the compiler refuses the
//! one item that can only stand outside, and drops it with all that it holds; what can stand anywhere says that the route is
//! served, so that nobody complains of that too.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, ext::IdentExt};

/// Tells a function's items from others beside it: a function may have more than one attribute, and `what` differs. Where it is not
/// the function's name, that has its length in front, so that no two pairs come to the same label.
pub(crate) fn label(function: &Ident, attribute: &str, what: &str) -> Ident {
    let function = function.unraw().to_string();
    let label = if function == what {
        format!("__highway_{attribute}_{function}")
    } else {
        let what: String = what.chars().map(escape).collect();
        format!("__highway_{attribute}{}_{function}_{what}", function.len())
    };
    Ident::new(&label, Span::call_site())
}

/// A character of a route's name as part of an identifier.
fn escape(char: char) -> String {
    match char {
        '_' => "__".to_owned(),
        _ if char.is_ascii_alphanumeric() => char.to_string(),
        _ => format!("_{:x}_", u32::from(char)),
    }
}

/// Items that can stand in an `impl` too, in its form of an item.
pub(crate) fn anywhere(label: &Ident, items: &TokenStream) -> TokenStream {
    quote! {
        #[doc(hidden)]
        #[allow(non_upper_case_globals, non_local_definitions)]
        const #label: () = { #items };
    }
}

/// Items that can't stand in an `impl`, as one item that the compiler refuses there.
pub(crate) fn outside(label: &Ident, items: &TokenStream) -> TokenStream {
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types, non_local_definitions)]
        trait #label {
            const ITEMS: () = { #items };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use quote::format_ident;

    use super::*;

    #[test]
    fn no_two_functions_and_names_have_one_label() {
        let names = [
            "a", "b", "a_b", "a-b", "a_2d_b", "a__b", "ab", "_", "__", "é",
        ];
        let labels: HashSet<_> = ["a", "b", "a_b", "a__b", "ab", "_a"]
            .into_iter()
            .flat_map(|function| {
                names.map(|name| label(&format_ident!("{function}"), "route", name))
            })
            .collect();
        assert_eq!(labels.len(), 6 * names.len());
    }
}
