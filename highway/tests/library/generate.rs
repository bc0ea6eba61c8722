//! Clients that are generated of descriptions which are hard to express in another language, and of those that can't be.

#![expect(
    clippy::needless_pass_by_value,
    reason = "values are made where they are passed"
)]

use expect_test::{Expect, expect, expect_file};
use serde_json::{Value, json};

use highway::{
    description::Description,
    generate::{AsyncApi, GenerateError, Python, TypeScript},
};

/// A server's description with these routes and types.
fn description(serves: Value, types: Value) -> Description {
    let json = json!({
        "highway": "description",
        "version": 1,
        "name": "Chat",
        "role": "server",
        "serves": serves,
        "peer": [],
        "types": types,
    });
    Description::from_json(&json.to_string()).unwrap()
}

fn check_refused(serves: Value, types: Value, expected: &Expect) {
    let error = TypeScript::new().generate(&description(serves, types));
    expected.assert_eq(&error.unwrap_err().to_string());
}

/// Names that are keywords, built-ins, names of the package, no identifiers, and worse.
pub(crate) fn odd() -> Description {
    let field = |name: &str| json!({ "name": name, "type": "u64", "required": true });
    let names = [
        "string",
        "Promise",
        "Map",
        "ReadonlyMap",
        "URL",
        "Connection",
        "Connection2",
        "Message",
        "Call",
        "Stream",
        "Handlers",
        "Items",
        "ConnectOptions",
        "Chat",
        "Server",
        "Client",
        "ClientRoutes",
        "schema",
        "connect",
        "open",
        "class",
        "undefined",
        "globalThis",
        "__proto__",
        "page<line>",
        "Größe",
        "1st",
        "",
        "\u{1f980}",
        "Uint8Array",
        "AsyncIterable",
        "Record",
    ];
    let mut types = serde_json::Map::new();
    for name in names {
        let ty = json!({ "struct": { "name": name, "fields": [
            field("a"),
            field("__proto__"),
            field("the-end"),
            field("quote\"\\\n\u{2028}\u{202e}"),
            field("class"),
            field("größe"),
            field(""),
            field("constructor"),
        ] } });
        types.insert(name.to_owned(), ty);
    }
    types.insert(
        "Odd".to_owned(),
        json!({ "enum": { "name": "Odd", "variants": [
            { "name": "__proto__" },
            { "name": "a \"quote\"\n" },
            { "name": "__proto__2", "type": "none" },
            { "name": "the end", "type": { "struct": { "fields": [] } } },
            { "name": "none", "type": { "option": { "option": "none" } } },
            { "name": "deep", "type": { "list": { "option": { "list": { "tuple": [] } } } } },
            { "name": "named", "type": { "dict": [{ "type": "Odd" }, { "type": "Never" }] } },
        ] } }),
    );
    types.insert(
        "Never".to_owned(),
        json!({ "enum": { "name": "Never", "variants": [] } }),
    );
    let tuple: Vec<_> = types.keys().map(|name| json!({ "type": name })).collect();
    let route = |name: &str, docs: &str| {
        json!({
            "name": name,
            "declared": true,
            "docs": docs,
            "parameters": ["r#type", "class", "a"],
            "data": { "tuple": ["bytes", { "dict": ["str", "u8"] }, { "dict": ["i8", { "option": "float" }] }] },
            "reply": { "tuple": tuple },
        })
    };
    description(
        json!([
            route("say", "Ends here */ or not.\n\n\t`code` \u{202e}\u{0}\r\n * @param {x}"),
            route("__proto__", ""),
            route("constructor", "*/"),
            route("length", " "),
            route("class", ""),
            route("a \"quote\"\n`${1}`", ""),
            route("größe", ""),
            route("2fa", ""),
            route("!", ""),
            route("", ""),
            route("\u{1f980}", ""),
            { "name": "undeclared\n*/", "declared": false, "data": "any", "reply": "any" },
            { "name": "upload", "declared": true, "data": { "stream": { "dict": ["u64", "u64"] } } },
            { "name": "check", "declared": true, "error": { "option": "any" } },
            { "name": "feed", "declared": true, "data": { "option": "any" }, "reply": { "stream": { "option": { "type": "Odd" } } } },
            { "name": "none", "declared": true, "data": "none", "reply": "none" },
        ]),
        Value::Object(types),
    )
}

#[test]
fn names_that_a_language_has_already_give_way() {
    let file = TypeScript::new().generate(&odd()).unwrap();
    expect_file!["generated/odd.ts"].assert_eq(&file);
}

