//! `--describe` and `--generate`.

use std::{
    error::Error as StdError,
    fs,
    io::{self, Write, stdout},
    path::PathBuf,
};

use clap::ValueEnum;

use crate::{
    description::{Description, Role},
    generate::{AsyncApi, Int64, Python, TypeScript},
};

/// What to generate, and how.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct GenerateArguments {
    /// Print the description of the routes, and exit: highway's, or a document of AsyncAPI
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        num_args = 0..=1,
        default_missing_value = "highway",
        group = "printed"
    )]
    describe: Option<Format>,
    /// Generate a client in this language, or a document, and exit
    #[arg(long, value_enum, value_name = "LANGUAGE", group = "printed")]
    generate: Option<Language>,
    /// The file to generate, which is written when it changes [default: standard output]
    #[arg(long, value_name = "FILE", requires = "printed")]
    output: Option<PathBuf>,
    /// TypeScript: where the file imports the package from [default: highway-ws]
    #[arg(long, value_name = "MODULE", requires = "generate")]
    import: Option<String>,
    /// TypeScript: what ints of 64 bits and more are; a number that does not fit is refused [default: bigint]
    #[arg(long, value_enum, value_name = "TYPE", requires = "generate")]
    int64: Option<Int64Argument>,
    /// Refuse types and routes of which nothing is known
    #[arg(long, requires = "printed")]
    known_types: bool,
    /// AsyncAPI: the side whose document it is [default: this program's]
    #[arg(long, value_enum, requires = "printed")]
    side: Option<SideArgument>,
    /// AsyncAPI: the version of the interface [default: 1.0.0]
    #[arg(long, value_name = "VERSION", requires = "printed")]
    api_version: Option<String>,
    /// AsyncAPI: where the server is, such as `wss://chat.example` [default: not said]
    #[arg(long, value_name = "URL", requires = "printed")]
    server_url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Highway,
    #[value(name = "asyncapi")]
    AsyncApi,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SideArgument {
    Server,
    Client,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    #[value(name = "typescript")]
    TypeScript,
    Python,
    #[value(name = "asyncapi")]
    AsyncApi,
}

/// See [`Int64`].
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Int64Argument {
    #[value(name = "bigint")]
    BigInt,
    Number,
}

impl GenerateArguments {
    /// Generates what was asked for, if anything was.
    pub(super) fn run(
        &self,
        describe: &dyn Fn() -> Description,
    ) -> Option<Result<(), Box<dyn StdError>>> {
        let generated = match (self.describe, self.generate) {
            (Some(Format::Highway), _) => Ok(describe().to_json()),
            (Some(Format::AsyncApi), _) => self.generate(Language::AsyncApi, &describe()),
            (None, Some(language)) => self.generate(language, &describe()),
            (None, None) => return None,
        };
        Some(match generated {
            Ok(file) => self.write(&file),
            Err(error) => Err(error),
        })
    }

    fn generate(
        &self,
        language: Language,
        description: &Description,
    ) -> Result<String, Box<dyn StdError>> {
        match language {
            Language::TypeScript => {
                let int64 = match self.int64 {
                    Some(Int64Argument::Number) => Int64::Number,
                    Some(Int64Argument::BigInt) | None => Int64::BigInt,
                };
                let mut typescript = TypeScript::new().int64(int64).strict(self.known_types);
                if let Some(import) = &self.import {
                    typescript = typescript.import(import);
                }
                Ok(typescript.generate(description)?)
            }
            Language::Python => {
                for (option, is_given) in [
                    ("--import", self.import.is_some()),
                    ("--int64", self.int64.is_some()),
                ] {
                    if is_given {
                        return Err(format!("{option} is for typescript: leave it out").into());
                    }
                }
                let python = Python::new().strict(self.known_types);
                Ok(python.generate(description)?)
            }
            Language::AsyncApi => {
                let mut asyncapi = AsyncApi::new().strict(self.known_types);
                if let Some(side) = self.side {
                    asyncapi = asyncapi.side(match side {
                        SideArgument::Server => Role::Server,
                        SideArgument::Client => Role::Client,
                    });
                }
                if let Some(version) = &self.api_version {
                    asyncapi = asyncapi.version(version);
                }
                if let Some(url) = &self.server_url {
                    asyncapi = asyncapi.url(url);
                }
                Ok(asyncapi.generate(description)?)
            }
        }
    }

    fn write(&self, file: &str) -> Result<(), Box<dyn StdError>> {
        let Some(path) = &self.output else {
            return stdout().write_all(file.as_bytes()).map_err(Into::into);
        };
        let failed = |error: io::Error| format!("can't write {}: {error}", path.display());
        // Tools that watch the file are left alone.
        if fs::read(path).is_ok_and(|there| there == file.as_bytes()) {
            return Ok(());
        }
        fs::write(path, file).map_err(|error| failed(error).into())
    }
}
