//! A client has nobody to refuse.

#[highway::client]
struct Me;

#[highway::on(connect, on = Me)]
async fn check() {}

fn main() {}
