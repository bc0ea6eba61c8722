//! `#[highway::around]`: what runs around routes.

mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemStatic;

use crate::{diagnostics::Errors, function::Function};

/// Parse, understand with its checks, expand; on a mistake the function or static stays.
pub(crate) fn attribute(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = parse::arguments(arguments, &mut errors);
    if let Ok(item) = syn::parse2::<ItemStatic>(item.clone()) {
        let guard = model::Around::of_static(&arguments, &item, &mut errors);
        let registration = guard
            .filter(|_| errors.is_empty())
            .map(|around| expand::around(&around));
        return quote!(#item #registration #errors);
    }
    let Ok(function) = syn::parse2::<Function>(item.clone()) else {
        errors.add(parse::no_function(item));
        return quote!(#item #errors);
    };
    function.check("function around routes", &mut errors);
    let around = model::Around::of_function(&arguments, &function, &mut errors);
    let registration = around
        .filter(|_| errors.is_empty())
        .map(|around| expand::around(&around));
    quote!(#function #registration #errors)
}
