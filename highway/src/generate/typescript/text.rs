//! The text of TypeScript: literals, comments, lines.

use std::fmt::Write as _;

use crate::generate::{
    names::is_identifier,
    text::{self, WIDTH},
};

/// A text as a literal.
pub(super) fn string(text: &str) -> String {
    text::literal(text, |char, literal| {
        for unit in char.encode_utf16(&mut [0; 2]) {
            let _ = write!(literal, "\\u{unit:04x}");
        }
    })
}

/// A key of an object.
pub(super) fn key(name: &str) -> String {
    if name == "__proto__" {
        // In a literal the bare key would set the prototype.
        "[\"__proto__\"]".to_owned()
    } else if is_identifier(name) {
        name.to_owned()
    } else {
        string(name)
    }
}

/// A key of a type, which is no expression.
pub(super) fn property(name: &str) -> String {
    if is_identifier(name) {
        name.to_owned()
    } else {
        string(name)
    }
}

/// A comment for documentation, of these lines; nothing where there are none.
pub(super) fn comment(indent: &str, lines: &[String]) -> String {
    let lines: Vec<_> = text::docs(lines)
        .iter()
        .map(|line| line.replace("*/", "*\\/"))
        .collect();
    match lines.as_slice() {
        [] => String::new(),
        [line] => format!("{indent}/** {line} */\n"),
        lines => {
            let mut comment = format!("{indent}/**\n");
            for line in lines {
                let space = if line.is_empty() { "" } else { " " };
                let _ = writeln!(comment, "{indent} *{space}{line}");
            }
            let _ = writeln!(comment, "{indent} */");
            comment
        }
    }
}

/// A generic type with its arguments.
pub(super) fn call(name: &str, arguments: &[String]) -> String {
    let line = format!("{name}<{}>", arguments.join(", "));
    if line.len() <= WIDTH && !line.contains('\n') {
        line
    } else {
        format!("{name}<\n    {}\n  >", arguments.join(",\n    "))
    }
}
