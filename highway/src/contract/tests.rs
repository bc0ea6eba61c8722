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

use super::{Contract, Mismatch, RouteTypes, Schema, Types, compare::readable};
use crate::{
    __private::types::{TypesOf, TypesReadAndSent as _},
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

/// Written as something else than what is read, which nothing but a value shows.
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

fn types<T: Serialize + DeserializeOwned>() -> Types {
    (&TypesOf::<T>::new()).__highway_types()
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
    // The second one is behind a value that would be dropped, as which code of the user's may run.
    check_same::<Expression>("Expression <Add: (Expression, any) | Number: float | Nothing>");
    check::<Renamed>(
        "Renamed {kind?: str, type?: str, size: int}",
        "Renamed {kind?: any, type?: any, size: int}",
    );
    check_same::<Result<u8, String>>("Result <Ok: int | Err: str>");
}

#[test]
fn what_cant_be_traced_is_any() {
    check_same::<Untagged>("any");
    check_same::<Tagged>("any");
    check::<Adjacent>(
        "Adjacent {kind: Adjacent <A | B>, of?: any}",
        "Adjacent {kind: Adjacent <A | B>, of: any}",
    );
    check_same::<Flattened>("{any: any}");
    check_same::<Lenient>("any");
    // What is behind it would need a value of it.
    check_same::<(u8, Lenient, String)>("(int, any, any)");
    check_same::<(u8, String, Lenient)>("(int, str, any)");
}

/// What is not derived may be sent as anything, whatever it is read as.
#[test]
fn types_that_are_read_by_way_of_others_are_known_as_far_as_they_are_read() {
    check::<untouched::Percent>("int", "any");
    check::<untouched::Even>("int", "any");
    check::<untouched::Named>("Named {name: str, size: int}", "any");
    check::<untouched::Checked>("Checked {from: int, to: int}", "any");
    check::<Vec<Option<untouched::Percent>>>("[int or none]", "[any]");
}

/// Types whose code ends the process when it gets to see a value.
#[expect(dead_code, reason = "what is read is never looked at")]
mod untouched {
    use std::{collections::BTreeMap, hash::Hash};

    use super::*;

    /// Nothing that anybody has sent has come here.
    fn made_up() -> ! {
        eprintln!("code of a user's was run with a made-up value");
        std::process::abort()
    }

    macro_rules! not_sent {
        ($($name:ident)*) => {$(
            impl Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                    made_up()
                }
            }
        )*};
    }

    not_sent!(Percent Even Visited Dropped Checked Ordered);

    /// Goes on with the number that it asks for.
    #[derive(Debug)]
    pub(super) struct Percent;

    impl<'de> Deserialize<'de> for Percent {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            u8::deserialize(deserializer)?;
            made_up()
        }
    }

    /// Is made of another type.
    #[derive(Debug, Deserialize)]
    #[serde(try_from = "u32")]
    pub(super) struct Even;

    impl TryFrom<u32> for Even {
        type Error = String;

        fn try_from(_: u32) -> Result<Self, String> {
            made_up()
        }
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(rename = "Named", from = "NamedParts")]
    pub(super) struct Named {
        #[serde(serialize_with = "never")]
        name: (),
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename = "Named")]
    struct NamedParts {
        name: String,
        size: u8,
    }

    impl From<NamedParts> for Named {
        fn from(_: NamedParts) -> Self {
            made_up()
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
    fn never<S>(_: &(), _: S) -> Result<S::Ok, S::Error>
    where
        S: serde::Serializer,
    {
        made_up()
    }

    /// Has a visitor of its own.
    #[derive(Debug)]
    pub(super) struct Visited;

    impl<'de> Deserialize<'de> for Visited {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct All;

            impl<'de> Visitor<'de> for All {
                type Value = Visited;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("anything")
                }

                fn visit_unit<E>(self) -> Result<Visited, E> {
                    made_up()
                }

                fn visit_u64<E>(self, _: u64) -> Result<Visited, E> {
                    made_up()
                }

                fn visit_str<E>(self, _: &str) -> Result<Visited, E> {
                    made_up()
                }

                fn visit_seq<A: serde::de::SeqAccess<'de>>(
                    self,
                    _: A,
                ) -> Result<Visited, A::Error> {
                    made_up()
                }

                fn visit_map<A: serde::de::MapAccess<'de>>(
                    self,
                    _: A,
                ) -> Result<Visited, A::Error> {
                    made_up()
                }
            }

            deserializer.deserialize_any(All)
        }
    }

    /// Does something when it is dropped.
    #[derive(Debug, Deserialize)]
    pub(super) struct Dropped {
        number: u8,
    }

    impl Drop for Dropped {
        fn drop(&mut self) {
            made_up()
        }
    }

    /// Looks at what serde derives to read it.
    #[derive(Debug, Deserialize)]
    #[serde(remote = "Self")]
    pub(super) struct Checked {
        from: u8,
        to: u8,
    }

    impl<'de> Deserialize<'de> for Checked {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Self::deserialize(deserializer)?;
            made_up()
        }
    }

    /// Is compared where it is a key.
    #[derive(Debug, Deserialize)]
    pub(super) struct Ordered {
        place: String,
    }

    impl PartialEq for Ordered {
        fn eq(&self, _: &Self) -> bool {
            made_up()
        }
    }

    impl Eq for Ordered {}

    #[expect(
        clippy::non_canonical_partial_ord_impl,
        reason = "each would be a value seen"
    )]
    impl PartialOrd for Ordered {
        fn partial_cmp(&self, _: &Self) -> Option<std::cmp::Ordering> {
            made_up()
        }
    }

    impl Ord for Ordered {
        fn cmp(&self, _: &Self) -> std::cmp::Ordering {
            made_up()
        }
    }

    impl Hash for Ordered {
        fn hash<H: std::hash::Hasher>(&self, _: &mut H) {
            made_up()
        }
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
        u8::deserialize(deserializer)?;
        made_up()
    }

    fn read_items<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        Vec::<u8>::deserialize(deserializer)?;
        made_up()
    }

    #[derive(Debug, Deserialize)]
    struct With {
        first: u8,
        #[serde(deserialize_with = "read")]
        number: u8,
        #[serde(default, deserialize_with = "read_items")]
        items: Vec<u8>,
        last: u8,
    }

    #[derive(Debug, Deserialize)]
    struct NewtypeWith(#[serde(deserialize_with = "read")] u8);

    #[derive(Debug, Deserialize)]
    #[serde(transparent)]
    struct Transparent {
        of: Percent,
    }

    #[derive(Debug, Deserialize)]
    enum Variants {
        Unit,
        One(Percent),
        Two(Dropped, u8),
        Three {
            #[serde(deserialize_with = "read")]
            a: u8,
            b: Dropped,
        },
    }

    #[derive(Debug, Deserialize)]
    struct Holder<T> {
        before: String,
        held: T,
        after: u8,
    }

    /// In each of the places where a type can stand, and at each place of a tuple.
    fn everywhere<T: DeserializeOwned>() {
        #[derive(Deserialize)]
        struct Newtype<T>(T);

        #[derive(Deserialize)]
        struct Pair<T>(T, String);

        #[derive(Deserialize)]
        enum Either<T> {
            A(T),
            B(T, T),
            C { held: T, other: u8 },
        }

        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Untagged<T> {
            A(T),
            B { held: T },
        }

        fn read<T: DeserializeOwned>() -> String {
            crate::schema::trace::<T>().0.to_string()
        }

        read::<T>();
        read::<Option<T>>();
        read::<Vec<T>>();
        read::<Box<T>>();
        read::<std::num::Wrapping<T>>();
        read::<[T; 3]>();
        read::<(T, u8)>();
        read::<(u8, T, u8)>();
        read::<HashMap<String, T>>();
        read::<BTreeMap<u8, (T, T)>>();
        read::<Result<T, T>>();
        read::<Newtype<T>>();
        read::<(Newtype<T>, u8)>();
        read::<Pair<T>>();
        read::<(Pair<T>, u8)>();
        read::<Either<T>>();
        read::<(Either<T>, u8)>();
        read::<Untagged<T>>();
        read::<Holder<T>>();
        read::<Vec<(Holder<Option<T>>, u8)>>();
        read::<(Holder<Vec<T>>, Holder<T>, T)>();
        read::<std::ops::Range<T>>();
        read::<std::cell::RefCell<T>>();
    }

    #[test]
    fn no_code_of_the_users_sees_a_made_up_value() {
        everywhere::<Percent>();
        everywhere::<Even>();
        everywhere::<Named>();
        everywhere::<Visited>();
        everywhere::<Dropped>();
        everywhere::<Checked>();
        everywhere::<Ordered>();
        everywhere::<With>();
        everywhere::<NewtypeWith>();
        everywhere::<Transparent>();
        everywhere::<Variants>();
        everywhere::<BTreeMap<Ordered, u8>>();
        everywhere::<HashMap<Ordered, Ordered>>();
        everywhere::<std::collections::BTreeSet<Ordered>>();
        everywhere::<(Dropped, Ordered)>();
    }
}

