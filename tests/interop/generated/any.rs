//! Any description: what is generated of it compiles, or it is refused with the name of a route.

use std::{collections::HashSet, fs};

use highway::{
    description::Description,
    generate::{Python, TypeScript},
};
use highway_tests::{Outcome, PythonClient, Trial, Typescript, trials};
use proptest::{
    collection::vec, option, prelude::*, sample::select, strategy::ValueTree,
    test_runner::TestRunner,
};
use serde_json::{Value, json};

pub(super) fn trials() -> Vec<Trial> {
    trials![
        any_description_makes_typescript_that_compiles_or_is_refused,
        any_description_makes_python_that_is_checked_or_is_refused,
    ]
}

/// The descriptions that are tried.
const COUNT: usize = 300;

/// Names of routes, fields and variants, with what languages have for themselves.
const NAMES: &[&str] = &[
    "say",
    "change-name",
    "change_name",
    "import",
    "class",
    "constructor",
    "then",
    "a b",
    "é",
    "1st",
    "toString",
    "call",
    "close",
    "self",
    "None",
    "__proto__",
    "$",
    "Type",
    "type",
    "say.it",
    "\"",
    "\\",
    "*/",
    "\n",
    "'''",
    "`${x}`",
];

/// Names of types in the program.
const TYPES: &[&str] = &[
    "Line",
    "Point",
    "Connection",
    "Promise",
    "Handlers",
    "Any",
    "Server",
    "Option<T>",
    "List",
];

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(NAMES).prop_map(str::to_owned),
        1 => "[a-z]{1,6}",
        1 => "\\PC{1,4}",
    ]
}

/// A type, in which the named types of these numbers may stand.
fn ty(named: usize) -> BoxedStrategy<Value> {
    const SIMPLE: &[&str] = &[
        "any", "none", "bool", "int", "u8", "u32", "u64", "i32", "i64", "i128", "float", "str",
        "bytes",
    ];
    let leaf = prop_oneof![
        3 => select(SIMPLE).prop_map(|name| json!(name)),
        1 => (0..named).prop_map(|number| json!({ "type": format!("T{number}") })),
    ];
    let leaf = leaf.boxed();
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|of| json!({ "list": of })),
            vec(inner.clone(), 0..4).prop_map(|items| json!({ "tuple": items })),
            (select(&["str", "int", "u32", "bool"][..]), inner.clone())
                .prop_map(|(key, value)| json!({ "dict": [key, value] })),
            inner.prop_map(|of| json!({ "option": of })),
        ]
    })
    .boxed()
}

/// What has a name that none before it has.
fn distinct<T>(all: Vec<T>, name: impl Fn(&T) -> &String) -> impl Iterator<Item = T> {
    let mut seen = HashSet::new();
    all.into_iter()
        .filter(move |one| seen.insert(name(one).clone()))
}

fn fields(named: usize) -> impl Strategy<Value = Value> {
    let field = (name(), ty(named), any::<bool>());
    vec(field, 0..5).prop_map(|fields| {
        let fields = distinct(fields, |of| &of.0);
        let fields = fields
            .map(|(name, ty, required)| json!({ "name": name, "type": ty, "required": required }));
        fields.collect()
    })
}

fn named_type(named: usize) -> impl Strategy<Value = Value> {
    let content = prop_oneof![
        ty(named),
        fields(named).prop_map(|fields| json!({ "struct": { "fields": fields } })),
    ];
    let variants = vec((name(), option::of(content)), 1..4).prop_map(|variants| -> Vec<Value> {
        let variants = distinct(variants, |of| &of.0);
        let variants = variants.map(|(name, ty)| match ty {
            Some(ty) => json!({ "name": name, "type": ty }),
            None => json!({ "name": name }),
        });
        variants.collect()
    });
    prop_oneof![
        (select(TYPES), fields(named))
            .prop_map(|(name, fields)| json!({ "struct": { "name": name, "fields": fields } })),
        (select(TYPES), variants)
            .prop_map(|(name, variants)| json!({ "enum": { "name": name, "variants": variants } })),
    ]
}

