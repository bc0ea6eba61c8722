//! Maps, messages to routes, and how the extension is announced.

use highway::handshake::EXTENSION;

use super::{Check, checks};
use crate::check::{
    kit::{Kit, Opening, Side, map_message, read_map},
    talk::{Arrived, Talk},
    verdict::{Tried, broken},
};

pub(super) const CHECKS: &[Check] = checks! {
    "meta.first-message" any plain [] first_message;
    "meta.later-map" any plain ["echo"] later_map;
    "meta.of-the-connection" server plain ["echo"] of_the_connection;
    "meta.answer" client plain [] answer;
    "message.route-id" any plain ["echo"] route_id;
    "message.second-byte" any plain ["echo"] second_byte;
    "extension.entry" any plain ["echo"] entry;
    "extension.announced-by-both" any plain ["echo"] announced_by_both;
    "extension.first-map-decides" any extended ["echo"] first_map_decides;
    "extension.contract-first" any extended [] contract_first;
    "extension.no-wait" server extended ["echo"] no_wait;
    "close.1000-on-invalid-map" any plain [] invalid_map;
    "close.3003-on-early-message" server plain [] early_message;
};

/// What makes the peer send "hi": for `do`, and for the `echo` of a peer without the extension. The byte 1 is the caller's.
async fn ask_for_hi(talk: &mut Talk, second: &str) -> Tried {
    if talk.routes.contains_key("do") {
        // ["send", "told", "hi"]
        let message = format!("04 {second} {{do}} 5b2273656e64222c22746f6c64222c226869225d");
        talk.send(&message).await
    } else {
        talk.send(&format!("00 {second} {{echo}} 6869")).await
    }
}

async fn first_message(kit: &Kit) -> Tried {
    let mut talk = kit.connect().await?;
    if kit.side == Side::Client {
        talk.say(map_message(&Opening::extended().map(kit))).await;
    }
    let expected = "a map as the first message: 05 00 0000 and a dict in JSON from ids to names, with \"meta\" at 0";
    let first = talk.arrived(kit.timeout).await;
    let Some(Arrived::Message(message)) = &first else {
        return broken(expected, talk.in_words(first.as_ref()));
    };
    match read_map(message) {
        Ok(map) if map.get("meta") == Some(&0) => Ok(()),
        Ok(_) => broken(expected, "a map without \"meta\" at 0"),
        Err(why) => broken(
            expected,
            format!("{}: {why}", talk.in_words(first.as_ref())),
        ),
    }
}

/// Has the peer send "hi" to the route that it has this id for: that of `told`, and for a peer without the extension that of `echoed`.
async fn says_hi(talk: &mut Talk, what: &str, told: &str, echoed: &str) -> Tried {
    ask_for_hi(talk, "00").await?;
    let id = if talk.routes.contains_key("do") {
        told
    } else {
        echoed
    };
    talk.expect(what, &format!("00 .. {id} 6869")).await?;
    Ok(())
}

