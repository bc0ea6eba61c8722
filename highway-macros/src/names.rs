//! The names in what users get: those that are made up are unlike any of a user's, and all others may be a user's too.

use std::collections::BTreeSet;

use expect_test::expect_file;
use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{Generics, PatIdent, UseRename, visit_mut::VisitMut};

use crate::{around, handler, on, protocol, route};

/// What users put around routes.
const AROUND: [(&str, &str); 4] = [
    (
        r#""written", order = 5"#,
        "async fn written(_: &mut Message, _: &mut Mine, _: Next<'_, Mine>) -> Given { 0 }",
    ),
    (
        r#"their::written, "begin*", on(pipe)"#,
        "async fn written(_: &mut Message, _: &mut Mine, _: Next<'_, Mine>) -> Given { 0 }",
    ),
    (
        "",
        "async fn written(_: &mut Message, _: Connection<Mine>, _: Next<'_, Connection<Mine>>) -> Given { 0 }",
    ),
    ("on = Mine", "static WRITTEN: Theirs = 0;"),
];

/// What users write, with each way in which an attribute takes it.
fn sources() -> Vec<(TokenStream, TokenStream)> {
    let mut sources = Vec::new();
    let mut add =
        |attribute: fn(TokenStream, &TokenStream) -> TokenStream, arguments: &str, item: &str| {
            let [arguments, item] = [arguments, item]
                .map(|source: &str| -> TokenStream { source.parse().expect("tokens") });
            let expansion = attribute(arguments.clone(), &item);
            sources.push((quote::quote!(#arguments #item), expansion));
        };
    for target in [r#""written""#, "their::written"] {
        for function in [
            "async fn written(_: Theirs, _: &mut Mine) -> Given { 0 }",
            "async fn written(_: Theirs, _: &Mine) -> Result<Given, Wrong> { 0 }",
            "async fn written(_: &str, _: Connection<Mine>) -> impl Stream<Item = Given> { 0 }",
            "async fn written(_: Incoming<Theirs>, _: Connection<Mine>) -> impl Serialize { 0 }",
            "async fn written(_: &mut Mine) { }",
        ] {
            add(route::attribute, target, function);
        }
    }
    add(
        route::attribute,
        r#""a-name-that-is-longer-than-what-is-shown", on = Mine"#,
        "async fn written() { }",
    );
    for (event, function) in [
        ("connect", "async fn written(_: &mut Request<Mine>) { }"),
        ("open", "async fn written(_: &mut Mine) { }"),
        ("ready", "async fn written(_: Connection<Mine>) { }"),
        ("close", "async fn written(_: Close, _: &mut Mine) { }"),
        (
            "close",
            "async fn written(_: &Close, _: Connection<Mine>) { }",
        ),
        ("missed", "async fn written(_: u64, _: &Mine) { }"),
        (
            "pipe",
            "async fn written(_: Connection<Mine>, _: &mut Mine) -> Given { 0 }",
        ),
        (
            "pipe",
            "async fn written(_: Connection<Mine>, _: Connection<Mine>) -> Given { 0 }",
        ),
        (
            "reconnecting",
            "async fn written(_: ReconnectAttempt, _: Connection<Mine>) { }",
        ),
        ("reconnecting", "async fn written(_: &ReconnectAttempt) { }"),
    ] {
        let on = if function.contains("Mine") {
            ""
        } else {
            ", on = Mine"
        };
        add(on::attribute, &format!("{event}{on}"), function);
    }
    for (arguments, item) in AROUND {
        add(around::attribute, arguments, item);
    }
    let structs = "pub struct Mine { field: Theirs, #[default(5)] other: Theirs }";
    let server: fn(_, &_) -> _ =
        |arguments, item| handler::attribute(handler::Side::Server, arguments, item);
    let client: fn(_, &_) -> _ =
        |arguments, item| handler::attribute(handler::Side::Client, arguments, item);
    add(
        server,
        r#"main, bind = "", state = Theirs, serves = mine, peer = theirs"#,
        structs,
    );
    add(
        client,
        r#"main, url = "", state = Theirs, serves = mine, peer = theirs, pipe = Other"#,
        structs,
    );
    add(client, "", "struct Mine;");
    add(
        protocol::attribute,
        "",
        r#"
        pub mod mine {
            pub async fn nothing();
            #[route("a-name-that-is-longer-than-what-is-shown")]
            pub async fn value(_: Theirs) -> Given;
            pub async fn items(_: Incoming<Theirs>) -> impl Stream<Item = Given>;
            pub async fn result(_: Theirs) -> Result<Given, Wrong>;
            pub async fn results(_: impl Stream<Item = Theirs>) -> impl Stream<Item = Result<Given, Wrong>>;
        }
        "#,
    );
    sources
}

/// All words of some code, in macros' arguments too; not those of attributes and of texts.
fn words(tokens: TokenStream, words: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => drop(words.insert(ident.to_string())),
            TokenTree::Group(group) => self::words(group.stream(), words),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// The names that code binds, so that they could be in the way of another.
#[derive(Default)]
struct Bound(BTreeSet<String>);

impl Bound {
    fn add(&mut self, ident: &Ident) {
        self.0.insert(ident.to_string());
    }
}

impl VisitMut for Bound {
    fn visit_pat_ident_mut(&mut self, pattern: &mut PatIdent) {
        self.add(&pattern.ident);
        syn::visit_mut::visit_pat_ident_mut(self, pattern);
    }

    fn visit_generics_mut(&mut self, generics: &mut Generics) {
        for parameter in &mut generics.params {
            match &*parameter {
                syn::GenericParam::Type(parameter) => self.add(&parameter.ident),
                syn::GenericParam::Const(parameter) => self.add(&parameter.ident),
                syn::GenericParam::Lifetime(_) => {}
            }
        }
        syn::visit_mut::visit_generics_mut(self, generics);
    }

    fn visit_item_mut(&mut self, item: &mut syn::Item) {
        match &*item {
            syn::Item::Struct(item) => self.add(&item.ident),
            syn::Item::Static(item) => self.add(&item.ident),
            syn::Item::Const(item) => self.add(&item.ident),
            syn::Item::Type(item) => self.add(&item.ident),
            syn::Item::Fn(item) => self.add(&item.sig.ident),
            syn::Item::Mod(item) => self.add(&item.ident),
            syn::Item::Enum(item) => self.add(&item.ident),
            syn::Item::Trait(item) => self.add(&item.ident),
            _ => {}
        }
        syn::visit_mut::visit_item_mut(self, item);
    }

    fn visit_item_struct_mut(&mut self, item: &mut syn::ItemStruct) {
        for ident in item.fields.iter().filter_map(|field| field.ident.as_ref()) {
            // The handler's field for its connection stands beside a user's.
            if item.ident == "Mine" {
                self.add(ident);
            }
        }
        syn::visit_mut::visit_item_struct_mut(self, item);
    }

    fn visit_use_rename_mut(&mut self, rename: &mut UseRename) {
        self.add(&rename.rename);
    }

    fn visit_use_name_mut(&mut self, name: &mut syn::UseName) {
        self.add(&name.ident);
    }

    fn visit_macro_mut(&mut self, called: &mut syn::Macro) {
        if let Ok(mut expression) = called.parse_body::<syn::Expr>() {
            self.visit_expr_mut(&mut expression);
        }
    }
}

#[test]
fn names_that_are_made_up_are_unlike_those_of_users() {
    for (source, expansion) in sources() {
        let mut written = BTreeSet::new();
        words(source.clone(), &mut written);
        let mut file: syn::File = syn::parse2(expansion).expect("an expansion is Rust");
        let mut bound = Bound::default();
        bound.visit_file_mut(&mut file);
        assert!(!bound.0.is_empty());
        for name in bound.0.difference(&written) {
            assert!(
                name == "_"
                    || ["__highway_", "__Highway", "__HIGHWAY_"]
                        .iter()
                        .any(|prefix| name.starts_with(prefix)),
                "`{name}` may be a user's too, in the expansion of:\n{source}"
            );
        }
    }
}

/// What has a meaning of its own in Rust, or as a type.
const NOT_FREE: &[&str] = &[
    "as", "async", "await", "bool", "char", "const", "crate", "else", "false", "fn", "for", "if",
    "impl", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "Self",
    "static", "str", "struct", "super", "true", "type", "u64", "u8", "unsafe", "use", "where",
    "while", "extern", "enum", "trait", "in", "dyn", "_",
];

/// What users name like Rust's own, or like something of highway's.
const USUAL: &[&str] = &[
    "D", "E", "H", "R", "S", "T", "Box", "Err", "Fn", "None", "Ok", "Option", "Protocol", "Result",
    "Send", "Some", "String", "Sync", "Vec", "Value", "alloc", "connect", "core", "data",
    "dialect", "drop", "handler", "highway", "item", "items", "main", "message", "out", "reply",
    "serde", "std", "tokio", "url",
];

/// A program with a route, a field and a type of each name that occurs in what users get.
#[test]
fn users_may_use_every_name() {
    let mut names = BTreeSet::new();
    for (source, expansion) in sources() {
        let mut written = BTreeSet::new();
        words(source, &mut written);
        let mut all = BTreeSet::new();
        words(expansion, &mut all);
        names.extend(all.difference(&written).cloned());
    }
    names.retain(|name| {
        !NOT_FREE.contains(&name.as_str()) && !name.starts_with("__h") && !name.starts_with("__H")
    });
    names.extend(USUAL.iter().map(|&name| name.to_owned()));
    let (types, routes): (Vec<_>, Vec<_>) = names
        .iter()
        .map(String::as_str)
        .partition(|name| name.starts_with(char::is_uppercase));
    let join = |names: &[&str], line: &dyn Fn(&str) -> String| -> String {
        names.iter().map(|name| line(name) + "\n").collect()
    };
    let structs = join(&types, &|name| {
        format!("    #[derive(::serde::Serialize, ::serde::Deserialize)]\n    pub struct {name};")
    });
    let declared = join(&routes, &|name| {
        format!(
            "        pub async fn {name}({name}: ::std::primitive::u8) -> ::std::primitive::u8;"
        )
    });
    let declared_types = join(&types, &|name| {
        format!(
            "        #[route(\"{name}\")]\n        pub async fn take_{name}(data: {name}) -> {name};\n        #[route(\"stream-{name}\")]\n        pub async fn stream_{name}(items: Incoming<{name}>) -> impl Stream<Item = {name}>;"
        )
    });
    let fields = join(&routes, &|name| {
        format!("        {name}: ::std::primitive::u8,")
    });
    let served = join(&routes, &|name| {
        format!(
            "    #[::highway::route({name})]\n    async fn serve_{name}(_: ::std::primitive::u8, mine: &mut Mine) -> ::std::primitive::u8 {{ mine.{name} }}"
        )
    });
    let served_types = join(&types, &|name| {
        format!(
            "    #[::highway::route(take_{name}, on = Mine)]\n    async fn serve_{name}(_: {name}) -> {name} {{ {name} }}\n    #[::highway::route(stream_{name}, on = Mine)]\n    async fn serve_stream_{name}(_: ::highway::Incoming<{name}>) -> impl ::futures_util::Stream<Item = {name}> {{ ::futures_util::stream::empty() }}"
        )
    });
    let expected = expect_file!["../../highway/tests/ui/pass/every-name.rs"];
    let source = format!(
        r#"//! Names of routes, fields and types may be any, also those that occur in the code that the attributes generate.
//!
//! Written by `UPDATE_EXPECT=1 cargo test -p highway-macros`, from the code that they generate, and left as it is by rustfmt.
#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(dead_code, non_camel_case_types, non_snake_case, unreachable_pub, unused_imports, clippy::all, clippy::pedantic)]

mod types {{
{structs}}}

mod protocol {{
    #[::highway::protocol]
    pub mod mine {{
        use super::super::types::*;

{declared}    }}

    #[::highway::protocol]
    pub mod theirs {{
        use super::super::types::*;

{declared_types}    }}
}}

mod fields {{
    use super::protocol::mine::*;

    #[::highway::server(serves = super::protocol::mine, peer = super::protocol::theirs)]
    pub struct Mine {{
{fields}    }}

    #[::highway::client(peer = super::protocol::mine)]
    pub struct Theirs;

    #[::highway::on(ready)]
    async fn start(_: &mut Mine) {{}}

    #[::highway::around("s*", on(pipe))]
    async fn around(
        a_message: &mut ::highway::Message,
        mine: &mut Mine,
        a_next: ::highway::Next<'_, Mine>,
    ) -> ::highway::Outcome {{
        a_next.run(a_message, mine).await
    }}

    #[::highway::around(on = Mine)]
    static IN_TIME: ::highway::guard::TimeLimit = ::highway::guard::TimeLimit::new(::std::time::Duration::MAX);

    #[::highway::on(pipe)]
    async fn may_reach(_: ::highway::Connection<Mine>, _: &mut Mine) {{}}

{served}}}

mod values {{
    use super::{{protocol::theirs::*, types::*}};

    #[::highway::client(serves = super::protocol::theirs)]
    struct Mine;

{served_types}}}

fn main() {{}}
"#
    );
    expected.assert_eq(&source);
}
