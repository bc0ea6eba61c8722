//! The contract: what a side reports of the types of its routes.

use highway::{Value, value::Dict};

use super::{Check, checks};
use crate::check::{
    kit::{Kit, Opening, cbor},
    message,
    talk::Talk,
    verdict::{Tried, broken, not_tried},
};

pub(super) const CHECKS: &[Check] = checks! {
    "contract.form" any extended ["echo"] form;
    "contract.unknown" any extended ["echo"] unknown;
    "contract.routes" any extended ["echo"] routes;
    "close.1003-on-contract" any extended [] not_a_dict;
    "close.1009-on-large-contract" any extended [] large;
};

/// The peer's contract.
async fn contract(kit: &Kit) -> Tried<(Talk, Value)> {
    let mut talk = kit.open().await?;
    // It comes before the answer.
    talk.send("00 01 {echo} {1} 6869").await?;
    talk.expect("a reply", "00 02 .... {1} 6869").await?;
    let Some(payload) = &talk.contract else {
        return not_tried("no contract came before the first reply");
    };
    match message::decoded(5, payload, true) {
        Some(contract) => Ok((talk, contract)),
        None => broken("a contract that is a dict in CBOR", message::hex(payload)),
    }
}

async fn form(kit: &Kit) -> Tried {
    let (_, contract) = contract(kit).await?;
    let wrong = |what: String| broken("a contract in the form of the chapter", what);
    for key in ["serves", "peer"] {
        let Some(routes) = contract.get_key(key) else {
            continue;
        };
        let Some(routes) = routes.as_dict() else {
            return wrong(format!("`{key}` is {routes:?}"));
        };
        for (name, types) in routes {
            let Some(types) = types.as_dict() else {
                return wrong(format!("the types of `{name}` are {types:?}"));
            };
            for part in ["data", "reply", "error"] {
                if let Some(of) = types.get(part).filter(|of| !is_type(of, true)) {
                    return wrong(format!("`{part}` of `{name}` is {of:?}"));
                }
            }
        }
    }
    match contract.get_key("traceparent") {
        Some(Value::Bool(_)) | None => Ok(()),
        Some(other) => wrong(format!("`traceparent` is {other:?}")),
    }
}

/// Whether a value has the form of a type; every text and key that is not known is `any`.
fn is_type(of: &Value, whole: bool) -> bool {
    let Some(dict) = of.as_dict() else {
        return of.as_str().is_some();
    };
    let each = |types: &Value| {
        let types = types.as_slice();
        types.is_some_and(|types| types.iter().all(|of| is_type(of, false)))
    };
    dict.iter().all(|(key, of)| match key.as_str() {
        "list" | "option" => is_type(of, false),
        "stream" => whole && is_type(of, false),
        "tuple" => each(of),
        "dict" => of.as_slice().is_some_and(|types| types.len() == 2) && each(of),
        "struct" => members(of, "fields"),
        "enum" => members(of, "variants"),
        "ref" => of.as_str().is_some(),
        _ => true,
    })
}

fn members(of: &Value, key: &str) -> bool {
    let members = of.get_key(key).and_then(Value::as_dict);
    members.is_some_and(|members| members.values().all(|of| is_type(of, false)))
}

async fn routes(kit: &Kit) -> Tried {
    let (talk, contract) = contract(kit).await?;
    let Some(serves) = contract.get_key("serves").and_then(Value::as_dict) else {
        return Ok(());
    };
    match serves
        .keys()
        .find(|name| !talk.routes.contains_key(name.as_str()))
    {
        Some(name) => broken(
            "only routes of the map in `serves`",
            format!("`{name}`, which the map does not have"),
        ),
        None => Ok(()),
    }
}

fn dict(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let mut dict = Dict::<String>::new();
    for (key, value) in entries {
        dict.insert(key, value);
    }
    Value::Dict(dict)
}

async fn unknown(kit: &Kit) -> Tried {
    let of_later = dict([("of a later version", 1.into())]);
    let types = dict([
        ("data", "of a later version".into()),
        ("reply", of_later.clone()),
        ("of a later version", 1.into()),
    ]);
    let contract = dict([
        ("serves", dict([("told", types)])),
        ("of a later version", of_later),
    ]);
    let opening = Opening {
        contract: Some(cbor(&contract)),
        ..Opening::extended()
    };
    let mut talk = kit.open_as(&opening).await?;
    talk.goes_on("a contract with keys and types that are not known")
        .await
}

async fn not_a_dict(kit: &Kit) -> Tried {
    for contract in [vec![0x80], vec![0xf6], vec![0xff], vec![]] {
        let after = format!(
            "a contract that is not a dict ({})",
            message::hex(&contract)
        );
        let opening = Opening {
            contract: Some(contract),
            ..Opening::extended()
        };
        let mut talk = kit.open_as(&opening).await?;
        talk.closes(&after, 1003, "Convert failed").await?;
    }
    Ok(())
}

async fn large(kit: &Kit) -> Tried {
    const BYTES: usize = 1 << 19;
    let contract = dict([("more", Value::Bytes(vec![0; BYTES].into()))]);
    let opening = Opening {
        contract: Some(cbor(&contract)),
        ..Opening::extended()
    };
    let mut talk = kit.open_as(&opening).await?;
    talk.closes("a contract of 512 KiB", 1009, "").await
}
