//! What a type's `Deserialize` asks for, found without a value that its code could look at.
//!
//! A type tells a deserializer what it wants, and is then given an error: code of the user's that would go on with a value does not
//! run. What one pass finds is remembered, and the next one goes another way: to another field, item or variant. Fields are reached one
//! by one in any order; where a value has to be given to get to what is behind it, as the items of a tuple are, it is given only if
//! no code of the user's gets to see it. That is so for types of the standard library, and for derived ones that nothing is done for when
//! they are dropped. Whose code reads is known by the names of visitors; see [`visitors`].
//!
//! What is behind something else, or can't be found out, counts as any; a field of which it is not known counts as one that may be
//! missing. A type in itself is not followed.

mod look;
mod visitors;

use std::{any::type_name, fmt, mem};

use serde::de::{self, DeserializeOwned};

use self::look::At;
use super::definition::{Enum, Field, Schema, Struct, Variant};

/// The most types in one type.
const MAX_NODES: usize = 1000;

/// How deep types are followed.
const MAX_DEPTH: usize = 32;

/// The times that a type asks at most, for all parts of it together.
const MAX_VISITS: usize = 100_000;

/// The most times that the whole type is read.
const MAX_PASSES: usize = 10_000;

/// A tuple that is longer counts as a list.
const MAX_TUPLE: usize = 16;

/// What a type is read as, and what it is taken to be sent as.
pub(crate) fn trace<T: DeserializeOwned>() -> (Schema, Schema) {
    let mut tracer = Tracer::default();
    tracer.nodes.push(Node::default());
    for _ in 0..MAX_PASSES {
        let before = tracer.progress;
        // What there is of a value is made by the type's own code, and is nothing to run more of it for.
        mem::forget(T::deserialize(At::root(&mut tracer, type_name::<T>())));
        tracer.stack.clear();
        if tracer.progress == before || tracer.nodes[ROOT].done || tracer.is_exhausted() {
            break;
        }
    }
    (tracer.read(ROOT), tracer.sent(ROOT))
}

/// The place of a node among all.
type Id = usize;

const ROOT: Id = 0;

#[derive(Debug, Default)]
struct Node {
    kind: Kind,
    /// It is read by way of another type, or by code of the user's, so that it may be sent as anything.
    lent: bool,
    /// It was asked for as different things, or takes more than it asks for.
    loose: bool,
    /// There is no more to find out about it.
    done: bool,
}

