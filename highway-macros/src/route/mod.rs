//! `#[highway::route]`.

mod check;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::{diagnostics::Errors, function::Function, runtime::Runtime};

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
    if let Some(route) = route.as_ref().filter(|_| errors.is_empty()) {
        check::route(route, &mut errors);
    }
    let registration = match route {
        Some(route) if errors.is_empty() => Some(expand::route(&route)),
        _ => arguments.route.as_ref().map(|target| {
            expand::refused(
                target,
                &function.signature.ident,
                model::meant(&arguments, &function),
                &Runtime::new(arguments.root.clone()),
            )
        }),
    };
    quote!(#function #registration #errors)
}
