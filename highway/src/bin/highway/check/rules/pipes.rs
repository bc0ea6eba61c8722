//! Pipes: of a server, between two clients that the kit is; of a client, which the kit asks as its server.

use super::{Check, checks};
use crate::check::{
    kit::{Kit, Side, map_message, read_map},
    message::{self, describe, hex},
    talk::{Arrived, Talk},
    verdict::{Tried, broken, not_tried},
};

pub(super) const CHECKS: &[Check] = checks! {
    "pipe.opened" server extended ["number"] opened;
    "pipe.refused" server extended ["number"] refused;
    "pipe.of-no-connection" server extended ["echo"] of_no_connection;
    "pipe.pieces" server extended ["number"] pieces;
    "pipe.credit" server extended ["number"] credit;
    "pipe.close" server extended ["number"] close;
    "pipe.close-early" server extended ["number"] close_early;
    "pipe.lost" server extended ["number"] lost;
    "pipe.accepted" client extended ["echo"] accepted;
    "pipe.served" client extended ["echo"] served;
    "pipe.ends-alone" client extended ["echo"] ends_alone;
    "missed.taken" client extended ["echo"] missed;
    "close.3003-on-piece-before-piped" server extended ["number"] piece_before_piped;
    "close.3003-on-large-piece" any extended [] large_piece;
    "close.3003-on-long-reason" any extended [] long_reason;
    "close.3003-on-cancel-of-a-pipe" any extended [] cancel_of_a_pipe;
    "close.3003-on-piece-without-credit" server extended ["number"] piece_without_credit;
    "close.3003-on-second-piped" server extended ["number"] second_piped;
};

/// The first credit of the kit.
const GRANTED: &str = "00000100";

/// Two clients, and the number of the second at the server, as an int.
async fn two(kit: &Kit) -> Tried<(Talk, Talk, String)> {
    let opener = kit.open().await?;
    let mut other = kit.open().await?;
    other.send("08 01 {number} {9}").await?;
    let message = other
        .expect(
            "the number of the connection, from `number`",
            "01 02 .... {9} *",
        )
        .await?;
    let number = hex(message.get(8..).unwrap_or_default());
    Ok((opener, other, number))
}

/// Two clients, one of which asks the other for a pipe: it has the id `{1}` for the opener, and `{p1}` for the other.
async fn asked(kit: &Kit) -> Tried<(Talk, Talk)> {
    let (mut opener, mut other, number) = two(kit).await?;
    opener
        .send(&format!("01 09 0000 {{1}} {GRANTED} {number}"))
        .await?;
    let expected = "a pipe with an id of the server's own and credit, for the other client";
    let message = tokio::select! {
        message = other.message(expected) => message?,
        refusal = opener.message(expected) => return match refusal {
            Ok(refusal) if refusal.get(1) == Some(&3) => {
                not_tried(format!("the server permits no pipe: {}", describe(&refusal, true)))
            }
            Ok(refusal) => broken(expected, describe(&refusal, true)),
            Err(stop) => Err(stop),
        },
    };
    let pattern = other.filled_in(".. 09 .... {p1} ........ *")?;
    let fits = message::Pattern::parse(&pattern).is_some_and(|pattern| pattern.fits(&message));
    let credit = message::credit(&message);
    if fits && (1..=0x0001_0000).contains(&credit) {
        return Ok((opener, other));
    }
    broken(
        format!("{expected}, of at most the 65,536 that the opener grants"),
        describe(&message, true),
    )
}

/// A pipe between two clients: the opener's end, with the id `{1}`, and the other's, with `{p1}`.
async fn piped(kit: &Kit) -> Tried<(Talk, Talk)> {
    let (mut opener, mut other) = asked(kit).await?;
    other.send(&format!("08 0a 0000 {{p1}} {GRANTED}")).await?;
    let what = "piped for the opener, with credit";
    let message = opener.expect(what, "08 0a .... {1} ........").await?;
    if !(1..=0x0001_0000).contains(&message::credit(&message)) {
        return broken(
            format!("{what} of at most the 65,536 that the other client grants"),
            describe(&message, true),
        );
    }
    Ok((opener, other))
}

async fn opened(kit: &Kit) -> Tried {
    piped(kit).await.map(drop)
}

async fn refused(kit: &Kit) -> Tried {
    let (mut opener, mut other) = asked(kit).await?;
    // {"error": "refused", "message": "no", "code": "c"}
    let failure = "a3656572726f726772656675736564676d657373616765626e6f64636f64656163";
    other.send(&format!("05 03 0000 {{p1}} {failure}")).await?;
    let what = "the other client's failure, passed back";
    opener
        .expect(what, &format!("05 03 .... {{1}} {failure}"))
        .await?;
    Ok(())
}

