//! What runs around routes, as the signature of its function or the type of its static tells it.

use quote::quote;
use syn::{
    FnArg, GenericArgument, Ident, ItemStatic, PathArguments, StaticMutability, Type, TypeReference,
};

use super::parse::{Arguments, Pattern};
use crate::{
    diagnostics::Errors,
    function::{self, HandlerParameter, argument, bare, ends_with, find_impl},
    runtime::Runtime,
    text,
};

/// Something around routes.
pub(crate) struct Around<'a> {
    pub(crate) runtime: Runtime,
    pub(crate) arguments: &'a Arguments,
    pub(crate) name: &'a Ident,
    pub(crate) handler: &'a Type,
    pub(crate) kind: Kind<'a>,
}

/// What it is.
pub(crate) enum Kind<'a> {
    /// A function.
    Function(Function<'a>),
    /// A static of this type.
    Static(&'a Type),
}

/// A function around routes.
#[derive(Clone, Copy)]
pub(crate) struct Function<'a> {
    /// The form in which it takes the handler.
    pub(crate) handler: HandlerParameter<'a>,
    /// The parameter for what comes next.
    pub(crate) next: &'a Type,
    /// What it returns.
    pub(crate) reply: &'a Type,
}

/// How a function around routes looks.
const SIGNATURE: &str = "(message: &mut highway::Message, chat: &mut Chat, next: highway::Next<'_, Chat>) -> highway::Outcome";

impl<'a> Around<'a> {
    /// Finds the handler; `None` when that is impossible, for which there is an error then.
    pub(crate) fn of_function(
        arguments: &'a Arguments,
        function: &'a function::Function,
        errors: &mut Errors,
    ) -> Option<Self> {
        let name = &function.signature.ident;
        if function.signature.receiver().is_some() {
            return None;
        }
        let (handler, next) = parameters(function, errors)?;
        if let Some(on) = &arguments.on {
            errors.at(
                on,
                "the function's parameter says whose routes it is around already: leave `on = …` out",
            );
            return None;
        }
        let Some(reply) = function.reply() else {
            errors.at(
                name,
                format!("a function around routes returns what they came to: add `-> highway::Outcome` to `{name}`"),
            );
            return None;
        };
        if let Some(found) = find_impl(reply) {
            errors.at(
                found,
                "a function around routes returns `highway::Outcome`, or a `Result` of it",
            );
            return None;
        }
        Some(Self {
            runtime: Runtime::new(arguments.root.clone()),
            arguments,
            name,
            handler: handler.ty(),
            kind: Kind::Function(Function {
                handler,
                next,
                reply,
            }),
        })
    }

    /// The same of a static.
    pub(crate) fn of_static(
        arguments: &'a Arguments,
        item: &'a ItemStatic,
        errors: &mut Errors,
    ) -> Option<Self> {
        if let StaticMutability::Mut(token) = &item.mutability {
            errors.at(token, "what is around routes can't be a `static mut`");
        }
        let Some(handler) = &arguments.on else {
            // An option that was not understood may have been it.
            if arguments.complete {
                errors.at(
                    &item.ident,
                    "whose routes is it around? add `on = Chat` to the attribute",
                );
            }
            return None;
        };
        Some(Self {
            runtime: Runtime::new(arguments.root.clone()),
            arguments,
            name: &item.ident,
            handler,
            kind: Kind::Static(&item.ty),
        })
    }

    /// Whether it takes the handler; of a static that is not known.
    pub(crate) fn takes_handler(&self) -> bool {
        matches!(
            self.kind,
            Kind::Function(Function {
                handler: HandlerParameter::Exclusive(_),
                ..
            })
        )
    }

    /// The patterns.
    pub(crate) fn patterns(&self) -> &'a [Pattern] {
        &self.arguments.patterns
    }
}

/// `(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>)` or
/// `(message: &mut Message, chat: Connection<Chat>, next: Next<'_, Connection<Chat>>)`. Returns the last two.
fn parameters<'a>(
    function: &'a function::Function,
    errors: &mut Errors,
) -> Option<(HandlerParameter<'a>, &'a Type)> {
    let types = function.types();
    let name = &function.signature.ident;
    let [message, handler, next] = *types.as_slice() else {
        let inputs = function.signature.inputs.iter();
        let mut more = inputs
            .filter(|input| matches!(input, FnArg::Typed(_)))
            .skip(3)
            .peekable();
        if more.peek().is_some() {
            errors.at(
                quote!(#(#more),*),
                "too many parameters: a function around routes takes the message, the handler and what comes next",
            );
        } else {
            errors.at(
                name,
                format!("a function around routes takes the message, the handler and what comes next: `async fn {name}{SIGNATURE}`"),
            );
        }
        return None;
    };
    if !is_message(message) {
        errors.at(
            message,
            "a function around routes takes the message first: `message: &mut highway::Message`",
        );
        return None;
    }
    let parameter = HandlerParameter::of(handler);
    if let Some(parameter) = &parameter
        && parameter.refuse_borrowed_connection(errors)
    {
        return None;
    }
    let of_next = next_argument(next);
    let parameter = match parameter {
        Some(HandlerParameter::Shared(ty)) => {
            let ty = text::of(ty);
            errors.at(
                handler,
                format!("the routes further inside take the handler by `&mut`, and so does what is around them: `&mut {ty}`"),
            );
            return None;
        }
        Some(parameter) => parameter,
        None => {
            errors.at(
                handler,
                "a function around routes takes the handler second: `chat: &mut Chat`, or `chat: highway::Connection<Chat>` where routes run concurrently",
            );
            return None;
        }
    };
    let Some(of_next) = of_next else {
        let form = form(&parameter);
        errors.at(
            next,
            format!("a function around routes takes what comes next third: `next: highway::Next<'_, {form}>`"),
        );
        return None;
    };
    let is_connection = argument(of_next, "Connection").is_some();
    let takes_connection = matches!(parameter, HandlerParameter::Connection(_));
    if is_connection != takes_connection {
        let form = form(&parameter);
        errors.at(
            of_next,
            format!("what comes next takes the handler in the form in which `{name}` does: `highway::Next<'_, {form}>`"),
        );
        return None;
    }
    Some((parameter, next))
}

/// What stands in `Next<'_, …>`.
fn form(parameter: &HandlerParameter<'_>) -> String {
    let ty = text::of(parameter.ty());
    match parameter {
        HandlerParameter::Connection(_) => format!("Connection<{ty}>"),
        HandlerParameter::Exclusive(_) | HandlerParameter::Shared(_) => ty,
    }
}

/// `&mut Message`
fn is_message(ty: &Type) -> bool {
    match ty {
        Type::Reference(TypeReference {
            mutability: Some(_),
            elem,
            ..
        }) => ends_with(bare(elem), "Message"),
        _ => false,
    }
}

/// The `Chat` of a `Next<'_, Chat>`, with or without the lifetime.
fn next_argument(ty: &Type) -> Option<&Type> {
    if !ends_with(ty, "Next") {
        return None;
    }
    let Type::Path(path) = bare(ty) else {
        return None;
    };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(bare(ty)),
        _ => None,
    })
}
