//! What a type may ask for, as serde's methods have it.

use std::any::type_name;

use serde::de::{Deserializer, Visitor};

use super::{
    At, Mode,
    inside::{Entry, Items},
    no_value, none_given,
};
use crate::{
    schema::{
        definition::{IntWidth, Schema, Unknown},
        trace::{
            tree::{Error, Kind},
            visitors::{asks_for_anything, is_derived_visitor, optional, text_for},
        },
    },
    value::{INT_TOKEN, VALUE_TOKEN},
};

macro_rules! leaves {
    ($($method:ident => $schema:ident $(($width:expr))?, $visit:ident($($sample:expr)?);)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.leaf(Schema::$schema $(($width))?, visitor, |visitor| visitor.$visit($($sample)?))
        }
    )*};
}

macro_rules! texts {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let text = text_for(self.ty);
            self.leaf(Schema::Str, visitor, |visitor| visitor.visit_borrowed_str(text))
        }
    )*};
}

impl<'de> Deserializer<'de> for At<'_> {
    type Error = Error;

    leaves! {
        deserialize_bool => Bool, visit_bool(true);
        deserialize_i8 => Int(IntWidth::I8), visit_i8(1);
        deserialize_i16 => Int(IntWidth::I16), visit_i16(1);
        deserialize_i32 => Int(IntWidth::I32), visit_i32(1);
        deserialize_i64 => Int(IntWidth::I64), visit_i64(1);
        deserialize_i128 => Int(IntWidth::I128), visit_i128(1);
        deserialize_u8 => Int(IntWidth::U8), visit_u8(1);
        deserialize_u16 => Int(IntWidth::U16), visit_u16(1);
        deserialize_u32 => Int(IntWidth::U32), visit_u32(1);
        deserialize_u64 => Int(IntWidth::U64), visit_u64(1);
        deserialize_u128 => Int(IntWidth::U128), visit_u128(1);
        deserialize_f32 => Float, visit_f32(1.0);
        deserialize_f64 => Float, visit_f64(1.0);
        deserialize_bytes => Bytes, visit_borrowed_bytes(b"");
        deserialize_byte_buf => Bytes, visit_byte_buf(Vec::new());
        deserialize_unit => None, visit_unit();
    }

    texts! { deserialize_str deserialize_string deserialize_char }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let why = asks_for_anything::<V>(self.ty).unwrap_or_default();
        self.leaf(Schema::Any(why), visitor, |_| none_given())
    }

    /// What is read as a whole: names of variants have their place in an enum, and those of fields in a struct.
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.leaf(Schema::default(), visitor, |_| none_given())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.leaf(Schema::default(), visitor, |_| none_given())
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    /// What stands in it has its place.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match name {
            VALUE_TOKEN => return self.leaf(Schema::Value, visitor, Visitor::visit_unit),
            INT_TOKEN => {
                return self.leaf(Schema::Int(IntWidth::Any), visitor, |visitor| {
                    visitor.visit_i64(1)
                });
            }
            _ => self.asked::<V>()?,
        }
        if !is_derived_visitor::<V>() {
            self.tracer.loose(self.id, Unknown::ByHand);
            return none_given();
        }
        let visits = type_name::<V>();
        if self.mode == Mode::Look {
            if self.tracer.stack.iter().any(|(of, _)| *of == visits) {
                // It has no name in a schema that could be told.
                self.tracer.loose(self.id, Unknown::Recursive);
                return none_given();
            }
            self.tracer.stack.push((visits, self.id));
        }
        let (id, given) = match self.mode {
            Mode::Look => (Some(self.id), Vec::new()),
            Mode::Give => (None, vec![self.id]),
        };
        let at = self.again();
        // A sequence of one tells the type of what stands in it.
        let result = visitor.visit_seq(Items::new(at, given, id));
        self.leave();
        match self.mode {
            Mode::Look => no_value(result),
            Mode::Give => result,
        }
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.asked::<V>()?;
        if self.mode == Mode::Give {
            return visitor.visit_none();
        }
        if matches!(self.kind(), Kind::Unseen) {
            let some = self.tracer.add()?;
            self.tracer.found(self.id, Kind::Option(some));
        }
        let Kind::Option(some) = *self.kind() else {
            return self.changed();
        };
        let before = self.tracer.progress;
        let result = visitor.visit_some(At {
            tracer: &mut *self.tracer,
            id: some,
            depth: self.depth + 1,
            ty: optional(self.ty),
            mode: Mode::Look,
        });
        self.tracer.looked(some, before);
        self.settle(&[some]);
        no_value(result)
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.asked::<V>()?;
        match self.mode {
            Mode::Look => self.list(visitor),
            Mode::Give => visitor.visit_seq(Items::new(self, Vec::new(), None)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        mut self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.asked::<V>()?;
        self.items(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.asked::<V>()?;
        self.enter::<V>(name)?;
        let result = self.again().items(len, visitor);
        self.leave();
        result
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.asked::<V>()?;
        if self.mode == Mode::Give {
            let entry = Entry {
                key: None,
                value: None,
                at: self,
            };
            return visitor.visit_map(entry);
        }
        if matches!(self.kind(), Kind::Unseen) {
            let (key, value) = (self.tracer.add()?, self.tracer.add()?);
            self.tracer.found(self.id, Kind::Dict(key, value));
        }
        let Kind::Dict(key, value) = *self.kind() else {
            return self.changed();
        };
        if is_derived_visitor::<V>() {
            // A struct with others flattened into it, whose keys nothing tells.
            for inside in [key, value] {
                self.tracer.loose(inside, Unknown::Flattened);
            }
            self.tracer.done(self.id);
            return none_given();
        }
        let next = if self.tracer.nodes[key].done {
            value
        } else {
            key
        };
        let before = self.tracer.progress;
        let entry = Entry {
            key: Some(key),
            value: (next == value).then_some(value),
            at: self.again(),
        };
        let result = visitor.visit_map(entry);
        self.tracer.looked(next, before);
        self.settle(&[key, value]);
        no_value(result)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.asked::<V>()?;
        self.enter::<V>(name)?;
        let result = self.again().fields(name, fields, visitor);
        self.leave();
        result
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.asked::<V>()?;
        self.enter::<V>(name)?;
        let result = self.again().one_of(name, variants, visitor);
        self.leave();
        result
    }
}
