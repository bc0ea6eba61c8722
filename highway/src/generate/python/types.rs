//! The types: a `TypedDict` for each struct, and for each variant of an enum that has content.

use std::fmt::Write as _;

use super::{
    names::Naming,
    text::{docstring, string},
};
use crate::{
    description::{EnumType, FieldType, NamedType, StructType, Type},
    generate::{
        names::{capitalised, pascal},
        text::WIDTH,
        view::{Direction, View},
    },
};

/// Writes the types of a file.
pub(super) struct Types<'a, 'v> {
    pub(super) naming: &'a mut Naming<'v>,
    /// The classes that are finished.
    pub(super) body: String,
}

impl Types<'_, '_> {
    /// Declares all structs and enums.
    pub(super) fn declare(&mut self, view: &View) {
        for (name, ty) in &view.types {
            let Some(own) = self.naming.of_type(name).cloned() else {
                continue;
            };
            let docs = docs(view, name, &own, ty);
            match ty {
                NamedType::Struct(of) => self.structure(&own, of, &docs),
                NamedType::Enum(of) => self.enumeration(&own, of, &docs),
            }
        }
    }

    fn structure(&mut self, name: &str, of: &StructType, docs: &[String]) {
        let class = self.class(name, &of.fields, docs, false);
        self.body.push_str(&class);
    }

    fn enumeration(&mut self, name: &str, of: &EnumType, docs: &[String]) {
        let mut names = Vec::new();
        let mut classes = Vec::new();
        for variant in &of.variants {
            let Some(ty) = &variant.ty else {
                names.push(string(&variant.name));
                continue;
            };
            let class = self
                .naming
                .take(&format!("{name}{}", capitalised(&pascal(&variant.name))));
            let field = FieldType {
                name: variant.name.clone(),
                ty: ty.clone(),
                required: true,
            };
            let text = self.class(&class, &[field], &[], true);
            self.body.push_str(&text);
            classes.push(class);
        }
        let mut parts = Vec::new();
        if !names.is_empty() {
            let literal = self.naming.imported("Literal");
            parts.push(format!("{literal}[{}]", names.join(", ")));
        }
        parts.extend(classes);
        if parts.is_empty() {
            parts.push(self.naming.imported("NoReturn"));
        }
        let alias = self.naming.imported("TypeAlias");
        let line = format!("{name}: {alias} = {}\n", parts.join(" | "));
        if line.chars().count() <= WIDTH {
            self.body.push_str(&line);
        } else {
            let _ = write!(
                self.body,
                "{name}: {alias} = (\n    {}\n)\n",
                parts.join("\n    | ")
            );
        }
        self.body.push_str(&docstring("", docs));
        self.body.push_str("\n\n");
    }

    /// A class whose instances are dicts with these keys.
    fn class(&mut self, name: &str, fields: &[FieldType], docs: &[String], last: bool) -> String {
        let written: Vec<_> = fields
            .iter()
            .map(|field| {
                let ty = self.ty(&field.ty, &format!("{name}Fields"));
                (field.name.as_str(), ty, field.required)
            })
            .collect();
        let base = self.naming.imported("TypedDict");
        let mut text = String::new();
        if written
            .iter()
            .all(|(key, ..)| self.naming.is_attribute(key))
        {
            if last {
                let _ = writeln!(text, "@{}", self.naming.imported("final"));
            }
            let _ = writeln!(text, "class {name}({base}):");
            text.push_str(&docstring("    ", docs));
            if !docs.is_empty() && !written.is_empty() {
                text.push('\n');
            }
            if docs.is_empty() && written.is_empty() {
                text.push_str("    pass\n");
            }
            for (key, ty, required) in written {
                let ty = if required {
                    ty
                } else {
                    format!("{}[{ty}]", self.naming.imported("NotRequired"))
                };
                let _ = writeln!(text, "    {key}: {ty}");
            }
        } else {
            let _ = writeln!(text, "{name} = {base}(\n    {},\n    {{", string(name));
            for (key, ty, required) in written {
                // Types that are declared further below can only be named in texts.
                let mut ty = string(&ty);
                if !required {
                    ty = format!("{}[{ty}]", self.naming.imported("NotRequired"));
                }
                let _ = writeln!(text, "        {}: {ty},", string(key));
            }
            text.push_str("    },\n)\n");
            text.push_str(&docstring("", docs));
        }
        text.push_str("\n\n");
        text
    }

    /// A type. Where it is no more than a dict with known keys, that gets a class with a name like this.
    pub(super) fn ty(&mut self, ty: &Type, name: &str) -> String {
        let word = match ty {
            Type::None => return "None".to_owned(),
            Type::Bool => "bool",
            Type::Int
            | Type::U8
            | Type::U16
            | Type::U32
            | Type::U64
            | Type::U128
            | Type::I8
            | Type::I16
            | Type::I32
            | Type::I64
            | Type::I128 => "int",
            Type::Float => "float",
            Type::Str => "str",
            Type::Bytes => "bytes",
            Type::List(item) => {
                let item = self.ty(item, name);
                return format!("{}[{item}]", self.naming.builtin("list"));
            }
            Type::Tuple(items) => {
                let items: Vec<_> = items.iter().map(|item| self.ty(item, name)).collect();
                let items = if items.is_empty() {
                    "()".to_owned()
                } else {
                    items.join(", ")
                };
                return format!("{}[{items}]", self.naming.builtin("tuple"));
            }
            Type::Dict(key, value) => {
                let [key, value] = [key, value].map(|ty| self.ty(ty, name));
                return format!("{}[{key}, {value}]", self.naming.builtin("dict"));
            }
            Type::Optional(of) => {
                let is_any = **of == Type::Any;
                let of = self.ty(of, name);
                // What is none either way.
                let of = of.strip_suffix(" | None").unwrap_or(&of);
                let is_whole = is_any || of == "None";
                return if is_whole {
                    of.to_owned()
                } else {
                    format!("{of} | None")
                };
            }
            // Streams are whole types.
            Type::Stream(item) => {
                let item = self.ty(item, name);
                return format!("{}[{item}]", self.naming.imported("AsyncIterable"));
            }
            Type::Struct(of) => {
                let class = self.naming.take(name);
                self.structure(&class, of, &[]);
                return class;
            }
            Type::Named(of) => {
                if let Some(own) = self.naming.of_type(of) {
                    return own.clone();
                }
                return self.naming.imported("Any");
            }
            Type::Any => return self.naming.imported("Any"),
        };
        self.naming.builtin(word)
    }
}

/// What there is to say of a type: its name in the program says less.
fn docs(view: &View, name: &str, own: &str, ty: &NamedType) -> Vec<String> {
    if own == ty.name() || ty.name().is_empty() {
        return Vec::new();
    }
    let goes = |direction| view.goes(name, direction);
    let way = match (goes(Direction::Received), goes(Direction::Given)) {
        (true, false) => ", as it is received",
        (false, true) => ", as it can be given",
        _ => "",
    };
    vec![format!("A `{}`{way}.", ty.name())]
}
