//! A stream by hand: items go out while there is credit for them. A connection has one stream, which is made of what is
//! there: a source that lets one wait would need a bit more.

use std::io::Result;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures_util::{FutureExt, SinkExt, Stream, StreamExt, stream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

use super::careful::accept_tungstenite;
use super::{Outcome, serve};
use crate::wire::{self, CREDIT, END, ITEM, NO_VALUE, Part, STR, STREAM, part};

/// The items: texts of a length, without end.
pub(crate) fn items(size: usize) -> impl Stream<Item = String> {
    let item = String::from_utf8_lossy(&wire::data(size)).into_owned();
    stream::repeat_with(move || item.clone())
}

/// What a client wants.
#[derive(Debug, Clone, Copy)]
enum Wish {
    /// A stream under this id, of items of this size, with this credit.
    Items { id: u32, size: usize, credit: u32 },
    /// More of it.
    More { credit: u32 },
}

impl Wish {
    fn read(message: &Message) -> Option<Self> {
        let Message::Binary(message) = message else {
            return None;
        };
        let part = Part::parse(message)?;
        let (credit, rest) = part.credit()?;
        match part.kind {
            STREAM => Some(Self::Items {
                id: part.id,
                size: str::from_utf8(rest).ok()?.parse().ok()?,
                credit,
            }),
            CREDIT => Some(Self::More { credit }),
            _ => None,
        }
    }
}

fn item(id: u32, data: &str) -> Message {
    Message::binary(part(STR, ITEM, 0, id, &[data.as_bytes()]))
}

fn cost(item: &Message) -> i64 {
    i64::try_from(item.len()).unwrap_or(i64::MAX)
}

/// Credit that one task grants and another one spends.
#[derive(Debug, Default)]
struct Credit {
    bytes: AtomicI64,
    granted: Notify,
}

impl Credit {
    fn grant(&self, bytes: u32) {
        self.bytes.fetch_add(bytes.into(), Ordering::AcqRel);
        self.granted.notify_one();
    }

    async fn spend(&self, bytes: i64) {
        while self.bytes.load(Ordering::Acquire) <= 0 {
            self.granted.notified().await;
        }
        self.bytes.fetch_sub(bytes, Ordering::AcqRel);
    }
}

/// One task reads what the client grants, another one sends item after item.
pub(crate) async fn simple(listener: TcpListener) -> Result<()> {
    serve(listener, async |stream, _| {
        let (mut outgoing, mut incoming) = accept_async(stream).await?.split();
        let credit = Arc::new(Credit::default());
        let (id, size) = loop {
            match incoming.next().await {
                Some(message) => {
                    if let Some(Wish::Items {
                        id,
                        size,
                        credit: first,
                    }) = Wish::read(&message?)
                    {
                        credit.grant(first);
                        break (id, size);
                    }
                }
                None => return Ok(()),
            }
        };
        let spending = credit.clone();
        let writer = tokio::spawn(async move {
            let mut items = pin!(items(size));
            while let Some(data) = items.next().await {
                let item = item(id, &data);
                spending.spend(cost(&item)).await;
                if outgoing.send(item).await.is_err() {
                    return;
                }
            }
        });
        while let Some(Ok(message)) = incoming.next().await {
            if let Some(Wish::More { credit: more }) = Wish::read(&message) {
                credit.grant(more);
            }
        }
        writer.abort();
        Ok(())
    })
    .await
}

/// Items that are made before input is looked for again.
const BATCH: usize = 256;

/// One loop: as many items as there is credit for, then one flush, then the client's turn.
pub(crate) async fn tuned(listener: TcpListener) -> Result<()> {
    serve(listener, async |stream, _| {
        let mut socket = accept_tungstenite(stream).await?;
        while let Some(message) = socket.next().await {
            if let Some(Wish::Items { id, size, credit }) = Wish::read(&message?) {
                return send(socket, id, items(size), credit).await;
            }
        }
        Ok(())
    })
    .await
}

async fn send(
    mut socket: WebSocketStream<TcpStream>,
    id: u32,
    items: impl Stream<Item = String>,
    credit: u32,
) -> Outcome {
    let mut items = pin!(items);
    let mut left = i64::from(credit);
    loop {
        let mut made = 0;
        while left > 0
            && made < BATCH
            && let Some(next) = items.next().now_or_never()
        {
            let Some(data) = next else {
                socket
                    .send(Message::binary(part(NO_VALUE, END, 0, id, &[])))
                    .await?;
                return Ok(());
            };
            let item = item(id, &data);
            left -= cost(&item);
            socket.feed(item).await?;
            made += 1;
        }
        let message = match socket.next().now_or_never() {
            Some(message) => message,
            None if made == BATCH => {
                tokio::task::yield_now().await;
                continue;
            }
            None => {
                socket.flush().await?;
                socket.next().await
            }
        };
        let Some(message) = message else {
            return Ok(());
        };
        if let Some(Wish::More { credit }) = Wish::read(&message?) {
            left += i64::from(credit);
        }
    }
}
