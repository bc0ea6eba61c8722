//! `--generate`.

use std::{
    error::Error as StdError,
    fs,
    io::{self, Write, stdout},
    path::PathBuf,
};

use clap::ValueEnum;

use crate::{
    description::Description,
    generate::{GenerateError, Int64, TypeScript},
};

/// What to generate, and how.
#[derive(Debug, clap::Args)]
pub(super) struct GenerateArguments {
    /// Generate a client in this language, and exit
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    generate: Option<Language>,
    /// The file to generate, which is written when it changes [default: standard output]
    #[arg(long, value_name = "FILE", requires = "generate")]
    output: Option<PathBuf>,
    /// TypeScript: where the file imports the package from [default: highway-ws]
    #[arg(long, value_name = "MODULE", requires = "generate")]
    import: Option<String>,
    /// TypeScript: what ints of 64 bits and more are; a number that does not fit is refused [default: bigint]
    #[arg(long, value_enum, value_name = "TYPE", requires = "generate")]
    int64: Option<Int64Argument>,
    /// Refuse types and routes of which nothing is known
    #[arg(long, requires = "generate")]
    known_types: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    #[value(name = "typescript")]
    TypeScript,
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
        let language = self.generate?;
        let generated = self.generate(language, &describe());
        Some(match generated {
            Ok(file) => self.write(&file),
            Err(error) => Err(error.into()),
        })
    }

    fn generate(
        &self,
        language: Language,
        description: &Description,
    ) -> Result<String, GenerateError> {
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
                typescript.generate(description)
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
