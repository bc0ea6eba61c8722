//! Values as a person writes them down: `(1, 2.0, "three")`.

use std::{error::Error, fmt, str::FromStr};

use bytes::Bytes;

use super::{Dict, Int, IntDict, Value};

/// How deep collections may be nested: no payload carries more.
const NESTING: usize = 256;

/// Reads what [`Debug`](fmt::Debug) writes, as well as what Python and JSON call the same values.
///
/// | type | written |
/// | --- | --- |
/// | none | `none`, `None`, `null` |
/// | bool | `true`, `false`, `True`, `False` |
/// | int | `1`, `-1_000`, of any size |
/// | float | `1.0`, `-0.0`, `1e300`, `NaN`, `inf`, `-inf` |
/// | str | `"text"`, `'text'`, with the escapes of Rust, Python and JSON |
/// | bytes | `b"\x00abc"`, of ASCII characters and escapes |
/// | list | `[1, "two"]` |
/// | tuple | `(1, "two")`, `(1,)`, `()` |
/// | dict | `{"a": 1}`, with texts as keys or with ints |
///
/// ```
/// use highway::Value;
///
/// let value: Value = r#"(1, 2.0, {"name": b"\x00"})"#.parse()?;
/// assert_eq!(value[1], 2.0);
/// assert_eq!(format!("{value:?}").parse::<Value>()?, value);
///
/// let error = "(1, lobby)".parse::<Value>().unwrap_err();
/// assert_eq!(error.to_string(), "column 5: `lobby` is no value: a text is written \"lobby\"");
/// # Ok::<_, highway::value::ParseValueError>(())
/// ```
impl FromStr for Value {
    type Err = ParseValueError;

    fn from_str(text: &str) -> Result<Self, ParseValueError> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(0)?;
        reader.blanks();
        match reader.peek() {
            None => Ok(value),
            Some(next) => reader.fail(format!("`{next}` follows a whole value")),
        }
    }
}

/// Why a text is no value, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseValueError {
    column: usize,
    message: String,
}

impl ParseValueError {
    /// The character at fault, counted from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for ParseValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.message)
    }
}

impl Error for ParseValueError {}

/// The keys of a dict, as its first one decides.
enum Keys {
    Unknown,
    Texts(Dict),
    Ints(IntDict),
}

