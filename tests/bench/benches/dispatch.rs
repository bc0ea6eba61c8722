//! The time for a batch of 256 messages: `cargo bench -p highway-bench --bench dispatch`.

#![allow(missing_docs, reason = "criterion's macros make public items")]

mod echo;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use echo::{BATCH, Echo};

fn dispatch(criterion: &mut Criterion) {
    let mut echo = Echo::ready();
    let mut group = criterion.benchmark_group("echo of 16 bytes in memory");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("256 times", |bencher| bencher.iter(|| echo.batch()));
}

criterion_group!(benches, dispatch);
criterion_main!(benches);