/// Types whose code does nothing with values are followed through.
#[test]
fn derived_types_are_known_behind_each_other() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Point {
        x: f64,
        y: f64,
    }

    #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    struct Number(u32);

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Shape {
        from: Point,
        to: Point,
        #[serde(default)]
        of: Vec<Point>,
        kind: Kind,
        name: String,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Full(Point),
        Empty,
    }

    check_same::<(Point, Number, Kind, String)>(
        "(Point {x: float, y: float}, int, Kind <Full: Point {x: float, y: float} | Empty>, str)",
    );
    check::<Shape>(
        "Shape {from: Point {x: float, y: float}, to: Point {x: float, y: float}, of?: [Point {x: float, y: float}], kind: Kind <Full: Point {x: float, y: float} | Empty>, name: str}",
        "Shape {from: Point {x: float, y: float}, to: Point {x: float, y: float}, of: [Point {x: float, y: float}], kind: Kind <Full: Point {x: float, y: float} | Empty>, name: str}",
    );
    let line = types::<Line>();
    check::<BTreeMap<Number, Vec<(Number, Line)>>>(
        &format!("{{int: [(int, {})]}}", line.read),
        &format!("{{int: [(int, {})]}}", line.sent),
    );
    check_same::<std::borrow::Cow<'static, str>>("str");
    check_same::<Box<[Point]>>("[Point {x: float, y: float}]");
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
        let told = types::<T>().read.stream_of().to_value();
        assert_eq!(Schema::from_value(&told).to_value(), told);
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
        assert_eq!(
            Schema::from_value(&unknown),
            Schema::default(),
            "{unknown:?}"
        );
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
    RouteTypes {
        name,
        data,
        reply,
        failure: super::ReplyTypes::NOTHING.failure,
    }
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
    let at_client = client.compare(server.payload()).unwrap().mismatches;
    let texts: Vec<String> = at_client.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "route `add`: you send (int, int), the peer expects (float, str)",
            "route `items`: you send stream of int, the peer expects int",
        ]
    );
    let at_server = server.compare(client.payload()).unwrap().mismatches;
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
        if let Ok(super::Told { mismatches, .. }) = contract.compare(&bytes) {
            prop_assert!(mismatches.len() <= super::MAX_MISMATCHES);
        }
    }
}
