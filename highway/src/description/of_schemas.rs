//! From what was traced of serde to the types of a description: each struct and enum gets a name of its own.

use std::collections::{BTreeMap, HashMap};

use super::{
    Owner, Part, UnknownType,
    types::{EnumType, FieldType, NamedType, StructType, Type, VariantType},
};
use crate::schema::{Enum, Schema, Struct, Unknown};

/// The place that a type stands at.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) route: &'static str,
    pub(super) owner: Owner,
    pub(super) part: Part,
    /// Whether the side that is described reads it.
    pub(super) read: bool,
}

/// A struct or an enum, each time that it occurs.
#[derive(Debug)]
struct Occurrence {
    place: Place,
    /// Its definition; within it the others are named by their numbers.
    ty: Option<NamedType>,
}

/// The types that were found so far.
#[derive(Debug, Default)]
pub(super) struct Collector {
    occurrences: Vec<Occurrence>,
    pub(super) unknown: Vec<UnknownType>,
}

/// The way to a type within a whole one.
struct Way<'a> {
    place: &'a Place,
    /// The named types around it, with their numbers.
    around: Vec<(&'a str, usize)>,
    steps: Vec<String>,
}

impl Collector {
    /// The type that stands at a place. The names in it are numbers until [`finish`](Self::finish).
    pub(super) fn collect(&mut self, schema: &Schema, place: &Place) -> Type {
        let mut way = Way {
            place,
            around: Vec::new(),
            steps: Vec::new(),
        };
        self.ty(schema, &mut way)
    }

    fn ty<'a>(&mut self, schema: &'a Schema, way: &mut Way<'a>) -> Type {
        match schema {
            Schema::Value => Type::Any,
            Schema::Any(why) => self.not_known(*why, way),
            Schema::None => Type::None,
            Schema::Bool => Type::Bool,
            Schema::Int(width) => (*width).into(),
            Schema::Float => Type::Float,
            Schema::Str => Type::Str,
            Schema::Bytes => Type::Bytes,
            Schema::List(item) => Type::List(Box::new(self.inside("[]", item, way))),
            Schema::Tuple(items) => {
                let items = items.iter().enumerate();
                let items = items.map(|(at, item)| self.inside(format!("[{at}]"), item, way));
                Type::Tuple(items.collect())
            }
            // One place, of which neither is known.
            Schema::Dict(key, value)
                if [key, value].map(|of| &**of) == [&Schema::Any(Unknown::Flattened); 2] =>
            {
                let any = || Box::new(Type::Any);
                self.not_known(Unknown::Flattened, way);
                Type::Dict(any(), any())
            }
            Schema::Dict(key, value) => {
                let key = self.inside("[key]", key, way);
                let value = self.inside("[]", value, way);
                Type::Dict(Box::new(key), Box::new(value))
            }
            Schema::Optional(some) => Type::Optional(Box::new(self.inside("", some, way))),
            Schema::Items(item) => Type::Stream(Box::new(self.inside("[]", item, way))),
            Schema::Struct(of) if of.name.is_empty() => Type::Struct(self.structure(of, way)),
            Schema::Struct(of) => self.named(&of.name, way, |collector, way| {
                NamedType::Struct(collector.structure(of, way))
            }),
            Schema::Enum(of) => self.named(&of.name, way, |collector, way| {
                NamedType::Enum(collector.enumeration(of, way))
            }),
            Schema::Ref(name) => {
                let around = way.around.iter().rev().find(|(of, _)| of == name);
                match around {
                    Some((_, number)) => Type::Named(number.to_string()),
                    None => self.not_known(Unknown::Recursive, way),
                }
            }
        }
    }

    fn not_known(&mut self, why: Unknown, way: &Way<'_>) -> Type {
        self.unknown.push(UnknownType {
            route: way.place.route.to_owned(),
            owner: way.place.owner,
            part: way.place.part,
            at: way.steps.concat(),
            why: why.to_string(),
        });
        Type::Any
    }

    fn inside<'a>(
        &mut self,
        step: impl Into<String>,
        schema: &'a Schema,
        way: &mut Way<'a>,
    ) -> Type {
        way.steps.push(step.into());
        let ty = self.ty(schema, way);
        way.steps.pop();
        ty
    }

    fn structure<'a>(&mut self, of: &'a Struct, way: &mut Way<'a>) -> StructType {
        let fields = of.fields.iter().map(|field| FieldType {
            name: field.name.clone(),
            ty: self.inside(format!(".{}", field.name), &field.schema, way),
            required: field.required,
        });
        StructType {
            name: of.name.clone(),
            fields: fields.collect(),
        }
    }

    fn enumeration<'a>(&mut self, of: &'a Enum, way: &mut Way<'a>) -> EnumType {
        let variants = of.variants.iter().map(|variant| VariantType {
            name: variant.name.clone(),
            ty: variant
                .content
                .as_ref()
                .map(|content| self.inside(format!(".{}", variant.name), content, way)),
        });
        EnumType {
            name: of.name.clone(),
            variants: variants.collect(),
        }
    }

    fn named<'a>(
        &mut self,
        name: &'a str,
        way: &mut Way<'a>,
        make: impl FnOnce(&mut Self, &mut Way<'a>) -> NamedType,
    ) -> Type {
        let number = self.occurrences.len();
        self.occurrences.push(Occurrence {
            place: way.place.clone(),
            ty: None,
        });
        way.around.push((name, number));
        let ty = make(self, way);
        way.around.pop();
        self.occurrences[number].ty = Some(ty);
        Type::Named(number.to_string())
    }

    /// All types by the names that they get, and those names by the numbers.
    pub(super) fn finish(self) -> (BTreeMap<String, NamedType>, BTreeMap<String, String>) {
        let occurrences: Vec<_> = self
            .occurrences
            .into_iter()
            .filter_map(|of| Some((of.place, of.ty?)))
            .collect();
        let classes = classes(&occurrences);
        // What this side sends gets the plain name, in which others are interested most.
        let mut order: Vec<usize> = (0..occurrences.len()).collect();
        order.sort_by_key(|&number| (occurrences[number].0.read, number));
        let mut names: HashMap<usize, String> = HashMap::new();
        let mut taken: BTreeMap<String, &NamedType> = BTreeMap::new();
        for number in order {
            let class = classes[number];
            if names.contains_key(&class) {
                continue;
            }
            let (place, ty) = &occurrences[number];
            let name = free_name(ty, place, &taken);
            taken.insert(name.clone(), ty);
            names.insert(class, name);
        }
        let name_of = |number: usize| names.get(&classes[number]).cloned().unwrap_or_default();
        let rename: BTreeMap<_, _> = (0..occurrences.len())
            .map(|number| (number.to_string(), name_of(number)))
            .collect();
        let mut types = BTreeMap::new();
        for (number, (_, mut ty)) in occurrences.into_iter().enumerate() {
            ty.rename(&rename);
            types.entry(name_of(number)).or_insert(ty);
        }
        (types, rename)
    }
}

