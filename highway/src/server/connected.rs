//! From an accepted request and its stream to a connection that runs, whatever the stream is.

use std::sync::Arc;

use http::header;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{Shared, admission::Seat, entry::Accepted};
use crate::{
    driver::{self, Start, Task, Wire},
    handler::Handler,
    link::Link,
    proto::Role,
    trace::log,
    transport::{AnyStream, websocket::WebSocket},
    wire::ConnectionId,
};

/// A connection that is upgraded.
pub(super) struct Connected<H: Handler> {
    running: Task,
    link: Arc<Link>,
    registered: Registered<H>,
    seat: Seat,
    token: TaskTrackerToken,
}

impl<H: Handler> Connected<H> {
    /// Puts the connection together; `rest` is what was read behind the request, and `answer` what is to be written first.
    pub(super) fn new(
        shared: Arc<Shared<H>>,
        accepted: Accepted<H>,
        stream: AnyStream,
        rest: Vec<u8>,
        answer: Vec<u8>,
    ) -> Self {
        let Accepted {
            request,
            fill,
            seat,
            token,
        } = accepted;
        let peer_addr = request.peer_addr();
        let mut session = shared.session;
        // highway.py 0.2 and browsers name themselves, highway.py 0.1 does not: a slow one of the former would take the table
        // of dialect 0.1 for a fault.
        session.dialect_01 &= !request.headers().contains_key(header::USER_AGENT);
        let message_bytes = shared.limits.message_bytes;
        let given = shared.config.recording.ids.next();
        let id = given.unwrap_or_else(ConnectionId::next);
        let stream = match &shared.recorder {
            Some(recorder) => recorder.watch_any(
                stream,
                id,
                request.uri().path(),
                (&rest, answer.len()),
                message_bytes,
            ),
            None => stream,
        };
        let mut socket = WebSocket::new(stream, Role::Server, rest, message_bytes);
        if !answer.is_empty() {
            socket.write_first(answer);
        }
        let (connection, running) = driver::start::<H>(
            Start {
                id,
                role: Role::Server,
                peer_addr,
                limits: Arc::clone(&shared.limits),
                meter: Arc::clone(&shared.meter),
                tap: shared.tap.clone(),
                local: Arc::clone(&shared.local),
                session,
                strict: shared.config.strict,
                on_failure: shared.config.on_failure,
                propagation: shared.config.propagation.clone(),
                extensions: request.into_extensions(),
                introduction: None,
                fall_back_after: Some(shared.config.limits.dialect_01_after),
                members: Arc::clone(&shared.peers),
                state: Arc::clone(&shared.state),
                fill,
                milestones: None,
            },
            Wire::WebSocket(socket),
        );
        // The connection itself is the handler's, and goes with it.
        let link = connection.present();
        let registered = Registered::new(shared, &link);
        let peer_addr = peer_addr.map(tracing::field::display);
        log!(debug, link.id, peer_addr, "connected");
        Self {
            running,
            link,
            registered,
            seat,
            token,
        }
    }

    /// Runs the connection to its end. An `async fn` would have what it is made of twice, as long as the connection is there.
    pub(super) fn run(self) -> impl Future<Output = ()> + Send + use<H> {
        let Self {
            mut running,
            link,
            registered,
            seat,
            token,
        } = self;
        async move {
            let id = link.id;
            let close = tokio::select! {
                biased;
                () = registered.shared.cut.cancelled() => {
                    log!(debug, id, "cut off");
                    link.cut();
                    running.await
                }
                close = &mut running => close,
            };
            log!(debug, id, %close, "closed");
            drop((registered, seat, token));
        }
    }
}

/// The task of a connection: what it begins with, and then the connection.
///
/// What it begins with is on the heap for its time only, as a connection keeps the memory of its task.
pub(super) fn run<H: Handler>(
    begins: impl Future<Output = Option<Connected<H>>> + Send,
) -> impl Future<Output = ()> + Send {
    let begins = Box::pin(begins);
    async move {
        if let Some(connected) = begins.await {
            connected.run().await;
        }
    }
}

/// A connection in the server's list, however its task ends.
struct Registered<H: Handler> {
    shared: Arc<Shared<H>>,
    id: ConnectionId,
}

impl<H: Handler> Registered<H> {
    fn new(shared: Arc<Shared<H>>, link: &Arc<Link>) -> Self {
        shared.peers.insert(Arc::clone(link));
        if shared.stop.is_cancelled() {
            // The shutdown has gone through the list already.
            shared.close_for_shutdown(link);
        }
        Self {
            shared,
            id: link.id,
        }
    }
}

impl<H: Handler> Drop for Registered<H> {
    fn drop(&mut self) {
        self.shared.peers.remove(self.id);
    }
}
