use std::{collections::HashMap, time::Duration};

use super::*;
use crate::{
    CloseCode,
    contract::{Owner, RoutePart},
    payload::{self, DecodeError, EncodeError, Path},
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

fn send_errors(text: &str) -> Vec<SendError> {
    let encode = EncodeError::Other {
        message: text.to_owned(),
        path: Path::default(),
    };
    let nearest = |count| SendError::NoSuchRoute {
        nearest: vec![text.to_owned(); count],
    };
    let mut errors = vec![
        nearest(0),
        nearest(1),
        nearest(3),
        SendError::Encode(encode),
        SendError::NotReady,
        SendError::OutboxFull { bytes: 7 },
        SendError::TimedOut {
            after: Duration::from_secs(1),
        },
        SendError::TooManyKept { limit: 7 },
        SendError::Expired,
    ];
    let boxed = mismatches(text).into_iter().map(Box::new);
    errors.extend(boxed.map(SendError::Contract));
    for error in &errors {
        // A variant that is not here belongs above as well.
        match error {
            SendError::NoSuchRoute { .. }
            | SendError::Contract(_)
            | SendError::Encode(_)
            | SendError::NotReady
            | SendError::OutboxFull { .. }
            | SendError::TimedOut { .. }
            | SendError::TooManyKept { .. }
            | SendError::Expired => {}
        }
    }
    errors
}

fn call_errors(text: &str) -> Vec<CallError> {
    let message = || text.to_owned();
    let mut errors = vec![
        CallError::Unsupported,
        CallError::TooMany { limit: 7 },
        CallError::Refused {
            failure: Failure::new(text).with_code(text).with_data(text),
        },
        CallError::DataNotConverted { message: message() },
        CallError::WrongShape { message: message() },
        CallError::RouteBroken { message: message() },
        CallError::Busy,
        CallError::TimedOut {
            after: Duration::from_secs(1),
        },
        CallError::Cancelled,
    ];
    let boxed = decode_errors(text).into_iter().map(Box::new);
    errors.extend(boxed.map(CallError::ReplyNotConverted));
    for error in &errors {
        // A variant that is not here belongs above as well.
        match error {
            CallError::Unsupported
            | CallError::TooMany { .. }
            | CallError::Refused { .. }
            | CallError::DataNotConverted { .. }
            | CallError::ReplyNotConverted(_)
            | CallError::WrongShape { .. }
            | CallError::RouteBroken { .. }
            | CallError::Busy
            | CallError::TimedOut { .. }
            | CallError::Cancelled => {}
        }
    }
    errors
}

fn pipe_errors(text: &str) -> Vec<PipeError> {
    let failure = || Failure::new(text).with_code(text).with_data(text);
    let errors = vec![
        PipeError::Unsupported,
        PipeError::TooMany { limit: 7 },
        PipeError::Refused { failure: failure() },
        PipeError::Ready { failure: failure() },
        PipeError::TimedOut {
            after: Duration::from_secs(1),
        },
        PipeError::Cancelled,
    ];
    for error in &errors {
        // A variant that is not here belongs above as well.
        match error {
            PipeError::Unsupported
            | PipeError::TooMany { .. }
            | PipeError::Refused { .. }
            | PipeError::Ready { .. }
            | PipeError::TimedOut { .. }
            | PipeError::Cancelled => {}
        }
    }
    errors
}

fn target_errors() -> Vec<TargetError> {
    let errors = vec![
        TargetError::NoSuchConnection(7.into()),
        TargetError::TooManyRooms { rooms: 7, bytes: 7 },
        TargetError::NameTooLong { bytes: 7 },
    ];
    for error in &errors {
        // A variant that is not here belongs above as well.
        match error {
            TargetError::NoSuchConnection(_)
            | TargetError::TooManyRooms { .. }
            | TargetError::NameTooLong { .. } => {}
        }
    }
    errors
}

/// Errors of all variants, in which every text is one that a peer chose.
fn errors(text: &str) -> Vec<Error> {
    let close = || Close::new(CloseCode(4000), text.to_owned());
    let to = ConnectionId::from(7);
    let bad_limits = crate::Limits {
        message_bytes: 0,
        ..Default::default()
    };
    let mut errors = vec![
        Error::Closed(close()),
        Error::Disconnected(close()),
        Error::CloseCode(CloseCode::NO_CODE),
        Error::NoRuntime,
        Error::Limit(bad_limits.check().expect_err("no message fits")),
        Error::InvalidOption {
            name: "origins",
            message: text.to_owned(),
        },
        Error::bind(text, io::Error::other(text.to_owned())),
        Error::Tls(text.into()),
    ];
    let send = send_errors(text).into_iter();
    errors.extend(send.map(|source| Error::not_sent(text, source)));
    let call = call_errors(text).into_iter();
    errors.extend(call.map(|source| Error::call(text, source)));
    let pipe = pipe_errors(text).into_iter();
    errors.extend(pipe.map(|source| Error::Pipe { to, source }));
    errors.extend(target_errors().into_iter().map(Error::Target));
    let connect = connect_errors(text).into_iter();
    errors.extend(connect.map(|source| Error::connect(text, source)));
    for error in &errors {
        // A variant that is not here belongs above as well.
        match error {
            Error::NotSent { .. }
            | Error::Call { .. }
            | Error::Pipe { .. }
            | Error::Target(_)
            | Error::Closed(_)
            | Error::Disconnected(_)
            | Error::CloseCode(_)
            | Error::NoRuntime
            | Error::Limit(_)
            | Error::InvalidOption { .. }
            | Error::Bind { .. }
            | Error::Connect { .. }
            | Error::Tls(_) => {}
        }
    }
    errors
}

/// The errors that stand in others.
fn inner_errors(text: &str) -> Vec<Box<dyn StdError>> {
    fn boxed<E: StdError + 'static>(errors: Vec<E>) -> impl Iterator<Item = Box<dyn StdError>> {
        let errors = errors.into_iter();
        errors.map(|error| -> Box<dyn StdError> { Box::new(error) })
    }

    boxed(send_errors(text))
        .chain(boxed(call_errors(text)))
        .chain(boxed(pipe_errors(text)))
        .chain(boxed(target_errors()))
        .chain(boxed(connect_errors(text)))
        .collect()
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
    for error in inner_errors(FORGED) {
        check_shown(&error.to_string(), &error);
        check_shown(&format!("{error:?}"), &error);
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
    let long = "\u{1b}".repeat(1_000_000);
    let outer = errors(&long).into_iter().map(|error| error.to_string());
    let inner = inner_errors(&long);
    for text in outer.chain(inner.iter().map(ToString::to_string)) {
        assert!(text.len() < 10_000, "{} bytes of {text:.200}", text.len());
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

#[test]
fn texts_name_the_route_and_say_what_the_error_inside_says() {
    for error in errors("unique") {
        let inner: &dyn StdError = match &error {
            Error::NotSent { source, .. } => source,
            Error::Call { source, .. } => source,
            Error::Pipe { source, .. } => source,
            Error::Connect { source, .. } => source,
            Error::Target(source) => source,
            _ => continue,
        };
        let (text, inner) = (error.to_string(), inner.to_string());
        assert!(!inner.is_empty() && text.ends_with(&inner), "{text}");
        let names_route = error.route().is_none_or(|route| text.contains(route));
        assert!(names_route, "{text}");
    }
}

/// Every result with an error is at least as large.
#[test]
fn errors_are_small() {
    let sizes = [size_of::<Error>(), size_of::<Result<Value>>()];
    assert!(sizes.iter().all(|&size| size <= 80), "{sizes:?}");
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
