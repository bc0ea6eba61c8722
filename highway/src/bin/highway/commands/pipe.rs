//! `highway pipe`

use highway::{Value, wire::ConnectionId};

use super::{call, listen, send, stream};
use crate::{
    connect::ServerArguments,
    failure::Failure,
    first::FirstArguments,
    listener::{Listener, serve},
    output::Output,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    /// The other client's number at the server, which a route of the server has to tell
    #[arg(value_name = "ID", value_parser = id)]
    to: ConnectionId,
    /// Goes to the server before the pipe is opened
    #[command(flatten)]
    first: FirstArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the routes of the client
    Routes,
    /// Send a message
    Send(send::SendArguments),
    /// Call a route and print its reply; with --items a file goes in blocks
    Call(call::CallArguments),
    /// Open a stream and print its items
    Stream(stream::StreamArguments),
    /// Serve routes and print the messages that the client sends to them
    Listen(listen::ListenArguments),
}

impl Arguments {
    pub(crate) async fn run(self, output: &Output) -> Result<(), Failure> {
        let (listened, reply) = match &self.command {
            Command::Listen(listen) if listen.routes().is_empty() => {
                return Err(Failure::usage("name the routes to serve"));
            }
            Command::Listen(listen) => (listen.routes().to_vec(), listen.reply()?),
            _ => (Vec::new(), Value::None),
        };
        serve(listened, self.server.expected_routes().await?);
        let (server, received) = self.server.connect_listening(reply).await?;
        self.first.over(&server).await?;
        let pipe = server
            .pipe::<Listener>(self.to)
            .timeout(self.server.options.timeout())
            .await?;
        let wait = self.server.options.wait();
        match self.command {
            Command::Routes => {
                for name in pipe.peer_routes() {
                    output.name(&name)?;
                }
            }
            Command::Send(send) => {
                let data = send.value().await?;
                send.over(&pipe, data).await?;
            }
            Command::Call(call) => call.over(&pipe, output).await?,
            Command::Stream(stream) => stream.over(&pipe, wait, output).await?,
            Command::Listen(listen) => {
                tokio::select! {
                    ended = listen.over(&pipe, received, wait, output) => ended?,
                    close = pipe.closed() => {
                        return Err(Failure::no_connection(format!("the client closed the pipe: {close}")));
                    }
                }
            }
        }
        pipe.close().await;
        server.close().await;
        Ok(())
    }
}

fn id(text: &str) -> Result<ConnectionId, String> {
    text.parse().map_err(|_| {
        "a connection's id is a number, which a route of the server has to tell".to_owned()
    })
}
