//! A hook as the signature of its function tells it.

use quote::quote;
use syn::{Ident, Type, TypeReference};

use super::parse::{Arguments, Event};
use crate::{
    diagnostics::Errors,
    function::{Function, HandlerParameter, argument, bare, ends_with},
    runtime::Runtime,
};

/// A hook.
pub(crate) struct Hook<'a> {
    pub(crate) runtime: Runtime,
    pub(crate) function: &'a Ident,
    pub(crate) handler: &'a Type,
    /// Its event, as it was written.
    pub(crate) event: &'a Ident,
    pub(crate) reply: Option<&'a Type>,
    pub(crate) kind: Kind<'a>,
}

/// A hook's event, with what its function takes.
pub(crate) enum Kind<'a> {
    /// Whether the function takes the request.
    Connect { request: bool },
    /// The word of the runtime, and the handler's parameter.
    Run(Event, Option<HandlerParameter<'a>>),
    /// Whether and how the function takes why the connection closed, and the handler's parameter.
    Close(Option<ByParameter>, Option<HandlerParameter<'a>>),
    /// Whether and how the function takes the route that failed, and the handler's parameter.
    Failure(Option<ByParameter>, Option<HandlerParameter<'a>>),
    /// Whether the function takes whom the pipe is to reach, and the parameter of the handler of who opens it.
    Pipe {
        to: bool,
        from: Option<HandlerParameter<'a>>,
    },
    /// Whether the function takes the count, and the handler's parameter.
    Missed {
        count: bool,
        handler: Option<HandlerParameter<'a>>,
    },
    /// Whether and how the function takes the attempt, and whether it takes the connection.
    Reconnecting {
        attempt: Option<ByParameter>,
        connection: bool,
    },
}

/// The form in which a function takes what its event tells: why its connection closed, the route that failed, or the attempt to
/// connect again.
#[derive(Clone, Copy)]
pub(crate) enum ByParameter {
    /// `Close`
    Value,
    /// `&Close`
    Reference,
}

impl<'a> Hook<'a> {
    /// Finds handler and event; `None` when that is impossible, for which there is an error then.
    pub(crate) fn new(
        arguments: &'a Arguments,
        function: &'a Function,
        errors: &mut Errors,
    ) -> Option<Self> {
        let types = function.types();
        let (word, event) = arguments.event.as_ref()?;
        let (kind, found) = match *event {
            Event::Connect => connect(&types, function, errors)?,
            event @ (Event::Open | Event::Ready) => run(event, &types, function, errors)?,
            Event::Close => close(&types, function, errors)?,
            Event::Failure => failure(&types, function, errors)?,
            Event::Pipe => pipe(&types, function, errors)?,
            Event::Missed => missed(&types, function, errors)?,
            Event::Reconnecting => reconnecting(&types, function, errors)?,
        };
        let handler = match (found, &arguments.on) {
            (Some(_), Some(on)) => {
                errors.at(
                    on,
                    "the function's parameter says whose hook it is already: leave `on = …` out",
                );
                return None;
            }
            (Some(handler), None) => handler,
            (None, Some(on)) => on,
            (None, None) => {
                if function.signature.receiver().is_none() && arguments.complete {
                    errors.at(
                        &function.signature.ident,
                        match kind {
                            Kind::Connect { .. } => "whose hook is it? add a parameter such as `request: &mut highway::Request<Chat>`, or `on = Chat` to the attribute",
                            Kind::Pipe { .. } => "whose hook is it? add a parameter such as `to: highway::Connection<Chat>`, or `on = Chat` to the attribute",
                            Kind::Reconnecting { .. } => "whose hook is it? add a parameter such as `connection: highway::Connection<Me>`, or `on = Me` to the attribute",
                            _ => "whose hook is it? add a parameter such as `chat: &mut Chat`, or `on = Chat` to the attribute",
                        },
                    );
                }
                return None;
            }
        };
        Some(Self {
            runtime: Runtime::new(arguments.root.clone()),
            function: &function.signature.ident,
            handler,
            event: word,
            reply: function.reply(),
            kind,
        })
    }
}

type Found<'a> = Option<(Kind<'a>, Option<&'a Type>)>;

/// `(request: &mut Request<Chat>)` or `(request: &Request<Chat>)` or nothing.
fn connect<'a>(types: &[&'a Type], function: &Function, errors: &mut Errors) -> Found<'a> {
    match *types {
        [] => Some((Kind::Connect { request: false }, None)),
        [Type::Reference(TypeReference { elem, .. })] if ends_with(elem, "Request") => {
            Some((Kind::Connect { request: true }, argument(elem, "Request")))
        }
        [other] => {
            errors.at(other, "an `on(connect)` hook takes the request as `&mut highway::Request<Chat>`; there is no connection yet");
            None
        }
        [_, ..] => {
            too_many(
                "an `on(connect)` hook takes the request only",
                1,
                function,
                errors,
            );
            None
        }
    }
}

