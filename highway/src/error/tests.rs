use std::collections::HashMap;

use super::*;
use crate::{
    CloseCode,
    contract::{Owner, RoutePart},
    payload::{self, Path},
    proto::handshake::TableError,
    value::{Dict, Value},
    wire::Dialect,
};

/// What forges a line, steers a terminal in two ways, and turns the line around.
const FORGED: &str =
    "x\r\n2030-01-01T00:00:00Z ERROR all is lost \u{1b}[2J\u{9b}31m\u{202e}\u{2028}";

#[track_caller]
fn check_shown(text: &str, what: &dyn fmt::Debug) {
    let steers = |char: char| char.is_control() || matches!(char, '\u{202e}' | '\u{2028}');
    assert!(!text.contains(steers), "{text:?} of {what:?}");
}

fn mismatches(text: &str) -> Vec<Mismatch> {
    let missing = Mismatch::Missing {
        route: text.to_owned(),
        owner: Owner::This,
    };
    let of = |owner, part| Mismatch::Types {
        route: text.to_owned(),
        owner,
        part,
        sent: text.to_owned(),
        expected: text.to_owned(),
        at: format!(".{text}"),
    };
    vec![
        missing,
        of(Owner::Peer, RoutePart::Input),
        of(Owner::Peer, RoutePart::Output),
        of(Owner::This, RoutePart::Input),
        of(Owner::This, RoutePart::Output),
    ]
}

fn connect_errors(text: &str) -> Vec<ConnectError> {
    let io = || io::Error::other(text.to_owned());
    let errors = vec![
        ConnectError::Url(text.to_owned()),
        ConnectError::Io(io()),
        ConnectError::Tls(io()),
        ConnectError::Refused {
            status: http::StatusCode::FORBIDDEN,
            body: text.to_owned(),
            retry_after: None,
        },
        ConnectError::Upgrade(text.to_owned()),
        ConnectError::Contract(mismatches(text)),
        ConnectError::Closed(Close::new(CloseCode(4000), text.to_owned())),
        ConnectError::Prepare {
            failure: Failure::new(text).with_code(text),
        },
        ConnectError::Ready {
            failure: Failure::new(text).with_code(text),
        },
        ConnectError::Timeout,
    ];
    for error in &errors {
        // A variant that is not here belongs above as well.
        match error {
            ConnectError::Url(_)
            | ConnectError::Io(_)
            | ConnectError::Tls(_)
            | ConnectError::Refused { .. }
            | ConnectError::Upgrade(_)
            | ConnectError::Contract(_)
            | ConnectError::Closed(_)
            | ConnectError::Prepare { .. }
            | ConnectError::Ready { .. }
            | ConnectError::Timeout => {}
        }
    }
    errors
}