/// Which occurrences are of the same type: those that have the same name and definition, down to all types within. The
/// classes are refined until they stay, as those of states of an automaton are.
fn classes(occurrences: &[(Place, NamedType)]) -> Vec<usize> {
    let mut classes = vec![0; occurrences.len()];
    let mut count = 1;
    loop {
        let rename: BTreeMap<_, _> = classes
            .iter()
            .enumerate()
            .map(|(number, class)| (number.to_string(), class.to_string()))
            .collect();
        let mut known = BTreeMap::new();
        let next: Vec<usize> = occurrences
            .iter()
            .map(|(_, ty)| {
                let mut ty = ty.clone();
                ty.rename(&rename);
                let fresh = known.len();
                *known.entry(ty).or_insert(fresh)
            })
            .collect();
        let refined = known.len();
        classes = next;
        if refined == count {
            return classes;
        }
        count = refined;
    }
}

/// A name that no other type has: the type's own, or that with what tells them apart.
fn free_name(ty: &NamedType, place: &Place, taken: &BTreeMap<String, &NamedType>) -> String {
    let own = if ty.name().is_empty() {
        "Type"
    } else {
        ty.name()
    };
    // The same type has other fields that may be missing, and others within, where it is read.
    let is_input = |of: &&NamedType| place.read && of.parts().eq(ty.parts());
    let input = taken.get(own).copied().filter(is_input);
    let input = input.map(|_| format!("{own}Input"));
    let of_route = format!("{own}Of{}", pascal(place.route));
    let numbered = (2..).map(|number| format!("{own}{number}"));
    [Some(own.to_owned()), input, Some(of_route)]
        .into_iter()
        .flatten()
        .chain(numbered)
        .find(|name| !taken.contains_key(name))
        .unwrap_or_default()
}

/// `change-name` as `ChangeName`.
fn pascal(name: &str) -> String {
    name.split(|char: char| !char.is_alphanumeric())
        .flat_map(|word| {
            let mut chars = word.chars();
            let first = chars.next().into_iter().flat_map(char::to_uppercase);
            first.chain(chars)
        })
        .collect()
}
