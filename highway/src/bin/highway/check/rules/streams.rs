//! Streams, in both directions, and their credit.

use highway::Value;

use super::{Check, calls::told, checks};
use crate::check::{
    kit::Kit,
    message::{self, describe},
    talk::Talk,
    verdict::{Tried, broken, not_tried},
};

pub(super) const CHECKS: &[Check] = checks! {
    "stream.items" any extended ["count"] items;
    "stream.credit" any extended ["count", "echo"] credit;
    "stream.no-credit" any extended ["count", "echo"] no_credit;
    "stream.below-zero" any extended ["count", "echo"] below_zero;
    "stream.cancel" any extended ["count", "echo"] cancel;
    "stream.opener" any extended ["do"] opener;
    "stream.opener-failure" any extended ["do"] opener_failure;
    "stream.opener-cancels" any extended ["do"] opener_cancels;
    "stream.grants" any extended ["do"] grants;
    "upload.items" any extended ["sum"] upload;
    "close.3003-on-item-without-credit" any extended ["hold", "echo"] without_credit;
    "upload.failure" any extended ["sum"] upload_failure;
    "upload.opener" any extended ["do"] upload_opener;
    "upload.reply-ends-items" any extended ["do"] reply_ends_items;
    "upload.callee-cancels" any extended ["do"] callee_cancels;
};

async fn numbers(talk: &mut Talk, numbers: std::ops::Range<u8>) -> Tried {
    for number in numbers {
        let what = format!("the item {number}");
        let digit = b'0'.saturating_add(number);
        talk.expect(&what, &format!("01 06 .... {{1}} {digit:02x}"))
            .await?;
    }
    Ok(())
}

async fn items(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send("01 05 {count} {1} 00000400 33").await?;
    numbers(&mut talk, 0..3).await?;
    talk.expect("the end of the items", "08 07 .... {1}")
        .await?;
    talk.send("01 05 {count} {1} 00000400 30").await?;
    talk.expect("the end of no items", "08 07 .... {1}").await?;
    Ok(())
}

async fn credit(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send("01 05 {count} {1} 01000000 33").await?;
    numbers(&mut talk, 0..1).await?;
    talk.goes_on("an item of 9 bytes for the credit of 1")
        .await?;
    // 8 bytes for what was overdrawn, and one more.
    talk.send("08 08 0000 {1} 09000000").await?;
    numbers(&mut talk, 1..2).await?;
    talk.goes_on("the item for 1 byte of credit above zero")
        .await?;
    talk.send("08 08 0000 {1} 00000400").await?;
    numbers(&mut talk, 2..3).await?;
    talk.expect("the end of the items", "08 07 .... {1}")
        .await?;
    Ok(())
}

async fn no_credit(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send("01 05 {count} {1} 00000000 31").await?;
    talk.goes_on("a stream without credit").await?;
    talk.send("08 08 0000 {1} 01000000").await?;
    numbers(&mut talk, 0..1).await
}

async fn below_zero(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send("01 05 {count} {1} 01000000 33").await?;
    numbers(&mut talk, 0..1).await?;
    talk.send("08 08 0000 {1} 08000000").await?;
    talk.goes_on("a credit that only pays back what an item took below zero")
        .await?;
    talk.send("08 08 0000 {1} 01000000").await?;
    numbers(&mut talk, 1..2).await
}

async fn cancel(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send("01 05 {count} {1} 01000000 31303030").await?;
    numbers(&mut talk, 0..1).await?;
    talk.strict();
    talk.send("08 04 0000 {1}").await?;
    talk.send("08 08 0000 {1} 00000400").await?;
    talk.goes_on("the cancel of a stream").await
}

/// `(action, "count", 2)` for `do`, and the stream that follows; returns the credit.
async fn streams(talk: &mut Talk, action: &str) -> Tried<u32> {
    talk.send(&format!("06 00 {{do}} 83{action}65636f756e7402"))
        .await?;
    let opened = talk
        .expect("a stream of `count` with 2", "01 05 0300 {p1} ........ 32")
        .await?;
    Ok(message::credit(&opened))
}

