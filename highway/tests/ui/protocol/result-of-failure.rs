//! A declared error is one that the other side can read; a `Failure` may come from every route.

#[highway::protocol]
mod server {
    pub async fn divide(numbers: (i64, i64)) -> Result<i64, highway::Failure>;
    pub async fn add(numbers: (i64, i64)) -> highway::Result<i64>;
}

fn main() {}
