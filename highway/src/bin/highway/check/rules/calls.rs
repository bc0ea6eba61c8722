//! Calls, and how conversations fail.

use highway::{Value, wire::Kind};

use super::{Check, checks};
use crate::check::{
    kit::{Kit, cbor},
    message::{self, hex},
    talk::{Talk, same},
    verdict::{Tried, broken},
};

pub(super) const CHECKS: &[Check] = checks! {
    "call.reply" any extended ["echo"] reply;
    "call.reply-once" any extended ["echo"] reply_once;
    "call.start-order" any extended ["do"] start_order;
    "call.finish-order" any extended ["echo", "wait"] finish_order;
    "call.cancel" any extended ["wait"] cancel;
    "call.none-for-messages" any extended ["echo"] none_for_messages;
    "call.opener" any extended ["do"] opener;
    "call.invalid-reply" any extended ["do"] invalid_reply;
    "failure.refused" any extended ["refuse"] refused;
    "failure.convert" any extended ["echo", "count"] convert;
    "failure.shape" any extended ["echo", "count", "sum"] shape;
    "failure.busy" any extended ["never"] busy;
    "failure.read" any extended ["do"] read;
    "failure.unknown-word" any extended ["do"] unknown_word;
    "failure.unknown-keys" any extended ["do"] unknown_keys;
};

/// `("call", "add", (1, 2))`
pub(super) const DO_CALL: &str = "836463616c6c63616464d9f074820102";

/// `("call", "add", (1, 2))`, as a message for `do` and the call that follows.
async fn called(talk: &mut Talk) -> Tried {
    talk.send(&format!("06 00 {{do}} {DO_CALL}")).await?;
    talk.expect("a call of `add` with (1, 2)", "06 01 0200 {p1} 820102")
        .await?;
    Ok(())
}

/// What `do` reports.
pub(super) async fn told(talk: &mut Talk, what: &[Value]) -> Tried {
    talk.expect_value("06 00 0100", Value::Tuple(what.to_vec()))
        .await
}

async fn reply(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send("00 01 {echo} {1} 6869").await?;
    talk.send("01 01 {echo} {2} 37").await?;
    let mut replies = Vec::new();
    for _ in 0..2 {
        replies.push(talk.message("a reply").await?);
    }
    for expected in ["00 02 0000 {1} 6869", "01 02 0000 {2} 37"] {
        let bytes = talk.bytes(expected)?;
        if !replies.contains(&bytes) {
            let seen: Vec<_> = replies.iter().map(|reply| hex(reply)).collect();
            return broken(format!("a reply {}", hex(&bytes)), seen.join(" and "));
        }
    }
    Ok(())
}

async fn reply_once(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.strict();
    talk.send("00 01 {echo} {1} 6869").await?;
    talk.expect("a reply", "00 02 .... {1} 6869").await?;
    talk.goes_on("the reply").await
}

async fn start_order(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    for digit in b'0'..=b'9' {
        // ("send", "told", digit)
        talk.send(&format!("06 00 {{do}} 836473656e6464746f6c6461{digit:02x}"))
            .await?;
    }
    for digit in b'0'..=b'9' {
        let what = format!(
            "what the {}. message sends, in the order of the messages",
            digit - b'0' + 1
        );
        talk.expect(&what, &format!("00 00 0100 {digit:02x}"))
            .await?;
    }
    Ok(())
}

async fn finish_order(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send("08 01 {wait} {1}").await?;
    talk.send("00 01 {echo} {2} 6869").await?;
    let what = "the reply to a call, while one before it goes on";
    talk.expect(what, "00 02 .... {2} 6869").await?;
    Ok(())
}

async fn cancel(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.strict();
    talk.send("08 01 {wait} {1}").await?;
    talk.send("08 04 0000 {1}").await?;
    talk.goes_on("the cancel of a call").await
}

async fn none_for_messages(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send("00 00 {echo} 6869").await?;
    talk.goes_on("a message to a route that returns something")
        .await
}

async fn opener(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    called(&mut talk).await?;
    talk.send("01 02 0000 {p1} 33").await?;
    told(&mut talk, &["reply".into(), 3.into()]).await?;
    // What comes after the answer is ignored.
    talk.send("01 02 0000 {p1} 34").await?;
    talk.goes_on("a second reply").await
}

