//! The types, and the names in the file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{
    Direction, Int64,
    text::{comment, property},
};
use crate::{
    description::{EnumType, NamedType, StructType, Type},
    generate::{
        names::{Names, is_identifier, pascal},
        text::WIDTH,
        view::View,
    },
};

/// What no type can be named.
const RESERVED: &[&str] = &[
    "any",
    "arguments",
    "as",
    "asserts",
    "async",
    "await",
    "bigint",
    "boolean",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "constructor",
    "continue",
    "debugger",
    "declare",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "from",
    "function",
    "get",
    "globalThis",
    "if",
    "implements",
    "import",
    "in",
    "infer",
    "instanceof",
    "interface",
    "intrinsic",
    "is",
    "keyof",
    "let",
    "module",
    "namespace",
    "never",
    "new",
    "null",
    "number",
    "object",
    "of",
    "package",
    "private",
    "protected",
    "public",
    "readonly",
    "require",
    "return",
    "satisfies",
    "set",
    "static",
    "string",
    "super",
    "switch",
    "symbol",
    "this",
    "throw",
    "true",
    "try",
    "type",
    "typeof",
    "undefined",
    "unique",
    "unknown",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// The names in a file, and the types by them.
#[derive(Debug)]
pub(super) struct Naming<'a> {
    pub(super) view: &'a View,
    int64: Int64,
    /// The names of the types that the program gets, by those of the description.
    received: BTreeMap<&'a str, String>,
    /// The names of those that it gives.
    given: BTreeMap<&'a str, String>,
    types: Names,
    all: Names,
    /// The type of the connection.
    pub(super) connection: String,
    /// The interface of the server's routes.
    pub(super) peer: String,
    /// The interface of the client's.
    pub(super) own: String,
    /// The names of what is imported, by those that it has in the package.
    imported: BTreeMap<&'static str, String>,
}

impl<'a> Naming<'a> {
    /// Names everything: types of the program have the names that they have there, if they can, and all else gives way.
    pub(super) fn new(view: &'a View, int64: Int64) -> Self {
        let mut types = Names::default();
        let mut names = BTreeMap::new();
        for name in view.used() {
            let own = pascal(name);
            let free = if RESERVED.contains(&own.as_str()) {
                types.take(&[&format!("{own}_")])
            } else {
                types.take(&[&own])
            };
            names.insert(name.as_str(), free);
        }
        let holding = view.holding(|ty| differs(ty, int64));
        let mut given = names.clone();
        for (&name, own) in &names {
            let both = view.goes(name, Direction::Received) && view.goes(name, Direction::Given);
            if both && holding.contains(name) {
                given.insert(name, types.take(&[&format!("{own}Input")]));
            }
        }
        let mut all = Names::default();
        for name in names
            .values()
            .chain(given.values())
            .collect::<BTreeSet<_>>()
        {
            all.take(&[name]);
        }
        let handler = pascal(&view.name);
        let handler = if RESERVED.contains(&handler.as_str()) {
            format!("{handler}_")
        } else {
            handler
        };
        let connection = all.take(&[&handler, &format!("{handler}Connection")]);
        let peer = all.take(&["Server", "ServerRoutes"]);
        let own = all.take(&["Client", "ClientRoutes"]);
        Self {
            view,
            int64,
            received: names,
            given,
            types,
            all,
            connection,
            peer,
            own,
            imported: BTreeMap::new(),
        }
    }

    /// What the package exports, by the name that it has here.
    pub(super) fn runtime(&mut self, name: &'static str) -> String {
        if let Some(own) = self.imported.get(name) {
            return own.clone();
        }
        let own = if name == "connect" {
            self.all.take(&["open", "openConnection"])
        } else {
            self.all.take(&[name, &format!("Highway{name}")])
        };
        self.imported.insert(name, own.clone());
        own
    }

