//! `highway describe`

use crate::{connect::ServerArguments, failure::Failure, output::Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
}

impl Arguments {
    pub(crate) async fn run(self, output: &Output) -> Result<(), Failure> {
        let description = self.server.needed_description().await?;
        output.line(description.to_json().trim_end())?;
        Ok(())
    }
}
