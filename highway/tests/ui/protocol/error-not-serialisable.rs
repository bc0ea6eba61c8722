//! A declared error has to go over the wire.

#[derive(Debug)]
pub struct Wrong;

#[highway::protocol]
mod server {
    pub async fn divide(numbers: (i64, i64)) -> Result<i64, super::Wrong>;
}

#[highway::server(serves = server)]
struct Calculator;

#[highway::route(server::divide, on = Calculator)]
async fn divide(_: (i64, i64)) -> Result<i64, Wrong> {
    Err(Wrong)
}

fn main() {}
