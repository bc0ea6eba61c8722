//! Calls by hand: the reply goes back under the id that came with the call.

use std::io::Result;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;

use super::careful::Message;
use super::serve;
use crate::wire::{CALL, Part, REPLY, ROUTE, STR, part};

/// What is called.
#[expect(clippy::unused_async, reason = "what is called elsewhere may wait")]
async fn echo(data: String) -> String {
    data
}

/// The reply to a message, if it is a call.
pub(super) async fn reply(message: &[u8]) -> Option<Vec<u8>> {
    let call = Part::parse(message)?;
    let (CALL, STR, ROUTE) = (call.kind, call.code, call.route) else {
        return None;
    };
    let data = str::from_utf8(call.rest).ok()?.to_owned();
    let reply = echo(data).await;
    Some(part(STR, REPLY, 0, call.id, &[reply.as_bytes()]))
}

/// The same, for messages of a library.
pub(super) async fn answer<M: Message>(message: M) -> Option<M> {
    let reply = reply(message.data()?).await?;
    Some(M::binary(reply.into()))
}

/// Each call as it comes, one after the other.
pub(crate) async fn simple(listener: TcpListener) -> Result<()> {
    serve(listener, async |stream, _| {
        let mut socket = accept_async(stream).await?;
        while let Some(message) = socket.next().await {
            if let Some(reply) = answer(message?).await {
                socket.send(reply).await?;
            }
        }
        Ok(())
    })
    .await
}