async fn later_map(kit: &Kit) -> Tried {
    let mut talk = kit.open_plain().await?;
    says_hi(&mut talk, "\"hi\"", "0100", "0500").await?;
    talk.say(map_message(r#"{"0":"meta","7":"told","8":"echoed"}"#))
        .await;
    let what = "\"hi\", with the id that a second map has for the route";
    says_hi(&mut talk, what, "0700", "0800").await
}

async fn of_the_connection(kit: &Kit) -> Tried {
    let mut talk = kit.open_plain().await?;
    let other = Opening {
        map: Some(r#"{"0":"meta","9":"told","10":"echoed"}"#),
        ..Opening::plain()
    };
    let mut other = kit.open_as(&other).await?;
    let what = "\"hi\", with the id of this connection's map";
    says_hi(&mut other, what, "0900", "0a00").await?;
    let what = "\"hi\", with the id of this connection's map, whatever that of another says";
    says_hi(&mut talk, what, "0100", "0500").await
}

async fn answer(kit: &Kit) -> Tried {
    let mut talk = kit.open_plain().await?;
    talk.say(map_message(r#"{"0":"meta","7":"told","8":"echoed"}"#))
        .await;
    let expected = "a map in answer to a second one";
    loop {
        match talk.arrived(kit.timeout).await {
            Some(Arrived::Message(message)) if read_map(&message).is_ok() => return Ok(()),
            Some(Arrived::Pong(_)) => {}
            other => return broken(expected, talk.in_words(other.as_ref())),
        }
    }
}

async fn route_id(kit: &Kit) -> Tried {
    let opening = Opening {
        map: Some(r#"{"0":"meta","513":"told","514":"echoed"}"#),
        ..Opening::plain()
    };
    let mut talk = kit.open_as(&opening).await?;
    let what = "\"hi\" with the id 513 or 514, in two bytes from the low one on";
    says_hi(&mut talk, what, "0102", "0202").await
}

async fn second_byte(kit: &Kit) -> Tried {
    let mut talk = kit.open_plain().await?;
    for byte in ["01", "0f", "ff"] {
        ask_for_hi(&mut talk, byte).await?;
        let what =
            format!("\"hi\", since the byte 1 ({byte}) of a peer without the extension is ignored");
        talk.expect(&what, "00 .. ..00 6869").await?;
    }
    Ok(())
}

/// Whether the peer takes the kit for one without the extension: what came but maps, and what `do` sends.
async fn is_plain(kit: &Kit, opening: &Opening, after: &str) -> Tried {
    let mut talk = kit.open_as(opening).await?;
    talk.extended = false;
    if talk.routes.contains_key("do") {
        // ["send", "told", [1, 2.5]]
        talk.send("04 00 {do} 5b2273656e64222c22746f6c64222c5b312c322e355d5d")
            .await?;
    } else {
        talk.send("04 00 {echo} 5b312c322e355d").await?;
    }
    let expected = format!("[1, 2.5] in JSON and nothing of the extension, after {after}");
    loop {
        match talk.arrived(kit.timeout).await {
            Some(Arrived::Message(message)) => match message.as_slice() {
                [5, 0, 0, 0, ..] => {}
                [4, 0, 1 | 5, 0, b'[', ..] => return Ok(()),
                _ => {
                    return broken(
                        expected,
                        talk.in_words(Some(&Arrived::Message(message.clone()))),
                    );
                }
            },
            Some(Arrived::Pong(_)) => {}
            other => return broken(expected, talk.in_words(other.as_ref())),
        }
    }
}

async fn entry(kit: &Kit) -> Tried {
    for (map, what) in [
        (
            r#"{"0":"meta","1":"told","5":"echoed","7":"highway/1"}"#,
            "a map with \"highway/1\" at 7",
        ),
        (
            r#"{"0":"meta","1":"told","5":"echoed","65535":"highway/2"}"#,
            "a map with \"highway/2\" at 65535",
        ),
    ] {
        let opening = Opening {
            map: Some(map),
            ..Opening::plain()
        };
        is_plain(kit, &opening, what).await?;
    }
    Ok(())
}

async fn announced_by_both(kit: &Kit) -> Tried {
    is_plain(kit, &Opening::plain(), "a map without the entry").await
}

async fn first_map_decides(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.say(map_message(r#"{"0":"meta","1":"told"}"#)).await;
    talk.send("00 01 {echo} {1} 6869").await?;
    talk.expect(
        "the reply to a call after a map without the entry",
        "00 02 .... {1} 6869",
    )
    .await?;
    // A client may have one connection at a time.
    drop(talk);
    let mut talk = kit.open_plain().await?;
    talk.say(map_message(
        r#"{"0":"meta","1":"told","65535":"highway/1"}"#,
    ))
    .await;
    if !talk.routes.contains_key("do") {
        return Ok(());
    }
    talk.send("04 01 {do} 5b2273656e64222c22746f6c64222c5b315d5d")
        .await?;
    talk.expect(
        "[1] in JSON, though a later map has the entry",
        "04 .. 0100 5b315d",
    )
    .await?;
    Ok(())
}

async fn contract_first(kit: &Kit) -> Tried {
    let contract = [5, 14, 0, 0, 0xa0];
    let mut talk = kit
        .open_as(&Opening {
            contract: None,
            ..Opening::extended()
        })
        .await?;
    talk.extended = true;
    let expected = match kit.side {
        Side::Server => {
            let before = talk.ping(b"before the contract").await?;
            if before.is_some() {
                return broken(
                    "nothing before the client's contract",
                    talk.in_words(before.as_ref()),
                );
            }
            talk.say(contract.to_vec()).await;
            "a contract in answer to the client's"
        }
        Side::Client => "a contract behind the client's map",
    };
    talk.receive_contract(expected).await
}

async fn no_wait(kit: &Kit) -> Tried {
    let mut talk = kit.connect().await?;
    let first = talk.arrived(kit.timeout).await;
    let routes = match &first {
        Some(Arrived::Message(message)) => read_map(message).ok(),
        _ => None,
    };
    talk.routes = routes.unwrap_or_default();
    talk.extended = talk.routes.contains_key(EXTENSION);
    talk.say(map_message(&Opening::extended().map(kit))).await;
    talk.send("05 0e 0000 a0").await?;
    talk.send("00 01 {echo} {1} 6869").await?;
    talk.expect(
        "the reply to a call right behind the contract",
        "00 02 .... {1} 6869",
    )
    .await?;
    Ok(())
}

async fn invalid_map(kit: &Kit) -> Tried {
    for (what, map) in [
        ("a map that is no JSON", &b"{\"0\":"[..]),
        ("a map that is a text", b"\"meta\""),
        (
            "a map with a name that is a number",
            b"{\"0\":\"meta\",\"1\":2}",
        ),
        (
            "a map with an id that is no number",
            b"{\"0\":\"meta\",\"one\":\"told\"}",
        ),
        ("a map that is no UTF-8", b"{\"0\":\"\xff\"}"),
    ] {
        let mut talk = kit.connect().await?;
        if kit.side == Side::Server {
            talk.arrived(kit.timeout).await;
        }
        talk.say([&[5, 0, 0, 0], map].concat()).await;
        talk.closes(what, 1000, "Invalid exchange routes").await?;
    }
    Ok(())
}

async fn early_message(kit: &Kit) -> Tried {
    let mut talk = kit.connect().await?;
    talk.arrived(kit.timeout).await;
    talk.say(b"\0\0\x01\0hi".to_vec()).await;
    talk.closes("a message before the client's map", 3003, "Invalid state")
        .await
}