async fn invalid_reply(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    called(&mut talk).await?;
    talk.send("00 02 0000 {p1} ff").await?;
    told(&mut talk, &["failure".into(), "reply".into(), "".into()]).await?;
    talk.goes_on("a reply that is invalid for its type code")
        .await
}

async fn refused(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send("00 01 {refuse} {1} 78").await?;
    let failure = talk.failure(1, "refused").await?;
    for (key, value) in [("message", "no"), ("code", "refused here"), ("data", "x")] {
        let found = failure.get_key(key);
        if !found.is_some_and(|found| same(found, &value.into())) {
            return broken(
                format!("a failure whose `{key}` is {value:?}"),
                format!("{failure:?}"),
            );
        }
    }
    Ok(())
}

/// A dict of a failure has a message for people.
fn has_message(failure: &Value) -> Tried {
    match failure.get_key("message").and_then(Value::as_str) {
        Some(_) => Ok(()),
        None => broken("a failure with a `message`", format!("{failure:?}")),
    }
}

async fn convert(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    for (n, call) in [
        (1, "00 01 {echo} {1} ff"),
        (2, "04 01 {echo} {2} 8000"),
        (3, "00 05 {count} {3} 00000400 78"),
    ] {
        talk.send(call).await?;
        has_message(&talk.failure(n, "convert").await?)?;
    }
    talk.goes_on("failures").await
}

async fn shape(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    for (n, call) in [
        // A route that returns a stream is called, and one that returns a value is opened as a stream.
        (1, "01 01 {count} {1} 33"),
        (2, "01 05 {echo} {2} 00000400 31"),
        // A route that takes a stream gets data, and one that takes a value gets a stream.
        (3, "01 01 {sum} {3} 35"),
        (4, "09 01 {echo} {4}"),
    ] {
        talk.send(call).await?;
        has_message(&talk.failure(n, "shape").await?)?;
    }
    talk.goes_on("failures").await
}

/// More streams than most peers accept.
const MANY: u32 = 1_500;

async fn busy(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.strict();
    for n in 1..=MANY {
        talk.send(&format!("08 05 {{never}} {{{n}}} 01000000"))
            .await?;
    }
    // Those that it accepts send nothing. One of them ends, so that there is room for a call.
    talk.send("08 04 0000 {1}").await?;
    talk.send(&format!("00 01 {{echo}} {{{}}} 6869", MANY + 1))
        .await?;
    let last = talk.ours(MANY + 1);
    let expected = "that streams that are too many fail with the error \"busy\"";
    loop {
        let message = talk.message(expected).await?;
        let of = message::conversation(&message);
        let value = message::value(&message, true);
        let word = value
            .as_ref()
            .and_then(|value| value.get_key("error")?.as_str());
        match (of, word) {
            (Some((Kind::Reply, id)), _) if id == last => return Ok(()),
            (Some((Kind::Failure, _)), Some("busy")) => {}
            _ => return broken(expected, message::describe(&message, true)),
        }
    }
}

/// A failure with this word and code, and one more entry if there is one.
fn failure(word: &str, code: &str, more: Option<(&str, Value)>) -> String {
    let mut dict = highway::value::Dict::<String>::new();
    dict.insert("error", word);
    dict.insert("message", "no");
    if !code.is_empty() {
        dict.insert("code", code);
    }
    if let Some((key, value)) = more {
        dict.insert(key, value);
    }
    hex(&cbor(&Value::Dict(dict)))
}

/// What `do` reports of a call that fails so.
async fn reported(kit: &Kit, failure: &str, kind: &str, code: &str) -> Tried {
    let mut talk = kit.open().await?;
    called(&mut talk).await?;
    talk.send(&format!("05 03 0000 {{p1}} {failure}")).await?;
    told(&mut talk, &["failure".into(), kind.into(), code.into()]).await
}

async fn read(kit: &Kit) -> Tried {
    for word in [
        "refused",
        "convert",
        "shape",
        "internal",
        "busy",
        "cancelled",
    ] {
        let code = if word == "refused" { "full" } else { "" };
        reported(kit, &failure(word, code, None), word, code).await?;
    }
    Ok(())
}

async fn unknown_word(kit: &Kit) -> Tried {
    let failure = failure("of a later version", "", None);
    reported(kit, &failure, "internal", "").await
}

async fn unknown_keys(kit: &Kit) -> Tried {
    let more = Value::List(vec![1.into()]);
    let failure = failure("refused", "full", Some(("more", more)));
    reported(kit, &failure, "refused", "full").await
}
