//! What a type's `Deserialize` asks for, found by giving it values.
//!
//! A deserializer is told by a type what it wants, and may then give it something that fits. A [`Tracer`] takes note of the former
//! in a tree and gives the smallest thing that does for the latter: the first pass leads through all fields, further ones through
//! an enum's other variants. Then it finds out by trying what else has to be known: which fields may be missing, and whether a
//! visitor takes other values than those that the type asks for. What can't be found out counts as any.
//!
//! A type in itself is not followed: there a list is empty, an option none, and of an enum's variants one is taken that is
//! known to work.

mod give;

use std::{collections::HashSet, fmt};

use serde::de::{self, DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};

use self::give::At;
use super::schema::{Enum, Field, Schema, Struct, Variant};

/// The most types in one type.
const MAX_NODES: usize = 1000;

/// How deep types are followed.
const MAX_DEPTH: usize = 32;

/// The values that are given at most, to all parts of a type together.
const MAX_VISITS: usize = 100_000;

/// The most times that the whole type is read to get through all variants.
const MAX_PASSES: usize = 500;

/// A tuple that is longer counts as a list.
const MAX_TUPLE: usize = 16;

/// What texts are tried, one after the other: many types read more than any text, and these are the commonest.
const TEXTS: [&str; 9] = [
    "",
    "1",
    "a",
    "127.0.0.1",
    "127.0.0.1:1",
    "::1",
    "1970-01-01T00:00:00Z",
    "1970-01-01",
    "00000000-0000-0000-0000-000000000000",
];

/// What a type asks for, and some values of it.
pub(super) fn trace<T: DeserializeOwned>() -> (Schema, Vec<T>) {
    let mut tracer = Tracer::new();
    let mut samples = Vec::new();
    for _ in 0..MAX_PASSES {
        let before = tracer.progress;
        let result = T::deserialize(At::root(&mut tracer));
        let done = match result {
            Ok(sample) => {
                samples.push(sample);
                tracer.is_settled(ROOT)
            }
            Err(_) => tracer.progress == before,
        };
        if done || tracer.is_exhausted() {
            break;
        }
    }
    for (target, question) in tracer.questions() {
        tracer.ask(target, question);
        // What it comes to stands in the answer.
        let _ = T::deserialize(At::root(&mut tracer));
        tracer.take_answer();
    }
    (tracer.schema(ROOT), samples)
}

/// The place of a node among all.
type Id = usize;

const ROOT: Id = 0;

#[derive(Debug, Default)]
struct Node {
    kind: Kind,
    /// Who asked is not one of serde's own, and may take more than it asks for.
    foreign: bool,
    /// It was asked for as different things, or takes more than it asks for.
    loose: bool,
    /// The sample that is given next.
    sample: usize,
    /// Nothing that was given fits, or it is the same as what it stands in.
    hopeless: bool,
}

#[derive(Debug, Default)]
enum Kind {
    /// Nobody has asked yet.
    #[default]
    Unseen,
    Simple(Schema),
    List(Id),
    Tuple(Vec<Id>),
    Dict(Id, Id),
    Option(Id),
    Struct(&'static str, Vec<FieldNode>),
    Enum(&'static str, EnumNode),
    Ref(&'static str),
}

#[derive(Debug)]
struct FieldNode {
    name: &'static str,
    node: Id,
    required: bool,
    /// It is another name of a field that was there already.
    alias: bool,
}

#[derive(Debug)]
struct EnumNode {
    variants: Vec<VariantNode>,
    /// The first that worked.
    good: Option<usize>,
}

#[derive(Debug)]
struct VariantNode {
    name: &'static str,
    content: Content,
    /// It worked, or can't.
    tried: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Unseen,
    Unit,
    Of(Id),
}

/// Something to find out by trying.
#[derive(Debug, Clone, Copy)]
enum Question {
    /// Does it take this too?
    Takes(Other),
    /// May the field at this place be missing?
    Without(usize),
    /// Does a tuple do with one item less?
    Shorter,
    /// Does an enum take a variant that it does not tell?
    Unknown,
}

/// Values of the types that a decoder may give where others are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Other {
    None,
    Bool,
    Int,
    Float,
    Str,
    Bytes,
    List,
    Dict,
}

impl Other {
    const ALL: [Self; 8] = [
        Self::None,
        Self::Bool,
        Self::Int,
        Self::Float,
        Self::Str,
        Self::Bytes,
        Self::List,
        Self::Dict,
    ];

    fn give<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::None => visitor.visit_unit(),
            Self::Bool => visitor.visit_bool(true),
            Self::Int => visitor.visit_i64(1),
            Self::Float => visitor.visit_f64(1.0),
            Self::Str => visitor.visit_str(""),
            Self::Bytes => visitor.visit_bytes(b""),
            Self::List => visitor.visit_seq(Empty),
            Self::Dict => visitor.visit_map(Empty),
        }
    }
}

