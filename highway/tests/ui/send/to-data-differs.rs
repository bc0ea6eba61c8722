//! Those in a room are sent what the declared route takes.

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
    chat.to("lobby").send(client::said, text.len()).await
}

fn main() {}
