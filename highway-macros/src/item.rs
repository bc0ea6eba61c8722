//! Items that a macro can't stand on.

use proc_macro2::{TokenStream, TokenTree};
use syn::Item;

/// The tokens to underline for an item: its name, or its keyword, rather than all of it.
pub(crate) fn head(item: &TokenStream) -> TokenStream {
    let tokens = |tokens: &dyn quote::ToTokens| tokens.to_token_stream();
    match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Const(item)) => tokens(&item.ident),
        Ok(Item::Enum(item)) => tokens(&item.ident),
        Ok(Item::Fn(item)) => tokens(&item.sig.ident),
        Ok(Item::Impl(item)) => tokens(&item.impl_token),
        Ok(Item::Mod(item)) => tokens(&item.ident),
        Ok(Item::Static(item)) => tokens(&item.ident),
        Ok(Item::Struct(item)) => tokens(&item.ident),
        Ok(Item::Trait(item)) => tokens(&item.ident),
        Ok(Item::Type(item)) => tokens(&item.ident),
        Ok(Item::Union(item)) => tokens(&item.ident),
        Ok(Item::Use(item)) => tokens(&item.use_token),
        _ => item
            .clone()
            .into_iter()
            .take(1)
            .collect::<Vec<TokenTree>>()
            .into_iter()
            .collect(),
    }
}
