//! What a protocol becomes: a type for each route and one for itself.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Type, ext::IdentExt};

use super::model::{Protocol, Route};
use crate::{name, runtime::Runtime, text};

/// Expands to this (paths shortened), for `mod server { pub async fn say(text: String); }`:
///
/// ```text
/// mod server {
///     pub struct say;
///     pub struct Protocol;
///     impl Protocol { pub fn served_by<H>() where H: Serves<say> {} }
///     const _: () = {
///         impl protocol::Protocol for Protocol { /* its name, its routes as text, their types */ }
///         // for each route:
///         impl DeclaredRoute for say { type Data = String; type Reply = (); /* … */ }
///         impl Declares<Name<'s', 'a', 'y'>> for Protocol { type Route = say; }
///         impl<D: Data<String, say>> CallTo<Protocol, D> for say { /* … */ }
///         impl<D: Data<String, say>> RouteTo<Protocol, D> for say { /* … */ }
///         impl Answers<()> for say {}
///         impl<T> Streams<T> for say where (): ManyItems<say, T> {}
///     };
/// }
/// ```
pub(crate) fn protocol(protocol: &Protocol) -> TokenStream {
    let Protocol {
        runtime,
        module,
        routes,
    } = protocol;
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
    let served = routes.iter().map(|route| {
        let function = &route.function;
        let runtime = runtime.at(function.span());
        quote_spanned!(function.span()=> H: #runtime::Serves<#function>,)
    });
    let doc = format!(
        " The routes of this module, as a type: `serves = {name}` and `peer = {name}` stand for it."
    );
    quote! {
        #(#attrs)*
        #vis #unsafety #mod_token #ident {
            #(#items)*
            #(#structs)*

            #[doc = #doc]
            #[derive(::core::fmt::Debug)]
            #visibility struct Protocol;

            impl Protocol {
                #[doc(hidden)]
                pub fn served_by<H>() where #(#served)* {}
            }

            const _: () = {
                impl #runtime::Protocol for Protocol {
                    const NAME: &'static #runtime::str = #name;
                    const ROUTES: &'static [#runtime::Declaration] = &[#(#declarations),*];

                    fn types() -> &'static [#runtime::RouteTypes] {
                        use #runtime::traits::*;

                        static TYPES: #runtime::LazyLock<#runtime::Box<[#runtime::RouteTypes]>> =
                            #runtime::LazyLock::new(|| #runtime::Box::new([#(#types),*]));
                        &TYPES
                    }
                }

                #(#implementations)*
            };
        }
    }
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
    quote! {
        #runtime::Declaration { name: #name, function: #function, data: #data, reply: #reply }
    }
}

/// The route's types, which its data and its reply find out about themselves.
fn types(route: &Route, runtime: &Runtime) -> TokenStream {
    let of = |item: Option<&Type>, whole: Option<&Type>| {
        let types = |ty| quote!((&&#runtime::TypesOf::<#ty>::new()).types());
        match (item, whole) {
            (Some(item), _) => {
                let types = types(item);
                quote!(#types.stream())
            }
            (None, Some(whole)) => types(whole),
            (None, None) => quote!(#runtime::Types::NOTHING),
        }
    };
    let name = &route.name;
    let data = of(route.takes.as_ref(), route.data.as_ref());
    let reply = of(route.gives.as_ref(), route.reply.as_ref());
    quote! {
        #runtime::RouteTypes { name: #name, data: #data, reply: #reply }
    }
}

fn implementation(route: &Route, runtime: &Runtime) -> TokenStream {
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
    let gives = gives(route, runtime, &reply);
    let name_method = quote! {
        fn name(&self) -> &#runtime::str {
            #name
        }
    };
    let encoded = quote!(#runtime::Result<#runtime::u8, #runtime::EncodeError>);
    let takes = if let Some(item) = &route.takes {
        quote! {
            impl<S> #runtime::CallTo<Protocol, S> for #function
            where
                S: #runtime::DataStream<#item, #function, Item: #runtime::DataItem<#function>>,
            {
                #name_method

                fn encode(
                    &self,
                    _: &S,
                    _: #runtime::Dialect,
                    _: &mut #runtime::Vec<#runtime::u8>,
                ) -> #encoded {
                    #runtime::Ok(#runtime::STREAM_CODE)
                }

                fn items(items: S) -> #runtime::Option<#runtime::BoxSource> {
                    #runtime::Some(#runtime::DataStream::<#item, #function>::source(items))
                }
            }

            impl<D> #runtime::RouteTo<Protocol, D> for #function
            where
                #data: #runtime::OneMessage<#function, D>,
            {
                #name_method

                fn encode(
                    &self,
                    data: &D,
                    dialect: #runtime::Dialect,
                    out: &mut #runtime::Vec<#runtime::u8>,
                ) -> #encoded {
                    <#data as #runtime::OneMessage<#function, D>>::encode(data, dialect, out)
                }
            }
        }
    } else {
        let methods = quote! {
            #name_method

            fn encode(
                &self,
                data: &D,
                dialect: #runtime::Dialect,
                out: &mut #runtime::Vec<#runtime::u8>,
            ) -> #encoded {
                #runtime::Data::<#data, #function>::encode(data, dialect, out)
            }
        };
        quote! {
            impl<D: #runtime::Data<#data, #function>> #runtime::CallTo<Protocol, D> for #function {
                #methods
            }

            impl<D: #runtime::Data<#data, #function>> #runtime::RouteTo<Protocol, D> for #function {
                #methods
            }
        }
    };
    quote! {
        impl #runtime::DeclaredRoute for #function {
            type Protocol = Protocol;
            type Data = #data;
            type Reply = #reply;
            type Name = #type_level_name;

            const NAME: &'static #runtime::str = #name;
        }

        impl #runtime::Declares<#type_level_name> for Protocol {
            type Route = #function;
        }

        #takes

        #gives
    }
}

/// What a call and a stream of the route give.
fn gives(route: &Route, runtime: &Runtime, reply: &TokenStream) -> TokenStream {
    let function = &route.function;
    if let Some(item) = &route.gives {
        quote! {
            impl #runtime::Streams<#item> for #function {}

            impl<T> #runtime::Answers<T> for #function
            where
                #reply: #runtime::OneValue<#function, T>,
            {}
        }
    } else {
        quote! {
            impl #runtime::Answers<#reply> for #function {}

            impl<T> #runtime::Streams<T> for #function
            where
                #reply: #runtime::ManyItems<#function, T>,
            {}
        }
    }
}
