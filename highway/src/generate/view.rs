//! A description as a client sees it: the server's routes are called, its own are served.

use std::collections::{BTreeMap, BTreeSet};

use super::{GenerateError, text::add_paragraph};
use crate::description::{
    Description, NamedType, Owner, Role, Route, StructType, Type, UnknownType,
};

/// Which way values of a type go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    /// The client's program gives them.
    Given,
    /// The client's program gets them.
    Received,
}

/// The side of a connection that serves a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    /// The server, which the client calls.
    Peer,
    /// The client.
    Own,
}

/// What can be done with a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It returns nothing.
    Message,
    /// It returns a value, or nothing but an error.
    Call,
    /// It returns items.
    Stream,
}

/// A description, seen from the client.
#[derive(Debug)]
pub(super) struct View {
    /// The handler's name.
    pub(super) name: String,
    /// The routes of the server; `None` where nothing is declared of it.
    pub(super) peer: Option<Vec<Route>>,
    /// The routes of the client; `None` where nothing is declared of it.
    pub(super) own: Option<Vec<Route>>,
    pub(super) types: BTreeMap<String, NamedType>,
    /// Which ways the types go.
    directions: BTreeMap<String, BTreeSet<Direction>>,
    unknown: Vec<(Server, UnknownType)>,
}

impl View {
    /// The view of a client's description, or of that of the server which it connects to. A `strict` one has no unknown types.
    pub(super) fn new(description: &Description, strict: bool) -> Result<Self, GenerateError> {
        let described = Some(description.serves.clone());
        let (peer, own) = match description.role {
            Role::Server => (described, description.peer.clone()),
            Role::Client => (description.peer.clone(), described),
        };
        let unknown = description.unknown.iter().map(|of| {
            let is_own = (of.owner == Owner::This) == (description.role == Role::Client);
            let server = if is_own { Server::Own } else { Server::Peer };
            (server, of.clone())
        });
        let mut view = Self {
            name: description.name.clone(),
            peer,
            own,
            types: description.types.clone(),
            directions: BTreeMap::new(),
            unknown: unknown.collect(),
        };
        view.check()?;
        view.find_directions()?;
        if view.name_inputs() {
            view.find_directions()?;
        }
        if strict {
            view.check_known()?;
        }
        Ok(view)
    }

    /// The declared routes of a side. The others' types are not known.
    pub(super) fn declared(&self, server: Server) -> impl Iterator<Item = &Route> {
        self.routes(server).iter().filter(|route| route.declared)
    }

    /// The routes of a side that no protocol declares.
    pub(super) fn undeclared(&self, server: Server) -> impl Iterator<Item = &Route> {
        self.routes(server).iter().filter(|route| !route.declared)
    }

    /// Whether anything is declared of a side: not where it only has undeclared routes.
    pub(super) fn is_declared(&self, server: Server) -> bool {
        let routes = match server {
            Server::Peer => &self.peer,
            Server::Own => &self.own,
        };
        routes
            .as_ref()
            .is_some_and(|routes| routes.is_empty() || routes.iter().any(|route| route.declared))
    }

    /// All routes of a side.
    pub(super) fn routes(&self, server: Server) -> &[Route] {
        match server {
            Server::Peer => self.peer.as_deref(),
            Server::Own => self.own.as_deref(),
        }
        .unwrap_or_default()
    }

    /// The places of a route of which nothing is known.
    pub(super) fn unknown(
        &self,
        server: Server,
        route: &Route,
    ) -> impl Iterator<Item = &UnknownType> {
        let of_route =
            move |(owner, of): &&(Server, UnknownType)| *owner == server && of.route == route.name;
        self.unknown.iter().filter(of_route).map(|(_, of)| of)
    }

    /// What there is to say of the routes of a side, besides what they are: nothing, or paragraphs with an empty line in front.
    pub(super) fn docs_of_side(&self, server: Server, string: fn(&str) -> String) -> Vec<String> {
        let mut docs = Vec::new();
        if !self.is_declared(server) {
            docs.push(String::new());
            docs.push("No protocol declares any, so that their types are unknown: they are used by their names.".to_owned());
        }
        let undeclared: Vec<_> = self
            .undeclared(server)
            .map(|route| string(&route.name))
            .collect();
        if !undeclared.is_empty() {
            docs.push(String::new());
            docs.push(format!("Besides there are, without types and by their names only, as no protocol declares them: {}.", undeclared.join(", ")));
        }
        docs
    }

