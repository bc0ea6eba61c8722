//! The functions that `#[highway::route]` and `#[highway::on]` stand on: what both have in common.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, FnArg, GenericArgument, Ident, PatType, PathArguments, ReturnType, Safety,
    Signature, Type, TypeParamBound, Visibility, parse::Parse, parse::ParseStream,
    spanned::Spanned, visit_mut::VisitMut,
};

use crate::{diagnostics::Errors, runtime::Runtime};

/// A function; its body stays as it came, so that a half-typed one is the compiler's to complain about.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    visibility: Visibility,
    pub(crate) signature: Signature,
    body: Group,
}

/// Awaits a call of the function. Pinned in its place at once: a function with large locals has a future that is large too, and each
/// move of it takes as much of the stack.
pub(crate) fn awaited(runtime: &impl ToTokens, call: &TokenStream) -> TokenStream {
    quote!(#runtime::pin!(#call).await)
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let signature = input.parse()?;
        match input.parse()? {
            TokenTree::Group(body) => Ok(Self {
                attributes,
                visibility,
                signature,
                body,
            }),
            other => Err(syn::Error::new_spanned(other, "expected a function's body")),
        }
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for attribute in &self.attributes {
            attribute.to_tokens(tokens);
        }
        // The signature is what the route needs, not what the body does.
        tokens.extend(quote! {
            #[allow(
                clippy::unused_async,
                clippy::needless_pass_by_value,
                clippy::needless_pass_by_ref_mut,
                clippy::trivially_copy_pass_by_ref
            )]
        });
        self.visibility.to_tokens(tokens);
        self.signature.to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}

impl Function {
    /// The parameters' types, without receivers.
    pub(crate) fn types(&self) -> Vec<&Type> {
        self.signature
            .inputs
            .iter()
            .filter_map(|input| match input {
                FnArg::Typed(PatType { ty, .. }) => Some(bare(ty)),
                FnArg::Receiver(_) => None,
            })
            .collect()
    }

    /// The type that it returns; `None` when it says nothing.
    pub(crate) fn reply(&self) -> Option<&Type> {
        match &self.signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(bare(ty)),
        }
    }

    /// Refuses what neither a route nor a hook can be; `what` is the word for it.
    pub(crate) fn check(&self, what: &str, errors: &mut Errors) {
        let signature = &self.signature;
        if signature.asyncness.is_none() {
            errors.at(
                signature.fn_token,
                format!(
                    "a {what} is an async function: `async fn {}`",
                    signature.ident
                ),
            );
        }
        if let Some(constness) = &signature.constness {
            errors.at(constness, format!("a {what} can't be `const`"));
        }
        if let Safety::Unsafe(token) = &signature.safety {
            errors.at(token, format!("a {what} can't be `unsafe`"));
        }
        if let Some(abi) = &signature.abi {
            errors.at(abi, format!("a {what} can't be `extern`"));
        }
        if let Some(variadic) = &signature.variadic {
            errors.at(variadic, format!("a {what} can't be variadic"));
        }
        if let Some(receiver) = signature.receiver() {
            errors.at(
                receiver,
                format!("a {what} is a free function: the handler is a parameter such as `chat: &mut Chat`"),
            );
        }
        if !signature.generics.params.is_empty() {
            errors.at(
                &signature.generics.params,
                format!("a {what} can't be generic: its types and lifetimes are fixed when it is registered"),
            );
        } else if let Some(clause) = &signature.generics.where_clause {
            errors.at(clause, format!("a {what} can't have a `where` clause"));
        }
        for input in &signature.inputs {
            if let FnArg::Typed(PatType { ty, .. }) = input
                && let Some(found) = find_impl(ty)
            {
                errors.at(
                    found,
                    format!("a {what} can't be generic: write the type instead of `impl …`"),
                );
            }
        }
    }
}

