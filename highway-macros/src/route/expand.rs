//! What a route becomes: an entry of its handler's registry, and questions to the compiler.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Ident, spanned::Spanned};

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
///     inventory::submit! {
///         Entries::<Chat>::REGISTER.entry(Entries::<Chat>::ITEMS.route_in_order(
///             "say",
///             |handler: &mut Chat, message| Box::pin(async move {
///                 let data = Extract::<String>::new().extract(message)?;
///                 let mut reply = Reply::new(say(data, handler).await);
///                 Ok((&mut &mut &mut reply).finish()?)
///             }),
///         ))
///     }
///     impl OneFunctionPerRoute<Name<'s', 'a', 'y'>> for Chat {}
/// };
/// const _: () = {
///     use traits::*;
///     check::name::<<Chat as Handler>::Serves>("say");
///     check::data::<<Chat as Handler>::Serves>("say", "String", /* does it fit? */, /* can it be read? */);
///     check::reply::<<Chat as Handler>::Serves>("say", "bool", /* does it fit? */, /* what is known of it */);
/// };
/// ```
pub(crate) fn route(route: &Route<'_>) -> TokenStream {
    let runtime = &route.runtime;
    let handler = route.handler.ty();
    let item = item(route);
    let unique = unique(route);
    let checks = [check_name(route), check_data(route), check_reply(route)];
    quote! {
        const _: () = {
            #[allow(unused_imports)]
            use #runtime::traits::*;
            #runtime::inventory::submit! { #runtime::Entries::<#handler>::REGISTER.entry(#item) }
            #unique
        };
        const _: () = {
            #[allow(unused_imports)]
            use #runtime::traits::*;
            #(#checks;)*
        };
    }
}

/// The route as an item: its name, its location and how it runs, by the form of its handler.
fn item(route: &Route<'_>) -> TokenStream {
    let Route {
        runtime,
        function,
        data,
        ..
    } = route;
    let handler = route.handler.ty();
    let name = route.name();
    let concurrent = matches!(
        route.handler,
        Handler::Parameter(HandlerParameter::Connection(_))
    );
    // Names that no item has: hygiene would not keep a pattern from being a unit struct, such as a declared route.
    let [handler_name, message_name, data_name, reply_name] =
        ["__handler", "__message", "__data", "__reply"]
            .map(|name| Ident::new(name, Span::call_site()));
    let argument = match &route.handler {
        Handler::Option(_) => None,
        Handler::Parameter(HandlerParameter::Shared(_)) => Some(quote!(&*#handler_name)),
        Handler::Parameter(_) => Some(quote!(#handler_name)),
    };
    let extract = data.map(|data| {
        let reference = concurrent.then(|| quote!(&));
        let runtime = runtime.at(data.span());
        let extract = quote_spanned!(data.span()=> #runtime::Extract::<#data>::new().extract(#reference #message_name)?);
        quote!(let #data_name = #extract;)
    });
    let data = data.map(|_| quote!(#data_name));
    let arguments = data.into_iter().chain(argument);
    let finish = finish(route, &reply_name);
    let body = quote! {
        async move {
            #extract
            let mut #reply_name = #runtime::Reply::new(#function(#(#arguments),*).await);
            #finish
        }
    };
    // The compiler puts here what is wrong with the future, such as that it can't move between threads.
    let runtime_there = runtime.at(function.span());
    let future = quote_spanned!(function.span()=> #runtime_there::Box::pin(#body));
    let (method, parameter) = if concurrent {
        ("route_concurrent", quote!(#handler_name))
    } else {
        ("route_in_order", quote!(#handler_name: &mut #handler))
    };
    let method = Ident::new(method, function.span());
    quote! {
        #runtime::Entries::<#handler>::ITEMS.#method(#name, |#parameter, #message_name| #future)
    }
}

/// Takes the reply; what [`check_reply`] can't name has to fit at this place.
fn finish(route: &Route<'_>, reply: &Ident) -> TokenStream {
    let runtime = &route.runtime;
    let refused = route
        .reply
        .filter(|ty| find_impl(ty).is_none())
        .map(|_| quote!(#[allow(unused_imports)] use #runtime::reply::ReplyRefused as _;));
    quote! {
        #refused
        #runtime::Ok((&mut &mut &mut #reply).finish()?)
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
    let runtime = runtime.at(span);
    let handler = quote!(#handler).into_iter().map(|mut token| {
        token.set_span(token.span().located_at(span));
        token
    });
    quote_spanned!(span=> impl #runtime::OneFunctionPerRoute<#name> for #(#handler)* {})
}

/// Does the protocol have the route?
fn check_name(route: &Route<'_>) -> TokenStream {
    let Route {
        runtime, target, ..
    } = route;
    let serves = serves(route);
    match target {
        Target::Name(name) => {
            let runtime = runtime.at(name.span());
            quote_spanned!(name.span()=> #runtime::check::name::<#serves>(#name))
        }
        Target::Declared(path) => {
            let handler = text::of(route.handler.ty());
            let runtime_there = runtime.at(path.span());
            quote_spanned! {path.span()=>
                #runtime_there::check::protocol::<#serves, #path>(
                    #handler,
                    #runtime::check::Serves::<#serves, #path>::ROUTE,
                )
            }
        }
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
    let runtime = runtime.at(span);
    quote_spanned!(span=> #runtime::check::data::<#protocol>(#name, #text, #fits, #readable))
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
    let runtime = runtime.at(span);
    quote_spanned!(span=> #runtime::check::reply::<#protocol>(#name, #text, #fits, #reply))
}

/// The protocol that the handler serves. That it is a handler is asked here, and reported at its type.
fn serves(route: &Route<'_>) -> TokenStream {
    let handler = route.handler.ty();
    let runtime = route.runtime.at(handler.span());
    quote_spanned!(handler.span()=> <#handler as #runtime::Handler>::Serves)
}

/// The protocol that a route is checked against.
fn protocol(route: &Route<'_>) -> TokenStream {
    match route.target {
        Target::Name(_) => serves(route),
        Target::Declared(path) => {
            let runtime = &route.runtime;
            quote!(<#path as #runtime::DeclaredRoute>::Protocol)
        }
    }
}