/// No items and no entries.
struct Empty;

impl<'de> SeqAccess<'de> for Empty {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        _: T,
    ) -> Result<Option<T::Value>, Error> {
        Ok(None)
    }
}

impl<'de> MapAccess<'de> for Empty {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, _: K) -> Result<Option<K::Value>, Error> {
        Ok(None)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, _: T) -> Result<T::Value, Error> {
        Err(Error::Other)
    }
}

#[derive(Debug)]
struct Tracer {
    nodes: Vec<Node>,
    /// The structs and enums that are being read, with their visitors' names.
    stack: Vec<(&'static str, Id)>,
    visits: usize,
    /// Goes up whenever something new was found out.
    progress: usize,
    question: Option<(Id, Question)>,
    /// What the target stands in.
    way: HashSet<Id>,
    answer: Option<bool>,
}

impl Tracer {
    fn new() -> Self {
        Self {
            nodes: vec![Node::default()],
            stack: Vec::new(),
            visits: 0,
            progress: 0,
            question: None,
            way: HashSet::new(),
            answer: None,
        }
    }

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

    fn node(&mut self, id: Id) -> &mut Node {
        &mut self.nodes[id]
    }

    fn found(&mut self, id: Id, kind: Kind) {
        self.nodes[id].kind = kind;
        self.progress += 1;
    }

    /// Gives up on what failed without anything new since `before`.
    fn failed(&mut self, id: Id, before: usize) {
        if self.progress == before && self.question.is_none() && !self.nodes[id].hopeless {
            self.nodes[id].hopeless = true;
            self.progress += 1;
        }
    }

    /// Has another try at everything in a node.
    fn take_heart(&mut self, id: Id) {
        self.nodes[id].hopeless = false;
        for child in self.children(id) {
            self.take_heart(child);
        }
    }

    /// The nodes right inside of one.
    fn children(&self, id: Id) -> Vec<Id> {
        match &self.nodes[id].kind {
            Kind::Unseen | Kind::Simple(_) | Kind::Ref(_) => Vec::new(),
            Kind::List(item) | Kind::Option(item) => vec![*item],
            Kind::Tuple(items) => items.clone(),
            Kind::Dict(key, value) => vec![*key, *value],
            Kind::Struct(_, fields) => fields.iter().map(|field| field.node).collect(),
            Kind::Enum(_, of) => {
                let contents = of.variants.iter().map(|variant| variant.content);
                contents
                    .filter_map(|content| match content {
                        Content::Of(id) => Some(id),
                        Content::Unit | Content::Unseen => None,
                    })
                    .collect()
            }
        }
    }

    /// Whether all variants of all enums were tried.
    fn is_settled(&self, id: Id) -> bool {
        let own = match &self.nodes[id].kind {
            Kind::Enum(_, of) => of.variants.iter().all(|variant| variant.tried),
            _ => true,
        };
        own && self.children(id).into_iter().all(|id| self.is_settled(id))
    }

    /// Everything that is to be found out by trying, once the type is known.
    fn questions(&self) -> Vec<(Id, Question)> {
        let mut questions = Vec::new();
        for (id, node) in self.nodes.iter().enumerate() {
            match &node.kind {
                Kind::Struct(_, fields) => {
                    questions.extend((0..fields.len()).map(|at| (id, Question::Without(at))));
                }
                Kind::Enum(..) => questions.push((id, Question::Unknown)),
                Kind::Tuple(items) if !items.is_empty() => questions.push((id, Question::Shorter)),
                _ => {}
            }
            if node.foreign {
                let others = Other::ALL
                    .into_iter()
                    .filter(|other| node.kind.may_get(*other));
                questions.extend(others.map(|other| (id, Question::Takes(other))));
            }
        }
        questions
    }

