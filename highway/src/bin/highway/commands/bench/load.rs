//! Does the same again and again, at a pace, and takes the time of each.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
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

/// How long what was begun may take to end when the time is over.
const GRACE: Duration = Duration::from_secs(1);

/// What all workers share.
struct Shared {
    load: Load,
    begin: Instant,
    /// The number of the next one.
    next: AtomicU64,
    /// The items of streams.
    items: AtomicU64,
}

/// The times of a worker, which are there also when it is ended.
type Taken = Arc<Mutex<Times>>;

/// When the messages that wait for their answer were sent, the oldest first.
type Sent = Arc<Mutex<VecDeque<Instant>>>;

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Load {
    /// Does it, over connections, until the time is over or the user presses Ctrl-C.
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
        let mut taken: Vec<Taken> = Vec::new();
        let mut used = Vec::new();
        for (connection, received) in connections {
            used.push(connection.clone());
            if shared.load.answered {
                let sent = Sent::default();
                let room = Arc::new(Semaphore::new(shared.load.in_flight as usize));
                let times = Taken::default();
                taken.push(Arc::clone(&times));
                workers.spawn(answers(
                    received,
                    times,
                    Arc::clone(&sent),
                    Arc::clone(&room),
                ));
                workers.spawn(messages(Arc::clone(&shared), connection, sent, room));
                continue;
            }
            for _ in 0..shared.load.in_flight {
                let times = Taken::default();
                taken.push(Arc::clone(&times));
                workers.spawn(worker(Arc::clone(&shared), connection.clone(), times));
            }
        }
        let is_interrupted = shared.watch(&mut workers, progress).await?;
        workers.shutdown().await;
        let mut times = Times::default();
        for one in taken {
            times.add(&lock(&one));
        }
        // Servers that stall have no say in when the program ends.
        let closing = join_all(used.iter().map(Connection::close));
        let _ = tokio::time::timeout(GRACE, closing).await;
        let begun = shared.next.load(Ordering::Relaxed);
        let items = shared.items.load(Ordering::Relaxed);
        let items = (shared.load.kind == Kind::Stream).then_some(items);
        Ok(Summary::new(
            times,
            shared.begin,
            begun,
            items,
            is_interrupted,
        ))
    }
}

impl Shared {
    /// Waits for the workers. Returns whether the user ended it.
    async fn watch(
        &self,
        workers: &mut JoinSet<Result<(), Failure>>,
        progress: &ProgressBar,
    ) -> Result<bool, Failure> {
        let over = tokio::time::sleep(self.load.duration.saturating_add(GRACE));
        let mut over = std::pin::pin!(over);
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        loop {
            tokio::select! {
                ended = workers.join_next() => match ended {
                    Some(Ok(ended)) => ended?,
                    Some(Err(panic)) => return Err(Failure::refused(panic.to_string())),
                    None => return Ok(false),
                },
                () = &mut over => return Ok(false),
                Ok(()) = tokio::signal::ctrl_c() => return Ok(true),
                _ = ticks.tick() => {
                    let elapsed = self.begin.elapsed().as_millis();
                    progress.set_position(u64::try_from(elapsed).unwrap_or(u64::MAX));
                    progress.set_message(format!("{} begun", self.next.load(Ordering::Relaxed)));
                }
            }
        }
    }

    /// Waits until the next one is to begin; `None` when the time is over. What is late counts from when it was to begin, so that
    /// a server that stalls is not measured as one that is merely asked less.
    async fn next(&self) -> Option<Instant> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let now = Instant::now();
        let due = match self.load.pace {
            Pace::Unlimited => now,
            Pace::PerSecond(rate) => {
                let after = Duration::try_from_secs_f64(float(number) / f64::from(rate));
                self.begin.checked_add(after.ok()?)?
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

async fn worker(
    shared: Arc<Shared>,
    connection: Connection<Listener>,
    times: Taken,
) -> Result<(), Failure> {
    let Load {
        route, data, kind, ..
    } = &shared.load;
    while let Some(begin) = shared.next().await {
        let ended = match kind {
            Kind::Call => connection.call(route, data).await.map(|_: Value| ()),
            Kind::Message => connection.send(route, data).await,
            Kind::Stream => items(&shared, &connection).await,
        };
        match ended {
            Ok(()) => lock(&times).record(begin),
            Err(error) if error.is_closed() => return Err(error.into()),
            Err(error) => lock(&times).fail(&error),
        }
    }
    if *kind == Kind::Message {
        connection.flush().await?;
    }
    Ok(())
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
) -> Result<(), Failure> {
    let Load { route, data, .. } = &shared.load;
    while let Some(begin) = shared.next().await {
        let Ok(permit) = room.acquire().await else {
            break;
        };
        // The answer gives it back.
        permit.forget();
        lock(&sent).push_back(begin);
        connection.send(route, data).await?;
    }
    // Whoever takes the answers ends once it has all of them.
    room.close();
    Ok(())
}

/// Takes the answers of messages.
async fn answers(
    mut received: mpsc::Receiver<Received>,
    times: Taken,
    sent: Sent,
    room: Arc<Semaphore>,
) -> Result<(), Failure> {
    while !(room.is_closed() && lock(&sent).is_empty()) {
        if received.recv().await.is_none() {
            break;
        }
        // What nothing was sent for is no answer.
        let Some(begin) = lock(&sent).pop_front() else {
            continue;
        };
        lock(&times).record(begin);
        room.add_permits(1);
    }
    Ok(())
}
