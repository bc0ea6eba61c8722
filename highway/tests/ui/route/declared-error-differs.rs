//! The error is part of what a route gives back.

#[highway::protocol]
mod server {
    pub async fn divide(numbers: (i64, i64)) -> Result<i64, String>;
}

#[highway::server(serves = server)]
struct Calculator;

#[highway::route(server::divide, on = Calculator)]
async fn divide((a, b): (i64, i64)) -> Result<i64, highway::Failure> {
    a.checked_div(b).ok_or_else(|| highway::Failure::new("no number divides so"))
}

fn main() {}
