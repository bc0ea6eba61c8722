//! The description: everything that others may want to know of a handler's routes, as a value.
//!
//! [The chapter](crate#the-description) says what is in it and how it is written in JSON. A server's `describe()` makes it, as does a
//! client's; [`Description::new`] makes it for code that is generic over endpoints.
//!
//! ```
//! # #[cfg(feature = "net")] {
//! #[highway::protocol]
//! mod server {
//!     /// Adds.
//!     pub async fn add(numbers: (i32, f64)) -> f64;
//! }
//!
//! #[highway::server(serves = server)]
//! struct Calculator;
//! # #[highway::route(server::add, on = Calculator)]
//! # async fn add((a, b): (i32, f64)) -> f64 { f64::from(a) + b }
//!
//! let add = &Calculator::describe().serves[0];
//! assert_eq!((add.name.as_str(), add.docs.as_deref()), ("add", Some("Adds.")));
//! assert_eq!(serde_json::to_string(&add.data).unwrap(), r#"{"tuple":["i32","float"]}"#);
//! # }
//! ```

mod of_schemas;
mod types;

use std::{collections::BTreeMap, error::Error, fmt};

use serde::{Deserialize, Serialize};

pub use types::{EnumType, FieldType, NamedType, StructType, Type, VariantType};

use crate::{
    limits::Limits,
    route::{Endpoint, Protocol, Side, protocol::Declaration},
    schema::{RouteTypes, Types},
    shown::Shown,
};

use of_schemas::{Collector, Place};

/// What every description says that it is.
const FORMAT: &str = "description";

/// What is known of a handler: the routes of both sides with their types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Description {
    /// What it is: `description`.
    highway: String,
    /// The version of the format: [`Description::VERSION`].
    pub version: u32,
    /// The handler's name.
    pub name: String,
    /// The side that it is of.
    pub role: Role,
    /// The routes that this side serves, sorted by name.
    pub serves: Vec<Route>,
    /// The routes that its peer is declared to serve, sorted by name; `None` where nothing is declared of the peer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<Vec<Route>>,
    /// The structs and enums that stand in the types of routes, by a name that each has to itself.
    #[serde(default)]
    pub types: BTreeMap<String, NamedType>,
    /// Whether the program has pipes: a server with an `on(pipe)` hook, or a client with `pipe = …`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pipes: bool,
    /// What this side holds its peer to.
    #[serde(default)]
    pub limits: DescribedLimits,
    /// The places of which nothing is known, though the program declares a type there.
    #[serde(default)]
    pub unknown: Vec<UnknownType>,
}

/// A side of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The one that connections are made to.
    Server,
    /// The one that connects.
    Client,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Route {
    /// Its name on the wire.
    pub name: String,
    /// Whether a protocol declares it. The types of others are not known.
    pub declared: bool,
    /// What its documentation says: the protocol's, or that of the function of a route that no protocol declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// Where it is declared; of an undeclared one, where its function stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The names of what it takes: one, or one for each item of a tuple.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<String>,
    /// What it takes, if anything. [`Type::Stream`] where it takes a stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Type>,
    /// What it returns, if it is declared to return something. [`Type::Stream`] where it returns a stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Type>,
    /// The error that it declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Type>,
    /// The functions around it, the outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub around: Vec<String>,
}

/// A place in the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Source {
    /// The file, as the compiler names it: mostly from the root of the workspace on.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// What a side holds its peer to, as far as the peer should know it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DescribedLimits {
    /// The bytes of the largest message.
    pub message_bytes: u64,
    /// How deep values may be nested.
    pub nesting: u64,
    /// The streams and pipes that the peer may have open.
    pub streams: u64,
    /// The bytes of a stream that wait for their reader.
    pub stream_window: u32,
    /// The messages that the peer may send in a second; `None` for any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages_per_second: Option<u32>,
    /// The milliseconds of silence after which the peer is pinged.
    pub ping_interval_ms: u64,
    /// The milliseconds that it has for the answer.
    pub pong_timeout_ms: u64,
}

/// A place of which nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnknownType {
    /// The route.
    pub route: String,
    /// Whether this side serves it, or the peer.
    pub owner: Owner,
    /// The part of the route.
    pub part: Part,
    /// The way from the whole type to the place: `.line.kind`, `[0]`; empty for the whole type.
    pub at: String,
    /// Why nothing is known of it, for a person; empty where the description does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// Who serves a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// The side that the description is of: `serves`.
    #[serde(rename = "serves")]
    This,
    /// Its peer.
    Peer,
}

/// A part of a route that has a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// What it takes: `data`.
    #[serde(rename = "data")]
    Input,
    /// What it returns: `reply`.
    #[serde(rename = "reply")]
    Output,
    /// The error that it declares.
    Error,
}

impl Part {
    /// Its key in a route.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Input => "data",
            Self::Output => "reply",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for UnknownType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.part.word();
        write!(f, "the {part} of route `{}`", Shown::new(&self.route))?;
        if !self.at.is_empty() {
            write!(f, " at `{}`", Shown::new(&self.at))?;
        }
        if !self.why.is_empty() {
            write!(f, " ({})", Shown::new(&self.why))?;
        }
        Ok(())
    }
}

/// Why a text is no description.
#[derive(Debug)]
#[non_exhaustive]
pub enum DescriptionError {
    /// It is not JSON, or not of the form of a description.
    Malformed(serde_json::Error),
    /// It is JSON of something else.
    NoDescription,
    /// It has a version that this highway does not know.
    Version(u32),
}

