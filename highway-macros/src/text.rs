//! Tokens as a person writes them, for messages.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// A type or path as text: `Vec<(String, &str)>` rather than `Vec < (String , & str) >`.
pub(crate) fn of(tokens: impl ToTokens) -> String {
    let mut text = String::new();
    write(tokens.to_token_stream(), &mut text);
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    let mut after_lifetime = false;
    let mut in_lifetime = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                let word_before =
                    text.ends_with(|last: char| last.is_alphanumeric() || last == '_');
                if word_before && !in_lifetime || after_lifetime {
                    text.push(' ');
                }
                text.push_str(&ident.to_string());
                after_lifetime = in_lifetime;
                in_lifetime = false;
                continue;
            }
            TokenTree::Literal(literal) => text.push_str(&literal.to_string()),
            TokenTree::Punct(punct) => {
                in_lifetime = punct.as_char() == '\'';
                match punct.as_char() {
                    mark @ (',' | ';') => {
                        text.push(mark);
                        text.push(' ');
                    }
                    mark @ ('+' | '=' | '-') => {
                        text.push(' ');
                        text.push(mark);
                        if punct.spacing() == Spacing::Alone {
                            text.push(' ');
                        }
                    }
                    // The end of `->`.
                    '>' if text.ends_with('-') => text.push_str("> "),
                    mark => text.push(mark),
                }
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                if after_lifetime {
                    text.push(' ');
                }
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
            }
        }
        after_lifetime = false;
    }
    let end = text.trim_end().len();
    text.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str) {
        let tokens: TokenStream = source.parse().expect("tokens");
        assert_eq!(of(tokens), source);
    }

    #[test]
    fn types_read_as_they_are_written() {
        check("()");
        check("String");
        check("&str");
        check("&'a [u8]");
        check("&'a mut Line<'_>");
        check("Vec<(String, &str)>");
        check("std::collections::HashMap<String, [u8; 4]>");
        check("Box<dyn Error + Send>");
        check("impl Iterator<Item = u8>");
        check("fn(u8) -> u8");
    }
}
