//! What a client knows of the routes when it runs, as literals of its language.

use std::fmt::Write as _;

use super::{text::WIDTH, view::View};
use crate::description::{EnumType, NamedType, Route, StructType, Type};

/// How a language writes literals.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// A text.
    pub(super) string: fn(&str) -> String,
    /// A key.
    pub(super) key: fn(&str) -> String,
    pub(super) truth: [&'static str; 2],
    /// What stands inside of the braces of a dict on one line.
    pub(super) space: &'static str,
    pub(super) indent: &'static str,
    /// The words of ints that are others than those of the description.
    pub(super) int: fn(&Type) -> Option<&'static str>,
}

/// An expression.
pub(super) enum Node {
    Text(String),
    Array(Vec<Node>),
    /// With keys that are written already.
    Object(Vec<(String, Node)>),
}

/// The types that the routes of a view have.
pub(super) fn types(view: &View, style: &Style) -> Node {
    let used = view
        .used()
        .filter_map(|name| view.types.get_key_value(name));
    let types = used.map(|(name, ty)| {
        let ty = match ty {
            NamedType::Struct(of) => ((style.key)("struct"), structure(of, name, style)),
            NamedType::Enum(of) => ((style.key)("enum"), enumeration(of, name, style)),
        };
        ((style.key)(name), Node::Object(vec![ty]))
    });
    Node::Object(types.collect())
}

/// The name of a route, and its types.
pub(super) fn route(of: &Route, style: &Style) -> Node {
    let mut entries = vec![((style.key)("name"), Node::Text((style.string)(&of.name)))];
    for (word, ty) in [
        ("data", &of.data),
        ("reply", &of.reply),
        ("error", &of.error),
    ] {
        if let Some(ty) = ty {
            entries.push(((style.key)(word), node(ty, style)));
        }
    }
    Node::Object(entries)
}

fn one(word: &str, of: Node, style: &Style) -> Node {
    Node::Object(vec![((style.key)(word), of)])
}

/// A type, in the words of the description.
fn node(ty: &Type, style: &Style) -> Node {
    if let Some(word) = (style.int)(ty) {
        return Node::Text((style.string)(word));
    }
    let word = match ty {
        Type::Any => "any",
        Type::None => "none",
        Type::Bool => "bool",
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
        Type::List(of) => return one("list", node(of, style), style),
        Type::Tuple(items) => {
            let items = items.iter().map(|item| node(item, style));
            return one("tuple", Node::Array(items.collect()), style);
        }
        Type::Dict(key, value) => {
            let items = [key, value].map(|of| node(of, style));
            return one("dict", Node::Array(items.into()), style);
        }
        Type::Optional(of) => return one("option", node(of, style), style),
        Type::Stream(of) => return one("stream", node(of, style), style),
        Type::Struct(of) => return one("struct", structure(of, "", style), style),
        Type::Named(name) => return one("type", Node::Text((style.string)(name)), style),
    };
    Node::Text((style.string)(word))
}

/// The name that the peer is told, where it is not the one in the schema.
fn named(own: &str, name: &str, style: &Style) -> Vec<(String, Node)> {
    if own == name {
        Vec::new()
    } else {
        vec![((style.key)("name"), Node::Text((style.string)(own)))]
    }
}

fn structure(of: &StructType, name: &str, style: &Style) -> Node {
    let fields = of.fields.iter().map(|field| {
        Node::Object(vec![
            ((style.key)("name"), Node::Text((style.string)(&field.name))),
            ((style.key)("type"), node(&field.ty, style)),
            (
                (style.key)("required"),
                Node::Text(style.truth[usize::from(field.required)].to_owned()),
            ),
        ])
    });
    let mut entries = named(&of.name, name, style);
    entries.push(((style.key)("fields"), Node::Array(fields.collect())));
    Node::Object(entries)
}

fn enumeration(of: &EnumType, name: &str, style: &Style) -> Node {
    let variants = of.variants.iter().map(|variant| {
        let mut entries = vec![(
            (style.key)("name"),
            Node::Text((style.string)(&variant.name)),
        )];
        if let Some(ty) = &variant.ty {
            entries.push(((style.key)("type"), node(ty, style)));
        }
        Node::Object(entries)
    });
    let mut entries = named(&of.name, name, style);
    entries.push(((style.key)("variants"), Node::Array(variants.collect())));
    Node::Object(entries)
}

impl Node {
    /// Writes it on one line where there is room, except for what stands outermost. `used` is what stands on the line already.
    pub(super) fn write(&self, text: &mut String, style: &Style, depth: usize, used: usize) {
        let line = self.line(style);
        if let Self::Text(_) = self {
            text.push_str(&line);
            return;
        }
        let is_empty = line.len() <= 2;
        if is_empty || (depth > 1 && used + line.len() <= WIDTH) {
            text.push_str(&line);
            return;
        }
        let indent = style.indent.repeat(depth + 1);
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
            of.write(text, style, depth + 1, indent.len() + key.len() + 1);
            text.push(',');
        }
        let _ = write!(text, "\n{}{close}", style.indent.repeat(depth));
    }

    fn line(&self, style: &Style) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| item.line(style)).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Object(entries) if entries.is_empty() => "{}".to_owned(),
            Self::Object(entries) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, of)| format!("{key}: {}", of.line(style)))
                    .collect();
                let space = style.space;
                format!("{{{space}{}{space}}}", entries.join(", "))
            }
        }
    }
}
