//! `highway call`

use highway::{Connection, Outgoing, Value};

use crate::{
    connect::ServerArguments, data::DataArguments, failure::Failure, first::FirstArguments,
    listener::Listener, output::Output,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    #[command(flatten)]
    call: CallArguments,
}

/// A call.
#[derive(Debug, clap::Args)]
pub(crate) struct CallArguments {
    /// The route
    #[arg(value_name = "ROUTE", add = crate::completion::routes())]
    pub(crate) route: String,
    #[command(flatten)]
    pub(crate) data: DataArguments,
    #[command(flatten)]
    pub(crate) first: FirstArguments,
}

impl Arguments {
    pub(crate) async fn run(self, output: &Output) -> Result<(), Failure> {
        let connection = self.server.connect().await?;
        self.call.over(&connection, output).await?;
        connection.close().await;
        Ok(())
    }
}

impl CallArguments {
    /// Calls, and prints the reply.
    pub(crate) async fn over(
        &self,
        connection: &Connection<Listener>,
        output: &Output,
    ) -> Result<(), Failure> {
        self.first.over(connection).await?;
        let reply: Value = if self.data.is_stream() {
            let items = self.data.items(output).await?;
            let call = connection.call(&self.route, Outgoing(items.values));
            let reply = tokio::select! {
                reply = call => reply?,
                Ok(failure) = items.failed => return Err(failure),
            };
            items.progress.finish_and_clear();
            reply
        } else {
            let data = self.data.value().await?;
            connection.call(&self.route, data).await?
        };
        output.value(&reply)?;
        Ok(())
    }
}
