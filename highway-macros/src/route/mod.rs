//! `#[highway::route]`.

mod check;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{diagnostics::Errors, function::Function};

/// Parse, understand, check, expand; on a mistake the function stays.
pub(crate) fn attribute(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = parse::arguments(arguments, &mut errors);
    let Ok(function) = syn::parse2::<Function>(item.clone()) else {
        errors.add(parse::no_function(item));
        return quote!(#item #errors);
    };
    function.check("route", &mut errors);
    let route = model::Route::new(&arguments, &function, &mut errors);
    let understood = errors.is_empty();
    if let Some(route) = &route {
        check::route(route, &mut errors);
    }
    let registration = route.filter(|_| understood).map(|route| {
        if errors.is_empty() {
            expand::route(&route)
        } else {
            expand::refused(&route)
        }
    });
    quote!(#function #registration #errors)
}
