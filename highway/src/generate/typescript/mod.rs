//! TypeScript.

mod text;
mod types;

use std::fmt::Write as _;

use super::{
    GenerateError,
    names::{self, camel},
    schema::{self, Node, Style},
    text::WIDTH,
    view::{Kind, Server, View},
};
use crate::description::{Description, Route, Type};

pub(super) use super::view::Direction;
use text::{call, comment, key, string};
use types::Naming;

/// What JavaScript gets for ints that may be larger than its numbers are exact: those of 64 and 128 bits, and of any size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Int64 {
    /// A `bigint`; a `number` that is a safe integer can be given in its place (default).
    #[default]
    BigInt,
    /// A `number`. What does not fit, beyond ±2⁵³, is not rounded: the call, or what is received, fails with a `TypeError`.
    Number,
}

/// Generates the client in TypeScript: one file with the types, the routes and `connect`, for the package `highway-ws`.
#[derive(Debug, Clone)]
pub struct TypeScript {
    import: String,
    int64: Int64,
    strict: bool,
}

impl Default for TypeScript {
    fn default() -> Self {
        Self {
            import: "highway-ws".to_owned(),
            int64: Int64::BigInt,
            strict: false,
        }
    }
}

impl TypeScript {
    /// A generator with the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the file imports the package from (default: `highway-ws`): in a browser without npm the path at which the server serves it,
    /// such as `/highway.js`.
    pub fn import(mut self, from: impl Into<String>) -> Self {
        self.import = from.into();
        self
    }

    /// What ints of 64 bits and more are (default: `bigint`).
    pub fn int64(mut self, int64: Int64) -> Self {
        self.int64 = int64;
        self
    }

    /// Whether to refuse a description in which a type is not known (default: no: it is `unknown`).
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// The file. A description of a server gives a client of it, and so does that of a client whose peer is declared.
    ///
    /// # Errors
    /// When two routes of a side would have the same name, when the description contradicts itself, and with
    /// [`strict`](Self::strict) when a type is not known.
    pub fn generate(&self, description: &Description) -> Result<String, GenerateError> {
        let view = View::new(description, self.strict)?;
        let peer = routes(&view, Server::Peer)?;
        let own = routes(&view, Server::Own)?;
        let mut naming = Naming::new(&view, self.int64);
        let mut body = String::new();
        naming.declare(&mut body);
        let (peer_name, own_name) = (naming.peer.clone(), naming.own.clone());
        interface(
            &mut body,
            &mut naming,
            &peer_name,
            "The routes of the server.",
            Server::Peer,
            &peer,
        );
        interface(
            &mut body,
            &mut naming,
            &own_name,
            "The routes of this client, which the server calls.",
            Server::Own,
            &own,
        );
        self.finish(&view, &mut naming, &mut body, &peer, &own);
        let mut file = head(&view, &naming, &self.import);
        file.push_str(&body);
        Ok(file)
    }

    /// The schema, and the function that connects.
    fn finish(
        &self,
        view: &View,
        naming: &mut Naming<'_>,
        body: &mut String,
        peer: &[(String, &Route)],
        own: &[(String, &Route)],
    ) {
        let connection = naming.runtime("Connection");
        let open = naming.runtime("connect");
        let options = naming.runtime("ConnectOptions");
        let (peer_name, own_name) = (&naming.peer.clone(), &naming.own.clone());
        let of = naming.connection.clone();
        let handlers = if view.is_declared(Server::Own) {
            let handlers = naming.runtime("Handlers");
            format!("{handlers}<{own_name}, {peer_name}>")
        } else {
            naming.runtime("UntypedHandlers")
        };
        let default = if own.is_empty() { " = {}" } else { "" };
        let [promise, url] = ["Promise", "URL"].map(|name| naming.global(name));
        let handler = comment(
            "",
            &[format!("A connection of the handler `{}`.", view.name)],
        );
        let _ = write!(
            body,
            "{handler}export type {of} = {connection}<{peer_name}, {own_name}>;\n\n\
             /** What the client knows of the routes. */\n\
             export const schema = {} as const;\n\n\
             /** Connects to the server, and resolves once both sides know each other's routes. */\n\
             export function connect(url: string | {url}, handlers: {handlers}{default}, options: {options} = {{}}): {promise}<{of}> {{\n  \
             return {open}(url, handlers, {{ ...options, schema }});\n}}\n",
            self.schema(view, peer, own),
        );
    }
}

