//! What both sides say over a link, and what they saw of it.

use std::sync::Arc;

use highway::{
    Close, Connection, Limits, Server as Builder, on, route,
    server::BoundServer,
    test::{self, Network, ScriptedServer, TestServer},
};
use tokio::{net::TcpListener, sync::watch};

use crate::relay::Link;

/// What one side saw.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// The numbers of the messages, in the order in which they were handled.
    pub(crate) numbers: Vec<u32>,
    pub(crate) opened: usize,
    pub(crate) closes: Vec<Close>,
}

/// Tells a test what one side sees. A handler's state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<watch::Sender<Seen>>);

impl Log {
    fn received(&self, number: u32, text: &str) {
        assert_eq!(text, self::text(number), "the message is whole");
        self.0.send_modify(|seen| seen.numbers.push(number));
    }

    pub(crate) fn seen(&self) -> Seen {
        self.0.borrow().clone()
    }

    pub(crate) async fn until(&self, enough: impl FnMut(&Seen) -> bool) {
        let mut seen = self.0.subscribe();
        seen.wait_for(enough).await.expect("the log is there");
    }

    /// Waits until this many messages have come, and checks them.
    pub(crate) async fn all(&self, count: u32) {
        let count = count as usize;
        self.until(|seen| seen.numbers.len() >= count || !seen.closes.is_empty())
            .await;
        let seen = self.seen();
        assert_eq!(seen.numbers.len(), count, "{:?}", seen.closes);
        self.check_order();
    }

    /// That each message came once and in order, as far as they came.
    #[track_caller]
    pub(crate) fn check_order(&self) {
        let numbers = self.seen().numbers;
        let expected: Vec<u32> = (0..).take(numbers.len()).collect();
        assert_eq!(numbers, expected);
    }
}

/// What is said with a number: of all lengths, so that frames have heads of both sizes.
pub(crate) fn text(number: u32) -> String {
    "x".repeat(number as usize * 37 % 400)
}

#[highway::server(state = Log)]
pub(crate) struct Server;

#[highway::client(state = Log)]
pub(crate) struct Client;

#[route("count")]
async fn count((number, text): (u32, String), server: &mut Server) -> highway::Result {
    server.state().received(number, &text);
    server.send("counted", (number, text)).await
}

/// Waits for what never comes, so that what is sent after it stays in the queue.
#[route("hang")]
async fn hang(server: &mut Server) {
    server.closed().await;
}

#[route("large")]
async fn large(data: String, server: &mut Server) -> highway::Result {
    server.send("counted", (0, "")).await?;
    server.send("large", data).await
}

#[route("counted")]
async fn counted((number, text): (u32, String), client: &mut Client) {
    client.state().received(number, &text);
}

#[route("large")]
async fn large_back(data: String, client: &mut Client) {
    client
        .state()
        .received(u32::try_from(data.len()).unwrap_or(u32::MAX), "");
}

macro_rules! hooks {
    ($handler:ident) => {
        const _: () = {
            #[on(open)]
            async fn opened(handler: &mut $handler) {
                handler.state().0.send_modify(|seen| seen.opened += 1);
            }

            #[on(close)]
            async fn closed(close: &Close, handler: &mut $handler) {
                let close = close.clone();
                handler
                    .state()
                    .0
                    .send_modify(|seen| seen.closes.push(close));
            }
        };
    };
}

hooks!(Server);
hooks!(Client);

/// Both sides, and the link between them.
pub(crate) struct Sides {
    /// A server that is reached in memory.
    pub(crate) memory: TestServer<Server>,
    pub(crate) server: Log,
    pub(crate) client: Log,
    limits: fn(&mut Limits),
}

impl Sides {
    pub(crate) fn new(limits: fn(&mut Limits)) -> Self {
        let server = Log::default();
        Self {
            memory: test::server(builder(&server, limits)),
            server,
            client: Log::default(),
            limits,
        }
    }

    /// A server of the same kind that is reached by a port.
    pub(crate) async fn bind(&self) -> BoundServer<Server> {
        let builder = builder(&self.server, self.limits);
        builder.bind("127.0.0.1:0").await.expect("a port is free")
    }

    /// Connects over a link in memory.
    pub(crate) async fn try_connect(&self, link: Link) -> Option<Connection<Client>> {
        let network = Network::with_buffer(1024);
        let far = self.memory.peer().over(&network).stream();
        let far = far.expect("the server is there");
        let near = Arc::new(ScriptedServer::new().over(&network));
        let accepting = Arc::clone(&near);
        tokio::spawn(async move { link.carry(accepting.accept_stream().await, far).await });
        let connecting = Client::client()
            .state(self.client.clone())
            .limits(self.limits);
        near.connect(connecting).await.ok()
    }

    pub(crate) async fn connect(&self, link: Link) -> Connection<Client> {
        let connection = self.try_connect(link).await;
        connection.expect("the link carries the upgrade")
    }

    /// Waits until both sides have reported the end of each connection that they ever had, once.
    pub(crate) async fn both_ended(&self) {
        for log in [&self.server, &self.client] {
            log.until(|seen| seen.closes.len() >= seen.opened).await;
            let seen = log.seen();
            assert_eq!(seen.closes.len(), seen.opened, "{seen:?}");
        }
    }
}

fn builder(log: &Log, limits: fn(&mut Limits)) -> Builder<Server> {
    Server::server()
        .state(log.clone())
        .limits(|builders| limits(builders))
}

/// Sends messages until the connection takes no more, and gives back how many it took.
pub(crate) async fn say(connection: &Connection<Client>, count: u32) -> u32 {
    for number in 0..count {
        if connection
            .send("count", (number, text(number)))
            .await
            .is_err()
        {
            return number;
        }
    }
    count
}

/// Puts links between clients and a server's port, one for each connection, and gives back the URL for the clients.
pub(crate) async fn between(
    server: std::net::SocketAddr,
    mut link: impl FnMut() -> Link + Send + 'static,
    resets: bool,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let Ok(far) = tokio::net::TcpStream::connect(server).await else {
                continue;
            };
            for stream in [&near, &far] {
                stream.set_nodelay(true).expect("it is a socket");
                if resets {
                    stream.set_zero_linger().expect("it is a socket");
                }
            }
            tokio::spawn(link().carry(near, far));
        }
    });
    format!("ws://{address}")
}
