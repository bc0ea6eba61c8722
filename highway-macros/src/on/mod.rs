//! `#[highway::on]`: the functions that run at the turns of a connection's life.

mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{diagnostics::Errors, function::Function};

/// Parse, understand with its checks, expand; on a mistake the function stays.
pub(crate) fn attribute(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = parse::arguments(arguments, &mut errors);
    let Ok(function) = syn::parse2::<Function>(item.clone()) else {
        errors.add(parse::no_function(item));
        return quote!(#item #errors);
    };
    function.check("hook", &mut errors);
    let hook = model::Hook::new(&arguments, &function, &mut errors);
    let registration = hook
        .filter(|_| errors.is_empty())
        .map(|hook| expand::hook(&hook));
    quote!(#function #registration #errors)
}
