//! The deserializer that takes note of what a type asks for in the [`Tracer`]'s tree, and gives it an error, or a value where that is
//! harmless and leads on.

mod inside;
mod requests;

use std::{
    any::type_name,
    mem::{self, needs_drop},
};

use serde::de::{DeserializeSeed, Visitor};

use self::inside::{Chosen, Fields, Items, Strange};
use super::{
    tree::{
        Content, EnumNode, Error, FieldNode, Id, Kind, ROOT, StructNode, Tracer, TupleNode,
        VariantNode,
    },
    visitors::{Reader, asks_for_anything, is_derived_visitor, is_given_away, reader},
};
use crate::schema::definition::{IntWidth, Schema, Unknown};

/// How deep types are followed.
const MAX_DEPTH: usize = 32;

/// A tuple that is longer counts as a list.
const MAX_TUPLE: usize = 16;

/// What is done with who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// It gets an error, once it is known what it asks for.
    Look,
    /// It gets the smallest value, if none of the user's code sees it.
    Give,
}

/// A place in a type.
pub(super) struct At<'t> {
    tracer: &'t mut Tracer,
    id: Id,
    depth: usize,
    /// The name of the type that asks; empty where it is not known.
    ty: &'static str,
    mode: Mode,
}

/// Lets go of what a visitor has made, without running what its type does when it is dropped.
fn no_value<T, U>(result: Result<T, Error>) -> Result<U, Error> {
    match result {
        Ok(value) => {
            mem::forget(value);
            Err(Error::Other)
        }
        Err(error) => Err(error),
    }
}

impl<'t> At<'t> {
    pub(super) fn root(tracer: &'t mut Tracer, ty: &'static str) -> Self {
        At {
            tracer,
            id: ROOT,
            depth: 0,
            ty,
            mode: Mode::Look,
        }
    }

    fn kind(&self) -> &Kind {
        &self.tracer.nodes[self.id].kind
    }

