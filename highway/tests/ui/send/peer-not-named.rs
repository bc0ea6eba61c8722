//! Declared routes can be sent to once the handler says which protocol its peer serves.

#[highway::protocol]
mod client {
    pub async fn said(text: String);
}

#[highway::server]
struct Chat;

#[highway::route("say")]
async fn say(text: String, chat: &mut Chat) -> highway::Result {
    chat.send(client::said, text).await
}

fn main() {}
