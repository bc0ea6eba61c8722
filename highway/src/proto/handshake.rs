//! The meta exchange: encodes and decodes the route tables that both sides send.
//!
//! A table maps ids to names: `{"0":"meta","1":"echo"}`; dialect 0.1 wraps it as `{"routes":{…}}`.

use std::{
    borrow::Cow,
    cmp::Ordering,
    fmt::{self, Write as _},
};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::{
    contract::EMPTY,
    limits::Limits,
    metrics::SlotCell,
    payload::decimal_digit,
    shown::Shown,
    wire::{DataType, Dialect, Header, Kind, RouteId},
};

/// The name of the route on which tables are sent.
pub const META: &str = "meta";

/// The name under which a peer with the extension announces it, with the highest id.
pub const EXTENSION: &str = "highway/1";

/// The routes that one side serves, as it sends them.
#[derive(Debug)]
pub struct LocalTable {
    routes: usize,
    map: String,
    contract: Cow<'static, [u8]>,
    reads_traceparents: bool,
}

impl LocalTable {
    /// The table of routes whose ids are their places, from 1.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut map = format!("{{\"0\":\"{META}\"");
        let mut routes = 0;
        for name in names {
            routes += 1;
            // Writing to a text cannot fail.
            let _ = write!(map, ",\"{routes}\":{}", serde_json::Value::from(name));
        }
        map.push('}');
        Self {
            routes,
            map,
            contract: EMPTY.into(),
            reads_traceparents: false,
        }
    }

    /// The same with the types of the routes: the payload of a [contract](crate::contract). Without, an empty one
    /// is sent.
    pub fn with_contract(self, payload: impl Into<Cow<'static, [u8]>>) -> Self {
        let contract = payload.into();
        Self { contract, ..self }
    }

    /// The same for a side that reads the [traceparents](crate::wire::Traceparent) of calls and streams, which its contract has to say: see
    /// [`Contract::payload_with_traceparent`](crate::contract::Contract::payload_with_traceparent). Any other side refuses them.
    pub fn reading_traceparents(self) -> Self {
        Self {
            reads_traceparents: true,
            ..self
        }
    }

    /// Whether it is the table of such a side.
    pub(crate) fn reads_traceparents(&self) -> bool {
        self.reads_traceparents
    }

    /// The message with the contract, for a peer with the extension.
    pub fn contract(&self) -> Vec<u8> {
        let header = Header {
            code: Dialect::V02.code(DataType::Dict).unwrap_or_default(),
            kind: Kind::Contract.code(),
            route: RouteId::META,
        };
        [&header.to_bytes(), &*self.contract].concat()
    }

    /// Whether a route has this id.
    pub fn contains(&self, id: RouteId) -> bool {
        id != RouteId::META && usize::from(id.0) <= self.routes
    }

    /// Whether there is an id left under which the extension is announced.
    pub fn can_announce(&self) -> bool {
        self.routes < usize::from(RouteId::EXTENSION.0)
    }

    /// The message with the table, for the peer's meta route; in [`Dialect::Extended`] it announces the extension, if
    /// it [can](Self::can_announce).
    pub fn message(&self, dialect: Dialect, meta: RouteId) -> Vec<u8> {
        let code = dialect.code(DataType::Dict).unwrap_or_default();
        let header = Header {
            code,
            kind: 0,
            route: meta,
        };
        let mut message = header.to_bytes().to_vec();
        match dialect {
            Dialect::Extended if self.can_announce() => {
                message
                    .extend_from_slice(self.map.strip_suffix('}').unwrap_or(&self.map).as_bytes());
                let id = RouteId::EXTENSION;
                message.extend_from_slice(format!(",\"{id}\":\"{EXTENSION}\"}}").as_bytes());
            }
            Dialect::V02 | Dialect::Extended => message.extend_from_slice(self.map.as_bytes()),
            Dialect::V01 => {
                message.extend_from_slice(b"{\"routes\":");
                message.extend_from_slice(self.map.as_bytes());
                message.push(b'}');
            }
        }
        message
    }
}

