//! Names of a description, as a language can have them.

use std::collections::{BTreeMap, BTreeSet};

use unicode_ident::{is_xid_continue, is_xid_start};
use unicode_normalization::{UnicodeNormalization, is_nfkc};

use super::GenerateError;
use crate::description::Route;

/// Whether a text is an identifier of JavaScript and Python, but for their keywords. Python takes one for its normal form (NFKC), which
/// would be another name than the text.
pub(super) fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next();
    first.is_some_and(|char| is_start(char) || char == '_')
        && chars.all(is_continue)
        && is_nfkc(text)
}

/// Whether an identifier may go on with it. Compilers know the letters of their own version of Unicode, and those that are added stand beyond
/// U+FFFF for the most part.
fn is_continue(char: char) -> bool {
    char <= '\u{ffff}' && is_xid_continue(char)
}

fn is_start(char: char) -> bool {
    char <= '\u{ffff}' && is_xid_start(char)
}

/// The words of a name: what stands between characters that no identifier has, and between underscores.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|char: char| char == '_' || !is_continue(char))
        .filter(|word| !word.is_empty())
}

pub(super) fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

fn normal(name: &str) -> String {
    name.nfkc().collect()
}

/// `change-name` as `changeName`.
pub(super) fn camel(name: &str) -> String {
    let name: String = words(&normal(name))
        .enumerate()
        .map(|(at, word)| {
            if at == 0 {
                word.to_owned()
            } else {
                capitalised(word)
            }
        })
        .collect();
    normal(&name)
}

/// `change-name` as `change_name`.
pub(super) fn snake(name: &str) -> String {
    words(&normal(name)).collect::<Vec<_>>().join("_")
}

/// A name of a type: `Line` as it is, `page<line>` as `PageLine`.
pub(super) fn pascal(name: &str) -> String {
    if is_identifier(name) {
        return name.to_owned();
    }
    let name: String = words(&normal(name)).map(capitalised).collect();
    let name = normal(&name);
    if is_identifier(&name) {
        name
    } else {
        format!("T{name}")
    }
}

/// The names of routes, each with what it becomes; two of one name are refused.
pub(super) fn of_routes<'a>(
    routes: impl Iterator<Item = &'a Route>,
    name_of: impl Fn(&Route) -> Result<String, GenerateError>,
) -> Result<Vec<(String, &'a Route)>, GenerateError> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut named = Vec::new();
    for route in routes {
        let name = name_of(route)?;
        if let Some(other) = seen.insert(name.clone(), &route.name) {
            return Err(GenerateError::SameName {
                routes: [other.to_owned(), route.name.clone()],
                name,
            });
        }
        named.push((name, route));
    }
    Ok(named)
}

/// The names that are taken in a file.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Takes the first of these names that is free, or the last with a number.
    #[expect(clippy::maybe_infinite_iter, reason = "there are finitely many names")]
    pub(super) fn take(&mut self, names: &[&str]) -> String {
        let last = names.last().copied().unwrap_or_default();
        let name = names
            .iter()
            .map(|&name| name.to_owned())
            .chain((2_u64..).map(|number| format!("{last}{number}")))
            .find(|name| !self.0.contains(name))
            .unwrap_or_default();
        self.0.insert(name.clone());
        name
    }

    /// Whether a name is taken.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}
