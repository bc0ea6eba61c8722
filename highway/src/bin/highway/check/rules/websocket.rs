//! What the peer does below the messages.

use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use super::{Check, checks};
use crate::check::{
    kit::{Kit, Side},
    talk::{Arrived, Talk},
    verdict::{Tried, broken},
};

pub(super) const CHECKS: &[Check] = checks! {
    "websocket.fragments" any extended ["echo"] fragments;
    "websocket.ping" any plain [] ping;
    "close.answer" any plain [] answers_close;
    "close.1002-on-garbage" any plain [] garbage;
    "close.1002-on-mask" any plain [] mask;
    "close.3001-on-text" any plain [] text;
};

async fn fragments(kit: &Kit) -> Tried {
    let mut talk = kit.open().await?;
    let call = talk.bytes("00 01 {echo} {1} 6869")?;
    let last = call.len().saturating_sub(1);
    for (at, byte) in call.into_iter().enumerate() {
        let code = if at == 0 {
            Data::Binary
        } else {
            Data::Continue
        };
        let frame = Frame::message(vec![byte], OpCode::Data(code), at == last);
        talk.frame(frame).await;
        if at == 1 {
            let ping = Frame::ping(b"between".to_vec());
            talk.frame(ping).await;
        }
    }
    let what = "the reply to a call that came in a frame for each byte, with a ping in between";
    talk.expect(what, "00 02 .... {1} 6869").await?;
    Ok(())
}

async fn ping(kit: &Kit) -> Tried {
    let mut talk = kit.open_plain().await?;
    for data in [&b""[..], b"are you there", &[7; 125]] {
        talk.ping(data).await?;
    }
    Ok(())
}

async fn answers_close(kit: &Kit) -> Tried {
    for code in [1000, 4321] {
        let mut talk = kit.open_plain().await?;
        let answer = talk.close(code).await?;
        if answer != code {
            return broken(
                format!("a close with {code} in answer to one"),
                format!("a close with {answer}"),
            );
        }
    }
    Ok(())
}

/// The head of a frame as the kit's side sends it.
fn head(talk_is_client: bool, first: u8, len: u8) -> Vec<u8> {
    if talk_is_client {
        // A mask of zeros leaves what follows as it is.
        vec![first, 0x80 | len, 0, 0, 0, 0]
    } else {
        vec![first, len]
    }
}

async fn breaks(kit: &Kit, what: &str, bytes: &[u8]) -> Tried {
    let mut talk = kit.open_plain().await?;
    talk.raw(bytes).await;
    let expected = format!("a close with 1002 after {what}");
    closed_for_protocol(&mut talk, kit, &expected).await
}

/// Any reason will do.
async fn closed_for_protocol(talk: &mut Talk, kit: &Kit, expected: &str) -> Tried {
    loop {
        match talk.arrived(kit.timeout).await {
            Some(Arrived::Closed(1002, _)) => return Ok(()),
            Some(Arrived::Message(_) | Arrived::Pong(_)) => {}
            other => return broken(expected, talk.in_words(other.as_ref())),
        }
    }
}

async fn garbage(kit: &Kit) -> Tried {
    let client = kit.side == Side::Server;
    for (what, first, payload) in [
        ("a frame with a reserved bit", 0xc2, &b"\0\0\x01\0"[..]),
        ("a frame of an unknown kind of data", 0x83, b"\0\0\x01\0"),
        ("a frame of an unknown kind of control", 0x8b, b""),
        ("a fragment of no message", 0x80, b"\0\0\x01\0"),
        ("a ping in fragments", 0x09, b""),
        ("a close frame with half a code", 0x88, b"\x03"),
        ("a close frame with the code 1005", 0x88, b"\x03\xed"),
    ] {
        let len = u8::try_from(payload.len()).unwrap_or_default();
        let bytes = [&head(client, first, len), payload].concat();
        breaks(kit, what, &bytes).await?;
    }
    Ok(())
}

async fn mask(kit: &Kit) -> Tried {
    let client = kit.side == Side::Server;
    let what = match kit.side {
        Side::Server => "a frame without a mask",
        Side::Client => "a frame with a mask",
    };
    let bytes = [head(!client, 0x82, 4), b"\0\0\x01\0".to_vec()].concat();
    breaks(kit, what, &bytes).await
}

async fn text(kit: &Kit) -> Tried {
    let mut talk = kit.open_plain().await?;
    talk.write(Message::text("hello")).await;
    talk.closes("a text message", 3001, "Malformed header")
        .await
}
