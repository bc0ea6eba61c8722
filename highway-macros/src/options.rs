//! What stands in an attribute's parentheses: options, each at most once, in any order.

use syn::{
    Ident, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream},
};

use crate::diagnostics::{Errors, nearest};

/// An option as it is written: `main` for a flag, `state = Db` for one with a value.
pub(crate) type Form = &'static str;

/// An option's place, filled at most once.
pub(crate) type Slot<T> = Option<T>;

/// Parses options, separated by commas, until the end of `input`.
///
/// `take` parses the value of the option that it is given the name of; for a flag there is nothing to parse. What is
/// wrong with one option leaves the others as they are.
pub(crate) fn parse(
    input: ParseStream<'_>,
    forms: &[Form],
    errors: &mut Errors,
    mut take: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) {
    let mut seen = Vec::new();
    while !input.is_empty() {
        if let Err(error) = one(input, forms, &mut seen, &mut take) {
            errors.add(error);
            skip_to_comma(input);
        }
        if !input.is_empty()
            && let Err(error) = input.parse::<Token![,]>()
        {
            errors.add(error);
            skip_to_comma(input);
            // The comma itself; there is none at the end.
            let _ = input.parse::<Option<Token![,]>>();
        }
    }
}

fn one(
    input: ParseStream<'_>,
    forms: &[Form],
    seen: &mut Vec<Ident>,
    take: &mut impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    let name = input
        .call(Ident::parse_any)
        .map_err(|error| syn::Error::new(error.span(), expected(forms)))?;
    let Some(form) = forms.iter().find(|form| name == name_of(form)) else {
        let error = syn::Error::new(name.span(), unknown(&name, forms));
        // Whose route it is counts all the same, so that the route is not missed.
        if let Some(meant) = nearest(&name.to_string(), forms.iter().map(|form| name_of(form)))
            && meant == "on"
            && input.parse::<Option<Token![=]>>()?.is_some()
        {
            // What is wrong with its value comes up when the name is right.
            let _ = take(&Ident::new(meant, name.span()), input);
        }
        return Err(error);
    };
    if seen.contains(&name) {
        return Err(syn::Error::new(
            name.span(),
            format!("option `{name}` is given twice"),
        ));
    }
    seen.push(name.clone());
    let has_value = form.contains('=');
    match input.parse::<Option<Token![=]>>()? {
        // The flag counts all the same, so that what it generates is not missed.
        Some(equals) if !has_value => take(&name, input).and(Err(syn::Error::new(
            equals.span,
            format!("option `{name}` takes no value"),
        ))),
        None if has_value => Err(syn::Error::new(
            name.span(),
            format!("option `{name}` needs a value: `{form}`"),
        )),
        _ => take(&name, input)
            .map_err(|error| syn::Error::new(error.span(), format!("{error}; expected `{form}`"))),
    }
}

fn name_of(form: &str) -> &str {
    form.split(' ').next().unwrap_or(form)
}

fn unknown(name: &Ident, forms: &[Form]) -> String {
    match nearest(&name.to_string(), forms.iter().map(|form| name_of(form))) {
        Some(near) => format!("unknown option `{name}`; did you mean `{near}`?"),
        None => format!("unknown option `{name}`; {}", expected(forms)),
    }
}

fn expected(forms: &[Form]) -> String {
    format!("expected {}", list(forms, "or"))
}

/// Words in backquotes, as a sentence lists them.
pub(crate) fn list(words: &[&str], last: &str) -> String {
    match words {
        [] => String::new(),
        [word] => format!("`{word}`"),
        [words @ .., end] => format!("`{}` {last} `{end}`", words.join("`, `")),
    }
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        // Any token tree parses while there is one.
        if input.parse::<proc_macro2::TokenTree>().is_err() {
            return;
        }
    }
}

/// Parses a value into its place.
pub(crate) fn fill<T: Parse>(slot: &mut Slot<T>, input: ParseStream<'_>) -> syn::Result<()> {
    *slot = Some(input.parse()?);
    Ok(())
}