/// Errors of all variants, in which every text is one that a peer chose.
#[expect(clippy::too_many_lines, reason = "it goes through all variants")]
fn errors(text: &str) -> Vec<Error> {
    let route = || text.to_owned();
    let failure = || Failure::new(text).with_code(text).with_data(text);
    let close = || Close::new(CloseCode(4000), text.to_owned());
    let to: ConnectionId = "7".parse().expect("an id");
    let pipe = |source| Error::Pipe { to, source };
    let limit = 7;
    let bad_limits = crate::Limits {
        message_bytes: 0,
        ..Default::default()
    };
    let mut errors = vec![
        Error::NoSuchRoute {
            route: route(),
            nearest: vec![route()],
        },
        Error::NoSuchRoute {
            route: route(),
            nearest: vec![route(); 3],
        },
        Error::Encode {
            route: route(),
            source: EncodeError::Other {
                message: text.to_owned(),
                path: Path::default(),
            },
        },
        Error::NotReady { route: route() },
        Error::NoCalls { route: route() },
        Error::TooManyCalls {
            route: route(),
            limit,
        },
        Error::Refused {
            route: route(),
            failure: failure(),
        },
        Error::DataNotConverted {
            route: route(),
            message: text.to_owned(),
        },
        Error::WrongShape {
            route: route(),
            message: text.to_owned(),
        },
        Error::RouteBroken {
            route: route(),
            message: text.to_owned(),
        },
        Error::Busy { route: route() },
        Error::TimedOut {
            route: route(),
            after: Duration::from_secs(1),
        },
        Error::Cancelled { route: route() },
        pipe(PipeError::Unsupported),
        pipe(PipeError::TooMany { limit }),
        pipe(PipeError::Refused { failure: failure() }),
        pipe(PipeError::Ready { failure: failure() }),
        pipe(PipeError::TimedOut {
            after: Duration::from_secs(1),
        }),
        pipe(PipeError::Cancelled),
        Error::OutboxFull {
            route: route(),
            bytes: limit,
        },
        Error::Closed(close()),
        Error::Disconnected(close()),
        Error::TooManyKept {
            route: route(),
            limit,
        },
        Error::Expired { route: route() },
        Error::NoSuchConnection(to),
        Error::TooManyRooms {
            rooms: limit,
            bytes: limit,
        },
        Error::NameTooLong { bytes: limit },
        Error::CloseCode(CloseCode::NO_CODE),
        Error::NoRuntime,
        Error::Limit(bad_limits.check().expect_err("no message fits")),
        Error::bind(text, io::Error::other(text.to_owned())),
        Error::Tls(text.into()),
    ];
    for source in decode_errors(text) {
        errors.push(Error::ReplyNotConverted {
            route: route(),
            source,
        });
    }
    errors.extend(
        mismatches(text)
            .into_iter()
            .map(Box::new)
            .map(Error::Contract),
    );
    let connect = connect_errors(text).into_iter();
    errors.extend(connect.map(|source| Error::connect(text, source)));
    for error in &errors {
        // A variant that is not here belongs above as well.
        match error {
            Error::NoSuchRoute { .. }
            | Error::Contract(_)
            | Error::Encode { .. }
            | Error::NotReady { .. }
            | Error::NoCalls { .. }
            | Error::TooManyCalls { .. }
            | Error::Refused { .. }
            | Error::DataNotConverted { .. }
            | Error::ReplyNotConverted { .. }
            | Error::WrongShape { .. }
            | Error::RouteBroken { .. }
            | Error::Busy { .. }
            | Error::TimedOut { .. }
            | Error::Cancelled { .. }
            | Error::Pipe { .. }
            | Error::OutboxFull { .. }
            | Error::Closed(_)
            | Error::Disconnected(_)
            | Error::TooManyKept { .. }
            | Error::Expired { .. }
            | Error::NoSuchConnection(_)
            | Error::TooManyRooms { .. }
            | Error::NameTooLong { .. }
            | Error::CloseCode(_)
            | Error::NoRuntime
            | Error::Limit(_)
            | Error::Bind { .. }
            | Error::Connect { .. }
            | Error::Tls(_) => {}
        }
    }
    errors
}

/// What comes of reading a peer's texts as other things.
fn decode_errors(text: &str) -> Vec<DecodeError> {
    #[derive(Debug, serde::Deserialize)]
    enum Color {
        Red,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Point {
        #[expect(dead_code, reason = "no value comes of it")]
        x: u8,
    }

    #[derive(Debug)]
    struct Named;

    impl<'de> serde::Deserialize<'de> for Named {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let name = <&str>::deserialize(deserializer)?;
            Err(serde::de::Error::custom(format!("{name} has no name")))
        }
    }

    fn read<T: fmt::Debug + serde::de::DeserializeOwned>(value: impl Into<Value>) -> DecodeError {
        let dialect = Dialect::Extended;
        let mut payload = Vec::new();
        let code = payload::encode(dialect, &value.into(), &mut payload).expect("it can be sent");
        let data_type = dialect.data_type(code).expect("it has a type");
        *payload::decode::<T>(dialect, data_type, &payload).expect_err("it is something else")
    }

    let under_key = || [(text, text)].into_iter().collect::<Dict>();
    vec![
        read::<u8>(text),
        read::<char>(text),
        read::<Color>(text),
        read::<Named>(text),
        read::<Vec<Named>>(vec![text]),
        read::<Point>(under_key()),
        read::<HashMap<String, u8>>(under_key()),
        read::<HashMap<String, Option<Named>>>(under_key()),
        DecodeError::Mismatch {
            expected: text.to_owned(),
            received: text.to_owned(),
            path: Path::default(),
        },
    ]
}

