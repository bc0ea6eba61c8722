//! Our side of the conversations: a server and a client with the routes that the peer programs have too.

use std::{fmt, sync::Arc, time::Duration};

use highway::{
    Close, Connection, Handler, Origins, Server, Value, route::ServerSide, server::NoState,
    wire::Dialect,
};
use highway_tests::mounting;
use tokio::{
    net::TcpListener,
    sync::{Notify, mpsc},
    task::JoinHandle,
};

/// How long something may take: longer than any of the peers' own time limits (10 s).
const PATIENCE: Duration = Duration::from_secs(20);

/// What has happened on one of our connections.
pub(crate) enum Event<H: Handler> {
    Ready(Connection<H>),
    Received {
        connection: Connection<H>,
        route: &'static str,
        value: Value,
    },
    Closed {
        connection: Connection<H>,
        close: Close,
    },
}

impl<H: Handler> fmt::Debug for Event<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(connection) => write!(f, "{} is ready", connection.id()),
            Self::Received {
                connection,
                route,
                value,
            } => write!(f, "{} received {value:?} on {route}", connection.id()),
            Self::Closed { connection, close } => {
                write!(f, "{} closed with {close}", connection.id())
            }
        }
    }
}

/// Where the handlers of one side tell what happens.
pub(crate) struct Log<H: Handler>(mpsc::UnboundedSender<Event<H>>);

impl<H: Handler> Log<H> {
    fn add(&self, event: Event<H>) {
        // A test that is over asks for nothing any more.
        let _ = self.0.send(event);
    }

    fn received(&self, connection: &Connection<H>, route: &'static str, value: impl Into<Value>) {
        self.add(Event::Received {
            connection: connection.clone(),
            route,
            value: value.into(),
        });
    }
}

/// What a test sees of one of our sides.
pub(crate) struct Side<H: Handler> {
    events: mpsc::UnboundedReceiver<Event<H>>,
    unclaimed: Vec<Event<H>>,
}

impl<H: Handler> Side<H> {
    fn new() -> (Self, Log<H>) {
        let (sender, events) = mpsc::unbounded_channel();
        let unclaimed = Vec::new();
        (Self { events, unclaimed }, Log(sender))
    }

    /// Takes the first event that `pick` gives something for; the others stay.
    pub(crate) async fn expect<T>(
        &mut self,
        what: &str,
        pick: impl Fn(&Event<H>) -> Option<T>,
    ) -> T {
        if let Some(index) = self
            .unclaimed
            .iter()
            .position(|event| pick(event).is_some())
            && let Some(picked) = pick(&self.unclaimed.remove(index))
        {
            return picked;
        }
        let next = async {
            loop {
                let event = self.events.recv().await.expect("our side goes on");
                if let Some(picked) = pick(&event) {
                    return picked;
                }
                self.unclaimed.push(event);
            }
        };
        let Ok(picked) = tokio::time::timeout(PATIENCE, next).await else {
            panic!("no {what} after {PATIENCE:?}, but {:#?}", self.unclaimed);
        };
        picked
    }

