//! What a handler becomes: the struct with its connection, its registry, the ways to start it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Ident, Item, Path, spanned::Spanned};

use super::{
    model::{Handler, HandlerField},
    parse::{Arguments, Side},
};
use crate::runtime::Runtime;

/// Expands to this (paths shortened), for `#[highway::server(peer = client)] struct Chat { name: String }`:
///
/// ```text
/// struct Chat { name: String, __highway_connection: Connection<Chat> }
/// const _: () = {
///     pub struct __HighwayEntry { item: Item<Chat> }
///     pub struct __HighwayRegister; // makes entries of items
///     inventory::collect!(__HighwayEntry);
///     // impl Entry for __HighwayEntry, impl Deref, DerefMut, IsHandler and Endpoint for Chat
///     impl Handler for Chat { type Entry = __HighwayEntry; /* … */ }
///     impl Chat { fn server() -> Server<Chat> { Server::new().state(()) } /* and describe() */ }
/// };
/// ```
pub(crate) fn handler(handler: &Handler) -> TokenStream {
    let Handler {
        runtime, arguments, ..
    } = handler;
    let ident = &handler.item.ident;
    let item = item(handler);
    let values = handler.fields.iter().map(|field| value(field, runtime));
    let implementation = implementation(
        arguments,
        runtime,
        ident,
        &quote!(&self.__highway_connection),
        &quote!(&mut self.__highway_connection),
        &quote!(Self { #(#values,)* __highway_connection }),
    );
    let starts = starts(handler);
    let served = arguments.serves.as_ref().map(|serves| {
        let protocol = protocol(serves);
        let ident = located(ident, serves.span());
        let runtime = runtime.at(serves.span());
        quote_spanned!(serves.span()=> const _: fn() = || <#protocol>::served_by(#runtime::PhantomData::<#ident>);)
    });
    let main = main(handler);
    quote! {
        #item
        const _: () = {
            #implementation
            #starts
            #served
        };
        #main
    }
}

/// What keeps an item that can be no handler from being the cause of further errors.
pub(crate) fn stand_in(arguments: &Arguments, item: &Item) -> Option<TokenStream> {
    let (ident, generics) = match item {
        Item::Struct(item) => (&item.ident, &item.generics),
        Item::Enum(item) => (&item.ident, &item.generics),
        Item::Union(item) => (&item.ident, &item.generics),
        _ => return None,
    };
    if !generics.params.is_empty() {
        return None;
    }
    let runtime = Runtime::new(arguments.root.clone());
    let never = quote!(loop {});
    let implementation = implementation(arguments, &runtime, ident, &never, &never, &never);
    Some(quote!(const _: () = { #implementation };))
}

/// The struct, with a field for the connection.
fn item(handler: &Handler) -> TokenStream {
    let runtime = &handler.runtime;
    let syn::ItemStruct {
        attrs, vis, ident, ..
    } = &handler.item;
    let fields = handler.fields.iter().map(|field| &field.field);
    quote! {
        #(#attrs)*
        #vis struct #ident {
            #(#fields,)*
            #[doc(hidden)]
            __highway_connection: #runtime::Connection<#ident>,
        }
    }
}

/// What a field starts with.
fn value(field: &HandlerField, runtime: &Runtime) -> TokenStream {
    let name = &field.name;
    let ty = &field.field.ty;
    let cfgs = field
        .field
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"));
    let value = field.default.as_ref().map_or_else(
        || quote_spanned!(ty.span()=> <#ty as #runtime::Default>::default()),
        ToTokens::to_token_stream,
    );
    quote!(#(#cfgs)* #name: #value)
}

/// The traits of a handler, and its type of registry entries.
fn implementation(
    arguments: &Arguments,
    runtime: &Runtime,
    ident: &Ident,
    deref: &TokenStream,
    deref_mut: &TokenStream,
    new: &TokenStream,
) -> TokenStream {
    let name = ident.to_string();
    let side = match arguments.side {
        Side::Server => quote!(ServerSide),
        Side::Client => quote!(ClientSide),
    };
    let state = arguments.state.as_ref().map_or_else(
        || {
            quote!(
                type State = ();
            )
        },
        |state| quote_spanned!(state.span()=> type State = #state;),
    );
    let pipe = arguments.pipe.as_ref();
    let take_pipe = pipe.map(|pipe| {
        let runtime_there = runtime.at(pipe.span());
        quote_spanned! {pipe.span()=>
            const TAKE_PIPE: #runtime_there::Option<#runtime_there::TakePipe<Self>> =
                #runtime_there::Some(#runtime_there::take_pipe::<Self>);

            fn check() {
                #runtime_there::check_pipes::<Self>();
            }
        }
    });
    let pipes = pipe.map(|pipe| {
        let runtime_there = runtime.at(pipe.span());
        let ident = located(ident, pipe.span());
        quote_spanned! {pipe.span()=>
            impl #runtime_there::Pipes for #ident {
                type Handler = #pipe;
            }
        }
    });
    let [serves, peer] = [&arguments.serves, &arguments.peer].map(|path| {
        path.as_ref()
            .map_or_else(|| quote!(#runtime::Undeclared), protocol)
    });
    quote! {
        #[doc(hidden)]
        pub struct __HighwayEntry {
            item: #runtime::Item<#ident>,
        }

        #[doc(hidden)]
        pub struct __HighwayRegister;

        impl __HighwayRegister {
            pub const fn entry(self, __highway_item: #runtime::Item<#ident>) -> __HighwayEntry {
                __HighwayEntry { item: __highway_item }
            }
        }

        #runtime::inventory::collect!(__HighwayEntry);

        impl #runtime::Entry<#ident> for __HighwayEntry {
            fn item(&self) -> &#runtime::Item<#ident> {
                &self.item
            }
        }

        impl #runtime::Deref for #ident {
            type Target = #runtime::Connection<#ident>;

            fn deref(&self) -> &#runtime::Connection<#ident> {
                #deref
            }
        }

        impl #runtime::DerefMut for #ident {
            fn deref_mut(&mut self) -> &mut #runtime::Connection<#ident> {
                #deref_mut
            }
        }

        impl #runtime::check::IsHandler for #ident {}

        impl #runtime::Endpoint for #ident {
            type Side = #runtime::#side;
            #state
            type Serves = #serves;
            type Peer = #peer;

            const NAME: &'static #runtime::str = #name;
        }

        impl #runtime::Handler for #ident {
            type Entry = __HighwayEntry;
            type Register = __HighwayRegister;

            const REGISTER: __HighwayRegister = __HighwayRegister;

            #take_pipe

            fn new(__highway_connection: #runtime::Connection<Self>) -> Self {
                #new
            }

            fn registry() -> &'static #runtime::Registry<Self> {
                static __HIGHWAY_REGISTRY: #runtime::LazyLock<#runtime::Registry<#ident>> =
                    #runtime::LazyLock::new(#runtime::Registry::collect);
                &__HIGHWAY_REGISTRY
            }

            fn contract() -> &'static #runtime::Contract {
                static __HIGHWAY_CONTRACT: #runtime::LazyLock<#runtime::Contract> =
                    #runtime::LazyLock::new(#runtime::contract::<#ident>);
                &__HIGHWAY_CONTRACT
            }
        }

        #pipes
    }
}

