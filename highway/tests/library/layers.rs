//! The layers of the source, read from its imports: a module knows those below it in [`LAYERS`], and none above.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The modules of the crate, the lowest first. Up to and including [`PURE`] nothing knows I/O or a clock.
const LAYERS: &[&str] = &[
    "shown",
    "panics",
    "wire",
    "metrics",
    "tap",
    "trace",
    "value",
    "payload",
    "limits",
    "error",
    "schema",
    "route",
    "contract",
    "description",
    "generate",
    "proto",
    "record",
    "runtime",
    "deadline",
    "transport",
    "upgrade",
    "tls",
    "link",
    "hub",
    "connection",
    "around",
    "guard",
    "handler",
    "driver",
    "inspector",
    "server",
    "client",
    "test",
    "program",
    "__testing",
    "__private",
    "lib",
];

/// The uppermost module without I/O and without a clock.
const PURE: &str = "record";

/// What these modules must not name. Addresses of `net` are values, and are not meant.
const IMPURE: &[&str] = &[
    "tokio",
    "tokio_util",
    "tokio_tungstenite",
    "tungstenite",
    "Instant",
    "SystemTime",
    "fs",
    "thread",
    "rustls",
    "tokio_rustls",
    "ToSocketAddrs",
    "TcpListener",
    "TcpStream",
    "UdpSocket",
    "UnixListener",
    "UnixStream",
];

/// The most lines of a file, without its tests.
const LINES: usize = 600;

/// A path that a file names, from the root of the crate on.
#[derive(Debug)]
struct Import {
    path: Vec<String>,
    line: usize,
    /// The name under which the file has it: of a `use` only.
    name: Option<String>,
    /// Whether the file passes it on.
    passed_on: bool,
}

#[derive(Debug, Default)]
struct Source {
    /// The file, below `src`.
    file: String,
    imports: Vec<Import>,
    /// The names that stand for I/O and clocks, with their lines.
    impure: Vec<(String, usize)>,
    lines: usize,
}

impl Source {
    /// The module at the root of the crate that the file belongs to.
    fn layer(&self) -> &str {
        let first = self.file.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The path of the file's module.
    fn module(&self) -> Vec<String> {
        let path = self.file.strip_suffix(".rs").unwrap_or(&self.file);
        let mut path: Vec<_> = path.split('/').map(str::to_owned).collect();
        if path
            .last()
            .is_some_and(|last| last == "mod" || last == "lib")
        {
            path.pop();
        }
        path
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All files but those of tests.
fn sources() -> &'static [Source] {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(read_all);
    &SOURCES
}

fn read_all() -> Vec<Source> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("the source is there") {
            let path = entry.expect("it can be listed").path();
            // Programs are crates of their own.
            if path.ends_with("bin") {
                continue;
            }
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && path.file_name().is_some_and(|name| name != "tests.rs")
            {
                files.push(path);
            }
        }
    }
    let root = source();
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let sources = files.iter().map(|path| {
        let file = path.strip_prefix(&root).expect("it is below");
        let file = file.to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(path).expect("it is a text");
        read(file, &text)
    });
    sources.collect()
}

fn read(file: String, text: &str) -> Source {
    let mut source = Source {
        file,
        lines: text.lines().count(),
        ..Source::default()
    };
    let tokens: TokenStream = text.parse().expect("it is Rust");
    let module = source.module();
    scan(tokens, &module, &mut source);
    source
}

