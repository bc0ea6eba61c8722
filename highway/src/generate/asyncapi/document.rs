//! The document: a channel with the messages of both sides, and an operation for each route.

use std::collections::BTreeMap;

use http::Uri;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    key,
    schema::{FAILURE, Schemas},
};
use crate::{
    description::{Description, Role, Route, Type},
    generate::{
        GenerateError,
        names::Names,
        view::{Kind, Server, View},
    },
};

/// The version of AsyncAPI.
const VERSION: &str = "3.1.0";

/// The name of the only channel: a connection.
const CHANNEL: &str = "connection";

/// What stands at the beginning for people.
const ABOUT: &str = "Each message is one binary WebSocket message: a header of four bytes and a value, in highway's wire protocol. The schemas \
describe the values as JSON shows them. What a schema can't say stands in `x-highway`: the exact type of a value, streams and \
their items, what is around a route, and limits.";

/// A document of AsyncAPI.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    asyncapi: &'static str,
    info: Value,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    servers: BTreeMap<&'static str, Value>,
    #[serde(rename = "defaultContentType")]
    content_type: &'static str,
    channels: BTreeMap<&'static str, Value>,
    operations: BTreeMap<String, Operation>,
    components: Components,
    #[serde(rename = "x-highway")]
    highway: Value,
}

#[derive(Debug, Serialize)]
struct Operation {
    action: &'static str,
    channel: Reference,
    title: String,
    #[serde(flatten)]
    docs: Docs,
    messages: Vec<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<Reply>,
    #[serde(rename = "x-highway")]
    highway: Value,
}

#[derive(Debug, Serialize)]
struct Reply {
    channel: Reference,
    messages: Vec<Reference>,
}

#[derive(Debug, Serialize)]
struct Components {
    messages: BTreeMap<String, Message>,
    schemas: BTreeMap<String, Value>,
}

#[derive(Debug, Serialize)]
struct Message {
    name: String,
    title: String,
    #[serde(flatten)]
    docs: Docs,
    payload: Value,
    #[serde(rename = "x-highway")]
    highway: Value,
}

#[derive(Debug, Default, Clone, Serialize)]
struct Docs {
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

#[derive(Debug, Serialize)]
struct Reference {
    #[serde(rename = "$ref")]
    to: String,
}

impl Docs {
    /// The first paragraph, and all of it where there is more.
    fn of(route: &Route) -> Self {
        let Some(docs) = &route.docs else {
            return Self::default();
        };
        let (first, rest) = docs.split_once("\n\n").unwrap_or((docs, ""));
        Self {
            summary: Some(first.lines().map(str::trim).collect::<Vec<_>>().join(" ")),
            description: (!rest.trim().is_empty()).then(|| docs.clone()),
        }
    }
}

impl Reference {
    fn channel() -> Self {
        Self {
            to: format!("#/channels/{CHANNEL}"),
        }
    }

    /// To a message, in the channel.
    fn message(key: &str) -> Self {
        Self {
            to: format!("#/channels/{CHANNEL}/messages/{key}"),
        }
    }
}

/// Where a server is: what stands at its entry, and the address of the channel.
pub(super) struct Place {
    server: Value,
    address: String,
}

/// Where a server is, from its URL.
pub(super) fn server(url: &str) -> Result<Place, GenerateError> {
    let refused = || GenerateError::Url(url.to_owned());
    let uri: Uri = url.parse().map_err(|_| refused())?;
    let (Some(protocol @ ("ws" | "wss")), Some(authority)) = (uri.scheme_str(), uri.authority())
    else {
        return Err(refused());
    };
    // What signs in does not belong into a document.
    let host = authority.as_str().rsplit('@').next().unwrap_or_default();
    Ok(Place {
        server: json!({ "host": host, "protocol": protocol }),
        address: uri.path().to_owned(),
    })
}

impl Document {
    pub(super) fn new(
        view: &View,
        description: &Description,
        side: Role,
        version: &str,
        place: Option<Place>,
    ) -> Self {
        let schemas = Schemas::new(view);
        let mut named = schemas.named();
        named.insert(FAILURE.to_owned(), failure());
        let mut writer = Writer {
            view,
            schemas,
            side,
            keys: Names::default(),
            messages: BTreeMap::new(),
            operations: BTreeMap::new(),
        };
        for server in [Server::Peer, Server::Own] {
            for route in view.routes(server) {
                writer.route(server, route);
            }
        }
        let (messages, operations) = (writer.messages, writer.operations);
        let in_channel: BTreeMap<_, _> = messages
            .keys()
            .map(|key| {
                let to = format!("#/components/messages/{key}");
                (key.as_str(), Reference { to })
            })
            .collect();
        let channel = json!({
            "address": place.as_ref().map_or("/", |place| &place.address),
            "title": "A connection",
            "messages": in_channel,
            "bindings": { "ws": { "method": "GET", "bindingVersion": "0.1.0" } },
        });
        Self {
            asyncapi: VERSION,
            info: json!({
                "title": view.name,
                "version": version,
                "description": format!("What the {} receives and sends. {ABOUT}", word(side)),
            }),
            servers: place
                .map(|place| ("server", place.server))
                .into_iter()
                .collect(),
            content_type: "application/x.highway",
            channels: [(CHANNEL, channel)].into(),
            operations,
            components: Components {
                messages,
                schemas: named,
            },
            highway: json!({
                "side": side,
                "described": {
                    "side": description.role,
                    "pipes": description.pipes,
                    "limits": description.limits,
                },
            }),
        }
    }
}

/// What is written of the routes.
struct Writer<'a> {
    view: &'a View,
    schemas: Schemas<'a>,
    side: Role,
    keys: Names,
    messages: BTreeMap<String, Message>,
    operations: BTreeMap<String, Operation>,
}

