//! Routes' names: as text, as a type, as a path to a declared route.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::LitStr;

use crate::runtime::Runtime;

/// The type of the runtime that a name is for the compiler, with the span that its errors shall have.
pub(crate) fn type_of(name: &LitStr, runtime: &Runtime) -> TokenStream {
    let chars: Vec<char> = name.value().chars().collect();
    let span = name.span();
    let rest = |rest: Option<TokenStream>, chars: &[char]| {
        let rest = rest.into_iter();
        quote_spanned!(span=> #runtime::Name<#(#chars,)* #(#rest)*>)
    };
    // From the end, as each part holds what comes after it.
    chars
        .chunks(32)
        .rev()
        .fold(None, |tail, chars| Some(rest(tail, chars)))
        .unwrap_or_else(|| quote!(#runtime::Name))
}

/// Why a text can't be the name of a route.
pub(crate) fn mistake(name: &LitStr) -> Option<&'static str> {
    match name.value().as_str() {
        "" => Some("a route needs a name: it is empty"),
        "meta" => {
            Some("route name `meta` is reserved: it is the route on which peers tell their routes")
        }
        _ => None,
    }
}
