//! Where the compiler shows what it says about generated code.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

/// The tokens, all of them shown as one place.
pub(crate) fn all(span: Span, tokens: impl ToTokens) -> TokenStream {
    tokens
        .to_token_stream()
        .into_iter()
        .map(|mut token: TokenTree| {
            token.set_span(token.span().located_at(span));
            token
        })
        .collect()
}

/// A call of `function` that is shown as the whole of `shown`: the compiler shows an expression from its first token to
/// its last.
pub(crate) fn call(
    shown: impl ToTokens,
    function: impl ToTokens,
    arguments: impl ToTokens,
) -> TokenStream {
    let mut tokens = shown.to_token_stream().into_iter();
    let first = tokens
        .next()
        .map_or_else(Span::call_site, |token| token.span());
    let last = tokens.last().map_or(first, |token| token.span());
    let function = function
        .to_token_stream()
        .into_iter()
        .map(|mut token: TokenTree| {
            token.set_span(first);
            token
        });
    let mut parentheses = Group::new(Delimiter::Parenthesis, arguments.to_token_stream());
    parentheses.set_span(last);
    quote!(#(#function)* #parentheses)
}
