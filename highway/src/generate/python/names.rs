//! The names in a file of Python.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    description::Route,
    generate::{
        GenerateError,
        names::{Names, is_identifier, pascal, snake},
        view::View,
    },
};

/// The words of the language, which nothing can be named.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// What types are written with, and `super`, which a method calls.
const BUILTINS: &[&str] = &[
    "bool", "bytes", "dict", "float", "int", "list", "str", "super", "tuple",
];

/// What the file imports, and from where.
const IMPORTED: &[(&str, &str)] = &[
    ("abc", "ABC"),
    ("abc", "abstractmethod"),
    ("collections.abc", "AsyncIterable"),
    ("collections.abc", "AsyncIterator"),
    ("typing", "Any"),
    ("typing", "Final"),
    ("typing", "Literal"),
    ("typing", "NoReturn"),
    ("typing", "TypeAlias"),
    ("typing", "TypedDict"),
    ("typing", "final"),
    ("highway_ws", "Connection"),
    ("highway_ws", "Routes"),
    ("highway_ws", "Stream"),
    ("highway_ws.typed", "ConnectOptions"),
    ("highway_ws.typed", "TypedConnection"),
    ("highway_ws.typed", "connect_typed"),
    ("typing", "NotRequired"),
    ("typing", "Unpack"),
];

/// What older versions of Python have in a package.
pub(super) const LATER: &[&str] = &["NotRequired", "Unpack"];

/// Other names that stand in the file as they are.
const OWN: &[&str] = &["connect", "sys", "annotations", "builtins"];

/// The names in a file.
#[derive(Debug)]
pub(super) struct Naming<'a> {
    /// The names of the types, by those of the description.
    types: BTreeMap<&'a str, String>,
    all: Names,
    /// The builtins that routes are named like: in a class the routes are what the names mean.
    hidden: BTreeSet<&'static str>,
    /// The names of what is imported, by the module and the name there.
    pub(super) imported: BTreeMap<(&'static str, &'static str), String>,
    pub(super) needs_builtins: bool,
    /// The class of connections.
    pub(super) connection: String,
    /// The class of the client's routes.
    pub(super) handlers: String,
    /// What the client knows of the routes when it runs.
    pub(super) description: String,
}

impl<'a> Naming<'a> {
    /// Names everything: types of the program have the names that they have there, if they can, and all else gives way.
    pub(super) fn new(view: &'a View) -> Self {
        let mut all = Names::default();
        let mut types = BTreeMap::new();
        for name in view.used() {
            types.insert(name.as_str(), all.take(&[&of_type(name)]));
        }
        let handler = of_type(&view.name);
        let connection = all.take(&[&handler, &format!("{handler}Connection")]);
        let handlers = all.take(&["Handlers", "ClientHandlers"]);
        let description = all.take(&["DESCRIPTION"]);
        Self {
            types,
            all,
            hidden: BTreeSet::new(),
            imported: BTreeMap::new(),
            needs_builtins: false,
            connection,
            handlers,
            description,
        }
    }

    /// A free name like this one.
    pub(super) fn take(&mut self, name: &str) -> String {
        self.all.take(&[&of_type(name)])
    }

    /// A type of the description.
    pub(super) fn of_type(&self, name: &str) -> Option<&String> {
        self.types.get(name)
    }

    /// What the file imports, by the name that it has here.
    pub(super) fn imported(&mut self, name: &'static str) -> String {
        let module = IMPORTED.iter().find(|(_, of)| *of == name);
        let module = module.map_or("highway_ws", |(module, _)| module);
        let all = &mut self.all;
        let own = self
            .imported
            .entry((module, name))
            .or_insert_with(|| all.take(&[name, &format!("Highway{name}")]));
        own.clone()
    }

    /// A type that is always there.
    pub(super) fn builtin(&mut self, name: &'static str) -> String {
        if self.hidden.contains(name) {
            self.needs_builtins = true;
            format!("builtins.{name}")
        } else {
            name.to_owned()
        }
    }

    /// Whether a name means something in the whole file, that a class would hide which has it too.
    pub(super) fn is_taken(&self, name: &str) -> bool {
        self.all.contains(name)
            || BUILTINS.contains(&name)
            || OWN.contains(&name)
            || IMPORTED.iter().any(|(_, of)| *of == name)
    }

    /// The methods of routes: their names in snake case; what can't be one, or hides a type, gets an underscore.
    pub(super) fn method(&self, route: &Route) -> Result<String, GenerateError> {
        let mut name = snake(&route.name);
        if name.starts_with(|char: char| char.is_numeric()) {
            name.insert(0, '_');
        }
        if !is_identifier(&name) {
            return Err(GenerateError::NoName {
                route: route.name.clone(),
            });
        }
        // Types that are always there can be written otherwise.
        let can_be = |name: &str| {
            !KEYWORDS.contains(&name) && (BUILTINS.contains(&name) || !self.is_taken(name))
        };
        while !can_be(&name) {
            name.push('_');
        }
        Ok(name)
    }

    /// Has the types that are always there be written so that methods of these names do not hide them.
    pub(super) fn hide(&mut self, methods: &[(String, &Route)]) {
        let is_method = |name: &&str| methods.iter().any(|(method, _)| method == name);
        self.hidden
            .extend(BUILTINS.iter().copied().filter(is_method));
    }

    /// The names of parameters, each to itself beside `others`; `None` where they have none.
    pub(super) fn parameters(&self, names: &[String], others: &[&str]) -> Option<Vec<String>> {
        let renamed: Vec<_> = names
            .iter()
            .map(|name| {
                let name = name.strip_prefix("r#").unwrap_or(name);
                let can_be = |name: &str| {
                    !KEYWORDS.contains(&name) && !self.is_taken(name) && !others.contains(&name)
                };
                // Two underscores in front mean something else in a class.
                let mut name = match name.strip_prefix("__") {
                    Some(rest) => rest.trim_start_matches('_').to_owned(),
                    None => name.to_owned(),
                };
                while !can_be(&name) {
                    name.push('_');
                }
                name
            })
            .collect();
        let distinct = renamed.iter().collect::<BTreeSet<_>>().len() == renamed.len();
        (distinct && renamed.iter().all(|name| is_identifier(name))).then_some(renamed)
    }

    /// Whether a key can be written as an attribute of a class.
    pub(super) fn is_attribute(&self, key: &str) -> bool {
        // Others than ASCII are normalised there, and names in front of which two underscores stand are changed.
        key.is_ascii()
            && is_identifier(key)
            && !key.starts_with("__")
            && !KEYWORDS.contains(&key)
            && !self.is_taken(key)
    }
}

/// The name of a class.
fn of_type(name: &str) -> String {
    let own = pascal(name);
    let own = if own.starts_with("__") {
        format!("T{own}")
    } else {
        own
    };
    let is_reserved = KEYWORDS
        .iter()
        .chain(BUILTINS)
        .chain(OWN)
        .any(|word| *word == own);
    if is_reserved { format!("{own}_") } else { own }
}