impl TypeScript {
    /// What the client knows of the routes when it runs.
    fn schema(&self, view: &View, peer: &[(String, &Route)], own: &[(String, &Route)]) -> String {
        let style = Style {
            string,
            key,
            truth: ["false", "true"],
            space: " ",
            indent: "  ",
            int: match self.int64 {
                Int64::BigInt => |_| None,
                // The widths that the numbers of JavaScript hold.
                Int64::Number => |ty| match ty {
                    Type::U64 | Type::U128 => Some("u53"),
                    Type::Int | Type::I64 | Type::I128 => Some("i54"),
                    _ => None,
                },
            },
        };
        let routes = |routes: &[(String, &Route)]| {
            let entries = routes
                .iter()
                .map(|(name, of)| (key(name), schema::route(of, &style)));
            Node::Object(entries.collect())
        };
        let whole = Node::Object(vec![
            ("peer".to_owned(), routes(peer)),
            ("serves".to_owned(), routes(own)),
            ("types".to_owned(), schema::types(view, &style)),
        ]);
        let mut text = String::new();
        whole.write(&mut text, &style, 0, 0);
        text
    }
}

/// The declared routes of a side, by the names that they get.
fn routes(view: &View, server: Server) -> Result<Vec<(String, &Route)>, GenerateError> {
    names::of_routes(view.declared(server), |route| {
        let name = camel(&route.name);
        // Any text can be a key.
        Ok(if name.is_empty() {
            route.name.clone()
        } else {
            name
        })
    })
}

/// What stands in front: what is imported.
fn head(view: &View, naming: &Naming<'_>, import: &str) -> String {
    let imported: Vec<_> = naming.imported().collect();
    let mut file = format!(
        "{}/* eslint-disable */\n\n",
        comment(
            "",
            &[
                format!("Client of `{}`, generated by highway.", view.name),
                String::new(),
                "@module".to_owned(),
            ]
        )
    );
    let from = string(import);
    let line = format!("import {{ {} }} from {from};", imported.join(", "));
    if line.len() <= WIDTH {
        file.push_str(&line);
    } else {
        let _ = write!(
            file,
            "import {{\n  {},\n}} from {from};",
            imported.join(",\n  ")
        );
    }
    file.push_str("\n\n");
    file
}

/// The interface of the routes of a side.
fn interface(
    body: &mut String,
    naming: &mut Naming<'_>,
    name: &str,
    docs: &str,
    server: Server,
    routes: &[(String, &Route)],
) {
    let view = naming.view;
    let mut docs = vec![docs.to_owned()];
    docs.extend(view.docs_of_side(server, string));
    let _ = write!(body, "{}export interface {name} {{", comment("", &docs));
    for (name, route) in routes {
        let docs = view.docs_of_route(server, route);
        let kind = kind(naming, server, route);
        let line = format!("  {}: {kind};\n", key(name));
        let _ = write!(body, "\n{}{line}", comment("  ", &docs));
    }
    body.push_str("}\n\n");
}

/// The type of a route: what can be done with it, with its types.
fn kind(naming: &mut Naming<'_>, server: Server, route: &Route) -> String {
    let (input, output) = match server {
        Server::Peer => (Direction::Given, Direction::Received),
        Server::Own => (Direction::Received, Direction::Given),
    };
    let data = match &route.data {
        None => "void".to_owned(),
        Some(Type::Tuple(items)) if items.len() == route.parameters.len() => {
            naming.tuple(items, &route.parameters, input)
        }
        Some(ty) => naming.ty(ty, input),
    };
    let kind = Kind::of(route);
    let mut arguments = vec![data];
    match (kind, &route.reply) {
        (Kind::Message, _) => {}
        (Kind::Stream, Some(Type::Stream(item))) => arguments.push(naming.ty(item, output)),
        (_, Some(reply)) => arguments.push(naming.ty(reply, output)),
        (_, None) => arguments.push("void".to_owned()),
    }
    if let Some(error) = &route.error {
        arguments.push(naming.ty(error, output));
    }
    let word = naming.runtime(match kind {
        Kind::Message => "Message",
        Kind::Call => "Call",
        Kind::Stream => "Stream",
    });
    call(&word, &arguments)
}
