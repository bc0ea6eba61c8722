//! `highway check`: the conformance kit. It holds a server or a client, in any language, to the rules of the chapter on the wire.
//!
//! The chapter names the rules ([`rulebook`]), and each has a check ([`rules`]) with connections of its own ([`talk`]). The kit
//! itself is below the library: it has to say what no peer may say.

mod kit;
mod known;
mod message;
mod peer;
mod report;
mod rulebook;
mod rules;
mod source;
mod talk;
mod verdict;

use self::{
    kit::{Kit, Side},
    peer::Peer,
    report::Report,
    source::{Source, Target},
    verdict::Verdict,
};
use crate::{
    connect::{ConnectArguments, ServerArguments, url},
    failure::Failure,
    output::Output,
};

/// What `highway check` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// The server to check
    #[arg(value_name = "URL", value_parser = url, required_unless_present_any = ["listen", "list"], value_hint = clap::ValueHint::Url)]
    url: Option<String>,
    /// Check clients, which connect to this address: as often as there are rules, one after the other or several at a time
    #[arg(long, value_name = "ADDRESS", conflicts_with = "url")]
    listen: Option<String>,
    /// Check this rule, or those that begin so, such as `call.`; can be given several times
    #[arg(long, value_name = "RULE")]
    rule: Vec<String>,
    /// Print the rules
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    options: ConnectArguments,
}

const AFTER_HELP: &str = "\
A peer that serves `echo`, `refuse`, `count`, `sum`, `hold`, `wait`, `never`, `do` and, as a server, `number` is checked for all
rules; the chapter \"Checking other implementations\" of the documentation says what these do. Without them less is tried.

Exit codes: 0 all rules that were tried are kept, but for known faults; 1 some are broken; 2 wrong usage; 3 no connection; 4 timed out.";

impl Arguments {
    pub(crate) async fn run(self, output: &Output) -> Result<(), Failure> {
        if self.list {
            return list(&self, output);
        }
        if let Some(unknown) = self.rule.iter().find(|name| !names(name)) {
            return Err(Failure::usage(format!(
                "no rule begins with `{unknown}`; `highway check --list` prints all"
            )));
        }
        let timeout = self.options.timeout();
        let mut expected = Vec::new();
        let (source, side, named) = match (&self.listen, &self.url) {
            (Some(address), _) => {
                let (source, bound) = Source::listen(address).await?;
                let named = format!("the clients that connect to ws://{bound}");
                anstream::eprintln!("waiting for {named}");
                (source, Side::Client, named)
            }
            (None, Some(url)) => {
                let server = ServerArguments {
                    url: url.clone(),
                    options: self.options.clone(),
                };
                expected = server.expected_routes().await?;
                let target = Target {
                    url: url.clone(),
                    headers: self.options.headers(),
                    tls: if url.starts_with("wss:") {
                        Some(self.options.tls.config()?)
                    } else {
                        None
                    },
                };
                let named = target.shown();
                (Source::Server(target), Side::Server, named)
            }
            (None, None) => return Err(Failure::usage("neither a URL nor --listen was given")),
        };
        let kit = Kit {
            source,
            side,
            timeout,
            expected,
        };
        let peer = Peer::meet(&kit).await?;
        let mut report = Report::new(output);
        let shown = match &peer.software {
            Some(software) => format!("{named} ({software})"),
            None => named,
        };
        report.begin(&shown, peer.implementation.map(|known| known.name))?;
        let mut gone: Option<Failure> = None;
        for check in rules::all() {
            let Some(rule) = rulebook::find(check.rule).filter(|_| self.wants(check.rule)) else {
                continue;
            };
            let verdict = match &gone {
                Some(why) => lost(why),
                None => match peer.verdict(check, &kit).await {
                    Ok(verdict) => verdict,
                    Err(why) => lost(gone.insert(why)),
                },
            };
            report.verdict(rule, verdict)?;
        }
        report.end(&peer.lacking())?;
        match (report.broken(), gone) {
            (0, None) => Ok(()),
            (0, Some(why)) => Err(why),
            (1, _) => Err(Failure::refused("1 rule is broken")),
            (broken, _) => Err(Failure::refused(format!("{broken} rules are broken"))),
        }
    }

    /// Whether a rule is to be checked.
    fn wants(&self, rule: &str) -> bool {
        self.rule.is_empty() || self.rule.iter().any(|name| rule.starts_with(name.as_str()))
    }
}

/// What becomes of a rule without a connection.
fn lost(why: &Failure) -> Verdict {
    let why = why.text().unwrap_or_default();
    Verdict::NotTried(format!("there is no connection any more: {why}"))
}

/// Whether there are rules that begin so.
fn names(begin: &str) -> bool {
    rulebook::rules().any(|rule| rule.name.starts_with(begin))
}

/// Prints the rules.
fn list(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    for rule in rulebook::rules().filter(|rule| arguments.wants(rule.name)) {
        if output.is_json() {
            let line = serde_json::json!({ "rule": rule.name, "section": rule.section, "sentence": rule.sentence });
            output.line(&line.to_string())?;
        } else {
            output.line(&format!("{}  {}", rule.name, rule.sentence))?;
        }
    }
    Ok(())
}
