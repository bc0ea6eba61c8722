//! `highway listen`

use std::time::Duration;

use highway::{Connection, Value};
use tokio::sync::mpsc;

use crate::{
    connect::{ServerArguments, within_if},
    data::literal,
    failure::Failure,
    first::FirstArguments,
    listener::{Listener, Received, serve},
    output::{DIM, NAME, Output, escaped, keys_of, quoted, shown},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    #[command(flatten)]
    listen: ListenArguments,
}

/// What to listen to.
#[derive(Debug, clap::Args)]
pub(crate) struct ListenArguments {
    /// The routes to serve [default: those that the server's description expects of clients]
    #[arg(value_name = "ROUTE", add = crate::completion::peer_routes())]
    routes: Vec<String>,
    #[command(flatten)]
    first: FirstArguments,
    /// What calls of the server are answered with
    #[arg(
        long,
        value_name = "DATA",
        default_value = "none",
        allow_negative_numbers = true
    )]
    reply: String,
    /// End after this many messages
    #[arg(long, short = 'n', value_name = "COUNT")]
    limit: Option<u64>,
}

impl Arguments {
    pub(crate) async fn run(self, output: &Output) -> Result<(), Failure> {
        let expected = self.server.expected_routes().await?;
        if self.listen.routes.is_empty() && expected.is_empty() {
            return Err(Failure::usage(
                "name the routes to serve: the server does not describe what it sends to its clients",
            ));
        }
        let listened = if self.listen.routes.is_empty() {
            expected.clone()
        } else {
            self.listen.routes.clone()
        };
        serve(listened, expected);
        let reply = self.listen.reply()?;
        let (connection, received) = self.server.connect_listening(reply).await?;
        let wait = self.server.options.wait();
        let printed = self.listen.over(&connection, received, wait, output);
        tokio::select! {
            ended = printed => ended?,
            close = connection.closed() => {
                return Err(Failure::no_connection(format!(
                    "the server closed the connection: {close}"
                )));
            }
        }
        connection.close().await;
        Ok(())
    }
}

impl ListenArguments {
    pub(crate) fn routes(&self) -> &[String] {
        &self.routes
    }

    pub(crate) fn reply(&self) -> Result<Value, Failure> {
        literal(&self.reply)
    }

    /// Sends what comes first, and prints what comes back.
    pub(crate) async fn over(
        &self,
        connection: &Connection<Listener>,
        mut received: mpsc::Receiver<Received>,
        wait: Option<Duration>,
        output: &Output,
    ) -> Result<(), Failure> {
        self.first.over(connection).await?;
        let mut left = self.limit.unwrap_or(u64::MAX);
        while left > 0 {
            let next = within_if(wait, "the next message", received.recv()).await?;
            let Some(message) = next else { break };
            print(&message, output)?;
            left -= 1;
        }
        Ok(())
    }
}

fn print(message: &Received, output: &Output) -> Result<(), Failure> {
    let kind = if message.is_call { "call" } else { "message" };
    if output.is_json() {
        let data = match &message.data {
            Ok(value) => keys_of(value),
            Err(error) => format!("\"error\":{}", quoted(error)),
        };
        let route = quoted(message.route);
        output.line(&format!(r#"{{"route":{route},"kind":"{kind}",{data}}}"#))?;
        return Ok(());
    }
    let data = match &message.data {
        Ok(value) => shown(value),
        Err(error) => escaped(error),
    };
    let call = if message.is_call { " (call)" } else { "" };
    let route = escaped(message.route);
    output.line(&format!("{NAME}{route}{NAME:#}{DIM}{call}{DIM:#} {data}"))?;
    Ok(())
}
