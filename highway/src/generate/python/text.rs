//! The text of Python: literals, docstrings, lines.

use std::fmt::Write as _;

use crate::generate::text::{self, WIDTH};

/// A text as a literal.
pub(super) fn string(text: &str) -> String {
    text::literal(text, |char, literal| {
        let _ = match u32::from(char) {
            long @ 0x1_0000.. => write!(literal, "\\U{long:08x}"),
            short => write!(literal, "\\u{short:04x}"),
        };
    })
}

/// A docstring of these lines; nothing where there are none.
pub(super) fn docstring(indent: &str, lines: &[String]) -> String {
    let lines = text::docs(lines);
    let lines: Vec<_> = lines.iter().map(|line| in_docstring(line)).collect();
    match lines.as_slice() {
        [] => String::new(),
        [line] => format!("{indent}\"\"\"{line}\"\"\"\n"),
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

/// A line without backslashes that mean something, and without quotes that would be part of the end.
fn in_docstring(line: &str) -> String {
    let mut text = String::new();
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' => text.push_str("\\\\"),
            '"' if matches!(chars.peek(), None | Some('"')) => text.push_str("\\\""),
            char => text.push(char),
        }
    }
    text
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
