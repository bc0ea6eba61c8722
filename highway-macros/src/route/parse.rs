//! What stands in the parentheses: `"name"` or a declared route's path, then options.

use proc_macro2::{Span, TokenStream};
use syn::{
    Error, Ident, LitStr, Path, Token, Type,
    parse::{ParseStream, Parser},
    spanned::Spanned,
};

use crate::{
    diagnostics::Errors,
    options::{self, Slot},
};

/// The options, as an error lists them.
const OPTIONS: &[options::Form] = &["on = Chat", "crate = highway"];

/// What the attribute says.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) route: Slot<Target>,
    pub(crate) on: Slot<Type>,
    pub(crate) root: Slot<Path>,
    /// Whether all of it was understood.
    pub(crate) complete: bool,
}

/// The route that a function is for.
pub(crate) enum Target {
    /// `"change-name"`
    Name(LitStr),
    /// `server::change_name`
    Declared(Path),
}

impl Target {
    /// Where errors about it are shown: at the name, or at the end of the path.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Name(name) => name.span(),
            Self::Declared(path) => path
                .segments
                .last()
                .map_or_else(|| path.span(), |last| last.ident.span()),
        }
    }
}

/// Accepts `"name"`, `path::of::route`, and then options.
pub(crate) fn arguments(tokens: TokenStream, errors: &mut Errors) -> Arguments {
    let mut arguments = Arguments::default();
    let parsed = (|input: ParseStream<'_>| {
        if let Some(target) = target(input)? {
            arguments.route = Some(target);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        } else {
            errors.add(Error::new(
                input.span(),
                "a route needs a name: `#[route(\"name\")]`, or `#[route(server::name)]` for a declared one",
            ));
        }
        options::parse(input, OPTIONS, errors, |name, input| match name {
            name if name == "on" => options::fill(&mut arguments.on, input),
            _ => {
                arguments.root = Some(input.call(Path::parse_mod_style)?);
                Ok(())
            }
        });
        Ok(())
    })
    .parse2(tokens);
    errors.take(parsed);
    arguments.complete = errors.is_empty();
    arguments
}

/// The route in front; `None` when an option or nothing comes first.
fn target(input: ParseStream<'_>) -> syn::Result<Option<Target>> {
    if input.is_empty() || input.peek2(Token![=]) {
        return Ok(None);
    }
    if input.peek(LitStr) {
        return input.parse().map(Target::Name).map(Some);
    }
    if input.peek(Ident)
        || input.peek(Token![::])
        || input.peek(Token![crate])
        || input.peek(Token![self])
        || input.peek(Token![super])
    {
        return input.parse().map(Target::Declared).map(Some);
    }
    // Such as `$name:expr` of a `macro_rules!`, in invisible parentheses.
    input
        .parse::<LitStr>()
        .map(Target::Name)
        .map(Some)
        .map_err(|error| {
            Error::new(
                error.span(),
                "expected a route's name in quotes, or the path of a declared route",
            )
        })
}

/// The error for an item that is not a function with a body.
pub(crate) fn no_function(item: &TokenStream) -> Error {
    Error::new_spanned(
        crate::item::head(item),
        "`#[route]` goes on an async function with a body",
    )
}