    /// Waits for the next connection to be ready.
    pub(crate) async fn ready(&mut self) -> Connection<H> {
        self.expect("ready connection", |event| match event {
            Event::Ready(connection) => Some(connection.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for the next value on a route of a connection.
    pub(crate) async fn received(&mut self, on: &Connection<H>, name: &str) -> Value {
        self.expect(&format!("value on {name}"), |event| match event {
            Event::Received {
                connection,
                route,
                value,
            } if connection.id() == on.id() && *route == name => Some(value.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for the connection's `on(close)`.
    pub(crate) async fn closed(&mut self, on: &Connection<H>) -> (u16, String) {
        self.expect("end of the connection", |event| match event {
            Event::Closed { connection, close } if connection.id() == on.id() => {
                Some((close.code().as_u16(), close.reason().to_owned()))
            }
            _ => None,
        })
        .await
    }

    /// Whether anything of this kind has happened so far.
    pub(crate) fn has_happened(&mut self, pick: impl Fn(&Event<H>) -> bool) -> bool {
        while let Ok(event) = self.events.try_recv() {
            self.unclaimed.push(event);
        }
        self.unclaimed.iter().any(pick)
    }
}

/// A handler with the routes of the peer programs: `echo` sends what comes to the peer's route `echoed`, which takes it,
/// and `fail` fails. `whole` takes whole numbers only.
macro_rules! handler {
    ($side:ident $handler:ident) => {
        #[highway::$side(state = Log<$handler>)]
        pub(crate) struct $handler;

        #[highway::on(ready)]
        async fn ready(connection: Connection<$handler>) {
            connection.state().add(Event::Ready(connection.clone()));
        }

        #[highway::on(close)]
        async fn close(close: Close, handler: &mut $handler) {
            let connection = Connection::clone(handler);
            handler.state().add(Event::Closed { connection, close });
        }

        #[highway::route("echo")]
        async fn echo(data: Value, handler: &mut $handler) -> highway::Result {
            handler.state().received(handler, "echo", data.clone());
            handler.send("echoed", data).await
        }

        #[highway::route("echoed")]
        async fn echoed(data: Value, handler: &mut $handler) {
            handler.state().received(handler, "echoed", data);
        }

        #[highway::route("whole")]
        async fn whole(data: i64, handler: &mut $handler) {
            handler.state().received(handler, "whole", data);
        }

        #[highway::route("fail")]
        async fn fail(data: Value, handler: &mut $handler) -> Result<(), &'static str> {
            handler.state().received(handler, "fail", data);
            Err("the route fails, as it is there for")
        }
    };
}

mod server {
    use super::{Close, Connection, Event, Log, Value};
    handler!(server EchoServer);
}

mod client {
    use super::{Close, Connection, Event, Log, Value};
    handler!(client EchoClient);
}

/// Alters what it is sent, so that tests of values can be seen to fail.
mod altering {
    use super::Value;

    #[highway::server]
    pub(crate) struct AlteringServer;

    #[highway::route("echo")]
    async fn echo(data: Value, handler: &mut AlteringServer) -> highway::Result {
        let altered = match data {
            Value::Int(int) => Value::Float(int.to_f64()),
            Value::Str(text) => Value::Bytes(text.into()),
            Value::None => Value::Bool(false),
            Value::List(mut items) => {
                items.reverse();
                Value::List(items)
            }
            other => other,
        };
        handler.send("echoed", altered).await
    }

    /// What the peers offer is all that they need to find here.
    #[highway::route("echoed")]
    async fn echoed(_: Value, _: &mut AlteringServer) {}
}

pub(crate) use altering::AlteringServer;
pub(crate) use client::EchoClient;
pub(crate) use server::EchoServer;

/// A server of ours that runs.
pub(crate) struct Running {
    pub(crate) url: String,
    stop: Arc<Notify>,
    task: JoinHandle<highway::Result>,
}

impl Running {
    pub(crate) async fn start<H>(server: Server<H>) -> Self
    where
        H: Handler<Side = ServerSide>,
    {
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        if mounting::is_mounted() {
            let service = server.service().expect("its options are valid");
            let handle = service.handle();
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let address = listener.local_addr().expect("it is bound");
            let task = tokio::spawn(async move {
                let serving = tokio::spawn(mounting::serve(listener, service));
                stopped.notified().await;
                handle.shutdown().await;
                let ended = serving.await.expect("axum does not panic");
                ended.expect("axum ends well");
                Ok(())
            });
            let url = format!("ws://{address}");
            return Self { url, stop, task };
        }
        let server = server.bind("127.0.0.1:0").await.expect("a free port");
        let url = server.url();
        let task =
            tokio::spawn(server.with_graceful_shutdown(async move { stopped.notified().await }));
        Self { url, stop, task }
    }

    /// Shuts the server down and waits for that.
    pub(crate) async fn stop(self) {
        self.stop.notify_one();
        let ended = tokio::time::timeout(PATIENCE, self.task).await;
        ended
            .expect("the server ends in time")
            .expect("the server does not panic")
            .expect("the server ends well");
    }
}

/// Starts an echo server for a dialect.
pub(crate) async fn serve(dialect: Dialect) -> (Running, Side<EchoServer>) {
    serve_with(|server| with_dialect(dialect, server)).await
}

/// Lets a server speak a dialect. Only 0.1 is waited for, and not for long: a client of 0.2 on a busy machine could be late.
pub(crate) fn with_dialect<H: Handler<Side = ServerSide>, S>(
    dialect: Dialect,
    server: Server<H, S>,
) -> Server<H, S> {
    match dialect {
        Dialect::V01 => server
            .dialect_01(true)
            .limits(|limits| limits.dialect_01_after = Duration::from_millis(100)),
        Dialect::V02 | Dialect::Extended => server,
    }
}

/// Starts an echo server that is built in another way.
pub(crate) async fn serve_with(
    build: impl FnOnce(Server<EchoServer, NoState>) -> Server<EchoServer, NoState>,
) -> (Running, Side<EchoServer>) {
    let (side, log) = Side::new();
    // The browser's page is a file, and the origin of files is `null`.
    let server = build(EchoServer::server().origins(Origins::Any)).state(log);
    (Running::start(server).await, side)
}

/// Connects an echo client.
pub(crate) async fn connect(url: &str) -> (Connection<EchoClient>, Side<EchoClient>) {
    let (side, log) = Side::new();
    let connection = EchoClient::client().state(log).connect(url).await;
    (connection.expect("our client connects"), side)
}