struct Reader<'a> {
    text: &'a str,
    /// The byte that is read next, at the beginning of a character.
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn take(&mut self, expected: char) -> bool {
        let is_next = self.peek() == Some(expected);
        if is_next {
            self.at += expected.len_utf8();
        }
        is_next
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result<T, ParseValueError> {
        self.fail_at(self.at, message)
    }

    fn fail_at<T>(&self, at: usize, message: impl Into<String>) -> Result<T, ParseValueError> {
        let before = self.text.get(..at).unwrap_or(self.text);
        Err(ParseValueError {
            column: before.chars().count() + 1,
            message: message.into(),
        })
    }

    fn value(&mut self, depth: usize) -> Result<Value, ParseValueError> {
        if depth > NESTING {
            return self.fail(format!("nested deeper than {NESTING}"));
        }
        self.blanks();
        match self.peek() {
            None => self.fail("a value is missing"),
            Some('"' | '\'') => self.string().map(Value::Str),
            Some('b') if self.rest().starts_with(['b', 'B']) && self.quoted_behind(1) => {
                self.at += 1;
                self.bytes().map(Value::Bytes)
            }
            Some('[') => {
                self.at += 1;
                Ok(Value::List(self.items(']', depth)?.0))
            }
            Some('(') => {
                self.at += 1;
                let (mut items, comma) = self.items(')', depth)?;
                match items.len() {
                    // As in Rust and Python: brackets around one value only group.
                    1 if !comma => Ok(items.remove(0)),
                    _ => Ok(Value::Tuple(items)),
                }
            }
            Some('{') => {
                self.at += 1;
                self.dict(depth)
            }
            Some(_) => self.word(),
        }
    }

    fn quoted_behind(&self, skipped: usize) -> bool {
        let behind = self.rest().get(skipped..).unwrap_or_default();
        behind.starts_with(['"', '\''])
    }

    /// Items up to a closing bracket, and whether a comma follows the last one.
    fn items(&mut self, close: char, depth: usize) -> Result<(Vec<Value>, bool), ParseValueError> {
        let mut items = Vec::new();
        let mut comma = false;
        loop {
            self.blanks();
            if self.take(close) {
                return Ok((items, comma));
            }
            if !items.is_empty() && !comma {
                return self.fail(format!("`,` or `{close}` is missing"));
            }
            items.push(self.value(depth + 1)?);
            self.blanks();
            comma = self.take(',');
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Value, ParseValueError> {
        let mut keys = Keys::Unknown;
        let mut comma = true;
        loop {
            self.blanks();
            if self.take('}') {
                return Ok(match keys {
                    Keys::Unknown => Value::Dict(Dict::new()),
                    Keys::Texts(dict) => Value::Dict(dict),
                    Keys::Ints(dict) => Value::IntDict(dict),
                });
            }
            if !comma {
                return self.fail("`,` or `}` is missing");
            }
            let at = self.at;
            let key = self.value(depth + 1)?;
            self.blanks();
            if !self.take(':') {
                return self.fail("`:` is missing behind the key");
            }
            let value = self.value(depth + 1)?;
            if let Keys::Unknown = keys {
                keys = match key {
                    Value::Int(_) => Keys::Ints(IntDict::default()),
                    _ => Keys::Texts(Dict::new()),
                };
            }
            let replaced = match (&mut keys, key) {
                (Keys::Texts(dict), Value::Str(key)) => dict.insert(key, value),
                (Keys::Ints(dict), Value::Int(key)) => dict.insert(key, value),
                _ => return self.fail_at(at, "the keys of a dict are texts, or all of them ints"),
            };
            if replaced.is_some() {
                return self.fail_at(at, "the key is there twice");
            }
            self.blanks();
            comma = self.take(',');
        }
    }

    /// What stands without quotes and brackets.
    fn word(&mut self) -> Result<Value, ParseValueError> {
        let rest = self.rest();
        let is_end = |c: char| c.is_whitespace() || "[](){},:\"'".contains(c);
        let word = rest.split(is_end).next().unwrap_or_default();
        if word.is_empty() {
            let next = rest.chars().next().unwrap_or_default();
            return self.fail(format!("`{next}` is no value"));
        }
        let value = match word {
            "none" | "None" | "null" => Value::None,
            "true" | "True" => Value::Bool(true),
            "false" | "False" => Value::Bool(false),
            "NaN" | "nan" => Value::Float(f64::NAN),
            "inf" | "Infinity" | "+inf" => Value::Float(f64::INFINITY),
            "-inf" | "-Infinity" => Value::Float(f64::NEG_INFINITY),
            number => match self.number(number)? {
                Some(number) => number,
                None => {
                    return self.fail(format!("`{word}` is no value: a text is written {word:?}"));
                }
            },
        };
        self.at += word.len();
        Ok(value)
    }

    fn number(&self, word: &str) -> Result<Option<Value>, ParseValueError> {
        let digits = word.trim_start_matches(['+', '-']);
        if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
            || word.len() - digits.len() > 1
        {
            return Ok(None);
        }
        let plain: String = word.chars().filter(|&c| c != '_').collect();
        if digits.contains(['.', 'e', 'E']) {
            return match plain.parse() {
                Ok(float) => Ok(Some(Value::Float(float))),
                Err(_) => self.fail(format!("`{word}` is no number")),
            };
        }
        match plain.strip_prefix('+').unwrap_or(&plain).parse::<Int>() {
            Ok(int) => Ok(Some(Value::Int(int))),
            Err(error) => self.fail(format!("`{}` is no int: {error}", clipped(word))),
        }
    }

    fn string(&mut self) -> Result<String, ParseValueError> {
        let mut text = String::new();
        self.quoted(|reader, part| match part {
            Part::Char(char) => {
                text.push(char);
                Ok(())
            }
            // `\xe9` is U+00E9, as in Python.
            Part::Byte(byte) => {
                text.push(char::from(byte));
                Ok(())
            }
            Part::Unit(unit) => match char::from_u32(unit) {
                Some(char) => {
                    text.push(char);
                    Ok(())
                }
                None => reader.fail(format!("U+{unit:04X} is no character")),
            },
        })?;
        Ok(text)
    }

    fn bytes(&mut self) -> Result<Bytes, ParseValueError> {
        let mut bytes = Vec::new();
        self.quoted(|reader, part| match part {
            Part::Byte(byte) => {
                bytes.push(byte);
                Ok(())
            }
            Part::Char(char) if char.is_ascii() => {
                bytes.push(u8::try_from(char).unwrap_or_default());
                Ok(())
            }
            Part::Char(_) | Part::Unit(_) => {
                reader.fail("bytes are ASCII characters, or escapes such as `\\xff`")
            }
        })?;
        Ok(bytes.into())
    }

    /// The parts of what stands in quotes.
    fn quoted(
        &mut self,
        mut each: impl FnMut(&Self, Part) -> Result<(), ParseValueError>,
    ) -> Result<(), ParseValueError> {
        let begin = self.at;
        let quote = self.next();
        loop {
            match self.next() {
                None => return self.fail_at(begin, "the closing quote is missing"),
                next if next == quote => return Ok(()),
                Some('\\') => {
                    if let Some(part) = self.escape()? {
                        each(self, part)?;
                    }
                }
                Some(char) => each(self, Part::Char(char))?,
            }
        }
    }

    /// What follows a backslash; nothing for a line break.
    fn escape(&mut self) -> Result<Option<Part>, ParseValueError> {
        let Some(escape) = self.next() else {
            return self.fail("the closing quote is missing");
        };
        Ok(Some(match escape {
            'n' => Part::Char('\n'),
            'r' => Part::Char('\r'),
            't' => Part::Char('\t'),
            'b' => Part::Char('\u{8}'),
            'f' => Part::Char('\u{c}'),
            '0' => Part::Char('\0'),
            '\\' | '"' | '\'' | '/' => Part::Char(escape),
            '\n' => return Ok(None),
            'x' => Part::Byte(u8::try_from(self.hex(2)?).unwrap_or_default()),
            'u' if self.take('{') => {
                let rest = self.rest();
                let length = rest.find('}').filter(|length| (1..=6).contains(length));
                let Some(length) = length else {
                    return self.fail("`}` is missing behind up to six hexadecimal digits");
                };
                let unit = self.hex(length)?;
                self.at += 1;
                Part::Unit(unit)
            }
            'u' => {
                let first = self.hex(4)?;
                // JSON writes what is beyond 16 bits as two.
                if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
                    self.at += 2;
                    let second = self.hex(4)?;
                    let pair = [first, second].map(|unit| u16::try_from(unit).unwrap_or_default());
                    match char::decode_utf16(pair).next() {
                        Some(Ok(char)) => Part::Char(char),
                        _ => return self.fail("an unpaired surrogate is no character"),
                    }
                } else {
                    Part::Unit(first)
                }
            }
            'U' => Part::Unit(self.hex(8)?),
            other => return self.fail(format!("`\\{other}` is no escape")),
        }))
    }

    fn hex(&mut self, length: usize) -> Result<u32, ParseValueError> {
        let digits = self.rest().get(..length).unwrap_or_default();
        let is_hex = digits.chars().all(|digit| digit.is_ascii_hexdigit());
        match u32::from_str_radix(digits, 16) {
            Ok(number) if is_hex => {
                self.at += length;
                Ok(number)
            }
            _ => self.fail(format!("{length} hexadecimal digits are missing")),
        }
    }
}

/// A part of what stands in quotes.
enum Part {
    /// A character as it is, or escaped by a letter.
    Char(char),
    /// `\xff`
    Byte(u8),
    /// `\u00ff`
    Unit(u32),
}

/// As much of a number as an error should show.
fn clipped(word: &str) -> &str {
    word.get(..40).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::MAX_NESTING;

    #[track_caller]
    fn same(literal: &str, value: impl Into<Value>) {
        assert_eq!(literal.parse(), Ok(value.into()), "{literal}");
    }

    #[track_caller]
    fn mistake(literal: &str, error: &str) {
        let mistake = literal.parse::<Value>().unwrap_err();
        assert_eq!(mistake.to_string(), error, "{literal}");
    }

    #[test]
    fn each_language_s_words_and_escapes_are_read() {
        for none in ["none", " None ", "null"] {
            same(none, Value::None);
        }
        same("[true, False]", vec![true, false]);
        same("1", 1);
        same("+1_000", 1000);
        same("-0", 0);
        same("1.0", 1.0);
        same("1e3", 1000.0);
        same("-inf", f64::NEG_INFINITY);
        assert!(
            "-0.0"
                .parse::<Value>()
                .unwrap()
                .as_f64()
                .is_some_and(f64::is_sign_negative)
        );
        same(
            r#""a\"b\u00e9\ud83d\ude00\u{1f600}\U0001f600\xe9""#,
            "a\"bé😀😀😀é",
        );
        same("'it is \"quoted\"'", "it is \"quoted\"");
        same(r#"b"\x00\xffa\n""#, Bytes::from_static(b"\0\xffa\n"));
        same(
            "((1), (2,), ())",
            (1, Value::Tuple(vec![2.into()]), Value::Tuple(vec![])),
        );
        same(
            "{1: 'a', 2: 'b',}",
            Value::IntDict([(1, "a"), (2, "b")].into_iter().collect()),
        );
        same("{}", Value::Dict(Dict::new()));
    }

    #[test]
    fn mistakes_are_at_their_column() {
        mistake("", "column 1: a value is missing");
        mistake(
            "lobby",
            "column 1: `lobby` is no value: a text is written \"lobby\"",
        );
        mistake("[1 2]", "column 4: `,` or `]` is missing");
        mistake("1 2", "column 3: `2` follows a whole value");
        mistake("(1, 'é", "column 5: the closing quote is missing");
        mistake(
            "b'é'",
            "column 4: bytes are ASCII characters, or escapes such as `\\xff`",
        );
        mistake(
            "{1: 2, 'a': 3}",
            "column 8: the keys of a dict are texts, or all of them ints",
        );
        mistake("{'a': 2, 'a': 3}", "column 10: the key is there twice");
        mistake("'\\q'", "column 4: `\\q` is no escape");
        mistake("'\\ud83d'", "column 8: U+D83D is no character");
        mistake(
            "--1",
            "column 1: `--1` is no value: a text is written \"--1\"",
        );
        mistake("1.2.3", "column 1: `1.2.3` is no number");
        mistake("1a", "column 1: `1a` is no int: text is not a whole number");
    }

    #[test]
    fn what_a_payload_carries_can_be_written_and_no_more() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(nested(MAX_NESTING).parse::<Value>().is_ok());
        mistake(&nested(100_000), "column 258: nested deeper than 256");
    }
}