impl fmt::Display for DescriptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "no description: {}", Shown::error(error)),
            Self::NoDescription => f.write_str(
                "no description: it has no `\"highway\": \"description\"`; `--describe` prints one",
            ),
            Self::Version(version) => write!(
                f,
                "the description has version {version}, and this highway reads {}: use a newer one",
                Description::VERSION
            ),
        }
    }
}

impl Error for DescriptionError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            Self::NoDescription | Self::Version(_) => None,
        }
    }
}

/// A route of which no protocol says anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServedRoute {
    pub(crate) name: &'static str,
    pub(crate) docs: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) around: Vec<&'static str>,
}

impl Description {
    /// The version of the format: 1. It goes up when readers of the one before would misunderstand it; keys may be added without that.
    pub const VERSION: u32 = 1;

    /// The description of an endpoint by its protocols alone: without the routes that no protocol declares.
    #[must_use]
    pub fn new<E: Endpoint>() -> Self {
        Self::of::<E>(&[], &Limits::default())
    }

    /// The description of an endpoint that serves these routes, declared or not.
    pub(crate) fn of<E: Endpoint>(served: &[ServedRoute], limits: &Limits) -> Self {
        let mut collector = Collector::default();
        let mut own = routes::<E::Serves>(&mut collector, Owner::This);
        for route in served {
            let around = || route.around.iter().map(|&name| name.to_owned()).collect();
            match own.iter_mut().find(|of| of.name == route.name) {
                Some(declared) => declared.around = around(),
                None => own.push(Route {
                    name: route.name.to_owned(),
                    declared: false,
                    docs: (!route.docs.is_empty()).then(|| route.docs.to_owned()),
                    source: Some(Source {
                        file: route.file.to_owned(),
                        line: route.line,
                    }),
                    parameters: Vec::new(),
                    data: Some(Type::Any),
                    reply: Some(Type::Any),
                    error: None,
                    around: around(),
                }),
            }
        }
        let peer =
            <E::Peer as Protocol>::DECLARED.then(|| routes::<E::Peer>(&mut collector, Owner::Peer));
        let unknown = std::mem::take(&mut collector.unknown);
        let (types, rename) = collector.finish();
        let finish = |mut routes: Vec<Route>| {
            routes.sort_by(|one, other| one.name.cmp(&other.name));
            for route in &mut routes {
                let parts = [&mut route.data, &mut route.reply, &mut route.error];
                for ty in parts.into_iter().flatten() {
                    ty.rename(&rename);
                }
            }
            routes
        };
        Self {
            highway: FORMAT.to_owned(),
            version: Self::VERSION,
            name: E::NAME.to_owned(),
            role: if <E::Side as Side>::IS_SERVER {
                Role::Server
            } else {
                Role::Client
            },
            serves: finish(own),
            peer: peer.map(finish),
            types,
            pipes: false,
            limits: DescribedLimits::new(limits),
            unknown,
        }
    }

    /// Reads a description from JSON.
    ///
    /// # Errors
    /// When it is none, or one of a later version.
    pub fn from_json(text: &str) -> Result<Self, DescriptionError> {
        /// What is the same in all versions.
        #[derive(Deserialize)]
        struct Head {
            highway: Option<String>,
            version: Option<u32>,
        }

        let head: Head = serde_json::from_str(text).map_err(DescriptionError::Malformed)?;
        if head.highway.as_deref() != Some(FORMAT) {
            return Err(DescriptionError::NoDescription);
        }
        if let Some(version) = head.version.filter(|version| *version > Self::VERSION) {
            return Err(DescriptionError::Version(version));
        }
        serde_json::from_str(text).map_err(DescriptionError::Malformed)
    }

    /// The description as JSON, for people too: with a line for each key, and a line break at the end.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Its keys are texts, so that nothing in it can't be written.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl DescribedLimits {
    fn new(limits: &Limits) -> Self {
        let int = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
        let millis =
            |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            message_bytes: int(limits.message_bytes),
            nesting: int(limits.nesting),
            streams: int(limits.streams),
            stream_window: limits.stream_window,
            messages_per_second: limits.messages_per_second,
            ping_interval_ms: millis(limits.ping_interval),
            pong_timeout_ms: millis(limits.pong_timeout),
        }
    }
}

/// The routes of a protocol, in the order of declaration.
fn routes<P: Protocol>(collector: &mut Collector, owner: Owner) -> Vec<Route> {
    let routes = P::ROUTES.iter().zip(P::types());
    routes
        .map(|(declaration, types)| route(declaration, types, collector, owner))
        .collect()
}

fn route(
    declaration: &Declaration,
    types: &RouteTypes,
    collector: &mut Collector,
    owner: Owner,
) -> Route {
    let mut part = |part, of: &Types| {
        if *of == Types::NOTHING {
            return None;
        }
        // What is sent to a route that this side serves is what this side reads.
        let read = (owner == Owner::This) == (part == Part::Input);
        let schema = if read { &of.read } else { &of.sent };
        let place = Place {
            route: declaration.name,
            owner,
            part,
            read,
        };
        Some(collector.collect(schema, &place))
    };
    let data = part(Part::Input, &types.data);
    let reply = part(Part::Output, &types.reply);
    let error = (types.failure != Types::UNKNOWN)
        .then(|| part(Part::Error, &types.failure))
        .flatten();
    Route {
        name: declaration.name.to_owned(),
        declared: true,
        docs: (!declaration.docs.is_empty()).then(|| declaration.docs.to_owned()),
        source: Some(Source {
            file: declaration.file.to_owned(),
            line: declaration.line,
        }),
        parameters: declaration
            .parameters
            .iter()
            .map(|&name| name.to_owned())
            .collect(),
        data,
        reply,
        error,
        around: Vec::new(),
    }
}
