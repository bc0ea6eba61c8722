//! AsyncAPI: what its own parser says of the documents, and a validator of JSON Schema of values.

use std::collections::BTreeMap;

use expect_test::expect_file;
use highway::{Bytes, Value, description::Role, generate::AsyncApi, payload, wire::Dialect};
use highway_tests::{AsyncApiTools, Outcome, Trial, trials};
use serde::Serialize;
use serde_json::json;

use super::chat::{Card, Chat, DivisionError, Line, Me, Shape};

pub(super) fn trials() -> Vec<Trial> {
    trials![
        asyncapi_is_generated_as_it_was,
        asyncapi_is_valid_for_its_parser,
        asyncapi_has_schemas_that_take_what_is_sent,
        asyncapi_has_schemas_that_refuse_what_does_not_fit,
        asyncapi_keeps_names_that_are_hard_to_have,
    ]
}

fn document(side: Role) -> String {
    AsyncApi::new()
        .side(side)
        .version("2.1.0")
        .url("wss://ada:secret@chat.example:8443/rooms")
        .generate(&Chat::describe())
        .unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "a trial may be unable to run")]
fn asyncapi_is_generated_as_it_was() -> Outcome {
    expect_file!["chat.asyncapi.json"].assert_eq(&document(Role::Server));
    Ok(())
}

fn asyncapi_is_valid_for_its_parser() -> Outcome {
    let tools = AsyncApiTools::find()?;
    let of_both = [
        (document(Role::Server), "receive", "send"),
        (document(Role::Client), "send", "receive"),
        // Of the client's own description.
        (
            AsyncApi::new().generate(&Me::describe()).unwrap(),
            "send",
            "receive",
        ),
    ];
    for (text, of_server, of_client) in of_both {
        let checked = tools.check(&text, &[])?;
        assert_eq!(errors(&checked.diagnostics), Vec::<String>::new());
        let operation = |id: &str| {
            let found = checked.operations.iter().find(|of| of.id == id);
            found.unwrap_or_else(|| panic!("{id}"))
        };
        for (id, action, replies) in [
            ("server.say", of_server, &[][..]),
            (
                "server.divide",
                of_server,
                &["server.divide.reply", "server.divide.failure"],
            ),
            (
                "server.count",
                of_server,
                &["server.count.item", "server.count.failure"],
            ),
            ("client.said", of_client, &[]),
            (
                "client.ask",
                of_client,
                &["client.ask.reply", "client.ask.failure"],
            ),
        ] {
            let operation = operation(id);
            assert_eq!(operation.action, action, "{id}");
            assert_eq!(operation.messages, [id]);
            assert_eq!(operation.replies, replies, "{id}");
        }
        assert_eq!(checked.operations.len(), 17);
    }
    Ok(())
}

/// What of the diagnostics is no advice.
fn errors(diagnostics: &[serde_json::Value]) -> Vec<String> {
    let errors = diagnostics
        .iter()
        .filter(|of| of["severity"] == 0 || of["severity"] == 1);
    errors.map(ToString::to_string).collect()
}

/// A value as JSON shows it, by way of the wire: what the program really sends.
fn sent(value: impl Serialize) -> serde_json::Value {
    let mut bytes = Vec::new();
    let code = payload::encode(Dialect::Extended, &value, &mut bytes).unwrap();
    let data_type = Dialect::Extended.data_type(code).unwrap();
    let bytes = Bytes::from(bytes);
    shown(&payload::decode_value(Dialect::Extended, data_type, &bytes).unwrap())
}

fn shown(value: &Value) -> serde_json::Value {
    let dict = |entries: Vec<(String, &Value)>| {
        let entries = entries.into_iter().map(|(key, value)| (key, shown(value)));
        serde_json::Value::Object(entries.collect())
    };
    match value {
        Value::None => json!(null),
        Value::Bool(of) => json!(of),
        Value::Int(of) => serde_json::from_str(&of.to_string()).unwrap(),
        Value::Float(of) => json!(of),
        Value::Str(of) => json!(of),
        Value::Bytes(of) => json!(data_encoding::BASE64.encode(of)),
        Value::List(of) | Value::Tuple(of) => of.iter().map(shown).collect(),
        Value::Dict(of) => dict(of.iter().map(|(key, of)| (key.clone(), of)).collect()),
        Value::IntDict(of) => dict(of.iter().map(|(key, of)| (key.to_string(), of)).collect()),
    }
}

fn card() -> Card {
    Card {
        id: u64::MAX,
        title: "the first".to_owned(),
        parent: Some(Box::new(Card {
            id: 0,
            title: String::new(),
            parent: None,
            tags: Vec::new(),
            seen: BTreeMap::new(),
            picture: Bytes::new(),
            end: false,
            shape: Shape::Empty,
        })),
        tags: vec![("red".to_owned(), 1.0)],
        seen: [("ada".to_owned(), i64::MIN)].into(),
        picture: Bytes::from_static(b"\0\xff"),
        end: true,
        shape: Shape::Pair(-128, u128::MAX),
    }
}