/// The type of a protocol's module.
fn protocol(module: &Path) -> TokenStream {
    let mut path = module.clone();
    let span = path
        .segments
        .last()
        .map_or_else(|| path.span(), |last| last.ident.span());
    path.segments
        .push(Ident::new(crate::protocol::TYPE, span).into());
    path.to_token_stream()
}

/// A name that resolves where it was, and is underlined elsewhere.
fn located(ident: &Ident, span: Span) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(ident.span().located_at(span));
    ident
}

/// `Chat::server()`; `Me::client()` and `Me::connect(url)`.
fn starts(handler: &Handler) -> TokenStream {
    let Handler {
        runtime,
        arguments,
        item,
        ..
    } = handler;
    let syn::ItemStruct { vis, ident, .. } = item;
    let (builder, function) = match arguments.side {
        Side::Server => (quote!(#runtime::Server), format_ident!("server")),
        Side::Client => (quote!(#runtime::Client), format_ident!("client")),
    };
    let doc = format!(
        " A {function} whose connections have [`{ident}`] as their handler, to be configured and started."
    );
    let start = if arguments.state.is_some() {
        quote! {
            #[doc = #doc]
            ///
            /// It wants its state first: `state(…)`.
            #vis fn #function() -> #builder<#ident, #runtime::NoState> {
                #builder::<#ident, #runtime::NoState>::new()
            }
        }
    } else {
        quote! {
            #[doc = #doc]
            #vis fn #function() -> #builder<#ident> {
                #builder::<#ident, #runtime::NoState>::new().state(())
            }
        }
    };
    let connect = (arguments.side == Side::Client).then(|| {
        if arguments.state.is_some() {
            return quote! {
                /// Wants the state first.
                #[doc(hidden)]
                #vis fn connect<__HighwayUrl>(
                    _: __HighwayUrl,
                ) -> #runtime::Ready<#runtime::Result<#runtime::Connection<#ident>, #runtime::Error>>
                where
                    #ident: #runtime::ConnectsWithoutState<__HighwayUrl>,
                {
                    <#ident as #runtime::ConnectsWithoutState<__HighwayUrl>>::never()
                }
            };
        }
        quote! {
            /// Connects to a server and returns the connection once both sides have exchanged their routes.
            ///
            /// # Errors
            /// When the server can't be reached or the handshake fails.
            #vis async fn connect(
                __highway_url: &#runtime::str,
            ) -> #runtime::Result<#runtime::Connection<#ident>, #runtime::Error> {
                Self::client().connect(__highway_url).await
            }
        }
    });
    // A handler may well be called `Server` or `Client`.
    quote! {
        #[allow(dead_code, clippy::self_named_constructors)]
        impl #ident {
            #start
            #connect

            /// What others may want to know of the routes of both sides: see `highway::description`.
            #vis fn describe() -> #runtime::Description {
                #runtime::describe::<#ident>()
            }
        }
    }
}

/// The function `main`, where the attribute asks for it.
fn main(handler: &Handler) -> Option<TokenStream> {
    let Handler {
        runtime, arguments, ..
    } = handler;
    let main = arguments.main.as_ref()?;
    // What can be wrong is the state, which `main` makes itself.
    let span = arguments.state.as_ref().map_or(main.span(), Spanned::span);
    let ident = located(&handler.item.ident, span);
    let program = Ident::new(arguments.side.name(), main.span());
    let address = arguments.address.as_ref().map_or_else(
        || quote!(#runtime::None),
        |(_, address)| quote!(#runtime::Some(#address)),
    );
    let runtime_there = runtime.at(span);
    let call = quote_spanned!(span=> #runtime_there::program::#program::<#ident>(#address));
    Some(quote! {
        fn #main() -> #runtime::ExitCode {
            #call
        }
    })
}
