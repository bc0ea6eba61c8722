//! `highway stream`

use std::{path::PathBuf, time::Duration};

use highway::{Connection, Incoming, Outgoing, Value};
use tokio::{fs::File, io::AsyncWriteExt};

use super::call::CallArguments;
use crate::{
    connect::{ServerArguments, within_if},
    failure::Failure,
    listener::Listener,
    output::Output,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    #[command(flatten)]
    stream: StreamArguments,
}

/// A stream.
#[derive(Debug, clap::Args)]
pub(crate) struct StreamArguments {
    #[command(flatten)]
    call: CallArguments,
    /// End after this many items
    #[arg(long, short = 'n', value_name = "COUNT")]
    limit: Option<u64>,
    /// Write the items, which are bytes or text, to a file instead of printing them
    #[arg(long, short = 'o', value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
}

impl Arguments {
    pub(crate) async fn run(self, output: &Output) -> Result<(), Failure> {
        let connection = self.server.connect().await?;
        let wait = self.server.options.wait();
        self.stream.over(&connection, wait, output).await?;
        connection.close().await;
        Ok(())
    }
}

impl StreamArguments {
    /// Opens it, and prints what comes.
    pub(crate) async fn over(
        &self,
        connection: &Connection<Listener>,
        wait: Option<Duration>,
        output: &Output,
    ) -> Result<(), Failure> {
        self.call.first.over(connection).await?;
        let route = &self.call.route;
        if self.call.data.is_stream() {
            let items = self.call.data.items(output).await?;
            let incoming = connection.stream(route, Outgoing(items.values)).await?;
            return tokio::select! {
                ended = self.print(incoming, wait, output) => ended,
                Ok(failure) = items.failed => Err(failure),
            };
        }
        let data = self.call.data.value().await?;
        let incoming = connection.stream(route, data).await?;
        self.print(incoming, wait, output).await
    }

    async fn print(
        &self,
        mut items: Incoming<Value>,
        wait: Option<Duration>,
        output: &Output,
    ) -> Result<(), Failure> {
        let mut file = match &self.output {
            Some(path) => Some(
                File::create(path)
                    .await
                    .map_err(|error| unwritten(path, &error))?,
            ),
            None => None,
        };
        let progress = if file.is_some() {
            output.counter("{bytes} {bytes_per_sec}", true)
        } else {
            output.counter("{pos} items {per_sec}", false)
        };
        let mut left = self.limit.unwrap_or(u64::MAX);
        while left > 0 {
            let next = within_if(wait, "the next item", items.next()).await?;
            let Some(item) = next else { break };
            let item = item?;
            left -= 1;
            let (Some(file), Some(path)) = (&mut file, &self.output) else {
                output.value(&item)?;
                progress.inc(1);
                continue;
            };
            let content: &[u8] = match &item {
                Value::Bytes(bytes) => bytes,
                Value::Str(text) => text.as_bytes(),
                other => {
                    return Err(Failure::refused(format!(
                        "an item is {}, and not bytes or text, which a file holds",
                        other.data_type()
                    )));
                }
            };
            let written = file.write_all(content).await;
            written.map_err(|error| unwritten(path, &error))?;
            progress.inc(u64::try_from(content.len()).unwrap_or(u64::MAX));
        }
        if let (Some(mut file), Some(path)) = (file, &self.output) {
            file.flush()
                .await
                .map_err(|error| unwritten(path, &error))?;
        }
        progress.finish_and_clear();
        Ok(())
    }
}

fn unwritten(path: &std::path::Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("can't write {}: {error}", path.display()))
}
