//! What a route becomes: an entry of its handler's registry, and questions to the compiler.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Ident, Type, spanned::Spanned};

use super::{
    model::{Handler, Route},
    parse::Target,
};
use crate::{
    function::{HandlerParameter, awaited, find_impl, nameable, stream_item},
    name, place,
    runtime::Runtime,
    spans, text,
};

/// Expands to this (paths shortened), for `#[route("say")] async fn say(text: String, chat: &mut Chat) -> bool`, in what
/// [`place`] puts around it:
///
/// ```text
/// impl OneFunctionPerRoute<Name<'s', 'a', 'y'>> for Chat {}
/// const _: () = {
///     use traits::*;
///     inventory::submit! {
///         Entries::<Chat>::REGISTER.entry(Entries::<Chat>::ITEMS.route_in_order(
///             "say",
///             Shape { /* do items come or go? */ },
///             |handler: &mut Chat, message| Entries::<Chat>::RUN.in_order(
///                 move || Extract::<String>::new().__highway_extract(message),
///                 move |data| say(data, handler),
///                 |reply| (&mut &mut &mut { reply }).__highway_finish(message),
///             ),
///         ))
///     }
/// };
/// const _: () = {
///     use {check as __highway_check, traits::*};
///     type __HighwayRoute = __highway_check::Named<Chat, Name<'s', 'a', 'y'>>;
///     let () = <Chat as check::IsHandler>::YES;
///     __highway_check::name(__highway_check::Serves::<Chat>::FACTS, "say");
///     __highway_check::data(__highway_check::Serves::<Chat>::FACTS, "say", "String", /* does it fit? */, /* can it be read? */);
///     __highway_check::reply(__highway_check::Serves::<Chat>::FACTS, "say", "bool", /* does it fit? */, /* can it be written? */,
///         /* is its error one? */);
/// };
/// ```
pub(crate) fn route(route: &Route<'_>) -> TokenStream {
    let runtime = &route.runtime;
    let handler = route.handler.ty();
    let item = item(route);
    let concurrent = match &route.handler {
        Handler::Parameter(HandlerParameter::Connection(handler)) => Some(*handler),
        _ => None,
    };
    let unique = unique(route.target, handler, concurrent, runtime);
    let key = key(route, &quote!(__highway_check));
    let checks = [
        check_handler(route),
        check_name(route),
        check_data(route),
        check_reply(route),
    ];
    let path = match route.target {
        Target::Name(_) => None,
        // An alias is a type even where the path leads to a function.
        Target::Declared(path) => Some(quote!(type __HighwayPath = #path;)),
    };
    let registration = quote! {
        #path
        // The closures have the function's place, so that lints for people's code would look at them.
        #[allow(clippy::redundant_closure)]
        const _: () = {
            #[allow(unused_imports)]
            use #runtime::traits::*;
            #runtime::inventory::submit! { #runtime::Entries::<#handler>::REGISTER.entry(#item) }
        };
        const _: () = {
            #[allow(unused_imports)]
            use #runtime::{check as __highway_check, traits::*};
            type __HighwayRoute = #key;
            #(#checks;)*
        };
    };
    let label = label(route.target, route.function);
    let unique = place::anywhere(&label, &unique);
    let registration = place::outside(&label, &registration);
    quote!(#unique #registration)
}

/// Tells the items of a function's route from those of its others.
fn label(target: &Target, function: &Ident) -> Ident {
    let name = match target {
        Target::Name(name) => name.value(),
        Target::Declared(path) => path
            .segments
            .last()
            .map(|last| last.ident.to_string())
            .unwrap_or_default(),
    };
    place::label(function, "route", &name)
}

/// A route that is refused is there all the same, so that nobody says that it isn't served.
pub(crate) fn refused(
    target: &Target,
    function: &Ident,
    handler: Option<&Type>,
    runtime: &Runtime,
) -> TokenStream {
    let item = match handler {
        Some(handler) => unique(target, handler, None, runtime),
        None => mistaken(target, runtime),
    };
    place::anywhere(&label(target, function), &item)
}

/// A function for the route whose handler is not known.
fn mistaken(target: &Target, runtime: &Runtime) -> TokenStream {
    let (items, name) = match target {
        Target::Name(name) => (TokenStream::new(), name::type_of(name, runtime)),
        Target::Declared(path) => name::type_of_declared(path, target.span(), runtime),
    };
    quote! {
        #items
        struct __HighwayMistake;
        impl #runtime::Mistaken<__HighwayMistake> for #name {}
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
    let [handler_name, message_name, data_name, reply_name] = [
        "__highway_handler",
        "__highway_message",
        "__highway_data",
        "__highway_reply",
    ]
    .map(|name| Ident::new(name, Span::call_site()));
    let argument = match &route.handler {
        Handler::Option(_) => None,
        Handler::Parameter(HandlerParameter::Shared(_)) => Some(quote!(&*#handler_name)),
        Handler::Parameter(_) => Some(quote!(#handler_name)),
    };
    let shape = shape(route);
    let extract = data.map(|data| {
        let reference = concurrent.then(|| quote!(&));
        let runtime = runtime.at(data.span());
        quote_spanned!(data.span()=> #runtime::Extract::<#data>::new().__highway_extract(#reference #message_name))
    });
    let data = data.map(|_| quote!(#data_name));
    let arguments = data.iter().cloned().chain(argument);
    let call = quote!(#function(#(#arguments),*));
    let reference = concurrent.then(|| quote!(&));
    let finish = finish(route, &reply_name, &quote!(#reference #message_name));
    // The compiler shows here what is wrong with the future, such as that it can't move between threads.
    let there = runtime.at(function.span());
    let (method, parameter, future) = if concurrent {
        let extract = extract.map(|extract| quote!(let #data_name = #extract?;));
        let awaited = awaited(runtime, &call);
        let future = quote_spanned! {function.span()=>
            #there::Entries::<#handler>::RUN.concurrent(move || async move {
                #extract
                let #reply_name = #runtime::Reply::new(#awaited);
                #finish
            })
        };
        ("route_concurrent", quote!(#handler_name), future)
    } else {
        let extract = extract.unwrap_or_else(|| quote!(#runtime::Ok(())));
        let data = data.unwrap_or_else(|| quote!(()));
        let future = quote_spanned! {function.span()=>
            #there::Entries::<#handler>::RUN.in_order(move || #extract, move |#data| #call, |#reply_name| #finish)
        };
        (
            "route_in_order",
            quote!(#handler_name: &mut #handler),
            future,
        )
    };
    let method = Ident::new(method, function.span());
    // A declared route is documented by its protocol.
    let docs = match route.target {
        Target::Name(_) if !route.docs.is_empty() => {
            let docs = &route.docs;
            quote!(.documented(#docs))
        }
        _ => quote!(),
    };
    quote! {
        #runtime::Entries::<#handler>::ITEMS.#method(#name, #shape, |#parameter, #message_name| #future)#docs
    }
}

/// Whether items come or go.
fn shape(route: &Route<'_>) -> TokenStream {
    let runtime = &route.runtime;
    let takes = route.data.map_or_else(
        || quote!(false),
        |data| quote!(#runtime::check::Comes::<#data>::STREAM),
    );
    let gives = match reply(route) {
        Some(ty) if find_impl(&ty).is_none() => {
            let gives = quote!(#runtime::check::Gives::<#ty>);
            quote!(#gives::STREAM || #gives::STREAM_IN_RESULT)
        }
        _ => quote!(false),
    };
    quote!(#runtime::Shape { takes_items: #takes, gives_items: #gives })
}

/// What the function returns, with names for streams that have none.
fn reply(route: &Route<'_>) -> Option<Type> {
    route.reply.map(|ty| nameable(ty, &route.runtime))
}

/// Takes the reply; what [`check_reply`] can't name has to fit at this place.
fn finish(route: &Route<'_>, reply: &Ident, message: &TokenStream) -> TokenStream {
    let runtime = &route.runtime;
    let key = key(route, &quote!(#runtime::check));
    match route.reply {
        Some(ty @ Type::ImplTrait(_)) if stream_item(ty).is_none() => spans::call(
            ty,
            quote!(#runtime::reply::serialize),
            quote!(#reply, #message),
        ),
        Some(ty) if find_impl(&nameable(ty, runtime)).is_some() => {
            quote!((&mut &mut &mut &mut { #reply }).__highway_finish(#message))
        }
        _ => quote! {{
            #[allow(unused_imports)]
            use #runtime::reply::ReplyRefused as _;
            (&mut &mut &mut &mut { #reply.of::<#key>() }).__highway_finish(#message)
        }},
    }
}

/// A second function for the same route conflicts with this, and the compiler shows both; the same with what is around it and takes the
/// handler, where it takes the connection.
fn unique(
    target: &Target,
    handler: &Type,
    concurrent: Option<&Type>,
    runtime: &Runtime,
) -> TokenStream {
    let span = target.span();
    let handler = spans::all(span, handler);
    let mut around = quote!();
    let mut conflict = |name: &TokenStream| {
        let Some(handler) = concurrent else { return };
        let runtime = runtime.at(span);
        let handler = spans::all(span, handler);
        around = quote_spanned! {span=>
            impl<__HighwayAround> #runtime::AroundWithHandlerNeedsRoutesWithHandler<#name, __HighwayAround> for #handler {}
        };
    };
    let (items, name) = match target {
        Target::Name(name) => {
            let name = name::type_of(name, runtime);
            conflict(&name);
            (TokenStream::new(), name)
        }
        Target::Declared(path) => {
            let (items, name) = name::type_of_declared(path, span, runtime);
            conflict(&name);
            let runtime = runtime.at(span);
            // With a path that leads nowhere in it, it conflicts with nothing.
            let whatever =
                quote_spanned!(span=> <#handler as #runtime::Whatever<__HighwayPath>>::It);
            (items, quote!(#name, #whatever))
        }
    };
    let runtime = runtime.at(span);
    quote_spanned! {span=>
        #items
        impl #runtime::OneFunctionPerRoute<#name> for #handler {}
        #around
    }
}

/// Is it a handler? No other question asks that, so that there is one error.
fn check_handler(route: &Route<'_>) -> TokenStream {
    let handler = route.handler.ty();
    let runtime = route.runtime.at(handler.span());
    let yes = quote_spanned!(handler.span()=> <#handler as #runtime::check::IsHandler>::YES);
    quote!(let () = #yes)
}

/// Does the protocol have the route?
fn check_name(route: &Route<'_>) -> TokenStream {
    let handler = route.handler.ty();
    match route.target {
        Target::Name(name) => spans::call(
            name,
            quote!(__highway_check::name),
            quote!(__highway_check::Serves::<#handler>::FACTS, #name),
        ),
        Target::Declared(path) => {
            let written = text::of(handler);
            let facts = facts(route);
            let name = route.name();
            spans::call(
                path,
                quote!(__highway_check::protocol),
                quote! {
                    __highway_check::Serves::<#handler>::FACTS, #written, #facts, #name,
                    __highway_check::BelongsTo::<#handler, __HighwayPath>::YES
                },
            )
        }
    }
}

/// Is the data what the protocol says, and can it be read?
fn check_data(route: &Route<'_>) -> TokenStream {
    let facts = facts(route);
    let name = route.name();
    let (shown, ty, text, readable) = match route.data {
        Some(ty) => (
            quote!(#ty),
            quote!(#ty),
            text::of(ty),
            quote!(__highway_check::Readable::<#ty>::READABLE),
        ),
        None => (
            route.function.to_token_stream(),
            quote!(()),
            String::new(),
            quote!(true),
        ),
    };
    let takes = quote!(__highway_check::Takes::<__HighwayRoute, #ty>);
    spans::call(
        shown,
        quote!(__highway_check::data),
        quote! {
            #facts, #name, #text,
            #takes::EXACTLY || #takes::BORROWED || #takes::ANYTHING,
            #readable
        },
    )
}

/// Is the reply what the protocol says, and can it be written?
fn check_reply(route: &Route<'_>) -> TokenStream {
    let facts = facts(route);
    let name = route.name();
    let named = reply(route);
    let (shown, ty, text) = match (route.reply, &named) {
        (Some(ty), Some(named)) => (quote!(#ty), quote!(#named), text::of(ty)),
        _ => (route.function.to_token_stream(), quote!(()), String::new()),
    };
    let answers = if named.as_ref().is_some_and(|ty| find_impl(ty).is_some()) {
        // It has no name to ask with; whether it can be serialised is asked where it is.
        quote!(false, true, true)
    } else {
        let returns = quote!(__highway_check::Returns::<__HighwayRoute, #ty>);
        let writable = quote!(__highway_check::Writable::<#ty>);
        let gives = quote!(__highway_check::Gives::<#ty>);
        quote! {
            #returns::EXACTLY || #returns::IN_RESULT || #returns::STREAM || #returns::STREAM_IN_RESULT
                || #returns::RESULTS || #returns::RESULTS_IN_RESULT,
            #writable::WRITABLE || #writable::WRITABLE_OK || #gives::WRITABLE || #gives::WRITABLE_OK
                || #gives::RESULTS || #gives::RESULTS_IN_RESULT,
            #returns::EXACTLY || !#writable::IS_RESULT || #writable::FAILURE || #writable::ERROR && !#gives::STREAM_IN_RESULT
        }
    };
    spans::call(
        shown,
        quote!(__highway_check::reply),
        quote!(#facts, #name, #text, #answers),
    )
}

/// The type that stands for the route in the questions.
fn key(route: &Route<'_>, check: &TokenStream) -> TokenStream {
    match route.target {
        Target::Name(name) => {
            let handler = route.handler.ty();
            let name = name::type_of(name, &route.runtime);
            quote!(#check::Named<#handler, #name>)
        }
        Target::Declared(_) => quote!(#check::Declared<__HighwayPath>),
    }
}

/// What is known of the protocol that the route is checked against.
fn facts(route: &Route<'_>) -> TokenStream {
    match route.target {
        Target::Name(_) => {
            let handler = route.handler.ty();
            quote!(__highway_check::Serves::<#handler>::FACTS)
        }
        Target::Declared(_) => quote!(__highway_check::Declared::<__HighwayPath>::FACTS),
    }
}
