//! Text from outside, as errors, logs and HTTP answers show it.

use std::fmt::{self, Write};

/// The most bytes of one text that are shown.
const MAX_TEXT: usize = 1024;

/// The most bytes of an error that puts several texts together.
const MAX_ERROR: usize = 8 * 1024;

/// Shows a text that a peer may have chosen: on one line, without characters that steer a terminal or hide or reorder what
/// stands around them, and clipped.
///
/// Showing the result once more changes nothing, so that a text may pass through several errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<T> {
    text: T,
    limit: usize,
}

impl<T: fmt::Display> Shown<T> {
    /// Shows one text: a name, a reason, an error of another library.
    pub(crate) fn new(text: T) -> Self {
        Self {
            text,
            limit: MAX_TEXT,
        }
    }

    /// Shows what an error of ours puts together, so that none of its parts is shown as it came.
    pub(crate) fn error(text: T) -> Self {
        Self {
            text,
            limit: MAX_ERROR,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Shown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Escaping {
            out: f,
            left: self.limit,
            bytes: 0,
            clipped: false,
        };
        write!(out, "{}", self.text)?;
        if out.clipped {
            let bytes = out.bytes;
            write!(f, "… ({bytes} bytes)")?;
        }
        Ok(())
    }
}

struct Escaping<'a, 'f> {
    out: &'a mut fmt::Formatter<'f>,
    /// How many bytes may still be written.
    left: usize,
    /// How many bytes came.
    bytes: usize,
    clipped: bool,
}

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes = self.bytes.saturating_add(text.len());
        for char in text.chars() {
            if self.clipped {
                break;
            }
            let escape = is_escaped(char).then(|| char.escape_default());
            let len = escape
                .as_ref()
                .map_or(char.len_utf8(), ExactSizeIterator::len);
            match self.left.checked_sub(len) {
                Some(left) => self.left = left,
                None => self.clipped = true,
            }
            match escape {
                _ if self.clipped => {}
                Some(escape) => write!(self.out, "{escape}")?,
                None => self.out.write_char(char)?,
            }
        }
        Ok(())
    }
}

/// Whether a character may do something else than stand where it is: control characters (line ends and escapes among them),
/// line and paragraph separators, and what is invisible or changes the direction of its neighbours. The joiners and variation
/// selectors that scripts and emoji are written with stay.
pub(crate) fn is_escaped(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let shown = Shown::new(text).to_string();
        assert_eq!(shown, expected);
        assert_eq!(Shown::new(&shown).to_string(), shown, "shown once more");
    }

    #[test]
    fn text_in_any_script_stays_readable() {
        for text in [
            "",
            "plain, with 'quotes', \"others\" and a back\\slash",
            "Grüße — naïve cafe\u{301}",
            "日本語 हिन्दी ภาษาไทย עברית العربية",
            "می\u{200c}خواهم 👩\u{200d}💻 ❤\u{fe0f}",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn what_forges_lines_or_steers_terminals_is_escaped() {
        check("a\r\nERROR b\tc", r"a\r\nERROR b\tc");
        check(
            "\x1b[2J\x1b]0;title\x07\0\x7f",
            r"\u{1b}[2J\u{1b}]0;title\u{7}\u{0}\u{7f}",
        );
        // The same in one character, and a line end of old mainframes.
        check("\u{9b}2J\u{85}", r"\u{9b}2J\u{85}");
        check("\u{2028}\u{2029}", r"\u{2028}\u{2029}");
        check(
            "\u{202e}gnp.exe\u{2066}\u{2069}\u{61c}",
            r"\u{202e}gnp.exe\u{2066}\u{2069}\u{61c}",
        );
        check(
            "ad\u{200b}min\u{feff}\u{ad}\u{e0041}",
            r"ad\u{200b}min\u{feff}\u{ad}\u{e0041}",
        );
    }

    #[test]
    fn long_text_is_clipped_at_a_character_with_its_length() {
        let fits = "a".repeat(MAX_TEXT);
        assert_eq!(Shown::new(&fits).to_string(), fits);
        let long = format!("{}é tail", "a".repeat(MAX_TEXT - 1));
        let expected = format!("{}… ({} bytes)", "a".repeat(MAX_TEXT - 1), long.len());
        assert_eq!(Shown::new(&long).to_string(), expected);
        // Escapes count as they are written, and are never cut in two.
        let controls = "\u{1b}".repeat(100_000);
        let shown = Shown::new(&controls).to_string();
        assert!(shown.len() <= MAX_TEXT + 20, "{}", shown.len());
        assert!(shown.ends_with("\\u{1b}… (100000 bytes)"), "{shown}");
    }
}