#[test]
fn no_text_of_a_peer_is_shown_as_it_came() {
    for error in errors(FORGED) {
        check_shown(&error.to_string(), &error);
        check_shown(&format!("{error:?}"), &error);
    }
    for error in connect_errors(FORGED) {
        check_shown(&error.to_string(), &error);
    }
    let failure = Failure::new(FORGED).with_code(FORGED).with_data(FORGED);
    check_shown(&failure.to_string(), &failure);
    check_shown(&format!("{failure:?}"), &failure);
    let close = Close::new(CloseCode(4000), FORGED);
    check_shown(&close.to_string(), &close);
    check_shown(&format!("{close:?}"), &close);
    let table = TableError::Malformed(FORGED.to_owned());
    check_shown(&table.to_string(), &table);
}

#[test]
fn no_text_of_a_peer_is_shown_without_an_end() {
    for error in errors(&"\u{1b}".repeat(1_000_000)) {
        let len = error.to_string().len();
        assert!(len < 10_000, "{len} bytes of {:.200}", error.to_string());
    }
}

#[test]
fn errors_say_what_they_are_about_and_how_it_ended() {
    for error in errors("unique") {
        let fields = format!("{error:?}");
        // An attempt to connect may tell of many.
        let has_route = fields.contains("route: ") && !fields.starts_with("Connect");
        assert_eq!(error.route().is_some(), has_route, "{fields}");
        let has_failure = fields.contains("failure: ");
        assert_eq!(error.failure().is_some(), has_failure, "{fields}");
        assert_eq!(error.code().is_some(), has_failure, "{fields}");
        let is_timeout = ["TimedOut", "Expired", "Timeout"]
            .iter()
            .any(|name| fields.contains(name));
        assert_eq!(error.is_timeout(), is_timeout, "{fields}");
        let is_closed = fields.starts_with("Closed(") || fields.starts_with("Disconnected(");
        assert_eq!(error.is_closed(), is_closed, "{fields}");
        assert!(!is_closed || error.close().is_some(), "{fields}");
    }
}

#[derive(Debug)]
struct Layer(&'static str, Option<Box<Layer>>);

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl StdError for Layer {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let below = self.1.as_deref()?;
        Some(below)
    }
}

/// As anyhow and others report errors.
#[test]
fn sources_say_nothing_that_was_said() {
    let layers = || Layer("outer", Some(Box::new(Layer("inner", None))));
    let io = || io::Error::other(layers());
    let layered = [
        Error::bind("address", io()),
        Error::connect("url", ConnectError::Io(io())),
        Error::connect("url", ConnectError::Tls(io())),
        Error::Tls(Box::new(layers())),
    ];
    let inner = layered.len();
    for (place, error) in layered.into_iter().chain(errors("unique")).enumerate() {
        let mut texts = vec![error.to_string()];
        let mut next = error.source();
        while let Some(source) = next {
            texts.push(source.to_string());
            next = source.source();
        }
        let (whole, sources) = texts.split_first().expect("an error has a text");
        if place < inner {
            assert!(whole.ends_with("outer"), "{whole}");
            assert_eq!(sources, ["inner"], "{error:?}");
        } else {
            assert!(sources.is_empty(), "{texts:?}");
        }
    }
}