/// The same for Python, where names have to be identifiers, with what is special there.
fn odd_in_python() -> Description {
    let mut json: Value = serde_json::from_str(&odd().to_json()).unwrap();
    let field = |name: &str, required: bool| json!({ "name": name, "type": { "option": { "type": "Own" } }, "required": required });
    let keys = [
        "a", "int", "self", "Own", "None", "__a", "__a__", "ﬁ", "Any",
    ];
    for key in keys {
        let class = json!({ "struct": { "name": "Own", "fields": [field(key, false)] } });
        json["types"][format!("Own{key}")] = class;
    }
    json["types"]["Own"] =
        json!({ "struct": { "name": "Own", "fields": keys.map(|key| field(key, key == "a")) } });
    json["types"]["super"] = json!({ "enum": { "name": "super", "variants": [
        { "name": "None" },
        { "name": "import", "type": "str" },
        { "name": "a", "type": { "struct": { "fields": [field("list", true)] } } },
        { "name": "A", "type": { "tuple": [{ "type": "super" }] } },
        { "name": "", "type": "u8" },
        { "name": "the longest name that a variant of an enum has had in a test so far, with some more words behind" },
        { "name": "and one more such name of a variant, as the line is not long enough" },
    ] } });
    let words = [
        "int",
        "str",
        "list",
        "float",
        "import",
        "self",
        "Any",
        "Own",
        "Chat",
        "connect",
        "sys",
        "timeout",
        "OwnHandlers",
    ];
    let routes = json["serves"].as_array_mut().unwrap();
    routes.retain(|route| {
        let name = route["name"].as_str().unwrap();
        name.contains(char::is_alphanumeric)
    });
    for route in routes.iter_mut().skip(1) {
        // Each type in one of them is enough.
        route["reply"] = json!("str");
    }
    for word in words {
        routes.push(json!({
            "name": word,
            "declared": true,
            "docs": format!("Ends with \"{word}\""),
            "parameters": words,
            "data": { "tuple": words.map(|_| json!({ "type": "super" })) },
            "reply": { "list": { "type": "Own" } },
        }));
    }
    routes.push(json!({ "name": "wait", "declared": true, "docs": "A \"\"\" and a \\", "parameters": ["connection"], "data": "u8", "reply": { "stream": "bytes" }, "error": { "type": "Own" } }));
    routes.push(json!({ "name": "quote", "declared": true, "docs": "A \\\"" }));
    let peer = routes.iter().rev().take(6).cloned().collect();
    json["peer"] = peer;
    Description::from_json(&json.to_string()).unwrap()
}

#[test]
fn names_that_python_has_already_give_way() {
    let file = Python::new().generate(&odd_in_python()).unwrap();
    expect_file!["generated/odd.py"].assert_eq(&file);
}

#[test]
fn what_can_not_be_a_name_in_python_is_refused_by_the_name_of_its_route() {
    let route = |name: &str| json!({ "name": name, "declared": true, "data": "str" });
    let refused = |serves, expected: &Expect| {
        let error = Python::new().generate(&description(serves, json!({})));
        expected.assert_eq(&error.unwrap_err().to_string());
    };
    refused(
        json!([route("change-name"), route("change_name")]),
        &expect![[
            r"the routes `change-name` and `change_name` would both be named `change_name`: rename one of them"
        ]],
    );
    refused(
        json!([route("import"), route("import_")]),
        &expect![
            "the routes `import` and `import_` would both be named `import_`: rename one of them"
        ],
    );
    refused(
        json!([route("!\n")]),
        &expect![[r"the route `!\n` has no letters or digits for a name: rename it"]],
    );
    refused(
        json!([{ "name": "say\n", "declared": true, "reply": { "list": { "type": "Line" } } }]),
        &expect![[r"route `say\n` has the type `Line`, which the description does not define"]],
    );
}

#[test]
fn what_can_not_be_generated_is_refused_by_the_name_of_its_route() {
    let route = |name: &str| json!({ "name": name, "declared": true, "data": "str" });
    check_refused(
        json!([route("change-name"), route("change_name")]),
        json!({}),
        &expect![
            "the routes `change-name` and `change_name` would both be named `changeName`: rename one of them"
        ],
    );
    check_refused(
        json!([route("say"), route("say")]),
        json!({}),
        &expect!["the routes `say` and `say` would both be named `say`: rename one of them"],
    );
    check_refused(
        json!([{ "name": "say\n", "declared": true, "reply": { "list": { "type": "Line" } } }]),
        json!({}),
        &expect![[r"route `say\n` has the type `Line`, which the description does not define"]],
    );
    let field = json!({ "name": "a", "type": "str", "required": true });
    check_refused(
        json!([]),
        json!({ "Line": { "struct": { "name": "Line", "fields": [field, field] } } }),
        &expect!["the type `Line` has two parts of the name `a`: rename one of them"],
    );
    // Each side has names of its own.
    let both = description(json!([route("say")]), json!({}));
    assert!(TypeScript::new().generate(&both).is_ok());
}

