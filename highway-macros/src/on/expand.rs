//! What a hook becomes: an entry of its handler's registry.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Ident, spanned::Spanned};

use super::{
    model::{ByParameter, Hook, Kind},
    parse::Event,
};
use crate::{
    function::{HandlerParameter, awaited, find_impl},
    place, spans, text,
};

/// Expands to this (paths shortened), for `#[highway::on(ready)] async fn start(chat: &mut Chat) -> highway::Result`, in
/// what [`place`] puts around it:
///
/// ```text
/// const _: () = {
///     use traits::*;
///     inventory::submit! {
///         Entries::<Chat>::REGISTER.entry(Entries::<Chat>::ITEMS.ready_in_order(
///             |handler: &mut Chat| Entries::<Chat>::RUN.concurrent(move || async move {
///                 let reply = Reply::new(pin!(start(handler)).await);
///                 reply::hook((&mut &mut &mut { reply }).__highway_finish(&Message::of_hook()))
///             }),
///         ))
///     }
/// };
/// ```
pub(crate) fn hook(hook: &Hook<'_>) -> TokenStream {
    let Hook {
        runtime,
        function,
        handler,
        kind,
        ..
    } = hook;
    let (method, parameters, future) = match kind {
        Kind::Connect { request } => connect(hook, *request),
        Kind::Run(event, parameter) => {
            let event = event.name();
            let argument = parameter.as_ref().map(handler_argument);
            let future = future(hook, argument);
            if let Some(HandlerParameter::Connection(_)) = parameter {
                (
                    format!("{event}_concurrent"),
                    quote!(__highway_handler),
                    future,
                )
            } else {
                (
                    format!("{event}_in_order"),
                    quote!(__highway_handler: &mut #handler),
                    future,
                )
            }
        }
        Kind::Close(told, parameter) => {
            let future = told_in_order(hook, *told, parameter.as_ref());
            (
                Event::Close.name().to_owned(),
                quote!(__highway_handler: &mut #handler, __highway_told),
                future,
            )
        }
        Kind::Failure(told, parameter) => {
            let future = told_in_order(hook, *told, parameter.as_ref());
            (
                Event::Failure.name().to_owned(),
                quote!(__highway_handler: &mut #handler, __highway_told),
                future,
            )
        }
        Kind::Missed { count, handler: of } => {
            let count = count.then(|| quote!(__highway_count));
            let of = of.as_ref().map(|of| argument_in_order(hook, of));
            let future = future(hook, count.into_iter().chain(of));
            (
                Event::Missed.name().to_owned(),
                quote!(__highway_handler: &mut #handler, __highway_count),
                future,
            )
        }
        Kind::Pipe { to, from } => pipe(hook, *to, from.as_ref()),
        Kind::Reconnecting {
            attempt,
            connection,
        } => {
            let attempt = attempt.map(|attempt| match attempt {
                ByParameter::Value => quote!(__highway_attempt),
                ByParameter::Reference => quote!(&__highway_attempt),
            });
            let connection = connection.then(|| quote!(__highway_connection));
            let future = future(hook, attempt.into_iter().chain(connection));
            (
                Event::Reconnecting.name().to_owned(),
                quote!(__highway_attempt: #runtime::ReconnectAttempt, __highway_connection: #runtime::Connection<#handler>),
                future,
            )
        }
    };
    let method = Ident::new(&method, function.span());
    let ask = ask(hook);
    let unique = unique(hook);
    let items = quote! {
        const _: () = {
            #[allow(unused_imports)]
            use #runtime::traits::*;
            #runtime::inventory::submit! {
                #runtime::Entries::<#handler>::REGISTER.entry(
                    #runtime::Entries::<#handler>::ITEMS.#method(|#parameters| #future)
                )
            }
            #unique
        };
        #ask
    };
    let label = place::label(function, "on", &hook.event.to_string());
    place::outside(&label, &items)
}

/// A second `on(pipe)` hook conflicts with this, and so does what is around it and takes the handler, where it takes the connection.
fn unique(hook: &Hook<'_>) -> Option<TokenStream> {
    let Kind::Pipe { from, .. } = &hook.kind else {
        return None;
    };
    let Hook {
        runtime, handler, ..
    } = hook;
    let span = hook.event.span();
    let pipe = quote!(#runtime::check::OnPipe);
    let around = matches!(from, Some(HandlerParameter::Connection(_))).then(|| {
        quote_spanned! {span=>
            impl<__HighwayAround> #runtime::AroundWithHandlerNeedsRoutesWithHandler<#pipe, __HighwayAround> for #handler {}
        }
    });
    Some(quote_spanned! {span=>
        impl #runtime::OneFunctionPerRoute<#pipe> for #handler {}
        #around
    })
}

/// What a hook is given that runs in order and is told something.
fn told_in_order(
    hook: &Hook<'_>,
    told: Option<ByParameter>,
    parameter: Option<&HandlerParameter<'_>>,
) -> TokenStream {
    let runtime = &hook.runtime;
    let told = told.map(|told| match told {
        ByParameter::Value => quote!(#runtime::Clone::clone(__highway_told)),
        ByParameter::Reference => quote!(__highway_told),
    });
    let handler = parameter.map(|parameter| argument_in_order(hook, parameter));
    future(hook, told.into_iter().chain(handler))
}

/// An `on(connect)` hook: before there is a handler, and with a reply of its own kind.
fn connect(hook: &Hook<'_>, request: bool) -> (String, TokenStream, TokenStream) {
    let Hook {
        runtime,
        function,
        handler,
        reply,
        ..
    } = hook;
    let request = request.then(|| quote!(__highway_request));
    let span = reply.map_or(function.span(), Spanned::span);
    let runtime_there = runtime.at(span);
    let awaited = awaited(runtime, &quote!(#function(#request)));
    let reply = Ident::new("__highway_reply", span);
    let taken = quote_spanned!(span=> #runtime_there::reply::connect(#reply));
    let future = quote! {
        #runtime::Entries::<#handler>::RUN.concurrent(move || async move {
            let #reply = #awaited;
            #taken
        })
    };
    (
        Event::Connect.name().to_owned(),
        quote!(__highway_request: &mut #runtime::Request<#handler>),
        future,
    )
}

/// An `on(pipe)` hook, which is answered like a call.
fn pipe(
    hook: &Hook<'_>,
    to: bool,
    from: Option<&HandlerParameter<'_>>,
) -> (String, TokenStream, TokenStream) {
    let Hook {
        runtime,
        function,
        handler,
        ..
    } = hook;
    let concurrent = matches!(from, Some(HandlerParameter::Connection(_)));
    let to = to.then(|| quote!(__highway_to));
    let arguments = to.into_iter().chain(from.map(handler_argument));
    let reference = concurrent.then(|| quote!(&));
    let awaited = awaited(runtime, &quote!(#function(#(#arguments),*)));
    let body = quote! {
        async move {
            #[allow(unused_imports)]
            use #runtime::reply::ReplyRefused as _;
            let __highway_reply = #runtime::Reply::new(#awaited);
            (&mut &mut &mut { __highway_reply }).__highway_finish(#reference __highway_message)
        }
    };
    let runtime_there = runtime.at(function.span());
    let future = quote_spanned!(function.span()=> #runtime_there::Entries::<#handler>::RUN.concurrent(move || #body));
    if concurrent {
        (
            "pipe_concurrent".to_owned(),
            quote!(__highway_handler, __highway_to, __highway_message: #runtime::Message),
            future,
        )
    } else {
        (
            "pipe_in_order".to_owned(),
            quote!(__highway_handler: &mut #handler, __highway_to, __highway_message: &#runtime::Message),
            future,
        )
    }
}

/// What a function is given for its handler where it runs in order whatever it takes.
fn argument_in_order(hook: &Hook<'_>, parameter: &HandlerParameter<'_>) -> TokenStream {
    let runtime = &hook.runtime;
    match parameter {
        HandlerParameter::Connection(_) => quote!(#runtime::Clone::clone(&**__highway_handler)),
        parameter => handler_argument(parameter),
    }
}

/// What a function is given for its handler.
fn handler_argument(parameter: &HandlerParameter<'_>) -> TokenStream {
    match parameter {
        HandlerParameter::Shared(_) => quote!(&*__highway_handler),
        HandlerParameter::Exclusive(_) | HandlerParameter::Connection(_) => {
            quote!(__highway_handler)
        }
    }
}

/// Calls the function and takes what it returns.
fn future(hook: &Hook<'_>, arguments: impl IntoIterator<Item = TokenStream>) -> TokenStream {
    let Hook {
        runtime,
        function,
        handler,
        ..
    } = hook;
    let arguments = arguments.into_iter();
    let awaited = awaited(runtime, &quote!(#function(#(#arguments),*)));
    let body = quote! {
        async move {
            let __highway_reply = #runtime::Reply::new(#awaited);
            #runtime::reply::hook((&mut &mut &mut { __highway_reply }).__highway_finish(&#runtime::Message::of_hook()))
        }
    };
    let runtime_there = runtime.at(function.span());
    quote_spanned!(function.span()=> #runtime_there::Entries::<#handler>::RUN.concurrent(move || #body))
}

/// Can what an `on(pipe)` hook returns be sent, and is its error one? What is an `impl Trait` has no name to ask with.
fn check_introduction(hook: &Hook<'_>) -> Option<TokenStream> {
    let ty = hook.reply.filter(|ty| find_impl(ty).is_none())?;
    let runtime = &hook.runtime;
    let text = text::of(ty);
    let writable = quote!(#runtime::check::Writable::<#ty>);
    Some(spans::call(
        ty,
        quote!(#runtime::check::introduction),
        quote! {
            #text,
            #writable::WRITABLE || #writable::WRITABLE_OK,
            !#writable::IS_RESULT || #writable::FAILURE || #writable::ERROR
        },
    ))
}

/// Is it a handler, and has it this event? Everything else takes what is none.
fn ask(hook: &Hook<'_>) -> TokenStream {
    let handler = hook.handler;
    let runtime = hook.runtime.at(handler.span());
    let is_handler = quote_spanned!(handler.span()=> <#handler as #runtime::check::IsHandler>::YES);
    let runtime = &hook.runtime;
    let written = text::of(handler);
    let side = match hook.kind {
        Kind::Connect { .. } => Some((quote!(connect), quote!(SERVER))),
        Kind::Pipe { .. } => Some((quote!(pipe), quote!(SERVER))),
        Kind::Missed { .. } => Some((quote!(missed), quote!(CLIENT))),
        Kind::Reconnecting { .. } => Some((quote!(reconnecting), quote!(CLIENT))),
        Kind::Run(..) | Kind::Close(..) | Kind::Failure(..) => None,
    };
    let introduction = match hook.kind {
        Kind::Pipe { .. } => check_introduction(hook),
        _ => None,
    };
    let side = side.map(|(check, side)| {
        spans::call(
            hook.event,
            quote!(#runtime::check::#check),
            quote!(#written, #runtime::check::Serves::<#handler>::#side),
        )
    });
    quote! {
        const _: () = {
            #[allow(unused_imports)]
            use #runtime::traits::*;
            let () = #is_handler;
            #side;
            #introduction
        };
    }
}