    /// What is imported, each as it stands in the statement.
    pub(super) fn imported(&self) -> impl Iterator<Item = String> {
        let of = |(&name, own): (&&str, &String)| {
            let word = if name == "connect" { "" } else { "type " };
            if name == own {
                format!("{word}{name}")
            } else {
                format!("{word}{name} as {own}")
            }
        };
        // `connect` first, which is what is run.
        let (run, types): (Vec<_>, Vec<_>) = self
            .imported
            .iter()
            .partition(|(name, _)| **name == "connect");
        run.into_iter()
            .chain(types)
            .map(of)
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// A type that is there in every program, unless one here has its name.
    pub(super) fn global(&self, name: &str) -> String {
        let is_own = self.types.contains(name)
            || [&self.connection, &self.peer, &self.own].contains(&&name.to_owned());
        if is_own {
            format!("globalThis.{name}")
        } else {
            name.to_owned()
        }
    }

    /// Declares all structs and enums.
    pub(super) fn declare(&mut self, body: &mut String) {
        let view = self.view;
        for (name, ty) in &view.types {
            let [received, given] =
                [&self.received, &self.given].map(|names| names.get(name.as_str()).cloned());
            let (Some(received), Some(given)) = (received, given) else {
                continue;
            };
            for (own, direction, word) in [
                (&received, Direction::Received, "it is received"),
                (&given, Direction::Given, "it can be given"),
            ] {
                let is_one = received == given && view.goes(name, Direction::Received);
                if (is_one && direction == Direction::Given) || !view.goes(name, direction) {
                    continue;
                }
                // Its name in the program says less.
                let is_pair = received != given || (own != ty.name() && !ty.name().is_empty());
                let docs = is_pair.then(|| format!("A `{}`, as {word}.", ty.name()));
                self.declare_one(body, docs.as_slice(), own, ty, direction);
            }
        }
    }

    fn declare_one(
        &mut self,
        body: &mut String,
        docs: &[String],
        name: &str,
        ty: &NamedType,
        direction: Direction,
    ) {
        body.push_str(&comment("", docs));
        match ty {
            NamedType::Struct(of) => {
                let _ = write!(body, "export interface {name} {{");
                for field in self.fields(of, direction) {
                    let _ = write!(body, "\n  {field};");
                }
                let end = if of.fields.is_empty() {
                    "}\n\n"
                } else {
                    "\n}\n\n"
                };
                body.push_str(end);
            }
            NamedType::Enum(of) => {
                let variants = self.variants(of, direction);
                let line = if variants.is_empty() {
                    "never".to_owned()
                } else {
                    variants.join(" | ")
                };
                let line = format!("export type {name} = {line};");
                if line.len() <= WIDTH {
                    let _ = write!(body, "{line}\n\n");
                } else {
                    let _ = write!(
                        body,
                        "export type {name} =\n  | {};\n\n",
                        variants.join("\n  | ")
                    );
                }
            }
        }
    }

    fn variants(&mut self, of: &EnumType, direction: Direction) -> Vec<String> {
        of.variants
            .iter()
            .map(|variant| match &variant.ty {
                None => super::string(&variant.name),
                Some(ty) => format!(
                    "{{ {}: {} }}",
                    property(&variant.name),
                    self.ty(ty, direction)
                ),
            })
            .collect()
    }

    fn fields(&mut self, of: &StructType, direction: Direction) -> Vec<String> {
        of.fields
            .iter()
            .map(|field| {
                let is_given = direction == Direction::Given;
                let is_option = matches!(field.ty, Type::Optional(_));
                let ty = self.ty(&field.ty, direction);
                let mark = if field.required && !(is_given && is_option) {
                    ""
                } else {
                    "?"
                };
                let also = if is_given && !field.required && !is_option && ty != "unknown" {
                    " | undefined"
                } else {
                    ""
                };
                format!("{}{mark}: {ty}{also}", property(&field.name))
            })
            .collect()
    }

    /// A tuple whose items have names.
    pub(super) fn tuple(
        &mut self,
        items: &[Type],
        names: &[String],
        direction: Direction,
    ) -> String {
        let labels: Vec<_> = names
            .iter()
            .map(|name| name.strip_prefix("r#").unwrap_or(name))
            .collect();
        let distinct = labels.iter().collect::<BTreeSet<_>>().len() == labels.len();
        let labelled = distinct
            && labels
                .iter()
                .all(|label| is_identifier(label) && !RESERVED.contains(label));
        let items: Vec<_> = items
            .iter()
            .zip(labels)
            .map(|(item, label)| {
                let ty = self.ty(item, direction);
                if labelled {
                    format!("{label}: {ty}")
                } else {
                    ty
                }
            })
            .collect();
        format!("{}[{}]", readonly(direction), items.join(", "))
    }

    /// A type, as it goes this way.
    pub(super) fn ty(&mut self, ty: &Type, direction: Direction) -> String {
        self.part(ty, direction).0
    }

    /// A type, and whether it can stand in front of `[]` as it is.
    fn part(&mut self, ty: &Type, direction: Direction) -> (String, bool) {
        let is_given = direction == Direction::Given;
        let word = match ty {
            Type::None if is_given => return ("null | undefined".to_owned(), false),
            Type::None => "null",
            Type::Bool => "boolean",
            Type::U8 | Type::U16 | Type::U32 | Type::I8 | Type::I16 | Type::I32 | Type::Float => {
                "number"
            }
            Type::Int | Type::U64 | Type::U128 | Type::I64 | Type::I128 => {
                match (self.int64, is_given) {
                    (Int64::Number, _) => "number",
                    (Int64::BigInt, true) => return ("bigint | number".to_owned(), false),
                    (Int64::BigInt, false) => "bigint",
                }
            }
            Type::Str => "string",
            Type::Bytes => return (self.global("Uint8Array"), true),
            Type::List(item) => {
                let (item, is_atom) = self.part(item, direction);
                let item = if is_atom { item } else { format!("({item})") };
                return (format!("{}{item}[]", readonly(direction)), !is_given);
            }
            Type::Tuple(items) => {
                let items: Vec<_> = items.iter().map(|item| self.ty(item, direction)).collect();
                return (
                    format!("{}[{}]", readonly(direction), items.join(", ")),
                    !is_given,
                );
            }
            Type::Dict(key, value) => {
                let is_text = **key == Type::Str;
                let [key, value] = [key, value].map(|ty| self.ty(ty, direction));
                if !is_given {
                    return (format!("{}<{key}, {value}>", self.global("Map")), true);
                }
                let map = format!("{}<{key}, {value}>", self.global("ReadonlyMap"));
                return if is_text {
                    (
                        format!("{map} | {{ readonly [key: string]: {value} }}"),
                        false,
                    )
                } else {
                    (map, true)
                };
            }
            Type::Optional(of) => {
                let of = self.ty(of, direction);
                if of == "unknown" {
                    return (of, true);
                }
                let also = if is_given {
                    " | null | undefined"
                } else {
                    " | null"
                };
                // What is none either way.
                let of = of.strip_suffix(also).unwrap_or(&of).to_owned();
                return (format!("{of}{also}"), false);
            }
            Type::Stream(item) => {
                let item = self.ty(item, direction);
                let of = if is_given {
                    self.runtime("Items")
                } else {
                    self.global("AsyncIterable")
                };
                return (format!("{of}<{item}>"), true);
            }
            Type::Struct(of) => {
                let fields = self.fields(of, direction);
                let text = if fields.is_empty() {
                    "{}".to_owned()
                } else {
                    format!("{{ {} }}", fields.join("; "))
                };
                return (text, true);
            }
            Type::Named(name) => {
                let names = if is_given {
                    &self.given
                } else {
                    &self.received
                };
                let own = names.get(name.as_str()).cloned();
                return (own.unwrap_or_else(|| "unknown".to_owned()), true);
            }
            Type::Any => "unknown",
        };
        (word.to_owned(), true)
    }
}

/// Lists that are given need not be one's own.
fn readonly(direction: Direction) -> &'static str {
    match direction {
        Direction::Given => "readonly ",
        Direction::Received => "",
    }
}

/// Whether a type accepts more where it is given than comes where it is received.
fn differs(ty: &Type, int64: Int64) -> bool {
    match ty {
        Type::Int | Type::U64 | Type::U128 | Type::I64 | Type::I128 => int64 == Int64::BigInt,
        Type::None | Type::Dict(..) | Type::Optional(_) => true,
        _ => false,
    }
}
