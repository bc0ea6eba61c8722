//! `highway check`: the conformance kit. It holds a server or a client, in any language, to the rules of the chapter on the wire.
//!
//! The chapter names the rules ([`rulebook`]), and each has a check ([`rules`]) with connections of its own ([`talk`]). The kit
//! itself is below the library: it has to say what no peer may say.

mod kit;
mod known;
mod message;
mod report;
mod rulebook;
mod rules;
mod source;
mod talk;
mod verdict;

use highway::{Value, handshake::EXTENSION};

use self::{
    kit::{Kit, Opening, Side},
    known::Implementation,
    report::Report,
    rules::Check,
    source::{Source, Target},
    talk::Talk,
    verdict::{Stop, Unreachable, Verdict},
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

/// What is known of the peer before it is checked.
struct Peer {
    extended: bool,
    routes: Vec<String>,
    /// What it declares of its routes, if it does.
    serves: Option<Value>,
    implementation: Option<&'static Implementation>,
    software: Option<String>,
}

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
                (Source::Server(target), Side::Server, url.clone())
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
        let mut gone: Option<Unreachable> = None;
        for check in rules::all() {
            let Some(rule) = rulebook::find(check.rule).filter(|_| self.wants(check.rule)) else {
                continue;
            };
            let verdict = match (&gone, peer.lacks(check, side)) {
                (Some(why), _) => {
                    Verdict::NotTried(format!("there is no connection any more: {}", text(why)))
                }
                (None, Some(reason)) => Verdict::NotTried(reason),
                (None, None) => match check.run.run(&kit).await {
                    Ok(()) => Verdict::Kept,
                    Err(Stop::NotTried(reason)) => Verdict::NotTried(reason),
                    Err(Stop::Unreachable(why)) => {
                        let reason = format!("there is no connection any more: {}", text(&why));
                        gone = Some(why);
                        Verdict::NotTried(reason)
                    }
                    Err(Stop::Broken(fault)) => {
                        match peer.implementation.and_then(|of| of.fault(check.rule)) {
                            Some(known) => Verdict::Known(fault, known),
                            None => Verdict::Broken(fault),
                        }
                    }
                },
            };
            report.verdict(rule, verdict)?;
        }
        report.end()?;
        match (report.broken(), gone) {
            (0, None) => Ok(()),
            (0, Some(why)) => Err(why.into()),
            (1, _) => Err(Failure::refused("1 rule is broken")),
            (broken, _) => Err(Failure::refused(format!("{broken} rules are broken"))),
        }
    }

    /// Whether a rule is to be checked.
    fn wants(&self, rule: &str) -> bool {
        self.rule.is_empty() || self.rule.iter().any(|name| rule.starts_with(name.as_str()))
    }
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

/// The routes that checks use, with the types that their data may be declared as.
const ROUTES: [(&str, &[&str]); 9] = [
    ("echo", &["any"]),
    ("refuse", &["any"]),
    ("count", &["any", "int"]),
    ("sum", &["any"]),
    ("hold", &["any"]),
    ("wait", &["any", "none"]),
    ("never", &["any", "none"]),
    ("number", &["any", "none"]),
    ("do", &["any"]),
];

impl Peer {
    /// Connects once to learn what the peer is.
    async fn meet(kit: &Kit) -> Result<Self, Failure> {
        let mut talk = kit.connect().await?;
        // What is wrong with it shows in the checks.
        let met = kit.exchange(&mut talk, &Opening::extended()).await;
        if met.is_ok() && talk.extended {
            // The contract comes before the pong of a server, and behind the map of a client.
            let _ = contract(&mut talk, kit).await;
        }
        let contract = talk.contract.as_ref();
        let message = contract.map(|payload| [&[5, 0, 0, 0], payload.as_slice()].concat());
        let contract = message.and_then(|message| message::value(&message, true));
        let routes = talk.routes.keys();
        Ok(Self {
            extended: talk.extended,
            routes: routes.filter(|name| *name != EXTENSION).cloned().collect(),
            serves: contract.and_then(|contract| contract.get_key("serves").cloned()),
            implementation: Implementation::of(talk.software.as_deref(), talk.extended),
            software: talk.software.clone(),
        })
    }

    /// Why a check can't be made.
    fn lacks(&self, check: &Check, side: Side) -> Option<String> {
        match check.side {
            Some(Side::Server) if side == Side::Client => {
                return Some("they are for servers".to_owned());
            }
            Some(Side::Client) if side == Side::Server => {
                return Some("they are for clients".to_owned());
            }
            _ => {}
        }
        if check.extension && !self.extended {
            return Some("the peer does not speak the extension".to_owned());
        }
        check.routes.iter().find_map(|name| {
            if !self.routes.iter().any(|route| route == name) {
                return Some(format!("the peer serves no route `{name}`"));
            }
            let (_, types) = ROUTES.iter().find(|(route, _)| route == name)?;
            let data = self.serves.as_ref()?.get_key(name)?.get_key("data")?;
            let declared = data.as_str().filter(|declared| !types.contains(declared))?;
            Some(format!("the peer's `{name}` takes {declared}"))
        })
    }
}

/// Receives the peer's contract.
async fn contract(talk: &mut Talk, kit: &Kit) -> Option<()> {
    loop {
        match talk.arrived(kit.timeout).await? {
            talk::Arrived::Message(message) => match message.as_slice() {
                [5, 14, _, _, payload @ ..] => {
                    talk.contract = Some(payload.to_vec());
                    return Some(());
                }
                [_, 0, 0, 0, ..] => {}
                _ => return None,
            },
            talk::Arrived::Pong(_) => {}
            _ => return None,
        }
    }
}

fn text(unreachable: &Unreachable) -> &str {
    match unreachable {
        Unreachable::Refused(text) | Unreachable::TimedOut(text) | Unreachable::Usage(text) => text,
    }
}

impl From<Unreachable> for Failure {
    fn from(unreachable: Unreachable) -> Self {
        match unreachable {
            Unreachable::Refused(text) => Self::no_connection(text),
            Unreachable::TimedOut(text) => Self::timed_out(text),
            Unreachable::Usage(text) => Self::usage(text),
        }
    }
}
