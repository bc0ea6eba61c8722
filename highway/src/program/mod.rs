//! The `main` that `#[highway::server(main)]` and `#[highway::client(main)]` generate.

#[cfg(feature = "main")]
mod run;

#[cfg(feature = "main")]
pub use run::{client, server};

#[cfg(not(feature = "main"))]
pub use missing::{client, server};

#[cfg(not(feature = "main"))]
mod missing {
    use std::{marker::PhantomData, process::ExitCode};

    /// A constant of a handler, so that it is looked at only where a `main` is generated for one.
    struct Missing<H>(PhantomData<H>);

    impl<H> Missing<H> {
        const MAIN: ExitCode =
            panic!("`main` needs highway's feature `main`, which is on by default");
    }

    /// The compiler says so when `#[highway::server(main)]` is used.
    pub fn server<H>(_bind: Option<&'static str>) -> ExitCode {
        Missing::<H>::MAIN
    }

    /// The compiler says so when `#[highway::client(main)]` is used.
    pub fn client<H>(_url: Option<&'static str>) -> ExitCode {
        Missing::<H>::MAIN
    }
}