fn scan(tokens: TokenStream, module: &[String], source: &mut Source) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let ident = |at: usize| match tokens.get(at) {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    };
    let group = |at: usize, delimiter| match tokens.get(at) {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
        _ => None,
    };
    let is_path = |at: usize| is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':');
    let mut at = 0;
    // Whether what comes is passed on.
    let mut is_pub = false;
    while let Some(token) = tokens.get(at) {
        if is_punct(Some(token), '#')
            && let Some(attribute) = group(at + 1, Delimiter::Bracket)
            && attribute.stream().to_string().replace(' ', "") == "cfg(test)"
        {
            at = skip_item(&tokens, at, source);
            continue;
        }
        match (token, ident(at).as_deref()) {
            (_, Some("pub")) => {
                is_pub = true;
                at += 1 + usize::from(group(at + 1, Delimiter::Parenthesis).is_some());
                continue;
            }
            (_, Some("mod")) if group(at + 2, Delimiter::Brace).is_some() => {
                let inner = [module, &[ident(at + 1).unwrap_or_default()]].concat();
                let body = group(at + 2, Delimiter::Brace).map(Group::stream);
                scan(body.unwrap_or_default(), &inner, source);
                at += 3;
            }
            (_, Some("use")) => {
                let end = (at..tokens.len())
                    .find(|&at| is_punct(tokens.get(at), ';'))
                    .unwrap_or(tokens.len());
                let tree = tokens.get(at + 1..end).unwrap_or_default();
                use_tree(tree, &[], module, is_pub, source);
                for token in tree {
                    impure(token, source);
                }
                at = end;
            }
            (_, Some("crate" | "super" | "self")) if is_path(at + 1) => {
                let start = at;
                while is_path(at + 1) && ident(at + 3).is_some() {
                    at += 3;
                }
                let tree = tokens.get(start..=at).unwrap_or_default();
                inline(tree, module, source);
                at += 1;
            }
            (TokenTree::Group(group), _) => {
                scan(group.stream(), module, source);
                at += 1;
            }
            _ => {
                impure(token, source);
                at += 1;
            }
        }
        is_pub = false;
    }
}

fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

fn line(token: &TokenTree) -> usize {
    token.span().start().line
}

/// Goes past an item that is there for tests only.
fn skip_item(tokens: &[TokenTree], start: usize, source: &mut Source) -> usize {
    let is_end = |token: &TokenTree| {
        is_punct(Some(token), ';')
            || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
    };
    let end = (start..tokens.len()).find(|&at| is_end(&tokens[at]));
    let end = end.unwrap_or(tokens.len() - 1);
    source.lines -= tokens[end].span().end().line - line(&tokens[start]) + 1;
    end + 1
}

/// Takes note of a name that stands for I/O or a clock, wherever it is.
fn impure(token: &TokenTree, source: &mut Source) {
    match token {
        TokenTree::Ident(ident) => {
            let name = ident.to_string();
            if IMPURE.contains(&name.as_str()) {
                source.impure.push((name, line(token)));
            }
        }
        TokenTree::Group(group) => {
            for token in group.stream() {
                impure(&token, source);
            }
        }
        _ => {}
    }
}

/// What is behind `use`, or in its braces.
fn use_tree(
    tokens: &[TokenTree],
    before: &[String],
    module: &[String],
    is_pub: bool,
    source: &mut Source,
) {
    for branch in tokens.split(|token| is_punct(Some(token), ',')) {
        let mut path = before.to_vec();
        let mut name = None;
        let mut is_renamed = false;
        let mut is_group = false;
        for token in branch {
            match token {
                TokenTree::Ident(ident) if ident == "as" => is_renamed = true,
                TokenTree::Ident(ident) if is_renamed => name = Some(ident.to_string()),
                TokenTree::Ident(ident) => path.push(ident.to_string()),
                TokenTree::Group(group) => {
                    is_group = true;
                    let inner: Vec<_> = group.stream().into_iter().collect();
                    use_tree(&inner, &path, module, is_pub, source);
                }
                TokenTree::Punct(punct) if punct.as_char() == '*' => path.push("*".to_owned()),
                _ => {}
            }
        }
        let (Some(first), false) = (branch.first(), is_group) else {
            continue;
        };
        // `{self, …}` is the module before the braces.
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let name = name.or_else(|| path.last().cloned());
        if let Some(path) = absolute(&path, module, source) {
            source.imports.push(Import {
                path,
                line: line(first),
                name,
                passed_on: is_pub,
            });
        }
    }
}

