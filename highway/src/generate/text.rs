//! Text as it may stand in a generated file.

use crate::shown::Shown;

/// The longest line where it can be broken.
pub(super) const WIDTH: usize = 120;

/// Whether a character is shown as it is.
pub(super) fn is_plain(char: char) -> bool {
    let shown = Shown::new(char).to_string();
    let mut chars = shown.chars();
    chars.next() == Some(char) && chars.next().is_none()
}

/// Lines of documentation, without what can be seen as something else or breaks a line.
pub(super) fn docs(lines: &[String]) -> Vec<String> {
    let line = |line: &String| {
        let line = line.replace('\t', "    ");
        Shown::error(line.trim_end()).to_string()
    };
    lines.iter().map(line).collect()
}
