//! The deserializer that gives a type what it asks for, and takes note of that in the [`Tracer`]'s tree.

use std::any::type_name;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
    value::BorrowedStrDeserializer,
};

use super::{
    Content, EnumNode, Error, FieldNode, Id, Kind, MAX_DEPTH, MAX_TUPLE, Other, Question, ROOT,
    Schema, TEXTS, Tracer, VariantNode,
};
use crate::value::{INT_TOKEN, VALUE_TOKEN};

/// Gives a type what it asks for, and takes note of that.
pub(super) struct At<'t> {
    tracer: &'t mut Tracer,
    id: Id,
    depth: usize,
}

impl<'t> At<'t> {
    pub(super) fn root(tracer: &'t mut Tracer) -> Self {
        At {
            tracer,
            id: ROOT,
            depth: 0,
        }
    }

    /// One that stands inside of it.
    fn inside(&mut self, id: Id) -> At<'_> {
        At {
            tracer: self.tracer,
            id,
            depth: self.depth + 1,
        }
    }

    fn kind(&self) -> &Kind {
        &self.tracer.nodes[self.id].kind
    }

    /// Takes note that somebody asks, and lets a question have its answer: an error ends the pass.
    fn asked<'de, V: Visitor<'de>>(&mut self, visitor: V) -> Result<V, Error> {
        self.tracer.visits += 1;
        if self.tracer.is_exhausted() || self.depth > MAX_DEPTH {
            return Err(Error::Other);
        }
        if !is_known::<V>() {
            self.tracer.node(self.id).foreign = true;
        }
        match self.tracer.question {
            Some((target, Question::Takes(other))) if target == self.id => {
                let refused = matches!(other.give(visitor), Err(Error::Type));
                self.tracer.answer.get_or_insert(!refused);
                Err(Error::Other)
            }
            _ => Ok(visitor),
        }
    }

    /// Takes note of what has no others inside.
    fn simple(&mut self, schema: Schema) {
        match self.kind() {
            Kind::Unseen => self.tracer.found(self.id, Kind::Simple(schema)),
            Kind::Simple(known) if *known == schema => {}
            _ => self.tracer.node(self.id).loose = true,
        }
    }

    /// Asks for what has no others inside, of which there may be several samples.
    fn leaf<'de, V: Visitor<'de>>(
        mut self,
        schema: Schema,
        samples: usize,
        visitor: V,
        give: impl FnOnce(V, usize) -> Result<V::Value, Error>,
    ) -> Result<V::Value, Error> {
        let visitor = self.asked(visitor)?;
        self.simple(schema);
        let sample = self.tracer.node(self.id).sample;
        let result = give(visitor, sample);
        if result.is_err() && sample + 1 < samples {
            self.tracer.progress += 1;
            self.tracer.node(self.id).sample += 1;
        }
        result
    }

    /// Whether something inside is given at all.
    fn wants(&self, child: Id) -> bool {
        self.tracer.way.contains(&child) || !self.tracer.nodes[child].hopeless
    }

    /// Gives something that stands inside.
    fn give<'de, T: DeserializeSeed<'de>>(
        &mut self,
        child: Id,
        seed: T,
    ) -> Result<T::Value, Error> {
        let before = self.tracer.progress;
        let result = seed.deserialize(self.inside(child));
        if result.is_err() {
            self.tracer.failed(child, before);
        }
        result
    }

    /// Remembers a struct or enum while it is read. An error where it stands in itself and can't be given.
    fn enter<V>(&mut self, name: &'static str) -> Result<(), Error> {
        let visitor = type_name::<V>();
        let outer = self.tracer.stack.iter().find(|(of, _)| *of == visitor);
        let Some(&(_, outer)) = outer else {
            self.tracer.stack.push((visitor, self.id));
            return Ok(());
        };
        if outer != self.id {
            if matches!(self.kind(), Kind::Unseen) {
                self.tracer.found(self.id, Kind::Ref(name));
            }
            self.id = outer;
        }
        match &self.tracer.nodes[outer].kind {
            Kind::Enum(_, EnumNode { good: Some(_), .. }) => {
                self.tracer.stack.push((visitor, outer));
                Ok(())
            }
            _ => Err(Error::Other),
        }
    }

    /// Whether the enum that is read is inside of itself.
    fn is_again(&self) -> bool {
        let here = self.tracer.stack.iter().filter(|(_, id)| *id == self.id);
        here.count() > 1
    }

    fn leave(tracer: &mut Tracer) {
        tracer.stack.pop();
    }

    /// The fields of a struct, or of a variant.
    fn fields<'de, V: Visitor<'de>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let visitor = self.asked(visitor)?;
        match self.kind() {
            Kind::Unseen => {
                let nodes = self.tracer.add_all(fields.len())?;
                let fields = fields.iter().zip(nodes).map(|(name, node)| FieldNode {
                    name,
                    node,
                    required: false,
                    alias: false,
                });
                let fields = fields.collect();
                self.tracer.found(self.id, Kind::Struct(name, fields));
            }
            Kind::Struct(_, known)
                if known
                    .iter()
                    .map(|field| field.name)
                    .eq(fields.iter().copied()) => {}
            _ => {
                self.tracer.node(self.id).loose = true;
                return Err(Error::Other);
            }
        }
        let without = match self.tracer.question {
            Some((target, Question::Without(at))) if target == self.id => Some(at),
            _ => None,
        };
        let mut last = None;
        let id = self.id;
        let depth = self.depth;
        let result = visitor.visit_map(Fields {
            at: At {
                tracer: self.tracer,
                id,
                depth,
            },
            next: 0,
            without,
            last: &mut last,
        });
        if without.is_some() {
            let name = without.and_then(|at| fields.get(at)).copied();
            let missed = matches!(result, Err(Error::Missing(field)) if Some(field) == name);
            self.tracer.answer.get_or_insert(!missed);
            return Err(Error::Other);
        }
        if let (Err(Error::Duplicate), Some(at)) = (&result, last)
            && let Kind::Struct(_, fields) = &mut self.tracer.nodes[id].kind
            && let Some(field) = fields.get_mut(at)
            && !field.alias
        {
            field.alias = true;
            self.tracer.progress += 1;
        }
        result
    }

    /// The items of a tuple.
    fn items<'de, V: Visitor<'de>>(mut self, len: usize, visitor: V) -> Result<V::Value, Error> {
        let visitor = self.asked(visitor)?;
        if len > MAX_TUPLE {
            return self.list(len, visitor);
        }
        let items = match self.kind() {
            Kind::Unseen => {
                let items = self.tracer.add_all(len)?;
                self.tracer.found(self.id, Kind::Tuple(items.clone()));
                items
            }
            Kind::Tuple(items) if items.len() == len => items.clone(),
            _ => {
                self.tracer.node(self.id).loose = true;
                return Err(Error::Other);
            }
        };
        let shorter =
            matches!(self.tracer.question, Some((target, Question::Shorter)) if target == self.id);
        let count = len - usize::from(shorter);
        let given = items.into_iter().take(count).collect();
        let result = visitor.visit_seq(Items {
            at: At {
                tracer: self.tracer,
                id: self.id,
                depth: self.depth,
            },
            given,
            next: 0,
        });
        if shorter {
            self.tracer.answer.get_or_insert(result.is_ok());
            return Err(Error::Other);
        }
        result
    }

    /// The items of a list.
    fn list<'de, V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        let item = match self.kind() {
            Kind::Unseen => {
                let item = self.tracer.add()?;
                self.tracer.found(self.id, Kind::List(item));
                item
            }
            Kind::List(item) => *item,
            _ => {
                self.tracer.node(self.id).loose = true;
                return Err(Error::Other);
            }
        };
        let len = if self.wants(item) { len } else { 0 };
        let id = self.id;
        visitor.visit_seq(Items {
            at: At {
                tracer: self.tracer,
                id,
                depth: self.depth,
            },
            given: vec![item; len],
            next: 0,
        })
    }
}

