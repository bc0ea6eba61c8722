//! What a protocol becomes: a type for each route and one for itself.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Ident, Type, TypeParamBound, ext::IdentExt, spanned::Spanned};

use super::{
    TYPE,
    model::{Protocol, Route},
};
use crate::{docs, name, runtime::Runtime, text};

/// Expands to this (paths shortened), for `mod server { pub async fn say(text: String); }`:
///
/// ```text
/// mod server {
///     pub struct say;
///     pub struct __HighwayProtocol;
///     impl __HighwayProtocol { pub fn served_by<H, By0>(_: PhantomData<H>) where H: Serves<say, By0> {} }
///     const _: () = {
///         impl Protocol for __HighwayProtocol { /* its name, its routes as text, their types */ }
///         // for each route:
///         impl DeclaredRoute for say { type Data = String; type Reply = (); /* … */ }
///         impl Declares<Name<'s', 'a', 'y'>> for __HighwayProtocol { type Route = say; }
///         impl<D: Data<String, say>> CallTo<#protocol, __HighwayData> for say { /* … */ }
///         impl<D: Data<String, say>> RouteTo<#protocol, __HighwayData> for say { /* … */ }
///         impl Answers<()> for say {}
///         impl<T> Streams<T> for say where (): ManyItems<say, T> {}
///     };
/// }
/// ```
pub(crate) fn protocol(
    Protocol {
        runtime,
        module,
        routes,
    }: &Protocol,
) -> TokenStream {
    let syn::ItemMod {
        attrs,
        vis,
        unsafety,
        mod_token,
        ident,
        ..
    } = &module.item;
    let items = &module.items;
    let structs = routes.iter().map(structure);
    let visibility = routes.first().map_or_else(
        || quote!(pub),
        |route| {
            let visibility = &route.visibility;
            quote!(#visibility)
        },
    );
    let name = ident.unraw().to_string();
    let declarations = routes.iter().map(|route| declaration(route, runtime));
    let types = routes.iter().map(|route| types(route, runtime));
    let implementations = routes.iter().map(|route| implementation(route, runtime));
    // How each is served is for the compiler to find out.
    let by = (0..routes.len()).map(|at| format_ident!("__HighwayBy{at}"));
    let served = routes.iter().zip(by.clone()).map(|(route, by)| {
        let function = &route.function;
        let runtime = runtime.at(function.span());
        quote_spanned!(function.span()=> __HighwayHandler: #runtime::Serves<#function, #by>,)
    });
    let protocol = whole();
    let streams = streams(routes, runtime);
    let declarable = routes.iter().flat_map(|route| declarable(route, runtime));
    quote! {
        #(#attrs)*
        #vis #unsafety #mod_token #ident {
            #(#items)*
            #(#structs)*
            #streams

            #[doc(hidden)]
            #[derive(::core::fmt::Debug)]
            #visibility struct #protocol;

            impl #protocol {
                #[doc(hidden)]
                pub fn served_by<__HighwayHandler, #(#by),*>(_: #runtime::PhantomData<__HighwayHandler>) where #(#served)* {}
            }

            const _: () = {
                impl #runtime::Protocol for #protocol {
                    const NAME: &'static #runtime::str = #name;
                    const ROUTES: &'static [#runtime::Declaration] = &[#(#declarations),*];

                    fn types() -> &'static [#runtime::RouteTypes] {
                        use #runtime::traits::*;

                        static __HIGHWAY_TYPES: #runtime::LazyLock<#runtime::Box<[#runtime::RouteTypes]>> =
                            #runtime::LazyLock::new(|| #runtime::Box::new([#(#types),*]));
                        &__HIGHWAY_TYPES
                    }
                }

                #(#implementations)*

                #(#declarable)*
            };
        }
    }
}

