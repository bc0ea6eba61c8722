//! What stands in the parentheses: the event, then options.

use proc_macro2::{Span, TokenStream};
use syn::{
    Error, Ident, Path, Token, Type,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

use crate::{
    diagnostics::{Errors, nearest},
    item,
    options::{self, Slot},
};

/// The options, as an error lists them.
const OPTIONS: &[options::Form] = &["on = Chat", "crate = highway"];

/// What the attribute says.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) event: Slot<(Ident, Event)>,
    pub(crate) on: Slot<Type>,
    pub(crate) root: Slot<Path>,
    /// Whether all of it was understood.
    pub(crate) complete: bool,
}

/// When a hook runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Connect,
    Open,
    Ready,
    Close,
    Failure,
    Pipe,
    Missed,
    Reconnecting,
}

impl Event {
    const ALL: [(&'static str, Self); 8] = [
        ("connect", Self::Connect),
        ("open", Self::Open),
        ("ready", Self::Ready),
        ("close", Self::Close),
        ("failure", Self::Failure),
        ("pipe", Self::Pipe),
        ("missed", Self::Missed),
        ("reconnecting", Self::Reconnecting),
    ];

    /// The word in the attribute.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, event)| *event == self)
            .map_or("", |(name, _)| name)
    }
}

/// Accepts `ready`, and then options.
pub(crate) fn arguments(tokens: TokenStream, errors: &mut Errors) -> Arguments {
    let mut arguments = Arguments::default();
    let parsed = (|input: ParseStream<'_>| {
        if input.is_empty() || input.peek2(Token![=]) {
            errors.add(Error::new(
                input.span(),
                format!("when does it run? expected {}", events()),
            ));
        } else {
            let word = input
                .call(Ident::parse_any)
                .map_err(|error| Error::new(error.span(), format!("expected {}", events())))?;
            arguments.event = errors.take(event(&word)).map(|event| (word, event));
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        options::parse(input, OPTIONS, errors, |name, input| {
            if name == "on" {
                return options::fill(&mut arguments.on, input);
            }
            arguments.root = Some(input.call(Path::parse_mod_style)?);
            Ok(())
        });
        Ok(())
    })
    .parse2(tokens);
    errors.take(parsed);
    arguments.complete = errors.is_empty();
    arguments
}

fn event(word: &Ident) -> syn::Result<Event> {
    let name = word.to_string();
    if let Some((_, event)) = Event::ALL.iter().find(|(event, _)| *event == name) {
        return Ok(*event);
    }
    let message = match nearest(&name, Event::ALL.iter().map(|(name, _)| *name)) {
        Some(near) => format!("unknown event `{name}`; did you mean `{near}`?"),
        None => format!("unknown event `{name}`; expected {}", events()),
    };
    Err(Error::new(word.span(), message))
}

fn events() -> String {
    options::list(&Event::ALL.map(|(name, _)| name), "or")
}

/// The error for an item that is not a function with a body.
pub(crate) fn no_function(tokens: &TokenStream) -> Error {
    let head = item::head(tokens);
    if head.is_empty() {
        return Error::new(
            Span::call_site(),
            "`#[highway::on]` goes on an async function with a body",
        );
    }
    Error::new_spanned(
        head,
        "`#[highway::on]` goes on an async function with a body",
    )
}