    /// The documentation of a route, and what is not known of it.
    pub(super) fn docs_of_route(&self, server: Server, route: &Route) -> Vec<String> {
        let docs = route.docs.iter().flat_map(|docs| docs.lines());
        let mut docs: Vec<_> = docs.map(str::to_owned).collect();
        for of in self.unknown(server, route) {
            let why = if of.why.is_empty() {
                String::new()
            } else {
                format!(" ({})", of.why)
            };
            let text = format!(
                "What is not known: {}{why}. `#[shape(…)]` in the protocol tells the type.",
                place(of)
            );
            add_paragraph(&mut docs, text);
        }
        docs
    }

    /// Refuses what is not known.
    fn check_known(&self) -> Result<(), GenerateError> {
        let undeclared = |server| {
            self.undeclared(server)
                .map(|route| format!("route `{}`, which no protocol declares", route.name))
        };
        let places: Vec<_> = self
            .unknown
            .iter()
            .map(|(_, of)| of.to_string())
            .chain(undeclared(Server::Peer))
            .chain(undeclared(Server::Own))
            .collect();
        if places.is_empty() {
            Ok(())
        } else {
            Err(GenerateError::Unknown(places))
        }
    }

    /// Whether values of a named type go this way.
    pub(super) fn goes(&self, name: &str, direction: Direction) -> bool {
        let ways = self.directions.get(name);
        ways.is_some_and(|ways| ways.contains(&direction))
    }

    /// The names of the types that have values going either way.
    pub(super) fn used(&self) -> impl Iterator<Item = &String> {
        self.directions.keys()
    }

    /// The names of the types that are, or have within them, one of these.
    pub(super) fn holding(&self, is: impl Fn(&Type) -> bool) -> BTreeSet<&str> {
        let mut around: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut found = Vec::new();
        for (name, named) in &self.types {
            for part in parts(named) {
                visit(part, &mut |ty| {
                    if let Type::Named(inner) = ty {
                        around.entry(inner).or_default().push(name);
                    }
                    if is(ty) {
                        found.push(name.as_str());
                    }
                });
            }
        }
        let mut holding = BTreeSet::new();
        while let Some(name) = found.pop() {
            if holding.insert(name) {
                found.extend(around.get(name).into_iter().flatten());
            }
        }
        holding
    }

    fn find_directions(&mut self) -> Result<(), GenerateError> {
        let mut directions: BTreeMap<String, BTreeSet<Direction>> = BTreeMap::new();
        // Types may name each other in longer rows than a stack is deep.
        let mut add = |route: &str, ty: &Type, direction| {
            let mut named = Vec::new();
            let find = |ty, named: &mut Vec<_>| {
                visit(ty, &mut |ty| {
                    if let Type::Named(name) = ty {
                        named.push(name);
                    }
                });
            };
            find(ty, &mut named);
            while let Some(name) = named.pop() {
                let Some(ty) = self.types.get(name) else {
                    return Err(GenerateError::MissingType {
                        route: route.to_owned(),
                        ty: name.clone(),
                    });
                };
                if directions
                    .entry(name.clone())
                    .or_default()
                    .insert(direction)
                {
                    parts(ty).for_each(|part| find(part, &mut named));
                }
            }
            Ok(())
        };
        for (server, input, output) in [
            (Server::Peer, Direction::Given, Direction::Received),
            (Server::Own, Direction::Received, Direction::Given),
        ] {
            for route in self.declared(server) {
                let parts = [
                    (&route.data, input),
                    (&route.reply, output),
                    (&route.error, output),
                ];
                for (ty, direction) in parts {
                    if let Some(ty) = ty {
                        add(&route.name, ty, direction)?;
                    }
                }
            }
        }
        self.directions = directions;
        Ok(())
    }