/// How large a peer's table may be.
#[derive(Debug, Clone, Copy)]
pub struct TableLimits {
    /// The most routes.
    pub routes: usize,
    /// The most bytes of its text, checked before it is parsed.
    pub bytes: usize,
}

impl Default for TableLimits {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            routes: limits.peer_routes,
            bytes: limits.peer_routes_bytes,
        }
    }
}

/// So many routes are looked through one by one: most names differ in their length already.
const FEW: usize = 8;

/// The routes that the peer sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PeerTable {
    /// Sorted by [`order`]: most peers have few routes, and hashing a name costs more than two comparisons.
    routes: Vec<PeerRoute>,
    extended: bool,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PeerRoute {
    name: Box<str>,
    pub(crate) id: RouteId,
    /// Where this side counts what it sends there.
    pub(crate) slot: SlotCell,
}

/// Why a peer's table was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableError {
    /// Its text is longer than the limit.
    TooLong {
        /// The bytes that came.
        bytes: usize,
        /// The most that may come.
        limit: usize,
    },
    /// It has more routes than the limit.
    TooManyRoutes {
        /// The most that may come.
        limit: usize,
    },
    /// It maps no ids to names.
    Malformed(String),
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes, limit } => {
                write!(
                    f,
                    "the peer's route table has {bytes} bytes; the limit is {limit}"
                )
            }
            Self::TooManyRoutes { limit } => {
                write!(
                    f,
                    "the peer's route table has more than {limit} routes, which is the limit"
                )
            }
            Self::Malformed(why) => {
                write!(
                    f,
                    "the peer's route table can't be read: {}",
                    Shown::new(why)
                )
            }
        }
    }
}

impl std::error::Error for TableError {}

impl PeerTable {
    /// Reads the payload of a table.
    ///
    /// Ids above 65,535 are passed over since no message can name them; of a name that comes twice the later id counts.
    ///
    /// # Errors
    /// When it is over the limits, or maps no ids to names.
    pub fn parse(
        dialect: Dialect,
        payload: &[u8],
        limits: TableLimits,
    ) -> Result<Self, TableError> {
        if payload.len() > limits.bytes {
            return Err(TableError::TooLong {
                bytes: payload.len(),
                limit: limits.bytes,
            });
        }
        let entries = match dialect {
            Dialect::V02 | Dialect::Extended => serde_json::from_slice::<Entries>(payload),
            Dialect::V01 => serde_json::from_slice::<Wrapped>(payload).map(|wrapped| wrapped.0),
        };
        let Entries(entries) = entries.map_err(|error| TableError::Malformed(error.to_string()))?;
        let mut table = Self::default();
        for (key, name) in entries {
            let id = route_id(&key).ok_or_else(|| {
                TableError::Malformed(format!("{:?} is not a route id", clip(&key)))
            })?;
            let Ok(id) = u16::try_from(id) else { continue };
            let id = RouteId(id);
            if id == RouteId::EXTENSION && name == EXTENSION {
                table.extended = true;
                continue;
            }
            table.routes.push(PeerRoute {
                name: name.into(),
                id,
                slot: SlotCell::default(),
            });
        }
        // Stable, so that of equal names the last one told is the last.
        table.routes.sort_by(|a, b| order(&a.name, &b.name));
        table.routes.dedup_by(|later, kept| {
            let equal = later.name == kept.name;
            if equal {
                kept.id = later.id;
            }
            equal
        });
        // `meta` is told with every table and is nothing that a limit is for.
        if table.routes.len() > limits.routes.saturating_add(1) {
            return Err(TableError::TooManyRoutes {
                limit: limits.routes,
            });
        }
        Ok(table)
    }

    /// The same without some of the routes.
    pub(crate) fn without(&self, is_left_out: impl Fn(&str) -> bool) -> Self {
        let routes = self.routes.iter();
        Self {
            routes: routes
                .filter(|route| !is_left_out(&route.name))
                .cloned()
                .collect(),
            extended: self.extended,
        }
    }