#[derive(Debug, Default)]
enum Kind {
    /// Nobody has asked yet.
    #[default]
    Unseen,
    Simple(Schema),
    List(Id),
    Tuple(TupleNode),
    Dict(Id, Id),
    Option(Id),
    Struct(&'static str, StructNode),
    Enum(&'static str, EnumNode),
    Ref(&'static str),
}

#[derive(Debug)]
struct TupleNode {
    items: Vec<Id>,
    /// Whether it was tried with one item less.
    tried: bool,
}

#[derive(Debug, Default)]
struct StructNode {
    fields: Vec<FieldNode>,
    /// Those that are given to find out which others have to be there.
    given: Vec<usize>,
    /// Whether all that have to be there are known.
    settled: bool,
    /// Pairs of which the latter may be another name of the former.
    aliases: Vec<(usize, usize)>,
}

#[derive(Debug)]
struct FieldNode {
    name: &'static str,
    node: Id,
    /// The name of its type, once it was asked for.
    ty: &'static str,
    required: bool,
    /// It is another name of a field, or that field.
    alias: bool,
}

#[derive(Debug)]
struct EnumNode {
    variants: Vec<VariantNode>,
    /// Whether it was tried with a variant that it does not tell.
    tried: bool,
}

#[derive(Debug)]
struct VariantNode {
    name: &'static str,
    content: Content,
    done: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Unseen,
    Unit,
    Of(Id),
}

#[derive(Debug, Default)]
struct Tracer {
    nodes: Vec<Node>,
    /// The structs and enums that are being read, with their visitors' names.
    stack: Vec<(&'static str, Id)>,
    visits: usize,
    /// Goes up whenever something new was found out.
    progress: usize,
}

impl Tracer {
    fn is_exhausted(&self) -> bool {
        self.visits >= MAX_VISITS
    }

    fn add(&mut self) -> Result<Id, Error> {
        if self.nodes.len() >= MAX_NODES {
            return Err(Error::Other);
        }
        self.nodes.push(Node::default());
        Ok(self.nodes.len() - 1)
    }

    /// As many as are asked for, or none.
    fn add_all(&mut self, count: usize) -> Result<Vec<Id>, Error> {
        (0..count).map(|_| self.add()).collect()
    }

    fn found(&mut self, id: Id, kind: Kind) {
        self.nodes[id].kind = kind;
        self.progress += 1;
    }

    fn done(&mut self, id: Id) {
        if !mem::replace(&mut self.nodes[id].done, true) {
            self.progress += 1;
        }
    }

    /// It is not the same each time, or takes more than it asks for.
    fn loose(&mut self, id: Id) {
        self.nodes[id].loose = true;
        self.done(id);
    }

    fn is_done(&self, ids: &[Id]) -> bool {
        ids.iter().all(|&id| self.nodes[id].done)
    }

    /// As what it is read.
    fn read(&self, id: Id) -> Schema {
        let node = &self.nodes[id];
        if node.loose {
            return Schema::Any;
        }
        self.schema(&node.kind, Self::read, |of, field| Field {
            name: field.name.to_owned(),
            // Either name of a field does.
            required: field.required && !field.alias && !of.nodes[field.node].loose,
            schema: of.read(field.node),
        })
    }

    /// As what it is taken to be sent: as what it is read, if nothing but what serde derives reads it.
    fn sent(&self, id: Id) -> Schema {
        let node = &self.nodes[id];
        if node.loose || node.lent {
            return Schema::Any;
        }
        self.schema(&node.kind, Self::sent, |of, field| Field {
            name: field.name.to_owned(),
            required: !field.alias,
            schema: if field.alias {
                Schema::Any
            } else {
                of.sent(field.node)
            },
        })
    }

    fn schema(
        &self,
        kind: &Kind,
        of: fn(&Self, Id) -> Schema,
        field: fn(&Self, &FieldNode) -> Field,
    ) -> Schema {
        let of = |id: Id| of(self, id);
        match kind {
            Kind::Unseen => Schema::Any,
            Kind::Simple(simple) => simple.clone(),
            Kind::List(item) => Schema::List(Box::new(of(*item))),
            Kind::Tuple(tuple) => Schema::Tuple(tuple.items.iter().copied().map(of).collect()),
            Kind::Dict(key, value) => Schema::Dict(Box::new(of(*key)), Box::new(of(*value))),
            Kind::Option(some) => match of(*some) {
                Schema::Any => Schema::Any,
                some => Schema::Optional(Box::new(some)),
            },
            Kind::Struct(name, of) => Schema::Struct(Struct {
                name: (*name).to_owned(),
                fields: of.fields.iter().map(|of| field(self, of)).collect(),
            }),
            Kind::Enum(name, node) => {
                let variants = node.variants.iter().map(|variant| Variant {
                    name: variant.name.to_owned(),
                    content: match variant.content {
                        Content::Unseen => Some(Schema::Any),
                        Content::Unit => None,
                        Content::Of(id) => Some(of(id)),
                    },
                });
                Schema::Enum(Enum {
                    name: (*name).to_owned(),
                    variants: variants.collect(),
                })
            }
            Kind::Ref(name) => Schema::Ref((*name).to_owned()),
        }
    }
}

/// Why a type is not read, as far as that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Error {
    /// This field is missing.
    Missing(&'static str),
    /// A field is there twice.
    Duplicate,
    /// Anything else: mostly that there is no value.
    Other,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no value: the type is asked what it reads")
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self::Duplicate
    }
}
