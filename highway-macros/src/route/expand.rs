//! What a route becomes: an entry of its handler's registry, and questions to the compiler.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{
    model::{Handler, Route},
    parse::Target,
};
use crate::{
    function::{HandlerParameter, find_impl},
    text,
};

/// Expands to this (paths shortened), for `#[route("say")] async fn say(text: String, chat: &mut Chat) -> bool`:
///
/// ```ignore
/// const _: () = {
///     use traits::*;
///     type HighwayEntry = <Chat as Handler>::Entry;
///     inventory::submit! {
///         HighwayEntry {
///             item: Item::<Chat>::route("say", Run::InOrder(|handler, message| Box::pin(async move {
///                 let data = Extract::<String>::new().extract(message)?;
///                 Ok((&mut &mut &mut Reply::new(say(data, handler).await)).finish()?)
///             }))),
///         }
///     }
///     impl OneFunctionPerRoute<Name<'s', 'a', 'y'>> for Chat {}
///     // and the checks below
/// };
/// ```
pub(crate) fn route(route: &Route<'_>) -> TokenStream {
    let Route {
        runtime, function, ..
    } = route;
    let handler = route.handler.ty();
    let name = route.name();
    let run = run(route);
    let unique = unique(route);
    let checks = [check_name(route), check_data(route), check_reply(route)];
    let item = quote_spanned!(function.span()=> #runtime::Item::<#handler>::route(#name, #run));
    quote! {
        const _: () = {
            #[allow(unused_imports)]
            use #runtime::traits::*;
            type HighwayEntry = <#handler as #runtime::Handler>::Entry;
            #runtime::inventory::submit! { HighwayEntry { item: #item } }
            #unique
            #(#checks)*
        };
    }
}

/// How the route runs, by the form of its handler.
fn run(route: &Route<'_>) -> TokenStream {
    let Route {
        runtime,
        function,
        data,
        ..
    } = route;
    // Not hygienic, as no pattern is against items: a route may be called `message` and be in scope as a unit struct.
    let (in_order, parameter, argument) = match &route.handler {
        Handler::Option(_) => (true, quote!(_), None),
        Handler::Parameter(HandlerParameter::Exclusive(_)) => {
            (true, quote!(__handler), Some(quote!(__handler)))
        }
        Handler::Parameter(HandlerParameter::Shared(_)) => {
            (true, quote!(__handler), Some(quote!(&*__handler)))
        }
        Handler::Parameter(HandlerParameter::Connection(_)) => {
            (false, quote!(__handler), Some(quote!(__handler)))
        }
    };
    let (variant, reference) = if in_order {
        (quote!(InOrder), None)
    } else {
        (quote!(Concurrent), Some(quote!(&)))
    };
    let (message, extract) = match data {
        Some(data) => {
            let extract = quote_spanned!(data.span()=> #runtime::Extract::<#data>::new().extract(#reference __message)?);
            (quote!(__message), Some(quote!(let __data = #extract;)))
        }
        None => (quote!(_), None),
    };
    let data = data.map(|_| quote!(__data));
    let arguments = data.into_iter().chain(argument);
    let finish = finish(route);
    let span = Span::call_site().located_at(function.span());
    quote_spanned! {span=>
        #runtime::Run::#variant(|#parameter, #message| #runtime::Box::pin(async move {
            #extract
            let mut __reply = #runtime::Reply::new(#function(#(#arguments),*).await);
            #finish
        }))
    }
}

/// Takes the reply; what [`check_reply`] can't name has to fit at this place.
fn finish(route: &Route<'_>) -> TokenStream {
    let runtime = &route.runtime;
    let refused = route
        .reply
        .filter(|ty| find_impl(ty).is_none())
        .map(|_| quote!(#[allow(unused_imports)] use #runtime::reply::ReplyRefused as _;));
    quote! {
        #refused
        #runtime::Ok((&mut &mut &mut __reply).finish()?)
    }
}

/// A second function for the same route conflicts with this, and the compiler shows both.
fn unique(route: &Route<'_>) -> TokenStream {
    let runtime = &route.runtime;
    let handler = route.handler.ty();
    let name = route.type_level_name();
    let span = match route.target {
        Target::Name(name) => name.span(),
        Target::Declared(path) => path.span(),
    };
    quote_spanned!(span=> impl #runtime::OneFunctionPerRoute<#name> for #handler {})
}

/// Does the protocol have the route?
fn check_name(route: &Route<'_>) -> TokenStream {
    let runtime = &route.runtime;
    let handler = route.handler.ty();
    let serves = quote!(<#handler as #runtime::Handler>::Serves);
    let call = match route.target {
        Target::Name(name) => {
            quote_spanned!(name.span()=> #runtime::check::name::<#serves>(#name))
        }
        Target::Declared(path) => {
            let handler = text::of(handler);
            quote_spanned! {path.span()=>
                #runtime::check::protocol::<#serves, #path>(#handler, #runtime::check::Serves::<#serves, #path>::ROUTE)
            }
        }
    };
    quote!(const _: () = #call;)
}

/// The protocol that a route is checked against.
fn protocol(route: &Route<'_>) -> TokenStream {
    let runtime = &route.runtime;
    match route.target {
        Target::Name(_) => {
            let handler = route.handler.ty();
            quote!(<#handler as #runtime::Handler>::Serves)
        }
        Target::Declared(path) => quote!(<#path as #runtime::DeclaredRoute>::Protocol),
    }
}

/// Is the data what the protocol says, and can it be read?
fn check_data(route: &Route<'_>) -> TokenStream {
    let runtime = &route.runtime;
    let protocol = protocol(route);
    let type_level_name = route.type_level_name();
    let name = route.name();
    let (ty, text, span, readable) = match route.data {
        Some(ty) => (
            quote!(#ty),
            text::of(ty),
            ty.span(),
            quote!(#runtime::check::Readable::<#ty>::READABLE),
        ),
        None => (
            quote!(()),
            String::new(),
            route.function.span(),
            quote!(true),
        ),
    };
    let takes = quote!(#runtime::check::Takes::<#protocol, #type_level_name, #ty>);
    let fits = quote!(#takes::EXACTLY || #takes::BORROWED || #takes::ANYTHING);
    let call =
        quote_spanned!(span=> #runtime::check::data::<#protocol>(#name, #text, #fits, #readable));
    quote!(const _: () = #call;)
}

/// Is the reply what the protocol says, and can it be written?
fn check_reply(route: &Route<'_>) -> TokenStream {
    let runtime = &route.runtime;
    let protocol = protocol(route);
    let type_level_name = route.type_level_name();
    let name = route.name();
    let (ty, text, span) = match route.reply {
        Some(ty) => (quote!(#ty), text::of(ty), ty.span()),
        None => (quote!(()), String::new(), route.function.span()),
    };
    let (fits, reply) = if route.reply.is_some_and(|ty| find_impl(ty).is_some()) {
        // It has no name to ask with; whether it can be serialised is asked where it is.
        (quote!(false), quote!(#runtime::check::ReplyType::UNKNOWN))
    } else {
        let returns = quote!(#runtime::check::Returns::<#protocol, #type_level_name, #ty>);
        let writable = quote!(#runtime::check::Writable::<#ty>);
        (
            quote!(#returns::EXACTLY || #returns::IN_RESULT),
            quote! {
                #runtime::check::ReplyType {
                    writable: #writable::WRITABLE,
                    is_result: #writable::IS_RESULT,
                    writable_ok: #writable::WRITABLE_OK,
                    error: #writable::FAILURE || #writable::ERROR,
                }
            },
        )
    };
    let call =
        quote_spanned!(span=> #runtime::check::reply::<#protocol>(#name, #text, #fits, #reply));
    quote!(const _: () = #call;)
}