    /// Another one at the same place.
    fn again(&mut self) -> At<'_> {
        At {
            tracer: self.tracer,
            id: self.id,
            depth: self.depth,
            ty: self.ty,
            mode: self.mode,
        }
    }

    /// Lets something that stands inside ask.
    fn inside<'de, S: DeserializeSeed<'de>>(
        &mut self,
        id: Id,
        mode: Mode,
        seed: S,
    ) -> Result<S::Value, Error> {
        let ty = type_name::<S::Value>();
        if mode == Mode::Give && !type_name::<S>().starts_with("core::marker::PhantomData<") {
            // It is an enum's tag, by which it depends what else has to be there.
            return Err(Error::Other);
        }
        if is_given_away(ty) {
            self.tracer.nodes[id].lent = Some(Unknown::ByFunction);
            self.tracer.done(id);
            return Err(Error::Other);
        }
        let before = self.tracer.progress;
        let result = seed.deserialize(At {
            tracer: self.tracer,
            id,
            depth: self.depth + 1,
            ty,
            mode,
        });
        if mode == Mode::Give {
            // A field that is missing in it is none of what it stands in.
            return result.map_err(|_| Error::Other);
        }
        self.tracer.looked(id, before);
        no_value(result).map_err(|_| Error::Other)
    }

    /// Takes note of who asks. An error where nothing more is to be asked of it, or given.
    fn asked<'de, V: Visitor<'de>>(&mut self) -> Result<(), Error> {
        self.tracer.visits += 1;
        if self.tracer.is_exhausted() || self.depth > MAX_DEPTH {
            let node = &mut self.tracer.nodes[self.id];
            if self.mode == Mode::Look && matches!(node.kind, Kind::Unseen) {
                node.lent = Some(Unknown::TooLarge);
            }
            return Err(Error::Other);
        }
        let reader = reader::<V, V::Value>(self.ty);
        match (self.mode, reader) {
            (Mode::Give, Reader::Own) => {
                // What is dropped may be something to code of the user's.
                if is_derived_visitor::<V>() && needs_drop::<V::Value>() {
                    return Err(Error::Other);
                }
            }
            (Mode::Give, Reader::Lent | Reader::Foreign) => return Err(Error::Other),
            (Mode::Look, Reader::Own) => {}
            (Mode::Look, Reader::Lent) => {
                let why = asks_for_anything::<V>(self.ty).unwrap_or(Unknown::ByOtherType);
                self.tracer.nodes[self.id].lent = Some(why);
            }
            (Mode::Look, Reader::Foreign) => {
                self.tracer.loose(self.id, Unknown::ByHand);
                return Err(Error::Other);
            }
        }
        Ok(())
    }

    /// Takes note of what has no others inside.
    fn leaf<'de, V: Visitor<'de>>(
        mut self,
        schema: Schema,
        visitor: V,
        give: impl FnOnce(V) -> Result<V::Value, Error>,
    ) -> Result<V::Value, Error> {
        self.asked::<V>()?;
        if self.mode == Mode::Give {
            return give(visitor);
        }
        match self.kind() {
            Kind::Unseen => self.tracer.found(self.id, Kind::Simple(schema)),
            Kind::Simple(known) if *known == schema => {}
            Kind::Simple(Schema::Int(_)) if matches!(schema, Schema::Int(_)) => {
                // It takes ints of several widths.
                self.tracer.nodes[self.id].kind = Kind::Simple(Schema::Int(IntWidth::Any));
            }
            _ => self.tracer.loose(self.id, Unknown::Varying),
        }
        self.tracer.done(self.id);
        Err(Error::Other)
    }

    /// What is not the same as it was.
    fn changed<T>(&mut self) -> Result<T, Error> {
        self.tracer.loose(self.id, Unknown::Varying);
        Err(Error::Other)
    }

    /// Remembers a struct or enum while it is read. An error where it stands in itself.
    fn enter<V>(&mut self, name: &'static str) -> Result<(), Error> {
        let visitor = type_name::<V>();
        if self.mode == Mode::Give {
            return Ok(());
        }
        if self.tracer.stack.iter().any(|(of, _)| *of == visitor) {
            let mut around = self.tracer.stack.iter().rev();
            let nearest = around.find(|(_, id)| self.tracer.nodes[*id].kind.name() == Some(name));
            if nearest.is_some_and(|(of, _)| *of != visitor) {
                // The name alone would mean another type, which stands in between.
                self.tracer.loose(self.id, Unknown::Recursive);
                return Err(Error::Other);
            }
            if matches!(self.kind(), Kind::Unseen) {
                self.tracer.found(self.id, Kind::Ref(name));
            }
            self.tracer.done(self.id);
            return Err(Error::Other);
        }
        self.tracer.stack.push((visitor, self.id));
        Ok(())
    }

    fn leave(&mut self) {
        if self.mode == Mode::Look {
            self.tracer.stack.pop();
        }
    }

    /// The fields of a struct, or of a variant.
    fn fields<'de, V: Visitor<'de>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.kind() {
            Kind::Unseen if self.mode == Mode::Look => {
                let nodes = self.tracer.add_all(fields.len())?;
                let fields = fields.iter().zip(nodes).map(|(name, node)| FieldNode {
                    name,
                    node,
                    ty: "",
                    required: false,
                    alias: false,
                });
                let fields = fields.collect();
                let of = StructNode {
                    fields,
                    ..StructNode::default()
                };
                self.tracer.found(self.id, Kind::Struct(name, of));
            }
            Kind::Struct(_, known)
                if known
                    .fields
                    .iter()
                    .map(|field| field.name)
                    .eq(fields.iter().copied()) => {}
            _ if self.mode == Mode::Look => return self.changed(),
            _ => return Err(Error::Other),
        }
        let mut reached = false;
        let Kind::Struct(_, of) = self.kind() else {
            return Err(Error::Other);
        };
        if self.mode == Mode::Give {
            let required = of.fields.iter().enumerate();
            let given = required.filter(|(_, field)| field.required && !field.alias);
            let given = given.map(|(at, _)| at).collect();
            return visitor.visit_map(Fields::new(self, given, None, &mut reached));
        }
        let next = of
            .fields
            .iter()
            .position(|field| !self.tracer.nodes[field.node].done);
        if let Some(next) = next {
            let before = self.tracer.progress;
            let node = of.fields[next].node;
            let at = self.again();
            let fields = Fields::new(at, Vec::new(), Some(next), &mut reached);
            let result = no_value(visitor.visit_map(fields));
            self.tracer.looked(node, before);
            return result;
        }
        if !of.settled {
            let given = of.given.clone();
            let at = self.again();
            let result = visitor.visit_map(Fields::new(at, given, None, &mut reached));
            let missing = result.as_ref().err().copied();
            self.missed(missing);
            return no_value(result);
        }
        if let Some(&(field, other)) = of.aliases.last() {
            let at = self.again();
            let fields = Fields::new(at, vec![field], Some(other), &mut reached);
            let result = visitor.visit_map(fields);
            let duplicate = matches!(result, Err(Error::Duplicate));
            self.tracer.progress += 1;
            if let Kind::Struct(_, of) = &mut self.tracer.nodes[self.id].kind {
                of.aliases.pop();
                if duplicate || !reached {
                    of.fields[field].alias = true;
                    of.fields[other].alias = true;
                }
            }
            return no_value(result);
        }
        self.tracer.done(self.id);
        Err(Error::Other)
    }

    /// Takes note of the field that is missing beside those that are given.
    fn missed(&mut self, error: Option<Error>) {
        self.tracer.progress += 1;
        let Kind::Struct(_, of) = &mut self.tracer.nodes[self.id].kind else {
            return;
        };
        if let Some(Error::Missing(name)) = error
            && let Some(at) = of.fields.iter().position(|field| field.name == name)
            && !of.fields[at].required
        {
            of.fields[at].required = true;
            of.given.push(at);
            return;
        }
        of.settled = true;
        for (at, field) in of.fields.iter().enumerate() {
            for (other, alias) in of.fields.iter().enumerate() {
                if field.required && !alias.required && field.ty == alias.ty {
                    of.aliases.push((at, other));
                }
            }
        }
    }

    /// The items of a tuple.
    fn items<'de, V: Visitor<'de>>(mut self, len: usize, visitor: V) -> Result<V::Value, Error> {
        if self.mode == Mode::Give {
            let given = match self.kind() {
                Kind::Tuple(tuple) if tuple.items.len() == len => tuple.items.clone(),
                Kind::List(item) => vec![*item; len],
                _ => return Err(Error::Other),
            };
            return visitor.visit_seq(Items::new(self, given, None));
        }
        if len > MAX_TUPLE {
            return self.list(visitor);
        }
        if matches!(self.kind(), Kind::Unseen) {
            let items = self.tracer.add_all(len)?;
            let tried = !is_derived_visitor::<V>();
            let tuple = TupleNode { items, tried };
            self.tracer.found(self.id, Kind::Tuple(tuple));
        }
        let items = match self.kind() {
            Kind::Tuple(tuple) if tuple.items.len() == len => tuple.items.clone(),
            _ => return self.changed(),
        };
        let next = items.iter().position(|&item| !self.tracer.nodes[item].done);
        if let Some(next) = next {
            let before = self.tracer.progress;
            let node = items[next];
            let given = items.into_iter().take(next).collect();
            let at = self.again();
            let result = no_value(visitor.visit_seq(Items::new(at, given, Some(node))));
            self.tracer.looked(node, before);
            return result;
        }
        if let Kind::Tuple(tuple) = &mut self.tracer.nodes[self.id].kind
            && !mem::replace(&mut tuple.tried, true)
            && len > 0
        {
            let given = items.into_iter().take(len - 1).collect();
            let at = self.again();
            let result = visitor.visit_seq(Items::new(at, given, None));
            if result.is_ok() {
                self.tracer.loose(self.id, Unknown::Varying);
            }
            self.tracer.done(self.id);
            return no_value(result);
        }
        self.tracer.done(self.id);
        Err(Error::Other)
    }

    /// The items of a list.
    fn list<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        if matches!(self.kind(), Kind::Unseen) {
            let item = self.tracer.add()?;
            self.tracer.found(self.id, Kind::List(item));
        }
        let Kind::List(item) = *self.kind() else {
            return self.changed();
        };
        let before = self.tracer.progress;
        let at = self.again();
        let result = no_value(visitor.visit_seq(Items::new(at, Vec::new(), Some(item))));
        self.tracer.looked(item, before);
        self.settle(&[item]);
        result
    }

    /// It is done when all that stands in it is.
    fn settle(&mut self, inside: &[Id]) {
        if self.tracer.is_done(inside) {
            self.tracer.done(self.id);
        }
    }

    /// One of an enum's variants.
    fn one_of<'de, V: Visitor<'de>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.kind() {
            Kind::Unseen if self.mode == Mode::Look => {
                let variants = variants.iter().map(|name| VariantNode {
                    name,
                    content: Content::Unseen,
                    done: false,
                });
                let of = EnumNode {
                    variants: variants.collect(),
                    tried: false,
                };
                self.tracer.found(self.id, Kind::Enum(name, of));
            }
            Kind::Enum(_, of)
                if of
                    .variants
                    .iter()
                    .map(|variant| variant.name)
                    .eq(variants.iter().copied()) => {}
            _ if self.mode == Mode::Look => return self.changed(),
            _ => return Err(Error::Other),
        }
        let Kind::Enum(_, of) = self.kind() else {
            return Err(Error::Other);
        };
        if self.mode == Mode::Give {
            let unit = |variant: &VariantNode| variant.content == Content::Unit;
            let chosen = of.variants.iter().position(unit).unwrap_or(0);
            return visitor.visit_enum(Chosen {
                variant: chosen,
                at: self,
            });
        }
        if let Some(chosen) = of.variants.iter().position(|variant| !variant.done) {
            let before = self.tracer.progress;
            let at = self.again();
            let result = visitor.visit_enum(Chosen {
                variant: chosen,
                at,
            });
            let content = self.variant(chosen).map(|variant| variant.content);
            let done = match content {
                Some(Content::Of(content)) => self.tracer.nodes[content].done,
                Some(Content::Unit) => true,
                _ => false,
            };
            if (done || self.tracer.progress == before)
                && let Some(variant) = self.variant(chosen)
            {
                variant.done = true;
                self.tracer.progress += 1;
            }
            return no_value(result);
        }
        if let Kind::Enum(_, of) = &mut self.tracer.nodes[self.id].kind
            && !mem::replace(&mut of.tried, true)
        {
            let mut known = false;
            let result = visitor.visit_enum(Strange { known: &mut known });
            if known {
                self.tracer.loose(self.id, Unknown::OtherVariants);
            }
            self.tracer.done(self.id);
            return no_value(result);
        }
        self.tracer.done(self.id);
        Err(Error::Other)
    }

    fn variant(&mut self, at: usize) -> Option<&mut VariantNode> {
        match &mut self.tracer.nodes[self.id].kind {
            Kind::Enum(_, of) => of.variants.get_mut(at),
            _ => None,
        }
    }
}

impl Tracer {
    /// Gives up on what was looked at without anything new since `before`.
    fn looked(&mut self, id: Id, before: usize) {
        if self.progress == before {
            self.done(id);
        }
    }
}

/// What is as good as any other error.
fn none_given<T>() -> Result<T, Error> {
    Err(Error::Other)
}
