//! How a peer comes to be: the upgrade and the exchange of routes.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tokio::{io::AsyncWriteExt, sync::mpsc};

use super::{
    builder::Setup,
    calls::Calls,
    handle::Peer,
    socket::{Socket, broken},
    task::Task,
};
use crate::{
    error::ConnectError,
    limits::Limits,
    proto::{
        Role,
        session::{Event, Session},
    },
    test::ByteStream,
    transport::websocket,
    upgrade::{self, HeadError, RequestHead},
    wire::{DataType, Dialect, Header, RouteId},
};

/// The messages that wait to be looked at; then the peer reads no more, as a program that is busy.
const WAITING: usize = 1024;

impl Peer {
    /// Connects as a client, up to where the server knows its routes.
    pub(super) async fn connect(
        mut stream: ByteStream,
        request: http::Request<()>,
        setup: Setup,
    ) -> Result<Self, ConnectError> {
        let watch = stream.watch();
        let limit = Limits::default().http_head_bytes;
        let answered = upgrade::request(&mut stream, request, limit).await?;
        let socket = Socket::new(stream, answered.rest, Role::Client);
        let session = Session::client(setup.table(), setup.session());
        let peer = Self::exchange(socket, session, setup).await?;
        watch.read_up().await;
        Ok(peer)
    }

    /// Accepts a client, up to where it has told its routes.
    pub(in crate::test) async fn accept(
        mut stream: ByteStream,
        setup: Setup,
    ) -> Result<Self, ConnectError> {
        let limit = Limits::default().http_head_bytes;
        let head = upgrade::read_head::<RequestHead>(&mut stream, limit).await;
        let head = head.map_err(|error| match error {
            HeadError::Io(error) => ConnectError::Io(error),
            HeadError::TooLarge => ConnectError::Upgrade("the request is too large".to_owned()),
            HeadError::Malformed(error) => ConnectError::Upgrade(error.to_string()),
        })?;
        upgrade::check(&head.head.0).map_err(|fault| ConnectError::Upgrade(fault.to_string()))?;
        let answer = upgrade::accept(head.head.0.headers(), None, false);
        stream.write_all(&answer).await.map_err(ConnectError::Io)?;
        let mut socket = Socket::new(stream, head.rest, Role::Server);
        let session = Session::server(setup.table(), setup.session());
        let table = match setup.dialect {
            Dialect::V01 => session.fall_back(),
            Dialect::V02 | Dialect::Extended => session.open(),
        };
        if let Some(table) = table {
            send(&mut socket, table).await?;
        }
        Self::exchange(socket, session, setup).await
    }

    /// Exchanges the routes, and leaves the rest to a task.
    async fn exchange(
        mut socket: Socket,
        mut session: Session,
        setup: Setup,
    ) -> Result<Self, ConnectError> {
        loop {
            let message = match socket.next().await {
                Ok(websocket::Event::Message(message)) => message,
                Ok(websocket::Event::Ping(payload)) => {
                    written(socket.pong(&payload).await)?;
                    continue;
                }
                Ok(websocket::Event::Close(close)) => return Err(ConnectError::Closed(close)),
                Ok(_) => continue,
                Err(error) => return Err(ConnectError::Closed(broken(&error))),
            };
            if setup.dialect == Dialect::V01 && !is_table_01(&message) {
                continue;
            }
            match session.receive(&message) {
                Ok(Event::Ready { answer, contract }) => {
                    for message in answer.into_iter().chain(contract) {
                        send(&mut socket, message).await?;
                    }
                    if !session.is_extended() {
                        break;
                    }
                }
                Ok(Event::Contract { answer }) => {
                    if let Some(answer) = answer {
                        send(&mut socket, answer).await?;
                    }
                    break;
                }
                Ok(_) => {}
                Err(close) => return Err(ConnectError::Closed(close)),
            }
        }
        let dialect = session.peer().map(|peer| peer.dialect);
        if dialect != Some(setup.dialect) {
            return Err(ConnectError::Io(io::Error::new(
                io::ErrorKind::Unsupported,
                format!(
                    "the two sides do not come to speak dialect {}",
                    setup.dialect
                ),
            )));
        }
        let session = Arc::new(Mutex::new(session));
        let (outgoing, to_send) = mpsc::channel(1);
        let (arrived, incoming) = mpsc::channel(WAITING);
        let calls = Arc::new(Mutex::new(Calls::new(socket.role)));
        let task = Task {
            session: Arc::clone(&session),
            calls: Arc::clone(&calls),
            routes: setup.routes.clone(),
            arrived,
            outgoing: to_send,
        };
        tokio::spawn(task.run(socket));
        Ok(Self {
            session,
            routes: setup.routes,
            dialect: setup.dialect,
            deadline: setup.deadline,
            outgoing,
            incoming,
            calls,
            closed: None,
        })
    }
}

async fn send(socket: &mut Socket, message: Vec<u8>) -> Result<(), ConnectError> {
    written(socket.send(message).await)
}

/// What comes of writing to a socket.
fn written(result: io::Result<()>) -> Result<(), ConnectError> {
    result.map_err(|error| ConnectError::Closed(broken(&error.into())))
}

/// Whether a message is a table of routes in dialect 0.1.
fn is_table_01(message: &[u8]) -> bool {
    Header::split(message).is_some_and(|(header, _)| {
        header.route == RouteId::META && Some(header.code) == Dialect::V01.code(DataType::Dict)
    })
}
