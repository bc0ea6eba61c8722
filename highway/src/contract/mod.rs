//! The contract: the types of the declared routes, as each side reports them, and where they differ.
//!
//! A [`Contract`] is made once for a handler. Extended peers tell theirs right behind the route table; each side compares both
//! directions, and so comes to the same [`Mismatch`]es. [`Schema`] is what stands for a type.

mod compare;

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet, VecDeque, hash_map::RandomState},
    fmt,
    hash::BuildHasher,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use compare::readable;

pub use crate::{
    error::{Mismatch, Owner, RoutePart},
    schema::{
        Enum, Field, IntWidth, ReplyTypes, RouteTypes, Schema, Struct, Types, Unknown, Variant,
    },
};

use crate::{
    payload::{self, DecodeError, Payload},
    route::Protocol,
    schema::shown,
    value::{Dict, Value},
    wire::{DataType, Dialect},
};

/// The bytes for the routes that are served, and again for those of the peer: a route that would take more is left out, and
/// so is checked by its name only.
const MAX_BYTES: usize = 32 * 1024 - 64;

/// The mismatches of one connection that are told.
const MAX_MISMATCHES: usize = 100;

/// The contracts of peers whose comparison is kept.
const KEPT: usize = 16;

/// The mismatches that were logged and are not again.
const LOGGED: usize = 1024;

/// The types of a handler's declared routes, to be sent to its peers and compared with theirs.
pub struct Contract {
    payload: Vec<u8>,
    /// The same of a side that reads traceparents, once there is one.
    with_traceparent: OnceLock<Vec<u8>>,
    /// The names of the routes that are served, declared or not.
    names: HashSet<&'static str>,
    serves: HashMap<&'static str, &'static RouteTypes>,
    /// Those that the peer is declared to serve.
    peer: &'static [RouteTypes],
    expects_peer: bool,
    /// What came of those that came last, the oldest first: clients of one kind have the same contract.
    kept: Mutex<VecDeque<Kept>>,
    logged: Mutex<HashSet<u64>>,
    hasher: RandomState,
}

/// A peer's contract with what came of it.
type Kept = (Box<[u8]>, Told);

/// What a peer's contract comes to.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// What is not agreed about.
    pub(crate) mismatches: Arc<[Mismatch]>,
    /// Whether the peer reads the traceparents of calls and streams.
    pub(crate) reads_traceparents: bool,
}

/// The key by which a side says that it reads traceparents.
const TRACEPARENT: &str = "traceparent";

impl fmt::Debug for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contract")
            .field("serves", &self.serves.len())
            .field("peer", &self.peer.len())
            .finish_non_exhaustive()
    }
}

impl Contract {
    /// The contract of a handler that serves these routes and the protocol `S`, and whose peer serves the protocol `P`.
    pub fn new<S: Protocol, P: Protocol>(names: impl IntoIterator<Item = &'static str>) -> Self {
        let (serves, peer) = (S::types(), P::types());
        let mut contract = Dict::new();
        if S::DECLARED {
            let told = serves
                .iter()
                .map(|of| (of.name, [&of.data.read, &of.reply.sent, &of.failure.sent]));
            contract.insert("serves", section(told));
        }
        if P::DECLARED {
            let told = peer
                .iter()
                .map(|of| (of.name, [&of.data.sent, &of.reply.read, &of.failure.read]));
            contract.insert("peer", section(told));
        }
        let mut payload = Vec::new();
        let encoded = payload::encode(Dialect::Extended, &contract, &mut payload);
        if let Err(error) = encoded {
            tracing::error!(%error, "the contract can't be written; an empty one is sent");
            payload = EMPTY.to_vec();
        }
        Self {
            payload,
            with_traceparent: OnceLock::new(),
            names: names.into_iter().collect(),
            serves: serves.iter().map(|of| (of.name, of)).collect(),
            peer,
            expects_peer: P::DECLARED,
            kept: Mutex::default(),
            logged: Mutex::default(),
            hasher: RandomState::new(),
        }
    }

    /// What is told: a dict.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// What is told by a side that reads the traceparents of calls and streams.
    pub fn payload_with_traceparent(&self) -> &[u8] {
        self.with_traceparent.get_or_init(|| {
            let told = Payload::new(Dialect::Extended, DataType::Dict, &self.payload);
            // It is what was written above.
            let mut told = told.decode::<Dict>().unwrap_or_default();
            told.insert(TRACEPARENT, true);
            let mut payload = Vec::new();
            match payload::encode(Dialect::Extended, &told, &mut payload) {
                Ok(_) => payload,
                Err(_) => self.payload.clone(),
            }
        })
    }

    /// Whether the peer has to have anything.
    pub(crate) fn expects_peer(&self) -> bool {
        self.expects_peer
    }