    /// Has `LineInput` be the one that is given where a description of the client, which gives what the server reads, has it the other
    /// way round. Returns whether anything changed.
    fn name_inputs(&mut self) -> bool {
        let only = |name: &str, direction| {
            let ways = self.directions.get(name);
            ways.is_some_and(|ways| ways.iter().eq([&direction]))
        };
        let mut names = BTreeMap::new();
        for (name, ty) in &self.types {
            let input = format!("{name}Input");
            let is_pair = self
                .types
                .get(&input)
                .is_some_and(|other| other.name() == ty.name());
            if is_pair && only(name, Direction::Given) && only(&input, Direction::Received) {
                names.insert(name.clone(), input.clone());
                names.insert(input, name.clone());
            }
        }
        if names.is_empty() {
            return false;
        }
        for route in self.peer.iter_mut().chain(&mut self.own).flatten() {
            let parts = [&mut route.data, &mut route.reply, &mut route.error];
            parts.into_iter().flatten().for_each(|ty| ty.rename(&names));
        }
        let types = std::mem::take(&mut self.types);
        self.types = types
            .into_iter()
            .map(|(name, mut ty)| {
                ty.rename(&names);
                (names.get(&name).cloned().unwrap_or(name), ty)
            })
            .collect();
        true
    }

    fn check(&self) -> Result<(), GenerateError> {
        for (name, ty) in &self.types {
            check_parts(name, ty.parts())?;
            let mut inline = Vec::new();
            parts(ty).for_each(|ty| {
                visit(ty, &mut |ty| {
                    if let Type::Struct(of) = ty {
                        inline.push(of);
                    }
                });
            });
            for of in inline {
                check_parts(name, of.fields.iter().map(|field| field.name.as_str()))?;
            }
        }
        Ok(())
    }
}

/// Refuses two parts of one name.
fn check_parts<'a>(name: &str, parts: impl Iterator<Item = &'a str>) -> Result<(), GenerateError> {
    let mut seen = BTreeSet::new();
    for part in parts {
        if !seen.insert(part) {
            return Err(GenerateError::SamePart {
                ty: name.to_owned(),
                part: part.to_owned(),
            });
        }
    }
    Ok(())
}

impl Kind {
    /// What can be done with a route.
    pub(super) fn of(route: &Route) -> Self {
        let takes_items = matches!(route.data, Some(Type::Stream(_)));
        match &route.reply {
            Some(Type::Stream(_)) => Self::Stream,
            None if route.error.is_none() && !takes_items => Self::Message,
            _ => Self::Call,
        }
    }

    /// Its name in a document.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Call => "call",
            Self::Stream => "stream",
        }
    }
}

/// The types that stand in a named one.
fn parts(named: &NamedType) -> impl Iterator<Item = &Type> {
    let (of_struct, of_enum) = match named {
        NamedType::Struct(of) => (Some(fields(of)), None),
        NamedType::Enum(of) => (
            None,
            Some(of.variants.iter().filter_map(|of| of.ty.as_ref())),
        ),
    };
    of_struct
        .into_iter()
        .flatten()
        .chain(of_enum.into_iter().flatten())
}

fn fields(of: &StructType) -> impl Iterator<Item = &Type> {
    of.fields.iter().map(|field| &field.ty)
}

/// Sees a type and all that stand in it, but not those that it names.
fn visit<'a>(ty: &'a Type, see: &mut impl FnMut(&'a Type)) {
    see(ty);
    match ty {
        Type::List(of) | Type::Optional(of) | Type::Stream(of) => visit(of, see),
        Type::Tuple(items) => items.iter().for_each(|item| visit(item, see)),
        Type::Dict(key, value) => {
            visit(key, see);
            visit(value, see);
        }
        Type::Struct(of) => fields(of).for_each(|ty| visit(ty, see)),
        _ => {}
    }
}

/// The text of a part of a route, for comments.
fn place(of: &UnknownType) -> String {
    let part = of.part.word();
    if of.at.is_empty() {
        format!("the {part}")
    } else {
        format!("the {part} at `{}`", of.at)
    }
}
