//! What is no room and no connection is no target.

#[highway::protocol]
mod client {
    pub async fn said(text: String);
}

#[highway::protocol]
mod server {
    pub async fn say(text: String);
}

#[highway::server(peer = client)]
struct Chat;

#[highway::route("say")]
async fn say(text: String, chat: &mut Chat) -> highway::Result {
    chat.to(5).send(client::said, text).await
}

fn main() {}