macro_rules! leaves {
    ($($method:ident => $schema:ident, $visit:ident($($sample:expr)?);)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.leaf(Schema::$schema, 1, visitor, |visitor, _| visitor.$visit($($sample)?))
        }
    )*};
}

macro_rules! texts {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.leaf(Schema::Str, TEXTS.len(), visitor, |visitor, at| {
                visitor.visit_borrowed_str(TEXTS.get(at).unwrap_or(&""))
            })
        }
    )*};
}

impl<'de> Deserializer<'de> for At<'_> {
    type Error = Error;

    leaves! {
        deserialize_bool => Bool, visit_bool(true);
        deserialize_i8 => Int, visit_i64(1);
        deserialize_i16 => Int, visit_i64(1);
        deserialize_i32 => Int, visit_i64(1);
        deserialize_i64 => Int, visit_i64(1);
        deserialize_i128 => Int, visit_i64(1);
        deserialize_u8 => Int, visit_i64(1);
        deserialize_u16 => Int, visit_i64(1);
        deserialize_u32 => Int, visit_i64(1);
        deserialize_u64 => Int, visit_i64(1);
        deserialize_u128 => Int, visit_i64(1);
        deserialize_f32 => Float, visit_f64(1.0);
        deserialize_f64 => Float, visit_f64(1.0);
        deserialize_bytes => Bytes, visit_borrowed_bytes(b"");
        deserialize_byte_buf => Bytes, visit_byte_buf(Vec::new());
        deserialize_unit => None, visit_unit();
        deserialize_ignored_any => Any, visit_unit();
    }

    texts! { deserialize_str deserialize_string }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.leaf(Schema::Str, 1, visitor, |visitor, _| {
            visitor.visit_borrowed_str("a")
        })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let samples = Other::ALL;
        self.leaf(Schema::Any, samples.len(), visitor, |visitor, at| {
            samples.get(at).unwrap_or(&Other::None).give(visitor)
        })
    }

    /// The key of a struct with others flattened into it, whose keys nobody tells; or what is read as a whole.
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.leaf(Schema::Any, 1, visitor, |visitor, _| {
            visitor.visit_borrowed_str("")
        })
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match name {
            VALUE_TOKEN => self.leaf(Schema::Any, 1, visitor, |visitor, _| visitor.visit_unit()),
            INT_TOKEN => self.leaf(Schema::Int, 1, visitor, |visitor, _| visitor.visit_i64(1)),
            _ => {
                let visits = type_name::<V>();
                if self.tracer.stack.iter().any(|(of, _)| *of == visits) {
                    // It has no name in a schema that could be told.
                    self.tracer.node(self.id).loose = true;
                    return Err(Error::Other);
                }
                self.tracer.stack.push((visits, self.id));
                let result = visitor.visit_newtype_struct(At {
                    tracer: &mut *self.tracer,
                    id: self.id,
                    depth: self.depth + 1,
                });
                Self::leave(self.tracer);
                result
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let visitor = self.asked(visitor)?;
        let some = match self.kind() {
            Kind::Unseen => {
                let some = self.tracer.add()?;
                self.tracer.found(self.id, Kind::Option(some));
                some
            }
            Kind::Option(some) => *some,
            _ => {
                self.tracer.node(self.id).loose = true;
                return Err(Error::Other);
            }
        };
        if !self.wants(some) {
            return visitor.visit_none();
        }
        let before = self.tracer.progress;
        let result = visitor.visit_some(self.inside(some));
        if result.is_err() {
            self.tracer.failed(some, before);
        }
        result
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let visitor = self.asked(visitor)?;
        self.list(1, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.items(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.enter::<V>(name)?;
        let Self { tracer, id, depth } = self;
        let result = At {
            tracer: &mut *tracer,
            id,
            depth,
        }
        .items(len, visitor);
        Self::leave(tracer);
        result
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let visitor = self.asked(visitor)?;
        let (key, value) = match self.kind() {
            Kind::Unseen => {
                let (key, value) = (self.tracer.add()?, self.tracer.add()?);
                self.tracer.found(self.id, Kind::Dict(key, value));
                (key, value)
            }
            Kind::Dict(key, value) => (*key, *value),
            _ => {
                self.tracer.node(self.id).loose = true;
                return Err(Error::Other);
            }
        };
        let given = self.wants(key) && self.wants(value);
        visitor.visit_map(Entry {
            at: self,
            key: given.then_some(key),
            value,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.enter::<V>(name)?;
        let Self { tracer, id, depth } = self;
        let result = At {
            tracer: &mut *tracer,
            id,
            depth,
        }
        .fields(name, fields, visitor);
        Self::leave(tracer);
        result
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.enter::<V>(name)?;
        let Self { tracer, id, depth } = self;
        let result = At {
            tracer: &mut *tracer,
            id,
            depth,
        }
        .one_of(name, variants, visitor);
        Self::leave(tracer);
        result
    }
}

impl At<'_> {
    /// One of an enum's variants.
    fn one_of<'de, V: Visitor<'de>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let visitor = self.asked(visitor)?;
        if let Some((target, Question::Unknown)) = self.tracer.question
            && target == self.id
        {
            let result = visitor.visit_enum(BorrowedStrDeserializer::<Error>::new("\0"));
            let refused = matches!(result, Err(Error::Variant));
            self.tracer.answer.get_or_insert(!refused);
            return Err(Error::Other);
        }
        match self.kind() {
            Kind::Unseen => {
                let variants = variants.iter().map(|name| VariantNode {
                    name,
                    content: Content::Unseen,
                    tried: false,
                });
                let of = EnumNode {
                    variants: variants.collect(),
                    good: None,
                };
                self.tracer.found(self.id, Kind::Enum(name, of));
            }
            Kind::Enum(_, of)
                if of
                    .variants
                    .iter()
                    .map(|variant| variant.name)
                    .eq(variants.iter().copied()) => {}
            _ => {
                self.tracer.node(self.id).loose = true;
                return Err(Error::Other);
            }
        }
        let again = self.is_again();
        let Some(chosen) = self.choose(again) else {
            return Err(Error::Other);
        };
        let before = self.tracer.progress;
        let id = self.id;
        let result = visitor.visit_enum(Chosen {
            at: At {
                tracer: &mut *self.tracer,
                id,
                depth: self.depth,
            },
            variant: chosen,
        });
        if again || self.tracer.question.is_some() {
            return result;
        }
        let stuck = result.is_err() && self.tracer.progress == before;
        let settled = match self.variant(chosen).map(|variant| variant.content) {
            Some(Content::Of(content)) => self.tracer.is_settled(content),
            _ => true,
        };
        let mut again = Vec::new();
        if let Kind::Enum(_, of) = &mut self.tracer.nodes[id].kind {
            if result.is_ok() && of.good.is_none() {
                // What the enum stands in may now have one in it.
                of.good = Some(chosen);
                for variant in &mut of.variants {
                    variant.tried = false;
                    if let Content::Of(content) = variant.content {
                        again.push(content);
                    }
                }
            }
            if let Some(variant) = of.variants.get_mut(chosen)
                && !variant.tried
                && (stuck || result.is_ok() && settled)
            {
                variant.tried = true;
                self.tracer.progress += 1;
            }
        }
        for content in again {
            self.tracer.take_heart(content);
        }
        result
    }

    fn variant(&mut self, at: usize) -> Option<&mut VariantNode> {
        match &mut self.tracer.nodes[self.id].kind {
            Kind::Enum(_, of) => of.variants.get_mut(at),
            _ => None,
        }
    }

    /// The variant that is given.
    fn choose(&self, again: bool) -> Option<usize> {
        let Kind::Enum(_, of) = self.kind() else {
            return None;
        };
        let way = || {
            of.variants
                .iter()
                .position(|variant| match variant.content {
                    Content::Of(id) => self.tracer.way.contains(&id),
                    Content::Unit | Content::Unseen => false,
                })
        };
        let next = || of.variants.iter().position(|variant| !variant.tried);
        if again {
            of.good
        } else if self.tracer.question.is_some() {
            way().or(of.good)
        } else {
            next().or(of.good)
        }
    }
}

/// A struct's fields.
struct Fields<'t, 'l> {
    at: At<'t>,
    next: usize,
    without: Option<usize>,
    /// The place of the last key whose value was not asked for.
    last: &'l mut Option<usize>,
}

impl Fields<'_, '_> {
    /// The next field that is given.
    fn field(&self) -> Option<(usize, &'static str, Id)> {
        let Kind::Struct(_, fields) = self.at.kind() else {
            return None;
        };
        let mut rest = fields.iter().enumerate().skip(self.next);
        rest.find(|(at, field)| {
            !field.alias && self.without != Some(*at) && self.at.wants(field.node)
        })
        .map(|(at, field)| (at, field.name, field.node))
    }
}

impl<'de> MapAccess<'de> for Fields<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((at, name, _)) = self.field() else {
            return Ok(None);
        };
        self.next = at;
        *self.last = Some(at);
        seed.deserialize(BorrowedStrDeserializer::new(name))
            .map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let Some((at, _, node)) = self.field() else {
            return Err(Error::Other);
        };
        self.next = at + 1;
        *self.last = None;
        self.at.give(node, seed)
    }
}

