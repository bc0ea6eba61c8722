//! The instructions for a batch of 256 messages, which are the same in each run: `cargo bench -p highway-bench --bench
//! instructions`. It takes valgrind, and `cargo install gungraun-runner` in the version of the library.

#![allow(missing_docs, reason = "gungraun's macros make public items")]

mod echo;

use gungraun::{library_benchmark, library_benchmark_group, main};

use echo::Echo;

/// A connection that has what only the first messages need.
fn warm() -> Echo {
    let mut echo = Echo::ready();
    echo.batch();
    echo
}

#[library_benchmark(setup = warm)]
fn echo_of_16_bytes_256_times(mut echo: Echo) -> Echo {
    echo.batch();
    echo
}

library_benchmark_group!(name = dispatch; benchmarks = echo_of_16_bytes_256_times);
main!(library_benchmark_groups = dispatch);
