//! `#[highway::protocol]`: the routes of one side, as both sides know them.

mod check;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Errors;

/// The type in a protocol's module that stands for all of it.
pub(crate) const TYPE: &str = "__HighwayProtocol";

/// Parse, understand, check, expand; routes with a mistake stay routes.
pub(crate) fn attribute(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let root = parse::arguments(arguments, &mut errors);
    let module = match parse::module(item) {
        Ok(module) => module,
        Err(error) => {
            errors.add(error);
            return quote!(#item #errors);
        }
    };
    let mut protocol = model::Protocol::new(root, module, &mut errors);
    check::protocol(&mut protocol, &mut errors);
    let module = expand::protocol(&protocol);
    quote!(#module #errors)
}