/// A use of the streams as they were written, so that what the module imports for them is not called unused; what it does
/// not import is found all the same.
fn streams(routes: &[Route], runtime: &Runtime) -> Option<TokenStream> {
    let data = routes.iter().filter(|route| route.takes.is_some());
    let replies = routes.iter().filter(|route| route.gives.is_some());
    let written: Vec<_> = data
        .filter_map(|route| route.data.as_ref())
        .chain(replies.filter_map(|route| route.reply.as_ref()))
        .map(without_captures)
        .collect();
    let parameters = (0..written.len()).map(|at| format_ident!("__highway_stream_{at}"));
    (!written.is_empty()).then(|| {
        quote! {
            #[allow(unused_imports)]
            use #runtime::names::*;
            const _: () = {
                #[allow(dead_code, clippy::too_many_arguments)]
                fn __highway_streams(#(#parameters: #written),*) {}
            };
        }
    })
}

/// A type as a parameter's: there no `use<…>` may stand.
fn without_captures(ty: &Type) -> Type {
    let mut ty = ty.clone();
    if let Type::ImplTrait(bounds) = &mut ty {
        bounds.bounds = std::mem::take(&mut bounds.bounds)
            .into_iter()
            .filter(|bound| !matches!(bound, TypeParamBound::PreciseCapture(_)))
            .collect();
    }
    ty
}

/// Can each of the route's types be sent and read? It is asked where the type is, so that nobody else has to say so.
fn declarable(route: &Route, runtime: &Runtime) -> Vec<TokenStream> {
    let data = route.takes.as_ref().or(route.data.as_ref());
    let reply = route.gives.as_ref().or(route.reply.as_ref());
    let ask = |ty: &Type| {
        let runtime = runtime.at(ty.span());
        quote_spanned!(ty.span()=> const _: () = #runtime::declarable::<#ty>();)
    };
    let shapes = &route.shapes;
    let shapes = [&shapes.data, &shapes.reply, &shapes.error];
    let shapes = shapes.into_iter().flatten();
    data.into_iter()
        .chain(reply)
        .chain(shapes)
        .map(ask)
        .collect()
}

/// The type that stands for a route.
fn structure(route: &Route) -> TokenStream {
    let Route {
        attributes,
        visibility,
        function,
        ..
    } = route;
    let doc = attributes
        .iter()
        .all(|attribute| !attribute.path().is_ident("doc"))
        .then(|| format!(" The route `{}`.", route.name.value()))
        .into_iter()
        .chain([String::new(), format!(" `{}`", signature(route))]);
    quote! {
        #(#attributes)*
        #(#[doc = #doc])*
        #[allow(non_camel_case_types)]
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy)]
        #visibility struct #function;
    }
}

/// The declaration as it was written.
fn signature(route: &Route) -> String {
    let data = match (&route.parameter, &route.data) {
        (Some(parameter), Some(data)) => format!("{parameter}: {}", text::of(data)),
        _ => String::new(),
    };
    let reply = route
        .reply
        .as_ref()
        .map(|reply| format!(" -> {}", text::of(reply)))
        .unwrap_or_default();
    format!("async fn {}({data}){reply}", route.function)
}

fn text_of(ty: Option<&Type>) -> String {
    ty.map_or_else(|| "()".to_owned(), text::of)
}

fn declaration(route: &Route, runtime: &Runtime) -> TokenStream {
    let name = &route.name;
    let function = route.function.unraw().to_string();
    let data = text_of(route.data.as_ref());
    let reply = text_of(route.reply.as_ref());
    let docs = docs::of(&route.attributes);
    let parameters = &route.parameters;
    let here = route.function.span();
    // Located at the function, as what stands there says where it is.
    let file = quote_spanned!(here=> ::core::file!());
    let line = quote_spanned!(here=> ::core::line!());
    quote! {
        #runtime::Declaration {
            name: #name,
            function: #function,
            data: #data,
            reply: #reply,
            docs: #docs,
            parameters: &[#(#parameters),*],
            file: #file,
            line: #line,
        }
    }
}

