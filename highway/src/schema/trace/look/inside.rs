//! What stands in a type, given one after the other: fields, items, an entry, a variant.

use std::any::type_name;

use serde::de::{
    DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
    value::BorrowedStrDeserializer,
};

use super::{At, Mode, none_given};
use crate::schema::trace::tree::{Content, Error, FieldNode, Id, Kind};

/// A struct's fields: some that are given, and one that is looked at.
pub(super) struct Fields<'t, 'r> {
    at: At<'t>,
    given: std::vec::IntoIter<usize>,
    looked_at: Option<usize>,
    /// The field whose value is to come.
    current: Option<(usize, Mode)>,
    /// Whether the one that is looked at was asked for.
    reached: &'r mut bool,
}

impl<'t, 'r> Fields<'t, 'r> {
    pub(super) fn new(
        at: At<'t>,
        given: Vec<usize>,
        looked_at: Option<usize>,
        reached: &'r mut bool,
    ) -> Self {
        Self {
            at,
            given: given.into_iter(),
            looked_at,
            current: None,
            reached,
        }
    }

    fn field(&mut self, at: usize) -> Option<&mut FieldNode> {
        match &mut self.at.tracer.nodes[self.at.id].kind {
            Kind::Struct(_, of) => of.fields.get_mut(at),
            _ => None,
        }
    }
}

impl<'de> MapAccess<'de> for Fields<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let given = self.given.next().map(|at| (at, Mode::Give));
        self.current = given.or_else(|| self.looked_at.take().map(|at| (at, Mode::Look)));
        let Some((at, _)) = self.current else {
            return Ok(None);
        };
        let name = self.field(at).map_or("", |field| field.name);
        seed.deserialize(BorrowedStrDeserializer::new(name))
            .map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let Some((at, mode)) = self.current.take() else {
            return none_given();
        };
        *self.reached |= mode == Mode::Look;
        let Some(field) = self.field(at) else {
            return none_given();
        };
        field.ty = type_name::<T::Value>();
        let node = field.node;
        self.at.inside(node, mode, seed)
    }
}

/// Items, one after the other: some that are given, and one that is looked at.
pub(super) struct Items<'t> {
    at: At<'t>,
    given: std::vec::IntoIter<Id>,
    looked_at: Option<Id>,
}

impl<'t> Items<'t> {
    pub(super) fn new(at: At<'t>, given: Vec<Id>, looked_at: Option<Id>) -> Self {
        Self {
            at,
            given: given.into_iter(),
            looked_at,
        }
    }
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if let Some(item) = self.given.next() {
            return self.at.inside(item, Mode::Give, seed).map(Some);
        }
        match self.looked_at.take() {
            Some(item) => self.at.inside(item, Mode::Look, seed).map(Some),
            None => Ok(None),
        }
    }
}

/// A dict's only entry, of which the key is given where the value is looked at.
pub(super) struct Entry<'t> {
    pub(super) at: At<'t>,
    pub(super) key: Option<Id>,
    pub(super) value: Option<Id>,
}

impl<'de> MapAccess<'de> for Entry<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let mode = match self.value {
            Some(_) => Mode::Give,
            None => Mode::Look,
        };
        match self.key.take() {
            Some(key) => self.at.inside(key, mode, seed).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        match self.value {
            Some(value) => self.at.inside(value, Mode::Look, seed),
            None => none_given(),
        }
    }
}

/// An enum's variant.
pub(super) struct Chosen<'t> {
    pub(super) at: At<'t>,
    pub(super) variant: usize,
}

impl Chosen<'_> {
    /// The node of what stands in the variant.
    fn content(&mut self) -> Result<Id, Error> {
        let variant = self.variant;
        match self.at.variant(variant).map(|variant| variant.content) {
            Some(Content::Of(id)) => Ok(id),
            Some(Content::Unseen) if self.at.mode == Mode::Look => {
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

    /// What stands in the variant, whose type has no name.
    fn inside(&mut self, id: Id) -> At<'_> {
        At {
            tracer: &mut *self.at.tracer,
            id,
            depth: self.at.depth + 1,
            ty: "",
            mode: self.at.mode,
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
        match self.at.mode {
            Mode::Give => Ok(()),
            Mode::Look => {
                self.is(Content::Unit);
                none_given()
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(mut self, seed: T) -> Result<T::Value, Error> {
        let content = self.content()?;
        let mode = self.at.mode;
        self.at.inside(content, mode, seed)
    }

    fn tuple_variant<V: Visitor<'de>>(mut self, len: usize, visitor: V) -> Result<V::Value, Error> {
        let content = self.content()?;
        self.inside(content).items(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        mut self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let content = self.content()?;
        self.inside(content).fields("", fields, visitor)
    }
}

/// A variant of a name that no enum has.
pub(super) struct Strange<'r> {
    /// Whether there is one for it nevertheless.
    pub(super) known: &'r mut bool,
}

impl<'de> EnumAccess<'de> for Strange<'_> {
    type Error = Error;
    type Variant = NoContent;

    fn variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<(T::Value, NoContent), Error> {
        let name = seed.deserialize(BorrowedStrDeserializer::<Error>::new("\0"))?;
        *self.known = true;
        Ok((name, NoContent))
    }
}

pub(super) struct NoContent;

impl<'de> VariantAccess<'de> for NoContent {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        none_given()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Error> {
        none_given()
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        none_given()
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        none_given()
    }
}