/// `(chat: &mut Chat)`, `(chat: &Chat)`, `(connection: Connection<Chat>)` or nothing.
fn run<'a>(
    event: Event,
    types: &[&'a Type],
    function: &Function,
    errors: &mut Errors,
) -> Found<'a> {
    match *types {
        [] => Some((Kind::Run(event, None), None)),
        [only] => {
            let parameter = handler(event, only, errors)?;
            let ty = parameter.ty();
            Some((Kind::Run(event, Some(parameter)), Some(ty)))
        }
        [_, ..] => {
            too_many(
                &format!("an `on({})` hook takes the handler only", event.name()),
                1,
                function,
                errors,
            );
            None
        }
    }
}

/// `(close: Close, chat: &mut Chat)`; either may be missing.
fn close<'a>(types: &[&'a Type], function: &Function, errors: &mut Errors) -> Found<'a> {
    let (close, handler) = match *types {
        [] => (None, None),
        [only] => match by_parameter(only, "Close") {
            Some(close) => (Some(close), None),
            None => (None, Some(only)),
        },
        [first, second] => {
            let Some(close) = by_parameter(first, "Close") else {
                errors.at(first, "an `on(close)` hook takes why the connection closed, `highway::Close`, and then the handler");
                return None;
            };
            (Some(close), Some(second))
        }
        [_, _, ..] => {
            too_many(
                "an `on(close)` hook takes why the connection closed and the handler only",
                2,
                function,
                errors,
            );
            return None;
        }
    };
    let Some(ty) = handler else {
        return Some((Kind::Close(close, None), None));
    };
    let parameter = self::handler(Event::Close, ty, errors)?;
    let ty = parameter.ty();
    Some((Kind::Close(close, Some(parameter)), Some(ty)))
}

/// `(failed: FailedRoute, chat: &mut Chat)`; either may be missing.
fn failure<'a>(types: &[&'a Type], function: &Function, errors: &mut Errors) -> Found<'a> {
    let (failed, handler) = match *types {
        [] => (None, None),
        [only] => match by_parameter(only, "FailedRoute") {
            Some(failed) => (Some(failed), None),
            None => (None, Some(only)),
        },
        [first, second] => {
            let Some(failed) = by_parameter(first, "FailedRoute") else {
                errors.at(first, "an `on(failure)` hook takes the route that failed, `highway::FailedRoute`, and then the handler");
                return None;
            };
            (Some(failed), Some(second))
        }
        [_, _, ..] => {
            too_many(
                "an `on(failure)` hook takes the route that failed and the handler only",
                2,
                function,
                errors,
            );
            return None;
        }
    };
    let Some(ty) = handler else {
        return Some((Kind::Failure(failed, None), None));
    };
    let parameter = self::handler(Event::Failure, ty, errors)?;
    let ty = parameter.ty();
    Some((Kind::Failure(failed, Some(parameter)), Some(ty)))
}

/// `(to: Connection<Chat>, from: &mut Chat)` or `(to: Connection<Chat>)` or nothing.
fn pipe<'a>(types: &[&'a Type], function: &Function, errors: &mut Errors) -> Found<'a> {
    let reached = |ty: &'a Type, errors: &mut Errors| {
        let Some(HandlerParameter::Connection(handler)) = HandlerParameter::of(ty) else {
            errors.at(ty, "an `on(pipe)` hook takes whom the pipe is to reach, `highway::Connection<Chat>`, and then the handler of who opens it");
            return None;
        };
        Some(handler)
    };
    match *types {
        [] => Some((
            Kind::Pipe {
                to: false,
                from: None,
            },
            None,
        )),
        [to] => {
            let handler = reached(to, errors)?;
            Some((
                Kind::Pipe {
                    to: true,
                    from: None,
                },
                Some(handler),
            ))
        }
        [to, from] => {
            reached(to, errors)?;
            let from = self::handler(Event::Pipe, from, errors)?;
            let ty = from.ty();
            Some((
                Kind::Pipe {
                    to: true,
                    from: Some(from),
                },
                Some(ty),
            ))
        }
        [_, _, ..] => {
            too_many(
                "an `on(pipe)` hook takes whom the pipe is to reach and the handler of who opens it only",
                2,
                function,
                errors,
            );
            None
        }
    }
}