async fn of_no_connection(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send(&format!("01 09 0000 {{1}} {GRANTED} 3939393939393939"))
        .await?;
    talk.failure(1, "pipe").await?;
    talk.goes_on("a pipe to a connection that does not exist")
        .await
}

async fn pieces(kit: &Kit) -> Tried {
    let (mut opener, mut other) = piped(kit).await?;
    // No server decodes this.
    other.send("07 0b 0000 {p1} 0102").await?;
    other.send("07 0c 0000 {p1} 03").await?;
    opener
        .expect("a piece, with the opener's id", "07 0b .... {1} 0102")
        .await?;
    opener
        .expect("the last piece, with the opener's id", "07 0c .... {1} 03")
        .await?;
    opener.send("07 0c 0000 {1} ffff").await?;
    other
        .expect_past_credit(
            "a piece, with the other client's id",
            "07 0c .... {p1} ffff",
        )
        .await
}

async fn credit(kit: &Kit) -> Tried {
    let (mut opener, mut other) = piped(kit).await?;
    // Uses up what was granted, so that nothing is held back.
    let mut left: i64 = 0x0001_0000;
    let piece = "78".repeat(16_384);
    while left > 0 {
        opener.send(&format!("07 0c 0000 {{1}} {piece}")).await?;
        other
            .expect_past_credit("a piece", &format!("07 0c .... {{p1}} {piece}"))
            .await?;
        left = left.saturating_sub(16_392);
    }
    other.send("08 08 0000 {p1} 00000100").await?;
    opener
        .expect(
            "the credit that the other client grants",
            "08 08 .... {1} ........",
        )
        .await?;
    Ok(())
}

async fn close(kit: &Kit) -> Tried {
    let (mut opener, mut other) = piped(kit).await?;
    opener.send("07 0c 0000 {1} ff").await?;
    opener.send("08 0d 0000 {1} 1f10 627965").await?;
    other
        .expect_past_credit("what was sent before the end", "07 0c .... {p1} ff")
        .await?;
    let what = "the end of the pipe with 4127 and the reason \"bye\"";
    other
        .expect_past_credit(what, "08 0d .... {p1} 1f10 627965")
        .await?;
    // A `hang up` is not answered, and what comes after it is ignored.
    other.strict();
    other.send("07 0c 0000 {p1} ff").await?;
    other.goes_on("the end of the pipe").await?;
    opener.goes_on("the end of the pipe").await
}

async fn close_early(kit: &Kit) -> Tried {
    let (mut opener, mut other) = asked(kit).await?;
    opener.send("08 0d 0000 {1} e803").await?;
    let what = "the end of a pipe before it was accepted";
    other.expect_past_credit(what, "08 0d .... {p1} e803").await
}

async fn lost(kit: &Kit) -> Tried {
    let (opener, mut other) = piped(kit).await?;
    opener.cut();
    let what = "the end of the pipe with 1006, as the opener's connection is over";
    other
        .expect_past_credit(what, "08 0d .... {p1} ee03 *")
        .await
}

/// The credit of the kit when it asks a client for a pipe.
const ASKED: usize = 0x0004_0000;

/// Asks the client for a pipe, which has the id `{1}`.
async fn asks(kit: &Kit) -> Tried<Talk> {
    let mut talk = kit.open().await?;
    talk.send("00 09 0000 {1} 00000400 616461").await?;
    let expected = "piped, with credit";
    let message = talk.message(expected).await?;
    match message.get(1) {
        Some(10) => {}
        Some(3) => {
            return not_tried(format!(
                "the client accepts no pipes: {}",
                describe(&message, true)
            ));
        }
        _ => return broken(expected, describe(&message, true)),
    }
    talk.put_back(Arrived::Message(message));
    let message = talk.expect(expected, "08 0a .... {1} ........").await?;
    if message::credit(&message) == 0 {
        return broken(expected, describe(&message, true));
    }
    Ok(talk)
}

/// A message in a pipe, in one last piece.
async fn piece(talk: &mut Talk, message: &[u8]) -> Tried {
    let head = talk.bytes("07 0c 0000 {1}")?;
    talk.say([head, message.to_vec()].concat()).await;
    Ok(())
}

/// The next message in the pipe.
async fn in_pipe(talk: &mut Talk, expected: &str) -> Tried<Vec<u8>> {
    let mut whole = Vec::new();
    while whole.len() <= ASKED {
        let message = talk.message(expected).await?;
        match message.as_slice() {
            [8, 8, ..] => {}
            [7, last @ (11 | 12), _, _, _, _, _, _, part @ ..] => {
                whole.extend_from_slice(part);
                if *last == 12 {
                    return Ok(whole);
                }
            }
            _ => return broken(expected, describe(&message, true)),
        }
    }
    broken(expected, "more in pieces than there was credit for")
}

