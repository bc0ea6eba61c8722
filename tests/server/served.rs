//! The server under test: in a process of its own with a generated main, and in the tests' process as their module.

use std::{
    fs::File,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use highway::{Failure, route};
use tokio::sync::Semaphore;

/// What connections did.
pub(crate) struct Counts {
    pub(crate) asked: AtomicUsize,
    pub(crate) opened: AtomicUsize,
    pub(crate) closed: AtomicUsize,
    /// Routes that hang, and those of them that came to their end.
    pub(crate) hanging: AtomicUsize,
    pub(crate) done: AtomicUsize,
    /// Lets those go on that hang.
    pub(crate) gate: Semaphore,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            asked: AtomicUsize::new(0),
            opened: AtomicUsize::new(0),
            closed: AtomicUsize::new(0),
            hanging: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            gate: Semaphore::new(0),
        }
    }
}

#[highway::server(main, state = Arc<Counts>)]
pub(crate) struct Tested {
    files: Vec<File>,
}

#[highway::on(connect)]
async fn asked(request: &mut highway::Request<Tested>) -> Result<(), highway::Refusal> {
    request.state().asked.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

#[highway::on(open)]
async fn opened(tested: &mut Tested) {
    tested.state().opened.fetch_add(1, Ordering::SeqCst);
}

#[highway::on(close)]
async fn closed(tested: &mut Tested) {
    tested.state().closed.fetch_add(1, Ordering::SeqCst);
}

#[route("echo")]
async fn echo(text: String, tested: &mut Tested) -> highway::Result {
    tested.send("said", text).await
}

/// The address that the server has of the peer.
#[route("address")]
async fn address(tested: &mut Tested) -> highway::Result {
    let address = tested.peer_addr().map(|address| address.to_string());
    tested.send("said", address.unwrap_or_default()).await
}

/// How many connections opened and closed.
#[route("count")]
async fn count(tested: &mut Tested) -> highway::Result {
    let opened = tested.state().opened.load(Ordering::SeqCst);
    let closed = tested.state().closed.load(Ordering::SeqCst);
    tested.send("said", format!("{opened} {closed}")).await
}

#[route("fail", on = Tested)]
async fn fail() -> Result<(), Failure> {
    Err(std::io::Error::other("as told").into())
}

#[route("panic", on = Tested)]
async fn panic() {
    panic!("as told");
}

/// Opens files until there are no descriptors left, and keeps them while the connection lasts.
#[route("files")]
async fn files(tested: &mut Tested) -> highway::Result {
    while let Ok(file) = File::open("/dev/null") {
        tested.files.push(file);
    }
    let count = tested.files.len().to_string();
    tested.send("said", count).await
}

/// Waits for the gate.
#[route("hang")]
async fn hang(tested: &mut Tested) {
    let counts = tested.state();
    counts.hanging.fetch_add(1, Ordering::SeqCst);
    if counts.gate.acquire().await.is_ok() {
        counts.done.fetch_add(1, Ordering::SeqCst);
    }
}

#[route("leave")]
async fn leave(tested: &mut Tested) -> highway::Result {
    tested.close_with(4000, "as told").await
}
