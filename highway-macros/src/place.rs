//! Where the items of a function's expansion stand: beside it, which may be in an `impl`.
//!
//! An attribute is not told whether its function is a method, and a route or hook can't be one. There the compiler refuses the
//! one item that can only stand outside, and drops it with all that it holds; what can stand anywhere says that the route is
//! served, so that nobody complains of that too.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Ident, ext::IdentExt};

/// Tells a function's items from others beside it: a function may have more than one attribute, and `what` differs.
pub(crate) fn label(function: &Ident, attribute: &str, what: &str) -> Ident {
    let function = function.unraw();
    let mut label = format!("__highway_{attribute}_{function}");
    if function != what {
        label.push('_');
        label.extend(what.chars().map(|char| match char {
            '_' => "_".to_owned(),
            _ if char.is_ascii_alphanumeric() => char.to_string(),
            _ => format!("_{:x}_", u32::from(char)),
        }));
    }
    Ident::new(&label, Span::call_site())
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
