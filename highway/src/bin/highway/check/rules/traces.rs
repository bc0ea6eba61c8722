//! Trace contexts.

use highway::Value;

use super::{Check, calls::DO_CALL, checks};
use crate::check::{
    kit::{Kit, Opening, cbor},
    message::{self, describe, hex},
    talk::Talk,
    verdict::{Tried, broken, not_tried},
};

pub(super) const CHECKS: &[Check] = checks! {
    "trace.read" any extended ["echo", "count"] read;
    "trace.malformed" any extended ["echo"] malformed;
    "trace.unannounced" any extended ["echo"] unannounced;
    "trace.not-sent" any extended ["do"] not_sent;
    "close.3001-on-trace-length" any extended ["echo"] length;
    "close.3001-on-trace-of-other-kind" any extended ["echo"] other_kind;
};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A connection on which both sides announce that they read trace contexts, and whether the peer does.
async fn open(kit: &Kit) -> Tried<(Talk, bool)> {
    let mut announced = highway::value::Dict::<String>::new();
    announced.insert("traceparent", true);
    let opening = Opening {
        contract: Some(cbor(&Value::Dict(announced))),
        ..Opening::extended()
    };
    let mut talk = kit.open_as(&opening).await?;
    // Its contract comes before the answer.
    talk.send("00 01 {echo} {9} 6869").await?;
    talk.expect("a reply", "00 02 .... {9} 6869").await?;
    let Some(payload) = &talk.contract else {
        return not_tried("no contract came before the first reply");
    };
    let contract = message::decoded(5, payload, true);
    let reads = contract.and_then(|contract| contract.get_key("traceparent")?.as_bool());
    Ok((talk, reads == Some(true)))
}

async fn reading(kit: &Kit) -> Tried<Talk> {
    match open(kit).await? {
        (talk, true) => Ok(talk),
        (_, false) => not_tried("its contract does not announce `traceparent`"),
    }
}

/// A text with its length in front.
fn field(text: &[u8]) -> String {
    let len = u8::try_from(text.len()).unwrap_or(u8::MAX);
    format!("{len:02x} {}", hex(text))
}

async fn read(kit: &Kit) -> Tried {
    let mut talk = reading(kit).await?;
    let trace = field(TRACE.as_bytes());
    talk.send(&format!("80 01 {{echo}} {{1}} {trace} 6869"))
        .await?;
    talk.expect(
        "the reply to a call with a traceparent",
        "00 02 .... {1} 6869",
    )
    .await?;
    talk.send(&format!("81 05 {{count}} {{2}} 00000400 {trace} 31"))
        .await?;
    talk.expect(
        "the item of a stream with a traceparent",
        "01 06 .... {2} 30",
    )
    .await?;
    talk.expect("its end", "08 07 .... {2}").await?;
    Ok(())
}

async fn malformed(kit: &Kit) -> Tried {
    let mut talk = reading(kit).await?;
    let later = format!("cc{}", TRACE.get(2..).unwrap_or_default());
    let texts = [
        "x".to_owned(),
        "x".repeat(128),
        TRACE.to_uppercase(),
        TRACE.replacen("00", "ff", 1),
        TRACE.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
        TRACE.replace("00f067aa0ba902b7", &"0".repeat(16)),
        format!("{TRACE}-00"),
        later.clone(),
        format!("{later}-and-more"),
    ];
    for (n, text) in (1..).zip(texts) {
        let trace = field(text.as_bytes());
        talk.send(&format!("80 01 {{echo}} {{{n}}} {trace} 6869"))
            .await?;
        let what = format!("the reply to a call with the traceparent {text:?}");
        talk.expect(&what, &format!("00 02 .... {{{n}}} 6869"))
            .await?;
    }
    Ok(())
}

async fn unannounced(kit: &Kit) -> Tried {
    let (mut talk, reads) = open(kit).await?;
    if reads {
        return not_tried("it reads traceparents");
    }
    talk.send(&format!(
        "80 01 {{echo}} {{1}} {} 6869",
        field(TRACE.as_bytes())
    ))
    .await?;
    let what = "a call with a traceparent, which the peer has not announced";
    talk.closes(what, 3001, "Malformed header").await
}

async fn not_sent(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send(&format!("06 00 {{do}} {DO_CALL}")).await?;
    let expected = "a call without a traceparent, which the kit has not announced";
    let call = talk.message(expected).await?;
    match call.first() {
        Some(code) if code & 0x80 == 0 => Ok(()),
        _ => broken(expected, describe(&call, true)),
    }
}

async fn length(kit: &Kit) -> Tried {
    for len in [0, 129] {
        let mut talk = reading(kit).await?;
        let trace = field(&vec![b'x'; len]);
        talk.send(&format!("80 01 {{echo}} {{1}} {trace} 6869"))
            .await?;
        let what = format!("a call with a traceparent of {len} bytes");
        talk.closes(&what, 3001, "Malformed header").await?;
    }
    Ok(())
}

async fn other_kind(kit: &Kit) -> Tried {
    for message in [
        "80 00 {echo} 6869",
        "88 04 0000 {1}",
        "80 06 0000 {p1} 6869",
    ] {
        let mut talk = reading(kit).await?;
        talk.send(message).await?;
        let what = format!("the flag of a traceparent in another kind ({message})");
        talk.closes(&what, 3001, "Malformed header").await?;
    }
    Ok(())
}
