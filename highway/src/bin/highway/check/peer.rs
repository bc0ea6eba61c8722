//! What the peer under check is, and which rules can be tried with it.

use std::collections::BTreeSet;

use highway::{Value, handshake::EXTENSION};

use super::{
    kit::{Kit, Opening, Side},
    known::Implementation,
    message,
    rules::{self, Check},
    verdict::{Stop, Verdict},
};
use crate::failure::Failure;

/// What is known of the peer before it is checked.
pub(super) struct Peer {
    side: Side,
    extended: bool,
    routes: Vec<String>,
    /// What it declares of its routes, if it does.
    serves: Option<Value>,
    pub(super) implementation: Option<&'static Implementation>,
    pub(super) software: Option<String>,
}

/// How many times as long as a message a rule may take in all, however much a peer sends.
const LONGEST: u32 = 10;

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
    pub(super) async fn meet(kit: &Kit) -> Result<Self, Failure> {
        let mut talk = kit.connect().await?;
        // What is wrong with it shows in the checks.
        let met = kit.exchange(&mut talk, &Opening::extended()).await;
        if met.is_ok() && talk.extended {
            // The contract comes before the pong of a server, and behind the map of a client.
            let _ = talk.receive_contract("a contract").await;
        }
        let contract = talk.contract.as_ref();
        let contract = contract.and_then(|payload| message::decoded(5, payload, true));
        let routes = talk.routes.keys();
        Ok(Self {
            side: kit.side,
            extended: talk.extended,
            routes: routes.filter(|name| *name != EXTENSION).cloned().collect(),
            serves: contract.and_then(|contract| contract.get_key("serves").cloned()),
            implementation: Implementation::of(talk.software.as_deref(), talk.extended),
            software: talk.software.clone(),
        })
    }

    /// Checks whether it keeps a rule. There may be no connection for that.
    pub(super) async fn verdict(&self, check: &Check, kit: &Kit) -> Result<Verdict, Failure> {
        if let Some(reason) = self.lacks(check) {
            return Ok(Verdict::NotTried(reason));
        }
        let limit = kit.timeout.saturating_mul(LONGEST);
        let Ok(tried) = tokio::time::timeout(limit, check.run.run(kit)).await else {
            let reason = format!("the peer goes on sending: there is no end after {limit:?}");
            return Ok(Verdict::NotTried(reason));
        };
        Ok(match tried {
            Ok(()) => Verdict::Kept,
            Err(Stop::NotTried(reason)) => Verdict::NotTried(reason),
            Err(Stop::Unreachable(why)) => return Err(why),
            Err(Stop::Broken(fault)) => {
                match self.implementation.and_then(|of| of.fault(check.rule)) {
                    Some(known) => Verdict::Known(fault, known),
                    None => Verdict::Broken(fault),
                }
            }
        })
    }

    /// Why a check can't be made.
    fn lacks(&self, check: &Check) -> Option<String> {
        if !check.is_for(self.side) {
            let of = match self.side {
                Side::Server => "clients",
                Side::Client => "servers",
            };
            return Some(format!("they are for {of}"));
        }
        if check.extension && !self.extended {
            return Some("the peer does not speak the extension".to_owned());
        }
        check.routes.iter().find_map(|name| {
            if !self.serves_route(name) {
                return Some(format!("the peer serves no route `{name}`"));
            }
            let (_, types) = ROUTES.iter().find(|(route, _)| route == name)?;
            let data = self.serves.as_ref()?.get_key(name)?.get_key("data")?;
            let declared = data.as_str().filter(|declared| !types.contains(declared))?;
            Some(format!("the peer's `{name}` takes {declared}"))
        })
    }

    /// The routes that it does not serve, and that rules need.
    pub(super) fn lacking(&self) -> Vec<&'static str> {
        let checks = rules::all().filter(|check| check.is_for(self.side));
        let checks = checks.filter(|check| self.extended || !check.extension);
        let needed: BTreeSet<_> = checks.flat_map(|check| check.routes).copied().collect();
        let routes = ROUTES.iter().map(|(name, _)| *name);
        routes
            .filter(|name| needed.contains(name) && !self.serves_route(name))
            .collect()
    }

    fn serves_route(&self, name: &str) -> bool {
        self.routes.iter().any(|route| route == name)
    }
}
