//! What stands in the parentheses: the routes, then options.

use proc_macro2::{Span, TokenStream};
use syn::{
    Error, Expr, Ident, LitStr, Path, Token, Type,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    token,
};

use crate::{
    diagnostics::Errors,
    item, name,
    options::{self, Slot},
};

/// The options, as an error lists them.
const OPTIONS: &[options::Form] = &["order = -10", "on = Chat", "crate = highway"];

/// What the attribute says.
#[derive(Default)]
pub(crate) struct Arguments {
    /// What it is around; everything where there is none.
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) order: Slot<Expr>,
    pub(crate) on: Slot<Type>,
    pub(crate) root: Slot<Path>,
    /// Whether all of it was understood.
    pub(crate) complete: bool,
}

/// The routes that something is around.
pub(crate) enum Pattern {
    /// `"post"`
    Name(LitStr),
    /// `"admin-*"`: the literal, and what is in front of the `*`.
    Prefix(LitStr, String),
    /// `server::post`
    Declared(Path),
    /// `on(pipe)`
    Pipe(Ident),
}

/// Accepts `"post"`, `"admin-*"`, `path::of::route` and `on(pipe)`, and then options.
pub(crate) fn arguments(tokens: TokenStream, errors: &mut Errors) -> Arguments {
    let mut arguments = Arguments::default();
    let parsed = (|input: ParseStream<'_>| {
        while !input.is_empty() && !input.peek2(Token![=]) {
            let pattern = pattern(input)?;
            arguments.patterns.extend(errors.take(pattern));
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        options::parse(input, OPTIONS, errors, |name, input| {
            match name.to_string().as_str() {
                "order" => arguments.order = Some(input.parse()?),
                "on" => arguments.on = Some(input.parse()?),
                _ => arguments.root = Some(input.call(Path::parse_mod_style)?),
            }
            Ok(())
        });
        Ok(())
    })
    .parse2(tokens);
    errors.take(parsed);
    arguments.complete = errors.is_empty();
    arguments
}

/// One pattern; the inner error leaves the others as they are.
fn pattern(input: ParseStream<'_>) -> syn::Result<syn::Result<Pattern>> {
    let is_hook = input
        .fork()
        .call(Ident::parse_any)
        .is_ok_and(|ident| ident == "on")
        && input.peek2(token::Paren);
    if is_hook {
        input.call(Ident::parse_any)?;
        let event;
        syn::parenthesized!(event in input);
        let event = event.call(Ident::parse_any)?;
        return Ok(if event == "pipe" {
            Ok(Pattern::Pipe(event))
        } else {
            Err(Error::new(
                event.span(),
                "of the hooks, only `on(pipe)` can have something around it",
            ))
        });
    }
    if input.peek(Ident)
        || input.peek(Token![::])
        || input.peek(Token![crate])
        || input.peek(Token![self])
        || input.peek(Token![super])
    {
        return input.parse().map(Pattern::Declared).map(Ok);
    }
    // Such as `$name:expr` of a `macro_rules!`, in invisible parentheses.
    let literal: LitStr = input.parse().map_err(|error| {
        Error::new(
            error.span(),
            "expected the routes that it is around: a name such as `\"post\"`, the beginning of names such as `\"admin-*\"`, the path of a \
             declared route, or `on(pipe)`",
        )
    })?;
    Ok(text(literal))
}

fn text(literal: LitStr) -> syn::Result<Pattern> {
    let text = literal.value();
    if let Some(mistake) = name::mistake(&literal) {
        return Err(Error::new(literal.span(), mistake));
    }
    match text.split_once('*') {
        None => Ok(Pattern::Name(literal)),
        Some((prefix, "")) => {
            let prefix = prefix.to_owned();
            Ok(Pattern::Prefix(literal, prefix))
        }
        Some(_) => Err(Error::new(
            literal.span(),
            "the `*` of a pattern stands at its end, for whatever comes there: `\"admin-*\"`",
        )),
    }
}

/// The error for an item that is neither a function with a body nor a static.
pub(crate) fn no_function(tokens: &TokenStream) -> Error {
    let message = "`#[highway::around]` goes on an async function with a body, or on a static";
    let head = item::head(tokens);
    if head.is_empty() {
        return Error::new(Span::call_site(), message);
    }
    Error::new_spanned(head, message)
}
