//! Where the generated code finds the runtime. No other file spells a path of it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Path, parse_quote};

/// The module of the runtime that generated code names: `::highway::__private`, or what `crate = …` says.
pub(crate) struct Runtime(Path);

impl Runtime {
    /// `root` is the value of the option `crate`.
    pub(crate) fn new(root: Option<Path>) -> Self {
        Self(root.unwrap_or_else(|| parse_quote!(::highway)))
    }
}

impl ToTokens for Runtime {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let root = &self.0;
        tokens.extend(quote!(#root::__private));
    }
}