    /// The id of a route.
    #[inline]
    pub fn id(&self, name: &str) -> Option<RouteId> {
        self.route(name).map(|route| route.id)
    }

    /// A route.
    #[inline]
    pub(crate) fn route(&self, name: &str) -> Option<&PeerRoute> {
        if self.routes.len() <= FEW {
            let mut routes = self.routes.iter();
            return routes.find(|route| *route.name == *name);
        }
        let place = self
            .routes
            .binary_search_by(|route| order(&route.name, name))
            .ok()?;
        self.routes.get(place)
    }

    /// The id of the peer's meta route: 0 when it sent none.
    pub fn meta(&self) -> RouteId {
        self.id(META).unwrap_or(RouteId::META)
    }

    /// Whether the peer speaks the extension.
    pub fn is_extended(&self) -> bool {
        self.extended
    }

    /// The name of the route with an id.
    pub fn name(&self, id: RouteId) -> Option<&str> {
        let route = self.routes.iter().find(|route| route.id == id);
        route.map(|route| &*route.name)
    }

    /// The names of the peer's routes, without `meta`, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .routes
            .iter()
            .map(|route| &*route.name)
            .filter(|&name| name != META)
            .collect();
        names.sort_unstable();
        names
    }

    /// The names nearest to one that is not there, for errors: three at most.
    pub fn nearest(&self, name: &str) -> Vec<String> {
        let mut near: Vec<(usize, &str)> = self
            .names()
            .into_iter()
            .map(|known| (strsim::damerau_levenshtein(name, known), known))
            .filter(|&(distance, known)| distance <= 1.max(known.chars().count() / 2))
            .collect();
        near.sort_unstable();
        near.into_iter()
            .take(3)
            .map(|(_, known)| known.to_owned())
            .collect()
    }
}

/// The number that a table's key is: decimal digits of any script and nothing else, as Python's `isdigit` and `int` agree.
fn route_id(key: &str) -> Option<u64> {
    if key.is_empty() {
        return None;
    }
    key.chars().try_fold(0u64, |number, char| {
        let digit = decimal_digit(char)?.to_digit(10)?;
        Some(number.saturating_mul(10).saturating_add(digit.into()))
    })
}

/// Shorter names first: comparing lengths tells most names apart.
#[inline]
fn order(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn clip(text: &str) -> String {
    text.chars().take(32).collect()
}

/// `{"0":"meta",…}`
struct Entries<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;

        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from route ids to names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some((Text(key), Text(name))) = map.next_entry()? {
                    entries.push((key, name));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor)
    }
}

/// `{"routes":{…}}`; what else stands in it is passed over, as highway.py 0.1 does.
struct Wrapped<'a>(Entries<'a>);

impl<'de> Deserialize<'de> for Wrapped<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WrappedVisitor;

        impl<'de> Visitor<'de> for WrappedVisitor {
            type Value = Wrapped<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with `routes`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut routes = None;
                while let Some(Text(key)) = map.next_key()? {
                    if key == "routes" {
                        routes = Some(map.next_value()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                routes
                    .map(Wrapped)
                    .ok_or_else(|| serde::de::Error::missing_field("routes"))
            }
        }

        deserializer.deserialize_map(WrappedVisitor)
    }
}