async fn accepted(kit: &Kit) -> Tried {
    let mut talk = asks(kit).await?;
    let expected = "a map in the pipe, since the client that accepts is its server";
    let first = in_pipe(&mut talk, expected).await?;
    match read_map(&first) {
        Ok(_) => Ok(()),
        Err(why) => broken(expected, format!("{}: {why}", hex(&first))),
    }
}

async fn served(kit: &Kit) -> Tried {
    let mut talk = asks(kit).await?;
    let first = in_pipe(&mut talk, "a map in the pipe").await?;
    let map = read_map(&first).unwrap_or_default();
    let Some(echo) = map.get("echo") else {
        return not_tried("the client serves no `echo` in pipes");
    };
    piece(
        &mut talk,
        &map_message(r#"{"0":"meta","65535":"highway/1"}"#),
    )
    .await?;
    piece(&mut talk, &[5, 14, 0, 0, 0xa0]).await?;
    let call = [&[0, 1][..], &echo.to_le_bytes(), &[1, 0, 0, 0], b"hi"].concat();
    // In two pieces, one of them empty.
    let half = talk.bytes("07 0b 0000 {1}")?;
    let (begin, rest) = call.split_at(3);
    talk.say([half.as_slice(), begin].concat()).await;
    talk.say(half).await;
    piece(&mut talk, rest).await?;
    let expected = "the reply to a call in the pipe";
    loop {
        let message = in_pipe(&mut talk, expected).await?;
        match message.as_slice() {
            [5, 14, ..] => {}
            [0, 2, _, _, 1, 0, 0, 0, b'h', b'i'] => return Ok(()),
            _ => return broken(expected, describe(&message, true)),
        }
    }
}

async fn ends_alone(kit: &Kit) -> Tried {
    let mut talk = asks(kit).await?;
    in_pipe(&mut talk, "a map in the pipe").await?;
    piece(&mut talk, &[0, 0]).await?;
    let what = "the end of the pipe with 3001, after a message of two bytes in it";
    talk.expect_past_credit(what, "08 0d .... {1} b90b *")
        .await?;
    talk.goes_on("the end of the pipe").await
}

async fn missed(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    talk.send("08 0f 0000 0300000000000000").await?;
    talk.goes_on("the report of 3 missed broadcasts").await
}

async fn piece_before_piped(kit: &Kit) -> Tried {
    let (mut opener, _other) = asked(kit).await?;
    opener.send("07 0c 0000 {1} 0102").await?;
    opener
        .closes("a piece before `piped`", 3003, "Invalid state")
        .await
}

/// An end of a pipe, which has the id `{1}`.
async fn end(kit: &Kit) -> Tried<Talk> {
    match kit.side {
        Side::Server => {
            let (opener, mut other) = piped(kit).await?;
            // The end of its connection would end the pipe.
            tokio::spawn(async move { while other.message("").await.is_ok() {} });
            Ok(opener)
        }
        Side::Client => asks(kit).await,
    }
}

async fn large_piece(kit: &Kit) -> Tried {
    let mut talk = end(kit).await?;
    let piece = "00".repeat(65_537);
    talk.send(&format!("07 0c 0000 {{1}} {piece}")).await?;
    talk.closes("a piece of 65,537 bytes", 3003, "Invalid state")
        .await
}

async fn long_reason(kit: &Kit) -> Tried {
    let mut talk = end(kit).await?;
    let reason = "78".repeat(124);
    talk.send(&format!("08 0d 0000 {{1}} e803 {reason}"))
        .await?;
    talk.closes(
        "a hang up with a reason of 124 bytes",
        3003,
        "Invalid state",
    )
    .await
}

async fn cancel_of_a_pipe(kit: &Kit) -> Tried {
    for message in ["08 04 0000 {1}", "01 06 0000 {1} 31", "08 07 0000 {1}"] {
        let mut talk = end(kit).await?;
        // The pipe is not over for that.
        let bytes = talk.bytes(message)?;
        talk.write(tokio_tungstenite::tungstenite::Message::binary(bytes))
            .await;
        talk.closes(&format!("{message} for a pipe"), 3003, "Invalid state")
            .await?;
    }
    Ok(())
}

async fn piece_without_credit(kit: &Kit) -> Tried {
    let mut talk = end(kit).await?;
    // The first takes all the credit that the other client has granted.
    let piece = "78".repeat(65_536);
    for _ in 0..2 {
        talk.send(&format!("07 0b 0000 {{1}} {piece}")).await?;
    }
    talk.closes("a piece without credit", 3003, "Invalid state")
        .await
}

async fn second_piped(kit: &Kit) -> Tried {
    let (_opener, mut other) = piped(kit).await?;
    other.send("08 0a 0000 {p1} 00000100").await?;
    other
        .closes("a second `piped`", 3003, "Invalid state")
        .await
}