#[test]
fn unknown_types_are_refused_where_only_known_ones_are_wanted() {
    let json = json!({
        "highway": "description",
        "version": 1,
        "name": "Chat",
        "role": "client",
        "serves": [{ "name": "said", "declared": true, "data": { "list": "any" } }],
        "peer": [{ "name": "say", "declared": true, "data": "any" }],
        "unknown": [
            { "route": "said", "owner": "serves", "part": "data", "at": "[]" },
            { "route": "say", "owner": "peer", "part": "data", "at": "" },
        ],
    });
    let description = Description::from_json(&json.to_string()).unwrap();
    let file = TypeScript::new().generate(&description).unwrap();
    let (_, peer) = file.split_once("export interface Server {").unwrap();
    let (peer, own) = peer.split_once("export interface Client {").unwrap();
    assert!(peer.contains("What is not known: the data."), "{file}");
    assert!(
        own.contains("What is not known: the data at `[]`."),
        "{file}"
    );
    let python = Python::new();
    let file = python.generate(&description).unwrap();
    assert!(file.contains("What is not known: the data."), "{file}");
    assert!(python.strict(true).generate(&description).is_err());
    let strict = TypeScript::new().strict(true).generate(&description);
    let error = strict.unwrap_err();
    assert!(matches!(&error, GenerateError::Unknown(places) if places.len() == 2));
    expect!["only known types were asked for, and unknown are the data of route `said` at `[]`, the data of route `say`: declare the routes in a protocol, with `#[shape(data = …)]` where serde does not tell a type"]
        .assert_eq(&error.to_string());
}

#[test]
fn undeclared_sides_are_untyped() {
    let json = json!({
        "highway": "description",
        "version": 1,
        "name": "Chat",
        "role": "server",
        "serves": [{ "name": "echo", "declared": false, "data": "any", "reply": "any" }],
    });
    let description = Description::from_json(&json.to_string()).unwrap();
    let file = TypeScript::new().generate(&description).unwrap();
    assert!(file.contains("handlers: UntypedHandlers = {}"), "{file}");
    assert!(
        file.contains("no protocol declares them: \"echo\"."),
        "{file}"
    );
    let file = Python::new().generate(&description).unwrap();
    assert!(file.contains("routes: Routes | None = None"), "{file}");
    assert!(
        file.contains("no protocol declares them: \"echo\"."),
        "{file}"
    );
}

#[test]
fn types_that_name_each_other_in_a_long_row_are_generated() {
    const COUNT: usize = 10_000;
    let types = (0..COUNT).map(|number| {
        let next = json!({ "option": { "type": format!("T{}", (number + 1) % COUNT) } });
        let field = json!({ "name": "next", "type": next, "required": true });
        (
            format!("T{number}"),
            json!({ "struct": { "name": format!("T{number}"), "fields": [field] } }),
        )
    });
    let types: serde_json::Map<_, _> = types.collect();
    let both = json!({ "name": "say", "declared": true, "data": { "type": "T0" }, "reply": { "type": "T0" } });
    let description = description(json!([both]), types.into());
    let file = TypeScript::new().generate(&description).unwrap();
    assert!(
        file.contains("export interface T9999Input {\n  next?: T0Input | null | undefined;\n}")
    );
    let file = Python::new().generate(&description).unwrap();
    assert!(file.contains("class T9999(TypedDict):\n    next: T0 | None\n"));
    AsyncApi::new().generate(&description).unwrap();
}

#[test]
fn asyncapi_has_what_is_left_out_and_what_is_not_known() {
    let field = |name: &str, ty: Value| json!({ "name": name, "type": ty, "required": true });
    let fields = [
        field("a", json!("str")),
        field("b", json!({ "option": "str" })),
    ];
    // The name that failures have too.
    let named = json!({ "struct": { "name": "highway.failure", "fields": fields } });
    let route = json!({ "name": "say", "declared": true, "data": { "list": "any" }, "reply": { "type": "highway.failure" } });
    let of = description(json!([route]), json!({ "highway.failure": named }));
    let mut json: Value = serde_json::from_str(&of.to_json()).unwrap();
    json["unknown"] = json!([{ "route": "say", "owner": "serves", "part": "data", "at": "[]", "why": "it is odd" }]);
    let of = Description::from_json(&json.to_string()).unwrap();
    let document: Value = serde_json::from_str(&AsyncApi::new().generate(&of).unwrap()).unwrap();
    assert_eq!(
        document["operations"]["server.say"]["x-highway"]["unknown"],
        json!([{ "part": "data", "at": "[]", "why": "it is odd" }])
    );
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["highway.failure"]["title"], "Failure");
    // An option may be left out when it is sent.
    assert_eq!(schemas["highway.failure2"]["required"], json!(["a"]));
}