fn routes(named: usize) -> impl Strategy<Value = Value> {
    let part = move || {
        option::of(prop_oneof![
            4 => ty(named),
            1 => ty(named).prop_map(|of| json!({ "stream": of })),
        ])
    };
    let docs = option::of(prop_oneof![
        Just("Says.".to_owned()),
        "\\PC{0,12}",
        Just("*/ ''' \"\"\" \\ \n\n".to_owned()),
        Just("A \\\"".to_owned()),
    ]);
    let route = (
        name(),
        docs,
        part(),
        part(),
        option::of(ty(named)),
        vec(name(), 0..3),
    );
    vec(route, 0..5).prop_map(|routes| {
        let routes = distinct(routes, |of| &of.0);
        let routes = routes.map(|(name, docs, data, reply, error, parameters)| {
            let mut route = json!({ "name": name, "declared": true, "parameters": parameters });
            for (key, value) in [
                ("docs", docs.map(Value::from)),
                ("data", data),
                ("reply", reply),
                ("error", error),
            ] {
                if let Some(value) = value {
                    route[key] = value;
                }
            }
            route
        });
        routes.collect()
    })
}

fn description() -> impl Strategy<Value = String> {
    const NAMED: usize = 4;
    let types = vec(named_type(NAMED), NAMED);
    let role = select(&["server", "client"][..]);
    (role, routes(NAMED), option::of(routes(NAMED)), types).prop_map(|(role, serves, peer, types)| {
        let types = types.into_iter().enumerate();
        let types: serde_json::Map<_, _> = types.map(|(number, ty)| (format!("T{number}"), ty)).collect();
        let mut description = json!({
            "highway": "description", "version": 1, "name": "Chat", "role": role, "serves": serves, "types": types,
        });
        if let Some(peer) = peer {
            description["peer"] = peer;
        }
        description.to_string()
    })
}

/// What is generated of the descriptions that are not refused, each with its description.
fn generated(generate: impl Fn(&Description) -> Result<String, String>) -> Vec<(String, String)> {
    let mut runner = TestRunner::deterministic();
    let strategy = description();
    let mut files = Vec::new();
    let mut refused = 0;
    for _ in 0..COUNT {
        let text = strategy
            .new_tree(&mut runner)
            .expect("it is made")
            .current();
        let described = Description::from_json(&text).expect("it is a description");
        match generate(&described) {
            Ok(file) => files.push((text, file)),
            Err(error) => {
                assert!(
                    error.contains("route `") || error.contains("routes `"),
                    "{error}: {text}"
                );
                refused += 1;
            }
        }
    }
    assert!(files.len() > COUNT / 2, "{refused} are refused");
    files
}

fn any_description_makes_typescript_that_compiles_or_is_refused() -> Outcome {
    let tools = Typescript::find()?;
    let generated = generated(|of| {
        TypeScript::new()
            .generate(of)
            .map_err(|error| error.to_string())
    });
    let files = generated.iter().enumerate();
    let files: Vec<_> = files
        .map(|(number, (_, file))| (format!("any{number}.ts"), file.clone()))
        .collect();
    let found = tools.check("any", &files)?;
    if let Some(error) = found.first() {
        let number = error
            .place
            .split([':', '.'])
            .next()
            .and_then(|name| name.strip_prefix("any")?.parse::<usize>().ok());
        let (description, file) = &generated[number.unwrap_or_default()];
        panic!("{error:#?}\n{description}\n{file}");
    }
    Ok(())
}

fn any_description_makes_python_that_is_checked_or_is_refused() -> Outcome {
    let python = PythonClient::find()?;
    let folder = tempfile::tempdir().expect("there is room");
    let generated = generated(|of| {
        Python::new()
            .generate(of)
            .map_err(|error| error.to_string())
    });
    for (number, (_, file)) in generated.iter().enumerate() {
        let path = folder.path().join(format!("any{number}.py"));
        fs::write(path, file).expect("it can be written");
    }
    let names = (0..generated.len()).map(|number| format!("any{number}"));
    let mut mypy = python.command();
    mypy.args([
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--cache-dir",
        "/dev/null",
    ])
    .args(names.clone().map(|name| format!("{name}.py")))
    .env("MYPYPATH", PythonClient::folder().join("src"))
    .current_dir(folder.path());
    let output = mypy.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let first = said.lines().next().unwrap_or_default();
    let number = first
        .split('.')
        .next()
        .and_then(|name| name.strip_prefix("any")?.parse::<usize>().ok());
    let (description, file) = &generated[number.unwrap_or_default()];
    assert!(output.status.success(), "{said}\n{description}\n{file}");
    let mut run = python.command();
    run.args([
        "-c",
        &format!("import {}", names.collect::<Vec<_>>().join(", ")),
    ])
    .current_dir(folder.path());
    let output = run.output().expect("it starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