/// A path in an expression or a type.
fn inline(tokens: &[TokenTree], module: &[String], source: &mut Source) {
    let names = tokens.iter().filter_map(|token| match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    });
    let path: Vec<_> = names.collect();
    if let (Some(path), Some(first)) = (absolute(&path, module, source), tokens.first()) {
        source.imports.push(Import {
            path,
            line: line(first),
            name: None,
            passed_on: false,
        });
    }
}

/// The path from the root of the crate on; `None` for one of another crate.
fn absolute(path: &[String], module: &[String], source: &Source) -> Option<Vec<String>> {
    let mut base = module.to_vec();
    let mut rest = path;
    match path.first()?.as_str() {
        "crate" => {
            base.clear();
            rest = rest.get(1..)?;
        }
        "self" => rest = rest.get(1..)?,
        "super" => {
            while rest.first().is_some_and(|first| first == "super") {
                base.pop();
                rest = rest.get(1..)?;
            }
        }
        // A module inside of this one, or another crate.
        first => {
            let child = [&base[..], &[first.to_owned()]].concat().join("/");
            let root = self::source();
            let is_module = root.join(format!("{child}.rs")).is_file()
                || root.join(format!("{child}/mod.rs")).is_file();
            if !is_module || source.file == "lib.rs" {
                return None;
            }
        }
    }
    Some([&base[..], rest].concat())
}

fn level(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| *layer == module)
}

/// Fails with all that was found.
fn check(found: &[String]) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn modules_know_only_those_below_them() {
    let mut found = Vec::new();
    for source in sources() {
        let layer = source.layer();
        let Some(own) = level(layer) else {
            found.push(format!(
                "src/{}: `{layer}` has no place among the layers: put it into `LAYERS` in {}",
                source.file,
                file!()
            ));
            continue;
        };
        for Import { path, line, .. } in &source.imports {
            let Some(other) = path.first() else { continue };
            match level(other) {
                Some(level) if level <= own => {}
                Some(_) => found.push(format!(
                    "src/{}:{line}: `{layer}` is below `{other}` and must not know `{}`: move what both need below, hand it over \
                     as a parameter, or return to the caller what is to be done",
                    source.file,
                    path.join("::")
                )),
                None if layer == "lib" => {}
                None => found.push(format!(
                    "src/{}:{line}: `crate::{}` is a name of the crate's users: import it from the module that has it",
                    source.file,
                    path.join("::")
                )),
            }
        }
    }
    check(&found);
}

#[test]
fn lower_half_knows_no_io_and_no_clock() {
    let mut found = Vec::new();
    for source in sources() {
        if level(source.layer()) > level(PURE) {
            continue;
        }
        for (name, line) in &source.impure {
            found.push(format!(
                "src/{}:{line}: `{name}` has no place in `{}`, which is without I/O and without a clock: take what it gives as a \
                 parameter, or do this in a module above `{PURE}`",
                source.file,
                source.layer(),
            ));
        }
    }
    check(&found);
}

#[test]
fn no_three_files_of_a_module_know_each_other_in_a_circle() {
    let sources = sources();
    let files: BTreeMap<Vec<String>, &Source> = sources
        .iter()
        .map(|source| (source.module(), source))
        .collect();
    let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in sources {
        for import in source.imports.iter().filter(|import| !import.passed_on) {
            let Some(target) = home(&files, &import.path, 0) else {
                continue;
            };
            if target.layer() == source.layer() && target.file != source.file {
                known.entry(&source.file).or_default().insert(&target.file);
            }
        }
    }
    let mut circles = BTreeSet::new();
    for file in known.keys() {
        let reached = reach(&known, file);
        let circle: BTreeSet<&str> = reached
            .iter()
            .copied()
            .filter(|other| reach(&known, other).contains(file))
            .collect();
        if circle.len() > 2 {
            circles.insert(circle);
        }
    }
    let found = circles.iter().map(|circle| {
        let imports = circle.iter().flat_map(|file| {
            let others = known.get(file).into_iter().flatten();
            let others = others.filter(|other| circle.contains(*other));
            others.map(move |other| format!("\n    src/{file} knows src/{other}"))
        });
        format!(
            "{} files know each other in a circle: move what they share into a file of its own, which knows none of them{}",
            circle.len(),
            imports.collect::<String>()
        )
    });
    check(&found.collect::<Vec<_>>());
}

