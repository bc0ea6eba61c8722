//! What a hook becomes: an entry of its handler's registry.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::{
    model::{CloseParameter, Hook, Kind},
    parse::Event,
};
use crate::function::HandlerParameter;

/// Expands to this (paths shortened), for `#[highway::on(ready)] async fn start(chat: &mut Chat) -> highway::Result`:
///
/// ```ignore
/// const _: () = {
///     use traits::*;
///     type HighwayEntry = <Chat as Handler>::Entry;
///     inventory::submit! {
///         HighwayEntry {
///             item: Item::<Chat>::ready(RunHook::InOrder(|handler| Box::pin(async move {
///                 (&mut &mut &mut Reply::new(start(handler).await)).finish()
///             }))),
///         }
///     }
/// };
/// ```
pub(crate) fn hook(hook: &Hook<'_>) -> TokenStream {
    let Hook {
        runtime,
        function,
        handler,
        kind,
    } = hook;
    let span = Span::call_site().located_at(function.span());
    let finish = |arguments: &TokenStream| {
        quote_spanned! {span=>
            #runtime::Box::pin(async move {
                let mut __reply = #runtime::Reply::new(#function(#arguments).await);
                (&mut &mut &mut __reply).finish()
            })
        }
    };
    let (constructor, run) = match kind {
        Kind::Connect { request } => {
            let (parameter, argument) = if *request {
                (quote!(__request), quote!(__request))
            } else {
                (quote!(_), quote!())
            };
            let run = quote_spanned! {span=>
                |#parameter| #runtime::Box::pin(async move {
                    #runtime::reply::connect(#function(#argument).await)
                })
            };
            ("connect", run)
        }
        Kind::Run(event, parameter) => {
            let (variant, argument) = match parameter {
                None => ("InOrder", quote!()),
                Some(HandlerParameter::Exclusive(_)) => ("InOrder", quote!(__handler)),
                Some(HandlerParameter::Shared(_)) => ("InOrder", quote!(&*__handler)),
                Some(HandlerParameter::Connection(_)) => ("Concurrent", quote!(__handler)),
            };
            let variant = format_ident!("{variant}");
            let name = parameter
                .as_ref()
                .map_or_else(|| quote!(_), |_| quote!(__handler));
            let body = finish(&argument);
            (
                event.name(),
                quote!(#runtime::RunHook::#variant(|#name| #body)),
            )
        }
        Kind::Close(close, parameter) => {
            let close_argument = close.map(|close| match close {
                CloseParameter::Value => quote!(#runtime::Clone::clone(__close)),
                CloseParameter::Reference => quote!(__close),
            });
            let argument = parameter.as_ref().map(|parameter| match parameter {
                HandlerParameter::Exclusive(_) => quote!(__handler),
                HandlerParameter::Shared(_) => quote!(&*__handler),
                HandlerParameter::Connection(_) => quote!(#runtime::Clone::clone(&**__handler)),
            });
            let close_name = if close.is_some() {
                quote!(__close)
            } else {
                quote!(_)
            };
            let name = if parameter.is_some() {
                quote!(__handler)
            } else {
                quote!(_)
            };
            let arguments = close_argument.into_iter().chain(argument);
            let body = finish(&quote!(#(#arguments),*));
            (Event::Close.name(), quote!(|#name, #close_name| #body))
        }
    };
    let constructor = format_ident!("{constructor}", span = function.span());
    let item = quote_spanned!(function.span()=> #runtime::Item::<#handler>::#constructor(#run));
    quote! {
        const _: () = {
            #[allow(unused_imports)]
            use #runtime::traits::*;
            type HighwayEntry = <#handler as #runtime::Handler>::Entry;
            #runtime::inventory::submit! { HighwayEntry { item: #item } }
        };
    }
}