    fn ask(&mut self, target: Id, question: Question) {
        self.question = Some((target, question));
        self.answer = None;
        self.stack.clear();
        self.way.clear();
        let mut parents = vec![None; self.nodes.len()];
        for id in 0..self.nodes.len() {
            for child in self.children(id) {
                parents[child] = Some(id);
            }
        }
        let mut at = Some(target);
        while let Some(id) = at {
            self.way.insert(id);
            at = parents[id];
        }
    }

    fn take_answer(&mut self) {
        let Some((target, question)) = self.question.take() else {
            return;
        };
        let yes = self.answer.take();
        match question {
            Question::Takes(_) | Question::Shorter | Question::Unknown => {
                self.nodes[target].loose |= yes.unwrap_or(true);
            }
            Question::Without(at) => {
                if let Kind::Struct(_, fields) = &mut self.nodes[target].kind
                    && let Some(field) = fields.get_mut(at)
                {
                    field.required = yes == Some(false);
                }
            }
        }
    }

    /// The tree as it is found to be.
    fn schema(&self, id: Id) -> Schema {
        let node = &self.nodes[id];
        if node.loose {
            return Schema::Any;
        }
        match &node.kind {
            Kind::Unseen => Schema::Any,
            Kind::Simple(simple) => simple.clone(),
            Kind::List(item) => Schema::List(Box::new(self.schema(*item))),
            Kind::Tuple(items) => {
                Schema::Tuple(items.iter().map(|&item| self.schema(item)).collect())
            }
            Kind::Dict(key, value) => {
                Schema::Dict(Box::new(self.schema(*key)), Box::new(self.schema(*value)))
            }
            Kind::Option(some) => match self.schema(*some) {
                Schema::Any => Schema::Any,
                some => Schema::Optional(Box::new(some)),
            },
            Kind::Struct(name, fields) => {
                // Either name of a field does.
                let has_aliases = fields.iter().any(|field| field.alias);
                let fields = fields.iter().map(|field| Field {
                    name: field.name.to_owned(),
                    // Where it depends on another field what it is, it may be missing with some of them.
                    required: field.required && !has_aliases && !self.nodes[field.node].loose,
                    schema: self.schema(field.node),
                });
                Schema::Struct(Struct {
                    name: (*name).to_owned(),
                    fields: fields.collect(),
                })
            }
            Kind::Enum(name, of) => {
                let variants = of.variants.iter().map(|variant| Variant {
                    name: variant.name.to_owned(),
                    content: match variant.content {
                        Content::Unseen => Some(Schema::Any),
                        Content::Unit => None,
                        Content::Of(id) => Some(self.schema(id)),
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

impl Kind {
    /// Whether highway's decoders give such a value to whoever asks for this.
    fn may_get(&self, other: Other) -> bool {
        match self {
            Self::Simple(Schema::None) => other != Other::None,
            Self::Simple(Schema::Bool) => other != Other::Bool,
            Self::Simple(Schema::Int) => other != Other::Int,
            Self::Simple(Schema::Float) => !matches!(other, Other::Float | Other::Int),
            Self::Simple(Schema::Str) => !matches!(other, Other::Str | Other::Bytes),
            Self::Simple(Schema::Bytes) => {
                !matches!(other, Other::Bytes | Other::Str | Other::List)
            }
            Self::List(_) | Self::Tuple(_) => other != Other::List,
            Self::Dict(..) => other != Other::Dict,
            Self::Struct(..) => !matches!(other, Other::Dict | Other::List),
            Self::Enum(..) => !matches!(other, Other::Dict | Other::Str),
            Self::Unseen | Self::Simple(_) | Self::Option(_) | Self::Ref(_) => false,
        }
    }
}

/// Why a type does not take what it was given, as far as that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Error {
    /// Its visitor takes nothing of the type.
    Type,
    /// This field is missing.
    Missing(&'static str),
    /// A field is there twice.
    Duplicate,
    /// It has no such variant.
    Variant,
    /// Anything else.
    Other,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the type can't be traced")
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }

    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self::Type
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self::Duplicate
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::Variant
    }
}
