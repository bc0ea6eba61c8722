//! The ids of conversations.

use super::{Check, calls, checks};
use crate::check::{kit::Kit, verdict::Tried};

pub(super) const CHECKS: &[Check] = checks! {
    "id.of-the-opener" any extended ["do"] of_the_opener;
    "id.reuse" any extended ["echo"] reuse;
    "id.over" any extended ["echo"] over;
    "kind.route-ignored" any extended ["wait"] route_ignored;
};

async fn of_the_opener(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    for n in 1..=3 {
        talk.send(&format!("06 00 {{do}} {}", calls::DO_CALL))
            .await?;
        let what = format!("a call with the {n}. id of the opener's side");
        talk.expect(&what, &format!(".. 01 .... {{p{n}}} *"))
            .await?;
    }
    Ok(())
}

async fn reuse(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    for _ in 0..3 {
        talk.send("00 01 {echo} {1} 6869").await?;
        let what = "the reply to a call whose id is used again";
        talk.expect(what, "00 02 .... {1} 6869").await?;
    }
    Ok(())
}

async fn over(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send("00 01 {echo} {1} 6869").await?;
    talk.expect("a reply", "00 02 .... {1} 6869").await?;
    // Of a call that is over, and of conversations that never were.
    for message in [
        "08 04 0000 {1}",
        "08 08 0000 {1} 01000000",
        "08 04 0000 {5}",
        "08 08 0000 {5} 01000000",
        "01 06 0000 {p5} 31",
        "08 07 0000 {p5}",
        "01 02 0000 {p5} 31",
        "08 04 0000 {p5}",
        "08 08 0000 {p5} 01000000",
        "05 03 0000 {p5} a2656572726f726762757379676d65737361676560",
        "07 0b 0000 {p5} 00",
        "07 0c 0000 {p5} 00",
        "08 0d 0000 {p5} e803",
    ] {
        talk.send(message).await?;
        let after = format!(
            "a message of a conversation that is over, or never was ({})",
            talk.filled_in(message)?
        );
        talk.goes_on(&after).await?;
    }
    Ok(())
}

async fn route_ignored(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send("08 01 {wait} {1}").await?;
    talk.send("08 08 fefe {3} 01000000").await?;
    talk.send("08 04 fefe {1}").await?;
    talk.goes_on("a credit and a cancel with a route id, which is ignored")
        .await
}