/// Items, one after the other.
struct Items<'t> {
    at: At<'t>,
    given: Vec<Id>,
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(&item) = self.given.get(self.next) else {
            return Ok(None);
        };
        self.next += 1;
        self.at.give(item, seed).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.given.len() - self.next)
    }
}

/// A dict's only entry.
struct Entry<'t> {
    at: At<'t>,
    key: Option<Id>,
    value: Id,
}

impl<'de> MapAccess<'de> for Entry<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        match self.key.take() {
            Some(key) => self.at.give(key, seed).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        self.at.give(self.value, seed)
    }
}

/// An enum's variant.
struct Chosen<'t> {
    at: At<'t>,
    variant: usize,
}

impl Chosen<'_> {
    /// The node of what stands in the variant.
    fn content(&mut self) -> Result<Id, Error> {
        let variant = self.variant;
        match self.at.variant(variant).map(|variant| variant.content) {
            Some(Content::Of(id)) => Ok(id),
            Some(Content::Unseen) => {
                let id = self.at.tracer.add()?;
                self.is(Content::Of(id));
                Ok(id)
            }
            _ => Err(Error::Other),
        }
    }

    fn is(&mut self, content: Content) {
        let variant = self.variant;
        if let Some(variant) = self.at.variant(variant)
            && variant.content != content
        {
            variant.content = content;
            self.at.tracer.progress += 1;
        }
    }
}

impl<'de> EnumAccess<'de> for Chosen<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(mut self, seed: T) -> Result<(T::Value, Self), Error> {
        let variant = self.variant;
        let name = self.at.variant(variant).map_or("", |variant| variant.name);
        let name = seed.deserialize(BorrowedStrDeserializer::<Error>::new(name))?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Chosen<'_> {
    type Error = Error;

    fn unit_variant(mut self) -> Result<(), Error> {
        self.is(Content::Unit);
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(mut self, seed: T) -> Result<T::Value, Error> {
        let content = self.content()?;
        self.at.give(content, seed)
    }

    fn tuple_variant<V: Visitor<'de>>(mut self, len: usize, visitor: V) -> Result<V::Value, Error> {
        let content = self.content()?;
        self.at.inside(content).items(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        mut self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let content = self.content()?;
        self.at.inside(content).fields("", fields, visitor)
    }
}

/// Whether a visitor is serde's own, derived or highway's own: these take what they ask for.
fn is_known<V>() -> bool {
    let name = type_name::<V>();
    let starts = ["serde::", "serde_core::", "highway::value::"];
    starts.iter().any(|start| name.starts_with(start)) || name.contains("::__Visitor")
}
