//! Descriptions of protocols with types of all kinds.

#![allow(dead_code, reason = "the types are described and nothing else")]
#![expect(
    unreachable_pub,
    reason = "a protocol is as public as its types have to be"
)]

use expect_test::{Expect, expect};
use serde::{Deserialize, Serialize};

use highway::{
    Incoming, Value,
    contract::Contract,
    description::{Description, NamedType, StructType, Type},
    payload,
    route::{DeclaredRoute, Endpoint, ServerSide, Undeclared},
    value::{Dict, Int},
    wire::{DataType, Dialect},
};

#[derive(Serialize, Deserialize)]
pub struct Line {
    pub from: String,
    pub text: Option<String>,
    #[serde(default)]
    pub tags: Vec<(u8, f32)>,
}

mod other {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    pub struct Line(pub Ends, pub Ends);

    #[derive(Serialize, Deserialize)]
    pub struct Ends {
        pub x: i64,
    }
}

mod within {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    pub struct Node {
        pub inner: inner::Node,
    }

    pub mod inner {
        use serde::{Deserialize, Serialize};

        #[derive(Serialize, Deserialize)]
        pub struct Node {
            pub outer: Option<Box<super::Node>>,
            pub own: Option<Box<Node>>,
        }
    }
}

mod third {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    pub struct Ends {
        pub y: i64,
    }
}

#[derive(Serialize, Deserialize)]
pub struct Tree {
    pub children: Vec<Tree>,
    pub leaf: Leaf,
}

#[derive(Serialize, Deserialize)]
pub struct Leaf {
    pub of: Option<Box<Tree>>,
}

#[derive(Serialize, Deserialize)]
pub enum Shape {
    Empty,
    Round(f64),
    Square { side: u128 },
    Pair(i8, i16),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Tagged {
    One { number: u32 },
}

#[derive(Serialize, Deserialize)]
pub struct WithTagged {
    pub inside: Vec<Tagged>,
    pub rest: u64,
}

/// What a [`WithTagged`] is on the wire.
#[derive(Serialize, Deserialize)]
pub struct WithTaggedShape {
    pub inside: Vec<TaggedShape>,
    pub rest: u64,
}

#[derive(Serialize, Deserialize)]
pub struct TaggedShape {
    pub kind: String,
    pub number: Option<u32>,
}

#[highway::protocol]
mod server {
    use std::collections::{BTreeMap, HashMap};

    use highway::Stream;

    use super::{
        Incoming, Int, Leaf, Line, Shape, Tree, Value, WithTagged, WithTaggedShape, other, third,
        within,
    };

    /// Says something.
    ///
    /// In the room.
    #[route("say-it")]
    pub async fn say(line: Line);
    pub async fn tree(root: Tree) -> Leaf;
    pub async fn leaf(leaf: Leaf) -> Tree;
    pub async fn shape(shape: Shape) -> Result<Shape, other::Ends>;
    pub async fn ends(ends: third::Ends);
    pub async fn pair((left, right): (other::Line, BTreeMap<i32, HashMap<String, bool>>));
    pub async fn count(to: usize) -> impl Stream<Item = u64>;
    pub async fn sum(numbers: Incoming<i64>) -> Int;
    pub async fn anything(value: Value) -> Option<Value>;
    pub async fn unknown(with: WithTagged);
    pub async fn around(node: within::Node);
    #[shape(data = WithTaggedShape, reply = Vec<(u8, String)>)]
    pub async fn shaped(with: WithTagged) -> Result<Value, String>;
    pub async fn nothing() -> ();
}

#[highway::protocol]
mod client {
    use super::Line;

    pub async fn said(line: Line) -> Line;
}

struct Chat;

impl Endpoint for Chat {
    type Side = ServerSide;
    type State = ();
    type Serves = <server::say as DeclaredRoute>::Protocol;
    type Peer = <client::said as DeclaredRoute>::Protocol;

