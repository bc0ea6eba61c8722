//! Pipes by hand: what one client writes goes to another one under the id that it knows, as far as that has granted credit.

use std::collections::HashMap;
use std::io::Result;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use futures_channel::mpsc as futures_mpsc;
use futures_util::{StreamExt, TryStreamExt, future};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

use super::careful::{BATCH, write_all};
use super::{Outcome, Peers, lock, serve};
use crate::wire::{
    BYTES, CREDIT, HANG_UP, HEAD, INT, LAST_PIECE, NO_VALUE, PIECE, PIPE, PIPED, Part, ROUTE,
    message, part,
};

/// What is written to a client.
trait Outbox: Clone {
    /// Leaves a message to the client's task, which is about to end where that fails.
    fn put(&self, message: Message);
}

impl Outbox for futures_mpsc::UnboundedSender<Message> {
    fn put(&self, message: Message) {
        let _ = self.unbounded_send(message);
    }
}

impl Outbox for mpsc::UnboundedSender<Message> {
    fn put(&self, message: Message) {
        let _ = self.send(message);
    }
}

/// A pipe as one of its two clients has it.
#[derive(Clone)]
struct End<O> {
    /// The other client.
    to: O,
    /// The id that it knows.
    id: u32,
    /// What this one may write.
    credit: Arc<AtomicI64>,
    /// What the other one may write.
    theirs: Arc<AtomicI64>,
}

/// Whether a message is allowed.
type Verdict = std::result::Result<(), Error>;

/// All clients and pipes of a server.
struct Relay<O> {
    clients: Peers<u32, O>,
    /// By the number of the connection and the id there.
    pipes: Peers<(u32, u32), End<O>>,
    number: Arc<AtomicU32>,
}

impl<O> Clone for Relay<O> {
    fn clone(&self) -> Self {
        Self {
            clients: self.clients.clone(),
            pipes: self.pipes.clone(),
            number: self.number.clone(),
        }
    }
}

/// The ids of the pipes that a client has, if they come from the server, are even.
const FIRST: u32 = 2;

impl<O: Outbox> Relay<O> {
    fn new() -> Self {
        Self {
            clients: Peers::default(),
            pipes: Peers::default(),
            number: Arc::default(),
        }
    }

    /// Gives a client its number, and tells it.
    fn enter(&self, outbox: O) -> u32 {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        outbox.put(Message::binary(message(
            INT,
            ROUTE,
            number.to_string().as_bytes(),
        )));
        lock(&self.clients).insert(number, outbox);
        number
    }

    /// Takes a message; an error when it is not allowed.
    fn take(&self, client: u32, pipes: &mut HashMap<u32, End<O>>, frame: &Bytes) -> Verdict {
        let Some(part) = Part::parse(frame) else {
            return Err(Error::AttackAttempt);
        };
        if part.kind == PIPE {
            self.ask(client, &part);
            return Ok(());
        }
        let end = match pipes.get(&part.id) {
            Some(end) => end,
            // It is new to this client's task.
            None => match lock(&self.pipes).get(&(client, part.id)) {
                Some(end) => pipes.entry(part.id).or_insert(end.clone()),
                None => return Ok(()),
            },
        };
        match part.kind {
            PIPED | CREDIT => {
                let Some((credit, _)) = part.credit() else {
                    return Err(Error::AttackAttempt);
                };
                end.theirs.fetch_add(credit.into(), Ordering::AcqRel);
                let credit = credit.to_le_bytes();
                end.to.put(Message::binary(self::part(
                    NO_VALUE,
                    part.kind,
                    0,
                    end.id,
                    &[&credit],
                )));
            }
            PIECE | LAST_PIECE => {
                let cost = i64::try_from(frame.len()).unwrap_or(i64::MAX);
                if frame.len() > HEAD + 65_536 || end.credit.fetch_sub(cost, Ordering::AcqRel) <= 0
                {
                    return Err(Error::AttackAttempt);
                }
                end.to.put(Message::binary(self::part(
                    BYTES,
                    part.kind,
                    0,
                    end.id,
                    &[part.rest],
                )));
            }
            HANG_UP => {
                end.to.put(Message::binary(self::part(
                    NO_VALUE,
                    HANG_UP,
                    0,
                    end.id,
                    &[part.rest],
                )));
                pipes.remove(&part.id);
                lock(&self.pipes).remove(&(client, part.id));
            }
            _ => {}
        }
        Ok(())
    }

