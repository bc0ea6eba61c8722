//! `--describe` and `--generate`.

use std::{
    error::Error as StdError,
    fs,
    io::{self, Write, stdout},
    path::PathBuf,
};

use clap::{ArgGroup, ValueEnum};

use crate::{
    description::{Description, Role},
    generate::{AsyncApi, Int64, Python, TypeScript},
};

/// What to generate, and how.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group = ArgGroup::new("options").args(GenerateOptions::IDS).multiple(true).requires("printed"))]
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
    #[command(flatten)]
    options: GenerateOptions,
}

/// How to generate something, as the generated `main` and the command take it.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct GenerateOptions {
    /// The file to generate, which is written when it changes [default: standard output]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// TypeScript: where the file imports the package from [default: highway-ws]
    #[arg(long, value_name = "MODULE")]
    import: Option<String>,
    /// TypeScript: what ints of 64 bits and more are; a number that does not fit is refused [default: bigint]
    #[arg(long, value_enum, value_name = "TYPE")]
    int64: Option<Int64Argument>,
    /// Refuse types and routes of which nothing is known
    #[arg(long)]
    known_types: bool,
    /// AsyncAPI: the side whose document it is [default: the one that is described]
    #[arg(long, value_enum)]
    side: Option<SideArgument>,
    /// AsyncAPI: the version of the interface [default: 1.0.0]
    #[arg(long, value_name = "VERSION")]
    api_version: Option<String>,
    /// AsyncAPI: where the server is, such as `wss://chat.example` [default: not said]
    #[arg(long, value_name = "URL")]
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

/// What can be generated.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Language {
    /// A client in TypeScript
    #[value(name = "typescript")]
    TypeScript,
    /// A client in Python
    Python,
    /// A document of AsyncAPI
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
        let options = &self.options;
        Some(match (self.describe, self.generate) {
            (Some(Format::Highway), _) => options.write(&describe().to_json()),
            (Some(Format::AsyncApi), _) => options.run(Language::AsyncApi, &describe()),
            (None, Some(language)) => options.run(language, &describe()),
            (None, None) => return None,
        })
    }
}

impl GenerateOptions {
    const IDS: [&str; 7] = [
        "output",
        "import",
        "int64",
        "known_types",
        "side",
        "api_version",
        "server_url",
    ];

    /// Generates something, and writes it to where it belongs.
    pub fn run(
        &self,
        language: Language,
        description: &Description,
    ) -> Result<(), Box<dyn StdError>> {
        self.write(&self.generate(language, description)?)
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
        // Tools that watch the file are left alone. A device or a pipe could be read for ever.
        let is_file = fs::metadata(path).is_ok_and(|there| there.is_file());
        if is_file && fs::read(path).is_ok_and(|there| there == file.as_bytes()) {
            return Ok(());
        }
        fs::write(path, file).map_err(|error| failed(error).into())
    }
}