/// A text that is borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dialect: Dialect, text: &str, expected: &[(&str, u16)]) {
        let table = PeerTable::parse(dialect, text.as_bytes(), TableLimits::default())
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        for &(name, id) in expected {
            assert_eq!(table.id(name), Some(RouteId(id)), "{name} of {text}");
        }
        assert_eq!(table.routes.len(), expected.len(), "{text}");
    }

    #[track_caller]
    fn check_refused(dialect: Dialect, text: &str) {
        let table = PeerTable::parse(dialect, text.as_bytes(), TableLimits::default());
        assert!(table.is_err(), "{text}: {table:?}");
    }

    #[test]
    fn local_table_is_told_in_both_dialects() {
        let table = LocalTable::new(["echo", "a\"b"]);
        assert_eq!(
            table.message(Dialect::V02, RouteId(7)),
            b"\x05\0\x07\0{\"0\":\"meta\",\"1\":\"echo\",\"2\":\"a\\\"b\"}"
        );
        assert_eq!(
            table.message(Dialect::V01, RouteId::META),
            b"\x01\0\0\0{\"routes\":{\"0\":\"meta\",\"1\":\"echo\",\"2\":\"a\\\"b\"}}"
        );
        assert!(!table.contains(RouteId(0)));
        assert!(table.contains(RouteId(2)));
        assert!(!table.contains(RouteId(3)));
    }

    #[test]
    fn peer_tables_are_read_as_the_reference_reads_them() {
        check(
            Dialect::V02,
            r#"{"0":"meta","1":"echo"}"#,
            &[("meta", 0), ("echo", 1)],
        );
        check(
            Dialect::V02,
            r#"{"7":"meta","01":"echo"}"#,
            &[("meta", 7), ("echo", 1)],
        );
        check(
            Dialect::V02,
            r#"{"0":"meta","1":"a","2":"a"}"#,
            &[("meta", 0), ("a", 2)],
        );
        check(
            Dialect::V02,
            r#"{"0":"meta","65536":"far"}"#,
            &[("meta", 0)],
        );
        check(Dialect::V02, "{}", &[]);
        check(
            Dialect::V02,
            "{\"0\":\"meta\",\"\u{663}\":\"echo\"}",
            &[("meta", 0), ("echo", 3)],
        );
        check(
            Dialect::V01,
            r#"{"x":[1],"routes":{"0":"meta","1":"echo"}}"#,
            &[("meta", 0), ("echo", 1)],
        );
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for text in [
            "[]",
            "null",
            "5",
            "\"x\"",
            "{",
            "",
            r#"{"a":"meta"}"#,
            r#"{"":"meta"}"#,
            r#"{" 1":"meta"}"#,
            r#"{"+1":"meta"}"#,
            r#"{"-1":"meta"}"#,
            r#"{"1.5":"meta"}"#,
            "{\"\u{b2}\":\"meta\"}",
            r#"{"0":5}"#,
        ] {
            check_refused(Dialect::V02, text);
        }
        check_refused(Dialect::V01, r#"{"0":"meta"}"#);
        check_refused(Dialect::V01, r#"{"routes":["meta"]}"#);
    }

    #[test]
    fn extension_is_no_route() {
        let text = br#"{"0":"meta","65535":"highway/1"}"#;
        let table = PeerTable::parse(Dialect::V02, text, TableLimits::default()).unwrap();
        assert!(table.is_extended());
        assert_eq!(table.id(EXTENSION), None);
    }

    #[test]
    fn limits_hold() {
        let limits = TableLimits {
            routes: 2,
            bytes: 60,
        };
        let parse = |text: &str| PeerTable::parse(Dialect::V02, text.as_bytes(), limits);
        assert!(parse(r#"{"0":"meta","1":"a","2":"b"}"#).is_ok());
        assert_eq!(
            parse(r#"{"0":"meta","1":"a","2":"b","3":"c"}"#),
            Err(TableError::TooManyRoutes { limit: 2 })
        );
        let long = format!("{:61}", "{}");
        assert_eq!(
            parse(&long),
            Err(TableError::TooLong {
                bytes: 61,
                limit: 60
            })
        );
    }

    #[test]
    fn nearest_names_come_first() {
        let table = PeerTable::parse(
            Dialect::V02,
            br#"{"0":"meta","1":"echo","2":"ecco","3":"other"}"#,
            TableLimits::default(),
        )
        .unwrap();
        assert_eq!(table.nearest("echoo"), ["echo", "ecco"]);
        assert_eq!(table.names(), ["ecco", "echo", "other"]);
    }
}
