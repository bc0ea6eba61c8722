//! Routes' names: as text, as a type, as a path to a declared route.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, LitStr, Path};

use crate::runtime::Runtime;

/// The characters that are parameters of the runtime's type; a number stands for what is longer.
const CHARS: usize = 16;

/// The type of the runtime that a name is for the compiler, with the span that its errors shall have.
pub(crate) fn type_of(name: &LitStr, runtime: &Runtime) -> TokenStream {
    let span = name.span();
    let text = name.value();
    let chars = text.chars().take(CHARS);
    let rest = (text.chars().count() > CHARS)
        .then(|| quote!({ #runtime::NameParts::of(#name).rest }))
        .into_iter();
    quote_spanned!(span=> #runtime::Name<#(#chars,)* #(#rest)*>)
}

/// The type of the runtime that all names are which begin like a pattern (`"admin-*"`), with its parameters; `None` for beginnings that
/// are too long for it.
pub(crate) fn types_with_prefix(
    pattern: &LitStr,
    runtime: &Runtime,
) -> Option<(TokenStream, TokenStream)> {
    let span = pattern.span();
    let text = pattern.value();
    let chars: Vec<char> = text.chars().take_while(|char| *char != '*').collect();
    let any: Vec<_> = (chars.len()..CHARS)
        .map(|at| Ident::new(&format!("__HIGHWAY_C{at}"), span))
        .collect();
    (chars.len() <= CHARS).then(|| {
        (
            quote!(#(const #any: #runtime::char,)* const __HIGHWAY_REST: #runtime::u64),
            quote_spanned!(span=> #runtime::Name<#(#chars,)* #(#any,)* __HIGHWAY_REST>),
        )
    })
}

/// What [`type_of`] gives for the name of a declared route, which the compiler looks up: the items that this takes, and the type.
///
/// The name is written out from constants: of a route in another crate the compiler does not know, where it looks for
/// conflicts, which type its associated one is. That the path leads to a declared route is asked here, and only here.
pub(crate) fn type_of_declared(
    path: &Path,
    span: Span,
    runtime: &Runtime,
) -> (TokenStream, TokenStream) {
    let runtime = runtime.at(span);
    let items = quote_spanned! {span=>
        #[allow(unused_imports)]
        use #runtime::check::No as _;
        type __HighwayPath = #path;
        const _: &#runtime::str = <__HighwayPath as #runtime::DeclaredRoute>::NAME;
        const __HIGHWAY_NAME: #runtime::NameParts =
            #runtime::NameParts::of(#runtime::check::Declared::<__HighwayPath>::NAME);
    };
    let at = 0..CHARS;
    let ty = quote_spanned! {span=>
        #runtime::Name<#({ __HIGHWAY_NAME.chars[#at] },)* { __HIGHWAY_NAME.rest }>
    };
    (items, ty.to_token_stream())
}

/// Why a text can't be the name of a route.
pub(crate) fn mistake(name: &LitStr) -> Option<&'static str> {
    match name.value().as_str() {
        "" => Some("a route needs a name: it is empty"),
        "meta" => {
            Some("route name `meta` is reserved: it is the route on which peers tell their routes")
        }
        _ => None,
    }
}
