//! Items are of owned types as other data is.

#[highway::protocol]
mod server {
    pub async fn print(lines: highway::Incoming<&str>);
    pub async fn lines() -> impl Stream<Item = &str>;
}

fn main() {}