    /// The routes that the peer is declared to serve and does not, as `serves` says of a name.
    pub(crate) fn missing(&self, serves: impl Fn(&str) -> bool) -> Vec<Mismatch> {
        let missing = self.peer.iter().filter(|of| !serves(of.name));
        let missing = missing.map(|of| Mismatch::Missing {
            route: of.name.to_owned(),
            owner: Owner::Peer,
        });
        missing.take(MAX_MISMATCHES).collect()
    }

    /// What the contract of a peer comes to. What it does not serve at all is not among the mismatches.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn compare(&self, payload: &[u8]) -> Result<Told, Box<DecodeError>> {
        if let Some(kept) = self.kept(payload) {
            return Ok(kept);
        }
        let told = Payload::new(Dialect::Extended, DataType::Dict, payload).decode::<Value>()?;
        let told = match &told {
            Value::Dict(told) => told,
            _ => &Dict::new(),
        };
        let section = |key| told.get(key).and_then(Value::as_dict);
        let mut mismatches = Vec::new();
        if let Some(serves) = section("serves") {
            for own in self.peer {
                let Some(told) = serves.get(own.name) else {
                    continue;
                };
                let of = (own.name, Owner::Peer);
                let data = readable_in(of, RoutePart::Input, &own.data.sent, &schema(told, "data"));
                let (reply, error) = (schema(told, "reply"), schema(told, "error"));
                let reply = readable_in(of, RoutePart::Output, &reply, &own.reply.read);
                let error = readable_in(of, RoutePart::Error, &error, &own.failure.read);
                mismatches.extend(data.or(reply).or(error));
            }
        }
        for (name, told) in section("peer").into_iter().flatten() {
            if mismatches.len() >= MAX_MISMATCHES {
                break;
            }
            if let Some(own) = self.serves.get(name.as_str()) {
                let of = (own.name, Owner::This);
                let data = readable_in(of, RoutePart::Input, &schema(told, "data"), &own.data.read);
                let (reply, error) = (schema(told, "reply"), schema(told, "error"));
                let reply = readable_in(of, RoutePart::Output, &own.reply.sent, &reply);
                let error = readable_in(of, RoutePart::Error, &own.failure.sent, &error);
                mismatches.extend(data.or(reply).or(error));
            } else if !self.names.contains(name.as_str()) {
                mismatches.push(Mismatch::Missing {
                    route: shown(name),
                    owner: Owner::This,
                });
            }
        }
        let told = Told {
            mismatches: mismatches.into(),
            reads_traceparents: told.get(TRACEPARENT) == Some(&Value::Bool(true)),
        };
        self.keep(payload, told.clone());
        Ok(told)
    }

    fn kept(&self, payload: &[u8]) -> Option<Told> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(known, _)| **known == *payload);
        found.map(|(_, told)| told.clone())
    }

    fn keep(&self, payload: &[u8], told: Told) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((payload.into(), told));
    }

    /// Whether this is to be logged: once in the process, as the next connection will most likely say the same.
    pub(crate) fn is_news(&self, mismatch: &Mismatch) -> bool {
        let hash = self.hasher.hash_one(mismatch.to_string());
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        // Only peers that make up ever new ones get there.
        logged.len() < LOGGED && logged.insert(hash)
    }
}

/// A contract that says nothing: an empty dict.
pub(crate) const EMPTY: &[u8] = &[0xa0];

/// One of a contract's two parts.
fn section<'a>(routes: impl Iterator<Item = (&'a str, [&'a Schema; 3])>) -> Value {
    let mut section = Dict::new();
    let mut bytes = 0;
    for (name, schemas) in routes {
        let mut types = Dict::new();
        for (key, schema) in ["data", "reply", "error"].into_iter().zip(schemas) {
            if !schema.is_any() {
                types.insert(key, schema.to_value());
            }
        }
        let mut written = Vec::new();
        let fits = payload::encode(Dialect::Extended, &types, &mut written).is_ok();
        let len = name.len() + written.len() + 4;
        if !fits || bytes + len > MAX_BYTES {
            tracing::debug!(route = name, "the types are too large to be sent");
            continue;
        }
        bytes += len;
        section.insert(name, types);
    }
    section.into()
}

/// A type that was told; any where there is none.
fn schema(told: &Value, key: &str) -> Schema {
    told.get_key(key)
        .map_or_else(Schema::default, Schema::from_value)
}

fn readable_in(
    (route, owner): (&str, Owner),
    part: RoutePart,
    sent: &Schema,
    expected: &Schema,
) -> Option<Mismatch> {
    let difference = readable(sent, expected).err()?;
    Some(Mismatch::Types {
        route: route.to_owned(),
        owner,
        part,
        sent: sent.to_string(),
        expected: expected.to_string(),
        at: shown(&difference.path()),
    })
}