/// `"stream"` in CBOR.
const STREAM: &str = "6673747265616d";

async fn opener(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    streams(&mut talk, STREAM).await?;
    for item in 0..2 {
        talk.send(&format!("01 06 0000 {{p1}} 3{item}")).await?;
        item_told(&mut talk, item).await?;
    }
    talk.send("08 07 0000 {p1}").await?;
    talk.skip_credit("(\"end\",) for `told`").await?;
    told(&mut talk, &["end".into()]).await
}

/// What `do` reports of an item, and the credit that may come with it.
async fn item_told(talk: &mut Talk, item: i64) -> Tried {
    talk.skip_credit("an item for `told`").await?;
    told(talk, &["item".into(), item.into()]).await
}

async fn opener_failure(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    streams(&mut talk, STREAM).await?;
    talk.send("01 06 0000 {p1} 30").await?;
    item_told(&mut talk, 0).await?;
    // {"error": "refused", "message": "no", "code": "c"}
    talk.send("05 03 0000 {p1} a3656572726f726772656675736564676d657373616765626e6f64636f64656163")
        .await?;
    told(&mut talk, &["failure".into(), "refused".into(), "c".into()]).await
}

async fn opener_cancels(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    // "first"
    streams(&mut talk, "656669727374").await?;
    talk.send("01 06 0000 {p1} 30").await?;
    let (mut cancelled, mut told) = (false, false);
    while !(cancelled && told) {
        let expected = "a cancel of the stream, and the first item for `told`";
        let message = talk.message(expected).await?;
        match message.as_slice() {
            [8, 4, ..] => cancelled = true,
            [8, 8, ..] => {}
            [6, 0, 1, 0, ..] => told = true,
            _ => return broken(expected, describe(&message, true)),
        }
    }
    // What was on its way.
    talk.send("01 06 0000 {p1} 31").await?;
    talk.send("08 07 0000 {p1}").await?;
    talk.goes_on("items and an end after the cancel").await
}

/// The most credit at a time.
const MOST: u64 = 2_147_483_647;

async fn grants(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    let granted = streams(&mut talk, STREAM).await?;
    let mut credit = i64::from(granted);
    if granted == 0 || u64::from(granted) > MOST {
        return broken(
            "a stream with credit from 1 to 2,147,483,647",
            format!("{granted}"),
        );
    }
    // As much again as the first credit, in large items.
    let text = "78".repeat(16_384);
    let mut left = i64::from(granted.min(1 << 22)).saturating_mul(2);
    let mut items: usize = 0;
    let mut told: usize = 0;
    while left > 0 || told < items {
        if left > 0 && credit > 0 {
            talk.send(&format!("00 06 0000 {{p1}} {text}")).await?;
            credit = credit.saturating_sub(16_392);
            left = left.saturating_sub(16_392);
            items = items.saturating_add(1);
            continue;
        }
        let expected = "more credit, as the program takes items";
        let message = talk.message(expected).await?;
        match message.as_slice() {
            [8, 8, ..] => {
                credit = credit.saturating_add(message::credit(&message).into());
                if credit > i64::try_from(MOST).unwrap_or(i64::MAX) {
                    return broken(
                        "no more than 2,147,483,647 bytes of credit",
                        format!("{credit}"),
                    );
                }
            }
            [6, 0, 1, 0, ..] => told = told.saturating_add(1),
            _ => return broken(expected, describe(&message, true)),
        }
    }
    Ok(())
}

/// Receives credit for the kit's items.
async fn granted(talk: &mut Talk) -> Tried {
    talk.expect("credit for the items", "08 08 .... {1} ........")
        .await?;
    Ok(())
}

async fn upload(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send("09 01 {sum} {1}").await?;
    granted(&mut talk).await?;
    for item in ["31", "32", "33"] {
        talk.send(&format!("01 06 0000 {{1}} {item}")).await?;
    }
    talk.send("08 07 0000 {1}").await?;
    talk.expect_past_credit("the sum, 6", "01 02 .... {1} 36")
        .await
}

