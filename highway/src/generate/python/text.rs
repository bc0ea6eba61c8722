//! The text of Python: literals, docstrings, lines.

use std::fmt::Write as _;

use crate::generate::text::{self, WIDTH, is_plain};

/// A text as a literal.
pub(super) fn string(text: &str) -> String {
    let mut literal = String::from('"');
    for char in text.chars() {
        match char {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            char if is_plain(char) => literal.push(char),
            char if u32::from(char) > 0xffff => {
                let _ = write!(literal, "\\U{:08x}", u32::from(char));
            }
            char => {
                let _ = write!(literal, "\\u{:04x}", u32::from(char));
            }
        }
    }
    literal.push('"');
    literal
}

/// A docstring of these lines; nothing where there are none.
pub(super) fn docstring(indent: &str, lines: &[String]) -> String {
    let lines: Vec<_> = text::docs(lines)
        .iter()
        .map(|line| line.replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\""))
        .collect();
    match lines.as_slice() {
        [] => String::new(),
        [line] => {
            // The last quote would be one of those at the end.
            let line = match line.strip_suffix('"') {
                Some(rest) => format!("{}\\\"", rest.strip_suffix('\\').unwrap_or(rest)),
                None => line.clone(),
            };
            format!("{indent}\"\"\"{line}\"\"\"\n")
        }
        [first, rest @ ..] => {
            let mut docs = format!("{indent}\"\"\"{first}\n");
            for line in rest {
                let indent = if line.is_empty() { "" } else { indent };
                let _ = writeln!(docs, "{indent}{line}");
            }
            let _ = writeln!(docs, "{indent}\"\"\"");
            docs
        }
    }
}

/// Something with parts in brackets, on one line or with a line for each part; `last` stands behind the brackets.
pub(super) fn bracketed(indent: &str, first: &str, parts: &[String], last: &str) -> String {
    let line = format!("{indent}{first}({}){last}\n", parts.join(", "));
    // Characters, as the width is one for people.
    if line.chars().count() <= WIDTH.saturating_add(1) || parts.is_empty() {
        return line;
    }
    let mut lines = format!("{indent}{first}(\n");
    for part in parts {
        // Behind a star or a slash alone stands a comma too.
        let _ = writeln!(lines, "{indent}    {part},");
    }
    let _ = writeln!(lines, "{indent}){last}");
    lines
}
