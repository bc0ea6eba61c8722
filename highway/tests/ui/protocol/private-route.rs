//! What nobody can name nobody can serve.

#[highway::protocol]
mod server {
    async fn say(text: String);
}

fn main() {}
