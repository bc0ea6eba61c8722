//! The `main` that `#[highway::server(main)]` and `#[highway::client(main)]` generate.

#[cfg(feature = "main")]
mod generate;
#[cfg(feature = "main")]
mod run;

#[cfg(feature = "main")]
pub use generate::{GenerateOptions, Language};
#[cfg(feature = "main")]
pub use run::{client, server};

#[cfg(not(feature = "main"))]
pub use missing::{client, server};

#[cfg(not(feature = "main"))]
mod missing {
    use std::process::ExitCode;

    use crate::handler::Handler;

    /// What a generated `main` wants: nothing has it without the feature.
    #[diagnostic::on_unimplemented(
        message = "`main` needs highway's feature `main`, which is on by default",
        label = "generated only with the feature `main`",
        note = "add the feature to the dependency, or write a `main` that starts `{Self}`"
    )]
    pub trait Main {
        /// Never runs.
        fn main() -> ExitCode;
    }

    /// The compiler refuses `#[highway::server(main)]`.
    pub fn server<H: Handler + Main>(_: Option<&str>) -> ExitCode {
        H::main()
    }

    /// The compiler refuses `#[highway::client(main)]`.
    pub fn client<H: Handler + Main>(_: Option<&str>) -> ExitCode {
        H::main()
    }
}
