//! `highway generate`

use highway::program::{GenerateOptions, Language};

use crate::{connect::ServerArguments, failure::Failure};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What to generate
    #[arg(value_enum)]
    language: Language,
    #[command(flatten)]
    server: ServerArguments,
    #[command(flatten)]
    options: GenerateOptions,
}

impl Arguments {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let description = self.server.needed_description().await?;
        let generated = self.options.run(self.language, &description);
        generated.map_err(|error| Failure::refused(error.to_string()))
    }
}
