//! Trials: tests that find out while they run whether the machine has what they need.
//!
//! A trial that cannot run shows as ignored, with the reason, and fails where the environment says `CI=true`: there
//! nothing may go untested.

use std::{env, fmt, process::ExitCode, time::Duration};

pub use libtest_mimic::Trial;

use libtest_mimic::{Arguments, Completion};

/// How long [`within_deadline`] lets a test take: many times what one needs on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// Why a test cannot run on this machine.
#[derive(Debug, Clone)]
pub struct Unavailable(String);

impl Unavailable {
    /// With what is missing, in words that help to provide it.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a trial gives back. It fails by panicking, as any test.
pub type Outcome = Result<(), Unavailable>;

/// A trial for [`run`]; [`trials!`](crate::trials) makes a list of them.
pub fn trial(name: &str, body: fn() -> Outcome) -> Trial {
    Trial::ignorable_test(name, move || match body() {
        Ok(()) => Ok(Completion::Completed),
        Err(missing) if env::var_os("CI").is_some_and(|value| value == "true") => {
            Err(format!("cannot run, which CI=true does not allow: {missing}").into())
        }
        Err(missing) => Ok(Completion::ignored_with(missing)),
    })
}

/// The list of trials that [`run`] takes, each named after its function.
#[macro_export]
macro_rules! trials {
    ($($trial:ident),* $(,)?) => {
        vec![$($crate::trial(stringify!($trial), $trial)),*]
    };
}

/// Runs trials as the `main` of a test target that has `harness = false`, with the arguments of `cargo test`.
pub fn run(trials: Vec<Trial>) -> ExitCode {
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Runs the asynchronous part of a test.
///
/// # Panics
///
/// When it takes longer than a minute.
pub fn within_deadline<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be built")
        .block_on(async {
            tokio::time::timeout(DEADLINE, test)
                .await
                .unwrap_or_else(|_| panic!("the test has not ended after {DEADLINE:?}"))
        })
}

/// Runs the asynchronous part of a test whose time passes only when nothing else is left to do.
///
/// # Panics
///
/// When it takes longer than a day of that time, which is many times what any limit allows.
pub fn paused<T>(test: impl Future<Output = T>) -> T {
    const DAY: Duration = Duration::from_secs(24 * 3600);

    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime can be built")
        .block_on(async {
            tokio::time::timeout(DAY, test)
                .await
                .unwrap_or_else(|_| panic!("the test has not ended after {DAY:?}"))
        })
}
