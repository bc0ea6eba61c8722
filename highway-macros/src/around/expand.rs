//! What something around routes becomes: an entry of its handler's registry, and questions to the compiler.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, ext::IdentExt, spanned::Spanned};

use super::{
    model::{Around, Function, Kind},
    parse::Pattern,
};
use crate::{
    function::{HandlerParameter, awaited},
    name, place, spans, text,
};

/// Expands to this (paths shortened), for `#[highway::around("say")] async fn timed(message: &mut Message, chat: &mut Chat,
/// next: Next<'_, Chat>) -> Outcome`, in what [`place`] puts around it:
///
/// ```text
/// const _: () = {
///     use traits::*;
///     inventory::submit! {
///         Entries::<Chat>::REGISTER.entry(Entries::<Chat>::ITEMS.around_in_order(
///             "timed",
///             &[Pattern::Route("say")],
///             0,
///             |message, handler: &mut Chat, next| Entries::<Chat>::RUN.concurrent(move || async move {
///                 let ended = Ended::new(pin!(timed(message, handler, next)).await);
///                 (&mut &mut &mut { ended }).__highway_outcome()
///             }),
///         ))
///     }
/// };
/// const _: () = {
///     /* is it a handler, are the routes there and in order, is it an outcome? */
/// };
/// ```
pub(crate) fn around(around: &Around<'_>) -> TokenStream {
    let Around {
        runtime,
        arguments,
        name,
        handler,
        kind,
    } = around;
    let text = name.unraw().to_string();
    let patterns = around.patterns().iter().map(|pattern| match pattern {
        Pattern::Name(name) => quote!(#runtime::Pattern::Route(#name)),
        Pattern::Prefix(_, prefix) => quote!(#runtime::Pattern::Prefix(#prefix)),
        Pattern::Declared(path) => {
            quote!(#runtime::Pattern::Route(#runtime::check::Declared::<#path>::NAME))
        }
        Pattern::Pipe(_) => quote!(#runtime::Pattern::Pipe),
    });
    let order = arguments
        .order
        .as_ref()
        .map_or_else(|| quote!(0), |order| quote!(#order));
    let (method, run) = match kind {
        Kind::Function(function) => run(around, function),
        Kind::Static(ty) => {
            let run =
                quote!(|| (&&#runtime::Guard::<#ty, #handler>::new()).__highway_around(&#name));
            (format_ident!("around_static", span = name.span()), run)
        }
    };
    let checks = check_patterns(around);
    let fits = check_type(around);
    let is_handler = check_handler(around);
    let conflicts = conflicts(around);
    let items = quote! {
        #[allow(clippy::redundant_closure)]
        const _: () = {
            #[allow(unused_imports)]
            use #runtime::traits::*;
            #runtime::inventory::submit! {
                #runtime::Entries::<#handler>::REGISTER.entry(
                    #runtime::Entries::<#handler>::ITEMS.#method(#text, &[#(#patterns),*], #order, #run)
                )
            }
        };
        #conflicts
        const _: () = {
            #[allow(unused_imports)]
            use #runtime::traits::*;
            #is_handler
            #(#checks)*
            #fits
        };
    };
    let whose = text::of(*handler);
    place::outside(&place::label(name, "around", &whose), &items)
}

/// How a function runs.
fn run(around: &Around<'_>, function: &Function<'_>) -> (Ident, TokenStream) {
    let Around {
        runtime,
        name,
        handler,
        ..
    } = around;
    // What is wrong with what comes next is shown there.
    let span = Span::call_site().located_at(function.next.span());
    let next = Ident::new("__highway_next", span);
    let call = quote!(#name(__highway_message, __highway_handler, #next));
    let awaited = awaited(runtime, &call);
    let there = runtime.at(name.span());
    let body = quote! {
        async move {
            let __highway_ended = #runtime::Ended::new(#awaited);
            (&mut &mut &mut { __highway_ended }).__highway_outcome()
        }
    };
    let future =
        quote_spanned!(name.span()=> #there::Entries::<#handler>::RUN.concurrent(move || #body));
    let (method, parameter) = match function.handler {
        HandlerParameter::Connection(_) => ("around_concurrent", quote!(__highway_handler)),
        HandlerParameter::Exclusive(_) | HandlerParameter::Shared(_) => {
            ("around_in_order", quote!(__highway_handler: &mut #handler))
        }
    };
    (
        Ident::new(method, name.span()),
        quote!(|__highway_message, #parameter, __highway_next| #future),
    )
}

/// Is it a handler? No other question asks that. Of a function, what comes next does.
fn check_handler(around: &Around<'_>) -> Option<TokenStream> {
    let handler = around.handler;
    let Kind::Static(_) = around.kind else {
        return None;
    };
    let runtime = around.runtime.at(handler.span());
    let yes = quote_spanned!(handler.span()=> <#handler as #runtime::check::IsHandler>::YES);
    Some(quote!(let () = #yes;))
}

/// Are the routes there, and do they run in order where that is needed?
fn check_patterns(around: &Around<'_>) -> Vec<TokenStream> {
    let Around {
        runtime, handler, ..
    } = around;
    let whose = text::of(*handler);
    let facts = quote!(#runtime::check::Serves::<#handler>::FACTS);
    let no_handler = no_handler(around);
    let in_order = |shown: &TokenStream, route: TokenStream, key: &TokenStream| {
        around.takes_handler().then(|| {
            let check = spans::call(
                shown,
                quote!(#runtime::around::in_order),
                quote!(#whose, #route, #runtime::around::Inside::<#handler, #key>::CONCURRENT),
            );
            quote!(#check;)
        })
    };
    let one = |pattern: &Pattern| match pattern {
        Pattern::Name(name) => {
            let key = name::type_of(name, runtime);
            let there = spans::call(
                name,
                quote!(#runtime::around::there),
                quote!(#whose, #facts, #name, #no_handler || #runtime::around::Inside::<#handler, #key>::THERE),
            );
            let route = format!("route `{}`", name.value());
            let in_order = in_order(&quote!(#name), quote!(#route), &key);
            quote!(#there; #in_order)
        }
        Pattern::Prefix(literal, prefix) => {
            let check = spans::call(
                literal,
                quote!(#runtime::around::prefix),
                quote!(#facts, #prefix),
            );
            quote!(#check;)
        }
        Pattern::Declared(path) => {
            let span = path
                .segments
                .last()
                .map_or_else(|| path.span(), |last| last.ident.span());
            let (items, key) = name::type_of_declared(path, span, runtime);
            let declared = quote!(#runtime::check::Declared::<__HighwayPath>);
            let belongs = spans::call(
                path,
                quote!(#runtime::check::protocol),
                quote! {
                    #facts, #whose, #declared::FACTS, #declared::NAME,
                    #runtime::check::BelongsTo::<#handler, __HighwayPath>::YES
                },
            );
            let there = spans::call(
                path,
                quote!(#runtime::around::there),
                quote! {
                    #whose, #facts, #declared::NAME,
                    #no_handler || #runtime::around::Inside::<#handler, #key>::THERE
                },
            );
            let route = match path.segments.last() {
                Some(last) => format!("route `{}`", last.ident),
                None => "the route".to_owned(),
            };
            let in_order = in_order(&quote!(#path), quote!(#route), &key);
            quote!({ #items #belongs; #there; #in_order })
        }
        Pattern::Pipe(pipe) => {
            let key = quote!(#runtime::check::OnPipe);
            let there = spans::call(
                pipe,
                quote!(#runtime::around::pipe),
                quote! {
                    #whose, #runtime::check::Serves::<#handler>::SERVER,
                    #no_handler || #runtime::around::Inside::<#handler, #key>::THERE
                },
            );
            let in_order = in_order(&quote!(#pipe), quote!("`on(pipe)`"), &key);
            quote!(#there; #in_order)
        }
    };
    around.patterns().iter().map(one).collect()
}

/// What conflicts with each route that takes the connection, where a function takes the handler and is around routes that it does not
/// name one by one.
fn conflicts(around: &Around<'_>) -> Option<TokenStream> {
    let Kind::Function(Function {
        handler: HandlerParameter::Exclusive(handler),
        ..
    }) = around.kind
    else {
        return None;
    };
    let runtime = &around.runtime;
    let span = handler.span();
    let there = runtime.at(span);
    let of = spans::all(span, handler);
    let conflict = |generics: TokenStream, key: TokenStream| {
        quote_spanned! {span=>
            impl<#generics> #there::AroundWithHandlerNeedsRoutesWithHandler<#key, __HighwayAround> for #of {}
        }
    };
    let prefixes = around
        .patterns()
        .iter()
        .filter_map(|pattern| match pattern {
            Pattern::Prefix(literal, _) => Some(literal),
            _ => None,
        });
    let items: Vec<_> = if around.patterns().is_empty() {
        vec![conflict(quote!(__HighwayName), quote!(__HighwayName))]
    } else {
        prefixes
            .filter_map(|literal| {
                let (generics, key) = name::types_with_prefix(literal, runtime)?;
                Some(conflict(generics, key))
            })
            .collect()
    };
    // Two that overlap would conflict with each other.
    Some(quote! {
        #(const _: () = {
            enum __HighwayAround {}
            #items
        };)*
    })
}

/// Is what a function returns an outcome, and can a static be around routes?
fn check_type(around: &Around<'_>) -> TokenStream {
    let Around {
        runtime, handler, ..
    } = around;
    let ty = match around.kind {
        Kind::Function(Function { reply, .. }) => reply,
        Kind::Static(ty) => {
            let (text, whose) = (text::of(ty), text::of(*handler));
            let no_handler = no_handler(around);
            let check = spans::call(
                ty,
                quote!(#runtime::around::fits),
                quote! {
                    #text, #whose,
                    #no_handler || #runtime::Guard::<#ty, #handler>::WITH_HANDLER || #runtime::Guard::<#ty, #handler>::WITH_CONNECTION
                },
            );
            return quote!(#check;);
        }
    };
    let text = text::of(ty);
    let writable = quote!(#runtime::check::Writable::<#ty>);
    let check = spans::call(
        ty,
        quote!(#runtime::around::outcome),
        quote! {
            #text,
            #runtime::around::Ends::<#ty>::OUTCOME,
            !#writable::IS_RESULT || #writable::FAILURE || #writable::ERROR
        },
    );
    quote!(#check;)
}

/// Whether what should be a handler is none, which is said once.
fn no_handler(around: &Around<'_>) -> TokenStream {
    let Around {
        runtime, handler, ..
    } = around;
    quote! {
        #runtime::check::Serves::<#handler>::SERVER && #runtime::check::Serves::<#handler>::CLIENT
    }
}
