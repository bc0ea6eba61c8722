//! Calls by hand: the reply goes back under the id that came with the call.

use std::io::Result;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

use super::{accept_tuned, serve};
use crate::wire::{CALL, Part, REPLY, ROUTE, STR, part};

/// What is called.
#[expect(clippy::unused_async, reason = "what is called elsewhere may wait")]
async fn echo(data: String) -> String {
    data
}

/// The reply to a message, if it is a call.
async fn answer(message: &Message) -> Option<Message> {
    let Message::Binary(message) = message else {
        return None;
    };
    let call = Part::parse(message)?;
    let (CALL, STR, ROUTE) = (call.kind, call.code, call.route) else {
        return None;
    };
    let data = str::from_utf8(call.rest).ok()?.to_owned();
    let reply = echo(data).await;
    let reply = part(STR, REPLY, 0, call.id, &[reply.as_bytes()]);
    Some(Message::binary(reply))
}

/// Each call as it comes, one after the other.
pub(crate) async fn simple(listener: TcpListener) -> Result<()> {
    serve(listener, async |stream, _| {
        let mut socket = accept_async(stream).await?;
        while let Some(message) = socket.next().await {
            if let Some(reply) = answer(&message?).await {
                socket.send(reply).await?;
            }
        }
        Ok(())
    })
    .await
}

/// Replies are flushed when there is no more input.
pub(crate) async fn tuned(listener: TcpListener) -> Result<()> {
    serve(listener, async |stream, _| {
        let mut socket = accept_tuned(stream).await?;
        while let Some(message) = socket.next().await {
            let mut next = Some(message);
            while let Some(message) = next {
                if let Some(reply) = answer(&message?).await {
                    socket.feed(reply).await?;
                }
                next = socket.next().now_or_never().flatten();
            }
            socket.flush().await?;
        }
        Ok(())
    })
    .await
}
