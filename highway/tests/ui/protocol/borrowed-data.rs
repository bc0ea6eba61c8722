//! Both sides share the types, and only one of them has the bytes.

#[highway::protocol]
mod server {
    pub async fn say(text: &str);
}

fn main() {}
