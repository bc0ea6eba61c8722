//! What goes to a peer before the command's own message.

use highway::{Connection, Value, wire::Dialect};

use crate::{data::literal, failure::Failure, listener::Listener};

/// What goes first.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct FirstArguments {
    /// A call to make first on the same connection, such as one that logs in or joins a room; can be given several times
    #[arg(long, num_args = 2, value_names = ["ROUTE", "DATA"])]
    first: Vec<String>,
}

impl FirstArguments {
    /// Makes the calls, one after the other. A peer that supports no calls is sent messages.
    pub(crate) async fn over(&self, connection: &Connection<Listener>) -> Result<(), Failure> {
        for pair in self.first.chunks_exact(2) {
            if let [route, data] = pair {
                let data = literal(data)?;
                if connection.dialect() == Some(Dialect::Extended) {
                    let _: Value = connection.call(route, data).await?;
                } else {
                    connection.send(route, data).await?;
                }
            }
        }
        Ok(())
    }
}
