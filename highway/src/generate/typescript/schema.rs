//! The schema: what the client knows of the routes when it runs.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    Int64,
    text::{WIDTH, key, string},
};
use crate::{
    description::{EnumType, NamedType, Route, StructType, Type},
    generate::view::{Direction, View},
};

/// An expression.
enum Node {
    Text(String),
    Array(Vec<Node>),
    /// With keys that are written already.
    Object(Vec<(String, Node)>),
}

/// The schema of the routes of both sides.
pub(super) fn schema(
    view: &View,
    int64: Int64,
    peer: &[(String, &Route)],
    own: &[(String, &Route)],
) -> String {
    let routes = |routes: &[(String, &Route)]| {
        let entries = routes
            .iter()
            .map(|(name, of)| (key(name), route(of, int64)));
        Node::Object(entries.collect())
    };
    let used = view.types.iter().filter(|(name, _)| {
        view.goes(name, Direction::Given) || view.goes(name, Direction::Received)
    });
    let types: BTreeMap<_, _> = used.collect();
    let types = types.into_iter().map(|(name, ty)| {
        let ty = match ty {
            NamedType::Struct(of) => ("struct".to_owned(), structure(of, name, int64)),
            NamedType::Enum(of) => ("enum".to_owned(), enumeration(of, name, int64)),
        };
        (key(name), Node::Object(vec![ty]))
    });
    let mut text = String::new();
    let whole = Node::Object(vec![
        ("peer".to_owned(), routes(peer)),
        ("serves".to_owned(), routes(own)),
        ("types".to_owned(), Node::Object(types.collect())),
    ]);
    whole.write(&mut text, 0, 0);
    text
}

fn route(of: &Route, int64: Int64) -> Node {
    let mut entries = vec![("name".to_owned(), Node::Text(string(&of.name)))];
    for (word, ty) in [
        ("data", &of.data),
        ("reply", &of.reply),
        ("error", &of.error),
    ] {
        if let Some(ty) = ty {
            entries.push((word.to_owned(), node(ty, int64)));
        }
    }
    Node::Object(entries)
}

fn one(word: &str, of: Node) -> Node {
    Node::Object(vec![(word.to_owned(), of)])
}

/// A type, in the words of the description.
fn node(ty: &Type, int64: Int64) -> Node {
    let is_number = int64 == Int64::Number;
    let word = match ty {
        Type::Any => "any",
        Type::None => "none",
        Type::Bool => "bool",
        // The widths that the numbers of JavaScript hold.
        Type::U64 | Type::U128 if is_number => "u53",
        Type::Int | Type::I64 | Type::I128 if is_number => "i54",
        Type::Int => "int",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::U128 => "u128",
        Type::I8 => "i8",
        Type::I16 => "i16",
        Type::I32 => "i32",
        Type::I64 => "i64",
        Type::I128 => "i128",
        Type::Float => "float",
        Type::Str => "str",
        Type::Bytes => "bytes",
        Type::List(of) => return one("list", node(of, int64)),
        Type::Tuple(items) => {
            let items = items.iter().map(|item| node(item, int64));
            return one("tuple", Node::Array(items.collect()));
        }
        Type::Dict(key, value) => {
            let items = [key, value].map(|of| node(of, int64));
            return one("dict", Node::Array(items.into()));
        }
        Type::Optional(of) => return one("option", node(of, int64)),
        Type::Stream(of) => return one("stream", node(of, int64)),
        Type::Struct(of) => return one("struct", structure(of, "", int64)),
        Type::Named(name) => return one("type", Node::Text(string(name))),
    };
    Node::Text(string(word))
}

/// The name that the peer is told, where it is not the one in the schema.
fn named(own: &str, name: &str) -> Vec<(String, Node)> {
    if own == name {
        Vec::new()
    } else {
        vec![("name".to_owned(), Node::Text(string(own)))]
    }
}

fn structure(of: &StructType, name: &str, int64: Int64) -> Node {
    let fields = of.fields.iter().map(|field| {
        Node::Object(vec![
            ("name".to_owned(), Node::Text(string(&field.name))),
            ("type".to_owned(), node(&field.ty, int64)),
            (
                "required".to_owned(),
                Node::Text(field.required.to_string()),
            ),
        ])
    });
    let mut entries = named(&of.name, name);
    entries.push(("fields".to_owned(), Node::Array(fields.collect())));
    Node::Object(entries)
}

fn enumeration(of: &EnumType, name: &str, int64: Int64) -> Node {
    let variants = of.variants.iter().map(|variant| {
        let mut entries = vec![("name".to_owned(), Node::Text(string(&variant.name)))];
        if let Some(ty) = &variant.ty {
            entries.push(("type".to_owned(), node(ty, int64)));
        }
        Node::Object(entries)
    });
    let mut entries = named(&of.name, name);
    entries.push(("variants".to_owned(), Node::Array(variants.collect())));
    Node::Object(entries)
}

impl Node {
    /// Writes it on one line where there is room, except for what stands outermost. `used` is what stands on the line already.
    fn write(&self, text: &mut String, depth: usize, used: usize) {
        let line = self.line();
        if let Self::Text(_) = self {
            text.push_str(&line);
            return;
        }
        let is_empty = line.len() <= 2;
        if is_empty || (depth > 1 && used + line.len() <= WIDTH) {
            text.push_str(&line);
            return;
        }
        let indent = "  ".repeat(depth + 1);
        let (open, close) = match self {
            Self::Object(_) => ("{", "}"),
            _ => ("[", "]"),
        };
        text.push_str(open);
        let entries: Vec<(Option<&str>, &Self)> = match self {
            Self::Text(_) => Vec::new(),
            Self::Array(items) => items.iter().map(|item| (None, item)).collect(),
            Self::Object(entries) => entries
                .iter()
                .map(|(key, of)| (Some(key.as_str()), of))
                .collect(),
        };
        for (key, of) in entries {
            let key = key.map(|key| format!("{key}: ")).unwrap_or_default();
            let _ = write!(text, "\n{indent}{key}");
            of.write(text, depth + 1, indent.len() + key.len() + 1);
            text.push(',');
        }
        let _ = write!(text, "\n{}{close}", "  ".repeat(depth));
    }

    fn line(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Array(items) => {
                let items: Vec<_> = items.iter().map(Self::line).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Object(entries) if entries.is_empty() => "{}".to_owned(),
            Self::Object(entries) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, of)| format!("{key}: {}", of.line()))
                    .collect();
                format!("{{ {} }}", entries.join(", "))
            }
        }
    }
}
