//! A protocol declares; handlers serve.

#[highway::protocol]
mod server {
    pub async fn say(text: String) {}
}

fn main() {}