    /// Passes on to a client that another one asks for a pipe to it.
    fn ask(&self, client: u32, part: &Part<'_>) {
        let number = part.credit().and_then(|(credit, number)| {
            let number: u32 = str::from_utf8(number).ok()?.parse().ok()?;
            Some((credit, number))
        });
        let (Some((credit, number)), clients) = (number, lock(&self.clients)) else {
            return;
        };
        let (Some(from), Some(to)) = (clients.get(&client), clients.get(&number)) else {
            return;
        };
        let mut pipes = lock(&self.pipes);
        let id = (FIRST..)
            .step_by(2)
            .find(|id| !pipes.contains_key(&(number, *id)))
            .unwrap_or(FIRST);
        let (theirs, mine) = (Arc::new(AtomicI64::from(i64::from(credit))), Arc::default());
        pipes.insert(
            (client, part.id),
            End {
                to: to.clone(),
                id,
                credit: Arc::clone(&mine),
                theirs: Arc::clone(&theirs),
            },
        );
        pipes.insert(
            (number, id),
            End {
                to: from.clone(),
                id: part.id,
                credit: theirs,
                theirs: mine,
            },
        );
        let asking = client.to_string();
        to.put(Message::binary(self::part(
            INT,
            PIPE,
            0,
            id,
            &[&credit.to_le_bytes(), asking.as_bytes()],
        )));
    }

    /// Ends a client's pipes.
    fn leave(&self, client: u32) {
        lock(&self.clients).remove(&client);
        lock(&self.pipes).retain(|(number, _), end| {
            if *number == client {
                let lost = [&1006u16.to_le_bytes()[..], b"the connection was lost"].concat();
                end.to.put(Message::binary(self::part(
                    NO_VALUE,
                    HANG_UP,
                    0,
                    end.id,
                    &[&lost],
                )));
            }
            *number != client
        });
    }
}

/// The way of the project's chat example: a channel for each client, forwarded to its socket.
pub(crate) async fn simple(listener: TcpListener) -> Result<()> {
    let relay = Relay::new();
    serve(listener, move |stream, _| {
        let relay = relay.clone();
        async move {
            let socket = accept_async(stream).await?;
            let (sender, receiver) = futures_mpsc::unbounded();
            let client = relay.enter(sender);
            let (outgoing, incoming) = socket.split();
            let mut pipes = HashMap::new();
            let pass = incoming.try_for_each(|message| {
                future::ready(match message {
                    Message::Binary(frame) => relay.take(client, &mut pipes, &frame),
                    _ => Ok(()),
                })
            });
            let deliver = receiver.map(Ok).forward(outgoing);
            future::select(pass, deliver).await;
            relay.leave(client);
            Ok(())
        }
    })
    .await
}

/// One task a client, which takes from its channel all there is before it flushes. The read buffer is the default's, which is
/// twice as fast as a small one where pieces are large.
pub(crate) async fn tuned(listener: TcpListener) -> Result<()> {
    let relay = Relay::new();
    serve(listener, move |stream, _| {
        let relay = relay.clone();
        async move {
            let mut socket = accept_async(stream).await?;
            let (sender, mut receiver) = mpsc::unbounded_channel();
            let client = relay.enter(sender);
            let mut pipes = HashMap::new();
            let mut batch = Vec::with_capacity(BATCH);
            let outcome: Outcome = async {
                loop {
                    tokio::select! {
                        message = socket.next() => match message {
                            Some(message) => {
                                if let Message::Binary(frame) = message? {
                                    relay.take(client, &mut pipes, &frame)?;
                                }
                            }
                            None => return Ok(()),
                        },
                        _ = receiver.recv_many(&mut batch, BATCH) => {
                            write_all(&mut socket, &mut batch).await?;
                        }
                    }
                }
            }
            .await;
            relay.leave(client);
            outcome
        }
    })
    .await
}
