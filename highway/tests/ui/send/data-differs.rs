//! A declared route is sent what it takes.

#[highway::protocol]
mod client {
    pub async fn said(text: String);
}

#[highway::server(peer = client)]
struct Chat;

#[highway::route("say")]
async fn say(_: String, chat: &mut Chat) -> highway::Result {
    chat.send(client::said, 1).await
}

fn main() {}
