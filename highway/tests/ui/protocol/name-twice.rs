//! A protocol has each route once.

#[highway::protocol]
mod server {
    pub async fn say(text: String);
    #[route("say")]
    pub async fn tell(text: String);
}

fn main() {}