/// The file in which what a path leads to is written: modules pass on what is in those below them.
fn home<'a>(
    files: &BTreeMap<Vec<String>, &'a Source>,
    path: &[String],
    depth: usize,
) -> Option<&'a Source> {
    let len = (0..=path.len())
        .rev()
        .find(|&len| files.contains_key(&path[..len]))?;
    let source = *files.get(&path[..len])?;
    let Some(name) = path.get(len) else {
        return Some(source);
    };
    let import = source
        .imports
        .iter()
        .find(|import| import.name.as_ref() == Some(name));
    match import {
        Some(import) if depth < 8 && import.path != path => home(files, &import.path, depth + 1),
        _ => Some(source),
    }
}

/// The files that one knows, by way of others as well.
fn reach<'a>(known: &BTreeMap<&'a str, BTreeSet<&'a str>>, file: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<&str> = known.get(file).into_iter().flatten().copied().collect();
    while let Some(next) = waiting.pop() {
        if let Some((&next, others)) = known.get_key_value(next)
            && reached.insert(next)
        {
            waiting.extend(others);
        }
    }
    reached
}

#[test]
fn files_are_short() {
    let long = sources().iter().filter(|source| source.lines > LINES);
    let found = long.map(|source| {
        format!(
            "src/{} has {} lines without its tests, which is more than {LINES}: find the second concept in it, and give it a \
             file of its own",
            source.file, source.lines
        )
    });
    check(&found.collect::<Vec<_>>());
}

/// What the tests above look for is found: paths of each kind, with their lines, and none of those of tests.
#[test]
fn imports_are_read() {
    let text = r#"
//! use crate::comment;
use std::fmt;
use super::{Sibling, other::{self, Item as Renamed}};
pub(crate) use crate::wire::*;

pub(in crate::link) fn text() -> crate::error::Result {
    let _ = "crate::text";
    super::call();
}

mod inner {
    use super::Outer;
}

#[cfg(test)]
mod tests {
    use crate::program;
    use tokio::time;
}

macro_rules! path { () => { $crate::value::Value } }
use tokio::{time::Instant};
"#;
    let source = read("link/calls.rs".to_owned(), text);
    let imports = source.imports.iter().map(|import| {
        let name = import.name.as_deref().unwrap_or("-");
        format!("{}: {} {name}", import.line, import.path.join("::"))
    });
    assert_eq!(
        imports.collect::<Vec<_>>(),
        [
            "4: link::Sibling Sibling",
            "4: link::other other",
            "4: link::other::Item Renamed",
            "5: wire::* *",
            "7: error::Result -",
            "9: link::call -",
            "13: link::calls::Outer Outer",
            "22: value::Value -",
        ]
    );
    let names = source
        .impure
        .iter()
        .map(|(name, line)| format!("{line}: {name}"));
    assert_eq!(names.collect::<Vec<_>>(), ["23: tokio", "23: Instant"]);
    assert_eq!(source.lines, 23 - 5);
}

/// The guide's chapter on the inside names files that are there.
#[test]
fn files_of_the_guide_are_there() {
    let text = fs::read_to_string(source().join("docs/inside.md")).expect("it is a text");
    let files = text.split('`');
    let files = files.filter(|word| word.rsplit('.').next() == Some("rs"));
    let gone: Vec<_> = files
        .clone()
        .filter(|file| !source().join("..").join(file).is_file())
        .collect();
    assert!(
        files.count() > 10 && gone.is_empty(),
        "they have moved: change docs/inside.md: {gone:?}"
    );
}