/// The largest item that is sent to use up credit.
const LARGEST: usize = 1 << 24;

async fn without_credit(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send("09 01 {hold} {1}").await?;
    // Some grant credit before the route takes anything.
    talk.send("00 01 {echo} {2} 6869").await?;
    let mut credit: usize = 0;
    loop {
        let expected = "the reply to a call, and credit for items";
        let message = talk.message(expected).await?;
        match message.as_slice() {
            [8, 8, ..] => {
                let more = usize::try_from(message::credit(&message)).unwrap_or(usize::MAX);
                credit = credit.saturating_add(more);
            }
            [0, 2, ..] => break,
            _ => return broken(expected, describe(&message, true)),
        }
    }
    if credit > LARGEST {
        return not_tried("it grants more credit than can be used up");
    }
    if credit > 0 {
        // A text, of which the route takes nothing.
        let text = "78".repeat(credit);
        talk.send(&format!("00 06 0000 {{1}} {text}")).await?;
    }
    talk.send("01 06 0000 {1} 36").await?;
    let what = format!("an item beyond the credit, which was {credit} bytes");
    talk.closes(&what, 3003, "Invalid state").await
}

async fn upload_failure(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send("09 01 {sum} {1}").await?;
    granted(&mut talk).await?;
    talk.send("01 06 0000 {1} 31").await?;
    talk.send("05 03 0000 {1} a2656572726f726772656675736564676d657373616765626e6f")
        .await?;
    let what = "a failure, since the route gets the opener's failure as an error";
    talk.expect_past_credit(what, "05 03 .... {1} *").await?;
    talk.goes_on("the failure").await
}

/// `("sum", "total", [1, 2, 3])` for `do`, and the call that follows.
async fn uploads(talk: &mut Talk) -> Tried {
    talk.send("06 00 {do} 836373756d65746f74616c83010203")
        .await?;
    talk.expect("a call of `total` with a stream", "09 01 0400 {p1}")
        .await?;
    Ok(())
}

async fn upload_opener(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    uploads(&mut talk).await?;
    talk.goes_on("a call with a stream, for which no credit was granted")
        .await?;
    talk.send("08 08 0000 {p1} 01000000").await?;
    talk.expect("the first item", "01 06 .... {p1} 31").await?;
    talk.goes_on("an item for the credit of 1").await?;
    talk.send("08 08 0000 {p1} 00000400").await?;
    talk.expect("the second item", "01 06 .... {p1} 32").await?;
    talk.expect("the third item", "01 06 .... {p1} 33").await?;
    talk.expect("the end of the items", "08 07 .... {p1}")
        .await?;
    talk.send("01 02 0000 {p1} 36").await?;
    told(&mut talk, &["reply".into(), Value::from(6)]).await
}

async fn reply_ends_items(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    uploads(&mut talk).await?;
    talk.send("08 08 0000 {p1} 01000000").await?;
    talk.expect("the first item", "01 06 .... {p1} 31").await?;
    talk.strict();
    talk.send("01 02 0000 {p1} 36").await?;
    told(&mut talk, &["reply".into(), Value::from(6)]).await?;
    talk.send("08 08 0000 {p1} 00000400").await?;
    talk.goes_on("a reply, which ends the opener's items, and more credit")
        .await
}

async fn callee_cancels(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    uploads(&mut talk).await?;
    talk.send("08 08 0000 {p1} 01000000").await?;
    talk.expect("the first item", "01 06 .... {p1} 31").await?;
    talk.send("08 04 0000 {p1}").await?;
    talk.send("08 08 0000 {p1} 00000400").await?;
    talk.goes_on("the callee's cancel, which ends the items")
        .await?;
    talk.send("01 02 0000 {p1} 36").await?;
    told(&mut talk, &["reply".into(), Value::from(6)]).await
}