/// The route's types, which its data and its reply find out about themselves.
fn types(route: &Route, runtime: &Runtime) -> TokenStream {
    let data = |ty| types_of(ty, runtime);
    let shapes = &route.shapes;
    let data = match (&route.takes, &route.data) {
        (Some(item), _) => {
            let types = data(shapes.data.as_ref().unwrap_or(item));
            quote!(#types.stream())
        }
        (None, Some(whole)) => data(shapes.data.as_ref().unwrap_or(whole)),
        (None, None) => quote!(#runtime::Types::NOTHING),
    };
    let reply = |ty| {
        let given = [("reply", &shapes.reply), ("failure", &shapes.error)];
        let given = given.into_iter().filter_map(|(part, shape)| {
            let types = types_of(shape.as_ref()?, runtime);
            let part = format_ident!("{part}");
            Some(quote!(__highway_types.#part = #types;))
        });
        let given: TokenStream = given.collect();
        let traced = quote!((&&#runtime::TypesOf::<#ty>::new()).__highway_reply_types());
        if given.is_empty() {
            return traced;
        }
        quote!({
            let mut __highway_types = #traced;
            #given
            __highway_types
        })
    };
    let reply = match (&route.gives, &route.reply) {
        (Some(item), _) => {
            let types = reply(item);
            quote!(#types.stream())
        }
        (None, Some(whole)) => reply(whole),
        (None, None) => quote!(#runtime::ReplyTypes::NOTHING),
    };
    let name = &route.name;
    quote!(#runtime::RouteTypes::new(#name, #data, #reply))
}

/// What a type finds out about itself, and each item of a tuple for itself: one can't always be asked what is behind the other.
fn types_of(ty: &Type, runtime: &Runtime) -> TokenStream {
    match ty {
        Type::Tuple(tuple) if !tuple.elems.is_empty() => {
            let items = tuple.elems.iter().map(|item| types_of(item, runtime));
            quote!(#runtime::Types::tuple([#(#items),*]))
        }
        _ => quote!((&#runtime::TypesOf::<#ty>::new()).__highway_types()),
    }
}

/// The type that stands for the whole protocol.
fn whole() -> Ident {
    Ident::new(TYPE, Span::call_site())
}

fn implementation(route: &Route, runtime: &Runtime) -> TokenStream {
    let protocol = whole();
    let function = &route.function;
    let name = &route.name;
    let type_level_name = name::type_of(name, runtime);
    let unit: Type = syn::parse_quote!(());
    let data = match &route.takes {
        Some(item) => quote!(#runtime::Incoming<#item>),
        None => route.data.as_ref().unwrap_or(&unit).to_token_stream(),
    };
    let reply = match &route.gives {
        Some(item) => quote!(#runtime::StreamOf<#item>),
        None => route.reply.as_ref().unwrap_or(&unit).to_token_stream(),
    };
    let outcome = route
        .gives
        .as_ref()
        .map_or_else(|| reply.clone(), ToTokens::to_token_stream);
    // A private type is shown where it stands.
    let shown = |name: &str, written: Option<&Type>, ty: &TokenStream| {
        let span = written.map_or(function.span(), Spanned::span);
        let name = Ident::new(name, span);
        quote_spanned!(span=> type #name = #ty;)
    };
    let data_type = shown("Data", route.data.as_ref(), &data);
    let reply_type = shown("Reply", route.reply.as_ref(), &reply);
    let outcome_type = shown("Outcome", route.reply.as_ref(), &outcome);
    let gives = gives(route, runtime, &reply);
    let takes = takes(route, runtime, &data);
    quote! {
        impl #runtime::DeclaredRoute for #function {
            type Protocol = #protocol;
            #data_type
            #reply_type
            #outcome_type
            type Name = #type_level_name;

            const NAME: &'static #runtime::str = #name;

            fn failure(__highway_outcome: &#outcome) -> #runtime::Option<#runtime::Failure> {
                #[allow(unused_imports)]
                use #runtime::traits::*;

                (&&#runtime::Outcome::<#outcome>::new()).__highway_failure(__highway_outcome)
            }
        }

        impl #runtime::Declares<#type_level_name> for #protocol {
            type Route = #function;
        }

        #takes

        #gives
    }
}

/// What a message and a call of the route take.
fn takes(route: &Route, runtime: &Runtime, data: &TokenStream) -> TokenStream {
    let function = &route.function;
    let name = &route.name;
    let protocol = whole();
    let name_method = quote! {
        fn name(&self) -> &#runtime::str {
            #name
        }
    };
    let encoded = quote!(#runtime::Result<#runtime::u8, #runtime::EncodeError>);
    if let Some(item) = &route.takes {
        quote! {
            impl<__HighwayItems> #runtime::CallTo<#protocol, __HighwayItems> for #function
            where
                __HighwayItems: #runtime::DataStream<#item, #function>,
            {
                #name_method

                fn encode(
                    &self,
                    _: &__HighwayItems,
                    _: #runtime::Dialect,
                    _: &mut #runtime::Vec<#runtime::u8>,
                ) -> #encoded {
                    #runtime::Ok(#runtime::STREAM_CODE)
                }

                fn items(__highway_items: __HighwayItems) -> #runtime::Option<#runtime::BoxSource> {
                    #[allow(unused_imports)]
                    use #runtime::traits::*;

                    #runtime::Some(#runtime::Writes::<#item, #function>::new().__highway_source(__highway_items))
                }
            }

            impl<__HighwayData> #runtime::RouteTo<#protocol, __HighwayData> for #function
            where
                #data: #runtime::OneMessage<#function, __HighwayData>,
            {
                #name_method

                fn encode(
                    &self,
                    __highway_data: &__HighwayData,
                    __highway_dialect: #runtime::Dialect,
                    __highway_out: &mut #runtime::Vec<#runtime::u8>,
                ) -> #encoded {
                    <#data as #runtime::OneMessage<#function, __HighwayData>>::encode(__highway_data, __highway_dialect, __highway_out)
                }
            }
        }
    } else {
        let methods = quote! {
            #name_method

            fn encode(
                &self,
                __highway_data: &__HighwayData,
                __highway_dialect: #runtime::Dialect,
                __highway_out: &mut #runtime::Vec<#runtime::u8>,
            ) -> #encoded {
                #[allow(unused_imports)]
                use #runtime::traits::*;

                #runtime::Writes::<#data, #function>::new().__highway_encode(__highway_data, __highway_dialect, __highway_out)
            }
        };
        quote! {
            impl<__HighwayData: #runtime::Data<#data, #function>> #runtime::CallTo<#protocol, __HighwayData> for #function {
                #methods
            }

            impl<__HighwayData: #runtime::Data<#data, #function>> #runtime::RouteTo<#protocol, __HighwayData> for #function {
                #methods
            }
        }
    }
}

/// What a call and a stream of the route give.
fn gives(route: &Route, runtime: &Runtime, reply: &TokenStream) -> TokenStream {
    let function = &route.function;
    let outcome = route
        .gives
        .as_ref()
        .map_or_else(|| reply.clone(), ToTokens::to_token_stream);
    let reads = quote! {
        fn reads() -> #runtime::Reads<#outcome> {
            #[allow(unused_imports)]
            use #runtime::traits::*;

            (&&#runtime::Outcome::<#outcome>::new()).__highway_reads()
        }
    };
    if let Some(item) = &route.gives {
        quote! {
            impl #runtime::Streams<#item> for #function {
                #reads
            }

            impl<__HighwayReply> #runtime::Answers<__HighwayReply> for #function
            where
                #reply: #runtime::OneValue<#function, __HighwayReply>,
            {
                fn reads() -> #runtime::Reads<__HighwayReply> {
                    <#reply as #runtime::OneValue<#function, __HighwayReply>>::reads()
                }
            }
        }
    } else {
        quote! {
            impl #runtime::Answers<#reply> for #function {
                #reads
            }

            impl<__HighwayItem> #runtime::Streams<__HighwayItem> for #function
            where
                #reply: #runtime::ManyItems<#function, __HighwayItem>,
            {
                fn reads() -> #runtime::Reads<__HighwayItem> {
                    <#reply as #runtime::ManyItems<#function, __HighwayItem>>::reads()
                }
            }
        }
    }
}
