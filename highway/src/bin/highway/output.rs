//! What commands print: for people on a terminal, as lines of JSON elsewhere.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal, Write},
};

use anstyle::{AnsiColor, Style};
use data_encoding::BASE64;
use highway::{Value, value::Dict};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How commands print.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct OutputArguments {
    /// Print lines of JSON [default: where standard output is no terminal]
    #[arg(help_heading = "Output", long, global = true, conflicts_with = "table")]
    json: bool,
    /// Print for people [default: on a terminal]
    #[arg(help_heading = "Output", long, global = true)]
    table: bool,
}

/// Where commands print.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
}

/// The style of types, and of what only explains.
pub(crate) const DIM: Style = Style::new().dimmed();
/// The style of names.
pub(crate) const NAME: Style = AnsiColor::Cyan.on_default();

impl Output {
    pub(crate) fn new(arguments: &OutputArguments) -> Self {
        Self {
            json: arguments.json || !arguments.table && !io::stdout().is_terminal(),
        }
    }

    /// Whether programs read what is printed.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a line, or several.
    #[expect(clippy::unused_self, reason = "what prints has where")]
    pub(crate) fn line(&self, text: &str) -> io::Result<()> {
        let mut stdout = anstream::stdout().lock();
        writeln!(stdout, "{text}")?;
        stdout.flush()
    }

    /// Prints the name of a route of which nothing else is known.
    pub(crate) fn name(&self, name: &str) -> io::Result<()> {
        if self.json {
            self.line(&format!(r#"{{"name":{}}}"#, quoted(name)))
        } else {
            self.line(&escaped(name))
        }
    }

    /// Prints a value with its type.
    pub(crate) fn value(&self, value: &Value) -> io::Result<()> {
        if self.json {
            self.line(&format!("{{{}}}", keys_of(value)))
        } else {
            self.line(&shown(value))
        }
    }

    /// What counts bytes or items on the terminal behind standard error, where what is counted is not printed there itself.
    #[expect(clippy::unused_self, reason = "what prints has where")]
    pub(crate) fn counter(&self, of: &str, elsewhere: bool) -> ProgressBar {
        if elsewhere || !io::stdout().is_terminal() {
            ProgressBar::new_spinner().with_style(counter_style(of))
        } else {
            ProgressBar::hidden()
        }
    }

    /// A bar for something of a length, on the terminal behind standard error; nothing where programs read, or nothing is known.
    pub(crate) fn progress(&self, length: u64, style: ProgressStyle) -> ProgressBar {
        let target = if self.json && io::stdout().is_terminal() || length == 0 {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        ProgressBar::with_draw_target(Some(length), target).with_style(style)
    }
}

/// The style of what counts something whose end is not known.
fn counter_style(of: &str) -> ProgressStyle {
    ProgressStyle::with_template(&format!("{{spinner}} {of}"))
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// A value as people read it: its type, and its literal.
pub(crate) fn shown(value: &Value) -> String {
    let literal = literal(value);
    match value {
        Value::None => literal,
        _ => format!("{DIM}{}{DIM:#} {literal}", value.data_type()),
    }
}

/// The literal of a value; on several lines if it is long.
pub(crate) fn literal(value: &Value) -> String {
    const LINE: usize = 100;
    let short = format!("{value:?}");
    match value {
        Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::IntDict(_)
            if short.len() > LINE =>
        {
            format!("{value:#?}")
        }
        _ => short,
    }
}

/// The keys of an object of JSON that says what a value is: `type`, `value`, and `literal` where the value in JSON is not all.
pub(crate) fn keys_of(value: &Value) -> String {
    let mut json = format!(r#""type":"{}","value":"#, value.data_type());
    write_json(&mut json, value);
    let is_whole = match value {
        Value::Float(float) => float.is_finite(),
        Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::IntDict(_) => false,
        _ => true,
    };
    if !is_whole {
        json.push_str(r#","literal":"#);
        json.push_str(&quoted(&format!("{value:?}")));
    }
    json
}

/// A text of a peer as a terminal may show it, which it can't control.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() {
            escaped.extend(char.escape_default());
        } else {
            escaped.push(char);
        }
    }
    escaped
}

/// A text in JSON.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes a value as JSON has it: bytes in base64, a tuple as a list, and `null` for floats that JSON lacks.
fn write_json(json: &mut String, value: &Value) {
    match value {
        Value::None => json.push_str("null"),
        Value::Bool(bool) => json.push_str(if *bool { "true" } else { "false" }),
        Value::Int(int) => {
            let _ = write!(json, "{int}");
        }
        Value::Float(float) => json.push_str(&serde_json::Value::from(*float).to_string()),
        Value::Str(text) => json.push_str(&quoted(text)),
        Value::Bytes(bytes) => json.push_str(&quoted(&BASE64.encode(bytes))),
        Value::List(items) | Value::Tuple(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                write_json(json, item);
            }
            json.push(']');
        }
        Value::Dict(dict) => write_dict(json, dict),
        Value::IntDict(dict) => write_dict(json, dict),
    }
}

fn write_dict<K: ToString>(json: &mut String, dict: &Dict<K>) {
    json.push('{');
    for (index, (key, value)) in dict.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        json.push_str(&quoted(&key.to_string()));
        json.push(':');
        write_json(json, value);
    }
    json.push('}');
}
