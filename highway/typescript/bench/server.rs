//! The server of the TypeScript client's benchmark (`bench.js`): `cargo run --release -p highway-examples --example typescript_bench`

use highway::{Value, route};

#[highway::server]
struct Bench {
    noted: u64,
}

#[route("echo", on = Bench)]
async fn echo(data: Value) -> Value {
    data
}

#[route("note")]
async fn note(_line: Value, bench: &mut Bench) {
    bench.noted += 1;
}

#[route("done")]
async fn done(bench: &mut Bench) -> u64 {
    bench.noted
}

#[tokio::main]
async fn main() -> highway::Result {
    let server = Bench::server().bind("127.0.0.1:18080").await?;
    println!("{}", server.url());
    server.run().await
}
