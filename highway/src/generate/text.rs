//! Text as it may stand in a generated file.

use crate::shown::{Shown, is_escaped};

/// The longest line where it can be broken.
pub(super) const WIDTH: usize = 120;

/// A text as a literal in quotes. `escape` writes what can be seen as something else or breaks a line.
pub(super) fn literal(text: &str, escape: impl Fn(char, &mut String)) -> String {
    let mut literal = String::from('"');
    for char in text.chars() {
        match char {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            char if is_escaped(char) => escape(char, &mut literal),
            char => literal.push(char),
        }
    }
    literal.push('"');
    literal
}

/// Adds to documentation, behind an empty line if there is some already.
pub(super) fn add_paragraph(docs: &mut Vec<String>, text: String) {
    if !docs.is_empty() {
        docs.push(String::new());
    }
    docs.push(text);
}

/// Lines of documentation, without what can be seen as something else or breaks a line.
pub(super) fn docs(lines: &[String]) -> Vec<String> {
    let line = |line: &String| {
        let line = line.replace('\t', "    ");
        Shown::error(line.trim_end()).to_string()
    };
    lines.iter().map(line).collect()
}