    const NAME: &'static str = "Chat";
}

fn description() -> Description {
    Description::new::<Chat>()
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

#[track_caller]
fn check(route: &str, expected: &Expect) {
    let description = description();
    let route = description.serves.iter().find(|of| of.name == route);
    let route = route.unwrap();
    let part = |of: &Option<Type>| of.as_ref().map_or("-".to_owned(), json);
    expected.assert_eq(&format!(
        "{} | {} | {} | {}",
        route.parameters.join(","),
        part(&route.data),
        part(&route.reply),
        part(&route.error)
    ));
}

#[test]
fn routes_have_their_types() {
    check(
        "say-it",
        &expect![[r#"line | {"type":"LineInput"} | - | -"#]],
    );
    check(
        "tree",
        &expect![[r#"root | {"type":"TreeInput"} | {"type":"Leaf"} | -"#]],
    );
    check(
        "leaf",
        &expect![[r#"leaf | {"type":"LeafInput"} | {"type":"Tree"} | -"#]],
    );
    check(
        "shape",
        &expect![[r#"shape | {"type":"Shape"} | {"type":"Shape"} | {"type":"Ends"}"#]],
    );
    check(
        "ends",
        &expect![[r#"ends | {"type":"EndsOfEnds"} | - | -"#]],
    );
    check(
        "pair",
        &expect![[
            r#"left,right | {"tuple":[{"tuple":[{"type":"Ends"},{"type":"Ends"}]},{"dict":["i32",{"dict":["str","bool"]}]}]} | - | -"#
        ]],
    );
    check("count", &expect![[r#"to | "u64" | {"stream":"u64"} | -"#]]);
    check(
        "sum",
        &expect![[r#"numbers | {"stream":"i64"} | "int" | -"#]],
    );
    check("anything", &expect![[r#"value | "any" | "any" | -"#]]);
    check(
        "unknown",
        &expect![[r#"with | {"type":"WithTagged"} | - | -"#]],
    );
    check(
        "shaped",
        &expect![[
            r#"with | {"type":"WithTaggedShape"} | {"list":{"tuple":["u8","str"]}} | "str""#
        ]],
    );
    check("nothing", &expect![[r#" | - | "none" | -"#]]);
}

#[test]
fn routes_have_docs_and_a_place() {
    let description = description();
    let say = description.serves.iter().find(|of| of.name == "say-it");
    let say = say.unwrap();
    assert_eq!(say.docs.as_deref(), Some("Says something.\n\nIn the room."));
    let source = say.source.as_ref().unwrap();
    assert!(
        source.file.ends_with("library/description.rs"),
        "{source:?}"
    );
    let line = include_str!("description.rs")
        .lines()
        .nth(source.line as usize - 1);
    assert!(line.unwrap().contains("async fn say"), "{line:?}");
    let names: Vec<_> = description.serves.iter().map(|of| &*of.name).collect();
    assert!(names.is_sorted());
}

#[test]
fn each_type_has_a_name_of_its_own() {
    let types: Vec<_> = description()
        .types
        .iter()
        .map(|(name, ty)| format!("{name}: {}", json(ty)))
        .collect();
    expect![[r#"
        Ends: {"struct":{"name":"Ends","fields":[{"name":"x","type":"i64","required":true}]}}
        EndsOfEnds: {"struct":{"name":"Ends","fields":[{"name":"y","type":"i64","required":true}]}}
        Leaf: {"struct":{"name":"Leaf","fields":[{"name":"of","type":{"option":{"type":"Tree"}},"required":true}]}}
        LeafInput: {"struct":{"name":"Leaf","fields":[{"name":"of","type":{"option":{"type":"TreeInput"}},"required":false}]}}
        Line: {"struct":{"name":"Line","fields":[{"name":"from","type":"str","required":true},{"name":"text","type":{"option":"str"},"required":true},{"name":"tags","type":{"list":{"tuple":["u8","float"]}},"required":true}]}}
        LineInput: {"struct":{"name":"Line","fields":[{"name":"from","type":"str","required":true},{"name":"text","type":{"option":"str"},"required":false},{"name":"tags","type":{"list":{"tuple":["u8","float"]}},"required":false}]}}
        Node: {"struct":{"name":"Node","fields":[{"name":"inner","type":{"type":"NodeOfAround"},"required":true}]}}
        NodeOfAround: {"struct":{"name":"Node","fields":[{"name":"outer","type":"any","required":false},{"name":"own","type":{"option":{"type":"NodeOfAround"}},"required":false}]}}
        Shape: {"enum":{"name":"Shape","variants":[{"name":"Empty"},{"name":"Round","type":"float"},{"name":"Square","type":{"struct":{"fields":[{"name":"side","type":"u128","required":true}]}}},{"name":"Pair","type":{"tuple":["i8","i16"]}}]}}
        TaggedShape: {"struct":{"name":"TaggedShape","fields":[{"name":"kind","type":"str","required":true},{"name":"number","type":{"option":"u32"},"required":false}]}}
        Tree: {"struct":{"name":"Tree","fields":[{"name":"children","type":{"list":{"type":"Tree"}},"required":true},{"name":"leaf","type":{"type":"Leaf"},"required":true}]}}
        TreeInput: {"struct":{"name":"Tree","fields":[{"name":"children","type":{"list":{"type":"TreeInput"}},"required":true},{"name":"leaf","type":{"type":"LeafInput"},"required":true}]}}
        WithTagged: {"struct":{"name":"WithTagged","fields":[{"name":"inside","type":{"list":"any"},"required":true},{"name":"rest","type":"u64","required":true}]}}
        WithTaggedShape: {"struct":{"name":"WithTaggedShape","fields":[{"name":"inside","type":{"list":{"type":"TaggedShape"}},"required":true},{"name":"rest","type":"u64","required":true}]}}"#]].assert_eq(&types.join("\n"));
}

#[test]
fn contract_has_the_shapes_that_are_given() {
    type Serves = <Chat as Endpoint>::Serves;

    let contract = Contract::new::<Serves, Undeclared>(["shaped"]);
    let told: Value =
        payload::decode(Dialect::Extended, DataType::Dict, contract.payload()).unwrap();
    let shaped = told.get_key("serves").and_then(|of| of.get_key("shaped"));
    expect![[r#"{"data": {"struct": {"name": "WithTaggedShape", "fields": {"inside": {"list": {"struct": {"name": "TaggedShape", "fields": {"kind": "str", "number": {"option": "int"}}, "optional": ["number"]}}}, "rest": "int"}}}, "reply": {"list": {"tuple": ["int", "str"]}}, "error": "str"}"#]].assert_eq(&format!("{:?}", shaped.unwrap()));
}

fn dict<const N: usize>(entries: [(&str, Value); N]) -> Value {
    entries.into_iter().collect::<Dict>().into()
}

/// A type of a description as a contract has it. `around` are the types that it stands in.
fn in_contract<'a>(ty: &'a Type, of: &'a Description, around: &mut Vec<&'a str>) -> Value {
    match ty {
        Type::List(item) => dict([("list", in_contract(item, of, around))]),
        Type::Optional(some) => dict([("option", in_contract(some, of, around))]),
        Type::Stream(item) => dict([("stream", in_contract(item, of, around))]),
        Type::Tuple(items) => {
            let items = items.iter().map(|item| in_contract(item, of, around));
            let items: Vec<_> = items.collect();
            dict([("tuple", items.into())])
        }
        Type::Dict(key, value) => {
            let both = [key, value].map(|ty| in_contract(ty, of, around));
            dict([("dict", Vec::from(both).into())])
        }
        Type::Struct(content) => struct_in_contract(content, of, around),
        Type::Named(key) => {
            let named = &of.types[key];
            let is_same = |other: &&&str| of.types[**other].name() == named.name();
            match around.iter().rev().find(is_same) {
                Some(nearest) if *nearest == key => return dict([("ref", named.name().into())]),
                Some(_) if around.contains(&key.as_str()) => return "any".into(),
                _ => {}
            }
            around.push(key);
            let told = match named {
                NamedType::Struct(content) => struct_in_contract(content, of, around),
                NamedType::Enum(content) => {
                    let variants = content.variants.iter().map(|variant| {
                        let ty = variant.ty.as_ref();
                        let ty = ty.map(|ty| in_contract(ty, of, around));
                        (variant.name.as_str(), ty)
                    });
                    let variants = variants.collect::<Dict>();
                    let name = content.name.as_str();
                    let told = dict([("name", name.into()), ("variants", variants.into())]);
                    dict([("enum", told)])
                }
                _ => unreachable!("it is a struct or an enum"),
            };
            around.pop();
            told
        }
        simple => match simple.to_string() {
            int if int.starts_with(['u', 'i']) => "int".into(),
            other => other.into(),
        },
    }
}

fn struct_in_contract<'a>(
    content: &'a StructType,
    of: &'a Description,
    around: &mut Vec<&'a str>,
) -> Value {
    let mut told = Dict::new();
    if !content.name.is_empty() {
        told.insert("name", content.name.as_str());
    }
    let fields = content.fields.iter();
    let fields = fields.map(|field| (field.name.as_str(), in_contract(&field.ty, of, around)));
    told.insert("fields", fields.collect::<Dict>());
    let optional = content.fields.iter().filter(|field| !field.required);
    let optional: Vec<_> = optional.map(|field| field.name.as_str()).collect();
    if !optional.is_empty() {
        told.insert("optional", optional);
    }
    dict([("struct", told.into())])
}

/// Holds what an endpoint tells its peers to what it is described as.
#[track_caller]
fn check_contract<E: Endpoint>(count: usize) {
    let of = Description::new::<E>();
    let contract = Contract::new::<E::Serves, E::Peer>([]);
    let told: Value =
        payload::decode(Dialect::Extended, DataType::Dict, contract.payload()).unwrap();
    let mut found = 0;
    // What is sent without being declared is none, and may be anything where it is read.
    for (side, routes, sent) in [
        ("serves", Some(&of.serves), "reply"),
        ("peer", of.peer.as_ref(), "data"),
    ] {
        for route in routes.into_iter().flatten() {
            let mut expected = Dict::new();
            for (key, ty) in [
                ("data", &route.data),
                ("reply", &route.reply),
                ("error", &route.error),
            ] {
                match ty {
                    Some(Type::Any) => {}
                    Some(ty) => {
                        expected.insert(key, in_contract(ty, &of, &mut Vec::new()));
                    }
                    None if key == sent => {
                        expected.insert(key, "none");
                    }
                    None => {}
                }
            }
            let told = told.get_key(side).and_then(|of| of.get_key(&route.name));
            assert_eq!(
                format!("{:?}", told.unwrap()),
                format!("{:?}", Value::from(expected)),
                "{}",
                route.name
            );
            found += 1;
        }
    }
    assert_eq!(found, count);
}

#[test]
fn contract_and_description_are_of_the_same_types() {
    check_contract::<Chat>(14);
    check_contract::<Odd>(12);
}

#[test]
fn what_is_not_known_is_told_with_its_place() {
    let unknown: Vec<_> = description()
        .unknown
        .iter()
        .map(ToString::to_string)
        .collect();
    expect![[r"
        the data of route `unknown` at `.inside[]` (the enum is internally tagged (`#[serde(tag = …)]`))
        the data of route `around` at `.inner.outer` (it stands in itself, where its name does not tell it)"]]
    .assert_eq(&unknown.join("\n"));
}

mod odd {
    use std::{collections::BTreeMap, fmt};

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    #[derive(Serialize, Deserialize)]
    #[serde(tag = "kind")]
    pub enum Internally {
        One { number: u32 },
        Two,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(tag = "kind", content = "of")]
    pub enum Adjacently {
        One(u32),
        Two,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    pub enum Untagged {
        One(u32),
        Two(String),
    }

    #[derive(Serialize, Deserialize)]
    pub struct Flattened {
        own: u32,
        #[serde(flatten)]
        rest: BTreeMap<String, u32>,
    }

    #[derive(Serialize, Deserialize)]
    pub enum Others {
        One,
        #[serde(other)]
        Rest,
    }

    #[derive(Serialize, Deserialize)]
    pub struct Aliased {
        #[serde(alias = "id")]
        number: u32,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(from = "u32", into = "u32")]
    #[derive(Clone)]
    pub struct Converted(u32);

    impl From<u32> for Converted {
        fn from(of: u32) -> Self {
            Self(of)
        }
    }

    impl From<Converted> for u32 {
        fn from(of: Converted) -> Self {
            of.0
        }
    }

    #[derive(Serialize, Deserialize)]
    pub struct WithFunction {
        #[serde(deserialize_with = "number")]
        number: u32,
    }

    fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        u32::deserialize(deserializer)
    }

    pub struct ByHand;

    impl Serialize for ByHand {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_unit()
        }
    }

    impl<'de> Deserialize<'de> for ByHand {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;

            impl de::Visitor<'_> for Visitor {
                type Value = ByHand;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("nothing")
                }

                fn visit_unit<E>(self) -> Result<ByHand, E> {
                    Ok(ByHand)
                }
            }

            deserializer.deserialize_any(Visitor)
        }
    }

    #[derive(Serialize, Deserialize)]
    pub struct Recursive(pub Vec<Recursive>);

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(untagged)]
    pub enum Trouble {
        Code(u16),
        Text(String),
    }

    impl fmt::Display for Trouble {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("trouble")
        }
    }

    impl std::error::Error for Trouble {}
}

#[highway::protocol]
mod odd_server {
    use highway::Stream;

    use super::odd;

    pub async fn internally(of: odd::Internally);
    pub async fn adjacently(of: Vec<odd::Adjacently>);
    pub async fn untagged(of: Option<odd::Untagged>);
    pub async fn flattened() -> odd::Flattened;
    pub async fn others(of: odd::Others);
    pub async fn aliased() -> odd::Aliased;
    pub async fn converted() -> odd::Converted;
    pub async fn function(of: (u8, odd::WithFunction));
    pub async fn by_hand() -> impl Stream<Item = odd::ByHand>;
    pub async fn json(of: serde_json::Value);
    pub async fn recursive(of: odd::Recursive);
    pub async fn trouble() -> Result<(), odd::Trouble>;
}

struct Odd;

impl Endpoint for Odd {
    type Side = ServerSide;
    type State = ();
    type Serves = <odd_server::internally as DeclaredRoute>::Protocol;
    type Peer = Undeclared;

    const NAME: &'static str = "Odd";
}

#[test]
fn why_a_type_is_not_known_is_told() {
    let unknown = Description::new::<Odd>().unknown;
    let unknown: Vec<_> = unknown.iter().map(ToString::to_string).collect();
    expect![[r"
        the data of route `internally` (the enum is internally tagged (`#[serde(tag = …)]`))
        the data of route `adjacently` at `[].of` (the enum is adjacently tagged (`#[serde(tag = …, content = …)]`))
        the data of route `untagged` (the enum is untagged (`#[serde(untagged)]`))
        the reply of route `flattened` (the struct has flattened fields (`#[serde(flatten)]`))
        the data of route `others` (the enum takes other variants (`#[serde(other)]`))
        the reply of route `aliased` at `.id` (the field has several names (`#[serde(alias = …)]`))
        the reply of route `aliased` at `.number` (the field has several names (`#[serde(alias = …)]`))
        the reply of route `converted` (it is read by way of another type (such as `#[serde(from = …)]`), and may be written as a third)
        the data of route `function` at `[1].number` (a function reads it (`#[serde(with = …)]`, `deserialize_with`))
        the reply of route `by_hand` at `[]` (its `Deserialize` is written by hand)
        the data of route `json` (its `Deserialize` is written by hand)
        the data of route `recursive` at `[]` (it stands in itself, where its name does not tell it)
        the error of route `trouble` (the enum is untagged (`#[serde(untagged)]`))"]].assert_eq(&unknown.join("\n"));
}

#[test]
fn description_is_read_back_from_its_json() {
    let description = description();
    let json = description.to_json();
    assert_eq!(Description::from_json(&json).unwrap(), description);
    let more = json.replacen('{', "{ \"of a later\": [1], ", 1);
    assert_eq!(Description::from_json(&more).unwrap(), description);
}

#[test]
fn what_is_no_description_is_told_so() {
    let error = |text: &str| Description::from_json(text).unwrap_err().to_string();
    let later = description()
        .to_json()
        .replace("\"version\": 1", "\"version\": 2");
    expect!["the description has version 2, and this highway reads 1: use a newer one"]
        .assert_eq(&error(&later));
    expect![[r#"no description: it has no `"highway": "description"`; `--describe` prints one"#]]
        .assert_eq(&error("{}"));
    expect!["no description: EOF while parsing a value at line 1 column 0"].assert_eq(&error(""));
    let deep = format!(
        r#"{{"highway":"description","version":1,"name":"","role":"server","serves":[{{"name":"a","declared":true,"data":{}"any"{}}}]}}"#,
        r#"{"list":"#.repeat(100_000),
        "}".repeat(100_000)
    );
    assert!(error(&deep).contains("recursion limit"), "{}", error(&deep));
}
