//! A route stands for itself as a type, and so hides one of the same name.

#[highway::protocol]
mod server {
    pub async fn bool(value: u8) -> u8;
}

fn main() {}