/// The form in which a function takes its handler.
#[derive(Clone, Copy)]
pub(crate) enum HandlerParameter<'a> {
    /// `&mut Chat`
    Exclusive(&'a Type),
    /// `&Chat`
    Shared(&'a Type),
    /// `Connection<Chat>`
    Connection(&'a Type),
}

impl<'a> HandlerParameter<'a> {
    /// What a type would be as the handler's parameter.
    pub(crate) fn of(ty: &'a Type) -> Option<Self> {
        if let Type::Reference(reference) = ty {
            let inner = bare(&reference.elem);
            return Some(match reference.mutability {
                Some(_) => Self::Exclusive(inner),
                None => Self::Shared(inner),
            });
        }
        argument(ty, "Connection").map(Self::Connection)
    }

    /// Refuses `&mut Connection<Chat>`, which is a handle, and says so.
    pub(crate) fn refuse_borrowed_connection(&self, errors: &mut Errors) -> bool {
        let (Self::Exclusive(ty) | Self::Shared(ty)) = self else {
            return false;
        };
        let Some(handler) = argument(ty, "Connection") else {
            return false;
        };
        let handler = crate::text::of(handler);
        errors.at(
            ty,
            format!(
                "a connection is taken by value: `{0}`; or take its handler, `&mut {handler}`",
                crate::text::of(ty)
            ),
        );
        true
    }

    /// The handler.
    pub(crate) fn ty(&self) -> &'a Type {
        match self {
            Self::Exclusive(ty) | Self::Shared(ty) | Self::Connection(ty) => ty,
        }
    }
}

/// The only type argument of a path that ends with `name`.
pub(crate) fn argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match (
        last.ident == name,
        arguments.args.len(),
        arguments.args.first(),
    ) {
        (true, 1, Some(GenericArgument::Type(ty))) => Some(bare(ty)),
        _ => None,
    }
}

/// Whether a path ends with `name`.
pub(crate) fn ends_with(ty: &Type, name: &str) -> bool {
    match bare(ty) {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == name),
        _ => false,
    }
}

/// A type without parentheses and without the invisible ones of `macro_rules!`.
pub(crate) fn bare(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        };
    }
}

/// The first `impl` in a type.
pub(crate) fn find_impl(ty: &Type) -> Option<Ident> {
    fn find(tokens: TokenStream) -> Option<Ident> {
        tokens.into_iter().find_map(|token| match token {
            TokenTree::Ident(ident) if ident == "impl" => Some(ident),
            TokenTree::Group(group) => find(group.stream()),
            _ => None,
        })
    }

    find(ty.to_token_stream())
}

/// A type in which each `impl Stream<Item = T>` has a name: that under which a protocol has it.
///
/// What other `impl …` it may have stays.
pub(crate) fn nameable(ty: &Type, runtime: &Runtime) -> Type {
    struct Namer<'a>(&'a Runtime);

    impl VisitMut for Namer<'_> {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            syn::visit_mut::visit_type_mut(self, ty);
            if let Some(item) = stream_item(ty) {
                let runtime = self.0.at(ty.span());
                *ty = syn::parse_quote_spanned!(ty.span()=> #runtime::StreamOf<#item>);
            }
        }
    }

    let mut ty = ty.clone();
    Namer(runtime).visit_type_mut(&mut ty);
    ty
}

/// The `T` of an `impl Stream<Item = T>`.
pub(crate) fn stream_item(ty: &Type) -> Option<&Type> {
    let Type::ImplTrait(bounds) = bare(ty) else {
        return None;
    };
    bounds.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        let last = bound.path.segments.last()?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else {
            return None;
        };
        (last.ident == "Stream").then_some(())?;
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(item) if item.ident == "Item" => Some(&item.ty),
            _ => None,
        })
    })
}

/// The `impl Stream<Item = T>` that a type is or has as an argument, such as a `Result` of one.
pub(crate) fn find_stream(ty: &Type) -> Option<&Type> {
    let ty = bare(ty);
    if stream_item(ty).is_some() {
        return Some(ty);
    }
    let Type::Path(path) = ty else {
        return None;
    };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => find_stream(ty),
        _ => None,
    })
}

/// Whether an `impl` says that it borrows nothing: `use<>`.
pub(crate) fn is_captureless(ty: &Type) -> bool {
    fn find(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == "use",
            TokenTree::Group(group) => find(group.stream()),
            _ => false,
        })
    }

    find(ty.to_token_stream())
}
