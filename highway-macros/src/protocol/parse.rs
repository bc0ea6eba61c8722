//! What stands in the parentheses, and the module with its functions without a body.

use proc_macro2::TokenStream;
use syn::{
    Attribute, Error, Item, ItemMod, Path, Signature, Token, Visibility,
    parse::{Parse, ParseStream, Parser},
};

use crate::{diagnostics::Errors, item, options};

/// Accepts the option `crate`.
pub(crate) fn arguments(tokens: TokenStream, errors: &mut Errors) -> Option<Path> {
    let mut root = None;
    let parsed = (|input: ParseStream<'_>| {
        options::parse(input, &["crate = highway"], errors, |_, input| {
            root = Some(input.call(Path::parse_mod_style)?);
            Ok(())
        });
        Ok(())
    })
    .parse2(tokens);
    errors.take(parsed);
    root
}

/// A module with its content.
pub(crate) struct Module {
    /// The module, without its items.
    pub(crate) item: ItemMod,
    pub(crate) items: Vec<Item>,
}

/// Accepts `mod server { … }`.
pub(crate) fn module(tokens: &TokenStream) -> syn::Result<Module> {
    let message = "`#[highway::protocol]` goes on a module with its routes: `mod server { pub async fn join(room: String) -> Vec<String>; }`";
    match syn::parse2::<Item>(tokens.clone()) {
        Ok(Item::Mod(mut item)) => match item.content.take() {
            Some((_, items)) => Ok(Module { item, items }),
            None => Err(Error::new_spanned(&item.ident, message)),
        },
        Ok(_) => Err(Error::new_spanned(item::head(tokens), message)),
        // What stands in the module is no Rust; this says where.
        Err(error) => Err(error),
    }
}

/// A function without a body: `pub async fn join(room: String) -> Vec<String>;`.
pub(crate) struct Declaration {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
}

impl Parse for Declaration {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let declaration = Self {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            signature: input.parse()?,
        };
        input.parse::<Token![;]>()?;
        Ok(declaration)
    }
}