fn asyncapi_has_schemas_that_take_what_is_sent() -> Outcome {
    let tools = AsyncApiTools::find()?;
    let names = BTreeMap::from([(7_u16, Some("x".to_owned())), (65_535, None)]);
    let refused = DivisionError::DivisionByZero { dividend: 5 };
    let values = [
        ("server.say", sent("hi")),
        ("server.change-name.reply", sent("ada")),
        ("server.divide", sent((i64::MIN, i64::MAX))),
        ("server.divide.reply", sent(-7)),
        (
            "server.divide.failure",
            json!({ "error": "refused", "message": "no", "declared": true, "data": sent(&refused) }),
        ),
        (
            "server.divide.failure",
            json!({ "error": "busy", "message": "later", "data": 5 }),
        ),
        ("server.count", sent(u64::MAX)),
        ("server.count.item", sent(0)),
        ("server.sum", sent(-1)),
        ("server.card", sent(card())),
        ("server.card.reply", sent(card())),
        ("server.shape", sent(Shape::Round(1.5))),
        ("server.shape", sent(Shape::Square { side: 3 })),
        ("server.shape", sent(Shape::Empty)),
        ("server.by_number", sent(&names)),
        ("server.visits", sent(())),
        ("server.anything", sent((1, "two"))),
        (
            "client.said",
            sent(Line {
                from: "ada".to_owned(),
                text: "hi".to_owned(),
            }),
        ),
        ("client.ask.reply", sent(true)),
        // Fields that the reader does not know are no fault.
        (
            "client.said",
            json!({ "from": "ada", "text": "hi", "at": 5 }),
        ),
        // What may be missing where the server reads.
        ("server.card", without(sent(card()), "tags")),
    ];
    for side in [Role::Server, Role::Client] {
        let checked = tools.check(&document(side), &values)?;
        for ((message, value), refused) in values.iter().zip(checked.refused) {
            assert_eq!(refused, None, "{message}: {value}");
        }
    }
    Ok(())
}

fn without(mut value: serde_json::Value, key: &str) -> serde_json::Value {
    value.as_object_mut().unwrap().remove(key).unwrap();
    value
}

fn with(mut value: serde_json::Value, key: &str, other: serde_json::Value) -> serde_json::Value {
    value[key] = other;
    value
}

fn asyncapi_has_schemas_that_refuse_what_does_not_fit() -> Outcome {
    let tools = AsyncApiTools::find()?;
    let values = [
        ("server.say", sent(5)),
        ("server.divide", sent((1, 2, 3))),
        ("server.divide", sent((1,))),
        ("server.divide", sent((1, "two"))),
        ("server.divide", sent((1, 2.5))),
        (
            "server.divide.failure",
            json!({ "error": "refused", "message": "no", "declared": true, "data": "Else" }),
        ),
        ("server.divide.failure", json!({ "error": "busy" })),
        ("server.count", sent(-1)),
        ("server.sum", sent("1")),
        ("server.card", without(sent(card()), "title")),
        // What the server always sends is missing.
        ("server.card.reply", without(sent(card()), "tags")),
        ("server.card", with(sent(card()), "id", json!(1.5))),
        ("server.card", with(sent(card()), "parent", json!({}))),
        ("server.card", with(sent(card()), "tags", json!([["red"]]))),
        ("server.card", with(sent(card()), "seen", json!([]))),
        (
            "server.card",
            with(sent(card()), "picture", json!([0, 255])),
        ),
        ("server.shape", json!("Round")),
        ("server.shape", json!({ "Empty": null })),
        ("server.shape", json!({ "Pair": [-129, 0] })),
        ("server.shape", json!({ "Pair": [0, -1] })),
        (
            "server.shape",
            json!({ "Square": { "side": 4_294_967_296_u64 } }),
        ),
        (
            "server.shape",
            json!({ "Round": 1.0, "Square": { "side": 1 } }),
        ),
        ("server.by_number", json!({ "seven": "x" })),
        ("server.by_number", json!({ "7": 5 })),
        ("server.visits", sent(1)),
        ("client.said", json!({ "from": "ada" })),
        ("client.ask.reply", sent(1)),
    ];
    for side in [Role::Server, Role::Client] {
        let checked = tools.check(&document(side), &values)?;
        for ((message, value), refused) in values.iter().zip(checked.refused) {
            assert!(refused.is_some(), "{message}: {value}");
        }
    }
    Ok(())
}

fn asyncapi_keeps_names_that_are_hard_to_have() -> Outcome {
    let tools = AsyncApiTools::find()?;
    let ty = json!({ "struct": { "name": "Page", "fields": [
        { "name": "~/%20\"", "type": { "type": "page<line>" }, "required": false },
    ] } });
    let routes = [
        "a/b",
        "a~b",
        "a b",
        "größe",
        "",
        "say.reply",
        "say",
        "{say}",
    ];
    let routes: Vec<_> = routes
        .iter()
        .map(|name| {
            json!({ "name": name, "declared": true, "data": { "type": "page<line>" }, "reply": { "type": "page_line_" } })
        })
        .collect();
    let description = json!({
        "highway": "description", "version": 1, "name": "Odd", "role": "server", "serves": routes,
        "types": { "page<line>": ty, "page_line_": ty },
    });
    let description =
        highway::description::Description::from_json(&description.to_string()).unwrap();
    let text = AsyncApi::new().generate(&description).unwrap();
    let checked = tools.check(&text, &[("server.a_b", json!({ "~/%20\"": {} }))])?;
    assert_eq!(errors(&checked.diagnostics), Vec::<String>::new());
    assert_eq!(checked.operations.len(), routes.len());
    assert_eq!(checked.refused, [None]);
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let titles: std::collections::BTreeSet<_> = document["operations"]
        .as_object()
        .unwrap()
        .values()
        .map(|of| of["x-highway"]["route"].as_str().unwrap())
        .collect();
    assert_eq!(titles.len(), routes.len());
    Ok(())
}
