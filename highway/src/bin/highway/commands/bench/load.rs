//! Does the same again and again, at a pace, and takes the time of each.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use highway::{Connection, Value};
use indicatif::ProgressBar;
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
};

use super::histogram::{Summary, Times, float};
use crate::{
    failure::Failure,
    listener::{Listener, Received},
};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Kind {
    /// Calls, until the reply is there
    Call,
    /// Messages, until they have room in the connection's outbox or, with --answer, until the answer is there
    Message,
    /// Streams, until their last item is there
    Stream,
}

/// How much is begun in a time.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    /// As many a second, at even distances.
    PerSecond(u32),
    /// Whatever ends makes room for the next.
    Unlimited,
}

/// What to do.
pub(super) struct Load {
    pub(super) route: String,
    pub(super) data: Value,
    pub(super) kind: Kind,
    pub(super) answered: bool,
    pub(super) pace: Pace,
    pub(super) in_flight: u32,
    pub(super) duration: Duration,
}

/// What all workers share.
struct Shared {
    load: Load,
    begin: Instant,
    /// The number of the next one.
    next: AtomicU64,
    /// The items of streams.
    items: AtomicU64,
}

/// When the messages that wait for their answer were sent, the oldest first.
type Sent = Arc<Mutex<VecDeque<Instant>>>;

impl Load {
    /// Does it, over connections.
    pub(super) async fn run(
        self,
        connections: Vec<(Connection<Listener>, mpsc::Receiver<Received>)>,
        progress: &ProgressBar,
    ) -> Result<Summary, Failure> {
        let shared = Arc::new(Shared {
            begin: Instant::now(),
            next: AtomicU64::new(0),
            items: AtomicU64::new(0),
            load: self,
        });
        let mut workers = JoinSet::new();
        let mut used = Vec::new();
        for (connection, received) in connections {
            used.push(connection.clone());
            if shared.load.answered {
                let (sent, room) = (
                    Sent::default(),
                    Arc::new(Semaphore::new(shared.load.in_flight as usize)),
                );
                workers.spawn(answers(
                    Arc::clone(&shared),
                    received,
                    Arc::clone(&sent),
                    Arc::clone(&room),
                ));
                workers.spawn(messages(Arc::clone(&shared), connection, sent, room));
                continue;
            }
            for _ in 0..shared.load.in_flight {
                workers.spawn(worker(Arc::clone(&shared), connection.clone()));
            }
        }
        let mut times = Times::new();
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        loop {
            tokio::select! {
                ended = workers.join_next() => match ended {
                    Some(Ok(worker)) => times.add(&worker?),
                    Some(Err(panic)) => return Err(Failure::refused(panic.to_string())),
                    None => break,
                },
                _ = ticks.tick() => {
                    let elapsed = shared.begin.elapsed().as_millis();
                    progress.set_position(u64::try_from(elapsed).unwrap_or(u64::MAX));
                    progress.set_message(format!("{} begun", shared.next.load(Ordering::Relaxed)));
                }
            }
        }
        let took = shared.begin.elapsed();
        for connection in &used {
            if shared.load.kind == Kind::Message {
                connection.flush().await?;
            }
            connection.close().await;
        }
        let items =
            (shared.load.kind == Kind::Stream).then(|| shared.items.load(Ordering::Relaxed));
        Ok(Summary::new(times, took, items))
    }
}

impl Shared {
    /// Waits until the next one is to begin; `None` when the time is over. What is late counts from when it was to begin, so that
    /// a server that stalls is not measured as one that is merely asked less.
    async fn next(&self) -> Option<Instant> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let now = Instant::now();
        let due = match self.load.pace {
            Pace::Unlimited => now,
            Pace::PerSecond(rate) => {
                let after = Duration::from_secs_f64(float(number) / f64::from(rate));
                self.begin.checked_add(after)?
            }
        };
        if due.duration_since(self.begin) >= self.load.duration
            || self.begin.elapsed() >= self.load.duration
        {
            // It was not begun.
            self.next.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        if due <= now {
            return Some(due);
        }
        tokio::time::sleep_until(due.into()).await;
        // The timer's own lateness is not the server's.
        Some(Instant::now())
    }
}

async fn worker(shared: Arc<Shared>, connection: Connection<Listener>) -> Result<Times, Failure> {
    let Load {
        route, data, kind, ..
    } = &shared.load;
    let mut times = Times::new();
    while let Some(begin) = shared.next().await {
        let ended = match kind {
            Kind::Call => connection.call(route, data).await.map(|_: Value| ()),
            Kind::Message => connection.send(route, data).await,
            Kind::Stream => items(&shared, &connection).await,
        };
        match ended {
            Ok(()) => times.record(begin.elapsed()),
            Err(error) if error.is_closed() => return Err(error.into()),
            Err(error) => times.fail(&error),
        }
    }
    Ok(times)
}

async fn items(shared: &Shared, connection: &Connection<Listener>) -> highway::Result {
    let Load { route, data, .. } = &shared.load;
    let mut items = connection.stream(route, data).await?;
    while let Some(item) = items.next().await {
        let _: Value = item?;
        shared.items.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Sends messages, as long as not too many wait for their answers.
async fn messages(
    shared: Arc<Shared>,
    connection: Connection<Listener>,
    sent: Sent,
    room: Arc<Semaphore>,
) -> Result<Times, Failure> {
    let Load { route, data, .. } = &shared.load;
    while let Some(begin) = shared.next().await {
        let Ok(permit) = room.acquire().await else {
            break;
        };
        // The answer gives it back.
        permit.forget();
        sent.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(begin);
        connection.send(route, data).await?;
    }
    // Whoever takes the answers ends once it has all of them.
    room.close();
    Ok(Times::new())
}

/// Takes the answers of messages.
async fn answers(
    shared: Arc<Shared>,
    mut received: mpsc::Receiver<Received>,
    sent: Sent,
    room: Arc<Semaphore>,
) -> Result<Times, Failure> {
    let mut times = Times::new();
    // An answer that does not come must not keep the others.
    let patience = Duration::from_secs(2);
    loop {
        let waiting = sent.lock().unwrap_or_else(PoisonError::into_inner).len();
        if room.is_closed() && waiting == 0 {
            return Ok(times);
        }
        let next = tokio::time::timeout(patience, received.recv());
        match next.await {
            Ok(Some(_)) => {
                let begin = sent
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .pop_front();
                if let Some(begin) = begin {
                    times.record(begin.elapsed());
                }
                room.add_permits(1);
            }
            Ok(None) => return Ok(times),
            Err(_) if shared.begin.elapsed() < shared.load.duration && waiting == 0 => {}
            Err(_) => {
                let unanswered = u64::try_from(waiting).unwrap_or(u64::MAX);
                times.unanswered(unanswered);
                room.close();
                return Ok(times);
            }
        }
    }
}