/// `(count: u64, me: &mut Me)`; either may be missing.
fn missed<'a>(types: &[&'a Type], function: &Function, errors: &mut Errors) -> Found<'a> {
    let (count, handler) = match *types {
        [] => (false, None),
        [only] if ends_with(only, "u64") => (true, None),
        [only] => (false, Some(only)),
        [first, second] => {
            if !ends_with(first, "u64") {
                errors.at(first, "an `on(missed)` hook takes how many messages were missed, `u64`, and then the handler");
                return None;
            }
            (true, Some(second))
        }
        [_, _, ..] => {
            too_many(
                "an `on(missed)` hook takes how many messages were missed and the handler only",
                2,
                function,
                errors,
            );
            return None;
        }
    };
    let Some(ty) = handler else {
        let handler = None;
        return Some((Kind::Missed { count, handler }, None));
    };
    let handler = self::handler(Event::Missed, ty, errors)?;
    let ty = handler.ty();
    let handler = Some(handler);
    Some((Kind::Missed { count, handler }, Some(ty)))
}

/// `(attempt: ReconnectAttempt, connection: Connection<Me>)`; either may be missing.
fn reconnecting<'a>(types: &[&'a Type], function: &Function, errors: &mut Errors) -> Found<'a> {
    let (attempt, connection) = match *types {
        [] => (None, None),
        [only] => match by_parameter(only, "ReconnectAttempt") {
            Some(attempt) => (Some(attempt), None),
            None => (None, Some(only)),
        },
        [first, second] => {
            let Some(attempt) = by_parameter(first, "ReconnectAttempt") else {
                errors.at(first, "an `on(reconnecting)` hook takes the attempt, `highway::connection::ReconnectAttempt`, and then the connection");
                return None;
            };
            (Some(attempt), Some(second))
        }
        [_, _, ..] => {
            too_many(
                "an `on(reconnecting)` hook takes the attempt and the connection only",
                2,
                function,
                errors,
            );
            return None;
        }
    };
    let handler = match connection {
        None => None,
        Some(ty) => {
            let Some(HandlerParameter::Connection(handler)) = HandlerParameter::of(ty) else {
                errors.at(ty, "an `on(reconnecting)` hook takes `highway::Connection<Me>`; there is no handler while there is no connection");
                return None;
            };
            Some(handler)
        }
    };
    let connection = handler.is_some();
    Some((
        Kind::Reconnecting {
            attempt,
            connection,
        },
        handler,
    ))
}

/// What an event tells, by its type's name.
fn by_parameter(ty: &Type, name: &str) -> Option<ByParameter> {
    match ty {
        Type::Reference(TypeReference {
            mutability: None,
            elem,
            ..
        }) if ends_with(bare(elem), name) => Some(ByParameter::Reference),
        ty if ends_with(ty, name) => Some(ByParameter::Value),
        _ => None,
    }
}

/// The handler's parameter.
fn handler<'a>(event: Event, ty: &'a Type, errors: &mut Errors) -> Option<HandlerParameter<'a>> {
    let parameter = HandlerParameter::of(ty);
    if let Some(parameter) = &parameter
        && parameter.refuse_borrowed_connection(errors)
    {
        return None;
    }
    if parameter.is_none() {
        errors.at(
            ty,
            format!(
                "an `on({})` hook takes the handler as `&mut Chat` or `highway::Connection<Chat>`",
                event.name()
            ),
        );
    }
    parameter
}

fn too_many(message: &str, expected: usize, function: &Function, errors: &mut Errors) {
    let typed = function
        .signature
        .inputs
        .iter()
        .filter(|input| matches!(input, syn::FnArg::Typed(_)));
    let more = typed.skip(expected);
    errors.at(
        quote!(#(#more),*),
        format!("too many parameters: {message}"),
    );
}
