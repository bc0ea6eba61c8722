use std::{
    collections::{BTreeMap, HashMap},
    fmt::{self, Debug},
    net::Ipv4Addr,
    num::NonZeroU8,
    time::Duration,
};

use bytes::Bytes;
use proptest::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned, de::Visitor};

use super::{
    Contract, Mismatch, RouteTypes,
    compare::readable,
    schema::Schema,
    types::{Types, TypesOf, TypesReadAndSent as _},
};
use crate::{
    payload,
    route::{Protocol, Undeclared},
    value::{Int, IntDict, Value},
    wire::Dialect,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    from: String,
    text: String,
    #[serde(default)]
    color: Option<Color>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Color {
    Red,
    Rgb(u8, u8, u8),
    Named(String),
    Mixed { of: Vec<Color>, share: f32 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Tree {
    value: i64,
    children: Vec<Tree>,
    next: Option<Box<Tree>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Expression {
    Add(Box<Expression>, Box<Expression>),
    Number(f64),
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    A { a: i32 },
    B,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of")]
enum Adjacent {
    A(i32),
    B,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Flattened {
    own: i32,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Renamed {
    #[serde(rename = "type", alias = "kind")]
    of: String,
    size: u8,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Meters(f64);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Unit;

/// Written as something else than what is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Uneven {
    #[serde(serialize_with = "as_text")]
    number: i32,
    #[serde(skip_serializing)]
    secret: String,
    plain: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn as_text<S: serde::Serializer>(number: &i32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&number.to_string())
}

/// Asks for a text, and takes a number too.
#[derive(Debug, Clone, PartialEq)]
struct Lenient(String);

impl Serialize for Lenient {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Lenient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LenientVisitor;

        impl Visitor<'_> for LenientVisitor {
            type Value = Lenient;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or an int")
            }

            fn visit_str<E>(self, text: &str) -> Result<Lenient, E> {
                Ok(Lenient(text.to_owned()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Lenient, E> {
                Ok(Lenient(number.to_string()))
            }
        }

        deserializer.deserialize_str(LenientVisitor)
    }
}

/// Is not ready for what it is given.
#[derive(Debug, Serialize)]
struct Panics;

impl<'de> Deserialize<'de> for Panics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        assert!(text.len() > 100, "expected while tracing");
        Ok(Self)
    }
}

fn types<T: Serialize + DeserializeOwned>() -> Types {
    (&&TypesOf::<T>::new()).__highway_types()
}

#[track_caller]
fn check<T: Serialize + DeserializeOwned>(read: &str, sent: &str) {
    let types = types::<T>();
    assert_eq!(types.read.to_string(), read);
    assert_eq!(types.sent.to_string(), sent);
}

#[track_caller]
fn check_same<T: Serialize + DeserializeOwned>(shown: &str) {
    check::<T>(shown, shown);
}

#[test]
fn simple_types_are_those_of_the_wire() {
    check_same::<bool>("bool");
    check_same::<u8>("int");
    check_same::<i128>("int");
    check_same::<Int>("int");
    check_same::<NonZeroU8>("int");
    check_same::<f32>("float");
    check_same::<char>("str");
    check_same::<String>("str");
    check_same::<Ipv4Addr>("str");
    check_same::<Bytes>("bytes");
    check_same::<serde_bytes::ByteBuf>("bytes");
    check_same::<()>("none");
    check_same::<Unit>("none");
    check_same::<Meters>("float");
    check_same::<Value>("any");
    check_same::<Box<u32>>("int");
}

#[test]
fn collections_have_the_types_of_their_items() {
    check_same::<(i32, i32)>("(int, int)");
    check_same::<(String,)>("(str,)");
    check_same::<[f64; 3]>("(float, float, float)");
    check_same::<[u8; 32]>("[int]");
    check_same::<Vec<u8>>("[int]");
    check_same::<HashMap<String, Vec<bool>>>("{str: [bool]}");
    check_same::<BTreeMap<u16, Value>>("{int: any}");
    check_same::<IntDict>("{int: any}");
    check_same::<Option<String>>("str or none");
    check_same::<Duration>("Duration {secs: int, nanos: int}");
    check_same::<(Option<(u8, Vec<Meters>)>, Unit)>("((int, [float]) or none, none)");
}

#[test]
fn structs_and_enums_have_their_parts() {
    check::<Line>(
        "Line {from: str, text: str, color?: Color <Red | Rgb: (int, int, int) | Named: str | Mixed: {of: [Color], share: float}> or none}",
        "Line {from: str, text: str, color: Color <Red | Rgb: (int, int, int) | Named: str | Mixed: {of: [Color], share: float}> or none}",
    );
    check::<Tree>(
        "Tree {value: int, children: [Tree], next?: Tree or none}",
        "Tree {value: int, children: [Tree], next: Tree or none}",
    );
    check_same::<Expression>(
        "Expression <Add: (Expression, Expression) | Number: float | Nothing>",
    );
    check::<Renamed>(
        "Renamed {kind?: str, type?: any, size?: int}",
        "Renamed {kind?: any, type: any, size: int}",
    );
    check_same::<Result<u8, String>>("Result <Ok: int | Err: str>");
}

#[test]
fn what_cant_be_traced_is_any() {
    check_same::<Untagged>("any");
    check_same::<Tagged>("any");
    check_same::<Adjacent>("Adjacent {kind: Adjacent <A | B>, of?: any}");
    check::<Flattened>("{any: any}", "any");
    check_same::<Lenient>("any");
    check_same::<(u8, Lenient, String)>("(int, any, str)");
    check_same::<Panics>("any");
    check::<Uneven>(
        "Uneven {number: int, secret: str, plain: bool}",
        "Uneven {number: any, secret?: any, plain: bool}",
    );
}

/// Whether a value of the one type can be read as the other, as the schemas say and as the decoder does.
#[track_caller]
fn check_readable<S: Serialize + DeserializeOwned, R: Serialize + DeserializeOwned + Debug>(
    value: &S,
    expected: bool,
) {
    let (sent, read) = (types::<S>().sent, types::<R>().read);
    let says = readable(&sent, &read).is_ok();
    assert_eq!(says, expected, "{sent} as {read}");
    let decoded = decoded::<S, R>(value);
    assert_eq!(decoded.is_ok(), expected, "{sent} as {read}: {decoded:?}");
}

fn decoded<S: Serialize, R: DeserializeOwned>(value: &S) -> Result<R, String> {
    let dialect = Dialect::Extended;
    let mut payload = Vec::new();
    let code = payload::encode(dialect, value, &mut payload).map_err(|error| error.to_string())?;
    let data_type = dialect.data_type(code).expect("what is written has a type");
    payload::decode(dialect, data_type, &payload).map_err(|error| error.to_string())
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Small {
    from: String,
    text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Numbered {
    from: String,
    text: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shade {
    Red,
    Rgb(String),
    Hue(f64),
}

#[test]
fn types_are_readable_where_the_decoder_reads_them() {
    check_readable::<i32, f64>(&1, true);
    check_readable::<f64, i32>(&1.0, false);
    check_readable::<i32, String>(&1, false);
    check_readable::<bool, i32>(&true, false);
    check_readable::<(i32, i32), (f32, String)>(&(1, 1), false);
    check_readable::<(i32, i32), (f32, i64)>(&(1, 1), true);
    check_readable::<(i32, i32), Vec<i64>>(&(1, 1), true);
    check_readable::<(i32, i32), (i32,)>(&(1, 1), false);
    check_readable::<Vec<i32>, (i32, i32)>(&vec![1, 2], true);
    check_readable::<Vec<i32>, Bytes>(&vec![1], false);
    check_readable::<Bytes, Vec<u8>>(&Bytes::from_static(b"a"), false);
    check_readable::<String, Bytes>(&"a".to_owned(), false);
    check_readable::<Bytes, String>(&Bytes::from_static(b"a"), false);
    check_readable::<u8, Option<u8>>(&1, true);
    check_readable::<Option<u8>, u8>(&Some(1), true);
    check_readable::<Option<u8>, Option<String>>(&Some(1), false);
    check_readable::<(), Option<u8>>(&(), true);
    check_readable::<(), u8>(&(), false);
    check_readable::<i32, Value>(&1, true);
    check_readable::<i32, Lenient>(&1, true);
    check_readable::<i32, Untagged>(&1, true);
    check_readable::<u64, Meters>(&1, true);
    let small = || Small {
        from: "a".to_owned(),
        text: "b".to_owned(),
    };
    let line = || Line {
        from: "a".to_owned(),
        text: "b".to_owned(),
        color: None,
    };
    check_readable::<Small, Line>(&small(), true);
    check_readable::<Line, Small>(&line(), true);
    check_readable::<Small, Numbered>(&small(), false);
    check_readable::<Meters, Small>(&Meters(1.0), false);
    check_readable::<Small, HashMap<String, String>>(&small(), true);
    check_readable::<Small, HashMap<String, u8>>(&small(), false);
    check_readable::<Small, (String, String)>(&small(), false);
    let map = HashMap::from([("from".to_owned(), 1), ("text".to_owned(), 1)]);
    check_readable::<HashMap<String, i32>, Small>(&map, false);
    check_readable::<(String, String), Small>(&("a".to_owned(), "b".to_owned()), false);
    check_readable::<Color, Shade>(&Color::Red, true);
    check_readable::<String, Color>(&"Red".to_owned(), true);
    check_readable::<Color, String>(&Color::Red, true);
    check_readable::<Color, u8>(&Color::Red, false);
    check_readable::<Renamed, Renamed>(
        &Renamed {
            of: "a".to_owned(),
            size: 1,
        },
        true,
    );
}

#[test]
fn differences_are_found_where_they_are() {
    #[track_caller]
    fn check<S: Serialize + DeserializeOwned, R: Serialize + DeserializeOwned>(at: &str) {
        let found = readable(&types::<S>().sent, &types::<R>().read);
        let found = found.expect_err("they differ").path();
        assert_eq!(found, at);
    }
    check::<i32, String>("");
    check::<(i32, i32), (f32, String)>("[1]");
    check::<Small, Numbered>(".text");
    check::<Vec<(u8, Small)>, Vec<(u8, Numbered)>>("[][1].text");
    check::<(), Vec<u8>>("");
}

/// Everything that is told comes back, and what is unknown is any.
#[test]
fn types_are_told_and_read() {
    #[track_caller]
    fn check<T: Serialize + DeserializeOwned>() {
        let told = types::<T>().read.stream_of();
        assert_eq!(Schema::from_value(&told.to_value()), told);
    }
    check::<u8>();
    check::<Line>();
    check::<Tree>();
    check::<Expression>();
    check::<(Unit, Vec<Option<Value>>, HashMap<u8, Bytes>, bool, f64)>();
    for unknown in [
        Value::from("uuid"),
        1.into(),
        Value::None,
        vec!["int"].into(),
        [("set", Value::from("int"))]
            .into_iter()
            .collect::<crate::value::Dict>()
            .into(),
        [("struct", Value::from("int"))]
            .into_iter()
            .collect::<crate::value::Dict>()
            .into(),
    ] {
        assert_eq!(Schema::from_value(&unknown), Schema::Any, "{unknown:?}");
    }
}

impl Schema {
    fn stream_of(self) -> Self {
        Self::Items(Box::new(self))
    }
}

#[test]
fn shown_types_end() {
    let long = Schema::Tuple(vec![Schema::Str; 1000]).to_string();
    assert_eq!(long.chars().count(), 201);
    let name = Schema::Ref("a\u{1b}[31m\n".to_owned()).to_string();
    assert_eq!(name, r"a\u{1b}[31m\n");
}

struct Own;
struct Other;

fn route(name: &'static str, data: Types, reply: Types) -> RouteTypes {
    RouteTypes { name, data, reply }
}

impl Protocol for Own {
    const NAME: &'static str = "own";
    const ROUTES: &'static [crate::route::protocol::Declaration] = &[];

    fn types() -> &'static [RouteTypes] {
        Box::leak(Box::new([
            route("add", types::<(i32, i32)>(), types::<i32>()),
            route("gone", Types::NOTHING, Types::NOTHING),
            route("say", types::<String>(), Types::NOTHING),
            route("items", types::<u8>().stream(), types::<String>().stream()),
        ]))
    }
}

impl Protocol for Other {
    const NAME: &'static str = "other";
    const ROUTES: &'static [crate::route::protocol::Declaration] = &[];

    fn types() -> &'static [RouteTypes] {
        Box::leak(Box::new([
            route("add", types::<(f32, String)>(), types::<i32>()),
            route("say", types::<String>(), types::<bool>()),
            route("items", types::<u8>(), types::<String>().stream()),
            route("more", Types::NOTHING, Types::NOTHING),
        ]))
    }
}

#[test]
fn both_sides_find_the_same_mismatches() {
    let client = Contract::new::<Undeclared, Own>([]);
    let server = Contract::new::<Other, Undeclared>(["add", "say", "items", "more"]);
    let at_client = client.compare(server.payload()).unwrap();
    let texts: Vec<String> = at_client.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "route `add`: you send (int, int), the peer expects (float, str)",
            "route `items`: you send stream of int, the peer expects int",
        ]
    );
    let at_server = server.compare(client.payload()).unwrap();
    let texts: Vec<String> = at_server.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "route `add`: the peer sends (int, int), you expect (float, str)",
            "route `gone`: the peer expects it, and you do not serve it",
            "route `items`: the peer sends stream of int, you expect int",
        ]
    );
    let turned = |mismatch: &Mismatch| mismatch.for_peer().to_string();
    assert_eq!(turned(&at_server[0]), at_client[0].to_string());
    assert_eq!(
        turned(&at_server[1]),
        "route `gone`: the peer does not serve it"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Nothing is found fault with that can be read.
    #[test]
    fn what_the_decoder_reads_is_readable(number in any::<i32>(), text in ".{1,3}", pick in 0..6_u8) {
        fn all<S: Serialize + DeserializeOwned>(value: &S) -> Result<(), TestCaseError> {
            fn one<S: Serialize + DeserializeOwned, R: Serialize + DeserializeOwned>(
                value: &S,
            ) -> Result<(), TestCaseError> {
                let (sent, read) = (types::<S>().sent, types::<R>().read);
                if decoded::<S, R>(value).is_ok() {
                    prop_assert!(readable(&sent, &read).is_ok(), "{sent} as {read}");
                }
                Ok(())
            }
            one::<S, S>(value)?;
            prop_assert!(readable(&types::<S>().sent, &types::<S>().read).is_ok());
            one::<S, i64>(value)?;
            one::<S, u8>(value)?;
            one::<S, f64>(value)?;
            one::<S, String>(value)?;
            one::<S, char>(value)?;
            one::<S, Bytes>(value)?;
            one::<S, ()>(value)?;
            one::<S, Value>(value)?;
            one::<S, Vec<i32>>(value)?;
            one::<S, Vec<Value>>(value)?;
            one::<S, (f64, f64)>(value)?;
            one::<S, (i32, String)>(value)?;
            one::<S, [String; 2]>(value)?;
            one::<S, Option<i32>>(value)?;
            one::<S, Option<Small>>(value)?;
            one::<S, HashMap<String, i32>>(value)?;
            one::<S, HashMap<u8, Value>>(value)?;
            one::<S, BTreeMap<String, Option<String>>>(value)?;
            one::<S, Small>(value)?;
            one::<S, Numbered>(value)?;
            one::<S, Line>(value)?;
            one::<S, Color>(value)?;
            one::<S, Shade>(value)?;
            one::<S, Tree>(value)?;
            one::<S, Expression>(value)?;
            one::<S, Untagged>(value)?;
            one::<S, Tagged>(value)?;
            one::<S, Adjacent>(value)?;
            one::<S, Flattened>(value)?;
            one::<S, Lenient>(value)?;
            one::<S, Meters>(value)
        }
        let color = match pick {
            0 => Color::Red,
            1 => Color::Rgb(1, 2, 3),
            2 => Color::Named(text.clone()),
            _ => Color::Mixed { of: vec![Color::Red], share: 0.5 },
        };
        all(&number)?;
        all(&f64::from(number))?;
        all(&text)?;
        all(&Bytes::from(text.clone()))?;
        all(&(pick > 2))?;
        all(&())?;
        all(&vec![number])?;
        all(&vec![text.clone(), text.clone()])?;
        all(&(number, text.clone()))?;
        all(&(number, number))?;
        all(&Some(number))?;
        all(&HashMap::from([(text.clone(), number)]))?;
        all(&HashMap::from([(pick, text.clone())]))?;
        all(&HashMap::from([("value".to_owned(), number)]))?;
        all(&Small { from: text.clone(), text: text.clone() })?;
        all(&Numbered { from: text.clone(), text: pick.into() })?;
        all(&Line { from: text.clone(), text: text.clone(), color: Some(color.clone()) })?;
        all(&color)?;
        all(&match pick { 0 => Shade::Red, 1 => Shade::Rgb(text.clone()), _ => Shade::Hue(1.0) })?;
        all(&Tree {
            value: number.into(),
            children: vec![],
            next: Some(Box::new(Tree { value: 1, children: vec![], next: None })),
        })?;
        all(&Expression::Add(Box::new(Expression::Nothing), Box::new(Expression::Number(1.0))))?;
        all(&Untagged::Text(text.clone()))?;
        all(&Tagged::A { a: number })?;
        all(&Adjacent::A(number))?;
        all(&Uneven { number, secret: text.clone(), plain: true })?;
        all(&Renamed { of: text.clone(), size: pick })?;
        all(&Lenient(text))?;
        all(&Meters(1.5))?;
    }

}

proptest! {
    /// A contract is what somebody sends: whatever it is, it is compared or refused.
    #[test]
    fn contracts_may_be_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let contract = Contract::new::<Own, Other>(["add"]);
        let _ = contract.compare(&bytes);
    }

    #[test]
    fn contracts_may_be_damaged(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let contract = Contract::new::<Own, Other>(["add"]);
        let mut bytes = Contract::new::<Other, Own>([]).payload().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(mismatches) = contract.compare(&bytes) {
            prop_assert!(mismatches.len() <= super::MAX_MISMATCHES);
        }
    }
}
