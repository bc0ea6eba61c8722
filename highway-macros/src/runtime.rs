//! Where the generated code finds the runtime. No other file spells a path of it.

use proc_macro2::{Span, TokenStream, TokenTree};
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

impl Runtime {
    /// The module with a span for the compiler's errors: those about an expression are shown where it starts.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        self.to_token_stream()
            .into_iter()
            .map(|mut token: TokenTree| {
                token.set_span(span);
                token
            })
            .collect()
    }
}

impl ToTokens for Runtime {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let root = &self.0;
        tokens.extend(quote!(#root::__private));
    }
}
