//! `highway send`

use highway::{Connection, Value, wire::CloseCode};

use crate::{
    connect::{ServerArguments, within},
    data::DataArguments,
    failure::Failure,
    first::FirstArguments,
    listener::Listener,
    output::Output,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    #[command(flatten)]
    send: SendArguments,
}

/// A message.
#[derive(Debug, clap::Args)]
pub(crate) struct SendArguments {
    /// The route
    #[arg(value_name = "ROUTE", add = crate::completion::routes())]
    route: String,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    first: FirstArguments,
}

impl Arguments {
    pub(crate) async fn run(self, _: &Output) -> Result<(), Failure> {
        let data = self.send.value().await?;
        let connection = self.server.connect().await?;
        let timeout = self.server.options.timeout();
        within(timeout, "sending", self.send.over(&connection, data)).await??;
        within(timeout, "closing", connection.close()).await?;
        let close = connection.closed().await;
        if close.code() == CloseCode::NORMAL {
            return Ok(());
        }
        Err(Failure::refused(format!(
            "the server closed the connection: {close}"
        )))
    }
}

impl SendArguments {
    /// The data.
    pub(crate) async fn value(&self) -> Result<Value, Failure> {
        if self.data.is_stream() {
            return Err(Failure::usage(
                "a message has one value: `highway call --items` sends a stream",
            ));
        }
        self.data.value().await
    }

    /// Sends it, until it is written.
    pub(crate) async fn over(
        &self,
        connection: &Connection<Listener>,
        data: Value,
    ) -> Result<(), Failure> {
        self.first.over(connection).await?;
        connection.send(&self.route, data).await?;
        Ok(connection.flush().await?)
    }
}
