//! What is known of a type, as a tree, and what it comes to.

use std::{fmt, mem};

use serde::de;

use crate::schema::definition::{Enum, Field, Schema, Struct, Unknown, Variant};

/// The most types in one type.
const MAX_NODES: usize = 1000;

/// The times that a type asks at most, for all parts of it together.
const MAX_VISITS: usize = 100_000;

/// The place of a node among all.
pub(super) type Id = usize;

pub(super) const ROOT: Id = 0;

#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// It is read by way of another type, or by code of the user's, so that it may be sent as anything.
    pub(super) lent: Option<Unknown>,
    /// It was asked for as different things, or takes more than it asks for.
    pub(super) loose: Option<Unknown>,
    /// There is no more to find out about it.
    pub(super) done: bool,
}

#[derive(Debug, Default)]
pub(super) enum Kind {
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

impl Kind {
    /// The name of a struct or an enum.
    pub(super) fn name(&self) -> Option<&'static str> {
        match self {
            Self::Struct(name, _) | Self::Enum(name, _) => Some(name),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(super) struct TupleNode {
    pub(super) items: Vec<Id>,
    /// Whether it was tried with one item less.
    pub(super) tried: bool,
}

#[derive(Debug, Default)]
pub(super) struct StructNode {
    pub(super) fields: Vec<FieldNode>,
    /// Those that are given to find out which others have to be there.
    pub(super) given: Vec<usize>,
    /// Whether all that have to be there are known.
    pub(super) settled: bool,
    /// Pairs of which the latter may be another name of the former.
    pub(super) aliases: Vec<(usize, usize)>,
}

#[derive(Debug)]
pub(super) struct FieldNode {
    pub(super) name: &'static str,
    pub(super) node: Id,
    /// The name of its type, once it was asked for.
    pub(super) ty: &'static str,
    pub(super) required: bool,
    /// It is another name of a field, or that field.
    pub(super) alias: bool,
}

#[derive(Debug)]
pub(super) struct EnumNode {
    pub(super) variants: Vec<VariantNode>,
    /// Whether it was tried with a variant that it does not tell.
    pub(super) tried: bool,
}

#[derive(Debug)]
pub(super) struct VariantNode {
    pub(super) name: &'static str,
    pub(super) content: Content,
    pub(super) done: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Unseen,
    Unit,
    Of(Id),
}

#[derive(Debug, Default)]
pub(super) struct Tracer {
    pub(super) nodes: Vec<Node>,
    /// The structs and enums that are being read, with their visitors' names.
    pub(super) stack: Vec<(&'static str, Id)>,
    pub(super) visits: usize,
    /// Goes up whenever something new was found out.
    pub(super) progress: usize,
}

impl Tracer {
    pub(super) fn is_exhausted(&self) -> bool {
        self.visits >= MAX_VISITS
    }

    pub(super) fn add(&mut self) -> Result<Id, Error> {
        if self.nodes.len() >= MAX_NODES {
            return Err(Error::Other);
        }
        self.nodes.push(Node::default());
        Ok(self.nodes.len() - 1)
    }

    /// As many as are asked for, or none.
    pub(super) fn add_all(&mut self, count: usize) -> Result<Vec<Id>, Error> {
        (0..count).map(|_| self.add()).collect()
    }

    pub(super) fn found(&mut self, id: Id, kind: Kind) {
        self.nodes[id].kind = kind;
        self.progress += 1;
    }

    pub(super) fn done(&mut self, id: Id) {
        if !mem::replace(&mut self.nodes[id].done, true) {
            self.progress += 1;
        }
    }

    /// It is not the same each time, or takes more than it asks for.
    pub(super) fn loose(&mut self, id: Id, why: Unknown) {
        self.nodes[id].loose.get_or_insert(why);
        self.done(id);
    }

    pub(super) fn is_done(&self, ids: &[Id]) -> bool {
        ids.iter().all(|&id| self.nodes[id].done)
    }

    /// As what it is read.
    pub(super) fn read(&self, id: Id) -> Schema {
        let node = &self.nodes[id];
        if let Some(why) = node.loose {
            return Schema::Any(why);
        }
        self.schema(node, Self::read, |of, field| Field {
            name: field.name.to_owned(),
            // Either name of a field does.
            required: field.required && !field.alias && of.nodes[field.node].loose.is_none(),
            schema: of.read(field.node),
        })
    }

    /// As what it is taken to be sent: as what it is read, if nothing but what serde derives reads it.
    pub(super) fn sent(&self, id: Id) -> Schema {
        let node = &self.nodes[id];
        if let Some(why) = node.loose.or(node.lent) {
            return Schema::Any(why);
        }
        self.schema(node, Self::sent, |of, field| Field {
            name: field.name.to_owned(),
            required: !field.alias,
            schema: if field.alias {
                Schema::Any(Unknown::Aliased)
            } else {
                of.sent(field.node)
            },
        })
    }

    fn schema(
        &self,
        node: &Node,
        of: fn(&Self, Id) -> Schema,
        field: fn(&Self, &FieldNode) -> Field,
    ) -> Schema {
        let of = |id: Id| of(self, id);
        match &node.kind {
            Kind::Unseen => Schema::Any(node.lent.unwrap_or(Unknown::Unreached)),
            Kind::Simple(simple) => simple.clone(),
            Kind::List(item) => Schema::List(Box::new(of(*item))),
            Kind::Tuple(tuple) => Schema::Tuple(tuple.items.iter().copied().map(of).collect()),
            Kind::Dict(key, value) => Schema::Dict(Box::new(of(*key)), Box::new(of(*value))),
            Kind::Option(some) => match of(*some) {
                Schema::Any(why) => Schema::Any(why),
                Schema::Value => Schema::Value,
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
                        Content::Unseen => Some(Schema::Any(Unknown::Unreached)),
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
