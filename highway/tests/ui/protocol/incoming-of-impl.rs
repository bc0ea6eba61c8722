//! Nor may items that come be of any type.

#[highway::protocol]
mod server {
    pub async fn print(lines: highway::Incoming<impl std::fmt::Display>);
}

fn main() {}
