//! What is printed: a line for each rule, and how many there are of each verdict.

use std::{collections::BTreeMap, fmt::Write as _, io};

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::{
    rulebook::Rule,
    verdict::{Fault, Verdict},
};
use crate::output::{DIM, NAME, Output, escaped};

const KEPT: Style = AnsiColor::Green.on_default();
const BROKEN: Style = AnsiColor::Red.on_default().bold();
const KNOWN: Style = AnsiColor::Yellow.on_default();

/// What was found so far.
pub(super) struct Report<'a> {
    output: &'a Output,
    kept: usize,
    broken: usize,
    known: usize,
    /// The rules that were not tried, by the reason.
    not_tried: BTreeMap<String, Vec<&'static str>>,
}

impl<'a> Report<'a> {
    pub(super) fn new(output: &'a Output) -> Self {
        Self {
            output,
            kept: 0,
            broken: 0,
            known: 0,
            not_tried: BTreeMap::new(),
        }
    }

    /// How many rules are broken, but for known faults.
    pub(super) fn broken(&self) -> usize {
        self.broken
    }

    /// Says who is checked.
    pub(super) fn begin(&self, peer: &str, known: Option<&str>) -> io::Result<()> {
        if self.output.is_json() {
            let line = json!({ "peer": peer, "implementation": known });
            return self.output.line(&line.to_string());
        }
        let mut line = format!("checking {}", escaped(peer));
        if let Some(name) = known {
            let _ = write!(line, ", which is {name}");
        }
        self.output.line(&line)
    }

    /// Says what became of a rule.
    pub(super) fn verdict(&mut self, rule: Rule, verdict: Verdict) -> io::Result<()> {
        let json = self.output.is_json();
        if json {
            self.output.line(&as_json(rule, &verdict))?;
        }
        let line = match verdict {
            Verdict::Kept => {
                self.kept = self.kept.saturating_add(1);
                row(KEPT, "kept", rule)
            }
            Verdict::Broken(fault) => {
                self.broken = self.broken.saturating_add(1);
                row(BROKEN, "broken", rule) + &fault_lines(&fault)
            }
            Verdict::Known(_, what) => {
                self.known = self.known.saturating_add(1);
                format!("{}\n          known: {what}", row(KNOWN, "known", rule))
            }
            Verdict::NotTried(reason) => {
                self.not_tried.entry(reason).or_default().push(rule.name);
                return Ok(());
            }
        };
        if json {
            Ok(())
        } else {
            self.output.line(&line)
        }
    }

    /// Says how many there are of each, and which routes the peer lacks for more.
    pub(super) fn end(&self, lacking: &[&str]) -> io::Result<()> {
        let not_tried: usize = self.not_tried.values().map(Vec::len).sum();
        let Self {
            kept,
            broken,
            known,
            ..
        } = *self;
        if self.output.is_json() {
            let line = json!({ "kept": kept, "broken": broken, "known": known, "not_tried": not_tried, "lacking": lacking });
            return self.output.line(&line.to_string());
        }
        for (reason, rules) in &self.not_tried {
            let line = format!("{DIM}not tried, as {}:{DIM:#}", escaped(reason));
            self.output.line(&line)?;
            self.output.line(&wrapped(rules))?;
        }
        let mut line = format!("{kept} kept, {broken} broken");
        if known > 0 {
            let _ = write!(line, ", {known} broken as is known");
        }
        let _ = write!(line, ", {not_tried} not tried");
        self.output.line(&line)?;
        if lacking.is_empty() || not_tried == 0 {
            return Ok(());
        }
        let lacking: Vec<_> = lacking.iter().map(|name| format!("`{name}`")).collect();
        let lacking: Vec<_> = lacking.iter().map(String::as_str).collect();
        self.output.line(LACKING)?;
        self.output.line(&wrapped(&lacking))
    }
}

/// What is said of routes that a run of all rules needs.
const LACKING: &str = "\
For all rules the peer has to serve these routes as well, which the chapter
\"Checking other implementations\" of the documentation (check.md) describes:";

/// Names in lines that a terminal has room for.
fn wrapped(names: &[&str]) -> String {
    const WIDTH: usize = 80;
    const INDENT: &str = "          ";
    let mut text = INDENT.to_owned();
    let mut used = INDENT.len();
    for (index, name) in names.iter().enumerate() {
        // The name, with a blank before it and a comma behind.
        let more = name.len().saturating_add(2);
        let joined = used.saturating_add(more);
        match index {
            0 => used = joined,
            _ if joined > WIDTH => {
                text.push_str(",\n");
                text.push_str(INDENT);
                used = INDENT.len().saturating_add(more);
            }
            _ => {
                text.push_str(", ");
                used = joined;
            }
        }
        text.push_str(name);
    }
    text
}

fn row(style: Style, verdict: &str, rule: Rule) -> String {
    let Rule { name, sentence, .. } = rule;
    format!("{style}{verdict:<8}{style:#}  {NAME}{name}{NAME:#}  {DIM}{sentence}{DIM:#}")
}

fn fault_lines(fault: &Fault) -> String {
    let Fault { expected, seen } = fault;
    format!(
        "\n          expected: {}\n          seen:     {}",
        escaped(expected),
        escaped(seen)
    )
}

fn as_json(rule: Rule, verdict: &Verdict) -> String {
    let mut line = json!({
        "rule": rule.name,
        "section": rule.section,
        "sentence": rule.sentence,
    });
    let mut fault = |of: &Fault| {
        line["expected"] = json!(of.expected);
        line["seen"] = json!(of.seen);
    };
    let verdict = match verdict {
        Verdict::Kept => "kept",
        Verdict::Broken(of) => {
            fault(of);
            "broken"
        }
        Verdict::Known(of, what) => {
            fault(of);
            line["known"] = json!(what);
            "known"
        }
        Verdict::NotTried(reason) => {
            line["reason"] = json!(reason);
            "not tried"
        }
    };
    line["verdict"] = json!(verdict);
    line.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_wrapped() {
        assert_eq!(wrapped(&["one"]), "          one");
        let long = "a.rule-of-some-length";
        let text = wrapped(&[long; 60]);
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        assert_eq!(text.lines().count(), 20, "{text}");
        let names: Vec<_> = text.split(',').map(str::trim).collect();
        assert_eq!(names, [long; 60]);
    }
}