impl Writer<'_> {
    fn route(&mut self, server: Server, route: &Route) {
        let owner = match server {
            Server::Peer => Role::Server,
            Server::Own => Role::Client,
        };
        let operation = self
            .keys
            .take(&[&format!("{}.{}", word(owner), key(&route.name))]);
        let kind = Kind::of(route);
        let takes_items = matches!(route.data, Some(Type::Stream(_)));
        let unknown = self.view.unknown(server, route);
        let unknown: Vec<_> = unknown
            .map(|of| json!({ "part": of.part, "at": of.at, "why": of.why }))
            .collect();
        let mut of_data = json!({ "kind": if takes_items { "item" } else { kind.word() } });
        if !route.parameters.is_empty() {
            of_data["parameters"] = route.parameters.as_slice().into();
        }
        let data = self.schemas.data(route.data.as_ref(), &route.parameters);
        let docs = Docs::of(route);
        self.message(&operation, &route.name, docs.clone(), data, of_data);
        let reply = (kind != Kind::Message).then(|| {
            let (part, title) = match kind {
                Kind::Stream => ("item", "An item"),
                Kind::Message | Kind::Call => ("reply", "The reply"),
            };
            let reply = self.schemas.data(route.reply.as_ref(), &[]);
            let failure = self.failure(route);
            let about = |summary: &str| Docs {
                summary: Some(format!("{summary} of `{}`.", route.name)),
                description: None,
            };
            let [of_reply, of_failure] = [(part, title, reply), ("failure", "A failure", failure)]
                .map(|(part, title, payload)| {
                    let key = self.keys.take(&[&format!("{operation}.{part}")]);
                    let name = format!("{} {part}", route.name);
                    self.message(&key, &name, about(title), payload, json!({ "kind": part }));
                    key
                });
            Reply {
                channel: Reference::channel(),
                messages: [of_reply, of_failure]
                    .iter()
                    .map(|key| Reference::message(key))
                    .collect(),
            }
        });
        let mut of_route = json!({
            "route": route.name,
            "declared": route.declared,
            "kind": kind.word(),
        });
        if takes_items {
            of_route["takes"] = "stream".into();
        }
        if !route.around.is_empty() {
            of_route["around"] = route.around.as_slice().into();
        }
        if !unknown.is_empty() {
            of_route["unknown"] = unknown.into();
        }
        let operation_of = Operation {
            action: if owner == self.side {
                "receive"
            } else {
                "send"
            },
            channel: Reference::channel(),
            title: route.name.clone(),
            docs,
            messages: vec![Reference::message(&operation)],
            reply,
            highway: of_route,
        };
        self.operations.insert(operation, operation_of);
    }

    fn message(&mut self, key: &str, name: &str, docs: Docs, payload: Value, highway: Value) {
        let message = Message {
            name: name.to_owned(),
            title: name.to_owned(),
            docs,
            payload,
            highway,
        };
        self.messages.insert(key.to_owned(), message);
    }

    /// The failures of a route, which any call and any stream may have.
    fn failure(&self, route: &Route) -> Value {
        let any = json!({ "$ref": format!("#/components/schemas/{FAILURE}") });
        let Some(error) = &route.error else {
            return any;
        };
        json!({
            "allOf": [any],
            "if": { "properties": { "declared": { "const": true } }, "required": ["declared"] },
            "then": { "properties": { "data": self.schemas.of(error) } },
        })
    }
}

/// The schema of a failure.
fn failure() -> Value {
    json!({
        "title": "Failure",
        "type": "object",
        "properties": {
            "error": {
                "type": "string",
                "description": "Why: `refused` when the route returned an error. `convert`, `shape`, `internal`, `busy`, `cancelled` and `pipe` are the others.",
            },
            "message": { "type": "string", "description": "A sentence for a person." },
            "code": { "type": "string", "description": "A text by which a program tells it from others." },
            "data": { "description": "Any value, for a program." },
            "declared": { "type": "boolean", "description": "Whether `data` is the error that the route declares." },
        },
        "required": ["error", "message"],
    })
}

fn word(side: Role) -> &'static str {
    match side {
        Role::Server => "server",
        Role::Client => "client",
    }
}
