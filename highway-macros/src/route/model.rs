//! A route as the signature of its function tells it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, Type};

use super::parse::{Arguments, Target};
use crate::{
    diagnostics::Errors,
    docs,
    function::{Function, HandlerParameter, argument, bare, ends_with},
    runtime::Runtime,
    text,
};

/// A route.
pub(crate) struct Route<'a> {
    pub(crate) runtime: Runtime,
    pub(crate) target: &'a Target,
    pub(crate) function: &'a Ident,
    pub(crate) data: Option<&'a Type>,
    pub(crate) handler: Handler<'a>,
    pub(crate) reply: Option<&'a Type>,
    /// What its documentation says.
    pub(crate) docs: String,
}

/// The handler that a route belongs to.
pub(crate) enum Handler<'a> {
    /// The function takes it.
    Parameter(HandlerParameter<'a>),
    /// The option `on` says it.
    Option(&'a Type),
}

impl<'a> Handler<'a> {
    /// Its type.
    pub(crate) fn ty(&self) -> &'a Type {
        match self {
            Self::Parameter(parameter) => parameter.ty(),
            Self::Option(ty) => ty,
        }
    }
}

impl<'a> Route<'a> {
    /// Tells data from handler; `None` when that is impossible, for which there is an error then.
    pub(crate) fn new(
        arguments: &'a Arguments,
        function: &'a Function,
        errors: &mut Errors,
    ) -> Option<Self> {
        let (data, handler) = parameters(arguments, function, errors)?;
        Some(Self {
            runtime: Runtime::new(arguments.root.clone()),
            target: arguments.route.as_ref()?,
            function: &function.signature.ident,
            data,
            handler,
            reply: function.reply(),
            docs: docs::of(&function.attributes),
        })
    }

    /// What of its parameters it borrows, in words.
    pub(crate) fn borrows(&self) -> Option<&'static str> {
        match (&self.handler, self.data) {
            (
                Handler::Parameter(HandlerParameter::Exclusive(_) | HandlerParameter::Shared(_)),
                _,
            ) => Some("the handler"),
            (_, Some(Type::Reference(_))) => Some("the data"),
            _ => None,
        }
    }

    /// Its name, as an expression.
    pub(crate) fn name(&self) -> TokenStream {
        let runtime = &self.runtime;
        match self.target {
            Target::Name(name) => quote!(#name),
            Target::Declared(_) => quote!(#runtime::check::Declared::<__HighwayPath>::NAME),
        }
    }
}

/// The handler that a function with a mistake is most probably for.
pub(crate) fn meant<'a>(arguments: &'a Arguments, function: &'a Function) -> Option<&'a Type> {
    // A method's handler is `Self`.
    function.signature.receiver().is_none().then_some(())?;
    let types = function.types();
    let by_parameter = || {
        let handlers = types.iter().rev().copied().filter_map(HandlerParameter::of);
        let (shared, others): (Vec<_>, Vec<_>) =
            handlers.partition(|handler| matches!(handler, HandlerParameter::Shared(_)));
        let handler = others.into_iter().chain(shared).next()?.ty();
        Some(argument(handler, "Connection").unwrap_or(handler))
    };
    let handler = arguments.on.as_ref().or_else(by_parameter)?;
    // What is borrowed, or no path, is data.
    matches!(bare(handler), Type::Path(_)).then_some(handler)
}

/// Data first, handler second; either may be missing.
fn parameters<'a>(
    arguments: &'a Arguments,
    function: &'a Function,
    errors: &mut Errors,
) -> Option<(Option<&'a Type>, Handler<'a>)> {
    let types = function.types();
    let (data, handler) = match *types.as_slice() {
        [] => (None, None),
        // A sole `&T` is data that is read from the message.
        [only] => match HandlerParameter::of(only) {
            None | Some(HandlerParameter::Shared(_)) => (Some(only), None),
            handler => (None, handler),
        },
        [data, handler] => {
            if let Some(HandlerParameter::Exclusive(_) | HandlerParameter::Connection(_)) =
                HandlerParameter::of(data)
            {
                errors.at(data, "the data comes first and the handler second");
                return None;
            }
            let Some(parameter) = HandlerParameter::of(handler) else {
                let name = text::of(handler);
                errors.at(
                    handler,
                    format!("the second parameter is the handler: `&mut {name}`, or `highway::Connection<{name}>` for a route that runs concurrently"),
                );
                return None;
            };
            (Some(data), Some(parameter))
        }
        [_, _, ref more @ ..] => {
            let inputs = function
                .signature
                .inputs
                .iter()
                .skip(function.signature.inputs.len() - more.len());
            errors.at(
                quote!(#(#inputs),*),
                "too many parameters: a route takes its data, which can be a tuple or a struct, and its handler",
            );
            return None;
        }
    };
    if let Some(parameter) = &handler
        && parameter.refuse_borrowed_connection(errors)
    {
        return None;
    }
    let handler = match (handler, &arguments.on) {
        (Some(_), Some(on)) => {
            errors.at(
                on,
                "the function's parameter says whose route it is already: leave `on = …` out",
            );
            return None;
        }
        (Some(handler), None) => Handler::Parameter(handler),
        (None, Some(on)) => Handler::Option(on),
        (None, None) => {
            // A receiver would have been the handler, and an option that was not understood may have been it.
            if function.signature.receiver().is_none() && arguments.complete {
                match data.and_then(sole_reference) {
                    Some((reference, name)) => errors.at(
                        reference,
                        format!("alone, `&{name}` is data, and a route has a handler: if `{name}` is the handler, take `&mut {name}`, or `highway::Connection<{name}>` for a route that runs concurrently; if it is data, add `on = Chat` to the attribute"),
                    ),
                    None => errors.at(
                        &function.signature.ident,
                        "whose route is it? add a parameter such as `chat: &mut Chat`, or `on = Chat` to the attribute",
                    ),
                }
            }
            return None;
        }
    };
    Some((data, handler))
}

/// A sole `&Chat`, which may be meant as the handler, and its name; a `&str` is data.
fn sole_reference(ty: &Type) -> Option<(&Type, String)> {
    let Some(HandlerParameter::Shared(referenced @ Type::Path(_))) = HandlerParameter::of(ty)
    else {
        return None;
    };
    (!ends_with(referenced, "str")).then(|| (ty, text::of(referenced)))
}
