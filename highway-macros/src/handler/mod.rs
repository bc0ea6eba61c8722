//! `#[highway::server]` and `#[highway::client]`: the struct behind a connection.

mod check;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Errors;
pub(crate) use parse::Side;

/// Parse, understand, check, expand; on a mistake the struct stays, and stays a handler where that is possible.
pub(crate) fn attribute(side: Side, arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = parse::arguments(side, arguments, &mut errors);
    let mut item = match parse::item(side, item) {
        Ok(item) => item,
        Err(error) => {
            errors.add(error);
            let stand_in = syn::parse2(item.clone())
                .ok()
                .and_then(|item| expand::stand_in(&arguments, &item));
            return quote!(#item #stand_in #errors);
        }
    };
    check::item(side, &mut item, &mut errors);
    let handler = model::Handler::new(arguments, item, &mut errors);
    let handler = expand::handler(&handler);
    quote!(#handler #errors)
}
